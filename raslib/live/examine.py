"""Asks a real kernel questions that were made by a seed, many in one boot."""

from collections.abc import Iterable, Iterator

from . import LiveError, cache
from .machine import Machine
from .recording.answers import KernelAnswer
from .recording.examination import HESTS, PLAIN, Invented
from .recording.steps import Boot
from .report import put
from .run import Log, machine


def examine(
    questions: Iterable[Invented], guest: cache.Guest | None = None, log: Log = lambda line: None
) -> Iterator[KernelAnswer]:
    """Ask a real kernel *questions*, many in one boot, and give each answer as it comes.

    After a panic, an oops or a dead guest comes a fresh boot for the rest. What ended a guest without an answer is
    asked once more, on the fresh one: a loaded machine may be to blame. *log* gets a line for each boot, and for what
    ended the last.
    """
    twice: set[int] = set()
    left = {firmware: list[Invented]() for firmware in HESTS}
    for one in questions:
        left[one.firmware].append(one)
    for firmware, waiting in left.items():
        boot = Boot("examination", "questions made by a seed", HESTS[firmware], firmware=firmware)
        while waiting:
            with machine(boot, guest=guest) as (m, _):
                log(f"Linux {m.kernel}, QEMU {m.qemu}: up in {m.boot_seconds:.1f} s, {len(waiting)} questions left")
                if not firmware:
                    m.bind(PLAIN["external"].source_id)
                yield from _one_boot(m, waiting, twice, log)


def _one_boot(m: Machine, waiting: list[Invented], twice: set[int], log: Log) -> Iterator[KernelAnswer]:
    """Ask until nothing is left or the machine is not what it was; what was asked is taken from *waiting*."""
    while waiting:
        one = waiting.pop(0)
        try:
            reaction = put(m, one.source_id, one.question, one.number)
        except LiveError as e:
            log(f"{one.seed}.{one.number} has ended the guest: {str(e).splitlines()[0]}")
            if one.number in twice:
                yield KernelAnswer(one, trouble=str(e))
            else:
                twice.add(one.number)
                waiting.insert(0, one)
            return
        yield KernelAnswer(one, reaction)
        if reaction.panicked or reaction.oops:
            log(f"{one.seed}.{one.number}: {reaction.oops or 'the kernel panicked'}")
            return
