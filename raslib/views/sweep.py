"""Tables of how many scenarios end how: as text, and as an HTML table in which a greater share has a deeper shade."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from ..sim.explore import OutcomeTable
from ..sim.model.outcome import ENDS
from . import table as tables
from .theme import Shown


def share(n: int, of: int) -> str:
    """*n* of *of* in per cent; what is little is not nothing, and what is nearly all is not all."""
    if not n:
        return "·"
    percent = 100 * n / of
    if percent < 0.1:
        return "<0.1"
    return f"{percent:.1f}" if n == of or percent < 99.95 else ">99.9"


def table(found: OutcomeTable) -> str:
    """To read in a terminal: a row for each combination, a column for each end, shares in per cent."""
    rows = [[*found.axes, *found.ends, "scenarios"]]
    for words, counts in found.rows.items():
        rows.append([*words, *_shares(found, counts), f"{counts.total():.4g}"])
    lines = tables.columns(rows, range(len(found.axes), len(rows[0])))
    given = ", ".join(f"{name} = {word}" for name, word in found.given.items()) or "nothing"
    return "\n".join([f"per cent of scenarios by {found.of}; given: {given}", *lines])


def heat_map(found: OutcomeTable) -> str:
    """The same as an HTML table; exact counts and the meaning of each end are in the titles."""
    heads = [tables.cell(name, tag="th", scope="col") for name in found.axes]
    for end in found.ends:
        word = tables.Html(f'<span class="end">{escape(end)}</span>')
        heads.append(tables.cell(word, tag="th", scope="col", title=ENDS.get(end, "")))
    given = ", ".join(f"{name} = {word}" for name, word in found.given.items())
    caption = f"Per cent of scenarios by {found.of}" + (f", where {given}" if given else "")
    rows = (_cells(found, words, counts) for words, counts in found.rows.items())
    return tables.table(heads, rows, look="ras-shares", caption=caption)


def shown(found: OutcomeTable) -> Shown:
    return Shown(heat_map(found), table(found))


def _cells(found: OutcomeTable, words: tuple[str, ...], counts: Counter[str]) -> Iterator[tables.Html]:
    yield from (tables.cell(word, tag="th", scope="row") for word in words)
    total = counts.total()
    for end, percent in zip(found.ends, _shares(found, counts), strict=True):
        depth = round(70 * counts[end] / total) if total else 0
        yield tables.cell(percent, "num", style=f"--share:{depth}%", title=f"{counts[end]:,} of {total:,}")


def _shares(found: OutcomeTable, counts: Counter[str]) -> list[str]:
    return [share(counts[end], counts.total()) for end in found.ends]
