"""A register as a ruler of bits: names above, values below, a table for the rest.

What fits over its box stands there. What does not gets a line up (or down) to where there is room; where even that
would be a forest, the bit numbers and the table tell.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

from .reading import tables
from .table import Html, table
from .theme import Shown, live, picture, svg, text_width

CELL, BOX = 24, 30  # one bit, and how high it is
ROW = 32  # bits in a row
TIER = 17  # from one line of names to the next
MOST = 9  # lines of names; more are left to the table
EDGE = 8
SLACK = 1.15  # the fonts of FONT differ in width


class BitField(NamedTuple):
    """Bits hi:lo of a register: its name, its value as text, what that means, and what the document says."""

    hi: int
    lo: int
    name: str
    value: str = ""
    meaning: str = ""
    doc: str = ""

    @property
    def bits(self) -> str:
        """`24`, or `12:10`."""
        return str(self.hi) if self.hi == self.lo else f"{self.hi}:{self.lo}"

    @property
    def reserved(self) -> bool:
        """Whether it means nothing: RES0, RES1, reserved, or bits that nobody named."""
        return not self.name or self.name.lower().startswith(("res0", "res1", "reserved"))


class _Note(NamedTuple):
    """A name or a value beside the boxes: under its box (tier 0), or at the end of a line."""

    text: str
    at: float
    tier: int
    dim: bool


def ruler(title: str, width: int, fields: Iterable[Any], word: int | None = None) -> str:
    """SVG text of a register of *width* bits (32 to a row, the highest first); *word* fills the boxes with its bits.

    *fields* are `BitField`s, or tuples or dictionaries of the same (other keys do not matter); bits that none of them
    has are drawn as reserved. Raises ValueError if two overlap, or one lies outside of the register.
    """
    covered = complete(width, fields)
    top, parts, right = 8.0, list[str](), 0.0
    for high in range(width - 1, -1, -ROW):
        low = max(0, high - ROW + 1)
        drawn, top, reach = _row([f for f in covered if f.hi >= low and f.lo <= high], high, low, top, word)
        parts.append(drawn)
        right = max(right, reach)
    desc = "; ".join(_said(field) for field in covered if not field.reserved)
    return svg(title, desc, "\n".join(parts), round(right + EDGE), round(top), look="ruler")


def legend(width: int, fields: Iterable[Any]) -> str:
    """The same as an HTML table: bits, name, value and meaning, and what the document says."""
    rows = (
        (field.bits, field.name or "–", Html(f"<code>{escape(field.value)}</code>"), field.meaning, _more(field))
        for field in complete(width, fields)
        if not field.reserved or field.value not in ("", "0", "0x0")
    )
    return table(("Bits", "Field", "Value", "Meaning", "Says the document"), rows)


def _more(field: BitField) -> str:
    """What the document says beyond the meaning."""
    return "" if field.doc == field.meaning else field.doc


def shown(register: Any) -> Any:
    """A syndrome whose bits can be turned, or still."""
    return live("Registers", register_view(register), still=still(register)) or Shown(still(register), str(register))


def still(register: Any) -> str:
    """HTML of a syndrome: its ruler, what follows from it, and its legend."""
    boxes = register.boxes()
    follows = "".join(f"<p>{escape(line)}</p>" for line in register.means)
    drawn = ruler(f"{register.name} = {register.value:#x}", register.width, boxes, register.value)
    return picture(drawn, f"The bits of {register.name}") + follows + legend(register.width, boxes)


def register_view(register: Any) -> dict[str, Any]:
    """What the model of a live syndrome holds: `static/registers.js`."""
    return {"tables": tables(register.kinds), "register": register.name, "value": f"{register.value:#x}"}


def complete(width: int, fields: Iterable[Any]) -> list[BitField]:
    """All bits from the highest down, each once; ValueError if two fields overlap or one is outside."""
    given = [
        BitField(**{k: f[k] for k in BitField._fields if k in f}) if isinstance(f, dict) else BitField(*f)
        for f in fields
    ]
    covered, next_bit = [], width - 1
    for field in sorted(given, key=lambda f: -f.hi):
        if not next_bit >= field.hi >= field.lo >= 0:
            raise ValueError(f"bits {field.bits} ({field.name}) overlap another field or are outside of {width} bits")
        if field.hi < next_bit:
            covered.append(BitField(next_bit, field.hi + 1, ""))
        covered.append(field)
        next_bit = field.lo - 1
    return [*covered, BitField(next_bit, 0, "")] if next_bit >= 0 else covered


def _row(fields: Sequence[BitField], high: int, low: int, top: float, word: int | None) -> tuple[str, float, float]:
    """The bits high:low at *top*: SVG, where it ends, and how far to the right it reaches."""
    spans = [(EDGE + CELL * (high - min(f.hi, high)), EDGE + CELL * (high - max(f.lo, low) + 1)) for f in fields]
    names = _notes(fields, spans, [f.name for f in fields])
    values = _notes(fields, spans, [_below(f) for f in fields])
    box = top + TIER * (1 + max((n.tier for n in names), default=0)) + 12
    end = box + BOX
    out = []
    for field, (x0, x1) in zip(fields, spans, strict=True):
        shown = [bit for bit in range(field.hi, field.lo - 1, -1) if low <= bit <= high]
        out.append(
            f'<g class="field{" reserved" if field.reserved else ""}" data-bits="{field.bits}">'
            f"<title>{escape(_said(field))}</title>"
            f'<rect class="box" x="{x0}" y="{box:g}" width="{x1 - x0}" height="{BOX}"/>'
            + "".join(f'<path class="tick" d="M{x0 + CELL * i} {box:g}v{BOX}"/>' for i in range(1, len(shown)))
            + "".join(_bit(word, bit, x0 + CELL * (i + 0.5), box) for i, bit in enumerate(shown) if word is not None)
            + "".join(
                f'<text class="dim" x="{x0 + CELL * (shown.index(bit) + 0.5):g}" y="{box - 4:g}" font-size="9.5" '
                f'text-anchor="middle">{bit}</text>'
                for bit in dict.fromkeys((shown[0], shown[-1]))
            )
            + "</g>"
        )
    out += [_draw(note, box - 16, -TIER) for note in names]
    out += [_draw(note, end + 15, TIER) for note in values]
    reach = max(
        EDGE + CELL * (high - low + 1),
        *(n.at + SLACK * text_width(n.text, 13) + 8 for n in [*names, *values] if n.tier),
        0,
    )
    return "".join(out), end + TIER * (1 + max((n.tier for n in values), default=-1)) + 22, reach


def _notes(fields: Sequence[BitField], spans: Sequence[tuple[float, float]], texts: Sequence[str]) -> list[_Note]:
    """Where each text goes. From the right to the left, so that no text crosses the line of one further right."""
    notes: list[_Note] = []
    for field, (x0, x1), text in reversed(list(zip(fields, spans, texts, strict=True))):
        if not text:
            continue
        middle = (x0 + x1) / 2
        if text_width(text, 13) <= x1 - x0 - 4:
            notes.append(_Note(text, middle, 0, field.reserved))
        elif not field.reserved:
            end = middle + SLACK * text_width(text, 13) + 12
            notes.append(
                _Note(text, middle, 1 + max((n.tier for n in notes if n.tier and n.at < end), default=0), False)
            )
    return [note for note in notes if note.tier <= MOST]


def _draw(note: _Note, y: float, step: float) -> str:
    look = ' class="dim"' if note.dim else ""
    if not note.tier:
        return f'<text{look} x="{note.at:g}" y="{y:g}" text-anchor="middle">{escape(note.text)}</text>'
    # The line starts beyond the bit numbers above, directly at the box below.
    start, end = (y + 2, y + step * note.tier - 4) if step < 0 else (y - 12, y + step * note.tier - 4)
    return (
        f'<path class="lead" d="M{note.at:g} {start:g}V{end:g}h5"/>'
        f'<text{look} x="{note.at + 8:g}" y="{end + 4:g}">{escape(note.text)}</text>'
    )


def _bit(word: int | None, bit: int, x: float, top: float) -> str:
    value = (word or 0) >> bit & 1
    return f'<text class="bit{" one" if value else ""}" x="{x:g}" y="{top + 20:g}" text-anchor="middle">{value}</text>'


def _below(field: BitField) -> str:
    """What stands below a box: the value, and what this value says, not what another one would."""
    if field.reserved:
        return ""
    meaning = re.sub(r"^\d+: (?=\D)", "", field.meaning) if not field.value.isdecimal() else field.meaning
    if cases := dict(re.findall(r"(?:^|, |; )([01]): ([^,;]+)", meaning)):
        meaning = cases.get(field.value, "")
    return f"{field.value} {re.split(r'[,;:(]', meaning)[0]}".strip()


def _said(field: BitField) -> str:
    desc = f"{field.name or 'not named'} [{field.bits}]"
    desc += f" = {field.value}" if field.value else ""
    return ": ".join(part for part in dict.fromkeys((desc, field.meaning, field.doc)) if part)
