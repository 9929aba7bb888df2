"""What the lab asks a real kernel: machines to boot, and on each of them experiments made of steps, as data.

`raslib.live.run` does the steps on a machine; `comparison` puts them to the simulator.
Recording, checking, tests and notebooks all use this list. A new experiment is a line here and a new recording. Where
the lab plays EL3, raslib/live/el3.py says what that can show and what it cannot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...formats.ghes import EntryFlags
from ...formats.hest import Hest, Notify
from ...formats.memory import PlatformMemory
from ...formats.sections import GUIDS
from ...sim.cpu.syndromes import serror, serror_iss
from ...sim.kvm.vcpu_events import VcpuEvents
from ...sim.model.choices import Category
from .blocks import UNKNOWN, arm, corrected, fatal, info, memory, pcie, recoverable, short_memory
from .layout import CHAIN_BASE, Wanted, sources
from .question import SDEI as SDEI_SOURCES

# --- steps, and what they are steps of --------------------------------------------------------------------------------

GUEST_SEA = 0x9200_0010  # ESR_EL2: a guest's load or store met an external abort (EC 0x24, IL, DFSC 0x10)
LOST = recoverable(memory(kind=3))  # what firmware reports of a page of a virtual machine


@dataclass(frozen=True)
class ExperimentStep:
    """Base of the steps; the title is what a recording calls it."""

    title: str


@dataclass(frozen=True)
class Report(ExperimentStep):
    """A block put into a source, and the kernel notified.

    `victim` is "late" or "early": the kind of process whose page the block names. `until` is what the log must say.
    """

    source: int
    block: bytes | None
    victim: str = ""
    until: str = ""
    room: int = 1  # records that the kernel must still be willing to print; 0: do not wait


@dataclass(frozen=True)
class Burst(ExperimentStep):
    """Blocks put into a source one after the other, each as soon as the last has been consumed."""

    source: int
    blocks: tuple[bytes, ...]


@dataclass(frozen=True)
class Shell(ExperimentStep):
    """A line of shell in the guest. `{page:#x}` in it is the address of a victim's page.

    `source` is the one that is going to report, if any is.
    """

    line: str
    source: int | None = None
    victim: str = ""
    until: str = ""


@dataclass(frozen=True)
class BootLog(ExperimentStep):
    """What the kernel logs while it boots, as far as a line has `pattern`."""

    pattern: str


# --- where Python plays the firmware ----------------------------------------------------------------------------------


class FirmwareCalls(ExperimentStep):
    """What the kernel has asked of firmware while it booted, without addresses of its own."""


@dataclass(frozen=True)
class Busy(ExperimentStep):
    """An event that comes while the kernel works for a process; then how its handler ends."""

    source: int
    block: bytes


@dataclass(frozen=True)
class SError(ExperimentStep):
    """An SError that the kernel takes itself; `esr` is its syndrome, ESR_ELx."""

    esr: int


@dataclass(frozen=True)
class GuestError(ExperimentStep):
    """An error while a virtual machine runs, whose monitor is the victim: an SError, or an external abort.

    `esr` is its syndrome, ESR_EL2; `block` is what firmware has made of an abort, or None.
    """

    esr: int = GUEST_SEA
    block: bytes | None = None
    until: str = ""


# --- where KVM is asked -----------------------------------------------------------------------------------------------


class Capabilities(ExperimentStep):
    """What KVM says that it can do about errors."""


@dataclass(frozen=True)
class SetVcpuEvents(ExperimentStep):
    """KVM_SET_VCPU_EVENTS with `events`, and what the virtual machine meets; None: nothing is set."""

    events: VcpuEvents | None


@dataclass(frozen=True)
class Lost(ExperimentStep):
    """Memory of a virtual machine is lost: the monitor gets SIGBUS, and has the guest take an external abort."""

    victim: str = "late"  # the kind of process that the monitor is, or "early"


# --- two machines -----------------------------------------------------------------------------------------------------


class Strike(ExperimentStep):
    """The guest boots; a page of a process in it is reported to the host; the process touches it.

    The reaction has both logs, each line with the machine that logged it; the process and its signals are the guest's.
    """


class Boot(NamedTuple):
    """A machine of the lab: its HEST, and how it is booted."""

    name: str
    title: str
    hest: Hest
    kvm: bool = False  # the machine has EL2, and so its Linux has KVM
    mebibytes: int = 1024
    append: str = ""  # to the kernel's command line
    firmware: str = ""  # what Python plays: "el3", "einj", or nothing
    ready: str = ""  # a line of shell to run once it is up
    alone: bool = False  # takes minutes: it is booted only if it is named


@dataclass(frozen=True)
class Experiment:
    """A question to the kernel: steps on one machine, in order."""

    name: str
    boot: str
    title: str
    steps: tuple[ExperimentStep, ...]


# --- machines ---------------------------------------------------------------------------------------------------------

V1, SEA, GSIV, EXTERNAL, GPIO, SEI, SDEI, NMI, SCI, LOCAL, POLLED, CMCI, MCE = range(13)  # source ids
_IN_ORDER = "SEA GSIV EXTERNAL GPIO SEI SDEI NMI SCI LOCAL POLLED CMCI MCE"  # what those after V1 notify by
EVERY_NOTIFICATION = sources(Wanted(V1, Notify.POLLED, v2=False), *(Notify[name] for name in _IN_ORDER.split()))
FEW = sources(Wanted(V1, Notify.POLLED, v2=False), Wanted(SEA, Notify.SEA), Wanted(GPIO, Notify.GPIO))

NORMAL_SOURCE, CRITICAL_SOURCE = range(2)  # of the machines whose EL3 Python plays

# fmt: off
_BOOTS = (
    Boot("notification", "one source of every kind of notification", EVERY_NOTIFICATION),
    Boot("blocks", "blocks good and bad, one after another", FEW),
    Boot("sea", "errors that a process meets", FEW),
    Boot("einj", "errors that the kernel asks for, and one left by the last boot",
         FEW, ready="insmod /lib/mod/einj.ko", firmware="einj"),
    Boot("el3", "Python plays EL3: SDEI events, and SErrors into the kernel",
         sources(*SDEI_SOURCES.values()), mebibytes=512, firmware="el3"),
    Boot("el3-kvm", "Python plays EL3: errors while a virtual machine runs",
         sources(*SDEI_SOURCES.values(), Notify.SEA), kvm=True, mebibytes=512, firmware="el3"),
    Boot("kvm", "KVM with VHE: errors for a virtual machine",
         sources(Notify.POLLED), kvm=True, mebibytes=512),
    Boot("kvm-nvhe", "KVM without VHE: the same",
         sources(Notify.POLLED), kvm=True, mebibytes=512, append="kvm-arm.mode=nvhe"),
    Boot("chain", "a host whose Linux runs Debian's QEMU and KVM, and a guest in it",
         sources(Notify.POLLED, base=CHAIN_BASE), kvm=True, mebibytes=2048, alone=True),
)
# fmt: on
BOOTS = {boot.name: boot for boot in _BOOTS}

# --- experiments ------------------------------------------------------------------------------------------------------

CACHE, BUS = 2, 8  # ARM error types as UEFI 2.10 numbers them
MEMORY = GUIDS[PlatformMemory]
THRESHOLD = EntryFlags(error_threshold_exceeded=True)
FAILED = "recovery action for"  # the last that memory_failure() says
INJECT = (
    "cd /sys/kernel/debug/apei/einj && echo {kind} > error_type && echo 2 > flags && echo {address} > param1 && "
    "echo 0xfffffffffffff000 > param2 && echo 1 > error_inject"
)
_CE = 0x5000_0000  # an address in the guest's memory; each record has another, as Linux passes over one it has seen

SERRORS = (  # name, ESR_ELx, title
    ("ce", serror(serror_iss(Category.CE)), "corrected"),
    ("ueo", serror(serror_iss(Category.UEO)), "uncorrected, restartable"),
    ("uer", serror(serror_iss(Category.UER)), "uncorrected, recoverable"),
    ("ueu", serror(serror_iss(Category.UEU)), "uncorrected, unrecoverable"),
    ("ids", 0xBF00_0123, "a syndrome that only the maker of the core can read"),
    ("dfsc0", 0xBE00_0000, "uncategorised"),
    ("uc", serror(serror_iss(Category.UC)), "uncontainable"),
)
FAILURE = "Memory failure: 0x"

# fmt: off
_NOTIFICATION = (
    ("notification-types", "which kinds of notification does Linux take, and what does it say of the rest?",
     BootLog("while booting", r"GHES|^HEST|install \[HEST")),
    ("polled-v1", "a corrected error in a polled source of version 1, which has no acknowledge register",
     Report("polled, version 1", V1, corrected(memory(_CE, node=0, module=1), fru="DIMM_A1"))),
    ("polled-v2", "the same in a source of version 2",
     Report("polled, version 2", POLLED, corrected(memory(_CE + 0x1000)))),
    ("gpio", "GPIO, through the error device", Report("GPIO", GPIO, corrected(memory(_CE + 0x2000)))),
    ("gsiv", "an interrupt (GSIV), which Linux takes for the error device's",
     Report("GSIV", GSIV, corrected(arm(info(CACHE, _CE + 0x3000, 0xFFFF_0000))))),
    ("sci", "the system control interrupt", Report("SCI", SCI, corrected(memory(_CE + 0x4000)))),
    ("external", "an external interrupt: Linux maps it too late, unless the source is bound later",
     Shell("bound by hand", f"echo GHES.{EXTERNAL} > /sys/bus/platform/drivers/GHES/bind"),
     Report("external interrupt", EXTERNAL, corrected(memory(_CE + 0x5000)))),
    ("threshold", "a corrected error too many: the page is moved, the process goes on",
     Report("threshold exceeded", GPIO, corrected(memory(), flags=THRESHOLD), "late"),
     Shell("how much memory is lost", "grep HardwareCorrupted /proc/meminfo")),
    ("recoverable-late", "memory of a process is lost, and the process touches it",
     Report("late kill", GPIO, recoverable(memory(kind=3)), "late", FAILED)),
    ("recoverable-early", "the same, and the process has asked to be told early",
     Report("early kill", GPIO, recoverable(memory(kind=3)), "early", FAILED)),
    ("arm-cache", "an ARM processor section that names the page of a process",
     Report("cache error, recoverable", GPIO, recoverable(arm(info(CACHE))), "late", FAILED)),
    ("fatal", "a fatal error in a polled source",
     Report("fatal, polled", POLLED, fatal(memory(_CE + 0x6000, 3)))),
)

_BLOCKS = (
    ("repeated", "the same record twice within ten seconds",
     Report("the first time", GPIO, corrected(memory(_CE)), room=2),
     Report("the second time", GPIO, corrected(memory(_CE)), room=0)),
    ("throttled", "five different records in a row, and one later",
     Burst("five in a row", GPIO, tuple(corrected(memory(_CE + 0x1000 * i)) for i in range(1, 6))),
     Report("one later", GPIO, corrected(memory(_CE + 0x6000)), room=2)),
    ("unknown-section", "a section type that nobody knows",
     Report("unknown GUID", GPIO, corrected(bytes(range(40)), section_type=UNKNOWN))),
    ("long-block", "data_length goes beyond the room that HEST gives the block",
     Report("data_length 9000", GPIO, corrected(memory(_CE), data_length=9000))),
    ("long-section", "a section that says it is longer than the block",
     Report("error_data_length 4000", GPIO, corrected(memory(_CE), error_data_length=4000, data_length=152))),
    ("long-block-v1", "the same in a source without an acknowledge register",
     Report("data_length 9000, version 1", V1, corrected(memory(_CE), data_length=9000))),
    ("arm-count", "an ARM section that counts three errors and has one",
     Report("err_info_num 3", GPIO, corrected(arm(info(CACHE, _CE + 0x7000), err_info_num=3)))),
    ("arm-old-type", "an ARM section with the type number that UEFI had up to 2.9",
     Report("type 1", GPIO, corrected(arm(info(1, _CE + 0x8000))))),
    ("memory-73", "a memory section as UEFI 2.1 had it",
     Report("73 bytes", GPIO, corrected(short_memory(_CE + 0x9000, 73), section_type=MEMORY))),
    ("memory-40", "a memory section that is too short",
     Report("40 bytes", GPIO, corrected(short_memory(_CE + 0xA000, 40), section_type=MEMORY))),
    ("revision-2", "an entry as it was before ACPI 6.1, without a time stamp",
     Report("revision 0x201", GPIO, corrected(memory(_CE + 0xB000), revision=0x201, timestamp=None))),
    ("two-sections", "memory and processor in one block",
     Report("two sections", GPIO, corrected(memory(_CE + 0xC000), arm(info(CACHE, _CE, word=0x91000F)), fru="A1"))),
    ("pcie", "an error of a PCI Express root port", Report("PCIe", GPIO, corrected(pcie()))),
)

_SEA = (
    ("sea-unclaimed", "no firmware says anything", Report("no block", SEA, None, "late")),
    ("sea-recoverable", "the block names the page of the process",
     Report("memory error", SEA, recoverable(memory(kind=3)), "late")),
    ("sea-arm-cache", "the same, as an error of the processor's cache",
     Report("cache error", SEA, recoverable(arm(info(CACHE, virtual=0x1000))), "late")),
    ("sea-corrected", "the block says that all is well",
     Report("corrected memory error", SEA, corrected(memory()), "late")),
    ("sea-arm-bus", "an error that Linux has no action for",
     Report("bus error", SEA, recoverable(arm(info(BUS))), "late")),
    ("sea-bad-address", "the block names an address that is no memory",
     Report("memory error at 0xfff000000000", SEA, recoverable(memory(0xFFF_0000_0000_0, 3)), "late")),
    ("sea-fatal", "the block is fatal", Report("fatal memory error", SEA, fatal(memory(kind=3)), "late")),
)

_EINJ = (
    ("bert", "an error that the last boot left",
     BootLog("while booting", r"^(BERT|EINJ|\[Hardware Error\])")),
    ("einj-types", "what can be injected",
     Shell("asked for", "cat /sys/kernel/debug/apei/einj/available_error_type")),
    ("einj-corrected", "a corrected error, injected",
     Shell("type 0x8", INJECT.format(kind="0x8", address="0x50000000"), V1, until="error_type: ")),
    ("einj-recoverable", "an uncorrected error, injected into the page of a process",
     Shell("type 0x10", INJECT.format(kind="0x10", address="{page:#x}"), V1, "late", FAILED)),
)

_EL3 = (
    ("sdei-boot", "what does the kernel ask of firmware that has SDEI?",
     BootLog("while booting", r"^sdei: |install \[SSDT-RASLIB- RASSDEI\]"), FirmwareCalls("the calls")),
    ("sdei-normal", "a corrected error, told by an event of normal priority",
     Report("normal", NORMAL_SOURCE, corrected(memory(_CE)))),
    ("sdei-critical", "a corrected error, told by an event of critical priority",
     Report("critical", CRITICAL_SOURCE, corrected(arm(info(CACHE, _CE + 0x1000))))),
    ("sdei-busy", "the same while the kernel works for a process, so that it returns as from an interrupt",
     Busy("normal, busy", NORMAL_SOURCE, corrected(memory(_CE + 0x3000)))),
    ("sdei-recoverable-late", "memory of a process is lost, and the process touches it",
     Report("normal, late kill", NORMAL_SOURCE, recoverable(memory(kind=3)), "late", FAILURE)),
    ("sdei-recoverable-early", "the same by an event of critical priority, and the process has asked to be told early",
     Report("critical, early kill", CRITICAL_SOURCE, recoverable(memory(kind=3)), "early", FAILURE)),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in SERRORS[:2]),
    ("sdei-fatal", "a fatal error, told by an event of critical priority",
     Report("critical, fatal", CRITICAL_SOURCE, fatal(memory(_CE + 0x2000, 3)))),
    *((f"serror-{name}", f"an SError: {title}", SError(title, esr)) for name, esr, title in SERRORS[2:]),
)

_KVM = (
    ("sdei-vhe", "a corrected error, told by an SDEI event to a kernel at EL2",
     Report("normal", NORMAL_SOURCE, corrected(memory(_CE)))),
    ("guest-sea-unclaimed", "an abort of a guest's access, of which firmware says nothing",
     GuestError("no block")),
    ("guest-sea-recoverable", "the block names the page of the guest",
     GuestError("memory error", block=recoverable(memory(kind=3)), until=FAILURE)),
    *((f"guest-serror-{name}", f"an SError while a guest runs: {title}", GuestError(title, esr))
      for name, esr, title in SERRORS),
    ("guest-sea-fatal", "an abort of a guest's access, and the block is fatal",
     GuestError("fatal memory error", block=fatal(memory(kind=3)))),
)

_CHAIN = (
    ("chain", "one write to the host's memory, and a process of its guest gets SIGBUS",
     Strike("the page is lost")),
)
# fmt: on

_EVENTS = (  # name, title, what KVM is asked
    ("plain", "nothing happens to a virtual machine", None),
    ("serror-esr", "an SError with a syndrome", VcpuEvents(True, True, False, 0xC0)),
    ("serror-uer", "an SError with the syndrome of a recoverable error", VcpuEvents(True, True, False, 0xC11)),
    ("serror-bad-esr", "an SError with a bit that is no syndrome's", VcpuEvents(True, True, False, 1 << 25)),
    ("serror-no-esr", "an SError without a syndrome", VcpuEvents(True)),
    ("ext-dabt", "an external abort", VcpuEvents(ext_dabt_pending=True)),
    ("both", "an SError and an external abort at once", VcpuEvents(True, True, True, 0xC0)),
)
_LOST = (
    ("lost-late", "memory of a virtual machine is lost, and it touches it", Lost("late kill")),
    ("lost-early", "the same, and the monitor has asked to be told early", Lost("early kill", "early")),
)


def _rows(prefix: str) -> list[tuple[object, ...]]:
    able = (f"{prefix}-capabilities", "what can KVM do about errors?", Capabilities("asked for"))
    asked = [(f"{prefix}-{name}", title, SetVcpuEvents(title, events)) for name, title, events in _EVENTS]
    return [able, *asked, *((f"{prefix}-{name}", title, step) for name, title, step in _LOST)]


# by machine: the name of an experiment, its title, its steps
ROWS: dict[str, Iterable[tuple[Any, ...]]] = {
    "notification": _NOTIFICATION,
    "blocks": _BLOCKS,
    "sea": _SEA,
    "einj": _EINJ,
    "el3": _EL3,
    "el3-kvm": _KVM,
    "kvm": _rows("vhe"),
    "kvm-nvhe": _rows("nvhe"),
    "chain": _CHAIN,
}
EXPERIMENTS: dict[str, Experiment] = {
    name: Experiment(name, boot, title, tuple(done)) for boot, rows in ROWS.items() for name, title, *done in rows
}
