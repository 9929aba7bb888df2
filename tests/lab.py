"""JupyterLab in a real browser, for tests of what a learner sees.

with served(folder) as (server, copy), lab(server, copy) as jupyter:      # as the fixture `jupyter` of conftest.py
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
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, TimeoutError, sync_playwright

from raslib import tools

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
TOKEN = "token-of-this-test"
QUIET = 60  # seconds in which nothing at all happens: then it is waited for no longer
ROUNDS = 15  # of these, in which something does happen
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


def notebook(*cells: str) -> dict[str, Any]:
    """A notebook made of these code cells, as it is stored."""
    made = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "source": cell, "outputs": [], "execution_count": None}
        for i, cell in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}


@dataclass
class Server:
    """A JupyterLab that has been started, and where it writes its log."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def progress(self) -> tuple[int, int]:
        """Grows while the server, or a kernel of its, does something: bytes of its log, seconds of processors' time."""
        seconds = 0.0
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(self.process.pid)
            for one in (top, *top.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    seconds += sum(one.cpu_times()[:2])
        return self.log.stat().st_size, int(seconds / 2)

    def wait(self) -> None:
        """Wait until the server answers, as long as it makes progress; RuntimeError with the end of its log if not."""
        if not waited(self._answers, self.progress):
            tail = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
            raise RuntimeError(f"JupyterLab does not answer (exit status {self.process.poll()}):\n{tail}")

    def _answers(self) -> bool | None:
        """True: it does; None: it never will, as it has ended."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=QUIET):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        return False if self.process.poll() is None else None


def waited(look: Callable[[], bool | None], progress: Callable[[], Any], quiet: float = QUIET) -> bool:
    """*look* again and again till it gives True; False if it gives None or if *progress* stands still for too long."""
    last, since, begun = progress(), time.monotonic(), time.monotonic()
    while not (found := look()):
        now = time.monotonic()
        if (here := progress()) != last:
            last, since = here, now
        if found is None or now - since > quiet or now - begun > ROUNDS * quiet:
            return False
    return True


@dataclass
class Lab:
    """A running server, the browser that looks at it, and the folder of notebooks it serves."""

    server: Server
    folder: Path
    browser: Browser
    _errors: dict[Page, list[str]] = field(default_factory=dict)
    _events: Counter[Page] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return self.server.url

    def write(self, name: str, *cells: str) -> str:
        """Store a notebook made of these code cells; its file name, to open."""
        (self.folder / f"{name}.ipynb").write_text(json.dumps(notebook(*cells)), encoding="utf-8")
        return f"{name}.ipynb"

    def open(self, name: str, theme: str = LIGHT, width: int = 1280, height: int = 900) -> Page:
        """Open a notebook in a fresh browser profile and wait until its kernel is ready."""
        # A workspace of its own: JupyterLab would otherwise bring back the notebooks of the test before.
        url = f"{self.url}/lab/workspaces/{time.monotonic_ns()}/tree/{name}?token={TOKEN}"
        page = self.visit(url, width, height)
        self.wait(page, KERNEL_READY)
        self.set_theme(page, theme)
        return page

    def visit(self, url: str, width: int = 1280, height: int = 900) -> Page:
        """Go to a page of the server in a fresh browser profile, and listen to what the browser complains of."""
        page = self.browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(QUIET * 1000)
        found = self._errors.setdefault(page, [])

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                found.append(f"console: {message.text} ({message.location.get('url', '')})")

        def on_request(request: Request) -> None:
            self._events[page] += 1
            if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
                found.append(f"asks another machine: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: found.append(f"page: {error}"))
        page.on("request", on_request)
        page.goto(url, timeout=QUIET * ROUNDS * 1000)
        return page

    def wait(self, page: Page, expression: str, arg: Any = None) -> None:
        """Wait until *expression* holds in the page, as long as its requests, the server or a kernel make progress."""

        def look() -> bool:
            try:
                page.wait_for_function(expression, arg=arg, timeout=5000)
            except TimeoutError:
                return False
            return True

        if not waited(look, lambda: (self._events[page], self.server.progress())):
            raise AssertionError(f"nothing happens, and this does not hold: {expression}")

    def set_theme(self, page: Page, theme: str) -> None:
        """Change the theme, and wait until the page has it."""
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        self.wait(page, "theme => document.body.dataset.jpThemeName === theme", theme)

    def run_all(self, page: Page) -> None:
        """Run all cells and wait until the kernel is idle; AssertionError if a cell raised."""
        page.evaluate(RUN_ALL)
        self.wait(page, "() => window.ranAll === true")
        self.wait(page, KERNEL_READY)
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
def server(folder: Path) -> Iterator[Server]:
    """A JupyterLab server on a free loopback port, with settings of its own."""
    with tempfile.TemporaryDirectory(prefix="lab-") as private:
        home = Path(private)
        (home / "app").mkdir()
        (home / "app" / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
        command = [
            *("-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={home / 'app'}"),
            *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ]
        with started(command, home) as running:
            yield running


@contextlib.contextmanager
def started(command: list[str], home: Path, cwd: Path | None = None) -> Iterator[Server]:
    """A Python that is, or becomes, a JupyterLab server; what it keeps is in *home*. Ended by its process id."""
    url = f"http://127.0.0.1:{free_port()}"
    options = [
        *("--no-browser", "--ip=127.0.0.1", f"--port={url.rpartition(':')[2]}", f"--IdentityProvider.token={TOKEN}"),
        *("--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True"),
        "--ServerApp.shutdown_no_activity_timeout=600",  # should this process be killed before it can end it
    ]
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(home / place) for name, place in places.items()}
    log = home / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command, *options],
            **{"env": environment, "cwd": cwd, "stdin": subprocess.DEVNULL, "stdout": out, "stderr": out},
        )
    try:
        running = Server(url, process, log)
        running.wait()
        yield running
    finally:
        process.terminate()  # JupyterLab ends its kernels, then itself
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def served(notebooks: Path) -> Iterator[tuple[Server, Path]]:
    """Serve a temporary copy of a folder of notebooks; the server, and the copy."""
    with tempfile.TemporaryDirectory(prefix="notebooks-") as private:
        folder = Path(private) / "notebooks"
        if notebooks.is_dir():
            shutil.copytree(notebooks, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        folder.mkdir(exist_ok=True)
        with server(folder) as started:
            yield started, folder


@contextlib.contextmanager
def lab(started: Server, folder: Path) -> Iterator[Lab]:
    """Look at a server with a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=BROWSER_FLAGS)
        try:
            yield Lab(started, folder, browser)
        finally:
            browser.close()
