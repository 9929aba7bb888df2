"""What the kit is made of: locked by hashes, listed with licences, and asked about where somebody can be asked."""

import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[1]
LOCK = TOP / ".ci" / "requirements.txt"
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("dev", "bulk", "svg", "fleet", "site", "hub", "supply")


def script(name: str) -> ModuleType:
    """A script of .ci, which is no package."""
    spec = importlib.util.spec_from_file_location(name, TOP / ".ci" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_has_a_hash_for_everything_and_no_address():
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8").strip())
    assert len(entries) > 100
    assert [
        e.splitlines()[0] for e in entries if not re.match(r"[\w.-]+==[\w.+!-]+( ; .*)? \\$", e.splitlines()[0])
    ] == []
    assert [e.splitlines()[0] for e in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", e)] == []
    assert not re.search(r"https?:|file:|--index|--find", LOCK.read_text(encoding="utf-8"))


def test_the_lock_has_what_pyproject_asks_for():
    """`make lock` makes it anew after a change of pyproject.toml."""
    locked = script("bom").locked()
    wanted = PROJECT["dependencies"] + [r for extra in EXTRAS for r in PROJECT["optional-dependencies"][extra]]
    for one in map(Requirement, wanted):
        assert one.specifier.contains(locked[canonicalize_name(one.name)]), one


def test_the_bill_lists_what_an_installation_brings_with_version_and_licence():
    bom = script("bom").bom()
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    assert bom["metadata"]["component"]["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    components = {c["name"]: c for c in bom["components"] if c["properties"][0]["value"] == "wheel"}
    direct = [canonicalize_name(Requirement(r).name) for r in PROJECT["dependencies"]]
    assert {components[name]["scope"] for name in direct} == {"required"}
    assert {components[name]["scope"] for name in ("numpy", "pygraphviz")} == {"optional"}
    assert {"traitlets", "ipython", "psygnal"} <= set(components)  # what those bring
    assert "pytest" not in components
    for one in bom["components"]:
        assert one["purl"] == f"pkg:{'npm' if one['name'] == 'pyodide' else 'pypi'}/{one['name']}@{one['version']}"
        licence = one["licenses"][0]["license"]["name"]
        assert licence not in ("", "not named", "not installed here", "UNKNOWN"), one["name"]
    assert len({one["bom-ref"] for one in bom["components"]}) == len(bom["components"])
    assert json.loads(json.dumps(bom)) == bom


def test_the_bill_lists_what_the_site_and_its_browser_edition_carry():
    parts: dict[str, dict[str, str]] = {}
    for one in script("bom").bom()["components"]:
        parts.setdefault(one["properties"][0]["value"], {})[one["name"]] = one["version"]
    assert set(parts["site"]) == {"furo", "myst-nb", "sphinx", "sphinx-basic-ng"}
    lock = tomllib.loads((TOP / "raslib/site/lab/lock.toml").read_text(encoding="utf-8"))
    pinned = {canonicalize_name(one.partition("==")[0]): one.partition("==")[2] for one in lock["browser"]}
    assert pinned.items() < parts["browser edition"].items()
    assert set(parts["browser edition"]) - set(pinned) == {"jupyterlite-core", "jupyterlite-pyodide-kernel", "pyodide"}
    assert parts["browser edition"]["pyodide"] == lock["pyodide"]["version"]


def test_nothing_of_others_is_in_the_package():
    """Every script and style of the package is ours: none has another's notice, or is made small by a tool."""
    files = [p for p in (TOP / "raslib").rglob("*") if p.suffix in (".js", ".css", ".mjs")]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"copyright|licen[cs]e|@preserve|sourceMappingURL", text, re.IGNORECASE), path
        assert max(map(len, text.splitlines())) < 400, path


@pytest.mark.parametrize(
    ("out", "err", "status", "said"),
    [
        (
            "",
            "a\nConnectionError: nobody there",
            0,
            "not audited: the package index that this machine reaches tells of no",
        ),
        ([{"name": "a", "skip_reason": "not found"}], "", 0, "not audited: the package index"),
        ([{"name": "a", "version": "1", "vulns": []}], "", 0, "1 of 1 packages audited, 0 vulnerabilities"),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "X-1"}]}, {"name": "b", "skip_reason": "not found"}],
            "",
            1,
            "a 1: X-1\n1 of 2 packages audited, 1 vulnerabilities",
        ),
    ],
)
def test_vulnerabilities_fail_and_silence_is_told(out, err, status, said, monkeypatch, capsys):
    printed = json.dumps({"dependencies": out}) if out else ""
    answer = subprocess.CompletedProcess([], 0, printed, err)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    assert script("audit").main() == status
    assert capsys.readouterr().out.startswith(said)
