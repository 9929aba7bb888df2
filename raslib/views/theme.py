"""What pictures and tables share: the stylesheet, a font, how wide words are, HTML around an SVG."""

import base64
import json
import os
import re
from functools import cache
from html import escape
from importlib import import_module
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from .. import resources

STATIC = Path(__file__).with_name("static")
FONT = "'Segoe UI', Roboto, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"


class Shown:
    """Something drawn without a live part: HTML, and the same as text."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": tables_style() + self.html, "text/plain": self.text}


def live(name: str, view: Any, **how: Any) -> Any:
    """The widget of `widgets` called *name*; None without the packages for it."""
    if not (find_spec("anywidget") and find_spec("IPython")):
        return None
    return getattr(import_module(".widgets", __package__), name)(view, **how)


@cache
def style(*parts: str) -> str:
    """These parts of `static/views.css`, by their names, without comments. KeyError if one is not there."""
    sheet = re.split(r"/\* == (\w+) ==.*?\*/\n", (STATIC / "views.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    named = dict(zip(sheet[1::2], sheet[2::2], strict=True))
    return re.sub(r"/\*.*?\*/\n?", "", "".join(named[part] for part in parts), flags=re.DOTALL)


def esm(*names: str) -> str:
    """The module of a widget: `dom.js` and these files of `static`, the last of which has its `render`."""
    return f"{joined('dom.js', *names)}\nexport default {{ render }};\n"


def joined(*names: str) -> str:
    """These files of `static` as one text, as neither a widget nor a page from a disk can import other files.

    Scripts are without comments and indents, which a page need not carry; `map.svg` becomes a constant, `MAP`.
    """
    return "\n".join(map(_piece, names))


def _piece(name: str) -> str:
    if name == "map.svg":
        return f"const MAP = {json.dumps(map_svg())};"
    source = (STATIC / name).read_text(encoding="utf-8").replace("export function", "function")
    lines = re.sub(r"/\*\*.*?\*/", "", source, flags=re.DOTALL).splitlines()
    lines = [line.partition(" // ")[0].strip() for line in lines]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def map_svg() -> str:
    """The picture `map.svg`, on which nothing is lit, with its part of the stylesheet in it."""
    svg = (STATIC / "map.svg").read_text(encoding="utf-8")
    return svg.replace(">", f"><style>{style('theme', 'svg', 'map')}</style>", 1)


def tables_style() -> str:
    """The style element of tables, for HTML that no page or widget brings it to; the site has a stylesheet."""
    return "" if for_site() else f"<style>{style('theme', 'table', 'shares')}</style>"


def svg(title: str, desc: str, body: str, width: float, height: float, *, look: str = "", more: str = "") -> str:
    """An SVG picture that takes the colours and the width of its surroundings, in pixels.

    *title* and *desc* say what is to be seen; *look* is the part of the stylesheet that it needs besides the common
    ones; *more* are further attributes.
    """
    styles, classes = style("theme", "svg", *([look] if look else [])), f"ras-svg ras-{look}" if look else "ras-svg"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{classes}" role="img" {more}'
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" font-family="{FONT}" font-size="13" '
        f'fill="currentColor"><title>{escape(title)}</title><desc>{escape(desc)}</desc><style>{styles}</style>\n'
        f"{body}</svg>\n"
    )


def view(shown: Any) -> dict[str, Any]:
    """The dictionary to draw: *shown* itself, or what its `view()` gives."""
    plain = shown.view() if hasattr(shown, "view") else shown
    if not isinstance(plain, dict):
        raise TypeError(f"a view is a dictionary or has view(); this is {type(shown).__name__}")
    return plain


def text_width(text: str, size: float) -> float:
    """About how wide *text* is in FONT at *size* pixels."""
    return sum(_widths().get(c, 556) for c in text) * size / 1000


@cache
def _widths() -> dict[str, int]:
    """How wide letters are, in thousandths of their size, where not as most."""
    table = resources.table(__file__, "widths.toml")
    return {letter: int(width) for width, letters in table.items() for letter in letters}


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """*text* in at most *lines* lines of *width* pixels, of about the same length; the rest becomes an ellipsis."""
    filled = _fill(text, width, size)
    if len(filled) > lines:
        filled[lines - 1 :] = [" ".join(filled[lines - 1 :])]
    else:
        narrower = (_fill(text, width - less, size) for less in range(0, int(width), 4))
        *_, filled = takewhile(lambda even: len(even) == len(filled), narrower)
    return [_cut(line, width, size) for line in filled]


def _fill(text: str, width: float, size: float) -> list[str]:
    filled = [""]
    for word in text.split():
        longer = f"{filled[-1]} {word}".lstrip()
        if not filled[-1] or text_width(longer, size) <= width:
            filled[-1] = longer
        else:
            filled.append(word)
    return filled


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
    """*value* as JSON for a script element, which nothing in it can end, without what says nothing."""
    lean = json.loads(json.dumps(value), object_hook=lambda each: {k: v for k, v in each.items() if _tells(k, v)})
    return json.dumps(lean, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


SPARE = ("depth", "edit", "inside", "name")  # of a field, in a page where nothing is edited


def _tells(key: str, value: Any) -> bool:
    """Whether a key says something to a script, and more than others do: so a page stays small."""
    if key == "value" or (key in ("right", "valid") and value is False):
        return True
    return not (key in SPARE or value is None or value is False or value == "")


def for_site() -> bool:
    """Is what is shown to stand in a page of a site, because RASLIB_SITE is set?"""
    return bool(os.environ.get("RASLIB_SITE"))


def picture(svg: str, alt: str) -> str:
    """HTML that shows *svg* wherever a notebook is looked at; in a page of a site, the SVG alone.

    A trusted notebook shows the SVG itself, which takes the theme's colours, can be searched and has tool tips. An
    untrusted one loses `style` and `svg` elements: what is left shows the same as an image on white, with *alt*.
    (The sanitizer drops attributes without a value, so `hidden` has one.)
    """
    if for_site():
        return f'<div class="ras-inline">{svg}</div>'
    flat = svg.replace("<svg ", '<svg style="color:#1f2328;background:#fff" ', 1)
    data = base64.b64encode(flat.encode()).decode()
    return (
        f"<style>.ras-inline{{display:block!important;overflow-x:auto}}.ras-flat{{display:none!important}}</style>"
        f'<div class="ras-inline" hidden="hidden">{svg}</div>'
        f'<img class="ras-flat" alt={quoteattr(alt)} src="data:image/svg+xml;base64,{data}">'
    )
