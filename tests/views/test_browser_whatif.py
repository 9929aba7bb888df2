"""The page of switches in a browser: every turn is answered there, and the answer is the simulator's."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from views.test_browser_pages import browser, in_window, measured, show, sizes, violations

from raslib.formats.hest import Hest
from raslib.rules import lint
from raslib.sim.explore import Space
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.walk import walk
from raslib.views.island import island, map_template, script
from raslib.views.page import page, whatif_page
from raslib.views.theme import style
from raslib.views.trace_view import trace_view
from raslib.views.whatif import slice_of, whatif_view

pytestmark = pytest.mark.browser
__all__ = ["browser", "show"]  # fixtures


@pytest.fixture(scope="module")
def html() -> str:
    return whatif_page("begin=error")


def turn(shown: Any, axis: str, word: str) -> None:
    switch = shown.get_by_label(axis, exact=True)
    group = shown.locator(".ras-groups details").filter(has=switch)
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
    end = walk(s).outcome["end"]
    assert shown.locator(".ras-ended strong").inner_text() == f"It ends: {ENDS[end]}."
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
    word, end = rest.split(": ", 1)
    offer.click()
    assert shown.locator(".ras-ended strong").inner_text() == f"It ends: {end}."
    assert ENDS[walk(Scenario().choose(f"{axis}={word}")).outcome["end"]] == end


def ends_with(shown: Any) -> str:
    return shown.locator(".ras-ended").get_attribute("data-end")


def test_every_preset_is_a_story_of_its_own_whose_sentence_is_true(show: Callable[..., Any], html: str):
    shown = show(html)
    presets = shown.get_by_label("Presets")
    sentences = presets.locator("option").all_text_contents()[1:]
    commands = []
    for number, sentence in enumerate(sentences):
        presets.select_option(str(number))
        choices = shown.locator(".ras-chosen code").inner_text()
        commands.append(choices)
        trace = walk(Scenario.of(*([] if choices.startswith("(") else choices.split())))
        assert ends_with(shown) == trace.outcome["end"]
        keys = {step.text.key for step in trace}
        assert TRUE_OF[sentence](trace, keys), sentence
    assert len(set(commands)) == len(sentences) == len(TRUE_OF)


TRUE_OF: dict[str, Callable[[Any, set[str]], bool]] = {
    "The default: abort, firmware first, a guest that is told": lambda t, keys: {"firmware.sea", "qemu.sea"} <= keys,
    "Nobody asks the firmware: the host is kernel-first": lambda t, _: all(s.el != "EL3" for s in t),
    "QEMU does not tell its guest": lambda t, _: all(s.machine == "host" for s in t),
    "The firmware interrupts instead of aborting": lambda t, keys: "firmware.interrupt" in keys,
    "The firmware calls the kernel by SDEI": lambda t, keys: "firmware.sdei" in keys,
    "A process of the host owns the page and runs": lambda t, _: any(s.actor == "process" for s in t),
    "The guest has not yet read the error before": lambda t, _: not t.scenario["guest.acked"],
    "The core cannot contain the error": lambda t, keys: t.outcome["end"] == "fw_panic",
}


def test_a_turn_says_what_it_changed_and_is_undone(show: Callable[..., Any], html: str):
    shown = show(html)
    since = shown.locator(".ras-result .ras-label")
    turn(shown, "host.vhe", "false")
    assert since.inner_text() == "Since the last turn: the same end; new steps: 10."
    assert shown.locator(".ras-new").count() == 10
    turn(shown, "guest.notify", "none")
    assert since.inner_text() == f"Since the last turn: another end. It was: {ENDS['sigbus_ar']}."
    shown.get_by_role("button", name="Undo").click()
    assert told(shown) == expected(Scenario.of("host.vhe=false"))
    shown.get_by_label("host.notify", exact=True).focus()
    shown.keyboard.press("Control+z")
    assert told(shown) == expected(Scenario())


def test_a_pinned_story_stays_on_the_map_beside_the_present_one(show: Callable[..., Any], html: str):
    shown = show(html)
    shown.get_by_role("button", name="Pin", exact=True).click()
    turn(shown, "host.first", "kernel")
    plates = shown.locator(".ras-map .plate text:first-child").all_text_contents()
    assert plates == ["■ now", "■ pinned"]
    assert shown.locator('.ras-map [data-at="host.hardware>host.KVM"]').get_attribute("class") == "control lit a"
    assert shown.locator('.ras-map [data-at="host.hardware>host.EL3"]').get_attribute("class") == "control lit b"
    assert shown.locator('.ras-map [data-at="host.HEST"] text').all_text_contents()[:2] == [
        "HEST source 0",
        "none | SEA",
    ]
    shown.get_by_role("button", name="Copy command").click()
    assert shown.evaluate("navigator.clipboard.readText()") == "raslib compare - host.first=kernel"
    shown.get_by_role("button", name="Unpin").click()
    assert shown.locator(".ras-map .b").count() == 0


def test_choices_are_found_and_explained_without_a_mouse(show: Callable[..., Any], html: str):
    shown = show(html)
    groups = shown.locator(".ras-groups details")
    assert groups.first.locator("label").count() == 10
    assert groups.first.get_attribute("open") is not None
    shown.get_by_role("searchbox").fill("critical-outstanding")
    visible = [label for label in shown.locator(".ras-rows label").all() if label.is_visible()]
    assert [label.locator("select").get_attribute("aria-label") for label in visible] == ["el3.sdei"]
    visible[0].locator("select").focus()
    note = shown.get_by_role("note").inner_text()
    assert AXES["el3.sdei"].meaning in note
    assert str(AXES["el3.sdei"].to_json()["source"]) in note
    shown.get_by_role("searchbox").fill("")
    assert shown.get_by_label("host.first", exact=True).is_visible()


def test_a_link_opens_the_same_story_and_a_wrong_one_what_it_can(show: Callable[..., Any], html: str):
    shown = show(html)
    turn(shown, "host.notify", "SDEI")
    turn(shown, "guest.notify", "GSIV")
    shown.get_by_role("button", name="Copy link").click()
    link = shown.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#choices=host.notify=SDEI,guest.notify=GSIV")
    s = Scenario.of("host.notify=SDEI", "guest.notify=GSIV")
    for address in (link, link.replace(",guest", ",nobody=1,host.vhe=maybe,guest")):
        shown.goto("about:blank")
        shown.goto(address)
        assert told(shown) == expected(s)
    shown.get_by_role("button", name="Copy command").click()
    assert shown.evaluate("navigator.clipboard.readText()") == "raslib walk host.notify=SDEI guest.notify=GSIV"


@pytest.mark.parametrize("width", [800, 980, 1100])
def test_the_place_of_the_end_is_in_sight_where_the_map_is_wider_than_its_room(show, html, width):
    shown = show(html, width=width, height=800)
    right = "n => n.getBoundingClientRect().right"
    for word in ("kernel", "firmware"):
        assert shown.locator(".ras-map .end").evaluate(right) <= shown.locator(".ras-map-box").evaluate(right)
        assert in_window(shown, ".ras-map .end")
        shown.get_by_label("host.first", exact=True).select_option(word)
    rect = "getBoundingClientRect()"
    gap = f"n => n.querySelector('select').{rect}.left - n.querySelector('span').{rect}.right"
    assert all(label.evaluate(gap) >= 0 for label in shown.locator(".ras-rows label:visible").all())


@pytest.mark.parametrize("width", [900, 1000, 1100, 1280, 1440])
def test_the_names_of_the_main_choices_stand_on_one_line(show, html, width):
    names = show(html, width=width).locator("details[open] .ras-rows span")
    heights = names.evaluate_all("all => all.map((name) => [name.textContent, name.offsetHeight])")
    assert len(heights) == 10
    assert [name for name, height in heights if height > 24] == []


@sizes
def test_the_end_and_the_map_are_in_the_window_while_any_switch_is_turned(show, html, width, height, scale):
    shown = show(html, width=width, height=height, scale=scale)
    assert min(measured(shown, "letters")) >= 11.99
    assert measured(shown, "overlaps") == []
    for name in AXES:
        switch = shown.get_by_label(name, exact=True)
        if switch.count():
            group = shown.locator(".ras-groups details").filter(has=switch)
            group.evaluate("node => (node.open = true)")
            switch.focus()
            assert in_window(shown, f'select[aria-label="{name}"]'), name
            assert in_window(shown, ".ras-ended strong"), name
            assert in_window(shown, '.ras-map [data-at="host.KVM"]'), name


@pytest.mark.parametrize(("width", "height"), [(640, 360), (683, 384), (720, 450)])
def test_at_200_percent_the_whole_map_stands_beside_the_switch_that_is_turned(show, html, width, height):
    """1280x720, 1366x768 and 1440x900 at 200 %; by keyboard, for several ends, the longest in words among them."""
    shown = show(html, width=width, height=height, scale=2)
    for axis, key in (
        ("host.first", "ArrowDown"),
        ("guest.notify", "End"),
        ("error.category", "End"),
        ("host.linux", "Home"),
    ):
        switch = shown.get_by_label(axis, exact=True)
        switch.focus()
        before = switch.input_value()
        shown.keyboard.press(key)
        assert switch.input_value() != before
        for what in (
            ".ras-ended strong",
            ".ras-map",
            '.ras-map [data-at="guest.process"]',
            f'select[aria-label="{axis}"]',
        ):
            assert in_window(shown, what), (axis, what)
        boxes = [shown.locator(what).bounding_box() for what in (".ras-map", ".ras-switches")]
        assert boxes[0]["x"] >= boxes[1]["x"] + boxes[1]["width"]
        assert boxes[0]["width"] > 280
        assert min(measured(shown, "letters")) >= 11.99


def test_at_200_percent_the_map_has_its_words_when_it_has_the_focus(show, html):
    shown = show(html, width=640, height=360, scale=2)
    name = shown.locator('.ras-map [data-at="host.KVM"] text').first
    assert not name.is_visible()
    shown.get_by_role("group", name="Map").focus()
    assert name.is_visible()
    assert min(measured(shown, "letters")) >= 11.99
    shown.get_by_label("host.first", exact=True).focus()
    assert not name.is_visible()


def test_each_source_of_a_table_can_be_chosen_and_what_it_does_not_offer_is_said(show: Callable[..., Any]):
    sources = [Scenario.of(f"host.notify={n}").host.hest().error_sources[0] for n in ("SDEI", "NMI")]
    table = Hest(error_sources=tuple(s.replace(source_id=i + 3) for i, s in enumerate(sources)))
    shown = show(whatif_page(*slice_of(Scenario()), hest=table))
    ended = shown.locator(".ras-ended")
    assert (
        "Your HEST has no source that notifies by SEA: by this table no firmware could report so." in ended.inner_text()
    )
    turn(shown, "guest.notify", "none")
    source = shown.get_by_role("button", name="Your HEST, source 3: SDEI")
    source.click()
    assert source.get_attribute("aria-pressed") == "true"
    assert told(shown) == expected(Scenario.of("host.notify=SDEI", "guest.notify=none"))
    assert "Your HEST" not in ended.inner_text()
    unused = "Your HEST, source 4: NMI (not used: Notification by NMI does not exist on arm64)"
    shown.get_by_role("button", name=unused).click()
    assert findings(shown) == [
        f"{f.level.value} {f.path}: {f.says}. {f.why}. {f.cite}" for f in lint(Hest, table.build())
    ]
    assert command(shown) == "raslib walk --hest HEST.bin guest.notify=none host.notify=NMI"
    s = Scenario.of("host.notify=NMI", "guest.notify=none")
    assert told(shown) == expected(s)
    assert ended.get_attribute("data-end") == walk(s, hest=table).outcome["end"]
    turn(shown, "host.first", "kernel")
    assert "Your HEST" not in ended.inner_text()
    assert command(shown) == "raslib walk guest.notify=none host.notify=NMI host.first=kernel"


def findings(shown: Any) -> list[str]:
    return shown.get_by_role("list", name="Findings of lint").locator("li").all_text_contents()


def command(shown: Any) -> str:
    shown.get_by_role("button", name="Copy command").click()
    return str(shown.evaluate("navigator.clipboard.readText()"))


def saved(shown: Any) -> Hest:
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Save HEST").click()
    assert download.value.suggested_filename == "HEST.bin"
    return Hest.parse(Path(download.value.path()).read_bytes())


def set_source(shown: Any, number: int, **fields: str) -> None:
    names = {"notify": f"source {number} notifies by", "version": f"version of source {number}"}
    names |= {"id": f"id of source {number}", "interval": f"interval of source {number}"}
    for field, word in fields.items():
        shown.get_by_label(names[field], exact=True).select_option(label=word)


def test_a_table_is_built_with_what_lint_finds_in_it_and_the_story_is_that_of_its_source(show: Callable[..., Any]):
    shown = show(whatif_page(*slice_of(Scenario())))
    shown.locator("summary", has_text="HEST of the host").click()
    shown.get_by_role("button", name="Build one").click()
    assert saved(shown) == Scenario().host.hest()
    assert findings(shown) == ["Lint finds nothing wrong."]
    assert command(shown) == f"echo {Scenario().host.hest().build().hex()} | raslib walk --hest -"
    for number, fields in enumerate(ROWS):
        if number:
            shown.get_by_role("button", name="Add a source").click()
        set_source(shown, number, **fields)
        table, choices = saved(shown), shown.locator(".ras-chosen code").inner_text()
        found = [f"{f.level.value} {f.path}: {f.says}. {f.why}. {f.cite}" for f in lint(Hest, table.build())]
        assert findings(shown) == (found or ["Lint finds nothing wrong."])
        assert table.error_sources[number].notification.type.name == fields["notify"]
        source = number if f"--source {number}" in command(shown) else None
        s = Scenario.of(*([] if choices.startswith("(") else choices.split()))
        assert ends_with(shown) == walk(s, hest=table, source=source).outcome["end"]
    assert command(shown) == f"echo {table.build().hex()} | raslib walk --hest - --source 5 host.notify=GSIV"
    assert len(found) == 4  # an interval of 0, out of order, refused, an id twice
    shown.get_by_role("button", name="Source 1: POLLED").click()
    assert ends_with(shown) == walk(Scenario.of("host.notify=POLLED"), hest=table).outcome["end"]
    assert command(shown) == f"echo {table.build().hex()} | raslib walk --hest - host.notify=POLLED"
    for _ in ROWS:  # those that follow move up
        shown.get_by_role("button", name="Remove source 0").click()
    assert findings(shown) == []
    assert "--hest" not in command(shown)


ROWS: tuple[dict[str, str], ...] = (
    {"notify": "SDEI"},
    {"notify": "POLLED", "interval": "0 ms"},
    {"notify": "GSIV", "version": "GHES"},
    {"notify": "SEI", "version": "GHES"},
    {"notify": "SEA", "id": "id 0"},
    {"notify": "GSIV"},
)


def build(shown: Any, *rows: dict[str, str]) -> None:
    """Builds a table in the form, by mouse."""
    box = shown.locator("details", has_text="HEST of the host")
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    for number, fields in enumerate(rows):
        shown.get_by_role("button", name="Add a source" if number else "Build one").click()
        set_source(shown, number, **fields)


def panel(shown: Any) -> tuple[Any, ...]:
    """The table of a panel as it stands there: its rows, the one that speaks, what lint finds, how it ends."""
    rows = shown.locator(".ras-source")
    chosen = rows.locator("select").evaluate_all("nodes => nodes.map((node) => node.value)")
    speaks = rows.locator('[aria-pressed="true"]').evaluate_all("nodes => nodes.map((n) => n.ariaLabel)")
    return chosen, speaks, findings(shown), told(shown), ends_with(shown)


def test_a_link_brings_the_table_that_was_built(show: Callable[..., Any]):
    shown = show(whatif_page(*slice_of(Scenario())))
    build(shown, *ROWS)
    turn(shown, "guest.notify", "none")
    shown.get_by_role("button", name="Source 1: POLLED").click()
    table, there, here = saved(shown), command(shown), panel(shown)
    shown.get_by_role("button", name="Copy link").click()
    link = shown.evaluate("navigator.clipboard.readText()")
    shown.goto("about:blank")
    shown.goto(link)
    assert panel(shown) == here
    assert len(here[2]) == 4
    assert saved(shown) == table
    assert command(shown) == there
    shown.get_by_role("button", name="Add a source").click()  # and one goes on from there
    assert len(saved(shown).error_sources) == len(ROWS) + 1


def test_a_copied_command_brings_the_table_that_was_built(show: Callable[..., Any]):
    """To any shell, without a file."""
    shown = show(whatif_page(*slice_of(Scenario())))
    build(shown, {"notify": "GSIV", "version": "GHES"}, {"notify": "SDEI"})
    line = command(shown).replace("raslib", f"{sys.executable} -m raslib")
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout == f"{walk(Scenario.of('host.notify=SDEI'), hest=saved(shown))}\n"
    shown.get_by_role("button", name="Pin", exact=True).click()
    shown.get_by_role("button", name="Source 0: GSIV").click()
    both = f"echo {saved(shown).build().hex()} | raslib compare --hest - host.notify=SDEI host.notify=GSIV"
    assert command(shown) == both


@pytest.mark.parametrize(
    ("link", "left_out"),
    [
        ("host.notify=SDEI,hest=0.1-SDEI.v2.1000.0", ""),
        ("host.notify=SDEI,hest=0.1-SDEI.v3.1000.0", "hest=0.1-SDEI.v3.1000.0"),
        ("host.notify=SDEI,hest=0.2-SDEI.v2.1000.0", "hest=0.2-SDEI.v2.1000.0"),
        ("host.notify=SDEI,hest=3.1-SDEI.v2.1000.0", "hest=3.1-SDEI.v2.1000.0"),
        ("host.notify=SDEI,hest=0.1-SDEI.v2.1000.7", "hest=0.1-SDEI.v2.1000.7"),
        ("host.notify=SDEI,hest=1.0", "hest=1.0"),
        ("host.notify=SDEI,hest", "hest="),
        ("host.notify=SDEI,host.vhe=maybe,guest.noti", "host.vhe=maybe,guest.noti="),
    ],
)
def test_of_a_damaged_link_it_is_said_what_is_left_out_and_nothing_is_lost(show: Callable[..., Any], link, left_out):
    shown = show(whatif_page(*slice_of(Scenario())))
    build(shown, {"notify": "GSIV"})
    mine = panel(shown)
    shown.evaluate("link => { location.hash = `choices=${link}` }", link)
    shown.wait_for_function("() => document.querySelector('.ras-chosen').innerText.includes('SDEI')")
    assert told(shown) == expected(Scenario.of("host.notify=SDEI"))
    since = shown.locator(".ras-result .ras-label").inner_text()
    assert (
        since == f"What cannot be read of this link is left out: {left_out}"
        if left_out
        else "another end" in since or "same end" in since
    )
    shown.get_by_role("button", name="Undo").click()
    assert panel(shown) == mine


def test_undo_goes_back_over_choices_and_rows_of_the_table_alike(show: Callable[..., Any]):
    """One list of all turns, by mouse and by keyboard; at its beginning it stays."""
    shown = show(whatif_page(*slice_of(Scenario()), hest=Scenario.of("host.notify=NMI").host.hest()))
    states = [panel(shown)]
    for act in (
        lambda: turn(shown, "guest.notify", "none"),
        lambda: shown.get_by_role("button", name="Build one").click(),
        lambda: set_source(shown, 0, notify="SDEI"),
        lambda: shown.get_by_role("button", name="Add a source").click(),
        lambda: turn(shown, "host.vhe", "false"),
        lambda: set_source(shown, 1, version="GHES"),
        lambda: shown.get_by_role("button", name="Source 0: SDEI").click(),
        lambda: shown.get_by_role("button", name="Remove source 0").click(),
    ):
        act()
        states.append(panel(shown))
    assert all(one != other for one, other in pairwise(states))
    undo = shown.get_by_role("button", name="Undo")
    for before in states[-2:3:-1]:
        shown.keyboard.press("Control+z")
        assert panel(shown) == before
    for before in states[3::-1]:
        undo.click()
        assert panel(shown) == before
    assert undo.get_attribute("aria-disabled") == "true"
    assert shown.get_by_role("button", name="Your HEST, source 0: NMI").count() == 1


def test_a_table_is_built_by_keyboard_alone(show: Callable[..., Any]):
    shown = show(whatif_page(*slice_of(Scenario())))
    shown.locator("summary", has_text="HEST of the host").focus()
    for key in ("Enter", "Tab", "Enter", "Shift+Tab", "Shift+Tab", "Shift+Tab", "End", "Control+z", "Control+z"):
        shown.keyboard.press(key)
        if key == "End":
            assert panel(shown)[0] == ["SSE", "v2"]
    assert shown.locator(".ras-source").count() == 0
    assert shown.get_by_role("button", name="Build one").evaluate("node => node === document.activeElement")


@pytest.fixture(scope="module")
def of_site() -> str:
    """A page of the site with the panel in it."""
    data = whatif_view(Scenario(), *slice_of(Scenario()))
    return f"<style>{style('page', 'theme', 'svg', 'views', 'whatif')}</style>{island('whatif', data, '')}" + (
        f"{map_template()}<script>{script('whatif')}</script>"
    )


def test_a_link_brings_the_table_into_a_page_of_the_site(show: Callable[..., Any], of_site: str):
    shown = show(of_site)
    build(shown, {"notify": "GSIV", "version": "GHES"}, {"notify": "SDEI"})
    here, table = panel(shown), saved(shown)
    shown.get_by_role("button", name="Copy link").click()
    link = shown.evaluate("navigator.clipboard.readText()")
    shown.goto("about:blank")
    shown.goto(link)
    assert panel(shown) == here
    assert saved(shown) == table


def test_the_table_of_qemu_is_built_source_for_source(show: Callable[..., Any]):
    shown = show(whatif_page(*slice_of(Scenario())))
    shown.locator("summary", has_text="HEST of the host").click()
    shown.get_by_role("button", name="As QEMU's").click()
    ours, theirs = saved(shown), Scenario().guest.hest()
    said = [[(s.type, s.source_id, s.notification) for s in table.error_sources] for table in (ours, theirs)]
    assert said[0] == said[1]
    assert findings(shown) == ["Lint finds nothing wrong."]


def test_pages_are_small():
    assert len(whatif_page(*slice_of(Scenario())).encode()) <= 350_000
    assert len(page(trace_view(walk(Scenario()))).encode()) <= 200_000


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
