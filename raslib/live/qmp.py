"""QEMU asked to report an error to its guest by itself: QMP, inject-ghes-v2-error, with QEMU's own HEST.

QEMU is then the firmware of the guest, as it is on a host that has told it of an error; `ras=on` gives the guest its
table. The command is marked as unstable (qapi/acpi-hest.json): 11.1.3 has it,
7.2 does not.
"""

import base64
import json
import socket
from pathlib import Path
from typing import Any

from . import LiveError
from .machine import Machine
from .recording.reaction import Reaction, Victim

COMMAND = "inject-ghes-v2-error"
SECONDS = 20


def inject(machine: Machine, block: bytes, page: Victim | None = None) -> Reaction:
    """What the kernel does when QEMU reports *block*; the machine must have `Setup(ras=True)`.

    Raises `LiveError` with QEMU's words if it refuses, as it does where the guest has not acknowledged the last block.
    """
    return machine.observe(lambda: execute(machine.qmp, COMMAND, cper=base64.b64encode(block).decode()), page)


def execute(path: Path, command: str, **arguments: Any) -> Any:
    """What QEMU answers to a *command* of QMP at the socket *path*. Raises `LiveError` for an error."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(SECONDS)
        link.connect(str(path))
        with link.makefile("rw", encoding="utf-8") as lines:
            lines.readline()  # the greeting
            for one, given in (("qmp_capabilities", {}), (command, arguments)):
                lines.write(json.dumps({"execute": one, "arguments": given}) + "\n")
                lines.flush()
                answer = next(said for said in map(json.loads, lines) if "event" not in said)
                if "error" in answer:
                    raise LiveError(f"QEMU answers to {one}: {answer['error']['desc']}")
    return answer["return"]
