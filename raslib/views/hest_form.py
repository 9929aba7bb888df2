"""The host's HEST as a choice of the what-if panel: one that is given, or one to build, with what lint finds in it."""

from collections.abc import Iterator
from typing import Any

from ..formats.hest import GenericSource, Hest, Notify
from ..rules import lint
from ..sim.linux.hest_init import probe
from ..sim.model.platform import HOST_REGISTERS, POLL_MILLISECONDS, advertised_by, guest_table, host_table, name_of
from ..sim.model.scenario import AXES, Scenario

PATCHED = ("length", "checksum", "error_source_count")  # of a table that is built in the browser
OF_SOURCE = ("source_id", "error_status_address.address", "read_ack_register.address")


def hest_view(hest: Hest | None, s: Scenario) -> dict[str, Any]:
    """What the model of the panel holds besides stories: `form`, and of a table for the host of *s* `sources`,
    `findings`, and its bytes in hex, `table`."""
    sources, wrong, table = (sources_of(hest, s), findings(hest), hest.build().hex()) if hest else ([], [], "")
    return {"form": form() | {"table": table}, "sources": sources, "findings": wrong, "table": table}


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
    made = {f"{n.name} {v} {poll}": host_table(n, v == "v2", poll) for n, v, poll in _kinds()}
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


def _kinds() -> Iterator[tuple[Notify, str, int]]:
    for notify in Notify:
        for version in ("v1", "v2"):
            yield notify, version, POLL_MILLISECONDS
            if notify is Notify.POLLED:
                yield notify, version, 0
