"""How a record is declared: a dataclass whose fields know their wire form.

A declaration reads like the table in its document. From it alone come `parse`, `build`, `spans` (which bytes or bits
hold which field), field docs and JSON, so no offset stands anywhere twice. A `Record` is laid out in bytes, a
`Register` in the bits of an integer. Knows construct; knows nothing of RAS.
"""

import dataclasses
import inspect
import io
import re
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform
from uuid import UUID

from construct import (
    Adapter,
    Bytes,
    ConstructError,
    Container,
    GreedyBytes,
    Int8ul,
    Int16ul,
    Int32ul,
    Int64ul,
    Renamed,
    SizeofError,
    Struct,
)

from .fixed import steps
from .watch import WHOLE, Watch, WatchedContext, WatchedStream
from .wire import (
    At,
    AtMost,
    Bcd,
    Bits,
    Choice,
    Either,
    Guid,
    Named,
    RecordError,
    Sized,
    Span,
    Tagged,
    Text,
    Times,
    UntilEnd,
    When,
    bare,
    broken,
    build_at,
    depth,
    from_plain,
    known,
    member,
    note,
    number,
    only,
    parse_at,
    reader,
    remaining,
    size,
    writer,
)

__all__ = [  # the door of this room; what `wire` has is had from here
    "NIL",
    "At",
    "AtMost",
    "Bcd",
    "Bits",
    "Choice",
    "Coded",
    "Either",
    "Explained",
    "Guid",
    "Named",
    "Record",
    "RecordError",
    "Register",
    "Row",
    "Sized",
    "Span",
    "Tagged",
    "Text",
    "Times",
    "UntilEnd",
    "When",
    "bcd",
    "bits",
    "broken",
    "build_at",
    "depth",
    "field",
    "flag",
    "flags",
    "from_plain",
    "guid",
    "named",
    "note",
    "one",
    "parse_at",
    "raw",
    "remaining",
    "rest",
    "size",
    "text",
    "u8",
    "u16",
    "u32",
    "u64",
]


class Coded(IntEnum):
    """A number that has a name and a meaning: `CE = 6, "corrected"`."""

    means: str

    def __new__(cls, value: int, means: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_, member.means = value, means
        return member


class Explained(NamedTuple):
    """As far as some bytes could be read: the fields found, and what stopped the reading."""

    record: Any
    spans: tuple[Span, ...]
    error: RecordError | None


class Row(NamedTuple):
    """One line of a record's field table; *offset* and *size* are None where the bytes themselves decide."""

    name: str
    offset: int | None
    size: int | None
    doc: str
    ref: str


# --- the fields of a declaration -------------------------------------------------------------------------------------


def field(
    con: Any,
    doc: str = "",
    default: Any = 0,
    *,
    valid: str = "",
    ref: str = "",
    count: Any = None,
    fill: Any = None,
    where: Any = None,
) -> Any:
    """A field carried on the wire as the construct *con*.

    *doc* is what the document says of it; *valid* names the flag of `validation_bits` that governs it. Where the field
    is left out, *count* or *fill* computes it from the rest of the record; given, it stays as it was given. The
    difference: what is counted is counted anew by `replace` and `from_json`. A field is there only in records of which
    *where* is true, and None in all others.
    """
    fill = fill or count or (where and (lambda record: default))
    metadata = {"con": When(where, con) if where else con, "doc": doc, "valid": valid, "ref": ref}
    return dataclasses.field(
        default=None if count or fill else default, metadata={**metadata, "count": count, "fill": fill, "where": where}
    )


def u8(doc: str = "", default: int = 0, **more: Any) -> Any:
    return field(Int8ul, doc, default, **more)


def u16(doc: str = "", default: int = 0, **more: Any) -> Any:
    return field(Int16ul, doc, default, **more)


def u32(doc: str = "", default: int = 0, **more: Any) -> Any:
    return field(Int32ul, doc, default, **more)


def u64(doc: str = "", default: int = 0, **more: Any) -> Any:
    return field(Int64ul, doc, default, **more)


def named(con: Any, kind: type[IntEnum], doc: str = "", default: int = 0, **more: Any) -> Any:
    """An integer whose values have names; a value without a name stays a plain int."""
    return field(Named(con, kind), doc, known(kind, default), **more)


def flags(con: Any, kind: "type[Register]", doc: str = "", **more: Any) -> Any:
    """An integer whose bits have names: a `Register` inside a record."""
    return field(Bits(con, kind), doc, kind(), **more)


NIL = UUID(int=0)


def guid(doc: str = "", default: UUID = NIL, **more: Any) -> Any:
    """16 bytes, the first three groups little-endian (UEFI 2.10 appendix A)."""
    return field(Guid(Bytes(16)), doc, default, **more)


def text(size: int, doc: str = "", default: str = "", **more: Any) -> Any:
    """ASCII padded with NUL; bytes that are anything else stay bytes."""
    return field(Text(Bytes(size)), doc, default, **more)


def raw(size: int, doc: str = "reserved", **more: Any) -> Any:
    """Bytes that the document gives no further shape."""
    return field(Bytes(size), doc, bytes(size), **more)


def rest(doc: str = "bytes past the fields that the document defines") -> Any:
    """Whatever is left in the room that the record was given."""
    return field(GreedyBytes, doc, b"")


def bcd(doc: str = "") -> Any:
    """One byte of two decimal digits."""
    return field(Bcd(Bytes(1)), doc)


def one(kind: "type[Record]", doc: str = "", default: Any = None, **more: Any) -> Any:
    """Another record in place."""
    return field(kind.con, doc, kind() if default is None else default, **more)


# --- records ---------------------------------------------------------------------------------------------------------


class _Field(Renamed):  # type: ignore[misc]
    """A named field: tells where it lay when asked, and where it broke when it did."""

    def __init__(self, name: str, meta: Any, ref: str) -> None:
        super().__init__(meta["con"], name, meta["doc"])
        self.valid, self.ref = meta["valid"], meta["ref"] or ref
        self.write, self.read, self.step = writer(self.subcon), reader(self.subcon), f".{name}"

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        path = f"{path} -> {self.name}"
        if "spans" not in context._params:
            return parse_at(self.subcon, stream, context, path)
        start = stream.tell()
        value = parse_at(self.subcon, stream, context, path)
        note(context, *self._spans(path, start, stream.tell(), value, context))
        return value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return build_at(self.subcon, obj, stream, context, f"{path} -> {self.name}")

    def _spans(self, path: str, start: int, stop: int, value: Any, context: Any) -> Iterator[Span]:
        if start == stop:
            return
        valid = getattr(context.validation_bits, self.valid) if self.valid else None
        group = isinstance(value, Record | tuple)
        unnamed = _unnamed(getattr(bare(self), "kind", None), value)
        yield Span(path, start, stop, value, self.docs, self.ref, None, valid, group, unnamed)
        if isinstance(value, Register):
            for s in value.spans(value.build()):
                if s.path != "reserved" or s.value:
                    yield s._replace(path=f"{path}.{s.path}", start=start, stop=stop, valid=valid)


def _unnamed(kind: Any, value: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Coded) and not isinstance(value, kind)


def _why(e: ConstructError) -> str:
    """construct's words, in ours."""
    said = getattr(e, "why", None) or str(e).split("\n")[-1]
    if found := re.search(r"expected (\d+), found (\d+)", said):
        needs, has = found.groups()
        return f"needs {needs} bytes, {has} are left" if "read" in said else f"takes {needs} bytes, not {has}"
    if found := re.search(r"struct '(..)' error during building, given value (.*)", said):
        return f"{found[2]} does not fit {struct.calcsize(found[1])} bytes"
    if found := re.search(r"non-negative, found -(\d+)", said):
        return f"the lengths and offsets before it leave {found[1]} bytes less than none"
    return said


def _home(cls: type, name: str) -> str:
    """The reference of the class that declares the field *name*."""
    return next(str(c.ref) for c in cls.__mro__ if name in inspect.get_annotations(c))  # type: ignore[attr-defined]


class _Fields(Struct):  # type: ignore[misc]
    """The fields of a record, one by one if somebody asks where each lies, else in the fewest steps."""

    def __init__(self, *fields: _Field) -> None:
        super().__init__(*fields)
        self.steps = list(steps(fields))
        self.whole = self.steps[0][0] if len(self.steps) == 1 else None  # all fields at once, if that can be

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        one_by_one = "spans" in context._params or isinstance(stream, WatchedStream)
        if not one_by_one and self.whole and (values := self.whole.read(stream)) is not None:
            return dict(zip(self.whole.names, values, strict=True))
        inside = self._inside(stream, context, path)
        for run, fields in self.steps:
            if not one_by_one and run and (values := run.read(stream)) is not None:
                for name, value in zip(run.names, values, strict=True):
                    inside[name] = value
            else:
                for f in fields:
                    inside[f.name] = f._parsereport(stream, inside, path)
        return inside

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if self.whole and (data := self.whole.write(obj.values())) is not None:
            stream.write(data)
            return obj
        inside = self._inside(stream, context, path)
        inside.update(obj)
        for run, fields in self.steps:
            if run and (data := run.write(obj[name] for name in run.names)) is not None:
                stream.write(data)
            else:
                for f in fields:
                    inside[f.name] = f._build(inside[f.name], stream, inside, path)
        return inside

    def _inside(self, stream: Any, context: Any, path: str) -> Any:
        """The context in which the fields are looked at, as construct's own `Struct` makes it."""
        inside = WatchedContext(stream.watch, path) if isinstance(stream, WatchedStream) else Container()
        inside.update(
            {
                "_": context,
                "_params": context._params,
                "_parsing": context._parsing,
                "_building": context._building,
                "_sizing": context._sizing,
                "_subcons": self._subcons,
                "_io": stream,
                "_index": context.get("_index", None),
                "_root": context.get("_root", inside),
            }
        )
        return inside


class _Table(Adapter):  # type: ignore[misc]
    """A record class as a construct, so that records nest."""

    def __init__(self, cls: "type[Record]") -> None:
        self.cls = cls
        self.names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        super().__init__(_Fields(*(_Field(f.name, f.metadata, _home(cls, f.name)) for f in dataclasses.fields(cls))))  # type: ignore[arg-type]

    def _decode(self, obj: Any, context: Any, path: str) -> "Record":
        values = {name: dict.__getitem__(obj, name) for name in self.names}
        made = self.cls(**values)
        if isinstance(obj, WatchedContext):
            obj.record(made, values)
        return made

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, self.cls):
            raise broken(f"needs a {self.cls.__name__}, not {type(obj).__name__}", path)
        return {name: getattr(obj, name) for name in self.names}

    def plain(self, value: "Record") -> dict[str, Any]:
        return value.to_json()

    def unplain(self, plain: Any, at: At) -> "Record":
        only(self.names, plain, at)
        values = _Siblings()
        for f in self.subcon.subcons:
            here = at.inner(f.step, values)
            if f.name in plain and (f.name not in self.cls.counted or (at.as_found and here.path in at.as_found)):
                values[f.name] = f.read(plain[f.name], here)
        return self.cls(**values)


class _Siblings(dict[str, Any]):
    """The fields read so far, as a `Choice` looks at them."""

    __getattr__ = dict.__getitem__


def _hex(value: "Record | bytes") -> str:
    return (value if isinstance(value, bytes) else value.build()).hex()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Base of all records: a subclass is its table of fields, and *ref* says where that stands."""

    ref: ClassVar[str] = ""
    con: ClassVar[Any]
    counted: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    filled: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    placed: ClassVar[dict[str, Callable[[Any], bool]]] = {}

    def __init_subclass__(cls, ref: str = "") -> None:
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.ref = ref
        cls.con = _Table(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        cls.counted = {f.name: f.metadata["count"] for f in fields if f.metadata["count"]}
        cls.filled = {f.name: f.metadata["fill"] for f in fields if f.metadata["fill"]}
        cls.placed = {f.name: f.metadata["where"] for f in fields if f.metadata["where"]}

    def __post_init__(self) -> None:
        for name, where in self.placed.items():
            if not where(self):
                object.__setattr__(self, name, None)
        for name, fill in self.filled.items():
            if getattr(self, name) is None and (name not in self.placed or self.placed[name](self)):
                try:
                    value = fill(self)
                except RecordError:  # what has no bytes has no size; `build` will say where it breaks
                    value = 0
                object.__setattr__(self, name, value)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The record that *data* is, all of it. Raises `RecordError`."""
        return cls._parse(data, {})

    @classmethod
    def _parse(cls, data: bytes, asked: dict[str, Any]) -> Self:
        stream = io.BytesIO(data)
        value = cls._parse_stream(stream, asked)
        if left := remaining(stream):
            raise RecordError(cls.__name__, "", stream.tell(), f"{left} bytes follow that belong to no field")
        return value

    @classmethod
    def _parse_stream(cls, stream: Any, asked: dict[str, Any]) -> Self:
        try:
            return cls.con.parse_stream(stream, **asked)  # type: ignore[no-any-return]
        except ConstructError as e:
            raise RecordError(cls.__name__, getattr(e, "where", ""), getattr(e, "offset", None), _why(e)) from e

    @classmethod
    def watch(cls, data: bytes | memoryview, length_alone: bool = False) -> Watch:
        """Which bytes of *data* decide where the fields of this record lie; what was parsed is `Watch.value`.

        With *length_alone* the end of `Watch.stream` is how many bytes the record itself says it has, of a *data* that
        goes on behind it. Raises `RecordError`.
        """
        watch = Watch(data, length_alone)
        with watch.over(Record, Register):
            watch.value = cls._parse_stream(watch.stream, {})
        watch.places[WHOLE] = 0, watch.stream.tell()
        return watch

    def build(self) -> bytes:
        """The bytes of this record. Raises `RecordError` where a value does not fit its field."""
        try:
            return self.con.build(self)  # type: ignore[no-any-return]
        except ConstructError as e:
            raise RecordError(type(self).__name__, getattr(e, "where", ""), getattr(e, "offset", None), _why(e)) from e

    def replace(self, **changes: Any) -> Self:
        """This record with *changes*; what is counted is counted again, unless given."""
        return dataclasses.replace(self, **{**dict.fromkeys(self.counted), **changes})  # type: ignore[type-var]

    @classmethod
    def explain(cls, data: bytes) -> Explained:
        """Every field of *data*, outermost first; of broken bytes, the good prefix and the error."""
        spans: list[Span] = []
        value, error = None, None
        try:
            value = cls._parse(data, {"spans": spans})
        except RecordError as e:
            error = e
        return Explained(value, tuple(sorted(spans, key=lambda s: (s.start, -s.stop, depth(s.path)))), error)

    @classmethod
    def spans(cls, data: bytes) -> tuple[Span, ...]:
        """Every field of *data*, outermost first. Raises `RecordError`."""
        found = cls.explain(data)
        if found.error:
            raise found.error
        return found.spans

    @classmethod
    def table(cls) -> tuple[Row, ...]:
        """The fields as the document lists them."""
        rows: list[Row] = []
        offset: int | None = 0
        for f in cls.con.subcon.subcons:
            try:
                taken = f.sizeof()
            except SizeofError:
                taken = None
            rows.append(Row(f.name, offset, taken, f.docs, f.ref))
            offset = None if offset is None or taken is None else offset + taken
        return tuple(rows)

    def to_json(self) -> dict[str, Any]:
        """Plain values: names for what has names, hex text for 64-bit words, bytes and GUIDs."""
        return {f.name: f.write(getattr(self, f.name)) for f in self.con.subcon.subcons}

    @classmethod
    def from_json(cls, obj: Any, as_found: frozenset[str] = frozenset()) -> Self:
        """The inverse of `to_json`. What is counted is counted anew, but for the paths in *as_found*."""
        return from_plain(cls.con, obj, At(cls.__name__, as_found=as_found))  # type: ignore[no-any-return]

    def edited(self, path: str, plain: Any) -> Self:
        """This record with the field at *path* set from its JSON form; lengths, counts and checksums follow.

        A counted field that is itself set stays as it was set. Raises `RecordError` where the result cannot be read.
        """
        document = self.to_json()
        names = [int(name) if name.isdigit() else name for name in re.findall(r"[^.\[\]]+", path)]
        inside: Any = document
        value: Any = self
        try:
            for name in names[:-1]:
                inside, value = inside[name], value[name] if isinstance(name, int) else getattr(value, name)
            if isinstance(value, Record):  # what a field decides is read anew from its bytes
                chosen = [f.name for f in value.con.subcon.subcons if isinstance(bare(f), Choice)]
                inside.update({name: _hex(getattr(value, name)) for name in chosen})
            inside[names[-1]] = plain
        except (AttributeError, LookupError, TypeError):
            raise RecordError(type(self).__name__, path, None, "no such field") from None
        given = frozenset(self.as_found()) | {path}
        return self.parse(self.from_json(document, given).build())

    def as_found(self, prefix: str = "") -> Iterator[str]:
        """Paths of counted fields that are not what counting gives; bytes from elsewhere may have such."""
        for name, count in self.counted.items():
            if getattr(self, name) != count(self):
                yield prefix + name
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if isinstance(value, Record):
                yield from value.as_found(f"{prefix}{f.name}.")
            elif isinstance(value, tuple):
                for i, item in enumerate(value):
                    if isinstance(item, Record):
                        yield from item.as_found(f"{prefix}{f.name}[{i}].")


# --- registers -------------------------------------------------------------------------------------------------------


def bits(high: int, low: int | None = None, doc: str = "", *, kind: Any = int, ref: str = "") -> Any:
    """Bits [high:low] of a register, numbered as the documents number them; *kind* is int, bool or an IntEnum."""
    where = (high, high if low is None else low)
    return dataclasses.field(default=known(kind, 0), metadata={"bits": where, "kind": kind, "doc": doc, "ref": ref})


def flag(bit: int, doc: str = "") -> Any:
    """One bit that is true or false."""
    return bits(bit, doc=doc, kind=bool)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Register:
    """Base of all register views: like `Record`, but of an integer's bits.

    Bits that no field names are kept, in place, in `reserved`.
    """

    ref: ClassVar[str] = ""
    width: ClassVar[int] = 64
    each: ClassVar[str] = ""  # what is said of a field that has no words of its own; {} is its name
    layout: ClassVar[tuple[tuple[str, int, int, Any, str, str], ...]] = ()  # name, low, mask, kind, doc, ref
    reserved: int

    def __init_subclass__(cls, ref: str = "", width: int = 64, each: str = "") -> None:
        cls.__annotations__["reserved"] = int
        cls.reserved = dataclasses.field(default=0)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.ref, cls.width, cls.each = ref, width, each or cls.each
        fields = [f for f in dataclasses.fields(cls) if f.name != "reserved"]  # type: ignore[arg-type]
        cls.layout = tuple(
            (f.name, low, (1 << high - low + 1) - 1, f.metadata["kind"], cls._doc(f), f.metadata["ref"] or ref)
            for f in fields
            for high, low in [f.metadata["bits"]]
        )
        cls._free = (1 << width) - 1 & ~sum(mask << low for _, low, mask, *_ in cls.layout)
        cls._kinds = {f.name: f.metadata["kind"] for f in fields} | {"reserved": int}

    _free: ClassVar[int] = 0
    _kinds: ClassVar[dict[str, Any]] = {}

    @classmethod
    def _doc(cls, f: Any) -> str:
        return f.metadata["doc"] or cls.each.format(f.name.removesuffix("_valid"))

    @classmethod
    def parse(cls, value: int) -> Self:
        if not 0 <= value < 1 << cls.width:
            raise RecordError(cls.__name__, "", None, f"{value:#x} is not a {cls.width}-bit value")
        named = {name: known(kind, value >> low & mask) for name, low, mask, kind, *_ in cls.layout}
        return cls(**named, reserved=value & cls._free)  # type: ignore[call-arg]

    def build(self) -> int:
        word = self.reserved
        if word & ~self._free:
            raise RecordError(type(self).__name__, "reserved", None, f"{word:#x} has bits that fields name")
        for name, low, mask, *_ in self.layout:
            value = getattr(self, name)
            if not isinstance(value, int) or not 0 <= value <= mask:
                raise RecordError(type(self).__name__, name, None, f"{value!r} does not fit {mask.bit_length()} bits")
            word |= int(value) << low
        return word

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    @classmethod
    def spans(cls, value: int) -> tuple[Span, ...]:
        """Every field of *value*, highest first; start and stop are the bytes of the whole word."""
        parsed, size = cls.parse(value), -(-cls.width // 8)
        found = [
            Span(
                name,
                0,
                size,
                getattr(parsed, name),
                doc,
                ref,
                (low + mask.bit_length() - 1, low),
                unnamed=_unnamed(kind, getattr(parsed, name)),
            )
            for name, low, mask, kind, doc, ref in cls.layout
        ]
        for high, low in _runs(cls._free):
            left = value >> low & (1 << high - low + 1) - 1
            found.append(Span("reserved", 0, size, left, "no field is defined here", cls.ref, (high, low)))
        return tuple(sorted(found, key=lambda s: s.bits or (0, 0), reverse=True))

    def to_json(self) -> dict[str, Any]:
        """The fields that are not zero; those too wide for a number of JSON are hex text."""
        shown = {name: (getattr(self, name), mask) for name, _, mask, *_ in self.layout if getattr(self, name)}
        plain = {name: _plain_bits(value, mask) for name, (value, mask) in shown.items()}
        return {**plain, "reserved": f"{self.reserved:#x}"} if self.reserved else plain

    @classmethod
    def from_json(cls, obj: Any, at: At | None = None) -> Self:
        """From fields by name, or from the whole word as a number or text."""
        at = at or At(cls.__name__)
        if not isinstance(obj, dict):
            try:
                return cls.parse(number(obj, at))
            except RecordError as e:
                raise at.error(e.why) from None
        kinds = cls._kinds
        only(kinds, obj, at)
        return cls(**{k: v if type(v) is kinds[k] else member(kinds[k], v, at.inner(f".{k}")) for k, v in obj.items()})


def _plain_bits(value: Any, mask: int) -> Any:
    """JavaScript rounds numbers of more than 53 bits."""
    if isinstance(value, IntEnum):
        return value.name
    return f"{value:#x}" if mask >> 53 else value


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """The (high, low) of every run of ones in *mask*."""
    low = 0
    while mask >> low:
        if mask >> low & 1:
            high = low
            while mask >> high + 1 & 1:
                high += 1
            yield high, low
            low = high
        low += 1
