"""SDEI: a header that says by being there, and the numbers of the interface."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import sdei
from raslib.formats.sdei import Function, Sdei, SdeiResult
from raslib.records import RecordError


def test_the_table_is_a_header_and_no_more():
    assert checks.layout(Sdei) == [
        ("signature", 0, 4),
        ("length", 4, 4),
        ("revision", 8, 1),
        ("checksum", 9, 1),
        ("oem_id", 10, 6),
        ("oem_table_id", 16, 8),
        ("oem_revision", 24, 4),
        ("creator_id", 28, 4),
        ("creator_revision", 32, 4),
        ("beyond", 36, None),
    ]
    assert checks.size(Sdei) == 36


@pytest.mark.parametrize("path", checks.shared("samples/sdei"))
def test_samples_come_back(path):
    table = checks.lossless(Sdei, path.read_bytes())
    assert (table.signature, table.revision, table.length, table.oem_id) == ("SDEI", 1, 36, "ARM   ")
    assert list(table.as_found()) == []


def test_a_table_from_python_sums_to_zero():
    data = Sdei().build()
    assert sum(data) % 256 == 0
    assert checks.lossless(Sdei, data) == Sdei()


def test_a_wrong_checksum_stays_and_is_named():
    table = Sdei(checksum=1)
    assert checks.lossless(Sdei, table.build()).checksum == 1
    assert list(Sdei.parse(table.build()).as_found()) == ["checksum"]
    assert list(table.replace(oem_id="OTHER").as_found()) == []


def test_the_calls_have_their_numbers():
    by_number = "VERSION EVENT_REGISTER EVENT_ENABLE EVENT_DISABLE EVENT_CONTEXT EVENT_COMPLETE"
    by_number += " EVENT_COMPLETE_AND_RESUME EVENT_UNREGISTER EVENT_STATUS EVENT_GET_INFO EVENT_ROUTING_SET PE_MASK"
    by_number += " PE_UNMASK INTERRUPT_BIND INTERRUPT_RELEASE"
    expected = {f"SDEI_{name}": 0xC400_0020 + n for n, name in enumerate(by_number.split())}
    expected |= {"SDEI_PRIVATE_RESET": 0xC400_0031, "SDEI_SHARED_RESET": 0xC400_0032}
    assert {f.name: int(f) for f in Function} == expected


def test_the_results_have_their_numbers():
    assert {r.name: int(r) for r in SdeiResult} == {
        "SUCCESS": 0,
        "NOT_SUPPORTED": -1,
        "INVALID_PARAMETERS": -2,
        "DENIED": -3,
        "PENDING": -5,
        "OUT_OF_RESOURCE": -10,
    }


def test_every_member_has_its_own_word():
    checks.documented(sdei)
    checks.explained(sdei, apart={Function, SdeiResult})  # numbers of calls, not of fields


@checks.patient
@given(st.binary(max_size=60))
def test_random_bytes_come_back_or_are_refused(data):
    try:
        value = Sdei.parse(data)
    except RecordError:
        assert len(data) < 36
    else:
        assert value.build() == data


@pytest.mark.iasl
def test_iasl_reads_and_remakes_the_table(tmp_path):
    source, again = checks.iasl(Sdei(oem_table_id="TABLE"), tmp_path)
    assert 'Signature : "SDEI"' in source
    assert checks.without(again) == checks.without(Sdei(oem_table_id="TABLE").build())
