"""The design that was rejected, [PATCH v8 7/7]: KVM judges SErrors of the guest, and hands the verdict to user space.

It is kept as a counter-example. QEMU then hears of an error by which exception the host's firmware let through, before
any signal and beside it; a process that is no virtual machine would never hear.
"""

from ..cpu import syndromes
from ..cpu.exception_entry import guest_serror
from ..cpu.hardware import kernel_of
from ..model.choices import Category, Mode
from ..model.messages import GUEST_KERNEL, Arrival, KvmRequest, Who
from ..model.scenario import Scenario
from ..model.trace import Ioctl, Place, Stage, StepText

# fmt: off
EXITS_TO_USER = StepText("rejected.exits",
    "leaves for user space with KVM_EXIT_EXCEPTION: an SError, and how severe it is",
    "AET says UER, so the error has not spread. The host's own kernel is passed by: neither APEI nor anybody else "
    "is asked, and a record that firmware has written stays unread",
    ("mail.rejected", "mail.private", "linux.kvm_handle_guest_serror"))
CHOOSES_SYNDROME = StepText("rejected.chooses", "asks KVM for a virtual SError with the same AET",
    "It has no address, so it can write no record. A host that is told by SDEI would have sent SIGBUS: what QEMU "
    "does now depends on the host's firmware", ("mail.rejected", "mail.independent", "linux.vcpu_events"))
# fmt: on


def handle_guest_sei(s: Scenario, m: Arrival) -> Stage:
    """KVM has found that AET says UER."""
    qemu = Place("host", "EL0", "QEMU")
    exit_ = Ioctl("KVM_RUN", "returns KVM_EXIT_EXCEPTION, exception 0x2f, error code: recoverable")
    yield m.kernel.by("KVM")(EXITS_TO_USER, to=qemu, carries=exit_)
    user, iss = s.guest.running is Mode.USER, syndromes.serror_iss(Category.UER)
    meets = guest_serror(0 if user else 1, iss)
    asks = Ioctl("KVM_SET_VCPU_EVENTS", f"serror_pending, serror_has_esr, serror_esr = {iss:#x}")
    yield qemu(CHOOSES_SYNDROME, to=kernel_of(s).by("KVM"), carries=asks)
    arrival = Arrival(GUEST_KERNEL, Who(False, user), "SError", meets.esr)
    return "kvm_ioctl", KvmRequest(arrival, meets, asks.name)
