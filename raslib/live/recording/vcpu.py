"""KVM_SET_VCPU_EVENTS on a real KVM, held to the simulator's model of it."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ...sim.aspects import AspectRow, Aspects, held
from ...sim.kvm import vcpu_events
from .observed import of_guest
from .question import RecordedStep, linux
from .reaction import Reaction
from .steps import SetVcpuEvents

_ANSWER = re.compile(r"^KVM_SET_VCPU_EVENTS .*: (\w+)$", re.MULTILINE)
_PENDING = re.compile(r"^KVM_GET_VCPU_EVENTS: (.*)$", re.MULTILINE)


def called(asked: RecordedStep, step: SetVcpuEvents) -> Iterator[AspectRow]:
    """What KVM answers, what it says then to be pending, and what its guest meets."""
    reaction = asked.reaction
    yield from held(reaction.title, _predicted(reaction.kernel, step.events), _observed(reaction))


def _predicted(kernel: str, events: vcpu_events.VcpuEvents | None) -> Aspects:
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


def _observed(reaction: Reaction) -> Aspects:
    answer, pending = _ANSWER.search(reaction.output), _PENDING.search(reaction.output)
    found: Aspects = {"guest": of_guest(reaction) or "not seen"}
    if answer and pending:
        found |= {"asked": answer[1], "pending": pending[1]}
    return found
