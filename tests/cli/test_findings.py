"""`raslib lint`: a line, or an object, for each finding; status 1 if one is an error."""

import json

import pytest

from raslib.cli import main
from raslib.formats.hest import (
    GenericSourceV2,
    Hest,
    MachineCheckException,
    Notification,
    Notify,
    SourceFlags,
)
from raslib.resources import samples


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.aml"
    path.write_bytes(samples("hest/qemu-7.2"))
    return path


@pytest.fixture
def refused(tmp_path, good):
    """A source that notifies by SEI, whose Notify Length is wrong too."""
    table = Hest.parse(good.read_bytes())
    (source,) = table.error_sources
    told = Notification(type=Notify.SEI, length=0x5C)
    path = tmp_path / "refused.aml"
    path.write_bytes(table.replace(error_sources=(source.replace(notification=told),)).build())
    return path


def lint(capsys, *arguments):
    status = main(["lint", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_what_is_right_says_so(capsys, good):
    assert lint(capsys, good) == (0, f"{good}: nothing is wrong with this Hardware Error Source Table\n", "")
    assert lint(capsys, good, "--as", "json") == (0, "", "")


def test_a_finding_is_a_line_with_level_place_words_reason_and_source(capsys, refused):
    status, out, err = lint(capsys, refused)
    assert (status, err) == (1, "")
    assert out == (
        f"{refused}: error: Hest.error_sources[0].notification.type at byte 72 (0x48): notification type 9, SEI; Linux "
        "refuses the source (unknown notification type): it never asks APEI about an SError "
        "[Linux 7.1 drivers/acpi/apei/ghes.c: ghes_probe()]\n"
        f"{refused}: warning: Hest.error_sources[0].notification.length at byte 73 (0x49): length is 0x5c, not 28; "
        "a reader that steps by it finds the next field elsewhere [ACPI 6.5 §18.3.2.9, Hardware Error Notification]\n"
    )


def test_a_finding_is_an_object_for_scripts(capsys, refused, good):
    status, out, err = lint(capsys, good, refused, "--as", "json")
    assert (status, err) == (1, "")
    first, second = map(json.loads, out.splitlines())
    assert first == {
        "file": str(refused),
        "kind": "hest",
        "level": "error",
        "path": "error_sources[0].notification.type",
        "offset": 72,
        "says": "notification type 9, SEI",
        "why": "Linux refuses the source (unknown notification type): it never asks APEI about an SError",
        "cite": "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_probe()",
    }
    assert (second["level"], second["offset"]) == ("warning", 73)


def test_warnings_and_notes_alone_are_no_failure(capsys, tmp_path):
    path = tmp_path / "block.bin"
    path.write_bytes(samples("status_blocks/g_arm"))
    status, out, _ = lint(capsys, path, "--as", "json")
    assert status == 0
    assert {json.loads(line)["level"] for line in out.splitlines()} == {"note"}


def test_what_cannot_be_read_is_an_error_and_the_other_files_have_their_turn(capsys, tmp_path, good):
    short = tmp_path / "short.bin"
    short.write_bytes(samples("status_blocks/g_short"))
    status, out, err = lint(capsys, short, tmp_path / "gone", good)
    assert status == 1
    assert out.startswith(
        f"{short}: error: StatusBlock.entries[0].section at byte 92 (0x5c): needs 80 bytes, 79 are left"
    )
    assert out.endswith(f"{good}: nothing is wrong with this Hardware Error Source Table\n")
    assert err == f"raslib: {tmp_path / 'gone'}: No such file or directory\n"


def test_decode_tells_of_form_alone(capsys, refused, tmp_path):
    """Whether bytes are what they say they are; what readers make of them is for lint."""
    assert main(["decode", str(refused), "--as", "json"]) == 0
    assert capsys.readouterr().err == ""
    wrong = tmp_path / "wrong.aml"
    wrong.write_bytes(Hest(error_sources=(GenericSourceV2(),)).build() + b"x")
    assert main(["decode", str(wrong), "--as", "json"]) == 1
    assert [line.split(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["Hest.beyond at byte 132 (0x84)"]


# --- by release and configuration ------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path):
    """A source of each of four notifications, and one that assists a machine check where there is one."""
    source = GenericSourceV2(error_status_block_length=4096, records_to_preallocate=1, max_sections_per_record=1)
    told = (Notify.SEA, Notify.SDEI, Notify.GSIV, Notify.POLLED)
    sources = [
        source.replace(source_id=i, notification=Notification(type=n, vector=60 + i, poll_interval=100), enabled=1)
        for i, n in enumerate(told)
    ]
    path = tmp_path / "many.aml"
    path.write_bytes(Hest(error_sources=tuple(sources)).build())
    return path


def refusals(capsys, *arguments):
    _, out, err = lint(capsys, *arguments, "--as", "json")
    assert err == ""
    return {
        one["path"]: (one["says"], one["why"])
        for one in map(json.loads, out.splitlines())
        if "does not use this source" in one["says"]
    }


def test_what_a_configuration_cannot_hear_is_an_error(capsys, many):
    assert refusals(capsys, many) == refusals(capsys, many, "--kernel", "6.1") == {}
    says = "Linux 6.1.192 does not use this source"
    assert refusals(capsys, many, "--kernel", "6.1.192", "--config", "CONFIG_ACPI_APEI_SEA=n", "--config", "SDEI") == {
        "error_sources[0]": (
            says,
            "The kernel is built without CONFIG_ACPI_APEI_SEA; "
            "GHES: Generic hardware error source: 0 notified via SEA is not supported",
        ),
        "error_sources[1]": (
            says,
            "The kernel is built without CONFIG_ARM_SDE_INTERFACE; "
            "GHES: Generic hardware error source: 1 notified via SDE Interface is not supported",
        ),
    }
    assert [*refusals(capsys, many, "--config", "CONFIG_ACPI_APEI_GHES")] == [f"error_sources[{i}]" for i in range(4)]
    assert refusals(capsys, many, "--config", "CONFIG_MEMORY_FAILURE=n") == {}


def test_a_table_of_x86_is_judged_as_one(capsys, many, tmp_path):
    hest = Hest.parse(many.read_bytes())
    assisted = MachineCheckException(type=0, source_id=9, enabled=1, flags=SourceFlags(ghes_assist=True))
    polled = hest.error_sources[3].replace(related_source_id=9)
    path = tmp_path / "x86.aml"
    path.write_bytes(Hest(error_sources=(assisted, polled)).build())
    assert refusals(capsys, path, "--config", "CONFIG_ACPI_APEI_SEA=n") == {}
    assert [*refusals(capsys, path, "--kernel", "6.1", "--config", "GHES")] == ["error_sources[1]"]


def test_what_is_no_option_or_release_is_refused(capsys, many):
    status, _, err = lint(capsys, many, "--config", "CONFIG_EDAC=n")
    assert status == 1
    assert err == (
        "raslib: 'CONFIG_EDAC=n' is no option that decides what APEI hears or does; there are CONFIG_ACPI_APEI_GHES, "
        "CONFIG_ACPI_APEI_SEA, CONFIG_ARM_SDE_INTERFACE, CONFIG_MEMORY_FAILURE, CONFIG_ACPI_APEI_PCIEAER\n"
    )
    status, _, err = lint(capsys, many, "--kernel", "3.2")
    assert (status, err) == (1, "raslib: '3.2' is no release of Linux that is known here; the first is 4.13\n")
