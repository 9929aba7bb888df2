"""Where many records come from: bytes, one file of records on end, a folder of dumps; a block of them at a time."""

import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from struct import Struct as Words
from struct import error as NoMore
from typing import Any, NamedTuple

import numpy as np

from .nodes import Hopeless, Reader, Scene, memory_of
from .part import Array, Part, agreed
from .place import Place, records
from .shapes import Struct

ALIKE = 64  # records of known lengths in a row, after which more of them are expected
FEW = 16  # lengths that are looked for at once
LEAST, MOST = 1 << 12, 1 << 19  # bytes in which they are looked for at once
WORD = 4  # bytes

PIECE = 1 << 16  # bytes that are read at once; more than a dump commonly has

Progress = Callable[[int, int], None]  # bytes or files done, and how many there are


class Block(NamedTuple):
    """Some records: where they begin in *buffer*, and how long they are."""

    buffer: Array
    base: range | Array
    lengths: int | Array
    sources: Sequence[str]  # the file of each record in *folder*, or one for all
    done: int  # bytes, or files
    of: int
    folder: str = ""

    def source(self, row: int) -> str:
        """The file that a record is from; empty for bytes."""
        name = self.sources[row if self.apart else 0]
        return os.path.join(self.folder, name) if self.folder else name  # noqa: PTH118, as in a name of any form

    @property
    def apart(self) -> bool:
        """Whether each record is a source of its own."""
        return len(self.sources) > 1


def blocks(source: Any, struct: Struct, size: int | None, rows: int, alike: int) -> Iterator[Block]:
    """The records of *source*, at most *rows* at a time; of those that lie evenly, *alike*.

    Reading evenly placed records needs little more memory than their columns.
    """
    if isinstance(source, bytes | bytearray | memoryview | np.ndarray):
        buffer = np.frombuffer(memory_of(source).cast("B"), np.uint8) if len(source) else np.empty(0, np.uint8)
        yield from _split(buffer, struct, size, rows, alike, "")
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_dir():
            yield from _folder(path, rows)
        else:
            whole = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
            yield from _split(whole, struct, size, rows, alike, str(path))
    else:
        done = 0
        for loose, some in groupby(source, lambda one: isinstance(one, bytes | bytearray | memoryview)):
            if not loose:
                for one in some:
                    yield from blocks(one, struct, size, rows, alike)
                    done += 1
            while loose and (data := list(islice(some, rows))):  # what is bytes is one record each
                done += len(data)
                yield _block([bytes(one) for one in data], [""] * len(data), done, len(source))


def _block(data: Sequence[bytes], sources: Sequence[str], done: int, of: int) -> Block:
    """Of whole records that lie apart."""
    lengths = np.array([len(d) for d in data], np.int64)
    return Block(np.frombuffer(b"".join(data), np.uint8), np.cumsum(lengths) - lengths, lengths, sources, done, of)


# --- one file of records on end --------------------------------------------------------------------------------------


def _split(buffer: Array, struct: Struct, size: int | None, rows: int, alike: int, source: str) -> Iterator[Block]:
    whole = len(buffer)
    if size:
        for start in range(0, whole, size * alike):
            base = range(start, min(whole, start + size * alike), size)
            done = min(whole, base[-1] + size)
            cut = done < base[-1] + size
            lengths = np.minimum(size, whole - np.array(base)) if cut else size
            yield Block(buffer, base, lengths, [source], done, whole)
        return
    for ends in _frames(buffer, struct, rows, alike):
        lengths = agreed(np.diff(ends))
        even = isinstance(lengths, int)
        begin: range | Array = range(int(ends[0]), int(ends[-1]), lengths) if even else ends[:-1]
        yield Block(buffer, begin, lengths, [source], int(ends[-1]), whole)


def _frames(buffer: Array, struct: Struct, rows: int, alike: int) -> Iterator[Array]:
    """Where the first record begins and where each ends, as it says itself; the last may be cut short."""
    frame, whole, at = _Frame(buffer, struct), len(buffer), 0
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


class _Frame:
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


# --- a folder of dumps -----------------------------------------------------------------------------------------------


def _folder(path: Path, rows: int) -> Iterator[Block]:
    """Each file is one record, all of it; in the order of their names, without hidden ones and folders."""
    with os.scandir(path) as found:
        names = sorted(entry.name for entry in found if entry.is_file() and not entry.name.startswith("."))
    for i in range(0, len(names), rows):
        some = names[i : i + rows]
        yield _block(_read_all(path, some), some, i + len(some), len(names))._replace(folder=str(path))


def _read_all(path: Path, names: Sequence[str]) -> list[bytes]:
    """Opened by the folder's descriptor where the system can: the system calls take longer than the decoding."""
    folder = os.open(path, os.O_RDONLY) if os.open in os.supports_dir_fd else None
    mode, found = os.O_RDONLY | getattr(os, "O_BINARY", 0), []
    try:
        for name in names:
            file = os.open(name if folder is not None else path / name, mode, dir_fd=folder)
            try:
                data = os.read(file, PIECE)
                found.append(data if len(data) < PIECE else data + _rest(file))
            finally:
                os.close(file)
    finally:
        if folder is not None:
            os.close(folder)
    return found


def _rest(file: int) -> bytes:
    return b"".join(iter(lambda: os.read(file, PIECE), b""))


# --- how far it is ---------------------------------------------------------------------------------------------------


def bar(done: int, of: int) -> None:
    """A line of text that grows, where somebody looks at the error stream."""
    if sys.stderr.isatty():
        part = done / of if of else 1.0
        end = "\n" if done >= of else ""
        print(f"\r[{'#' * int(30 * part):30}] {part:4.0%}", end=end, file=sys.stderr, flush=True)
