"""Whoever consumed an error: the signal that stops it, the death of what a kernel ran, the same error once more."""

from collections.abc import Generator
from typing import TypeAlias

from ..cpu.hardware import HARDWARE
from ..model.choices import Oops
from ..model.messages import Dying, Kernel, Signalled, Who
from ..model.outcome import Mark, ended, sent
from ..model.scenario import Scenario
from ..model.trace import END, Place, Sigbus, Stage, Step, StepText

# fmt: off
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


def oops(s: Scenario, kernel: Kernel) -> Stage:
    """die(): the kernel's own code cannot go on."""
    machine = kernel.machine
    kills = getattr(s, machine).oops is Oops.KILLS
    yield kernel.by("kernel")(OOPS if kills else OOPS_PANICS)
    return ended(machine, f"{machine}_oops" if kills else f"{machine}_panic")


def panicked(kernel: Kernel) -> Mark:
    """The end of this machine."""
    return ended(kernel.machine, f"{kernel.machine}_panic")


def met_again(kernel: Kernel, who: Who) -> Stage:
    """The consumer is resumed, and nothing has changed for it."""
    guest = Place("guest", *(("EL0", "process") if who.user else ("EL1", "kernel")))
    yield (HARDWARE if kernel.machine == "host" else guest)(MEETS_AGAIN)
    return ended(kernel.machine, "storm")
