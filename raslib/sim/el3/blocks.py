"""The bytes that EL3 firmware leaves for the host, a block of each kind of section, whole or spoilt; and QEMU's."""

from functools import cache
from uuid import UUID

from ...formats import arm, ghes
from ...formats.cper import Severity
from ...formats.memory import MemoryErrorType, MemoryValid, PlatformMemory
from ...formats.pcie import DeviceId, Pcie, PcieValid
from ...formats.pcie_config import PortType
from ...formats.sections import GUIDS
from ...records import Record
from ..model.choices import Corruption, SectionKind
from ..model.platform import HOST_BLOCK, MEMORY_END, PHYSICAL_ADDRESS
from ..model.scenario import Scenario

VENDOR = UUID("7c0f2a61-5d1e-4b5c-9a55-2f6d1a3e9b40")  # made up here: no driver of ours or of Linux' knows it
UNKNOWN_SEVERITY = 9
_READ = arm.CacheOperation.DATA_READ


def block_of(s: Scenario, severity: Severity, address: int = PHYSICAL_ADDRESS) -> bytes:
    """The block that the choices of `cper` ask for, of this severity and of an error at *address*.

    Without *address* it is the one that lies in the host's memory when EL3 has written it.
    """
    of_section = severity if s.cper.section_severity is None else s.cper.section_severity
    flag = of_section is Severity.CORRECTED and s.cper.threshold_exceeded
    return spoilt(s.cper.bytes, status_block(s.cper.section, severity, of_section, flag, address))


@cache
def status_block(
    section: SectionKind, severity: Severity, of_section: Severity, exceeded: bool, address: int = PHYSICAL_ADDRESS
) -> bytes:
    """The bytes of a block that tells of an error at *address*; *exceeded*: its section's threshold is."""
    corrected = severity in (Severity.CORRECTED, Severity.INFORMATIONAL)
    flags, bodies = ghes.EntryFlags(error_threshold_exceeded=exceeded), _bodies(section, corrected, address)
    types = [VENDOR if isinstance(body, bytes) else GUIDS[type(body)] for body in bodies]
    entries = tuple(
        ghes.DataEntry(section_type=kind, error_severity=of_section, flags=flags, section=body)
        for kind, body in zip(types, bodies, strict=True)
    )
    status = ghes.BlockStatus(uncorrectable=not corrected, correctable=corrected, entry_count=len(entries))
    return ghes.StatusBlock(block_status=status, error_severity=severity, entries=entries).build()


def _bodies(section: SectionKind, corrected: bool, address: int) -> tuple[Record | bytes, ...]:
    memory, bus = _memory(address, corrected), _core(arm.Kind.BUS, corrected, address)
    function = DeviceId(vendor_id=0x1AF4, device_id=0x1041, bus=1)
    valid = PcieValid(port_type=True, device_id=True, aer=True)
    bodies: dict[SectionKind, tuple[Record | bytes, ...]] = {
        SectionKind.MEMORY: (memory,),
        SectionKind.PROCESSOR: (_core(arm.Kind.CACHE, corrected, address),),
        SectionKind.BUS: (bus,),
        SectionKind.NO_ADDRESS: (_memory(None, corrected),),
        SectionKind.BAD_ADDRESS: (_memory(MEMORY_END, corrected),),
        SectionKind.BOTH: (memory, bus),
        SectionKind.PCIE: (Pcie(validation_bits=valid, port_type=PortType.ENDPOINT, device_id=function),),
        SectionKind.VENDOR: (b"known to its maker alone",),
    }
    return bodies[section]


def _memory(address: int | None, corrected: bool) -> PlatformMemory:
    kind = MemoryErrorType.SINGLE_BIT_ECC if corrected else MemoryErrorType.MULTI_BIT_ECC
    valid = MemoryValid(physical_address=address is not None, memory_error_type=True)
    return PlatformMemory(validation_bits=valid, physical_address=address or 0, memory_error_type=kind)


def _core(kind: arm.Kind, corrected: bool, address: int) -> arm.ArmProcessor:
    """A cache error with the physical address of the line, or a bus error without any."""
    cache_error = kind is arm.Kind.CACHE
    valid = arm.ErrorInformationValid(error_information=True, physical_fault_address=cache_error)
    word: arm.CacheError | arm.BusError = arm.BusError(corrected_valid=True, corrected=corrected)
    if cache_error:
        word = arm.CacheError(operation_valid=True, operation=_READ, corrected_valid=True, corrected=corrected)
    told = arm.ErrorInformation(validation_bits=valid, type=arm.type_byte(kind), error_information=word.build())
    information = (told.replace(physical_fault_address=address if cache_error else 0),)
    state, validity = arm.RunningState(running=True), arm.ArmValid(running_state=True)
    return arm.ArmProcessor(validation_bits=validity, error_information=information, running_state=state)


@cache
def qemu_block(address: int) -> bytes:
    """What QEMU writes for its guest: a memory error of which only the physical address is known, recoverable."""
    valid = MemoryValid(physical_address=True, memory_error_type=True)
    section = PlatformMemory(validation_bits=valid, physical_address=address)
    entry = ghes.DataEntry(section_type=GUIDS[PlatformMemory], error_severity=Severity.RECOVERABLE, section=section)
    status = ghes.BlockStatus(uncorrectable=True)  # it leaves the count of entries 0
    return ghes.StatusBlock(block_status=status, error_severity=Severity.RECOVERABLE, entries=(entry,)).build()


# --- spoilt ----------------------------------------------------------------------------------------------------------

# offsets in a block and in its first entry (ACPI 6.5 §18.3.2.7.1)
_DATA_LENGTH, _SEVERITY, _ENTRY_LENGTH = 12, 16, 20 + 24


@cache
def spoilt(by: Corruption, block: bytes) -> bytes:
    """What is left of a block of one or more entries."""
    length = int.from_bytes(block[_DATA_LENGTH : _DATA_LENGTH + 4], "little")
    if by in (Corruption.WHOLE, Corruption.EMPTY):
        return block if by is Corruption.WHOLE else bytes(len(block))
    offset, value = {
        Corruption.SHORT: (_DATA_LENGTH, length - 1),
        Corruption.LONG: (_DATA_LENGTH, HOST_BLOCK),
        Corruption.ENTRY: (_ENTRY_LENGTH, HOST_BLOCK),
        Corruption.SEVERITY: (_SEVERITY, UNKNOWN_SEVERITY),
    }[by]
    return block[:offset] + value.to_bytes(4, "little") + block[offset + 4 :]
