"""Many records as columns in memory: fixed fields as arrays, what only some rows have apart, lists with their counts.

Nothing is decoded here: a word stays a word, so that the bytes can be written back. Knows numpy.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = NDArray[Any] | None  # numbers of rows, rising; None: all rows
Amount = int | NDArray[Any]  # of each row; a plain number where all rows agree


class Valid(NamedTuple):
    """Who says whether a field is to be believed: a flag of a validation word, by the word's path."""

    word: str
    flag: str


class Leaf(NamedTuple):
    """A field of fixed size: *offset* and *size* in bytes within its run, *dtype* of its column, *con* to decode it."""

    path: str
    offset: int
    size: int
    dtype: str
    con: Any
    valid: tuple[Valid, ...] = ()
    doc: str = ""


class Word:
    """The column of a fixed field; it may be read as late as it is first looked at."""

    def __init__(self, leaf: Leaf, values: Array | Callable[[], Array]) -> None:
        self.leaf, self._values = leaf, values

    @property
    def values(self) -> Array:
        if callable(self._values):
            self._values = self._values()
        return self._values

    @values.setter
    def values(self, column: Array) -> None:
        self._values = column


class Blob(NamedTuple):
    """Bytes of any length: row after row in *heap*."""

    lengths: Amount
    heap: NDArray[np.uint8]
    valid: tuple[Valid, ...] = ()


class Sub(NamedTuple):
    """What only *rows* have: a field that may be absent, or one of several shapes."""

    rows: Rows
    part: "Part"
    node: Any
    valid: tuple[Valid, ...] = ()


class Many(NamedTuple):
    """The elements of a list of each row, *counts* many, all rows' elements in one part."""

    counts: Amount
    part: "Part"
    node: Any
    valid: tuple[Valid, ...] = ()
    beside: str = ""  # another list, to whose elements these belong one by one


Item = Word | Blob | Sub | Many
Key = tuple[str, str]  # path; the name of the record where several are possible


class Part:
    """Columns of *n* rows, by path from here."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.items: dict[Key, Item] = {}

    def word(self, path: str) -> Array:
        item = self.items[path, ""]
        assert isinstance(item, Word)
        return item.values

    def take(self, rows: Array) -> "Part":
        """The part of these *rows*, in their order, which need not be rising."""
        out = Part(len(rows))
        for key, item in self.items.items():
            if (taken := _take(item, rows, self.n)) is not None:
                out.items[key] = taken
        return out

    def swapped(self, new: dict[int, "Word"]) -> "Part":
        """The same part with other words instead of some, which are told by their identity."""
        out = Part(self.n)
        for key, item in self.items.items():
            if isinstance(item, Sub | Many):
                out.items[key] = item._replace(part=item.part.swapped(new))
            else:
                out.items[key] = new.get(id(item), item)
        return out

    def nbytes(self) -> int:
        """Bytes that the columns take."""
        return sum(_nbytes(item) for item in self.items.values())


def room(dtypes: Sequence[str], n: int) -> list[Array]:
    """New columns of *n* values, side by side in one piece of memory.

    The system hands out one large piece in large pages, many small ones in small pages, and the first touch of each
    page costs more than the copying.
    """
    sizes = [-(-n * np.dtype(dtype).itemsize // 64) * 64 for dtype in dtypes]
    memory = np.empty(sum(sizes), np.uint8)
    at = np.cumsum([0, *sizes])
    return [np.ndarray((n,), dtype, memory, int(start)) for dtype, start in zip(dtypes, at, strict=False)]


def each(amount: Amount, n: int) -> Array:
    """*amount* as an array of *n*."""
    return np.full(n, amount, np.int64) if isinstance(amount, int) else amount


def agreed(amounts: Array) -> Amount:
    """A plain number where all rows agree."""
    if len(amounts) and (amounts == amounts[0]).all():
        return int(amounts[0])
    return amounts if len(amounts) else 0


def total(amount: Amount, n: int) -> int:
    return amount * n if isinstance(amount, int) else int(amount.sum())


def starts(amount: Amount, n: int) -> Array:
    """Where each row's share begins in a sequence of all shares."""
    if isinstance(amount, int):
        return np.arange(n, dtype=np.int64) * amount
    ends = np.cumsum(amount, dtype=np.int64)
    return ends - amount


def owners(amount: Amount, n: int) -> Array:
    """For every element of a list, the row that it belongs to."""
    return np.repeat(np.arange(n, dtype=np.int64), amount)


def ranges(begin: Array, counts: Array) -> Array:
    """The numbers begin, begin + 1, ... of each row's *counts*, one row after another."""
    whole = int(counts.sum())
    return np.repeat(begin - starts(counts, len(counts)), counts) + np.arange(whole, dtype=np.int64)


def narrow(rows: Array, n: int) -> Rows:
    """*rows* of *n*, in little memory; None if they are all."""
    return None if len(rows) == n else rows.astype(np.int32)


def pick(rows: Rows, chosen: Rows) -> Rows:
    """The *chosen* ones of *rows*."""
    if chosen is None:
        return rows
    return chosen if rows is None else rows[chosen]


def _take(item: Item, rows: Array, n: int) -> Item | None:
    match item:
        case Word():
            return Word(item.leaf, item.values[rows])
        case Blob(lengths, heap):
            if isinstance(lengths, int):
                return item._replace(heap=heap.reshape(n, lengths)[rows].reshape(-1))
            kept = lengths[rows]
            return item._replace(lengths=kept, heap=heap[ranges(starts(lengths, n)[rows], kept)])
        case Many(counts, part):
            if isinstance(counts, int):
                chosen = ranges(rows * counts, np.full(len(rows), counts))
                return item._replace(part=part.take(chosen))
            kept = counts[rows]
            return item._replace(counts=kept, part=part.take(ranges(starts(counts, n)[rows], kept)))
        case Sub(had, part):
            if had is None:
                return item._replace(part=part.take(rows))
            place = np.full(n, -1)
            place[had] = np.arange(len(had))
            place = place[rows]
            have = np.flatnonzero(place >= 0)
            if not len(have):
                return None
            return item._replace(rows=narrow(have, len(rows)), part=part.take(place[have]))


def concat(parts: Sequence[Part]) -> Part:
    """One part after another. Takes the given parts apart, so that little more than the result is held."""
    parts = [p for p in parts if p.n] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    out = Part(sum(p.n for p in parts))
    words = [item.leaf for item in parts[0].items.values() if isinstance(item, Word)]
    columns = dict(zip((leaf.path for leaf in words), room([leaf.dtype for leaf in words], out.n), strict=True))
    for key in dict.fromkeys(key for p in parts for key in p.items):
        found = [(p, item) for p in parts if (item := p.items.pop(key, None)) is not None]
        out.items[key] = _concat(parts, found, columns)
    return out


def _concat(parts: Sequence[Part], found: list[tuple[Part, Any]], columns: dict[str, Array]) -> Item:
    first = found[0][1]
    match first:
        case Word():
            column = columns[first.leaf.path]
            return Word(first.leaf, np.concatenate([item.values for _, item in found], out=column))
        case Blob():
            heap = np.concatenate([item.heap for _, item in found])
            return first._replace(lengths=_joined(found, "lengths"), heap=heap)
        case Many():
            return first._replace(counts=_joined(found, "counts"), part=concat([item.part for _, item in found]))
        case _:
            before = dict(zip(map(id, parts), np.cumsum([0, *(p.n for p in parts)]), strict=False))
            whole = all(item.rows is None for _, item in found) and len(found) == len(parts)
            rows = (r + before[id(p)] for p, item in found for r in [_all(item.rows, p.n)])
            joined = None if whole else np.concatenate(list(rows)).astype(np.int32)
            return Sub(joined, concat([item.part for _, item in found]), first.node, first.valid)


def _joined(found: Iterable[tuple[Part, Any]], name: str) -> Amount:
    amounts = [(getattr(item, name), p.n) for p, item in found]
    if all(isinstance(a, int) for a, _ in amounts) and len({a for a, _ in amounts}) == 1:
        return int(amounts[0][0])
    return np.concatenate([each(a, n) for a, n in amounts]).astype(np.uint32)


def _all(rows: Rows, n: int) -> Array:
    return np.arange(n) if rows is None else rows


def _nbytes(item: Item) -> int:
    match item:
        case Word():
            return item.values.nbytes
        case Blob(lengths, heap):
            return heap.nbytes + (0 if isinstance(lengths, int) else lengths.nbytes)
        case Many(counts, part):
            return part.nbytes() + (0 if isinstance(counts, int) else counts.nbytes)
        case Sub(rows, part):
            return part.nbytes() + (0 if rows is None else rows.nbytes)
