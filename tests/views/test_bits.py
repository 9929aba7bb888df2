"""The ruler of a register's bits."""

from xml.etree import ElementTree

import pytest

from raslib.views.bits import BitField, legend, ruler

SVG = "{http://www.w3.org/2000/svg}"
# ESR_ELx of an SError (Arm ARM, ESR_EL2)
ESR = [
    (63, 56, "RES0", "0x0"),
    (55, 32, "ISS2", "0x0"),
    (31, 26, "EC", "0x2f", "SError"),
    (25, 25, "IL", "1", "32-bit instruction"),
    (24, 24, "IDS", "0", "bits 23:0 are as the architecture says"),
    (23, 18, "RES0", "0x0"),
    (17, 16, "WU", "0", "no statement"),
    (13, 13, "IESB", "0", "not by an implicit barrier"),
    (12, 10, "AET", "0b011", "UER, recoverable", "What state the PE is in."),
    (9, 9, "EA", "0", "external abort type"),
    (7, 7, "WnRV", "0", "WnR is not valid"),
    (6, 6, "WnR", "0"),
    (5, 0, "DFSC", "0x11", "asynchronous SError"),
]
FLAGS = [(bit, bit, f"a_rather_long_name_{bit}", "1", "so it is") for bit in range(32)]


def drawn(*args, **more) -> ElementTree.Element:
    return ElementTree.fromstring(ruler(*args, **more))


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float]]:
    return [
        (float(box.get("y")), float(box.get("x")), float(box.get("width")))
        for box in root.iter(f"{SVG}rect")
        if box.get("class") == "box"
    ]


@pytest.mark.parametrize(("width", "fields"), [(64, ESR), (32, FLAGS), (32, []), (8, [(7, 4, "high"), (3, 0, "low")])])
def test_the_boxes_cover_every_bit_once(width, fields):
    """Row by row the boxes touch, and together they are as wide as the register has bits."""
    rows: dict[float, list[tuple[float, float]]] = {}
    for y, x, wide in boxes(drawn("R", width, fields)):
        rows.setdefault(y, []).append((x, wide))
    assert len(rows) == (2 if width > 32 else 1)
    for row in rows.values():
        assert [x for x, _ in row[1:]] == [x + wide for x, wide in row[:-1]]
        assert sum(wide for _, wide in row) == 24 * min(width, 32)


def test_a_field_over_both_rows_is_drawn_in_both():
    root = drawn("R", 64, [(35, 28, "across")])
    assert [wide / 24 for _, _, wide in boxes(root)] == [28, 4, 4, 28]


def test_bits_of_the_word_fill_the_boxes():
    root = drawn("ESR_EL2", 64, ESR, word=0xBE000C11)
    digits = [text.text for text in root.iter(f"{SVG}text") if "bit" in text.get("class", "").split()]
    assert int("".join(digits), 2) == 0xBE000C11


def test_every_field_has_a_name_and_a_tool_tip():
    root = drawn("ESR_EL2", 64, ESR)
    shown = {text.text for text in root.iter(f"{SVG}text")}
    tips = [title.text for title in root.iter(f"{SVG}title")]
    for hi, lo, name, *_ in ESR:
        where = str(hi) if hi == lo else f"{hi}:{lo}"
        assert name in shown or name == "RES0"
        assert any(tip.startswith(f"{name} [{where}]") for tip in tips)
    assert "AET [12:10] = 0b011: UER, recoverable: What state the PE is in." in tips
    assert root.findtext(f"{SVG}title") == "ESR_EL2"


def placed(root: ElementTree.Element) -> list[tuple[float, float, float, str]]:
    """Names and values as (left, right, y, text), by a generous estimate of their width."""
    found = []
    for text in root.iter(f"{SVG}text"):
        if text.get("font-size") or "bit" in text.get("class", "").split():
            continue
        x, wide = float(text.get("x")), 6.2 * len(text.text) * 0.95
        left = x - wide / 2 if text.get("text-anchor") == "middle" else x
        found.append((left, left + wide, float(text.get("y")), text.text))
    return found


@pytest.mark.parametrize("fields", [ESR, FLAGS], ids=["esr", "flags"])
def test_no_two_texts_overlap(fields):
    root = drawn("R", 64, fields, word=0)
    texts = placed(root)
    for i, (left, right, y, text) in enumerate(texts):
        assert right <= float(root.get("width")) + 8, text
        for left2, right2, y2, text2 in texts[:i]:
            assert y != y2 or right <= left2 or right2 <= left, f"{text} and {text2}"


def test_where_names_would_be_a_forest_the_table_has_them():
    names = {text for *_, text in placed(drawn("R", 32, FLAGS))}
    assert 0 < len([name for name in names if "name" in name]) < 32
    table = ElementTree.fromstring(legend(32, FLAGS))
    assert [row[1].text for row in table.iter("tr")][1:] == [f"a_rather_long_name_{bit}" for bit in range(31, -1, -1)]


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
def test_a_caption_says_what_this_value_means_and_is_whole(value, meaning, caption):
    root = drawn("R", 32, [(0, 0, "WnR", value, meaning)])
    assert caption in [text for *_, text in placed(root)]
    assert not any("…" in text for *_, text in placed(root))


def test_the_document_is_not_said_twice():
    (row,) = list(ElementTree.fromstring(legend(1, [(0, 0, "V", "1", "so it is", "so it is")])).iter("tr"))[1:]
    assert [cell.text for cell in row][3:] == ["so it is", None]


def test_fields_may_be_dictionaries_with_more_in_them():
    field = {"hi": 5, "lo": 0, "name": "DFSC", "value": "0x11", "ref": "Arm ARM", "bits": [5, 0]}
    assert ruler("R", 32, [field]) == ruler("R", 32, [BitField(5, 0, "DFSC", "0x11")])


@pytest.mark.parametrize("fields", [[(3, 0, "a"), (5, 3, "b")], [(32, 30, "a")], [(0, 1, "a")]])
def test_fields_that_cannot_be_are_refused(fields):
    with pytest.raises(ValueError, match="bits"):
        ruler("R", 32, fields)


def test_text_stays_text():
    nasty = 'a <b> & "c"'
    root = drawn(nasty, 32, [(31, 0, nasty, nasty, nasty, nasty)])
    assert root.findtext(f"{SVG}title") == nasty
    assert "<b>" not in legend(32, [(31, 0, nasty, nasty, nasty, nasty)])
