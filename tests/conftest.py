"""What the whole suite shares: tests that need an outside tool say so by a marker, and what did not run is listed.

A missing tool is a skip on a learner's machine and a failure where CI=true, so that CI leaves out nothing unnoticed.
With `pytest -n 2` two processes share the suite, a module going to one of them, as its fixtures are made once; all
modules that use JupyterLab go together, but for the lessons, of which each process takes half with a JupyterLab of its
own. What takes longest begins first.
"""

import atexit
import os
import re
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from raslib.tools import TOOLS

if TYPE_CHECKING:
    from lab import Lab, Server

# How long an example takes says how loaded the machine is, and is no reason to fail.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
# Public samples lie beside the checkout, not in it; which of them each test reads would fill a screen.
SHARED = re.compile(r"(RASKIT_SHARED names no folder) with .*")
# Answers are cached for this run alone, so that it finds them once and anew.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["RASLIB_CACHE_DIR"] = tempfile.mkdtemp(prefix="raslib-answers-")
    atexit.register(shutil.rmtree, os.environ["RASLIB_CACHE_DIR"], ignore_errors=True)
os.environ["RASLIB_DEBUG"] = "1"  # what nobody foresaw is raised by the command line, not told in a line
CI = os.environ.get("CI", "").lower() == "true"
LESSONS = "learn/test_browser_lessons.py"
LAB = ("test_browser_lab.py", "test_browser_notebooks.py", "views/test_lab_widgets.py")  # what uses `lab_server` too
LONGEST = ("live/test_kernel.py", LESSONS, *LAB, "test_notebooks.py", "views/test_browser_pages.py", "test_intake.py")


def how_to_get(name: str) -> str:
    """A missing tool and how to get it, in one line."""
    return f"{name} is missing: " + "; ".join(f"{system}: {mend}" for system, mend in TOOLS[name].mend.items())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="draw as many random cases as the proofs call for: hours")


@pytest.fixture(scope="session")
def deep(request: pytest.FixtureRequest) -> bool:
    """Are there to be as many random cases as a proof calls for, or only what fits a run of the suite?"""
    return bool(request.config.getoption("--deep"))


def pytest_configure() -> None:
    """Being ended from outside tears down as an interrupt does, so that servers and machines end with the tests."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended from outside", 143))


def group(nodeid: str) -> str:
    """Tests of one group are run by one process."""
    module, _, test = nodeid.partition("::")
    if module.endswith(LESSONS):
        lesson = re.search(r"\[(\d+)_", test)
        return "lessons with odd numbers" if lesson and int(lesson[1]) % 2 else "lessons with even numbers"
    return "JupyterLab" if module.endswith(LAB) else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        """Gives each process a group at a time, in the order of collection."""

        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: next((at for name, at in order.items() if item.path.as_posix().endswith(name)), 99))
    for item in items:
        module = item.nodeid.partition("::")[0]
        if "lab_server" in getattr(item, "fixturenames", ()) and not module.endswith((*LAB, LESSONS)):
            raise pytest.UsageError(f"{item.nodeid} uses JupyterLab: its module belongs into LAB of tests/conftest.py")
    missing = {name for name, tool in TOOLS.items() if tool.find() is None}
    for item in items:
        for name in sorted(missing & {mark.name for mark in item.iter_markers()}):
            item.add_marker(pytest.mark.missing(name) if CI else pytest.mark.skip(how_to_get(name)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if mark := item.get_closest_marker("missing"):
        pytest.fail(f"CI runs every test, but {how_to_get(mark.args[0])}", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped: one line per reason, with the number of tests."""
    skipped = [
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    ]
    reasons = Counter(SHARED.sub(r"\1 with what they read", reason) for reason in skipped)
    if reasons:
        terminalreporter.section("not run here")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} test{'s' * (count > 1)}: {reason}")


@pytest.fixture(scope="session")
def lab_server() -> "Iterator[tuple[Server, Path]]":
    """A JupyterLab on a copy of the notebooks, started once; all that use it are tested by one process."""
    from lab import served

    with served(Path(__file__).parents[1] / "notebooks") as started:
        yield started


@pytest.fixture(scope="module")
def running_lab(lab_server: "tuple[Server, Path]") -> "Iterator[Lab]":
    """A browser that looks at it, started once per module.

    Not once for all: while Playwright's loop runs, nothing else in this thread can run one (nbclient, for example).
    """
    from lab import lab

    with lab(*lab_server) as running:
        yield running


@pytest.fixture
def jupyter(running_lab: "Lab") -> "Iterator[Lab]":
    """JupyterLab in a browser, on a copy of the notebooks (tests/lab.py); a test that uses it is marked `browser`."""
    yield running_lab
    running_lab.close()
