"""Views that answer each other: a scenario with all its switches, and a status block with all that it causes."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as W
from IPython.display import display

from ..formats.ghes import StatusBlock
from ..sim.axes import Axis
from ..sim.scenario import AXES, Scenario
from ..sim.walk import walk
from .fields import record_view
from .kernel_log import kernel_log
from .story import trace_view
from .widgets import Bytes, Stepper


class _Panel:
    """Live views in a box; where nothing is live, the static twin of its main view stands."""

    main: Any
    box: W.Box

    def _ipython_display_(self, **_: Any) -> None:
        display({"text/html": self.main.twin_block(), "text/plain": "(a picture and a table)"}, raw=True)  # type: ignore[no-untyped-call]
        display(self.box)  # type: ignore[no-untyped-call]


class WhatIf(_Panel):
    """A scenario with a switch for every choice; the walk follows. `scenario` and `trace` are the present ones."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.scenario = scenario or Scenario()
        self.trace = walk(self.scenario)
        self.main = Stepper(trace_view(self.trace))
        self.said = W.HTML()
        self.switches = {name: _switch(axis, self.scenario[name], self._choose(name)) for name, axis in AXES.items()}
        self.box = W.VBox([_groups(self.switches), self.said, self.main])
        self._tell()

    def choose(self, *pairs: str, **choices: Any) -> None:
        """Turns switches by hand: `choose("host.notify=SDEI")`."""
        new = self.scenario.choose(*pairs, **choices)
        for name, switch in self.switches.items():
            switch.value = AXES[name].word(new[name])

    def _choose(self, name: str) -> Callable[[Any], None]:
        def chosen(change: Any) -> None:
            self.scenario = self.scenario.choose(**{name: change["new"]})
            self.trace = walk(self.scenario)
            self.main.show(trace_view(self.trace), len(self.trace) - 1)
            self._tell()

        return chosen

    def _tell(self) -> None:
        ended = "; ".join(f"{name} {said}" for name, said in self.trace.outcome.items() if said != "none")
        changed = ", ".join(f"{name} = {word}" for name, word in self.scenario.chosen().items()) or "nothing"
        self.said.value = (
            f'<div class="ras-said" aria-live="polite"><p><b>{escape(ended)}</b></p>'
            f"<p>Changed: {escape(changed)}. Token: <code>{escape(self.scenario.token() or '(none)')}</code></p></div>"
        )


def _switch(axis: Axis, value: Any, chosen: Callable[[Any], None]) -> W.Dropdown:
    switch = W.Dropdown(
        options=[axis.word(v) for v in axis.values],  # not the values: a Dropdown takes None for no choice at all
        value=axis.word(value),
        description=axis.name.rpartition(".")[2].replace("_", " "),
        tooltip=axis.meaning,
        layout=W.Layout(width="290px"),
        style={"description_width": "130px"},
    )
    switch.observe(chosen, "value")
    return switch


def _groups(switches: dict[str, W.Dropdown]) -> W.Box:
    """The switches in a column for each group of axes."""
    groups: dict[str, list[W.Widget]] = {}
    for name, switch in switches.items():
        groups.setdefault(name.rpartition(".")[0] or "account", []).append(switch)
    columns = [W.VBox([W.HTML(f"<b>{escape(name)}</b>"), *found]) for name, found in groups.items()]
    return W.Box(columns, layout=W.Layout(flex_flow="row wrap", grid_gap="18px"))


class Workbench(_Panel):
    """A status block to edit: its bytes and fields, what the kernel would log, and what it would cause.

    `block` is the present one; `scenario` says on which machine the firmware writes it.
    """

    def __init__(self, block: StatusBlock, scenario: Scenario | None = None) -> None:
        self.block, self.scenario = block, scenario or Scenario()
        self.main = Bytes(self._view(), self._edit)
        self.log, self.caused = W.HTML(), W.HTML()
        below = W.HBox([self.log, self.caused], layout=W.Layout(flex_flow="row wrap", grid_gap="32px"))
        self.box = W.VBox([self.main, below])
        self._tell()

    def _view(self) -> dict[str, Any]:
        return record_view(StatusBlock, self.block.build())

    def _edit(self, path: str, text: str) -> dict[str, Any]:
        self.block = self.block.edited(path, text)
        self._tell()
        return self._view()

    def _tell(self) -> None:
        self.log.value = f"<h4>The kernel logs</h4><pre>{escape(kernel_log(self.block))}</pre>"
        trace = walk(self.scenario, block=self.block.build())
        steps = "".join(f"<li>{escape(f'{s.machine} {s.el}: {s.actor} {s.does}')}</li>" for s in trace.steps)
        ended = "; ".join(f"{name} {said}" for name, said in trace.outcome.items() if said != "none")
        self.caused.value = f"<h4>It causes</h4><p><b>{escape(ended)}</b></p><ol>{steps}</ol>"
