"""Where many records come from: bytes, one file of records on end, a folder of dumps; a block of them at a time.

A file of records on end is mapped and walked from record to record; small files are read whole and put together in
one buffer. What comes out is always a `Block`: a buffer, and where in it some records begin.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from glob import has_magic, iglob
from struct import Struct as Words
from struct import error as NoMore
from typing import Any, NamedTuple

import numpy as np

from ..formats.cper import DESCRIPTOR, HEADER, CperRecord, RecordHeader
from ..records import Record
from .shapes import Array

LARGE = 1 << 16  # bytes; a file that has as many is not read together with others
TOGETHER = 1 << 25  # bytes of files that are
RANGE = 1 << 28  # bytes of a range
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)

Progress = Callable[[int, int], None]  # bytes or files done, and how many there are


class Files(NamedTuple):
    """The files that some records are from, by name, "" for none; of each record *which*: of all the first if None.

    *which* is an array of numbers, one for each record, each the place of a name in *names*.
    """

    names: Sequence[str] = ("",)
    which: Array | None = None

    def of(self, row: int) -> str:
        """The name of the file that a record is from."""
        return self.names[0 if self.which is None else int(self.which[row])]

    def content(self) -> tuple[list[str], bytes]:
        """The names and, as bytes, which of them is each record's."""
        return [*self.names], b"" if self.which is None else self.which.tobytes()

    def take(self, rows: Any) -> "Files":
        """Those of some of the records, by number or mask."""
        return self if self.which is None else self._replace(which=self.which[rows])


def joined(some: Sequence[tuple[Files, int]]) -> Files:
    """Those of all records, from each block's and how many records it has."""
    numbers: dict[str, int] = {}
    which = []
    for files, count in some:
        codes = np.array([numbers.setdefault(name, len(numbers)) for name in files.names], np.int32)
        which.append(np.broadcast_to(codes[:1], count) if files.which is None else codes[files.which])
    return Files(list(numbers) or [""], np.concatenate(which) if len(numbers) > 1 else None)


class Range(NamedTuple):
    """Bytes [start, stop) of a *file* of records on end, of which the first has number *first* in the file.

    `ranges` makes them; `columns`, `blocks` and `batches` read them. Plain values, so that they can be sent to another
    process or machine that sees the same file under the same name.
    """

    file: str
    start: int
    stop: int
    first: int = 0


class Block(NamedTuple):
    """Some records: where they begin in *buffer* and how long they are, in bytes, and how far the reading is.

    *base* has a number for each record: a range where they lie evenly. *lengths* is one for all of them then. *done*
    and *of* are what a `Progress` is told.
    """

    buffer: Array
    base: range | Array
    lengths: int | Array
    files: Files
    begin: int | Array  # where in the buffer the file of each record begins
    done: int  # bytes, or files
    of: int


_Entry = tuple[str, Any, bool]  # name and bytes (None: still to be read) of a file; true: one record, not some on end


def blocks(source: Any, kind: type[Record], size: int | None, rows: int) -> Iterator[Block]:
    """The records of *source*, at most *rows* at a time.

    *source* is bytes, a `Range` or the name of a file, of records on end; or the name of a folder, a pattern, or a list
    of names, of (name, bytes) pairs and of the bytes of single records. *kind* says where a record ends, unless *size*
    does, in bytes. Broken records are among them: what is wrong with one is found when it is parsed.

    Raises OSError where a file cannot be read.
    """
    if isinstance(source, bytes | bytearray | memoryview | np.ndarray):
        view: Any = memoryview(source)  # type: ignore[arg-type]
        buffer = np.frombuffer(view.cast("B"), np.uint8) if len(source) else np.empty(0, np.uint8)
        yield from _split(buffer, kind, size, rows, "")
        return
    if isinstance(source, Range):
        for block in _split(_mapped(source.file)[source.start : source.stop], kind, size, rows, source.file):
            yield block._replace(begin=-source.start)
        return
    named = isinstance(source, str | os.PathLike)
    if named and files_of(source) == [name := os.fspath(source)]:
        yield from _split(_mapped(name), kind, size, rows, name)
    else:
        yield from _several(list(_entries([source] if named else source)), kind, size, rows)


def files_of(name: "str | os.PathLike[str]") -> list[str]:
    """The files that are meant by *name*: those in a folder that are not hidden, those of a pattern, or one.

    A single file is the *name* itself, whether it is there or not. A name that exists is no pattern, even with `*` or
    `[` in it. A folder is not searched further down; a pattern is, with `**`. Sorted, so that records have the same
    numbers every time.
    """
    name = os.fspath(name)
    if os.path.isdir(name):  # noqa: PTH112, as names stay in the form that they were given in
        with os.scandir(name) as found:
            return sorted(entry.path for entry in found if entry.is_file() and not entry.name.startswith("."))
    if has_magic(name) and not os.path.exists(name):  # noqa: PTH110
        return sorted(path for path in iglob(name, recursive=True) if os.path.isfile(path))  # noqa: PTH113, PTH207
    return [name]


def _entries(source: Iterable[Any]) -> Iterator[_Entry]:
    for one in source:
        if isinstance(one, bytes | bytearray | memoryview):
            yield "", one, True
        elif isinstance(one, tuple):
            yield *one, False
        else:
            yield from [(name, None, False) for name in files_of(one)]


def _mapped(name: str) -> Array:
    return np.memmap(name, np.uint8, "r") if os.stat(name).st_size else np.empty(0, np.uint8)  # noqa: PTH116


def _split(buffer: Array, kind: type[Record], size: int | None, rows: int, name: str) -> Iterator[Block]:
    """Records on end, *size* bytes each or as they say themselves."""
    whole = len(buffer)
    if not size:
        for ends in frames(buffer, kind, rows):
            yield Block(buffer, ends[:-1], np.diff(ends), Files([name]), 0, int(ends[-1]), whole)
        return
    for start in range(0, whole, size * rows):
        base = range(start, min(whole, start + size * rows), size)
        done = min(whole, base[-1] + size)
        lengths = size if done == base[-1] + size else np.minimum(size, whole - np.array(base))
        yield Block(buffer, base, lengths, Files([name]), 0, done, whole)


def _several(entries: list[_Entry], kind: type[Record], size: int | None, rows: int) -> Iterator[Block]:
    """Small files together, a large one alone."""
    held: list[_Entry] = []
    room, of = TOGETHER, len(entries)
    for done, (name, data, alone) in enumerate(entries):
        if data is None:
            data = _read(name)
        if data is not None:
            held.append((name, data, alone))
            room -= len(data)
        if data is None or len(held) == rows or room <= 0:
            yield from _together(held, kind, size, rows, done + (data is not None), of)
            held, room = [], TOGETHER
        if data is None:
            for block in _split(_mapped(name), kind, size, rows, name):
                yield block._replace(done=done * block.of + block.done, of=of * block.of)  # a part of one file
    yield from _together(held, kind, size, rows, of, of)


def ranges(paths: Any, kind: type[Record], size: int | None = None, most: int = RANGE) -> Iterator[Range]:
    """Files and parts of files, each of at most *most* bytes or one record, that can be read apart from each other.

    *paths* is a file, a folder or a pattern, or a list of them. A record begins where the one before ends, so a file of
    more than *most* bytes is followed from its begin on, by the few bytes that say the lengths; where *size* says the
    bytes of each record, nothing is read. No record is in two ranges. Raises OSError where a file cannot be read.

    A file of 516 bytes that holds three blocks of 172, with *most* 400, makes two ranges:

        Range("fleet.bin", 0, 344, 0), Range("fleet.bin", 344, 516, 2)
    """
    named = isinstance(paths, str | os.PathLike)
    for name, _, _ in _entries([paths] if named else paths):
        whole, start, first = os.stat(name).st_size, 0, 0  # noqa: PTH116
        cuts: Iterable[tuple[int, int]] = ()
        if whole > most and size:
            cuts = ((at, at // size) for at in range(0, whole, max(1, most // size) * size))
        elif whole > most:
            cuts = _cuts(_mapped(name), kind, most)
        for stop, before in cuts:
            if stop > start:
                yield Range(name, start, stop, first)
            start, first = stop, before
        yield Range(name, start, whole, first)


def _cuts(buffer: Array, kind: type[Record], most: int) -> Iterator[tuple[int, int]]:
    """Where ranges of at most *most* bytes may end, and how many records are before each such place."""
    start = count = last = 0
    for ends in frames(buffer, kind, 1 << 16):
        for end in ends[1:].tolist():
            if end - start > most and last > start:
                yield last, count
                start = last
            last, count = end, count + 1


def _read(name: str) -> bytes | None:
    """What is in a file; None of a large one. By system calls alone: those take longer than the decoding.

    A table below /sys comes a page at a time, as kernfs gives no more for one read.
    """
    file, data = os.open(name, READ), b""
    try:
        while len(data) < LARGE and (piece := os.read(file, LARGE - len(data))):
            data += piece
    finally:
        os.close(file)
    return data if len(data) < LARGE else None


def _together(
    held: list[_Entry], kind: type[Record], size: int | None, rows: int, done: int, of: int
) -> Iterator[Block]:
    """The records of the last files before *done*, whose data is there: on end, in each file, as far as it goes.

    Of a kind that does not tell its length, a file is one record.
    """
    if not held:
        return
    buffer = np.frombuffer(b"".join([data for _, data, _ in held]), np.uint8)
    frame, base, ends, which, at = Frame(buffer, kind), [], [], [], 0
    for number, (_, data, alone) in enumerate(held):
        stop, end = at + len(data), -1
        while end < stop:  # an empty file is a record too, and a broken one
            length = 0 if alone else size or frame.length(at)
            end = at + length
            if end > stop or end <= at or not (size or frame.tells):
                end = stop
            base.append(at)
            ends.append(end)
            which.append(number)
            at = end
    begin, of_file = np.array(base, np.int64), np.array(which, np.int32)
    first = np.cumsum([0, *(len(data) for _, data, _ in held)])[of_file]
    files, lengths = Files([name for name, _, _ in held], of_file), np.array(ends, np.int64) - begin
    for i in range(0, len(begin), rows):
        part = slice(i, i + rows)
        so_far = done - len(held) + int(of_file[part][-1]) + 1
        yield Block(buffer, begin[part], lengths[part], files.take(part), first[part], so_far, of)


# --- where each record begins -----------------------------------------------------------------------------------------


def frames(buffer: Array, kind: type[Record], rows: int) -> Iterator[Array]:
    """Where the first record begins and where each ends, as it says itself; the last may be cut short.

    Arrays of at most *rows* + 1 offsets into *buffer*, the next beginning with the last of the one before.

    >>> import numpy as np
    >>> from raslib import StatusBlock, samples
    >>> mem, arm = samples("status_blocks/g_mem"), samples("status_blocks/g_arm")
    >>> [ends.tolist() for ends in frames(np.frombuffer(mem * 2 + arm, np.uint8), StatusBlock, 2)]
    [[0, 172, 344], [344, 956]]
    """
    frame, whole, at, ends = Frame(buffer, kind), len(buffer), 0, [0]
    while at < whole:
        lengths, key, memory = frame.lengths, frame.key, frame.memory
        with suppress(KeyError, NoMore):
            for _ in range(rows + 1 - len(ends)):
                at += lengths[key(memory, at)]
                ends.append(at)
                if at >= whole:
                    break
        if at < whole and len(ends) <= rows:
            at += frame.length(at)
            ends.append(at)
        if len(ends) > rows or at >= whole:
            ends[-1] = min(at, whole)
            yield np.array(ends, np.int64)
            ends = [at]


class Frame:
    """How long the record at some place in *buffer* says it is.

    That is a chain: the end of one is the begin of the next. A record is parsed for its length alone (`Record.watch`);
    the bytes looked at for that are a key, and the length is remembered by it. A CPER record says it in its header,
    whatever else in it may be broken; a record that does not say how long it is takes all the rest.
    """

    def __init__(self, buffer: Any, kind: type[Record]) -> None:
        self.kind, self.memory = kind, memoryview(buffer)
        self.tells = False  # whether bytes of the records say how long they are
        self.lengths: dict[Any, int] = {}  # bytes of a record, by its `key`
        self.key: Callable[..., Any] = Words("0sx").unpack_from  # no record without a byte
        self._layouts: dict[tuple[tuple[int, int], ...], tuple[Any, dict[Any, int]]] = {}

    def length(self, at: int) -> int:
        """Bytes of the record at *at*, never more than there are."""
        left = len(self.memory) - at
        for key, lengths in self._layouts.values():
            try:
                return min(left, lengths[key(self.memory, at)])
            except (KeyError, NoMore):
                continue
        try:
            length, ranges = self._look(self.memory[at:])
        except Exception:  # whatever is wrong in it will be said when it is parsed
            return left
        if not 0 < length <= left:
            return left
        if ranges not in self._layouts:
            here, form = 0, "<"
            for start, stop in ranges:
                form, here = f"{form}{start - here}x{stop - start}s", stop
            self.tells |= bool(ranges)
            self._layouts[ranges] = Words(form if ranges else "0sx").unpack_from, {}
        self.key, self.lengths = self._layouts[ranges]
        self.lengths[self.key(self.memory, at)] = length
        return length

    def _look(self, data: memoryview) -> tuple[int, tuple[tuple[int, int], ...]]:
        if self.kind is not CperRecord:
            watch = self.kind.watch(data, length_alone=True)
            return watch.stream.tell(), watch.ranges()
        header = RecordHeader.parse(bytes(data[:HEADER]))
        place = {row.name: (row.offset or 0, (row.offset or 0) + (row.size or 0)) for row in RecordHeader.table()}
        length = max(HEADER + DESCRIPTOR * header.section_count, header.record_length)
        return length, (place["section_count"], place["record_length"])
