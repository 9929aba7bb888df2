"""`show`: every kind of thing gets its view."""

import subprocess
import sys
from importlib import import_module

import pytest

from raslib import Scenario, StatusBlock, explain, samples, show, walk
from raslib.views.diagrams import routing, routing_words
from raslib.views.graph import Picture
from raslib.views.show import DRAWN_BY, beside
from raslib.views.theme import Shown
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


def test_broken_bytes_show_as_far_as_they_go():
    view = show(samples("status_blocks/g_qemu_mem")[:150])
    assert view.record["error"] == {
        "message": "StatusBlock.entries at byte 20 (0x14): needs 152 bytes, 130 are left",
        "path": "entries",
        "offset": 20,
    }
    assert any(f["path"] == "entries[0].section.physical_address" for f in view.record["fields"])


def test_a_syndrome_is_its_bits_and_what_follows():
    bundle = show(explain("esr", 0xBE000411))._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "UEU, unrecoverable" in bundle["text/html"]
    assert bundle["text/plain"] == str(explain("esr", 0xBE000411))


def test_two_traces_are_one_graph_of_both_ways():
    ways = [walk(Scenario()), walk(Scenario.of("host.first=kernel"))]
    picture = show(*ways, names=("firmware-first", "kernel-first"))
    assert isinstance(picture, Picture)
    assert "EL3 firmware" in picture.text


def test_the_graph_tells_the_ways_apart_by_line_and_word():
    dot = routing(
        *(trace_view(walk(Scenario.of(f"host.first={first}"))) for first in ("firmware", "kernel")), names=("F", "K")
    ).source
    assert "style=dashed" in dot
    assert [dot.count(f'label="{name}:') for name in "FK"] == [1, 1]
    assert "penwidth=2.2" in dot  # what they share


def test_both_ways_are_told_in_words_where_nothing_draws():
    traces = [walk(Scenario.of(f"host.first={first}")) for first in ("firmware", "kernel")]
    assert routing_words(*traces, names=("F", "K")).split("\n")[:3] == [
        "host HW hardware → host EL3 EL3 firmware: SEA to EL3 ESR 0x92000010 (F)",
        "host EL3 EL3 firmware → host EL2 KVM: SEA to EL2 ESR 0x92000010 (F)",
        "host EL2 KVM → host EL2 APEI",
    ]
    assert "(" not in routing_words(traces[0])


def test_pictures_stand_beside_each_other():
    both = beside(Shown("<p>left</p>", "left"), Shown("<p>right</p>", "right"))._repr_mimebundle_()
    assert both["text/html"].index("left") < both["text/html"].index("right")
    assert both["text/plain"] == "left\n\nright"


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
    assert done.stdout.split() == ["raslib.views", "raslib.views.theme", "raslib.views.show", "raslib.views.bars"]


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
