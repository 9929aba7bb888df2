"""A table made flat, for what knows only rows and columns: terminals, CSV, Arrow and what reads that."""

import csv
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from construct import Adapter

from ..files import replacing
from ..formats.cper import NOTIFICATIONS
from ..formats.sections import NAMES
from ..plain import printable
from ..records import Bits, Guid, Text
from .column import Column, Compared
from .shapes import BLOB, CASE, TIME, Array
from .table import RecordTable

BESIDE = {"section_descriptors": "sections"}  # lists of a CPER record, whose elements belong together one by one
LINES = 65536  # rows of a CSV file that are made at a time


class FlatSheet(Compared):
    """The rows of one list with the columns of everything that they are listed in.

    Invalid and absent values are nulls. What has names is shown by name, a number without one as the number. Of
    registers the fields are shown, without those that say what is valid; reserved bytes, and bytes that no row has, are
    not, unless asked for.

    `rows` is how many there are, `path` the list, `record` of each row the number of its record in the data (an array
    of *rows*), `files` where it is from, `without` how many records have no row here, and `columns` the columns by
    path, in order. Raises KeyError where there is no list at *path* or no column for one of *fields*.
    """

    def __init__(self, table: RecordTable, path: str | None = None, fields: Iterable[str] | None = None) -> None:
        steps = _steps(table, next(iter(table.lists), "") if path is None else path)
        self.rows = steps[-1][1].rows
        lifts: list[Array | None] = [None]  # of each step, its row for every row here
        for _, level in reversed(steps[1:]):
            lifts.insert(0, level.parent if lifts[0] is None else level.parent[lifts[0]])
        self.path = steps[-1][0]
        self._levels = [
            (prefix, level, _unless_same(lift, level.rows), len(steps) - 1 - i)
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
        ends.sort(key=lambda end: end.count("."))
        if len(ends) > 1 and ends[0].count(".") == ends[1].count("."):
            raise KeyError(f"{path!r} may be any of {', '.join(ends)}")
        path = ends[0] if ends else path
        holding = [one for one in self._levels if not one[0] or path.startswith(f"{one[0]}.")]
        prefix, level, lift, _ = max(holding, key=lambda one: len(one[0]))
        return path, (level.column(path.removeprefix(f"{prefix}.")), lift)

    def __len__(self) -> int:
        return self.rows

    def content(self) -> Iterator[Any]:
        yield self.path, self.rows
        yield self.chosen, self.without, self.files.content(), self.record.tobytes()
        for name, (column, lift) in self.columns.items():
            yield name, column, lift is not None and lift.tobytes()

    def __getitem__(self, name: str) -> Array:
        """A column as `Table.__getitem__` has it, zero where there is none, but with a value for every row here.

        *name* is its path, or an end of it that no other of the same depth has. What is told once for a record is
        repeated for each of its rows. Raises KeyError, naming what is near.
        """
        return self.read(name)[1]

    def valid(self, name: str) -> Array:
        """In which rows the column is to be believed: an array of bools, one for every row here."""
        column, lift = self._column(name)
        return column.valid() if lift is None else column.valid()[lift]

    def texts(self, name: str, rows: Any = slice(None), null: str = "-") -> list[str]:
        """A column as it is shown, of some *rows* (a slice, a mask or numbers); *null* where it is not valid.

        Numbers of 64 bits and registers are in hexadecimal, bytes are hex digits, times are in UTC to the second.
        """
        column, values, valid = self.read(name)
        return _texts(column, values[rows], valid[rows], null)

    def read(self, name: str) -> tuple[Column, Array, Array]:
        """The column, its values and where they are valid: two arrays with a value for every row here."""
        column, lift = self._column(name)
        values = column.array()
        return column, values if lift is None else values[lift], self.valid(name)

    def _column(self, name: str) -> tuple[Column, Array | None]:
        return self.columns[name] if name in self.columns else self._one(name)[1]

    @property
    def heads(self) -> list[str]:
        """The names of all columns; the file first, if the records are from files, then the number of the record."""
        return ["file", "record", *self.columns] if any(self.files.names) else ["record", *self.columns]

    def arrow(self) -> Any:
        """A pyarrow table: names and texts as dictionaries, bytes as binary, times as timestamp[s] without a zone.

        What is not valid is null. Raises ModuleNotFoundError where pyarrow is not installed. Whoever takes the Arrow C
        stream interface gets the same. It is pyarrow's, for what a reader releases it may release while an exception is
        on its way, and no Python function may be run then.
        """
        pa = need("pyarrow")
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
            elif column.names or column.form == CASE or values.dtype.kind in "SV":
                texts, which = named_texts(column, values)
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
        need("pyarrow.parquet").write_table(self.arrow(), file)

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
        """The cells of the columns before all others: the file, if the records are from files, and its number."""
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


def _unless_same(lift: Array | None, rows: int) -> Array | None:
    """None where there is one row for each of *rows*, in the same order: then nothing has to be looked up."""
    return None if lift is None or np.array_equal(lift, np.arange(rows)) else lift


def _steps(table: RecordTable, path: str) -> list[tuple[str, RecordTable]]:
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


def _beside(steps: list[tuple[str, RecordTable]]) -> tuple[str, RecordTable] | None:
    """The list whose elements belong one by one to those of the last step."""
    if len(steps) > 1 and (name := BESIDE.get(steps[-1][0])) in steps[-2][1].lists:
        return str(name), steps[-2][1].lists[str(name)]
    return None


def end_of(name: str, names: Iterable[str]) -> str:
    """The end of a path, as much of it as no other of *names* has: what heads its column.

    >>> end_of("header.error_severity", ["header.error_severity", "header.record_id"])
    'error_severity'
    >>> end_of("header.error_severity", ["header.error_severity", "sections.error_severity"])
    'header.error_severity'
    """
    parts = name.split(".")
    for i in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[i:])
        if sum(other == end or other.endswith(f".{end}") for other in names) == 1:
            return end
    return name


def _wanted(name: str, column: Column) -> bool:
    last = name.rpartition(".")[2]
    if column.form == BLOB:
        return any(part.size and len(part.records) for part in column.parts)
    if last.startswith("reserved") or "validation_bits" in name.split("."):
        return False
    return not isinstance(column.con, Bits)


def need(module: str) -> Any:
    """*module* of pyarrow. Raises ModuleNotFoundError, which says how to get it."""
    try:
        return import_module(module)  # by name: nothing here may need it
    except ModuleNotFoundError:
        raise ModuleNotFoundError("Arrow and Parquet need pyarrow: pip install pyarrow", name="pyarrow") from None


def named_texts(column: Column, values: Array) -> tuple[list[str], Array]:
    """Every different one of some of a *column*'s *values* as text, and of each the number of its own.

    So a million rows of three severities make three texts: `[texts[i] for i in which]` has one for each row. Named
    numbers are their names, GUIDs the names of sections and notifications where those are known, 64 bits and
    registers hexadecimal, bytes hex digits, flags yes or no, times `2026-01-24 12:34:56`.
    """
    if column.form == BLOB:
        return [column.heap[a : a + k].tobytes().hex() for a, k in values.tolist()], np.arange(len(values))
    flat = values.view(f"S{values.itemsize}") if values.dtype.kind == "V" else values
    _, first, which = np.unique(flat, return_index=True, return_inverse=True)
    return [_text(column, values[i]) for i in first], which


def _text(column: Column, value: Any) -> str:
    con, names = column.con, column.names
    if names:
        return names.get(int(value), str(value))
    if isinstance(con, Guid):
        guid = con.parse(value.tobytes())
        return NAMES.get(guid) or NOTIFICATIONS.get(guid) or str(guid)
    if isinstance(con, Text):
        plain = con.parse(value.ljust(con.sizeof(), b"\0"))
        return plain if isinstance(plain, str) else bytes(plain).hex()
    if isinstance(value, np.void):
        return value.tobytes().hex()
    if value.dtype.kind == "M":
        return str(value).replace("T", " ")
    if value.dtype.kind == "b":
        return "yes" if value else "no"
    wide = isinstance(con, Bits) or (value.dtype.itemsize == 8 and not isinstance(con, Adapter | type(None)))
    return f"{int(value):#x}" if wide else str(int(value))


def _texts(column: Column, values: Array, valid: Array, null: str = "") -> list[str]:
    texts, which = named_texts(column, values)
    found = np.array([*texts, null], object)
    return found[np.where(valid, which, len(texts))].tolist()  # type: ignore[no-any-return]
