"""Nothing is paid for that is not used: what an answer loads, and how often its bytes are read."""

import subprocess
import sys
from collections import Counter

import pytest

from raslib.cli import main
from raslib.formats.memory import PlatformMemory
from raslib.records import Record
from raslib.resources import folder, samples

HEST = str(folder("data") / "hest" / "qemu-7.2.hex")
BLOCK = str(folder("data") / "status_blocks" / "g_mem.hex")


def loaded(code: str) -> set[str]:
    """The modules that a Python loads for *code*."""
    said = f"import io, sys\nsys.stdout = io.StringIO()\n{code}\nsys.stdout = sys.__stdout__\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def formats(modules: set[str]) -> set[str]:
    return {name.removeprefix("raslib.formats.") for name in modules if name.startswith("raslib.formats.")}


SHARED = {"acpi", "cper", "ghes", "kinds", "more", "sections"}


def test_the_kinds_are_named_without_any_format():
    assert formats(loaded("from raslib.formats.kinds import KINDS; list(KINDS)")) == {"kinds"}


def test_a_table_loads_no_section():
    modules = loaded("from raslib.formats.kinds import KINDS; KINDS['hest']().build()")
    assert formats(modules) <= SHARED | {"hest"}


def test_a_section_loads_those_that_are_likelier_and_no_other():
    code = "from raslib import StatusBlock, samples; StatusBlock.parse(samples('status_blocks/g_{}'))"
    assert formats(loaded(code.format("mem"))) == SHARED - {"acpi"} | {"memory"}
    assert formats(loaded(code.format("arm"))) == SHARED - {"acpi"} | {"memory", "arm", "parts"}


def test_a_section_that_nobody_knows_is_looked_for_everywhere():
    code = "import uuid; from raslib.formats import sections; sections.RECORDS.get(uuid.UUID(int=5))"
    modules = formats(loaded(code))
    assert modules >= {"more.cxl_events", "more.nvidia", "more.x86"}
    assert not modules & {"hest", "aest", "einj", "erst", "bert", "sdei"}


def test_a_table_is_checked_and_drawn_without_sections_and_other_tables(tmp_path):
    path = tmp_path / "hest.bin"
    path.write_bytes(samples("hest/qemu-7.2"))
    modules = formats(loaded(f"from raslib.cli import main; main(['decode', {str(path)!r}])"))
    assert not {name for name in modules if name.startswith("more.")}
    assert not modules & {"aest", "einj", "erst", "memory", "pcie", "errnode"}


@pytest.mark.parametrize(
    "text", ["10 00 00 00", "0x10, 0x00, 0x00, 0x00", "00000000: 1000 0000 0000 0000 0000 0000 0000 0000"]
)
def test_hex_digits_are_read_without_the_words_of_linux(text):
    code = f"from raslib.intake import read\ntry: read({text!r})\nexcept ValueError: pass"
    assert not loaded(code) & {
        "raslib.intake.linux",
        "raslib.intake.traces",
        "email",
        "xml.etree.ElementTree",
        "sqlite3",
    }


@pytest.mark.parametrize("command", [["esr", "0xbe000411"], ["disr", "0x0"]])
def test_a_register_is_explained_without_construct(command):
    modules = loaded(f"from raslib.cli import main; main({command!r})")
    assert not modules & {"construct", "raslib.records", "raslib.wire"}


def test_a_record_that_nobody_reads_has_no_constructs():
    code = "from raslib.formats.memory import PlatformMemory as P; P(card=3)"
    code += "; sys.stdout = sys.__stdout__; print(vars(P.con))"
    assert "'fields':" not in loaded(code)
    assert PlatformMemory.con.fields is PlatformMemory.con.fields


@pytest.mark.parametrize("arguments", [["decode"], ["decode", "--as", "hex"], ["decode", "--as", "json"], ["lint"]])
@pytest.mark.parametrize("file", [HEST, BLOCK])
def test_bytes_are_read_once(file, arguments, monkeypatch, capsys):
    """Of a block, `intake` reads the head and the heads of its entries before, to see what it is."""
    times: Counter[tuple[str, int]] = Counter()
    explain = Record.explain.__func__  # type: ignore[attr-defined]

    def counted(cls, data):
        times[cls.__name__, len(data)] += 1
        return explain(cls, data)

    monkeypatch.setattr(Record, "explain", classmethod(counted))
    assert main([arguments[0], file, *arguments[1:]]) == 0
    heads = {("StatusBlock", 20), ("DataEntry", 72)}
    assert [times[key] for key in times.keys() - heads] == [1]
    assert all(times[key] == 1 for key in heads & times.keys())
