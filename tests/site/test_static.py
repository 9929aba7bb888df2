"""The static course in a browser: it lives from a server and from a disk, and asks nobody for anything."""

import functools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from firefox import Firefox, firefox, needs_firefox
from learn.keyboard import ASKS, answer_view, asked
from links import broken

from raslib import tools
from raslib.views.island import MODULES

for needed in ("myst_nb", "furo", "minify_html"):
    pytest.importorskip(needed, reason=f"{needed} is missing: pip install 'raslib[site]'")
pytestmark = pytest.mark.browser
LESSONS = "02,04,05,11"
PAGES = "esr,glossary,route,what-if"
MOST = {"script": 60_000, "a page": 700_000}
LESSON = "05_from_log_to_record"
EVERY = (
    "index",
    "02_build_and_decode_cper",
    "04_what_if",
    LESSON,
    "11_qemu_injects_by_itself",
    "esr",
    "glossary",
    "route",
    "what-if",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A site of three lessons, made once by the command."""
    out = tmp_path_factory.mktemp("site") / "public"
    command = [sys.executable, "-m", "raslib", "site", "-o", str(out), "--only", f"{LESSONS},{PAGES}"]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return out


@pytest.fixture(scope="module")
def served(site) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from lab import BROWSER_FLAGS
    from playwright.sync_api import sync_playwright

    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=[*BROWSER_FLAGS, alone])
        yield browser
        browser.close()


@pytest.fixture(params=["http", "file"])
def base(request, site) -> str:
    return request.getfixturevalue("served") if request.param == "http" else site.as_uri()


@pytest.fixture
def visit(browser, site) -> Iterator:
    """Opens a page; in the end there must have been no error, and no request to anywhere else."""
    contexts, complaints = [], []

    def visit(base: str, page: str, scheme: str = "light"):
        contexts.append(browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900}))
        contexts[-1].set_default_timeout(15_000)
        shown = contexts[-1].new_page()
        allowed = (f"{base}/", "data:", "blob:")
        shown.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("request", lambda r: None if r.url.startswith(allowed) else complaints.append(r.url))
        shown.goto(f"{base}/{page}")
        shown.wait_for_load_state("load")
        return shown

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def fox(tmp_path_factory) -> Iterator[Firefox]:
    needs_firefox()
    with firefox(tmp_path_factory.mktemp("firefox")) as session:
        yield session


def step(shown, at: int = 0) -> str:
    return shown.locator(".ras-count").nth(at).inner_text()


def test_every_view_of_a_page_comes_to_life(visit, base):
    met = set()
    for name in (LESSON, "02_build_and_decode_cper", "11_qemu_injects_by_itself", "04_what_if", "esr"):
        shown = visit(base, f"{name}.html")
        islands = shown.locator(".ras-island")
        kinds = [islands.nth(i).get_attribute("data-view") for i in range(islands.count())]
        assert kinds, name
        met |= {*kinds}
        assert shown.locator(".ras-live > *").count() == len(kinds)
        assert shown.locator(".ras-still:visible").count() == 0, "the static twin is hidden"
    assert met == {*MODULES}


@pytest.mark.parametrize("width", [360, 800, 1100, 1280])
def test_nothing_is_beside_a_window_and_the_side_bar_lies_on_no_text(visit, served, width):
    for name in (LESSON, "glossary", "route", "what-if"):
        shown = visit(served, f"{name}.html")
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, name
        sides = "() => ['.sidebar-drawer', 'article'].map((one) => document.querySelector(one).getBoundingClientRect())"
        shown.wait_for_function(f"() => {{ const [bar, text] = ({sides})(); return bar.right <= text.left; }}")


def test_without_script_the_twin_is_shown(browser, served):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(f"{served}/{LESSON}.html")
    assert shown.locator(".ras-still").last.is_visible()
    assert "APEI" in shown.locator(".ras-still").last.inner_text()
    context.close()


def test_steps_by_button_and_key_and_shows_the_map(visit, base):
    shown = visit(base, f"{LESSON}.html")
    shown.get_by_role("button", name="Next", exact=True).click()
    shown.keyboard.press("ArrowRight")
    assert step(shown) == "step 3 of 13"
    shown.get_by_role("button", name="Map", exact=True).click()
    assert shown.locator(".ras-map .lit.now").count() > 0
    shown.get_by_role("button", name="Last", exact=True).click()
    assert step(shown) == "step 13 of 13"


def test_bytes_of_a_step_open_in_place(visit, served):
    shown = visit(served, f"{LESSON}.html#step=4")
    shown.get_by_role("button", name="Bytes and fields").click()
    assert shown.locator(".ras-fields [role=treeitem]").first.is_visible()


def test_a_link_leads_to_a_step_and_a_copied_link_comes_back(visit, base):
    shown = visit(base, f"{LESSON}.html#step=5")
    assert step(shown) == "step 5 of 13"
    shown.evaluate("location.hash = '#step=7&tab=map'")
    shown.get_by_text("step 7 of 13", exact=True).wait_for()
    assert shown.get_by_role("button", name="Map", exact=True).get_attribute("aria-pressed") == "true"
    shown.get_by_role("button", name="Next", exact=True).click()
    assert shown.evaluate("location.hash") == "#step=7&tab=map", "stepping leaves the address alone"
    shown.get_by_role("button", name="Copy link").click()
    assert shown.evaluate("location.hash") == "#step=8&tab=map"
    assert step(visit(base, f"{LESSON}.html{shown.evaluate('location.hash')}")) == "step 8 of 13"


def test_a_byte_selects_its_field(visit, base):
    shown = visit(base, "02_build_and_decode_cper.html")
    record = shown.locator(".ras-record").first
    record.get_by_role("gridcell").nth(4).click()
    assert "raw_data_offset" in record.locator("[aria-selected=true][role=treeitem]").inner_text()


def test_a_prediction_is_asked_answered_and_still_known_after_a_reload(visit, base):
    shown = visit(base, "11_qemu_injects_by_itself.html")
    stepper = shown.locator(".ras-stepper")
    hidden = stepper.locator(".ras-hidden").count()
    assert hidden > 0, "the steps to come are hidden"
    while not stepper.locator(".ras-panel form.ras-ask").count():
        stepper.get_by_role("button", name="Next", exact=True).click()
    form = stepper.locator("form.ras-ask")
    form.get_by_role("button", name="Answer").click()
    assert form.get_by_role("status").inner_text() == "Choose an answer first."
    data = json.loads(shown.locator(".ras-island script").first.text_content())
    question = data["trace"]["questions"][0]
    wrong, right = (next(a for a in question["answers"] if a["right"] is which) for which in (False, True))
    form.get_by_label(wrong["text"], exact=True).check()
    form.get_by_role("button", name="Answer").click()
    assert form.get_by_role("status").inner_text() == f"No. That would be right {wrong['because']}."
    form.get_by_label(right["text"], exact=True).check()
    form.get_by_role("button", name="Answer").click()
    assert form.get_by_role("status").inner_text() == f"Yes: {right['text']}"
    assert stepper.locator(".ras-hidden").count() < hidden
    shown.reload()
    kept = json.loads(shown.evaluate("localStorage.getItem('raslib-progress')"))["lessons"]["11"]
    assert kept[question["key"]] == {"right": True, "tries": 2, "topic": question["topic"]}
    assert shown.locator(".ras-stepper .ras-hidden").count() < hidden


def test_a_quiz_counts(visit, served):
    shown = visit(served, "11_qemu_injects_by_itself.html")
    quiz = shown.locator(".ras-quiz").first
    assert re.fullmatch(r"0 of \d+ answered rightly", quiz.get_by_role("status").first.inner_text())
    quiz.get_by_role("button", name="Show me").first.click()
    assert quiz.get_by_role("status").nth(1).inner_text().startswith("It is: ")


def test_a_switch_turns_the_story_and_a_link_turns_the_switches(visit, base):
    shown = visit(base, "what-if.html")
    ended = shown.locator(".ras-ended").inner_text()
    shown.get_by_role("combobox", name="host.first", exact=True).select_option("kernel")
    assert shown.locator(".ras-ended").inner_text() != ended
    for choices in (["begin=qmp"], ["host.notify=GSIV", "guest.notify=none", "stance=architecture"]):
        there = visit(base, f"what-if.html#choices={','.join(choices)}")
        for choice in choices:
            name, _, word = choice.partition("=")
            assert there.locator(f'select[aria-label="{name}"]').input_value() == word


def test_a_link_may_choose_everything(visit, served):
    every = {name: word for name, word in _others().items() if name != "begin"}
    shown = visit(served, f"what-if.html#choices={','.join(map('='.join, every.items()))}")
    there = shown.evaluate(
        """() => Object.fromEntries(
            [...document.querySelectorAll('.ras-rows select')].map((select) => [select.ariaLabel, select.value]))"""
    )
    assert {name: there[name] for name in every} == every


def _others() -> dict[str, str]:
    """Of every axis a value that is not its default."""
    from raslib.sim.model.scenario import AXES

    return {name: axis.word(next(v for v in axis.values if v is not axis.default)) for name, axis in AXES.items()}


def test_a_value_is_typed_in_and_its_bits_are_turned(visit, base):
    shown = visit(base, "esr.html#register=DISR_EL1&value=0x80000c11")
    view = shown.locator(".ras-live").first
    assert view.get_by_role("combobox", name="Register").input_value() == "DISR_EL1"
    assert view.get_by_label("Value in hex").input_value() == "0x80000c11"
    view.get_by_role("combobox", name="Register").select_option("ESR_ELx")
    view.get_by_label("Value in hex").fill("be000c11")
    view.get_by_label("Value in hex").press("Enter")
    assert "UER" in view.locator("li b").inner_text()
    view.get_by_role("button", name="bit 10, AET", exact=True).click()
    assert view.get_by_label("Value in hex").input_value() == "0xbe000811"
    assert "UEO" in view.locator("li b").inner_text()


def test_search_finds_a_lesson(visit, base):
    shown = visit(base, "search.html?q=inject-ghes-v2-error")
    shown.locator("#search-results li a", has_text="What does a guest see if QEMU makes up the error").wait_for()


AXE = {"preload": False, "resultTypes": ["violations"]}  # of what is fine it tells no more than an example a rule


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, served, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    for name in EVERY:
        shown = visit(served, f"{name}.html", scheme)
        found = axe.Axe().run(shown, options=AXE).response["violations"]
        bad = [v for v in found if v["impact"] in ("serious", "critical")]
        assert [f"{name}: {v['id']}: {n['html'][:120]} {n['failureSummary']}" for v in bad for n in v["nodes"]] == []


def test_the_theme_is_turned_by_a_button(visit, served):
    shown = visit(served, f"{LESSON}.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = shown.evaluate(ground)
    for _ in range(3):
        shown.locator("button.theme-toggle:visible").first.click()
        if shown.evaluate(ground) != light:
            break
    assert shown.evaluate(ground) != light
    heads = "getComputedStyle(document.querySelector('.ras-heads svg')).backgroundColor"
    assert shown.evaluate(heads) == shown.evaluate(ground), "a view has the page's ground"


def test_what_a_page_may_load_is_said_in_it(site):
    for page in site.rglob("*.html"):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text(encoding="utf-8"))[1]
        assert policy.startswith("default-src 'none'; script-src 'self'"), page
        assert "http" not in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy


def test_a_script_that_is_none_of_ours_is_not_run(browser, served):
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(f"{served}/{LESSON}.html")
    shown.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'}))")
    assert shown.evaluate("window.bad") is None
    context.close()


def test_sizes_stay_small(site, capsys):
    sizes = {page.name: page.stat().st_size for page in sorted(site.glob("*.html"))}
    scripts = {path.name: path.stat().st_size for path in sorted((site / "_static").glob("ras-*.js"))}
    whole = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    with capsys.disabled():
        print("\n" + "\n".join(f"{size:>9,}  {name}" for name, size in {**sizes, **scripts, "all": whole}.items()))
    assert max(scripts.values()) <= MOST["script"]
    assert len(scripts) == 2, "pages share them, so that a browser has them already"
    assert max(sizes.values()) <= MOST["a page"]
    assert not list(site.rglob("*.map"))
    assert not (site / ".doctrees").exists()


def test_a_page_is_readable_at_once(visit, served):
    """Within a second of a quiet machine: the time that the browser itself spends is what is looked at."""
    shown = visit(served, f"{LESSON}.html")
    spent = shown.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert spent < 10_000


def test_only_links_to_lessons_that_were_left_out_lead_nowhere(site):
    from raslib.resources import folder

    names = {path.name for path in folder("notebooks").glob("*.ipynb")}
    pages = {f"{path.stem}.ipynb" for path in (Path(__file__).parents[2] / "raslib/site/pages").glob("*.md")}
    assert [line for line in broken(site) if line.partition("#")[2].partition("#")[0] not in names | pages] == []


@pytest.mark.parametrize("name", ["99", "3", "whatif", "00_start_here"])
def test_a_lesson_that_is_not_there_is_named_with_those_that_are(tmp_path, name):
    from raslib.site import build

    with pytest.raises(ValueError, match=f"^there is no lesson {name}, but 00, 01, .*, esr, .*, what-if$"):
        build.build(tmp_path / "site", ["00", "esr", name])
    assert not (tmp_path / "site").exists()


def test_a_lesson_that_does_not_run_is_named(tmp_path, monkeypatch):
    from nbformat.v4 import new_code_cell, new_notebook

    from raslib.site import build

    lessons = {"fine": "1 + 1", "broken": "1 / 0"}
    books = [(name, new_notebook(cells=[new_code_cell(source)])) for name, source in lessons.items()]
    monkeypatch.setattr(build, "_lessons", lambda *_: iter(books))
    with pytest.raises(ValueError, match="^broken does not run: ZeroDivisionError: division by zero$"):
        build.build(tmp_path / "public")
    assert not (tmp_path / "public").exists()


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run([sys.executable, "-m", "raslib", "site", "-o", str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"raslib: {tmp_path} is no site of ours: give an empty folder\n"
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", [LESSON, "11_qemu_injects_by_itself"])
def test_a_lesson_is_answered_by_keyboard_and_its_progress_found_again(visit, base, name):
    """Each check wrongly once and rightly once, from the top of the page down; the browser keeps it."""
    shown = visit(base, f"{name}.html")
    data = [json.loads(text) for text in shown.locator(".ras-island > script").all_text_contents()]
    checks = asked(
        check for model in data for check in model.get("checks", model.get("trace", {}).get("questions", []))
    )
    done = [check for view in shown.locator(ASKS).all() for check in answer_view(shown, view, checks)]
    keys = {check["key"] for check in checks.values()}
    assert {check["key"] for check in done} == keys
    assert len(keys) >= 5
    shown.reload()
    shown.locator(".ras-quiz").last.wait_for()
    assert shown.locator(".ras-stepper.ras-asking").count() == 0
    for quiz in shown.locator(".ras-quiz").all():
        count = quiz.locator(".ras-ask").count()
        assert quiz.locator("> .ras-label").inner_text() == f"{count} of {count} answered rightly"
    lessons = shown.evaluate("() => Object.values(JSON.parse(localStorage.getItem('raslib-progress')).lessons)")
    stored = {key: (entry["right"], entry["tries"]) for lesson in lessons for key, entry in lesson.items()}
    assert stored == dict.fromkeys(keys, (True, 2))


def test_a_word_of_the_prose_opens_its_card(visit, served):
    shown = visit(served, "11_qemu_injects_by_itself.html")
    word = shown.locator("a[href*='17_words.'][title]").first
    word.press("Enter")
    card = shown.locator(".ras-card:popover-open")
    assert card.inner_text() == f"{word.inner_text()}, {word.get_attribute('title')}"
    shown.keyboard.press("Escape")
    card.wait_for(state="detached")


# --- in another browser -----------------------------------------------------------------------------------------------

ALIVE = """() => {
  const views = document.querySelectorAll(".ras-island").length;
  return document.querySelectorAll(".ras-live > *").length === views; }"""
FOCUS = "(name) => [...document.querySelectorAll('button')].find((one) => one.textContent === name).focus()"
COUNT = "() => document.querySelector('.ras-count').textContent"
ASKED = "() => document.querySelector('.ras-panel form.ras-ask') !== null"
CHOOSE = """(text) => document.getElementById([...document.querySelectorAll(".ras-panel form.ras-ask label")]
  .find((one) => one.textContent === text).htmlFor).focus()"""
SAID = "() => document.querySelector('.ras-panel form.ras-ask [role=status]').textContent"


def test_every_page_lives_in_firefox_too(fox, base):
    fox.requests.clear()
    for name in EVERY:
        page = fox.open(f"{base}/{name}.html")
        page.wait_for_function(ALIVE)
        page.close()
    assert [url for url in fox.requests if not url.startswith((f"{base}/", "data:", "blob:"))] == []
    assert fox.complaints == []


def test_firefox_steps_asks_and_remembers(fox, served):
    page = fox.open(f"{served}/11_qemu_injects_by_itself.html")
    page.wait_for_function(ALIVE)
    while not page.evaluate(ASKED):
        page.evaluate(FOCUS, "Next")
        page.press("Enter")
    first = "() => JSON.parse(document.querySelector('.ras-island script').textContent).trace.questions[0]"
    question = page.evaluate(first)
    for right, said in ((False, "No. That would be right "), (True, "Yes: ")):
        answer = next(one for one in question["answers"] if one["right"] is right)
        page.evaluate(CHOOSE, answer["text"])
        page.press(" ")
        page.evaluate(FOCUS, "Answer")
        page.press("Enter")
        page.wait_for_function(f"(said) => ({SAID})().startsWith(said)", said)
    page.reload()
    page.wait_for_function(ALIVE)
    kept = page.evaluate("() => JSON.parse(localStorage.getItem('raslib-progress')).lessons['11']")
    assert kept[question["key"]] == {"right": True, "tries": 2, "topic": question["topic"]}
    assert fox.complaints == []
    page.close()
