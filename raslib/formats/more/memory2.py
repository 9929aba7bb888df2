"""Memory errors in the wider form (UEFI 2.10 §N.2.6), for memory that the numbers of §N.2.5 are too small for."""

from construct import Int8ul, Int64ul

from ...records import OpenRecord, Register, flag, flags, named, raw, u8, u16, u32, u64
from ..memory import ErrorStatus, MemoryErrorType


class Memory2Valid(Register, ref="UEFI 2.10 §N.2.6, Validation Bits",
                   valid="error_status physical_address physical_address_mask node card module bank device row column "
                         "rank bit_position chip_identification memory_error_type status requestor_id responder_id "
                         "target_id card_handle module_handle bank_group bank_address"):  # fmt: skip
    """Which fields to believe. From bit 10 on they are not those of a memory section of §N.2.5."""

    bank: bool = flag(6, "the whole of bank; excludes bits 20 and 21")
    bank_group: bool = flag(20, "bank [15:8] is the group")
    bank_address: bool = flag(21, "bank [7:0] is the address in the group")

    @property
    def any_bank(self) -> bool:
        return self.bank or self.bank_group or self.bank_address


class Memory2Status(Register, ref="UEFI 2.10 §N.2.6, Status", width=8):
    uncorrected: bool = flag(0, "the error was not corrected")


class PlatformMemory2(OpenRecord, ref="UEFI 2.10 §N.2.6, Memory Error Section 2",
                      guid="61ec04fc-48e6-d813-25c9-8daa44750b12", title="Platform Memory 2"):  # fmt: skip
    """A memory error, as far as it can be placed. Linux prints it as bytes."""

    # fmt: off
    validation_bits: Memory2Valid = flags(Int64ul, Memory2Valid, "which fields to believe")
    error_status:     ErrorStatus = flags(Int64ul, ErrorStatus, "what failed", valid="error_status")
    physical_address:         int = u64("where, as the reader of this record sees memory", valid="physical_address")
    physical_address_mask:    int = u64("which bits of the address are certain", valid="physical_address_mask")
    node:                     int = u16("of a system of several", valid="node")
    card:                     int = u16("memory board or riser", valid="card")
    module:                   int = u16("DIMM", valid="module")
    bank:                     int = u16("bank, or bank group and address", valid="any_bank")
    device:                   int = u32("chip on the DIMM", valid="device")
    row:                      int = u32("row", valid="row")
    column:                   int = u32("column", valid="column")
    rank:                     int = u32("rank on the DIMM", valid="rank")
    bit_position:             int = u32("where in the word", valid="bit_position")
    chip_identification:      int = u8("which die of a stack", valid="chip_identification")
    memory_error_type:        int = named(Int8ul, MemoryErrorType, "how the memory failed", valid="memory_error_type")
    status:         Memory2Status = flags(Int8ul, Memory2Status, "was it corrected", valid="status")
    reserved:               bytes = raw(1)
    requestor_id:             int = u64("who asked", valid="requestor_id")
    responder_id:             int = u64("who answered", valid="responder_id")
    target_id:                int = u64("whom it was for", valid="target_id")
    card_handle:              int = u32("SMBIOS type 16 handle", valid="card_handle")
    module_handle:            int = u32("SMBIOS type 17 handle", valid="module_handle")
    # fmt: on
