"""What in a record breaks a rule of its document, or of whoever must read it: findings, each with place and reason.

A record that parses may still be wrong. Parsing keeps what is wrong as it was; this says so. Knows formats.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from .formats import acpi, arm, cper, ghes, hest
from .records import Record


class Level(Enum):
    """How much a finding weighs."""

    ERROR = "error"  # a reader will refuse it, or read something else
    WARNING = "warning"  # readers cope, but the document says otherwise


class Finding(NamedTuple):
    """One rule that is broken at *path*, whose bytes begin at *offset* of the data."""

    level: Level
    path: str
    offset: int | None
    says: str
    why: str
    cite: str


class Broken(NamedTuple):
    """What a rule says: a field of the record it looked at, and what is wrong with it."""

    level: Level
    field: str
    says: str
    why: str
    cite: str


Rule = Callable[[Any], Iterator[Broken]]


def lint(kind: type[Record], data: bytes) -> tuple[Finding, ...]:
    """Everything wrong with *data* read as *kind*, in the order of its bytes; what cannot be read is one error."""
    found = kind.explain(data)
    offsets = {s.path: s.start for s in found.spans}
    if found.error:
        why = "nothing behind this can be read"
        return (Finding(Level.ERROR, found.error.path, found.error.offset, found.error.why, why, kind.ref),)
    findings = []
    for path, record in _records("", found.record):
        for rule in (rule for kind in type(record).__mro__ for rule in RULES.get(kind, ())):
            for b in rule(record):
                where = f"{path}.{b.field}".strip(".")
                findings.append(Finding(b.level, where, offsets.get(where), b.says, b.why, b.cite))
    return tuple(sorted(findings, key=lambda f: f.offset or 0))


def _records(path: str, value: Any) -> Iterator[tuple[str, Record]]:
    if isinstance(value, Record):
        yield path, value
        for name in value.con.names:
            yield from _records(f"{path}.{name}".lstrip("."), getattr(value, name))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _records(f"{path}[{i}]", item)


# --- rules -----------------------------------------------------------------------------------------------------------


def severity_is_known(record: Any) -> Iterator[Broken]:
    if not isinstance(record.error_severity, cper.Severity):
        says = f"severity {record.error_severity} is none of 0 to 3"
        why = "Linux takes a severity that it does not know for fatal"
        yield Broken(Level.ERROR, "error_severity", says, why, "UEFI 2.10 §N.2.1; Linux drivers/acpi/apei/ghes.c")


def block_ends(block: ghes.StatusBlock) -> Iterator[Broken]:
    if any(block.beyond):
        says = f"{len(block.beyond)} bytes follow the block, and they are not zero"
        yield Broken(Level.ERROR, "beyond", says, "no length in the block covers them", block.ref)
    if any(block.gap):
        says = f"{len(block.gap)} bytes between entries and raw data are not zero"
        yield Broken(Level.WARNING, "gap", says, "no length in the block covers them", block.ref)


def entries_are_counted(block: ghes.StatusBlock) -> Iterator[Broken]:
    if block.block_status.entry_count not in (len(block.entries), 0):
        says = f"entry count is {block.block_status.entry_count}, there are {len(block.entries)}"
        why = "readers walk the data length; a reader that trusts the count sees another block"
        yield Broken(Level.WARNING, "block_status", says, why, block.ref)


def entry_holds_its_section(entry: ghes.DataEntry) -> Iterator[Broken]:
    if entry.revision >> 8 not in (2, 3):
        says = f"revision {entry.revision:#06x} is neither 0x0201 nor 0x0300"
        why = "the revision decides whether a time stamp stands before the section"
        yield Broken(Level.WARNING, "revision", says, why, entry.ref)


def record_is_one(header: cper.RecordHeader) -> Iterator[Broken]:
    if header.signature_start != "CPER":
        says = f"signature is {header.signature_start!r}, not CPER"
        yield Broken(Level.ERROR, "signature_start", says, "readers look for it", header.ref)
    if header.signature_end != 0xFFFF_FFFF:
        says = f"{header.signature_end:#x} is not all ones"
        yield Broken(Level.ERROR, "signature_end", says, "readers look for it", header.ref)


def record_length_holds(record: cper.CperRecord) -> Iterator[Broken]:
    headers = cper.HEADER + cper.DESCRIPTOR * len(record.section_descriptors)
    end = max([headers, *(d.section_offset + d.section_length for d in record.section_descriptors)])
    if record.header.record_length < end:
        says = f"the record is {record.header.record_length} bytes long, what it holds ends at {end}"
        yield Broken(Level.ERROR, "header.record_length", says, "a reader of so many bytes loses a part", record.ref)
    if any(record.beyond):
        says = f"{len(record.beyond)} bytes follow the record, and they are not zero"
        yield Broken(Level.ERROR, "beyond", says, "the record's length does not cover them", record.ref)


def arm_section_length_holds(section: arm.ArmProcessor) -> Iterator[Broken]:
    if section.section_length != 40 + section.payload():
        says = f"section length is {section.section_length}, its parts make {40 + section.payload()}"
        why = "Linux stops at a length that is too small, and takes the rest of one that is too large for vendor data"
        yield Broken(Level.ERROR, "section_length", says, why, section.ref)
    if not section.error_information:
        yield Broken(
            Level.WARNING, "err_info_num", "there is no error information", "at least 1 is asked for", section.ref
        )


def checksum_holds(table: acpi.Table) -> Iterator[Broken]:
    if left := sum(table.build()[: table.length]) & 0xFF:
        right = table.checksum - left & 0xFF
        says = f"checksum is {table.checksum:#04x}, {right:#04x} would make the table sum to 0 (it sums to {left:#04x})"
        yield Broken(Level.ERROR, "checksum", says, "an operating system may refuse the table", acpi.Table.ref)
    if any(table.beyond):  # type: ignore[attr-defined]
        says = "bytes follow the table, and they are not zero"
        yield Broken(Level.ERROR, "beyond", says, "the table's length does not cover them", acpi.Table.ref)


def sources_are_counted(table: hest.Hest) -> Iterator[Broken]:
    if table.error_source_count != len(table.error_sources):
        says = f"error source count is {table.error_source_count}, there are {len(table.error_sources)}"
        why = "Linux reads as many as are counted, or stops at the table's end"
        yield Broken(Level.ERROR, "error_source_count", says, why, "ACPI 6.5 §18.3.2; Linux drivers/acpi/apei/hest.c")


RULES: dict[type, tuple[Rule, ...]] = {
    ghes.StatusBlock: (severity_is_known, entries_are_counted, block_ends),
    ghes.DataEntry: (severity_is_known, entry_holds_its_section),
    cper.CperRecord: (record_length_holds,),
    cper.RecordHeader: (record_is_one, severity_is_known),
    cper.SectionDescriptor: (severity_is_known,),
    arm.ArmProcessor: (arm_section_length_holds,),
    acpi.Table: (checksum_holds,),
    hest.Hest: (sources_are_counted,),
}
