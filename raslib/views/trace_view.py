"""A trace ready to be drawn: the bytes that its steps hand over carry their fields with them."""

from typing import Any

from ..formats.ghes import StatusBlock
from ..learn.terms import cards_in
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES
from ..sim.model.trace import CperBytes, Trace
from .bytes_view import bytes_view
from .map import shown_map
from .swimlane import still
from .theme import Shown, live

CHOICES = ("host.first", "host.notify", "host.ghes", "guest.notify")


def trace_view(trace: Trace) -> dict[str, Any]:
    """`Trace.view()`, with what pictures need besides.

    Every status block that is handed over has its `fields`, at the address where it lies; `ends` are the sentences of
    how it ended, `choices` those that stand on the HEST sources of the map; `terms` are the cards of its words.
    """
    view = trace.view() | {
        "ends": {word: ENDS[word] for word in trace.outcome.values() if word in ENDS and word != "none"},
        "choices": {name: AXES[name].word(trace.scenario[name]) for name in CHOICES},
    }
    for step, drawn in zip(trace.steps, view["steps"], strict=True):
        if isinstance(step.carries, CperBytes):
            drawn["carries"]["fields"] = bytes_view(StatusBlock, step.carries.block, base=step.carries.address)
    return view | {"terms": _cards(view["steps"])}


def _cards(steps: list[dict[str, Any]]) -> dict[str, str]:
    """A card for each word of the steps that has one, by the word as it stands there."""
    words = " ".join(f"{step['el']} {step['actor']} {step['does']} {step['why']}" for step in steps)
    return {word: f"{card.full}: {card.means} Where: {card.where}." for word, card in cards_in(words).items()}


def shown(trace: Trace, *others: Trace, **how: Any) -> Any:
    """A stepper; two traces on one map, with `names` for them."""
    if others:
        return shown_map(*map(trace_view, (trace, *others)), **how)
    view = trace_view(trace)
    return live("Stepper", view, **how) or Shown(still(view), view["title"])
