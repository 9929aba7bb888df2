"""References to firmware's records: which fields there are is the revision's to say."""

from uuid import UUID

import pytest
from formats import acpi_checks as checks

from raslib.formats.firmware import FirmwareRecordType, FirmwareReference
from raslib.formats.ghes import StatusBlock
from raslib.records import RecordError


def section(name: str) -> FirmwareReference:
    [entry] = StatusBlock.parse(checks.sample(f"vectors/{name}.bin")).entries
    return entry.section


def test_revision_0_has_a_number():
    assert section("g_fw0") == FirmwareReference(
        record_type=FirmwareRecordType.IPF_SAL, revision=0, record_id=0x1122334455667788
    )
    assert section("g_fw0").record_id_guid is None
    assert len(section("g_fw0").build()) == 16


def test_revision_2_has_a_guid():
    found = section("g_fw2")
    assert (found.record_type, found.revision) == (FirmwareRecordType.SOC_TYPE_2, 2)
    assert found.record_id_guid == UUID("12345678-9abc-def0-1122-334455667788")
    assert found.record_id == 0
    assert len(found.build()) == 32


def test_revision_1_has_neither_and_the_record_begins_at_8():
    found = FirmwareReference.parse(bytes.fromhex("0101 000000000000") + b"a crash log")
    assert (found.record_id, found.record_id_guid, found.beyond) == (None, None, b"a crash log")
    assert FirmwareReference(revision=1).build() == bytes.fromhex("0201 000000000000")


@pytest.mark.parametrize(("revision", "size"), [(0, 16), (1, 8), (2, 32), (3, 32), (255, 32)])
def test_what_follows_the_fields_is_the_record_itself(revision, size):
    data = bytes([2, revision]) + bytes(size - 2) + b"more"
    assert checks.lossless(FirmwareReference, data).beyond == b"more"
    with pytest.raises(RecordError):
        FirmwareReference.parse(data[: size - 1])
