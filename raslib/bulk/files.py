"""Where many records come from: bytes, one file of records on end, a folder of dumps; a block of them at a time."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from glob import has_magic, iglob
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from .derive.nodes import memory_of
from .derive.shapes import Struct
from .frames import Frame, frames
from .part import Array, agreed

PIECE = 1 << 16  # bytes that are read at once; more than a dump commonly has
LARGE = 1 << 20  # bytes; a larger file is not read together with others
TOGETHER = 1 << 25  # bytes of files that are

Progress = Callable[[int, int], None]  # bytes or files done, and how many there are


class Files(NamedTuple):
    """The files that some records are from, by name, "" for none; of each record *which*: of all the first if None."""

    names: Sequence[str] = ("",)
    which: Array | None = None

    def of(self, row: int) -> str:
        return self.names[0 if self.which is None else int(self.which[row])]

    def take(self, rows: Any) -> "Files":
        return self if self.which is None else self._replace(which=self.which[rows])


def joined(found: Sequence[tuple[Files, int]]) -> Files:
    """Those of all records, from each block's and how many records it has."""
    numbers: dict[str, int] = {}
    which = []
    for files, count in found:
        codes = np.array([numbers.setdefault(name, len(numbers)) for name in files.names], np.int32)
        which.append(np.broadcast_to(codes[:1], count) if files.which is None else codes[files.which])
    return Files(list(numbers), np.concatenate(which) if len(numbers) > 1 else None)


class Block(NamedTuple):
    """Some records: where they begin in *buffer*, and how long they are."""

    buffer: Array
    base: range | Array
    lengths: int | Array
    files: Files
    begin: int | Array  # where in the buffer the file of each record begins
    done: int  # bytes, or files
    of: int


def blocks(source: Any, struct: Struct, size: int | None, rows: int, alike: int) -> Iterator[Block]:
    """The records of *source*, at most *rows* at a time; of those that lie evenly, *alike*.

    Reading evenly placed records needs little more memory than their columns.
    """
    if isinstance(source, bytes | bytearray | memoryview | np.ndarray):
        buffer = np.frombuffer(memory_of(source).cast("B"), np.uint8) if len(source) else np.empty(0, np.uint8)
        yield from _split(buffer, struct, size, rows, alike, "")
    elif isinstance(source, str | os.PathLike):
        folder, names = files_of(source)
        if folder is None:
            yield from _file(names[0], struct, size, rows, alike)
        else:
            yield from _several(folder, names, struct, size, rows, alike)
    else:
        for kind, some in groupby(source, _kind):
            match kind:
                case "record":
                    yield from _loose(list(some), rows)
                case "held":
                    held = list(some)
                    yield from _together([name for name, _ in held], [data for _, data in held], struct, size, rows)
                case _:
                    for folder, found in groupby(map(files_of, some), lambda one: one[0] or ""):
                        names = [name for _, names in found for name in names]
                        yield from _several(folder, names, struct, size, rows, alike)


def _kind(one: Any) -> str:
    """What an element of a list is: a record's bytes, a file's name and bytes that are held already, or a name."""
    if isinstance(one, bytes | bytearray | memoryview):
        return "record"
    return "held" if isinstance(one, tuple) else "name"


def files_of(name: "str | os.PathLike[str]") -> tuple[str | None, list[str]]:
    """The files that are meant, by name: a folder's and those in it that are not hidden, those of a pattern, or one."""
    name = os.fspath(name)
    if os.path.isdir(name):  # noqa: PTH112, as names stay in the form that they were given in
        with os.scandir(name) as found:
            return name, sorted(entry.name for entry in found if entry.is_file() and not entry.name.startswith("."))
    if has_magic(name) and not os.path.exists(name):  # noqa: PTH110
        return "", sorted(path for path in iglob(name, recursive=True) if os.path.isfile(path))  # noqa: PTH113, PTH207
    return None, [name]


def _loose(data: Sequence[bytes], rows: int) -> Iterator[Block]:
    """Bytes of which each is one record."""
    for i in range(0, len(data), rows):
        buffer, base, lengths = _on_end(data[i : i + rows])
        yield Block(buffer, base, lengths, Files(), base, i + len(base), len(data))


def _on_end(data: Sequence[bytes]) -> tuple[Array, Array, Array]:
    """All of *data* in one buffer, where each begins, and how long it is."""
    lengths = np.array([len(d) for d in data], np.int64)
    return np.frombuffer(b"".join(data), np.uint8), np.cumsum(lengths) - lengths, lengths


# --- one file of records on end --------------------------------------------------------------------------------------


def _file(name: str, struct: Struct, size: int | None, rows: int, alike: int) -> Iterator[Block]:
    whole = np.memmap(name, np.uint8, "r") if os.stat(name).st_size else np.empty(0, np.uint8)  # noqa: PTH116
    yield from _split(whole, struct, size, rows, alike, name)


def _split(buffer: Array, struct: Struct, size: int | None, rows: int, alike: int, source: str) -> Iterator[Block]:
    whole = len(buffer)
    if size:
        for start in range(0, whole, size * alike):
            base = range(start, min(whole, start + size * alike), size)
            done = min(whole, base[-1] + size)
            cut = done < base[-1] + size
            lengths = np.minimum(size, whole - np.array(base)) if cut else size
            yield Block(buffer, base, lengths, Files([source]), 0, done, whole)
        return
    for ends in frames(buffer, struct, rows, alike):
        lengths = agreed(np.diff(ends))
        even = isinstance(lengths, int)
        begin: range | Array = range(int(ends[0]), int(ends[-1]), lengths) if even else ends[:-1]
        yield Block(buffer, begin, lengths, Files([source]), 0, int(ends[-1]), whole)


# --- many files -------------------------------------------------------------------------------------------------------


def _several(
    folder: str, names: Sequence[str], struct: Struct, size: int | None, rows: int, alike: int
) -> Iterator[Block]:
    """Small files together, a large one alone."""
    done, of = 0, len(names)
    within = os.path.join(folder, "") if folder else ""  # noqa: PTH118, as names stay in the form that they were given in
    paths = [within + name for name in names]
    for some, large in _read(folder, names, rows):
        for block in _together(paths[done : done + len(some)], some, struct, size, rows):
            yield block._replace(done=done + block.done, of=of)
        done += len(some)
        if large:
            for block in _file(paths[done], struct, size, rows, alike):
                yield block._replace(done=done * block.of + block.done, of=of * block.of)  # a part of one file
            done += 1


def _together(
    names: Sequence[str], data: Sequence[bytes], struct: Struct, size: int | None, rows: int
) -> Iterator[Block]:
    """The records of files whose *data* is there."""
    if not data:
        return
    buffer, first, whole = _on_end(data)
    base, lengths, which = _in_files(Frame(buffer, struct), first, whole, size)
    for i in range(0, len(base), rows):
        part = slice(i, i + rows)
        done = int(which[part][-1]) + 1
        files = Files(names, which[part])
        yield Block(buffer, base[part], lengths[part], files, first[which[part]], done, len(data))


def _in_files(frame: Frame, first: Array, whole: Array, size: int | None) -> tuple[Array, Array, Array]:
    """Where the records of files begin, how long they are, and of each its file.

    Records on end, in each file, as far as it goes; of a kind that does not tell its length a file is one record.
    """
    base, ends, which = [], [], []
    for number, (at, length) in enumerate(zip(first.tolist(), whole.tolist(), strict=True)):
        stop = at + length
        while True:  # an empty file is a record too, and a broken one
            length = size or frame.length(at)
            end = min(stop, at + length) if size or frame.high else stop
            base.append(at)
            ends.append(end)
            which.append(number)
            if end >= stop or end == at:
                break
            at = end
    begin = np.array(base, np.int64)
    return begin, np.array(ends, np.int64) - begin, np.array(which, np.int32)


def _read(folder: str, names: Sequence[str], rows: int) -> Iterator[tuple[list[bytes], bool]]:
    """What is in some files, and whether a large one comes next, which is not read.

    Opened by the folder's descriptor where the system can: the system calls take longer than the decoding.
    """
    inside = os.open(folder, os.O_RDONLY) if folder and os.open in os.supports_dir_fd else None
    mode, room = os.O_RDONLY | getattr(os, "O_BINARY", 0), TOGETHER
    found: list[bytes] = []
    try:
        for name in names:
            path = name if inside is not None else os.path.join(folder, name)  # noqa: PTH118
            file = os.open(path, mode, dir_fd=inside)
            try:
                data = os.read(file, PIECE)
                if len(data) == PIECE:
                    if os.fstat(file).st_size > LARGE:
                        yield found, True
                        found, room = [], TOGETHER
                        continue
                    data += b"".join(iter(lambda: os.read(file, PIECE), b""))  # noqa: B023, as it is read at once
            finally:
                os.close(file)
            found.append(data)
            room -= len(data)
            if len(found) == rows or room <= 0:
                yield found, False
                found, room = [], TOGETHER
    finally:
        if inside is not None:
            os.close(inside)
    if found:
        yield found, False


# --- how far it is ---------------------------------------------------------------------------------------------------


def bar(done: int, of: int) -> None:
    """A line of text that grows, in a notebook or on a terminal; nothing where nobody looks."""
    notebook = type(sys.stdout).__module__.startswith("ipykernel")
    if notebook or sys.stderr.isatty():
        part = done / of if of else 1.0
        end = "\n" if done >= of else ""
        to = sys.stdout if notebook else sys.stderr  # a notebook shows the error stream as if something were wrong
        print(f"\r[{'#' * int(30 * part):30}] {part:4.0%}", end=end, file=to, flush=True)
