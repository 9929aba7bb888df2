"""The page of switches in a browser: every turn is answered there, and the answer is the simulator's."""

from collections.abc import Callable
from typing import Any

import pytest
from views.test_browser_pages import browser, show, violations

from raslib.sim.explore import Space
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import walk
from raslib.views.page import whatif_page

pytestmark = pytest.mark.browser
__all__ = ["browser", "show"]  # fixtures


@pytest.fixture(scope="module")
def html() -> str:
    return whatif_page("begin=error")


def turn(shown: Any, axis: str, word: str) -> None:
    switch = shown.get_by_label(axis, exact=True)
    group = shown.locator("details").filter(has=switch)
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    switch.select_option(word)


def told(shown: Any) -> list[str]:
    return shown.locator(".ras-story li > div").all_text_contents()


def expected(s: Scenario) -> list[str]:
    found = []
    for step in walk(s).view()["steps"]:
        carried = step["carries"]["label"] if step["carries"] else ""
        to = f"→ {step['to'].replace('.', ' ')}" if step["to"] else ""
        found.append(f"{step['actor']} {step['does']}{carried}{to}")
    return found


def test_the_story_follows_the_switches(show: Callable[..., Any], html: str):
    shown = show(html)
    assert told(shown) == expected(Scenario())
    for axis, word in (("host.notify", "SDEI"), ("guest.notify", "none"), ("cper.section", "PCIe")):
        turn(shown, axis, word)
    s = Scenario.of("host.notify=SDEI", "guest.notify=none", "cper.section=PCIe")
    assert told(shown) == expected(s)
    assert shown.locator(".ras-ended strong").inner_text() == walk(s).outcome["end"]
    assert shown.locator(".ras-chosen code").inner_text().split() == [
        f"{a}={w}" for a, w in (("host.notify", "SDEI"), ("guest.notify", "none"), ("cper.section", "PCIe"))
    ]
    shown.get_by_role("button", name="All defaults").click()
    assert told(shown) == expected(Scenario())


def test_what_matters_is_in_bold_and_offers_another_end(show: Callable[..., Any], html: str):
    shown = show(html)
    bold = {label.locator("select").get_attribute("aria-label") for label in shown.locator("label:not(.idle)").all()}
    ends = Space.of("begin=error").matters(Scenario())
    other = {a for a, words in ends.items() if any(o.end != "sigbus_ar" for o in words.values())}
    assert bold == other
    assert "host.notify" in bold
    offer = shown.locator(".ras-near button").first
    axis, rest = offer.inner_text().split(" = ")
    word, end = rest.split(": ")
    offer.click()
    assert shown.locator(".ras-ended strong").inner_text() == end
    assert walk(Scenario().choose(f"{axis}={word}")).outcome["end"] == end


def test_every_switch_has_its_axis_and_values(show: Callable[..., Any], html: str):
    shown = show(html)
    for name, axis in AXES.items():
        switch = shown.get_by_label(name, exact=True)
        if name == "begin":  # it is given
            assert switch.count() == 0
        else:
            assert switch.locator("option").all_text_contents() == [axis.word(v) for v in axis.values]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_a_screen_reader(show: Callable[..., Any], html: str, scheme: str):
    assert violations(show(html, scheme=scheme)) == []
