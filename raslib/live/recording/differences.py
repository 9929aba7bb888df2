"""Differences between the simulator and a real kernel that are explained: each exactly as it was observed, and why.

`differences.toml` has those of experiments, the reasons, and what no prediction covers. Here are those of questions
that nobody has thought of.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ... import resources
from ...formats.arm import ArmProcessor
from ...formats.ghes import HEADER
from ...formats.memory import PlatformMemory
from ...formats.sections import GUIDS
from ...sim.aspects import AspectRow, Aspects, Value
from ...sim.linux.estatus import EstatusSection, read_estatus
from ...sim.linux.sections import memory_address
from ...sim.model.choices import Kill
from ...sim.model.trace import Trace
from .question import EMPTY, LONGEST, TAKES_PAGES, Case


class Difference(NamedTuple):
    """A difference with its reason, for where prediction and reality are these very values."""

    names: tuple[str, ...]  # of experiments
    aspect: str
    predicted: Value
    real: Value
    kernels: tuple[str, ...]  # the releases that it was observed with
    who: str  # what is special: the lab, the machine, Linux, the simulator
    why: str  # a word of `WHY`
    asked: str = ""  # title of the step; empty: any

    @property
    def reason(self) -> str:
        return f"{WHY[self.why]} ({self.who}, Linux {', '.join(self.kernels)})"

    def explains(self, name: str, row: AspectRow, release: str) -> bool:
        """Is *row* of the experiment *name*, recorded from this *release* of Linux, this very difference?"""
        here = name in self.names and self.asked in ("", row.asked) and row.aspect == self.aspect
        return here and release in self.kernels and (row.predicted, row.real) == (self.predicted, self.real)


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


_TABLE = resources.table(__file__)
WHY: dict[str, str] = _TABLE["why"]
DIFFERENCES = tuple(Difference(**_values(row)) for row in _TABLE["difference"])
# (experiment, step) -> why the simulator has nothing to say
NOT_COVERED: dict[tuple[str, int], str] = {
    (name, int(step)): why for name, steps in _TABLE["not-covered"].items() for step, why in steps.items()
}

SENDS = "Sending SIGBUS to"
AO, AR = ("BUS_MCEERR_AO at its memory, lsb 12",), ("BUS_MCEERR_AR at its memory, lsb 12",)
OBJERR = ("BUS_OBJERR at its memory, lsb 0",)


def explained(name: str, row: AspectRow, release: str) -> AspectRow:
    """*row* with its reason, if it is a difference that has one."""
    why = next((d.reason for d in DIFFERENCES if d.explains(name, row, release)), "")
    return row if row.same else row._replace(known=why)


# --- of questions that nobody has thought of --------------------------------------------------------------------------


def of_a_page_of_any_use(case: Case, trace: Trace) -> bool:
    """Is memory_failure() asked for memory of which nobody has looked what it is?"""
    asked = [dict(step.args)["address"] for step in trace if step.text in TAKES_PAGES]
    return any(case.ram.has(address) and case.ram.page(address) is None for address in asked)


def of_bytes_behind(case: Case, trace: Trace) -> bool:
    """Are bytes read that nobody has given?"""
    block = case.block or EMPTY
    estatus = read_estatus(block, LONGEST)
    copied = estatus.length >= HEADER + int.from_bytes(block[12:16], "little")
    return not estatus.peeked and (not copied or any(map(_ends_before_its_address, estatus.sections)))


def _ends_before_its_address(section: EstatusSection) -> bool:
    if section.type == GUIDS[PlatformMemory]:
        return section.length < 24 and memory_address(section) is not None
    return section.type == GUIDS[ArmProcessor] and section.length < 72 and any(section.data[4:6])


# kinds of questions, each with the aspects that nobody can predict of them, and why, a word of `WHY`
KINDS: tuple[tuple[Callable[[Case, Trace], bool], tuple[str, ...], str], ...] = (
    (of_a_page_of_any_use, ("kernel", "warnings", "memory_failure", "signals"), "any-use"),
    (of_bytes_behind, ("kernel", "records", "warnings", "memory_failure", "page", "signals"), "behind"),
)


OF_THE_LAB = {"memory_failure": "worker", "kernel": "sound"}  # else "hole"


def of_a_question(case: Case, row: AspectRow, trace: Trace, expected: Aspects) -> AspectRow:
    """*row* of a question with the reason for what is special about it.

    That is a fact of the lab's machine, where the kernel did what it has to there and not what is *expected* of Linux
    anywhere; or, of a difference, its kind.
    """
    here = in_the_lab(case, expected)[row.aspect]
    if here != expected[row.aspect] and row._replace(predicted=here).same:
        return row._replace(known=f"{WHY[OF_THE_LAB.get(row.aspect, 'hole')]} (the lab)")
    if row.same:
        return row
    return row._replace(known=next((WHY[why] for asks, of, why in KINDS if row.aspect in of and asks(case, trace)), ""))


def in_the_lab(case: Case, expected: Aspects) -> Aspects:
    """What is *expected* of a question, as the lab asks it: no memory is bad there, and by SEA two things are special.

    The process reads a hole, and meets it again unless it is signalled. The machine has one processor, on which a
    worker that was woken runs before the process and its task work do: before 6.17 it is the worker that isolates the
    page, and to it nobody is the consumer.
    """
    expected, early = dict(expected), case.scenario.host.kill is Kill.EARLY
    if expected["kernel"] == "oopses" and expected["memory_failure"]:  # the driver of AER does so before that
        expected["kernel"] = "goes on"
    if not case.by_sea or expected["kernel"] != "goes on":
        return expected
    if expected["signals"] == AR and not case.scenario.host.linux.since("6.17"):
        expected["signals"] = AO if early else ()
        if not early:
            expected["memory_failure"] = tuple(word for word in expected["memory_failure"] if word != SENDS)
    if expected["signals"] == ():
        expected["signals"] = OBJERR
    return expected
