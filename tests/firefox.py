"""Firefox by WebDriver BiDi (W3C), which it speaks without a driver: pages are opened, keys pressed, scripts asked."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import websocket

KEYS = {"ArrowRight": "\ue014", "Enter": "\ue007", "Tab": "\ue004", "Home": "\ue011", "End": "\ue010"}
# Every other host is asked by a proxy that is not there; nothing is fetched that the pages do not ask for.
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "dom.disable_open_during_load": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
}
PATIENCE = 240  # seconds for an answer; a kernel starts in one of them


def found() -> str | None:
    """The path of a Firefox, None where there is none."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def needs_firefox() -> None:
    """Skips, with a word, what asks for a Firefox that is not there; where CI=true that is a failure."""
    if not found():
        fail = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        fail("firefox is missing: Debian: apt install firefox-esr")


class Firefox:
    """A session of a Firefox that listens at *address*; `complaints` are errors of pages, `requests` what was asked."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=PATIENCE)
        self.numbers = count(1)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def ask(self, method: str, **parameters: Any) -> Any:
        """The answer to a command; events that come before it are noted. Raises AssertionError if it is refused."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self.socket.recv())).get("id") != number:
            self._note(message.get("method"), message.get("params", {}))
        assert message["type"] == "success", message
        return message["result"]

    def _note(self, event: str | None, about: dict[str, Any]) -> None:
        if event == "network.beforeRequestSent":
            self.requests.append(about["request"]["url"])
        elif event == "log.entryAdded" and about["level"] == "error":
            self.complaints.append(str(about["text"]))

    def open(self, url: str) -> "Page":
        page = Page(self, self.ask("browsingContext.create", type="tab")["context"])
        page.goto(url)
        return page


class Page:
    """A tab."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self.firefox, self.context = firefox, context

    def goto(self, url: str) -> None:
        self.firefox.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self) -> None:
        self.firefox.ask("browsingContext.reload", context=self.context, wait="complete")

    def evaluate(self, function: str, *given: Any) -> Any:
        """What a *function* of JavaScript gives, which must be JSON. Raises AssertionError where it throws."""
        arguments = ", ".join(map(json.dumps, given))
        expression = f"(async () => JSON.stringify(await ({function})({arguments})) ?? 'null')()"
        target = {"context": self.context}
        answer = self.firefox.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def wait_for_function(self, function: str, *given: Any) -> None:
        """Till *function* gives what is true, looked at twenty times a second. AssertionError where it throws."""
        look = f"""(...given) => new Promise((done) => {{
            const look = async () => {{
                try {{
                    if (await ({function})(...given)) done(true);
                    else setTimeout(look, 50);
                }} catch (error) {{ done(String(error)); }} }};
            look(); }})"""
        found = self.evaluate(look, *given)
        assert found is True, found

    def press(self, *keys: str) -> None:
        strokes = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keys", "actions": strokes}]
        self.firefox.ask("input.performActions", context=self.context, actions=actions)

    def close(self) -> None:
        self.firefox.ask("browsingContext.close", context=self.context)


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A Firefox without a window, with a profile of its own in *folder*; ended with its session."""
    program = found()
    assert program is not None
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        try:
            said = (re.search(r"listening on (ws:\S+)", line) for line in process.stderr)
            session = Firefox(next(address[1] for address in said if address))
            Thread(target=process.stderr.read, daemon=True).start()  # what it says more must not fill the pipe
            yield session
            with suppress(websocket.WebSocketException, OSError):
                session.ask("browser.close")
        finally:
            process.terminate()
