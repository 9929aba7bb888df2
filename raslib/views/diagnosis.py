"""A diagnosis as HTML: its story, what it rests on as tables, and the simplest walk that agrees as a picture."""

from html import escape
from typing import Any

from ..sim.walk import walk
from . import table as tables
from .page import table_page
from .swimlane import swimlane
from .theme import Shown
from .trace_view import trace_view

TITLE = "Diagnosis"


def html(found: Any) -> str:
    """The sentences of a `Diagnosis`, head by head, each with its source; below, the walk of its best witness."""
    walked = ""
    if found.scenario is not None:
        walked = f"<h2>The simplest walk that agrees</h2>{swimlane(trace_view(walk(found.scenario)))}"
    return story(found) + rests_on(found) + walked


def story(found: Any) -> str:
    """The few sentences that say what happened, a paragraph each."""
    told = (s for s in found.sentences if s.about == "story")
    return "".join(f"<p>{escape(s.text)} <small>{escape(s.source)}</small></p>" for s in told)


def rests_on(found: Any) -> str:
    """What the story rests on: a table for each head."""
    heads = ((head, rows) for head, rows in found.by_head() if rows[0].about != "story")
    made = (tables.table(("", "source"), [(s.text, s.source) for s in rows], caption=head) for head, rows in heads)
    return "".join(made)


def page(found: Any) -> str:
    """The same as the text of one HTML file, which loads nothing and runs no script but its own."""
    return table_page(TITLE, html(found))


def shown(found: Any) -> Shown:
    return Shown(html(found), found.text())
