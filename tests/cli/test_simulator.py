"""The commands of the whole space: compare, sweep, prove, stories."""

import json
from pathlib import Path
from typing import Any

import pytest

from raslib.cli import main
from raslib.formats.hest import Hest
from raslib.sim.explore import Space
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import outcome


def test_compare_takes_choices_and_tokens(capsys: pytest.CaptureFixture[str]):
    token = Scenario.of("host.notify=SDEI").token()
    for other in ("host.notify=SDEI", token):
        assert main(["compare", "-", other]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["differ"] == {"host.notify": ["SEA", "SDEI"]}
        assert found["first_divergence"]["axis"] == "host.notify"
        assert found["first_divergence"]["step"] == 5
        assert found["outcome"]["a"]["end"] == found["outcome"]["b"]["end"] == "sigbus_ar"
    assert main(["compare", "host.notify=SEA,host.vhe=false", "host.notify=SDEI", "--as", "text"]) == 0
    assert "here they part, by host.notify" in capsys.readouterr().out


def test_sweep_counts_the_whole_remaining_space(capsys: pytest.CaptureFixture[str]):
    assert main(["sweep", "--by", "host.notify,guest.notify", "host.first=firmware"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == len(AXES["host.notify"].values) * len(AXES["guest.notify"].values)
    assert sum(n for row in rows for n in row["counts"].values()) == Space.of("host.first=firmware").size
    assert main(["sweep", "--by", "stance", "--of", "claimed", "--as", "text"]) == 0
    assert capsys.readouterr().out.startswith("per cent of scenarios by claimed; given: nothing\n")


def test_find_gives_a_scenario_that_ends_so(capsys: pytest.CaptureFixture[str]):
    assert main(["find", "end=host_panic,claimed=none", "host.first=kernel"]) == 0
    found = json.loads(capsys.readouterr().out)
    ended = outcome(Scenario.from_token(found["token"]))
    assert (ended["end"], ended["claimed"]) == ("host_panic", "none")
    assert Scenario.from_token(found["token"]).chosen() == found["choices"]
    assert found["choices"]["host.first"] == "kernel"


def test_near_says_what_matters(capsys: pytest.CaptureFixture[str]):
    assert main(["near", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == outcome(Scenario())
    assert found["matters"]["guest.notify"]["none"]["end"] == "vm_exit"
    assert len(found["nearest"]["changes"]) == 1
    assert main(["near", "guest.notify=none", "--as", "text"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ends with vm_exit; what one other choice would lead to:\n")
    assert "guest.notify" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["find", "colour=red"], "no part of an outcome is called 'colour'"),
        (["find", "end=host_panic,host=ignored"], "no scenario ends with end=host_panic,host=ignored"),
        (["sweep", "--by", "weather"], "no axis is called 'weather'"),
        (["sweep", "--by", "stance", "host.notify=x"], "host.notify is 'x', which is none of its values"),
        (["sweep", "--by", "stance", "--of", "colour"], "no part of an outcome is called 'colour'"),
        (["compare", "-", "nonsense"], "is not a token"),
        (["prove", "I99"], "no invariant is called 'I99'; there are I1, I2"),
    ],
)
def test_what_is_no_choice_is_refused_in_words(args: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert main(args) == 1
    assert said in capsys.readouterr().err


def test_prove_says_what_holds(capsys: pytest.CaptureFixture[str]):
    assert main(["prove", "I3", "I2"]) == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["name"], row["holds"], row["broken"]) for row in rows] == [("I2", True, []), ("I3", True, [])]
    exceptions = {e["what"]: e["choices"] for e in rows[0]["exceptions"]}
    assert exceptions.keys() == {"kvm.efault", "kvm.sea-to-user", "rejected.exits"}
    assert exceptions["kvm.sea-to-user"]["guest.sea_to_user"] == "true"


def test_prove_takes_the_name_of_a_sentence_that_another_covers(capsys: pytest.CaptureFixture[str]):
    assert main(["prove", "I12"]) == 0
    [row] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (row["name"], row["covers"], row["of"]) == ("I6", ["I12"], "scenarios")


def test_stories_writes_one_document(tmp_path: Path):
    assert main(["stories", "host.first=kernel", "-o", str(tmp_path / "stories.json")]) == 0
    document = json.loads((tmp_path / "stories.json").read_text())
    assert document["given"] == {"host.first": "kernel"}
    assert len(document["nodes"]) > 100


def test_walk_takes_choices_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = {}
    for name, text in (("a.toml", "[guest]\nnotify = 'none'\n"), ("a.json", '{"guest.notify": "none"}')):
        (tmp_path / name).write_text(text)
        assert main(["walk", "--file", str(tmp_path / name), "host.vhe=false"]) == 0
        said[name] = capsys.readouterr().out
    assert said["a.toml"] == said["a.json"]
    assert "outcome: end vm_exit" in said["a.toml"]
    (tmp_path / "b.toml").write_text("[guest]\nnotify = 'pigeon'\n")
    assert main(["walk", "--file", str(tmp_path / "b.toml")]) == 1
    assert "b.toml: guest.notify is 'pigeon'" in capsys.readouterr().err


def test_options_of_lab_are_jupyterlabs_and_others_are_refused(monkeypatch: pytest.MonkeyPatch):
    given: list[tuple[list[str], bool]] = []
    monkeypatch.setattr("raslib.lab.lab", lambda arguments, desk: given.append((list(arguments), desk)) or 0)
    assert main(["lab", "--no-browser", "--port=18999"]) == 0
    assert main(["lab", "--desk", "--port", "18999"]) == 0
    assert given == [(["--no-browser", "--port=18999"], False), (["--port", "18999"], True)]
    with pytest.raises(SystemExit) as refused:
        main(["axes", "--no-browser"])
    assert refused.value.code == 2


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A HEST of our own: SDEI and GSIV, in a file as acpidump would write it, behind another table."""
    sources = [Scenario.of(f"host.notify={n}").host.hest().error_sources[0] for n in ("SDEI", "GSIV")]
    data = Hest(error_sources=tuple(s.replace(source_id=i + 3) for i, s in enumerate(sources))).build()
    einj = b"EINJ$\0\0\0\1\x20BOCHS\0BXPC    \1\0\0\0BXPC\1\0\0\0"
    (tmp_path / "HEST").write_bytes(data)
    dump = [f"    {at:04X}: {data[at : at + 16].hex(' ').upper():48} ." for at in range(0, len(data), 16)]
    (tmp_path / "tables.txt").write_text("\n".join(["HEST @ 0x0000000040000000", *dump, ""]))
    (tmp_path / "hest.hex").write_text(data.hex())
    (tmp_path / "both").write_bytes(data + einj)
    (tmp_path / "two").write_bytes(data + data)
    (tmp_path / "none").write_bytes(einj)
    return tmp_path


@pytest.mark.parametrize("name", ["HEST", "tables.txt", "hest.hex", "both"])
def test_walk_takes_a_table_in_any_form(name: str, table: Path, capsys: pytest.CaptureFixture[str]):
    given = ["walk", "--hest", str(table / name), "host.notify=GSIV"]
    assert main(given) == 0
    assert "notified by GSIV (source 4 of its HEST); " in capsys.readouterr().out.splitlines()[0]
    if name == "HEST":
        for form in ("json", "svg", "html"):
            assert main([*given, "--as", form]) == 0
            assert "notified by GSIV (source 4 of its HEST)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("HEST", [], "notifies by SEA: it has SDEI (source 3) and GSIV (source 4); choose host.notify=SDEI or "
                     "host.notify=GSIV\n"),
        ("two", [], "two: one HEST is wanted, not 2; it holds hest\n"),
        ("none", [], "none: one HEST is wanted, not 0; it holds einj\n"),
        ("HEST", ["--all", "--as", "svg"], "--all takes --hest FILE, and has no --batch and no svg\n"),
        ("HEST", ["--all", "host.first=kernel"],
         "firmware reports no error here: choose begin=error and host.first=firmware\n"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused_in_words(name, more, said, table, capsys):
    assert main(["walk", "--hest", str(table / name), *more]) == 1
    assert capsys.readouterr().err.endswith(said)


def test_all_sources_of_a_table_at_once(table: Path, capsys: pytest.CaptureFixture[str]):
    given = ["walk", "--hest", str(table / "HEST"), "--all", "error.report=interrupt"]
    said = {}
    for form in ("text", "json", "html"):
        assert main([*given, "--as", form]) == 0
        said[form] = capsys.readouterr().out
    rows = json.loads(said["json"])["sources"]
    assert [(row["source_id"], row["notifies"], row["outcomes"]["7.3"]["end"]) for row in rows] == [
        (3, "SDEI", "sigbus_ao"),
        (4, "GSIV", "sigbus_ao"),
    ]
    assert said["text"].startswith("UER error, told by interrupt while guest runs: each source of the HEST")
    assert said["html"].startswith("<!doctype html>")
    assert said["html"].count('<th scope="row">') == 2
    assert main(["walk", "--all"]) == 1
    assert "--all takes --hest FILE" in capsys.readouterr().err


def test_compare_and_a_batch_take_a_table_too(table: Path, capsys: pytest.CaptureFixture[str]):
    both = ["compare", "host.notify=SDEI", "host.notify=GSIV,host.ghes=v1", "--hest", str(table / "HEST")]
    assert main([*both, "--as", "text"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "(source 3 of its HEST)" in lines[0]
    assert "(source 4 of its HEST)" in lines[1]
    assert lines[2] == "host.notify: SDEI | GSIV"  # the version is the table's
    (table / "batch").write_text('["host.notify=SDEI"]\n["host.notify=SEA"]\n')
    assert main(["walk", "--hest", str(table / "HEST"), "--batch", str(table / "batch")]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["outcome"]["acked"] == "yes"
    assert "batch, line 2: no source of this HEST that is enabled notifies by SEA" in said.err
