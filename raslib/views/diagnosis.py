"""A diagnosis as HTML: its story, what it rests on as tables, and the simplest walk that agrees as a picture."""

from collections.abc import Iterator
from html import escape
from typing import Any

from ..sim.walk import walk
from . import table as tables
from .page import table_page
from .swimlane import swimlane
from .theme import Shown
from .trace_view import trace_view

TITLE = "Diagnosis"


def html(found: Any, picture: bool = True) -> str:
    """The sentences of a `Diagnosis`, head by head, each with its source; below, the walk of its best witness.

    Without *picture* there is no walk: where a stepper stands below, say.
    """
    return "".join(_parts(found, picture))


def _parts(found: Any, picture: bool) -> Iterator[str]:
    for head, rows in found.by_head():
        if rows[0].about == "story":
            yield "".join(f"<p>{escape(s.text)} <small>{escape(s.source)}</small></p>" for s in rows)
        else:
            yield tables.table(("", "source"), [(s.text, s.source) for s in rows], caption=head)
    if picture and found.scenario is not None:
        yield f"<h2>The simplest walk that agrees</h2>{swimlane(trace_view(walk(found.scenario)))}"


def page(found: Any) -> str:
    """The same as the text of one HTML file, which loads nothing and runs no script but its own."""
    return table_page(TITLE, html(found))


def shown(found: Any) -> Shown:
    return Shown(html(found), found.text())
