"""The kernel's exception entry: who is asked to claim an error, in which order, and what happens if nobody does.

At the end whoever consumed the error: the signal that stops it, the death of what a kernel ran, the same error again.
"""

from collections.abc import Generator
from typing import TypeAlias

from ...formats.hest import Notify
from ..cpu import syndromes
from ..cpu.hardware import HARDWARE
from ..model import platform
from ..model.choices import Apei, Oops, Owner, Stance
from ..model.lazy import force
from ..model.messages import Arrival, Dying, Kernel, Signalled, Who
from ..model.outcome import Mark, ended, sent
from ..model.scenario import Scenario
from ..model.trace import END, Place, Sigbus, Stage, Step, StepText
from .estatus import since

# fmt: off
ASKS = StepText("kernel.asks", "asks APEI whether it knows of this abort",
    "Firmware-first and kernel-first look the same from here: only the memory that HEST names can tell",
    ("linux.do_sea", "mail.claim"))
ASKS_AND_IGNORES = StepText("kernel.asks-5.4", "calls APEI, and does not look at its answer",
    "Before 5.8 the signal is sent in any case; both signals are to merge into one", ("linux.do_sea_5_4",))
NEVER_ASKS = StepText("kernel.never-asks", "does not ask APEI: the abort was taken in the kernel",
    "do_sea() asks for user mode only, so whatever firmware has written stays unread and unacknowledged",
    ("linux.do_sea",))
BUS_OBJERR = StepText("kernel.objerr", "forces SIGBUS, {code}, on the process",
    "Nobody claimed the abort. fault_info[] knows a signal for its fault status; si_addr is {address}",
    ("linux.do_sea", "linux.fault_info"))
KILLS = StepText("kernel.sigkill", "kills the process: SIGKILL, {code}",
    "Nobody claimed the abort, which was met on a translation table walk: fault_info[] says that nothing less will "
    "do", ("linux.do_sea", "linux.fault_info"))
ASKS_FOR_SERROR = StepText("kernel.asks-serror", "asks APEI whether it knows of this SError",
    "A notification like any other: first APEI, then kernel-first, then the default", ("mail.claim", "mail.intent"))
NOT_A_RAS_SERROR = StepText("kernel.serror-other", 'panics: "Asynchronous SError Interrupt"',
    "{because}: nothing is known of what has been lost. APEI is not asked for any SError",
    ("linux.do_serror", "linux.arm64_is_ras_serror"))
FATAL_SERROR = StepText("kernel.serror-fatal", 'panics: "Asynchronous SError Interrupt"',
    "AET says {state}. The kernel cannot know what was consumed, for the exception is imprecise. APEI is not asked",
    ("linux.do_serror", "linux.arm64_is_fatal_ras_serror"))
IGNORED_SERROR = StepText("kernel.serror-ignored", "returns to what was interrupted, without a word",
    "AET says {state}: what runs can go on. Nothing is logged or counted, and APEI is not asked",
    ("linux.do_serror", "linux.arm64_is_fatal_ras_serror"))
SPURIOUS = StepText("kernel.spurious", "panics: nobody knows of this SError",
    "A RAS error without CPER and without an error record: that it is contained cannot be assumed", ("mail.spurious",))
PLAIN_SERROR = StepText("kernel.plain-serror", "panics: an SError that is not a RAS error",
    "Its syndrome is the maker's own, nobody claims it, and it interrupted the kernel's own machine",
    ("mail.plain-serror",))
RAS_CPER = StepText("kernel.ras-cper",
    "knows the block by a device tree, arm,ras-cper: code that is proposed, and merged in no release",
    "Firmware-first without ACPI: what follows is the code of GHES", ("linux.ras-cper-v6",))
TAKES_IRQ = StepText("kernel.irq", "takes the interrupt",
    "{because}", ("linux.ghes_notify_hed", "linux.ghes_irq_func"))
DIES = StepText("process.dies", "takes SIGBUS, {code}",
    "Nothing tells it which memory is bad: it can only end", ("linux.do_sea", "linux.ghes_do_proc"))
DELIVERS = StepText("kernel.delivers", "delivers the SIGBUS that was pending, {code}",
    "Work of the task comes before its signals: get_signal()", ("linux.memory_failure_cb", "linux.ghes_do_proc"))
KILLED = StepText("process.killed", "is killed: SIGKILL",
    "No handler of its own runs, for its page tables cannot be walked", ("linux.fault_info",))
OOPS = StepText("kernel.oops", "oopses, and kills what it was doing",
    "die(): the kernel goes on, tainted, without the task that ran", ("linux.do_sea", "linux.die"))
OOPS_PANICS = StepText("kernel.oops-panics", "oopses, and panics",
    "die(): panic_on_oops is set, or nothing can be killed: an interrupt, init or the idle task was interrupted",
    ("linux.do_sea", "linux.die"))
CANNOT_REPEAT = StepText("apei.cannot-repeat", "panics: the kernel's own access cannot be repeated",
    "Somebody has to repair before the consumer goes on, and the consumer is the kernel",
    ("mail.handle-or-panic", "arm.states"))
MEETS_AGAIN = StepText("mm.meets-again",
    "meets the same error again: the instruction that consumed it is executed again",
    "Nothing keeps it from the memory", ("linux.memory_failure", "arm.reporting"))
# fmt: on


def do_sea(s: Scenario, m: Arrival) -> Stage:
    """A synchronous External Abort was taken to the kernel from its own, or from an application."""
    kernel = m.kernel.by("kernel")
    if not since(s, m.kernel.machine, "5.8"):
        yield kernel(ASKS_AND_IGNORES, to=m.kernel.by("APEI"))
        return "apei_claim_sea", m._replace(deaf=True)
    if not m.who.user and s.stance is Stance.AS_BUILT:
        yield kernel(NEVER_ASKS)
        return "do_sea_default", m
    yield kernel(ASKS, to=m.kernel.by("APEI"))
    return "apei_claim_sea", m


def do_sea_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it. arm64_notify_die()"""
    if not m.who.user:
        return (yield from oops(s, m.kernel))
    kernel, machine, syndrome = m.kernel.by("kernel"), m.kernel.machine, syndromes.read(force(s, m.esr))
    to = victim(m.kernel, m.who)
    if syndrome.on_walk:
        yield kernel(KILLS, to=None if m.who.qemu else to, sets={f"{to.actor} signal": "SIGKILL"}, code="SI_KERNEL")
        yield sent(machine, "SIGKILL")
        yield to(KILLED)
        return ended("vm", "vm_abort") if m.who.qemu else END
    far = si_addr(machine, Owner.GUEST if m.who.thread else Owner.PROCESS)
    sigbus = Sigbus("BUS_OBJERR", 0 if syndrome.fnv else far, 0)
    why = "0, for FnV says that FAR is not valid" if syndrome.fnv else f"that of FAR, {sigbus.address:#x}"
    sets = {f"{to.actor} signal": sigbus.code}
    yield kernel(BUS_OBJERR, to=to, carries=sigbus, sets=sets, code=sigbus.code, address=why)
    return "get_signal", Dying(m.kernel, m.who, sigbus)


def si_addr(machine: str, owner: Owner) -> int:
    """Where the *owner* of the memory has it, on this machine. Guests have no guests."""
    if machine == "guest":
        return platform.GUEST_PROCESS_ADDRESS
    guests = platform.QEMU_RAM_OFFSET + platform.GUEST_PHYSICAL_ADDRESS
    return {Owner.GUEST: guests, Owner.QEMU: platform.QEMU_HEAP_ADDRESS}.get(owner, platform.PROCESS_ADDRESS)


def do_serror(s: Scenario, m: Arrival) -> Stage:
    """An SError was taken to the kernel. As built, the syndrome alone decides."""
    kernel = m.kernel.by("kernel")
    if s.stance is Stance.ARCHITECTURE:
        yield kernel(ASKS_FOR_SERROR, to=m.kernel.by("APEI"))
        return "apei_claim_sei", m
    syndrome = syndromes.read(force(s, m.esr))
    if not s.cpu.ras:
        yield kernel(NOT_A_RAS_SERROR, because="The PE has no FEAT_RAS, and so no syndrome says what happened")
    elif not syndrome.state:
        yield kernel(NOT_A_RAS_SERROR, because=unknown(syndrome))
    elif syndrome.state in ("CE", "UEO"):
        yield kernel(IGNORED_SERROR, state=syndrome.state)
        return ended(m.kernel.machine, "ignored")
    else:
        yield kernel(FATAL_SERROR, state=syndrome.state)
    return panicked(m.kernel)


def unknown(syndrome: syndromes.RasSyndrome) -> str:
    """Why a syndrome says nothing of the error."""
    return "IDS is 1" if syndrome.implementation_defined else "DFSC does not say that AET is valid"


def do_serror_default(s: Scenario, m: Arrival) -> Stage:
    """Nobody claimed it."""
    plain = syndromes.read(force(s, m.esr)).implementation_defined
    yield m.kernel.by("kernel")(PLAIN_SERROR if plain else SPURIOUS)
    return panicked(m.kernel)


def handle_irq(s: Scenario, m: Arrival) -> Stage:
    """An interrupt: of a HEST source, or of a RAS node."""
    external = "Its handler is the source's own, ghes_irq_func()"
    hed = "Its handler notifies the error device, PNP0C33, and so every source that is told by SCI, GPIO or GSIV"
    if m.source is None:
        because = "The driver of error nodes has asked for it"
    else:
        because = external if m.source.notify == Notify.EXTERNAL else hed
    yield m.kernel.by("kernel")(TAKES_IRQ, because=because)
    if m.source and m.kernel.machine == "host" and s.host.apei is Apei.DEVICETREE:
        yield m.kernel.by("kernel")(RAS_CPER)
    return ("ghes_proc", m._replace(source=m.source.heard())) if m.source else ("kernel_first", m)


# --- whoever consumed the error ---------------------------------------------------------------------------------------


Killing: TypeAlias = Generator[Step, None, tuple[str, Dying]]


def victim(kernel: Kernel, who: Who) -> Place:
    """Who gets the signal: a process of this machine; of the host, QEMU for its guest."""
    return Place(kernel.machine, "EL0", "QEMU" if who.qemu else "process")


def force_sigbus(place: Place, text: StepText, kernel: Kernel, who: Who, *, pending: bool = False) -> Killing:
    """SIGBUS to the consumer, without an address and a reason; *pending*: its work is done before. force_sig()"""
    to = victim(kernel, who)
    sigbus = Sigbus("SI_KERNEL", 0, 0)
    sets = {f"{to.actor} signal": sigbus.code}
    yield place(text, sets=sets) if pending else place(text, to=to, carries=sigbus, sets=sets)
    return "get_signal", Dying(kernel, who, sigbus, pending)


def get_signal(s: Scenario, m: Dying) -> Stage:
    """The consumer takes a signal without poison: QEMU, or a process that can do nothing with it."""
    to = victim(m.kernel, m.who)
    if m.pending:
        yield m.kernel.by("kernel")(DELIVERS, to=to, carries=m.sigbus, code=m.sigbus.code)
    yield sent(m.kernel.machine, m.sigbus.code)
    if m.who.qemu:
        return "sigbus_handler", Signalled(m.sigbus, None, vcpu=m.who.guest)
    yield to(DIES, code=m.sigbus.code)
    return END


def oops(s: Scenario, kernel: Kernel, over: StepText | None = None) -> Stage:
    """die(): the kernel's own code cannot go on; *over* says so where it is not an abort that it met."""
    place, machine = kernel.by("kernel"), kernel.machine
    kills = getattr(s, machine).oops is Oops.KILLS
    yield place(over, ends="oopses" if kills else "panics") if over else place(OOPS if kills else OOPS_PANICS)
    return ended(machine, f"{machine}_oops" if kills else f"{machine}_panic")


def panicked(kernel: Kernel) -> Mark:
    """The end of this machine."""
    return ended(kernel.machine, f"{kernel.machine}_panic")


def met_again(kernel: Kernel, who: Who) -> Stage:
    """The consumer is resumed, and nothing has changed for it."""
    guest = Place("guest", *(("EL0", "process") if who.user else ("EL1", "kernel")))
    yield (HARDWARE if kernel.machine == "host" else guest)(MEETS_AGAIN)
    return ended(kernel.machine, "storm")
