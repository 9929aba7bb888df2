"""Watchdog of a program: it ends with whoever started it, however that one ended, and its folder goes with it.

Run as a program of its own: `python watchdog.py FOLDER PROGRAM ARGUMENT...`. The starter keeps the writing end of our
standard input. When that closes, because the starter let go, was interrupted or was killed, we end the program. It has
the descriptors that the starter has passed to us.
Imports nothing of raslib.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from functools import partial


def main(folder: str, *command: str) -> int:
    """Run *command* until it ends or standard input closes; its exit status, or 128 and the signal's number."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    program = None
    try:
        end_with_us = partial(_end_with_us, os.getpid())
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False, preexec_fn=end_with_us)
        threading.Thread(target=_wait_for_starter, args=(program,), daemon=True).start()
        status = program.wait()
        return status if status >= 0 else 128 - status
    finally:
        if program:
            _end(program)
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_us(us: int) -> None:
    """In the child: have Linux end it if the watchdog, process *us*, is killed (prctl(2), PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != us:  # it was killed before that
        os._exit(1)


def _wait_for_starter(program: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of standard input, then end *program*."""
    while os.read(0, 4096):
        pass
    _end(program)


def _end(program: "subprocess.Popen[bytes]") -> None:
    """Ask *program* to end; make it end after two seconds."""
    program.terminate()
    try:
        program.wait(2)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
