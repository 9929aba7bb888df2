"""Starts JupyterLab on the notebooks: `raslib lab`."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from .resources import folder

FIRST = "00_start_here.ipynb"
COPY = Path("raslib-notebooks")


def notebooks() -> Path:
    """The folder to work in: a checkout's own notebooks, else a copy of the packaged ones below the current folder."""
    source = folder("notebooks")
    return source if source.parent != Path(__file__).parent else COPY.absolute()


def copy(source: Path, target: Path) -> list[str]:
    """Bring the notebooks of *source* to *target*; give the names that were left alone since the learner changed them.

    `.origin.json` in *target* keeps the SHA-256 of what was copied, so a later version replaces unchanged files only.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = target / ".origin.json"
    copied: dict[str, str] = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    kept = []
    for path in sorted(p for p in source.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts):
        name, new = path.relative_to(source).as_posix(), path.read_bytes()
        mine = target / name
        if mine.exists() and _sha(mine.read_bytes()) not in (copied.get(name), _sha(new)):
            kept.append(name)
            continue
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_bytes(new)
        copied[name] = _sha(new)
    record.write_text(json.dumps(copied, indent=1), encoding="utf-8")
    return kept


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lab(argv: Sequence[str] = ()) -> int:
    """Run JupyterLab till it is ended; *argv* goes to it unchanged. The exit status is 0, or 1 if it cannot start."""
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        print(f"JupyterLab does not start ({error}); raslib doctor says how to mend it")
        return 1
    home = notebooks()
    if home != folder("notebooks"):
        for name in copy(folder("notebooks"), home):
            print(f"{home / name} is kept as you changed it")
    options = [f"--ServerApp.root_dir={home}"]
    if (home / FIRST).is_file():
        options.append(f"--LabApp.default_url=/lab/tree/{FIRST}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append(
            "--allow-root"
        )  # root is the usual user of a container; the server listens on loopback, with a token
    LabApp.launch_instance([*options, *argv])
    return 0
