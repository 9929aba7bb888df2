"""EL3 enters a lower level itself: as the PE would have, as TF-A's main branch thinks it would, or just returns."""

from ..cpu.exception_entry import HCR, as_taken, enter_guest, enters, kernel_or_kvm, taken
from ..cpu.hardware import EL3, arrive, in_hyp, kernel_of, level
from ..model.choices import Stance, TfA
from ..model.lazy import lazy
from ..model.messages import Arrival, HardwareError, Notifying
from ..model.outcome import ended
from ..model.scenario import Scenario
from ..model.trace import Stage, StepText
from .el3_entry import panic, target_el_sync_ea

# fmt: off
BY_INJECTION = StepText("firmware.injects", "injects the abort into {target}",
    "TF-A's main branch does so since July 2026, in no release yet, after every abort that its platform has "
    "handled, if it is built without SDEI{lost}", ("tf-a-2.15.sea",))
INTO_THE_GUEST = StepText("firmware.injects-guest", "injects the abort into {target}, and not into KVM",
    "target_el_sync_ea() asks for HCR_EL2.TEA, EL0 and HCR_EL2.TGE together. By the architecture TEA alone, or EL0 "
    "with TGE, names EL2: the abort was KVM's", ("tf-a-2.15.sea", "arm.sea-routing"))
ILLEGAL_RETURN = StepText("firmware.illegal-return", "panics: it returns to EL1 while HCR_EL2.TGE is 1",
    "target_el_sync_ea() names EL1 for an application of a VHE host, since HCR_EL2.TEA is 0 there. No return from "
    "EL3 can go to EL1 then: the PE stays at EL3, in the Illegal Execution state, and that is an exception of EL3's "
    "own", ("tf-a-2.15.sea", "arm.illegal-return"))
SEI_MASKED = StepText("firmware.sei-masked", "has to wait with its SError",
    "PSTATE.A is 1 where it would go, and without FEAT_E3DSE EL3 cannot make an SError pending for a lower level",
    ("arm.serror-masking", "arm.e3dse"))
REPEATS = StepText("firmware.repeats", "is entered by the same abort again",
    "It returned to the instruction that consumed the error, and nothing there has changed", ("arm.reporting",))
# fmt: on


def enter(s: Scenario, m: HardwareError, kind: str, reported: Notifying | None, text: StepText) -> Stage:
    """EL3 enters a lower level's vector as the PE would have done with SCR_EL3.EA = 0."""
    went = taken(s, m.who, kind, to_el3=False)
    if went.target is None:
        yield EL3(SEI_MASKED)
        return ended("host", "pending")
    if m.who.guest and went.target == 1:
        return (yield from enter_guest(s, EL3, text, m.esr, kind=kind))
    kernel, exception = kernel_of(s), as_taken(s, kind, m.esr, went)
    target, to = exception.target, kernel_or_kvm(s, m.who, kernel, exception.target)
    lost = "" if m.who.guest or m.who.user else lazy(s, _lost)
    yield EL3(text, to=to, carries=exception, sets=enters(s, exception), target=target, kind=kind, lost=lost)
    if reported:
        return arrive(s, reported_as(s, reported, kind, exception.esr))
    return arrive(s, Arrival(kernel, m.who, kind, exception.esr, m.consumed))


def _lost(s: Scenario) -> str:
    """What an abort that cannot be masked costs a kernel that is not ready for it."""
    if not s.cpu.masked:
        return ""
    return (
        ". PSTATE.A is 1 there: if the kernel had yet to save ELR and SPSR of the exception before, both are lost, as "
        "they would be by an abort of hardware"
    )


def injects(s: Scenario, m: HardwareError) -> bool:
    """Does TF-A itself give the abort back to a lower level, whatever its platform does?"""
    return m.kind == "SEA" and s.stance is Stance.AS_BUILT and s.host.tf_a is TfA.MAIN


def inject_sync_ea(s: Scenario, m: HardwareError, reported: Notifying | None) -> Stage:
    """TF-A's main branch writes ESR, ELR, SPSR and FAR of the level that target_el_sync_ea() names, and goes there."""
    hcr = HCR["guest" if m.who.guest else "vhe" if s.host.vhe else "nvhe"]
    el = 1 if m.who.guest else 0 if m.who.user else 2 if in_hyp(s, m.who) else int(level(s)[2])
    tge = hcr.get("HCR_EL2_TGE", 0)
    target = target_el_sync_ea(el, hcr.get("HCR_EL2_TEA", 0), tge)
    if m.who.guest:  # of its EL0 it says the same
        yield ended("host", "lost")
        return (yield from enter_guest(s, EL3, INTO_THE_GUEST, m.esr))
    if target == 1 and tge:
        yield EL3(ILLEGAL_RETURN)
        return panic()
    return (yield from enter(s, m, "SEA", reported, BY_INJECTION))


def reported_as(s: Scenario, m: Notifying, kind: str, esr: int = 0) -> Arrival:
    """What the kernel meets: the record is cleared, the block is written."""
    e = m.error
    return Arrival(kernel_of(s), e.who, kind, esr, e.consumed, 0, m.source, m.block, e.start.ram)


def unheard(m: HardwareError, otherwise: str = "lost") -> Stage:
    """EL3 has returned, and no kernel knows. What nothing runs into again ends *otherwise*."""
    if m.consumed:
        yield EL3(REPEATS)
    return ended("host", "storm" if m.consumed else otherwise)
