"""memory_failure(): a page is taken out of use, whoever has it is signalled, and nobody will touch it unwarned."""

from .apei import force_sigbus
from .estatus import since
from .hardware import HARDWARE
from .messages import Pending, Signalled, Touch, Work
from .outcome import ended, sent
from .platform import (
    GUEST_PHYSICAL_ADDRESS,
    GUEST_PROCESS_ADDRESS,
    PROCESS_ADDRESS,
    QEMU_HEAP_ADDRESS,
    QEMU_RAM_OFFSET,
)
from .scenario import Kill, Owner, Page, Running, Scenario
from .trace import END, Place, Sigbus, Stage, Text

BY_CONSUMER = Text(
    "mm.by-consumer",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "As work of the task that consumed the error, before it runs again. Where a guest has the page, its stage 2 "
    "mapping goes too",
    ("linux.memory_failure", "linux.memory_failure_cb"),
)
BY_KICK = Text(
    "mm.by-kick",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "Before 6.17 a worker is meant to; the consumer runs what is left of its queue before it returns. If the worker "
    "was faster, the signal says AO instead of AR",
    ("linux.memory_failure", "linux.ghes_kick_task_work"),
)
BY_WORKER = Text(
    "mm.by-worker",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "A worker does it some time later; where a guest has the page, its stage 2 mapping goes too",
    ("linux.memory_failure",),
)
DROPS = Text(
    "mm.drops",
    "drops the page at {address:#x} from the page cache",
    "It is clean: whoever needs it reads it from the file again, and nobody is signalled",
    ("linux.kill_procs",),
)
FAILS = Text(
    "mm.fails",
    "cannot isolate the page at {address:#x}",
    "It is the kernel's own: nothing can be unmapped, nobody asked",
    ("linux.memory_failure",),
)
KILLS = Text(
    "mm.kills",
    "forces SIGBUS on the task that consumed the error",
    "Since 6.17 a page that cannot be isolated costs its consumer its life",
    ("linux.memory_failure_cb",),
)
MEETS_AGAIN = Text(
    "mm.meets-again",
    "meets the same error again: the instruction that consumed it is executed again",
    "Nothing keeps it from the memory",
    ("linux.memory_failure", "arm.reporting"),
)
SIGNALS_AR = Text(
    "mm.signals-ar",
    "sends {whom} SIGBUS, BUS_MCEERR_AR: action required",
    "It consumed the error and cannot go on past it",
    ("linux.kill_proc",),
)
SIGNALS_AO = Text(
    "mm.signals-ao",
    "sends {whom} SIGBUS, BUS_MCEERR_AO: action optional",
    "It has the page mapped and wants to know early (PR_MCE_KILL_EARLY); no access of it is being held up",
    ("linux.kill_proc", "qemu.early_kill"),
)
SIGNALS_NOBODY = Text(
    "mm.signals-nobody",
    "signals nobody",
    "The process that has the page has not asked to know early: it will learn when it touches the page",
    ("linux.kill_proc",),
)
SIGNAL_MERGES = Text(
    "mm.merges",
    "leaves the signal to the abort's own default",
    "Two pending SIGBUS are one; the first decides what the process reads",
    ("linux.do_sea_5_4",),
)
TOUCHED = Text(
    "mm.touched",
    "sends SIGBUS, BUS_MCEERR_AR, when the isolated page is touched",
    "The page table entry says that it is poisoned: VM_FAULT_HWPOISON",
    ("linux.do_page_fault",),
)
HANDLES_AR = Text(
    "process.ar",
    "takes SIGBUS, BUS_MCEERR_AR",
    "It may replace what was at si_addr and go on; most programs have no handler and end",
    ("linux.kill_proc",),
)
HANDLES_AO = Text(
    "process.ao",
    "takes SIGBUS, BUS_MCEERR_AO",
    "It may let go of the page at si_addr before it is used, or do nothing",
    ("linux.kill_proc",),
)


def memory_failure(s: Scenario, m: Work) -> Stage:
    """The page is isolated if it can be."""
    mm, machine = m.kernel.by("memory_failure"), m.kernel.machine
    required = m.action_required and since(s, machine, "5.8")
    page, address = getattr(s, machine).page, m.address
    if page is Page.KERNEL:
        yield mm(FAILS, address=address)
        if m.then:
            yield ended(machine, "logged")
            return "do_sea_default", m.then
        if required and since(s, machine, "6.17"):
            return (yield from force_sigbus(mm, KILLS, m.kernel, m.who))
        if m.consumed:
            return (yield from _met_again(m))
        yield ended(machine, "logged")
        return END
    if page is Page.FILE_CLEAN:
        yield mm(DROPS, address=address, sets={f"{machine} page": "dropped"})
        yield ended(machine, "recovered")
        return ("do_sea_default", m.then) if m.then else END
    text = BY_WORKER if not required else BY_CONSUMER if since(s, machine, "6.17") else BY_KICK
    yield mm(text, address=address, sets={f"{machine} page": "poisoned, unmapped"})
    yield ended(machine, "recovered")
    if m.then:
        yield mm(SIGNAL_MERGES)
        return "do_sea_default", m.then
    return (yield from (_action_required(s, mm, m) if required else _action_optional(s, mm, m)))


def _action_required(s: Scenario, mm: Place, m: Work) -> Stage:
    """The consumer is signalled before it runs again."""
    machine, owner = m.kernel.machine, owner_of(s, m) if m.consumed else Owner.PROCESS
    sigbus, (whom, to) = Sigbus("BUS_MCEERR_AR", _address(machine, owner)), _whom(machine, owner)
    sets = {f"{to.actor} signal": sigbus.code}
    if m.who.guest:
        yield mm(SIGNALS_AR, whom=whom, sets=sets)
        yield sent(machine, sigbus.code)
        return "xfer_to_guest_mode_handle_work", Pending(m.kernel, sigbus)
    yield mm(SIGNALS_AR, to=to, carries=sigbus, whom=whom, sets=sets)
    yield sent(machine, sigbus.code)
    if owner is Owner.GUEST:
        return "sigbus_handler", Signalled(sigbus, None, vcpu=False)
    yield to(HANDLES_AR)
    return END


def _action_optional(s: Scenario, mm: Place, m: Work) -> Stage:
    """Nobody needs to be stopped: those who asked to know early are told."""
    machine = m.kernel.machine
    if m.consumed and not (m.who.guest or m.who.user):
        return (yield from _met_again(m))
    owner = owner_of(s, m)
    touch = Touch(m.kernel, owner, m.consumed, vcpu=m.who.guest or not m.consumed)
    if owner is Owner.PROCESS and getattr(s, machine).kill is Kill.LATE:
        yield mm(SIGNALS_NOBODY)
        return "touch", touch
    sigbus, (whom, to) = Sigbus("BUS_MCEERR_AO", _address(machine, owner)), _whom(machine, owner)
    yield mm(SIGNALS_AO, to=to, carries=sigbus, whom=whom, sets={f"{to.actor} signal": sigbus.code})
    yield sent(machine, sigbus.code)
    if owner is not Owner.PROCESS:
        return "sigbus_handler", Signalled(sigbus, touch)
    yield to(HANDLES_AO)
    return "touch", touch


def touch(s: Scenario, m: Touch) -> Stage:
    """Later, somebody uses the page that was isolated; or nobody does."""
    yield from ()
    if not m.consumed and not s.error.touched_later:
        return END
    if m.owner is Owner.GUEST and m.vcpu:
        return "user_mem_abort", m
    machine, owner = m.kernel.machine, m.owner
    sigbus = Sigbus("BUS_MCEERR_AR", _address(machine, owner))
    _, to = _whom(machine, owner)
    yield m.kernel.by("kernel")(TOUCHED, to=to, carries=sigbus, sets={f"{to.actor} signal": sigbus.code})
    yield sent(machine, sigbus.code)
    if owner is not Owner.PROCESS:
        return "sigbus_handler", Signalled(sigbus, None, vcpu=m.vcpu)
    yield to(HANDLES_AR)
    return END


def _met_again(m: Work) -> Stage:
    """The consumer is resumed, and nothing has changed for it."""
    guest = Place("guest", *(("EL0", "process") if m.who.user else ("EL1", "kernel")))
    yield (HARDWARE if m.kernel.machine == "host" else guest)(MEETS_AGAIN)
    yield ended(m.kernel.machine, "storm")
    return END


def owner_of(s: Scenario, m: Work) -> Owner:
    """Whose page it is: the consumer's, or what the scenario says of memory that nobody used. Guests have no guests."""
    if m.kernel.machine == "guest":
        return Owner.PROCESS
    if m.consumed:
        # A thread of QEMU that is no vCPU is an application, but the memory is its guest's all the same.
        return Owner.GUEST if m.who.guest or s.cpu.running is Running.THREAD else Owner.PROCESS
    return s.host.owner


def _address(machine: str, owner: Owner) -> int:
    """si_addr: where the owner has the page."""
    if machine == "guest":
        return GUEST_PROCESS_ADDRESS
    where = {Owner.GUEST: QEMU_RAM_OFFSET + GUEST_PHYSICAL_ADDRESS, Owner.QEMU: QEMU_HEAP_ADDRESS}
    return where.get(owner, PROCESS_ADDRESS)


def _whom(machine: str, owner: Owner) -> tuple[str, Place]:
    actor = "process" if owner is Owner.PROCESS else "QEMU"
    return ("the process" if owner is Owner.PROCESS else "QEMU"), Place(machine, "EL0", actor)
