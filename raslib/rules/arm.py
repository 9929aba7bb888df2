"""Rules for the ARM processor error section: its lengths, its error types in all dialects, its contexts."""

from collections.abc import Iterator

from ..formats import arm
from ..records import size
from .finding import Broken, error, note, warning

INFO = 32  # bytes of an error information structure of version 0
_HANDLE = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_arm_hw_error()"
_PRINT = "Linux 7.1 drivers/firmware/efi/cper-arm.c: cper_print_proc_arm()"
_ARRAYS = {kind: size(record()) for kind, record in arm.CONTEXTS.items() if record is not arm.Misc}


def arm_section_length_holds(section: arm.ArmProcessor) -> Iterator[Broken]:
    if section.section_length != 40 + section.payload():
        says = f"section length is {section.section_length}, its parts make {40 + section.payload()}"
        why = "Linux stops at a length that is too small, and takes the rest of one that is too large for vendor data"
        yield error("section_length", says, why)
    if not section.error_information:
        yield warning("err_info_num", "there is no error information", "at least 1 is asked for")


def core_is_told(section: arm.ArmProcessor) -> Iterator[Broken]:
    valid = section.validation_bits
    if valid.error_affinity_level and section.error_affinity_level > 3:
        says = f"affinity level {section.error_affinity_level} is none of 0 to 3"
        yield note("error_affinity_level", says, "MPIDR_EL1 has four levels; others are the vendor's own")
    if valid.running_state and section.running_state.running and section.psci_state:
        says = f"PSCI state is {section.psci_state:#x}, but the processor runs"
        yield warning("psci_state", says, "it is 0 for a processor that runs")
    if valid.vendor_specific and not section.vendor_specific:
        yield warning("validation_bits", "there are no vendor's bytes", "readers look for some")


def error_has_its_length(info: arm.ErrorInformation) -> Iterator[Broken]:
    if info.version:
        yield warning("version", f"version {info.version} is not 0", "readers read it as version 0")
    if info.length != INFO:
        says = f"length is {info.length}, not {INFO}"
        why = "Linux's handler steps by the length, its printer and rasdaemon by 32: they read other errors"
        yield error("length", says, why, f"{_HANDLE}; {_PRINT}")


def type_is_of_one_dialect(info: arm.ErrorInformation) -> Iterator[Broken]:
    here = arm.read_type(info.type, arm.Dialect.UEFI_2_10)
    others = {d: arm.read_type(info.type, d) for d in arm.Dialect if d is not arm.Dialect.UEFI_2_10}
    said = ", ".join(f"{d.value}: {_kinds(reading.kinds)}" for d, reading in others.items() if reading.kinds)
    byte, edition = f"type {info.type:#04x}", arm.Dialect.UEFI_2_10.value
    if not here.kinds:
        says = f"{byte} has no meaning by {edition} ({said or 'nor by others'})"
        yield warning("type", says, "Linux since 6.11 takes it for no cache error and recovers nothing", _HANDLE)
    elif here.reserved:
        says = f"{byte} has reserved bits by {edition} ({said or 'nor by others'})"
        yield warning("type", says, "readers differ", _HANDLE)
    elif any(reading.kinds and reading.kinds != here.kinds for reading in others.values()):
        says = f"{byte} is a {_kinds(here.kinds)} by {edition} ({said})"
        why = "editions of UEFI disagree, and the version is 0 in all of them"
        yield note("type", says, why, "UEFI 2.9 to 2.11 §N.2.4.4.1")


def _kinds(kinds: tuple[arm.Kind, ...]) -> str:
    return " and ".join(kind.value for kind in kinds)


def context_is_whole(context: arm.ContextInformation) -> Iterator[Broken]:
    kind, have = context.register_context_type, context.register_array_size
    if context.version:
        yield warning("version", f"version {context.version} is not 0", "readers read it as version 0")
    if not isinstance(kind, arm.ContextType):
        yield note("register_context_type", f"context type {kind} has no name", "readers show bytes")
    elif kind == arm.ContextType.MISC and have % 10:
        says = f"the array has {have} bytes, an entry takes 10"
        yield warning("register_array_size", says, "the last bytes are no register")
    elif kind != arm.ContextType.MISC and have != _ARRAYS[kind]:
        says = f"the array has {have} bytes, these registers take {_ARRAYS[kind]}"
        missing = "registers are missing; libcper then shows the whole section as unknown"
        yield warning("register_array_size", says, missing if have < _ARRAYS[kind] else "readers do not know the rest")
    pad = -(8 + have) % 16
    if len(context.padding) != pad:
        says = f"{len(context.padding)} bytes of padding, {pad} would make the next start at a multiple of 16"
        why = "Linux since 5.19 steps over the padding, and finds the next elsewhere"
        yield warning("register_array_size", says, why)
    elif any(context.padding):
        yield note("padding", "the padding is not zero", "readers skip it")
