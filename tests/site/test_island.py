"""Islands: what a view is where there is no kernel, and the script that starts it."""

import json
import re
import shutil
import subprocess

import pytest

from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views import island
from raslib.views.trace_view import trace_view

BLOCK = {"title": "x", "ref": "", "hex": "00", "base": "0x0", "fields": [], "error": None}


@pytest.fixture
def displayed(monkeypatch):
    """What the views display, in the order of their outputs."""
    from raslib.views import widgets

    outputs = []
    monkeypatch.setattr(widgets, "display", lambda output, raw: outputs.append(output))
    return outputs


def test_a_view_is_one_output_where_a_site_is_made(displayed, monkeypatch):
    from raslib.views.widgets import Stepper

    monkeypatch.setenv("RASLIB_SITE", "1")
    view = trace_view(walk(Scenario()))
    Stepper(view, 3)._ipython_display_()
    (output,) = displayed
    assert set(output) == {"text/html", "text/plain"}
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', output["text/html"])[1])
    assert set(data) == {"trace", "svg", "step"}
    assert (data["step"], data["trace"]["title"]) == (3, view["title"])
    assert "APEI" in output["text/html"].partition("ras-still")[2], "the twin stands below"


def test_elsewhere_it_is_a_widget_and_its_twin(displayed, monkeypatch):
    from raslib.views.widgets import Bytes

    monkeypatch.delenv("RASLIB_SITE", raising=False)
    Bytes(BLOCK)._ipython_display_()
    assert [sorted(output) for output in displayed] == [
        ["text/html", "text/plain"],
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
    ]


def test_each_widget_that_is_shown_alone_is_an_island_of_its_own_kind():
    from raslib.views import widgets
    from raslib.views.island import MODULES

    kinds = [kind for kind in vars(widgets).values() if isinstance(kind, type) and issubclass(kind, widgets._View)]
    assert {kind.__name__.lower() for kind in kinds if not kind.__name__.startswith("_")} == set(MODULES)
    for view in (widgets.Stepper(walk(Scenario())), widgets.Bytes(BLOCK), widgets.WhatIf()):
        data = json.loads(re.search(r"json\">(.*?)</script>", view.island()["text/html"])[1])
        assert data
        assert all(view.trait_metadata(name, "sync") for name in data)


def test_what_an_island_holds_cannot_end_it():
    html = island.island("bytes", {"record": "</script><b>"}, "")
    assert html.count("</script>") == 1
    with pytest.raises(ValueError, match="no view is called 'card'; there are stepper, bytes, whatif, quiz"):
        island.island("card", {}, "")


@pytest.mark.node
@pytest.mark.parametrize("alone", [False, True], ids=["all views", "one view"])
def test_the_script_is_one_classic_script(tmp_path, alone):
    script = island.script("stepper") if alone else island.script()
    assert ("const bytes = " in script, "const whatif = " in script) == (True, not alone)
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert "</script" not in script
    (tmp_path / "ras.js").write_text(script, encoding="utf-8")
    subprocess.run([shutil.which("node"), "--check", tmp_path / "ras.js"], check=True)


def test_a_picture_of_a_site_is_there_once(monkeypatch):
    """Nobody takes the SVG out of a page of ours, so it needs no image to stand in for it."""
    from raslib.views.theme import picture

    monkeypatch.delenv("RASLIB_SITE", raising=False)
    assert "data:image/svg+xml" in picture("<svg ></svg>", "alt")
    monkeypatch.setenv("RASLIB_SITE", "1")
    assert picture("<svg ></svg>", "alt") == '<div class="ras-inline"><svg ></svg></div>'
