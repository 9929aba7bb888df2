"""The interactive views for notebooks. Only this module knows ipywidgets, anywidget and IPython.

A widget that a notebook was saved with is gone when the notebook is opened again. So each one is shown together with a
static twin, which the live view hides: a reopened, printed, untrusted or published notebook still shows something.
"""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython.display import display

from .bytes_html import bytes_html
from .island import MODULES, expression, island
from .swimlane import still, swimlane
from .theme import esm, for_site, style, tables_style, view

if TYPE_CHECKING:
    from ..formats.hest import Hest
    from ..sim.model.scenario import Scenario

Note = Callable[[str, bool, str], None]  # key of a check, was it answered rightly, its topic
PLAIN = "(a picture and a table)"  # where a cell's output is text
LIVE = "application/vnd.jupyter.widget-view+json"


class _View(anywidget.AnyWidget):
    """A live view and its static twin, shown as two outputs of a cell."""

    _css = style("theme", "svg", "table", "views", "ask", "panels", "whatif")

    def __init__(self, view: dict[str, Any], still: str = "", **more: Any) -> None:
        """*view* and *more* are the model: each of their keys is a trait that the script reads, and may set.

        *still* is the HTML of the twin, where a view does not make it when it is shown.
        """
        self._still, model = still, view | more
        self._model = (*model,)
        # what a script sets is not sent back to it: that would undo what was set since
        traits = {name: traitlets.Any(value).tag(sync=True, echo_update=False) for name, value in model.items()}
        self.add_traits(**traits)
        super().__init__()

    def twin_html(self) -> str:
        """What is shown where there is no live view: HTML that survives Jupyter's sanitizer."""
        return self._still

    def twin_block(self, more: str = "") -> str:
        """The static twin, and *more* HTML below it; `views.css` hides it beside a live view."""
        note = "<p><em>This view is interactive once its cell has run in JupyterLab.</em></p>"
        return f'<div class="ras-twin">{tables_style()}{note}{self.twin_html()}{more}</div>'

    def island(self) -> dict[str, str]:
        """This view as one output for a page of a site, where there is no kernel."""
        data = {name: getattr(self, name) for name in self._model}
        html = island(type(self).__name__.lower(), data, self.twin_html())
        return {"text/html": html, "text/plain": PLAIN}

    def _ipython_display_(self, **_: Any) -> None:
        if for_site():
            display(self.island(), raw=True)  # type: ignore[no-untyped-call]
            return
        twin = {"text/html": self.twin_block(), "text/plain": PLAIN}
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        live = {LIVE: view, "text/plain": "(interactive while its kernel lives)"}
        for output in (twin, live):
            display(output, raw=True)  # type: ignore[no-untyped-call]


class _Asking(_View):
    """A view with questions: `note(key, right, topic)` is called for each answer to one."""

    answers: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)  # all of them: none is lost on the way

    def __init__(self, note: Note | None, view: dict[str, Any], still: str) -> None:
        self._note = note or (lambda *_: None)
        super().__init__(view, still)

    @traitlets.observe("answers")
    def _noted(self, change: Any) -> None:
        for answer in change["new"][len(change["old"] or ()) :]:
            self._note(str(answer["key"]), bool(answer["right"]), str(answer["topic"]))


class Stepper(_Asking):
    """A trace, one step at a time: `Stepper(trace)`. Moving happens in the browser; *step* follows.

    What its questions are answered goes to `note`, as that of a `Quiz`.
    """

    _esm = f"const bytes = {expression('bytes.js')};\n" + esm(*MODULES["stepper"])

    def __init__(self, trace: Any, step: int = 0, note: Note | None = None) -> None:
        trace = view(trace)
        super().__init__(note, {"trace": trace, "svg": swimlane(trace), "step": step}, still(trace))


class Bytes(_View):
    """Bytes and fields, linked both ways: `Bytes(record)`, which is a `bytes_view` or a `record_view`.

    With `on_edit` fields can be changed: it is called with a field's path and the new text, and gives the new record
    view or raises ValueError, whose text is shown beside the input. `before` holds the bytes of an earlier version as
    hex; what differs is marked, and after an edit that is what the edit changed.
    """

    _esm = esm(*MODULES["bytes"])
    edit = traitlets.Dict().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    record: dict[str, Any]

    def __init__(
        self, record: Any, on_edit: Callable[[str, str], Any] | None = None, *, before: str = "", selected: str = ""
    ) -> None:
        self._on_edit = on_edit
        editable = on_edit is not None
        super().__init__({"record": view(record), "before": before, "selected": selected, "editable": editable})

    @traitlets.observe("edit")
    def _edited(self, change: Any) -> None:
        asked = change["new"]
        if not asked or self._on_edit is None:
            return
        self.edit = {}  # so that the same text can be tried again
        self.problem = ""
        try:
            new = view(self._on_edit(asked["path"], asked["value"]))
        except ValueError as error:
            self.problem = str(error)
            return
        self.put(new)

    def put(self, record: dict[str, Any]) -> None:
        """Another version of the record; what differs from the present one is marked."""
        with self.hold_sync():
            self.before = self.record["hex"]
            self.record = record

    def twin_html(self) -> str:
        return bytes_html(self.record)


class Quiz(_Asking):
    """Questions of a *lesson* with their answers: `Quiz("01", checks, answered, note)`, checks as views of them.

    *answered* says which were answered before, key -> rightly or not; `note(key, right, topic)` is called for each
    answer. The twin asks, and does not answer.
    """

    _esm = esm(*MODULES["quiz"])

    def __init__(self, lesson: str, checks: list[dict[str, Any]], answered: dict[str, bool], note: Note) -> None:
        still = "".join(map(_question_html, checks))
        super().__init__(note, {"lesson": lesson, "checks": checks, "answered": answered}, still)


class Compare(_View):
    """Two scenarios stepped side by side, by a `comparison_view`; *row* is where they stand, from 0."""

    _esm = esm(*MODULES["compare"])


class Registers(_View):
    """A register whose bits can be turned, by a `register_view`; *value* is the present one, in hex."""

    _esm = esm(*MODULES["registers"])


def _question_html(check: dict[str, Any]) -> str:
    answers = "".join(f"<li>{escape(answer['text'])}</li>" for answer in check["answers"])
    return f"<p>{escape(check['asks'])}</p>" + (f"<ol>{answers}</ol>" if check["kind"] == "choice" else "")


class WhatIf(_View):
    """A scenario with a switch for every choice; the story follows in the browser. `scenario` is the present one.

    What is *given* has no switch: unless said otherwise whose account is told, what the scenario begins with, and a
    severity of the section that is not its block's. Of a host's table *hest* each source can be chosen, and it is said
    if none notifies as is chosen.
    """

    _esm = esm(*MODULES["whatif"])
    document: dict[str, Any]
    choices: dict[str, str]
    table: str

    def __init__(self, scenario: "Scenario | None" = None, *given: str, hest: "Hest | None" = None) -> None:
        from ..sim.model.scenario import Scenario  # and the whole space: no other widget waits for them
        from .whatif import slice_of, whatif_view

        scenario = scenario or Scenario()
        super().__init__(whatif_view(scenario, *(given or slice_of(scenario)), hest=hest))

    @property
    def scenario(self) -> "Scenario":
        """What the switches say now."""
        from ..sim.model.scenario import Scenario

        chosen = {axis: word for axis, word in self.choices.items() if axis != "hest"}
        return Scenario.from_json({**self.document["given"], **chosen})

    @property
    def hest(self) -> "Hest | None":
        """The host's table that was given or built in the panel, if there is one."""
        from ..formats.hest import Hest

        return Hest.parse(bytes.fromhex(self.table)) if self.table else None

    def twin_html(self) -> str:
        from ..sim.walk import walk

        return still(walk(self.scenario).view())
