"""Debian packages: asked of apt, which works on folders of our own and installs nothing, and read without dpkg."""

import io
import lzma
import posixpath
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from . import LiveError, cache, cpio

SECONDS = 3600  # for all packages on a slow line
Progress = Callable[[str, int], None]  # which package comes, and how many bytes have come


class Package(NamedTuple):
    """A package that the sources offer; the size and sum come from lists that Debian has signed."""

    name: str
    version: str
    size: int
    sha256: str
    depends: str

    @property
    def file(self) -> str:
        """Its name once downloaded; apt writes a colon as %3a."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_arm64.deb"


class Apt:
    """apt for arm64 packages, with its state in *place*, run as *user* if there is one to run as."""

    def __init__(self, place: Path, user: str | None, suite: str | None = None) -> None:
        self.user, self.suite = user, suite
        self.unreached = ""  # what apt could not get of the package lists
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
            "Debug::NoLocking": "1",  # the system's own apt may be at work
            **({"APT::Default-Release": suite} if suite else {}),
        }
        self.options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def update(self) -> None:
        """Read the package lists. Raises `LiveError` for a suite that no source has."""
        _, complaint = self._run("apt-get", "update")
        if complaint:
            raise LiveError(f"apt-get update: {complaint}")
        configured = set(self._run("apt-get", "indextargets", "--format", "$(SUITE) $(CODENAME) $(RELEASE)")[0].split())
        if self.suite and configured and self.suite not in configured:
            raise LiveError(
                f"no configured package source has the suite {self.suite}, but {', '.join(sorted(configured))}. Add it "
                "to apt's sources, or set APT_CONFIG to a file whose Dir::Etc::SourceList names sources that have it"
            )

    def find(self, *names: str) -> list[Package]:
        """The versions of these packages that apt would install. Raises `LiveError` if no source has one of them."""
        output, _ = self._run("apt-cache", "show", "--no-all-versions", *names)
        found = {package.name: package for package in map(_package, output.split("\n\n")) if package}
        for name in names:
            if name not in found:
                why = self.unreached or f"the configured package sources have no {name} for arm64; are they Debian's?"
                raise LiveError(why)
        return [found[name] for name in names]

    def needed(self, name: str) -> list[str]:
        """The arm64 packages that apt would install for a package, as nothing is installed yet, itself among them."""
        output, _ = self._run("apt-get", "install", "--print-uris", "-qq", "--no-install-recommends", name)
        return re.findall(r"^'[^']*' ([^_ ]+)_[^ ]*_arm64\.deb ", output, re.MULTILINE)

    def download(self, packages: Sequence[Package], progress: Progress) -> list[Path]:
        """Bring packages to the desk; what is there and sound stays. A part that is there is gone on with.

        *progress* gets which package comes, and how many bytes of all have come. Raises `LiveError` that names the
        first that did not come, or that is damaged.
        """

        def look() -> None:
            if come := [path for path in paths if path.is_file()]:
                progress(come[-1].name.partition("_")[0], sum(path.stat().st_size for path in come))

        paths = [self.desk / package.file for package in packages]
        left = [f"{p.name}={p.version}" for p, path in zip(packages, paths, strict=True) if not _sound(path, p)]
        complaint = self._run("apt-get", "-q", "download", *left, meanwhile=look)[1] if left else ""
        for package, path in zip(packages, paths, strict=True):
            if not path.is_file() or (complaint and not _sound(path, package)):
                raise LiveError(f"apt-get did not bring {package.name}: {complaint or 'it says nothing'}")
            if not _sound(path, package):
                path.unlink()
                raise LiveError(f"{package.file} is damaged: its SHA-256 is not that of the signed package list")
        return paths

    def _run(self, program: str, *words: str, meanwhile: Callable[[], None] = lambda: None) -> tuple[str, str]:
        """What a program of apt's prints; and what it complains of, if it fails. *meanwhile* is called while it runs.

        Raises `LiveError` if it does not end.
        """
        command, until = [program, *self.options, *words], time.monotonic() + SECONDS
        as_user = {"user": self.user, "group": "nogroup", "extra_groups": []} if self.user else {}
        with TemporaryFile() as output, TemporaryFile() as complaints:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": complaints}
            with subprocess.Popen(command, cwd=self.desk, **streams, **as_user) as process:  # type: ignore[call-overload]
                try:
                    while process.poll() is None:
                        if time.monotonic() > until:
                            raise LiveError(f"{program} did not end within {SECONDS} seconds")
                        meanwhile()
                        with suppress(subprocess.TimeoutExpired):
                            process.wait(0.1)
                finally:
                    process.kill()
            printed, complaint = _text(output), _text(complaints).strip()
        if failed := re.search(r"^[WE]: (Failed to fetch .*)$", complaint, re.MULTILINE):
            self.unreached = f"the package sources cannot be reached; is there a network? apt-get says: {failed[1]}"
        return printed, complaint or f"exit status {process.returncode}" if process.returncode else ""


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _sound(path: Path, package: Package) -> bool:
    return path.is_file() and cache.sha256(path) == package.sha256


def _package(stanza: str) -> Package | None:
    """A package as apt describes it, if the description is whole."""
    fields = dict(re.findall(r"^(\S+): (.*)$", stanza, re.MULTILINE))
    if not {"Package", "Version", "Size", "SHA256"} <= set(fields):
        return None
    depends = f"{fields.get('Pre-Depends', '')} {fields.get('Depends', '')}"
    return Package(fields["Package"], fields["Version"], int(fields["Size"]), fields["SHA256"], depends)


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
