"""A learner with a keyboard alone: answers each question wrongly once and then rightly, in a page or in JupyterLab."""

from collections.abc import Iterable
from typing import Any

Asked = dict[tuple[str, ...], dict[str, Any]]  # what a form says -> the check that it asks


def asked(checks: Iterable[dict[str, Any]]) -> Asked:
    """Checks, as their views are, by what their forms say."""
    return {(check["asks"], *(answer["text"] for answer in check["answers"])): check for check in checks}


def focused(page, inside: str) -> bool:
    return page.evaluate("inside => document.activeElement.matches(inside)", inside)


def answer_both_ways(page, form, checks: Asked) -> dict[str, Any]:
    """Answer *form*, a choice one of whose answers has the focus; the check that it was."""
    check = checks[form.locator("legend").inner_text(), *form.locator("fieldset label").all_inner_texts()]
    right = [answer["right"] for answer in check["answers"]].index(True)
    wrong = 1 if right == 0 else 0
    says = form.locator(".ras-says")
    assert says.inner_text() == ""
    choose(page, form, wrong)
    page.keyboard.press("Enter")
    assert says.inner_text() == f"No. That would be right {check['answers'][wrong]['because']}."
    if check["answers"][wrong]["then"]:
        assert form.locator("details summary").inner_text().startswith("What happens if ")
    choose(page, form, right)
    page.keyboard.press("Enter")
    assert says.inner_text() == f"Yes: {check['answers'][right]['text']}"
    return check


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
    while "ras-asking" in stepper.get_attribute("class"):
        page.keyboard.press("ArrowRight")
        if focused(page, ".ras-ask input"):
            done.append(answer_both_ways(page, stepper.locator(".ras-ask"), checks))
            assert focused(page, ".ras-stepper button.ras-main")
    return done


def answer_quiz(page, quiz, checks: Asked) -> list[dict[str, Any]]:
    """Answer each form of *quiz*, which has more than none; Tab leads from one to the next."""
    done = []
    quiz.locator(".ras-ask input").first.focus()
    for number in range(quiz.locator(".ras-ask").count()):
        form = quiz.locator(".ras-ask").nth(number)
        while not form.locator("input:focus").count():
            page.keyboard.press("Tab")
        done.append(answer_both_ways(page, form, checks))
    return done
