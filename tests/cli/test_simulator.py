"""The commands of the whole space: compare, sweep, prove, stories."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from raslib.cli import main
from raslib.formats.hest import Hest
from raslib.sim.explore import Space
from raslib.sim.model.axes import ScenarioError
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
        (["find", "host=panic"], "no scenario ends with host=panic; there are host=fw_panic, host=host_oops,"),
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


# --- a table in a token, and one source of several --------------------------------------------------------------------


@pytest.fixture
def alike(tmp_path: Path) -> Path:
    """A HEST whose sources 5 and 6 notify alike, by SEA: the first of version 2, the second of version 1."""
    both = [Scenario.of(f"host.ghes={version}").host.hest().error_sources[0] for version in ("v2", "v1")]
    data = Hest(error_sources=tuple(s.replace(source_id=5 + i) for i, s in enumerate(both))).build()
    (tmp_path / "HEST").write_bytes(data)
    return tmp_path / "HEST"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def test_of_sources_that_notify_alike_one_is_named(alike: Path, capsys: pytest.CaptureFixture[str]):
    hest = ["--hest", str(alike)]
    assert "(source 5 of its HEST, the first of 2 by SEA); " in said(capsys, "walk", *hest)
    found = said(capsys, "walk", *hest, "--source", "6")
    assert "(source 6 of its HEST, one of 2 by SEA); " in found
    assert "written 0 to its status" in found
    assert "(source 6 of its HEST" in said(capsys, "compare", "-", "host.vhe=0", *hest, "--source", "6", "--as", "text")
    assert main(["walk", *hest, "--source", "7"]) == 1
    assert capsys.readouterr().err.startswith(
        "raslib: no source of this HEST that is enabled notifies by SEA, and is source 7: it has SEA (sources 5, 6)"
    )


def test_a_story_with_a_table_is_had_again_by_its_token_and_its_json(alike: Path, capsys: pytest.CaptureFixture[str]):
    """The token has the table's mark; the JSON and the page have the table itself."""
    given = ["walk", "--hest", str(alike), "--source", "6", "host.vhe=false", "--as", "json"]
    story = json.loads(said(capsys, *given))
    mark = hashlib.sha256(alike.read_bytes()).hexdigest()[:8]
    assert story["token"] == f"{Scenario.of('host.vhe=false', 'host.ghes=v1').token()}~{mark}.6"
    assert bytes.fromhex(story["hest"]) == alike.read_bytes()
    (alike.parent / "story.json").write_text(json.dumps(story))
    for table in (alike, alike.parent / "story.json"):
        again = said(capsys, "walk", "--token", story["token"], "--hest", str(table), "--as", "json")
        assert json.loads(again) == story
    page = said(capsys, *given[:-1], "html")
    assert f'"hest":"{story["hest"]}"' in page


@pytest.mark.parametrize("more", [[], ["--hest", "qemu-10.2"]])
def test_another_table_than_the_tokens_is_refused(more: list[str], alike: Path, capsys: pytest.CaptureFixture[str]):
    token = json.loads(said(capsys, "walk", "--hest", str(alike), "--as", "json"))["token"]
    assert main(["walk", "--token", token, *more]) == 1
    assert "this token is of a story with the HEST ~" in capsys.readouterr().err
    with pytest.raises(ScenarioError, match="which has to be given with it"):
        Scenario.from_token(token)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("qemu-10.2", {}),
        ("qemu-10.1", {"guest.machine": "10.1"}),
        ("GSIV", {"guest.notify": "GSIV", "guest.machine": "10.1"}),
        ("empty", {"guest.notify": "none", "guest.machine": "10.1"}),
    ],
)
def test_the_guests_own_table_decides_how_it_is_told(name, chosen, tmp_path, capsys):
    (tmp_path / "GSIV").write_bytes(Scenario.of("guest.notify=GSIV").guest.hest().build())
    (tmp_path / "empty").write_bytes(Hest().build())
    file = name if name.startswith("qemu") else str(tmp_path / name)
    token = json.loads(said(capsys, "walk", "--guest-hest", file, "--as", "json"))["token"]
    assert Scenario.from_token(token).chosen() == chosen


def test_a_guest_is_not_told_by_what_no_guest_has(tmp_path, capsys):
    (tmp_path / "HEST").write_bytes(Scenario.of("host.notify=NMI").host.hest().build())
    assert main(["walk", "--guest-hest", str(tmp_path / "HEST")]) == 1
    assert capsys.readouterr().err == "raslib: no guest is told by NMI, which is all that this HEST has\n"
