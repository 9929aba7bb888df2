"""Every section type: its GUID, its table, its bytes there and back, its words, and real records that hold it."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from formats import acpi_checks as checks
from formats import fixtures, strategies
from formats import section_tables as tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raslib.formats import arm, firmware, pcie, pcie_config, processor, sections
from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import ErrorStatus, PlatformMemory
from raslib.formats.more import arm_ras, ccix, cxl, cxl_events, dmar, memory2, nvidia, pci, poison, vendor, x86
from raslib.records import Record, RecordError
from raslib.resources import samples

OURS = [
    *(arm_ras, ccix, cxl, cxl_events, dmar, firmware, memory2, nvidia, pci, pcie, pcie_config, poison),
    *(processor, vendor, x86),
]
SECTIONS = list(sections.RECORDS.values())
WINDOWS = {name for name in sections.NAMES.values() if name.startswith("Windows")}
NAMED = pytest.mark.parametrize("kind", SECTIONS, ids=lambda kind: kind.__name__)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# --- types ------------------------------------------------------------------------------------------------------------

IN_MEMORY = {  # a few in full, as the documents have them
    processor.GenericProcessor: "ad cc 76 98 b4 47 db 4b b6 5e 16 f1 93 c4 f3 db",
    arm.ArmProcessor: "16 3d 9e e1 11 bc e4 11 9c aa c2 05 1d 5d 46 b0",
    PlatformMemory: "14 11 bc a5 64 6f de 4e b8 63 3e 83 ed 7c 83 b1",
    memory2.PlatformMemory2: "fc 04 ec 61 e6 48 13 d8 25 c9 8d aa 44 75 0b 12",
    pcie.Pcie: "54 e9 95 d9 c1 bb 0f 43 ad 91 b4 4d cb 3c 6f 35",
    firmware.FirmwareReference: "96 2a 21 81 ed 09 96 49 94 71 8d 72 9c 8e 69 ed",
    cxl.CxlProtocol: "b4 ef b9 80 b5 52 e3 4d a7 77 68 78 4b 77 10 48",
    poison.FruMemoryPoison: "c1 06 47 5e 56 53 c6 48 93 0b 52 f2 12 0a 44 58",
    arm_ras.ArmRas: "d5 d4 32 bf 27 b4 25 40 84 95 8a 9e 5d 40 30 e4",
    vendor.AmpereRas: "8d 89 ed e8 16 df cc 43 8e cc 54 f0 60 ef 15 7f",
}


def listed(heading: str) -> Iterator[tuple[UUID, bytes]]:
    """Each GUID in the tables under *heading* of the fact sheet, and its bytes in memory there."""
    text = checks.sample("reference/formats.md").decode()
    part = text.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    for canonical, in_memory in re.findall(r"\| ([0-9A-F-]{36}) \| `([0-9a-f ]{47})` \|", part):
        yield UUID(canonical), bytes.fromhex(in_memory)


@pytest.mark.parametrize("kind", IN_MEMORY, ids=lambda kind: kind.__name__)
def test_a_type_has_its_bytes(kind):
    assert sections.GUIDS[kind].bytes_le == bytes.fromhex(IN_MEMORY[kind])


def test_every_type_of_the_fact_sheet_has_its_bytes_and_a_name():
    found = dict(listed("A.7"))
    assert len(found) >= 45
    for guid, in_memory in found.items():
        assert guid.bytes_le == in_memory
    subtypes = {*x86.CHECKS, *arm_ras.PARTS}
    assert subtypes <= set(found)
    named = {guid for guid, name in sections.NAMES.items() if name not in WINDOWS}
    shown = {guid for guid, kind in sections.RECORDS.items() if kind in fixtures.shown()}
    later = {cxl_events.CxlMemorySparing.guid}  # of CXL 3.2
    assert set(found) - subtypes | shown | later == named


def test_names_are_names():
    names = list(sections.NAMES.values())
    assert len(set(names)) == len(names)
    for name in names:
        assert "(" not in name, name
    assert set(sections.RECORDS) <= set(sections.NAMES)
    assert len(sections.GUIDS) == len(sections.RECORDS), "two types have one record"
    declared = [kind for module in checks.MODULES for kind in checks.classes(module, Record) if kind.guid]
    assert len(declared) == len(sections.RECORDS), "two records have one type"


def test_types_known_by_name_alone_stay_bytes():
    for guid in set(sections.NAMES) - set(sections.RECORDS):
        found = sections.BODY.pick(guid, None)
        assert found.parse(b"as it was") == b"as it was"


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", tables.LAYOUTS, ids=lambda kind: kind.__name__)
def test_the_fields_lie_where_the_document_has_them(kind):
    assert checks.layout(kind) == tables.layout(tables.LAYOUTS[kind])


@NAMED
def test_every_section_has_a_table_or_a_hex_file(kind):
    assert kind in tables.LAYOUTS or kind in fixtures.shown()


@pytest.mark.parametrize("path", fixtures.FILES, ids=lambda path: path.stem)
def test_the_fields_lie_where_the_comments_of_a_hex_file_have_them(path):
    spans = {(s.path, s.start) for s in StatusBlock.explain(samples(f"status_blocks/{path.stem}")).spans}
    assert [(field, at) for at, field in fixtures.lines(path) if (field, at) not in spans] == []


@pytest.mark.parametrize("kind", tables.SIZES, ids=lambda kind: kind.__name__)
def test_a_section_is_as_long_as_the_document_says(kind):
    assert checks.size(kind) == tables.SIZES[kind]


@pytest.mark.parametrize("register", tables.WORDS, ids=lambda register: register.__name__)
def test_the_bits_lie_where_the_document_has_them(register):
    checks.fields_at(register, tables.WORDS[register])


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_code_is_named_reachable_and_explained(module):
    checks.explained(module)


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_field_says_what_it_is_and_where_that_stands(module):
    for kind in checks.classes(module, Record):
        assert kind.ref, kind
        for row in kind.table():
            assert row.doc, f"{kind.__name__}.{row.name} has no word"
            assert row.ref, f"{kind.__name__}.{row.name} stands nowhere"
    for register in checks.classes(module, checks.Register):
        assert register.ref, register
        for name, _, _, _, doc, ref in register.layout:
            says_so_itself = register.__name__.endswith("Valid") or name.endswith("_valid")
            assert doc or says_so_itself, f"{register.__name__}.{name} has no word"
            assert ref


# --- validation bits --------------------------------------------------------------------------------------------------

FULL: dict[type[Record], Any] = {  # records in which every field that a bit governs has bytes
    arm.ArmProcessor: arm.ArmProcessor(vendor_specific=b"its own"),
    pci.PciComponent: pci.PciComponent(memory_registers=(pci.RegisterPair(),), io_registers=(pci.RegisterPair(),)),
    ccix.CcixPer: ccix.CcixPer(per_log=bytes(20)),
    cxl.CxlProtocol: cxl.CxlProtocol(dvsec=bytes(56), error_log=cxl.CxlRasCapability()),
    poison.FruMemoryPoison: poison.FruMemoryPoison(entries=(poison.PoisonDescriptor(),)),
}
GOVERNED = tables.GOVERNED | {
    arm.ArmProcessor: "mpidr_el1 error_affinity_level running_state,psci_state vendor_specific",
    cxl_events.CxlDram: tables.GOVERNED[cxl_events.CxlGeneralMedia],
    cxl_events.CxlMemoryModule: tables.GOVERNED[cxl_events.CxlGeneralMedia],
    cxl_events.CxlMemorySparing: tables.GOVERNED[cxl_events.CxlGeneralMedia],
    cxl_events.CxlPhysicalSwitch: tables.GOVERNED[cxl_events.CxlGeneralMedia],
    cxl_events.CxlVirtualSwitch: tables.GOVERNED[cxl_events.CxlGeneralMedia],
    cxl_events.CxlMldPort: tables.GOVERNED[cxl_events.CxlGeneralMedia],
}


@pytest.mark.parametrize("kind", GOVERNED, ids=lambda kind: kind.__name__)
def test_every_validation_bit_governs_its_fields(kind):
    record = FULL.get(kind, kind())
    shape = type(record.validation_bits)
    governed = [set(names.split(",")) - {"-"} for names in GOVERNED[kind].split()]
    flags = {low: name for name, low, mask, kind_, *_ in shape.layout if kind_ is bool}
    how = tables.HOW.get(kind, {})
    assert {bit for bit, names in enumerate(governed) if names} | set(how) == set(flags)
    assert {bit: flags[bit] for bit in how} == how
    ever: set[str] = set()
    for bit in flags:
        data = record.replace(validation_bits=record.validation_bits.replace(**{flags[bit]: True})).build()
        top = [s for s in kind.spans(data) if "." not in s.path and "[" not in s.path]
        assert {s.path for s in top if s.valid} == (set() if bit in how else governed[bit]), flags[bit]
        ever |= {s.path for s in top if s.valid is not None}
    assert ever == set().union(*governed), "a field is governed by no bit of the table"


@NAMED
def test_a_field_says_of_which_validation_bit_it_is_and_of_none_that_is_not_there(kind):
    governing = {f.valid for f in kind.con.fields if f.valid}
    assert all(hasattr(kind().validation_bits, name) for name in governing)
    assert bool(governing) == ("validation_bits" in kind.con.names)


# --- there and back ---------------------------------------------------------------------------------------------------

FIXED = [  # nothing in them says how long they are
    *(processor.GenericProcessor, memory2.PlatformMemory2, pcie.Pcie, pci.PciBus, dmar.DmarGeneric, dmar.DmarVtd),
    *(dmar.DmarIommu, vendor.Ampere, vendor.AmpereRas, vendor.HisiPcie, ccix.CcixPer),
    *(cxl_events.CxlGeneralMedia, cxl_events.CxlDram, cxl_events.CxlMemoryModule, cxl_events.CxlMemorySparing),
    *(cxl_events.CxlPhysicalSwitch, cxl_events.CxlVirtualSwitch, cxl_events.CxlMldPort),
]


@NAMED
@FEW
@given(data=st.data())
def test_what_a_declaration_makes_comes_back(kind, data):
    checks.lossless(kind, data.draw(strategies.records(kind)))


@NAMED
def test_many_come_back_and_what_was_counted_counts(kind):
    for seed in range(25):
        found = checks.lossless(kind, strategies.generate(kind, seed))
        assert [path for path in found.as_found() if not path.endswith("padding")] == []


@pytest.mark.parametrize("kind", FIXED, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_any_bytes_of_the_size_and_longer_come_back(kind, data):
    checks.lossless(kind, data.draw(st.binary(min_size=tables.SIZES[kind], max_size=tables.SIZES[kind] + 40)))


@NAMED
@FEW
@given(data=st.data())
def test_broken_bytes_are_refused_or_come_back(kind, data):
    found = bytearray(data.draw(strategies.records(kind)))
    for _ in range(data.draw(st.integers(1, 4))):
        if found:
            found[data.draw(st.integers(0, len(found) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(found[: data.draw(st.integers(0, len(found)))])
    for broken in (bytes(found), cut):
        error = kind.explain(broken).error
        if error is None:
            checks.lossless(kind, broken)
        else:
            assert error.record == kind.__name__
            with pytest.raises(RecordError, match=re.escape(str(error))):
                kind.parse(broken)


SHORTER = [  # may end earlier: the old form of a memory section, logs and payloads that are cut short
    *(PlatformMemory, vendor.AmpereRas, cxl_events.CxlGeneralMedia, cxl_events.CxlDram, cxl_events.CxlMemoryModule),
    *(cxl_events.CxlMemorySparing, cxl_events.CxlPhysicalSwitch, cxl_events.CxlVirtualSwitch, cxl_events.CxlMldPort),
]


@pytest.mark.parametrize("kind", [k for k in tables.SIZES if k not in SHORTER], ids=lambda kind: kind.__name__)
def test_a_section_that_is_too_short_names_the_byte(kind):
    data = kind().build()[:-1]
    with pytest.raises(RecordError, match="bytes") as caught:
        kind.parse(data)
    assert caught.value.record == kind.__name__
    assert caught.value.offset is not None
    assert 0 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("kind", SHORTER, ids=lambda kind: kind.__name__)
def test_a_section_that_may_end_earlier_does(kind):
    checks.lossless(kind, kind().build()[:-1])


@NAMED
def test_json_holds_no_number_that_javascript_would_round(kind):
    def numbers(value: Any) -> Iterator[int]:
        match value:
            case bool():
                return
            case int():
                yield value
            case dict():
                for item in value.values():
                    yield from numbers(item)
            case list():
                for item in value:
                    yield from numbers(item)

    for seed in range(10):
        plain = kind.parse(strategies.generate(kind, seed)).to_json()
        assert json.loads(json.dumps(plain)) == plain
        assert all(abs(n) <= 2**53 for n in numbers(plain))


# --- records that firmware and kernels made ---------------------------------------------------------------------------


def bodies(path: Any) -> Iterator[tuple[UUID, Any]]:
    """The section types and bodies of a record or a status block."""
    data = path.read_bytes()
    if data[:4] == b"CPER":
        record = checks.lossless(CperRecord, data)
        yield from zip([d.section_type for d in record.section_descriptors], record.sections, strict=True)
    else:
        for entry in checks.lossless(StatusBlock, data).entries:
            yield entry.section_type, entry.section


OTHER = ("hest_", "g_short")  # tables, and a block that is cut short on purpose
REAL = [
    param
    for param in checks.shared("samples/whea", "samples/estatus", "vectors")
    if not str(param.id).rpartition("/")[2].startswith(OTHER)
]


@pytest.mark.parametrize("path", REAL)
def test_real_records_come_back_and_their_sections_are_known(path):
    for section_type, body in bodies(path):
        assert section_type in sections.NAMES
        assert isinstance(body, sections.RECORDS.get(section_type, bytes))


@pytest.mark.parametrize("path", checks.shared("samples/malformed"))
def test_what_hangs_or_defeats_others_is_read_as_far_as_it_goes(path):
    found = CperRecord.explain(path.read_bytes())
    assert found.error is None or found.error.path.startswith("sections[0]")
    assert len(found.spans) > 30


def test_an_altra_names_its_interrupt_controller():
    block = StatusBlock.parse(checks.sample("samples/estatus/ampere-altra-its-boot-src0.estatus"))
    [section] = [entry.section for entry in block.entries]
    assert section == vendor.AmpereRas(
        kind=vendor.AmpereKind(block=vendor.AmpereBlock.GIC, payload=0),
        payload=vendor.AmpereErrorRecord(err_status=0xEC30000E, err_addr=0x8000100100080110, err_misc0=0x300),
    )


# --- pitfalls ---------------------------------------------------------------------------------------------------------


def test_bit_26_is_corrected_on_arm_and_uncorrected_on_x86():
    word = 1 << 26
    for shape in (x86.CacheCheck, x86.TlbCheck, x86.BusCheck):
        assert shape.parse(word) == shape(uncorrected=True)
    for shape in (arm.CacheError, arm.TlbError, arm.BusError):
        assert shape.parse(word) == shape(corrected=True)


def test_the_mask_of_the_generic_section_is_not_the_type_byte_of_the_arm_section():
    cache = processor.ProcessorErrorType(cache=True).build()
    assert cache == 0x01
    assert arm.type_byte(arm.Kind.CACHE, dialect=arm.Dialect.UEFI_2_10) == 0x02
    assert arm.type_byte(arm.Kind.CACHE, dialect=arm.Dialect.UEFI_2_11) == cache


@pytest.mark.parametrize("kind", [ccix.CcixPer, poison.FruMemoryPoison, cxl_events.CxlDram], ids=lambda k: k.__name__)
def test_validation_bits_are_not_aligned(kind):
    assert checks.layout(kind)[1] == ("validation_bits", 4, 8)


def test_memory_2_numbers_its_validation_bits_anew_from_bit_10():
    one = {low: name for name, low, *_ in type(PlatformMemory().validation_bits).layout}
    two = {low: name for name, low, *_ in memory2.Memory2Valid.layout}
    assert [bit for bit in range(10) if one[bit] != two[bit]] == []
    assert [bit for bit in range(10, 22) if one[bit] == two[bit]] == []


def test_a_whole_bank_excludes_group_and_address():
    for bits in ({"bank": True}, {"bank_group": True}, {"bank_address": True}):
        assert memory2.Memory2Valid(**bits).any_bank
    assert not memory2.Memory2Valid(row=True).any_bank


def test_function_comes_before_device_and_the_segment_is_not_aligned():
    bus_address = bytes.fromhex("f41a 0010 000406 07 1f 3412 10 11 2800 00")
    found = pcie.DeviceId.parse(bus_address)
    assert str(found) == "1234:10:1f.7"
    assert [checks.layout(pcie.Pcie)[8][1] + at for at in (7, 8, 9)] == [31, 32, 33]
    assert str(cxl_events.ComponentId.parse(bytes.fromhex("f41a 0010 07 1f 10 3412 2800 00"))) == "1234:10:1f.7"
    assert str(cxl.AgentAddress.parse(bytes.fromhex("07 1f 10 3412 000000"))) == "1234:10:1f.7"


def test_the_segment_of_a_pci_component_has_8_bits_and_stands_after_the_bus():
    found = pci.IdInfo.parse(bytes.fromhex("f41a 0010 000406 07 1f 10 34 1200000000"))
    assert (found.function, found.device, found.bus, found.segment) == (7, 0x1F, 0x10, 0x34)
    assert pci.BusId.parse(0x3410) == pci.BusId(bus=0x10, segment=0x34)


def test_dma_access_and_architecture_follow_the_document():
    found = dmar.DmarGeneric.parse(bytes(4) + bytes([0xB, 1, 1, 1]) + bytes(24))
    assert found.access_type is dmar.DmaAccess.READ
    assert found.architecture_type is dmar.DmarArchitecture.VT_D
    assert dmar.DmarGeneric.parse(bytes(32)).architecture_type == 0
    assert not isinstance(dmar.DmarGeneric.parse(bytes(32)).architecture_type, dmar.DmarArchitecture)


def test_sections_share_the_error_status_word():
    word = ErrorStatus(error_type=22, address=True, first_error=True)
    assert word.build() == 22 << 8 | 1 << 16 | 1 << 21
    for kind in (PlatformMemory, memory2.PlatformMemory2, pci.PciBus, pci.PciComponent):
        assert kind.parse(kind(error_status=word).build()).error_status == word
