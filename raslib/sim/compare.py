"""Two scenarios beside each other: what they share, where they part, and which choice parts them."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from ..formats.hest import Hest
from .model.outcome import sentence, words
from .model.scenario import AXES, Scenario
from .model.trace import Step, Trace
from .walk import decided_by, walk


class StepPair(NamedTuple):
    """One line of two stories: the step that each takes there, or none."""

    a: Step | None
    b: Step | None

    @property
    def same(self) -> bool:
        return self.a == self.b


class Comparison(NamedTuple):
    """Two traces, aligned."""

    a: Trace
    b: Trace
    rows: tuple[StepPair, ...]
    differ: dict[str, tuple[str, str]]  # axis -> the word of each
    parts: str | None  # the axis of the first choice that was read and is not the same; None: none decides

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    @property
    def first(self) -> int | None:
        """The number of the first row that is not the same, from 0."""
        return next((i for i, row in enumerate(self.rows) if not row.same), None)

    def to_json(self) -> dict[str, Any]:
        at = self.first
        return {
            "a": self.a.token,
            "b": self.b.token,
            "differ": {axis: list(words) for axis, words in self.differ.items()},
            "first_divergence": None
            if at is None
            else {"step": at + 1, "axis": self.parts, "a": _said(self.rows[at].a), "b": _said(self.rows[at].b)},
            "outcome": {"a": self.a.outcome, "b": self.b.outcome},
            "rows": [{"a": _said(row.a), "b": _said(row.b), "same": row.same} for row in self.rows],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.a.hest is not None:
            yield from (f"{name}: {trace.title}" for name, trace in (("a", self.a), ("b", self.b)))
        for axis, (a, b) in self.differ.items():
            yield f"{axis}: {a} | {b}"
        yield ""
        for i, row in enumerate(self.rows):
            if i == self.first:
                yield f"--- here they part{f', by {self.parts}' if self.parts else ''} ---"
            if row.same:
                yield f"  both  {_said(row.a)}"
            else:
                yield from (f"  {name}     {_said(step)}" for name, step in (("a", row.a), ("b", row.b)) if step)
        yield ""
        for name, trace in (("a", self.a), ("b", self.b)):
            yield f"{name} ends: {sentence(trace.outcome['end'])} ({words(trace.outcome)})"


def _said(step: Step | None) -> str | None:
    return step and f"{step.machine} {step.el}: {step.actor} {step.does}"


def compare(a: Scenario, b: Scenario, *, hest: Hest | None = None, source: int | None = None) -> Comparison:
    """The traces of *a* and *b*, aligned by who does what; *hest*, *source*, and what is raised, are as for `walk`."""
    traces = walk(a, hest=hest, source=source), walk(b, hest=hest, source=source)
    a, b = (trace.scenario for trace in traces)
    words = {name: (axis.word(a[name]), axis.word(b[name])) for name, axis in AXES.items() if a[name] is not b[name]}
    parts = next((name for name in decided_by(a) if name in words), None)
    return Comparison(*traces, tuple(_rows(*traces)), words, parts)


def _rows(a: Trace, b: Trace) -> Iterator[StepPair]:
    ours, theirs = ([(s.machine, s.actor, s.text.key) for s in trace] for trace in (a, b))
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind in ("equal", "replace"):
            both = min(a1 - a0, b1 - b0)
            yield from (StepPair(a.steps[a0 + i], b.steps[b0 + i]) for i in range(both))
            a0, b0 = a0 + both, b0 + both
        yield from (StepPair(step, None) for step in a.steps[a0:a1])
        yield from (StepPair(None, step) for step in b.steps[b0:b1])
