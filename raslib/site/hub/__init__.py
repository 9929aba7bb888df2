"""Starts a JupyterHub for a session on one machine: a server and an own copy of the lessons for everybody."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from time import sleep

from ..serve import announcement, link

HERE = Path(__file__).parent
PROXY = "configurable-http-proxy"
GRACE = 30  # seconds in which all servers end


def start(address: str, port: int, token: str) -> int:
    """Run a hub till it is interrupted, and end everything with it; its exit status.

    The learners' folders are kept in `raslib-learners` below the current one; what a learner changed stays there. The
    link is printed when somebody can log in, with the *token* of a scenario if there is one. The password for all is
    RASLIB_HUB_PASSWORD, or a drawn one, which is printed. Raises ValueError, with the command that mends it, for what
    is missing.
    """
    for module in ("jupyterhub", "jupyterhub_idle_culler"):
        if not find_spec(module):
            raise ValueError(f"{module} is not installed: pip install 'raslib[hub]'")
    proxy = os.environ.get("RASLIB_PROXY") or shutil.which(PROXY)
    if not proxy:
        raise ValueError(f"{PROXY} is missing: npm install -g {PROXY}@5.3.0")
    password = os.environ.get("RASLIB_HUB_PASSWORD") or secrets.token_urlsafe(9)
    homes = Path("raslib-learners").absolute()
    homes.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as ending:
        run = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="rh-")))  # a socket's path has 107 letters
        ours = {"RASLIB_HUB_URL": f"http://{address}:{port}", "RASLIB_HUB_PASSWORD": password, "RASLIB_PROXY": proxy}
        ours |= {"RASLIB_HUB_HOMES": str(homes), "RASLIB_HUB_RUN": str(run)}
        ours |= {"RASLIB_HUB_PORTS": ",".join(map(str, _free(2)))}
        command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "jupyterhub_config.py"), "--log-level=WARN"]
        hub = subprocess.Popen(command, cwd=run, env=os.environ | ours)
        ending.callback(_end, hub, run / "proxy.pid")
        while hub.poll() is None and not _answers(address, port):
            sleep(0.2)
        if hub.returncode is not None:
            return hub.returncode
        who = f"Everybody who reaches {address} and has the password can run programs here: {password}"
        print(*announcement(link(address, port), token, {}, who), sep="\n", flush=True)
        return hub.wait()


def _answers(address: str, port: int) -> bool:
    """Whether somebody can log in: the proxy listens before it knows its hub."""
    with suppress(OSError, HTTPException):
        asked = HTTPConnection(address, port, timeout=10)
        asked.request("GET", "/hub/login")
        return asked.getresponse().status == 200
    return False


def _free(number: int) -> list[int]:
    """Ports that nobody uses now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [probe.getsockname()[1] for probe in probes]


def _end(hub: "subprocess.Popen[bytes]", proxy: Path) -> None:
    """End the hub, which ends its servers; a proxy that a hub left behind while it started is ended too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # who asks twice is not to leave it half ended
    hub.terminate()
    try:
        hub.wait(GRACE)
    except subprocess.TimeoutExpired:
        hub.kill()
        hub.wait()
    with suppress(OSError, ValueError):
        os.kill(int(proxy.read_text(encoding="ascii").split()[0]), signal.SIGTERM)
