"""Numbers as bars next to each other: a picture with every number in words, for a notebook."""

import math
from collections.abc import Iterable
from html import escape

from .theme import Shown, picture, svg, text_width

SIZE, STEP, WIDE = 13, 22, 360  # pixels: letters, from bar to bar, the longest bar
HIDES = 200
SLACK = 1.25  # fonts differ in width, and bold letters are wider


def bars(numbers: Iterable[tuple[str, int]], title: str) -> Shown:
    """One bar for each (label, number), in their order; the longest is the largest number.

    Where the largest would hide the rest, more than `HIDES` times the smallest, the scale is logarithmic and says so.
    """
    counts = [(label, number, f"{number:,}".replace(",", "\u202f")) for label, number in numbers]
    spoken = "; ".join(f"{label}: {number}" for label, number, _ in counts)
    text = f"{title}. {spoken}"
    return Shown(picture(_svg(counts, title, spoken), text), text)


def _svg(counts: list[tuple[str, int, str]], title: str, spoken: str) -> str:
    left = max((text_width(label, SIZE) for label, *_ in counts), default=0) * SLACK + 12
    right = max((text_width(shown, SIZE) for *_, shown in counts), default=0) * SLACK + 12
    counted = [number for _, number, _ in counts if number] or [1]
    scale = math.log1p if max(counted) > HIDES * min(counted) else float
    title += " (logarithmic scale)" if scale is math.log1p else ""
    width, height = left + WIDE + right, STEP * (len(counts) + 1) + 8
    rows = [f'<text x="4" y="16" font-weight="600">{escape(title)}</text>']
    for i, (label, number, shown) in enumerate(counts):
        y, long = STEP * (i + 1) + 4, max(1.0, WIDE * scale(number) / scale(max(counted))) if number else 0.0
        rows.append(
            f'<text x="{left - 8:.0f}" y="{y + 14}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="accent" x="{left:.0f}" y="{y + 2}" width="{long:.1f}" height="{STEP - 6}"/>'
            f'<text x="{left + long + 6:.1f}" y="{y + 14}">{shown}</text>'
        )
    width = max(width, text_width(title, SIZE) * SLACK + 8)
    return svg(title, spoken, "".join(rows), round(width), height)
