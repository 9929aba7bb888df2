"""Many records at once: columns over files of them, derived from the same declarations that parse a single one.

    table = columns("fleet.bin")                              # status blocks on end; or a folder of dumps, or bytes
    table["entries.section.physical_address"]                 # a numpy array, a value for each entry
    table.valid("entries.section.physical_address")           # which of them to believe
    table.sheet().save("fleet.csv")                           # a row for each entry; polars and pandas take the table

What columns cannot tell of a record, the plain parser does, and what it refuses is in `errors`. Needs numpy, the extra
`bulk`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..formats.ghes import StatusBlock
from ..records import Record
from .files import Progress, bar
from .files import blocks as _blocks
from .part import Part, concat
from .plan import NotDerivable, struct
from .read import RowError, decode
from .sheet import Sheet
from .table import Table

__all__ = ["NotDerivable", "RowError", "Sheet", "Table", "bar", "blocks", "columns", "table_text"]

ROWS = 1 << 16  # records at a time


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
    if size and where is None:  # records of one size need little more memory than their columns
        rows = max(rows, 1 << 22)
    kept = list(blocks(source, kind, size=size, where=where, progress=progress, rows=rows))
    numbers: Any = [table._numbers for table in kept]
    if all(isinstance(some, range) for some in numbers):
        numbers = range(numbers[0].start, numbers[-1].stop)
    else:
        numbers = np.concatenate(numbers)
    errors = [error for table in kept for error in table.errors]
    plain = sum((table.plain for table in kept), Counter[str]())
    return Table.of(kind, concat([table._part for table in kept]), numbers, errors, plain)


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
    before, empty = 0, True
    for block in _blocks(source, struct(kind), size, rows):
        found = decode(struct(kind), block.buffer, block.base, block.lengths)
        many = len(block.sources) > 1
        errors = [
            e._replace(row=before + e.row, source=block.sources[e.row if many else 0], start=0 if many else e.start)
            for e in found.errors
        ]
        numbers = found.rows
        numbers = range(before, before + len(numbers)) if isinstance(numbers, range) else before + numbers
        table = Table.of(kind, found.part, numbers, errors, found.plain)
        before += len(block.base)
        if progress:
            progress(block.done, block.of)
        yield table if where is None else _kept(table, where)
        empty = False
    if empty:
        part = Part(0)
        struct(kind).spread([], part)
        yield Table.of(kind, part, range(0), [], Counter())


def _kept(table: Table, where: Callable[[Table], Any]) -> Table:
    kept = table.take(where(table))
    kept.errors, kept.plain = table.errors, table.plain
    return kept


def table_text(source: Any, kind: type[Record] = StatusBlock, *, rows: int = 20, width: int | None = None) -> str:
    """The records as a text table, and below it what did not parse."""
    table = source if isinstance(source, Table) else columns(source, kind)
    return "\n".join([table.sheet().text(rows, width), *map(str, table.errors)])
