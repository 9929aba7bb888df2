"""`show`: every kind of thing gets its view."""

import pytest

from raslib import Scenario, StatusBlock, explain, samples, show, walk
from raslib.views.diagrams import routing
from raslib.views.graph import Picture
from raslib.views.show import Shown, beside
from raslib.views.story import trace_view
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


def test_pictures_stand_beside_each_other():
    both = beside(Shown("<p>left</p>", "left"), Shown("<p>right</p>", "right"))._repr_mimebundle_()
    assert both["text/html"].index("left") < both["text/html"].index("right")
    assert both["text/plain"] == "left\n\nright"


def test_what_nothing_draws_is_named():
    with pytest.raises(TypeError, match="nothing here draws a int"):
        show(3)
