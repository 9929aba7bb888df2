"""HEST: QEMU's tables value by value and rebuilt from Python, a server's, and what every source type must keep."""

from dataclasses import replace

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import acpi, hest
from raslib.formats.acpi import AccessSize, AddressSpace, GenericAddress
from raslib.formats.hest import (
    AerBridge,
    AerDevice,
    AerRootPort,
    CorrectedMachineCheck,
    GenericSource,
    GenericSourceV2,
    Hest,
    MachineCheckBank,
    MachineCheckException,
    NonMaskableInterrupt,
    Notification,
    Notify,
    SelfSized,
    SourceFlags,
    SourceType,
    WriteEnable,
)
from raslib.records import RecordError
from raslib.resources import samples

QEMU = {"oem_id": "BOCHS ", "oem_table_id": "BXPC    ", "creator_id": "BXPC"}


def register(address, **more):
    return GenericAddress(**{"register_bit_width": 64, "access_size": AccessSize.QWORD, "address": address} | more)


def qemu_source(n, status, ack, notify, block):
    """Source *n* of QEMU's firmware, with only what is meant said."""
    return GenericSourceV2(
        source_id=n,
        max_raw_data_length=block,
        error_status_address=register(status),
        notification=Notification(type=notify),
        error_status_block_length=block,
        read_ack_register=register(ack),
        read_ack_preserve=~1 & 0xFFFF_FFFF_FFFF_FFFF,
        read_ack_write=1,
    )


def two_sources(block):
    return Hest(
        **QEMU,
        error_sources=(
            qemu_source(0, 0x43DA0000, 0x43DA0010, Notify.SEA, block),
            qemu_source(1, 0x43DA0008, 0x43DA0018, Notify.GPIO, block),
        ),
    )


def one_source(base):
    return Hest(**QEMU, error_sources=(qemu_source(0, base, base + 8, Notify.SEA, 0x400),))


def every_source():
    """A source of each type that documents define, all valid, in order."""
    common = {"error_status_address": register(0x8000_0000), "error_status_block_length": 0x1000}
    told = Notification(type=Notify.EXTERNAL, poll_interval=500, vector=33, error_threshold_value=2)
    banks = (MachineCheckBank(bank_number=1, control_init_data=0xFF), MachineCheckBank(bank_number=2))
    return (
        MachineCheckException(type=0, source_id=0, global_control_init_data=1, banks=banks),
        CorrectedMachineCheck(type=1, source_id=1, flags=SourceFlags(ghes_assist=True), notification=told, banks=banks),
        NonMaskableInterrupt(type=2, source_id=2, max_raw_data_length=0x20),
        AerRootPort(type=6, source_id=3, flags=SourceFlags(firmware_first=True, global_=True), root_error_command=7),
        AerDevice(type=7, source_id=4, bus=0x12_34, device=5, function=6, device_control=0xF),
        AerBridge(type=8, source_id=5, secondary_uncorrectable_error_mask=0x1780),
        GenericSource(source_id=6, notification=Notification(type=Notify.POLLED, poll_interval=1000), **common),
        GenericSourceV2(
            source_id=7,
            notification=Notification(type=Notify.SDEI, vector=804),
            read_ack_register=register(0x8000_0008, register_bit_offset=3),
            read_ack_preserve=0xFFFF_FFFE,
            read_ack_write=1,
            **common,
        ),
        CorrectedMachineCheck(type=11, source_id=8, notification=told, banks=banks[:1]),
    )


# the layout, against the tables of the document

LEADING = [("type", 0, 2), ("source_id", 2, 2)]
COUNTED = [
    *LEADING,
    ("reserved0", 4, 2),
    ("flags", 6, 1),
    ("enabled", 7, 1),
    ("records_to_preallocate", 8, 4),
    ("max_sections_per_record", 12, 4),
]
AER = [
    *COUNTED,
    ("bus", 16, 4),
    ("device", 20, 2),
    ("function", 22, 2),
    ("device_control", 24, 2),
    ("reserved", 26, 2),
    ("uncorrectable_error_mask", 28, 4),
    ("uncorrectable_error_severity", 32, 4),
    ("correctable_error_mask", 36, 4),
    ("advanced_error_capabilities_and_control", 40, 4),
]
GENERIC = [
    *LEADING,
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
LAYOUTS = {
    MachineCheckException: [
        *COUNTED,
        ("global_capability_init_data", 16, 8),
        ("global_control_init_data", 24, 8),
        ("number_of_hardware_banks", 32, 1),
        ("reserved", 33, 7),
        ("banks", 40, None),
    ],
    CorrectedMachineCheck: [
        *COUNTED,
        ("notification", 16, 28),
        ("number_of_hardware_banks", 44, 1),
        ("reserved", 45, 3),
        ("banks", 48, None),
    ],
    NonMaskableInterrupt: [
        *LEADING,
        ("reserved", 4, 4),
        ("records_to_preallocate", 8, 4),
        ("max_sections_per_record", 12, 4),
        ("max_raw_data_length", 16, 4),
    ],
    AerRootPort: [*AER, ("root_error_command", 44, 4)],
    AerDevice: AER,
    AerBridge: [
        *AER,
        ("secondary_uncorrectable_error_mask", 44, 4),
        ("secondary_uncorrectable_error_severity", 48, 4),
        ("secondary_advanced_error_capabilities_and_control", 52, 4),
    ],
    GenericSource: GENERIC,
    GenericSourceV2: [
        *GENERIC,
        ("read_ack_register", 64, 12),
        ("read_ack_preserve", 76, 8),
        ("read_ack_write", 84, 8),
    ],
    MachineCheckBank: [
        ("bank_number", 0, 1),
        ("clear_status_on_initialization", 1, 1),
        ("status_data_format", 2, 1),
        ("reserved", 3, 1),
        ("control_register_msr_address", 4, 4),
        ("control_init_data", 8, 8),
        ("status_register_msr_address", 16, 4),
        ("address_register_msr_address", 20, 4),
        ("misc_register_msr_address", 24, 4),
    ],
    Notification: [
        ("type", 0, 1),
        ("length", 1, 1),
        ("configuration_write_enable", 2, 2),
        ("poll_interval", 4, 4),
        ("vector", 8, 4),
        ("switch_to_polling_threshold_value", 12, 4),
        ("switch_to_polling_threshold_window", 16, 4),
        ("error_threshold_value", 20, 4),
        ("error_threshold_window", 24, 4),
    ],
    GenericAddress: [
        ("address_space_id", 0, 1),
        ("register_bit_width", 1, 1),
        ("register_bit_offset", 2, 1),
        ("access_size", 3, 1),
        ("address", 4, 8),
    ],
}
SIZES = {0: 40, 1: 48, 2: 20, 6: 48, 7: 44, 8: 56, 9: 64, 10: 92, 11: 48}  # without banks
BANK = 28


@pytest.mark.parametrize("kind", LAYOUTS, ids=lambda kind: kind.__name__)
def test_every_structure_lies_as_the_document_has_it(kind):
    assert checks.layout(kind) == LAYOUTS[kind]


def test_every_source_type_has_its_size():
    assert {int(t): checks.size(kind) for t, kind in hest.SOURCES.items()} == SIZES
    assert (checks.size(MachineCheckBank), checks.size(Notification), checks.size(Hest)) == (BANK, 28, 40)
    for source in every_source():
        assert len(source.build()) == SIZES[source.type] + BANK * len(getattr(source, "banks", ()))


def test_the_table_begins_as_every_table():
    header = ["signature", "length", "revision", "checksum", "oem_id", "oem_table_id", "oem_revision", "creator_id"]
    offsets = [0, 4, 8, 9, 10, 16, 24, 28, 32]
    assert [(name, offset) for name, offset, _ in checks.layout(Hest)[:9]] == list(
        zip([*header, "creator_revision"], offsets, strict=True)
    )
    assert checks.layout(Hest)[9:11] == [("error_source_count", 36, 4), ("error_sources", 40, None)]


def test_the_bits_are_the_documents():
    checks.flags_at(SourceFlags, {0: "firmware_first", 1: "global_", 2: "ghes_assist"})
    switch = ["switch_to_polling_threshold_value", "switch_to_polling_threshold_window"]
    error = ["error_threshold_value", "error_threshold_window"]
    checks.flags_at(WriteEnable, dict(enumerate(["type", "poll_interval", *switch, *error])))


def test_every_member_is_reachable_and_has_its_own_word():
    checks.explained(hest)
    checks.explained(acpi)
    assert [t.name for t in SourceType] == [
        "IA32_MACHINE_CHECK_EXCEPTION",
        "IA32_CORRECTED_MACHINE_CHECK",
        "IA32_NMI",
        "PCIE_ROOT_PORT_AER",
        "PCIE_DEVICE_AER",
        "PCIE_BRIDGE_AER",
        "GENERIC",
        "GENERIC_V2",
        "IA32_DEFERRED_MACHINE_CHECK",
    ]
    assert [int(t) for t in SourceType] == [0, 1, 2, 6, 7, 8, 9, 10, 11]
    assert [int(s) for s in AddressSpace] == [0, 1, 2, 3, 4, 0x0A, 0x7F]


@pytest.mark.parametrize(
    ("number", "name"),
    list(enumerate("POLLED EXTERNAL LOCAL SCI NMI CMCI MCE GPIO SEA SEI GSIV SDEI".split())),  # noqa: SIM905
)
def test_every_notification_type(number, name):
    told = Notification(type=number, vector=5)
    assert told.build() == bytes([number, 28, 0, 0, 0, 0, 0, 0, 5, *[0] * 19])
    assert Notification.parse(told.build()).type is Notify[name]
    table = Hest(error_sources=(GenericSource(notification=told),))
    assert checks.lossless(Hest, table.build()).error_sources[0].notification.type is Notify[name]


def test_a_notification_type_that_is_not_known_stays():
    parsed = Notification.parse(Notification(type=13).build())
    assert (parsed.type, isinstance(parsed.type, Notify)) == (13, False)


# QEMU's tables


def test_qemus_table_value_by_value():
    table = checks.lossless(Hest, samples("hest/qemu-7.2"))
    assert (table.signature, table.length, table.revision, table.checksum) == ("HEST", 132, 1, 0x1A)
    assert (table.oem_id, table.oem_table_id, table.oem_revision) == ("BOCHS ", "BXPC    ", 1)
    assert (table.creator_id, table.creator_revision, table.error_source_count) == ("BXPC", 1, 1)
    [source] = table.error_sources
    assert isinstance(source, GenericSourceV2)
    assert (source.type, source.source_id, source.related_source_id) == (SourceType.GENERIC_V2, 0, 0xFFFF)
    assert (source.flags, source.enabled) == (0, 1)
    assert (source.records_to_preallocate, source.max_sections_per_record) == (1, 1)
    assert (source.max_raw_data_length, source.error_status_block_length) == (0x400, 0x400)
    assert source.error_status_address == GenericAddress(
        address_space_id=AddressSpace.SYSTEM_MEMORY,
        register_bit_width=64,
        register_bit_offset=0,
        access_size=AccessSize.QWORD,
        address=0x40410000,
    )
    assert source.read_ack_register == register(0x40410008)
    assert (source.read_ack_preserve, source.read_ack_write) == (0xFFFF_FFFF_FFFF_FFFE, 1)
    assert source.notification == Notification(type=Notify.SEA, length=28)
    assert (list(table.as_found()), table.beyond) == ([], b"")


def test_qemus_table_is_rebuilt_from_what_is_meant():
    assert one_source(0x40410000).build() == samples("hest/qemu-7.2")
    assert one_source(0x40410000) == Hest.parse(samples("hest/qemu-7.2"))


@pytest.mark.parametrize(
    ("name", "table", "checksum"),
    [
        ("vectors/hest_qemu72_ras_on.bin", one_source(0x5C410000), 0xE2),
        ("vectors/hest_qemu_testdata_1k.bin", two_sources(0x400), 0x6C),
        ("vectors/hest_qemu_testdata_4k.bin", two_sources(0x1000), 0x3C),
        ("samples/hest/qemu-7.2-virt-ras.aml", one_source(0x4C410000), 0x02),
    ],
)
def test_qemus_other_tables_are_rebuilt_from_what_is_meant(name, table, checksum):
    data = checks.sample(name)
    assert table.build() == data
    assert table.checksum == checksum
    assert checks.lossless(Hest, data) == table


def test_pitfall_5_the_error_status_address_is_where_the_address_is():
    """QEMU lays out: an address for each source, an acknowledge for each source, then the blocks."""
    sources = two_sources(0x400).error_sources
    assert [s.error_status_address.address for s in sources] == [0x43DA0000, 0x43DA0008]
    assert [s.read_ack_register.address for s in sources] == [0x43DA0010, 0x43DA0018]
    assert "register that holds" in {row.name: row.doc for row in GenericSourceV2.table()}["error_status_address"]


# other samples


@pytest.mark.parametrize("path", checks.shared("samples/hest"))
def test_samples_come_back(path):
    assert checks.lossless(Hest, path.read_bytes()).signature == "HEST"


def test_a_servers_table_value_by_value():
    table = Hest.parse(checks.sample("samples/hest/ampere-altra.aml"))
    assert (table.revision, table.oem_id, table.oem_table_id, table.creator_id) == (1, "Ampere", "Altra   ", "INTL")
    assert (table.error_source_count, len(table.error_sources), list(table.as_found())) == (8, 8, [])
    assert [s.source_id for s in table.error_sources] == [0, 1, 2, 6, 7, 3, 4, 5]
    kinds = [s.notification.type for s in table.error_sources]
    assert kinds == [
        Notify.SCI,
        Notify.POLLED,
        Notify.SCI,
        Notify.SCI,
        Notify.SCI,
        Notify.SCI,
        Notify.POLLED,
        Notify.SCI,
    ]
    assert (kinds.count(Notify.SCI), kinds.count(Notify.POLLED)) == (6, 2)
    assert {type(s) for s in table.error_sources} == {GenericSourceV2}
    first = table.error_sources[0]
    assert first == GenericSourceV2(
        source_id=0,
        max_raw_data_length=0x1000,
        error_status_address=register(0x88200000),
        notification=Notification(type=Notify.SCI, poll_interval=3000),
        error_status_block_length=0x1000,
        read_ack_register=register(0x1000_0054_3010),
        read_ack_preserve=0,
        read_ack_write=0xB1D0_0000,
    )
    assert first.read_ack.after(0xFFFF_FFFF_FFFF_FFFF) == 0xB1D0_0000


def test_a_table_of_pci_express_sources_value_by_value():
    table = Hest.parse(checks.sample("samples/hest/fwts-0001.aml"))
    assert [type(s) for s in table.error_sources] == [AerRootPort, AerDevice, AerBridge]
    assert [s.flags for s in table.error_sources] == [SourceFlags(global_=True)] * 3
    assert table.error_sources[0] == AerRootPort(
        type=SourceType.PCIE_ROOT_PORT_AER,
        source_id=6,
        flags=SourceFlags(global_=True),
        enabled=0,
        device_control=0x0856,
        reserved=bytes(2),
        uncorrectable_error_mask=0x100020,
        uncorrectable_error_severity=0x17F011,
        correctable_error_mask=0x11C1,
        root_error_command=6,
    )


def test_a_broken_table_is_kept_as_it_is():
    table = Hest.parse(checks.sample("samples/hest/fwts-0002.aml"))
    assert list(table.as_found()) == ["checksum"]
    assert sum(table.build()) % 256 == 14
    assert [s.flags.reserved for s in table.error_sources] == [0, 8, 8]
    assert table.error_sources[1].source_id == 255


# counting, and what is found instead


def test_length_count_and_checksum_are_counted():
    table = Hest(error_sources=every_source(), revision=2)
    assert (table.length, table.error_source_count) == (len(table.build()), 9)
    assert sum(table.build()) % 256 == 0
    assert checks.lossless(Hest, table.build()) == table


def test_pitfall_12_the_checksum_covers_length_bytes_and_is_made_again_after_an_edit():
    table = Hest(error_sources=every_source()[-2:-1], beyond=b"\x05\x06\x07")
    data = table.build()
    assert (sum(data[: table.length]) % 256, sum(data) % 256) == (0, 18)
    assert checks.lossless(Hest, data) == table
    source = table.error_sources[0].replace(enabled=0)
    edited = table.replace(error_sources=(source,))
    assert edited.checksum == (table.checksum + 1) & 0xFF
    assert sum(edited.build()[: edited.length]) % 256 == 0
    assert acpi.checksum(data[:9] + b"\0" + data[10 : table.length]) == table.checksum


@pytest.mark.parametrize("at", [0, 8, 16, 42, 60, 131])
def test_any_changed_byte_is_found_in_the_checksum(at):
    data = bytearray(samples("hest/qemu-7.2"))
    data[at] ^= 0x40
    table = Hest.parse(bytes(data))
    assert "checksum" in list(table.as_found())
    assert table.build() == bytes(data)


def test_a_given_checksum_stays_through_json_as_found():
    table = Hest(error_sources=every_source(), checksum=0x11)
    assert list(table.as_found()) == ["checksum"]
    assert Hest.from_json(table.to_json(), frozenset({"checksum"})) == table
    mended = Hest.from_json(table.to_json())
    assert sum(mended.build()) % 256 == 0


def test_a_count_that_is_wrong_is_found():
    table = Hest(error_sources=every_source(), error_source_count=4)
    parsed = checks.lossless(Hest, table.build())
    assert (parsed.error_source_count, len(parsed.error_sources)) == (4, 9)
    assert list(parsed.as_found()) == ["error_source_count"]
    assert parsed.replace().error_source_count == 9


def test_a_table_cut_short_is_an_error_that_names_the_place():
    data = samples("hest/qemu-7.2")
    with pytest.raises(RecordError, match="needs 92 bytes, 91 are left") as e:
        Hest.parse(data[:-1])
    assert (e.value.path, e.value.offset) == ("error_sources", 40)
    found = Hest.explain(data[:-1])
    assert found.error is not None
    assert found.spans[0].path == "signature"


def test_a_length_that_cuts_a_source_is_an_error_that_names_the_field():
    data = samples("hest/qemu-7.2")
    with pytest.raises(RecordError) as e:
        Hest.parse(data[:4] + (131).to_bytes(4, "little") + data[8:])
    assert e.value.path == "error_sources[0].read_ack_write"
    assert e.value.offset == 124


def test_bytes_after_the_table_stay():
    data = samples("hest/qemu-7.2") + bytes(4) + b"pad"
    table = checks.lossless(Hest, data)
    assert (table.beyond, table.length) == (bytes(4) + b"pad", 132)
    assert list(table.as_found()) == []


# sources that nobody knows


def test_pitfall_11_a_source_of_type_12_or_more_says_its_own_length():
    unknown = SelfSized(type=12, data=b"whatever")
    last = SelfSized(type=0xFFFF, data=b"")
    table = Hest(revision=2, error_sources=(*every_source(), unknown, last, every_source()[0]))
    parsed = checks.lossless(Hest, table.build())
    assert parsed == table
    assert parsed.error_sources[9].length == 12
    assert unknown.build() == b"\x0c\0\x0c\0whatever"


@pytest.mark.parametrize("revision", [0, 1])
def test_pitfall_11_before_revision_2_no_type_says_its_own_length(revision):
    """Where it would stand, types 0 to 11 have their source id: 12 bytes are not skipped, what follows stays bytes."""
    known, unknown = every_source()[6:8], SelfSized(type=12, data=b"whatever")
    rest = unknown.build() + every_source()[8].build()
    table = Hest(revision=revision, error_sources=(*known, rest), error_source_count=4)
    parsed = checks.lossless(Hest, table.build())
    assert parsed.error_sources == (*known, rest)
    later = checks.lossless(Hest, parsed.replace(revision=2, error_source_count=4).build())
    assert later.error_sources == (*known, unknown, every_source()[8])


@pytest.mark.parametrize("code", [3, 4, 5])
def test_pitfall_11_an_unknown_type_below_12_ends_the_reading_and_nothing_is_guessed(code):
    rest = bytes([code, 0]) + b"\x44" * 30 + every_source()[6].build()
    table = Hest(error_sources=(every_source()[7], rest), error_source_count=3)
    parsed = checks.lossless(Hest, table.build())
    assert parsed.error_sources == (every_source()[7], rest)
    assert list(parsed.as_found()) == ["error_source_count"]


def test_pitfall_11_sources_come_back_in_the_order_they_were_in():
    backwards = every_source()[::-1]
    assert checks.lossless(Hest, Hest(error_sources=backwards).build()).error_sources == backwards


def test_a_self_sized_source_with_an_impossible_length_is_an_error():
    for length in (0, 3, 200):
        data = Hest(revision=2, error_sources=(SelfSized(type=12, length=length, data=b"data"),)).build
        with pytest.raises(RecordError):
            Hest.parse(data())


# the acknowledge


@pytest.mark.parametrize(
    ("offset", "preserve", "write", "old", "new"),
    [
        (0, 0xFFFF_FFFF_FFFF_FFFE, 1, 0, 1),
        (0, 0xFFFF_FFFF_FFFF_FFFE, 1, 0xFFFF_0000_0000_0000, 0xFFFF_0000_0000_0001),
        (0, 0xFFFF_FFFF_FFFF_FFFE, 1, 1, 1),
        (3, 0b1101, 0b0010, 0b1111_000, 0b1111_000),
        (3, 0b1101, 0b0010, 0b1010_111, 0b1010_000),
        (60, 0xFF, 0x1F, 0xF000_0000_0000_0001, 0xF000_0000_0000_0000),
        (0, 0, 0xB1D0_0000, 0x1234, 0xB1D0_0000),
    ],
)
def test_pitfall_5_an_acknowledge_keeps_and_sets_what_the_masks_say(offset, preserve, write, old, new):
    source = GenericSourceV2(
        read_ack_register=register(0, register_bit_offset=offset), read_ack_preserve=preserve, read_ack_write=write
    )
    assert source.read_ack.after(old) == new
    assert new == (old & (preserve << offset) | (write << offset)) & 0xFFFF_FFFF_FFFF_FFFF


# any bytes


def structures(code):
    """Random bytes of a source of type *code*, as long as that type is."""
    size, banks = SIZES[code], code in (0, 1, 11)
    at = 32 if code == 0 else 44

    def build(parts):
        body, count = parts
        body = bytes([code, 0]) + body[2:size]
        if banks:
            body = body[:at] + bytes([count]) + body[at + 1 :] + parts[0][size : size + BANK * count]
        return body

    return st.tuples(st.binary(min_size=size + 2 * BANK, max_size=size + 2 * BANK), st.integers(0, 2)).map(build)


@checks.patient
@given(st.lists(st.sampled_from(sorted(SIZES)).flatmap(structures), max_size=4), st.binary(max_size=6))
def test_random_sources_come_back(sources, beyond):
    body = b"".join(sources)
    table = Hest(error_source_count=len(sources), error_sources=(), beyond=beyond)
    data = replace(table, length=40 + len(body), checksum=0).build()[:40] + body + beyond
    parsed = checks.lossless(Hest, data)
    assert b"".join(s.build() for s in parsed.error_sources) == body
    assert len(parsed.error_sources) == len(sources)


@checks.patient
@given(st.binary(max_size=200))
def test_random_bytes_come_back_or_are_refused(data):
    for whole in (data, Hest(error_sources=(data,)).build() if data else data):
        try:
            value = Hest.parse(whole)
        except RecordError:
            continue
        assert value.build() == whole


# a second opinion


@pytest.mark.iasl
def test_iasl_reads_and_remakes_every_source_type(tmp_path):
    """But for the compiler's own fields (`acpi_checks.NOT_OURS`), and for GLOBAL: see the next test."""
    kinds = every_source()
    kinds = (*kinds[:3], kinds[3].replace(flags=SourceFlags(firmware_first=True)), *kinds[4:])
    table = Hest(error_sources=kinds)
    source, again = checks.iasl(table, tmp_path)
    for words in (
        "Error Source Count : 00000009",
        "0000 [IA-32 Machine Check Exception]",
        "000A [Generic Hardware Error Source V2]",
        "0B [Software Delegated Exception]",
        "Read Ack Preserve : 00000000FFFFFFFE",
    ):
        assert words in source, words
    assert checks.without(again) == checks.without(table.build())


@pytest.mark.iasl
def test_iasl_of_debian_loses_the_global_flag(tmp_path):
    """Version 20200925 shows bit 0 for GLOBAL, and so writes bit 0 for it; a later version must keep bit 1."""
    table = Hest(error_sources=(AerDevice(type=7, flags=SourceFlags(global_=True)),))
    source, again = checks.iasl(table, tmp_path)
    built = table.build()
    assert (built[46], again[46]) in ((2, 0), (2, 2))
    assert ("Global : 0" in source) == (again[46] == 0)
    where = {**checks.NOT_OURS, "flags": slice(46, 47)}
    assert checks.without(again, where) == checks.without(built, where)


@pytest.mark.iasl
@pytest.mark.parametrize("table", [one_source(0x40410000), two_sources(0x1000)], ids=["one", "two"])
def test_iasl_reads_and_remakes_qemus_tables(tmp_path, table):
    _, again = checks.iasl(table, tmp_path)
    assert checks.without(again) == checks.without(table.build())


@pytest.mark.iasl
@pytest.mark.parametrize("notify", sorted(set(Notify) - {Notify.SSE}), ids=lambda n: n.name)  # it is newer than iasl
def test_iasl_knows_every_notification_type(tmp_path, notify):
    table = Hest(error_sources=(GenericSource(notification=Notification(type=notify)),))
    source, again = checks.iasl(table, tmp_path)
    assert f"Notify Type : {int(notify):02X} [" in source
    assert "Unknown Notify Type" not in source
    assert checks.without(again) == checks.without(table.build())
