"""Hands somebody's own error status block to a real kernel, by a notification of choice."""

from dataclasses import replace
from typing import Any

from ..formats.ghes import DataEntry, StatusBlock
from ..formats.hest import Notify
from ..formats.memory import PlatformMemory
from .layout import PAGE, Wanted, sources
from .machine import Machine
from .reaction import Reaction

SOURCES = {
    "polled": Wanted(0, Notify.POLLED),
    "polled-v1": Wanted(0, Notify.POLLED, v2=False),
    "external": Wanted(0, Notify.EXTERNAL),
    "sci": Wanted(0, Notify.SCI),
    "gpio": Wanted(0, Notify.GPIO),
    "gsiv": Wanted(0, Notify.GSIV),
    "sea": Wanted(0, Notify.SEA),
}
LONGEST = 64 * 1024  # bytes; Linux gives no block more room (drivers/acpi/apei/ghes.c: GHES_ESTATUS_MAX_SIZE)


def ask(block: bytes, source: str = "polled", victim: str = "", **machine: Any) -> Reaction:
    """What a kernel makes of *block*, put into a *source* (a key of `SOURCES`) of a machine that has no other.

    With *victim*, "late" or "early", the memory errors of the block are moved to a page of a process, so that there is
    somebody to lose it. *machine* goes to `Machine`. Raises ValueError for a block that is longer than any may be, and
    `RecordError` for one whose memory errors cannot be found.
    """
    wanted = wanted_for(block, source)
    if victim:
        aimed(block, 0)  # a block that cannot be aimed is refused before anything is booted
    with Machine(sources(wanted), **machine) as m:
        if wanted.notify == Notify.EXTERNAL:
            m.bind(wanted.source_id)
        page = m.victim(early=victim == "early") if victim else None
        found = m.report(wanted.source_id, aimed(block, page.pa) if page else block, page)
        return replace(found, title=f"{len(block)} bytes, by {source}")


def wanted_for(block: bytes, source: str) -> Wanted:
    """The source for *block*, with room for it. Raises ValueError for a block that is longer than any may be."""
    if len(block) > LONGEST:
        raise ValueError(f"the block has {len(block)} bytes, and Linux reads {LONGEST} at most")
    return SOURCES[source]._replace(block_length=max(PAGE, -(-len(block) // PAGE) * PAGE))


def aimed(block: bytes, address: int) -> bytes:
    """*block* with each memory error at *address*."""
    found = StatusBlock.parse(block)
    return replace(found, entries=tuple(_aimed(entry, address) for entry in found.entries)).build()


def _aimed(entry: DataEntry, address: int) -> DataEntry:
    section = entry.section
    if not isinstance(section, PlatformMemory) or not section.validation_bits.physical_address:
        return entry
    return replace(entry, section=replace(section, physical_address=address))
