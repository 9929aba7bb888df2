"""How long a command takes from a cold process, in bare Pythons: `python -c pass`, in turn with it."""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from raslib.resources import samples

TOP = Path(__file__).parents[2]
BLOCK, TEXT = "g_mem.bin", str(TOP / "data" / "status_blocks" / "g_mem.hex")  # the same block, as bytes and as a text
MODULE, CODE = ("-m", "raslib"), ("-c",)

# what is asked -> how many times as long as a bare Python it may take
GOALS: dict[tuple[str, ...], int] = {
    (*MODULE, "esr", "be000c11"): 8,
    (*MODULE, "disr", "0x1000c11"): 8,
    (*MODULE, "errstatus", "0x64000012"): 8,
    (*MODULE, "route", "kind=serror", "EL=1"): 8,
    (*MODULE, "decode", BLOCK): 14,
    (*MODULE, "lint", BLOCK): 14,
    (*MODULE, "decode", TEXT): 14,
    (*MODULE, "walk"): 14,
    (*MODULE, "axes"): 14,
    (*CODE, "from raslib import show"): 16,
    (*MODULE, "sweep", "--by", "host.notify"): 40,
    (*MODULE, "find", "end=host_panic"): 40,
    (*MODULE, "near", "-"): 40,
    (*MODULE, "prove"): 40,
    (*MODULE, "stories", "-o", os.devnull): 40,
}


class Took(NamedTuple):
    """How many times as long as a bare Python, in the middle and at least, and the processor time of both in ms."""

    asked: str
    times: float
    least: float
    goal: int
    ours: float
    bare: float


def measured(rounds: int) -> Iterator[Took]:
    """Each command, its cache warm, and in every round a bare Python before it. Processor time counts."""
    with TemporaryDirectory() as cache:
        (Path(cache) / BLOCK).write_bytes(samples("status_blocks/g_mem"))
        where = os.environ | {"RASLIB_CACHE_DIR": cache, "PYTHONPATH": str(TOP), "PYTHONDONTWRITEBYTECODE": ""}
        for command, goal in GOALS.items():
            command = [str(Path(cache) / part) if part == BLOCK else part for part in command]
            seconds(command, where)  # what is compiled and found once and cached is not measured
            pairs = [(seconds(command, where), seconds(("-c", "pass"), where)) for _ in range(rounds)]
            ratios = [ours / bare for ours, bare in pairs]
            ours, bare = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
            asked = " ".join(part.rpartition("/")[2] for part in command[1:])
            yield Took(asked, statistics.median(ratios), min(ratios), goal, ours, bare)


def seconds(arguments: Sequence[str], where: dict[str, str]) -> float:
    """The processor time of a Python with these arguments."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=where, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
