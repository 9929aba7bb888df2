"""Every scenario at once: a decision diagram, made by running the stages on what is known and forking at what is not.

A stage that is entered with the same message, knowing the same of what it or its successors read, is one node however
it was reached; nodes that read the same are one. So the diagram stays small while the space of scenarios does not.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from ..messages import Start
from ..partial import Known, Partial, Unknown
from ..scenario import AXES
from ..walk import FIRST, Said, played


class Fork(NamedTuple):
    """Here a choice decides: one way on for each value of the axis, in its order."""

    axis: str
    ways: "tuple[Node, ...]"
    id: int

    def __repr__(self) -> str:  # what follows is shared, and written out would not end
        return f"<fork {self.id} on {self.axis}>"


class Say(NamedTuple):
    """Here something happens, and goes on."""

    said: Said
    then: "Node"
    id: int

    def __repr__(self) -> str:
        return f"<node {self.id}: {len(self.said)} steps and marks>"


Node: TypeAlias = "Fork | Say | None"  # None: the end


class Diagram(NamedTuple):
    """All scenarios that have the choices *fixed*."""

    root: Node
    fixed: Known
    order: "tuple[Fork | Say, ...]"  # all nodes; what follows stands before what leads there
    runs: int  # of stages, to make it

    def __repr__(self) -> str:
        return f"<diagram of {len(self.order)} nodes, made by {self.runs} runs of stages>"

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
    making = _Making()
    root, _ = making.enter(FIRST, Start(), dict(fixed))
    return Diagram(root, fixed, tuple(making.same.values()), making.runs)


Reads: TypeAlias = frozenset[str]  # axes


class _Making:
    """What has been made so far: nothing is made twice."""

    def __init__(self) -> None:
        self.runs = 0
        self.same: dict[Any, Fork | Say] = {}
        # (stage, message) -> what was read there and later, of that what was known -> its values -> the node
        self.entered: dict[Any, dict[tuple[Reads, Reads], dict[tuple[Any, ...], Node]]] = {}

    def enter(self, stage: str, message: Any, known: dict[str, Any]) -> tuple[Node, Reads]:
        """The node of *stage* with *message*, and all axes that were read to make it.

        One that was made before serves again if the same was known of all that it read.
        """
        before = self.entered.setdefault((stage, message), {})
        for (reads, given), made in before.items():
            if given == reads.intersection(known) and (values := tuple(known[a] for a in sorted(given))) in made:
                return made[values], reads
        node, reads = self.expand(stage, message, known)
        given = reads.intersection(known)
        before.setdefault((reads, given), {})[tuple(known[a] for a in sorted(given))] = node
        return node, reads

    def expand(self, stage: str, message: Any, known: dict[str, Any]) -> tuple[Node, Reads]:
        self.runs += 1
        read: list[str] = []
        try:
            said, found = played(stage, message, Partial(known, read))
        except Unknown as unknown:
            axis = str(unknown)
            ways = [self.expand(stage, message, {**known, axis: value}) for value in AXES[axis].values]
            return self.fork(axis, tuple(node for node, _ in ways)), frozenset(read).union(*(r for _, r in ways))
        then, later = self.enter(*found, known) if found else (None, frozenset[str]())
        return self.say(said, then), later.union(read)

    def fork(self, axis: str, ways: tuple[Node, ...]) -> Node:
        if all(way is ways[0] for way in ways):
            return ways[0]
        key = (axis, *(way.id if way else -1 for way in ways))
        return self.same.setdefault(key, Fork(axis, ways, len(self.same)))

    def say(self, said: Said, then: Node) -> Node:
        if not said:
            return then
        return self.same.setdefault((said, then.id if then else -1), Say(said, then, len(self.same)))
