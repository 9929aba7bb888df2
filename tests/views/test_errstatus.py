"""ERR<n>STATUS in words: which error goes first, what failed, and what clears it, in every version."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats.errnode import ErrorState, ErrStatus, RasVersion, Serr
from raslib.records import RecordError
from raslib.sim.cpu.errstatus import clear
from raslib.views.errstatus import err_status

VERSIONS = (RasVersion.V1, RasVersion.V1P1, RasVersion.V2)
# by V, UE, UET, DE, CE: the state (IHI 0100 A.c Table 2-1)
STATES = {
    "": ErrStatus(V=0, UE=1, CE=1),
    "NONE": ErrStatus(V=1),
    "CE": ErrStatus(V=1, CE=2),
    "DE": ErrStatus(V=1, DE=1, CE=1),
    "UC": ErrStatus(V=1, UE=1, UET=0, DE=1, CE=1),
    "UEU": ErrStatus(V=1, UE=1, UET=1),
    "UEO": ErrStatus(V=1, UE=1, UET=2),
    "UER": ErrStatus(V=1, UE=1, UET=3),
}


def text(status, version=RasVersion.V1P1):
    return "\n".join(err_status(status.build(), version).means)


@pytest.mark.parametrize(("state", "status"), STATES.items())
def test_the_state_is_that_of_the_error_that_goes_first(state, status):
    found = err_status(status.build())
    assert found.state == state
    if state not in ("", "NONE"):
        assert found.means[0].startswith(f"{state}, {ErrorState[state].means}.")


def test_further_errors_are_named():
    assert "UE goes first, and the syndrome is its; there was DE and CE too." in text(STATES["UC"])
    assert "goes first" not in text(STATES["UEU"])


def test_nothing_counts_without_v():
    found = err_status(STATES[""].build())
    assert found.means == ("V is 0: no error is recorded, and nothing else in the register counts.",)
    assert {f["name"] for f in found.fields if f["text"] == "does not count while V is 0"} == {
        *("AV", "UE", "ER", "OF", "MV", "CE", "DE", "PN", "UET", "CI", "RV", "RV2", "IERR", "SERR")
    }


def test_fields_that_need_an_uncorrected_error_say_so():
    texts = {f["name"]: f["text"] for f in err_status(STATES["CE"].build()).fields}
    assert texts["UET"] == "does not count without UE"
    assert texts["ER"] == texts["PN"] == "does not count without UE or DE"
    assert "ER is 1" not in text(STATES["CE"].replace(ER=1))
    assert "ER is 1: whoever asked got an external abort." in text(STATES["DE"].replace(ER=1))


@pytest.mark.parametrize("code", Serr)
def test_what_failed_is_said(code):
    said = text(STATES["CE"].replace(SERR=code))
    assert (f": {code.means}." in said) == (code is not Serr.NO_ERROR)
    early = text(STATES["CE"].replace(SERR=code), RasVersion.V1)
    assert ("which v1 does not have" in early) == (code > 0x15)


def test_codes_that_nobody_knows_are_said_to_be_reserved():
    assert "SERR 0x1b is reserved.\nIERR 0x7 says more, to its maker." in text(STATES["CE"].replace(SERR=0x1B, IERR=7))


@pytest.mark.parametrize("version", [RasVersion.V1, RasVersion.V1P1])
def test_what_clears_it_is_said(version):
    """A UER with an address and overflow."""
    status = ErrStatus(AV=1, V=1, UE=1, ER=1, OF=1, MV=1, UET=3, SERR=Serr.EXTERNAL_MEMORY)
    assert "software writes 0xfc300000: ones where it read some, but in IERR and SERR." in text(status, version)


def test_v1_has_no_field_that_came_later_to_clear():
    status = ErrStatus(V=1, CE=2, CI=1, RV=1)
    assert "software writes 0x43000000: ones" in text(status, RasVersion.V1)
    assert "software writes 0x430c0000: ones" in text(status, RasVersion.V1P1)


def test_v1_and_later_differ_in_what_a_write_of_too_few_bits_does():
    status = ErrStatus(V=1, CE=2)
    assert "In v1 each field is guarded for itself." in text(status, RasVersion.V1)
    later = "Since v1.1 a write that leaves one of V, UE, OF, CE and DE set is ignored."
    assert later in text(status, RasVersion.V1P1)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, (1 << 64) - 1), st.sampled_from(VERSIONS))
def test_no_value_is_too_odd(value, version):
    found = err_status(value, version)
    assert str(found)
    assert found.to_json()["value"] == f"{value:#x}"
    covered = sum(1 << bit for f in found.fields for bit in range(f["bits"][1], f["bits"][0] + 1))
    assert covered & value == value


@settings(deadline=None, max_examples=100)
@given(st.integers(0, (1 << 32) - 1), st.sampled_from(VERSIONS))
def test_what_it_says_software_writes_clears_every_error(value, version):
    found = err_status(value, version)
    if ErrStatus.parse(value).V:
        written = ErrStatus.parse(int(found.means[-2].split("writes ")[1].split(":")[0], 16))
        left = clear(version, ErrStatus.parse(value), written)
        assert (left.V, left.UE, left.OF, left.DE, int(left.CE)) == (0, 0, 0, 0, 0)


def test_more_than_64_bits_are_refused():
    with pytest.raises(RecordError):
        err_status(1 << 64)
