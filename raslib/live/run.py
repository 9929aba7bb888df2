"""Does experiments on real machines: one boot for all that share it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from . import LiveError, cache, chain, einj
from .console import Log
from .el3 import El3
from .machine import Machine
from .perform import do
from .qemu import Setup
from .recording.experiments import BOOTS, EXPERIMENTS, V1
from .recording.session import Recording, Session
from .recording.steps import Boot, Experiment

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
