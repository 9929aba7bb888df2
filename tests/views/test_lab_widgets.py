"""The widgets in JupyterLab: live while the kernel lives, a static twin whenever it does not."""

import json
import re
import subprocess
import sys

import pytest
from lab import DARK, LIGHT

pytestmark = pytest.mark.browser

SETUP = "from views.sample import RECORD, TRACE\nfrom raslib.views.widgets import Bytes, Stepper"
EDIT = """
def on_edit(path, text):
    if not text.isdigit():
        raise ValueError(f"{text!r} is not a number")
    data = bytearray.fromhex(RECORD["hex"])
    field = next(f for f in RECORD["fields"] if f["path"] == path)
    data[field["start"]:field["stop"]] = int(text).to_bytes(field["stop"] - field["start"], "little")
    fields = [f | {"value": text} if f["path"] == path else f for f in RECORD["fields"]]
    return RECORD | {"hex": data.hex(), "fields": fields}
"""
PATHS = f"import sys; sys.path[:0] = {json.dumps([p for p in sys.path if p])}"


@pytest.fixture(scope="module")
def shown(running_lab):
    """A notebook with a stepper and a bytes view, run and saved once."""
    cells = (f"{PATHS}\n{SETUP}\n{EDIT}", "stepper = Stepper(TRACE)\nstepper", "view = Bytes(RECORD, on_edit)\nview")
    name = running_lab.write("widgets", *cells, "stepper.step, view.selected, view.record['hex'] == RECORD['hex']")
    page = running_lab.open(name)
    running_lab.run_all(page)
    page.locator(".ras-stepper").wait_for()
    page.locator(".ras-record").wait_for()
    command(page, "docmanager:save")
    return page


def twins(page):
    return page.locator("[class^=ras-twin]")


def command(page, name: str, **args) -> None:
    page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, args])


def test_live_views_hide_their_twins(running_lab, shown):
    assert twins(shown).count() == 2
    assert not twins(shown).first.is_visible()
    assert not twins(shown).last.is_visible()
    assert running_lab.errors(shown) == []


def test_stepping_happens_in_the_browser_and_the_kernel_hears_of_it(running_lab, shown):
    """Ten quick steps; the kernel gets a message or two, not ten, and knows the step in the end."""
    shown.evaluate(
        """() => {
          const session = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
          window.sent = 0;
          session.kernel.anyMessage.connect((_, { direction, msg }) => {
            if (direction === 'send' && msg.header.msg_type === 'comm_msg') window.sent += 1;
          });
        }"""
    )
    shown.locator(".ras-stepper .ras-does").click()
    for _ in range(10):
        shown.keyboard.press("ArrowRight")
    assert shown.locator(".ras-count").inner_text() == "step 11 of 14"
    shown.wait_for_timeout(800)
    assert 1 <= shown.evaluate("() => window.sent") <= 2
    assert shown.locator(".jp-Cell.jp-mod-active").count() == 1  # the arrow keys did not move JupyterLab's selection


def test_the_step_can_be_set_from_python(running_lab, shown):
    run(shown, 3, "stepper.step = 3")
    shown.locator(".ras-count", has_text="step 4 of 14").wait_for()


def run(page, cell: int, code: str) -> None:
    """Run *code* in place of a cell of the notebook."""
    page.evaluate(
        """([index, code]) => {
          const { content } = window.jupyterapp.shell.currentWidget;
          content.activeCellIndex = index;
          content.activeCell.model.sharedModel.setSource(code);
          return window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        [cell, code],
    )


def test_a_field_is_edited_in_python(running_lab, shown):
    """A wrong value is refused beside its input; a good one comes back as a new record with the change marked."""
    shown.get_by_role("treeitem", name="bank 1282").dblclick()
    value = shown.get_by_role("textbox", name="New value of entries[0].section.bank")
    for text in ("many", "many"):
        value.fill(text)
        shown.keyboard.press("Enter")
        shown.get_by_role("alert").filter(has_text="'many' is not a number").wait_for()
    value.fill("1283")
    shown.keyboard.press("Enter")
    shown.locator(".ras-value", has_text="1283").wait_for()
    changed = shown.locator(".ras-run .ras-chg").evaluate_all("nodes => nodes.map(n => n.dataset.k + n.textContent)")
    assert changed == ["13003"]
    assert shown.locator('[role="treeitem"][aria-selected="true"]').evaluate("node => node === document.activeElement")
    shown.keyboard.press("F2")
    value.fill("9")
    shown.keyboard.press("Escape")
    assert value.count() == 0
    assert shown.locator(".ras-value", has_text="1283").count() == 1


def test_bytes_of_a_step_open_without_the_kernel(running_lab, shown):
    run(shown, 3, "stepper.step = 2")
    shown.locator(".ras-count", has_text="step 3 of 14").wait_for()
    shown.get_by_role("button", name="Bytes and fields").click()
    shown.locator(".ras-fields").get_by_role("tree").wait_for()
    shown.locator(".ras-fields").get_by_role("button", name="Close").click()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_in_either_theme(running_lab, shown, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    running_lab.set_theme(shown, theme)
    for view in (".ras-stepper", ".ras-record"):
        found = axe.Axe().run(shown, context=view).response["violations"]
        assert [(each["id"], node["html"], node["failureSummary"]) for each in found for node in each["nodes"]] == []
    assert running_lab.errors(shown) == []


def test_a_page_that_is_loaded_anew_is_live_while_the_kernel_lives(running_lab, shown):
    shown.reload()
    shown.locator(".ras-stepper .ras-count").wait_for()
    shown.locator(".ras-record").wait_for()
    shown.wait_for_timeout(2000)
    assert twins(shown).count() == 2
    assert not twins(shown).first.is_visible()
    assert not twins(shown).last.is_visible()


def test_without_its_kernel_a_notebook_shows_the_twins(running_lab, shown):
    """Also after a restart; a trusted notebook shows the picture in the colours of the theme."""
    shown.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    shown.reload()
    twins(shown).first.locator("svg.ras-lanes").wait_for()
    assert twins(shown).last.locator("td", has_text="memory_error_type").first.is_visible()
    assert not twins(shown).first.locator("img").is_visible()


def test_an_untrusted_notebook_shows_an_image_and_tables(running_lab, shown):
    """The sanitizer takes `style` and `svg`; the image with its alternative text, and the table, are still there."""
    book = json.loads((running_lab.folder / "widgets.ipynb").read_text(encoding="utf-8"))
    book["cells"][0]["source"] = "'this is not what was signed'"
    (running_lab.folder / "untrusted.ipynb").write_text(json.dumps(book), encoding="utf-8")
    page = running_lab.open("untrusted.ipynb")
    image = page.get_by_role("img", name="14 steps over the levels host EL3")
    image.wait_for()
    assert image.evaluate("node => node.tagName + (node.naturalWidth > 600)") == "IMGtrue"
    assert not page.locator(".ras-inline").is_visible()
    assert page.locator("td", has_text="memory_error_type").first.is_visible()
    page.close()


def test_nbconvert_shows_the_twins(running_lab, shown):
    """A published copy needs no kernel: pictures, tables, hex dump."""
    path = running_lab.folder / "widgets.ipynb"
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--stdout", str(path)]
    html = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r'<div class="ras-inline"[^>]*><svg class="ras-svg ras-lanes"', html)
    assert "5c410050  44 49 4d 4d 5f 41 30 00" in html
    assert "Linux 7.1 mm/memory-failure.c: memory_failure()" in html


ANSWER = ".widget-html .ras-answer"  # not its twin's


def test_a_workbench_has_its_bytes_whole_and_its_answers_beside_or_below_them(running_lab):
    """With the side bar open, at each width; an edit is answered in all of them, and undone by a button."""
    cells = ("from raslib import StatusBlock, samples\nfrom raslib.views.workbench import Workbench",)
    block = "Workbench(StatusBlock.parse(samples('status_blocks/g_qemu_mem')))"
    page = running_lab.open(running_lab.write("bench", PATHS, *cells, block))
    running_lab.run_all(page)
    record, answer = page.locator(".ras-record"), page.locator(ANSWER).first
    record.wait_for()
    for width, height in ((1440, 900), (1100, 800), (800, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # JupyterLab lays its panels out anew
        box, beside, run = (node.bounding_box() for node in (record, answer, page.locator(".ras-run").first))
        # beside the side bar a row of bytes is wider than a window of 800 pixels: there it scrolls
        assert width == 800 or run["x"] + run["width"] <= box["x"] + box["width"] + 1, width
        right, below = box["x"] + box["width"], box["y"] + box["height"]
        assert beside["x"] >= right - 1 or beside["y"] >= below - 1, width
        assert beside["x"] + beside["width"] <= width, width
    page.get_by_role("treeitem", name="error_severity").first.dblclick()
    page.get_by_label("New value of error_severity").select_option("FATAL")
    page.get_by_role("button", name="Set", exact=True).click()
    page.locator(ANSWER, has_text="event severity: fatal").wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.locator(ANSWER, has_text="event severity: recoverable").wait_for()
    assert running_lab.errors(page) == []
