"""All stories of a space as one JSON document, small enough for a page: `views/static/automaton.js` walks it.

axes     [name, words, number of the default]
strings  every text that is said, once; below, a number stands for one of them
looks    [axis, a number for each value]: what depends on a choice; -2-n stands for look n, in place of any number
cites    [label] or [label, url]
steps    [machine, el, actor, lane that it hands to, does, why, cites, carries, names and values it sets]; -1: none
carries  [kind, label] and, for bytes, their hex digits in pieces
marks    [kind, machine, word]
lists    what is said one after the other: a step n, or a mark as -1-n
nodes    of each the axis that it asks, or -1 if it says something; the last node is the first
ways     for each node that asks, one after the other: a way for each value of its axis
says     for each node that says something: its list; and in the same order its way
         A way says how many nodes back it leads; 0 ends the story.
"""

from collections.abc import Callable
from string import Formatter
from typing import Any

from ..model.lazy import Given, Partial, UnknownChoice, force, is_lazy
from ..model.outcome import Mark
from ..model.scenario import AXES, Scenario
from ..model.sources import citations
from ..model.trace import Carried, Place, Step
from .diagram import Diagram, Edge, Fork, Pool

NUMBERS = {name: i for i, name in enumerate(AXES)}
PIECE = 32  # hex digits: blocks that differ in a field share most of their pieces


class _Export:
    def __init__(self, fixed: Given) -> None:
        self.fixed = dict(fixed)
        self.strings, self.looks, self.cites, self.steps = Pool(), Pool(), Pool(), Pool()
        self.carries, self.marks, self.lists = Pool(), Pool(), Pool()
        self.seen: dict[tuple[str, Any], int] = {}
        self.nodes, self.ways, self.says = list[int](), list[int](), (list[int](), list[int]())
        self.forks: dict[int, int] = {}  # fork id -> node
        self.edges: dict[int, int] = {}  # edge id -> node, of edges with events

    def document(self, diagram: Diagram) -> dict[str, Any]:
        for fork in diagram.order:
            self.fork(fork)
        self.node(diagram.root)
        return {
            "axes": [[name, [a.word(v) for v in a.values], a.values.index(a.default)] for name, a in AXES.items()],
            "given": {name: AXES[name].word(value) for name, value in diagram.fixed.items()},
            "nodes": self.nodes,
            "ways": self.ways,
            "says": self.says,
            **{name: getattr(self, name).things for name in ("lists", "marks", "steps", "carries", "looks", "cites")},
            "strings": self.strings.things,
        }

    def fork(self, fork: Fork) -> None:
        nodes = [self.node(edge) for edge in fork.edges]
        self.ways += map(self.back, nodes)
        self.forks[fork.id] = len(self.nodes)
        self.nodes.append(NUMBERS[fork.axis])

    def node(self, edge: Edge) -> int | None:
        """The node where *edge* leads: one that says what happens on it, or a fork; None: the end."""
        to = self.forks[edge.to.id] if edge.to else None
        if not edge.events:
            return to
        if edge.id not in self.edges:
            items = tuple(map(self.item, edge.events))
            self.says[0].append(self.lists(items, [*items]))
            self.says[1].append(self.back(to))
            self.edges[edge.id] = len(self.nodes)
            self.nodes.append(-1)
        return self.edges[edge.id]

    def back(self, node: int | None) -> int:
        return 0 if node is None else len(self.nodes) - node

    def item(self, item: Step | Mark) -> int:
        return -1 - self.marks(item, list(item)) if isinstance(item, Mark) else self.steps(item, self.step(item))

    # --- a step, field by field --------------------------------------------------------------------------------------

    def step(self, step: Step) -> list[Any]:
        sets = [n for name, value in step.sets for n in (self.strings(name), self.value(value))]
        cites = [self.cites(key, list(citations()[key].view().values())) for key in step.text.cites]
        return [
            *(self.looked_at(f"place {i}", part, self.value) for i, part in enumerate(step.place)),
            self.looked_at("to", (step.to, step.place), self.lane),
            self.said(step, step.text.does),
            self.said(step, step.text.why),
            cites,
            self.looked_at("carries", step.carries, self.carried),
            sets,
        ]

    def said(self, step: Step, template: str) -> int:
        """A sentence, which depends on no more than it names."""
        names = {name for _, name, _, _ in Formatter().parse(template) if name}
        args = tuple((name, value) for name, value in step.args if name in names)
        return self.looked_at(template, args, lambda known: self.strings(template.format_map(dict(known))))

    def value(self, value: Any) -> int:
        return self.looked_at("value", value, lambda known: -1 if known is None else self.strings(known))

    def lane(self, places: tuple[Place | None, Place]) -> int:
        to, here = places
        return -1 if to is None or to.lane == here.lane else self.strings(to.lane)

    def carried(self, thing: Carried | None) -> int:
        if thing is None:
            return -1
        view = thing.view()
        digits = view["hex"] or ""
        pieces = [digits[i : i + PIECE] for i in range(0, len(digits), PIECE)]
        parts = tuple(map(self.strings, (view["kind"], view["label"], *pieces)))
        return self.carries(parts, list(parts))

    def looked_at(self, what: str, value: Any, number: Callable[[Any], int]) -> int:
        """The number of *value*, or of a look at the choices that it depends on. *what* tells equal values apart."""
        if not is_lazy(value):
            return number(value)
        if (what, value) not in self.seen:
            self.seen[what, value] = self.look(value, number, self.fixed)
        return self.seen[what, value]

    def look(self, value: Any, number: Callable[[Any], int], given: dict[str, Any]) -> int:
        partial: Any = Partial(given, [])
        s: Scenario = partial
        try:
            return number(force(s, value))
        except UnknownChoice as unknown:
            axis = str(unknown)
            ways = [self.look(value, number, {**given, axis: v}) for v in AXES[axis].values]
            if len(set(ways)) == 1:
                return ways[0]
            look = (NUMBERS[axis], *ways)
            return -2 - self.looks(look, list(look))


def automaton(diagram: Diagram) -> dict[str, Any]:
    """Everything that happens in the scenarios of *diagram*, as plain values for JSON."""
    return _Export(diagram.fixed).document(diagram)
