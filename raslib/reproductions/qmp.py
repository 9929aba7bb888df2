"""A Python script that has QEMU give its guest a block, by QMP (QEMU 10.2, qapi/acpi-hest.json)."""

from ..formats.hest import Hest, Notify
from ..sim.model.choices import Begin
from ..sim.model.scenario import Scenario
from ..sim.qemu.qemu_ghes import given_block
from ..sim.walk import walk
from ..views.export.qmp import command
from .parts import Reproduction, block_of, ends, otherwise, setup

REFUSES = "QEMU gives its guest no block in this scenario"
_BODY = """\
#!/usr/bin/env python3
import json
import socket
import sys

COMMANDS = [
    {{"execute": "qmp_capabilities"}},
{commands}
]
REFUSED = {refused}  # is the last command expected to be?

if len(sys.argv) != 2:
    sys.exit(f"usage: {{sys.argv[0]}} SOCKET, which QEMU has by -qmp unix:SOCKET,server=on,wait=off")
with socket.socket(socket.AF_UNIX) as link:
    link.settimeout(20)
    link.connect(sys.argv[1])
    with link.makefile("rw", encoding="utf-8") as stream:
        stream.readline()  # the greeting
        for command in COMMANDS:
            stream.write(json.dumps(command) + "\\n")
            stream.flush()
            answer = next(line for line in map(json.loads, stream) if "event" not in line)
            print(command["execute"], "->", json.dumps(answer))
sys.exit(("error" in answer) is not REFUSED)
"""


def qmp(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """The block that QMP gives in *s*, or that QEMU writes for its guest there: the guest's part of the story.

    Raises ValueError if QEMU writes none.
    """
    block = given_block(s) if s.begin is Begin.QMP else block_of(walk(s, hest=hest), "QEMU", REFUSES)
    done = s if s.begin is Begin.QMP else s.choose(begin=Begin.QMP, ask_twice=False, guest_acked=True)
    trace = walk(done, block=block)
    needs = ["QEMU 10.2 or newer with a QMP socket and -M virt,ras=on; the command is marked as unstable"]
    if s.begin is not Begin.QMP:
        needs += ["There is no error of the host here, and no SIGBUS: QEMU is given the block that it would write"]
        needs += [] if s.guest.notify is not Notify.SEA else ["By QMP QEMU notifies by GPIO, where a SIGBUS brings SEA"]
        needs += otherwise(s.choose(begin=Begin.QMP), done)
    commands = "\n".join([f"    {command(block).strip()},"] * (1 + done.ask.twice))
    body = _BODY.format(commands=commands, refused=trace.outcome["vm"] == "api_error")
    return Reproduction(done, tuple(needs), setup(done, "begin", "cper", "ask"), ends(trace.outcome), body)
