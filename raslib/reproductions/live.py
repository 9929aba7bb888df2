"""A Python script that has the lab ask a real kernel under QEMU; `raslib.live` runs it and compares."""

from textwrap import wrap

from ..formats.hest import Hest
from ..live.recording.question import SOURCES, KernelQuestion, own_case, own_question
from ..sim.kvm.vcpu_events import asked
from ..sim.model.choices import AsksSerror, Begin, First, Ghes, Page, Priority, ReportedBy, Running
from ..sim.model.scenario import Scenario
from ..sim.model.trace import ArmException, Trace
from ..sim.qemu.qemu import given_block
from ..sim.walk import walk
from .parts import Reproduction, block_of, ends, otherwise, refuse_chosen
from .scripts import qmp

PLACES = {Page.FREE: "free", Page.KERNEL: "slab"}  # what the lab has, beside a page of a process
_NEEDS = "QEMU for arm64 and `raslib live fetch`; the kernel is the one that this fetched"
_ASK = """\
from raslib import live

block = bytes.fromhex(
{block}
)
reaction = live.ask(block, {arguments})
print(reaction)
"""
_EVENTS = """\
from raslib import live
from raslib.sim.kvm.vcpu_events import VcpuEvents

with live.Machine(setup=live.Setup(kvm=True{append})) as machine:
    print(live.Vmm(machine).set_events({events!r}))
"""
_SERROR = """\
from raslib import live
from raslib.formats.hest import Notify

with live.Machine(live.sources(Notify.POLLED), live.El3.SETUP) as machine, live.El3(machine) as firmware:
    print(firmware.serror({esr:#x}))
"""


def live(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """What of *s* the lab can ask: a block from firmware or by QMP, an SError of the kernel, KVM_SET_VCPU_EVENTS.

    Raises ValueError for anything else.
    """
    if s.begin is Begin.EVENTS:
        return _events(s)
    if s.begin is Begin.QMP:
        needs = (_NEEDS, "QEMU 11.1 or newer on the PATH: older ones do not know the command")
        return qmp(s)._replace(needs=needs, body=_ask(given_block(s), "'qmp'"))
    trace = walk(s, hest=hest)
    if s.host.first is First.KERNEL and s.cpu.running is Running.KERNEL and s.error.report is not ReportedBy.SEA:
        return _serror(s, trace)
    return _report(s, trace)


def _report(s: Scenario, trace: Trace) -> Reproduction:
    """Firmware's block by the source of *s*, about a page of the kind of *s*."""
    question = _question(s, block_of(trace, "EL3", "the lab reports blocks, and here firmware writes none"))
    case = own_case(question, s.host.linux.value)
    arguments = [repr(question.source), *([repr(question.victim)] if question.victim else [])]
    arguments += ["repeated=True"] if question.repeated else []
    compared = f"print(live.compare(reaction, {question.source!r}, repeated={question.repeated}))\n"
    body = _ask(question.block, ", ".join(arguments)) + compared
    needs = (_NEEDS, *otherwise(trace.scenario, case.scenario))
    return Reproduction(case.scenario, needs, (), ends(case.walk().outcome), body)


def _ask(block: bytes, arguments: str) -> str:
    rows = "\n".join(f'    "{row}"' for row in wrap(block.hex(), 100))
    return _ASK.format(block=rows, arguments=arguments)


def _question(s: Scenario, block: bytes) -> KernelQuestion:
    """The lab's question for *block* in the source of *s*. Raises ValueError for a source or a page that it has not."""
    wanted = {(one.notify, one.v2): name for name, one in reversed(SOURCES.items())}
    source = wanted.get((s.host.notify, s.host.ghes is Ghes.V2)) or wanted.get((s.host.notify, True))
    if source == "sdei" and s.el3.priority is Priority.CRITICAL:
        source = "sdei-critical"
    if source is None:
        raise ValueError(f"the lab has no source that notifies by {s.host.notify.name}; it has {', '.join(SOURCES)}")
    if s.host.page is not Page.ANONYMOUS and s.host.page not in PLACES:
        raise ValueError(f"the lab has no page that is {s.host.page.means}")
    victim = "" if s.host.page in PLACES else s.host.kill.value
    return own_question(block, source, victim, PLACES.get(s.host.page, ""), s.host.repeated)


def _serror(s: Scenario, trace: Trace) -> Reproduction:
    """An SError that the host's kernel takes itself; EL3 hands it on as it is."""
    esr = next((one.esr for one in trace.handed(ArmException) if one.kind == "SError"), None)
    if esr is None:
        raise ValueError(f"no SError reaches the host's kernel in this scenario. {' '.join(ends(trace.outcome))}")
    return Reproduction(s, (_NEEDS,), (), ends(trace.outcome), _SERROR.format(esr=esr))


def _events(s: Scenario) -> Reproduction:
    """What user space asks of KVM. The lab's guest masks SErrors then, and does not any more when it goes on."""
    refuse_chosen(s, ("ask.migration",), "The lab has one machine")
    if s.ask.serror is AsksSerror.CANCEL:
        raise ValueError("the lab asks KVM once, and to leave an SError pending takes two calls")
    done = s.choose(guest_masked=True, guest_unmasks=True)
    append = "" if s.host.vhe else ", append='kvm-arm.mode=nvhe'"
    body = _EVENTS.format(append=append, events=asked(s.ask.serror, s.ask.abort))
    expected = tuple(f"Linux in the guest's place. {end}" for end in ends(walk(done).outcome))
    return Reproduction(done, (_NEEDS, *otherwise(s, done)), (), expected, body)
