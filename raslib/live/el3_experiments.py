"""What the lab asks a kernel by playing its firmware: SDEI events, and SErrors and aborts, at the host and at a guest.

EL3 is emulated here; raslib/live/el3.py says what that can show and what it cannot.
"""

import re
from dataclasses import dataclass, replace

from ..formats.hest import Notify
from ..sim.cpu.syndromes import serror, serror_iss
from ..sim.model.choices import Category
from .blocks import Block, arm, corrected, fatal, info, memory, recoverable
from .layout import Wanted, sources
from .machine import Machine
from .plan import Boot, listed
from .reaction import Reaction
from .sdei import CRITICAL, NORMAL
from .steps import BootLog, Report, pace, severity

NORMAL_SOURCE, CRITICAL_SOURCE, SEA = range(3)
_SDEI = (Wanted(NORMAL_SOURCE, Notify.SDEI, vector=NORMAL), Wanted(CRITICAL_SOURCE, Notify.SDEI, vector=CRITICAL))
_MEBIBYTES = 512

BOOTS = (
    Boot(
        "el3",
        "Python plays EL3: SDEI events, and SErrors into the kernel",
        sources(*_SDEI),
        {"el3": True, "mebibytes": _MEBIBYTES},
    ),
    Boot(
        "el3-kvm",
        "Python plays EL3: errors while a virtual machine runs",
        sources(*_SDEI, Wanted(SEA, Notify.SEA)),
        {"el3": True, "kvm": True, "mebibytes": _MEBIBYTES},
    ),
)


WORK = "dd if=/dev/zero of=/dev/null bs=4M >/dev/null 2>&1 </dev/null & echo $!"

# --- kinds of steps ---------------------------------------------------------------------------------------------------
# Where there is a victim, it is the monitor of the virtual machine.


@dataclass(frozen=True)
class Calls:
    """What the kernel has asked of firmware while it booted, without addresses of its own."""

    title: str

    def do(self, machine: Machine) -> Reaction:
        said = "\n".join(map(str, machine.el3.dispatcher.calls))
        return Reaction(output=_without_addresses(said), kernel=machine.kernel, qemu=machine.qemu)


def _without_addresses(text: str) -> str:
    return re.sub(r"0xffff[0-9a-f]{12}", "(an address)", text)


@dataclass(frozen=True)
class Busy:
    """An event that comes while the kernel works for a process; then how its handler ends."""

    title: str
    source: int
    block: Block

    def do(self, machine: Machine) -> Reaction:
        block, event = self.block(0), machine.slots[self.source].vector
        pace(machine, severity(block), 1)
        process = machine.shell(WORK)
        before = len(machine.el3.dispatcher.calls)

        def act() -> None:
            machine.put(self.source, block)
            machine.el3.deliver(event, interruptible=True)

        reaction = machine.observe(act, source=self.source)
        machine.shell(f"kill {process}")
        last = [str(call) for call in machine.el3.dispatcher.calls[before:]][-1]
        return replace(reaction, block=block, output=_without_addresses(last))


@dataclass(frozen=True)
class SError:
    """An SError that the kernel takes itself."""

    title: str
    esr: int

    def do(self, machine: Machine) -> Reaction:
        found = machine.el3.serror(self.esr)
        return found if found.panicked else replace(found, output=f"still there: {machine.shell('echo yes')}")


@dataclass(frozen=True)
class GuestSError:
    """An SError while a virtual machine runs."""

    title: str
    esr: int
    victim: str = "late"

    def do(self, machine: Machine) -> Reaction:
        return machine.el3.guest_serror(machine.vmm.start(), self.esr)


@dataclass(frozen=True)
class GuestSea:
    """An external abort while a virtual machine runs, and a block that firmware has made of it, or none."""

    title: str
    block: Block | None = None
    until: str = ""
    victim: str = "late"

    def do(self, machine: Machine) -> Reaction:
        vm = machine.vmm.start()
        block = self.block and self.block(vm.page.pa)
        if block:
            pace(machine, severity(block), 1)
        return machine.el3.guest_sea(vm, block, until=self.until)


# --- experiments ------------------------------------------------------------------------------------------------------

CACHE = 2
FAILED = "Memory failure: 0x"
_CE = 0x5000_0000
CASES = (  # name, ESR_ELx, title
    ("ce", serror(serror_iss(Category.CE)), "corrected"),
    ("ueo", serror(serror_iss(Category.UEO)), "uncorrected, restartable"),
    ("uer", serror(serror_iss(Category.UER)), "uncorrected, recoverable"),
    ("ueu", serror(serror_iss(Category.UEU)), "uncorrected, unrecoverable"),
    ("ids", 0xBF00_0123, "a syndrome that only the maker of the core can read"),
    ("dfsc0", 0xBE00_0000, "uncategorised"),
    ("uc", serror(serror_iss(Category.UC)), "uncontainable"),
)

_EL3 = (
    (
        "sdei-boot",
        "what does the kernel ask of firmware that has SDEI?",
        BootLog("while booting", r"^sdei: |install \[SSDT-RASLIB- RASSDEI\]"),
        Calls("the calls"),
    ),
    (
        "sdei-normal",
        "a corrected error, told by an event of normal priority",
        Report("normal", NORMAL_SOURCE, corrected(memory(_CE))),
    ),
    (
        "sdei-critical",
        "a corrected error, told by an event of critical priority",
        Report("critical", CRITICAL_SOURCE, corrected(arm(info(CACHE, _CE + 0x1000)))),
    ),
    (
        "sdei-busy",
        "the same while the kernel works for a process, so that it returns as from an interrupt",
        Busy("normal, busy", NORMAL_SOURCE, corrected(memory(_CE + 0x3000))),
    ),
    (
        "sdei-recoverable-late",
        "memory of a process is lost, and the process touches it",
        Report("normal, late kill", NORMAL_SOURCE, recoverable(memory(kind=3)), "late", FAILED),
    ),
    (
        "sdei-recoverable-early",
        "the same by an event of critical priority, and the process has asked to be told early",
        Report("critical, early kill", CRITICAL_SOURCE, recoverable(memory(kind=3)), "early", FAILED),
    ),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in CASES[:2]),
    (
        "sdei-fatal",
        "a fatal error, told by an event of critical priority",
        Report("critical, fatal", CRITICAL_SOURCE, fatal(memory(_CE + 0x2000, 3))),
    ),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in CASES[2:]),
)

_KVM = (
    (
        "sdei-vhe",
        "a corrected error, told by an SDEI event to a kernel at EL2",
        Report("normal", NORMAL_SOURCE, corrected(memory(_CE))),
    ),
    ("guest-sea-unclaimed", "an abort of a guest's access, of which firmware says nothing", GuestSea("no block")),
    (
        "guest-sea-recoverable",
        "the block names the page of the guest",
        GuestSea("memory error", recoverable(memory(kind=3)), FAILED),
    ),
    *(
        (f"guest-serror-{name}", f"an SError while a guest runs: {title}", GuestSError(title, esr))
        for name, esr, title in CASES
    ),
    (
        "guest-sea-fatal",
        "an abort of a guest's access, and the block is fatal",
        GuestSea("fatal memory error", fatal(memory(kind=3))),
    ),
)

EXPERIMENTS = {**listed("el3", _EL3), **listed("el3-kvm", _KVM)}
