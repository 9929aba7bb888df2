"""Syndromes: what an error leaves in ESR_ELx and ERR<n>STATUS, and what a handler reads from the value alone."""

from functools import cache
from typing import NamedTuple

from ...formats.errnode import Ce, ErrorState, ErrStatus, Serr, Uet
from ...formats.esr import Aet, DataAbortIss, Esr, ExceptionClass, Fsc, InstructionAbortIss, SErrorFsc, SErrorIss, Set
from ..model.choices import Access, Category

_SET = {Category.UEO: Set.UEO, Category.UER: Set.UER, Category.UC: Set.UC}
_IDS = 1 << 24
IMPLEMENTATION_DEFINED = _IDS  # ISS of an SError that says nothing the architecture knows
DEVICE = _IDS | 0x11  # likewise, and its maker has filled the place of DFSC with a number of his own
UNCATEGORIZED = 0  # ISS of an SError that says nothing at all
_SAME_EL = 1 << 26  # the lowest bit of EC tells an abort of the same level from one of a lower
_FETCHES = (ExceptionClass.INSTRUCTION_ABORT_LOWER, ExceptionClass.INSTRUCTION_ABORT_SAME)
_ABORTS = (*_FETCHES, ExceptionClass.DATA_ABORT_LOWER, ExceptionClass.DATA_ABORT_SAME)


@cache
def sea(category: Category, *, same_el: bool, fnv: bool = False, access: Access = Access.DATA) -> int:
    """ESR_ELx of a synchronous External Abort that *access* met. Of a walk it is the one at level 0.

    SET says what it says only where DFSC is 0x10; what is there on a walk nobody should read.
    """
    fsc = Fsc.EXTERNAL_ABORT if access in (Access.DATA, Access.FETCH) else Fsc.EXTERNAL_ABORT_WALK_LEVEL_0
    fields = {"SET": _SET[in_set(category)], "FnV": int(fnv), "S1PTW": int(access is Access.WALK_2)}
    if access is Access.FETCH:
        ec, iss = ExceptionClass.INSTRUCTION_ABORT_LOWER, InstructionAbortIss(IFSC=fsc, **fields).build()
    else:
        ec, iss = ExceptionClass.DATA_ABORT_LOWER, DataAbortIss(DFSC=fsc, **fields).build()
    return from_level(Esr(EC=ec, IL=1, ISS=iss).build(), same_el)


def in_set(category: Category) -> Category:
    """As which state SET tells of an error: the worst, where it has no code for its own."""
    return Category.UC if category is Category.UEU else category


def from_level(esr: int, same_el: bool) -> int:
    """*esr*, as it is if the exception was taken from the level it is taken to, or from a lower one."""
    if Esr.parse(esr).EC not in _ABORTS:
        return esr
    return esr | _SAME_EL if same_el else esr & ~_SAME_EL


@cache
def serror(iss: int, il: int = 1) -> int:
    """ESR_ELx of an SError with this ISS."""
    return Esr(EC=ExceptionClass.SERROR, IL=il, ISS=iss).build()


@cache
def serror_iss(category: Category) -> int:
    """ISS of a RAS SError. AET has no code for a deferred error: nothing of it was consumed, as with UEO."""
    aet = Aet.UEO if category is Category.DE else Aet[category.name]
    return SErrorIss(AET=aet, DFSC=SErrorFsc.ASYNCHRONOUS_SERROR).build()


_WALKS = frozenset(fsc for fsc in Fsc if "WALK" in fsc.name)


class RasSyndrome(NamedTuple):
    """What a value of ESR_ELx says of an error."""

    kind: str  # SEA or SError
    state: str  # CE, UEO, UER, UEU or UC, where the syndrome says so; else empty
    on_walk: bool = False  # a SEA met on a translation table walk
    implementation_defined: bool = False  # an SError that says nothing the architecture knows
    fnv: bool = False  # a SEA without an address
    fetch: bool = False  # a SEA met by an instruction fetch
    s1ptw: bool = False  # the walk was one of stage 2, for one of stage 1


@cache
def read(esr: int) -> RasSyndrome:
    """*esr* as a RAS syndrome; anything that is not one reads as uncategorized, without a state."""
    frame = Esr.parse(esr)
    if frame.EC == ExceptionClass.SERROR:
        if frame.ISS & _IDS:
            return RasSyndrome("SError", "", implementation_defined=True)
        serror_iss = SErrorIss.parse(frame.ISS)
        valid = serror_iss.DFSC == SErrorFsc.ASYNCHRONOUS_SERROR and isinstance(serror_iss.AET, Aet)
        return RasSyndrome("SError", Aet(serror_iss.AET).name if valid else "")
    abort = DataAbortIss.parse(frame.ISS)  # of an instruction abort what is read here stands in the same bits
    valid = abort.DFSC == Fsc.EXTERNAL_ABORT and isinstance(abort.SET, Set)
    state, flags = Set(abort.SET).name if valid else "", {"fnv": bool(abort.FnV), "s1ptw": bool(abort.S1PTW)}
    return RasSyndrome("SEA", state, on_walk=abort.DFSC in _WALKS, fetch=frame.EC in _FETCHES, **flags)


@cache
def recorded(category: Category, in_band: bool) -> int:
    """ERR<n>STATUS after an error of *category* in memory; *in_band*: whoever asked was answered with an abort."""
    fields = {"AV": 1, "V": 1, "ER": int(in_band), "SERR": Serr.EXTERNAL_MEMORY}
    if category is Category.CE:
        return ErrStatus(CE=Ce.UNSPECIFIED, **fields).build()
    if category is Category.DE:
        return ErrStatus(DE=1, **fields).build()
    return ErrStatus(UE=1, UET=Uet[category.name], **fields).build()


@cache
def category_of(status: int) -> Category | None:
    """What a reader of ERR<n>STATUS finds, the worst first; None: no error is recorded."""
    state = ErrStatus.parse(status).state
    return None if state is ErrorState.NONE else Category[state.name]
