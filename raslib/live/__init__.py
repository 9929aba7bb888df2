"""The live lab: hand our HEST and our error records to a real arm64 Linux under QEMU, and record what it does.

    live.available()                  what is missing, and how to get it
    live.fetch()                      kernel and userland, by the user's own apt, once
    with live.Machine(live.sources(Notify.GPIO)) as m:
        m.report(0, block)            -> Reaction: log lines, registers, signals, panicked or not
    with live.Machine(live.sources(Notify.SDEI), live.El3.SETUP) as m, live.El3(m) as el3:
        el3.serror(0xbe000c11)        an SError from the firmware that Python plays; m.report tells of SDEI events
    with live.Machine(setup=live.Setup(kvm=True)) as m:
        live.Vmm(m).set_events(...)   what a virtual machine inside the guest meets of what KVM is asked
    live.ask(block, "sea")            the first in one line, for a block of one's own
    live.replay("gpio")               what a recorded experiment gave, with no QEMU at all
    live.compare("gpio")              the same beside what the simulator predicts

What reads and compares recordings (`recording`) needs no machine and imports none. Nothing of Debian's is shipped;
nothing is reachable from outside the machine; every process ends with the session.
"""

from importlib import import_module
from typing import Any

from ..plain import ErrorValue


class LiveError(ErrorValue, RuntimeError):
    """The lab cannot do what was asked; the message says why, and shows the guest's last lines if there is a guest."""


class Panicked(LiveError):
    """The guest's kernel has stopped, and the agent with it."""


# module -> the names that it shows at this door; each is loaded when it is first asked for
DOOR: dict[str, tuple[str, ...]] = {
    "cache": ("Availability", "available"),
    "download": ("fetch",),
    "el3": ("El3",),
    "machine": ("Machine",),
    "qemu": ("Setup",),
    "run": ("ask",),
    "vmm": ("Vmm",),
    "recording.comparison": ("compare", "predict", "recorded"),
    "recording.layout": ("Wanted", "sources"),
    "recording.reaction": ("Reaction", "Victim"),
    "recording.session": ("recordings", "replay"),
}
_MODULE = {name: module for module, names in DOOR.items() for name in names}
__all__ = sorted([*_MODULE, "LiveError", "Panicked"])


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"raslib.live has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
