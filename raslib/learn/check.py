"""Checks: questions whose key is an expression over the model; a wrong answer is told when it would be right."""

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any, Literal, NamedTuple

from ..records import Record
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import Scenario
from ..sim.model.trace import Trace
from ..sim.walk import walk
from .predict import ANSWERS, Answer, neighbours

Kind = Literal["choice", "number"]


class Verdict(NamedTuple):
    """What is said to an answer."""

    right: bool
    says: str
    scenario: Scenario | None = None  # in which a wrong answer would be right


class Check(NamedTuple):
    """A question, the answers that can be told from others, and what to look at again after a wrong one."""

    asks: str
    kind: Kind  # choose one of the answers, or type a number
    topic: str
    answers: tuple[Answer, ...]

    @property
    def key(self) -> str:
        """Names this question in a record of progress: the same as long as question and right answer stay."""
        right = next(answer.text for answer in self.answers if answer.right)
        return sha256(f"{self.asks}\n{right}".encode()).hexdigest()[:12]

    def verdict(self, given: str | int) -> Verdict:
        """What is said to *given*: the text of an answer, its number from 1 (of a choice), or the number itself.

        Raises ValueError for what is no answer at all.
        """
        answer = self._find(given)
        if answer is None:
            return Verdict(False, f"No, and no single other choice would make it {given}.")
        if answer.right:
            return Verdict(True, "Yes.")
        return Verdict(False, f"No: that would be right {answer.because}.", answer.scenario)

    def _find(self, given: str | int) -> Answer | None:
        said = str(given).strip()
        if self.kind == "number":
            number = int(said, 0)
            return next((answer for answer in self.answers if int(answer.text, 0) == number), None)
        if said.isdecimal() and 1 <= int(said) <= len(self.answers):
            return self.answers[int(said) - 1]
        if answer := next((answer for answer in self.answers if answer.text == said), None):
            return answer
        raise ValueError(f"{given!r} is none of the {len(self.answers)} answers")

    def view(self) -> dict[str, Any]:
        """Plain values for the views; the key travels with it, so that no kernel is needed."""
        answers = [answer.view() for answer in self.answers]
        return {"asks": self.asks, "kind": self.kind, "topic": self.topic, "key": self.key, "answers": answers}

    def __str__(self) -> str:
        """The question to read, with its answers but without its key."""
        if self.kind == "number":
            return self.asks
        return "\n".join([self.asks, *(f"  {i}. {answer.text}" for i, answer in enumerate(self.answers, 1))])


def ask(asks: str, of: Callable[[Trace], Any] | str, scenario: Scenario | None = None) -> Check:
    """A multiple choice: the right answer is `of(walk(scenario))`, wrong ones are its values one choice away.

    *of* may name a part of the outcome: `ask("How does it end for the guest?", "guest")`. An end is shown as its
    sentence. Raises ValueError if no single choice changes the value: then there is nothing to ask.
    """
    scenario = scenario or Scenario()
    right, others = _values(of, scenario)
    if not others:
        raise ValueError(f"{asks!r}: no single choice changes the answer {right.text!r}")
    order = Random(f"{asks} {scenario.token()}")
    wrong = order.sample(others, min(len(others), ANSWERS - 1))
    answers = order.sample([right, *wrong], len(wrong) + 1)
    return Check(asks, "choice", _topic(wrong), tuple(answers))


def ask_number(asks: str, of: Callable[[Trace], int], scenario: Scenario | None = None) -> Check:
    """A number to type: `of(walk(scenario))`. A wrong one is explained if it is the number one choice away."""
    right, others = _values(of, scenario or Scenario())
    return Check(asks, "number", _topic(others), (right, *others))


def ask_byte(asks: str, record: Record, path: str) -> Check:
    """The offset of a field in a record's bytes, to type; a wrong one is told which field it is in.

    Raises ValueError if the record has no field at *path*.
    """
    spans = [span for span in type(record).spans(record.build()) if not span.group and not span.bits]
    first = {span.path: span.start for span in reversed(spans)}
    if path not in first:
        raise ValueError(f"{type(record).__name__} has no field {path!r}")
    starts = {span.start + at: span.path for span in spans for at in range(span.stop - span.start)}
    others = [Answer(f"{at:#x}", f"for {name}") for at, name in starts.items() if at != first[path]]
    return Check(asks, "number", path, (Answer(f"{first[path]:#x}"), *others))


def ask_field(asks: str, record: Record, path: str) -> Check:
    """Which field holds it: the field at *path*, among three others of the same record. Raises ValueError as above."""
    spans = {span.path: span for span in type(record).spans(record.build()) if not span.group and not span.bits}
    if path not in spans:
        raise ValueError(f"{type(record).__name__} has no field {path!r}")
    order = Random(f"{asks} {path}")
    wrong = order.sample([name for name in spans if name != path], min(len(spans) - 1, ANSWERS - 1))
    others = [Answer(name, f"for {spans[name].doc or 'what stands there'}") for name in wrong]
    answers = order.sample([Answer(path), *others], len(others) + 1)
    return Check(asks, "choice", path, tuple(answers))


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


def _topic(wrong: list[Answer]) -> str:
    return ", ".join(sorted({answer.because.split()[1] for answer in wrong}))
