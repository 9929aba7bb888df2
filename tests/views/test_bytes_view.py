"""The texts that can be copied from the bytes view: what the command line prints, carried by the record."""

import pytest

from raslib.cli import main
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.formats.kinds import KINDS
from raslib.formats.sections import RECORDS
from raslib.records import Record, u32
from raslib.resources import samples
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.bytes_view import bytes_view, texts
from raslib.views.fields import record_view
from raslib.views.show import show
from raslib.views.trace_view import trace_view
from raslib.views.workbench import Workbench

MEMORY = samples("status_blocks/g_mem")
FORMS = {"C array": "c", "Python": "python", "xxd": "xxd"}
BLOCKS = [name for name in samples() if name.startswith("status_blocks/") and not name.endswith(".txt")]


class Own(Record, ref="My book §1"):
    """A record that nobody else knows of."""

    word: int = u32()


@pytest.fixture
def printed(capsys, tmp_path):
    """What `raslib decode` prints of bytes, by the names that a reader of the view knows; nothing where it refuses."""

    def run(data, kind="auto"):
        (tmp_path / "input").write_bytes(data)
        found = {}
        for name, form in FORMS.items():
            main(["decode", str(tmp_path / "input"), "--kind", kind, "--as", form])
            found[name] = capsys.readouterr().out
        return {name: text for name, text in found.items() if text}

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_copied_as_the_command_line_prints_it(kind, printed):
    data = KINDS[kind]().build()
    found = texts(KINDS[kind], data)
    assert list(found) == list(FORMS)
    assert found == printed(data, kind)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_is_copied_as_the_command_line_prints_it(name, printed):
    assert texts(StatusBlock, samples(name)) == printed(samples(name))


def test_what_breaks_off_is_copied_as_bytes_alone():
    assert list(texts(StatusBlock, samples("status_blocks/g_short"))) == ["C array", "xxd"]


def test_a_record_of_ones_own_has_no_python_that_others_could_run():
    assert list(texts(Own, bytes(4))) == ["C array", "xxd"]


@pytest.mark.parametrize("kind", RECORDS.values(), ids=lambda kind: kind.__name__)
def test_the_python_of_a_section_makes_it_again(kind):
    scope = {}
    exec(texts(kind, kind().build())["Python"], scope)
    assert scope["record"] == kind()


def test_a_base_moves_the_fields_and_not_the_texts():
    """The command line knows no base, and `xxd -r` would write zeros before the record, as many as the base says."""
    moved = bytes_view(StatusBlock, MEMORY, base=0x13D_0000)
    assert moved.pop("terms").keys() == {"ACPI", "UEFI", "DIMM", "ECC", "RECOVERABLE"}
    assert moved == record_view(StatusBlock, MEMORY, base=0x13D_0000) | {"texts": texts(StatusBlock, MEMORY)}
    assert moved["base"] == "0x13d0000"
    assert moved["texts"]["xxd"].startswith("00000000: ")


def test_whatever_shows_bytes_carries_their_texts():
    assert show(MEMORY).record["texts"] == texts(StatusBlock, MEMORY)
    table = Hest.parse(samples("hest/qemu-7.2"))
    assert show(table, base=0x4000).record["texts"] == texts(Hest, table.build())
    carried = [s["carries"] for s in trace_view(walk(Scenario()))["steps"]]
    blocks = [c["fields"] for c in carried if c and c["fields"]]
    assert len(blocks) == 2
    assert [b["texts"] for b in blocks] == [texts(StatusBlock, bytes.fromhex(b["hex"])) for b in blocks]


def test_an_edit_changes_the_texts_with_the_bytes():
    bench = Workbench(StatusBlock.parse(MEMORY))
    bench.main.edit = {"path": "error_severity", "value": "FATAL"}
    assert bench.main.record["texts"] == texts(StatusBlock, bench.block.build())
    assert "error_severity=Severity.FATAL" in bench.main.record["texts"]["Python"]
