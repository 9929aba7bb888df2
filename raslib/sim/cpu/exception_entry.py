"""The PE takes an exception: to which level, by which rule, with which syndrome."""

from functools import cache

from ...formats.hest import Notify
from ..model.choices import Access, First, GuestFirst, Mode
from ..model.lazy import apply, lazy
from ..model.messages import GUEST_KERNEL, Arrival, HardwareError, Who
from ..model.outcome import ended
from ..model.platform import GhesSource, guest_source
from ..model.scenario import Scenario
from ..model.trace import ArmException, Place, Stage, Step, StepText
from . import routing, syndromes
from .hardware import EL3, HARDWARE, access_of, arrive, in_hyp, kernel_of, level, who_said

# fmt: off
SEA = StepText("hardware.sea", "takes a synchronous External Abort from {who} to {target}",
    "{met}. {rule}", ("arm.sea-routing", "arm.sea-iss"))
SERROR = StepText("hardware.serror", "takes an SError interrupt from {who} to {target}",
    "{rule}", ("arm.serror-routing", "arm.serror-iss"))
PENDS = StepText("hardware.pends", "keeps the SError pending",
    "{why}, and no higher level has asked for it: {rule}", ("arm.serror-masking",))
PENDS_AT_EL3 = StepText("hardware.pends-el3", "keeps the SError pending while EL3 executes",
    "{why}. ISR_EL1.A is 1", ("arm.serror-masking", "arm.serror-routing"))
OWN_OF_EL3 = StepText("hardware.own-el3", "takes {kind} from EL3 to EL3",
    "An External Abort that is met at EL3 can go nowhere else", ("arm.sea-routing", "arm.serror-routing"))
# fmt: on


def take(s: Scenario, m: HardwareError) -> Stage:
    """The PE takes the External Abort to the level that the routing rules name."""
    exception, rule = taken(s, m.who, m.kind, m.esr, to_el3=s.host.first is First.FIRMWARE)
    if exception is None:
        yield HARDWARE(PENDS, rule=rule, why=lazy(s, _why_pending, m.who))
        return ended("host", "pending")
    text = SEA if m.kind == "SEA" else SERROR
    args = {"who": lazy(s, who_said, m.who), "rule": rule, "met": lazy(s, _met, m.who.guest)}
    if m.who.guest and exception.target == "EL1":
        return (yield from enter_guest(s, HARDWARE, text, m.esr, **args))
    yield entered(s, HARDWARE, text, m.who, exception, **args)
    if exception.target == "EL3":
        return "delegate_ea", m
    return arrive(s, Arrival(kernel_of(s), m.who, m.kind, exception.esr, m.consumed, m.status))


def entered(s: Scenario, by: Place, text: StepText, who: Who, exception: ArmException, /, **args: object) -> Step:
    """The step by which a level of the host is entered: EL3; else KVM, if it ran itself or a guest; else the kernel."""
    target = exception.target
    actor = EL3.actor if target == "EL3" else "KVM" if who.guest or in_hyp(s, who) else "kernel"
    sets = {"PE": target, f"ESR_{target}": lazy(s, apply, hex, exception.esr)}
    return by(text, to=Place("host", target, actor), carries=exception, sets=sets, target=target, **args)


def _why_pending(s: Scenario, who: Who) -> str:
    if in_hyp(s, who) and not s.host.vhe:
        return "EL2 takes no SError while HCR_EL2.TGE and HCR_EL2.AMO are 0, as an nVHE host has them"
    return "PSTATE.A is 1 where it would be taken"


def _entry(s: Scenario, kind: str, esr: int, from_el: int, target: routing.Target) -> ArmException:
    """The exception with the syndrome *esr*, that of one from a lower level, as EL*target* takes it."""
    if kind == "SEA" and from_el == target:
        esr = lazy(s, apply, syndromes.from_level, esr, True)
    return ArmException(kind, f"EL{target}", esr, routing.vector_offset(from_el, target, 1, kind=_KINDS[kind]))


def _met(s: Scenario, guest: bool) -> str:
    return f"Met by {access_of(s, guest).means.partition(':')[0]}"


def enter_guest(s: Scenario, place: Place, text: StepText, esr: int, **args: object) -> Stage:
    """A SEA is taken to, or made up at, EL1 of the guest: past KVM, and past the host."""
    user, kernel = s.guest.running is Mode.USER, GUEST_KERNEL
    exception = _entry(s, "SEA", esr, 0 if user else 1, 1)
    sets = {"PE": "guest EL1", "guest ESR_EL1": lazy(s, apply, hex, exception.esr)}
    yield place(text, to=kernel.by("kernel"), carries=exception, sets=sets, target="EL1 of the guest", **args)
    return "do_sea", Arrival(kernel, Who(False, user), "SEA", exception.esr, True, source=empty_sea_source(s))


def guest_serror(el: int, iss: int) -> ArmException:
    """The virtual SError with this ISS, as EL1 of the guest takes it from its EL*el*, 0 or 1."""
    state = routing.State("serror", EL=el, HCR_EL2_AMO=1)
    esr = routing.virtual_serror(state, VSE=1, VSESR_EL2=iss).ESR_EL1 or 0
    return ArmException("virtual SError", "EL1", esr, routing.vector_offset(el, 1, 1))


def empty_sea_source(s: Scenario) -> GhesSource | None:
    """The guest's source that notifies by SEA, if it has one, its block empty. QEMU gives SEA and GPIO, or neither."""
    offers = s.guest.first is GuestFirst.FIRMWARE and s.guest.notify in (Notify.SEA, Notify.GPIO)
    return guest_source(Notify.SEA, Notify.SEA) if offers else None


def take_at_el3(s: Scenario, m: HardwareError) -> Stage:
    """EL3 itself meets the error."""
    serror, to_el3 = m.kind == "SError", s.host.first is First.FIRMWARE
    target, _ = _route(m.kind, 3, "nvhe", to_el3, serror and s.cpu.masked)
    if target is None:
        why = "PSTATE.A is 1 at EL3" if to_el3 else "With SCR_EL3.EA = 0 EL3 takes no SError, its own neither"
        yield HARDWARE(PENDS_AT_EL3, why=why)
        return ended("host", "pending")
    exception = _entry(s, m.kind, m.esr, 3, target)
    said = "an SError interrupt" if serror else "a synchronous External Abort"
    yield entered(s, HARDWARE, OWN_OF_EL3, m.who, exception, kind=said)
    return "plat_handle_el3_ea", m


def taken(s: Scenario, who: Who, kind: str, esr: int, to_el3: bool) -> tuple[ArmException | None, str]:
    """The exception as it is taken from the code that runs, None if it stays pending; and the rule that says so.

    *to_el3*: with SCR_EL3.EA; or, as EL3 imitates it, without. *esr* is that of an exception from a lower level.
    """
    el, regime, masked, stage2 = 1, "guest", False, False  # the rules say the same of the guest's EL1 and EL0
    if who.guest and not to_el3 and kind == "SEA" and not s.cpu.ras:
        regime, stage2 = "guest without RAS", s.error.access is Access.WALK_2
    elif who.user and not who.guest and to_el3:
        el, regime = 0, "nvhe"  # the rules do not ask what kind of host
    elif not who.guest:
        el = 0 if who.user else 2 if not to_el3 and in_hyp(s, who) else int(level(s)[2])
        regime = "vhe" if s.host.vhe else "nvhe"
        # PSTATE.A matters for an SError that EL3 does not get, and an application cannot set it.
        masked = kind == "SError" and not to_el3 and not who.user and s.cpu.masked
    target, rule = _route(kind, el, regime, to_el3, masked, stage2)
    return _entry(s, kind, esr, el, target) if target else None, rule


_KINDS: dict[str, routing.Kind] = {"SEA": "sea", "SError": "serror"}
# HCR_EL2 as Linux keeps it while a guest runs, while a VHE host runs, and while an nVHE host runs.
HCR: dict[str, dict[str, int]] = {
    "guest": {"HCR_EL2_AMO": 1, "HCR_EL2_TEA": 1},
    "guest without RAS": {"HCR_EL2_AMO": 1, "FEAT_RAS": 0},  # HCR_EL2.TEA is RES0
    "vhe": {"HCR_EL2_TGE": 1, "HCR_EL2_E2H": 1, "HCR_EL2_AMO": 1},
    "nvhe": {},
}


@cache
def _route(
    kind: str, el: int, regime: str, to_el3: bool, masked: bool, stage2: bool = False
) -> tuple[routing.Target | None, str]:
    """To which level, None if it stays pending; and the rule that says so, in words."""
    set_ = {"SCR_EL3_EA": int(to_el3), "PSTATE_A": int(masked), "stage2": int(stage2), **HCR[regime]}
    route = routing.route(routing.State(_KINDS[kind], EL=el, **set_))
    return route.target, routing.RULES[route.rule][0].rstrip(".")
