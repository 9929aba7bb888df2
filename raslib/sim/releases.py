"""One scenario under many releases, since when it ends as it does, and what another release or a patch moves."""

from typing import NamedTuple

from .compare import compare
from .explore import Space
from .model.partial import Given
from .model.scenario import AXES, Scenario
from .walk import outcome

RELEASES = ("host.tf_a", "host.linux", "guest.qemu", "guest.machine", "guest.linux")


class ReleaseRow(NamedTuple):
    """Releases next to each other under which a scenario is the same story.

    axis, words: whose releases, and which
    outcome: the parts of its outcome
    parts: the number of the first step, from 1, that is another under the releases before, and what it does: there, and
        here; None of the oldest releases
    """

    axis: str
    words: tuple[str, ...]
    outcome: dict[str, str]
    parts: tuple[int, str | None, str | None] | None

    def __hash__(self) -> int:
        return hash((self.axis, self.words, self.parts))


class Since(NamedTuple):
    """The releases around a scenario's own with which it ends alike: from *since* to *until*; the ends beside them."""

    axis: str
    since: str
    until: str
    before: str | None
    after: str | None


class Moved(NamedTuple):
    """How many scenarios end so before and so after, and that of them with the fewest choices."""

    before: str
    after: str
    scenarios: int
    witness: Scenario


def versions(s: Scenario) -> tuple[ReleaseRow, ...]:
    """The story of *s* under each release of each axis of `RELEASES`, all else as it is; equal ones together."""
    found: list[ReleaseRow] = []
    for axis in RELEASES:
        before: Scenario | None = None
        for value in AXES[axis].values:
            now, word = s.given({axis: value}), AXES[axis].word(value)
            both = before and compare(before, now)
            before = now
            if both and both.first is None:
                found[-1] = found[-1]._replace(words=(*found[-1].words, word))
                continue
            row = both and both.rows[both.first or 0]
            does = [step and f"{step.actor} {step.does}" for step in (row.a, row.b)] if row else []
            parts = both and ((both.first or 0) + 1, *does)
            found.append(ReleaseRow(axis, (word,), outcome(now), parts))  # type: ignore[arg-type]
    return tuple(found)


def since(s: Scenario, of: str = "end") -> tuple[Since, ...]:
    """Since and until which release of each axis *s* ends as it does; *of* is the part of the outcome that counts."""
    found = []
    for axis in RELEASES:
        words = [AXES[axis].word(value) for value in AXES[axis].values]
        ends = [outcome(s.choose(f"{axis}={word}"))[of] for word in words]
        first = last = words.index(AXES[axis].word(s[axis]))
        while first and ends[first - 1] == ends[first]:
            first -= 1
        while last + 1 < len(ends) and ends[last + 1] == ends[last]:
            last += 1
        beside = (ends[i] if 0 <= i < len(ends) else None for i in (first - 1, last + 1))
        found.append(Since(axis, words[first], words[last], *beside))
    return tuple(found)


def impact(space: Space, before: Given, after: Given, of: str = "end") -> tuple[Moved, ...]:
    """What it moves that scenarios of *space* have the choices *after* in the place of *before*: most frequent first.

    Exact: each pair of ends, of the part *of* of the outcome, and how many scenarios have it; equal ends are pairs too.
    """
    counts: dict[tuple[str, str], tuple[int, Given]] = {}
    for (one, two), (n, choices) in space.decisions.moved(before, after).items():
        pair = getattr(one, of), getattr(two, of)
        more, fewest = counts.get(pair, (0, choices))
        counts[pair] = n + more, min(fewest, choices, key=len)
    given = Scenario().given({**space.given, **after})
    rows = (Moved(*pair, n, given.given(choices)) for pair, (n, choices) in counts.items())
    return tuple(sorted(rows, key=lambda row: -row.scenarios))
