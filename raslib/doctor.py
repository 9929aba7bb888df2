"""What works on this machine, and how to mend what does not: `raslib doctor`."""

import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
# The browser edition, where Python runs in the page itself: what comes with it, and how to have what a page cannot.
PAGE = {"jupyterlab": "is the page that this runs in", "widgets": "come with the page"}
ELSEWHERE = {"elsewhere": "make lab, in a clone of the kit"}


class Checkup(NamedTuple):
    """One thing that was looked at; `mend` maps a system to a command or a sentence, and is empty where all is well."""

    name: str
    status: Status
    detail: str
    mend: Mapping[str, str] = {}


def _readme(extra: str) -> str:
    """The README's command that brings a requirement of raslib, or of an extra of it."""
    if folder("notebooks").parent == Path(__file__).parent:  # installed from a wheel
        return f"pip install 'raslib{f'[{extra}]' if extra else ''}'"
    return f"make lab, or pip install -e '.[{extra}]'" if extra else "make lab, or pip install -e ."


def _python() -> Iterator[Checkup]:
    yield Checkup("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")


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
        if extra not in (None, "bulk"):
            continue
        bad: Status = "missing-optional" if extra else "broken"
        conda = "python-graphviz" if name == "graphviz" else name
        mend = {
            "README": _readme(extra or ""),
            "pip": f"pip install '{name}{ranges}'",
            "conda": f"conda install -c conda-forge '{conda}{ranges}'",
        }
        version, wrong = _installed(name, ranges)
        yield Checkup(name, bad, wrong, mend) if wrong else Checkup(name, "ok", version)


def _installed(name: str, ranges: str = "") -> tuple[str, str]:
    """The version of a package, and what is wrong with it; "" where nothing is."""
    version = ""
    try:
        version = importlib.metadata.version(name)
        importlib.import_module(name)
    except importlib.metadata.PackageNotFoundError:
        return version, "is not installed"
    except Exception as error:  # whatever a damaged package raises is what the learner must read
        return version, f"{type(error).__name__}: {error}"
    return version, "" if _meets(version, ranges) else f"{version} is not {ranges}"


def _widgets() -> Iterator[Checkup]:
    """Whether JupyterLab will find the browser's half of the widgets."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError as error:
        yield Checkup("widgets", "broken", str(error), {"everywhere": "pip install jupyterlab"})
        return
    wanted = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}
    for extension, package in wanted.items():
        if not any((Path(path) / extension).is_dir() for path in jupyter_path("labextensions")):
            mend = {tool: f"{tool} install --force-reinstall {package}" for tool in ("pip", "conda")}
            yield Checkup("widgets", "broken", f"JupyterLab would not find {extension}", mend)
            return
    yield Checkup("widgets", "ok", "JupyterLab finds their extensions")


def _said(tool: Tool, path: str) -> str:
    """The first line with a number that a program answers to its version option."""
    if not tool.version:
        return "found"
    done = subprocess.run([path, *tool.version], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d", line)), "it does not tell its version")


def _tools() -> Iterator[Checkup]:
    for name, tool in TOOLS.items():
        path = tool.find()
        if path is None:
            instead = "; without it: pygraphviz if installed, text" if name == "dot" else ""
            fetched = name == "live" and TOOLS["qemu"].find() is not None  # QEMU is there: what is missing is the guest
            yield Checkup(name, "missing-optional", f"{tool.use}{instead}", FETCH if fetched else tool.mend)
            continue
        try:
            yield Checkup(name, "ok", f"{_said(tool, path)} at {path}")
        except (OSError, subprocess.SubprocessError) as error:
            yield Checkup(name, "missing-optional", f"{path} does not run: {error}", tool.mend)


def _pictures() -> Iterator[Checkup]:
    """What draws graphs here: dot, else pygraphviz, else nothing: words are shown."""
    if TOOLS["dot"].find():
        yield Checkup("pictures", "ok", "drawn by dot")
        return
    version, wrong = _installed("pygraphviz")
    missing = Checkup("pictures", "missing-optional", "graphs are told in words", {"pip": "pip install 'raslib[svg]'"})
    yield missing if wrong else Checkup("pictures", "ok", f"drawn by pygraphviz {version}")


def _sample(name: str = "hest/qemu-7.2") -> Iterator[Checkup]:
    """Read a sample that came with raslib, and rebuild it."""
    try:
        data = samples(name)
        rebuilt = importlib.import_module("raslib.formats.hest").Hest.parse(data).build()
        wrong = "" if rebuilt == data else f"{name} is not rebuilt as it was"
    except Exception as error:  # a self test reports whatever goes wrong
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        yield Checkup("samples", "broken", wrong, AGAIN)
    else:
        yield Checkup("samples", "ok", f"{name} is read and rebuilt, {len(data)} bytes")


def _notebooks() -> Iterator[Checkup]:
    source, home = folder("notebooks"), notebooks()
    if not any(source.glob("*.ipynb")):
        yield Checkup("notebooks", "broken", f"none in {source}", AGAIN)
        return
    place = next(path for path in (home, *home.parents) if path.exists())
    if os.access(place, os.W_OK):
        yield Checkup("notebooks", "ok", f"{home} can be written to")
    else:
        mend = {"everywhere": "start in a folder of your own"}
        yield Checkup("notebooks", "broken", f"{place} cannot be written to", mend)


def findings() -> Iterator[Checkup]:
    """Look at everything, in the order in which a learner would need it."""
    for look in (_python, _packages, _widgets, _sample, _notebooks, _pictures, _tools):
        for found in look():
            yield _of_a_page(found) if sys.platform == "emscripten" else found


def _of_a_page(found: Checkup) -> Checkup:
    if found.name in PAGE:
        return Checkup(found.name, "ok", PAGE[found.name])
    return found._replace(mend=ELSEWHERE if found.mend else {})


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
