"""`show`: every kind of thing gets its view."""

import subprocess
import sys
from importlib import import_module

import pytest

from raslib import Hest, Scenario, StatusBlock, explain, samples, show, walk
from raslib.views.bytes_view import differences
from raslib.views.map import story_map
from raslib.views.show import DRAWN_BY
from raslib.views.trace_view import trace_view
from raslib.views.widgets import Bytes, Stepper


def test_a_trace_is_stepped_and_its_status_blocks_have_their_fields():
    stepper = show(walk(Scenario()), step=3)
    assert isinstance(stepper, Stepper)
    assert stepper.step == 3
    blocks = [s["carries"] for s in stepper.trace["steps"] if s["carries"] and s["carries"]["kind"] == "CPER"]
    assert len(blocks) == 2
    for block in blocks:
        assert block["fields"]["hex"] == block["hex"]
        assert any(f["path"] == "entries[0].section.physical_address" for f in block["fields"]["fields"])


@pytest.mark.parametrize("form", [bytes, StatusBlock.parse])
def test_bytes_and_records_are_linked_to_their_fields(form):
    data = samples("status_blocks/g_qemu_mem")
    view = show(form(data), base=0x5C41_0010, selected="data_length")
    assert isinstance(view, Bytes)
    assert (view.record["hex"], view.record["base"], view.selected) == (data.hex(), "0x5c410010", "data_length")


@pytest.mark.parametrize(
    ("name", "title"),
    [("hest/qemu-7.2", "Hardware Error Source Table"), ("status_blocks/g_mem", "Generic Error Status Block")],
)
def test_bytes_are_taken_for_what_they_are(name, title):
    assert title in show(samples(name)).record["title"]


def test_of_two_records_the_second_is_shown_and_what_differs_is_marked():
    first, second = samples("status_blocks/g_qemu_mem"), samples("status_blocks/g_mem")
    view = show(StatusBlock.parse(first), second, base=0x1000)
    assert (view.record["hex"], view.before, view.record["base"]) == (second.hex(), first.hex(), "0x1000")
    assert show(first).before == ""
    said = {field["path"]: field["text"] for field in view.record["fields"]}
    assert [path for path, text in said.items() if "was " in text] == [
        row["path"] for row in differences(StatusBlock, first, second) if row["b"]
    ]
    assert said["entries[0].fru_text"] == 'was ""'


def test_of_two_tables_too_a_field_says_what_it_was_and_of_two_kinds_nothing_is_compared():
    table = Hest.parse(samples("hest/qemu-7.2"))
    other = table.edited("error_sources[0].notification.type", "GPIO")
    said = {field["path"]: field["text"] for field in show(table, other).record["fields"]}
    assert said["error_sources[0].notification.type"].endswith("; was SEA 8: Armv8 synchronous external abort")
    assert not any("was " in field["text"] for field in show(table, samples("status_blocks/g_mem")).record["fields"])


def test_broken_bytes_show_as_far_as_they_go():
    view = show(samples("status_blocks/g_qemu_mem")[:150])
    assert view.record["error"] == {
        "message": "StatusBlock.entries at byte 20 (0x14): needs 152 bytes, 130 are left",
        "path": "entries",
        "offset": 20,
    }
    assert any(f["path"] == "entries[0].section.physical_address" for f in view.record["fields"])


def test_a_syndrome_is_its_bits_and_what_follows(monkeypatch):
    monkeypatch.setattr("raslib.views.bits.live", lambda *_, **__: None)  # as where no widget is installed
    bundle = show(explain("esr", 0xBE000411))._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "UEU, unrecoverable" in bundle["text/html"]
    assert bundle["text/plain"] == str(explain("esr", 0xBE000411))


def test_two_traces_are_drawn_on_one_map():
    first, second = walk(Scenario()), walk(Scenario.of("host.first=kernel"))
    bundle = show(first, second, names=("firmware-first", "kernel-first"))._repr_mimebundle_()
    assert (
        story_map(trace_view(first), trace_view(second), names=("firmware-first", "kernel-first"))
        in bundle["text/html"]
    )
    assert bundle["text/plain"].split("\n")[1] == (
        "kernel-first: 2 host.hardware to host.KVM (SEA); 4 host.KVM to host.APEI; 5 host.APEI to host.kernel; "
        "6 host.kernel to host.KVM; 7 host.KVM to guest.kernel (virtual SError). "
        "It ends: the guest's kernel panicked"
    )


def test_a_third_trace_has_no_room_on_the_map():
    with pytest.raises(ValueError, match="one map has one story or two, not 3"):
        show(*[walk(Scenario())] * 3)


def test_every_class_that_is_drawn_is_there_and_every_drawer_too():
    for name, module in DRAWN_BY.items():
        home, _, kind = name.rpartition(".")
        assert isinstance(getattr(import_module(home), kind), type), name
        assert callable(import_module(f"raslib.views.{module}").shown), module


def test_show_loads_what_it_draws_and_no_more():
    """The proof engine, the formats and the widgets are for whoever shows something of theirs."""
    code = (
        "import sys\nfrom raslib import show\nfrom raslib.views.bars import bars\nbars([('a', 1)], 't')\n"
        "print(*(m for m in sys.modules if m.startswith('raslib.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    drawn = ["raslib.views", "raslib.views.show", "raslib.resources", "raslib.views.theme", "raslib.views.bars"]
    assert done.stdout.split() == drawn  # resources: how wide letters are


def test_what_nothing_draws_is_named():
    with pytest.raises(TypeError, match="nothing here draws a int"):
        show(3)


def test_a_table_is_drawn_without_the_simulator():
    code = (
        "import sys\nfrom raslib import Hest, samples, show\nshow(Hest.parse(samples('hest/qemu-7.2')))\n"
        "print(*(m for m in sys.modules if m.startswith('raslib.sim')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
