"""The examples in docstrings of the doors do what they say."""

import doctest
import importlib

import pytest

DOORS = (
    *("plain", "values", "registers", "wire", "words", "codec", "records"),
    *("formats.acpi", "formats.framing", "formats.kinds", "formats.sections"),
    *("views.errstatus", "views.export", "views.kernel_log", "views.show", "views.syndrome"),
)


@pytest.mark.parametrize("name", DOORS)
def test_examples_do_what_they_say(name):
    found = doctest.testmod(importlib.import_module(f"raslib.{name}"))
    assert found.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    tests = [test for name in DOORS for test in finder.find(importlib.import_module(f"raslib.{name}"))]
    assert sum(len(test.examples) for test in tests) > 20
