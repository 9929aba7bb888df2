"""JupyterLab in a real browser, for tests of what a learner sees.

with lab(folder) as jupyter:                      # the `jupyter` fixture of conftest.py is one of these
    jupyter.write("probe", "from ipywidgets import IntSlider", "IntSlider()")
    page = jupyter.open("probe.ipynb", theme="JupyterLab Dark")
    jupyter.run_all(page)
    page.locator(".widget-slider").wait_for()     # a Playwright page: query and click as usual
    assert jupyter.errors(page) == []
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

from raslib import tools

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
TOKEN = "token-of-this-test"
BROWSER_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    # The news pop-up covers a corner of every screenshot, and asks the network.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # By default JupyterLab takes cells out of the page that are scrolled out of sight.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
# "Run all" that comes before the kernel is connected is lost without a word.
KERNEL_READY = """() => {
  const kernel = window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel;
  return kernel?.status === "idle" && kernel?.connectionStatus === "connected";
}"""
RUN_ALL = """() => {
  window.ranAll = false;
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => { window.ranAll = true; });
}"""
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
CELLS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map(cell => cell.toJSON())"""


@dataclass
class Lab:
    """A running server, the browser that looks at it, and the folder of notebooks it serves."""

    url: str
    folder: Path
    browser: Browser
    _errors: dict[Page, list[str]] = field(default_factory=dict)

    def write(self, name: str, *cells: str) -> str:
        """Store a notebook made of these code cells; its file name, to open."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.folder / f"{name}.ipynb")
        return f"{name}.ipynb"

    def open(self, name: str, theme: str = LIGHT, width: int = 1280, height: int = 900) -> Page:
        """Open a notebook in a fresh browser profile and wait until its kernel is ready."""
        page = self.browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(60_000)
        found = self._errors.setdefault(page, [])

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                found.append(f"console: {message.text} ({message.location.get('url', '')})")

        def on_request(request: Request) -> None:
            if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
                found.append(f"asks another machine: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: found.append(f"page: {error}"))
        page.on("request", on_request)
        # A workspace of its own: JupyterLab would otherwise bring back the notebooks of the test before.
        page.goto(f"{self.url}/lab/workspaces/{time.monotonic_ns()}/tree/{name}?token={TOKEN}")
        page.wait_for_function(KERNEL_READY)
        self.set_theme(page, theme)
        return page

    def set_theme(self, page: Page, theme: str) -> None:
        """Change the theme, and wait until the page has it."""
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)

    def run_all(self, page: Page, seconds: float = 120) -> None:
        """Run all cells and wait until the kernel is idle; AssertionError if a cell raised."""
        page.evaluate(RUN_ALL)
        page.wait_for_function("() => window.ranAll === true", timeout=seconds * 1000)
        page.wait_for_function(KERNEL_READY, timeout=seconds * 1000)
        raised = [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells(page)
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]
        if raised:
            raise AssertionError("; ".join(raised))

    def cells(self, page: Page) -> list[dict]:
        """The notebook's cells with their outputs, as the browser now holds them."""
        return page.evaluate(CELLS)

    def errors(self, page: Page) -> list[str]:
        """What the browser complained of since the page was opened, and any request to another machine."""
        return list(self._errors[page])

    def close(self) -> None:
        """End the kernels of all open pages, and close the pages; the server and the browser stay."""
        for page in self._errors:
            with contextlib.suppress(Error):  # a page that has crashed or was closed by its test
                page.evaluate(SHUT_DOWN)
            page.close()
        self._errors.clear()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """A JupyterLab server on a free loopback port, with settings of its own; ended by its process id in any case."""
    with tempfile.TemporaryDirectory(prefix="lab-") as private:
        home = Path(private)
        (home / "app").mkdir()
        (home / "app" / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        url = f"http://127.0.0.1:{free_port()}"
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={url.rpartition(':')[2]}"),
            *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}"),
            *("--LabApp.expose_app_in_browser=True", f"--LabApp.app_settings_dir={home / 'app'}"),
            "--ServerApp.shutdown_no_activity_timeout=600",  # should this process be killed before it can end it
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        environment = os.environ | {name: str(home / place) for name, place in places.items()}
        log = home / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait_for(url, process, log)
            yield url
        finally:
            process.terminate()  # JupyterLab ends its kernels, then itself
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 90) -> None:
    """Wait until the server answers; RuntimeError with the end of its log if it does not."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    raise RuntimeError(f"JupyterLab does not answer (exit status {process.poll()}):\n{tail}")


@contextlib.contextmanager
def lab(notebooks: Path) -> Iterator[Lab]:
    """Serve a temporary copy of a folder of notebooks, and look at it with a headless Chromium."""
    with tempfile.TemporaryDirectory(prefix="notebooks-") as private:
        folder = Path(private) / "notebooks"
        if notebooks.is_dir():
            shutil.copytree(notebooks, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        folder.mkdir(exist_ok=True)
        with server(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=tools.browser(), args=BROWSER_FLAGS)
            try:
                yield Lab(url, folder, browser)
            finally:
                browser.close()
