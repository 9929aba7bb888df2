"""How fast raslib reads records and walks scenarios: `python -m tests.bench`; `--strict` fails where a goal is missed.

Ratios of one run, in which both sides take turns, so that what else the machine does falls on both. That the fast way
says what the plain one says is tested in tests/bulk/test_equal.py.
"""

import argparse
import importlib.util
import math
import os
import statistics
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from bench import commands, data, simulator
from bench.measure import Elsewhere, Ratio, machine, ratio

from raslib import bulk
from raslib.bulk import ROWS
from raslib.bulk.fleet import fleet
from raslib.formats.arm import ArmProcessor
from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.intake import stream
from raslib.intake.block import noted, read_lines
from raslib.intake.logs import Shapes
from raslib.intake.text import decoded, lines

MEMORY = struct.Struct("<4Q8H3QBB3H")
FEW = 100  # records that the slow side does in a round


class Line(NamedTuple):
    """What was measured, in words; the value, what it should be, and whether it is."""

    name: str
    value: str
    goal: str
    met: bool | None  # None: could not be measured
    more: str = ""


def faster(name: str, found: Ratio, goal: float | None) -> Line:
    """Ours should be at least *goal* times as fast as theirs."""
    more = f"{found.ours * 1e6:.3f} against {found.theirs * 1e6:.3f} us a record; {found.least:.0f} to {found.most:.0f}"
    met = None if goal is None else found.median >= goal
    return Line(name, f"{found.median:.1f} x as fast", f">= {goal:g} x" if goal else "", met, more)


def longer(name: str, found: Ratio, goal: float) -> Line:
    """Ours should take at most *goal* times as long as theirs."""
    more = f"{found.ours * 1e9:.1f} against {found.theirs * 1e9:.1f} ns; {1 / found.most:.1f} to {1 / found.least:.1f}"
    return Line(name, f"{1 / found.median:.1f} x as long", f"<= {goal:g} x", 1 / found.median <= goal, more)


def fixed(rounds: int) -> Iterator[Line]:
    """Sections of one size: every column made, contiguous."""
    count, few = 400_000, 40_000
    sample = data.of_memory(count).data
    source, target = np.frombuffer(sample, np.uint8), np.empty(len(sample), np.uint8)
    columns, unpack = partial(bulk.columns, sample, PlatformMemory, size=80), partial(unpacked, sample, few)
    all_made = partial(made, columns)
    yield faster(
        "memory sections, against one struct.unpack_from each", ratio(all_made, unpack, (count, few), rounds), 4
    )
    copied = ratio(columns, partial(np.copyto, target, source), (count, count), rounds)
    yield longer("memory sections, against a memcpy of the bytes", copied, 6)
    yield memory("memory sections", columns, len(sample))


def made(columns: Callable[[], Any]) -> list[Any]:
    """Every field as an array of its own, those of lists too, though not the single bits of registers."""
    tables, arrays = [columns()], []
    for table in tables:
        arrays += table.arrays(*(path for path, column in table.named() if column.bits is None)).values()
        tables += table.lists.values()
    return arrays


def unpacked(sample: bytes, count: int) -> list[Any]:
    unpack = MEMORY.unpack_from
    return [unpack(sample, at) for at in range(0, count * MEMORY.size, MEMORY.size)]


def mixed(rounds: int) -> Iterator[Line]:
    """Status blocks of several kinds and lengths, on end."""
    count = 200_000
    sample = data.mixed(count)
    columns = partial(bulk.columns, sample.data)
    plain = partial(each, StatusBlock.parse, sample.records[:FEW])
    yield faster("mixed blocks, against construct interpreted", ratio(columns, plain, (count, FEW), rounds), 300)
    every = ratio(partial(made, columns), plain, (count, FEW), rounds)
    yield faster("mixed blocks, every column made", every, 150)
    table, records = columns(), each(StatusBlock.parse, sample.records[:FEW])
    assert table.to_bytes() == sample.data
    written = ratio(table.to_bytes, partial(each, StatusBlock.build, records), (count, FEW), rounds)
    yield faster("mixed blocks written, against construct", written, None)
    yield memory("mixed blocks", columns, len(sample.data))


def folder(rounds: int) -> Iterator[Line]:
    """A file for each record, warm in the cache: the system calls take longer than the decoding."""
    count = 20_000
    records = data.mixed(data.DIFFERENT).records
    with TemporaryDirectory() as path:
        for i in range(count):
            Path(path, f"{i:05}.estatus").write_bytes(records[i % len(records)])
        opened = ratio(partial(bulk.columns, path), partial(read, path), (count, count), rounds)
        yield longer("a folder of dumps, against reading its files", opened, 1.5)


def read(path: str) -> list[bytes]:
    inside, found = os.open(path, os.O_RDONLY), []
    for name in sorted(os.listdir(inside)):  # noqa: PTH208, of an open folder
        file = os.open(name, os.O_RDONLY, dir_fd=inside)
        found.append(os.read(file, 1 << 16))
        os.close(file)
    os.close(inside)
    return found


def each(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return [function(item) for item in items]


def memory(name: str, columns: Callable[[], Any], raw: int) -> Line:
    """Bytes of the columns for each byte read."""
    tracemalloc.start()
    table = columns()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    more = f"columns alone {table.nbytes / raw:.2f} x, peak while reading {peak / raw:.2f} x"
    return Line(f"{name}, memory held", f"{held / raw:.2f} x the bytes", "<= 1.2 x", held / raw <= 1.2, more)


def batches(rounds: int) -> Iterator[Line]:
    """Arrow record batches of ten times as many records: the same time for each, and no more memory."""
    few, many = 100_000, 1_000_000
    with TemporaryDirectory() as path:
        files = {n: fleet(Path(path, f"{n}.cper"), n).path for n in (few, many)}
        fields = "header.timestamp", "platform_id", "section_descriptors.fru_text", "sections.PlatformMemory.row"
        reading = {n: partial(_batched, file, fields) for n, file in files.items()}
        found = ratio(reading[many], reading[few], (many, few), min(rounds, 3))
        yield longer("Arrow batches of 10^6 records, against 10^5", found, 1.3)
        peaks = {}
        for n, read_all in reading.items():
            tracemalloc.start()
            read_all()
            peaks[n] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        block = ROWS * files[few].stat().st_size / few
        more = f"{peaks[few] / block:.1f} x for 10^5"
        value = peaks[many] / block
        yield Line("memory of a reader", f"{value:.1f} x a block", "<= 4 x", value <= 4, more)


def _batched(path: Path, fields: Sequence[str]) -> None:
    for rows, _ in bulk.batches(path, fields, CperRecord):
        assert rows.num_rows


def single(rounds: int) -> Iterator[Line]:
    """One record, through its JSON form with names and back: of each its best time, and of these the median."""
    records = data.mixed(data.DIFFERENT).records[:FEW]
    for name, way in {"parsed and built": _there_and_back, "and through JSON with names": _by_names}.items():
        best = [math.inf] * len(records)
        for _ in range(rounds):
            for i, one in enumerate(records):
                start = time.thread_time()
                assert way(one) == one
                best[i] = min(best[i], time.thread_time() - start)
        median = statistics.median(best)
        more = f"{max(best) * 1e3:.2f} ms for the longest"
        yield Line(f"one mixed block {name}", f"{median * 1e3:.2f} ms", "<= 1 ms", median <= 1e-3, more)


def _there_and_back(one: bytes) -> bytes:
    return StatusBlock.parse(one).build()


def _by_names(one: bytes) -> bytes:
    return StatusBlock.from_json(StatusBlock.parse(one).to_json()).build()


def against_cper(rounds: int) -> Iterator[Line]:
    """The package `cper` from PyPI: a library in C with a binding, a dict for every record; in a process of its own."""
    for kind in (PlatformMemory, ArmProcessor):
        name = f"CPER records of {kind.__name__}, against the package cper"
        if importlib.util.find_spec("cper") is None:
            yield Line(name, "not installed", ">= 100 x", None)
            continue
        count, few = 200_000, 1000
        sample = data.cper(kind, count)
        columns = partial(bulk.columns, sample.data, CperRecord)
        with Elsewhere("from cper import parse as function", sample.records[:few]) as theirs:
            yield faster(name, ratio(columns, theirs, (count, few), rounds), 100)


def logs(rounds: int) -> Iterator[Line]:
    """Kernel logs of 8 MB: events whose addresses differ alone, and other lines with an event here and there."""
    with TemporaryDirectory() as folder:
        for name, others, goal in (("events alone", 0, 3), ("an event in 1000 lines", 1000, 2)):
            path, count = data.log(Path(folder, "kern.log"), 1 << 23, others)
            one_by_one = partial(_line_by_line, path)
            found = ratio(partial(_read, path), one_by_one, (count, count), min(rounds, 3))
            yield faster(f"a log of {name}, against every line of it", found, goal)
            seconds = found.ours * count
            yield Line(f"a log of {name}", f"{path.stat().st_size / seconds / 1e6:.1f} MB a second", "", None)


def _read(path: Path) -> int:
    return sum(1 for _ in stream(path))


def _line_by_line(path: Path) -> int:
    """Every line of the log taken apart, and of every event."""
    with (
        patch.object(Shapes, "read", lambda _, event: noted(event, read_lines(event))),
        patch("raslib.intake.logs._kept", lambda log, *_: lines(decoded(bytes(log)))),
    ):
        return _read(path)


def simulated(rounds: int) -> Iterator[Line]:
    """The simulator: how long one of everything takes."""
    for name, us, most, more in simulator.measured(rounds):
        value = "not measured" if us is None else f"{us:.1f} us"
        goal, met = ("", None) if most is None else (f"<= {most:.0f} us", None if us is None else us <= most)
        yield Line(name, value, goal, met, more)


def asked(rounds: int) -> Iterator[Line]:
    """The command line: how long a first answer takes from a cold process."""
    for took in commands.measured(rounds):
        more = f"{took.ours:.0f} ms against {took.bare:.0f}; {took.least:.1f} at least"
        yield Line(took.asked, f"{took.times:.1f} bare Pythons", f"<= {took.goal}", took.times <= took.goal, more)


PARTS = fixed, mixed, folder, batches, single, against_cper, logs, simulated, asked


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often everything is measured (default: 9)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a goal is missed")
    names = [part.__name__ for part in PARTS]
    parser.add_argument("--only", action="append", choices=names, help="this part alone; may be given more than once")
    args = parser.parse_args()
    print(machine())
    lines = [line for part in PARTS if part.__name__ in (args.only or names) for line in part(args.rounds)]
    width = max(len(line.name) for line in lines)
    for line in lines:
        said = {True: "met", False: "MISSED", None: ""}[line.met]
        print(f"{line.name:{width}}  {line.value:>18}  {line.goal:>8}  {said:6}  {line.more}")
    print(machine())
    return int(args.strict and any(line.met is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
