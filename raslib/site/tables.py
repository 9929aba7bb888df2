"""Tables of the small pages, in Markdown: what syndromes, error records and states of a machine come to."""

from collections.abc import Iterable, Mapping, Sequence

from ..sim.cpu.routing import RULES, Kind, State, route
from ..views.errstatus import err_status
from ..views.syndrome import Syndrome, explain

MACHINES: dict[str, dict[str, int]] = {
    "firmware-first (SCR_EL3.EA = 1)": {"SCR_EL3_EA": 1},
    "kernel-first, a host with VHE": {"HCR_EL2_TGE": 1, "HCR_EL2_E2H": 1},
    "kernel-first, while a guest runs": {"HCR_EL2_AMO": 1, "HCR_EL2_TEA": 1},
    "no EL2, no EL3": {"EL2": 0, "EL3": 0},
}
KINDS: tuple[tuple[Kind, str], ...] = (("serror", "SError"), ("sea", "abort"))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def syndromes(register: str, values: Mapping[str, str]) -> str:
    """What each of *values* (hex digits -> what it stands for) says first as *register*."""
    rows = ([f"`{digits}`", what, *_sense(explain(register, int(digits, 16)))] for digits, what in values.items())
    return table(["value", "such as", "state", "means"], rows)


def statuses(*values: str) -> str:
    """What each of *values* (hex digits) says first as ERR<n>STATUS of RAS v1.1."""
    return table(["value", "state", "means"], ([f"`{v}`", *_sense(err_status(int(v, 16)))] for v in values))


def _sense(found: Syndrome) -> tuple[str, str]:
    return found.state or "–", found.means[0]


def rules() -> str:
    """The rules by which exceptions are routed, with their sources."""
    kinds = {"serror": "SError", "sea": "External Abort"}
    return table(["of a", "rule", "source"], ([kinds[key.partition("-")[0]], *rule] for key, rule in RULES.items()))


def routes() -> str:
    """Where each of `MACHINES` takes both kinds of error, from each level that it has, with PSTATE.A clear and set."""
    levels = [(EL, A) for EL in (0, 1, 2) for A in (0, 1)]
    rows = (
        [machine, name, *(_target(kind, EL, A, given) for EL, A in levels)]
        for machine, given in MACHINES.items()
        for kind, name in KINDS
    )
    return table(["machine", "error", *(f"EL{EL}, A={A}" for EL, A in levels)], rows)


def _target(kind: Kind, EL: int, A: int, given: dict[str, int]) -> str:
    if EL == 2 and not given.get("EL2", 1):
        return "–"
    found = route(State(kind, EL=EL, PSTATE_A=A, **given))
    return f"EL{found.target}" if found.target else "waits"
