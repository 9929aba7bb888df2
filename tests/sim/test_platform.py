"""What machines advertise: tables with real addresses, equal to QEMU's own, and read back to the same sources."""

from itertools import pairwise

import pytest
from formats.acpi_checks import sample

from raslib.formats.hest import GenericSource, GenericSourceV2, Hest, Notify
from raslib.resources import samples
from raslib.sim.model import platform
from raslib.sim.model.platform import advertised_by, source_of
from raslib.sim.model.scenario import AXES, Scenario

GUESTS = [value for value in AXES["guest.notify"].values if value is not None]


def test_the_guests_table_is_qemus_byte_for_byte():
    """QEMU's own test data for machine 10.2: two sources, SEA and GPIO, blocks of 1 KiB."""
    assert Scenario().guest.hest().build() == sample("vectors/hest_qemu_testdata_1k.bin")
    assert Scenario.of("guest.notify=GPIO").guest.hest() == Scenario().guest.hest()


def test_the_layout_of_registers_and_blocks_is_the_one_that_qemu_was_seen_with():
    """QEMU 7.2 with one source: the register that the table names held the address that we compute."""
    [source] = advertised_by(Hest.parse(samples("hest/qemu-7.2")))
    memory = samples("memory/qemu-7.2-hardware-errors")
    base = source.status_address
    held = int.from_bytes(memory[:8], "little")
    assert (source.block_address, source.ack and source.ack.address) == (held, base + 8) == (base + 16, base + 8)
    assert source.ack.after(0) == int.from_bytes(memory[8:16], "little") == 1


@pytest.mark.parametrize("ghes", ["v1", "v2"])
@pytest.mark.parametrize("notify", Notify, ids=lambda n: n.name)
def test_a_hosts_table_says_what_was_chosen(notify: Notify, ghes: str):
    table = Scenario.of(f"host.notify={notify.name}", f"host.ghes={ghes}").host.hest()
    assert Hest.parse(table.build()) == table
    [entry] = table.error_sources
    assert type(entry) is (GenericSourceV2 if ghes == "v2" else GenericSource)
    [source] = advertised_by(table)
    assert (source.notify, source.ack is not None) == (notify, ghes == "v2")
    assert source.status_address == platform.HOST_REGISTERS
    assert source.block_address == platform.HOST_REGISTERS + 16
    assert source.vector == {1: 137, 10: 137, 11: 804}.get(notify, 0)
    assert bool(source.poll_interval) is (notify is Notify.POLLED)


@pytest.mark.parametrize("notify", GUESTS, ids=lambda n: n.name)
def test_a_guests_table_offers_what_was_chosen(notify: Notify):
    table = Scenario.of(f"guest.notify={notify.name}").guest.hest()
    assert Hest.parse(table.build()) == table
    source = source_of(table, notify)
    assert source.notify == notify
    assert source.block_address in range(platform.GUEST_REGISTERS, platform.GUEST_REGISTERS + 0x1000)


def test_machines_that_advertise_nothing_have_a_table_without_sources():
    for table in (Scenario.of("host.first=kernel").host.hest(), Scenario.of("guest.notify=none").guest.hest()):
        assert table.error_sources == ()
        assert advertised_by(table) == ()
        with pytest.raises(ValueError, match="advertises no generic hardware error source"):
            source_of(table)


def test_host_and_guest_memory_do_not_meet():
    """The block that QEMU writes lies in memory of which the host knows nothing, and no two blocks overlap."""
    tables = [Scenario.of(f"host.notify={n.name}").host.hest() for n in Notify] + [Scenario().guest.hest()]
    ranges = {range(s.block_address, s.block_address + s.block_length) for t in tables for s in advertised_by(t)}
    ordered = sorted(ranges, key=lambda r: r.start)
    assert len(ordered) == 3
    assert all(a.stop <= b.start for a, b in pairwise(ordered))


def test_an_address_to_acknowledge_is_preserved_and_written_at_its_offset():
    entry = Scenario().host.hest().error_sources[0]
    moved = entry.replace(read_ack_register=entry.read_ack_register.replace(register_bit_offset=4))
    [source] = advertised_by(Scenario().host.hest().replace(error_sources=(moved,)))
    assert source.ack.after(0xFF) == 0xF0 | 1 << 4 == moved.read_ack.after(0xFF)


def test_a_table_of_a_server_is_read():
    """Ampere Altra: six sources by SCI, two polled; none that is not enabled counts."""
    table = Hest.parse(sample("samples/hest/ampere-altra.aml"))
    found = advertised_by(table)
    assert [Notify(s.notify).name for s in found] == [Notify(s.notification.type).name for s in table.error_sources]
    assert [(s.poll_interval, s.block_length) for s in found] == [(3000, 4096)] * 8
    assert len({s.block_address for s in found}) == 8
    off = table.replace(error_sources=(table.error_sources[0].replace(enabled=0), *table.error_sources[1:]))
    assert [s.source_id for s in advertised_by(off)] == [s.source_id for s in found[1:]]


def test_shared_ids_are_noticed():
    table = Scenario().guest.hest()
    assert [s.shares_id for s in advertised_by(table)] == [False, False]
    twins = table.replace(error_sources=tuple(s.replace(source_id=7) for s in table.error_sources))
    assert [s.shares_id for s in advertised_by(twins)] == [True, True]
