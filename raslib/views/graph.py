"""Graphs in DOT as pictures, whatever is installed: `dot`, pygraphviz, else text.

The picture takes the colours of its surroundings, and keeps Graphviz' ids and classes. Layouts differ between versions
of Graphviz; only the DOT text is the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any
from xml.etree import ElementTree

from .theme import FONT, picture, style

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
SCALE = 1.1  # pixels for a point of the layout
DEFAULTS = (
    'graph [bgcolor=transparent fontname=Helvetica fontsize=12 pad="0.1"] '
    "node [fontname=Helvetica fontsize=12] edge [fontname=Helvetica fontsize=11 arrowsize=0.7]"
)
_ID = r'"(?:[^"\\]|\\.)*"|<(?:[^<>]|<[^<>]*>)*>|[\w.:]+'
_HEADER = re.compile(rf"^\s*(?:strict\s+)?(?:di)?graph\b\s*(?:{_ID})?\s*\{{", re.MULTILINE)


@dataclass(frozen=True)
class Picture:
    """A drawn graph: `svg` ("" where nothing could draw it), the same in words, and which `tier` drew it."""

    svg: str
    text: str
    tier: str
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = picture(self.svg, self.alt) if self.svg else f"<pre>{escape(self.text)}</pre>"
        return {"text/html": html, "text/plain": self.text}


def draw(graph: Any, name: str = "", alt: str = "", text: str = "") -> Picture:
    """Draw DOT text or a `graphviz` graph; *name* is its short title, *alt* says what is to be seen.

    *text* is the graph in words, for where there is no picture; left out, that is the DOT text. Never fails for want of
    a program. A link in the DOT that is not http or https is left out. Raises ValueError if the text is not DOT.
    """
    dot = str(getattr(graph, "source", graph))
    if not _HEADER.search(dot):
        raise ValueError("this is not DOT: it does not begin with graph or digraph")
    text = text or dot
    name, alt = name or alt or "Graph", alt or text
    for tier, make in TIERS.items():
        if svg := make(dot):
            return Picture(_dressed(svg, name, alt), text, tier, alt)
    return Picture("", text, "text", alt)


shown = draw  # what `show` makes of a `graphviz` graph


# --- who draws -------------------------------------------------------------------------------------------------------


def _with_defaults(dot: str) -> str:
    return _HEADER.sub(lambda found: f"{found[0]} {DEFAULTS}\n", dot, count=1)


def _by_dot(dot: str) -> str:
    import graphviz  # only where there is something to draw

    try:
        svg = graphviz.pipe_string("dot", "svg", input_string=_with_defaults(dot), encoding="utf-8", quiet=True)
    except graphviz.CalledProcessError as failed:
        if "syntax error" in failed.stderr:
            raise ValueError(f"this is not DOT: {failed.stderr.strip()}") from None
        return ""
    except (OSError, graphviz.ExecutableNotFound):  # a browser has no processes; a broken dot is as good as none
        return ""
    return str(svg)


def _by_pygraphviz(dot: str) -> str:
    try:
        import pygraphviz
    except ImportError:
        return ""
    try:
        svg: bytes = pygraphviz.AGraph(string=_with_defaults(dot)).draw(format="svg", prog="dot")
    except (OSError, RuntimeError, ValueError):
        return ""
    return svg.decode("utf-8")


TIERS: dict[str, Callable[[str], str]] = {"dot": _by_dot, "pygraphviz": _by_pygraphviz}


# --- how it is dressed -----------------------------------------------------------------------------------------------


def _dressed(svg: str, name: str, alt: str) -> str:
    """Graphviz' SVG for any ground: black becomes the colour of the text, fills become tints, the size follows."""
    svg = re.sub(r'(fill|stroke)="(?:black|#000000)"', r'\1="currentColor"', svg)
    root = ElementTree.fromstring(re.sub(r"&(?!#?\w+;)", "&amp;", svg))  # dot leaves an & in an address as it is
    wide, tall = (float(part) for part in root.attrib["viewBox"].split()[2:])
    root.attrib |= {"class": "ras-svg ras-graph", "role": "img", "fill": "currentColor"}
    root.attrib |= {"width": f"{wide * SCALE:.0f}", "height": f"{tall * SCALE:.0f}"}
    for tag, text in (("style", style("theme", "svg")), ("desc", alt), ("title", name)):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.text = text
        root.insert(0, element)
    for element in root.iter():
        if not re.match(r"https?://", element.get(LINK, "https://")):
            del element.attrib[LINK]
    for group in root.iter(f"{{{SVG}}}g"):
        for shape in group:
            if shape.tag == f"{{{SVG}}}text":
                shape.set("font-family", FONT)
            elif group.get("class") == "graph" and shape.get("fill") == "white":
                shape.set("fill", "none")
            elif group.get("class") != "edge" and shape.get("fill", "none") not in ("none", "transparent"):
                # A pale fill would be glaring on dark ground, under text that is light there.
                shape.set("fill-opacity", "0.16")
                if shape.get("fill") in ("lightgrey", "lightgray", "#d3d3d3"):
                    shape.set("fill", "currentColor")
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
