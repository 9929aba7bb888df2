"""An error node against the tables of the document, and against its other words for the same rules."""

from itertools import product

import pytest

from raslib.formats.errnode import (
    MISC0,
    Ce,
    ErrAddr,
    ErrMisc,
    ErrorRecord,
    ErrorState,
    ErrStatus,
    RasVersion,
    Serr,
    Uet,
)
from raslib.sim.cpu.errstatus import FULL, NEW, OverwriteRule, clear, clearing, count, overwrite_rule, record
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


def held(state=NONE, *, of=0, count_=0, overflowed=0, **status):
    """A record that holds an error of *state*, and *count_* in its counter."""
    kinds = {NONE: {}, CE: {"CE": Ce.TRANSIENT}, DE: {"DE": 1}}.get(state)
    if kinds is None:
        kinds = {"UE": 1, "UET": Uet[state.name]}
    full = {"V": int(state != NONE), "OF": of, "IERR": 0xAA, "SERR": Serr.PIN} | kinds | status
    word = MISC0[2, 0](CEC=count_, OF=overflowed).build()
    return ErrorRecord(STATUS=ErrStatus(**full), MISC0=ErrMisc(IMPDEF=word))


def counter(record_):
    """The counter of MISC0, and its overflow bit."""
    view = MISC0[2, 0].parse(record_.MISC0.IMPDEF)
    return view.CEC, view.OF


def error(state, addr=None):
    return state, 0x0C, addr


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
    """The tables differ in 19 of their 42 cells; what is not counted sets OF in all of them, by v1.1."""
    differ = [(p, n) for p, n in product(ErrorState, NEW) if overwrite_rule(V1, p, n) != overwrite_rule(V1P1, p, n)]
    assert len(differ) == 19
    assert all(record(held(previous), *error(new)).record.STATUS.OF for previous, new in differ if new != CE)


# the whole of recording, against the words of the register's description


def of_v1p1(old, new, overflow):
    """STATUS.OF by the register's description from RASSAv1p1 on (§3.2.33), of a record that has a counter."""
    return int(old.STATUS.OF or overflow or (old.STATUS.V and new != CE))


def test_every_error_over_every_other():
    for old, new, of, full in product(ErrorState, NEW, (0, 1), (0, 1)):
        before, where = held(old, of=of, count_=FULL if full else 3), (old.name, new.name, of, full)
        after = record(before, *error(new))
        status, overflow = after.record.STATUS, bool(new == CE and full)
        assert status.OF == of_v1p1(before, new, overflow), where

        replaced = new > old
        assert after.overwrote == replaced, where
        assert (status.SERR, status.IERR) == ((0x0C, 0) if replaced else (Serr.PIN, 0xAA)), where
        assert status.state == max(old, new), where
        assert status.V == 1
        assert counter(after.record) == ((0, 1) if overflow else ((FULL if full else 3) + (new == CE), 0)), where
        # what was recorded before is still told, and the new error is told too
        for kind, made in (("UE", new >= UEO), ("DE", new == DE)):
            assert getattr(status, kind) == int(made or getattr(before.STATUS, kind)), where
        assert status.CE == (Ce.UNSPECIFIED if new == CE else before.STATUS.CE), where
        assert status.ER == (int(new >= UEO) if replaced else before.STATUS.ER), where


def test_the_type_of_an_uncorrected_error_stays_with_the_syndrome():
    kept = record(held(UC), *error(UEO)).record.STATUS
    assert (kept.UET, kept.SERR) == (Uet.UC, Serr.PIN)
    new = record(held(UEO), *error(UC)).record.STATUS
    assert (new.UET, new.SERR) == (Uet.UC, Serr.EXTERNAL_MEMORY)


def test_a_syndrome_brings_its_address_or_has_none():
    before = held(CE, AV=1).replace(ADDR=ErrAddr(PADDR=0x1000))
    with_address = record(before, *error(UER, ErrAddr(NS=1, PADDR=0x2000))).record
    assert (with_address.STATUS.AV, with_address.ADDR) == (1, ErrAddr(NS=1, PADDR=0x2000))
    assert record(before, *error(UER)).record.STATUS.AV == 0
    kept = record(before, *error(CE, ErrAddr(PADDR=0x2000))).record
    assert (kept.STATUS.AV, kept.ADDR.PADDR) == (1, 0x1000)


# the counter


def test_a_counter_wraps_and_its_overflow_stays():
    for at, then, overflows in ((0, 1, False), (FULL - 1, FULL, False), (FULL, 0, True)):
        for sticky in (0, 1):
            misc, overflowed = count(held(CE, count_=at, overflowed=sticky).MISC0)
            assert counter(ErrorRecord(MISC0=misc)) == (then, int(overflows or sticky))
            assert overflowed == overflows


def test_counting_leaves_the_rest_of_misc0():
    word = 0xFFFF_FF05_FFFF_FFFF
    new, _ = count(ErrMisc(IMPDEF=word))
    assert new.IMPDEF == word + (1 << 32)


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
    status = record(held(), *error(state, ErrAddr())).record.STATUS.replace(PN=int(state >= DE))
    assert clear(version, status, clearing(status)) == ErrStatus()
    assert clearing(status).IERR == clearing(status).SERR == 0


@pytest.mark.parametrize("version", [V1, V1P1], ids=lambda v: v.name)
def test_an_error_between_read_and_write_is_not_lost(version):
    """Software read one error and clears it; meanwhile another was recorded that set a field which it did not read."""
    for first, second in product(NEW, NEW):
        read = record(held(), *error(first)).record
        now = record(read, second, 0x06).record
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
