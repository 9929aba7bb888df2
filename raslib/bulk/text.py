"""A sheet as a text table: which columns first, as many as there is room for, and what is left out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..records import Guid
from .column import Column
from .moment import Moment

if TYPE_CHECKING:
    from .sheet import Sheet

# What most readers want to know, by the last name of a path: the columns that come first.
FIRST = (
    *("timestamp", "error_severity", "section", "kind", "fru_text"),
    *("memory_error_type", "physical_address", "mpidr_el1", "type"),
)
LINES = 2  # that name columns which there is no room for


class Shown(NamedTuple):
    """A column of a text table."""

    head: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        return max(map(len, [self.head, *self.cells]))


def text(sheet: "Sheet", rows: int, room: int) -> str:
    """The first *rows*: all columns that were asked for, or as many as there is room for in *room* characters."""
    first = [name for name in sheet.heads if name not in sheet.columns]
    shown = [Shown(name, cells) for name, cells in zip(first, sheet.first(slice(rows)), strict=True)]
    left: list[str] = []
    for name in sheet.columns if sheet.chosen else _ordered(sheet):
        one = Shown(end_of(name, sheet.columns), sheet.texts(name, slice(rows)))
        if sheet.chosen or sum(other.width + 2 for other in (*shown, one)) <= room + 2:
            shown.append(one)
        else:
            left.append(one.head)
    lines = ["  ".join(one.head.ljust(one.width) for one in shown).rstrip()]
    for i in range(min(rows, sheet.rows)):
        lines.append("  ".join(one.cells[i].ljust(one.width) for one in shown).rstrip())
    return "\n".join([*lines, *_left_out(sheet, rows, left, room)])


def _left_out(sheet: "Sheet", rows: int, columns: list[str], room: int) -> Iterator[str]:
    if sheet.rows > rows:
        yield f"... {_many(sheet.rows - rows, 'more row')}"
    if sheet.without:
        yield f"... {_many(sheet.without, 'record')} without {sheet.path}"
    if columns:
        head = f"... {_many(len(columns), 'more column')}: "
        named = list(columns)
        while len(named) > 1 and len(head) + len(", ".join(named)) + 5 > LINES * room:
            named.pop()
        yield head + ", ".join([*named, "..."] if len(named) < len(columns) else named)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _ordered(sheet: "Sheet") -> list[str]:
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


def _said(sheet: "Sheet", name: str, column: Column) -> int:
    """In how many rows the column says something: more than an unset flag."""
    flag = column.field and column.field.kind is bool
    return int(np.count_nonzero(sheet.valid(name) & sheet[name] if flag else sheet.valid(name)))


def _weight(column: Column) -> int:
    """Names first, then numbers that a validation bit vouches for, then the rest of those, then all others."""
    if column.names or isinstance(column.item, Moment):
        return 0
    if not column.said:
        return 3
    return 2 if column.field or isinstance(column.con, Guid) else 1


def end_of(name: str, names: Iterable[str]) -> str:
    """The end of a path, as much of it as no other has."""
    parts = name.split(".")
    for i in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[i:])
        if sum(other == end or other.endswith(f".{end}") for other in names) == 1:
            return end
    return name
