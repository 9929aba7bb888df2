"""What the simulator predicts of an experiment or a question of one's own, held to what a real kernel did."""

from collections.abc import Iterator
from typing import Any

from ...formats.hest import Hest, Notify
from ...formats.memory import MemoryErrorType
from ...sim.aspects import AspectRow, Aspects, Held, held, predicted
from ...sim.cpu import syndromes
from ...sim.model.choices import Category, First, Mode, ReportedBy, Running
from ...sim.model.platform import Ram, source_of
from ...sim.model.scenario import Scenario
from ...sim.model.trace import Trace
from . import blocks, experiments
from .differences import AR, NOT_COVERED, explained, in_the_lab, of_a_question
from .experiments import BOOTS, EXPERIMENTS, GUEST_SEA
from .observed import booted, called, observed, trace_of
from .question import EMPTY, LAB, Case, KernelQuestion, case_of, linux, own_case, own_question
from .reaction import Reaction
from .session import USUAL, Recording, recordings, release_of, replay

# --- the scenarios that a step of an experiment stands for ------------------------------------------------------------

# (experiment, step) -> choices that the step's own description does not give
CHOICES: dict[tuple[str, int], dict[str, Any]] = {("repeated", 1): {"host_repeated": True}}

# (experiment, step) -> the block that the lab's EINJ firmware makes of what it is asked, which no recording keeps
MADE = {
    ("einj-corrected", 0): blocks.corrected(blocks.memory(0x5000_0000, physical_address_mask=blocks.PAGE_MASK)),
    ("einj-recoverable", 0): blocks.recoverable(blocks.memory(kind=MemoryErrorType.MULTI_BIT_ECC)),
}


def _vhe(boot: experiments.Boot, source: int) -> bool:
    """Is the kernel at EL2?

    A machine without KVM has no EL2, which no scenario has: its kernel is one at EL1, but can use SDEI, as one at EL2.
    """
    if boot.kvm:
        return "nvhe" not in boot.append
    return any(s.source_id == source and s.notification.type == Notify.SDEI for s in boot.hest.error_sources)


def _of_serror(boot: experiments.Boot, kernel: str, esr: int, running: Running) -> Case:
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
        host_vhe=boot.kvm,
        host_linux=linux(kernel),
        guest_running=Mode.KERNEL,
        guest_notify=None,
    )
    return Case(scenario, esr=esr)


def cases(name: str, number: int, reaction: Reaction) -> tuple[Case, ...]:
    """What the simulator is asked for step *number* of an experiment; nothing if it is not asked by a walk."""
    return () if (name, number) in NOT_COVERED else tuple(_cases(name, number, reaction))


def _cases(name: str, number: int, reaction: Reaction) -> Iterator[Case]:
    """By the kind of step."""
    experiment = EXPERIMENTS[name]
    boot, block, kernel = BOOTS[experiment.boot], reaction.block, reaction.kernel

    def case(source: int, block: bytes | None, **choices: Any) -> Case:
        choices = {"host_vhe": _vhe(boot, source), **choices, **CHOICES.get((name, number), {})}
        return case_of(kernel, boot.hest, source, block, reaction.victim_kind, **choices)

    match experiment.steps[number]:
        case experiments.Report(source=source) | experiments.Busy(source=source):
            yield case(source, block)
        case experiments.Burst(source=source, blocks=made):
            yield from (case(source, block) for block in made)
        case experiments.Shell(source=int(source)):
            yield case(source, MADE[name, number])
        case experiments.Lost():  # the monitor is a process like any other, not QEMU, which asks to know early
            yield case(0, block)
        case experiments.GuestError(esr=esr) if esr != GUEST_SEA:
            yield _of_serror(boot, kernel, esr, Running.GUEST)
        case experiments.SError(esr=esr):
            yield _of_serror(boot, kernel, esr, Running.KERNEL)
        case experiments.GuestError():  # the monitor stands for QEMU, and tells its guest of lost memory by an abort
            guest = {"cpu_running": Running.GUEST, "guest_running": Mode.KERNEL, "guest_notify": Notify.SEA}
            yield case(source_of(boot.hest, Notify.SEA).source_id, block, **guest)


# --- predictions, and what they are held to ---------------------------------------------------------------------------


def predict(
    block: bytes,
    source: str = "polled",
    victim: str = "",
    kernel: str = "6.1",
    *,
    page: str = "",
    repeated: bool = False,
    ram: Ram = LAB,
) -> Trace:
    """What the simulator expects of `ask` with the same arguments, from the release *kernel* of Linux.

    With *page*, "free", "text" or "slab", the memory errors are moved to such a page of the kernel. *ram* is what
    memory the machine has, and what single pages of it are, if it is not the lab's. Raises ValueError for a block that
    is longer than any may be.
    """
    return own_case(own_question(block, source, victim, page, repeated), kernel, ram=ram).walk()


def recorded(block: bytes, source: str = "polled", victim: str = "") -> Reaction | None:
    """What a kernel did, when a recording was made, with this very block reported in this way; None if there is none.

    How the source was numbered, and what else its machine had, makes no difference.
    """
    question = own_question(block, source, victim)
    scenario = own_case(question, USUAL).scenario
    for name, recording in recordings().items():
        for number, reaction in enumerate(recording):
            alike = (reaction.block, reaction.victim_kind) == (question.block, victim)
            if alike and any(case.scenario == scenario for case in cases(name, number, reaction)):
                return reaction
    return None


def compare(
    what: str | Recording | Reaction,
    source: str = "",
    *,
    repeated: bool = False,
    hest: Hest | None = None,
    release: str = USUAL,
) -> Held:
    """A prediction held to what a real kernel did.

    *what* is the name of an experiment that is recorded from a *release* of Linux, a fresh `Recording` of one, or the
    `Reaction` that `ask` gave for *source*, *repeated* and *hest*. Raises ValueError for a name or a release that has
    no recording.
    """
    if isinstance(what, Reaction):
        return compare_case(what, _case_of(what, source or "polled", repeated, hest))
    return _compare(replay(what, release) if isinstance(what, str) else what)


def compare_case(reaction: Reaction, case: Case, *, lab: bool = False) -> Held:
    """What is predicted of a question of somebody's own, held to the *reaction* of a real kernel.

    With *lab* that is what Linux does on the lab's machine; a row says in `known` where only such a fact makes it so.
    """
    real, expected, story = reaction.normal(), _expected((case,)), case.walk()
    found = held(real.title, in_the_lab(case, expected) if lab else expected, observed(real))
    rows = tuple(of_a_question(case, row, story, expected) for row in found)
    return Held("asked", real.title, _kernel(real), rows, (story,), (trace_of(real, case),), ())


def _case_of(reaction: Reaction, source: str, repeated: bool = False, hest: Hest | None = None) -> Case:
    real = reaction.normal()
    question = KernelQuestion(real.block or EMPTY, source, real.victim_kind, repeated)
    return own_case(question, real.kernel, hest)._replace(block=real.block)


def _compare(recording: Recording) -> Held:
    rows, walks, real, silent = list[AspectRow](), list[Trace](), list[Trace](), list[tuple[str, str]]()
    experiment = EXPERIMENTS[recording.name]
    for number, reaction in enumerate(reaction.normal() for reaction in recording):
        step = experiment.steps[number]
        if why := NOT_COVERED.get((recording.name, number)):
            silent.append((reaction.title, why))
        elif isinstance(step, experiments.BootLog):
            rows += booted(BOOTS[experiment.boot].hest, reaction)
        elif isinstance(step, experiments.SetVcpuEvents):
            rows += called(reaction, step.events)
        else:
            these = cases(recording.name, number, reaction)
            rows += held(reaction.title, _expected(these), observed(reaction))
            walks += [case.walk() for case in these]
            real.append(trace_of(reaction, these[-1]))
    first = recording.reactions[0]
    said = tuple(explained(recording.name, row, release_of(first.kernel)) for row in rows)
    return Held(recording.name, recording.title, _kernel(first), said, tuple(walks), tuple(real), tuple(silent))


def _kernel(by: Reaction) -> str:
    return f"Linux {by.kernel}, QEMU {by.qemu}"


def _expected(these: tuple[Case, ...]) -> Aspects:
    expected = predicted(*(case.walk() for case in these))
    case = these[-1]
    if expected["page"] == "kept":
        expected["page"] = case.page
    if case.page == "gone" and not case.by_sea:  # and the process touches it
        expected["signals"] = expected["signals"] or AR
    if case.block is None:  # nobody has written anything that could be given back
        expected = {a: value for a, value in expected.items() if a not in ("block_status", "read_ack")}
    return expected
