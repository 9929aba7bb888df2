"""What others made is right, but for the faults that it is known to have; and nothing at all makes the linter fail."""

import random

import pytest
from formats import acpi_checks as checks
from formats import strategies

from raslib.formats.aest import Aest, NodeV2
from raslib.formats.cper import CperRecord
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.hest import Hest
from raslib.formats.kinds import KINDS
from raslib.formats.sections import GUIDS
from raslib.intake import kind_of
from raslib.resources import samples
from raslib.rules import Finding, FindingLevel, lint

TYPE_0 = "entries[0].section.error_information[0].type"
_TEMPLATE = [  # iasl's template: numbers that only look like some
    *("nodes[0].interface.base_address", "nodes[0].interface.error_records_implemented", "nodes[0].interrupts[0].type"),
    *(
        "nodes[1].interface.base_address",
        "nodes[1].interface.error_records_implemented",
        "nodes[2].interface.error_records_implemented",
    ),
    *("nodes[3].interface.base_address", "nodes[3].interface.error_records_implemented"),
    *("nodes[4].interface.base_address", "nodes[4].interface.error_records_implemented"),
    *("nodes[5].interface.type", "nodes[5].interface.error_records_implemented"),
]
_FWTS_HEST = [
    *("error_sources[0].flags", "error_sources[1].records_to_preallocate", "error_sources[2].flags"),
    *("error_sources[2].records_to_preallocate", "error_sources[2].max_sections_per_record"),
]
# file -> paths of what is wrong: errors, warnings
KNOWN: dict[str, tuple[list[str], list[str]]] = {
    "aest/fwts-0001": (["nodes[0].length", "nodes[1]"], []),  # lengths are 32 too small
    "aest/fwts-0002": (["checksum", "nodes[2].interface.type"], _TEMPLATE),  # a bad checksum, on purpose
    "bert/fwts-0002": (["checksum", "boot_error_region_length"], []),  # on purpose
    "erst/fwts-0002": (["entries[0].register_region.access_size", "entries[2].instruction"], []),  # on purpose
    "erst/fwts-0003": (["checksum", "instruction_entry_count"], []),  # on purpose
    "hest/fwts-0002": (["checksum", "error_sources[0].flags", "error_sources[2].flags"], _FWTS_HEST),  # on purpose
    "estatus/hisi-2026-sea-devmem": ([], [TYPE_0]),  # the first dialect: 0 is a cache error
    "estatus/kunpeng920-2019-sea": ([], [TYPE_0]),
    "malformed/arm-unknown-context9": (
        [],
        ["sections[0].error_information[0].type", "sections[0].context_information[0].register_array_size"],
    ),
    "malformed/libcper-7c410e2-hang-nvidiaevent": (["sections[0].contexts[4].context_size"], []),
    "vectors/g_short": (["entries[0].section"], []),  # on purpose
    "vectors/g_armmulti": ([], [TYPE_0]),  # with a reserved bit, on purpose
    "whea/edk2-pytool-024": ([], ["header.error_severity"]),
    "whea/edk2-pytool-028": ([], ["header.error_severity"]),
    "whea/edk2-pytool-032": ([], ["sections[0].validation_bits"]),
}
FOLDERS = (
    "vectors",
    *(f"samples/{k}" for k in ("estatus", "whea", "malformed", *KINDS) if k not in ("record", "status-block")),
)


def found(data):
    findings = lint(KINDS[kind_of(data)], data)
    return [[f.path for f in findings if f.level is level] for level in (FindingLevel.ERROR, FindingLevel.WARNING)]


@pytest.mark.parametrize("path", checks.shared(*FOLDERS))
def test_what_others_made_is_right_but_for_what_is_known(path):
    assert found(path.read_bytes()) == list(KNOWN.get(f"{path.parent.name}/{path.stem}", ([], [])))


@pytest.mark.parametrize("name", [name for name in samples() if not name.startswith("memory/")])
def test_our_samples_are_right_but_for_what_is_known(name):
    assert found(samples(name)) == list(KNOWN.get(f"vectors/{name.partition('/')[2]}", ([], [])))


def test_the_notify_length_that_phytium_ships_is_found():
    """Its table is in no sample: one of QEMU's with the length that the S5000C has."""
    table = Hest.parse(samples("hest/qemu-7.2"))
    (source,) = table.error_sources
    wrong = table.replace(error_sources=(source.replace(notification=source.notification.replace(length=0x5C)),))
    assert [(f.level, f.path, f.offset, f.says) for f in lint(Hest, wrong.build())] == [
        (FindingLevel.WARNING, "error_sources[0].notification.length", 73, "length is 0x5c, not 28")
    ]


def test_node_lengths_that_are_32_short_are_found_with_the_number_that_is_right():
    """As in the revision 2 table of fwts' tests: 128, where the node needs 160."""
    (first, *_) = lint(Aest, checks.sample("samples/aest/fwts-0001.aml"))
    assert first.says == "length is 128, what the node says it has needs 160"
    node = Aest.parse(checks.sample("samples/aest/fwts-0001.aml")).nodes[0]
    assert isinstance(node, NodeV2)


def test_findings_come_in_the_order_of_the_bytes():
    wrong = StatusBlock(
        error_severity=7, entries=(DataEntry(error_severity=8), DataEntry(error_severity=9)), beyond=b"x"
    )
    errors = [(f.path, f.offset) for f in lint(StatusBlock, wrong.build()) if f.level is FindingLevel.ERROR]
    assert errors == [
        ("error_severity", 16),
        ("entries[0].error_severity", 36),
        ("entries[1].error_severity", 108),
        ("beyond", 164),
    ]


def test_the_checksum_that_is_named_makes_the_table_right():
    """Even if something else in it is wrong and stays so."""
    table = Hest.parse(samples("hest/qemu-7.2"))
    wrong = table.replace(checksum=5, error_source_count=2)
    (checksum,) = [f for f in lint(Hest, wrong.build()) if f.path == "checksum"]
    mended = wrong.replace(checksum=int(checksum.says.split(", ")[1].split()[0], 16), error_source_count=2)
    assert [f.path for f in lint(Hest, mended.build())] == ["error_source_count"]


def test_what_cannot_be_read_is_one_error_where_it_breaks():
    assert lint(StatusBlock, StatusBlock(entries=(DataEntry(section=b"four"),)).build()[:50]) == (
        Finding(
            FindingLevel.ERROR,
            "entries",
            20,
            "needs 76 bytes, 30 are left",
            "nothing behind this can be read",
            StatusBlock.ref,
        ),
    )


def test_the_linter_is_had_from_the_front_door():
    """Whatever of its room has been loaded before."""
    from raslib import lint as again

    assert again is lint


@pytest.mark.parametrize(
    "kind", [k for k in (*KINDS.values(), *GUIDS) if k is not CperRecord], ids=lambda k: k.__name__
)
def test_anything_that_a_declaration_can_hold_is_judged(kind):
    for seed in range(25):
        data = strategies.generate(kind, seed)
        assert all(f.says and f.why and f.cite for f in lint(kind, data)), seed


@pytest.mark.parametrize("path", checks.shared("vectors", "samples/hest", "samples/aest", "samples/einj"))
def test_mutations_are_judged(path):
    data, chance = path.read_bytes(), random.Random(path.stem)
    kind = KINDS[kind_of(data)]
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(1 + chance.randrange(4)):
            changed[chance.randrange(len(data))] = chance.choice((0, 0xFF, chance.randrange(256)))
        assert all(f.says and f.why and f.cite for f in lint(kind, bytes(changed)))
