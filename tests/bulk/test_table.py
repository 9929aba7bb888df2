"""What a table answers: by path, with names, validity and time; and the same flat, as text, CSV and Arrow."""

import csv
import datetime
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from raslib import samples
from raslib.formats.arm import ArmProcessor, ArmValid, ErrorInformation
from raslib.formats.cper import CperRecord, SectionDescriptor, Severity, Timestamp
from raslib.formats.framing import block_of
from raslib.formats.ghes import DataEntry, EntryValid, StatusBlock
from raslib.formats.memory import ErrorStatus, ErrorType, MemoryErrorType, MemoryValid, PlatformMemory
from raslib.formats.sections import GUIDS, NAMES
from raslib.records import Record

np = pytest.importorskip("numpy", reason="raslib.bulk needs numpy, the extra bulk")
bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")

WHEN = datetime.datetime(2026, 2, 28, 23, 59, 58)


def entry(section: Record | bytes, severity: int = Severity.CORRECTED, **more: object) -> DataEntry:
    guid = {"section_type": GUIDS[type(section)]} if isinstance(section, Record) else {}
    return DataEntry(section=section, error_severity=severity, **guid, **more)


MEMORY = PlatformMemory(
    validation_bits=MemoryValid(physical_address=True, error_status=True, memory_error_type=True, extended_row=True),
    error_status=ErrorStatus(error_type=ErrorType.MEMORY, requester=True),
    physical_address=0x1234_5000,
    memory_error_type=MemoryErrorType.SINGLE_BIT_ECC,
    row=7,
    column=9,
)
ARM = ArmProcessor(
    validation_bits=ArmValid(mpidr=True),
    mpidr_el1=0x8000_0003,
    error_information=(ErrorInformation(type=1), ErrorInformation(type=2)),
)
DATED = {"validation_bits": EntryValid(timestamp=True, fru_text=True), "timestamp": Timestamp.of(WHEN)}
BLOCKS = [
    block_of(entry(MEMORY, **DATED, fru_text="DIMM 3"), entry(ARM, 1, fru_text="socket 0")),
    block_of(),
    block_of(entry(b"\xab\xcd", 9, revision=0x201), entry(MEMORY.replace(validation_bits=MemoryValid()))),
]


@pytest.fixture
def table() -> bulk.Table:
    return bulk.columns([block.build() for block in BLOCKS])


def test_paths_lead_through_records_and_lists(table: bulk.Table):
    assert table["error_severity"].tolist() == [Severity.FATAL, Severity.INFORMATIONAL, 9]
    assert table["entries.error_severity"].tolist() == [2, 1, 9, 2]
    assert table["entries.section.physical_address"].tolist() == [0x1234_5000, 0, 0, 0x1234_5000]
    assert table["entries.section.error_information.type"].tolist() == [1, 2]
    entries = table.table("entries")
    assert entries["section.mpidr_el1"].tolist() == [0, 0x8000_0003, 0, 0]
    assert entries.parent.tolist() == [0, 0, 2, 2]
    assert entries.table("section.error_information").parent.tolist() == [1, 1]
    assert list(table.lists) == ["entries"]
    assert table.columns["entries.section.row"].tolist() == [7, 0, 0, 7]
    assert dict(table.columns).keys() == set(table.columns)


def test_a_path_that_several_records_have_needs_the_name_of_one(table: bulk.Table):
    with pytest.raises(KeyError, match=r"may be any of section.ArmProcessor.validation_bits, section.PlatformMemory"):
        table["entries.section.validation_bits"]
    assert table["entries.section.ArmProcessor.validation_bits"].tolist() == [0, 1, 0, 0]
    assert table["entries.section.ArmProcessor.mpidr_el1"].tolist() == table["entries.section.mpidr_el1"].tolist()
    assert "entries.section.PlatformMemory.beyond" in table.columns


def test_a_wrong_path_names_what_is_near(table: bulk.Table):
    with pytest.raises(KeyError, match=r"no 'section.physical_adress'; near it: section.physical_address,"):
        table["entries.section.physical_adress"]
    with pytest.raises(KeyError, match=r"is a list; its table is table\('entries'\)"):
        table["entries"]
    with pytest.raises(KeyError, match="a column, not a list"):
        table.table("error_severity")


def test_what_may_be_believed(table: bulk.Table):
    """Absent, of another record, and declared invalid are one for whoever asks what is so."""
    assert table.valid("entries.section.physical_address").tolist() == [True, False, False, False]
    assert table.valid("entries.section.row").tolist() == [True, False, False, False]  # either of two flags vouches
    assert table.valid("entries.section.column").tolist() == [False] * 4
    assert table.valid("entries.section.error_status.error_type").tolist() == [True, False, False, False]
    assert table.valid("entries.revision").tolist() == [True] * 4
    masked = table.masked("entries.section.physical_address")
    assert masked.compressed().tolist() == [0x1234_5000]


def test_names_and_plain_values(table: bulk.Table):
    assert table.names("entries.error_severity") == {m.value: m.name for m in Severity}
    assert table.values("entries.error_severity") == [Severity.CORRECTED, Severity.FATAL, 9, Severity.CORRECTED]
    assert table.names("entries.section") == {0: "ArmProcessor", 1: "PlatformMemory", 2: "bytes"}
    assert table["entries.section"].tolist() == [1, 0, 2, 1]
    assert table.values("entries.section.bytes") == [None, None, b"\xab\xcd", None]
    assert table["entries.section.bytes"]["length"].tolist() == [0, 0, 2, 0]
    assert table.values("entries.fru_text") == ["DIMM 3", "socket 0", "", ""]
    assert table.values("entries.section.memory_error_type", [0]) == [MemoryErrorType.SINGLE_BIT_ECC]
    assert table.values("entries.section.PlatformMemory.validation_bits")[0] == MEMORY.validation_bits
    assert table["block_status.entry_count"].tolist() == [2, 0, 2]
    assert table["block_status.uncorrectable"].dtype == bool
    assert table.names("data_length") == {}


def test_time_stamps_are_times(table: bulk.Table):
    when = np.datetime64("2026-02-28T23:59:58")
    assert table["entries.timestamp"][0] == when
    assert np.isnat(table["entries.timestamp"][1:]).all()
    assert table.valid("entries.timestamp").tolist() == [True, False, False, False]
    assert table.values("entries.timestamp")[0] == Timestamp.of(WHEN)
    assert table.values("entries.timestamp")[2] is None  # revision 2.1 has none
    digits = [bytes.fromhex(text) for text in ("5859230130022620", "5859230129022420", "5a59230128022620")]
    assert np.isnat(bulk.columns(digits, Timestamp)["value"]).tolist() == [True, False, True]


def test_plain_numbers_as_windows_writes_them_are_a_time_too():
    stamps = [bytes.fromhex("0c2e100007011614"), bytes.fromhex("0c2e100007011620")]
    entries = [DataEntry(timestamp=Timestamp.parse(s), validation_bits=EntryValid(timestamp=True)) for s in stamps]
    found = bulk.columns([StatusBlock(entries=(entry,)).build() for entry in entries])["entries.timestamp"]
    assert found[0] == np.datetime64("2022-01-07T16:46:12")
    assert np.isnat(found[1])


def test_a_table_of_some_rows(table: bulk.Table):
    assert table.take([2, 0]).to_bytes() == BLOCKS[2].build() + BLOCKS[0].build()
    assert table.take(table["error_severity"] == 9).numbers.tolist() == [2]
    assert table.record(0) == BLOCKS[0]
    assert table.table("entries").take([1, 3]).values("section") == ["ArmProcessor", "PlatformMemory"]
    with pytest.raises(ValueError, match="part of their records"):
        table.table("entries").to_bytes()
    with pytest.raises(ValueError, match="part of their records"):
        table.table("entries").record(0)


def test_columns_are_replaced_and_written_back(table: bulk.Table):
    """A number, bits, a text, a GUID and a time, some of which only some rows have; all else stays as it was."""
    guid = np.frombuffer(GUIDS[PlatformMemory].bytes_le, "V16")
    changed = table.replace(
        {
            "error_severity": [1, 2, 3],
            "block_status.correctable": [True, False, True],
            "block_status.entry_count": [1, 5, 1023],
            "entries.fru_text": np.array(["A", "longer text of 20 by", "", "B"]),
            "entries.fru_id": guid,
            "entries.timestamp": np.datetime64("1999-12-31T00:00:59"),
            "entries.section.row": [1, 0, 0, 65535],
        }
    )
    first, second, third = (changed.record(row) for row in range(3))
    assert [block.error_severity for block in (first, second, third)] == [1, 2, 3]
    assert [b.block_status.entry_count for b in (first, second, third)] == [1, 5, 1023]
    assert [entry.fru_text for entry in first.entries] == ["A", "longer text of 20 by"]
    assert third.entries[1].section == MEMORY.replace(validation_bits=MemoryValid(), row=65535)
    assert first.entries[0].section == MEMORY.replace(row=1)
    assert first.entries[0].fru_id == GUIDS[PlatformMemory]
    when = Timestamp.of(datetime.datetime(1999, 12, 31, 0, 0, 59))
    assert first.entries[0].timestamp == when.replace(precise=BLOCKS[0].entries[0].timestamp.precise)
    assert second.block_status == BLOCKS[1].block_status.replace(correctable=False, entry_count=5)
    assert third.entries[0].section == b"\xab\xcd"
    assert table.to_bytes() == b"".join(block.build() for block in BLOCKS)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("error_severity", 1 << 32, "error_severity: there is no room"),
        ("error_severity", -1, "error_severity: there is no room"),
        ("block_status.entry_count", 1024, "block_status: there is no room"),
        ("entries.fru_text", "x" * 21, "fru_text: there is no room"),
        ("entries.section.bytes", b"", "only numbers, texts and GUIDs"),
    ],
)
def test_what_has_no_room_is_not_put_into_a_column(table: bulk.Table, path: str, value: object, why: str):
    with pytest.raises(ValueError, match=why):
        table.replace({path: value})


def test_columns_cannot_be_written_to(table: bulk.Table):
    with pytest.raises(ValueError, match="read-only"):
        table["error_severity"][0] = 1


def test_a_table_says_what_it_is(table: bulk.Table):
    assert repr(table).startswith("<StatusBlock table: 3 rows, ")
    assert len(table) == table.rows == 3
    assert repr(table.table("entries")).startswith("<list table: 4 rows, ")


# --- flat -----------------------------------------------------------------------------------------------------------


def test_a_sheet_repeats_what_a_row_is_listed_in(table: bulk.Table, tmp_path: Path):
    table.sheet().save(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["record"] for row in rows] == ["0", "0", "2", "2"]
    assert [row["error_severity"] for row in rows] == ["FATAL", "FATAL", "9", "9"]
    assert [row["entries.section"] for row in rows] == ["PlatformMemory", "ArmProcessor", "bytes", "PlatformMemory"]
    assert [row["entries.section.physical_address"] for row in rows] == ["0x12345000", "", "", ""]
    assert [row["entries.section_type"] for row in rows][:2] == [
        NAMES[GUIDS[kind]] for kind in (PlatformMemory, ArmProcessor)
    ]
    assert [row["entries.timestamp"] for row in rows] == ["2026-02-28 23:59:58", "", "", ""]
    assert [row["entries.section.bytes"] for row in rows] == ["", "", "abcd", ""]
    assert [row["block_status.uncorrectable"] for row in rows] == ["yes", "yes", "yes", "yes"]
    assert not {"entries.validation_bits.fru_id", "entries.timestamp.seconds", "gap"} & rows[0].keys()


def test_a_sheet_of_some_fields_and_of_another_list(table: bulk.Table):
    fields = ["entries.section.error_information.type", "entries.section.mpidr_el1", "error_severity"]
    assert table.sheet("entries.section.error_information", fields).text(width=200).splitlines() == [
        "record  type  mpidr_el1   error_severity",
        "     0     1  0x80000003  FATAL",
        "     0     2  0x80000003  FATAL",
        "... 2 records without entries.section.error_information",
    ]
    assert table.sheet("", ["error_severity"]).rows == 3
    with pytest.raises(KeyError, match="leads to no list"):
        table.sheet("entries.section.registers")


def test_a_text_table_fits_its_width_and_names_what_is_left_out(table: bulk.Table):
    text = table.sheet().text(2, 60).splitlines()
    assert max(map(len, text[:3])) <= 60
    assert text[0].split()[0] == "record"
    assert text[0].split() == ["record", "timestamp", "entries.error_severity", "bytes"]
    assert text[3:5] == ["... 2 more rows", "... 1 record without entries"]
    assert text[5].startswith("... ")
    assert "section, fru_text, memory_error_type, physical_address" in text[5]
    assert text[5].endswith(", ...")
    assert len(text[5]) <= 2 * 60
    broken = bulk.columns([BLOCKS[0].build(), b"\0"]).errors
    assert str(broken[-1]) == "record 1, block_status at byte 0 (0x0): needs 4 bytes, 1 are left"


def test_the_bodies_of_a_record_stand_beside_their_descriptors():
    pairs = [(SectionDescriptor(section_type=GUIDS[type(body)]), body) for body in (MEMORY, ARM)]
    table = bulk.columns([CperRecord.of(*pairs, record_id=5).build()], CperRecord)
    assert table["sections.physical_address"].tolist() == [0x1234_5000, 0]
    sheet = table.sheet(fields=["section_descriptors.section_type", "sections.kind", "header.record_id"])
    assert sheet.text().splitlines() == [
        "record  section_type     kind            record_id",
        "     0  Platform Memory  PlatformMemory  0x5",
        "     0  ARM Processor    ArmProcessor    0x5",
    ]
    assert list(sheet.columns) == ["section_descriptors.section_type", "sections.kind", "header.record_id"]


def test_a_sheet_finds_a_column_by_the_end_of_its_path(table: bulk.Table):
    sheet = table.sheet()
    assert list(table.sheet(fields=["row", "fru_text"]).columns) == ["entries.section.row", "entries.fru_text"]
    assert sheet["mpidr_el1"].tolist() == [0, 0x8000_0003, 0, 0]
    assert sheet.valid("physical_address").tolist() == [True, False, False, False]
    with pytest.raises(KeyError, match=r"'chip_identification' may be any of entries.section.validation_bits.chip_id"):
        sheet["chip_identification"]
    with pytest.raises(KeyError, match="no 'physical_adress'"):
        sheet["physical_adress"]


def test_rows_are_counted_by_what_stands_in_columns(table: bulk.Table):
    sheet = table.sheet()
    kinds = sheet.count("section")
    assert [*kinds.texts()] == [("PlatformMemory", "2"), ("ArmProcessor", "1"), ("bytes", "1")]
    assert (kinds.first.tolist(), kinds.which.tolist(), len(kinds)) == ([0, 1, 2], [0, 1, 2, 0], 3)
    both = sheet.count("section", "entries.error_severity", where=[0, 1])
    assert [*both.texts()] == [("PlatformMemory", "CORRECTED", "1"), ("ArmProcessor", "FATAL", "1")]
    assert kinds.total(sheet.valid("physical_address")).tolist() == [1, 0, 0]
    assert [*sheet.count("row").texts()] == [("7", "1")]  # where the row is not valid it is of no kind
    assert str(kinds).splitlines()[:2] == ["section         rows", "PlatformMemory     2"]
    assert '<td>PlatformMemory</td><td class="num">2</td>' in kinds._repr_html_()
    assert len(sheet.count("section", where=[])) == 0


def test_where_no_record_is_left_every_count_is_empty():
    """Of columns of all widths: GUIDs and texts of whole words, bytes, numbers, flags."""
    sheet = bulk.columns(samples("status_blocks/g_short")).sheet()
    fields = ["section_type", "fru_id", "fru_text", "error_severity", "correctable"]
    assert sheet.rows == 0
    assert [len(sheet.count(name)) for name in fields] == [0, 0, 0, 0, 0]
    assert str(sheet.count(*fields)) == "section_type  fru_id  fru_text  error_severity  correctable  rows"


def test_counting_tells_all_kinds_of_values_apart():
    """GUIDs, texts and raw bytes as much as numbers, and every one of many columns."""
    rng = np.random.default_rng(1)
    blocks = [
        block_of(entry(MEMORY.replace(row=int(a)), fru_text=f"DIMM {b}", fru_id=UUID(int=int(c))))
        for a, b, c in rng.integers(0, 3, (300, 3))
    ]
    table = bulk.columns([one.build() for one in blocks])
    fields = ("entries.section.PlatformMemory.row", "entries.fru_text", "entries.fru_id")
    values = list(zip(*(table.values(name) for name in fields), strict=True))
    sheet = table.replace({"entries.section.validation_bits": 0x1FF, "entries.validation_bits": 3}).sheet()
    found = sheet.count(*fields)
    assert dict(zip([values[i] for i in found.first], found.counts.tolist(), strict=True)) == Counter(values)
    assert [values[found.first[k]] for k in found.which] == values
    assert found.counts.tolist() == sorted(found.counts.tolist(), reverse=True)
    assert str(found).endswith("\n... 17 more kinds")


def test_counting_tells_large_numbers_apart(table: bulk.Table):
    high = [(1 << 64) - 1, 1 << 63, (1 << 64) - 1, 0]
    for values in (high, [(1 << 64) - 2, (1 << 64) - 1, (1 << 64) - 2, (1 << 64) - 1]):
        column = {"entries.section.mpidr_el1": values, "entries.section.ArmProcessor.validation_bits": 1}
        found = table.replace(column).sheet().count("mpidr_el1")
        assert [*found.texts()] == [(hex(values[1]), "1")]  # that of the one ARM section
    blocks = [block_of(entry(ARM.replace(mpidr_el1=value))).build() for value in high]
    found = bulk.columns(blocks).sheet().count("mpidr_el1", "entries.error_severity")
    assert [*found.texts()] == [
        ("0xffffffffffffffff", "CORRECTED", "2"),
        ("0x8000000000000000", "CORRECTED", "1"),
        ("0x0", "CORRECTED", "1"),
    ]


def test_a_table_is_saved_as_what_its_name_says(table: bulk.Table, tmp_path: Path):
    with pytest.raises(ValueError, match=r".txt: a table is saved as .csv or .parquet"):
        table.sheet().save(tmp_path / "all.txt")


def test_records_without_a_row_of_their_own_at_the_end_are_left_out():
    sheet = bulk.columns([BLOCKS[0].build(), BLOCKS[1].build()]).sheet(fields=["error_severity", "entries.fru_text"])
    assert sheet["error_severity"].tolist() == [Severity.FATAL] * 2
    assert sheet.texts("entries.fru_text") == ["DIMM 3", "-"]
    sheet = bulk.columns([block_of(entry(MEMORY)).build(), BLOCKS[1].build()]).sheet()
    assert sheet["error_severity"].tolist() == [Severity.CORRECTED]
    sheet = bulk.columns([BLOCKS[1].build()]).sheet()
    assert sheet["error_severity"].tolist() == []


def test_a_cell_that_a_spreadsheet_would_run_is_text(tmp_path: Path):
    said = ["=1+1", "+1", "-1", "@SUM(A1)", "DIMM =1", "'quoted"]
    files = [(f"{text[:1]}file", block_of(entry(MEMORY, **DATED, fru_text=text)).build()) for text in said]
    table = bulk.columns(files)
    table.sheet(fields=["entries.fru_text", "entries.section.bit_position"]).save(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    assert [row[2] for row in rows] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "DIMM =1", "'quoted"]
    assert [row[0] for row in rows] == ["'=file", "'+file", "'-file", "'@file", "Dfile", "'file"]
    assert table.sheet(fields=["entries.fru_text"]).texts("entries.fru_text") == said


def test_an_old_file_stays_where_a_new_one_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    table, file = bulk.columns([block.build() for block in BLOCKS]), tmp_path / "all.csv"
    file.write_text("old")
    monkeypatch.setattr("csv.writer", lambda stream: stream.write("half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        table.sheet().save(file)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("all.csv", "old")]


def test_arrow_takes_a_table_with_its_nulls_and_names(table: bulk.Table, tmp_path: Path):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    taken = pa.table(table)
    assert taken["entries.section.physical_address"].to_pylist() == [0x1234_5000, None, None, None]
    assert taken["entries.error_severity"].to_pylist() == ["CORRECTED", "FATAL", "9", "CORRECTED"]
    assert taken["entries.timestamp"].to_pylist() == [WHEN, None, None, None]
    assert taken["entries.section.bytes"].to_pylist() == [None, None, b"\xab\xcd", None]
    assert taken["entries.section.error_status.requester"].to_pylist() == [True, None, None, None]
    table.sheet().save(tmp_path / "all.parquet")
    again = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "all.parquet")
    assert again["entries.fru_text"].to_pylist() == ["DIMM 3", None, None, None]


def test_polars_and_pandas_take_a_table(table: bulk.Table):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame(table)
    assert frame["entries.section.physical_address"].to_list() == [0x1234_5000, None, None, None]
    assert frame["entries.error_severity"].cast(polars.String).to_list() == ["CORRECTED", "FATAL", "9", "CORRECTED"]
    assert frame["entries.timestamp"].to_list() == [WHEN, None, None, None]
    pandas = pytest.importorskip("pandas", "3", reason="pandas 3 is not installed")
    taken = pandas.DataFrame.from_arrow(table)
    assert taken["entries.section.row"].isna().tolist() == [False, True, True, True]
    assert taken["entries.section"].tolist() == ["PlatformMemory", "ArmProcessor", "bytes", "PlatformMemory"]


def test_without_pyarrow_only_what_needs_it_is_missing(table: bulk.Table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match="^Arrow and Parquet need pyarrow: pip install pyarrow$"):
        table.sheet().arrow()
    assert "PlatformMemory" in table.sheet().text()


def test_status_blocks_are_what_is_read_if_nothing_else_is_said():
    assert bulk.columns(BLOCKS[0].build()).kind is StatusBlock
