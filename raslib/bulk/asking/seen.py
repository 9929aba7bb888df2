"""What a declared function sees when it is asked for many rows at once: a record whose values are told one by one."""

import types
from typing import Any, NamedTuple

import numpy as np
from construct import Container

from ...records import Bits
from ..part import Amount, Array, Rows, Word, pick
from ..place import Place
from .values import Octets, OctetsSeen, Question, Shy, Undecided, Value, WordSeen, column_of, index, plain

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


class Context:
    """A record while it is read, many rows at once: what its declared functions may look at."""

    def __init__(self, cls: Any, n: int, up: "Context | None", rows: Rows, groups: dict[str, Any]) -> None:
        self.cls, self.n, self.up, self.rows, self.groups = cls, n, up, rows, groups
        self.items: dict[str, Any] = {}
        self.place: Place | None = None  # where the reading of it stands


class Fields(Shy):
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
        if name == "_io" and context.place is not None and context is question.streaming:
            return _Stream(question, context.place, (*self._key, name), self._where)
        raise Undecided(name)


def look(question: Question, item: Any, key: Any, where: Rows) -> Any:
    """What a function sees of a field."""
    match item:
        case Word():
            con, column = item.leaf.con, column_of(lambda: item.values, where)
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
                counts = int(question.read((*key, "#"), column_of(lambda: item.counts, where)))
            if counts > MOST:
                raise Undecided
            begin = first if where is None else first[where]
            return tuple(look(question, inner, (*key, i), begin + i) for i in range(counts))
        case Octets():
            return OctetsSeen(question, item, key, where)
        case Context():
            return Fields(question, item, where, key, done=item.cls)
    raise Undecided


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


class _Point(Shy):
    """The stream's end, or where it stands."""

    def __init__(self, stream: _Stream, end: bool) -> None:
        self.stream, self.end = stream, end

    def __sub__(self, other: Any) -> int:
        if not (type(other) is _Point and self.end and not other.end):
            raise Undecided
        left, stream = self.stream.place.left, self.stream
        if isinstance(left, int):
            return left
        return int(stream.question.read(stream.key, column_of(lambda: left, stream.where)))
