"""A scenario of which only some choices are known, or that tells which are looked at; the ordinary stages run on it."""

from collections.abc import Mapping
from typing import Any

from .scenario import AXES

Given = Mapping[str, Any]  # axis name -> value
_GROUPS = frozenset(name.partition(".")[0] for name in AXES if "." in name)


class UnknownChoice(Exception):
    """A stage has read a choice that is not known."""


class Partial:
    """Stands in for a `Scenario`; what is read is noted in *read*, in order. Raises `UnknownChoice`."""

    __slots__ = ("_known", "_prefix", "_read")

    def __init__(self, known: Given, read: list[str], prefix: str = "") -> None:
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
            raise UnknownChoice(name) from None
