"""All stories of a space as one JSON document, small enough for a page: `views/static/automaton.js` walks it.

axes     [name, words, number of the default]
strings  every text that is said, once; below, a number stands for one of them
cites    [label] or [label, url]
steps    [machine, el, actor, lane that it hands to or -1, does, why, cites, carries or 0, names and values it sets]
carries  [kind, label, hex or -1]
marks    [kind, machine, word]
lists    what is said one after the other: a step n, a mark as -1-n, or what depends on choices: [axis, one per value]
nodes    [axis, a node for each value] or [-1, list, the next node]; -1 ends the story; the last is the first
"""

from collections.abc import Hashable
from typing import Any

from ..late import is_open, now
from ..outcome import Mark
from ..scenario import AXES
from ..sources import CITATIONS
from ..trace import Step
from .diagram import Diagram, Fork, Node
from .partial import Partial, Unknown

NUMBERS = {name: i for i, name in enumerate(AXES)}


class _Pool:
    """Things that are kept once, each under a number."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.kept: list[Any] = []

    def __call__(self, key: Hashable, thing: Any = None) -> int:
        if key not in self.numbers:
            self.numbers[key] = len(self.kept)
            self.kept.append(key if thing is None else thing)
        return self.numbers[key]


class _Export:
    def __init__(self) -> None:
        self.strings, self.cites, self.steps, self.carries = _Pool(), _Pool(), _Pool(), _Pool()
        self.marks, self.lists = _Pool(), _Pool()
        self.open: dict[Step, Any] = {}

    def document(self, diagram: Diagram) -> dict[str, Any]:
        nodes = [self.node(node) for node in diagram.order]
        return {
            "axes": [[name, [a.word(v) for v in a.values], a.values.index(a.default)] for name, a in AXES.items()],
            "given": {name: AXES[name].word(value) for name, value in diagram.fixed.items()},
            "nodes": nodes,
            "root": _id(diagram.root),
            **{name: getattr(self, name).kept for name in ("lists", "marks", "steps", "carries", "cites", "strings")},
        }

    def node(self, node: Any) -> list[int]:
        if isinstance(node, Fork):
            return [NUMBERS[node.axis], *map(_id, node.ways)]
        return [-1, self.lists(node.said, [self.item(item) for item in node.said]), _id(node.then)]

    def item(self, item: Step | Mark) -> Any:
        """The number of a step or mark; of one that is open, which choice to look at and what it then is."""
        if isinstance(item, Mark):
            return -1 - self.marks(item, list(item))
        if not is_open(item):
            return self.steps(item, self.step(item))
        if item not in self.open:
            self.open[item] = self.looked_at(item, {})
        return self.open[item]

    def looked_at(self, step: Step, known: dict[str, Any]) -> Any:
        try:
            return self.item(now(Partial(known, []), step))  # type: ignore[arg-type]
        except Unknown as unknown:
            axis = str(unknown)
            ways = [self.looked_at(step, {**known, axis: value}) for value in AXES[axis].values]
            return ways[0] if all(way == ways[0] for way in ways) else [NUMBERS[axis], *ways]

    def step(self, step: Step) -> list[Any]:
        view = step.view()
        where = [self.strings(view[name]) for name in ("machine", "el", "actor")]
        to = -1 if view["to"] is None else self.strings(view["to"])
        sets = [self.strings(said) for pair in step.sets if pair[1] is not None for said in pair]
        cites = [self.cites(key, list(CITATIONS[key].view().values())) for key in step.text.cites]
        carries = self.carry(view["carries"]) if step.carries else 0
        return [*where, to, self.strings(view["does"]), self.strings(view["why"]), cites, carries, sets]

    def carry(self, view: dict[str, Any]) -> int:
        """One more than the number of what is carried."""
        hexed = -1 if view["hex"] is None else self.strings(view["hex"])
        said = (self.strings(view["kind"]), self.strings(view["label"]), hexed)
        return 1 + self.carries(said, list(said))


def _id(node: Node) -> int:
    return node.id if node else -1


def automaton(diagram: Diagram) -> dict[str, Any]:
    """Everything that happens in the scenarios of *diagram*, as plain values for JSON."""
    return _Export().document(diagram)
