"""A question to the simulator: a scenario, a table and the very bytes that a real kernel was given."""

import re
from dataclasses import replace
from typing import Any, NamedTuple

from ...formats.ghes import HEADER, DataEntry, StatusBlock
from ...formats.hest import GenericSourceV2, Hest, Notify
from ...formats.memory import PlatformMemory
from ...sim.model.choices import Ghes, Kill, Linux, Owner, ReportedBy, Running
from ...sim.model.scenario import Scenario
from ...sim.model.trace import Trace
from ...sim.walk import walk
from .experiments import BOOTS
from .layout import PAGE, Wanted, sources
from .reaction import NORMAL, Reaction
from .steps import Boot, Experiment, Step

# (experiment, step) -> choices that the step's own description does not give
CHOICES: dict[tuple[str, int], dict[str, Any]] = {
    ("repeated", 1): {"host_repeated": True},
}

EMPTY = bytes(HEADER)  # what a source holds before anybody has written a block


class Case(NamedTuple):
    """What the simulator is asked."""

    scenario: Scenario
    hest: Hest | None = None  # of the one source that was used; None if no source was
    block: bytes | None = None
    esr: int | None = None  # of an SError that the lab has raised

    def walk(self) -> Trace:
        """The simulated story of it."""
        if self.hest is None:
            return walk(self.scenario)
        return walk(self.scenario, hest=self.hest, block=EMPTY if self.block is None else self.block)


# Each row: the first release that does as the simulator's kernel of that name. A stable update counts as its release.
_LINUX = ((7, 1), Linux.V7_1), ((6, 19), Linux.V6_19), ((6, 17), Linux.V6_18), ((5, 8), Linux.V6_12), ((0,), Linux.V5_4)


def linux(kernel: str) -> Linux:
    """The simulator's kernel that does what the release *kernel* does: 6.1 does as 6.12, for instance."""
    number = tuple(map(int, re.findall(r"\d+", kernel)[:2]))
    return next(version for since, version in _LINUX if number >= since)


def case_of(kernel: str, hest: Hest, source_id: int, block: bytes | None, victim: str = "", **choices: Any) -> Case:
    """A block in a source of *hest*; a *victim*, "late" or "early", loses its page and touches it."""
    source = next(s for s in hest.error_sources if getattr(s, "source_id", None) == source_id)
    notify = Notify(source.notification.type)
    usual: dict[str, Any] = {
        "error_report": ReportedBy.SEA if notify is Notify.SEA else ReportedBy.INTERRUPT,
        "error_touched_later": bool(victim),
        "cpu_running": Running.USER,
        "host_notify": notify,
        "host_ghes": Ghes.V2 if isinstance(source, GenericSourceV2) else Ghes.V1,
        "host_vhe": False,
        "host_owner": Owner.PROCESS,
        "host_kill": Kill.EARLY if victim == "early" else Kill.LATE,
        "host_linux": linux(kernel),
        "guest_notify": None,
    }
    return Case(Scenario.of(**usual | choices), Hest(error_sources=(source,)), block)


class RecordedStep(NamedTuple):
    """A step of an experiment, and the reaction that was recorded."""

    experiment: Experiment
    number: int
    reaction: Reaction

    @property
    def key(self) -> tuple[str, int]:
        return self.experiment.name, self.number

    @property
    def step(self) -> Step:
        return self.experiment.steps[self.number]

    @property
    def boot(self) -> Boot:
        return BOOTS[self.experiment.boot]

    def case(self, source: int, block: bytes | None, **choices: Any) -> Case:
        """A block in a source of the machine."""
        victim = self.reaction.victim
        kind = "" if victim is None else "early" if victim.early else "late"
        choices = {"host_vhe": _vhe(self.boot, source), **choices, **CHOICES.get(self.key, {})}
        return case_of(self.reaction.kernel, self.boot.hest, source, block, kind, **choices)


def _vhe(boot: Boot, source: int) -> bool:
    """Is the kernel at EL2?

    A machine without KVM has no EL2, which no scenario has: its kernel is one at EL1, but can use SDEI, as one at EL2.
    """
    if boot.kvm:
        return "nvhe" not in boot.append
    return any(s.source_id == source and s.notification.type == Notify.SDEI for s in boot.hest.error_sources)


# --- a block of somebody's own ----------------------------------------------------------------------------------------

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


def own_case(block: bytes, source: str, victim: str, kernel: str) -> Case:
    """What the simulator is asked for a block of somebody's own."""
    wanted = wanted_for(block, source)
    sent = aimed(block, NORMAL.pa) if victim else block
    return case_of(kernel, sources(wanted), wanted.source_id, sent, victim)
