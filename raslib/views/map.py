"""The map: one picture of the two machines in which every actor has its place, and a story lights the ways it takes.

`static/map.dot` has the places and the ways; `neato -n2` only draws them. What it draws is kept as `static/map.svg`, so
that a machine without Graphviz has the map too; `python -m raslib.views.map` makes it anew. `static/map.js` lights it
in a browser by the same rules.
"""

import re
import subprocess
from html import escape
from itertools import takewhile
from typing import Any, NamedTuple
from xml.etree import ElementTree

from .theme import FONT, STATIC, Shown, picture, style, view

View = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"
PLATE, LETTERS, LINE = (786, -466), 28, 18  # where it says how it ends, how many letters a line has, and how high it is


# How it ends, where it ends: what fits into an actor's box.
FATES = {
    **dict.fromkeys(("sigbus_ar", "sigbus_ao", "sigbus_kernel", "sigbus_objerr"), "SIGBUS"),
    **dict.fromkeys(("guest_panic", "host_panic", "nested_panic"), "panic"),
    **dict.fromkeys(("guest_oops", "host_oops"), "oops"),
    **dict.fromkeys(("migrated", "syndrome_lost"), "moved"),
    **{"recovered": "page gone", "sigkill": "killed", "fw_panic": "stopped", "vm_exit": "exits", "vm_abort": "aborts"},
    **{"none": "nothing", "no_record": "no record", "storm": "forever", "api_error": "call failed"},
    **dict.fromkeys(("vmm_decides", "l1_decides"), "decides"),
    **{word: word for word in ("ignored", "logged", "pending", "read", "lost")},
}


class MapMark(NamedTuple):
    """A place or a way that a story lights: the numbers of its steps, from 1, and what is handed over."""

    numbers: list[int]
    label: str


def place(step: View) -> str:
    """Where a step happens on the map: `host.KVM`. An actor has one place, whatever its exception level."""
    return f"{step['machine']}.{step['actor'].removesuffix(' firmware')}"


def memory(step: View) -> str:
    """The way of the bytes that a step writes, reads or acknowledges in the memory of a HEST source, or nothing."""
    here = place(step)
    if step["actor"] == "APEI" and re.match("reads|clears|prints", step["does"]):
        return f"{step['machine']}.HEST>{here}"
    if (step["carries"] or {}).get("kind") == "CPER" and not step["to"]:
        return f"{here}>{'guest' if step['actor'] == 'QEMU' else step['machine']}.HEST"  # QEMU is its guest's firmware
    return ""


def brief(carries: View | None) -> str:
    """What is handed over, in a word or two: there is little room beside a way."""
    return re.split(r":|,| to | = ", carries["label"].removeprefix("SIGBUS "))[0] if carries else ""


def marks(trace: Any) -> dict[str, MapMark]:
    """What a story lights, in its order: places, and ways between them, `host.KVM>host.APEI`.

    The step that hands over gives a way its number.
    """
    steps = view(trace)["steps"]
    lit: dict[str, MapMark] = {}
    for number, step in enumerate(steps, 1):
        here, there = place(step), place(steps[min(number, len(steps) - 1)])
        data = memory(step)
        lit.setdefault(here, MapMark([], "")).numbers.append(number)
        if data:
            lit.setdefault(data, MapMark([], step["does"].split()[0])).numbers.append(number)
        if there != here:
            label = "" if data else brief(step["carries"])
            lit.setdefault(f"{here}>{there}", MapMark([], label)).numbers.append(number)
    return lit


def source(trace: View, machine: str) -> list[str]:
    """What stands on the HEST source of a machine in the end: how it notifies, its address, its block and read ack."""
    choices, steps = trace.get("choices", {}), trace["steps"]
    kernel_first = machine == "host" and choices.get("host.first") == "kernel"
    notify = "none" if kernel_first else choices.get(f"{machine}.notify", "")
    if notify == "none":
        return ["no HEST source"]
    state = {name: value for step in steps for name, value in step["sets"].items()}
    reads = (re.search(r"at (0x\w+), the block of source (\d+)", s["does"]) for s in steps if s["machine"] == machine)
    address, number = next((match.groups() for match in reads if match), ("", ""))
    version = choices.get("host.ghes", "") if machine == "host" else "v2"
    lines = [f"HEST source {number}".strip(), " ".join(filter(None, [notify, f"GHES{version}".removesuffix("v1")]))]
    lines += [f"at {address}"] if address else []
    values = ((name, state.get(f"{machine} {name}")) for name in ("block_status", "read_ack"))
    return [*lines, *(f"{name} {value}" for name, value in values if value is not None)]


def story_map(*traces: Any, names: tuple[str, ...] = ()) -> str:
    """SVG text of one story, or of two in two colours on one map; what both do is in the colour of the text.

    *traces* are one or two traces, or views of them; a `trace_view` brings how its HEST sources notify, and the
    sentence of its end. *names* are what two stories are called; left out, their titles. A step between places that
    have no way on the map is not drawn: `tests/views/test_map.py` holds that no scenario has one. Raises TypeError for
    what is no trace.
    """
    views = [view(trace) for trace in traces]
    names = names or tuple(v["title"] for v in views)
    root = ElementTree.fromstring((STATIC / "map.svg").read_text(encoding="utf-8"))
    stories = [marks(v) for v in views]
    for group in list(root.iter(f"{SVG}g")):
        name = group.get("data-at", "")
        takes = [i for i, story in enumerate(stories) if name in story]
        if takes:
            whose = "both" if len(takes) == len(views) > 1 else "ab"[takes[0]]
            group.set("class", f"{group.get('class')} lit {whose}")
            if ">" in name:
                _tag(group, [story.get(name) for story in stories])
        for line, text in zip(group.findall(f"{SVG}text"), _lines(views, name), strict=False):
            line.text = text
    _ends(root, views, names if len(views) > 1 else ("The end",))
    root.insert(0, _element("desc", "; ".join(f"{n}: {describe(v)}" for n, v in zip(names, views, strict=True))))
    root.insert(0, _element("title", " | ".join(names)))
    root.insert(2, _element("style", style("theme", "svg", "map")))
    return _written(root)


def shown_map(*traces: View, names: tuple[str, ...] = ()) -> Shown:
    """The map for a notebook, and the ways of each story in words. Raises ValueError for more than two stories."""
    if len(traces) > 2:
        raise ValueError(f"one map has one story or two, not {len(traces)}")
    names = names or tuple(trace["title"] for trace in traces)
    text = "\n".join(f"{name}: {describe(trace)}" for name, trace in zip(names, traces, strict=True))
    return Shown(picture(story_map(*traces, names=names), text), text)


def describe(trace: View) -> str:
    """The ways of a story in words: `2 host.hardware to host.EL3 (SEA)`."""
    ways = []
    for name, mark in marks(trace).items():
        label = f" ({mark.label})" if mark.label else ""
        if ">" in name:
            ways.append(f"{', '.join(map(str, mark.numbers))} {name.replace('>', ' to ')}{label}")
    return f"{'; '.join(ways)}. It ends: {end_of(trace)}"


def end_of(trace: View) -> str:
    """How a story ends, as a sentence where its view has one."""
    word = trace["outcome"].get("end", "")
    return str(trace.get("ends", {}).get(word, word))


def _lines(views: list[View], name: str) -> list[str]:
    """The texts of a HEST source. Of two stories, those of the first that has one, and the notification of each."""
    machine, _, what = name.partition(".")
    if what != "HEST":
        return []
    both = [source(v, machine) for v in views]
    lines = next((one for one in both if len(one) > 1), both[0])
    notified = dict.fromkeys(one[1].split()[0] if len(one) > 1 else "none" for one in both)
    if len(notified) > 1:
        lines = [lines[0], " | ".join(notified), *lines[2:]]
    return [*lines, "", "", "", ""][:5]


def _tag(group: ElementTree.Element, taken: list[MapMark | None]) -> None:
    """The numbers of a way's steps, and what is handed over there."""
    tag = _element("g", **{"class": "tag", "transform": f"translate({group.get('data-tag')})"})
    pills = _told([mark and ", ".join(map(str, mark.numbers)) for mark in taken])
    half = sum(10 + 8 * len(text) for _, text in pills) / 2
    x = -half
    for whose, text in pills:
        wide = 10 + 8 * len(text)
        pill = ElementTree.SubElement(tag, f"{SVG}g", {"class": whose})
        pill.append(_element("rect", x=x, y=-10, width=wide, height=20, rx=10))
        pill.append(_element("text", text, **{"class": "number", "text-anchor": "middle", "x": x + wide / 2, "y": 5}))
        x += wide
    left = float(group.get("data-tag", "").split()[0]) > 900  # at the right edge there is room to the left alone
    beside = {"x": -half - 4, "text-anchor": "end"} if left else {"x": half + 4, "text-anchor": "start"}
    label = _element("text", **{"class": "label", "y": 5, **beside})
    bare = len(taken) > 1 and "data" in group.get("class", "")
    for i, (whose, text) in enumerate([] if bare else _told([mark and mark.label for mark in taken])):
        label.append(_element("tspan", " " * bool(i) + text, **{"class": whose}))
    tag.append(label)
    group.append(tag)


def _told(texts: list[str | None]) -> list[tuple[str, str]]:
    """What stories say of a way, and whose it is: once where they say the same."""
    if len(texts) > 1 and texts[0] == texts[1]:
        return [("both", texts[0])] if texts[0] else []
    return [("ab"[i], text) for i, text in enumerate(texts) if text]


def _ends(root: ElementTree.Element, views: list[View], names: tuple[str, ...]) -> None:
    """A mark at the places where stories end, and a plate that says how."""
    places = {group.get("data-at"): group for group in root.iter(f"{SVG}g")}
    x, y = PLATE
    for i, (trace, name) in enumerate(zip(views, names, strict=True)):
        end = places.get(place(trace["steps"][-1]) if trace["steps"] else None)
        if end is not None:
            end.set("class", f"{end.get('class')} {'' if 'end' in end.get('class', '') else 'end '}end-{'ab'[i]}")
            _fate(end, trace.get("fate", ""))
        plate = _element("g", **{"class": f"plate {'ab'[i]}"})
        for n, line in enumerate([f"■ {name}", *re.findall(rf"(.{{1,{LETTERS}}})(?:\s|$)", end_of(trace))]):
            plate.append(_element("text", line, x=x, y=y, **({} if n else {"class": "name"})))
            y += LINE
        root.append(plate)
        y += 6
    if len(views) > 1 and (parting := places.get(parts(*views[:2]))) is not None:
        parting[1].text = f"◆ {parting[1].text}"
        root.append(_element("text", "◆ here they part", x=x, y=y, **{"class": "plate"}))


def _fate(place: ElementTree.Element, word: str) -> None:
    """How it ends, in a word or two at its place, below the actor's name."""
    name, *lines = place.findall(f"{SVG}text")
    if not lines:
        at = {"x": name.get("x"), "y": float(name.get("y", 0)) + 9, "text-anchor": "middle", "class": "fate"}
        place.append(_element("text", **at))
    line = place.findall(f"{SVG}text")[1]
    if word and line.text != f"■ {word}":
        line.text = f"{line.text} ■ {word}".strip()


def parts(a: View, b: View) -> str:
    """The last place that two stories share before they part, or nothing."""
    said = ([(place(s), s["does"]) for s in v["steps"]] for v in (a, b))
    shared = [one for one, other in takewhile(lambda pair: pair[0] == pair[1], zip(*said, strict=False))]
    return shared[-1][0] if shared and a["steps"] != b["steps"] else ""


def _element(tag: str, text: str = "", /, **attributes: object) -> ElementTree.Element:
    made = ElementTree.Element(
        SVG + tag, {name: f"{v:g}" if isinstance(v, float) else str(v) for name, v in attributes.items()}
    )
    made.text = text
    return made


def _written(root: ElementTree.Element) -> str:
    ElementTree.register_namespace("", SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode") + "\n"


# --- the template -----------------------------------------------------------------------------------------------------


def drawn() -> str:
    """`map.svg`: what neato draws of `map.dot`, without what is the same everywhere; needs Graphviz."""
    dot = (STATIC / "map.dot").read_text(encoding="utf-8")
    done = subprocess.run(["neato", "-n2", "-Tsvg"], input=dot, capture_output=True, encoding="utf-8", check=True)
    root = ElementTree.fromstring(done.stdout)
    groups = [_group(g) for g in root.iter(f"{SVG}g") if g.get("class") != "graph"]
    (graph,) = (g for g in root.iter(f"{SVG}g") if g.get("class") == "graph")
    left, top = re.findall(r"translate\((\S+) (\S+)\)", graph.get("transform", ""))[0]
    *_, wide, tall = root.get("viewBox", "").split()
    box = f"{-float(left):g} {-float(top):g} {float(wide):g} {float(tall):g}"
    head = f'class="ras-svg ras-map" role="img" viewBox="{box}" font-family="{FONT}" font-size="15" fill="currentColor"'
    return f'<svg xmlns="{SVG[1:-1]}" {head}>\n' + re.sub(r"(\d+)\.\d+", r"\1", "\n".join(groups)) + "\n</svg>\n"


def _group(drawing: ElementTree.Element) -> str:
    """A place or a way: its name, its lines and its words."""
    _, kind = drawing.get("class", "").split()
    name = (drawing.findtext(f"{SVG}title") or "").replace("->", ">")
    lines = [f'<path d="{_short(e.get("d", ""))}"/>' for e in drawing.iter(f"{SVG}path")]
    lines += [f'<path d="M{e.get("points")}z" class="tip"/>' for e in drawing.iter(f"{SVG}polygon")]
    words = list(drawing.iter(f"{SVG}text"))
    if ">" in name:
        middle = f"{float(words[0].get('x', 0)):g} {float(words[0].get('y', 0)) - 4:g}"
        return f'<g class="{kind}" data-at="{escape(name)}" data-tag="{middle}">{"".join(lines)}</g>'
    lines += [
        f'<text x="{e.get("x")}" y="{e.get("y")}" text-anchor="{e.get("text-anchor")}">{e.text}</text>' for e in words
    ]
    return f'<g class="{kind}" data-at="{name}">{"".join(lines)}</g>'


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
