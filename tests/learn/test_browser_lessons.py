"""Each lesson from top to bottom in JupyterLab, by keyboard alone: each check is answered wrongly once, then rightly.

One JupyterLab and one browser serve all of them; a lesson has a page and a kernel of its own.
"""

import re
import shutil

import pytest
from lab import DARK, LIGHT, SHUT_DOWN, waited
from learn.keyboard import ASKS, answer_view, checks_of, go_through

from raslib.learn.progress import FILE, Progress
from raslib.learn.terms import terms
from raslib.resources import folder

pytestmark = pytest.mark.browser
LESSONS = sorted(path.stem for path in folder("notebooks").glob("*.ipynb"))
OURS = ".jp-OutputArea-output, .jp-MarkdownOutput"
SLOW = "from raslib import Scenario, show, walk\nshow(walk(Scenario()))"
VIEWS = (
    "from raslib import samples, show\nshow(samples('status_blocks/g_arm'), selected='entries[0].section.midr_el1')",
    "from raslib import explain\nshow(explain('esr', 0x96000410))",
    "from raslib.views.widgets import WhatIf\nWhatIf()",
)
SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"


@pytest.fixture
def lesson(jupyter, name):
    """Opens the lesson *name*; afterwards it is as it was, for whoever opens it next."""
    yield jupyter.open(f"{name}.ipynb")
    shutil.copy(folder("notebooks") / f"{name}.ipynb", jupyter.folder)


@pytest.fixture
def progress(jupyter):
    """What is kept of the answers, key -> rightly and after how many tries: nothing at first."""
    (jupyter.folder / FILE).unlink(missing_ok=True)
    return lambda: {
        key: (entry.right, entry.tries) for (_, key), entry in Progress.read(jupyter.folder).entries.items()
    }


def axe(jupyter, page, theme: str) -> list[str]:
    """What axe finds in the lesson's prose and outputs, in *theme*; the rest of the page is JupyterLab's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    jupyter.set_theme(page, theme)
    found = axe.Axe().run(page, context=OURS, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{theme}: {each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def save(jupyter, page) -> None:
    page.keyboard.press("ControlOrMeta+s")
    jupyter.wait(page, SAVED)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_answered_by_keyboard_and_its_progress_found_again(jupyter, name, lesson, progress):
    page = lesson
    checks, done, levels = go_through(jupyter, page)
    keys = {check["key"] for check in checks.values()}
    assert {check["key"] for check in done} == keys
    assert len(keys) >= 5
    keys |= set(levels)

    def kept() -> bool:
        return {key: progress().get(key) for key in keys} == dict.fromkeys(keys, (True, 2))

    assert waited(kept, jupyter.server.progress), {k: progress().get(k) for k in keys}
    assert axe(jupyter, page, LIGHT) + axe(jupyter, page, DARK) == []
    save(jupyter, page)
    page.reload()
    page.locator(".ras-quiz").last.wait_for()
    assert page.locator(".ras-stepper.ras-asking").count() == 0
    for quiz in page.locator(".ras-quiz").all():
        count = quiz.locator(".ras-ask").count()
        assert quiz.locator("> .ras-label").inner_text() == f"{count} of {count} answered rightly"
    assert page.locator(".jp-OutputArea-output", has_text=re.compile(r"Reached\.\s*$")).count() == len(levels)
    assert jupyter.errors(page) == []


@pytest.mark.parametrize("name", ["11_qemu_injects_by_itself", "17_words"])
def test_a_lesson_whose_kernel_has_stopped_asks_all_the_same(jupyter, name):
    """And its browser keeps what is answered."""
    page = jupyter.open(f"{name}.ipynb")
    jupyter.run_all(page)
    page.locator(".ras-quiz").last.wait_for()
    checks = checks_of(page)
    page.evaluate(SHUT_DOWN)
    done = []
    page.keyboard.press("ControlOrMeta+Home")
    for view in page.locator(ASKS).all():
        done += answer_view(page, view, checks)
    keys = {check["key"] for check in checks.values()}
    assert {check["key"] for check in done} == keys
    stored = page.evaluate("name => JSON.parse(localStorage.getItem('raslib-progress')).lessons[name]", name[:2])
    assert {key: (entry["right"], entry["tries"]) for key, entry in stored.items()} == dict.fromkeys(keys, (True, 2))


def test_a_word_of_the_prose_opens_its_card_by_key_mouse_and_touch(jupyter):
    """In place, with Escape to close it; without a view in the page it is a link to the lesson of words."""
    page = jupyter.open("15_the_node_that_overflows.ipynb")
    word = page.locator(".jp-MarkdownOutput a[title]").first
    assert word.get_attribute("title") == terms()["RAS"].line
    assert re.search(r"17_words\.ipynb.*#RAS$", word.get_attribute("href"))
    jupyter.run_all(page)
    page.locator(".ras-quiz").last.wait_for()
    card = page.locator(".ras-card:popover-open")
    for opened in (lambda: word.press("Enter"), word.click):
        opened()
        assert card.inner_text() == f"RAS, {terms()['RAS'].line}"
        page.keyboard.press("Escape")
        card.wait_for(state="detached")
    assert jupyter.errors(page) == []


def test_a_word_of_a_view_opens_its_card(jupyter):
    """Of a record, a register and the panel of switches, in JupyterLab as in a page of their own."""
    page = jupyter.open(jupyter.write("cards", *VIEWS))
    jupyter.run_all(page)
    card = page.locator(".ras-card:popover-open")
    for where, word in (
        (".ras-about .ras-term", "UEFI"),
        (".ras-boxes p", "FnV"),
        (".ras-registers td span", "DFSC"),
        (".ras-map text", "memory_failure"),
    ):
        page.locator(where, has_text=word).first.click()
        assert card.inner_text() == f"{word}, {terms()[word].line}"
        page.keyboard.press("Escape")
        card.wait_for(state="detached")
    assert page.locator(".ras-words").count() == len(VIEWS)
    assert jupyter.errors(page) == []


def test_a_slow_kernel_does_not_throw_a_learner_back(jupyter):
    """It is told where one is, and what it says of that later counts no more."""
    page = jupyter.open(jupyter.write("slow", SLOW, "import time\ntime.sleep(3)"))
    for _ in range(2):
        page.keyboard.press("Shift+Enter")
    stepper = page.locator(".ras-stepper")
    stepper.wait_for()
    stepper.focus()
    here = 1
    for step in [*range(2, 12), *range(10, 0, -1)] * 2:
        page.keyboard.press("ArrowRight" if step > here else "ArrowLeft")
        page.wait_for_timeout(90)
        assert stepper.locator(".ras-count").inner_text().startswith(f"step {step} of")
        here = step
