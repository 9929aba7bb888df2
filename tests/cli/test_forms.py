"""`raslib decode --as python`, c, xxd, qmp, einj, iasl: what `views.export` gives, of any file."""

import json
import random
import subprocess
import sys

import pytest
from formats import acpi_checks as checks

from raslib.cli import COMMANDS, main
from raslib.formats.cper import Severity
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.resources import samples
from raslib.views.export import FORMS, export


@pytest.fixture
def decoded(capsys, tmp_path):
    """Status, output and complaints of decoding bytes."""

    def run(data, form, name="input"):
        path = tmp_path / name
        path.write_bytes(data)
        status = main(["decode", str(path), "--as", form])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_the_command_line_knows_every_form():
    others = ["tree", "json", "linux", "hex", "html"]
    assert [*others, *FORMS] == COMMANDS["bytes"]["decode"]["--as"]["choices"]


@pytest.mark.parametrize("form", ["python", "c", "xxd", "qmp", "einj"])
def test_a_block_is_written_as_export_does(form, decoded):
    data = samples("status_blocks/g_mem")
    assert decoded(data, form) == (0, export(StatusBlock.parse(data), form), "")


def test_a_table_is_written_for_iasl(decoded):
    data = samples("hest/qemu-7.2")
    assert decoded(data, "iasl") == (0, export(Hest.parse(data), "iasl"), "")


@pytest.mark.parametrize("form", ["c", "xxd"])
def test_what_is_written_can_be_decoded_again(form, decoded):
    data = samples("status_blocks/g_arm")
    _, text, _ = decoded(data, form)
    status, out, _ = decoded(text.encode(), "json")
    assert status == 0
    assert json.loads(out)["value"] == StatusBlock.parse(data).to_json()


def test_python_runs_in_a_fresh_interpreter(decoded):
    data = samples("status_blocks/g_pcie")
    _, source, _ = decoded(data, "python")
    source += "import sys\nsys.stdout.buffer.write(record.build())\n"
    assert subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=60).stdout == data


@pytest.mark.parametrize("form", ["c", "xxd"])
def test_bytes_that_break_off_are_written_and_named(form, decoded):
    data = samples("status_blocks/g_short")
    status, out, err = decoded(data, form)
    assert status == 1
    assert "StatusBlock.entries[0].section at byte 92 (0x5c): needs 80 bytes, 79 are left" in err
    assert out.startswith(("/* Generic Error Status Block", "00000000: "))


def test_bytes_that_break_off_have_no_python(decoded):
    status, out, err = decoded(samples("status_blocks/g_short"), "python")
    assert (status, out) == (1, "")
    assert err.count("needs 80 bytes, 79 are left") == 1


@pytest.mark.parametrize(
    ("data", "form", "why"),
    [
        (
            StatusBlock(raw_data=bytes(2000), error_severity=Severity.FATAL).build(),
            "qmp",
            "QEMU 10.2 has room for 1024",
        ),
        (samples("status_blocks/g_vendor"), "einj", "EINJ has no errors of the kind"),
        (samples("status_blocks/g_mem"), "iasl", "iasl compiles ACPI tables, not a StatusBlock"),
    ],
)
def test_what_has_no_such_form_is_refused_with_the_reason(data, form, why, decoded, tmp_path):
    status, out, err = decoded(data, form)
    assert (status, out) == (1, "")
    assert err.startswith(f"raslib: {tmp_path / 'input'}: no {form}: ")
    assert why in err


@pytest.mark.parametrize("path", checks.shared("samples/estatus", "samples/whea", "samples/hest", "samples/logs"))
@pytest.mark.parametrize("form", FORMS)
def test_every_sample_is_written_or_refused_with_a_word(form, path, capsys):
    status = main(["decode", str(path), "--as", form])
    said = capsys.readouterr()
    assert said.out if status == 0 else said.err


@pytest.mark.parametrize("path", checks.shared("vectors"))
def test_mutations_of_vectors_are_written_or_refused(path, tmp_path, capsys):
    """In no form with a traceback, which would come through here."""
    data, chance = path.read_bytes(), random.Random(path.stem)
    for turn in range(4):
        changed = bytearray(data)
        for _ in range(1 + turn):
            changed[chance.randrange(len(data))] = chance.choice((0, 0xFF, chance.randrange(256)))
        file = tmp_path / f"{turn}"
        file.write_bytes(changed)
        for form in FORMS:
            assert main(["decode", str(file), "--as", form]) in (0, 1)
            said = capsys.readouterr()
            assert said.out or said.err
