"""For whoever leads: the route on the command line, the handout, the recipe."""

import json
import re
from html import unescape

import pytest
from learn.words import unlinked

from raslib.cli import main
from raslib.learn.lead import RECIPE, ROUTES, compared, handout, route
from raslib.learn.lesson import Lesson
from raslib.learn.progress import Answered, Progress
from raslib.learn.terms import cards_in, terms
from raslib.resources import folder


def test_the_command_line_prints_a_route(capsys):
    assert main(["lead", "30"]) == 0
    assert capsys.readouterr().out == route(30) + "\n"
    assert main(["lead"]) == 0
    assert capsys.readouterr().out == route(60) + "\n"


def test_a_route_that_there_is_not_is_named(capsys):
    assert main(["lead", "45", "--as", "html"]) == 1
    assert capsys.readouterr().err == "raslib: there are routes of 30, 60, 90 minutes, none of 45\n"


@pytest.mark.parametrize("minutes", ROUTES)
def test_a_handout_has_the_map_the_recipe_and_the_words_of_its_route(minutes, capsys):
    assert main(["lead", str(minutes), "--as", "html"]) == 0
    html = capsys.readouterr().out
    assert html == handout(minutes) + "\n"
    assert 'data-at="host.EL3&gt;host.KVM"' in html
    assert [unescape(step) for step in re.findall("<li>(.*?)</li>", html)] == [*RECIPE]
    words = re.findall(r"<p><b>(.*?)</b>, (.*?)\. ", html)
    assert len(words) > 10
    used = {card.word for card in cards_in(" ".join(stop.say for stop in ROUTES[minutes])).values()}
    assert used <= {unescape(word) for word, _ in words} <= set(terms())
    assert "<script" not in html


def learner(before: str, after: str) -> str:
    """A line of progress: `+` was answered rightly at once, `-` at the second try, `?` not at all."""
    progress = Progress({})
    for quiz, answers in (("before", before), ("after", after)):
        for number, sign in enumerate(answers):
            entry = {
                "+": Answered(True, 1, "host.vhe"),
                "-": Answered(True, 2, f"{quiz}.topic"),
                "?": Answered(False, 0, ""),
            }
            progress.entries[quiz, str(number)] = entry[sign]
    return progress.line()


def test_a_group_compares_how_it_did_before_and_after(tmp_path, capsys):
    lines = ["Ada Lovelace: " + learner("+--??", "+++-+"), "", learner("-----", "+++++"), f"Bob {learner('++', '')}"]
    assert compared(lines).splitlines() == [
        "who           before   after",
        "Ada Lovelace  1 of 5  4 of 5",
        "2             0 of 5  5 of 5",
        "Bob           2 of 2  0 of 0",
        "",
        "Missed by most:",
        "  before.topic: 2 of 3",
        "  after.topic: 1 of 3",
    ]
    file = tmp_path / "lines"
    file.write_text("\n".join(lines))
    assert main(["lead", "--compare", str(file)]) == 0
    assert capsys.readouterr().out == compared(lines) + "\n"


def test_a_line_that_is_none_is_named(tmp_path, capsys):
    file = tmp_path / "lines"
    file.write_text(f"Ada: {learner('+', '+')}\nBob: ras1:nonsense\n")
    assert main(["lead", "--compare", str(file)]) == 1
    assert capsys.readouterr().err.startswith("raslib: line 2: ")


def test_the_quizzes_before_and_after_are_the_same_for_everybody(tmp_path):
    """Whatever was missed before, where nothing is to be come back to."""
    drawn = Lesson("before", tmp_path).recap(seed=60, again=False).checks
    missed = Lesson("03", tmp_path).progress
    missed.note("03", "missed", False, drawn[-1]["topic"].split(", ")[0])
    assert Lesson("before", tmp_path).recap(seed=60, again=False).checks == drawn
    assert Lesson("before", tmp_path).recap(seed=60).checks != drawn


def test_the_recipe_is_that_of_the_six_logs():
    cells = json.loads((folder("notebooks") / "16_six_logs.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = " ".join(unlinked("".join(cells[0]["source"])).replace("`", "").split())
    assert [step for step in RECIPE if step not in prose] == []


def test_words_are_found_as_they_stand():
    found = cards_in("GHESv2 tells of SErrors; GHES-like and XGHES do not, ERR<n>STATUS does")
    assert {word: card.word for word, card in found.items()} == {
        "GHESv2": "GHES",
        "SErrors": "SError",
        "ERR<n>STATUS": "ERR",
    }
