"""A table from the fields that `iasl -d` writes of it, where its raw bytes do not stand behind them."""

import re
from itertools import takewhile

_FIELD = re.compile(r"\[([0-9A-F]{3,5})h \d{4,6} +(?:0x)?([0-9A-F]+)h?\] +(.{0,80}?) : ?(.*)")
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_TEXT = re.compile(r'"(.*?)"')


def is_listing(text: str) -> bool:
    """Has *text* lines as iasl writes them?"""
    return any(_FIELD.match(line.strip()) for line in text.split("\n", 200)[:200])


def table(text: str) -> bytes:
    """The bytes. Raises ValueError naming the line whose value does not fit, or if bytes are left out."""
    data, known = bytearray(), bytearray()
    for number, line in enumerate(text.split("\n"), 1):
        if not (found := _FIELD.match(line.strip())):
            continue
        at, value = int(found[1], 16), found[4]
        size = int(found[2], 16 if "h]" in line else 10)
        if value.startswith("[") or size > 1 << 16 or at > 1 << 20:
            continue  # the name of a structure, whose fields follow
        piece = _bytes(value, size)
        if len(piece) != size:
            raise ValueError(f"line {number}: {value[:40]!r} is not {size} bytes")
        for whole, new in ((data, piece), (known, b"\1" * size)):
            whole.extend(bytes(max(0, at + size - len(whole))))
            whole[at : at + size] = new
    if 0 in known:
        raise ValueError(f"no line has the byte at {known.index(0):#x} of the table: it is not whole")
    return bytes(data)


def _bytes(value: str, size: int) -> bytes:
    if text := _TEXT.match(value):
        return text[1].encode("latin-1", "replace").ljust(size, b"\0" if len(text[1]) < 4 else b" ")
    digits = list(takewhile(_DIGITS.fullmatch, value.split()))  # before what explains them
    if len(digits) == 1 and len(digits[0]) == 2 * size:
        return bytes.fromhex(digits[0])[::-1]
    return b"".join(bytes.fromhex(d) for d in digits) if all(len(d) == 2 for d in digits) else b""
