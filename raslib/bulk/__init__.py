"""Many records at once: columns over files of them, derived from the same declarations that parse a single one.

    table = columns("fleet.bin")                              # status blocks on end; or folders, patterns, bytes
    table["entries.section.physical_address"]                 # a numpy array, a value for each entry
    table.valid("entries.section.physical_address")           # which of them to believe
    table.sheet().count("section", "error_severity")          # how many entries of each kind
    table.sheet().save("fleet.csv")                           # a row for each entry; polars and pandas take the table

What columns cannot tell of a record, the plain parser does, and what it refuses is in `errors`. Needs numpy, the extra
`bulk`. The room, in the order in which records go through it:

- `files` and `frames`: where the records come from, and where each begins.
- `derive`: from a declaration to nodes that read its fields by columns; `asking`: its own functions, for many rows.
- `read`: bytes into columns, and columns into bytes; `place` is where the rows stand meanwhile, `part` is the columns.
- `table`, `column` and `moment`: what one asks for by path, with names, validity and time.
- `sheet`, `text` and `count`: the same flat; printed, saved, counted.
- `fleet`: a file of records to ask, made up.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

if find_spec("numpy") is None:
    raise ModuleNotFoundError("raslib.bulk needs numpy: pip install 'raslib[bulk]'", name="numpy")

from ..formats.ghes import StatusBlock
from ..records import Record
from .derive.plan import NotDerivable, struct
from .files import Progress, bar
from .files import blocks as _blocks
from .read import Decoded, RowError, decode, joined, nothing
from .sheet import Sheet
from .table import Table

__all__ = ["NotDerivable", "RowError", "Sheet", "Table", "bar", "blocks", "columns", "table_text"]

ROWS = 1 << 16  # records at a time
EVEN = 1 << 22  # the same, of records that lie evenly


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

    *source* is bytes or a file of records on end, a folder with a record in each file, or a list of files, folders and
    records. Records on end say themselves how long they are; where *kind* does not, or not alone, *size* is the bytes
    of each. *where* is asked of every block of *rows* records for the rows to keep, as a mask or as numbers. *progress*
    is told how much is done, of how much; `bar` shows it on a terminal. Raises `NotDerivable` for a *kind* of which no
    columns can be had.
    """
    if where is not None:
        tables = list(blocks(source, kind, size=size, where=where, progress=progress, rows=rows))
        found = [Decoded(t._part, t._numbers, t.errors, t.plain, t.origins) for t in tables]
    else:
        found = list(_decoded(source, kind, size, progress, rows, rows if progress else max(rows, EVEN)))
    return Table.of(kind, joined(found))


def blocks(
    source: Any,
    kind: type[Record] = StatusBlock,
    *,
    size: int | None = None,
    where: Callable[[Table], Any] | None = None,
    progress: Progress | None = None,
    rows: int = ROWS,
) -> Iterator[Table]:
    """As `columns`, a table for every block of *rows* records: for more records than memory has room for."""
    for found in _decoded(source, kind, size, progress, rows, rows):
        table = Table.of(kind, found)
        if where is not None:
            table = table.take(where(table))
            table.errors, table.plain = found.errors, found.plain
        yield table


def _decoded(
    source: Any, kind: type[Record], size: int | None, progress: Progress | None, rows: int, alike: int
) -> Iterator[Decoded]:
    """Block by block; at least one, so that there are columns even where there is no record."""
    node, before = struct(kind), 0
    for block in _blocks(source, node, size, rows, alike):
        yield decode(node, block.buffer, block.base, block.lengths).of(block, before)
        before += len(block.base)
        if progress:
            progress(block.done, block.of)
    if not before:
        yield nothing(node)


def table_text(source: Any, kind: type[Record] = StatusBlock, *, rows: int = 20, width: int | None = None) -> str:
    """The records as a text table, and below it what did not parse."""
    table = source if isinstance(source, Table) else columns(source, kind)
    return "\n".join([table.sheet().text(rows, width), *map(str, table.errors)])
