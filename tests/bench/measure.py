"""Two ways to do the same, timed in turn: their ratio holds on a busy machine where the times do not."""

import gc
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Ratio(NamedTuple):
    """How *ours* compares with *theirs*: seconds per record of each, and of all rounds theirs divided by ours."""

    ours: float
    theirs: float
    median: float
    least: float
    most: float


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
                (ours, theirs)[which]()
                times[which].append((time.thread_time() - start) / counts[which])
    finally:
        gc.enable()
        gc.unfreeze()
    paired = [t / o for o, t in zip(times[0], times[1], strict=True)]
    return Ratio(
        statistics.median(times[0]), statistics.median(times[1]), statistics.median(paired), min(paired), max(paired)
    )


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
