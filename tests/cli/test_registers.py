"""`raslib errstatus`, and what the syndrome commands say of every code of formats.md's part E."""

import json

import pytest

from raslib.cli import main


@pytest.fixture
def said(capsys):
    def run(*arguments):
        status = main(list(arguments))
        return status, capsys.readouterr().out

    return run


def fields(said, *arguments):
    """name -> (value, text) of one register."""
    status, out = said(*arguments, "--as", "json")
    assert status == 0
    return {f["name"]: (f["value"], f["text"]) for f in json.loads(out)["fields"]}


def test_errstatus_is_a_line_for_each_field_and_what_follows(said):
    status, out = said("errstatus", "0xc4800412")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "ERR<n>STATUS, v1.1 = 0xc4800412"
    assert "    [23]  DE    1                   1: an error was deferred" in lines
    assert " [21:20]  UET   UC                  does not count without UE" in lines
    assert lines[-7:] == [
        "DE, deferred: not corrected, but marked as poison, so that whoever uses it will know.",
        "What failed, SERR 0x12: whoever was asked answered with an error, such as to a write-back from a cache.",
        "IERR 0x4 says more, to its maker.",
        "ERR<n>ADDR holds an address.",
        "The ERR<n>MISC<m> hold more.",
        "To clear it, software writes 0xc4800000: ones where it read some, but in IERR and SERR.",
        "Since v1.1 a write that leaves one of V, UE, OF, CE and DE set is ignored.",
    ]


def test_errstatus_takes_several_values_and_any_bits(said):
    status, out = said("errstatus", "0", "ffff_ffff_ffff_ffff", "--as", "json")
    assert status == 0
    assert [json.loads(line)["state"] for line in out.splitlines()] == [None, "UER"]


@pytest.mark.parametrize(("ras", "name"), [("v1", "reserved"), ("v1.1", "CI"), ("v2", "CI")])
def test_bits_that_came_later_are_reserved_in_v1(ras, name, said):
    assert name in fields(said, "errstatus", "0x40080000", "--ras", ras)
    assert ("CI" in fields(said, "errstatus", "0x40080000", "--ras", ras)) == (name == "CI")


def test_errstatus_is_drawn_too(said):
    status, out = said("errstatus", "0x62000000", "--as", "svg")
    assert status == 0
    assert out.startswith("<svg")


@pytest.mark.parametrize("value", ["0x10000000000000000", "status"])
def test_what_is_no_64_bit_value_is_refused(value, capsys):
    assert main(["errstatus", value]) == 1
    assert capsys.readouterr().err.startswith("raslib: ")


# --- every code of the other registers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aet", "name"), [(0, "UC"), (1, "UEU"), (2, "UEO"), (3, "UER"), (6, "CE"), (4, "4"), (5, "5")]
)
@pytest.mark.parametrize("register", ["esr", "disr", "vsesr", "vdisr"])
def test_every_aet_is_read_in_every_register(register, aet, name, said):
    frame = {"esr": 0xBE00_0000, "disr": 1 << 31, "vsesr": 0, "vdisr": 1 << 31}[register]
    status, out = said(register, f"{frame | aet << 10 | 0x11:#x}", "--as", "json")
    assert status == 0
    assert json.loads(out)["state"] == (name if name.isalpha() else None)
    if register in ("esr", "disr"):
        assert fields(said, register, f"{frame | aet << 10 | 0x11:#x}")["AET"][0] == name


def test_wnr_of_an_serror_counts_only_with_wnrv(said):
    assert fields(said, "esr", "0xbe000051")["WnR"] == ("1", "does not count while WnRV is 0")
    assert fields(said, "esr", "0xbe0000d1")["WnR"] == ("1", "1: a write, 0: a read; FEAT_RASv2")
    assert fields(said, "disr", "0x80000051")["WnR"] == ("1", "does not count while WnRV is 0")


def test_the_access_of_an_abort_counts_only_with_isv(said):
    without, with_ = fields(said, "esr", "0x92000410"), fields(said, "esr", "0x97523050")
    assert without["SRT"] == ("0", "does not count while ISV is 0")
    assert (with_["ISV"][0], with_["SAS"][0], with_["SRT"][0], with_["VNCR"][0], with_["SET"][0]) == (
        *("1", "HALFWORD", "0x12", "1", "UC"),
    )


def test_an_implementation_defined_syndrome_is_shown_as_such(said):
    assert fields(said, "esr", "0xbf000002")["SYNDROME"][0] == "2"
    assert fields(said, "disr", "0x81000002")["SYNDROME"][0] == "2"


def test_iesb_is_in_esr_and_not_in_disr(said):
    assert fields(said, "esr", "0xbe002011")["IESB"][0] == "1"
    assert fields(said, "disr", "0x80002011")["reserved"] == ("1", "no field is defined here")
