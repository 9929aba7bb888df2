"""Answers of a real kernel to questions that were made by a seed, fresh or recorded, held to their predictions."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...sim.aspects import ASPECTS, AspectRow, Held, written
from .comparison import compare_case
from .examination import HESTS, Invented, invent
from .question import own_case
from .reaction import Reaction
from .session import home, plain, reaction_of


@dataclass(frozen=True)
class Answer:
    """A question, and what the kernel did; or why there is no answer."""

    invented: Invented
    reaction: Reaction | None = None
    trouble: str = ""

    @cached_property
    def held(self) -> Held | None:
        """What was predicted, held to what the kernel did."""
        if self.reaction is None:
            return None
        one, kernel = self.invented, self.reaction.kernel
        return compare_case(self.reaction, own_case(one.question, kernel, HESTS[one.firmware], one.source_id))

    @property
    def differences(self) -> tuple[AspectRow, ...]:
        return tuple(row for row in self.held.rows if not row.same) if self.held else ()

    @property
    def unexplained(self) -> bool:
        """Is there no answer, or a difference without a reason?"""
        return self.held is None or any(not row.known for row in self.differences)

    def __str__(self) -> str:
        lines = [f"{self.invented.seed}.{self.invented.number}  {self.invented.words}"]
        lines += [f"    no answer: {self.trouble}"] if self.trouble else []
        for row in self.differences:
            lines += [f"  ! {row.aspect:<14} predicted: {written(row.predicted)}"]
            lines += [f"    {'':<14} real:      {written(row.real)}"]
            lines += [f"    {'':<14} {row.known or 'Nobody knows why.'}"]
        return "\n".join(lines)

    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it; its block is as the question has it, on the pages of `PLACES`."""
        one, reaction = self.invented, self.reaction
        rows = [row._asdict() for row in self.held.rows] if self.held else []
        known = {"kernel": reaction.kernel, "qemu": reaction.qemu, "reaction": plain(reaction)} if reaction else {}
        question = {**one.question._asdict(), "block": one.question.block.hex()}
        return {"seed": one.seed, "number": one.number, "words": one.words, **question, **known, "rows": rows} | (
            {"trouble": self.trouble} if self.trouble else {}
        )


def agreement(answers: Iterable[Answer]) -> str:
    """How many questions, and how many of each aspect, were as predicted; a table as text."""
    answers = list(answers)
    asked, same, known = Counter[str](), Counter[str](), Counter[str]()
    for row in (row for answer in answers if answer.held for row in answer.held.rows):
        asked[row.aspect] += 1
        same[row.aspect] += row.same
        known[row.aspect] += bool(not row.same and row.known)
    equal = sum(answer.held is not None and not answer.differences for answer in answers)
    named = sum(bool(answer.differences) and not answer.unexplained for answer in answers)
    lines = [f"{'aspect':<14} {'asked':>5} {'equal':>5} {'known':>5}"]
    lines += [f"{a:<14} {asked[a]:>5} {same[a]:>5} {known[a]:>5}" for a in ASPECTS if asked[a]]
    share = f"{100 * equal / len(answers):.0f} %" if answers else "nothing"
    lines += [
        f"{equal} of {len(answers)} questions equal in every aspect ({share}), {named} differ for known reasons alone"
    ]
    return "\n".join(lines)


# --- as recordings ----------------------------------------------------------------------------------------------------


def folder(release: str) -> Path:
    """Where answers of a release of Linux are recorded: a file for each seed."""
    return home() / release / "examination"


def as_json(answers: Iterable[Answer]) -> str:
    """Answers of one seed and one kernel as the text of a file: the reactions alone, as a seed gives its questions.

    Raises ValueError if there is no answer.
    """
    reactions = {
        answer.invented.number: (answer.invented.seed, answer.reaction) for answer in answers if answer.reaction
    }
    if not reactions:
        raise ValueError("there is no answer to be recorded")
    seed, first = next(iter(reactions.values()))
    given = {str(number): plain(reactions[number][1]) for number in sorted(reactions)}
    return json.dumps({"seed": seed, "kernel": first.kernel, "qemu": first.qemu, "answers": given}, indent=1) + "\n"


def load(path: Path) -> list[Answer]:
    """Recorded answers. Raises ValueError, with the file's name, for a file that holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        by = found["kernel"], found["qemu"]
        answers = [Answer(invent(found["seed"], int(n)), reaction_of(r, *by)) for n, r in found["answers"].items()]
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise ValueError(f"{path.name} holds no answers: {e!r}") from e
    for answer in answers:
        if answer.reaction and answer.reaction.block != answer.invented.question.block:
            raise ValueError(f"{path.name}: the seed gives another question {answer.invented.number} now; ask again")
    return answers
