"""The workbench: a status block to edit beside all that it causes."""

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as W
from IPython.display import display

from ..formats.ghes import StatusBlock
from ..formats.hest import Hest
from ..records import Coded
from ..sim.model.outcome import ENDS
from ..sim.model.scenario import Scenario
from ..sim.walk import walk
from .bytes_view import bytes_view
from .kernel_log import kernel_log
from .theme import for_site
from .widgets import Bytes


class Workbench:
    """A status block to edit: its bytes and fields, what the kernel would log, and what it would cause.

    `block` is the present one; `scenario` says on which machine the firmware writes it, and *hest* and *source*, as for
    `walk`, by which table. What the last edit changed is
    underlined in the bytes, the log and the story; `undo` and `redo` go back and on.
    """

    def __init__(
        self,
        block: StatusBlock,
        scenario: Scenario | None = None,
        *,
        hest: Hest | None = None,
        source: int | None = None,
    ) -> None:
        self.block, self.scenario, self.hest, self.source = block, scenario or Scenario(), hest, source
        self.main = Bytes(self._view(), self._edit)
        self.log, self.caused = W.HTML(), W.HTML()
        self._past: list[StatusBlock] = []
        self._future: list[StatusBlock] = []
        self._lines: tuple[Sequence[str], Sequence[str]] = ((), ())
        buttons = W.HBox([self._button("Undo", self.undo), self._button("Redo", self.redo)])
        self.main.layout = W.Layout(flex="3 1 460px", min_width="0")  # below each other where there is no room
        beside = W.VBox([buttons, self.caused, self.log], layout=W.Layout(flex="1 1 300px", min_width="0"))
        self.box = W.Box([self.main, beside], layout=W.Layout(flex_flow="row wrap", grid_gap="16px"))
        self._answer()

    def undo(self) -> None:
        """The block before the last edit, if there was one."""
        self._move(self._past, self._future)

    def redo(self) -> None:
        """The block that `undo` left, if it was the last that happened."""
        self._move(self._future, self._past)

    def _move(self, away: list[StatusBlock], back: list[StatusBlock]) -> None:
        if away:
            back.append(self.block)
            self.block = away.pop()
            self.main.put(self._view())
            self._answer()

    def _button(self, name: str, act: Any) -> W.Button:
        button = W.Button(description=name, layout=W.Layout(width="72px"))
        button.on_click(lambda _: act())
        return button

    def _view(self) -> dict[str, Any]:
        """The bytes view, in which flags, and fields whose values have names, have them to choose from."""
        data = self.block.build()
        values = {s.path: s.value for s in StatusBlock.spans(data)}
        names = {path: [m.name for m in type(value)] for path, value in values.items() if isinstance(value, Coded)}
        names |= {path: ["no", "yes"] for path, value in values.items() if value is True or value is False}
        view = bytes_view(StatusBlock, data)
        return view | {"fields": [field | {"choices": names.get(field["path"])} for field in view["fields"]]}

    def _edit(self, path: str, text: str) -> dict[str, Any]:
        edited = self.block.edited(path, text)
        self._past.append(self.block)
        self._future.clear()
        self.block = edited
        self._answer()
        return self._view()

    def _answer(self) -> None:
        trace = walk(self.scenario, hest=self.hest, source=self.source, block=self.block.build())
        log = kernel_log(self.block).splitlines()
        steps = [f"{s.machine} {s.el}: {s.actor} {s.does}" for s in trace.steps]
        before, now = self._lines, (log, steps)
        log_html, steps_html = ([_marked(line, old) for line in new] for new, old in zip(now, before, strict=True))
        head = '<div class="ras-answer" tabindex="0">'
        self.log.value = f"{head}<b>The kernel logs</b><pre>{'<br>'.join(log_html)}</pre></div>"
        ended = escape(ENDS[trace.outcome["end"]])
        items = "".join(f"<li>{step}</li>" for step in steps_html)
        self.caused.value = f"{head}<b>It ends: {ended}</b><ol>{items}</ol></div>"
        self._lines = now

    def _ipython_display_(self, **_: Any) -> None:
        """Live views in a box; where nothing is live, the static twin of all of them stands.

        A page of a site has no kernel: there the block cannot be edited.
        """
        if for_site():
            answer = {"text/html": self.caused.value + self.log.value, "text/plain": "(what follows)"}
            for output in (self.main.island(), answer):
                display(output, raw=True)  # type: ignore[no-untyped-call]
            return
        twin = self.main.twin_block(self.caused.value + self.log.value)
        display({"text/html": twin, "text/plain": "(a picture and a table)"}, raw=True)  # type: ignore[no-untyped-call]
        display(self.box)  # type: ignore[no-untyped-call]


def _marked(line: str, before: Sequence[str]) -> str:
    """A line as HTML, underlined if it is new."""
    return f'<span class="ras-chg">{escape(line)}</span>' if before and line not in before else escape(line)
