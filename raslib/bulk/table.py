"""Many records as a table of columns, with a table of its own for every list in them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..records import Bits, Record
from .column import Cases, Column, fields, says
from .derive.plan import struct
from .files import Files
from .moment import Moment
from .part import Amount, Array, Blob, Many, Part, Rows, Sub, Valid, Word, owners, pick
from .read import Decoded, RowError, encode
from .sheet import Sheet

Masks = tuple[Callable[[], Array], ...]
Place = tuple[tuple[str, bool], ...]  # the names of a path; true: a record's name, which may be left out


class Table:
    """Records, or the elements of one list in all of them: a row each, columns by dotted path.

    A path leads through records and lists, as in `entries.section.physical_address`. Where several records may stand
    at one place and more than one has such a field, the record's name leads too, as in
    `entries.section.PlatformMemory.beyond`.
    """

    kind: type[Record] | None = None  # None: the elements of a list

    beside = ""  # the list whose elements these belong to, one by one

    def __init__(self, part: Part, owner: Callable[[], Array] | None = None) -> None:
        self._part, self._owner = part, owner
        self._numbers: range | Array = range(part.n)
        self.origins = Files()  # of the rows of whole records
        self.errors: list[RowError] = []
        self.plain: Counter[str] = Counter()  # how many records were left to the plain parser, and why
        self._columns: dict[Place, Column] = {}
        self._lists: dict[Place, Table] = {}
        self._walk(part, (), None, ())
        self._by_name = _names([*self._columns, *self._lists])
        self._by_path: dict[tuple[str, ...], list[Place]] = {}
        for at in self._by_name:
            for way in {_full(at), _short(at)}:
                self._by_path.setdefault(way, []).append(at)

    @classmethod
    def of(cls, kind: type[Record], found: Decoded) -> "Table":
        """The table of whole records."""
        table = cls(found.part)
        table.kind, table._numbers, table.origins = kind, found.rows, found.files
        table.errors, table.plain = found.errors, found.plain
        return table

    @property
    def numbers(self) -> Array:
        """Of each row, the number of its record in the data."""
        return np.asarray(self._numbers, dtype=np.int64)

    @property
    def files(self) -> list[str]:
        """Of each row, the file that its record is from; empty text if from none."""
        return [self.origins.of(row) for row in range(self.rows)]

    @property
    def rows(self) -> int:
        return self._part.n

    @property
    def parent(self) -> Array:
        """Of each element of a list, the row of the table that it is listed in; empty for whole records."""
        return self._owner() if self._owner else np.empty(0, np.int64)

    def __len__(self) -> int:
        return self._part.n

    def __repr__(self) -> str:
        what = self.kind.__name__ if self.kind else "list"
        return f"<{what} table: {self.rows} rows, {len(self._columns)} columns, {len(self.errors)} errors>"

    # --- what there is ----------------------------------------------------------------------------------------------

    def _walk(self, part: Part, above: Place, rows: Rows, said: Masks) -> None:
        """Columns and lists of *part*, which *rows* of this table have."""
        cases: dict[str, dict[str, Rows]] = {}
        for (path, case), item in part.items.items():
            at = above + tuple((name, False) for name in path.split(".") if name)
            match item:
                case Word():
                    masks = said + _masks(part, item.leaf.valid)
                    if path.rpartition(".")[2] == "seconds" and (moment := Moment.of(part, path.rpartition(".")[0])):
                        self._columns[at[:-1] or (("value", False),)] = Column(self.rows, rows, moment, masks)
                    self._columns[at or (("value", False),)] = Column(self.rows, rows, item, masks)
                    if isinstance(item.leaf.con, Bits):
                        for name, field in fields(item):
                            self._columns[(*at, (name, False))] = Column(self.rows, rows, item, masks, field)
                case Blob():
                    masks = said + _masks(part, item.valid)
                    self._columns[at or (("value", False),)] = Column(self.rows, rows, item, masks)
                case Sub(had, inner, _, valid):
                    masks = said + _masks(part, valid)
                    if case:
                        chosen = cases.setdefault(path, {})
                        chosen[case] = had
                        self._columns[at or (("kind", False),)] = Column(self.rows, rows, Cases(part.n, chosen), masks)
                    inside = tuple(_some(mask, had) for mask in masks)
                    self._walk(inner, (*at, (case, True)) if case else at, pick(rows, had), inside)
                case Many(counts, inner):
                    self._lists[at] = Table(inner, partial(_owner, counts, part.n, rows))
                    self._lists[at].beside = item.beside

    @property
    def columns(self) -> Mapping[str, Array]:
        """All columns by path, those of lists with as many rows as there are elements. Made when looked at."""
        return Columns(self)

    @property
    def lists(self) -> "dict[str, Table]":
        """The tables of the lists, by path."""
        return {self._by_name[at]: table for at, table in self._lists.items()}

    def _find(self, path: str) -> "Column | Table":
        """The column or list at *path*. Raises KeyError, which names what is near."""
        names = tuple(path.split("."))
        if found := self._by_path.get(names):
            exact = [at for at in found if _full(at) == names] or found
            if len(exact) > 1:
                ways = sorted(".".join(_full(at)) for at in exact)
                raise KeyError(f"{path!r} may be any of {', '.join(ways)}")
            return self._columns[exact[0]] if exact[0] in self._columns else self._lists[exact[0]]
        for at, table in self._lists.items():
            for way in (_full(at), _short(at)):
                if names[: len(way)] == way:
                    return table._find(".".join(names[len(way) :]))
        near = get_close_matches(path, self.columns, 5, 0.4) or list(self._by_name.values())
        raise KeyError(f"there is no {path!r}; near it: {', '.join(near)}")

    def named(self) -> Iterator[tuple[str, Column]]:
        """The columns of these rows by path, without those of lists."""
        return ((self._by_name[at], column) for at, column in self._columns.items())

    def column(self, path: str) -> Column:
        found = self._find(path)
        if isinstance(found, Table):
            raise KeyError(f"{path!r} is a list; its table is table({path!r})")
        return found

    def table(self, path: str) -> "Table":
        """The table of a list: a row per element; `parent` says the row here of each."""
        found = self._find(path)
        if isinstance(found, Column):
            raise KeyError(f"{path!r} is a column, not a list")
        return found

    def __getitem__(self, path: str) -> Array:
        """The column at *path*: numbers as they stand in the bytes, zero where a row has no such field.

        Bits of a register are columns too, as in `block_status.correctable`. GUIDs and raw bytes are of dtype V, text
        is of dtype S; of bytes of any length it is offset and length, and `values` gives the bytes.
        """
        return self.column(path).array()

    def valid(self, path: str) -> Array:
        """The rows of which the column is to be believed: they have it, and its validation bit says so."""
        return self.column(path).valid()

    def masked(self, path: str) -> Any:
        """The column as a numpy masked array."""
        column = self.column(path)
        return np.ma.MaskedArray(column.array(), ~column.valid())

    def names(self, path: str) -> dict[int, str]:
        """The vocabulary of a coded column; empty if it has none."""
        return self.column(path).names

    def values(self, path: str, rows: Any = slice(None)) -> list[Any]:
        """What the plain parser gives: enumeration members, registers, GUIDs, text, bytes; None where absent."""
        return self.column(path).values(rows)

    # --- what may be done with it -----------------------------------------------------------------------------------

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""
        return self._part.nbytes()

    def take(self, rows: Any) -> "Table":
        """These *rows*, by number or by a mask; errors stay with the whole."""
        chosen = np.arange(self.rows)[rows]
        parent = self.parent[chosen] if self._owner else None
        table = Table(self._part.take(chosen), None if parent is None else lambda: parent)
        table.kind, table._numbers, table.origins = self.kind, self.numbers[chosen], self.origins.take(chosen)
        return table

    def replace(self, columns: Mapping[str, Any]) -> "Table":
        """The same records with other values in some *columns*, in the form that `table[path]` has; others as before.

        Raises ValueError where there is no room for a value.
        """
        new: dict[int, Word] = {}
        for path, values in columns.items():
            self.column(path).change(values, new)
        table = Table(self._part.swapped(new), self._owner)
        table.kind, table._numbers, table.origins = self.kind, self._numbers, self.origins
        return table

    def to_bytes(self) -> bytes:
        """The records, one after another, written from the columns."""
        if self.kind is None:
            raise ValueError("the elements of a list are part of their records; only those have bytes of their own")
        return encode(struct(self.kind), self._part)[0].tobytes()

    def record(self, row: int) -> Record:
        """One row as a record."""
        if self.kind is None:
            raise ValueError("the elements of a list are part of their records; ask the table of those")
        return self.kind.parse(self.take([row]).to_bytes())

    def sheet(self, path: str | None = None, fields: Any = None) -> Sheet:
        """One flat table with the rows of the list at *path*, each with the columns of what it is listed in.

        Without *path* the outermost list; "" is these rows alone. *fields* are the paths wanted, in their order.
        """
        return Sheet(self, path, fields)

    def save(self, file: str | Path, path: str | None = None, fields: Any = None) -> None:
        """Writes the `sheet` as CSV or, where pyarrow is installed, as Parquet, as the *file*'s suffix says."""
        self.sheet(path, fields).save(file)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.sheet().__arrow_c_stream__(requested_schema)


class Columns(Mapping[str, Array]):
    """A table's columns by path, each made when it is looked at."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __getitem__(self, path: str) -> Array:
        return self._table[path]

    def __iter__(self) -> Iterator[str]:
        table = self._table
        yield from (table._by_name[at] for at in table._columns)
        for at, inner in table._lists.items():
            yield from (f"{table._by_name[at]}.{path}" for path in inner.columns)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _owner(counts: Amount, n: int, rows: Rows) -> Array:
    owner = owners(counts, n)
    return owner if rows is None else rows[owner]


def _masks(part: Part, valid: tuple[Valid, ...]) -> Masks:
    return tuple(lambda v=v: says(part, v.word, v.flag) for v in valid)


def _some(mask: Callable[[], Array], rows: Rows) -> Callable[[], Array]:
    return mask if rows is None else lambda: mask()[rows]


def _full(at: Place) -> tuple[str, ...]:
    return tuple(name for name, _ in at)


def _short(at: Place) -> tuple[str, ...]:
    return tuple(name for name, of_record in at if not of_record) or _full(at)


def _names(places: list[Place]) -> dict[Place, str]:
    """The shortest name of each that only it has."""
    taken = Counter(_short(at) for at in places)
    return {at: ".".join(_short(at) if taken[_short(at)] == 1 else _full(at)) for at in places}
