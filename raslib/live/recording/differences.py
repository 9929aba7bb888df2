"""Differences between the simulator and a real kernel that are explained: each exactly as it was observed, and why."""

from collections.abc import Callable
from typing import NamedTuple

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
    asked: str  # title of the step; empty: any
    aspect: str
    predicted: Value
    real: Value
    kernels: tuple[str, ...]  # the releases that it was observed with
    who: str  # what is special: the lab, the machine, Linux, the simulator
    why: str

    @property
    def reason(self) -> str:
        return f"{self.why} ({self.who}, Linux {', '.join(self.kernels)})"

    def explains(self, name: str, row: AspectRow, release: str) -> bool:
        """Is *row* of the experiment *name*, recorded from this *release* of Linux, this very difference?"""
        here = name in self.names and self.asked in ("", row.asked) and row.aspect == self.aspect
        return here and release in self.kernels and (row.predicted, row.real) == (self.predicted, self.real)


SENDS, ISOLATES = "Sending SIGBUS to", "recovery action for"
ISOLATED = "Memory failure: 0x7c000: recovery action for dirty LRU page: Recovered"
AO, AR = ("BUS_MCEERR_AO at its memory, lsb 12",), ("BUS_MCEERR_AR at its memory, lsb 12",)
OBJERR = ("BUS_OBJERR at its memory, lsb 0",)
UP_TO_6_16, EACH = ("6.1", "6.12"), ("6.1", "6.12", "7.3")

WORKER = """Before 6.17 a worker and the consumer compete for the page. Here the worker was faster, and to it nobody \
is the consumer: it signals a process only if that has asked to know early. Who touches the page is signalled then."""
SOUND = "No memory of the lab is bad: nothing comes of it where the kernel uses a page that it was told of."
HOLE = """The lab cannot make a page of RAM abort: the process reads a hole, and the block names its page. Executed \
again the access meets the hole once more, no block is there, and the default follows."""
FNV = "QEMU says FnV, for it gives its guest no address in FAR_EL1; the lab's monitor has one, and says so."
EXTENDED = """KVM of 6.1 stores the syndrome of an abort that it makes up sign-extended; 6.12 does not. The simulator \
has what the architecture has."""
THROTTLED = """Linux prints two records of a class in five seconds: ghes_print_estatus(). The simulator says so, but \
knows of no time and does not count."""
NOT_MAPPED = """On arm64 acpi_gsi_to_irq() finds an interrupt that something else has mapped already, and here nothing \
had when the driver was bound. The simulator takes the interrupt for mapped; bound later, the source works."""
NO_DRIVER = """Both refuse it. The simulator's machine has firmware with SDEI, and a kernel that cannot use it; this \
machine has neither EL2 nor such firmware, so no driver is there to say anything."""

# fmt: off
DIFFERENCES = tuple(Difference(*row) for row in (
    (("sea-recoverable", "sea-arm-cache", "guest-sea-recoverable"), "", "memory_failure",
     (SENDS, ISOLATES), (ISOLATED,), UP_TO_6_16, "Linux", WORKER),
    (("sea-recoverable", "sea-arm-cache"), "", "signals", AR, OBJERR, UP_TO_6_16, "the lab", HOLE),
    (("guest-sea-recoverable",), "", "guest",
     "vector 0x200, ESR_EL1 0x96000410", "vector 0x200, ESR_EL1 0x96000010", EACH, "the lab", FNV),
    (("vhe-ext-dabt", "vhe-both", "nvhe-ext-dabt", "nvhe-both"), "", "guest",
     "vector 0x200, ESR_EL1 0x96000010", "vector 0x200, ESR_EL1 0xffffffff96000010", ("6.1",), "Linux", EXTENDED),
    (("throttled",), "five in a row", "records", "5", "2", EACH, "the simulator", THROTTLED),
    (("throttled",), "one later", "warnings", (), ("ghes_print_estatus: 3 callbacks suppressed",),
     EACH, "the simulator", "The count of what was not printed before, which the simulator does not keep."),
    (("notification-types",), "source 3", "sources", "used",
     "refused: GHES: Failed to map GSI to IRQ for generic hardware error source: 3", EACH, "the machine", NOT_MAPPED),
    (("notification-types",), "source 6", "sources",
     "refused: sdei: Not supported on this hardware/boot configuration", "refused", EACH, "the machine", NO_DRIVER),
))
# fmt: on


def explained(name: str, row: AspectRow, release: str) -> AspectRow:
    """*row* with its reason, if it is a difference that has one."""
    why = next((d.reason for d in DIFFERENCES if d.explains(name, row, release)), "")
    return row if row.same else row._replace(known=why)


# --- of questions that nobody has thought of --------------------------------------------------------------------------


ANY_USE = """The block names a page that the lab has not chosen: it may be free, of a process or of the kernel. The \
simulator takes it for one of a process."""


def of_a_page_of_any_use(case: Case, trace: Trace) -> bool:
    """Is memory_failure() asked for memory of which nobody has looked what it is?"""
    asked = [dict(step.args)["address"] for step in trace if step.text in TAKES_PAGES]
    return any(case.ram.has(address) and case.ram.page(address) is None for address in asked)


BEHIND = """The kernel reads bytes that the block does not have: behind what its lengths let it copy, or behind a \
section that ends before its address. What an earlier record has left there nobody knows."""


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


# kinds of questions, each with the aspects that nobody can predict of them, and why
KINDS: tuple[tuple[Callable[[Case, Trace], bool], tuple[str, ...], str], ...] = (
    (of_a_page_of_any_use, ("kernel", "warnings", "memory_failure", "signals"), ANY_USE),
    (of_bytes_behind, ("kernel", "records", "warnings", "memory_failure", "page", "signals"), BEHIND),
)


OF_THE_LAB = {"memory_failure": WORKER, "kernel": SOUND}


def of_a_question(case: Case, row: AspectRow, trace: Trace, expected: Aspects) -> AspectRow:
    """*row* of a question with the reason for what is special about it.

    That is a fact of the lab's machine, where the kernel did what it has to there and not what is *expected* of Linux
    anywhere; or, of a difference, its kind.
    """
    here = in_the_lab(case, expected)[row.aspect]
    if here != expected[row.aspect] and row._replace(predicted=here).same:
        return row._replace(known=f"{OF_THE_LAB.get(row.aspect, HOLE)} (the lab)")
    if row.same:
        return row
    return row._replace(known=next((why for asks, of, why in KINDS if row.aspect in of and asks(case, trace)), ""))


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
