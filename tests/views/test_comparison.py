"""Two stories side by side, and the choices that decided how one ends, as plain values for the views."""

import json
from pathlib import Path

from raslib.cli import main
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.resources import samples
from raslib.sim.compare import compare
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import CperBytes
from raslib.sim.walk import walk
from raslib.views.comparison import comparison_view
from raslib.views.page import comparison_page
from raslib.views.trace_view import deciding, trace_view


def test_each_row_has_the_step_of_each():
    found = compare(Scenario(), Scenario.of("host.first=kernel"))
    view = comparison_view(found)
    assert view["names"] == ["host.first = firmware", "host.first = kernel"]
    assert view["parts"] == "host.first"
    for row, pair in zip(view["rows"], found.rows, strict=True):
        steps = [
            None if n is None else story["steps"][n]["does"] for n, story in zip(row, view["stories"], strict=True)
        ]
        assert steps == [pair.a and pair.a.does, pair.b and pair.b.does]
    for side in (0, 1):
        numbers = [row[side] for row in view["rows"] if row[side] is not None]
        assert numbers == list(range(len(view["stories"][side]["steps"])))


def test_the_page_of_two_stories_is_small():
    page = comparison_page(compare(Scenario(), Scenario.of("host.notify=GSIV")))
    assert len(page.encode()) <= 120_000
    assert '"fields"' not in page
    assert "<title>host.notify = SEA | host.notify = GSIV</title>" in page


def test_a_choice_that_decided_ends_it_otherwise_if_it_is_changed_alone():
    s = Scenario()
    found = deciding(walk(s))
    assert {choice["axis"]: choice["step"] for choice in found}["host.notify"] < 5
    assert [choice["axis"] for choice in found][-1] == "guest.page"
    for choice in found:
        assert choice["word"] == AXES[choice["axis"]].word(s[choice["axis"]])
        for word, end in choice["leads"].items():
            assert walk(s.choose(f"{choice['axis']}={word}")).outcome["end"] == end != "sigbus_ar"
    view = trace_view(walk(s))
    assert view["deciding"] == found
    assert view["ends"].items() <= ENDS.items()
    assert {end for choice in found for end in choice["leads"].values()} <= view["ends"].keys()


def test_of_a_table_or_bytes_of_ones_own_no_choices_are_said_to_decide():
    """Its neighbours would be other machines."""
    assert deciding(walk(Scenario(), hest=Hest.parse(samples("hest/qemu-7.2")))) == []
    assert deciding(walk(Scenario(), block=bytes(172))) == []


def test_two_files_are_compared_by_their_fields(tmp_path, capsys):
    block = StatusBlock.parse(next(s.carries.block for s in walk(Scenario()) if isinstance(s.carries, CperBytes)))
    other = block.edited("error_severity", "CORRECTED").edited("block_status.correctable", "yes")
    names = [str(tmp_path / name) for name in ("a.bin", "b.bin")]
    for name, each in zip(names, (block, other), strict=True):
        Path(name).write_bytes(each.build())
    assert main(["compare", *names]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"path": "block_status.correctable", "a": "no", "b": "yes"},
        {
            "path": "error_severity",
            "a": "RECOVERABLE 0: uncorrected, but not fatal: software may recover",
            "b": "CORRECTED 2: hardware or firmware has put it right",
        },
    ]
    assert main(["compare", *names, "--as", "text"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "block_status.correctable: no | yes"
    assert main(["compare", *names, "--as", "html"]) == 0
    page = capsys.readouterr().out
    assert "<h1>a.bin | b.bin</h1>" in page
    assert "<tr><td>block_status.correctable</td><td>no</td><td>yes</td></tr>" in page
    assert f'"before":"{block.build().hex()}"' in page
    assert main(["compare", names[0], names[0], "--as", "text"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["compare", names[0], names[0], "--as", "html"]) == 0
    assert "No field differs." in capsys.readouterr().out


def test_a_field_that_one_record_lacks_is_a_dash(tmp_path, capsys):
    for name in ("g_arm", "g_arm8"):
        (tmp_path / name).write_bytes(samples(f"status_blocks/{name}"))
    assert main(["compare", str(tmp_path / "g_arm8"), str(tmp_path / "g_arm"), "--as", "text"]) == 0
    assert "entries[0].section.error_information[1].length: - | 32 0x20" in capsys.readouterr().out.splitlines()


def test_what_is_not_of_a_kind_is_not_compared(tmp_path, capsys):
    (tmp_path / "hest").write_bytes(samples("hest/qemu-7.2"))
    (tmp_path / "block").write_bytes(StatusBlock().build())
    assert main(["compare", str(tmp_path / "hest"), str(tmp_path / "block")]) == 1
    assert "hest is a hest, " in capsys.readouterr().err


def test_a_record_is_a_page_from_the_command_line(tmp_path, capsys):
    (tmp_path / "hest").write_bytes(samples("hest/qemu-7.2"))
    assert main(["decode", str(tmp_path / "hest"), "--as", "html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert samples("hest/qemu-7.2").hex() in page
