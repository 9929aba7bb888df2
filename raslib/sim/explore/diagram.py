"""Every scenario at once: a decision diagram, made by running the stages on what is known and forking at what is not.

A stage that is entered with the same message, while the same is known of what it or its successors read, has one edge
however it was reached; forks whose edges are the same are one. So the diagram stays small while the space does not:
49,000 runs of stages for 1.3 * 10^31 scenarios.
"""

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple, TypeAlias

from ..model.messages import Start
from ..model.partial import Given, Partial, UnknownChoice
from ..model.scenario import AXES
from ..model.trace import Next, Step
from ..walk import FIRST, Events, run_stage


class Edge(NamedTuple):
    """Something happens, and then another choice decides; or the story ends (*to* is None)."""

    events: Events
    to: "Fork | None"
    id: int  # edges with the same events to the same fork are one


class Fork(NamedTuple):
    """Here a choice decides: an edge for each value of the axis, in the axis' order."""

    axis: str
    edges: tuple[Edge, ...]
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
        """The events of the scenario with these *choices*, of which there is one for each axis."""
        edge = self.root
        yield from edge.events
        while fork := edge.to:
            edge = fork.edges[AXES[fork.axis].values.index(choices[fork.axis])]
            yield from edge.events

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, the first one included."""
        yield self.root
        for fork in self.order:
            yield from fork.edges

    @property
    def steps(self) -> Iterator[Step]:
        """Every step that some scenario takes; the same one as often as there are edges with it."""
        return (event for edge in self.edges for event in edge.events if isinstance(event, Step))


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
        self.edges: dict[Any, Edge] = {}
        # (stage, message) -> what was read there and later, of that what was given -> its values -> the edge
        self.memo: dict[Any, dict[tuple[Reads, Reads], dict[tuple[Any, ...], Edge]]] = {}
        # (stage, message) -> what the choices are that it has read, in order -> the axis that it reads next, or its end
        self.ran: dict[Any, dict[tuple[Any, ...], str | tuple[Events, Next]]] = {}

    def enter(self, stage: str, message: Any, choices: dict[str, Any]) -> tuple[Edge, Reads]:
        """The edge of *stage* entered with *message*, and all axes that were read to make it.

        One that was made before serves again if the same was given of all that it read.
        """
        memo = self.memo.setdefault((stage, message), {})
        for (reads, given), edges in memo.items():
            if given == reads.intersection(choices):
                values = tuple(choices[axis] for axis in sorted(given))
                if values in edges:
                    return edges[values], reads
        edge, reads = self.expand(stage, message, choices)
        given = reads.intersection(choices)
        memo.setdefault((reads, given), {})[tuple(choices[axis] for axis in sorted(given))] = edge
        return edge, reads

    def expand(self, stage: str, message: Any, choices: dict[str, Any]) -> tuple[Edge, Reads]:
        """The edge made anew: the stage is run, and where it reads a choice that is not given it is run for each."""
        read, ended = self.run(stage, message, choices)
        if isinstance(ended, str):
            made = [self.expand(stage, message, {**choices, ended: value}) for value in AXES[ended].values]
            return self.fork(ended, tuple(edge for edge, _ in made)), read.union(*(r for _, r in made))
        events, following = ended
        if following is None:
            return self.edge(events, None), read
        then, later = self.enter(*following, choices)
        return self.edge(events + then.events, then.to), later.union(read)

    def run(self, stage: str, message: Any, choices: dict[str, Any]) -> tuple[Reads, str | tuple[Events, Next]]:
        """The axes that the stage reads, and how it ends, or the axis that it reads and that is not given.

        It is not run again for other choices on axes that it does not read itself.
        """
        ran, read, values = self.ran.setdefault((stage, message), {}), list[str](), tuple[Any, ...]()
        while isinstance(ended := ran.get(values), str) and ended in choices:
            read.append(ended)
            values = (*values, choices[ended])
        if ended is None:
            self.runs += 1
            try:
                ended = run_stage(stage, message, Partial(choices, read := []))
            except UnknownChoice as unknown:
                ended = str(unknown)
            values = ()
            for axis in dict.fromkeys(read):
                ran[values] = axis
                values = (*values, choices.get(axis))
            if not isinstance(ended, str):
                ran[values] = ended
        return frozenset(read), ended

    def edge(self, events: Events, to: Fork | None) -> Edge:
        return self.edges.setdefault((events, to and to.id), Edge(events, to, len(self.edges)))

    def fork(self, axis: str, edges: tuple[Edge, ...]) -> Edge:
        ids = tuple(edge.id for edge in edges)
        if len(set(ids)) == 1:
            return edges[0]
        return self.edge((), self.forks.setdefault((axis, ids), Fork(axis, edges, len(self.forks))))


class Pool:
    """Things that are there once, each under a number: what holds many of them is small, and compared at once."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.things: list[Any] = []

    def __call__(self, key: Hashable, thing: Any = None) -> int:
        if key not in self.numbers:
            self.numbers[key] = len(self.things)
            self.things.append(key if thing is None else thing)
        return self.numbers[key]
