"""Programs outside Python that raslib can use, as `tools.toml` has them: where they are found, and how to get them."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import resources
from .files import cache_folder

_TABLE = resources.table(__file__)
BROWSERS: Sequence[str] = _TABLE["browser"].pop("programs")
FIRMWARE: Sequence[str] = _TABLE["qemu"].pop("firmware")
GUEST = "vmlinuz", "initrd.gz"  # files in `live_folder()`


@dataclass(frozen=True)
class Tool:
    """A program outside Python that some views or tests use; nothing in raslib requires one.

    *version* makes it tell its version; it is empty if this is no program. *mend* is how to get it, by the system: a
    command, or a sentence.
    """

    use: str
    find: Callable[[], str | None]
    mend: dict[str, str]
    version: Sequence[str] = ()


def _first(names: Sequence[str]) -> str | None:
    """The first of some programs that is on the PATH."""
    return next(filter(None, map(shutil.which, names)), None)


def browser() -> str | None:
    """A Chromium: the one that RASLIB_BROWSER names, else the first found in the usual places."""
    named = os.environ.get("RASLIB_BROWSER")
    return _first([named] if named else BROWSERS)


def firmware() -> str | None:
    """UEFI for QEMU's arm64 `virt` machine, without which a guest sees no ACPI tables."""
    return next((path for path in FIRMWARE if Path(path).is_file()), None)


def qemu() -> str | None:
    """QEMU for arm64, if its UEFI firmware is there too."""
    return shutil.which("qemu-system-aarch64") if firmware() else None


def live_folder() -> Path:
    """Where the live lab keeps the guest's kernel and userland: RASLIB_LIVE_DIR, else the user's cache folder."""
    return cache_folder("RASLIB_LIVE_DIR", "live")


def live() -> str | None:
    """The guest's kernel, if its userland, QEMU and QEMU's firmware are there too."""
    there = qemu() and all((live_folder() / name).is_file() for name in GUEST)
    return str(live_folder() / GUEST[0]) if there else None


_FINDERS = {"browser": browser, "qemu": qemu, "live": live}
TOOLS = {name: Tool(find=_FINDERS.get(name, partial(_first, [name])), **entry) for name, entry in _TABLE.items()}
