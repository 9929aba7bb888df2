"""Draws `raslib/views/static/map.svg` anew of `map.dot`; needs Graphviz: python tests/draw_map.py"""

import re
import subprocess

from raslib.views.theme import FONT, STATIC


def drawn() -> str:
    """`map.svg`: what neato draws of `map.dot`, without what is the same everywhere; needs Graphviz."""
    dot = (STATIC / "map.dot").read_text(encoding="utf-8")
    done = subprocess.run(["neato", "-n2", "-Tsvg"], input=dot, capture_output=True, encoding="utf-8", check=True)
    svg = done.stdout.replace("&#45;", "-")
    wide, tall = re.findall(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg)[0]
    left, top = re.findall(r"translate\((\S+) (\S+)\)", svg)[0]
    box = f"{-float(left):g} {-float(top):g} {float(wide):g} {float(tall):g}"
    head = f'class="ras-svg ras-map" role="img" viewBox="{box}" font-family="{FONT}" font-size="15" fill="currentColor"'
    groups = re.findall(r'class="(?:node|edge) (\w+)">\n<title>(.*?)</title>\n(.*?)</g>', svg, re.DOTALL)
    body = re.sub(r"(\d+)\.\d+", r"\1", "\n".join(_group(*group) for group in groups))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {head}>\n{body}\n</svg>\n'


def _group(kind: str, title: str, drawing: str) -> str:
    """A place or a way: its name, its lines and its words."""
    lines = [f'<path d="{_short(path)}"/>' for path in re.findall(r'<path .*? d="(.*?)"', drawing)]
    lines += [f'<path d="M{tip}z" class="tip"/>' for tip in re.findall(r'<polygon .*? points="(.*?)"', drawing)]
    words = re.findall(r'<text text-anchor="(\w+)" x="(\S+)" y="(\S+)".*?>(.*?)<', drawing)
    tag = ""
    if "&gt;" in title:
        _, x, y, _ = words[0]
        tag = f' data-tag="{float(x):g} {float(y) - 4:g}"'
    else:
        lines += [f'<text x="{x}" y="{y}" text-anchor="{to}">{word}</text>' for to, x, y, word in words]
    name = title.replace("-&gt;", "&gt;")
    return f'<g class="{kind}" data-at="{name}"{tag}>{"".join(lines)}</g>'


def _short(path: str) -> str:
    """A path of curves, with lines where its curves are straight."""
    start, *points = re.findall(r"[-\d.]+,[-\d.]+", path)
    written, before = [f"M{start}"], start
    for a, b, end in zip(points[::3], points[1::3], points[2::3], strict=True):
        written.append(f"L{end}" if (a, b) == (before, end) else f"C{a} {b} {end}")
        before = end
    return "".join(written)


if __name__ == "__main__":
    (STATIC / "map.svg").write_text(drawn(), encoding="utf-8")
