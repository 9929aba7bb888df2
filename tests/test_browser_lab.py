"""JupyterLab runs a notebook with a widget in a real browser, in the light and the dark theme, without a complaint."""

import os
from pathlib import Path

import pytest
from lab import DARK, KERNEL_READY, LIGHT, TOKEN, Lab, started

from raslib.lab import FIRST

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


# --- `raslib lab` itself ---------------------------------------------------------------------------------------------

SHOWN = """() => [...document.querySelectorAll(".jp-SideBar, .jp-FileBrowser, .jp-toast-message, .Toastify__toast")]
  .filter(part => part.offsetWidth > 0).map(part => part.className)"""


def test_raslib_lab_opens_the_first_lesson_and_nothing_beside_it(running_lab, tmp_path):
    """In an empty folder: no side bar, no news, no other machine asked, and nothing written but what is Jupyter's."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    code = ["-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); {INSTALLED}", "lab"]
    with started(code, home, here) as server:
        jupyter = Lab(server, here / "raslib-notebooks", running_lab.browser)
        page = jupyter.visit(f"{server.url}/?token={TOKEN}")
        jupyter.wait(page, KERNEL_READY)
        assert FIRST in page.url
        page.wait_for_timeout(1000)
        assert page.evaluate(SHOWN) == []
        jupyter.run_all(page)
        assert jupyter.errors(page) == []
        jupyter.close()
    assert os.listdir(here) == ["raslib-notebooks"]  # noqa: PTH208
    assert {path.name for path in home.iterdir()} <= {"log", "config", "data", "runtime", "settings", "ipython"}


# As where it was installed from a wheel, so that the lessons are copied.
INSTALLED = """
from pathlib import Path
from raslib import lab
lab.notebooks = lambda: lab.COPY.absolute()
from raslib.__main__ import main
sys.exit(main())
"""
