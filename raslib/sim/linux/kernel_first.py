"""Kernel-first: the kernel reads error records itself, once APEI has denied, or because it is asked to: who lets it.

What it does about an error is by the architecture; no Linux has it yet.
"""

from ...formats.errnode import ErrStatus, RasVersion
from ..cpu import errstatus, syndromes
from ..cpu.hardware import EL3, HARDWARE, kernel_of, read_record
from ..model.choices import Category, Stance, TfA
from ..model.messages import ANYBODY, GUEST_KERNEL, Arrival, Kernel, Start, Work
from ..model.outcome import claimed, ended
from ..model.platform import GUEST_PHYSICAL_ADDRESS, PHYSICAL_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import Place, RegisterContent, Stage, StepText
from .kernel import CANNOT_REPEAT, oops, panicked

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
    stages = {"SEA": ("do_sea_default", "kvm_sea_default"), "SError": ("do_serror_default", "kvm_serror_default")}
    return stages[m.kind][m.who.guest], m


# --- a kernel reads the error record of its PE, ERXSTATUS_EL1: who lets it, and what it sees --------------------------


# fmt: off
READS_RECORD = StepText("kernel.reads-record",
    "reads ERXSTATUS_EL1, the status of the error record that ERRSELR_EL1 selects",
    "Kernel-first: a kernel that is to handle errors itself has to see the records of its PE",
    ("arm.err-status", "arm.terr"))
NO_REGISTER = StepText("hardware.no-erxstatus", "takes the read as an UNDEFINED instruction, to {target}",
    "The PE has no FEAT_RAS, and so none of its registers", ("arm.terr",))
READS_STATUS = StepText("hardware.erxstatus", "gives it the record of the error: {category}",
    "HCR_EL2.TERR and SCR_EL3.TERR are 0: nobody above wants to be asked", ("arm.err-status", "arm.terr"))
TRAPS_TO_EL3 = StepText("hardware.terr-el3", "traps the read to EL3",
    "SCR_EL3.TERR is 1: TF-A was built with RAS_TRAP_NS_ERR_REC_ACCESS", ("arm.terr", "tf-a.traps"))
TRAPS_TO_KVM = StepText("hardware.terr-el2", "traps the read to EL2",
    "KVM sets HCR_EL2.TERR for every guest where the PE has FEAT_RAS; EL3 is not asked",
    ("arm.terr", "linux.vcpu_set_hcr"))
INJECTS_UNDEF = StepText("firmware.undef", "injects an UNDEFINED instruction exception into {target}",
    "2.12 has no handler for this trap, and its answer to any that it does not know is inject_undef64()",
    ("tf-a.traps",))
RAZ_WI = StepText("firmware.raz-wi", "returns behind the read, with 0 in its register",
    "The registers read as zero and ignore writes. The record is still there, and firmware's alone",
    ("tf-a-2.15.traps",))
KVM_RAZ_WI = StepText("kvm.raz-wi", "returns behind the read, with 0 in its register",
    "access_ras(): the records are the host's. ERRIDR_EL1 reads 0 as well, so the guest learns that it has none",
    ("linux.access_ras",))
OOPSES = StepText("kernel.undef", "{ends} over an UNDEFINED instruction",
    "It looked at ID_AA64PFR0_EL1.RAS at most, and that says nothing of traps", ("linux.die", "arm.terr"))
FINDS_NOTHING = StepText("kernel.reads-zero", "finds no error recorded",
    "V is 0 in what it has read", ("arm.err-status",))
FINDS = StepText("kernel.reads-status", "finds {category}: {means}",
    "What it does about it is kernel-first handling, which no Linux release has", ("arm.err-status", "linux.aest"))
# fmt: on


def read_erxstatus(s: Scenario, m: Start) -> Stage:
    """A kernel reads ERXSTATUS_EL1 of its PE, which has an error recorded."""
    guest = s.ask.by_guest
    kernel = GUEST_KERNEL if guest else kernel_of(s)
    yield kernel.by("kernel")(READS_RECORD, to=HARDWARE)
    if not s.cpu.ras:
        yield HARDWARE(NO_REGISTER, to=kernel.by("kernel"), target=kernel.el)
        return (yield from oops(s, kernel, OOPSES))
    if guest:
        kvm = Place("host", "EL2", "KVM")
        yield HARDWARE(TRAPS_TO_KVM, to=kvm, sets={"PE": "EL2"})
        yield kvm(KVM_RAZ_WI, to=kernel.by("kernel"), carries=RegisterContent("ERXSTATUS_EL1", 0))
        return (yield from _nothing(kernel))
    if s.el3.traps_records:
        yield HARDWARE(TRAPS_TO_EL3, to=EL3, sets={"PE": "EL3"})
        if s.stance is Stance.AS_BUILT and s.host.tf_a is TfA.V2_12:
            yield EL3(INJECTS_UNDEF, to=kernel.by("kernel"), sets={"PE": kernel.el}, target=kernel.el)
            return (yield from oops(s, kernel, OOPSES))
        yield EL3(RAZ_WI, to=kernel.by("kernel"), carries=RegisterContent("ERXSTATUS_EL1", 0), sets={"PE": kernel.el})
        return (yield from _nothing(kernel))
    return (yield from _seen(s, kernel))


def _seen(s: Scenario, kernel: Kernel) -> Stage:
    category = s.error.category
    status = syndromes.recorded(category, False)
    sets = {"ERR<n>STATUS": f"{status:#x}", "ERR<n>ADDR": f"{PHYSICAL_ADDRESS:#x}"} if s.error.again is None else {}
    status, _ = yield from read_record(s, status)
    category = syndromes.category_of(status) or category
    value = RegisterContent("ERXSTATUS_EL1", status)
    yield HARDWARE(READS_STATUS, to=kernel.by("kernel"), carries=value, sets=sets, category=category.value)
    yield kernel.by("kernel")(FINDS, category=category.value, means=category.means)
    return ended(kernel.machine, "read")


def _nothing(kernel: Kernel) -> Stage:
    yield kernel.by("kernel")(FINDS_NOTHING)
    return ended(kernel.machine, "no_record")
