"""APEI: the kernel reads what firmware wrote, by an NMI-like and by an IRQ-like path, and does what the bytes say."""

from typing import NamedTuple

from ..formats import arm
from ..formats.cper import Severity
from ..formats.ghes import DataEntry
from ..formats.hest import Notify
from ..formats.memory import PlatformMemory
from ..formats.sections import NAMES
from .estatus import EMPTY, Estatus, cleared, problem, read_estatus, said, severity, since
from .late import now
from .messages import Arrival, Kernel, Signalled, Who, Work
from .outcome import acked, claimed, ended, sent
from .platform import MEMORY_END, Source
from .scenario import Apei, Scenario, Stance
from .trace import END, Place, Sigbus, Stage, Step, Text

NO_SOURCE = Text(
    "apei.no-source",
    "knows nothing of it: no {notify} source has been advertised",
    "-ENOENT: there is no memory to look at, so the error is not claimed",
    ("linux.ghes_notify_sea", "mail.claim"),
)
REFUSED = Text(
    "apei.refused",
    "knows nothing of it: it did not take the source when it booted",
    "{because}",
    ("linux.ghes_probe", "linux.hest_parse_ghes", "linux.sdei_arch_get_entry_point"),
)
FATAL = Text(
    "apei.fatal",
    "clears the block, acknowledges it, and panics: the block says {severity}",
    "__ghes_panic() prints what it has. The block's severity alone decides, not that of a section",
    ("linux.ghes_panic", "acpi.status-block"),
)
READS = Text(
    "apei.reads",
    "reads {bytes} bytes at {address:#x}, the block of source {source_id}: {severity}",
    "The error is claimed: nobody else needs to deal with it",
    ("linux.ghes_proc", "linux.ghes_in_nmi_queue_one_entry", "mail.claim"),
)
QUEUES = Text(
    "apei.queues",
    "queues a copy",
    "Like in an NMI, memory must not be allocated nor locks be waited for: the rest follows as irq_work",
    ("linux.ghes_in_nmi_queue_one_entry",),
)
ACKS = Text(
    "apei.acks",
    "clears the block and acknowledges it",
    "Block status 0, then the read ack register: firmware may write the next error",
    ("linux.ghes_clear_estatus", "acpi.ghesv2"),
)
SDEI = Text(
    "apei.sdei",
    "is called by firmware: its handler of the SDEI event",
    "Whatever was masked: like an NMI, so it may only copy and queue",
    ("linux.ghes_sdei", "tf-a.sdei_dispatch_event"),
)
SDEI_FAILED = Text(
    "apei.sdei-failed",
    "tells firmware that the event failed",
    "It found no block that it can read",
    ("linux.ghes_sdei",),
)
SDEI_AS_IRQ = Text(
    "apei.sdei-irq",
    "leaves the guest by the vector of interrupts",
    "do_sdei_event() resumes there instead of in the guest, so that KVM exits and queued work runs",
    ("linux.do_sdei_event",),
)
TO_MEMORY_FAILURE = Text(
    "apei.to-memory-failure",
    "asks memory_failure() to isolate {address:#x}",
    "{what}: the block and the section are recoverable, and the address is valid. Flags: {flags}",
    ("linux.ghes_do_proc", "linux.ghes_handle_memory_failure", "uefi.memory-section"),
)
SOFT_OFFLINE = Text(
    "apei.soft-offline",
    "logs a corrected error, and asks for soft offline of {address:#x}",
    "The section says that its threshold is exceeded: the page is moved elsewhere while it can still be read",
    ("linux.ghes_handle_memory_failure", "uefi.section-flags"),
)
LOGS = Text(
    "apei.logs",
    "logs the section ({what}) and does nothing for it",
    "{because}",
    ("linux.ghes_do_proc", "uefi.sections"),
)
KILLS = Text(
    "apei.kills",
    "forces SIGBUS on the task that consumed the error",
    "A SEA of which no section was queued: Linux takes the task for lost, even if the error was corrected",
    ("linux.ghes_do_proc",),
)
DIES = Text(
    "process.dies",
    "takes SIGBUS, {code}",
    "Nothing tells it which memory is bad: it can only end",
    ("linux.do_sea", "linux.ghes_do_proc"),
)
CANNOT_REPEAT = Text(
    "apei.cannot-repeat",
    "panics: the kernel's own access cannot be repeated",
    "Somebody has to repair before the consumer goes on, and the consumer is the kernel",
    ("mail.handle-or-panic", "arm.states"),
)


def refused(s: Scenario, kernel: Kernel, source: Source) -> str:
    """Why this kernel does not use *source*; empty if it does. ghes_probe()"""
    if kernel.machine == "host" and s.host.apei is Apei.DISABLED:
        return "The kernel does not use its HEST"
    if source.shares_id:
        return "Two sources have the same id, and so Linux gave up the whole table"
    match source.notify:
        case Notify.LOCAL | Notify.NMI | Notify.CMCI | Notify.MCE:
            return f"Notification by {Notify(source.notify).name} does not exist on arm64"
        case Notify.POLLED if not source.poll_interval:
            return "A polled source with a poll interval of 0 is disabled"
        case Notify.SEI if s.stance is Stance.AS_BUILT:
            return "Linux knows no notification of type 9 (SEI)"
        case Notify.SDEI if kernel.machine == "host" and s.stance is Stance.AS_BUILT and not s.host.vhe:
            return "Linux booted at EL2 and runs at EL1: it has no SDEI entry point for that"
    return ""


# --- NMI-like: SEA, SEI, SDEI -----------------------------------------------------------------------------------------


def apei_claim_sea(s: Scenario, m: Arrival) -> Stage:
    """Does any source that notifies by SEA have a block? ghes_notify_sea()"""
    return (yield from _claim(s, m, Notify.SEA))


def apei_claim_sei(s: Scenario, m: Arrival) -> Stage:
    """The same for SErrors, as the mail wants it. No Linux release asks."""
    return (yield from _claim(s, m, Notify.SEI))


def _claim(s: Scenario, m: Arrival, notify: Notify) -> Stage:
    apei = m.kernel.by("APEI")
    if m.source is None or m.source.notify != notify:
        yield apei(NO_SOURCE, notify=notify.name)
        return unclaimed(m)
    if because := refused(s, m.kernel, m.source):
        yield apei(REFUSED, because=because)
        return unclaimed(m)
    return "ghes_in_nmi_queue_one_entry", m


def unclaimed(m: Arrival) -> tuple[str, Arrival]:
    """APEI denies all knowledge; nobody else looks at what firmware has written."""
    return "kernel_first", m._replace(source=None, memory=b"")


def ghes_sdei(s: Scenario, m: Arrival) -> Stage:
    """An SDEI event has been dispatched. ghes_sdei_normal_callback(), ghes_sdei_critical_callback()"""
    yield m.kernel.by("APEI")(SDEI)
    return "ghes_in_nmi_queue_one_entry", m


def ghes_in_nmi_queue_one_entry(s: Scenario, m: Arrival) -> Stage:
    """Copies the block while nothing else may be done; work follows in a quieter context."""
    apei, machine = m.kernel.by("APEI"), m.kernel.machine
    found = read_estatus(now(s, m.memory), m.told_by.block_length)
    if found.problem:
        yield problem(s, apei, m, found)
        yield acked(machine, found.problem is not EMPTY)
        if m.kind != "SDEI":
            return unclaimed(m)
        yield apei(SDEI_FAILED)
        yield ended(machine, "lost")
        return END
    if severity(found.block) is Severity.FATAL:
        yield apei(FATAL, sets=cleared(s, m), severity=said(found.block))
        yield acked(machine)
        yield claimed(machine, "APEI")
        return (yield from panicked(m))
    yield reads(apei, m, found)
    yield apei(QUEUES)
    yield apei(ACKS, sets=cleared(s, m))
    yield acked(machine)
    yield claimed(machine, "APEI")
    if m.kind == "SDEI" and m.who.guest:
        yield m.kernel.by("KVM")(SDEI_AS_IRQ)
    return "ghes_do_proc", m


# --- IRQ-like: external interrupt, SCI, GPIO, GSIV, polled ------------------------------------------------------------


def ghes_proc(s: Scenario, m: Arrival) -> Stage:
    """Reads the block and deals with it in one go; acknowledges when all is done."""
    apei, machine = m.kernel.by("APEI"), m.kernel.machine
    found = read_estatus(now(s, m.memory), m.told_by.block_length)
    if found.problem:
        yield problem(s, apei, m, found)
        yield acked(machine, found.problem is not EMPTY)
        yield ended(machine, "lost")
        return END
    if severity(found.block) is Severity.FATAL:
        yield apei(FATAL, sets=cleared(s, m), severity=said(found.block))
        yield acked(machine)
        yield claimed(machine, "APEI")
        return (yield from panicked(m))
    yield reads(apei, m, found)
    yield claimed(machine, "APEI")
    return "ghes_do_proc", m


def reads(apei: Place, m: Arrival, found: Estatus) -> Step:
    """The step for a block that can be used."""
    where, source_id = m.told_by.block_address, m.told_by.source_id
    return apei(READS, bytes=found.length, address=where, source_id=source_id, severity=said(found.block))


# --- what both lead to ------------------------------------------------------------------------------------------------


def ghes_do_proc(s: Scenario, m: Arrival) -> Stage:
    """Section by section, by what the bytes say."""
    apei, machine = m.kernel.by("APEI"), m.kernel.machine
    block = read_estatus(now(s, m.memory), m.told_by.block_length).block
    recoverable, sync = severity(block) is Severity.RECOVERABLE, m.kind == "SEA"
    pages, queued = [], False
    for entry in block.entries:
        did = _section(apei, entry, recoverable, sync)
        yield did.step
        pages += [] if did.page is None else [did.page]
        queued = queued if did.queued is None else did.queued  # the last section that can queue work decides
    if m.kind in ("interrupt", "poll"):
        yield apei(ACKS, sets=cleared(s, m))
        yield acked(machine)
    intended = s.stance is Stance.ARCHITECTURE
    if sync and recoverable and intended and not (m.who.user or m.who.guest):
        yield m.kernel.by("kernel")(CANNOT_REPEAT)
        return (yield from panicked(m))
    if sync and not queued and (recoverable if intended else since(s, machine, "5.8")):
        return (yield from force_sigbus(apei, KILLS, m.kernel, m.who))
    if pages:
        then = m if m.deaf else None
        return "memory_failure", Work(m.kernel, m.who, m.consumed, pages[0], sync, then)
    yield ended(machine, "logged")
    return ("do_sea_default", m) if m.deaf else END


class _Did(NamedTuple):
    """What came of a section: whether work is queued (None: it has no say), and the page to isolate."""

    step: Step
    queued: bool | None = False
    page: int | None = None


def _section(apei: Place, entry: DataEntry, recoverable: bool, sync: bool) -> _Did:
    """One section of a block that is *recoverable*. ghes_handle_memory_failure(), ghes_handle_arm_hw_error()"""
    what = NAMES.get(entry.section_type) or str(entry.section_type)
    match entry.section:
        case PlatformMemory() as memory:
            if not memory.validation_bits.physical_address:
                return _Did(apei(LOGS, what=what, because="Its physical address is not valid"))
            address = memory.physical_address
            if entry.error_severity == Severity.CORRECTED and entry.flags.error_threshold_exceeded:
                return _Did(apei(SOFT_OFFLINE, address=address), True)
        case arm.ArmProcessor() as core:
            found = [i.physical_fault_address for i in core.error_information if _cache_error(i)]
            if not found:
                return _Did(apei(LOGS, what=what, because="No cache error in it has a valid physical address"))
            address = found[0]
        case _:
            return _Did(apei(LOGS, what=what, because="It does not say which page to isolate"), None)
    if not recoverable or entry.error_severity != Severity.RECOVERABLE:
        return _Did(apei(LOGS, what=what, because="Only a recoverable section of a recoverable block asks for more"))
    if address >= MEMORY_END:
        return _Did(apei(LOGS, what=what, because=f"Invalid address in generic error data: {address:#x} is no memory"))
    flags = "MF_ACTION_REQUIRED, for the notification is synchronous" if sync else "0, for it is asynchronous"
    return _Did(apei(TO_MEMORY_FAILURE, address=address, what=what, flags=flags), True, address)


def _cache_error(information: arm.ErrorInformation) -> bool:
    """Linux reads the type byte as UEFI 2.10 has it."""
    kinds = arm.read_type(information.type, arm.Dialect.UEFI_2_10).kinds
    return arm.Kind.CACHE in kinds and information.validation_bits.physical_fault_address


def force_sigbus(place: Place, text: Text, kernel: Kernel, who: Who) -> Stage:
    """SIGBUS from the kernel to the consumer, without an address; a vCPU thread is QEMU's."""
    sigbus = Sigbus("SI_KERNEL", 0, 0)
    to = Place(kernel.machine, "EL0", "QEMU" if who.guest else "process")
    yield place(text, to=to, carries=sigbus, sets={f"{to.actor} signal": sigbus.code})
    yield sent(kernel.machine, sigbus.code)
    if who.guest:
        return "sigbus_handler", Signalled(sigbus, None)
    yield to(DIES, code=sigbus.code)
    return END


def panicked(m: Arrival) -> Stage:
    """The end of this machine."""
    yield ended(m.kernel.machine, f"{m.kernel.machine}_panic")
    return END
