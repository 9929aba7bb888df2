"""The fleet that does not exist: its records are records, and what is wrong with it can be found."""

from pathlib import Path

import pytest

from raslib.formats.cper import CperRecord, Severity

np = pytest.importorskip("numpy", reason="raslib.bulk needs numpy, the extra bulk")
bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")
from raslib.bulk.fleet import HOSTS, OFTEN, WITHOUT_ADDRESS, fleet  # noqa: E402, as it needs numpy

COUNT = 50_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    return fleet(tmp_path_factory.mktemp("fleet") / "fleet.cper", COUNT)


@pytest.fixture(scope="module")
def sheet(made):
    return bulk.columns(made.path, CperRecord).sheet()


def test_every_record_parses_and_is_built_again_as_it_was(made):
    table = bulk.columns(made.path, CperRecord)
    assert (table.rows, table.errors) == (COUNT, [])
    data = made.path.read_bytes()
    assert table.to_bytes() == data
    for row in range(0, COUNT, 5000):
        record = table.record(row)
        assert record.build() in data
        assert (record.header.record_id, record.gaps, record.beyond) == (row, (), b"")


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path):
    first, again, other = (fleet(tmp_path / name, 500, seed).path for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()


def test_time_does_not_go_backwards(sheet):
    when = sheet["header.timestamp"]
    assert (when[1:] >= when[:-1]).all()
    assert when[0] >= np.datetime64("2026-10-01")
    assert when[-1] < np.datetime64("2026-10-31")


def test_the_rows_and_cards_that_fail_are_those_with_most_records(made, sheet):
    row = sheet.count("platform_id", "card", "module", "bank", "sections.row")
    often = row.first[row.counts > 3]
    hosts = {bytes(identity): number for number, identity in enumerate(made.hosts.tolist())}
    place = [sheet[name][often].tolist() for name in ("card", "module", "bank", "sections.row")]
    found = set(zip([hosts[i] for i in sheet["platform_id"][often].tolist()], *place, strict=True))
    assert len(found) > 100
    assert found <= {tuple(weak) for weak in made.weak_rows[:, :5].tolist()}
    cards = sheet.count("platform_id", "card").first[: len(made.bad_cards) + 20]
    found = {(hosts[sheet["platform_id"][i].tobytes()], int(sheet["card"][i])) for i in cards}
    assert {tuple(card) for card in made.bad_cards.tolist()} <= found


def test_uncorrected_errors_come_last_in_their_rows(sheet):
    uncorrected = sheet["section_descriptors.error_severity"] == Severity.RECOVERABLE
    assert 0 < uncorrected.sum() < COUNT // 100
    assert (sheet["memory_error_type"][uncorrected] == 3).all()


def test_firmware_says_of_every_so_many_that_it_was_too_many(sheet):
    often = sheet["error_threshold_exceeded"]
    row = sheet.count("platform_id", "card", "module", "bank", "sections.row")
    said = row.total(often)
    assert (said <= row.counts // OFTEN).all()
    assert said.sum() > 0.9 * (row.counts // OFTEN).sum()


def test_one_host_in_so_many_tells_no_addresses(made, sheet):
    memory = sheet["sections.kind"] == 1
    said = sheet.valid("physical_address")
    found = {host.tobytes() for host in sheet["platform_id"][memory & ~said]}
    assert len(found) > 0.9 * HOSTS / WITHOUT_ADDRESS
    assert found <= {host.tobytes() for host in made.hosts[::WITHOUT_ADDRESS]}
    assert not found & {host.tobytes() for host in sheet["platform_id"][said]}
