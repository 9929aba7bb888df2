"""Fields of a record by path, from whatever bytes there are, and the entries of a status block by its lengths alone."""

from typing import Any, NamedTuple

from ..formats.cper import Timestamp
from ..formats.ghes import DataEntry, StatusBlock
from ..records import Record, RecordError


class Values:
    """The fields of a record by path, as far as its bytes go; what lies past them is 0. *more* are other numbers."""

    def __init__(self, kind: type[Record], data: bytes, **more: int) -> None:
        self.data, self.more = data, more
        self.found = {s.path: s for s in kind.explain(data).spans}

    def __getitem__(self, path: str) -> Any:
        return self.found[path].value if path in self.found else 0

    def number(self, path: str) -> int:
        """The number that the field's bytes are, or its bits, whatever they mean."""
        if path in self.more or path not in self.found:
            return self.more.get(path, 0)
        span = self.found[path]
        return int(span.value) if span.bits else int.from_bytes(self.data[span.start : span.stop], "little")

    def valid(self, flag: str) -> bool:
        return not flag or bool(getattr(self["validation_bits"], flag, False))


def fixed(kind: type[Record], until: str) -> int:
    """How many bytes stand before the field *until*."""
    return next(row.offset or 0 for row in kind.table() if row.name == until)


def whole(kind: type[Record]) -> int:
    """How many bytes the record takes when nothing follows its fields."""
    return len(kind().build())


BLOCK = fixed(StatusBlock, "entries")
UNDATED = fixed(DataEntry, "timestamp")  # bytes of an entry before its section, up to revision 2.1
DATED = UNDATED + whole(Timestamp)  # since revision 3.0


class EntrySpan(NamedTuple):
    """Where an entry of a status block starts, its fields before the section, and where that section lies."""

    start: int
    values: Values
    at: int
    length: int


def entries(data: bytes) -> list[EntrySpan]:
    """The entries of a status block, as Linux finds them: by the data length, which they must fill exactly.

    Looks at lengths alone, not into sections. Raises `RecordError` saying which length is wrong.
    """
    if len(data) < BLOCK:
        raise RecordError("StatusBlock", "", len(data), f"needs {BLOCK} bytes before its entries")
    block = Values(StatusBlock, data[:BLOCK])
    length = block.number("data_length")
    end = BLOCK + length
    if end > len(data):
        raise _wrong("data_length", f"says {length} bytes, {len(data) - BLOCK} are there")
    if block.number("raw_data_length") and block.number("raw_data_offset") < end:
        raise _wrong("raw_data_offset", f"lies in the entries, which end at {end}")
    start, found = BLOCK, list[EntrySpan]()
    while start < end:
        entry = Values(DataEntry, data[start : min(end, start + DATED)])
        at = start + (DATED if entry.number("revision") >> 8 >= 3 else UNDATED)
        size = entry.number("error_data_length")
        if at + size > end:
            raise _wrong("data_length", f"ends at byte {end}, entry {len(found)} at byte {at + size}")
        found.append(EntrySpan(start, entry, at, size))
        start = at + size
    return found


def _wrong(field: str, why: str) -> RecordError:
    return RecordError("StatusBlock", field, fixed(StatusBlock, field), why)
