"""A learner with a keyboard alone: answers each question wrongly once and then rightly, in a page or in JupyterLab."""

import json
import re
from collections.abc import Iterable
from typing import Any

Asked = dict[tuple[str, ...], dict[str, Any]]  # what a form says -> the check that it asks
ASKS = ".ras-stepper, .ras-quiz"  # views that may ask
CELL = "() => document.activeElement.matches('.jp-Cell')"
RAN = """at => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets[at];
  return /\\[\\d+\\]/.test(cell.node.querySelector('.jp-InputPrompt').textContent);
}"""
WHERE = """() => { const at = document.activeElement;
  return `${window.jupyterapp.shell.currentWidget.content.activeCellIndex}, ${at.tagName} ${at.className}`; }"""
ACTIVATE = "() => window.jupyterapp.shell.currentWidget.content.activate()"  # as JupyterLab does when it opens one
ENTERED = "() => document.activeElement.closest('.jp-Notebook') !== null"
ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
OUTPUT = "at => window.jupyterapp.shell.currentWidget.content.widgets[at].outputArea.node.textContent"
KERNEL_SAYS = """async code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
  const future = kernel.requestExecute({ code, store_history: false });
  let text = "";
  future.onIOPub = ({ header, content }) => { if (header.msg_type === "stream") text += content.text; };
  await future.done;
  return JSON.parse(text);
}"""
# The views that the kernel has made and that ask, told by it: what they hold is what the simulator says.
CHECKS = """
import gc as _gc, json as _json
from raslib.views.widgets import Quiz as _Quiz, Stepper as _Stepper
_quizzes = [_v.checks for _v in _gc.get_objects() if isinstance(_v, _Quiz)]
_steppers = [_v.trace.get("questions", []) for _v in _gc.get_objects() if isinstance(_v, _Stepper)]
print(_json.dumps(sum(_quizzes + _steppers, [])))
"""
LEVEL = "import json as _json; print(_json.dumps([level.asks, level.hint(3)]))"
# What reaches a level whose last hint is a value, not what one types.
BUILT = {"Build a block": "block", "Write a HEST": "table(Notify.SEA)"}


def asked(checks: Iterable[dict[str, Any]]) -> Asked:
    """Checks, as their views are, by what their forms say."""
    return {
        (check["asks"], *(answer["text"] for answer in check["answers"] if check["kind"] == "choice")): check
        for check in checks
    }


def focused(page, inside: str) -> bool:
    return page.evaluate("inside => document.activeElement.matches(inside)", inside)


def answer_both_ways(page, form, checks: Asked) -> dict[str, Any]:
    """Answer *form*, which has the focus in its first input; the check that it was."""
    check = checks[form.locator("legend").inner_text(), *form.locator("fieldset label").all_inner_texts()]
    right = [answer["right"] for answer in check["answers"]].index(True)
    wrong = 1 if right == 0 else 0
    says = form.locator(".ras-says")
    assert says.inner_text() == ""
    give(page, form, check, wrong)
    assert says.inner_text() == f"No. That would be right {check['answers'][wrong]['because']}."
    if check["answers"][wrong]["then"]:
        assert form.locator("details:not(.ras-words) summary").inner_text().startswith("What happens if ")
    give(page, form, check, right)
    assert says.inner_text() == f"Yes: {check['answers'][right]['text']}"
    return check


def give(page, form, check: dict[str, Any], number: int) -> None:
    """Choose the answer *number*, or type it, and press Enter."""
    if check["kind"] == "choice":
        choose(page, form, number)
    else:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(check["answers"][number]["text"])
    page.keyboard.press("Enter")


def choose(page, form, number: int) -> None:
    """By the space bar and the arrow keys."""
    radio = form.locator("input").nth(number)
    if not focused(page, ".ras-ask input:checked"):
        page.keyboard.press(" ")
    for _ in range(4):
        if radio.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys do not reach answer {number + 1}")


def answer_stepper(page, stepper, checks: Asked) -> list[dict[str, Any]]:
    """Step on by arrow keys, and answer what stands in the way; the focus is in *stepper*."""
    done = []
    for _ in range(200):
        if "ras-asking" not in stepper.get_attribute("class"):
            return done
        page.keyboard.press("ArrowRight")
        if stepper.and_(page.locator(".ras-present")).locator(".ras-veiled .ras-ask").count():
            page.keyboard.press("r")
        if focused(page, ".ras-ask input"):
            done.append(answer_both_ways(page, stepper.locator(".ras-ask"), checks))
            assert focused(page, ".ras-stepper button.ras-main")
    raise AssertionError("the arrow keys do not lead to the end")


def answer_quiz(page, quiz, checks: Asked) -> list[dict[str, Any]]:
    """Answer each form of *quiz*, which has more than none; Tab leads to the first and from one to the next."""
    done = []
    for number in range(quiz.locator(".ras-ask").count()):
        form = quiz.locator(".ras-ask").nth(number)
        tab_to(page, form.locator("input:focus"))
        done.append(answer_both_ways(page, form, checks))
    count = len(done)
    assert quiz.locator("> .ras-label").inner_text() == f"{count} of {count} answered rightly"
    return done


def tab_to(page, found, key: str = "Tab") -> None:
    """Press Tab, or *key*, until there is what is looked for; the focus may be there already."""
    for _ in range(200):
        if found.count():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead there: {found}")


def answer_view(page, view, checks: Asked) -> list[dict[str, Any]]:
    """Tab into *view*, a stepper or a quiz, and answer it; a stepper may have nothing to ask."""
    kind = view.get_attribute("class")
    if "ras-quiz" in kind:
        return answer_quiz(page, view, checks)
    if "ras-asking" not in kind:
        return []
    tab_to(page, view.locator("button.ras-main:focus"))
    return answer_stepper(page, view, checks)


def checks_of(page) -> Asked:
    """What the open notebook's kernel has asked so far."""
    return asked(page.evaluate(KERNEL_SAYS, CHECKS))


def reach_level(jupyter, page, at: int) -> str:
    """Having run the cell *at*, whose answer is wrong, type a right one in its place; what the level asks."""
    asks, hint = page.evaluate(KERNEL_SAYS, LEVEL)
    assert "Not yet: " in page.evaluate(OUTPUT, at)
    built = [answer for begins, answer in BUILT.items() if asks.startswith(begins)]
    choices = hint.removeprefix("One answer is ").removesuffix(".")
    given = choices.partition("=")[0] if asks.startswith("Which of these choices decides") else choices
    for key in ("ArrowUp", "Enter", "ControlOrMeta+End", "Shift+Home"):
        page.keyboard.press(key)
    page.keyboard.type(f"print(lesson.solve(level, {built[0] if built else json.dumps(given)}))")
    page.keyboard.press("Shift+Enter")
    jupyter.wait(page, f"at => ({OUTPUT})(at).trim().endsWith('Reached.')", at)
    return asks


def go_through(jupyter, page) -> tuple[Asked, list[dict[str, Any]], list[str]]:
    """Run an open lesson cell by cell and answer what each asks.

    What there was to ask, what was answered, and what the levels asked that were reached.
    """
    checks: Asked = {}
    done, levels = [], []
    cells = jupyter.cells(page)
    page.evaluate(ACTIVATE)  # with other windows loading, the keyboard is elsewhere at times when the kernel is ready
    jupyter.wait(page, ENTERED)
    for at, cell in enumerate(cells):
        assert page.evaluate(ACTIVE) == at, f"the keyboard is in another cell: {page.evaluate(WHERE)}"
        page.keyboard.press("Shift+Enter" if at + 1 < len(cells) else "Control+Enter")  # which adds no cell
        if cell["cell_type"] != "code":
            continue
        jupyter.wait(page, RAN, at)
        source = "".join(cell["source"])
        if "lesson.solve(" in source:
            levels.append(reach_level(jupyter, page, at))
        if re.search(r"\b(lesson|before|after)\.(check|predict|recap)\(", source):
            here = page.locator(".jp-Notebook .jp-Cell").nth(at)
            here.locator(ASKS).last.wait_for()
            checks = checks_of(page)
            if at + 1 < len(cells):
                page.keyboard.press("ArrowUp")
            for view in here.locator(ASKS).all():
                done += answer_view(page, view, checks)
            tab_to(page, page.locator(".jp-Cell:focus"), "Shift+Tab")
            page.keyboard.press("ArrowDown")
    return checks, done, levels
