"""KVM's run loop, and the world switch at EL2: how a guest is left and entered, and what it meets then.

In the order of a guest that is interrupted: what interrupts it, the work before it is entered again, its entry.
"""

from ..cpu import syndromes
from ..cpu.hardware import kernel_of
from ..cpu.routing import DISR_A, SYNDROME, State, esb
from ..linux.estatus import since
from ..linux.kernel import panicked
from ..model.lazy import force, lazy
from ..model.messages import GUEST_KERNEL, Arrival, HardwareError, KvmRequest, Pending, Signalled, Touch, Who
from ..model.outcome import sent
from ..model.platform import GUEST_PHYSICAL_ADDRESS, QEMU_RAM_OFFSET
from ..model.scenario import Scenario
from ..model.trace import ArmException, Place, RegisterContent, Sigbus, Stage, StepText
from .kvm import waits

EL2 = Place("host", "EL2", "KVM")

# fmt: off
EXITS = StepText("kvm.exits", "leaves the guest",
    "{because}", ("linux.guest_exit", "linux.vcpu_set_hcr", "mail.steps"))
WORLD_SWITCH = StepText("kvm.world-switch", "switches back to the host's world, and returns to EL1",
    "Without VHE only a small part of KVM is at EL2; handle_exit() and everything it may ask are at EL1",
    ("linux.guest_exit", "mail.steps"))
COLLECTS = StepText("kvm.esb",
    "leaves the guest for another reason, begins with an ESB, and finds an SError in DISR_EL1",
    "PSTATE.A is 1 in a vector of EL2, so the ESB defers what pends. Since 5.3 all vectors for guests begin so. "
    "With SCR_EL3.EA = 1 DISR_EL1 would read 0: EL3 would have taken the SError",
    ("linux.hyp-entry", "linux.guest_exit", "arm.esb"))
OPENS_WINDOW = StepText("kvm.window",
    "leaves the guest for another reason, sees an SError pend in ISR_EL1, and unmasks it for one instruction",
    "Without FEAT_RAS an ESB does nothing: the SError is taken here, where it is still known to be the guest's",
    ("linux.guest_exit",))
REPLAYS = StepText("kvm.replays", "puts the exit aside: the trap is not dealt with, and will happen again",
    "ARM_EXIT_WITH_SERROR_BIT is set. If the guest called with HVC, its PC is moved back by 4, for the PE had gone "
    "on", ("linux.guest_exit", "linux.fixup_guest_exit"))
REFUSES_ENTRY = StepText("kvm.refuses-entry", "does not enter the guest: ISR_EL1 says that an SError pends",
    "It returns ARM_EXCEPTION_IRQ, so that the host takes what is the host's; the guest has not run",
    ("linux.guest_enter",))
HYP_PANICS = StepText("kvm.hyp-panic", "panics: its own code at EL2 was interrupted",
    "Between the two worlds nobody can be asked: hyp_panic(), which is the panic of the host", ("linux.hyp_panic",))
TO_USER_SPACE = StepText("kvm.signal-pending",
    "sees the signal pending before it enters the guest again, and leaves for user space",
    "{looks}: KVM_RUN returns -EINTR, and not one instruction of the guest runs in between",
    ("linux.xfer_to_guest_mode", "mail.steps"))
STAGE_2_FAULT = StepText("kvm.stage-2-fault",
    "takes a stage 2 fault when the guest touches the isolated page, and signals QEMU: BUS_MCEERR_AR, lsb {lsb}",
    "The page behind the address is poisoned (KVM_PFN_ERR_HWPOISON): it is not mapped again. lsb says how large it "
    "is; every part of it that the guest touches costs another signal", ("linux.kvm_send_hwpoison_signal",))
DOES_AS_ASKED = StepText("kvm.does-as-asked", "enters the guest {where}",
    "User space has set it so, through {api}; KVM adds nothing of its own", ("linux.vcpu_events", "mail.trigger"))
PENDS_AS_ASKED = StepText("kvm.pends-as-asked", "makes the virtual SError pending that user space has asked for",
    "Through {api}; KVM adds nothing of its own", ("linux.vcpu_events", "mail.trigger"))
# fmt: on


def guest_exit(s: Scenario, m: Arrival) -> Stage:
    """Something interrupts a guest. __guest_exit, handle_exit()"""
    because = {
        "SEA": "HCR_EL2.TEA brings External Aborts of the guest to EL2",
        "SError": "HCR_EL2.AMO brings SErrors to EL2 while a guest runs, whatever the guest masks",
        "interrupt": "HCR_EL2.IMO brings interrupts to EL2 while a guest runs",
    }
    yield EL2(EXITS, because=because[m.kind], sets={"PE": "EL2"})
    if not s.host.vhe:
        yield EL2(WORLD_SWITCH, to=m.kernel.by("KVM"), sets={"PE": "EL1"})
    return {"SEA": "kvm_handle_guest_sea", "SError": "kvm_handle_guest_serror", "interrupt": "handle_irq"}[m.kind], m


def guest_exit_esb(s: Scenario, m: HardwareError) -> Stage:
    """An SError pends just when something else brings the PE out of the guest. __guest_exit"""
    if s.cpu.ras:
        disr = deferred(force(s, m.esr) & SYNDROME)
        esr, sets = disr_to_esr(disr), {"PE": "EL2", "DISR_EL1": "0x0"}
        yield EL2(COLLECTS, carries=RegisterContent("DISR_EL1", disr), sets=sets)
    else:
        esr = syndromes.serror(syndromes.IMPLEMENTATION_DEFINED)
        taken = ArmException("SError", "EL2", esr, 0x380)
        yield EL2(OPENS_WINDOW, carries=taken, sets={"PE": "EL2", "ESR_EL2": f"{esr:#x}"})
    yield EL2(REPLAYS)
    arrival = Arrival(kernel_of(s), m.who, "SError", esr, status=m.status)
    if not s.host.vhe:
        yield EL2(WORLD_SWITCH, to=arrival.kernel.by("KVM"), sets={"PE": "EL1"})
    return "kvm_handle_guest_serror", arrival


def deferred(iss: int) -> int:
    """DISR_EL1 after the ESB of a vector at EL2 has met an SError of this syndrome."""
    return esb(State("serror", EL=2, HCR_EL2_AMO=1, PSTATE_A=1), syndrome=iss).DISR_EL1 or 0


def disr_to_esr(disr: int) -> int:
    """ESR_EL2 as Linux makes it of DISR_EL1; IL stays 0. arch/arm64/include/asm/esr.h: disr_to_esr()"""
    mask = SYNDROME if disr & syndromes.IMPLEMENTATION_DEFINED else 0x1E3F  # AET, EA, DFSC
    return syndromes.serror(disr & ~DISR_A & mask, il=0)


def guest_enter(s: Scenario, m: HardwareError) -> Stage:
    """An SError pends just before the guest is entered. __guest_enter"""
    yield EL2(REFUSES_ENTRY)
    return "take", m._replace(who=Who(False, False))


def hyp_panic(s: Scenario, m: Arrival) -> Stage:
    """An exception that the code at EL2 has not expected. hyp_panic(), nvhe_hyp_panic_handler()"""
    yield EL2(HYP_PANICS)
    return panicked(m.kernel)


# --- the run loop -----------------------------------------------------------------------------------------------------


def xfer_to_guest_mode_handle_work(s: Scenario, m: Pending) -> Stage:
    """The last look before the guest is entered again."""
    qemu, looks = Place("host", "EL0", "QEMU"), lazy(s, _looks)
    yield m.kernel.by("KVM")(TO_USER_SPACE, to=qemu, carries=m.sigbus, looks=looks)
    return "sigbus_handler", Signalled(m.sigbus, None)


def _looks(s: Scenario) -> str:
    if since(s, "host", "5.16"):
        return "Work of the task (TIF_NOTIFY_RESUME) is done first, and may send one"
    return "signal_pending() is asked, but before 5.16 work of the task is not done here"


def user_mem_abort(s: Scenario, m: Touch) -> Stage:
    """The guest touches a page that the host has isolated."""
    sigbus = Sigbus("BUS_MCEERR_AR", QEMU_RAM_OFFSET + GUEST_PHYSICAL_ADDRESS, m.lsb)
    yield m.kernel.by("KVM")(STAGE_2_FAULT, sets={"QEMU signal": sigbus.code}, lsb=m.lsb)
    yield sent("host", sigbus.code)
    return "xfer_to_guest_mode_handle_work", Pending(m.kernel, sigbus)


def kvm_ioctl(s: Scenario, m: KvmRequest) -> Stage:
    """User space has set up what the guest is to meet."""
    kvm, kind = kernel_of(s).by("KVM"), m.arrival.kind
    if kind == "SError" and s.guest.masked:
        yield kvm(PENDS_AS_ASKED, api=m.api)
        return (yield from waits(s, m.arrival.esr & SYNDROME))
    places = {"SDEI": "in its SDEI handler", "interrupt": "with the interrupt pending"}
    where = places.get(kind, "at the vector of the exception")
    sets = {"PE": "guest EL1"} | ({"guest ESR_EL1": f"{m.arrival.esr:#x}"} if m.arrival.esr else {})
    yield kvm(DOES_AS_ASKED, to=GUEST_KERNEL.by("kernel"), carries=m.meets, sets=sets, where=where, api=m.api)
    stage = {"SEA": "do_sea", "SError": "do_serror", "SDEI": "ghes_sdei", "interrupt": "handle_irq"}[kind]
    return stage, m.arrival
