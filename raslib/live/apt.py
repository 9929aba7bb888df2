"""apt, used on folders of our own: reads the configured sources, downloads and checks packages, installs nothing."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from . import LiveError, cache

SECONDS = 600  # for one package on a slow line
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
        self.place, self.user, self.suite = place, user, suite
        self.unreached = ""  # what apt could not get of the package lists
        self.desk = place / "here"
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
        self._run("apt-get", "update")
        configured = set(self._run("apt-get", "indextargets", "--format", "$(SUITE) $(CODENAME) $(RELEASE)").split())
        if self.suite and configured and self.suite not in configured:
            raise LiveError(
                f"no configured package source has the suite {self.suite}, but {', '.join(sorted(configured))}. Add it "
                "to apt's sources, or set APT_CONFIG to a file whose Dir::Etc::SourceList names sources that have it"
            )

    def find(self, *names: str) -> list[Package]:
        """The versions of these packages that apt would install. Raises `LiveError` if no source has one of them."""
        output = self._run("apt-cache", "show", "--no-all-versions", *names)
        found = {package.name: package for package in map(_package, output.split("\n\n")) if package}
        for name in names:
            if name not in found:
                why = self.unreached or f"the configured package sources have no {name} for arm64; are they Debian's?"
                raise LiveError(why)
        return [found[name] for name in names]

    def needed(self, name: str) -> list[str]:
        """The arm64 packages that apt would install for a package, as nothing is installed yet, itself among them."""
        output = self._run("apt-get", "install", "--print-uris", "-qq", "--no-install-recommends", name)
        return re.findall(r"^'[^']*' ([^_ ]+)_[^ ]*_arm64\.deb ", output, re.MULTILINE)

    def download(self, packages: Sequence[Package], folder: Path, progress: Progress) -> None:
        """Bring packages to *folder*; what is there and sound stays. A part that is there is gone on with.

        *progress* gets which package comes, and how many bytes of all have come. Raises `LiveError` that names the
        first that did not come, or that is damaged.
        """
        left = [package for package in packages if not _sound(folder / package.file, package)]
        done = sum(p.size for p in packages) - sum(p.size for p in left)
        complaint = self._fetch(left, done, progress) if left else ""
        for package in left:
            here = self.desk / package.file
            if not here.is_file() or (complaint and not _sound(here, package)):
                raise LiveError(f"apt-get did not bring {package.name}: {complaint or 'it says nothing'}")
            if not _sound(here, package):
                here.unlink()
                raise LiveError(f"{package.file} is damaged: its SHA-256 is not that of the signed package list")
            cache.write(folder / package.file, here.read_bytes())
            here.unlink()

    def _fetch(self, packages: Sequence[Package], done: int, progress: Progress) -> str:
        """Have apt-get bring *packages* to the desk; what it complains of, if it could not."""
        names = [f"{package.name}={package.version}" for package in packages]
        command = ["apt-get", *self.options, "-q", "download", *names]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, **self._where()) as process:
            until, complaint = time.monotonic() + SECONDS * len(packages), None
            try:
                while complaint is None:
                    if time.monotonic() > until:
                        raise LiveError(f"{packages[0].name} and others did not come in time")
                    with suppress(subprocess.TimeoutExpired):  # its complaints are read meanwhile
                        _, complaint = process.communicate(timeout=0.1)
                    if begun := [p for p in packages if (self.desk / p.file).is_file()]:
                        size = sum((self.desk / p.file).stat().st_size for p in begun)
                        progress(begun[-1].name, done + size)
            finally:
                process.kill()
        text = complaint.decode("utf-8", "replace").strip()
        return text or f"exit status {process.returncode}" if process.returncode else ""

    def _where(self) -> dict[str, Any]:
        """Where apt runs, as whom, and that its complaints are read."""
        as_user = {"user": self.user, "group": "nogroup", "extra_groups": []} if self.user else {}
        return {"cwd": self.desk, "stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **as_user}

    def _run(self, program: str, *arguments: str) -> str:
        command = [program, *self.options, *arguments]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, timeout=SECONDS, check=False, **self._where())
        except subprocess.TimeoutExpired:
            raise LiveError(f"{program} {arguments[0]} did not end within {SECONDS} seconds") from None
        complaint = done.stderr.decode("utf-8", "replace").strip()
        if done.returncode and program == "apt-get":
            raise LiveError(f"{program} {arguments[0]}: {complaint}")
        if failed := re.search(r"^[WE]: (Failed to fetch .*)$", complaint, re.MULTILINE):
            self.unreached = f"the package sources cannot be reached; is there a network? apt-get says: {failed[1]}"
        return str(done.stdout.decode("utf-8", "replace"))


def _sound(path: Path, package: Package) -> bool:
    return path.is_file() and cache.sha256(path) == package.sha256


def _package(stanza: str) -> Package | None:
    """A package as apt describes it, if the description is whole."""
    fields = dict(re.findall(r"^(\S+): (.*)$", stanza, re.MULTILINE))
    if not {"Package", "Version", "Size", "SHA256"} <= set(fields):
        return None
    depends = f"{fields.get('Pre-Depends', '')} {fields.get('Depends', '')}"
    return Package(fields["Package"], fields["Version"], int(fields["Size"]), fields["SHA256"], depends)
