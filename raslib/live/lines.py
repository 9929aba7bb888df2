"""Lines from the guest as they come, each with its time."""

import re
import socket
import threading
import time
from typing import NamedTuple

_ESCAPES = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")


class SocketLine(NamedTuple):
    """A line without its end, and when it came (seconds of time.monotonic)."""

    at: float
    text: str


class SocketLines:
    """Everything that came over a socket, line by line; `changed` is notified of each line and of the end."""

    def __init__(self, link: socket.socket, changed: threading.Condition) -> None:
        self.link, self.changed, self.open = link, changed, True
        self.all: list[SocketLine] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        rest = b""
        while data := self._receive():
            *whole, rest = (rest + data).split(b"\n")
            self._add(*whole)
        self._add(*filter(None, [rest]))
        with self.changed:
            self.open = False
            self.changed.notify_all()

    def _receive(self) -> bytes:
        try:
            return self.link.recv(65536)
        except OSError:
            return b""

    def _add(self, *raw: bytes) -> None:
        now = time.monotonic()
        new = [SocketLine(now, _ESCAPES.sub("", line.decode("utf-8", "replace")).strip("\r")) for line in raw]
        with self.changed:
            self.all += new
            self.changed.notify_all()

    def find(self, pattern: str, start: int = 0) -> int | None:
        """The place of the first line from *start* on that has *pattern*."""
        has = re.compile(pattern).search
        return next((i for i in range(start, len(self.all)) if has(self.all[i].text)), None)
