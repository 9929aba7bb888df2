"""A virtual machine in the guest, to see what KVM does with errors: its monitor is Python too, inside the guest.

KVM itself runs on what QEMU emulates, Virtualization Host Extensions and all (`Setup(kvm=True)`).
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..sim.kvm.vcpu_events import VcpuEvents
from . import Panicked, program
from .console import AgentEvent
from .machine import Machine
from .recording.reaction import Victim

SOURCE = Path(__file__).parent / "guest" / "vmm.py"
SECONDS = 30
SYNC = 0x200  # offset of the vector for a synchronous exception; only such a one has an address


class VmReport(NamedTuple):
    """What KVM made of a request, and what the virtual machine's own kernel (here, its vectors) met of it."""

    asked: VcpuEvents | None = None
    error: str = ""  # why KVM_SET_VCPU_EVENTS refused
    events: VcpuEvents | None = None  # what KVM_GET_VCPU_EVENTS gave then
    vector: int | None = None  # offset from VBAR_EL1; None if there was no exception
    esr: int | None = None
    far: int | None = None
    elr: int | None = None
    disr: int | None = None
    data: int | None = None  # what it read in the end, if nothing happened to it

    def __str__(self) -> str:
        lines = [f"KVM_SET_VCPU_EVENTS {self.asked}: {self.error or 'done'}"] if self.asked else []
        lines += [f"KVM_GET_VCPU_EVENTS: {self.events}"] if self.events else []
        if self.vector is None:
            lines.append(f"the virtual machine goes on and reads {self.data:#x}")
        else:
            where = f", FAR_EL1 {self.far:#x}" if self.vector == SYNC else ""
            lines.append(f"the virtual machine is at vector {self.vector:#x}: ESR_EL1 {self.esr:#x}{where}")
        return "\n".join(lines)


@dataclass(frozen=True)
class CountingVm:
    """A virtual machine that counts until it has to go on and to read its page."""

    machine: Machine
    page: Victim  # of the monitor's process: the memory that is the virtual machine's page
    address: int  # of that page in the virtual machine
    asked: VcpuEvents | None = None

    def count(self) -> int | None:
        """How far it has counted; it runs if this grows. None if it has come to its end, or the kernel has panicked."""
        m, pid, start = self.machine, self.page.pid, len(self.machine.events)
        with contextlib.suppress(Panicked):
            if m.ask("order", pid=pid, what="count"):
                m.until(lambda: m.panicked or self._event(start, "counted", "ended"), SECONDS, "it does not count")
        counted = self._event(start, "counted")
        return counted and int(counted.value["value"])

    def _event(self, start: int, *names: str) -> AgentEvent | None:
        new = self.machine.events[start:]
        return next((e for e in new if e.name in names and e.value["pid"] == self.page.pid), None)

    def settle(self) -> None:
        """Wait until it counts on after what happened to it, has come to its end, or the kernel has panicked."""
        first = self.count()
        while first is not None and self.count() == first:
            pass

    def report(self) -> VmReport:
        """What it has met, when it is at its end. Raises `LiveError` if its monitor did not come so far."""
        last = self.machine.event("guest", pid=self.page.pid)
        found = {name.removesuffix("_EL1").lower(): value for name, value in last.value.items()}
        if "events" in found:
            found["events"] = VcpuEvents(*found["events"])
        return VmReport(self.asked, **{name: found[name] for name in VmReport._fields[1:] if name in found})


class Vmm:
    """The monitor in a machine that has KVM: `Vmm(machine).serror(0xc0)`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.load(SOURCE.read_text(encoding="utf-8"), SOURCE.name)

    def capabilities(self) -> dict[str, int]:
        """What KVM says it can do about errors: KVM_CHECK_EXTENSION by name."""
        return dict(self.machine.ask("capabilities"))

    def start(self, early: bool = False, events: VcpuEvents | None = None, go: bool = False) -> CountingVm:
        """A virtual machine that counts. *early*: its monitor wants a signal before bad memory is touched.

        *events* are asked of KVM when its vectors are set and it takes no SError yet; with *go* it does not count.
        """
        flags = {program.FLAGS + program.GO: bytes([go])}
        plan: dict[str, Any] = {"memory": program.memory() | flags, "base": program.BASE, "size": program.SIZE}
        plan |= {"entry": program.MAIN, "data": program.DATA, "told": program.TOLD, "names": program.NAMES}
        plan |= {"go": program.FLAGS + program.GO, "count": program.FLAGS + program.COUNT}
        pid = self.machine.ask("vmm", events=events and tuple(events), early=early, **plan)
        vm = self.machine.event("vm", pid=pid).value
        return CountingVm(self.machine, Victim(pid, vm["va"], vm["pa"], early), vm["address"], events)

    def serror(self, esr: int | None = None) -> VmReport:
        """An SError is made pending in it, with a syndrome if *esr* is given."""
        return self.set_events(VcpuEvents(True, esr is not None, False, esr or 0))

    def set_events(self, events: VcpuEvents | None) -> VmReport:
        """KVM is asked this when the virtual machine has its vectors set and takes no SError yet; then it goes on."""
        return self.start(events=events, go=True).report()
