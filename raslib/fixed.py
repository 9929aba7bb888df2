"""Fields of fixed size that stand side by side, read and written at once.

A record of thirty words is then one call of `struct` instead of thirty constructs. Where bytes are missing or a value
does not fit, the fields go one by one after all, so that the same error comes from the same place.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from construct import Bytes, ConstructError, FormatField

from .wire import Bcd, Bits, Guid, Named, Text

_ADAPTERS = (Named, Bits, Guid, Text, Bcd)  # that look at nothing but their value
_MISFITS = (ConstructError, struct.error, AttributeError, TypeError, ValueError)


class Alone:
    """A field that decides itself how long it is."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def parse(self, stream: Any, context: Any, path: str) -> None:
        context[self.field.name] = self.field._parsereport(stream, context, path)

    def build(self, stream: Any, context: Any, path: str) -> None:
        name = self.field.name
        context[name] = self.field._build(context[name], stream, context, path)


class Run:
    """Some *fields* of fixed size, one behind the other."""

    def __init__(self, fields: Iterable[Any]) -> None:
        self.alone = [Alone(field) for field in fields]
        self.parts = [(a.field.name, *_inside(a.field.subcon)) for a in self.alone]
        self.layout = struct.Struct("<" + "".join(_code(word) for _, _, word in self.parts))

    def parse(self, stream: Any, context: Any, path: str) -> None:
        data = stream.read(self.layout.size)
        if len(data) < self.layout.size:
            stream.seek(stream.tell() - len(data))
            for one in self.alone:
                one.parse(stream, context, path)
            return
        for (name, adapters, _), value in zip(self.parts, self.layout.unpack(data), strict=True):
            for adapter in adapters:
                value = adapter._decode(value, context, path)
            context[name] = value

    def build(self, stream: Any, context: Any, path: str) -> None:
        try:
            data = self.layout.pack(*self._words(context, path))
        except _MISFITS:
            for one in self.alone:
                one.build(stream, context, path)
        else:
            stream.write(data)

    def _words(self, context: Any, path: str) -> Iterator[Any]:
        for name, adapters, word in self.parts:
            value = context[name]
            for adapter in reversed(adapters):
                value = adapter._encode(value, context, path)
            if type(word) is Bytes and (type(value) is not bytes or len(value) != word.length):
                raise ValueError("struct would cut or fill it")
            yield value


def steps(fields: Iterable[Any]) -> list[Alone | Run]:
    """How to go through *fields*: as many as possible at once."""
    found: list[Alone | Run] = []
    for fixed, side_by_side in groupby(fields, lambda field: _code(_inside(field.subcon)[1]) != ""):
        some = list(side_by_side)
        found += [Run(some)] if fixed else [Alone(field) for field in some]
    return found


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
