"""Plain text of a record: the tree and the hex dump, in full for a small record, in outline for every other."""

from typing import Any

import pytest
from construct import Int8ul
from formats import acpi_checks as checks

from raslib.formats.cper import CperRecord
from raslib.formats.ghes import StatusBlock
from raslib.records import Coded, Record, Register, UntilEnd, bits, field, flag, flags, named, rest, text, u16, u64
from raslib.views.fields import record_view
from raslib.views.text import hexdump, tree


class Fruit(Coded):
    PEAR = 2, "green"


class Valid(Register, ref="Book §1", width=8):
    weight: bool = flag(0, "the scales work")
    leaf: bool = flag(1, "it has one")
    level: int = bits(5, 4, "how full")


class Pear(Record, ref="Book §2"):
    fruit: int = named(Int8ul, Fruit, "what grows")
    price: int = u16("in cents")


class Basket(Record, ref="Book §3, Basket"):
    # fmt: off
    validation_bits: Valid = flags(Int8ul, Valid, "what to believe")
    label:             str = text(7, "what it says")
    weight:            int = u64("in grams", valid="weight")
    leaf:             Pear = field(Pear.con, "a pear as a leaf", valid="leaf")
    pears:             Any = field(UntilEnd(Pear.con, least=3), "the rest", ())
    beyond:          bytes = rest()
    # fmt: on


DATA = bytes.fromhex("12 42534b54000000 0001000000000000 020500 02ff00 010000 ee")
TREE = """\
Basket  [Book §3, Basket]
   0x0000+1  validation_bits  0x12  (leaf)
      [5:4]    level          1
        [1]    leaf           yes
   0x0001+7  label            "BSKT"
   0x0008+8  weight           0x0000000000000100  -- not valid
   0x0010+3  leaf
   0x0010+1    fruit          PEAR  (2: green)
   0x0011+2    price          5
   0x0013+6  pears
   0x0013+3    pears[0]
   0x0013+1      fruit        PEAR  (2: green)
   0x0014+2      price        255  (0xff)
   0x0016+3    pears[1]
   0x0016+1      fruit        1  (no name for it here)
   0x0017+2      price        0
   0x0019+1  beyond           ee
"""
HEX = """\
Basket  [Book §3, Basket]
00001000  12 42 53 4b 54 00 00 00  00 01 00 00 00 00 00 00  |.BSKT...........|
          +0  validation_bits = 0x12  (leaf)
          +1  label = "BSKT"
          +8  weight = 0x0000000000000100  -- not valid
00001010  02 05 00 02 ff 00 01 00  00 ee                    |..........|
          +0  leaf.fruit = PEAR  (2: green)
          +1  leaf.price = 5
          +3  pears[0].fruit = PEAR  (2: green)
          +4  pears[0].price = 255  (0xff)
          +6  pears[1].fruit = 1  (no name for it here)
          +7  pears[1].price = 0
          +9  beyond = ee
"""


def test_a_tree_in_full():
    assert tree(record_view(Basket, DATA)) == TREE


def test_a_hex_dump_in_full():
    assert hexdump(record_view(Basket, DATA, base=0x1000)) == HEX


def test_what_a_group_holds_that_is_not_valid_is_left_out():
    lines = tree(record_view(Basket, b"\x11" + DATA[1:])).splitlines()
    assert lines[5:8] == [
        "   0x0008+8  weight           0x0000000000000100",
        "   0x0010+3  leaf             -- not valid",
        "   0x0013+6  pears",
    ]


def test_broken_bytes_end_in_where_they_break():
    broken = "--- it breaks here: Basket.leaf.price at byte 17 (0x11): needs 2 bytes, 1 are left"
    said = tree(record_view(Basket, DATA[:18]))
    assert said.splitlines()[-3:] == [
        "   0x0008+8  weight           0x0000000000000100  -- not valid",
        "   0x0010+1    fruit          PEAR  (2: green)",
        broken,
    ]
    dump = hexdump(record_view(Basket, DATA[:18])).splitlines()
    assert dump[-3:] == [
        "00000010  02 05                                             |..|",
        "          +0  leaf.fruit = PEAR  (2: green)",
        broken,
    ]


def test_nothing_at_all_is_a_title_and_an_error():
    title = "Basket  [Book §3, Basket]\n"
    error = "--- it breaks here: Basket.validation_bits at byte 0 (0x0): needs 1 bytes, 0 are left\n"
    assert tree(record_view(Basket, b"")) == hexdump(record_view(Basket, b"")) == title + error


@pytest.mark.parametrize("path", checks.shared("vectors", "samples/estatus", "samples/whea"))
def test_every_tree_and_dump_is_whole(path):
    """Each field that is no clear flag and stands in no doubted group has its line; the dump has every byte."""
    data, kind = path.read_bytes(), CperRecord if path.suffix == ".cper" else StatusBlock
    view = record_view(kind, data)
    shown = [
        f for f in view["fields"] if not (f["bits"] and f["value"] == "no") and not (f["inside"] and not f["valid"])
    ]
    lines = tree(view).splitlines()[1:]
    assert [line.split()[1] for line in lines if not line.startswith("---")] == [f["name"] for f in shown]
    dump = [line[10:58] for line in hexdump(view).splitlines()[1:] if line[8:10] == "  " and line[:8].strip()]
    assert bytes.fromhex("".join(dump)) == data
    under = [line.split()[1] for line in hexdump(view).splitlines() if line.startswith(f"{'':10}+")]
    assert under == [f["path"] for f in view["fields"] if not f["group"] and not f["bits"]]
