"""Gets a guest's kernel and userland, and QEMU for a guest of its own, by the user's own Debian package sources.

apt does the downloading and checks Debian's signatures; it works on folders of its own, without privileges, and never
touches the system's packages. The packages are unpacked here, without dpkg, and nothing of them is compiled.
"""

import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import tools
from . import LiveError, cache, cpio
from .packages import Apt, Package, files

SYSTEM = Path("/var/cache/raslib")  # where root's apt works
Progress = Callable[[str, int, int], None]  # what is being done, how much is done, how much there is in all

# What the agent in the guest needs of a Python: the interpreter and its library, and what both are linked with.
LIBRARIES = re.compile(r"(ld-linux-aarch64|libc|libm|libffi|libz|libexpat|libdl|libpthread|libutil)\.so\.\d+$")
PYTHON = re.compile(r"usr/(bin/python3\.\d+$|lib/python3\.\d+/)")
IMAGE = re.compile(r"boot/vmlinuz|usr/lib/modules/[^/]*/vmlinuz$")
INJECTOR = re.compile(r"/einj\.ko(\.xz)?$")  # the one module that the lab uses; all else it needs is built in
SHARED = re.compile(r"\blib/(?:aarch64-linux-gnu/)?([^/]+\.so\.\w+)$")
QEMU, PROGRAM = "qemu-system-arm", "usr/bin/qemu-system-aarch64"
# Parts of Python's library that no guest-side code asks for; without them the guest boots sooner.
UNUSED = re.compile(
    r"/(config-[^/]*|pydoc_data|idlelib|tkinter|lib2to3|unittest|distutils|ensurepip|test|email|html|http|xml|xmlrpc"
    r"|sqlite3|asyncio|curses|dbm|wsgiref|multiprocessing|concurrent|urllib|venv|zoneinfo|pydoc\.py|turtle\.py"
    r"|__pycache__|lib-dynload/(_codecs_|_decimal|_sqlite3|_curses|_ssl|_asyncio|_testcapi|audioop)[^/]*)(/|$)"
)


def fetch(
    folder: Path | None = None, suite: str | None = None, progress: Progress | None = None, *, chain: bool = False
) -> Path:
    """Put `vmlinuz` and `initrd.gz` for the lab into *folder* (default: `tools.live_folder()`) and give the folder.

    With *chain* also what the guest needs to be a host itself. What is there and sound is left alone; an interrupted
    download goes on where it ended. *suite* picks one of the configured releases, for example "bookworm-backports" for
    its kernel. Raises `LiveError` that says what is missing.
    """
    folder, progress = folder or tools.live_folder(), progress or (lambda what, done, total: None)
    for names, what, wanted, unpack in PARTS[: 1 + chain]:
        if suite is None and all(_sound(folder, name) for name in names):
            continue
        note = folder / cache.NOTES[names[0]]
        with downloaded(folder, suite, wanted, progress) as (packages, paths):
            note.unlink(missing_ok=True)
            for name, data in unpack(paths).items():
                cache.write(folder / name, data)
            origin = {
                what: f"Debian {packages[0].name} {packages[0].version}",
                "packages": {p.name: {"version": p.version, "sha256": p.sha256} for p in packages},
                "sha256": {name: cache.sha256(folder / name) for name in names},
            }
            cache.write(note, json.dumps(origin, indent=1).encode() + b"\n")
    return folder


def _sound(folder: Path, name: str) -> bool:
    """Whether a file of the cache is there, and what was fetched."""
    with suppress(LiveError):
        return bool(cache.fetched(folder, name))
    return False


@contextmanager
def downloaded(
    folder: Path, suite: str | None, wanted: Callable[[Apt], list[Package]], progress: Progress
) -> Iterator[tuple[list[Package], list[Path]]]:
    """Packages that *wanted* picks, and their files, which are there until they have been unpacked."""
    if not shutil.which("apt-get"):
        raise LiveError(
            "there is no apt-get here. Boot files of your own instead: an arm64 kernel as vmlinuz, and an initrd.gz "
            "that has python3 and busybox, in the folder that RASLIB_LIVE_DIR names"
        )
    with _workplace(folder) as (place, user):
        apt = Apt(place, user, suite)
        progress("reading the package lists", 0, 0)
        apt.update()
        packages = wanted(apt)
        total = sum(package.size for package in packages)
        progress(f"{len(packages)} packages, {total / 1e6:.0f} MB, {packages[0].name} among them", 0, 0)
        paths = apt.download(packages, lambda name, done: progress(name, done, total))
        progress("unpacking", 0, 0)
        yield packages, paths


@contextmanager
def _workplace(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """A folder for apt to work in, and whom it works as: as root, apt's own unprivileged user.

    That user cannot reach into root's home, so root's work is done below the system's cache folder, in a place of its
    own for each *folder*. What an interruption leaves there the next fetch goes on with.
    """
    user = _unprivileged() if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    place = folder / "apt" if user is None else SYSTEM / name
    place.mkdir(parents=True, exist_ok=True)
    yield place, user
    shutil.rmtree(place)


def _unprivileged() -> str | None:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("_apt", "nobody") if name in names), None)


# --- the guest --------------------------------------------------------------------------------------------------------


def _wanted(apt: Apt) -> list[Package]:
    """The newest kernel and Python that the sources offer, and what the guest needs besides."""
    newest_kernel, newest_python = apt.find("linux-image-arm64", "python3-minimal")
    [kernel] = apt.find(_meant(newest_kernel, r"linux-image-\d\S+"))
    # up to 6.x the package of a kernel has it all; since 7.x it is empty, and what it depends on has image and modules
    parts = re.findall(r"linux-(?:binary|modules)-\d\S+", kernel.depends) or [kernel.name]
    python = _meant(newest_python, r"python3\.\d+")
    of_python = (f"{python}-minimal", f"lib{python}-minimal", f"lib{python}-stdlib")
    return apt.find(*parts, "busybox-static", *of_python, "libc6", "libffi8", "zlib1g", "libexpat1")


def _meant(package: Package, pattern: str) -> str:
    """The package that one without content of its own stands for."""
    name = re.search(pattern, package.depends)
    if name is None:
        raise LiveError(f"{package.name} {package.version} does not depend on what it stands for: {package.depends}")
    return name[0]


def _guest(packages: list[Path]) -> dict[str, bytes]:
    """The kernel and the userland, by the names of their files."""
    kernels = [package for package in packages if package.name.startswith("linux-")]
    vmlinuz, tree = _kernel(kernels)
    for package in packages[len(kernels) :]:
        tree |= _files(package)
    return {cache.KERNEL: vmlinuz, cache.USERLAND: _packed(tree)}


def _packed(tree: dict[str, cpio.CpioEntry]) -> bytes:
    return gzip.compress(cpio.archive(tree), 6, mtime=0)


def _kernel(packages: list[Path]) -> tuple[bytes, dict[str, cpio.CpioEntry]]:
    """The kernel, and its module for error injection as `lib/mod/einj.ko`."""
    vmlinuz, tree = b"", dict[str, cpio.CpioEntry]()
    for path, file in (one for package in packages for one in files(package)):
        if IMAGE.match(path):
            vmlinuz = file.data
        elif found := INJECTOR.search(f"/{path}"):
            tree["lib/mod/einj.ko"] = cpio.file(lzma.decompress(file.data) if found[1] else file.data)
        if vmlinuz and tree:
            break  # what follows are hundreds of megabytes of drivers
    if not vmlinuz:
        raise LiveError(f"{packages[0].name} holds no kernel")
    return vmlinuz, tree


def _files(package: Path) -> dict[str, cpio.CpioEntry]:
    """What the guest gets of a package: busybox, Python, and the libraries that Python is linked with."""
    tree = {}
    for path, file in files(package):
        name = path.rsplit("/", 1)[-1]
        if path in ("bin/busybox", "usr/bin/busybox"):
            tree["bin/busybox"] = file
        elif LIBRARIES.match(name):
            tree[f"lib/{name}"] = file
        elif PYTHON.match(path) and not UNUSED.search(f"/{path}"):
            tree[path] = file
            if path.startswith("usr/bin/"):
                tree["bin/python3"] = cpio.link(f"/{path}")
    return tree


# --- what the guest needs to be a host itself -------------------------------------------------------------------------


def _wanted_by_chain(apt: Apt) -> list[Package]:
    """QEMU, first, and all that it depends on, whatever may be in there."""
    return apt.find(*sorted(apt.needed(QEMU), key=lambda name: name != QEMU))


def _chain(packages: list[Path]) -> dict[str, bytes]:
    """Debian's QEMU for arm64, and every shared library of those packages by the name that programs have of it."""
    tree = {}
    for path, file in (one for package in packages for one in files(package)):
        if path == PROGRAM:
            tree[f"bin/{path.rpartition('/')[2]}"] = file
        elif found := SHARED.search(path):
            tree[f"lib/{found[1]}"] = file
    if not any(path.startswith("bin/") for path in tree):
        raise LiveError(f"{QEMU} holds no {PROGRAM}")
    return {cache.CHAIN: _packed(tree)}


_Part = tuple[tuple[str, ...], str, Callable[[Apt], list[Package]], Callable[[list[Path]], dict[str, bytes]]]
# files; what their note calls the first package; which packages they are made of; how these are unpacked
PARTS: tuple[_Part, ...] = (
    (tools.GUEST, "kernel", _wanted, _guest),
    ((cache.CHAIN,), "qemu", _wanted_by_chain, _chain),
)
