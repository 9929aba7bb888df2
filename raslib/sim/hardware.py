"""The hardware: an error is recorded by its node, and the PE takes the exception, or an interrupt tells of it."""

from functools import cache
from typing import Literal, NamedTuple

from . import routing, syndromes
from .messages import Arrival, Error, Kernel, Start, Who
from .outcome import ended
from .platform import PHYSICAL_ADDRESS
from .scenario import Category, First, Report, Running, Scenario, Stance
from .trace import END, ArmException, Interrupt, Place, RegisterValue, Stage, Text

HARDWARE = Place("host", "HW", "hardware")
EL3 = Place("host", "EL3", "EL3 firmware")

RECORDS = Text(
    "hardware.records",
    "finds an error in memory, {category}, and records it in ERR<n>STATUS and ERR<n>ADDR",
    "{means}. The node keeps the record until somebody who may read it clears it",
    ("arm.err-status", "arm.states"),
)
DEVICE_FAILS = Text(
    "hardware.device",
    "raises an SError for a device",
    "No RAS node has detected anything; what the syndrome says is up to the maker",
    ("arm.serror-iss",),
)
TOO_MILD = Text(
    "hardware.too-mild",
    "aborts nothing: a {category} error is told by the fault handling interrupt",
    "An External Abort says that a PE cannot use what it read; {means}",
    ("arm.reporting",),
)
SEA = Text(
    "hardware.sea",
    "takes a synchronous External Abort from {who} to {target}",
    "{rule}",
    ("arm.sea-routing", "arm.sea-iss"),
)
SERROR = Text(
    "hardware.serror",
    "takes an SError interrupt from {who} to {target}",
    "{rule}",
    ("arm.serror-routing", "arm.serror-iss"),
)
PENDS = Text(
    "hardware.pends",
    "keeps the SError pending",
    "PSTATE.A is 1 where it would be taken, and no higher level has asked for it: {rule}",
    ("arm.serror-masking",),
)
FHI_TO_EL3 = Text(
    "hardware.fhi-el3",
    "interrupts EL3 with the node's fault handling interrupt",
    "Firmware has made it a Group 0 interrupt: the kernel does not see it",
    ("arm.fhi", "tf-a.ras_interrupt_handler"),
)
FHI_TO_KERNEL = Text(
    "hardware.fhi-kernel",
    "interrupts the kernel with the node's fault handling interrupt",
    "Kernel-first: the interrupt is the kernel's, if it knows of the node",
    ("arm.fhi", "arm.aest"),
)
NOBODY_LISTENS = Text(
    "hardware.nobody-listens",
    "raises an interrupt that the kernel has not enabled",
    "Linux has no driver that would read AEST and ask for the interrupts of RAS nodes; corrected errors are not even "
    "counted",
    ("linux.aest",),
)


class Taken(NamedTuple):
    """Where an exception goes from the code that runs."""

    target: Literal[1, 2, 3] | None  # None: it stays pending
    from_el: int
    vector: int
    rule: str  # the rule that said so, in words


def meet(s: Scenario, m: Start) -> Stage:
    """An error is found, and told of in one of three ways."""
    report = s.error.report
    if report is Report.DEVICE:
        yield HARDWARE(DEVICE_FAILS)
        return "take", Error("SError", 0, who_runs(s), m)
    category = s.error.category
    # A corrected error may be told by an SError (AET has a code for it), never by a SEA; a deferred one by neither.
    mild = category is Category.DE or (category is Category.CE and report is Report.SEA)
    in_band = report is not Report.INTERRUPT and not mild
    status = syndromes.recorded(category, in_band)
    yield HARDWARE(
        RECORDS,
        carries=RegisterValue("ERR<n>STATUS", status),
        sets={"ERR<n>STATUS": f"{status:#x}", "ERR<n>ADDR": f"{PHYSICAL_ADDRESS:#x}"},
        category=category.value,
        means=category.means.capitalize(),
    )
    if in_band:
        return "take", Error("SEA" if report is Report.SEA else "SError", status, who_runs(s), m)
    if report is not Report.INTERRUPT:
        yield HARDWARE(TOO_MILD, category=category.value, means=category.means)
    return "interrupt", Error("interrupt", status, who_runs(s), m)


def who_runs(s: Scenario) -> Who:
    running = s.cpu.running
    return Who(running is Running.GUEST, running is not Running.KERNEL, running is Running.THREAD)


def take(s: Scenario, m: Error) -> Stage:
    """The PE takes the External Abort to the level that the routing rules name."""
    to_el3 = s.host.first is First.FIRMWARE
    went = taken(s, m.who, m.kind, to_el3)
    if went.target is None:
        yield HARDWARE(PENDS, rule=went.rule)
        yield ended("host", "pending")
        return END
    esr = syndrome(m, same_el=went.from_el == went.target)
    exception = ArmException(m.kind, f"EL{went.target}", esr, went.vector)
    kernel = kernel_of(s) if went.target != 3 else None
    to = kernel.by("kernel") if kernel else EL3
    yield HARDWARE(
        SEA if m.kind == "SEA" else SERROR,
        to=Place("host", exception.target, "KVM") if kernel and m.who.guest else to,
        carries=exception,
        sets={"PE": exception.target, f"ESR_{exception.target}": f"{esr:#x}"},
        who=m.who,
        target=exception.target,
        rule=went.rule,
    )
    if kernel is None:
        return "triage", m._replace(esr=esr)
    return arrive(Arrival(kernel, m.who, m.kind, esr, m.consumed, m.status, None, b""))


def interrupt(s: Scenario, m: Error) -> Stage:
    """Nothing was consumed: the node raises its fault handling interrupt."""
    if s.host.first is First.FIRMWARE:
        yield HARDWARE(FHI_TO_EL3, to=EL3, carries=Interrupt("fault handling interrupt, Group 0"), sets={"PE": "EL3"})
        return "triage", m
    if not kernel_first_exists(s):
        yield HARDWARE(NOBODY_LISTENS)
        yield ended("host", "lost")
        return END
    kernel = kernel_of(s)
    yield HARDWARE(
        FHI_TO_KERNEL, to=kernel.by("kernel"), carries=Interrupt("fault handling interrupt"), sets={"PE": kernel.el}
    )
    return arrive(Arrival(kernel, m.who, "interrupt", 0, False, m.status, None, b""))


def arrive(m: Arrival) -> tuple[str, Arrival]:
    """The host's kernel, by way of KVM if a guest runs."""
    if m.who.guest:
        return "guest_exit", m
    return {"SEA": "do_sea", "SError": "do_serror", "interrupt": "handle_irq"}[m.kind], m


def kernel_of(s: Scenario) -> Kernel:
    """The host's kernel where it runs."""
    return Kernel("host", "EL2" if s.host.vhe else "EL1")


def kernel_first_exists(s: Scenario) -> bool:
    """Does the kernel read error records itself? By the architecture it may; no Linux release does."""
    return s.stance is Stance.ARCHITECTURE


def syndrome(m: Error, *, same_el: bool) -> int:
    """The ESR_ELx value of the exception that tells of *m*."""
    if m.kind == "SEA":
        return syndromes.sea(syndromes.category_of(m.status) or Category.UC, same_el=same_el)
    category = syndromes.category_of(m.status)
    return syndromes.serror(syndromes.serror_iss(category) if category else syndromes.IMPLEMENTATION_DEFINED)


def taken(s: Scenario, who: Who, kind: str, to_el3: bool) -> Taken:
    """Where an exception of *kind* goes from the code that runs, with SCR_EL3.EA or, as EL3 imitates it, without."""
    if who.guest:
        return _taken(kind, 1, "guest", to_el3, False)  # the rules say the same of the guest's EL1 and EL0
    if who.user and to_el3:
        return _taken(kind, 0, "nvhe", True, False)  # the rules do not ask what kind of host
    el = 0 if who.user else int(kernel_of(s).el[2])
    regime = "vhe" if s.host.vhe else "nvhe"
    # PSTATE.A matters for an SError that EL3 does not get, and an application cannot set it.
    masked = kind == "SError" and not to_el3 and not who.user and s.cpu.masked
    return _taken(kind, el, regime, to_el3, masked)


# HCR_EL2 as Linux keeps it while a guest runs, while a VHE host runs, and while an nVHE host runs.
_HCR = {
    "guest": {"HCR_EL2_AMO": 1, "HCR_EL2_TEA": 1},
    "vhe": {"HCR_EL2_TGE": 1, "HCR_EL2_E2H": 1, "HCR_EL2_AMO": 1},
    "nvhe": {},
}


@cache
def _taken(kind: str, el: int, regime: str, to_el3: bool, masked: bool) -> Taken:
    of: routing.Kind = "sea" if kind == "SEA" else "serror"
    state = routing.State(of, EL=el, SCR_EL3_EA=int(to_el3), PSTATE_A=int(masked), **_HCR[regime])
    route = routing.route(state)
    vector = routing.vector_offset(el, route.target, 1, kind=of) if route.target else 0
    return Taken(route.target, el, vector, routing.RULES[route.rule][0].rstrip("."))
