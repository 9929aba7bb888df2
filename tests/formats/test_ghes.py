"""Generic Error Status Blocks: their layout, their two editions of entries, and what firmware gets wrong in them."""

from uuid import UUID

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import ghes
from raslib.formats.arm import ArmProcessor
from raslib.formats.cper import SectionDescriptor, SectionFlags, Severity, Timestamp
from raslib.formats.framing import block_of
from raslib.formats.ghes import BlockStatus, DataEntry, EntryFlags, EntryValid, StatusBlock
from raslib.formats.memory import ErrorStatus, ErrorType, MemoryErrorType, MemoryValid, PlatformMemory
from raslib.records import RecordError

MEMORY = UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1")
VENDOR = UUID("12345678-1234-1234-1234-123456789abc")


def refusal(data: bytes) -> tuple[str, int | None, str]:
    with pytest.raises(RecordError) as e:
        StatusBlock.parse(data)
    assert e.value.record == "StatusBlock"
    return e.value.path, e.value.offset, e.value.why


# --- layout ----------------------------------------------------------------------------------------------------------


def test_the_block_lies_as_the_document_says():
    assert checks.layout(StatusBlock) == [
        ("block_status", 0, 4),
        ("raw_data_offset", 4, 4),
        ("raw_data_length", 8, 4),
        ("data_length", 12, 4),
        ("error_severity", 16, 4),
        ("entries", 20, None),
        ("gap", None, None),
        ("raw_data", None, None),
        ("beyond", None, None),
    ]
    assert checks.size(StatusBlock) == ghes.HEADER == 20


def test_the_entry_lies_as_the_document_says():
    assert checks.layout(DataEntry) == [
        ("section_type", 0, 16),
        ("error_severity", 16, 4),
        ("revision", 20, 2),
        ("validation_bits", 22, 1),
        ("flags", 23, 1),
        ("error_data_length", 24, 4),
        ("fru_id", 28, 16),
        ("fru_text", 44, 20),
        ("timestamp", 64, None),
        ("section", None, None),
    ]
    assert checks.size(DataEntry) == 72
    assert len(DataEntry(revision=0x0201).build()) == 64


def test_bits_stand_at_their_places():
    checks.flags_at(EntryValid, {0: "fru_id", 1: "fru_text", 2: "timestamp"})
    checks.fields_at(
        BlockStatus,
        {
            "uncorrectable": (0, 0),
            "correctable": (1, 1),
            "multiple_uncorrectable": (2, 2),
            "multiple_correctable": (3, 3),
            "entry_count": (13, 4),
        },
    )


def test_pitfall_04_an_entry_is_not_a_section_descriptor():
    """Other order, flags of 8 bits, and 64 or 72 bytes."""
    entry = {row.name: row.offset for row in DataEntry.table()}
    descriptor = {row.name: row.offset for row in SectionDescriptor.table()}
    assert (entry["section_type"], descriptor["section_type"]) == (0, 16)
    assert (entry["error_severity"], descriptor["error_severity"]) == (16, 48)
    assert (EntryFlags.width, SectionFlags.width) == (8, 32)
    assert EntryFlags.layout == tuple((*field[:5], EntryFlags.ref) for field in SectionFlags.layout)


@pytest.mark.parametrize(
    ("revision", "header"), [(0x0000, 64), (0x0201, 64), (0x02FF, 64), (0x0300, 72), (0x0301, 72), (0x0400, 72)]
)
def test_pitfall_04_the_major_revision_decides_how_long_an_entry_is(revision, header):
    entry = DataEntry(section_type=VENDOR, revision=revision, section=b"body")
    assert (entry.timestamp is None) == (header == 64)
    data = entry.build()
    assert len(data) == header + 4
    assert checks.lossless(DataEntry, data) == entry
    assert StatusBlock(entries=(entry, entry)).data_length == 2 * (header + 4)


def test_pitfall_04_a_changed_revision_takes_the_time_stamp_along():
    for older in (DIMM.edited("entries[0].revision", "0x0201"), DIMM.edited("entries[0].revision", 0x0201)):
        assert (older.data_length, older.entries[0].timestamp) == (144, None)
        assert older.entries[0].section == DIMM.entries[0].section
        newer = older.edited("entries[0].revision", 0x0300)
        assert newer.entries[0] == DIMM.entries[0].replace(timestamp=Timestamp())


# --- golden ----------------------------------------------------------------------------------------------------------

QEMU = StatusBlock(
    block_status=BlockStatus(uncorrectable=True, entry_count=0),
    error_severity=Severity.RECOVERABLE,
    entries=(
        DataEntry(
            section_type=MEMORY,
            error_severity=Severity.RECOVERABLE,
            revision=0x0300,
            section=PlatformMemory(
                validation_bits=MemoryValid(physical_address=True, memory_error_type=True),
                physical_address=0x4000_1000,
                memory_error_type=MemoryErrorType.UNKNOWN,
            ),
        ),
    ),
)
DIMM = StatusBlock(
    block_status=BlockStatus(uncorrectable=True, entry_count=1),
    error_severity=Severity.RECOVERABLE,
    entries=(
        DataEntry(
            section_type=MEMORY,
            error_severity=Severity.RECOVERABLE,
            validation_bits=EntryValid(fru_text=True, timestamp=True),
            fru_text="DIMM_A0",
            timestamp=Timestamp(seconds=56, minutes=34, hours=12, precise=1, day=6, month=12, year=17, century=20),
            section=PlatformMemory(
                validation_bits=MemoryValid(
                    error_status=True,
                    physical_address=True,
                    physical_address_mask=True,
                    node=True,
                    bank=True,
                    device=True,
                    row=True,
                    column=True,
                    memory_error_type=True,
                ),
                error_status=ErrorStatus(error_type=ErrorType.MEMORY, data=True),
                physical_address=0x4000_1000,
                physical_address_mask=0xFFFF_FFFF_FFFF_F000,
                bank=1282,
                device=3,
                row=4660,
                column=86,
                memory_error_type=MemoryErrorType.MULTI_BIT_ECC,
            ),
        ),
    ),
)


@pytest.mark.parametrize(("name", "block"), [("g_qemu_mem", QEMU), ("g_mem", DIMM)])
def test_a_block_from_python_is_the_vector(name, block):
    data = checks.sample(f"vectors/{name}.bin")
    assert block.build() == data
    assert StatusBlock.parse(data) == block
    assert (block.data_length, block.entries[0].error_data_length) == (152, 80)


def test_qemus_block_in_full():
    """The bytes as the document on them has them, beside the description."""
    assert QEMU.build() == bytes.fromhex(
        "01000000 00000000 00000000 98000000 00000000"
        "1411bca5646fde4eb8633e83ed7c83b1 00000000 0003 00 00 50000000"
        + "00" * 16
        + "00" * 20
        + "00" * 8
        + "0240000000000000 0000000000000000 0010004000000000"
        + "00" * 56
    )


def test_an_entry_without_time_stamp_in_full():
    found = StatusBlock.parse(checks.sample("vectors/g_v201.bin"))
    (entry,) = found.entries
    assert (entry.revision, entry.timestamp, entry.error_data_length) == (0x0201, None, 80)
    assert (found.data_length, type(entry.section)) == (144, PlatformMemory)


def test_raw_data_follows_the_entries():
    data = checks.sample("vectors/g_vendor.bin")
    found = StatusBlock.parse(data)
    (entry,) = found.entries
    assert found.error_severity == Severity.FATAL
    assert entry.section.build() == bytes(range(16))
    assert (found.data_length, found.raw_data_offset, found.raw_data_length) == (88, 108, 4)
    assert found.raw_data == data[108:] == b"RAW!"
    assert StatusBlock(entries=(entry,), raw_data=b"RAW!").raw_data_offset == 108


@pytest.mark.parametrize("path", checks.shared("vectors", "samples/estatus"))
def test_blocks_of_others_come_back(path):
    if path.suffix == ".estatus" or (path.stem.startswith("g_") and path.stem != "g_short"):
        assert checks.lossless(StatusBlock, path.read_bytes()).beyond == b""


# --- lengths ---------------------------------------------------------------------------------------------------------


def test_pitfall_06_the_entry_count_is_not_trusted_and_entries_tile_the_data_length():
    for count in (0, 1, 5, 1023):
        found = StatusBlock.parse(QEMU.replace(block_status=BlockStatus(entry_count=count)).build())
        assert len(found.entries) == 1
        assert found.block_status.entry_count == count
    short = checks.sample("vectors/g_short.bin")
    assert refusal(short) == ("entries[0].section", 92, "needs 80 bytes, 79 are left")
    longer = QEMU.replace(data_length=153).build() + b"\0"
    assert refusal(longer) == ("entries[1].section_type", 172, "needs 16 bytes, 1 are left")


@pytest.mark.parametrize(
    ("length", "path", "offset", "why"),
    [
        (0, "block_status", 0, "needs 4 bytes, 0 are left"),
        (19, "error_severity", 16, "needs 4 bytes, 3 are left"),
        (20, "entries", 20, "needs 152 bytes, 0 are left"),
        (171, "entries", 20, "needs 152 bytes, 151 are left"),
    ],
)
def test_a_block_cut_short_is_refused_where_it_ends(length, path, offset, why):
    data = QEMU.build()[:length]
    assert refusal(data) == (path, offset, why)
    assert all(s.stop <= length for s in StatusBlock.explain(data).spans)


@pytest.mark.parametrize(
    ("at", "byte", "path", "offset", "why"),
    [
        (12, 63, "entries[0].fru_text", 64, "needs 20 bytes, 19 are left"),
        (44, 81, "entries[0].section", 92, "needs 81 bytes, 80 are left"),
        (44, 79, "entries[1].section_type", 171, "needs 16 bytes, 1 are left"),
        (44, 40, "entries[0].section.device", 132, "needs 2 bytes, 0 are left"),
    ],
    ids=["entry", "section long", "section short", "section shorter"],
)
def test_a_length_that_is_wrong_is_refused_where_it_shows(at, byte, path, offset, why):
    data = bytearray(QEMU.build())
    data[at] = byte
    assert refusal(bytes(data)) == (path, offset, why)


def test_entries_that_no_length_covers_are_kept_as_bytes():
    data = bytearray(QEMU.build())
    data[12] = 0
    assert checks.lossless(StatusBlock, bytes(data)).beyond == data[20:]


def test_raw_data_may_lie_behind_a_gap():
    block = QEMU.replace(raw_data_offset=176, raw_data_length=3, gap=b"gap!", raw_data=b"raw", beyond=b"end")
    data = block.build()
    assert data[172:] == b"gap!rawend"
    assert checks.lossless(StatusBlock, data) == block
    assert [(s.path, s.start, s.stop) for s in StatusBlock.spans(data)][-3:] == [
        ("gap", 172, 176),
        ("raw_data", 176, 179),
        ("beyond", 179, 182),
    ]


def test_raw_data_inside_the_entries_is_refused():
    with pytest.raises(RecordError) as e:
        QEMU.replace(raw_data_offset=171, raw_data_length=1).build()
    assert (e.value.path, e.value.offset) == ("gap", 172)
    wrong = bytearray(QEMU.build() + b"x")
    wrong[4:12] = bytes.fromhex("ab000000 01000000")
    assert refusal(bytes(wrong)) == ("gap", 172, "the lengths and offsets before it leave 1 bytes less than none")


def test_a_raw_offset_without_length_means_nothing():
    found = checks.lossless(StatusBlock, QEMU.replace(raw_data_offset=5).build())
    assert (found.raw_data_offset, found.gap, found.raw_data) == (5, b"", b"")


def test_an_empty_block_is_twenty_zeros():
    assert StatusBlock().build() == bytes(20)
    assert StatusBlock.parse(bytes(1024)) == StatusBlock(beyond=bytes(1004))


def test_bytes_after_the_block_are_kept():
    assert checks.lossless(StatusBlock, DIMM.build() + b"\0\0more").beyond == b"\0\0more"


def test_an_unknown_section_stays_as_it_was():
    entry = DataEntry(section_type=VENDOR, section=b"\1\2\3", error_severity=9, revision=0x0300)
    found = checks.lossless(StatusBlock, StatusBlock(entries=(entry,), error_severity=0x8000_0000).build())
    assert found.entries == (entry,)
    assert (found.error_severity, found.entries[0].error_severity) == (0x8000_0000, 9)
    assert found.entries[0].to_json()["section"] == "010203"


def test_a_section_may_be_longer_than_its_declaration():
    entry = DIMM.entries[0].replace(section=DIMM.entries[0].section.replace(beyond=b"new field"))
    found = checks.lossless(StatusBlock, StatusBlock(entries=(entry,)).build())
    assert found.entries[0].section.beyond == b"new field"
    assert found.entries[0].error_data_length == 89


def test_a_number_too_large_is_refused_with_its_whole_path():
    entry = DIMM.entries[0].replace(section=DIMM.entries[0].section.replace(node=70000))
    with pytest.raises(
        RecordError, match=r"StatusBlock.entries\[0\].section.node at byte 124 \(0x7c\): 70000 does not"
    ):
        StatusBlock(entries=(entry,)).build()


# --- what to believe -------------------------------------------------------------------------------------------------


def test_validation_bits_say_what_to_believe():
    said = {s.path: s.valid for s in StatusBlock.spans(DIMM.build()) if s.path.startswith("entries[0].")}
    entry = {p.removeprefix("entries[0]."): v for p, v in said.items() if ".section." not in p and v is not None}
    assert {p: v for p, v in entry.items() if "." not in p} == {"fru_id": False, "fru_text": True, "timestamp": True}


def test_a_section_belongs_to_its_type():
    found = StatusBlock.parse(checks.sample("vectors/g_arm_types.bin"))
    assert [type(e.section) for e in found.entries] == [ArmProcessor]


def test_a_block_of_several_entries_says_so():
    worst = block_of(DataEntry(error_severity=2), DataEntry(error_severity=1), DataEntry(error_severity=3))
    assert worst.error_severity == Severity.FATAL
    assert worst.block_status == BlockStatus(uncorrectable=True, multiple_uncorrectable=True, entry_count=3)
    small = block_of(DataEntry(error_severity=2))
    assert small.error_severity == Severity.CORRECTED
    assert small.block_status == BlockStatus(correctable=True, entry_count=1)


@settings(deadline=None)
@given(
    st.integers(0, 0xFFFF_FFFF),
    st.lists(st.tuples(st.sampled_from([0x0201, 0x0300]), st.binary(max_size=20)), max_size=3),
    st.binary(max_size=5),
    st.binary(max_size=5),
    st.binary(max_size=5),
)
def test_any_block_comes_back(status, entries, gap, raw, beyond):
    parts = tuple(DataEntry(section_type=VENDOR, revision=r, section=body) for r, body in entries)
    length = sum(len(e.build()) for e in parts)
    block = StatusBlock(
        block_status=BlockStatus.parse(status),
        raw_data_offset=20 + length + len(gap) if raw else 0,
        raw_data_length=len(raw),
        entries=parts,
        gap=gap if raw else b"",
        raw_data=raw,
        beyond=beyond,
    )
    assert checks.lossless(StatusBlock, block.build()) == block
