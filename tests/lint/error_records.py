"""Blocks and records that break one rule each: the record, and what is found in it (level, path, offset, words)."""

from typing import Any
from uuid import UUID

from raslib.formats.arm import (
    ArmProcessor,
    ArmValid,
    ContextInformation,
    ErrorInformation,
    MiscRegister,
    RunningState,
)
from raslib.formats.arm import Misc as MiscArray
from raslib.formats.cper import (
    CperRecord,
    DescriptorValid,
    RecordValid,
    SectionDescriptor,
    SectionFlags,
    Severity,
    Timestamp,
)
from raslib.formats.ghes import BlockStatus, DataEntry, EntryFlags, EntryValid, StatusBlock
from raslib.formats.memory import Extended, MemoryValid, PlatformMemory
from raslib.formats.more.arm_ras import ArmRas, ErrorDescriptor
from raslib.formats.more.ccix import CcixPer
from raslib.formats.more.memory2 import Memory2Valid, PlatformMemory2
from raslib.formats.more.poison import FruMemoryPoison
from raslib.formats.more.x86 import X86ContextInformation, X86Processor
from raslib.formats.pcie import DeviceId, Pcie, PcieValid
from raslib.records import NIL, Record

Found = tuple[str, str, int | None, str]
Cases = dict[str, tuple[Record, list[Found]]]

OTHER = UUID("c8b328a8-9917-4af6-9a13-2e08ab2e7586")  # a section type that is known and has no declaration
SEA = UUID("9a78788a-bbe8-11e4-809e-67611e5d46b0")
PSTORE = UUID("75a574e3-5052-4b29-8a8e-be2c6490b89d")
BODY = 20 + 72  # where the section of the first entry begins
CORRECTED = {"error_severity": Severity.CORRECTED}
NOON = Timestamp(seconds=0, minutes=0, hours=12, precise=1, day=1, month=1, year=26, century=20)


def entry(section: Any = b"four", **more: Any) -> DataEntry:
    kind = {} if isinstance(section, Record) else {"section_type": OTHER}
    return DataEntry(**{"section": section, **CORRECTED, **kind, **more})


def block(*entries: DataEntry, **more: Any) -> StatusBlock:
    """Of corrected errors, with nothing wrong."""
    status = BlockStatus(correctable=True, entry_count=len(entries))
    return StatusBlock(**{"block_status": status, "entries": entries, **CORRECTED, **more})


def of(section: Record, **more: Any) -> StatusBlock:
    return block(entry(section, **more))


def worse(section: Record) -> StatusBlock:
    """Of an error that software may recover from."""
    status = BlockStatus(uncorrectable=True, entry_count=1)
    here = entry(section, error_severity=Severity.RECOVERABLE)
    return block(here, block_status=status, error_severity=Severity.RECOVERABLE)


def record(*pairs: Any, **header: Any) -> CperRecord:
    known = {"notification_type": SEA, "creator_id": PSTORE, "record_id": 1}
    return CperRecord.of(*(pairs or [(SectionDescriptor(section_type=OTHER), b"four")]), **{**known, **header})


def moved(one: CperRecord, offset: int) -> CperRecord:
    """*one* with its second section at *offset*."""
    first, second = one.section_descriptors
    return one.replace(section_descriptors=(first, second.replace(section_offset=offset)))


def arm(*errors: ErrorInformation, **more: Any) -> ArmProcessor:
    return ArmProcessor(error_information=errors or (ErrorInformation(type=16),), **more)


def with_context(**more: Any) -> StatusBlock:
    return of(arm(context_information=(ContextInformation(**more),)))


FOUR = entry(b"four")
TWO = (
    (SectionDescriptor(section_type=OTHER), b"four"),
    (SectionDescriptor(section_type=OTHER), b"more"),
)
DATED = RecordValid(timestamp=True)

BLOCKS: Cases = {
    "block severity": (
        block(FOUR, error_severity=7),
        [("error", "error_severity", 16, "severity 7 is none of 0 to 3")],
    ),
    "entry severity": (
        block(FOUR, entry(error_severity=4)),
        [("error", "entries[1].error_severity", 112, "severity 4 is none of 0 to 3")],
    ),
    "a fatal entry in a corrected block": (
        block(entry(error_severity=Severity.FATAL), block_status=BlockStatus(uncorrectable=True, entry_count=1)),
        [("warning", "error_severity", 16, "severity is CORRECTED, an entry is FATAL")],
    ),
    "a corrected entry in a fatal block": (
        block(FOUR, error_severity=Severity.FATAL),
        [("note", "error_severity", 16, "severity is FATAL, no entry is worse than CORRECTED")],
    ),
    "entry count": (
        block(FOUR, block_status=BlockStatus(correctable=True, entry_count=3)),
        [("warning", "block_status", 0, "entry count is 3, there are 1")],
    ),
    "entries in an empty block": (
        block(FOUR, block_status=BlockStatus()),
        [("warning", "block_status", 0, "block status is 0, but there are 1 entries")],
    ),
    "nothing in a block that is not empty": (
        block(),
        [("warning", "block_status", 0, "block status is not 0, but there is nothing in the block")],
    ),
    "several, but not one": (
        block(FOUR, block_status=BlockStatus(correctable=True, multiple_uncorrectable=True, entry_count=1)),
        [("warning", "block_status", 0, "several uncorrectable errors are said to be there, but not one")],
    ),
    "the other status bit": (
        block(FOUR, block_status=BlockStatus(uncorrectable=True, entry_count=1)),
        [("note", "block_status", 0, "an entry is corrected, the bit that says so is clear")],
    ),
    "reserved status bits": (
        block(FOUR, block_status=BlockStatus(correctable=True, entry_count=1, reserved=1 << 20)),
        [("note", "block_status", 0, "bits 0x100000 are set, which no document names")],
    ),
    "two primary entries": (
        block(entry(flags=EntryFlags(primary=True)), entry(flags=EntryFlags(primary=True))),
        [("warning", "entries[1].flags", 119, "section 0 is the primary one too")],
    ),
    "after the block": (
        block(FOUR, beyond=b"\0x"),
        [("error", "beyond", 96, "2 bytes follow the block, and they are not zero")],
    ),
    "before raw data": (
        block(FOUR, gap=b"gap", raw_data=b"raw", raw_data_length=3, raw_data_offset=99),
        [("warning", "gap", 96, "3 bytes between entries and raw data are not zero")],
    ),
    "an offset of no raw data": (
        block(FOUR, raw_data_offset=96),
        [("note", "raw_data_offset", 4, "raw data is said to begin at 96, but there is none")],
    ),
    "a large block": (
        block(FOUR, raw_data=bytes(65536)),
        [("warning", "data_length", 12, "the block is 65632 bytes long")],
    ),
    "entry revision": (
        block(entry(revision=0x0100)),
        [("warning", "entries[0].revision", 40, "revision 0x0100 is neither 0x0201 nor 0x0300")],
    ),
    "section type": (
        block(entry(section_type=NIL)),
        [("note", "entries[0].section_type", 20, "this section type is known to nobody here")],
    ),
    "a time stamp where there is none": (
        block(entry(revision=0x0201, validation_bits=EntryValid(timestamp=True))),
        [
            (
                "warning",
                "entries[0].validation_bits",
                42,
                "a time stamp is said to be valid, but revision 0x0201 has none",
            )
        ],
    ),
    "digits of a time stamp": (
        block(entry(validation_bits=EntryValid(timestamp=True), timestamp=NOON.replace(minutes=b"\x1f"))),
        [("warning", "entries[0].timestamp.minutes", 85, "1f is not two decimal digits")],
    ),
    "a month that is none": (
        block(entry(validation_bits=EntryValid(timestamp=True), timestamp=NOON.replace(month=13))),
        [("warning", "entries[0].timestamp.month", 89, "13 is none that a clock or a calendar has")],
    ),
    "bits beside precise": (
        block(entry(validation_bits=EntryValid(timestamp=True), timestamp=NOON.replace(precise=3))),
        [("note", "entries[0].timestamp.precise", 87, "0x3: only bit 0 has a meaning")],
    ),
    "text that is none": (
        block(entry(validation_bits=EntryValid(fru_text=True), fru_text=b"\xff" * 20)),
        [("warning", "entries[0].fru_text", 64, "the text is not printable ASCII padded with zeros")],
    ),
    "a value that is not valid": (
        block(entry(fru_text="DIMM")),
        [("note", "entries[0].fru_text", 64, "a value stands here, but validation bit fru_text is clear")],
    ),
    "a reserved validation bit": (
        block(entry(validation_bits=EntryValid(reserved=0x80))),
        [("warning", "entries[0].validation_bits", 42, "bits 0x80 are set, which no document names")],
    ),
}

SECTIONS: Cases = {
    "section length": (
        of(arm(section_length=71)),
        [("error", "entries[0].section.section_length", BODY + 8, "section length is 71, its parts make 72")],
    ),
    "no error information": (
        of(ArmProcessor()),
        [("warning", "entries[0].section.err_info_num", BODY + 4, "there is no error information")],
    ),
    "affinity level": (
        of(arm(validation_bits=ArmValid(error_affinity_level=True), error_affinity_level=4)),
        [("note", "entries[0].section.error_affinity_level", BODY + 12, "affinity level 4 is none of 0 to 3")],
    ),
    "a running processor with a power state": (
        of(arm(validation_bits=ArmValid(running_state=True), running_state=RunningState(running=True), psci_state=1)),
        [("warning", "entries[0].section.psci_state", BODY + 36, "PSCI state is 0x1, but the processor runs")],
    ),
    "no vendor's bytes": (
        of(arm(validation_bits=ArmValid(vendor_specific=True))),
        [("warning", "entries[0].section.validation_bits", BODY, "there are no vendor's bytes")],
    ),
    "version of an error": (
        of(arm(ErrorInformation(type=16, version=1))),
        [("warning", "entries[0].section.error_information[0].version", BODY + 40, "version 1 is not 0")],
    ),
    "length of an error": (
        of(arm(ErrorInformation(type=16, beyond=bytes(8)))),
        [("error", "entries[0].section.error_information[0].length", BODY + 41, "length is 40, not 32")],
    ),
    "a type of the first dialect": (
        of(arm(ErrorInformation(type=0))),
        [
            (
                "warning",
                "entries[0].section.error_information[0].type",
                BODY + 44,
                "type 0x00 has no meaning by uefi-2.10 (uefi-2.9: cache error)",
            )
        ],
    ),
    "a type with reserved bits": (
        of(arm(ErrorInformation(type=0x50))),
        [
            (
                "warning",
                "entries[0].section.error_information[0].type",
                BODY + 44,
                "type 0x50 has reserved bits by uefi-2.10 (nor by others)",
            )
        ],
    ),
    "a type that three dialects read in three ways": (
        of(arm(ErrorInformation(type=2))),
        [
            (
                "note",
                "entries[0].section.error_information[0].type",
                BODY + 44,
                "type 0x02 is a cache error by uefi-2.10 (uefi-2.9: bus error, uefi-2.11: TLB error)",
            )
        ],
    ),
    "version of a context": (
        with_context(version=1, register_context_type=9, registers=bytes(8)),
        [
            ("warning", "entries[0].section.context_information[0].version", BODY + 72, "version 1 is not 0"),
            (
                "note",
                "entries[0].section.context_information[0].register_context_type",
                BODY + 74,
                "context type 9 has no name",
            ),
        ],
    ),
    "a context that is short": (
        with_context(register_context_type=5, registers=bytes(128)),
        [
            (
                "warning",
                "entries[0].section.context_information[0].register_array_size",
                BODY + 76,
                "the array has 128 bytes, these registers take 136",
            )
        ],
    ),
    "a context that is long": (
        with_context(register_context_type=3, registers=bytes(24)),
        [
            (
                "warning",
                "entries[0].section.context_information[0].register_array_size",
                BODY + 76,
                "the array has 24 bytes, these registers take 8",
            )
        ],
    ),
    "a context of registers and a half": (
        with_context(registers=MiscArray(registers=(MiscRegister(),), beyond=bytes(4))),
        [
            (
                "warning",
                "entries[0].section.context_information[0].register_array_size",
                BODY + 76,
                "the array has 14 bytes, an entry takes 10",
            )
        ],
    ),
    "a context without padding": (
        with_context(registers=MiscArray(registers=(MiscRegister(),)), padding=b""),
        [
            (
                "warning",
                "entries[0].section.context_information[0].register_array_size",
                BODY + 76,
                "0 bytes of padding, 14 would make the next start at a multiple of 16",
            )
        ],
    ),
    "a padding that is not zero": (
        of(
            arm(
                context_information=(
                    ContextInformation(registers=MiscArray(registers=(MiscRegister(),)), padding=b"x" * 14),
                    ContextInformation(registers=MiscArray(registers=(MiscRegister(),))),
                )
            )
        ),
        [("note", "entries[0].section.context_information[0].padding", BODY + 90, "the padding is not zero")],
    ),
    "bank and bank group": (
        of(PlatformMemory(validation_bits=MemoryValid(bank=True, bank_group=True))),
        [
            (
                "warning",
                "entries[0].section.validation_bits",
                BODY,
                "the bank as a whole and its group or address are both said to be valid",
            )
        ],
    ),
    "row and extended row": (
        of(PlatformMemory(validation_bits=MemoryValid(row=True, extended_row=True))),
        [
            (
                "warning",
                "entries[0].section.validation_bits",
                BODY,
                "row and extended row are both said to be valid",
            )
        ],
    ),
    "bank of the second memory section": (
        of(PlatformMemory2(validation_bits=Memory2Valid(bank=True, bank_address=True))),
        [
            (
                "warning",
                "entries[0].section.validation_bits",
                BODY,
                "the bank as a whole and its group or address are both said to be valid",
            )
        ],
    ),
    "later fields of 73 bytes": (
        of(PlatformMemory(validation_bits=MemoryValid(rank_number=True), extended=None)),
        [
            (
                "error",
                "entries[0].section.validation_bits",
                BODY,
                "the section has 73 bytes, but bits 0x8000 are of fields that come after them",
            )
        ],
    ),
    "an address beside its mask": (
        of(
            PlatformMemory(
                validation_bits=MemoryValid(physical_address=True, physical_address_mask=True),
                physical_address=0x1040,
                physical_address_mask=0xFFFF_FFFF_FFFF_F000,
            )
        ),
        [
            (
                "note",
                "entries[0].section.physical_address",
                BODY + 16,
                "bits 0x40 of the address are none that the mask holds for certain",
            )
        ],
    ),
    "a memory error type that is none": (
        of(PlatformMemory(validation_bits=MemoryValid(memory_error_type=True), memory_error_type=16)),
        [
            (
                "note",
                "entries[0].section.memory_error_type",
                BODY + 72,
                "0x10 is none of the values that have a name",
            )
        ],
    ),
    "a record in a field that is not valid": (
        of(Pcie(device_id=DeviceId(vendor_id=1))),
        [
            (
                "note",
                "entries[0].section.device_id",
                BODY + 24,
                "a value stands here, but validation bit device_id is clear",
            )
        ],
    ),
    "a register in a field that is not valid": (
        of(PlatformMemory(extended=Extended(row=1))),
        [
            (
                "note",
                "entries[0].section.extended",
                BODY + 73,
                "a value stands here, but validation bit any_extended is clear",
            )
        ],
    ),
    "a PCI function that is none": (
        of(Pcie(validation_bits=PcieValid(device_id=True), device_id=DeviceId(device=32))),
        [("warning", "entries[0].section.device_id", BODY + 24, "there is no PCI function 0000:00:20.0")],
    ),
    **{
        name: (
            of(ArmRas(error_records=(ErrorDescriptor(err_status=status, err_addr=address),))),
            [(level, f"entries[0].section.error_records[0].err_{where}", BODY + 80 + at, words)],
        )
        for name, status, address, level, where, at, words in (
            ("no valid record", 0, 0, "warning", "status", 24, "V is 0 in ERR<n>STATUS: nothing is recorded"),
            ("a reserved SERR", 0x6000_001B, 0, "note", "status", 24, "SERR 0x1b is reserved"),
            ("an address that may be wrong", 0xE000_0002, 1 << 61, "note", "addr", 32, "AI is 1 in ERR<n>ADDR"),
            ("a virtual address", 0xE000_0002, 1 << 60, "note", "addr", 32, "VA is 1 in ERR<n>ADDR"),
            (
                *("an address that does not count", 0x6000_0002, 1, "note", "addr", 32),
                "AV is 0 in ERR<n>STATUS, but ERR<n>ADDR is not 0",
            ),
        )
    },
    "checksum of poison": (
        of(FruMemoryPoison(checksum=1)),
        [
            (
                "error",
                "entries[0].section.checksum",
                BODY,
                "checksum is 0x1, 0x0 would make the section sum to 0",
            )
        ],
    ),
    "what is counted": (
        of(X86Processor(context_information=(X86ContextInformation(registers=bytes(8), padding=b""),))),
        [
            (
                "warning",
                "entries[0].section.context_information[0].padding",
                BODY + 64,
                "0 bytes stands here, what there is makes 8 bytes",
            )
        ],
    ),
    "bytes past a section": (
        of(PlatformMemory(beyond=b"past")),
        [
            (
                "note",
                "entries[0].section.beyond",
                BODY + 80,
                "4 bytes follow that the document does not define",
            )
        ],
    ),
    "reserved bytes": (
        of(Pcie(reserved1=b"\0\0\0\1")),
        [("note", "entries[0].section.reserved1", BODY + 20, "reserved bytes are 00000001, not zero")],
    ),
    "memory to recover without an address": (
        worse(PlatformMemory()),
        [("note", "entries[0].section.validation_bits", BODY, "no physical address")],
    ),
    "a cache to recover without an address": (
        worse(arm()),
        [("note", "entries[0].section", BODY, "no cache error with a physical address")],
    ),
    "a device to recover without AER": (
        worse(Pcie(validation_bits=PcieValid(device_id=True))),
        [("note", "entries[0].section.validation_bits", BODY, "no device id, or no copy of AER")],
    ),
}

RECORDS: Cases = {
    "record severity": (
        record(error_severity=9),
        [("error", "header.error_severity", 12, "severity 9 is none of 0 to 3")],
    ),
    "section severity": (
        record((SectionDescriptor(section_type=OTHER, error_severity=9), b""), error_severity=Severity.FATAL),
        [("error", "section_descriptors[0].error_severity", 176, "severity 9 is none of 0 to 3")],
    ),
    "severity of the worst": (
        record(error_severity=Severity.CORRECTED),
        [("warning", "header.error_severity", 12, "severity is CORRECTED, the worst section is RECOVERABLE")],
    ),
    "signature": (
        record(signature_start="REPC"),
        [("error", "header.signature_start", 0, "signature is 'REPC', not CPER")],
    ),
    "end of signature": (
        record(signature_end=0),
        [("error", "header.signature_end", 6, "0x0 is not all ones")],
    ),
    "record revision": (
        record(revision=0x0210),
        [("note", "header.revision", 4, "revision 0x0210 is neither 0x0100 nor 0x0101")],
    ),
    "no section": (
        CperRecord.of(notification_type=SEA, creator_id=PSTORE, record_id=1),
        [("warning", "header.section_count", 10, "there is no section")],
    ),
    "notification": (
        record(notification_type=NIL),
        [("note", "header.notification_type", 80, "this notification type is none that the document lists")],
    ),
    "no creator": (record(creator_id=NIL), [("note", "header.creator_id", 64, "no creator is named")]),
    "an unknown creator": (
        record(creator_id=SEA),
        [("note", "header.creator_id", 64, "this creator is known to nobody here")],
    ),
    "record id": (
        record(record_id=0xFFFF_FFFF_FFFF_FFFF),
        [("note", "header.record_id", 96, "record id 0xffffffffffffffff stands for none in a store")],
    ),
    "time stamp of a record": (
        record(validation_bits=DATED, timestamp=NOON.replace(day=b"\x1f")),
        [("warning", "header.timestamp.day", 28, "1f is not two decimal digits")],
    ),
    "a time stamp of Windows": (
        record(validation_bits=DATED, timestamp=Timestamp.parse(bytes.fromhex("0c2e100007011614"))),
        [
            (
                "note",
                "header.timestamp",
                24,
                "the time is in plain numbers, where the document has decimal digits",
            )
        ],
    ),
    "record length": (
        record(record_length=203),
        [("error", "header.record_length", 20, "the record is 203 bytes long, what it holds ends at 204")],
    ),
    "after the record": (
        record().replace(beyond=b"x"),
        [("error", "beyond", 204, "1 bytes follow the record, and they are not zero")],
    ),
    "sections that overlap": (
        moved(record(*TWO, record_length=278), 274),
        [
            (
                "warning",
                "section_descriptors[1].section_offset",
                200,
                "section 1 begins at 274, within section 0",
            )
        ],
    ),
    "bytes between sections": (
        moved(record(*TWO, record_length=284), 280).replace(gaps=((276, b"gaps"),)),
        [("note", "gaps[0]", 276, "4 bytes at 276 belong to no section")],
    ),
    "two primary sections": (
        record(*((d.replace(flags=SectionFlags(primary=True)), body) for d, body in TWO)),
        [("warning", "section_descriptors[1].flags", 212, "section 0 is the primary one too")],
    ),
    "section type of a descriptor": (
        record((SectionDescriptor(), b"four")),
        [("note", "section_descriptors[0].section_type", 144, "this section type is known to nobody here")],
    ),
    "text of a descriptor": (
        record(
            (
                SectionDescriptor(
                    section_type=OTHER, validation_bits=DescriptorValid(fru_text=True), fru_text=b"\1" * 20
                ),
                b"four",
            )
        ),
        [
            (
                "warning",
                "section_descriptors[0].fru_text",
                180,
                "the text is not printable ASCII padded with zeros",
            )
        ],
    ),
}
CASES = BLOCKS | SECTIONS | RECORDS
GOOD = (
    StatusBlock(),
    block(FOUR),
    block(FOUR, block_status=BlockStatus(correctable=True)),  # QEMU and its scripts never count
    block(entry(validation_bits=EntryValid(timestamp=True), timestamp=NOON)),
    of(arm()),
    of(PlatformMemory(validation_bits=MemoryValid(physical_address=True), physical_address=0x1000)),
    of(CcixPer()),
    of(ArmRas(error_records=(ErrorDescriptor(err_status=0xE000_0002, err_addr=0x1000),))),
    record(),
    record(validation_bits=DATED, timestamp=NOON),
)
