"""Which scenarios agree with what was seen: constraints held to the decision diagram of all, counted exactly."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from math import log2, prod
from typing import Any, NamedTuple

from ..sim.explore.diagram import Diagram, diagram
from ..sim.explore.monitor import Objection, Observer, ends_of
from ..sim.model.choices import Apei
from ..sim.model.outcome import Mark, Outcome
from ..sim.model.scenario import AXES, Scenario
from ..sim.model.trace import Step
from ..sim.walk import decided_by
from .evidence import LOOK, SHOWN, STOPPED, WHOLE, Constraint, way
from .gather import Incident

PANIC = "a panic"
MOST = 5  # ways to end whose witnesses are looked at for what tells them apart


class Witness(NamedTuple):
    """A scenario that agrees, how many end as it does, and what of it nothing that was seen gives.

    *assumed* has the axes that decide and that one could look up, with the word of each; *lacks* is what of `SHOWN` it
    would have logged and the log has not.
    """

    scenario: Scenario
    end: str
    scenarios: int
    assumed: dict[str, str]
    lacks: tuple[str, ...] = ()


class Apart(NamedTuple):
    """The further observation that tells most: what, where to look, and how many bits of how it ended it is worth."""

    what: str
    look: str
    bits: float
    of: float


class Agreement(NamedTuple):
    """What agrees with the constraints.

    agree, of: how many scenarios agree, of how many
    ends: end of the host -> how many
    witnesses: one for each way to end; the one that most of them end with, and so with the least to assume, first
    shows: what a log may show -> in how many of them it does
    silent: what a log may show -> the simplest scenario of those that do not show it
    apart: what would tell them apart best; None: they all end alike
    conflict: where none agrees, constraints that exclude each other, none of which can be left out
    """

    agree: int
    of: int
    ends: dict[str, int]
    witnesses: tuple[Witness, ...]
    shows: dict[str, int]
    silent: dict[str, Scenario]
    apart: Apart | None
    conflict: tuple[Constraint, ...] = ()


class Examined(NamedTuple):
    """An event, what was seen of it, and which scenarios agree."""

    event: Incident
    constraints: tuple[Constraint, ...]
    agreeing: Agreement

    @property
    def keys(self) -> frozenset[str]:
        """Of the steps that the log shows, as far as one line tells of several."""
        return frozenset[str]().union(*(c.keys for c in self.constraints))


class _State(NamedTuple):
    shown: frozenset[int | str]  # constraints by their number, lines of SHOWN by name
    choices: tuple[tuple[str, Any], ...]  # on the axes that are asked for
    outcome: Outcome


class _Watch(Observer):
    """Follows a story as far as it agrees, where the choices *given* hold; notes those on the axes *also*."""

    first = _State(frozenset(), (), Outcome())

    def __init__(self, constraints: Iterable[Constraint], given: Mapping[str, Any], also: Iterable[str] = ()) -> None:
        constraints = tuple(constraints)
        lines: list[tuple[int | str, frozenset[str], str]]
        lines = [(n, c.keys, c.whom) for n, c in enumerate(constraints) if c.keys]
        self.needed = {n for n, *_ in lines}
        lines += [(name, keys, "") for name, keys in SHOWN.items()]
        self.shows: dict[str, list[tuple[int | str, str]]] = {}  # key of a text -> what it shows, and for whom
        for what, keys, whom in lines:
            for key in keys:
                self.shows.setdefault(key, []).append((what, whom))
        fit = [[way for way in c.ways if _fits(given, way)] for c in constraints if c.ways]
        self.ways = [[{a: v for a, v in way.items() if a not in given} for way in ways] for ways in fit]
        self.axes = {axis for ways in self.ways for way in ways for axis in way} | {*also} - given.keys()
        self.never = frozenset[str]().union(*(c.never for c in constraints))

    def choice(self, state: _State, axis: str, value: Any) -> _State | Objection:
        if axis not in self.axes:
            return state
        choices = (*state.choices, (axis, value))
        return state._replace(choices=choices) if self._may(dict(choices)) else _OTHERWISE

    def mark(self, state: _State, mark: Mark) -> _State:
        outcome = state.outcome.after(mark)
        return state._replace(outcome=Outcome(host=outcome.host, signal=outcome.signal))

    def step(self, state: _State, step: Step) -> _State:
        shows = self.shows.get(step.text.key, ()) if step.machine == "host" else ()
        shown = {what for what, whom in shows if not whom or any(name == f"{whom} signal" for name, _ in step.sets)}
        return state if shown <= state.shown else state._replace(shown=state.shown | shown)

    def end(self, state: _State) -> Objection | None:
        agrees = self.needed <= state.shown and state.outcome.host not in self.never
        return None if agrees else _OTHERWISE

    def _may(self, choices: Mapping[str, Any]) -> bool:
        """Can every constraint still hold?"""
        return all(any(map(partial(_fits, choices), ways)) for ways in self.ways)

    def fill(self, state: _State) -> tuple[list[dict[str, Any]], int]:
        """All choices of a story that agree, those on axes that it never read among them; and of how many."""
        given = dict(state.choices)
        unread = sorted(self.axes - given.keys())
        filled = [given]
        for axis in unread:
            more = ({**some, axis: value} for some in filled for value in AXES[axis].values)
            filled = [choices for choices in more if self._may(choices)]
        return filled, prod(len(AXES[axis].values) for axis in unread)


_OTHERWISE = Objection("it was otherwise")


def _fits(choices: Mapping[str, Any], way: Mapping[str, frozenset[Any]]) -> bool:
    return all(axis not in choices or choices[axis] in values for axis, values in way.items())


class _Story(NamedTuple):
    """Stories that are the same as far as was asked: how many, and one of them."""

    scenarios: int
    end: str  # for the host, and which signals were sent: what is counted apart
    shown: frozenset[int | str]  # what the log has of SHOWN, and PANIC
    choices: dict[str, Any]


# what a host's log does not show is as it is by default, and code that no release has is in none
_USUAL = ("stance", "begin", "host.aest", "host.kvm")
BASE: dict[str, Any] = {a: AXES[a].default for a in AXES if a in _USUAL or a.startswith(("guest.", "ask."))}
RELEASED = Constraint("it is a release", "", (way(host__apei=frozenset(Apei) - {Apei.DEVICETREE}),))
OF = prod(len(a.values) - (name == "host.apei") for name, a in AXES.items() if name not in BASE)


def agreement(constraints: tuple[Constraint, ...], ask: bool = True) -> Agreement:
    """What of all scenarios agrees with *constraints*; of guests, which a host's log does not show, the default.

    *ask*: look for what would tell them apart, too, which takes longer than all else.
    """
    stories = _stories(constraints)
    if not stories:
        return Agreement(0, OF, {}, (), {}, {}, None, _conflict(constraints))
    counted, shows, silent = Counter[str](), dict[str, int](), dict[str, Scenario]()
    for story in stories:
        counted[story.end] += story.scenarios
    for name in (*SHOWN, PANIC):
        shows[name] = sum(story.scenarios for story in stories if name in story.shown)
        if without := [story for story in stories if name not in story.shown]:
            silent[name] = Scenario().given(min(without, key=_rank).choices)
    ends = dict(counted.most_common())
    witnesses = tuple(_witnesses(constraints, stories, ends))
    apart = _apart(constraints, stories, witnesses) if ask else None
    return Agreement(counted.total(), OF, ends, witnesses, shows, silent, apart)


@cache
def _diagram() -> Diagram:
    """Of all scenarios that there are here; it is made once in a process, which takes some seconds."""
    return diagram(BASE)


def _stories(constraints: Iterable[Constraint], also: str = "") -> list[_Story]:
    """All stories that agree; *also* is an axis by whose value they are told apart."""
    watch, stories = _Watch((*constraints, RELEASED), BASE, [also] * bool(also)), list[_Story]()
    for state, end in ends_of(_diagram(), watch).items():
        if isinstance(state, Objection):
            continue
        host, signal = state.outcome.host, state.outcome.signal
        shown = state.shown | ({PANIC} if host in STOPPED else set())
        ended = host if signal == "none" else f"{host}, {signal}"
        filled, of = watch.fill(state)
        for value in dict.fromkeys(choices.get(also) for choices in filled):
            agree = [choices for choices in filled if choices.get(also) is value]
            cheapest: dict[str, Any] = min(agree, key=_cost)
            scenarios, choices = end.scenarios * len(agree) // of, {**end.choices, **cheapest}
            stories.append(_Story(scenarios, ended, shown, choices))
    return stories


def _cost(choices: Mapping[str, Any]) -> int:
    return sum(value is not AXES[axis].default for axis, value in choices.items())


def _witnesses(constraints: tuple[Constraint, ...], stories: list[_Story], ends: dict[str, int]) -> Iterator[Witness]:
    """One for each way to end, of those with the fewest choices that are no defaults the one that most are like.

    Of a log that is whole, before that, those with the least that they would have logged and it has not.
    """
    best: dict[str, tuple[tuple[int, ...], tuple[str, ...], _Story]] = {}
    whole = any(c.says == WHOLE for c in constraints)
    seen = frozenset[str]().union(*(c.keys for c in constraints))
    for story in stories:
        lacks = tuple(name for name, keys in SHOWN.items() if name in story.shown and not keys & seen)
        rank = (len(lacks) if whole else 0, *_rank(story))
        if story.end not in best or rank < best[story.end][0]:
            best[story.end] = rank, lacks, story
    single = [c.ways[0] for c in constraints if len(c.ways) == 1]
    given = {axis for way in single for axis, values in way.items() if len(values) == 1}
    for end in sorted(ends, key=lambda end: best[end][0][0]):
        _, lacks, story = best[end]
        scenario = Scenario().given(story.choices)
        assumed = {a: AXES[a].word(scenario[a]) for a in decided_by(scenario) if a in LOOK and a not in given}
        yield Witness(scenario, end, ends[end], assumed, lacks)


def _rank(story: _Story) -> tuple[int, int]:
    return _cost(story.choices), -story.scenarios


# --- what tells them apart --------------------------------------------------------------------------------------------


def _apart(constraints: tuple[Constraint, ...], stories: list[_Story], witnesses: tuple[Witness, ...]) -> Apart | None:
    """The observation after which least is open of how it ended."""
    before = _open([(story.end, "", story.scenarios) for story in stories])
    if not before:
        return None
    left = {}
    for name in (*SHOWN, PANIC):
        rows = [(s.end, str(name in s.shown), s.scenarios) for s in stories]
        left[name, "the log, some seconds on"] = _open(rows)
    for axis, look in LOOK.items():
        if len({witness.scenario[axis] for witness in witnesses[:MOST]}) > 1:
            split = _stories(constraints, axis)
            rows = [(s.end, AXES[axis].word(s.choices[axis]), s.scenarios) for s in split]
            left[axis, look] = _open(rows)
    (what, look), bits = min(left.items(), key=lambda pair: pair[1])
    return Apart(what, look, before - bits, before) if bits < before else None


def _open(rows: list[tuple[str, str, int]]) -> float:
    """How many bits of the first are open once the second is known, weighed by the third."""
    of, total = Counter[str](), sum(count for *_, count in rows)
    both = Counter[tuple[str, str]]()
    for end, known, count in rows:
        of[known] += count
        both[end, known] += count
    return sum(count / total * log2(of[known] / count) for (_, known), count in both.items())


# --- what contradicts what --------------------------------------------------------------------------------------------


def simplest(constraints: Iterable[Constraint]) -> Scenario | None:
    """The simplest scenario that agrees with these alone; None: none does."""
    stories = _stories(constraints)
    return Scenario().given(min(stories, key=_rank).choices) if stories else None


def _conflict(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    """Constraints that exclude each other, of which none can be left out."""
    kept = list(constraints)
    for one in constraints:
        rest = [c for c in kept if c is not one]
        if not _stories(rest):
            kept = rest
    return tuple(kept)
