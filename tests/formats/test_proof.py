"""Proofs by number: every kind of record there and back, and broken bytes of every kind read without harm.

A run makes a few hundred records of each kind; with --deep it makes 100 000 of each, in hours.
"""

import gc
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from formats import acpi_checks as checks
from formats import strategies

from raslib.formats import aest, bert, einj, errnode
from raslib.formats.kinds import KINDS
from raslib.formats.sections import RECORDS
from raslib.intake import kind_of
from raslib.records import Record, RecordError
from raslib.views import text
from raslib.views.fields import record_view

DEEP = 100_000  # of each kind, where depth is asked for
ROOTS: list[type[Record]] = [
    *KINDS.values(),
    *RECORDS.values(),
    *(bert.BootErrorRegion, einj.TriggerTable, einj.ErrorWithAddress, einj.VendorErrorType, errnode.ErrorRecord),
    *(aest.NodeV1, aest.NodeV2),
]
every_kind = pytest.mark.parametrize("kind", ROOTS, ids=lambda kind: kind.__name__)
FILES = checks.shared(
    *(f"samples/{kind}" for kind in ("aest", "bert", "einj", "erst", "hest", "sdei", "estatus", "whea", "malformed")),
    "vectors",
)


# --- there and back ---------------------------------------------------------------------------------------------------


def exact(text: str) -> int:
    """A whole number of JSON, which JavaScript would not round."""
    number = int(text)
    assert abs(number) < 1 << 53, "a number that JavaScript rounds"
    return number


def there_and_back(kind: type[Record], data: bytes) -> None:
    """From bytes to a record and back, and from there through the text of JSON and back, without loss of a bit."""
    value = kind.parse(data)
    assert value.build() == data
    plain = json.loads(json.dumps(value.to_json()), parse_int=exact)
    again = kind.from_json(plain, frozenset(value.as_found()))
    assert again == value
    assert again.build() == data


@every_kind
def test_there_and_back(kind, deep):
    for seed in range(DEEP if deep else 150):
        data = strategies.generate(kind, seed)
        try:
            there_and_back(kind, data)
        except (AssertionError, RecordError) as e:
            e.add_note(f"seed {seed}: {data.hex()}")
            raise


def kind_in(path: Any) -> type[Record]:
    return KINDS[kind_of(path.read_bytes())]


@pytest.mark.parametrize("path", FILES)
def test_samples_and_vectors_there_and_back(path):
    kind, data = kind_in(path), path.read_bytes()
    if kind.explain(data).error is None:
        there_and_back(kind, data)
    else:
        assert path.parent.name == "malformed" or path.stem == "g_short"


# --- broken bytes -----------------------------------------------------------------------------------------------------

SECONDS = 0.05  # that a record of up to a kilobyte may take, one way

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip(r: random.Random, data: bytes, other: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(r.randint(1, 4)):
        found[r.randrange(len(found))] ^= 1 << r.randrange(8)
    return bytes(found)


def cut(r: random.Random, data: bytes, other: bytes) -> bytes:
    start = r.randrange(len(data))
    return data[:start] if r.random() < 0.7 else data[:start] + data[start + r.randint(1, 40) :]


def insert(r: random.Random, data: bytes, other: bytes) -> bytes:
    at = r.randrange(len(data))
    return data[:at] + r.randbytes(r.randint(1, 40)) + data[at:]


def splice(r: random.Random, data: bytes, other: bytes) -> bytes:
    """The head of one and the tail of another."""
    return data[: r.randrange(len(data))] + other[r.randrange(len(other)) :]


def maximise(r: random.Random, data: bytes, other: bytes) -> bytes:
    """All ones where a length, a count or an offset may stand."""
    size, found = r.choice((1, 2, 4, 8)), bytearray(data)
    at = r.randrange(len(found)) // size * size + r.choice((0, 0, 0, 1))
    found[at : at + size] = r.choice((b"\xff", b"\x7f", b"\0")) * len(found[at : at + size])
    return bytes(found)


MUTATIONS: tuple[Mutation, ...] = (flip, cut, insert, splice, maximise)


def survives(kind: type[Record], data: bytes) -> None:
    """Explaining never fails; parsing gives a record that builds the same bytes, or a `RecordError` that says where."""
    found = kind.explain(data)
    if found.error is None:
        assert kind.parse(data).build() == data
    else:
        with pytest.raises(RecordError) as caught:
            kind.parse(data)
        assert str(caught.value) == str(found.error)
        assert found.error.offset is None or 0 <= found.error.offset <= len(data)
    assert all(0 <= s.start <= s.stop <= len(data) for s in found.spans)


def took(kind: type[Record], data: bytes) -> float:
    """Seconds of this processor, whatever else runs on it."""
    start = time.process_time()
    survives(kind, data)
    return time.process_time() - start


def hold(kind: type[Record], seed: int, data: bytes, other: bytes) -> None:
    """One mutation, without harm and in time; a slow one is tried again, for a collector may have run."""
    r = random.Random(seed)
    for _ in range(r.randint(1, 2)):
        data = r.choice(MUTATIONS)(r, data or b"\0", other or b"\0")
    limit = 3 * SECONDS * max(1, len(data) / 1024)  # explained, parsed, built
    try:
        assert took(kind, data) < limit or min(took(kind, data) for _ in range(3)) < limit, "too slow"
    except BaseException as e:
        e.add_note(f"seed {seed}: {data.hex()}")
        raise


@every_kind
def test_broken_bytes_of_every_kind_are_read_as_far_as_they_go(kind, deep):
    pool = [strategies.generate(kind, seed) for seed in range(500 if deep else 100)]
    for seed in range(DEEP if deep else 100):
        hold(kind, seed, pool[seed % len(pool)], pool[seed * 7 % len(pool)])


@pytest.mark.parametrize("path", FILES)
def test_broken_files_are_read_as_far_as_they_go(path, deep):
    data, others = path.read_bytes(), [p.values[0] for p in FILES]
    for seed in range(10_000 if deep else 40):
        hold(kind_in(path), seed, data, others[seed % len(others)].read_bytes())


@every_kind
def test_whatever_the_bytes_they_are_shown(kind):
    """As a tree and in hex, the good prefix and the place where it breaks included."""
    r = random.Random(7)
    for seed in range(12):
        data = strategies.generate(kind, seed)
        broken = r.choice(MUTATIONS)(r, data or b"\0", data or b"\0")
        view = record_view(kind, broken)
        for said in (text.tree(view), text.hexdump(view)):
            assert said.startswith(view["title"])
            assert ("it breaks here" in said) == bool(view["error"])
            assert not view["error"] or view["error"]["message"] in said


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_every_mutation_breaks_something_and_leaves_something_whole(mutate):
    """Else the tests above would show nothing."""
    kind, r = KINDS["status-block"], random.Random(1)
    pool = [strategies.generate(kind, seed) for seed in range(150)]
    broken = [kind.explain(mutate(r, data, pool[0])).error is not None for data in pool]
    assert 0 < sum(broken) < len(broken)


def test_memory_stays_flat(deep):
    """What is read and thrown away leaves nothing behind."""
    kinds = ROOTS[:12]
    pool = [(kind, strategies.generate(kind, seed)) for seed in range(5) for kind in kinds]

    def work(rounds: int) -> int:
        for n in range(rounds):
            kind, data = pool[n % len(pool)]
            r = random.Random(n)
            kind.explain(MUTATIONS[n % len(MUTATIONS)](r, data or b"\0", data or b"\0"))
            if kind.explain(data).error is None:
                kind.from_json(kind.parse(data).to_json()).build()
        gc.collect()
        return sys.getallocatedblocks()

    work(200)
    before = work(200)
    grown = work(DEEP if deep else 600) - before
    assert grown < 500, f"{grown} blocks of memory more"
