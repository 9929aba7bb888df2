"""memory_failure(): a page is taken out of use, whoever has it is signalled, and nobody will touch it unwarned."""

from collections.abc import Generator

from ..cpu import syndromes
from ..cpu.routing import vector_offset
from ..model.choices import Category, Kill, Owner, Page, Stance
from ..model.lazy import lazy
from ..model.messages import Kernel, Pending, Signalled, Touch, Work
from ..model.outcome import ended, sent
from ..model.platform import Ram
from ..model.scenario import Scenario
from ..model.trace import END, ArmException, Place, Sigbus, Stage, Step, StepText
from .estatus import since
from .kernel import force_sigbus, met_again, oops, panicked, si_addr

PAGE_SHIFT, HUGE_SHIFT = 12, 21  # si_addr_lsb of a page of 4 KiB, and of a huge one of 2 MiB

# fmt: off
BY_CONSUMER = StepText("mm.by-consumer", "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "As work of the task that consumed the error, before it runs again. Where a guest has the page, its stage 2 "
    "mapping goes too", ("linux.memory_failure", "linux.memory_failure_cb"))
BY_KICK = StepText("mm.by-kick", "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "Before 6.17 a worker is meant to; the consumer runs what is left of its queue before it returns. If the worker "
    "was faster, only a process that has asked to know early is signalled for it, with AO; any other when it "
    "touches the page", ("linux.memory_failure", "linux.ghes_kick_task_work"))
BY_WORKER = StepText("mm.by-worker", "isolates the page at {address:#x}: poisoned, unmapped everywhere",
    "A worker does it some time later; where a guest has the page, its stage 2 mapping goes too",
    ("linux.memory_failure",))
DROPS = StepText("mm.drops", "drops the page at {address:#x} from the page cache",
    "It is clean: whoever needs it reads it from the file again, and nobody is signalled", ("linux.kill_procs",))
FAILS = StepText("mm.fails", "cannot isolate the page at {address:#x}: {log}",
    "It is the kernel's own: nothing can be unmapped, nobody asked. It is marked, and stays in use",
    ("linux.memory_failure",))
UNRECOVERABLE = StepText("mm.unrecoverable", 'panics: "Memory failure: {pfn:#x}: unrecoverable page"',
    "vm.panic_on_unrecoverable_memory_failure is 1 (since 7.3): to stop rather than to run on without a page of the "
    "kernel's own", ("linux.panic_on_unrecoverable_mf",))
FREE = StepText("mm.free", "takes the page at {address:#x} from the free ones: {log}",
    "Nobody had it, and nobody gets it any more", ("linux.memory_failure",))
NO_PAGE = StepText("mm.no-page", "finds no memory of its own at {address:#x}: {log}",
    "It is asked for an address in the same 128 MiB as memory; since 6.19 for any, for memory of devices, too",
    ("linux.memory_failure_pfn",))
ALREADY = StepText("mm.already", "finds that the page at {address:#x} is already isolated: {log}",
    "-EHWPOISON: there is nothing left to isolate. {then}", ("linux.memory_failure", "linux.kill_accessing_process"))
KERNEL_TOUCHES = StepText("mm.kernel-touches",
    "takes a synchronous External Abort from its own use of the page, which it could not take out of use",
    "The error is still there. do_sea() asks APEI for aborts of applications alone",
    ("linux.do_sea", "linux.memory_failure"))
HUGE = StepText("mm.huge", "takes the whole huge page of 2 MiB out of use",
    "One bad line costs all of it, for no part of a huge page of hugetlbfs is mapped alone: si_addr_lsb is 21, and "
    "every further touch of it, wherever, is signalled again", ("linux.memory_failure",))
FILE_LOSES = StepText("mm.file-loses", "notes an I/O error for the file",
    "What was newer than the file is lost: fsync() says so, EIO. Whoever has the page mapped is treated as if it "
    "existed nowhere else", ("linux.me_pagecache_dirty",))
NO_RECOVERY = StepText("mm.no-recovery", 'panics: "Memory failure on page"',
    "vm.memory_failure_recovery is 0: a machine that is to stop rather than to go on with memory lost",
    ("linux.memory_failure",))
KILLS = StepText("mm.kills", 'says "Sending SIGBUS to" the task that consumed the error, and forces it',
    "Since 6.17 a page that cannot be isolated costs its consumer its life, whatever becomes of others",
    ("linux.memory_failure_cb",))
ALSO_SIGNALS = StepText("mm.also-signals", "sends SIGBUS, BUS_MCEERR_AR, which merges with the one that is pending",
    "Two pending SIGBUS are one; the first decides what the process reads", ("linux.kill_proc",))
DIES_OF_ANOTHER = StepText("kernel.first-sigbus", "delivers the first SIGBUS, which names no address",
    "The work of a task is done last in, first out: the page that was queued last has decided",
    ("linux.memory_failure_cb",))
CANNOT_MOVE = StepText("mm.cannot-move", "cannot move the page at {address:#x}: {log}",
    "It is the kernel's own", ("linux.memory_failure",))
SIGNALS_AR = StepText("mm.signals-ar", "sends {whom} SIGBUS, BUS_MCEERR_AR: action required",
    "It consumed the error and cannot go on past it", ("linux.kill_proc",))
SIGNALS_AO = StepText("mm.signals-ao", "sends {whom} SIGBUS, BUS_MCEERR_AO: action optional",
    "It has the page mapped and wants to know early (PR_MCE_KILL_EARLY); no access of it is being held up",
    ("linux.kill_proc", "qemu.early_kill"))
SIGNALS_NOBODY = StepText("mm.signals-nobody", "signals nobody",
    "The process that has the page has not asked to know early: it will learn when it touches the page",
    ("linux.kill_proc",))
SIGNAL_MERGES = StepText("mm.merges", "leaves it at the signal that the consumer gets all the same",
    "Two pending SIGBUS are one; the first decides what the process reads", ("linux.do_sea_5_4", "linux.ghes_do_proc"))
TOUCHED = StepText("mm.touched", "sends SIGBUS, BUS_MCEERR_AR, when the isolated page is touched",
    "The page table entry says that it is poisoned: VM_FAULT_HWPOISON", ("linux.do_page_fault",))
HANDLES_AR = StepText("process.ar", "takes SIGBUS, BUS_MCEERR_AR",
    "It may replace what was at si_addr and go on; most programs have no handler and end", ("linux.kill_proc",))
HANDLES_AO = StepText("process.ao", "takes SIGBUS, BUS_MCEERR_AO",
    "It may let go of the page at si_addr before it is used, or do nothing", ("linux.kill_proc",))
# fmt: on


def page_of(s: Scenario, kernel: Kernel, ram: Ram, address: int) -> Page | None:
    """What the page at *address* is to *kernel*; None: there is no memory."""
    page: Page = getattr(s, kernel.machine).page
    return (ram.page(address) or page) if ram.has(address) else None


def memory_failure(s: Scenario, m: Work) -> Stage:
    """Page after page is isolated if it can be; last one of a process, for somebody may have to be signalled."""
    mm, machine = m.kernel.by("memory_failure"), m.kernel.machine
    if not getattr(s, machine).recovery:
        yield mm(NO_RECOVERY)
        return panicked(m.kernel)
    required = m.action_required and since(s, machine, "5.8")
    of_the_task = required and since(s, machine, "6.17")  # and of that the last that was queued comes first
    pages = _pages(s, m, m.addresses[::-1] if of_the_task else m.addresses)
    own = next((i for i, (_, page) in enumerate(pages) if page and page.of_a_process), None)
    failed = [False] * len(pages)
    for i, (address, page) in enumerate(pages):
        if i != own:
            failed[i] = yield from _nobodys(s, mm, m.ram, address, page)
            if failed[i] and of_the_task and own is not None:
                yield m.kernel.by("APEI")(KILLS)
            if of_the_task and own is not None and address >> PAGE_SHIFT == pages[own][0] >> PAGE_SHIFT:
                yield mm(ALSO_SIGNALS)
            if page is Page.KERNEL and machine == "host" and since(s, machine, "7.3") and s.host.page_panics:
                yield mm(UNRECOVERABLE, pfn=address >> PAGE_SHIFT)
                return panicked(m.kernel)
    if own is not None:
        dying = of_the_task and any(failed[:own]) and not m.then
        return (yield from _own(s, mm, m, pages[own][0], required, dying))
    only_kernel = all(page is Page.KERNEL for _, page in pages)
    return (yield from (_failed(s, m, required, only_kernel) if any(failed) else _nobody(s, m)))


def _pages(s: Scenario, m: Work, addresses: tuple[int, ...]) -> list[tuple[int, Page | None]]:
    """The addresses, each with what its page is when it comes to it: of a page that comes twice it is gone."""
    pages, before = list[tuple[int, Page | None]](), set[int]()
    for address in addresses:
        page = page_of(s, m.kernel, m.ram, address)
        pages.append((address, Page.GONE if page and address >> PAGE_SHIFT in before else page))
        before.add(address >> PAGE_SHIFT)
    return pages


def _nobodys(s: Scenario, mm: Place, ram: Ram, address: int, page: Page | None) -> Generator[Step, None, bool]:
    """A page that is of no process: it is free, gone, the kernel's, or none at all. Does the kernel fail?"""
    text = {None: NO_PAGE, Page.KERNEL: FAILS, Page.FREE: FREE}.get(page, ALREADY)
    outside = page is None and ram.near(address)
    log = '"memory outside kernel control"' if outside else lazy(s, logged, mm.machine, page)
    yield mm(text, address=address, log=log, then="Nobody has it mapped")
    return page in (None, Page.KERNEL)


def logged(s: Scenario, machine: str, page: Page | None) -> str:
    """The kernel's own words for what it does about a page, each line in quotes."""
    if page is None:
        return '"recovery action for non struct page pfn: Ignored"'
    if page is Page.FREE:
        return '"recovery action for free buddy page: Recovered"'
    if page in (Page.POISONED, Page.GONE):
        new = since(s, machine, "6.12")
        return '"recovery action for already poisoned page: Failed"' if new else '"already hardware poisoned"'
    kind = "reserved kernel" if since(s, machine, "7.3") else "get hwpoison" if since(s, machine, "6.12") else "unknown"
    unhandlable = '"unhandlable page.", ' if since(s, machine, "6.1") else ""
    return f'{unhandlable}"recovery action for {kind} page: Ignored"'


def _own(s: Scenario, mm: Place, m: Work, address: int, required: bool, dying: bool) -> Stage:
    """A page of a process; *dying*: it has a SIGBUS already, for another page that could not be isolated."""
    machine = m.kernel.machine
    page = page_of(s, m.kernel, m.ram, address)
    if page is Page.POISONED:
        return (yield from _already(s, mm, m, address, required))
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
    if dying:
        yield mm(ALSO_SIGNALS)
        return (yield from force_sigbus(m.kernel.by("kernel"), DIES_OF_ANOTHER, m.kernel, m.who))
    lsb = HUGE_SHIFT if page is Page.HUGETLB else PAGE_SHIFT
    return (yield from (_action_required(mm, m, lsb) if required else _action_optional(s, mm, m, lsb)))


def _nobody(s: Scenario, m: Work) -> Stage:
    """Pages are out of use, and none of them was the consumer's."""
    yield ended(m.kernel.machine, "recovered")
    if m.then:
        return m.then
    if m.consumed:
        return (yield from met_again(m.kernel, m.who))
    return END


def _failed(s: Scenario, m: Work, required: bool, kernels: bool) -> Stage:
    """A page stays where it is; *kernels*: all are the kernel's own."""
    if m.then:
        yield ended(m.kernel.machine, "logged")
        return m.then
    if required and since(s, m.kernel.machine, "6.17"):
        return (yield from force_sigbus(m.kernel.by("APEI"), KILLS, m.kernel, m.who))
    if m.consumed:
        return (yield from met_again(m.kernel, m.who))
    if kernels and s.stance is Stance.AS_BUILT and s.error.touched_later:
        el, esr = m.kernel.el, syndromes.sea(Category.UER, same_el=True)
        exception = ArmException("SEA", el, esr, vector_offset(1, 1, 1, kind="sea"))
        yield m.kernel.by("kernel")(KERNEL_TOUCHES, carries=exception)
        return (yield from oops(s, m.kernel))
    return ended(m.kernel.machine, "logged")


def _already(s: Scenario, mm: Place, m: Work, address: int, required: bool) -> Stage:
    """The page is out of use since an earlier error. kill_accessing_process()"""
    then = "Who meets it now is signalled" if required else "Nobody is signalled for it"
    yield mm(ALREADY, address=address, log=lazy(s, logged, mm.machine, Page.POISONED), then=then)
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
    sigbus = Sigbus("BUS_MCEERR_AR", si_addr(machine, owner), lsb)
    if m.who.guest:
        yield mm(SIGNALS_AR, whom="QEMU", sets={"QEMU signal": sigbus.code})
        yield sent(machine, sigbus.code)
        return "xfer_to_guest_mode_handle_work", Pending(m.kernel, sigbus)
    return (yield from _signal(mm, SIGNALS_AR, sigbus, owner, vcpu=False))


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
    return (yield from _signal(mm, SIGNALS_AO, Sigbus("BUS_MCEERR_AO", si_addr(machine, owner), lsb), owner, touch))


def _signal(
    by: Place, text: StepText, sigbus: Sigbus, owner: Owner, after: Touch | None = None, vcpu: bool = True
) -> Stage:
    """Whoever has the page gets *sigbus*, and deals with it; *after* goes on if nothing comes of it."""
    to = Place(by.machine, "EL0", "process" if owner is Owner.PROCESS else "QEMU")
    whom = "the process" if owner is Owner.PROCESS else "QEMU"
    yield by(text, to=to, carries=sigbus, whom=whom, sets={f"{to.actor} signal": sigbus.code})
    yield sent(by.machine, sigbus.code)
    if owner is not Owner.PROCESS:
        return "sigbus_handler", Signalled(sigbus, after, vcpu)
    yield to(HANDLES_AO if after else HANDLES_AR)
    return ("touch", after) if after else END


def touch(s: Scenario, m: Touch) -> Stage:
    """Later, somebody uses the page that was isolated; or nobody does."""
    if not m.consumed and not s.error.touched_later:
        return END
    if m.owner is Owner.GUEST and m.vcpu:
        return "user_mem_abort", m
    sigbus = Sigbus("BUS_MCEERR_AR", si_addr(m.kernel.machine, m.owner), m.lsb)
    return (yield from _signal(m.kernel.by("kernel"), TOUCHED, sigbus, m.owner, vcpu=m.vcpu))


def owner_of(s: Scenario, m: Work) -> Owner:
    """Whose page it is: the consumer's, or what the scenario says of memory that nobody used. Guests have no guests."""
    if m.kernel.machine == "guest":
        return Owner.PROCESS
    if m.consumed:
        return Owner.GUEST if m.who.qemu else Owner.PROCESS
    return s.host.owner
