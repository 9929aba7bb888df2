"""TF-A is entered for an error: what it asks of the syndrome, when it gives up, and how it enters a lower level itself.

As TF-A does it; by the architecture's intent EL3 goes straight to its triage. The names are those of TF-A's functions.
It enters a lower level as the PE would have, as TF-A's main branch thinks it would, or just returns.
"""

from ...formats.esr import Aet, DataAbortIss, Esr, ExceptionClass, Fsc, SErrorFsc, SErrorIss, Set
from ..cpu import syndromes
from ..cpu.exception_entry import HCR, enter_guest, entered, taken
from ..cpu.hardware import EL3, HARDWARE, arrive, in_hyp, kernel_of, level
from ..model.choices import Category, First, Stance, TfA
from ..model.lazy import force, lazy
from ..model.messages import Arrival, HardwareError, Notifying
from ..model.outcome import Mark, ended
from ..model.scenario import Scenario
from ..model.trace import Stage, StepText

# fmt: off
UNCONTAINABLE = StepText("firmware.uncontainable", "panics: the error is uncontainable",
    "ESR_EL3 says so: {says}. plat_handle_uncontainable_ea() does not return, and the kernel never hears",
    ("tf-a.delegate", "tf-a.uncontainable"))
UNCONTAINABLE_2_15 = StepText("firmware.uncontainable-2.15",
    "panics: it takes every abort that is not on a translation table walk for uncontainable",
    "2.12 asked whether SET is UC and DFSC is 0x10; 2.15 asks whether one of both holds, and DFSC is 0x10 here",
    ("tf-a-2.15.runtime_svc", "tf-a.delegate"))
UNCONTAINABLE_WALK_2_15 = StepText("firmware.uncontainable-walk-2.15",
    "panics: it takes an abort on a translation table walk for uncontainable",
    "SET is read as UC, although it says nothing where DFSC is not 0x10: 2.12 asked for both, 2.15 asks for one",
    ("tf-a-2.15.runtime_svc", "tf-a.delegate", "arm.sea-iss"))
UNCONTAINABLE_IDS_2_15 = StepText("firmware.uncontainable-ids-2.15",
    "panics: it reads a syndrome that only its maker knows, and takes the error for uncontainable",
    "IDS is bit 24 of ESR_EL3. 2.15 ands ESR_EL3 with the number 24 instead, 0b11000, so what it tests are two bits "
    "of DFSC; 2.12 tested the bit", ("tf-a-2.15.runtime_svc", "tf-a.delegate"))
DOUBLE_FAULT = StepText("firmware.double-fault", "panics: a second External Abort before the first was dealt with",
    "ea_proceed() finds the ESR_EL3 of the first still saved: plat_handle_double_fault()",
    ("tf-a.ea_proceed", "tf-a.uncontainable"))
OWN_ABORT = StepText("firmware.own-abort", "panics: the External Abort is its own",
    "Nobody is above EL3, and what it was doing cannot be trusted any more: plat_handle_el3_ea()",
    ("tf-a.vectors", "tf-a.uncontainable"))
NO_INTERRUPT_HANDLER = StepText("firmware.no-interrupt-handler", 'panics: "RAS interrupt has no handler!"',
    "The interrupt came with the priority of RAS, and no record of the platform's table names its number",
    ("tf-a.ras_interrupt_handler",))
WAITS_FOR_PRIORITY = StepText("firmware.priority",
    "deals with the interrupt when it has done with the External Abort before it",
    "While that is handled the priority of RAS, {priority:#x}, is active and masks interrupts that are not above "
    "it: to activate it twice would be a panic", ("tf-a.ehf",))
PENDS_AT_SMC = StepText("hardware.pends-smc", "enters EL3 for an SMC of the kernel, with an SError pending",
    "PSTATE.A is 1 when an exception has been taken to EL3, so nothing is taken there; ISR_EL1.A is 1",
    ("arm.serror-masking", "arm.isr"))
NESTED = StepText("firmware.nested", "handles the SError first, as an exception within the SMC",
    "SCR_EL3.EA is 1, so it is EL3's: handle_pending_async_ea(). The SMC follows when it has been dealt with",
    ("tf-a.pending",))
REFLECTS = StepText("firmware.reflects", "returns with the SError pending, to the SMC instead of behind it",
    "SCR_EL3.EA is 0, so it is not EL3's: reflect_pending_async_ea_to_lower_el() sets ELR_EL3 back by 4. The lower "
    "level takes the SError, and then makes its SMC again", ("tf-a.pending",))
REPLAYS = StepText("firmware.replays",
    "panics: the same SMC has come {times} times, each time with the SError pending",
    "PSTATE.A is 1 where it came from, so nobody takes the SError; EL3 counts returns to the same ELR_EL3",
    ("tf-a.pending", "arm.serror-masking"))
RETURNS = StepText("firmware.smc-returns", "does what the SMC asks for, and returns with the SError pending",
    "With SCR_EL3.EA = 0 EL3 can neither take nor clear it: it belongs to the level that it returns to",
    ("arm.serror-routing",))
# fmt: on

ASYNC_EA_REPLAY_COUNTER = 100
RAS_PRIORITY = 0x10  # as Arm's platforms choose it, PLAT_RAS_PRI; as in the GIC a lower number is a higher priority


# --- what it asks of the syndrome ------------------------------------------------------------------------------------


def uncontainable(esr: int, tf_a: TfA, ras: bool = True) -> bool:
    """Does TF-A give up over ESR_EL3 = *esr*, before it asks any handler? *ras*: the PE has FEAT_RAS.

    2.12: delegate_sync_ea(), delegate_async_ea(). 2.15: handler_sync_exception(), handler_lower_el_async_ea().
    """
    frame, new = Esr.parse(esr), tf_a is not TfA.V2_12
    if new and not ras:
        return False
    if frame.EC == ExceptionClass.SERROR:
        iss = SErrorIss.parse(frame.ISS)
        # SERROR_IDS_BIT is the number of the bit, 24. 2.15 uses it as a mask, and the other way round.
        readable = esr & 24 != 0 if new else not frame.ISS & 1 << 24
        return readable and iss.DFSC == SErrorFsc.ASYNCHRONOUS_SERROR and iss.AET == Aet.UC
    abort = DataAbortIss.parse(frame.ISS)  # SET and DFSC are where those of an instruction abort are
    uc, not_on_walk = abort.SET == Set.UC, abort.DFSC == Fsc.EXTERNAL_ABORT
    return uc or not_on_walk if new else uc and not_on_walk


def delegate_ea(s: Scenario, m: HardwareError) -> Stage:
    """An External Abort of a lower level: is it worth to ask a handler? delegate_sync_ea(), delegate_async_ea()"""
    if s.stance is Stance.ARCHITECTURE:
        return "triage", m
    if text := _gives_up(s, m):
        says = "SET is UC, and DFSC is 0x10" if m.kind == "SEA" else "AET is UC, and DFSC is 0x11"
        yield EL3(text, says=says)
        return panic()
    return "ea_proceed", m


def _gives_up(s: Scenario, m: HardwareError) -> StepText | None:
    """Why TF-A does not ask any handler."""
    if m.kind == "SError":
        if not uncontainable(m.esr, s.host.tf_a):
            return None
        return UNCONTAINABLE_IDS_2_15 if syndromes.read(m.esr).implementation_defined else UNCONTAINABLE
    category = syndromes.category_of(m.status)
    uc = category is not None and syndromes.in_set(category) is Category.UC
    if s.host.tf_a is TfA.V2_12 and not uc:
        return None  # and DFSC is not looked at
    esr = force(s, m.esr)
    if not uncontainable(esr, s.host.tf_a, m.status != 0):
        return None
    if not uc:
        return UNCONTAINABLE_2_15
    return UNCONTAINABLE_WALK_2_15 if syndromes.read(esr).on_walk else UNCONTAINABLE


def ea_proceed(s: Scenario, m: HardwareError) -> Stage:
    """Nothing may come between an abort and its end."""
    if s.el3.busy:
        yield EL3(DOUBLE_FAULT)
        return panic()
    return "triage", m


def plat_handle_el3_ea(s: Scenario, m: HardwareError) -> Stage:
    """EL3 has met the error itself."""
    yield EL3(OWN_ABORT)
    return panic()


def ras_interrupt_handler(s: Scenario, m: HardwareError) -> Stage:
    """A Group 0 interrupt with the priority of RAS."""
    if s.stance is Stance.ARCHITECTURE:
        return "triage", m
    if not s.el3.handler:
        yield EL3(NO_INTERRUPT_HANDLER)
        return panic()
    if s.el3.busy:
        yield EL3(WAITS_FOR_PRIORITY, priority=RAS_PRIORITY)
    return "triage", m


def sync_and_handle_pending_serror(s: Scenario, m: HardwareError) -> Stage:
    """An SError pends when the kernel's SMC enters EL3."""
    yield HARDWARE(PENDS_AT_SMC, to=EL3, sets={"PE": "EL3"})
    if s.host.first is First.FIRMWARE:
        yield EL3(NESTED)
        return "delegate_ea", m
    if s.stance is Stance.ARCHITECTURE:
        yield EL3(RETURNS)
        return "take", m
    yield EL3(REFLECTS)
    if s.cpu.masked:
        yield EL3(REPLAYS, times=ASYNC_EA_REPLAY_COUNTER)
        return panic()
    return "take", m


def panic() -> Mark:
    """EL3 stops the machine."""
    return ended("host", "fw_panic")


# --- whom main gives an abort back to ---------------------------------------------------------------------------------


def target_el_sync_ea(el: int, TEA: int, TGE: int) -> int:
    """The level that TF-A's main branch injects a SEA of *el* into, by HCR_EL2.TEA and HCR_EL2.TGE.

    It asks for TEA, EL0 and TGE together; the architecture for TEA, or for EL0 and TGE together (R_QDLHN).
    """
    if el == 2:
        return 2
    return 2 if TEA and el == 0 and TGE else 1


# --- EL3 enters a lower level itself ----------------------------------------------------------------------------------


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
    exception, _ = taken(s, m.who, kind, m.esr, to_el3=False)
    if exception is None:
        yield EL3(SEI_MASKED)
        return ended("host", "pending")
    if m.who.guest and exception.target == "EL1":
        return (yield from enter_guest(s, EL3, text, m.esr, kind=kind))
    lost = "" if m.who.guest or m.who.user else lazy(s, _lost)
    yield entered(s, EL3, text, m.who, exception, kind=kind, lost=lost)
    if reported:
        return arrive(s, reported_as(s, reported, kind, exception.esr))
    return arrive(s, Arrival(kernel_of(s), m.who, kind, exception.esr, m.consumed))


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
