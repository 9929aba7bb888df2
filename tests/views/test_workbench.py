"""Views that answer: a switch for every choice, and a block whose edits are followed to their end."""

from raslib import AXES, Scenario, StatusBlock, kernel_log, samples
from raslib.views.whatif import SLICE
from raslib.views.widgets import WhatIf
from raslib.views.workbench import Workbench


def test_every_choice_has_a_switch_with_all_its_values():
    panel = WhatIf()
    assert [name for name, *_ in panel.document["axes"]] == list(AXES)
    assert set(panel.document["given"]) == set(SLICE)
    for name, words, default in panel.document["axes"]:
        assert words == [AXES[name].word(value) for value in AXES[name].values]
        assert words[default] == AXES[name].word(AXES[name].default)
        assert panel.about[name]["meaning"] == AXES[name].meaning


def test_switches_and_scenario_are_one():
    panel = WhatIf(Scenario.of("host.vhe=false"))
    assert panel.choices == {"host.vhe": "false"}
    panel.choose("guest.notify=none")
    assert panel.choices == {"host.vhe": "false", "guest.notify": "none"}
    panel.choices = {"host.first": "kernel"}  # as the browser sets it
    assert panel.scenario == Scenario.of("host.first=kernel")


def test_the_static_twin_tells_the_story():
    panel = WhatIf(Scenario.of("guest.notify=none"))
    assert "Hardware memory error!" in panel.twin_html()


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
