"""Every state of the routing against tables written apart from it, then what follows from them, case by case."""

import json
import os
from dataclasses import FrozenInstanceError, replace
from itertools import product
from pathlib import Path

import pytest
from sim import routing_tables as expected

from raslib.sim.cpu import routing
from raslib.sim.cpu.routing import RULES, State, Synchronized, esb, masked, route, vector_offset
from raslib.sim.cpu.routing import virtual_serror as virtual

TABLES = ["COMPACT", "SERROR", "MASKING", "SEA"]
UER = 0xC11  # ISS of an SError: AET = 0b011, recoverable; DFSC = 0b010001
SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[3] / "shared")


@pytest.fixture(scope="module")
def serrors() -> list[State]:
    return [*expected.serror_states(0), *expected.serror_states(1)]


@pytest.fixture(scope="module")
def seas() -> list[State]:
    return list(expected.sea_states())


def answer(tables: dict[int, expected.Table], s: State) -> list[str]:
    [only] = tables[s.EL].answers(expected.effective(s))
    return only


# The tables themselves, and the whole state space against them


@pytest.mark.parametrize("name", TABLES)
def test_exactly_one_row_fits_whatever_the_fields_hold(name):
    for level, table in getattr(expected, name).items():
        for values in product((0, 1), repeat=len(table.columns)):
            if name == "COMPACT" and level == 1 and values[table.columns.index("TGE")]:
                continue  # there is no EL1 with TGE = 1
            assert len(table.answers(dict(zip(table.columns, values, strict=True)))) == 1, (name, level, values)


def test_the_state_space_has_its_size():
    assert sum(1 for _ in expected.serror_states(0)) == len(set(expected.serror_states(0))) == 1_408
    assert sum(1 for _ in expected.serror_states(1)) == len(set(expected.serror_states(1))) == 22_528
    assert sum(1 for _ in expected.sea_states()) == len(set(expected.sea_states())) == 11_264


def test_every_serror_goes_where_the_routing_tables_say_and_by_that_rule(serrors):
    for s in serrors:
        target, rule = answer(expected.SERROR, s)
        got = route(s)
        assert ("p" if got.target is None else str(got.target), got.rule) == (target, f"serror-{rule}"), s
        assert got.pending == (target == "p"), s


def test_every_serror_is_masked_as_the_masking_tables_say(serrors):
    waits = {"A": (False, False), "B": (False, True), "C": (True, True)}
    for s in serrors:
        [effect] = answer(expected.MASKING, s)
        assert route(s).pending == waits[effect][s.PSTATE_A], (effect, s)


def test_without_double_fault_the_compact_table_says_it_all(serrors):
    plain = [s for s in serrors if s.EL2 and s.EL3 and not s.FEAT_DoubleFault and not s.FEAT_DoubleFault2]
    assert len(plain) == 64 * 4 - 32
    for s in plain:
        assert str(route(s).target or "p") == answer(expected.COMPACT, s)[s.PSTATE_A], s


def test_every_sea_goes_where_the_tables_say_and_by_that_rule(seas):
    for s in seas:
        target, rule = answer(expected.SEA, s)
        got = route(s)
        assert (str(got.target), got.rule) == (target, f"sea-{rule}"), s


def test_a_sea_does_not_look_at_what_governs_serrors_alone(seas):
    others = ("SCR_EL3_NMEA", "HCR_EL2_E2H", "HCR_EL2_AMO", "SCTLR2_EL2_NMEA", "SCTLR2_EL1_NMEA", "FEAT_DoubleFault")
    for s in seas:
        assert route(replace(s, **dict.fromkeys(others, 1))) == route(s), s


def test_an_serror_does_not_look_at_what_governs_seas_alone(serrors):
    for s in serrors:
        assert route(replace(s, HCR_EL2_TEA=1, stage2=1, NV2=1, FEAT_RAS=0)) == route(s), s


def test_double_fault2_makes_double_fault_irrelevant(serrors):
    for s in serrors:
        if s.FEAT_DoubleFault2:
            assert route(replace(s, FEAT_DoubleFault=1 - s.FEAT_DoubleFault)) == route(s), s


def test_a_route_is_consistent_in_itself(serrors, seas):
    for s in [*serrors, *seas]:
        got = route(s)
        assert (got.target is None) == got.pending, s
        assert got.target is None or got.target >= max(s.EL, 1), s  # never downwards, never to EL0
        assert {2: s.EL2, 3: s.EL3}.get(got.target, 1), s  # never to an absent level
        assert s.kind == "serror" or (not got.pending and not got.masked), s


def test_masked_is_what_would_wait_if_no_tmea_were_set(serrors):
    for s in serrors:
        without = route(replace(s, SCR_EL3_TMEA=0, HCRX_EL2_TMEA=0))
        assert masked(s) == route(s).masked == without.masked == without.pending, s


def test_every_rule_decides_somewhere_and_says_so_with_a_citation(serrors, seas):
    assert {route(s).rule for s in serrors} == {key for key in RULES if key.startswith("serror-")}
    assert {route(s).rule for s in seas} == {key for key in RULES if key.startswith("sea-")}
    for sentence, citation in RULES.values():
        assert sentence.endswith(".")
        assert citation.startswith("Arm ARM DDI 0487 §D1.4.")


# What follows, as a test each


def test_a_guest_can_never_mask_a_physical_serror(serrors):
    guests = [s for s in serrors if s.EL in (0, 1) and s.EL2 and not s.HCR_EL2_TGE and s.HCR_EL2_AMO]
    assert {(route(s).target, route(s).pending) for s in guests} == {(2, False), (3, False)}


def test_an_nvhe_host_takes_its_own_serrors_at_el1_and_el2_sees_none(serrors):
    host = [
        s
        for s in serrors
        if s.EL2 and not s.SCR_EL3_EA and not s.FEAT_DoubleFault2 and not s.HCR_EL2_TGE and not s.HCR_EL2_AMO
    ]
    assert {route(s).target for s in host if s.EL in (0, 1)} == {1, None}
    assert {route(s).target for s in host if s.EL == 2} == {None}


def test_at_el3_without_ea_no_serror_is_taken_even_unmasked(serrors):
    at_el3 = [s for s in serrors if s.EL == 3 and not s.SCR_EL3_EA]
    assert {route(s).target for s in at_el3 if not s.FEAT_DoubleFault2} == {None}
    assert {s.SCR_EL3_NMEA for s in at_el3 if route(s).target} == {1}  # which FEAT_DoubleFault2 alone allows


def test_whichever_of_two_pending_serrors_is_taken_the_other_still_pends(serrors):
    """Their priority is IMPLEMENTATION DEFINED (§D1.4.6.5), so nothing may hang on it."""
    both = [s for s in serrors if s.EL in (0, 1) and virtual(s, VSE=1).taken]
    assert both
    for s in both:
        got = esb(s, syndrome=UER, VSE=1, VSESR_EL2=UER)
        assert (got.taken, got.target, got.pending, got.VSE) == ("serror", route(s).target, False, 1), s


def test_el1_with_tge_is_answered_by_the_rules():
    s = State("serror", EL=1, HCR_EL2_TGE=1, PSTATE_A=1)
    assert (route(s).target, route(s).rule) == (2, "serror-AMO")
    assert (route(replace(s, HCR_EL2_E2H=1)).target, route(replace(s, HCR_EL2_E2H=1)).pending) == (None, True)
    assert route(replace(s, kind="sea")).target == 1  # TGE speaks of EL0 alone


# Effective values


@pytest.mark.parametrize(
    ("tge", "e2h", "amo", "acts"),
    [(0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 0), (0, 1, 1, 1), (1, 0, 0, 1), (1, 0, 1, 1), (1, 1, 0, 0), (1, 1, 1, 0)],
)
def test_tge_alone_decides_how_amo_acts(tge, e2h, amo, acts):
    s = State("serror", HCR_EL2_TGE=tge, HCR_EL2_E2H=e2h, HCR_EL2_AMO=amo)
    assert routing.EffectiveHCR_AMO(s) == acts
    assert routing.EffectiveHCR_AMO(replace(s, EL2=0)) == 0


def test_the_fields_of_absent_levels_and_features_act_as_0():
    every = dict.fromkeys([name for name in expected.SHORT.values() if name not in ("stage2", "NV2")], 1)
    s = State("serror", EL=1, FEAT_DoubleFault=1, FEAT_DoubleFault2=1, **every)
    assert routing.EffectiveEA(s) == routing.EffectiveSCR_EL3_TMEA(s) == 1
    assert routing.EffectiveTGE(s) == routing.EffectiveHCR_TEA(s) == routing.EffectiveHCRX_EL2_TMEA(s) == 1
    assert routing.EffectiveHCR_EL2_E2H(s) == routing.EffectiveNMEA(s) == 1
    no_el3, no_el2 = replace(s, EL3=0), replace(s, EL2=0)
    assert routing.EffectiveEA(no_el3) == routing.EffectiveSCR_EL3_TMEA(no_el3) == 0
    assert routing.EffectiveTGE(no_el2) == routing.EffectiveHCR_TEA(no_el2) == 0
    assert routing.EffectiveHCRX_EL2_TMEA(no_el2) == routing.EffectiveHCR_EL2_E2H(no_el2) == 0
    assert routing.EffectiveHCR_TEA(replace(s, FEAT_RAS=0)) == 0
    no_df2 = replace(s, FEAT_DoubleFault2=0)
    assert routing.EffectiveHCRX_EL2_TMEA(no_df2) == routing.EffectiveSCR_EL3_TMEA(no_df2) == 0
    assert routing.EffectiveNMEA(no_df2) == 0


@pytest.mark.parametrize(
    ("el", "tge", "e2h", "in_host"),
    [(0, 1, 1, True), (0, 1, 0, False), (0, 0, 1, False), (1, 0, 1, False), (2, 0, 1, True), (2, 1, 0, False)],
)
def test_in_host_is_el2_with_e2h_and_its_applications(el, tge, e2h, in_host):
    assert routing.IsInHost(State("serror", EL=el, HCR_EL2_TGE=tge, HCR_EL2_E2H=e2h)) is in_host
    assert el == 2 or not routing.IsInHost(State("serror", EL=el, EL2=0, HCR_EL2_TGE=tge, HCR_EL2_E2H=e2h))


# Vectors


@pytest.mark.parametrize(
    ("from_el", "target", "spsel", "sea", "serror"),
    [
        (1, 1, 0, 0x000, 0x180),
        (1, 1, 1, 0x200, 0x380),
        (2, 2, 1, 0x200, 0x380),
        (0, 1, 0, 0x400, 0x580),
        (0, 1, 1, 0x400, 0x580),  # nor has PSTATE.SP if it does
        (1, 2, 1, 0x400, 0x580),
        (1, 3, 1, 0x400, 0x580),
        (3, 3, 0, 0x000, 0x180),
    ],
)
def test_the_vector_depends_on_where_from_and_ease_gives_a_sea_that_of_an_serror(from_el, target, spsel, sea, serror):
    assert vector_offset(from_el, target, spsel, kind="sea") == sea
    assert vector_offset(from_el, target, spsel, kind="sea", ease=1) == serror == sea + 0x180
    assert vector_offset(from_el, target, spsel) == serror
    assert vector_offset(from_el, target, spsel, ease=1) == serror


@pytest.mark.parametrize(("from_el", "target"), [(2, 1), (3, 2), (0, 0), (1, 4)])
def test_no_exception_is_taken_downwards_or_to_el0(from_el, target):
    with pytest.raises(ValueError, match=f"EL{from_el} is not taken to EL{target}"):
        vector_offset(from_el, target, 1)


# The virtual SError


def guest(**more: int) -> State:
    return State("serror", EL=1, HCR_EL2_AMO=1, **more)


def test_a_virtual_serror_is_taken_with_the_syndrome_of_vsesr_and_clears_vse():
    """As an emulated machine did it: VSESR_EL2 = 0xC11, AMO = VSE = 1, A = 0."""
    got = virtual(guest(), VSE=1, VSESR_EL2=UER)
    assert (got.enabled, got.pending, got.masked, got.taken) == (True, True, False, True)
    assert (got.ESR_EL1, got.VSE) == (0xBE000C11, 0)
    assert vector_offset(1, 1, 1) == 0x380


def test_a_masked_virtual_serror_waits_until_the_guest_unmasks():
    waiting = virtual(guest(PSTATE_A=1), VSE=1, VSESR_EL2=UER)
    assert (waiting.masked, waiting.taken, waiting.ESR_EL1, waiting.VSE) == (True, False, None, 1)
    assert virtual(guest(), VSE=waiting.VSE, VSESR_EL2=UER).ESR_EL1 == 0xBE000C11


def test_a_virtual_serror_that_is_not_enabled_just_stays():
    got = virtual(replace(guest(), HCR_EL2_AMO=0), VSE=1, VSESR_EL2=UER)
    assert (got.enabled, got.pending, got.taken, got.ESR_EL1, got.VSE) == (False, True, False, None, 1)


def test_without_vse_there_is_nothing_to_take():
    got = virtual(guest(), VSE=0, VSESR_EL2=UER)
    assert (got.enabled, got.pending, got.taken, got.VSE) == (True, False, False, 0)


def test_the_syndrome_is_ids_and_iss_and_no_other_bit_of_vsesr():
    assert virtual(guest(), VSE=1, VSESR_EL2=0xFFFF_FFFF_FFFF_FFFF).ESR_EL1 == 0xBFFFFFFF
    assert virtual(guest(FEAT_RAS=0), VSE=1, VSESR_EL2=UER).ESR_EL1 is None  # IMPLEMENTATION DEFINED


def test_a_virtual_serror_is_taken_from_el1_and_el0_under_a_hypervisor_alone(serrors):
    for s in serrors:
        tmea = s.FEAT_DoubleFault2 and s.HCRX_EL2_TMEA
        wanted = s.EL in (0, 1) and s.EL2 and not s.HCR_EL2_TGE and (s.HCR_EL2_AMO or tmea) and not s.PSTATE_A
        got = virtual(s, VSE=1)
        assert got.taken == bool(wanted), s
        assert got.VSE == (0 if got.taken else 1), s


# ESB, and what the name DISR_EL1 reaches


def test_an_esb_defers_a_masked_virtual_serror_where_the_guest_reads_it():
    """As an emulated machine did it: AMO = VSE = A = 1, then ESB, then a read of DISR_EL1 at EL1."""
    s = guest(PSTATE_A=1)
    assert esb(s, VSE=1, VSESR_EL2=UER) == Synchronized(VDISR_EL2=0x80000C11, VSE=0)


def test_an_esb_defers_a_masked_physical_serror():
    host = State("serror", EL=2, HCR_EL2_TGE=1, HCR_EL2_E2H=1, PSTATE_A=1)
    assert esb(host, syndrome=UER) == Synchronized(DISR_EL1=0x80000C11)
    assert esb(host, syndrome=0xFFFFFFFF) == Synchronized(DISR_EL1=0x81FFFFFF)


def test_an_esb_leaves_pending_what_is_not_synchronizable():
    host = State("serror", EL=2, HCR_EL2_TGE=1, HCR_EL2_E2H=1, PSTATE_A=1)
    assert esb(host, syndrome=UER, synchronizable=False) == Synchronized(pending=True)


def test_an_esb_takes_what_is_not_masked():
    assert esb(State("serror", EL=1), syndrome=UER) == Synchronized(taken="serror", target=1)
    assert esb(guest(), VSE=1, VSESR_EL2=UER) == Synchronized(taken="vserror", target=1)


def test_an_esb_takes_a_physical_serror_upwards_before_it_touches_the_virtual_one():
    got = esb(guest(PSTATE_A=1), syndrome=UER, VSE=1, VSESR_EL2=UER)
    assert got == Synchronized(taken="serror", target=2, VSE=1)


def test_an_esb_with_nothing_pending_does_nothing():
    assert esb(guest(PSTATE_A=1)) == Synchronized()


def test_an_esb_without_feat_ras_is_a_nop():
    assert esb(guest(FEAT_RAS=0), syndrome=UER, VSE=1) == Synchronized(pending=True, VSE=1)
    assert esb(guest(FEAT_RAS=0), VSE=1) == Synchronized(VSE=1)


def test_an_esb_does_one_thing_and_loses_nothing(serrors):
    for s, syndrome, vse in product(serrors, (None, UER), (0, 1)):
        got = esb(s, syndrome=syndrome, VSE=vse, VSESR_EL2=0x11)
        physical, v = syndrome is not None, virtual(s, VSE=vse)
        # Where the virtual one is the hypervisor's to use, the physical one is never masked.
        assert not (v.enabled and s.EL in (0, 1) and route(s).pending), s
        # Each error that pended is now taken, deferred or still pending: one of the three.
        assert physical == got.pending + (got.DISR_EL1 is not None) + (got.taken == "serror"), s
        assert vse == got.VSE + (got.VDISR_EL2 is not None) + (got.taken == "vserror"), s
        assert got.DISR_EL1 == (0x80000C11 if physical and route(s).pending else None), s
        assert not got.pending, s  # a synchronizable error never waits on
        assert got.VDISR_EL2 in (None, 0x80000011), s
        assert got.VDISR_EL2 is None or (s.EL in (0, 1) and v.enabled and s.PSTATE_A and not physical), s


# Worked cases


# fmt: off
CASES = [  # what it shows, the state, target, rule
    ("an application, nobody above interested: its kernel takes it", State("serror"), 1, "serror-EL1"),
    ("EL2 with TGE = AMO = 0 never takes one, not even unmasked", State("serror", EL=2), None, "serror-EL2"),
    ("firmware first beats the guest's mask and the hypervisor's claim",
     State("serror", EL=1, SCR_EL3_EA=1, HCR_EL2_AMO=1, PSTATE_A=1), 3, "serror-EA"),
    ("FEAT_DoubleFault lets EL3 be interrupted while it masks",
     State("serror", EL=3, SCR_EL3_EA=1, SCR_EL3_NMEA=1, PSTATE_A=1, FEAT_DoubleFault=1), 3, "serror-EA"),
    ("an application of a VHE host: its kernel is at EL2, TEA or not",
     State("sea", HCR_EL2_TGE=1, HCR_EL2_E2H=1), 2, "sea-EL2"),
]
# fmt: on


@pytest.mark.parametrize(("state", "target", "rule"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_worked_case(state, target, rule):
    got = route(state)
    assert (got.target, got.rule, got.pending) == (target, rule, target is None)


def shared_cases() -> list[dict]:
    """The architecture cases (1 to 15) of the collection beside the checkout, none if it is not there."""
    path = SHARED / "cases" / "scenarios.yaml"
    if not path.exists():
        return []
    import yaml

    return [case for case in yaml.safe_load(path.read_text(encoding="utf-8")) if case["id"] <= 15]


FIELDS = {"el": "EL", "df": "FEAT_DoubleFault", "df2": "FEAT_DoubleFault2", **expected.SHORT}


def outcome(given: dict, kind: str) -> dict:
    """All that can be said about a case, under the names that the collection uses."""
    names = {FIELDS[name]: value for name, value in given.items() if name in FIELDS}
    s = State("sea" if kind == "sea" else "serror", **names)
    if kind == "vserror":
        got = virtual(s, VSE=given["VSE"], VSESR_EL2=given.get("VSESR", 0))
        said = {"taken": got.taken, "ESR_EL1": got.ESR_EL1, "VSE_after": got.VSE, "target": 1 if got.taken else None}
    elif given.get("insn") == "ESB":
        aet = ("UC", "UEU", "UEO", "UER").index(given["syndrome"]["AET"])
        after = esb(s, syndrome=aet << 10 | 0x11)
        said = {"taken": bool(after.taken), "DISR_EL1": after.DISR_EL1, "pending_after": after.pending}
    else:
        said = {"target": route(s).target, "masked": route(s).masked}
    if said.get("target"):
        said["vector"] = vector_offset(s.EL, said["target"], 1, kind="sea" if kind == "sea" else "serror")
    return {"kind": kind, **said}


def test_the_shared_cases_come_out_as_written():
    cases = shared_cases()
    if not cases:
        pytest.skip("the shared collection of cases is not beside the checkout")
    assert {case["id"] for case in cases} >= {1, 3, 5, 7, 9, 11, 13, 15}
    for case in cases:
        got = outcome(case["given"], case["expect"]["kind"])
        assert {name: got[name] for name in case["expect"]} == case["expect"], case["t"]


# The JSON contract


def test_absent_keys_are_0_but_el2_el3_and_ras_are_there():
    s = State.from_json({"kind": "serror"})
    ones = {key for key, name in routing.KEYS.items() if key != "kind" and getattr(s, name) == 1}
    assert ones == {"EL2", "EL3", "FEAT_RAS"}
    assert all(getattr(s, name) in (0, 1) for key, name in routing.KEYS.items() if key != "kind")
    assert s == State("serror")


def test_a_state_has_the_keys_of_the_contract_spelled_as_the_manual_spells_them():
    assert " ".join(routing.KEYS) == (
        "kind EL EL2 EL3 SCR_EL3.EA SCR_EL3.NMEA SCR_EL3.TMEA HCR_EL2.TGE HCR_EL2.E2H HCR_EL2.AMO HCR_EL2.TEA"
        " HCRX_EL2.TMEA SCTLR2_EL2.NMEA SCTLR2_EL1.NMEA PSTATE.A FEAT_RAS FEAT_DoubleFault FEAT_DoubleFault2 stage2 NV2"
    )


def test_each_key_sets_its_own_field():
    for key, name in routing.KEYS.items():
        if key != "kind":
            value = 0 if key in ("EL2", "EL3", "FEAT_RAS") else 1
            assert State.from_json({"kind": "sea", key: value}) == replace(State("sea"), **{name: value})


def test_a_line_of_json_becomes_a_line_of_json():
    line = '{"kind": "serror", "EL": 1, "SCR_EL3.EA": 1, "HCR_EL2.AMO": 1, "PSTATE.A": 1}'
    assert json.dumps(route(State.from_json(json.loads(line))).to_json()) == '{"target": 3, "pending": false}'
    line = '{"kind": "serror", "EL": 2}'
    assert json.dumps(route(State.from_json(json.loads(line))).to_json()) == '{"target": null, "pending": true}'


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "serror", "SCR_EL3.AE": 1}, r"unknown key 'SCR_EL3\.AE', allowed are kind, EL, EL2, EL3, SCR_EL3"),
        ({"kind": "serror", "SCR_EL3_EA": 1}, "unknown key 'SCR_EL3_EA'"),
        ({"EL": 1}, "kind is missing, allowed are serror, sea"),
        ({"kind": "irq"}, "kind is 'irq', allowed are serror, sea"),
        ({"kind": ["sea"]}, r"kind is \['sea'\], allowed are serror, sea"),
        ({"kind": "sea", "EL": 4}, "EL is 4, allowed are 0, 1, 2, 3"),
        ({"kind": "sea", "EL": -1}, "EL is -1, allowed are 0, 1, 2, 3"),
        ({"kind": "sea", "HCR_EL2.TGE": 2}, "HCR_EL2.TGE is 2, allowed are 0, 1"),
        ({"kind": "sea", "EL": "1"}, "EL is '1', allowed are 0, 1, 2, 3"),
        ({"kind": "sea", "PSTATE.A": True}, "PSTATE.A is True, allowed are 0, 1"),
        ({"kind": "sea", "PSTATE.A": 1.0}, r"PSTATE.A is 1\.0, allowed are 0, 1"),
        ({"kind": "sea", "PSTATE.A": None}, "PSTATE.A is None, allowed are 0, 1"),
        ({"kind": "sea", "EL": 2, "EL2": 0}, "EL is 2 but EL2 is 0"),
        ({"kind": "sea", "EL": 3, "EL3": 0}, "EL is 3 but EL3 is 0"),
        (["serror"], r"a state is a JSON object, not \['serror'\]"),
    ],
)
def test_a_state_that_cannot_be_is_refused_by_name(wrong, says):
    with pytest.raises(ValueError, match=says):
        State.from_json(wrong)


def test_a_state_made_in_python_is_held_to_the_same_values():
    with pytest.raises(ValueError, match=r"HCR_EL2\.AMO is 2, allowed are 0, 1"):
        State("serror", HCR_EL2_AMO=2)
    with pytest.raises(FrozenInstanceError):
        State("serror").EL = 1  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["serror", "sea"])
@pytest.mark.parametrize("el", [0, 1])
@pytest.mark.parametrize("masks", [0, 1])
def test_a_hypervisor_in_a_guest_could_route_nothing_past_kvm_by_tmea(kind, el, masks):
    """What a nested hypervisor writes to HCRX_EL2.TMEA is not the PE's; even if it were, TEA and AMO decide before."""
    guest = {"EL": el, "HCR_EL2_TEA": 1, "HCR_EL2_AMO": 1, "PSTATE_A": masks, "FEAT_DoubleFault2": 1}
    assert route(State(kind, **guest, HCRX_EL2_TMEA=1)) == route(State(kind, **guest, HCRX_EL2_TMEA=0))
    assert route(State(kind, **guest, HCRX_EL2_TMEA=1)).target == 2
