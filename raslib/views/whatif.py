"""All stories of a space for the panel that turns their switches."""

from typing import Any

from ..formats.hest import GenericSource, Hest
from ..learn.terms import card_lines
from ..sim.explore import Space
from ..sim.explore.automaton import automaton
from ..sim.linux.hest_init import probe
from ..sim.model.outcome import ENDS
from ..sim.model.platform import advertised_by, name_of
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


def sources_of(hest: Hest, s: Scenario) -> list[list[Any]]:
    """For each source of a host's table by which firmware can report: what it is, and the choices that it decides.

    Why Linux does not use a source, as the host of *s* is, stands behind it.
    """
    rows, words = [], AXES["host.notify"]
    advertised = iter(advertised_by(hest))
    for probed in probe(hest, s, "host"):
        if not (isinstance(probed.source, GenericSource) and probed.source.enabled):
            continue
        source = next(advertised)
        if source.notify not in words.values:
            continue
        choices = {"host.first": "firmware", "host.notify": name_of(source.notify)}
        choices |= {
            "host.ghes": "v2" if source.ack else "v1",
            "host.apei": "same-ids" if source.shares_id else "enabled",
        }
        choices["host.poll"] = "1000" if source.poll_interval else "0"
        unused = "" if probed.used else f" (not used: {probed.why})"
        rows.append([f"Your HEST, source {source.source_id}: {name_of(source.notify)}{unused}", choices])
    return rows


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
    terms = card_lines(f"{document} {about} {ends} {PRESETS} {MAP} {' '.join(AXES).upper()}")
    whole = {"document": document, "about": about, "ends": ends, "fates": FATES, "main": MAIN, "presets": PRESETS}
    return whole | {"terms": terms}
