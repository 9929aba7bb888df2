"""A real kernel's reaction, told as a trace: the same steps as a simulated one's, for the same views."""

import re
from collections.abc import Iterator
from itertools import groupby

from ..formats.hest import Notify
from ..sim.hardware import EL3, HARDWARE, kernel_of
from ..sim.outcome import Mark, Outcome, acked, claimed, ended, sent
from ..sim.platform import source_of
from ..sim.trace import Cper, Interrupt, Place, Step, Text, Trace
from .cases import Case
from .reaction import Reaction

WRITES = Text(
    "live.writes",
    "writes {bytes} bytes into the block of source {source_id}",
    "The lab plays firmware: these very bytes were in the machine's memory",
)
NOTIFIES = Text("live.notifies", "notifies by {notify}", "The lab plays firmware")
ABORTS = Text(
    "live.aborts",
    "takes a synchronous External Abort from an application",
    "The application reads a hole in the machine's physical memory",
)
PRINTS = Text("live.prints", "prints the record", "{lines}")
SAYS = Text("live.says", "says: {line}", "A line of the kernel's log")
PANICS = Text("live.panics", "panics: {line}", "{lines}")
LEAVES = Text("live.leaves", "has given the block back", "What was in the memory in the end")
SIGNALS = Text("live.signals", "sends the process SIGBUS, {code}", "When, the log does not tell")
TAKES = Text("live.takes", "takes SIGBUS, {code}", "The process has told what it got")
PAGE = Text("live.page", "finds the page {page}", "The lab has looked up which frame the process has there")

_RECORD = re.compile(r"^\{(\d+)\}\[Hardware Error\]: ?")
_MEMORY_FAILURE = "Memory failure: "


def retold(reaction: Reaction, case: Case) -> Trace:
    """*reaction* to what *case* describes. Who was signalled by whom in which order, the log alone does not tell: the
    lines come first, then what the process got.
    """
    said = [*_steps(reaction, case)]
    steps = tuple(one for one in said if isinstance(one, Step))
    marks = (one for one in said if isinstance(one, Mark))
    return Trace(case.scenario, steps, Outcome().after(*marks)._asdict())


def _steps(r: Reaction, case: Case) -> Iterator[Step | Mark]:
    kernel = kernel_of(case.scenario)
    if r.block is not None:
        source = source_of(case.hest)
        address = source.block_address
        sets = {"host block_status": f"{int.from_bytes(r.block[:4], 'little'):#x}"}
        sets |= {} if r.ack is None else {"host read_ack": "0x0"}
        carries = Cper(address, r.block)
        yield EL3(WRITES, carries=carries, sets=sets, bytes=len(r.block), source_id=r.source)
        yield acked("host", False)
    yield _notified(case, kernel.by("kernel"))
    for record, lines in groupby(before_panic(r.log), _record_of):
        yield from _said(record, list(lines), kernel.by("APEI"), kernel.by("memory_failure"), kernel.by("kernel"))
    if r.block is not None and not r.block_status and r.ack != 0:
        sets = {"host block_status": "0x0"} | ({} if r.ack is None else {"host read_ack": f"{r.ack:#x}"})
        yield kernel.by("APEI")(LEAVES, sets=sets)
        yield acked("host")
    if r.panicked:
        line, *trace = r.log[len(before_panic(r.log)) :]
        yield kernel.by("kernel")(PANICS, line=line, lines=", ".join(word.strip() for word in trace))
        yield ended("host", "host_panic")
    process = Place("host", "EL0", "process")
    if r.page in ("moved", "gone"):
        yield process(PAGE, page=r.page, sets={"host page": r.page})
        yield ended("host", "recovered")
    for sigbus in r.signals:
        sets = {"process signal": sigbus.code}
        yield kernel.by("kernel")(SIGNALS, to=process, carries=sigbus, sets=sets, code=sigbus.code)
        yield sent("host", sigbus.code)
        yield process(TAKES, code=sigbus.code)


def _notified(case: Case, kernel: Place) -> Step:
    notify = Notify(source_of(case.hest).notify)
    if notify is Notify.SEA:
        return HARDWARE(ABORTS, to=kernel, sets={"PE": kernel.el})
    return EL3(NOTIFIES, to=kernel, carries=Interrupt(notify.name), notify=notify.name)


def before_panic(log: tuple[str, ...]) -> tuple[str, ...]:
    """The lines up to the panic, if there is one."""
    at = next((i for i, line in enumerate(log) if line.startswith("Kernel panic")), len(log))
    return log[:at]


def _record_of(line: str) -> str:
    found = _RECORD.match(line)
    return found[1] if found else ""


def _said(record: str, lines: list[str], apei: Place, mm: Place, kernel: Place) -> Iterator[Step | Mark]:
    if record:
        yield apei(PRINTS, lines="; ".join(_RECORD.sub("", line).strip() for line in lines))
        yield claimed("host", "APEI")
        yield ended("host", "logged")
        return
    for line in lines:
        place = (
            mm
            if line.startswith(_MEMORY_FAILURE)
            else apei
            if "GHES" in line or "ghes" in line or "Firmware Warn" in line
            else kernel
        )
        yield place(SAYS, line=line)
