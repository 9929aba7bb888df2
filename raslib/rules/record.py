"""Rules for a Common Platform Error Record and for a Generic Error Status Block: headers, entries, where sections lie.

At the end a block whose lengths contradict each other, of its bytes as they stand: nothing else can be read of it.
Linux adds lengths in 32 bits. What wraps there may pass its checks, and is acted on.
"""

from collections.abc import Iterator
from itertools import pairwise
from struct import unpack_from

from ..formats import cper
from ..formats.acpi import HEADER as TABLE
from ..formats.acpi import AcpiTable
from ..formats.cper import CperRecord, RecordHeader, SectionDescriptor, Severity, rank
from ..formats.ghes import HEADER, DataEntry, StatusBlock
from ..formats.sections import NAMES
from ..records import Record
from .finding import Finding, error, note, warning

_ALL_ONES = 0xFFFF_FFFF_FFFF_FFFF


def severity_is_known(record: RecordHeader | SectionDescriptor | StatusBlock | DataEntry) -> Iterator[Finding]:
    if not isinstance(record.error_severity, Severity):
        says = f"severity {record.error_severity} is none of 0 to 3"
        why = "Linux takes a severity that it does not know for fatal"
        yield error("error_severity", says, why, "UEFI 2.10 §N.2.1; Linux drivers/acpi/apei/ghes.c")


def primary_is_one(record: CperRecord | StatusBlock) -> Iterator[Finding]:
    where = "entries" if isinstance(record, StatusBlock) else "section_descriptors"
    parts = getattr(record, where)
    primary = [i for i, part in enumerate(parts) if part.flags.primary]
    for i in primary[1:]:
        says = f"section {primary[0]} is the primary one too"
        why = "at most one has the flag: which is to be looked at first?"
        yield warning(f"{where}[{i}].flags", says, why, parts[i].ref)


_CLOCK = {"seconds": range(61), "minutes": range(60), "hours": range(24), "day": range(1, 32), "month": range(1, 13)}


def time_is_one(head: RecordHeader | DataEntry) -> Iterator[Finding]:
    stamp = head.timestamp if head.validation_bits.timestamp else None
    if stamp is None:
        if isinstance(head, DataEntry) and head.validation_bits.timestamp:
            says = f"a time stamp is said to be valid, but revision {head.revision:#06x} has none"
            yield warning("validation_bits", says, "only since 3.0 a time stamp stands before the section")
        return
    if stamp.is_plain:
        says = "the time is in plain numbers, where the document has decimal digits"
        yield note("timestamp", says, "Windows writes it so; Linux shows another time", stamp.ref)
    for name, value in stamp.numbers().items():
        if isinstance(value, bytes):
            says = f"{value.hex()} is not two decimal digits"
            yield warning(f"timestamp.{name}", says, "readers show another time", stamp.ref)
        elif name in _CLOCK and value not in _CLOCK[name]:
            says = f"{value} is none that a clock or a calendar has"
            yield warning(f"timestamp.{name}", says, "readers show it all the same", stamp.ref)
    if stamp.precise > 1:
        yield note("timestamp.precise", f"{stamp.precise:#x}: only bit 0 has a meaning", "the others are 0", stamp.ref)


# --- the header ------------------------------------------------------------------------------------------------------


def record_is_one(header: RecordHeader) -> Iterator[Finding]:
    if header.signature_start != "CPER":
        yield error("signature_start", f"signature is {header.signature_start!r}, not CPER", "readers look for it")
    if header.signature_end != 0xFFFF_FFFF:
        yield error("signature_end", f"{header.signature_end:#x} is not all ones", "readers look for it")


def header_is_known(header: RecordHeader) -> Iterator[Finding]:
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


# --- the record ------------------------------------------------------------------------------------------------------


def record_length_holds(record: CperRecord) -> Iterator[Finding]:
    headers = cper.HEADER + cper.DESCRIPTOR * len(record.section_descriptors)
    end = max([headers, *(d.section_offset + d.section_length for d in record.section_descriptors)])
    if record.header.record_length < end:
        says = f"the record is {record.header.record_length} bytes long, what it holds ends at {end}"
        yield error("header.record_length", says, "a reader of so many bytes loses a part")
    if any(record.beyond):
        says = f"{len(record.beyond)} bytes follow the record, and they are not zero"
        yield error("beyond", says, "the record's length does not cover them")


def sections_lie_apart(record: CperRecord) -> Iterator[Finding]:
    filled = [(i, d) for i, d in enumerate(record.section_descriptors) if d.section_length]
    for (i, before), (j, after) in pairwise(sorted(filled, key=lambda pair: pair[1].section_offset)):
        if after.section_offset < before.section_offset + before.section_length:
            says = f"section {j} begins at {after.section_offset}, within section {i}"
            why = "readers that write the record anew change one by the other"
            yield warning(f"section_descriptors[{j}].section_offset", says, why)
    for i, (offset, data) in enumerate(record.gaps):
        if any(data):
            yield note(f"gaps[{i}]", f"{len(data)} bytes at {offset} belong to no section", "readers skip them")


def severity_is_the_worst(record: CperRecord) -> Iterator[Finding]:
    known = [d.error_severity for d in record.section_descriptors if isinstance(d.error_severity, Severity)]
    severity = record.header.error_severity
    if known and isinstance(severity, Severity) and rank(severity) != rank(worst := max(known, key=rank)):
        says = f"severity is {severity.name}, the worst section is {worst.name}"
        yield warning("header.error_severity", says, "the record's is that of its most severe section")


def descriptor_is_known(descriptor: SectionDescriptor) -> Iterator[Finding]:
    if descriptor.section_type not in NAMES:
        yield note("section_type", "this section type is known to nobody here", "readers show bytes")


# --- a status block, and its entries ----------------------------------------------------------------------------------


MOST = 1 << 16  # bytes of a block that Linux reads (GHES_ESTATUS_MAX_SIZE)
_PROC = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_proc()"


def block_ends(block: StatusBlock) -> Iterator[Finding]:
    if any(block.beyond):
        says = f"{len(block.beyond)} bytes follow the block, and they are not zero"
        yield error("beyond", says, "no length in the block covers them")
    if any(block.gap):
        says = f"{len(block.gap)} bytes between entries and raw data are not zero"
        yield warning("gap", says, "no length in the block covers them")
    if block.raw_data_offset and not block.raw_data_length:
        says = f"raw data is said to begin at {block.raw_data_offset}, but there is none"
        yield note("raw_data_offset", says, "readers look at the length first")
    size = len(block.build()) - len(block.beyond)
    if size > MOST:
        says = f"the block is {size} bytes long"
        cite = "Linux 7.1 drivers/acpi/apei/ghes.c: GHES_ESTATUS_MAX_SIZE"
        yield warning("data_length", says, f"Linux reads no block of more than {MOST}", cite)


def entries_are_counted(block: StatusBlock) -> Iterator[Finding]:
    if block.block_status.entry_count not in (len(block.entries), 0):
        says = f"entry count is {block.block_status.entry_count}, there are {len(block.entries)}"
        why = "readers walk the data length; a reader that trusts the count sees another block"
        yield warning("block_status", says, why)


def status_says_that_there_is_something(block: StatusBlock) -> Iterator[Finding]:
    status = block.block_status
    if block.entries and not status.build():
        says = f"block status is 0, but there are {len(block.entries)} entries"
        yield warning("block_status", says, "readers take the block for empty, or for read")
    if status.build() and not block.entries and not block.raw_data:
        says = "block status is not 0, but there is nothing in the block"
        yield warning("block_status", says, "readers are told of an error, and find none")
    for name in ("uncorrectable", "correctable"):
        if getattr(status, f"multiple_{name}") and not getattr(status, name):
            says = f"several {name} errors are said to be there, but not one"
            yield warning("block_status", says, "the bits contradict each other")


def status_is_of_the_severity(block: StatusBlock) -> Iterator[Finding]:
    """Linux goes by the severity alone; QEMU's scripts and many a firmware set one bit for all."""
    status = block.block_status
    uncorrected = (Severity.RECOVERABLE, Severity.FATAL)
    for name, kinds in (("uncorrectable", uncorrected), ("correctable", (Severity.CORRECTED,))):
        if any(e.error_severity in kinds for e in block.entries) and status.build() and not getattr(status, name):
            says = f"an entry is {name.removesuffix('able')}ed, the bit that says so is clear"
            yield note("block_status", says, "Linux does not look; others may take the bit for the severity")


def block_severity_is_the_worst(block: StatusBlock) -> Iterator[Finding]:
    known = [e.error_severity for e in block.entries if isinstance(e.error_severity, Severity)]
    if not known or not isinstance(block.error_severity, Severity):
        return
    worst = max(known, key=rank)
    if rank(block.error_severity) < rank(worst):
        says = f"severity is {block.error_severity.name}, an entry is {worst.name}"
        why = "Linux decides by the block's severity alone whether to panic, and by both whether to recover"
        yield warning("error_severity", says, why, f"{_PROC}, ghes_do_proc()")
    elif rank(block.error_severity) > rank(worst):
        says = f"severity is {block.error_severity.name}, no entry is worse than {worst.name}"
        yield note("error_severity", says, "Linux acts by the block's severity", _PROC)


def entry_holds_its_section(entry: DataEntry) -> Iterator[Finding]:
    if entry.revision >> 8 not in (2, 3):
        says = f"revision {entry.revision:#06x} is neither 0x0201 nor 0x0300"
        yield warning("revision", says, "the revision decides whether a time stamp stands before the section")
    if entry.section_type not in NAMES:
        says = "this section type is known to nobody here"
        why = "Linux prints its bytes and gives it to user space (non_standard_event)"
        yield note("section_type", says, why, "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_do_proc()")


# --- lengths that no reading survives ---------------------------------------------------------------------------------


_LENGTH = "Linux 7.1 drivers/acpi/apei/apei-internal.h: cper_estatus_len()"
_HEADER = "Linux 7.1 drivers/firmware/efi/cper.c: cper_estatus_check_header()"
_ENTRIES = "Linux 7.1 drivers/firmware/efi/cper.c: cper_estatus_check()"
_LOUD = "Linux adds in 32 bits: it accepts the block as that long, and acts on it"
_ENDLESS = "Linux goes on by the entry's size, 0, for ever: the processor hangs"
_MISSING = "what it counts is cut off, or is no part of this table"
_WRAP = 1 << 32
_UNDATED, _DATED = 64, 72  # bytes of an entry before its section
_AT = {row.name: row.offset or 0 for kind in (StatusBlock, DataEntry) for row in kind.table() if row.offset is not None}


def lengths(kind: type[Record], data: bytes) -> Iterator[Finding]:
    """What the lengths of *data* do that no reading survives, each with the rule that Linux has for it."""
    if issubclass(kind, AcpiTable) and (length := int.from_bytes(data[4:8], "little")) > len(data) >= TABLE:
        yield error("length", f"length is {length}, and there are {len(data)} bytes", _MISSING, kind.ref, offset=4)
    if kind is not StatusBlock or len(data) < HEADER:
        return
    raw_offset, raw_length, length = unpack_from("<3I", data, _AT["raw_data_offset"])
    end = HEADER + length
    if raw_length and raw_offset < end:
        says = f"raw data begins at byte {raw_offset}, among the entries, which end at byte {end}"
        yield error("raw_data_offset", says, "Linux refuses the block: -EINVAL", _HEADER, offset=_AT["raw_data_offset"])
    elif raw_length and raw_offset + raw_length >= _WRAP:
        says = f"{raw_offset:#x} and {raw_length:#x} bytes wrap to {(raw_offset + raw_length) % _WRAP:#x}"
        yield error("raw_data_length", says, _LOUD, _LENGTH, offset=_AT["raw_data_length"])
    elif not raw_length and end >= _WRAP:
        says = f"{length:#x} bytes after a header of {HEADER} wrap to {end % _WRAP:#x}"
        why = "Linux adds in 32 bits: it takes the block for that long, and for truncated"
        yield error("data_length", says, why, _LENGTH, offset=_AT["data_length"])
    yield from _entries(data, min(end, len(data)))


def _entries(data: bytes, end: int) -> Iterator[Finding]:
    at, i = HEADER, 0
    while at + _UNDATED <= end:
        header = _DATED if data[at + _AT["revision"] + 1] >= 3 else _UNDATED
        (length,) = unpack_from("<I", data, at + _AT["error_data_length"])
        if header + length >= _WRAP:
            says = f"{length:#x} bytes after a header of {header} wrap to {(header + length) % _WRAP:#x}"
            where = at + _AT["error_data_length"]
            why = _LOUD.replace("block", "entry") if (header + length) % _WRAP else _ENDLESS
            yield error(f"entries[{i}].error_data_length", says, why, _ENTRIES, offset=where)
            return
        at, i = at + header + length, i + 1
