"""A lesson's questions as a notebook asks them, with the learner's progress kept beside it."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from ..sim.model.scenario import Scenario
from ..sim.model.trace import Trace
from ..sim.walk import walk
from ..views.trace_view import trace_view
from ..views.widgets import Quiz, Stepper
from .ask import Check, ask, questions
from .level import Level, turned
from .progress import Progress

RECAP = 5  # questions at a lesson's end
PARTS: dict[str, str] = {
    "end": "How does it end?",
    "guest": "How does it end for the guest?",
    "host": "How does it end for the host's kernel?",
    "signal": "Which signals does the host's kernel send?",
    "claimed": "Who in the host's kernel claims the error?",
    "acked": "May firmware use the host's error source again?",
}


class Lesson:
    """A lesson by its *name*: `lesson = Lesson("01")`. Answers are kept in *folder*, the one a notebook runs in.

    Raises ValueError if the progress that is kept there cannot be read.
    """

    def __init__(self, name: str, folder: Path | str = ".") -> None:
        self.name, self.progress = name, Progress.read(folder)
        self.progress.begin(name)
        self._note = partial(self.progress.note, name)

    def check(self, *checks: Check) -> Quiz:
        """Ask these, one after the other."""
        self.progress.ask(self.name, checks)
        return Quiz(self.name, [check.view() for check in checks], self._answered(checks), self._note)

    def predict(self, trace: Trace | Scenario) -> Stepper:
        """Step through *trace* with the steps to come hidden: at some of them it asks what happens next."""
        trace = walk(trace) if isinstance(trace, Scenario) else trace
        checks = questions(trace)
        self.progress.ask(self.name, checks)
        asked = {"questions": [check.view() for check in checks], "lesson": self.name}
        return Stepper(trace_view(trace) | asked | {"answered": self._answered(checks)}, note=self._note)

    def solve(self, level: Level, answer: Any) -> str:
        """What is said to *answer*; that the level was reached is kept."""
        why = level.check(answer)
        self.progress.note(self.name, level.asks, not why, level.topic)
        return f"Not yet: {why}." if why else "Reached."

    def recap(self, *choices: str, seed: int = 0, again: bool = True) -> Quiz:
        """Five questions drawn by *seed* from the scenarios near `Scenario.of(*choices)`.

        Those that turn on what was missed in earlier lessons come first; not *again*: everybody has the same.
        """
        missed, found = self.progress.again() if again else Counter[str](), dict[str, Check]()
        for check in _drawn(Scenario.of(*choices), Random(f"{self.name} {seed}")):
            found.setdefault(check.asks, check)
            if len(found) == RECAP * (3 if missed else 1):
                break
        first = sorted(found.values(), key=lambda check: -sum(missed[topic] for topic in check.topic.split(", ")))
        return self.check(*first[:RECAP])

    def _answered(self, checks: tuple[Check, ...]) -> dict[str, bool]:
        entries = {check.key: self.progress.entries.get((self.name, check.key)) for check in checks}
        return {key: entry.right for key, entry in entries.items() if entry and entry.tries}


def _drawn(start: Scenario, order: Random) -> Iterator[Check]:
    """Questions about scenarios one or two choices from *start*, without end."""
    while True:
        scenario = turned(order, start, order.choice((1, 2)))
        part = order.choice(list(PARTS))
        chosen = ", ".join(f"{axis} is {word}" for axis, word in scenario.chosen().items())
        try:
            yield ask(f"{scenario}{chosen and f'; {chosen}'}. {PARTS[part]}", part, scenario)
        except ValueError:
            continue  # nothing near changes this part
