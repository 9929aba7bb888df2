"""Answers are cached whole and by what gave them: several may write, nobody has to be able to, damage is found anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from raslib import __version__, cache
from raslib.cache import cached, checksum
from raslib.sim.explore import Space
from raslib.sim.explore.decisions import Decisions
from raslib.sim.model.scenario import AXES, Scenario

TOP = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("RASLIB_CACHE_DIR", str(tmp_path / "answers"))
    return tmp_path / "answers"


def never() -> str:
    raise AssertionError("it is cached")


def test_an_answer_is_found_once(folder):
    assert cached("question", lambda: "größe\n\n42\n") == "größe\n\n42\n"
    assert cached("question", never) == "größe\n\n42\n"
    assert [path.name for path in folder.iterdir()] == [f"question-{__version__}-{checksum()}"]
    assert cached("another", lambda: "") == ""
    assert cached("another", never) == ""


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"42\n", b"\n", b"0" * 64 + b"\nanswer", None])
def test_a_damaged_file_is_found_anew_and_mended(damage, folder):
    cached("question", lambda: "answer")
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    assert cached("question", lambda: "answer") == "answer"
    assert cached("question", never) == "answer"


def test_without_a_place_to_write_the_answer_is_the_same(folder, monkeypatch):
    folder.write_text("a file where the folder would be")
    assert cached("question", lambda: "answer") == "answer"
    assert folder.read_text() == "a file where the folder would be"
    monkeypatch.delenv("RASLIB_CACHE_DIR")
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", classmethod(lambda _: (_ for _ in ()).throw(RuntimeError("no home"))))
    assert cached("question", lambda: "answer") == "answer"


def test_what_the_package_brings_is_read_where_nothing_can_be_written(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(cache, "PACKAGED", tmp_path / "packaged")
    cache.write(tmp_path / "packaged" / f"question-{__version__}-{checksum()}", "answer")
    assert cached("question", never) == "answer"
    assert not folder.exists()


def test_the_name_changes_with_any_source(tmp_path, monkeypatch):
    (tmp_path / "static").mkdir()
    files = {"a.py": "1", "static/b.js": "2", "static/c.css": "3", "d.toml": "4"}
    sums = [counted(tmp_path, monkeypatch, files | {name: "other"}) for name in files]
    sums += [counted(tmp_path, monkeypatch, files), counted(tmp_path, monkeypatch, files | {"new.py": ""})]
    assert len(set(sums)) == 6
    (tmp_path / "new.py").unlink()
    (tmp_path / "notes.txt").write_text("no source")
    assert counted(tmp_path, monkeypatch, files) == sums[4]


def counted(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(cache, "LIB", folder)
    return checksum.__wrapped__()


def test_the_oldest_of_too_many_go(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 3)
    for number in range(6):
        cached(f"question{number}", lambda: "answer")
        (newest,) = folder.glob(f"question{number}-*")
        os.utime(newest, (number, number))
    assert sorted(path.name[:9] for path in folder.iterdir()) == ["question3", "question4", "question5"]


def test_several_processes_may_find_and_write_at_once(folder):
    """All give the same, and what they leave is one whole file."""
    code = "from raslib.cache import cached; print(len(cached('question', lambda: 'x' * 3_000_000)))"
    where = os.environ | {"PYTHONPATH": str(TOP)}
    asked = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=where) for _ in range(4)]
    assert [process.communicate(timeout=120)[0] for process in asked] == [b"3000000\n"] * 4
    assert len(list(folder.iterdir())) == 1
    assert cached("question", never) == "x" * 3_000_000


def test_the_folder_is_the_system_s_own(monkeypatch):
    monkeypatch.delenv("RASLIB_CACHE_DIR")
    monkeypatch.setattr(Path, "home", classmethod(lambda _: Path("/users/somebody")))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    places = {"linux": "/users/somebody/.cache", "darwin": "/users/somebody/Library/Caches", "win32": "/local"}
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    for system, place in places.items():
        monkeypatch.setattr(sys, "platform", system)
        assert cache.folder() == Path(place) / "raslib" / "answers"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache.folder() == Path("/elsewhere/raslib/answers")


@pytest.mark.parametrize(
    "given", [(), ("host.first=firmware",), ("stance=architecture", "begin=error", "error.category=UC")]
)
def test_a_space_whose_decisions_were_cached_answers_as_one_that_is_explored(given, folder):
    space = Space.of(*given)
    explored = Decisions.of(space.diagram)
    assert space.outcomes() == explored.count()
    assert space.size == explored.size()
    start = {name: Scenario()[name] for name in AXES} | space.given
    for end in ("host_panic", "sigbus_ar", "none"):
        ends = {outcome for outcome in explored.count() if outcome.end == end}
        assert space.decisions.nearest(ends.__contains__, start) == explored.nearest(ends.__contains__, start)
