"""A panel without code: files are dropped or a log is pasted, and it shows what happened, and what else could have."""

from html import escape
from typing import Any

import anywidget
import ipywidgets as W
from IPython.display import display

from ..formats.ghes import StatusBlock
from ..formats.hest import Hest
from ..sim.every_source import every_source
from ..sim.model.choices import Begin, First
from ..sim.walk import walk
from ..views.bytes_view import bytes_view
from ..views.diagnosis import rests_on, story
from ..views.results import sources_html
from ..views.theme import esm, for_site, tables_style
from ..views.trace_view import trace_view
from ..views.widgets import Bytes, Stepper, WhatIf
from .agree import Examined
from .diagnosis import Diagnosis, diagnose

_NOTE = "This panel takes files and pasted text once its cell has run in JupyterLab."
_HINT = "Paste a kernel log, a panic, a dump, a trace; or choose files: tables, records, logs, a rasdaemon database."
_SOURCES = '<details style="line-height:1.45"><summary>Each source of your HEST, by release</summary>{}</details>'


def _html(found: Diagnosis) -> str:
    """The story of a diagnosis, and folded below what it rests on."""
    more = f"<details><summary>What this rests on, sentence by sentence</summary>{rests_on(found)}</details>"
    return f'<div style="line-height:1.45">{tables_style()}{story(found)}{more}</div>'


class Drop(anywidget.AnyWidget):
    """A place to drop files on; `on_msg` has their names and contents."""

    _esm = esm("drop.js")


class DiagnosisPanel:
    """A place for a log, tables, records or a panic, and everything that can be said of them together.

    `found` is the `Diagnosis` of all `inputs`, None before there are any. They stay in the kernel's memory: of what was
    given, nothing comes into the notebook file, unless it is asked to keep the diagnosis. Widgets' state is another
    matter where JupyterLab is told to save it, which it does not by itself.
    """

    def __init__(self) -> None:
        self.inputs: list[tuple[str, bytes]] = []
        self.found: Diagnosis | None = None
        self.upload = W.FileUpload(multiple=True, description="Choose files", tooltip="Files to diagnose together")
        self.drop, self.text = Drop(), W.Textarea(placeholder=_HINT, layout=W.Layout(width="auto", height="110px"))
        self.redact = self._box("Leave out addresses, names of hosts, serial numbers")
        self.keep = self._box("Keep the diagnosis in the notebook file")
        self.said, self.which, self.answer = W.HTML(), W.Dropdown(description="Event"), W.VBox()
        self.upload.observe(self._chosen, "value")
        self.drop.on_msg(self._dropped)
        for one in (self.redact, self.keep, self.which):
            one.observe(lambda _: self._draw(), "value")
        clear = self._button("Clear", self.clear)
        buttons = [self._button("Diagnose", self._pasted, "primary"), self.upload, self.drop, clear]
        layout = W.Layout(flex_flow="row wrap", grid_gap="4px 16px", align_items="center")
        rows = [W.HBox(row, layout=layout) for row in (buttons, [self.redact, self.keep])]
        self.box = W.VBox([self.text, *rows, self.said, self.answer])
        self._kept: Any = None

    @staticmethod
    def _box(words: str) -> W.Checkbox:
        return W.Checkbox(description=words, indent=False, layout=W.Layout(width="auto"))

    @staticmethod
    def _button(words: str, act: Any, style: str = "") -> W.Button:
        button = W.Button(description=words, button_style=style, layout=W.Layout(width="auto", align_self="flex-start"))
        button.on_click(lambda _: act())
        return button

    # --- what is given ------------------------------------------------------------------------------------------------

    def add(self, *inputs: tuple[str, bytes]) -> None:
        """Names and contents besides those that there are; what cannot be read is said, and left out."""
        names = ", ".join(name for name, _ in inputs)
        self._say(f"{names}: held to every scenario there is, which takes some seconds …")
        try:
            self.found = diagnose(*self.inputs, *inputs)
        except (ValueError, OSError, RecursionError) as e:
            self._say(f"{names}: {e}")
            return
        unread = {fact.where: fact.text for fact in self.found.facts if fact.kind == "unread"}
        self.inputs += [one for one in inputs if one[0] not in unread]
        sizes = (f"{name}, {len(data):,} bytes" for name, data in self.inputs)
        self._say("; ".join([*sizes, *(f"{name}: {why}" for name, why in unread.items())]))
        before = self.which.value
        self.which.options = [(case.event.where(), number) for number, case in enumerate(self.found.cases)]
        if self.which.value == before:  # else it has drawn
            self._draw()

    def clear(self) -> None:
        """Forgets everything that was given."""
        self.inputs, self.found, self.which.options = [], None, []
        self._say("")
        self._draw()

    def _say(self, words: str) -> None:
        self.said.value = f'<div role="status">{escape(words)}</div>'

    def _chosen(self, change: Any) -> None:
        if files := [(one["name"], bytes(one["content"])) for one in change["new"]]:
            self.upload.value = ()  # so that it is in no state that could be saved, and can be chosen again
            self.add(*files)

    def _dropped(self, _: Any, message: dict[str, Any], contents: list[Any]) -> None:
        self.add(*zip(message["names"], map(bytes, contents), strict=True))

    def _pasted(self) -> None:
        if text := self.text.value:
            self.text.value = ""
            self.add(("pasted text", text.encode()))

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def case(self) -> Examined | None:
        """The event that is looked at, and what agrees with it."""
        return self.found.cases[self.which.value or 0] if self.found and self.found.cases else None

    def _draw(self) -> None:
        shown = ""
        parts: list[W.Widget] = []
        if self.found:
            shown = _html(self.found.redacted() if self.redact.value else self.found)
            parts = [W.HTML(shown), *([] if self.redact.value else self._views())]
        self.answer.children = parts
        if self._kept is not None:
            kept = f"<details open><summary>Kept in this file</summary>{shown}</details>"
            kept = kept if self.keep.value and shown else ""
            self._kept.update({"text/html": kept, "text/plain": "(a diagnosis)"}, raw=True)

    def _views(self) -> list[W.Widget]:
        """Bytes, sources, story and switches of the event that is looked at."""
        case, parts = self.case, list[W.Widget]()
        if case is None:
            return parts
        if len(self.which.options) > 1:
            parts.append(self.which)
        if case.event.block is not None:
            parts.append(Bytes(bytes_view(StatusBlock, case.event.block.build())))
        if witnesses := case.agreeing.witnesses:
            parts += self._of_scenario(witnesses[0].scenario)
        return parts

    def _of_scenario(self, s: Any) -> list[W.Widget]:
        """The sources of a table that was given, the story of *s*, and a button for its switches."""
        assert self.found
        table = next((fact.value for fact in self.found.facts if isinstance(fact.value, Hest)), None)
        parts = [Stepper(trace_view(walk(s)))]
        if table and table.error_sources and s.begin is Begin.ERROR and s.host.first is First.FIRMWARE:
            parts.insert(0, W.HTML(_SOURCES.format(tables_style() + sources_html(every_source(table, s)))))
        place = W.VBox()

        def turn() -> None:
            place.children = [WhatIf(s, hest=table)]

        return [*parts, self._button("What if? Turn its choices", turn), place]

    def _ipython_display_(self, **_: Any) -> None:
        if for_site():
            display({"text/html": f"<p><em>{_NOTE}</em></p>", "text/plain": _NOTE}, raw=True)  # type: ignore[no-untyped-call]
            return
        display(self.box)  # type: ignore[no-untyped-call]
        empty = {"text/html": "", "text/plain": ""}
        self._kept = display(empty, raw=True, display_id=True)  # type: ignore[no-untyped-call]
