"""ERST: the table of register accesses that keeps records over a reboot."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import erst, serialization
from raslib.formats.acpi import AccessSize, AddressSpace, GenericAddress
from raslib.formats.erst import Erst, ErstAction, ErstEntry, ErstInstruction, ErstResult, ErstStatus, RangeAttributes
from raslib.formats.serialization import InstructionEntry, InstructionFlags, Timings
from raslib.records import RecordError

ENTRY = [
    ("action", 0, 1),
    ("instruction", 1, 1),
    ("flags", 2, 1),
    ("reserved", 3, 1),
    ("register_region", 4, 12),
    ("value", 16, 8),
    ("mask", 24, 8),
]
ACTIONS = """BEGIN_WRITE_OPERATION BEGIN_READ_OPERATION BEGIN_CLEAR_OPERATION END_OPERATION SET_RECORD_OFFSET
EXECUTE_OPERATION CHECK_BUSY_STATUS GET_COMMAND_STATUS GET_RECORD_IDENTIFIER SET_RECORD_IDENTIFIER GET_RECORD_COUNT
BEGIN_DUMMY_WRITE_OPERATION RESERVED GET_ERROR_LOG_ADDRESS_RANGE GET_ERROR_LOG_ADDRESS_RANGE_LENGTH
GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES GET_EXECUTE_OPERATION_TIMINGS"""
INSTRUCTIONS = """READ_REGISTER READ_REGISTER_VALUE WRITE_REGISTER WRITE_REGISTER_VALUE NOOP LOAD_VAR1 LOAD_VAR2
STORE_VAR1 ADD SUBTRACT ADD_VALUE SUBTRACT_VALUE STALL STALL_WHILE_TRUE SKIP_NEXT_INSTRUCTION_IF_TRUE GOTO
SET_SRC_ADDRESS_BASE SET_DST_ADDRESS_BASE MOVE_DATA"""


def register(address: int, width: int = 64) -> GenericAddress:
    return GenericAddress(register_bit_width=width, access_size=AccessSize.QWORD, address=address)


def test_the_fields_lie_where_the_document_has_them():
    assert checks.layout(Erst)[9:] == [
        ("serialization_header_size", 36, 4),
        ("reserved", 40, 4),
        ("instruction_entry_count", 44, 4),
        ("entries", 48, None),
        ("beyond", None, None),
    ]
    assert checks.layout(ErstEntry) == checks.layout(InstructionEntry) == ENTRY
    assert (checks.size(Erst), checks.size(ErstEntry), serialization.ENTRIES, serialization.ENTRY) == (48, 32, 48, 32)


def test_the_numbers_are_the_documents():
    assert [a.name for a in ErstAction] == ACTIONS.split()
    assert [int(a) for a in ErstAction] == list(range(0x11))
    assert [i.name for i in ErstInstruction] == INSTRUCTIONS.split()
    assert [int(i) for i in ErstInstruction] == list(range(0x13))
    assert [s.name for s in ErstStatus] == [
        "SUCCESS",
        "NOT_ENOUGH_SPACE",
        "HARDWARE_NOT_AVAILABLE",
        "FAILED",
        "RECORD_STORE_EMPTY",
        "RECORD_NOT_FOUND",
    ]
    assert [int(s) for s in ErstStatus] == list(range(6))


def test_the_bits_are_the_documents():
    checks.flags_at(InstructionFlags, {0: "preserve_register"})
    checks.flags_at(RangeAttributes, {1: "non_volatile", 2: "slow"})
    checks.fields_at(Timings, {"maximum": (63, 32), "nominal": (31, 0)})
    checks.fields_at(ErstResult, {"busy": (0, 0), "status": (8, 1)})
    assert ErstResult.parse(0x1FE & 0b111) == ErstResult(status=ErstStatus.FAILED)


def test_every_member_is_reachable_and_has_its_own_word():
    checks.explained(erst)
    checks.documented(erst)
    checks.documented(serialization)


@pytest.mark.parametrize("path", checks.shared("samples/erst"))
def test_samples_come_back(path):
    assert checks.lossless(Erst, path.read_bytes()).signature == "ERST"


def test_a_shipping_table_says_what_it_says():
    table = Erst.parse(checks.sample("samples/erst/fwts-0001.aml"))
    assert (table.serialization_header_size, table.instruction_entry_count, len(table.entries)) == (48, 16, 16)
    assert [int(e.action) for e in table.entries] == list(range(16))
    assert table.entries[0] == ErstEntry(
        action=ErstAction.BEGIN_WRITE_OPERATION,
        instruction=ErstInstruction.WRITE_REGISTER_VALUE,
        register_region=register(0xBF623018),
        value=2,
        mask=0xFFFF,
    )
    assert table.entries[3] == ErstEntry(
        action=ErstAction.END_OPERATION,
        instruction=ErstInstruction.NOOP,
        flags=InstructionFlags(preserve_register=True),
        register_region=register(0xBF623018),
        mask=0xFFFF,
    )
    assert table.entries[5].register_region == GenericAddress(
        address_space_id=AddressSpace.SYSTEM_IO, register_bit_width=8, access_size=AccessSize.BYTE, address=0xB2
    )
    assert (table.entries[7].action, table.entries[7].mask) == (ErstAction.GET_COMMAND_STATUS, 0x1FE)
    assert table.entries[12].action is ErstAction.RESERVED


def test_a_count_too_large_and_the_checksum_that_it_spoils_are_named():
    table = Erst.parse(checks.sample("samples/erst/fwts-0003.aml"))
    assert (table.instruction_entry_count, len(table.entries)) == (17, 16)
    assert sorted(table.as_found()) == ["checksum", "instruction_entry_count"]


def test_reserved_values_of_a_broken_table_stay():
    data = checks.sample("samples/erst/fwts-0002.aml")
    table = Erst.parse(data)
    assert table.reserved == bytes([0xF0, 0, 0, 0])
    assert table.entries[0].flags == InstructionFlags(preserve_register=True, reserved=0xFE)
    assert table.entries[0].register_region.access_size == 5
    assert table.entries[2].instruction == 0x13
    assert not isinstance(table.entries[2].instruction, ErstInstruction)


def test_pitfall_13_the_header_size_may_be_12_or_48_and_the_entries_do_not_move():
    entries = (ErstEntry(action=ErstAction.BEGIN_WRITE_OPERATION, register_region=register(0x1000), value=7),)
    for size in (12, 48):
        table = Erst(serialization_header_size=size, entries=entries)
        data = table.build()
        assert len(data) == 48 + 32
        assert data[48:] == entries[0].build()
        assert checks.lossless(Erst, data) == table


def test_pitfall_12_the_checksum_is_made_again_after_an_edit_and_counts_length_bytes_alone():
    table = Erst(entries=(ErstEntry(),), beyond=b"\x01\x02")
    assert sum(table.build()[: table.length]) % 256 == 0
    assert table.length == 48 + 32
    edited = table.replace(oem_id="EDITED", entries=(ErstEntry(), ErstEntry(value=9)))
    assert (edited.length, edited.instruction_entry_count) == (48 + 64, 2)
    assert sum(edited.build()[: edited.length]) % 256 == 0


def test_an_entry_cut_short_is_an_error_that_names_it():
    data = Erst(entries=(ErstEntry(), ErstEntry())).build()
    short = data[:4] + (48 + 40).to_bytes(4, "little") + data[8:]
    with pytest.raises(RecordError) as e:
        Erst.parse(short)
    assert e.value.path == "entries[1].register_region.address"


ENTRIES = st.builds(
    ErstEntry,
    action=st.integers(0, 255),
    instruction=st.integers(0, 255),
    flags=st.builds(
        InstructionFlags, preserve_register=st.booleans(), reserved=st.integers(0, 127).map(lambda n: n << 1)
    ),
    reserved=st.binary(min_size=1, max_size=1),
    register_region=st.binary(min_size=12, max_size=12).map(GenericAddress.parse),
    value=checks.words,
    mask=checks.words,
)


@checks.patient
@given(
    st.lists(ENTRIES, max_size=5), st.integers(0, 0xFFFF_FFFF), st.binary(min_size=4, max_size=4), st.binary(max_size=8)
)
def test_random_tables_come_back(entries, header_size, reserved, beyond):
    table = Erst(
        serialization_header_size=header_size, reserved=reserved, entries=tuple(entries), beyond=beyond, revision=3
    )
    again = checks.lossless(Erst, table.build())
    assert again.build() == table.build()
    assert list(again.as_found()) == []


@checks.patient
@given(st.binary(max_size=48 + 96))
def test_random_bytes_come_back_or_are_refused(data):
    try:
        value = Erst.parse(data)
    except RecordError:
        return
    assert value.build() == data


@pytest.mark.iasl
def test_iasl_reads_and_remakes_the_table(tmp_path):
    """Every action and every instruction; the compiler's own fields are `acpi_checks.NOT_OURS`."""
    entries = tuple(
        ErstEntry(
            action=ErstAction(n % 0x11),
            instruction=ErstInstruction(n),
            flags=InstructionFlags(preserve_register=bool(n % 2)),
            register_region=register(0x1_0000 + 8 * n),
            value=n,
            mask=0x1FE,
        )
        for n in range(0x13)
    )
    table = Erst(entries=entries)
    source, again = checks.iasl(table, tmp_path)
    assert "Instruction Entry Count : 00000013" in source
    assert "12 [Move Data]" in source
    assert checks.without(again) == checks.without(table.build())
