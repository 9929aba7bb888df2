"""Lazy values: what a step only shows is not computed before somebody looks.

A stage that reads a choice (`s.host.vhe`) decides by it, and exploring forks there. A stage that only shows a choice,
or passes on what follows from it, hands over `lazy(s, of, *args)` instead. In a whole scenario that is `of(s, *args)`
at once. Where some choices are unknown (`partial`, for `explore`) it stays a `Lazy`, which compares by what it is
made of, until a stage needs it and calls `force`, or a reader of the finished diagram does.

What it is worth: the stories of an abort in a guest of a firmware-first host (9 choices given: stance, begin,
error.report, cpu.running, host.first, host.notify, host.apei, cper.bytes, guest.notify) take 2,799 runs of stages with
lazy values and 228,446 without; the whole space takes 49,000 with them, and was not finished without.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from .partial import Partial
from .scenario import Scenario

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
