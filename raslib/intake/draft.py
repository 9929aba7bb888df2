"""A record in the making: its fields set one by one from lines of a log, and which of them the lines told."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from ..records import Record, RecordError, Register
from .dumps import row
from .lines import Found, Line

LARGEST = 1 << 16  # bytes of a block that Linux takes at most (HEST's lengths are cut to that), so of its sections too


class Log:
    """What was odd in the lines of one event."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.missed: list[int] = []  # lines that were not understood
        self.dump = ""  # "words" or "harness", as Linux's dumps are inside and outside the kernel

    def note(self, text: str) -> None:
        self.notes.append(text)

    def said(self) -> list[str]:
        lines = ", ".join(map(str, self.missed[:10])) + (", ..." if len(self.missed) > 10 else "")
        return [*self.notes, *([f"not understood: line {lines}"] if lines else [])]


def read(line: Line, number: int, said: str) -> list[Found] | None:
    """As `Line.read`. Raises ValueError naming the line whose number cannot be."""
    try:
        return line.read(said)
    except ValueError as e:
        raise ValueError(f"line {number}: {e}") from None


class Draft:
    """A record, the paths that were told of it, and the lines that can tell more."""

    def __init__(self, record: Record, lines: Iterable[Line], log: Log) -> None:
        self.record: Any = record
        self.lines, self.log = tuple(lines), log
        self.told: dict[str, int] = {}  # and the line that told it last
        self.cut: set[str] = set()  # validation flags of lines that were cut off

    def take(self, number: int, said: str) -> Line | None:
        """The line of this record that *said* is, if it is one; it is read into the record."""
        alike = [line for line in self.lines if line.is_in(said)]
        for line in alike:
            if (found := read(line, number, said)) is not None:
                self.put(number, found, line.valid)
                return line
        if not alike:
            return None
        self.cut.add(alike[0].valid)
        self.log.note(f"line {number} is cut off")
        return alike[0]

    def put(self, number: int, found: Iterable[Found], valid: str = "") -> None:
        """Sets fields, and the validation flag that they need. Raises ValueError, with the line, for too many bits."""
        with_flag = [*found, *([Found(f"validation_bits.{valid}", 0, None, 1)] if valid else [])]
        for one in with_flag:
            try:
                self.record = _put(self.record, one.path.split("."), one)
            except ValueError as e:
                raise ValueError(f"line {number}: {e}") from None
            self.told[one.path] = number

    def give(self, number: int, path: str, value: int, valid: str = "") -> None:
        self.put(number, [Found(path, 0, None, value)], valid)

    def whole(self) -> Any:
        """The record. Raises ValueError, with the line that told it, for a value that does not fit its field."""
        try:
            self.record.build()
        except RecordError as e:
            raise ValueError(f"line {self.told.get(e.path, 0)}: {e}") from None
        return self.record

    def flags(self) -> set[str]:
        """Validation flags that the lines tell, set or clear: of every line that could have been written."""
        return {f"validation_bits.{line.valid}" for line in self.lines if line.valid and line.valid not in self.cut}


def _put(record: Any, path: list[str], found: Found) -> Any:
    """*record* with the field at *path* changed; of a register, the whole word."""
    old = getattr(record, path[0])
    if path[1:]:
        new = _put(old, path[1:], found)
    elif isinstance(old, Register):
        new = type(old).parse(_number(old.build(), found))
    else:
        new = _number(old, found)
    return dataclasses.replace(record, **{path[0]: new})  # not record.replace, which counts anew what a line told


def _number(old: Any, found: Found) -> Any:
    """What was found; or *old*, with what was found in those of its bits."""
    if found.width is None:
        return bool(found.value) if isinstance(old, bool) else found.value
    mask = (1 << found.width) - 1
    if found.value > mask:
        raise ValueError(f"{found.value} does not fit {found.width} bits")
    return int(old or 0) & ~(mask << found.low) | found.value << found.low


class Bytes:
    """Rows of a hex dump, one after another; *length* is how many bytes another line says that there are."""

    def __init__(self, log: Log, length: int = 0) -> None:
        self.data, self.log, self.length = b"", log, length

    def take(self, number: int, said: str) -> bool:
        """Is *said* a row of a dump? Then its bytes are added; words are little-endian, as Linux dumps them."""
        here = row(said, number)
        if not here or not here.colon:
            return False
        if here.offset != len(self.data):
            raise ValueError(f"line {number}: a row for offset {here.offset:#x}, where {len(self.data):#x} is to come")
        self.data += here.bytes(little=True)
        if here.size % 4 == 0:
            self.log.dump = "harness" if len(here.groups[0]) == 2 else "words"
        if len(self.data) > LARGEST:
            raise ValueError(f"line {number}: a dump of more than {LARGEST} bytes, the most that a section has")
        return True

    def whole(self) -> bytes:
        """All that was said to be there."""
        missing = self.length - len(self.data)
        if missing > 0:
            self.log.note(f"the last {missing} bytes of a dump are not in the log: 0 here")
        return self.data.ljust(self.length, b"\0")


def length(number: int, found: Iterable[Found], path: str) -> int:
    """A length that a line tells. Raises ValueError if no section is as long."""
    value = int(next(f.value for f in found if f.path == path))
    if value > LARGEST:
        raise ValueError(f"line {number}: {value} bytes, more than the {LARGEST} that a section has at most")
    return value
