"""Rules for a Generic Error Status Block and its data entries."""

from collections.abc import Iterator

from ..formats.cper import Severity, rank
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.sections import NAMES
from .finding import Broken, error, note, warning
from .record import primary_is_one, time_is_one

MOST = 1 << 16  # bytes of a block that Linux reads (GHES_ESTATUS_MAX_SIZE)
_PROC = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_proc()"


def block_ends(block: StatusBlock) -> Iterator[Broken]:
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


def entries_are_counted(block: StatusBlock) -> Iterator[Broken]:
    if block.block_status.entry_count not in (len(block.entries), 0):
        says = f"entry count is {block.block_status.entry_count}, there are {len(block.entries)}"
        why = "readers walk the data length; a reader that trusts the count sees another block"
        yield warning("block_status", says, why)


def status_says_that_there_is_something(block: StatusBlock) -> Iterator[Broken]:
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


def status_is_of_the_severity(block: StatusBlock) -> Iterator[Broken]:
    """Linux goes by the severity alone; QEMU's scripts and many a firmware set one bit for all."""
    status = block.block_status
    uncorrected = (Severity.RECOVERABLE, Severity.FATAL)
    for name, kinds in (("uncorrectable", uncorrected), ("correctable", (Severity.CORRECTED,))):
        if any(e.error_severity in kinds for e in block.entries) and status.build() and not getattr(status, name):
            says = f"an entry is {name.removesuffix('able')}ed, the bit that says so is clear"
            yield note("block_status", says, "Linux does not look; others may take the bit for the severity")


def severity_is_the_worst(block: StatusBlock) -> Iterator[Broken]:
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


def primary_entry_is_one(block: StatusBlock) -> Iterator[Broken]:
    yield from primary_is_one("entries", block.entries)


def entry_holds_its_section(entry: DataEntry) -> Iterator[Broken]:
    if entry.revision >> 8 not in (2, 3):
        says = f"revision {entry.revision:#06x} is neither 0x0201 nor 0x0300"
        yield warning("revision", says, "the revision decides whether a time stamp stands before the section")
    if entry.section_type not in NAMES:
        says = "this section type is known to nobody here"
        why = "Linux prints its bytes and gives it to user space (non_standard_event)"
        yield note("section_type", says, why, "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_do_proc()")


def entry_is_dated(entry: DataEntry) -> Iterator[Broken]:
    if entry.timestamp is None and entry.validation_bits.timestamp:
        says = f"a time stamp is said to be valid, but revision {entry.revision:#06x} has none"
        yield warning("validation_bits", says, "only since 3.0 a time stamp stands before the section")
    elif entry.timestamp is not None and entry.validation_bits.timestamp:
        yield from time_is_one("timestamp", entry.timestamp)
