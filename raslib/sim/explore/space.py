"""A space of scenarios, some choices given and all others open, and what can be asked of it."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple, Self

from ...cache import cached
from ..model.axes import ScenarioError, named
from ..model.lazy import Given
from ..model.outcome import ENDS, Outcome
from ..model.scenario import AXES, Scenario, pair_of, values_of
from ..walk import decided_by, outcome
from .decisions import Decisions
from .diagram import Diagram, diagram

QUESTION = "decisions"  # the name of its answer in the cache


class Nearby(NamedTuple):
    """A scenario that ends otherwise, and which choices make it so."""

    scenario: Scenario
    changes: dict[str, str]  # axis -> word
    outcome: Outcome

    def __hash__(self) -> int:
        return hash((self.scenario, self.outcome))


class OutcomeTable(NamedTuple):
    """How many scenarios end how, for each combination of some choices."""

    axes: tuple[str, ...]
    of: str  # which part of the outcome
    given: dict[str, str]
    rows: dict[tuple[str, ...], Counter[str]]

    def __hash__(self) -> int:
        return hash((self.axes, self.of, *self.rows))

    @property
    def ends(self) -> tuple[str, ...]:
        """The ends that occur, in the order of their list; what has no place there last."""
        words = set().union(*self.rows.values())
        return tuple(end for end in ENDS if end in words) + tuple(sorted(words - ENDS.keys()))

    def to_json(self) -> list[dict[str, Any]]:
        """A row for each combination: its words, and how many scenarios end how."""
        return [
            {
                "by": dict(zip(self.axes, words, strict=True)),
                "of": self.of,
                "counts": {e: counts[e] for e in self.ends if counts[e]},
            }
            for words, counts in self.rows.items()
        ]


class Space:
    """All scenarios with some choices given. Made by `Space.of`; each question is answered exactly."""

    def __init__(self, given: Given) -> None:
        self.given = dict(given)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.given == other.given

    def __hash__(self) -> int:
        return hash(frozenset(self.given.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}.of({', '.join(map('{0[0]}={0[1]}'.format, self._words(self.given).items()))})"

    @classmethod
    def of(cls, *pairs: str, **choices: Any) -> Self:
        """The scenarios with these choices, as `Scenario.choose` takes them. Raises `ScenarioError`."""
        return cls(values_of(dict(map(pair_of, pairs)) | choices))

    @property
    def diagram(self) -> Diagram:
        """What happens in all of them."""
        return _explored(tuple(sorted(self.given.items())))

    @property
    def decisions(self) -> Decisions:
        """What decides how they end: of all scenarios it is found once for each version of the stages, and cached."""
        return _decided(tuple(sorted(self.given.items())))

    @property
    def size(self) -> int:
        """How many scenarios there are."""
        return prod(len(axis.values) for name, axis in AXES.items() if name not in self.given)

    def outcomes(self) -> Counter[Outcome]:
        """How many scenarios end in each outcome."""
        return self.decisions.count()

    def table(self, *axes: str, of: str = "end") -> OutcomeTable:
        """How many scenarios end how, by the values of some *axes*. Raises `ScenarioError`."""
        if of not in Outcome._fields:
            raise ScenarioError(f"no part of an outcome is called {of!r}; there are {', '.join(Outcome._fields)}")
        given_axes = [named(AXES, name) for name in axes]
        rows = {}
        for values in product(*([self.given[a.name]] if a.name in self.given else a.values for a in given_axes)):
            chosen = {a.name: v for a, v in zip(given_axes, values, strict=True) if a.name not in self.given}
            counts: Counter[str] = Counter()
            for ended, n in self.decisions.count(chosen).items():
                counts[getattr(ended, of)] += n
            rows[tuple(a.word(v) for a, v in zip(given_axes, values, strict=True))] = counts
        return OutcomeTable(tuple(a.name for a in given_axes), of, self._words(self.given), rows)

    def witness(self, **outcome: str) -> Scenario | None:
        """The scenario with the fewest choices that ends so: `witness(end="host_panic")`. Raises `ScenarioError`."""
        if wrong := sorted(outcome.keys() - set(Outcome._fields)):
            raise ScenarioError(f"no part of an outcome is called {wrong[0]!r}; there are {', '.join(Outcome._fields)}")
        start, wanted = self._choices(Scenario()), outcome.items()
        changes = self.decisions.nearest(lambda o: all(getattr(o, part) == word for part, word in wanted), start)
        return None if changes is None else Scenario().given({**start, **changes})

    def nearest(self, s: Scenario, of: str = "end") -> Nearby | None:
        """The scenario that differs least from *s* and ends otherwise; None if all end alike.

        *of* is the part of the outcome that is to differ. Mostly one choice is enough: then *s* and its neighbours are
        walked (some 130), and only else the whole space is explored.
        """
        start = self._choices(s)
        ends = getattr(_outcome(start), of)
        alone = ({axis: value} for axis in reversed(self._decided_by(start)) for value in AXES[axis].values)
        changes: Given | None = next((c for c in alone if getattr(_outcome({**start, **c}), of) != ends), None)
        changes = changes or self.decisions.nearest(lambda outcome: getattr(outcome, of) != ends, start)
        if changes is None:
            return None
        then = {**start, **changes}
        return Nearby(Scenario().given(then), self._words(changes), _outcome(then))

    def matters(self, s: Scenario) -> dict[str, dict[str, Outcome]]:
        """The choices that matter in *s*: axis -> value that, chosen alone, changes the outcome -> to what."""
        start = self._choices(s)
        ours, changes = _outcome(start), dict[str, dict[str, Outcome]]()
        for axis in self._decided_by(start):
            for value in AXES[axis].values:
                if (then := _outcome({**start, axis: value})) != ours:
                    changes.setdefault(axis, {})[AXES[axis].word(value)] = then
        return changes

    def _decided_by(self, choices: Given) -> list[str]:
        return [axis for axis in decided_by(Scenario().given(choices)) if axis not in self.given]

    def _choices(self, s: Scenario) -> dict[str, Any]:
        return {name: s[name] for name in AXES} | self.given

    @staticmethod
    def _words(choices: Mapping[str, Any]) -> dict[str, str]:
        return {name: AXES[name].word(value) for name, value in choices.items()}


def _outcome(choices: Given) -> Outcome:
    return Outcome(**outcome(Scenario().given(choices)))


@lru_cache(maxsize=8)
def _explored(given: tuple[tuple[str, Any], ...]) -> Diagram:
    return diagram(dict(given))


@lru_cache(maxsize=8)
def _decided(given: tuple[tuple[str, Any], ...]) -> Decisions:
    return _decided(()).given(dict(given)) if given else Decisions.from_json(cached(QUESTION, found))


def found() -> str:
    """What decides how all scenarios end, as JSON."""
    return Decisions.of(Space.of().diagram).to_json()
