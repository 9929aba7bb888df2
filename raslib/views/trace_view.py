"""A trace ready to be drawn: the bytes that its steps hand over carry their fields with them."""

from typing import Any

from ..formats.ghes import StatusBlock
from ..learn.terms import card_lines
from ..sim.explore import Space
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES
from ..sim.model.trace import CperBytes, Trace
from ..sim.walk import decided_by, outcome
from .bytes_view import bytes_view
from .map import FATES, shown_map
from .swimlane import still
from .theme import Shown, live

MAP = "HEST APEI KVM QEMU VMM memory_failure kernel-first VHE EL0 EL1 EL2 EL3"  # words that stand on every map
CHOICES = ("host.first", "host.notify", "host.ghes", "guest.notify")


def story_view(trace: Trace) -> dict[str, Any]:
    """`Trace.view()`, with what the map needs besides.

    `ends` are the sentences of how it ended, `fate` is the word of it on the map, `choices` those that stand on the
    HEST sources there.
    """
    return trace.view() | {
        "fate": FATES[trace.outcome["end"]],
        "ends": {word: ENDS[word] for word in trace.outcome.values() if word in ENDS and word != "none"},
        "choices": {name: AXES[name].word(trace.scenario[name]) for name in CHOICES},
    }


def trace_view(trace: Trace) -> dict[str, Any]:
    """`story_view`, with what the stepper needs besides.

    Every status block that is handed over has its `fields`, at the address where it lies; `terms` are the cards of its
    words; `deciding` is what `deciding` gives, and `ends` has the sentences of those ends too.
    """
    view, decide, words = story_view(trace), deciding(trace), [MAP]
    view["ends"] |= {end: ENDS[end] for choice in decide for end in choice["leads"].values()}
    for step, drawn in zip(trace.steps, view["steps"], strict=True):
        if isinstance(step.carries, CperBytes):
            fields = drawn["carries"]["fields"] = bytes_view(StatusBlock, step.carries.block, base=step.carries.address)
            words += fields.pop("terms")
    steps = [[step[part] for part in ("el", "actor", "does", "why", "sets")] for step in view["steps"]]
    terms = card_lines(str([steps, view["title"], view["lanes"], view["choices"], view["ends"], words]))
    return view | {"terms": terms, "deciding": decide}


def deciding(trace: Trace) -> list[dict[str, Any]]:
    """The choices that decided how *trace* ends: each that, changed alone, ends it otherwise.

    `axis` and its `word`; the number of the `step`, from 0, that is taken when it is first read; and by other words to
    which end each `leads`. Nothing where the story is not that of its choices alone, as with a HEST of one's own.
    """
    s, end = trace.scenario, trace.outcome["end"]
    if trace.hest is not None or outcome(s) != trace.outcome:
        return []
    read, found = decided_by(s), []
    for axis, words in Space.of().matters(s).items():
        leads = {word: then.end for word, then in words.items() if then.end != end}
        if leads:
            found.append({"axis": axis, "word": AXES[axis].word(s[axis]), "step": read[axis], "leads": leads})
    return found


def shown(trace: Trace, *others: Trace, **how: Any) -> Any:
    """A stepper; two traces on one map, with `names` for them."""
    if others:
        return shown_map(*map(trace_view, (trace, *others)), **how)
    view = trace_view(trace)
    return live("Stepper", view, **how) or Shown(still(view), view["title"])
