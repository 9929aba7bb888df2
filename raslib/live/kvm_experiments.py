"""What the lab asks KVM, by a monitor inside the guest: to inject errors; and what it does when memory is lost."""

from dataclasses import dataclass, replace

from ..formats.hest import Notify
from .blocks import memory, recoverable
from .layout import sources
from .machine import Machine
from .plan import Boot, listed
from .reaction import Reaction
from .steps import pace
from .vmm import Events

BOOTS = (
    Boot(
        "kvm",
        "KVM with VHE: errors for a virtual machine",
        sources(Notify.POLLED),
        {"kvm": True, "mebibytes": 512},
    ),
    Boot(
        "kvm-nvhe",
        "KVM without VHE: the same",
        sources(Notify.POLLED),
        {"kvm": True, "mebibytes": 512, "append": "kvm-arm.mode=nvhe"},
    ),
)


@dataclass(frozen=True)
class Capabilities:
    """What KVM says that it can do, and how it runs."""

    title: str

    def do(self, machine: Machine) -> Reaction:
        found = machine.vmm.capabilities()
        said = "\n".join(f"KVM_CAP_{name} {value}" for name, value in found.items())
        return replace(machine.observe(lambda: None), output=said)


@dataclass(frozen=True)
class Asked:
    """KVM_SET_VCPU_EVENTS, and what the virtual machine saw."""

    title: str
    events: Events | None

    def do(self, machine: Machine) -> Reaction:
        seen: list[str] = []
        reaction = machine.observe(lambda: seen.append(str(machine.vmm.asked(self.events))))
        return replace(reaction, output=seen[0])


@dataclass(frozen=True)
class Lost:
    """Memory of a virtual machine is lost: the monitor gets SIGBUS, and has the guest take an external abort."""

    title: str
    victim: str = "late"  # the kind of process that the monitor is, or "early"

    def do(self, machine: Machine) -> Reaction:
        pace(machine, None, 1)
        vm = machine.vmm.start(early=self.victim == "early")
        block = recoverable(memory(kind=3))(vm.page.pa)
        reaction = machine.report(0, block, vm.page, until="Memory failure: 0x")
        return replace(reaction, output=str(vm.seen()))


# --- experiments ------------------------------------------------------------------------------------------------------

_EVENTS = (  # name, title, what KVM is asked
    ("plain", "nothing happens to a virtual machine", None),
    ("serror-esr", "an SError with a syndrome", Events(1, 1, 0, 0xC0)),
    ("serror-uer", "an SError with the syndrome of a recoverable error", Events(1, 1, 0, 0xC11)),
    ("serror-bad-esr", "an SError with a bit that is no syndrome's", Events(1, 1, 0, 1 << 25)),
    ("serror-no-esr", "an SError without a syndrome", Events(1, 0, 0, 0)),
    ("ext-dabt", "an external abort", Events(0, 0, 1, 0)),
    ("both", "an SError and an external abort at once", Events(1, 1, 1, 0xC0)),
)
_LOST = (
    ("lost-late", "memory of a virtual machine is lost, and it touches it", Lost("late kill")),
    ("lost-early", "the same, and the monitor has asked to be told early", Lost("early kill", "early")),
)


def _rows(prefix: str) -> list[tuple[object, ...]]:
    able = (f"{prefix}-capabilities", "what can KVM do about errors?", Capabilities("asked for"))
    asked = [(f"{prefix}-{name}", title, Asked(title, events)) for name, title, events in _EVENTS]
    return [able, *asked, *((f"{prefix}-{name}", title, step) for name, title, step in _LOST)]


EXPERIMENTS = {**listed("kvm", _rows("vhe")), **listed("kvm-nvhe", _rows("nvhe"))}
