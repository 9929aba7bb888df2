"""Memory errors (UEFI 2.10 §N.2.5) and the error status word that they share with bus errors (§N.2.12)."""

from typing import Any

from construct import Int8ul, Int16ul, Int64ul

from ..records import Bits, Coded, OpenRecord, Register, When, bits, field, flag, flags, named, remaining, u16, u64


class ErrorType(Coded):
    """What kind of thing failed."""

    INTERNAL = 1, "error detected internal to the component"
    MEMORY = 4, "storage error in memory (DRAM)"
    TLB = 5, "storage error in a TLB"
    CACHE = 6, "storage error in a cache"
    FUNCTION = 7, "error in one or more functional units"
    SELF_TEST = 8, "component failed its self test"
    QUEUE_FLOW = 9, "overflow or underrun of an internal queue"
    BUS = 16, "error detected in the bus"
    MAP = 17, "virtual address not found in the IO-TLB or IO-PDIR"
    IMPROPER = 18, "improper access"
    UNIMPLEMENTED = 19, "access to an address that no component answers"
    LOSS_OF_LOCKSTEP = 20, "loss of lockstep"
    RESPONSE = 21, "response that was not asked for"
    BUS_PARITY = 22, "bus parity error; one of address, control or data must be set"
    PROTOCOL = 23, "protocol error"
    PATH = 24, "error on the path"
    TIMEOUT = 25, "the bus operation timed out"
    POISON = 26, "a read was of data that was corrupted before"


class ErrorStatus(Register, ref="UEFI 2.10 §N.2.12, Error Status"):
    """What failed, on which signals, and who saw it."""

    # fmt: off
    error_type:  int  = bits(15, 8, "what kind of thing failed", kind=ErrorType)
    address:     bool = flag(16, "on the address signals")
    control:     bool = flag(17, "on the control signals")
    data:        bool = flag(18, "on the data signals")
    responder:   bool = flag(19, "the responder saw it")
    requester:   bool = flag(20, "the requester saw it")
    first_error: bool = flag(21, "several were logged; this was the first")
    overflow:    bool = flag(22, "more happened than could be logged")
    # fmt: on


class MemoryErrorType(Coded):
    """How the memory failed."""

    UNKNOWN = 0, "unknown"
    NO_ERROR = 1, "no error"
    SINGLE_BIT_ECC = 2, "single-bit ECC"
    MULTI_BIT_ECC = 3, "multi-bit ECC"
    SINGLE_SYMBOL_CHIPKILL_ECC = 4, "single-symbol chipkill ECC"
    MULTI_SYMBOL_CHIPKILL_ECC = 5, "multi-symbol chipkill ECC"
    MASTER_ABORT = 6, "master abort"
    TARGET_ABORT = 7, "target abort"
    PARITY = 8, "parity error"
    WATCHDOG_TIMEOUT = 9, "watchdog timeout"
    INVALID_ADDRESS = 10, "invalid address"
    MIRROR_BROKEN = 11, "mirror broken"
    MEMORY_SPARING = 12, "memory sparing"
    SCRUB_CORRECTED = 13, "scrub corrected error"
    SCRUB_UNCORRECTED = 14, "scrub uncorrected error"
    PHYSICAL_MEMORY_MAP_OUT = 15, "physical memory map-out event"


class MemoryValid(Register, ref="UEFI 2.10 §N.2.5, Validation Bits", each="{} is valid"):
    """Which fields of a memory section to believe."""

    # fmt: off
    error_status:          bool = flag(0)
    physical_address:      bool = flag(1)
    physical_address_mask: bool = flag(2)
    node:                  bool = flag(3)
    card:                  bool = flag(4)
    module:                bool = flag(5)
    bank:                  bool = flag(6, "the whole of bank; excludes bits 19 and 20")
    device:                bool = flag(7)
    row:                   bool = flag(8, "16 bits of row; excludes bit 18")
    column:                bool = flag(9)
    bit_position:          bool = flag(10)
    requestor_id:          bool = flag(11)
    responder_id:          bool = flag(12)
    target_id:             bool = flag(13)
    memory_error_type:     bool = flag(14)
    rank_number:           bool = flag(15)
    card_handle:           bool = flag(16)
    module_handle:         bool = flag(17)
    extended_row:          bool = flag(18, "row with two more bits in extended; excludes bit 8")
    bank_group:            bool = flag(19, "bank [15:8] is the group")
    bank_address:          bool = flag(20, "bank [7:0] is the address in the group")
    chip_identification:   bool = flag(21, "extended [7:5] is the chip")
    # fmt: on

    @property
    def any_row(self) -> bool:
        return self.row or self.extended_row

    @property
    def any_bank(self) -> bool:
        return self.bank or self.bank_group or self.bank_address

    @property
    def any_extended(self) -> bool:
        return self.extended_row or self.chip_identification


class Extended(Register, ref="UEFI 2.10 §N.2.5, Extended", width=8):
    """What did not fit elsewhere."""

    row: int = bits(1, 0, "bits 17:16 of the row")
    chip_identification: int = bits(7, 5, "which die of a stack")


def _later(context: Any) -> bool:
    return context.extended is not None


class PlatformMemory(OpenRecord, ref="UEFI 2.10 §N.2.5, Memory Error Section",
                     guid="a5bc1114-6f64-4ede-b863-3e83ed7c83b1", title="Platform Memory"):  # fmt: skip
    """A memory error, as far as it can be placed (`struct cper_sec_mem_err`).

    The form of UEFI 2.1 and 2.2 ends after `memory_error_type`, at 73 bytes; what comes after is None there.
    """

    # fmt: off
    validation_bits:       MemoryValid = flags(Int64ul, MemoryValid, "which fields to believe")
    error_status:          ErrorStatus = flags(Int64ul, ErrorStatus, "what failed", valid="error_status")
    physical_address:      int = u64("where, as the reader of this record sees memory", valid="physical_address")
    physical_address_mask: int = u64("which bits of the address are certain", valid="physical_address_mask")
    node:                  int = u16("of a system of several", valid="node")
    card:                  int = u16("memory board or riser", valid="card")
    module:                int = u16("DIMM, or rank of one", valid="module")
    bank:                  int = u16("bank, or bank group and address", valid="any_bank")
    device:                int = u16("chip on the DIMM", valid="device")
    row:                   int = u16("row [15:0]", valid="any_row")
    column:                int = u16("column", valid="column")
    bit_position:          int = u16("where in the word", valid="bit_position")
    requestor_id:          int = u64("who asked", valid="requestor_id")
    responder_id:          int = u64("who answered", valid="responder_id")
    target_id:             int = u64("whom it was for", valid="target_id")
    memory_error_type:     int = named(Int8ul, MemoryErrorType, "how the memory failed", valid="memory_error_type")
    extended: Extended | None  = field(When(lambda c: remaining(c._io) >= 7, Bits(Int8ul, Extended)),
                                       "more of row and chip", Extended(), valid="any_extended")
    rank_number:    int | None = field(Int16ul, "rank on the DIMM", valid="rank_number", where=_later)
    card_handle:    int | None = field(Int16ul, "SMBIOS type 16 handle", valid="card_handle", where=_later)
    module_handle:  int | None = field(Int16ul, "SMBIOS type 17 handle", valid="module_handle", where=_later)
    # fmt: on
