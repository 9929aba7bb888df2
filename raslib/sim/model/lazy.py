"""Lazy values: what a step only shows is not computed before somebody looks.

A stage that reads a choice (`s.host.vhe`) decides by it, and exploring forks there. A stage that only shows a choice,
or passes on what follows from it, hands over `lazy(s, of, *args)` instead. In a whole scenario that is `of(s, *args)`
at once. Where some choices are unknown (`Partial`, for `explore`) it stays a `Lazy`, which compares by what it is
made of, until a stage needs it and calls `force`, or a reader of the finished diagram does.

What it is worth: the stories of an abort in a guest of a firmware-first host (9 choices given: stance, begin,
error.report, cpu.running, host.first, host.notify, host.apei, cper.bytes, guest.notify) take 2,799 runs of stages with
lazy values and 228,446 without; the whole space takes 53,470 with them, and was not finished without.

At the end what stands in for a scenario of which only some choices are known, or notes which are read; the ordinary
stages run on it. Exploring runs a stage on what is known; where the stage reads a choice that is not, `UnknownChoice`
ends the run, and the stage is run again for each value of that choice.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from ...records import ErrorValue
from .scenario import AXES, Scenario

T = TypeVar("T")


class Lazy(NamedTuple):
    """A value that is not computed yet: `of(scenario, *args)`, where *args* may have lazy values in them."""

    of: Callable[..., Any]
    args: tuple[Any, ...]


def lazy(s: Scenario, of: Callable[..., T], *args: Any) -> T:
    """`of(s, *args)`: at once if *s* is a whole scenario, else a `Lazy` that is taken for it.

    *of* is a function of a module, so that equal values compare equal; it reads *s* and nothing else.
    """
    return of(s, *args) if isinstance(s, Scenario) else cast(T, Lazy(of, args))


def apply(_: Scenario, of: Callable[..., T], *args: Any) -> T:
    """`of(*args)`: for `lazy`, of a function that reads no choice: `lazy(s, apply, len, block)`."""
    return of(*args)


def force(s: Scenario, value: T) -> T:
    """*value* as it is in *s*, with every lazy value in it computed; tuples and named tuples are searched for them.

    Raises `UnknownChoice` where *s* stands in for a scenario and the value depends on a choice that is not known.
    """
    if isinstance(value, Lazy):
        return cast(T, force(s, value.of(s, *(force(s, a) for a in value.args))))
    if not is_lazy(value):
        return value
    items = (force(s, item) for item in cast(tuple[Any, ...], value))
    return cast(T, tuple(items) if type(value) is tuple else type(value)(*items))


def force_args(s: Scenario, value: T) -> T:
    """*value*, still lazy, but with its arguments computed: then it is equal to every other with the same arguments.

    A stage does so where it decides by a part of a value, and passes the value on: what led to it matters no more.
    """
    return cast(T, Lazy(value.of, tuple(force(s, a) for a in value.args))) if isinstance(value, Lazy) else value


def is_lazy(value: Any) -> bool:
    """Is *value* a lazy value, or a tuple with one in it?"""
    return isinstance(value, Lazy) or (isinstance(value, tuple) and any(map(is_lazy, value)))


def ignoring(s: Scenario, *axes: str) -> Scenario:
    """*s* for a question whose answer does not depend on the choices on *axes*.

    Where only some choices are known these are not read: their defaults are given. A whole scenario stays what it is.
    """
    return cast(Scenario, s.ignoring(axes)) if isinstance(s, Partial) else s


# --- what stands in for a scenario ------------------------------------------------------------------------------------


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
