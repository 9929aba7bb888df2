"""What a declaration may do, and its columns with it: each construct, and functions of every kind, on random bytes."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from bulk import oracle
from construct import (
    Bytes,
    Construct,
    Int8ul,
    Int16ub,
    Int16ul,
    Int24ub,
    Int24ul,
    Int32ul,
    Int64ul,
    Subconstruct,
)

from raslib.formats.parts import Padded, is_packed
from raslib.records import (
    AtMost,
    Bits,
    Choice,
    Coded,
    Named,
    Record,
    RecordError,
    Register,
    Sized,
    Tagged,
    Times,
    UntilEnd,
    When,
    bits,
    broken,
    field,
    flag,
    flags,
    guid,
    named,
    one,
    remaining,
    rest,
    text,
    u8,
    u16,
)

bulk = pytest.importorskip("raslib.bulk", reason="raslib.bulk needs numpy, the extra bulk")

Ask = Callable[[Any], Any]


def table_of(kind: type[Record], records: list[bytes]) -> Any:
    """The table of *records*, held to what the plain parser says."""
    table = bulk.columns(records, kind)
    oracle.compare(kind, records, table)
    return table


def many(sizes: list[int], count: int = 400, most: int = 256, seed: int = 1) -> list[bytes]:
    """Random bytes, of which each is below *most*."""
    rng = random.Random(seed)
    return [bytes(rng.randrange(most) for _ in range(rng.choice(sizes))) for _ in range(count)]


class Shade(Coded):
    DARK = 0, "dark"
    LIGHT = 1, "light"


class Mood(Register, width=8):
    good: bool = flag(0)
    count: int = bits(3, 1)
    shade: int = bits(5, 4, kind=Shade)

    @property
    def fine(self) -> bool:
        return self.good or self.shade == Shade.LIGHT

    def twice(self) -> int:
        return self.count * 2


class Pair(Record):
    left: int = u8()
    right: int = u8()

    @property
    def both(self) -> int:
        return self.left + self.right


class Head(Record):
    pair: Pair = one(Pair)
    mood: Mood = flags(Int8ul, Mood)
    shade: int = named(Int8ul, Shade)


def shaped(length: Any) -> type[Record]:
    """A record with bytes whose number *length* says."""

    class Shaped(Record):
        head: Head = one(Head)
        size: int = u8()
        data: bytes = field(Bytes(length), default=b"")
        beyond: bytes = rest()

    return Shaped


LENGTHS: dict[str, Ask] = {
    "a field": lambda c: c.size,
    "a field of a record inside": lambda c: c.head.pair.left,
    "arithmetic": lambda c: 7 - c.size % 4,
    "arithmetic between fields": lambda c: (c.size & 3) + c.head.pair.right // 64 + (1 << c.head.mood.count % 2),
    "two ways": lambda c: c.size if c.head.mood.good else 2,
    "an integer, made again": lambda c: int(c.size) if c.size else 0,
    "the larger": lambda c: max(0, min(c.size - 3, 6)),
    "a table": lambda c: {0: 1, 1: 2}.get(c.head.shade, 3),
    "a name": lambda c: 1 if c.head.shade == Shade.LIGHT else 2,
    "what a value is": lambda c: 4 if isinstance(c.head.shade, Shade) else 1,
    "what a record is": lambda c: 4 if isinstance(c.head, Record) and isinstance(c.head.mood, Mood) else 1,
    "a property of a record": lambda c: c.head.pair.both % 5,
    "a property of a register": lambda c: 3 if c.head.mood.fine else 1,
    "a method of a register": lambda c: c.head.mood.twice(),
    "a register as a number": lambda c: c.head.mood.build() % 8,
    "an item": lambda c: c["size"] % 4,
    "what there is": lambda c: 2 if "size" in c and c.get("nothing") is None else 1,
    "what is left": lambda c: remaining(c._io) // 2,
    "a constant": lambda c: 2,
    "more than there can be": lambda c: 1 << 70 if c.head.mood.good else 2,
}
SLIPS: dict[str, Ask] = {
    "what always fails": lambda c: c.nothing,
    "what sometimes fails": lambda c: 8 // c.head.pair.left,
    "no number": lambda c: b"abc" if c.head.mood.good else 2,
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_may_be_any_function(name: str):
    table_of(shaped(LENGTHS[name]), many([5, 9, 13], most=12))


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_of_a_declaration_shows_as_it_does_in_the_plain_parser(name: str):
    kind = shaped(SLIPS[name])
    for data in many([13], most=12):
        try:
            kind.parse(data)
        except (TypeError, AttributeError, ZeroDivisionError, OverflowError) as slip:
            with pytest.raises(type(slip)):
                bulk.columns([data], kind)
            break
        except RecordError:
            pass
    else:
        pytest.fail("no record shows the slip")


def test_a_function_of_what_stands_outside():
    class Inner(Record):
        first: int = u8()
        data: bytes = field(Bytes(lambda c: c._.size + c.first % 2), default=b"")

    class Outer(Record):
        size: int = u8()
        inner: Any = field(Times(lambda c: 2, Inner.con), default=())
        last: Inner = one(Inner)
        beyond: bytes = rest()

    table = table_of(Outer, many([4, 12, 16], most=5))
    assert table.rows > 100


def test_a_function_of_the_elements_of_a_list():
    class Element(Record):
        size: int = u8()
        data: bytes = field(Bytes(lambda c: c.size % 3), default=b"")

    class Listed(Record):
        count: int = u8()
        elements: Any = field(Times(lambda c: c.count % 4, Element.con), default=())
        numbers: Any = field(Times(lambda c: len(c.elements), Int16ul), default=())
        tail: bytes = field(AtMost(lambda c: sum(e.size + len(e.data) for e in c.elements) % 4), default=b"")
        beyond: bytes = rest()

    table = table_of(Listed, many([1, 12, 20], most=9))
    assert {len(v) for v in table.values("tail")} == {0, 1, 2, 3}


def test_a_function_may_go_through_a_long_list():
    class Long(Record):
        count: int = u16()
        pairs: Any = field(Times(lambda c: c.count, Pair.con), default=())
        tail: bytes = field(Bytes(lambda c: sum(p.left for p in c.pairs) % 2), default=b"")
        beyond: bytes = rest()

    records = [n.to_bytes(2, "little") + bytes(2 * n + 3) for n in (0, 3, 256, 257, 1000)]
    assert table_of(Long, records).table("pairs").rows == 3 + 256 + 257 + 1000


def test_numbers_that_no_buffer_has_room_for():
    class Boasting(Record):
        count: int = field(Int64ul)
        size: int = field(Int64ul)
        pairs: Any = field(Times(lambda c: c.count, Pair.con), default=())
        data: bytes = field(Bytes(lambda c: c.size), default=b"")

    numbers = [0, 1, 2, 1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 1]
    records = [a.to_bytes(8, "little") + b.to_bytes(8, "little") + bytes(3) for a in numbers for b in numbers]
    assert table_of(Boasting, records).numbers.tolist() == [11]
    for data in records:
        table_of(Boasting, [data])


def test_what_is_absent_is_none():
    class Grown(Record):
        first: int = u8()
        second: int | None = field(When(lambda c: c.first > 2, Int16ub))
        third: Pair | None = field(When(lambda c: c.second is not None and c.second % 2, Pair.con), default=None)
        fourth: int | None = field(When(lambda c: c.third is None or c.third.left > 1, Int8ul))
        beyond: bytes = rest()

    table = table_of(Grown, many([1, 3, 6, 9], most=5))
    assert {v is None for v in table.values("third.left")} == {True, False}


def test_a_record_may_fill_in_what_is_absent():
    class Filled(Record):
        first: int = u8()
        second: int | None = field(When(lambda c: c.first > 2, Int8ul), fill=lambda r: 5 if r.first == 1 else None)

    records = [bytes([0]), bytes([1]), bytes([3, 4])]
    table = bulk.columns(records, Filled)
    assert table.values("second") == [None, 5, 4]
    assert table.to_bytes() == b"".join(records)


def test_a_record_that_changes_itself():
    class Restless(Record):
        first: int = u8()
        second: int = u8()

        def __post_init__(self) -> None:
            super().__post_init__()
            object.__setattr__(self, "second", self.second % 128)

    records = [bytes([1, n]) for n in (0, 127, 128, 255)] * 2
    table = bulk.columns(records, Restless)
    assert table["second"].tolist() == [0, 127, 0, 127] * 2


def test_a_record_that_sets_a_field_without_a_look_at_it():
    """The first record has that value in its bytes by chance; the others have not."""

    class Stubborn(Record):
        first: int = u8()
        second: int = u8()

        def __post_init__(self) -> None:
            super().__post_init__()
            object.__setattr__(self, "second", 7)

    table = bulk.columns([b"a\7", b"b\5", b"c\7"], Stubborn)
    assert table["second"].tolist() == [7, 7, 7]
    assert table["first"].tolist() == [97, 98, 99]
    assert table.to_bytes() == b"a\7b\5c\7"


def test_a_record_inside_another_that_changes_itself():
    class Restless(Record):
        first: int = u8()

        def __post_init__(self) -> None:
            super().__post_init__()
            object.__setattr__(self, "first", min(self.first, 9))

    class Outer(Record):
        restless: Restless = one(Restless)
        last: int = u8()

    table = bulk.columns([b"\x05a", b"\x0bb"], Outer)
    assert table["restless.first"].tolist() == [5, 9]


def test_numbers_of_every_width():
    class Numbers(Record):
        small: int = field(Named(Int24ul, Shade), default=0)
        large: int = field(Named(Int24ub, Shade), default=0)
        other: int = field(Int16ub)
        word: int = field(Int64ul)
        mood: Mood = flags(Int16ul, Mood)  # narrower than its word
        name: str = text(5)
        key: Any = guid()

    table = table_of(Numbers, [r[:16] + bytes([r[16], n % 8 == 0]) + r[18:] for n, r in enumerate(many([39]))])
    assert len(table.errors) == 50
    assert max(table["large"].tolist()) > 1 << 16


def test_one_of_several_shapes():
    class Wide(Record):
        value: int = field(Int32ul)

    class Several(Record):
        kind: int = u8()
        size: int = u8()
        shape: Any = field(
            Sized(lambda c: c.size, Choice(lambda c: c.kind % 4, {0: Pair, 1: Wide, 2: Head})), default=b""
        )
        rest: Any = field(
            UntilEnd(Tagged("left", Int8ul, {1: Pair, 2: Head}, lambda tag, _: Pair if tag < 5 else None))
        )

    sizes = {0: 2, 1: 4, 2: 4, 3: 3}
    records = [bytes([r[0] % 4, sizes[r[0] % 4] + (r[1] == 0)]) + r[2:] for r in many([8, 12, 15], most=8)]
    table = table_of(Several, records)
    assert set(table.values("shape")) == {"Pair", "Wide", "Head", "bytes"}
    assert table.rows > 20
    assert len(table.errors) > 20


def test_a_tag_of_which_the_fields_before_the_list_decide_what_it_means():
    def other(tag: int, before: Any) -> Any:
        return Pair if tag < 5 and before.edition >= 2 else None

    class Edited(Record):
        count: int = u8()
        edition: int = u8()
        shapes: Any = field(Times(lambda c: c.count % 4, Tagged("left", Int8ul, {1: Pair, 2: Head}, other)), default=())
        beyond: bytes = rest()

    table = table_of(Edited, many([2, 9, 12, 16], most=6))
    assert table.rows > 100
    assert set(table.table("shapes").values("kind")) == {"Pair", "Head", "bytes"}


class Checked(Subconstruct):
    """Reads a pair and refuses one that falls."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = self.subcon._parsereport(stream, context, path)
        if found.left > found.right:
            raise broken("it falls", path)
        return found


class Word(Record):
    """Padded to an even number of bytes."""

    size: int = u8()
    data: bytes = field(Bytes(lambda c: c.size), default=b"")
    padding: bytes = field(AtMost(lambda c: 0 if is_packed(c) else -(1 + c.size) % 2), default=b"")


def test_the_second_of_two_readings():
    class Two(Record):
        words: Any = field(Padded(lambda c: 2, Word.con), default=())
        beyond: bytes = rest()

    table = table_of(Two, [b"\2ab\0\1c", b"\2ab\1c", b"\2ab\1cd", b"\2abx\1c"])
    assert table.values("beyond") == [b"", b"", b"d", b""]
    assert table.values("words.padding") == [bytes(1), b"", b"", b"", b"", b"", b"x", b""]
    table_of(Two, many([4, 5], most=3))


class Swapped(Subconstruct):
    """Reads a pair and gives another."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = self.subcon._parsereport(stream, context, path)
        return Pair(left=found.right, right=found.left)


class Alone(Construct):
    """Parses in a way that nobody else knows."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return stream.read(2)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        stream.write(obj)


def test_a_construct_that_looks_at_what_another_read():
    class Rising(Record):
        pairs: Any = field(Times(lambda c: 2, Checked(Pair.con)), default=())

    table = table_of(Rising, many([4], most=9))
    assert table.rows > 100
    assert len(table.errors) > 100


def test_a_construct_that_gives_something_else():
    class Turned(Record):
        pair: Any = field(Swapped(Pair.con), default=None)

    table = bulk.columns([b"ab", b"cd", b"aa", b"ab"], Turned)
    assert table["pair.left"].tolist() == [ord(c) for c in "bdab"]
    assert table.to_bytes() == b"abcdaaab"


class Falling(Subconstruct):
    """Refuses a list that falls, and gives one that rises twice as large, whatever else its numbers are."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        numbers = self.subcon._parsereport(stream, context, path)
        if numbers[0] > numbers[-1]:
            raise broken("it falls", path)
        return numbers if numbers[0] == numbers[-1] else tuple(2 * number for number in numbers)


def test_a_construct_that_looks_at_the_numbers_of_a_list():
    class Listed(Record):
        numbers: Any = field(Falling(Times(lambda c: 2, Int8ul)), default=())
        beyond: bytes = rest()

    records = many([3], count=200, most=4)
    table = bulk.columns(records, Listed)
    plain = []
    for data in records:
        with suppress(RecordError):
            plain.append(Listed.parse(data).numbers)
    assert table.table("numbers")["value"].tolist() == [number for numbers in plain for number in numbers]
    assert 0 < len(table.errors) < 200


def test_a_construct_that_nobody_knows_is_a_column_of_what_it_gives():
    class Own(Record):
        first: int = u8()
        second: Any = field(Sized(lambda c: 2, Alone()), default=b"")

    class Outer(Record):
        head: Pair = one(Pair)
        own: Own = one(Own)

    assert table_of(Own, many([3, 4])).rows > 100
    assert table_of(Outer, many([5])).values("own.second", [0]) == [many([5])[0][3:]]


class Fraction(Construct):
    """Gives what no column can hold."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return stream.read(1)[0] / 256


def test_what_no_column_can_hold_is_refused_with_its_path():
    class Refused(Record):
        first: int = u8()
        second: Any = field(Fraction(), default=0.5)

    class Outer(Record):
        head: Pair = one(Pair)
        refused: Refused = one(Refused)

    with pytest.raises(bulk.NotDerivable, match=r"^Refused.second: no column can hold a float$"):
        bulk.columns(b"ab", Refused)
    with pytest.raises(bulk.NotDerivable, match=r"^Outer.refused.second: "):
        bulk.columns(b"abcd", Outer)


def test_a_section_that_parses_in_a_way_of_its_own():
    class Own(Record):
        first: int = u8()
        second: Any = field(Alone(), default=b"")

    class Chosen(Record):
        kind: int = u8()
        shape: Any = field(Choice(lambda c: c.kind, {1: Pair, 2: Own}), default=b"")

    records = [b"\1ab", b"\2abc", b"\2", b"\3xyz"]
    table = bulk.columns(records, Chosen)
    assert table.values("shape") == ["Pair", "Own", "bytes"]
    assert table.values("shape.second") == [None, b"bc", None]
    assert table.to_bytes() == b"\1ab\2abc\3xyz"
    with pytest.raises(RecordError) as plain:
        Chosen.parse(b"\2")
    assert [(e.row, e.path, e.offset) for e in table.errors] == [(2, plain.value.path, plain.value.offset)]


def test_a_stream_is_asked_where_it_stands():
    class Peeking(Record):
        first: int = u8()
        second: bytes = field(Bytes(lambda c: c._io.tell()), default=b"")
        beyond: bytes = rest()

    assert table_of(Peeking, [b"abc", b"de"]).values("second") == [b"b", b"e"]


def test_a_stream_that_moves_while_it_is_asked():
    """A count is asked for again after every element; what is left is less each time."""

    class Counting(Record):
        pairs: Any = field(Times(lambda c: remaining(c._io) // 2, Pair.con), default=())
        beyond: bytes = rest()

    class Choosing(Record):
        shapes: Any = field(Times(lambda c: 2, Choice(lambda c: remaining(c._io) > 3, {True: Pair})), default=())

    class Inner(Record):
        data: bytes = field(Bytes(lambda c: remaining(c._._io) // 2), default=b"")

    class Asking(Record):
        first: int = u8()
        inner: Inner = one(Inner)
        beyond: bytes = rest()

    for kind in (Counting, Choosing, Asking):
        table = table_of(kind, many([2, 4, 5, 9], count=50))
        assert table.rows > 10


def test_bits_of_a_field_alone():
    class Bare(Record):
        mood: Any = field(When(lambda c: remaining(c._io) > 1, Bits(Int8ul, Mood)), default=None)
        beyond: bytes = rest()

    assert table_of(Bare, many([0, 1, 2, 3])).rows == 400
