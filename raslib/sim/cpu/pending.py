"""SErrors that wait: what ISR_EL1.A shows, how several become one, and what IESB does with one at an exception's entry.

Section numbers are those of Arm ARM DDI 0487 M.a.a.
"""

from typing import NamedTuple

from ...formats.esr import Aet, SErrorFsc, SErrorIss
from .routing import SYNDROME, State, Target, physical_serror, vector_offset, virtual_serror

_IDS, _IESB = 1 << 24, 1 << 13
_WORST_FIRST = (Aet.UC, Aet.UEU, Aet.UER, Aet.UEO, Aet.CE)


def isr_el1_a(s: State, *, physical: bool, VSE: int = 0) -> int:
    """ISR_EL1.A as read in this state; PSTATE.A has no say. §D1.4.6, §D24.2, ISR_EL1

    At EL1, where the virtual SError is enabled, ISR_EL1 shows that one. Raises ValueError at EL0, where the register
    cannot be read.
    """
    if s.EL == 0:
        raise ValueError("ISR_EL1 cannot be read at EL0")
    shown = virtual_serror(s, VSE=VSE)
    return VSE if s.EL == 1 and shown.enabled else int(physical)


def merged(*syndromes: int) -> int:
    """ISS[24:0] of one SError that stands for several. §D20.4.3

    It is IMPLEMENTATION DEFINED whether several are merged, and a merged syndrome is the combined state: here the
    worst of AET; nothing at all if one of them says nothing, IMPLEMENTATION DEFINED if one of them is. Raises
    ValueError if there are none.
    """
    if not syndromes:
        raise ValueError("no SError pends")
    if imp_def := [iss for iss in syndromes if iss & _IDS]:
        return imp_def[0] & SYNDROME
    found = [SErrorIss.parse(iss) for iss in syndromes]
    if any(iss.DFSC != SErrorFsc.ASYNCHRONOUS_SERROR for iss in found):
        return 0
    worst = min(found, key=lambda iss: _WORST_FIRST.index(Aet(iss.AET)) if iss.AET in set(Aet) else 0)
    return worst.build()


class Taken(NamedTuple):
    """What became of the SErrors that pended."""

    target: Target | None  # None: none is taken
    syndrome: int | None  # ISS of the one that is taken
    left: tuple[int, ...]  # those that pend still


def take(s: State, syndromes: tuple[int, ...], *, merges: bool) -> Taken:
    """Take what pends, if it is not masked. Taking it clears it: SErrors behave as edge-triggered (R_KTWMT).

    With *merges* all that pend become one; without, the first is taken and the others stay pending.
    """
    target = physical_serror(s).target if syndromes else None
    if target is None:
        return Taken(None, None, syndromes)
    if merges:
        return Taken(target, merged(*syndromes), ())
    return Taken(target, syndromes[0] & SYNDROME, syndromes[1:])


class Entered(NamedTuple):
    """How the entry to an exception ends if the target has IESB = 1."""

    taken: bool
    esr_iss: int | None = None  # of the SError; IESB is 1 in it
    elr: int | None = None  # the vector of the first exception: not one instruction of its handler has run
    vector: int | None = None  # offset from VBAR_ELx of the level that takes the SError
    pending: bool = False  # masked: it stays, and neither DISR_EL1 nor VDISR_EL2 is written


def entry_with_iesb(s: State, *, syndrome: int, first_vector: int) -> Entered:
    """Exception entry is an error synchronization event: what becomes of an SError that it finds. §D20.5.3

    *s* is the state just after the first exception was taken, with its PSTATE.A; *first_vector* the address it entered.
    IESB in the syndrome is valid with a DFSC of 0x11 alone.
    """
    target = physical_serror(s).target
    if target is None:
        return Entered(False, pending=True)
    valid = not syndrome & _IDS and syndrome & 0x3F == SErrorFsc.ASYNCHRONOUS_SERROR
    iss = syndrome & SYNDROME | (_IESB if valid else 0)
    return Entered(True, iss, first_vector, vector_offset(s.EL, target, 1))
