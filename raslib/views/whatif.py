"""All stories of a space for the panel that turns their switches."""

from typing import Any

from ..learn.terms import card_lines
from ..sim.explore import Space
from ..sim.explore.automaton import automaton
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES, Scenario
from .map import FATES
from .trace_view import MAP

SLICE = ("begin", "stance", "cper.section_severity", "guest.nested", "host.pci_device")


MAIN = (  # the choices that stand first
    *("host.first", "host.notify", "guest.notify", "error.category", "error.report"),
    *("cpu.running", "host.owner", "host.page", "guest.acked", "host.linux"),
)
PRESETS: tuple[tuple[str, dict[str, str]], ...] = (
    ("The default: abort, firmware first, a guest that is told", {}),
    ("Nobody asks the firmware: the host is kernel-first", {"host.first": "kernel"}),
    ("QEMU does not tell its guest", {"guest.notify": "none"}),
    ("The firmware interrupts instead of aborting", {"host.notify": "GSIV"}),
    ("The firmware calls the kernel by SDEI", {"host.notify": "SDEI"}),
    ("A process of the host owns the page and runs", {"cpu.running": "host-user", "host.owner": "process"}),
    ("The guest has not yet read the error before", {"guest.acked": "false"}),
    ("The core cannot contain the error", {"error.category": "UC"}),
)


def slice_of(s: Scenario) -> tuple[str, ...]:
    """The choices that a small page with the scenario *s* in it takes as given."""
    return tuple(f"{name}={AXES[name].word(s[name])}" for name in SLICE)


def packed(numbers: list[int]) -> str:
    """*numbers*, from -1, as letters from `]` on: most of them need one byte in a page, and no comma."""
    return "".join(chr(94 + number) for number in numbers)


def stories(*given: str) -> dict[str, Any]:
    """What the panel's model holds.

    `document` are the stories of all scenarios with these choices (`raslib.sim.explore.automaton`), `about` what each
    axis and each of its words means and its source, `ends` the sentence of each end, `fates` its word on the map,
    `main` the first choices, `presets` sentences with their choices, `terms` the cards of all these words. Raises
    ValueError for a choice that there is not.
    """
    about = {name: {key: axis.to_json()[key] for key in ("meaning", "means", "source")} for name, axis in AXES.items()}
    ends = {word: means for word, means in ENDS.items() if word != "none"}
    document = automaton(Space.of(*given).diagram)
    document |= {"nodes": packed(document["nodes"]), "ways": packed(document["ways"])}
    document["says"] = [*map(packed, document["says"])]
    whole = {"document": document, "about": about, "ends": ends, "fates": FATES, "main": MAIN, "presets": PRESETS}
    return whole | {"terms": card_lines(f"{whole} {MAP} {' '.join(AXES).upper()}")}
