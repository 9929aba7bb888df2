"""The simulator against itself: all scenarios counted, one walked, its outcome alone, and the choices made."""

import json
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.measure import ratio

from raslib.sim.explore import Space
from raslib.sim.explore.automaton import automaton
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import Trace
from raslib.sim.walk import events, walk
from raslib.views.theme import STATIC

COUNT = 200  # scenarios, each other than the ones before
NODE = """
import { readFileSync } from "node:fs";
import { load } from "./automaton.mjs";
const { document, choices } = JSON.parse(readFileSync("given.json", "utf8"));
const machine = load(document);
const times = [];
for (let round = 0; round < 100; round++) {
  const start = process.cpuUsage();
  for (const one of choices) machine.trace(one).steps;
  const { user, system } = process.cpuUsage(start);
  times.push((user + system) / choices.length);
}
console.log(JSON.stringify(times.slice(20)));
"""


class Found(NamedTuple):
    """What was measured in words, its best time in microseconds, what that should be at most, and more about it."""

    name: str
    us: float | None  # None: could not be measured
    most: float | None  # None: no goal
    more: str


def scenarios() -> list[Scenario]:
    """Scenarios near the default one, most of which go a long way: three choices are others."""
    rng, found = Random(4), []
    for _ in range(COUNT):
        names = rng.sample([name for name in AXES if name not in ("begin", "stance")], 3)
        found.append(Scenario.of(*(f"{name}={AXES[name].word(rng.choice(AXES[name].values))}" for name in names)))
    return found


def measured(rounds: int) -> Iterator[Found]:
    """Every figure, in microseconds, with its ratio to a walk where both take turns."""
    space, some = Space.of(), scenarios()
    decisions, choices = space.decisions, [{name: s[name] for name in AXES} for s in some]
    steps = sum(len(walk(s)) for s in some)
    walking = partial(each, walk, some)

    def against(name: str, ours: Callable[[], Any], most: float | None) -> Found:
        found = ratio(ours, walking, (COUNT, COUNT), rounds)
        more = f"{found.theirs * 1e6:.1f} us to walk one; {found.median:.1f} x as fast"
        return Found(name, found.best * 1e6, found.theirs * 1e6 if most == 0 else most, more)

    counted = ratio(decisions.count, walking, (1, COUNT), rounds)
    yield Found("all outcomes counted", counted.best * 1e6, 100_000, f"{space.size:.3g} scenarios, each counted")
    walked = ratio(walking, walking, (steps, steps), rounds)
    anew = ratio(partial(each, _anew, some), walking, (steps, steps), rounds)
    yield Found("by the stages, nothing remembered", anew.best * 1e6, None, f"{anew.median:.2f} x as fast")
    longest = max(some, key=lambda s: len(walk(s)))
    yield Found("a walk, for each step", walked.best * 1e6, 5, f"{steps / COUNT:.1f} steps a walk")
    alone = ratio(partial(walk, longest), partial(walk, longest), (1, 1), rounds * 10)
    yield Found("the longest, for each step", alone.best * 1e6 / len(walk(longest)), 5, f"{len(walk(longest))} steps")
    yield against("an outcome, by the decisions", partial(each, decisions.outcome, choices), 10)
    yield against("Scenario()", lambda: [Scenario() for _ in some], 0)
    yield against("chosen, one of its choices", lambda: [s.choose(host_notify="SDEI") for s in some], 0)
    tokens = [s.token() for s in some]
    yield against("read from a token", partial(each, Scenario.from_token, tokens), None)
    yield in_node(space, some)


def _anew(s: Scenario) -> Trace:
    return Trace.of(s, events(s))


def each(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return [function(item) for item in items]


def in_node(space: Space, some: list[Scenario]) -> Found:
    """The automaton as a browser has it: a trace with its texts, by the processor's time."""
    name = "a trace of the automaton, in node"
    node = shutil.which("node")
    if node is None:
        return Found(name, None, 10, "node is not installed")
    with TemporaryDirectory() as path:
        here = Path(path)
        given = {"document": automaton(space.diagram), "choices": [s.chosen() for s in some]}
        (here / "given.json").write_text(json.dumps(given), encoding="utf-8")
        shutil.copy(STATIC / "automaton.js", here / "automaton.mjs")
        (here / "driver.mjs").write_text(NODE, encoding="utf-8")
        done = subprocess.run([node, "driver.mjs"], cwd=here, capture_output=True, text=True, check=True)
        times = json.loads(done.stdout)
        more = f"{statistics.median(times):.1f} us in the middle, {max(times):.1f} at most"
        return Found(name, min(times), 10, more)
