"""Words of labels open their cards in every view of a page: by touch, by mouse, and by key."""

import re

import pytest
from learn.keyboard import tab_to
from views.test_browser_pages import browser, show, violations

from raslib.formats.ghes import StatusBlock
from raslib.learn.terms import terms
from raslib.resources import samples
from raslib.sim.compare import compare
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.bytes_view import bytes_view
from raslib.views.errstatus import err_status
from raslib.views.page import comparison_page, page, record_page, register_page, whatif_page
from raslib.views.syndrome import explain
from raslib.views.trace_view import trace_view
from raslib.views.whatif import slice_of

pytestmark = pytest.mark.browser
__all__ = ["browser", "show"]  # fixtures
PAGES = {
    "stepper": lambda: page(trace_view(walk(Scenario()))),
    "bytes": lambda: record_page(
        bytes_view(StatusBlock, samples("status_blocks/g_arm")), selected="entries[0].section.midr_el1"
    ),
    "syndrome": lambda: register_page(explain("esr", 0x96000410)),
    "errstatus": lambda: register_page(err_status(0x6400_0612)),
    "what if": lambda: whatif_page(*slice_of(Scenario())),
    "comparison": lambda: comparison_page(compare(Scenario(), Scenario.of("host.notify=SDEI"))),
}
LABELS = (  # of a page: where a label stands, a text in it, and the card that it opens
    ("stepper", ".ras-heads text", "EL3", "EL3"),
    ("bytes", ".ras-about .ras-term", "UEFI", "UEFI"),
    ("syndrome", ".ras-boxes p", "FnV", "FnV"),
    ("syndrome", ".ras-registers td span", "DFSC", "DFSC"),
    ("syndrome", ".ras-means .ras-term", "APEI", "APEI"),
    ("errstatus", ".ras-boxes p", "CE", "CE"),
    ("errstatus", ".ras-registers td span", "UE", "UE"),
    ("what if", ".ras-map text", "memory_failure", "memory_failure"),
    ("what if", ".ras-switches label span", "ghes", "GHES"),
    ("what if", ".ras-switches label span", "vhe", "VHE"),
    ("comparison", ".ras-map text", "memory_failure", "memory_failure"),
)


def names(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")


@pytest.mark.parametrize(("name", "where", "text", "word"), LABELS)
def test_a_tap_on_a_label_opens_its_card_and_a_tap_elsewhere_closes_it(show, name, where, text, word):
    shown = show(PAGES[name](), touch=True)
    shown.evaluate("() => document.querySelectorAll('.ras-groups details').forEach(group => { group.open = true; })")
    label = shown.locator(where, has_text=names(text)).first
    card = shown.locator(".ras-card:popover-open")
    for opened in (label.tap, label.click):
        opened()
        assert card.inner_text() == f"{word}, {terms()[word].line}"
        shown.locator("h1").tap()
        assert card.count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_a_page_is_in_a_list_that_opens_cards_by_key(show, name):
    shown = show(PAGES[name]())
    words = shown.locator(".ras-words")
    assert words.count() == 1
    tab_to(shown, words.locator("summary:focus"))
    shown.keyboard.press("Enter")
    shown.keyboard.press("Tab")
    first = words.locator(".ras-term").first
    shown.keyboard.press("Enter")
    card = shown.locator(".ras-card:popover-open")
    assert card.inner_text().startswith(f"{first.inner_text()}, ")
    assert violations(shown) == []
    shown.keyboard.press("Escape")
    assert card.count() == 0
    assert shown.evaluate("() => document.activeElement.textContent") == first.inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_the_cards_of_words_that_stand_in_it_and_no_others(name):
    html = PAGES[name]()
    carried = re.search(r'"terms":(\{[^{}]*\})', html)
    rest = html.replace(carried[0], "")
    words = re.findall(r'"([^"]+)":"', carried[1])
    assert len(words) > 3
    assert [word for word in words if not re.search(names(word.lower()), rest.lower())] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_word_with_a_card_stands_in_its_line_as_any_other(show, name):
    """No rule for the buttons of a view makes a box of it."""
    shown = show(PAGES[name]())
    shown.locator(".ras-words summary").click()
    shown.keyboard.press("End")
    looks = "words => words.map(word => [getComputedStyle(word).display, word.offsetHeight])"
    found = shown.locator(".raskit .ras-term:visible").evaluate_all(looks)
    assert len(found) > 3
    assert {display for display, _ in found} == {"inline-block"}
    assert max(height for _, height in found) < 30


def test_a_word_in_the_text_about_a_choice_opens_its_card(show):
    shown = show(PAGES["what if"]())
    shown.get_by_label("host.notify", exact=True).focus()
    word = shown.locator(".ras-note .ras-term").first
    word.focus()
    shown.keyboard.press("Enter")
    assert shown.locator(".ras-card:popover-open").inner_text().startswith(f"{word.inner_text()}, ")


def test_the_bytes_of_a_step_have_the_cards_of_their_words(show):
    steps = trace_view(walk(Scenario()))["steps"]
    handed = next(at for at, step in enumerate(steps) if step["carries"] and step["carries"].get("fields"))
    shown = show(page(trace_view(walk(Scenario())), step=handed))
    shown.get_by_role("button", name="Bytes and fields").click()
    fields = shown.locator(".ras-fields")
    fields.get_by_role("treeitem", name=re.compile("error_severity")).first.click()
    word = fields.locator(".ras-about .ras-term").first
    word.click()
    assert shown.locator(".ras-card:popover-open").inner_text() == f"ACPI, {terms()['ACPI'].line}"
