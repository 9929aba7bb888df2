"""What happened: steps, what they hand over, and how it ended. A recording of a real machine is made of the same.

A stage yields steps and marks; `Trace.of` puts them together. A step is a `Place` (who, at which Exception level, of
which machine) and a `StepText` (a template, its reason, its sources), with what fills the template, what is handed over
to whom, and what changes. Sentences are made when somebody looks: a step is a small value that compares.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from textwrap import fill
from typing import Any, NamedTuple, Self, TypeAlias, TypeVar

from ...formats.cper import Severity
from ...formats.ghes import StatusBlock
from ...formats.hest import Hest
from ...records import RecordError
from .outcome import Mark, Outcome, sentence, words
from .platform import table_mark
from .scenario import Scenario
from .sources import citations

# --- what one hands to another ---------------------------------------------------------------------------------------


class ArmException(NamedTuple):
    """An exception as it is taken: its syndrome, and where the PE goes on.

    kind: SEA, SError or virtual SError
    target: the Exception level, EL1 to EL3
    esr: ESR_ELx of the target, 32 bits that count
    vector: offset from VBAR_ELx of the target, in bytes
    """

    kind: str  # SEA, SError or virtual SError
    target: str  # the Exception level
    esr: int
    vector: int  # offset from VBAR_ELx of the target

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        label = f"{self.kind} to {self.target}, ESR {self.esr:#x}, vector {self.vector:#05x}"
        return {"kind": "exception", "label": label, "hex": None, "fields": None}


class Interrupt(NamedTuple):
    """An interrupt, or an event that firmware delivers like one; *name* as its documents call it."""

    name: str

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        return {"kind": "interrupt", "label": self.name, "hex": None, "fields": None}


class RegisterContent(NamedTuple):
    """A register that somebody else reads: its name as Arm writes it, and its value of up to 64 bits."""

    name: str
    value: int

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        return {"kind": "register", "label": f"{self.name} = {self.value:#x}", "hex": None, "fields": None}


class CperBytes(NamedTuple):
    """A Generic Error Status Block in memory (ACPI 6.5 §18.3.2.7.1): a physical address, and the bytes that lie there.

    They are what was written, which may be no block at all: `StatusBlock.parse(block)` may raise `RecordError`.
    """

    address: int
    block: bytes

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        label = f"{len(self.block)} bytes, {_severity(self.block)}"
        return {"kind": "CPER", "label": label, "hex": self.block.hex(), "fields": None}


class Sigbus(NamedTuple):
    """All that user space ever learns of an error, and so the whole coupling between the host and a guest.

    code: si_code: BUS_MCEERR_AR, BUS_MCEERR_AO, BUS_OBJERR or SI_KERNEL
    address: si_addr, in the process that gets it; 0: there is none
    lsb: si_addr_lsb: the lowest bit of the address that counts
    """

    code: str  # si_code: BUS_MCEERR_AR, BUS_MCEERR_AO, BUS_OBJERR or SI_KERNEL
    address: int  # si_addr, in the process that gets it
    lsb: int = 12  # si_addr_lsb: the lowest bit of the address that counts

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        label = f"SIGBUS {self.code}, si_addr {self.address:#x}, lsb {self.lsb}"
        return {"kind": "signal", "label": label, "hex": None, "fields": None}


class Ioctl(NamedTuple):
    """What user space asks of KVM: the call's name, and in words what it asks for or returns."""

    name: str
    asks: str

    def view(self) -> dict[str, Any]:
        """Plain values for the views: its kind, a label in a line, its bytes in hex or None, and no fields yet."""
        return {"kind": "ioctl", "label": f"{self.name}: {self.asks}", "hex": None, "fields": None}


T = TypeVar("T")
Carried: TypeAlias = ArmException | Interrupt | RegisterContent | CperBytes | Sigbus | Ioctl


@cache
def _severity(block: bytes) -> str:
    if not any(block[:4]):
        return "empty"
    try:
        severity = StatusBlock.parse(block).error_severity
    except RecordError:
        return "malformed"
    return severity.name.lower() if isinstance(severity, Severity) else f"severity {severity}"


# --- steps -----------------------------------------------------------------------------------------------------------


class StepText(NamedTuple):
    """What a step says: templates, filled in only when somebody looks.

    key: a word of the actor's, a dot, and what it does; no two texts have the same
    does: the sentence whose subject is the actor, with fields in braces
    why: the reason, or what follows from it, with fields
    cites: keys of `sources.citations()`
    """

    key: str
    does: str
    why: str = ""
    cites: tuple[str, ...] = ()


class Place(NamedTuple):
    """An actor where it acts: machine (host or guest), Exception level (HW for hardware), and name.

    Called with a text it makes the step: *to* is whom it hands over to, *carries* what it hands over, *sets* what
    changes (None: nothing), and all other arguments fill the text.
    """

    machine: str
    el: str
    actor: str

    @property
    def lane(self) -> str:
        """Where it is drawn: machine and Exception level, a key of `LANES`."""
        return f"{self.machine}.{self.el}"

    def __call__(
        self,
        text: StepText,
        /,
        *,
        to: "Place | None" = None,
        carries: Carried | None = None,
        sets: Mapping[str, str | None] | None = None,
        **args: Any,
    ) -> "Step":
        changes = tuple([pair for pair in sets.items() if pair[1] is not None]) if sets else ()
        return Step(self, text, tuple(args.items()), to, carries, changes)


class Step(NamedTuple):
    """One actor does one thing. The Exception level is the step's, not the actor's.

    `does` and `why` are its sentences, filled in; `carries` is what it hands `to` whom; `sets` are pairs of a name and
    the value that it has from then on. `view()` is all of it as plain values.
    """

    place: Place
    text: StepText
    args: tuple[tuple[str, Any], ...]
    to: Place | None  # whom it hands over to
    carries: Carried | None  # what it hands over
    sets: tuple[tuple[str, str | None], ...]  # what changes: name -> value

    @property
    def machine(self) -> str:
        """host or guest."""
        return self.place.machine

    @property
    def el(self) -> str:
        """The Exception level, EL0 to EL3, or HW."""
        return self.place.el

    @property
    def actor(self) -> str:
        """Who acts: KVM, APEI, QEMU, ..."""
        return self.place.actor

    @property
    def does(self) -> str:
        """What it does: a sentence without its subject."""
        return self.text.does.format_map(dict(self.args))

    @property
    def why(self) -> str:
        """The reason, or what follows from it, in sentences; may be empty."""
        return self.text.why.format_map(dict(self.args))

    def view(self) -> dict[str, Any]:
        """Plain values for the views: where, who, the sentences, the sources, what is handed over, and what changes.

        `to` is the lane that it is handed to, or None if that is the lane of the step itself.
        """
        to = self.to.lane if self.to else None
        return {
            "lane": self.place.lane,
            "to": None if to == self.place.lane else to,
            "actor": self.actor,
            "el": self.el,
            "machine": self.machine,
            "does": self.does,
            "why": self.why,
            "cites": [citations()[key].view() for key in self.text.cites],
            "carries": self.carries.view() if self.carries else None,
            "sets": dict(self.sets),
        }


# --- stages and traces -----------------------------------------------------------------------------------------------

# A stage takes a scenario and a message, yields its steps and marks, and returns the name of the next stage with its
# message, or the mark that is its last, or END.
Next: TypeAlias = tuple[str, Any] | None
Stage: TypeAlias = Generator[Step | Mark, None, Next | Mark]
END: Next = None


LANES = {  # machine and level -> who executes there
    "host.HW": "hardware",
    "host.EL3": "firmware",
    "host.EL2": "kernel, KVM",
    "host.EL1": "kernel",
    "host.EL0": "QEMU, processes",
    "guest.EL1": "kernel",
    "guest.EL0": "processes",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that happened in a scenario, from the error to its last consequence.

    Iterates over its steps; `str` of it is to be read. `outcome` has a word for each part of an `Outcome`, and *hest*
    is the table that was given for the host; None: the one that its choices make. *source* is the id of the source of
    it that was asked for, where several notify alike.
    """

    scenario: Scenario
    steps: tuple[Step, ...]
    outcome: dict[str, str] = field(hash=False)  # follows from the scenario
    hest: Hest | None = None
    source: int | None = None

    @classmethod
    def of(
        cls, scenario: Scenario, events: Iterable[Step | Mark], hest: Hest | None = None, source: int | None = None
    ) -> Self:
        """The trace of what was *events*, steps and marks in their order."""
        events = [*events]
        marks = [one for one in events if isinstance(one, Mark)]
        steps = tuple([one for one in events if isinstance(one, Step)])
        return cls(scenario, steps, Outcome().after(*marks)._asdict(), hest, source)

    @property
    def title(self) -> str:
        """The scenario in a line; of a table that was given, which source speaks."""
        return self.scenario.describe(self.hest, self.source)

    @property
    def token(self) -> str:
        """The token of its scenario; of a table that was given, its mark stands behind (`platform.table_mark`)."""
        return self.scenario.token() + (table_mark(self.hest, self.source) if self.hest else "")

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def guest(self) -> tuple[Step, ...]:
        """The part that is the guest's: what happens in it, and what QEMU, its firmware, does."""
        return tuple(s for s in self.steps if s.machine == "guest" or s.actor == "QEMU")

    def handed(self, kind: type[T]) -> tuple[T, ...]:
        """Everything of this kind that was handed over, in order: `trace.handed(Sigbus)`."""
        return tuple(s.carries for s in self.steps if isinstance(s.carries, kind))

    def lanes(self) -> list[dict[str, str]]:
        """The lanes that its steps use, in the order of `LANES`: id, label, what it is, and the machine of each."""
        used = {place.lane for s in self.steps for place in (s.place, s.to) if place}
        lanes = {lane: who for lane, who in LANES.items() if lane in used}
        if "host.EL1" in used and "host.EL2" in used:  # without VHE EL2 is KVM's alone
            lanes["host.EL2"] = "KVM"
        parts = ((lane, *lane.split("."), who) for lane, who in lanes.items())
        return [{"id": lane, "label": el, "sub": who, "machine": machine} for lane, machine, el, who in parts]

    def view(self) -> dict[str, Any]:
        """Plain values for the views: title, token, lanes, steps and outcome; a table that was given, as hex digits."""
        return {
            "title": self.title,
            "token": self.token,
            "lanes": self.lanes(),
            "steps": [s.view() for s in self.steps],
            "outcome": self.outcome,
            **({"hest": self.hest.build().hex()} if self.hest else {}),
        }

    def __str__(self) -> str:
        """The trace to read: exception levels on the left, the reason below each step, the end at the end."""
        indent, lines = " " * 12, [self.title, ""]
        for s in self.steps:
            head = f"{s.machine:5} {s.el:4}  "
            carried = f" [{s.carries.view()['label']}]" if s.carries else ""
            lines.append(fill(f"{head}{s.actor} {s.does}{carried}", 110, subsequent_indent=indent))
            lines.append(fill(s.why, 110, initial_indent=f"{indent}  ", subsequent_indent=f"{indent}  "))
        ends = sentence(self.outcome["end"]), f"outcome: {words(self.outcome)}"
        return "\n".join([*filter(None, lines[:1]), "", *filter(None, lines[2:]), "", *ends])
