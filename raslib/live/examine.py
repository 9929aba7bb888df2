"""Asks a real kernel questions that were made by a seed, many in one boot, and holds each to its prediction."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..sim.aspects import ASPECTS, AspectRow, Held, written
from . import LiveError, cache
from .machine import Machine
from .recording.comparison import compare_case
from .recording.examination import HESTS, PLAIN, Invented
from .recording.question import own_case
from .recording.steps import Boot
from .report import put
from .run import Log, machine


class Answer(NamedTuple):
    """A question, and what the kernel did beside what was predicted; or why there is no answer."""

    invented: Invented
    held: Held | None = None
    trouble: str = ""

    @property
    def differences(self) -> tuple[AspectRow, ...]:
        return tuple(row for row in self.held.rows if not row.same) if self.held else ()

    @property
    def unexplained(self) -> bool:
        """Is there no answer, or a difference without a reason?"""
        return self.held is None or any(not row.known for row in self.differences)

    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it, the block on the pages of `PLACES`."""
        question = self.invented.question
        return {
            "seed": self.invented.seed,
            "number": self.invented.number,
            "words": self.invented.words,
            **question._asdict(),
            "block": question.block.hex(),
            "kernel": self.held.by if self.held else "",
            "trouble": self.trouble,
            "rows": [row._asdict() for row in self.held.rows] if self.held else [],
        }

    def __str__(self) -> str:
        lines = [f"{self.invented.seed}.{self.invented.number}  {self.invented.words}"]
        lines += [f"    no answer: {self.trouble}"] if self.trouble else []
        for row in self.differences:
            lines += [f"  ! {row.aspect:<14} predicted: {written(row.predicted)}"]
            lines += [
                f"    {'':<14} real:      {written(row.real)}",
                f"    {'':<14} {row.known or 'Nobody knows why.'}",
            ]
        return "\n".join(lines)


def examine(
    questions: Iterable[Invented], guest: cache.Guest | None = None, log: Log = lambda line: None
) -> Iterator[Answer]:
    """Ask a real kernel *questions*, many in one boot, and compare each answer as it comes.

    After a panic, an oops or a dead guest comes a fresh boot for the rest; *log* gets a line for each boot, and for
    what ended the last.
    """
    left = {firmware: list[Invented]() for firmware in HESTS}
    for one in questions:
        left[one.firmware].append(one)
    for firmware, waiting in left.items():
        boot = Boot("examination", "questions made by a seed", HESTS[firmware], firmware=firmware)
        while waiting:
            with machine(boot, guest=guest) as (m, _):
                log(f"Linux {m.kernel}, QEMU {m.qemu}: up in {m.boot_seconds:.1f} s, {len(waiting)} questions left")
                if not firmware:
                    m.bind(PLAIN["external"].source_id)
                yield from _one_boot(m, waiting, log)


def _one_boot(m: Machine, waiting: list[Invented], log: Log) -> Iterator[Answer]:
    """Ask until nothing is left or the machine is not what it was; what was asked is taken from *waiting*."""
    while waiting:
        one = waiting.pop(0)
        try:
            reaction = put(m, one.source_id, one.question, one.number)
        except LiveError as e:
            log(f"{one.seed}.{one.number} has ended the guest")
            yield Answer(one, trouble=str(e))
            return
        case = own_case(one.question, m.kernel, HESTS[one.firmware], one.source_id)
        yield Answer(one, compare_case(reaction, case))
        if reaction.panicked or reaction.oops:
            log(f"{one.seed}.{one.number}: {reaction.oops or 'the kernel panicked'}")
            return


def agreement(answers: Iterable[Answer]) -> str:
    """How many questions, and how many of each aspect, were as predicted; a table as text."""
    answers = list(answers)
    asked, same, known = Counter[str](), Counter[str](), Counter[str]()
    for row in (row for answer in answers if answer.held for row in answer.held.rows):
        asked[row.aspect] += 1
        same[row.aspect] += row.same
        known[row.aspect] += bool(not row.same and row.known)
    good = sum(answer.held is not None and not answer.differences for answer in answers)
    named = sum(bool(answer.differences) and not answer.unexplained for answer in answers)
    lines = [f"{'aspect':<14} {'asked':>5} {'equal':>5} {'known':>5}"]
    lines += [f"{a:<14} {asked[a]:>5} {same[a]:>5} {known[a]:>5}" for a in ASPECTS if asked[a]]
    share = 100 * good / len(answers) if answers else 0
    lines += [
        f"{good} of {len(answers)} questions equal in every aspect ({share:.0f} %), {named} more for known reasons"
    ]
    return "\n".join(lines)
