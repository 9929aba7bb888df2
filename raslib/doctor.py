"""What works on this machine, and how to mend what does not: `raslib doctor`."""

import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from .lab import notebooks
from .resources import folder, samples
from .tools import TOOLS, Tool

Status = Literal["ok", "missing-optional", "broken"]
FETCH = {
    "Debian": "raslib live fetch",
    "elsewhere": "your own vmlinuz and initrd.gz in the folder that RASLIB_LIVE_DIR names",
}
AGAIN = {"everywhere": "install raslib again"}
WIDGETS = {tool: f"{tool} install --force-reinstall jupyterlab_widgets anywidget" for tool in ("pip", "conda")}
# The browser edition: what comes with it, and how to have what it cannot.
PAGE = {"jupyterlab": "is the page that this runs in", "widgets": "come with the page"}
ELSEWHERE = {"elsewhere": "make lab, in a clone of the kit"}


class Checkup(NamedTuple):
    """One thing that was looked at; `mend` maps a system to a command or a sentence, and is empty where all is well."""

    name: str
    status: Status
    detail: str
    mend: Mapping[str, str] = {}


class Missing(Exception):
    """What a check did not find, in words."""


def _checkup(name: str, check: Callable[[], str], mend: Mapping[str, str], optional: bool = False) -> Checkup:
    """What *check* tells of a thing that is well; of one that is not, what was wrong and its *mend*."""
    try:
        return Checkup(name, "ok", check())
    except Missing as error:
        wrong = str(error)
    except importlib.metadata.PackageNotFoundError:
        wrong = "is not installed"
    except Exception as error:  # whatever a damaged package raises is what the learner must read
        wrong = f"{type(error).__name__}: {error}"
    return Checkup(name, "missing-optional" if optional else "broken", wrong, mend)


def _of_a_page(found: Checkup) -> Checkup:
    """In the browser edition Python runs in the page itself, which brings some things and can have no others."""
    if found.name in PAGE:
        return Checkup(found.name, "ok", PAGE[found.name])
    return found._replace(mend=ELSEWHERE if found.mend else {})


def _readme(extra: str) -> str:
    """The README's command that brings a requirement of raslib, or of an extra of it."""
    if folder("notebooks").parent == Path(__file__).parent:  # installed from a wheel
        return f"pip install 'raslib{f'[{extra}]' if extra else ''}'"
    return f"make lab, or pip install -e '.[{extra}]'" if extra else "make lab, or pip install -e ."


def _meets(version: str, ranges: str) -> bool:
    """Whether a version is within ranges like `>=2.10.70,<2.11`; pre-release marks are passed over."""

    def number(text: str) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", re.split(r"[^\d.]", text)[0])))

    bounds = re.findall(r"(>=|<)\s*([\d.]+)", ranges)
    return all((number(version) >= number(n)) if op == ">=" else (number(version) < number(n)) for op, n in bounds)


def _packages() -> Iterator[Checkup]:
    """The packages that raslib asks for, as its own metadata names them; extras are optional."""
    try:
        wanted = importlib.metadata.requires("raslib") or []
    except importlib.metadata.PackageNotFoundError:
        yield Checkup("raslib", "broken", "is not installed here", {"everywhere": "pip install -e . in the checkout"})
        return
    for requirement in wanted:
        name, ranges, extra = re.match(r"([\w.-]+)([^;]*)(?:;.*extra == [\"'](\w+))?", requirement).groups()  # type: ignore[union-attr]
        conda = "python-graphviz" if name == "graphviz" else name
        mend = {
            "README": _readme(extra or ""),
            "pip": f"pip install '{name}{ranges}'",
            "conda": f"conda install -c conda-forge '{conda}{ranges}'",
        }
        if extra in (None, "bulk"):
            yield _checkup(name, partial(_version, name, ranges), mend, optional=bool(extra))


def _version(package: str, ranges: str = "") -> str:
    """The version of a package that can be imported."""
    version = importlib.metadata.version(package)
    importlib.import_module(package)
    if not _meets(version, ranges):
        raise Missing(f"{version} is not {ranges}")
    return version


def _widgets() -> str:
    """Whether JupyterLab will find the browser's half of the widgets."""
    from jupyter_core.paths import jupyter_path

    for extension in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
        if not any((Path(path) / extension).is_dir() for path in jupyter_path("labextensions")):
            raise Missing(f"JupyterLab would not find {extension}")
    return "JupyterLab finds their extensions"


def _said(tool: Tool, path: str) -> str:
    """The first line with a number that a program answers to its version option."""
    if not tool.version:
        return "found"
    done = subprocess.run([path, *tool.version], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d", line)), "it does not tell its version")


def _tool(name: str, tool: Tool) -> str:
    path = tool.find()
    if path is None:
        raise Missing(f"{tool.use}{'; without it: pygraphviz if installed, text' if name == 'dot' else ''}")
    try:
        return f"{_said(tool, path)} at {path}"
    except (OSError, subprocess.SubprocessError) as error:
        raise Missing(f"{path} does not run: {error}") from error


def _pictures() -> str:
    """What draws graphs here: dot, else pygraphviz, else nothing: words are shown."""
    if TOOLS["dot"].find():
        return "drawn by dot"
    try:
        return f"drawn by pygraphviz {_version('pygraphviz')}"
    except Exception as error:
        raise Missing("graphs are told in words") from error


def _sample(name: str = "hest/qemu-7.2") -> str:
    """Read a sample that came with raslib, and rebuild it."""
    data = samples(name)
    if importlib.import_module("raslib.formats.hest").Hest.parse(data).build() != data:
        raise Missing(f"{name} is not rebuilt as it was")
    return f"{name} is read and rebuilt, {len(data)} bytes"


def _notebooks() -> str:
    source, home = folder("notebooks"), notebooks()
    if not any(source.glob("*.ipynb")):
        raise Missing(f"none in {source}")
    place = next(path for path in (home, *home.parents) if path.exists())
    if not os.access(place, os.W_OK):
        raise Missing(f"{place} cannot be written to")
    return f"{home} can be written to"


def findings() -> Iterator[Checkup]:
    """Look at everything, in the order in which a learner would need it."""
    for found in _checkups():
        yield _of_a_page(found) if sys.platform == "emscripten" else found


def _checkups() -> Iterator[Checkup]:
    yield Checkup("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")
    yield from _packages()
    yield _checkup("widgets", _widgets, WIDGETS)
    yield _checkup("samples", _sample, AGAIN)
    there = any(folder("notebooks").glob("*.ipynb"))
    yield _checkup("notebooks", _notebooks, {"everywhere": "start in a folder of your own"} if there else AGAIN)
    yield _checkup("pictures", _pictures, {"pip": "pip install 'raslib[svg]'"}, optional=True)
    for name, tool in TOOLS.items():
        fetched = name == "live" and TOOLS["qemu"].find() is not None  # QEMU is there: what is missing is the guest
        yield _checkup(name, partial(_tool, name, tool), FETCH if fetched else tool.mend, optional=True)


def doctor(as_json: bool = False) -> int:
    """Print a line for each thing looked at, and below it how to mend what is not well.

    The exit status is 1 if something required is broken, else 0; *as_json*: each line is one JSON object.
    """
    broken = False
    for found in findings():
        broken |= found.status == "broken"
        if as_json:
            print(json.dumps(found._asdict()))
            continue
        print(f"{found.status:<16}  {found.name:<10}  {found.detail}", flush=True)
        for system, mend in found.mend.items():
            print(f"{'':<16}  {'':<10}  {system + ':':<11} {mend}")
    return int(broken)
