"""QEMU as a process: it learns of errors by SIGBUS alone, and decides what its guest is to hear of them."""

from ...formats.hest import Notify
from ..model.choices import GuestFirst, Qemu, Stance
from ..model.messages import Emulating, Signalled, Telling
from ..model.outcome import acked, ended
from ..model.platform import GUEST_RAM, QEMU_RAM_OFFSET
from ..model.scenario import Scenario
from ..model.trace import Stage, StepText
from .qemu_ghes import QEMU, offered, why_unusable

# fmt: off
TAKES_AR = StepText("qemu.takes-ar", "takes SIGBUS, BUS_MCEERR_AR, on the thread of a vCPU",
    "si_addr {address:#x} is all it knows: the kernel does not say how it heard of the error",
    ("qemu.sigbus_handler", "qemu.kvm_on_sigbus_vcpu", "mail.private"))
TAKES_AO = StepText("qemu.takes-ao", "takes SIGBUS, BUS_MCEERR_AO, on its main thread",
    "si_addr {address:#x} is all it knows: the kernel does not say how it heard of the error. It is dealt with as "
    "one of the first vCPU", ("qemu.sigbus_handler", "qemu.kvm_on_sigbus", "qemu.early_kill", "mail.private"))
TAKES_AR_ELSEWHERE = StepText("qemu.takes-ar-elsewhere", "takes SIGBUS, BUS_MCEERR_AR, on a thread that is no vCPU",
    "si_addr {address:#x} is memory of the guest, which a device model of QEMU was about to read or write",
    ("qemu.sigbus_handler", "qemu.kvm_on_sigbus"))
ASSERTS = StepText("qemu.asserts", "aborts: an assertion says that no such signal comes here",
    "kvm_on_sigbus() knows AO alone: there is no vCPU that could be told of an access that it did not make",
    ("qemu.kvm_on_sigbus",))
STASH_FULL = StepText("qemu.stash-full",
    "finds the signal before still stashed, restores the default action of SIGBUS, raises it again, and dies",
    "The handler only notes one signal; it is dealt with when KVM_RUN has returned. There is room for one",
    ("qemu.kvm_on_sigbus_vcpu",))
RERAISES = StepText("qemu.reraises", "restores the default action of SIGBUS, raises it again, and dies",
    "si_code {code} is neither AR nor AO: to QEMU this is a fault of its own", ("qemu.sigbus_handler",))
SAYS_NOTHING = StepText("qemu.ao-untold", "remembers the page, and does not tell the guest",
    "The address is the guest's {address:#x}. The guest may never use it; if it does, AR follows",
    ("qemu.kvm_arch_on_sigbus_vcpu", "mail.user-space-decides"))
IGNORES = StepText("qemu.ao-ignored", "goes on",
    "{because}; action is optional", ("qemu.kvm_arch_on_sigbus_vcpu",))
OWN_MEMORY = StepText("qemu.ao-own-memory",
    'reports "memory used by QEMU itself instead of guest system", and goes on',
    "No address of the guest's memory leads there, so the guest cannot be told; action is optional",
    ("qemu.kvm_arch_on_sigbus_vcpu",))
ENDS = StepText("qemu.exits", 'ends itself: "Hardware memory error!"',
    "{because}: it cannot go on, and nobody can be told", ("qemu.kvm_arch_on_sigbus_vcpu",))
UNACKED_ABORT = StepText("qemu.unacked-abort", "aborts: the guest has not acknowledged the previous error",
    "The read ack register is 0, so the block may not be written; up to 10.2 QEMU calls abort()",
    ("qemu.ghes_record", "qemu.kvm_arch_on_sigbus_vcpu", "acpi.ghesv2"))
UNACKED_EXIT = StepText("qemu.unacked-exit", "ends itself: the guest has not acknowledged the previous error",
    "The read ack register is 0, so the block may not be written, and the vCPU cannot go on",
    ("qemu.ghes_record", "acpi.ghesv2"))
UNACKED_DROPPED = StepText("qemu.unacked-dropped", "drops the error: the guest has not acknowledged the previous one",
    "The block may not be written, and nobody has to be stopped", ("acpi.ghesv2",))
# fmt: on
_OWN = "The memory is QEMU's own"


def sigbus_handler(s: Scenario, m: Signalled) -> Stage:
    """SIGBUS: is it about memory at all, and may it come here? sigbus_handler(), kvm_on_sigbus()"""
    code, address = m.sigbus.code, m.sigbus.address
    if code not in ("BUS_MCEERR_AR", "BUS_MCEERR_AO"):
        yield QEMU(RERAISES, code=code)
        return ended("vm", "vm_abort")
    if code == "BUS_MCEERR_AO":
        yield QEMU(TAKES_AO, address=address)
        return "kvm_arch_on_sigbus_vcpu", m
    yield QEMU(TAKES_AR if m.vcpu else TAKES_AR_ELSEWHERE, address=address)
    if not m.vcpu or s.guest.stashed:
        yield QEMU(STASH_FULL if m.vcpu else ASSERTS)
        return ended("vm", "vm_abort")
    return "kvm_arch_on_sigbus_vcpu", m


def kvm_arch_on_sigbus_vcpu(s: Scenario, m: Signalled) -> Stage:
    """Can the guest be told, is the memory the guest's, and does it have to be told?"""
    required, address = m.sigbus.code == "BUS_MCEERR_AR", m.sigbus.address - QEMU_RAM_OFFSET
    as_built = s.stance is Stance.AS_BUILT
    emulates = not as_built and s.guest.first is GuestFirst.KERNEL
    if not emulates and (because := why_unusable(s)):
        return (yield from _nobody_to_tell(m, because))
    if address not in GUEST_RAM:
        return (yield from _nobody_to_tell(m, _OWN))
    consumed = required or (m.after is not None and m.after.consumed)
    if emulates:
        return "emulate_record", Emulating(address, consumed)
    notify = s.guest.notify
    if not required and (as_built or notify is Notify.SEA):
        yield QEMU(SAYS_NOTHING, address=address)
        return _after(m)
    if not s.guest.acked:
        return (yield from _unacked(s, m, required))
    source = offered(s, Notify.SEA if as_built or notify is None else notify)
    return "acpi_ghes_memory_errors", Telling(address, source, consumed, required)


def _nobody_to_tell(m: Signalled, because: str) -> Stage:
    """What is required cannot be done, and what is optional need not be."""
    if m.sigbus.code == "BUS_MCEERR_AO":
        yield QEMU(OWN_MEMORY) if because == _OWN else QEMU(IGNORES, because=because)
        return _after(m)
    yield QEMU(ENDS, because=because)
    return ended("vm", "vm_exit")


def _unacked(s: Scenario, m: Signalled, required: bool) -> Stage:
    """The block is not free: nothing may be written over it. ghes_record_cper_errors()"""
    yield acked("guest", False)
    if not required:
        yield QEMU(UNACKED_DROPPED)
        return _after(m)
    if s.stance is Stance.AS_BUILT and s.guest.qemu is Qemu.V10_2:
        yield QEMU(UNACKED_ABORT)
        return ended("vm", "vm_abort")
    yield QEMU(UNACKED_EXIT)
    return ended("vm", "vm_exit")


def _after(m: Signalled) -> tuple[str, object]:
    """Nothing came of an optional signal: the guest is where it was."""
    assert m.after, "an optional signal has something that follows"
    return "touch", m.after
