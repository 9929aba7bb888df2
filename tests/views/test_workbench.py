"""Views that answer: a switch for every choice, and a block whose edits are followed to their end."""

import re
from html import unescape

import pytest

from raslib import AXES, Scenario, Severity, StatusBlock, kernel_log, samples
from raslib.formats.hest import Hest
from raslib.rules import lint
from raslib.sim.model.outcome import ENDS
from raslib.views import workbench
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
    panel.choices |= {"guest.notify": "none"}
    assert panel.scenario == Scenario.of("host.vhe=false", "guest.notify=none")
    panel.choices = {"host.first": "kernel"}  # as the browser sets it
    assert panel.scenario == Scenario.of("host.first=kernel")


def test_the_static_twin_tells_the_story():
    panel = WhatIf(Scenario.of("guest.notify=none"))
    assert "Hardware memory error!" in panel.twin_html()


def test_an_edit_changes_bytes_log_and_fate():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    before = bench.main.record["hex"]
    assert ENDS["sigbus_ar"] in bench.caused.value

    bench.main.edit = {"path": "error_severity", "value": "FATAL"}
    assert bench.block.error_severity.name == "FATAL"
    assert bench.main.before == before
    assert bench.main.record["hex"] == bench.block.build().hex()
    assert "event severity: fatal" in bench.log.value
    assert lines(bench.log) == ["The kernel logs", *kernel_log(bench.block).splitlines()]
    assert ENDS["host_panic"].replace("'", "&#x27;") in bench.caused.value


def test_a_flag_is_chosen_as_yes_or_no():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    fields = {field["path"]: field for field in bench.main.record["fields"]}
    flag = fields["block_status.correctable"]
    assert (flag["value"], flag["edit"], flag["choices"]) == ("no", True, ["no", "yes"])
    assert fields["block_status"]["edit"] is False
    assert fields["block_status.entry_count"]["edit"] is True
    bench.main.edit = {"path": "block_status.correctable", "value": "yes"}
    assert bench.block.block_status.correctable is True
    bench.undo()
    assert bench.block.block_status.correctable is False


def lines(shown) -> list[str]:
    return [unescape(line) for line in re.split(r"<[^>]*>", shown.value) if line.strip()]


def underlined(shown) -> list[str]:
    return [unescape(line) for line in re.findall(r'<span class="ras-chg">(.*?)</span>', shown.value)]


def test_an_edit_underlines_what_it_changed_in_log_and_story():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    assert underlined(bench.log) == underlined(bench.caused) == []
    bench.main.edit = {"path": "error_severity", "value": "CORRECTED"}
    assert underlined(bench.log) == [
        "It has been corrected by h/w and requires no further action",
        "event severity: corrected",
    ]
    assert any("corrected" in line for line in underlined(bench.caused))


def test_an_edit_is_undone_and_done_again():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    first = bench.block
    bench.main.edit = {"path": "error_severity", "value": "FATAL"}
    second = bench.block
    bench.undo()
    assert (bench.block, bench.main.record["hex"]) == (first, first.build().hex())
    assert bench.main.before == second.build().hex()
    assert ENDS["sigbus_ar"] in bench.caused.value
    bench.redo()
    assert bench.block == second
    bench.redo()
    bench.undo()
    bench.undo()
    assert bench.block == first
    bench.main.edit = {"path": "error_severity", "value": "CORRECTED"}
    bench.redo()  # what was undone before another edit is gone
    assert bench.block.error_severity.name == "CORRECTED"


def test_a_field_whose_values_have_names_offers_them():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    fields = {field["path"]: field["choices"] for field in bench.main.record["fields"]}
    assert fields["error_severity"] == [severity.name for severity in Severity]
    assert fields["data_length"] is None
    bench.main.edit = {"path": "error_severity", "value": "FATAL"}
    assert next(f for f in bench.main.record["fields"] if f["path"] == "error_severity")["choices"]


def test_the_static_twin_has_log_and_story_too(monkeypatch):
    shown = []
    monkeypatch.setattr(workbench, "display", lambda thing, **_: shown.append(thing))
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    bench._ipython_display_()
    assert bench.log.value in shown[0]["text/html"]
    assert bench.caused.value in shown[0]["text/html"]
    assert shown[1] is bench.box


def test_an_edit_that_cannot_be_is_told_and_changes_nothing():
    bench = Workbench(StatusBlock.parse(samples("status_blocks/g_qemu_mem")))
    block = bench.block
    bench.main.edit = {"path": "error_severity", "value": "AWFUL"}
    assert "'AWFUL' is none of RECOVERABLE, FATAL, CORRECTED, INFORMATIONAL" in bench.main.problem
    assert bench.block == block


def test_a_workbench_tells_the_story_of_a_table_of_ones_own():
    """Its only source notifies by GSIV, and by no other."""
    block, s = StatusBlock.parse(samples("status_blocks/g_qemu_mem")), Scenario.of("host.notify=GSIV")
    bench = Workbench(block, s, hest=s.host.hest(), source=0)
    assert "notifies by GSIV" in unescape(bench.caused.value)
    with pytest.raises(ValueError, match="notifies by SEA: it has GSIV"):
        Workbench(block, hest=s.host.hest())


def test_the_sources_of_a_table_are_choices_of_the_panel():
    panel = WhatIf(hest=Scenario.of("host.notify=POLLED", "host.poll=0").host.hest())
    why = "A polled source with a poll interval of 0 is disabled"
    assert panel.sources == [
        [
            f"Your HEST, source 0: POLLED (not used: {why})",
            {
                "host.first": "firmware",
                "host.notify": "POLLED",
                "host.ghes": "v2",
                "host.poll": "0",
                "host.apei": "enabled",
            },
        ]
    ]
    assert WhatIf().sources == []


def test_the_table_of_the_panel_is_the_one_that_was_given_or_built():
    table = Scenario.of("host.notify=NMI").host.hest()
    panel = WhatIf(hest=table)
    assert panel.hest == table
    assert panel.findings == [[f.level.value, f.path, f.says, f.why, f.cite] for f in lint(Hest, table.build())]
    panel.table = Scenario().guest.hest().build().hex()  # as the browser sets it
    assert panel.hest == Scenario().guest.hest()
    panel.choices = {"host.notify": "SDEI", "hest": "0.1-SDEI.v2.1000.0"}
    assert panel.scenario == Scenario.of("host.notify=SDEI")
    assert WhatIf().hest is None
