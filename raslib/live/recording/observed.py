"""What was observed in a reaction, aspect by aspect, in the words in which a prediction is put."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ...formats.hest import Hest
from ...sim.aspects import AspectRow, Aspects, held, said, signal
from ...sim.kvm import vcpu_events
from ...sim.linux.hest_init import probe
from .question import case_of, linux
from .reaction import Reaction

_RECORD_LINE = re.compile(r"^\{\d+\}\[Hardware Error\]: ")
_MEMORY_FAILURE = "Memory failure: "


def observed(reaction: Reaction) -> Aspects:
    """The account of a reaction: each line of the log a record's, a panic's, memory_failure()'s or else a warning."""
    calm = reaction.calm
    plain = [line for line in calm if not _RECORD_LINE.match(line)]
    account: Aspects = {
        "kernel": "panics" if reaction.panicked else "oopses" if reaction.oops else "goes on",
        "records": str(sum("event severity: " in line for line in calm if _RECORD_LINE.match(line))),
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
