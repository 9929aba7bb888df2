"""Columns say what the plain parser says: every value of many random records, every error, and the same bytes back."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from bulk import made, oracle
from formats import acpi_checks as checks
from formats.strategies import generate

from raslib.formats.aest import Aest
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.bert import Bert, BootErrorRegion
from raslib.formats.cper import CperRecord, RecordHeader, Timestamp
from raslib.formats.einj import Einj
from raslib.formats.erst import Erst
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.hest import SOURCES, Hest
from raslib.formats.kinds import KINDS
from raslib.formats.memory import PlatformMemory
from raslib.formats.sdei import Sdei
from raslib.intake import kind_of
from raslib.records import Record

bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")

Make = Callable[[random.Random, made.Kinds], bytes]


@pytest.mark.parametrize("share", [0, 0.3], ids=["well formed", "changed"])
@pytest.mark.parametrize("kinds", [made.USUAL, made.ALL], ids=["memory and ARM", "all sections"])
@pytest.mark.parametrize(("kind", "make"), [(StatusBlock, made.status_block), (CperRecord, made.cper_record)])
def test_mixed_records(kind: type[Record], make: Make, kinds: made.Kinds, share: float):
    rng = random.Random(f"{kind.__name__} {len(kinds)} {share}")
    records = [make(rng, kinds) for _ in range(250)]
    records = [made.changed(rng, data) if rng.random() < share else data for data in records]
    table = bulk.columns(records, kind)
    assert oracle.compare(kind, records, table) > 10_000
    assert table.rows > len(records) // 2


@pytest.mark.parametrize("kind", made.ALL, ids=lambda kind: kind.__name__)
def test_every_section_alone(kind: type[Record]):
    rng = random.Random(kind.__name__)
    records = [generate(kind, seed) for seed in range(60)]
    records += [made.changed(rng, data) for data in records]
    assert oracle.compare(kind, records, bulk.columns(records, kind)) > 100


DEEP = 100_000  # records of each kind with --deep
EACH: dict[str, tuple[type[Record], Callable[[random.Random], bytes]]] = {
    "StatusBlock": (StatusBlock, made.status_block),
    "CperRecord": (CperRecord, made.cper_record),
    "StatusBlock of all": (StatusBlock, lambda rng: made.status_block(rng, made.ALL)),
    "CperRecord of all": (CperRecord, lambda rng: made.cper_record(rng, made.ALL)),
    "DataEntry": (DataEntry, lambda rng: made.entry(rng, *made.section(rng, made.USUAL))),
    "ErrorInformation": (ErrorInformation, lambda rng: made.error_information(rng, 32 + rng.choice([0, 0, 8]))),
    "Hest": (Hest, made.hest),
    **{
        k.__name__: (k, lambda rng, k=k: generate(k, rng.getrandbits(32)))
        for k in (Bert, BootErrorRegion, Erst, Einj, Aest, Sdei)
    },
    **{k.__name__: (k, lambda rng, k=k: made.section(rng, [k], others=False)[1]) for k in made.ALL},
}


@pytest.mark.parametrize("name", EACH)
def test_every_kind_of_record_in_quantity(name: str, deep: bool):
    """With --deep, 100 000 records of each: every value, every error, and the same bytes again."""
    kind, make = EACH[name]
    count, compared = DEEP if deep else 100, 0
    for start in range(0, count, 2000):
        rng = random.Random(f"{name} {start}")
        records = [make(rng) for _ in range(min(2000, count - start))]
        records = [made.changed(rng, one) if rng.random() < 0.1 else one for one in records]
        compared += oracle.compare(kind, records, bulk.columns(records, kind))
    assert compared > count


def test_sources_of_all_types_and_revisions_are_read_by_columns():
    rng = random.Random(6)
    records = [generate(Hest, seed) for seed in range(100)]
    table = bulk.columns(records, Hest)
    assert oracle.compare(Hest, records, table) > 20_000
    records = [made.hest(rng) for _ in range(500)]
    table = bulk.columns(records, Hest)
    assert oracle.compare(Hest, records, table) > 50_000
    assert set(table["revision"].tolist()) == {0, 1, 2, 3}
    kinds = {kind.__name__ for kind in SOURCES.values()}
    assert set(table.table("error_sources").names("kind").values()) == kinds | {"SelfSized", "bytes"}


@pytest.mark.parametrize(
    "path", checks.shared(*(f"samples/{kind}" for kind in ("hest", "bert", "erst", "einj", "aest", "sdei")))
)
def test_tables_of_real_machines(path: Path):
    kind, data = KINDS[kind_of(path.read_bytes())], path.read_bytes()
    table = bulk.columns([data], kind)
    assert oracle.compare(kind, [data], table) > 0


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        (PlatformMemory, [80]),
        (PlatformMemory, [73]),
        (PlatformMemory, [*range(70, 90)]),
        (ErrorInformation, [32]),
        (Timestamp, [8]),
        (RecordHeader, [128, 127]),
    ],
)
def test_any_bytes_of_some_size(kind: type[Record], sizes: list[int]):
    rng = random.Random(f"{kind.__name__} {sizes}")
    records = [rng.randbytes(rng.choice(sizes)) for _ in range(1000)]
    if kind is ErrorInformation:  # of random bytes hardly one has the right length
        records = [made.error_information(rng, 32 + rng.choice([0, 0, 3])) for _ in range(1000)]
    assert oracle.compare(kind, records, bulk.columns(records, kind)) > 5000


def test_entries_of_both_revisions():
    rng = random.Random(3)
    records = [made.entry(rng, *made.section(rng, made.USUAL)) for _ in range(500)]
    table = bulk.columns(records, DataEntry)
    assert oracle.compare(DataEntry, records, table) > 10_000
    assert set(table["revision"].tolist()) == {0x201, 0x300}
    assert table.names("section") == {0: "ArmProcessor", 1: "PlatformMemory", 2: "bytes"}


def test_well_formed_records_are_not_left_to_the_plain_parser(monkeypatch: pytest.MonkeyPatch):
    parsed: list[bytes] = []
    parse = StatusBlock.parse
    monkeypatch.setattr(StatusBlock, "parse", lambda data: parsed.append(data) or parse(data))
    rng = random.Random(4)
    blocks = [made.status_block(rng, (PlatformMemory,)) for _ in range(500)]
    assert bulk.columns(blocks * 10).rows == 10 * len(blocks)
    assert len(parsed) < len(blocks)  # one of each shape


def test_contexts_without_padding_are_read_as_the_plain_parser_reads_them():
    rng = random.Random(5)
    head = rng.randbytes(4) + (0).to_bytes(2, "little") + (2).to_bytes(2, "little")
    contexts = made.context(rng, "none") + made.context(rng, "none")
    section = head + (40 + len(contexts)).to_bytes(4, "little") + rng.randbytes(28) + contexts
    table = bulk.columns([section], ArmProcessor)
    oracle.compare(ArmProcessor, [section], table)
