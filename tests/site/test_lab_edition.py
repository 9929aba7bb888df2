"""The browser edition: built of exact versions, it runs lessons in a browser that reaches nobody but its server."""

import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import firefox, needs_firefox

from raslib import tools
from raslib.live.recording.session import replay
from raslib.site import lite, serve
from raslib.site.browser import static_page

MOST = 50_000_000  # bytes of all of it
READY = """() => {
  const kernel = window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel;
  return kernel?.status === "idle" && kernel?.connectionStatus === "connected"; }"""
RUN_ALL = """() => { window.ranAll = false;
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => { window.ranAll = true; }); }"""
CELLS = "() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map((cell) => cell.toJSON())"
ASK = """async (code) => { let printed = "";
  const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code });
  future.onIOPub = ({ content }) => { printed += content.text ?? content.evalue ?? ""; };
  await future.done;
  return printed; }"""
FIRST = """() => { const book = window.jupyterapp.shell.currentWidget.content;
  book.activeCellIndex = book.widgets.findIndex((cell) => cell.model.type === "code");
  window.jupyterapp.commands.execute("notebook:run-cell"); }"""
STEPPER = "document.querySelector('.ras-stepper:not(.ras-asking)')"
PRESS = f"""(name) => [...{STEPPER}.querySelectorAll("button")].find((one) => one.textContent === name).click()"""
DROP = """([name, text]) => { const files = new DataTransfer();
  files.items.add(new File([text], name));
  const event = new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
  document.querySelector(".ras-drop").dispatchEvent(event); }"""
DEEP = """
from raslib.plain import load_json
try:
    load_json("[" * 100_000)
except ValueError as e:
    print(str(e)[:26])
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The browser edition alone; a page of the course stands beside it."""
    if not shutil.which("npm") or ("RASLIB_PYTHON" not in os.environ and sys.version_info < lite.LEAST):
        pytest.skip("npm and Python 3.12 or later build the browser edition; name the latter in RASLIB_PYTHON")
    site, work = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("work")
    lite.build(site / "lab", work)
    (site / "07_ask_a_fleet.html").write_text("<title>A fleet</title>", encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def asked() -> Iterator[list[str]]:
    """What the server is asked for."""
    paths: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve.Handler, "log_request", lambda self, *_: paths.append(self.path))
        yield paths


@pytest.fixture(scope="module")
def base(site, asked) -> Iterator[str]:
    with serve.server(site, port=8500) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def lab(base) -> Iterator:
    """Opens a lesson when its kernel is ready; no request may have gone anywhere else."""
    from lab import BROWSER_FLAGS
    from playwright.sync_api import sync_playwright

    elsewhere = []
    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=[*BROWSER_FLAGS, alone])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(240_000)
        allowed = (f"{base}/", "data:", "blob:")
        context.on("request", lambda r: None if r.url.startswith(allowed) else elsewhere.append(r.url))

        def opened(name: str):
            page = context.new_page()
            page.goto(f"{base}/lab/notebooks/index.html?path={name}")
            page.wait_for_function(READY)
            return page

        yield opened
        browser.close()
    assert elsewhere == []


def run(page) -> list[str]:
    """Run all cells; what went wrong."""
    page.evaluate(RUN_ALL)
    page.wait_for_function("() => window.ranAll")
    page.wait_for_function(READY)
    outputs = [output for cell in page.evaluate(CELLS) for output in cell.get("outputs", [])]
    return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]


@pytest.mark.browser
def test_a_lesson_runs_steps_and_is_kept_over_a_reload(lab):
    page = lab("05_from_log_to_record.ipynb")
    assert run(page) == []
    stepper = page.locator(".ras-stepper").first
    stepper.get_by_role("button", name="Next", exact=True).click()
    assert stepper.locator(".ras-count").inner_text().startswith("step 2 of ")
    assert page.evaluate(ASK, DEEP) == "nested more than 100 deep:\n", "and the kernel lives on"
    assert page.evaluate(ASK, "print(6 * 7)") == "42\n"
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(2500)
    page.reload()
    page.wait_for_function(READY)
    assert any(cell.get("outputs") for cell in page.evaluate(CELLS))


@pytest.mark.browser
def test_a_lesson_runs_and_steps_in_firefox_too(base, tmp_path):
    needs_firefox()
    with firefox(tmp_path) as fox:
        page = fox.open(f"{base}/lab/notebooks/index.html?path=00_start_here.ipynb")
        page.wait_for_function(READY)
        assert run(page) == []
        page.wait_for_function(f"() => {STEPPER} !== null")
        for name in ("Next", "Last"):
            page.evaluate(PRESS, name)
        count = page.evaluate(f"() => {STEPPER}.querySelector('.ras-count').textContent")
        assert (match := re.fullmatch(r"step (\d+) of (\d+)", count))
        assert match[1] == match[2]
        assert [url for url in fox.requests if not url.startswith((f"{base}/", "data:", "blob:"))] == []


@pytest.mark.browser
def test_a_lesson_that_cannot_run_leads_to_its_page(lab, base):
    page = lab("07_ask_a_fleet.ipynb")
    assert run(page) == []
    output = page.locator(".jp-OutputArea").first
    assert "It needs numpy, which this page does not have." in output.inner_text()
    with page.context.expect_page() as beside:
        output.get_by_role("link", name="Its page in the course").click()
    assert beside.value.url == f"{base}/07_ask_a_fleet.html"


@pytest.mark.browser
def test_what_is_dropped_on_the_panel_stays_in_the_browser(lab, asked):
    """It is diagnosed there, and its own server is asked for nothing meanwhile, but for icons that say it is busy."""
    log = "\n".join(replay("recoverable-late").reactions[0].log)
    page = lab("10_your_own_machine.ipynb")
    page.evaluate(FIRST)
    page.locator(".ras-drop").wait_for()
    page.wait_for_timeout(3000)
    asked.clear()
    page.evaluate(DROP, ["dmesg.txt", log])
    page.get_by_role("status").get_by_text(f"dmesg.txt, {len(log):,} bytes", exact=True).wait_for()
    page.locator(".ras-stepper").last.wait_for()  # the story that agrees can be stepped through
    assert [path for path in asked if not path.startswith("/lab/static/favicons/")] == []
    assert page.evaluate(ASK, "print(len(panel.inputs), panel.found.agreeing.agree > 0)") == "1 True\n"
    page.close()


@pytest.mark.browser
def test_every_lesson_runs_there(lab, site, deep):
    if not deep:
        pytest.skip("--deep runs every lesson in the browser edition")
    for path in sorted((site / "lab" / "files").glob("*.ipynb")):
        page = lab(path.name)
        assert (path.name, run(page)) == (path.name, [])
        page.close()


def test_it_is_small_and_whole(site, capsys):
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    with capsys.disabled():
        print(f"\nthe browser edition: {size / 1e6:.1f} MB")
    assert size <= MOST
    for page in site.joinpath("lab").rglob("*.html"):
        assert "Content-Security-Policy" in page.read_text(encoding="utf-8")


def test_a_lesson_is_only_rewritten_if_it_needs_numpy(tmp_path):
    lite._lessons(tmp_path / "without", numpy=False)
    lite._lessons(tmp_path / "with", numpy=True)
    for path in (tmp_path / "with").iterdir():
        book, read = json.loads(path.read_text()), json.loads((tmp_path / "without" / path.name).read_text())
        code = [cell for cell in read["cells"] if cell["cell_type"] == "code"]
        if any("import numpy" in "".join(cell["source"]) for cell in book["cells"]):
            assert [cell["source"].splitlines()[-1] for cell in code] == [f'static_page("{path.stem}")']
            assert len(read["cells"]) == len(book["cells"]) + 1
        else:
            assert book == read


def test_elsewhere_the_link_is_to_a_file_beside_it():
    assert static_page("07_ask_a_fleet").text.endswith("See 07_ask_a_fleet.html")


def test_every_version_is_exact():
    text = lite.LOCK.read_text(encoding="utf-8")
    specs = re.findall(r'"([A-Za-z][^"=]*)(==[^"]*)?"', text.partition("[pyodide]")[0])
    assert len(specs) > 60
    assert [name for name, version in specs if not version] == []
    assert re.search(r'integrity = "sha512-[\w+/]{86}=="', text)


def test_another_package_than_locked_is_refused(tmp_path):
    (tmp_path / "construct-2.10.70-py3-none-any.whl").touch()
    (tmp_path / "raslib-0.1.0-py3-none-any.whl").touch()
    lite._check(tmp_path, ["construct==2.10.70"], [])
    (tmp_path / "left_pad-1.0-py3-none-any.whl").touch()
    with pytest.raises(ValueError, match=r"lock\.toml and the browser edition differ: left_pad"):
        lite._check(tmp_path, ["construct==2.10.70"], [])
