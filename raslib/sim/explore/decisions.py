"""Which choices decide how it ends: the diagram without its steps, from the first choice to the outcome."""

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple, TypeAlias

from ..model.outcome import Mark, Outcome
from ..model.partial import Given
from ..model.scenario import AXES, Scenario
from .diagram import Diagram, Edge, Fork


class Decision(NamedTuple):
    """Here a choice decides: one way on for each value of the axis, in its order."""

    axis: str
    ways: "tuple[Next, ...]"
    id: int

    def __repr__(self) -> str:  # what follows is shared, and written out would not end
        return f"<decision {self.id} on {self.axis}>"


class Leaf(NamedTuple):
    """So it ends."""

    outcome: Outcome
    id: int


Next: TypeAlias = "Decision | Leaf"


class Decisions:
    """Every outcome of a space of scenarios, and the choices that lead there. Each axis is asked once on a way."""

    def __init__(self, diagram: Diagram) -> None:
        self.fixed = diagram.fixed
        self._same: dict[Any, Next] = {}
        self._seen: dict[Any, Next] = {}
        self.root = self._from(diagram.root, Outcome())
        self.order = tuple(self._same.values())  # what follows stands before what leads there

    def _from(self, way: Edge, so_far: Outcome) -> Next:
        stands = so_far.after(*(said for said in way.said if isinstance(said, Mark)))
        key = (way.to.id if way.to else -1, stands)
        if key not in self._seen:
            self._seen[key] = self._made(way.to, stands)
        return self._seen[key]

    def _made(self, fork: Fork | None, so_far: Outcome) -> Next:
        if fork is None:
            return self._same.setdefault(so_far, Leaf(so_far, len(self._same)))
        ways = tuple(self._from(way, so_far) for way in fork.ways)
        if all(way is ways[0] for way in ways):
            return ways[0]
        key = (fork.axis, *(way.id for way in ways))
        return self._same.setdefault(key, Decision(fork.axis, ways, len(self._same)))

    # --- one scenario ------------------------------------------------------------------------------------------------

    def outcome(self, choices: Given | Scenario) -> Outcome:
        """How the scenario of these *choices* (axis name -> value) ends."""
        way = self.root
        while isinstance(way, Decision):
            way = way.ways[PLACES[way.axis][id(choices[way.axis])]]
        return way.outcome

    def decided_by(self, choices: Given) -> tuple[str, ...]:
        """The axes that are asked on the way to this outcome, in order."""
        asked, way = [], self.root
        while isinstance(way, Decision):
            asked.append(way.axis)
            way = way.ways[place(way.axis, choices[way.axis])]
        return tuple(asked)

    # --- all of them -------------------------------------------------------------------------------------------------

    def size(self, given: Given = {}) -> int:  # noqa: B006, it is only read
        """How many scenarios there are with the choices *given*."""
        return prod(len(axis.values) for name, axis in AXES.items() if name not in self.fixed and name not in given)

    def count(self, given: Given = {}) -> Counter[Outcome]:  # noqa: B006, it is only read
        """How many of the scenarios with the choices *given* end in each outcome: exactly."""
        weights = {self.root.id: self.size(given)}
        found: Counter[Outcome] = Counter()
        for way in reversed(self.order):
            weight = weights.pop(way.id, 0)
            if not weight:
                continue
            if isinstance(way, Leaf):
                found[way.outcome] += weight
            elif way.axis in given:
                on = way.ways[place(way.axis, given[way.axis])]
                weights[on.id] = weights.get(on.id, 0) + weight
            else:
                share = weight // len(way.ways)  # exact: no axis is asked twice on a way
                for on in way.ways:
                    weights[on.id] = weights.get(on.id, 0) + share
        return found

    def nearest(self, wanted: Callable[[Outcome], bool], to: Given) -> Given | None:
        """The choices that differ least from *to* and end as *wanted*: only those that differ; None if none does."""
        far = len(AXES) + 1
        cost: dict[int, int] = {}
        for way in self.order:
            if isinstance(way, Leaf):
                cost[way.id] = 0 if wanted(way.outcome) else far
            else:
                own = place(way.axis, to[way.axis])
                cost[way.id] = min(cost[on.id] + (i != own) for i, on in enumerate(way.ways))
        if cost[self.root.id] >= far:
            return None
        changes, way = {}, self.root
        while isinstance(way, Decision):
            own = place(way.axis, to[way.axis])
            *_, i = min((cost[on.id] + (i != own), i != own, i) for i, on in enumerate(way.ways))
            if i != own:
                changes[way.axis] = AXES[way.axis].values[i]
            way = way.ways[i]
        return changes

    def matter(self, to: Given) -> Iterator[tuple[str, Any, Outcome]]:
        """Each choice that, changed alone, changes the outcome of *to*: its axis, its value, the outcome then."""
        now = self.outcome(to)
        for axis in self.decided_by(to):
            for value in AXES[axis].values:
                if value is not to[axis] and (then := self.outcome({**to, axis: value})) != now:
                    yield axis, value, then


PLACES = {name: {id(value): i for i, value in enumerate(axis.values)} for name, axis in AXES.items()}


def place(axis: str, value: Any) -> int:
    """The place of *value* among those of its axis. Values are single objects, and compared as such."""
    return PLACES[axis][id(value)]
