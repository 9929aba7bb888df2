"""What the panel of switches holds: as small as a page is to be, and the same stories."""

import json
import subprocess

import pytest

from raslib.sim.explore import Space
from raslib.sim.explore.automaton import automaton
from raslib.sim.model.scenario import Scenario
from raslib.views.page import whatif_page
from raslib.views.theme import STATIC
from raslib.views.whatif import packed, slice_of, whatif_view


def test_pages_are_small():
    assert len(whatif_page(*slice_of(Scenario())).encode()) <= 350_000


def test_numbers_are_packed_as_letters_and_none_is_lost():
    numbers = [-1, 0, 1, 33, 34, 200, 9_000]
    assert packed(numbers) == "]^_\x7f\x80\u0126\u2386"
    assert [ord(letter) - 94 for letter in packed(numbers)] == numbers
    assert not set('"\\<') & set(packed(list(range(-1, 6_000))))


@pytest.mark.node
def test_a_browser_reads_the_packed_stories_as_the_plain_ones(tmp_path):
    given = ("host.first=kernel", "stance=architecture", "begin=error")
    (tmp_path / "both.json").write_text(
        json.dumps([automaton(Space.of(*given).diagram), whatif_view(Scenario(), *given)["document"]])
    )
    (tmp_path / "run.mjs").write_text(
        f'import {{ load }} from "{(STATIC / "automaton.js").as_uri()}";\n'
        'import { readFileSync } from "node:fs";\n'
        'for (const one of JSON.parse(readFileSync("both.json"))) {\n'
        '  const asked = [{}, { "error.category": "UC" }, { "guest.notify": "none" }];\n'
        "  console.log(JSON.stringify(asked.map((choices) => load(one).trace(choices))));\n"
        "}\n"
    )
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    plain, as_letters = done.stdout.splitlines()
    assert plain == as_letters
    assert len(json.loads(plain)[0]["steps"]) > 5
