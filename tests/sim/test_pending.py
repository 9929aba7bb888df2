"""SErrors that wait: what ISR_EL1.A shows, how several are one, and what exception entry with IESB makes of them."""

import pytest

from raslib.sim.cpu.pending import Entered, Taken, entry_with_iesb, isr_el1_a, merged, take
from raslib.sim.cpu.routing import EffectiveEASE, State, vector_offset

UC, UEU, UEO, UER, CE = 0x011, 0x411, 0x811, 0xC11, 0x1811  # ISS of an SError: AET, and DFSC 0x11
IDS = 1 << 24
HOST = {"HCR_EL2_TGE": 1, "HCR_EL2_E2H": 1}


@pytest.mark.parametrize(
    ("state", "physical", "vse", "shows"),
    [
        ({"EL": 3}, True, 0, 1),
        ({"EL": 3}, False, 1, 0),
        ({"EL": 2, **HOST}, True, 0, 1),
        ({"EL": 2, **HOST}, False, 1, 0),
        ({"EL": 1}, True, 0, 1),  # nobody above: EL1 sees the physical one
        ({"EL": 1}, False, 1, 0),  # and a virtual one is not enabled
        ({"EL": 1, "HCR_EL2_AMO": 1}, True, 0, 0),  # a guest does not see what is its host's
        ({"EL": 1, "HCR_EL2_AMO": 1}, False, 1, 1),
        ({"EL": 1, "HCR_EL2_AMO": 1, "PSTATE_A": 1}, False, 1, 1),  # masked is pending all the same
        ({"EL": 1, "HCRX_EL2_TMEA": 1, "FEAT_DoubleFault2": 1}, False, 1, 1),
        ({"EL": 1, "EL2": 0, "HCR_EL2_AMO": 1}, True, 1, 1),  # no EL2, no virtual SError
    ],
)
def test_what_isr_el1_shows(state: dict, physical: bool, vse: int, shows: int):
    assert isr_el1_a(State("serror", **state), physical=physical, VSE=vse) == shows


def test_isr_el1_is_not_there_at_el0():
    with pytest.raises(ValueError, match="cannot be read at EL0"):
        isr_el1_a(State("serror", EL=0), physical=True)


@pytest.mark.parametrize(
    ("syndromes", "one"),
    [
        ((UER,), UER),
        ((CE, UEO), UEO),
        ((UEO, UER, CE), UER),
        ((UER, UEU), UEU),
        ((UEU, UC, CE), UC),
        ((UER, 0x1011), 0x1011),  # a reserved AET is worse than any that is known
        ((UER, 0), 0),  # one that says nothing
        ((UER, IDS | 0x42), IDS | 0x42),
    ],
)
def test_several_serrors_that_merge_are_the_worst(syndromes: tuple[int, ...], one: int):
    assert merged(*syndromes) == one
    if one != 0x1011:
        assert merged(*reversed(syndromes)) == one


def test_nothing_does_not_merge():
    with pytest.raises(ValueError, match="no SError pends"):
        merged()


def test_taking_an_serror_clears_it():
    """Edge-triggered: if it is merged all are gone, and otherwise the others stay."""
    guest = State("serror", EL=1, HCR_EL2_AMO=1, PSTATE_A=1)
    assert take(guest, (CE, UER), merges=True) == Taken(2, UER, ())
    assert take(guest, (CE, UER), merges=False) == Taken(2, CE, (UER,))
    assert take(guest, (), merges=True) == Taken(None, None, ())
    masked = State("serror", EL=1, PSTATE_A=1)
    assert take(masked, (CE, UER), merges=True) == Taken(None, None, (CE, UER))


def test_an_serror_found_at_the_entry_to_an_exception():
    """ELR is the vector of the first exception: not one instruction of its handler has run."""
    vector = 0xFFFF_8000_0801_0400
    host = State("serror", EL=2, **HOST)
    assert entry_with_iesb(host, syndrome=UER, first_vector=vector) == Entered(True, UER | 1 << 13, vector, 0x380)
    guest = State("serror", EL=1, HCR_EL2_AMO=1, PSTATE_A=1)
    assert entry_with_iesb(guest, syndrome=UER, first_vector=vector) == Entered(True, UER | 1 << 13, vector, 0x580)
    at_el3 = State("serror", EL=2, SCR_EL3_EA=1, PSTATE_A=1)
    assert entry_with_iesb(at_el3, syndrome=UER, first_vector=vector) == Entered(True, UER | 1 << 13, vector, 0x580)


def test_a_masked_one_stays_pending_and_is_not_deferred():
    """After entry PSTATE.A is 1: only an ESB moves it into DISR_EL1, IESB never does."""
    kernel = State("serror", EL=2, PSTATE_A=1, **HOST)
    assert entry_with_iesb(kernel, syndrome=UER, first_vector=0x400) == Entered(False, pending=True)


def test_iesb_is_not_valid_in_a_syndrome_of_another_kind():
    host = State("serror", EL=2, **HOST)
    for syndrome in (0, IDS | 0x11):
        assert entry_with_iesb(host, syndrome=syndrome, first_vector=0).esr_iss == syndrome


@pytest.mark.parametrize(
    ("features", "acts"),
    [
        ({}, {1: 0, 2: 0, 3: 0}),
        ({"FEAT_DoubleFault": 1}, {1: 0, 2: 0, 3: 1}),
        ({"FEAT_DoubleFault": 1, "FEAT_DoubleFault2": 1}, {1: 1, 2: 1, 3: 1}),
        ({"FEAT_DoubleFault": 1, "FEAT_DoubleFault2": 1, "EL2": 0}, {1: 1, 2: 0, 3: 1}),
        ({"FEAT_DoubleFault": 1, "FEAT_DoubleFault2": 1, "EL3": 0}, {1: 1, 2: 1, 3: 0}),
    ],
)
def test_with_ease_an_abort_enters_by_the_vector_of_serrors(features: dict, acts: dict):
    state = State("sea", **features)
    assert {el: EffectiveEASE(state, el, 1) for el in acts} == acts
    assert {el: EffectiveEASE(state, el, 0) for el in acts} == {1: 0, 2: 0, 3: 0}
    for el, ease in acts.items():
        assert vector_offset(0, el, 1, kind="sea", ease=ease) == (0x580 if ease else 0x400)
