"""Builds the browser edition: JupyterLite with Pyodide and raslib, all on one's own server, from exact versions."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha512
from pathlib import Path
from typing import Any

from ..resources import folder
from ..views.page import guarded

SETTINGS = Path(__file__).with_name("lab")  # of JupyterLite, and the exact versions of all of it
LOCK = SETTINGS / "lock.toml"
PARTS = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LEAST = (3, 12)  # the Python that builds it
POLICY = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'none'"


def build(out: Path, work: Path, wheels: Sequence[Path] = ()) -> None:
    """Write the browser edition to the folder *out*; *work* is one for what is needed on the way.

    *wheels* are further ones to be preinstalled, such as Pyodide's own of numpy. Needs npm, a Python of 3.12 or later,
    and indexes of packages for both. Raises ValueError, or ImportError for what is missing.
    """
    lock = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    python = _tools(work / "tools", lock["tools"])
    static = work / "static"
    _pyodide(static / "pyodide", work, lock["pyodide"])
    own = static / "pyodide-lock"
    own.mkdir()
    for wheel in (_own_wheel(work), *wheels):
        shutil.copy(wheel, own)
    _lessons(work / "content", numpy=any(wheel.name.startswith("numpy-") for wheel in wheels))
    (work / "browser.txt").write_text("\n".join(lock["browser"]) + "\n", encoding="utf-8")
    for settings in SETTINGS.glob("*.json"):
        shutil.copy(settings, work)
    path = {"PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    run(python, "-m", "jupyterlite_core", "build", "--output-dir", out, cwd=work, env=os.environ | path)
    _check(out / "static" / "pyodide-lock", lock["browser"], wheels)
    for page in out.rglob("*.html"):
        page.write_text(guarded(page.read_text(encoding="utf-8"), POLICY), encoding="utf-8")
    for spare in (*out.rglob("*.map"), *out.rglob("jupyter_lite_config.json"), *out.rglob("*.doit.db")):
        spare.unlink()


def _check(packages: Path, locked: Sequence[str], wheels: Sequence[Path]) -> None:
    """Raises ValueError if another package is installed in the browser than those that are locked."""
    names = {re.sub("[-_.]+", "_", spec.partition("==")[0].lower()) for spec in locked} | {"raslib"}
    names |= {wheel.name.partition("-")[0].lower() for wheel in wheels}
    found = {re.sub("[-_.]+", "_", wheel.name.partition("-")[0].lower()) for wheel in packages.glob("*.whl")}
    if found != names:
        raise ValueError(f"{LOCK.name} and the browser edition differ: {', '.join(sorted(found ^ names))}")


def run(*command: str | Path, cwd: Path | None = None, env: Any = None) -> str:
    """What a *command* prints. Raises ValueError with the end of what it says, if it fails."""
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{' '.join(map(str, command[:4]))} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def _tools(where: Path, packages: Sequence[str]) -> Path:
    """The Python of an environment with the locked tools, made by RASLIB_PYTHON or by this Python."""
    if sys.version_info < LEAST and "RASLIB_PYTHON" not in os.environ:
        raise ValueError("the browser edition is built by Python 3.12 or later: name one in RASLIB_PYTHON")
    run(os.environ.get("RASLIB_PYTHON", sys.executable), "-m", "venv", where)
    made = where / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(made, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", *packages)
    return made


def _pyodide(target: Path, work: Path, locked: dict[str, str]) -> None:
    """Pyodide's core, from npm, with no packages of its own. Raises ValueError if it is another than is locked."""
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError("npm is missing, which brings Pyodide")
    run(npm, "pack", "--silent", f"pyodide@{locked['version']}", cwd=work)
    archive = work / f"pyodide-{locked['version']}.tgz"
    if locked["integrity"] != f"sha512-{b64encode(sha512(archive.read_bytes()).digest()).decode()}":
        raise ValueError(f"{archive.name} is not the file that {LOCK.name} names")
    target.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        for part in (*PARTS, "pyodide-lock.json"):
            source = packed.extractfile(f"package/{part}")
            assert source is not None
            (target / part).write_bytes(source.read())
    index = json.loads((target / "pyodide-lock.json").read_text(encoding="utf-8"))
    (target / "pyodide-lock.json").write_text(json.dumps(index | {"packages": {}}), encoding="utf-8")


def _own_wheel(work: Path) -> Path:
    """raslib itself, from the checkout that this is."""
    top = Path(__file__).parents[2]
    if not (top / "pyproject.toml").is_file():
        raise ValueError("the browser edition is built from a checkout of the kit")
    script = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    return work / run(sys.executable, "-c", script, work, cwd=top).split()[-1]


def _lessons(target: Path, numpy: bool) -> None:
    """The notebooks for the kernel of the browser; without *numpy*, those that need it are to be read."""
    target.mkdir()
    for path in sorted(folder("notebooks").glob("*.ipynb")):
        book = json.loads(path.read_text(encoding="utf-8"))
        book["metadata"]["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
        if not numpy and any("import numpy" in "".join(cell["source"]) for cell in book["cells"]):
            book["cells"] = _to_read(book["cells"], path.stem)
        (target / path.name).write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _to_read(cells: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The *cells* of a lesson with their code as text, and a first one that says why and where its outputs are."""
    for cell in cells:
        source, cell["metadata"] = "".join(cell["source"]), {}
        cell["source"] = f"```python\n{source}\n```" if cell["cell_type"] == "code" else source
    texts = [{key: cell[key] for key in ("id", "metadata", "source")} | {"cell_type": "markdown"} for cell in cells]
    link = {**texts[0], "cell_type": "code", "id": "why", "execution_count": None, "outputs": []}
    link["source"] = f'from raslib.site.browser import static_page\n\nstatic_page("{name}")'
    return [texts[0], link, *texts[1:]]
