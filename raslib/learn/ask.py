"""Questions whose key is computed from the model: of a scenario or a record, and of what happens next in a trace.

A wrong answer is what the same story would do if one choice were another one: the traces of all such neighbours are
walked. So an answer's explanation is a scenario, and changing the simulator changes the key.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from random import Random
from typing import Any, Literal, NamedTuple

from ..records import Record, Span
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import AXES, Scenario
from ..sim.model.trace import Step, Trace
from ..sim.walk import decided_by, walk
from .terms import card_lines

MOST = 6  # questions of one trace: a story that asks at each step is not read
ANSWERS = 4
AHEAD = 4  # steps of the other story that a wrong answer can show
ENDS_HERE = "Nobody: the story ends here"

Kind = Literal["choice", "number"]


class Answer(NamedTuple):
    """One of the answers to a question."""

    text: str
    because: str = ""  # when it would be right, `if host.notify were SDEI`; empty: it is right as things stand
    scenario: Scenario | None = None  # in which it is right
    then: tuple[Step, ...] = ()  # what that story does from here on, a few steps of it

    @property
    def right(self) -> bool:
        return not self.because

    def view(self) -> dict[str, Any]:
        """Plain values for the views."""
        then = [{"lane": step.place.lane, "text": f"{step.actor} {step.does}"} for step in self.then]
        token = self.scenario.token() if self.scenario else None
        return {"text": self.text, "right": self.right, "because": self.because, "token": token, "then": then}


class Check(NamedTuple):
    """A question, the answers that can be told from others, and what to look at again after a wrong one."""

    asks: str
    kind: Kind  # choose one of the answers, or type a number
    topic: str
    answers: tuple[Answer, ...]
    step: int = 0  # the index in a trace of the step that is asked for, before it is shown

    @property
    def key(self) -> str:
        """Names this question in a record of progress: as long as it, its right answer and what it is about stay.

        It is about a step of a scenario, or about that whose parts are its answers.
        """
        right = next(answer for answer in self.answers if answer.right)
        about = right.scenario.token() if right.scenario else sorted(answer.text for answer in self.answers)
        return sha256(f"{self.asks}\n{right.text}\n{about}\n{self.step}".encode()).hexdigest()[:12]

    def view(self) -> dict[str, Any]:
        """Plain values for the views; the key travels with it, so that no kernel is needed."""
        answers = [answer.view() for answer in self.answers]
        texts = {answer.text for answer in self.answers}  # a word that is an answer is not explained beside it
        terms = {word: card for word, card in card_lines(str(self)).items() if word not in texts}
        return self._asdict() | {"key": self.key, "answers": answers, "terms": terms}

    def __str__(self) -> str:
        """The question to read, with its answers but without its key."""
        if self.kind == "number":
            return self.asks
        return "\n".join([self.asks, *(f"  {i}. {answer.text}" for i, answer in enumerate(self.answers, 1))])


# --- one choice away -------------------------------------------------------------------------------------------------


class Neighbour(NamedTuple):
    """A scenario in which one choice is another one."""

    axis: str
    word: str
    trace: Trace

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
                yield Neighbour(name, axis.word(value), other)


def topic(wrong: list[Answer]) -> str:
    """The choices that these answers turn on."""
    return ", ".join(sorted({answer.because.split()[1] for answer in wrong}))


# --- about a scenario or a record ------------------------------------------------------------------------------------


def ask(asks: str, of: Callable[[Trace], Any] | str, scenario: Scenario | None = None) -> Check:
    """A multiple choice: the right answer is `of(walk(scenario))`, wrong ones are its values one choice away.

    *of* may name a part of the outcome: `ask("How does it end for the guest?", "guest")`. An end is shown as its
    sentence. Raises ValueError if no single choice changes the value: then there is nothing to ask.
    """
    scenario = scenario or Scenario()
    right, others = _values(of, scenario)
    if not others:
        raise ValueError(f"{asks!r}: no single choice changes the answer {right.text!r}")
    return choice(asks, right, others, Random(f"{asks} {scenario.token()}"))


def choice(asks: str, right: Answer, others: list[Answer], order: Random, about: str = "") -> Check:
    """The *right* answer among some of the *others*, as *order* draws them; *about* is its topic, if no choices are."""
    wrong = order.sample(others, min(len(others), ANSWERS - 1))
    answers = order.sample([right, *wrong], len(wrong) + 1)
    return Check(asks, "choice", about or topic(wrong), tuple(answers))


def ask_number(asks: str, of: Callable[[Trace], int], scenario: Scenario | None = None) -> Check:
    """A number to type: `of(walk(scenario))`. A wrong one is explained if it is the number one choice away."""
    right, others = _values(of, scenario or Scenario())
    return Check(asks, "number", topic(others), (right, *others))


def ask_byte(asks: str, record: Record, path: str) -> Check:
    """The offset of a field in a record's bytes, to type; a wrong one is told which field it is in.

    Raises ValueError if the record has no field at *path*.
    """
    spans = _fields(record, path)
    starts = {span.start + at: name for name, span in spans.items() for at in range(span.stop - span.start)}
    others = [Answer(f"{at:#x}", f"for {name}") for at, name in starts.items() if at != spans[path].start]
    return Check(asks, "number", path, (Answer(f"{spans[path].start:#x}"), *others))


def ask_field(asks: str, record: Record, path: str) -> Check:
    """Which field holds it: the field at *path*, among three others of the same record. Raises ValueError as above."""
    spans = _fields(record, path)
    others = [Answer(name, f"for {span.doc or 'what stands there'}") for name, span in spans.items() if name != path]
    return choice(asks, Answer(path), others, Random(f"{asks} {path}"), path)


def _fields(record: Record, path: str) -> dict[str, Span]:
    spans = {span.path: span for span in type(record).spans(record.build()) if not span.group and not span.bits}
    if path not in spans:
        raise ValueError(f"{type(record).__name__} has no field {path!r}")
    return spans


def ask_most(asks: str, counts: Mapping[str, int]) -> Check:
    """Which of these has most: the names of *counts* are the answers, and a wrong one is told its number.

    Raises ValueError if none has more than all others.
    """
    first, *others = sorted(counts, key=lambda name: -counts[name])
    if not others or counts[first] == counts[others[0]]:
        raise ValueError(f"{asks!r}: no answer has more than all others")
    why = f"if its {{:,}} were more than {counts[first]:,}"
    return Check(asks, "choice", "", tuple(Answer(n, "" if n == first else why.format(counts[n])) for n in counts))


def _values(of: Callable[[Trace], Any] | str, scenario: Scenario) -> tuple[Answer, list[Answer]]:
    """The right answer, and every other value that one choice makes, with the first choice that does."""
    trace = walk(scenario)
    right = Answer(_words(of, trace), scenario=scenario)
    others: dict[str, Answer] = {}
    for neighbour in neighbours(trace):
        text = _words(of, neighbour.trace)
        if text != right.text:
            others.setdefault(text, Answer(text, neighbour.because, neighbour.trace.scenario))
    return right, list(others.values())


def _words(of: Callable[[Trace], Any] | str, trace: Trace) -> str:
    if callable(of):
        return str(of(trace))
    word = trace.outcome[of]
    return ENDS[word] if of in ("end", "host", "vm", "guest") else word


# --- what happens next? ----------------------------------------------------------------------------------------------


def questions(trace: Trace, most: int = MOST) -> tuple[Check, ...]:
    """What to ask on the way through *trace*: at most *most* questions, at the steps with the most other ways to go.

    Each has three or four answers, in an order that is the same for the same scenario. A step that no single choice
    would change asks nothing, and the first does not: what a story begins with is given.
    """
    ways: dict[int, dict[str, Answer]] = {}
    for neighbour in neighbours(trace):
        at = _parts(trace, neighbour.trace)
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
    """The index of the first step that differs; the length of the shorter trace, if none does."""
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


def _actor(answer: Answer) -> str:
    return answer.then[0].actor if answer.then else ""
