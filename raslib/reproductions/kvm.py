"""A C program that asks KVM for what a vCPU is to meet, and holds what it meets to the simulator's model of KVM."""

from pathlib import Path
from typing import NamedTuple

from ..formats.hest import Hest
from ..sim.cpu import syndromes
from ..sim.kvm.vcpu_events import Vcpu, VcpuEvents, asked, get_events, run, set_events, vcpu_of
from ..sim.model.choices import AsksSerror, Begin, Category
from ..sim.model.scenario import Scenario
from ..sim.model.trace import Trace
from ..sim.qemu.qemu import BY_SEA, BY_SEI
from ..sim.walk import walk
from .parts import Reproduction, ends, refuse_chosen, setup

PROGRAM = Path(__file__).with_name("kvm.c")
ENTRY = 0x1000  # of the program's guest, from its vectors: where it goes on if nothing comes of what was asked
_ABORT, _SERROR = VcpuEvents(ext_dabt_pending=True), asked(AsksSerror.SYNDROME, abort=False)


class KvmAnswer(NamedTuple):
    """What is expected of the calls: errno, what is pending then, and where the guest is: offset and ESR_EL1."""

    errno: int
    pending: VcpuEvents
    vector: int
    esr: int


def kvm(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """The call that *s* begins with, or what QEMU asks of KVM in it so that its guest hears of an error.

    Raises ValueError if nobody asks KVM for an SError or an abort, and for what one program cannot do.
    """
    trace = walk(s, hest=hest)
    calls, needs = calls_of(s), ["arm64, /dev/kvm, and cc"]
    if s.begin is not Begin.EVENTS:
        calls = asked_by_qemu(trace)
        needs += ["KVM makes the syndrome of an abort here; QEMU sets the guest's registers itself"]
    refuse_chosen(s, ("guest.unmasks", "ask.migration"), "The program has one guest, which does nothing")
    vcpu = vcpu_of(s)
    met = expected(vcpu, calls)
    where = f"is at vector {met.vector:#x}, ESR_EL1 {met.esr:#x}" if met.vector != ENTRY else "goes on"
    answer = f"KVM_SET_VCPU_EVENTS: {'EINVAL' if met.errno else 'done'}; KVM_GET_VCPU_EVENTS: {met.pending}"
    said = (f"{answer}; the program's guest {where}", *(f"Linux in its place. {end}" for end in ends(trace.outcome)))
    done = tuple(line for line in setup(s, "begin", "ask") if line.startswith(("stance", "host.linux", "cpu.ras")))
    return Reproduction(s, tuple(needs), done, said, f"{_defines(vcpu, calls, met)}\n{PROGRAM.read_text()}", "//")


def calls_of(s: Scenario) -> tuple[VcpuEvents, ...]:
    """What the choices of `ask` have user space ask for, call by call; to leave it, there must be one pending."""
    first = (_SERROR,) if s.ask.serror is AsksSerror.CANCEL else ()
    return (*first, asked(s.ask.serror, s.ask.abort))


def asked_by_qemu(trace: Trace) -> tuple[VcpuEvents, ...]:
    """What QEMU asks for in a story that begins with an error. Raises ValueError if it asks for neither."""
    for step in trace:
        if step.text is BY_SEA:
            return (_ABORT,)
        if step.text is BY_SEI:
            return (VcpuEvents(True, True, serror_esr=syndromes.serror_iss(Category[dict(step.args)["aet"]])),)
    end = " ".join(ends(trace.outcome))
    raise ValueError(f"nobody asks KVM for an SError or an abort of a guest in this scenario. {end}")


def expected(vcpu: Vcpu, calls: tuple[VcpuEvents, ...]) -> KvmAnswer:
    """What KVM makes of these *calls* on a *vcpu* that has not run yet."""
    errno = 0
    for events in calls:
        vcpu, errno = set_events(vcpu, events)
    entered = run(vcpu).entered
    last = entered[-1] if entered else None
    return KvmAnswer(-errno, get_events(vcpu), last.vector if last else ENTRY, last.esr if last else 0)


def _defines(vcpu: Vcpu, calls: tuple[VcpuEvents, ...], met: KvmAnswer) -> str:
    """What kvm.c is compiled with: the calls, the guest's PSTATE, and what is expected."""
    pstate = (0x5 if vcpu.el else 0) | 0x2C0 | vcpu.a << 8  # EL1h or EL0t; D, I and F are masked
    lines = [f"#define CALLS {', '.join(map(_initializer, calls))}", f"#define PSTATE {pstate:#x}"]
    lines += [f"#define PENDING {_initializer(met.pending)}", f"#define EXPECTED_ERRNO {met.errno}"]
    lines += [f"#define VECTOR {met.vector:#x}", f"#define ESR {met.esr:#x}", f"#define ENTRY {ENTRY:#x}"]
    return "\n".join(lines)


def _initializer(events: VcpuEvents) -> str:
    pending, has_esr, abort, esr = events
    return f"{{{pending:d}, {has_esr:d}, {abort:d}, {{0}}, {esr:#x}, {{0}}}}"
