"""An error node: which of two errors stays in its record, how they are counted, what software clears (IHI 0100 A.c).

The tables and rules of the RAS System Architecture v1 and v1.1; v2 goes by those of v1.1.
"""

from typing import Any, NamedTuple

from ...formats.errnode import MISC0, Ce, Counter, ErrAddr, ErrMisc, ErrorRecord, ErrorState, ErrStatus, RasVersion, Uet
from ...records import Coded

# --- which error stays (§2.4.3.2, §2.4.3.3) --------------------------------------------------------------------------


class OverwriteRule(Coded):
    """A cell of the overwrite tables: what becomes of the syndrome, and of OF."""

    K = 1, "keep the old syndrome; OF is set or stays, as the node likes"
    O = 2, "overflow: keep the old syndrome and set OF"  # noqa: E741
    W = 3, "overwrite with the new syndrome; in v1 OF is cleared or stays as the node likes, from v1.1 on it stays"
    WO = 4, "overwrite with the new syndrome and set OF"
    CW = 5, "count, then as W; from v1.1 on OF is set if the counter overflows"
    CK = 6, "count and keep; if the counter overflows or there is none, OF is set or stays as the node likes"
    CWK = 7, "count, and overwrite or keep by FR.CEO; OF is set if the counter overflows or there is none"
    CO = 8, "count and keep; OF is set if the counter overflows; without a counter as O"
    CWO = 9, "as CO, or as CW while OF is clear, by FR.CEO; without a counter as O"


NEW = (ErrorState.CE, ErrorState.DE, ErrorState.UEO, ErrorState.UER, ErrorState.UEU, ErrorState.UC)
# fmt: off
_OVERWRITE = {  # by version and by the error that the record holds, a rule for each NEW
    RasVersion.V1: {  # Table 2-2
        #       CE  DE  UEO UER UEU UC
        "NONE": "CW  W   W   W   W   W",
        "CE":   "CWK W   W   W   W   W",
        "DE":   "CK  O   W   W   W   W",
        "UEO":  "CK  K   O   WO  WO  WO",
        "UER":  "CK  K   O   O   WO  WO",
        "UEU":  "CK  K   O   O   O   WO",
        "UC":   "CK  K   O   O   O   O",
    },
    RasVersion.V1P1: {  # Table 2-3
        #       CE  DE  UEO UER UEU UC
        "NONE": "CW  W   W   W   W   W",
        "CE":   "CWO WO  WO  WO  WO  WO",
        "DE":   "CO  O   WO  WO  WO  WO",
        "UEO":  "CO  O   O   WO  WO  WO",
        "UER":  "CO  O   O   O   WO  WO",
        "UEU":  "CO  O   O   O   O   WO",
        "UC":   "CO  O   O   O   O   O",
    },
}
# fmt: on


def overwrite_rule(version: RasVersion, previous: ErrorState, new: ErrorState) -> OverwriteRule:
    """What happens to a record that holds *previous* when the node records *new* (not NONE)."""
    rules = _OVERWRITE[min(version, RasVersion.V1P1)][previous.name].split()
    return OverwriteRule[rules[NEW.index(new)]]


# --- what software can clear (§3.2.33) -------------------------------------------------------------------------------

_ONES = {name: mask for name, _, mask, *_ in ErrStatus.layout if name not in ("IERR", "SERR")}  # cleared by ones
_KINDS = ("UE", "DE", "CE")  # by priority


def clearing(status: ErrStatus) -> ErrStatus:
    """What software is to write when it has read *status*: ones where it is not zero, zero in IERR and SERR."""
    return ErrStatus(**{name: ones for name, ones in _ONES.items() if getattr(status, name)})


def clear(version: RasVersion, status: ErrStatus, written: ErrStatus, *, syndrome_injected: bool = False) -> ErrStatus:
    """*status* after software wrote *written* to it.

    A field of two bits is cleared by two ones, and by nothing less. In v1 each field is guarded for itself; from v1.1
    on a write that would leave any of V, UE, OF, CE, DE set is ignored as a whole. While V is 0, most fields are
    UNKNOWN and ignore writes: they stay. *syndrome_injected* is PFGF.SYN: IERR and SERR can be written even then.
    """
    hit = {name for name, ones in _ONES.items() if getattr(written, name) == ones}
    if not status.V:
        hit -= {"UE", "ER", "OF", "CE", "DE", "PN", "UET", "CI"}
    if not (status.UE or status.DE):
        hit -= {"ER", "PN"}
    if not status.UE:
        hit -= {"UET"}
    writable = bool(status.V) or syndrome_injected
    if version == RasVersion.V1:
        hit, guarded = _guarded_v1(status, hit)
        writable = writable and not guarded
    elif any(getattr(status, name) and name not in hit for name in ("V", "UE", "OF", "CE", "DE")):
        return status
    syndrome = {"IERR": written.IERR, "SERR": written.SERR} if writable else {}
    cleared = status.replace(**dict.fromkeys(hit, 0), **syndrome)
    return ErrStatus.parse(cleared.build())


def _guarded_v1(status: ErrStatus, hit: set[str]) -> tuple[set[str], bool]:
    """What of *hit* v1 lets through, and whether the syndrome is guarded: a new error may have changed it."""
    hit = hit - {"CI", "RV", "RV2"}
    if status.OF and "OF" not in hit:
        hit -= set(_KINDS)
    left = [kind for kind in _KINDS if getattr(status, kind) and kind not in hit]
    if left:
        hit -= {"V"}
    highest = next((kind for kind in _KINDS if getattr(status, kind)), None)
    if highest in left:
        hit -= {"AV", "MV", "ER", "PN", "UET"}
    return hit, highest in left


# --- what a node does with a further error ----------------------------------------------------------------------------


# The node is one of v1.1 that detects errors always, answers uncorrected ones by an abort, and counts corrected ones,
# and no other, in 8 bits of ERR<n>MISC0.

FULL = 0x7F  # of the counter
_OVERWRITES = (OverwriteRule.W, OverwriteRule.WO, OverwriteRule.CW)
_OVERFLOWS = (OverwriteRule.O, OverwriteRule.WO)


class Recorded(NamedTuple):
    """What became of an error."""

    record: ErrorRecord
    rule: OverwriteRule
    overwrote: bool  # the syndrome is that of the new error


def record(old: ErrorRecord, state: ErrorState, serr: int = 0, addr: ErrAddr | None = None) -> Recorded:
    """The record *old* after an error that the component reports to its node: its *state*, SERR and ADDR.

    Without an address ADDR becomes UNKNOWN: it stays (§2.4.3.4, §2.4.3.5).
    """
    rule, counted = overwrite_rule(RasVersion.V1P1, old.STATUS.state, state), state == ErrorState.CE
    misc, overflowed = count(old.MISC0) if counted else (old.MISC0, False)
    overwrote, overflow = rule in _OVERWRITES, overflowed or old.STATUS.OF or rule in _OVERFLOWS
    status: dict[str, Any] = {"V": 1, "OF": int(overflow), "MV": int(counted or old.STATUS.MV)}
    if state < ErrorState.UEO:
        status |= {"CE": Ce.UNSPECIFIED} if counted else {"DE": 1}
    else:
        status |= {"UE": 1, "UET": Uet[state.name] if overwrote else old.STATUS.UET}
    if overwrote:
        status |= {"ER": int(state >= ErrorState.UEO), "PN": 0, "IERR": 0, "SERR": serr}
        status |= {"AV": int(addr is not None)}
    after = ErrStatus.parse(old.STATUS.replace(**status).build())  # numbers as the members of their enumerations
    blamed = addr if overwrote and addr else old.ADDR
    return Recorded(old.replace(STATUS=after, ADDR=blamed, MISC0=misc), rule, overwrote)


def count(misc: ErrMisc) -> tuple[ErrMisc, bool]:
    """ERR<n>MISC0 with one error more, and whether its counter overflowed; the overflow bit then stays set (§2.8.3)."""
    view: Any = MISC0[Counter.BITS_8, 0].parse(misc.IMPDEF)
    overflowed = view.CEC == FULL
    changed = {"CEC": 0, "OF": 1} if overflowed else {"CEC": view.CEC + 1}
    return ErrMisc(IMPDEF=view.replace(**changed).build()), overflowed


def physical_page(record: ErrorRecord) -> int | None:
    """Address of the page of 4 KiB that the record blames, or None if its address is not one to go by.

    None without STATUS.V and AV, and with AI (may be wrong) or VA (virtual): no page may be taken out of use for them.
    """
    if not (record.STATUS.V and record.STATUS.AV) or record.ADDR.AI or record.ADDR.VA:
        return None
    return record.ADDR.PADDR // 4096 * 4096
