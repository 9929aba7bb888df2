"""A record as text for other tools: the same bytes come back from it, or it is what that tool takes."""

import base64
import json
import re
import shutil
import subprocess
from itertools import takewhile
from uuid import UUID

import pytest
from formats import acpi_checks as checks
from formats import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raslib.formats import aest
from raslib.formats.aest import Aest
from raslib.formats.arm import ArmProcessor, ErrorInformation, ErrorInformationValid
from raslib.formats.bert import Bert
from raslib.formats.cper import CperRecord, RecordHeader, SectionDescriptor, Severity
from raslib.formats.einj import Einj
from raslib.formats.erst import Erst
from raslib.formats.framing import block_of
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.formats.hest import AerDevice, Hest, SourceFlags
from raslib.formats.kinds import KINDS
from raslib.formats.memory import MemoryValid, PlatformMemory
from raslib.formats.more.cxl import CxlProtocol
from raslib.formats.pcie import DeviceId, Pcie, PcieValid
from raslib.formats.processor import GenericProcessor
from raslib.formats.sdei import Sdei
from raslib.formats.sections import GUIDS, RECORDS
from raslib.intake import kind_of, read
from raslib.records import Record, RecordError
from raslib.resources import samples
from raslib.views.export import FORMS, c, export
from raslib.views.export.iasl import BITS, LABELS
from raslib.views.export.python import python

FOLDERS = ("vectors", *(f"samples/{kind}" for kind in ("estatus", "whea", "malformed", *KINDS)))
FILES = checks.shared(*(folder for folder in FOLDERS if "status-block" not in folder and "record" not in folder))
RANDOM = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def ran(source, name="record"):
    """What *source* makes."""
    scope = {}
    exec(source, scope)
    return scope[name]


def parsed(data):
    """The record that *data* is; what cannot be read is no record to export."""
    try:
        return KINDS[kind_of(data)].parse(data)
    except (RecordError, ValueError):
        pytest.skip("these bytes break off and are no record")


# --- Python -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES)
def test_the_python_of_every_vector_and_sample_makes_its_bytes(path):
    record = parsed(path.read_bytes())
    assert ran(python(record)) == record
    assert ran(python(record)).build() == path.read_bytes()


@pytest.mark.parametrize("name", [name for name in samples() if not name.startswith("memory/")])
def test_the_python_of_every_sample_of_ours_makes_its_bytes(name):
    if name.endswith("g_short"):
        pytest.skip("its last section breaks off: no record")
    assert ran(python(parsed(samples(name)))).build() == samples(name)


GENERATED = [kind for kind in (*KINDS.values(), *RECORDS.values()) if kind is not CperRecord]


@pytest.mark.parametrize("kind", GENERATED, ids=lambda kind: kind.__name__)
def test_the_python_of_any_record_makes_its_bytes(kind):
    for seed in range(40):
        data = strategies.generate(kind, seed)
        assert ran(python(kind.parse(data))).build() == data, seed


def some_record(seed):
    """A CPER record of any header and any sections, one of them moved."""
    source = strategies.Seeded(seed)
    kinds = [list(GUIDS)[source.below(len(GUIDS))] for _ in range(source.below(4))]
    pairs = [
        (strategies.record(SectionDescriptor, source, section_type=GUIDS[k]), strategies.record(k, source))
        for k in kinds
    ]
    header = strategies.record(RecordHeader, source)
    kept = {name: getattr(header, name) for name in header.con.names if name not in ("section_count", "record_length")}
    if source.below(2):
        kept.pop("error_severity")
    record = CperRecord.of(*pairs, **kept)
    if not pairs or source.below(2):
        return record
    last = record.section_descriptors[-1]
    moved = last.replace(section_offset=last.section_offset + 16)
    return record.replace(section_descriptors=(*record.section_descriptors[:-1], moved), beyond=b"tail")


@pytest.mark.parametrize("seed", range(60))
def test_the_python_of_any_cper_record_makes_its_bytes(seed):
    data = some_record(seed).build()
    record = CperRecord.parse(data)
    assert ran(python(record)) == record
    assert ran(python(record)).build() == data


@RANDOM
@given(st.sampled_from([StatusBlock, Hest, Aest]).flatmap(lambda k: st.tuples(st.just(k), strategies.records(k))))
def test_the_python_of_what_hypothesis_finds_makes_its_bytes(made):
    kind, data = made
    assert ran(python(kind.parse(data))).build() == data


def test_python_says_what_is_meant_and_no_more():
    block = StatusBlock(
        block_status=BlockStatus(uncorrectable=True, entry_count=1),
        error_severity=Severity.FATAL,
        entries=(DataEntry(section=PlatformMemory(physical_address=0x1234_5000)),),
    )
    assert export(block, "python") == (
        "from raslib.formats.cper import Severity\n"
        "from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock\n"
        "from raslib.formats.memory import PlatformMemory\n"
        "\n"
        "record = StatusBlock(\n"
        "    block_status=BlockStatus(uncorrectable=True, entry_count=1),\n"
        "    error_severity=Severity.FATAL,\n"
        "    entries=(DataEntry(section=PlatformMemory(physical_address=0x12345000)),),\n"
        ")\n"
    )


def test_python_keeps_a_count_that_is_not_what_counting_gives():
    odd = Hest(error_source_count=7, length=40)
    assert "error_source_count=7" in python(odd)
    assert "length" not in python(odd)
    assert ran(python(odd)).build() == odd.build()


def test_python_names_the_sections_that_are_declared():
    record = CperRecord.of(
        (SectionDescriptor(section_type=GUIDS[PlatformMemory]), PlatformMemory()),
        notification_type=UUID("9a78788a-bbe8-11e4-809e-67611e5d46b0"),
    )
    said = python(record)
    assert "section_type=GUIDS[PlatformMemory]" in said
    assert 'notification_type=UUID("9a78788a-bbe8-11e4-809e-67611e5d46b0")' in said
    assert ran(said) == record


def test_two_classes_of_one_name_are_told_apart():
    """A block of memory and bus errors has two registers called Status, say."""
    block = block_of(DataEntry(section=Pcie()), DataEntry(section=CxlProtocol()), DataEntry(section=ArmProcessor()))
    many = block_of(*(DataEntry(section=kind()) for kind in GUIDS))
    for one in (block, many):
        assert ran(python(one)) == one


# --- C and xxd --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES)
def test_c_and_xxd_of_every_vector_and_sample_read_back(path):
    data = path.read_bytes()
    kind = kind_of(data)
    assert read(c(KINDS[kind], data), kind).data == data
    assert read(FORMS["xxd"](parsed(data)), kind).data == data


def test_c_says_what_the_bytes_are_and_has_eight_on_a_line():
    said = export(Sdei(oem_id='*/"/*'), "c").split("\n")
    assert said[0] == "/* Software Delegated Exception Interface Table, DEN0054: 36 bytes */"
    assert said[1] == "static const unsigned char sdei[] = {"
    assert said[2].split()[:5] == ["0x53,", "0x44,", "0x45,", "0x49,", "0x24,"]
    assert [len(line.split()) for line in said[2:-2]] == [8, 8, 8, 8, 4]
    assert said[-2:] == ["};", ""]


def test_c_has_every_byte_once_even_where_bodies_overlap_or_break_off():
    record = CperRecord.of((SectionDescriptor(), b"four"), (SectionDescriptor(), b"bytes"))
    first, second = record.section_descriptors
    for offset in (272, 274, 276, 280):
        data = record.replace(section_descriptors=(first, second.replace(section_offset=offset))).build()
        assert read(c(CperRecord, data), "record").data == data
        assert read(c(CperRecord, data[:274]), "record").data == data[:274]


@pytest.mark.skipif(not shutil.which("xxd"), reason="xxd is missing")
def test_xxd_itself_reads_and_writes_the_same():
    data = samples("status_blocks/g_arm")
    said = FORMS["xxd"](StatusBlock.parse(data))
    assert subprocess.run(["xxd", "-r"], input=said.encode(), capture_output=True, check=True).stdout == data
    assert subprocess.run(["xxd"], input=data, capture_output=True, check=True).stdout.decode() == said


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is missing")
def test_a_compiler_takes_the_c(tmp_path):
    data = samples("status_blocks/g_pcie")
    (tmp_path / "block.c").write_text(
        export(StatusBlock.parse(data), "c") + "#include <stdio.h>\n"
        "int main(void) { fwrite(status_block, 1, sizeof status_block, stdout); return 0; }\n"
    )
    subprocess.run(["gcc", "-Wall", "-Werror", "-o", "block", "block.c"], cwd=tmp_path, check=True, timeout=60)
    assert subprocess.run([tmp_path / "block"], capture_output=True, check=True).stdout == data


# --- QMP --------------------------------------------------------------------------------------------------------------


def test_qmp_is_one_command_with_the_block_in_base64():
    data = samples("status_blocks/g_qemu_mem")
    said = json.loads(export(StatusBlock.parse(data), "qmp"))
    assert said["execute"] == "inject-ghes-v2-error"
    assert list(said["arguments"]) == ["cper"]
    assert base64.b64decode(said["arguments"]["cper"], validate=True) == data


def test_the_sections_of_a_record_go_to_qemu_as_a_block():
    record = CperRecord.of(
        (SectionDescriptor(section_type=GUIDS[PlatformMemory]), PlatformMemory(physical_address=4096))
    )
    found = StatusBlock.parse(base64.b64decode(json.loads(export(record, "qmp"))["arguments"]["cper"]))
    assert found.entries[0].section == PlatformMemory(physical_address=4096)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (StatusBlock(raw_data=bytes(1005)), "the block is 1025 bytes long, QEMU 10.2 has room for 1024"),
        (Sdei(), "QEMU injects status blocks, not a Sdei"),
    ],
)
def test_what_qemu_would_not_take_is_refused(record, why):
    with pytest.raises(ValueError, match=why):
        export(record, "qmp")
    assert len(export(StatusBlock(raw_data=bytes(1004)), "qmp")) > 1024


# --- EINJ -------------------------------------------------------------------------------------------------------------


def entry(section, severity=Severity.CORRECTED):
    return DataEntry(section=section, error_severity=severity)


def memory(mask=None, **more):
    valid = MemoryValid(physical_address=True, physical_address_mask=mask is not None)
    return PlatformMemory(validation_bits=valid, physical_address=0x4000_1000, physical_address_mask=mask or 0, **more)


def echoes(*entries):
    """The files that are written, in their order."""
    lines = export(block_of(*entries), "einj").split("\n")
    return [tuple(line.split()[1::2]) for line in lines if line.startswith("echo")]


@pytest.mark.parametrize(("severity", "bit"), [(Severity.CORRECTED, 3), (Severity.RECOVERABLE, 4), (Severity.FATAL, 5)])
def test_einj_asks_for_a_memory_error_of_the_same_severity_and_place(severity, bit):
    assert export(block_of(entry(memory(), severity)), "einj").startswith("cd /sys/kernel/debug/apei/einj  # ")
    assert echoes(entry(memory(), severity)) == [
        (f"{1 << bit:#x}", "error_type"),
        ("0x2", "flags"),
        ("0x40001000", "param1"),
        ("0xfffffffffffff000", "param2"),
        ("0", "notrigger"),
        ("1", "error_inject"),
    ]


def test_einj_narrows_a_mask_that_linux_would_refuse():
    assert ("0xffffffffffffffc0", "param2") in echoes(entry(memory(mask=0xFFFF_FFFF_FFFF_FFC0)))
    assert ("0xfffffffffffff000", "param2") in echoes(entry(memory(mask=0xFFFF_FFFF_FFE0_0000)))
    said = export(block_of(entry(memory(mask=0xFFFF_FFFF_FFE0_0000))), "einj")
    assert "# the record's mask is 0xffffffffffe00000; Linux takes none that is wider than a page\n" in said


def test_einj_asks_for_a_pcie_error_of_the_same_function():
    at = DeviceId(segment=0x12, bus=0x34, device=0x1F, function=7)
    section = Pcie(validation_bits=PcieValid(device_id=True), device_id=at)
    assert echoes(entry(section, Severity.FATAL))[:3] == [
        ("0x100", "error_type"),
        ("0x4", "flags"),
        ("0x1234ff00", "param4"),
    ]


def test_einj_asks_for_a_processor_error_and_says_what_it_cannot_tell():
    info = ErrorInformation(
        validation_bits=ErrorInformationValid(physical_fault_address=True), physical_fault_address=0xABBA_0BAD
    )
    assert echoes(entry(ArmProcessor(), Severity.RECOVERABLE))[:3] == [
        ("0x2", "error_type"),
        ("0x0", "flags"),
        ("0x0", "param1"),  # not what an injection before has left there: with flags 0 it is the processor
    ]
    assert echoes(entry(ArmProcessor(error_information=(info,))))[:4] == [
        ("0x1", "error_type"),
        ("0x2", "flags"),
        ("0xabba0bad", "param1"),
        ("0xffffffffffffffff", "param2"),
    ]
    assert echoes(entry(GenericProcessor()))[1:3] == [("0x0", "flags"), ("0x0", "param1")]
    assert "MPIDR 0x80000100" in export(StatusBlock.parse(samples("status_blocks/g_arm")), "einj")


def test_einj_leaves_a_word_for_a_section_that_it_has_nothing_for():
    said = export(block_of(entry(memory()), entry(CxlProtocol())), "einj")
    assert "# section 2 has no counterpart: EINJ has no errors of the kind CXL Protocol Error" in said
    assert said.count("error_inject\n") == 1


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (block_of(entry(PlatformMemory())), "no physical address, and Linux injects none without"),
        (block_of(entry(memory(), Severity.INFORMATIONAL)), "none that EINJ has"),
        (block_of(entry(Pcie())), "does not say of which function"),
        (
            block_of(entry(Pcie(validation_bits=PcieValid(device_id=True), device_id=DeviceId(segment=0x100)))),
            "8 bits for the segment, 0x100 does not fit",
        ),
        (
            block_of(entry(Pcie(validation_bits=PcieValid(device_id=True), device_id=DeviceId(device=32)))),
            r"there is no PCI function 0000:00:20.0",
        ),
        (block_of(entry(b"vendor")), "EINJ has no errors of the kind 00000000"),
        (block_of(), "the block has no section"),
        (Hest(), "a Hest reports no error"),
    ],
)
def test_what_einj_has_no_counterpart_for_is_refused_with_the_reason(record, why):
    with pytest.raises(ValueError, match=why):
        export(record, "einj")


# --- iasl -------------------------------------------------------------------------------------------------------------

OLD = {  # what iasl 20200925 (Debian 12) is too old for, and what newer ones must do
    "hest/fwts-0001": "it takes GLOBAL for bit 0",
    "hest/fwts-0002": "it takes GLOBAL for bit 0",
}
REFUSED = {
    "erst/fwts-0002": "iasl writes zero where a document has Reserved, and here is 0xf0",
    "aest/fwts-0001": "iasl counts lengths and offsets of nodes itself",  # which are 32 too small in this table
    "aest/fwts-0002": "iasl writes zero where a document has Reserved, and here is 0x2",
}


def compiled(source, folder):
    (folder / "table.dsl").write_text(source)
    done = subprocess.run(
        ["iasl", "-p", "out", "table.dsl"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "out.aml").read_bytes()


@pytest.mark.iasl
@pytest.mark.parametrize(
    "path", checks.shared(*(f"samples/{kind}" for kind in KINDS if kind not in ("record", "status-block")))
)
def test_iasl_compiles_every_sample_table_to_its_bytes(path, tmp_path):
    name, table = f"{path.parent.name}/{path.stem}", parsed(path.read_bytes())
    if name in OLD:
        pytest.skip(f"iasl 20200925 is too old: {OLD[name]}")
    if name in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[name]):
            export(table, "iasl")
        return
    assert checks.without(compiled(export(table, "iasl"), tmp_path)) == checks.without(table.build())


@pytest.mark.iasl
def test_iasl_compiles_every_kind_of_source_and_entry(tmp_path):
    from formats.test_hest import every_source

    sources = [s for s in every_source() if not isinstance(s, AerDevice)]
    for table in (Hest(error_sources=tuple(sources)), Hest(), Bert(boot_error_region=1 << 40), Sdei(oem_id="X")):
        assert checks.without(compiled(export(table, "iasl"), tmp_path)) == checks.without(table.build())


V1 = aest.InterfaceV1(type=1, base_address=0x2A00_0000, number_of_error_records=2)
IRQ = aest.InterruptV1(type=1, gsiv=77, its_group_reference=3, flags=aest.InterruptFlags(level_triggered=True))
V2 = aest.Interface4K(type=1, flags=aest.InterfaceFlags(interrupt_config_register_base_valid=True))
AEST_NODES = [
    (0, aest.Processor(resource=aest.CacheResource(cache_reference=9), flags=aest.AestProcessorFlags(shared=True)), V1),
    (0, aest.Processor(resource=aest.TlbResource(tlb_level=2), resource_type=aest.ResourceType.TLB), V1),
    (1, aest.Memory(proximity_domain=3), V1),
    (2, aest.Smmu(iort_node_reference=1, subcomponent_reference=2), V1),
    (3, aest.Vendor(hardware_id=1, unique_id=2, vendor_data=bytes(range(16))), V1),
    (4, aest.Gic(interface_type=2, instance_id=7), V1),
    (1, aest.Memory(), V2),
    (3, aest.VendorV2(hardware_id_text="ARMHE000", unique_id=3, vendor_data=bytes(range(16))), V2),
    (5, aest.PcieRootComplex(iort_node_reference=4), aest.Interface16K(error_records_implemented=bytes(range(32)))),
    (6, aest.Proxy(node_address=1 << 33), aest.Interface64K(addressing_mode=bytes(range(112)))),
]


def aest_of(kind, data, interface):
    """A table of two nodes, one with two interrupts and one without."""
    node, irq = (aest.NodeV1, IRQ) if interface is V1 else (aest.NodeV2, aest.InterruptV2(gsiv=1234))
    first = node(type=kind, data=data, interface=interface, interrupts=(irq, irq.replace(type=0)))
    return Aest(oem_id="OEM", nodes=(first, node(type=kind, data=data, interface=interface)))


def too_old():
    """Debian 12's iasl is of 2020; the AEST came in 2021, and its revision 2 later."""
    version = subprocess.run(["iasl", "-v"], capture_output=True, text=True, timeout=60, check=False).stdout
    return int(re.search(r"version (\d{8})", version)[1]) < 20240000


@pytest.mark.iasl
@pytest.mark.parametrize(("kind", "data", "interface"), AEST_NODES, ids=lambda x: type(x).__name__)
def test_iasl_compiles_every_kind_of_node(kind, data, interface, tmp_path):
    if too_old():
        pytest.skip("this iasl is too old: it knows no AEST")
    table = aest_of(kind, data, interface)
    assert checks.without(compiled(export(table, "iasl"), tmp_path)) == checks.without(table.build())


def test_an_aest_has_the_labels_that_iasl_prints_in_that_order():
    """As iasl 20260408 disassembles a table of each revision."""
    head = "Type Length Reserved Node Interface Array Count Rate Reserved Rate"
    labels = [line.partition(" : ")[0].split() for line in export(aest_of(*AEST_NODES[0]), "iasl").split("\n")[10:]]
    assert " ".join(label[-1] for label in labels[:10]) == head.replace("Node Interface Array", "Offset Offset Offset")
    lines = (line.strip() for line in export(aest_of(*AEST_NODES[6]), "iasl").split("\n")[20:] if line)
    assert "\n".join(takewhile(lambda line: "Subtable" not in line, lines)) + "\n" == V2_LINES


V2_LINES = """\
Srat Proximity Domain : 00000000
Interface Type : 01
Group Format : 00    [4 KiB, at most 56 records]
Reserved : 0000
Flags (decoded below) : 00000040
Shared Interface : 0
Clear MISCx Registers : 0
Error Node Device Valid : 0
Affinity Type : 0
Error group Address Valid : 0
Fault Injection Address Valid : 0
Interrupt Config Address valid : 0
Address : 0000000000000000
Error Record Index : 00000000
Error Record Count : 00000000
Error Record Implemented : 0000000000000000
Error Status Reporting : 0000000000000000
Addressing Mode : 0000000000000000
Arm Error Node Device : 00000000
Processor Affinity : 00000000
Err-Group Register Addr : 0000000000000000
Err-Inject Register Addr : 0000000000000000
IRQ-Config Register Addr : 0000000000000000
Interrupt Type : 00    [fault handling interrupt]
Reserved : 0000
Flags (decoded below) : 00
Level Triggered : 0
Gsiv : 000004D2
Reserved : 00000000
Interrupt Type : 00
Reserved : 0000
Flags (decoded below) : 00
Level Triggered : 0
Gsiv : 000004D2
Reserved : 00000000
"""


def below(kind):
    """*kind* and all classes that stand on it."""
    return [kind, *(each for inner in kind.__subclasses__() for each in below(inner))]


def test_the_table_of_iasls_labels_names_declared_classes_fields_and_bits():
    """A key that is misspelled would never be asked for."""
    classes = {kind.__name__: kind for kind in below(Record)}
    for name, labels in LABELS.items():
        assert labels.keys() <= {field for kind in below(classes[name]) for field in kind.defaults}, name
    for name, labels in BITS.items():
        bits = [type(kind.defaults["flags"]).defaults for kind in below(classes[name]) if "flags" in kind.defaults]
        assert labels.keys() - {""} <= {bit for flags in bits for bit in flags}, name


def plain(table):
    """*table* without what iasl has no word for."""
    more = {"signature": type(table)().signature, "oem_id": "OEM", "beyond": b""}
    if isinstance(table, Erst | Einj):
        more["reserved"] = bytes(len(table.reserved))
        more["entries"] = tuple(e.replace(reserved=bytes(1), flags=e.flags.replace(reserved=0)) for e in table.entries)
    return table.replace(**more)


@pytest.mark.iasl
@pytest.mark.parametrize("kind", [Hest, Erst, Einj, Bert, Sdei])
def test_iasl_compiles_any_table_that_is_not_refused(kind, tmp_path):
    tried = 0
    for seed in range(600):  # most tables made at random have what iasl cannot say
        if tried == 6:
            break
        table = plain(kind.parse(strategies.generate(kind, seed)))
        try:
            source = export(table, "iasl")
        except ValueError:
            continue
        if "Global : 1" not in source:  # see OLD
            tried += 1
            assert checks.without(compiled(source, tmp_path)) == checks.without(table.build()), seed
    assert tried == 6


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (StatusBlock(), "iasl compiles ACPI tables, not a StatusBlock"),
        (Sdei(signature="ISED"), "knows a table by its signature, and this one has 'ISED'"),
        (Sdei(beyond=b"x"), "iasl counts the length of a table itself"),
        (Hest(length=99), "iasl counts the length of a table itself"),
        (Hest(oem_id=b"\xff12345"), "cannot take b'.xff12345' as text for Oem ID"),
        (Einj(reserved=b"\1\0\0"), "iasl writes zero where a document has Reserved, and here is 0x1"),
        (aest_of(0, aest.Processor(resource_type=2, resource=aest.GenericResource()), V1), "for a GenericResource"),
        (aest_of(9, b"what", V1), "no word for the 4 bytes of NodeV1.data"),
        (aest_of(1, b"", V1), "iasl asks for the data of a NodeV1, and here is none"),
        (aest_of(1, aest.Memory(beyond=b"more"), V1), "no word for the 4 bytes of Memory.beyond"),
        (
            Aest(nodes=(aest.NodeV1(type=1, data=aest.Memory(), interface=V1, length=99),)),
            "iasl counts lengths and offsets of nodes itself",
        ),
        (Hest(error_sources=(b"\3\0\0\0",)), r"no word for the source at 03 00 00 00"),
        (
            Hest(error_sources=(AerDevice(type=7, flags=SourceFlags(ghes_assist=True)),)),
            "no word for the bits 0x4 of flags",
        ),
    ],
)
def test_what_iasl_has_no_word_for_is_refused(table, why):
    with pytest.raises(ValueError, match=why):
        export(table, "iasl")


def test_a_form_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="'perl' is none of python, c, xxd, qmp, einj, iasl"):
        export(StatusBlock(), "perl")
