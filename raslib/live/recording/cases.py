"""The scenarios that a step of an experiment stands for, by its kind; and which steps have none, and why."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...formats.hest import Notify
from ...formats.memory import MemoryErrorType
from ...sim.cpu import syndromes
from ...sim.model.choices import Category, First, Mode, ReportedBy, Running
from ...sim.model.platform import source_of
from ...sim.model.scenario import Scenario
from . import blocks
from .experiments import BOOTS, EXPERIMENTS
from .question import Case, case_of, linux
from .reaction import Reaction
from .steps import Boot, Burst, Busy, Experiment, ExperimentStep, GuestSea, GuestSError, Lost, Report, SError, Shell

# (experiment, step) -> choices that the step's own description does not give
CHOICES: dict[tuple[str, int], dict[str, Any]] = {("repeated", 1): {"host_repeated": True}}

# (experiment, step) -> the block that the lab's EINJ firmware makes of what it is asked, which no recording keeps
MADE = {
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


class RecordedStep(NamedTuple):
    """A step of an experiment, and the reaction that was recorded."""

    experiment: Experiment
    number: int
    reaction: Reaction

    @property
    def key(self) -> tuple[str, int]:
        return self.experiment.name, self.number

    @property
    def step(self) -> ExperimentStep:
        return self.experiment.steps[self.number]

    @property
    def boot(self) -> Boot:
        return BOOTS[self.experiment.boot]

    def case(self, source: int, block: bytes | None, **choices: Any) -> Case:
        """A block in a source of the machine."""
        choices = {"host_vhe": _vhe(self.boot, source), **choices, **CHOICES.get(self.key, {})}
        return case_of(self.reaction.kernel, self.boot.hest, source, block, self.reaction.victim_kind, **choices)


def _vhe(boot: Boot, source: int) -> bool:
    """Is the kernel at EL2?

    A machine without KVM has no EL2, which no scenario has: its kernel is one at EL1, but can use SDEI, as one at EL2.
    """
    if boot.kvm:
        return "nvhe" not in boot.append
    return any(s.source_id == source and s.notification.type == Notify.SDEI for s in boot.hest.error_sources)


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


def cases(name: str, number: int, reaction: Reaction) -> tuple[Case, ...]:
    """What the simulator is asked for step *number* of an experiment; nothing if it is not asked by a walk."""
    asked = RecordedStep(EXPERIMENTS[name], number, reaction)
    return () if asked.key in NOT_COVERED else tuple(_cases(asked))


def _cases(asked: RecordedStep) -> Iterator[Case]:
    """By the kind of step."""
    block = asked.reaction.block
    match asked.step:
        case Report(source=source) | Busy(source=source):
            yield asked.case(source, block)
        case Burst(source=source, blocks=made):
            yield from (asked.case(source, block) for block in made)
        case Shell(source=int(source)):
            yield asked.case(source, MADE[asked.key])
        case Lost():  # the virtual machine's monitor is a process like any other, not QEMU, which asks to know early
            yield asked.case(0, block)
        case GuestSError(esr=esr):
            yield _of_serror(asked, esr, Running.GUEST)
        case SError(esr=esr):
            yield _of_serror(asked, esr, Running.KERNEL)
        case GuestSea():  # the lab's monitor stands for QEMU, and tells its guest of lost memory by an abort
            guest = {"cpu_running": Running.GUEST, "guest_running": Mode.KERNEL, "guest_notify": Notify.SEA}
            yield asked.case(source_of(asked.boot.hest, Notify.SEA).source_id, block, **guest)
