"""Two scenarios side by side: an HTML table of both stories, with a line where they part."""

from collections.abc import Iterator
from html import escape

from ..sim.compare import Comparison
from ..sim.model.outcome import ENDS
from ..sim.model.trace import Step
from .table import Html, cell, row, table
from .theme import Shown


def shown(comparison: Comparison) -> Shown:
    """What `show` makes of two scenarios compared: the table, and the comparison's own text."""
    return Shown(side_by_side(comparison), str(comparison))


def side_by_side(comparison: Comparison) -> str:
    """What both do over both columns, what each does in its own; the choices that differ head the columns."""
    differ = comparison.differ.items()
    heads = ["; ".join(f"{axis} = {words[i]}" for axis, words in differ) or "the same" for i in (0, 1)]
    ends = (ENDS.get(trace.outcome["end"], "") for trace in (comparison.a, comparison.b))
    foot = row(Html(f"<b>It ends: {escape(end)}</b>") for end in ends)
    return table(heads, _rows(comparison), look="ras-sides", foot=foot)


def _rows(comparison: Comparison) -> Iterator[Html]:
    for i, pair in enumerate(comparison.rows):
        if i == comparison.first:
            by = f", by {comparison.parts}" if comparison.parts else ""
            yield row([cell(f"Here they part{by}", colspan=2)], "parts")
        yield row([cell(_step(pair.a), colspan=2)], "same") if pair.same else row([_step(pair.a), _step(pair.b)])


def _step(step: Step | None) -> Html:
    if step is None:
        return Html()
    return Html(f'<span class="el">{escape(f"{step.machine} {step.el}")}</span>{escape(f"{step.actor} {step.does}")}')
