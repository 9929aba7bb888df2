"""A record in the making: its fields set one by one from lines of a log, and which of them the lines give."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ..records import RecordError, Register
from .dumps import row
from .lines import Line, LineValue

SHOWN = 5  # groups of lines that were not understood
LARGEST = 1 << 16  # bytes of a block that Linux takes at most (HEST's lengths are cut to that), so of its sections too


class Log:
    """What was odd in the lines of one event."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.missed: list[tuple[int, str]] = []  # lines that were not understood
        self.dump = ""  # "words" or "harness", as Linux's dumps are inside and outside the kernel

    def note(self, text: str) -> None:
        self.notes.append(text)

    def remarks(self) -> list[str]:
        """The notes, and what was not understood: lines that differ in numbers alone together, the shortest first."""
        alike: dict[str, list[tuple[int, str]]] = {}
        for number, text in self.missed:
            alike.setdefault(re.sub(r"\d+", "0", text[:200]), []).append((number, text))
        groups = sorted(alike.values(), key=lambda group: len(group[0][1]))
        listed = [f"line {_numbers(group)} {group[0][1][:60]!r}" for group in groups[:SHOWN]]
        more = sum(map(len, groups[SHOWN:]))
        listed += [f"{more} more"] if more else []
        return [*self.notes, *([f"not understood: {', '.join(listed)}"] if listed else [])]


def _numbers(group: list[tuple[int, str]]) -> str:
    return ", ".join(str(number) for number, _ in group[:5]) + (", ..." if len(group) > 5 else "")


class Draft:
    """A record, the paths that were given of it, the lines that can tell more, and the rows of a dump in it."""

    def __init__(self, record: Any, lines: Iterable[Line], log: Log) -> None:
        self.record: Any = record
        self.lines, self.log, self.dump = tuple(lines), log, DumpedBytes(log)
        self.given: dict[str, int] = {}  # and the line that gave it last
        self.cut: set[str] = set()  # validation flags of lines that were cut off

    def take(self, number: int, text: str) -> Line | None:
        """The line of this record that *text* is, if it is one; it is read into the record."""
        alike = [line for line in self.lines if line.is_in(text)]
        for line in alike:
            try:
                found = line.read(text)
            except ValueError as e:
                raise ValueError(f"line {number}: {e}") from None
            if found is not None:
                self.put(number, found, line.valid)
                return line
        if not alike:
            return None
        line, found = max(((line, line.read_cut(text)) for line in alike), key=lambda both: len(both[1]))
        if found:  # whole numbers before the cut
            self.put(number, found, line.valid)
        elif not any(p == f"validation_bits.{line.valid}" for p in self.given):
            self.cut.add(line.valid)
        gives = f" after {', '.join(f.path for f in found)}" if found else ""
        self.log.note(f"line {number} is cut off{gives}")
        return line

    def put(self, number: int, found: Iterable[LineValue], valid: str = "") -> None:
        """Sets fields, and the validation flag that they need. Raises ValueError, with the line, for too many bits."""
        with_flag = [*found, *([LineValue(f"validation_bits.{valid}", 0, None, 1)] if valid else [])]
        for one in with_flag:
            try:
                self.record = _put(self.record, one.path.split("."), one)
            except ValueError as e:
                raise ValueError(f"line {number}: {e}") from None
            self.given[one.path] = number

    def give(self, number: int, path: str, value: Any, valid: str = "") -> None:
        self.put(number, [LineValue(path, 0, None, value)], valid)

    def whole(self) -> Any:
        """The record. Raises ValueError, with the line that gave it, for a value that does not fit its field."""
        try:
            self.record.build()
        except RecordError as e:
            raise ValueError(f"line {self.given.get(e.path, 0)}: {e}") from None
        return self.record

    def paths(self) -> set[str]:
        """What the lines give: fields, and validation flags, set or clear, of every line that could be written."""
        flags = {line.valid for line in self.lines if not line.gives} - self.cut - {""}
        return {*self.given, *map("validation_bits.{}".format, flags)}


def _put(record: Any, path: list[str], found: LineValue) -> Any:
    """*record* with the field at *path* changed; of a register, the whole word."""
    old = getattr(record, path[0])
    if path[1:]:
        new = _put(old, path[1:], found)
    elif isinstance(old, Register):
        new = type(old).parse(_number(old.build(), found))
    else:
        new = _number(old, found)
    return type(record)._of({**vars(record), path[0]: new})  # not record.replace, which counts anew what a line gave


def _number(old: Any, found: LineValue) -> Any:
    """What was found; or *old*, with what was found in those of its bits."""
    if found.width is None:
        return bool(found.value) if isinstance(old, bool) else found.value
    mask = (1 << found.width) - 1
    if found.value > mask:
        raise ValueError(f"{found.value} does not fit {found.width} bits")
    return int(old or 0) & ~(mask << found.low) | found.value << found.low


class DumpedBytes:
    """Rows of a hex dump, one after another; *length* is how many bytes another line says that there are."""

    def __init__(self, log: Log, length: int = 0) -> None:
        self.data, self.log, self.length = b"", log, length
        self.whole_until = LARGEST  # bytes from the start on without a gap

    def take(self, number: int, text: str) -> bool:
        """Is *text* a row of a dump? Then its bytes are added; words are little-endian, as Linux dumps them."""
        here = row(text, number)
        if not here or not here.colon:
            return False
        gap = here.offset - len(self.data)
        if gap < 0 and self.data[here.offset :][: here.size] == here.bytes(little=True):
            return True  # the same row again
        if gap < 0 or here.offset > LARGEST:
            raise ValueError(f"line {number}: a row for offset {here.offset:#x}, where {len(self.data):#x} is to come")
        if gap:
            self.log.note(f"line {number}: the {gap} bytes of a dump before it are not in the log: 0 here")
            self.whole_until = min(self.whole_until, len(self.data))
            self.data += bytes(gap)
        self.data += here.bytes(little=True)
        if here.size % 4 == 0:
            self.log.dump = "harness" if len(here.groups[0]) == 2 else "words"
        if len(self.data) > LARGEST:
            raise ValueError(f"line {number}: a dump of more than {LARGEST} bytes, the most that a section has")
        return True

    def known(self) -> int:
        """How many bytes from the start on were there."""
        return min(len(self.data), self.whole_until)

    def whole(self) -> bytes:
        """All that is to be there."""
        missing = self.length - len(self.data)
        if missing > 0:
            self.log.note(f"the last {missing} bytes of a dump are not in the log: 0 here")
        return self.data.ljust(self.length, b"\0")


def length(number: int, value: int) -> int:
    """The *value* that a line gives as a length. Raises ValueError if no section is as long."""
    if value > LARGEST:
        raise ValueError(f"line {number}: {value} bytes, more than the {LARGEST} that a section has at most")
    return value


def guid(number: int, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"line {number}: {text[:40]!r} is not a GUID") from None
