"""JupyterLab runs a notebook with a widget in a real browser, in the light and the dark theme, without a complaint."""

import pytest
from lab import DARK, LIGHT

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_slider_is_drawn_and_answers(jupyter, theme):
    name = jupyter.write("slider", "from ipywidgets import IntSlider\nslider = IntSlider(7)", "slider", "slider.value")
    page = jupyter.open(name, theme)
    jupyter.run_all(page)
    page.locator(".jp-OutputArea .widget-slider").wait_for()
    assert page.locator(".widget-readout").inner_text() == "7"
    is_light = page.evaluate("() => document.body.dataset.jpThemeLight")
    assert is_light == ("true" if theme == LIGHT else "false")
    assert jupyter.cells(page)[2]["outputs"][0]["data"]["text/plain"] == "7"
    assert jupyter.errors(page) == []


def test_an_error_in_a_cell_is_noticed(jupyter):
    page = jupyter.open(jupyter.write("broken", "1 / 0"))
    with pytest.raises(AssertionError, match="division by zero"):
        jupyter.run_all(page)


def test_a_complaint_of_the_browser_is_noticed(jupyter):
    """A script that fails and a request to another machine are both reported."""
    page = jupyter.open(jupyter.write("empty", ""))
    page.evaluate("() => { console.error('it hurts'); fetch('http://127.0.0.2:9/elsewhere').catch(() => {}); }")
    page.wait_for_timeout(200)
    found = " ".join(jupyter.errors(page))
    assert "it hurts" in found
    assert "asks another machine: http://127.0.0.2:9/elsewhere" in found
