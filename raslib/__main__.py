"""`python -m raslib`, and the command `raslib`: the process is made ready, then it runs one command."""

import os
import signal
import sys


def main() -> int:
    """Runs the command that the process was started with, and returns its exit status."""
    try:
        _prepare()
        from .cli import main as run

        return run()
    except KeyboardInterrupt:  # while modules were loaded
        return 130


def _prepare() -> None:
    """Streams that somebody closed are there again, every letter can be written, and being ended tidies up."""
    for name, flags, mode in (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:  # what is read from it, or written to it, is an error that can be told
            setattr(sys, name, open(os.open(os.devnull, flags), mode))  # noqa: SIM115, PTH123, it stays open
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


if __name__ == "__main__":
    sys.exit(main())
