"""Dumps of od without options or with -x, -b, -t x1 and the like: offsets in octal or decimal, words in octal."""

import re
from contextlib import suppress

_ROW = re.compile(r"\s*([0-9]{7,16})(?: +([0-9a-fA-F][0-9a-fA-F ]*))?(?:  >.*<)?\s*")
_OCTAL = {3: 2, 6: 4, 11: 8, 22: 16}  # digits of an octal number -> hex digits of as many bits


def base_of(text: str) -> int:
    """8 or 10, if the offsets of the first two rows count so what stands between them; 0 if they do not."""
    rows = [found for line in text.split("\n")[:50] if (found := _ROW.fullmatch(line))][:2]
    if len(rows) < 2 or not rows[0][2]:
        return 0
    size = sum(map(len, _groups(rows[0][2]))) // 2
    for base in (16, 8, 10):  # 16: as hexdump has them, no work for this module
        with suppress(ValueError):
            if size and int(rows[1][1], base) - int(rows[0][1], base) == size:
                return base % 16
    return 0


def in_hex(text: str, base: int) -> str:
    """*text* as hexdump would have it, line for line; lines that are no rows stay as they are."""
    return "\n".join(_line(line, base) for line in text.split("\n"))


def _line(line: str, base: int) -> str:
    found = _ROW.fullmatch(line)
    with suppress(ValueError):
        return f"{int(found[1], base):07x} {' '.join(_groups(found[2] or ''))}".rstrip() if found else line
    return line


def _groups(digits: str) -> list[str]:
    """The numbers of a row in hex."""
    groups = digits.split()
    width = len(groups[0]) if groups else 0
    if width not in _OCTAL or any(len(g) != width or set(g) - set("01234567") for g in groups):
        return groups
    found = [f"{int(g, 8):0{_OCTAL[width]}x}" for g in groups]
    return found if all(len(g) == _OCTAL[width] for g in found) else groups
