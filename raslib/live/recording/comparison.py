"""What the simulator predicts of an experiment, held to what a real kernel did."""

from ...formats.hest import Hest
from ...sim.aspects import AspectRow, Aspects, Held, held, predicted
from ...sim.model.platform import Ram
from ...sim.model.trace import Trace
from .cases import NOT_COVERED, RecordedStep, cases
from .differences import AR, explained, in_the_lab, of_a_question
from .experiments import EXPERIMENTS
from .observed import booted, called, observed
from .question import EMPTY, LAB, Case, KernelQuestion, own_case, own_question
from .reaction import Reaction
from .session import USUAL, Recording, recordings, release_of, replay
from .steps import BootLog, SetVcpuEvents
from .trace import trace_of


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

    *ram* is what memory the machine has, and what single pages of it are, if it is not the lab's.

    Raises ValueError for a block longer than any may be.
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
    for number, reaction in enumerate(reaction.normal() for reaction in recording):
        asked = RecordedStep(EXPERIMENTS[recording.name], number, reaction)
        if why := NOT_COVERED.get(asked.key):
            silent.append((reaction.title, why))
        elif isinstance(asked.step, BootLog):
            rows += booted(asked.boot.hest, reaction)
        elif isinstance(asked.step, SetVcpuEvents):
            rows += called(reaction, asked.step.events)
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
