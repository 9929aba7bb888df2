"""An error node against the tables of the document, and against its other words for the same rules."""

from itertools import product

import pytest

from raslib.formats.errgroup import RasVersion
from raslib.formats.errnode import (
    MISC0,
    Ce,
    ErrAddr,
    ErrCtlr,
    ErrFr,
    ErrMisc,
    ErrorRecord,
    ErrorState,
    ErrPfgCtl,
    ErrPfgF,
    ErrStatus,
    PfgCe,
    Serr,
    Uet,
)
from raslib.sim.cpu.errnode import (
    ErrorNode,
    Interrupts,
    NodeError,
    answers,
    count,
    counter_overflowed,
    enabled,
    inject,
    injected,
    interrupts,
    physical_page,
    promoted,
    record,
)
from raslib.sim.cpu.errstatus import NEW, Rule, clear, clearing, overwrite_rule

V1, V1P1, V2 = RasVersion.V1, RasVersion.V1P1, RasVersion.V2
NONE, CE, DE, UEO, UER, UEU, UC = ErrorState

# IHI 0100 A.c, Tables 2-2 and 2-3: a line for each previous error, a column for each new one
TABLES = {
    V1: """
         CE  DE UEO UER UEU UC
    NONE CW  W  W   W   W   W
    CE   CWK W  W   W   W   W
    DE   CK  O  W   W   W   W
    UEO  CK  K  O   WO  WO  WO
    UER  CK  K  O   O   WO  WO
    UEU  CK  K  O   O   O   WO
    UC   CK  K  O   O   O   O""",
    V1P1: """
         CE  DE UEO UER UEU UC
    NONE CW  W  W   W   W   W
    CE   CWO WO WO  WO  WO  WO
    DE   CO  O  WO  WO  WO  WO
    UEO  CO  O  O   WO  WO  WO
    UER  CO  O  O   O   WO  WO
    UEU  CO  O  O   O   O   WO
    UC   CO  O  O   O   O   O""",
}
COUNTERS = [(0, 0), (2, 0), (4, 0), (2, 1), (4, 1)]  # FR.CEC, FR.RP


def held(state=NONE, *, of=0, cec=0, rp=0, ceo=0, count_=0, overflowed=0, fr=None, ctlr=None, **status):
    """A record that holds an error of *state*, and *count_* in its first counter."""
    kinds = {NONE: {}, CE: {"CE": Ce.TRANSIENT}, DE: {"DE": 1}}.get(state)
    if kinds is None:
        kinds = {"UE": 1, "UET": Uet[state.name]}
    features = ErrFr(ED=1, CEC=cec, RP=rp, CEO=ceo).replace(**(fr or {}))
    word = 0
    if cec:
        number, flag = ("CECR", "OFR") if rp else ("CEC", "OF")
        word = MISC0[cec, rp](**{number: count_, flag: overflowed}).build()
    full = {"V": int(state != NONE), "OF": of, "IERR": 0xAA, "SERR": Serr.PIN} | kinds | status
    return ErrorRecord(FR=features, CTLR=ErrCtlr(**(ctlr or {})), STATUS=ErrStatus(**full), MISC0=ErrMisc(IMPDEF=word))


def error(state, **more):
    return NodeError(**{"state": state, "ce": Ce.PERSISTENT, "serr": 0x0C, "ierr": 0x55} | more)


def bits(status):
    return {name for name, *_ in status.layout if getattr(status, name)}


# the tables


@pytest.mark.parametrize("version", TABLES, ids=lambda v: v.name)
def test_every_cell_of_the_overwrite_tables(version):
    head, *lines = [line.split() for line in TABLES[version].strip().splitlines()]
    assert head == [state.name for state in NEW]
    assert [line[0] for line in lines] == [state.name for state in ErrorState]
    for previous, *cells in lines:
        for new, cell in zip(head, cells, strict=True):
            assert overwrite_rule(version, ErrorState[previous], ErrorState[new]) is Rule[cell], (previous, new)


def test_version_2_goes_by_the_tables_of_1_1():
    for previous, new in product(ErrorState, NEW):
        assert overwrite_rule(V2, previous, new) is overwrite_rule(V1P1, previous, new)


def test_every_rule_has_its_own_word():
    assert len({rule.means for rule in Rule}) == len(Rule)
    assert {rule.name for rule in Rule} == {cell for table in TABLES.values() for cell in table.split()} - {
        state.name for state in ErrorState
    }


def test_pitfall_19_a_second_error_sets_of_from_1_1_on_where_v1_leaves_it():
    """The tables differ in 19 of their 42 cells. Without a counter v1.1 sets OF in all of them; v1 has to in one."""
    differ = [(p, n) for p, n in product(ErrorState, NEW) if overwrite_rule(V1, p, n) != overwrite_rule(V1P1, p, n)]
    assert len(differ) == 19
    for previous, new in differ:
        before = held(previous)
        assert record(ErrorNode(version=V1P1), before, error(new)).record.STATUS.OF == 1
    silent = [(p, n) for p, n in differ if not record(ErrorNode(version=V1), held(p), error(n)).record.STATUS.OF]
    assert len(silent) == 18  # all but a corrected error over another


# the whole of recording, against the words of the register's description


def of_v1(old, new, overflow, counter, node):
    """STATUS.OF by the register's description without RASSAv1p1 (§3.2.33)."""
    ue, de, ce = old.STATUS.UE, old.STATUS.DE, old.STATUS.CE != 0
    uncorrected = new >= UEO
    must = (
        (uncorrected and ue)
        or (new == DE and not ue and de)
        or (new == CE and not counter and not ue and not de and ce)
        or (counter and not ue and not de and overflow)
    )
    may_set = (
        (new == DE and ue)
        or (new == CE and not counter and (ue or de))
        or (new == CE and counter and (ue or de) and overflow)
    )
    may_clear = (
        (uncorrected and not ue) or (new == DE and not ue and not de) or (new == CE and not ue and not de and not ce)
    )
    if must or (may_set and node.notes_overflow):
        return 1
    return 0 if may_clear and node.clears_overflow else old.STATUS.OF


def of_v1p1(old, new, overflow, counter):
    """STATUS.OF by the register's description from RASSAv1p1 on."""
    again = old.STATUS.V and (new != CE or not counter)
    return int(old.STATUS.OF or overflow or again)


@pytest.mark.parametrize("version", [V1, V1P1], ids=lambda v: v.name)
@pytest.mark.parametrize(("cec", "rp"), COUNTERS)
def test_every_error_over_every_other(version, cec, rp):
    most = {0: 0, 2: 0x7F, 4: 0x7FFF}[cec]
    for old, new, of, ceo, full, clears, notes in product(
        ErrorState, NEW, (0, 1), (0, 1), (0, 1), (False, True), (False, True)
    ):
        before = held(old, of=of, cec=cec, rp=rp, ceo=ceo, count_=most if full else 3)
        node = ErrorNode(version=version, clears_overflow=clears, notes_overflow=notes)
        after = record(node, before, error(new))
        status, where = after.record.STATUS, (old.name, new.name, of, ceo, full)
        counts = bool(cec) and new == CE
        overflow = counts and bool(full)
        expected = of_v1(before, new, overflow, cec, node) if version == V1 else of_v1p1(before, new, overflow, cec)
        assert status.OF == expected, where

        last = bool(cec) and ceo == 1 and not of  # the last corrected error stays until the counter overflows
        replaced = new > old or (old == new == CE and last)
        assert after.overwrote == replaced, where
        assert (status.SERR, status.IERR) == ((0x0C, 0x55) if replaced else (Serr.PIN, 0xAA)), where
        assert status.state == max(old, new), where
        assert status.V == 1
        assert (after.counted, counter_overflowed(after.record)) == (counts, overflow), where
        # what was recorded before is still told, and the new error is told too
        for kind, made in (("UE", new >= UEO), ("DE", new == DE)):
            assert getattr(status, kind) == int(made or getattr(before.STATUS, kind)), where
        assert status.CE == (Ce.PERSISTENT if new == CE else before.STATUS.CE), where


def test_the_type_of_an_uncorrected_error_stays_with_the_syndrome():
    kept = record(ErrorNode(), held(UC), error(UEO)).record.STATUS
    assert (kept.UET, kept.SERR) == (Uet.UC, Serr.PIN)
    new = record(ErrorNode(), held(UEO), error(UC)).record.STATUS
    assert (new.UET, new.SERR) == (Uet.UC, Serr.EXTERNAL_MEMORY)


def test_a_syndrome_brings_its_address_or_has_none():
    before = held(CE, AV=1).replace(ADDR=ErrAddr(PADDR=0x1000))
    with_address = record(ErrorNode(), before, error(UER, addr=ErrAddr(NS=1, PADDR=0x2000))).record
    assert (with_address.STATUS.AV, with_address.ADDR) == (1, ErrAddr(NS=1, PADDR=0x2000))
    assert record(ErrorNode(), before, error(UER)).record.STATUS.AV == 0
    kept = record(ErrorNode(), before, error(CE, addr=ErrAddr(PADDR=0x2000))).record
    assert (kept.STATUS.AV, kept.ADDR.PADDR) == (1, 0x1000)


def test_a_syndrome_brings_its_misc_and_its_time():
    fr = {"TS": 1}
    after = record(ErrorNode(), held(fr=fr), error(DE, misc=((1, 0x1234),), time=99)).record
    assert (after.MISC1.IMPDEF, after.MISC3.IMPDEF, after.STATUS.MV) == (0x1234, 99, 1)
    assert record(ErrorNode(version=V1), held(fr=fr), error(DE, time=99)).record.MISC3.IMPDEF == 0
    kept = record(ErrorNode(), after, error(DE, misc=((1, 0x5678),), time=100)).record
    assert (kept.MISC1.IMPDEF, kept.MISC3.IMPDEF) == (0x1234, 99)
    assert record(ErrorNode(), held(CE, MV=1), error(DE)).record.STATUS.MV == 0
    assert record(ErrorNode(), held(CE, MV=1, cec=2), error(DE)).record.STATUS.MV == 1  # the counter still counts


@pytest.mark.parametrize("state", NEW, ids=lambda s: s.name)
def test_poison_and_answers_are_told_of_errors_that_can_have_them(state):
    before = held(fr={"UE": 2}, ctlr={"UE": 1})
    status = record(ErrorNode(), before, error(state, poison=True)).record.STATUS
    assert (status.PN, status.ER) == (int(state >= DE), int(state >= UEO))
    assert record(ErrorNode(), held(fr={"UE": 2}), error(state)).record.STATUS.ER == 0


def test_reads_and_writes_may_have_their_own_answers():
    before = held(fr={"UE": 3}, ctlr={"WUE": 1})
    assert (answers(before), answers(before, write=True)) == (False, True)
    assert record(ErrorNode(), before, error(UER, write=True)).record.STATUS.ER == 1
    assert record(ErrorNode(), before, error(UER)).record.STATUS.ER == 0


def test_nothing_is_recorded_while_detection_is_off():
    for ed, on, detected in ((0, 1, False), (1, 0, True), (2, 0, False), (2, 1, True), (3, 1, False)):
        before = held(fr={"ED": ed, "FI": 1}, ctlr={"ED": on})
        after = record(ErrorNode(), before, error(UC))
        assert (after.record != before) == detected
        assert (after.rule is not None, after.edges.FHI) == (detected, detected)


def test_an_error_that_cannot_be_recorded_is_recorded_as_a_worse_one():
    fr = ErrFr(FRX=1, UER=1, UC=1)
    assert [promoted(fr, s).name for s in NEW] == ["CE", "DE", "UER", "UER", "UC", "UC"]
    assert [promoted(ErrFr(), s) for s in NEW] == list(NEW)
    after = record(ErrorNode(), held(fr={"FRX": 1, "UC": 1}), error(UEO))
    assert (after.state, after.record.STATUS.UET) == (UC, Uet.UC)


def test_a_critical_error_is_uncontainable_unless_its_interrupt_is_enabled():
    for ci, on, state, told in ((0, 0, UEO, 0), (1, 0, UEO, 1), (2, 0, UC, 1), (2, 1, UEO, 1)):
        before = held(fr={"CI": ci}, ctlr={"CI": on})
        after = record(ErrorNode(), before, error(UEO, critical=True))
        assert (after.state, after.record.STATUS.CI) == (state, told)
        assert interrupts(after.record).CRI == after.edges.CRI == (ci == 1 or (ci == 2 and on == 1))
    assert record(ErrorNode(version=V1), held(fr={"CI": 1}), error(UEO, critical=True)).record.STATUS.CI == 0
    assert record(ErrorNode(), held(DE, CI=1, fr={"CI": 1}), error(UC)).record.STATUS.CI == 1  # it stays


def test_an_error_after_a_reset_clears_the_flags_that_say_before():
    fr, flags = {"RV": 1}, {"RV": 1, "RV2": 1}
    worse = record(ErrorNode(version=V2), held(DE, fr=fr, **flags), error(UC)).record.STATUS
    assert (worse.RV, worse.RV2) == (0, 0)
    kept = record(ErrorNode(version=V2), held(UC, fr=fr, **flags), error(DE)).record.STATUS
    assert (kept.RV, kept.RV2) == (1, 0)
    first = record(ErrorNode(version=V2), held(fr=fr, **flags), error(DE)).record.STATUS
    assert (first.RV, first.RV2) == (0, 0)


# the counters


@pytest.mark.parametrize(("cec", "rp"), COUNTERS[1:])
def test_a_counter_wraps_and_its_overflow_stays(cec, rp):
    most = 0x7F if cec == 2 else 0x7FFF
    number, flag = ("CECR", "OFR") if rp else ("CEC", "OF")
    for at, then, overflows in ((0, 1, False), (most - 1, most, False), (most, 0, True)):
        for sticky in (0, 1):
            new, overflowed = count(held(CE, cec=cec, rp=rp, count_=at, overflowed=sticky))
            view = MISC0[cec, rp].parse(new.MISC0.IMPDEF)
            assert (getattr(view, number), getattr(view, flag)) == (then, int(overflows or sticky))
            assert overflowed == overflows
            assert counter_overflowed(new) == bool(overflows or sticky)


def test_counting_leaves_the_rest_of_misc0():
    word = 0xFFFF_FF05_FFFF_FFFF
    new, _ = count(held(CE, cec=2).replace(MISC0=ErrMisc(IMPDEF=word)))
    assert new.MISC0.IMPDEF == word + (1 << 32)


@pytest.mark.parametrize("cec", [2, 4])
def test_two_counters_tell_the_recorded_place_from_others(cec):
    view = MISC0[cec, 1]
    first, _ = count(held(NONE, cec=cec, rp=1), elsewhere=True)  # nothing is recorded yet: this is the first error
    assert view.parse(first.MISC0.IMPDEF).CECR == 1
    again, _ = count(held(CE, cec=cec, rp=1, count_=1))
    assert view.parse(again.MISC0.IMPDEF).CECR == 2
    other, _ = count(held(CE, cec=cec, rp=1, count_=1), elsewhere=True)
    parsed = view.parse(other.MISC0.IMPDEF)
    assert (parsed.CECR, parsed.CECO) == (1, 1)
    most = 0x7F if cec == 2 else 0x7FFF
    full = held(CE, cec=cec, rp=1).replace(MISC0=ErrMisc(IMPDEF=view(CECO=most).build()))
    wrapped, overflowed = count(full, elsewhere=True)
    assert (view.parse(wrapped.MISC0.IMPDEF).OFO, overflowed, counter_overflowed(wrapped)) == (1, True, True)


def test_what_is_counted_besides_corrected_errors_is_the_nodes_choice():
    plain, dfi = held(cec=2), held(cec=2, fr={"DFI": 2, "FI": 2})
    deferred, uncorrected = ErrorNode(counts_deferred=True), ErrorNode(counts_uncorrected=True)
    assert [record(ErrorNode(), plain, error(s)).counted for s in (CE, DE, UC)] == [True, False, False]
    assert [record(deferred, plain, error(s)).counted for s in (CE, DE, UC)] == [True, True, False]
    assert [record(uncorrected, plain, error(s)).counted for s in (CE, DE, UC)] == [True, False, True]
    assert [record(ErrorNode(), dfi, error(s)).counted for s in (CE, DE, UC)] == [True, True, False]
    assert not record(ErrorNode(), held(cec=2, fr={"FRX": 1, "NCE": 1}), error(CE)).counted


def test_a_counted_deferred_error_sets_of_as_a_corrected_one_would():
    node = ErrorNode(counts_deferred=True)
    assert record(node, held(cec=2, count_=0x7F), error(DE)).record.STATUS.OF == 1
    assert record(node, held(cec=2, count_=0x7E), error(DE)).record.STATUS.OF == 0


# what software clears

FIELDS = {
    "AV": (31, 1),
    "V": (30, 1),
    "UE": (29, 1),
    "ER": (28, 1),
    "OF": (27, 1),
    "MV": (26, 1),
    "CE": (24, 3),
    "DE": (23, 1),
    "PN": (22, 1),
    "UET": (20, 3),
    "CI": (19, 1),
    "RV": (18, 1),
    "RV2": (17, 1),
}
SYNDROME = 0xFFFF  # IERR and SERR
CORE = [
    v << 30 | ue << 29 | of << 27 | ce << 24 | de << 23
    for v, ue, of, de, ce in product((0, 1), (0, 1), (0, 1), (0, 1), range(4))
]
REST = sum(mask << low for name, (low, mask) in FIELDS.items() if name not in ("V", "UE", "OF", "CE", "DE"))
OTHERS = ["AV", "ER", "MV", "PN", "UET", "CI", "RV", "RV2"]


def cleared_by_the_description(version, status, written, injection=False):
    """The word after a write, field by field, in the words of "Accessing this field" (§3.2.33)."""

    def get(name, word=status):
        low, mask = FIELDS[name]
        return word >> low & mask

    def ones(name):
        return get(name, written) == FIELDS[name][1]

    def cleared(name):
        return {"OF": of_cleared, "UE": kind_cleared, "DE": kind_cleared, "CE": kind_cleared}[name](name)

    def of_cleared(name):
        return bool(get("V") and ones("OF"))

    def kind_cleared(name):
        if not get("V"):
            return False
        if version == V1 and get("OF") and not cleared("OF"):
            return False
        return ones(name)

    def read_only_by_priority():
        by_ce = not get("DE") and not get("UE") and get("CE") and not cleared("CE")
        by_de = not get("UE") and get("DE") and not cleared("DE")
        by_ue = get("UE") and not cleared("UE")
        return bool(by_ce or by_de or by_ue)

    def w1c(name):
        return ones(name)

    if version != V1:
        v_left = get("V") and not ones("V")
        if v_left or any(get(name) and not cleared(name) for name in ("UE", "OF", "CE", "DE")):
            return status
    guarded = version == V1 and read_only_by_priority()
    gone = []
    for name in FIELDS:
        unknown = name in ("UE", "OF", "CE", "DE", "ER", "PN", "UET", "CI") and not get("V")
        unknown = unknown or (name in ("ER", "PN") and not get("DE") and not get("UE"))
        unknown = unknown or (name == "UET" and not get("UE"))
        reserved = version == V1 and name in ("CI", "RV", "RV2")
        if unknown or reserved:
            continue
        if name in ("OF", "UE", "DE", "CE"):
            go = cleared(name)
        elif name == "V" and version == V1:
            go = w1c("V") and not any(get(kind) and not cleared(kind) for kind in ("CE", "DE", "UE"))
        elif name in ("AV", "MV", "ER", "PN", "UET"):
            go = w1c(name) and not guarded
        else:
            go = w1c(name)
        if go:
            gone.append(name)
    for name in gone:
        low, mask = FIELDS[name]
        status &= ~(mask << low)
    if (get("V") or injection) and not guarded:
        status = status & ~SYNDROME | written & SYNDROME
    return status


def writes():
    """Every combination of the five fields that guard, with the other fields all, none, and each alone."""
    alone = [FIELDS[name][1] << FIELDS[name][0] for name in OTHERS]
    half = [1 << 20, 2 << 20]  # of UET
    return [core | rest for core in CORE for rest in (0, REST, *alone, *half)]


@pytest.mark.parametrize("version", [V1, V1P1], ids=lambda v: v.name)
def test_every_write_over_every_state(version):
    """All states and writes of V, UE, OF, CE and DE. The other fields depend on these and on their own bits alone."""
    written = [(word | 0x1234, ErrStatus.parse(word | 0x1234)) for word in writes()]
    for state in CORE:
        status = ErrStatus.parse(state | REST | 0xABCD)
        for word, parsed in written:
            expected = cleared_by_the_description(version, state | REST | 0xABCD, word)
            assert clear(version, status, parsed).build() == expected, (hex(state), hex(word))


@pytest.mark.parametrize("version", [V1, V1P1, V2], ids=lambda v: v.name)
def test_nothing_is_ever_set_by_a_write(version):
    for state, word in product(CORE, CORE):
        after = clear(version, ErrStatus.parse(state), ErrStatus.parse(word | REST))
        assert after.build() & ~state & ~SYNDROME == 0


@pytest.mark.parametrize("version", [V1, V1P1, V2], ids=lambda v: v.name)
@pytest.mark.parametrize("state", NEW, ids=lambda s: s.name)
def test_what_software_read_it_can_clear(version, state):
    status = record(
        ErrorNode(version=version), held(fr={"UE": 1}), error(state, poison=True, addr=ErrAddr())
    ).record.STATUS
    assert clear(version, status, clearing(status)) == ErrStatus()
    assert clearing(status).IERR == clearing(status).SERR == 0


@pytest.mark.parametrize("version", [V1, V1P1], ids=lambda v: v.name)
def test_an_error_between_read_and_write_is_not_lost(version):
    """Software read one error and clears it; meanwhile another was recorded that set a field which it did not read."""
    for first, second in product(NEW, NEW):
        node = ErrorNode(version=version)
        read = record(node, held(), error(first)).record
        now = record(node, read, error(second, serr=0x06)).record
        after = clear(version, now.STATUS, clearing(read.STATUS))
        if now.STATUS.build() != read.STATUS.build() and (version == V1P1 or second > first):
            assert after.V == 1, (first, second)
            assert after.state == now.STATUS.state
            assert after.SERR == now.STATUS.SERR


def test_pitfall_18_a_partial_write_clears_its_part_in_v1_and_nothing_from_1_1_on():
    status = ErrStatus(V=1, UE=1, DE=1, AV=1, UET=Uet.UER, SERR=Serr.EXTERNAL_MEMORY)
    partial = ErrStatus(DE=1)
    assert bits(clear(V1, status, partial)) == {"V", "UE", "AV", "UET", "SERR"}
    assert clear(V1P1, status, partial) == status
    assert clear(V1P1, status, ErrStatus(V=1, UE=1, AV=1, UET=3)) == status  # all but DE
    assert clear(V1P1, status, clearing(status)) == ErrStatus()


def test_pitfall_18_one_of_two_ones_does_not_clear_a_field_of_two_bits():
    status = ErrStatus(V=1, CE=Ce.PERSISTENT)
    for half in (1, 2):
        assert clear(V1, status, ErrStatus(V=1, CE=half)) == status
        assert clear(V1P1, status, ErrStatus(V=1, CE=half)) == status


def test_pitfall_18_the_counters_overflow_keeps_the_interrupt_asserted():
    fr, ctlr = {"FI": 2, "CFI": 2}, {"CFI": 1}
    full = record(ErrorNode(version=V1), held(CE, cec=2, count_=0x7F, fr=fr, ctlr=ctlr), error(CE))
    assert full.event
    asserted = full.record
    assert interrupts(asserted).FHI
    left = asserted.replace(STATUS=clear(V1, asserted.STATUS, ErrStatus(OF=1, CE=3)))
    assert bits(left.STATUS) >= {"V"}
    assert left.STATUS.CE == 0
    assert interrupts(left).FHI  # V is still set, and so is MISC0.OF
    gone = left.replace(STATUS=clear(V1, left.STATUS, clearing(left.STATUS)))
    assert not interrupts(gone).FHI
    again = record(ErrorNode(version=V1), gone, error(CE))
    assert not again.event
    assert interrupts(again.record).FHI  # the overflow bit that was left brings it back
    reset = gone.replace(MISC0=ErrMisc())
    assert not interrupts(record(ErrorNode(version=V1), reset, error(CE)).record).FHI


def test_while_v_is_0_the_syndrome_can_be_written_only_for_an_injection():
    for version in (V1, V1P1):
        written = ErrStatus(SERR=Serr.PIN, IERR=7)
        assert clear(version, ErrStatus(), written) == ErrStatus()
        assert clear(version, ErrStatus(), written, syndrome_injected=True) == written


# interrupts


TABLE_2_5 = [  # CFI, DFI, FI: corrected error event, deferred, uncorrected
    ("000", "no no no"),
    ("001", "no yes yes"),
    ("010", "no yes no"),
    ("011", "no no yes"),
    ("100", "yes no no"),
    ("101", "yes yes yes"),
    ("110", "yes yes no"),
    ("111", "yes no yes"),
]


@pytest.mark.parametrize(("controls", "row"), TABLE_2_5)
def test_pitfall_20_dfi_inverts_fi(controls, row):
    cfi, dfi, fi = map(int, controls)
    expected = [word == "yes" for word in row.split()]
    both = held(fr={"FI": 2, "DFI": 2, "CFI": 2}, ctlr={"FI": fi, "DFI": dfi, "CFI": cfi})
    on = enabled(both)
    assert [on.FHI_CE, on.FHI_DE, on.FHI_UE] == expected
    split = {"WFI": fi, "WDFI": dfi, "WCFI": cfi}
    apart = held(fr={"FI": 3, "DFI": 3, "CFI": 3}, ctlr=split)
    assert list(enabled(apart, write=True)[:3]) == expected[::-1]
    assert list(enabled(apart)[:3]) == [False, False, False]


def test_without_its_own_control_a_kind_of_error_goes_with_the_next():
    for fi in (0, 1):
        assert list(enabled(held(fr={"FI": 2}, ctlr={"FI": fi}))[:3]) == [bool(fi)] * 3
    for dfi, fi in product((0, 1), (0, 1)):
        on = enabled(held(fr={"FI": 2, "DFI": 2}, ctlr={"FI": fi, "DFI": dfi}))
        assert on.FHI_CE == on.FHI_DE == (fi != dfi)


def test_an_interrupt_without_a_control_is_always_on_and_one_that_is_absent_never():
    on = {"FI": 1, "DFI": 1, "CFI": 1, "UI": 1, "DUI": 1, "CI": 1}
    assert enabled(held(fr={"FI": 1, "UI": 1, "CI": 1})) == (True, True, True, True, False, True)
    assert enabled(held(ctlr=on)) == (False,) * 6


def test_the_error_recovery_interrupt_has_deferred_errors_only_by_dui():
    for ui, dui in product((0, 1), (0, 1)):
        on = enabled(held(fr={"UI": 2, "DUI": 2}, ctlr={"UI": ui, "DUI": dui}))
        assert (on.ERI_UE, on.ERI_DE) == (bool(ui), bool(dui))
        assert not enabled(held(fr={"UI": 2}, ctlr={"UI": ui, "DUI": dui})).ERI_DE
    assert not enabled(held(fr={"DUI": 2}, ctlr={"DUI": 1})).ERI_DE  # no error recovery interrupt, no control of it
    writes_alone = held(fr={"UI": 3, "DUI": 3}, ctlr={"WUI": 1, "WDUI": 1})
    assert enabled(writes_alone, write=True)[3:5] == (True, True)
    assert enabled(writes_alone)[3:5] == (False, False)


def test_every_status_asks_for_what_its_conditions_say():
    """FHI: V & ((UE & enabled) | (DE & enabled) | corrected); ERI: V & ((UE & UI) | (DE & DUI)); CRI: V & CI."""
    fr = {"FI": 2, "DFI": 2, "CFI": 2, "UI": 2, "DUI": 2, "CI": 2}
    for fi, dfi, cfi, ui, dui, ci in product((0, 1), repeat=6):
        ctlr = {"FI": fi, "DFI": dfi, "CFI": cfi, "UI": ui, "DUI": dui, "CI": ci}
        for v, ue, de, ce, critical in product((0, 1), repeat=5):
            status = ErrStatus(V=v, UE=ue, DE=de, CE=2 * ce, CI=critical)
            asked = interrupts(held(fr=fr, ctlr=ctlr).replace(STATUS=status))
            assert asked.FHI == bool(v & (ue & fi | de & (fi ^ dfi) | ce & cfi))
            assert asked.ERI == bool(v & (ue & ui | de & dui))
            assert asked.CRI == bool(v & critical & ci)


def test_with_a_counter_a_corrected_error_asks_when_it_overflows_or_always_by_ced():
    for cec, rp in COUNTERS[1:]:
        for overflowed, ced_there, ced in product((0, 1), (0, 1), (0, 1)):
            fr, ctlr = {"FI": 2, "CFI": 2, "CED": ced_there}, {"CFI": 1, "CED": ced}
            with_error = held(CE, cec=cec, rp=rp, overflowed=overflowed, fr=fr, ctlr=ctlr)
            every = bool(ced_there and ced)
            assert interrupts(with_error).FHI == (every or bool(overflowed))
            after = record(ErrorNode(), with_error, error(CE))
            assert after.event == every
            assert after.edges == Interrupts(FHI=every)


def test_an_edge_is_sent_even_where_the_error_is_discarded():
    before = held(UC, fr={"FI": 1, "UI": 1})
    after = record(ErrorNode(), before, error(UEO))
    assert not after.overwrote
    assert after.edges == Interrupts(FHI=True, ERI=True)
    assert record(ErrorNode(), before, error(DE)).edges == Interrupts(FHI=True)
    assert record(ErrorNode(), before, error(CE)).edges == Interrupts(FHI=True)


# the address


def test_pitfall_21_an_address_that_may_be_wrong_or_is_virtual_is_no_page():
    good = held(UER, AV=1).replace(ADDR=ErrAddr(NS=1, PADDR=0x8000_1234))
    assert physical_page(good) == 0x8000_1000
    assert physical_page(good, 0x1_0000) == 0x8000_0000
    for addr in (ErrAddr(AI=1, PADDR=0x8000_1234), ErrAddr(VA=1, SI=1, AI=1, PADDR=0x8000_1234), ErrAddr(VA=1)):
        assert physical_page(good.replace(ADDR=addr)) is None
    assert physical_page(good.replace(STATUS=good.STATUS.replace(AV=0))) is None
    assert physical_page(good.replace(STATUS=good.STATUS.replace(V=0))) is None


# injection

ALL = ErrPfgF(CE=3, DE=1, UEO=1, UER=1, UEU=1, UC=1)


def test_pitfall_20_an_injected_corrected_error_is_recorded_in_the_other_numbers():
    for ctl, features, recorded in ((1, 1, 2), (2, 3, 1), (3, 3, 3)):
        after = inject(ErrorNode(), held(), ErrPfgF(CE=features), ErrPfgCtl(CE=ctl))
        assert after.record.STATUS.CE == recorded
    assert [PfgCe(n).name for n in range(4)] == [Ce(n).name for n in (0, 2, 1, 3)]


@pytest.mark.parametrize("state", NEW[1:], ids=lambda s: s.name)
def test_every_kind_of_error_can_be_injected(state):
    after = inject(ErrorNode(), held(), ALL, ErrPfgCtl(**{state.name: 1}))
    assert (after.state, after.record.STATUS.state) == (state, state)
    with pytest.raises(ValueError, match=f"does not have {state.name}"):
        injected(ErrPfgF(), ErrPfgCtl(**{state.name: 1}))


def test_an_injection_of_no_kind_or_of_two_is_refused():
    for ctl in (ErrPfgCtl(), ErrPfgCtl(DE=1, UC=1), ErrPfgCtl(CE=2, UEO=1)):
        with pytest.raises(ValueError, match="UNPREDICTABLE"):
            injected(ALL, ctl)


@pytest.mark.parametrize(("features", "ctl"), [(1, 2), (1, 3), (3, 1), (0, 1), (2, 1)])
def test_a_code_of_corrected_error_that_the_node_lacks_is_refused(features, ctl):
    with pytest.raises(ValueError, match="does not have CE of code"):
        injected(ErrPfgF(CE=features), ErrPfgCtl(CE=ctl))


def test_what_the_features_give_to_software_comes_from_software():
    flags = {"OF": 1, "CI": 1, "ER": 1, "PN": 1, "AV": 1, "MV": 1}
    before = held(AV=0, fr={"UE": 2}).replace(ADDR=ErrAddr(PADDR=0x5000))
    own = error(UER, addr=ErrAddr(PADDR=0x9000))
    given = inject(ErrorNode(), before, ALL.replace(SYN=1, **flags), ErrPfgCtl(UER=1, **flags), own).record
    assert bits(given.STATUS) >= {"OF", "CI", "ER", "PN", "AV", "MV"}
    assert (given.STATUS.SERR, given.STATUS.IERR, given.ADDR.PADDR) == (Serr.PIN, 0xAA, 0x5000)
    taken = inject(ErrorNode(), before, ALL, ErrPfgCtl(UER=1, **flags), own).record
    assert not bits(taken.STATUS) & {"OF", "CI", "ER", "PN", "MV"}
    assert (taken.STATUS.SERR, taken.STATUS.AV, taken.ADDR.PADDR) == (Serr.EXTERNAL_MEMORY, 1, 0x9000)


def test_an_injected_error_goes_by_the_overwrite_rules_and_interrupts():
    after = inject(ErrorNode(), held(UC, fr={"FI": 1}), ALL, ErrPfgCtl(DE=1))
    assert (after.rule, after.overwrote, after.edges) == (Rule.O, False, Interrupts(FHI=True))
    assert inject(ErrorNode(), held(fr={"ED": 2}), ALL, ErrPfgCtl(DE=1)).rule is None
