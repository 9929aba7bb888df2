"""What each lesson has: a goal, minutes, what comes before, questions before answers, what one can do, a link on."""

import json
import re
from itertools import pairwise

import pytest

from raslib.resources import folder

LESSONS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder("notebooks").glob("*.ipynb")}
NAMES = sorted(LESSONS)
ASKS = re.compile(r"\b(lesson|before|after)\.(check|predict|solve|recap)\(")
QUESTION_IN_BOLD = re.compile(r"\*\*[^*]*\?\*\*")
MINUTES = re.compile(r"(?i)(ten|fifteen|twenty|thirty) minutes|half an hour")

every_lesson = pytest.mark.parametrize("name", NAMES)


def cells(name: str, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in LESSONS[name]["cells"] if cell["cell_type"] == kind]


@every_lesson
def test_a_lesson_begins_with_its_question_and_ends_with_what_one_can_do(name):
    prose = cells(name, "markdown")
    assert re.match(r"# .*\?\n", prose[0]), "the title is a question"
    assert "**What you can do now:**" in "\n".join(prose)
    assert "## The answer" in "\n".join(prose)


@pytest.mark.parametrize("name", [name for name in NAMES if name[:2] != "18"])
def test_a_lesson_says_how_long_it_takes_and_what_comes_before(name):
    first = cells(name, "markdown")[0]
    assert MINUTES.search(first.replace("\n", " ")) or name[:2] == "00"
    assert re.search(r"\*\*Before( this lesson)?:\*\*", first.replace("\n", " ")) or name[:2] == "00"


def test_the_table_of_the_course_says_the_minutes_that_each_lesson_says():
    """And their sum, with this lesson's own fifteen."""
    words = {"ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30}
    table = "\n".join(cells(NAMES[0], "markdown"))
    minutes = {name: int(said) for name, said in re.findall(r"\]\((\w+)\.ipynb\) \| (\d+) \|", table)}
    first = {name: cells(name, "markdown")[0].replace("\n", " ") for name in NAMES}
    said = {name: words[MINUTES.search(first[name])[1].lower()] for name in NAMES if name[:2] != "18"}
    assert said == {name: minutes.get(name, 15) for name in said}
    assert 15 + sum(minutes.values()) == 285
    assert "A little under five hours in all" in table


def silent(code: list[str]) -> list[int]:
    """Where three cells of code follow each other of which none asks, by the first of them."""
    return [at for at in range(len(code) - 2) if not any(map(ASKS.search, code[at : at + 3]))]


@every_lesson
def test_of_three_cells_that_one_runs_at_least_one_asks(name):
    """And what is asked at the end is a recap, or the quiz after a session."""
    code = cells(name, "code")
    assert silent(code) == []
    assert any(".recap(" in cell for cell in code[-3:])


def test_three_cells_that_only_show_would_be_found():
    assert silent(["lesson.check(a)", "show(b)", "show(c)", "show(d)", "lesson.recap()"]) == [1]
    assert silent(["import a", "show(b)", "lesson.predict(c)", "show(d)", "show(e)"]) == []


@every_lesson
def test_no_question_in_bold_stands_above_its_visible_answer(name):
    assert [text for cell in cells(name, "markdown") for text in QUESTION_IN_BOLD.findall(cell)] == []


def test_a_question_in_bold_would_be_found():
    assert QUESTION_IN_BOLD.findall("It goes on. **Which of\nthem is it?** The second.") == [
        "**Which of\nthem is it?**"
    ]


def test_each_lesson_leads_to_the_next():
    """By a link after what one can do now; the first has the table of all instead."""
    for name, following in pairwise(NAMES[1:]):
        text = "\n".join(cells(name, "markdown"))
        assert f"[Next]({following}.ipynb)" in text, f"{name} does not lead to {following}"
    table = "\n".join(cells(NAMES[0], "markdown"))
    assert [name for name in NAMES[1:] if f"({name}.ipynb)" not in table] == []


@every_lesson
def test_no_lesson_is_empty(name):
    assert len(cells(name, "code")) > 3
