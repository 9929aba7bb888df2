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
- `column`, `times` and `table`: what one asks for by path, with names, validity and time; and the bytes again.
- `sheet`: the same flat, as CSV and Arrow, whole or in batches for many processes; `report`: printed and counted.
- `fleet`: a file of records to ask, made up.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

if find_spec("numpy") is None:
    raise ModuleNotFoundError("raslib.bulk needs numpy: pip install 'raslib[bulk]'", name="numpy")

from ..formats.ghes import StatusBlock
from ..records import Record
from . import sheet as _sheet
from . import table as _table
from .files import Progress, Range, bar, ranges
from .report import Count, text
from .shapes import NotDerivable
from .sheet import Batch, batches, schema
from .table import EVEN, ROWS, RowError, read

__all__ = [
    "Batch", "Count", "NotDerivable", "Range", "RowError", "Sheet", "Table", "bar", "batches", "blocks", "columns",
    "ranges", "schema",
]  # fmt: skip


class Sheet(_sheet.FlatSheet):
    """A flat table, with what a notebook asks of it most."""

    def text(self, rows: int = 20, width: int | None = None) -> str:
        """The first *rows*, with as many of the columns that say something as fit into *width* characters.

        Left out, *width* is that of the terminal, 120 where there is none. Columns that were asked for all stand there,
        in their order, however wide they are. Below stands what is left out: rows, records without a row, columns.

        >>> from raslib import samples
        >>> table = columns(samples("status_blocks/g_mem") * 3)
        >>> print(table.sheet(fields=["physical_address", "memory_error_type"]).text(2))
        record  physical_address  memory_error_type
        0       0x40001000        MULTI_BIT_ECC
        1       0x40001000        MULTI_BIT_ECC
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
        PlatformMemory  RECOVERABLE     2
        ArmProcessor    RECOVERABLE     1

        Raises KeyError for a column that is not there, or that several may be.
        """
        return Count(self, fields, where)


class Table(_table.RecordTable):
    """A table of records, with the ways out of it: flat as a `Sheet`, as a file, as Arrow.

    What takes the Arrow C stream interface (polars, pandas, pyarrow) takes a table as it is; it gets the `sheet` of the
    outermost list, with all its columns.
    """

    def sheet(self, path: str | None = None, fields: Iterable[str] | None = None) -> Sheet:
        """One flat table with the rows of the list at *path*, each with the columns of what it is listed in.

        Without *path* the outermost list; "" is these rows alone. *fields* are the paths wanted, in their order.
        Raises KeyError, naming what is near, where there is no such list or column.
        """
        return Sheet(self, path, fields)

    def save(self, file: str | Path, path: str | None = None, fields: Iterable[str] | None = None) -> None:
        """Writes the `sheet` as CSV or, where pyarrow is installed, as Parquet, as the *file*'s suffix says.

        *path* and *fields* choose rows and columns as `sheet` does. Raises as `Sheet.save` and `sheet` do.
        """
        self.sheet(path, fields).save(file)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.sheet().__arrow_c_stream__(requested_schema)


def columns(
    source: Any,
    kind: type[Record] = StatusBlock,
    *,
    size: int | None = None,
    where: Callable[[Table], Any] | None = None,
    progress: Progress | None = None,
    rows: int = ROWS,
) -> Table:
    """The records of *source* as one table.

    *source* is bytes, a `Range` or a file of records on end, a folder or pattern of such files, or a list of files,
    folders, (name, bytes) pairs and the bytes of single records. Records on end say themselves how long they are; where
    *kind* does not, or not alone, *size* is the bytes of each. *where* is asked of every block of *rows* records for
    the rows to keep, as a mask or as numbers. *progress* is told how much is done, of how much, in bytes or files;
    `bar` shows it on a terminal.

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
    if where is not None:
        some = list(blocks(source, kind, size=size, where=where, progress=progress, rows=rows))
    else:
        some = list(read(Table, source, kind, size, rows, rows if progress else max(rows, EVEN), progress))
    return some[0] if len(some) == 1 else Table.joined(kind, some)


def blocks(
    source: Any,
    kind: type[Record] = StatusBlock,
    *,
    size: int | None = None,
    where: Callable[[Table], Any] | None = None,
    progress: Progress | None = None,
    rows: int = ROWS,
) -> Iterator[Table]:
    """As `columns`, a table for every block of *rows* records: for more records than memory has room for.

    Numbers of records go on from block to block. There is at least one table, so that there are columns. Where *where*
    is given, `errors` and `plain` of a table are still those of the whole block.

    >>> from raslib import samples
    >>> [len(table) for table in blocks(samples("status_blocks/g_mem") * 5, rows=2)]
    [2, 2, 1]

    Raises as `columns` does, when it comes to the block.
    """
    for table in read(Table, source, kind, size, rows, rows, progress):
        if where is None:
            yield table
            continue
        wanted = table.take(where(table))
        wanted.errors, wanted.plain = table.errors, table.plain
        yield wanted
