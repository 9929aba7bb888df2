"""How the fields of a record are read from bytes and written: the construct of a record class, made when first used.

Knows where each field lay when asked, and where it broke when it did.
"""

import dataclasses
import inspect
import re
import struct
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from construct import Construct, ConstructError, Container, Renamed

from .plain import At, ParsedField, Span, only
from .registers import Register, is_unnamed
from .watch import WatchedContext, WatchedStream
from .wire import bare, broken, build_at, dotted, parse_at, reader, writer


class Field(Renamed):  # type: ignore[misc]
    """A named field of a record, which its record reads and writes.

    *meta* is what `records.field` says of it, *ref* where its record stands. `valid` is the flag of `validation_bits`
    that governs it, `write` and `read` make and read its JSON form, `step` is its part of a path.
    """

    def __init__(self, name: str, meta: Any, ref: str) -> None:
        super().__init__(meta["con"], name, meta["doc"])
        self.valid, self.ref = meta["valid"], meta["ref"] or ref
        self.write, self.read, self.step = writer(self.subcon), reader(self.subcon), f".{name}"


def spans(path: str, place: ParsedField) -> Iterator[Span]:
    """The span of the field or element that was read at *place*, behind it those of a register's bits.

    A field of no bytes has none.
    """
    start, stop, value, con, context = place
    field = con if isinstance(con, Field) else None
    if field and start == stop:
        return
    path, ref = dotted(path), field.ref if field else ""
    valid = getattr(context.validation_bits, field.valid) if field and field.valid else None
    group = isinstance(value, tuple) or hasattr(value, "con")
    unnamed = is_unnamed(getattr(bare(con), "kind", None), value)
    yield Span(path, start, stop, value, con.docs, ref, None, valid, group, unnamed)
    if isinstance(value, Register):
        for s in value.spans(value.build()):
            if s.path != "reserved" or s.value:
                yield s._replace(path=f"{path}.{s.path}", start=start, stop=stop, valid=valid)


class RecordAdapter(Construct):  # type: ignore[misc]
    """The record class *cls* as a construct, so that records nest: its `con`.

    Its fields become constructs when they are first used. Most classes never are in the life of a program: who asks
    for a HEST reads no PCIe section. What a declaration's functions look at is a `Container` of the fields so far, with
    the stream as `_io` and the fields of the record around it as `_`.
    """

    def __init__(self, cls: Any) -> None:
        super().__init__()
        self.cls = cls

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.cls, "con")

    @cached_property
    def names(self) -> list[str]:
        """The names of the fields, in the order of the document."""
        return list(self.cls.defaults)

    @cached_property
    def fields(self) -> list[Field]:
        """The fields as constructs, in the order of the document."""
        return [Field(f.name, f.metadata, _home(self.cls, f.name)) for f in dataclasses.fields(self.cls)]

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        watched = isinstance(stream, WatchedStream)
        inside = WatchedContext(stream.watch, path) if watched else Container()
        inside.update({"_": context, "_params": context._params, "_io": stream})
        values = {}
        for f in self.fields:
            value = parse_at(f.subcon, stream, inside, f"{path} -> {f.name}", f)
            inside[f.name] = values[f.name] = value
        made = self.cls._of(values)
        if watched:
            stream.watch.record(made, values, path)
        return made

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, self.cls):
            raise broken(f"needs a {self.cls.__name__}, not {type(obj).__name__}", path)
        inside = Container(vars(obj), _=context, _params=context._params, _io=stream)
        for f in self.fields:
            inside[f.name] = build_at(f.subcon, inside[f.name], stream, inside, f"{path} -> {f.name}")
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return sum(f.sizeof() for f in self.fields)

    def plain(self, value: Any) -> Any:
        return value.to_json()

    def unplain(self, plain: Any, at: At) -> Any:
        only(self.names, plain, at)
        values = _Siblings()
        for f in self.fields:
            here = at.inner(f.step, values)
            if f.name in plain and (f.name not in self.cls.counted or (at.as_found and here.path in at.as_found)):
                values[f.name] = f.read(plain[f.name], here)
        return self.cls(**values)


class _Siblings(dict[str, Any]):
    """The fields read so far, as a `Choice` looks at them."""

    __getattr__ = dict.__getitem__


def _home(cls: Any, name: str) -> str:
    """The reference of the class that declares the field *name*, *cls* or one that it stands on."""
    return next(str(c.ref) for c in cls.__mro__ if name in inspect.get_annotations(c))


def why(e: ConstructError) -> str:
    """What *e* says is wrong, in our words: how many bytes are needed and left, what does not fit."""
    said = getattr(e, "why", None) or str(e).split("\n")[-1]
    if found := re.search(r"expected (\d+), found (\d+)", said):
        needs, has = found.groups()
        return f"needs {needs} bytes, {has} are left" if "read" in said else f"takes {needs} bytes, not {has}"
    if found := re.search(r"struct '(..)' error during building, given value (.*)", said):
        return f"{found[2]} does not fit {struct.calcsize(found[1])} bytes"
    if found := re.search(r"non-negative, found -(\d+)", said):
        return f"the lengths and offsets before it leave {found[1]} bytes less than none"
    return said
