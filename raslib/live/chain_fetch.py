"""Gets what the guest needs to be a host itself: Debian's QEMU for arm64 and the libraries that it is linked with.

By the same way as the guest's kernel and userland (see `download`): the user's own apt, without privileges, unpacked
here.
"""

import gzip
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .. import tools
from . import LiveError, cache, cpio, deb, elf
from .apt import Apt, Package
from .download import Progress, downloaded

ARCHIVE, NOTE = "chain.cpio.gz", "chain.json"  # in the folder that has the kernel
PACKAGE, PROGRAM = "qemu-system-arm", "usr/bin/qemu-system-aarch64"


def fetch(folder: Path | None = None, suite: str | None = None, progress: Progress | None = None) -> Path:
    """Put the archive into *folder* (default: `tools.live_folder()`), and give its path; one that is sound stays.

    Raises `LiveError` that says what is missing.
    """
    folder, progress = folder or tools.live_folder(), progress or (lambda what, done, total: None)
    if suite is None and _sound(folder):
        return folder / ARCHIVE
    with downloaded(folder, suite, _wanted, progress) as (packages, debs):
        files = _files(debs / package.file for package in packages)
        tree = {"bin/qemu-system-aarch64": cpio.file(files[PROGRAM], True)}
        tree |= {f"lib/{name}": cpio.file(data, True) for name, data in _libraries(files).items()}
        cache.write(folder / ARCHIVE, gzip.compress(cpio.archive(tree), 6, mtime=0))
        cache.write(folder / NOTE, json.dumps(_origin(packages, folder), indent=1).encode() + b"\n")
    return folder / ARCHIVE


def files() -> dict[str, cpio.CpioEntry]:
    """What was fetched, by its path in the guest. Raises `LiveError` if nothing was, or if it is damaged."""
    folder = tools.live_folder()
    if not (folder / ARCHIVE).is_file():
        raise LiveError(f"there is no {ARCHIVE} in {folder}; `raslib live fetch --chain` gets it")
    if not _sound(folder):
        raise LiveError(f"{folder / ARCHIVE} is not what was fetched; `raslib live fetch --chain` gets it again")
    return dict(cpio.entries(gzip.decompress((folder / ARCHIVE).read_bytes())))


def origin() -> str:
    """Which QEMU it is, as Debian names it."""
    return str(cache.note(tools.live_folder(), NOTE).get("qemu", ""))


def _sound(folder: Path) -> bool:
    path = folder / ARCHIVE
    with suppress(LiveError):  # a damaged note
        return path.is_file() and cache.note(folder, NOTE).get("sha256") == cache.sha256(path)
    return False


def _wanted(apt: Apt) -> list[Package]:
    """QEMU and all that it depends on, whatever may be in there."""
    apt.update()
    return apt.find(*apt.needed(PACKAGE))


def _files(debs: Iterable[Path]) -> dict[str, bytes]:
    """The program by its path, and every shared library of these packages by its name alone."""
    found: dict[str, bytes] = {}
    for path in debs:
        tree = {member.path: member for member in deb.members(path)}
        for name in tree:
            base = name.rpartition("/")[2]
            if name == PROGRAM or (".so" in base and "lib/" in name):
                file = deb.resolve(tree, name)
                if file is not None and file.data[:4] == b"\x7fELF":
                    found[name if name == PROGRAM else base] = file.data
    if PROGRAM not in found:
        raise LiveError(f"{PACKAGE} holds no {PROGRAM}")
    return found


def _libraries(files: dict[str, bytes]) -> dict[str, bytes]:
    """The libraries that the program needs, and those need, and so on."""
    found: dict[str, bytes] = {}
    wanted = list(elf.needed(files[PROGRAM]))
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        if name not in files:
            raise LiveError(f"no package that {PACKAGE} depends on has {name}")
        found[name] = files[name]
        wanted += elf.needed(files[name])
    return found


def _origin(packages: list[Package], folder: Path) -> dict[str, object]:
    qemu = next(package for package in packages if package.name == PACKAGE)
    return {
        "qemu": f"Debian {qemu.name} {qemu.version}",
        "packages": {p.name: {"version": p.version, "sha256": p.sha256} for p in packages},
        "sha256": cache.sha256(folder / ARCHIVE),
    }
