"""KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: a vCPU's pending SError, as user space may read it, set it and move it.

A model of Linux arch/arm64/kvm/guest.c: __kvm_arm_vcpu_get_events(), __kvm_arm_vcpu_set_events() and inject_fault.c,
of a 64-bit guest that is not nested; a vCPU is a value, and each call returns another. Linux 6.1 besides stores the
syndrome of an abort that is asked for sign-extended: 0xffffffff96000010.
"""

from dataclasses import dataclass, replace
from errno import EINVAL
from typing import Literal, NamedTuple

from ..cpu import syndromes
from ..cpu.routing import SYNDROME, State, vector_offset, virtual_serror
from ..model.choices import Category
from ..model.trace import ArmException


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
        after = _abort(v) if events.ext_dabt_pending else v
        return _serror(after, events)
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
