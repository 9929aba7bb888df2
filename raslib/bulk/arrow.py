"""A fleet's records as Arrow record batches, for engines that spread them over processes and machines.

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

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ..formats.cper import CperRecord, SectionDescriptor
from ..formats.framing import block_of
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.sections import GUIDS
from ..records import Record, RecordError
from .files import Files, Range, ranges
from .sheet import Sheet, need
from .table import ROWS, Table, read


class Batch(NamedTuple):
    """Two `pyarrow.RecordBatch`: a row for each element of the sheet, and one for each record that does not parse."""

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
        for table in read(Table, part, kind, size, rows, rows):
            broken = _broken(table)
            yield Batch(_rows(Table.joined(kind, [typical.take([]), table]), fields, path), broken)


def schema(fields: Sequence[str], kind: type[Record] = StatusBlock, path: str | None = None) -> Any:
    """The `pyarrow.Schema` of the rows that `batches` gives of the same *fields*. Raises as it does."""
    table = _typical(kind)
    table.origins = Files(["-"])
    return _rows(table, fields, path).schema


def _rows(table: Table, fields: Sequence[str], path: str | None) -> Any:
    """The sheet in one piece; names and texts as they are, not by number, as numbers differ between batches."""
    pa = need("pyarrow")
    arrow = Sheet(table, path, fields).arrow()
    columns = {}
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        columns[name] = column.combine_chunks().cast(plain)
    return pa.record_batch(columns)


def _broken(table: Table) -> Any:
    pa = need("pyarrow")
    kinds = {"file": pa.string(), "record": pa.int64(), "path": pa.string(), "offset": pa.int64(), "why": pa.string()}
    rows = [
        {"file": e.source, "record": e.row, "path": e.path, "offset": e.offset, "why": e.why, "start": e.start}
        for e in table.errors
    ]
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
    tables: Iterator[Table] = read(Table, made, kind)
    return next(tables).take([])
