"""A shell script that asks firmware for an error through the kernel's EINJ files (Linux einj.rst, ACPI 6.5 §18.6)."""

from ..formats.ghes import StatusBlock
from ..formats.hest import Hest
from ..sim.el3.firmware import usual_block
from ..sim.model.choices import Begin, Category, ReportedBy
from ..sim.model.platform import PHYSICAL_ADDRESS
from ..sim.model.scenario import Scenario
from ..sim.walk import walk
from ..views.export.einj import FOLDER, injections
from .parts import Reproduction, ends, refuse_chosen, setup

NOT_ASKED = ("cper.bytes", "cper.threshold_exceeded", "cper.section_severity", "error.again")
_BODY = """\
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
    body = _BODY.format(folder=FOLDER, lines=lines)
    done = setup(s, "begin", "error.category", "error.report", "cper", "cpu.running", "host.page")
    return Reproduction(s, tuple(needs), done, ends(walk(s, hest=hest).outcome), body)
