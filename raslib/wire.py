"""The constructs that construct lacks, or has with a loss, each with the JSON form of its values.

They read exactly (nothing hidden, nothing left over), say which field broke at which byte, and note where each value
lay when asked. Knows construct; knows nothing of RAS. Those that are one word are in `words`.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from construct import (
    Bytes,
    BytesInteger,
    Construct,
    ConstructError,
    FormatField,
    GreedyBytes,
    Renamed,
    SizeofError,
    Subconstruct,
)
from construct.core import BytesIOWithOffsets

from .plain import At, RecordError, Span, number, short
from .watch import WatchedStream


def to_plain(con: Any, value: Any) -> Any:
    """*value* for JSON: names for what has names, hex text for bytes and for words of 64 bits."""
    return writer(con)(value)


def writer(con: Any) -> Callable[[Any], Any]:
    """What makes the JSON form of the values of *con*."""
    while not hasattr(con, "plain") and isinstance(con, Subconstruct):
        con = con.subcon
    make = getattr(con, "plain", _wide if isinstance(con, FormatField) and con.length == 8 else _same)
    return lambda value: None if value is None else make(value)


def _same(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _wide(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else f"{value:#x}"


def from_plain(con: Any, plain: Any, at: At) -> Any:
    """The inverse of `to_plain`. Raises `RecordError` with the path *at* which it happened."""
    return reader(con)(plain, at)


def reader(con: Any) -> Callable[[Any, At], Any]:
    """What reads the JSON form of the values of *con*, as `from_plain` does."""
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


class Sized(Subconstruct):  # type: ignore[misc]
    """Exactly *length* bytes for the inner construct. (construct's FixedSized hides what is left over, or pads.)"""

    def __init__(self, length: Any, con: Any) -> None:
        super().__init__(con)
        self.length = length

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = stream.tell()
        try:
            inner = _room(stream, self.length(context), path)
        except ConstructError:
            if "spans" in context._params:  # somebody looks: show what there is before saying what is missing
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
            found.append(parse_at(self.subcon, stream, context, where))
            if stream.tell() == start:
                raise broken("an element of no bytes", where, start)
            note(context, Span(where, start, stream.tell(), found[-1], group=hasattr(found[-1], "con")))
        return tuple(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for i, item in enumerate(obj):
            build_at(self.subcon, item, stream, context, f"{path}[{i}]")
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        raise SizeofError(path=path)

    def plain(self, value: Any) -> Any:
        return [to_plain(self.subcon, item) for item in value]

    def unplain(self, plain: Any, at: At) -> Any:
        if not isinstance(plain, list | tuple):
            raise at.error("needs a list")
        read = reader(self.subcon)
        return tuple(read(item, at.inner(f"[{i}]", at.siblings)) for i, item in enumerate(plain))


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


class Choice(Construct):  # type: ignore[misc]
    """The record that *key* says is here, by the table *cases*; bytes where the table does not know the key."""

    def __init__(self, key: Callable[[Any], Any], cases: Mapping[Any, Any]) -> None:
        super().__init__()
        self.key, self.cases = key, cases

    def pick(self, context: Any) -> Any:
        kind = self.cases.get(self.key(context))
        return kind.con if kind else GreedyBytes

    def pick_plain(self, plain: Any, at: At) -> Any:
        """As `pick`, for values that come from JSON."""
        return self.pick(at.siblings)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.pick(context)._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        con = GreedyBytes if isinstance(obj, bytes) else obj.con
        return con._build(obj, stream, context, path)

    def plain(self, value: Any) -> Any:
        return value.hex() if isinstance(value, bytes) else value.to_json()

    def unplain(self, plain: Any, at: At) -> Any:
        return bytes.fromhex(plain) if isinstance(plain, str) else from_plain(self.pick_plain(plain, at), plain, at)


class Tagged(Choice):
    """The record that its own first field, *tag*, says it is, by the table *cases*; bytes to the end if none.

    *other* is asked for tags that the table does not know, with the fields before: the record or None.
    """

    def __init__(
        self, tag: str, con: Any, cases: dict[Any, Any], other: Callable[[Any, Any], Any] = lambda tag, before: None
    ) -> None:
        super().__init__(lambda value: value, cases)
        self.tag, self.con, self.other = tag, con, other

    def pick_by(self, tag: Any, before: Any) -> Any:
        kind = self.cases.get(tag) or self.other(tag, before)
        return kind.con if kind else GreedyBytes

    def pick_plain(self, plain: Any, at: At) -> Any:
        return self.pick_by(from_plain(self.con, plain[self.tag], at.inner(f".{self.tag}")), at.siblings)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = stream.tell()
        value = self.con._parsereport(stream, context, path)
        stream.seek(start)
        return self.pick_by(value, context)._parsereport(stream, context, path)


class Either(Construct):  # type: ignore[misc]
    """The first of two readings that fits; what neither fits fails as the second. Both give the same kind of record."""

    def __init__(self, first: Any, second: Any) -> None:
        super().__init__()
        self.first, self.second = first, second

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start, noted = stream.tell(), context._params.get("spans", [])
        before = len(noted)
        with suppress(ConstructError):
            return self.first._parsereport(stream, context, path)
        del noted[before:]
        stream.seek(start)
        return self.second._parsereport(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return self.first._build(obj, stream, context, path)

    def plain(self, value: Any) -> Any:
        return to_plain(self.first, value)

    def unplain(self, plain: Any, at: At) -> Any:
        return from_plain(self.first, plain, at)


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


def bare(con: Any) -> Any:
    """*con* without its name and its room."""
    while isinstance(con, Renamed | Sized | When):
        con = con.subcon
    return con


def size(value: Any) -> int:
    """Bytes of *value* on the wire."""
    return len(value if isinstance(value, bytes) else value.build())


def remaining(stream: Any) -> int:
    """How many bytes *stream* still holds."""
    here = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(here)
    return int(end - here)


def broken(why: str, path: str | None = None, offset: int | None = None) -> ConstructError:
    """A construct error that knows its byte, for the constructs above."""
    e = ConstructError(why, path=path)
    e.why, e.offset = why, offset
    return e


def parse_at(con: Any, stream: Any, context: Any, path: str) -> Any:
    """What *con* reads; an error that comes from no place further inside happened here, at *path*."""
    start = stream.tell()
    try:
        value = con._parsereport(stream, context, path)
    except ConstructError as e:
        _locate(e, path, start)
        raise
    if isinstance(stream, WatchedStream):
        stream.watch.parsed(path, value, (start, stream.tell()), _only_reads(con, value), _wraps(con))
    return value


def _only_reads(con: Any, value: Any) -> bool:
    """Whether *con* gave the plain *value* without a look at it: it takes whatever stands in those bytes."""
    con = bare(con)
    while getattr(con, "takes_any", False):
        con = con.subcon
    if isinstance(con, Choice):
        return isinstance(value, bytes)
    return con is GreedyBytes or type(con) in (FormatField, BytesInteger, Bytes, AtMost)


def _wraps(con: Any) -> bool:
    """Whether a construct that is not one of these here gets the values of another, and may look at them."""
    con = bare(con)
    if isinstance(con, Either):
        return _wraps(con.first) or _wraps(con.second)
    return isinstance(con, Subconstruct) and not isinstance(con, Times) and not hasattr(con, "takes_any")


def _room(stream: Any, length: int, path: str) -> Any:
    """The next *length* bytes of *stream* as a stream of their own, which counts from the same byte."""
    if isinstance(stream, WatchedStream):
        return stream.room(length, path)
    return BytesIOWithOffsets.from_reading(stream, length, path)


def build_at(con: Any, obj: Any, stream: Any, context: Any, path: str) -> Any:
    """As `parse_at`, for building; a value of the wrong kind is a construct error too."""
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
    """The innermost field that an error passes is where it happened."""
    if getattr(e, "offset", None) is None:
        e.offset = offset
    if not hasattr(e, "where"):
        e.where = dotted(e.path if hasattr(e, "why") and e.path else path)


def note(context: Any, *spans: Span) -> None:
    """Hands *spans* to whoever asked `explain` for them."""
    if (found := context._params.get("spans")) is not None:
        found.extend(s._replace(path=dotted(s.path)) for s in spans)


def depth(path: str) -> int:
    """How deep in a record the field at *path* lies."""
    return path.count(".") + path.count("[")


def dotted(path: str) -> str:
    return re.sub(r"^\((parsing|building)\)( -> )?", "", path).replace(" -> ", ".")
