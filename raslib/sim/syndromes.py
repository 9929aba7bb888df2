"""Syndromes: what an error leaves in ESR_ELx and ERR<n>STATUS, and what a handler reads from the value alone."""

from functools import cache
from typing import NamedTuple

from ..formats.errnode import Ce, ErrorState, ErrStatus, Serr, Uet
from ..formats.esr import Aet, DataAbortIss, Esr, ExceptionClass, Fsc, SErrorFsc, SErrorIss, Set
from .scenario import Category

_SET = {Category.UEO: Set.UEO, Category.UER: Set.UER, Category.UEU: Set.UC, Category.UC: Set.UC}  # no code for UEU
_IDS = 1 << 24
IMPLEMENTATION_DEFINED = _IDS  # ISS of an SError that says nothing the architecture knows


@cache
def sea(category: Category, *, same_el: bool, fnv: bool = False) -> int:
    """ESR_ELx of a synchronous External Abort on a load."""
    ec = ExceptionClass.DATA_ABORT_SAME if same_el else ExceptionClass.DATA_ABORT_LOWER
    iss = DataAbortIss(SET=_SET[category], FnV=int(fnv), DFSC=Fsc.EXTERNAL_ABORT)
    return Esr(EC=ec, IL=1, ISS=iss.build()).build()


@cache
def serror(iss: int, il: int = 1) -> int:
    """ESR_ELx of an SError with this ISS."""
    return Esr(EC=ExceptionClass.SERROR, IL=il, ISS=iss).build()


@cache
def serror_iss(category: Category) -> int:
    """ISS of a RAS SError. AET has no code for a deferred error: nothing of it was consumed, as with UEO."""
    aet = Aet.UEO if category is Category.DE else Aet[category.name]
    return SErrorIss(AET=aet, DFSC=SErrorFsc.ASYNCHRONOUS_SERROR).build()


class Syndrome(NamedTuple):
    """What a value of ESR_ELx says of an error."""

    kind: str  # SEA or SError
    state: str  # CE, UEO, UER, UEU or UC, where the syndrome says so; else empty
    on_walk: bool = False  # a SEA met on a translation table walk
    implementation_defined: bool = False  # an SError that says nothing the architecture knows
    fnv: bool = False  # a SEA without an address


@cache
def read(esr: int) -> Syndrome:
    """*esr* as a RAS syndrome; anything that is not one reads as uncategorized, without a state."""
    frame = Esr.parse(esr)
    if frame.EC == ExceptionClass.SERROR:
        if frame.ISS & _IDS:
            return Syndrome("SError", "", implementation_defined=True)
        serror_iss = SErrorIss.parse(frame.ISS)
        valid = serror_iss.DFSC == SErrorFsc.ASYNCHRONOUS_SERROR and isinstance(serror_iss.AET, Aet)
        return Syndrome("SError", Aet(serror_iss.AET).name if valid else "")
    abort = DataAbortIss.parse(frame.ISS)
    valid = abort.DFSC == Fsc.EXTERNAL_ABORT and isinstance(abort.SET, Set)
    on_walk = Fsc.EXTERNAL_ABORT_WALK_LEVEL_M1 <= abort.DFSC <= Fsc.EXTERNAL_ABORT_WALK_LEVEL_3
    return Syndrome("SEA", Set(abort.SET).name if valid else "", on_walk, fnv=bool(abort.FnV))


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
