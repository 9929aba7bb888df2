"""Each construct of `wire` alone: what it reads, what it refuses and where, its spans, and its JSON form."""

from enum import IntEnum
from typing import Any
from uuid import UUID

import pytest
from construct import Bytes, Int8ul, Int16ul, Int32ul, Int64ul
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.records import (
    AtMost,
    Bcd,
    Bits,
    Choice,
    Guid,
    Named,
    Record,
    RecordError,
    Register,
    Sized,
    Tagged,
    Text,
    Times,
    UntilEnd,
    When,
    bits,
    field,
    flag,
    remaining,
    rest,
    u8,
    u16,
)


class Colour(IntEnum):
    RED = 1
    BLUE = 2


class Lamp(Register, width=16):
    on: bool = flag(0)
    colour: int = bits(3, 2, kind=Colour)
    level: int = bits(15, 8)


def one_field(con: Any, default: Any = 0) -> type[Record]:
    """A record of a byte and a field *value* made by *con*, so that offsets are not all zero."""

    class Probe(Record):
        before: int = u8()
        value: Any = field(con, default=default)

    return Probe


def read(con: Any, data: bytes) -> Any:
    """What *con* makes of *data*, held to build and JSON."""
    probe = one_field(con)
    record = probe.parse(b"\0" + data)
    assert record.build() == b"\0" + data
    assert probe.from_json(record.to_json()) == record
    return record.value


def refused(act: Any) -> tuple[str, int | None, str]:
    """Path, offset and reason of the refusal that *act* meets."""
    with pytest.raises(RecordError) as e:
        act()
    assert str(e.value).startswith(e.value.record)
    assert str(e.value).endswith(e.value.why)
    return e.value.path, e.value.offset, e.value.why


# --- single values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("con", "data", "value", "plain"),
    [
        (Int8ul, b"\xff", 0xFF, 0xFF),
        (Int32ul, b"\1\0\0\x80", 0x8000_0001, 0x8000_0001),
        (Int64ul, b"\0\0\0\0\0\0\0\x80", 1 << 63, "0x8000000000000000"),
        (Bytes(3), b"\1\2\xff", b"\1\2\xff", "0102ff"),
        (Named(Int16ul, Colour), b"\2\0", Colour.BLUE, "BLUE"),
        (Named(Int16ul, Colour), b"\x07\0", 7, 7),
        (Text(Bytes(6)), b"DIMM\0\0", "DIMM", "DIMM"),
        (Text(Bytes(4)), b"full", "full", "full"),
        (Text(Bytes(4)), b"\0\0\0\0", "", ""),
        (Text(Bytes(4)), b"a\0b\0", b"a\0b\0", {"hex": "61006200"}),
        (Text(Bytes(4)), b"\xc3\xa9\0\0", b"\xc3\xa9\0\0", {"hex": "c3a90000"}),
        (Text(Bytes(2)), b"\n\0", b"\n\0", {"hex": "0a00"}),
        (Bcd(Bytes(1)), b"\x59", 59, 59),
        (Bcd(Bytes(1)), b"\x09", 9, 9),
        (Bcd(Bytes(1)), b"\x5a", b"\x5a", "5a"),
        (
            Guid(Bytes(16)),
            bytes.fromhex("1411bca5646fde4eb8633e83ed7c83b1"),
            UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1"),
            "a5bc1114-6f64-4ede-b863-3e83ed7c83b1",
        ),
        (Bits(Int16ul, Lamp), b"\x09\x63", Lamp(on=True, colour=Colour.BLUE, level=0x63), None),
    ],
)
def test_a_value_is_read_built_and_said_in_json(con, data, value, plain):
    found = read(con, data)
    assert found == value
    assert type(found) is type(value)
    if plain is not None:
        assert one_field(con)(value=value).to_json() == {"before": 0, "value": plain}


@pytest.mark.parametrize(
    ("con", "value", "why"),
    [
        (Int8ul, 256, "256 does not fit 1 bytes"),
        (Int16ul, -1, "-1 does not fit 2 bytes"),
        (Int32ul, 1 << 32, "4294967296 does not fit 4 bytes"),
        (Int64ul, 1 << 64, "18446744073709551616 does not fit 8 bytes"),
        (Int16ul, "7", "'7' does not fit 2 bytes"),
        (Int16ul, None, "None does not fit 2 bytes"),
        (Named(Int8ul, Colour), 300, "300 does not fit 1 bytes"),
        (Bytes(3), b"\1\2", "takes 3 bytes, not 2"),
        (Text(Bytes(4)), "12345", "takes 4 bytes, not 5"),
        (Text(Bytes(4)), "é", "only ASCII fits here"),
        (Bcd(Bytes(1)), 100, "100 has more than two decimal digits"),
        (Bcd(Bytes(1)), -1, "-1 has more than two decimal digits"),
        (Guid(Bytes(16)), "a5bc1114", "'a5bc1114' cannot stand here"),
        (Bits(Int16ul, Lamp), None, "None cannot stand here"),
        (Bits(Int16ul, Lamp), 0x10000, "65536 does not fit 2 bytes"),
        (Times(lambda c: 1, Int8ul), 5, "5 cannot stand here"),
        (Choice(lambda c: 0, {}), 5, "5 cannot stand here"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(con, value, why):
    assert refused(one_field(con)(value=value).build) == ("value", 1, why)


def test_a_bit_field_that_does_not_fit_is_refused_by_name():
    probe = one_field(Bits(Int16ul, Lamp))
    assert refused(probe(value=Lamp(level=256)).build) == ("value.level", 1, "256 does not fit 8 bits")
    assert refused(probe(value=Lamp(level="x")).build) == ("value.level", 1, "'x' does not fit 8 bits")
    assert refused(probe(value=Lamp(reserved=1)).build) == ("value.reserved", 1, "0x1 has bits that fields name")


@settings(deadline=None)
@given(st.integers(0, 0xFFFF))
def test_bits_keep_every_bit_that_has_no_name(word):
    lamp = read(Bits(Int16ul, Lamp), word.to_bytes(2, "little"))
    assert lamp.reserved == word & 0b0000_0000_1111_0010
    assert (lamp.on, lamp.colour, lamp.level) == (bool(word & 1), word >> 2 & 3, word >> 8)


@settings(deadline=None)
@given(st.binary(min_size=7, max_size=7))
def test_any_bytes_survive_as_text_and_digits(data):
    read(Text(Bytes(7)), data)
    read(Bcd(Bytes(1)), data[:1])


# --- room ------------------------------------------------------------------------------------------------------------


def test_sized_takes_exactly_its_bytes():
    class Box(Record):
        length: int = u8()
        inner: Any = field(Sized(lambda c: c.length, Pair.con))
        after: int = u8()

    assert Box.parse(b"\3\1\2\3\4").inner == Pair(a=1, b=0x0302)
    assert refused(lambda: Box.parse(b"\4\1\2\3\4\5")) == ("inner", 4, "1 bytes are left over")
    assert refused(lambda: Box.parse(b"\2\1\2\3\4")) == ("inner.b", 2, "needs 2 bytes, 1 are left")
    assert refused(lambda: Box.parse(b"\x09\1\2\3\4")) == ("inner", 1, "needs 9 bytes, 4 are left")


def test_sized_shows_what_there_is_before_it_says_what_is_missing():
    class Box(Record):
        length: int = u8()
        inner: Any = field(Sized(lambda c: c.length, UntilEnd(Pair.con)))

    found = Box.explain(b"\x20\1\2\3\4")
    assert found.record is None
    assert found.error is not None
    assert (found.error.path, found.error.offset) == ("inner", 1)
    assert [s.path for s in found.spans] == ["length", "inner[0]", "inner[0].a", "inner[0].b", "inner[1].a"]


def test_a_negative_room_is_refused_in_words():
    class Box(Record):
        length: int = u8()
        inner: bytes = field(Bytes(lambda c: c.length - 4), default=b"")

    why = "the lengths and offsets before it leave 3 bytes less than none"
    assert refused(lambda: Box.parse(b"\1\2\3")) == ("inner", 1, why)


class Pair(Record):
    a: int = u8()
    b: int = u16()


def test_times_counts_its_elements_and_numbers_them_in_errors():
    class Row(Record):
        count: int = u8()
        pairs: Any = field(Times(lambda c: c.count, Pair.con), default=())

    assert Row.parse(b"\2\1\2\3\4\5\6").pairs == (Pair(a=1, b=0x0302), Pair(a=4, b=0x0605))
    assert refused(lambda: Row.parse(b"\2\1\2\3\4\5")) == ("pairs[1].b", 5, "needs 2 bytes, 1 are left")
    assert refused(lambda: Row.parse(b"\1\1\2\3\4")) == ("", 4, "1 bytes follow that belong to no field")
    wrong = Row(pairs=(Pair(), Pair(b=70000)))
    assert refused(wrong.build) == ("pairs[1].b", 5, "70000 does not fit 2 bytes")
    assert refused(Row(pairs=(Pair(), 7)).build) == ("pairs[1]", 4, "needs a Pair, not int")


def test_an_element_that_is_no_record_is_placed_too():
    class Row(Record):
        count: int = u8()
        words: Any = field(Times(lambda c: c.count, Int16ul), default=())

    assert Row.parse(b"\2\1\0\2\0").words == (1, 2)
    assert refused(lambda: Row.parse(b"\3\1\0\2\0\3")) == ("words[2]", 5, "needs 2 bytes, 1 are left")
    assert refused(Row(words=(1, 70000)).build) == ("words[1]", 3, "70000 does not fit 2 bytes")
    assert Row(count=1, words=(513,)).to_json() == {"count": 1, "words": [513]}
    assert refused(lambda: Row.from_json({"words": [1, "x"]})) == ("words[1]", None, "'x' is not a whole number")
    assert refused(lambda: Row.from_json({"words": "12"})) == ("words", None, "needs a list")


def test_an_element_of_no_bytes_does_not_repeat_for_ever():
    row = one_field(Times(lambda c: 1 << 40, AtMost(lambda c: 1)))
    assert refused(lambda: row.parse(b"\0abc")) == ("value[3]", 4, "an element of no bytes")


def test_until_end_never_drops_a_broken_element():
    """construct's GreedyRange stops before it, without a word."""
    row = one_field(UntilEnd(Pair.con), ())
    assert row.parse(b"\0").value == ()
    assert row.parse(b"\0\1\2\3\4\5\6").value == (Pair(a=1, b=0x0302), Pair(a=4, b=0x0605))
    assert refused(lambda: row.parse(b"\0\1\2\3\4")) == ("value[1].b", 5, "needs 2 bytes, 0 are left")


def test_until_end_may_leave_less_than_an_element():
    class Row(Record):
        pairs: Any = field(UntilEnd(Pair.con, least=3), default=())
        beyond: bytes = rest()

    assert Row.parse(b"\1\2\3\4\5") == Row(pairs=(Pair(a=1, b=0x0302),), beyond=b"\4\5")


def test_at_most_takes_what_there_is():
    row = one_field(AtMost(lambda c: 4), b"")
    assert [row.parse(b"\0abcdef"[:n]).value for n in (1, 3, 5)] == [b"", b"ab", b"abcd"]


# --- one of several shapes -------------------------------------------------------------------------------------------


class Single(Record):
    kind: int = u8()
    x: int = u8()


class Double(Record):
    kind: int = u8()
    x: int = u16()


class Chosen(Record):
    key: int = u8()
    body: Any = field(Choice(lambda c: c.key, {1: Pair, 2: Single}), default=b"")


@pytest.mark.parametrize(
    ("data", "body", "plain"),
    [
        (b"\1\7\2\0", Pair(a=7, b=2), {"a": 7, "b": 2}),
        (b"\2\7\2", Single(kind=7, x=2), {"kind": 7, "x": 2}),
        (b"\3\7\2", b"\7\2", "0702"),
        (b"\3", b"", ""),
    ],
)
def test_choice_follows_its_key_and_keeps_what_it_does_not_know(data, body, plain):
    record = Chosen.parse(data)
    assert record == Chosen(key=data[0], body=body)
    assert record.build() == data
    assert record.to_json() == {"key": data[0], "body": plain}
    assert Chosen.from_json(record.to_json()) == record


def test_a_choice_takes_bytes_for_any_key():
    """So what a record declares can be built wrong on purpose."""
    assert Chosen(key=1, body=b"\xff").build() == b"\1\xff"
    assert Chosen.from_json({"key": 1, "body": "ff"}).build() == b"\1\xff"


def test_tagged_reads_its_own_first_field():
    row = one_field(UntilEnd(Tagged("kind", Int8ul, {1: Single, 2: Double})), ())
    record = row.parse(b"\0\1\5\2\6\0\x09rest")
    assert record.value == (Single(kind=1, x=5), Double(kind=2, x=6), b"\x09rest")
    assert record.build() == b"\0\1\5\2\6\0\x09rest"
    assert record.to_json()["value"] == [{"kind": 1, "x": 5}, {"kind": 2, "x": 6}, "0972657374"]
    assert row.from_json(record.to_json()) == record
    assert refused(lambda: row.parse(b"\0\1\5\2\6")) == ("value[1].x", 4, "needs 2 bytes, 1 are left")
    assert refused(lambda: row.from_json({"value": [{"x": 1}]}))[:2] == ("value[0]", None)


def test_tagged_may_have_a_rule_for_other_tags_and_the_fields_before():
    def other(tag: int, before: Any) -> Any:
        return Double if tag >= 128 and before.get("before", 0) < 9 else None

    row = one_field(Tagged("kind", Int8ul, {1: Single}, other), b"")
    for data, value in {
        b"\0\x80\1\0": Double(kind=0x80, x=1),
        b"\0\x7f\1\0": b"\x7f\1\0",
        b"\x09\x80\1\0": b"\x80\1\0",
    }.items():
        assert row.parse(data).value == value
        assert row.from_json(row.parse(data).to_json()) == row.parse(data)


class Edition(Record):
    revision: int = u8()
    stamp: int | None = field(When(lambda c: c.revision >= 3, Int16ul))
    later: int | None = field(When(lambda c: remaining(c._io) >= 1, Int8ul))


@pytest.mark.parametrize(
    ("data", "stamp", "later"),
    [(b"\2", None, None), (b"\2\7", None, 7), (b"\3\7\0", 7, None), (b"\3\7\0\x09", 7, 9)],
)
def test_when_reads_what_an_edition_has(data, stamp, later):
    record = Edition.parse(data)
    assert (record.stamp, record.later) == (stamp, later)
    assert record.build() == data
    assert record.to_json() == {"revision": data[0], "stamp": stamp, "later": later}
    assert Edition.from_json(record.to_json()) == record
    assert refused(lambda: Edition.parse(b"\3\7")) == ("stamp", 1, "needs 2 bytes, 1 are left")


# --- from JSON -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("con", "plain", "value"),
    [
        (Int16ul, "0x10", 16),
        (Int16ul, "0b11", 3),
        (Int64ul, 5, 5),
        (Named(Int8ul, Colour), "0x2", Colour.BLUE),
        (Named(Int8ul, Colour), 9, 9),
        (Bcd(Bytes(1)), "5a", b"\x5a"),
        (Text(Bytes(4)), {"hex": "ff000000"}, b"\xff\0\0\0"),
        (Bits(Int16ul, Lamp), "0x6309", Lamp(on=True, colour=Colour.BLUE, level=0x63)),
        (Bits(Int16ul, Lamp), {"level": "0x63", "on": True}, Lamp(on=True, level=0x63)),
        (Bits(Int16ul, Lamp), {"colour": "RED", "reserved": "0x10"}, Lamp(colour=Colour.RED, reserved=0x10)),
    ],
)
def test_json_may_say_a_value_in_several_ways(con, plain, value):
    assert one_field(con).from_json({"value": plain}).value == value


@pytest.mark.parametrize(
    ("con", "plain", "path", "why"),
    [
        (Int16ul, "seven", "value", "'seven' is not a whole number"),
        (Int16ul, 1.5, "value", "1.5 is not a whole number"),
        (Int16ul, float("inf"), "value", "inf is not a whole number"),
        (Int16ul, float("nan"), "value", "nan is not a whole number"),
        (Int16ul, [], "value", "[] is not a whole number"),
        (Int16ul, None, "value", "null cannot stand here"),
        (Int16ul, "1" * 5000, "value", f"'{'1' * 27}...{'1' * 28}' is not a whole number"),
        (Named(Int8ul, Colour), "GREEN", "value", "'GREEN' is none of RED, BLUE"),
        (Named(Int8ul, Colour), "", "value", "'' is none of RED, BLUE"),
        (Bits(Int16ul, Lamp), {"on": 7}, "value.on", "7 is neither true nor false"),
        (Bits(Int16ul, Lamp), {"off": 1}, "value.off", "no such field; there are on, colour, level, reserved"),
        (Bits(Int16ul, Lamp), "0x10000", "value", "0x10000 is not a 16-bit value"),
        (Guid(Bytes(16)), "a5bc1114-6f64-4ede", "value", None),
        (Guid(Bytes(16)), 7, "value", None),
        (Bytes(2), "0g", "value", None),
        (Bytes(2), 7, "value", None),
        (Text(Bytes(4)), 7, "value", None),
        (Text(Bytes(4)), {"hex": 7}, "value", None),
        (Text(Bytes(4)), {}, "value", None),
        (Pair.con, 7, "value", "needs an object with fields"),
        (Pair.con, {"c": 1}, "value.c", "no such field; there are a, b"),
        (UntilEnd(Pair.con), {"a": 1}, "value", "needs a list"),
        (UntilEnd(Pair.con), [{}, {"b": "x"}], "value[1].b", "'x' is not a whole number"),
    ],
)
def test_json_that_is_wrong_is_refused_by_path(con, plain, path, why):
    found = refused(lambda: one_field(con).from_json({"value": plain}))
    assert found[:2] == (path, None)
    assert found[2] == why if why else repr(plain) in found[2]
