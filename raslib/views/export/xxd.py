"""Bytes as `xxd` prints them, and as `xxd -r` reads them."""


def xxd(data: bytes) -> str:
    """Sixteen bytes on a line: their offset, groups of two, and the letters among them."""
    return "".join(_row(at, data[at : at + 16]) for at in range(0, len(data), 16))


def _row(at: int, row: bytes) -> str:
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
    return f"{at:08x}: {row.hex(' ', -2):<39}  {shown}\n"
