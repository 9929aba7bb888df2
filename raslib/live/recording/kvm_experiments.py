"""What the lab asks KVM, by a monitor inside the guest: to inject errors; and what it does when memory is lost."""

from ...formats.hest import Notify
from ...sim.kvm.vcpu_events import VcpuEvents
from .layout import sources
from .steps import Boot, Capabilities, Lost, SetVcpuEvents

# fmt: off
BOOTS = (
    Boot("kvm", "KVM with VHE: errors for a virtual machine",
         sources(Notify.POLLED), kvm=True, mebibytes=512),
    Boot("kvm-nvhe", "KVM without VHE: the same",
         sources(Notify.POLLED), kvm=True, mebibytes=512, append="kvm-arm.mode=nvhe"),
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


ROWS = {"kvm": _rows("vhe"), "kvm-nvhe": _rows("nvhe")}
