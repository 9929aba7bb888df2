"""The constructs that construct lacks, or has with a loss, each with the JSON form of its values.

They read exactly (nothing hidden, nothing left over), say which field broke at which byte, and note where each value
lay when asked. Knows construct; knows nothing of RAS. Those that are one word are in `words`.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import construct
from construct import Construct, ConstructError, FormatField, GreedyBytes, Subconstruct
from construct.core import BytesIOWithOffsets

from .plain import At, ParsedField, RecordError, number, short
from .watch import WatchedStream


def writer(con: Any) -> Callable[[Any], Any]:
    """What makes the JSON form of the values of *con*: its own `plain`, or that of what it wraps.

    Names for what has names, hex text for bytes and for words of 64 bits (JavaScript rounds numbers of more than 53),
    None for what is not there. It is looked for once, when a record is first used, and called for each value.
    """
    while not hasattr(con, "plain") and isinstance(con, Subconstruct):
        con = con.subcon
    make = getattr(con, "plain", _wide if isinstance(con, FormatField) and con.length == 8 else _same)
    return lambda value: None if value is None else make(value)


def _same(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _wide(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else f"{value:#x}"


def from_plain(con: Any, plain: Any, at: At) -> Any:
    """The value whose JSON form, by the `writer` of the construct *con*, is *plain*.

    Raises `RecordError` with the path *at* which it happened, never anything else, whatever *plain* is.
    """
    return reader(con)(plain, at)


def reader(con: Any) -> Callable[[Any, At], Any]:
    """What reads the JSON form of the values of *con*, as `from_plain` does: its own `unplain`, or of what it wraps."""
    optional = isinstance(con, When)
    while not hasattr(con, "unplain") and isinstance(con, Subconstruct):
        con = con.subcon
    read = getattr(con, "unplain", number if isinstance(con, FormatField) else _bytes)

    def checked(plain: Any, at: At) -> Any:
        if plain is None:
            if optional:
                return None
            raise at.error("null cannot stand here")
        try:
            return read(plain, at)
        except RecordError:
            raise
        except (TypeError, ValueError, AttributeError, LookupError) as e:
            raise at.error(f"{short(plain)} cannot stand here: {e}") from e

    return checked


def _bytes(plain: Any, at: At) -> bytes:
    return bytes.fromhex(plain)


class Deciding(Subconstruct):  # type: ignore[misc]
    """Base of constructs of which the fields before say how many bytes they take: they have no size of their own."""

    def _sizeof(self, context: Any, path: str) -> int:
        raise construct.SizeofError(path=path)


class Sized(Deciding):
    """Exactly as many bytes for the inner construct as *length*, a function of the fields before, says.

    Bytes that it leaves over are an error. (construct's FixedSized hides them, or pads.) Where the length says more
    than there is, who asks for spans sees as far as it goes, then the error.
    """

    def __init__(self, length: Any, con: Any) -> None:
        super().__init__(con)
        self.length = length

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = stream.tell()
        room = WatchedStream.room if isinstance(stream, WatchedStream) else BytesIOWithOffsets.from_reading
        try:
            inner = room(stream, self.length(context), path)  # a stream of its own, which counts from the same byte
        except ConstructError:
            if "places" in context._params:  # somebody looks: show what there is before saying what is missing
                stream.seek(start)
                with suppress(ConstructError):
                    self.subcon._parsereport(stream, context, path)
            raise
        if inner is None:  # only the record's length is asked for
            return None
        value = self.subcon._parsereport(inner, context, path)
        if left := remaining(inner):
            raise broken(f"{left} bytes are left over", path, inner.tell())
        return value


class Times(Deciding):
    """A list of as many elements as *count*, a function of the fields before, says; a tuple.

    Elements have their number in the path of an error: `entries[1].section`. One that takes no bytes is an error, so
    that a count, whatever it says, makes no more work than there are bytes.
    """

    def __init__(self, count: Any, con: Any) -> None:
        super().__init__(con)
        self.count = count

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        return bool(found < self.count(context))

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[Any, ...]:
        found: list[Any] = []
        while self._more(len(found), stream, context):
            start, where = stream.tell(), f"{path}[{len(found)}]"
            found.append(parse_at(self.subcon, stream, context, where))
            if stream.tell() == start:
                raise broken("an element of no bytes", where, start)
        return tuple(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for i, item in enumerate(obj):
            build_at(self.subcon, item, stream, context, f"{path}[{i}]")
        return obj

    def plain(self, value: Any) -> Any:
        return list(map(writer(self.subcon), value))

    def unplain(self, plain: Any, at: At) -> Any:
        if not isinstance(plain, list | tuple):
            raise at.error("needs a list")
        read = reader(self.subcon)
        return tuple(read(item, at.inner(f"[{i}]", at.siblings)) for i, item in enumerate(plain))


class UntilEnd(Times):
    """As many elements as there are bytes for, as long as at least *least* bytes are left.

    A broken element is an error. (construct's GreedyRange drops it, and all after it, without a word.)
    """

    def __init__(self, con: Any, least: int = 1) -> None:
        super().__init__(None, con)
        self.least = least

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        return remaining(stream) >= self.least


class AtMost(Construct):  # type: ignore[misc]
    """As many bytes as *length*, a function of the fields before, says, or as there are: firmware omits padding."""

    def __init__(self, length: Callable[[Any], int]) -> None:
        super().__init__()
        self.length = length

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:
        return stream.read(min(self.length(context), remaining(stream)))  # type: ignore[no-any-return]

    def _build(self, obj: bytes, stream: Any, context: Any, path: str) -> bytes:
        stream.write(obj)
        return obj


class Choice(Construct):  # type: ignore[misc]
    """The record that *key* says is here, by the table *cases*; bytes, as *unknown*, where the table has no such key.

    *key* is a function of the fields before: the section type, for the body of a section. *unknown* takes all that is
    left, or is `Bytes` of the size that all the records have. What is built are the record or the bytes that stand
    here, whatever the key says.
    """

    def __init__(self, key: Callable[[Any], Any], cases: Mapping[Any, Any], unknown: Any = GreedyBytes) -> None:
        super().__init__()
        self.key, self.cases, self.unknown = key, cases, unknown

    def look(self, context: Any, stream: Any) -> Any:
        """What is looked up in the table, by the bytes: the fields in *context*, and the *stream* that begins here."""
        return self.key(context)

    def look_plain(self, plain: Any, at: At) -> Any:
        """The same by the JSON form of what stands here."""
        return self.key(at.siblings)

    def pick(self, key: Any, before: Any) -> Any:
        """The construct of what stands here, by what is looked up and the fields *before*."""
        kind = self.cases.get(key)
        return kind.con if kind else self.unknown

    def pick_plain(self, plain: Any, at: At) -> Any:
        """As `pick`, for values that come from JSON."""
        return self.pick(self.look_plain(plain, at), at.siblings)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.pick(self.look(context, stream), context)._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        con = self.unknown if isinstance(obj, bytes) else obj.con
        return con._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        return self.unknown._sizeof(context, path)  # type: ignore[no-any-return]

    def plain(self, value: Any) -> Any:
        return value.hex() if isinstance(value, bytes) else value.to_json()

    def unplain(self, plain: Any, at: At) -> Any:
        return bytes.fromhex(plain) if isinstance(plain, str) else from_plain(self.pick_plain(plain, at), plain, at)


class Tagged(Choice):
    """The record that its own first field says it is, by the table *cases*; bytes to the end where that has none.

    *tag* is the name of that field, which every record of the table has, and *con* how it is carried. *other* is asked
    about tags that the table does not know, with the fields before: it gives the record, or None. HEST's sources are
    such: each begins with its type.
    """

    def __init__(
        self, tag: str, con: Any, cases: dict[Any, Any], other: Callable[[Any, Any], Any] = lambda tag, before: None
    ) -> None:
        super().__init__(lambda value: value, cases)
        self.tag, self.con, self.other = tag, con, other

    def look(self, context: Any, stream: Any) -> Any:
        start = stream.tell()
        value = self.con._parsereport(stream, context, "")
        stream.seek(start)
        return value

    def look_plain(self, plain: Any, at: At) -> Any:
        return from_plain(self.con, plain[self.tag], at.inner(f".{self.tag}"))

    def pick(self, key: Any, before: Any) -> Any:
        kind = self.cases.get(key) or self.other(key, before)
        return kind.con if kind else self.unknown


class When(Deciding):
    """Present only where *condition*, a function of the fields before, holds; None where not.

    For fields that later editions added. `c._io` is the stream, of which `remaining` says how much there is.
    """

    def __init__(self, condition: Callable[[Any], bool], con: Any) -> None:
        super().__init__(con)
        self.condition = condition

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.subcon._parsereport(stream, context, path) if self.condition(context) else None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return None if obj is None else self.subcon._build(obj, stream, context, path)


def bare(con: Any) -> Any:
    """*con* without its name, its room and its condition: what the bytes are."""
    while isinstance(con, construct.Renamed | Sized | When):
        con = con.subcon
    return con


def size(value: Any) -> int:
    """Bytes of *value*, a record or bytes, on the wire. Raises `RecordError` where it cannot be built."""
    return len(value if isinstance(value, bytes) else value.build())


def remaining(stream: Any) -> int:
    """How many bytes *stream* still holds; it stays where it is."""
    here = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(here)
    return int(end - here)


def peek(stream: Any, size: int) -> bytes:
    """The next *size* bytes of *stream*, or as many as there are; it stays where it is."""
    here = stream.tell()
    data: bytes = stream.read(size)
    stream.seek(here)
    return data


def broken(why: str, path: str | None = None, offset: int | None = None) -> ConstructError:
    """A construct error that says *why* in our words, at *path*, and at which byte of the stream if that is known.

    For constructs of declarations; `Record.parse` and `build` make a `RecordError` of it.
    """
    e = ConstructError(why, path=path)
    e.why, e.offset = why, offset
    return e


def parse_at(con: Any, stream: Any, context: Any, path: str, field: Any = None) -> Any:
    """What *con*, the construct of a record's *field* or of an element, reads from *stream*.

    Where the parse was given a dict as `places`, it is noted there by *path*. An error that comes from no place further
    inside happened here: it gets *path*, and the byte where *con* began.
    """
    start = stream.tell()
    try:
        value = con._parsereport(stream, context, path)
    except ConstructError as e:
        _locate(e, path, start)
        raise
    if (places := context._params.get("places")) is not None:
        places[path] = place = ParsedField(start, stream.tell(), value, field or con, context)
        if isinstance(stream, WatchedStream):
            stream.watch.parsed(path, place, _only_reads(con, value), _wraps(con))
    return value


def _only_reads(con: Any, value: Any) -> bool:
    """Whether *con* gave the plain *value* without a look at it: it takes whatever stands in those bytes."""
    con = bare(con)
    while getattr(con, "takes_any", False):
        con = con.subcon
    if isinstance(con, Choice):
        return isinstance(value, bytes)
    return con is GreedyBytes or type(con) in (FormatField, construct.BytesInteger, construct.Bytes, AtMost)


def _wraps(con: Any) -> bool:
    """Whether a construct that is not one of these here gets the values of another, and may look at them."""
    con = bare(con)
    return isinstance(con, Subconstruct) and not isinstance(con, Times) and not hasattr(con, "takes_any")


def build_at(con: Any, obj: Any, stream: Any, context: Any, path: str) -> Any:
    """As `parse_at`, for building: writes *obj* as *con* to *stream*.

    A value of the wrong kind, text for a number say, is a construct error too.
    """
    start = stream.tell()
    try:
        return con._build(obj, stream, context, path)
    except ConstructError as e:
        _locate(e, path, start)
        raise
    except (AttributeError, TypeError, ValueError) as e:
        inner, why = (e.path, e.why) if isinstance(e, RecordError) else ("", f"{short(obj)} cannot stand here")
        error = broken(why, f"{path} -> {inner}" if inner else path)
        _locate(error, path, start)
        raise error from e


def _locate(e: ConstructError, path: str, offset: int) -> None:
    """Notes in *e* where it happened: at the innermost field that it passes."""
    if getattr(e, "offset", None) is None:
        e.offset = offset
    if not hasattr(e, "where"):
        e.where = dotted(e.path if hasattr(e, "why") and e.path else path)


def depth(path: str) -> int:
    """How deep in a record the field at *path* lies: 0 is a field of the record itself, `entries[0].section` is 2."""
    return path.count(".") + path.count("[")


def dotted(path: str) -> str:
    """construct's path as ours: `(parsing) -> entries -> length` is `entries.length`."""
    return re.sub(r"^\((parsing|building)\)( -> )?", "", path).replace(" -> ", ".")
