"""What all reproductions have: needs, the machine's set-up and what is expected, as a comment above the file."""

from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import NamedTuple

from ..sim.model.outcome import sentence
from ..sim.model.scenario import AXES, Scenario
from ..sim.model.trace import CperBytes, Trace
from ..sim.walk import decided_by

WHO = {"host": "The host", "vm": "QEMU", "guest": "The guest"}


class Reproduction(NamedTuple):
    """A file that does again what a scenario tells.

    scenario: what is really done, where the form takes another way to the same: an error in QEMU's memory is asked for
    by QMP, say
    needs: sentences: programs, privileges, and what of the scenario is done otherwise
    setup: choices that decide, and that whoever runs it has to arrange, as `axis=word: meaning`
    expected: sentences of what is expected to happen, by the simulator
    body: the file without the comment at its beginning
    comment: what begins each line of that
    """

    scenario: Scenario
    needs: tuple[str, ...]
    setup: tuple[str, ...]
    expected: tuple[str, ...]
    body: str
    comment: str = "#"

    def __str__(self) -> str:
        first, *rest = self.body.split("\n", 1) if self.body.startswith("#!") else ("", self.body)
        return "\n".join([*([first] if first else []), *self._head(), "", *rest])

    def _head(self) -> Iterator[str]:
        yield f"{self.comment} {self.scenario}"
        yield f"{self.comment} Token: {self.scenario.token() or '(the default scenario)'}"
        for title, lines in (("Needs", self.needs), ("Set up so", self.setup), ("Expected", self.expected)):
            yield f"{self.comment} {title}:" if lines else f"{self.comment} {title}: nothing"
            first, more = f"{self.comment}   - ", f"{self.comment}     "
            yield from (fill(line, 110, initial_indent=first, subsequent_indent=more) for line in lines)


def ends(outcome: dict[str, str]) -> tuple[str, ...]:
    """How each side ends, in sentences."""
    found = [f"{who}: {sentence(outcome[part])}" for part, who in WHO.items() if outcome[part] != "none"]
    return tuple(found) or (sentence(outcome["end"]),)


def block_of(trace: Trace, writer: str, otherwise: str) -> bytes:
    """The first block that *writer* hands over: "QEMU", or whoever is at "EL3". Raises ValueError if there is none."""
    for step in trace:
        if writer in (step.el, step.actor) and isinstance(step.carries, CperBytes):
            return step.carries.block
    raise ValueError(f"{otherwise}. {' '.join(ends(trace.outcome))}")


def setup(s: Scenario, *done: str) -> tuple[str, ...]:
    """The choices that decide how *s* ends, but those on the axes, or of the groups, that the file has *done*."""
    return described(s, (name for name in decided_by(s) if not name.startswith(done)))


def described(s: Scenario, names: Iterable[str]) -> tuple[str, ...]:
    """The choices of *s* on these axes: what the value means, or else what the axis is about."""
    axes = ((AXES[name], s[name]) for name in names)
    return tuple(f"{axis.name}={axis.word(value)}: {axis.means(value) or axis.meaning}" for axis, value in axes)


def otherwise(s: Scenario, done: Scenario) -> tuple[str, ...]:
    """What decides *s* or *done* and is not the same in both, as sentences."""
    names = dict.fromkeys((*decided_by(s), *decided_by(done)))
    differ = [(name, AXES[name]) for name in names if s[name] is not done[name]]
    return tuple(f"Here {name} is {axis.word(done[name])}, not {axis.word(s[name])}" for name, axis in differ)


def refuse_chosen(s: Scenario, names: Iterable[str], because: str) -> None:
    """Raises ValueError if *s* has another choice than the default on one of the axes *names*, and it decides."""
    read = decided_by(s)
    chosen = described(s, (name for name in names if s[name] is not AXES[name].default and name in read))
    if chosen:
        raise ValueError(f"{because}: {'; '.join(chosen)}")
