"""Every scenario at once: a decision diagram, made by running the stages on what is known and forking at what is not.

A stage that is entered with the same message, knowing the same of what it or its successors read, is one way however
it was reached; forks that lead the same ways are one. So the diagram stays small while the space of scenarios does not.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from ..model.messages import Start
from ..model.partial import Given, Partial, UnknownChoice
from ..model.scenario import AXES
from ..walk import FIRST, Events, run_stage


class Edge(NamedTuple):
    """Something happens, and then another choice decides; or the story ends."""

    said: Events
    to: "Fork | None"


class Fork(NamedTuple):
    """Here a choice decides: one way on for each value of the axis, in its order."""

    axis: str
    ways: tuple[Edge, ...]
    id: int

    def __repr__(self) -> str:  # what follows is shared, and written out would not end
        return f"<fork {self.id} on {self.axis}>"


class Diagram(NamedTuple):
    """All scenarios that have the choices *fixed*."""

    root: Edge
    fixed: Given
    order: tuple[Fork, ...]  # all of them; what follows stands before what leads there
    runs: int  # of stages, to make it

    def __repr__(self) -> str:
        return f"<diagram of {len(self.order)} forks, made by {self.runs} runs of stages>"

    def walk(self, choices: Given) -> Iterator[Any]:
        """What is said in the scenario of these *choices* (axis name -> value): steps and marks."""
        way = self.root
        yield from way.said
        while fork := way.to:
            way = fork.ways[AXES[fork.axis].values.index(choices[fork.axis])]
            yield from way.said

    @property
    def ways(self) -> Iterator[Edge]:
        """Every way, the first one included."""
        yield self.root
        for fork in self.order:
            yield from fork.ways


def diagram(fixed: Given) -> Diagram:
    """The diagram of all scenarios that have the choices *fixed* (axis name -> value)."""
    making = _Making()
    root, _ = making.enter(FIRST, Start(), dict(fixed))
    return Diagram(root, fixed, tuple(making.forks.values()), making.runs)


Reads: TypeAlias = frozenset[str]  # axes


class _Making:
    """What has been made so far: nothing is made twice."""

    def __init__(self) -> None:
        self.runs = 0
        self.forks: dict[Any, Fork] = {}
        self.ways: dict[Any, Edge] = {}
        # (stage, message) -> what was read there and later, of that what was known -> its values -> the way
        self.entered: dict[Any, dict[tuple[Reads, Reads], dict[tuple[Any, ...], Edge]]] = {}

    def enter(self, stage: str, message: Any, known: dict[str, Any]) -> tuple[Edge, Reads]:
        """The way on by *stage* with *message*, and all axes that were read to make it.

        One that was made before serves again if the same was known of all that it read.
        """
        before = self.entered.setdefault((stage, message), {})
        for (reads, given), made in before.items():
            if given == reads.intersection(known) and (values := tuple(known[a] for a in sorted(given))) in made:
                return made[values], reads
        way, reads = self.expand(stage, message, known)
        given = reads.intersection(known)
        before.setdefault((reads, given), {})[tuple(known[a] for a in sorted(given))] = way
        return way, reads

    def expand(self, stage: str, message: Any, known: dict[str, Any]) -> tuple[Edge, Reads]:
        self.runs += 1
        read: list[str] = []
        try:
            said, found = run_stage(stage, message, Partial(known, read))
        except UnknownChoice as unknown:
            axis = str(unknown)
            ways = [self.expand(stage, message, {**known, axis: value}) for value in AXES[axis].values]
            return self.fork(axis, tuple(way for way, _ in ways)), frozenset(read).union(*(r for _, r in ways))
        then, later = self.enter(*found, known) if found else (Edge((), None), frozenset[str]())
        return self.way(said + then.said, then.to), later.union(read)

    def way(self, said: Events, to: Fork | None) -> Edge:
        """One object for each: that two ways are the same is seen without a look at what is said."""
        return self.ways.setdefault((said, to.id if to else -1), Edge(said, to))

    def fork(self, axis: str, ways: tuple[Edge, ...]) -> Edge:
        if all(way is ways[0] for way in ways):
            return ways[0]
        key = (axis, *map(id, ways))
        return self.way((), self.forks.setdefault(key, Fork(axis, ways, len(self.forks))))
