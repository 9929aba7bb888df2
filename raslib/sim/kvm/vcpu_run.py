"""KVM's run loop: what is done before a guest is entered again, and what the guest then meets."""

from ..cpu.hardware import kernel_of
from ..cpu.routing import SYNDROME
from ..linux.estatus import since
from ..model.lazy import lazy
from ..model.messages import GUEST_KERNEL, KvmRequest, Pending, Signalled, Touch
from ..model.outcome import sent
from ..model.platform import GUEST_PHYSICAL_ADDRESS, QEMU_RAM_OFFSET
from ..model.scenario import Scenario
from ..model.trace import Place, Sigbus, Stage, StepText
from .kvm import waits

# fmt: off
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
