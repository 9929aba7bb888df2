"""The panel without code, by its buttons and messages; tests/test_browser_notebooks.py does the same in JupyterLab."""

from datetime import UTC, datetime

import pytest

from raslib import Scenario, live, walk
from raslib.diagnosis.panel import DiagnosisPanel
from raslib.live.recording.experiments import EVERY_NOTIFICATION
from raslib.views.widgets import WhatIf

LOG = "\n".join(live.replay("recoverable-late").reactions[0].log)


@pytest.fixture(scope="module")
def full() -> DiagnosisPanel:
    """A panel that has a log and a table."""
    panel = DiagnosisPanel()
    panel.add(("dmesg", LOG.encode()), ("HEST", EVERY_NOTIFICATION.build()))
    return panel


def shown(panel: DiagnosisPanel) -> str:
    return panel.answer.children[0].value


def button(panel: DiagnosisPanel, words: str):
    return next(one for one in panel.answer.children if getattr(one, "description", "") == words)


def test_a_log_and_a_table_become_a_story_bytes_sources_and_a_walk(full):
    assert "Firmware, by HEST source 4, reported a recoverable error" in shown(full)
    names = [type(one).__name__ for one in full.answer.children]
    assert names == ["HTML", "Bytes", "HTML", "Stepper", "Button", "VBox"]
    _, block, table, story, *_ = full.answer.children
    assert block.record["title"] == "Generic Error Status Block"
    assert story.trace["token"] == full.found.scenario.token()
    assert table.value.count('scope="row"') == 13


def test_one_button_hands_the_scenario_to_the_what_if_panel(full):
    button(full, "What if? Turn its choices").click()
    [switches] = full.answer.children[-1].children
    assert isinstance(switches, WhatIf)
    assert switches.scenario == full.found.scenario == Scenario.of("host.notify=GPIO")
    assert "Your HEST, source 4: GPIO" in [label for label, _ in switches.sources]
    assert walk(switches.scenario).outcome["host"] == "recovered"


def test_a_file_that_was_chosen_leaves_no_trace_in_the_upload():
    panel = DiagnosisPanel()
    one = {
        "name": "dmesg.txt",
        "type": "",
        "size": len(LOG),
        "content": memoryview(LOG.encode()),
        "last_modified": datetime.now(UTC),
    }
    panel.upload.set_trait("value", (one,))
    assert panel.upload.value == ()
    assert panel.inputs == [("dmesg.txt", LOG.encode())]
    assert f"dmesg.txt, {len(LOG):,} bytes" in panel.said.value


def test_files_that_are_dropped_come_as_messages():
    panel = DiagnosisPanel()
    panel.drop._handle_custom_msg({"names": ["a.txt", "HEST"]}, [LOG.encode(), EVERY_NOTIFICATION.build()])
    assert [name for name, _ in panel.inputs] == ["a.txt", "HEST"]
    assert panel.found.scenario == Scenario.of("host.notify=GPIO")


def test_text_that_is_pasted_is_taken_once(full):
    panel = DiagnosisPanel()
    panel.text.value = LOG
    panel.box.children[1].children[0].click()
    assert panel.text.value == ""
    assert panel.inputs == [("pasted text", LOG.encode())]
    panel.box.children[1].children[0].click()
    assert len(panel.inputs) == 1


def test_what_cannot_be_read_is_said_and_left_out(full):
    full.add(("holiday <b>.jpg", b"\xff\xd8\xff\xe0" + bytes(200)))
    assert "holiday &lt;b&gt;.jpg: not read: " in full.said.value
    assert [name for name, _ in full.inputs] == ["dmesg", "HEST"]
    assert full.found.scenario == Scenario.of("host.notify=GPIO")
    lonely = DiagnosisPanel()
    lonely.add(("letter", b"Dear all, nothing happened."))
    assert lonely.found is None
    assert lonely.answer.children == ()


def test_what_can_be_mailed_has_no_addresses_and_no_bytes(full):
    full.redact.value = True
    try:
        assert len(full.answer.children) == 1
        assert "0x7c000000" not in shown(full)
        assert "reported a recoverable error" in shown(full)
    finally:
        full.redact.value = False
    assert "0x7c000000" in shown(full)


class Output:
    """A cell's output, as it would be stored."""

    text = ""

    def update(self, data, **_):
        self.text = data["text/html"]


def test_the_notebook_keeps_nothing_unless_it_is_asked_to(full):
    full._kept = output = Output()
    full._draw()
    assert output.text == ""
    full.keep.value = True
    assert "Firmware, by HEST source 4" in output.text
    full.keep.value = False
    assert output.text == ""


def test_clear_forgets_everything():
    panel = DiagnosisPanel()
    panel.add(("dmesg", LOG.encode()))
    panel.clear()
    assert (panel.inputs, panel.found, panel.answer.children, panel.which.options) == ([], None, (), ())
    assert panel.said.value == '<div role="status"></div>'
