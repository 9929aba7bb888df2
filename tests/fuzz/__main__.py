"""Tries inputs that nobody wrote: `python -m tests.fuzz --minutes 3 --seed 1`, or `make fuzz MINUTES=600`.

Half of them come of the samples by small changes, half are drawn by hypothesis, which makes what it finds small. What
fails is kept in tests/fuzz/seeds, where tests/fuzz/test_seeds.py tries it from then on. The same seed tries the same
inputs, as many as the time allows.
"""

import argparse
import gc
import json
import os
import random
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["RASLIB_DEBUG"] = "1"

from formats.strategies import generate
from fuzz import mutate, steps, store
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from raslib.cli.completion import table
from raslib.formats.kinds import KINDS
from raslib.sim.model.scenario import AXES

MEMORY = 96 << 20  # bytes that a process may grow by, after the first tenth of its time
COMMANDS = (
    "decode",
    "encode",
    "roundtrip",
    "lint",
    "esr",
    "disr",
    "vsesr",
    "errstatus",
    "route",
    "walk",
    "compare",
    "formats",
)
TABLES = ("status-block", "record", "hest")  # kinds that are read in columns too


class Kind(NamedTuple):
    """A kind of input: how one is made by chance, how hypothesis draws one, and what is done with it."""

    make: Callable[[random.Random], Any]
    drawn: st.SearchStrategy[Any]
    run: Callable[[Any], None]


def kinds() -> dict[str, Kind]:
    """All kinds of inputs, from the samples that are there."""
    binaries, texts, documents = mutate.binaries(), mutate.texts(), mutate.documents()
    odd = st.recursive(
        st.sampled_from(mutate.ODD) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
        max_leaves=20,
    )
    kept = st.sampled_from(binaries)
    spliced = st.tuples(kept, st.binary(max_size=400), st.integers(0, 400)).map(lambda t: t[0][: t[2]] + t[1])
    letters = st.text(max_size=400) | st.sampled_from(texts).flatmap(
        lambda t: st.integers(0, len(t)).map(lambda n: t[n:])
    )
    words = st.sampled_from([f"{name}={a.word(v)}" for name, a in AXES.items() for v in a.values]) | st.text(
        max_size=30
    )
    return {
        "bytes": Kind(lambda c: mutate.bytes_like(c, binaries), spliced | st.binary(max_size=600), steps.on_bytes),
        "generated": Kind(_generated, kept, steps.on_bytes),
        "columns": Kind(
            lambda c: (c.choice(TABLES), [mutate.bytes_like(c, binaries) for _ in range(8)]),
            st.tuples(st.sampled_from(TABLES), st.lists(kept | spliced, max_size=5)),
            lambda made: steps.on_many(*made),
        ),
        "text": Kind(lambda c: mutate.text_like(c, texts), letters, steps.on_text),
        "json": Kind(lambda c: mutate.document_like(c, documents), odd, steps.on_document),
        "scenario": Kind(_scenario, odd | words, steps.on_scenario),
        "command": Kind(_command, st.lists(words | st.sampled_from(COMMANDS), max_size=5), steps.on_command),
    }


def _generated(chance: random.Random) -> bytes:
    """A record with everything in it, made from its declaration, and perhaps changed."""
    data = generate(KINDS[chance.choice(TABLES)], chance.randrange(1 << 30))[: mutate.LARGEST]
    return mutate.bytes_like(chance, [data]) if chance.random() < 0.5 and data else data


def _scenario(chance: random.Random) -> Any:
    from raslib.sim.model.scenario import Scenario

    pairs = [f"{a.name}={a.word(chance.choice(a.values))}" for a in chance.sample(list(AXES.values()), 4)]
    s = Scenario.of(*pairs)
    said = chance.choice([s.token(), s.to_toml(), pairs[0], s.to_json()])
    return mutate.text_like(chance, [said]) if isinstance(said, str) else mutate.document_like(chance, [said])


def _command(chance: random.Random) -> list[str]:
    """A command with options and words that it knows, or others; files are those of `files`."""
    rows, name = table(), chance.choice(COMMANDS)
    known = [word for word in rows[f"raslib {name}"].words if word not in ("-o", "-h", "--help")]
    made = [name]
    for _ in range(chance.randrange(5)):
        word = chance.choice([*known, *mutate.WORDS, "good", "bad", "gone", "log", "json", "d.toml"])
        made.append(word)
        if taken := rows.get(f"raslib {name} {word}"):
            made.append(chance.choice([*taken.words, *mutate.WORDS, "good", "json"]))
    return [word for word in made if "\0" not in word]


def files(folder: Path) -> None:
    """What command lines may name."""
    binaries = mutate.binaries()
    made = {"good": binaries[0], "bad": binaries[0][:50], "log": mutate.texts()[0].encode("utf-8", "replace")}
    made |= {"json": json.dumps(mutate.documents()[0]).encode(), "d.toml": b"[host]\nnotify = 'SEA'\n"}
    for name, data in made.items():
        (folder / name).write_bytes(data)


def memory() -> int:
    """Bytes that this process has at most had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def about(e: BaseException) -> str:
    """What failed, alike for all inputs that fail so: the place that raised, or the step that broke a property."""
    if isinstance(e, steps.Broken):
        return re.sub(r"\d+", "N", str(e))[:60]
    place = traceback.extract_tb(e.__traceback__)[-1]
    return f"{type(e).__name__} at {Path(place.filename).name}:{place.lineno}"


class Fuzzer:
    """Tries inputs of all kinds in turn till the time is over."""

    def __init__(self, minutes: float, number: int, only: list[str]) -> None:
        self.until, self.seconds, self.number = time.monotonic() + 60 * minutes, 60 * minutes, number
        self.kinds = {name: kind for name, kind in kinds().items() if not only or name in only}
        self.keep, self.tried = store.keep, Counter[str]()
        self.failed: dict[str, str] = {}

    def run(self) -> int:
        """Try, and tell; 1 if anything failed."""
        for kind in self.kinds.values():  # what is loaded once is not measured
            with suppress(Exception):
                kind.run(kind.make(random.Random(0)))
        round_, base = 0, 0
        while time.monotonic() < self.until:
            for name, kind in self.kinds.items():
                self.by_chance(name, kind, f"{self.number}/{round_}/{name}")
                self.by_hypothesis(name, kind, round_)
            round_ += 1
            if not base and time.monotonic() > self.until - 0.9 * self.seconds:
                gc.collect()
                base = memory()
        grown = memory() - base if base else 0
        print(f"{sum(self.tried.values())} inputs, seed {self.number}: {dict(self.tried)}; {grown >> 20} MB grown")
        if grown > MEMORY:
            self.failed["memory"] = f"grows by {grown >> 20} MB"
        for name, why in self.failed.items():
            print(f"FAILED {name}: {why}")
        return int(bool(self.failed))

    def by_chance(self, name: str, kind: Kind, number: str) -> None:
        chance = random.Random(number)
        for _ in range(20):
            if time.monotonic() > self.until:
                return
            made = kind.make(chance)
            self.tried[name] += 1
            self.attempt(name, kind, made)

    def attempt(self, name: str, kind: Kind, made: Any) -> None:
        try:
            kind.run(made)
        except Exception as e:
            what = f"{name}: {about(e)}"
            if what not in self.failed:
                self.failed[what] = f"{str(e)[:300]}; kept as {self.keep(name, made, f'{type(e).__name__}: {e}').name}"

    def by_hypothesis(self, name: str, kind: Kind, round_: int) -> None:
        smallest: list[Any] = []

        @seed(self.number * 1_000_003 + round_)
        @settings(
            max_examples=20,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(made=kind.drawn)
        def attempt(made: Any) -> None:
            if time.monotonic() > self.until + 5:
                return
            self.tried[name] += 1
            smallest[:] = [made]
            kind.run(made)

        try:
            attempt()
        except Exception:
            self.attempt(name, kind, smallest[0])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a kind of input; may be given more than once")
    args = parser.parse_args()
    fuzzer = Fuzzer(args.minutes, args.seed, args.only)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RASLIB_CACHE_DIR"] = folder
        files(Path(folder))
        os.chdir(folder)
        try:
            return fuzzer.run()
        finally:
            os.chdir("/")


if __name__ == "__main__":
    sys.exit(main())
