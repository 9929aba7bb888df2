"""Where sources lie in the shared memory, and the tables and AML that the guest is given."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from raslib.formats.bert import Bert, BootErrorRegion
from raslib.formats.einj import Einj, EinjAction, EinjErrorType
from raslib.formats.hest import Hest, Notify, ReadAck
from raslib.live import einj, run, sdei
from raslib.live.qemu import compiled
from raslib.live.recording import layout
from raslib.live.recording.experiments import BOOTS, EXPERIMENTS
from raslib.live.recording.layout import BASE, Wanted, slots, sources
from raslib.reproductions.scripts import ERROR_DEVICE
from raslib.sim.model.platform import GhesSource

from .conftest import wait


def test_each_source_has_its_registers_and_a_page_for_its_block():
    hest = sources(Wanted(7, Notify.POLLED, v2=False), Wanted(3, Notify.GPIO), base=BASE)
    ack = ReadAck(BASE + 24, preserve=0xFFFF_FFFF_FFFF_FFFE, write=1)
    assert slots(hest) == {
        7: GhesSource(7, Notify.POLLED, 0, 500, BASE, BASE + 0x1000, 0x1000, None),
        3: GhesSource(3, Notify.GPIO, 0, 0, BASE + 16, BASE + 0x2000, 0x1000, ack),
    }


def test_a_bare_notification_gets_its_place_as_its_id_and_the_labs_vector():
    hest = sources(Notify.POLLED, Notify.EXTERNAL, Notify.GSIV, Notify.SDEI)
    assert [(s.source_id, s.notification.vector) for s in hest.error_sources] == [(0, 0), (1, 202), (2, 201), (3, 804)]
    assert [s.notification.poll_interval for s in hest.error_sources] == [500, 0, 0, 0]


def test_the_table_is_built_and_read_again():
    hest = sources(*(Notify(n) for n in range(12)))
    assert Hest.parse(hest.build()).build() == hest.build()
    assert sum(hest.build()) % 256 == 0


def test_a_long_block_takes_several_pages():
    found = slots(sources(Wanted(0, Notify.POLLED, block_length=0x1001), Notify.SEA))
    assert (found[0].block_address, found[1].block_address) == (BASE + 0x1000, BASE + 0x3000)


def test_registers_elsewhere_are_refused():
    with pytest.raises(ValueError, match="source 0: its error status address 0x80000000 is not in the page at"):
        slots(sources(Notify.POLLED), base=0xC000_0000)


def test_blocks_without_room_are_refused():
    with pytest.raises(ValueError, match="source 1: no room for its block"):
        slots(sources(Wanted(0, Notify.POLLED, block_length=0xFF000), Notify.SEA))
    with pytest.raises(ValueError, match="257 sources, but there are registers for 256"):
        sources(*[Notify.POLLED] * 257)


@pytest.mark.parametrize(
    ("table", "size", "gsi"), [(compiled("error_device"), 144, layout.HED_GSI), (compiled("irq"), 91, layout.IRQ_GSI)]
)
def test_our_devices_have_the_interrupts_that_the_lab_raises(table, size, gsi):
    """Once, as bytes of an extended interrupt descriptor (ACPI 6.5 §6.4.3.6); and the table's sum is 0."""
    assert (len(table), int.from_bytes(table[4:8], "little"), sum(table) % 256) == (size, size, 0)
    assert table.count(b"\x01" + gsi.to_bytes(4, "little")) == 1


def test_the_loader_names_the_place_of_the_table_and_the_sums_are_right():
    assert compiled("sdei").count((BASE + layout.TABLES).to_bytes(4, "little")) == 1
    assert [sum(table) % 256 for table in (compiled("sdei"), sdei.ACPI_TABLE)] == [0, 0]


LIVE = Path(einj.__file__).parent
SOURCES = {
    ERROR_DEVICE: compiled("error_device"),
    LIVE / "irq.asl": compiled("irq"),
    LIVE / "sdei.asl": compiled("sdei"),
}


@pytest.mark.iasl
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_our_bytes_are_what_the_compiler_makes_of_their_source(source, tmp_path):
    subprocess.run(["iasl", "-p", tmp_path / "x", source], check=True, capture_output=True)
    compiler = slice(32, 36)  # its version
    ours, theirs = (bytearray(table) for table in (SOURCES[source], (tmp_path / "x.aml").read_bytes()))
    for table in (ours, theirs):
        table[compiler], table[9] = bytes(4), 0
    assert ours == theirs


def test_einj_says_where_each_action_is_done():
    table = Einj.parse(einj.table().build())
    at = {EinjAction(e.action): e.register_region.address - BASE - layout.EINJ for e in table.entries}
    assert at[EinjAction.EXECUTE_OPERATION] == at[EinjAction.CHECK_BUSY_STATUS] == einj.EXECUTE
    assert at[EinjAction.SET_ERROR_TYPE_WITH_ADDRESS] == einj.REQUEST
    assert len(at) == 9


def test_einj_can_do_memory_errors():
    at = BASE + layout.EINJ
    assert einj.fill()[at + einj.CAPABILITIES] == bytes([0x38]) + bytes(7)
    assert EinjErrorType.parse(0x38).memory_correctable


def test_a_kernel_whose_injection_fails_is_not_waited_for():
    """A register says that there is a request, and the request is cut short."""
    memory = SimpleNamespace(word=lambda address: 1, read=lambda address, size: bytes(size - 1))
    machine = SimpleNamespace(base=BASE, memory=memory, over="")
    with einj.EinjFirmware(machine):
        wait(lambda: machine.over)
    assert machine.over.startswith("the firmware has ended: ")


def test_bert_points_at_what_was_left():
    found = Bert.parse(einj.SETUP.tables["bert"])
    left = einj.SETUP.fill[found.boot_error_region]
    memory = left.ljust(found.boot_error_region_length, b"\0")
    assert [block.build() for block in BootErrorRegion.parse(memory).blocks] == [left]


@pytest.mark.iasl
@pytest.mark.parametrize("boot", BOOTS)
def test_the_compiler_reads_every_table_of_every_machine(boot, tmp_path):
    tables = {"hest": BOOTS[boot].hest.build(), **run.PLAYED[BOOTS[boot].firmware][0].tables}
    for name, table in tables.items():
        if name.startswith("ssdt"):  # no table of data
            continue
        (tmp_path / f"{name}.aml").write_bytes(table)
        said = subprocess.run(["iasl", "-d", f"{name}.aml"], cwd=tmp_path, capture_output=True, text=True, check=True)
        text = (tmp_path / f"{name}.dsl").read_text()
        assert f'Signature : "{name.upper()}"' in re.sub(r"\s+", " ", text)
        assert "invalid" not in (said.stdout + said.stderr + text).lower()
        assert "incorrect checksum" not in (said.stdout + text).lower()


def test_every_experiment_has_a_machine_and_every_machine_an_experiment():
    assert {e.boot for e in EXPERIMENTS.values()} == set(BOOTS)
    assert all(name == e.name and e.steps for name, e in EXPERIMENTS.items())
