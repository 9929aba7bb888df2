"""`raslib lab` keeps one's work: nothing of it is written over, whatever was interrupted, updated or given twice."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from raslib import lab
from raslib.lab import copy

LESSONS = ("a.ipynb", "b.ipynb", "static/c.js")


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """Three lessons as a wheel brings them."""
    return written(tmp_path / "packaged", dict.fromkeys(LESSONS, "first"))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def there(folder: Path) -> dict[str, str]:
    """What lies in a folder, but the record of what was copied."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".origin.json")
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_lessons_are_copied_and_a_later_version_replaces_what_is_as_it_was(packaged, mine):
    assert copy(packaged, mine) == []
    assert there(mine) == dict.fromkeys(LESSONS, "first")
    written(packaged, dict.fromkeys(LESSONS, "second"))
    assert copy(packaged, mine) == []
    assert there(mine) == dict.fromkeys(LESSONS, "second")


def test_a_changed_lesson_is_kept_and_named(packaged, mine):
    copy(packaged, mine)
    written(mine, {"a.ipynb": "my answer"})
    assert copy(packaged, mine) == [f"{mine / 'a.ipynb'} is kept as you changed it"]
    assert there(mine)["a.ipynb"] == "my answer"


def test_an_update_comes_beside_a_changed_lesson(packaged, mine):
    """The new one beside it is replaced by newer ones as long as it is as it was copied."""
    copy(packaged, mine)
    written(mine, {"a.ipynb": "my answer"})
    for version in ("second", "third"):
        written(packaged, dict.fromkeys(LESSONS, version))
        assert copy(packaged, mine) == [
            f"{mine / 'a.ipynb'} is kept as you changed it; {mine / 'a.new.ipynb'} is the new one"
        ]
        assert there(mine) == dict.fromkeys(LESSONS, version) | {"a.ipynb": "my answer", "a.new.ipynb": version}
    written(mine, {"a.new.ipynb": "my second answer"})
    written(packaged, {"a.ipynb": "fourth"})
    assert copy(packaged, mine) == [
        f"{mine / 'a.ipynb'} is kept as you changed it; {mine / 'a.new.ipynb'} is the new one, as you changed it"
    ]
    assert there(mine)["a.new.ipynb"] == "my second answer"


@pytest.mark.parametrize("left", ["", "f", "firs"])
def test_a_lesson_that_was_copied_by_half_is_mended(left, packaged, mine):
    """As a full disk or a lost process left it, with or without a record of it."""
    written(mine, {"a.ipynb": left})
    assert copy(packaged, mine) == []
    assert there(mine) == dict.fromkeys(LESSONS, "first")
    written(packaged, {"a.ipynb": "second"})
    written(mine, {"a.ipynb": "sec"})
    assert copy(packaged, mine) == []
    assert there(mine)["a.ipynb"] == "second"


def test_what_is_interrupted_leaves_whole_files_and_is_finished_the_next_time(packaged, mine, monkeypatch):
    copy(packaged, mine)
    written(packaged, dict.fromkeys(LESSONS, "second"))
    whole, calls = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 3:  # the second lesson, as each is followed by the record
            raise KeyboardInterrupt
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        copy(packaged, mine)
    assert there(mine) == {"a.ipynb": "second", "b.ipynb": "first", "static/c.js": "first"}
    monkeypatch.undo()
    assert copy(packaged, mine) == []
    assert there(mine) == dict.fromkeys(LESSONS, "second")


@pytest.mark.parametrize("record", ["[]", '"s"', "null", "{", "7", '{"a.ipynb": 5}', "[" * 100_000, "\xff", ""])
def test_a_record_that_says_nothing_is_as_none(record, packaged, mine):
    """What is as it is packaged is nobody's change; the record is written anew."""
    copy(packaged, mine)
    (mine / ".origin.json").write_text(record, encoding="latin-1")
    assert copy(packaged, mine) == []
    written(mine, {"b.ipynb": "my answer"})
    (mine / ".origin.json").write_text(record, encoding="latin-1")
    (line,) = copy(packaged, mine)
    assert line == f"{mine / 'b.ipynb'} is kept as you changed it; {mine / 'b.new.ipynb'} is the new one"
    assert set(json.loads((mine / ".origin.json").read_text())) >= {"b.new.ipynb"}


@pytest.mark.skipif(os.name == "nt", reason="only some may make links there")
def test_nothing_is_written_through_a_link_to_elsewhere(packaged, mine, tmp_path):
    outside = written(tmp_path / "outside", {"a.ipynb": "firs", "c.js": "fir"})
    mine.mkdir()
    (mine / "a.ipynb").symlink_to(outside / "a.ipynb")
    (mine / "static").symlink_to(outside)
    lines = copy(packaged, mine)
    assert [line.partition(" is kept")[0] for line in lines] == [str(mine / "a.ipynb"), str(mine / "static/c.js")]
    assert there(outside) == {"a.ipynb": "firs", "c.js": "fir"}


def test_a_folder_in_the_place_of_a_lesson_stays(packaged, mine):
    (mine / "a.ipynb").mkdir(parents=True)
    assert len(copy(packaged, mine)) == 1
    assert (mine / "a.ipynb").is_dir()


# --- what JupyterLab is given ----------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return written(tmp_path / "home", {lab.FIRST: "{}"})


def options(home: Path, *argv: str, desk: bool = False) -> dict[str, str]:
    pairs = (option.partition("=") for option in lab._options(home, argv, desk))
    return {name.rpartition(".")[2].lstrip("-"): value for name, _, value in pairs if name != "--allow-root"}


def test_one_lesson_is_opened_or_the_whole_desk(home):
    found = options(home)
    assert found == {
        "root_dir": str(home),
        "workspaces_dir": str(home / ".desk" / "workspaces"),
        "default_url": "/doc/workspaces/lesson/tree/00_start_here.ipynb",
        "app_settings_dir": str(lab.SETTINGS),
    }
    assert options(home, desk=True) == found | {"default_url": "/lab/tree/00_start_here.ipynb"}


@pytest.mark.parametrize(
    ("argv", "left"),
    [
        (["--ServerApp.root_dir=X"], {"app_settings_dir"}),
        (["--ServerApp.root_dir", "X"], {"app_settings_dir"}),
        (["--notebook-dir=X"], {"app_settings_dir"}),
        (["--LabApp.default_url=/tree"], {"root_dir", "workspaces_dir", "app_settings_dir"}),
        (["--LabApp.app_settings_dir=X"], {"root_dir", "workspaces_dir", "default_url"}),
        (["--LabApp.workspaces_dir=X", "--port=1"], {"root_dir", "default_url", "app_settings_dir"}),
    ],
)
def test_an_option_of_ones_own_takes_the_place_of_ours(argv, left, home):
    assert set(options(home, *argv)) == left


def test_root_is_allowed_once(home, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert [*lab._options(home, [], False)].count("--allow-root") == 1
    assert "--allow-root" not in lab._options(home, ["--allow-root"], False)


def test_a_second_lab_says_that_there_is_a_first_one_and_that_its_port_is_taken(home, monkeypatch):
    servers = [
        {"root_dir": "elsewhere", "url": "http://localhost:1/", "token": "a"},
        {"root_dir": str(home), "url": "http://localhost:8889/", "token": "b"},
    ]
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: iter(servers))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert list(lab._busy(home, port)) == [
            "a lab runs on these notebooks already: http://localhost:8889/lab?token=b",
            f"port {port} is taken; this lab gets another one, which it names below",
        ]
    servers.pop()
    assert list(lab._busy(home, port)) == []


WHERE = """
import sys
from pathlib import Path
from raslib import lab
lab.notebooks = lambda: Path("raslib-notebooks").absolute()
sys.exit(lab.lab(["--no-browser", "--port", sys.argv[1], "--IdentityProvider.token=secret"]))
"""


def test_a_lab_with_a_kernel_writes_nothing_beyond_its_folder(tmp_path):
    pytest.importorskip("jupyterlab", reason="jupyterlab is missing: pip install jupyterlab")
    home, port = tmp_path / "home", free()
    written(home, {".jupyter/jupyter_server_config.py": "print('the settings of this user')", ".config/a": "a"})
    before = there(home)
    outside = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(lab.__file__).parents[1])}
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", WHERE, str(port)]
        server = subprocess.Popen(command, cwd=tmp_path, env=outside, stdout=log, stderr=log)
    try:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels", b"{}", {"Authorization": "token secret"})
        kernel = answer(asked, server)
        asked = urllib.request.Request(f"{asked.full_url}/{kernel['id']}", None, dict(asked.headers))
        while answer(asked, server)["execution_state"] == "starting" and not list(tmp_path.rglob("history.sqlite")):
            time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(240)
    assert there(home) == before
    assert {path.name for path in tmp_path.iterdir()} == {"home", "log", "raslib-notebooks"}
    assert "the settings of this user" in (tmp_path / "log").read_text()
    assert list((tmp_path / "raslib-notebooks" / ".desk").rglob("jupyter_cookie_secret"))


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(asked: urllib.request.Request, server: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """What the server says, as soon as it is there."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(asked, timeout=60) as given:
                return json.load(given)
        except OSError:
            time.sleep(0.2)
    raise AssertionError("it has ended")
