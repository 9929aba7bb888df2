"""The commands of the whole space: compare, sweep, prove, stories."""

import json
from pathlib import Path
from typing import Any

import pytest

from raslib.cli import main
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
