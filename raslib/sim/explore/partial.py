"""A scenario of which only some choices are known: the ordinary stages run on it until they ask for another."""

from collections.abc import Mapping
from typing import Any

from ..outcome import Mark
from ..scenario import AXES
from ..trace import Next, Step
from ..walk import STAGES

Known = Mapping[str, Any]  # axis name -> value
Said = tuple[Step | Mark, ...]
_GROUPS = frozenset(name.partition(".")[0] for name in AXES if "." in name)


class Unknown(Exception):
    """A stage has read a choice that is not known."""


class Partial:
    """Stands in for a `Scenario`; what is read is noted in *read*, in order. Raises `Unknown`."""

    __slots__ = ("_known", "_prefix", "_read")

    def __init__(self, known: Known, read: list[str], prefix: str = "") -> None:
        self._known, self._read, self._prefix = known, read, prefix

    def __getattr__(self, name: str) -> Any:
        if not self._prefix and name in _GROUPS:
            return Partial(self._known, self._read, f"{name}.")
        name = self._prefix + name
        if name not in AXES:
            raise AttributeError(name)
        self._read.append(name)
        try:
            return self._known[name]
        except KeyError:
            raise Unknown(name) from None


def run_stage(stage: str, message: Any, s: Any) -> tuple[Said, Next]:
    """What one stage says, all of it, and what it returns."""
    said, running = [], STAGES[stage](s, message)
    while True:
        try:
            said.append(next(running))
        except StopIteration as end:
            return tuple(said), end.value
