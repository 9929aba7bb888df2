"""Questions about a scenario or a record, whose key is an expression over the model."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from ..records import Record, Span
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import Scenario
from ..sim.model.trace import Trace
from ..sim.walk import walk
from .check import Answer, Check
from .predict import ANSWERS, neighbours, topic


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
