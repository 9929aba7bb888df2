"""The bridge between the two framings of the same sections: CPER record and Generic Error Status Block.

Section bodies cross unchanged. A record says who wrote it and when, a block does not; a section descriptor has flags of
32 bits, a data entry of 8.
"""

from typing import Any

from .cper import CperRecord, DescriptorValid, RecordValid, SectionDescriptor, SectionFlags, Severity, rank
from .ghes import BlockStatus, DataEntry, EntryFlags, EntryValid, StatusBlock


def to_status_block(record: CperRecord, revision: int = 0x0300) -> StatusBlock:
    """The sections of *record* as a Generic Error Status Block, their bodies unchanged.

    *revision* is that of the data entries: 0x0300 has a time stamp, which is then the record's if that is valid; 0x0201
    has none. Who wrote the record, for whom and under which id is lost: a block does not say. Raises ValueError for
    section flags that a data entry has no room for.

    >>> from raslib import PlatformMemory, SectionDescriptor
    >>> descriptor = SectionDescriptor(section_type=PlatformMemory.guid)
    >>> record = CperRecord.of((descriptor, PlatformMemory(physical_address=0x1000)))
    >>> block = to_status_block(record)
    >>> block.entries[0].section.physical_address == record.sections[0].physical_address
    True
    """
    dated = record.header.validation_bits.timestamp and revision >> 8 >= 3
    entries = []
    for d, body in zip(record.section_descriptors, record.sections, strict=True):
        if d.flags.build() >> EntryFlags.width:
            raise ValueError(f"section flags {d.flags.build():#x} do not fit the 8 bits of a data entry")
        valid = EntryValid(fru_id=d.validation_bits.fru_id, fru_text=d.validation_bits.fru_text, timestamp=dated)
        when, flags = record.header.timestamp if dated else None, EntryFlags.parse(d.flags.build())
        head = {**_of_both(d), "revision": revision, "validation_bits": valid, "flags": flags, "timestamp": when}
        entries.append(DataEntry(**head, section=body))
    return block_of(*entries, error_severity=record.header.error_severity)


def to_record(block: StatusBlock, **header: Any) -> CperRecord:
    """The sections of *block* as a CPER record, their bodies unchanged.

    *header* are fields of the `RecordHeader` that a block does not know: creator_id, notification_type, record_id,
    platform_id. The record's time stamp is that of the first entry that has a valid one. Raw data of the block, which
    are no section, are lost.
    """
    pairs = []
    for e in block.entries:
        valid = DescriptorValid(fru_id=e.validation_bits.fru_id, fru_text=e.validation_bits.fru_text)
        flags = SectionFlags.parse(e.flags.build())
        pairs.append((SectionDescriptor(**_of_both(e), validation_bits=valid, flags=flags), e.section))
    when = next((e.timestamp for e in block.entries if e.validation_bits.timestamp), None)
    dated = {"timestamp": when, "validation_bits": RecordValid(timestamp=True)} if when else {}
    return CperRecord.of(*pairs, **{"error_severity": block.error_severity, **dated, **header})


def _of_both(head: Any) -> dict[str, Any]:
    """What a section descriptor and a data entry say in the same fields."""
    return {name: getattr(head, name) for name in ("section_type", "error_severity", "fru_id", "fru_text")}


def block_of(*entries: DataEntry, **given: Any) -> StatusBlock:
    """The block of these entries.

    Its severity is that of the worst entry, its status says so and counts them (ACPI 6.5 §18.3.2.7.1). *given* are
    fields of the `StatusBlock` that are to be otherwise, `raw_data` for example. Of no entries it is an informational
    block whose status is that of a corrected error.
    """
    worst = max((e.error_severity for e in entries), key=rank, default=Severity.INFORMATIONAL)
    kind = "correctable" if worst in (Severity.CORRECTED, Severity.INFORMATIONAL) else "uncorrectable"
    status = BlockStatus(**{kind: True, f"multiple_{kind}": len(entries) > 1}, entry_count=len(entries))
    return StatusBlock(**{"block_status": status, "error_severity": worst, "entries": entries, **given})
