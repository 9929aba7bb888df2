"""The shape of records: where each field lies in all records of one length that have the same deciding bytes.

One record of a shape is parsed by the ordinary parser, which is watched (`Record.watch`): the bytes that the
declaration's functions looked at are the shape's key. In every other record of that length with the same bytes there,
each field lies at the same place, so that a column is a strided view of the records laid side by side.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import construct
import numpy as np
from construct import FormatField, Int64sl, Subconstruct
from numpy.typing import NDArray

from ..formats.cper import Timestamp
from ..plain import ErrorValue
from ..records import AtMost, Choice, Record, RecordError, Times
from ..watch import WHOLE, Watch
from ..words import Word

Array = NDArray[Any]
Rows = slice | NDArray[Any]  # numbers of rows, rising; a slice where they lie evenly
Place = tuple[tuple[str, bool], ...]  # the names of a path; true: a record's name, which may be left out

KNOWN = 256  # shapes of one length that are looked for again
BLOB, TIME, CASE = "bytes", "time", "case"  # kinds of leaves that have no dtype
_NUMBERS = {"B": "u1", "H": "u2", "L": "u4", "Q": "u8", "b": "i1", "h": "i2", "l": "i4", "q": "i8"}


class NotDerivable(ErrorValue, ValueError):
    """No column can hold what stands at *path* of a record; *why* says what that is.

    It is a fault of the declaration, not of the bytes: a field whose construct gives a Python value that is neither a
    number, bytes, a record nor a list of those.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}" if path else why)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.why)


class Leaf(NamedTuple):
    """A value that fills bytes [start, stop) of each record.

    *form* is the dtype of its column, or `BLOB` (bytes of any length), `TIME` (a time stamp) or `CASE` (the name of
    the record chosen). *con* decodes one value. *valid* are the flags that vouch for it, each with its word. Where no
    byte says it, but the shape alone, *constant* has it. *order* sorts leaves as they are declared.
    """

    order: tuple[Any, ...]
    start: int
    stop: int
    form: str
    con: Any
    valid: tuple[tuple["Leaf", str], ...] = ()
    constant: bytes | None = None


class Node(NamedTuple):
    """The leaves of a record, or of one element of a list, and the elements of each list in it, by place.

    It is the whole layout of a row: equal nodes have their fields at the same bytes, whatever stands in those.
    """

    leaves: tuple[tuple[Place, Leaf], ...]
    lists: tuple[tuple[Place, tuple["Node", ...]], ...]


def declared(con: Any) -> Any:
    """The construct that says what stands in a field: a record's, a list's, a choice's, or a value's.

    What only says whether, how large or where (`When`, `Sized`) is taken off.
    """
    if getattr(con, "cls", None) or isinstance(con, Times | Word):
        return con
    return declared(con.subcon) if isinstance(con, Subconstruct) else con


def form_of(con: Any) -> str:
    """The form of the column of a value's construct *con*; empty if none is known.

    That is a dtype such as "<u4" or "V16" for raw bytes of one size; "<u3" and ">u3" for numbers of 3 bytes, which
    numpy does not have; or `BLOB` for bytes of any length.

    >>> form_of(Int64sl), form_of(construct.Bytes(16)), form_of(construct.Int24ul), form_of(construct.GreedyBytes)
    ('<i8', 'V16', '<u3', 'bytes')
    """
    while isinstance(con, Word):
        con = con.subcon
    if type(con) is FormatField and con.fmtstr[1] in _NUMBERS:
        return (">" if con.fmtstr[0] == ">" else "<") + _NUMBERS[con.fmtstr[1]]
    if type(con) is construct.BytesInteger and con.length == 3 and not con.signed:
        return "<u3" if con.swapped else ">u3"
    if type(con) is construct.Bytes and isinstance(con.length, int) and con.length:
        return f"V{con.length}"
    return BLOB if con is construct.GreedyBytes or type(con) in (construct.Bytes, AtMost) else ""


class _Spot(NamedTuple):
    """Where a value stands: construct's path, the names, the order, who vouches; *own* if as its construct gave it."""

    path: str
    at: Place = ()
    order: tuple[Any, ...] = ()
    valid: tuple[tuple[Leaf, str], ...] = ()
    own: bool = True

    def inner(self, name: str, order: Any, **more: Any) -> "_Spot":
        return self._replace(at=(*self.at, (name, isinstance(order, str))), order=(*self.order, order), **more)


class _Explorer:
    """From the values of a watched parse to their leaves. *looked* are the bytes that all records of a shape share."""

    def __init__(self, name: str, watch: Watch, looked: Sequence[tuple[int, int]]) -> None:
        self.name, self.watch, self.looked = name, watch, looked
        self.leaves: list[tuple[Place, Leaf]] = []
        self.lists: list[tuple[Place, tuple[Node, ...]]] = []

    def node(self, value: Any, con: Any, path: str) -> Node:
        """The node of a record or of an element of a list, which the construct *con* gave, if one is known."""
        self._value(value, con, _Spot(path))
        return Node(tuple(self.leaves), tuple(self.lists))

    def _value(self, value: Any, con: Any, spot: _Spot) -> Leaf | None:
        what = None if con is None else declared(con)
        if value is None:
            return None
        if isinstance(value, Record):
            self._record(value, what, spot)
            return None
        if what is None and isinstance(value, tuple) and [*map(type, value)] == [int, bytes]:
            # bytes that belong to nothing, with their offset
            self._leaf(value[0], None, spot.inner("offset", 0, own=False))
            return self._leaf(value[1], None, spot.inner("bytes", 1, own=False))
        if isinstance(value, tuple):
            inner = what.subcon if isinstance(what, Times) else None
            elements = (
                _Explorer(self.name, self.watch, self.looked).node(one, inner, f"{spot.path}[{i}]")
                for i, one in enumerate(value)
            )
            self.lists.append((spot.at, tuple(elements)))
            return None
        if what is None or isinstance(what, Choice):
            self._case("bytes", spot)
            spot = spot.inner("bytes", "bytes")
        return self._leaf(value, con, spot)

    def _record(self, record: Record, what: Any, spot: _Spot) -> None:
        if not getattr(what, "cls", None):
            self._case(type(record).__name__, spot)
            spot = spot.inner(type(record).__name__, type(record).__name__)
        own, words = self.watch.is_of_parse(record), dict[str, Leaf | None]()
        for i, f in enumerate(record.con.fields):
            word = words.get("validation_bits") if f.valid else None
            valid = (*spot.valid, (word, f.valid)) if word else spot.valid
            inside = spot.inner(f.name, i, path=f"{spot.path} -> {f.name}", valid=valid, own=own)
            words[f.name] = self._value(getattr(record, f.name), f.subcon, inside)
        if isinstance(record, Timestamp) and spot.path in self.watch.places:
            self._add(spot, "value", Leaf(spot.order, *self.watch.at(spot.path), TIME, Timestamp.con, spot.valid))

    def _case(self, name: str, spot: _Spot) -> None:
        self._add(spot, "kind", Leaf((*spot.order, ""), 0, 0, CASE, None, spot.valid, name.encode()))

    def _leaf(self, value: Any, con: Any, spot: _Spot) -> Leaf:
        what, (start, stop) = None if con is None else declared(con), self.watch.at(spot.path)
        form = form_of(what)
        if form == BLOB:
            what = None  # the bytes are the value
        if not form:
            what, form = None, BLOB if isinstance(value, bytes) else "<i8" if type(value) is int else ""
        if not form:
            path = ".".join([self.name, *(name for name, _ in spot.at)])
            raise NotDerivable(path, f"no column can hold a {type(value).__name__}")
        shared = start < stop and any(a <= start and stop <= b for a, b in self.looked)
        constant = None
        if shared or not spot.own or spot.path not in self.watch.only_read or spot.path in self.watch.made:
            constant = value if isinstance(value, bytes) else (what or Int64sl).build(value)
            if shared and constant == bytes(self.watch.data[start:stop]):
                constant = None  # the bytes say it as well
        return self._add(spot, "value", Leaf(spot.order, start, stop, form, what, spot.valid, constant))

    def _add(self, spot: _Spot, alone: str, leaf: Leaf) -> Leaf:
        """A leaf at its place; *alone* is its name where it is all that stands there."""
        self.leaves.append((spot.at or ((alone, False),), leaf))
        return leaf


class Shape(NamedTuple):
    """Where the fields lie in records that have the same bytes as *sample* in all of *ranges*.

    *ranges* are [start, stop) pairs: lengths, counts, types, whatever the declaration decides by. In a status block
    with one memory section those are the lengths of the block, and of its entry the type, the revision and the length:

    >>> from raslib import StatusBlock, samples
    >>> shape = Shape.of(StatusBlock, samples("status_blocks/g_mem"))
    >>> shape.fits(np.frombuffer(samples("status_blocks/g_extrow"), np.uint8).reshape(1, -1)).tolist()
    [True]
    """

    sample: bytes
    ranges: tuple[tuple[int, int], ...]
    node: Node

    @classmethod
    def of(cls, kind: type[Record], data: bytes) -> "Shape":
        """The shape of *data*, which is parsed twice: as always, and watched; both must give the same record.

        Raises `RecordError` where *data* is no *kind*, with the words of the ordinary parse; `NotDerivable` where the
        two differ or a value fits no column; and whatever the declaration itself slips with.
        """
        value, watch = kind.parse(data), Watch(data)
        with suppress(Exception):  # what the ordinary parse did not raise is no fault of the bytes
            watch = kind.watch(data)
        if watch.value != value:
            raise NotDerivable(kind.__name__, "parses in another way when it is watched")
        ranges = watch.ranges()
        return cls(data, ranges, _Explorer(kind.__name__, watch, ranges).node(watch.value, kind.con, WHOLE))

    def fits(self, records: Array) -> Array:
        """Which of *records*, an array of (records, bytes), have this shape: a bool for each."""
        same, sample = np.full(len(records), True), np.frombuffer(self.sample, np.uint8)
        for start, stop in self.ranges:
            same &= (records[:, start:stop] == sample[start:stop]).all(axis=1)
        return same


def empty_node(kind: type[Record]) -> Node:
    """The shape of the record that says nothing, for the columns of no records: without what is chosen in it."""
    listed = {f.name: declared(f.subcon) for f in kind.con.fields}
    element = {name: declared(what.subcon) for name, what in listed.items() if isinstance(what, Times) and what.subcon}
    filled = {name: (what.cls(),) for name, what in element.items() if hasattr(what, "cls")}
    for given in (filled, {}):
        try:
            return _unchosen(Shape.of(kind, kind(**given).build()).node)
        except NotDerivable:
            raise
        except Exception:  # not every construct can build what says nothing
            continue
    return Node((), ())


def _unchosen(node: Node) -> Node:
    leaves = ((at, leaf) for at, leaf in node.leaves if leaf.form != CASE and not any(chosen for _, chosen in at))
    return Node(tuple(leaves), tuple((at, tuple(map(_unchosen, elements))) for at, elements in node.lists))


class Piece(NamedTuple):
    """Records of one shape: the numbers of their rows, a row of bytes for each, and where in those the fields lie.

    *records* is an array of (rows, bytes of each record); row `i` of it is row `rows[i]` of the table.
    """

    rows: Rows
    records: Array
    node: Node


class Grouper:
    """Sorts records by their shape, and remembers the shapes that it has met."""

    def __init__(self, kind: type[Record]) -> None:
        self.kind, self.empty = kind, empty_node(kind)
        self._known: dict[int, list[Shape]] = {}  # by length
        self._nodes: dict[Node, Node] = {}  # of equal ones the first

    def sort(
        self, buffer: Array, base: range | Array, lengths: int | Array
    ) -> tuple[list[Piece], list[tuple[int, RecordError]]]:
        """The records at *base*, of *lengths* bytes each, by shape; and those that do not parse.

        *base* are offsets into *buffer*, one for each record; *lengths* is one number where all are equal. Rows are
        numbered as *base* is, from 0. An error comes with the row that it is of, and has no piece.

        Errors that are no `RecordError` are slips of a declaration, and go through.
        """
        self._pieces: list[Piece] = []
        self._errors: list[tuple[int, RecordError]] = []
        if isinstance(lengths, int):
            self._take(np.arange(len(base), dtype=np.int32), gathered(buffer, base, lengths))
        elif len(base):
            order, base = np.argsort(lengths, kind="stable").astype(np.int32), np.asarray(base)
            for rows in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
                self._take(rows, gathered(buffer, base[rows], int(lengths[rows[0]])))
        return self._pieces, self._errors

    def _take(self, rows: Array, records: Array) -> None:
        """Sorts *records*, a row of bytes each and all of one length, into groups."""
        known = self._known.setdefault(records.shape[1], [])
        for shape in list(known):
            if not len(rows):
                return
            if (same := shape.fits(records)).any():
                rows, records = self._split(shape, same, rows, records)
        while len(rows):
            try:
                shape = Shape.of(self.kind, records[0].tobytes())
            except RecordError as e:
                self._errors.append((int(rows[0]), e))
                rows, records = rows[1:], records[1:]
                continue
            shape = shape._replace(node=self._nodes.setdefault(shape.node, shape.node))
            known.insert(0, shape)
            del known[KNOWN:]
            rows, records = self._split(shape, shape.fits(records), rows, records)

    def _split(self, shape: Shape, same: Array, rows: Array, records: Array) -> tuple[Array, Array]:
        """Those of *shape* become a group; the others are left."""
        if same.all():
            self._pieces.append(Piece(rows, records, shape.node))
            return rows[:0], records[:0]
        self._pieces.append(Piece(rows[same], records[same], shape.node))
        return rows[~same], records[~same]


def gathered(buffer: Array, base: range | Array, length: int) -> Array:
    """*length* bytes from each of *base* on, as an array of as many rows; a copy of what is in *buffer*.

    All must lie inside: what a record says of its length beyond the buffer is cut before.

    >>> gathered(np.arange(10, dtype=np.uint8), np.array([1, 4]), 3).tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    n = len(base)
    if not n or not length:
        return np.empty((n, length), np.uint8)
    if isinstance(base, range):
        return np.ndarray((n, length), np.uint8, buffer, base.start, (base.step, 1)).copy()
    every = np.ndarray((len(buffer) - length + 1,), f"V{length}", buffer, 0, (1,))
    return every[base].view(np.uint8).reshape(n, length)
