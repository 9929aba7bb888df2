"""Error status blocks for the experiments: good ones, and ones that are wrong in one way.

A victim's page is at the address of `NORMAL` in them; who puts them into a source moves it (`moved`).
"""

from functools import partial
from typing import Any
from uuid import UUID

from ...formats.arm import ArmProcessor, ArmValid, ErrorInformation, ErrorInformationValid, RunningState
from ...formats.cper import Severity
from ...formats.framing import block_of
from ...formats.ghes import DataEntry, EntryFlags, EntryValid
from ...formats.memory import MemoryErrorType, MemoryValid, PlatformMemory
from ...formats.pcie import DeviceId, Pcie, PcieValid
from .reaction import NORMAL

PAGE_MASK = 0xFFFF_FFFF_FFFF_F000
UNKNOWN = UUID("12345678-1234-1234-1234-123456789abc")  # a section type that nobody has
NEOVERSE_N1, CPU0 = 0x410F_D0C1, 0x8000_0000  # MIDR_EL1 and MPIDR_EL1


def memory(address: int | None = None, kind: int = MemoryErrorType.SINGLE_BIT_ECC, **given: Any) -> PlatformMemory:
    """A memory error at *address*, or on the victim's page, where the whole page is meant. All *given* is valid."""
    whole = {} if address is not None else {"physical_address": NORMAL.pa, "physical_address_mask": PAGE_MASK}
    fields = {"physical_address": address, "memory_error_type": kind, **whole, **given}
    return PlatformMemory(validation_bits=MemoryValid(**dict.fromkeys(fields, True)), **fields)


def short_memory(address: int, size: int) -> bytes:
    """The first *size* bytes of a memory section."""
    return memory(address).build()[:size]


def arm(*infos: ErrorInformation, **given: Any) -> ArmProcessor:
    """An ARM processor error with these errors in it."""
    return ArmProcessor(
        validation_bits=ArmValid(mpidr=True, running_state=True),
        mpidr_el1=CPU0,
        midr_el1=NEOVERSE_N1,
        running_state=RunningState(running=True),
        error_information=infos,
        **given,
    )


def info(type_: int, address: int = NORMAL.pa, virtual: int | None = None, word: int | None = None) -> ErrorInformation:
    """Error information of a type byte (UEFI 2.10: 2 cache, 4 TLB, 8 bus), at *address* or on the victim's page."""
    valid = ErrorInformationValid(
        error_information=word is not None, virtual_fault_address=virtual is not None, physical_fault_address=True
    )
    return ErrorInformation(
        validation_bits=valid,
        type=type_,
        error_information=word or 0,
        virtual_fault_address=virtual or 0,
        physical_fault_address=address,
    )


def pcie() -> Pcie:
    """An error of a PCI Express root port."""
    valid = PcieValid(port_type=True, version=True, command_status=True, device_id=True)
    device = DeviceId(vendor_id=0x1B36, device_id=0x000C, device=1)
    return Pcie(validation_bits=valid, port_type=4, version_major=3, device_id=device)


def block(severity: int, *sections: Any, fru: str = "", flags: EntryFlags | None = None, **given: Any) -> bytes:
    """A block of these sections, all of one severity. *given* overrides fields of the entries or, if it has none of
    that name, of the block: that is how blocks go wrong.
    """
    of_entry = {name: given.pop(name) for name in tuple(given) if name in DataEntry.__annotations__}
    valid = EntryValid(fru_text=bool(fru))
    common = {"error_severity": severity, "validation_bits": valid, "flags": flags or EntryFlags(), "fru_text": fru}
    return block_of(*(DataEntry(**{**common, "section": one, **of_entry}) for one in sections), **given).build()


corrected = partial(block, Severity.CORRECTED)
recoverable = partial(block, Severity.RECOVERABLE)
fatal = partial(block, Severity.FATAL)
