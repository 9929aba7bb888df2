"""A new axis is three files: CONTRIBUTING's example, in a copy of the project.

The generic tests run on it as on all others: words, tokens and files say it, every text is reachable, and every source
cited.
"""

import json
import re
import shutil

import pytest
from formats.test_new_section import PARTS, TOP, applied, run

GENERIC = (
    "tests/sim/test_scenario.py",
    "tests/sim/test_properties.py::test_no_text_is_dead",
    "tests/sim/test_properties.py::test_every_source_is_there_and_none_is_idle",
)
CORRECTED = ("error.report=interrupt", "host.notify=GSIV", "cper.severity=CORRECTED", "cper.threshold_exceeded=true")


def example() -> str:
    """The diff of CONTRIBUTING's entry "An axis"."""
    text = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    if not (found := re.search(r"\*\*An axis\*\*.*?```diff\n(.*?)```", text, re.DOTALL)):
        raise AssertionError("CONTRIBUTING has no worked example of an axis")
    return "".join(line.removeprefix("  ") for line in found[1].splitlines(keepends=True))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, with the example in it."""
    top = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", ".*", "bench")
    for part in PARTS:
        path = TOP / part
        shutil.copytree(path, top / part, ignore=ignored) if path.is_dir() else shutil.copy(path, top / part)
    names = dict.fromkeys(applied(example(), top))
    assert [name for name in names if name.startswith("raslib/")] == [
        "raslib/sim/model/scenario.py",
        "raslib/sim/model/citations.toml",
        "raslib/sim/linux/sections.py",
    ]
    return top


def test_the_generic_tests_hold_it_as_they_hold_all_others(project):
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *GENERIC)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_command_line_knows_it_at_once(project):
    """It decides whether a page is moved; by the token, too."""
    for choices in (("host.soft_offline=false",), ("host.soft_offline=false", "host.linux=6.1"), ()):
        done = run(project, "-m", "raslib", "walk", "--as", "json", *CORRECTED, *choices)
        assert done.returncode == 0, done.stderr
        said = " ".join(step["does"] for step in json.loads(done.stdout)["steps"])
        stays = choices == ("host.soft_offline=false",)
        assert ("disabled by /proc/sys/vm/enable_soft_offline" in said) is stays
        assert ("asks for soft offline of 0x840001000" in said) is not stays
    axes = run(project, "-m", "raslib", "axes")
    [axis] = [axis for axis in json.loads(axes.stdout) if axis["name"] == "host.soft_offline"]
    assert axis["source"] == "Linux 7.1 mm/memory-failure.c: soft_offline_page()"
