"""Levels: something to reach, checked by the model. Any answer that reaches it is right; none is written down."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from random import Random
from typing import Any, NamedTuple

from ..formats.ghes import StatusBlock
from ..formats.hest import Hest
from ..sim.model.outcome import ENDS
from ..sim.model.platform import source_of
from ..sim.model.scenario import AXES, Scenario
from ..sim.walk import outcome, walk
from ..views.kernel_log import kernel_log
from .ask import neighbours

GIVEN = ("begin", "stance")  # what a level never turns


class Level(NamedTuple):
    """A task, three hints of which each says more, and the judge of an answer, who gives why it is not there yet."""

    asks: str
    topic: str
    hints: tuple[str, str, str]
    judge: Callable[[Any], str]  # raises ValueError for what is no answer at all

    def check(self, answer: Any) -> str:
        """Why *answer* does not reach it, nothing if it does; what cannot be read is no answer, and is told why."""
        try:
            return self.judge(answer)
        except (ValueError, TypeError) as e:
            return str(e)

    def hint(self, stage: int) -> str:
        """The hint of *stage*, 1 to 3; the last shows one answer, where there may be others."""
        return self.hints[stage - 1]

    def __str__(self) -> str:
        return self.asks


# --- scenarios: reach an end, find what decides ----------------------------------------------------------------------


def reach(end: str, most: int = 2, start: Scenario | None = None) -> Level:
    """Reach *end*, a word of `outcome.ENDS`, from *start* with at most *most* choices.

    An answer is a `Scenario`, or its choices as `Scenario.choose` takes them. Raises ValueError if no answer exists.
    """
    start = start or Scenario()
    solution = next(_reaching(end, most, start), None)
    if solution is None:
        raise ValueError(f"no {most} choices from this scenario end in {end}")

    def judge(answer: Any) -> str:
        found = _scenario(answer, start)
        differ = _differ(start, found)
        if len(differ) > most:
            return f"that turns {len(differ)} choices ({', '.join(differ)}), and {most} will do"
        if fixed := differ.keys() & set(GIVEN):
            return f"{', '.join(sorted(fixed))} is given"
        ends = outcome(found)["end"]
        return "" if ends == end else f"it ends otherwise: {ENDS[ends]}"

    choices = "one choice" if most == 1 else f"at most {most} choices"
    asks = f"Make it end so, with {choices}: {ENDS[end]}. ({start})"
    return Level(asks, ", ".join(solution), _hints(solution), judge)


def decides(a: Scenario, b: Scenario) -> Level:
    """Find the choice that alone makes *a* end as *b* does; they differ in several. An answer is the name of an axis.

    Raises ValueError if no single choice does, or all do.
    """
    differ, ends = _differ(a, b), outcome(b)["end"]
    alone = [name for name in differ if outcome(a.choose(f"{name}={differ[name]}"))["end"] == ends]
    if outcome(a)["end"] == ends or not alone or len(alone) == len(differ):
        raise ValueError("of these two scenarios no single choice decides, or each does")

    def judge(answer: Any) -> str:
        if str(answer) not in differ:
            return f"the two differ in {', '.join(differ)}"
        return "" if str(answer) in alone else f"with {answer} alone it ends as before: {ENDS[outcome(a)['end']]}"

    both = "; ".join(f"{name} is {AXES[name].word(a[name])} or {word}" for name, word in differ.items())
    asks = f"Which of these choices decides between two ends? {both}. One: {ENDS[outcome(a)['end']]}. The other: "
    return Level(f"{asks}{ENDS[ends]}.", alone[0], _hints({alone[0]: differ[alone[0]]}), judge)


def drawn(seed: int, choices: int = 2) -> Level:
    """A level of these kinds drawn by *seed*: a `reach` with that many *choices*, or for odd seeds a `decides`."""
    order = Random(seed)
    while True:
        start, found = Scenario(), turned(order, Scenario(), choices)
        try:
            if seed % 2:
                return decides(start, turned(order, found, choices))
            if (ends := outcome(found)["end"]) != outcome(start)["end"]:
                return reach(ends, choices)
        except ValueError:
            continue


def turned(order: Random, s: Scenario, choices: int) -> Scenario:
    """*s* with that many *choices* that matter on its way turned, one after the other, as *order* draws them."""
    for _ in range(choices):
        s = order.choice([n.trace for n in neighbours(walk(s)) if n.axis not in GIVEN]).scenario
    return s


def _scenario(answer: Any, start: Scenario) -> Scenario:
    if isinstance(answer, Scenario):
        return answer
    return start.choose(*(answer.split() if isinstance(answer, str) else answer))


def _differ(a: Scenario, b: Scenario) -> dict[str, str]:
    return {name: axis.word(b[name]) for name, axis in AXES.items() if a[name] is not b[name]}


def _reaching(end: str, most: int, start: Scenario) -> Iterator[dict[str, str]]:
    """Choices that end so, the fewest first; the second of two is one that is read once the first is made."""
    near = [n for n in neighbours(walk(start)) if n.axis not in GIVEN]
    yield from ({n.axis: n.word} for n in near if n.trace.outcome["end"] == end)
    for one in near if most > 1 else ():
        for n in neighbours(one.trace):
            if n.axis not in (*GIVEN, one.axis) and n.trace.outcome["end"] == end:
                yield {one.axis: one.word, n.axis: n.word}


def _hints(solution: dict[str, str]) -> tuple[str, str, str]:
    groups = sorted({name.partition(".")[0] for name in solution})
    meanings = "; ".join(AXES[name].meaning for name in solution)
    choices = " ".join(f"{name}={word}" for name, word in solution.items())
    return (
        f"Look at the choices of {' and '.join(groups)}.",
        f"It turns on this: {meanings}.",
        f"One answer is {choices}.",
    )


# --- bytes: a table, a block -----------------------------------------------------------------------------------------


def advertise(end: str, scenario: Scenario, example: Hest) -> Level:
    """Write a HEST for the host with which *scenario* ends in *end*; *example* is one that does, for the last hint.

    An answer is a `Hest` or its bytes. Raises ValueError if the example does not reach it.
    """

    def judge(answer: Any) -> str:
        table = answer if isinstance(answer, Hest) else Hest.parse(bytes(answer))
        by_table = scenario.choose(host_notify=source_of(table).notify)  # how it notifies is what is asked for
        ends = walk(by_table, hest=table).outcome["end"]
        return "" if ends == end else f"with this table it ends otherwise: {ENDS[ends]}"

    if why := judge(example):
        raise ValueError(f"the example does not reach it: {why}")
    source = example.error_sources[0]
    hints = (
        "How the source notifies decides when the kernel hears, and where in its code.",
        f"One answer has a {type(source).__name__}.",
        f"One answer is {source!r}.",
    )
    return Level(f"Write a HEST with which it ends so: {ENDS[end]}. ({scenario})", "HEST", hints, judge)


def prints(block: StatusBlock) -> Level:
    """Build a block of which Linux prints exactly what it prints of *block*. An answer is a `StatusBlock` or bytes."""
    text = kernel_log(block)

    def judge(answer: Any) -> str:
        printed = kernel_log(answer if isinstance(answer, StatusBlock) else StatusBlock.parse(bytes(answer)))
        pairs = zip_longest(text.splitlines(), printed.splitlines(), fillvalue="")
        return next((f"where {ours!r} is wanted, Linux prints {its!r}" for ours, its in pairs if ours != its), "")

    titles = ", ".join(type(entry.section).__name__ for entry in block.entries)
    hints = (
        f"It holds {titles}.",
        f"Fields without a validation bit do not show: {len(block.build())} bytes in all.",
        f"One answer is {block!r}.",
    )
    return Level(f"Build a block of which Linux prints exactly this:\n{text}", titles, hints, judge)
