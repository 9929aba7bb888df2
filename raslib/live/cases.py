"""How a step of an experiment is told to the simulator: as a scenario, a table and the very bytes that were sent."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..formats.ghes import HEADER
from ..formats.hest import GenericSourceV2, Hest, Notify
from ..formats.memory import MemoryErrorType
from ..sim.scenario import Ghes, Kill, Linux, Owner, Report, Running, Scenario
from . import blocks
from .experiments import BOOTS, EXPERIMENTS
from .plan import Experiment
from .reaction import NORMAL, Reaction
from .steps import Burst, Shell, Step
from .steps import Report as Reported


class Case(NamedTuple):
    """What the simulator is asked."""

    scenario: Scenario
    hest: Hest  # of the one source that was used
    block: bytes | None


# (experiment, step) -> choices that the step's own description does not give
CHOICES: dict[tuple[str, int], dict[str, Any]] = {
    ("repeated", 1): {"host_repeated": True},
}

# (experiment, step) -> the block that the lab's EINJ firmware makes of what it is asked, which no recording keeps
MADE: dict[tuple[str, int], blocks.Block] = {
    ("einj-corrected", 0): blocks.corrected(blocks.memory(0x5000_0000, physical_address_mask=blocks.PAGE_MASK)),
    ("einj-recoverable", 0): blocks.recoverable(blocks.memory(kind=MemoryErrorType.MULTI_BIT_ECC)),
}

# (experiment, step) -> why the simulator has nothing to say
NOT_COVERED: dict[tuple[str, int], str] = {
    ("external", 0): "A command binds the driver; no error is reported.",
    ("threshold", 1): "A command counts lost memory; no error is reported.",
    ("bert", 0): "A scenario begins with an error, not with what the last boot has left in the BERT.",
    ("einj-types", 0): "A command lists what can be injected; no error is reported.",
}

# Each row: the first release that does as the simulator's kernel of that name. Stable updates change nothing of it.
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
        "error_report": Report.SEA if notify is Notify.SEA else Report.INTERRUPT,
        "error_touched_later": bool(victim),
        "cpu_running": Running.USER,
        "host_notify": notify,
        "host_ghes": Ghes.V2 if isinstance(source, GenericSourceV2) else Ghes.V1,
        "host_vhe": False,  # the lab's kernel runs at EL1
        "host_owner": Owner.PROCESS,
        "host_kill": Kill.EARLY if victim == "early" else Kill.LATE,
        "host_linux": linux(kernel),
        "guest_notify": None,
    }
    return Case(Scenario.of(**known | choices), Hest(error_sources=(source,)), block)


EMPTY = bytes(HEADER)  # what a source holds before anybody has written a block


# --- by kind of step --------------------------------------------------------------------------------------------------


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

    def case(self, source: int, block: bytes | None) -> Case:
        found, victim = self.reaction, self.reaction.victim
        kind = "" if victim is None else "early" if victim.early else "late"
        hest = BOOTS[self.experiment.boot].hest
        return told(found.kernel, hest, source, block, kind, **CHOICES.get(self.key, {}))


def _report(asked: Asked, step: Reported) -> Iterable[Case]:
    yield asked.case(step.source, asked.reaction.block)


def _burst(asked: Asked, step: Burst) -> Iterable[Case]:
    yield from (asked.case(step.source, block(NORMAL.pa)) for block in step.blocks)


def _shell(asked: Asked, step: Shell) -> Iterable[Case]:
    if step.source is not None:
        yield asked.case(step.source, MADE[asked.key](NORMAL.pa))


KINDS: dict[type, Callable[[Asked, Any], Iterable[Case]]] = {Reported: _report, Burst: _burst, Shell: _shell}


def cases(name: str, number: int, reaction: Reaction) -> tuple[Case, ...]:
    """What the simulator is asked for step *number* of an experiment; nothing for one of `NOT_COVERED`."""
    asked = Asked(EXPERIMENTS[name], number, reaction)
    if asked.key in NOT_COVERED or type(asked.step) not in KINDS:
        return ()
    return tuple(KINDS[type(asked.step)](asked, asked.step))
