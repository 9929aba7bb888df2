"""A watched parse: whatever stands in bytes that were not looked at, each field lies where it lay."""

import random
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from bulk import made
from construct import Bytes, Container, Int8ul
from formats.strategies import generate

from raslib.formats.aest import Aest
from raslib.formats.bert import BootErrorRegion
from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Hest
from raslib.records import Choice, Record, RecordError, Register, Times, bits, field, flag, flags, rest, u8

Make = Callable[[random.Random], bytes]
KINDS: dict[str, tuple[type[Record], Make]] = {
    "StatusBlock": (StatusBlock, lambda rng: made.status_block(rng, made.ALL)),
    "CperRecord": (CperRecord, lambda rng: made.cper_record(rng, made.ALL)),
    "Hest": (Hest, made.hest),
    **{k.__name__: (k, lambda rng, k=k: generate(k, rng.getrandbits(32))) for k in (Aest, BootErrorRegion, *made.ALL)},
}


def places(kind: type[Record], data: bytes) -> set[tuple[str, int, int]]:
    return {(span.path, span.start, span.stop) for span in kind.spans(data) if not span.bits}


@pytest.mark.parametrize("name", KINDS)
def test_bytes_that_were_not_looked_at_decide_nothing(name: str, deep: bool):
    """All of them are replaced by others: the record parses as before, and every field lies where it lay."""
    kind, make = KINDS[name]
    rng = random.Random(name)
    for _ in range(5000 if deep else 20):
        data = make(rng)
        found = kind.explain(data)
        if found.error:
            continue
        watch = kind.watch(data)
        assert watch.value == found.record
        expected = places(kind, data)
        for _ in range(3):
            other = bytearray(rng.randbytes(len(data)))
            for start, stop in watch.ranges():
                other[start:stop] = data[start:stop]
            assert places(kind, bytes(other)) == expected


class Mood(Register, width=8):
    good: bool = flag(0)
    count: int = bits(3, 1)


class Pair(Record):
    left: int = u8()
    right: int = u8()

    def larger(self) -> int:
        return max(self.left, self.right)


def looked_at(length: Callable[[Any], int], data: bytes = bytes(12)) -> tuple[tuple[int, int], ...]:
    """Which bytes are looked at where *length* says how many of them follow."""

    class Head(Record):
        size: int = u8()
        mood: Mood = flags(Int8ul, Mood)
        pair: Pair = field(Pair.con, default=Pair())
        pairs: Any = field(Times(lambda c: 2, Pair.con), default=())
        numbers: Any = field(Times(lambda c: 2, Int8ul), default=())
        data: bytes = field(Bytes(length), default=b"")
        beyond: bytes = rest()

    return Head.watch(data).ranges()


@pytest.mark.parametrize(
    ("length", "bytes_"),
    [
        (lambda c: 1, ()),
        (lambda c: c.size, ((0, 1),)),
        (lambda c: c["size"], ((0, 1),)),
        (lambda c: c.get("size"), ((0, 1),)),
        (lambda c: 1 if c.mood is not None and c.pair is not None else 0, ()),
        (lambda c: c.mood.count, ((1, 2),)),
        (lambda c: c.mood.build(), ((1, 2),)),
        (lambda c: int(c.mood == Mood(count=3)), ((1, 2),)),
        (lambda c: len({c.mood: 1}), ((1, 2),)),
        (lambda c: c.pair.right, ((3, 4),)),
        (lambda c: c.pair.larger(), ((2, 4),)),
        (lambda c: int(c.pair == Pair(left=1)), ((2, 4),)),
        (lambda c: len(vars(c.pair)), ((2, 4),)),
        (lambda c: len(c.pair.to_json()), ((2, 4),)),
        (lambda c: len(c.pairs), ()),
        (lambda c: c.pairs[1].left, ((6, 7),)),
        (lambda c: sum(pair.right for pair in c.pairs), ((5, 6), (7, 8))),
        (lambda c: c.numbers[0], ((8, 10),)),
        (lambda c: c._io.tell() - 10, ()),
        (lambda c: len(c._io.read(1)), ((10, 12),)),
        (lambda c: len(c._io.read(2)) * 0 + c._io.seek(10) * 0, ((10, 12),)),
        (lambda c: len(dict(c)) * 0, ((0, 1), (8, 10))),
        (lambda c: len({**c}) * 0, ((0, 1), (8, 10))),
        (lambda c: len(c | {}) * 0, ((0, 1), (8, 10))),
        (lambda c: len(c.copy()) * 0, ((0, 1), (8, 10))),
        (lambda c: len(c.items()) * 0, ((0, 1), (8, 10))),
        (lambda c: Container(c, more=1).size * 0, ((0, 1), (8, 10))),
        (lambda c: sum(isinstance(value, int) for value in c.values()) * 0, ((0, 1), (8, 10))),
    ],
)
def test_what_a_function_looks_at(length: Callable[[Any], int], bytes_: tuple[tuple[int, int], ...]):
    assert looked_at(length) == bytes_


def test_how_long_a_record_is_is_told_without_a_look_into_rooms():
    block = made.status_block(random.Random(3), made.USUAL)
    watch = StatusBlock.watch(block * 2, length_alone=True)
    assert StatusBlock.parse(block).raw_data
    assert (watch.stream.tell(), watch.ranges()) == (len(block), ((4, 16),))
    broken = bytearray(block + block)
    broken[20:60] = bytes(range(40))
    assert StatusBlock.watch(bytes(broken), length_alone=True).stream.tell() == len(block)


def test_what_is_broken_is_broken_where_the_plain_parser_says():
    rng = random.Random(4)
    for _ in range(200):
        data = made.changed(rng, made.status_block(rng, made.USUAL))
        if error := StatusBlock.explain(data).error:
            with pytest.raises(RecordError, match=f"^{re.escape(str(error))}$"):
                StatusBlock.watch(data)


def test_records_of_others_are_not_watched_and_nothing_stays():
    """Other threads read their records meanwhile; afterwards attributes are as they were."""
    pair, seen = Pair(left=1, right=2), []

    class Waiting(Record):
        first: int = u8()
        shape: Any = field(Choice(lambda c: meanwhile(), {}), default=b"")

    def meanwhile() -> None:
        other = threading.Thread(target=lambda: seen.append(pair.left + Pair.parse(b"ab").right))
        other.start()
        other.join()

    assert Waiting.watch(b"abc").ranges() == ()
    assert seen == [1 + ord("b")]
    assert "__getattribute__" not in vars(Record)
    assert "__getattribute__" not in vars(Register)
