"""KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: a vCPU's pending SError, as user space may read it, set it and move it.

A model of Linux arch/arm64/kvm/guest.c: __kvm_arm_vcpu_get_events(), __kvm_arm_vcpu_set_events() and inject_fault.c,
of a 64-bit guest that is not nested; a vCPU is a value, and each call returns another. Linux 6.1 besides stores the
syndrome of an abort that is asked for sign-extended: 0xffffffff96000010. At the end the stages of user space that asks.
"""

from dataclasses import dataclass, replace
from errno import EINVAL
from typing import Literal, NamedTuple

from ..cpu import syndromes
from ..cpu.exception_entry import empty_sea_source
from ..cpu.hardware import kernel_of
from ..cpu.routing import SYNDROME, State, vector_offset, virtual_serror
from ..linux.estatus import since
from ..model.choices import AsksSerror, Category, Migration, Mode, Stance
from ..model.messages import GUEST_KERNEL, Arrival, Start, Who
from ..model.outcome import ended
from ..model.scenario import Scenario
from ..model.trace import END, ArmException, Ioctl, Place, Stage, StepText
from .kvm import waits


class VcpuEvents(NamedTuple):
    """`struct kvm_vcpu_events` in its order, but for what is reserved. Linux Documentation/virt/kvm/api.rst 4.31"""

    serror_pending: bool = False
    serror_has_esr: bool = False
    ext_dabt_pending: bool = False  # since 5.5; only to be set, never read back
    serror_esr: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:#x}" for name, value in self._asdict().items())


@dataclass(frozen=True, slots=True)
class Vcpu:
    """What the calls depend on and change."""

    at_once: bool  # since 6.17 KVM emulates the entry of an SError that is not masked
    il: int = 0  # in the syndrome of such an entry; 1 since 7.2
    ras: bool = True  # the host has FEAT_RAS
    el: Literal[0, 1] = 1
    a: bool = False  # PSTATE.A
    nmea: bool = False  # SCTLR2_EL1.NMEA: PSTATE.A does not mask
    ease: bool = False  # SCTLR2_EL1.EASE: a SEA uses the vector of SErrors
    vse: bool = False  # HCR_EL2.VSE
    vsesr: int = 0  # VSESR_EL2
    entered: tuple[ArmException, ...] = ()  # by EL1 of the guest, in order

    @property
    def masked(self) -> bool:
        return self.a and not self.nmea


class SetAnswer(NamedTuple):
    """What the call has left behind, and 0 or a negative errno. An error may come late: what was done stays done."""

    vcpu: Vcpu
    errno: int = 0


def get_events(v: Vcpu) -> VcpuEvents:
    """KVM_GET_VCPU_EVENTS. `serror_has_esr` says what the host can do, not what was asked."""
    return VcpuEvents(v.vse, v.ras, serror_esr=v.vsesr if v.vse and v.ras else 0)


def set_events(v: Vcpu, events: VcpuEvents) -> SetAnswer:
    """KVM_SET_VCPU_EVENTS. `serror_pending` of 0 asks for nothing: it does not cancel what is pending.

    Since 6.17 the abort comes first, and sets PSTATE.A: an SError that is asked for together with it waits. Before, the
    syndrome is judged first, so that a bad one keeps the abort away too.
    """
    if v.at_once:
        return _serror(_abort(v) if events.ext_dabt_pending else v, events)
    after, errno = _serror(v, events)
    return SetAnswer(after if errno or not events.ext_dabt_pending else _abort(after), errno)


def _serror(v: Vcpu, events: VcpuEvents) -> SetAnswer:
    if not events.serror_pending:
        return SetAnswer(v)
    if events.serror_has_esr and (not v.ras or events.serror_esr & ~SYNDROME):
        return SetAnswer(v, -EINVAL)
    iss = events.serror_esr if events.serror_has_esr else syndromes.IMPLEMENTATION_DEFINED
    if not v.at_once or v.masked:
        return SetAnswer(replace(v, vse=True, vsesr=iss))
    esr = syndromes.serror(iss, il=v.il)
    return SetAnswer(_enter(v, ArmException("virtual SError", "EL1", esr, vector_offset(v.el, 1, 1))))


def _abort(v: Vcpu) -> Vcpu:
    """A data abort on a load. FAR_EL1 is given the address of the vCPU's last fault, and FnV is 0."""
    esr = syndromes.sea(Category.UER, same_el=v.el == 1)
    return _enter(v, ArmException("SEA", "EL1", esr, vector_offset(v.el, 1, 1, kind="sea", ease=int(v.ease))))


def _enter(v: Vcpu, entry: ArmException) -> Vcpu:
    """EL1 enters a vector; PSTATE.A is 1 there."""
    return replace(v, el=1, a=True, entered=(*v.entered, entry))


def run(v: Vcpu) -> Vcpu:
    """The PE enters the guest: a pending SError that is not masked is taken. An exit saves what still pends.

    Linux arch/arm64/kvm/hyp/include/hyp/switch.h: ___deactivate_traps() reads HCR_EL2.VSE back.
    """
    pe = State("serror", EL=v.el, HCR_EL2_AMO=1, PSTATE_A=int(v.masked), FEAT_RAS=int(v.ras))
    virtual = virtual_serror(pe, VSE=int(v.vse), VSESR_EL2=v.vsesr)
    if not virtual.taken:
        return v
    esr = virtual.ESR_EL1 or syndromes.serror(syndromes.IMPLEMENTATION_DEFINED)  # without FEAT_RAS the maker's own
    entry = ArmException("virtual SError", "EL1", esr, vector_offset(v.el, 1, 1))
    return _enter(replace(v, vse=False, vsesr=0), entry)


def moved(v: Vcpu, *, ras: bool) -> SetAnswer:
    """The vCPU on another host, *ras*: with FEAT_RAS, that runs the same Linux: what QEMU reads here, it sets there.

    QEMU target/arm/kvm.c: kvm_get_vcpu_events(), kvm_put_vcpu_events(): a syndrome goes along only where
    KVM_CAP_ARM_INJECT_SERROR_ESR says that the other host takes one.
    """
    events = get_events(v)
    there = replace(v, ras=ras, vse=False, vsesr=0)
    return set_events(there, events if ras else events._replace(serror_has_esr=False, serror_esr=0))


# --- user space asks KVM for an SError or an abort, reads back what is pending, and may move the vCPU -----------------


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


def kvm_vcpu_ioctl(s: Scenario, m: Start) -> Stage:
    """User space has a vCPU, and a call to make."""
    yield from ()
    return "kvm_arm_vcpu_set_events", vcpu_of(s)


def vcpu_of(s: Scenario) -> Vcpu:
    """The vCPU of *s* before anything is asked for it."""
    masked = s.guest.masked
    at_once = s.stance is Stance.AS_BUILT and since(s, "host", "6.17")
    el: Literal[0, 1] = 1 if masked or s.guest.running is Mode.KERNEL else 0
    return Vcpu(at_once, int(at_once and since(s, "host", "7.2")), s.cpu.ras, el, masked)


def kvm_arm_vcpu_set_events(s: Scenario, v: Vcpu) -> Stage:
    """KVM_SET_VCPU_EVENTS: what is refused, what is done at once, what waits."""
    events = asked(s.ask.serror, s.ask.abort)
    if s.ask.serror is AsksSerror.CANCEL:
        v = replace(v, vse=True, vsesr=_SYNDROME if v.ras else syndromes.IMPLEMENTATION_DEFINED)
    kvm = kernel_of(s).by("KVM")
    yield VMM(ASKS, to=kvm, carries=Ioctl("KVM_SET_VCPU_EVENTS", _said(events)))
    after, errno = set_events(v, events)
    for entry in after.entered:
        because = "A SEA is not masked" if entry.kind == "SEA" else "Since 6.17, as the guest does not mask it"
        sets = {"guest ESR_EL1": f"{entry.esr:#x}"}
        yield kvm(ENTERS, carries=entry, sets=sets, kind=entry.kind, because=because)
    met = replace(after, at_once=False, il=0, el=v.el, a=v.a)  # what it is to meet; else it is as it was
    if errno:
        bits = "serror_esr has bits outside ISS[24:0]"
        text = REFUSES_TOO_LATE if after.entered else REFUSES
        yield kvm(text, because=bits if v.ras else "serror_has_esr, and the host has no FEAT_RAS")
        yield ended("vm", "api_error")
        return ("kvm_arch_vcpu_ioctl_run", met) if after.entered else END
    if v.vse or after == v:
        yield kvm(DOES_NOT_CANCEL)
    elif after.vse:
        sets = {"HCR_EL2.VSE": "1", "VSESR_EL2": f"{after.vsesr:#x}"}
        yield kvm(PENDS, sets=sets, iss=after.vsesr, because=_why_pending(after, v.a))
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


def kvm_arm_vcpu_get_events(s: Scenario, v: Vcpu) -> Stage:
    """KVM_GET_VCPU_EVENTS."""
    yield VMM(READS_BACK, carries=Ioctl("KVM_GET_VCPU_EVENTS", _said(get_events(v))))
    return ("kvm_put_vcpu_events" if v.vse else "kvm_arch_vcpu_ioctl_run"), v


def kvm_put_vcpu_events(s: Scenario, v: Vcpu) -> Stage:
    """Where the virtual machine goes with an SError that is pending."""
    if (to := s.ask.migration) is not Migration.NO:
        there, _ = moved(v, ras=to is Migration.RAS)
        carries = Ioctl("KVM_SET_VCPU_EVENTS", _said(get_events(there)))
        yield Place("host", "EL0", "QEMU")(MOVES, carries=carries, which=to.means)
        yield ended("vm", "migrated" if there.vsesr == v.vsesr else "syndrome_lost")
        v = there
    return "kvm_arch_vcpu_ioctl_run", v


def kvm_arch_vcpu_ioctl_run(s: Scenario, v: Vcpu) -> Stage:
    """The guest runs, and meets what is there for it."""
    guest, meets, user = GUEST_KERNEL.by("kernel"), v.entered[0] if v.entered else None, v.el == 0
    if v.vse and not v.a:
        v = replace(v, el=1) if v.entered else v
        meets, user = run(v).entered[-1], v.el == 0
        sets = {"HCR_EL2.VSE": "0", "guest ESR_EL1": f"{meets.esr:#x}"}
        yield guest(TAKES, carries=meets, sets=sets, because=_UNMASKS if v.entered else _RUNS)
    if meets is None:
        return (yield from waits(s, v.vsesr)) if v.vse else ended("guest", "ignored")
    if meets.kind != "SEA":
        return "do_serror", Arrival(GUEST_KERNEL, Who(False, user), "SError", meets.esr)
    # An abort without a block: the source that notifies by SEA, if the guest has one, is empty.
    return "do_sea", Arrival(GUEST_KERNEL, Who(False, user), "SEA", meets.esr, True, source=empty_sea_source(s))
