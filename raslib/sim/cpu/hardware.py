"""The hardware: an error is recorded by its node, and told of by an abort, an SError or an interrupt."""

from collections.abc import Generator
from typing import Any

from ...formats.errnode import ErrAddr, ErrorRecord, ErrorState, ErrStatus, Serr
from ..model.choices import Access, AestDriver, Category, First, ReportedBy, Running, SErrorMoment, Stance
from ..model.lazy import lazy
from ..model.messages import Arrival, HardwareError, Kernel, Start, Who
from ..model.outcome import ended
from ..model.platform import PHYSICAL_ADDRESS, SECOND_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import Interrupt, Place, RegisterContent, Stage, Step, StepText
from . import errstatus, syndromes

HARDWARE = Place("host", "HW", "hardware")
EL3 = Place("host", "EL3", "EL3 firmware")

# fmt: off
RECORDS = StepText("hardware.records",
    "finds an error in memory, {category}, and records it in ERR<n>STATUS and ERR<n>ADDR",
    "{means}. The node keeps the record until somebody who may read it clears it", ("arm.err-status", "arm.states"))
NO_RECORDS = StepText("hardware.no-records", "meets an error in memory, and records nothing",
    "The PE has no FEAT_RAS: no error records, no AET and no SET. All that is left of the error is the exception",
    ("arm.states", "arm.err-status"))
DEVICE_FAILS = StepText("hardware.device", "raises an SError for a device",
    "No RAS node has detected anything; what the syndrome says is up to the maker", ("arm.serror-iss",))
SAYS_NOTHING = StepText("hardware.uncategorized", "raises an SError that says nothing",
    "ISS is 0: uncategorized. No RAS node has detected anything, and neither AET nor the maker has a word on it",
    ("arm.serror-iss",))
AGAIN = StepText("hardware.again",
    "finds a second error, {category}, before anybody has read the record of the first, and {keeps}",
    "Overwrite rule {rule}: {means}. STATUS.OF is {overflow}: {so}", ("arm.overwrite", "arm.err-status"))
TOO_MILD = StepText("hardware.too-mild", "aborts nothing: a {category} error is told by the fault handling interrupt",
    "An External Abort says that a PE cannot use what it read; {means}", ("arm.reporting",))
FHI_WAITS = StepText("hardware.fhi-waits", "keeps the node's fault handling interrupt pending until EL3 has done",
    "EL3 masks interrupts while it executes: they are taken when it has returned", ("arm.fhi", "tf-a.vectors"))
FHI_TO_EL3 = StepText("hardware.fhi-el3", "interrupts EL3 with the node's fault handling interrupt",
    "Firmware has made it a Group 0 interrupt: the kernel does not see it", ("arm.fhi", "tf-a.ras_interrupt_handler"))
FHI_TO_KERNEL = StepText("hardware.fhi-kernel", "interrupts the kernel with the node's fault handling interrupt",
    "Kernel-first: the interrupt is the kernel's, if it knows of the node", ("arm.fhi", "arm.aest"))
NOBODY_LISTENS = StepText("hardware.nobody-listens", "raises an interrupt that the kernel has not enabled",
    "Linux has no driver that would read AEST and ask for the interrupts of RAS nodes; corrected errors are not "
    "even counted", ("linux.aest",))
# fmt: on


def meet(s: Scenario, m: Start) -> Stage:
    """An error is found, and told of in one of three ways."""
    report = s.error.report
    if report in (ReportedBy.DEVICE, ReportedBy.UNCATEGORIZED):
        device = report is ReportedBy.DEVICE
        yield HARDWARE(DEVICE_FAILS if device else SAYS_NOTHING)
        iss = syndromes.DEVICE if device else syndromes.UNCATEGORIZED
        return told_by("SError", s, HardwareError("SError", 0, who_runs(s), m, syndromes.serror(iss)))
    category = s.error.category
    # A corrected error may be told by an SError (AET has a code for it), never by a SEA; a deferred one by neither.
    mild = category is Category.DE or (category is Category.CE and report is ReportedBy.SEA)
    if report is ReportedBy.INTERRUPT or mild:
        status = syndromes.recorded(category, False)
        yield _records(category, status)
        if report is not ReportedBy.INTERRUPT:
            yield HARDWARE(TOO_MILD, category=category.value, means=category.means)
        if s.cpu.running is Running.FIRMWARE:
            yield HARDWARE(FHI_WAITS)
        return "interrupt", HardwareError("interrupt", status, who_runs(s), m)
    kind, who, ras = "SEA" if report is ReportedBy.SEA else "SError", who_runs(s), s.cpu.ras
    status = syndromes.recorded(category, True) if ras else 0
    yield _records(category, status) if ras else HARDWARE(NO_RECORDS)
    if kind == "SEA":  # without FEAT_RAS there is no SET: its bits are 0, as for UER
        esr = lazy(s, _sea, syndromes.in_set(category) if ras else Category.UER, who.guest)
    else:
        esr = syndromes.serror(syndromes.serror_iss(category) if ras else syndromes.IMPLEMENTATION_DEFINED)
    return told_by(kind, s, HardwareError(kind, status, who, m, esr))


def told_by(kind: str, s: Scenario, m: HardwareError) -> tuple[str, HardwareError]:
    """An exception tells of it: to the level that executes, or to one above."""
    if s.cpu.running is Running.FIRMWARE:
        return "take_at_el3", m
    return ("take" if kind == "SEA" else "pend"), m


def _records(category: Category, status: int) -> Step:
    carries = RegisterContent("ERR<n>STATUS", status)
    sets = {"ERR<n>STATUS": f"{status:#x}", "ERR<n>ADDR": f"{PHYSICAL_ADDRESS:#x}"}
    means = category.means.capitalize()
    return HARDWARE(RECORDS, carries=carries, sets=sets, category=category.value, means=means)


def read_record(s: Scenario, status: int) -> Generator[Step, None, tuple[int, int]]:
    """ERR<n>STATUS as a kernel reads it, and the page that the record blames: of two errors, of the one that stays.

    *status* is not 0: an error is recorded, at `PHYSICAL_ADDRESS`.
    """
    second = s.error.again
    if second is None:
        return status, PHYSICAL_ADDRESS
    first = ErrorRecord(STATUS=ErrStatus.parse(status), ADDR=ErrAddr(PADDR=PHYSICAL_ADDRESS))
    again = ErrorState[second.name], Serr.EXTERNAL_MEMORY, ErrAddr(PADDR=SECOND_ADDRESS)
    recorded = errstatus.record(first, *again)
    after, address = recorded.record.STATUS, recorded.record.ADDR.PADDR
    carries = RegisterContent("ERR<n>STATUS", after.build())
    sets = {"ERR<n>STATUS": f"{after.build():#x}", "ERR<n>ADDR": f"{address:#x}"}
    rule, lost = recorded.rule, "of one of the two nothing more is known"
    so = lost if after.OF else "the counter in ERR<n>MISC0 tells that there are two"
    keeps = "keeps that one" if recorded.overwrote else "keeps the first"
    said: dict[str, Any] = {"keeps": keeps, "rule": rule.name, "means": rule.means, "overflow": after.OF, "so": so}
    yield HARDWARE(AGAIN, carries=carries, sets=sets, category=second.value, **said)
    page = errstatus.physical_page(recorded.record)
    assert page is not None, "the address of memory is valid, physical and right"
    return after.build(), page


def _sea(s: Scenario, category: Category, guest: bool) -> int:
    """ESR_ELx of a SEA that is taken from a lower level."""
    return syndromes.sea(category, same_el=False, access=access_of(s, guest))


def access_of(s: Scenario, guest: bool) -> Access:
    """What met the abort. Only a guest is translated twice."""
    return Access.WALK if s.error.access is Access.WALK_2 and not guest else s.error.access


def who_runs(s: Scenario) -> Who:
    running = s.cpu.running
    kernel = running in (Running.KERNEL, Running.HYP, Running.FIRMWARE)  # firmware runs for the kernel that called it
    return Who(running is Running.GUEST, not kernel, running is Running.THREAD)


def pend(s: Scenario, m: HardwareError) -> Stage:
    """An SError is there: just now, or at one of the moments that its handlers have to think of."""
    yield from ()
    if m.who.guest and s.host.first is First.KERNEL:  # else EL3 takes it at once, and EL2 never sees it pending
        match s.cpu.moment:
            case SErrorMoment.ENTERING:
                return "guest_enter", m
            case SErrorMoment.LEAVING:
                return "guest_exit_esb", m
    elif s.cpu.running is Running.KERNEL and s.cpu.moment is SErrorMoment.SMC:
        return "sync_and_handle_pending_serror", m
    return "take", m


def interrupt(s: Scenario, m: HardwareError) -> Stage:
    """Nothing was consumed: the node raises its fault handling interrupt."""
    if s.host.first is First.FIRMWARE:
        yield HARDWARE(FHI_TO_EL3, to=EL3, carries=Interrupt("fault handling interrupt, Group 0"), sets={"PE": "EL3"})
        return "ras_interrupt_handler", m
    if s.stance is Stance.AS_BUILT and s.host.aest is not AestDriver.V6:  # in Linux by proposed code alone
        yield HARDWARE(NOBODY_LISTENS)
        return ended("host", "lost")
    kernel, line = kernel_of(s), Interrupt("fault handling interrupt")
    yield HARDWARE(FHI_TO_KERNEL, to=kernel.by("kernel"), carries=line, sets={"PE": kernel.el})
    return arrive(s, Arrival(kernel, m.who, "interrupt", status=m.status))


def arrive(s: Scenario, m: Arrival) -> tuple[str, Arrival]:
    """The host's kernel, by way of KVM if a guest runs."""
    if m.who.guest:
        return "guest_exit", m
    if m.kind != "interrupt" and in_hyp(s, m.who):
        return "hyp_panic", m
    return {"SEA": "do_sea", "SError": "do_serror", "interrupt": "handle_irq"}[m.kind], m


def in_hyp(s: Scenario, who: Who) -> bool:
    """Is it KVM's own code at EL2 that was interrupted? To EL3 that is the kernel like any other."""
    return not who.guest and not who.user and s.cpu.running is Running.HYP


def who_said(s: Scenario, who: Who) -> str:
    return "KVM itself" if in_hyp(s, who) else str(who)


def kernel_of(s: Scenario) -> Kernel:
    """The host's kernel where it runs."""
    return Kernel("host", lazy(s, level))


def level(s: Scenario) -> str:
    """The Exception level of the host's kernel. Few decide by it, and many show it."""
    return "EL2" if s.host.vhe else "EL1"
