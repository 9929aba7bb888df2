"""Speaks to the monitor of a QEMU that runs in the guest; the agent loads it."""

from __future__ import annotations

import _socket  # without `socket`, which takes a second to import here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .agent import command

UNIX, STREAM = 1, 1


@command
def monitor(path: str, line: str) -> str:
    """What the human monitor at a socket says to *line*, between two of its prompts."""
    link = _socket.socket(UNIX, STREAM)
    link.settimeout(30)
    link.connect(path)
    until_prompt(link)
    link.sendall(line.encode() + b"\n")
    said = until_prompt(link)
    link.close()
    return said


def until_prompt(link: _socket.socket) -> str:
    said = b""
    while not said.endswith(b"(qemu) "):
        more = link.recv(4096)
        if not more:
            raise OSError("the monitor has ended")
        said += more
    return said.decode("utf-8", "replace")
