"""For whoever leads: the route on the command line, the handout, the recipe."""

import json
import re
from html import unescape

import pytest

from raslib.cli import main
from raslib.learn.handout import handout
from raslib.learn.lead import RECIPE, ROUTES, route
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


def test_the_recipe_is_that_of_the_six_logs():
    cells = json.loads((folder("notebooks") / "16_six_logs.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = " ".join("".join(cells[0]["source"]).replace("`", "").split())
    assert [step for step in RECIPE if step not in prose] == []


def test_words_are_found_as_they_stand():
    found = cards_in("GHESv2 tells of SErrors; GHES-like and XGHES do not, ERR<n>STATUS does")
    assert {word: card.word for word, card in found.items()} == {
        "GHESv2": "GHES",
        "SErrors": "SError",
        "ERR<n>STATUS": "ERR",
    }
