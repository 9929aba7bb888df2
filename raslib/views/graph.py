"""Graphs in DOT as pictures, whatever is installed: `dot`, pygraphviz, a picture made beforehand, else text.

The picture takes the colours of its surroundings, and keeps Graphviz' ids and classes, so that nodes can be marked
without a new layout. Layouts differ between versions of Graphviz; only the DOT text and the reading of it are the same.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .ink import FONT, STATIC, STYLE, picture

GRAPHS = STATIC / "graphs"
SVG = "http://www.w3.org/2000/svg"
SCALE = 1.1  # pixels for a point of the layout
DEFAULTS = (
    'graph [bgcolor=transparent fontname=Helvetica fontsize=12 pad="0.1"] '
    "node [fontname=Helvetica fontsize=12] edge [fontname=Helvetica fontsize=11 arrowsize=0.7]"
)
GRAPH_STYLE = """
.ras-graph .node:hover > :is(path, polygon, ellipse) { stroke: var(--ras-accent, #0072b2) }
.ras-graph .marked > :is(path, polygon, ellipse) { stroke: var(--ras-accent, #0072b2); stroke-width: 2.5 }
.ras-graph .edge.marked > polygon { fill: var(--ras-accent, #0072b2) }
.ras-graph .marked > text { font-weight: 700 }
"""
_ID = r'"(?:[^"\\]|\\.)*"|<(?:[^<>]|<[^<>]*>)*>|[\w.:]+'
_HEADER = re.compile(rf"^\s*(?:strict\s+)?(?:di)?graph\b\s*(?:{_ID})?\s*\{{", re.MULTILINE)
_STATEMENT = re.compile(
    rf"(?P<open>subgraph\s+(?:{_ID})?\s*\{{)|(?P<close>\}})|(?P<tail>{_ID})(?:\s*-[->]\s*(?P<head>{_ID}))?"
    rf"\s*(?P<attributes>\[(?:{_ID}|[^\]\"<])*\])?(?:\s*=\s*(?P<value>{_ID}))?"
)
_LABEL = re.compile(rf"\blabel\s*=\s*({_ID})")


@dataclass(frozen=True)
class Picture:
    """A drawn graph: `svg` ("" where nothing could draw it), the same in words, and which `tier` drew it."""

    svg: str
    text: str
    tier: str
    alt: str

    def marked(self, *names: str) -> "Picture":
        """The same picture, with the nodes and edges of these names (`a`, `a->b`) or ids marked."""
        if not self.svg:
            return self
        root = ElementTree.fromstring(self.svg)
        for group in root.iter(f"{{{SVG}}}g"):
            title = group.findtext(f"{{{SVG}}}title")
            if {title, group.get("id")} & set(names):
                group.set("class", f"{group.get('class', '')} marked".strip())
        return replace(self, svg=_written(root))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = picture(self.svg, self.alt) if self.svg else f"<pre>{escape(self.text)}</pre>"
        return {"text/html": html, "text/plain": self.text}


def draw(graph: Any, name: str = "", alt: str = "") -> Picture:
    """Draw DOT text or a `graphviz` graph; *alt* says what is to be seen, *name* is its short title.

    Never fails for want of a program. Raises ValueError if the text is not DOT.
    """
    dot = str(getattr(graph, "source", graph))
    text = in_words(dot)
    name, alt = name or alt or "Graph", alt or text
    for tier, make in TIERS.items():
        if svg := make(dot):
            return Picture(_dressed(svg, name, alt), text, tier, alt)
    return Picture("", text, "text", alt)


def bundle(graphs: Iterable[Any], folder: Path = GRAPHS) -> list[Path]:
    """Draw these graphs beforehand, for machines that cannot; other pictures in *folder* are removed.

    RuntimeError if this machine cannot draw either.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for graph in graphs:
        dot = str(getattr(graph, "source", graph))
        if not (svg := _by_dot(dot) or _by_pygraphviz(dot)):
            raise RuntimeError("neither dot nor pygraphviz is here to draw with")
        made.append(folder / f"{_key(dot)}.svg")
        made[-1].write_text(svg, encoding="utf-8")
    for old in set(folder.glob("*.svg")) - set(made):
        old.unlink()
    return made


@dataclass
class _Group:
    """A subgraph: what it is called, what it is in, its nodes."""

    within: "_Group | None" = None
    label: str = ""
    nodes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.within.name if self.within else ''} {self.label}".strip()


def in_words(dot: str) -> str:
    """The graph as lines: nodes by group, then edges with what stands on them. ValueError if it is not DOT."""
    header = _HEADER.search(dot)
    if not header:
        raise ValueError("this is not DOT: it does not begin with graph or digraph")
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    groups = [here := _Group()]
    for found in _STATEMENT.finditer(dot, header.end()):
        tail, head, value = (_plain(found[part]) for part in ("tail", "head", "value"))
        inside = _LABEL.search(found["attributes"] or "")
        label = _plain(inside[1]) if inside else ""
        if found["open"]:
            groups.append(here := _Group(here))
        elif found["close"]:
            here = here.within or here
        elif here.within and (tail == "label" or (tail == "graph" and label)):
            here.label = value or label
        elif value or tail in ("node", "edge", "graph"):
            continue
        else:
            for node in filter(None, (tail, head)):
                if not any(node in group.nodes for group in groups):
                    here.nodes.append(node)
            if head:
                edges.append((tail, head, label))
            elif label:
                labels[tail] = label
    lines = [
        (f"{group.name}: " if group.name else "") + ", ".join(labels.get(node, node) for node in group.nodes)
        for group in groups
        if group.nodes
    ]
    lines += [f"{labels.get(a, a)} → {labels.get(b, b)}" + (f": {label}" if label else "") for a, b, label in edges]
    return "\n".join(lines)


def _plain(text: str | None) -> str:
    """A DOT id as words: without quotes, tags and the line breaks of a label."""
    text = text or ""
    if text.startswith("<"):
        text = re.sub(r"<[^<>]*>", " ", text[1:-1])
    elif text.startswith('"'):
        text = text[1:-1]
    text = re.sub(r"\\[nlr]", " ", text).replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(text.split())


# --- who draws -------------------------------------------------------------------------------------------------------


def _with_defaults(dot: str) -> str:
    return _HEADER.sub(lambda found: f"{found[0]} {DEFAULTS}\n", dot, count=1)


def _by_dot(dot: str) -> str:
    program = shutil.which("dot")
    if not program:
        return ""
    try:
        done = subprocess.run(
            [program, "-Tsvg"],
            input=_with_defaults(dot),
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):  # a browser has no processes; a broken dot is as good as none
        return ""
    if "syntax error" in done.stderr:
        raise ValueError(f"this is not DOT: {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else ""


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


def _beforehand(dot: str) -> str:
    path = GRAPHS / f"{_key(dot)}.svg"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _key(dot: str) -> str:
    return hashlib.sha256(dot.strip().encode()).hexdigest()[:16]


TIERS: dict[str, Callable[[str], str]] = {"dot": _by_dot, "pygraphviz": _by_pygraphviz, "bundled": _beforehand}


# --- how it is dressed -----------------------------------------------------------------------------------------------


def _dressed(svg: str, name: str, alt: str) -> str:
    """Graphviz' SVG for any ground: black becomes the colour of the text, fills become tints, the size follows."""
    root = ElementTree.fromstring(svg)
    wide, tall = (float(part) for part in root.attrib["viewBox"].split()[2:])
    root.set("class", "ras-svg ras-graph")
    root.set("role", "img")
    root.set("width", f"{wide * SCALE:.0f}")
    root.set("height", f"{tall * SCALE:.0f}")
    root.set("fill", "currentColor")
    for child in reversed((("title", name), ("desc", alt), ("style", STYLE + GRAPH_STYLE))):
        element = ElementTree.Element(f"{{{SVG}}}{child[0]}")
        element.text = child[1]
        root.insert(0, element)
    for group in root.iter(f"{{{SVG}}}g"):
        for shape in group:
            for paint in ("fill", "stroke"):
                if shape.get(paint) in ("black", "#000000"):
                    shape.set(paint, "currentColor")
            if shape.tag == f"{{{SVG}}}text":
                shape.set("font-family", FONT)
            elif group.get("class") == "graph" and shape.get("fill") == "white":
                shape.set("fill", "none")
            elif group.get("class") != "edge" and shape.get("fill", "none") not in ("none", "transparent"):
                # A pale fill would be glaring on dark ground, under text that is light there.
                shape.set("fill-opacity", "0.16")
                if shape.get("fill") in ("lightgrey", "lightgray", "#d3d3d3"):
                    shape.set("fill", "currentColor")
    return _written(root)


def _written(root: ElementTree.Element) -> str:
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
