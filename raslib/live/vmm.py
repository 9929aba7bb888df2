"""A virtual machine in the guest, to see what KVM does with errors: its monitor is Python too, inside the guest.

KVM itself runs on what QEMU emulates, Virtualization Host Extensions and all (`Machine(kvm=True)`).
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import LiveError, Panicked, program
from .reaction import Victim

if TYPE_CHECKING:
    from .machine import Machine
    from .talk import Event

SOURCE = Path(__file__).parent / "guest" / "vmm.py"
SECONDS = 30
SYNC = 0x200  # offset of the vector for a synchronous exception; only such a one has an address


class Events(NamedTuple):
    """The part of struct kvm_vcpu_events that is about errors (Linux Documentation/virt/kvm/api.rst)."""

    serror_pending: int
    serror_has_esr: int
    ext_dabt_pending: int
    serror_esr: int

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:#x}" for name, value in self._asdict().items())


@dataclass(frozen=True)
class Seen:
    """What KVM made of a request, and what the virtual machine's own kernel (here, its vectors) saw of it."""

    asked: Events | None = None
    error: str = ""  # why KVM_SET_VCPU_EVENTS refused
    events: Events | None = None  # what KVM_GET_VCPU_EVENTS gave then
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
class Vm:
    """A virtual machine that counts until it is told to go on and to read its page."""

    machine: "Machine"
    page: Victim  # of the monitor's process: the memory that is the virtual machine's page
    address: int  # of that page in the virtual machine
    asked: Events | None = None
    since: int = 0  # place in the machine's events

    def count(self) -> int | None:
        """How far it has counted; it runs if this grows. None if it has come to its end, or the kernel has panicked."""
        m, pid, start = self.machine, self.page.pid, len(self.machine.events)
        with contextlib.suppress(Panicked):
            if m.ask("order", pid=pid, what="count"):
                m.until(lambda: m.panicked or self._told(start, "counted", "ended"), SECONDS, "it does not count")
        told = self._told(start, "counted")
        return told and int(told.value["value"])

    def _told(self, start: int, *names: str) -> "Event | None":
        new = self.machine.events[start:]
        return next((e for e in new if e.name in names and e.value["pid"] == self.page.pid), None)

    def settle(self) -> None:
        """Wait until it counts on after what happened to it, has come to its end, or the kernel has panicked."""
        first = self.count()
        while first is not None and self.count() == first:
            pass

    def go_on(self) -> Seen:
        """Have it read its page, if it has not ended, and tell what it has seen in its life."""
        self.machine.ask("order", pid=self.page.pid, what="touch")
        return self.seen()

    def seen(self) -> Seen:
        """What it has seen, when it is at its end. Raises `LiveError` if its monitor did not come so far."""
        told = self.machine.event("guest", "trouble", start=self.since, pid=self.page.pid)
        if told.name == "trouble":
            raise LiveError(f"the virtual machine's monitor: {told.value['said']}")
        found = {name.removesuffix("_EL1").lower(): value for name, value in told.value.items()}
        known = ("error", "vector", "esr", "far", "elr", "disr", "data")
        events = Events(*found["events"]) if "events" in found else None
        return Seen(self.asked, events=events, **{name: found[name] for name in known if name in found})


class Vmm:
    """The monitor; `Machine(kvm=True).vmm` is it."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        machine.load(SOURCE.read_text(encoding="utf-8"), SOURCE.name)

    def capabilities(self) -> dict[str, int]:
        """What KVM says it can do about errors: KVM_CHECK_EXTENSION by name."""
        found: dict[str, int] = self.machine.ask("capabilities")
        return found

    def start(self, early: bool = False) -> Vm:
        """A virtual machine that counts. *early*: its monitor wants a signal before bad memory is touched."""
        return self._start(None, early, {})

    def _start(self, events: Events | None, early: bool, memory: dict[int, bytes]) -> Vm:
        m, start = self.machine, len(self.machine.events)
        plan: dict[str, Any] = {"memory": program.memory() | memory, "base": program.BASE, "size": program.SIZE}
        plan |= {"entry": program.MAIN, "data": program.DATA, "told": program.TOLD, "names": program.NAMES}
        plan |= {"go": program.FLAGS + program.GO, "count": program.FLAGS + program.COUNT}
        m.ask("vmm", events=events and tuple(events), early=early, **plan)
        told = m.event("vm", "trouble", start=start).value
        if "said" in told:
            raise LiveError(f"the virtual machine's monitor: {told['said']}")
        return Vm(m, Victim(told["pid"], told["va"], told["pa"], early), told["address"], events, start)

    def plain(self) -> Seen:
        """Nothing happens to it."""
        return self.asked(None)

    def serror(self, esr: int | None = None) -> Seen:
        """An SError is made pending in it, with a syndrome if *esr* is given."""
        return self.asked(Events(1, int(esr is not None), 0, esr or 0))

    def external_abort(self) -> Seen:
        """An external abort is made pending in it, as for an access that the monitor can make nothing of."""
        return self.asked(Events(0, 0, 1, 0))

    def asked(self, events: Events | None) -> Seen:
        """KVM is asked this when the virtual machine has its vectors set and takes no SError yet; then it goes on."""
        return self._start(events, False, {program.FLAGS + program.GO: bytes([1])}).seen()
