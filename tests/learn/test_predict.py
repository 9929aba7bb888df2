"""What a trace asks: each answer is a step of some scenario's story, and the key is the model's."""

import pytest

from raslib.cli import main
from raslib.learn.ask import ENDS_HERE, MOST, neighbours, questions
from raslib.sim import walk as walking
from raslib.sim.model.outcome import ended
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import Trace
from raslib.sim.walk import walk

SCENARIOS = [
    Scenario(),
    Scenario.of("host.first=kernel"),
    Scenario.of("host.notify=SDEI", "error.report=interrupt"),
    Scenario.of("error.report=SError"),
    Scenario.of("begin=vcpu-events"),
    Scenario.of("stance=architecture", "cpu.running=host-user"),
]
scenarios = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)


def text(trace: Trace, at: int) -> str:
    step = trace.steps[at] if at < len(trace) else None
    return f"{step.actor} ({step.machine} {step.el}) {step.does}" if step else ENDS_HERE


@scenarios
def test_one_answer_is_the_step_that_follows_and_the_others_are_not(scenario):
    trace = walk(scenario)
    assert questions(trace)
    for question in questions(trace):
        right = [answer for answer in question.answers if answer.right]
        assert [answer.text for answer in right] == [text(trace, question.step)]
        assert len({answer.text for answer in question.answers}) == len(question.answers)


@scenarios
def test_a_wrong_answer_is_right_in_the_scenario_that_its_explanation_names(scenario):
    trace = walk(scenario)
    for question in questions(trace):
        for answer in question.answers:
            if answer.right:
                continue
            _, axis, _, word = answer.because.split(maxsplit=3)
            assert answer.scenario == scenario.choose(f"{axis}={word}")
            other = walk(answer.scenario)
            assert text(other, question.step) == answer.text
            before = [(step.place, step.text.key) for step in other.steps[: question.step]]
            assert before == [(step.place, step.text.key) for step in trace.steps[: question.step]]
            assert answer.then == other.steps[question.step : question.step + len(answer.then)]


@scenarios
def test_there_are_few_questions_with_three_or_four_answers_each(scenario):
    found = questions(walk(scenario))
    assert len(found) <= MOST
    assert {len(question.answers) for question in found} <= {3, 4}
    assert [question.step for question in found] == sorted({question.step for question in found})
    assert all(question.step > 0 for question in found)


def test_the_default_story_asks_about_host_and_guest():
    trace = walk(Scenario())
    assert {trace.steps[question.step].machine for question in questions(trace)} == {"host", "guest"}


def test_the_same_scenario_asks_the_same():
    assert questions(walk(Scenario())) == questions(walk(Scenario()))


def test_another_model_has_another_key(monkeypatch):
    """The answers come from the stages: where these change, so does what is right."""
    before = {question.step: question for question in questions(walk(Scenario()))}

    def memory_failure(s, m):
        yield ended("host", "ignored")
        return None

    monkeypatch.setitem(walking.STAGES, "memory_failure", memory_failure)
    after = {question.step: question for question in questions(walk(Scenario()))}
    assert max(after) < max(before)
    last = len(walk(Scenario()))
    assert all(question.step < last for question in after.values())


def test_neighbours_differ_in_the_one_choice_that_they_name():
    scenario = Scenario.of("guest.notify=none")
    for neighbour in neighbours(walk(scenario)):
        other = neighbour.trace.scenario
        assert [name for name in AXES if other[name] is not scenario[name]] == [neighbour.axis]
        assert neighbour.because == f"if {neighbour.axis} were {AXES[neighbour.axis].word(other[neighbour.axis])}"
        assert neighbour.axis != "begin"


def test_what_a_view_gets_is_plain():
    view = questions(walk(Scenario()))[0].view()
    assert view.keys() == {"step", "asks", "kind", "topic", "key", "answers", "terms"}
    for answer in view["answers"]:
        assert answer.keys() == {"text", "right", "because", "token", "then"}
        assert all(step.keys() == {"lane", "text"} for step in answer["then"])


def test_the_command_line_writes_a_page_that_asks(capsys):
    assert main(["walk", "host.notify=GSIV", "--as", "html", "--ask"]) == 0
    html = capsys.readouterr().out
    asked = questions(walk(Scenario.of("host.notify=GSIV")))
    assert len(asked) > 2
    assert [check.key for check in asked if f'"key":"{check.key}"' not in html] == []
    assert main(["walk", "host.notify=GSIV", "--as", "html"]) == 0
    assert '"key":' not in capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "json", "svg"])
def test_what_cannot_hide_cannot_ask(form, capsys):
    assert main(["walk", "--ask", "--as", form]) == 1
    assert capsys.readouterr().err == "raslib: --ask takes --as html: no other form hides what is to come\n"
