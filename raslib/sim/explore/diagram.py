"""Every scenario at once: a decision diagram of the stages, made by running them on what is known and forking elsewhere.

A stage that is entered with the same message, knowing the same of what it or its successors read, is one node however it
was reached; nodes that read the same are one. So the diagram stays small while the space of scenarios does not.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from ..messages import Start
from ..scenario import AXES
from ..trace import Next
from ..walk import STAGES
from .partial import Known, Partial, Said, Unknown, run_stage


class Fork(NamedTuple):
    """Here a choice decides: one way on for each value of the axis, in its order."""

    axis: str
    ways: "tuple[Node, ...]"
    id: int


class Say(NamedTuple):
    """Here something happens, and goes on."""

    said: Said
    then: "Node"
    id: int


Node: TypeAlias = "Fork | Say | None"  # None: the end


class Diagram(NamedTuple):
    """All scenarios that have the choices *fixed*."""

    root: Node
    fixed: Known
    nodes: int
    runs: int  # of stages, to make it

    def walk(self, choices: Known) -> Iterator[Any]:
        """What is said in the scenario of these *choices* (axis name -> value): steps and marks."""
        node = self.root
        while node:
            if isinstance(node, Say):
                yield from node.said
                node = node.then
            else:
                node = node.ways[AXES[node.axis].values.index(choices[node.axis])]


def diagram(fixed: Known) -> Diagram:
    """The diagram of all scenarios that have the choices *fixed* (axis name -> value)."""
    reach = _Reach(fixed)
    while True:
        made = _Making(reach)
        try:
            root = made.enter("meet", Start(), dict(fixed))
        except _Learned:
            continue
        return Diagram(root, fixed, made.nodes, made.runs)


class _Learned(Exception):
    """A stage reads, or leads to, what was not known of it: choices may have been forgotten too early."""


class _Reach:
    """Which axes each stage, or any that may follow it, reads: learned by running, first of all from a few walks."""

    def __init__(self, fixed: Known) -> None:
        self.reads: dict[str, set[str]] = defaultdict(set)
        self.follows: dict[str, set[str]] = defaultdict(set)
        chance = random.Random(0)
        for _ in range(300):
            known = {name: chance.choice(axis.values) for name, axis in AXES.items()} | dict(fixed)
            found: Next = ("meet", Start())
            while found:
                stage, read = found[0], list[str]()
                _, found = run_stage(*found, Partial(known, read))
                self.reads[stage].update(read)
                self.follows[stage].update([found[0]] if found else [])
        self.close()

    def close(self) -> None:
        self.live = {stage: set(self.reads[stage]) for stage in STAGES}
        grown = True
        while grown:
            grown = False
            for stage, after in self.follows.items():
                more = set().union(*(self.live[a] for a in after)) - self.live[stage]
                self.live[stage] |= more
                grown |= bool(more)

    def learn(self, stage: str, read: list[str], after: str | None) -> None:
        """Raises `_Learned` if this is news."""
        news = set(read) - self.live[stage] or (after is not None and after not in self.follows[stage])
        self.reads[stage].update(read)
        self.follows[stage].update([after] if after is not None else [])
        if news:
            self.close()
            raise _Learned


class _Making:
    def __init__(self, reach: _Reach) -> None:
        self.reach, self.runs = reach, 0
        self.entered: dict[Any, Node] = {}
        self.same: dict[Any, Node] = {}

    @property
    def nodes(self) -> int:
        return len(self.same)

    def enter(self, stage: str, message: Any, known: dict[str, Any]) -> Node:
        live = self.reach.live[stage]
        known = {name: value for name, value in known.items() if name in live}
        key = (stage, message, frozenset(known.items()))
        if key not in self.entered:
            self.entered[key] = self.expand(stage, message, known)
        return self.entered[key]

    def expand(self, stage: str, message: Any, known: dict[str, Any]) -> Node:
        self.runs += 1
        read: list[str] = []
        try:
            said, found = run_stage(stage, message, Partial(known, read))
        except Unknown as unknown:
            self.reach.learn(stage, read, None)
            axis = str(unknown)
            return self.fork(axis, tuple(self.expand(stage, message, {**known, axis: v}) for v in AXES[axis].values))
        self.reach.learn(stage, read, found[0] if found else None)
        return self.say(said, self.enter(*found, known) if found else None)

    def fork(self, axis: str, ways: tuple[Node, ...]) -> Node:
        if all(way is ways[0] for way in ways):
            return ways[0]
        key = (axis, *(way.id if way else -1 for way in ways))
        return self.same.setdefault(key, Fork(axis, ways, len(self.same)))

    def say(self, said: Said, then: Node) -> Node:
        if not said:
            return then
        return self.same.setdefault((said, then.id if then else -1), Say(said, then, len(self.same)))
