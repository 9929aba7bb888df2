"""Many records as a table of columns, with a table of its own for every list in them.

A table holds `Piece`s, the bytes of records of one shape each, and makes columns of them when they are asked for.
What may be read of a table is in `raslib.bulk.Table`, which adds sheets and files.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, Self

import numpy as np

from ..formats.kinds import Lookup
from ..records import Bits, Record, Register
from .column import Bitfield, Column, ColumnPart, Compared, arrays
from .files import Files, joined
from .shapes import Array, Node, Piece, Place, empty_node

NO_FILES = Files()


class RowError(NamedTuple):
    """A record that does not parse: its number in the data, *path* and *offset* in it, and where it begins.

    *start* is the byte of the *source* file, or of the bytes given, at which the record begins; *offset* counts from
    there.
    """

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


class RecordTable(Compared):
    """Records, or the elements of one list in all of them: a row each, columns by dotted path.

    A path leads through records and lists, as in `entries.section.physical_address`. Where several records may stand
    at one place and more than one has such a field, the record's name leads too, as in
    `entries.section.PlatformMemory.beyond`.

    `rows` is how many rows there are. `kind` is the kind of whole records, None of the elements of a list. `errors` has
    a `RowError` for each record that does not parse, in order: those have no row. `origins` are the files of the rows;
    `parent` says of each element of a list in which row of the table above it is listed, and is empty of whole records.
    """

    def __init__(
        self,
        n: int,
        pieces: Sequence[Piece],
        kind: type[Record] | None = None,
        numbers: range | Array | None = None,
        origins: Files = NO_FILES,
        parent: Sequence[int] | Array = (),
    ) -> None:
        self.rows, self.kind, self.origins = n, kind, origins
        self._pieces = [p._replace(rows=slice(None)) if n and len(p.records) == n else p for p in pieces]
        self._numbers = range(n) if numbers is None else numbers
        self.parent: Array = np.asarray(parent, np.int64)
        self.errors: list[RowError] = []
        self._columns = _columns(n, self._pieces)
        self._lists: dict[Place, list[tuple[Piece, tuple[Node, ...]]]] = {}
        for piece in self._pieces:
            for at, elements in piece.node.lists:
                self._lists.setdefault(at, []).append((piece, elements))
        self._tables: dict[Place, Self] = {}  # of lists, made when they are looked at
        self._by_name = _names([*self._columns, *self._lists])
        self._by_path: dict[tuple[str, ...], list[Place]] = {}
        for at in self._by_name:
            for way in {_full(at), _short(at)}:
                self._by_path.setdefault(way, []).append(at)

    @classmethod
    def joined(cls, kind: type[Record], tables: Sequence[Self]) -> Self:
        """The records of some tables of one *kind*, one table after another.

        Takes the given ones apart, so that little more than the result is held. Columns that no record has are there
        too, as far as a record that says nothing has them.
        """
        together: dict[Node, list[tuple[Array, Array]]] = {empty_node(kind): []}
        before = 0
        for table in tables:
            for piece in table._pieces:
                rows = np.arange(before, before + table.rows, dtype=np.int32)[piece.rows]
                together.setdefault(piece.node, []).append((rows, piece.records))
            before += table.rows
            table._pieces.clear()
            table._columns.clear()
            table._lists.clear()
        first = int(next(iter(tables[0]._numbers), 0)) if tables else 0
        numbers: range | Array = range(first, first + before)
        if any(isinstance(table._numbers, np.ndarray) for table in tables):
            numbers = np.concatenate([table.numbers for table in tables])
        pieces = [_joined(node, together[node]) for node in list(together)]
        made = cls(before, pieces, kind, numbers, joined([(table.origins, table.rows) for table in tables]))
        for table in tables:
            made.errors += table.errors
        return made

    @property
    def numbers(self) -> Array:
        """Of each row, the number of its record in the data, from 0."""
        return np.asarray(self._numbers, dtype=np.int64)

    def __len__(self) -> int:
        return self.rows

    def content(self) -> Iterator[Any]:
        yield self.kind, self.rows
        yield self.errors, self.origins.content(), self.numbers.tobytes(), self.parent.tobytes()
        yield from (self._columns, self.lists)

    def __repr__(self) -> str:
        what = self.kind.__name__ if self.kind else "list"
        return f"<{what} table: {self.rows} rows, {len(self._columns)} columns, {len(self.errors)} errors>"

    # --- what there is ----------------------------------------------------------------------------------------------

    @property
    def columns(self) -> Mapping[str, Array]:
        """All columns by path, those of lists with as many values as there are elements. Made when looked at."""
        return Lookup(self.__getitem__, self._paths)

    def _paths(self) -> Iterator[str]:
        yield from (self._by_name[at] for at in self._columns)
        for name, inner in self.lists.items():
            yield from (f"{name}.{path}" for path in inner.columns)

    @property
    def lists(self) -> "dict[str, RecordTable]":
        """The tables of the lists in these rows, by path, outermost first; each has a row for every element."""
        return {self._by_name[at]: self._list(at) for at in self._lists}

    def _list(self, at: Place) -> "Self":
        if at not in self._tables:
            counts = np.zeros(self.rows, np.int64)
            for piece, elements in self._lists[at]:
                counts[piece.rows] = len(elements)
            first = np.cumsum(counts) - counts
            pieces = []
            for piece, elements in self._lists[at]:
                pieces += [Piece(first[piece.rows] + i, piece.records, node) for i, node in enumerate(elements)]
            parent = np.repeat(np.arange(self.rows), counts)
            self._tables[at] = type(self)(int(counts.sum()), pieces, parent=parent)
        return self._tables[at]

    def _find(self, path: str) -> "Column | RecordTable":
        """The column or list at *path*. Raises KeyError, which names what is near."""
        names = tuple(path.split("."))
        if found := self._by_path.get(names):
            exact = [at for at in found if _full(at) == names] or found
            if len(exact) > 1:
                ways = sorted(".".join(_full(at)) for at in exact)
                raise KeyError(f"{path!r} may be any of {', '.join(ways)}")
            return self._columns[exact[0]] if exact[0] in self._columns else self._list(exact[0])
        for at in self._lists:
            for way in (_full(at), _short(at)):
                if names[: len(way)] == way:
                    return self._list(at)._find(".".join(names[len(way) :]))
        near = get_close_matches(path, self.columns, 5, 0.4) or list(self._by_name.values())
        raise KeyError(f"there is no {path!r}; near it: {', '.join(near)}")

    def named(self) -> Iterator[tuple[str, Column]]:
        """The columns of these rows by path, in the order of the declaration, without those of lists.

        A register is followed by its bits. The paths are as short as they are unique.
        """
        return ((self._by_name[at], column) for at, column in self._columns.items())

    def column(self, path: str) -> Column:
        """The `Column` at *path*, which has names, texts and plain values too.

        Raises KeyError where there is no such column, naming what is near, and where *path* is a list.
        """
        found = self._find(path)
        if isinstance(found, RecordTable):
            raise KeyError(f"{path!r} is a list; its table is table({path!r})")
        return found

    def table(self, path: str) -> "RecordTable":
        """The table of a list: a row for each element, in order; `parent` says the row here of each.

        Raises KeyError where there is no list at *path*.
        """
        found = self._find(path)
        if isinstance(found, Column):
            raise KeyError(f"{path!r} is a column, not a list")
        return found

    def __getitem__(self, path: str) -> Array:
        """The column at *path*: numbers as they stand in the bytes, zero where a row has no such field.

        An array with a value for each row (for each element, if the path leads through a list), of the field's own
        width and byte order; it is read-only, and made anew each time. Bits of a register are columns too, as in
        `block_status.correctable`: bool if one bit is a flag. GUIDs (UEFI 2.10 appendix A) and raw bytes are of dtype
        V, text is of dtype S without the NULs behind it, time stamps (UEFI 2.10 §N.2.1) are datetime64[s], two decimal
        digits are their number. Of bytes of any length it is (offset, length), and `values` gives the bytes. Of a
        place where several records may stand it is a number, which `names` names.

        Raises KeyError where there is no such column, naming what is near, or where several may be meant.
        """
        return self.column(path).array()

    def arrays(self, *paths: str) -> dict[str, Array]:
        """The columns at these *paths*, or all of these rows: as `table[path]` each, but faster than one by one.

        Raises KeyError as `table[path]` does.
        """
        columns = {path: self.column(path) for path in paths} if paths else dict(self.named())
        return dict(zip(columns, arrays(list(columns.values())), strict=True))

    def valid(self, path: str) -> Array:
        """The rows of which the column is to be believed: an array of bools, as long as `table[path]`.

        They have the field, its validation bit, if it has one, says so, and so do those of what it lies in. A time is
        valid only if it is a date. Raises KeyError as `table[path]` does.
        """
        return self.column(path).valid()

    def masked(self, path: str) -> Any:
        """The column as a numpy masked array, in which what is not `valid` is masked.

        So that means and sums leave out what no record says. Raises KeyError as `table[path]` does.
        """
        column = self.column(path)
        return np.ma.MaskedArray(column.array(), ~column.valid())

    def names(self, path: str) -> dict[int, str]:
        """The vocabulary of a coded column, as number -> name; empty if it has none.

        >>> from raslib import samples
        >>> from raslib.bulk import columns
        >>> table = columns(samples("status_blocks/g_mem"))
        >>> table.names("entries.error_severity")
        {0: 'RECOVERABLE', 1: 'FATAL', 2: 'CORRECTED', 3: 'INFORMATIONAL'}
        """
        return self.column(path).names

    def values(self, path: str, rows: Any = slice(None)) -> list[Any]:
        """What the plain parser gives: enumeration members, registers, GUIDs, text, bytes; None where absent.

        *rows* are a slice, a mask or numbers. Python values, so about a thousand times as slow as the column itself.
        """
        return self.column(path).values(rows)

    # --- what may be done with it -----------------------------------------------------------------------------------

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the records take, with the numbers of their rows, but not the columns made of them."""
        rows = sum(p.rows.nbytes for p in self._pieces if isinstance(p.rows, np.ndarray))
        return rows + sum(p.records.nbytes for p in self._pieces)

    def take(self, rows: Any) -> Self:
        """These *rows*, by number (in any order, also more than once) or by a mask; errors stay with the whole.

        A table of its own, with copies of the bytes; `numbers` still say which records of the data they are. Raises
        IndexError for a row that is not there, and for a mask of another length.
        """
        chosen = np.arange(self.rows)[rows]
        which, inside = np.zeros(self.rows, np.int32), np.zeros(self.rows, np.int64)
        for i, piece in enumerate(self._pieces):
            which[piece.rows], inside[piece.rows] = i, np.arange(len(piece.records))
        pieces = []
        for i, piece in enumerate(self._pieces):
            mine = np.flatnonzero(which[chosen] == i)
            pieces.append(piece._replace(rows=mine, records=piece.records[inside[chosen[mine]]]))
        parent = self.parent[chosen] if len(self.parent) else self.parent
        return type(self)(len(chosen), pieces, self.kind, self.numbers[chosen], self.origins.take(chosen), parent)

    def replace(self, columns: Mapping[str, Any]) -> Self:
        """The same records with other values in some *columns*, in the form that `table[path]` has; others as before.

        Bytes are changed, and nothing else: lengths and counts that a value should have changed stay as they were, and
        `record` may then refuse the row.

        >>> from raslib import samples
        >>> from raslib.bulk import columns
        >>> table = columns(samples("status_blocks/g_mem"))
        >>> other = table.replace({"entries.section.card": [7]})
        >>> other.record(0).entries[0].section.card, table.record(0).entries[0].section.card
        (7, 0)

        Raises ValueError where there is no room for a value, KeyError where there is no such column.
        """
        copies: dict[int, Array] = {}
        for path, values in columns.items():
            self.column(path).change(values, copies)
        pieces = [p._replace(records=copies.get(id(p.records), p.records)) for p in self._pieces]
        return type(self)(self.rows, pieces, self.kind, self._numbers, self.origins, self.parent)

    def to_bytes(self) -> bytes:
        """The records, one after another, as they were read or `replace` changed them.

        Raises ValueError of a list, whose elements are part of their records.
        """
        if self.kind is None:
            raise ValueError("the elements of a list are part of their records; only those have bytes of their own")
        if len(self._pieces) == 1:
            return self._pieces[0].records.tobytes()
        sizes = np.zeros(self.rows, np.int64)
        for piece in self._pieces:
            sizes[piece.rows] = piece.records.shape[1]
        begin = np.cumsum(sizes) - sizes
        out = np.empty(int(sizes.sum()), np.uint8)
        for piece in self._pieces:
            if piece.records.size:
                size = piece.records.shape[1]
                every = np.ndarray((len(out) - size + 1,), f"V{size}", out, 0, (1,))
                every[begin[piece.rows]] = piece.records.view(f"V{size}").reshape(-1)
        return out.tobytes()

    def record(self, row: int) -> Record:
        """One row as a record, parsed from its bytes.

        Raises ValueError of a list's element, `RecordError` where `replace` has left bytes that are no record.
        """
        if self.kind is None:
            raise ValueError("the elements of a list are part of their records; ask the table of those")
        return self.kind.parse(self.take([row]).to_bytes())


def _columns(n: int, pieces: Sequence[Piece]) -> dict[Place, Column]:
    """The columns of all leaves, as they are declared, each register followed by its bits."""
    found: dict[Place, list[ColumnPart]] = {}
    for piece in pieces:
        for at, leaf in piece.node.leaves:
            found.setdefault(at, []).append(ColumnPart(piece.rows, piece.records, leaf))
    columns: dict[Place, Column] = {}
    for at in sorted(found, key=lambda at: [(isinstance(i, str), i) for i in found[at][0].leaf.order]):
        columns[at] = Column(n, at, found[at])
        if isinstance(columns[at].con, Bits):
            for name, bits in bitfields(columns[at].con):
                columns[(*at, (name, False))] = Column(n, at, found[at], bits)
    return columns


def bitfields(con: Any) -> list[tuple[str, Bitfield]]:
    """The named bits of the register of the construct *con*, in the order of its layout.

    What no field names, if there is any, is the last, "reserved": its mask may have holes, and *low* is then 0.
    """
    kind: type[Register] = con.kind
    named = [(name, Bitfield(low, mask, kind)) for name, low, mask, kind, *_ in kind.layout]
    free = (1 << kind.width) - 1 & ~sum(mask << low for _, low, mask, *_ in kind.layout)
    return [*named, ("reserved", Bitfield(0, free, int))] if free else named


def _joined(node: Node, some: list[tuple[Array, Array]]) -> Piece:
    if not some:  # no record has this shape
        return Piece(np.empty(0, np.int32), np.empty((0, 0), np.uint8), node)
    rows, records = zip(*some, strict=True)
    some.clear()
    return Piece(np.concatenate(rows), records[0] if len(records) == 1 else np.concatenate(records), node)


def _full(at: Place) -> tuple[str, ...]:
    return tuple(name for name, _ in at)


def _short(at: Place) -> tuple[str, ...]:
    return tuple(name for name, of_record in at if not of_record) or _full(at)


def _names(places: list[Place]) -> dict[Place, str]:
    """The shortest name of each that only it has."""
    taken = Counter(_short(at) for at in places)
    return {at: ".".join(_short(at) if taken[_short(at)] == 1 else _full(at)) for at in places}
