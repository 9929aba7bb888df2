"""EINJ: how an operating system asks the platform for an error (ACPI 6.5 §18.6)."""

from typing import Any, cast

from construct import Bytes, Int8ul, Int16ul, Int32ul

from ..records import Bits, Coded, Record, Register, bits, field, flag, flags, named, raw, rest, u8, u16, u32, u64
from ..wire import Sized, Times, UntilEnd, When
from .acpi import AcpiTable
from .serialization import ENTRIES, INSTRUCTIONS, InstructionEntry


class EinjAction(Coded):
    """What is asked of the platform."""

    BEGIN_INJECTION_OPERATION = 0x0, "an injection is going to begin"
    GET_TRIGGER_ERROR_ACTION_TABLE = 0x1, "physical address of the trigger table, see `TriggerTable`"
    SET_ERROR_TYPE = 0x2, "which error, see `EinjErrorType`"
    GET_ERROR_TYPE = 0x3, "which errors can be had, see `EinjErrorType`"
    END_OPERATION = 0x4, "the injection is over"
    EXECUTE_OPERATION = 0x5, "do it"
    CHECK_BUSY_STATUS = 0x6, "is it still being done? bit 0 of the result says so"
    GET_COMMAND_STATUS = 0x7, "how did it go? bits 8:1 of the result say so, see `EinjStatus`"
    SET_ERROR_TYPE_WITH_ADDRESS = 0x8, "which error and where: the register is a block, see `ErrorWithAddress`"
    GET_EXECUTE_OPERATION_TIMINGS = 0x9, "how long an injection takes, see `serialization.Timings`"
    EINJV2_SET_ERROR_TYPE = 0x10, "which error of version 2, see `ErrorTypeV2`; since ACPI 6.5"
    EINJV2_GET_ERROR_TYPE = 0x11, "which errors of version 2 can be had, see `ErrorTypeV2`; since ACPI 6.5"
    TRIGGER_ERROR = 0xFF, "a step of the trigger table: makes the error that was set happen"


_FLUSH = {"FLUSH_CACHELINE": (5, "write back and drop the cache line of the register (ACPICA; not in EDK II)")}
EinjInstruction = cast(Any, Coded)("EinjInstruction", INSTRUCTIONS | _FLUSH)


class EinjStatus(Coded):
    """How an injection went."""

    SUCCESS = 0, "done"
    UNKNOWN_FAILURE = 1, "it failed"
    INVALID_ACCESS = 2, "what was asked for cannot be injected"


class EinjResult(Register, ref="ACPI 6.5 §18.6.1, CHECK_BUSY_STATUS and GET_COMMAND_STATUS"):
    """What the platform answers, by the document. See `erst.ErstResult` for what Linux makes of it."""

    busy: bool = flag(0, "the operation is still being done")
    status: int = bits(8, 1, "how it went", kind=EinjStatus)


class EinjErrorType(Register, ref="ACPI 6.5 §18.6.1, Error Type Definition", width=32):
    """Errors that can be injected, a bit each; to set one, one bit."""

    # fmt: off
    processor_correctable:               bool = flag(0, "corrected error of a processor")
    processor_uncorrectable_non_fatal:   bool = flag(1, "uncorrected error of a processor")
    processor_uncorrectable_fatal:       bool = flag(2, "fatal error of a processor")
    memory_correctable:                  bool = flag(3, "corrected error of memory")
    memory_uncorrectable_non_fatal:      bool = flag(4, "uncorrected error of memory")
    memory_uncorrectable_fatal:          bool = flag(5, "fatal error of memory")
    pcie_correctable:                    bool = flag(6, "corrected error of PCI Express")
    pcie_uncorrectable_non_fatal:        bool = flag(7, "uncorrected error of PCI Express")
    pcie_uncorrectable_fatal:            bool = flag(8, "fatal error of PCI Express")
    platform_correctable:                bool = flag(9, "corrected error of something else on the platform")
    platform_uncorrectable_non_fatal:    bool = flag(10, "uncorrected error of something else on the platform")
    platform_uncorrectable_fatal:        bool = flag(11, "fatal error of something else on the platform")
    cxl_cache_correctable:               bool = flag(12, "corrected error of the CXL.cache protocol; since ACPI 6.5")
    cxl_cache_uncorrectable_non_fatal:   bool = flag(13, "uncorrected error of the CXL.cache protocol; since ACPI 6.5")
    cxl_cache_uncorrectable_fatal:       bool = flag(14, "fatal error of the CXL.cache protocol; since ACPI 6.5")
    cxl_memory_correctable:              bool = flag(15, "corrected error of the CXL.mem protocol; since ACPI 6.5")
    cxl_memory_uncorrectable_non_fatal:  bool = flag(16, "uncorrected error of the CXL.mem protocol; since ACPI 6.5")
    cxl_memory_uncorrectable_fatal:      bool = flag(17, "fatal error of the CXL.mem protocol; since ACPI 6.5")
    einjv2_supported:                    bool = flag(30, "version 2 can be had as well; since ACPI 6.5")
    vendor_defined:                      bool = flag(31, "the vendor's own, see `VendorErrorType`")
    # fmt: on


class ErrorTypeV2(Register, ref="ACPI 6.5 A §18.6.1, EINJV2 Error Type Definition", width=32):
    """Errors that version 2 can inject, a bit each."""

    processor: bool = flag(0, "error of a processor")
    memory: bool = flag(1, "error of memory")
    pcie: bool = flag(2, "error of PCI Express")


class AddressFlags(Register, ref="ACPI 6.5 §18.6.1, SET_ERROR_TYPE_WITH_ADDRESS Data Structure, Flags", width=32):
    """Which fields of the block count."""

    processor_identification_valid: bool = flag(0, "the processor")
    memory_address_valid: bool = flag(1, "address and range")
    pcie_sbdf_valid: bool = flag(2, "the PCI Express function")
    einjv2_valid: bool = flag(3, "the block has the extension of version 2; since ACPI 6.5")


class Sbdf(Register, ref="ACPI 6.5 §18.6.1, PCIe SBDF", width=32):
    """A PCI Express function."""

    segment: int = bits(31, 24, "PCI segment")
    bus: int = bits(23, 16, "bus in it")
    device: int = bits(15, 11, "device on it")
    function: int = bits(10, 8, "function of it")


class Component(Record, ref="ACPI 6.5 A §18.6.1, Component Syndrome"):
    """One component that version 2 is to hurt, and how. Both halves are read by the error type; unused bytes are 0."""

    component_id: bytes = raw(16, "processor, memory device, PCI Express function or the vendor's own")
    component_syndrome: bytes = raw(16, "what its error is to look like")


class Extension(Record, ref="ACPI 6.5 A §18.6.1, EINJV2 Extension Structure"):
    """What version 2 appends to the block; `length` is the room that firmware gives it, not what is used of it."""

    # fmt: off
    length:                int = field(Int32ul, "bytes of this structure", count=lambda r: 8 + 32 * len(r.components)
                                                                                          + len(r.unused))
    revision:              int = u16("of this structure", 1)
    component_array_count: int = field(Int16ul, "how many components", count=lambda r: len(r.components))
    components:            Any = field(Times(lambda c: c.component_array_count, Component.con), "one each", ())
    unused:              bytes = field(Bytes(lambda c: c.length - 8 - 32 * c.component_array_count), "room left", b"")
    # fmt: on


class ErrorWithAddress(Record, ref="ACPI 6.5 §18.6.1, SET_ERROR_TYPE_WITH_ADDRESS Data Structure"):
    """The block of memory that says which error and where (`struct set_error_type_with_address`).

    36 bytes, and the extension of version 2 as ACPI 6.5 A has it. (6.5 as first printed had another block.)
    """

    # fmt: off
    error_type:             EinjErrorType = flags(Int32ul, EinjErrorType, "which error")
    vendor_error_type_extension_structure_offset: int = u32("of the vendor's structure, from this block; 0: none")
    flags:               AddressFlags = flags(Int32ul, AddressFlags, "which fields count")
    processor_identification:     int = u32("ACPI processor UID; local APIC id on x86")
    memory_address:               int = u64("physical address")
    memory_address_range:         int = u64("mask of the address: which of its bits count")
    pcie_sbdf:                   Sbdf = field(Bits(Int32ul, Sbdf), "which function", Sbdf())
    einjv2:          Extension | None = field(When(lambda c: c.flags.einjv2_valid, Extension.con),
                                              "more of version 2", None)
    beyond:                     bytes = rest("bytes after the block; the vendor's structure may lie there")
    # fmt: on


class VendorErrorType(Record, ref="ACPI 6.5 §18.6.1, Vendor Error Type Extension Structure"):
    """Which platform it is, for whoever knows its own errors (`struct vendor_error_type_extension`)."""

    # fmt: off
    length:      int = field(Int32ul, "bytes of this structure", count=lambda r: 16 + len(r.oem_data))
    sbdf:       Sbdf = flags(Int32ul, Sbdf, "a PCI function of the platform")
    vendor_id:   int = u16("of that function")
    device_id:   int = u16("of that function")
    revision_id: int = u8("of that function")
    reserved:  bytes = raw(3)
    oem_data:  bytes = field(Bytes(lambda c: c.length - 16), "the vendor's own", b"")
    beyond:    bytes = rest("bytes after the structure")
    # fmt: on


class EinjEntry(InstructionEntry, ref="ACPI 6.5 §18.6.2, Injection Instruction Entries"):
    action: int = named(Int8ul, EinjAction, "to which action this step belongs")
    instruction: int = named(Int8ul, EinjInstruction, "what is done")


class TriggerTable(Record, ref="ACPI 6.5 §18.6.4, Trigger Action Table"):
    """The steps that make an injected error happen (`struct acpi_einj_trigger`). None at all: it happens by itself."""

    # fmt: off
    header_size: int = u32("bytes before the entries: 16", 16)
    revision:    int = u32("of this structure")
    table_size:  int = field(Int32ul, "bytes of this structure", count=lambda t: 16 + 32 * len(t.entries))
    entry_count: int = field(Int32ul, "how many entries follow", count=lambda t: len(t.entries))
    entries:     Any = field(Sized(lambda t: t.table_size - 16, UntilEnd(EinjEntry.con)), "32 bytes each", ())
    beyond:    bytes = rest("bytes after the structure")
    # fmt: on


class Einj(AcpiTable, ref="ACPI 6.5 §18.6.1, Error Injection Table"):
    """How to ask for an error, as register accesses (`struct acpi_table_einj`). Revision 2 since ACPI 6.5.

    The entries begin at byte 48, be the header size 12 (the header alone, as EDK II has it) or 48 (all before them).
    """

    # fmt: off
    injection_header_size: int = u32("12 or 48; Linux takes either and refuses the rest", 48)
    injection_flags:       int = u8("reserved")
    reserved:            bytes = raw(3)
    injection_entry_count: int = field(Int32ul, "how many entries follow", count=lambda t: len(t.entries))
    entries:               Any = field(Sized(lambda t: t.length - ENTRIES, UntilEnd(EinjEntry.con)),
                                       "32 bytes each", ())
    # fmt: on
