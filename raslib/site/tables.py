"""Tables of the small pages, as HTML: what syndromes, error records and states of a machine come to."""

from collections.abc import Iterable, Mapping

from ..sim.cpu.routing import RULES, Kind, State, route
from ..views.syndrome import Syndrome
from ..views.table import Html, table

KINDS: dict[Kind, str] = {"serror": "SError", "sea": "abort"}


def senses(found: Iterable[tuple[Syndrome, str]]) -> str:
    """What each register says first, with the word for what it stands for."""
    rows = ([Html(f"<code>{one.value:08x}</code>"), what, one.state or "–", one.means[0]] for one, what in found)
    return table(["value", "such as", "state", "means"], rows)


def rules() -> str:
    """The rules by which exceptions are routed, with their sources."""
    rows = ([word, *rule] for key, rule in RULES.items() for kind, word in KINDS.items() if key.startswith(f"{kind}-"))
    return table(["of an", "rule", "source"], rows)


def routes(machines: Mapping[str, dict[str, int]]) -> str:
    """Where each of *machines* (what it is -> bits of its `State`) takes both kinds of error.

    A column for each level that it has, with PSTATE.A clear and set.
    """
    levels = [(EL, A) for EL in (0, 1, 2) for A in (0, 1)]
    rows = (
        [machine, name, *(_target(kind, EL, A, given) for EL, A in levels)]
        for machine, given in machines.items()
        for kind, name in KINDS.items()
    )
    return table(["machine", "error", *(f"EL{EL}, A={A}" for EL, A in levels)], rows)


def _target(kind: Kind, EL: int, A: int, given: dict[str, int]) -> str:
    if EL == 2 and not given.get("EL2", 1):
        return "–"
    found = route(State(kind, EL=EL, PSTATE_A=A, **given))
    return f"EL{found.target}" if found.target else "waits"
