"""A table made flat, for what knows only rows and columns: terminals, CSV, Arrow and what reads that."""

import csv
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replacing
from ..plain import printable
from ..records import Bits, Text
from .column import Column
from .shapes import BLOB, TIME, Array
from .table import Table

BESIDE = {"section_descriptors": "sections"}  # lists of a CPER record, whose elements belong together one by one
LINES = 65536  # rows of a CSV file that are made at a time


class Sheet:
    """The rows of one list with the columns of everything that they are listed in.

    Invalid and absent values are nulls. What has names is shown by name, a number without one as the number. Of
    registers the fields are shown, without those that say what is valid; reserved bytes, and bytes that no row has, are
    not, unless asked for.
    """

    def __init__(self, table: Table, path: str | None = None, fields: Iterable[str] | None = None) -> None:
        steps = _steps(table, next(iter(table.lists), "") if path is None else path)
        self.rows = steps[-1][1].rows
        lifts: list[Array | None] = [None]  # of each step, its row for every row here
        for _, level in reversed(steps[1:]):
            lifts.insert(0, level.parent if lifts[0] is None else level.parent[lifts[0]])
        self.path = steps[-1][0]
        self._levels = [
            (prefix, level, _other_rows(lift), len(steps) - 1 - i)
            for i, ((prefix, level), lift) in enumerate(zip(steps, lifts, strict=True))
        ]
        if beside := _beside(steps):
            self._levels.append((*beside, None, 0))
        numbers = table.numbers if lifts[0] is None else table.numbers[lifts[0]]
        self.record: Array = numbers  # of each row, the number of its record in the data
        self.without = table.rows - len(np.unique(numbers))  # records that have no row here
        self.files = table.origins if lifts[0] is None else table.origins.take(lifts[0])
        self.chosen = fields is not None
        self.columns = dict(self._all() if fields is None else map(self._one, fields))

    def _all(self) -> Iterator[tuple[str, tuple[Column, Array | None]]]:
        for prefix, level, lift, _ in self._levels:
            moments = {name for name, column in level.named() if column.form == TIME}
            for name, column in level.named():
                if name.rpartition(".")[0] not in moments and _wanted(name, column):
                    yield f"{prefix}.{name}".strip("."), (column, lift)

    def _one(self, path: str) -> tuple[str, tuple[Column, Array | None]]:
        """The column at *path*, or that of the shortest path that ends so. Raises KeyError, naming what is near."""
        names = [f"{prefix}.{name}".strip(".") for prefix, level, *_ in self._levels for name, _ in level.named()]
        ends = [path] if path in names else [name for name in names if name.endswith(f".{path}")]
        ends.sort(key=_length)
        if len(ends) > 1 and _length(ends[0]) == _length(ends[1]):
            raise KeyError(f"{path!r} may be any of {', '.join(ends)}")
        path = ends[0] if ends else path
        holding = [one for one in self._levels if not one[0] or path.startswith(f"{one[0]}.")]
        prefix, level, lift, _ = max(holding, key=lambda one: len(one[0]))
        return path, (level.column(path.removeprefix(f"{prefix}.")), lift)

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, name: str) -> Array:
        """A column, zero where there is none; as of a table, but a value for every row here."""
        return self.read(name)[1]

    def valid(self, name: str) -> Array:
        """The rows in which the column is to be believed."""
        column, lift = self._column(name)
        return column.valid() if lift is None else column.valid()[lift]

    def texts(self, name: str, rows: Any = slice(None), null: str = "-") -> list[str]:
        """A column as it is shown, of some *rows*."""
        column, values, valid = self.read(name)
        return _texts(column, values[rows], valid[rows], null)

    def heads_of(self, names: Iterable[str]) -> list[str]:
        """As much of the end of each name as tells it from all others here."""
        return [end_of(name, self.columns) for name in names]

    def read(self, name: str) -> tuple[Column, Array, Array]:
        """The column, its values and where they are valid, for every row here."""
        column, lift = self._column(name)
        values = column.array()
        return column, values if lift is None else values[lift], self.valid(name)

    def _column(self, name: str) -> tuple[Column, Array | None]:
        return self.columns[name] if name in self.columns else self._one(name)[1]

    @property
    def heads(self) -> list[str]:
        """The names of all columns; the file first, if the records are from files."""
        return ["file", "record", *self.columns] if any(self.files.names) else ["record", *self.columns]

    def arrow(self) -> Any:
        """A pyarrow table; ModuleNotFoundError where pyarrow is not installed.

        Whoever takes the Arrow C stream interface gets the same. It is pyarrow's, for what a reader releases it may
        release while an exception is on its way, and no Python function may be run then.
        """
        pa = _pyarrow("pyarrow")
        made = {}
        if any(self.files.names):
            names = [*map(printable, self.files.names)]
            which = np.zeros(self.rows, np.int32) if self.files.which is None else self.files.which
            made["file"] = pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), pa.array(names, pa.string()))
        made["record"] = pa.array(self.record)
        for name in self.columns:
            column, values, valid = self.read(name)
            if column.form == BLOB:
                spans = zip(values.tolist(), valid, strict=True)
                heap = column.heap
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
        """Writes CSV, or Parquet where pyarrow is installed, as the suffix says; an old *file* is whole or replaced.

        A text of a record, or a file's name, that a spreadsheet would take for a formula (it begins with `=`, `+`,
        `-`, `@`, a tab or a carriage return) has an apostrophe before it in CSV, which says there that it is text.
        Raises ValueError for another suffix, OSError where the file cannot be written.
        """
        file = Path(file)
        if file.suffix not in (".csv", ".parquet"):
            raise ValueError(f"{file.suffix or 'no suffix'}: a table is saved as .csv or .parquet")
        write = self._csv if file.suffix == ".csv" else self._parquet
        with replacing(file) as new:
            write(new)

    def _parquet(self, file: Path) -> None:
        _pyarrow("pyarrow.parquet").write_table(self.arrow(), file)

    def _csv(self, file: Path) -> None:
        columns = [self.read(name) for name in self.columns]
        with file.open("w", newline="", encoding="utf-8") as stream:
            out = csv.writer(stream)
            out.writerow(self.heads)
            for i in range(0, self.rows, LINES):
                some = slice(i, i + LINES)
                cells = [_texts(column, values[some], valid[some]) for column, values, valid in columns]
                for j, (column, _, _) in enumerate(columns):
                    if isinstance(column.con, Text):
                        cells[j] = list(map(_as_text, cells[j]))
                *files, numbers = self.first(some)
                out.writerows(zip(*(map(_as_text, names) for names in files), numbers, *cells, strict=True))

    def first(self, some: slice) -> list[list[str]]:
        """The file and the number of the record of *some* rows."""
        numbers = list(map(str, self.record[some].tolist()))
        rows = range(self.rows)[some]
        return [[printable(self.files.of(row)) for row in rows], numbers] if any(self.files.names) else [numbers]

    @property
    def depth(self) -> dict[str, int]:
        """Of each column how many lists further out it is than the rows here, and what stands beside those."""
        return {
            f"{prefix}.{name}".strip("."): far for prefix, level, _, far in self._levels for name, _ in level.named()
        }


def _as_text(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _other_rows(lift: Array | None) -> Array | None:
    """None where there is one row for each, in the same order: then nothing has to be looked up."""
    return None if lift is None or np.array_equal(lift, np.arange(len(lift))) else lift


def _steps(table: Table, path: str) -> list[tuple[str, Table]]:
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


def _beside(steps: list[tuple[str, Table]]) -> tuple[str, Table] | None:
    """The list whose elements belong one by one to those of the last step."""
    if len(steps) > 1 and (name := BESIDE.get(steps[-1][0])) in steps[-2][1].lists:
        return str(name), steps[-2][1].lists[str(name)]
    return None


def end_of(name: str, names: Iterable[str]) -> str:
    """The end of a path, as much of it as no other has."""
    parts = name.split(".")
    for i in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[i:])
        if sum(other == end or other.endswith(f".{end}") for other in names) == 1:
            return end
    return name


def _length(path: str) -> int:
    return path.count(".")


def _wanted(name: str, column: Column) -> bool:
    last = name.rpartition(".")[2]
    if column.form == BLOB:
        return len(column.heap) > 0
    if last.startswith("reserved") or "validation_bits" in name.split("."):
        return False
    return not isinstance(column.con, Bits)


def _pyarrow(module: str) -> Any:
    try:
        return import_module(module)  # by name: nothing here may need it
    except ModuleNotFoundError:
        raise ModuleNotFoundError("Arrow and Parquet need pyarrow: pip install pyarrow", name="pyarrow") from None


def _texts(column: Column, values: Array, valid: Array, null: str = "") -> list[str]:
    texts, which = column.texts(values)
    found = np.array([*texts, null], object)
    return found[np.where(valid, which, len(texts))].tolist()  # type: ignore[no-any-return]
