"""Does the steps of experiments on a machine: what each kind of step is there."""

import re
import time
from dataclasses import replace
from functools import singledispatch

from ..formats.cper import Severity
from . import LiveError
from .chain import NestedGuest
from .el3 import El3
from .machine import Machine
from .recording import steps
from .recording.reaction import Reaction, Victim, normal_log, on_page_of, text
from .vmm import Vmm

# Linux prints two records of a class (corrected or not) in five seconds and counts the rest (drivers/acpi/apei/ghes.c:
# ghes_print_estatus()).
RECORDS, SECONDS = 2, 5.3
LIMITED = re.compile("Unhandled processor error|no pci_dev found")  # ten in as long, by all records together
CORRECTED = {Severity.CORRECTED, Severity.INFORMATIONAL}
WORK = "dd if=/dev/zero of=/dev/null bs=4M >/dev/null 2>&1 </dev/null & echo $!"


def pace(machine: Machine, block: bytes | None = None, room: int = RECORDS) -> None:
    """Wait until Linux would print *room* more records of the class that *block* is of, or of both if there is none."""
    severity = int.from_bytes(block[16:20], "little") if block else None  # by it Linux counts the whole record
    classes = "corrected|info" if severity in CORRECTED else "recoverable|fatal" if severity is not None else r"\w+"
    header = re.compile(rf"event severity: ({classes})")

    def recent(pattern: re.Pattern[str]) -> int:
        return sum(time.monotonic() - line.at < SECONDS for line in machine.console if pattern.search(line.text))

    def calm() -> bool:
        return recent(header) + room <= RECORDS and not recent(LIMITED)

    machine.until(calm, 3 * SECONDS, "the kernel does not stop printing")


def _victim(machine: Machine, kind: str) -> Victim | None:
    return machine.victim(early=kind == "early") if kind else None


@singledispatch
def do(step: object, machine: Machine, firmware: object) -> Reaction:
    """Do *step*, and give the kernel's reaction. *firmware* is what Python plays on the machine, such as an `El3`."""
    raise TypeError(f"the lab does not know how to do {step!r}")


@do.register
def _(step: steps.Report, machine: Machine, firmware: object) -> Reaction:
    page = _victim(machine, step.victim)
    block = step.block and on_page_of(page, step.block)
    if block and step.room:
        pace(machine, block, step.room)
    return machine.report(step.source, block, page, until=step.until)


@do.register
def _(step: steps.Burst, machine: Machine, firmware: object) -> Reaction:
    pace(machine)

    def act() -> None:
        for block in step.blocks:
            machine.put(step.source, block)
            machine.notify[machine.slots[step.source].notify](machine.slots[step.source])
            machine.until(lambda: not machine.block_status(step.source), 5, "the block is not consumed")

    return replace(machine.observe(act, source=step.source), block=step.blocks[-1])


@do.register
def _(step: steps.Shell, machine: Machine, firmware: object) -> Reaction:
    page = _victim(machine, step.victim)
    if step.source is not None:
        pace(machine, room=1)
    line = step.line.format(page=page.pa if page else 0)
    return machine.observe(lambda: machine.shell(line), page, step.source, until=step.until)


@do.register
def _(step: steps.BootLog, machine: Machine, firmware: object) -> Reaction:
    lines = [line.text for line in machine.console[: machine.booted] if re.search(step.pattern, text(line.text))]
    return Reaction(log=normal_log(lines), kernel=machine.kernel, qemu=machine.qemu)


# --- where Python plays the firmware ----------------------------------------------------------------------------------


def _el3(firmware: object) -> El3:
    if not isinstance(firmware, El3):
        raise LiveError("nobody plays EL3 on this machine: with Machine(hest, El3.SETUP) as m, El3(m) as firmware")
    return firmware


def _without_addresses(text: str) -> str:
    return re.sub(r"0xffff[0-9a-f]{12}", "(an address)", text)


@do.register
def _(step: steps.FirmwareCalls, machine: Machine, firmware: object) -> Reaction:
    calls = "\n".join(_el3(firmware).dispatcher.calls)
    return Reaction(output=_without_addresses(calls), kernel=machine.kernel, qemu=machine.qemu)


@do.register
def _(step: steps.Busy, machine: Machine, firmware: object) -> Reaction:
    el3 = _el3(firmware)
    pace(machine, step.block, 1)
    process = machine.shell(WORK)
    before = len(el3.dispatcher.calls)

    def act() -> None:
        machine.put(step.source, step.block)
        el3.deliver(machine.slots[step.source].vector, interruptible=True)

    reaction = machine.observe(act, source=step.source)
    machine.shell(f"kill {process}")
    last = el3.dispatcher.calls[before:][-1]
    return replace(reaction, block=step.block, output=_without_addresses(last))


@do.register
def _(step: steps.SError, machine: Machine, firmware: object) -> Reaction:
    reaction = _el3(firmware).serror(step.esr)
    return reaction if reaction.panicked else replace(reaction, output=f"still there: {machine.shell('echo yes')}")


@do.register
def _(step: steps.GuestError, machine: Machine, firmware: object) -> Reaction:
    vm = Vmm(machine).start()
    block = step.block and on_page_of(vm.page, step.block)
    if block:
        pace(machine, block, 1)
    return _el3(firmware).guest_error(vm, step.esr, block, until=step.until)


# --- where KVM is asked -----------------------------------------------------------------------------------------------


@do.register
def _(step: steps.Capabilities, machine: Machine, firmware: object) -> Reaction:
    capabilities = Vmm(machine).capabilities()
    return machine.observe(lambda: "\n".join(f"KVM_CAP_{name} {value}" for name, value in capabilities.items()))


@do.register
def _(step: steps.SetVcpuEvents, machine: Machine, firmware: object) -> Reaction:
    vmm = Vmm(machine)
    return machine.observe(lambda: vmm.set_events(step.events))


@do.register
def _(step: steps.Lost, machine: Machine, firmware: object) -> Reaction:
    pace(machine, room=1)
    vm = Vmm(machine).start(early=step.victim == "early")
    reaction = machine.report(0, on_page_of(vm.page, steps.LOST), vm.page, until="Memory failure: 0x")
    return replace(reaction, output=vm.report())


# --- two machines -----------------------------------------------------------------------------------------------------


@do.register
def _(step: steps.Strike, machine: Machine, firmware: object) -> Reaction:
    return NestedGuest(machine).boot().strike()
