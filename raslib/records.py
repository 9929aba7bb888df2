"""How a record is declared: a dataclass whose fields know their wire form.

A declaration reads like the table in its document. From it alone come `parse`, `build`, `spans` (which bytes or bits
hold which field), field docs and JSON, so no offset stands anywhere twice. A `Record` is laid out in bytes, a `Register`
in the bits of an integer. Knows construct; knows nothing of RAS.
"""

import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform
from uuid import UUID

from construct import (
    Adapter,
    Bytes,
    Construct,
    ConstructError,
    FormatField,
    GreedyBytes,
    Int8ul,
    Int16ul,
    Int32ul,
    Int64ul,
    Renamed,
    SizeofError,
    Struct,
    Subconstruct,
)
from construct.core import BytesIOWithOffsets


class RecordError(ValueError):
    """These bytes, or these values, are not the *record* they were said to be: *path* and byte *offset* say where."""

    def __init__(self, record: str, path: str, offset: int | None, why: str) -> None:
        self.record, self.path, self.offset, self.why = record, path, offset, why
        at = "" if offset is None else f" at byte {offset} ({offset:#x})"
        super().__init__(f"{record}{'.' if path else ''}{path}{at}: {why}")


class Coded(IntEnum):
    """A number that has a name and a meaning: `CE = 6, "corrected"`."""

    means: str

    def __new__(cls, value: int, means: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_, member.means = value, means
        return member


class Span(NamedTuple):
    """One field where it lies: bytes [start, stop), and within that little-endian word bits [high:low] if it is smaller."""

    path: str
    start: int
    stop: int
    value: Any
    doc: str = ""
    ref: str = ""
    bits: tuple[int, int] | None = None
    valid: bool | None = None  # what its validation bit says; None: no validation bit governs it
    group: bool = False  # it holds other fields


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
    con: Any, doc: str = "", default: Any = 0, *, valid: str = "", ref: str = "", count: Any = None, fill: Any = None
) -> Any:
    """A field carried on the wire as the construct *con*.

    *doc* is what the document says of it; *valid* names the flag of `validation_bits` that governs it. Where the field
    is left out, *count* or *fill* computes it from the rest of the record; given, it stays as it was given. The
    difference: what is counted is counted anew by `replace` and `from_json`.
    """
    metadata = {"con": con, "doc": doc, "valid": valid, "ref": ref, "count": count, "fill": fill or count}
    return dataclasses.field(default=None if count or fill else default, metadata=metadata)


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
    return field(Named(con, kind), doc, _name(kind, default), **more)


def flags(con: Any, kind: "type[Register]", doc: str = "", **more: Any) -> Any:
    """An integer whose bits have names: a `Register` inside a record."""
    return field(Bits(con, kind), doc, kind(), **more)


def guid(doc: str = "", default: UUID = UUID(int=0), **more: Any) -> Any:
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


# --- constructs that construct lacks, or has with a loss --------------------------------------------------------------


class Named(Adapter):  # type: ignore[misc]
    def __init__(self, con: Any, kind: type[IntEnum]) -> None:
        super().__init__(con)
        self.kind = kind

    def _decode(self, obj: int, context: Any, path: str) -> int:
        return _name(self.kind, obj)

    def _encode(self, obj: int, context: Any, path: str) -> int:
        return int(obj)


class Bits(Adapter):  # type: ignore[misc]
    """A word as a `Register`. (construct's BitStruct counts from the other end, its FlagsEnum drops unknown bits.)"""

    def __init__(self, con: Any, kind: "type[Register]") -> None:
        super().__init__(con)
        self.kind = kind

    def _decode(self, obj: int, context: Any, path: str) -> "Register":
        return self.kind.parse(obj)

    def _encode(self, obj: Any, context: Any, path: str) -> int:
        return obj if isinstance(obj, int) else obj.build()  # type: ignore[no-any-return]


class Guid(Adapter):  # type: ignore[misc]
    def _decode(self, obj: bytes, context: Any, path: str) -> UUID:
        return UUID(bytes_le=obj)

    def _encode(self, obj: UUID, context: Any, path: str) -> bytes:
        return obj.bytes_le


class Text(Adapter):  # type: ignore[misc]
    def _decode(self, obj: bytes, context: Any, path: str) -> str | bytes:
        shown = obj.rstrip(b"\0")
        return shown.decode("ascii") if all(0x20 <= c < 0x7F for c in shown) else obj

    def _encode(self, obj: str | bytes, context: Any, path: str) -> bytes:
        try:
            return obj if isinstance(obj, bytes) else obj.encode("ascii").ljust(self.subcon.length, b"\0")
        except UnicodeEncodeError as e:
            raise broken("only ASCII fits here", path) from e


class Bcd(Adapter):  # type: ignore[misc]
    """A byte of two decimal digits as the number they say; a byte that is none stays a byte."""

    def _decode(self, obj: bytes, context: Any, path: str) -> int | bytes:
        return int(obj.hex()) if obj.hex().isdecimal() else obj

    def _encode(self, obj: int | bytes, context: Any, path: str) -> bytes:
        return obj if isinstance(obj, bytes) else bytes.fromhex(f"{obj:02}")


class Sized(Subconstruct):  # type: ignore[misc]
    """Exactly *length* bytes for the inner construct. (construct's FixedSized hides what is left over, or pads.)"""

    def __init__(self, length: Any, con: Any) -> None:
        super().__init__(con)
        self.length = length

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        inner = BytesIOWithOffsets.from_reading(stream, self.length(context), path)
        value = self.subcon._parsereport(inner, context, path)
        if left := remaining(inner):
            raise broken(f"{left} bytes are left over", path, inner.tell())
        return value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return self.subcon._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


class Times(Subconstruct):  # type: ignore[misc]
    """A list of *count* elements, by number in the path of an error."""

    def __init__(self, count: Any, con: Any) -> None:
        super().__init__(con)
        self.count = count

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        return bool(found < self.count(context))

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[Any, ...]:
        found: list[Any] = []
        while self._more(len(found), stream, context):
            start, where = stream.tell(), f"{path}[{len(found)}]"
            found.append(self.subcon._parsereport(stream, context, where))
            if stream.tell() == start:
                raise broken("an element of no bytes", where, start)
            note(context, Span(where, start, stream.tell(), found[-1], group=isinstance(found[-1], Record)))
        return tuple(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for i, item in enumerate(obj):
            self.subcon._build(item, stream, context, f"{path}[{i}]")
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


class UntilEnd(Times):
    """As many as there are bytes for, if *least* are left. (construct's GreedyRange drops a broken one silently.)"""

    def __init__(self, con: Any, least: int = 1) -> None:
        super().__init__(None, con)
        self.least = least

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        return remaining(stream) >= self.least


class AtMost(Construct):  # type: ignore[misc]
    """*length* bytes, or as many as there are."""

    def __init__(self, length: Callable[[Any], int]) -> None:
        super().__init__()
        self.length = length

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:
        return stream.read(min(self.length(context), remaining(stream)))  # type: ignore[no-any-return]

    def _build(self, obj: bytes, stream: Any, context: Any, path: str) -> bytes:
        stream.write(obj)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


class Choice(Construct):  # type: ignore[misc]
    """The record that *key* says is here, by the table *cases*; bytes where the table does not know the key."""

    def __init__(self, key: Callable[[Any], Any], cases: "dict[Any, type[Record]]") -> None:
        super().__init__()
        self.key, self.cases = key, cases

    def pick(self, context: Any) -> Any:
        kind = self.cases.get(self.key(context))
        return kind.con if kind else GreedyBytes

    def pick_plain(self, plain: Any, siblings: Any) -> Any:
        """As `pick`, for values that come from JSON."""
        return self.pick(siblings)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.pick(context)._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        con = GreedyBytes if isinstance(obj, bytes) else obj.con
        return con._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


class Tagged(Choice):
    """The record that its own first field, *tag*, says it is, by the table *cases*; bytes to the end if none."""

    def __init__(self, tag: str, con: Any, cases: "dict[int, type[Record]]", other: Any = lambda tag: None) -> None:
        super().__init__(lambda value: value, cases)
        self.tag, self.con, self.other = tag, con, other

    def pick(self, tag: Any) -> Any:
        kind = self.cases.get(tag) or self.other(tag)
        return kind.con if kind else GreedyBytes

    def pick_plain(self, plain: Any, siblings: Any) -> Any:
        return self.pick(_unplain(self.con, plain[self.tag], None, "", self.tag, frozenset()))

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = stream.tell()
        value = self.con._parsereport(stream, context, path)
        stream.seek(start)
        return self.pick(value)._parsereport(stream, context, path)


class Either(Construct):  # type: ignore[misc]
    """The first of two readings that fits; what neither fits fails as the first."""

    def __init__(self, first: Any, second: Any) -> None:
        super().__init__()
        self.first, self.second = first, second

    @property
    def subcon(self) -> Any:
        return self.first.subcon

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start, noted = stream.tell(), context._params.get("spans", [])
        before = len(noted)
        try:
            return self.first._parsereport(stream, context, path)
        except ConstructError as e:
            kept, noted[before:] = noted[before:], []
            stream.seek(start)
            try:
                return self.second._parsereport(stream, context, path)
            except ConstructError:
                noted[before:] = kept
                raise e from None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return self.first._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


class When(Subconstruct):  # type: ignore[misc]
    """Present only where *condition* holds, None where not: for fields that later editions added."""

    def __init__(self, condition: Callable[[Any], bool], con: Any) -> None:
        super().__init__(con)
        self.condition = condition

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.subcon._parsereport(stream, context, path) if self.condition(context) else None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return None if obj is None else self.subcon._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)


def size(value: "Record | bytes") -> int:
    """Bytes of *value* on the wire."""
    return len(value if isinstance(value, bytes) else value.build())


def remaining(stream: Any) -> int:
    """How many bytes *stream* still holds."""
    here = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(here)
    return int(end - here)


def broken(why: str, path: str, offset: int | None = None) -> ConstructError:
    """A construct error that knows its byte, for the constructs above."""
    e = ConstructError(why, path=path)
    e.why, e.offset = why, offset
    return e


def note(context: Any, *spans: Span) -> None:
    """Hands *spans* to whoever asked `explain` for them."""
    if (found := context._params.get("spans")) is not None:
        found.extend(s._replace(path=_dotted(s.path)) for s in spans)


def _dotted(path: str) -> str:
    return re.sub(r"^\((parsing|building)\)( -> )?", "", path).replace(" -> ", ".")


def _name(kind: Any, value: int) -> Any:
    try:
        return kind(value)
    except ValueError:
        return value


# --- records ---------------------------------------------------------------------------------------------------------


class _Field(Renamed):  # type: ignore[misc]
    """A named field: tells where it lay when asked, and where it broke when it did."""

    def __init__(self, name: str, meta: Any, ref: str) -> None:
        super().__init__(meta["con"], name, meta["doc"])
        self.valid, self.ref = meta["valid"], meta["ref"] or ref

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start, path = stream.tell(), f"{path} -> {self.name}"
        try:
            value = self.subcon._parsereport(stream, context, path)
        except ConstructError as e:
            _locate(e, path, start)
            raise
        if "spans" in context._params:
            note(context, *self._spans(path, start, stream.tell(), value, context))
        return value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        start, path = stream.tell(), f"{path} -> {self.name}"
        try:
            return self.subcon._build(obj, stream, context, path)
        except ConstructError as e:
            _locate(e, path, start)
            raise
        except (RecordError, AttributeError, TypeError, ValueError) as e:  # a value of the wrong kind
            raise broken(
                getattr(e, "why", str(e)), f"{path} -> {e.path}" if isinstance(e, RecordError) else path, start
            ) from e

    def _spans(self, path: str, start: int, stop: int, value: Any, context: Any) -> Iterator[Span]:
        if start == stop:
            return
        valid = getattr(context.validation_bits, self.valid) if self.valid else None
        group = isinstance(value, Record | tuple)
        yield Span(path, start, stop, value, self.docs, self.ref, None, valid, group)
        if isinstance(value, Register):
            for s in value.spans(value.build()):
                if s.path != "reserved" or s.value:
                    yield s._replace(path=f"{path}.{s.path}", start=start, stop=stop, valid=valid)


def _locate(e: ConstructError, path: str, offset: int) -> None:
    """The innermost field that an error passes is where it happened."""
    if getattr(e, "offset", None) is None:
        e.offset = offset
    if not hasattr(e, "where"):
        e.where = _dotted(e.path if hasattr(e, "why") and e.path else path)


def _why(e: ConstructError) -> str:
    """construct's words, in ours."""
    said = getattr(e, "why", None) or str(e).split("\n")[-1]
    if found := re.search(r"expected (\d+), found (\d+)", said):
        return (
            f"needs {found[1]} bytes, {found[2]} are left"
            if "read" in said
            else f"takes {found[1]} bytes, not {found[2]}"
        )
    if found := re.search(r"format '(.)([A-Z])' .*?(error|given value|object)? ?(.*)", said):
        return f"does not fit: {found[4] or said}"
    return said


def _home(cls: type, name: str) -> str:
    """The reference of the class that declares the field *name*."""
    return next(c.ref for c in cls.__mro__ if name in c.__dict__.get("__annotations__", ()))  # type: ignore[attr-defined]


class _Table(Adapter):  # type: ignore[misc]
    """A record class as a construct, so that records nest."""

    def __init__(self, cls: "type[Record]") -> None:
        self.cls = cls
        self.names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        super().__init__(Struct(*(_Field(f.name, f.metadata, _home(cls, f.name)) for f in dataclasses.fields(cls))))  # type: ignore[arg-type]

    def _decode(self, obj: Any, context: Any, path: str) -> "Record":
        return self.cls(**{name: obj[name] for name in self.names})

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, self.cls):
            raise broken(f"needs a {self.cls.__name__}, not {type(obj).__name__}", path)
        return {name: getattr(obj, name) for name in self.names}


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Base of all records: a subclass is its table of fields, and *ref* says where that stands."""

    ref: ClassVar[str] = ""
    con: ClassVar[Any]
    counted: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    filled: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    def __init_subclass__(cls, ref: str = "") -> None:
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.ref = ref
        cls.con = _Table(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        cls.counted = {f.name: f.metadata["count"] for f in fields if f.metadata["count"]}
        cls.filled = {f.name: f.metadata["fill"] for f in fields if f.metadata["fill"]}

    def __post_init__(self) -> None:
        for name, fill in self.filled.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, fill(self))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The record that *data* is, all of it. Raises `RecordError`."""
        return cls._parse(data, {})

    @classmethod
    def _parse(cls, data: bytes, asked: dict[str, Any]) -> Self:
        stream = io.BytesIO(data)
        try:
            value = cls.con.parse_stream(stream, **asked)
        except ConstructError as e:
            raise RecordError(cls.__name__, getattr(e, "where", ""), getattr(e, "offset", None), _why(e)) from e
        if left := remaining(stream):
            raise RecordError(cls.__name__, "", stream.tell(), f"{left} bytes follow that belong to no field")
        return value  # type: ignore[no-any-return]

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
        return Explained(value, tuple(sorted(spans, key=lambda s: (s.start, -s.stop, s.path.count(".")))), error)

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
        rows, offset = [], 0
        for f in cls.con.subcon.subcons:
            try:
                size = f.sizeof()
            except SizeofError:
                size = None
            rows.append(Row(f.name, offset, size, f.docs, f.ref))
            offset = None if offset is None or size is None else offset + size
        return tuple(rows)

    def to_json(self) -> dict[str, Any]:
        """Plain values: names for what has names, hex text for 64-bit words, bytes and GUIDs."""
        return {f.name: _plain(f.subcon, getattr(self, f.name)) for f in self.con.subcon.subcons}

    @classmethod
    def from_json(cls, obj: Any, as_found: frozenset[str] = frozenset()) -> Self:
        """The inverse of `to_json`. What is counted is counted anew, but for the paths in *as_found*."""
        return _unplain_record(cls, obj, cls.__name__, "", as_found)

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
    return dataclasses.field(default=_name(kind, 0), metadata={"bits": where, "kind": kind, "doc": doc, "ref": ref})


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
    layout: ClassVar[tuple[tuple[str, int, int, Any, str, str], ...]] = ()  # name, low, mask, kind, doc, ref
    reserved: int

    def __init_subclass__(cls, ref: str = "", width: int = 64) -> None:
        cls.__annotations__["reserved"] = int
        cls.reserved = dataclasses.field(default=0)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.ref, cls.width = ref, width
        fields = [f for f in dataclasses.fields(cls) if f.name != "reserved"]  # type: ignore[arg-type]
        cls.layout = tuple(
            (f.name, low, (1 << high - low + 1) - 1, f.metadata["kind"], f.metadata["doc"], f.metadata["ref"] or ref)
            for f in fields
            for high, low in [f.metadata["bits"]]
        )
        cls._free = (1 << width) - 1 & ~sum(mask << low for _, low, mask, *_ in cls.layout)

    _free: ClassVar[int] = 0

    @classmethod
    def parse(cls, value: int) -> Self:
        if not 0 <= value < 1 << cls.width:
            raise RecordError(cls.__name__, "", None, f"{value:#x} is not a {cls.width}-bit value")
        known = {name: _name(kind, value >> low & mask) for name, low, mask, kind, *_ in cls.layout}
        return cls(**known, reserved=value & cls._free)  # type: ignore[call-arg]

    def build(self) -> int:
        word = self.reserved
        if word & ~self._free:
            raise RecordError(type(self).__name__, "reserved", None, f"{word:#x} has bits that fields name")
        for name, low, mask, *_ in self.layout:
            value = getattr(self, name)
            if not 0 <= value <= mask:
                raise RecordError(type(self).__name__, name, None, f"{value} does not fit {mask.bit_length()} bits")
            word |= int(value) << low
        return word

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    @classmethod
    def spans(cls, value: int) -> tuple[Span, ...]:
        """Every field of *value*, highest first; start and stop are the bytes of the whole word."""
        parsed, size = cls.parse(value), cls.width // 8
        found = [
            Span(name, 0, size, getattr(parsed, name), doc, ref, (low + mask.bit_length() - 1, low))
            for name, low, mask, _, doc, ref in cls.layout
        ]
        for high, low in _runs(cls._free):
            left = value >> low & (1 << high - low + 1) - 1
            found.append(Span("reserved", 0, size, left, "no field is defined here", cls.ref, (high, low)))
        return tuple(sorted(found, key=lambda s: s.bits or (0, 0), reverse=True))

    def to_json(self) -> dict[str, Any]:
        """The fields that are not zero."""
        shown = {name: _plain(None, getattr(self, name)) for name, *_ in self.layout if getattr(self, name)}
        return {**shown, "reserved": f"{self.reserved:#x}"} if self.reserved else shown

    @classmethod
    def from_json(cls, obj: Any) -> Self:
        """From fields by name, or from the whole word as a number or text."""
        if not isinstance(obj, dict):
            return cls.parse(_number(obj, cls.__name__, ""))
        kinds = {name: kind for name, _, _, kind, *_ in cls.layout} | {"reserved": int}
        _known(obj, kinds, cls.__name__, "")
        return cls(**{k: _unname(kinds[k], v, cls.__name__, k) for k, v in obj.items()})


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


# --- plain values for JSON -------------------------------------------------------------------------------------------


def _plain(con: Any, value: Any) -> Any:
    con = _bare(con)
    match value:
        case Record() | Register():
            return value.to_json()
        case IntEnum():
            return value.name
        case UUID():
            return str(value)
        case bytes():
            return {"hex": value.hex()} if isinstance(con, Text) else value.hex()
        case tuple() | list():
            return [_plain(None, item) for item in value]
        case int() if isinstance(con, FormatField) and con.length == 8:
            return f"{value:#x}"
    return value


def _unplain(con: Any, plain: Any, siblings: Any, record: str, path: str, as_found: frozenset[str]) -> Any:
    con = _bare(con)
    try:
        if isinstance(con, Choice) and not isinstance(plain, str):
            con = con.pick_plain(plain, siblings)
        if hasattr(con, "unplain"):
            return con.unplain(plain, siblings, lambda c, x, s, at: _unplain(c, x, s, record, path + at, as_found))
        match con:
            case _ if plain is None:
                return None
            case _Table():
                return _unplain_record(con.cls, plain, record, path, as_found)
            case Times() | Either():
                items = enumerate(plain)
                return tuple(_unplain(con.subcon, x, None, record, f"{path}[{i}]", as_found) for i, x in items)
            case Named():
                return _unname(con.kind, plain, record, path)
            case Bits():
                return con.kind.from_json(plain)
            case Guid():
                return UUID(plain)
            case Text():
                return bytes.fromhex(plain["hex"]) if isinstance(plain, dict) else str(plain)
            case Bcd() if not isinstance(plain, str):
                return _number(plain, record, path)
            case FormatField():
                return _number(plain, record, path)
        return bytes.fromhex(plain)
    except RecordError as e:
        raise e if e.record == record else RecordError(record, f"{path}.{e.path}".strip("."), None, e.why) from e
    except (TypeError, ValueError, AttributeError, LookupError) as e:
        raise RecordError(record, path, None, f"{plain!r} cannot stand here: {e}") from e


def _unplain_record(cls: Any, obj: Any, record: str, path: str, as_found: frozenset[str]) -> Any:
    dotted, con = f"{path}." if path else "", cls.con.subcon
    if not isinstance(obj, dict):
        raise RecordError(record, path, None, f"needs an object with the fields of {cls.__name__}")
    _known(obj, {f.name for f in con.subcons}, record, path)
    values = _Siblings()
    for f in con.subcons:
        if f.name in obj and (f.name not in cls.counted or dotted + f.name in as_found):
            values[f.name] = _unplain(f.subcon, obj[f.name], values, record, dotted + f.name, as_found)
    return cls(**values)


class _Siblings(dict[str, Any]):
    """The fields read so far, as a `Choice` looks at them."""

    __getattr__ = dict.__getitem__


def _bare(con: Any) -> Any:
    """*con* without what only says where or whether it stands."""
    while isinstance(con, Sized | When | Renamed):
        con = con.subcon
    return con


def _known(obj: Any, names: Any, record: str, path: str) -> None:
    if unknown := [k for k in obj if k not in names]:
        raise RecordError(
            record, f"{path}.{unknown[0]}".strip("."), None, f"no such field; there are {', '.join(names)}"
        )


def _number(plain: Any, record: str, path: str) -> int:
    try:
        return int(plain, 0) if isinstance(plain, str) else int(plain)
    except (TypeError, ValueError):
        raise RecordError(record, path, None, f"{plain!r} is not a number") from None


def _unname(kind: Any, plain: Any, record: str, path: str) -> Any:
    """A member of *kind* by its name or number."""
    if isinstance(plain, str) and issubclass(kind, IntEnum) and not plain[:1].isdigit():
        if plain not in kind.__members__:
            raise RecordError(record, path, None, f"{plain!r} is none of {', '.join(kind.__members__)}")
        return kind[plain]
    return _name(kind, _number(plain, record, path))
