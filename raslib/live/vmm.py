"""A virtual machine in the guest, to see what KVM does with errors: its monitor is Python too, inside the guest.

KVM itself runs on what QEMU emulates, Virtualization Host Extensions and all (`Setup(kvm=True)`). The program of the
virtual machine, about fifty instructions, waits, and tells what its vectors see: it stores that where there is no
memory, so that every word is an exit to the monitor.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ..sim.kvm.vcpu_events import VcpuEvents
from . import a64
from .machine import Machine
from .recording.reaction import Victim

SOURCE = Path(__file__).parent / "guest" / "vmm.py"
SYNC = 0x200  # offset of the vector for a synchronous exception; only such a one has an address

BASE, SIZE = 0x4000_0000, 0x40_0000  # the virtual machine's memory
VECTORS, REPORT, MAIN = 0x000, 0x800, 0x900  # offsets of code in it
GO = 0x1000  # offset of a word in a page that both sides use: while it is 0, the program waits
DATA = 0x20_0000  # offset of the page whose error is played
MAGIC = 0x600D_DA7A  # what is there
TOLD = 0x0900_0000  # guest-physical; a word for each of NAMES, from there on
_SEEN = {"ESR_EL1": a64.ESR_EL1, "FAR_EL1": a64.FAR_EL1}
NAMES = ("ready", "vector", *_SEEN, "data", "finished")


class Vmm:
    """The monitor in a machine that has KVM, and its virtual machine: `Vmm(machine).set_events(VcpuEvents(True))`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.asked: VcpuEvents | None = None
        self.page, self.address = Victim(0, 0, 0), 0  # of its process; and where that is in the virtual machine
        machine.load(SOURCE.read_text(encoding="utf-8"), SOURCE.name)

    def capabilities(self) -> dict[str, int]:
        """What KVM says it can do about errors: KVM_CHECK_EXTENSION by name."""
        return dict(self.machine.ask("capabilities"))

    def start(self, early: bool = False, events: VcpuEvents | None = None, go: bool = False) -> Self:
        """Start a virtual machine, which waits until it has to go on and to read its page.

        *early*: the monitor wants a signal before bad memory is touched. *events* are asked of KVM when the vectors are
        set and no SError is taken yet; with *go* it does not wait.
        """
        plan: dict[str, Any] = {"memory": memory() | {GO: bytes([go])}, "base": BASE, "size": SIZE}
        plan |= {"entry": MAIN, "data": DATA, "told": TOLD, "names": NAMES, "go": GO}
        pid = self.machine.ask("vmm", events=events and tuple(events), early=early, **plan)
        vm = self.machine.event("vm", pid=pid).value
        self.page, self.address, self.asked = Victim(pid, vm["va"], vm["pa"], early), vm["address"], events
        return self

    def set_events(self, events: VcpuEvents | None) -> str:
        """KVM is asked this when the vectors are set and no SError is taken yet; then the virtual machine goes on."""
        return self.start(events=events, go=True).report()

    def report(self) -> str:
        """`answer` of what it has met, when it is at its end. Raises `LiveError` if its monitor did not come so far."""
        return answer(self.asked, self.machine.event("guest", pid=self.page.pid).value)


def answer(asked: VcpuEvents | None, met: Mapping[str, Any]) -> str:
    """What KVM made of *asked*, and what the virtual machine's vectors, its own kernel, met; in lines.

    *met* has what the monitor tells in the end: the words of `NAMES` that the program has stored, and KVM's answers.
    """
    lines = []
    if asked:
        lines = [f"KVM_SET_VCPU_EVENTS {asked}: {met['error'] or 'done'}"]
        lines += [f"KVM_GET_VCPU_EVENTS: {VcpuEvents(*met['events'])}"]
    if "vector" not in met:
        return "\n".join([*lines, f"the virtual machine goes on and reads {met['data']:#x}"])
    where = f", FAR_EL1 {met['FAR_EL1']:#x}" if met["vector"] == SYNC else ""
    return "\n".join(
        [*lines, f"the virtual machine is at vector {met['vector']:#x}: ESR_EL1 {met['ESR_EL1']:#x}{where}"]
    )


# --- its program ------------------------------------------------------------------------------------------------------


def _tell(name: str, rt: int) -> int:
    return a64.store(rt, 9, 8 * NAMES.index(name))  # X9 has TOLD


def _report() -> list[int]:
    """What an exception has left in the registers, then the end."""
    words = [a64.movz(9, TOLD >> 16, 16), _tell("vector", 10)]
    for name, register in _SEEN.items():
        words += [a64.mrs(0, register), _tell(name, 0)]
    return [*words, _tell("finished", a64.XZR), a64.HERE]


def _main() -> list[int]:
    """Vectors on, SErrors unmasked, ready; wait until told to go on; read the data, tell it, and end."""
    setup = [a64.movz(0, BASE >> 16, 16), a64.msr(a64.VBAR_EL1, 0), a64.movz(9, TOLD >> 16, 16)]
    setup += [a64.movz(5, BASE >> 16, 16), a64.add(5, 5, GO >> 12, shifted=True)]
    setup += [_tell("ready", a64.XZR), a64.UNMASK_A, a64.ISB]
    wait = [a64.load(4, 5), a64.branch_if_zero(4, -4)]
    data = [a64.movz(2, (BASE + DATA) >> 16, 16), a64.load(3, 2)]
    return [*setup, *wait, *data, _tell("data", 3), _tell("finished", a64.XZR), a64.HERE]


def memory() -> dict[int, bytes]:
    """What is in the virtual machine's memory from the start, by offset."""
    entries = range(VECTORS, VECTORS + 16 * 0x80, 0x80)  # each notes which one it is, and all go to the report
    code = {offset: [a64.movz(10, offset), a64.branch(REPORT - offset - 4)] for offset in entries}
    code |= {REPORT: _report(), MAIN: _main()}
    return {at: a64.code(words) for at, words in code.items()} | {DATA: MAGIC.to_bytes(8, "little")}
