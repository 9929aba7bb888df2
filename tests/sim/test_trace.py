"""Traces: what views are given, what is read in a terminal, and that text costs nothing until it is looked at."""

import json
import re
import string

import pytest

from raslib.sim.model.scenario import Scenario
from raslib.sim.model.sources import citations
from raslib.sim.model.trace import (
    LANES,
    ArmException,
    CperBytes,
    Interrupt,
    Ioctl,
    RegisterContent,
    Sigbus,
    Step,
    StepText,
    Trace,
)
from raslib.sim.walk import walk


@pytest.fixture(scope="module")
def story() -> Trace:
    return walk(Scenario())


def test_the_view_is_plain_and_whole(story: Trace):
    view = story.view()
    assert json.loads(json.dumps(view)) == view
    assert list(view) == ["title", "token", "lanes", "steps", "outcome"]
    assert (view["title"], view["token"]) == (str(Scenario()), "")
    assert len(view["steps"]) == len(story) == len(list(story))
    for step in view["steps"]:
        assert list(step) == ["lane", "to", "actor", "el", "machine", "does", "why", "cites", "carries", "sets"]
        assert step["lane"] == f"{step['machine']}.{step['el']}"
        assert step["to"] is None or step["to"] != step["lane"]
        assert all(set(cite) <= {"label", "url"} and cite["label"] for cite in step["cites"])
        assert all(isinstance(v, str) for v in step["sets"].values())
        assert step["carries"] is None or list(step["carries"]) == ["kind", "label", "hex", "fields"]
    assert {step["carries"]["kind"] for step in view["steps"] if step["carries"]} == {
        "register",
        "exception",
        "CPER",
        "signal",
        "ioctl",
    }


def test_lanes_are_those_that_are_used_in_one_order(story: Trace):
    assert [lane["id"] for lane in story.lanes()] == [
        "host.HW",
        "host.EL3",
        "host.EL2",
        "host.EL0",
        "guest.EL1",
        "guest.EL0",
    ]
    for choices in (["host.vhe=false"], ["host.first=kernel"], ["cpu.running=host-kernel"]):
        lanes = walk(Scenario.of(*choices)).lanes()
        assert [lane["id"] for lane in lanes] == [id_ for id_ in LANES if id_ in {lane["id"] for lane in lanes}]
    subs = {lane["id"]: lane["sub"] for lane in walk(Scenario.of("host.vhe=false")).lanes()}
    assert (subs["host.EL2"], subs["host.EL1"]) == ("KVM", "kernel")


def test_values_change_where_they_should(story: Trace):
    """The state at a step is what the steps so far have set."""
    state: dict[str, list[str]] = {}
    for step in story:
        for name, value in step.sets:
            state.setdefault(name, []).append(value)
    assert state == {
        "ERR<n>STATUS": ["0xf030000c", "0x0"],
        "ERR<n>ADDR": ["0x840001000"],
        "PE": ["EL3", "EL2", "EL2", "guest EL1"],
        "ESR_EL3": ["0x92000010"],
        "host block_status": ["0x11", "0x0"],
        "host read_ack": ["0x0", "0x1"],
        "ESR_EL2": ["0x92000010"],
        "host page": ["poisoned, unmapped"],
        "QEMU signal": ["BUS_MCEERR_AR"],
        "guest block_status": ["0x1", "0x0"],
        "guest read_ack": ["0x0", "0x1"],
        "guest ESR_EL1": ["0x92000410"],
        "guest page": ["poisoned, unmapped"],
        "process signal": ["BUS_MCEERR_AR"],
    }


def test_a_block_is_handed_over_as_its_bytes(story: Trace):
    first, second = (step.carries for step in story if isinstance(step.carries, CperBytes))
    assert first.view() == {
        "kind": "CPER",
        "label": "172 bytes, recoverable",
        "hex": first.block.hex(),
        "fields": None,
    }
    assert (hex(first.address), hex(second.address)) == ("0xf8100010", "0x43da0020")


@pytest.mark.parametrize(
    ("carried", "label"),
    [
        (ArmException("SEA", "EL3", 0x92000010, 0x400), "SEA to EL3, ESR 0x92000010, vector 0x400"),
        (ArmException("SError", "EL2", 0xBE000C11, 0x80), "SError to EL2, ESR 0xbe000c11, vector 0x080"),
        (Interrupt("GSIV"), "GSIV"),
        (RegisterContent("ERR<n>STATUS", 0x40), "ERR<n>STATUS = 0x40"),
        (CperBytes(0, b"\1" + bytes(19)), "20 bytes, recoverable"),
        (CperBytes(0, b"\1" + bytes(15) + b"\x09\0\0\0"), "20 bytes, severity 9"),
        (CperBytes(0, b"\1\0"), "2 bytes, malformed"),
        (Sigbus("BUS_MCEERR_AO", 0x1000), "SIGBUS BUS_MCEERR_AO, si_addr 0x1000, lsb 12"),
        (Ioctl("KVM_RUN", "goes on"), "KVM_RUN: goes on"),
    ],
)
def test_what_is_carried_says_so_in_a_line(carried, label: str):
    assert carried.view()["label"] == label


def test_text_is_filled_in_when_it_is_looked_at():
    """A template that lacks an argument is no matter until somebody reads it."""
    step = Step(story_place(), StepText("test.key", "does {this}", "because {that}"), (("this", 7),), None, None, ())
    assert step.does == "does 7"
    with pytest.raises(KeyError):
        _ = step.why


def story_place():
    return walk(Scenario()).steps[0].place


def test_no_sentence_ends_with_a_full_stop_or_has_a_hole(story: Trace):
    for step in story:
        for said in (step.does, step.why):
            assert said
            assert not said.endswith(".")
            assert not re.search(r"[{}]", said)
        assert step.does[0] in string.ascii_lowercase


def test_the_terminal_shows_levels_on_the_left_and_the_end_at_the_end(story: Trace):
    lines = str(story).splitlines()
    assert lines[0] == str(Scenario())
    assert [line[:10].split() for line in lines[2:-3] if not line.startswith(" ")] == [[s.machine, s.el] for s in story]
    assert lines[-2] == "A process got SIGBUS with BUS_MCEERR_AR: it must not touch the memory."
    assert lines[-1] == (
        "outcome: end sigbus_ar, host recovered, claimed APEI, acked yes, signal BUS_MCEERR_AR, "
        "guest sigbus_ar, guest_acked yes"
    )
    assert max(map(len, lines)) <= 120


def test_documents_have_addresses_and_code_has_file_and_function():
    assert citations()["acpi.status-block"].view() == {
        "label": "ACPI 6.5 §18.3.2.7.1, Generic Error Status Block",
        "url": "https://uefi.org/specs/ACPI/6.5/18_Platform_Error_Interfaces.html",
    }
    assert citations()["linux.ghes_do_proc"].view() == {"label": "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_do_proc()"}
