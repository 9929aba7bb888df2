"""Every source of a HEST for one error: as text, and as an HTML table; the sentences of all ends stand below."""

from collections.abc import Iterator
from html import escape

from ..sim.every_source import RELEASES, SourceRow, SourceTable
from ..sim.model.outcome import ENDS
from . import table as tables
from .theme import Shown

HEADS = ("source", "notifies by", "heard by")
NO_REPORT = "-"  # where firmware cannot report by a structure


def table(found: SourceTable) -> str:
    """To read in a terminal: a row for each source, then how each is heard of, and what the ends mean."""
    rows = [[*HEADS, *(release.value for release in RELEASES)]]
    rows += [[_id(row), row.notifies, row.heard_by, *_ends(row)] for row in found.rows]
    how: dict[str, list[str]] = {}
    for row in found.rows:
        how.setdefault(row.how, []).append(_id(row))
    told = (f"source{'s' * (len(ids) > 1)} {', '.join(ids)}: {sentence}" for sentence, ids in how.items())
    meanings = (f"{end}: {meaning}" for end, meaning in _meanings(found))
    return "\n".join([found.title, "", *tables.columns(rows), "", *told, "", *meanings]).rstrip()


def html(found: SourceTable) -> str:
    """The same as an HTML table; *how* stands in the column of who hears."""
    heads = [*HEADS, *(release.value for release in RELEASES)]
    foot = "".join(f"<p><b>{escape(end)}</b>: {escape(meaning)}</p>" for end, meaning in _meanings(found))
    return tables.table(heads, map(_cells, found.rows), caption=found.title) + foot


def shown(found: SourceTable) -> Shown:
    return Shown(html(found), table(found))


def _cells(row: SourceRow) -> Iterator[str]:
    yield tables.cell(_id(row), tag="th", scope="row")
    yield row.notifies
    yield tables.Html(f"<b>{row.heard_by}</b>. {escape(row.how)}")
    yield from (tables.cell(end, title=ENDS.get(end, "")) for end in _ends(row))


def _id(row: SourceRow) -> str:
    return "?" if row.source_id is None else str(row.source_id)


def _ends(row: SourceRow) -> list[str]:
    """The end by each release."""
    return [row.outcomes[r.value]["end"] if row.outcomes else NO_REPORT for r in RELEASES]


def _meanings(found: SourceTable) -> list[tuple[str, str]]:
    ends = dict.fromkeys(end for row in found.rows for end in _ends(row))
    return [(end, ENDS[end]) for end in ends if end in ENDS]
