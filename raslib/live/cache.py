"""The lab's cache: a guest's kernel and userland, and a note of where they come from."""

import errno
import gzip
import hashlib
import json
import shutil
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .. import tools
from ..files import replacing
from . import LiveError

KERNEL, USERLAND, NOTE = *tools.GUEST, "origin.json"


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
    if not absent:
        return Availability(True)
    hints = []
    if not tools.qemu():
        hints += [f"{system}: {how}" for system, how in tools.TOOLS["qemu"].mend.items()]
    if any(name in what for name in tools.GUEST for what in absent):
        hints.append("kernel and userland: raslib live fetch (on Debian, no privileges needed)")
        hints.append("elsewhere: your own vmlinuz and initrd.gz in the folder that RASLIB_LIVE_DIR names")
    return Availability(False, absent, "\n".join(hints))


class Guest(NamedTuple):
    """A kernel and a userland to boot, and what is known of their origin (package versions, SHA-256 sums)."""

    kernel: Path
    userland: Path
    origin: Mapping[str, Any] = {}


def guest(kernel: Path | None = None, userland: Path | None = None) -> Guest:
    """The files to boot: those given, else those of the cache. Raises `LiveError` if one is missing or damaged."""
    folder = tools.live_folder()
    origin = note(folder)
    for name, given in ((KERNEL, kernel), (USERLAND, userland)):
        path, known = folder / name, origin.get("sha256", {}).get(name)
        if given and not given.is_file():
            raise LiveError(f"there is no file {given}")
        if given is None and not path.is_file():
            raise LiveError(f"there is no {name} in {folder}; `raslib live fetch` gets it")
        if given is None and known and sha256(path) != known:
            raise LiveError(f"{path} is not what was fetched (SHA-256 differs); `raslib live fetch` gets it again")
    check_kernel(kernel or folder / KERNEL)
    return Guest(kernel or folder / KERNEL, userland or folder / USERLAND, {} if kernel else origin)


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


def note(folder: Path, name: str = NOTE) -> dict[str, Any]:
    """What `fetch` wrote down of the files in *folder*; nothing about files of the user's own.

    Raises `LiveError` for a note that is damaged.
    """
    if not (folder / name).exists():
        return {}
    try:
        plain = json.loads((folder / name).read_text(encoding="utf-8"))
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise LiveError(f"{folder / name} is damaged; without it `raslib live fetch` fetches all again")
    return plain


@contextmanager
def room(folder: Path, size: int) -> Iterator[None]:
    """Raise `LiveError` that has the place and the sizes, if there is no room for *size* bytes in *folder*."""
    free = shutil.disk_usage(folder).free
    try:
        yield
    except OSError as e:
        if e.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise LiveError(f"{folder} has no room for {size / 1e6:.1f} MB: {free / 1e6:.1f} MB are free") from e


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, data: bytes) -> None:
    """All of *data* or nothing at *path*: a full disk or an interruption leaves what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with room(path.parent, len(data)), replacing(path) as new:
        new.write_bytes(data)
