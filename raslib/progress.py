"""Progress of something that takes long, on a terminal or in a notebook."""

import sys
from typing import TextIO


def _stream() -> tuple[TextIO, bool]:
    """Where progress is shown, and whether somebody looks.

    In a notebook it is of the output, which shows the error stream as if something were wrong; on a terminal of the
    error stream, so that what a command prints can still be piped.
    """
    notebook = type(sys.stdout).__module__.startswith("ipykernel")
    return (sys.stdout, True) if notebook else (sys.stderr, sys.stderr.isatty())


def bar(done: int, of: int) -> None:
    """A line of text that grows, in a notebook or on a terminal; nothing where nobody looks.

    For the *progress* of `raslib.bulk`: *done* of *of* is a share, whatever the unit.
    """
    stream, looked_at = _stream()
    if looked_at:
        part = done / of if of else 1.0
        end = "\n" if done >= of else ""
        print(f"\r[{'#' * int(30 * part):30}] {part:4.0%}", end=end, file=stream, flush=True)


class Bar:
    """Progress as one line that is written over, on a terminal and in a notebook; elsewhere a line for each thing done.

    with Bar() as bar:
        bar("linux-image", 30_000_000, 60_000_000)      # [############            ] linux-image 30.0 of 60.0 MB
    """

    def __init__(self) -> None:
        self.last = ""
        self.stream, self.over = _stream()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave an empty line where the bar was."""
        if self.over and self.last:
            print("\r\x1b[K", end="", file=self.stream, flush=True)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that *done* of *total* of *what* are done; *total* 0: nobody knows how much there is."""
        if self.over:
            drawn = f"[{'#' * (24 * done // total):<24}] " if total else ""
            of = f" {done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else " ..."
            print(f"\r\x1b[K{drawn}{what}{of}", end="", file=self.stream, flush=True)
        elif what != self.last:
            print(what, file=self.stream, flush=True)
        self.last = what
