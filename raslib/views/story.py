"""A trace ready to be drawn: the bytes that its steps hand over carry their fields with them."""

from typing import Any

from ..formats.ghes import StatusBlock
from ..sim.model.trace import CperBytes, Trace
from .copies import bytes_view


def trace_view(trace: Trace) -> dict[str, Any]:
    """`Trace.view()`, with the fields of every status block that is handed over, at the address where it lies."""
    view = trace.view()
    for step, drawn in zip(trace.steps, view["steps"], strict=True):
        if isinstance(step.carries, CperBytes):
            drawn["carries"]["fields"] = bytes_view(StatusBlock, step.carries.block, base=step.carries.address)
    return view
