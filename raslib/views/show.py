"""The one verb of a notebook: `show` draws whatever raslib makes; live where the notebook can, else still."""

from importlib.util import find_spec
from typing import Any

import graphviz

from ..formats.ghes import StatusBlock
from ..records import Record
from ..sim.aspects import Held
from ..sim.compare import Comparison
from ..sim.explore import OutcomeTable
from ..sim.invariants import Verdict
from ..sim.model.trace import Trace
from .beside import side_by_side
from .bits import legend, ruler
from .bytes_html import bytes_html
from .copies import bytes_view
from .diagrams import routing
from .graph import draw
from .held import held_table
from .ink import picture
from .story import trace_view
from .sweep import heat_map, table
from .swimlane import describe, swimlane, trace_table
from .syndrome import Syndrome
from .verdicts import table as verdicts
from .verdicts import verdict_table


class Shown:
    """Something drawn without a live part: HTML, and the same as text."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def show(thing: Any, *others: Any, **how: Any) -> Any:
    """Something to end a cell with.

    A trace becomes a stepper; a record, or bytes that are a status block, bytes and fields that are linked; a syndrome
    its bits; a graph a picture; a table of a space, two scenarios compared, a prediction held to a real kernel, or
    verdicts a table. Two traces become one graph of both ways. *how* goes to the view: `step` for a trace, `selected`
    (a path) and `base` (an address) for a record, `names` for two traces.
    """
    match thing:
        case Trace() if others:
            return draw(routing(trace_view(thing), *map(trace_view, others), **how), name="Routing")
        case Trace():
            return _live("Stepper", trace_view(thing), **how) or _still_trace(trace_view(thing))
        case Comparison():
            return Shown(side_by_side(thing), str(thing))
        case Held():
            return Shown(held_table(thing), str(thing))
        case OutcomeTable():
            return Shown(heat_map(thing), table(thing))
        case (Verdict(), *_):
            return Shown(verdict_table(thing), verdicts(thing))
        case Syndrome():
            return _syndrome(thing)
        case bytes():
            return _record(bytes_view(StatusBlock, thing, base=how.pop("base", 0)), **how)
        case Record():
            return _record(bytes_view(type(thing), thing.build(), base=how.pop("base", 0)), **how)
        case graphviz.Digraph() | graphviz.Graph():
            return draw(thing, **how)
    raise TypeError(f"nothing here draws a {type(thing).__name__}")


def _live(name: str, view: dict[str, Any], **how: Any) -> Any:
    """The widget called *name*; None without the packages for it."""
    if not (find_spec("anywidget") and find_spec("IPython")):
        return None
    from . import widgets

    return getattr(widgets, name)(view, **how)


def _record(view: dict[str, Any], **how: Any) -> Any:
    return _live("Bytes", view, **how) or Shown(bytes_html(view), view["title"])


def _still_trace(view: dict[str, Any]) -> Shown:
    return Shown(picture(swimlane(view), describe(view)) + trace_table(view), view["title"])


def _syndrome(found: Syndrome) -> Shown:
    boxes = found.boxes()
    said = "".join(f"<p>{line}</p>" for line in found.means)
    svg = ruler(f"{found.name} = {found.value:#x}", found.width, boxes, found.value)
    return Shown(picture(svg, f"The bits of {found.name}") + said + legend(found.width, boxes), str(found))


def beside(*drawn: Any) -> Shown:
    """Pictures next to each other where there is room, below each other where there is not."""
    bundles = [thing._repr_mimebundle_() for thing in drawn]
    columns = "".join(f'<div style="flex:1 1 380px;min-width:0">{b["text/html"]}</div>' for b in bundles)
    html = f'<div style="display:flex;flex-wrap:wrap;gap:24px">{columns}</div>'
    return Shown(html, "\n\n".join(b["text/plain"] for b in bundles))
