"""The one verb of a notebook: `show` draws whatever raslib makes; live where the notebook can, else still.

What draws a class is a module of this room, found by the class's full name. So the room loads neither the simulator nor
construct before there is something of theirs to draw.
"""

from importlib import import_module
from typing import Any

# What a class is drawn by: a module of this room, which is loaded when something of the class is shown, and not before.
DRAWN_BY: dict[str, str] = {
    "raslib.sim.model.trace.Trace": "trace_view",
    "raslib.sim.compare.Comparison": "comparison",
    "raslib.sim.every_source.SourceTable": "results",
    "raslib.diagnosis.diagnosis.Diagnosis": "diagnosis",
    "raslib.sim.aspects.Held": "results",
    "raslib.sim.explore.space.OutcomeTable": "results",
    "raslib.sim.invariants.InvariantVerdict": "results",
    "raslib.views.syndrome.Syndrome": "bits",
    "builtins.bytes": "bytes_view",
    "raslib.records.Record": "bytes_view",
    "graphviz.graphs.Digraph": "graph",
    "graphviz.graphs.Graph": "graph",
}


def show(thing: Any, *others: Any, **how: Any) -> Any:
    """Something to end a cell with: a picture of *thing*, and of the *others* with it where two can be drawn together.

    A trace becomes a stepper; a record, or the bytes of one, bytes and fields that are linked; a syndrome its
    bits, to turn; a graph a picture; a table of a space, a comparison, a prediction held to a real kernel, or verdicts
    become a table.
    Two traces are drawn on one map; of two records, the second has marked what differs from the first.

    *how* goes to the view: `step` for a trace, the number of the step to begin with; `selected` for a record, the path
    of a field, and `base`, the address of its first byte; `names` for two traces, a name for each.

    What is given back is a widget where anywidget and IPython are installed and the view has a live part, else HTML
    with the same as text, for terminals and for readers that are no browser.

    >>> from graphviz import Digraph
    >>> show(Digraph("ways")).text.splitlines()[0]
    'digraph ways {'

    Raises TypeError, which names the class, if nothing here draws it; ValueError for more than two traces.
    """
    one = thing[0] if type(thing) in (list, tuple) and thing else thing
    for kind in type(one).__mro__:
        if module := DRAWN_BY.get(f"{kind.__module__}.{kind.__qualname__}"):
            return import_module(f".{module}", __package__).shown(thing, *others, **how)
    raise TypeError(f"nothing here draws a {type(thing).__name__}")
