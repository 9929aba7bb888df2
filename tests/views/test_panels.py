"""Panels: a switch for every choice, and a block whose edits are followed to their end."""

from raslib import AXES, Scenario, StatusBlock, kernel_log, samples, walk
from raslib.views.panels import WhatIf, Workbench


def test_every_choice_has_a_switch_with_all_its_values():
    panel = WhatIf()
    assert list(panel.switches) == list(AXES)
    for name, axis in AXES.items():
        assert panel.switches[name].options == tuple(map(axis.word, axis.values))
        assert panel.switches[name].value == axis.word(axis.default)


def test_a_turned_switch_walks_again_and_shows_the_end():
    panel = WhatIf()
    panel.choose("host.first=kernel")
    assert panel.scenario == Scenario.of("host.first=kernel")
    assert panel.trace.outcome == walk(panel.scenario).outcome
    assert panel.main.step == len(panel.trace) - 1
    assert len(panel.main.trace["steps"]) == len(panel.trace)
    assert panel.scenario.token() in panel.said.value
    assert panel.trace.outcome["end"] in panel.said.value


def test_a_choice_of_none_is_shown_as_its_word():
    panel = WhatIf()
    panel.choose("guest.notify=none")
    assert panel.switches["guest.notify"].value == "none"
    assert panel.trace.outcome["end"] == "vm_exit"


def test_an_edit_changes_bytes_log_and_fate():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    before = bench.main.record["hex"]
    assert "sigbus_ar" in bench.caused.value

    bench.main.edit = {"path": "error_severity", "value": "FATAL"}
    assert bench.block.error_severity.name == "FATAL"
    assert bench.main.before == before
    assert bench.main.record["hex"] == bench.block.build().hex()
    assert "event severity: fatal" in bench.log.value
    assert kernel_log(bench.block) in bench.log.value
    assert "host_panic" in bench.caused.value


def test_an_edit_that_cannot_be_is_told_and_changes_nothing():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    block = bench.block
    bench.main.edit = {"path": "error_severity", "value": "AWFUL"}
    assert "'AWFUL' is none of RECOVERABLE, FATAL, CORRECTED, INFORMATIONAL" in bench.main.problem
    assert bench.block == block
