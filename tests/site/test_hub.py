"""A hub for eight learners on this machine: everybody has a kernel and an own copy, and nothing is left in the end."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import tomllib
import urllib.request
import uuid
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from random import Random

import psutil
import pytest

pytest.importorskip("jupyterhub", reason="jupyterhub is missing: pip install 'raslib[hub]'")
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.websocket import websocket_connect

LEARNERS = int(os.environ.get("RASLIB_LEARNERS", 8))
STEPS = 10  # of each learner
PASSWORD = "a word for the room"
FIRST = "from raslib import Scenario, walk\nprint(walk(Scenario()).outcome['end'])"
MOST = 200  # MB of one learner
CI = os.environ.get("CI", "").lower() == "true"


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def hub(tmp_path) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    proxy = os.environ.get("RASLIB_PROXY") or shutil.which("configurable-http-proxy")
    if not proxy:
        (pytest.fail if CI else pytest.skip)(
            "configurable-http-proxy is missing: npm install -g configurable-http-proxy"
        )
    port = free()
    command = [sys.executable, "-m", "raslib", "session", "--hub", "--port", str(port)]
    environment = os.environ | {"RASLIB_HUB_PASSWORD": PASSWORD, "RASLIB_PROXY": proxy}
    with (tmp_path / "log").open("w") as log:
        started = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}", started, tmp_path
        finally:
            started.kill()
            started.wait()


class Learner:
    """A browser of one learner, as far as a hub sees it."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name, self.jar = url, name, dict[tuple[str, str], str]()

    async def ask(self, path: str, body: str | None = None, **headers: str) -> HTTPResponse:
        """The answer at the end of all redirections."""
        method = "GET" if body is None else "POST"
        for _ in range(15):
            cookies = {"Cookie": self.cookies(path)}
            request = HTTPRequest(self.url + path, method, cookies | headers, body, follow_redirects=False)
            try:
                answer = await AsyncHTTPClient().fetch(request)
            except HTTPClientError as e:
                if e.response is None or e.code not in (301, 302, 303, 307):
                    raise
                answer = e.response
            for line in answer.headers.get_list("Set-Cookie"):
                for key, value in SimpleCookie(line).items():
                    self.jar[value["path"] or "/", key] = value.value
            if answer.code == 200 or "Location" not in answer.headers:
                return answer
            path, method, body = answer.headers["Location"].removeprefix(self.url), "GET", None
        raise AssertionError("it goes round in circles")

    def cookies(self, path: str) -> str:
        return "; ".join(f"{key}={v}" for (at, key), v in sorted(self.jar.items()) if path.startswith(at))

    def xsrf(self, path: str) -> str:
        return max(((at, v) for (at, key), v in self.jar.items() if key == "_xsrf" and path.startswith(at)))[1]

    async def first_cell(self) -> tuple[float, str]:
        """Seconds until the first cell has run, and what it printed."""
        began = time.perf_counter()
        await self.ask("/hub/login")
        form = f"username={self.name}&password={PASSWORD.replace(' ', '+')}&_xsrf={self.xsrf('/hub/login')}"
        await self.ask("/hub/login?next=/hub/spawn", form, **{"Content-Type": "application/x-www-form-urlencoded"})
        home = f"/user/{self.name}/"
        while b"jupyter-config-data" not in (await self.ask(f"{home}lab/tree/00_start_here.ipynb")).body:
            await asyncio.sleep(0.5)
        kernel = await self.ask(f"{home}api/kernels", '{"name": "python3"}', **{"X-XSRFToken": self.xsrf(home)})
        channels = f"{home}api/kernels/{json.loads(kernel.body)['id']}/channels"
        request = HTTPRequest(self.url.replace("http", "ws") + channels, headers={"Cookie": self.cookies(channels)})
        self.socket = await websocket_connect(request, max_message_size=1 << 26)
        return time.perf_counter() - began, await self.run(FIRST)

    async def run(self, code: str) -> str:
        """What a cell prints."""
        key, printed = uuid.uuid4().hex, ""
        header = {"msg_id": key, "username": "", "session": self.name, "msg_type": "execute_request", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "content": content}
        await self.socket.write_message(json.dumps(message))
        while (raw := await self.socket.read_message()) is not None:
            answer = json.loads(raw)
            if answer["parent_header"].get("msg_id") != key:
                continue
            printed += answer["content"].get("text", "") or answer["content"].get("evalue", "")
            if answer["content"].get("execution_state") == "idle":
                return printed
        raise AssertionError("the kernel is gone")


async def lesson(url: str) -> tuple[list[tuple[float, str]], list[float]]:
    AsyncHTTPClient.configure(None, max_clients=100, defaults={"request_timeout": 240, "connect_timeout": 60})
    learners = [Learner(url, f"learner{i}") for i in range(LEARNERS)]
    firsts = await asyncio.gather(*(learner.first_cell() for learner in learners))
    steps = await asyncio.gather(*(stepped(learner) for learner in learners))
    return firsts, sorted(seconds for some in steps for seconds in some)


async def stepped(learner: Learner) -> list[float]:
    """Seconds that each of some steps took, with a look at it in between."""
    took, pause = [], Random(learner.name)
    for _ in range(STEPS):
        await asyncio.sleep(pause.uniform(0.5, 3))
        began = time.perf_counter()
        await learner.run("walk(Scenario.of('host.notify=GSIV')).outcome")
        took.append(time.perf_counter() - began)
    return took


def test_eight_learners_have_a_kernel_each_and_nothing_is_left(hub, capsys):
    url, started, home = hub
    while "The course: " not in (home / "log").read_text():
        assert started.poll() is None
        time.sleep(0.1)
    with urllib.request.urlopen(f"{url}/hub/login", timeout=60) as answer:
        assert answer.status == 200, "whoever reads the link can log in"
    firsts, steps = asyncio.run(asyncio.wait_for(lesson(url), 400))
    assert [printed for _, printed in firsts] == ["sigbus_ar\n"] * LEARNERS
    below = psutil.Process(started.pid).children(recursive=True)
    servers = [p for p in below if "singleuser" in " ".join(p.cmdline())]
    assert len(servers) == LEARNERS
    sizes = [
        sum(p.memory_full_info().pss for p in (server, *server.children(recursive=True))) / 1e6 for server in servers
    ]
    first, slow = max(seconds for seconds, _ in firsts), steps[len(steps) * 19 // 20]
    with capsys.disabled():
        print(
            f"\n{LEARNERS} learners: first cell after {first:.0f} s, a step {statistics.median(steps) * 1e3:.0f} ms, "
            f"of twenty the slowest {slow * 1e3:.0f} ms, {max(sizes):.0f} MB each, load {os.getloadavg()[0]:.0f}"
        )
    assert max(sizes) < MOST
    for i in range(LEARNERS):
        assert (home / "raslib-learners" / f"learner{i}" / "00_start_here.ipynb").is_file()
    started.send_signal(signal.SIGTERM)
    started.wait(90)
    gone, alive = psutil.wait_procs(below, timeout=30)
    assert [" ".join(p.cmdline()) for p in alive] == []
    assert len(gone) >= 2 * LEARNERS


def test_a_proxy_that_is_missing_is_named(tmp_path):
    command = [sys.executable, "-m", "raslib", "session", "--hub"]
    environment = {k: v for k, v in os.environ.items() if k != "RASLIB_PROXY"} | {"PATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    wanted = "raslib: configurable-http-proxy is missing: npm install -g configurable-http-proxy@5.3.0\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", wanted)


def test_the_image_has_what_the_lock_says_and_copies_what_is_there():
    top = Path(__file__).parents[2]
    lines = (top / "raslib/site/hub/Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (.*) \S+$", lines, re.MULTILINE):
        assert [name for name in line.split() if not (top / name).exists()] == []
    (pin,) = re.findall(r"'(jupyterhub==\S+)'", lines)
    extras = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert pin in extras["hub"]


def test_the_values_for_a_cluster_start_what_the_image_has():
    yaml = pytest.importorskip("yaml", reason="pyyaml is missing")
    here = Path(__file__).parents[2] / "raslib/site/hub"
    values = yaml.safe_load((here / "zero-to-jupyterhub.yaml").read_text(encoding="utf-8"))
    command = json.loads(re.search(r"^CMD (.*)$", (here / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[1])
    assert values["singleuser"]["cmd"] == command
    hook = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert hook[:2] == ["python", "-c"]


def test_the_hook_of_a_cluster_brings_the_lessons(tmp_path):
    yaml = pytest.importorskip("yaml", reason="pyyaml is missing")
    path = Path(__file__).parents[2] / "raslib/site/hub/zero-to-jupyterhub.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    hook = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    subprocess.run([sys.executable, *hook[1:]], env=os.environ | {"HOME": str(tmp_path)}, check=True)
    assert (tmp_path / "00_start_here.ipynb").is_file()
