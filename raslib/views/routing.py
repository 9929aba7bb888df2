"""Where an exception is taken, as a register whose bits are the state that the rules ask: to turn, like any other."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from ..plain import Span
from ..registers import Register, bits
from ..sim.cpu.routing import KEYS, RULES, Route, State, physical_serror
from ..sim.cpu.routing import synchronous_external_abort as external_abort
from .reading import Judged, RegisterKind, RegisterReading
from .syndrome import Syndrome, explained

EL, *FLAGS = (field for field in fields(State) if field.name != "kind")
NAMES = [EL.name, *(flag.name for flag in FLAGS)]
KEY_OF = {name: key for key, name in KEYS.items()}


class RoutingState(
    Register,
    ref="DDI 0487 §D1.4, as `raslib route` takes it",
    listed={flag.name: bits(bit, doc=flag.metadata["means"]) for bit, flag in enumerate(reversed(FLAGS))}
    | {EL.name: bits(len(FLAGS) + 1, len(FLAGS), EL.metadata["means"])},
    width=len(FLAGS) + 2,
):
    """What the routing of one exception depends on, a bit for each field of `sim.cpu.routing.State`, two for EL."""

    @classmethod
    def spans(cls, value: int) -> tuple[Span, ...]:
        """Its fields, called as the manual calls them: `SCR_EL3.EA`."""
        return tuple(span._replace(path=KEY_OF[span.path]) for span in super().spans(value))


def routed(s: State) -> Syndrome:
    """Where the exception of this state is taken, and by which rule; shown, each bit of the state can be turned.

    >>> routed(State("sea", EL=1, SCR_EL3_EA=1)).means[0]
    'It is taken to EL3.'

    Source: as `sim.cpu.routing.route`.
    """
    word = RoutingState(**{name: getattr(s, name) for name in NAMES}).build()
    return explained(KINDS[s.kind], word, tuple(KINDS.values()))


def _reading(_: int, route: Callable[[Any], Route]) -> RegisterReading:
    return RegisterReading(RoutingState, lambda s: _judged(s, route))


def _judged(s: Any, route: Callable[[Any], Route]) -> Judged:
    if (s.EL == 2 and not s.EL2) or (s.EL == 3 and not s.EL3):
        return "", [f"Nothing executes at EL{s.EL}, which is absent."]
    found = route(s)
    target, (rule, source) = found.target, RULES[found.rule]
    first = f"It is taken to EL{target}." if target else "It stays pending: it is masked here."
    return f"EL{target}" if target else "pending", [first, rule, f"Source: {source}."]


KINDS = {
    "serror": RegisterKind("An SError", (0, 0), partial(_reading, route=physical_serror)),
    "sea": RegisterKind("An External Abort", (0, 0), partial(_reading, route=external_abort)),
}
