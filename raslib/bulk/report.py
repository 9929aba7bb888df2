"""What one asks of a sheet: its rows as a text table, and how many of them are of each kind.

`Sheet.text` and `Sheet.count` are the doors. Both look at columns as arrays and make text only of what is shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import shorten
from typing import Any

import numpy as np

from ..records import Guid
from ..views import table
from .column import Column, Compared
from .shapes import TIME, Array
from .sheet import FlatSheet, end_of

# What most readers want to know, by the last name of a path: the columns that come first.
FIRST = (
    *("timestamp", "error_severity", "section", "kind", "fru_text"),
    *("memory_error_type", "physical_address", "mpidr_el1", "type"),
)
LINES = 2  # that name columns which there is no room for


def text(sheet: FlatSheet, rows: int, room: int) -> str:
    """The first *rows* as lines: all columns that were asked for, or as many as there is room for in *room* characters.

    Columns that say something come first: those of `FIRST`, then what has names, then numbers that a validation bit
    vouches for; among equals what more rows have. A column in which no row says something is left out without a word.

    Below them stands what is left out: rows, records without a row, columns. What is not valid is shown as `-`.
    """
    first = [name for name in sheet.heads if name not in sheet.columns]
    shown = [[name, *cells] for name, cells in zip(first, sheet.first(slice(rows)), strict=True)]
    left: list[str] = []
    for name in sheet.columns if sheet.chosen else _ordered(sheet):
        head = end_of(name, sheet.columns)
        one = [head, *sheet.texts(name, slice(rows))]
        if sheet.chosen or sum(map(_width, (*shown, one))) + 2 * len(shown) <= room:
            shown.append(one)
        else:
            left.append(head)
    lines = table.columns(zip(*shown, strict=True), _numbers(column[1:] for column in shown))
    return "\n".join([*lines, *_left_out(sheet, rows, left, room)])


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _left_out(sheet: FlatSheet, rows: int, columns: list[str], room: int) -> Iterator[str]:
    if sheet.rows > rows:
        yield f"... {_many(sheet.rows - rows, 'more row')}"
    if sheet.without:
        yield f"... {_many(sheet.without, 'record')} without {sheet.path}"
    if columns:
        head = f"... {_many(len(columns), 'more column')}: "
        yield head + shorten(", ".join(columns), LINES * room - len(head), placeholder=" ...")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _ordered(sheet: FlatSheet) -> list[str]:
    """The columns that say something: those of `FIRST`, then others by kind and by how many rows have them."""
    depth = sheet.depth
    nearest: dict[str, int] = {}
    for name, far in depth.items():
        last = name.rpartition(".")[2]
        nearest[last] = min(far, nearest.get(last, far))
    rank: dict[str, tuple[int, int, int, int]] = {}
    for name, (column, _) in sheet.columns.items():
        if often := _said(sheet, name, column):
            last = name.rpartition(".")[2]
            first = last in FIRST and depth[name] == nearest[last]  # of two severities, say, that of the section
            rank[name] = FIRST.index(last) if first else len(FIRST), _weight(column), -often, depth[name]
    return sorted(rank, key=lambda name: rank[name])


def _said(sheet: FlatSheet, name: str, column: Column) -> int:
    """In how many rows the column says something: more than an unset flag."""
    flag = column.bits and column.bits.kind is bool
    return int(np.count_nonzero(sheet.valid(name) & sheet[name] if flag else sheet.valid(name)))


def _weight(column: Column) -> int:
    """Names first, then numbers that a validation bit vouches for, then the rest of those, then all others."""
    if column.names or column.form == TIME:
        return 0
    if not column.vouched:
        return 3
    return 2 if column.bits or isinstance(column.con, Guid) else 1


# --- counts ----------------------------------------------------------------------------------------------------------

SHOWN = 10  # kinds


class Count(Compared):
    """The kinds of rows, most frequent first: how often each is, its first row, and the kind of each row.

    Rows in which one of the columns is null are of no kind. `counts` and `first` have a number for each kind, the
    latter a row of the sheet; `rows` are the rows that are of a kind, rising, and `which` says of each the kind. Ends a
    notebook's cell as a table of the `SHOWN` most frequent. Of equally frequent kinds the one that came first goes
    first.

    >>> from raslib import samples
    >>> from raslib.bulk import columns
    >>> sheet = columns(samples("status_blocks/g_arm") + samples("status_blocks/g_mem") * 2).sheet()
    >>> kinds = sheet.count("section")
    >>> kinds.counts.tolist(), kinds.first.tolist(), kinds.which.tolist()
    ([2, 1], [1, 0], [1, 0, 0])
    >>> list(kinds.texts())
    [('PlatformMemory', '2'), ('ArmProcessor', '1')]

    *where* is a mask or numbers of the rows that are counted. Raises KeyError for a field that is not there.
    """

    def __init__(self, sheet: FlatSheet, fields: Sequence[str], where: Any = None) -> None:
        self.sheet, self.fields = sheet, tuple(fields)
        found = [sheet.read(name) for name in fields]
        having = np.logical_and.reduce([valid for _, _, valid in found])
        if where is not None:
            having &= np.isin(np.arange(sheet.rows), np.arange(sheet.rows)[where])
        self.rows: Array = np.flatnonzero(having)  # the rows that are of a kind
        key: Array = np.zeros(len(self.rows), np.int64)
        for _, values, _ in found:
            for word in _words(values[self.rows]):
                _, codes = np.unique(word, return_inverse=True)
                _, key = np.unique(key * (codes.max(initial=0) + 1) + codes, return_inverse=True)
        _, first, which, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        order = np.lexsort((first, -counts))
        self.counts: Array = counts[order]
        self.first: Array = self.rows[first[order]]
        self.which: Array = np.argsort(order)[which]  # of each of `rows`, the number of its kind

    def content(self) -> Iterator[Any]:
        yield self.fields
        yield self.sheet, self.rows.tobytes(), self.which.tobytes()

    def __len__(self) -> int:
        return len(self.counts)

    def total(self, of: Any) -> Array:
        """Of each kind, the sum of *of*, an array with a number or a flag for every row of the sheet.

        The sums are whole numbers, in the order of `counts`: of a flag, in how many rows of the kind it is set.
        """
        return np.bincount(self.which, np.asarray(of)[self.rows], len(self)).astype(np.int64)

    def texts(self, kinds: Any = slice(SHOWN)) -> Iterator[tuple[str, ...]]:
        """What stands in the columns, and how often, of some *kinds* (a slice or numbers), as text."""
        rows = self.first[kinds]
        columns = [self.sheet.texts(name, rows) for name in self.fields]
        yield from zip(*columns, map(str, self.counts[kinds].tolist()), strict=True)

    def __repr__(self) -> str:
        rows = [*self.texts()]
        lines = table.columns([(*self.heads, "rows"), *rows], _numbers(zip(*rows, strict=True)))
        return "\n".join([*lines, *self._left()])

    @property
    def heads(self) -> list[str]:
        """The names of the columns that are counted by, as short as they are unique."""
        return [end_of(name, self.sheet.columns) for name in self.fields]

    def _left(self) -> list[str]:
        return [f"... {len(self) - SHOWN} more kinds"] if len(self) > SHOWN else []

    def _repr_html_(self) -> str:
        left = "".join(f"<p>{line}</p>" for line in self._left())
        rows = [*self.texts()]
        return table.table((*self.heads, "rows"), rows, numbers=_numbers(zip(*rows, strict=True))) + left


def _numbers(columns: Iterable[Sequence[str]]) -> set[int]:
    """Which *columns* hold numbers, and `-` where there is none."""
    said = [[cell for cell in column if cell != "-"] for column in columns]
    return {i for i, cells in enumerate(said) if cells and all(map(str.isdecimal, cells))}


def _words(values: Array) -> Iterator[Array]:
    """Numbers that are equal where the *values* are."""
    if values.dtype.kind in "SV" and values.itemsize % 8 == 0:
        yield from np.ascontiguousarray(values).view("<u8").reshape(-1, values.itemsize // 8).T
    elif values.dtype.kind == "V":
        yield np.ascontiguousarray(values).view(f"S{values.itemsize}")
    else:
        yield values
