"""What was observed in a reaction, as a simulated story has it: aspect by aspect, and as a trace for the same views."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from ...formats.hest import Hest, Notify
from ...sim.aspects import AspectRow, Aspects, held, said, signal
from ...sim.cpu.hardware import EL3, HARDWARE, kernel_of
from ...sim.kvm import vcpu_events
from ...sim.linux.hest_init import probe
from ...sim.model.messages import Kernel
from ...sim.model.outcome import Mark, acked, claimed, ended, sent
from ...sim.model.platform import GhesSource, source_of
from ...sim.model.trace import CperBytes, Interrupt, Place, RegisterContent, Step, StepText, Trace
from .question import Case, case_of, linux
from .reaction import Reaction

_RECORD = re.compile(r"^\{(\d+)\}\[Hardware Error\]: ?")
_MEMORY_FAILURE = "Memory failure: "


def observed(reaction: Reaction) -> Aspects:
    """The account of a reaction: each line of the log a record's, a panic's, memory_failure()'s or else a warning."""
    calm = reaction.calm
    plain = [line for line in calm if not _RECORD.match(line)]
    account: Aspects = {
        "kernel": "panics" if reaction.panicked else "oopses" if reaction.oops else "goes on",
        "records": str(sum("event severity: " in line for line in calm if _RECORD.match(line))),
        "warnings": tuple(line for line in plain if not line.startswith(_MEMORY_FAILURE)),
        "memory_failure": said(line for line in plain if line.startswith(_MEMORY_FAILURE)),
    }
    if reaction.victim:
        account["signals"] = tuple(map(signal, reaction.signals))
    if reaction.page:
        account["page"] = reaction.page
    for aspect, value in (("block_status", reaction.block_status), ("read_ack", reaction.ack)):
        if value is not None:
            account[aspect] = f"{value:#x}"
    if met := of_guest(reaction):
        account["guest"] = met
    return account


_MET = re.compile(r"^the virtual machine is at vector (0x[0-9a-f]+): ESR_EL1 (0x[0-9a-f]+)", re.MULTILINE)


def of_guest(reaction: Reaction) -> str:
    """What a virtual machine has met; empty if nobody could see that."""
    if met := _MET.search(reaction.output):
        return f"vector {met[1]}, ESR_EL1 {met[2]}"
    return "goes on" if "the virtual machine goes on" in reaction.output else ""


# --- at boot ---------------------------------------------------------------------------------------------

_OF_SOURCE = re.compile(r"generic hardware error source: (\d+)|Generic hardware error source: (\d+) |GHES\.(\d+) ")
# up to 6.8, and since
_REFUSED = re.compile(r"^GHES: probe of GHES\.(\d+) failed|^GHES GHES\.(\d+): probe with driver GHES failed")
# What Linux says of any table, and that has no bearing on a source: the lab has put it in; no _OSC in the machine.
_ORDINARY = {
    "ACPI: Table Upgrade: install [HEST-RASLIB-RASLAB  ]",
    "HEST: Table parsing has been initialized.",
    "GHES: Failed to enable APEI firmware first mode.",
}


def booted(hest: Hest, reaction: Reaction) -> Iterator[AspectRow]:
    """Source by source: does the kernel take it, and if not, in which words? And does it say anything else?"""
    any_source = case_of(reaction.kernel, hest, hest.error_sources[0].source_id, None)  # all have one kernel
    refused, words, rest = set[int](), dict[int, str](), list[str]()
    for line in reaction.log:
        if number := _REFUSED.match(line):
            refused.add(int(number[1] or number[2]))
        elif number := _OF_SOURCE.search(line):
            words[int(next(filter(None, number.groups())))] = line
        elif line not in _ORDINARY:
            rest.append(line)
    for probed in probe(hest, any_source.scenario, "host"):
        source_id = getattr(probed.source, "source_id", -1)
        expected = _in_words(not probed.used, " ".join(probed.words))
        yield AspectRow(
            f"source {source_id}", "sources", expected, _in_words(source_id in refused, words.get(source_id, ""))
        )
    yield AspectRow(reaction.title, "warnings", (), tuple(rest))


def _in_words(refused: bool, words: str) -> str:
    return ": ".join(filter(None, ("refused" if refused else "used", words)))


# --- KVM_SET_VCPU_EVENTS on a real KVM, held to the simulator's model of it

_ANSWER = re.compile(r"^KVM_SET_VCPU_EVENTS .*: (\w+)$", re.MULTILINE)
_PENDING = re.compile(r"^KVM_GET_VCPU_EVENTS: (.*)$", re.MULTILINE)


def called(reaction: Reaction, events: vcpu_events.VcpuEvents | None) -> list[AspectRow]:
    """What KVM answers to *events*, what it says then to be pending, and what its guest meets."""
    return list(held(reaction.title, _of_vcpu(reaction.kernel, events), _answered(reaction)))


def _of_vcpu(kernel: str, events: vcpu_events.VcpuEvents | None) -> Aspects:
    masked = vcpu_events.Vcpu(at_once=linux(kernel).since("6.17"), a=True)  # as the lab's guest is when that is done
    if events is None:
        return {"guest": "goes on"}
    after, errno = vcpu_events.set_events(masked, events)
    met = vcpu_events.run(replace(after, a=bool(after.entered))).entered  # then it does not
    return {
        "asked": "EINVAL" if errno else "done",
        "pending": str(vcpu_events.get_events(after)),
        "guest": f"vector {met[0].vector:#x}, ESR_EL1 {met[0].esr:#x}" if met else "goes on",
    }


def _answered(reaction: Reaction) -> Aspects:
    answer, pending = _ANSWER.search(reaction.output), _PENDING.search(reaction.output)
    found: Aspects = {"guest": of_guest(reaction) or "not seen"}
    if answer and pending:
        found |= {"asked": answer[1], "pending": pending[1]}
    return found


# --- as a trace -------------------------------------------------------------------------------------------------------

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
