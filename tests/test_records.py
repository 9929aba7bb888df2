"""The idiom: what one declaration gives, and what no input may do to it."""

import dataclasses
import json
import time
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from construct import Int8ul, Int16ub, Int16ul, Int24ul
from formats import acpi_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from raslib.records import (
    Choice,
    Coded,
    FieldRow,
    Named,
    Record,
    RecordError,
    Register,
    Sized,
    Span,
    Times,
    UntilEnd,
    When,
    bcd,
    bits,
    field,
    flag,
    flags,
    guid,
    named,
    one,
    raw,
    rest,
    size,
    text,
    u8,
    u32,
    u64,
)

# --- a declaration, as a format has them -----------------------------------------------------------------------------


class Fruit(Coded):
    APPLE = 1, "keeps the doctor away"
    PEAR = 2, "does not"


class Valid(Register, ref="The Book, §1", width=8):
    # fmt: off
    colour: bool = flag(0)
    weight: bool = flag(1, "the scales work")
    # fmt: on


class Colour(Register, ref="The Book, §2", width=16):
    red: int = bits(3, 0, "how red")
    kind: int = bits(6, 4, kind=Fruit)
    ripe: bool = bits(8, doc="ready", kind=bool, ref="The Book, §2.1")


class Seed(Record, ref="The Book, §3"):
    number: int = u8("of the seed")
    length: int = field(Int8ul, "bytes of data", count=lambda r: len(r.data))
    data: bytes = field(Sized(lambda c: c.length, rest().metadata["con"]), "what is in it", b"")


class Basket(Record, ref="The Book, §4"):
    """A record with one of everything."""

    # fmt: off
    label:          str    = text(4, "what it says", "BASK")
    length:         int    = field(Int16ul, "bytes of all seeds", count=lambda r: sum(map(size, r.seeds)))
    validation_bits: Valid = flags(Int8ul, Valid, "which to believe")
    fruit:          int    = named(Int8ul, Fruit, "what grows", Fruit.PEAR)
    colour:         Colour = flags(Int16ul, Colour, "how it looks", valid="colour")
    weight:         int    = u64("in grams", valid="weight", ref="The Scales, §9")
    day:            int    = bcd("of the month")
    owner:          UUID   = guid("whose")
    reserved:       bytes  = raw(1)
    seeds:          Any    = field(Sized(lambda c: c.length, UntilEnd(Seed.con)), "all of them", ())
    beyond:         bytes  = rest("what nobody counted")
    # fmt: on


BASKET = bytes.fromhex(
    "42415343"  # label BASC
    "0700"  # length 7
    "01"  # colour is valid, weight is not
    "02"  # PEAR
    "1781"  # colour: red 7, kind APPLE, ripe, and bit 15 that has no name
    "0001000000000000"  # weight 256
    "31"  # day 31
    "000102030405060708090a0b0c0d0e0f"
    "ee"
    "0102aabb"
    "0701cc"
    "ffff"
)
HARVEST = Basket(
    label="BASC",
    length=7,
    validation_bits=Valid(colour=True),
    fruit=Fruit.PEAR,
    colour=Colour(red=7, kind=Fruit.APPLE, ripe=True, reserved=0x8000),
    weight=256,
    day=31,
    owner=UUID("03020100-0504-0706-0809-0a0b0c0d0e0f"),
    reserved=b"\xee",
    seeds=(Seed(number=1, length=2, data=b"\xaa\xbb"), Seed(number=7, length=1, data=b"\xcc")),
    beyond=b"\xff\xff",
)
PLAIN = {
    "label": "BASC",
    "length": 7,
    "validation_bits": {"colour": True},
    "fruit": "PEAR",
    "colour": {"red": 7, "kind": "APPLE", "ripe": True, "reserved": "0x8000"},
    "weight": "0x100",
    "day": 31,
    "owner": "03020100-0504-0706-0809-0a0b0c0d0e0f",
    "reserved": "ee",
    "seeds": [{"number": 1, "length": 2, "data": "aabb"}, {"number": 7, "length": 1, "data": "cc"}],
    "beyond": "ffff",
}


def refusal(act: Any) -> tuple[str, str, int | None, str]:
    """Record, path, offset and reason of the refusal that *act* meets."""
    with pytest.raises(RecordError) as e:
        act()
    return e.value.record, e.value.path, e.value.offset, e.value.why


def test_one_declaration_parses_builds_and_says_json():
    assert Basket.parse(BASKET) == HARVEST
    assert HARVEST.build() == BASKET
    assert HARVEST.to_json() == PLAIN
    assert Basket.from_json(PLAIN) == HARVEST
    assert Basket.from_json(json.loads(json.dumps(PLAIN))) == HARVEST


def test_the_table_is_the_documents():
    assert Basket.table() == (
        FieldRow("label", 0, 4, "what it says", "The Book, §4"),
        FieldRow("length", 4, 2, "bytes of all seeds", "The Book, §4"),
        FieldRow("validation_bits", 6, 1, "which to believe", "The Book, §4"),
        FieldRow("fruit", 7, 1, "what grows", "The Book, §4"),
        FieldRow("colour", 8, 2, "how it looks", "The Book, §4"),
        FieldRow("weight", 10, 8, "in grams", "The Scales, §9"),
        FieldRow("day", 18, 1, "of the month", "The Book, §4"),
        FieldRow("owner", 19, 16, "whose", "The Book, §4"),
        FieldRow("reserved", 35, 1, "reserved", "The Book, §4"),
        FieldRow("seeds", 36, None, "all of them", "The Book, §4"),
        FieldRow("beyond", None, None, "what nobody counted", "The Book, §4"),
    )


def test_spans_say_where_every_field_lies():
    book, seed = "The Book, §4", "The Book, §3"
    colour = HARVEST.colour
    assert Basket.spans(BASKET) == (
        Span("label", 0, 4, "BASC", "what it says", book),
        Span("length", 4, 6, 7, "bytes of all seeds", book),
        Span("validation_bits", 6, 7, Valid(colour=True), "which to believe", book),
        Span("validation_bits.weight", 6, 7, False, "the scales work", "The Book, §1", (1, 1)),
        Span("validation_bits.colour", 6, 7, True, "", "The Book, §1", (0, 0)),
        Span("fruit", 7, 8, Fruit.PEAR, "what grows", book),
        Span("colour", 8, 10, colour, "how it looks", book, None, True),
        Span("colour.reserved", 8, 10, 1, "no field is defined here", "The Book, §2", (15, 9), True)._replace(value=64),
        Span("colour.ripe", 8, 10, True, "ready", "The Book, §2.1", (8, 8), True),
        Span("colour.kind", 8, 10, Fruit.APPLE, "", "The Book, §2", (6, 4), True),
        Span("colour.red", 8, 10, 7, "how red", "The Book, §2", (3, 0), True),
        Span("weight", 10, 18, 256, "in grams", "The Scales, §9", None, False),
        Span("day", 18, 19, 31, "of the month", book),
        Span("owner", 19, 35, HARVEST.owner, "whose", book),
        Span("reserved", 35, 36, b"\xee", "reserved", book),
        Span("seeds", 36, 43, HARVEST.seeds, "all of them", book, group=True),
        Span("seeds[0]", 36, 40, HARVEST.seeds[0], group=True),
        Span("seeds[0].number", 36, 37, 1, "of the seed", seed),
        Span("seeds[0].length", 37, 38, 2, "bytes of data", seed),
        Span("seeds[0].data", 38, 40, b"\xaa\xbb", "what is in it", seed),
        Span("seeds[1]", 40, 43, HARVEST.seeds[1], group=True),
        Span("seeds[1].number", 40, 41, 7, "of the seed", seed),
        Span("seeds[1].length", 41, 42, 1, "bytes of data", seed),
        Span("seeds[1].data", 42, 43, b"\xcc", "what is in it", seed),
        Span("beyond", 43, 45, b"\xff\xff", "what nobody counted", book),
    )


def test_a_record_is_a_value():
    assert HARVEST == Basket.parse(BASKET)
    assert hash(HARVEST) == hash(Basket.parse(BASKET))
    assert HARVEST != HARVEST.replace(day=30)
    with pytest.raises(dataclasses.FrozenInstanceError):
        HARVEST.day = 1  # type: ignore[misc]


def test_defaults_make_a_record_that_comes_back():
    empty = Basket()
    assert (empty.label, empty.length, empty.fruit, empty.seeds) == ("BASK", 0, Fruit.PEAR, ())
    assert isinstance(empty.fruit, Fruit)
    assert Basket.parse(empty.build()) == empty


# --- counted and filled ----------------------------------------------------------------------------------------------


def test_what_is_counted_is_counted_unless_given():
    seeds = (Seed(data=b"abc"), Seed())
    assert Basket(seeds=seeds).length == 7
    assert Basket(seeds=seeds, length=2).length == 2


def test_replace_counts_again_unless_told():
    assert HARVEST.replace(seeds=(Seed(),)).length == 2
    assert HARVEST.replace(seeds=(Seed(),), length=99).length == 99
    wrong = Basket(length=99)
    assert wrong.replace(day=1).length == 0


def test_json_counts_again_but_for_what_was_found():
    edited = PLAIN | {"length": 99, "seeds": []}
    assert Basket.from_json(edited).length == 0
    assert Basket.from_json(edited, frozenset({"length"})).length == 99
    assert Basket.from_json({}) == Basket()


def test_as_found_names_what_counting_would_change_at_any_depth():
    assert list(HARVEST.as_found()) == []
    odd = HARVEST.replace(seeds=(Seed(), Seed(length=9)), length=1)
    assert list(odd.as_found()) == ["length", "seeds[1].length"]
    again = Basket.from_json(odd.to_json(), frozenset(odd.as_found()))
    assert (again, again.length, again.seeds[1].length) == (odd, 1, 9)
    assert list(Basket.from_json(odd.to_json()).as_found()) == []


class Dated(Record):
    """A field that an edition has, filled if it is left out, but never counted again."""

    revision: int = u8()
    stamp: int | None = field(
        When(lambda c: c.revision >= 3, Int16ul), fill=lambda r: 0x1234 if r.revision >= 3 else None
    )


def test_what_is_filled_is_filled_once():
    assert (Dated(revision=3).stamp, Dated(revision=2).stamp, Dated(revision=3, stamp=7).stamp) == (0x1234, None, 7)
    assert Dated(revision=3, stamp=7).replace(revision=4).stamp == 7
    assert list(Dated(revision=3, stamp=7).as_found()) == []
    assert Dated.from_json({"revision": 3}).stamp == 0x1234
    assert Dated.from_json({"revision": 3, "stamp": 7}).stamp == 7


class Placed(Record):
    """A field that is there only in records of a later revision."""

    revision: int = u8("which edition", 3)
    stamp: int | None = field(Int16ul, "when", 7, where=lambda r: r.revision >= 3)
    after: int = u8("always there")


def test_a_field_is_there_only_where_its_record_has_it():
    assert (Placed().stamp, Placed(stamp=9).stamp, Placed(revision=2).stamp) == (7, 9, None)
    for record, data in ((Placed(stamp=9, after=1), b"\3\x09\0\1"), (Placed(revision=2, after=1), b"\2\1")):
        assert record.build() == data
        assert Placed.parse(data) == record
        assert Placed.from_json(record.to_json()) == record


def test_a_changed_revision_brings_the_field_or_takes_it_away():
    """So that the bytes say what the revision says."""
    assert Placed(stamp=9).replace(revision=2) == Placed(revision=2)
    assert Placed(revision=2).replace(revision=3) == Placed()
    assert Placed(stamp=9).edited("revision", 2) == Placed(revision=2)
    assert Placed(revision=2).edited("revision", 3) == Placed()
    assert Placed.from_json({"revision": 2, "stamp": 9}) == Placed(revision=2)


def test_what_cannot_be_built_is_reported_by_build_from_the_outermost_record():
    """Counting needs the size of a part; if the part has none, the error is the part's, with its whole path."""
    basket = Basket(seeds=(Seed(), Seed(number=300)))
    assert refusal(basket.build) == ("Basket", "seeds[1].number", 38, "300 does not fit 1 bytes")
    from_json = Basket.from_json({"seeds": [{}, {"number": 300}]})
    assert refusal(from_json.build) == ("Basket", "seeds[1].number", 38, "300 does not fit 1 bytes")


# --- broken input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "path", "offset", "why"),
    [
        (b"", "label", 0, "needs 4 bytes, 0 are left"),
        (BASKET[:5], "length", 4, "needs 2 bytes, 1 are left"),
        (BASKET[:17], "weight", 10, "needs 8 bytes, 7 are left"),
        (BASKET[:42], "seeds", 36, "needs 7 bytes, 6 are left"),
        (BASKET[:37] + b"\x09" + BASKET[38:], "seeds[0].data", 38, "needs 9 bytes, 5 are left"),
        (BASKET[:4] + b"\6" + BASKET[5:], "seeds[1].data", 42, "needs 1 bytes, 0 are left"),
    ],
    ids=["empty", "in a field", "in a word", "in a room", "in an element", "in the last element"],
)
def test_an_error_names_the_record_the_field_and_the_byte(data, path, offset, why):
    assert refusal(lambda: Basket.parse(data)) == ("Basket", path, offset, why)
    found = Basket.explain(data)
    assert found.record is None
    assert str(found.error) == f"Basket.{path} at byte {offset} ({offset:#x}): {why}"
    shown = [(s.path, s.start, s.stop) for s in found.spans if s.stop <= offset]
    whole = [(s.path, s.start, s.stop) for s in Basket.spans(BASKET) if s.stop <= offset]
    assert shown == whole
    with pytest.raises(RecordError):
        Basket.spans(data)


@pytest.mark.parametrize("length", range(len(BASKET) + 1))
def test_fields_read_at_once_say_what_they_say_one_by_one(length):
    """`explain` reads them one by one, as it is asked where each lies."""
    found = Basket.explain(BASKET[:length])
    if found.error:
        assert refusal(lambda: Basket.parse(BASKET[:length])) == refusal(lambda: Basket.spans(BASKET[:length]))
    else:
        assert Basket.parse(BASKET[:length]) == found.record


@pytest.mark.parametrize(
    ("changes", "path", "offset", "why"),
    [
        ({"label": "BASKET"}, "label", 0, "takes 4 bytes, not 6"),
        ({"label": b"BAS"}, "label", 0, "takes 4 bytes, not 3"),
        ({"label": "B\N{LATIN SMALL LETTER A WITH DIAERESIS}"}, "label", 0, "only ASCII fits here"),
        ({"fruit": -1}, "fruit", 7, "-1 does not fit 1 bytes"),
        ({"fruit": 256, "day": 100}, "fruit", 7, "256 does not fit 1 bytes"),
        ({"colour": None}, "colour", 8, "None cannot stand here"),
        ({"colour": Colour(red=16)}, "colour.red", 8, "16 does not fit 4 bits"),
        ({"weight": 1 << 64}, "weight", 10, f"{1 << 64} does not fit 8 bytes"),
        ({"weight": 1.5}, "weight", 10, "1.5 does not fit 8 bytes"),
        ({"day": 100}, "day", 18, "100 has more than two decimal digits"),
        ({"owner": "me"}, "owner", 19, "'me' cannot stand here"),
        ({"reserved": b""}, "reserved", 35, "takes 1 bytes, not 0"),
        ({"reserved": b"ab"}, "reserved", 35, "takes 1 bytes, not 2"),
    ],
    ids=str,
)
def test_the_first_of_the_fields_written_at_once_that_does_not_fit_is_named(changes, path, offset, why):
    assert refusal(HARVEST.replace(**changes).build) == ("Basket", path, offset, why)


@pytest.mark.parametrize("same", [238, bytearray(b"\xee")], ids=str)
def test_bytes_may_be_given_as_a_number_or_an_array(same):
    assert HARVEST.replace(reserved=same).build() == BASKET


class Mixed(Record):
    """Fields of fixed size that `struct` cannot take at once, among some that it can."""

    # fmt: off
    before: int = u8()
    big:    int = field(Int16ub)
    three:  int = field(Named(Int24ul, int))
    after:  int = u32()
    # fmt: on


def test_fields_of_another_order_and_of_odd_sizes_are_read_as_they_are():
    data = bytes.fromhex("01 0203 040506 0708090a")
    assert Mixed.parse(data) == Mixed(before=1, big=0x0203, three=0x060504, after=0x0A090807)
    assert Mixed.parse(data).build() == data
    assert refusal(lambda: Mixed.parse(data[:5])) == ("Mixed", "three", 3, "needs 3 bytes, 2 are left")


def test_bytes_that_belong_to_no_field_are_an_error():
    assert refusal(lambda: Seed.parse(b"\1\1\2\3")) == ("Seed", "", 3, "1 bytes follow that belong to no field")
    assert [s.path for s in Seed.explain(b"\1\1\2\3").spans] == ["number", "length", "data"]


def test_a_record_error_is_a_value_error():
    assert str(RecordError("R", "a.b", 16, "why")) == "R.a.b at byte 16 (0x10): why"
    assert str(RecordError("R", "", None, "why")) == "R: why"
    assert issubclass(RecordError, ValueError)


def test_offsets_in_errors_count_from_the_outermost_byte_while_building_too():
    basket = HARVEST.replace(seeds=(Seed(data=b"abc"), Seed(length=300)))
    assert refusal(basket.build) == ("Basket", "seeds[1].length", 42, "300 does not fit 1 bytes")
    assert refusal(HARVEST.replace(colour=Colour(red=16)).build)[1:] == ("colour.red", 8, "16 does not fit 4 bits")


# --- nesting, inheritance --------------------------------------------------------------------------------------------


class Crate(Record, ref="The Book, §5"):
    top: Seed = one(Seed, "on top")
    count: int = field(Int8ul, "how many", count=lambda r: len(r.baskets))
    baskets: Any = field(Times(lambda c: c.count, Seed.con), default=())


def test_records_nest():
    data = b"\1\1\xaa" + b"\2" + b"\2\0" + b"\3\1\xbb"
    crate = Crate.parse(data)
    assert crate == Crate(top=Seed(number=1, data=b"\xaa"), baskets=(Seed(number=2), Seed(number=3, data=b"\xbb")))
    assert [(s.path, s.start, s.stop, s.group) for s in Crate.spans(data)] == [
        ("top", 0, 3, True),
        ("top.number", 0, 1, False),
        ("top.length", 1, 2, False),
        ("top.data", 2, 3, False),
        ("count", 3, 4, False),
        ("baskets", 4, 9, True),
        ("baskets[0]", 4, 6, True),
        ("baskets[0].number", 4, 5, False),
        ("baskets[0].length", 5, 6, False),
        ("baskets[1]", 6, 9, True),
        ("baskets[1].number", 6, 7, False),
        ("baskets[1].length", 7, 8, False),
        ("baskets[1].data", 8, 9, False),
    ]
    assert refusal(Crate(top=HARVEST).build) == ("Crate", "top", 0, "needs a Seed, not Basket")


def test_a_record_that_extends_another_keeps_its_fields_and_references():
    class Melon(Seed, ref="The Book, §6"):
        number: int = u8("of the melon", 9)
        extra: int = u32("more")

    assert [(row.name, row.offset, row.ref) for row in Melon.table()] == [
        ("number", 0, "The Book, §6"),
        ("length", 1, "The Book, §3"),
        ("data", 2, "The Book, §3"),
        ("extra", None, "The Book, §6"),
    ]
    assert Melon(data=b"x").build() == b"\x09\1x\0\0\0\0"


# --- one field edited ------------------------------------------------------------------------------------------------


class Letter(Record):
    kind: int = u8()
    length: int = field(Int8ul, count=lambda r: size(r.body))
    body: Any = field(Sized(lambda c: c.length, Choice(lambda c: c.kind, {1: Seed})), default=b"")


class Bag(Record):
    length: int = field(Int8ul, count=lambda r: sum(map(size, r.letters)))
    letters: Any = field(Sized(lambda c: c.length, UntilEnd(Letter.con)), default=())


def test_an_edited_field_takes_lengths_with_it():
    bag = Bag(letters=(Letter(kind=1, body=Seed(number=5)), Letter(kind=2, body=b"xyz")))
    longer = bag.edited("letters[0].body.data", "0102")
    assert longer == Bag(letters=(Letter(kind=1, body=Seed(number=5, data=b"\1\2")), Letter(kind=2, body=b"xyz")))
    assert (longer.length, longer.letters[0].length, longer.letters[0].body.length) == (11, 4, 2)
    assert bag.edited("letters[1].body", "").letters[1] == Letter(kind=2)


def test_an_edited_count_stays_as_it_was_set():
    bag = Bag(letters=(Letter(kind=2, body=b"xyz"),))
    assert refusal(lambda: bag.edited("letters[0].length", 4)) == (
        "Bag",
        "letters[0].body",
        3,
        "needs 4 bytes, 3 are left",
    )
    assert refusal(lambda: bag.edited("length", 4)) == ("Bag", "letters[0].body", 3, "needs 3 bytes, 2 are left")


def test_what_an_edited_field_chooses_is_read_anew():
    bag = Bag(letters=(Letter(kind=2, body=b"\7\1\xaa"),))
    seed = bag.edited("letters[0].kind", 1)
    assert seed.letters[0].body == Seed(number=7, data=b"\xaa")
    assert seed.edited("letters[0].kind", 2) == bag


@pytest.mark.parametrize(
    "path", ["nope", "letters[0].nope", "letters[9].kind", "nope.kind", "letters[0].body.number", "", "letters[x]"]
)
def test_a_path_that_is_not_there_is_refused(path):
    with pytest.raises(RecordError):
        Bag(letters=(Letter(kind=2, body=b"xyz"),)).edited(path, 1)


# --- registers -------------------------------------------------------------------------------------------------------


def test_a_register_is_laid_out_in_bits():
    value = Colour.parse(0x8117)
    assert value == HARVEST.colour
    assert value.build() == 0x8117
    assert value.to_json() == {"red": 7, "kind": "APPLE", "ripe": True, "reserved": "0x8000"}
    assert [(s.path, s.bits, s.value, s.start, s.stop) for s in Colour.spans(0x8117)] == [
        ("reserved", (15, 9), 0x40, 0, 2),
        ("ripe", (8, 8), True, 0, 2),
        ("reserved", (7, 7), 0, 0, 2),
        ("kind", (6, 4), Fruit.APPLE, 0, 2),
        ("red", (3, 0), 7, 0, 2),
    ]
    assert value.replace(ripe=False).build() == 0x8017


@pytest.mark.parametrize("value", [-1, 1 << 16])
def test_a_register_refuses_what_is_wider(value):
    assert refusal(lambda: Colour.parse(value)) == ("Colour", "", None, f"{value:#x} is not a 16-bit value")


@pytest.mark.parametrize(
    ("register", "path", "why"),
    [
        (Colour(red=16), "red", "16 does not fit 4 bits"),
        (Colour(red=-1), "red", "-1 does not fit 4 bits"),
        (Colour(red="r"), "red", "'r' does not fit 4 bits"),
        (Colour(ripe=2), "ripe", "2 does not fit 1 bits"),
        (Colour(reserved=1), "reserved", "0x1 has bits that fields name"),
        (Colour(reserved=1 << 16), "reserved", "0x10000 has bits that fields name"),
    ],
)
def test_a_register_that_does_not_fit_names_the_field(register, path, why):
    assert refusal(register.build) == ("Colour", path, None, why)


def test_bits_too_many_for_a_number_of_json_are_hex_text():
    """JavaScript, and so every widget, rounds numbers of more than 53 bits."""

    class Wide(Register):
        on: bool = flag(0)
        address: int = bits(63, 10)

    class Narrow(Register):
        on: bool = flag(0)
        count: int = bits(53, 1)

    word = Wide(on=True, address=(1 << 54) - 1)
    assert word.to_json() == {"on": True, "address": "0x3fffffffffffff"}
    assert Wide.from_json(word.to_json()) == word
    assert Narrow(count=(1 << 53) - 1).to_json() == {"count": (1 << 53) - 1}


def test_a_field_without_words_has_those_that_its_register_gives_each():
    class Seen(Register, width=8, each="{} was seen"):
        red_valid: bool = flag(0)
        green: bool = flag(1)
        blue: bool = flag(2, "or so it seems")

    class More(Seen, width=8):
        white: bool = flag(3)

    assert [doc for *_, doc, _ in Seen.layout] == ["red was seen", "green was seen", "or so it seems"]
    assert [doc for *_, doc, _ in More.layout][3] == "white was seen"


def test_a_register_from_json():
    assert Colour.from_json({"red": "0x7", "kind": 1, "ripe": True}) == Colour(red=7, kind=Fruit.APPLE, ripe=True)
    assert Colour.from_json("0x8117") == HARVEST.colour
    assert Colour.from_json({}) == Colour()
    assert refusal(lambda: Colour.from_json({"blue": 1}))[1] == "blue"
    assert refusal(lambda: Colour.from_json({"kind": "PLUM"}))[1] == "kind"
    assert refusal(lambda: Colour.from_json([]))[1:] == ("", None, "[] is not a whole number")


@settings(deadline=None)
@given(st.integers(0, 0xFFFF))
def test_a_register_keeps_every_bit(value):
    parsed = Colour.parse(value)
    assert parsed.build() == value
    assert Colour.from_json(parsed.to_json()) == parsed
    assert sum(s.value << s.bits[1] for s in Colour.spans(value) if s.bits) == value


# --- every record that there is --------------------------------------------------------------------------------------


@cache
def kinds(base: type) -> list[Any]:
    """Every record, or register, of every format, by the module that declares it."""
    found = [kind for module in checks.MODULES for kind in checks.classes(module, base)]
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def name_of(kind: type) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


def test_there_are_records_to_try():
    assert {"cper.CperRecord", "ghes.StatusBlock", "memory.PlatformMemory", "arm.ArmProcessor", "hest.Hest"} <= {
        name_of(kind) for kind in kinds(Record)
    }


records = pytest.mark.parametrize("kind", kinds(Record), ids=name_of)
nasty = st.sampled_from([0, 1, 2, 3, 4, 8, 16, 20, 32, 40, 72, 0x7F, 0x80, 0xFE, 0xFF])
soup = st.one_of(st.binary(max_size=200), st.lists(nasty, max_size=200).map(bytes))
grafts = st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), max_size=4)


@records
@settings(max_examples=15, deadline=None)
@given(data=soup)
def test_random_bytes_are_a_record_or_a_record_error(kind, data):
    """Nothing of construct's or Python's own escapes, nothing takes long, and what parses comes back."""
    started = time.process_time()
    found = kind.explain(data)
    assert time.process_time() - started < 2
    assert all(0 <= s.start < s.stop for s in found.spans)
    if found.error:
        assert found.error.record == kind.__name__
        assert found.error.why
        return
    assert found.record.build() == data
    assert checks.tiles(kind, data) == data
    plain = json.loads(json.dumps(found.record.to_json()))
    assert kind.from_json(plain, frozenset(found.record.as_found())).build() == data


@records
@settings(max_examples=8, deadline=None)
@given(edits=grafts)
def test_a_record_with_changed_bytes_is_a_record_or_a_record_error(kind, edits):
    data = bytearray(default(kind))
    for at, new in edits:
        data[at : at + len(new)] = new
    found = kind.explain(bytes(data))
    assert found.error or found.record.build() == data


@cache
def default(kind: type[Record]) -> bytes:
    """The bytes of a record of nothing but defaults; none if it cannot be made so."""
    try:
        return kind().build()
    except (RecordError, AttributeError):
        return bytes(64)


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([255, 256, 65536, 1 << 32, 1 << 64, -(1 << 70)])
    | st.floats()
    | st.sampled_from(["", "00", "0x10", "zz", "é", "APPLE", "CPER", "a5bc1114-6f64-4ede-b863-3e83ed7c83b1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["hex", "reserved", "type"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@records
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_random_json_is_a_record_or_a_record_error(kind, data):
    """A document with some fields replaced by anything: it is refused by name, or there are bytes for it."""
    wrong = data.draw(st.dictionaries(st.sampled_from([*kind.con.names, "nope"]), plain_values, max_size=3))
    document = kind.parse(default(kind)).to_json() if data.draw(st.booleans()) and parses(kind) else {}
    found = frozenset(data.draw(st.lists(st.sampled_from(kind.con.names), max_size=2)))
    try:
        built = kind.from_json({**document, **wrong}, found).build()
    except RecordError:
        return
    assert len(built) < 1 << 20


@cache
def parses(kind: type[Record]) -> bool:
    return kind.explain(default(kind)).error is None


@records
@pytest.mark.parametrize("plain", [None, 7, "text", [], [1], True, 1.5, float("inf")])
def test_json_that_is_no_object_is_a_record_error(kind, plain):
    with pytest.raises(RecordError):
        kind.from_json(plain)


@pytest.mark.parametrize("kind", kinds(Register), ids=name_of)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_register_keeps_every_value(kind, data):
    value = data.draw(st.integers(0, (1 << kind.width) - 1))
    parsed = kind.parse(value)
    assert parsed.build() == value
    assert kind.from_json(json.loads(json.dumps(parsed.to_json()))) == parsed
    assert sum(s.value << s.bits[1] for s in kind.spans(value) if s.bits) == value
    covered = [bit for s in kind.spans(value) if s.bits for bit in range(s.bits[1], s.bits[0] + 1)]
    assert sorted(covered) == list(range(kind.width))


@pytest.mark.parametrize("kind", [*kinds(Record), *(k for k in kinds(Register) if k.layout)], ids=name_of)
def test_every_class_says_which_document_it_is_from(kind):
    """But for bases that have no fields."""
    assert kind.ref
