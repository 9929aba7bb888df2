"""Differences between the simulator and a real kernel that are explained: each exactly as it was observed, and why."""

from typing import NamedTuple

from ...sim.aspects import AspectRow, Value
from .question import Case


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
        here = here and release in self.kernels
        return here and (row.predicted, row.real) == (self.predicted, self.real)


AO, AR, OBJERR = (
    ("BUS_MCEERR_AO at its memory, lsb 12",),
    ("BUS_MCEERR_AR at its memory, lsb 12",),
    ("BUS_OBJERR at its memory, lsb 0",),
)
ISOLATED = "Memory failure: 0x7c000: recovery action for dirty LRU page: Recovered"

DIFFERENCES = (
    Difference(
        ("sea-recoverable", "sea-arm-cache", "guest-sea-recoverable"),
        "",
        "memory_failure",
        ("Sending SIGBUS to", "recovery action for"),
        (ISOLATED,),
        ("6.1", "6.12"),
        "Linux",
        "Before 6.17 a worker and the consumer compete for the page. Here the worker was faster, and to it nobody is "
        "the consumer: it signals a process only if that has asked to know early. Who touches the page is signalled "
        "then.",
    ),
    Difference(
        ("sea-recoverable", "sea-arm-cache"),
        "",
        "signals",
        AR,
        OBJERR,
        ("6.1", "6.12"),
        "the lab",
        "The lab cannot make a page of RAM abort: the process reads a hole, and the block names its page. Executed "
        "again the access meets the hole once more, no block is there, and the default follows.",
    ),
    Difference(
        ("guest-sea-recoverable",),
        "",
        "guest",
        "vector 0x200, ESR_EL1 0x96000410",
        "vector 0x200, ESR_EL1 0x96000010",
        ("6.1", "6.12", "7.3"),
        "the lab",
        "QEMU says FnV, for it gives its guest no address in FAR_EL1; the lab's monitor has one, and says so.",
    ),
    Difference(
        ("vhe-ext-dabt", "vhe-both", "nvhe-ext-dabt", "nvhe-both"),
        "",
        "guest",
        "vector 0x200, ESR_EL1 0x96000010",
        "vector 0x200, ESR_EL1 0xffffffff96000010",
        ("6.1",),
        "Linux",
        "KVM of 6.1 stores the syndrome of an abort that it makes up sign-extended; 6.12 does not. The simulator has "
        "what the architecture has.",
    ),
    Difference(
        ("throttled",),
        "five in a row",
        "records",
        "5",
        "2",
        ("6.1", "6.12", "7.3"),
        "the simulator",
        "Linux prints two records of a class in five seconds: ghes_print_estatus(). The simulator says so, but knows "
        "of no time and does not count.",
    ),
    Difference(
        ("throttled",),
        "one later",
        "warnings",
        (),
        ("ghes_print_estatus: 3 callbacks suppressed",),
        ("6.1", "6.12", "7.3"),
        "the simulator",
        "The count of what was not printed before, which the simulator does not keep.",
    ),
    Difference(
        ("notification-types",),
        "source 3",
        "sources",
        "used",
        "refused: GHES: Failed to map GSI to IRQ for generic hardware error source: 3",
        ("6.1", "6.12", "7.3"),
        "the machine",
        "On arm64 acpi_gsi_to_irq() finds an interrupt that something else has mapped already, and here nothing had "
        "when the driver was bound. The simulator takes the interrupt for mapped; bound later, the source works.",
    ),
    Difference(
        ("notification-types",),
        "source 6",
        "sources",
        "refused: sdei: Not supported on this hardware/boot configuration",
        "refused",
        ("6.1", "6.12", "7.3"),
        "the machine",
        "Both refuse it. The simulator's machine has firmware with SDEI, and a kernel that cannot use it; this machine "
        "has neither EL2 nor such firmware, so no driver is there to say anything.",
    ),
)


RACE, HOLE = DIFFERENCES[0], DIFFERENCES[1]


def of_the_lab(case: Case, row: AspectRow) -> AspectRow:
    """*row* with its reason, if the question was asked by SEA and the row differs as every such question may."""
    if row.same or not case.by_sea:
        return row
    unsignalled = tuple(word for word in row.predicted if word != "Sending SIGBUS to")
    raced = row._replace(predicted=unsignalled).same if row.aspect == "memory_failure" else row.real == AO
    if raced and not case.scenario.host.linux.since("6.17"):
        return row._replace(known=RACE.reason)
    if row.aspect == "signals" and row.real == OBJERR and row.predicted in ((), AR):
        return row._replace(known=HOLE.reason)
    return row


def explained(name: str, row: AspectRow, release: str) -> AspectRow:
    """*row* with its reason, if it is a difference that has one."""
    why = next((d.reason for d in DIFFERENCES if d.explains(name, row, release)), "")
    return row if row.same else row._replace(known=why)
