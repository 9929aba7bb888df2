"""Many records from bytes, files, folders and lists: where each begins, what is wrong with which, and how far it is."""

import gc
import io
import os
import random
import sys
import tracemalloc
from pathlib import Path

import pytest
from bulk import made, oracle

from raslib.formats.arm import ErrorInformation
from raslib.formats.cper import CperRecord, Timestamp
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.records import Record

np = pytest.importorskip("numpy", reason="raslib.bulk needs numpy, the extra bulk")
bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")


def some(kind: type[Record], count: int, seed: int = 1) -> list[bytes]:
    """Records that say how long they are."""
    rng = random.Random(seed)
    make = {StatusBlock: made.status_block, CperRecord: made.cper_record}[kind]
    return [make(rng) for _ in range(count)]


@pytest.mark.parametrize("kind", [StatusBlock, CperRecord])
def test_records_on_end_are_told_apart_by_what_they_say(kind: type[Record]):
    records = some(kind, 400)
    oracle.compare(kind, records, bulk.columns(b"".join(records), kind))


def test_records_on_end_that_say_their_length_in_few_ways():
    """Stretches of records of one length, which are found together, between single ones of others."""
    rng = random.Random(2)
    long, short = (made.entry(rng, *made.section(rng, [PlatformMemory])) for _ in range(2))
    kinds = [b"".join(n.to_bytes(4, "little") for n in (1, 0, 0, len(e), 2)) + e for e in (long, short, b"")]
    lengths = [1, 63, 64, 65, 66, 200, 3, 129, 1, 70]
    records = [kinds[i % 3] for i, length in enumerate(lengths) for _ in range(length)]
    for rows in (7, 64, 100, 10_000):
        table = bulk.columns(b"".join(records), rows=rows)
        assert table.rows == len(records)
        assert table.errors == []
        assert table.to_bytes() == b"".join(records)
        assert max(block.rows for block in bulk.blocks(b"".join(records), rows=rows)) <= rows


def test_records_of_known_lengths_that_hold_what_looks_like_the_head_of_another():
    """Their begins are looked for all at once, and none is found inside a record."""
    rng = random.Random(9)
    heads = {n: b"".join(v.to_bytes(4, "little") for v in (1, 0, 0, 72 + n, 2)) for n in (24, 40, 64)}

    def block(n: int, inside: bytes) -> bytes:
        return heads[n] + made.entry(rng, made.UUID(int=1), inside.ljust(n, b"\0"))

    def one() -> bytes:
        while True:  # entries of revision 3.0 alone, whose heads are 72 bytes
            found = block(rng.choice([24, 40, 64]), rng.choice([b"", b"", b"", heads[24], bytes(4) + heads[40]])[:24])
            if found[20 + 21] == 3:
                return found

    for seed in range(5):
        rng.seed(seed)
        records = [one() for _ in range(700)]
        for cut in (0, 1, len(records[-1]) - 3):
            data = b"".join(records)
            table = bulk.columns(data[: len(data) - cut], rows=500)
            assert table.to_bytes() == b"".join(records[: 700 - (cut > 0)])
            assert [e.row for e in table.errors] == [699] * (cut > 0)


@pytest.mark.parametrize("rows", [1, 5, 50, 10_000])
def test_blocks_of_any_number_of_records_say_the_same(rows: int):
    records = some(StatusBlock, 60)
    table = bulk.columns(b"".join(records), rows=rows)
    oracle.compare(StatusBlock, records, table)
    tables = list(bulk.blocks(b"".join(records), rows=rows))
    assert max(t.rows for t in tables) <= rows
    assert [n for t in tables for n in t.numbers.tolist()] == list(range(60))
    assert b"".join(t.to_bytes() for t in tables) == b"".join(records)


def test_a_file_a_folder_and_a_list_say_the_same_as_bytes(tmp_path: Path):
    records = some(StatusBlock, 50)
    whole = tmp_path / "all.bin"
    whole.write_bytes(b"".join(records))
    folder = tmp_path / "dumps"
    folder.mkdir()
    for i, data in enumerate(records):
        (folder / f"{i:03}.estatus").write_bytes(data)
    (folder / ".hidden").write_bytes(b"not a record")
    (folder / "inner").mkdir()
    for source in (b"".join(records), bytearray(b"".join(records)), whole, str(whole), folder, records):
        oracle.compare(StatusBlock, records, bulk.columns(source))
    both = bulk.columns([whole, folder, records[0]])
    oracle.compare(StatusBlock, [*records, *records, records[0]], both)


def test_a_record_of_a_folder_may_be_large_and_one_may_be_empty(tmp_path: Path):
    rng = random.Random(3)
    large = made.entry(rng, made.UUID(int=1), bytes(1 << 17))
    block = b"".join(n.to_bytes(4, "little") for n in (1, 0, 0, len(large), 2)) + large
    (tmp_path / "a").write_bytes(block)
    (tmp_path / "b").write_bytes(b"")
    table = bulk.columns(tmp_path)
    assert table.to_bytes() == block
    (error,) = table.errors
    assert (error.row, error.path, error.offset, error.start) == (1, "block_status", 0, 0)
    assert str(error) == f"{tmp_path / 'b'}: record 1, block_status at byte 0 (0x0): needs 4 bytes, 0 are left"


def test_a_file_that_comes_in_pieces_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As a table below /sys, of which one read gives a page."""
    records, read = some(StatusBlock, 2, seed=5), os.read
    for i, data in enumerate(records):
        (tmp_path / f"{i}.bin").write_bytes(data)
    monkeypatch.setattr(os, "read", lambda file, size: read(file, min(size, 40)))
    oracle.compare(StatusBlock, records, bulk.columns(tmp_path))


def files_of(table: bulk.Table) -> list[str]:
    """Of each row, the file that its record is from."""
    return [table.origins.of(row) for row in range(table.rows)]


def test_files_of_any_number_of_records_say_which_file_each_is_from(tmp_path: Path):
    """A folder, a pattern, names and contents: one record, several, none, or one that is cut short."""
    records = some(StatusBlock, 12)
    contents = [records[0], b"".join(records[1:5]), b"", records[5] + records[6][:-1], b"".join(records[7:])]
    paths = [tmp_path / f"{i}.bin" for i in range(len(contents))]
    for path, data in zip(paths, contents, strict=True):
        path.write_bytes(data)
    named = list(zip(map(str, paths), contents, strict=True))
    for source in (tmp_path, str(tmp_path / "*.bin"), list(map(str, paths)), paths, named, [*named[:2], *paths[2:]]):
        for rows in (3, 1000):
            table = bulk.columns(source, rows=rows)
            assert table.to_bytes() == b"".join([*records[:6], *records[7:]])
            files = [str(paths[i]) for i, n in enumerate((1, 4, 0, 1, 5)) for _ in range(n)]
            assert files_of(table) == files
            assert files_of(table.take([9, 2])) == [files[9], files[2]]
            assert [(e.source, e.start) for e in table.errors] == [(str(paths[2]), 0), (str(paths[3]), len(records[5]))]
    assert f"{paths[3]}: record 7 from byte {len(records[5])} (" in str(table.errors[1])


def test_a_large_file_among_small_ones_is_read_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("raslib.bulk.files.LARGE", 3000)
    monkeypatch.setattr("raslib.bulk.files.TOGETHER", 2000)
    records = some(StatusBlock, 60)
    parts = [records[:1], records[1:50], records[50:52], records[52:59], records[59:]]
    for i, part in enumerate(parts):
        (tmp_path / str(i)).write_bytes(b"".join(part))
    told: list[tuple[int, int]] = []
    table = bulk.columns(tmp_path, rows=7, progress=lambda *how_far: told.append(how_far))
    oracle.compare(StatusBlock, records, table)
    assert files_of(table) == [str(tmp_path / str(i)) for i, part in enumerate(parts) for _ in part]
    shares = [done / of for done, of in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_file_of_a_kind_that_does_not_say_its_length_is_one_record(tmp_path: Path):
    rng = random.Random(11)
    records = [rng.randbytes(size) for size in (80, 73, 96)]
    for i, data in enumerate(records):
        (tmp_path / str(i)).write_bytes(data)
    oracle.compare(PlatformMemory, records, bulk.columns(tmp_path, PlatformMemory))
    table = bulk.columns(tmp_path, PlatformMemory, size=80)
    assert table.rows + len(table.errors) == 4
    assert [(e.source, e.start) for e in table.errors] == [(str(tmp_path / "2"), 80)]


def test_what_is_not_there_is_an_error_of_its_own(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        bulk.columns(tmp_path / "missing")
    assert bulk.columns(str(tmp_path / "*.none")).rows == 0


def test_a_cut_record_at_the_end_is_an_error_and_the_others_are_there():
    records = some(StatusBlock, 20)
    data = b"".join(records)
    for cut in (1, len(records[-1]) - 1, len(records[-1]) - 20):
        table = bulk.columns(data[:-cut])
        assert table.rows == 19
        (error,) = table.errors
        with pytest.raises(ValueError, match=error.why) as plain:
            StatusBlock.parse(records[-1][:-cut])
        assert (error.row, error.path, error.offset) == (19, plain.value.path, plain.value.offset)
        assert error.start == len(data) - len(records[-1])


def test_an_error_in_the_middle_of_a_file_stays_with_its_record():
    records = some(StatusBlock, 20)
    with_section = next(i for i, data in enumerate(records) if len(data) > 100)
    broken = bytearray(records[with_section])
    broken[20 + 24 : 20 + 28] = b"\xff\xff\xff\x7f"  # the first entry's length; not the block's
    table = bulk.columns(b"".join([*records[:with_section], bytes(broken), *records[with_section + 1 :]]))
    assert [e.row for e in table.errors] == [with_section]
    assert table.numbers.tolist() == [i for i in range(20) if i != with_section]
    assert table.errors[0].start == sum(map(len, records[:with_section]))


def test_nothing_is_a_table_too():
    for source in (b"", []):
        table = bulk.columns(source)
        assert (table.rows, table.errors, table.to_bytes()) == (0, [], b"")
        assert len(table["error_severity"]) == 0
    assert "error_severity" in bulk.columns(b"").sheet("").columns


def test_sections_of_one_size():
    rng = random.Random(4)
    records = [rng.randbytes(80) for _ in range(30)]
    oracle.compare(PlatformMemory, records, bulk.columns(b"".join(records), PlatformMemory, size=80))
    table = bulk.columns(b"".join(records)[:-7], PlatformMemory, size=80)
    assert table.rows == 30  # 73 bytes are a section too, of an earlier edition
    assert table.values("rank_number")[-1] is None
    oracle.compare(PlatformMemory, records, bulk.columns(b"".join(records), PlatformMemory))  # the longest form


def test_other_records_that_say_how_long_they_are():
    rng = random.Random(5)
    records = [made.error_information(rng, rng.choice([32, 32, 40])) for _ in range(100)]
    oracle.compare(ErrorInformation, records, bulk.columns(b"".join(records), ErrorInformation))
    stamps = [rng.randbytes(8) for _ in range(100)]
    oracle.compare(Timestamp, stamps, bulk.columns(b"".join(stamps), Timestamp))


def test_progress_is_told_in_bytes_or_files(tmp_path: Path):
    records = some(StatusBlock, 100)
    data = b"".join(records)
    told: list[tuple[int, int]] = []
    bulk.columns(data, rows=30, progress=lambda *how_far: told.append(how_far))
    assert len(told) == 4
    assert told[-1] == (len(data), len(data))
    assert told == sorted(told)
    for i, one in enumerate(records[:10]):
        (tmp_path / str(i)).write_bytes(one)
    told.clear()
    bulk.columns(tmp_path, rows=4, progress=lambda *how_far: told.append(how_far))
    assert told == [(4, 10), (8, 10), (10, 10)]


def test_the_bar_is_drawn_on_a_terminal_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    bulk.bar(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    bulk.bar(1, 2)
    bulk.bar(2, 2)
    assert capsys.readouterr().err == f"\r[{'#' * 15:30}]  50%\r[{'#' * 30}] 100%\n"


def test_the_bar_is_drawn_in_a_notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Among its ordinary output, as the error stream looks there as if something were wrong."""
    monkeypatch.setattr("sys.stdout", type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})())
    bulk.bar(1, 2)
    assert sys.stdout.getvalue() == f"\r[{'#' * 15:30}]  50%"
    assert capsys.readouterr().err == ""


def test_a_table_keeps_nothing_of_its_source():
    records = some(StatusBlock, 30)
    data = bytearray(b"".join(records))
    table = bulk.columns(data)
    data[:] = bytes(len(data))
    assert table.to_bytes() == b"".join(records)


def test_blocks_need_no_more_memory_for_more_records():
    rng = random.Random(6)
    records = [made.status_block(rng, (PlatformMemory,)) for _ in range(100)]
    peaks = []
    for times in (15, 15, 45):  # the first fills what is made once and kept
        data = b"".join(records * times)
        gc.collect()
        tracemalloc.start()
        assert sum(table.rows for table in bulk.blocks(data, rows=100)) == 100 * times
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


def test_columns_take_little_more_memory_than_the_bytes():
    rng = random.Random(6)
    blocks = [made.status_block(rng, (PlatformMemory,)) for _ in range(500)]
    table = bulk.columns(blocks * 10)
    assert table.nbytes < 1.2 * len(b"".join(blocks * 10))


@pytest.mark.parametrize("kind", [StatusBlock, CperRecord])
def test_what_is_no_record_at_all_is_reported_and_no_more(kind: type[Record]):
    rng = random.Random(7)
    for data in (rng.randbytes(20_000), bytes(20_000), b"\xff" * 20_000, b"CPER" * 5000, b"x"):
        table = bulk.columns(data, kind)
        assert table.rows + len(table.errors) > 0
        starts = [error.start for error in table.errors]
        assert starts == sorted(starts)
        for error in table.errors:
            assert error.why


def test_every_entry_may_be_of_a_kind_of_its_own():
    rng = random.Random(8)
    records = []
    for _ in range(300):
        entry = made.entry(rng, made.UUID(int=rng.getrandbits(128)), rng.randbytes(rng.randrange(30)))
        records.append(b"".join(n.to_bytes(4, "little") for n in (1, 0, 0, len(entry), 2)) + entry)
    table = bulk.columns(records)
    oracle.compare(StatusBlock, records, table)
