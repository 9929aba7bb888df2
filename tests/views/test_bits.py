"""The ruler of a register's bits, and its table."""

from types import new_class
from xml.etree import ElementTree

import pytest

from raslib.registers import Register, bits
from raslib.views.bits import below, legend, ruler
from raslib.views.errstatus import err_status
from raslib.views.reading import RegisterKind, RegisterReading
from raslib.views.syndrome import Syndrome, explain, explained

SVG = "{http://www.w3.org/2000/svg}"
ESR = explain("esr", 0xBE000C11)


def syndrome(value: int = 0, **fields: tuple[int, int]) -> Syndrome:
    """A register with these fields, name -> bits."""
    listed = {name: bits(*where, "so it is") for name, where in fields.items()}
    layout = new_class("R", (Register,), {"listed": listed})
    return explained(RegisterKind("R", (0, 0), lambda _: RegisterReading(layout, lambda _: ("", []))), value)


FLAGS = syndrome(**{f"a_rather_long_name_{bit}": (bit, bit) for bit in range(31, -1, -1)})
ALL = [ESR, err_status(0xE4800010), FLAGS, syndrome(), syndrome(high=(63, 60), low=(3, 0))]


def drawn(register: Syndrome) -> ElementTree.Element:
    return ElementTree.fromstring(ruler(register))


def words(root: ElementTree.Element, look: str) -> list[str]:
    return [text.text for text in root.iter(f"{SVG}text") if look in text.get("class").split() and text.text]


@pytest.mark.parametrize("register", ALL, ids=lambda register: f"{register.name}-{len(register.fields)}")
def test_the_boxes_touch_and_have_every_bit_once(register):
    root = drawn(register)
    rows: dict[float, list[tuple[float, float]]] = {}
    for box in root.iter(f"{SVG}rect"):
        rows.setdefault(float(box.get("y")), []).append((float(box.get("x")), float(box.get("width"))))
    for row in rows.values():
        assert [x for x, _ in row[1:]] == [x + wide for x, wide in row[:-1]]
        assert sum(wide for _, wide in row) <= max(24 * 32, row[0][1])
    assert words(root, "dim") == [str(bit) for bit in range(63, -1, -1)]


def test_bits_of_the_word_fill_the_boxes():
    assert int("".join(words(drawn(ESR), "bit")), 2) == 0xBE000C11


def test_every_field_has_a_name_and_a_tool_tip():
    root = drawn(ESR)
    assert [name for name in words(root, "name") if name != "reserved"] == [f["name"] for f in ESR.fields]
    tips = [title.text for title in root.iter(f"{SVG}title")]
    assert (
        "AET [12:10] = UER: 3: recoverable: consumed, software must repair before the PE goes on: "
        "asynchronous error type: what is left of the PE's state; valid with DFSC 0x11"
    ) in tips
    assert root.findtext(f"{SVG}title") == "ESR_ELx = 0xbe000c11"


@pytest.mark.parametrize("register", ALL[:3], ids=["esr", "errstatus", "flags"])
def test_no_two_texts_overlap_and_none_is_cut(register):
    """By a generous estimate of their width."""
    root = drawn(register)
    placed = []
    for text in root.iter(f"{SVG}text"):
        if text.get("class") in ("name", "value") and text.text:
            x, wide = float(text.get("x")), 6.2 * len(text.text) * 0.95
            placed.append((x - wide / 2, x + wide / 2, float(text.get("y")), text.text))
    for i, (left, right, y, text) in enumerate(placed):
        assert left >= 0, text
        assert right <= float(root.get("width")), text
        for left2, right2, y2, text2 in placed[:i]:
            assert y != y2 or right <= left2 or right2 <= left, f"{text} and {text2}"


def test_every_name_is_whole_however_long():
    names = [text for text in words(drawn(FLAGS), "name") if text != "reserved"]
    rows = [row[1].text for row in ElementTree.fromstring(legend(FLAGS)).iter("tr")][1:]
    assert names == rows == [f["name"] for f in FLAGS.fields]


@pytest.mark.parametrize(
    ("value", "meaning", "caption"),
    [
        ("0", "1: a write, 0: a read", "0 a read"),
        ("1", "1: a write, 0: a read", "1 a write"),
        ("0", "1: FAR_ELx does not hold the address", "0"),
        (
            "EXTERNAL_ABORT",
            "16: synchronous external abort, not on a walk",
            "EXTERNAL_ABORT synchronous external abort",
        ),
        ("0x3f", "", "0x3f"),
    ],
)
def test_a_caption_says_what_this_value_means(value, meaning, caption):
    assert below({"name": "WnR", "value": value, "text": meaning}) == caption


def test_the_document_is_not_said_twice():
    (row,) = list(ElementTree.fromstring(legend(syndrome(V=(0, 0)))).iter("tr"))[1:]
    assert [cell.text for cell in row][3:] == ["so it is", None]


def test_text_stays_text():
    nasty = 'a <b> & "c"'
    register = syndrome(**{nasty: (31, 0)})
    assert nasty in words(drawn(register), "name")
    assert "<b>" not in legend(register)
