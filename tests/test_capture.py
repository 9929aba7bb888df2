"""The committed capture of QEMU's HEST is what QEMU still gives, and the script that takes it always ends QEMU."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from raslib import tools
from raslib.resources import samples, unhex

SCRIPT = Path(__file__).parents[1] / "data" / "hest" / "capture_qemu.py"
HEST, MEMORY = "hest/qemu-7.2", "memory/qemu-7.2-hardware-errors"
CHECKSUM, STATUS_ADDRESS, ACK_ADDRESS = 9, 64, 108  # offsets in a HEST whose first source is a GHESv2


def word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def without(data: bytes, *spans: tuple[int, int]) -> bytes:
    """*data* with the given (start, size) spans set to zero."""
    blank = bytearray(data)
    for start, size in spans:
        blank[start : start + size] = bytes(size)
    return bytes(blank)


def test_committed_hest_points_into_the_committed_memory():
    """The two files are of one run: the addresses in the table are those of the words in the memory."""
    hest, memory = samples(HEST), samples(MEMORY)
    base = word(hest, STATUS_ADDRESS)
    assert (len(hest), sum(hest) % 256) == (132, 0)
    assert word(hest, ACK_ADDRESS) == base + 8
    assert word(memory, 0) == base + 16
    assert word(memory, 8) == 1
    assert memory[16:] == bytes(1024)


@pytest.mark.qemu
def test_a_fresh_capture_differs_in_addresses_only(tmp_path):
    command = [sys.executable, str(SCRIPT), "--into", str(tmp_path), "--firmware", str(tools.firmware())]
    subprocess.run(command, check=True, timeout=90)
    hest, memory = (unhex((tmp_path / f"{name}.hex").read_text(encoding="utf-8")) for name in (HEST, MEMORY))
    may_move = (CHECKSUM, 1), (STATUS_ADDRESS, 8), (ACK_ADDRESS, 8)
    assert without(hest, *may_move) == without(samples(HEST), *may_move)
    assert without(memory, (0, 8)) == without(samples(MEMORY), (0, 8))
    assert word(memory, 0) == word(hest, STATUS_ADDRESS) + 16


@pytest.fixture
def stuck(tmp_path):
    """A QEMU that says one thing on its serial line and then hangs, and the file that will hold its process id."""
    fake, pid = tmp_path / "qemu", tmp_path / "pid"
    fake.write_text(
        f"""#!{sys.executable}
import os, sys, time
if "--version" in sys.argv:
    print("QEMU emulator version 0")
    sys.exit()
serial = sys.argv[sys.argv.index("-serial") + 1].removeprefix("file:")
open(serial, "w").write("UEFI firmware starts")
open({str(pid)!r}, "w").write(str(os.getpid()))
time.sleep(60)
"""
    )
    fake.chmod(0o755)
    return fake, pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name != "posix", reason="QEMU is asked through a Unix socket")
def test_a_machine_that_hangs_is_ended_and_its_last_words_are_shown(stuck, tmp_path):
    fake, pid = stuck
    command = [sys.executable, str(SCRIPT), "--qemu", str(fake), "--into", str(tmp_path), "--seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "no HEST within the time allowed" in done.stderr
    assert "UEFI firmware starts" in done.stderr
    assert not is_running(int(pid.read_text()))


@pytest.mark.skipif(os.name != "posix", reason="QEMU is asked through a Unix socket")
def test_ending_the_script_ends_the_machine(stuck, tmp_path):
    fake, pid = stuck
    script = subprocess.Popen([sys.executable, str(SCRIPT), "--qemu", str(fake), "--into", str(tmp_path)])
    until = time.monotonic() + 20
    while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    script.send_signal(signal.SIGTERM)
    assert script.wait(20) == 143
    assert not is_running(int(pid.read_text()))
