"""What Linux's printer says of an IA32/X64 processor error section (drivers/firmware/efi/cper-x86.c)."""

from ..formats.more.x86 import CHECKS, BusCheck, CacheCheck, MicroArchitecturalCheck, TlbCheck, X86ContextType
from ..records import Register
from .lines import Line
from .linux import KINDS, listed

CHECK_KINDS = dict(zip(CHECKS, KINDS.values(), strict=True))
_TRUTH = listed("false", "true")
ID = Line("Local APIC_ID: 0x{local_apic_id:x}", "local_apic_id")
CPUID = "CPUID Info:"
ERROR = Line("Error Information Structure {index}:")
TYPE = "Error Structure Type: "
CHECK = Line("Check Information: 0x{check_information:016x}", "check_information")
ADDRESSES = (
    Line("Target Identifier: 0x{target_id:016x}", "target_id"),
    Line("Requestor Identifier: 0x{requestor_id:016x}", "requestor_id"),
    Line("Responder Identifier: 0x{responder_id:016x}", "responder_id"),
    Line("Instruction Pointer: 0x{instruction_pointer:016x}", "instruction_pointer"),
)
CONTEXT = Line("Context Information Structure {index}:")
# fmt: off
CONTEXT_TYPE = Line("Register Context Type: {register_context_type!}", words=listed(
    "Unclassified Data", "MSR Registers (Machine Check and other MSRs)",
    "32-bit Mode Execution Context", "64-bit Mode Execution Context", "FXSAVE Context",
    "32-bit Mode Debug Registers (DR0-DR7)", "64-bit Mode Debug Registers (DR0-DR7)", "Memory Mapped Registers"))
# fmt: on
ARRAY_SIZE = Line("Register Array Size: 0x{register_array_size:04x}")
ARRAY_ADDRESS = {
    X86ContextType.MSR: Line("MSR Address: 0x{msr_address:08x}"),
    X86ContextType.MEMORY_MAPPED: Line("MM Register Address: 0x{memory_address:016x}"),
}
ARRAY = "Register Array:"


def _truth(said: str, field: str) -> Line:
    return Line(f"{said}: {{{field}!}}", f"{field}_valid", _TRUTH)


def _number(said: str, field: str, *words: str) -> Line:
    return Line(f"{said}: {{{field}}}, {{{field}!}}", f"{field}_valid", listed(*words))


# fmt: off
_CHECK_OPERATIONS = (
    "generic error", "generic read", "generic write", "data read", "data write", "instruction fetch", "prefetch",
    "eviction", "snoop",
)
# fmt: on
_CHECK_STATE = (
    _truth("Processor Context Corrupt", "context_corrupt"),
    _truth("Uncorrected", "uncorrected"),
    _truth("Precise IP", "precise_ip"),
    _truth("Restartable IP", "restartable_ip"),
    _truth("Overflow", "overflow"),
)


def _check(*operations: str) -> tuple[Line, ...]:
    return (
        _number("Transaction Type", "transaction_type", "Instruction", "Data Access", "Generic"),
        _number("Operation", "operation", *operations),
        Line("Level: {level}", "level_valid"),
        *_CHECK_STATE,
    )


# the lines that follow from the check information word, by its layout
# fmt: off
CHECK_DETAILS: dict[type[Register], tuple[Line, ...]] = {
    CacheCheck: _check(*_CHECK_OPERATIONS),
    TlbCheck: _check(*_CHECK_OPERATIONS[:7]),
    BusCheck: (
        *_check(*_CHECK_OPERATIONS[:7]),
        _number("Participation Type", "participation",
                "Local Processor originated request", "Local Processor responded to request",
                "Local Processor observed", "Generic"),
        _truth("Time Out", "timed_out"),
        _number("Address Space", "address_space", "Memory Access", "Reserved", "I/O", "Other Transaction"),
    ),
    MicroArchitecturalCheck: (
        _number("Error Type", "error_type", "No Error", "Unclassified", "Microcode ROM Parity Error",
                "External Error", "FRC Error", "Internal Unclassified"),
        *_CHECK_STATE,
    ),
}
# fmt: on
