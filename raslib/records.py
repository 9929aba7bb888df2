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

from .codec import RecordAdapter, spans, why
from .plain import At, Coded, ErrorValue, ParsedField, RecordError, Span, known
from .registers import Fields, Register, bits, flag
from .watch import WHOLE, Watch
from .wire import (
    AtMost,
    Choice,
    Sized,
    Tagged,
    Times,
    UntilEnd,
    When,
    bare,
    broken,
    depth,
    from_plain,
    peek,
    remaining,
    size,
)
from .words import Bcd, Bits, Guid, Named, Text

__all__ = [  # the door of this room; what `wire` and `words` have is had from here
    "NIL", "At", "AtMost", "Bcd", "Bits", "Choice", "Coded", "ErrorValue", "Explained", "FieldRow",
    "Guid", "Named", "OpenRecord", "Record", "RecordError", "Register", "Sized", "Span", "Tagged", "Text", "Times",
    "UntilEnd", "When", "bcd", "bits", "broken", "depth", "field", "flag", "flags", "from_plain", "guid", "named",
    "one", "peek", "raw", "remaining", "rest", "size", "text", "u8", "u16", "u32", "u64",
]  # fmt: skip


class Explained(NamedTuple):
    """What `Record.explain` found: *data* read as *kind* as far as it goes. Rules and views take it.

    *record* is None where the bytes are broken; *spans* are then those of the good prefix, and *error* says what
    stopped the reading. Spans are in the order of their bytes, what holds others before what it holds.
    """

    kind: "type[Record]"
    data: bytes
    record: Any
    spans: tuple[Span, ...]
    error: RecordError | None

    def whole(self) -> Any:
        """The record.

        Raises the `RecordError` that stopped the reading, if one did.
        """
        if self.error:
            raise self.error
        return self.record


class FieldRow(NamedTuple):
    """One line of a record's field table, as `Record.table` gives them.

    *offset* and *size* are in bytes from the start of the record, None where the bytes themselves decide; *doc* says
    what the field is, *ref* where the document has it.
    """

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
    """A field carried on the wire as the construct *con*; `u8`, `named`, `flags` and the others below are short for it.

    con
        How it stands in the bytes: a construct of fixed size, one of `wire`, or the `con` of another record.
    doc
        What the document says of it, in few words.
    default
        Its value where none is given.
    valid
        The flag of `validation_bits` that says whether to believe it. Views grey out what is not valid.
    ref
        Where it stands, if not where the record's own `ref` says.
    count, fill
        A function of the record that computes it where it is left out; given, it stays as it was given. What is
        counted is counted anew by `replace` and `from_json`, what is filled is not. A count may need the bytes of
        other fields: where they cannot be built it is 0, and `build` says why.
    where
        A function of the fields before it: the field is there only where that is true, and None in all others.
    """
    fill = fill or count or (where and (lambda record: default))
    metadata = {"con": When(where, con) if where else con, "doc": doc, "valid": valid, "ref": ref}
    return dataclasses.field(
        default=None if count or fill else default, metadata={**metadata, "count": count, "fill": fill, "where": where}
    )


def u8(doc: str = "", default: int = 0, **more: Any) -> Any:
    """A number of one byte."""
    return field(Int8ul, doc, default, **more)


def u16(doc: str = "", default: int = 0, **more: Any) -> Any:
    """A number of 2 bytes, little-endian as all numbers of UEFI and ACPI. It need not be aligned."""
    return field(Int16ul, doc, default, **more)


def u32(doc: str = "", default: int = 0, **more: Any) -> Any:
    """A number of 4 bytes."""
    return field(Int32ul, doc, default, **more)


def u64(doc: str = "", default: int = 0, **more: Any) -> Any:
    """A number of 8 bytes. In JSON it is hex text, because JavaScript rounds what has more than 53 bits."""
    return field(Int64ul, doc, default, **more)


def named(con: Any, kind: type[IntEnum], doc: str = "", default: int = 0, **more: Any) -> Any:
    """A number, carried as *con*, whose values have names in *kind*.

    A value without a name stays a plain int, so that unknown codes come back as they were:

    >>> from raslib.formats.cper import SectionDescriptor, Severity
    >>> SectionDescriptor(error_severity=2).build() == SectionDescriptor(error_severity=Severity.CORRECTED).build()
    True
    """
    return field(Named(con, kind), doc, known(kind, default), **more)


def flags(con: Any, kind: "type[Register]", doc: str = "", **more: Any) -> Any:
    """A number, carried as *con*, whose bits have names: a `Register` of type *kind* inside a record."""
    return field(Bits(con, kind), doc, kind(), **more)


NIL = UUID(int=0)


def guid(doc: str = "", default: UUID = NIL, **more: Any) -> Any:
    """A GUID: 16 bytes, the first three groups little-endian (UEFI 2.10 appendix A)."""
    return field(Guid(Bytes(16)), doc, default, **more)


def text(size: int, doc: str = "", default: str = "", **more: Any) -> Any:
    """Text in *size* bytes: ASCII padded with NUL.

    Bytes that are anything else stay bytes, so that nothing is lost. Building raises `RecordError` for text that is
    longer, or not ASCII.
    """
    return field(Text(Bytes(size)), doc, default, **more)


def raw(size: int, doc: str = "reserved", **more: Any) -> Any:
    """*size* bytes that the document gives no further shape; as a rule they are reserved, and zero."""
    return field(Bytes(size), doc, bytes(size), **more)


def rest(doc: str = "bytes past the fields that the document defines") -> Any:
    """Whatever is left in the room that the record was given, as bytes.

    Documents add fields at the end, and firmware pads: a record that ends with `rest` reads both.
    """
    return field(GreedyBytes, doc, b"")


def bcd(doc: str = "") -> Any:
    """One byte of two decimal digits, 0x59 for 59. A byte that is none stays a byte."""
    return field(Bcd(Bytes(1)), doc)


def one(kind: "type[Record]", doc: str = "", default: Any = None, **more: Any) -> Any:
    """Another record of type *kind* in place; its default has the defaults of its fields."""
    return field(kind.con, doc, kind() if default is None else default, **more)


# --- records ---------------------------------------------------------------------------------------------------------


def _hex(value: "Record | bytes") -> str:
    return (value if isinstance(value, bytes) else value.build()).hex()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record(Fields):
    """Base of all records: a subclass is the table of its fields.

    class keywords
        *ref* says where the table stands: document, section, title. *title* is what it is called, if not as in *ref*.
        *guid* is the section type whose body it is, for a section of a CPER. *listed* are fields that are too many to
        be annotated one by one, by name; they stand before those of the body.

    A record is made by keyword and never changed. Fields are in the order of the document, without padding:

    >>> from raslib.formats.hest import Notification, Notify
    >>> sea = Notification(type=Notify.SEA)
    >>> sea.build().hex(" ", 4)
    '081c0000 00000000 00000000 00000000 00000000 00000000 00000000'
    >>> Notification.parse(sea.build()) == sea
    True
    >>> sea.replace(poll_interval=100).poll_interval
    100

    `build(parse(x))` is `x` for all *x* that can be parsed, reserved bits, unknown codes and left-over bytes included.
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
        cls.con = RecordAdapter(cls)
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
        """The record that *data* is, all of it.

        Raises `RecordError`, which names the field by its path and its byte, where a field finds too few bytes, a
        length contradicts another, or bytes are left over. `explain` shows such bytes as far as they go.

        >>> from raslib.formats.hest import Notification
        >>> Notification.parse(bytes(5))
        Traceback (most recent call last):
        raslib.plain.RecordError: Notification.poll_interval at byte 4 (0x4): needs 4 bytes, 1 are left
        """
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
            with watch.over(Record.__post_init__):
                watch.value = cls.con.parse_stream(watch.stream, places=watch.places)
        except ConstructError as e:
            raise cls._error(e) from e
        watch.places[WHOLE] = ParsedField(0, watch.stream.tell(), watch.value, cls.con, None)
        return watch

    @classmethod
    def _error(cls, e: ConstructError) -> RecordError:
        return RecordError(cls.__name__, getattr(e, "where", ""), getattr(e, "offset", None), why(e))

    def build(self) -> bytes:
        """The bytes of this record.

        Lengths, counts and checksums are those that it holds, right or wrong: what was parsed comes back. Raises
        `RecordError` where a value does not fit its field.
        """
        try:
            return self.con.build(self)  # type: ignore[no-any-return]
        except ConstructError as e:
            raise self._error(e) from e

    def replace(self, **changes: Any) -> Self:
        """This record with *changes*; what is counted is counted again, unless given.

        Raises TypeError for what is no field.
        """
        return super().replace(**{**dict.fromkeys(self.counted), **changes})

    @classmethod
    def explain(cls, data: bytes) -> Explained:
        """Every field of *data*, outermost first; of broken bytes, the good prefix and the error. Never raises.

        >>> from raslib.formats.hest import Notification
        >>> explained = Notification.explain(bytes(5))
        >>> [(span.path, span.start, span.stop) for span in explained.spans if not span.bits]
        [('type', 0, 1), ('length', 1, 2), ('configuration_write_enable', 2, 4)]
        >>> explained.error.offset
        4
        """
        places: dict[str, ParsedField] = {}
        value, error = None, None
        try:
            value = cls._parse(data, {"places": places})
        except RecordError as e:
            error = e
        found = [span for path, place in places.items() for span in spans(path, place)]
        return Explained(cls, data, value, tuple(sorted(found, key=lambda s: (s.start, -s.stop, depth(s.path)))), error)

    @classmethod
    def spans(cls, data: bytes) -> tuple[Span, ...]:
        """Every field of *data*, outermost first.

        Those that hold no others cover each byte once. Raises `RecordError` as `parse` does.
        """
        found = cls.explain(data)
        found.whole()
        return found.spans

    @classmethod
    def table(cls) -> tuple[FieldRow, ...]:
        """The fields as the document lists them, with offsets and sizes in bytes as far as they are fixed."""
        rows: list[FieldRow] = []
        offset: int | None = 0
        for f in cls.con.fields:
            try:
                taken = f.sizeof()
            except SizeofError:
                taken = None
            rows.append(FieldRow(f.name, offset, taken, f.docs, f.ref))
            offset = None if offset is None or taken is None else offset + taken
        return tuple(rows)

    def to_json(self) -> dict[str, Any]:
        """Plain values: names for what has names, hex text for 64-bit words, bytes and GUIDs.

        >>> from raslib.formats.acpi import AccessSize, GenericAddress
        >>> GenericAddress(access_size=AccessSize.QWORD).to_json()["access_size"]
        'QWORD'
        >>> GenericAddress(address=1 << 40).to_json()["address"]
        '0x10000000000'
        """
        return {f.name: f.write(getattr(self, f.name)) for f in self.con.fields}

    @classmethod
    def from_json(cls, obj: Any, as_found: frozenset[str] = frozenset()) -> Self:
        """The inverse of `to_json`; fields that are left out have their defaults.

        What is counted is counted anew, but for the paths in *as_found* (`data_length`,
        `entries[0].error_data_length`), whose values stay as given. Raises `RecordError` with the path of what is no
        field or cannot stand there.
        """
        return from_plain(cls.con, obj, At(cls.__name__, as_found=as_found))  # type: ignore[no-any-return]

    def edited(self, path: str, plain: Any) -> Self:
        """This record with the field at *path* set from its JSON form; lengths, counts and checksums follow.

        A counted field that is itself set stays as it was set, and so do those that were wrong before. What another
        field decides (the body of a section, by its type) is read anew from its bytes. Raises `RecordError` for a path
        that leads nowhere, and where the result cannot be read.
        """
        document = self.to_json()
        names = [int(name) if name.isdigit() else name for name in re.findall(r"[^.\[\]]+", path)]
        inside: Any = document
        value: Any = self
        try:
            for name in names[:-1]:
                inside, value = inside[name], value[name] if isinstance(name, int) else getattr(value, name)
            if isinstance(value, Record):  # what a field decides is read anew from its bytes
                chosen = [f.name for f in value.con.fields if isinstance(bare(f), Choice)]
                inside.update({name: _hex(getattr(value, name)) for name in chosen})
            inside[names[-1]] = plain
        except (AttributeError, LookupError, TypeError):
            raise RecordError(type(self).__name__, path, None, "no such field") from None
        given = frozenset(self.as_found()) | {path}
        return self.parse(self.from_json(document, given).build())

    def as_found(self, prefix: str = "") -> Iterator[str]:
        """Paths of counted fields, each after *prefix*, that are not what counting gives.

        Bytes from elsewhere may have such: a wrong length, a count that nobody kept. `from_json` needs their names to
        give the same record.
        """
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


class OpenRecord(Record):
    """Base of records that end with `beyond`: whatever is left in the room that they are given, as by `rest`.

    A document does not list it, and so neither does the declaration: a later edition adds fields there, and firmware
    pads.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        cls.__annotations__["beyond"] = bytes
        cls.beyond = rest()  # type: ignore[attr-defined]
        super().__init_subclass__(**more)
