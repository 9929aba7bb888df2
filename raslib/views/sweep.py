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


def table(shares: OutcomeTable) -> str:
    """To read in a terminal: a row for each combination, a column for each end, shares in per cent."""
    rows = [[*shares.axes, *shares.ends, "scenarios"]]
    for words, counts in shares.rows.items():
        total = counts.total()
        rows.append([*words, *(share(counts[end], total) for end in shares.ends), power(total)])
    lines = tables.columns(rows, range(len(shares.axes), len(rows[0])))
    given = ", ".join(f"{name} = {word}" for name, word in shares.given.items()) or "nothing"
    means = (f"{end}: {ENDS[end]}" for end in shares.ends if end in ENDS)
    return "\n".join([f"per cent of scenarios by {shares.of}; given: {given}", *lines, "", *means]).rstrip()


def power(n: int) -> str:
    """*n* as a reader wants it: all digits up to a million, else a power of ten."""
    if n < 1_000_000:
        return str(n)
    digits, _, exponent = f"{n:.1e}".partition("e+")
    return f"{digits} × 10{exponent.lstrip('0').translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def heat_map(shares: OutcomeTable) -> str:
    """The same as an HTML table, with the counts and the meaning of each end in the titles.

    Ends that are nowhere more than one in a thousand share the last column. Where the table is wider than the page, its
    box scrolls, by keys too.
    """
    ends = [end for end in shares.ends if any(counts[end] * 1000 >= counts.total() for counts in shares.rows.values())]
    rare = [end for end in shares.ends if end not in ends]
    columns = {end: [end] for end in ends} | ({"rarer": rare} if rare else {})
    heads = [tables.cell(name, tag="th", scope="col") for name in shares.axes]
    for name in columns:
        word = tables.Html(f'<span class="end">{escape(name)}</span>')
        heads.append(tables.cell(word, tag="th", scope="col", title=ENDS.get(name) or ", ".join(rare)))
    given = ", ".join(f"{name} = {word}" for name, word in shares.given.items())
    caption = f"Per cent of scenarios by {shares.of}" + (f", where {given}" if given else "")
    rows = (_cells(words, counts, columns) for words, counts in shares.rows.items())
    shades = tables.table(heads, rows, look="ras-shares", caption=caption)
    return f'<div class="ras-wide" role="region" tabindex="0" aria-label="{escape(caption)}">{shades}</div>'


def shown(shares: OutcomeTable) -> Shown:
    """What `show` makes of a table of a space: shares in shades, and the same as text."""
    return Shown(heat_map(shares), table(shares))


def _cells(words: tuple[str, ...], counts: Counter[str], columns: dict[str, list[str]]) -> Iterator[tables.Html]:
    yield from (tables.cell(word, tag="th", scope="row") for word in words)
    total = counts.total()
    for ends in columns.values():
        number = sum(counts[end] for end in ends)
        depth = round(70 * number / total) if total else 0
        title = f"{power(number)} of {power(total)}"
        yield tables.cell(share(number, total), "num", style=f"--share:{depth}%", title=title)
