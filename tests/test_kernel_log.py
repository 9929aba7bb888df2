"""What Linux's CPER printer says: of the vectors to the byte, and of every section type, release and fault by hand."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from raslib.formats.arm import (
    ArmProcessor,
    BusError,
    CacheError,
    ContextInformation,
    Dialect,
    ErrorInformation,
    ErrorInformationFlags,
    ErrorInformationValid,
    Kind,
    TlbError,
)
from raslib.formats.cper import Severity, Timestamp
from raslib.formats.firmware import FirmwareReference
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.memory import ErrorStatus, Extended, MemoryErrorType, MemoryValid, PlatformMemory
from raslib.formats.more.cxl import AgentAddress, CxlAgent, CxlDeviceId, CxlProtocol, CxlRasCapability, RcrbAddress
from raslib.formats.more.x86 import CHECKS, X86ContextInformation, X86ErrorInformation, X86Processor
from raslib.formats.pcie import Pcie
from raslib.formats.processor import GenericProcessor
from raslib.formats.sections import GUIDS, NAMES
from raslib.intake import read
from raslib.records import Record, RecordError
from raslib.resources import folder, samples
from raslib.views.kernel_log import kernel_log

VECTORS = [name for name in samples() if (folder("data") / f"{name}.linux-7.2.txt").is_file()]  # printed by Linux
SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[2] / "shared")
PAST = "here Linux reads past the end of the block, and prints whatever lies there"
VENDOR = UUID("12345678-1234-1234-1234-123456789abc")


def block(section: Record | bytes, kind: UUID | None = None, severity: int = 0, **entry) -> StatusBlock:
    """A block of one entry; *kind* where the section is bytes."""
    kind = kind or GUIDS[type(section)]
    of_entry = DataEntry(section_type=kind, error_severity=severity, section=section, **entry)
    return StatusBlock(error_severity=severity, entries=(of_entry,))


def said(*args, **options) -> list[str]:
    """The lines of the section, after its name."""
    kernel = {name: options.pop(name) for name in ("kernel", "dialect") if name in options}
    lines = kernel_log(block(*args, **options), **kernel).split("\n")
    assert lines.pop() == ""
    return lines[next(i for i, line in enumerate(lines) if line.startswith("  section")) + 1 :]


def valid(register, *names: str):
    """The validation bits *names*."""
    return register(**dict.fromkeys(names, True))


# --- the vectors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_is_printed_to_the_byte(name):
    assert kernel_log(samples(name), kernel="harness") == (folder("data") / f"{name}.linux-7.2.txt").read_text(
        encoding="utf-8"
    )


def test_there_are_all_vectors():
    assert len(VECTORS) == 15


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "status_blocks/g_short"])
def test_a_parsed_block_is_printed_as_its_bytes_are(name):
    assert kernel_log(StatusBlock.parse(samples(name))) == kernel_log(samples(name))


# --- blocks and entries -----------------------------------------------------------------------------------------------


def test_a_block_that_linux_refuses_has_no_lines():
    good = samples("status_blocks/g_qemu_mem")
    broken = {
        "an entry that ends too early": good[:12] + (153).to_bytes(4, "little") + good[16:] + b"\0",
        "an entry that ends too late": good[:64] + good[64:],
        "no room for an entry": good[:12] + (63).to_bytes(4, "little") + good[16:],
        "fewer bytes than it says": good[:-1],
        "raw data in the entries": good[:4] + (171).to_bytes(4, "little") + (1).to_bytes(4, "little") + good[12:],
    }
    broken["an entry that ends too late"] = good[:44] + (81).to_bytes(4, "little") + good[48:]
    assert {why: kernel_log(data) for why, data in broken.items()} == dict.fromkeys(broken, "refused: -EINVAL\n")


def test_raw_data_right_behind_the_entries_is_no_fault():
    good = samples("status_blocks/g_qemu_mem")
    data = good[:4] + (172).to_bytes(4, "little") + (1).to_bytes(4, "little") + good[12:] + b"\0"
    assert kernel_log(data) == kernel_log(good)


def test_what_is_shorter_than_a_block_is_an_error():
    with pytest.raises(RecordError, match="StatusBlock at byte 19 .*: needs 20 bytes before its entries"):
        kernel_log(bytes(19))


def test_only_status_blocks_are_logged():
    with pytest.raises(ValueError, match="Linux logs a status block, not a hest"):
        kernel_log(read(samples("hest/qemu-7.2")))


def test_a_block_without_entries_has_its_severity_alone():
    assert kernel_log(StatusBlock(error_severity=Severity.FATAL)) == "event severity: fatal\n"


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "recoverable"), (1, "fatal"), (2, "corrected"), (3, "info"), (4, "unknown"), (0x10001, "fatal")],
)
def test_severities_in_words_of_which_linux_keeps_16_bits(number, word):
    harmless = "It has been corrected by h/w and requires no further action\n" if word == "corrected" else ""
    text = kernel_log(block(b"", VENDOR, number))
    assert text.startswith(
        f"{harmless}event severity: {word}\n Error 0, type: {word}\n  section type: unknown, {VENDOR}\n"
    )


def test_entries_are_numbered_and_each_has_its_severity():
    entries = tuple(DataEntry(section_type=VENDOR, error_severity=severity) for severity in (2, 1))
    assert kernel_log(StatusBlock(error_severity=1, entries=entries)) == (
        "event severity: fatal\n"
        " Error 0, type: corrected\n"
        "  section type: unknown, 12345678-1234-1234-1234-123456789abc\n"
        "  section length: 0x0\n"  # where C's %#x would give 0, the kernel's gives this
        " Error 1, type: fatal\n"
        "  section type: unknown, 12345678-1234-1234-1234-123456789abc\n"
        "  section length: 0x0\n"
    )


def entry_lines(**entry) -> list[str]:
    return kernel_log(block(PlatformMemory(), **entry)).split("\n")[1:-2]


ENTRY = DataEntry(section_type=VENDOR)


def test_time_stamps_stand_before_the_entry_and_need_revision_3():
    stamp = Timestamp(seconds=56, minutes=34, hours=12, precise=0, day=6, month=12, year=17, century=20)
    dated = {"timestamp": stamp, "validation_bits": ENTRY.validation_bits.replace(timestamp=True)}
    assert entry_lines(**dated) == [" imprecise tstamp: 2017-12-06 12:34:56", " Error 0, type: recoverable"]
    dated["timestamp"] = stamp.replace(precise=0xFF)
    assert entry_lines(**dated) == [" precise tstamp: 2017-12-06 12:34:56", " Error 0, type: recoverable"]
    assert entry_lines(**{**dated, "revision": 0x0201, "timestamp": None}) == [" Error 0, type: recoverable"]


def test_bytes_of_a_time_stamp_that_are_not_digits_become_numbers_all_the_same():
    stamp = Timestamp(seconds=b"\xff", minutes=b"\x0a", hours=0, day=b"\x9a", month=1, year=b"\xa0", century=0)
    dated = {"timestamp": stamp, "validation_bits": ENTRY.validation_bits.replace(timestamp=True)}
    assert entry_lines(**dated)[0] == " imprecise tstamp: 00100-01-100 00:10:165"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("CPU0", "CPU0"),
        ("twenty characters 20", "twenty characters 20"),
        (b"DIMM\0behind it".ljust(20, b"\0"), "DIMM"),
        (b"\x1b[31m\xe9\\\n".ljust(20, b"\0"), "\\x1b[31m\\xe9\\\\x0a"),
    ],
)
def test_fru_texts_end_at_a_nul_and_unprintable_bytes_are_shown_as_dmesg_does(text, shown):
    flags = ENTRY.validation_bits.replace(fru_text=True)
    assert entry_lines(fru_text=text, validation_bits=flags)[1] == f" fru_text: {shown}"


def test_a_fru_id_stands_before_the_fru_text():
    flags = ENTRY.validation_bits.replace(fru_id=True, fru_text=True)
    assert entry_lines(fru_id=VENDOR, fru_text="X", validation_bits=flags) == [
        " Error 0, type: recoverable",
        " fru_id: 12345678-1234-1234-1234-123456789abc",
        " fru_text: X",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "least"),
    [
        (GenericProcessor, "general processor error", 192),
        (PlatformMemory, "memory error", 73),
        (Pcie, "PCIe error", 208),
        (ArmProcessor, "ARM processor error", 40),
        (X86Processor, "IA32/X64 processor error", 64),
        (FirmwareReference, "Firmware Error Record Reference", 16),
        (CxlProtocol, "CXL Protocol Error", 116),
    ],
)
def test_a_section_that_is_too_short_is_named_and_no_more(kind, name, least):
    short, long = (kernel_log(block(bytes(size), GUIDS[kind])) for size in (least - 1, least))
    head = f"event severity: recoverable\n Error 0, type: recoverable\n  section_type: {name}\n"
    assert short == head + "[Firmware Warn]: error section length is too small\n"
    assert long.startswith(head)
    assert "[Firmware Warn]" not in long


CXL_EVENTS = ["CXL General Media Event", "CXL DRAM Event", "CXL Memory Module Event"]


def named(name: str) -> UUID:
    return next(guid for guid, known in NAMES.items() if known == name)


@pytest.mark.parametrize("event", CXL_EVENTS)
def test_of_cxl_component_events_linux_prints_the_name_alone(event):
    assert kernel_log(block(bytes(144), named(event))).split("\n")[2:] == [f"  section_type: {event}", ""]


@pytest.mark.parametrize(
    ("kernel", "protocol", "event"),
    [
        ("5.4", "dump", "dump"),
        ("6.1.192", "dump", "dump"),
        ("6.2", "name", "dump"),
        ("6.6", "name", "dump"),
        ("6.8", "name", "name"),
        ("6.12.118", "name", "name"),
        (None, "name", "name"),
    ],
)
def test_linux_learnt_the_names_of_cxl_sections_in_two_steps(kernel, protocol, event):
    """6.1.192 was read to have neither, 6.12.118 both."""
    head = {"dump": "  section type: unknown, ", "name": "  section_type: CXL "}
    for name, form in [("CXL Protocol Error", protocol), *((name, event) for name in CXL_EVENTS)]:
        lines = kernel_log(block(bytes(300), named(name)), kernel).split("\n")[2:]
        assert lines[0].startswith(head[form]), name
        if form == "dump":
            assert lines[1:3] == [
                "  section length: 0x12c",
                "  00000000: 00000000 00000000 00000000 00000000  ................",
            ]


# --- sections that no document names ----------------------------------------------------------------------------------


def test_an_unknown_section_is_dumped_as_a_log_shows_it():
    """As an arm64 guest with Linux 6.1 logged these bytes; the last row's text keeps its column."""
    assert said(bytes(range(0x28)), VENDOR) == [
        "  section length: 0x28",
        "  00000000: 03020100 07060504 0b0a0908 0f0e0d0c  ................",
        "  00000010: 13121110 17161514 1b1a1918 1f1e1d1c  ................",
        "  00000020: 23222120 27262524                     !\"#$%&'",
    ]


def test_a_last_row_of_no_whole_words_is_dumped_by_bytes():
    assert said(b"0123456789abcdefABCDE", VENDOR) == [
        "  section length: 0x15",
        "  00000000: 33323130 37363534 62613938 66656463  0123456789abcdef",
        "  00000010: 41 42 43 44 45                                   ABCDE",
    ]


def test_outside_the_kernel_dumps_are_bytes_without_indent_or_text():
    assert said(b"0123456789abcdefABCDE", VENDOR, kernel="harness") == [
        "  section length: 0x15",
        "00000000: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66",
        "00000010: 41 42 43 44 45",
    ]


@pytest.mark.parametrize("kernel", ["5.4", "7.1", "7.2", "7.3", None])
def test_every_release_dumps_words(kernel):
    assert said(b"ABCD", VENDOR, kernel=kernel)[1] == "  00000000: 44434241                             ABCD"


@pytest.mark.parametrize("kernel", ["7", "new", "7.x", "7.2-rc1", ""])
def test_a_release_has_two_numbers(kernel):
    if kernel:
        with pytest.raises(ValueError, match=f"'{kernel}' is not a release of Linux"):
            kernel_log(block(b"", VENDOR), kernel=kernel)
    else:
        assert kernel_log(block(b"", VENDOR), kernel=kernel) == kernel_log(block(b"", VENDOR))


# --- memory -----------------------------------------------------------------------------------------------------------

EVERYTHING = PlatformMemory(
    validation_bits=MemoryValid.parse((1 << 22) - 1),
    error_status=ErrorStatus.parse(0x00A50612),
    physical_address=0x1234,
    physical_address_mask=0xFFFF_FFFF_FFFF_F000,
    node=1,
    card=2,
    module=3,
    bank=0x0405,
    device=6,
    row=0x8007,
    column=8,
    bit_position=9,
    requestor_id=10,
    responder_id=11,
    target_id=0xFFFF_0000_FFFF_0000,
    memory_error_type=MemoryErrorType.MIRROR_BROKEN,
    extended=Extended.parse(0xE3),
    rank_number=12,
    card_handle=13,
    module_handle=0x1E,
)


def test_a_memory_error_with_every_field():
    assert said(EVERYTHING) == [
        "   error_status: Storage error in cache (0x0000000000a50612)",
        "  physical_address: 0x0000000000001234",
        "  physical_address_mask: 0xfffffffffffff000",
        "  node:1 card:2 module:3 rank:12 bank:1029 bank_group:4 bank_address:5 device:6 row:229383 column:8 "
        "bit_position:9 requestor_id:0x000000000000000a responder_id:0x000000000000000b "
        "target_id:0xffff0000ffff0000 chip_id:7 ",
        "  error_type: 11, mirror Broken",
        "  DIMM location: not present. DMI handle: 0x001e ",
    ]


def test_a_memory_error_with_every_field_before_5_19():
    """The status as a number alone, a space before each value, and a location that is cut at 254 characters."""
    lines = said(EVERYTHING, kernel="5.18")
    assert lines[0] == "  error_status: 0x0000000000a50612"
    assert lines[3] == (
        "  node: 1 card: 2 module: 3 rank: 12 bank: 1029 bank_group: 4 bank_address: 5 device: 6 row: 229383 column: 8 "
        "bit_position: 9 requestor_id: 0x000000000000000a responder_id: 0x000000000000000b "
        "target_id: 0xffff0000ffff0000 chip_id: 7 "
    )
    most = dict.fromkeys(
        ("node", "card", "module", "bank", "device", "row", "column", "bit_position", "rank_number"), 0xFFFF
    )
    assert len(said(EVERYTHING.replace(**most), kernel="5.18")[3]) == 2 + 254
    assert said(EVERYTHING, kernel="5.19") == said(EVERYTHING)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "Reserved"),
        (1, "Error detected internal to the component"),
        (4, "Storage error in DRAM memory"),
        (5, "Storage error in TLB"),
        (6, "Storage error in cache"),
        (7, "Error in one or more functional units"),
        (8, "Component failed self test"),
        (9, "Overflow or undervalue of internal queue"),
        (10, "Reserved"),
        (16, "Error detected in the bus"),
        (17, "Virtual address not found on IO-TLB or IO-PDIR"),
        (18, "Improper access error"),
        (19, "Access to a memory address which is not mapped to any component"),
        (20, "Loss of Lockstep"),
        (21, "Response not associated with a request"),
        (22, "Bus parity error - must also set the A, C, or D Bits"),
        (23, "Detection of a protocol error"),
        (24, "Detection of a PATH_ERROR"),
        (25, "Bus operation timeout"),
        (26, "A read was issued to data that has been poisoned"),
        (255, "Reserved"),
    ],
)
def test_the_error_status_in_words(number, words):
    section = PlatformMemory(
        validation_bits=valid(MemoryValid, "error_status"), error_status=ErrorStatus.parse(number << 8)
    )
    assert said(section) == [f"   error_status: {words} (0x{number << 8:016x})"]


def test_the_memory_error_types_in_words():
    flags = valid(MemoryValid, "memory_error_type")
    lines = [said(PlatformMemory(validation_bits=flags, memory_error_type=n))[0] for n in range(18)]
    assert [line.removeprefix("  error_type: ") for line in lines] == [
        "0, unknown",
        "1, no error",
        "2, single-bit ECC",
        "3, multi-bit ECC",
        "4, single-symbol chipkill ECC",
        "5, multi-symbol chipkill ECC",
        "6, master abort",
        "7, target abort",
        "8, parity error",
        "9, watchdog timeout",
        "10, invalid address",
        "11, mirror Broken",
        "12, memory sparing",
        "13, scrub corrected error",
        "14, scrub uncorrected error",
        "15, physical memory map-out event",
        "16, unknown",
        "17, unknown",
    ]


def test_no_valid_field_no_line():
    assert said(PlatformMemory(node=7, row=9)) == []


def test_upper_bits_of_the_row_count_only_if_the_extended_row_is_valid():
    fields = {"row": 1, "extended": Extended(row=3)}
    assert said(PlatformMemory(validation_bits=valid(MemoryValid, "row"), **fields)) == ["  row:1 "]
    assert said(PlatformMemory(validation_bits=valid(MemoryValid, "extended_row"), **fields)) == ["  row:196609 "]


@pytest.mark.parametrize("bit", [15, 21, 63])
def test_73_bytes_with_a_validation_bit_for_what_they_have_not_are_not_trusted(bit):
    section = PlatformMemory(validation_bits=MemoryValid.parse(1 << bit | 2)).build()
    warning = ["[Firmware Warn]: valid bits set for fields beyond structure"]
    assert said(section[:73], GUIDS[PlatformMemory]) == warning
    assert said(section, GUIDS[PlatformMemory]) != warning


def test_of_74_bytes_linux_reads_80():
    """It takes what follows in memory, here the next entry's first bytes."""
    section = PlatformMemory(validation_bits=valid(MemoryValid, "module_handle")).build()
    entries = tuple(DataEntry(section_type=GUIDS[PlatformMemory], section=part) for part in (section[:74], section))
    lines = kernel_log(StatusBlock(entries=entries).build()).split("\n")
    assert lines[3] == "  DIMM location: not present. DMI handle: 0x6f64 "
    assert said(section[:74], GUIDS[PlatformMemory]) == ["  DIMM location: not present. DMI handle: 0x0000 "]


# --- ARM processor ----------------------------------------------------------------------------------------------------


def arm(*errors: ErrorInformation, **fields) -> ArmProcessor:
    return ArmProcessor(error_information=errors, **fields)


def error(type_: int = 2, word: object = None, **fields) -> ErrorInformation:
    if word is None:
        return ErrorInformation(type=type_, **fields)
    flags = valid(ErrorInformationValid, "error_information")
    return ErrorInformation(type=type_, validation_bits=flags, error_information=word.build(), **fields)


def of_error(section: ArmProcessor, **kernel) -> list[str]:
    """The lines of its one error, after the number of errors."""
    return said(section, **kernel)[3:]


def test_an_arm_section_with_nothing_valid_has_its_midr_and_the_number_of_errors():
    assert said(arm(error())) == [
        "  MIDR: 0x0000000000000000",
        "  Error info structure 0:",
        "  num errors: 1",
        "   error_type: 0x02: cache error",
    ]


def test_the_number_of_errors_is_one_more_than_the_field_valid_or_not():
    assert said(arm(error(multiple_error=0xFFFF)))[2] == "  num errors: 65536"


def test_the_psci_state_is_printed_with_a_sign():
    section = arm(validation_bits=ArmProcessor().validation_bits.replace(running_state=True), psci_state=0xC9725770)
    assert said(section)[1:] == [
        "  running state: 0x0",
        "  Power State Coordination Interface state: -915253392",
    ]


@pytest.mark.parametrize(
    ("byte", "dialect", "line"),
    [
        (0x00, Dialect.UEFI_2_10, "0x00: "),
        (0x01, Dialect.UEFI_2_10, "0x01:  with reserved bit(s)"),
        (0x02, Dialect.UEFI_2_10, "0x02: cache error"),
        (0x1E, Dialect.UEFI_2_10, "0x1e: cache error|TLB error|bus error|micro-architectural error"),
        (
            0xFF,
            Dialect.UEFI_2_10,
            "0xff: cache error|TLB error|bus error|micro-architectural error with reserved bit(s)",
        ),
        (0x00, Dialect.UEFI_2_9, "0, cache error"),
        (0x03, Dialect.UEFI_2_9, "3, micro-architectural error"),
        (0x04, Dialect.UEFI_2_9, "4, unknown"),
        (0x02, Dialect.UEFI_2_11, "0x02: TLB error"),
        (0x12, Dialect.UEFI_2_11, "0x12: TLB error with reserved bit(s)"),
    ],
)
def test_the_type_byte_in_each_dialect(byte, dialect, line):
    assert of_error(arm(error(byte)), dialect=dialect) == [f"   error_type: {line}"]


@pytest.mark.parametrize(
    ("kernel", "line"),
    [
        ("6.18", "2, bus error"),
        ("6.19", "0x02: cache error"),
        ("7.2", "0x02: cache error"),
        (None, "0x02: cache error"),
    ],
)
def test_the_dialect_is_that_of_the_release(kernel, line):
    assert of_error(arm(error(2)), kernel=kernel) == [f"   error_type: {line}"]


def test_a_stable_release_may_read_the_type_as_later_ones_do():
    section = arm(error(2, CacheError(operation_valid=True, operation=7)))
    by_number, by_bits = of_error(section, kernel="6.1"), of_error(section)
    assert by_number != by_bits == of_error(section, kernel="6.1", dialect=Dialect.UEFI_2_10)
    releases = ["5.10.248", "5.15.198", "6.1.160", "6.12.63"]
    for since in [*releases, "6.19.0"]:
        branch, _, update = since.rpartition(".")
        before = f"{branch}.{int(update) - 1}" if since in releases else "6.18.14"
        assert of_error(section, kernel=before) == by_number
        assert of_error(section, kernel=since) == by_bits


def test_flags_have_lines_if_they_are_valid():
    flags = ErrorInformationFlags.parse(0xFF)
    assert of_error(arm(error(flags=flags))) == ["   error_type: 0x02: cache error"]
    shown = error(flags=flags, validation_bits=valid(ErrorInformationValid, "flags"))
    assert of_error(arm(shown)) == [
        "   first error captured",
        "   last error captured",
        "   propagated error captured",
        "   overflow occurred, error info is incomplete",
        "   error_type: 0x02: cache error",
    ]


COMMON = [
    "Generic error (type cannot be determined)",
    "Generic read (type of instruction or data request cannot be determined)",
    "Generic write (type of instruction of data request cannot be determined)",
    "Data read",
    "Data write",
    "Instruction fetch",
    "Prefetch",
]
CACHE = [
    "Eviction",
    "Snooping (processor initiated a cache snoop that resulted in an error)",
    "Snooped (processor raised a cache error caused by another processor or device snooping its cache)",
    "Management",
]
TLB = [
    "Local management operation (processor initiated a TLB management operation that resulted in an error)",
    "External management operation (processor raised a TLB error caused by another processor or device broadcasting "
    "TLB operations)",
]


@pytest.mark.parametrize(
    ("byte", "layout", "kind", "operations"),
    [
        (2, CacheError, Kind.CACHE, COMMON + CACHE),
        (4, TlbError, Kind.TLB, COMMON + TLB),
        (8, BusError, Kind.BUS, COMMON),
    ],
)
def test_operations_in_words_and_none_for_other_numbers(byte, layout, kind, operations):
    for number in range(16):
        lines = of_error(arm(error(byte, layout(operation_valid=True, operation=number))))[2:]
        assert lines == [f"    {kind.value}, operation type: {word}" for word in operations[number : number + 1]]
        old = arm(error(list(Kind).index(kind), layout(operation_valid=True, operation=number)))
        lines = of_error(old, dialect=Dialect.UEFI_2_9)[2:]
        assert lines == [f"    operation type: {word}" for word in operations[number : number + 1]]


def test_of_several_kinds_each_has_its_operation_and_its_level():
    word = BusError(operation_valid=True, operation=8, level_valid=True, level=7, timed_out_valid=True, timed_out=True)
    assert of_error(arm(error(0x0E, word)))[2:] == [
        f"    cache error, operation type: {CACHE[1]}",
        f"    TLB error, operation type: {TLB[1]}",
        "    cache level: 7",
        "    TLB level: 7",
        "    affinity level at which the bus error occurred: 7",
        "    request timed out",
    ]


def test_what_only_a_bus_error_has_is_not_said_of_others():
    word = BusError(timed_out_valid=True, timed_out=True, access_mode_valid=True)
    assert of_error(arm(error(2, word)))[2:] == []
    assert of_error(arm(error(8, word)))[2:] == ["    request timed out", "    access mode: secure"]


@pytest.mark.parametrize("byte", [0x10, 0x12, 0xF0])
def test_of_a_vendors_word_no_line_follows(byte):
    assert len(of_error(arm(error(byte, BusError.parse((1 << 64) - 1))))) == 2


@pytest.mark.parametrize("byte", [0x00, 0x20])
def test_without_a_kind_the_common_lines_follow(byte):
    """But not in the old dialect, where such a number is unknown."""
    word = BusError.parse(0x1E01_007F)
    assert of_error(arm(error(byte, word)))[2:] == [
        "    transaction type: Data Access",
        "    processor context corrupted",
        "    the error has been corrected",
        "    PC is precise",
        "    Program execution can be restarted reliably at the PC associated with the error.",
    ]
    assert len(of_error(arm(error(0x20, word)), dialect=Dialect.UEFI_2_9)) == 2


def test_what_is_false_or_has_no_word():
    """A PC that cannot be restarted, a request in time and a fourth transaction type have no line."""
    names = ("transaction_type", "context_corrupt", "corrected", "precise_pc", "restartable_pc")
    bus = ("participation", "timed_out", "address_space", "memory_attributes", "access_mode")
    word = valid(BusError, *(f"{name}_valid" for name in names + bus)).replace(transaction_type=3)
    assert of_error(arm(error(8, word)))[2:] == [
        "    processor context not corrupted",
        "    the error has not been corrected",
        "    PC is imprecise",
        "    participation type: Local processor originated request",
        "    address space: External Memory Access",
        "    memory access attributes:0x0",
        "    access mode: secure",
    ]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("transaction_type", ["Instruction", "Data Access", "Generic"]),
        (
            "participation",
            [
                "Local processor originated request",
                "Local processor responded to request",
                "Local processor observed",
                "Generic",
            ],
        ),
        ("address_space", ["External Memory Access", "Internal Memory Access", "Unknown", "Device Memory Access"]),
    ],
)
def test_fields_of_the_word_in_words(field, words):
    shown = [of_error(arm(error(8, BusError(**{f"{field}_valid": True, field: n}))))[2] for n in range(len(words))]
    assert [line.partition(": ")[2] for line in shown] == words


def test_errors_are_32_bytes_apart_whatever_their_length_says():
    """The second is read from within the first."""
    longer = error(2, multiple_error=4, beyond=error(4, multiple_error=8).build())
    assert said(arm(longer, error(8), section_length=40 + 64))[1:] == [
        "  Error info structure 0:",
        "  num errors: 5",
        "   error_type: 0x02: cache error",
        "  Error info structure 1:",
        "  num errors: 9",
        "   error_type: 0x04: TLB error",
    ]


def test_a_section_length_without_room_for_the_errors():
    section = arm(error(), midr_el1=0x410FD0C1, section_length=71)
    assert said(section) == [
        "  MIDR: 0x00000000410fd0c1",
        "  section length: 71, CPER size: 72",
        "  section length is too small",
        "  firmware-generated error record is incorrect",
        "  ERR_INFO_NUM is 1",
    ]
    assert said(section, kernel="6.1.192") == said(section, kernel="6.1.165") == said(section)
    assert said(section, kernel="5.10.252") == said(section, kernel="6.12.75") == said(section)
    for before in ("6.19", "6.1", "6.1.164", "5.10.251", "6.12.74", "6.18.15"):
        assert said(section, kernel=before)[1:3] == ["  section length: 71", "  section length is too small"]


def test_a_section_length_of_more_than_there_is():
    section = arm(error(), midr_el1=0x410FD0C1, section_length=73)
    assert said(section) == [
        "  MIDR: 0x00000000410fd0c1",
        "  section length: 73, CPER size: 72",
        "  section length is too big",
        "  firmware-generated error record is incorrect",
        "  ERR_INFO_NUM is 1",
    ]
    assert said(section, kernel="6.19")[-2:] == ["  Vendor specific error info has 1 bytes:", PAST]
    assert said(arm(error(), section_length=0xFFFF_FFFF))[1:3] == [
        "  section length: -1, CPER size: 72",
        "  section length is too small",
    ]


OLD = ["5.4", "5.10", "5.15", "6.1", "6.6", "6.12", "6.18", "6.19"]
TYPE_2 = dict.fromkeys(OLD, "2, bus error") | {"6.19": "0x02: cache error"}


@pytest.mark.parametrize("kernel", OLD)
def test_where_lengths_are_not_checked_contexts_end_with_the_block(kernel):
    """612 bytes that say 65535 contexts and a length of 2 GiB."""
    path = SHARED / "samples" / "broken" / "arm-contexts.bin"
    if not path.is_file():
        pytest.skip("RASKIT_SHARED names no folder with samples")
    text = kernel_log(path.read_bytes(), kernel)
    assert text.endswith(PAST + "\n")
    assert len(text) < 10_000


@pytest.mark.parametrize("kernel", OLD)
def test_so_do_errors_contexts_and_what_the_vendor_adds(kernel):
    errors = arm(error(), err_info_num=0xFFFF, section_length=0x7FFF_FFFF)
    assert said(errors, kernel=kernel)[-3:] == ["  num errors: 1", f"   error_type: {TYPE_2[kernel]}", PAST]
    contexts = arm(error(), context_info_num=2, section_length=0x7FFF_FFFF)
    assert said(contexts, kernel=kernel)[-2:] == [f"   error_type: {TYPE_2[kernel]}", PAST]
    registers = arm(
        error(), context_information=(context(4, bytes(8), register_array_size=9000),), section_length=20000
    )
    assert said(registers, kernel=kernel)[-2:] == ["   00000000: 00000000 00000000", PAST]


def test_x86_structures_end_with_the_block_in_every_release():
    section = x86(check(TLB_CHECK)).build()
    more = bytes([section[0] | 0xFC, section[1] | 0x3F]) + section[2:]
    lines = said(more, GUIDS[X86Processor])
    assert lines[-1] == PAST
    assert [line for line in lines if "Structure" in line and "Type" not in line] == [
        "  Error Information Structure 0:",
    ]
    long = x86(contexts=[X86ContextInformation(register_context_type=2, registers=bytes(4), register_array_size=4000)])
    assert said(long)[-2:] == ["   00000000: 00000000", PAST]


def test_cxl_logs_end_with_the_block():
    section = cxl(CxlAgent.DEVICE, dvsec=b"DVSEC678").build()
    length = section.index((8).to_bytes(2, "little") + bytes(6) + b"DVSEC678")
    longer = section[:length] + (4000).to_bytes(2, "little") + section[length + 2 :]
    assert said(longer, GUIDS[CxlProtocol])[-2:] == ["  00000000: 45535644 38373643", PAST]
    short = cxl(CxlAgent.DEVICE, error_log=b"four")
    assert said(short)[-1] == PAST


def context(kind: int, registers: bytes, **fields) -> ContextInformation:
    return ContextInformation(register_context_type=kind, registers=registers, **fields)


def test_contexts_by_name_and_their_registers():
    names = [
        "AArch32 general purpose registers",
        "AArch32 EL1 context registers",
        "AArch32 EL2 context registers",
        "AArch32 secure context registers",
        "AArch64 general purpose registers",
        "AArch64 EL1 context registers",
        "AArch64 EL2 context registers",
        "AArch64 EL3 context registers",
        "Misc. system register structure",
    ]
    section = arm(context_information=tuple(context(kind, bytes([kind] * 8)) for kind in range(9)))
    expected = [
        line
        for kind, name in enumerate(names)
        for line in (
            f"  Context info structure {kind}:",
            f"   register context type: {name}",
            f"   00000000: {kind:02x}{kind:02x}{kind:02x}{kind:02x} {kind:02x}{kind:02x}{kind:02x}{kind:02x}",
        )
    ]
    assert said(section)[1:] == expected


def test_an_unknown_context_ends_the_section():
    section = arm(context_information=(context(9, b""), context(4, b"")), vendor_specific=b"more")
    assert said(section)[1:] == ["  Context info structure 0:", "   Invalid context type: 9 (max: 8)"]


def test_a_context_without_room_ends_the_section():
    section = arm(context_information=(context(4, bytes(8)), context(4, bytes(9), padding=b"")))
    assert said(section)[4:] == [
        "  Context info structure 1:",
        "   section length is too small",
        "  firmware-generated error record is incorrect",
    ]


def test_contexts_are_padded_since_6_14():
    """Before, the padding was taken for the next context: here one of type 0 with no registers, and a second."""
    section = arm(context_information=(context(4, bytes(4), padding=bytes(4)), context(5, b"\x11" * 8)))
    assert said(section, kernel="6.14")[1:] == [
        "  Context info structure 0:",
        "   register context type: AArch64 general purpose registers",
        "   00000000: 00000000",
        "  Context info structure 1:",
        "   register context type: AArch64 EL1 context registers",
        "   00000000: 11111111 11111111",
    ]
    assert said(section, kernel="6.13")[1:] == [
        "  Context info structure 0:",
        "   register context type: AArch64 general purpose registers",
        "   00000000: 00000000",
        "  Context info structure 1:",
        "   section length is too small",
        "  firmware-generated error record is incorrect",
    ]


def test_what_is_behind_the_contexts_is_the_vendors_whatever_the_validation_bit_says():
    assert said(arm(vendor_specific=b"0123"))[1:] == [
        "  Vendor specific error info has 4 bytes:",
        "   00000000: 33323130                             0123",
    ]


# --- PCI Express, generic processor, firmware -------------------------------------------------------------------------


def pcie(**changes) -> Pcie:
    return StatusBlock.parse(samples("status_blocks/g_pcie")).entries[0].section.replace(**changes)


AER = [
    "  aer_cor_status: 0x00002000, aer_cor_mask: 0x0000e000",
    "  aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00100000",
    "  aer_uncor_severity: 0x00463031",
    "  TLP Header: 00000000 00000000 00000000 00000000",
]


@pytest.mark.parametrize(
    ("kernel", "severity", "lines"),
    [("6.12", 2, AER), ("6.11", 0, []), ("6.11", 2, []), ("6.11", 1, AER[1:]), ("6.11", 3, AER[1:])],
)
def test_aer_registers_before_6_12_are_those_of_fatal_errors(kernel, severity, lines):
    shown = [line for line in said(pcie(), severity=severity, kernel=kernel) if "aer" in line or "TLP" in line]
    assert shown == lines


def test_pcie_ports_in_words():
    words = [said(pcie(port_type=n))[0].removeprefix("  port_type: ") for n in (*range(12), 0xFFFF_FFFF)]
    assert words == [
        "0, PCIe end point",
        "1, legacy PCI end point",
        "2, unknown",
        "3, unknown",
        "4, root port",
        "5, upstream switch port",
        "6, downstream switch port",
        "7, PCIe to PCI/PCI-X bridge",
        "8, PCI/PCI-X to PCIe bridge",
        "9, root complex integrated endpoint device",
        "10, root complex event collector",
        "11, unknown",
        "-1, unknown",
    ]


def test_pcie_versions_are_not_read_as_digits_and_serial_numbers_have_two_parts():
    section = pcie(
        validation_bits=pcie().validation_bits.parse(0x12), version_major=10, serial_number=0x0123_4567_0000_0089
    )
    assert said(section) == ["  version: 16.1", "  serial number: 0x0089, 0x1234567"]


def test_a_generic_processor_error_with_every_field():
    section = GenericProcessor(
        validation_bits=GenericProcessor().validation_bits.parse(0x1FFF),
        processor_type=2,
        processor_isa=4,
        processor_error_type=GenericProcessor().processor_error_type.parse(0x1F),
        operation=3,
        flags=GenericProcessor().flags.parse(0x0D),
        level=1,
        cpu_version=0x410FD0C1,
        cpu_brand="not printed",
        processor_id=0x8000_0100,
        target_address=2,
        requestor_id=3,
        responder_id=4,
        instruction_ip=0xFFFF_8000_1234_5678,
    )
    assert said(section) == [
        "  processor_type: 2, ARM",
        "  processor_isa: 4, ARM A64",
        "  error_type: 0x1f",
        "  cache error, TLB error, bus error, micro-architectural error",
        "  operation: 3, instruction execution",
        "  flags: 0x0d",
        "  restartable, overflow, corrected",
        "  level: 1",
        "  version_info: 0x00000000410fd0c1",
        "  processor_id: 0x0000000080000100",
        "  target_address: 0x0000000000000002",
        "  requestor_id: 0x0000000000000003",
        "  responder_id: 0x0000000000000004",
        "  IP: 0xffff800012345678",
    ]


def test_generic_processor_numbers_in_words():
    def words(field: str, numbers: range) -> list[str]:
        flags = valid(type(GenericProcessor().validation_bits), field)
        lines = [said(GenericProcessor(validation_bits=flags, **{field: n})) for n in numbers]
        return [line.partition(", ")[2] for (line,) in lines]

    assert words("processor_type", range(4)) == ["IA32/X64", "IA64", "ARM", "unknown"]
    assert words("processor_isa", range(6)) == ["IA32", "IA64", "X64", "ARM A32/T32", "ARM A64", "unknown"]
    assert words("operation", range(5)) == [
        "unknown or generic",
        "data read",
        "data write",
        "instruction execution",
        "unknown",
    ]


def test_no_bit_no_line_of_bits():
    flags = valid(type(GenericProcessor().validation_bits), "processor_error_type", "flags")
    assert said(GenericProcessor(validation_bits=flags)) == ["  error_type: 0x00", "  flags: 0x00"]


def test_firmware_references_of_each_revision_and_what_follows_them():
    number = FirmwareReference(record_type=1, revision=0, record_id=0x89, beyond=b"more")
    assert said(number) == [
        "  Firmware Error Record Type: SOC Firmware Error Record Type1 (Legacy CrashLog Support)",
        "  Revision: 0",
        "  Record Identifier: 00000089",
        "  00000000: 65726f6d                             more",
    ]
    neither = FirmwareReference(record_type=3, revision=1, beyond=b"at byte8")
    assert said(neither) == [
        "  Firmware Error Record Type: unknown",
        "  Revision: 1",
        "  00000000: 62207461 38657479                    at byte8",
    ]
    newer = FirmwareReference(revision=3, record_id_guid=VENDOR, beyond=b"more")
    assert said(newer) == [
        "  Firmware Error Record Type: SOC Firmware Error Record Type2",
        "  Revision: 3",
        "  00000000: 65726f6d                             more",
    ]


def test_a_firmware_reference_that_is_too_short_for_its_revision():
    section = FirmwareReference(revision=2, record_id_guid=VENDOR).build()[:20]
    lines = said(section, GUIDS[FirmwareReference])
    assert lines[1:] == [
        "  Revision: 2",
        "  Record Identifier: 12345678-0000-0000-0000-000000000000",
        "  error section length is too small: offset=32, length=20",
    ]
    assert said(section, GUIDS[FirmwareReference], kernel="6.19") == lines[:3]


# --- IA32/X64 processor -----------------------------------------------------------------------------------------------

CACHE_CHECK, TLB_CHECK, BUS_CHECK, MS_CHECK = CHECKS


def x86(*errors: X86ErrorInformation, contexts=(), flags=0, **fields) -> X86Processor:
    return X86Processor(
        validation_bits=X86Processor().validation_bits.parse(flags),
        error_information=errors,
        context_information=tuple(contexts),
        **fields,
    )


def check(kind: UUID, word: int = 0, flags: int = 1, **fields) -> X86ErrorInformation:
    bits = X86ErrorInformation().validation_bits.parse(flags)
    return X86ErrorInformation(structure_type=kind, check_information=word, validation_bits=bits, **fields)


def test_an_x86_processor_by_its_apic_id_and_cpuid():
    cpuid = X86Processor().cpuid.replace(eax=0x000906EA)
    assert said(x86(flags=3, local_apic_id=0x1F, cpuid=cpuid)) == [
        "  Local APIC_ID: 0x1f",
        "  CPUID Info:",
        "  00000000: 000906ea 00000000 00000000 00000000",
        "  00000010: 00000000 00000000 00000000 00000000",
        "  00000020: 00000000 00000000 00000000 00000000",
    ]


def test_an_x86_bus_error_with_every_field():
    word = 0x0000_0005_3F8F_07FF | 1 << 30
    fields = {"target_id": 1, "requestor_id": 2, "responder_id": 3, "instruction_pointer": 0xFFFF_FFFF_8100_0000}
    assert said(x86(check(BUS_CHECK, word, 0x1F, **fields))) == [
        "  Error Information Structure 0:",
        "   Error Structure Type: bus error",
        "   Check Information: 0x000000057f8f07ff",
        "    Transaction Type: 3, unknown",
        "    Operation: 3, data read",
        "    Level: 6",
        "    Processor Context Corrupt: true",
        "    Uncorrected: true",
        "    Precise IP: true",
        "    Restartable IP: true",
        "    Overflow: true",
        "    Participation Type: 1, Local Processor responded to request",
        "    Time Out: true",
        "    Address Space: 2, I/O",
        "   Target Identifier: 0x0000000000000001",
        "   Requestor Identifier: 0x0000000000000002",
        "   Responder Identifier: 0x0000000000000003",
        "   Instruction Pointer: 0xffffffff81000000",
    ]


def test_x86_micro_architectural_checks_have_their_own_layout():
    assert said(x86(check(MS_CHECK, 2 << 16 | 1 << 20 | 0x3F))) == [
        "  Error Information Structure 0:",
        "   Error Structure Type: micro-architectural error",
        "   Check Information: 0x000000000012003f",
        "    Error Type: 2, Microcode ROM Parity Error",
        "    Processor Context Corrupt: false",
        "    Uncorrected: true",
        "    Precise IP: false",
        "    Restartable IP: false",
        "    Overflow: false",
    ]


def test_an_x86_check_of_an_unknown_type_is_not_read():
    assert said(x86(check(VENDOR, 0xFFFF), check(VENDOR, flags=0))) == [
        "  Error Information Structure 0:",
        "   Error Structure Type: unknown",
        "   Error Structure Type: 12345678-1234-1234-1234-123456789abc",
        "   Check Information: 0x000000000000ffff",
        "  Error Information Structure 1:",
        "   Error Structure Type: unknown",
        "   Error Structure Type: 12345678-1234-1234-1234-123456789abc",
    ]


def test_x86_numbers_in_words():
    def words(kind: UUID, valid_bit: int, low: int, width: int) -> list[str]:
        return [said(x86(check(kind, 1 << valid_bit | n << low)))[3].partition(", ")[2] for n in range(1 << width)]

    operations = ["generic error", "generic read", "generic write", "data read", "data write", "instruction fetch"]
    unknown = ["unknown"]
    assert words(CACHE_CHECK, 0, 16, 2) == ["Instruction", "Data Access", "Generic", "unknown"]
    assert words(CACHE_CHECK, 1, 18, 4) == [*operations, "prefetch", "eviction", "snoop", *unknown * 7]
    assert words(TLB_CHECK, 1, 18, 4) == [*operations, "prefetch", *unknown * 9]
    assert words(BUS_CHECK, 1, 18, 4) == [*operations, "prefetch", *unknown * 9]
    assert words(BUS_CHECK, 8, 30, 2) == [
        "Local Processor originated request",
        "Local Processor responded to request",
        "Local Processor observed",
        "Generic",
    ]
    assert words(BUS_CHECK, 10, 33, 2) == ["Memory Access", "Reserved", "I/O", "Other Transaction"]
    assert words(MS_CHECK, 0, 16, 3) == [
        "No Error",
        "Unclassified",
        "Microcode ROM Parity Error",
        "External Error",
        "FRC Error",
        "Internal Unclassified",
        *unknown * 2,
    ]


def test_x86_contexts_have_their_address_and_msrs_are_dumped_by_8_bytes():
    registers = bytes(range(16))
    contexts = [
        X86ContextInformation(register_context_type=1, msr_address=0x400, registers=registers),
        X86ContextInformation(register_context_type=7, memory_address=0xFED0_0000, registers=registers[:4]),
        X86ContextInformation(register_context_type=8, registers=b""),
    ]
    assert said(x86(contexts=contexts)) == [
        "  Context Information Structure 0:",
        "   Register Context Type: MSR Registers (Machine Check and other MSRs)",
        "   Register Array Size: 0x0010",
        "   MSR Address: 0x00000400",
        "   Register Array:",
        "   00000000: 0706050403020100 0f0e0d0c0b0a0908",
        "  Context Information Structure 1:",
        "   Register Context Type: Memory Mapped Registers",
        "   Register Array Size: 0x0004",
        "   MM Register Address: 0x00000000fed00000",
        "   Register Array:",
        "   00000000: 03020100",
        "  Context Information Structure 2:",
        "   Register Context Type: unknown",
        "   Register Array Size: 0x0000",
        "   Register Array:",
    ]


def test_x86_context_types_in_words():
    contexts = [X86ContextInformation(register_context_type=n) for n in range(8)]
    types = [line.partition(": ")[2] for line in said(x86(contexts=contexts)) if "Context Type" in line]
    assert types == [
        "Unclassified Data",
        "MSR Registers (Machine Check and other MSRs)",
        "32-bit Mode Execution Context",
        "64-bit Mode Execution Context",
        "FXSAVE Context",
        "32-bit Mode Debug Registers (DR0-DR7)",
        "64-bit Mode Debug Registers (DR0-DR7)",
        "Memory Mapped Registers",
    ]


def test_x86_contexts_are_padded_since_6_14():
    contexts = [X86ContextInformation(register_context_type=2, registers=bytes(4)) for _ in range(2)]
    lines = [line for line in said(x86(contexts=contexts), kernel="6.14") if "Type" in line]
    assert lines == ["   Register Context Type: 32-bit Mode Execution Context"] * 2
    lines = [line for line in said(x86(contexts=contexts), kernel="6.13") if "Type" in line]
    assert lines[1] == "   Register Context Type: Unclassified Data"


# --- CXL protocol -----------------------------------------------------------------------------------------------------


def cxl(agent: CxlAgent | int, flags: int = 0x7F, **fields) -> CxlProtocol:
    return CxlProtocol(validation_bits=CxlProtocol().validation_bits.parse(flags), agent_type=agent, **fields)


def test_a_cxl_device_with_every_field():
    section = cxl(
        CxlAgent.DEVICE,
        agent_address=AgentAddress(segment=1, bus=0x38, device=2, function=3),
        device_id=CxlDeviceId(
            vendor_id=0x1AF4,
            device_id=0x1100,
            subsystem_vendor_id=0x1AF5,
            subsystem_id=0x1101,
            class_code=0x0502,
            slot=CxlDeviceId().slot.replace(number=5),
        ),
        serial_number=0x0123_4567_89AB_CDEF,
        dvsec=b"DVSEC678",
        error_log=CxlRasCapability(
            uncorrectable_status=CxlRasCapability().uncorrectable_status.parse(0x8),
            correctable_mask=CxlRasCapability().correctable_mask.parse(0x7F),
            capabilities_and_control=0x10,
            header_log=b"HEAD" + bytes(60),
        ),
    )
    zeros = "00000000 00000000 00000000 00000000"
    assert said(section) == [
        "   agent_type: 2, CXL Device",
        "   agent_address: 0001:38:02.3",
        "   slot: 5",
        "   vendor_id: 0x1af4, device_id: 0x1100",
        "   sub_vendor_id: 0x1af5, sub_device_id: 0x1101",
        "   class_code: 0502",
        "   lower_dw: 0x89abcdef, upper_dw: 0x01234567",
        "  00000000: 00000010 00000000 00000000 00000000",
        f"  00000010: {zeros}",
        f"  00000020: {zeros}",
        "  00000030: 00000000 00000000 00000000",
        "   DVSEC length: 0x0008",
        "   CXL DVSEC:",
        "  00000000: 45535644 38373643",
        "   Error log length: 0x0058",
        "   CXL Error Log:",
        "   cxl_ras_uncor_status: 0x00000008",
        "   cxl_ras_uncor_mask: 0x00000000",
        "   cxl_ras_uncor_severity: 0x00000000",
        "   cxl_ras_cor_status: 0x00000000",
        "   cxl_ras_cor_mask: 0x0000007f",
        "   cap_control: 0x00000010",
        "   Header Log Registers:",
        "  00000000: 44414548 00000000 00000000 00000000",
        f"  00000010: {zeros}",
        f"  00000020: {zeros}",
        f"  00000030: {zeros}",
    ]


def test_a_port_of_a_restricted_host_has_a_register_block_and_no_device():
    section = cxl(CxlAgent.RCH_DOWNSTREAM_PORT, 0x1F, agent_address=RcrbAddress(rcrb_base=0xFE00_0000))
    assert said(section) == [
        "   agent_type: 1, Restricted CXL Host Downstream Port",
        "   rcrb_base_address: 0x00000000fe000000",
    ]


def test_cxl_agents_in_words_and_what_each_has():
    shown = {agent: said(cxl(agent, 0x0B)) for agent in range(9)}
    assert [lines[0].partition(", ")[2] for lines in shown.values()] == [
        "Restricted CXL Device",
        "Restricted CXL Host Downstream Port",
        "CXL Device",
        "CXL Logical Device",
        "CXL Fabric Manager managed Logical Device",
        "CXL Root Port",
        "CXL Downstream Switch Port",
        "CXL Upstream Switch Port",
        "unknown",
    ]
    assert [agent for agent, lines in shown.items() if "   agent_address: 0000:00:00.0" in lines] == [0, *range(2, 8)]
    assert [agent for agent, lines in shown.items() if any("lower_dw" in line for line in lines)] == [0, 2, 3, 4]
    assert said(cxl(8, 0x1F)) == ["   agent_type: 8, unknown"]


# --- real logs --------------------------------------------------------------------------------------------------------

# what the older kernel's text of the rebuilt block has that the log has not, and the other way round
DIFFERENCES = {
    ("ampere-altra-its-boot-src0", "ampere-altra-its-boot", "{1}"): ([], []),
    ("hisi-2026-sea-devmem", "hisi-2026-el3-sea-devmem", "{57}"): ([], []),
    ("kunpeng920-2019-sea", "kunpeng920-2019-sea", "{1}"): ([], []),
    ("qemu-2019-mem-400a1000", "qemu-guest-2019-sea-mem", "{1}"): ([], []),
    ("phytium-s5000c-mem-ce", "phytium-s5000c-einj", "{2}"): (
        [
            "It has been corrected by h/w and requires no further action",  # left out of the log
            "node: 0 card: 1 module: 0 bank: 0 device: 1 row: 8192 column: 0 bit_position: 5 "
            "requestor_id: 0x0000000000000001 responder_id: 0x0000000000000001 target_id: 0x0000000000000001",
        ],
        [
            "precise tstamp: 2023-11-21 07:41:29",  # not in the block
            "node: 0 card: 1 module: 0 bank: 0 device: 1 row: 8192 column: 0 bit_position: 5 "
            "requestor_id: 0x0000000000000001 responder_id: 0x0000000000000001 target_id: 0x000000000000000",  # cut off
            "DIMM location: BANK 0 DIMM 1",  # the name is in that machine's SMBIOS tables
        ],
    ),
    ("sgi575-dmc620", "sgi575-dmc620-sdei", "{1}"): (
        ["It has been corrected by h/w and requires no further action", "event severity: corrected"],
        ["event severity: recoverable", "fru_id: 00000000-0000-0000-0000-000000000000", "fru_text:"],
    ),
}


@pytest.mark.parametrize("names", DIFFERENCES, ids=lambda names: names[0])
def test_blocks_rebuilt_from_logs_are_printed_as_they_were_logged(names):
    if not (SHARED / "samples").is_dir():
        pytest.skip("RASKIT_SHARED names no folder with samples")
    rebuilt, log, event = names
    data = (SHARED / "samples" / "estatus" / f"{rebuilt}.estatus").read_bytes()
    prefix = f"{event}[Hardware Error]:"
    lines = (SHARED / "samples" / "logs" / f"{log}.txt").read_text(encoding="utf-8").split("\n")
    logged = [line.partition(prefix)[2].strip() for line in lines if prefix in line]
    logged = [line for line in logged if not line.startswith("Hardware error from")]
    printed = [line.strip() for line in kernel_log(data, dialect=Dialect.UEFI_2_9).split("\n") if line]
    missing, more = DIFFERENCES[names]
    assert [line for line in printed if line not in logged] == missing
    assert [line for line in logged if line not in printed] == more
    if not missing + more:
        assert printed == logged
