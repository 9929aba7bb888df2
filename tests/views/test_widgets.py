"""What the widgets do in Python: twins, edits, and who imports what."""

import subprocess
import sys
from html import unescape

import pytest
from views.sample import HEX, RECORD, TRACE

from raslib.views import widgets
from raslib.views.widgets import LIVE, Bytes, Stepper


@pytest.fixture
def outputs(monkeypatch) -> list[dict]:
    found: list[dict] = []
    monkeypatch.setattr(widgets, "display", lambda data, raw: found.append(data))
    return found


@pytest.mark.parametrize("widget", [Stepper(TRACE), Bytes(RECORD)], ids=["stepper", "bytes"])
def test_a_widget_is_shown_after_its_twin(widget, outputs):
    widget._ipython_display_()
    twin, live = outputs
    assert twin["text/html"].startswith('<div class="ras-twin">')
    assert live[LIVE]["model_id"] == widget.model_id
    assert "<script" not in twin["text/html"]


def test_twins_are_complete(outputs):
    Stepper(TRACE)._ipython_display_()
    Bytes(RECORD)._ipython_display_()
    steps, fields = (unescape(outputs[i]["text/html"]) for i in (0, 2))
    assert all(step["why"] in steps for step in TRACE["steps"])
    assert steps.count('data-step="') == 14
    assert all(f">{field['value']}<" in fields for field in RECORD["fields"])


def test_an_edit_gives_a_new_record_or_a_reason():
    def on_edit(path: str, text: str) -> dict:
        assert path == "data_length"
        return RECORD | {"hex": HEX.replace("98", f"{int(text):02x}", 1)}

    view = Bytes(RECORD, on_edit)
    assert view.editable
    view.edit = {"path": "data_length", "value": "x"}
    assert view.problem.startswith("invalid literal")
    assert view.record == RECORD
    view.edit = {"path": "data_length", "value": "151"}
    assert view.problem == ""
    assert (view.record["hex"][24:26], view.before) == ("97", HEX)
    assert view.edit == {}


def test_without_a_callback_nothing_is_edited():
    view = Bytes(RECORD)
    assert not view.editable
    view.edit = {"path": "data_length", "value": "1"}
    assert view.record == RECORD


def test_only_widgets_needs_the_widget_packages():
    code = (
        "import sys\n"
        "from raslib.views import bits, bytes_html, graph, page, swimlane\n"
        "print(*{'ipywidgets', 'anywidget', 'IPython', 'graphviz', 'pygraphviz'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
