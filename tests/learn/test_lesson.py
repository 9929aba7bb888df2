"""A lesson in a notebook: what it asks reaches the views, and what is answered is kept."""

import pytest

from raslib.learn.ask import ask, questions
from raslib.learn.lead import ROUTES, route
from raslib.learn.lesson import RECAP, Lesson
from raslib.learn.level import reach
from raslib.learn.progress import Progress
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk


def test_a_quiz_keeps_what_is_answered(tmp_path):
    check = ask("How does it end for the guest?", "guest")
    quiz = Lesson("01", tmp_path).check(check)
    assert quiz.checks == [check.view()]
    wrong, right = ({"key": check.key, "right": right, "topic": check.topic} for right in (False, True))
    quiz.answers = [wrong]
    quiz.answers = [wrong, wrong, right]  # two came at once
    assert Progress.read(tmp_path).entries["01", check.key].tries == 3
    assert Lesson("01", tmp_path).check(check).answered == {check.key: True}


def test_the_static_twin_of_a_quiz_asks_and_does_not_answer(tmp_path):
    check = ask("How does it end for the guest?", "guest")
    html = Lesson("01", tmp_path).check(check).twin_html()
    assert all(answer.text.replace("'", "&#x27;") in html for answer in check.answers)
    assert "would be right" not in html
    assert not any(answer.because and answer.because in html for answer in check.answers)


def test_a_stepper_that_asks_carries_its_questions_and_keeps_the_answers(tmp_path):
    stepper = Lesson("01", tmp_path).predict(Scenario())
    asked = questions(walk(Scenario()))
    assert stepper.trace["questions"] == [question.view() for question in asked]
    key = asked[0].key
    given = [{"key": key, "right": right, "topic": "host.notify"} for right in (False, False, True)]
    stepper.answers = given[:1]
    stepper.answers = given  # two came at once
    assert Progress.read(tmp_path).entries["01", key] == (True, 3, "host.notify")
    assert Lesson("01", tmp_path).predict(walk(Scenario())).trace["answered"] == {key: True}


def test_what_is_shown_is_open_until_it_is_answered(tmp_path):
    check = ask("How does it end for the guest?", "guest")
    lesson = Lesson("01", tmp_path)
    lesson.check(check)
    lesson.predict(Scenario())
    keys = {check.key, *(question.key for question in questions(walk(Scenario())))}
    assert {key for (_, key), entry in Progress.read(tmp_path).entries.items() if not entry.tries} == keys
    assert Lesson("01", tmp_path).check(check).answered == {}


def test_a_level_is_solved_in_code(tmp_path):
    lesson = Lesson("04", tmp_path)
    level = reach("vm_abort", 2)
    assert lesson.solve(level, "guest.notify=none").startswith("Not yet: ")
    assert lesson.solve(level, "guest.acked=false") == "Reached."
    assert lesson.progress.entries["04", level.asks] == (True, 2, level.topic)


def test_a_recap_is_five_questions_and_the_same_for_the_same_seed(tmp_path):
    lesson = Lesson("03", tmp_path)
    first, again, other = (lesson.recap("host.notify=GSIV", seed=seed).checks for seed in (1, 1, 2))
    assert len(first) == RECAP == len({check["key"] for check in first})
    assert first == again != other


def test_a_recap_comes_back_to_what_was_missed(tmp_path):
    """Of the questions that a seed draws, those on missed topics come first."""
    lesson = Lesson("03", tmp_path)
    before = lesson.recap(seed=5).checks
    topic = before[-1]["topic"].split(", ")[0]
    lesson.progress.note("01", "missed", False, topic)
    first = lesson.recap(seed=5).checks[0]
    assert topic in first["topic"].split(", ")


@pytest.mark.parametrize("minutes", ROUTES)
def test_a_route_takes_its_minutes_and_asks_what_the_model_answers(minutes):
    text = route(minutes)
    assert f"{sum(stop.minutes for stop in ROUTES[minutes])} minutes" in text
    assert sum(stop.minutes for stop in ROUTES[minutes]) <= minutes + 5
    for stop in ROUTES[minutes]:
        assert stop.title in text
        assert stop.asks()
        assert Scenario.from_token(stop.scenario.token()) == stop.scenario


def test_there_is_no_route_of_other_lengths():
    with pytest.raises(ValueError, match="there are routes of 30, 60, 90 minutes, none of 45"):
        route(45)
