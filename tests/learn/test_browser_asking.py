"""The asking stepper in a page of its own, by keyboard alone: questions, cards of words, presenting, progress."""

import pytest
from learn.keyboard import answer_stepper, asked, focused, tab_to
from views.test_browser_pages import browser, show, violations

from raslib.learn.ask import questions
from raslib.learn.lead import ROUTES, handout
from raslib.learn.progress import Progress
from raslib.learn.terms import terms
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.page import page
from raslib.views.trace_view import trace_view

pytestmark = pytest.mark.browser
__all__ = ["browser", "show"]  # fixtures


@pytest.fixture(scope="module")
def story() -> dict:
    trace = walk(Scenario.of("host.notify=GSIV"))
    return trace_view(trace) | {"questions": [question.view() for question in questions(trace)], "lesson": "03"}


def begin(shown):
    """Tab from the top of the page to the stepper's first button that does something."""
    for _ in range(30):
        shown.keyboard.press("Tab")
        if shown.evaluate("() => document.activeElement.matches('.ras-stepper .ras-main')"):
            return shown.locator(".ras-stepper")
    raise AssertionError("Tab does not reach the stepper")


def line_of(shown) -> str:
    shown.get_by_role("button", name="Copy my progress").focus()
    shown.keyboard.press("Enter")
    shown.get_by_role("status").filter(has_text="Copied my progress").wait_for()
    return shown.evaluate("() => navigator.clipboard.readText()")


def hidden_rows(shown) -> int:
    return shown.locator(".ras-pic .step").evaluate_all(
        "rows => rows.filter(row => getComputedStyle(row).visibility === 'hidden').length"
    )


def test_each_question_is_answered_wrongly_and_rightly_and_remembered(show, story):
    shown = show(page(story))
    stepper = begin(shown)
    assert hidden_rows(shown) == len(story["steps"]) - story["questions"][0]["step"]
    done = answer_stepper(shown, stepper, asked(story["questions"]))
    assert [check["key"] for check in done] == [check["key"] for check in story["questions"]]
    assert hidden_rows(shown) == 0
    shown.keyboard.press("End")
    assert shown.locator(".ras-count").inner_text() == f"step {len(story['steps'])} of {len(story['steps'])}"
    shown.reload()
    shown.locator(".ras-stepper").wait_for()
    assert hidden_rows(shown) == 0
    progress = Progress({})
    assert progress.take(line_of(shown)) == len(done)
    assert {(entry.right, entry.tries) for entry in progress.entries.values()} == {(True, 2)}


def test_a_line_of_another_machine_is_taken(show, story):
    """And what is no such line changes nothing, and is said to be none."""
    progress = Progress({})
    for check in story["questions"]:
        progress.note("03", check["key"], True, check["topic"])
    shown = show(page(story))
    box = shown.get_by_role("textbox", name="Paste progress")
    status = shown.get_by_role("status")
    for line in ("nonsense", progress.line()[:-9], "ras1:eJwDAAAAAAE="):
        box.fill(line)
        shown.keyboard.press("Enter")
        status.filter(has_text="This is no line of progress that can be read").wait_for()
        shown.evaluate("() => { document.querySelector('.ras-stepper > .ras-sr').textContent = ''; }")
    box.fill(progress.line())
    shown.keyboard.press("Enter")
    status.filter(has_text="Taken").wait_for()
    shown.reload()
    shown.locator(".ras-stepper").wait_for()
    assert hidden_rows(shown) == 0
    again = Progress({})
    again.take(line_of(shown))
    assert again.entries == progress.entries


def test_show_me_shows_and_counts_as_missed(show, story):
    shown = show(page(story))
    begin(shown)
    while not shown.evaluate("() => document.activeElement.matches('.ras-ask input')"):
        shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    right = next(answer["text"] for answer in story["questions"][0]["answers"] if answer["right"])
    assert shown.locator(".ras-says").inner_text() == f"It is: {right}"
    progress = Progress({})
    progress.take(line_of(shown))
    assert [entry.right for entry in progress.entries.values()] == [False]


def test_a_word_opens_its_card_by_key_and_by_mouse(show, story):
    shown = show(page(story | {"questions": []}, step=4))
    begin(shown)
    for _ in range(60):
        if shown.evaluate("() => document.activeElement.matches('.ras-term')"):
            break
        shown.keyboard.press("Tab")
    word = shown.evaluate("() => document.activeElement.textContent")
    card = shown.locator(".ras-card:popover-open")
    shown.keyboard.press("Enter")
    assert card.inner_text() == f"{word}, {story['terms'][word]}"
    shown.keyboard.press("Escape")
    assert card.count() == 0
    assert shown.locator(".ras-count").inner_text().startswith("step 5 of")
    shown.locator(".ras-step .ras-term").last.click()
    assert card.count() == 1
    assert violations(shown) == []


def test_a_word_of_a_label_opens_its_card_by_mouse_touch_and_key(show, story):
    """Of the pictures' labels, of the state, of a question: where they stand, and in a list of all."""
    shown = show(page(story))
    card = shown.locator(".ras-card:popover-open")
    for label in (
        shown.locator(".ras-heads text", has_text="EL3").first,
        shown.locator(".ras-state th", has_text="ERR<n>STATUS").first,
    ):
        word = label.text_content()
        label.click()
        assert card.inner_text().startswith(f"{word}, ")
        shown.keyboard.press("Escape")
        assert card.count() == 0
    stepper = begin(shown)
    for _ in range(story["questions"][0]["step"]):
        shown.keyboard.press("ArrowRight")
    for words in (stepper.locator(".ras-ask .ras-words"), stepper.locator(".ras-panel > .ras-words")):
        tab_to(shown, words.locator("summary:focus"))
        shown.keyboard.press("Enter")
        assert words.locator(".ras-term").count() >= 2
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        assert card.inner_text().startswith(f"{words.locator('.ras-term').first.inner_text()}, ")
        assert violations(shown) == []
        shown.keyboard.press("Escape")
        shown.keyboard.press("Enter")
        shown.keyboard.press("Escape")
    shown.get_by_role("button", name="Map", exact=True).click()
    shown.locator(".ras-map text", has_text="memory_failure").first.click()
    assert card.inner_text().startswith("memory_failure, ")


def test_two_spellings_of_a_word_open_one_card(show, story):
    shown = show(page(story))
    shown.locator(".ras-panel > .ras-words summary").click()
    card = shown.locator(".ras-card:popover-open")
    said = set()
    for word in ("ESR_EL3", "ESR_EL1"):
        shown.locator(".ras-panel > .ras-words").get_by_role("button", name=word, exact=True).click()
        said.add(card.inner_text().removeprefix(word))
    assert said == {f", {terms()['ESR'].line}"}


def test_the_first_use_of_a_word_alone_is_marked(show, story):
    shown = show(page(story | {"questions": []}))
    for _ in story["steps"]:
        words = shown.locator(".ras-step .ras-term").all_inner_texts()
        assert len(words) == len(set(words))
        shown.keyboard.press("ArrowRight")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_presented_it_is_large_and_fits_a_projector(show, story, scheme):
    """At 1280x720: no letter below 22 pixels, a step and its question in the window; axe has nothing to say."""
    shown = show(page(story), width=1280, height=720, scheme=scheme)
    stepper = begin(shown)
    assert violations(shown) == []
    shown.keyboard.press("f")
    checks = asked(story["questions"])
    choices = shown.locator(".ras-ask fieldset label")
    sizes = """() => [...document.querySelectorAll('.ras-present *')]
      .filter(node => node.checkVisibility() && !node.closest('.ras-sr')
        && [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
      .map(node => [parseFloat(getComputedStyle(node).fontSize), node.textContent])"""
    while "ras-asking" in stepper.get_attribute("class"):
        assert [small for small in shown.evaluate(sizes) if small[0] < 22] == []
        if shown.locator(".ras-ask:not(.ras-answered)").count():
            bottom = shown.locator(".ras-ask .ras-bar").bounding_box()
            assert bottom["y"] + bottom["height"] <= 720
        shown.keyboard.press("ArrowRight")
        if shown.locator(".ras-veiled .ras-ask").count():
            assert shown.locator(".ras-ask legend").is_visible()
            assert not choices.first.is_visible(), "what there is to choose from is not to be seen yet"
            assert not shown.locator(".ras-words summary").first.is_visible()
            assert violations(shown) == []
            shown.keyboard.press("r")
            assert choices.first.is_visible()
            assert focused(shown, ".ras-ask input")
            assert violations(shown) == []
            break
    answer_stepper(shown, stepper, checks)
    shown.keyboard.press("Escape")
    assert "ras-present" not in stepper.get_attribute("class")
    assert shown.locator(".ras-frame").is_visible()


def test_presented_a_question_shows_its_answers_at_a_key_and_the_right_one_at_the_next(show, story):
    shown = show(page(story), width=1280, height=720)
    begin(shown)
    shown.keyboard.press("f")
    for _ in range(story["questions"][0]["step"]):
        shown.keyboard.press("ArrowRight")
    shown.get_by_role("button", name="Reveal").click()
    assert shown.locator(".ras-ask fieldset label").first.is_visible()
    assert shown.locator(".ras-says").inner_text() == ""
    shown.keyboard.press("r")
    right = next(answer["text"] for answer in story["questions"][0]["answers"] if answer["right"])
    assert shown.locator(".ras-says").inner_text() == f"It is: {right}"
    shown.keyboard.press("ArrowRight")
    assert shown.locator(".ras-count").inner_text().startswith(f"step {story['questions'][0]['step'] + 1} of")


@pytest.mark.parametrize("minutes", ROUTES)
def test_a_handout_has_two_pages(browser, tmp_path, minutes):
    path = tmp_path / "handout.html"
    path.write_text(handout(minutes), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    assert opened.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 2
    opened.close()
