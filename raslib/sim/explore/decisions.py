"""Which choices decide how it ends: the diagram without its steps, from the first choice to the outcome."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any, NamedTuple, Self, TypeAlias

from ..model.lazy import Given
from ..model.outcome import Mark, Outcome
from ..model.scenario import AXES, Scenario
from .diagram import Diagram, Edge


class Decision(NamedTuple):
    """Here a choice decides: what follows for each value of the axis, in the axis' order."""

    axis: str
    branches: "tuple[Node, ...]"
    id: int

    def branch(self, choices: Given | Scenario) -> "Node":
        """What follows for the choice on this axis."""
        return self.branches[AXES[self.axis].values.index(choices[self.axis])]

    def __repr__(self) -> str:  # what follows is shared, and written out would not end
        return f"<decision {self.id} on {self.axis}>"


class Terminal(NamedTuple):
    """So it ends."""

    outcome: Outcome
    id: int


Node: TypeAlias = "Decision | Terminal"


class _Nodes:
    """Nodes that are made once: what follows stands before what leads there, and a node's id is its place."""

    def __init__(self) -> None:
        self.made: dict[Any, Node] = {}

    def terminal(self, outcome: Outcome) -> Node:
        return self.made.setdefault(outcome, Terminal(outcome, len(self.made)))

    def decision(self, axis: str, branches: tuple[Node, ...]) -> Node:
        """The node on *axis*; where all branches are one, that decides nothing and is the branch."""
        ids = tuple(node.id for node in branches)
        if len(set(ids)) == 1:
            return branches[0]
        return self.made.setdefault((axis, ids), Decision(axis, branches, len(self.made)))


class Decisions:
    """Every outcome of a space of scenarios, and the choices that lead there. Each axis is asked once on a path."""

    def __init__(self, root: Node, nodes: _Nodes, fixed: Given) -> None:
        self.root, self.fixed = root, fixed
        self.order = tuple(nodes.made.values())  # what follows stands before what leads there

    @classmethod
    def of(cls, diagram: Diagram) -> Self:
        """What decides in the scenarios of *diagram*: it is followed, and its steps are left out."""
        nodes, memo = _Nodes(), dict[Any, Node]()

        def node(edge: Edge, before: Outcome) -> Node:
            """What decides from *edge* on, where so much stands *before* it."""
            stands, fork = before.after(*(event for event in edge.events if isinstance(event, Mark))), edge.to
            if fork is None:
                return nodes.terminal(stands)
            if (fork.id, stands) not in memo:
                memo[fork.id, stands] = nodes.decision(fork.axis, tuple(node(next_, stands) for next_ in fork.edges))
            return memo[fork.id, stands]

        return cls(node(diagram.root, Outcome()), nodes, diagram.fixed)

    def rows(self) -> list[list[Any]]:
        """Each node as plain values, the root last: an axis and the numbers of what follows, or an outcome's words."""
        return [
            [*node.outcome] if isinstance(node, Terminal) else [node.axis, [b.id for b in node.branches]]
            for node in self.order
        ]

    @classmethod
    def from_rows(cls, rows: list[list[Any]]) -> Self:
        """The inverse of `rows`, of all scenarios there are."""
        nodes, made = _Nodes(), list[Node]()
        for row in rows:
            decides = len(row) == 2 and isinstance(row[1], list)
            made.append(
                nodes.decision(row[0], tuple(made[i] for i in row[1])) if decides else nodes.terminal(Outcome(*row))
            )
        return cls(made[-1], nodes, {})

    def given(self, choices: Given) -> Self:
        """What decides in the scenarios with these *choices* alone."""
        nodes, made = _Nodes(), dict[int, Node]()
        for node in self.order:
            if isinstance(node, Terminal):
                made[node.id] = nodes.terminal(node.outcome)
            elif node.axis in choices:
                made[node.id] = made[node.branch(choices).id]
            else:
                made[node.id] = nodes.decision(node.axis, tuple(made[b.id] for b in node.branches))
        return type(self)(made[self.root.id], nodes, {**self.fixed, **choices})

    def outcome(self, choices: Given | Scenario) -> Outcome:
        """How the scenario of these *choices* (axis name -> value) ends."""
        node = self.root
        while isinstance(node, Decision):
            node = node.branch(choices)
        return node.outcome

    def size(self, given: Given = {}) -> int:  # noqa: B006, it is only read
        """How many scenarios there are with the choices *given*."""
        return prod(len(axis.values) for name, axis in AXES.items() if name not in self.fixed and name not in given)

    def count(self, given: Given = {}) -> Counter[Outcome]:  # noqa: B006, it is only read
        """How many of the scenarios with the choices *given* end in each outcome: exactly."""
        weights: Counter[int] = Counter({self.root.id: self.size(given)})
        counts: Counter[Outcome] = Counter()
        for node in reversed(self.order):
            weight = weights[node.id]
            if not weight:
                continue
            if isinstance(node, Terminal):
                counts[node.outcome] += weight
            elif node.axis in given:
                weights[node.branch(given).id] += weight
            else:
                share = weight // len(node.branches)  # exact: no axis is asked twice on a path
                weights.update({branch: share * n for branch, n in Counter(b.id for b in node.branches).items()})
        return counts

    def moved(self, a: Given, b: Given) -> "dict[tuple[Outcome, Outcome], tuple[int, Given]]":
        """Of scenarios that differ in the choices *a* and *b* alone, how many end as a pair says: exactly.

        For each pair of outcomes, with *a* and with *b*, also the fewest choices besides that lead there from the
        defaults. Both are followed at once; where one has asked what the other asks later, that is known then.
        """
        both = self.given(a), self.given(b)
        asked = [dict[int, frozenset[str]]() for _ in both]  # of each node what may still be asked
        for axes, one in zip(asked, both, strict=True):
            for node in one.order:
                below = () if isinstance(node, Terminal) else ({node.axis}, *(axes[n.id] for n in node.branches))
                axes[node.id] = frozenset[str]().union(*below)

        @cache
        def shares(i: int, j: int, known: frozenset[tuple[str, int]]) -> dict[Any, tuple[Fraction, tuple[Any, ...]]]:
            choices = dict(known)
            nodes = [_settled(one.order[id], choices) for one, id in zip(both, (i, j), strict=True)]
            left = [axes[node.id] for axes, node in zip(asked, nodes, strict=True)]
            node = nodes[len(left[1]) > len(left[0])]  # that of which more may be asked, so that both get on alike
            if isinstance(node, Terminal):
                return {tuple(node.outcome for node in nodes): (Fraction(1), ())}  # type: ignore[union-attr]
            axis, later = node.axis, left[0] | left[1]
            found: dict[Any, tuple[Fraction, tuple[Any, ...]]] = {}
            for number, value in enumerate(AXES[axis].values):
                below = frozenset((name, n) for name, n in {**choices, axis: number}.items() if name in later)
                chosen = () if value == AXES[axis].default else ((axis, value),)
                for pair, (share, changes) in shares(nodes[0].id, nodes[1].id, below).items():
                    more, fewest = found.get(pair, (Fraction(0), None))
                    ours = (*chosen, *changes)
                    fewest = ours if fewest is None or len(ours) < len(fewest) else fewest
                    found[pair] = more + share / len(AXES[axis].values), fewest
            return found

        size = both[0].size()
        pairs = shares(both[0].root.id, both[1].root.id, frozenset())
        return {pair: (int(share * size), dict(choices)) for pair, (share, choices) in pairs.items()}

    def nearest(self, wanted: Callable[[Outcome], bool], to: Given) -> Given | None:
        """The choices that differ least from *to* and end as *wanted*: only those that differ; None if none does."""
        far = len(AXES) + 1
        cost: dict[int, int] = {}
        for node in self.order:
            if isinstance(node, Terminal):
                cost[node.id] = 0 if wanted(node.outcome) else far
            else:
                own = node.branch(to)
                cost[node.id] = min(cost[b.id] + (b is not own) for b in node.branches)
        if cost[self.root.id] >= far:
            return None
        changes, node = {}, self.root
        while isinstance(node, Decision):
            values = AXES[node.axis].values
            own_number = values.index(to[node.axis])
            *_, i = min((cost[b.id] + (i != own_number), i != own_number, i) for i, b in enumerate(node.branches))
            if i != own_number:
                changes[node.axis] = values[i]
            node = node.branches[i]
        return changes


def _settled(node: Node, choices: dict[str, int]) -> Node:
    """The first node from *node* on that asks what *choices*, by number of the value, do not say."""
    while isinstance(node, Decision) and node.axis in choices:
        node = node.branches[choices[node.axis]]
    return node
