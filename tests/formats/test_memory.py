"""Memory sections: their layout, their two editions, and which bits exclude which."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import memory
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import ErrorStatus, ErrorType, Extended, MemoryErrorType, MemoryValid, PlatformMemory
from raslib.records import RecordError

VALID = {
    0: "error_status",
    1: "physical_address",
    2: "physical_address_mask",
    3: "node",
    4: "card",
    5: "module",
    6: "bank",
    7: "device",
    8: "row",
    9: "column",
    10: "bit_position",
    11: "requestor_id",
    12: "responder_id",
    13: "target_id",
    14: "memory_error_type",
    15: "rank_number",
    16: "card_handle",
    17: "module_handle",
    18: "extended_row",
    19: "bank_group",
    20: "bank_address",
    21: "chip_identification",
}


def section(name: str) -> PlatformMemory:
    (entry,) = StatusBlock.parse(checks.sample(f"vectors/{name}.bin")).entries
    return entry.section


def test_the_section_lies_as_the_document_says():
    assert checks.layout(PlatformMemory)[:17] == [
        ("validation_bits", 0, 8),
        ("error_status", 8, 8),
        ("physical_address", 16, 8),
        ("physical_address_mask", 24, 8),
        ("node", 32, 2),
        ("card", 34, 2),
        ("module", 36, 2),
        ("bank", 38, 2),
        ("device", 40, 2),
        ("row", 42, 2),
        ("column", 44, 2),
        ("bit_position", 46, 2),
        ("requestor_id", 48, 8),
        ("responder_id", 56, 8),
        ("target_id", 64, 8),
        ("memory_error_type", 72, 1),
        ("extended", 73, None),
    ]
    assert [(s.path, s.start, s.stop) for s in PlatformMemory.spans(bytes(80)) if s.start >= 73 and not s.bits] == [
        ("extended", 73, 74),
        ("rank_number", 74, 76),
        ("card_handle", 76, 78),
        ("module_handle", 78, 80),
    ]
    assert checks.size(PlatformMemory) == 80


def test_bits_stand_at_their_places():
    checks.flags_at(MemoryValid, VALID)
    checks.fields_at(Extended, {"row": (1, 0), "chip_identification": (7, 5)})
    checks.fields_at(
        ErrorStatus,
        {
            "error_type": (15, 8),
            "address": (16, 16),
            "control": (17, 17),
            "data": (18, 18),
            "responder": (19, 19),
            "requester": (20, 20),
            "first_error": (21, 21),
            "overflow": (22, 22),
        },
    )


def test_every_name_is_explained():
    checks.explained(memory)


def test_types_have_the_documents_numbers():
    assert [t.value for t in MemoryErrorType] == list(range(16))
    assert [t.value for t in ErrorType] == [1, 4, 5, 6, 7, 8, 9, *range(16, 27)]
    assert (ErrorType.MEMORY, ErrorType.BUS, ErrorType.POISON) == (4, 16, 26)
    assert (MemoryErrorType.MULTI_BIT_ECC, MemoryErrorType.PHYSICAL_MEMORY_MAP_OUT) == (3, 15)
    assert ErrorStatus.parse(0x40400) == ErrorStatus(error_type=ErrorType.MEMORY, data=True)
    assert ErrorStatus.parse(0xFF00).error_type == 0xFF


# --- editions --------------------------------------------------------------------------------------------------------


def test_the_form_of_73_bytes_ends_after_the_error_type():
    found = section("g_mem73")
    assert len(found.build()) == 73
    assert (found.extended, found.rank_number, found.card_handle, found.module_handle) == (None,) * 4
    assert checks.lossless(PlatformMemory, found.build()) == found
    later = section("g_mem")
    assert found == later.replace(extended=None, rank_number=None, card_handle=None, module_handle=None)


@pytest.mark.parametrize("length", range(73, 80))
def test_between_the_forms_bytes_stay_bytes(length):
    data = bytes(range(length))
    found = checks.lossless(PlatformMemory, data)
    assert (found.extended, found.rank_number, found.beyond) == (None, None, data[73:])


@pytest.mark.parametrize("length", [0, 7, 72])
def test_less_than_the_old_form_is_refused(length):
    with pytest.raises(RecordError) as e:
        PlatformMemory.parse(bytes(length))
    assert e.value.path == {0: "validation_bits", 7: "validation_bits", 72: "memory_error_type"}[length]


# --- which bits govern what ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, (1 << 64) - 1))
def test_each_field_is_believed_by_its_bit(word):
    """Bits 8 or 18 govern the row; 6, 19 or 20 the bank; 18 or 21 the extended byte; every other field its own bit."""
    valid = {name for bit, name in VALID.items() if word >> bit & 1}
    any_of = {
        "row": {"row", "extended_row"},
        "bank": {"bank", "bank_group", "bank_address"},
        "extended": {"extended_row", "chip_identification"},
    }
    spans = PlatformMemory.spans(word.to_bytes(8, "little") + bytes(72))
    said = {s.path: s.valid for s in spans if "." not in s.path}
    assert said.pop("validation_bits") is None
    assert said == {name: bool(any_of.get(name, {name}) & valid) for name in said}
    assert len(said) == 19


def test_pitfall_09_row_and_bank_have_a_second_meaning_under_bits_that_exclude_the_first():
    grouped = section("g_bg")
    assert (grouped.validation_bits.bank, grouped.validation_bits.bank_group) == (False, True)
    assert (grouped.bank >> 8, grouped.bank & 0xFF) == (5, 2)
    assert section("g_mem").bank == grouped.bank == 1282
    extended = section("g_extrow")
    assert (extended.validation_bits.row, extended.validation_bits.extended_row) == (False, True)
    assert extended.extended == Extended(row=3, chip_identification=5)
    assert extended.row | extended.extended.row << 16 == 201268
    words = dict(zip(VALID.values(), [doc for *_, doc, _ in MemoryValid.layout], strict=True))
    assert [name for name, doc in words.items() if "excludes" in doc] == ["bank", "row", "extended_row"]


def test_a_field_by_its_name_in_json():
    plain = section("g_mem").to_json()
    assert plain["memory_error_type"] == "MULTI_BIT_ECC"
    assert plain["error_status"] == {"error_type": "MEMORY", "data": True}
    assert plain["physical_address"] == "0x40001000"
    assert (plain["node"], plain["bank"], plain["extended"]) == (0, 1282, {})
    assert PlatformMemory.from_json(plain) == section("g_mem")
