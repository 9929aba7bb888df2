"""QEMU: a process to the host, which learns of errors by SIGBUS alone; firmware to its guest, which it may tell."""

from typing import Any

from ..formats.hest import Notify
from . import syndromes
from .firmware import put, qemu_block
from .hardware import kernel_of
from .messages import GUEST_KERNEL, Arrival, Asked, Signalled, Telling, Told, Who
from .outcome import acked, ended
from .platform import GUEST_RAM, QEMU_RAM_OFFSET, guest_source
from .routing import State, vector_offset, virtual_serror
from .scenario import Category, Mode, Qemu, Scenario, Stance
from .trace import END, ArmException, Interrupt, Ioctl, Place, Stage, Text

QEMU = Place("host", "EL0", "QEMU")

TAKES_AR = Text(
    "qemu.takes-ar",
    "takes SIGBUS, BUS_MCEERR_AR, on the thread of a vCPU",
    "si_addr {address:#x} is all it knows: the kernel does not say how it heard of the error",
    ("qemu.sigbus_handler", "mail.private"),
)
TAKES_AO = Text(
    "qemu.takes-ao",
    "takes SIGBUS, BUS_MCEERR_AO, on its main thread",
    "si_addr {address:#x} is all it knows: the kernel does not say how it heard of the error",
    ("qemu.sigbus_handler", "qemu.early_kill", "mail.private"),
)
RERAISES = Text(
    "qemu.reraises",
    "restores the default action of SIGBUS, raises it again, and dies",
    "si_code {code} is neither AR nor AO: to QEMU this is a fault of its own",
    ("qemu.sigbus_handler",),
)
SAYS_NOTHING = Text(
    "qemu.ao-untold",
    "remembers the page, and does not tell the guest",
    "The address is the guest's {address:#x}. The guest may never use it; if it does, AR follows",
    ("qemu.kvm_arch_on_sigbus_vcpu", "mail.user-space-decides"),
)
IGNORES = Text(
    "qemu.ao-ignored",
    "goes on",
    "{because}; action is optional",
    ("qemu.kvm_arch_on_sigbus_vcpu",),
)
ENDS = Text(
    "qemu.exits",
    'ends itself: "Hardware memory error!"',
    "{because}: it cannot go on, and nobody can be told",
    ("qemu.kvm_arch_on_sigbus_vcpu",),
)
UNACKED_ABORT = Text(
    "qemu.unacked-abort",
    "aborts: the guest has not acknowledged the previous error",
    "The read ack register is 0, so the block may not be written; up to 10.2 QEMU calls abort()",
    ("qemu.ghes_record", "qemu.kvm_arch_on_sigbus_vcpu", "acpi.ghesv2"),
)
UNACKED_EXIT = Text(
    "qemu.unacked-exit",
    "ends itself: the guest has not acknowledged the previous error",
    "The read ack register is 0, so the block may not be written, and the vCPU cannot go on",
    ("qemu.ghes_record", "acpi.ghesv2"),
)
UNACKED_DROPPED = Text(
    "qemu.unacked-dropped",
    "drops the error: the guest has not acknowledged the previous one",
    "The block may not be written, and nobody has to be stopped",
    ("acpi.ghesv2",),
)
WRITES = Text(
    "qemu.writes",
    "writes a Generic Error Status Block for its guest: recoverable, memory at {address:#x}",
    "HEST source {source_id} of the guest names this memory; the host does not know of it. It stays untouched until "
    "the guest has {freed}",
    ("qemu.ghes_record", "acpi.status-block", "mail.cper"),
)
BY_SEA = Text(
    "qemu.sea",
    "notifies by SEA: sets the vCPU's registers to the guest's abort vector",
    "kvm_inject_arm_sea(): a data abort with FnV = 1, whatever the guest was doing. The guest's HEST says type 8",
    ("qemu.kvm_inject_arm_sea", "mail.trigger"),
)
BY_SEI = Text(
    "qemu.sei",
    "notifies by SEI: makes a virtual SError pending, AET {aet}",
    "The guest's HEST says type 9. User space alone chooses a syndrome, for it alone knows that HEST; no QEMU does yet",
    ("linux.vcpu_events", "mail.trigger"),
)
BY_INTERRUPT = Text(
    "qemu.interrupt",
    "notifies by {notify}: raises the guest's interrupt",
    "The guest's HEST says so; nothing of it comes from how the host heard",
    ("mail.independent", "acpi.notification"),
)
BY_SDEI = Text(
    "qemu.sdei",
    "notifies by SDEI: enters the guest's handler of event {vector}",
    "The guest's HEST says type 11; here QEMU is what EL3 is to the host",
    ("mail.independent", "acpi.notification"),
)
BY_POLL = Text(
    "qemu.poll",
    "notifies nobody",
    "The guest's HEST says that it polls, every {milliseconds} ms",
    ("mail.independent", "acpi.notification"),
)


def sigbus_handler(s: Scenario, m: Signalled) -> Stage:
    """SIGBUS: is it about memory at all? sigbus_handler(), kvm_on_sigbus_vcpu(), kvm_on_sigbus()"""
    code, address = m.sigbus.code, m.sigbus.address
    if code not in ("BUS_MCEERR_AR", "BUS_MCEERR_AO"):
        yield QEMU(RERAISES, code=code)
        yield ended("vm", "vm_abort")
        return END
    yield QEMU(TAKES_AR if code == "BUS_MCEERR_AR" else TAKES_AO, address=address)
    return "kvm_arch_on_sigbus_vcpu", m


def kvm_arch_on_sigbus_vcpu(s: Scenario, m: Signalled) -> Stage:
    """Is the memory the guest's, can the guest be told, and does it have to be?"""
    required, address = m.sigbus.code == "BUS_MCEERR_AR", m.sigbus.address - QEMU_RAM_OFFSET
    if address not in GUEST_RAM:
        return (yield from _nobody_to_tell(m, "The memory is QEMU's own"))
    notify, as_built = s.guest.notify, s.stance is Stance.AS_BUILT
    if notify is None:
        return (yield from _nobody_to_tell(m, "With ras=off the guest has no HEST"))
    if as_built and notify not in (Notify.SEA, Notify.GPIO):
        return (yield from _nobody_to_tell(m, f"QEMU has no code for a source that notifies by {notify.name}"))
    if not required and (as_built or notify is Notify.SEA):
        yield QEMU(SAYS_NOTHING, address=address)
        return _after(m)
    if not s.guest.acked:
        return (yield from _unacked(s, m, required))
    source = guest_source(notify, Notify.SEA if as_built else notify)
    consumed = required or (m.after is not None and m.after.consumed)
    return "acpi_ghes_memory_errors", Telling(address, source, consumed, required)


def _nobody_to_tell(m: Signalled, because: str) -> Stage:
    """What is required cannot be done, and what is optional need not be."""
    if m.sigbus.code == "BUS_MCEERR_AO":
        yield QEMU(IGNORES, because=because)
        return _after(m)
    yield QEMU(ENDS, because=because)
    yield ended("vm", "vm_exit")
    return END


def _unacked(s: Scenario, m: Signalled, required: bool) -> Stage:
    """The block is not free: nothing may be written over it. ghes_record_cper_errors()"""
    yield acked("guest", False)
    if not required:
        yield QEMU(UNACKED_DROPPED)
        return _after(m)
    if s.stance is Stance.AS_BUILT and s.guest.qemu is Qemu.V10_2:
        yield QEMU(UNACKED_ABORT)
        yield ended("vm", "vm_abort")
        return END
    yield QEMU(UNACKED_EXIT)
    yield ended("vm", "vm_exit")
    return END


def _after(m: Signalled) -> tuple[str, object]:
    """Nothing came of an optional signal: the guest is where it was."""
    assert m.after, "an optional signal has something that follows"
    return "touch", m.after


def acpi_ghes_memory_errors(s: Scenario, m: Telling) -> Stage:
    """QEMU as firmware: the block goes where the guest's HEST says, before the guest is told."""
    block = qemu_block(m.address)
    yield put(s, QEMU, "guest", WRITES, m.source, block, address=m.address)
    yield acked("guest", False)
    # Whether an application or the kernel executes the access again is the guest's own doing.
    user = s.guest.running is Mode.USER if m.consumed else True
    kind = _KINDS.get(m.source.notify, "interrupt")
    arrival = Arrival(GUEST_KERNEL, Who(False, user), kind, 0, m.consumed, 0, m.source, block)
    return "tell_guest", Told(arrival, m.action_required)


_KINDS: dict[int, str] = {Notify.POLLED: "poll", Notify.SEA: "SEA", Notify.SEI: "SError", Notify.SDEI: "SDEI"}


def tell_guest(s: Scenario, m: Told) -> Stage:
    """By the mechanics of the source's type, as EL3 does for the host, but through KVM."""
    arrival, source = m.arrival, m.arrival.told_by
    el = 0 if arrival.who.user else 1
    match arrival.kind:
        case "poll":
            yield QEMU(BY_POLL, milliseconds=source.poll_interval)
            return "ghes_proc", arrival._replace(source=source.heard())
        case "SEA":
            esr = syndromes.sea(Category.UER, same_el=el == 1, fnv=True)
            meets = ArmException("SEA", "EL1", esr, vector_offset(el, 1, 1, kind="sea"))
            asks = Ioctl("KVM_SET_ONE_REG", f"PC, PSTATE, ELR_EL1, SPSR_EL1, ESR_EL1 = {esr:#x}")
            return (yield from _ask(s, BY_SEA, asks, arrival._replace(esr=esr), meets))
        case "SError":
            category = Category.UER if m.action_required else Category.UEO
            iss = syndromes.serror_iss(category)
            esr = virtual_serror(State("serror", EL=el, HCR_EL2_AMO=1), VSE=1, VSESR_EL2=iss).ESR_EL1 or 0
            meets = ArmException("virtual SError", "EL1", esr, vector_offset(el, 1, 1))
            asks = Ioctl("KVM_SET_VCPU_EVENTS", f"serror_pending, serror_has_esr, serror_esr = {iss:#x}")
            return (yield from _ask(s, BY_SEI, asks, arrival._replace(esr=esr), meets, aet=category.value))
        case "SDEI":
            event, asks = Interrupt(f"SDEI event {source.vector}"), Ioctl("KVM_SET_ONE_REG", "PC, PSTATE, X0-X17")
            return (yield from _ask(s, BY_SDEI, asks, arrival, event, vector=source.vector))
    line, asks = Interrupt(Notify(source.notify).name), Ioctl("KVM_IRQ_LINE", "the line is high")
    return (yield from _ask(s, BY_INTERRUPT, asks, arrival, line, notify=line.name))


def _ask(s: Scenario, text: Text, asks: Ioctl, arrival: Arrival, meets: ArmException | Interrupt, **args: Any) -> Stage:
    """QEMU asks KVM. At which level KVM runs is not its business; the picture has to know."""
    yield QEMU(text, to=kernel_of(s).by("KVM"), carries=asks, **args)
    return "kvm_ioctl", Asked(arrival, meets, asks.name)
