"""Does experiments on real machines: one boot for all that share it, at most two machines at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from . import LiveError, cache, chain, einj
from .el3 import El3
from .machine import Machine
from .perform import do
from .qemu import Setup
from .recording.experiments import BOOTS, EXPERIMENTS, V1
from .recording.session import Recording, Session
from .recording.steps import Boot, Experiment

MACHINES = 2  # at a time; each keeps one to two processors busy
Log = Callable[[str], None]
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
    wanted, running = chosen(names), set[Machine]()
    with ThreadPoolExecutor(MACHINES) as pool:
        done = [pool.submit(session, BOOTS[boot], wanted[boot], log, running) for boot in wanted]
        try:
            return dict(zip(wanted, [one.result() for one in done], strict=True))
        except BaseException:  # one failed, or somebody interrupts: the others shall not go on for minutes
            pool.shutdown(wait=False, cancel_futures=True)
            for other in tuple(running):
                other.close()
            raise


def session(boot: Boot, experiments: Iterable[Experiment], log: Log, running: set[Machine]) -> Session:
    """Do *experiments* in order on machines of this *boot*; after a panic comes a new one.

    *running* holds the machine while it runs, for whoever wants to end it.
    """
    left = list(experiments)
    recorded: dict[str, Recording] = {}
    while left:
        with machine(boot, running) as (m, firmware):
            log(f"{boot.name}: up in {m.boot_seconds:.1f} s")
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
    boot: Boot, running: set[Machine] | None = None, guest: cache.Guest | None = None
) -> Iterator[tuple[Machine, object]]:
    """A running machine of this kind, ready to be asked, and what Python plays on it; *running* has it meanwhile."""
    made, running = Machine(boot.hest, setup(boot), guest=guest), set() if running is None else running
    running.add(made)
    try:
        with made as m, PLAYED[boot.firmware][1](m) as firmware:
            if boot.ready:
                m.shell(boot.ready)
                m.flush()
                m.booted = len(m.console)
            yield m, firmware
    finally:
        running.discard(made)


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
