"""The examples in docstrings of the doors do what they say."""

import doctest
import importlib

import pytest

DOORS = (
    *("plain", "registers", "wire", "words", "codec", "records"),
    *("formats.acpi", "formats.framing", "formats.kinds", "formats.sections"),
    *("views.errstatus", "views.export", "views.kernel_log", "views.show", "views.syndrome"),
    *("bulk", "bulk.column", "bulk.files", "bulk.fleet", "bulk.report", "bulk.shapes", "bulk.sheet", "bulk.table"),
)


def door(name):
    if name.partition(".")[0] == "bulk":
        pytest.importorskip("numpy", reason="raslib.bulk needs numpy, the extra bulk")
    return importlib.import_module(f"raslib.{name}")


@pytest.mark.parametrize("name", DOORS)
def test_examples_do_what_they_say(name):
    found = doctest.testmod(door(name))
    assert found.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    always = [name for name in DOORS if name.partition(".")[0] != "bulk"]
    tests = [test for name in always for test in finder.find(door(name))]
    assert sum(len(test.examples) for test in tests) > 20
