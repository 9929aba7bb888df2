"""What the lab asks a real kernel: steps, the machines to boot, and experiments, which `experiments.toml` lists.

Recording, checking, tests and notebooks all use this list. A new experiment is a table there and a new recording.
`raslib.live.run` does the steps on a machine; `comparison` puts them to the simulator. Where the lab plays EL3,
raslib/live/el3.py says what that can show and what it cannot.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ...formats.cper import Severity
from ...formats.ghes import EntryFlags
from ...formats.hest import Hest, Notify
from ...sim.kvm.vcpu_events import VcpuEvents
from .blocks import arm, block, info, memory, pcie, recoverable, short_memory
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
    block: bytes | None = None
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

    events: VcpuEvents | None = None


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


def _section(plain: dict[str, Any]) -> Any:
    """A section as the table has it: one of `blocks`, or any bytes."""
    match plain:
        case {"section": "memory", "bytes": size, "address": address}:
            return short_memory(address, size)
        case {"section": "memory", **given}:
            return memory(**given)
        case {"section": "arm", "errors": errors, **given}:
            return arm(*(info(**one) for one in errors), **given)
        case {"section": "pcie"}:
            return pcie()
        case {"section": data}:
            return bytes.fromhex(data)


def _block(severity: str, sections: Any, threshold: bool = False, section_type: str = "", **given: Any) -> bytes:
    """A block as the table has it."""
    given |= {"section_type": UUID(section_type)} if section_type else {}
    flags = EntryFlags(error_threshold_exceeded=threshold)
    return block(Severity[severity.upper()], *map(_section, sections), flags=flags, **given)


_KINDS: dict[str, Any] = {kind.__name__: kind for kind in ExperimentStep.__subclasses__()}
_FIELDS: dict[str, Callable[[Any], Any]] = {  # of steps: how those are made that are not as the table has them
    "block": lambda one: _block(**one),
    "blocks": lambda each: tuple(_block(**one) for one in each),
    "events": lambda bits: VcpuEvents(*bits),
}


def _experiment(name: str, boot: str, title: str, steps: list[dict[str, Any]]) -> Experiment:
    """An experiment as the table has it. Raises KeyError, TypeError or ValueError for a word that nothing has."""
    made = []
    for step in steps:
        fields = {field: _FIELDS[field](value) if field in _FIELDS else value for field, value in step.items()}
        made.append(_KINDS[fields.pop("step", "Report")](**fields))
    return Experiment(name, boot, title, tuple(made))


_TABLE = tomllib.loads(Path(__file__).with_name("experiments.toml").read_text(encoding="utf-8"))
_TABLE["kvm-nvhe"] = {f"n{name}": one for name, one in _TABLE["kvm"].items()}
EXPERIMENTS = {name: _experiment(name, boot, **one) for boot in BOOTS for name, one in _TABLE[boot].items()}
