"""The lab's cache: a guest's kernel and userland, and a note of where they come from."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import tools
from . import LiveError

KERNEL, USERLAND, NOTE = *tools.GUEST, "origin.json"


@dataclass(frozen=True)
class Availability:
    """Whether the lab can run; else what is missing and, a line each, how to get it."""

    ok: bool
    missing: tuple[str, ...] = ()
    hint: str = ""

    def __bool__(self) -> bool:
        return self.ok


def available() -> Availability:
    """Look for QEMU, its firmware and the guest's files. Nothing is run or changed."""
    missing = {
        "qemu-system-aarch64": bool(shutil.which("qemu-system-aarch64")),
        "UEFI firmware for QEMU's arm64 machine": bool(tools.firmware()),
        **{f"{name} in {tools.live_folder()}": (tools.live_folder() / name).is_file() for name in tools.GUEST},
    }
    absent = tuple(name for name, there in missing.items() if not there)
    if not absent:
        return Availability(True)
    hints = []
    if not tools.qemu():
        hints += [f"{system}: {how}" for system, how in tools.TOOLS["qemu"].mend.items()]
    if any(name in what for name in tools.GUEST for what in absent):
        hints.append("kernel and userland: raslib live fetch (on Debian, no privileges needed)")
        hints.append("elsewhere: your own vmlinuz and initrd.gz in the folder that RASLIB_LIVE_DIR names")
    return Availability(False, absent, "\n".join(hints))


@dataclass(frozen=True)
class Guest:
    """A kernel and a userland to boot, and what is known of their origin (package versions, SHA-256 sums)."""

    kernel: Path
    userland: Path
    origin: dict[str, Any] = field(default_factory=dict)


def guest(kernel: Path | None = None, userland: Path | None = None) -> Guest:
    """The files to boot: those given, else those of the cache. Raises `LiveError` if one is missing or damaged."""
    folder = tools.live_folder()
    origin = note(folder)
    for name, given in ((KERNEL, kernel), (USERLAND, userland)):
        path, known = folder / name, origin.get("sha256", {}).get(name)
        if given is None and not path.is_file():
            raise LiveError(f"there is no {name} in {folder}; `raslib live fetch` gets it")
        if given is None and known and sha256(path) != known:
            raise LiveError(f"{path} is not what was fetched (SHA-256 differs); `raslib live fetch` gets it again")
    return Guest(kernel or folder / KERNEL, userland or folder / USERLAND, {} if kernel else origin)


def note(folder: Path, name: str = NOTE) -> dict[str, Any]:
    """What `fetch` wrote down of the files in *folder*; nothing about files of the user's own."""
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, data: bytes) -> None:
    """All of *data* or nothing at *path*: a full disk or an interruption leaves what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
