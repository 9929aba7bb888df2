"""The scenarios that a step of an experiment stands for, by its kind; and which steps have none, and why."""

from collections.abc import Callable, Iterable
from typing import Any

from ...formats.hest import Notify
from ...formats.memory import MemoryErrorType
from ...sim.cpu import syndromes
from ...sim.model.choices import Category, First, Mode, ReportedBy, Running
from ...sim.model.scenario import Scenario
from . import blocks
from .experiments import EXPERIMENTS
from .question import Case, RecordedStep, linux
from .reaction import NORMAL, Reaction
from .steps import Burst, Busy, GuestSea, GuestSError, Lost, Report, SError, Shell

# (experiment, step) -> the block that the lab's EINJ firmware makes of what it is asked, which no recording keeps
MADE: dict[tuple[str, int], blocks.Block] = {
    ("einj-corrected", 0): blocks.corrected(blocks.memory(0x5000_0000, physical_address_mask=blocks.PAGE_MASK)),
    ("einj-recoverable", 0): blocks.recoverable(blocks.memory(kind=MemoryErrorType.MULTI_BIT_ECC)),
}

# (experiment, step) -> why the simulator has nothing to say
NOT_COVERED: dict[tuple[str, int], str] = {
    ("external", 0): "A command binds the driver; no error is reported.",
    ("threshold", 1): "A command counts lost memory; no error is reported.",
    ("bert", 0): "A scenario begins with an error, not with what the last boot has left in the BERT.",
    ("einj-types", 0): "A command lists what can be injected; no error is reported.",
    ("sdei-boot", 0): "The simulator's kernel has booted already.",
    ("sdei-boot", 1): "The simulator's kernel has made its calls of firmware already.",
    ("vhe-capabilities", 0): "A program asks KVM what it can do; no error is reported.",
    ("nvhe-capabilities", 0): "A program asks KVM what it can do; no error is reported.",
    ("chain", 0): "Two kernels speak in one log, which an account does not keep apart.",
}

# --- by kind of step --------------------------------------------------------------------------------------------------


def _report(asked: RecordedStep, step: Report | Busy) -> Iterable[Case]:
    yield asked.case(step.source, asked.reaction.block)


def _burst(asked: RecordedStep, step: Burst) -> Iterable[Case]:
    yield from (asked.case(step.source, block(NORMAL.pa)) for block in step.blocks)


def _shell(asked: RecordedStep, step: Shell) -> Iterable[Case]:
    if step.source is not None:
        yield asked.case(step.source, MADE[asked.key](NORMAL.pa))


def _lost(asked: RecordedStep, step: Lost) -> Iterable[Case]:
    """The monitor of the virtual machine is a process like any other: it is not QEMU, which asks to know early."""
    yield asked.case(0, asked.reaction.block)


def _serror(asked: RecordedStep, step: SError) -> Iterable[Case]:
    yield _of_serror(asked, step.esr, Running.KERNEL)


def _guest_serror(asked: RecordedStep, step: GuestSError) -> Iterable[Case]:
    yield _of_serror(asked, step.esr, Running.GUEST)


def _of_serror(asked: RecordedStep, esr: int, running: Running) -> Case:
    """The lab's EL3 hands an SError on as it is: for the kernel it is as if EL3 did not take any."""
    syndrome = syndromes.read(esr)
    if syndrome.implementation_defined:
        report = ReportedBy.DEVICE
    else:
        report = ReportedBy.SERROR if syndrome.state else ReportedBy.UNCATEGORIZED
    scenario = Scenario.of(
        error_report=report,
        error_category=Category[syndrome.state or "UER"],
        cpu_running=running,
        host_first=First.KERNEL,
        host_vhe=asked.boot.kvm,
        host_linux=linux(asked.reaction.kernel),
        guest_running=Mode.KERNEL,
        guest_notify=None,
    )
    return Case(scenario, esr=esr)


def _guest_sea(asked: RecordedStep, step: GuestSea) -> Iterable[Case]:
    """The lab's monitor stands for QEMU, and tells its guest of lost memory by an abort."""
    sea = next(s.source_id for s in asked.boot.hest.error_sources if s.notification.type == Notify.SEA)
    guest = {"cpu_running": Running.GUEST, "guest_running": Mode.KERNEL, "guest_notify": Notify.SEA}
    yield asked.case(sea, asked.reaction.block, **guest)


KINDS: dict[type, Callable[[RecordedStep, Any], Iterable[Case]]] = {
    Report: _report,
    Burst: _burst,
    Shell: _shell,
    Busy: _report,
    Lost: _lost,
    SError: _serror,
    GuestSError: _guest_serror,
    GuestSea: _guest_sea,
}


def cases(name: str, number: int, reaction: Reaction) -> tuple[Case, ...]:
    """What the simulator is asked for step *number* of an experiment; nothing if it is not asked by a walk."""
    asked = RecordedStep(EXPERIMENTS[name], number, reaction)
    if asked.key in NOT_COVERED or type(asked.step) not in KINDS:
        return ()
    return tuple(KINDS[type(asked.step)](asked, asked.step))
