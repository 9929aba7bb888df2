"""The steps that an experiment is made of, as data: what is asked of a kernel, its firmware or its KVM.

`raslib.live.perform` does them on a machine; `comparison` puts them to the simulator.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ...formats.hest import Hest
from ...sim.kvm.vcpu_events import VcpuEvents
from .blocks import memory, recoverable

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
