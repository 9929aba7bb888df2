"""Many records of one kind, from bytes into columns; where columns cannot tell, the plain parser does."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from ..records import Record, RecordError
from .derive.nodes import Hopeless, Reader, Scene
from .derive.runs import load
from .derive.shapes import Struct
from .files import Block, Files
from .files import joined as files_joined
from .part import Array, Part, concat, each
from .place import Place


class RowError(NamedTuple):
    """A record that does not parse: its number in the data, *path* and *offset* in it, and where it begins."""

    row: int
    path: str
    offset: int | None
    why: str
    start: int
    source: str = ""

    def __str__(self) -> str:
        begins = f" from byte {self.start} ({self.start:#x}) on" if self.start else ""
        at = "" if self.offset is None else f" at byte {self.offset} ({self.offset:#x})"
        place = ", ".join(filter(None, (f"record {self.row}{begins}", self.path)))
        return ": ".join(filter(None, (self.source, f"{place}{at}", self.why)))


class Decoded(NamedTuple):
    """Columns of the records that parse, the numbers of those, and what is to be said of the others."""

    part: Part
    rows: range | Array
    errors: list[RowError]
    plain: Counter[str]  # why how many rows were read by the plain parser
    files: Files = Files()

    def of(self, block: Block, before: int) -> Self:
        """The same of a *block* behind *before* other records; places in the buffer become places in files."""
        begin = each(block.begin, len(block.base))
        errors = [
            e._replace(row=before + e.row, source=block.files.of(e.row), start=e.start - int(begin[e.row]))
            for e in self.errors
        ]
        files = block.files.take(slice(None) if isinstance(self.rows, range) else self.rows)
        rows = range(before, before + len(self.rows)) if isinstance(self.rows, range) else before + self.rows
        return self._replace(rows=rows, errors=errors, files=files)


def joined(found: Sequence[Decoded]) -> Decoded:
    """One after another; takes the given parts apart."""
    rows: Any = [one.rows for one in found]
    even = all(isinstance(some, range) for some in rows)
    rows = range(rows[0].start, rows[-1].stop) if even else np.concatenate(rows)
    files = files_joined([(one.files, one.part.n) for one in found])
    part, errors = concat([one.part for one in found]), [e for one in found for e in one.errors]
    return Decoded(part, rows, errors, sum((one.plain for one in found), Counter[str]()), files)


def nothing(struct: Struct) -> Decoded:
    """No records, but their columns."""
    return Decoded(spread(struct, []), range(0), [], Counter())


def decode(struct: Struct, buffer: Array, base: range | Array, lengths: int | Array) -> Decoded:
    """The records of *struct* that begin at *base* in *buffer*, each *lengths* bytes."""
    n = len(base)
    rows: range | Array = range(n)
    why = Counter[str]()
    part = Part(0)
    while len(rows):
        at, room = base, lengths
        if not isinstance(rows, range):
            at, room = np.asarray(base)[rows], lengths if isinstance(lengths, int) else lengths[rows]
        reader = Reader(buffer, len(rows))
        part = Part(len(rows))
        try:
            _all(struct, reader, Place(at, room), part)
        except Hopeless:
            reader.doubt[:] = True
            reader.why["too few bytes in all"] += len(rows)
        why += reader.why
        sure = not reader.doubt.any()
        if sure:
            load(reader)
        reader.close()
        if sure:
            break
        rows = np.asarray(rows)[~reader.doubt]
    if isinstance(rows, range):
        return Decoded(part, rows, [], why)
    left = np.setdiff1d(np.arange(n), rows, assume_unique=True)
    return _with_plain(struct, buffer, (np.asarray(base), each(lengths, n)), part, rows, left, why)


def _all(struct: Struct, reader: Reader, place: Place, part: Part) -> None:
    scene = Scene(reader, None, None, names={})
    struct.read(scene, place, part)
    left = place.left if isinstance(place.left, int) else place.left != 0
    if np.any(left):
        left = np.broadcast_to(left != 0, len(place))
        scene.doubt(place, left, "bytes follow that belong to no field")


def _with_plain(
    struct: Struct,
    buffer: Array,
    where: tuple[Array, Array],
    part: Part,
    rows: Array,
    left: Array,
    why: Counter[str],
) -> Decoded:
    """What is *left* over by columns, read by the plain parser and put in its place."""
    values: list[Record] = []
    kept: list[int] = []
    errors: list[RowError] = []
    for row in left.tolist():
        start, length = int(where[0][row]), int(where[1][row])
        try:
            values.append(struct.cls.parse(buffer[start : start + length].tobytes()))
            kept.append(row)
        except RecordError as e:
            errors.append(RowError(row, e.path, e.offset, e.why, start))
    if not values:
        return Decoded(part if len(rows) else spread(struct, []), rows, errors, why)
    numbers = np.concatenate([rows, kept])
    order = np.argsort(numbers)
    whole = concat([part, spread(struct, values)]) if len(rows) else spread(struct, values)
    if len(rows):
        whole = whole.take(order)
    return Decoded(whole, numbers[order], errors, why)


def spread(struct: Struct, values: Sequence[Record]) -> Part:
    """The columns of records that are there already."""
    part = Part(len(values))
    struct.spread(values, part)
    return part


def encode(struct: Struct, part: Part) -> tuple[Array, Array]:
    """The bytes of all rows, one after another, and where each begins."""
    sizes = each(struct.extent(part), part.n).astype(np.int64)
    at = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), np.uint8)
    if part.n:
        struct.write(part, out, at)
    return out, at
