"""What was found out of a scenario, remembered by the choices that it was found by: nothing is found out twice."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from .model.partial import Partial
from .model.scenario import AXES, CHOICE, Scenario

T = TypeVar("T")


class _Asked(NamedTuple):
    """Here a choice is looked at; the ways on from each value that it has had, by the identity of the value."""

    choice: Callable[[Scenario], Any]
    ways: dict[int, Any]


class _Found(NamedTuple, Generic[T]):
    value: T


class Remembered(Generic[T]):
    """A pure function of a scenario that looks at few of its choices.

    It is run once for each combination of those, on a stand-in that tells which they are (`partial`); every scenario
    that has the same gets what it gave then.
    """

    __slots__ = ("_find", "_ways")

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self._ways: dict[int, Any] = {}

    def __call__(self, s: Scenario) -> T:
        way = self._ways.get(0)
        while type(way) is _Asked:
            way = way.ways.get(id(way.choice(s)))
        return way.value if way else self._learn(s)

    def _learn(self, s: Scenario) -> T:
        read: list[str] = []
        value = self._find(Partial({name: s[name] for name in AXES}, read))
        ways, key = self._ways, 0
        for axis in dict.fromkeys(read):
            asked = ways.setdefault(key, _Asked(CHOICE[axis], {}))
            ways, key = asked.ways, id(asked.choice(s))
        ways[key] = _Found(value)
        return value
