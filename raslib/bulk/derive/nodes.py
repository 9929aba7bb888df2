"""The parts of a declaration, each able to do four things for many records at once; here those that are plain bytes.

*read* takes it from bytes into columns, *extent* says how many bytes it has there, *write* puts those back, and
*spread* makes the same columns of records that the plain parser read. One class per kind of construct.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..asking.ask import numbers
from ..asking.values import Octets
from ..part import Amount, Array, Blob, Part, Rows, Valid, agreed, each, pick
from ..part import starts as starts_of
from ..place import Place, records


def memory_of(buffer: Any) -> memoryview:
    return memoryview(buffer)


class Hopeless(Exception):
    """The buffer is too small to read anything in it by columns."""


class Reader:
    """A buffer, and of its rows those that are in *doubt*: the plain parser has to read them."""

    def __init__(self, buffer: Array, rows: int, measuring: bool = False) -> None:
        self.buffer, self.memory, self.measuring = buffer, memory_of(buffer), measuring
        self.doubt = np.zeros(rows, bool)
        self.why: Counter[str] = Counter()
        self.touched: list[tuple[int, int]] | None = None  # bytes looked at, by offset from the row's base
        self.pending: list[Any] = []  # fixed fields that nobody has looked at yet
        self.contexts: list[Any] = []

    def close(self) -> None:
        """Lets go of what refers to each other, so that no column is kept for longer than it is wanted."""
        for context in self.contexts:
            context.items.clear()
        for load in self.pending:
            load.words.clear()
        self.pending.clear()

    def bytes_at(self, at: Array, lengths: Amount) -> Any:
        """*lengths* bytes from each of *at*, one after another."""
        if isinstance(lengths, int):
            return records(self.buffer, lengths, at).view(np.uint8) if lengths else np.empty(0, np.uint8)
        some = np.flatnonzero(lengths)
        begin, stop = at[some].tolist(), (at[some] + lengths[some]).tolist()
        return np.frombuffer(b"".join(self.memory[a:b] for a, b in zip(begin, stop, strict=True)), np.uint8)


class Scene:
    """Where in the declaration the reading is: a context and some of its rows, and the names found in it."""

    def __init__(self, reader: Reader, context: Any, top: Rows, rows: Rows = None, names: Any = None) -> None:
        self.streaming = True  # the context's own stream stands where the reading does
        self.reader, self.context, self.rows, self.top = reader, context, rows, top
        self.names: dict[str, Any] = context.items if names is None else names

    def of(self, rows: Rows) -> "Scene":
        """The same for some of the rows, whose findings are not told to all."""
        some = Scene(self.reader, self.context, pick(self.top, rows), pick(self.rows, rows), {})
        some.streaming = self.streaming
        return some

    def doubt(self, place: Place, bad: Array, why: str) -> None:
        """*bad* rows (a mask) are left to the plain parser."""
        rows = np.flatnonzero(bad) if self.top is None else self.top[bad]
        if new := len(np.unique(rows[~self.reader.doubt[rows]])):
            self.reader.why[why] += new
            self.reader.doubt[rows] = True
        place.clear(bad)

    def settle(self, place: Place) -> None:
        """Rows that came into doubt further inside are in doubt here too."""
        if self.reader.why and (bad := self.doubtful()).any():
            place.clear(bad)

    def doubtful(self) -> Array:
        """Which rows are in doubt."""
        return self.reader.doubt if self.top is None else self.reader.doubt[self.top]

    def numbers(self, ask: Callable[[Any], Any], place: Place, path: str) -> Amount:
        """What *ask* says of every row; none is negative."""
        found, undecided = numbers(ask, self.context, self.rows, self.streaming)
        for rows in undecided:
            self.doubt(place, mask_of(rows, len(place)), f"{path}: cannot be told by columns")
        bad = each(found, len(place)) < 0 if not isinstance(found, int) or found < 0 else None
        if bad is None or not bad.any():
            return found
        self.doubt(place, bad, f"{path}: a negative length")
        return np.where(bad, 0, found)

    def need(self, amount: Amount, place: Place, path: str) -> Amount:
        """*amount* bytes must be there; the rows that have less are in doubt, and the rest is what remains needed."""
        short = amount > place.left
        if isinstance(short, bool):
            if not short:
                return amount
            short = np.full(len(place), True)
        if not short.any():
            return amount
        self.doubt(place, short, f"{path}: too few bytes")
        return np.where(short, 0, amount)


def mask_of(rows: Rows, n: int) -> Array:
    mask = np.full(n, rows is None)
    if rows is not None:
        mask[rows] = True
    return mask


class Node:
    """A part of a declaration that stands at *path* of its record."""

    def __init__(self, path: str, valid: tuple[Valid, ...] = ()) -> None:
        self.path, self.valid = path, valid

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        """From where *place* stands into *part*; *place* then stands behind it."""
        raise NotImplementedError

    def extent(self, part: Part) -> Amount:
        """How many bytes this is of each row of *part*."""
        raise NotImplementedError

    def write(self, part: Part, out: Array, at: Array) -> None:
        """Into *out*, of each row from byte *at* on."""
        raise NotImplementedError

    def spread(self, values: Sequence[Any], part: Part) -> None:
        """The same columns, from the values that the plain parser gave."""
        raise NotImplementedError


def attribute(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = getattr(value, name)
    return value


def small(counts: Amount) -> Amount:
    return counts if isinstance(counts, int) else counts.astype(np.uint32)


class Bytes(Node):
    """Bytes, as many as *length* says; to the end of the room if it is None; no more than there are if *at_most*."""

    def __init__(self, path: str, valid: tuple[Valid, ...], length: Any, at_most: bool = False) -> None:
        super().__init__(path, valid)
        self.length, self.at_most = length, at_most

    def read(self, scene: Scene, place: Place, part: Part) -> None:
        lengths, heap = self._lengths(scene, place), None
        if not scene.reader.measuring:
            at = place.at if not isinstance(lengths, int) or lengths else np.empty(0, np.int64)
            heap = scene.reader.bytes_at(at, lengths)
            part.items[self.path, ""] = Blob(small(lengths), heap, self.valid)
        scene.names[self.path] = Octets(lengths, heap)
        place.forward(lengths)

    def _lengths(self, scene: Scene, place: Place) -> Amount:
        if self.length is None:
            if scene.reader.touched is not None:  # how long a record is: what is open at its end is not part of it
                return 0
            left = place.left
            return left if isinstance(left, int) else agreed(left)
        lengths = self.length if isinstance(self.length, int) else scene.numbers(self.length, place, self.path)
        if not self.at_most:
            return scene.need(lengths, place, self.path)
        if isinstance(lengths, int) and isinstance(place.left, int):
            return min(lengths, place.left)
        return agreed(np.minimum(lengths, place.left))

    def extent(self, part: Part) -> Amount:
        return self._blob(part).lengths

    def write(self, part: Part, out: Array, at: Array) -> None:
        blob = self._blob(part)
        put_bytes(out, at, blob.lengths, blob.heap)

    def spread(self, values: Sequence[Any], part: Part) -> None:
        found = [attribute(value, self.path) for value in values]
        lengths = agreed(np.array([len(f) for f in found], np.uint32))
        part.items[self.path, ""] = Blob(lengths, np.frombuffer(b"".join(found), np.uint8), self.valid)

    def _blob(self, part: Part) -> Blob:
        blob = part.items[self.path, ""]
        assert isinstance(blob, Blob)
        return blob


def put_bytes(out: Array, at: Array, lengths: Amount, heap: Array) -> None:
    """The inverse of `Reader.bytes_at`."""
    if isinstance(lengths, int):
        if lengths and len(at):
            every = np.ndarray((len(out) - lengths + 1,), f"V{lengths}", out, 0, (1,))
            every[at] = np.ascontiguousarray(heap).view(f"V{lengths}")
        return
    memory, source = memory_of(out), memory_of(np.ascontiguousarray(heap))
    some = np.flatnonzero(lengths)
    begin, here, size = at[some].tolist(), starts_of(lengths, len(at))[some].tolist(), lengths[some].tolist()
    for a, b, k in zip(begin, here, size, strict=True):
        memory[a : a + k] = source[b : b + k]
