"""EINJ: the table that injects, the blocks that its actions use, and the trigger table."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import einj
from raslib.formats.acpi import AccessSize, GenericAddress
from raslib.formats.einj import (
    AddressFlags,
    Component,
    Einj,
    EinjAction,
    EinjEntry,
    EinjErrorType,
    EinjInstruction,
    EinjResult,
    EinjStatus,
    ErrorTypeV2,
    ErrorWithAddress,
    Extension,
    Sbdf,
    TriggerTable,
    VendorErrorType,
)
from raslib.formats.serialization import InstructionFlags
from raslib.records import RecordError

ACTIONS = {
    "BEGIN_INJECTION_OPERATION": 0,
    "GET_TRIGGER_ERROR_ACTION_TABLE": 1,
    "SET_ERROR_TYPE": 2,
    "GET_ERROR_TYPE": 3,
    "END_OPERATION": 4,
    "EXECUTE_OPERATION": 5,
    "CHECK_BUSY_STATUS": 6,
    "GET_COMMAND_STATUS": 7,
    "SET_ERROR_TYPE_WITH_ADDRESS": 8,
    "GET_EXECUTE_OPERATION_TIMINGS": 9,
    "EINJV2_SET_ERROR_TYPE": 0x10,
    "EINJV2_GET_ERROR_TYPE": 0x11,
    "TRIGGER_ERROR": 0xFF,
}
KINDS = ["processor", "memory", "pcie", "platform", "cxl_cache", "cxl_memory"]
DEGREES = ["correctable", "uncorrectable_non_fatal", "uncorrectable_fatal"]
INJECTION = [
    ("error_type", 0, 4),
    ("vendor_error_type_extension_structure_offset", 4, 4),
    ("flags", 8, 4),
    ("processor_identification", 12, 4),
    ("memory_address", 16, 8),
    ("memory_address_range", 24, 8),
    ("pcie_sbdf", 32, 4),
    ("einjv2", 36, None),
    ("beyond", None, None),
]


def register(address: int) -> GenericAddress:
    return GenericAddress(register_bit_width=64, access_size=AccessSize.QWORD, address=address)


def test_the_fields_lie_where_the_document_has_them():
    assert checks.layout(Einj)[9:] == [
        ("injection_header_size", 36, 4),
        ("injection_flags", 40, 1),
        ("reserved", 41, 3),
        ("injection_entry_count", 44, 4),
        ("entries", 48, None),
        ("beyond", None, None),
    ]
    assert [row[:2] for row in checks.layout(EinjEntry)] == [
        ("action", 0),
        ("instruction", 1),
        ("flags", 2),
        ("reserved", 3),
        ("register_region", 4),
        ("value", 16),
        ("mask", 24),
    ]
    assert checks.layout(ErrorWithAddress) == INJECTION
    assert checks.layout(Extension)[:3] == [("length", 0, 4), ("revision", 4, 2), ("component_array_count", 6, 2)]
    assert checks.layout(Component) == [("component_id", 0, 16), ("component_syndrome", 16, 16)]
    assert checks.layout(VendorErrorType)[:6] == [
        ("length", 0, 4),
        ("sbdf", 4, 4),
        ("vendor_id", 8, 2),
        ("device_id", 10, 2),
        ("revision_id", 12, 1),
        ("reserved", 13, 3),
    ]
    assert checks.layout(TriggerTable)[:5] == [
        ("header_size", 0, 4),
        ("revision", 4, 4),
        ("table_size", 8, 4),
        ("entry_count", 12, 4),
        ("entries", 16, None),
    ]
    sizes = [
        checks.size(kind) for kind in (Einj, EinjEntry, ErrorWithAddress, Extension, VendorErrorType, TriggerTable)
    ]
    assert sizes == [48, 32, 36, 8, 16, 16]


def test_the_numbers_are_the_documents():
    assert {a.name: int(a) for a in EinjAction} == ACTIONS
    assert [(i.name, int(i)) for i in EinjInstruction] == [
        ("READ_REGISTER", 0),
        ("READ_REGISTER_VALUE", 1),
        ("WRITE_REGISTER", 2),
        ("WRITE_REGISTER_VALUE", 3),
        ("NOOP", 4),
        ("FLUSH_CACHELINE", 5),
    ]
    assert [(s.name, int(s)) for s in EinjStatus] == [("SUCCESS", 0), ("UNKNOWN_FAILURE", 1), ("INVALID_ACCESS", 2)]


def test_the_bits_are_the_documents():
    types = dict(enumerate(f"{kind}_{degree}" for kind in KINDS for degree in DEGREES))
    checks.flags_at(EinjErrorType, types | {30: "einjv2_supported", 31: "vendor_defined"})
    checks.flags_at(ErrorTypeV2, {0: "processor", 1: "memory", 2: "pcie"})
    checks.flags_at(
        AddressFlags,
        {0: "processor_identification_valid", 1: "memory_address_valid", 2: "pcie_sbdf_valid", 3: "einjv2_valid"},
    )
    checks.fields_at(Sbdf, {"segment": (31, 24), "bus": (23, 16), "device": (15, 11), "function": (10, 8)})
    checks.fields_at(EinjResult, {"busy": (0, 0), "status": (8, 1)})
    assert EinjResult.parse(0b101) == EinjResult(busy=True, status=EinjStatus.INVALID_ACCESS)


def test_every_member_is_reachable_and_has_its_own_word():
    checks.explained(einj)
    checks.documented(einj)


@pytest.mark.parametrize("path", checks.shared("samples/einj"))
def test_samples_come_back(path):
    assert checks.lossless(Einj, path.read_bytes()).signature == "EINJ"


def test_a_servers_table_says_what_it_says():
    table = Einj.parse(checks.sample("samples/einj/ampere-altra.aml"))
    assert (table.revision, table.injection_header_size, table.injection_entry_count) == (1, 48, 9)
    assert [e.action for e in table.entries] == [
        EinjAction.BEGIN_INJECTION_OPERATION,
        EinjAction.GET_TRIGGER_ERROR_ACTION_TABLE,
        EinjAction.SET_ERROR_TYPE_WITH_ADDRESS,
        EinjAction.SET_ERROR_TYPE,
        EinjAction.GET_ERROR_TYPE,
        EinjAction.END_OPERATION,
        EinjAction.EXECUTE_OPERATION,
        EinjAction.CHECK_BUSY_STATUS,
        EinjAction.GET_COMMAND_STATUS,
    ]
    assert table.entries[6] == EinjEntry(
        action=EinjAction.EXECUTE_OPERATION,
        instruction=EinjInstruction.WRITE_REGISTER_VALUE,
        flags=InstructionFlags(preserve_register=True),
        register_region=GenericAddress(register_bit_width=32, access_size=AccessSize.DWORD, address=0x1000_0054_3010),
        value=0xB170_0000,
        mask=0xFFFF_FFFF,
    )
    assert list(table.as_found()) == []


def test_pitfall_13_the_header_size_may_be_12_or_48_and_the_entries_do_not_move():
    for size in (12, 48):
        table = Einj(injection_header_size=size, entries=(EinjEntry(value=size),))
        assert table.build()[48:] == EinjEntry(value=size).build()
        assert checks.lossless(Einj, table.build()) == table


def test_pitfall_13_a_trigger_table_may_have_no_entries():
    assert TriggerTable().build() == bytes([16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0])
    table = checks.lossless(TriggerTable, TriggerTable().build())
    assert (table.entry_count, table.entries) == (0, ())


def test_a_trigger_table_has_its_entries():
    entry = EinjEntry(
        action=EinjAction.TRIGGER_ERROR, instruction=EinjInstruction.READ_REGISTER, register_region=register(0x8000)
    )
    table = TriggerTable(entries=(entry,), beyond=b"rest")
    assert (table.table_size, table.entry_count) == (48, 1)
    assert checks.lossless(TriggerTable, table.build()) == table


def test_pitfall_12_the_checksum_is_made_again_after_an_edit():
    table = Einj(entries=(EinjEntry(),))
    edited = table.replace(entries=(EinjEntry(value=1), EinjEntry(value=2)), revision=2)
    assert sum(table.build()) % 256 == sum(edited.build()) % 256 == 0
    assert (edited.length, edited.injection_entry_count) == (112, 2)


# the blocks


def test_a_memory_error_with_its_address():
    block = ErrorWithAddress(
        error_type=EinjErrorType(memory_uncorrectable_non_fatal=True),
        flags=AddressFlags(memory_address_valid=True),
        memory_address=0x4000_1000,
        memory_address_range=0xFFFF_FFFF_FFFF_F000,
    )
    expected = "10000000 00000000 02000000 00000000 0010004000000000 00f0ffffffffffff 00000000"
    assert block.build() == bytes.fromhex(expected)
    assert checks.lossless(ErrorWithAddress, block.build()) == block


def test_a_pcie_function_in_its_place():
    block = ErrorWithAddress(pcie_sbdf=Sbdf(segment=1, bus=0x23, device=4, function=5))
    assert block.build()[32:36] == bytes([0, 4 << 3 | 5, 0x23, 1])


def test_version_2_appends_components_where_its_flag_says_so():
    components = (Component(component_id=b"\1" * 16, component_syndrome=b"\2" * 16), Component())
    flags = AddressFlags(memory_address_valid=True, einjv2_valid=True)
    block = ErrorWithAddress(flags=flags, einjv2=Extension(components=components, unused=bytes(32)), beyond=b"vendor")
    data = block.build()
    assert data[36:44] == bytes([8 + 3 * 32, 0, 0, 0, 1, 0, 2, 0])
    assert checks.lossless(ErrorWithAddress, data) == block
    older = ErrorWithAddress.parse(data[:8] + bytes([2]) + data[9:])
    assert (older.einjv2, older.beyond) == (None, data[36:])


def test_a_count_that_does_not_fit_the_extension_is_an_error():
    data = ErrorWithAddress(flags=AddressFlags(einjv2_valid=True), einjv2=Extension(components=(Component(),))).build()
    with pytest.raises(RecordError) as e:
        ErrorWithAddress.parse(data[:42] + b"\x02" + data[43:])
    assert e.value.path.startswith("einjv2.")


def test_a_vendors_structure_holds_what_its_length_says():
    structure = VendorErrorType(sbdf=Sbdf(bus=3), vendor_id=0x1DEF, device_id=0xE100, revision_id=4, oem_data=b"more")
    assert structure.length == 20
    assert checks.lossless(VendorErrorType, structure.build() + b"after").beyond == b"after"


def filled(low: int, high: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=low, max_size=high)


@checks.patient
@given(st.lists(filled(32, 32), max_size=4), st.integers(0, 0xFFFF_FFFF), st.integers(0, 255), filled(3, 3))
def test_random_tables_come_back(entries, header_size, injection_flags, reserved):
    table = Einj(
        injection_header_size=header_size,
        injection_flags=injection_flags,
        reserved=reserved,
        entries=tuple(EinjEntry.parse(entry) for entry in entries),
    )
    assert checks.lossless(Einj, table.build()).build() == table.build()


@checks.patient
@given(st.sampled_from([Einj, ErrorWithAddress, Extension, VendorErrorType, TriggerTable]), st.binary(max_size=150))
def test_random_bytes_come_back_or_are_refused(kind, data):
    try:
        value = kind.parse(data)
    except RecordError:
        return
    assert value.build() == data
    assert checks.tiles(kind, data) == data


@checks.patient
@given(filled(36, 36), st.lists(filled(32, 32), max_size=3), filled(0, 9))
def test_random_blocks_come_back(head, components, beyond):
    head = head[:8] + bytes([head[8] | 8]) + head[9:]
    extension = Extension(components=tuple(Component.parse(c) for c in components)).build()
    checks.lossless(ErrorWithAddress, head + extension + beyond)


@pytest.mark.iasl
def test_iasl_reads_and_remakes_the_table(tmp_path):
    """Every action that Debian's iasl knows (it knows none of ACPI 6.5's) and every instruction."""
    entries = tuple(
        EinjEntry(
            action=n,
            instruction=n % 6,
            flags=InstructionFlags(preserve_register=bool(n % 2)),
            register_region=register(0x8000_0000 + 8 * n),
            value=n,
        )
        for n in range(10)
    )
    table = Einj(entries=entries)
    source, again = checks.iasl(table, tmp_path)
    assert "Injection Entry Count : 0000000A" in source
    assert "08 [Set Error Type With Address]" in source
    assert checks.without(again) == checks.without(table.build())


@pytest.mark.iasl
def test_iasl_remakes_what_it_has_no_name_for(tmp_path):
    entries = (EinjEntry(action=EinjAction.EINJV2_SET_ERROR_TYPE), EinjEntry(action=EinjAction.EINJV2_GET_ERROR_TYPE))
    table = Einj(revision=2, entries=entries)
    source, again = checks.iasl(table, tmp_path)
    assert "10 [Unknown Action]" in source
    assert checks.without(again) == checks.without(table.build())
