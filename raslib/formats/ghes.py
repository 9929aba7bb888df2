"""Generic error status block: what firmware leaves in memory for the operating system (ACPI 6.5 §18.3.2.7.1)."""

from typing import Any
from uuid import UUID

from construct import Bytes, Int8ul, Int32ul

from ..records import NIL, Record, Register, bits, field, flag, flags, guid, named, rest, text, u16
from ..wire import Sized, UntilEnd, size
from . import sections
from .cper import SectionFlags, Severity, Timestamp


class BlockStatus(Register, ref="ACPI 6.5 §18.3.2.7.1, Block Status", width=32):
    """Zero means: nothing here, or consumed. Nobody may trust the count; QEMU and its scripts leave it 0."""

    # fmt: off
    uncorrectable:          bool = flag(0, "an uncorrectable error is reported")
    correctable:            bool = flag(1, "a correctable error is reported")
    multiple_uncorrectable: bool = flag(2, "more than one was detected")
    multiple_correctable:   bool = flag(3, "more than one was detected")
    entry_count:            int  = bits(13, 4, "how many data entries follow")
    # fmt: on


class EntryValid(
    Register, ref="ACPI 6.5 §18.3.2.7.1, Generic Error Data Entry, Validation Bits", width=8, each="{} is valid"
):
    fru_id: bool = flag(0)
    fru_text: bool = flag(1)
    timestamp: bool = flag(2, "timestamp is valid; since revision 3.0")


class EntryFlags(SectionFlags, ref="ACPI 6.5 §18.3.2.7.1, Generic Error Data Entry, Flags", width=8):
    """As in a section descriptor, but in one byte."""


def _dated(entry: Any) -> bool:
    return bool(entry.revision >> 8 >= 3)


def _type_of_section(entry: Any) -> UUID:
    return getattr(entry.section, "guid", None) or NIL


class DataEntry(Record, ref="ACPI 6.5 §18.3.2.7.1, Generic Error Data Entry"):
    """One section of the block, with its own severity (`struct acpi_hest_generic_data_v300`, "gdata").

    64 bytes before the section up to ACPI 6.0 (revision 2.1), 72 since (3.0). The same facts as a CPER section
    descriptor, in another order and other widths.
    """

    # fmt: off
    section_type:      UUID       = guid("what kind of section follows", fill=_type_of_section)
    error_severity:    int        = named(Int32ul, Severity, "of this section")
    revision:          int        = u16("3.0 is 0x0300 and has a time stamp; 2.1 is 0x0201", 0x0300)
    validation_bits:   EntryValid = flags(Int8ul, EntryValid, "which fields to believe")
    flags:             EntryFlags = flags(Int8ul, EntryFlags, "what else is known")
    error_data_length: int        = field(Int32ul, "bytes of the section alone", count=lambda r: size(r.section))
    fru_id:            UUID       = guid("the field replaceable unit", valid="fru_id")
    fru_text:          str        = text(20, "the field replaceable unit in words", valid="fru_text")
    timestamp:  Timestamp | None  = field(Timestamp.con, "when it happened; since revision 3.0", Timestamp(),
                                          valid="timestamp", where=_dated)
    section:           Any        = field(Sized(lambda c: c.error_data_length, sections.BODY), "the error itself", b"")
    # fmt: on


def _gap(block: Any) -> int:
    """Bytes between the entries and the raw data; negative if the raw data is said to lie in the entries."""
    return int(block.raw_data_offset - HEADER - block.data_length) if block.raw_data_length else 0


HEADER = 20  # bytes of a block before its first entry


class StatusBlock(Record, ref="ACPI 6.5 §18.3.2.7.1, Generic Error Status Block"):
    """The block that an error status address points at (`struct acpi_hest_generic_status`, "estatus")."""

    # fmt: off
    block_status:    BlockStatus = flags(Int32ul, BlockStatus, "zero: empty, or consumed")
    raw_data_offset: int   = field(Int32ul, "of the raw data, from the start of the block; not before the entries' end",
                                   count=lambda r: HEADER + sum(map(size, r.entries)) + len(r.gap) if r.raw_data else 0)
    raw_data_length: int   = field(Int32ul, "bytes of raw data", count=lambda r: len(r.raw_data))
    data_length:     int   = field(Int32ul, "bytes of all entries", count=lambda r: sum(map(size, r.entries)))
    error_severity:  int   = named(Int32ul, Severity, "of the worst entry; Linux panics by this one alone")
    entries:         Any   = field(Sized(lambda c: c.data_length, UntilEnd(DataEntry.con)), "one section each", ())
    gap:             bytes = field(Bytes(_gap), "bytes before the raw data", b"")
    raw_data:        bytes = field(Bytes(lambda c: c.raw_data_length), "the platform's own", b"")
    beyond:          bytes = rest("bytes after the block")
    # fmt: on
