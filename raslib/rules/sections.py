"""Rules for sections: memory, PCI Express, ARM processor, and what an operating system can do about each."""

from collections.abc import Iterator
from typing import Any

from ..formats import arm
from ..formats.cper import Severity
from ..formats.errnode import ErrAddr, ErrStatus, Serr
from ..formats.ghes import DataEntry
from ..formats.memory import PlatformMemory
from ..formats.more.arm_ras import ErrorDescriptor
from ..formats.more.memory2 import PlatformMemory2
from ..formats.more.poison import FruMemoryPoison
from ..formats.pcie import Pcie
from ..records import size
from .finding import Finding, error, note, warning

_MEMORY = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_memory_failure()"
_ARM = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_arm_hw_error()"
_AER = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_aer()"


def places_do_not_exclude_each_other(section: PlatformMemory | PlatformMemory2) -> Iterator[Finding]:
    valid: Any = section.validation_bits
    if isinstance(section, PlatformMemory) and valid.row and valid.extended_row:
        says = "row and extended row are both said to be valid"
        yield warning("validation_bits", says, "they exclude each other: has the row 16 bits or 18?")
    if valid.bank and (valid.bank_group or valid.bank_address):
        says = "the bank as a whole and its group or address are both said to be valid"
        yield warning("validation_bits", says, "they exclude each other: what are the upper bits of bank?")


def short_form_has_no_later_fields(section: PlatformMemory) -> Iterator[Finding]:
    later = section.validation_bits.build() >> 15
    if section.extended is None and later:
        says = f"the section has 73 bytes, but bits {later << 15:#x} are of fields that come after them"
        why, cite = "Linux takes the section for too small", "Linux 7.1 drivers/firmware/efi/cper.c"
        yield error("validation_bits", says, why, cite)


def address_lies_in_its_mask(section: PlatformMemory | PlatformMemory2) -> Iterator[Finding]:
    valid: Any = section.validation_bits
    outside = section.physical_address & ~section.physical_address_mask
    if valid.physical_address and valid.physical_address_mask and outside:
        says = f"bits {outside:#x} of the address are none that the mask holds for certain"
        yield note("physical_address", says, "readers that apply the mask see another address")


def function_is_one(section: Pcie) -> Iterator[Finding]:
    at = section.device_id
    if section.validation_bits.device_id and (at.device > 31 or at.function > 7):
        yield warning("device_id", f"there is no PCI function {at}", "readers look for another function, or none")


def recovery_finds_what_it_needs(entry: DataEntry) -> Iterator[Finding]:
    """Of an uncorrected error that is not fatal: without these, Linux has nothing to recover."""
    if entry.error_severity != Severity.RECOVERABLE:
        return
    section = entry.section
    if isinstance(section, PlatformMemory) and not section.validation_bits.physical_address:
        says = "no physical address"
        yield note("section.validation_bits", says, "Linux takes no page out of use; after an SEA it kills", _MEMORY)
    if isinstance(section, arm.ArmProcessor) and not any(map(_recoverable, section.error_information)):
        says = "no cache error with a physical address"
        yield note("section", says, "Linux takes no page out of use; after an SEA it kills the task", _ARM)
    if isinstance(section, Pcie) and not (section.validation_bits.device_id and section.validation_bits.aer):
        says = "no device id, or no copy of AER"
        yield note("section.validation_bits", says, "Linux does not ask the device's driver to recover", _AER)


def _recoverable(info: Any) -> bool:
    kinds = arm.read_type(info.type, arm.Dialect.UEFI_2_10).kinds
    return arm.Kind.CACHE in kinds and bool(info.validation_bits.physical_fault_address)


# --- the ARM processor section: its lengths, its error types in all dialects, its contexts ----------------------------


INFO = 32  # bytes of an error information structure of version 0
_PRINT = "Linux 7.1 drivers/firmware/efi/cper-arm.c: cper_print_proc_arm()"
_ARRAYS = {kind: size(record()) for kind, record in arm.CONTEXTS.items() if record is not arm.Misc}


def arm_section_length_holds(section: arm.ArmProcessor) -> Iterator[Finding]:
    if section.section_length != 40 + section.payload():
        says = f"section length is {section.section_length}, its parts make {40 + section.payload()}"
        why = "Linux stops at a length that is too small, and takes the rest of one that is too large for vendor data"
        yield error("section_length", says, why)
    if not section.error_information:
        yield warning("err_info_num", "there is no error information", "at least 1 is asked for")


def core_is_told(section: arm.ArmProcessor) -> Iterator[Finding]:
    valid = section.validation_bits
    if valid.error_affinity_level and section.error_affinity_level > 3:
        says = f"affinity level {section.error_affinity_level} is none of 0 to 3"
        yield note("error_affinity_level", says, "MPIDR_EL1 has four levels; others are the vendor's own")
    if valid.running_state and section.running_state.running and section.psci_state:
        says = f"PSCI state is {section.psci_state:#x}, but the processor runs"
        yield warning("psci_state", says, "it is 0 for a processor that runs")
    if valid.vendor_specific and not section.vendor_specific:
        yield warning("validation_bits", "there are no vendor's bytes", "readers look for some")


def error_has_its_length(info: arm.ErrorInformation) -> Iterator[Finding]:
    if info.version:
        yield warning("version", f"version {info.version} is not 0", "readers read it as version 0")
    if info.length != INFO:
        says = f"length is {info.length}, not {INFO}"
        why = "Linux's handler steps by the length, its printer and rasdaemon by 32: they read other errors"
        yield error("length", says, why, f"{_ARM}; {_PRINT}")


def type_is_of_one_dialect(info: arm.ErrorInformation) -> Iterator[Finding]:
    here = arm.read_type(info.type, arm.Dialect.UEFI_2_10)
    others = {d: arm.read_type(info.type, d) for d in arm.Dialect if d is not arm.Dialect.UEFI_2_10}
    said = ", ".join(f"{d.value}: {_kinds(reading.kinds)}" for d, reading in others.items() if reading.kinds)
    byte, edition = f"type {info.type:#04x}", arm.Dialect.UEFI_2_10.value
    if not here.kinds:
        says = f"{byte} has no meaning by {edition} ({said or 'nor by others'})"
        yield warning("type", says, "Linux since 6.11 takes it for no cache error and recovers nothing", _ARM)
    elif here.reserved:
        says = f"{byte} has reserved bits by {edition} ({said or 'nor by others'})"
        yield warning("type", says, "readers differ", _ARM)
    elif any(reading.kinds and reading.kinds != here.kinds for reading in others.values()):
        says = f"{byte} is a {_kinds(here.kinds)} by {edition} ({said})"
        why = "editions of UEFI disagree, and the version is 0 in all of them"
        yield note("type", says, why, "UEFI 2.9 to 2.11 §N.2.4.4.1")


def _kinds(kinds: tuple[arm.Kind, ...]) -> str:
    return " and ".join(kind.value for kind in kinds)


def context_is_whole(context: arm.ContextInformation) -> Iterator[Finding]:
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


# --- sections beside the arm64 story: an RAS node of Arm, poisoned memory ---------------------------------------------


def checksum_holds(section: FruMemoryPoison) -> Iterator[Finding]:
    right = section.counted["checksum"](section)
    if section.checksum != right:
        says = f"checksum is {section.checksum:#x}, {right:#x} would make the section sum to 0"
        yield error("checksum", says, "Linux drops the record", "Linux 7.1 drivers/ras/amd/fmpm.c: fmp_is_valid()")


def registers_hold_an_error(record: ErrorDescriptor) -> Iterator[Finding]:
    """Of one error record, as its status register says."""
    status = ErrStatus.parse(record.err_status)
    where = ErrAddr.parse(record.err_addr)
    if not status.V:
        says = "V is 0 in ERR<n>STATUS: nothing is recorded"
        yield warning("err_status", says, "all the other registers of the record mean nothing", ErrStatus.ref)
    elif not isinstance(status.SERR, Serr):
        yield note("err_status", f"SERR {status.SERR:#x} is reserved", "readers cannot tell what failed", ErrStatus.ref)
    if status.V and status.AV and (where.AI or where.VA):
        says = f"{'AI' if where.AI else 'VA'} is 1 in ERR<n>ADDR"
        why = "the address may be wrong, or is virtual: no page may be taken out of use by it"
        yield note("err_addr", says, why, ErrAddr.ref)
    if status.V and not status.AV and record.err_addr:
        says = "AV is 0 in ERR<n>STATUS, but ERR<n>ADDR is not 0"
        yield note("err_addr", says, "readers do not look at it", ErrStatus.ref)
