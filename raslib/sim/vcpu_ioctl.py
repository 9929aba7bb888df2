"""User space asks KVM for an SError or an abort of a vCPU, reads back what is pending, and may move the vCPU."""

from dataclasses import replace
from typing import NamedTuple

from ..formats.hest import Notify
from . import syndromes
from .estatus import since
from .hardware import kernel_of
from .kvm import waits
from .messages import GUEST_KERNEL, Arrival, Start, Who
from .outcome import ended
from .platform import guest_source
from .scenario import AsksSerror, Category, Migration, Mode, Scenario, Stance
from .trace import END, ArmException, Ioctl, Place, Stage, Text
from .vcpu_events import Entry, Events, Vcpu, get_events, moved, run, set_events

VMM = Place("host", "EL0", "VMM")

ASKS = Text(
    "vmm.asks",
    "asks KVM for what its vCPU is to meet",
    "Only user space chooses a syndrome, for it alone knows what its guest was promised. No QEMU does so by itself yet",
    ("linux.vcpu_events", "mail.trigger"),
)
REFUSES = Text(
    "kvm.events-refused",
    "refuses it: -EINVAL",
    "{because}",
    ("linux.vcpu_events",),
)
REFUSES_TOO_LATE = Text(
    "kvm.events-refused-late",
    "refuses the SError: -EINVAL",
    "{because}. Since 6.17 the abort is dealt with first, and stays",
    ("linux.vcpu_events",),
)
ENTERS = Text(
    "kvm.events-enters",
    "enters the guest's vector itself: {kind}",
    "{because}. PSTATE.A is 1 then; KVM_GET_VCPU_EVENTS does not tell of it",
    ("linux.vcpu_events", "linux.kvm_inject_serror"),
)
PENDS = Text(
    "kvm.events-pends",
    "makes a virtual SError pending, ISS {iss:#x}",
    "HCR_EL2.VSE and VSESR_EL2. {because}",
    ("linux.vcpu_events", "arm.virtual-serror"),
)
DOES_NOT_CANCEL = Text(
    "kvm.events-kept",
    "changes nothing",
    "serror_pending = 0 asks for nothing; an SError that is pending is not taken back by it",
    ("linux.vcpu_events",),
)
READS_BACK = Text(
    "vmm.reads-back",
    "reads what is pending",
    "The syndrome is told if there is one pending and the host has FEAT_RAS; an abort never is",
    ("linux.vcpu_events",),
)
MOVES = Text(
    "qemu.migrates",
    "sets what it has read on another host: {which}",
    "A virtual machine may move while an SError is pending, so the calls must be get and set. QEMU gives the syndrome "
    "only to a host with KVM_CAP_ARM_INJECT_SERROR_ESR; else it is the implementation's own, and the SError is kept",
    ("qemu.kvm_put_vcpu_events", "linux.vcpu_events"),
)
TAKES = Text(
    "guest.takes-vserror",
    "is entered, and takes the virtual SError",
    "{because}. HCR_EL2.VSE is 0 again, and ESR_EL1 has what was in VSESR_EL2",
    ("arm.virtual-serror",),
)
_UNMASKS = "The vector for aborts of a guest that had not masked SErrors unmasks them first"
_RUNS = "KVM_RUN: the guest does not mask it"


class Asking(NamedTuple):
    """A vCPU before and after a call."""

    vcpu: Vcpu
    was_masked: bool  # PSTATE.A of the guest before anything was entered


def kvm_arm_vcpu_set_events(s: Scenario, m: Start) -> Stage:
    """KVM_SET_VCPU_EVENTS: what is refused, what is done at once, what waits."""
    asked = _asked(s.ask.serror, s.ask.abort)
    masked, ras = s.guest.masked, s.cpu.ras
    at_once = s.stance is Stance.AS_BUILT and since(s, "host", "6.17")
    v = Vcpu(at_once, ras, el=1 if masked or s.guest.running is Mode.KERNEL else 0, a=masked)
    if s.ask.serror is AsksSerror.CANCEL:
        v = replace(v, vse=True, vsesr=_SYNDROME if ras else syndromes.IMPLEMENTATION_DEFINED)
    kvm = kernel_of(s).by("KVM")
    yield VMM(ASKS, to=kvm, carries=Ioctl("KVM_SET_VCPU_EVENTS", _said(asked)))
    after, errno = set_events(v, asked)
    for entry in after.entered:
        because = "A SEA is not masked" if entry.kind == "SEA" else "Since 6.17, as the guest does not mask it"
        yield kvm(
            ENTERS, carries=_meets(entry), sets={"guest ESR_EL1": f"{entry.esr:#x}"}, kind=entry.kind, because=because
        )
    if errno:
        bits = "serror_esr has bits outside ISS[24:0]"
        text = REFUSES_TOO_LATE if after.entered else REFUSES
        yield kvm(text, because=bits if ras else "serror_has_esr, and the host has no FEAT_RAS")
        yield ended("vm", "api_error")
        return ("kvm_arch_vcpu_ioctl_run", Asking(after, masked)) if after.entered else END
    if after == v:
        yield kvm(DOES_NOT_CANCEL)
    elif after.vse:
        sets = {"HCR_EL2.VSE": "1", "VSESR_EL2": f"{after.vsesr:#x}"}
        yield kvm(PENDS, sets=sets, iss=after.vsesr, because=_why_pending(after, masked))
    return "kvm_arm_vcpu_get_events", Asking(after, masked)


_SYNDROME = syndromes.serror_iss(Category.UER)


def _why_pending(v: Vcpu, masked: bool) -> str:
    if v.entered:
        return "Behind the abort it is masked"
    return "The guest masks it" if masked else "It is taken when the guest runs"


def _asked(serror: AsksSerror, abort: bool) -> Events:
    esr = {AsksSerror.SYNDROME: _SYNDROME, AsksSerror.BAD: syndromes.serror(_SYNDROME)}.get(serror, 0)
    return Events(serror not in (AsksSerror.NO, AsksSerror.CANCEL), bool(esr), esr, abort)


def _said(events: Events) -> str:
    esr = f", serror_esr = {events.serror_esr:#x}" if events.serror_esr else ""
    abort = ", ext_dabt_pending = 1" if events.ext_dabt_pending else ""
    return f"serror_pending = {events.serror_pending:d}, serror_has_esr = {events.serror_has_esr:d}{esr}{abort}"


def _meets(entry: Entry) -> ArmException:
    return ArmException(entry.kind, "EL1", entry.esr, entry.vector)


def kvm_arm_vcpu_get_events(s: Scenario, m: Asking) -> Stage:
    """KVM_GET_VCPU_EVENTS; and, if an SError is pending, where the virtual machine goes with it."""
    v = m.vcpu
    yield VMM(READS_BACK, carries=Ioctl("KVM_GET_VCPU_EVENTS", _said(get_events(v))))
    if v.vse and (to := s.ask.migration) is not Migration.NO:
        v, _ = moved(v, ras=to is Migration.RAS)
        carries = Ioctl("KVM_SET_VCPU_EVENTS", _said(get_events(v)))
        yield Place("host", "EL0", "QEMU")(MOVES, to=kernel_of(s).by("KVM"), carries=carries, which=to.means)
    return "kvm_arch_vcpu_ioctl_run", m._replace(vcpu=v)


def kvm_arch_vcpu_ioctl_run(s: Scenario, m: Asking) -> Stage:
    """The guest runs, and meets what is there for it."""
    v, guest = m.vcpu, GUEST_KERNEL.by("kernel")
    first, user = v.entered[0] if v.entered else None, not m.was_masked and s.guest.running is Mode.USER
    if v.vse and not m.was_masked:
        v = run(replace(v, a=False))
        taken = v.entered[-1]
        sets = {"HCR_EL2.VSE": "0", "guest ESR_EL1": f"{taken.esr:#x}"}
        yield guest(TAKES, carries=_meets(taken), sets=sets, because=_UNMASKS if first else _RUNS)
        first, user = taken, user and first is None
    if first is None:
        if v.vse:
            return (yield from waits())
        yield ended("guest", "ignored")
        return END
    if first.kind == "virtual SError":
        return "do_serror", Arrival(GUEST_KERNEL, Who(False, user), "SError", first.esr, False, 0, None, b"")
    # An abort without a block: the source that notifies by SEA, if the guest has one, is empty.
    source = guest_source(Notify.SEA, Notify.SEA) if s.guest.notify in (Notify.SEA, Notify.GPIO) else None
    return "do_sea", Arrival(GUEST_KERNEL, Who(False, user), "SEA", first.esr, True, 0, source, b"")
