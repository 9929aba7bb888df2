"""`raslib decode --table`: what is printed and saved of files, folders and patterns, and what is complained of."""

import csv
from pathlib import Path
from typing import Any

import pytest
from construct import Construct
from test_cli import process, raslib

from raslib.formats import sdei
from raslib.formats.bert import Bert
from raslib.formats.framing import block_of
from raslib.formats.ghes import DataEntry
from raslib.formats.memory import MemoryValid, PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.records import Record, field, u8
from raslib.resources import folder

pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")


def block(row: int, severity: int = 2) -> bytes:
    section = PlatformMemory(validation_bits=MemoryValid(row=True, physical_address=True), row=row)
    return block_of(
        DataEntry(section=section, section_type=GUIDS[PlatformMemory], error_severity=severity, fru_text="")
    ).build()


@pytest.fixture
def dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one record, a file of three, an empty block, and one that is broken."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a").write_bytes(block(7))
    (tmp_path / "three.bin").write_bytes(block(1) + block(2, 1) + block(3))
    (tmp_path / "empty.bin").write_bytes(block_of().build())
    (tmp_path / "cut.bin").write_bytes(block(4) + block(5)[:-1])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def test_a_folder_a_pattern_and_a_file_are_one_table(dumps: Path):
    said = raslib("decode", "--table", "one", "th*.bin", "empty.bin", "--columns", "row,entries.error_severity")
    assert said.out.splitlines() == [
        "file       record  row  error_severity",
        "one/a           0    7  CORRECTED",
        "three.bin       1    1  CORRECTED",
        "three.bin       2    2  FATAL",
        "three.bin       3    3  CORRECTED",
        "... 1 record without entries",
    ]
    assert (said.status, said.err) == (0, "")


def test_a_broken_record_is_told_with_its_place_and_the_others_stand(dumps: Path):
    said = raslib("decode", "--table", "cut.bin", "one", "--columns", "row")
    assert said.out.splitlines()[1:] == ["cut.bin       0    4", "one/a         2    7"]
    assert said.err == (
        f"cut.bin: record 1 from byte {len(block(4))} ({len(block(4)):#x}) on, entries at byte 20 (0x14): "
        "needs 152 bytes, 151 are left\n"
    )
    assert said.status == 1


def test_rows_are_as_many_as_wanted_and_the_rest_is_counted(dumps: Path):
    said = raslib("decode", "--table", "three.bin", "--rows", "1", "--columns", "row")
    assert said.out.splitlines() == ["file       record  row", "three.bin       0    1", "... 2 more rows"]
    assert raslib("decode", "--table", "three.bin", "--rows", "-1").status == 2


def test_columns_are_chosen_that_say_something(dumps: Path):
    lines = raslib("decode", "--table", "three.bin").out.splitlines()
    assert max(map(len, lines[:4])) <= 100
    heads = ["file", "record", "entries.error_severity", "section", "physical_address", "error_severity"]
    assert lines[0].split() == heads
    assert lines[4].startswith("... ")


def test_a_table_is_saved(dumps: Path):
    said = raslib("decode", "--table", "three.bin", "-o", "out.csv", "--columns", "row")
    assert (said.status, said.out, said.err) == (0, "", "")
    with Path("out.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["file", "record", "entries.section.row"],
            *(["three.bin", str(i), str(i + 1)] for i in range(3)),
        ]
    said = raslib("decode", "--table", "three.bin", "-o", "out.txt")
    assert (said.status, said.err) == (1, "raslib: .txt: a table is saved as .csv or .parquet\n")


def test_parquet_is_saved_where_pyarrow_is(dumps: Path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    assert raslib("decode", "--table", "three.bin", "one", "-o", "out.parquet").status == 0
    found = parquet.read_table("out.parquet")
    assert found["file"].to_pylist() == ["three.bin"] * 3 + ["one/a"]
    assert found["entries.section.row"].to_pylist() == [1, 2, 3, 7]


def test_without_pyarrow_parquet_says_what_it_needs(dumps: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    said = raslib("decode", "--table", "three.bin", "-o", "out.parquet")
    assert (said.status, said.err) == (
        1,
        "raslib: out.parquet: Arrow and Parquet need pyarrow: pip install pyarrow\n",
    )


def test_texts_are_read_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder("data"))
    said = raslib("decode", "--table", "status_blocks/g_mem*", "--columns", "physical_address")
    assert [line.split() for line in said.out.splitlines()[1:]] == [
        ["status_blocks/g_mem.hex", "0", "0x40001000"],
        ["status_blocks/g_mem.linux-7.2.txt", "1", "0x40001000"],
        ["status_blocks/g_mem73.hex", "2", "0x40001000"],
        ["status_blocks/g_mem73.linux-7.2.txt", "3", "0x40001000"],
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["missing", "one"], "missing: No such file or directory"),
        (["*.none", "one"], "*.none: there is no file"),
        (["three.bin", "--columns", "rwo"], "--columns: there is no 'rwo'"),
        (["nothing"], "no status block"),
    ],
)
def test_what_cannot_be_read_is_said(dumps: Path, arguments: list[str], error: str):
    Path("nothing").write_bytes(bytes(range(200)))
    said = raslib("decode", "--table", *arguments)
    assert said.status == 1
    assert error in said.err
    assert ("one/a" in said.out) == ("one" in arguments)


def test_standard_input_may_hold_records_on_end(dumps: Path):
    said = process("decode", "--table", "-", "--columns", "row", given=block(1) + block(2))
    assert said.stdout.decode().splitlines() == ["file  record  row", "-          0    1", "-          1    2"]


def test_other_kinds_are_tables_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bert.aml").write_bytes(Bert(boot_error_region_length=0x400, boot_error_region=0xAFE9_6000).build())
    said = raslib("decode", "--table", "bert.aml", "--columns", "revision,boot_error_region_length")
    assert said.out.splitlines() == [
        "file      record  revision  boot_error_region_length",
        "bert.aml       0         1                      1024",
    ]


def test_the_sources_of_a_hest_are_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder("data"))
    columns = "source_id,notification.type,error_status_block_length"
    said = raslib("decode", "--table", "hest/qemu-7.2.hex", "--columns", columns)
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        "file               record  source_id  type  error_status_block_length",
        "hest/qemu-7.2.hex       0          0  SEA                        1024",
    ]


class Share(Construct):
    """Gives what no column can hold."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return len(stream.read()) / 256


class Odd(Record):
    first: int = u8()
    second: Any = field(Share(), default=0.5)


def test_a_kind_of_which_no_columns_can_be_made_is_refused_in_words(dumps: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sdei, "Sdei", Odd)
    said = raslib("decode", "--table", "--kind", "sdei", "three.bin")
    refusal = "--table: no columns can be made of this kind: Odd.second: no column can hold a float"
    assert (said.status, said.out, said.err) == (1, "", f"raslib: {refusal}\n")


def test_the_kind_may_be_said(dumps: Path):
    said = raslib("decode", "--table", "--kind", "record", "three.bin")
    assert said.status == 1
    assert said.err.startswith("three.bin: record 0, gaps at byte 128 (0x80): needs ")
