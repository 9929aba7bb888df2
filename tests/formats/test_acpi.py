"""What all ACPI tables share: the header, its length and checksum, and generic addresses."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.formats import acpi
from raslib.formats.acpi import AccessSize, AcpiTable, AddressSpace, GenericAddress, checksum
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import GenericSource, GenericSourceV2, Hest, Notification, Notify, SourceType
from raslib.records import RecordError
from raslib.resources import samples


def test_the_header_lies_as_the_document_says():
    assert checks.layout(AcpiTable) == [
        ("signature", 0, 4),
        ("length", 4, 4),
        ("revision", 8, 1),
        ("checksum", 9, 1),
        ("oem_id", 10, 6),
        ("oem_table_id", 16, 8),
        ("oem_revision", 24, 4),
        ("creator_id", 28, 4),
        ("creator_revision", 32, 4),
    ]
    assert checks.layout(Hest)[:9] == checks.layout(AcpiTable)
    assert acpi.HEADER == 36


def test_a_generic_address_lies_as_the_document_says():
    assert checks.layout(GenericAddress) == [
        ("address_space_id", 0, 1),
        ("register_bit_width", 1, 1),
        ("register_bit_offset", 2, 1),
        ("access_size", 3, 1),
        ("address", 4, 8),
    ]
    assert checks.size(GenericAddress) == 12


def test_a_notification_lies_as_the_document_says():
    assert checks.layout(Notification) == [
        ("type", 0, 1),
        ("length", 1, 1),
        ("configuration_write_enable", 2, 2),
        ("poll_interval", 4, 4),
        ("vector", 8, 4),
        ("switch_to_polling_threshold_value", 12, 4),
        ("switch_to_polling_threshold_window", 16, 4),
        ("error_threshold_value", 20, 4),
        ("error_threshold_window", 24, 4),
    ]
    assert checks.size(Notification) == Notification().length == 28


def test_a_generic_source_lies_as_the_document_says():
    table = [
        ("type", 0, 2),
        ("source_id", 2, 2),
        ("related_source_id", 4, 2),
        ("flags", 6, 1),
        ("enabled", 7, 1),
        ("records_to_preallocate", 8, 4),
        ("max_sections_per_record", 12, 4),
        ("max_raw_data_length", 16, 4),
        ("error_status_address", 20, 12),
        ("notification", 32, 28),
        ("error_status_block_length", 60, 4),
    ]
    assert checks.layout(GenericSource) == table
    more = [("read_ack_register", 64, 12), ("read_ack_preserve", 76, 8), ("read_ack_write", 84, 8)]
    assert checks.layout(GenericSourceV2) == [*table, *more]
    assert (checks.size(GenericSource), checks.size(GenericSourceV2)) == (64, 92)


def test_every_name_is_explained():
    checks.explained(acpi)
    assert [s.value for s in AddressSpace] == [0, 1, 2, 3, 4, 0x0A, 0x7F]
    assert [a.means for a in AccessSize][1:] == ["1 byte", "2 bytes", "4 bytes", "8 bytes"]
    assert [n.name for n in Notify] == [
        *("POLLED", "EXTERNAL", "LOCAL", "SCI", "NMI", "CMCI", "MCE", "GPIO", "SEA", "SEI", "GSIV", "SDEI", "SSE"),
    ]
    assert [n.value for n in Notify] == list(range(13))


# --- length and checksum ---------------------------------------------------------------------------------------------


def sea() -> GenericSourceV2:
    return GenericSourceV2(notification=Notification(type=Notify.SEA))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_a_checksum_makes_the_sum_zero(data):
    assert 0 <= checksum(data) <= 0xFF
    assert (sum(data) + checksum(data)) % 256 == 0


def test_a_table_from_python_has_its_length_and_checksum():
    table = Hest(error_sources=(sea(), sea().replace(source_id=1)))
    assert (table.length, table.error_source_count) == (36 + 4 + 2 * 92, 2)
    data = table.build()
    assert len(data) == table.length
    assert sum(data) % 256 == 0
    assert checks.lossless(Hest, data) == table


def test_pitfall_12_the_checksum_covers_the_length_and_follows_every_edit():
    table = Hest(error_sources=(sea(),))
    edited = table.replace(oem_revision=7)
    assert edited.checksum != table.checksum
    assert sum(edited.build()) % 256 == 0
    longer = table.replace(beyond=b"\1\2\3")
    assert (longer.length, longer.checksum) == (table.length, table.checksum)
    assert longer.build() == table.build() + b"\1\2\3"
    by_path = table.edited("error_sources[0].notification.type", "SDEI")
    assert by_path.error_sources[0].notification.type == Notify.SDEI
    assert sum(by_path.build()) % 256 == 0


def test_a_wrong_checksum_stays_wrong():
    data = bytearray(Hest(error_sources=(sea(),)).build())
    data[9] ^= 0x5A
    table = checks.lossless(Hest, bytes(data))
    assert list(table.as_found()) == ["checksum"]
    assert sum(table.replace().build()) % 256 == 0


def test_every_flipped_byte_of_a_captured_table_breaks_the_sum():
    data = checks.sample("vectors/hest_qemu_testdata_1k.bin")
    assert (sum(data) % 256, data[9]) == (0, 0x6C)
    assert checks.sample("vectors/hest_qemu_testdata_4k.bin")[9] == 0x3C
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        assert sum(flipped) % 256 != 0
        found = Hest.explain(flipped)
        assert found.error or "checksum" in found.record.as_found() or "length" in found.record.as_found()


# --- what points at what ---------------------------------------------------------------------------------------------


def test_pitfall_07_a_generic_address_need_not_be_aligned():
    """In the second GHESv2 of a HEST the address of the error status register lies at 156, which is 4 modulo 8."""
    data = checks.sample("vectors/hest_qemu_testdata_1k.bin")
    where = {s.path: s.start for s in Hest.spans(data)}
    assert where["error_sources[1].error_status_address.address"] == 156
    table = Hest.parse(data)
    assert [s.error_status_address.address for s in table.error_sources] == [0x43DA_0000, 0x43DA_0008]
    assert [s.read_ack_register.address for s in table.error_sources] == [0x43DA_0010, 0x43DA_0018]
    assert [s.notification.type for s in table.error_sources] == [Notify.SEA, Notify.GPIO]
    assert [s.type for s in table.error_sources] == [SourceType.GENERIC_V2] * 2


def test_pitfall_05_the_error_status_address_points_at_a_pointer():
    """Two captures of one machine: the HEST names a register, the register holds where the block lies."""
    (source,) = Hest.parse(samples("hest/qemu-7.2")).error_sources
    memory, base = samples("memory/qemu-7.2-hardware-errors"), source.error_status_address.address
    assert source.error_status_address == GenericAddress(
        address_space_id=AddressSpace.SYSTEM_MEMORY,
        register_bit_width=64,
        access_size=AccessSize.QWORD,
        address=base,
    )
    assert source.read_ack_register.address == base + 8
    assert memory[8:16] == source.read_ack_write.to_bytes(8, "little")
    block = int.from_bytes(memory[:8], "little") - base
    assert block == 16
    room = memory[block : block + source.error_status_block_length]
    assert StatusBlock.parse(room) == StatusBlock(beyond=bytes(1004))


@pytest.mark.parametrize(
    ("offset", "preserve", "write", "old", "new"),
    [
        (0, 0xFFFF_FFFF_FFFF_FFFE, 1, 0, 1),
        (0, 0xFFFF_FFFF_FFFF_FFFE, 1, 0xAB00, 0xAB01),
        (0, 0, 1, 0xFF, 1),
        (4, 0b1110, 0b0001, 0xFF, 0b1111_0000),
        (4, 0b0010, 0b0001, 0xFFFF, 0b0011_0000),
        (63, 1, 1, 0, 1 << 63),
        (63, 3, 3, 0, 1 << 63),
    ],
)
def test_pitfall_05_an_acknowledge_shifts_both_masks(offset, preserve, write, old, new):
    source = GenericSourceV2(
        read_ack_register=GenericAddress(register_bit_offset=offset), read_ack_preserve=preserve, read_ack_write=write
    )
    assert source.read_ack.after(old) == new


# --- broken tables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "path", "offset", "why"),
    [
        (0, "signature", 0, "needs 4 bytes, 0 are left"),
        (35, "creator_revision", 32, "needs 4 bytes, 3 are left"),
        (39, "error_source_count", 36, "needs 4 bytes, 3 are left"),
        (40, "error_sources", 40, "needs 92 bytes, 0 are left"),
        (131, "error_sources", 40, "needs 92 bytes, 91 are left"),
    ],
)
def test_a_table_cut_short_is_refused_where_it_ends(length, path, offset, why):
    data = Hest(error_sources=(sea(),)).build()[:length]
    with pytest.raises(RecordError) as e:
        Hest.parse(data)
    assert (e.value.record, e.value.path, e.value.offset, e.value.why) == ("Hest", path, offset, why)


def test_a_length_shorter_than_the_header_is_refused():
    data = bytearray(Hest(error_sources=(sea(),)).build())
    data[4] = 39
    with pytest.raises(RecordError) as e:
        Hest.parse(bytes(data))
    assert (e.value.path, e.value.offset) == ("error_sources", 40)
    assert e.value.why == "the lengths and offsets before it leave 1 bytes less than none"
