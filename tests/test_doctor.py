"""`raslib doctor` tells what is missing without failing for it, and how to mend it here."""

import importlib.metadata
import json

import pytest

from raslib import doctor, tools
from raslib.resources import folder

needs_notebooks = pytest.mark.skipif(not folder("notebooks").is_dir(), reason="there are no notebooks yet")


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict]]:
    status = doctor.doctor(["--json"])
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
