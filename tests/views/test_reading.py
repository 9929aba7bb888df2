"""The tables that a browser reads registers by: they say of every value what Python says."""

import json
import random
import subprocess

import pytest

from raslib.cli import main
from raslib.formats.cores import by_name
from raslib.formats.errnode import RasVersion
from raslib.sim.cpu.routing import KEYS, RULES, State, route
from raslib.views.errstatus import KINDS, err_status
from raslib.views.reading import PartialRegister, UnknownField, tables
from raslib.views.routing import KINDS as ROUTES
from raslib.views.routing import NAMES, RoutingState, routed
from raslib.views.syndrome import REGISTERS, Syndrome, explain
from raslib.views.theme import STATIC

DRIVER = """
import { readFileSync } from "node:fs";
import { read } from "MODULE";
const { tables, asked } = JSON.parse(readFileSync("asked.json"));
for (const [name, value] of asked) {
  const { fields, state, means } = read(tables, name, BigInt(value));
  const shown = fields.filter((field) => field.name !== "reserved" || field.number);
  const plain = ({ name, high, low, value, text, doc, ref }) => ({ name, bits: [high, low], value, text, doc, ref });
  console.log(JSON.stringify({ fields: shown.map(plain), state, means }));
}
"""


def said(folder, kinds, asked) -> list[dict]:
    """What `static/reading.js` says of each (name, value) that is asked."""
    (folder / "driver.mjs").write_text(DRIVER.replace("MODULE", (STATIC / "reading.js").as_uri()), encoding="utf-8")
    document = {"tables": tables(kinds), "asked": [[name, str(value)] for name, value in asked]}
    (folder / "asked.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(["node", "driver.mjs"], cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def wanted(found: Syndrome) -> dict:
    return {"fields": found.to_json()["fields"], "state": found.state, "means": list(found.means)}


def values(count: int, tops: list[int]) -> list[int]:
    """Values of 64 bits, all with some of *tops* in their upper bits, few and many bits set below."""
    dice = random.Random(1)
    words = [dice.getrandbits(64) & dice.choice([(1 << 64) - 1, 0xFFFF_FFFF, 0x1FF, 0x3F, 0xC3F]) for _ in range(count)]
    return [0, (1 << 64) - 1, *(word | dice.choice(tops) for word in words)]


@pytest.mark.node
@pytest.mark.parametrize("name", REGISTERS)
def test_a_browser_reads_every_syndrome_as_python_does(name, tmp_path):
    tops = [ec << 26 | ids << 24 for ec in (0, 0x15, 0x20, 0x21, 0x24, 0x25, 0x2F, 0x3F) for ids in (0, 1)]
    asked = values(1000, [*tops, *(top | 0x11 for top in tops), *(top | 0x10 for top in tops)])
    asked += [top << 24 | code for top in (0x92, 0x96, 0x82, 0xBE, 0xBF, 0x80, 0x81) for code in range(0x1000)]
    kind = REGISTERS[name].name
    answers = said(tmp_path, tuple(REGISTERS.values()), [(kind, value) for value in asked])
    for value, answer in zip(asked, answers, strict=True):
        assert answer == wanted(explain(name, value)), hex(value)


@pytest.mark.node
def test_of_a_known_core_the_tables_are_its_own(tmp_path):
    core, asked = by_name("N1"), [0x9200_0210, 0xBE00_0411, 0xBF00_0001]
    kinds = explain("esr", 0, core).kinds
    answers = said(tmp_path, kinds, [(kinds[0].name, value) for value in asked])
    assert answers == [wanted(explain("esr", value, core)) for value in asked]
    core, asked = by_name("Cortex-A53"), [0xBF40_0001, 0xBF00_0001, 0xBF12_3403, 0xBE00_0411, 0x9200_0210]
    kinds = explain("esr", 0, core).kinds
    own = said(tmp_path, kinds, [(kinds[0].name, value) for value in asked])
    assert own == [wanted(explain("esr", value, core)) for value in asked]
    assert "What ISS[23:0] 0x123403 means is not known of Cortex-A53." in own[2]["means"]
    assert not any("Without it" in line for answer in answers for line in answer["means"])


@pytest.mark.node
@pytest.mark.parametrize("version", KINDS)
def test_a_browser_reads_every_error_record_as_python_does(version, tmp_path):
    """What clears it too: numbers that are made of all of the register."""
    asked = values(1000, [0, 1 << 30, 1 << 30 | 1 << 29, 1 << 30 | 1 << 27, 1 << 30 | 1 << 23, 3 << 29 | 3 << 24])
    asked += [1 << 30 | code << shift for code in range(256) for shift in (0, 8, 16, 24)]
    answers = said(tmp_path, tuple(KINDS.values()), [(KINDS[version].name, value) for value in asked])
    for value, answer in zip(asked, answers, strict=True):
        assert answer == wanted(err_status(value, version)), hex(value)


def test_the_tables_are_small_and_have_each_part_once():
    document = tables(tuple(REGISTERS.values()))
    parts = [json.dumps(part) for part in document["parts"]]
    assert len(parts) == len(set(parts))
    assert len(json.dumps(document, separators=(",", ":"))) < 45_000


def test_a_field_that_is_not_known_ends_the_asking():
    status = PartialRegister(KINDS[RasVersion.V1].reading(1 << 30).asked, {"V": 1, "UE": 1})
    assert status.UE == 1
    with pytest.raises(UnknownField, match="^UET$"):
        _ = status.state
    with pytest.raises(AttributeError):
        _ = status.CI  # which v1 does not have


@pytest.mark.node
def test_a_state_is_routed_in_a_browser_as_by_the_rules(tmp_path):
    """Random states, those that cannot be too; each bit of the word is one of the state's."""
    dice, kinds = random.Random(2), tuple(ROUTES.values())
    words = [dice.getrandbits(20) for _ in range(3000)]
    for key, kind in ROUTES.items():
        for word, answer in zip(words, said(tmp_path, kinds, [(kind.name, word) for word in words]), strict=True):
            state = {name: getattr(RoutingState.parse(word), name) for name in NAMES}
            if state["EL"] > 1 and not state[f"EL{state['EL']}"]:
                assert answer["means"] == [f"Nothing executes at EL{state['EL']}, which is absent."]
                continue
            s = State(key, **state)
            found = route(s)
            assert answer["state"] == (f"EL{found.target}" if found.target else "pending"), s
            assert answer["means"][1] == RULES[found.rule][0]
            assert answer == wanted(routed(s))


def test_a_state_is_a_page_from_the_command_line(capsys):
    assert main(["route", "kind=sea", "EL=1", "SCR_EL3.EA=1", "--as", "html"]) == 0
    page = capsys.readouterr().out
    assert "<h1>An External Abort</h1>" in page
    assert "It is taken to EL3." in page


def test_a_state_is_read_by_the_names_of_the_manual_and_says_what_each_bit_means():
    fields = {f["name"]: f for f in routed(State("sea", EL=1, SCR_EL3_EA=1)).fields}
    assert [*fields] == [key for key in KEYS if key != "kind"]
    assert fields["SCR_EL3.EA"]["value"] == "1"
    assert fields["SCR_EL3.EA"]["text"] == "1: EL3 takes External Aborts and SErrors"
    assert not [name for name, field in fields.items() if field["text"] in (name, "")]
