"""A section that is too short for its kind: Linux does not print it, and reads it all the same."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from ...formats.arm import ArmProcessor
from ...formats.ghes import DataEntry, StatusBlock
from ...formats.memory import PlatformMemory
from ...formats.pcie import Pcie
from ...formats.sections import GUIDS
from ...records import Record, RecordError
from ..model.trace import StepText

WARNS = StepText(
    "apei.short-section",
    'warns "error section length is too small" in place of the section ({what})',
    "It has {bytes} bytes, its kind has {least} at least. Only the printer looks at that: what the section asks for is "
    "still read, at the offsets of its kind",
    ("linux.ghes_do_proc", "uefi.sections"),
)
# The printer of Linux wants a memory section as UEFI 2.1 had it, and of an ARM processor section what is fixed.
LEAST = {GUIDS[PlatformMemory]: 73, GUIDS[ArmProcessor]: 40, GUIDS[Pcie]: 208}
_READ: dict[UUID, type[Record]] = {GUIDS[record]: record for record in (PlatformMemory, ArmProcessor, Pcie)}
_WHOLE = {**LEAST, GUIDS[PlatformMemory]: 80}  # bytes of what the code of each kind reads
_ARM_INFO = 32  # bytes of one error in an ARM processor section


def is_short(entry: DataEntry) -> bool:
    """Is it a kind that Linux prints, and shorter than that kind?"""
    return entry.error_data_length < LEAST.get(entry.section_type, 0)


def restored(block: StatusBlock, at: int, kind: UUID) -> StatusBlock:
    """*block*, whose entry number *at* could only be read without its *kind*, with the section as Linux finds it."""
    entry = block.entries[at]
    restored_entry = replace(entry, section_type=kind, section=_as_found(kind, entry.section))
    return replace(block, entries=(*block.entries[:at], restored_entry, *block.entries[at + 1 :]))


def _as_found(kind: UUID, section: bytes) -> Any:
    """What the code for *kind* finds in *section*. What lies behind it in memory is taken for zero."""
    whole = section.ljust(_WHOLE.get(kind, 0), b"\0")
    if kind == GUIDS[ArmProcessor]:
        there = (len(whole) - LEAST[kind]) // _ARM_INFO  # not what its own count says
        whole = whole[:4] + there.to_bytes(2, "little") + whole[6:]
    record = _READ.get(kind)
    try:
        return record.parse(whole) if record else section
    except RecordError:
        return section
