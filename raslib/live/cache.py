"""The lab's cache: a guest's kernel and userland, and a note of where they come from."""

import gzip
import hashlib
import json
import shutil
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .. import tools
from ..files import replacing
from . import LiveError

KERNEL, USERLAND = tools.GUEST
CHAIN = "chain.cpio.gz"  # what a guest needs to be a host itself
NOTES = {KERNEL: "origin.json", USERLAND: "origin.json", CHAIN: "chain.json"}  # file -> where its origin is noted


class Availability(NamedTuple):
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
    hints = []
    if absent and not tools.qemu():
        hints += [f"{system}: {how}" for system, how in tools.TOOLS["qemu"].mend.items()]
    if any(name in what for name in tools.GUEST for what in absent):
        hints.append("kernel and userland: raslib live fetch (on Debian, no privileges needed)")
        hints.append("elsewhere: your own vmlinuz and initrd.gz in the folder that RASLIB_LIVE_DIR names")
    return Availability(not absent, absent, "\n".join(hints))


class Guest(NamedTuple):
    """A kernel and a userland to boot."""

    kernel: Path
    userland: Path


def guest(kernel: Path | None = None) -> Guest:
    """The files to boot: the kernel that is given, else those of the cache.

    Raises `LiveError` if one is missing or damaged.
    """
    folder = tools.live_folder()
    if kernel and not kernel.is_file():
        raise LiveError(f"there is no file {kernel}")
    booted = Guest(kernel or fetched(folder, KERNEL), fetched(folder, USERLAND))
    check_kernel(booted.kernel)
    return booted


def fetched(folder: Path, name: str) -> Path:
    """A file of the cache at *folder*; one that is the user's own is taken as it is.

    Raises `LiveError` if it is missing, or not what was fetched.
    """
    path, command = folder / name, f"`raslib live fetch{' --chain' if name == CHAIN else ''}`"
    if not path.is_file():
        raise LiveError(f"there is no {name} in {folder}; {command} gets it")
    expected = note(folder, name).get("sha256", {}).get(name)
    if expected and sha256(path) != expected:
        raise LiveError(f"{path} is not what was fetched (SHA-256 differs); {command} gets it again")
    return path


def check_kernel(path: Path) -> None:
    """Raise `LiveError` unless *path* has an arm64 kernel, as it is or by gzip, that is not cut short.

    Linux Documentation/arch/arm64/booting.rst has the header; the image is a PE file too, whose sections must be there.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as image:
            head = image.read(4096)
    except (OSError, EOFError) as e:
        raise LiveError(f"{path} cannot be read: {e}") from e
    if head[56:60] != b"ARM\x64":
        raise LiveError(f"{path} is no arm64 kernel: it has no header of one")
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 4] == b"PE\0\0" and not packed:
        sections, optional = (int.from_bytes(head[at + i : at + i + 2], "little") for i in (6, 20))
        tables = (head[at + 24 + optional + 40 * i :][16:24] for i in range(sections))
        end = max(sum(struct.unpack("<II", table)) for table in tables if len(table) == 8)
        if path.stat().st_size < end:
            raise LiveError(f"{path} is cut short: it has {path.stat().st_size} bytes of at least {end}")


def note(folder: Path, name: str = KERNEL) -> dict[str, Any]:
    """What `fetch` wrote down of a file in *folder*; nothing about a file of the user's own.

    Raises `LiveError` for a note that is damaged.
    """
    path = folder / NOTES[name]
    if not path.exists():
        return {}
    with suppress(ValueError):
        plain = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(plain, dict) and isinstance(plain.get("sha256", {}), dict):
            return plain
    raise LiveError(f"{path} is damaged; without it `raslib live fetch` fetches all again")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, data: bytes) -> None:
    """All of *data* or nothing at *path*: a full disk or an interruption leaves what was there before.

    Raises `OSError` as `replacing` does: for a full disk with the place, and how much was written and is free.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as new:
        new.write_bytes(data)
