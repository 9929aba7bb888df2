"""A scenario of which only some choices are known, or that notes which are read; the ordinary stages run on it.

Exploring runs a stage on what is known; where the stage reads a choice that is not, `UnknownChoice` ends the run, and
the stage is run again for each value of that choice.
"""

from collections.abc import Mapping
from typing import Any

from ...records import ErrorValue
from .scenario import AXES

Given = Mapping[str, Any]  # axis name -> value
_GROUPS = frozenset(name.partition(".")[0] for name in AXES if "." in name)


class UnknownChoice(ErrorValue):
    """A stage has read a choice that is not known; `str` of it is the axis."""


class Partial:
    """Stands in for a `Scenario`: `s.host.vhe` gives what is known of that axis, and adds its name to *read*.

    Raises `UnknownChoice` for an axis that *known* does not have, AttributeError for what is no axis.
    """

    __slots__ = ("_ignored", "_known", "_prefix", "_read")

    def __init__(self, known: Given, read: list[str], prefix: str = "", ignored: tuple[str, ...] = ()) -> None:
        self._known, self._read, self._prefix, self._ignored = known, read, prefix, ignored

    def ignoring(self, axes: tuple[str, ...]) -> "Partial":
        """The same, but the choices on *axes* are their defaults, and it is not noted that they are read."""
        return Partial(self._known, self._read, ignored=axes)

    def __getattr__(self, name: str) -> Any:
        if not self._prefix and name in _GROUPS:
            return Partial(self._known, self._read, f"{name}.", self._ignored)
        name = self._prefix + name
        if name in self._ignored:
            return AXES[name].default
        if name not in AXES:
            raise AttributeError(name)
        self._read.append(name)
        try:
            return self._known[name]
        except KeyError:
            raise UnknownChoice(name) from None
