"""Two ways to do the same, timed in turn: their ratio holds on a busy machine where the times do not.

Where a goal is a time all the same, the best of the rounds counts: whatever else shares the processor only adds to it.
"""

import gc
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Ratio(NamedTuple):
    """How *ours* compares with *theirs*: seconds per record of each, and of all rounds theirs divided by ours."""

    ours: float
    theirs: float
    median: float
    least: float
    most: float
    best: float  # of ours, in any round


class Seconds(float):
    """What a function took that ran elsewhere, by its own clock."""


class Elsewhere:
    """A function that is called for each of some *items* in another process, which tells how long all calls took.

    *code* makes it, as `function`. Whatever it does to its process, hangs and crashes too, it does not do to this one.
    """

    LOOP = """
import sys, time
items = eval(sys.stdin.readline())
for _ in sys.stdin:
    start = time.thread_time()
    for item in items:
        function(item)
    print(time.thread_time() - start, flush=True)
"""

    def __init__(self, code: str, items: Sequence[bytes]) -> None:
        self.code, self.items = code, items

    def __enter__(self) -> "Elsewhere":
        command = [sys.executable, "-c", self.code + self.LOOP]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._say(repr(list(self.items)))
        return self

    def __call__(self) -> Seconds:
        self._say("again")
        assert self.process.stdout
        return Seconds(self.process.stdout.readline())

    def _say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def ratio(
    ours: Callable[[], Any], theirs: Callable[[], Any], counts: tuple[int, int], rounds: int, seed: int = 0
) -> Ratio:
    """Both in every round, in an order that a *seed* shuffles; *counts* are the records that each of them does.

    Time of this thread alone counts: what others take of the machine between does not.
    """
    shuffled = random.Random(seed)
    times: dict[int, list[float]] = {0: [], 1: []}
    for function in (ours, theirs):  # what is made once and kept is not measured
        function()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for _ in range(rounds):
            for which in shuffled.sample((0, 1), 2):
                start = time.thread_time()
                said = (ours, theirs)[which]()
                took = said if isinstance(said, Seconds) else time.thread_time() - start
                times[which].append(took / counts[which])
    finally:
        gc.enable()
        gc.unfreeze()
    paired = [t / o for o, t in zip(times[0], times[1], strict=True)]
    medians = map(statistics.median, (times[0], times[1], paired))
    return Ratio(*medians, min(paired), max(paired), min(times[0]))


def machine() -> str:
    """What else may matter: processors, load, versions."""
    import platform

    import construct
    import numpy

    load = " ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return (
        f"Python {platform.python_version()}, numpy {numpy.__version__}, construct {construct.__version__}, "
        f"{platform.machine()}, {os.cpu_count()} processors, load {load}"
    )
