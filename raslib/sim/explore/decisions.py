"""Which choices decide how it ends: the diagram without its steps, from the first choice to the outcome."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any, NamedTuple, Self, TypeAlias

from ..model.lazy import Given
from ..model.outcome import Mark, Outcome
from ..model.scenario import AXES, Scenario
from .diagram import Diagram, Edge, Pool


class Decision(NamedTuple):
    """Here a choice decides."""

    axis: str
    ways: tuple[int, ...]  # the number of the node that follows, for each value of the axis, in the axis' order

    def way(self, choices: Given | Scenario) -> int:
        """The node that follows for the choice on this axis."""
        return self.ways[AXES[self.axis].values.index(choices[self.axis])]


Node: TypeAlias = Decision | Outcome  # an outcome: so it ends


def _decides(pool: Pool, axis: str, ways: tuple[int, ...]) -> int:
    """The node on *axis*; where all ways are one, that decides nothing and is where they lead."""
    return ways[0] if len(set(ways)) == 1 else pool(Decision(axis, ways))


class Decisions:
    """Every outcome of a space of scenarios, and the choices that lead there. Each axis is asked once on a path.

    A node is known by its number in *nodes*: what follows stands before what leads there, and the root is the last.
    """

    def __init__(self, nodes: Sequence[Node], fixed: Given) -> None:
        self.nodes, self.fixed = tuple(nodes), fixed

    @classmethod
    def of(cls, diagram: Diagram) -> Self:
        """What decides in the scenarios of *diagram*: it is followed, and its steps are left out."""
        pool, memo = Pool(), dict[Any, int]()

        def node(edge: Edge, before: Outcome) -> int:
            """What decides from *edge* on, where so much stands *before* it."""
            stands, fork = before.after(*(event for event in edge.events if isinstance(event, Mark))), edge.to
            if fork is None:
                return pool(stands)
            if (fork.id, stands) not in memo:
                memo[fork.id, stands] = _decides(pool, fork.axis, tuple(node(next_, stands) for next_ in fork.edges))
            return memo[fork.id, stands]

        root = node(diagram.root, Outcome())
        return cls(pool.things[: root + 1], diagram.fixed)

    def to_json(self) -> str:
        """Each node as a list: an axis and the numbers of what follows, or an outcome's words."""
        return json.dumps(self.nodes, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`, of all scenarios there are."""
        rows = json.loads(text)
        return cls([Outcome(*row) if isinstance(row[1], str) else Decision(row[0], tuple(row[1])) for row in rows], {})

    def given(self, choices: Given) -> Self:
        """What decides in the scenarios with these *choices* alone."""
        pool, made = Pool(), list[int]()
        for node in self.nodes:
            if isinstance(node, Outcome):
                made.append(pool(node))
            elif node.axis in choices:
                made.append(made[node.way(choices)])
            else:
                made.append(_decides(pool, node.axis, tuple(made[way] for way in node.ways)))
        return type(self)(pool.things[: made[-1] + 1], {**self.fixed, **choices})

    def outcome(self, choices: Given | Scenario) -> Outcome:
        """How the scenario of these *choices* (axis name -> value) ends."""
        node = self.nodes[-1]
        while isinstance(node, Decision):
            node = self.nodes[node.way(choices)]
        return node

    def size(self, given: Given = {}) -> int:  # noqa: B006, it is only read
        """How many scenarios there are with the choices *given*."""
        return prod(len(axis.values) for name, axis in AXES.items() if name not in self.fixed and name not in given)

    def count(self, given: Given = {}) -> Counter[Outcome]:  # noqa: B006, it is only read
        """How many of the scenarios with the choices *given* end in each outcome: exactly."""
        weights = [0] * (len(self.nodes) - 1) + [self.size(given)]
        counts: Counter[Outcome] = Counter()
        for node in reversed(self.nodes):
            weight = weights.pop()  # all of it: what leads to a node stands behind it
            if isinstance(node, Outcome) and weight:
                counts[node] = weight
            elif isinstance(node, Decision):
                ways = (node.way(given),) if node.axis in given else node.ways
                for way in ways:
                    weights[way] += weight // len(ways)  # exact: no axis is asked twice on a path
        return counts

    def moved(self, a: Given, b: Given) -> dict[tuple[Outcome, Outcome], tuple[int, Given]]:
        """Of scenarios that differ in the choices *a* and *b* alone, how many end as a pair says: exactly.

        For each pair of outcomes, with *a* and with *b*, also the fewest choices besides that lead there from the
        defaults. Both are followed at once; where one has asked what the other asks later, that is known then.
        """
        both = self.given(a), self.given(b)
        asked = tuple(one._asked() for one in both)

        @cache
        def shares(i: int, j: int, known: frozenset[tuple[str, int]]) -> dict[Any, tuple[Fraction, tuple[Any, ...]]]:
            choices = dict(known)
            numbers = [one._next(number, choices) for one, number in zip(both, (i, j), strict=True)]
            ours, theirs = (one.nodes[number] for one, number in zip(both, numbers, strict=True))
            left = [axes[number] for axes, number in zip(asked, numbers, strict=True)]
            node = theirs if len(left[1]) > len(left[0]) else ours  # more may be asked of it: both are to get on alike
            if isinstance(node, Outcome):
                return {(ours, theirs): (Fraction(1), ())}
            axis, later = node.axis, left[0] | left[1]
            found: dict[Any, tuple[Fraction, tuple[Any, ...]]] = {}
            for number, value in enumerate(AXES[axis].values):
                below = frozenset((name, n) for name, n in {**choices, axis: number}.items() if name in later)
                chosen = () if value == AXES[axis].default else ((axis, value),)
                for pair, (share, changes) in shares(*numbers, below).items():
                    more, fewest = found.get(pair, (Fraction(0), None))
                    longer = (*chosen, *changes)
                    fewest = longer if fewest is None or len(longer) < len(fewest) else fewest
                    found[pair] = more + share / len(AXES[axis].values), fewest
            return found

        size = both[0].size()
        pairs = shares(len(both[0].nodes) - 1, len(both[1].nodes) - 1, frozenset())
        return {pair: (int(share * size), dict(choices)) for pair, (share, choices) in pairs.items()}

    def _asked(self) -> list[frozenset[str]]:
        """The axes that may still be asked, of each node."""
        asked = list[frozenset[str]]()
        for node in self.nodes:
            below = () if isinstance(node, Outcome) else ({node.axis}, *(asked[way] for way in node.ways))
            asked.append(frozenset[str]().union(*below))
        return asked

    def _next(self, number: int, choices: dict[str, int]) -> int:
        """The first node from this on that asks what *choices*, by number of the value, do not say."""
        while isinstance(node := self.nodes[number], Decision) and node.axis in choices:
            number = node.ways[choices[node.axis]]
        return number

    def nearest(self, wanted: Callable[[Outcome], bool], to: Given) -> Given | None:
        """The choices that differ least from *to* and end as *wanted*: only those that differ; None if none does."""
        far, cost = len(AXES) + 1, list[int]()
        for node in self.nodes:
            if isinstance(node, Outcome):
                cost.append(0 if wanted(node) else far)
            else:
                own = node.way(to)
                cost.append(min(cost[way] + (way != own) for way in node.ways))
        if cost[-1] >= far:
            return None
        changes, node = {}, self.nodes[-1]
        while isinstance(node, Decision):
            values = AXES[node.axis].values
            own = values.index(to[node.axis])
            *_, i = min((cost[way] + (i != own), i != own, i) for i, way in enumerate(node.ways))
            if i != own:
                changes[node.axis] = values[i]
            node = self.nodes[node.ways[i]]
        return changes
