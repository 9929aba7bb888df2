"""AEST: both revisions, every kind of node, and tables whose lengths lie."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import aest
from raslib.formats.aest import (
    Aest,
    AestProcessorFlags,
    CacheResource,
    GenericResource,
    Gic,
    GicInterface,
    GroupFormat,
    Interface4K,
    Interface16K,
    Interface64K,
    InterfaceCommon,
    InterfaceFlags,
    InterfaceType,
    InterfaceV1,
    InterruptFlags,
    InterruptType,
    InterruptV1,
    InterruptV2,
    Memory,
    NodeType,
    NodeV1,
    NodeV2,
    PcieRootComplex,
    Processor,
    Proxy,
    ResourceType,
    Smmu,
    TlbResource,
    Vendor,
    VendorV2,
)
from raslib.records import RecordError

HEAD = [
    ("type", 0, 1),
    ("length", 1, 2),
    ("reserved", 3, 1),
    ("node_data_offset", 4, 4),
    ("node_interface_offset", 8, 4),
    ("node_interrupt_offset", 12, 4),
    ("node_interrupt_count", 16, 4),
    ("timestamp_rate", 20, 8),
    ("reserved1", 28, 8),
    ("error_injection_countdown_rate", 36, 8),
    ("gap", 44, None),
]
INTERFACE_V2 = [
    ("type", 0, 1),
    ("group_format", 1, 1),
    ("reserved", 2, 2),
    ("flags", 4, 4),
    ("base_address", 8, 8),
    ("start_error_record_index", 16, 4),
    ("number_of_error_records", 20, 4),
]
COMMON = [
    ("error_node_device", 0, 4),
    ("processor_affinity", 4, 4),
    ("error_group_register_base", 8, 8),
    ("fault_injection_register_base", 16, 8),
    ("interrupt_config_register_base", 24, 8),
]
DATA = {  # (bytes, fields) of each kind of node
    Processor: (
        16,
        [
            ("acpi_processor_id", 0, 4),
            ("resource_type", 4, 1),
            ("reserved", 5, 1),
            ("flags", 6, 1),
            ("revision", 7, 1),
            ("processor_affinity", 8, 8),
            ("resource", 16, None),
        ],
    ),
    CacheResource: (8, [("cache_reference", 0, 4), ("reserved", 4, 4)]),
    TlbResource: (8, [("tlb_level", 0, 4), ("reserved", 4, 4)]),
    GenericResource: (4, [("data", 0, 4)]),
    Memory: (4, [("proximity_domain", 0, 4)]),
    Smmu: (8, [("iort_node_reference", 0, 4), ("subcomponent_reference", 4, 4)]),
    Vendor: (24, [("hardware_id", 0, 4), ("unique_id", 4, 4), ("vendor_data", 8, 16)]),
    VendorV2: (28, [("hardware_id_text", 0, 8), ("unique_id", 8, 4), ("vendor_data", 12, 16)]),
    Gic: (8, [("interface_type", 0, 4), ("instance_id", 4, 4)]),
    PcieRootComplex: (4, [("iort_node_reference", 0, 4)]),
    Proxy: (8, [("node_address", 0, 8)]),
}
INTERFACES = {Interface4K: (8, 80), Interface16K: (32, 152), Interface64K: (112, 392)}  # bytes of a bitmap, in all
PROCESSOR = Processor(
    acpi_processor_id=7,
    resource_type=ResourceType.CACHE,
    flags=AestProcessorFlags(shared=True),
    processor_affinity=0x8000_0100,
    resource=CacheResource(cache_reference=0x40),
)
V1 = [
    PROCESSOR,
    PROCESSOR.replace(resource_type=ResourceType.TLB, resource=TlbResource(tlb_level=2)),
    PROCESSOR.replace(resource_type=ResourceType.GENERIC, resource=GenericResource(data=5)),
    Memory(proximity_domain=1),
    Smmu(iort_node_reference=0x30, subcomponent_reference=0x50),
    Vendor(hardware_id=0x1234, unique_id=2, vendor_data=bytes(range(16))),
    Gic(interface_type=GicInterface.GITS, instance_id=3),
]
V2 = [
    *V1,
    VendorV2(hardware_id_text="ARMHE000", unique_id=1),
    PcieRootComplex(iort_node_reference=9),
    Proxy(node_address=1),
]
TYPES = {
    Processor: NodeType.PROCESSOR,
    Memory: NodeType.MEMORY,
    Smmu: NodeType.SMMU,
    Vendor: NodeType.VENDOR,
    VendorV2: NodeType.VENDOR,
    Gic: NodeType.GIC,
    PcieRootComplex: NodeType.PCIE_ROOT_COMPLEX,
    Proxy: NodeType.PROXY,
}


def name(value):
    return type(value).__name__


def node_v1(data=PROCESSOR, **more):
    interface = InterfaceV1(type=InterfaceType.SYSTEM_REGISTERS, number_of_error_records=2)
    interrupts = (InterruptV1(gsiv=17), InterruptV1(type=InterruptType.ERROR_RECOVERY, gsiv=18, its_group_reference=1))
    return NodeV1(**{"type": TYPES[type(data)], "data": data, "interface": interface, "interrupts": interrupts} | more)


def node_v2(data=PROCESSOR, kind=Interface4K, **more):
    interface = kind(
        type=InterfaceType.MEMORY_MAPPED,
        flags=InterfaceFlags(error_group_register_base_valid=True),
        base_address=0x2A00_0000,
        number_of_error_records=4,
        common=InterfaceCommon(error_group_register_base=0x2A00_0E00),
    )
    interrupts = (InterruptV2(flags=InterruptFlags(level_triggered=True), gsiv=100),)
    return NodeV2(**{"type": TYPES[type(data)], "data": data, "interface": interface, "interrupts": interrupts} | more)


# the tables of the document


def test_the_node_lies_as_the_document_has_it():
    """Pitfall 7: the length of a node is not aligned."""
    assert checks.layout(NodeV1)[:11] == checks.layout(NodeV2)[:11] == HEAD
    assert checks.size(NodeV1) == checks.size(NodeV2) == aest.NODE == 44
    assert [row[0] for row in checks.layout(NodeV1)[11:]] == ["data", "interface", "interrupts", "beyond"]


@pytest.mark.parametrize("kind", DATA, ids=lambda kind: kind.__name__)
def test_the_data_of_a_node_lies_as_the_document_has_it(kind):
    total, fields = DATA[kind]
    assert [row for row in checks.layout(kind) if row[0] != "beyond"] == fields
    assert checks.size(kind) == total


def test_the_interface_of_revision_1_lies_as_the_document_has_it():
    assert checks.layout(InterfaceV1) == [
        ("type", 0, 1),
        ("reserved", 1, 3),
        ("flags", 4, 4),
        ("base_address", 8, 8),
        ("start_error_record_index", 16, 4),
        ("number_of_error_records", 20, 4),
        ("error_records_implemented", 24, 8),
        ("error_status_reporting", 32, 8),
        ("addressing_mode", 40, 8),
        ("beyond", 48, None),
    ]


@pytest.mark.parametrize("kind", INTERFACES, ids=lambda kind: kind.__name__)
def test_the_interfaces_of_revision_2_lie_as_the_document_has_them(kind):
    bitmap, total = INTERFACES[kind]
    assert checks.layout(kind) == [
        *INTERFACE_V2,
        ("error_records_implemented", 24, bitmap),
        ("error_status_reporting", 24 + bitmap, bitmap),
        ("addressing_mode", 24 + 2 * bitmap, bitmap),
        ("common", 24 + 3 * bitmap, 32),
        ("beyond", total, None),
    ]
    assert checks.layout(InterfaceCommon) == COMMON
    assert checks.size(kind) == total


def test_the_interrupts_lie_as_the_document_has_them():
    head = [("type", 0, 1), ("reserved", 1, 2), ("flags", 3, 1), ("gsiv", 4, 4)]
    assert checks.layout(InterruptV1) == [*head, ("its_group_reference", 8, 1), ("reserved1", 9, 3)]
    assert checks.layout(InterruptV2) == [*head, ("reserved1", 8, 4)]
    assert checks.size(InterruptV1) == checks.size(InterruptV2) == aest.INTERRUPT == 12


def test_the_bits_are_the_documents():
    checks.flags_at(AestProcessorFlags, {0: "global_", 1: "shared"})
    checks.flags_at(InterruptFlags, {0: "level_triggered"})
    valid = ["error_node_device", "processor_affinity", "error_group_register_base", "fault_injection_register_base"]
    named = [f"{field}_valid" for field in [*valid, "interrupt_config_register_base"]]
    checks.flags_at(InterfaceFlags, {0: "shared", 1: "clear_misc_registers", **dict(enumerate(named, 2))})


def test_every_member_is_reachable_and_has_its_own_word():
    checks.explained(aest)
    checks.documented(aest)
    assert [int(t) for t in NodeType] == list(range(7))
    assert [int(t) for t in InterfaceType] == [int(t) for t in GroupFormat] == [0, 1, 2]


# what is built comes back


@pytest.mark.parametrize("data", V1, ids=name)
def test_every_node_of_revision_1_comes_back(data):
    table = Aest(nodes=(node_v1(data), node_v1(data, interrupts=())))
    assert table.revision == 1
    assert sum(table.build()) % 256 == 0
    assert checks.lossless(Aest, table.build()) == table
    assert list(table.as_found()) == []


@pytest.mark.parametrize("kind", INTERFACES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("data", V2, ids=name)
def test_every_node_of_revision_2_comes_back(data, kind):
    table = Aest(nodes=(node_v2(data, kind), node_v2(data, kind, interrupts=()), node_v2(data, kind, beyond=b"more")))
    assert table.revision == 2
    assert checks.lossless(Aest, table.build()) == table
    assert table.nodes[0].needs() == table.nodes[0].length


def test_offsets_and_lengths_are_counted():
    node = node_v1(Memory(proximity_domain=3), gap=b"\0\0\0\0")
    assert (node.node_data_offset, node.node_interface_offset, node.node_interrupt_offset) == (48, 52, 100)
    assert (node.node_interrupt_count, node.length) == (2, 124)
    assert node.build()[1:3] == (124).to_bytes(2, "little")
    without = node.replace(interrupts=())
    assert (without.node_interrupt_offset, without.node_interrupt_count, without.length) == (0, 0, 100)


def test_a_clear_bit_says_that_a_record_is_there():
    assert InterfaceV1(number_of_error_records=4, error_records_implemented=0b0101).records() == (1, 3)
    bitmap = b"\xff" * 16 + b"\xfe" + b"\xff" * 15
    assert Interface16K(number_of_error_records=200, error_records_implemented=bitmap).records() == (128,)
    assert len(Interface64K(number_of_error_records=896).records()) == 896


def test_what_no_document_knows_stays_bytes():
    unknown = NodeV2(type=9, data=b"what", interface=b"\x01\xfeis this")
    table = checks.lossless(Aest, Aest(revision=2, nodes=(unknown, node_v2())).build())
    assert table.nodes[0] == unknown
    assert table.nodes[0].needs() is None
    assert table.nodes[1] == node_v2()


def test_a_group_format_that_no_document_knows_stays_bytes():
    """The table that iasl prints as a template has format 0xEF."""
    interface = b"\x01\xef" + bytes(78)
    node = checks.lossless(NodeV2, node_v2(interface=interface, interrupts=(), beyond=b"").build())
    assert (node.interface, node.needs()) == (interface, None)


def test_a_resource_that_does_not_fit_stays_bytes():
    for resource in (b"", b"short", bytes(7)):
        node = node_v1(PROCESSOR.replace(resource=resource))
        assert checks.lossless(NodeV1, node.build()).data.resource == resource


# samples


@pytest.mark.parametrize("path", checks.shared("samples/aest"))
def test_samples_come_back(path):
    assert checks.lossless(Aest, path.read_bytes()).signature == "AEST"


def test_the_sample_of_revision_1_says_what_it_says():
    table = Aest.parse(checks.sample("samples/aest/fwts-0002.aml"))
    assert (table.revision, table.length, list(table.as_found())) == (1, 0x2CC, ["checksum"])
    assert [n.type for n in table.nodes] == [0, 0, 1, 2, 3, 4]
    assert [n.length for n in table.nodes] == [128, 116, 96, 100, 116, 124]
    assert [n.needs() for n in table.nodes] == [n.length for n in table.nodes]
    assert [name(n.data) for n in table.nodes] == ["Processor", "Processor", "Memory", "Smmu", "Vendor", "Gic"]
    assert table.nodes[1].data.resource == TlbResource(tlb_level=0x67676767, reserved=bytes([0, 0, 2, 0]))
    assert table.nodes[5].data == Gic(interface_type=GicInterface.GITS, instance_id=0x77778888)
    assert table.nodes[5].interrupts == (
        InterruptV1(type=InterruptType.FAULT_HANDLING, gsiv=0xAAAABBBB, its_group_reference=0xCC),
        InterruptV1(
            type=InterruptType.ERROR_RECOVERY,
            flags=InterruptFlags(level_triggered=True),
            gsiv=0x78ABCDEF,
            its_group_reference=0x56,
        ),
    )
    assert table.nodes[2].interface.type == 4  # wrong on purpose, and kept


def test_lengths_that_lie_end_in_bytes_not_in_nonsense():
    """Every node of fwts' revision 2 table states 32 bytes too few: the good prefix is read, the rest kept."""
    data = checks.sample("samples/aest/fwts-0001.aml")
    table = checks.lossless(Aest, data)
    assert table.revision == 2
    first, rest = table.nodes
    assert (first.length, first.needs()) == (128, 160)
    assert first.data.resource == CacheResource(cache_reference=0x22223333)
    assert first.interface == data[36 + 68 : 36 + 116]  # 48 of 80 bytes, so no interface
    assert (first.interrupts, first.beyond) == ((), data[36 + 116 : 36 + 128])
    assert rest == data[36 + 128 :]
    found = ["nodes[0].node_interrupt_offset", "nodes[0].node_interrupt_count"]
    assert list(table.as_found()) == found


def mended(data: bytes) -> bytes:
    """fwts' revision 2 table with 32 more in every length and offset of interrupts."""
    left, whole, at = bytearray(data), Aest.parse(data), 36
    assert whole.length == len(data)
    while at < len(data):
        for where, size in ((1, 2), (12, 4)):
            value = int.from_bytes(left[at + where : at + where + size], "little")
            left[at + where : at + where + size] = (value + 32 if value else 0).to_bytes(size, "little")
        at += int.from_bytes(left[at + 1 : at + 3], "little")
    assert at == len(data)
    return bytes(left)


def test_the_same_table_with_true_lengths_is_read_to_its_end():
    table = checks.lossless(Aest, mended(checks.sample("samples/aest/fwts-0001.aml")))
    assert [int(n.type) for n in table.nodes] == [0, 0, 1, 2, 3, 4, 5, 6]
    assert all(n.needs() == n.length for n in table.nodes)
    assert [name(n.interface) for n in table.nodes] == ["Interface4K"] * 8
    assert isinstance(table.nodes[4].data, Vendor)  # 24 bytes in a revision 2 table: fwts' reading
    assert table.nodes[6].data == PcieRootComplex(iort_node_reference=0x66778899)
    assert table.nodes[7].data == Proxy(node_address=0x8877665544332211)
    assert table.nodes[7].interface.common.interrupt_config_register_base == 0x50000000_00000008
    assert [len(n.interrupts) for n in table.nodes] == [1, 0, 0, 0, 0, 2, 0, 0]


LIES = {  # a field of the first node, and what it is said to be: the length, then the offsets
    "length": [0, 43, 45, 60, 200, 0xFFFF],
    "node_data_offset": [0, 43, 69, 0xFFFF_FFFF],
    "node_interface_offset": [0, 43, 117, 0xFFFF_FFFF],
    "node_interrupt_offset": [0, 60, 129, 0xFFFF_FFFF],
    "node_interrupt_count": [3, 0xFFFF_FFFF],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in LIES.items() for v in values])
def test_a_node_that_lies_loses_no_byte(field, value):
    good = node_v1()
    node = good.replace(**{**{f: getattr(good, f) for f in good.counted}, field: value})
    data = Aest(nodes=(node, node_v1(Memory()))).build()
    table = checks.lossless(Aest, data)
    assert table.nodes[0] != good
    first = table.nodes[0]
    if field == "length" and value in (0, 43, 0xFFFF):
        assert table.nodes == (data[36:],)
    elif field != "length":
        assert table.nodes[1] == node_v1(Memory())
        assert any(path.startswith("nodes[0].") for path in table.as_found())
        assert first.interrupts == () or field == "node_interrupt_offset"


def test_a_table_shorter_than_it_says_is_an_error():
    data = Aest(nodes=(node_v1(),)).build()
    with pytest.raises(RecordError, match="nodes"):
        Aest.parse(data[:-1])


def test_json_has_text_for_the_kinds():
    shown = Aest(nodes=(node_v2(VendorV2(hardware_id_text="ARMHE000")),)).to_json()["nodes"][0]
    assert (shown["type"], shown["data"]["hardware_id_text"]) == ("VENDOR", "ARMHE000")
    assert shown["interface"]["group_format"] == "PAGE_4K"
    assert shown["interface"]["base_address"] == "0x2a000000"


@checks.patient
@given(st.sampled_from([1, 2, 3]), st.binary(max_size=300))
def test_random_bodies_come_back(revision, body):
    checks.lossless(Aest, Aest(revision=revision, nodes=(body,) if body else ()).build())


@checks.patient
@given(st.sampled_from([NodeV1, NodeV2]), st.data())
def test_nodes_with_random_offsets_come_back(kind, data):
    numbers = st.integers(0, 140)
    body = data.draw(st.binary(min_size=100, max_size=200))
    node = kind(
        type=data.draw(st.integers(0, 8)),
        length=44 + len(body),
        node_data_offset=data.draw(numbers),
        node_interface_offset=data.draw(numbers),
        node_interrupt_offset=data.draw(numbers),
        node_interrupt_count=data.draw(st.integers(0, 3)),
        beyond=body,
    )
    checks.lossless(Aest, Aest(revision=1 if kind is NodeV1 else 2, nodes=(node,)).build())


@checks.patient
@given(st.binary(max_size=36 + 120))
def test_random_bytes_come_back_or_are_refused(data):
    try:
        value = Aest.parse(data)
    except RecordError:
        return
    assert value.build() == data


@pytest.mark.iasl
def test_iasl_of_debian_reads_the_header_alone(tmp_path):
    """Version 20200925 has no word for the rest; a version that has one must remake the table."""
    table = Aest(nodes=(node_v2(), node_v2(Memory())))
    source, again = checks.iasl(table, tmp_path)
    assert 'Signature : "AEST"' in source
    assert f"Table Length : {table.length:08X}" in source
    if "Unknown ACPI table signature [AEST]" not in source:
        assert checks.without(again) == checks.without(table.build())
