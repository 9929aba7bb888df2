"""Two scenarios side by side: an HTML table of both stories, with a line where they part."""

from collections.abc import Iterator
from html import escape
from typing import Any

from ..learn.terms import card_lines
from ..sim.compare import Comparison
from ..sim.model.outcome import ENDS
from ..sim.model.trace import Step
from .table import Html, cell, row, table
from .theme import Shown, live
from .trace_view import MAP, story_view


def shown(comparison: Comparison, row: int = 0) -> Any:
    """Two scenarios compared, stepped side by side, beginning with *row*; or the table, and the comparison's text."""
    table = side_by_side(comparison)
    return live("Compare", comparison_view(comparison), still=table, row=row) or Shown(table, str(comparison))


def comparison_view(comparison: Comparison) -> dict[str, Any]:
    """What the model of two stories holds, stepped side by side: `static/compare.js`."""
    numbers = [{id(step): i for i, step in enumerate(trace.steps)} for trace in (comparison.a, comparison.b)]
    rows = [[at.get(id(step)) for at, step in zip(numbers, pair, strict=True)] for pair in comparison.rows]
    stories = [story_view(trace) for trace in (comparison.a, comparison.b)]
    return {
        "stories": stories,
        "names": _names(comparison),
        "rows": rows,
        "parts": comparison.parts or "",
        "terms": card_lines(str([stories, MAP])),
    }


def _names(comparison: Comparison) -> list[str]:
    differ = comparison.differ.items()
    return ["; ".join(f"{axis} = {words[i]}" for axis, words in differ) or "the same" for i in (0, 1)]


def side_by_side(comparison: Comparison) -> str:
    """What both do over both columns, what each does in its own; the choices that differ head the columns."""
    ends = (ENDS.get(trace.outcome["end"], "") for trace in (comparison.a, comparison.b))
    foot = row(Html(f"<b>It ends: {escape(end)}</b>") for end in ends)
    return table(_names(comparison), _rows(comparison), look="ras-sides", foot=foot)


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
