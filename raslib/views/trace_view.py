"""A trace ready to be drawn: the bytes that its steps hand over carry their fields with them."""

from typing import Any

from ..formats.ghes import StatusBlock
from ..sim.model.trace import CperBytes, Trace
from .bytes_view import bytes_view
from .swimlane import still
from .theme import Shown, live


def trace_view(trace: Trace) -> dict[str, Any]:
    """`Trace.view()`, with the fields of every status block that is handed over, at the address where it lies."""
    view = trace.view()
    for step, drawn in zip(trace.steps, view["steps"], strict=True):
        if isinstance(step.carries, CperBytes):
            drawn["carries"]["fields"] = bytes_view(StatusBlock, step.carries.block, base=step.carries.address)
    return view


def shown(trace: Trace, *others: Trace, **how: Any) -> Any:
    """A stepper; of two traces a graph of both ways."""
    if others:
        from .diagrams import routing, routing_words
        from .graph import draw

        views = [one.view() for one in (trace, *others)]
        return draw(routing(*views, **how), name="Routing", text=routing_words(*views, **how))
    view = trace_view(trace)
    return live("Stepper", view, **how) or Shown(still(view), view["title"])
