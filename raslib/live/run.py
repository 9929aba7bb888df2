"""Asks real kernels: experiments, one boot for all that share it; a block of somebody's own; and many of a seed."""

import base64
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import singledispatch
from pathlib import Path

from ..formats.cper import Severity
from ..formats.hest import Hest
from ..sim.linux.estatus import read_estatus
from . import LiveError, cache, chain, einj, qemu
from .console import Log
from .el3 import El3
from .machine import Machine
from .qemu import Setup
from .recording import experiments
from .recording.examination import KernelAnswer
from .recording.experiments import BOOTS, EXPERIMENTS, V1, Boot, Experiment
from .recording.question import LONGEST, PLAIN, SOURCES, KernelQuestion, own_question
from .recording.reaction import NORMAL, PLACES, Reaction, Victim, moved, normal_log, on_page_of, places_of, text
from .recording.session import Recording, Session
from .vmm import Vmm

# seconds after which Linux takes a record for a new one (drivers/acpi/apei/ghes.c: ghes_estatus_cached())
CACHED = 10.5
QUIET = 0.5  # seconds without a line after which a kernel has done what it does about an error
# what Python plays on a machine -> what that needs, and how it begins
PLAYED: dict[str, tuple[Setup, Callable[[Machine], AbstractContextManager[object]]]] = {
    "": (Setup(), nullcontext),
    "el3": (El3.SETUP, El3),
    "einj": (einj.SETUP, lambda machine: einj.EinjFirmware(machine, V1)),
}


def chosen(names: Iterable[str]) -> dict[str, list[Experiment]]:
    """Experiments by the boot they share: those named, those of the boots named, or all if nothing is named.

    Of boots that take minutes there must be a name. Raises ValueError for a name that is neither.
    """
    names = list(names)
    for name in names:
        if name not in EXPERIMENTS and name not in BOOTS:
            raise ValueError(f"there is no experiment {name!r}; there are {', '.join([*BOOTS, *EXPERIMENTS])}")
    by_boot: dict[str, list[Experiment]] = {}
    for experiment in EXPERIMENTS.values():
        usual = not names and not BOOTS[experiment.boot].alone
        if usual or experiment.name in names or experiment.boot in names:
            by_boot.setdefault(experiment.boot, []).append(experiment)
    return by_boot


def run(names: Iterable[str] = (), log: Log = lambda line: None) -> dict[str, Session]:
    """Do the experiments named (see `chosen`), and give each boot's session; *log* gets a line for each thing done."""
    return {boot: session(BOOTS[boot], experiments, log) for boot, experiments in chosen(names).items()}


def session(boot: Boot, experiments: Iterable[Experiment], log: Log) -> Session:
    """Do *experiments* in order on machines of this *boot*; after a panic comes a new one."""
    left = list(experiments)
    recorded: dict[str, Recording] = {}
    while left:
        with machine(boot, log=log) as (m, firmware):
            about = Session(boot.name, m.kernel, m.qemu, arguments(m), m.tables, recorded)
            while left and not m.panicked:
                experiment = left.pop(0)
                log(f"{boot.name}: {experiment.name}")
                recorded[experiment.name] = _done(experiment, m, firmware)
    return about


def setup(boot: Boot) -> Setup:
    """What the machine of *boot* has. Raises `LiveError` if files for it are missing."""
    usual, _ = PLAYED[boot.firmware]
    more = chain.setup() if boot.name == "chain" else usual
    append = f"{usual.append} {boot.append}".strip()
    return replace(more, kvm=boot.kvm, mebibytes=boot.mebibytes, append=append)


@contextmanager
def machine(
    boot: Boot, guest: cache.Guest | None = None, log: Log = lambda line: None
) -> Iterator[tuple[Machine, object]]:
    """A running machine of this kind, ready to be asked, and what Python plays on it."""
    with Machine(boot.hest, setup(boot), guest=guest) as m, PLAYED[boot.firmware][1](m) as firmware:
        if boot.ready:
            m.shell(boot.ready)
            m.flush()
            m.booted = len(m.console)
        m.log = log
        log(f"{boot.name}: Linux {m.kernel}, QEMU {m.qemu}: up in {m.boot_seconds:.1f} s")
        yield m, firmware


def _done(experiment: Experiment, m: Machine, firmware: object) -> Recording:
    reactions = []
    for step in experiment.steps:
        try:
            reactions.append(replace(do(step, m, firmware), title=step.title))
        except LiveError as e:
            raise LiveError(f"{experiment.name}, {step.title}: {e}") from e
    return Recording(experiment.name, experiment.title, tuple(reactions))


def arguments(m: Machine) -> tuple[str, ...]:
    """How QEMU was started, without the places where things lay."""
    folder, qemu = str(m.debug.parent), Path(m.program.path)
    places = {folder: "DIR", str(qemu): qemu.name, str(m.guest.kernel): m.guest.kernel.name}
    words = "\0".join(m.command)
    for place, name in places.items():
        words = words.replace(place, name)
    return tuple(words.split("\0"))


# --- the steps of experiments ----------------------------------------------------------------------------------------

# Linux prints two records of a class (corrected or not) in five seconds and counts the rest (drivers/acpi/apei/ghes.c:
# ghes_print_estatus()).
RECORDS, CALM_SECONDS = 2, 5.3
LIMITED = re.compile("Unhandled processor error|no pci_dev found")  # ten in as long, by all records together
CORRECTED = {Severity.CORRECTED, Severity.INFORMATIONAL}
WORK = "dd if=/dev/zero of=/dev/null bs=4M >/dev/null 2>&1 </dev/null & echo $!"


def pace(machine: Machine, block: bytes | None = None, room: int = RECORDS) -> None:
    """Wait until Linux would print *room* more records of the class that *block* is of, or of both if there is none."""
    severity = int.from_bytes(block[16:20], "little") if block else None  # by it Linux counts the whole record
    classes = "corrected|info" if severity in CORRECTED else "recoverable|fatal" if severity is not None else r"\w+"
    header = re.compile(rf"event severity: ({classes})")

    def recent(pattern: re.Pattern[str]) -> int:
        return sum(time.monotonic() - line.at < CALM_SECONDS for line in machine.console if pattern.search(line.text))

    def calm() -> bool:
        return recent(header) + room <= RECORDS and not recent(LIMITED)

    machine.until(calm, 3 * CALM_SECONDS, "the kernel does not stop printing")


def _victim(machine: Machine, kind: str) -> Victim | None:
    return machine.victim(early=kind == "early") if kind else None


@singledispatch
def do(step: object, machine: Machine, firmware: object) -> Reaction:
    """Do *step*, and give the kernel's reaction. *firmware* is what Python plays on the machine, such as an `El3`."""
    raise TypeError(f"the lab does not know how to do {step!r}")


@do.register
def _(step: experiments.Report, machine: Machine, firmware: object) -> Reaction:
    page = _victim(machine, step.victim)
    block = step.block and on_page_of(page, step.block)
    if block and step.room:
        pace(machine, block, step.room)
    return machine.report(step.source, block, page, until=step.until)


@do.register
def _(step: experiments.Burst, machine: Machine, firmware: object) -> Reaction:
    pace(machine)

    def act() -> None:
        for block in step.blocks:
            machine.put(step.source, block)
            machine.notify[machine.slots[step.source].notify](machine.slots[step.source])
            machine.until(lambda: not machine.block_status(step.source), 5, "the block is not consumed")

    return replace(machine.observe(act, source=step.source), block=step.blocks[-1])


@do.register
def _(step: experiments.Shell, machine: Machine, firmware: object) -> Reaction:
    page = _victim(machine, step.victim)
    if step.source is not None:
        pace(machine, room=1)
    line = step.line.format(page=page.pa if page else 0)
    return machine.observe(lambda: machine.shell(line), page, step.source, until=step.until)


@do.register
def _(step: experiments.BootLog, machine: Machine, firmware: object) -> Reaction:
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
def _(step: experiments.FirmwareCalls, machine: Machine, firmware: object) -> Reaction:
    calls = "\n".join(_el3(firmware).dispatcher.calls)
    return Reaction(output=_without_addresses(calls), kernel=machine.kernel, qemu=machine.qemu)


@do.register
def _(step: experiments.Busy, machine: Machine, firmware: object) -> Reaction:
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
def _(step: experiments.SError, machine: Machine, firmware: object) -> Reaction:
    reaction = _el3(firmware).serror(step.esr)
    return reaction if reaction.panicked else replace(reaction, output=f"still there: {machine.shell('echo yes')}")


@do.register
def _(step: experiments.GuestError, machine: Machine, firmware: object) -> Reaction:
    vm = Vmm(machine).start()
    block = step.block and on_page_of(vm.page, step.block)
    if block:
        pace(machine, block, 1)
    return _el3(firmware).guest_error(vm, step.esr, block, until=step.until)


# --- where KVM is asked -----------------------------------------------------------------------------------------------


@do.register
def _(step: experiments.Capabilities, machine: Machine, firmware: object) -> Reaction:
    capabilities = Vmm(machine).capabilities()
    return machine.observe(lambda: "\n".join(f"KVM_CAP_{name} {value}" for name, value in capabilities.items()))


@do.register
def _(step: experiments.SetVcpuEvents, machine: Machine, firmware: object) -> Reaction:
    vmm = Vmm(machine)
    return machine.observe(lambda: vmm.set_events(step.events))


@do.register
def _(step: experiments.Lost, machine: Machine, firmware: object) -> Reaction:
    pace(machine, room=1)
    vm = Vmm(machine).start(early=step.victim == "early")
    reaction = machine.report(0, on_page_of(vm.page, experiments.LOST), vm.page, until="Memory failure: 0x")
    return replace(reaction, output=vm.report())


# --- two machines -----------------------------------------------------------------------------------------------------


@do.register
def _(step: experiments.Strike, machine: Machine, firmware: object) -> Reaction:
    return chain.NestedGuest(machine).boot().strike()


# --- a question of one's own ------------------------------------------------------------------------------------------


def ask(
    block: bytes,
    source: str = "polled",
    victim: str = "",
    *,
    repeated: bool = False,
    hest: Hest | None = None,
    guest: cache.Guest | None = None,
) -> Reaction:
    """What a kernel makes of *block*, put into a *source*, a key of `question.SOURCES`.

    With *victim*, "late" or "early", the memory errors of the block, as far as it can be read, are moved to a page of a
    process, so that there is somebody to lose it. *repeated*: the kernel has the same record a moment before. With
    *hest* the machine has that table, its registers moved into the lab's memory (see `adopted`), and the block goes to
    its first source that notifies like *source*. The source "qmp" is QEMU itself, with a table of its own, if it is
    new enough. Raises ValueError for a block that is longer than any may be, and for a table without such a source.
    """
    question = own_question(block, source, victim, repeated=repeated)
    if source == "qmp":
        return _by_qmp(question, guest)
    table, source_id = question.reported_by(hest)
    boot = Boot("asked", "a question of one's own", table, firmware=question.firmware)
    with machine(boot, guest) as (m, _):
        if source == "external":
            m.bind(source_id)
        return replace(put(m, source_id, question), title=f"{len(block)} bytes, by {source}")


def _by_qmp(question: KernelQuestion, guest: cache.Guest | None) -> Reaction:
    """The reaction to what QEMU itself reports, on a machine that has QEMU's HEST.

    QEMU is then the firmware of the guest, as it is on a host that has told it of an error. The command is marked as
    unstable (qapi/acpi-hest.json): QEMU 11.1.3 has it, 7.2 does not. Raises `LiveError` with QEMU's words if it
    refuses, as it does where the guest has not acknowledged the last block.
    """
    program = qemu.program()
    with Machine(None, Setup(ras=True), guest=guest, emulator=program) as m:
        page, pages, block = _placed(m, question)
        cper = base64.b64encode(block).decode()
        reaction = m.observe(lambda: qemu.execute(m.qmp, "inject-ghes-v2-error", cper=cper), page)
    return replace(reaction, title=f"{len(block)} bytes, by qmp", block=block, pages=pages)


def put(m: Machine, source_id: int, question: KernelQuestion) -> Reaction:
    """The reaction to *question* of a running machine."""
    page, pages, block = _placed(m, question)
    if question.repeated:
        pace(m, block)
        m.report(source_id, block, quiet=QUIET)
    else:
        pace(m, block, 1)
    return replace(m.report(source_id, block, page, quiet=QUIET), pages=pages)


def find_pages(m: Machine, question: KernelQuestion) -> dict[str, int]:
    """Pages of the guest for those that the block names, but the victim's; others for each number of a question."""
    names = [name for name in places_of(question.block) if name != "victim"]
    return {name: m.ask("find_page", kind=name, number=question.number) for name in names}


def _placed(m: Machine, question: KernelQuestion) -> tuple[Victim | None, dict[str, int], bytes]:
    """The victim and the other pages that *question* needs in the machine, and its block with their addresses."""
    page = m.victim(question.victim == "early") if question.victim else None
    pages = find_pages(m, question)
    places = {PLACES[name]: address for name, address in pages.items()}
    places |= {NORMAL.pa: page.pa} if page else {}
    return page, pages, moved(question.block, places)


# --- questions that were made by a seed -------------------------------------------------------------------------------


def examine(
    questions: Iterable[KernelQuestion], guest: cache.Guest | None = None, log: Log = lambda line: None
) -> Iterator[KernelAnswer]:
    """Ask a real kernel *questions*, many in one boot, and give each answer as it comes.

    After a panic, an oops or a dead guest comes a fresh boot for the rest. What ended a guest without an answer is
    asked once more, on the fresh one: a loaded machine may be to blame. *log* gets a line for each boot, and for what
    ended the last.
    """
    twice: set[int] = set()
    left: dict[str, list[KernelQuestion]] = {}
    for one in questions:
        left.setdefault(one.firmware, []).append(one)
    for firmware, waiting in left.items():
        table, _ = waiting[0].reported_by()
        boot = Boot("examination", "questions made by a seed", table, firmware=firmware)
        while waiting:
            log(f"{len(waiting)} questions left")
            with machine(boot, guest, log) as (m, _):
                if not firmware:
                    m.bind(PLAIN["external"].source_id)
                yield from _one_boot(m, waiting, twice, log)


def _one_boot(m: Machine, waiting: list[KernelQuestion], twice: set[int], log: Log) -> Iterator[KernelAnswer]:
    """Ask until nothing is left or the machine is not what it was; what was asked is taken from *waiting*."""
    forgotten = dict[bytes, float]()  # when the kernel has forgotten a record: two may be alike that have no entries
    while waiting:
        one = waiting.pop(0)
        record = one.block[: read_estatus(one.block, LONGEST).length]
        try:
            time.sleep(max(0, forgotten.get(record, 0) - time.monotonic()))
            reaction = put(m, SOURCES[one.source].source_id, one)
        except LiveError as e:
            log(f"{one.seed}.{one.number} has ended the guest: {str(e).splitlines()[0]}")
            if one.number in twice:
                yield KernelAnswer(one, trouble=str(e))
            else:
                twice.add(one.number)
                waiting.insert(0, one)
            return
        forgotten[record] = time.monotonic() + CACHED
        yield KernelAnswer(one, reaction)
        if reaction.panicked or reaction.oops:
            log(f"{one.seed}.{one.number}: {reaction.oops or 'the kernel panicked'}")
            return
