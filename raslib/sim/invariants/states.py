"""What is held against every state of a model, not against stories: the registers that route, and a vCPU's events.

A finding names how many states are wrong. Its witness is a scenario that begins so; the state stands in `what`.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from ..cpu.routing import EffectiveNMEA, Kind, State, esb, physical_serror, synchronous_external_abort, virtual_serror
from ..cpu.syndromes import IMPLEMENTATION_DEFINED
from ..explore.monitor import CounterExample
from ..kvm.vcpu_events import SetAnswer, Vcpu, VcpuEvents, get_events, moved, run, set_events
from ..model.scenario import Scenario

# --- routing: I24 ----------------------------------------------------------------------------------------------------

LEVELS = [  # each machine, with and without EL2 and EL3, at each of its Exception levels
    (el2, el3, el) for el2, el3, el in product((0, 1), (0, 1), range(4)) if (el != 2 or el2) and (el != 3 or el3)
]
SERROR_BITS = (
    "SCR_EL3_EA", "SCR_EL3_NMEA", "SCR_EL3_TMEA", "HCR_EL2_TGE", "HCR_EL2_E2H", "HCR_EL2_AMO", "HCRX_EL2_TMEA",
    "SCTLR2_EL2_NMEA", "SCTLR2_EL1_NMEA", "PSTATE_A", "FEAT_DoubleFault", "FEAT_DoubleFault2",
)  # fmt: skip
SEA_BITS = (
    "SCR_EL3_EA", "SCR_EL3_TMEA", "HCR_EL2_TGE", "HCR_EL2_TEA", "HCRX_EL2_TMEA", "PSTATE_A", "stage2", "NV2",
    "FEAT_RAS", "FEAT_DoubleFault2",
)  # fmt: skip


def states_of(kind: Kind) -> Iterator[State]:
    """Every state that the routing of an SError, physical or virtual, or of a synchronous abort can depend on."""
    bits = SERROR_BITS if kind == "serror" else SEA_BITS
    for (el2, el3, el), values in product(LEVELS, product((0, 1), repeat=len(bits))):
        yield State(kind, EL2=el2, EL3=el3, EL=el, **dict(zip(bits, values, strict=True)))


def wrong_for_serror(s: State) -> str | None:
    """What is wrong with where the SErrors of this state go; None: nothing."""
    route = physical_serror(s)
    if route.target is None:
        if not route.pending:
            return "a physical SError is lost"
    elif route.pending:
        return "a physical SError is taken, and pends"
    elif s.PSTATE_A and route.target <= s.EL and not EffectiveNMEA(s):
        return "a masked physical SError is taken at the level that masks it"
    if (virtual := virtual_serror(s, VSE=1)).taken and (s.EL not in (0, 1) or s.PSTATE_A):
        return "a virtual SError is taken above EL1, or masked"
    if virtual.VSE == virtual.taken:
        return "a virtual SError is lost, or doubled"
    if (done := esb(s, VSE=1)).taken and (done.taken, done.target) != ("vserror", 1):
        return "a virtual SError goes elsewhere than to EL1"
    return None


def wrong_for_sea(s: State) -> str | None:
    """What is wrong with where the synchronous External Abort of this state goes; None: nothing."""
    route = synchronous_external_abort(s)
    return "an abort waits" if route.target is None or route.pending or route.masked else None


@cache
def misrouted() -> tuple[CounterExample, ...]:
    """The states in which a masked SError is taken, an abort waits, or a virtual SError leaves EL1."""
    wrong = [*map(wrong_for_serror, states_of("serror")), *map(wrong_for_sea, states_of("sea"))]
    return counted(wrong, Scenario())


# --- a vCPU's events: I22 --------------------------------------------------------------------------------------------

# No bit of a syndrome decides anything: all are kept, or none. So each bit alone, none, and all stand for the rest.
SYNDROMES = (0, *(1 << bit for bit in range(25)), (1 << 25) - 1)
JOURNEYS = [hosts for far in range(4) for hosts in product((True, False), repeat=far)]  # hosts with FEAT_RAS, or not


def masked_vcpus() -> Iterator[Vcpu]:
    """Every vCPU in which SErrors are masked, with one pending or none."""
    for at_once, ras, el, ease, pends in product((False, True), (True, False), (0, 1), (False, True), (False, True)):
        v = Vcpu(at_once=at_once, ras=ras, el=1 if el else 0, a=True, ease=ease, vse=pends)
        bare = IMPLEMENTATION_DEFINED if pends else 0  # what KVM keeps where there is no VSESR_EL2
        yield from (replace(v, vsesr=iss) for iss in (SYNDROMES if pends and ras else (bare,)))


def wrong_for_events(v: Vcpu) -> str | None:
    """What is wrong with reading and setting the events of this vCPU again, here or elsewhere; None: nothing."""
    read = get_events(v)
    if read != VcpuEvents(v.vse, v.ras, serror_esr=v.vsesr if v.ras else 0):
        return "what is read is not what pends"
    if set_events(v, read) != SetAnswer(v) or get_events(set_events(replace(v, vse=False, vsesr=0), read).vcpu) != read:
        return "what is read and set is not what was read"
    return next(filter(None, (wrong_on(journey, v) for journey in JOURNEYS)), None)


def wrong_on(journey: tuple[bool, ...], v: Vcpu) -> str | None:
    """What a vCPU that moves from host to host has lost or gained; a host without FEAT_RAS drops the syndrome alone."""
    there = v
    for ras in journey:
        there, errno = moved(there, ras=ras)
        if errno:
            return "a host refuses what another has read"
    if there.vse != v.vse:
        return "lost" if v.vse else "doubled"
    met = run(run(replace(there, a=False))).entered
    has_syndrome = v.ras and all(journey)
    esr = 0xBE00_0000 | (v.vsesr if has_syndrome else IMPLEMENTATION_DEFINED)
    return None if [entry.esr for entry in met] == [esr] * v.vse else "the guest meets another, or not one"


@cache
def misplaced() -> tuple[CounterExample, ...]:
    """The states of a vCPU whose pending SError is changed, lost or doubled on the way through user space."""
    return counted(list(map(wrong_for_events, masked_vcpus())), Scenario.of("begin=vcpu-events"))


def counted(wrong: list[str | None], witness: Scenario) -> tuple[CounterExample, ...]:
    """One finding for each thing that is wrong, with the number of states."""
    return tuple(CounterExample(what, wrong.count(what), witness) for what in sorted({w for w in wrong if w}))
