"""The stories as one JSON document, and the module that walks it in a browser: the same traces as in Python."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sim.test_explore import at_random, near_the_default

from raslib.sim.explore import Space
from raslib.sim.explore.automaton import automaton
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.theme import STATIC
from raslib.views.whatif import slice_of

DRIVER = """
import { load } from "MODULE";
import { readFileSync } from "node:fs";
const machine = load(JSON.parse(readFileSync("DOCUMENT")));
const said = [];
for (const choices of JSON.parse(readFileSync("CHOICES"))) {
  try {
    said.push(machine.trace(choices));
  } catch (error) {
    said.push({ error: error.message });
  }
}
console.log(JSON.stringify({ said }));
"""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return automaton(Space.of().diagram)


def run(document: dict[str, Any], choices: list[Any], folder: Path) -> dict[str, Any]:
    """What the module says of each of these *choices*."""
    for name, value in (("document", document), ("choices", choices)):
        (folder / f"{name}.json").write_text(json.dumps(value))
    script = DRIVER.replace("MODULE", (STATIC / "automaton.js").as_uri())
    for name in ("document", "choices"):
        script = script.replace(name.upper(), str(folder / f"{name}.json"))
    (folder / "driver.mjs").write_text(script)
    done = subprocess.run(["node", folder / "driver.mjs"], capture_output=True, text=True, check=True, timeout=300)
    return dict(json.loads(done.stdout))


def expected(s: Scenario) -> dict[str, Any]:
    """What Python says, without the fields of blocks, which come from their bytes."""
    view = walk(s).view()
    for step in view["steps"]:
        if step["carries"]:
            step["carries"]["fields"] = None
    return {"steps": view["steps"], "outcome": view["outcome"]}


@pytest.mark.parametrize("stance", ["as-built", "architecture"])
def test_the_stories_of_a_page_are_small(stance: str):
    """The whole is larger; what a page or a notebook shows is a slice of it."""
    given = slice_of(Scenario.of(f"stance={stance}"))
    said = json.dumps(automaton(Space.of(*given).diagram), separators=(",", ":")).encode()
    assert len(said) <= 384 * 1024
    assert len(gzip.compress(said, mtime=0)) <= 56 * 1024


@pytest.mark.node
def test_the_module_tells_the_same_stories(document: dict[str, Any], tmp_path: Path, deep: bool):
    many = 5_000 if deep else 300
    scenarios = [Scenario(), *at_random(5, many), *near_the_default(6, many)]
    told = run(document, [s.to_json() for s in scenarios], tmp_path)
    for s, said in zip(scenarios, told["said"], strict=True):
        assert said == expected(s), s.token()


@pytest.mark.node
def test_what_is_left_out_is_the_default_or_given(tmp_path: Path):
    given = automaton(Space.of("host.first=kernel", "stance=architecture", "begin=error").diagram)
    [said] = run(given, [{"host.vhe": "false"}], tmp_path)["said"]
    assert said == expected(Scenario.of("host.first=kernel", "stance=architecture", "host.vhe=false"))


@pytest.mark.node
def test_a_wrong_choice_is_refused_in_words(tmp_path: Path):
    corner = automaton(Space.of("host.first=kernel", "stance=architecture", "begin=error").diagram)
    wrong = [{"weather": "fine"}, {"host.notify": "telegram"}]
    first, second = run(corner, wrong, tmp_path)["said"]
    assert first == {"error": "no axis is called weather"}
    assert second["error"].startswith("host.notify is telegram, which is none of POLLED, EXTERNAL, LOCAL")
