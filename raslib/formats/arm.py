"""The ARM processor error section: what a core says of its own error (UEFI 2.10 §N.2.4.4)."""

from enum import Enum
from typing import Any, NamedTuple

from construct import Bytes, Int8ul, Int16ul, Int32ul, Int64ul

from ..records import Coded, Named, OpenRecord, Record, Register, bits, field, flag, flags, raw, rest, u8, u16, u32, u64
from ..wire import AtMost, Choice, Sized, Times, UntilEnd, When, remaining, size
from .parts import OPERATIONS, Padded, is_packed

# --- error information ------------------------------------------------------------------------------------------------


class Transaction(Coded):
    INSTRUCTION = 0, "instruction"
    DATA_ACCESS = 1, "data access"
    GENERIC = 2, "generic"


_OF_A_CACHE = {
    "EVICTION": (7, "eviction"),
    "SNOOPING": (8, "snoop that this processor began"),
    "SNOOPED": (9, "snoop by another"),
    "MANAGEMENT": (10, "cache management"),
}
_OF_A_TLB = {
    "LOCAL_MANAGEMENT": (7, "TLB management that this processor began"),
    "EXTERNAL_MANAGEMENT": (8, "TLB management by another"),
}
_coded: Any = Coded  # of names and meanings that several have in common
Operation: Any = _coded("Operation", OPERATIONS)
CacheOperation: Any = _coded("CacheOperation", OPERATIONS | _OF_A_CACHE)
TlbOperation: Any = _coded("TlbOperation", OPERATIONS | _OF_A_TLB)


class Participation(Coded):
    ORIGINATED = 0, "this processor began the request"
    RESPONDED = 1, "this processor answered the request"
    OBSERVED = 2, "this processor saw the error as a third party"
    GENERIC = 3, "generic"


class ErrorAddressSpace(Coded):
    EXTERNAL_MEMORY = 0, "external memory"
    INTERNAL_MEMORY = 1, "internal memory"
    UNKNOWN = 2, "unknown"
    DEVICE = 3, "device memory"


class AccessMode(Coded):
    SECURE = 0, "secure"
    NORMAL = 1, "normal, that is non-secure"


class _ProcessorError(Register, ref="UEFI 2.10 §N.2.4.4.1, ARM Processor Error Information", each="{} is valid"):
    """What the error information of cache, TLB and bus errors has in common.

    Bit 26 says *corrected*; the same bit on x86 says uncorrected.
    """

    # fmt: off
    transaction_type_valid:  bool = flag(0)
    operation_valid:         bool = flag(1)
    level_valid:             bool = flag(2)
    context_corrupt_valid:   bool = flag(3)
    corrected_valid:         bool = flag(4)
    precise_pc_valid:        bool = flag(5)
    restartable_pc_valid:    bool = flag(6)
    transaction_type:        int  = bits(17, 16, "what was fetched or accessed", kind=Transaction)
    operation:               int  = bits(21, 18, "what was being done", kind=Operation)
    level:                   int  = bits(24, 22, "of the cache or TLB; of a bus error, the affinity level")
    context_corrupt:         bool = flag(25, "the state of the processor was lost")
    corrected:               bool = flag(26, "the error was corrected")
    precise_pc:              bool = flag(27, "the PC is that of the instruction")
    restartable_pc:          bool = flag(28, "the program can go on from the PC")
    # fmt: on


class CacheError(_ProcessorError, ref="UEFI 2.10 §N.2.4.4.1, ARM Cache Error"):
    """Error information of a cache error."""

    operation: int = bits(21, 18, "what was being done", kind=CacheOperation)


class TlbError(_ProcessorError, ref="UEFI 2.10 §N.2.4.4.1, ARM TLB Error"):
    """Error information of a TLB error."""

    operation: int = bits(21, 18, "what was being done", kind=TlbOperation)


class BusError(_ProcessorError, ref="UEFI 2.10 §N.2.4.4.1, ARM Bus Error"):
    """Error information of a bus error."""

    # fmt: off
    participation_valid:     bool = flag(7)
    timed_out_valid:         bool = flag(8)
    address_space_valid:     bool = flag(9)
    memory_attributes_valid: bool = flag(10)
    access_mode_valid:       bool = flag(11)
    participation:           int  = bits(30, 29, "this processor's part in the request", kind=Participation)
    timed_out:               bool = flag(31, "the request timed out")
    address_space:           int  = bits(33, 32, "where the address lies", kind=ErrorAddressSpace)
    memory_attributes:       int  = bits(42, 34, "as the architecture of the interconnect defines them")
    access_mode:             int  = bits(43, doc="security of the request", kind=AccessMode)
    # fmt: on


class MicroArchitecturalError(Register, ref="UEFI 2.10 §N.2.4.4.1, ARM Micro-architectural Error"):
    """Error information of a micro-architectural error: the vendor's own."""

    vendor: int = bits(63, 0, "IMPLEMENTATION DEFINED")


class ErrorInformationValid(Register, ref="UEFI 2.10 §N.2.4.4.1, Validation Bits", width=16, each="{} is valid"):
    # fmt: off
    multiple_error:         bool = flag(0)
    flags:                  bool = flag(1)
    error_information:      bool = flag(2)
    virtual_fault_address:  bool = flag(3)
    physical_fault_address: bool = flag(4)
    # fmt: on


class ErrorInformationFlags(Register, ref="UEFI 2.10 §N.2.4.4.1, Flags", width=8):
    # fmt: off
    first_error_captured: bool = flag(0, "this is the first error")
    last_error_captured:  bool = flag(1, "this is the last error")
    propagated:           bool = flag(2, "it came from elsewhere")
    overflow:             bool = flag(3, "more happened than could be kept")
    # fmt: on


class ErrorInformation(Record, ref="UEFI 2.10 §N.2.4.4.1, ARM Processor Error Information"):
    """One error of this core (`struct cper_arm_err_info`). What `type` says depends on the `Dialect`."""

    # fmt: off
    version:                int = u8("0")
    length:                 int = field(Int8ul, "bytes of this structure", count=lambda r: 32 + len(r.beyond))
    validation_bits:        ErrorInformationValid = flags(Int16ul, ErrorInformationValid, "which fields to believe")
    type:                   int = u8("cache, TLB, bus or micro-architectural, in one of three encodings")
    multiple_error:         int = u16("0 one error, 1 several, else how many", valid="multiple_error")
    flags:                  ErrorInformationFlags = flags(Int8ul, ErrorInformationFlags, "which of several it is",
                                                          valid="flags")
    error_information:      int = u64("what was being done; laid out as `type` says", valid="error_information")
    virtual_fault_address:  int = u64("address that the program used", valid="virtual_fault_address")
    physical_fault_address: int = u64("address in memory", valid="physical_fault_address")
    beyond:               bytes = field(Bytes(lambda c: c.length - 32), "bytes past those of version 0", b"")
    # fmt: on


# --- processor context ------------------------------------------------------------------------------------------------


class ContextType(Coded):
    """Which registers a context holds."""

    AARCH32_GPR = 0, "AArch32 general purpose registers"
    AARCH32_EL1 = 1, "AArch32 EL1 context registers"
    AARCH32_EL2 = 2, "AArch32 EL2 context registers"
    AARCH32_SECURE = 3, "AArch32 secure context registers"
    AARCH64_GPR = 4, "AArch64 general purpose registers"
    AARCH64_EL1 = 5, "AArch64 EL1 context registers"
    AARCH64_EL2 = 6, "AArch64 EL2 context registers"
    AARCH64_EL3 = 7, "AArch64 EL3 context registers"
    MISC = 8, "miscellaneous system registers"


class _Array(Record, ref="UEFI 2.10 §N.2.4.4.2"):
    """An array of registers. Shipping firmware writes some arrays short; missing registers are None."""

    def __init_subclass__(cls, kind: ContextType, con: Any, names: str) -> None:
        room = When(lambda c: remaining(c._io) >= con.length, con)
        registers = {name: field(room, "register") for name in names.split()}
        registers["beyond"] = rest("registers past those listed")
        super().__init_subclass__(ref=f"UEFI 2.10 §N.2.4.4.2, {kind.means}", listed=registers)


class MrsEncoding(Register, ref="UEFI 2.10 §N.2.4.4.2, type 8; DDI 0487, MRS", width=16):
    """A system register by the operands of MRS. The document gives Op0 one bit; firmware writes both, as here."""

    # fmt: off
    Op2: int = bits(2, 0, "operand op2 of MRS")
    CRm: int = bits(6, 3, "operand CRm")
    CRn: int = bits(10, 7, "operand CRn")
    Op1: int = bits(13, 11, "operand op1")
    Op0: int = bits(15, 14, "operand op0")
    # fmt: on

    def __str__(self) -> str:
        return f"S{self.Op0}_{self.Op1}_C{self.CRn}_C{self.CRm}_{self.Op2}"


class MiscRegister(Record, ref="UEFI 2.10 §N.2.4.4.2, Miscellaneous System Register"):
    encoding: MrsEncoding = flags(Int16ul, MrsEncoding, "which register")
    value: int = u64("what was in it")


class Misc(OpenRecord, ref="UEFI 2.10 §N.2.4.4.2, type 8"):
    """Any system registers, ten bytes each."""

    registers: Any = field(UntilEnd(MiscRegister.con, least=10), "one after another", ())


class Aarch32Gpr(_Array, kind=ContextType.AARCH32_GPR, con=Int32ul,
                 names="R0 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13_SP R14_LR R15_PC"):  # fmt: skip
    """AArch32 general purpose registers."""


class Aarch32El1(_Array, kind=ContextType.AARCH32_EL1, con=Int32ul,
                 names="DFAR DFSR IFAR ISR MAIR0 MAIR1 MIDR MPIDR NMRR PRRR SCTLR_NS SPSR SPSR_abt SPSR_fiq "
                       "SPSR_irq SPSR_svc SPSR_und TPIDRPRW TPIDRURO TPIDRURW TTBCR TTBR0 TTBR1 DACR"):  # fmt: skip
    """AArch32 EL1 context registers."""


class Aarch32El2(_Array, kind=ContextType.AARCH32_EL2, con=Int32ul,
                 names="ELR_hyp HAMAIR0 HAMAIR1 HCR HCR2 HDFAR HIFAR HPFAR HSR HTCR HTPIDR HTTBR SPSR_hyp VTCR "
                       "VTTBR DACR32_EL2"):  # fmt: skip
    """AArch32 EL2 context registers."""


class Aarch32Secure(_Array, kind=ContextType.AARCH32_SECURE, con=Int32ul, names="SCTLR_S SPSR_mon"):  # fmt: skip
    """AArch32 secure context registers."""


class Aarch64Gpr(_Array, kind=ContextType.AARCH64_GPR, con=Int64ul,
                 names=" ".join(f"X{n}" for n in range(31)) + " SP"):  # fmt: skip
    """AArch64 general purpose registers."""


class Aarch64El1(_Array, kind=ContextType.AARCH64_EL1, con=Int64ul,
                 names="ELR_EL1 ESR_EL1 FAR_EL1 ISR_EL1 MAIR_EL1 MIDR_EL1 MPIDR_EL1 SCTLR_EL1 SP_EL0 SP_EL1 "
                       "SPSR_EL1 TCR_EL1 TPIDR_EL0 TPIDR_EL1 TPIDRRO_EL0 TTBR0_EL1 TTBR1_EL1"):  # fmt: skip
    """AArch64 EL1 context registers."""


class Aarch64El2(_Array, kind=ContextType.AARCH64_EL2, con=Int64ul,
                 names="ELR_EL2 ESR_EL2 FAR_EL2 HACR_EL2 HCR_EL2 HPFAR_EL2 MAIR_EL2 SCTLR_EL2 SP_EL2 SPSR_EL2 "
                       "TCR_EL2 TPIDR_EL2 TTBR0_EL2 VTCR_EL2 VTTBR_EL2"):  # fmt: skip
    """AArch64 EL2 context registers."""


class Aarch64El3(_Array, kind=ContextType.AARCH64_EL3, con=Int64ul,
                 names="ELR_EL3 ESR_EL3 FAR_EL3 MAIR_EL3 SCTLR_EL3 SP_EL3 SPSR_EL3 TCR_EL3 "
                       "TPIDR_EL3 TTBR0_EL3"):  # fmt: skip
    """AArch64 EL3 context registers."""


_OF_AARCH32: tuple[type[Record], ...] = (Aarch32Gpr, Aarch32El1, Aarch32El2, Aarch32Secure)
_OF_AARCH64 = (Aarch64Gpr, Aarch64El1, Aarch64El2, Aarch64El3)
CONTEXTS: dict[int, type[Record]] = dict(zip(ContextType, (*_OF_AARCH32, *_OF_AARCH64, Misc), strict=True))
TYPES = {record: kind for kind, record in CONTEXTS.items()}


def _padding(context: Any) -> int:
    return 0 if is_packed(context) else -(8 + context.register_array_size) % 16


class ContextInformation(Record, ref="UEFI 2.10 §N.2.4.4.2, ARM Processor Context Information"):
    """Registers as they were (`struct cper_arm_ctx_info`). Padded so that the next one starts 16-byte aligned."""

    # fmt: off
    version:               int = u16("0")
    register_context_type: int = field(Named(Int16ul, ContextType), "which registers these are",
                                       fill=lambda r: TYPES.get(type(r.registers), ContextType.AARCH32_GPR))
    register_array_size:   int = field(Int32ul, "bytes of the array", count=lambda r: size(r.registers))
    registers:             Any = field(Sized(lambda c: c.register_array_size,
                                             Choice(lambda c: c.register_context_type, CONTEXTS)), "the array", b"")
    padding:             bytes = field(AtMost(_padding), "so that the next starts at a multiple of 16",
                                       count=lambda r: bytes(-(8 + r.register_array_size) % 16))
    # fmt: on


# --- the section ------------------------------------------------------------------------------------------------------


class ArmValid(Register, ref="UEFI 2.10 §N.2.4.4, Validation Bits", width=32, each="{} is valid"):
    # fmt: off
    mpidr:                bool = flag(0)
    error_affinity_level: bool = flag(1)
    running_state:        bool = flag(2)
    vendor_specific:      bool = flag(3)
    # fmt: on


class RunningState(Register, ref="UEFI 2.10 §N.2.4.4, Running State", width=32):
    running: bool = flag(0, "the processor runs; then the PSCI state is 0")


def _vendor(context: Any) -> int:
    """Bytes from the last context to the end that the section itself gives; none if that end is wrong."""
    errors = sum(i.length for i in context.error_information)
    contexts = sum(8 + i.register_array_size + len(i.padding) for i in context.context_information)
    return max(0, int(context.section_length - 40 - errors - contexts))


class ArmProcessor(Record, ref="UEFI 2.10 §N.2.4.4, ARM Processor Error Section",
                   guid="e19e3d16-bc11-11e4-9caa-c2051d5d46b0", title="ARM Processor"):  # fmt: skip
    """Errors of one core, and its registers when they happened (`struct cper_sec_proc_arm`)."""

    # fmt: off
    validation_bits:      ArmValid = flags(Int32ul, ArmValid, "which fields to believe")
    err_info_num:         int = field(Int16ul, "how many errors; at least 1", count=lambda r: len(r.error_information))
    context_info_num:     int = field(Int16ul, "how many contexts", count=lambda r: len(r.context_information))
    section_length:       int = field(Int32ul, "bytes of the section, all of it", count=lambda r: 40 + r.payload())
    error_affinity_level: int = u8("0 to 3: which level of MPIDR_EL1 it concerns", valid="error_affinity_level")
    reserved:           bytes = raw(3)
    mpidr_el1:            int = u64("MPIDR_EL1, which core", valid="mpidr")
    midr_el1:             int = u64("MIDR_EL1, what kind of core; always there")
    running_state: RunningState = flags(Int32ul, RunningState, "does it run", valid="running_state")
    psci_state:           int = u32("PSCI power state, if it does not run", valid="running_state")
    error_information:    Any = field(Times(lambda c: c.err_info_num, ErrorInformation.con), "its errors", ())
    context_information:  Any = field(Padded(lambda c: c.context_info_num, ContextInformation.con), "its registers", ())
    vendor_specific:    bytes = field(AtMost(_vendor), "the vendor's own", b"", valid="vendor_specific")
    beyond:             bytes = rest("bytes past `section_length`")
    # fmt: on

    def payload(self) -> int:
        """Bytes of all that comes after the fixed part and belongs to the section."""
        return sum(map(size, self.error_information + self.context_information)) + len(self.vendor_specific)


# --- dialects of the type byte ----------------------------------------------------------------------------------------


class Kind(Enum):
    """What an error was of, whatever the encoding."""

    CACHE = "cache error"
    TLB = "TLB error"
    BUS = "bus error"
    MICRO_ARCHITECTURAL = "micro-architectural error"


class Dialect(Enum):
    """Who wrote the type byte: editions of UEFI that disagree. The same byte 2 is a bus, a cache or a TLB error."""

    UEFI_2_9 = "uefi-2.9"  # up to 2.9: the number 0 to 3
    UEFI_2_10 = "uefi-2.10"  # 2.9A and 2.10: bits 1 to 4; Linux since 6.11, rasdaemon, QEMU's scripts
    UEFI_2_11 = "uefi-2.11"  # 2.11: bits 0 to 3; libcper since 2025


_FIRST_BIT = {Dialect.UEFI_2_10: 1, Dialect.UEFI_2_11: 0}
_LAYOUTS: dict[Kind, type[Register]] = {
    Kind.CACHE: CacheError,
    Kind.TLB: TlbError,
    Kind.BUS: BusError,
    Kind.MICRO_ARCHITECTURAL: MicroArchitecturalError,
}


class Reading(NamedTuple):
    """What a type byte says in one dialect; *reserved* are the bits, or the number, that it gives no meaning."""

    kinds: tuple[Kind, ...]
    reserved: int


def read_type(byte: int, dialect: Dialect) -> Reading:
    """What the type *byte* of an error information structure says in *dialect*."""
    kinds = tuple(Kind)
    if dialect is Dialect.UEFI_2_9:
        return Reading(kinds[byte : byte + 1], byte if byte >= len(kinds) else 0)
    first = _FIRST_BIT[dialect]
    found = tuple(kind for n, kind in enumerate(kinds, first) if byte >> n & 1)
    return Reading(found, byte & ~(0b1111 << first))


def type_byte(*kinds: Kind, dialect: Dialect = Dialect.UEFI_2_10) -> int:
    """The inverse of `read_type`. Raises ValueError where the dialect has no byte for several kinds at once."""
    if dialect is not Dialect.UEFI_2_9:
        return sum(1 << n for n, kind in enumerate(Kind, _FIRST_BIT[dialect]) if kind in kinds)
    if len(kinds) != 1:
        raise ValueError(f"up to UEFI 2.9 the type byte names exactly one kind of error, not {len(kinds)}")
    return tuple(Kind).index(kinds[0])


def layout(reading: Reading) -> type[Register] | None:
    """How the error information word is laid out, if the type names one kind and no more."""
    return _LAYOUTS[reading.kinds[0]] if len(reading.kinds) == 1 and not reading.reserved else None


def guess(section: ArmProcessor) -> tuple[Dialect, str]:
    """The dialect that *section* is likely in, and the evidence in words.

    Structures of version 1 are read by UEFI 2.11: that number is proposed to tell its encoding from the earlier ones
    (EDK II pull request 12796, July 2026). Else, a dialect that leaves a type byte without meaning is out. Of several,
    those are out whose layout leaves bits of the error information without meaning, if not all do: firmware sets
    reserved bits. Where several remain, it is that of UEFI 2.10, as in Linux.
    """
    if section.error_information and all(i.version == 1 for i in section.error_information):
        return Dialect.UEFI_2_11, "version 1 of the structures, as proposed for the type bytes of UEFI 2.11"
    types = ", ".join(f"{i.type:#04x}" for i in section.error_information) or "none"
    known = [d for d in Dialect if all(_known(i, d) for i in section.error_information)]
    fits = [d for d in known if all(_fits(i, d) for i in section.error_information)] or known
    match fits:
        case [only]:
            too = "" if known == fits else " and their error information"
            return only, f"only {only.value} gives a meaning to the type bytes ({types}){too}"
        case []:
            return Dialect.UEFI_2_10, f"no dialect gives a meaning to the type bytes ({types}); read as Linux does"
    chosen = Dialect.UEFI_2_10 if Dialect.UEFI_2_10 in fits else fits[0]
    others = ", ".join(d.value for d in fits if d is not chosen)
    return chosen, f"type bytes {types} have a meaning in {others} too; " + (
        "read as Linux does" if chosen is Dialect.UEFI_2_10 else f"{Dialect.UEFI_2_10.value} gives them none"
    )


def _known(info: ErrorInformation, dialect: Dialect) -> bool:
    reading = read_type(info.type, dialect)
    return bool(reading.kinds) and not reading.reserved


def _fits(info: ErrorInformation, dialect: Dialect) -> bool:
    shape = layout(read_type(info.type, dialect))
    if shape is None or not info.validation_bits.error_information:
        return True
    return shape.parse(info.error_information).reserved == 0
