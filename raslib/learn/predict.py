"""What happens next? Questions for the steps of a trace, with answers that are each true of some scenario.

A wrong answer is what the same story would do if one choice were another one: the traces of all such neighbours are
walked, and where one parts from the trace stands a question. So an answer's explanation is a scenario, and changing the
simulator changes the key.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..sim.model.scenario import AXES
from ..sim.model.trace import Trace
from ..sim.walk import decided_by, walk
from .check import Answer, Check

MOST = 6  # questions of one trace: a story that asks at each step is not read
ANSWERS = 4
AHEAD = 4  # steps of the other story that a wrong answer can show
ENDS_HERE = "Nobody: the story ends here"


class Neighbour(NamedTuple):
    """A scenario in which one choice is another one, and where its story parts from ours."""

    axis: str
    word: str
    trace: Trace
    parts: int  # index of the first step that differs; the length of the shorter trace, if none does

    @property
    def because(self) -> str:
        """The choice, as the end of a sentence: `if host.notify were SDEI`."""
        return f"if {self.axis} were {self.word}"


def neighbours(trace: Trace) -> Iterator[Neighbour]:
    """The stories of all scenarios that differ from the trace's in one choice which its stages read.

    In the order of `AXES`, about a hundred for a whole story; what it begins with is given.
    """
    read = set(decided_by(trace.scenario)) - {"begin"}
    for name, axis in AXES.items():
        for value in axis.values if name in read else ():
            if value is not trace.scenario[name]:
                other = walk(trace.scenario.choose(**{name.replace(".", "_", 1): value}))
                yield Neighbour(name, axis.word(value), other, _parts(trace, other))


def questions(trace: Trace, most: int = MOST) -> tuple[Check, ...]:
    """What to ask on the way through *trace*: at most *most* questions, at the steps with the most other ways to go.

    Each has three or four answers, in an order that is the same for the same scenario. A step that no single choice
    would change asks nothing, and the first does not: what a story begins with is given.
    """
    ways: dict[int, dict[str, Answer]] = {}
    for neighbour in neighbours(trace):
        at = neighbour.parts
        answer = _answer(neighbour.trace, at, neighbour.because)
        if at < len(trace) and answer.text != _text(trace, at):
            ways.setdefault(at, {}).setdefault(answer.text, answer)
    forks = sorted((at for at in ways if at and len(ways[at]) > 1), key=lambda at: -len(ways[at]))
    places = [trace.steps[at].place for at in forks]
    # of a fork among those of its actor, so that each actor is asked about before one is twice
    rank = {at: places[:i].count(places[i]) for i, at in enumerate(forks)}
    chosen = sorted(forks, key=lambda at: (rank[at], -len(ways[at])))[:most]
    return tuple(_question(trace, at, list(ways[at].values())) for at in sorted(chosen))


def _parts(a: Trace, b: Trace) -> int:
    pairs = zip(a, b, strict=False)
    same = ((x.place, x.text.key) == (y.place, y.text.key) for x, y in pairs)
    return next((i for i, equal in enumerate(same) if not equal), min(len(a), len(b)))


def _text(trace: Trace, at: int) -> str:
    if at >= len(trace):
        return ENDS_HERE
    step = trace.steps[at]
    return f"{step.actor} ({step.machine} {step.el}) {step.does}"


def _answer(trace: Trace, at: int, because: str) -> Answer:
    return Answer(_text(trace, at), because, trace.scenario, trace.steps[at : at + AHEAD])


def _question(trace: Trace, at: int, others: list[Answer]) -> Check:
    """*others* are the wrong answers; with many of them, those by whom somebody else acts come first."""
    step, order = trace.steps[at], Random(f"{trace.scenario.token()} {at}")
    order.shuffle(others)
    wrong = sorted(others, key=lambda answer: _actor(answer) == step.actor)[: ANSWERS - 1]
    answers = [_answer(trace, at, ""), *wrong]
    order.shuffle(answers)
    alone = all(_actor(answer) == step.actor for answer in answers)
    asks = f"What does {step.actor} do now?" if alone else "Who acts next, and how?"
    return Check(asks, "choice", topic(wrong), tuple(answers), at)


def topic(wrong: list[Answer]) -> str:
    """The choices that these answers turn on."""
    return ", ".join(sorted({answer.because.split()[1] for answer in wrong}))


def _actor(answer: Answer) -> str:
    return answer.then[0].actor if answer.then else ""
