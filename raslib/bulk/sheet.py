"""A table made flat, for what knows only rows and columns: terminals, CSV, Arrow and what reads that."""

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..records import Bits, Guid
from .column import Column, Moment
from .part import Array, Blob

if TYPE_CHECKING:
    from .table import Table

LINES = 65536  # rows of a CSV file that are made at a time


class Sheet:
    """The rows of one list with the columns of everything that they are listed in.

    Invalid and absent values are nulls. What has names is shown by name, a number without one as the number. Of
    registers the fields are shown, without those that say what is valid; reserved bytes, and bytes that no row has, are
    not, unless asked for.
    """

    def __init__(self, table: "Table", path: str | None = None, fields: Iterable[str] | None = None) -> None:
        steps = _steps(table, next(iter(table.lists), "") if path is None else path)
        self.rows = steps[-1][1].rows
        lifts: list[Array | None] = [None]  # of each step, its row for every row here
        for _, level in reversed(steps[1:]):
            lifts.insert(0, level.parent if lifts[0] is None else level.parent[lifts[0]])
        self._levels = [(prefix, level, lift) for (prefix, level), lift in zip(steps, lifts, strict=True)]
        if beside := _beside(steps):
            self._levels.append((*beside, None))
        numbers = table.numbers if lifts[0] is None else table.numbers[lifts[0]]
        self.record: Array = numbers  # of each row, the number of its record in the data
        self.columns = dict(self._all() if fields is None else map(self._one, fields))

    def _all(self) -> Iterator[tuple[str, tuple[Column, Array | None]]]:
        for prefix, level, lift in self._levels:
            moments = {name for name, column in level.named() if isinstance(column.item, Moment)}
            for name, column in level.named():
                if name.rpartition(".")[0] not in moments and _wanted(name, column):
                    yield f"{prefix}.{name}".strip("."), (column, lift)

    def _one(self, path: str) -> tuple[str, tuple[Column, Array | None]]:
        for prefix, level, lift in reversed(self._levels):
            if path.startswith(f"{prefix}." if prefix else ""):
                return path, (level.column(path.removeprefix(f"{prefix}.")), lift)
        raise KeyError(path)

    def _read(self, name: str) -> tuple[Column, Array, Array]:
        """The column, its values and where they are valid, for every row here."""
        column, lift = self.columns[name]
        values, valid = column.array(), column.valid()
        return (column, values, valid) if lift is None else (column, values[lift], valid[lift])

    def arrow(self) -> Any:
        """A pyarrow table; ImportError where pyarrow is not installed."""
        pa = import_module("pyarrow")  # by name: nothing here may need it

        made = {"record": pa.array(self.record)}
        for name in self.columns:
            column, values, valid = self._read(name)
            if isinstance(column.item, Blob):
                spans = zip(values.tolist(), valid, strict=True)
                heap = column.item.heap
                made[name] = pa.array([heap[a : a + k].tobytes() if v else None for (a, k), v in spans], pa.binary())
            elif column.names or values.dtype.kind in "SV":
                texts, which = column.texts(values)
                codes = pa.array(which.astype(np.int32), mask=~valid)
                made[name] = pa.DictionaryArray.from_arrays(codes, pa.array(texts, pa.string()))
            else:
                made[name] = pa.array(values, mask=~valid)
        return pa.table(made)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.arrow().__arrow_c_stream__(requested_schema)

    def save(self, file: str | Path) -> None:
        """Writes CSV, or Parquet where pyarrow is installed, as the suffix says."""
        file = Path(file)
        match file.suffix:
            case ".csv":
                self._csv(file)
            case ".parquet":
                import_module("pyarrow.parquet").write_table(self.arrow(), file)
            case other:
                raise ValueError(f"{other or 'no suffix'}: a table is saved as .csv or .parquet")

    def _csv(self, file: Path) -> None:
        columns = [self._read(name) for name in self.columns]
        with file.open("w", newline="", encoding="utf-8") as stream:
            out = csv.writer(stream)
            out.writerow(["record", *self.columns])
            for i in range(0, self.rows, LINES):
                some = slice(i, i + LINES)
                texts = [_texts(column, values[some], valid[some]) for column, values, valid in columns]
                out.writerows(zip(self.record[some].tolist(), *texts, strict=True))

    def text(self, rows: int = 20, width: int | None = None) -> str:
        """The first *rows*, with as many of the columns that say something as fit into *width* characters."""
        room = width or shutil.get_terminal_size((120, 24)).columns
        shown = [Shown("record", "record", [str(n) for n in self.record[:rows].tolist()])]
        left: list[Shown] = []
        for name in self._ordered():
            column, values, valid = self._read(name)
            if (valid & _something(values)).any():
                head = _head(name, self.columns)
                cells = Shown(name, head, _texts(column, values[:rows], valid[:rows], "-"))
                fits = sum(one.width + 2 for one in (*shown, cells)) <= room + 2
                (shown if fits else left).append(cells)
        lines = ["  ".join(one.head.ljust(one.width) for one in shown).rstrip()]
        for i in range(min(rows, self.rows)):
            lines.append("  ".join(one.cells[i].ljust(one.width) for one in shown).rstrip())
        if self.rows > rows:
            lines.append(f"... {self.rows - rows} more rows")
        if left:
            lines.append(f"... {len(left)} more columns: {', '.join(one.name for one in left)}")
        return "\n".join(lines)

    def _ordered(self) -> list[str]:
        """Columns by what they are likely to say, those of the list before those of what it is listed in."""
        depth = {name: -i for i, (prefix, level, _) in enumerate(self._levels) for name in _paths(prefix, level)}
        return sorted(self.columns, key=lambda name: (_weight(self.columns[name][0]), depth.get(name, 0)))


class Shown(NamedTuple):
    """A column of a text table."""

    name: str
    head: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        return max(map(len, [self.head, *self.cells]))


def _steps(table: "Table", path: str) -> list[tuple[str, "Table"]]:
    """The tables on the way to the list at *path*, each with its own path."""
    steps, prefix, left = [("", table)], "", path
    while left:
        for name, inner in table.lists.items():
            if left == name or left.startswith(f"{name}."):
                prefix, left, table = f"{prefix}.{name}".strip("."), left[len(name) + 1 :], inner
                steps.append((prefix, table))
                break
        else:
            raise KeyError(f"{path!r} leads to no list; at {prefix or 'the top'} there are {', '.join(table.lists)}")
    return steps


def _beside(steps: list[tuple[str, "Table"]]) -> tuple[str, "Table"] | None:
    """The list whose elements belong one by one to those of the last step."""
    if len(steps) > 1:
        prefix, name = steps[-2][0], steps[-1][0]
        for other, table in steps[-2][1].lists.items():
            if table.beside and f"{prefix}.{table.beside}".strip(".") == name:
                return f"{prefix}.{other}".strip("."), table
    return None


def _wanted(name: str, column: Column) -> bool:
    last = name.rpartition(".")[2]
    if isinstance(column.item, Blob):
        return len(column.item.heap) > 0
    if last.startswith("reserved") or "validation_bits" in name.split("."):
        return False
    return not isinstance(column.con, Bits)


def _weight(column: Column) -> int:
    """Names first, then numbers that a validation bit vouches for, then the rest of those, then all others."""
    if column.names or isinstance(column.item, Moment):
        return 0
    if not column.said:
        return 3
    return 2 if column.field or isinstance(column.con, Guid) else 1


def _something(values: Array) -> Array:
    """Where a value is more than an unset flag."""
    return values if values.dtype.kind == "b" else np.full(len(values), True)


def _paths(prefix: str, level: "Table") -> list[str]:
    return [f"{prefix}.{name}".strip(".") for name, _ in level.named()]


def _head(name: str, names: Iterable[str]) -> str:
    """The end of a path, as much of it as no other has."""
    parts = name.split(".")
    for i in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[i:])
        if sum(other == end or other.endswith(f".{end}") for other in names) == 1:
            return end
    return name


def _texts(column: Column, values: Array, valid: Array, null: str = "") -> list[str]:
    texts, which = column.texts(values)
    found = np.array([*texts, null], object)
    return found[np.where(valid, which, len(texts))].tolist()  # type: ignore[no-any-return]
