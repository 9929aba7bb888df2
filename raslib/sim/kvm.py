"""KVM: in the way of what interrupts a guest, and no more; and the hand that QEMU has in the guest."""

from . import syndromes
from .consumer import panicked
from .estatus import since
from .hardware import kernel_of
from .kernel import unknown
from .messages import GUEST_KERNEL, Arrival, Asked, Pending, Signalled, Touch, Who
from .outcome import ended, sent
from .platform import GUEST_PHYSICAL_ADDRESS, QEMU_RAM_OFFSET
from .routing import State, vector_offset, virtual_serror
from .scenario import Mode, Scenario, Stance
from .trace import END, ArmException, Ioctl, Place, Sigbus, Stage, Text

EXITS = Text(
    "kvm.exits",
    "leaves the guest",
    "{because}",
    ("linux.guest_exit", "linux.vcpu_set_hcr", "mail.steps"),
)
WORLD_SWITCH = Text(
    "kvm.world-switch",
    "switches back to the host's world, and returns to EL1",
    "Without VHE only a small part of KVM is at EL2; handle_exit() and everything it may ask are at EL1",
    ("linux.guest_exit", "mail.steps"),
)
ASKS = Text(
    "kvm.asks",
    "asks APEI whether it knows of this abort",
    "KVM was only in the way: the notification is the kernel's own, and KVM neither reads CPER nor tells user space",
    ("linux.kvm_handle_guest_sea", "mail.claim", "mail.private"),
)
ASKS_FOR_SERROR = Text(
    "kvm.asks-serror",
    "asks APEI whether it knows of this SError",
    "KVM was only in the way: what claims an error of the host claims this one too",
    ("mail.claim", "mail.private"),
)
TO_USER = Text(
    "kvm.sea-to-user",
    "leaves for user space with KVM_EXIT_ARM_SEA",
    "The VMM has asked for aborts that nobody claims (since 6.19); what is the host's own is left out of the syndrome",
    ("linux.kvm_handle_guest_sea",),
)
INJECTS = Text(
    "kvm.injects",
    "makes a virtual SError pending for the guest: {function}",
    "{because}. The syndrome has IDS = 1, so that it tells the guest nothing of the host",
    ("linux.kvm_inject_serror", "arm.virtual-serror"),
)
INJECTS_NOW = Text(
    "kvm.injects-now",
    "enters the guest's SError vector itself: {function}",
    "{because}. Since 6.17 an SError that the guest does not mask is emulated at once, with IL = 0; the syndrome has "
    "IDS = 1, so that it tells the guest nothing of the host",
    ("linux.kvm_inject_serror", "arm.virtual-serror"),
)
FATAL_SERROR = Text(
    "kvm.serror-fatal",
    'panics: "Asynchronous SError Interrupt"',
    "{because}, so it may have reached the host. APEI is not asked for any SError",
    ("linux.kvm_handle_guest_serror", "linux.arm64_is_fatal_ras_serror"),
)
IGNORED_SERROR = Text(
    "kvm.serror-ignored",
    "resumes the guest, without a word",
    "AET says {state}: the guest can go on. Nothing is logged, and APEI is not asked",
    ("linux.kvm_handle_guest_serror",),
)
SPURIOUS = Text(
    "kvm.spurious",
    "panics: nobody knows of this SError",
    "A RAS error without CPER and without an error record: that the guest contains it cannot be assumed",
    ("mail.spurious",),
)
TO_USER_SPACE = Text(
    "kvm.signal-pending",
    "sees the signal pending before it enters the guest again, and leaves for user space",
    "KVM_RUN returns -EINTR; not one instruction of the guest runs in between",
    ("linux.xfer_to_guest_mode", "mail.steps"),
)
STAGE_2_FAULT = Text(
    "kvm.stage-2-fault",
    "takes a stage 2 fault when the guest touches the isolated page, and signals QEMU: BUS_MCEERR_AR",
    "The page behind the address is poisoned (KVM_PFN_ERR_HWPOISON): it is not mapped again",
    ("linux.kvm_send_hwpoison_signal",),
)
DOES_AS_ASKED = Text(
    "kvm.does-as-asked",
    "enters the guest {where}",
    "User space has set it so, through {api}; KVM adds nothing of its own",
    ("linux.vcpu_events", "mail.trigger"),
)


def guest_exit(s: Scenario, m: Arrival) -> Stage:
    """Something interrupts a guest. __guest_exit, handle_exit()"""
    hyp = Place("host", "EL2", "KVM")
    because = {
        "SEA": "HCR_EL2.TEA brings External Aborts of the guest to EL2",
        "SError": "HCR_EL2.AMO brings SErrors to EL2 while a guest runs, whatever the guest masks",
        "interrupt": "HCR_EL2.IMO brings interrupts to EL2 while a guest runs",
    }
    yield hyp(EXITS, because=because[m.kind], sets={"PE": "EL2"})
    if m.kernel.el == "EL1":
        yield hyp(WORLD_SWITCH, to=m.kernel.by("KVM"), sets={"PE": "EL1"})
    return {"SEA": "kvm_handle_guest_sea", "SError": "kvm_handle_guest_serror", "interrupt": "handle_irq"}[m.kind], m


def kvm_handle_guest_sea(s: Scenario, m: Arrival) -> Stage:
    """The abort was the guest's; the error may be anybody's."""
    yield m.kernel.by("KVM")(ASKS, to=m.kernel.by("APEI"))
    return "apei_claim_sea", m


def kvm_sea_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it."""
    if s.stance is Stance.AS_BUILT and since(s, "host", "6.19") and s.guest.sea_to_user:
        exit_ = Ioctl("KVM_RUN", f"returns KVM_EXIT_ARM_SEA, ESR {m.esr:#x}")
        yield m.kernel.by("KVM")(TO_USER, to=Place("host", "EL0", "QEMU"), carries=exit_)
        yield ended("vm", "vmm_decides")
        return END
    return (yield from _inject(s, m, "Nobody claimed the abort"))


def kvm_handle_guest_serror(s: Scenario, m: Arrival) -> Stage:
    """The SError interrupted the guest. As built, the syndrome alone decides."""
    kvm, told = m.kernel.by("KVM"), syndromes.read(m.esr)
    if s.stance is Stance.ARCHITECTURE:
        yield kvm(ASKS_FOR_SERROR, to=m.kernel.by("APEI"))
        return "apei_claim_sei", m
    if told.implementation_defined or told.state in ("UER", "UEU"):
        because = f"AET says {told.state}" if told.state else "IDS is 1: not a RAS error"
        return (yield from _inject(s, m, f"{because}; it is left to the guest"))
    if told.state in ("CE", "UEO"):
        yield kvm(IGNORED_SERROR, state=told.state)
        yield ended("host", "ignored")
        return END
    yield kvm(FATAL_SERROR, because=f"AET says {told.state}" if told.state else unknown(told))
    return (yield from panicked(m.kernel))


def kvm_serror_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it. A device's SError is the guest's; a RAS error is nobody's to pass on."""
    if syndromes.read(m.esr).implementation_defined:
        return (yield from _inject(s, m, "Nobody claimed the SError, and IDS is 1: not a RAS error"))
    yield m.kernel.by("KVM")(SPURIOUS)
    return (yield from panicked(m.kernel))


def _inject(s: Scenario, m: Arrival, because: str) -> Stage:
    """KVM's own answer: a virtual SError that says nothing. kvm_inject_serror(), before 6.17 kvm_inject_vabt()"""
    user = s.guest.running is Mode.USER
    el = 0 if user else 1
    at_once = s.stance is Stance.AS_BUILT and since(s, "host", "6.17")
    iss = syndromes.IMPLEMENTATION_DEFINED
    virtual = virtual_serror(State("serror", EL=el, HCR_EL2_AMO=1), VSE=1, VSESR_EL2=iss)
    esr = syndromes.serror(iss, il=0) if at_once else virtual.ESR_EL1 or 0
    yield m.kernel.by("KVM")(
        INJECTS_NOW if at_once else INJECTS,
        to=GUEST_KERNEL.by("kernel"),
        carries=ArmException("virtual SError", "EL1", esr, vector_offset(el, 1, 1)),
        sets={"guest ESR_EL1": f"{esr:#x}"} | ({} if at_once else {"VSESR_EL2": f"{iss:#x}"}),
        function="kvm_inject_serror()" if at_once else "kvm_inject_vabt()",
        because=because,
    )
    return "do_serror", Arrival(GUEST_KERNEL, Who(False, user), "SError", esr, False, 0, None, b"")


def xfer_to_guest_mode_handle_work(s: Scenario, m: Pending) -> Stage:
    """The last look before the guest is entered again."""
    yield m.kernel.by("KVM")(TO_USER_SPACE, to=Place("host", "EL0", "QEMU"), carries=m.sigbus)
    return "sigbus_handler", Signalled(m.sigbus, None)


def user_mem_abort(s: Scenario, m: Touch) -> Stage:
    """The guest touches a page that the host has isolated."""
    sigbus = Sigbus("BUS_MCEERR_AR", QEMU_RAM_OFFSET + GUEST_PHYSICAL_ADDRESS, m.lsb)
    yield m.kernel.by("KVM")(STAGE_2_FAULT, sets={"QEMU signal": sigbus.code})
    yield sent("host", sigbus.code)
    return "xfer_to_guest_mode_handle_work", Pending(m.kernel, sigbus)


def kvm_ioctl(s: Scenario, m: Asked) -> Stage:
    """User space has set up what the guest is to meet."""
    where = {"SDEI": "in its SDEI handler", "interrupt": "with the interrupt pending"}
    sets = {"PE": "guest EL1"} | ({"guest ESR_EL1": f"{m.arrival.esr:#x}"} if m.arrival.esr else {})
    yield kernel_of(s).by("KVM")(
        DOES_AS_ASKED,
        to=GUEST_KERNEL.by("kernel"),
        carries=m.meets,
        sets=sets,
        where=where.get(m.arrival.kind, "at the vector of the exception"),
        api=m.api,
    )
    stage = {"SEA": "do_sea", "SError": "do_serror", "SDEI": "ghes_sdei", "interrupt": "handle_irq"}[m.arrival.kind]
    return stage, m.arrival
