"""Arm RAS nodes: who, what its error records hold, what else is known, and where all that lies."""

import pytest
from formats import acpi_checks as checks

from raslib.formats.more import arm_ras
from raslib.formats.more.arm_ras import (
    ArmRas,
    AuxiliaryContext,
    AuxiliaryData,
    ErrorDescriptor,
    InstanceFormat,
    KeyValue,
    MappedRegister,
    TypeFormat,
)
from raslib.records import RecordError

[MPAM] = arm_ras.PARTS
RECORDS = (ErrorDescriptor(index=0, err_status=0xE0000002), ErrorDescriptor(index=1, err_misc3=1 << 63))
AUXILIARY = AuxiliaryData(
    contexts=(
        AuxiliaryContext(registers=(MappedRegister(address=0x2A400000, value=1), MappedRegister())),
        AuxiliaryContext(flags=arm_ras.ContextFlags(local=True), address_space_id=3),
    ),
    key_values=(KeyValue(key=MPAM, value=5),),
)


def test_records_and_auxiliary_data_lie_one_after_another():
    made = ArmRas(error_records=RECORDS, auxiliary=AUXILIARY)
    data = made.build()
    assert (made.record_count, made.record_offset, made.auxiliary_offset) == (2, 80, 80 + 2 * 72)
    assert data[8:16] == bytes.fromhex("02000000 5000 e000")
    assert data[80:224] == b"".join(record.build() for record in RECORDS)
    assert data[224:] == AUXILIARY.build()
    assert checks.lossless(ArmRas, data) == made


def test_auxiliary_data_counts_itself():
    assert [context.length for context in AUXILIARY.contexts] == [48, 16]
    assert (AUXILIARY.context_count, AUXILIARY.key_value_count) == (2, 1)
    assert (AUXILIARY.key_value_offset, AUXILIARY.length) == (80, 104)
    data = AUXILIARY.build()
    assert data[:16] == bytes.fromhex("01 00 0200 68000000 50000000 0100 0000")
    assert data[80:96] == bytes.fromhex("8251b4eb03fbf94b9aca8613709fd789")


def test_without_pairs_their_offset_is_the_end():
    none = AuxiliaryData()
    assert none.key_value_offset == none.length == 16


def test_gaps_move_what_follows_them():
    made = ArmRas(gap0=b"gap", error_records=RECORDS[:1], gap1=b"another", auxiliary=AUXILIARY, beyond=b"end")
    assert (made.record_offset, made.auxiliary_offset) == (83, 83 + 72 + 7)
    assert checks.lossless(ArmRas, made.build()) == made
    apart = AUXILIARY.replace(gap=b"gap", beyond=b"end")
    assert (apart.key_value_offset, apart.length) == (83, 110)
    assert checks.lossless(AuxiliaryData, apart.build()) == apart


def test_a_node_without_records_says_nothing_of_their_place():
    data = bytearray(ArmRas().build())
    data[12:14] = bytes(2)
    found = checks.lossless(ArmRas, bytes(data))
    assert found.record_offset == 0
    assert (found.error_records, found.auxiliary) == ((), None)


@pytest.mark.parametrize(("field", "value"), [("record_offset", 79), ("auxiliary_offset", 100)])
def test_offsets_into_what_comes_before_are_refused(field, value):
    made = ArmRas(error_records=RECORDS, auxiliary=AUXILIARY).replace(**{field: value})
    with pytest.raises(RecordError, match="gap"):
        ArmRas.parse(ArmRas(error_records=RECORDS, auxiliary=AUXILIARY).build()[:8] + made_head(made))


def made_head(node: ArmRas) -> bytes:
    """The bytes of *node* from its counts on, with the gaps left out that its offsets ask for."""
    honest = ArmRas(error_records=node.error_records, auxiliary=node.auxiliary).build()
    offsets = node.record_offset.to_bytes(2, "little") + node.auxiliary_offset.to_bytes(2, "little")
    return honest[8:12] + offsets + honest[16:]


INSTANCE = bytes.fromhex("0000010100000080 8877665544332211")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (InstanceFormat.PE, arm_ras.PeInstance(mpidr_el1=0x80000000_01010000, reserved=INSTANCE[8:])),
        (InstanceFormat.SYSTEM_ADDRESS, arm_ras.SystemAddress(address=0x80000000_01010000, reserved=INSTANCE[8:])),
        (
            InstanceFormat.LOCAL_ADDRESS,
            arm_ras.LocalAddress(address_space=0x80000000_01010000, base_address=0x11223344_55667788),
        ),
        (InstanceFormat.SOC_SPECIFIC, INSTANCE),
        (4, INSTANCE),
    ],
)
def test_an_instance_is_what_its_format_says(form, expected):
    assert checks.lossless(ArmRas, ArmRas(instance_format=form, instance=INSTANCE).build()).instance == expected


TYPE = bytes(range(24))


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (TypeFormat.PE, arm_ras.PeType),
        (TypeFormat.SMMU_IIDR, arm_ras.IidrType),
        (TypeFormat.GIC_IIDR, arm_ras.IidrType),
        (TypeFormat.PIDR, arm_ras.PidrType),
        (TypeFormat.INVALID, bytes),
        (9, bytes),
    ],
)
def test_a_type_is_what_its_format_says(form, kind):
    """libcper reads the type of a GIC as PIDR registers, and that of PIDR registers not at all."""
    found = checks.lossless(ArmRas, ArmRas(type_format=form, ip_type=TYPE).build()).ip_type
    assert type(found) is kind
    match found:
        case arm_ras.IidrType():
            assert (found.iidr, found.aidr) == (0x03020100, 0x07060504)
        case arm_ras.PidrType():
            assert (found.pidr3, found.pidr0, found.pidr7, found.pidr4) == (0, 3, 4, 7)


def test_user_data_is_text_or_stays_bytes():
    assert ArmRas.parse(ArmRas(user_data="node 7").build()).user_data == "node 7"
    assert ArmRas.parse(ArmRas(user_data=b"\xff" * 16).build()).user_data == b"\xff" * 16
