"""Reproductions that are scripts: a block by QMP, an error by the kernel's EINJ files, tables for a guest's initrd."""

from pathlib import Path

from ..formats.ghes import StatusBlock
from ..formats.hest import Hest, Notify
from ..live.recording.layout import BASE, HED_GSI, SIZE, adopted
from ..sim.el3.firmware import usual_block
from ..sim.linux.hest_init import probe
from ..sim.model.choices import Begin, Category, ReportedBy
from ..sim.model.platform import PHYSICAL_ADDRESS
from ..sim.model.scenario import Scenario
from ..sim.qemu.qemu import given_block
from ..sim.walk import walk
from ..views.export import qmp_command
from ..views.export.einj import FOLDER, injections
from ..views.export.iasl import iasl
from .parts import Reproduction, block_of, described, ends, otherwise, refuse_chosen, setup

# --- Python, by QMP (QEMU 10.2, qapi/acpi-hest.json) ------------------------------------------------------------------

REFUSES = "QEMU gives its guest no block in this scenario"
_QMP = """\
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
    commands = "\n".join([f"    {qmp_command(block).strip()},"] * (1 + done.ask.twice))
    body = _QMP.format(commands=commands, refused=trace.outcome["vm"] == "api_error")
    return Reproduction(done, tuple(needs), setup(done, "begin", "cper", "ask"), ends(trace.outcome), body)


# --- shell, by the kernel's EINJ files (Linux einj.rst, ACPI 6.5 §18.6) ---------------------------------------------

NOT_ASKED = ("cper.bytes", "cper.threshold_exceeded", "cper.section_severity", "error.again")
_EINJ = """\
#!/bin/sh
set -eu
address=${{1:?the physical address to inject at}}
cd "${{EINJ:-{folder}}}"  # available_error_type says what the platform can inject
{lines}
"""


def einj(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """The error of *s* at an address that the script is given.

    Where an exception tells of it, whoever has that memory must use it: ras-tools' `einj_mem_uc` does both. Raises
    ValueError if no error of hardware begins *s*, and for what EINJ cannot ask for.
    """
    if s.begin is not Begin.ERROR:
        raise ValueError(f"EINJ injects errors of hardware, and this scenario begins with none: {s.begin.means}")
    if s.error.report in (ReportedBy.DEVICE, ReportedBy.UNCATEGORIZED):
        raise ValueError(f"EINJ has no such error: {s.error.report.means}")
    refuse_chosen(s, NOT_ASKED, "EINJ cannot ask firmware for this")
    consumed = s.error.report is not ReportedBy.INTERRUPT and s.error.category not in (Category.CE, Category.DE)
    block = StatusBlock.parse(usual_block(s))
    lines = "\n".join(injections(block, {PHYSICAL_ADDRESS: '"$address"'}, trigger=not consumed))
    needs = ["root, debugfs, CONFIG_ACPI_APEI_EINJ, and firmware that has an EINJ table"]
    needs += [f"What is at the address: {s.host.page.means}"]
    if consumed:
        needs += [f"Firmware does not trigger the error: the memory has to be used by this: {s.cpu.running.means}"]
    body = _EINJ.format(folder=FOLDER, lines=lines)
    done = setup(s, "begin", "error.category", "error.report", "cper", "cpu.running", "host.page")
    return Reproduction(s, tuple(needs), done, ends(walk(s, hest=hest).outcome), body)


# --- shell, for a guest's initrd --------------------------------------------------------------------------------

# QEMU takes no `-acpitable` for arm64 ("Option not supported for this target", 7.2 and 11.1). Linux takes tables from
# its initrd instead: Documentation/admin-guide/acpi/initrd_table_override.rst.
ERROR_DEVICE = Path(__file__).with_name("error_device.asl")
_BY_ERROR_DEVICE = (Notify.SCI, Notify.GPIO, Notify.GSIV)
KERNEL = ("host.apei", "host.config", "host.vhe", "host.linux")  # what decides which sources it takes
_ACPI = Path(__file__).with_name("acpi.sh")


def acpi(s: Scenario, hest: Hest | None = None) -> Reproduction:
    """The host's table, which is *hest* or what the choices of *s* make, in the memory at `layout.BASE`.

    Expected is what Linux does with each source when it boots; errors are no part of tables. Raises ValueError if the
    machine of *s* advertises no source.
    """
    table = hest or s.host.hest()
    if not table.error_sources:
        raise ValueError("the host of this scenario advertises no error source: it is kernel-first, or has no ACPI")
    moved, notes = adopted(table)
    tables = {"hest": iasl(moved)}
    notifies = {source.notification.type for source in moved.error_sources if hasattr(source, "notification")}
    if notifies & set(_BY_ERROR_DEVICE):
        tables["ssdt"] = ERROR_DEVICE.read_text(encoding="utf-8")
    needs = ["iasl and cpio; a guest with CONFIG_ACPI_TABLE_UPGRADE and CONFIG_ACPI_APEI_GHES, booted by UEFI"]
    needs += [f"The guest has 1 GiB of memory, so that the shared memory is at {BASE:#x}"]
    needs += [f"{note[:1].upper()}{note[1:]}" for note in notes]
    if notifies & set(_BY_ERROR_DEVICE):
        needs += [f"To notify, make interrupt {HED_GSI} pending; `raslib reproduce --as live` does so"]
    if Notify.SDEI in notifies:
        needs += ["Firmware with SDEI, which QEMU's is not; `raslib reproduce --as live` plays it"]
    expected = [f"Linux takes its tables, and of {probed}." for probed in probe(moved, s, "host")]
    given = "".join(f"table {name} <<'END'\n{source}END\n" for name, source in tables.items())
    body = f"#!/bin/sh\nsize={SIZE}\ntables() {{\n{given}}}\n{_ACPI.read_text(encoding='utf-8')}"
    return Reproduction(s, tuple(needs), described(s, KERNEL), tuple(expected), body)
