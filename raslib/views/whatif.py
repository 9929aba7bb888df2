"""What the what-if panel holds: all stories of a space, and the host's HEST with what lint finds in it."""

from typing import Any

from ..formats.hest import GenericSource, Hest, Notify
from ..learn.terms import card_lines
from ..rules import lint
from ..sim.explore import Space
from ..sim.explore.automaton import automaton
from ..sim.linux.hest_init import probe
from ..sim.model.outcome import ENDS
from ..sim.model.platform import HOST_REGISTERS, POLL_MILLISECONDS, advertised_by, guest_table, host_table, name_of
from ..sim.model.scenario import AXES, Scenario
from .map import FATES
from .trace_view import MAP

SLICE = ("begin", "stance", "cper.section_severity", "guest.nested", "host.pci_device")
PATCHED = ("length", "checksum", "error_source_count")  # of a table that is built in the browser
OF_SOURCE = ("source_id", "error_status_address.address", "read_ack_register.address")
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


def whatif_view(s: Scenario, *given: str, hest: Hest | None = None) -> dict[str, Any]:
    """What the panel's model holds, with the switches as in *s*; *given* choices have none.

    `document` are the stories of all scenarios with these choices (`raslib.sim.explore.automaton`), `about` what each
    axis and each of its words means and its source, `ends` the sentence of each end, `fates` its word on the map,
    `main` the first choices, `presets` sentences with their choices, `terms` the cards of all these words, and
    `choices` what *s* chooses. Of a *hest* for its host also `sources`, `findings` and its bytes as hex, `table`;
    `form` is what another is built of. Raises ValueError for a choice that there is not.
    """
    document = automaton(Space.of(*given).diagram)
    document |= {"nodes": packed(document["nodes"]), "ways": packed(document["ways"])}
    document["says"] = [*map(packed, document["says"])]
    about = {name: {key: axis.to_json()[key] for key in ("meaning", "means", "source")} for name, axis in AXES.items()}
    ends = {word: means for word, means in ENDS.items() if word != "none"}
    told = {"document": document, "about": about, "ends": ends, "fates": FATES, "main": MAIN, "presets": PRESETS}
    sources, wrong, table = (sources_of(hest, s), findings(hest), hest.build().hex()) if hest else ([], [], "")
    return told | {
        "terms": card_lines(f"{told} {MAP} {' '.join(AXES).upper()}"),
        "choices": {name: word for name, word in s.chosen().items() if name not in document["given"]},
        "form": form() | {"table": table},
        "sources": sources,
        "findings": wrong,
        "table": table,
    }


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
        choices = {
            "host.first": "firmware",
            "host.notify": name_of(source.notify),
            "host.ghes": "v2" if source.ack else "v1",
            "host.apei": "same-ids" if source.shares_id else "enabled",
            "host.poll": "0" if source.notify == Notify.POLLED and not source.poll_interval else "1000",
        }
        unused = "" if probed.used else f" (not used: {probed.why})"
        rows.append([f"Your HEST, source {source.source_id}: {name_of(source.notify)}{unused}", choices])
    return rows


def findings(table: Hest) -> list[list[str]]:
    """What lint finds in a table: level, path, what is wrong, why that matters, and the source, of each finding."""
    return [[f.level.value, f.path, f.says, f.why, f.cite] for f in lint(Hest, table.build())]


def form() -> dict[str, Any]:
    """What `static/hest.js` builds tables of, with what lint finds in them.

    `sources` are by notification, version and poll interval ("POLLED v1 0") the bytes of a source in hex, and what is
    wrong with it as the first of a table; `head` the bytes before the sources, `at` offset and size of fields that
    depend on the others, `registers` the address of the first source's registers. `shared` is what is wrong with a
    second source that has the id of the first, `unsorted` with one of version 1 after one of version 2.
    """
    polls = {Notify.POLLED: (POLL_MILLISECONDS, 0)}
    kinds = [(n, v, poll) for n in Notify for v in ("v1", "v2") for poll in polls.get(n, (POLL_MILLISECONDS,))]
    made = {f"{n.name} {v} {poll}": host_table(n, v == "v2", poll) for n, v, poll in kinds}
    table = made["SEA v2 1000"]
    offsets = {s.path: [s.start, s.stop - s.start] for s in Hest.spans(table.build())}
    start, _ = offsets["error_sources[0]"]
    at = {name: offsets[name] for name in PATCHED}
    for name in OF_SOURCE:
        offset, size = offsets[f"error_sources[0].{name}"]
        at[name] = [offset - start, size]
    first, second = guest_table(Notify.SEA).error_sources
    older = made["SEA v1 1000"].error_sources[0].replace(source_id=1)
    return {
        "sources": {name: [t.build()[start:].hex(), findings(t)] for name, t in made.items()},
        "head": table.build()[:start].hex(),
        "at": at,
        "registers": HOST_REGISTERS,
        "shared": findings(Hest(revision=2, error_sources=(first, second.replace(source_id=0)))),
        "unsorted": findings(Hest(revision=2, error_sources=(first, older))),
    }
