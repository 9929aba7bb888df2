"""Gets a guest's kernel and userland, and QEMU for a guest of its own, by the user's own Debian package sources.

apt says which packages that needs, downloads them and checks Debian's signatures; it works on folders of its own,
without privileges, and never touches the system's packages. They are unpacked here, without dpkg, and nothing of them
is compiled.
"""

import gzip
import hashlib
import io
import json
import lzma
import os
import posixpath
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from .. import tools
from . import LiveError, cache, cpio

SYSTEM = Path("/var/cache/raslib")  # where root's apt works
SECONDS = 3600  # for all packages on a slow line
Progress = Callable[[str, int, int], None]  # what is being done, how much is done, how much there is in all
Files = tuple[tuple[str, str], ...]  # of a package: a pattern of the path there, and the path in the guest


class Download(NamedTuple):
    """What is fetched at once."""

    files: tuple[str, ...]  # of the cache, which are made of it
    what: str  # what their note calls the package that comes first
    first: str  # what its name begins with
    packages: tuple[str, ...]  # with all that they depend on
    needed: str  # a pattern of those of them whose files are used
    unpack: Callable[[list[Path]], dict[str, bytes]]


def fetch(
    folder: Path | None = None, suite: str | None = None, progress: Progress | None = None, *, chain: bool = False
) -> Path:
    """Put `vmlinuz` and `initrd.gz` for the lab into *folder* (default: `tools.live_folder()`) and give the folder.

    With *chain* also what the guest needs to be a host itself. What is there and sound is left alone; an interrupted
    download goes on where it ended. *suite* picks one of the configured releases, for example "bookworm-backports" for
    its kernel. Raises `LiveError` that says what is missing.
    """
    folder, progress = folder or tools.live_folder(), progress or (lambda what, done, total: None)
    for part in PARTS[: 1 + chain]:
        if suite is None and all(_sound(folder, name) for name in part.files):
            continue
        note = folder / cache.NOTES[part.files[0]]
        with downloaded(folder, suite, part, progress) as (packages, paths):
            note.unlink(missing_ok=True)
            for name, data in part.unpack(paths).items():
                cache.write(folder / name, data)
            origin = {
                part.what: f"Debian {packages[0].name} {packages[0].version}",
                "packages": {p.name: {"version": p.version, "sha256": p.sha256} for p in packages},
                "sha256": {name: cache.sha256(folder / name) for name in part.files},
            }
            cache.write(note, json.dumps(origin, indent=1).encode() + b"\n")
    return folder


def _sound(folder: Path, name: str) -> bool:
    """Whether a file of the cache is there, and what was fetched."""
    with suppress(LiveError):
        return bool(cache.fetched(folder, name))
    return False


# --- packages, by apt -------------------------------------------------------------------------------------------------


class Package(NamedTuple):
    """A package that apt would install; the size and sum come from lists that Debian has signed."""

    name: str
    version: str
    file: str  # its name once downloaded
    size: int
    sha256: str


class Apt:
    """apt for arm64 packages, with its state in *place*, run as *user* if there is one to run as."""

    def __init__(self, place: Path, user: str | None, suite: str | None = None) -> None:
        self.suite, self.unreached = suite, ""  # what apt could not get of the package lists
        self.user: dict[str, Any] = {"user": user, "group": "nogroup", "extra_groups": []} if user else {}
        self.desk = place / "here"  # where packages are brought
        for folder in ("lists/partial", "cache/archives/partial", "here"):
            (place / folder).mkdir(parents=True, exist_ok=True)
            if user:
                shutil.chown(place / folder, user)
                shutil.chown((place / folder).parent, user)  # of the last it is *place*
        (place / "status").touch()
        settings = {
            "Dir::State::Lists": place / "lists",
            "Dir::State::status": place / "status",  # no package is installed, as far as this apt knows
            "Dir::Cache": place / "cache",
            "APT::Architecture": "arm64",
            "APT::Architectures": "arm64",
            "APT::Sandbox::User": "",  # there are no privileges to drop
            "Acquire::Languages": "none",
            "Acquire::ForceHash": "SHA256",  # which `needed` reads
            "Debug::NoLocking": "1",  # the system's own apt may be at work
            **({"APT::Default-Release": suite} if suite else {}),
        }
        self.options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def update(self) -> None:
        """Read the package lists. Raises `LiveError` for a suite that no source has."""
        _, complaint = self._run("update")
        if failed := re.search(r"^[WE]: (Failed to fetch .*)$", complaint, re.MULTILINE):
            self.unreached = f"the package sources cannot be reached; is there a network? apt-get says: {failed[1]}"
        configured = set(self._run("indextargets", "--format", "$(SUITE) $(CODENAME) $(RELEASE)")[0].split())
        if self.suite and configured and self.suite not in configured:
            raise LiveError(
                f"no configured package source has the suite {self.suite}, but {', '.join(sorted(configured))}. Add it "
                "to apt's sources, or set APT_CONFIG to a file whose Dir::Etc::SourceList names sources that have it"
            )

    def needed(self, *names: str) -> list[Package]:
        """The arm64 packages that apt would install for these, as nothing is installed yet, themselves among them.

        Raises `LiveError` with apt's words if it cannot: no source has one of them, say.
        """
        try:
            printed, _ = self._run("install", "--print-uris", "-qq", "--no-install-recommends", *names)
        except LiveError as e:
            raise LiveError(self.unreached or f"{e}\nAre the configured package sources Debian's?") from e
        line = re.compile(r"^'[^']*' (([^_ ]+)_([^_ ]+)_arm64\.deb) (\d+) SHA256:(\w+)", re.MULTILINE)
        return [
            Package(name, version.replace("%3a", ":"), file, int(size), sha256)
            for file, name, version, size, sha256 in line.findall(printed)
        ]

    def download(self, packages: Sequence[Package], progress: Progress) -> list[Path]:
        """Bring packages to the desk; what is there and sound stays. A part that is there is gone on with.

        *progress* gets which package comes, how many bytes have come, and how many there are in all. Raises `LiveError`
        if one does not come, or is damaged.
        """

        def look() -> None:
            if come := [path for path in paths if path.is_file()]:
                progress(come[-1].name.partition("_")[0], sum(path.stat().st_size for path in come), total)

        def missing() -> list[Package]:
            return [p for p, path in zip(packages, paths, strict=True) if not _is(path, p.sha256)]

        paths, total = [self.desk / package.file for package in packages], sum(package.size for package in packages)
        if left := missing():
            self._run("-q", "download", *(f"{package.name}={package.version}" for package in left), meanwhile=look)
        for package in missing():
            (self.desk / package.file).unlink(missing_ok=True)
            raise LiveError(f"{package.file} is damaged: its SHA-256 is not that of the signed package list")
        return paths

    def _run(self, *words: str, meanwhile: Callable[[], None] = lambda: None) -> tuple[str, str]:
        """What apt-get prints and complains of. *meanwhile* is called while it runs.

        Raises `LiveError` with its words if it fails, and if it does not end.
        """
        command = ["apt-get", *self.options, *words]
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=self.desk, text=True, errors="replace", **streams, **self.user) as process:
            try:
                for _ in range(10 * SECONDS):
                    meanwhile()
                    with suppress(subprocess.TimeoutExpired):
                        printed, complaint = process.communicate(timeout=0.1)
                        break
                else:
                    raise LiveError(f"apt-get did not end within {SECONDS} seconds")
            finally:
                process.kill()
        if process.returncode:
            raise LiveError(f"apt-get: {complaint.strip() or f'exit status {process.returncode}'}")
        return printed, complaint


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and cache.sha256(path) == sha256


@contextmanager
def downloaded(
    folder: Path, suite: str | None, part: Download, progress: Progress
) -> Iterator[tuple[list[Package], list[Path]]]:
    """The packages of *part*, and their files, which are there until they have been unpacked."""
    if not shutil.which("apt-get"):
        raise LiveError(
            "there is no apt-get here. Boot files of your own instead: an arm64 kernel as vmlinuz, and an initrd.gz "
            "that has python3 and busybox, in the folder that RASLIB_LIVE_DIR names"
        )
    with _workplace(folder) as (place, user):
        apt = Apt(place, user, suite)
        progress("reading the package lists", 0, 0)
        apt.update()
        packages = [package for package in apt.needed(*part.packages) if re.fullmatch(part.needed, package.name)]
        if not packages:
            raise LiveError(f"apt-get names no package that {part.packages[0]} needs")
        packages.sort(key=lambda package: not package.name.startswith(part.first))
        total = sum(package.size for package in packages)
        progress(f"{len(packages)} packages, {total / 1e6:.0f} MB, {packages[0].name} among them", 0, 0)
        paths = apt.download(packages, progress)
        progress("unpacking", 0, 0)
        yield packages, paths


@contextmanager
def _workplace(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """A folder for apt to work in, and whom it works as: as root, apt's own unprivileged user.

    That user cannot reach into root's home, so root's work is done below the system's cache folder, in a place of its
    own for each *folder*. What an interruption leaves there the next fetch goes on with.
    """
    user = "_apt" if os.geteuid() == 0 else None
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    place = folder / "apt" if user is None else SYSTEM / name
    place.mkdir(parents=True, exist_ok=True)
    yield place, user
    shutil.rmtree(place)


# --- what is in them --------------------------------------------------------------------------------------------------


def files(package: Path) -> Iterator[tuple[str, cpio.CpioEntry]]:
    """Every path of *package*, without a leading slash, with the file that is there; relative links are followed.

    A package is an `ar` archive that holds a compressed `tar` (deb(5)). Raises `LiveError` if it cannot be read.
    """
    try:
        with package.open("rb") as file, tarfile.open(fileobj=_data(file, package)) as tar:
            for info in tar:
                with suppress(KeyError):  # a link that leads out of the package
                    if content := tar.extractfile(info):
                        path = posixpath.normpath(info.name).lstrip("/")
                        yield path, cpio.file(content.read(), bool(info.mode & 0o111))
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as e:
        raise LiveError(f"{package.name} cannot be read: {e}") from e


def _data(file: IO[bytes], package: Path) -> IO[bytes]:
    """The part of the package that holds its files."""
    if file.read(8) != b"!<arch>\n":
        raise LiveError(f"{package.name} is no Debian package")
    while head := file.read(60):
        name, size = head[:16].decode("ascii", "replace").strip().rstrip("/"), int(head[48:58])
        if name.startswith("data.tar"):
            return io.BytesIO(file.read(size))
        file.seek(size + size % 2, 1)
    raise LiveError(f"{package.name} holds no files")


def _taken(packages: Iterable[Path], wanted: Files, enough: int = 0) -> dict[str, cpio.CpioEntry]:
    """What is *wanted* of packages, by its path in the guest; it ends as soon as there is *enough*."""
    tree = dict[str, cpio.CpioEntry]()
    for path, file in (one for package in packages for one in files(package)):
        for pattern, place in wanted:
            if found := re.fullmatch(pattern, path):
                data = lzma.decompress(file.data) if path.endswith(".ko.xz") else file.data
                tree[found.expand(place)] = file._replace(data=data)
                break
        if len(tree) == enough > 0:
            break
    return tree


def _packed(tree: dict[str, cpio.CpioEntry]) -> bytes:
    return gzip.compress(cpio.archive(tree), 6, mtime=0)


# --- what is taken of which packages ----------------------------------------------------------------------------------

# up to 6.x the package of a kernel has it all; since 7.x it is empty, and what it depends on has image and modules
_KERNELS = r"linux-(?:image|binary|modules)-\d.*"
_USERLAND = r"busybox-static|python3\.\d+-minimal|libpython3\.\d+-(?:minimal|stdlib)|libc6|libffi8|zlib1g|libexpat1"
# the image, and the one module that the lab uses; all else that it needs is built in
KERNEL: Files = ((r"(?:boot/vmlinuz.*|usr/lib/modules/[^/]*/vmlinuz)", cache.KERNEL),)
KERNEL += ((r"(?:.*/)?einj\.ko(?:\.xz)?", "lib/mod/einj.ko"),)
# What the agent in the guest needs of a Python: the interpreter and its library, and what both are linked with. Parts
# of the library that no guest-side code asks for are left out: without them the guest boots sooner.
UNUSED = (
    r"config-[^/]*|pydoc_data|idlelib|tkinter|lib2to3|unittest|distutils|ensurepip|test|email|html|http|xml|xmlrpc"
    r"|sqlite3|asyncio|curses|dbm|wsgiref|multiprocessing|concurrent|urllib|venv|zoneinfo|pydoc\.py|turtle\.py"
    r"|__pycache__|lib-dynload/(?:_codecs_|_decimal|_sqlite3|_curses|_ssl|_asyncio|_testcapi|audioop)[^/]*"
)
USERLAND: Files = (
    (r"(?:usr/)?bin/busybox", "bin/busybox"),
    (r"(?:.*/)?((?:ld-linux-aarch64|libc|libm|libffi|libz|libexpat|libdl|libpthread|libutil)\.so\.\d+)", r"lib/\1"),
    (r"usr/bin/python3\.\d+", "bin/python3"),
    (rf"(usr/lib/python3\.\d+/(?!(?:.*/)?(?:{UNUSED})(?:/|$)).*)", r"\1"),
)
PROGRAM = "bin/qemu-system-aarch64"
# Debian's QEMU for arm64, and every shared library by the name that programs have of it
CHAIN: Files = ((f"usr/{PROGRAM}", PROGRAM), (r"(?:.*\W)?lib/(?:aarch64-linux-gnu/)?([^/]+\.so\.\w+)", r"lib/\1"))


def _guest(packages: list[Path]) -> dict[str, bytes]:
    """The kernel and the userland, by the names of their files."""
    kernels = [package for package in packages if package.name.startswith("linux-")]
    tree = _taken(kernels, KERNEL, len(KERNEL))  # what follows are hundreds of megabytes of drivers
    if cache.KERNEL not in tree:
        raise LiveError(f"no package that {_ROOTS[0]} needs holds a kernel")
    kernel = tree.pop(cache.KERNEL).data
    return {cache.KERNEL: kernel, cache.USERLAND: _packed(tree | _taken(packages[len(kernels) :], USERLAND))}


def _chain(packages: list[Path]) -> dict[str, bytes]:
    """What the guest needs to be a host itself."""
    tree = _taken(packages, CHAIN)
    if PROGRAM not in tree:
        raise LiveError(f"qemu-system-arm holds no usr/{PROGRAM}")
    return {cache.CHAIN: _packed(tree)}


_ROOTS = "linux-image-arm64", "busybox-static", "python3-minimal", "libpython3-stdlib"
PARTS = (
    Download(tools.GUEST, "kernel", "linux-", _ROOTS, f"{_KERNELS}|{_USERLAND}", _guest),
    Download((cache.CHAIN,), "qemu", "qemu-system-arm", ("qemu-system-arm",), ".*", _chain),
)
