"""Every source of a HEST for one error: who would hear of it, how, and what would happen, by release of the kernel."""

from typing import Any, NamedTuple

from ..formats.hest import GenericSource, Hest, SourceType
from .cpu.hardware import EL3
from .el3.el3_entry import REPEATS
from .linux.apei import FATAL, READS, READS_AGAIN, READS_AT_ONCE
from .linux.hest_init import Probed, probe
from .model.choices import Begin, First, Linux
from .model.messages import Start
from .model.platform import GhesSource, advertised_by, name_of
from .model.scenario import Scenario
from .model.trace import Trace
from .walk import FIRST, events_from

READS_A_BLOCK = (FATAL, READS, READS_AGAIN, READS_AT_ONCE)
RELEASES: tuple[Linux, ...] = tuple(sorted(Linux, key=lambda release: release.numbers))


class SourceRow(NamedTuple):
    """One structure of the table.

    source_id: None if its type has no such field
    notifies: SCI, say; of a structure that is no generic source, the name of its type
    heard_by: APEI, if the host's kernel reads the block; or nobody
    how: in a sentence; why not, where nobody hears
    outcomes: release of the host's kernel -> the parts of the outcome; empty if firmware cannot report by it
    """

    source_id: int | None
    notifies: str
    heard_by: str
    how: str
    outcomes: dict[str, dict[str, str]]

    def __hash__(self) -> int:
        return hash((self.source_id, self.notifies, self.heard_by, *self.outcomes))


class SourceTable(NamedTuple):
    """The structures of a HEST in their order, for the error of a scenario."""

    scenario: Scenario
    rows: tuple[SourceRow, ...]

    @property
    def title(self) -> str:
        """Which error it is, and whose answer stands in the table."""
        return f"{str(self.scenario).partition(';')[0]}: each source of the HEST, by release of the host's kernel"

    def to_json(self) -> dict[str, Any]:
        """Plain values: the title, the token of the scenario, and the rows."""
        rows = [row._asdict() for row in self.rows]
        return {"title": self.title, "token": self.scenario.token(), "sources": rows}


def every_source(hest: Hest, s: Scenario | None = None) -> SourceTable:
    """What becomes of the error of *s*, by default `Scenario()`, for each source of *hest* that firmware may report by.

    Of *s* all but host.notify and host.ghes counts, and host.linux only for who hears and how. Raises ValueError if
    the table has no source, or if no firmware reports in *s*.
    """
    s = s or Scenario()
    if not hest.error_sources:
        raise ValueError("this HEST has no error source")
    if s.begin is not Begin.ERROR or s.host.first is not First.FIRMWARE:
        raise ValueError("firmware reports no error here: choose begin=error and host.first=firmware")
    sources = iter(advertised_by(hest))
    rows = []
    for probed in probe(hest, s, "host"):
        advertised = isinstance(probed.source, GenericSource) and probed.source.enabled
        rows.append(_row(s, probed, next(sources)) if advertised else _unused(probed))
    return SourceTable(s, tuple(rows))


def _row(s: Scenario, probed: Probed, source: GhesSource) -> SourceRow:
    """The row of a source that firmware may report by."""
    scenarios = {release: s.choose(host_linux=release) for release in RELEASES}
    traces = {release: Trace.of(one, events_from(one, FIRST, Start(source))) for release, one in scenarios.items()}
    trace = traces[s.host.linux]
    heard = any(step.machine == "host" and step.text in READS_A_BLOCK for step in trace)
    last = [step for step in trace if step.actor == EL3.actor and step.text is not REPEATS][-1]
    why = last.why if heard or probed.used else probed.why
    outcomes = {release.value: then.outcome for release, then in traces.items()}
    how = f"Firmware {last.does}. {why.rstrip('.')}."
    return SourceRow(source.source_id, name_of(source.notify), "APEI" if heard else "nobody", how, outcomes)


def _unused(probed: Probed) -> SourceRow:
    """The row of a structure by which firmware cannot report."""
    source: Any = probed.source
    generic = isinstance(source, GenericSource)
    notifies = name_of(source.notification.type) if generic else SourceType(source.type).name
    return SourceRow(getattr(source, "source_id", None), notifies, "nobody", f"{probed.why}.", {})
