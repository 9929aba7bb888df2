"""What holds for the project as a whole: environments agree, tree and notebooks are tidy, imports are light."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from rattler import MatchSpec

from raslib.resources import folder, samples

TOP = Path(__file__).parents[1]
TOP_LEVEL = {
    *("raslib", "data", "notebooks", "tests", ".ci"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "CITATION.cff"),
    *("pyproject.toml", "environment.yml", "Makefile", ".gitignore"),
}
ON_CONDA_FORGE = {"graphviz": "python-graphviz"}  # names that differ from PyPI's
MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9.$}])/(work|farm|tmp|root|home|mnt|opt/w)/")
REGISTRY = re.compile(
    r"\b(pypi\.org|pythonhosted\.org|npmjs\.org|npmjs\.com|anaconda\.org|deb\.debian\.org|ghcr\.io)\b"
)
LAZY = "ipywidgets", "anywidget", "numpy", "graphviz", "pygraphviz", "IPython", "jupyterlab"


def tracked(*patterns: str) -> list[str]:
    """Files in git that match, as they stand in the work tree; none outside a git checkout."""
    command = ["git", "-C", str(TOP), "ls-files", "-z", "--", *patterns]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in done.stdout.split("\0") if name and (TOP / name).is_file()]


def notebook(path: str) -> dict:
    return json.loads((TOP / path).read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


notebooks = pytest.mark.parametrize("path", tracked("notebooks/*.ipynb"))
needs_notebooks = pytest.mark.skipif(not folder("notebooks").is_dir(), reason="there are no notebooks yet")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_it_is_cited_by_the_version_that_it_has(project):
    cited = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    names = ("authors", "version", "license", "keywords")
    assert {name: cited[name] for name in names} == {name: project[name] for name in names}


def test_conda_and_pip_install_the_same(project):
    """environment.yml has every run-time requirement of pyproject.toml by its conda-forge name, with the same range.

    So it has those of the extra that a lesson needs, which the README's line for pip names too.
    """
    environment = yaml.safe_load((TOP / "environment.yml").read_text(encoding="utf-8"))
    specs = [MatchSpec(spec, strict=True) for spec in environment["dependencies"] if isinstance(spec, str)]
    conda = {spec.name.normalized: ranges(spec.version or "") for spec in specs}
    wanted = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["bulk"]]
    pip = {ON_CONDA_FORGE.get(r.name, r.name): ranges(str(r.specifier)) for r in wanted}
    program_and_installer = {"graphviz": frozenset(), "pip": frozenset()}
    assert conda == pip | program_and_installer | {"python": ranges(project["requires-python"])}
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert [spec for spec in environment["dependencies"] if isinstance(spec, dict)] == [{"pip": ["-e ."]}]


def test_the_readme_installs_what_the_lessons_need():
    lines = (TOP / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line.strip() for line in lines if "pip install -e" in line and line.startswith("    ")] == [
        "pip install -e '.[bulk]'"
    ]


def ranges(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part)


def test_top_level_is_tidy():
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("path", [name for name in tracked() if name != "tests/test_project.py"])
def test_no_machine_or_registry_is_named(path):
    """A path of somebody's machine or a registry's address in a file means something only there."""
    try:
        text = (TOP / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # bytes, not text
    found = [line for line in text.splitlines() if MACHINE_PATH.search(line) or REGISTRY.search(line)]
    assert found == []


@pytest.mark.parametrize("path", tracked("README.md"))
def test_readme_is_short(path):
    assert len((TOP / path).read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("path", tracked("CHANGELOG.md"))
def test_changelog_knows_the_version(path, project):
    assert f"[{project['version']}]" in (TOP / path).read_text(encoding="utf-8")


@notebooks
def test_notebook_is_stored_without_results(path):
    """No outputs, execution counts or widget state: what a reader sees is what the code says, and diffs are small."""
    stored = notebook(path)
    cells = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in cells if cell["outputs"]] == []
    assert {cell["execution_count"] for cell in cells} <= {None}
    assert "widgets" not in stored["metadata"]
    assert stored["metadata"]["kernelspec"]["name"] == "python3"


@notebooks
def test_notebook_is_small(path):
    """Under 60 kB, and no code cell of more than 12 lines: longer code belongs into raslib."""
    assert (TOP / path).stat().st_size < 60_000
    code = [source(cell) for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]
    assert [text for text in code if len(text.splitlines()) > 12] == []


def test_importing_raslib_is_light():
    """The front door loads what a command needs, not the packages that only views and notebooks use."""
    code = f"import sys, raslib; print(*(name for name in {LAZY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=TOP, check=True)
    assert done.stdout.split() == []


@needs_notebooks
def test_the_wheel_carries_samples_and_notebooks(tmp_path):
    """An installed package finds its samples and notebooks without a checkout; the capture scripts stay here."""
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("raslib-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("raslib/")}
        archive.extractall(tmp_path / "installed")
    folders = {"raslib": "raslib", "data": "raslib/data", "notebooks": "raslib/notebooks"}
    wanted = {folders[top] + name.removeprefix(top) for top in folders for name in tracked(top)}
    assert wanted - names == {"raslib/data/hest/capture_qemu.py"}
    (answer,) = (name for name in names if name.startswith("raslib/answers/"))
    assert (tmp_path / "installed" / answer).stat().st_size < 160_000
    ask = (
        "from raslib.cache import cached, named; from raslib.sim.explore.space import QUESTION;"
        "print(len(cached(QUESTION, lambda: '')) > 10_000, named(QUESTION));"
        "from raslib.resources import samples; from raslib.lab import notebooks;"
        "print(*samples()); print(samples('hest/qemu-7.2')[:4]); print(notebooks().name)"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "RASLIB_CACHE_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"True {Path(answer).name}", " ".join(samples()), "b'HEST'", "raslib-notebooks"]


def test_the_readme_shows_the_map_that_the_kit_draws_today():
    from raslib import Scenario, walk
    from raslib.views.map import story_map
    from raslib.views.trace_view import trace_view

    drawn = story_map(trace_view(walk(Scenario()))).replace("<svg ", '<svg style="color:#1f2328;background:#fff" ', 1)
    kept = (TOP / "data/pictures/story.svg").read_text(encoding="utf-8")
    assert kept.strip() == drawn.strip(), (
        "the map of the default story, on a ground of its own, is data/pictures/story.svg"
    )
