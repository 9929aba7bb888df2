"""KVM's decisions about what interrupted a guest, handle_exit(): it is in the way of it, and no more.

At the end the design that was rejected, in which KVM left a RAS SError to user space.
"""

from typing import Literal

from ..cpu import syndromes
from ..cpu.exception_entry import guest_serror
from ..cpu.hardware import kernel_of
from ..cpu.routing import vector_offset
from ..linux.estatus import since
from ..linux.kernel import panicked, unknown
from ..model.choices import Access, Category, Kvm, Mode, Nested, Stance
from ..model.lazy import force, lazy
from ..model.messages import GUEST_KERNEL, Arrival, KvmRequest, Unclaimed, Who
from ..model.outcome import ended
from ..model.platform import GUEST_PROCESS_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import ArmException, Ioctl, Place, Stage, StepText

# fmt: off
ASKS = StepText("kvm.asks", "asks APEI whether it knows of this abort",
    "KVM was only in the way: the notification is the kernel's own, and KVM neither reads CPER nor tells user space",
    ("linux.kvm_handle_guest_sea", "mail.claim", "mail.private"))
ASKS_FOR_SERROR = StepText("kvm.asks-serror", "asks APEI whether it knows of this SError",
    "KVM was only in the way: what claims an error of the host claims this one too", ("mail.claim", "mail.private"))
TO_USER = StepText("kvm.sea-to-user", "leaves for user space with KVM_EXIT_ARM_SEA",
    "The VMM has asked for aborts that nobody claims (since 6.19). The syndrome is cut to what concerns the guest; "
    "the guest's virtual address goes along unless FnV is 1, its physical one if it is known",
    ("linux.kvm_handle_guest_sea",))
BAD_ADDRESS = StepText("kvm.efault", "returns -EFAULT from KVM_RUN",
    "Before 5.9 an instruction abort that nobody claims is taken for an address without memory: user space can only "
    "stop the vCPU", ("linux.kvm_handle_guest_abort_5_4",))
INJECTS = StepText("kvm.injects", "makes a virtual SError pending for the guest: {function}",
    "{because}. The syndrome has IDS = 1, so that it tells the guest nothing of the host",
    ("linux.kvm_inject_serror", "arm.virtual-serror"))
INJECTS_NOW = StepText("kvm.injects-now", "enters the guest's SError vector itself: {function}",
    "{because}. Since 6.17 an SError that the guest does not mask is emulated at once, with IL = {il}; the syndrome "
    "has IDS = 1, so that it tells the guest nothing of the host", ("linux.kvm_inject_serror", "arm.virtual-serror"))
INJECTS_NESTED = StepText("kvm.injects-nested",
    "has the guest's own hypervisor take an SError of its guest: kvm_inject_nested_serror()",
    "{because}. It has asked for it by {asks}, and KVM goes by the architecture's rules itself: HCRX_EL2.TMEA of the "
    "PE stays 0 whatever the guest writes, for how an abort is routed is the host's to decide",
    ("linux.kvm_serror_target_is_el2", "linux.nv_hcrx", "arm.serror-routing"))
INJECTS_BELOW = StepText("kvm.injects-below", "enters the SError vector of the guest's own guest: kvm_inject_serror()",
    "{because}. The hypervisor between them has asked for masked SErrors alone, HCRX_EL2.TMEA, and this is none",
    ("linux.kvm_serror_target_is_el2", "linux.nv_hcrx", "arm.serror-routing"))
NESTED_PANICS = StepText("guest.nested-panics", "panics: the kernel of the guest's own guest took the SError",
    "IDS is 1: not a RAS error, and nothing is known of what has been lost",
    ("linux.do_serror", "linux.arm64_is_ras_serror"))
UNMASKS = StepText("guest.unmasks", "unmasks SErrors, and takes the virtual one that has waited",
    "PSTATE.A is 0 again. HCR_EL2.VSE is 0 then, and ESR_EL1 has what was in VSESR_EL2", ("arm.virtual-serror",))
WAITS = StepText("guest.masks", "goes on, and the virtual SError waits",
    "PSTATE.A is 1 in the guest. Each exit saves HCR_EL2.VSE, so that nothing is lost until the guest unmasks it",
    ("arm.virtual-serror", "linux.deactivate_traps"))
FATAL_SERROR = StepText("kvm.serror-fatal", 'panics: "Asynchronous SError Interrupt"',
    "{because}, so it may have reached the host. APEI is not asked for any SError",
    ("linux.kvm_handle_guest_serror", "linux.arm64_is_fatal_ras_serror"))
IGNORED_SERROR = StepText("kvm.serror-ignored", "resumes the guest, without a word",
    "AET says {state}: the guest can go on. Nothing is logged, and APEI is not asked",
    ("linux.kvm_handle_guest_serror",))
SPURIOUS = StepText("kvm.spurious", "panics: nobody knows of this SError",
    "A RAS error without CPER and without an error record: that the guest contains it cannot be assumed",
    ("mail.spurious",))
EXITS_TO_USER = StepText("rejected.exits",
    "leaves for user space with KVM_EXIT_EXCEPTION: an SError, and how severe it is",
    "AET says UER, so the error has not spread. The host's own kernel is passed by: neither APEI nor anybody else "
    "is asked, and a record that firmware has written stays unread",
    ("mail.rejected", "mail.private", "linux.kvm_handle_guest_serror"))
CHOOSES_SYNDROME = StepText("rejected.chooses", "asks KVM for a virtual SError with the same AET",
    "It has no address, so it can write no record. A host that is told by SDEI would have sent SIGBUS: what QEMU "
    "does now depends on the host's firmware", ("mail.rejected", "mail.independent", "linux.vcpu_events"))
# fmt: on


def kvm_handle_guest_sea(s: Scenario, m: Arrival) -> Stage:
    """The abort was the guest's; the error may be anybody's."""
    yield m.kernel.by("KVM")(ASKS, to=m.kernel.by("APEI"))
    return "apei_claim_sea", m


def kvm_sea_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it."""
    because = "Nobody claimed the abort"
    if s.stance is Stance.ARCHITECTURE:
        return _inject(m, because)
    if not since(s, "host", "5.9") and s.error.access is Access.FETCH:
        failed = Ioctl("KVM_RUN", "returns -EFAULT")
        yield m.kernel.by("KVM")(BAD_ADDRESS, to=Place("host", "EL0", "QEMU"), carries=failed)
        return ended("vm", "api_error")
    if since(s, "host", "6.19") and s.guest.sea_to_user:
        if owned := host_owns(s):
            return _inject(m, f"{because}, and the VMM is not asked: {owned}")
        yield m.kernel.by("KVM")(TO_USER, to=Place("host", "EL0", "QEMU"), carries=lazy(s, exit_arm_sea, m.esr))
        return ended("vm", "vmm_decides")
    return _inject(m, because)


def host_owns(s: Scenario) -> str:
    """Why an abort is about memory of the host, and not the VMM's to judge; empty if it is. host_owns_sea()"""
    if not s.cpu.ras:
        return "without FEAT_RAS only KVM's own accesses bring an abort to EL2"
    if s.error.access is Access.WALK_2:
        return "the tables of stage 2 are the host's own"
    return ""


# What is left of the syndrome: EC, IL, FnV, EA, CM, WnR and the fault status; and SET, for a guest with FEAT_RAS.
_FOR_THE_VMM = 0x3F << 26 | 1 << 25 | 3 << 11 | 1 << 10 | 1 << 9 | 1 << 8 | 1 << 6 | 0x3F


def exit_arm_sea(_: Scenario, esr: int) -> Ioctl:
    """What the VMM reads from `struct kvm_run`."""
    gva = "" if syndromes.read(esr).fnv else f", GVA {GUEST_PROCESS_ADDRESS:#x}"
    return Ioctl("KVM_RUN", f"returns KVM_EXIT_ARM_SEA, ESR {esr & _FOR_THE_VMM:#x}{gva}")


def kvm_handle_guest_serror(s: Scenario, m: Arrival) -> Stage:
    """The SError interrupted the guest. As built, the syndrome alone decides."""
    kvm, syndrome = m.kernel.by("KVM"), syndromes.read(force(s, m.esr))
    if s.stance is Stance.ARCHITECTURE:
        yield kvm(ASKS_FOR_SERROR, to=m.kernel.by("APEI"))
        return "apei_claim_sei", m
    if syndrome.implementation_defined:
        return _inject(m, "IDS is 1: not a RAS error; it is left to the guest")
    if not s.cpu.ras:
        return _inject(m, "Without FEAT_RAS a syndrome says nothing; it is left to the guest")
    if syndrome.state == "UER" and s.host.kvm is Kvm.REJECTED:
        return "handle_guest_sei", m
    if syndrome.state in ("UER", "UEU"):
        return _inject(m, f"AET says {syndrome.state}; it is left to the guest")
    if syndrome.state in ("CE", "UEO"):
        yield kvm(IGNORED_SERROR, state=syndrome.state)
        return ended("host", "ignored")
    yield kvm(FATAL_SERROR, because=f"AET says {syndrome.state}" if syndrome.state else unknown(syndrome))
    return panicked(m.kernel)


def kvm_serror_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it. A device's SError is the guest's; a RAS error is nobody's to pass on."""
    if syndromes.read(force(s, m.esr)).implementation_defined:
        return _inject(m, "Nobody claimed the SError, and IDS is 1: not a RAS error")
    yield m.kernel.by("KVM")(SPURIOUS)
    return panicked(m.kernel)


def _inject(m: Arrival, because: str) -> tuple[str, Unclaimed]:
    return "kvm_inject_serror", Unclaimed(m.kernel, because)


def kvm_inject_serror(s: Scenario, m: Unclaimed) -> Stage:
    """KVM's own answer: a virtual SError that says nothing. Before 6.17 kvm_inject_vabt()"""
    if s.guest.nested is not Nested.NONE and (s.stance is Stance.ARCHITECTURE or since(s, "host", "6.17")):
        return (yield from _inject_nested(s, m))
    named = s.stance is Stance.AS_BUILT and since(s, "host", "6.17")
    masked = s.guest.masked
    user = not masked and s.guest.running is Mode.USER
    at_once, el, iss = named and not masked, 0 if user else 1, syndromes.IMPLEMENTATION_DEFINED
    il, meets = int(since(s, "host", "7.2")) if at_once else 1, guest_serror(el, iss)
    kvm, function = m.kernel.by("KVM"), "kvm_inject_serror()" if named else "kvm_inject_vabt()"
    if masked:
        yield kvm(INJECTS, sets={"VSESR_EL2": f"{iss:#x}"}, function=function, because=m.because)
        return (yield from waits(s, iss))
    if at_once:
        meets = meets._replace(esr=syndromes.serror(iss, il=il))
    text, args = INJECTS_NOW if at_once else INJECTS, {"function": function, "because": m.because, "il": il}
    sets = {"guest ESR_EL1": f"{meets.esr:#x}", "VSESR_EL2": None if at_once else f"{iss:#x}"}
    yield kvm(text, to=GUEST_KERNEL.by("kernel"), carries=meets, sets=sets, **args)
    return "do_serror", Arrival(GUEST_KERNEL, Who(False, user), "SError", meets.esr)


def _inject_nested(s: Scenario, m: Unclaimed) -> Stage:
    """The guest's own guest runs: their hypervisor takes the SError, or the kernel of that guest does. Since 6.17"""
    kvm, guest, all_ = m.kernel.by("KVM"), GUEST_KERNEL.by("kernel"), s.guest.nested is Nested.AMO
    if all_ or s.guest.masked:
        asks = "HCR_EL2.AMO" if all_ else "HCRX_EL2.TMEA, and its guest masks SErrors"
        yield kvm(INJECTS_NESTED, to=guest, carries=lazy(s, _taken_nested, 2), because=m.because, asks=asks)
        return ended("guest", "l1_decides")
    yield kvm(INJECTS_BELOW, to=guest, carries=lazy(s, _taken_nested, 1), because=m.because)
    yield guest(NESTED_PANICS)
    return ended("guest", "nested_panic")


def _taken_nested(s: Scenario, target: Literal[1, 2]) -> ArmException:
    """The SError as KVM has the vCPU enter a vector of its EL1 or EL2, from its EL1 or EL0."""
    il = int(s.stance is Stance.ARCHITECTURE or since(s, "host", "7.2"))
    esr = syndromes.serror(syndromes.IMPLEMENTATION_DEFINED, il=il)
    el = 1 if s.guest.running is Mode.KERNEL else 0
    return ArmException("SError" if target == 2 else "virtual SError", f"EL{target}", esr, vector_offset(el, target, 1))


def waits(s: Scenario, iss: int) -> Stage:
    """A virtual SError with this ISS that the guest, its kernel, does not let in; or only later."""
    guest = GUEST_KERNEL.by("kernel")
    yield guest(WAITS, sets={"HCR_EL2.VSE": "1"})
    if not s.guest.unmasks:
        return ended("guest", "pending")
    meets = guest_serror(1, iss)
    yield guest(UNMASKS, carries=meets, sets={"HCR_EL2.VSE": "0", "guest ESR_EL1": f"{meets.esr:#x}"})
    return "do_serror", Arrival(GUEST_KERNEL, Who(False, False), "SError", meets.esr)


# --- the design that was rejected -------------------------------------------------------------------------------------


def handle_guest_sei(s: Scenario, m: Arrival) -> Stage:
    """[PATCH v8 7/7]: KVM has found that AET says UER, and hands the verdict to user space. A counter-example.

    QEMU then hears of an error by which exception the host's firmware let through, before any signal and beside it; a
    process that is no virtual machine would never hear.
    """
    qemu = Place("host", "EL0", "QEMU")
    exit_ = Ioctl("KVM_RUN", "returns KVM_EXIT_EXCEPTION, exception 0x2f, error code: recoverable")
    yield m.kernel.by("KVM")(EXITS_TO_USER, to=qemu, carries=exit_)
    user, iss = s.guest.running is Mode.USER, syndromes.serror_iss(Category.UER)
    meets = guest_serror(0 if user else 1, iss)
    asks = Ioctl("KVM_SET_VCPU_EVENTS", f"serror_pending, serror_has_esr, serror_esr = {iss:#x}")
    yield qemu(CHOOSES_SYNDROME, to=kernel_of(s).by("KVM"), carries=asks)
    arrival = Arrival(GUEST_KERNEL, Who(False, user), "SError", meets.esr)
    return "kvm_ioctl", KvmRequest(arrival, meets, asks.name)
