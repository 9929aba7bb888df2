"""Rules for memory and PCI Express sections, and for what an operating system can do about a section."""

from collections.abc import Iterator
from typing import Any

from ..formats.arm import ArmProcessor, Dialect, Kind, read_type
from ..formats.cper import Severity
from ..formats.ghes import DataEntry
from ..formats.memory import PlatformMemory
from ..formats.more.memory2 import PlatformMemory2
from ..formats.pcie import Pcie
from .finding import Broken, error, note, warning

_MEMORY = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_memory_failure()"
_ARM = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_arm_hw_error()"
_AER = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_handle_aer()"


def places_do_not_exclude_each_other(section: PlatformMemory | PlatformMemory2) -> Iterator[Broken]:
    valid: Any = section.validation_bits
    if isinstance(section, PlatformMemory) and valid.row and valid.extended_row:
        says = "row and extended row are both said to be valid"
        yield warning("validation_bits", says, "they exclude each other: has the row 16 bits or 18?")
    if valid.bank and (valid.bank_group or valid.bank_address):
        says = "the bank as a whole and its group or address are both said to be valid"
        yield warning("validation_bits", says, "they exclude each other: what are the upper bits of bank?")


def short_form_has_no_later_fields(section: PlatformMemory) -> Iterator[Broken]:
    later = section.validation_bits.build() >> 15
    if section.extended is None and later:
        says = f"the section has 73 bytes, but bits {later << 15:#x} are of fields that come after them"
        why, cite = "Linux takes the section for too small", "Linux 7.1 drivers/firmware/efi/cper.c"
        yield error("validation_bits", says, why, cite)


def address_lies_in_its_mask(section: PlatformMemory | PlatformMemory2) -> Iterator[Broken]:
    valid = section.validation_bits
    outside = section.physical_address & ~section.physical_address_mask
    if valid.physical_address and valid.physical_address_mask and outside:
        says = f"bits {outside:#x} of the address are none that the mask holds for certain"
        yield note("physical_address", says, "readers that apply the mask see another address")


def function_is_one(section: Pcie) -> Iterator[Broken]:
    at = section.device_id
    if section.validation_bits.device_id and (at.device > 31 or at.function > 7):
        yield warning("device_id", f"there is no PCI function {at}", "readers look for another function, or none")


def recovery_finds_what_it_needs(entry: DataEntry) -> Iterator[Broken]:
    """Of an uncorrected error that is not fatal: without these, Linux has nothing to recover."""
    if entry.error_severity != Severity.RECOVERABLE:
        return
    section = entry.section
    if isinstance(section, PlatformMemory) and not section.validation_bits.physical_address:
        says = "no physical address"
        yield note("section.validation_bits", says, "Linux takes no page out of use; after an SEA it kills", _MEMORY)
    if isinstance(section, ArmProcessor) and not any(map(_recoverable, section.error_information)):
        says = "no cache error with a physical address"
        yield note("section", says, "Linux takes no page out of use; after an SEA it kills the task", _ARM)
    if isinstance(section, Pcie) and not (section.validation_bits.device_id and section.validation_bits.aer):
        says = "no device id, or no copy of AER"
        yield note("section.validation_bits", says, "Linux does not ask the device's driver to recover", _AER)


def _recoverable(info: Any) -> bool:
    kinds = read_type(info.type, Dialect.UEFI_2_10).kinds
    return Kind.CACHE in kinds and bool(info.validation_bits.physical_fault_address)
