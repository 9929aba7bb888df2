"""The registers of error records against the tables of the document."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import errnode
from raslib.formats.errnode import (
    MISC0,
    Ce,
    Control,
    Counter,
    ErrAddr,
    ErrCtlr,
    ErrFr,
    ErrGsr,
    ErrMisc0Count8,
    ErrMisc0Count16,
    ErrMisc0Pair8,
    ErrMisc0Pair16,
    ErrorRecord,
    ErrorState,
    ErrPfgCtl,
    ErrStatus,
    ErrStatusV1,
    PfgCe,
    RasVersion,
    Serr,
    Uet,
)
from raslib.records import Register

STATUS_V1 = {
    "AV": (31, 31),
    "V": (30, 30),
    "UE": (29, 29),
    "ER": (28, 28),
    "OF": (27, 27),
    "MV": (26, 26),
    "CE": (25, 24),
    "DE": (23, 23),
    "PN": (22, 22),
    "UET": (21, 20),
    "IERR": (15, 8),
    "SERR": (7, 0),
}
FR = {
    "ED": (1, 0),
    "ERT": (3, 2),
    "UI": (5, 4),
    "FI": (7, 6),
    "UE": (9, 8),
    "CFI": (11, 10),
    "CEC": (14, 12),
    "RP": (15, 15),
    "DUI": (17, 16),
    "CEO": (19, 18),
    "INJ": (21, 20),
    "CI": (23, 22),
    "TS": (25, 24),
    "DFI": (27, 26),
    "RV": (28, 28),
    "SRV": (29, 29),
    "CED": (30, 30),
    "FRX": (31, 31),
    "IMPDEF": (47, 32),
    "UC": (48, 48),
    "UEU": (49, 49),
    "UER": (50, 50),
    "UEO": (51, 51),
    "DE": (52, 52),
    "CE": (54, 53),
    "NCE": (55, 55),
}
CTLR = ["ED", "IMPDEF", "UI", "FI", "UE", "WUI", "WFI", "WUE"]  # from bit 0
CTLR += ["CFI", "WCFI", "DUI", "WDUI", "CED", "CI", "DFI", "WDFI"]
PFG = ["OF", "UC", "UEU", "UER", "UEO", "DE"]  # from bit 0
PFG_FLAGS = {8: "CI", 9: "ER", 10: "PN", 11: "AV", 12: "MV"}
SERR = """NO_ERROR IMPLEMENTATION_DEFINED INTERNAL_MEMORY PIN ASSERTION INTERNAL_DATA_PATH ASSOCIATIVE_MEMORY_DATA
ASSOCIATIVE_MEMORY_ADDRESS TLB_DATA TLB_ADDRESS PRODUCER_DATA PRODUCER_ADDRESS EXTERNAL_MEMORY ILLEGAL_ADDRESS
ILLEGAL_ACCESS ILLEGAL_STATE INTERNAL_DATA_REGISTER INTERNAL_CONTROL_REGISTER COMPLETER_RESPONSE EXTERNAL_TIMEOUT
INTERNAL_TIMEOUT DEFERRED_FROM_COMPLETER_TAKEN DEFERRED_FROM_REQUESTER_TAKEN DEFERRED_FROM_COMPLETER_PASSED
DEFERRED_FROM_REQUESTER_PASSED PCIE_LOGS OTHER_INTERNAL"""
REGISTERS = list(checks.classes(errnode, Register))


def ones(*bits_of: str) -> dict[str, tuple[int, int]]:
    return {name: (bit, bit) for bit, name in enumerate(bits_of)}


# the bits


def test_status_lies_as_the_document_has_it():
    checks.fields_at(ErrStatusV1, STATUS_V1)
    checks.fields_at(ErrStatus, STATUS_V1 | {"CI": (19, 19), "RV": (18, 18), "RV2": (17, 17)})


def test_fr_and_ctlr_lie_as_the_document_has_them():
    checks.fields_at(ErrFr, FR)
    checks.fields_at(ErrCtlr, ones(*CTLR) | {"IMPDEF_HIGH": (63, 32)})


def test_addr_lies_as_the_document_has_it():
    flags = {"NS": (63, 63), "SI": (62, 62), "AI": (61, 61), "VA": (60, 60), "NSE": (59, 59)}
    checks.fields_at(ErrAddr, flags | {"PADDR": (55, 0)})


def test_the_counters_lie_as_the_document_has_them():
    low = {"IMPDEF": (31, 0)}
    checks.fields_at(ErrMisc0Count8, low | {"OF": (39, 39), "CEC": (38, 32), "IMPDEF_HIGH": (63, 40)})
    checks.fields_at(ErrMisc0Count16, low | {"OF": (47, 47), "CEC": (46, 32), "IMPDEF_HIGH": (63, 48)})
    pair = {"OFO": (47, 47), "CECO": (46, 40), "OFR": (39, 39), "CECR": (38, 32), "IMPDEF_HIGH": (63, 48)}
    checks.fields_at(ErrMisc0Pair8, low | pair)
    pair = {"OFO": (63, 63), "CECO": (62, 48), "OFR": (47, 47), "CECR": (46, 32)}
    checks.fields_at(ErrMisc0Pair16, low | pair)
    assert MISC0 == {
        (2, 0): ErrMisc0Count8,
        (4, 0): ErrMisc0Count16,
        (2, 1): ErrMisc0Pair8,
        (4, 1): ErrMisc0Pair16,
    }


def test_fault_injection_lies_as_the_document_has_it():
    common = ones(*PFG) | {"CE": (7, 6)} | {name: (bit, bit) for bit, name in PFG_FLAGS.items()}
    checks.fields_at(ErrPfgCtl, common | {"R": (30, 30), "CDNEN": (31, 31)})


def test_the_group_status_register_lies_as_the_document_has_it():
    checks.fields_at(ErrGsr, {"S": (63, 0)})


def test_a_record_in_memory_is_64_bytes():
    names = ["FR", "CTLR", "STATUS", "ADDR", "MISC0", "MISC1", "MISC2", "MISC3"]
    assert checks.layout(ErrorRecord) == [(name, 8 * n, 8) for n, name in enumerate(names)]
    assert checks.size(ErrorRecord) == 64


def test_versions_have_the_numbers_of_id_aa64pfr0():
    assert [(v.name, int(v)) for v in RasVersion] == [("NONE", 0), ("V1", 1), ("V1P1", 2), ("V2", 3)]


# the words


def test_every_member_is_reachable_and_has_its_own_word():
    checks.explained(errnode, apart={ErrorState})  # the categories of several fields together
    checks.documented(errnode)


def test_the_primary_error_codes_are_the_documents():
    assert [code.name for code in Serr] == SERR.split()
    assert [int(code) for code in Serr] == list(range(0x1B))
    assert ErrStatus.parse(0x1B).SERR == 0x1B  # reserved, and kept
    assert not isinstance(ErrStatus.parse(0x1B).SERR, Serr)


def test_the_two_bit_controls_are_the_documents():
    assert [(c.name, int(c)) for c in Control] == [
        ("ABSENT", 0),
        ("ALWAYS", 1),
        ("CONTROLLABLE", 2),
        ("READS_AND_WRITES", 3),
    ]
    assert [int(c) for c in Counter] == [0, 2, 4]


def test_pitfall_20_a_corrected_error_has_one_number_in_status_and_another_in_pfgctl():
    assert {ce.name: int(ce) for ce in Ce} == {"NONE": 0, "TRANSIENT": 1, "UNSPECIFIED": 2, "PERSISTENT": 3}
    assert {ce.name: int(ce) for ce in PfgCe} == {"NONE": 0, "UNSPECIFIED": 1, "TRANSIENT": 2, "PERSISTENT": 3}


# reading STATUS


STATES = {  # (V, UE, DE, CE, UET) -> state: Table 2-1; None is any value
    (0, None, None, None, None): "NONE",
    (1, 0, 0, 0, None): "NONE",
    (1, 0, 0, 1, None): "CE",
    (1, 0, 0, 2, None): "CE",
    (1, 0, 0, 3, None): "CE",
    (1, 0, 1, None, None): "DE",
    (1, 1, None, None, 0): "UC",
    (1, 1, None, None, 1): "UEU",
    (1, 1, None, None, 2): "UEO",
    (1, 1, None, None, 3): "UER",
}


def test_the_state_is_that_of_the_highest_priority_error():
    seen = set()
    for word in range(1 << 7):
        values = word & 1, word >> 1 & 1, word >> 2 & 1, word >> 3 & 3, word >> 5 & 3
        [state] = [s for key, s in STATES.items() if all(k in (None, v) for k, v in zip(key, values, strict=True))]
        v, ue, de, ce, uet = values
        status = v << 30 | ue << 29 | de << 23 | ce << 24 | uet << 20
        assert ErrStatus.parse(status).state is ErrStatusV1.parse(status).state is ErrorState[state]
        seen.add(state)
    assert seen == {state.name for state in ErrorState}


def test_states_are_in_order_of_severity_and_their_codes_are_not():
    assert list(ErrorState) == sorted(ErrorState)
    assert [state.name for state in ErrorState] == ["NONE", "CE", "DE", "UEO", "UER", "UEU", "UC"]
    assert [int(Uet[name]) for name in ("UEO", "UER", "UEU", "UC")] == [2, 3, 1, 0]


def test_a_group_status_register_names_its_records():
    assert ErrGsr(S=1 << 63 | 0b101).records() == (0, 2, 63)
    assert ErrGsr(S=0b10).records(m=2) == (129,)


# any bits


@pytest.mark.parametrize("register", REGISTERS, ids=lambda r: r.__name__)
@checks.patient
@given(data=st.data())
def test_every_word_comes_back(register, data):
    word = data.draw(st.integers(0, (1 << register.width) - 1))
    parsed = register.parse(word)
    assert parsed.build() == word
    assert register.from_json(parsed.to_json()) == parsed
    covered = sum((1 << high + 1) - (1 << low) for high, low in (span.bits for span in register.spans(word)))
    assert covered == (1 << register.width) - 1


@checks.patient
@given(st.binary(min_size=64, max_size=64))
def test_every_record_comes_back(data):
    checks.lossless(ErrorRecord, data)
