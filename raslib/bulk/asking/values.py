"""Values of fields as a declared function sees them: told one by one, when they are used and not before.

Names of their own begin with an underscore, as no field's does: everything else is what they stand for.
"""

import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from construct import Adapter

from ...records import Register
from ..part import Amount, Array, Rows, pick, starts
from ..place import records

Column = Callable[[Rows], Array]  # values of some of the asked rows


class Octets(NamedTuple):
    """Bytes of each row; *heap* is None where only their number is known."""

    lengths: Amount
    heap: Array | None


class Undecided(Exception):
    """This cannot be told for many rows at once."""


class Unread(BaseException):  # no `except Exception` of a declared function is to catch it
    """The function used a value that nobody told it yet."""

    def __init__(self, key: Any, column: Column) -> None:
        self.key, self.column = key, column


def index(rows: Rows) -> Any:
    return slice(None) if rows is None else rows


def column_of(values: Callable[[], Any], where: Rows) -> Column:
    return lambda part: values()[index(pick(where, part))]


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


class Question:
    """What has been *told* so far, and the context of whose stream can be told."""

    def __init__(self, told: dict[Any, Any], streaming: Any = None) -> None:
        self.told, self.streaming = told, streaming

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


class Shy:
    """What stands for a value allows nothing that it would answer wrongly."""

    def _no(self, *_: Any) -> Any:
        raise Undecided

    __bool__ = __len__ = __iter__ = __hash__ = __int__ = __index__ = __contains__ = __str__ = _no
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no


class WordSeen(Shy):
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


class OctetsSeen(Shy):
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
        return int(self._question.read((*self._key, "len"), column_of(lambda: lengths, self._where)))

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
        first = column_of(lambda: starts(lengths, n), self._where)
        raw = self._question.read((*self._key, "all"), lambda part: records(heap, size, first(part)))
        return bytes(raw.tobytes())
