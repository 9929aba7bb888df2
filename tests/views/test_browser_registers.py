"""Registers bit by bit, and two stories side by side, in a browser: by mouse and by keyboard."""

import pytest
from views.test_browser_pages import browser, button, in_window, measured, show, sizes, violations

from raslib.formats.errnode import RasVersion
from raslib.sim.compare import compare
from raslib.sim.cpu.routing import State
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.views.errstatus import err_status
from raslib.views.page import comparison_page, register_page
from raslib.views.routing import routed
from raslib.views.syndrome import explain

pytestmark = pytest.mark.browser
__all__ = ["browser", "show"]  # fixtures
ESR = explain("esr", 0x96000410)


def means(shown) -> tuple[str, ...]:
    return tuple(shown.locator(".ras-means li").all_inner_texts())


def word(shown):
    return shown.get_by_label("Value in hex")


def test_a_bit_is_turned_and_the_meaning_follows(show):
    shown = show(register_page(ESR))
    assert means(shown) == ESR.means
    shown.locator("[data-bit='10']").click()
    assert word(shown).input_value() == "0x96000010"
    assert means(shown) == explain("esr", 0x96000010).means
    shown.keyboard.press("ArrowLeft")
    shown.keyboard.press("Space")
    assert word(shown).input_value() == "0x96000810"
    assert shown.evaluate("document.activeElement.dataset.bit") == "11"  # it can be turned back at once
    shown.keyboard.press("Enter")
    assert means(shown) == explain("esr", 0x96000010).means
    assert shown.locator(".ras-boxes button[tabindex='0']").count() == 1


def test_a_value_is_typed_or_chosen_by_its_name(show):
    shown = show(register_page(ESR))
    word(shown).fill("be00_0c11")
    shown.keyboard.press("Enter")
    assert means(shown) == explain("esr", 0xBE000C11).means
    shown.get_by_label("AET", exact=True).select_option("UC")
    assert word(shown).input_value() == "0xbe000011"
    shown.get_by_label("EC", exact=True).select_option("DATA_ABORT_LOWER")
    assert means(shown) == explain("esr", 0x92000011).means
    word(shown).fill("fault")
    shown.keyboard.press("Enter")
    assert shown.get_by_role("status").inner_text() == "fault is not hex digits, 16 at most"
    assert means(shown) == explain("esr", 0x92000011).means


def test_other_registers_are_a_choice_away_and_a_link_opens_them(show):
    shown = show(register_page(explain("disr", 0x80000C11)))
    shown.get_by_label("Register", exact=True).select_option("VSESR_EL2")
    assert means(shown) == explain("vsesr", 0x80000C11).means
    button(shown, "Copy link").click()
    link = shown.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#register=VSESR_EL2&value=0x80000c11")
    shown.goto("about:blank")
    shown.goto(link)
    assert means(shown) == explain("vsesr", 0x80000C11).means


def test_an_error_record_says_what_clears_it_in_each_version(show):
    shown = show(register_page(err_status(0xF430000C)))
    for version, name in ((RasVersion.V1, "v1"), (RasVersion.V2, "v2")):
        shown.get_by_label("Register", exact=True).select_option(f"ERR<n>STATUS, {name}")
        assert means(shown) == err_status(0xF430000C, version).means


@sizes
@pytest.mark.parametrize("syndrome", [ESR, err_status(0xE4800010), routed(State("sea", EL=1))], ids=lambda s: s.name)
def test_bits_and_the_first_sentence_are_in_the_window_and_no_word_is_cut(show, syndrome, width, height, scale):
    """In a low window, as at 200 %, the bar and the first sentence, at least; no letter is under 12 pixels."""
    shown = show(register_page(syndrome), width=width, height=height, scale=scale)
    for box in shown.locator(".ras-boxes > div").all() if height > 360 else ():
        assert box.locator("p").evaluate("node => node.scrollWidth <= node.clientWidth")
        assert box.evaluate("node => node.getBoundingClientRect().bottom <= innerHeight")
    assert in_window(shown, ".ras-means li")
    assert in_window(shown, ".ras-bar input")
    shown.locator(".all summary").click()  # the picture
    assert min(measured(shown, "letters")) >= 11.99
    assert measured(shown, "overlaps") == []
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_register(show, scheme):
    shown = show(register_page(ESR), scheme=scheme)
    shown.locator("[data-bit='11']").click()
    assert violations(shown) == []


# --- two stories -----------------------------------------------------------------------------------------------------

PAIR = compare(Scenario(), Scenario.of("host.first=kernel"))


def row(shown) -> str:
    return shown.locator(".ras-count").inner_text()


def test_two_stories_are_stepped_together_to_where_they_part_and_beyond(show):
    shown = show(comparison_page(PAIR), width=1280, height=720)
    rows, first = len(PAIR.rows), PAIR.first
    assert row(shown) == f"row 1 of {rows}, the same"
    button(shown, "Where they part").click()
    assert row(shown) == f"row {first + 1} of {rows}"
    present = shown.locator(".ras-now")
    assert present.text_content().startswith("Here they part, by host.first. host ")
    assert present.locator(".a").inner_text().endswith(PAIR.rows[first].a.does)
    b = PAIR.rows[first].b
    assert present.locator(".b").text_content() == f"{b.machine} {b.el} {b.actor} {b.does}"
    shown.keyboard.press("ArrowRight")
    assert row(shown) == f"row {first + 2} of {rows}"
    shown.keyboard.press("End")
    ends = shown.locator(".ras-why p b").all_inner_texts()
    assert ends == [f"It ends: {ENDS[trace.outcome['end']]}." for trace in (PAIR.a, PAIR.b)]
    assert shown.locator(".ras-map .end .fate").all_text_contents() == ["■ panic", "■ SIGBUS"]


def test_the_map_shows_each_story_as_far_as_its_row(show):
    shown = show(comparison_page(PAIR), width=1280, height=720)
    assert shown.locator(".ras-map .plate:visible").count() == 0
    for _ in range(PAIR.first):
        button(shown, "Next").click()
    assert shown.locator(".ras-map .now.a.control, .ras-map .now.b.control").count() == 2
    shown.locator(".ras-sides li button").last.click()
    assert row(shown).startswith(f"row {len(PAIR.rows)} of")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900)])
def test_both_machines_and_the_reason_are_in_sight_beside_the_rows(show, width, height):
    shown = show(comparison_page(PAIR), width=width, height=height)
    assert in_window(shown, ".ras-compared svg")
    right = "n => n.querySelector('svg').getBoundingClientRect().right - n.getBoundingClientRect().right"
    assert shown.locator(".ras-compared").evaluate(right) < 0  # nothing of the map is beyond its box
    assert in_window(shown, ".ras-why")
    assert shown.locator(".ras-why > div").nth(1).inner_text() == ""  # what both do is said once


@sizes
def test_the_present_row_is_in_sight(show, width, height, scale):
    shown = show(comparison_page(PAIR), width=width, height=height, scale=scale)
    for _ in PAIR.rows:
        assert in_window(shown, ".ras-now")
        assert min(measured(shown, "letters")) >= 11.99
        button(shown, "Next").click(force=True)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_beside_each_other(show, scheme):
    shown = show(comparison_page(PAIR), scheme=scheme)
    button(shown, "Where they part").click()
    assert violations(shown) == []
