"""The sentences of the argument as properties, each held against every scenario there is.

By the architecture and the mail's intent (stance "architecture") each holds without exception. Shipping code has
exceptions; each is known by name in `invariants.toml`, and one that is not makes the proof fail.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ... import resources
from ..explore import Space
from ..explore.monitor import CounterExample, observe
from . import observers, relations, states

Findings = tuple[CounterExample, ...]
_COMPARED = {"I20": relations.told_apart, "I21": relations.learned}
_STATES = {"I22": states.misplaced, "I24": states.misrouted}  # which are the same in both stances
_MANY = {"I22": sum(1 for _ in states.masked_vcpus())}


class Excuse(NamedTuple):
    """Why shipping code does otherwise."""

    why: str
    cites: tuple[str, ...]  # keys of `sources`


class Invariant(NamedTuple):
    """One sentence, in our words, as `invariants.toml` has it. What holds it is known by its *name*.

    excuses: why shipping code does otherwise, by what is found
    covers: other sentences that say the same, and are held by this one
    shown: what has to be found besides, and breaks nothing
    many, of: what it is held against, where that is not all scenarios
    """

    name: str
    says: str
    cites: tuple[str, ...]
    excuses: dict[str, Excuse] = {}  # noqa: RUF012, a NamedTuple's default is never written to
    covers: tuple[str, ...] = ()
    shown: str = ""
    many: int = 0
    of: str = "scenarios"

    def __hash__(self) -> int:
        return hash(self.name)

    def findings(self, space: Space) -> Findings:
        """What does not agree with it in the scenarios of *space*, with what has to be shown."""
        found = [one for observer in observers.WATCHED.get(self.name, ()) for one in observe(space.diagram, observer)]
        found += _COMPARED[self.name](space.diagram) if self.name in _COMPARED else ()
        return (*found, *(_STATES[self.name]() if self.name in _STATES else ()))


class InvariantVerdict(NamedTuple):
    """What came of one sentence."""

    invariant: Invariant
    scenarios: int  # of each stance
    broken: Findings  # by the architecture: none, if all is well
    exceptions: Findings  # as built
    examples: Findings = ()  # as built: of what has to be shown

    @property
    def holds(self) -> bool:
        """By the architecture without exception, as built without an unexplained one, and shown if it has to be."""
        explained = all(one.what in self.invariant.excuses for one in self.exceptions)
        return explained and not self.broken and bool(self.examples or not self.invariant.shown)


def called(name: str) -> str | None:
    """The invariant that says what *name* says, which may be itself; None if there is none."""
    return next((i.name for i in INVARIANTS if name in (i.name, *i.covers)), None)


def prove(*names: str) -> tuple[InvariantVerdict, ...]:
    """Holds the invariants of these *names*, or all, against all scenarios of both stances."""
    wanted = {called(name) for name in names}
    return tuple(_verdict(invariant) for invariant in INVARIANTS if not names or invariant.name in wanted)


def _verdict(invariant: Invariant) -> InvariantVerdict:
    intended, built = Space.of("stance=architecture"), Space.of("stance=as-built")
    broken = tuple(one for one in invariant.findings(intended) if one.what != invariant.shown)
    found = invariant.findings(built)
    exceptions = tuple(one for one in found if one.what != invariant.shown)
    examples = tuple(one for one in found if one.what == invariant.shown)
    return InvariantVerdict(invariant, invariant.many or built.size, broken, exceptions, examples)


def _invariants() -> Iterator[Invariant]:
    """The sentences of `invariants.toml`, in their order."""
    table = resources.table(__file__, "invariants.toml")
    whys = {name: Excuse(why["why"], tuple(why["cites"])) for name, why in table.pop("excuses").items()}
    for name, row in table.items():
        excuses = {what: whys[why] for what, why in row.pop("excuses", {}).items()}
        cites, covers = (tuple(row.pop(key, ())) for key in ("cites", "covers"))
        yield Invariant(name, excuses=excuses, cites=cites, covers=covers, many=_MANY.get(name, 0), **row)


INVARIANTS = tuple(_invariants())


def to_json(verdict: InvariantVerdict) -> dict[str, Any]:
    """One verdict in plain values."""
    i = verdict.invariant
    return {
        "name": i.name,
        "says": i.says,
        "holds": verdict.holds,
        "of": i.of,
        "covers": list(i.covers),
        "scenarios": verdict.scenarios,
        "broken": [{"what": f.what, "scenarios": f.scenarios, "witness": f.witness.token()} for f in verdict.broken],
        "exceptions": [
            {
                "what": e.what,
                "why": i.excuses[e.what].why if e.what in i.excuses else None,
                "scenarios": e.scenarios,
                "witness": e.witness.token(),
                "choices": e.witness.chosen(),
            }
            for e in verdict.exceptions
        ],
        "examples": [
            {"what": x.what, "scenarios": x.scenarios, "a": x.witness.token(), "b": x.beside and x.beside.token()}
            for x in verdict.examples
        ],
    }
