"""IA32/X64 processor errors (UEFI 2.10 §N.2.4.2): the other architecture's section, to compare ARM's with."""

from typing import Any, NamedTuple
from uuid import UUID

from construct import Bytes, Int16ul, Int32ul, Int64ul

from ...records import Coded, Named, OpenRecord, Record, field, flags, guid, one, raw, rest, u32, u64
from ...registers import Register, bits, flag
from ...wire import AtMost, Sized, Times, UntilEnd, size
from ..arm import Participation, Transaction
from ..parts import OPERATIONS, FittingChoice, Padded, is_packed

# --- check information ------------------------------------------------------------------------------------------------


_OF_A_CACHE = {"EVICTION": (7, "eviction"), "SNOOP": (8, "snoop")}
_coded: Any = Coded
CheckOperation: Any = _coded("CheckOperation", OPERATIONS)
CacheCheckOperation: Any = _coded("CacheCheckOperation", OPERATIONS | _OF_A_CACHE)


class CheckAddressSpace(Coded):
    MEMORY = 0, "memory access"
    RESERVED = 1, "reserved"
    IO = 2, "I/O"
    OTHER = 3, "another transaction"


class MicroArchitecturalErrorType(Coded):
    """What caused a micro-architectural error; further values are the processor's own."""

    NO_ERROR = 0, "no error"
    UNCLASSIFIED = 1, "unclassified"
    MICROCODE_ROM_PARITY = 2, "parity error of the microcode ROM"
    EXTERNAL = 3, "external error"
    FRC = 4, "functional redundancy check"
    INTERNAL_UNCLASSIFIED = 5, "internal, unclassified"


class _Check(Register, ref="UEFI 2.10 §N.2.4.2.2, IA32/X64 Cache Check Structure",
             valid="transaction_type_valid operation_valid level_valid context_corrupt_valid "
                   "uncorrected_valid precise_ip_valid restartable_ip_valid overflow_valid"):  # fmt: skip
    """What the check information of caches, TLBs and the bus has in common.

    Bit 26 says *uncorrected*; the same bit on ARM says corrected.
    """

    # fmt: off
    transaction_type:       int  = bits(17, 16, "what was fetched or accessed", kind=Transaction)
    operation:              int  = bits(21, 18, "what was being done", kind=CheckOperation)
    level:                  int  = bits(24, 22, "of the cache, TLB or bus hierarchy")
    context_corrupt:        bool = flag(25, "the state of the processor may be lost")
    uncorrected:            bool = flag(26, "the error was not corrected")
    precise_ip:             bool = flag(27, "the pushed instruction pointer is that of the instruction")
    restartable_ip:         bool = flag(28, "the program can go on reliably from the pushed instruction pointer")
    overflow:               bool = flag(29, "more happened than could be kept")
    # fmt: on


class CacheCheck(_Check, ref="UEFI 2.10 §N.2.4.2.2, IA32/X64 Cache Check Structure"):
    """Check information of a cache error."""

    operation: int = bits(21, 18, "what was being done", kind=CacheCheckOperation)


class TlbCheck(_Check, ref="UEFI 2.10 §N.2.4.2.3, IA32/X64 TLB Check Structure"):
    """Check information of a TLB error."""


class BusCheck(_Check, ref="UEFI 2.10 §N.2.4.2.4, IA32/X64 Bus Check Structure"):
    """Check information of a bus error."""

    # fmt: off
    participation_valid: bool = flag(8)
    timed_out_valid:     bool = flag(9)
    address_space_valid: bool = flag(10)
    participation:       int  = bits(31, 30, "this processor's part in the request", kind=Participation)
    timed_out:           bool = flag(32, "the request timed out")
    address_space:       int  = bits(34, 33, "what was addressed", kind=CheckAddressSpace)
    # fmt: on


class MicroArchitecturalCheck(Register, ref="UEFI 2.10 §N.2.4.2.5, IA32/X64 MS Check Field Description",
                              valid="error_type_valid context_corrupt_valid uncorrected_valid precise_ip_valid "
                                    "restartable_ip_valid overflow_valid"):  # fmt: skip
    """Check information of a micro-architectural error ("MS check"): the same facts, three bits lower."""

    # fmt: off
    error_type:            int  = bits(18, 16, "what caused it", kind=MicroArchitecturalErrorType)
    context_corrupt:       bool = flag(19, "the state of the processor may be lost")
    uncorrected:           bool = flag(20, "the error was not corrected")
    precise_ip:            bool = flag(21, "the pushed instruction pointer is that of the instruction")
    restartable_ip:        bool = flag(22, "the program can go on reliably from the pushed instruction pointer")
    overflow:              bool = flag(23, "more happened than could be kept")
    # fmt: on


class CheckInformation(NamedTuple):
    """What a structure type says the check information is: its name, and the layout of the word."""

    name: str
    layout: type[Register]


CHECKS: dict[UUID, CheckInformation] = {
    UUID("a55701f5-e3ef-43de-ac72-249b573fad2c"): CheckInformation("cache check", CacheCheck),
    UUID("fc06b535-5e1f-4562-9f25-0a3b9adb63c3"): CheckInformation("TLB check", TlbCheck),
    UUID("1cf3f8b3-c5b1-49a2-aa59-5eef92ffa63c"): CheckInformation("bus check", BusCheck),
    UUID("48ab7f57-dc34-4f6c-a7d3-b0b5b0a74314"): CheckInformation("micro-architecture check", MicroArchitecturalCheck),
}
PARTS = {guid: check.name for guid, check in CHECKS.items()}


class CheckValid(Register, ref="UEFI 2.10 §N.2.4.2.1, Validation Bits",
                 valid="check_information target_id requestor_id responder_id instruction_pointer"):  # fmt: skip
    """Which fields to believe."""


class X86ErrorInformation(Record, ref="UEFI 2.10 §N.2.4.2.1, IA32/X64 Processor Error Information Structure"):
    """One error of this processor (`struct cper_ia_err_info`). What `check_information` holds, `CHECKS` says."""

    # fmt: off
    structure_type:     UUID = guid("what kind of error; see `CHECKS`")
    validation_bits: CheckValid = flags(Int64ul, CheckValid, "which fields to believe")
    check_information:   int = u64("what was being done; laid out as the type says", valid="check_information")
    target_id:           int = u64("the target of the request", valid="target_id")
    requestor_id:        int = u64("who asked", valid="requestor_id")
    responder_id:        int = u64("who answered", valid="responder_id")
    instruction_pointer: int = u64("instruction that was executing", valid="instruction_pointer")
    # fmt: on


# --- processor context ------------------------------------------------------------------------------------------------


class X86ContextType(Coded):
    """Which registers a context holds."""

    UNCLASSIFIED = 0, "unclassified data"
    MSR = 1, "model specific registers, from the MSR address on"
    IA32 = 2, "32-bit mode execution context"
    X64 = 3, "64-bit mode execution context"
    FXSAVE = 4, "FXSAVE context"
    DEBUG_IA32 = 5, "32-bit mode debug registers"
    DEBUG_X64 = 6, "64-bit mode debug registers"
    MEMORY_MAPPED = 7, "memory mapped registers, from the memory address on"


def _state(*runs: tuple[Any, str]) -> dict[str, Any]:
    """Runs of registers of one width as fields."""
    zeros = [(con, con.parse(bytes(con.sizeof())), names) for con, names in runs]
    return {name: field(con, "register", zero) for con, zero, names in zeros for name in names.split()}


_IA32 = _state(
    (Int32ul, "EAX EBX ECX EDX ESI EDI EBP ESP"),
    (Int16ul, "CS DS SS ES FS GS"),
    (Int32ul, "EFLAGS EIP CR0 CR1 CR2 CR3 CR4"),
    (Bytes(8), "GDTR IDTR"),
    (Int16ul, "LDTR TR"),
)
_X64 = _state(
    (Int64ul, "RAX RBX RCX RDX RSI RDI RBP RSP R8 R9 R10 R11 R12 R13 R14 R15"),
    (Int16ul, "CS DS SS ES FS GS"),
    (Int32ul, "reserved"),
    (Int64ul, "RFLAGS RIP CR0 CR1 CR2 CR3 CR4 CR8"),
    (Bytes(16), "GDTR IDTR"),
    (Int16ul, "LDTR TR"),
)


class Ia32State(Record, ref="UEFI 2.10 §N.2.4.2.6, type 2, 32-bit mode execution context", listed=_IA32):
    """32-bit mode execution context."""

    beyond: bytes = rest("bytes past the registers listed")


class X64State(Record, ref="UEFI 2.10 §N.2.4.2.6, type 3, 64-bit mode execution context", listed=_X64):
    """64-bit mode execution context."""

    beyond: bytes = rest("bytes past the registers listed")


class RegisterValue(Record, ref="UEFI 2.10 §N.2.4.2.6, Register Array"):
    value: int = u64("register")


class RegisterValues(OpenRecord, ref="UEFI 2.10 §N.2.4.2.6, types 1 and 7"):
    """Registers of 8 bytes each, from the MSR address or the memory address of the context on."""

    registers: Any = field(UntilEnd(RegisterValue.con, least=8), "one after another", ())


# of the other types the document has no table: their arrays stay bytes
X86_CONTEXTS: dict[int, type[Record]] = {
    X86ContextType.MSR: RegisterValues,
    X86ContextType.IA32: Ia32State,
    X86ContextType.X64: X64State,
    X86ContextType.MEMORY_MAPPED: RegisterValues,
}
# where an array is too short for the registers of its type, it stays bytes
_REGISTERS = FittingChoice(lambda c: c.register_context_type, X86_CONTEXTS)


def _padding(context: Any) -> int:
    return 0 if is_packed(context) else -context.register_array_size % 16


class X86ContextInformation(Record, ref="UEFI 2.10 §N.2.4.2.6, IA32/X64 Processor Context Information Structure"):
    """Registers as they were (`struct cper_ia_proc_ctx`), padded to a multiple of 16 bytes."""

    # fmt: off
    register_context_type: int = field(Named(Int16ul, X86ContextType), "which registers these are")
    register_array_size:   int = field(Int16ul, "bytes of the array", count=lambda r: size(r.registers))
    msr_address:           int = u32("of type 1: the first register's number")
    memory_address:        int = u64("of type 7: the first register's address")
    registers:             Any = field(Sized(lambda c: c.register_array_size, _REGISTERS), "the array", b"")
    padding:             bytes = field(AtMost(_padding), "so that the next starts at a multiple of 16",
                                       count=lambda r: bytes(-r.register_array_size % 16))
    # fmt: on


# --- the section ------------------------------------------------------------------------------------------------------


class X86Valid(Register, ref="UEFI 2.10 §N.2.4.2, Validation Bits", each="{} is valid"):
    """Which fields to believe, and how many structures follow."""

    # fmt: off
    local_apic_id:    bool = flag(0)
    cpuid:            bool = flag(1)
    error_info_num:   int  = bits(7, 2, "how many errors")
    context_info_num: int  = bits(13, 8, "how many contexts")
    # fmt: on


class Cpuid(Record, ref="UEFI 2.10 §N.2.4.2, CPUID Info"):
    """What CPUID 1 returned, each register in 64 bits; Windows packs all four, of 32 bits, into the first 16 bytes."""

    # fmt: off
    eax:        int = u64("family, model and stepping")
    ebx:        int = u64("brand index, cache line, initial APIC id")
    ecx:        int = u64("features")
    edx:        int = u64("features")
    reserved: bytes = raw(16)
    # fmt: on


class X86Processor(OpenRecord, ref="UEFI 2.10 §N.2.4.2, IA32/X64 Processor Error Section",
                   guid="dc3ea0b0-a144-4797-b95b-53fa242b6e1d", title="IA32/X64 Processor"):  # fmt: skip
    """Errors of one processor, and its registers when they happened (`struct cper_sec_proc_ia`).

    The counts stand in the validation bits and are always those of what follows.
    """

    # fmt: off
    validation_bits: X86Valid = flags(Int64ul, X86Valid, "which fields to believe, and how much follows")
    local_apic_id:        int = u64("local APIC id: which processor", valid="local_apic_id")
    cpuid:              Cpuid = one(Cpuid, "what kind of processor", valid="cpuid")
    error_information:    Any = field(Times(lambda c: c.validation_bits.error_info_num, X86ErrorInformation.con),
                                      "its errors", ())
    context_information:  Any = field(Padded(lambda c: c.validation_bits.context_info_num, X86ContextInformation.con),
                                      "its registers", ())
    # fmt: on

    def __post_init__(self) -> None:
        super().__post_init__()
        counts = {"error_info_num": len(self.error_information), "context_info_num": len(self.context_information)}
        object.__setattr__(self, "validation_bits", self.validation_bits.replace(**counts))
