"""Findings: each rule is broken once and says where, what and why; what is right has none."""

from typing import Any

import pytest
from formats import acpi_checks as checks

from raslib.formats.acpi import Table
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.cper import CperRecord, RecordHeader, SectionDescriptor, Severity
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.formats.hest import GenericSourceV2, Hest
from raslib.formats.sections import GUIDS
from raslib.lint import RULES, Finding, Level, lint
from raslib.records import Record

BLOCK = StatusBlock.ref
RECORD = CperRecord.ref


def block(**more: Any) -> StatusBlock:
    return StatusBlock(**({"entries": (DataEntry(section=b"four"),)} | more))


def record(**more: Any) -> CperRecord:
    return CperRecord.of((SectionDescriptor(), b"four"), **more)


def arm(**more: Any) -> ArmProcessor:
    return ArmProcessor(**({"error_information": (ErrorInformation(),)} | more))


def in_block(section: ArmProcessor) -> StatusBlock:
    return StatusBlock(entries=(DataEntry(section_type=GUIDS[ArmProcessor], section=section),))


UNKNOWN = ("UEFI 2.10 §N.2.1; Linux drivers/acpi/apei/ghes.c", "Linux takes a severity that it does not know for fatal")
TRUST = "readers walk the data length; a reader that trusts the count sees another block"
NO_LENGTH = "no length in the block covers them"
STOPS = "Linux stops at a length that is too small, and takes the rest of one that is too large for vendor data"
HEST = Hest(error_sources=(GenericSourceV2(),))
MISCOUNTED = HEST.replace(error_source_count=2)

CASES: dict[str, tuple[Record, Finding]] = {
    "block severity": (
        block(error_severity=7),
        Finding(Level.ERROR, "error_severity", 16, "severity 7 is none of 0 to 3", UNKNOWN[1], UNKNOWN[0]),
    ),
    "entry severity": (
        block(entries=(DataEntry(error_severity=4),)),
        Finding(Level.ERROR, "entries[0].error_severity", 36, "severity 4 is none of 0 to 3", UNKNOWN[1], UNKNOWN[0]),
    ),
    "entry count": (
        block(block_status=BlockStatus(entry_count=3)),
        Finding(Level.WARNING, "block_status", 0, "entry count is 3, there are 1", TRUST, BLOCK),
    ),
    "after the block": (
        block(beyond=b"\0x"),
        Finding(Level.ERROR, "beyond", 96, "2 bytes follow the block, and they are not zero", NO_LENGTH, BLOCK),
    ),
    "before raw data": (
        block(gap=b"gap", raw_data=b"raw", raw_data_length=3, raw_data_offset=99),
        Finding(Level.WARNING, "gap", 96, "3 bytes between entries and raw data are not zero", NO_LENGTH, BLOCK),
    ),
    "revision": (
        block(entries=(DataEntry(revision=0x0100),)),
        Finding(
            Level.WARNING,
            "entries[0].revision",
            40,
            "revision 0x0100 is neither 0x0201 nor 0x0300",
            "the revision decides whether a time stamp stands before the section",
            DataEntry.ref,
        ),
    ),
    "record severity": (
        record(error_severity=9),
        Finding(Level.ERROR, "header.error_severity", 12, "severity 9 is none of 0 to 3", UNKNOWN[1], UNKNOWN[0]),
    ),
    "section severity": (
        CperRecord.of((SectionDescriptor(error_severity=9), b""), error_severity=Severity.FATAL),
        Finding(
            Level.ERROR,
            "section_descriptors[0].error_severity",
            176,
            "severity 9 is none of 0 to 3",
            UNKNOWN[1],
            UNKNOWN[0],
        ),
    ),
    "signature": (
        record(signature_start="REPC"),
        Finding(
            Level.ERROR,
            "header.signature_start",
            0,
            "signature is 'REPC', not CPER",
            "readers look for it",
            RecordHeader.ref,
        ),
    ),
    "end of signature": (
        record(signature_end=0),
        Finding(Level.ERROR, "header.signature_end", 6, "0x0 is not all ones", "readers look for it", RecordHeader.ref),
    ),
    "record length": (
        record(record_length=203),
        Finding(
            Level.ERROR,
            "header.record_length",
            20,
            "the record is 203 bytes long, what it holds ends at 204",
            "a reader of so many bytes loses a part",
            RECORD,
        ),
    ),
    "record without sections": (
        CperRecord.of(record_length=127),
        Finding(
            Level.ERROR,
            "header.record_length",
            20,
            "the record is 127 bytes long, what it holds ends at 128",
            "a reader of so many bytes loses a part",
            RECORD,
        ),
    ),
    "after the record": (
        record().replace(beyond=b"x"),
        Finding(
            Level.ERROR,
            "beyond",
            204,
            "1 bytes follow the record, and they are not zero",
            "the record's length does not cover them",
            RECORD,
        ),
    ),
    "section length": (
        in_block(arm(section_length=71)),
        Finding(
            Level.ERROR,
            "entries[0].section.section_length",
            100,
            "section length is 71, its parts make 72",
            STOPS,
            ArmProcessor.ref,
        ),
    ),
    "no error information": (
        in_block(arm(error_information=())),
        Finding(
            Level.WARNING,
            "entries[0].section.err_info_num",
            96,
            "there is no error information",
            "at least 1 is asked for",
            ArmProcessor.ref,
        ),
    ),
    "checksum": (
        HEST.replace(checksum=HEST.checksum ^ 0xFF),
        Finding(
            Level.ERROR,
            "checksum",
            9,
            f"checksum is {HEST.checksum ^ 0xFF:#04x}, {HEST.checksum:#04x} would make the table sum to 0 "
            f"(it sums to {(HEST.checksum ^ 0xFF) - HEST.checksum & 0xFF:#04x})",
            "an operating system may refuse the table",
            Table.ref,
        ),
    ),
    "source count": (
        MISCOUNTED,
        Finding(
            Level.ERROR,
            "error_source_count",
            36,
            "error source count is 2, there are 1",
            "Linux reads as many as are counted, or stops at the table's end",
            "ACPI 6.5 §18.3.2; Linux drivers/acpi/apei/hest.c",
        ),
    ),
    "after the table": (
        HEST.replace(beyond=b"x"),
        Finding(
            Level.ERROR,
            "beyond",
            132,
            "bytes follow the table, and they are not zero",
            "the table's length does not cover them",
            Table.ref,
        ),
    ),
}


@pytest.mark.parametrize(("broken", "finding"), CASES.values(), ids=CASES)
def test_a_broken_rule_says_where_what_and_why(broken, finding):
    assert lint(type(broken), broken.build()) == (finding,)


def test_every_rule_is_broken_here():
    """A rule that no case above breaks would be a rule that cannot fail."""
    rules = {rule.__name__ for found in RULES.values() for rule in found}
    broken = {
        rule.__name__
        for record, _ in CASES.values()
        for part in parts(record)
        for kind in type(part).__mro__
        for rule in RULES.get(kind, ())
        if list(rule(part))
    }
    assert broken == rules


def parts(value: Any) -> list[Record]:
    if isinstance(value, Record):
        return [value, *(part for name in value.con.names for part in parts(getattr(value, name)))]
    return [part for item in value for part in parts(item)] if isinstance(value, tuple) else []


@pytest.mark.parametrize("good", [block(), record(), in_block(arm()), HEST, StatusBlock(), CperRecord.of()])
def test_what_is_right_has_no_findings(good):
    assert lint(type(good), good.build()) == ()
    assert lint(type(good), good.build() + bytes(8)) == ()


def test_a_count_of_zero_is_no_finding():
    """QEMU and its scripts never count."""
    assert lint(StatusBlock, block(block_status=BlockStatus(uncorrectable=True)).build()) == ()


def test_findings_come_in_the_order_of_the_bytes():
    wrong = block(error_severity=7, entries=(DataEntry(error_severity=8), DataEntry(error_severity=9)), beyond=b"x")
    assert [(f.path, f.offset) for f in lint(StatusBlock, wrong.build())] == [
        ("error_severity", 16),
        ("entries[0].error_severity", 36),
        ("entries[1].error_severity", 108),
        ("beyond", 164),
    ]


def test_the_checksum_that_is_named_makes_the_table_right():
    """Even if something else in it is wrong and stays so."""
    wrong = MISCOUNTED.replace(checksum=5, error_source_count=2)
    (found,) = [f for f in lint(Hest, wrong.build()) if f.path == "checksum"]
    right = int(found.says.split(", ")[1].split()[0], 16)
    mended = wrong.replace(checksum=right, error_source_count=2)
    assert [f.path for f in lint(Hest, mended.build())] == ["error_source_count"]


def test_what_cannot_be_read_is_one_error_where_it_breaks():
    assert lint(StatusBlock, block().build()[:50]) == (
        Finding(
            Level.ERROR,
            "entries",
            20,
            "needs 76 bytes, 30 are left",
            "nothing behind this can be read",
            StatusBlock.ref,
        ),
    )


@pytest.mark.parametrize("path", checks.shared("vectors", "samples/estatus", "samples/hest", "samples/whea"))
def test_what_others_made_is_right_but_for_what_is_known(path):
    kind = CperRecord if path.suffix == ".cper" else Hest if "hest" in str(path) else StatusBlock
    known = {
        "g_short": ["entries[0].section"],
        "fwts-0002": ["checksum"],
    }
    assert [f.path for f in lint(kind, path.read_bytes())] == known.get(path.stem, [])
