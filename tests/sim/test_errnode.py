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
    ErrStatus,
    Serr,
    Uet,
)
from raslib.sim.cpu.errnode import (
    ErrorNode,
    NodeError,
    answers,
    count,
    promoted,
    record,
)
from raslib.sim.cpu.errstatus import NEW, OverwriteRule, clear, clearing, overwrite_rule
from raslib.sim.model.platform import PHYSICAL_ADDRESS, SECOND_ADDRESS
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk

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


def counter_overflowed(record_):
    """Whether an overflow bit of MISC0 is set."""
    if not record_.FR.CEC:
        return False
    view = MISC0[record_.FR.CEC, record_.FR.RP].parse(record_.MISC0.IMPDEF)
    return any(getattr(view, name, 0) for name in ("OF", "OFO", "OFR"))


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
            assert overwrite_rule(version, ErrorState[previous], ErrorState[new]) is OverwriteRule[cell], (
                previous,
                new,
            )


def test_version_2_goes_by_the_tables_of_1_1():
    for previous, new in product(ErrorState, NEW):
        assert overwrite_rule(V2, previous, new) is overwrite_rule(V1P1, previous, new)


def test_every_rule_has_its_own_word():
    assert len({rule.means for rule in OverwriteRule}) == len(OverwriteRule)
    assert {rule.name for rule in OverwriteRule} == {cell for table in TABLES.values() for cell in table.split()} - {
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
        assert (after.rule is not None) == detected


def test_an_error_that_cannot_be_recorded_is_recorded_as_a_worse_one():
    fr = ErrFr(FRX=1, UER=1, UC=1)
    assert [promoted(fr, s).name for s in NEW] == ["CE", "DE", "UER", "UER", "UC", "UC"]
    assert [promoted(ErrFr(), s) for s in NEW] == list(NEW)
    after = record(ErrorNode(), held(fr={"FRX": 1, "UC": 1}), error(UEO))
    assert (after.state, after.record.STATUS.UET) == (UC, Uet.UC)


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


def test_while_v_is_0_the_syndrome_can_be_written_only_for_an_injection():
    for version in (V1, V1P1):
        written = ErrStatus(SERR=Serr.PIN, IERR=7)
        assert clear(version, ErrStatus(), written) == ErrStatus()
        assert clear(version, ErrStatus(), written, syndrome_injected=True) == written


@pytest.mark.parametrize(("first", "again"), list(product(NEW, NEW)), ids=lambda s: s.name)
def test_a_kernel_that_reads_late_finds_the_worse_of_two_errors(first, again):
    """The story of `error.again`: what stays in the record, what OF tells, and which address is isolated."""
    s = Scenario.of("stance=architecture", "host.first=kernel", "error.report=interrupt", "cpu.running=host-user")
    trace = walk(s.choose(error_category=first.name, error_again=again.name))
    second = next(step for step in trace if step.text.key == "hardware.again")
    status = ErrStatus.parse(second.carries.value)
    assert (status.state, status.OF) == (max(first, again), int(again != CE))  # the first CE is counted with the second
    [reads] = [step for step in trace if step.text.key == "kernel.kernel-first"]
    assert f"reads {max(first, again).name} from" in reads.does
    pages = [dict(step.args)["address"] for step in trace if step.text.key == "kernel.kernel-first-isolates"]
    worst = max(first, again)
    assert dict(second.sets)["ERR<n>ADDR"] == f"{SECOND_ADDRESS if again > first else PHYSICAL_ADDRESS:#x}"
    assert pages == ([] if worst in (CE, UEU, UC) else [PHYSICAL_ADDRESS])


def test_without_a_second_error_the_record_is_read_as_it_was_written():
    trace = walk(Scenario.of("begin=record-read"))
    assert not [step for step in trace if step.text.key == "hardware.again"]
    [seen] = [step.carries.value for step in trace if step.text.key == "hardware.erxstatus"]
    assert seen == 0xE030000C
