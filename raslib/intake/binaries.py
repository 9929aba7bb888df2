"""Bytes as they are: one thing, tables one behind the other, or a BERT and the region that it tells of."""

from collections.abc import Iterator
from contextlib import suppress

from ..formats.acpi import HEADER
from .fields import BLOCK
from .found import Found
from .kinds import kind_of, table_length


def binary(data: bytes, kind: str | None, note: str) -> Iterator[Found | ValueError]:
    """One thing, or tables one behind the other, or a BERT and the region that it tells of."""
    length = table_length(data)
    if kind is None and HEADER <= length < len(data) and any(data[length:]):
        rest = f"{note}, behind the table of {length} bytes"
        with suppress(ValueError):
            behind = list(binary(data[length:], None, rest))
            if behind and all(isinstance(one, Found) for one in behind):
                yield Found(kind_of(data), data[:length], note)
                yield from behind
                return
    try:
        yield found_in(data, note, kind)
    except ValueError as e:
        yield e


def found_in(data: bytes, note: str, kind: str | None) -> Found:
    kind = kind or kind_of(data)
    whole = BLOCK + int.from_bytes(data[12:16], "little") if kind == "status-block" else 0
    cut = f"; its length says {whole} bytes, {len(data)} are here" if whole > len(data) >= BLOCK else ""
    return Found(kind, data, note + cut)
