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
from .evidence import ISOLATES, PRINTED, SIGNALLED, STOPPED, WHOLE, Constraint, way
from .gather import Incident

# what a log may show of an event, and the keys of the steps that print it
SHOWN: dict[str, frozenset[str]] = {
    "the record, printed by APEI": PRINTED,
    'a line "Memory failure: ... recovery action"': frozenset(
        f"{ISOLATES} mm.drops mm.free mm.fails mm.already mm.no-page mm.huge".split()
    ),
    'a line "Sending SIGBUS to"': frozenset(SIGNALLED.split()),
    "an oops of the kernel": frozenset({"kernel.oops", "kernel.oops-panics"}),
}
PANIC = "a panic"
MOST = 5  # ways to end whose witnesses are looked at for what tells them apart
# axis -> where one would look; the other choices nobody can see from outside
LOOK: dict[str, str] = {
    "error.report": "the syndrome, if one was logged: raslib esr VALUE",
    "error.category": "ERR<n>STATUS, or the syndrome's AET or SET",
    "error.touched_later": "whether its owner used the page again",
    "cpu.running": "who ran: Comm and pc of the oops, or SPSR of EL3's dump",
    "cper.severity": "the block's bytes: raslib decode",
    "cper.section_severity": "the section's own severity, the line `Error 0, type:`",
    "cper.threshold_exceeded": "the flags of the data entry: raslib decode of its bytes",
    "cper.section": "whether memory is at that address: /proc/iomem",
    "el3.handler": "EL3's console: is there a handler for the record?",
    "host.first": "SCR_EL3.EA, or a HEST with sources: /sys/firmware/acpi/tables/HEST",
    "host.notify": "the HEST: raslib decode /sys/firmware/acpi/tables/HEST",
    "host.ghes": "the HEST: raslib decode /sys/firmware/acpi/tables/HEST",
    "host.apei": "the kernel's command line (hest_disable, ghes.disable), and `HEST:` in the boot log",
    "host.config": "the kernel's configuration: CONFIG_ACPI_APEI_*, CONFIG_MEMORY_FAILURE",
    "host.vhe": "the boot log: `CPU: All CPU(s) started at EL2`, `kvm: VHE mode`",
    "host.page": "the line `recovery action for ... page`, or page-types -a",
    "host.owner": "whose memory it was: page-types, /proc/PID/maps",
    "host.kill": "vm.memory_failure_early_kill, and PR_MCE_KILL of the process",
    "host.linux": "uname -r, or the first line of the boot log",
    "host.tf_a": "EL3's banner: NOTICE: BL31: v2...",
    "host.repeated": "whether the same record was logged in the 10 s before",
    "host.recovery": "sysctl vm.memory_failure_recovery",
    "host.page_panics": "sysctl vm.panic_on_unrecoverable_memory_failure",
    "host.oops": "sysctl kernel.panic_on_oops",
    "host.pci_device": "lspci: is the device there, and behind which port?",
}


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
    shown: int  # bits of the constraints with keys, then of SHOWN
    choices: tuple[tuple[str, Any], ...]  # on the axes that are asked for
    outcome: Outcome


class _Watch(Observer):
    """Follows a story as far as it agrees, where the choices *given* hold; notes those on the axes *also*."""

    first = _State(0, (), Outcome())

    def __init__(self, constraints: Iterable[Constraint], given: Mapping[str, Any], also: Iterable[str] = ()) -> None:
        constraints = tuple(constraints)
        keyed = [(c.keys, c.whom) for c in constraints if c.keys]
        self.whole = (1 << len(keyed)) - 1
        self.bits: dict[str, list[tuple[int, str]]] = {}  # key of a text -> bits that it sets, and for whom
        for n, (keys, whom) in enumerate([*keyed, *((keys, "") for keys in SHOWN.values())]):
            for key in keys:
                self.bits.setdefault(key, []).append((1 << n, whom))
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
        shown = state.shown
        for bit, whom in self.bits.get(step.text.key, ()) if step.machine == "host" else ():
            if not whom or any(name == f"{whom} signal" for name, _ in step.sets):
                shown |= bit
        return state if shown == state.shown else state._replace(shown=shown)

    def end(self, state: _State) -> Objection | None:
        agrees = state.shown & self.whole == self.whole and state.outcome.host not in self.never
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

    def shows(self, state: _State) -> dict[str, bool]:
        """What the log has of what it may show."""
        bits = state.shown >> self.whole.bit_length()
        return {name: bool(bits >> n & 1) for n, name in enumerate(SHOWN)} | {PANIC: state.outcome.host in STOPPED}


_OTHERWISE = Objection("it was otherwise")


def _fits(choices: Mapping[str, Any], way: Mapping[str, frozenset[Any]]) -> bool:
    return all(axis not in choices or choices[axis] in values for axis, values in way.items())


class _Story(NamedTuple):
    """Stories that are the same as far as was asked: how many, and one of them."""

    scenarios: int
    end: str  # for the host, and which signals were sent: what is counted apart
    shown: dict[str, bool]
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
        shows[name] = sum(story.scenarios for story in stories if story.shown[name])
        if without := [story for story in stories if not story.shown[name]]:
            silent[name] = _scenario(min(without, key=_rank))
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
        ended = host if signal == "none" else f"{host}, {signal}"
        filled, of = watch.fill(state)
        for value in dict.fromkeys(choices.get(also) for choices in filled):
            agree = [choices for choices in filled if choices.get(also) is value]
            cheapest: dict[str, Any] = min(agree, key=_cost)
            scenarios, choices = end.scenarios * len(agree) // of, {**end.choices, **cheapest}
            stories.append(_Story(scenarios, ended, watch.shows(state), choices))
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
        lacks = tuple(name for name, keys in SHOWN.items() if story.shown[name] and not keys & seen)
        rank = (len(lacks) if whole else 0, *_rank(story))
        if story.end not in best or rank < best[story.end][0]:
            best[story.end] = rank, lacks, story
    single = [c.ways[0] for c in constraints if len(c.ways) == 1]
    given = {axis for way in single for axis, values in way.items() if len(values) == 1}
    for end in sorted(ends, key=lambda end: best[end][0][0]):
        _, lacks, story = best[end]
        scenario = _scenario(story)
        assumed = {a: AXES[a].word(scenario[a]) for a in decided_by(scenario) if a in LOOK and a not in given}
        yield Witness(scenario, end, ends[end], assumed, lacks)


def _scenario(story: _Story) -> Scenario:
    return Scenario().choose(**{name.replace(".", "_"): value for name, value in story.choices.items()})


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
        rows = [(s.end, str(s.shown[name]), s.scenarios) for s in stories]
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
    return _scenario(min(stories, key=_rank)) if stories else None


def _conflict(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    """Constraints that exclude each other, of which none can be left out."""
    kept = list(constraints)
    for one in constraints:
        rest = [c for c in kept if c is not one]
        if not _stories(rest):
            kept = rest
    return tuple(kept)
