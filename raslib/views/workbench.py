"""The workbench: a status block to edit beside all that it causes."""

from html import escape
from typing import Any

import ipywidgets as W
from IPython.display import display

from ..formats.ghes import StatusBlock
from ..sim.model.scenario import Scenario
from ..sim.walk import walk
from . import island
from .bytes_view import bytes_view
from .kernel_log import kernel_log
from .widgets import Bytes


class Workbench:
    """A status block to edit: its bytes and fields, what the kernel would log, and what it would cause.

    `block` is the present one; `scenario` says on which machine the firmware writes it.
    """

    def __init__(self, block: StatusBlock, scenario: Scenario | None = None) -> None:
        self.block, self.scenario = block, scenario or Scenario()
        self.main = Bytes(self._view(), self._edit)
        self.log, self.caused = W.HTML(), W.HTML()
        below = W.HBox([self.log, self.caused], layout=W.Layout(flex_flow="row wrap", grid_gap="32px"))
        self.box = W.VBox([self.main, below])
        self._answer()

    def _view(self) -> dict[str, Any]:
        return bytes_view(StatusBlock, self.block.build())

    def _edit(self, path: str, text: str) -> dict[str, Any]:
        self.block = self.block.edited(path, text)
        self._answer()
        return self._view()

    def _answer(self) -> None:
        self.log.value = f"<h4>The kernel logs</h4><pre>{escape(kernel_log(self.block))}</pre>"
        trace = walk(self.scenario, block=self.block.build())
        steps = "".join(f"<li>{escape(f'{s.machine} {s.el}: {s.actor} {s.does}')}</li>" for s in trace.steps)
        ended = "; ".join(f"{part} {word}" for part, word in trace.outcome.items() if word != "none")
        self.caused.value = f"<h4>It causes</h4><p><b>{escape(ended)}</b></p><ol>{steps}</ol>"

    def _ipython_display_(self, **_: Any) -> None:
        """Live views in a box; where nothing is live, the static twin of the bytes stands.

        A page of a site has no kernel: there the block cannot be edited.
        """
        if island.wanted():
            display(self.main.island(), raw=True)  # type: ignore[no-untyped-call]
            display({"text/html": self.log.value + self.caused.value, "text/plain": "(what follows)"}, raw=True)  # type: ignore[no-untyped-call]
            return
        display({"text/html": self.main.twin_block(), "text/plain": "(a picture and a table)"}, raw=True)  # type: ignore[no-untyped-call]
        display(self.box)  # type: ignore[no-untyped-call]
