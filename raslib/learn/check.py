"""A question with its answers: which is right, and when a wrong one would be."""

from hashlib import sha256
from typing import Any, Literal, NamedTuple

from ..sim.model.scenario import Scenario
from ..sim.model.trace import Step
from .terms import card_lines

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
        return _digest(self.asks, right.text, about, self.step)

    @property
    def former_key(self) -> str:
        """The key by which a question was kept before it had to tell two with the same right answer apart."""
        return _digest(self.asks, next(answer.text for answer in self.answers if answer.right))

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


def _digest(*parts: object) -> str:
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]
