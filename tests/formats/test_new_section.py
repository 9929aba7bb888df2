"""A new section is one declaration, one hex file, one line of origin: CONTRIBUTING's example, in a copy of the house.

The generic tests run on it as on all others: the bytes come back, JSON and spans are right, every field and code has
its word, and the comments of the hex file lie where the fields do.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PARTS = ("raslib", "data", "tests", "pyproject.toml", "README.md", "notebooks")
GENERIC = (
    "tests/formats/test_sections.py",
    "tests/formats/test_reach.py",
    "tests/test_resources.py",
    "tests/test_values.py",
    "tests/test_bounds.py",
    "tests/views/test_formats.py",
)


def example() -> str:
    """The diff of CONTRIBUTING's entry "A section"."""
    text = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    if not (found := re.search(r"\*\*A section\*\*.*?```diff\n(.*?)```", text, re.DOTALL)):
        raise AssertionError("CONTRIBUTING has no worked example of a section")
    return "".join(line.removeprefix("  ") for line in found[1].splitlines(keepends=True))


def applied(diff: str, top: Path) -> list[str]:
    """Applies *diff*, whose hunks add lines alone, and names the files."""
    names = []
    for name, body in re.findall(r"^\+\+\+ b/(\S+)\n(.*?)(?=^--- |\Z)", diff, re.MULTILINE | re.DOTALL):
        added = [line[1:] for line in body.splitlines() if line.startswith("+")]
        assert not re.search(r"^-", body, re.MULTILINE)
        path = top / name
        if path.exists():
            context = [line[1:] for line in body.splitlines() if line.startswith(" ")]
            old = path.read_text(encoding="utf-8")
            assert f"{context[-1]}\n" in old, f"{name} has no line {context[-1]!r}"
            path.write_text(old.replace(f"{context[-1]}\n", "\n".join([context[-1], *added]) + "\n"), encoding="utf-8")
        else:
            path.write_text("\n".join(added) + "\n", encoding="utf-8")
        names.append(name)
    return names


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, with the example in it."""
    top = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", ".*", "live", "bench")
    for part in PARTS:
        path = TOP / part
        shutil.copytree(path, top / part, ignore=ignored) if path.is_dir() else shutil.copy(path, top / part)
    shutil.copytree(TOP / "raslib" / "live", top / "raslib" / "live", ignore=shutil.ignore_patterns("__pycache__"))
    assert applied(example(), top) == [
        "raslib/formats/more/orchard.py",
        "data/status_blocks/orchard.hex",
        "data/README.md",
    ]
    return top


def run(top: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(top), "RASKIT_SHARED": str(top / "none")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=top, env=environment, capture_output=True, text=True, check=False
    )


def test_the_generic_tests_hold_it_as_they_hold_all_others(project):
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "rchard or reach or resources", *GENERIC)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert re.search(r"\d\d+ passed", done.stdout), done.stdout


def test_the_command_line_explains_it_at_once(project):
    done = run(project, "-m", "raslib", "decode", "data/status_blocks/orchard.hex")
    assert done.returncode == 0, done.stderr
    assert "Orchard" in done.stdout
    assert "BLOSSOM" in done.stdout
    assert "frost while in flower" in done.stdout


def test_its_offsets_are_held_to_the_comments_of_the_hex_file(project):
    path = project / "raslib" / "formats" / "more" / "orchard.py"
    right = path.read_text(encoding="utf-8")
    lines = right.splitlines(keepends=True)
    row, tree = (
        next(n for n, line in enumerate(lines) if re.match(rf" +{name}: +int", line)) for name in ("row", "tree")
    )
    lines[row], lines[tree] = lines[tree], lines[row]
    path.write_text("".join(lines), encoding="utf-8")
    try:
        done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "comments and orchard", GENERIC[0])
        assert done.returncode == 1
        assert "entries[0].section.row" in done.stdout
    finally:
        path.write_text(right, encoding="utf-8")
