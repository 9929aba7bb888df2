"""What an error node does with a further error: records it over another or not, and counts it (IHI 0100 A.c).

Pure functions of a record's registers. The node is one of v1.1 that detects errors always, answers uncorrected ones by
an abort, and counts corrected ones, and no other, in 8 bits of ERR<n>MISC0. `errstatus` has the tables, also of v1.
"""

from typing import Any, NamedTuple

from ...formats.errnode import MISC0, Ce, Counter, ErrAddr, ErrMisc, ErrorRecord, ErrorState, ErrStatus, RasVersion, Uet
from .errstatus import OverwriteRule, overwrite_rule

FULL = 0x7F  # of the counter
_OVERWRITES = (OverwriteRule.W, OverwriteRule.WO, OverwriteRule.CW)
_OVERFLOWS = (OverwriteRule.O, OverwriteRule.WO)


class NodeError(NamedTuple):
    """An error as the component reports it to its node."""

    state: ErrorState
    serr: int = 0
    addr: ErrAddr | None = None


class Recorded(NamedTuple):
    """What became of an error."""

    record: ErrorRecord
    rule: OverwriteRule
    overwrote: bool  # the syndrome is that of the new error


def record(old: ErrorRecord, error: NodeError) -> Recorded:
    """The record *old* after *error*; without an address ADDR becomes UNKNOWN: it stays (§2.4.3.4, §2.4.3.5)."""
    rule, counted = overwrite_rule(RasVersion.V1P1, old.STATUS.state, error.state), error.state == ErrorState.CE
    misc, overflowed = count(old.MISC0) if counted else (old.MISC0, False)
    overwrote, overflow = rule in _OVERWRITES, overflowed or old.STATUS.OF or rule in _OVERFLOWS
    status: dict[str, Any] = {"V": 1, "OF": int(overflow), "MV": int(counted or old.STATUS.MV)}
    if error.state < ErrorState.UEO:
        status |= {"CE": Ce.UNSPECIFIED} if counted else {"DE": 1}
    else:
        status |= {"UE": 1, "UET": Uet[error.state.name] if overwrote else old.STATUS.UET}
    if overwrote:
        status |= {"ER": int(error.state >= ErrorState.UEO), "PN": 0, "IERR": 0, "SERR": error.serr}
        status |= {"AV": int(error.addr is not None)}
    after = ErrStatus.parse(old.STATUS.replace(**status).build())  # numbers as the members of their enumerations
    addr = error.addr if overwrote and error.addr else old.ADDR
    return Recorded(old.replace(STATUS=after, ADDR=addr, MISC0=misc), rule, overwrote)


def count(misc: ErrMisc) -> tuple[ErrMisc, bool]:
    """ERR<n>MISC0 with one error more, and whether its counter overflowed; the overflow bit then stays set (§2.8.3)."""
    view: Any = MISC0[Counter.BITS_8, 0].parse(misc.IMPDEF)
    overflowed = view.CEC == FULL
    changed = {"CEC": 0, "OF": 1} if overflowed else {"CEC": view.CEC + 1}
    return ErrMisc(IMPDEF=view.replace(**changed).build()), overflowed


def physical_page(record: ErrorRecord, page: int = 4096) -> int | None:
    """Address of the page of *page* bytes that the record blames, or None if its address is not one to go by.

    None without STATUS.V and AV, and with AI (may be wrong) or VA (virtual): no page may be taken out of use for them.
    """
    if not (record.STATUS.V and record.STATUS.AV) or record.ADDR.AI or record.ADDR.VA:
        return None
    return record.ADDR.PADDR // page * page
