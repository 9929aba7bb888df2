"""The notebooks as learners see them: run in JupyterLab, stepped by button and key, bytes linked to fields."""

import pytest
from lab import DARK, LIGHT

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
