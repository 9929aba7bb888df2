"""An error record as the shell lines that ask for such an error through the kernel's EINJ files.

The files are in debugfs, /sys/kernel/debug/apei/einj (Linux Documentation/firmware-guide/acpi/apei/einj.rst and
drivers/acpi/apei/einj-core.c); what they take goes to firmware as `formats.einj.ErrorWithAddress`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...formats.arm import ArmProcessor
from ...formats.cper import CperRecord, Severity
from ...formats.einj import AddressFlags, EinjErrorType, Sbdf
from ...formats.framing import to_status_block
from ...formats.ghes import StatusBlock
from ...formats.memory import PlatformMemory
from ...formats.more.memory2 import PlatformMemory2
from ...formats.pcie import Pcie
from ...formats.processor import GenericProcessor
from ...formats.sections import NAMES
from ...plain import ErrorValue
from ...records import Record

FOLDER = "/sys/kernel/debug/apei/einj"
PAGE_MASK = 0xFFFF_FFFF_FFFF_F000
ANY = 0xFFFF_FFFF_FFFF_FFFF


# what is to be injected: whose error, as in the names of `EinjErrorType`; what goes to which file; remarks
Wish = tuple[str, dict[str, int], list[str]]


class NoCounterpart(ErrorValue, ValueError):
    """EINJ has no such error, for the reason given."""


def einj(record: Record) -> str:
    """Shell lines for root, an injection for each section that EINJ has an error for.

    Raises ValueError if it has one for none of them; the message says why.
    """
    if isinstance(record, CperRecord):
        record = to_status_block(record)
    if not isinstance(record, StatusBlock):
        raise NoCounterpart(f"a {type(record).__name__} reports no error")
    head = f"cd {FOLDER}  # available_error_type says what the platform can inject"
    return "\n".join([head, *injections(record)]) + "\n"


def injections(block: StatusBlock, places: Mapping[int, str] | None = None, trigger: bool = True) -> Iterator[str]:
    """The lines of all sections, an empty one before each.

    *places* has words of shell for addresses that only the shell has; without *trigger* firmware leaves it to the
    memory's user to meet the error. Raises `NoCounterpart` as `einj`.
    """
    said, refused = [], []
    for number, entry in enumerate(block.entries, 1):
        try:
            said.append(list(_lines(entry, places or {}, trigger)))
        except NoCounterpart as e:
            refused.append(str(e))
            said.append([f"# section {number} has no counterpart: {e}"])
    if len(refused) == len(said):
        raise NoCounterpart("; ".join(refused) or "the block has no section")
    yield from (line for lines in said for line in ("", *lines))


def _lines(entry: Any, places: Mapping[int, str], trigger: bool) -> Iterator[str]:
    """The lines for one section, `error_inject` last: writing to it is what injects."""
    make = WISHES.get(type(entry.section))
    if make is None:
        raise NoCounterpart(f"EINJ has no errors of the kind {NAMES.get(entry.section_type, entry.section_type)}")
    if entry.error_severity not in WORDS:
        raise NoCounterpart("an error of informational or unknown severity is none that EINJ has")
    whose, files, remarks = make(entry.section)
    name, words = WORDS[entry.error_severity]
    yield f"# {words} {KINDS[whose]}"
    yield from (f"# {remark}" for remark in remarks)
    files = {"error_type": EinjErrorType(**{f"{whose}_{name}": True}).build(), **files}
    yield from (f"echo {places.get(value, f'{value:#x}')} > {file}" for file, value in files.items())
    yield f"echo {int(not trigger)} > notrigger"
    yield "echo 1 > error_inject"


def _memory(section: Any) -> Wish:
    valid = section.validation_bits
    if not valid.physical_address:
        raise NoCounterpart("the memory error has no physical address, and Linux injects none without")
    mask = section.physical_address_mask if valid.physical_address_mask else PAGE_MASK
    return _at("memory", section.physical_address, mask)


def _at(whose: str, address: int, mask: int) -> Wish:
    """An address and its mask; Linux refuses a mask that leaves more than a page open (einj_error_inject())."""
    wide = mask & PAGE_MASK != PAGE_MASK
    remarks = [f"the record's mask is {mask:#x}; Linux takes none that is wider than a page"] if wide else []
    flags = AddressFlags(memory_address_valid=True).build()
    return whose, {"flags": flags, "param1": address, "param2": PAGE_MASK if wide else mask}, remarks


def _arm(section: ArmProcessor) -> Wish:
    places = [i.physical_fault_address for i in section.error_information if i.validation_bits.physical_fault_address]
    whose, files, remarks = _at("processor", places[0], ANY) if places else _some_processor(section)
    if section.validation_bits.mpidr:
        mpidr = f"the record has MPIDR {section.mpidr_el1:#x}, EINJ takes the ACPI UID; the MADT has both"
        remarks = [mpidr, *remarks]
    return whose, files, remarks


def _some_processor(_: Any) -> Wish:
    """With flags 0, Linux takes param1 for the processor, whatever it was for before."""
    return "processor", {"flags": 0, "param1": 0}, ["which processor is not told: 0, in param1 as flags is 0"]


def _pcie(section: Pcie) -> Wish:
    if not section.validation_bits.device_id:
        raise NoCounterpart("the PCI Express error does not say of which function, and EINJ needs one")
    at = section.device_id
    if at.segment > 0xFF:
        raise NoCounterpart(f"EINJ has 8 bits for the segment, {at.segment:#x} does not fit")
    if at.device > 31 or at.function > 7:
        raise NoCounterpart(f"there is no PCI function {at}")
    sbdf = Sbdf(segment=at.segment, bus=at.bus, device=at.device, function=at.function)
    flags = AddressFlags(pcie_sbdf_valid=True).build()
    return "pcie", {"flags": flags, "param4": sbdf.build()}, [f"function {at}"]


WORDS = {
    Severity.CORRECTED: ("correctable", "a corrected error of"),
    Severity.RECOVERABLE: ("uncorrectable_non_fatal", "an uncorrected error of"),
    Severity.FATAL: ("uncorrectable_fatal", "a fatal error of"),
}
KINDS = {"memory": "memory", "processor": "a processor", "pcie": "PCI Express"}
WISHES: dict[type[Record], Callable[[Any], Wish]] = {
    PlatformMemory: _memory,
    PlatformMemory2: _memory,
    ArmProcessor: _arm,
    GenericProcessor: _some_processor,
    Pcie: _pcie,
}
