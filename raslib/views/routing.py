"""Where an exception is taken, as a register whose bits are the state that the rules ask: to turn, like any other."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ..plain import Span
from ..registers import Register, bits
from ..sim.cpu.routing import KEYS, RULES, Route, State, physical_serror
from ..sim.cpu.routing import synchronous_external_abort as external_abort
from .reading import Judged, RegisterKind, RegisterReading
from .syndrome import Syndrome, explained

# fmt: off
MEANS = {  # what 1 says of each
    "EL":                "the exception level at which the PE executes",
    "EL2":               "1: EL2 is there, 0: EL2 is absent",
    "EL3":               "1: EL3 is there, 0: EL3 is absent",
    "SCR_EL3_EA":        "1: EL3 takes External Aborts and SErrors",
    "SCR_EL3_NMEA":      "1: PSTATE.A does not mask an SError at EL3",
    "SCR_EL3_TMEA":      "1: EL3 takes what a lower level masks",
    "HCR_EL2_TGE":       "1: applications at EL0 are those of EL2",
    "HCR_EL2_E2H":       "1: a host runs at EL2 (VHE)",
    "HCR_EL2_AMO":       "1: EL2 takes SErrors of EL1 and EL0",
    "HCR_EL2_TEA":       "1: EL2 takes External Aborts of EL1 and EL0",
    "HCRX_EL2_TMEA":     "1: EL2 takes what EL1 or EL0 masks",
    "SCTLR2_EL2_NMEA":   "1: PSTATE.A does not mask an SError at EL2",
    "SCTLR2_EL1_NMEA":   "1: PSTATE.A does not mask an SError at EL1",
    "PSTATE_A":          "1: SErrors are masked",
    "FEAT_RAS":          "1: HCR_EL2.TEA acts",
    "FEAT_DoubleFault":  "1: SCR_EL3.NMEA acts while SCR_EL3.EA is 1",
    "FEAT_DoubleFault2": "1: TMEA and NMEA of every level act",
    "stage2":            "1: the abort was met on a stage 2 walk",
    "NV2":               "1: FEAT_NV2 made the access of one to a register",
}
# fmt: on
NAMES = [*MEANS]
KEY_OF = {name: key for key, name in KEYS.items()}
ABOVE = len(NAMES)  # bits; EL, the first, has two


class RoutingState(
    Register,
    ref="DDI 0487 §D1.4, as `raslib route` takes it",
    listed={
        name: bits(ABOVE, ABOVE - 1, MEANS[name]) if name == "EL" else bits(ABOVE - 1 - i, doc=MEANS[name])
        for i, name in enumerate(NAMES)
    },
    width=ABOVE + 1,
):
    """What the routing of one exception depends on, a bit for each; `sim.cpu.routing.State` says what they are."""

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
    "serror": RegisterKind("An SError", "route kind=serror", (0, 0), partial(_reading, route=physical_serror)),
    "sea": RegisterKind("An External Abort", "route kind=sea", (0, 0), partial(_reading, route=external_abort)),
}
