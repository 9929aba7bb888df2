"""What Linux's printer says of an ARM processor error section (drivers/firmware/efi/cper-arm.c)."""

from ..formats.arm import ContextType, Dialect, Kind, read_type
from .lines import Line
from .linux import KINDS, means

MIDR = Line("MIDR: 0x{midr_el1:016x}")
SECTION = (
    Line("Multiprocessor Affinity Register (MPIDR): 0x{mpidr_el1:016x}", "mpidr"),
    Line("error affinity level: {error_affinity_level}", "error_affinity_level"),
    Line("running state: 0x{running_state:x}", "running_state"),
    Line("Power State Coordination Interface state: {psci_state:s32}", "running_state"),
)
WRONG_LENGTH = Line("section length: {section_length:s32}, CPER size: {error_data_length:s32}")
WRONG_LENGTH_BEFORE = Line("section length: {section_length:s32}")
TOO_SMALL, TOO_BIG = "section length is too small", "section length is too big"
INCORRECT = "firmware-generated error record is incorrect"
WRONG_COUNT = Line("ERR_INFO_NUM is {err_info_num}")
ERROR = Line("Error info structure {index}:")
COUNT = Line("num errors: {multiple_error:+1}")  # one more than the field, whose 1 means several; valid or not
FLAGS = {
    "first_error_captured": "first error captured",
    "last_error_captured": "last error captured",
    "propagated": "propagated error captured",
    "overflow": "overflow occurred, error info is incomplete",
}


def _type_words(dialect: Dialect) -> dict[int, str]:
    """What is said of each type byte: its kinds, and whether it has bits without meaning."""
    readings = {byte: read_type(byte, dialect) for byte in range(256)}
    kinds = {byte: "|".join(kind.value for kind in reading.kinds) for byte, reading in readings.items()}
    return {byte: kinds[byte] + (" with reserved bit(s)" if readings[byte].reserved else "") for byte in kinds}


# Linux reads the type byte as UEFI 2.10 has it, and before 6.19 as UEFI up to 2.9 has it
TYPE = {
    Dialect.UEFI_2_9: Line("error_type: {type}, {type!}", words=KINDS),
    Dialect.UEFI_2_10: Line("error_type: 0x{type:02x}: {type!}", words=_type_words(Dialect.UEFI_2_10)),
    Dialect.UEFI_2_11: Line("error_type: 0x{type:02x}: {type!}", words=_type_words(Dialect.UEFI_2_11)),
}
INFORMATION = Line("error_info: 0x{error_information:016x}", "error_information")
ADDRESSES = (
    Line("virtual fault address: 0x{virtual_fault_address:016x}", "virtual_fault_address"),
    Line("physical fault address: 0x{physical_fault_address:016x}", "physical_fault_address"),
)
CONTEXT = Line("Context info structure {index}:")
_CONTEXTS = means(ContextType, MISC="Misc. system register structure")
CONTEXT_TYPE = Line("register context type: {register_context_type!}", words=_CONTEXTS)
CONTEXT_UNKNOWN = Line(f"Invalid context type: {{register_context_type}} (max: {max(ContextType)})")
VENDOR = Line("Vendor specific error info has {length} bytes:")


# --- what follows from the error information word: of a field that is valid; a value without a word has no line ------


def _detail(text: str, field: str, *words: str) -> Line:
    return Line(text, f"{field}_valid", {n: word for n, word in enumerate(words) if word}, None)


# fmt: off
_OPERATIONS = (
    "Generic error (type cannot be determined)",
    "Generic read (type of instruction or data request cannot be determined)",
    "Generic write (type of instruction of data request cannot be determined)",
    "Data read", "Data write", "Instruction fetch", "Prefetch",
)
_OF_A_CACHE = (
    "Eviction", "Snooping (processor initiated a cache snoop that resulted in an error)",
    "Snooped (processor raised a cache error caused by another processor or device snooping its cache)", "Management",
)
_OF_A_TLB = (
    "Local management operation (processor initiated a TLB management operation that resulted in an error)",
    "External management operation (processor raised a TLB error caused by another processor or device broadcasting "
    "TLB operations)",
)
TRANSACTION = _detail("transaction type: {transaction_type!}", "transaction_type",
                      "Instruction", "Data Access", "Generic")
OPERATIONS = {
    kind: _detail("operation type: {operation!}", "operation", *_OPERATIONS, *more)
    for kind, more in ((Kind.CACHE, _OF_A_CACHE), (Kind.TLB, _OF_A_TLB), (Kind.BUS, ()))
}
LEVELS = {
    Kind.CACHE: _detail("cache level: {level}", "level"),
    Kind.TLB: _detail("TLB level: {level}", "level"),
    Kind.BUS: _detail("affinity level at which the bus error occurred: {level}", "level"),
}
_RESTART = "Program execution can be restarted reliably at the PC associated with the error."
STATE = (
    _detail("{context_corrupt!}", "context_corrupt", "processor context not corrupted", "processor context corrupted"),
    _detail("{corrected!}", "corrected", "the error has not been corrected", "the error has been corrected"),
    _detail("{precise_pc!}", "precise_pc", "PC is imprecise", "PC is precise"),
    _detail("{restartable_pc!}", "restartable_pc", "", _RESTART),
)
BUS = (
    _detail("participation type: {participation!}", "participation", "Local processor originated request",
            "Local processor responded to request", "Local processor observed", "Generic"),
    _detail("{timed_out!}", "timed_out", "", "request timed out"),
    _detail("address space: {address_space!}", "address_space", "External Memory Access", "Internal Memory Access",
            "Unknown", "Device Memory Access"),
    _detail("memory access attributes:0x{memory_attributes:x}", "memory_attributes"),
    _detail("{access_mode!}", "access_mode", "access mode: secure", "access mode: normal"),
)
# fmt: on


_DETAILS = (TRANSACTION, *OPERATIONS.values(), *LEVELS.values(), *STATE, *BUS)
# how the lines begin that say again what the error information word says
DETAILS = (
    *{line.head for line in _DETAILS if line.head},
    *(word for line in _DETAILS if not line.head for word in line.words.values()),
    *(f"{kind.value}, {line.head}" for kind, line in OPERATIONS.items()),
)
