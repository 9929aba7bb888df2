"""QEMU: a process that learns of errors by SIGBUS alone, and decides what its guest hears; and its guest's firmware.

As firmware it has a HEST for its guest, the blocks that it names, and ways to tell the guest of one; or error records.
At the end QMP, inject-ghes-v2-error: somebody gives QEMU a block for its guest, and no error has happened.
"""

from typing import Any

from ...formats.cper import Severity
from ...formats.hest import Notify
from ..cpu import syndromes
from ..cpu.exception_entry import guest_serror
from ..cpu.hardware import kernel_of
from ..cpu.routing import vector_offset
from ..el3.blocks import block_of, qemu_block
from ..el3.firmware import put
from ..model.choices import Category, GuestFirst, MachineType, Mode, Qemu, Stance
from ..model.lazy import apply, lazy
from ..model.messages import GUEST_KERNEL, Arrival, Emulating, KvmRequest, Signalled, Start, Telling, Told, Who
from ..model.outcome import acked, ended
from ..model.platform import GUEST_PHYSICAL_ADDRESS, GUEST_RAM, QEMU_RAM_OFFSET, GhesSource, guest_source
from ..model.scenario import Scenario
from ..model.trace import ArmException, Interrupt, Ioctl, Place, RegisterContent, Stage, StepText

QEMU = Place("host", "EL0", "QEMU")

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


# --- QEMU as firmware -------------------------------------------------------------------------------------------------


# fmt: off
WRITES = StepText("qemu.writes",
    "writes a Generic Error Status Block for its guest: recoverable, memory at {address:#x}",
    "HEST source {source_id} of the guest names this memory; the host does not know of it. It stays untouched until "
    "the guest has {freed}. One address is all, though the host may have lost a larger page",
    ("qemu.ghes_record", "acpi.status-block", "mail.cper"))
BY_SEA = StepText("qemu.sea", "notifies by SEA: sets the vCPU's registers to the guest's abort vector",
    "kvm_inject_arm_sea(): a data abort with FnV = 1, even if the guest was fetching an instruction. The guest's "
    "HEST says type 8", ("qemu.kvm_inject_arm_sea", "mail.trigger"))
BY_SEI = StepText("qemu.sei", "notifies by SEI: makes a virtual SError pending, AET {aet}",
    "The guest's HEST says type 9. User space alone chooses a syndrome, for it alone knows that HEST; no QEMU does "
    "yet", ("linux.vcpu_events", "mail.trigger"))
BY_GED = StepText("qemu.ged", "notifies by GPIO: raises the error event of its Generic Event Device",
    "The event's method notifies the error device PNP0C33; nothing of it comes from how the host heard",
    ("qemu.acpi_generic_error", "mail.independent", "acpi.notification"))
BY_INTERRUPT = StepText("qemu.interrupt", "notifies by {notify}: raises the guest's interrupt",
    "The guest's HEST says so; nothing of it comes from how the host heard", ("mail.independent", "acpi.notification"))
BY_SDEI = StepText("qemu.sdei", "notifies by SDEI: enters the guest's handler of event {vector}",
    "The guest's HEST says type 11; here QEMU is what EL3 is to the host", ("mail.independent", "acpi.notification"))
BY_POLL = StepText("qemu.poll", "notifies nobody",
    "The guest's HEST says that it polls, every {milliseconds} ms", ("mail.independent", "acpi.notification"))
RECORDS = StepText("qemu.records", "fills an error record for its guest: {category}, memory at {address:#x}",
    "The guest's AEST names the node, and reads of ERXSTATUS_EL1 trap to KVM, which gives it what QEMU has put "
    "there. The host does not know of this record, nor the guest of the host's",
    ("mail.either-or", "mail.user-space-decides", "arm.aest"))
BY_ABORT = StepText("qemu.abort", "lets the vCPU meet a synchronous External Abort",
    "Kernel-first: the abort is all the notification there is, and the record tells the rest",
    ("mail.either-or", "mail.trigger"))
BY_FHI = StepText("qemu.fhi", "raises the fault handling interrupt of the guest's node",
    "Kernel-first, and nothing was consumed: the node's own interrupt, which AEST names", ("mail.either-or", "arm.fhi"))
# fmt: on
# type of notification -> how it arrives at the guest; any other by an interrupt
KINDS: dict[int, str] = {Notify.POLLED: "poll", Notify.SEA: "SEA", Notify.SEI: "SError", Notify.SDEI: "SDEI"}
RAISES_LINE = Ioctl("KVM_IRQ_LINE", "the line is high")


def why_unusable(s: Scenario) -> str:
    """Why QEMU has no block that its guest would read; empty if it has. acpi_ghes_get_state()"""
    if s.guest.first is GuestFirst.KERNEL:
        return "The guest is kernel-first and has no HEST, and neither QEMU nor KVM emulates error records"
    notify = s.guest.notify
    if notify is None:
        return "With ras=off the guest has no HEST"
    if s.stance is Stance.AS_BUILT and notify not in (Notify.SEA, Notify.GPIO):
        return f"QEMU has no code for a source that notifies by {notify.name}"
    if not s.guest.booted:
        return "The guest's firmware has not written back where its HEST lies"
    return ""


def offered(s: Scenario, notify: Notify) -> GhesSource:
    """The source of the guest's HEST that notifies by *notify*. Where it lies, the machine type decides."""
    source = guest_source(notify, notify)
    if s.stance is Stance.ARCHITECTURE:
        return source
    places = {name: lazy(s, _place, notify, name) for name in ("status_address", "block_address", "ack")}
    return source._replace(**places)


def _place(s: Scenario, notify: Notify, name: str) -> Any:
    return getattr(guest_source(notify, notify, s.guest.machine is MachineType.V10_2), name)


def acpi_ghes_memory_errors(s: Scenario, m: Telling) -> Stage:
    """QEMU as firmware: the block goes where the guest's HEST says, before the guest is told.

    Since virt-10.2 QEMU looks the place up in the guest's own memory. If that fails, 10.2.2 goes on with address 0, and
    11.0 gives up; no guest that left its HEST alone comes to that.
    """
    block = qemu_block(m.address)
    yield put(s, QEMU, "guest", WRITES, m.source, block, address=m.address)
    yield acked("guest", False)
    # Whether an application or the kernel executes the access again is the guest's own doing.
    user = s.guest.running is Mode.USER if m.consumed else True
    kind = KINDS.get(m.source.notify, "interrupt")
    arrival = Arrival(GUEST_KERNEL, Who(False, user), kind, consumed=m.consumed, source=m.source, memory=block)
    return "tell_guest", Told(arrival, m.action_required)


def tell_guest(s: Scenario, m: Told) -> Stage:
    """By the mechanics of the source's type, as EL3 does for the host, but through KVM."""
    arrival, source = m.arrival, m.arrival.told_by
    match arrival.kind:
        case "poll":
            yield QEMU(BY_POLL, milliseconds=source.poll_interval)
            return "ghes_proc", arrival._replace(source=source.heard())
        case "SEA":
            return (yield from abort(s, BY_SEA, arrival))
        case "SError":
            category = Category.UER if m.action_required else Category.UEO
            iss = syndromes.serror_iss(category)
            meets = guest_serror(0 if arrival.who.user else 1, iss)
            asks = Ioctl("KVM_SET_VCPU_EVENTS", f"serror_pending, serror_has_esr, serror_esr = {iss:#x}")
            return (yield from ask(s, BY_SEI, asks, arrival._replace(esr=meets.esr), meets, aet=category.value))
        case "SDEI":
            event, asks = Interrupt(f"SDEI event {source.vector}"), Ioctl("KVM_SET_ONE_REG", "PC, PSTATE, X0-X17")
            return (yield from ask(s, BY_SDEI, asks, arrival, event, vector=source.vector))
    line, text = Interrupt(Notify(source.notify).name), BY_GED if source.notify == Notify.GPIO else BY_INTERRUPT
    return (yield from ask(s, text, RAISES_LINE, arrival, line, notify=line.name))


def abort(s: Scenario, text: StepText, arrival: Arrival) -> Stage:
    """QEMU sets the vCPU's registers as a data abort of who consumed the error would. kvm_inject_arm_sea()"""
    el = 0 if arrival.who.user else 1
    esr = syndromes.sea(Category.UER, same_el=el == 1, fnv=True)
    meets = ArmException("SEA", "EL1", esr, vector_offset(el, 1, 1, kind="sea"))
    asks = Ioctl("KVM_SET_ONE_REG", f"PC, PSTATE, ELR_EL1, SPSR_EL1, ESR_EL1 = {esr:#x}")
    return (yield from ask(s, text, asks, arrival._replace(esr=esr), meets))


def ask(s: Scenario, text: StepText, asks: Ioctl, m: Arrival, meets: ArmException | Interrupt, **args: Any) -> Stage:
    """QEMU asks KVM. At which level KVM runs is not its business; the picture has to know."""
    yield QEMU(text, to=kernel_of(s).by("KVM"), carries=asks, **args)
    return "kvm_ioctl", KvmRequest(m, meets, asks.name)


# --- a guest that is kernel-first -------------------------------------------------------------------------------------


def emulate_record(s: Scenario, m: Emulating) -> Stage:
    """QEMU as hardware: first the record, then an abort for who consumed the error, or an interrupt.

    By the architecture and the mail's intent: user space alone decides which of the two its guest gets, and the guest
    cannot tell what the host is. No release of QEMU or KVM emulates records: as built, nobody tells such a guest.
    """
    category = Category.UER if m.consumed else Category.DE
    status = syndromes.recorded(category, m.consumed)
    carries = RegisterContent("ERR<n>STATUS", status)
    yield QEMU(RECORDS, carries=carries, category=category.value, address=m.address)
    if not m.consumed:
        arrival = Arrival(GUEST_KERNEL, Who(False, True), "interrupt", status=status)
        return (yield from ask(s, BY_FHI, RAISES_LINE, arrival, Interrupt("fault handling interrupt")))
    who = Who(False, s.guest.running is Mode.USER)
    return (yield from abort(s, BY_ABORT, Arrival(GUEST_KERNEL, who, "SEA", consumed=True, status=status)))


# --- QMP --------------------------------------------------------------------------------------------------------------


# fmt: off
ASKED = StepText("qmp.asked", "is asked by QMP to give its guest a block of {bytes} bytes: inject-ghes-v2-error",
    "The host has no part in it: there is no error, no signal, and the guest cannot see the difference",
    ("qemu.inject_ghes", "mail.user-space-decides"))
NOWHERE = StepText("qmp.nowhere", "does nothing, and answers that it is done",
    "{because}; acpi_ghes_get_state() finds nothing, and the command returns without an error", ("qemu.inject_ghes",))
TOO_BIG = StepText("qmp.too-big", 'answers with an error: "GHES CPER record is too big"',
    "A block has room for {room} bytes", ("qemu.inject_ghes", "qemu.ghes_record"))
UNACKED = StepText("qmp.unacked", 'answers with an error: "OSPM does not acknowledge previous error"',
    "The read ack register is 0, so the block may not be written. The virtual machine goes on unharmed",
    ("qemu.inject_ghes", "qemu.ghes_record", "acpi.ghesv2"))
GIVEN = StepText("qmp.writes", "writes the block as it was given",
    "HEST source {source_id} of the guest names this memory. It stays untouched until the guest has {freed}",
    ("qemu.ghes_record", "acpi.status-block"))
NO_SUCH_SOURCE = StepText("qmp.no-such-source", "raises the error event, but has written the block of the SEA source",
    "Machine types before virt-10.2 have this source alone, and do not look for another. At the next SIGBUS AR the "
    "block will not be acknowledged, and QEMU will abort", ("qemu.ghes_record", "qemu.hest"))
NOT_MINE = StepText("guest.hed-finds-none", "asks every source that is told by SCI, GPIO or GSIV, and there is none",
    "ghes_notify_hed(): a source that notifies by SEA is looked at in an abort only", ("linux.ghes_notify_hed",))
# fmt: on


def given_block(s: Scenario) -> bytes:
    """What is asked for by the choices of `cper`, as EL3 firmware would write it, of an error in the guest's memory.

    No hardware has met an error, so a severity by category is recoverable.
    """
    severity = Severity.RECOVERABLE if s.cper.severity is None else s.cper.severity
    return block_of(s, severity, GUEST_PHYSICAL_ADDRESS)


def qmp_inject_ghes_v2_error(s: Scenario, m: Start) -> Stage:
    """Is there a block, is it large enough, is it free? qmp_inject_ghes_v2_error(), ghes_record_cper_errors()"""
    block: bytes = lazy(s, given_block) if m.block is None else m.block
    length = lazy(s, apply, len, block)
    yield QEMU(ASKED, bytes=length)
    if because := why_unusable(s):
        yield QEMU(NOWHERE, because=because)
        return ended("guest", "lost")
    notify, lost = s.guest.notify or Notify.SEA, False
    if notify in (Notify.SEA, Notify.GPIO):
        lost = s.stance is Stance.AS_BUILT and s.guest.machine is MachineType.V10_1
        notify = Notify.SEA if lost else Notify.GPIO
    source = offered(s, notify)
    if m.block is not None and len(m.block) > source.block_length:
        yield QEMU(TOO_BIG, room=source.block_length)
        return ended("vm", "api_error")
    if not s.guest.acked:
        return (yield from _refused())
    yield put(s, QEMU, "guest", GIVEN, source, block)
    yield acked("guest", False)
    if s.ask.twice:
        yield QEMU(ASKED, bytes=length)
        return (yield from _refused())
    if lost:
        yield QEMU(NO_SUCH_SOURCE, to=GUEST_KERNEL.by("APEI"))
        yield GUEST_KERNEL.by("APEI")(NOT_MINE)
        return ended("guest", "lost")
    kind = KINDS.get(notify, "interrupt")
    return "tell_guest", Told(Arrival(GUEST_KERNEL, Who(False, True), kind, source=source, memory=block), False)


def _refused() -> Stage:
    yield acked("guest", False)
    yield QEMU(UNACKED)
    return ended("vm", "api_error")
