"""Rules for a Common Platform Error Record: header, descriptors, where the sections lie. Some hold for blocks too."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ..formats import cper
from ..formats.cper import CperRecord, RecordHeader, SectionDescriptor, Severity, rank
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.sections import NAMES
from .finding import Broken, error, note, warning

_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF


def severity_is_known(record: RecordHeader | SectionDescriptor | StatusBlock | DataEntry) -> Iterator[Broken]:
    if not isinstance(record.error_severity, Severity):
        says = f"severity {record.error_severity} is none of 0 to 3"
        why = "Linux takes a severity that it does not know for fatal"
        yield error("error_severity", says, why, "UEFI 2.10 §N.2.1; Linux drivers/acpi/apei/ghes.c")


def primary_is_one(where: str, parts: Any) -> Iterator[Broken]:
    primary = [i for i, part in enumerate(parts) if part.flags.primary]
    for i in primary[1:]:
        says = f"section {primary[0]} is the primary one too"
        why = "at most one has the flag: which is to be looked at first?"
        yield warning(f"{where}[{i}].flags", says, why, parts[i].ref)


_HIGHEST = {"seconds": 60, "minutes": 59, "hours": 23, "day": 31, "month": 12}
_LOWEST = {"day": 1, "month": 1}


def time_is_one(where: str, stamp: cper.Timestamp) -> Iterator[Broken]:
    if stamp.is_plain:
        says = "the time is in plain numbers, where the document has decimal digits"
        yield note(where, says, "Windows writes it so; Linux shows another time", stamp.ref)
    for name, value in stamp.numbers().items():
        if isinstance(value, bytes):
            says = f"{value.hex()} is not two decimal digits"
            yield warning(f"{where}.{name}", says, "readers show another time", stamp.ref)
        elif name in _HIGHEST and not _LOWEST.get(name, 0) <= value <= _HIGHEST[name]:
            says = f"{value} is none that a clock or a calendar has"
            yield warning(f"{where}.{name}", says, "readers show it all the same", stamp.ref)
    if stamp.precise > 1:
        yield note(f"{where}.precise", f"{stamp.precise:#x}: only bit 0 has a meaning", "the others are 0", stamp.ref)


# --- the header ------------------------------------------------------------------------------------------------------


def record_is_one(header: RecordHeader) -> Iterator[Broken]:
    if header.signature_start != "CPER":
        yield error("signature_start", f"signature is {header.signature_start!r}, not CPER", "readers look for it")
    if header.signature_end != 0xFFFF_FFFF:
        yield error("signature_end", f"{header.signature_end:#x} is not all ones", "readers look for it")


def header_is_known(header: RecordHeader) -> Iterator[Broken]:
    if header.revision not in (0x0100, 0x0101):
        yield note("revision", f"revision {header.revision:#06x} is neither 0x0100 nor 0x0101", "readers show it")
    if not header.section_count:
        yield warning("section_count", "there is no section", "the record reports nothing")
    if header.notification_type not in cper.NOTIFICATIONS:
        says = "this notification type is none that the document lists"
        yield note("notification_type", says, "who told the operating system is not known")
    if not header.creator_id.int:
        says = "no creator is named"
        yield note("creator_id", says, "the creator and the record id together are the key of the record")
    elif header.creator_id not in (*cper.CREATORS, *cper.WINDOWS):
        yield note("creator_id", "this creator is known to nobody here", "platforms have their own")
    if header.record_id in (0, _ALL_ONES):
        says = f"record id {header.record_id:#x} stands for none in a store"
        yield note("record_id", says, "the record cannot be kept in an ERST under it", "ACPI 6.5 §18.5")


def header_is_dated(header: RecordHeader) -> Iterator[Broken]:
    if header.validation_bits.timestamp:
        yield from time_is_one("timestamp", header.timestamp)


# --- the record ------------------------------------------------------------------------------------------------------


def record_length_holds(record: CperRecord) -> Iterator[Broken]:
    headers = cper.HEADER + cper.DESCRIPTOR * len(record.section_descriptors)
    end = max([headers, *(d.section_offset + d.section_length for d in record.section_descriptors)])
    if record.header.record_length < end:
        says = f"the record is {record.header.record_length} bytes long, what it holds ends at {end}"
        yield error("header.record_length", says, "a reader of so many bytes loses a part")
    if any(record.beyond):
        says = f"{len(record.beyond)} bytes follow the record, and they are not zero"
        yield error("beyond", says, "the record's length does not cover them")


def sections_lie_apart(record: CperRecord) -> Iterator[Broken]:
    filled = [(i, d) for i, d in enumerate(record.section_descriptors) if d.section_length]
    for (i, before), (j, after) in pairwise(sorted(filled, key=lambda pair: pair[1].section_offset)):
        if after.section_offset < before.section_offset + before.section_length:
            says = f"section {j} begins at {after.section_offset}, within section {i}"
            why = "readers that write the record anew change one by the other"
            yield warning(f"section_descriptors[{j}].section_offset", says, why)
    for i, (offset, data) in enumerate(record.gaps):
        if any(data):
            yield note(f"gaps[{i}]", f"{len(data)} bytes at {offset} belong to no section", "readers skip them")


def severity_is_the_worst(record: CperRecord) -> Iterator[Broken]:
    known = [d.error_severity for d in record.section_descriptors if isinstance(d.error_severity, Severity)]
    severity = record.header.error_severity
    if known and isinstance(severity, Severity) and rank(severity) != rank(worst := max(known, key=rank)):
        says = f"severity is {severity.name}, the worst section is {worst.name}"
        yield warning("header.error_severity", says, "the record's is that of its most severe section")


def primary_section_is_one(record: CperRecord) -> Iterator[Broken]:
    yield from primary_is_one("section_descriptors", record.section_descriptors)


def descriptor_is_known(descriptor: SectionDescriptor) -> Iterator[Broken]:
    if descriptor.section_type not in NAMES:
        yield note("section_type", "this section type is known to nobody here", "readers show bytes")
