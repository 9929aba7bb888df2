"""Fields of fixed size that stand side by side, read and written at once.

A record of thirty words is then one call of `struct` instead of thirty constructs. Where bytes are missing or a value
does not fit, `Run` gives nothing, and its fields go one by one after all: the same error comes from the same place.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from construct import Bytes, ConstructError, FormatField

from .wire import Bcd, Bits, Guid, Named, Text

_ADAPTERS = (Named, Bits, Guid, Text, Bcd)  # that look at nothing but their value
_MISFITS = (ConstructError, struct.error, AttributeError, TypeError, ValueError)


class Run:
    """Some *fields* of fixed size, one behind the other."""

    def __init__(self, fields: Iterable[Any]) -> None:
        parts = [(field.name, *_inside(field.subcon)) for field in fields]
        self.names = [name for name, _, _ in parts]
        self.layout = struct.Struct("<" + "".join(_code(word) for _, _, word in parts))
        self.adapted = [(i, adapters) for i, (_, adapters, _) in enumerate(parts) if adapters]
        self.raw = [(i, word.length) for i, (_, _, word) in enumerate(parts) if type(word) is Bytes]

    def read(self, stream: Any) -> list[Any] | None:
        """Their values; None, and the stream as it was, if it holds too few bytes."""
        data = stream.read(self.layout.size)
        if len(data) < self.layout.size:
            stream.seek(stream.tell() - len(data))
            return None
        values = list(self.layout.unpack(data))
        for i, adapters in self.adapted:
            for adapter in adapters:
                values[i] = adapter._decode(values[i], None, "")
        return values

    def write(self, values: Iterable[Any]) -> bytes | None:
        """Their bytes; None if a value does not fit."""
        words = list(values)
        try:
            for i, adapters in self.adapted:
                for adapter in reversed(adapters):
                    words[i] = adapter._encode(words[i], None, "")
            if any(type(words[i]) is not bytes or len(words[i]) != length for i, length in self.raw):
                return None  # `struct` would cut it, or fill it up
            return self.layout.pack(*words)
        except _MISFITS:
            return None


def steps(fields: Iterable[Any]) -> Iterator[tuple[Run | None, list[Any]]]:
    """How to go through *fields*: as many as possible at once, the others one by one."""
    for fixed, side_by_side in groupby(fields, lambda field: _code(_inside(field.subcon)[1]) != ""):
        some = list(side_by_side)
        yield Run(some) if fixed else None, some


def _inside(con: Any) -> tuple[list[Any], Any]:
    """The adapters in *con*, innermost first, and what they adapt."""
    if type(con) not in _ADAPTERS:
        return [], con
    adapters, word = _inside(con.subcon)
    return [*adapters, con], word


def _code(con: Any) -> str:
    """What `struct` calls *con*; nothing if it is no little-endian number and no fixed number of bytes."""
    if type(con) is FormatField and con.fmtstr[0] == "<":
        return str(con.fmtstr[1:])
    return f"{con.length}s" if type(con) is Bytes and isinstance(con.length, int) else ""
