"""A pretended QEMU for tests that need none."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raslib.live.cache import Guest
from raslib.live.qemu import Program

KERNEL = bytes(56) + b"ARM\x64" + bytes(4)  # the header of an arm64 image, and nothing more
PRETEND = Path(__file__).with_name("pretend.py")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a `Machine` is given for the pretended QEMU; its temporary folders lie below *tmp_path*."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("PRETEND", raising=False)
    program, kernel, userland = (tmp_path / name for name in ("qemu-system-aarch64", "vmlinuz", "initrd.gz"))
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PRETEND}" "$@"\n')
    program.chmod(0o755)
    kernel.write_bytes(KERNEL)
    userland.write_bytes(b"files")
    return {"emulator": Program(str(program), "firmware.fd"), "guest": Guest(kernel, userland), "seconds": 20}


def wait(ready: Callable[[], object], process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait until *ready* gives something, which *process* is to bring about."""
    until = time.monotonic() + 60
    while not ready():
        assert process is None or process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)


def left(tmp_path: Path) -> list[str]:
    """What machines have left in the temporary folder."""
    return [path.name for path in tmp_path.glob("raslib-*")]
