"""Kernel-first: the kernel reads error records itself, once APEI has denied; by the architecture, in no Linux yet."""

from ...formats.errnode import ErrStatus, RasVersion
from ..cpu import errstatus, syndromes
from ..cpu.hardware import read_record
from ..model.choices import Category, Stance
from ..model.messages import ANYBODY, Arrival, Work
from ..model.outcome import claimed, ended
from ..model.platform import GUEST_PHYSICAL_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import RegisterContent, Stage, StepText
from .victim import CANNOT_REPEAT, panicked

# fmt: off
NO_DRIVER = StepText("kernel.no-driver", "leaves ERR<n>STATUS unread",
    "Linux has no kernel-first code: no driver reads AEST or the error records", ("linux.aest",))
AEST_DRIVER = StepText("kernel.aest-driver",
    "has a driver for the node, by AEST: code that is proposed, and merged in no release",
    "It hears interrupts of nodes alone, never an abort or an SError. What has an address goes to memory_failure(), "
    "what is UEU or UC stops the machine", ("linux.aest-v6", "arm.aest"))
NO_RECORD = StepText("kernel.no-record", "looks for a valid error record and finds none",
    "{because}", ("arm.err-status", "mail.claim"))
KERNEL_FIRST = StepText("kernel.kernel-first",
    "claims the error: it reads {category} from ERR<n>STATUS, the address from ERR<n>ADDR, and clears the record",
    "{means}. AEST says where the node is. What was read as one is written as one: if a worse error has overwritten "
    "the record since, that write leaves it alone", ("arm.err-status", "arm.err-clear", "arm.aest", "mail.claim"))
KERNEL_FIRST_LOGS = StepText("kernel.kernel-first-logs", "logs the corrected error",
    "There is nothing to repair. A node with a counter in ERR<n>MISC0 interrupts when that overflows, others each "
    "time", ("arm.states", "arm.fhi"))
KERNEL_FIRST_PANICS = StepText("kernel.kernel-first-panics", "panics: the error is {category}",
    "{means}", ("arm.states",))
KERNEL_FIRST_ISOLATES = StepText("kernel.kernel-first-isolates", "asks memory_failure() to isolate {address:#x}",
    "Flags: {flags}", ("linux.memory_failure", "arm.states"))
# fmt: on


def kernel_first(s: Scenario, m: Arrival) -> Stage:
    """The kernel reads the error records itself; if it can."""
    kernel, category = m.kernel.by("kernel-first"), syndromes.category_of(m.status)
    if s.stance is Stance.AS_BUILT:
        if m.kind != "interrupt":
            if category:
                yield m.kernel.by("kernel")(NO_DRIVER)
            return default(m)
        yield kernel(AEST_DRIVER)
    if category is None:
        guest = "ERRIDR_EL1 reads 0: a guest has no records"
        yield kernel(NO_RECORD, because=guest if m.kernel.machine == "guest" else "Firmware has cleared it, or none is")
        return default(m)
    status, address = m.status, GUEST_PHYSICAL_ADDRESS
    if m.kernel.machine == "host":
        status, address = yield from read_record(s, m.status)
    category = syndromes.category_of(status) or category
    written = errstatus.clearing(ErrStatus.parse(status))  # ones are written where it has ones
    left = errstatus.clear(RasVersion.V1P1, ErrStatus.parse(status), written)
    carries, means = RegisterContent("ERR<n>STATUS", written.build()), category.means.capitalize()
    sets = {"ERR<n>STATUS": f"{left.build():#x}"}
    yield kernel(KERNEL_FIRST, carries=carries, sets=sets, category=category.value, means=means)
    yield claimed(m.kernel.machine, "kernel-first")
    if category is Category.CE:
        yield kernel(KERNEL_FIRST_LOGS)
        return ended(m.kernel.machine, "logged")
    if category in (Category.UEU, Category.UC):
        yield kernel(KERNEL_FIRST_PANICS, category=category.value, means=means)
        return panicked(m.kernel)
    if m.consumed and not (m.who.user or m.who.guest):
        yield m.kernel.by("kernel")(CANNOT_REPEAT)
        return panicked(m.kernel)
    flags = "MF_ACTION_REQUIRED, for the abort is synchronous" if m.consumed else "0, for nothing was consumed yet"
    yield kernel(KERNEL_FIRST_ISOLATES, address=address, flags=flags)
    who = m.who if m.consumed else ANYBODY
    return "memory_failure", Work(m.kernel, who, m.consumed, (address,), m.consumed)


def default(m: Arrival) -> tuple[str, Arrival]:
    """What follows if nobody claims it."""
    return {
        ("SEA", False): "do_sea_default",
        ("SEA", True): "kvm_sea_default",
        ("SError", False): "do_serror_default",
        ("SError", True): "kvm_serror_default",
    }[m.kind, m.who.guest], m
