"""What works on this machine, and how to mend what does not: `raslib doctor`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["ok", "missing-optional", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` maps a system to a command or a sentence, and is empty where all is well."""

    name: str
    status: Status
    detail: str
    mend: dict[str, str]


@dataclass(frozen=True)
class Tool:
    """A program outside Python that some views or tests use; nothing in raslib requires one."""

    name: str
    use: str
    find: Callable[[], str | None]
    version: tuple[str, ...]
    mend: dict[str, str]


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


def browser() -> str | None:
    """A Chromium: the one that RASLIB_BROWSER names, else the first found in the usual places."""
    return os.environ.get("RASLIB_BROWSER") or _first(*BROWSERS)()


def firmware() -> str | None:
    """UEFI for QEMU's arm64 `virt` machine, without which a guest sees no ACPI tables."""
    return next((path for path in FIRMWARE if Path(path).is_file()), None)


def qemu() -> str | None:
    """QEMU for arm64, if its UEFI firmware is there too."""
    return shutil.which("qemu-system-aarch64") if firmware() else None


TOOLS = {
    "dot": Tool(
        "dot",
        "draws the routing and decision graphs",
        _first("dot"),
        ("-V",),
        {
            "Debian": "apt-get install graphviz",
            "macOS": "brew install graphviz",
            "Windows": "winget install Graphviz.Graphviz",
            "conda": "conda install -c conda-forge graphviz",
        },
    ),
    "browser": Tool(
        "browser",
        "tests of the widgets in JupyterLab",
        browser,
        ("--version",),
        {
            "Debian": "apt-get install chromium",
            "macOS": "brew install --cask google-chrome",
            "Windows": "winget install Google.Chrome",
            "conda": "not packaged; install Chromium or Chrome, or name one in RASLIB_BROWSER",
        },
    ),
    "node": Tool(
        "node",
        "tests of the views' JavaScript",
        _first("node"),
        ("--version",),
        {
            "Debian": "apt-get install nodejs",
            "macOS": "brew install node",
            "Windows": "winget install OpenJS.NodeJS",
            "conda": "conda install -c conda-forge nodejs",
        },
    ),
    "qemu": Tool(
        "qemu",
        "captures tables from, and runs, a real arm64 machine",
        qemu,
        ("--version",),
        {
            "Debian": "apt-get install qemu-system-arm qemu-efi-aarch64",
            "macOS": "brew install qemu",
            "Windows": "not supported; use Debian under WSL",
            "conda": "not packaged; use the system's own",
        },
    ),
    "iasl": Tool(
        "iasl",
        "a second opinion on ACPI tables, in tests",
        _first("iasl"),
        ("-v",),
        {
            "Debian": "apt-get install acpica-tools",
            "macOS": "brew install acpica",
            "Windows": "not packaged; use Debian under WSL",
            "conda": "not packaged; use the system's own",
        },
    ),
}
