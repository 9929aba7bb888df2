"""A kernel reads the error record of its PE, ERXSTATUS_EL1: who lets it, and what it sees."""

from ..cpu import syndromes
from ..cpu.hardware import EL3, HARDWARE, kernel_of, read_record
from ..model.choices import Oops, Stance, TfA
from ..model.messages import GUEST_KERNEL, Kernel, Start
from ..model.outcome import ended
from ..model.platform import PHYSICAL_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import Place, RegisterContent, Stage, StepText

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
        return (yield from _undefined(s, kernel))
    if guest:
        kvm = Place("host", "EL2", "KVM")
        yield HARDWARE(TRAPS_TO_KVM, to=kvm, sets={"PE": "EL2"})
        yield kvm(KVM_RAZ_WI, to=kernel.by("kernel"), carries=RegisterContent("ERXSTATUS_EL1", 0))
        return (yield from _nothing(kernel))
    if s.el3.traps_records:
        yield HARDWARE(TRAPS_TO_EL3, to=EL3, sets={"PE": "EL3"})
        if s.stance is Stance.AS_BUILT and s.host.tf_a is TfA.V2_12:
            yield EL3(INJECTS_UNDEF, to=kernel.by("kernel"), sets={"PE": kernel.el}, target=kernel.el)
            return (yield from _undefined(s, kernel))
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


def _undefined(s: Scenario, kernel: Kernel) -> Stage:
    """An UNDEFINED instruction of the kernel's own is an oops."""
    machine = kernel.machine
    panics = getattr(s, machine).oops is Oops.PANICS
    yield kernel.by("kernel")(OOPSES, ends="panics" if panics else "oopses")
    return ended(machine, f"{machine}_{'panic' if panics else 'oops'}")
