"""The record view: every field with place, value, words, and whether to believe it; broken bytes as far as they go."""

import json
from typing import Any
from uuid import UUID

import pytest
from construct import Int8ul
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats.arm import ArmProcessor, Dialect, ErrorInformation, ErrorInformationValid
from raslib.formats.cper import CperRecord, Timestamp
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.formats.memory import ErrorStatus, MemoryValid, PlatformMemory
from raslib.records import (
    Coded,
    Record,
    Register,
    UntilEnd,
    bcd,
    bits,
    field,
    flag,
    flags,
    guid,
    named,
    raw,
    text,
    u8,
    u32,
    u64,
)
from raslib.views.fields import meaning, readings, record_view, when
from raslib.views.words import value_text

KEYS = {"path", "name", "depth", "start", "stop", "bits", "group", "value", "text", "doc", "ref", "valid", "edit"}


class Fruit(Coded):
    PEAR = 2, "green"


class Valid(Register, ref="Book §1", width=8):
    weight: bool = flag(0, "the scales work")
    level: int = bits(5, 4, "how full")


class Small(Record, ref="Book §2, Small Thing"):
    # fmt: off
    validation_bits: Valid = flags(Int8ul, Valid, "what to believe")
    fruit:             int = named(Int8ul, Fruit, "what grows")
    weight:            int = u64("in grams", valid="weight")
    count:             int = u32("how many")
    day:               int = bcd("of the month")
    # fmt: on


def row(path: str, start: int, stop: int, value: str, text: str = "", **more: Any) -> dict[str, Any]:
    """One field of a view, with what most fields have."""
    plain = {"bits": None, "group": False, "valid": None, "inside": False, "edit": True, "ref": "Book §2, Small Thing"}
    found = {"path": path, "name": path.rpartition(".")[2], "depth": path.count(".") + path.count("[")}
    return found | {"start": start, "stop": stop, "value": value, "text": text} | plain | more


def test_a_view_in_full():
    data = bytes.fromhex("30 02 0001000000000000 63000000 31")
    bit = {"ref": "Book §1"}
    assert record_view(Small, data, base=0x4000) == {
        "title": "Small Thing",
        "ref": "Book §2, Small Thing",
        "hex": data.hex(),
        "base": "0x4000",
        "fields": [
            row("validation_bits", 0, 1, "0x30", doc="what to believe", edit=False),
            row("validation_bits.level", 0, 1, "3", doc="how full", bits=[5, 4], **bit),
            row("validation_bits.weight", 0, 1, "no", doc="the scales work", bits=[0, 0], **bit),
            row("fruit", 1, 2, "PEAR", "2: green", doc="what grows"),
            row("weight", 2, 10, "0x0000000000000100", doc="in grams", valid=False),
            row("count", 10, 14, "99", "0x63", doc="how many"),
            row("day", 14, 15, "31", doc="of the month"),
        ],
        "error": None,
    }


def test_broken_bytes_show_what_there_is_and_where_it_breaks():
    view = record_view(Small, bytes.fromhex("01 09 0001000000000000 6300"), title="Mine")
    assert view["title"] == "Mine"
    assert [(f["path"], f["value"]) for f in view["fields"]] == [
        ("validation_bits", "0x1"),
        ("validation_bits.level", "0"),
        ("validation_bits.weight", "yes"),
        ("fruit", "9"),
        ("weight", "0x0000000000000100"),
    ]
    assert view["error"] == {
        "message": "Small.count at byte 10 (0xa): needs 4 bytes, 2 are left",
        "path": "count",
        "offset": 10,
    }


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "size", "said", "words"),
    [
        (Fruit.PEAR, 1, "PEAR", "2: green"),
        (7, 1, "7", ""),
        (True, 0, "yes", ""),
        (False, 0, "no", ""),
        (0x1234, 8, "0x0000000000001234", ""),
        ("DIMM", 20, '"DIMM"', ""),
        (b"\1\2\3\4\5", 5, "01020304 05", ""),
        (bytes(3), 3, "000000", "all zero"),
        (bytes(17), 17, "17 bytes", "all zero"),
        (b"", 0, "", ""),
        (None, 0, "", ""),
        ((), 0, "", ""),
        (UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"), 16, "a5bc1114-6f64-4ede-b863-3e83ed7c83b1", "Platform Memory"),
        (UUID(int=1), 16, "00000000-0000-0000-0000-000000000001", "known to nobody here"),
        (UUID(int=0), 16, "00000000-0000-0000-0000-000000000000", ""),
        (Valid(weight=True, level=2), 1, "0x21", "weight"),
        (Timestamp(day=6, month=12, year=17, century=20), 8, "", "2017-12-06 00:00:00, not precise"),
    ],
)
def test_a_value_has_its_text_and_its_words(value, size, said, words):
    assert (value_text(value, size), meaning(value)) == (said, words)


def test_a_time_stamp_of_no_digits_stays_as_it_is():
    assert when(Timestamp.parse(bytes.fromhex("5a3412ff06121720"))) == "2017-12-06 12:34:5a"


@pytest.mark.parametrize(
    ("byte", "dialect", "said"),
    [
        (0x02, Dialect.UEFI_2_10, "cache error, by uefi-2.10 (uefi-2.9: bus error; uefi-2.11: TLB error)"),
        (0x02, Dialect.UEFI_2_9, "bus error, by uefi-2.9 (uefi-2.10: cache error; uefi-2.11: TLB error)"),
        (0x00, Dialect.UEFI_2_10, "no meaning, by uefi-2.10 (uefi-2.9: cache error)"),
        (
            0x26,
            Dialect.UEFI_2_10,
            "cache error and TLB error with reserved 0x20, by uefi-2.10 (uefi-2.9: no meaning with reserved 0x26; "
            "uefi-2.11: TLB error and bus error with reserved 0x20)",
        ),
    ],
)
def test_pitfall_01_a_type_byte_says_who_reads_it_and_what_others_read(byte, dialect, said):
    assert readings(byte, dialect) == said


# --- dialects --------------------------------------------------------------------------------------------------------


def arm(*infos: tuple[int, int]) -> bytes:
    valid = ErrorInformationValid(error_information=True)
    made = (ErrorInformation(validation_bits=valid, type=t, error_information=word) for t, word in infos)
    return ArmProcessor(error_information=tuple(made)).build()


def named_fields(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f["path"]: f for f in view["fields"]}


def test_pitfall_01_every_view_of_an_arm_error_names_its_dialect():
    view = named_fields(record_view(StatusBlock, checks.sample("vectors/g_arm_types.bin")))
    section = view["entries[0].section"]["text"]
    assert section == (
        "error types read by uefi-2.10: only uefi-2.10 gives a meaning to the type bytes (0x02, 0x04, 0x08, 0x10)"
    )
    types = [view[f"entries[0].section.error_information[{i}].type"]["text"] for i in range(4)]
    kinds = ["cache error", "TLB error", "bus error", "micro-architectural error"]
    assert [said.split(", by ")[0] for said in types] == kinds
    assert all(", by uefi-2.10" in said for said in types)


def test_a_dialect_may_be_chosen_by_hand():
    data = StatusBlock.parse(checks.sample("vectors/g_arm_types.bin")).build()
    view = named_fields(record_view(StatusBlock, data, dialect=Dialect.UEFI_2_11))
    assert view["entries[0].section"]["text"] == "error types read by uefi-2.11: chosen by hand"
    assert view["entries[0].section.error_information[0].type"]["text"].startswith("TLB error, by uefi-2.11")


def test_the_word_of_an_arm_error_is_laid_out_by_its_kind():
    path = "error_information[0].error_information"
    view = named_fields(record_view(ArmProcessor, arm((0x08, 1 << 31 | 0b11 << 8 | 0x1000)), dialect=Dialect.UEFI_2_10))
    bus = {name.removeprefix(f"{path}."): f for name, f in view.items() if name.startswith(f"{path}.")}
    assert (bus["timed_out"]["value"], bus["timed_out"]["valid"], bus["timed_out"]["bits"]) == ("yes", True, [31, 31])
    assert (bus["participation"]["value"], bus["participation"]["valid"]) == ("ORIGINATED", False)
    assert bus["address_space"]["valid"] is True
    assert (bus["reserved"]["value"], bus["reserved"]["bits"]) == ("0x1", [15, 12])
    assert bus["timed_out_valid"]["valid"] is None
    start = view[path]["start"]
    assert {(f["start"], f["stop"]) for f in bus.values()} == {(start, start + 8)}
    cache = named_fields(record_view(ArmProcessor, arm((0x08, 0)), dialect=Dialect.UEFI_2_9))
    assert not [name for name in cache if name.startswith(f"{path}.")]


def test_a_word_that_is_not_valid_is_not_believed_bit_by_bit():
    data = ArmProcessor(error_information=(ErrorInformation(type=2, error_information=0x7F),)).build()
    view = named_fields(record_view(ArmProcessor, data))
    path = "error_information[0].error_information"
    assert view[path]["valid"] is False
    assert {f["valid"] for name, f in view.items() if name.startswith(f"{path}.")} == {False}


# --- what to believe -------------------------------------------------------------------------------------------------


def test_what_is_not_valid_is_not_valid_inside():
    view = named_fields(record_view(StatusBlock, checks.sample("vectors/g_qemu_mem.bin")))
    stamp = view["entries[0].timestamp"]
    seconds = view["entries[0].timestamp.seconds"]
    assert (stamp["valid"], stamp["inside"]) == (False, False)
    assert (seconds["valid"], seconds["inside"]) == (False, True)
    memory = {n.removeprefix("entries[0].section."): f["valid"] for n, f in view.items() if ".section." in n}
    believed = {name for name, valid in memory.items() if valid}
    assert believed == {"physical_address", "memory_error_type"}
    assert memory["validation_bits"] is None
    assert memory["error_status.data"] is False


def test_only_plain_values_and_single_bits_can_be_edited():
    class Bag(Record, ref="Book §3"):
        name: str = text(4)
        who: UUID = guid()
        raw: bytes = raw(2)
        things: Any = field(UntilEnd(Small.con), default=())

    data = Bag(things=(Small(),)).build()
    view = record_view(Bag, data)
    assert [f["path"] for f in view["fields"] if not f["edit"]] == [
        "things",
        "things[0]",
        "things[0].validation_bits",
    ]
    for f in view["fields"]:
        if f["edit"]:
            assert Bag.parse(data).edited(f["path"], Bag.parse(data).to_json().get(f["path"], 0)).build()


# --- every view ------------------------------------------------------------------------------------------------------


def kind_of(path: Any) -> type[Record]:
    if path.suffix == ".cper":
        return CperRecord
    return Hest if path.stem.startswith("hest") or path.parent.name == "hest" else StatusBlock


@pytest.mark.parametrize("path", checks.shared("vectors", "samples/estatus", "samples/hest", "samples/whea"))
def test_every_view_keeps_the_contract(path):
    """Groups before what they hold; every byte in exactly one field that is no group; plain JSON."""
    kind, data = kind_of(path), path.read_bytes()
    keeps_the_contract(record_view(kind, data), data)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=300), st.sampled_from([CperRecord, StatusBlock, Hest, ArmProcessor]))
def test_a_view_of_any_bytes_keeps_the_contract(data, kind):
    view = record_view(kind, data)
    keeps_the_contract(view, data)
    assert (view["error"] is None) == (kind.explain(data).error is None)


def keeps_the_contract(view: dict[str, Any], data: bytes) -> None:
    assert json.loads(json.dumps(view)) == view
    assert view["hex"] == data.hex()
    fields = view["fields"]
    assert all(set(f) >= KEYS for f in fields)
    assert [(f["start"], -f["stop"]) for f in fields] == sorted((f["start"], -f["stop"]) for f in fields)
    assert len({f["path"] for f in fields if f["name"] != "reserved"}) == len(
        [f for f in fields if f["name"] != "reserved"]
    )
    assert all(0 <= f["start"] < f["stop"] <= len(data) for f in fields)
    if view["error"] is None:
        leaves = [f for f in fields if not f["group"] and f["bits"] is None]
        assert b"".join(data[f["start"] : f["stop"]] for f in leaves) == data
    else:
        assert set(view["error"]) == {"message", "path", "offset"}


def test_u8_is_decimal_and_hex():
    """Numbers of one digit speak for themselves."""

    class Two(Record, ref="Book §4"):
        a: int = u8()
        b: int = u8()

    assert [(f["value"], f["text"]) for f in record_view(Two, b"\x09\x0a")["fields"]] == [("9", ""), ("10", "0xa")]


def test_a_value_without_a_name_says_so_unless_it_is_not_valid():
    valid = MemoryValid(memory_error_type=True, error_status=True)
    data = PlatformMemory(validation_bits=valid, memory_error_type=99, error_status=ErrorStatus(error_type=2)).build()
    fields = {f["path"]: f for f in record_view(PlatformMemory, data)["fields"]}
    assert (fields["memory_error_type"]["value"], fields["memory_error_type"]["text"]) == (
        "99",
        "0x63; no name for it here",
    )
    assert fields["error_status.error_type"]["text"] == "no name for it here"
    unheard = PlatformMemory(memory_error_type=99).build()
    fields = {f["path"]: f for f in record_view(PlatformMemory, unheard)["fields"]}
    assert fields["memory_error_type"]["text"] == "0x63"
    assert {f["path"]: f["text"] for f in record_view(PlatformMemory, PlatformMemory().build())["fields"]}["node"] == ""


def test_reserved_bits_are_shown_in_hex_where_they_are_set():
    data = PlatformMemory(validation_bits=MemoryValid.parse(1 << 40)).build()
    fields = [f for f in record_view(PlatformMemory, data)["fields"] if f["name"] == "reserved"]
    assert [(f["path"], f["bits"], f["value"]) for f in fields] == [("validation_bits.reserved", [63, 22], "0x40000")]


def test_guids_inside_of_sections_have_names():
    cache = UUID("a55701f5-e3ef-43de-ac72-249b573fad2c")
    pstore = UUID("75a574e3-5052-4b29-8a8e-be2c6490b89d")
    assert (meaning(cache), meaning(pstore)) == ("cache check", "Linux pstore")
