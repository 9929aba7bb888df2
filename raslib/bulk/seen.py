"""What a declared function sees when it is asked for many rows at once: a record whose values are told one by one."""

import operator
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from construct import Adapter, Container

from ..records import Bits, Register
from .part import Amount, Array, Rows, Word, pick, starts
from .place import Place, records

Column = Callable[[Rows], Array]  # values of some of the asked rows
MOST = 256  # elements of a list that a function may go through


class Some:
    """A field that only *rows* of *n* have."""

    def __init__(self, rows: Array, n: int, item: Any) -> None:
        self.item = item
        self.place = np.full(n, -1)  # where each row's is among those that have it
        self.place[rows] = np.arange(len(rows))


class Elements(NamedTuple):
    """A list of each row: *counts* elements from number *first* on of all rows' elements."""

    counts: Amount
    first: Array
    item: Any


class Octets(NamedTuple):
    """Bytes of each row; *heap* is None where only their number is known."""

    lengths: Amount
    heap: Array | None


class Context:
    """A record while it is read, many rows at once: what its declared functions may look at."""

    def __init__(self, cls: Any, n: int, up: "Context | None", rows: Rows, groups: dict[str, Any]) -> None:
        self.cls, self.n, self.up, self.rows, self.groups = cls, n, up, rows, groups
        self.items: dict[str, Any] = {}
        self.place: Place | None = None  # where the reading of it stands


class Undecided(Exception):
    """This cannot be told for many rows at once."""


class Unread(BaseException):  # no `except Exception` of a declared function is to catch it
    """The function used a value that nobody told it yet."""

    def __init__(self, key: Any, column: Column) -> None:
        self.key, self.column = key, column


def index(rows: Rows) -> Any:
    return slice(None) if rows is None else rows


def known(kind: Any, value: int) -> Any:
    """*value* as a member of *kind*, or as it is if that has none."""
    try:
        return kind(value)
    except ValueError:
        return value


def plain(con: Any, raw: Any) -> Any:
    """What *con* makes of one value of its column, as the plain parser does."""
    if isinstance(con, Adapter):
        return con._decode(plain(con.subcon, raw), None, "")
    return raw.tobytes() if isinstance(raw, np.void) else int(raw)


# --- values -----------------------------------------------------------------------------------------------------------
# Names of their own begin with an underscore, as no field's does: everything else is what they stand for.


class Question:
    """What has been *told* so far."""

    def __init__(self, told: dict[Any, Any]) -> None:
        self.told = told

    def read(self, key: Any, column: Column) -> Any:
        if key not in self.told:
            raise Unread(key, column)
        return self.told[key]


def _forwarded(use: Callable[..., Any], turned: bool = False) -> Any:
    def forward(self: "Value", *args: Any) -> Any:
        values = [self._now(), *(a._now() if type(a) is Value else a for a in args)]
        return use(*reversed(values) if turned else values)

    return forward


class Value:
    """A field's value, which is read when it is used and not before."""

    def __init__(self, question: Question, key: Any, column: Column, decode: Callable[[Any], Any], number: bool):
        self._question, self._key, self._column, self._decode, self._number = question, key, column, decode, number

    def _now(self) -> Any:
        return self._decode(self._question.read(self._key, self._column))

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._now())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now(), name)


for _name in ["add", "sub", "mul", "floordiv", "truediv", "mod", "pow", "and", "or", "xor", "lshift", "rshift"]:
    _use: Any = getattr(operator, f"__{_name}__")
    setattr(Value, f"__{_name}__", _forwarded(_use))
    setattr(Value, f"__r{_name}__", _forwarded(_use, turned=True))
for _name in ["lt", "le", "eq", "ne", "gt", "ge", "getitem", "contains", "neg", "pos", "abs", "invert", "index"]:
    setattr(Value, f"__{_name}__", _forwarded(getattr(operator, f"__{_name}__")))
for _name, _use in {"bool": bool, "int": int, "len": len, "iter": iter, "hash": hash, "str": str}.items():
    setattr(Value, f"__{_name}__", _forwarded(_use))


class _Shy:
    """What stands for a value allows nothing that it would answer wrongly."""

    def _no(self, *_: Any) -> Any:
        raise Undecided

    __bool__ = __len__ = __iter__ = __hash__ = __int__ = __index__ = __contains__ = __str__ = _no
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no


class WordSeen(_Shy):
    """A register, whose fields are told one by one."""

    def __init__(self, question: Question, kind: type[Register], key: Any, column: Column) -> None:
        self._question, self._kind, self._key, self._column = question, kind, key, column

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self._kind

    def __getattr__(self, name: str) -> Any:
        for field, low, mask, kind, *_ in self._kind.layout:
            if field == name:
                return self._bits(name, low, mask, kind)
        found = getattr(self._kind, name, None)
        if isinstance(found, property) and found.fget:  # of a few fields, as a rule: no need to tell the whole word
            return found.fget(self)
        return getattr(self._now(), name)

    def _bits(self, name: str, low: int, mask: int, kind: Any) -> Value:
        column = self._column
        key = (*self._key, name)
        return Value(self._question, key, lambda p: column(p) >> low & mask, lambda raw: known(kind, int(raw)), True)

    def _now(self) -> Register:
        return self._kind.parse(int(self._question.read(self._key, self._column)))


class OctetsSeen(_Shy):
    """Bytes, of which only the number is looked at as long as that will do."""

    def __init__(self, question: Question, octets: Octets, key: Any, where: Rows) -> None:
        self._question, self._octets, self._key, self._where = question, octets, key, where

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return bytes

    def __len__(self) -> int:
        lengths = self._octets.lengths
        if isinstance(lengths, int):
            return lengths
        return int(self._question.read((*self._key, "len"), _column(lambda: lengths, self._where)))

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._now())

    def _now(self) -> bytes:
        size, (lengths, heap) = len(self), self._octets
        if not size:
            return b""
        if heap is None:
            raise Undecided
        n = len(lengths) if isinstance(lengths, np.ndarray) else len(heap) // size
        first = _column(lambda: starts(lengths, n), self._where)
        raw = self._question.read((*self._key, "all"), lambda part: records(heap, size, first(part)))
        return bytes(raw.tobytes())


# --- records ----------------------------------------------------------------------------------------------------------


class Fields(_Shy):
    """A record, or a construct context, of which *where* says the row of each asked one.

    *key* tells it from others, as from other elements of the same list, in what has been told. *done* is the class of
    a record that is complete; a context has none.
    """

    def __init__(
        self, question: Question, context: Context, where: Rows, key: Any, prefix: str = "", done: Any = None
    ) -> None:
        self._question, self._context, self._where, self._key = question, context, where, key
        self._prefix, self._done = prefix, done

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self._done or Container

    def __getattr__(self, name: str) -> Any:
        try:
            return self._find(name)
        except KeyError:
            pass
        if self._done is None:
            raise AttributeError(name)
        found = getattr(self._done, name)
        if isinstance(found, property) and found.fget:
            return found.fget(self)
        return types.MethodType(found, self) if isinstance(found, types.FunctionType) else found

    def __getitem__(self, name: str) -> Any:
        return self._find(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self._find(name) if name in self else default

    def __contains__(self, name: object) -> bool:
        try:
            self._find(str(name))
        except KeyError:
            return False
        return True

    def _find(self, name: str) -> Any:
        context, question = self._context, self._question
        if name.startswith("_"):
            return self._outside(name)
        path = f"{self._prefix}.{name}" if self._prefix else name
        if path in context.items:
            return look(question, context.items[path], (*self._key, path), self._where)
        if path in context.groups:
            return Fields(question, context, self._where, self._key, path, context.groups[path])
        raise KeyError(name)

    def _outside(self, name: str) -> Any:
        context, question = self._context, self._question
        if self._done is not None:
            raise KeyError(name)
        if name == "_":
            if context.up is None:
                return Container()
            return Fields(question, context.up, pick(context.rows, self._where), (id(context.up),))
        if name == "_io" and context.place is not None:
            return _Stream(question, context.place, (*self._key, name), self._where)
        raise Undecided(name)


def look(question: Question, item: Any, key: Any, where: Rows) -> Any:
    """What a function sees of a field."""
    match item:
        case Word():
            con, column = item.leaf.con, _column(lambda: item.values, where)
            if isinstance(con, Bits):
                return WordSeen(question, con.kind, key, column)
            return Value(question, key, column, lambda raw: plain(con, raw), item.leaf.dtype[0] != "V")
        case Some():
            place = item.place if where is None else item.place[where]
            if not question.read((*key, "?"), lambda part: place[index(part)] >= 0):
                return None
            return look(question, item.item, key, place)
        case Elements(counts, first, inner):
            if not isinstance(counts, int):
                counts = int(question.read((*key, "#"), _column(lambda: item.counts, where)))
            if counts > MOST:
                raise Undecided
            begin = first if where is None else first[where]
            return tuple(look(question, inner, (*key, i), begin + i) for i in range(counts))
        case Octets():
            return OctetsSeen(question, item, key, where)
        case Context():
            return Fields(question, item, where, key, done=item.cls)
    raise Undecided


def _column(values: Callable[[], Any], where: Rows) -> Column:
    return lambda part: values()[index(pick(where, part))]


class _Stream:
    """The stream of a context, of which can be asked what it still holds, and nothing else."""

    def __init__(self, question: Question, place: Place, key: Any, where: Rows) -> None:
        self.question, self.place, self.key, self.where = question, place, key, where

    def tell(self) -> "_Point":
        return _Point(self, end=False)

    def seek(self, to: Any, whence: int = 0) -> "_Point":
        if isinstance(to, _Point):
            return to
        if (to, whence) != (0, 2):
            raise Undecided
        return _Point(self, end=True)


class _Point(_Shy):
    """The stream's end, or where it stands."""

    def __init__(self, stream: _Stream, end: bool) -> None:
        self.stream, self.end = stream, end

    def __sub__(self, other: Any) -> int:
        if not (type(other) is _Point and self.end and not other.end):
            raise Undecided
        left, stream = self.stream.place.left, self.stream
        if isinstance(left, int):
            return left
        return int(stream.question.read(stream.key, _column(lambda: left, stream.where)))
