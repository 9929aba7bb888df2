"""How JupyterHub runs a session on one machine. `raslib session --hub` starts it and sets the RASLIB_HUB_ variables.

The learners share one password and one user of the system: there is no wall between them. Use it among people who trust
each other, behind a VPN or an ssh tunnel.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner

from raslib.lab import FIRST, copy
from raslib.resources import folder

HOMES, RUN = Path(os.environ["RASLIB_HUB_HOMES"]), Path(os.environ["RASLIB_HUB_RUN"])
MEMORY = int(os.environ.get("RASLIB_HUB_MEMORY", 1 << 30))  # bytes of data in one process of a learner
IDLE = 3600  # seconds until a server that nobody uses ends
MAY_CULL = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


class LearnersServer(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """A learner's server: its processes have a limit each, and it ends with the hub, however that ends."""

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            if libc:
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        return limit


def bring(spawner: Any) -> None:
    """A learner's copy of the lessons, in which what was changed stays, and a short folder for sockets."""
    spawner.environment["JUPYTER_RUNTIME_DIR"] = str(RUN / spawner.user.name[:20])
    copy(folder("notebooks"), HOMES / spawner.user.name)


c = get_config()  # type: ignore[name-defined] # noqa: F821, of JupyterHub
hub_port, api_port = os.environ["RASLIB_HUB_PORTS"].split(",")
c.JupyterHub.bind_url = os.environ["RASLIB_HUB_URL"]
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub_port}"
c.JupyterHub.spawner_class = LearnersServer
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["RASLIB_HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.db_url = f"sqlite:///{RUN}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{RUN}/cookie"
c.ConfigurableHTTPProxy.pid_file = f"{RUN}/proxy.pid"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = [os.environ["RASLIB_PROXY"], "--log-level", "warn"]
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = f"/lab/tree/{FIRST}"
c.Spawner.args = ["--KernelManager.transport=ipc", *(["--allow-root"] if os.geteuid() == 0 else [])]
c.Spawner.http_timeout = c.Spawner.start_timeout = 240
c.SimpleLocalProcessSpawner.home_dir_template = f"{HOMES}/{{username}}"
c.Spawner.pre_spawn_hook = bring
culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"]
c.JupyterHub.services = [{"name": "culler", "command": culler}]
c.JupyterHub.load_roles = [{"name": "culler", "services": ["culler"], "scopes": MAY_CULL}]
