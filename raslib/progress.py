"""Progress of something that takes long, on a terminal or in a notebook."""

import sys


class Bar:
    """Progress as one line that is written over, on a terminal and in a notebook; elsewhere a line for each thing done.

    with Bar() as bar:
        bar("linux-image", 30_000_000, 60_000_000)      # [############            ] linux-image 30.0 of 60.0 MB

    A notebook shows the error stream as if something were wrong, so there it goes to standard output.
    """

    def __init__(self) -> None:
        notebook = type(sys.stdout).__module__.startswith("ipykernel")
        self.last = ""
        self.stream = sys.stdout if notebook else sys.stderr
        self.over = notebook or sys.stderr.isatty()

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
