"""A question with its answers: which is right, and when a wrong one would be."""

from hashlib import sha256
from typing import Any, Literal, NamedTuple

from ..sim.model.scenario import Scenario
from ..sim.model.trace import Step

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
