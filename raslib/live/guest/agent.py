"""The host's hand inside the guest: does what it is asked, and tells what happens to it.

Both ends of the line are Python, so a line is a Python literal. A request is `(number, command, arguments)`, an answer
`(number, "done" | "failed", value)`, and what happens by itself `(0, event, value)`. A command is a function that
`@command` names; the host may `load` more of them, which find in this module what they need. Python starts slowly
here, where every instruction is emulated, so this imports little (no json, re, signal, subprocess or typing).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` would make enumerations first
import ctypes
import mmap
import os
import select
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

PAGE = 4096
SIGBUS, SA_SIGINFO = 7, 4
PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY = 33, 1, 1  # include/uapi/linux/prctl.h
BUS_MCEERR = 4, 5  # the two codes that say how much of the address counts

libc = ctypes.CDLL(None, use_errno=True)
COMMANDS: dict[str, Callable[..., Any]] = {}


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    COMMANDS[function.__name__] = function
    return function


def tell(event: str, **value: Any) -> None:
    """One line, in one write, so that those of several processes do not mix."""
    os.write(1, (repr((0, event, value)) + "\n").encode())


# --- memory -----------------------------------------------------------------------------------------------------------


def physical(address: int) -> int:
    """The physical address of a page of this process; 0 if it has none (Documentation/admin-guide/mm/pagemap.rst)."""
    fd = os.open("/proc/self/pagemap", os.O_RDONLY)
    (entry,) = struct.unpack("<Q", os.pread(fd, 8, address // PAGE * 8))
    os.close(fd)
    return (entry & (1 << 55) - 1) * PAGE if entry >> 63 else 0


def device_memory(address: int) -> mmap.mmap:
    """The page of physical memory that has *address*, uncached. Needs iomem=relaxed on the kernel's command line."""
    fd = os.open("/dev/mem", os.O_RDWR | os.O_SYNC)
    try:
        return mmap.mmap(fd, PAGE, offset=address // PAGE * PAGE)
    finally:
        os.close(fd)


def word_at(memory: mmap.mmap, address: int) -> ctypes.c_uint32:
    """A word in mapped memory, to be read and written by one access each."""
    return ctypes.c_uint32.from_buffer(memory, address % PAGE)


@command
def peek(address: int) -> int:
    """The 32 bits at a physical address."""
    return word_at(device_memory(address), address).value


@command
def poke(address: int, value: int) -> None:
    """Write 32 bits to a physical address, for example to the interrupt controller."""
    word_at(device_memory(address), address).value = value


# Linux Documentation/admin-guide/mm/pagemap.rst has the flags of /proc/kpageflags
KPF_SLAB, KPF_BUDDY = 7, 10
RAM_PAGES = 0x4_0000, 0x4_0000  # where RAM begins, and how many there are with 1 GiB
ROOM = 64  # pages alike in a row: what is in their middle stays what it is for a while


@command
def find_page(kind: str, number: int) -> int:
    """The address of a page that is "free", the kernel's "text" or of its "slab"; another for each *number*."""
    if kind == "text":
        fd = os.open("/proc/iomem", os.O_RDONLY)
        code = next(line for line in os.read(fd, 65536).decode().splitlines() if "Kernel code" in line)
        os.close(fd)
        return int(code.split("-")[0], 16) + (256 + number) * PAGE
    flag, room = (KPF_SLAB, 0) if kind == "slab" else (KPF_BUDDY, ROOM)
    fd = os.open("/proc/kpageflags", os.O_RDONLY)
    first, pages = RAM_PAGES
    run = 0
    for start in (first + 512 * (i + number) % pages for i in range(8, pages // 512 + 8)):
        for i, (flags,) in enumerate(struct.iter_unpack("<Q", os.pread(fd, 8 * 512, 8 * start))):
            run = run + 1 if flags >> flag & 1 and not flags >> 19 & 1 else 0
            if run > room:
                os.close(fd)
                return (start + i - room // 2) * PAGE
    os.close(fd)
    raise LookupError(f"no {kind} page was found")


# --- signals ----------------------------------------------------------------------------------------------------------


SIGINFO = struct.Struct("8xi4xQh")  # of siginfo_t as the kernel fills it for SIGBUS: si_code, si_addr, si_addr_lsb
SIGACTION = struct.Struct("P128xi4x8x")  # struct sigaction of the C library: handler and flags; no mask, no restorer
Handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def on_sigbus(act: Callable[[int, int, int], None]) -> None:
    """Have *act* called with si_code, si_addr and si_addr_lsb when an access of this process fails."""

    def handle(signo: int, info: Any, context: Any) -> None:
        code, address, lsb = SIGINFO.unpack(ctypes.string_at(info, SIGINFO.size))
        act(code, address, lsb if code in BUS_MCEERR else 0)

    HANDLERS.append(Handler(handle))
    libc.sigaction(SIGBUS, SIGACTION.pack(ctypes.cast(HANDLERS[-1], ctypes.c_void_p).value, SA_SIGINFO), None)


HANDLERS: list[Any] = []  # C keeps no reference to them


def early_sigbus() -> int:
    """Ask for SIGBUS as soon as a page is bad; blocked, it is read from this descriptor, as by QEMU's first thread."""
    libc.prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)
    _signal.pthread_sigmask(_signal.SIG_BLOCK, {SIGBUS})
    return int(libc.signalfd(-1, ctypes.byref(ctypes.c_uint64(1 << SIGBUS - 1)), 0))


def read_signal(fd: int) -> tuple[int, int, int]:
    """si_code, si_addr and si_addr_lsb of a blocked signal (struct signalfd_siginfo, include/uapi/linux/signalfd.h)."""
    code, address, lsb = struct.unpack("<8xi60xQH46x", os.read(fd, 128))
    return code, address, lsb


# --- processes --------------------------------------------------------------------------------------------------------

orders: dict[int, int] = {}  # process id -> where its orders are written to
ends: dict[int, int] = {}  # descriptor that becomes readable when a process ends -> its id


def fork(life: Callable[[int], None]) -> int:
    """A process that lives *life*, given a descriptor to read its orders from; its end is told."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        status = 1
        try:
            life(reading)
            status = 0
        except BaseException as e:
            tell("trouble", pid=os.getpid(), said=repr(e))
        finally:
            os._exit(status)
    os.close(reading)
    orders[pid] = writing
    ends[os.pidfd_open(pid)] = pid
    return pid


def fresh_memory(size: int = PAGE) -> int:
    """The address of memory of this process's own; it has no pages before it is written to."""
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    return int(libc.mmap(None, size, 3, 0x22, -1, 0))  # readable and writable, private and anonymous


@command
def victim(early: bool = False) -> int:
    """The id of a process with a page to lose. It tells where the page is, and what signals it gets; then it waits for
    orders.

    With *early* it asks to be signalled as soon as the page is known to be bad (PR_MCE_KILL_EARLY).
    """

    def life(orders: int) -> None:
        page = fresh_memory()
        ctypes.memset(page, 0x5A, PAGE)
        on_sigbus(lambda *signal: die(page, *signal))
        watched = [orders, early_sigbus()] if early else [orders]
        tell("victim", pid=os.getpid(), va=page, pa=physical(page))
        follow(watched, page, lambda order: obey(page, order))

    return fork(life)


def follow(watched: list[int], page: int, obey: Callable[[str], None]) -> NoReturn:
    """Obey what comes from the first of the descriptors *watched*; tell of signals, which come from the other."""
    while True:
        ready = select.select(watched, [], [])[0]
        for fd in ready:
            if fd != watched[0]:
                report_signal(page, *read_signal(fd))
        if watched[0] in ready:
            obey(os.read(watched[0], PAGE).decode())


def report_signal(page: int, code: int, address: int, lsb: int) -> None:
    tell("signal", pid=os.getpid(), code=code, address=address, lsb=lsb, pa=physical(page))


def die(page: int, code: int, address: int, lsb: int) -> NoReturn:
    """The access that failed cannot be made good."""
    report_signal(page, code, address, lsb)
    os._exit(0)


def obey(page: int, order: str) -> None:
    """What a victim can be told: to read its page, to read physical memory, or to end."""
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {SIGBUS})
    word, _, value = order.partition(" ")
    if word == "touch":
        found = ctypes.c_uint64.from_address(page).value
        tell("read", pid=os.getpid(), value=found, pa=physical(page))
    elif word == "reach":
        address = int(value, 0)
        memory = device_memory(address)
        cell = word_at(memory, address)
        tell("reaching", pid=os.getpid(), address=ctypes.addressof(cell))
        tell("read", pid=os.getpid(), value=cell.value, pa=physical(page))
    else:
        os._exit(0)


@command
def order(pid: int, what: str) -> bool:
    """Tell a process what to do; False if it has ended."""
    try:
        os.write(orders[pid], what.encode())
    except (KeyError, BrokenPipeError):
        return False
    return True


# --- the rest ---------------------------------------------------------------------------------------------------------


@command
def shell(line: str) -> tuple[int, str]:
    """Exit status and output of a line of shell."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.execv("/bin/sh", ["sh", "-c", line])
    os.close(writing)
    said = b"".join(iter(lambda: os.read(reading, 65536), b""))
    os.close(reading)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode("utf-8", "replace")


@command
def mark(text: str) -> None:
    """Put a line into the kernel's log; what stands before it there had happened before."""
    log = os.open("/dev/kmsg", os.O_WRONLY)
    os.write(log, f"<6>{text}\n".encode())  # a line without its end would not be logged yet
    os.close(log)


@command
def load(source: str, name: str = "loaded") -> None:
    """Run more of the host's code here; its functions marked `@command` become commands."""
    exec(compile(source, name, "exec"), globals())


def hello() -> None:
    system = os.uname()
    tell("hello", release=system.release, version=system.version)


def answer(line: str) -> None:
    number, name, arguments = eval(line)  # the host's own words; `ast` would take a second to import
    try:
        found: tuple[int, str, Any] = (number, "done", COMMANDS[name](**arguments))
    except Exception as e:
        found = (number, "failed", f"{type(e).__name__}: {e}")
    os.write(1, (repr(found) + "\n").encode())


def main() -> None:
    """Do what is asked, until nobody is there to ask."""
    hello()
    pending = b""
    while True:
        for fd in select.select([0, *ends], [], [])[0]:
            if fd == 0:
                if not (more := os.read(0, 65536)):
                    return
                *lines, pending = (pending + more).split(b"\n")
                for line in lines:
                    answer(line.decode())
            else:
                pid = ends.pop(fd)
                os.close(fd)
                os.close(orders.pop(pid))
                tell("ended", pid=pid, status=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
