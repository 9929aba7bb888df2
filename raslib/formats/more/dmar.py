"""Faults of DMA remapping units (UEFI 2.10 §N.2.11): in general, and the state of Intel's and AMD's units."""

from construct import Int8ul, Int64ul

from ...records import Coded, OpenRecord, Record, Register, bits, flag, flags, named, one, raw, u8, u16, u32, u64


class FaultReason(Coded):
    """Why the unit refused a request."""

    MAPPING_ENTRY_NOT_PRESENT = 0x1, "the domain mapping table has no entry"
    MAPPING_ENTRY_INVALID = 0x2, "the entry of the domain mapping table is not valid"
    MAPPING_TABLE_ACCESS = 0x3, "the unit could not read the domain mapping table"
    MAPPING_TABLE_RESERVED = 0x4, "a reserved bit is set in the domain mapping table"
    ADDRESS_OUT_OF_BOUNDS = 0x5, "the address is wider than the device's"
    INVALID_ACCESS = 0x6, "the read or write is not allowed"
    INVALID_REQUEST = 0x7, "the request is not valid"
    TRANSLATION_TABLE_ACCESS = 0x8, "the unit could not read the address translation table"
    TRANSLATION_TABLE_RESERVED = 0x9, "a reserved bit is set in the address translation table"
    ILLEGAL_COMMAND = 0xA, "the command is illegal"
    COMMAND_BUFFER_ACCESS = 0xB, "the unit could not read the command buffer"


class DmaAccess(Coded):
    """What the device wanted. The document is followed; macros in EDK II and libcper have it the other way round."""

    WRITE = 0, "DMA write"
    READ = 1, "DMA read"


class DmaAddress(Coded):
    """What kind of request it was."""

    UNTRANSLATED = 0, "request with an address not yet translated"
    TRANSLATION = 1, "request for a translation"


class DmarArchitecture(Coded):
    """Whose unit it is. The document is followed; libcper's decoder takes 0 for VT-d and 1 for IOMMU."""

    VT_D = 1, "Intel VT-d"
    IOMMU = 2, "AMD IOMMU"


class DmarGeneric(OpenRecord, ref="UEFI 2.10 §N.2.11.1, DMAr Generic Error Section",
                  guid="5b51fef7-c79d-4434-8f1b-aa62de3e2c64", title="DMAr Generic"):  # fmt: skip
    """A request that a remapping unit refused."""

    # fmt: off
    requester_id:      int = u16("bus, device and function of the device")
    segment_number:    int = u16("segment of the device")
    fault_reason:      int = named(Int8ul, FaultReason, "why the unit refused")
    access_type:       int = named(Int8ul, DmaAccess, "read or write")
    address_type:      int = named(Int8ul, DmaAddress, "what kind of request")
    architecture_type: int = named(Int8ul, DmarArchitecture, "whose unit")
    device_address:    int = u64("virtual address that the device used")
    reserved:        bytes = raw(16)
    # fmt: on


class VtdFaultInformation(Register, ref="Intel VT-d, Fault Recording Registers, bits 63:0"):
    page: int = bits(63, 12, "of the address, or the index of the interrupt, in 4 KiB; 0 where neither is recorded")


class VtdFaultCause(Register, ref="Intel VT-d, Fault Recording Registers, bits 127:64"):
    # fmt: off
    source_id:            int  = bits(15, 0, "bus, device and function that asked")
    type_2:               bool = flag(28, "the second bit of the kind of request")
    privileged:           bool = flag(29, "asked in privileged mode")
    execute:              bool = flag(30, "asked to execute")
    pasid_present:        bool = flag(31, "`pasid` counts")
    reason:               int  = bits(39, 32, "why, as the VT-d specification numbers it")
    pasid:                int  = bits(59, 40, "which address space of the process")
    address_type:         int  = bits(61, 60, "of the address: 0 untranslated, 1 a request to translate, 2 translated")
    type_1:               bool = flag(62, "the first bit of the kind of request: read or write")
    fault:                bool = flag(63, "the record is filled")
    # fmt: on


class VtdFaultRecord(Record, ref="Intel VT-d, Fault Recording Registers"):
    information: VtdFaultInformation = flags(Int64ul, VtdFaultInformation, "where")
    cause: VtdFaultCause = flags(Int64ul, VtdFaultCause, "who and why")


class DmarVtd(OpenRecord, ref="UEFI 2.10 §N.2.11.2, Intel VT for Directed I/O specific DMAr Error Section",
              guid="71761d37-32b2-45cd-a7d0-b0fedd93e8cf",
              title="Intel VT for Directed I/O specific DMAr"):  # fmt: skip
    """Registers and table entries of an Intel unit, each as the VT-d specification has it."""

    # fmt: off
    version:             int = u8("version register")
    revision:            int = u8("revision of the ACPI structure that describes the unit")
    oem_id:            bytes = raw(6, "OEM id of that structure")
    capability:          int = u64("capability register")
    extended_capability: int = u64("extended capability register")
    global_command:      int = u32("global command register, as the operating system wrote it")
    global_status:       int = u32("global status register")
    fault_status:        int = u32("fault status register")
    reserved:          bytes = raw(12)
    fault_record: VtdFaultRecord = one(VtdFaultRecord, "what was asked for, by whom, and why it was refused")
    root_entry:        bytes = raw(16, "root table entry of the requester")
    context_entry:     bytes = raw(16, "context table entry of the requester")
    page_table_entry_6:  int = u64("page table entry of the address, level 6")
    page_table_entry_5:  int = u64("page table entry of the address, level 5")
    page_table_entry_4:  int = u64("page table entry of the address, level 4")
    page_table_entry_3:  int = u64("page table entry of the address, level 3")
    page_table_entry_2:  int = u64("page table entry of the address, level 2")
    page_table_entry_1:  int = u64("page table entry of the address, level 1")
    # fmt: on


class DmarIommu(OpenRecord, ref="UEFI 2.10 §N.2.11.3, IOMMU Specific DMAr Error Section",
                guid="036f84e1-7f37-428c-a79e-575fdfaa84ec", title="IOMMU specific DMAr"):  # fmt: skip
    """Registers and table entries of an AMD unit, each as the IOMMU specification has it."""

    # fmt: off
    revision:            int = u8("of the IOMMU specification")
    reserved0:         bytes = raw(7)
    control:             int = u64("control register")
    status:              int = u64("status register")
    reserved1:         bytes = raw(8)
    event_log_entry:   bytes = raw(16, "event log entry of the fault")
    reserved2:         bytes = raw(16)
    device_table_entry: bytes = raw(32, "device table entry of the requester")
    page_table_entry_6:  int = u64("page table entry of the address, level 6")
    page_table_entry_5:  int = u64("page table entry of the address, level 5")
    page_table_entry_4:  int = u64("page table entry of the address, level 4")
    page_table_entry_3:  int = u64("page table entry of the address, level 3")
    page_table_entry_2:  int = u64("page table entry of the address, level 2")
    page_table_entry_1:  int = u64("page table entry of the address, level 1")
    # fmt: on
