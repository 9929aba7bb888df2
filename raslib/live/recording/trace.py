"""A real kernel's reaction as a trace: the same steps as a simulated one's, for the same views."""

import re
from collections.abc import Iterator
from itertools import groupby

from ...formats.hest import Notify
from ...sim.cpu.hardware import EL3, HARDWARE, kernel_of
from ...sim.model.messages import Kernel
from ...sim.model.outcome import Mark, acked, claimed, ended, sent
from ...sim.model.platform import GhesSource, source_of
from ...sim.model.trace import CperBytes, Interrupt, Place, RegisterContent, Step, StepText, Trace
from .observed import of_guest
from .question import Case
from .reaction import Reaction

# fmt: off
WRITES = StepText("live.writes", "writes {bytes} bytes into the block of source {source_id}",
    "The lab plays firmware: these very bytes were in the machine's memory")
NOTIFIES = StepText("live.notifies", "notifies by {notify}", "The lab plays firmware")
ABORTS = StepText("live.aborts", "takes a synchronous External Abort from {who}",
    "An application reads a hole in the machine's physical memory; for a guest the lab has EL2 take it")
RAISES = StepText("live.raises", "has an SError taken from {who}", "The lab plays EL3, which hands it on as it is")
MEETS = StepText("live.meets", "has met: {met}", "A program without a system, which reports what it sees")
PRINTS = StepText("live.prints", "prints the record", "{lines}")
SAYS = StepText("live.says", "says: {line}", "A line of the kernel's log")
PANICS = StepText("live.panics", "panics: {line}", "{lines}")
LEAVES = StepText("live.leaves", "has given the block back", "What was in the memory in the end")
SIGNALS = StepText("live.signals", "sends the process SIGBUS, {code}", "The log does not have when")
TAKES = StepText("live.takes", "takes SIGBUS, {code}", "The process reports what it got")
PAGE = StepText("live.page", "finds the page {page}", "The lab has looked up which frame the process has there")
# fmt: on

_RECORD = re.compile(r"^\{(\d+)\}\[Hardware Error\]: ?")
_LOGGED_BY = {"Memory failure: ": "memory_failure", "GHES: ": "APEI", "ghes_": "APEI", "[Firmware Warn]: ": "APEI"}


def trace_of(reaction: Reaction, case: Case) -> Trace:
    """*reaction* to what *case* describes. Who was signalled by whom in which order, the log alone does not have: its
    lines come first, then what the process got.
    """
    return Trace.of(case.scenario, _steps(reaction, case), case.hest)


def _steps(r: Reaction, case: Case) -> Iterator[Step | Mark]:
    kernel = kernel_of(case.scenario)
    if case.hest and case.block is not None:
        yield _written(r, source_of(case.hest), case.block)
        yield acked("host", False)
    yield _notified(case, kernel.by("kernel"))
    calm = r.calm
    for record, lines in groupby(calm, _record_of):
        yield from _logged(record, list(lines), kernel)
    if case.block is not None and r.block_status == 0 and r.ack != 0:
        sets = {"host block_status": "0x0", "host read_ack": None if r.ack is None else f"{r.ack:#x}"}
        yield kernel.by("APEI")(LEAVES, sets=sets)
        yield acked("host")
    if r.panicked:
        yield ended("host", "host_panic")
        line, *rest = r.log[len(calm) :] or ("the log ends before that",)
        yield kernel.by("kernel")(PANICS, line=line, lines=", ".join(word.strip() for word in rest))
    yield from _process(r, kernel.by("kernel"), Place("host", "EL0", "process"))
    if end := _end(r, case):
        yield ended("host", end)
    if met := of_guest(r):
        yield Place("guest", "EL1", "kernel")(MEETS, met=met)


def _written(r: Reaction, source: GhesSource, block: bytes) -> Step:
    sets = {
        "host block_status": f"{int.from_bytes(block[:4], 'little'):#x}",
        "host read_ack": None if r.ack is None else "0x0",
    }
    carries = CperBytes(source.block_address, block)
    return EL3(WRITES, carries=carries, sets=sets, bytes=len(block), source_id=r.source)


def _process(r: Reaction, kernel: Place, process: Place) -> Iterator[Step | Mark]:
    """What the process has reported of itself."""
    if r.page in ("moved", "gone"):
        yield process(PAGE, page=r.page, sets={"host page": r.page})
    if r.page == "gone":
        yield ended("host", "recovered")
    for sigbus in r.signals:
        sets = {"process signal": sigbus.code}
        yield kernel(SIGNALS, to=process, carries=sigbus, sets=sets, code=sigbus.code)
        yield sent("host", sigbus.code)
        yield process(TAKES, code=sigbus.code)


def _end(r: Reaction, case: Case) -> str:
    """How it ended for the kernel, where no panic, no signal and no page says so."""
    if r.panicked or r.signals or r.page == "gone":
        return ""
    if case.hest is None or case.block is None:
        return "" if of_guest(r).startswith("vector") else "ignored"
    return "logged" if any(map(_record_of, r.log)) else "lost"


def _notified(case: Case, kernel: Place) -> Step:
    who = case.scenario.cpu.running.means.partition(";")[0]
    if case.hest is None:
        carries = None if case.esr is None else RegisterContent(f"ESR_{kernel.el}", case.esr)
        return EL3(RAISES, to=kernel, carries=carries, sets={"PE": kernel.el}, who=who)
    notify = Notify(source_of(case.hest).notify)
    if notify is Notify.SEA:
        return HARDWARE(ABORTS, to=kernel, sets={"PE": kernel.el}, who=who)
    return EL3(NOTIFIES, to=kernel, carries=Interrupt(notify.name), notify=notify.name)


def _record_of(line: str) -> str:
    record = _RECORD.match(line)
    return record[1] if record else ""


def _logged(record: str, lines: list[str], kernel: Kernel) -> Iterator[Step | Mark]:
    if record:
        yield kernel.by("APEI")(PRINTS, lines="; ".join(_RECORD.sub("", line).strip() for line in lines))
        yield claimed("host", "APEI")
        return
    for line in lines:
        actor = next((actor for word, actor in _LOGGED_BY.items() if word in line), "kernel")
        yield kernel.by(actor)(SAYS, line=line)
