"""Every question that a lesson asks: one answer is right as things stand, each other one where its explanation says.

The code of each lesson runs here, without what it only shows; what it asks and how is noted on the way.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from raslib.learn import ask as asking
from raslib.learn import glossary
from raslib.learn import lesson as lessons
from raslib.learn.ask import Check
from raslib.learn.terms import terms
from raslib.resources import folder
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk

LESSONS = sorted(folder("notebooks").glob("*.ipynb"))
SHOWN = "print", "show", "display"
DOORS = "ask", "ask_number", "ask_byte", "ask_field", "ask_most"
Asked = list[tuple[str, tuple[Any, ...], Check]]  # the function that made a question, its arguments, the question


def needed(source: str) -> ast.Module:
    """A cell without its assertions, loops and what it only shows."""
    tree = ast.parse(source)
    tree.body = [
        line
        for line in tree.body
        if not isinstance(line, ast.Assert | ast.For | ast.If)
        and not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Call) and called(line.value) in SHOWN)
    ]
    return tree


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request, tmp_path_factory) -> Iterator[tuple[Asked, list[Check]]]:
    """What a lesson made, and what it then asked of a learner."""
    made: Asked = []
    shown: list[Check] = []

    def noted(name: str, of: Callable[..., Check]) -> Callable[..., Check]:
        def call(*arguments: Any) -> Check:
            check = of(*arguments)
            made.append((name, arguments, check))
            return check

        return call

    def questions(trace: Any, *most: int) -> tuple[Check, ...]:
        checks = asking.questions(trace, *most)
        made.extend(("predict", (trace,), check) for check in checks)
        return checks

    def kept(self: Any, name: str, checks: tuple[Check, ...]) -> None:
        shown.extend(checks)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("lesson"))
        for name in DOORS:
            patch.setattr(asking, name, noted(name, getattr(asking, name)))
        patch.setattr(glossary, "ask_word", noted("ask_word", glossary.ask_word))
        patch.setattr(lessons, "ask", asking.ask)
        patch.setattr(lessons, "questions", questions)
        patch.setattr(lessons.Progress, "ask", kept)
        space: dict[str, Any] = {}
        for cell in json.loads(request.param.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"]).replace("1_000_000", "100_000")  # records of the fleet: time
                exec(compile(needed(source), request.param.name, "exec"), space)
        yield made, shown


def words(of: Any, scenario: Scenario) -> str:
    """The answer to a question of `ask` or `ask_number` in a *scenario*."""
    value = of(walk(scenario)) if callable(of) else walk(scenario).outcome[of]
    return ENDS[value] if of in ("end", "host", "vm", "guest") else str(value)


def of_ask(check: Check, asks: str, of: Any, scenario: Scenario | None = None) -> None:
    scenario = scenario or Scenario()
    for answer in check.answers:
        where = answer.scenario
        assert words(of, where) == answer.text
        if answer.right:
            assert where == scenario
            continue
        assert words(of, scenario) != answer.text
        axis, word = re.fullmatch(r"if (\S+) were (.+)", answer.because).groups()
        assert where == scenario.choose(f"{axis}={word}")


def of_predict(check: Check, trace: Any) -> None:
    def does(at: int, other: Any) -> str:
        if at >= len(other):
            return asking.ENDS_HERE
        step = other.steps[at]
        return f"{step.actor} ({step.machine} {step.el}) {step.does}"

    for answer in check.answers:
        if answer.right:
            assert does(check.step, trace) == answer.text
        else:
            axis, word = re.fullmatch(r"if (\S+) were (.+)", answer.because).groups()
            assert answer.scenario == trace.scenario.choose(f"{axis}={word}")
            assert does(check.step, walk(answer.scenario)) == answer.text != does(check.step, trace)


def of_ask_byte(check: Check, asks: str, record: Any, path: str) -> None:
    spans = [span for span in type(record).spans(record.build()) if not span.group and not span.bits]
    for answer in check.answers:
        [span] = [span for span in spans if span.start <= int(answer.text, 16) < span.stop]
        assert (span.path == path and span.start == int(answer.text, 16)) is answer.right
        assert answer.because in ("", f"for {span.path}")


def of_ask_field(check: Check, asks: str, record: Any, path: str) -> None:
    docs = {span.path: span.doc for span in type(record).spans(record.build())}
    for answer in check.answers:
        assert answer.right is (answer.text == path)
        assert answer.because in ("", f"for {docs[answer.text] or 'what stands there'}")


def of_ask_most(check: Check, asks: str, counts: Any) -> None:
    most = max(counts.values())
    for answer in check.answers:
        assert answer.right == (counts[answer.text] == most)
        assert answer.right or answer.because == f"if its {counts[answer.text]:,} were more than {most:,}"


def of_ask_word(check: Check, word: str) -> None:
    for answer in check.answers:
        card = terms()[answer.text]
        assert answer.right is (card.means in check.asks)
        assert answer.right or answer.because == f"for this: {card.means.removesuffix('.')}"


HELD = {
    "ask": of_ask,
    "ask_number": of_ask,
    "ask_byte": of_ask_byte,
    "ask_field": of_ask_field,
    "ask_most": of_ask_most,
    "ask_word": of_ask_word,
    "predict": of_predict,
}


def test_each_question_of_a_lesson_has_one_right_answer_and_the_others_where_they_are_said_to_be(lesson):
    made, shown = lesson
    assert len(shown) >= 5
    assert {check.key for check in shown} <= {check.key for _, _, check in made}, "each is made by the model"
    keys = {check.key for check in shown}
    assert len(keys) == len(set(shown)), "each has a key of its own"
    for name, arguments, check in made:
        if check.key in keys:
            assert sum(answer.right for answer in check.answers) == 1
            assert len({answer.text for answer in check.answers}) == len(check.answers) > 1
            HELD[name](check, *arguments)


def test_the_key_of_each_question_follows_a_model_in_which_a_choice_means_another(lesson, monkeypatch):
    """Where all is as if the choice of a wrong answer were made, that answer is the right one."""
    made, shown = lesson
    keys = {check.key for check in shown}
    for name, arguments, check in made:
        if name not in ("ask", "ask_number") or check.key not in keys:
            continue
        wrong = next(answer for answer in check.answers if not answer.right)
        choice = re.sub(r"if (\S+) were (.+)", r"\1=\2", wrong.because)
        with monkeypatch.context() as patch:
            patch.setattr(asking, "walk", lambda s, choice=choice: walk(s.choose(choice)))
            right, _ = asking._values(*arguments[1:], *[Scenario()] * (3 - len(arguments)))
        assert right.text == wrong.text
