"""Rules for the ARM processor error section: its lengths, its error types in all dialects, its contexts."""

from collections.abc import Iterator

from ..formats.arm import (
    CONTEXTS,
    ArmProcessor,
    ContextInformation,
    ContextType,
    Dialect,
    ErrorInformation,
    Kind,
    Misc,
    read_type,
)
from ..records import size
from .finding import Broken, Rule, error, note, warning

INFO = 32  # bytes of an error information structure of version 0
_HANDLE = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_arm_hw_error()"
_PRINT = "Linux 7.1 drivers/firmware/efi/cper-arm.c: cper_print_proc_arm()"
_ARRAYS = {kind: size(record()) for kind, record in CONTEXTS.items() if record is not Misc}


def arm_section_length_holds(section: ArmProcessor) -> Iterator[Broken]:
    if section.section_length != 40 + section.payload():
        says = f"section length is {section.section_length}, its parts make {40 + section.payload()}"
        why = "Linux stops at a length that is too small, and takes the rest of one that is too large for vendor data"
        yield error("section_length", says, why, section.ref)
    if not section.error_information:
        yield warning("err_info_num", "there is no error information", "at least 1 is asked for", section.ref)


def core_is_told(section: ArmProcessor) -> Iterator[Broken]:
    valid = section.validation_bits
    if valid.error_affinity_level and section.error_affinity_level > 3:
        says = f"affinity level {section.error_affinity_level} is none of 0 to 3"
        yield note("error_affinity_level", says, "MPIDR_EL1 has four levels; others are the vendor's own", section.ref)
    if valid.running_state and section.running_state.running and section.psci_state:
        says = f"PSCI state is {section.psci_state:#x}, but the processor runs"
        yield warning("psci_state", says, "it is 0 for a processor that runs", section.ref)
    if valid.vendor_specific and not section.vendor_specific:
        yield warning("validation_bits", "there are no vendor's bytes", "readers look for some", section.ref)


def error_has_its_length(info: ErrorInformation) -> Iterator[Broken]:
    if info.version:
        yield warning("version", f"version {info.version} is not 0", "readers read it as version 0", info.ref)
    if info.length != INFO:
        says = f"length is {info.length}, not {INFO}"
        why = "Linux's handler steps by the length, its printer and rasdaemon by 32: they read other errors"
        yield error("length", says, why, f"{_HANDLE}; {_PRINT}")


def type_is_of_one_dialect(info: ErrorInformation) -> Iterator[Broken]:
    here = read_type(info.type, Dialect.UEFI_2_10)
    others = {d: read_type(info.type, d) for d in Dialect if d is not Dialect.UEFI_2_10}
    said = ", ".join(f"{d.value}: {_kinds(reading.kinds)}" for d, reading in others.items() if reading.kinds)
    if not here.kinds or here.reserved:
        says = (
            f"type {info.type:#04x} has {'reserved bits' if here.kinds else 'no meaning'} by {Dialect.UEFI_2_10.value}"
        )
        why = (
            "Linux since 6.11 takes it for no cache error and recovers nothing" if not here.kinds else "readers differ"
        )
        yield warning("type", f"{says} ({said or 'nor by others'})", why, _HANDLE)
    elif any(reading.kinds and reading.kinds != here.kinds for reading in others.values()):
        says = f"type {info.type:#04x} is a {_kinds(here.kinds)} by {Dialect.UEFI_2_10.value} ({said})"
        why = "editions of UEFI disagree, and the version is 0 in all of them"
        yield note("type", says, why, "UEFI 2.9 to 2.11 §N.2.4.4.1")


def _kinds(kinds: tuple[Kind, ...]) -> str:
    return " and ".join(kind.value for kind in kinds)


def context_is_whole(context: ContextInformation) -> Iterator[Broken]:
    kind, have = context.register_context_type, context.register_array_size
    if context.version:
        yield warning("version", f"version {context.version} is not 0", "readers read it as version 0", context.ref)
    if not isinstance(kind, ContextType):
        says = f"context type {kind} has no name"
        yield note("register_context_type", says, "readers show bytes", context.ref)
    elif kind == ContextType.MISC and have % 10:
        says = f"the array has {have} bytes, an entry takes 10"
        yield warning("register_array_size", says, "the last bytes are no register", context.ref)
    elif kind != ContextType.MISC and have != _ARRAYS[kind]:
        says = f"the array has {have} bytes, these registers take {_ARRAYS[kind]}"
        why = (
            "registers are missing; libcper then shows the whole section as unknown"
            if have < _ARRAYS[kind]
            else ("readers do not know the rest")
        )
        yield warning("register_array_size", says, why, context.ref)
    pad = -(8 + have) % 16
    if len(context.padding) != pad:
        says = f"{len(context.padding)} bytes of padding, {pad} would make the next start at a multiple of 16"
        why = "Linux since 5.19 steps over the padding, and finds the next elsewhere"
        yield warning("register_array_size", says, why, context.ref)
    elif any(context.padding):
        yield note("padding", "the padding is not zero", "readers skip it", context.ref)


RULES: dict[type, tuple[Rule, ...]] = {
    ArmProcessor: (arm_section_length_holds, core_is_told),
    ErrorInformation: (error_has_its_length, type_is_of_one_dialect),
    ContextInformation: (context_is_whole,),
}
