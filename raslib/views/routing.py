"""Where an exception is taken, as a register whose bits are the state that the rules ask: to turn, like any other."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from ..registers import Register, bits
from ..sim.cpu.routing import KEYS, RULES, Route, State, physical_serror, synchronous_external_abort
from .reading import RegisterKind, RegisterReading
from .syndrome import Syndrome, explained

NAMES = [field.name for field in fields(State) if field.name != "kind"]
KEY_OF = {name: key for key, name in KEYS.items()}
ABOVE = len(NAMES)  # bits; EL, the first, has two


class RoutingState(
    Register,
    ref="DDI 0487 §D1.4, as `raslib route` takes it",
    listed={
        name: bits(ABOVE, ABOVE - 1, "EL") if name == "EL" else bits(ABOVE - 1 - i, doc=KEY_OF[name])
        for i, name in enumerate(NAMES)
    },
    width=ABOVE + 1,
):
    """What the routing of one exception depends on, a bit for each; `sim.cpu.routing.State` says what they are."""


def routed(s: State) -> Syndrome:
    """Where the exception of this state is taken, and by which rule; shown, each bit of the state can be turned.

    >>> routed(State("sea", EL=1, SCR_EL3_EA=1)).means[0]
    'It is taken to EL3.'

    Source: as `sim.cpu.routing.route`.
    """
    word = RoutingState(**{name: getattr(s, name) for name in NAMES}).build()
    return explained(KINDS[s.kind], word, tuple(KINDS.values()))


def _reading(_: int, route: Callable[[Any], Route]) -> RegisterReading:
    return RegisterReading(RoutingState, (lambda s: _says(s, route),), lambda s: _target(s, route))


def _absent(s: Any) -> bool:
    return (s.EL == 2 and not s.EL2) or (s.EL == 3 and not s.EL3)


def _target(s: Any, route: Callable[[Any], Route]) -> str:
    if _absent(s):
        return ""
    target = route(s).target
    return f"EL{target}" if target else "pending"


def _says(s: Any, route: Callable[[Any], Route]) -> list[str]:
    if _absent(s):
        return [f"Nothing executes at EL{s.EL}, which is absent."]
    found = route(s)
    first = f"It is taken to EL{found.target}." if found.target else "It stays pending: it is masked here."
    rule, source = RULES[found.rule]
    return [first, rule, f"Source: {source}."]


KINDS = {
    "serror": RegisterKind("An SError", "route kind=serror", (0, 0), partial(_reading, route=physical_serror)),
    "sea": RegisterKind(
        "An External Abort", "route kind=sea", (0, 0), partial(_reading, route=synchronous_external_abort)
    ),
}
