"""A session: the site is served with the headers that it needs, and what the lead reads aloud is right."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from raslib.sim.model.scenario import Scenario
from raslib.site import serve


@pytest.fixture
def site(tmp_path) -> Path:
    for name in ("index.html", "build/a.86436df.js", "ras.js", "lab/pyodide.asm.wasm", "lab/pyodide.mjs"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} says hello")
    (tmp_path / "secret").write_text("not to be seen")
    return tmp_path / "site"


@pytest.fixture
def served(site) -> Iterator[str]:
    with serve.server(site, port=8400) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_each_kind_of_file_has_its_type(served):
    types = {"index.html": "text/html", "ras.js": "text/javascript", "lab/pyodide.mjs": "text/javascript"}
    types |= {"lab/pyodide.asm.wasm": "application/wasm"}
    for name, wanted in types.items():
        with urllib.request.urlopen(f"{served}/{name}") as answer:
            assert answer.headers["Content-Type"].partition(";")[0] == wanted
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_the_browser_has_is_not_sent_again(served):
    with urllib.request.urlopen(f"{served}/build/a.86436df.js") as answer:
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    with urllib.request.urlopen(f"{served}/ras.js?v=1234") as answer:
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    with urllib.request.urlopen(f"{served}/lab/pyodide.asm.wasm") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        since = answer.headers["Last-Modified"]
    again = urllib.request.Request(f"{served}/lab/pyodide.asm.wasm", headers={"If-Modified-Since": since})
    with pytest.raises(urllib.error.HTTPError) as not_modified:
        urllib.request.urlopen(again)
    assert not_modified.value.code == 304


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/lab/../../secret", "/lab/"])
def test_nothing_else_of_the_machine_is_to_be_had(served, path):
    connection = HTTPConnection(served.removeprefix("http://"))
    connection.request("GET", path)
    answer = connection.getresponse()
    assert (answer.status, b"not to be seen" in answer.read()) == (404, False)
    connection.close()


def test_a_taken_port_is_left_to_whoever_has_it(site, served):
    taken = int(served.rpartition(":")[2])
    with serve.server(site, port=taken) as other:
        assert other.server_port > taken


def test_an_address_of_another_machine_is_an_error(site):
    with pytest.raises(OSError, match=r"assign|address"):
        serve.server(site, "192.0.2.1")


def test_the_lead_reads_link_token_and_code(site):
    """It ends when it is told to."""
    pytest.importorskip("segno", reason="segno is missing: pip install 'raslib[site]'")
    command = [sys.executable, "-m", "raslib", "session", str(site), "--port", "8450", "--choose", "host.notify=GSIV"]
    token = Scenario.of("host.notify=GSIV").token()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
        lines = [session.stdout.readline().rstrip("\n") for _ in range(6)]
        os.kill(session.pid, signal.SIGTERM)
        rest = session.stdout.read()
    port = re.fullmatch(r"The course: http://127\.0\.0\.1:(\d+)/", lines[0])[1]
    assert lines[1:3] == [
        f"Everybody on the same scenario: {token}",
        f"  http://127.0.0.1:{port}/what-if.html#choices=host.notify=GSIV",
    ]
    assert lines[3] == "Only this machine can open it; --bind 0.0.0.0 lets everybody who reaches this machine."
    assert set("".join(lines[4:]) + rest) <= set(" █▀▄\n")
    assert session.returncode == 143


def test_who_can_open_it_is_said():
    assert serve.audience("127.0.0.1").startswith("Only this machine")
    assert serve.audience("0.0.0.0") == "Everybody who reaches 0.0.0.0 can open it, without a password."
    assert "0.0.0.0" not in serve.link("0.0.0.0", 80)


def test_a_folder_without_a_site_is_none(tmp_path):
    command = [sys.executable, "-m", "raslib", "session", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        f"raslib: {tmp_path} has no site: raslib site -o {tmp_path} makes one\n",
    )


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        (["--port", "99999"], 2, "argument --port: 99999 is no port: those are 0 to 65535"),
        (["--port", "-1"], 2, "argument --port: -1 is no port: those are 0 to 65535"),
        (["--bind", "300.1.1.1"], 1, "raslib: nobody can listen at 300.1.1.1: "),
        (["--bind", "192.0.2.1"], 1, "raslib: nobody can listen at 192.0.2.1: "),
    ],
)
def test_an_address_or_port_that_cannot_be_is_named(site, how, status, said):
    command = [sys.executable, "-m", "raslib", "session", str(site), *how]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
