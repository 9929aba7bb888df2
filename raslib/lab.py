"""Starts JupyterLab on the notebooks: `raslib lab`."""

import hashlib
import json
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .files import replacing
from .resources import folder

FIRST = "00_start_here.ipynb"
COPY = Path("raslib-notebooks")
RECORD = ".origin.json"  # in the copy: of each file the SHA-256 of what was copied
SETTINGS = Path(__file__).with_name("lab_settings")  # no news pop-up, which covers a corner and asks the network
PORT = 8888
DESK = ".desk"  # in the notebooks' folder: all that JupyterLab and kernels keep, so that it is in no other's way
KEPT = (  # what names the folders that they write to; JupyterLab asks npm for language servers
    *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
    *("IPYTHONDIR", "RASLIB_CACHE_DIR", "npm_config_cache"),
)
LESSON = "lesson"  # the desk of one lesson, without side bars


def notebooks() -> Path:
    """The folder to work in: a checkout's own notebooks, else a copy of the packaged ones below the current folder."""
    source = folder("notebooks")
    return source if source.parent != Path(__file__).parent else COPY.absolute()


def copy(source: Path, target: Path) -> list[str]:
    """Bring the notebooks of *source* to *target*, and give a line for each that was left alone.

    What the learner changed is never written over; where a later version has another, that comes beside it, as
    `name.new.ipynb`. What is as it was copied is replaced, and so is what an interrupted copy left of a file. Files
    are whole at any moment, and nothing is written through a link to elsewhere. Raises `OSError`.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied, lines = _record(target / RECORD), []
    for path in sorted(p for p in source.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts):
        name, new = path.relative_to(source).as_posix(), path.read_bytes()
        if _bring(target, name, new, copied):
            continue
        line = f"{target / name} is kept as you changed it"
        if copied.get(name) != _sha(new):
            beside = path.relative_to(source).with_suffix(f".new{path.suffix}").as_posix()
            there = _bring(target, beside, new, copied)
            line += f"; {target / beside} is the new one{'' if there else ', as you changed it'}"
        lines.append(line)
    return lines


def _bring(target: Path, name: str, new: bytes, copied: dict[str, str]) -> bool:
    """Write the file *name* unless the learner's own stands there; whether *new*, or what it was, is not theirs."""
    mine = target / name
    if not mine.resolve().is_relative_to(target.resolve()) or mine.is_symlink():
        return False
    if mine.exists():
        old = mine.read_bytes() if mine.is_file() else None
        if old is None or (_sha(old) != copied.get(name) and not new.startswith(old)):
            return False
        if old == new and copied.get(name) == _sha(new):
            return True
    mine.parent.mkdir(parents=True, exist_ok=True)
    with replacing(mine) as file:
        file.write_bytes(new)
    copied[name] = _sha(new)
    with replacing(target / RECORD) as file:
        file.write_text(json.dumps(copied, indent=1), encoding="utf-8")
    return True


def _record(path: Path) -> dict[str, str]:
    """What was copied; nothing, if the file does not say."""
    try:
        kept: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: sha for name, sha in kept.items() if isinstance(sha, str)} if isinstance(kept, dict) else {}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lab(argv: Sequence[str] = (), desk: bool = False) -> int:
    """Run JupyterLab till it is ended; *argv* goes to it, and where it names an option that we give, it has its way.

    One lesson is opened without side bars; *desk* brings all of JupyterLab. The exit status is 0, or 1 if it cannot
    start.
    """
    home = notebooks()
    try:
        if not _given(argv, "root_dir", "notebook-dir"):
            _stay(home / DESK)
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        print(f"JupyterLab does not start ({error}); raslib doctor says how to mend it")
        return 1
    if home != folder("notebooks") and not _given(argv, "root_dir", "notebook-dir"):
        for line in copy(folder("notebooks"), home):
            print(line)
    port = _given(argv, "port")
    for line in _busy(home, int(port) if port.isdecimal() else PORT):
        print(line)
    LabApp.launch_instance([*_options(home, argv, desk), *argv])
    return 0


def _stay(desk: Path) -> None:
    """Have Jupyter and its kernels write to *desk*, but where the environment names another place.

    The learner's own settings and kernels are read where they are.
    """
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir

    read = {"JUPYTER_CONFIG_PATH": jupyter_config_dir(), "JUPYTER_PATH": jupyter_data_dir()}
    for name, path in read.items():
        os.environ[name] = os.pathsep.join(filter(None, (os.environ.get(name), path)))
    for name in KEPT:
        os.environ.setdefault(name, str(desk / name.lower()))


def _options(home: Path, argv: Sequence[str], desk: bool) -> Iterator[str]:
    """What JupyterLab is given, but what *argv* gives itself."""
    own = _given(argv, "root_dir", "notebook-dir")
    if not own:
        yield f"--ServerApp.root_dir={home}"
    if not own and not _given(argv, "workspaces_dir"):
        yield f"--LabApp.workspaces_dir={_lay_out(home / DESK / 'workspaces')}"
    if not own and (home / FIRST).is_file() and not _given(argv, "default_url"):
        yield f"--LabApp.default_url=/{'lab' if desk else f'doc/workspaces/{LESSON}'}/tree/{FIRST}"
    if not _given(argv, "app_settings_dir"):
        yield f"--LabApp.app_settings_dir={SETTINGS}"
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in argv:
        yield "--allow-root"  # root is the usual user of a container; the server listens on loopback, with a token


def _lay_out(folder: Path) -> Path:
    """The folder of desks, in which the one of a lesson has no side bars till somebody wants them."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    bare = {"collapsed": True, "visible": False, "widgets": []}
    layout = {"left": bare, "right": bare, "relativeSizes": [0, 1, 0]}
    document = {"data": {"layout-restorer:data": layout}, "metadata": {"id": LESSON}}
    if not folder.is_dir():
        folder.mkdir(parents=True)
        WorkspacesManager(str(folder)).save(LESSON, json.dumps(document))
    return folder


def _given(argv: Sequence[str], *names: str) -> str:
    """What *argv* gives for an option, by the last part of its name: `--ServerApp.root_dir=X`, `--port 9000`."""
    value = ""
    for option, behind in zip(argv, [*argv[1:], ""], strict=False):
        name, equals, said = option.removeprefix("--").partition("=")
        if option.startswith("--") and name.rpartition(".")[2] in names:
            value = said if equals else behind
    return value


def _busy(home: Path, port: int) -> Iterator[str]:
    """Whether a lab runs on these notebooks already, and whether its port is free."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if server.get("root_dir") == str(home):
            yield f"a lab runs on these notebooks already: {server['url']}lab?token={server['token']}"
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            yield f"port {port} is taken; this lab gets another one, which it names below"
