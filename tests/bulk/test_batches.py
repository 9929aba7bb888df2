"""Records as Arrow record batches: the same columns from every range, broken rows apart, two workers as one machine."""

import gc
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock

bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
from raslib.bulk.fleet import fleet  # noqa: E402, as it needs numpy

COUNT = 20_000
FIELDS = ["header.timestamp", "platform_id", "section_descriptors.error_severity", "sections.PlatformMemory.row"]
WHO = ["file", "record"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fleet(tmp_path_factory.mktemp("fleet") / "fleet.cper", COUNT).path


@pytest.fixture(scope="module")
def expected(path: Path) -> Any:
    """What one machine has, with plain texts."""
    table = bulk.columns(path, CperRecord).sheet(fields=["header.timestamp", "platform_id", FIELDS[2], "row"]).arrow()
    plain = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    named = table.rename_columns([*WHO, *bulk.schema(FIELDS, CperRecord).names[2:]])
    return named.cast(pa.schema(list(zip(named.column_names, plain, strict=True))))


def whole(parts: Any, kind: Any = CperRecord, **more: Any) -> Any:
    return pa.Table.from_batches([rows for part in parts for rows, _ in bulk.batches(part, FIELDS, kind, **more)])


def test_batches_are_the_sheet_whatever_the_ranges_are(path: Path, expected: Any):
    assert whole([path]).equals(expected)
    assert whole([path], rows=1000).equals(expected)
    for most in (1, 1000, 1 << 20, 1 << 30):
        parts = list(bulk.ranges(path, CperRecord, most=most))[-50:]
        assert whole(parts).equals(expected.slice(parts[0].first))


def test_ranges_have_every_record_once(path: Path):
    size = path.stat().st_size
    for most in (1000, 100_000, size - 1000, size):
        parts = list(bulk.ranges(str(path), CperRecord, most=most))
        assert (parts[0].start, parts[0].first, parts[-1].stop) == (0, 0, size)
        assert [a.stop for a in parts[:-1]] == [b.start for b in parts[1:]]
        assert all(0 < part.stop - part.start <= most for part in parts)
        last = parts[-1]
        for rows in (10, 1 << 16):
            numbers = bulk.columns(last, CperRecord, rows=rows).numbers
            assert numbers.tolist() == [*range(last.first, COUNT)]
    evenly = list(bulk.ranges(path, CperRecord, size=100, most=1000))
    assert [(part.start, part.stop - part.start, part.first) for part in evenly[:2]] == [(0, 1000, 0), (1000, 1000, 10)]


def test_every_batch_has_the_same_columns(path: Path, tmp_path: Path):
    """Also of a file in which no record has such a section, and of an empty one."""
    fields = ["error_severity", "entries.fru_text", "entries.section.PlatformMemory.row", "entries.section"]
    for name, data in (("empty", b""), ("none", bytes(20)), ("broken", b"abc")):
        (tmp_path / name).write_bytes(data)
    schema = bulk.schema(fields)
    assert [*zip(schema.names, map(str, schema.types), strict=True)] == [
        ("file", "string"),
        ("record", "int64"),
        ("error_severity", "string"),
        ("entries.fru_text", "string"),
        ("entries.section.PlatformMemory.row", "uint16"),
        ("entries.section", "string"),
    ]
    assert [rows.schema.equals(schema) for rows, _ in bulk.batches(tmp_path, fields)] == [True] * 3
    with pytest.raises(KeyError, match="no 'rwo'"):
        next(bulk.batches(tmp_path, ["rwo"]))


def test_what_does_not_parse_is_a_stream_of_its_own(path: Path, tmp_path: Path):
    data = path.read_bytes()[:100_000]
    table = bulk.columns(data, CperRecord)
    second = int(table["header.record_length"][0])
    broken = data[: second + 128] + b"\0\0" + data[second + 130 :]  # where its section lies
    (tmp_path / "broken.cper").write_bytes(broken[:-1])
    errors = [one for part in bulk.ranges(tmp_path, CperRecord, most=10_000)
              for _, some in bulk.batches(part, FIELDS, CperRecord) for one in some.to_pylist()]  # fmt: skip
    plain = bulk.columns(tmp_path, CperRecord).errors
    assert [(e["record"], e["path"], e["offset"], e["why"], e["start"]) for e in errors] == [
        (e.row, e.path, e.offset, e.why, e.start) for e in plain
    ]
    assert [(e["record"], e["start"]) for e in errors] == [(1, second), (table.rows, plain[-1].start)]
    assert {e["file"] for e in errors} == {str(tmp_path / "broken.cper")}


def test_a_data_set_is_partitioned_by_day_and_host(path: Path, expected: Any, tmp_path: Path):
    dataset, compute = pytest.importorskip("pyarrow.dataset"), pytest.importorskip("pyarrow.compute")

    def dated() -> Iterator[Any]:
        for rows, _ in bulk.batches(path, FIELDS, CperRecord, rows=5000):
            day = compute.strftime(rows["header.timestamp"], "%Y-%m-%d")
            yield rows.append_column("day", day).append_column("host", compute.utf8_slice_codeunits(rows[3], 0, 1))

    schema = next(dated()).schema
    flavor = {"partitioning": ["day", "host"], "partitioning_flavor": "hive"}
    dataset.write_dataset(dated(), tmp_path / "set", schema=schema, format="parquet", **flavor)
    again = dataset.dataset(tmp_path / "set", partitioning="hive")
    assert again.to_table(columns=expected.column_names).sort_by("record").cast(expected.schema).equals(expected)
    one = again.to_table(filter=dataset.field("day") == "2026-10-03")
    assert set(compute.strftime(one["header.timestamp"], "%Y-%m-%d").to_pylist()) == {"2026-10-03"}


def test_a_reader_needs_no_more_memory_for_more_records(path: Path, tmp_path: Path):
    data = path.read_bytes()
    peaks = []
    for times in (1, 1, 4):  # the first fills what is made once and kept
        (tmp_path / "some").write_bytes(data * times)
        gc.collect()
        tracemalloc.start()
        for rows, _ in bulk.batches(tmp_path / "some", FIELDS, CperRecord, rows=5000):
            assert rows.num_rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]
    assert peaks[2] < 6 * 5000 * len(data) / COUNT


def read(part: Any) -> Any:
    """What each worker does."""
    return whole([part])


def read_or_die(part: Any, mark: str) -> Any:
    """The first that comes here takes its process with it."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return whole([part])
    os._exit(1)


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask is not installed, the extra fleet")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as two,
        distributed.Client(two) as client,
    ):
        yield client


def test_two_workers_have_the_table_of_one_machine(path: Path, expected: Any, cluster: Any, tmp_path: Path):
    """Also where one of them is killed while it reads: its range is read by another."""
    parts = list(bulk.ranges(path, CperRecord, most=1 << 20))
    assert len(parts) > 4
    assert pa.concat_tables(cluster.gather(cluster.map(read, parts))).equals(expected)
    killed = cluster.map(read_or_die, parts, mark=str(tmp_path / "killed"), pure=False)
    assert pa.concat_tables(cluster.gather(killed)).equals(expected)
    assert (tmp_path / "killed").exists()


def test_dask_makes_a_frame_of_ranges(path: Path, expected: Any, cluster: Any):
    frames = pytest.importorskip("dask.dataframe", reason="dask is not installed, the extra fleet")
    parts = list(bulk.ranges(path, CperRecord, most=1 << 20))
    frame = frames.from_map(lambda part: read(part).to_pandas(), parts)
    counts = frame["section_descriptors.error_severity"].value_counts().compute()
    assert counts.sum() == COUNT
    assert counts.to_dict() == expected[4].to_pandas().value_counts().to_dict()


def test_status_blocks_are_read_if_nothing_else_is_said(tmp_path: Path):
    (tmp_path / "one").write_bytes(StatusBlock().build())
    assert [rows.to_pylist() for rows, _ in bulk.batches(tmp_path, ["error_severity"], path="")] == [
        [{"file": str(tmp_path / "one"), "record": 0, "error_severity": "RECOVERABLE"}]
    ]
