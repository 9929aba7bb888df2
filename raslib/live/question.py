"""A question to the simulator: a scenario, a table and the very bytes that a real kernel was given."""

import re
from typing import Any, NamedTuple

from ..formats.ghes import HEADER
from ..formats.hest import GenericSourceV2, Hest, Notify
from ..sim.model.choices import Ghes, Kill, Linux, Owner, ReportedBy, Running
from ..sim.model.scenario import Scenario
from ..sim.model.trace import Trace
from ..sim.walk import walk
from .experiments import BOOTS
from .plan import Boot, Experiment
from .reaction import Reaction
from .steps import Step

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
        """What the simulator tells of it."""
        if self.hest is None:
            return walk(self.scenario)
        return walk(self.scenario, hest=self.hest, block=EMPTY if self.block is None else self.block)


# Each row: the first release that does as the simulator's kernel of that name. A stable update counts as its release.
_LINUX = ((7, 1), Linux.V7_1), ((6, 19), Linux.V6_19), ((6, 17), Linux.V6_18), ((5, 8), Linux.V6_12), ((0,), Linux.V5_4)


def linux(kernel: str) -> Linux:
    """The simulator's kernel that does what the release *kernel* does: 6.1 does as 6.12, for instance."""
    number = tuple(map(int, re.findall(r"\d+", kernel)[:2]))
    return next(version for since, version in _LINUX if number >= since)


def told(kernel: str, hest: Hest, source_id: int, block: bytes | None, victim: str = "", **choices: Any) -> Case:
    """A block in a source of *hest*; a *victim*, "late" or "early", loses its page and touches it."""
    source = next(s for s in hest.error_sources if getattr(s, "source_id", None) == source_id)
    notify = Notify(source.notification.type)
    known: dict[str, Any] = {
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
    return Case(Scenario.of(**known | choices), Hest(error_sources=(source,)), block)


class Asked(NamedTuple):
    """A step as it was recorded."""

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
        known = {"host_vhe": _vhe(self.boot, source), **choices, **CHOICES.get(self.key, {})}
        return told(self.reaction.kernel, self.boot.hest, source, block, kind, **known)


def _vhe(boot: Boot, source: int) -> bool:
    """Is the kernel at EL2?

    A machine without KVM has no EL2, which no scenario has: its kernel is one at EL1, but can use SDEI, as one at EL2.
    """
    if boot.more.get("kvm"):
        return "nvhe" not in boot.more.get("append", "")
    return any(s.source_id == source and s.notification.type == Notify.SDEI for s in boot.hest.error_sources)
