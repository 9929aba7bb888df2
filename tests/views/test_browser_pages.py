"""The stand-alone pages in a browser: all of it by mouse and by keyboard, in light and dark, nothing from the net."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from views.sample import BROKEN, HEX, RECORD, TRACE

from raslib import tools
from raslib.formats.ghes import StatusBlock
from raslib.resources import samples
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk
from raslib.views.bytes_view import bytes_view
from raslib.views.map import story_map
from raslib.views.page import differences_page, page, record_page
from raslib.views.trace_view import trace_view

pytestmark = pytest.mark.browser
CHANGED = HEX[:216] + "00200040" + HEX[224:]  # another physical address


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from lab import BROWSER_FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path) -> Iterator[Callable]:
    """Opens HTML from a file, without a network; at the end there must have been no error and no request."""
    opened, complaints = [], []

    def on_request(request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            complaints.append(f"asks for {request.url}")

    def show(
        html: str, width: int = 1180, height: int = 900, scheme: str = "light", scale: int = 1, touch: bool = False
    ):
        path = tmp_path / "view.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme=scheme,
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
            offline=True,
        )
        opened.append(context)
        context.set_default_timeout(5000)
        shown = context.new_page()
        shown.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("request", on_request)
        shown.goto(path.as_uri())
        shown.locator(".raskit").wait_for()
        return shown

    yield show
    for context in opened:
        context.close()
    assert complaints == []


def button(shown, name: str):
    return shown.get_by_role("button", name=name, exact=True)


def at(shown) -> int:
    """The step that the counter, the slider, the picture and the list of steps all agree upon."""
    step = int(re.fullmatch(r"step (\d+) of 14", shown.locator(".ras-count").inner_text())[1])
    assert shown.get_by_role("slider").input_value() == str(step)
    assert shown.locator(".ras-pic .now").get_attribute("data-step") == str(step - 1)
    assert shown.locator(".ras-pic .past").count() == step - 1
    assert shown.locator(".ras-pic .future").count() == 14 - step
    assert shown.locator(".ras-pic li").nth(step - 1).get_by_role("button").get_attribute("aria-current") == "step"
    return step


def violations(shown) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    found = axe.Axe().run(shown).response["violations"]
    return [f"{each['id']}: {node['html'][:160]} {node['failureSummary']}" for each in found for node in each["nodes"]]


# --- the stepper -----------------------------------------------------------------------------------------------------


def test_steps_by_button(show):
    shown = show(page(TRACE))
    assert at(shown) == 1
    for name, step in [("Back", 1), ("Next", 2), ("Next", 3), ("Back", 2), ("Last", 14), ("Next", 14), ("First", 1)]:
        button(shown, name).click(force=True)  # at an end a button keeps the focus, so it is disabled in words only
        assert at(shown) == step


def test_steps_by_key_from_anywhere_in_the_view(show):
    shown = show(page(TRACE))
    shown.locator(".ras-does").click()
    for key, step in [
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", 14),
        ("ArrowRight", 14),
        ("Home", 1),
    ]:
        shown.keyboard.press(key)
        assert at(shown) == step
    button(shown, "Save SVG").focus()
    shown.keyboard.press("ArrowRight")
    assert at(shown) == 2


def test_slider_keeps_its_own_keys(show):
    shown = show(page(TRACE))
    slider = shown.get_by_role("slider", name="Step")
    slider.focus()
    shown.keyboard.press("ArrowRight")
    assert at(shown) == 2
    assert (
        slider.get_attribute("aria-valuetext") == "step 2 of 14: EL3 firmware reads the error record of the memory node"
    )
    shown.keyboard.press("End")
    assert at(shown) == 14
    slider.fill("9")
    assert at(shown) == 9


def test_rows_are_buttons(show):
    """A click on a row goes there; Up and Down move among the rows, of which one is a tab stop."""
    shown = show(page(TRACE))
    rows = shown.get_by_role("list", name="All steps").get_by_role("button")
    rows.nth(6).click()
    assert at(shown) == 7
    shown.keyboard.press("ArrowDown")
    assert at(shown) == 8
    assert rows.nth(7).evaluate("row => row === document.activeElement")
    shown.keyboard.press("ArrowUp")
    assert at(shown) == 7
    assert [rows.nth(i).get_attribute("tabindex") for i in range(14)] == ["0" if i == 6 else "-1" for i in range(14)]
    assert rows.nth(2).inner_text() == (
        "Step 3, host EL3: EL3 firmware writes a Generic Error Status Block, severity recoverable"
    )
    box, row = rows.nth(6).bounding_box(), shown.locator('.ras-pic [data-step="6"] .row').bounding_box()
    assert box == pytest.approx(row, abs=1)


def test_space_and_p_play_and_pause(show):
    shown = show(page(TRACE))
    shown.locator(".ras-does").click()
    shown.keyboard.press("p")
    button(shown, "Pause").wait_for()
    shown.locator(".ras-count", has_text="step 2 of 14").wait_for()
    shown.keyboard.press(" ")
    button(shown, "Play").wait_for()
    shown.wait_for_timeout(1800)
    assert at(shown) == 2
    button(shown, "Play").focus()
    shown.keyboard.press(" ")  # a button that has the focus is pressed, once
    button(shown, "Pause").wait_for()


def test_stops_where_something_happens(show):
    shown = show(page(TRACE))
    choice = shown.get_by_role("combobox", name="Stop at")
    offered = choice.locator("option").all_inner_texts()
    assert offered[:9] == [
        "Stop at …",
        "the exception level changes (7)",
        "the guest is told (1)",
        "an exception is taken (4)",
        "a register is used (1)",
        "CPER written or read (3)",
        "user space learns of it (signal) (2)",
        "user space asks the kernel (ioctl) (1)",
        "host PE changes (6)",
    ]
    choice.select_option("CPER written or read (3)")
    for step in (3, 7, 11, 11):
        button(shown, "Next stop").click()
        assert at(shown) == step
    assert shown.get_by_role("status").inner_text() == "It does not happen again"
    choice.select_option("the guest is told (1)")
    button(shown, "Next stop").click()
    assert at(shown) == 13


def test_play_ends_at_a_stop(show):
    shown = show(page(TRACE, step=1))
    shown.get_by_role("combobox").select_option("CPER written or read (3)")
    button(shown, "Play").click()
    shown.locator(".ras-count", has_text="step 3 of 14").wait_for()
    button(shown, "Play").wait_for()
    assert at(shown) == 3


def test_what_changed_is_marked_and_says_what_it_was(show):
    shown = show(page(TRACE, step=6))
    changed = shown.locator(".ras-changed").all_inner_texts()
    assert changed == ["host status block\tempty was 172 bytes", "host read_ack\t1 was 0", "claimed\tyes was unset"]
    rows = dict(text.split("\t") for text in shown.locator(".ras-state tr").all_inner_texts())
    assert rows["ESR_EL2"] == "0x92000010"
    assert rows["signal"] == "–"
    said = shown.get_by_role("status").inner_text()
    assert said.startswith("Step 7 of 14. GHES driver copies the status block")
    assert "host read_ack is 1" in said


def test_the_panel_tells_why_and_from_where(show):
    shown = show(page(TRACE, step=2))
    panel = shown.get_by_role("group", name="This step")
    assert panel.locator(".ras-does").inner_text() == (
        "EL3 firmware writes a Generic Error Status Block, severity recoverable."
    )
    assert panel.locator(".ras-why").inner_text() == TRACE["steps"][2]["why"]
    assert panel.get_by_role("list", name="Sources").inner_text() == "ACPI 6.5 §18.3.2.7.1\nUEFI 2.10 §N.2.5"


def test_bytes_that_nobody_read_are_bytes_all_the_same(show):
    """A step may carry bytes without their fields: the same view shows them."""
    steps = [s | {"carries": s["carries"] and s["carries"] | {"fields": None}} for s in TRACE["steps"]]
    shown = show(page(TRACE | {"steps": steps}, step=2))
    button(shown, "Bytes and fields").click()
    assert cell(shown, 0).inner_text() == "11"
    assert cell(shown, 0).get_attribute("aria-label") == "byte 0 (0x0) is 11, no field claims it"
    assert shown.get_by_role("treeitem").count() == 0


SCRIPT = "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s)"
HANDLER = "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.ran = true\">')"


@pytest.mark.parametrize("bound", [True, False], ids=["policy", "none"])
@pytest.mark.parametrize("attempt", [SCRIPT, HANDLER], ids=["script", "handler"])
def test_what_gets_into_a_page_does_not_run(browser, tmp_path, bound, attempt):
    """Its policy lets run the page's own script alone; without it, this test says, the browser would run the other."""
    html = page(TRACE) if bound else re.sub("<meta http-equiv.*?>", "", page(TRACE))
    (tmp_path / "view.html").write_text(html, encoding="utf-8")
    context = browser.new_context(offline=True)
    shown = context.new_page()
    shown.goto((tmp_path / "view.html").as_uri())
    shown.locator(".raskit").wait_for()  # the page's own script has run
    shown.evaluate(attempt)
    shown.wait_for_timeout(100)
    assert shown.evaluate("window.ran ?? false") is not bound
    context.close()


def test_outcome_is_shown_at_the_end_and_within_reach_before(show):
    shown = show(page(TRACE))
    killed = shown.get_by_role("definition").filter(has_text="killed by SIGBUS")
    assert not killed.is_visible()
    shown.locator("summary", has_text="Outcome").click()
    assert killed.is_visible()
    shown.locator("summary", has_text="Outcome").click()
    button(shown, "Last").click()
    assert killed.is_visible()


def test_moving_lays_nothing_out_anew(show):
    """The picture is the same element, and only classes of its rows differ."""
    shown = show(page(TRACE))
    shown.evaluate(
        "() => { window.before = document.querySelector('.ras-pic svg'); window.size = before.outerHTML.length }"
    )
    bare = "() => document.querySelector('.ras-pic svg').outerHTML.replace(/ (past|now|future)/g, '')"
    first = shown.evaluate(bare)
    button(shown, "Last").click()
    assert shown.evaluate("() => window.before === document.querySelector('.ras-pic svg')")
    assert shown.evaluate(bare) == first


def test_the_present_step_is_in_sight(show):
    """In a low window the picture scrolls by itself, under its heads."""
    shown = show(page(TRACE), height=600)
    for name in ("Last", "First"):
        button(shown, name).click()
        frame, row = (shown.locator(q).bounding_box() for q in (".ras-frame", ".ras-pic .now .row"))
        assert frame["y"] <= row["y"]
        assert row["y"] + row["height"] <= frame["y"] + frame["height"] + 1
    assert shown.locator(".ras-heads svg").is_visible()


def test_token_and_picture_can_be_taken_away(show):
    shown = show(page(TRACE, step=4))
    button(shown, "Copy token").click()
    shown.get_by_role("status").filter(has_text="Copied the token").wait_for(state="attached")
    assert shown.evaluate("() => navigator.clipboard.readText()") == TRACE["token"]
    with shown.expect_download() as download:
        button(shown, "Save SVG").click()
    assert download.value.suggested_filename == "ff.sea.nvhe-q102-g.sea-5.svg"
    svg = Path(download.value.path()).read_text(encoding="utf-8")
    assert svg.count('class="step now"') == 1
    assert svg.count('class="step past"') == 4


@pytest.mark.parametrize("width", [1280, 1100, 700, 400])
def test_nothing_is_wider_than_the_window(show, width):
    shown = show(page(TRACE, step=2), width=width)
    button(shown, "Bytes and fields").click()
    shown.get_by_role("tree").wait_for()
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame = shown.locator(".ras-frame")
    assert width <= 700 or frame.evaluate("node => node.scrollWidth <= node.clientWidth")
    picture, panel = (shown.locator(q).bounding_box() for q in (".ras-frame", ".ras-panel"))
    assert (panel["y"] > picture["y"] + 100) == (width <= 700)


def test_bytes_of_a_step_open_change_with_the_step_and_close(show):
    shown = show(page(TRACE, step=2))
    button(shown, "Bytes and fields").click()
    view = shown.get_by_role("group", name="Bytes of a step")
    view.get_by_role("treeitem", name="raw_data_offset").click()
    assert view.get_by_role("status").inner_text() == "raw_data_offset = 0"
    assert "0x5c410010" in view.inner_text()
    shown.get_by_role("combobox", name="Stop at").select_option("CPER written or read (3)")
    for _ in range(2):
        button(shown, "Next stop").click()
    view.get_by_text("0x13c410010").wait_for()
    assert view.get_by_role("tree").count() == 1
    button(view, "Close").click()
    assert not view.is_visible()


def test_the_bytes_of_a_step_can_be_copied(show):
    trace = trace_view(walk(Scenario()))
    step = next(k for k, s in enumerate(trace["steps"]) if s["carries"] and s["carries"]["fields"])
    shown = show(page(trace, step=step))
    button(shown, "Bytes and fields").click()
    button(shown, "Copy hex").click()
    shown.get_by_role("status").filter(has_text="Copied the hex digits").wait_for()
    assert shown.evaluate("() => navigator.clipboard.readText()") == trace["steps"][step]["carries"]["hex"]


# --- bytes and fields ------------------------------------------------------------------------------------------------


def cells(shown, look: str) -> list[int]:
    return [int(k) for k in shown.locator(f".ras-run .{look}").evaluate_all("nodes => nodes.map(n => n.dataset.k)")]


def cell(shown, k: int):
    return shown.locator(f'[role="gridcell"][data-k="{k}"]')


def line(shown) -> str:
    return shown.get_by_role("status").inner_text()


def selected(shown) -> str:
    return shown.locator('[role="treeitem"][aria-selected="true"] .ras-name').inner_text()


def test_hovering_frames_the_other_side_and_scrolls_nothing(show):
    shown = show(record_page(RECORD))
    tree = shown.get_by_role("tree")
    cell(shown, 168).hover()
    assert tree.locator(".ras-hot").inner_text().startswith("card_handle")
    assert tree.evaluate("node => node.scrollTop") == 0
    shown.get_by_role("treeitem", name="fru_text").hover()
    assert cells(shown, "ras-hot") == list(range(64, 84))
    assert cells(shown, "ras-sel") == []


def test_a_click_on_a_byte_selects_its_field_and_shows_it(show):
    shown = show(record_page(RECORD))
    cell(shown, 170).click()
    assert selected(shown) == "module_handle"
    assert cells(shown, "ras-sel") == [170, 171]
    item, tree = (shown.locator(q).bounding_box() for q in ('[aria-selected="true"]', '[role="tree"]'))
    assert tree["y"] <= item["y"] <= tree["y"] + tree["height"] - item["height"] + 1


def test_a_click_on_a_field_selects_its_bytes_and_says_all_of_it(show):
    shown = show(record_page(RECORD))
    shown.get_by_role("treeitem", name="bank 1282").click()
    assert cells(shown, "ras-sel") == [130, 131]
    assert line(shown) == "entries[0].section.bank = 1282, group 5, address 2"
    assert shown.locator(".ras-about").inner_text().splitlines() == [
        *("Where", "byte 130 (0x82) at 0x5c410092, 2 long", "Raw", "02 05"),
        *("Means", "The bank; bits 7:0 address and 15:8 group where so told.", "Source", "UEFI 2.10 §N.2.5"),
    ]


def test_the_grid_by_keyboard(show):
    """One tab stop; arrows by byte and row, Home and End in the row; Enter selects."""
    shown = show(record_page(RECORD))
    assert shown.locator('[role="gridcell"][tabindex="0"]').count() == 1
    cell(shown, 0).focus()
    focused = "() => +document.activeElement.dataset.k"
    for key, k in [("ArrowRight", 1), ("ArrowDown", 17), ("End", 31), ("ArrowDown", 47), ("Home", 32), ("ArrowUp", 16)]:
        shown.keyboard.press(key)
        assert shown.evaluate(focused) == k
    shown.keyboard.press("Control+End")
    assert shown.evaluate(focused) == 171
    assert cells(shown, "ras-hot") == [170, 171]
    shown.keyboard.press("Enter")
    assert selected(shown) == "module_handle"
    assert shown.evaluate(focused) == 171
    assert (
        cell(shown, 171).get_attribute("aria-label")
        == "byte 171 (0xab) at 0x5c4100bb is 00, entries[0].section.module_handle, not valid"
    )


def test_keys_in_the_tree_scroll_the_tree_and_not_the_page(show):
    shown = show(record_page(RECORD))
    shown.set_viewport_size({"width": 1280, "height": 400})  # the tree ends below the window
    shown.get_by_role("treeitem").first.focus(timeout=5000)
    shown.evaluate("scrollTo(0, 0)")
    for key in ("End", "ArrowUp", "ArrowUp", "Home", "ArrowDown"):
        shown.keyboard.press(key)
        assert shown.evaluate("scrollY") == 0
    assert shown.get_by_role("tree").evaluate("tree => tree.scrollHeight > tree.clientHeight")


def test_the_tree_by_keyboard(show):
    shown = show(record_page(RECORD))
    first = shown.get_by_role("treeitem").first
    first.focus()
    name = "() => document.activeElement.querySelector('.ras-name').innerText"
    moves = [
        ("ArrowRight", "block_status"),  # opens
        ("ArrowRight", "0 uncorrectable_error_valid"),
        ("ArrowLeft", "block_status"),
        ("ArrowLeft", "block_status"),  # closes
        ("ArrowDown", "raw_data_offset"),
    ]
    for key, expected in moves:
        shown.keyboard.press(key)
        assert shown.evaluate(name) == expected
    assert first.get_attribute("aria-expanded") == "false"
    shown.keyboard.press("End")
    assert shown.evaluate(name) == "module_handle"
    shown.keyboard.press("Enter")
    assert cells(shown, "ras-sel") == [170, 171]
    shown.keyboard.press("Home")
    shown.keyboard.press(" ")
    assert cells(shown, "ras-sel") == [0, 1, 2, 3]


def test_of_two_records_the_fields_that_differ_stand_first_and_nothing_is_cut(show):
    one, other = samples("status_blocks/g_arm"), samples("status_blocks/g_arm8")
    for width in (1280, 800):
        shown = show(differences_page(StatusBlock, one, other, ("a.bin", "b.bin")), width=width, height=720)
        assert in_window(shown, ".differ")
        assert shown.locator(".differ").evaluate("n => n.scrollWidth <= n.clientWidth")
        assert shown.locator(".differ tr").first.inner_text().split() == ["field", "a.bin", "b.bin"]
        names = shown.locator(".ras-tree .ras-name:visible")
        below = (
            "ns => ns.filter(n => n.lastChild.getBoundingClientRect().top - n.getBoundingClientRect().top > 10).length"
        )
        assert names.evaluate_all(below) == 0  # a label stands beside its caret
        assert violations(shown) == []


def test_bits_of_a_word(show):
    """A byte of a word shows the word's bits by name; each can be chosen, and touches only the bytes it lies in."""
    shown = show(record_page(RECORD))
    cell(shown, 101).click()
    bits = shown.get_by_role("group", name="Bits of entries[0].section.error_status")
    digits = bits.locator("span").all_inner_texts()
    assert [digit.split() for digit in digits] == [[str(bit), str(0x40400 >> bit & 1)] for bit in range(63, -1, -1)]
    assert bits.locator(".ras-set").count() == 2
    bits.get_by_role("button", name="15:8 error_type 0x4").click()
    assert selected(shown) == "15:8 error_type"
    assert cells(shown, "ras-sel") == [101]
    assert "bits 15:8" in shown.locator(".ras-about").inner_text()
    assert bits.get_by_role("button", pressed=True).inner_text() == "error_type"
    bits.locator("span", has_text="18").click()
    assert selected(shown) == "18 data"


def test_what_is_not_valid_or_not_claimed_says_so(show):
    gap = RECORD | {"hex": HEX + "deadbeef"}
    shown = show(record_page(gap))
    assert shown.get_by_role("treeitem", name="fru_id").locator("em").inner_text() == "not valid"
    assert cell(shown, 48).get_attribute("aria-label").endswith("entries[0].fru_id, not valid")
    assert cell(shown, 172).get_attribute("aria-label") == "byte 172 (0xac) at 0x5c4100bc is de, no field claims it"
    assert cells(shown, "ras-gap") == [172, 173, 174, 175]
    legend = "italic: not valid or reserved · hatched: not read, or no field claims it"
    assert shown.get_by_text(legend).is_visible()
    shown.get_by_role("treeitem", name="card 0").first.click()
    assert line(shown) == "entries[0].section.card = 0 (not valid: its validation bit is clear)"


def test_broken_input_shows_the_good_part_and_where_it_broke(show):
    shown = show(record_page(BROKEN))
    assert shown.get_by_role("alert").inner_text() == BROKEN["error"]["message"]
    assert cells(shown, "ras-bad") == [130]
    shown.get_by_role("treeitem", name="module 0").click()
    assert cells(shown, "ras-sel") == [128, 129]
    cut = BROKEN | {"hex": HEX[:260], "error": BROKEN["error"] | {"offset": 130}}
    shown = show(record_page(cut))
    assert (
        cell(shown, 130).get_attribute("aria-label") == "byte 130 (0x82) at 0x5c410092 is missing, reading stopped here"
    )


def test_broken_input_without_its_outer_fields(show):
    """What was read within something that was not read to its end is there, by its whole path."""
    inner = [field for field in RECORD["fields"] if not field["group"] and field["stop"] <= 100]
    shown = show(record_page(RECORD | {"fields": inner, "error": BROKEN["error"] | {"offset": 92}}))
    names = shown.locator(".ras-name:visible").all_inner_texts()
    assert names[:5] == ["block_status", "raw_data_offset", "raw_data_length", "data_length", "error_severity"]
    assert names[-1] == "entries[0].section.validation_bits"
    assert cells(shown, "ras-bad") == [92]
    assert cells(shown, "ras-gap") == list(range(100, 172))
    cell(shown, 93).click()
    assert selected(shown) == "entries[0].section.validation_bits"


def test_what_differs_from_before_is_marked(show):
    shown = show(record_page(RECORD, before=CHANGED, selected="entries[0].section.physical_address"))
    assert cells(shown, "ras-chg") == [109]
    assert shown.locator(".ras-tree .ras-chg").all_inner_texts() == ["entries", "[0]", "section", "physical_address"]
    about = shown.locator(".ras-about").inner_text().splitlines()
    assert about[about.index("Before") + 1] == "00 20 00 40 00 00 00 00"


def test_the_field_that_is_chosen_at_first_is_in_sight(show):
    path = "entries[0].section.context_information[1].registers.TPIDRRO_EL0"
    shown = show(record_page(bytes_view(StatusBlock, samples("status_blocks/g_arm")), selected=path))
    shown.wait_for_function("() => document.querySelector('.ras-tree').scrollTop > 0")
    assert in_window(shown, '[role="treeitem"][aria-selected="true"]')
    assert in_window(shown, ".ras-run .ras-sel")


def test_find_filters_the_tree(show):
    shown = show(record_page(RECORD))
    shown.get_by_role("searchbox", name="Find a field").fill("handle")
    names = [name.split()[-1] for name in shown.locator(".ras-name:visible").all_inner_texts()]
    assert names == [*("entries", "[0]", "section", "validation_bits"), *("card_handle", "module_handle") * 2]
    assert line(shown) == "4 fields found"
    shown.keyboard.press("Enter")
    assert selected(shown).split()[-1] == "card_handle"
    shown.get_by_role("searchbox").fill("")
    assert shown.get_by_role("treeitem", name="raw_data_offset").is_visible()


BLOCK = samples("status_blocks/g_mem")


def test_hex_digits_are_copied_by_keyboard(show):
    shown = show(record_page(bytes_view(StatusBlock, BLOCK, base=0x13D_0000)))
    shown.get_by_role("searchbox", name="Find a field").focus()
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    shown.get_by_role("status").filter(has_text="Copied the hex digits").wait_for()
    assert shown.evaluate("() => navigator.clipboard.readText()") == BLOCK.hex()
    assert button(shown, "Copy hex").evaluate("node => node === document.activeElement")


@pytest.mark.parametrize("works", [True, False], ids=["works", "refused"])
def test_over_plain_http_it_is_copied_in_the_old_way_which_a_browser_may_refuse(show, works):
    shown = show(record_page(RECORD))
    shown.evaluate("() => { window.kept = navigator.clipboard; }")
    shown.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    if not works:
        shown.evaluate("() => { document.execCommand = () => false; }")
    button(shown, "Copy hex").click()
    said = "Copied the hex digits" if works else "The browser lets nothing be copied here"
    shown.get_by_role("status").filter(has_text=said).wait_for()
    assert shown.locator("textarea").count() == 0
    assert button(shown, "Copy hex").evaluate("node => node === document.activeElement")
    if works:
        assert shown.evaluate("() => kept.readText()") == HEX


def test_bytes_have_the_addresses_where_they_lie(show):
    """In the margin, in the tool tip, and in what is said of a field; without a base, only their number."""
    for base, margin, where in [(0, "0060", ""), (0x13D_0000, "13d0060", " at 0x13d0069")]:
        shown = show(record_page(bytes_view(StatusBlock, BLOCK, base=base)))
        assert shown.get_by_role("rowheader").nth(6).inner_text() == margin
        label = f"byte 105 (0x69){where} is {BLOCK[105]:02x}, entries[0].section.error_status"
        assert cell(shown, 105).get_attribute("title") == cell(shown, 105).get_attribute("aria-label") == label
        cell(shown, 108).click()
        assert selected(shown) == "physical_address"
        address = f" at {base + 108:#x}" if base else ""
        assert f"Where\nbyte 108 (0x6c){address}, 8 long" in shown.locator(".ras-about").inner_text()


def test_without_a_kernel_nothing_can_be_edited(show):
    shown = show(record_page(RECORD, selected="raw_data_offset"))
    assert shown.get_by_role("button", name="Edit").count() == 0
    shown.get_by_role("treeitem", name="raw_data_offset").dblclick()
    assert shown.locator("form").count() == 0


# --- for everybody ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1180, 700])
def test_axe_finds_nothing_in_the_stepper(show, scheme, width):
    shown = show(page(TRACE, step=2), scheme=scheme, width=width)
    assert violations(shown) == []
    button(shown, "Bytes and fields").click()
    shown.get_by_role("treeitem", name="bank 1282").click()
    shown.locator("summary", has_text="All steps").click()
    assert violations(shown) == []
    button(shown, "Last").click()
    assert violations(shown) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("record", [RECORD, BROKEN], ids=["good", "broken"])
def test_axe_finds_nothing_in_the_bytes(show, scheme, record):
    shown = show(record_page(record, before=CHANGED, selected="entries[0].validation_bits.fru_id_valid"), scheme=scheme)
    assert violations(shown) == []
    shown.get_by_role("searchbox").fill("valid")
    shown.locator("summary", has_text="All fields").click()
    assert violations(shown) == []


# --- the map ---------------------------------------------------------------------------------------------------------

STORIES = {
    "default": (),
    "kernel-first": ("host.first=kernel",),
    "interrupts": ("host.notify=GSIV", "guest.notify=GSIV"),
    "process": ("cpu.running=host-user", "host.owner=process"),
    "sdei": ("host.notify=SDEI", "guest.notify=SDEI"),
}


MEASURES = Path(__file__).with_name("measures.js").read_text(encoding="utf-8").partition("\n")[2]


def measured(shown, what: str) -> list:
    """What a function of measures.js finds in the page."""
    return shown.evaluate(f"() => {MEASURES.rstrip()}.{what}()")


def told(name: str) -> dict:
    return trace_view(walk(Scenario.of(*STORIES[name])))


def lit(shown) -> dict[str, str]:
    ways = shown.locator(".ras-map .lit[data-tag]")
    return dict(ways.evaluate_all("list => list.map(g => [g.dataset.at, g.querySelector('.number').textContent])"))


@pytest.mark.parametrize("name", STORIES)
def test_the_browser_lights_what_python_lights(show, name):
    """Both have the same rules; the numbers and the words of every way agree, and those on the sources."""
    trace = told(name)
    shown = show(page(trace, step=len(trace["steps"]) - 1))
    button(shown, "Map").click()
    expected = ElementTree.fromstring(story_map(trace))
    svg = "{http://www.w3.org/2000/svg}"
    groups = {group.get("data-at"): group for group in expected.iter(f"{svg}g") if group.get("data-at")}
    for at, group in groups.items():
        drawn = shown.locator(f'.ras-map [data-at="{at}"]')
        texts = ["".join(text.itertext()) for text in group.iter(f"{svg}text")]
        assert sorted(drawn.locator("text").all_text_contents()) == sorted(texts)
        classes = set(drawn.get_attribute("class").split()) - {"now", "future"}
        assert classes == set(group.get("class").split()), at
    (plate,) = (group for group in expected.iter(f"{svg}g") if group.get("class") == "plate a")
    shown_plate = [line.strip() for line in shown.locator(".ras-map .plate text").all_text_contents()]
    assert shown_plate == [text.text.strip() for text in plate]


def test_lanes_and_map_are_two_pictures_of_one_step(show):
    shown = show(page(told("default"), step=4))
    button(shown, "Map").click()
    assert not shown.locator(".ras-frame").is_visible()
    assert shown.locator(".ras-map .actor.now").get_attribute("data-at") == "host.EL3"
    assert shown.locator(".ras-map .control.now").get_attribute("data-at") == "host.EL3>host.KVM"
    button(shown, "Next").click()
    assert shown.locator(".ras-map .actor.now").get_attribute("data-at") == "host.KVM"
    shown.keyboard.press("End")
    assert shown.locator(".ras-map .actor.end").get_attribute("data-at") == "guest.process"
    assert shown.locator(".ras-map .plate").is_visible()
    shown.keyboard.press("ArrowLeft")
    assert not shown.locator(".ras-map .plate").is_visible()  # it does not tell the end before the end
    button(shown, "Lanes").click()
    assert shown.locator(".ras-pic .now").get_attribute("data-step") == "24"


def test_the_sources_say_how_the_block_stands_after_the_step(show):
    shown = show(page(told("default"), step=4))
    button(shown, "Map").click()
    source = shown.locator('.ras-map [data-at="host.HEST"] text')
    assert source.all_text_contents() == ["HEST source", "SEA GHESv2", "block_status 0x11", "read_ack 0x0", ""]
    shown.keyboard.press("End")
    assert source.all_text_contents()[2:] == ["at 0xf8100010", "block_status 0x0", "read_ack 0x1"]


def test_a_link_opens_at_its_step_and_picture(show):
    shown = show(page(told("default")))
    button(shown, "Map").click()
    for _ in range(3):
        shown.keyboard.press("ArrowRight")
    button(shown, "Copy link").click()
    link = shown.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#step=4&tab=map")
    for address, step in [
        (link, 4),
        (link.replace("step=4", "step=9"), 9),
        (link.replace("#step=4&", "?step=12#"), 12),
    ]:
        shown.goto("about:blank")
        shown.goto(address)
        assert shown.locator(".ras-count").inner_text() == f"step {step} of 26"
        assert shown.locator(".ras-map").is_visible()
    shown.goto("about:blank")
    shown.goto(link.replace("step=4", "step=four").replace("tab=map", "tab=<b>"))
    assert shown.locator(".ras-count").inner_text() == "step 1 of 26"
    assert shown.locator(".ras-frame").is_visible()


# width and height of a window, and how many pixels of the screen one of its pixels has: the last is 1280x720 at 200 %
SIZES = [(1280, 720, 1), (1366, 768, 1), (1440, 900, 1), (1100, 720, 1), (800, 720, 1), (640, 360, 2)]
sizes = pytest.mark.parametrize(("width", "height", "scale"), SIZES)


def in_window(shown, what: str) -> bool:
    """Does a node lie in the window, and in every box around it that scrolls?"""
    return shown.locator(what).first.evaluate(
        """node => {
          const inner = node.getBoundingClientRect();
          const outer = [{ left: 0, top: 0, right: innerWidth, bottom: innerHeight }];
          for (let box = node.parentElement; box; box = box.parentElement) {
            if (/auto|hidden|scroll/.test(getComputedStyle(box).overflowY)) outer.push(box.getBoundingClientRect());
          }
          const begins = (o) => ["left", "top"].every((side) => inner[side] >= o[side] - 1);
          return outer.every((o) => begins(o) && ["right", "bottom"].every((side) => inner[side] <= o[side] + 1));
        }"""
    )


@pytest.mark.parametrize("tab", ["Lanes", "Map"])
@sizes
def test_the_step_its_controls_and_its_reason_are_in_the_window(show, width, height, scale, tab):
    shown = show(page(told("default")), width=width, height=height, scale=scale)
    button(shown, tab).click()
    present = ".ras-pic .now .does" if tab == "Lanes" else ".ras-map .actor.now"
    for step in range(26):
        for what in (present, ".ras-does", ".ras-why", ".ras-bar .ras-main"):
            assert in_window(shown, what), (step + 1, what)
        shown.keyboard.press("ArrowRight")


@pytest.mark.parametrize("tab", ["Lanes", "Map"])
@sizes
def test_no_letter_is_smaller_than_12_pixels_and_no_word_is_cut_or_lies_on_another(show, width, height, scale, tab):
    for name in STORIES:
        trace = told(name)
        shown = show(page(trace, step=len(trace["steps"]) - 1), width=width, height=height, scale=scale)
        button(shown, tab).click()
        assert min(measured(shown, "letters")) >= 11.99, name
        assert measured(shown, "overlaps") == [], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1180, 800])
def test_axe_finds_nothing_at_the_map(show, scheme, width):
    shown = show(page(told("default"), step=13), scheme=scheme, width=width)
    button(shown, "Map").click()
    assert violations(shown) == []
    shown.keyboard.press("End")
    assert violations(shown) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Lanes", "Map"])
def test_every_word_of_the_pictures_stands_out_from_its_ground(show, scheme, tab):
    """4.5:1, which axe does not ask of SVG."""
    shown = show(page(told("default"), step=13), scheme=scheme)
    button(shown, tab).click()
    contrasts = measured(shown, "contrasts")
    assert len(contrasts) > 40
    assert [(text, round(ratio, 2)) for text, ratio in contrasts if ratio < 4.5] == []
    shown.add_style_tag(content=".ras-two text { fill: #888 !important }")  # too pale on white
    assert scheme == "dark" or any(ratio < 4.5 for _, ratio in measured(shown, "contrasts"))


def test_from_the_end_one_goes_back_along_what_was_handed_over(show):
    """Each step that handed something over, from the last, is a button that leads there."""
    trace = told("kernel-first")
    shown = show(page(trace))
    button(shown, "Last").click()
    chain = shown.locator(".ras-outcome .ras-names button")
    assert chain.all_text_contents() == [
        "8 kernel",
        "7 KVM: virtual SError",
        "2 hardware: SEA",
        "1 hardware: ERR<n>STATUS",
    ]
    chain.nth(1).click()
    assert shown.locator(".ras-count").inner_text() == "step 7 of 8"


def test_why_this_end_lists_the_choices_that_decided_it(show):
    """Each with what another would lead to; its button goes to the step that first asks it."""
    trace = told("default")
    shown = show(page(trace))
    button(shown, "Last").click()
    choices = shown.locator(".ras-deciding li")
    assert choices.count() == len(trace["deciding"]) > 20
    first, *_ = [i for i, choice in enumerate(trace["deciding"]) if choice["axis"] == "guest.acked"]
    asked = trace["deciding"][first]["step"] + 1
    assert choices.nth(first).locator("button").inner_text() == f"{asked} guest.acked = true"
    assert choices.nth(first).locator("p").inner_text() == f"false: {trace['ends']['vm_abort']}"
    choices.nth(first).locator("button").click()
    assert shown.locator(".ras-count").inner_text() == f"step {asked} of 26"


def test_two_stories_on_one_map_lie_on_nothing_either(show):
    """Their numbers and words, each in its colour."""
    for a, b in (("default", "kernel-first"), ("default", "interrupts"), ("default", "sdei")):
        svg = story_map(told(a), told(b), names=(a, b))
        shown = show(f"<!doctype html><div class='raskit' style='width:1100px'>{svg}</div>", width=1200)
        assert measured(shown, "overlaps") == [], (a, b)
