"""Syndromes: the bits of every register and class of exception, and the codes that several share or do not."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import esr
from raslib.formats.esr import (
    STATES,
    AbortAccessSize,
    Aet,
    DataAbortIss,
    Disr,
    DisrImplementationDefined,
    Esr,
    ExceptionClass,
    Fsc,
    InstructionAbortIss,
    SErrorFsc,
    SErrorImplementationDefinedIss,
    SErrorIss,
    Set,
    Vdisr,
    Vsesr,
    iss_layout,
)

ABORT = {"SET": (12, 11), "FnV": (10, 10), "EA": (9, 9), "S1PTW": (7, 7)}
SERROR = {"WU": (17, 16), "AET": (12, 10), "EA": (9, 9), "WnRV": (7, 7), "WnR": (6, 6), "DFSC": (5, 0)}
LAYOUTS = {
    Esr: {"ISS2": (55, 32), "EC": (31, 26), "IL": (25, 25), "ISS": (24, 0)},
    SErrorIss: {"IDS": (24, 24), "IESB": (13, 13), **SERROR},
    SErrorImplementationDefinedIss: {"IDS": (24, 24), "SYNDROME": (23, 0)},
    DataAbortIss: {
        **{"ISV": (24, 24), "SAS": (23, 22), "SSE": (21, 21), "SRT": (20, 16), "SF": (15, 15), "AR": (14, 14)},
        **{"VNCR": (13, 13), **ABORT, "CM": (8, 8), "WnR": (6, 6), "DFSC": (5, 0)},
    },
    InstructionAbortIss: {**ABORT, "IFSC": (5, 0)},
    Disr: {"A": (31, 31), "IDS": (24, 24), **SERROR},
    DisrImplementationDefined: {"A": (31, 31), "IDS": (24, 24), "SYNDROME": (23, 0)},
    Vsesr: {"IDS": (24, 24), "ISS": (23, 0)},
    Vdisr: {"A": (31, 31), "IDS": (24, 24), "ISS": (23, 0)},
}
ids = {"ids": lambda value: getattr(value, "__name__", None)}


@pytest.mark.parametrize(("register", "names"), LAYOUTS.items(), **ids)
def test_fields_stand_at_the_documents_bits(register, names):
    checks.fields_at(register, names)


def test_there_is_no_other_layout():
    assert set(checks.classes(esr, esr.Register)) == set(LAYOUTS)


def test_every_name_is_explained():
    checks.explained(esr)
    checks.documented(esr)


def test_codes_have_the_documents_numbers():
    assert {c.name: c.value for c in ExceptionClass} == {
        "INSTRUCTION_ABORT_LOWER": 0x20,
        "INSTRUCTION_ABORT_SAME": 0x21,
        "DATA_ABORT_LOWER": 0x24,
        "DATA_ABORT_SAME": 0x25,
        "SERROR": 0x2F,
    }
    assert [f.value for f in Fsc] == [0x10, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F]
    levels = {f.value: f.name.rpartition("LEVEL_")[2] for f in Fsc if "LEVEL" in f.name}
    assert levels == {0x12: "M2"} | {
        at + n: name for at in (0x13, 0x1B) for n, name in enumerate(["M1", "0", "1", "2", "3"])
    }
    assert [s.value for s in AbortAccessSize] == [0, 1, 2, 3]


def test_pitfall_15_the_same_states_have_other_codes_in_aet_and_set():
    assert {a.name: a.value for a in Aet} == {"UC": 0, "UEU": 1, "UEO": 2, "UER": 3, "CE": 6}
    assert {s.name: s.value for s in Set} == {"UER": 0, "UC": 2, "UEO": 3}
    assert {a.name for a in Aet} - {s.name for s in Set} == {"UEU", "CE"}
    assert set(STATES) == {a.name for a in Aet}
    named = {"CE": "corrected", "UEO": "restartable", "UER": "recoverable", "UEU": "unrecoverable"}
    assert {code: state.name for code, state in STATES.items()} == named | {"UC": "uncontainable"}


def test_pitfall_15_code_0x11_is_an_serror_there_and_no_external_abort_here():
    assert SErrorIss.parse(0x11).DFSC is SErrorFsc.ASYNCHRONOUS_SERROR
    assert not isinstance(DataAbortIss.parse(0x11).DFSC, Fsc)
    assert "with FEAT_RAS and DFSC 0x10" in {name: doc for name, *_, doc, _ in DataAbortIss.layout}["SET"]
    assert "valid with DFSC 0x10" in {name: doc for name, *_, doc, _ in DataAbortIss.layout}["FnV"]
    assert "valid with DFSC 0x11" in {name: doc for name, *_, doc, _ in SErrorIss.layout}["AET"]


def test_pitfall_16_disr_is_no_esr():
    """No EC, no IL, no IESB; A at 31; and IDS changes what the rest means."""
    fields = {name for name, *_ in Disr.layout}
    assert not fields & {"EC", "IL", "ISS", "IESB", "ISS2"}
    assert fields - {"A"} == {name for name, *_ in SErrorIss.layout} - {"IESB"}
    for bit, name in ((31, "A"), (24, "IDS")):
        assert getattr(Disr.parse(1 << bit), name) == 1
    assert Disr.parse(1 << 13).reserved == 1 << 13
    assert DisrImplementationDefined.parse(0x81FF_FFFF) == DisrImplementationDefined(A=1, IDS=1, SYNDROME=0xFF_FFFF)
    assert Vdisr.parse(0x8000_0C11) == Vdisr(A=1, ISS=0xC11)
    assert Vsesr.parse(0x100_0002) == Vsesr(IDS=1, ISS=2)


def test_pitfall_17_the_syndrome_of_a_virtual_serror_has_25_bits():
    """KVM_SET_VCPU_EVENTS takes IDS and ISS[23:0], and refuses any other bit."""
    assert SErrorIss.width == SErrorImplementationDefinedIss.width == 25
    assert Vsesr.parse(0x1FF_FFFF).reserved == 0
    assert [Vsesr.parse(1 << bit).reserved for bit in (25, 31, 63)] == [1 << 25, 1 << 31, 1 << 63]


CLASSES = {
    0x20: InstructionAbortIss,
    0x21: InstructionAbortIss,
    0x24: DataAbortIss,
    0x25: DataAbortIss,
}


@pytest.mark.parametrize("code", range(64))
def test_the_class_chooses_the_layout(code):
    frame = Esr.parse(code << 26)
    assert isinstance(frame.EC, ExceptionClass) == (code in {*CLASSES, 0x2F})
    expected = SErrorIss if code == 0x2F else CLASSES.get(code)
    assert iss_layout(frame) is expected
    defined = SErrorImplementationDefinedIss if code == 0x2F else expected
    assert iss_layout(frame.replace(ISS=1 << 24)) is defined


# fmt: off
DECODED = {  # the table G.8 of the fact sheet: value -> class, layout, fields that are not zero
    0x9600_0050: ("DATA_ABORT_SAME", DataAbortIss, {"WnR": 1, "DFSC": "EXTERNAL_ABORT"}),
    0x9752_3050: ("DATA_ABORT_SAME", DataAbortIss,
                  {"ISV": 1, "SAS": "HALFWORD", "SRT": 18, "VNCR": 1, "SET": "UC", "WnR": 1, "DFSC": "EXTERNAL_ABORT"}),
    0x9600_0210: ("DATA_ABORT_SAME", DataAbortIss, {"EA": 1, "DFSC": "EXTERNAL_ABORT"}),
    0x9600_0410: ("DATA_ABORT_SAME", DataAbortIss, {"FnV": 1, "DFSC": "EXTERNAL_ABORT"}),
    0x9200_0410: ("DATA_ABORT_LOWER", DataAbortIss, {"FnV": 1, "DFSC": "EXTERNAL_ABORT"}),
    0xBF00_0002: ("SERROR", SErrorImplementationDefinedIss, {"IDS": 1, "SYNDROME": 2}),
    0xBE00_0411: ("SERROR", SErrorIss, {"AET": "UEU", "DFSC": "ASYNCHRONOUS_SERROR"}),
    0xBE00_0011: ("SERROR", SErrorIss, {"DFSC": "ASYNCHRONOUS_SERROR"}),
    0xBE00_0811: ("SERROR", SErrorIss, {"AET": "UEO", "DFSC": "ASYNCHRONOUS_SERROR"}),
    0xBE00_0C11: ("SERROR", SErrorIss, {"AET": "UER", "DFSC": "ASYNCHRONOUS_SERROR"}),
    0xBE00_1811: ("SERROR", SErrorIss, {"AET": "CE", "DFSC": "ASYNCHRONOUS_SERROR"}),
}
# fmt: on


@pytest.mark.parametrize("value", DECODED, ids=hex)
def test_known_syndromes_decode_in_full(value):
    ec, layout, fields = DECODED[value]
    frame = Esr.parse(value)
    assert frame == Esr(EC=ExceptionClass[ec], IL=1, ISS=value & 0x1FF_FFFF)
    assert iss_layout(frame) is layout
    assert layout.parse(frame.ISS).to_json() == fields
    assert layout.from_json(fields).build() == frame.ISS
    assert frame.build() == value


def test_codes_that_are_zero_have_names_too():
    """So a SET of zero is UER and an AET of zero is UC: a field that is left out of JSON is not nothing."""
    assert DataAbortIss.parse(0x10).SET is Set.UER
    assert SErrorIss.parse(0x11).AET is Aet.UC
    assert SErrorIss().AET is Aet.UC


@settings(deadline=None)
@given(st.integers(0, (1 << 64) - 1))
def test_reserved_and_future_bits_are_kept(value):
    frame = Esr.parse(value)
    assert frame.build() == value
    assert frame.reserved == value >> 56 << 56
    for layout in LAYOUTS:
        word = value & (1 << layout.width) - 1
        assert layout.parse(word).build() == word
    if layout := iss_layout(frame):
        assert layout.parse(frame.ISS).build() == frame.ISS
