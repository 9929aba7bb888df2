"""A record as text for other tools: Python, C, xxd, QEMU's QMP, the kernel's EINJ files, iasl.

`export` is the verb; a form that takes more than a few lines is a module that says what reads it. Python, C and xxd
take every record and lose nothing: what reads them has the same bytes again. The other three take what their tool
takes, and say of the rest why not rather than write something that is nearly it.
"""

import base64
import json
from collections.abc import Callable

from ...formats.cper import CperRecord
from ...formats.framing import to_status_block
from ...formats.ghes import StatusBlock
from ...formats.kinds import KINDS
from ...records import Record
from .einj import einj
from .iasl import iasl
from .python import python

QEMU_MOST = 1024  # bytes of a block in QEMU (hw/acpi/ghes.c: ACPI_GHES_MAX_RAW_DATA_LENGTH)


def c(kind: type[Record], data: bytes) -> str:
    """`static const unsigned char record[] = {...};` of *data*, which is of *kind*; what breaks off is bytes, too."""
    name = next((name for name, known in KINDS.items() if known is kind), "record").replace("-", "_")
    source = kind.ref.partition(",")[0].replace("§", "section ")
    rows = ("   " + "".join(f" 0x{byte:02x}," for byte in data[at : at + 8]) for at in range(0, len(data), 8))
    head = f"/* {kind.title}, {source}: {len(data)} bytes */"
    return "\n".join([head, f"static const unsigned char {name}[] = {{", *rows, "};", ""])


def xxd(data: bytes) -> str:
    """Sixteen bytes on a line, as `xxd -r` reads them: their offset, groups of two, and the letters among them."""
    return "".join(_row(at, data[at : at + 16]) for at in range(0, len(data), 16))


def _row(at: int, row: bytes) -> str:
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
    return f"{at:08x}: {row.hex(' ', -2):<39}  {shown}\n"


def qmp(record: Record) -> str:
    """The QMP command that makes QEMU give a status block to its guest, on one line, once `qmp_capabilities` was sent.

    The command is experimental (QEMU 10.2, qapi/acpi-hest.json). QEMU writes the block for source 1, which notifies by
    GPIO, if the guest has acknowledged the one before; on a machine without `ras=on` the command does nothing. The
    sections of a CPER record go as a status block.

    Raises ValueError for anything else, and for a block that QEMU has no room for.
    """
    if isinstance(record, CperRecord):
        record = to_status_block(record)
    if not isinstance(record, StatusBlock):
        raise ValueError(f"QEMU injects status blocks, not a {type(record).__name__}")
    return qmp_command(record.build())


def qmp_command(block: bytes) -> str:
    """The same for bytes that need not be a block. Raises ValueError if QEMU has no room for them."""
    if len(block) > QEMU_MOST:
        raise ValueError(f"the block is {len(block)} bytes long, QEMU 10.2 has room for {QEMU_MOST}")
    cper = base64.b64encode(block).decode("ascii")
    return json.dumps({"execute": "inject-ghes-v2-error", "arguments": {"cper": cper}}) + "\n"


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
    - "c": an array of unsigned char, and a comment that says what it is.
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
