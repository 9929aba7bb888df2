"""Answers of a real kernel to questions that were made by a seed, fresh or recorded, held to their predictions."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ...sim.aspects import ASPECTS, AspectRow, Held, written
from .comparison import compare_case
from .question import KernelQuestion, own_case
from .reaction import Reaction
from .session import home, plain, reaction_of


@dataclass(frozen=True)
class KernelAnswer:
    """A question, and what the kernel did; or why there is no answer."""

    question: KernelQuestion
    reaction: Reaction | None = None
    trouble: str = ""

    @cached_property
    def held(self) -> Held | None:
        """What was predicted, held to what the kernel did."""
        if self.reaction is None:
            return None
        return compare_case(self.reaction, own_case(self.question, self.reaction.kernel), lab=True)

    @property
    def differences(self) -> tuple[AspectRow, ...]:
        return tuple(row for row in self.held.rows if not row.same) if self.held else ()

    @property
    def unexplained(self) -> bool:
        """Is there no answer, or a difference without a reason?"""
        return self.held is None or any(not row.known for row in self.differences)

    def __str__(self) -> str:
        lines = [f"{self.question.seed}.{self.question.number}  {self.question.words}"]
        lines += [f"    no answer: {self.trouble}"] if self.trouble else []
        for row in self.differences:
            lines += [f"  ! {row.aspect:<14} predicted: {written(row.predicted)}"]
            lines += [f"    {'':<14} real:      {written(row.real)}"]
            lines += [f"    {'':<14} {row.known or 'Nobody knows why.'}"]
        return "\n".join(lines)

    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it: the question, and the reaction without its block, which is the question's."""
        asked = {**self.question._asdict(), "block": self.question.block.hex()}
        if self.reaction is None:
            return {**asked, "trouble": self.trouble}
        reaction = plain(replace(self.reaction, block=None))
        return {**asked, "kernel": self.reaction.kernel, "qemu": self.reaction.qemu, "reaction": reaction}


def agreement(answers: Iterable[KernelAnswer]) -> str:
    """How many questions, and how many of each aspect, were as predicted; a table as text."""
    answers = list(answers)
    asked, same, known = Counter[str](), Counter[str](), Counter[str]()
    for row in (row for answer in answers if answer.held for row in answer.held.rows):
        asked[row.aspect] += 1
        same[row.aspect] += row.same
        known[row.aspect] += bool(not row.same and row.known)
    equal = sum(answer.held is not None and not answer.differences for answer in answers)
    named = sum(bool(answer.differences) and not answer.unexplained for answer in answers)
    special = sum(any(row.same and row.known for row in answer.held.rows) for answer in answers if answer.held)
    lines = [f"{'aspect':<14} {'asked':>5} {'equal':>5} {'known':>5}"]
    lines += [f"{a:<14} {asked[a]:>5} {same[a]:>5} {known[a]:>5}" for a in ASPECTS if asked[a]]
    share = f"{100 * equal / len(answers):.0f} %" if answers else "nothing"
    lines += [
        f"{equal} of {len(answers)} questions equal in every aspect ({share}), {named} differ for known reasons alone",
        f"{special} were predicted by a fact of the lab's machine",
    ]
    return "\n".join(lines)


# --- as recordings ----------------------------------------------------------------------------------------------------


def path(release: str) -> Path:
    """Where answers of a release of Linux are recorded."""
    return home() / release / "examination" / "answers.jsonl"


def load(path: Path) -> list[KernelAnswer]:
    """Recorded answers, one in each line. Raises ValueError, with file and line, for what is none."""
    answers = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            answers.append(_answer(json.loads(line)))
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            raise ValueError(f"{path.name}, line {number}, holds no answer: {e!r}") from e
    return answers


def _answer(plain: dict[str, Any]) -> KernelAnswer:
    asked = {name: plain[name] for name in KernelQuestion._fields}
    question = KernelQuestion(**{**asked, "block": bytes.fromhex(plain["block"])})
    if "trouble" in plain:
        return KernelAnswer(question, trouble=plain["trouble"])
    reaction = reaction_of(plain["reaction"], plain["kernel"], plain["qemu"])
    return KernelAnswer(question, replace(reaction, block=question.block))
