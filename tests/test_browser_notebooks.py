"""The notebooks as learners see them: run in JupyterLab, stepped by button and key, bytes linked to fields."""

import json

import pytest
from lab import DARK, LIGHT

from raslib import live
from raslib.live.recording.experiments import EVERY_NOTIFICATION

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_first_notebook_runs_and_its_trace_is_stepped(jupyter, theme):
    page = jupyter.open("00_start_here.ipynb", theme=theme)
    jupyter.run_all(page)
    stepper = page.locator(".ras-stepper:not(.ras-asking)").first  # the one above asks before it steps
    stepper.wait_for()
    assert "step 1 of" in stepper.inner_text()
    stepper.get_by_role("button", name="Next", exact=True).click()
    assert "step 2 of" in stepper.inner_text()
    page.keyboard.press("ArrowRight")
    assert "step 3 of" in stepper.inner_text()
    page.keyboard.press("Home")
    assert "step 1 of" in stepper.inner_text()
    assert jupyter.errors(page) == []


def test_a_byte_of_the_second_notebook_leads_to_its_field(jupyter):
    page = jupyter.open("02_build_and_decode_cper.ipynb")
    jupyter.run_all(page)
    record = page.locator(".ras-record").first
    record.wait_for()
    record.get_by_role("gridcell").first.click()
    chosen = record.locator("[role=treeitem][aria-selected=true]")
    assert "block_status" in chosen.first.inner_text()
    assert jupyter.errors(page) == []


LOG = "\n".join(live.replay("recoverable-late").reactions[0].log)
TOLD = "reported a recoverable error"
DROP = """async ([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  document.querySelector(".ras-drop").dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true }));
}"""


def stored(jupyter, page, name):
    """The notebook file's text, once it is saved."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    return (jupyter.folder / name).read_text(encoding="utf-8")


def test_the_panel_takes_a_log_and_a_table_by_keyboard_and_keeps_neither(jupyter, tmp_path):
    """Pasted, chosen, diagnosed, handed to the what-if panel; in the file there is nothing, till it is asked for."""
    (tmp_path / "HEST").write_bytes(EVERY_NOTIFICATION.build())
    name = jupyter.write("panel", "from raslib.diagnosis.panel import DiagnosisPanel", "DiagnosisPanel()")
    page = jupyter.open(name)
    page.on("filechooser", lambda _: None)  # the browser is told without waiting: just before the key is too late
    jupyter.run_all(page)
    page.get_by_placeholder("Paste a kernel log").focus()
    page.keyboard.insert_text(LOG)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text(TOLD).first.wait_for()
    assert page.get_by_placeholder("Paste a kernel log").input_value() == ""
    page.keyboard.press("Tab")
    with page.expect_file_chooser() as asked:
        page.keyboard.press("Enter")
    asked.value.set_files(tmp_path / "HEST")
    page.get_by_text("Each source of your HEST").wait_for()
    turn = page.get_by_role("button", name="What if? Turn its choices")
    turn.focus()
    page.keyboard.press("Enter")
    switches = page.locator(".ras-whatif")
    switches.wait_for()
    assert page.get_by_label("host.notify", exact=True).input_value() == "GPIO"
    assert page.locator(".ras-stepper").count() == page.locator(".ras-record").count() == 1
    assert TOLD not in stored(jupyter, page, name)
    assert LOG.splitlines()[-1] not in stored(jupyter, page, name)
    page.get_by_label("Keep the diagnosis in the notebook file").focus()
    page.keyboard.press(" ")
    page.get_by_text("Kept in this file").wait_for()
    kept = json.loads(stored(jupyter, page, name))["cells"][1]["outputs"]
    assert TOLD in "".join(str(output.get("data")) for output in kept)
    assert jupyter.errors(page) == []


def test_a_file_is_dropped_on_the_panel(jupyter):
    name = jupyter.write("dropped", "from raslib.diagnosis.panel import DiagnosisPanel", "DiagnosisPanel()")
    page = jupyter.open(name)
    jupyter.run_all(page)
    page.locator(".ras-drop").wait_for()
    page.evaluate(DROP, ["dmesg.txt", LOG])
    page.get_by_text(TOLD).first.wait_for()
    page.get_by_text(f"dmesg.txt, {len(LOG)} bytes").wait_for()
    assert jupyter.errors(page) == []
