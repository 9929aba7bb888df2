"""How a record is declared: a class whose fields know their wire form.

    class Seed(Record, ref="Almanac §2, Seed"):
        number: int = u16("which one")
        length: int = field(Int8ul, "bytes of data", count=lambda r: len(r.data))
        data: bytes = field(Bytes(lambda c: c.length), "what it holds", b"")

A declaration reads like the table in its document. From it alone come `parse`, `build`, `spans` (which bytes or bits
hold which field), field docs and JSON, so no offset stands anywhere twice. Knows construct; knows nothing of RAS.
"""

import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform
from uuid import UUID

from construct import Bytes, ConstructError, GreedyBytes, Int8ul, Int16ul, Int32ul, Int64ul, SizeofError

from .codec import Table, why
from .plain import At, Coded, RecordError, Span, known
from .registers import Register, bits, flag
from .values import Fields
from .watch import WHOLE, Watch
from .wire import (
    AtMost,
    Choice,
    Either,
    Sized,
    Tagged,
    Times,
    UntilEnd,
    When,
    bare,
    broken,
    build_at,
    depth,
    from_plain,
    note,
    parse_at,
    remaining,
    size,
)
from .words import Bcd, Bits, Guid, Named, Text

__all__ = [  # the door of this room; what `wire` and `words` have is had from here
    "NIL", "At", "AtMost", "Bcd", "Bits", "Choice", "Coded", "Either", "Explained", "Guid", "Named", "Record",
    "RecordError", "Register", "Row", "Sized", "Span", "Tagged", "Text", "Times", "UntilEnd", "When", "bcd", "bits",
    "broken", "build_at", "depth", "field", "flag", "flags", "from_plain", "guid", "named", "note", "one", "parse_at",
    "raw", "remaining", "rest", "size", "text", "u8", "u16", "u32", "u64",
]  # fmt: skip


class Explained(NamedTuple):
    """*data* read as *kind* as far as it goes: the record (None if it is broken), the fields, what stopped the reading.

    Rules and views take it, so that bytes are read once.
    """

    kind: "type[Record]"
    data: bytes
    record: Any
    spans: tuple[Span, ...]
    error: RecordError | None

    def whole(self) -> Any:
        """The record. Raises the `RecordError` that stopped the reading."""
        if self.error:
            raise self.error
        return self.record


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


def _hex(value: "Record | bytes") -> str:
    return (value if isinstance(value, bytes) else value.build()).hex()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record(Fields):
    """Base of all records: a subclass is its table of fields, and *ref* says where that stands.

    *guid* is the section type whose body it is, for a section of a CPER; *title* what it is called, if not as in *ref*.
    """

    ref: ClassVar[str] = ""
    title: ClassVar[str] = ""
    guid: ClassVar[UUID | None] = None
    con: ClassVar[Any]  # reads and writes it within another record
    counted: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    filled: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    placed: ClassVar[dict[str, Callable[[Any], bool]]] = {}

    def __init_subclass__(cls, ref: str = "", guid: str = "", title: str = "", **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.ref, cls.guid = ref, UUID(guid) if guid else None
        cls.title = title or ref.partition(", ")[2] or cls.__name__
        cls.con = Table(cls)
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
        """The record that *data* is, all of it. Raises `RecordError` with the field's path and byte."""
        return cls._parse(data, {})

    @classmethod
    def _parse(cls, data: bytes, asked: dict[str, Any]) -> Self:
        stream = io.BytesIO(data)
        try:
            value = cls.con.parse_stream(stream, **asked)
        except ConstructError as e:
            raise cls._error(e) from e
        if left := remaining(stream):
            raise RecordError(cls.__name__, "", stream.tell(), f"{left} bytes follow that belong to no field")
        return value  # type: ignore[no-any-return]

    @classmethod
    def watch(cls, data: bytes | memoryview, length_alone: bool = False) -> Watch:
        """Which bytes of *data* decide where the fields of this record lie; what was parsed is `Watch.value`.

        With *length_alone* the end of `Watch.stream` is how many bytes the record itself says it has, of a *data* that
        goes on behind it. Raises `RecordError`.
        """
        watch = Watch(data, length_alone)
        try:
            with watch.over(Fields, Record, Register):
                watch.value = cls.con.parse_stream(watch.stream)
        except ConstructError as e:
            raise cls._error(e) from e
        watch.places[WHOLE] = 0, watch.stream.tell()
        return watch

    @classmethod
    def _error(cls, e: ConstructError) -> RecordError:
        return RecordError(cls.__name__, getattr(e, "where", ""), getattr(e, "offset", None), why(e))

    def build(self) -> bytes:
        """The bytes of this record. Raises `RecordError` where a value does not fit its field."""
        try:
            return self.con.build(self)  # type: ignore[no-any-return]
        except ConstructError as e:
            raise self._error(e) from e

    def replace(self, **changes: Any) -> Self:
        """This record with *changes*; what is counted is counted again, unless given."""
        return super().replace(**{**dict.fromkeys(self.counted), **changes})

    @classmethod
    def explain(cls, data: bytes) -> Explained:
        """Every field of *data*, outermost first; of broken bytes, the good prefix and the error."""
        spans: list[Span] = []
        value, error = None, None
        try:
            value = cls._parse(data, {"spans": spans})
        except RecordError as e:
            error = e
        return Explained(cls, data, value, tuple(sorted(spans, key=lambda s: (s.start, -s.stop, depth(s.path)))), error)

    @classmethod
    def spans(cls, data: bytes) -> tuple[Span, ...]:
        """Every field of *data*, outermost first. Raises `RecordError`."""
        found = cls.explain(data)
        found.whole()
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
