"""What several sections need, each alone: parts shaped by a key, records that may be cut short, three bytes."""

from typing import Any

import pytest
from construct import Bytes
from formats import acpi_checks as checks

from raslib.formats.parts import Padded, WholeOrBytes, is_packed, u24
from raslib.records import AtMost, Choice, Record, RecordError, Sized, field, rest, u8, u16


class Two(Record):
    low: int = u8()
    high: int = u8()


class Shaped(Record):
    key: int = u8()
    part: Any = field(Choice(lambda c: c.key, {1: Two}, Bytes(2)), default=bytes(2))
    after: int = u16()


class Logged(Record):
    length: int = u8()
    log: Any = field(Sized(lambda c: c.length, WholeOrBytes(Two)), default=b"")
    beyond: bytes = rest()


class Numbered(Record):
    number: int = u24()
    after: int = u8()


def test_a_key_shapes_a_part():
    assert checks.lossless(Shaped, bytes([1, 2, 3, 4, 5])).part == Two(low=2, high=3)
    assert checks.lossless(Shaped, bytes([0, 2, 3, 4, 5])).part == bytes([2, 3])


def test_a_part_has_a_size_so_that_what_follows_has_a_place():
    assert checks.layout(Shaped) == [("key", 0, 1), ("part", 1, 2), ("after", 3, 2)]


def test_bytes_of_another_size_do_not_fit_a_part():
    with pytest.raises(RecordError, match="part"):
        Shaped(part=b"three").build()
    with pytest.raises(RecordError, match="part"):
        Shaped.parse(b"\0\1")


def test_a_record_that_is_cut_short_stays_bytes():
    assert checks.lossless(Logged, b"\1\2more").log == b"\2"
    assert checks.lossless(Logged, b"\2\2\3more").log == Two(low=2, high=3)
    assert checks.lossless(Logged, b"\0more").log == b""


@pytest.mark.parametrize("plain", [-1, True, [1], [{}]])
def test_json_that_is_no_record_cannot_stand_for_one(plain: Any):
    with pytest.raises(RecordError, match=r"^Logged\.log: needs an object with fields$"):
        Logged.from_json({"log": plain})


def test_what_is_left_over_after_a_whole_record_is_refused():
    with pytest.raises(RecordError, match="1 bytes are left over"):
        Logged.parse(b"\3\1\2\3")


def test_three_bytes_are_one_number_lowest_first():
    found = checks.lossless(Numbered, bytes.fromhex("563412 ff"))
    assert found.number == 0x123456
    assert found.to_json() == {"number": 0x123456, "after": 255}
    with pytest.raises(RecordError, match="number"):
        Numbered(number=1 << 24).build()


# --- structures with padding that may be missing ----------------------------------------------------------------------


class Word(Record):
    """Padded to 4 bytes."""

    size: int = u8()
    data: bytes = field(Bytes(lambda c: c.size))
    padding: bytes = field(AtMost(lambda c: 0 if is_packed(c) else -(1 + c.size) % 4), default=b"")


class Words(Record):
    count: int = u8()
    words: Any = field(Padded(lambda c: c.count, Word.con), default=())
    beyond: bytes = rest()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\2\1a\0\0\2bc\0more", [(b"a", bytes(2)), (b"bc", bytes(1))]),  # as the document has it
        (b"\2\1a\2bcmore", [(b"a", b""), (b"bc", b"")]),  # packed
        (b"\2\1a\2bc", [(b"a", b""), (b"bc", b"")]),
        (b"\2\1axx\2bc\0more", [(b"a", b"xx"), (b"bc", bytes(1))]),  # 0x78 is the size of none that fits
        (b"\1\1axx", [(b"a", b"")]),  # and what follows is beyond
        (b"\0\1a", []),
    ],
)
def test_structures_are_padded_or_all_packed(data: bytes, words: list[tuple[bytes, bytes]]):
    record = checks.lossless(Words, data)
    assert [(word.data, word.padding) for word in record.words] == words


def test_structures_that_fit_neither_way_break_as_padded_ones():
    with pytest.raises(RecordError, match=r"^Words\.words\[1\]\.data at byte 6 \(0x6\): needs 3 bytes, 2 are left$"):
        Words.parse(b"\2\1axx\3bc")
    places = [span.path for span in Words.explain(b"\2\1axx\3bc").spans]
    assert places == ["count", "words[0]", "words[0].size", "words[0].data", "words[0].padding", "words[1].size"]
