"""Where each of the records on end in one buffer begins, as they say themselves how long they are.

That is a chain: the end of one is the begin of the next. It is followed in three ways, which agree: record by record;
over a stretch of records of one length at once; and over a stretch of records of a few lengths that are known already.
"""

import math
from collections.abc import Iterator, Sequence
from struct import Struct as Words
from struct import error as NoMore
from typing import Any

import numpy as np

from .derive.nodes import Hopeless, Reader, Scene, memory_of
from .derive.shapes import Struct
from .part import Array, Part
from .place import Place, records

ALIKE = 64  # records of known lengths in a row, after which more of them are expected
FEW = 16  # lengths that are looked for at once
LEAST, MOST = 1 << 12, 1 << 19  # bytes in which they are looked for at once
WORD = 4  # bytes


def frames(buffer: Array, struct: Struct, rows: int, alike: int) -> Iterator[Array]:
    """Where the first record begins and where each ends, as it says itself; the last may be cut short."""
    frame, whole, at = Frame(buffer, struct), len(buffer), 0
    pieces, found, left, start = [], [0], rows, 0
    while at < whole:
        known, key, memory, before, sure = frame.known, frame.key, frame.memory, len(found), True
        try:
            for _ in range(min(ALIKE, left)):  # a stretch of records that need no closer look
                at += known[key(memory, at)]
                found.append(at)
        except (KeyError, NoMore):
            sure = False
        left -= len(found) - before
        if at < whole and left and not sure:
            at += frame.look(at)
            found.append(at)
            left -= 1
        elif left and len(found) > ALIKE:
            if length := _alike(found):
                even = at - start == (rows - left) * length
                ends = frame.alike(at, length, max(left, alike - (rows - left) if even else 0))
            else:
                ends = frame.mixed(at)[:left]
            pieces += [np.array(found), ends]
            at, left, found = int(ends[-1]) if len(ends) else at, max(0, left - len(ends)), []
        if not left or at >= whole:
            ends = np.concatenate([*pieces, np.array(found, np.int64)])
            ends[-1] = min(at, whole)
            yield ends
            pieces, found, left, start = [], [at], rows, at


def _alike(ends: Sequence[int]) -> int:
    """The length of the last records if all have the same, or 0."""
    length = ends[-1] - ends[-2]
    return length if ends[-1] - ends[-1 - ALIKE] == ALIKE * length else 0


class Frame:
    """How long the record at some place is. What was looked at once, in the bytes that decided it, is remembered."""

    def __init__(self, buffer: Array, struct: Struct) -> None:
        self.buffer: Any = buffer
        self.struct = struct
        self.known: dict[tuple[bytes], int] = {}
        self.window = MOST
        self.decide(0, 0)

    def decide(self, low: int, high: int) -> None:
        """Bytes *low* to *high* of a record decide its length."""
        wanted = f"{high - low}s" if high > low else "0sx"  # where nothing decides, there must still be a byte
        self.low, self.high, self.key = low, high, Words(wanted).unpack_from
        self.memory = memory_of(self.buffer)[low:]
        self.known.clear()

    def look(self, at: int) -> int:
        """The length of the record at *at*; of one that does not say, all the rest."""
        reader = Reader(self.buffer, 1, measuring=True)
        reader.touched = []
        place = Place(range(at, at + 1), 1 << 62)
        try:
            self.struct.read(Scene(reader, None, None, names={}), place, Part(1))
        except Hopeless:  # not even the head is there
            return len(self.buffer) - at
        reader.close()
        length = int(place.at[0]) - at
        if reader.doubt.any() or length <= 0:
            return len(self.buffer) - at
        low = min((a for a, _ in reader.touched), default=self.low)
        high = max((b for _, b in reader.touched), default=self.high)
        if low < self.low or high > self.high:
            self.decide(*((min(low, self.low), max(high, self.high)) if self.high else (low, high)))
        self.known[self.key(self.memory, at)] = length
        return length

    def length(self, at: int) -> int:
        try:
            return self.known[self.key(self.memory, at)]
        except (KeyError, NoMore):
            return self.look(at)

    def alike(self, at: int, length: int, most: int) -> Array:
        """Where the records end that come next and say their length in the same words as the one before *at*."""
        most = min(most, (len(self.buffer) - at) // length)
        other = np.flatnonzero(~self._same(at - length, length, most + 1))
        return at + length * np.arange(1, (int(other[0]) if len(other) else most) + 1)

    def _same(self, at: int, length: int, count: int) -> Array:
        """Which of *count* records *length* apart have the same deciding bytes as the one at *at*."""
        same, low = np.full(count, True), self.low
        while low < self.high:
            size = next(n for n in (8, 4, 2, 1) if low + n <= self.high)
            words = np.ndarray((count,), f"u{size}", self.buffer, at + low, (length,))
            same &= words == words[0]
            low += size
        return same[1:]

    def mixed(self, at: int) -> Array:
        """Where the records end that come next, as far as they are of lengths known already.

        Every place is looked at that might be the begin of one. They are the records' begins as long as each record
        ends where the next is found; from the first that does not on, records are told one by one again.
        """
        step, size = math.gcd(*self.known.values(), WORD), self.high - self.low
        count = min(self.window, len(self.buffer) - at - self.high) // step
        if len(self.known) > FEW or step < WORD or size < WORD or count < 1:
            return np.empty(0, np.int64)
        words = np.ndarray((count,), "<u4", self.buffer, at + self.high - WORD, (step,))
        last = {int.from_bytes(key[-WORD:], "little") for (key,) in self.known}
        begin = at + step * np.flatnonzero(np.logical_or.reduce([words == word for word in last]))
        said, end = records(self.buffer, size, begin, self.low).view(f"S{size}"), begin.copy()
        for (key,), length in self.known.items():
            end[said == key] += length
        bad = (begin != np.concatenate([[at], end[:-1]])) | (end == begin) | (end > len(self.buffer))
        wrong = np.flatnonzero(bad)
        ends = end[: wrong[0]] if len(wrong) else end
        self.window = min(MOST, 2 * self.window) if len(ends) > ALIKE else max(LEAST, self.window // 2)
        return ends
