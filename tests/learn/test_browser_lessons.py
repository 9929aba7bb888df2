"""Lessons from top to bottom in JupyterLab: each question wrongly once and rightly once, by keyboard alone."""

import json

import pytest
from lab import DARK, LIGHT, SHUT_DOWN, waited
from learn.keyboard import Asked, answer_quiz, answer_stepper, asked

from raslib.learn.lesson import Lesson
from raslib.learn.progress import FILE, Progress
from raslib.resources import folder

pytestmark = pytest.mark.browser


def asked_by(name: str, monkeypatch, tmp_path) -> Asked:
    """What a lesson asks: its code is run here, and what it hands to the views is listened to."""
    views = []

    def listening(method):
        def listened(*args, **how):
            made = method(*args, **how)
            views.append(made)
            return made

        return listened

    monkeypatch.chdir(tmp_path)
    for method in ("check", "predict"):
        monkeypatch.setattr(Lesson, method, listening(getattr(Lesson, method)))
    cells = json.loads((folder("notebooks") / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    exec("\n".join(code), {"display": lambda *_: None})
    return asked(check for made in views for check in (made.checks if hasattr(made, "checks") else questions(made)))


def questions(stepper) -> list[dict]:
    return stepper.trace["questions"]


def axe(page, theme: str, jupyter) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    jupyter.set_theme(page, theme)
    found = [
        each
        for kind in (".ras-asking", ".ras-quiz")
        for each in axe.Axe().run(page, context=kind).response["violations"]
    ]
    return [f"{each['id']}: {node['html'][:160]} {node['failureSummary']}" for each in found for node in each["nodes"]]


def run(jupyter, name: str):
    """Open a lesson and run it; its page."""
    page = jupyter.open(f"{name}.ipynb")
    jupyter.run_all(page)
    page.locator(".ras-quiz").last.wait_for()
    return page


def answer_all(page, checks: Asked) -> int:
    done = []
    for stepper in page.locator(".ras-stepper").all():
        stepper.focus()
        done += answer_stepper(page, stepper, checks)
    for quiz in page.locator(".ras-quiz").all():
        done += answer_quiz(page, quiz, checks)
        count = quiz.locator(".ras-ask").count()
        assert quiz.locator("> .ras-label").inner_text() == f"{count} of {count} answered rightly"
    return len({check["key"] for check in done})


def test_a_lesson_is_answered_and_found_again(jupyter, monkeypatch, tmp_path):
    name = "15_the_node_that_overflows"
    checks = asked_by(name, monkeypatch, tmp_path)
    page = run(jupyter, name)
    assert axe(page, DARK, jupyter) + axe(page, LIGHT, jupyter) == []
    number = answer_all(page, checks)
    assert number == len({check["key"] for check in checks.values()})
    assert waited(lambda: Progress.read(jupyter.folder).done("15") == number, jupyter.server.progress)
    progress = Progress.read(jupyter.folder)
    assert {entry.tries for (lesson, _), entry in progress.entries.items() if lesson == "15"} == {2}
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.locator(".ras-quiz").last.wait_for()
    assert page.locator(".ras-stepper.ras-asking").count() == 0
    for quiz in page.locator(".ras-quiz").all():
        count = quiz.locator(".ras-ask").count()
        assert quiz.locator("> .ras-label").inner_text() == f"{count} of {count} answered rightly"
    assert jupyter.errors(page) == []
    (jupyter.folder / FILE).unlink()


def test_a_lesson_whose_kernel_has_stopped_asks_all_the_same(jupyter, monkeypatch, tmp_path):
    name = "17_words"
    checks = asked_by(name, monkeypatch, tmp_path)
    page = run(jupyter, name)
    page.evaluate(SHUT_DOWN)
    number = answer_all(page, checks)
    stored = page.evaluate("() => JSON.parse(localStorage.getItem('raslib-progress')).lessons['17']")
    assert {(entry["right"], entry["tries"]) for entry in stored.values()} == {(True, 2)}
    assert len(stored) == number == len({check["key"] for check in checks.values()})
