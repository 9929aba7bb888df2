"""Processor errors in a form that all architectures share (UEFI 2.10 §N.2.4.1)."""

from construct import Int8ul, Int64ul

from ..records import Coded, OpenRecord, Register, flag, flags, named, raw, text, u8, u64


class ProcessorType(Coded):
    """Which family of processors."""

    IA32_X64 = 0, "IA32/X64"
    IA64 = 1, "IA64 (Itanium)"
    ARM = 2, "ARM"


class ProcessorIsa(Coded):
    """Which instruction set was executing."""

    IA32 = 0, "IA32"
    IA64 = 1, "IA64 (Itanium)"
    X64 = 2, "X64"
    ARM_A32_T32 = 3, "ARM A32 or T32"
    ARM_A64 = 4, "ARM A64"


class ProcessorErrorType(Register, ref="UEFI 2.10 §N.2.4.1, Processor Error Type", width=8):
    """What failed; none of these means unknown. One bit lower than the type byte of an ARM section in UEFI 2.10."""

    # fmt: off
    cache:               bool = flag(0, "a cache")
    tlb:                 bool = flag(1, "a TLB")
    bus:                 bool = flag(2, "the bus")
    micro_architectural: bool = flag(3, "inside the processor")
    # fmt: on


class ProcessorOperation(Coded):
    """What the processor was doing."""

    UNKNOWN = 0, "unknown or generic"
    DATA_READ = 1, "data read"
    DATA_WRITE = 2, "data write"
    INSTRUCTION_EXECUTION = 3, "instruction execution"


class ProcessorFlags(Register, ref="UEFI 2.10 §N.2.4.1, Flags", width=8):
    # fmt: off
    restartable: bool = flag(0, "the program can go on reliably")
    precise_ip:  bool = flag(1, "the instruction pointer is that of the instruction")
    overflow:    bool = flag(2, "a second error came before the first was collected")
    corrected:   bool = flag(3, "hardware or firmware corrected the error")
    # fmt: on


class ProcessorValid(Register, ref="UEFI 2.10 §N.2.4.1, Validation Bits",
                     valid="processor_type processor_isa processor_error_type operation flags level "
                           "cpu_version cpu_brand processor_id target_address requestor_id responder_id "
                           "instruction_ip"):  # fmt: skip
    pass


class GenericProcessor(OpenRecord, ref="UEFI 2.10 §N.2.4.1, Generic Processor Error Section",
                       guid="9876ccad-47b4-4bdb-b65e-16f193c4f3db", title="Processor Generic"):  # fmt: skip
    """An error of a logical processor, of whatever architecture (`struct cper_sec_proc_generic`).

    Of ARM, the document gives the version 128 bits; the field has 64.
    """

    # fmt: off
    validation_bits: ProcessorValid = flags(Int64ul, ProcessorValid, "which fields to believe")
    processor_type:  int = named(Int8ul, ProcessorType, "which family of processors", valid="processor_type")
    processor_isa:   int = named(Int8ul, ProcessorIsa, "which instruction set was executing", valid="processor_isa")
    processor_error_type: ProcessorErrorType = flags(Int8ul, ProcessorErrorType, "what failed",
                                                     valid="processor_error_type")
    operation:       int = named(Int8ul, ProcessorOperation, "what the processor was doing", valid="operation")
    flags: ProcessorFlags = flags(Int8ul, ProcessorFlags, "what else is known", valid="flags")
    level:           int = u8("of the structure that failed; 0 is the lowest level of cache", valid="level")
    reserved:      bytes = raw(2)
    cpu_version:     int = u64("CPUID 1 EAX; on ARM, MIDR_EL1", valid="cpu_version")
    cpu_brand:       str = text(128, "brand string; optional on ARM", valid="cpu_brand")
    processor_id:    int = u64("local APIC id; on ARM, MPIDR_EL1", valid="processor_id")
    target_address:  int = u64("address that the error concerns", valid="target_address")
    requestor_id:    int = u64("who asked", valid="requestor_id")
    responder_id:    int = u64("who answered", valid="responder_id")
    instruction_ip:  int = u64("instruction pointer when it happened", valid="instruction_ip")
    # fmt: on
