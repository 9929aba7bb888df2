"""A record as text for other tools: Python, C, xxd, QEMU's QMP, the kernel's EINJ files, iasl.

`export` is the verb; each form is a module that says what reads it. Python, C and xxd take every record and lose
nothing: what reads them has the same bytes again. The other three take what their tool takes, and say of the rest
why not rather than write something that is nearly it.
"""

from collections.abc import Callable

from ...records import Record
from .c import c, xxd
from .einj import einj
from .iasl import iasl
from .python import python
from .qmp import qmp

FORMS: dict[str, Callable[[Record], str]] = {
    "python": python,
    "c": lambda record: c(type(record), record.build()),
    "xxd": lambda record: xxd(record.build()),
    "qmp": qmp,
    "einj": einj,
    "iasl": iasl,
}


def export(record: Record, form: str) -> str:
    """*record* as text in one of `FORMS`, ending with a newline.

    - "python": imports, and one nested constructor call that makes the record again.
    - "c": an array of unsigned char with a comment at each field.
    - "xxd": a hex dump that `xxd -r` reads.
    - "qmp": the command that has QEMU give a status block to its guest (QEMU 10.2, qapi/acpi-hest.json).
    - "einj": shell lines for the kernel's EINJ files (Linux Documentation/firmware-guide/acpi/apei/einj.rst).
    - "iasl": an ACPI table in the data table language of ACPICA's compiler.

    >>> from raslib import StatusBlock, samples
    >>> block = StatusBlock.parse(samples("status_blocks/g_mem"))
    >>> print(export(block, "einj").splitlines()[2])
    # an uncorrected error of memory
    >>> export(block, "iasl")
    Traceback (most recent call last):
    ValueError: iasl compiles ACPI tables, not a StatusBlock

    Raises ValueError where there is no such form, and where *record* cannot be said in it; the message says why.
    """
    if form not in FORMS:
        raise ValueError(f"{form!r} is none of {', '.join(FORMS)}")
    return FORMS[form](record)
