"""A record as text for other tools: Python, C, xxd, QEMU's QMP, the kernel's EINJ files, iasl.

`export` is the verb; each form is a module that says what reads it.
"""

from collections.abc import Callable

from ...records import Record
from .c import c
from .einj import einj
from .iasl import iasl
from .python import python
from .qmp import qmp
from .xxd import xxd

FORMS: dict[str, Callable[[Record], str]] = {
    "python": python,
    "c": lambda record: c(type(record), record.build()),
    "xxd": lambda record: xxd(record.build()),
    "qmp": qmp,
    "einj": einj,
    "iasl": iasl,
}


def export(record: Record, form: str) -> str:
    """*record* as text in one of `FORMS`. Raises ValueError where it has no such form, and says why."""
    if form not in FORMS:
        raise ValueError(f"{form!r} is none of {', '.join(FORMS)}")
    return FORMS[form](record)
