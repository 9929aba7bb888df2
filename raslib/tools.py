"""Programs outside Python that raslib can use: what for, where they are found, and how to get them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tool:
    """A program outside Python that some views or tests use; nothing in raslib requires one."""

    name: str
    use: str
    find: Callable[[], str | None]
    version: tuple[str, ...]  # what makes it tell its version; nothing if it is no program
    ways: tuple[str, str, str, str]  # to get it, on each of `SYSTEMS`

    @property
    def mend(self) -> dict[str, str]:
        """How to get it, by the system: a command, or a sentence."""
        return dict(zip(SYSTEMS, self.ways, strict=True))


def _first(*names: str) -> Callable[[], str | None]:
    """A finder of the first of *names* on the PATH."""
    return lambda: next(filter(None, map(shutil.which, names)), None)


BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
FIRMWARE = (
    "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
    "/usr/share/edk2/aarch64/QEMU_EFI.fd",
    "/opt/homebrew/share/qemu/edk2-aarch64-code.fd",
    "/usr/local/share/qemu/edk2-aarch64-code.fd",
)
GUEST = "vmlinuz", "initrd.gz"  # files in `live_folder()`


def browser() -> str | None:
    """A Chromium: the one that RASLIB_BROWSER names, else the first found in the usual places."""
    named = os.environ.get("RASLIB_BROWSER")
    return shutil.which(named) if named else _first(*BROWSERS)()


def firmware() -> str | None:
    """UEFI for QEMU's arm64 `virt` machine, without which a guest sees no ACPI tables."""
    return next((path for path in FIRMWARE if Path(path).is_file()), None)


def qemu() -> str | None:
    """QEMU for arm64, if its UEFI firmware is there too."""
    return shutil.which("qemu-system-aarch64") if firmware() else None


def live_folder() -> Path:
    """Where the live lab keeps the guest's kernel and userland: RASLIB_LIVE_DIR, else the user's cache folder."""
    if named := os.environ.get("RASLIB_LIVE_DIR"):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "raslib" / "live"


def live() -> str | None:
    """The guest's kernel, if its userland, QEMU and QEMU's firmware are there too."""
    there = qemu() and all((live_folder() / name).is_file() for name in GUEST)
    return str(live_folder() / GUEST[0]) if there else None


SYSTEMS = ("Debian", "macOS", "Windows", "conda")  # in the order of the ways to get a tool
_WSL = "use Debian under WSL"
_OWN = "not packaged; use the system's own"
# fmt: off
_TOOLS = (
    Tool("dot", "draws the routing and decision graphs", _first("dot"), ("-V",), (
        "apt-get install graphviz", "brew install graphviz", "winget install Graphviz.Graphviz",
        "conda install -c conda-forge graphviz")),
    Tool("browser", "tests of the widgets in JupyterLab", browser, ("--version",), (
        "apt-get install chromium", "brew install --cask google-chrome", "winget install Google.Chrome",
        "not packaged; install Chromium or Chrome, or name one in RASLIB_BROWSER")),
    Tool("node", "tests of the views' JavaScript", _first("node"), ("--version",), (
        "apt-get install nodejs", "brew install node", "winget install OpenJS.NodeJS",
        "conda install -c conda-forge nodejs")),
    Tool("qemu", "captures tables from, and runs, a real arm64 machine", qemu, ("--version",), (
        "apt-get install qemu-system-arm qemu-efi-aarch64", "brew install qemu", f"not supported; {_WSL}", _OWN)),
    Tool("iasl", "a second opinion on ACPI tables, in tests", _first("iasl"), ("-v",), (
        "apt-get install acpica-tools", "brew install acpica", f"not packaged; {_WSL}", _OWN)),
    Tool("live", "hands error records to a real arm64 Linux", live, (), (
        "apt-get install qemu-system-arm qemu-efi-aarch64, then raslib live fetch",
        "brew install qemu, and your own vmlinuz and initrd.gz in the folder that RASLIB_LIVE_DIR names",
        f"not supported; {_WSL}", _OWN)),
)
# fmt: on
TOOLS = {tool.name: tool for tool in _TOOLS}
