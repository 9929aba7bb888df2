"""BERT: the table, and the region of status blocks that it points at."""

import pytest
from formats import acpi_checks as checks
from hypothesis import given
from hypothesis import strategies as st

from raslib.formats import bert
from raslib.formats.bert import Bert, BootErrorRegion
from raslib.formats.cper import Severity
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.records import RecordError

VECTORS = checks.SHARED / "vectors"


def block(section: bytes = b"sect", **more: object) -> StatusBlock:
    entry = DataEntry(section=section, error_severity=Severity.FATAL)
    return StatusBlock(
        block_status=BlockStatus(uncorrectable=True, entry_count=1),
        error_severity=Severity.FATAL,
        entries=(entry,),
        **more,  # type: ignore[arg-type]
    )


def test_the_fields_lie_where_the_document_has_them():
    assert checks.layout(Bert)[9:] == [
        ("boot_error_region_length", 36, 4),
        ("boot_error_region", 40, 8),
        ("beyond", 48, None),
    ]
    assert checks.size(Bert) == 48


def test_everything_is_documented():
    checks.documented(bert)


@pytest.mark.parametrize("path", checks.shared("samples/bert"))
def test_samples_come_back(path):
    assert checks.lossless(Bert, path.read_bytes()).signature == "BERT"


@pytest.mark.parametrize(
    ("name", "length", "address", "sums"),
    [
        ("fwts-0001", 0x400, 0xAFE96000, True),
        ("fwts-0002", 0, 0xAFE96000, False),
        ("phytium-s5000c", 0x1000, 0xFB080000, True),
        ("surface-arm64", 0x1000, 0xD535D018, True),
    ],
)
def test_samples_say_what_they_say(name, length, address, sums):
    table = Bert.parse(checks.sample(f"samples/bert/{name}.aml"))
    assert (table.boot_error_region_length, table.boot_error_region) == (length, address)
    assert (table.revision, table.length) == (1, 48)
    assert list(table.as_found()) == ([] if sums else ["checksum"])


def test_a_table_from_python_sums_to_zero_and_comes_back():
    table = Bert(boot_error_region_length=0x1000, boot_error_region=0x8000_0000)
    assert sum(table.build()) % 256 == 0
    assert checks.lossless(Bert, table.build()) == table


def test_bytes_after_the_table_stay():
    data = Bert(boot_error_region=1).build() + b"after"
    assert checks.lossless(Bert, data).beyond == b"after"


# the region


def test_a_region_holds_several_blocks_and_what_is_not_used():
    first, second = block(b"one!"), block(b"two two!", raw_data_offset=100, raw_data=b"raw", raw_data_length=3)
    region = BootErrorRegion(blocks=(first, second), beyond=bytes(64))
    parsed = checks.lossless(BootErrorRegion, region.build())
    assert parsed == region
    assert [b.entries[0].section for b in parsed.blocks] == [b"one!", b"two two!"]
    assert parsed.blocks[1].raw_data == b"raw"


def test_an_offset_of_raw_data_that_is_not_there_does_not_count():
    first = block(raw_data_offset=5000)
    region = checks.lossless(BootErrorRegion, first.build() + block().build())
    assert region.blocks == (first, block())


def test_an_empty_region_has_no_blocks():
    assert BootErrorRegion.parse(bytes(256)) == BootErrorRegion(blocks=(), beyond=bytes(256))
    assert BootErrorRegion.parse(b"") == BootErrorRegion()


def test_a_block_that_was_read_ends_the_region():
    read = block().replace(block_status=BlockStatus())
    region = checks.lossless(BootErrorRegion, block().build() + read.build() + block().build())
    assert len(region.blocks) == 1
    assert region.beyond == read.build() + block().build()


@pytest.mark.parametrize("left", [1, 4, 19])
def test_what_cannot_be_a_block_header_stays_bytes(left):
    region = checks.lossless(BootErrorRegion, block().build() + b"\xff" * left)
    assert (len(region.blocks), region.beyond) == (1, b"\xff" * left)


def test_a_block_larger_than_the_region_is_an_error_that_names_it():
    data = block().build()
    with pytest.raises(RecordError) as e:
        BootErrorRegion.parse(data + data[:-1])
    assert e.value.path.startswith("blocks[1]")
    assert e.value.offset == len(data)


def reads_alone(data):
    try:
        return StatusBlock.parse(data).beyond == b""
    except RecordError:
        return False


def test_a_region_holds_every_block_that_can_be_read_alone():
    paths = [*sorted(VECTORS.glob("g_*.bin")), *sorted((VECTORS.parent / "samples/estatus").glob("*.estatus"))]
    good = [data for data in (p.read_bytes() for p in paths) if reads_alone(data)]
    if not good:
        pytest.skip("RASKIT_SHARED names no folder with vectors")
    region = checks.lossless(BootErrorRegion, b"".join(good) + bytes(40))
    assert [b.build() for b in region.blocks] == good


@checks.patient
@given(st.binary(max_size=120))
def test_random_bytes_come_back_or_are_refused(data):
    for kind in (Bert, BootErrorRegion):
        try:
            value = kind.parse(data)
        except RecordError:
            continue
        assert value.build() == data
        assert checks.tiles(kind, data) == data


@pytest.mark.iasl
def test_iasl_reads_and_remakes_the_table(tmp_path):
    table = Bert(boot_error_region_length=0x1000, boot_error_region=0x1_8000_0000)
    source, again = checks.iasl(table, tmp_path)
    assert "Boot Error Region Length : 00001000" in source
    assert "Boot Error Region Address : 0000000180000000" in source
    assert checks.without(again) == checks.without(table.build())
