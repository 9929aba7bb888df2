"""Does experiments on real machines: one boot for all that share it, at most two machines at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from . import LiveError
from .experiments import BOOTS, EXPERIMENTS
from .machine import Machine
from .plan import Boot, Experiment
from .transcript import Session, Transcript

MACHINES = 2  # at a time; each keeps one to two processors busy
Said = Callable[[str], None]


def chosen(names: Iterable[str]) -> dict[str, list[Experiment]]:
    """Experiments by the boot they share: those named, those of the boots named, or all if nothing is named.

    Of boots that take minutes there must be a name. Raises ValueError for a name that is neither.
    """
    names = list(names)
    for name in names:
        if name not in EXPERIMENTS and name not in BOOTS:
            raise ValueError(f"there is no experiment {name!r}; there are {', '.join([*BOOTS, *EXPERIMENTS])}")
    found: dict[str, list[Experiment]] = {}
    for experiment in EXPERIMENTS.values():
        usual = not names and not BOOTS[experiment.boot].alone
        if usual or experiment.name in names or experiment.boot in names:
            found.setdefault(experiment.boot, []).append(experiment)
    return found


def run(names: Iterable[str] = (), said: Said = lambda line: None) -> dict[str, Session]:
    """Do the experiments named (see `chosen`), and give each boot's session; *said* is told what is being done."""
    wanted, running = chosen(names), set[Machine]()
    with ThreadPoolExecutor(MACHINES) as pool:
        done = [pool.submit(session, BOOTS[boot], wanted[boot], said, running) for boot in wanted]
        try:
            return dict(zip(wanted, [one.result() for one in done], strict=True))
        except BaseException:  # one failed, or somebody interrupts: the others shall not go on for minutes
            pool.shutdown(wait=False, cancel_futures=True)
            for other in tuple(running):
                other.close()
            raise


def session(
    boot: Boot,
    experiments: Iterable[Experiment],
    said: Said = lambda line: None,
    running: set[Machine] | None = None,
) -> Session:
    """Do *experiments* in order on machines of this *boot*; after a panic comes a new one.

    *running* holds the machine while it runs, for whoever wants to end it.
    """
    left = list(experiments)
    found: dict[str, Transcript] = {}
    while left:
        with machine(boot, set() if running is None else running) as m:
            said(f"{boot.name}: up in {m.boot_seconds:.1f} s")
            about = Session(boot.name, m.kernel, m.qemu, arguments(m), m.tables, found)
            while left and not m.panicked:
                experiment = left.pop(0)
                said(f"{boot.name}: {experiment.name}")
                found[experiment.name] = _done(experiment, m)
    return about


@contextmanager
def machine(boot: Boot, running: set[Machine]) -> Iterator[Machine]:
    """A running machine of this kind, ready to be asked."""
    made = Machine(boot.hest, **boot.more, **(boot.later() if boot.later else {}))
    running.add(made)
    try:
        with made as m, boot.firmware(m) if boot.firmware else nullcontext():
            if boot.ready:
                m.shell(boot.ready)
                m.flush()
                m.booted = len(m.console)
            yield m
    finally:
        running.discard(made)


def _done(experiment: Experiment, m: Machine) -> Transcript:
    reactions = []
    for step in experiment.steps:
        try:
            reactions.append(replace(step.do(m), title=step.title))
        except LiveError as e:
            raise LiveError(f"{experiment.name}, {step.title}: {e}") from e
    return Transcript(experiment.name, experiment.title, tuple(reactions))


def arguments(m: Machine) -> tuple[str, ...]:
    """How QEMU was started, without the places where things lay."""
    folder = str(Path(m.debug).parent)
    places = {folder: "DIR", m.program: Path(m.program).name, str(m.guest.kernel): m.guest.kernel.name}
    found = []
    for word in m.command:
        for place, name in places.items():
            word = word.replace(place, name)
        found.append(word)
    return tuple(found)
