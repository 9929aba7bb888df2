"""User space asks KVM for an SError or an abort of a vCPU, reads back what is pending, and may move the vCPU."""

from dataclasses import replace
from typing import Literal, NamedTuple

from ..cpu import syndromes
from ..cpu.exception_entry import empty_sea_source
from ..cpu.hardware import kernel_of
from ..linux.estatus import since
from ..model.choices import AsksSerror, Category, Migration, Mode, Stance
from ..model.messages import GUEST_KERNEL, Arrival, Start, Who
from ..model.outcome import ended
from ..model.scenario import Scenario
from ..model.trace import END, ArmException, Ioctl, Place, Stage, StepText
from .kvm import waits
from .vcpu_events import Vcpu, VcpuEvents, get_events, moved, run, set_events

VMM = Place("host", "EL0", "VMM")

# fmt: off
ASKS = StepText("vmm.asks", "asks KVM for what its vCPU is to meet",
    "Only user space chooses a syndrome, for it alone knows what its guest was promised. No QEMU does so by itself "
    "yet", ("linux.vcpu_events", "mail.trigger"))
REFUSES = StepText("kvm.events-refused", "refuses it: -EINVAL",
    "{because}", ("linux.vcpu_events",))
REFUSES_TOO_LATE = StepText("kvm.events-refused-late", "refuses the SError: -EINVAL",
    "{because}. Since 6.17 the abort is dealt with first, and stays", ("linux.vcpu_events",))
ENTERS = StepText("kvm.events-enters", "enters the guest's vector itself: {kind}",
    "{because}. PSTATE.A is 1 then; KVM_GET_VCPU_EVENTS does not tell of it",
    ("linux.vcpu_events", "linux.kvm_inject_serror"))
PENDS = StepText("kvm.events-pends", "makes a virtual SError pending, ISS {iss:#x}",
    "HCR_EL2.VSE and VSESR_EL2. {because}", ("linux.vcpu_events", "arm.virtual-serror"))
DOES_NOT_CANCEL = StepText("kvm.events-kept", "leaves what is pending as it is",
    "serror_pending = 0 asks for nothing: it does not take back an SError that is pending", ("linux.vcpu_events",))
READS_BACK = StepText("vmm.reads-back", "reads what is pending",
    "The syndrome is told if there is one pending and the host has FEAT_RAS; an abort never is", ("linux.vcpu_events",))
MOVES = StepText("qemu.migrates", "sets what it has read on another host: {which}",
    "A virtual machine may move while an SError is pending, so the calls must be get and set. QEMU gives the "
    "syndrome only to a host with KVM_CAP_ARM_INJECT_SERROR_ESR; else it is the implementation's own, and the "
    "SError is kept", ("qemu.kvm_put_vcpu_events", "linux.vcpu_events"))
TAKES = StepText("guest.takes-vserror", "is entered, and takes the virtual SError",
    "{because}. HCR_EL2.VSE is 0 again, and ESR_EL1 has what was in VSESR_EL2", ("arm.virtual-serror",))
# fmt: on
_UNMASKS = "The vector for aborts of a guest that had not masked SErrors unmasks them first"
_RUNS = "KVM_RUN: the guest does not mask it"


class Met(NamedTuple):
    """What a call has left for a guest to meet."""

    entered: ArmException | None  # KVM has made the guest enter a vector
    pending: int | None  # ISS of a virtual SError that waits
    ras: bool  # FEAT_RAS of the host
    masked: bool  # PSTATE.A of the guest, before it entered anything
    user: bool  # an application of the guest was running


def kvm_vcpu_ioctl(s: Scenario, m: Start) -> Stage:
    """User space has a vCPU, and a call to make."""
    yield from ()
    return "kvm_arm_vcpu_set_events", vcpu_of(s)


def vcpu_of(s: Scenario) -> Vcpu:
    """The vCPU of *s* before anything is asked for it."""
    masked = s.guest.masked
    at_once = s.stance is Stance.AS_BUILT and since(s, "host", "6.17")
    el: Literal[0, 1] = 1 if masked or s.guest.running is Mode.KERNEL else 0
    il = int(at_once and since(s, "host", "7.2"))
    return Vcpu(at_once, il, s.cpu.ras, el, masked)


def kvm_arm_vcpu_set_events(s: Scenario, v: Vcpu) -> Stage:
    """KVM_SET_VCPU_EVENTS: what is refused, what is done at once, what waits."""
    masked, ras, events = v.a, v.ras, asked(s.ask.serror, s.ask.abort)
    if s.ask.serror is AsksSerror.CANCEL:
        v = replace(v, vse=True, vsesr=_SYNDROME if ras else syndromes.IMPLEMENTATION_DEFINED)
    kvm = kernel_of(s).by("KVM")
    yield VMM(ASKS, to=kvm, carries=Ioctl("KVM_SET_VCPU_EVENTS", _said(events)))
    after, errno = set_events(v, events)
    for entry in after.entered:
        because = "A SEA is not masked" if entry.kind == "SEA" else "Since 6.17, as the guest does not mask it"
        sets = {"guest ESR_EL1": f"{entry.esr:#x}"}
        yield kvm(ENTERS, carries=entry, sets=sets, kind=entry.kind, because=because)
    entered = after.entered[0] if after.entered else None
    met = Met(entered, after.vsesr if after.vse else None, ras, masked, v.el == 0)
    if errno:
        bits = "serror_esr has bits outside ISS[24:0]"
        text = REFUSES_TOO_LATE if entered else REFUSES
        yield kvm(text, because=bits if ras else "serror_has_esr, and the host has no FEAT_RAS")
        yield ended("vm", "api_error")
        return ("kvm_arch_vcpu_ioctl_run", met) if entered else END
    if v.vse or after == v:
        yield kvm(DOES_NOT_CANCEL)
    elif after.vse:
        sets = {"HCR_EL2.VSE": "1", "VSESR_EL2": f"{after.vsesr:#x}"}
        yield kvm(PENDS, sets=sets, iss=after.vsesr, because=_why_pending(after, masked))
    return "kvm_arm_vcpu_get_events", met


_SYNDROME = syndromes.serror_iss(Category.UER)


def _why_pending(v: Vcpu, masked: bool) -> str:
    if v.entered:
        return "Behind the abort it is masked"
    return "The guest masks it" if masked else "It is taken when the guest runs"


def asked(serror: AsksSerror, abort: bool) -> VcpuEvents:
    """The events that these choices ask for."""
    esr = {AsksSerror.SYNDROME: _SYNDROME, AsksSerror.BAD: syndromes.serror(_SYNDROME)}.get(serror, 0)
    return VcpuEvents(serror not in (AsksSerror.NO, AsksSerror.CANCEL), bool(esr), abort, esr)


def _said(events: VcpuEvents) -> str:
    esr = f", serror_esr = {events.serror_esr:#x}" if events.serror_esr else ""
    abort = ", ext_dabt_pending = 1" if events.ext_dabt_pending else ""
    return f"serror_pending = {events.serror_pending:d}, serror_has_esr = {events.serror_has_esr:d}{esr}{abort}"


def kvm_arm_vcpu_get_events(s: Scenario, m: Met) -> Stage:
    """KVM_GET_VCPU_EVENTS."""
    yield VMM(READS_BACK, carries=Ioctl("KVM_GET_VCPU_EVENTS", _said(get_events(_waiting(m)))))
    return ("kvm_arch_vcpu_ioctl_run" if m.pending is None else "kvm_put_vcpu_events"), m


def _waiting(m: Met) -> Vcpu:
    """The vCPU as far as the calls ask; of what waits they do not ask since when."""
    return Vcpu(False, 0, m.ras, 0 if m.user and not m.entered else 1, vse=m.pending is not None, vsesr=m.pending or 0)


def kvm_put_vcpu_events(s: Scenario, m: Met) -> Stage:
    """Where the virtual machine goes with an SError that is pending."""
    if (to := s.ask.migration) is not Migration.NO:
        there, _ = moved(_waiting(m), ras=to is Migration.RAS)
        carries = Ioctl("KVM_SET_VCPU_EVENTS", _said(get_events(there)))
        yield Place("host", "EL0", "QEMU")(MOVES, carries=carries, which=to.means)
        dropped = m.pending != there.vsesr
        yield ended("vm", "syndrome_lost" if dropped else "migrated")
        m = m._replace(pending=there.vsesr, ras=there.ras)
    return "kvm_arch_vcpu_ioctl_run", m


def kvm_arch_vcpu_ioctl_run(s: Scenario, m: Met) -> Stage:
    """The guest runs, and meets what is there for it."""
    guest, meets, user = GUEST_KERNEL.by("kernel"), m.entered, m.user
    if m.pending is not None and not m.masked:
        meets, user = run(_waiting(m)).entered[-1], user and not m.entered
        sets = {"HCR_EL2.VSE": "0", "guest ESR_EL1": f"{meets.esr:#x}"}
        yield guest(TAKES, carries=meets, sets=sets, because=_UNMASKS if m.entered else _RUNS)
    if meets is None:
        if m.pending is not None:
            return (yield from waits(s, m.pending))
        return ended("guest", "ignored")
    if meets.kind != "SEA":
        return "do_serror", Arrival(GUEST_KERNEL, Who(False, user), "SError", meets.esr)
    # An abort without a block: the source that notifies by SEA, if the guest has one, is empty.
    return "do_sea", Arrival(GUEST_KERNEL, Who(False, user), "SEA", meets.esr, True, source=empty_sea_source(s))
