"""Hex dumps: rows of an offset or address, groups of digits and often the text.

Of xxd, hexdump, od, acpidump, iasl, gdb, QEMU's `xp`, U-Boot's `md` and Linux.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from .kinds import kind_of

LONGEST = 1 << 20  # bytes of a dump with rows left out ("*")
_TABLE = re.compile(r"\s*([A-Za-z0-9_!?]{4}) @ 0x[0-9A-Fa-f]+\s*")
_OFFSET = re.compile(r"\s*(?:0x(?=[0-9A-Fa-f]{1,16}(?: <[^>]{0,80}>)?:))?([0-9A-Fa-f]{4,16})(?: <[^>]{0,80}>)?(:?)")
_WORD = re.compile(r"\b0x(?=[0-9A-Fa-f])")
LEAST = 8  # bytes of a row that is one wherever it stands


class Row(NamedTuple):
    """One row of a dump: *colon* after the offset, as xxd, acpidump and Linux write it; *line* is its number."""

    offset: int
    groups: tuple[str, ...]
    text: str
    colon: bool
    line: int
    words: bool = False  # the groups are numbers, as "0x" before them says

    @property
    def size(self) -> int:
        return sum(map(len, self.groups)) // 2

    def bytes(self, little: bool) -> bytes:
        """The bytes, if the words that the groups are were written in that order."""
        return b"".join(bytes.fromhex(group)[:: -1 if little else 1] for group in self.groups)


def row(line: str, number: int = 0) -> Row | None:
    """The row that *line* is, if it is one."""
    line = line.rstrip("\r\n")
    found = _OFFSET.match(line)
    rest = line[found.end() :] if found else ""
    if not found or not rest[:1].isspace():
        return None
    numbers = bool(found[2] and _WORD.search(rest))
    for digits, text in [(_WORD.sub("", rest), "")] if numbers else _columns(rest, bool(found[2])):
        groups = tuple(digits.split())
        here = Row(int(found[1], 16), groups, text, bool(found[2]), number, numbers)
        whole = all(len(g) % 2 == 0 and len(g) <= 32 and _is_hex(g) for g in groups)
        if groups and whole and len(text.strip()) <= here.size:  # a character for a byte: no digits were taken for text
            return here
    return None


def _columns(rest: str, colon: bool) -> Iterator[tuple[str, str]]:
    """Where digits may end and text begin. Without a colon it is hexdump or od, whose text stands in bars or arrows.

    With one, there is a gap between them, but xxd puts one before a last short word too.
    """
    if not colon:
        digits, _, text = rest.partition(rest[bar.start()] if (bar := re.search(r"[|>]", rest)) else "|")
        yield digits, text.rstrip()[:-1]
        return
    rest = rest.strip()
    for gap in islice(re.finditer(r" {2,}|\t+", rest), 8):
        yield rest[: gap.start()], rest[gap.end() :].removeprefix("// ")
    yield rest, ""
    for gap in islice(re.finditer(r"(?<=\b[0-9a-f]{8}) ", rest), 4):  # the text behind one blank, a character a byte
        if len(rest[: gap.start()].replace(" ", "")) == 2 * len(rest[gap.end() :]):
            yield rest[: gap.start()], rest[gap.end() :]


def _is_hex(digits: str) -> bool:
    return all(c in "0123456789abcdefABCDEF" for c in digits)


def is_dump(text: str) -> bool:
    """Do the first lines look like rows of a dump?

    Digits alone, without a colon after the offset, could be plain hex: there, the second row must begin where the first
    one ends.
    """
    lines = [line for line in text.split("\n", 4000)[:4000] if line.strip() and not line.lstrip().startswith("#")]
    if any(_TABLE.fullmatch(line) for line in lines[:1]):
        return True
    return any(_begins(line, next_) for line, next_ in zip(lines, [*lines[1:], ""], strict=False))


def _begins(line: str, next_: str) -> bool:
    """Does a dump begin here?"""
    first = row(line)
    if not first or (first.colon and first.size < LEAST and not first.text and row(next_) is None and next_):
        return False
    if first.colon:
        return True
    second = row(next_)
    after = second.offset if second else _end(next_)
    return after == first.offset + first.size or next_.strip() == "*"


def _end(line: str) -> int | None:
    """The offset on a line of its own, which ends the dumps of hexdump and od."""
    said = line.strip()
    return int(said, 16) if 6 <= len(said) <= 16 and _is_hex(said) else None


class Dump(NamedTuple):
    """What one dump holds: its bytes, its first line, of acpidump the table's name, and lines that are no rows."""

    data: bytes
    line: int
    name: str = ""
    skipped: tuple[int, ...] = ()


class _Dumps:
    """Takes a text's lines; `found` are the dumps so far."""

    def __init__(self) -> None:
        self.found: list[Dump] = []
        self.rows: list[Row] = []
        self.skipped: list[int] = []  # lines since the last row
        self.inside: list[int] = []  # and those that rows followed
        self.name, self.again = "", False

    def close(self, name: str = "") -> None:
        if self.rows:
            little = _little(self.rows)
            data = b"".join(r.bytes(little) for r in self.rows)
            self.found.append(Dump(data, self.rows[0].line, self.name, tuple(self.inside)))
        self.rows, self.inside, self.skipped, self.name = [], [], [], name

    def take(self, number: int, line: str) -> None:
        text = line.strip()
        if table := _TABLE.fullmatch(line):
            self.close(table[1])
        elif text == "*":
            self.again = True
        elif here := row(line, number):
            self._row(here)
        elif self.rows and (end := _end(text)) is not None:
            between = _between(self.rows, end, self.again, number) if self.again else []
            self.rows = [*self.rows, *between] if self.again else _until(self.rows, end, number)
            self.again = False
        elif self.rows and _OFFSET.match(line) and ":" in line[:20]:
            raise ValueError(f"line {number}: {text[:40]!r} is not a row of a hex dump")
        elif text and not text.startswith("#"):
            self.skipped.append(number)

    def _row(self, here: Row) -> None:
        first, last = (self.rows[0], self.rows[-1]) if self.rows else (here, here)
        apart = bool(self.skipped) and here.offset != last.offset + last.size
        if self.rows and not self.again and (here.offset == first.offset or apart):
            self.close()
        self.rows += _between(self.rows, here.offset, self.again, here.line)
        self.rows.append(here)
        self.inside += self.skipped if len(self.rows) > 1 else []
        self.skipped, self.again = [], False


def dumps(text: str) -> list[Dump]:
    """Every dump in *text*: a new one begins with a table's name, where the offsets begin anew, or after other lines.

    Raises ValueError naming the line that is no row, or whose offset is not that of the bytes so far.
    """
    taken = _Dumps()
    for number, line in enumerate(text.split("\n"), 1):
        taken.take(number, line)
    taken.close()
    return taken.found


def _until(rows: list[Row], end: int, number: int) -> list[Row]:
    """The rows up to *end*, where the dump says that it ends: within a last word that was filled up with zeros."""
    last = rows[-1]
    filled = last.offset + last.size - end
    if filled and not 0 < filled < len(last.groups[-1]) // 2:
        raise ValueError(f"line {number}: the end is said to be {end:#x}, the rows end at {end + filled:#x}")
    group = last.groups[-1]
    return [*rows[:-1], last._replace(groups=(*last.groups[:-1], group[2 * filled :]))]


def _between(rows: list[Row], offset: int, again: bool, number: int) -> list[Row]:
    """The rows that `*` stands for: copies of the last, up to *offset*."""
    if not rows:
        return []
    last = rows[-1]
    gap = offset - last.offset - last.size
    if gap and not (again and 0 < gap and offset - rows[0].offset <= LONGEST and gap % last.size == 0):
        wanted = last.offset + last.size
        raise ValueError(f"line {number}: offset {offset:#x} follows a row that ends at {wanted:#x}")
    return [last._replace(offset=last.offset + last.size * (i + 1)) for i in range(gap // last.size)]


def _little(rows: list[Row]) -> bool:
    """Are groups words whose lowest byte stands last? Told by the text beside them, else by what the bytes then are.

    Else: Linux writes words of 4 or 8 bytes so, hexdump and od any words; xxd writes bytes as they come.
    """
    if any(r.words for r in rows):
        return True
    widest = max(len(group) for r in rows for group in r.groups)
    if widest == 2:
        return False
    for judge in (_shows, _is_of_a_kind):
        fits = [little for little in (False, True) if judge(rows, little)]
        if len(fits) == 1:
            return fits[0]
    return widest in (8, 16) or not rows[0].colon


def _shows(rows: list[Row], little: bool) -> bool:
    said = [r for r in rows if r.text.strip()]
    letters = ("".join(chr(c) if 0x20 <= c < 0x7F else "." for c in r.bytes(little)) for r in said)
    return bool(said) and all(r.text.strip() in text for r, text in zip(said, letters, strict=True))


def _is_of_a_kind(rows: list[Row], little: bool) -> bool:
    try:
        return bool(kind_of(b"".join(r.bytes(little) for r in rows)))
    except ValueError:
        return False


# --- od without options, or with -x, -b, -t x1: offsets in octal or decimal, words in octal ---------------------------

_OD_ROW = re.compile(r"\s*([0-9]{7,16})(?: +([0-9a-fA-F][0-9a-fA-F ]*))?(?:  >.*<)?\s*")
_OCTAL = {3: 2, 6: 4, 11: 8, 22: 16}  # digits of an octal number -> hex digits of as many bits


def in_hex(text: str) -> str:
    """The dumps of od in *text* as hexdump would have them, line for line; all else stays as it is."""
    base = _base_of(text)
    return "\n".join(_line(line, base) for line in text.split("\n")) if base else text


def _base_of(text: str) -> int:
    """8 or 10, if the offsets of the first two rows count so what stands between them; 0 if they do not."""
    rows = [found for line in text.split("\n")[:50] if (found := _OD_ROW.fullmatch(line))][:2]
    if len(rows) < 2 or not rows[0][2]:
        return 0
    size = sum(map(len, _groups(rows[0][2]))) // 2
    for base in (16, 8, 10):  # 16: as hexdump has them, which need not be changed
        with suppress(ValueError):
            if size and int(rows[1][1], base) - int(rows[0][1], base) == size:
                return base % 16
    return 0


def _line(line: str, base: int) -> str:
    found = _OD_ROW.fullmatch(line)
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
