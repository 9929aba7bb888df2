"""Common platform error records: the layout of header and descriptor, where bodies may lie, and what is refused."""

import datetime
import time
from uuid import UUID

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import cper
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.cper import (
    NOTIFICATIONS,
    CperRecord,
    DescriptorValid,
    RecordFlags,
    RecordHeader,
    RecordValid,
    SectionDescriptor,
    SectionFlags,
    Severity,
    Timestamp,
    rank,
)
from raslib.formats.memory import ErrorStatus, ErrorType, MemoryErrorType, MemoryValid, PlatformMemory
from raslib.records import RecordError
from raslib.views.fields import when

MEMORY = UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1")
ARM = UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0")
SEA = UUID("9a78788a-bbe8-11e4-809e-67611e5d46b0")
VENDOR = UUID("12345678-1234-1234-1234-123456789abc")

WHEN = Timestamp(seconds=56, minutes=34, hours=12, precise=1, day=6, month=12, year=17, century=20)
DIMM = PlatformMemory(
    validation_bits=MemoryValid.parse(0x43CF),
    error_status=ErrorStatus(error_type=ErrorType.MEMORY, data=True),
    physical_address=0x4000_1000,
    physical_address_mask=0xFFFF_FFFF_FFFF_F000,
    bank=1282,
    device=3,
    row=4660,
    column=86,
    memory_error_type=MemoryErrorType.MULTI_BIT_ECC,
)


def part(offset: int, length: int, **more: object) -> SectionDescriptor:
    return SectionDescriptor(section_offset=offset, section_length=length, section_type=VENDOR, **more)


def record(*descriptors: SectionDescriptor, length: int, **parts: object) -> CperRecord:
    header = RecordHeader(section_count=len(descriptors), record_length=length)
    return CperRecord(header=header, section_descriptors=descriptors, **parts)


def refusal(act: object) -> tuple[str, int | None, str]:
    with pytest.raises(RecordError) as e:
        act()  # type: ignore[operator]
    assert e.value.record == "CperRecord"
    return e.value.path, e.value.offset, e.value.why


# --- layout ----------------------------------------------------------------------------------------------------------


def test_the_header_lies_as_the_document_says():
    """Table of A.1: packed, so that two of its words are not aligned."""
    assert checks.layout(RecordHeader) == [
        ("signature_start", 0, 4),
        ("revision", 4, 2),
        ("signature_end", 6, 4),
        ("section_count", 10, 2),
        ("error_severity", 12, 4),
        ("validation_bits", 16, 4),
        ("record_length", 20, 4),
        ("timestamp", 24, 8),
        ("platform_id", 32, 16),
        ("partition_id", 48, 16),
        ("creator_id", 64, 16),
        ("notification_type", 80, 16),
        ("record_id", 96, 8),
        ("flags", 104, 4),
        ("persistence_information", 108, 8),
        ("reserved", 116, 12),
    ]
    assert checks.size(RecordHeader) == cper.HEADER == 128


def test_pitfall_07_everything_is_packed():
    """Words that a compiler would move: the end of the signature and what the store keeps for itself."""
    offsets = {row.name: row.offset for row in RecordHeader.table()}
    assert (offsets["signature_end"], offsets["persistence_information"]) == (6, 108)
    assert {row.name: row.offset for row in ErrorInformation.table()}["multiple_error"] == 5


def test_the_descriptor_lies_as_the_document_says():
    assert checks.layout(SectionDescriptor) == [
        ("section_offset", 0, 4),
        ("section_length", 4, 4),
        ("revision", 8, 2),
        ("validation_bits", 10, 1),
        ("reserved", 11, 1),
        ("flags", 12, 4),
        ("section_type", 16, 16),
        ("fru_id", 32, 16),
        ("error_severity", 48, 4),
        ("fru_text", 52, 20),
    ]
    assert checks.size(SectionDescriptor) == cper.DESCRIPTOR == 72


def test_the_timestamp_lies_as_the_document_says():
    names = ["seconds", "minutes", "hours", "precise", "day", "month", "year", "century"]
    assert checks.layout(Timestamp) == [(name, i, 1) for i, name in enumerate(names)]


def test_flags_stand_at_their_bits():
    checks.flags_at(RecordValid, {0: "platform_id", 1: "timestamp", 2: "partition_id"})
    checks.flags_at(RecordFlags, {0: "recovered", 1: "previous_error", 2: "simulated"})
    checks.flags_at(DescriptorValid, {0: "fru_id", 1: "fru_text"})
    section = {
        0: "primary",
        1: "containment_warning",
        2: "reset",
        3: "error_threshold_exceeded",
        4: "resource_not_accessible",
        5: "latent_error",
        6: "propagated",
        7: "overflow",
    }
    checks.flags_at(SectionFlags, section)


def test_every_name_is_explained():
    checks.explained(cper)


# fmt: off
NOTIFIES = [
    ("CMC",  "b1 8b ce 2d d7 bd 0e 45 b9 ad 9c f4 eb d4 f8 90"),
    ("CPE",  "96 2f 29 4e 43 d8 55 4a a8 c2 d4 81 f2 7e be ee"),
    ("MCE",  "fe 6f f5 e8 9c 91 c5 4c ba 88 65 ab e1 49 13 bb"),
    ("PCIe", "1f c0 93 cf 16 1a fc 4d b8 bc 9c 4d af 67 c1 04"),
    ("INIT", "e8 63 52 cc 08 93 4a 45 89 d0 34 0b d3 9b c9 8e"),
    ("NMI",  "ff 89 ad 5b e6 b7 c9 42 81 4a cf 24 85 d6 e9 8a"),
    ("BOOT", "66 a4 61 3d 40 ab 9a 40 a6 98 f3 62 d4 64 b3 8f"),
    ("DMAr", "91 d7 7d 66 b3 c6 27 4c 8a 6b 0f 8e 72 2d eb 41"),
    ("SEA",  "8a 78 78 9a e8 bb e4 11 80 9e 67 61 1e 5d 46 b0"),
    ("SEI",  "81 4c 28 5c ae b0 87 4e a3 22 b0 4c 85 62 43 23"),
    ("PEI",  "ac d5 a9 09 04 52 14 42 96 e5 94 99 2e 75 2b cd"),
    ("CXL",  "c9 3b 29 69 df 41 a3 49 b4 bd 4f b0 db 30 41 f6"),
]
# fmt: on


@pytest.mark.parametrize(("name", "stored"), NOTIFIES)
def test_notification_types_have_their_names(name, stored):
    header = RecordHeader().build()
    header = RecordHeader.parse(header[:80] + bytes.fromhex(stored) + header[96:])
    assert NOTIFICATIONS[header.notification_type].startswith(name)
    assert len(NOTIFICATIONS) == 12


# --- severity and time -----------------------------------------------------------------------------------------------


def test_pitfall_03_severity_numbers_are_not_in_order():
    named = [(s.value, s.name) for s in Severity]
    assert named == [(0, "RECOVERABLE"), (1, "FATAL"), (2, "CORRECTED"), (3, "INFORMATIONAL")]
    assert sorted(range(4), key=rank) == [3, 2, 0, 1]
    assert rank(4) > rank(Severity.FATAL)
    assert rank(0xFFFF_FFFF) > rank(Severity.FATAL)


def test_pitfall_14_timestamps_are_decimal_with_a_binary_flag_inside_and_the_century_last():
    assert Timestamp.parse(bytes.fromhex("5634120106121720")) == WHEN
    assert WHEN.build() == bytes.fromhex("5634120106121720")
    assert Timestamp.of(datetime.datetime(2017, 12, 6, 12, 34, 56)) == WHEN
    assert Timestamp.of(datetime.datetime(2017, 12, 6, 12, 34, 56), precise=False) == WHEN.replace(precise=0)
    odd = Timestamp.parse(bytes.fromhex("5a341299061217ff"))
    assert (odd.seconds, odd.precise, odd.century) == (b"\x5a", 0x99, b"\xff")
    assert odd.build() == bytes.fromhex("5a341299061217ff")


# --- golden ----------------------------------------------------------------------------------------------------------


def mem() -> CperRecord:
    descriptor = SectionDescriptor(
        validation_bits=DescriptorValid(fru_text=True),
        flags=SectionFlags(primary=True),
        section_type=MEMORY,
        error_severity=Severity.RECOVERABLE,
        fru_text="DIMM_A0",
    )
    return CperRecord.of(
        (descriptor, DIMM),
        validation_bits=RecordValid(timestamp=True),
        timestamp=WHEN,
        notification_type=SEA,
        record_id=1,
    )


def test_a_memory_record_from_python_is_the_vector():
    assert mem().build() == checks.sample("vectors/rec_mem.cper")


def test_a_memory_record_reads_as_the_description():
    """In full, without `of`, which counts."""
    assert CperRecord.parse(checks.sample("vectors/rec_mem.cper")) == CperRecord(
        header=RecordHeader(
            signature_start="CPER",
            revision=0x0101,
            signature_end=0xFFFF_FFFF,
            section_count=1,
            error_severity=Severity.RECOVERABLE,
            validation_bits=RecordValid(timestamp=True),
            record_length=280,
            timestamp=WHEN,
            notification_type=SEA,
            record_id=1,
        ),
        section_descriptors=(
            SectionDescriptor(
                section_offset=200,
                section_length=80,
                revision=0x0100,
                validation_bits=DescriptorValid(fru_text=True),
                flags=SectionFlags(primary=True),
                section_type=MEMORY,
                error_severity=Severity.RECOVERABLE,
                fru_text="DIMM_A0",
            ),
        ),
        sections=(DIMM,),
        gaps=(),
        beyond=b"",
    )


def test_two_sections_lie_behind_their_descriptors():
    data = checks.sample("vectors/rec_two_sections.cper")
    found = CperRecord.parse(data)
    assert found.header.error_severity == Severity.FATAL
    assert [(d.section_type, d.section_offset, d.section_length) for d in found.section_descriptors] == [
        (ARM, 272, 104),
        (MEMORY, 376, 80),
    ]
    made = CperRecord.of(
        *zip(found.section_descriptors, found.sections, strict=True),
        validation_bits=found.header.validation_bits,
        timestamp=found.header.timestamp,
        notification_type=found.header.notification_type,
        record_id=found.header.record_id,
    )
    assert made.build() == data


@pytest.mark.parametrize("path", checks.shared("samples/whea"))
def test_records_of_machines_come_back(path):
    checks.lossless(CperRecord, path.read_bytes())


@pytest.mark.parametrize("path", checks.shared("samples/malformed"))
def test_records_that_defeat_other_readers_come_back_or_say_where_they_break(path):
    data = path.read_bytes()
    if (error := CperRecord.explain(data).error) is None:
        checks.lossless(CperRecord, data)
    else:
        assert error.path.startswith("sections[")
        assert 200 <= (error.offset or 0) <= len(data)


@pytest.mark.parametrize("path", [p for p in checks.shared("vectors") if "rec_" in str(p.id) or p.values[0] is None])
def test_vectors_come_back(path):
    assert checks.lossless(CperRecord, path.read_bytes()).gaps == ()


def test_the_worst_section_gives_a_record_its_severity():
    def worst(*severities: int) -> int:
        parts = [(SectionDescriptor(error_severity=s), b"") for s in severities]
        return CperRecord.of(*parts).header.error_severity

    assert worst(Severity.CORRECTED, Severity.RECOVERABLE, Severity.INFORMATIONAL) == Severity.RECOVERABLE
    assert worst(Severity.RECOVERABLE, Severity.FATAL) == Severity.FATAL
    assert worst(Severity.FATAL, 9) == 9
    assert worst() == Severity.INFORMATIONAL


# --- where bodies may lie --------------------------------------------------------------------------------------------


def test_gaps_between_bodies_are_kept():
    made = record(
        part(280, 4),
        part(290, 2),
        length=300,
        sections=(b"abcd", b"ef"),
        gaps=((272, b"12345678"), (284, b"xxxxxx"), (292, b"yyyyyyyy")),
    )
    data = made.build()
    assert len(data) == 300
    assert data[272:] == b"12345678abcdxxxxxxefyyyyyyyy"
    assert checks.lossless(CperRecord, data) == made
    assert [(s.path, s.start, s.stop) for s in CperRecord.spans(data) if s.start >= 272 and not s.group] == [
        ("gaps[0]", 272, 280),
        ("sections[0]", 280, 284),
        ("gaps[1]", 284, 290),
        ("sections[1]", 290, 292),
        ("gaps[2]", 292, 300),
    ]


def test_bodies_may_lie_in_any_order():
    made = record(part(276, 3), part(272, 4), length=279, sections=(b"new", b"old!"))
    data = made.build()
    assert data[272:] == b"old!new"
    assert checks.lossless(CperRecord, data) == made


def test_bodies_may_overlap():
    """Nothing forbids it; the bytes that they share are the same on the way back."""
    data = record(part(272, 4), part(274, 4), length=278, sections=(b"abcd", b"cdef")).build()
    found = CperRecord.parse(data)
    assert found.sections == (b"abcd", b"cdef")
    assert found.build() == data
    assert CperRecord.from_json(found.to_json()).build() == data


def test_bodies_that_overlap_take_no_endless_time():
    """Four hundred descriptors of one body of 20 kB: it is not read four hundred times."""
    body = ArmProcessor(error_information=(ErrorInformation(),) * 600).build()
    here = SectionDescriptor(section_offset=128 + 72 * 400, section_length=len(body), section_type=ARM).build()
    header = RecordHeader(section_count=400, record_length=128 + 72 * 400 + len(body)).build()
    started = time.process_time()
    path, offset, why = refusal(lambda: CperRecord.parse(header + here * 400 + body))
    assert time.process_time() - started < 10
    assert path == f"section_descriptors[{(offset - 128) // 72}].section_offset"
    assert why == "8 times the record lies in bodies that overlap"


def test_a_body_may_be_empty():
    data = record(part(200, 0), length=200, sections=(b"",)).build()
    assert checks.lossless(CperRecord, data).sections == (b"",)


def test_bytes_after_the_record_are_kept_apart():
    data = record(part(200, 2), length=202, sections=(b"ab",)).build() + b"after"
    found = checks.lossless(CperRecord, data)
    assert (found.gaps, found.beyond) == ((), b"after")


def test_a_record_length_that_is_too_short_loses_nothing():
    data = record(part(200, 4), length=130, sections=(b"abcd",)).build() + b"after"
    found = checks.lossless(CperRecord, data)
    assert (found.sections, found.gaps, found.beyond) == ((b"abcd",), (), b"after")


def test_a_hole_of_a_record_made_by_hand_is_zero():
    data = record(part(204, 2), length=206, sections=(b"ab",)).build()
    assert data[200:] == b"\0\0\0\0ab"
    assert CperRecord.parse(data).gaps == ((200, bytes(4)),)


@pytest.mark.parametrize("offset", [0, 127, 128, 199])
def test_a_body_in_the_headers_is_refused_both_ways(offset):
    good = record(part(200, 2), length=202, sections=(b"ab",))
    wrong = good.build()[:128] + part(offset, 2).build() + b"ab"
    expected = (
        "section_descriptors[0].section_offset",
        128,
        f"{offset} lies in the headers, which are 200 bytes",
    )
    assert refusal(lambda: CperRecord.parse(wrong)) == expected
    assert refusal(good.replace(section_descriptors=(part(offset, 2),)).build) == expected


def test_a_body_beyond_the_end_is_refused_where_the_descriptor_says_so():
    good = record(part(272, 1), part(273, 1), length=274, sections=(b"a", b"b")).build()
    wrong = good[:200] + part(0xFFFF_FFFF, 1).build() + b"ab"
    path = "section_descriptors[1].section_offset"
    assert refusal(lambda: CperRecord.parse(wrong)) == (path, 200, "4294967295 lies past the 274 bytes that there are")


@pytest.mark.parametrize("offset", [200 + (1 << 16) + 2, 0xFFFF_FFFF])
def test_a_body_is_not_built_gigabytes_away(offset):
    made = record(part(offset, 1), length=0, sections=(b"a",))
    path = "section_descriptors[0].section_offset"
    assert refusal(made.build) == (path, 128, f"{offset} is far from all that comes before it")
    far = record(part(200, 1), length=0, sections=(b"a",), gaps=((offset, b"x"),))
    assert refusal(far.build)[0] == "gaps[0]"


def test_bodies_and_descriptors_go_in_pairs():
    made = record(part(200, 1), length=201, sections=())
    assert refusal(made.build) == ("sections", 200, "1 descriptors need as many bodies, not 0")
    assert refusal(lambda: CperRecord.from_json({"section_descriptors": [{}]} | {"sections": []})) == (
        "sections",
        None,
        "needs a list of 1 bodies, one for each descriptor",
    )


# --- broken records --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "path", "offset", "why"),
    [
        (0, "header.signature_start", 0, "needs 4 bytes, 0 are left"),
        (9, "header.signature_end", 6, "needs 4 bytes, 3 are left"),
        (30, "header.timestamp.year", 30, "needs 1 bytes, 0 are left"),
        (127, "header.reserved", 116, "needs 12 bytes, 11 are left"),
        (128, "section_descriptors[0].section_offset", 128, "needs 4 bytes, 0 are left"),
        (271, "section_descriptors[1].fru_text", 252, "needs 20 bytes, 19 are left"),
        (272, "sections[0]", 272, "needs 104 bytes, 0 are left"),
        (375, "sections[0]", 272, "needs 104 bytes, 103 are left"),
        (376, "sections[1]", 376, "needs 80 bytes, 0 are left"),
        (455, "sections[1]", 376, "needs 80 bytes, 79 are left"),
    ],
)
def test_a_record_cut_short_is_refused_where_it_ends(length, path, offset, why):
    data = checks.sample("vectors/rec_two_sections.cper")[:length]
    assert refusal(lambda: CperRecord.parse(data)) == (path, offset, why)
    found = CperRecord.explain(data)
    assert all(s.stop <= length for s in found.spans)
    assert max([s.stop for s in found.spans], default=0) >= min(offset, length)


def test_a_record_whose_header_promises_more_is_refused():
    data = record(length=150).build()
    assert refusal(lambda: CperRecord.parse(data)) == ("gaps", 128, "needs 22 bytes, 0 are left")


def test_a_section_too_short_for_its_type_is_refused_inside():
    cut = record(part(200, 70).replace(section_type=MEMORY), length=270, sections=(DIMM.build()[:70],)).build()
    assert refusal(lambda: CperRecord.parse(cut)) == (
        "sections[0].target_id",
        264,
        "needs 8 bytes, 6 are left",
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=4), st.integers(0, 200), st.binary())
def test_wherever_bodies_lie_nothing_is_lost(places, length, tail):
    """Descriptors of any offset and length over the same bytes: refused, or the same bytes come back."""
    headers = 128 + 72 * len(places)
    descriptors = [part(headers + offset, length).build() for offset, length in places]
    header = RecordHeader(section_count=len(places), record_length=headers + length).build()
    data = header + b"".join(descriptors) + tail
    found = CperRecord.explain(data)
    if found.error is None:
        assert found.record.build() == data
        assert CperRecord.from_json(found.record.to_json()).build() == data
        covered = [bool(any(s.start <= at < s.stop for s in found.spans if not s.group)) for at in range(len(data))]
        assert all(covered)


# --- time stamps of Windows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "plain", "text"),
    [
        ("0c2e100007011614", True, "2022-01-07 16:46:12, not precise, in plain numbers"),  # of a crash log
        ("4659230105062220", False, "2022-06-05 23:59:46"),
        ("0101010102031314", True, "2019-03-02 01:01:01, in plain numbers"),  # every byte would be digits too
    ],
)
def test_plain_numbers_are_told_from_digits_by_the_century(digits, plain, text):
    stamp = Timestamp.parse(bytes.fromhex(digits))
    assert stamp.is_plain is plain
    assert when(stamp) == text
    assert stamp.build() == bytes.fromhex(digits)
