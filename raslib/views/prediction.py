"""A prediction beside what a real kernel did: an HTML table, aspect by aspect, with a mark where they differ."""

from collections.abc import Iterator
from html import escape
from itertools import groupby

from ..sim.aspects import ASPECTS, AspectRow, Held, Value, written
from .table import Html, cell, row, table
from .theme import Shown


def shown(comparison: Held) -> Shown:
    """What `show` makes of a prediction held to a real kernel: the table, and its own text."""
    return Shown(prediction_table(comparison), str(comparison))


def prediction_table(comparison: Held) -> str:
    """What was predicted and what was done, in columns of their own; a difference has its reason below it."""
    body: list[Html] = []
    for question, rows in groupby(comparison.rows, lambda row: row.asked):
        body += [_question(question), *(line for one in rows for line in _rows(one))]
    for question, why in comparison.silent:
        body += [_question(question), row(["", cell(f"No prediction. {why}", "why", colspan=3)])]
    verdict = row([cell(Html(f"<b>{escape(comparison.verdict)}</b>"), colspan=4)])
    heads = ("", "The simulator", "The kernel", "")
    return table(heads, body, look="ras-prediction", caption=f"{comparison.title} ({comparison.by})", foot=verdict)


def _question(asked: str) -> Html:
    return row([cell(asked, tag="th", colspan=4, scope="rowgroup")], "asked")


def _rows(one: AspectRow) -> Iterator[Html]:
    name = cell(one.aspect, tag="th", scope="row", title=ASPECTS[one.aspect])
    cells = [name, _values(one.predicted), _values(one.real)]
    if one.same:
        yield row([*cells, "as predicted"])
        return
    yield row([*cells, cell("differs", "sign")], "other")
    yield row(["", cell(one.known or "Nobody knows why.", "why", colspan=3)])


def _values(value: Value) -> str:
    if isinstance(value, str):
        return value
    if not value[1:]:
        return written(value)
    return Html(f"<ul>{''.join(f'<li>{escape(word)}</li>' for word in value)}</ul>")
