"""A section that is too short for its kind: Linux does not print it, and reads it all the same."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from ..formats.arm import ArmProcessor
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.memory import PlatformMemory
from ..formats.pcie import Pcie
from ..formats.sections import GUIDS
from ..records import RecordError
from .trace import Text

WARNS = Text(
    "apei.short-section",
    'warns "error section length is too small" in place of the section ({what})',
    "It has {bytes} bytes, its kind has {least} at least. Only the printer looks at that: what the section asks for is "
    "still read, at the offsets of its kind",
    ("linux.ghes_do_proc", "uefi.sections"),
)
# The printer of Linux wants a memory section as UEFI 2.1 had it, and of an ARM processor section what is fixed.
LEAST = {GUIDS[PlatformMemory]: 73, GUIDS[ArmProcessor]: 40, GUIDS[Pcie]: 208}
_MEMORY, _ARM_INFO = 80, 32


def is_short(entry: DataEntry) -> bool:
    """Is it a kind that Linux prints, and shorter than that kind?"""
    return entry.error_data_length < LEAST.get(entry.section_type, 0)


def restored(block: StatusBlock, at: int, kind: UUID) -> StatusBlock:
    """*block*, whose entry number *at* could only be read without its *kind*, with the section as Linux finds it."""
    entry = block.entries[at]
    found = replace(entry, section_type=kind, section=_as_found(kind, entry.section))
    return replace(block, entries=(*block.entries[:at], found, *block.entries[at + 1 :]))


def _as_found(kind: UUID, section: bytes) -> Any:
    """What the code for *kind* finds in *section*. What lies behind it in memory is taken for zero."""
    try:
        if kind == GUIDS[PlatformMemory]:
            return PlatformMemory.parse(section.ljust(_MEMORY, b"\0"))
        if kind == GUIDS[ArmProcessor] and len(section) >= LEAST[kind]:
            there = (len(section) - LEAST[kind]) // _ARM_INFO  # not what its own count says
            return ArmProcessor.parse(section[:4] + there.to_bytes(2, "little") + section[6:])
    except RecordError:
        pass
    return section
