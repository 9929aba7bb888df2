"""The suite itself: it is shared by processes without being made twice, and waits as long as something happens."""

import itertools

import pytest
from conftest import LAB, LESSONS, LONGEST, group
from lab import waited
from test_layers import LIB


def test_a_module_goes_to_one_process_and_all_of_jupyterlab_to_the_same_but_for_half_of_the_lessons():
    assert group("tests/test_wire.py::test_x[a::b]") == group("tests/test_wire.py::test_y") == "tests/test_wire.py"
    assert {group(f"tests/{name}::test_x") for name in LAB} == {"JupyterLab"}
    lessons = [group(f"tests/{LESSONS}::test_x[{number:02}_name-light]") for number in range(4)]
    assert lessons[0] == lessons[2] == group(f"tests/{LESSONS}::test_y")
    assert lessons[1] == lessons[3] != lessons[0]
    assert [name for name in LONGEST if not (LIB.parent / "tests" / name).is_file()] == []


def test_a_slow_start_is_waited_for_while_there_is_progress():
    looks, steps = itertools.count(), itertools.count()
    assert waited(lambda: next(looks) == 50, lambda: next(steps), quiet=5)


@pytest.mark.parametrize("answer", [False, None])
def test_what_stands_still_or_has_ended_is_not_waited_for(answer):
    looks = itertools.count()
    assert not waited(lambda: answer if next(looks) < 10**9 else True, lambda: 7, quiet=0.05)
    assert next(looks) < 10**9


def test_what_makes_progress_for_ever_ends_all_the_same():
    steps = itertools.count()
    assert not waited(lambda: False, lambda: next(steps), quiet=0.01)
