"""What an error node does with an error: records it, over another or not, and counts it (IHI 0100 A.c).

Pure functions of a record's registers. FR and CTLR of a record are those of its node, even if it is not the node's
first record. Where the architecture leaves a choice, `ErrorNode` makes it; where it says UNKNOWN, a docstring says what
is given. `errstatus` has the tables, and what software clears.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ...formats import errnode as registers
from ...formats.errgroup import RasVersion
from ...formats.errnode import Ce, Control, Counter, ErrAddr, ErrFr, ErrMisc, ErrorRecord, ErrorState, ErrStatus, Uet
from .errstatus import OverwriteRule, overwrite_rule

# --- a node, an error, a record --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorNode:
    """The version of a node, and its choices where the architecture leaves them to the maker."""

    version: RasVersion = RasVersion.V1P1
    clears_overflow: bool = False  # v1, rules W and CW: OF becomes 0; else it stays
    notes_overflow: bool = False  # v1, rules K and CK: OF becomes 1; else it stays
    counts_deferred: bool = False  # deferred errors are counted; always so where FR.DFI is there (§2.5.2)
    counts_uncorrected: bool = False  # uncorrected errors are counted


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeError:
    """An error as the component reports it to its node."""

    state: ErrorState
    ce: Ce = Ce.UNSPECIFIED  # of a corrected error
    serr: int = 0
    ierr: int = 0
    addr: ErrAddr | None = None
    misc: tuple[tuple[int, int], ...] = ()  # (m, ERR<n>MISC<m>) of the syndrome
    poison: bool = False  # seen because of poison
    write: bool = False  # met by a write: where reads and writes have controls of their own
    elsewhere: bool = False  # not in the place that is recorded: where FR.RP gives a counter for that
    time: int = 0  # of the counter that FR.TS names


class Recorded(NamedTuple):
    """What became of an error."""

    record: ErrorRecord
    state: ErrorState  # as which it was recorded
    rule: OverwriteRule | None  # None: detection is off, and nothing was recorded
    overwrote: bool = False  # the syndrome is that of the new error
    counted: bool = False


def promoted(fr: ErrFr, state: ErrorState) -> ErrorState:
    """As which state a node records an uncorrected error: the next worse if it cannot record *state* (§2.4.3.1)."""
    if not fr.FRX or state < ErrorState.UEO:
        return state
    return next((worse for worse in ErrorState if worse >= state and getattr(fr, worse.name)), state)


def record(node: ErrorNode, old: ErrorRecord, error: NodeError) -> Recorded:
    """The record *old* after *error* (§2.4.3.4, §2.4.3.5). STATUS.OF becomes 1 where v1 says UNKNOWN (rule CW)."""
    if not detects(old):
        return Recorded(old, error.state, None)
    state = promoted(old.FR, error.state)
    rule = overwrite_rule(node.version, old.STATUS.state, state)
    counted = has_counter(old.FR) and _countable(node, old.FR, state)
    new, overflowed = count(old, error.elsewhere) if counted else (old, False)
    overwrote, overflow = _apply(rule, node, old, overflowed)
    status = _typed(old.STATUS, state, error, overwrote).replace(V=1, OF=int(overflow))
    if counted:
        status = status.replace(MV=1)
    if old.FR.RV:
        status = status.replace(RV2=0, RV=0 if overwrote or not old.STATUS.V else status.RV)
    new = new.replace(STATUS=status)
    if overwrote:
        new = _syndrome(node, new, state, error, counted)
    new = new.replace(STATUS=ErrStatus.parse(new.STATUS.build()))  # numbers as the members of their enumerations
    return Recorded(new, state, rule, overwrote, counted)


def _apply(rule: OverwriteRule, node: ErrorNode, old: ErrorRecord, overflowed: bool) -> tuple[bool, bool]:
    """Whether the syndrome is overwritten, and STATUS.OF."""
    before, counter = bool(old.STATUS.OF), has_counter(old.FR)
    until_overflow = counter and old.FR.CEO == registers.Overwrite.UNTIL_OVERFLOW and not before
    match rule:
        case OverwriteRule.W | OverwriteRule.CW:
            cleared = node.version == RasVersion.V1 and node.clears_overflow
            return True, overflowed or (before and not cleared)
        case OverwriteRule.WO:
            return True, True
        case OverwriteRule.O:
            return False, True
        case OverwriteRule.K:
            return False, before or node.notes_overflow
        case OverwriteRule.CK:
            return False, before or (node.notes_overflow and (overflowed or not counter))
        case OverwriteRule.CO:
            return False, before or overflowed or not counter
    return until_overflow, before or overflowed or not counter  # CWK, CWO


def _typed(status: ErrStatus, state: ErrorState, error: NodeError, overwrites: bool) -> ErrStatus:
    """Which kinds of error have been recorded: the new one as well; its UET only with its syndrome (Table 2-1)."""
    if state == ErrorState.CE:
        return status.replace(CE=error.ce, **({"DE": 0, "UE": 0} if overwrites else {}))
    if state == ErrorState.DE:
        return status.replace(DE=1, **({"UE": 0} if overwrites else {}))
    return status.replace(UE=1, **({"UET": Uet[state.name]} if overwrites else {}))


def _syndrome(node: ErrorNode, new: ErrorRecord, state: ErrorState, error: NodeError, counted: bool) -> ErrorRecord:
    """*new* with the syndrome of *error*; without an address ADDR becomes UNKNOWN: it stays as it was."""
    misc = {f"MISC{m}": ErrMisc(IMPDEF=word) for m, word in error.misc}
    if new.FR.TS != registers.TimeBase.ABSENT and node.version != RasVersion.V1:
        misc["MISC3"] = ErrMisc(IMPDEF=error.time)
    kept = new.STATUS.MV if has_counter(new.FR) else 0  # a counter tells of more than the highest priority error
    status = new.STATUS.replace(
        ER=int(state >= ErrorState.UEO and answers(new, error.write)),
        PN=int(error.poison and state >= ErrorState.DE),
        IERR=error.ierr,
        SERR=error.serr,
        AV=int(error.addr is not None),
        MV=int(bool(misc) or counted or kept),
    )
    return new.replace(STATUS=status, ADDR=error.addr or new.ADDR, **misc)


# --- the counter (§2.8.3) --------------------------------------------------------------------------------------------


def has_counter(fr: ErrFr) -> bool:
    """Whether corrected errors are counted in MISC0 of this record."""
    return fr.CEC in (Counter.BITS_8, Counter.BITS_16) and not (fr.FRX and fr.NCE)


def _countable(node: ErrorNode, fr: ErrFr, state: ErrorState) -> bool:
    if state == ErrorState.DE:
        return node.counts_deferred or fr.DFI != Control.ABSENT
    return state == ErrorState.CE or node.counts_uncorrected


def count(old: ErrorRecord, elsewhere: bool = False) -> tuple[ErrorRecord, bool]:
    """*old* with one error more in MISC0, and whether that counter overflowed; its overflow bit then stays set.

    Of two counters the first takes the first error and those in its place, the second those *elsewhere*.
    """
    view = registers.MISC0[old.FR.CEC, old.FR.RP].parse(old.MISC0.IMPDEF)
    number, flag = "CEC", "OF"
    if old.FR.RP:
        number, flag = ("CECO", "OFO") if elsewhere and old.STATUS.V else ("CECR", "OFR")
    most = next(mask for name, _, mask, *_ in view.layout if name == number)
    counted = getattr(view, number) + 1
    overflowed = bool(counted > most)
    changed = {number: 0, flag: 1} if overflowed else {number: counted}
    return old.replace(MISC0=ErrMisc(IMPDEF=view.replace(**changed).build())), overflowed


# --- what is enabled (§2.5, §2.6) ------------------------------------------------------------------------------------


def _on(control: int, both: int, write: int, is_write: bool) -> bool:
    if control == Control.READS_AND_WRITES and is_write:
        return bool(write)
    return control == Control.ALWAYS or (control in (Control.CONTROLLABLE, Control.READS_AND_WRITES) and bool(both))


def detects(record: ErrorRecord) -> bool:
    """Whether the node records errors at all."""
    return record.FR.ED == registers.Ed.ALWAYS or (record.FR.ED == registers.Ed.CONTROLLABLE and bool(record.CTLR.ED))


def answers(record: ErrorRecord, write: bool = False) -> bool:
    """Whether an uncorrected error is answered with an external abort."""
    return _on(record.FR.UE, record.CTLR.UE, record.CTLR.WUE, write)


def physical_page(record: ErrorRecord, page: int = 4096) -> int | None:
    """Address of the page of *page* bytes that the record blames, or None if its address is not one to go by.

    None without STATUS.V and AV, and with AI (may be wrong) or VA (virtual): no page may be taken out of use for them.
    """
    if not (record.STATUS.V and record.STATUS.AV) or record.ADDR.AI or record.ADDR.VA:
        return None
    return record.ADDR.PADDR // page * page
