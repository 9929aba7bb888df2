"""Many records at once: columns over files of them, derived from the same declarations that parse a single one.

    table = columns("fleet.bin")                              # status blocks on end; or folders, patterns, bytes
    table["entries.section.physical_address"]                 # a numpy array, a value for each entry
    table.valid("entries.section.physical_address")           # which of them to believe
    table.sheet().count("section", "error_severity")          # how many entries of each kind
    table.sheet().save("fleet.csv")                           # a row for each entry; polars and pandas take the table

One record of each shape is parsed by the ordinary parser; of all others of the shape the columns are taken from the
same places. What the ordinary parser refuses is in `errors`. Needs numpy, the extra `bulk`. The room, in the order in
which records go through it:

- `files`: where the records come from, and where each begins.
- `shapes`: which of them have their fields at the same places.
- `column` and `table`: what one asks for by path, with names, validity and time; and the bytes again.
- `sheet`: the same flat, as CSV and Arrow; `report`: printed and counted.
- here: the ways in, `columns` of all records, `blocks` and Arrow `batches` of some at a time.
- `fleet`: a file of records to ask, made up.

In record batches it goes to engines that spread a fleet over processes and machines:

    for rows, broken in batches("fleet/*.cper", ["header.timestamp", "section_descriptors.fru_text"], CperRecord):
        ...                                                       # pyarrow.RecordBatch each, always of the same columns

Nothing here schedules anything. Engines take the `ranges`, and a function that reads one of them:

    parts = list(ranges("fleet/*.cper", CperRecord))
    def read(part): return pyarrow.Table.from_batches([rows for rows, _ in batches(part, FIELDS, CperRecord)])

    dask.dataframe.from_map(lambda part: read(part).to_pandas(), parts)                              # Dask
    ray.data.from_items(parts).map_batches(lambda some: pyarrow.concat_tables(map(read, some["item"])))  # Ray Data
    spark.createDataFrame(parts).mapInArrow(lambda some: (rows for one in some for part in one.to_pylist()
        for rows, _ in batches(Range(**part), FIELDS, CperRecord)), spark_schema)                    # Spark
    pyarrow.dataset.write_dataset((rows for rows, _ in batches(...)), "fleet", schema=schema(FIELDS, CperRecord),
        format="parquet", partitioning=["day", "host"], partitioning_flavor="hive")                  # a data set

A reader holds one block of records at a time, whatever the file has: see `batches`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from shutil import get_terminal_size
from typing import Any, NamedTuple

if find_spec("numpy") is None:
    raise ModuleNotFoundError("raslib.bulk needs numpy: pip install 'raslib[bulk]'", name="numpy")

import numpy as np

from ..formats.cper import CperRecord, SectionDescriptor
from ..formats.framing import block_of
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.sections import GUIDS
from ..progress import bar
from ..records import Record, RecordError
from . import files
from .files import Block, Files, Progress, Range, ranges
from .report import Count, text
from .shapes import Array, Grouper, NotDerivable, Piece
from .sheet import FlatSheet, need
from .table import RecordTable, RowError

__all__ = [
    "Batch", "Count", "NotDerivable", "Range", "RowError", "Sheet", "Table", "bar", "batches", "blocks", "columns",
    "ranges", "schema",
]  # fmt: skip

ROWS = 1 << 16  # records at a time
EVEN = 1 << 22  # the same, of records of one size


class Sheet(FlatSheet):
    """A flat table, with what a notebook asks of it most."""

    def text(self, rows: int = 20, width: int | None = None) -> str:
        """The first *rows*, with as many of the columns that say something as fit into *width* characters.

        Left out, *width* is that of the terminal, 120 where there is none. Columns that were asked for all stand there,
        in their order, however wide they are. Below stands what is left out: rows, records without a row, columns.

        >>> from raslib import samples
        >>> table = columns(samples("status_blocks/g_mem") * 3)
        >>> print(table.sheet(fields=["physical_address", "memory_error_type"]).text(2))
        record  physical_address  memory_error_type
             0  0x40001000        MULTI_BIT_ECC
             1  0x40001000        MULTI_BIT_ECC
        ... 1 more row
        """
        return text(self, rows, width or get_terminal_size((120, 24)).columns)

    def count(self, *fields: str, where: Any = None) -> Count:
        """How many rows there are for all that stands in these columns, of the rows *where* (a mask or numbers).

        *fields* are paths, or ends of paths that are unique. Rows in which one of them is null are not counted. The
        kinds come most frequent first; see `Count`.

        >>> from raslib import samples
        >>> table = columns(samples("status_blocks/g_mem") * 2 + samples("status_blocks/g_arm"))
        >>> table.sheet().count("section", "error_severity")
        section         error_severity  rows
        PlatformMemory  RECOVERABLE        2
        ArmProcessor    RECOVERABLE        1

        Raises KeyError for a column that is not there, or that several may be.
        """
        return Count(self, fields, where)


class Table(RecordTable):
    """A table of records, with the ways out of it: flat as a `Sheet`, as Arrow.

    What takes the Arrow C stream interface (polars, pandas, pyarrow) takes a table as it is; it gets the `sheet` of the
    outermost list, with all its columns.
    """

    def sheet(self, path: str | None = None, fields: Iterable[str] | None = None) -> Sheet:
        """One flat table with the rows of the list at *path*, each with the columns of what it is listed in.

        Without *path* the outermost list; "" is these rows alone. *fields* are the paths wanted, in their order.
        Raises KeyError, naming what is near, where there is no such list or column.
        """
        return Sheet(self, path, fields)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.sheet().__arrow_c_stream__(requested_schema)


def columns(
    source: Any,
    kind: type[Record] = StatusBlock,
    *,
    size: int | None = None,
    progress: Progress | None = None,
    rows: int = ROWS,
) -> Table:
    """The records of *source* as one table.

    *source* is bytes, a `Range` or a file of records on end, a folder or pattern of such files, or a list of files,
    folders, (name, bytes) pairs and the bytes of single records. Records on end say themselves how long they are; where
    *kind* does not, or not alone, *size* is the bytes of each. They are read in blocks of *rows* records. *progress* is
    told after each how much is done, of how much, in bytes or files; `bar` shows it on a terminal.

    Columns are those of UEFI 2.10 appendix N and ACPI 6.5 §18.3.2, by the names of their declarations. The table takes
    about as much memory as the bytes; while it is made, up to twice as much.

    >>> from raslib import samples
    >>> mem, arm = samples("status_blocks/g_mem"), samples("status_blocks/g_arm")
    >>> table = columns(mem * 2 + arm + mem[:100])
    >>> table
    <StatusBlock table: 3 rows, 14 columns, 1 errors>
    >>> table["entries.section.physical_address"].tolist()
    [1073745920, 1073745920, 0]
    >>> table.valid("entries.section.physical_address").tolist()
    [True, True, False]
    >>> print(table.errors[0])
    record 3 from byte 956 (0x3bc) on, entries at byte 20 (0x14): needs 152 bytes, 80 are left

    Broken records are in `errors` with the words of `kind.parse`. Raises `NotDerivable` where a value fits no column,
    OSError where a file cannot be read.
    """
    if size and not progress:
        rows = max(rows, EVEN)
    some = list(blocks(source, kind, size=size, progress=progress, rows=rows))
    return some[0] if len(some) == 1 else Table.joined(kind, some)


def blocks(
    source: Any,
    kind: type[Record] = StatusBlock,
    *,
    size: int | None = None,
    progress: Progress | None = None,
    rows: int = ROWS,
) -> Iterator[Table]:
    """As `columns`, a table for every block of *rows* records: for more records than memory has room for.

    Numbers of records go on from block to block; those of a `Range` are as in their file. There is at least one table,
    so that there are columns.

    >>> from raslib import samples
    >>> [len(table) for table in blocks(samples("status_blocks/g_mem") * 5, rows=2)]
    [2, 2, 1]

    Raises as `columns` does, when it comes to the block.
    """
    first = before = source.first if isinstance(source, Range) else 0
    grouper = Grouper(kind)
    for block in files.blocks(source, kind, size, rows):
        yield _table(kind, grouper, block, before)
        before += len(block.base)
        if progress:
            progress(block.done, block.of)
    if before == first:
        nothing = Table.joined(kind, [])
        nothing.origins = Files([source.file if isinstance(source, Range) else ""])
        yield nothing


def _table(kind: type[Record], grouper: Grouper, block: Block, before: int) -> Table:
    pieces, errors = grouper.sort(block.buffer, block.base, block.lengths)
    n, nothing = len(block.base), np.empty((0, 0), np.uint8)
    numbers: range | Array = range(before, before + n)
    origins = block.files
    if errors:
        good = np.full(n, True)
        good[[row for row, _ in errors]] = False
        position, kept = np.cumsum(good) - 1, np.flatnonzero(good)
        pieces = [piece._replace(rows=position[piece.rows]) for piece in pieces]
        numbers, origins = before + kept, origins.take(kept)
    pieces = [Piece(np.empty(0, np.int32), nothing, grouper.empty), *pieces]
    table = Table(n - len(errors), pieces, kind, numbers, origins)
    table.errors = [_error(block, before, row, e) for row, e in sorted(errors, key=lambda error: error[0])]
    return table


def _error(block: Block, before: int, row: int, e: RecordError) -> RowError:
    begin = block.begin if isinstance(block.begin, int) else int(block.begin[row])
    start = int(block.base[row]) - begin
    return RowError(before + row, e.path, e.offset, e.why, start, block.files.of(row))


# --- in batches, for many processes -----------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Two `pyarrow.RecordBatch`: a row for each element of the sheet, and one for each record that does not parse.

    *broken* has the columns file, record, path, offset, why and start, as `RowError` has them.
    """

    rows: Any
    broken: Any


def batches(
    source: Any,
    fields: Sequence[str],
    kind: type[Record] = StatusBlock,
    *,
    path: str | None = None,
    size: int | None = None,
    rows: int = ROWS,
) -> Iterator[Batch]:
    """The records of *source*, at most *rows* at a time, as Arrow record batches.

    *source* is a `Range`, or the files, folders and patterns that `ranges` takes. *fields* are columns of the sheet of
    the list at *path*, as `Table.sheet` has them. Before them stand `file` and `record`, the number of the record in
    its file. Every batch has the columns and types of `schema`, whatever its records are: a name that is of one section
    alone in some file may need the section's name here. A broken record has its file and number, the path and offset in
    it, why, and the byte of the file at which it `start`s. Needs memory for about four times the bytes of *rows*
    records. Raises KeyError for a field that no record has, ModuleNotFoundError without pyarrow.
    """
    typical = _typical(kind)
    for part in [source] if isinstance(source, Range) else ranges(source, kind, size):
        for table in blocks(part, kind, size=size, rows=rows):
            broken = _broken(table)
            yield Batch(_one_batch(Table.joined(kind, [typical.take([]), table]), fields, path), broken)


def schema(fields: Sequence[str], kind: type[Record] = StatusBlock, path: str | None = None) -> Any:
    """The `pyarrow.Schema` of the rows that `batches` gives of the same *fields*, without reading a record.

    It is what a writer of data sets wants to know before the first batch. Raises as `batches` does.
    """
    table = _typical(kind)
    table.origins = Files(["-"])
    return _one_batch(table, fields, path).schema


def _one_batch(table: Table, fields: Sequence[str], path: str | None) -> Any:
    """The sheet in one piece; names and texts as they are, not by number, as numbers differ between batches."""
    pa = need("pyarrow")
    arrow = table.sheet(path, fields).arrow()
    columns = {}
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        columns[name] = column.combine_chunks().cast(plain)
    return pa.record_batch(columns)


def _broken(table: Table) -> Any:
    pa = need("pyarrow")
    kinds = {"file": pa.string(), "record": pa.int64(), "path": pa.string(), "offset": pa.int64(), "why": pa.string()}
    rows = [{**e._asdict(), "file": e.source, "record": e.row} for e in table.errors]
    return pa.RecordBatch.from_pylist(rows, pa.schema({**kinds, "start": pa.int64()}))


def _typical(kind: type[Record]) -> Table:
    """No records, with the columns of all sections that there are."""
    made: list[bytes] = []
    for section, guid in GUIDS.items() if kind in (StatusBlock, CperRecord) else ():
        with suppress(RecordError):  # not every section can be built of nothing
            body: Any = section()
            if kind is StatusBlock:
                made.append(block_of(DataEntry(section_type=guid, section=body)).build())
            else:
                made.append(CperRecord.of((SectionDescriptor(section_type=guid), body)).build())
    return columns(made, kind).take([])
