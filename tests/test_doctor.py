"""`raslib doctor` tells what is missing without failing for it, and how to mend it here."""

import importlib.metadata
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from raslib import doctor, tools
from raslib.resources import folder

needs_notebooks = pytest.mark.skipif(not folder("notebooks").is_dir(), reason="there are no notebooks yet")


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict]]:
    status = doctor.doctor(as_json=True)
    return status, {found["name"]: found for found in map(json.loads, capsys.readouterr().out.splitlines())}


@needs_notebooks
def test_a_sound_machine(capsys):
    """What this suite runs with is enough for raslib: nothing required is broken."""
    status, found = report(capsys)
    assert {name: f["detail"] for name, f in found.items() if f["status"] == "broken"} == {}
    assert status == 0
    assert found["samples"]["detail"] == "hest/qemu-7.2 is read and rebuilt, 132 bytes"


@needs_notebooks
def test_missing_tools_are_optional_and_how_to_get_them_is_told(capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(tools, "BROWSERS", ())
    monkeypatch.setenv("RASLIB_BROWSER", "none")
    status, found = report(capsys)
    assert status == 0
    for tool in doctor.TOOLS:
        assert found[tool]["status"] == "missing-optional"
        assert set(found[tool]["mend"]) == {"Debian", "macOS", "Windows", "conda"}


def test_a_missing_package_is_broken(capsys, monkeypatch):
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "construct":
            raise importlib.metadata.PackageNotFoundError(name)
        return "8.0" if name == "ipywidgets" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    status, found = report(capsys)
    assert status == 1
    assert (found["construct"]["status"], found["construct"]["detail"]) == ("broken", "is not installed")
    assert found["construct"]["mend"]["pip"] == "pip install 'construct<2.11,>=2.10.70'"
    assert found["ipywidgets"]["detail"] == "8.0 is not >=8.1"


def test_the_text_has_a_line_for_each_thing(capsys):
    doctor.doctor()
    lines = capsys.readouterr().out.splitlines()
    named = [line.split()[1] for line in lines if not line.startswith(" ")]
    assert named[0] == "python"
    assert set(doctor.TOOLS) < set(named)


@pytest.mark.parametrize(
    ("version", "ranges", "meets"),
    [("2.10.70", ">=2.10.70,<2.11", True), ("2.11.0", ">=2.10.70,<2.11", False), ("4.10", ">=4.2", True)],
)
def test_versions_are_compared_as_numbers(version, ranges, meets):
    assert doctor._meets(version, ranges) is meets


def test_each_mend_of_a_package_begins_with_the_readme_s_command(capsys, monkeypatch):
    """In a clone by its own commands, where it was installed by pip by pip's."""
    missing = importlib.metadata.PackageNotFoundError
    monkeypatch.setattr(importlib.metadata, "version", lambda name: (_ for _ in ()).throw(missing(name)))
    _, found = report(capsys)
    assert found["construct"]["mend"]["README"] == "make lab, or pip install -e ."
    assert found["numpy"]["mend"]["README"] == "make lab, or pip install -e '.[bulk]'"
    monkeypatch.setattr(doctor, "folder", lambda name: Path(doctor.__file__).with_name(name))
    _, found = report(capsys)
    assert found["construct"]["mend"]["README"] == "pip install 'raslib'"
    assert found["numpy"]["mend"]["README"] == "pip install 'raslib[bulk]'"


def test_where_qemu_is_the_guest_is_what_is_to_be_fetched(capsys, monkeypatch):
    monkeypatch.setitem(doctor.TOOLS, "live", replace(doctor.TOOLS["live"], find=lambda: None))
    for path, mend in (("/bin/true", "raslib live fetch"), (None, doctor.TOOLS["live"].mend["Debian"])):
        monkeypatch.setitem(doctor.TOOLS, "qemu", replace(doctor.TOOLS["qemu"], find=lambda path=path: path))
        assert report(capsys)[1]["live"]["mend"]["Debian"] == mend


def test_a_page_in_a_browser_is_no_broken_machine(capsys, monkeypatch):
    """JupyterLab and its widgets are the page; nobody is told to call apt or pip there."""
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in ("jupyterlab", "numpy"):
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(sys.modules, "jupyter_core", None)
    monkeypatch.setenv("PATH", "")
    status, found = report(capsys)
    assert status == 0
    assert {name: f["detail"] for name, f in found.items() if f["status"] == "broken"} == {}
    assert (found["jupyterlab"]["status"], found["widgets"]["status"]) == ("ok", "ok")
    assert found["numpy"]["mend"] == {"elsewhere": "make lab, in a clone of the kit"}
    mends = [line for f in found.values() for line in f["mend"].values()]
    assert [line for line in mends if "apt" in line or "pip" in line or "brew" in line] == []
