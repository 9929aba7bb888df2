"""What a kernel did about an error, aspect by aspect, so that a prediction can be held to what a real one did."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from .model.choices import Running
from .model.trace import ArmException, Sigbus, Step, Trace

# aspect -> what is asked; the order is that of every table
ASPECTS: dict[str, str] = {
    "kernel": "does it go on, oops or panic?",
    "records": "how many records does it print?",
    "warnings": "what else does it say, in its own words?",
    "memory_failure": "what does memory_failure() say, in its own words?",
    "page": "what becomes of the page of the process: kept, moved or gone?",
    "signals": "which SIGBUS does the process get?",
    "block_status": "what is in the block's status in the end?",
    "read_ack": "what is in the read ack register in the end?",
    "asked": "what does KVM answer when it is asked for an error?",
    "pending": "what does KVM say to be pending then?",
    "guest": "what does a virtual machine meet?",
    "sources": "which sources does it refuse when it boots?",
}
Value: TypeAlias = str | tuple[str, ...]
Aspects: TypeAlias = dict[str, Value]  # by aspect; what nobody could see is left out


class AspectRow(NamedTuple):
    """One aspect of one thing that was asked, as it was predicted and as it was."""

    asked: str  # the title of what was asked
    aspect: str
    predicted: Value
    real: Value
    known: str = ""  # why they differ, where that is known; or which fact of one machine the prediction goes by

    @property
    def same(self) -> bool:
        """Lists are of words that the kernel's lines must have, each its line; all else must be equal."""
        if not (isinstance(self.predicted, tuple) and isinstance(self.real, tuple)):
            return self.predicted == self.real
        if len(self.predicted) != len(self.real):
            return False
        if self.aspect != "memory_failure":
            return all(word in line for word, line in zip(self.predicted, self.real, strict=True))
        lines = list(self.real)
        for word in sorted(self.predicted, key=len, reverse=True):
            line = next((line for line in lines if word in line), None)
            if line is None:
                return False
            lines.remove(line)
        return True


class Held(NamedTuple):
    """A prediction held to what a real kernel did."""

    name: str
    title: str
    by: str  # which kernel, on what
    rows: tuple[AspectRow, ...]
    predictions: tuple[Trace, ...] = ()
    realities: tuple[Trace, ...] = ()
    silent: tuple[tuple[str, str], ...] = ()  # what was asked and not predicted, and why not

    @property
    def first(self) -> AspectRow | None:
        """The first difference, be it known or not."""
        return next((row for row in self.rows if not row.same), None)

    @property
    def unknown(self) -> AspectRow | None:
        """The first difference that nobody has an explanation for."""
        return next((row for row in self.rows if not row.same and not row.known), None)

    @property
    def verdict(self) -> str:
        """How it stands, in a sentence."""
        if not self.rows:
            return "Nothing was predicted."
        if self.first is None:
            return f"The kernel did what was predicted, in {len(self.rows)} aspects."
        return f"First difference: {self.first.asked}, {self.first.aspect}. {self.first.known or 'Nobody knows why.'}"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.name}: {self.title} ({self.by})"
        title = ""
        for row in self.rows:
            if row.asked != title:
                yield f"  {row.asked}"
            title = row.asked
            if row.same:
                yield f"    {row.aspect:<14} {written(row.real)}"
                yield from [f"    {'':<14} {row.known}"] if row.known else []
            else:
                yield f"  ! {row.aspect:<14} predicted: {written(row.predicted)}"
                yield f"    {'':<14} real:      {written(row.real)}"
        yield from (f"  {title}: no prediction. {why}" for title, why in self.silent)
        yield f"  {self.verdict}"


def written(value: Value) -> str:
    """A value as a text."""
    return value if isinstance(value, str) else "; ".join(value) or "none"


def held(title: str, predicted: Aspects, real: Aspects) -> Iterator[AspectRow]:
    """The aspects that both have."""
    yield from (AspectRow(title, a, predicted[a], real[a]) for a in ASPECTS if a in predicted and a in real)


# --- what a walk says -------------------------------------------------------------------------------------------------

_QUOTED = re.compile(r'"([^"]+)"')
_ENDS = {"host_panic": "panics", "host_oops": "oopses"}
_PRINTS = {"apei.reads", "apei.reads-at-once", "apei.fatal"}
# memory_failure() names each process that it signals, then says what came of the page
_MEMORY_FAILURE = dict.fromkeys(("mm.signals-ao", "mm.signals-ar", "mm.also-signals"), ("Sending SIGBUS to",))
_MEMORY_FAILURE |= dict.fromkeys(("mm.by-consumer", "mm.by-kick", "mm.by-worker", "mm.drops"), ("recovery action for",))


def predicted(*traces: Trace) -> Aspects:
    """What simulated walks, one after the other, say that the host's kernel does; its panic and signals, its words."""
    steps = [step for trace in traces for step in trace if step.machine == "host"]
    left = {name: value for step in steps for name, value in step.sets}
    page = left.get("host page")
    aspects: Aspects = {
        "kernel": next((_ENDS[end] for trace in traces if (end := trace.outcome["host"]) in _ENDS), "goes on"),
        "records": str(sum(_printed(trace) for trace in traces)),
        "warnings": tuple(word for step in steps for word in _words(step)),
        "memory_failure": said(word for step in steps for word in _of_memory_failure(step)),
        "page": "moved" if page == "moved" else "gone" if page else "kept",
        "signals": tuple(signal(s.carries) for s in steps if isinstance(s.carries, Sigbus)),
    }
    if met := _met(traces):
        aspects["guest"] = met
    for aspect in ("block_status", "read_ack"):
        if value := left.get(f"host {aspect}"):
            aspects[aspect] = value
    return aspects


def _of_memory_failure(step: Step) -> Iterable[str]:
    """The words that memory_failure() logs in this step: those that the step quotes, or what its kind always has."""
    if step.actor != "memory_failure":
        return ()
    return _MEMORY_FAILURE.get(step.text.key) or _QUOTED.findall(str(dict(step.args).get("log", "")))


def said(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines of memory_failure() in an order of their own: it signals before or after it speaks of the page."""
    return tuple(sorted(lines))


def signal(sigbus: Sigbus) -> str:
    """A signal without the address that a process happens to have for its memory."""
    where = "at its memory" if sigbus.address else "at 0"
    return f"{sigbus.code} {where}, lsb {sigbus.lsb}"


def _met(traces: Iterable[Trace]) -> str:
    """The last exception that the guest has taken, where one was running."""
    last = ""
    for trace in traces:
        if trace.scenario.cpu.running is Running.GUEST:
            met = [s.carries for s in trace if isinstance(s.carries, ArmException) and s.to and s.to.machine == "guest"]
            last = f"vector {met[-1].vector:#x}, ESR_EL1 {met[-1].esr:#x}" if met else "goes on"
    return last


def _printed(trace: Trace) -> bool:
    """Does the kernel print the record? Not one that it has seen within ten seconds."""
    keys = {step.text.key for step in trace if step.machine == "host"}
    return bool(keys & _PRINTS) and not ("apei.dropped" in keys or trace.scenario.host.repeated)


def _words(step: Step) -> list[str]:
    """What a step quotes of the log: only an actor of the kernel has words there, and a panic's are its own aspect."""
    silent = step.el in ("EL0", "EL3", "HW") or step.actor == "memory_failure" or "panics" in step.does
    return [] if silent else _QUOTED.findall(step.does)
