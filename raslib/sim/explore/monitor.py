"""A sentence held against every scenario: an observer follows each story, and its objections are counted.

Stories that share their rest share its observation, so that all of them are observed, not some; each objection comes
with one scenario as a witness.
"""

from math import prod
from typing import Any, NamedTuple, TypeAlias

from ..model.lazy import Given
from ..model.outcome import Mark
from ..model.scenario import AXES, Scenario
from ..model.trace import Step
from .diagram import Diagram, Edge


class Objection(NamedTuple):
    """What an observer says when it has seen what should not be. Equal ones are counted together."""

    what: str


class Observer:
    """Follows a story from its first choice to its end, and keeps one value of it; this one objects to nothing.

    What it keeps is small and hashable; `first` is that before anything has happened. Its methods give what it keeps
    after a choice that the story has come to depend on, a step or a mark, or an `Objection`.
    """

    first: Any = None

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return state

    def step(self, state: Any, step: Step) -> Any:
        return state

    def mark(self, state: Any, mark: Mark) -> Any:
        return state

    def end(self, state: Any) -> Objection | None:
        """What it says when nothing more happens."""
        return None


class CounterExample(NamedTuple):
    """An objection, in how many scenarios it was raised (first), and one of them with few choices.

    *beside* is the scenario that differs from it, where stories are compared.
    """

    what: str
    scenarios: int
    witness: Scenario
    beside: Scenario | None = None


def observe(diagram: Diagram, observer: Observer) -> tuple[CounterExample, ...]:
    """Everything that *observer* objects to in the scenarios of *diagram*; none: it holds in all of them."""
    ends = ends_of(diagram, observer)
    objections = sorted(o for o in ends if isinstance(o, Objection))
    return tuple(CounterExample(o.what, ends[o].scenarios, ends[o].witness) for o in objections)


class End(NamedTuple):
    """In how many scenarios it came so, and the choices of one of them."""

    scenarios: int
    choices: Given  # that are no defaults

    @property
    def witness(self) -> Scenario:
        """One of the scenarios, with few choices."""
        return Scenario().given(self.choices)


def ends_of(diagram: Diagram, observer: Observer) -> dict[Any, End]:
    """What *observer* knows at the end of each story, or objects to."""
    return _Observation(diagram, observer).ends()


_Path: TypeAlias = tuple[tuple[str, Any], ...]  # choices that are no defaults


class _Observation:
    def __init__(self, diagram: Diagram, observer: Observer) -> None:
        self.diagram, self.observer = diagram, observer
        self.ended: dict[Any, tuple[int, _Path]] = {}
        # fork id -> state -> how many scenarios come here so, and the shortest path
        self.ahead: dict[int, dict[Any, tuple[int, _Path]]] = {}
        self.heard: dict[Any, Any] = {}  # (edge id, the state before) -> after

    def ends(self) -> dict[Any, End]:
        fixed = self.diagram.fixed
        start = self.observer.first
        for name, value in fixed.items():
            start = self.observer.choice(start, name, value)
        size = prod(len(axis.values) for name, axis in AXES.items() if name not in fixed)
        self.take(self.diagram.root, start, size, ())
        for fork in reversed(self.diagram.order):
            for state, (scenarios, path) in self.ahead.pop(fork.id, {}).items():
                for edge, value in zip(fork.edges, AXES[fork.axis].values, strict=True):
                    after = self.observer.choice(state, fork.axis, value)
                    chosen = () if value is AXES[fork.axis].default else ((fork.axis, value),)
                    self.take(edge, after, scenarios // len(fork.edges), path + chosen)
        return {state: End(n, {**fixed, **dict(path)}) for state, (n, path) in self.ended.items()}

    def take(self, edge: Edge, state: Any, scenarios: int, path: _Path) -> None:
        """So many scenarios take this *edge*, and what the observer knows before it is *state*."""
        state = self.hear(edge, state)
        if edge.to and not isinstance(state, Objection):
            here = self.ahead.setdefault(edge.to.id, {})
            here[state] = _more(here.get(state), scenarios, path)
        else:
            end = state if isinstance(state, Objection) else self.observer.end(state) or state
            self.ended[end] = _more(self.ended.get(end), scenarios, path)

    def hear(self, edge: Edge, state: Any) -> Any:
        """What the observer knows after all events of *edge*, if it knew *state* before."""
        if not edge.events or isinstance(state, Objection):
            return state
        key, observer = (edge.id, state), self.observer
        if key not in self.heard:
            for event in edge.events:
                state = observer.step(state, event) if isinstance(event, Step) else observer.mark(state, event)
                if isinstance(state, Objection):
                    break
            self.heard[key] = state
        return self.heard[key]


def _more(before: tuple[int, _Path] | None, scenarios: int, path: _Path) -> tuple[int, _Path]:
    return (scenarios, path) if before is None else (before[0] + scenarios, min(before[1], path, key=len))
