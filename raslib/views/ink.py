"""What the pictures and tables share: a font, the colours of light and dark, how wide words are, HTML around an SVG."""

import base64
import json
import re
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

STATIC = Path(__file__).with_name("static")
FONT = "'Segoe UI', Roboto, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
# One accent: Okabe and Ito's blue, and on dark ground their sky blue.
STYLE = """
.ras-svg { max-width: 100%; height: auto }
.ras-svg .dim { opacity: .72 }
.ras-svg .accent { fill: var(--ras-accent, #0072b2) }
[data-jp-theme-light="false"] .ras-svg { --ras-accent: #56b4e9; --ras-on-accent: #000 }
@media (prefers-color-scheme: dark) {
  :root:not(:has([data-jp-theme-light])) .ras-svg { --ras-accent: #56b4e9; --ras-on-accent: #000 }
}
"""
# Advance widths of Arial in thousandths of the size; the fonts of FONT differ by a few per cent.
WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys("ft.,:;/\\ !I[]·", 278),
    **dict.fromkeys("r()-`°", 333),
    **dict.fromkeys("cksvxyzJ", 500),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("W…", 1000),
    "@": 1015,
    "→": 1000,
}


def view(shown: Any) -> dict[str, Any]:
    """The dictionary to draw: *shown* itself, or what its `view()` gives."""
    found = shown.view() if hasattr(shown, "view") else shown
    if not isinstance(found, dict):
        raise TypeError(f"a view is a dictionary or has view(); this is {type(shown).__name__}")
    return found


def text_width(text: str, size: float) -> float:
    """About how wide *text* is in FONT at *size* pixels."""
    return sum(WIDTHS.get(c, 556) for c in text) * size / 1000


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """*text* in at most *lines* lines of *width* pixels, of about the same length; the rest becomes an ellipsis."""
    found = _fill(text, width, size)
    if len(found) > lines:
        found[lines - 1 :] = [" ".join(found[lines - 1 :])]
        return [_cut(line, width, size) for line in found]
    widest_word = max((text_width(word, size) for word in text.split()), default=width)
    for narrower in range(int(width), int(widest_word), -4):
        if len(even := _fill(text, narrower, size)) > len(found):
            break
        found = even
    return [_cut(line, width, size) for line in found]


def _fill(text: str, width: float, size: float) -> list[str]:
    found = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".lstrip()
        if not found[-1] or text_width(longer, size) <= width:
            found[-1] = longer
        else:
            found.append(word)
    return found


def _cut(line: str, width: float, size: float) -> str:
    if text_width(line, size) <= width:
        return line
    while line and text_width(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip(" ,") + "…"


def link(cite: dict[str, Any]) -> str:
    """A source as HTML: a link if it has a web address."""
    label, url = escape(cite["label"]), cite.get("url") or ""
    return f'<a href={quoteattr(url)} rel="noopener">{label}</a>' if re.match(r"https?://", url) else label


def embedded(value: Any) -> str:
    """*value* as JSON that may stand in a script element: nothing in it can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def picture(svg: str, alt: str) -> str:
    """HTML that shows *svg* wherever a notebook is looked at.

    A trusted notebook shows the SVG itself, which takes the theme's colours, can be searched and has tool tips. An
    untrusted one loses `style` and `svg` elements: what is left shows the same as an image on white, with *alt*.
    (The sanitizer drops attributes without a value, so `hidden` has one.)
    """
    flat = svg.replace("<svg ", '<svg style="color:#1f2328;background:#fff" ', 1)
    data = base64.b64encode(flat.encode()).decode()
    return (
        f"<style>.ras-inline{{display:block!important}}.ras-flat{{display:none!important}}</style>"
        f'<div class="ras-inline" hidden="hidden">{svg}</div>'
        f'<img class="ras-flat" alt={quoteattr(alt)} src="data:image/svg+xml;base64,{data}">'
    )
