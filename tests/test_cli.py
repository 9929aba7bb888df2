"""The command line as others rely on it: what each command prints, where it complains, and with which status."""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.cli import main
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.cper import CperRecord, SectionDescriptor
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.hest import GenericSourceV2, Hest
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.resources import folder, samples

TOP = Path(__file__).parents[1]
MEM = "status_blocks/g_mem"


class Said(NamedTuple):
    status: int
    out: str
    err: str


def raslib(*arguments: object) -> Said:
    """One command in this process. A traceback would come through here as the exception that it is."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as e:  # argparse
            status = int(e.code or 0)
    out.flush()
    return Said(status, out.buffer.getvalue().decode("utf-8", "replace"), err.getvalue())  # type: ignore[attr-defined]


def process(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One command as a shell would run it."""
    where = os.environ | {"PYTHONPATH": str(TOP)}
    command = [sys.executable, "-m", "raslib", *arguments]
    return subprocess.run(command, input=given, capture_output=True, env=where, check=False, timeout=60)


@pytest.fixture
def write(tmp_path):
    """Writes bytes, text or JSON into a file and says where."""

    def written(content: Any, name: str = "input") -> Path:
        path = tmp_path / name
        if not isinstance(content, bytes | str):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def objects(said: Said) -> list[Any]:
    return [json.loads(line) for line in said.out.splitlines()]


def document(path: object, *more: object) -> dict[str, Any]:
    """What decode says of one file as JSON."""
    said = raslib("decode", path, "--as", "json", *more)
    (found,) = objects(said)
    return found


BLOCK = StatusBlock(entries=(DataEntry(section=PlatformMemory(node=3)),)).build()
HEST = Hest(error_sources=(GenericSourceV2(),)).build()

# --- round trip ------------------------------------------------------------------------------------------------------


def kind_of(path: Path) -> str:
    if path.suffix == ".cper":
        return "record"
    return path.parent.name if path.suffix == ".aml" else "hest" if path.stem.startswith("hest") else "status-block"


GOOD = checks.shared("vectors", *(f"samples/{kind}" for kind in ("hest", "estatus", "whea", "bert", "erst", "einj")))


@pytest.mark.parametrize("path", [p for p in GOOD if p.id != "vectors/g_short"])
def test_every_vector_and_sample_comes_back(path, write, tmp_path):
    """By `roundtrip`, and through JSON by `decode` and `encode`."""
    assert objects(raslib("roundtrip", path)) == [{"file": str(path), "kind": kind_of(path), "identical": True}]
    found = document(path)
    assert (found["file"], found["kind"]) == (str(path), kind_of(path))
    said = raslib("encode", write(found), "-o", tmp_path / "out")
    assert said == Said(0, "", "")
    assert (tmp_path / "out").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", samples())
def test_every_sample_of_ours_comes_back(name, write, tmp_path):
    path = write(samples(name))
    said = raslib("roundtrip", path)
    if name == "status_blocks/g_short":
        assert said.status == 1
    elif name.startswith(("hest/", "status_blocks/")):
        assert objects(said) == [{"file": str(path), "kind": kind_of_sample(name), "identical": True}]
        assert raslib("encode", write(document(path), "json"), "-o", tmp_path / "out").status == 0
        assert (tmp_path / "out").read_bytes() == samples(name)


def kind_of_sample(name: str) -> str:
    return "hest" if name.startswith("hest/") else "status-block"


def test_an_error_of_roundtrip_is_a_line_with_its_place(write):
    path = write(BLOCK[:-1])
    said = raslib("roundtrip", path)
    assert said.status == 1
    assert objects(said) == [
        {
            "file": str(path),
            "error": "StatusBlock.entries at byte 20 (0x14): needs 152 bytes, 151 are left",
            "path": "entries",
            "offset": 20,
        }
    ]


def test_an_error_deep_inside_has_its_whole_path(write):
    data = bytearray(BLOCK)
    data[44] = 81
    (said,) = objects(raslib("roundtrip", write(bytes(data))))
    assert (said["path"], said["offset"]) == ("entries[0].section", 92)


def test_each_file_has_its_line_whatever_the_others_are(write):
    good, bad, gone = write(BLOCK, "good"), write(b"\0\1nothing known\xff", "bad"), "not there"
    said = raslib("roundtrip", good, bad, gone, good)
    assert said.status == 1
    found = objects(said)
    assert [line["file"] for line in found] == [str(good), str(bad), gone, str(good)]
    assert [set(line) for line in found] == [
        {"file", "kind", "identical"},
        {"file", "error", "path", "offset"},
        {"file", "error", "path", "offset"},
        {"file", "kind", "identical"},
    ]
    assert [(line["path"], line["offset"]) for line in found if "error" in line] == [("", None)] * 2


def test_an_odd_value_comes_back_and_is_reported_by_decode(write):
    """A severity that nobody knows is kept by roundtrip; decode complains."""
    path = write(StatusBlock.parse(BLOCK).replace(error_severity=9).build())
    assert raslib("roundtrip", path).status == 0
    said = raslib("decode", path)
    assert said.status == 1
    place = "StatusBlock.error_severity at byte 16 (0x10): severity 9 is none of 0 to 3"
    assert said.err.startswith(f"{path}: error: {place}")
    assert document(path)["value"]["error_severity"] == 9


# --- decode ----------------------------------------------------------------------------------------------------------


def test_decode_shows_a_tree(write):
    said = raslib("decode", write(BLOCK))
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Generic Error Status Block  [ACPI 6.5 §18.3.2.7.1, Generic Error Status Block]\n")
    assert "\n   0x007c+2        node                   3  -- not valid\n" in said.out


def test_decode_shows_hex(write):
    said = raslib("decode", write(HEST), "--as", "hex")
    assert said.status == 0
    assert "\n00000000  48 45 53 54 84 00 00 00 " in said.out
    assert '\n          +0  signature = "HEST"\n' in said.out


def test_decode_as_json_is_one_object(write):
    path = write(StatusBlock().build())
    said = raslib("decode", path, "--as", "json")
    assert (said.status, said.err) == (0, "")
    assert objects(said) == [
        {
            "file": str(path),
            "kind": "status-block",
            "value": {
                "block_status": {},
                "raw_data_offset": 0,
                "raw_data_length": 0,
                "data_length": 0,
                "error_severity": "RECOVERABLE",
                "entries": [],
                "gap": "",
                "raw_data": "",
                "beyond": "",
            },
        }
    ]


PRINTED = sorted(path.name.partition(".")[0] for path in (folder("data") / "status_blocks").glob("*.linux-7.2.txt"))


@pytest.mark.parametrize("name", PRINTED)
def test_decode_as_linux_is_what_linux_printed(name):
    data = folder("data") / "status_blocks" / f"{name}.hex"
    said = raslib("decode", data, "--as", "linux", "--kernel", "harness")
    if name == "g_short":
        assert (said.status, said.out) == (1, "refused: -EINVAL\n")
        assert "StatusBlock.entries[0].section at byte 92 (0x5c): needs 80 bytes, 79 are left" in said.err
        return
    printed = data.with_suffix(".linux-7.2.txt").read_text().splitlines()
    assert said.out.splitlines() == [line for line in printed if not line.startswith("#")]


def test_linux_prints_no_tables(write):
    path = write(HEST)
    said = raslib("decode", path, "--as", "linux")
    assert said == Said(1, "", f"raslib: {path}: the kernel prints error records, not a Hardware Error Source Table\n")


def test_several_files_give_an_object_per_line(write):
    paths = [write(BLOCK, "a"), write(HEST, "b"), write(StatusBlock().build(), "c")]
    said = raslib("decode", *paths, "--as", "json")
    assert [(line["file"], line["kind"]) for line in objects(said)] == [
        (str(paths[0]), "status-block"),
        (str(paths[1]), "hest"),
        (str(paths[2]), "status-block"),
    ]


def test_several_trees_say_whose_they_are(write):
    first, second = write(BLOCK, "a"), write(HEST, "b")
    said = raslib("decode", first, second)
    assert [line for line in said.out.splitlines() if line.startswith("==")] == [f"== {first}", f"== {second}"]


def test_decode_goes_on_after_a_file_that_is_bad(write):
    good = write(BLOCK, "good")
    said = raslib("decode", "not there", good, "--as", "json")
    assert (said.status, said.err) == (1, "raslib: not there: No such file or directory\n")
    assert [line["file"] for line in objects(said)] == [str(good)]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (BLOCK.hex(), True),
        (BLOCK.hex(" "), True),
        ("# a block\n" + BLOCK.hex(" ", 4) + "\n", True),
        ("\n".join(f"{at:08x}: {BLOCK[at : at + 16].hex(' ')}" for at in range(0, len(BLOCK), 16)), True),
    ],
    ids=["digits", "bytes", "commented", "dump"],
)
def test_hex_text_is_bytes(text, same, write):
    assert (document(write(text))["value"] == document(write(BLOCK, "binary"))["value"]) is same


def test_the_kind_may_be_said(write):
    zeros = write(bytes(20))
    assert document(zeros, "--kind", "status-block")["kind"] == "status-block"
    said = raslib("decode", zeros, "--kind", "record", "--as", "json")
    assert (said.status, said.out) == (1, "")
    assert "CperRecord.header.record_length at byte 20 (0x14): needs 4 bytes, 0 are left" in said.err


def test_the_dialect_may_be_said():
    path = folder("data") / "status_blocks" / "g_arm8.hex"
    kinds = {"uefi-2.9": "bus error", "uefi-2.10": "cache error", "uefi-2.11": "TLB error"}
    for dialect, kind in kinds.items():
        said = raslib("decode", path, "--dialect", dialect).out
        assert f"error types read by {dialect}: chosen by hand" in said
        assert f"({kind}, by {dialect} (" in said
    assert "error types read by uefi-2.10: type bytes 0x02 have a meaning in" in raslib("decode", path).out


def test_the_kernel_that_prints_may_be_said():
    path = folder("data") / "status_blocks" / "g_arm8.hex"
    lines = {
        release: raslib("decode", path, "--as", "linux", "--kernel", release).out for release in ("6.1", "6.1.192")
    }
    assert "   error_type: 2, bus error\n" in lines["6.1"]
    assert "   error_type: 0x02: cache error\n" in lines["6.1.192"]
    by_hand = raslib("decode", path, "--as", "linux", "--kernel", "6.1", "--dialect", "uefi-2.10").out
    assert by_hand == lines["6.1.192"]
    said = raslib("decode", path, "--as", "linux", "--kernel", "new")
    assert (said.status, said.out) == (2, "")
    assert "argument --kernel: 'new' is not a release of Linux such as 7.2 or 6.1.192" in said.err


def test_json_names_the_dialect_of_each_arm_section_and_the_evidence(write, tmp_path):
    path = folder("data") / "status_blocks" / "g_arm.hex"
    assert document(path)["dialects"] == [
        {
            "path": "entries[0].section",
            "dialect": "uefi-2.10",
            "evidence": "type bytes 0x02, 0x08 have a meaning in uefi-2.11 too; read as Linux does",
            "error_types": ["cache error", "bus error"],
        }
    ]
    by_hand = document(path, "--dialect", "uefi-2.11")
    assert by_hand["dialects"] == [
        {
            "path": "entries[0].section",
            "dialect": "uefi-2.11",
            "evidence": "chosen by hand",
            "error_types": ["TLB error", "micro-architectural error"],
        }
    ]
    for found in (document(path), by_hand):
        assert raslib("encode", write(found), "-o", tmp_path / "out").status == 0
        assert (tmp_path / "out").read_bytes() == samples("status_blocks/g_arm")
    assert "dialects" not in document(write(BLOCK))


def test_json_names_the_dialect_in_a_record_too(write):
    section = ArmProcessor(error_information=(ErrorInformation(type=0), ErrorInformation(type=3)))
    record = CperRecord.of((SectionDescriptor(section_type=GUIDS[ArmProcessor]), section))
    assert document(write(record.build()))["dialects"] == [
        {
            "path": "sections[0]",
            "dialect": "uefi-2.9",
            "evidence": "only uefi-2.9 gives a meaning to the type bytes (0x00, 0x03)",
            "error_types": ["cache error", "micro-architectural error"],
        }
    ]


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tree", "hex", "json", "linux"])
def test_truncated_bytes_are_named_and_shown_as_far_as_they_go(form, write):
    path = write(BLOCK[:130])
    said = raslib("decode", path, "--as", form)
    assert said.status == 1
    place = "StatusBlock.entries at byte 20 (0x14): needs 152 bytes, 110 are left"
    assert said.err.startswith(f"{path}: error: {place}")
    if form in ("tree", "hex"):
        assert said.out.endswith(f"--- it breaks here: {place}\n")
        assert "physical_address" in said.out
    else:
        assert said.out == ("refused: -EINVAL\n" if form == "linux" else "")


def test_oversized_bytes_are_named_and_kept(write):
    path = write(BLOCK + b"more")
    said = raslib("decode", path)
    assert said.status == 1
    assert said.err == (
        f"{path}: error: StatusBlock.beyond at byte 172 (0xac): 4 bytes follow the block, and they are not zero; "
        "no length in the block covers them [ACPI 6.5 §18.3.2.7.1, Generic Error Status Block]\n"
    )
    assert document(path)["value"]["beyond"] == b"more".hex()
    assert raslib("roundtrip", path).status == 0


def test_a_wrong_checksum_is_named_and_kept(write, tmp_path):
    data = bytearray(HEST)
    data[9] ^= 0xFF
    path = write(bytes(data))
    said = raslib("decode", path)
    assert said.status == 1
    assert said.err.startswith(f"{path}: error: Hest.checksum at byte 9 (0x9): checksum is {data[9]:#04x}, ")
    assert document(path)["as_found"] == ["checksum"]
    assert raslib("roundtrip", path).status == 0
    assert raslib("encode", write(document(path), "json"), "-o", tmp_path / "out").status == 0
    assert (tmp_path / "out").read_bytes() == data


def test_what_is_edited_in_json_is_counted_anew(write, tmp_path):
    found = document(write(HEST))
    found["value"]["oem_revision"] = 77
    found["value"]["error_sources"] *= 2
    assert raslib("encode", write(found), "-o", tmp_path / "out").status == 0
    made = Hest.parse((tmp_path / "out").read_bytes())
    assert (made.error_source_count, made.length, made.oem_revision) == (2, 224, 77)
    assert sum(made.build()) % 256 == 0


def changed(path: str, value: Any) -> dict[str, Any]:
    """A document of BLOCK with one field changed."""
    found = {"kind": "status-block", "value": StatusBlock.parse(BLOCK).to_json()}
    here: Any = found["value"]
    *above, last = path.split("/")
    for name in above:
        here = here[int(name) if name.isdigit() else name]
    here[last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (
            "entries/0/section_type",
            "a5bc1114-6f64",
            "StatusBlock.entries[0].section_type: 'a5bc1114-6f64' cannot stand here: "
            "badly formed hexadecimal UUID string",
        ),
        (
            "error_severity",
            "WORSE",
            "StatusBlock.error_severity: 'WORSE' is none of RECOVERABLE, FATAL, CORRECTED, INFORMATIONAL",
        ),
        (
            "entries/0/error_severity",
            -1,
            "StatusBlock.entries[0].error_severity at byte 36 (0x24): -1 does not fit 4 bytes",
        ),
        (
            "entries/0/section/node",
            70000,
            "StatusBlock.entries[0].section.node at byte 124 (0x7c): 70000 does not fit 2 bytes",
        ),
        (
            "entries/0/section/physical_address",
            "0x10000000000000000",
            "StatusBlock.entries[0].section.physical_address at byte 108 (0x6c): "
            "18446744073709551616 does not fit 8 bytes",
        ),
        (
            "entries/0/section/extended",
            {"row": 4},
            "StatusBlock.entries[0].section.extended.row at byte 165 (0xa5): 4 does not fit 2 bits",
        ),
        (
            "entries/0/fru_text",
            "a name of more than 20",
            "StatusBlock.entries[0].fru_text at byte 64 (0x40): takes 20 bytes, not 22",
        ),
        ("entries/0/section/node", "three", "StatusBlock.entries[0].section.node: 'three' is not a whole number"),
        ("entries", None, "StatusBlock.entries: null cannot stand here"),
        ("entries", {}, "StatusBlock.entries: needs a list"),
    ],
)
def test_encode_refuses_by_path_and_leaves_the_output_alone(path, value, error, write):
    out = write(b"as it was", "out")
    assert raslib("encode", write(changed(path, value)), "-o", out) == Said(1, "", f"raslib: {error}\n")
    assert out.read_bytes() == b"as it was"


def test_encode_refuses_an_unknown_field_and_says_which_there_are(write):
    said = raslib("encode", write(changed("entries/0/severity", 1)))
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("raslib: StatusBlock.entries[0].severity: no such field; there are section_type, error_")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "no JSON at line 1, column 1: Expecting value"),
        ("  \n ", "no JSON at line 1, column 1: Expecting value"),
        ('{"kind": "hest",\n oops}', "no JSON at line 2, column 2: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "no JSON at line 1, column 101: nested more than 100 deep"),
        ("5", "needs objects with kind and value, as `raslib decode --as json` writes them"),
        ("[]", "needs objects with kind and value, as `raslib decode --as json` writes them"),
        ("{}", "needs objects with kind and value, as `raslib decode --as json` writes them"),
        ('{"kind": ["hest"], "value": {}}', "kind is ['hest'], not one of "),
        ('{"kind": "hist", "value": {}}', "kind is 'hist', not one of "),
        ('{"kind": "hest", "value": {}, "as_found": 5}', "as_found is 5, not a list of paths"),
        ('{"kind": "hest", "value": {}, "as_found": [[]]}', "as_found is [[]], not a list of paths"),
    ],
)
def test_encode_refuses_what_is_no_document(content, error, write):
    path, out = write(content), write(b"as it was", "out")
    said = raslib("encode", path, "-o", out)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"raslib: {path}: {error}")
    assert out.read_bytes() == b"as it was"


def test_a_good_document_before_a_bad_one_writes_nothing(write):
    good = {"kind": "status-block", "value": {}}
    out = write(b"as it was", "out")
    said = raslib("encode", write(f"{json.dumps(good)}\n{json.dumps(good | {'kind': 'x'})}"), "-o", out)
    assert said.status == 1
    assert out.read_bytes() == b"as it was"


def test_several_documents_are_bytes_one_after_another(write, tmp_path):
    first, second = document(write(BLOCK, "a")), document(write(HEST, "b"))
    raslib("encode", write(f"\n {json.dumps(first)}\n\n{json.dumps(second)}\n"), "-o", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BLOCK + HEST


def test_an_output_that_cannot_be_written_is_an_error(write, tmp_path):
    out = tmp_path / "no" / "folder"
    said = raslib("encode", write(changed("error_severity", 0)), "-o", out)
    assert said == Said(1, "", f"raslib: {out}: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "arguments are required: COMMAND"),
        (["explode"], "invalid choice: 'explode'"),
        (["decode"], "arguments are required: FILE"),
        (["decode", "x", "--as", "xml"], "argument --as: invalid choice: 'xml'"),
        (["decode", "x", "--kind", "mcfg"], "argument --kind: invalid choice: 'mcfg'"),
        (["decode", "x", "--dialect", "uefi-1.0"], "argument --dialect: invalid choice: 'uefi-1.0'"),
        (["encode"], "arguments are required: FILE.json"),
        (["roundtrip"], "arguments are required: FILE"),
        (["esr"], "arguments are required: VALUE"),
        (["walk", "--as", "poem"], "argument --as: invalid choice: 'poem'"),
    ],
)
def test_bad_usage_is_status_2(arguments, complaint):
    said = raslib(*arguments)
    assert (said.status, said.out) == (2, "")
    assert complaint in said.err


# --- the simulator ---------------------------------------------------------------------------------------------------


def test_route_answers_a_batch_line_by_line(write):
    states = [
        {"kind": "serror", "EL": 1, "HCR_EL2.AMO": 1},
        {"kind": "serror", "EL": 1, "PSTATE.A": 1},
        {"kind": "serror", "SCR_EL3.EA": 1, "EL": 0},
        {"kind": "sea", "EL": 0, "HCR_EL2.TGE": 1, "HCR_EL2.E2H": 1},
        {"kind": "sea", "EL": 1, "EL2": 0, "HCR_EL2.TEA": 1},
    ]
    said = raslib("route", "--batch", write("\n\n".join(map(json.dumps, states))))
    assert (said.status, said.err) == (0, "")
    assert objects(said) == [
        {"target": 2, "pending": False},
        {"target": None, "pending": True},
        {"target": 3, "pending": False},
        {"target": 2, "pending": False},
        {"target": 1, "pending": False},
    ]


ODD = ["5", "null", '"x"', '{"kind": "sea", "EL": 4}', '{"a": 1}', "[5]", "{", "[" * 99_999]


@pytest.mark.parametrize(
    ("command", "line"), [(c, line) for c in ("route", "walk") for line in ODD] + [("route", "[]")]
)
def test_a_bad_line_of_a_batch_is_named(command, line, write):
    good = '{"kind": "sea"}' if command == "route" else "{}"
    path = write(f"{good}\n{line}\n")
    said = raslib(command, "--batch", path)
    assert said.status == 1
    assert len(objects(said)) == 1
    assert said.err.startswith(f"raslib: {path}, line 2: ")


def test_route_answers_one_state_in_words():
    said = raslib("route", "kind=serror", "EL=1", "HCR_EL2.AMO=1")
    assert (said.status, said.out.splitlines()[0]) == (0, "EL2")
    assert raslib("route", "kind=serror", "EL=1", "PSTATE.A=1").out.startswith("stays pending\n")
    assert raslib("route", "kind").err == "raslib: 'kind' is not NAME=VALUE\n"
    assert raslib("route", "kind=sea", "EL=one").err == "raslib: 'one' is not a number\n"


def test_axes_are_a_list_of_choices():
    (axes,) = objects(raslib("axes"))
    assert {"name", "values", "default", "meaning"} <= set.intersection(*(set(axis) for axis in axes))
    assert all(axis["default"] in axis["values"] for axis in axes)


def test_walk_answers_a_batch_in_any_way_to_say_a_scenario(write):
    (axes,) = objects(raslib("axes"))
    name, other = next((a["name"], v) for a in axes for v in a["values"] if v != a["default"])
    said_value = json.dumps(other) if isinstance(other, bool) else str(other)
    lines = [{}, [], {name: other}, [f"{name}={said_value}"], {"token": ""}]
    said = raslib("walk", "--batch", write("\n".join(map(json.dumps, lines))))
    assert (said.status, said.err) == (0, "")
    found = objects(said)
    assert [set(line) for line in found] == [{"outcome"}] * 5
    assert found[0] == found[1] == found[4]
    assert found[2] == found[3]


def test_walk_has_four_forms():
    starts = {"text": "", "json": "{", "svg": "<svg", "html": "<!doctype html>"}
    for form, start in starts.items():
        said = raslib("walk", "--as", form)
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith(start)
        assert len(said.out) > 100
    assert {"title", "lanes", "steps", "outcome"} <= set(objects(raslib("walk", "--as", "json"))[0])


def test_walk_refuses_what_is_no_choice():
    assert raslib("walk", "nope=1").err.startswith("raslib: no axis is called 'nope'")
    assert raslib("walk", "--token", "zzz").status == 1


# --- as a process ----------------------------------------------------------------------------------------------------


def test_standard_input_and_output():
    decoded = process("decode", "-", "--as", "json", given=BLOCK)
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    assert json.loads(decoded.stdout)["file"] == "-"
    encoded = process("encode", "-", given=decoded.stdout)
    assert (encoded.returncode, encoded.stdout, encoded.stderr) == (0, BLOCK, b"")
    same = process("roundtrip", "-", given=BLOCK)
    assert json.loads(same.stdout) == {"file": "-", "kind": "status-block", "identical": True}


def test_statuses_and_streams_of_a_process(tmp_path):
    good = tmp_path / "good"
    good.write_bytes(BLOCK)
    assert process("decode", str(good)).returncode == 0
    bad = process("decode", str(tmp_path / "gone"))
    assert (bad.returncode, bad.stdout) == (1, b"")
    assert bad.stderr.decode() == f"raslib: {tmp_path / 'gone'}: No such file or directory\n"
    usage = process("decode")
    assert (usage.returncode, usage.stdout) == (2, b"")
    assert usage.stderr.startswith(b"usage: raslib decode")
    assert process("--help").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    path = tmp_path / "block"
    path.write_bytes(BLOCK)
    files = " ".join([str(path)] * 400)
    line = f"{sys.executable} -m raslib decode {files} | head -n 1; exit ${{PIPESTATUS[0]}}"
    where = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=where, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"== {path}\n"


# --- anything --------------------------------------------------------------------------------------------------------

FORMS = (["roundtrip"], ["decode"], ["decode", "--as", "json"], ["decode", "--as", "hex"], ["decode", "--as", "linux"])


def mutated(data: bytes, chance: random.Random) -> bytes:
    """*data* with a few bytes changed, cut off, put in or taken out."""
    made = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(6):
            case 0 | 1 | 2 if at < len(made):
                made[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            case 3:
                del made[at:]
            case 4:
                made[at:at] = chance.randbytes(chance.choice([1, 4, 8, 72]))
            case _:
                del made[at : at + chance.choice([1, 4, 8])]
    return bytes(made)


def holds(arguments: list[str], said: Said) -> None:
    """A status of 0 or 1; whatever is wrong is said, and what is JSON is JSON."""
    assert said.status in (0, 1)
    assert "Traceback" not in said.out + said.err
    if arguments[0] == "roundtrip":
        for line in objects(said):
            assert line.get("identical", True) is True
            assert set(line) in ({"file", "kind", "identical"}, {"file", "error", "path", "offset"})
        assert (said.status == 1) == any("error" in line for line in objects(said))
    elif said.status:
        assert said.err
    if "json" in arguments:
        objects(said)


MANY = {"g_arm", "g_mem", "g_pcie", "hest_qemu_testdata_1k", "rec_arm_padded", "rec_two_sections"}


@pytest.mark.parametrize("path", checks.shared("vectors"))
def test_mutations_of_vectors_never_end_in_a_traceback(path, tmp_path):
    """Several hundred of one vector of each kind, fewer of the others."""
    data, chance = path.read_bytes(), random.Random(path.name)
    for form in FORMS:
        mutants = [tmp_path / f"{form[-1]}{n}" for n in range(60 if path.stem in MANY else 20)]
        for mutant in mutants:
            mutant.write_bytes(mutated(data, chance))
        holds(form, raslib(form[0], *mutants, *form[1:]))


@settings(deadline=None, max_examples=60)
@given(data=st.one_of(st.binary(max_size=120), st.text(max_size=60).map(str.encode)), form=st.sampled_from(FORMS))
def test_any_file_at_all_is_shown_or_refused(data, form, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "anything"
    path.write_bytes(data)
    holds(form, raslib(form[0], path, *form[1:]))


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_documents_with_anything_in_them_are_bytes_or_refused(data, tmp_path_factory):
    """One value of a good document replaced by anything JSON has."""
    good = {"kind": "status-block", "value": StatusBlock.parse(samples(MEM)).to_json()}
    places = list(leaves(good))
    where = data.draw(st.sampled_from(places))
    odd = st.sampled_from([None, True, -1, 1 << 70, 1.5, float("nan"), "", "zz", [], {}, [[]], {"hex": 1}, "\ud800"])
    where[0][where[1]] = data.draw(odd)
    path = tmp_path_factory.getbasetemp() / "document"
    path.write_text(json.dumps(good))
    said = raslib("encode", path, "-o", path.with_name("made"))
    assert said.status in (0, 1)
    assert bool(said.err) == bool(said.status)


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: the thing that holds it, and its key or number there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *leaves(value[key])]]
