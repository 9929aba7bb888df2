"""APEI: the kernel reads what firmware wrote, by an NMI-like path that must not wait, and by an IRQ-like one."""

from collections.abc import Iterator

from ...formats.cper import Severity
from ...formats.hest import Notify
from ..model.choices import Stance
from ..model.lazy import force_args, lazy
from ..model.messages import ANYBODY, Arrival, Claimed
from ..model.outcome import acked, claimed, ended
from ..model.scenario import Scenario
from ..model.trace import Place, Stage, Step, StepText
from .estatus import EMPTY, HANGS, Estatus, cached, cleared, look, peek, problem, reads, said, since, warns
from .hest_init import refused
from .kernel import met_again, panicked

# fmt: off
NO_SOURCE = StepText("apei.no-source", "knows nothing of it: no {notify} source has been advertised",
    "-ENOENT: there is no memory to look at, so the error is not claimed", ("linux.ghes_notify_sea", "mail.claim"))
REFUSED = StepText("apei.refused", "knows nothing of it: it did not take the source when it booted",
    "{because}", ("linux.ghes_probe", "linux.hest_parse_ghes", "linux.sdei_arch_get_entry_point"))
FATAL = StepText("apei.fatal", "prints the block, clears it, acknowledges it, and panics: {severity}",
    "__ghes_panic(): \"Fatal hardware error\". The block's severity alone decides, not that of a section",
    ("linux.ghes_panic", "acpi.status-block"))
READS = StepText("apei.reads", "reads {bytes} bytes at {address:#x}, the block of source {source_id}: {severity}",
    "The error is claimed: nobody else needs to deal with it", ("linux.ghes_in_nmi_queue_one_entry", "mail.claim"))
READS_AT_ONCE = StepText("apei.reads-at-once",
    "reads {bytes} bytes at {address:#x}, the block of source {source_id}: {severity}",
    "{printed}. Printed or not, what it asks for is done", ("linux.ghes_proc", "linux.ghes_estatus_cached"))
READS_AGAIN = StepText("apei.reads-again",
    "reads {bytes} bytes at {address:#x}, the block of source {source_id}, and denies: -ECANCELED",
    "The same record was printed less than 10 s ago. Since 7.3 APEI does not claim an abort for it, so that whoever "
    "met it twice is not resumed into it for ever; the default follows, although the error is known",
    ("linux.ghes_in_nmi_queue_one_entry-7.3", "linux.ghes_estatus_cached"))
ACKS = StepText("apei.acks", "clears the block and acknowledges it",
    "Block status 0, then the read ack register: firmware may write the next error",
    ("linux.ghes_clear_estatus", "acpi.ghesv2"))
QUEUES = StepText("apei.queues", "queues a copy",
    "Like in an NMI, memory must not be allocated nor locks be waited for: the rest follows as irq_work. {when}",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.apei_claim_sea"))
DROPPED = StepText("apei.dropped", "drops the block, and says that it has claimed the error",
    "The same record was printed less than 10 s ago, and what is in the cache is not queued again: neither is "
    "anything done for the error, nor is anybody else asked",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_cached"))
NO_ROOM = StepText("apei.no-room", "has no room for a copy of the block, and leaves it as it is",
    "-ENOMEM from ghes_estatus_pool: the error is not claimed, and the block stays filled and unacknowledged, so "
    "that firmware cannot use the source until something else makes the kernel read it",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_pool"))
SDEI = StepText("apei.sdei", "is called by firmware: its handler of the SDEI event",
    "Whatever was masked: like an NMI, so it may only copy and queue", ("linux.ghes_sdei", "tf-a.sdei_dispatch_event"))
SDEI_FAILED = StepText("apei.sdei-failed",
    'says "event {vector} on CPU 0 failed with error: -2", and tells firmware so: SDEI_EV_FAILED',
    "It found no block that it can read and copy: -ENOENT", ("linux.ghes_sdei",))
SDEI_AS_IRQ = StepText("apei.sdei-irq", "leaves the guest by the vector of interrupts",
    "do_sdei_event() resumes there instead of in the guest, so that KVM exits and queued work runs",
    ("linux.do_sdei_event",))
SDEI_RESUMES = StepText("apei.sdei-resumes", "goes on at {el}'s vector {vector:#x}, as if an interrupt had come",
    "do_sdei_event() resumes there instead of at what was interrupted, so that queued work and signals come first",
    ("linux.do_sdei_event",))
SDEI_WAITS = StepText("apei.sdei-waits",
    "goes on with what the event interrupted: kernel code that has interrupts masked",
    "Where Linux masks SErrors it masks interrupts, too; queued work runs when they are unmasked",
    ("linux.do_sdei_event",))
# fmt: on
_AT_ONCE = (
    "apei_claim_sea() runs it at once, for what was interrupted had interrupts unmasked; else it would warn "
    '"APEI work queued but not completed" and deny: -EINPROGRESS'
)
_LATER = "It runs when interrupts are unmasked"


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
        return _denied(m)
    if because := refused(s, m.kernel, m.source):
        yield apei(REFUSED, because=because)
        return _denied(m)
    return "ghes_in_nmi_queue_one_entry", m


def _denied(m: Arrival) -> tuple[str, Arrival]:
    """APEI denies all knowledge; nobody else looks at what firmware has written."""
    return "kernel_first", m._replace(source=None, memory=b"")


def ghes_sdei(s: Scenario, m: Arrival) -> Stage:
    """An SDEI event has been dispatched. ghes_sdei_normal_callback(), ghes_sdei_critical_callback()"""
    yield m.kernel.by("APEI")(SDEI)
    return "ghes_in_nmi_queue_one_entry", m


def ghes_in_nmi_queue_one_entry(s: Scenario, m: Arrival) -> Stage:
    """Copies the block while nothing else may be done; work follows in a quieter context."""
    apei, machine, estatus = m.kernel.by("APEI"), m.kernel.machine, peek(s, m)
    if not estatus.peeked and not _has_room(s, machine):
        yield apei(NO_ROOM)
        yield acked(machine, False)
        return (yield from _not_mine(apei, m))
    if estatus.problem:
        yield problem(s, apei, m, estatus)
        yield acked(machine, estatus.problem not in (EMPTY, HANGS))
        if estatus.problem is not HANGS:
            return (yield from _not_mine(apei, m))
        return ended(machine, "lost")
    estatus = look(s, m)
    if estatus.rank is Severity.FATAL:
        return (yield from _ghes_panic(s, apei, m, estatus))
    m = m._replace(memory=force_args(s, m.memory))
    again = cached(s, machine)
    denies = again and m.kind == "SEA" and since(s, machine, "7.3", stable="6.12.118")
    yield reads(s, apei, READS_AGAIN if denies else READS, m, estatus)
    yield apei(ACKS, sets=cleared(s, m.kernel, m.told_by))
    yield acked(machine)
    if denies:
        return _denied(m)
    yield claimed(machine, "APEI")
    if again:
        return (yield from _dropped(apei, m))
    yield apei(QUEUES, when=lazy(s, _when, machine, m.kind))
    if m.kind == "SDEI":
        yield from _leaves_sdei(s, m)
    return "ghes_do_proc", _taken(m, owed=False)


def _has_room(s: Scenario, machine: str) -> bool:
    """Can a copy be made? Of a guest nothing else is chosen."""
    return machine != "host" or s.host.memory_left or s.stance is Stance.ARCHITECTURE


def _not_mine(apei: Place, m: Arrival) -> Stage:
    """There is nothing that it could claim."""
    if m.kind != "SDEI":
        return _denied(m)
    yield apei(SDEI_FAILED, vector=m.told_by.vector)
    return ended(m.kernel.machine, "lost")


def _dropped(apei: Place, m: Arrival) -> Stage:
    """The error is claimed, and nothing is done: whoever consumed it is resumed as if it were repaired."""
    yield apei(DROPPED)
    if m.deaf:
        return "do_sea_default", m
    if m.consumed:
        return (yield from met_again(m.kernel, m.who))
    return ended(m.kernel.machine, "ignored")


def _when(s: Scenario, machine: str, kind: str) -> str:
    """When queued work runs: apei_claim_sea() does not leave it to an interrupt any more."""
    return _AT_ONCE if kind == "SEA" and since(s, machine, "5.8") else _LATER


def _leaves_sdei(s: Scenario, m: Arrival) -> Iterator[Step]:
    """Where the PE goes on after the event. do_sdei_event()"""
    if m.who.guest:
        yield m.kernel.by("KVM")(SDEI_AS_IRQ)
    elif not m.who.user and m.kernel.machine == "host" and s.cpu.masked:
        yield m.kernel.by("kernel")(SDEI_WAITS)
    else:
        yield m.kernel.by("kernel")(SDEI_RESUMES, el=m.kernel.el, vector=0x480 if m.who.user else 0x280)


def _ghes_panic(s: Scenario, apei: Place, m: Arrival, estatus: Estatus) -> Stage:
    """A fatal block: it is given back first, so that firmware is not in the way of the next kernel. __ghes_panic()"""
    yield from warns(s, apei, estatus.sections)
    yield apei(FATAL, sets=cleared(s, m.kernel, m.told_by), severity=said(estatus))
    yield acked(m.kernel.machine)
    yield claimed(m.kernel.machine, "APEI")
    return panicked(m.kernel)


# --- IRQ-like: external interrupt, SCI, GPIO, GSIV, polled ------------------------------------------------------------


def ghes_proc(s: Scenario, m: Arrival) -> Stage:
    """Reads the block and deals with it in one go; acknowledges when all is done."""
    apei, machine, estatus = m.kernel.by("APEI"), m.kernel.machine, peek(s, m)
    if estatus.problem:
        yield problem(s, apei, m, estatus)
        yield acked(machine, estatus.problem not in (EMPTY, HANGS))
        return ended(machine, "lost")
    estatus = look(s, m)
    if estatus.rank is Severity.FATAL:
        return (yield from _ghes_panic(s, apei, m, estatus))
    m = m._replace(memory=force_args(s, m.memory))
    yield reads(s, apei, READS_AT_ONCE, m, estatus, printed=lazy(s, _printed, machine))
    yield claimed(machine, "APEI")
    return "ghes_do_proc", _taken(m, owed=True)


def _printed(s: Scenario, machine: str) -> str:
    """What the kernel says of a block that it deals with at once."""
    if cached(s, machine):
        return "It does not print it: the same record was printed less than 10 s ago"
    return "It prints it, twice in 5 s at most"


def _taken(m: Arrival, *, owed: bool) -> Claimed:
    """What is left of *m* once its block is read: how it arrived matters no more, but to a consumer that waits."""
    sync, then = m.kind == "SEA", m._replace(source=None, memory=b"") if m.deaf else None
    who = m.who if m.consumed else ANYBODY
    return Claimed(m.kernel, who, m.consumed, sync, owed, m.told_by.heard(), m.memory, m.ram, then)
