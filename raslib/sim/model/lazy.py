"""Values that are looked at late: what a step shows need not be decided before somebody looks.

A stage that reads a choice decides by it. One that only passes a value on, or shows it, says which function of the
scenario gives the value. Where the stages have a whole scenario before them, that function is called at once. Where a
stand-in notes what is read (`partial`, for `explore` and for what a walk remembers), the value stays open until a stage
looks at it with `force`, or a reader at the step.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from .scenario import AXES, Scenario

P = ParamSpec("P")
T = TypeVar("T")


class Lazy(NamedTuple):
    """A value that nobody has looked at yet: `of(scenario, *args)`."""

    of: Callable[..., Any]
    args: tuple[Any, ...]


def lazy(s: Scenario, of: Callable[..., T], *args: Any) -> T:
    """What `of(s, *args)` gives; still open if *s* is not wholly known. An open value in *args* is no hindrance."""
    return of(s, *args) if isinstance(s, Scenario) else cast(T, Lazy(of, args))


def force(s: Scenario, value: T) -> T:
    """*value*, and all in it, as it is in *s*: what was open is looked at."""
    if isinstance(value, Lazy):
        return cast(T, force(s, value.of(s, *(force(s, a) for a in value.args))))
    if not is_lazy(value):
        return value
    looked = (force(s, item) for item in cast(tuple[Any, ...], value))
    return cast(T, tuple(looked) if type(value) is tuple else type(value)(*looked))


def force_args(s: Scenario, value: T) -> T:
    """*value*, still open, but with all that it is made of looked at: what led to it makes no difference any more."""
    return cast(T, Lazy(value.of, tuple(force(s, a) for a in value.args))) if isinstance(value, Lazy) else value


def is_lazy(value: Any) -> bool:
    """Is there anything in *value* that nobody has looked at?"""
    return isinstance(value, Lazy) or (isinstance(value, tuple) and any(map(is_lazy, value)))


def ignoring(s: Scenario, *axes: str) -> Scenario:
    """*s* for a question on whose answer the choices on *axes* have no bearing.

    Where only some choices are known these are not asked for; a whole scenario stays what it is.
    """
    return s if isinstance(s, Scenario) else cast(Scenario, _Ignoring(s, axes))


class _Ignoring:
    """Stands in for a scenario of which some choices are taken for their defaults, unread."""

    def __init__(self, of: Any, axes: tuple[str, ...], prefix: str = "") -> None:
        self._of, self._axes, self._prefix = of, axes, prefix

    def __getattr__(self, name: str) -> Any:
        full = self._prefix + name
        if full in self._axes:
            return AXES[full].default
        value = getattr(self._of, name)
        inside = any(axis.startswith(f"{full}.") for axis in self._axes)
        return _Ignoring(value, self._axes, f"{full}.") if inside else value
