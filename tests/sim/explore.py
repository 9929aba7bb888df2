"""Every scenario at once: the ordinary stages run with only some choices known; reading another forks.

`paths` gives every way through, `survey` what is reached in the whole space and how often, without walking each way.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from raslib.sim.messages import Start
from raslib.sim.outcome import Outcome
from raslib.sim.scenario import AXES
from raslib.sim.trace import Step, Text
from raslib.sim.walk import STAGES

GROUPS = {name.partition(".")[0] for name in AXES if "." in name}
Known = Mapping[str, Any]


class Unknown(Exception):
    """A stage has read a choice that is not known."""


class Partial:
    """A scenario of which some choices are known. `read` notes which were looked at, in order."""

    def __init__(self, known: Known, read: list[str] | None = None, prefix: str = "") -> None:
        self._known, self._read, self._prefix = known, [] if read is None else read, prefix

    def __getattr__(self, name: str) -> Any:
        if not self._prefix and name in GROUPS:
            return Partial(self._known, self._read, f"{name}.")
        name = self._prefix + name
        if name not in AXES:
            raise AttributeError(name)
        self._read.append(name)
        if name not in self._known:
            raise Unknown(name)
        return self._known[name]


def run(stage: str, message: Any, s: Any) -> tuple[list[Step], Any]:
    """The steps of one stage, and what it returns."""
    steps, running = [], STAGES[stage](s, message)
    while True:
        try:
            steps.append(next(running))
        except StopIteration as end:
            return steps, end.value


class Path(NamedTuple):
    """One way through: the choices that it depends on, its steps, how it ends."""

    known: Known
    steps: tuple[Step, ...]
    outcome: Outcome


def paths(fixed: Known, stage: str = "begin", message: Any = None) -> Iterator[Path]:
    """Every way through the scenarios that have the choices *fixed*."""
    try:
        steps, found = run(stage, Start() if message is None else message, Partial(fixed))
    except Unknown as unknown:
        name = str(unknown)
        for value in AXES[name].values:
            yield from paths({**fixed, name: value}, stage, message)
        return
    if isinstance(found, Outcome):
        yield Path(fixed, tuple(steps), found)
        return
    for rest in paths(fixed, *found):
        yield rest._replace(steps=(*steps, *rest.steps))


class Survey(NamedTuple):
    """What a space of scenarios holds: the share of each outcome, and all texts that some scenario reaches."""

    outcomes: Counter[Outcome]
    texts: frozenset[Text]
    runs: int  # of stages, to see the whole


def survey(fixed: Known) -> Survey:
    """What the space of scenarios with the choices *fixed* holds.

    A stage that is entered with the same message, and the same knowledge of what it or its successors read, runs once.
    What they read is learned on the way: as soon as something new is learned, the survey begins anew.
    """
    reads: dict[str, set[str]] = defaultdict(set)
    follows: dict[str, set[str]] = defaultdict(set)
    _sample(fixed, reads, follows)
    while True:
        one = _Pass(_closure(reads, follows), reads, follows)
        try:
            outcomes, texts = one.visit("begin", Start(), dict(fixed))
        except _Learned:
            continue
        return Survey(Counter(outcomes), texts, one.runs)


def _sample(fixed: Known, reads: dict[str, set[str]], follows: dict[str, set[str]]) -> None:
    """Most of what stages read, from a few walks."""
    chance = random.Random(0)
    for _ in range(500):
        known = {name: chance.choice(axis.values) for name, axis in AXES.items()} | dict(fixed)
        found: Any = ("begin", Start())
        while not isinstance(found, Outcome):
            stage, read = found[0], []
            _, found = run(*found, Partial(known, read))
            reads[stage].update(read)
            if not isinstance(found, Outcome):
                follows[stage].add(found[0])


class _Learned(Exception):
    """A stage reads, or leads to, what was not known of it: choices may have been forgotten too early."""


def _closure(reads: Mapping[str, set[str]], follows: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What each stage or anything after it reads."""
    live = {stage: set(reads.get(stage, ())) for stage in STAGES}
    grown = True
    while grown:
        grown = False
        for stage, after in follows.items():
            more = set().union(*(live[a] for a in after)) - live[stage]
            live[stage] |= more
            grown |= bool(more)
    return live


class _Pass:
    def __init__(self, live: Any, reads: Any, follows: Any) -> None:
        self.live, self.reads, self.follows, self.runs = live, reads, follows, 0
        self.seen: dict[Any, Any] = {}

    def learn(self, known: set[str], new: set[str], all_: set[str]) -> None:
        known |= all_
        if new:
            raise _Learned

    def visit(self, stage: str, message: Any, known: dict[str, Any]) -> tuple[dict[Outcome, Fraction], frozenset[Text]]:
        known = {name: value for name, value in known.items() if name in self.live[stage]}
        key = (stage, message, frozenset(known.items()))
        if key not in self.seen:
            self.seen[key] = self.expand(stage, message, known)
        return self.seen[key]

    def expand(self, stage: str, message: Any, known: dict[str, Any]) -> Any:
        self.runs += 1
        read: list[str] = []
        try:
            steps, found = run(stage, message, Partial(known, read))
        except Unknown as unknown:
            name = str(unknown)
            forks = [self.expand(stage, message, {**known, name: value}) for value in AXES[name].values]
            shares: dict[Outcome, Fraction] = defaultdict(Fraction)
            for outcomes, _ in forks:
                for outcome, share in outcomes.items():
                    shares[outcome] += share / len(forks)
            return dict(shares), frozenset().union(*(texts for _, texts in forks))
        finally:
            self.learn(self.reads[stage], set(read) - self.live[stage], set(read))
        texts = frozenset(step.text for step in steps)
        if isinstance(found, Outcome):
            return {found: Fraction(1)}, texts
        self.learn(self.follows[stage], {found[0]} - self.follows[stage], {found[0]})
        outcomes, more = self.visit(*found, known)
        return outcomes, texts | more
