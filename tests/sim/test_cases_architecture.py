"""Worked cases of the architecture, from the list that others keep, asked as anybody would: in Python, by command."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from formats.acpi_checks import sample
from sim import test_cases, test_cases_el3, test_cases_kvm, test_cases_linux

from raslib import State, route
from raslib.cli import main
from raslib.sim.cpu import routing, syndromes
from raslib.sim.model.choices import Category

# A name in the list -> the field of a state.
FIELDS = {
    "EA": "SCR_EL3_EA",
    "TGE": "HCR_EL2_TGE",
    "E2H": "HCR_EL2_E2H",
    "AMO": "HCR_EL2_AMO",
    "TEA": "HCR_EL2_TEA",
    "A": "PSTATE_A",
    "NMEA3": "SCR_EL3_NMEA",
    "df": "FEAT_DoubleFault",
    "df2": "FEAT_DoubleFault2",
}


def listed() -> list[dict[str, Any]]:
    return list(yaml.safe_load(sample("cases/scenarios.yaml")))


def architecture() -> list[dict[str, Any]]:
    return [case for case in listed() if "kind" in case["expect"]]


def state(case: dict[str, Any]) -> State:
    given = {FIELDS[name]: value for name, value in case["given"].items() if name in FIELDS}
    return State("sea" if case["expect"]["kind"] == "sea" else "serror", EL=case["given"]["el"], **given)


def test_exceptions_go_where_the_list_says():
    asked = 0
    for case in architecture():
        s, expect = state(case), case["expect"]
        if expect["kind"] == "vserror" or "insn" in case["given"]:
            continue
        found = route(s)
        assert found.target == expect["target"], case
        if "masked" in expect:
            assert found.masked == expect["masked"], case
        if "vector" in expect:
            assert found.target
            assert routing.vector_offset(s.EL, found.target, 1) == expect["vector"], case
        asked += 1
    assert asked == 5


def test_virtual_serrors_are_taken_as_the_list_says():
    asked = 0
    for case in architecture():
        given, expect = case["given"], case["expect"]
        if expect["kind"] != "vserror":
            continue
        found = routing.virtual_serror(state(case), VSE=given["VSE"], VSESR_EL2=given.get("VSESR", 0))
        assert found.taken == expect.get("taken", True), case
        assert found.VSE == expect["VSE_after"], case
        assert found.ESR_EL1 == expect.get("ESR_EL1"), case
        asked += 1
    assert asked == 2


def test_an_esb_defers_what_the_host_has_masked():
    [case] = [case for case in architecture() if "insn" in case["given"]]
    iss = syndromes.serror_iss(Category[case["given"]["syndrome"]["AET"]])
    found = routing.esb(state(case), syndrome=iss)
    expect = case["expect"]
    assert (found.taken is not None, found.DISR_EL1, found.pending) == (
        expect["taken"],
        expect["DISR_EL1"],
        expect["pending_after"],
    )


def test_the_command_gives_the_same_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cases = [case for case in architecture() if case["expect"]["kind"] != "vserror" and "insn" not in case["given"]]
    names = {field: key for key, field in routing.KEYS.items()}
    lines = []
    for case in cases:
        given = {names[FIELDS[name]]: value for name, value in case["given"].items() if name in FIELDS}
        lines.append(json.dumps({"kind": case["expect"]["kind"], "EL": case["given"]["el"], **given}))
    (tmp_path / "states.jsonl").write_text("\n".join(lines))
    assert main(["route", "--batch", str(tmp_path / "states.jsonl")]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["target"] for answer in answers] == [case["expect"]["target"] for case in cases]


def test_every_case_of_the_list_is_worked():
    """Those of the architecture here, all others as scenarios in the tables of cases."""
    tables = (test_cases, test_cases_el3, test_cases_kvm, test_cases_linux)
    worked = {case.number for table in tables for case in table.CASES}
    worked |= {21, 53} | {case["id"] for case in architecture()}  # 21 and 53 have tests of their own
    assert {case["id"] for case in listed()} - worked == set()
