"""Bytes as a C array, and as `xxd` prints them."""

from ...formats.kinds import KINDS
from ...records import Record


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
