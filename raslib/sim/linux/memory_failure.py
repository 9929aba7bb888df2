"""memory_failure(): a page is taken out of use, whoever has it is signalled, and nobody will touch it unwarned."""

from ..model.choices import Kill, Owner, Page
from ..model.messages import Pending, Signalled, Touch, Work
from ..model.outcome import ended, sent
from ..model.platform import (
    GUEST_PHYSICAL_ADDRESS,
    GUEST_PROCESS_ADDRESS,
    PROCESS_ADDRESS,
    QEMU_HEAP_ADDRESS,
    QEMU_RAM_OFFSET,
)
from ..model.scenario import Scenario
from ..model.trace import END, Place, Sigbus, Stage, StepText
from .estatus import since
from .victim import force_sigbus, met_again, panicked

PAGE_SHIFT, HUGE_SHIFT = 12, 21  # si_addr_lsb of a page of 4 KiB, and of a huge one of 2 MiB

BY_CONSUMER = StepText(
    "mm.by-consumer",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "As work of the task that consumed the error, before it runs again. Where a guest has the page, its stage 2 "
    "mapping goes too",
    ("linux.memory_failure", "linux.memory_failure_cb"),
)
BY_KICK = StepText(
    "mm.by-kick",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "Before 6.17 a worker is meant to; the consumer runs what is left of its queue before it returns. If the worker "
    "was faster, only a process that has asked to know early is signalled for it, with AO; any other when it touches "
    "the page",
    ("linux.memory_failure", "linux.ghes_kick_task_work"),
)
BY_WORKER = StepText(
    "mm.by-worker",
    "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "A worker does it some time later; where a guest has the page, its stage 2 mapping goes too",
    ("linux.memory_failure",),
)
DROPS = StepText(
    "mm.drops",
    "drops the page at {address:#x} from the page cache",
    "It is clean: whoever needs it reads it from the file again, and nobody is signalled",
    ("linux.kill_procs",),
)
FAILS = StepText(
    "mm.fails",
    "cannot isolate the page at {address:#x}",
    "It is the kernel's own: nothing can be unmapped, nobody asked",
    ("linux.memory_failure",),
)
ALREADY = StepText(
    "mm.already",
    "finds that the page at {address:#x} is already isolated",
    "-EHWPOISON: there is nothing left to isolate. {then}",
    ("linux.memory_failure", "linux.kill_accessing_process"),
)
HUGE = StepText(
    "mm.huge",
    "takes the whole huge page of 2 MiB out of use",
    "One bad line costs all of it, for no part of a huge page of hugetlbfs is mapped alone: si_addr_lsb is 21, and "
    "every further touch of it, wherever, is signalled again",
    ("linux.memory_failure",),
)
FILE_LOSES = StepText(
    "mm.file-loses",
    "notes an I/O error for the file",
    "What was newer than the file is lost: fsync() says so, EIO. Whoever has the page mapped is treated as if it "
    "existed nowhere else",
    ("linux.me_pagecache_dirty",),
)
NO_RECOVERY = StepText(
    "mm.no-recovery",
    'panics: "Memory failure on page"',
    "vm.memory_failure_recovery is 0: a machine that is to stop rather than to go on with memory lost",
    ("linux.memory_failure",),
)
KILLS = StepText(
    "mm.kills",
    "forces SIGBUS on the task that consumed the error",
    "Since 6.17 a page that cannot be isolated costs its consumer its life",
    ("linux.memory_failure_cb",),
)
SIGNALS_AR = StepText(
    "mm.signals-ar",
    "sends {whom} SIGBUS, BUS_MCEERR_AR: action required",
    "It consumed the error and cannot go on past it",
    ("linux.kill_proc",),
)
SIGNALS_AO = StepText(
    "mm.signals-ao",
    "sends {whom} SIGBUS, BUS_MCEERR_AO: action optional",
    "It has the page mapped and wants to know early (PR_MCE_KILL_EARLY); no access of it is being held up",
    ("linux.kill_proc", "qemu.early_kill"),
)
SIGNALS_NOBODY = StepText(
    "mm.signals-nobody",
    "signals nobody",
    "The process that has the page has not asked to know early: it will learn when it touches the page",
    ("linux.kill_proc",),
)
SIGNAL_MERGES = StepText(
    "mm.merges",
    "leaves it at the signal that the consumer gets all the same",
    "Two pending SIGBUS are one; the first decides what the process reads",
    ("linux.do_sea_5_4", "linux.ghes_do_proc"),
)
TOUCHED = StepText(
    "mm.touched",
    "sends SIGBUS, BUS_MCEERR_AR, when the isolated page is touched",
    "The page table entry says that it is poisoned: VM_FAULT_HWPOISON",
    ("linux.do_page_fault",),
)
HANDLES_AR = StepText(
    "process.ar",
    "takes SIGBUS, BUS_MCEERR_AR",
    "It may replace what was at si_addr and go on; most programs have no handler and end",
    ("linux.kill_proc",),
)
HANDLES_AO = StepText(
    "process.ao",
    "takes SIGBUS, BUS_MCEERR_AO",
    "It may let go of the page at si_addr before it is used, or do nothing",
    ("linux.kill_proc",),
)


def memory_failure(s: Scenario, m: Work) -> Stage:
    """The page is isolated if it can be."""
    mm, machine, address = m.kernel.by("memory_failure"), m.kernel.machine, m.address
    side = getattr(s, machine)
    if not side.recovery:
        yield mm(NO_RECOVERY)
        return (yield from panicked(m.kernel))
    required = m.action_required and since(s, machine, "5.8")
    page = side.page
    if page is Page.KERNEL:
        yield mm(FAILS, address=address)
        return (yield from _failed(s, mm, m, required))
    if page is Page.POISONED:
        return (yield from _already(s, mm, m, required))
    if page is Page.FILE_CLEAN:
        yield mm(DROPS, address=address, sets={f"{machine} page": "dropped"})
        yield ended(machine, "recovered")
        return m.then
    text = BY_WORKER if not required else BY_CONSUMER if since(s, machine, "6.17") else BY_KICK
    yield mm(text, address=address, sets={f"{machine} page": "poisoned, unmapped"})
    if page is Page.HUGETLB:
        yield mm(HUGE)
    if page is Page.FILE_DIRTY:
        yield mm(FILE_LOSES)
    yield ended(machine, "recovered")
    if m.then:
        yield mm(SIGNAL_MERGES)
        return m.then
    lsb = HUGE_SHIFT if page is Page.HUGETLB else PAGE_SHIFT
    return (yield from (_action_required(mm, m, lsb) if required else _action_optional(s, mm, m, lsb)))


def _failed(s: Scenario, mm: Place, m: Work, required: bool) -> Stage:
    """The page stays where it is."""
    if m.then:
        yield ended(m.kernel.machine, "logged")
        return m.then
    if required and since(s, m.kernel.machine, "6.17"):
        return (yield from force_sigbus(mm, KILLS, m.kernel, m.who))
    if m.consumed:
        return (yield from met_again(m.kernel, m.who))
    yield ended(m.kernel.machine, "logged")
    return END


def _already(s: Scenario, mm: Place, m: Work, required: bool) -> Stage:
    """The page is out of use since an earlier error. kill_accessing_process()"""
    then = "Who meets it now is signalled" if required else "Nobody is signalled for it"
    yield mm(ALREADY, address=m.address, then=then)
    if required and not m.then:
        return (yield from _action_required(mm, m, PAGE_SHIFT))
    yield ended(m.kernel.machine, "logged")
    if m.then:
        return m.then
    if m.consumed and not (m.who.guest or m.who.user):
        return (yield from met_again(m.kernel, m.who))
    return "touch", Touch(m.kernel, owner_of(s, m), m.consumed, PAGE_SHIFT, vcpu=not m.who.thread)


def _action_required(mm: Place, m: Work, lsb: int) -> Stage:
    """The consumer is signalled before it runs again."""
    machine, owner = m.kernel.machine, Owner.GUEST if m.who.qemu else Owner.PROCESS
    sigbus, (whom, to) = Sigbus("BUS_MCEERR_AR", _address(machine, owner), lsb), _whom(machine, owner)
    sets = {f"{to.actor} signal": sigbus.code}
    if m.who.guest:
        yield mm(SIGNALS_AR, whom=whom, sets=sets)
        yield sent(machine, sigbus.code)
        return "xfer_to_guest_mode_handle_work", Pending(m.kernel, sigbus)
    yield mm(SIGNALS_AR, to=to, carries=sigbus, whom=whom, sets=sets)
    yield sent(machine, sigbus.code)
    if m.who.thread:
        return "sigbus_handler", Signalled(sigbus, None, vcpu=False)
    yield to(HANDLES_AR)
    return END


def _action_optional(s: Scenario, mm: Place, m: Work, lsb: int) -> Stage:
    """Nobody needs to be stopped: those who asked to know early are told."""
    machine = m.kernel.machine
    if m.consumed and not (m.who.guest or m.who.user):
        return (yield from met_again(m.kernel, m.who))
    owner = owner_of(s, m)
    touch = Touch(m.kernel, owner, m.consumed, lsb, vcpu=not m.who.thread)
    if owner is Owner.PROCESS and getattr(s, machine).kill is Kill.LATE:
        yield mm(SIGNALS_NOBODY)
        return "touch", touch
    sigbus, (whom, to) = Sigbus("BUS_MCEERR_AO", _address(machine, owner), lsb), _whom(machine, owner)
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
    sigbus = Sigbus("BUS_MCEERR_AR", _address(machine, owner), m.lsb)
    _, to = _whom(machine, owner)
    yield m.kernel.by("kernel")(TOUCHED, to=to, carries=sigbus, sets={f"{to.actor} signal": sigbus.code})
    yield sent(machine, sigbus.code)
    if owner is not Owner.PROCESS:
        return "sigbus_handler", Signalled(sigbus, None, vcpu=m.vcpu)
    yield to(HANDLES_AR)
    return END


def owner_of(s: Scenario, m: Work) -> Owner:
    """Whose page it is: the consumer's, or what the scenario says of memory that nobody used. Guests have no guests."""
    if m.kernel.machine == "guest":
        return Owner.PROCESS
    if m.consumed:
        return Owner.GUEST if m.who.qemu else Owner.PROCESS
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
