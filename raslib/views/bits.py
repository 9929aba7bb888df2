"""A syndrome as a row of boxes, a field in each, its name over it and its value below; as a table; and live."""

import re
from html import escape
from typing import Any

from ..learn.terms import card_lines
from .reading import tables
from .syndrome import Syndrome
from .table import Html, table
from .theme import Shown, live, picture, svg, text_width
from .words import bit_range

Field = dict[str, Any]
CELL, BOX, HIGH = 24, 30, 96  # pixels: a bit, how high its box is, and from one row of boxes to the next
ROW = 32  # bits in a row
EDGE = 8
SLACK = 1.15  # the fonts of FONT differ in width


def shown(register: Syndrome) -> Any:
    """A syndrome whose bits can be turned, or still."""
    return live("Registers", register_view(register), still=still(register)) or Shown(still(register), str(register))


def register_view(register: Syndrome) -> dict[str, Any]:
    """What the model of a live syndrome holds: `static/registers.js`."""
    known, value = tables(register.kinds), f"{register.value:#x}"
    return {"tables": known, "register": register.name, "value": value, "terms": card_lines(str(known))}


def still(register: Syndrome) -> str:
    """HTML of a syndrome: its ruler, what follows from it, and its legend."""
    follows = "".join(f"<p>{escape(line)}</p>" for line in register.means)
    return picture(ruler(register), f"The bits of {register.name}") + follows + legend(register)


def legend(register: Syndrome) -> str:
    """The fields as an HTML table: bits, name, value and meaning, and what the document says beyond the meaning."""
    rows = []
    for f in register.fields:
        value, more = Html(f"<code>{escape(f['value'])}</code>"), f["doc"] * (f["doc"] != f["text"])
        rows.append((bit_range(f["bits"]), f["name"], value, f["text"], more))
    return table(("Bits", "Field", "Value", "Meaning", "Says the document"), rows)


def ruler(register: Syndrome) -> str:
    """SVG text of a syndrome: a box for each field, the highest bit first, as wide as its bits, its name and its value.

    Bits that no field has are drawn as reserved.
    """
    x, top, reach, parts = EDGE, EDGE, 0, list[str]()
    for field in register.parts:
        high, low = field["bits"]
        words = max(text_width(field["name"], 13), text_width(below(field), 13))
        wide = round(max(CELL * (high - low + 1), SLACK * words + 8))
        if x > EDGE and x + wide > EDGE + ROW * CELL:
            x, top = EDGE, top + HIGH
        parts.append(_box(field, x, top, wide, register.value))
        x += wide
        reach = max(reach, x)
    name, desc = f"{register.name} = {register.value:#x}", "; ".join(map(_described, register.fields))
    return svg(name, desc, "\n".join(parts), reach + EDGE, top + HIGH, look="ruler")


def _box(field: Field, x: int, top: int, wide: int, word: int) -> str:
    """A box with its bits and their numbers, its name over it and its value below."""
    high, low = field["bits"]
    cell, box, middle = wide / (high - low + 1), top + 34, x + wide / 2
    texts = [_text(field["name"], middle, top + 13, "name"), _text(below(field), middle, box + BOX + 15, "value")]
    for bit in range(high, low - 1, -1):
        at, value = x + cell * (high - bit + 0.5), word >> bit & 1
        texts += [_text(str(bit), at, box - 4, "dim"), _text(str(value), at, box + 20, "bit one" if value else "bit")]
    return (
        f'<g class="field{" reserved" * (field["name"] == "reserved")}" data-bits="{bit_range(field["bits"])}">'
        f"<title>{escape(_described(field))}</title>"
        f'<rect class="box" x="{x}" y="{box}" width="{wide}" height="{BOX}"/>{"".join(texts)}</g>'
    )


def _text(text: str, x: float, y: int, look: str) -> str:
    return f'<text class="{look}" x="{x:g}" y="{y}" text-anchor="middle">{escape(text)}</text>'


def below(field: Field) -> str:
    """What stands below a box: the value, and what this value says, not what another one would."""
    if field["name"] == "reserved":
        return ""
    value, meaning = field["value"], field["text"]
    meaning = meaning if value.isdecimal() else re.sub(r"^\d+: (?=\D)", "", meaning)
    if cases := dict(re.findall(r"(?:^|, |; )([01]): ([^,;]+)", meaning)):
        meaning = cases.get(value, "")
    return f"{value} {re.split(r'[,;:(]', meaning)[0]}".strip()


def _described(field: Field) -> str:
    desc = f"{field['name']} [{bit_range(field['bits'])}] = {field['value']}"
    return ": ".join(part for part in dict.fromkeys((desc, field["text"], field["doc"])) if part)
