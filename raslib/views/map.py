"""The map: one picture of the two machines in which every actor has its place, and a story lights the ways it takes.

`static/map.dot` has the places and the ways; `neato -n2` only draws them. What it draws is kept as `static/map.svg`, so
that a machine without Graphviz has the map too; `python tests/draw_map.py` makes it anew. `static/map.js` lights it
in a browser by the same rules.
"""

import re
from html import escape, unescape
from itertools import takewhile
from typing import Any, NamedTuple

from .theme import Shown, map_svg, picture, view

View = dict[str, Any]
PLATE, LETTERS, LINE = (786, -466), 28, 18  # where it says how it ends, how many letters a line has, and how high it is
_GROUP = re.compile(r'<g class="(\w+)"( data-at="(.*?)"(?: data-tag="(.*?)")?)>(.*)</g>')  # of map.svg, a line each
_WORDS = re.compile("(?<=>)[^<]*(?=</text>)")


FATES = {  # how it ends, where it ends: what fits into an actor's box, by the ends of `sim/model/outcome.py`
    "none": "nothing",
    "ignored": "ignored",
    "logged": "logged",
    "recovered": "page gone",
    "sigbus_ar": "SIGBUS",
    "sigbus_ao": "SIGBUS",
    "sigbus_kernel": "SIGBUS",
    "sigbus_objerr": "SIGBUS",
    "sigkill": "killed",
    "guest_panic": "panic",
    "nested_panic": "panic",
    "l1_decides": "decides",
    "guest_oops": "oops",
    "host_panic": "panic",
    "host_oops": "oops",
    "fw_panic": "stopped",
    "pending": "pending",
    "read": "read",
    "no_record": "no record",
    "lost": "lost",
    "vm_exit": "exits",
    "vm_abort": "aborts",
    "storm": "forever",
    "api_error": "call failed",
    "vmm_decides": "decides",
    "migrated": "moved",
    "syndrome_lost": "moved",
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
    stories = [marks(v) for v in views]
    ends = [place(v["steps"][-1]) if v["steps"] else "" for v in views]
    parting = parts(*views) if len(views) > 1 else ""

    def group(found: re.Match[str]) -> str:
        look, attributes, name, tag, inner = found.groups()
        name = unescape(name)
        takes = [story.get(name) for story in stories]
        whose = _by_story([take and "lit" for take in takes])
        ended = [i for i, end in enumerate(ends) if end == name]
        looks = [look, *(f"lit {who}" for who, _ in whose)]
        looks += ["end"] * bool(ended) + [f"end-{'ab'[i]}" for i in ended]
        if look == "source":
            lines = iter(_lines(views, name.partition(".")[0]))
            inner = _WORDS.sub(lambda _: escape(next(lines)), inner)
        if ended:
            inner += _fate(inner, [views[i].get("fate", "") for i in ended])
        if name == parting:
            inner = _WORDS.sub(r"◆ \g<0>", inner, count=1)
        if tag and whose:
            inner += _tag(tag, takes, look == "data")
        return f'<g class="{" ".join(looks)}"{attributes}>{inner}</g>'

    svg = _GROUP.sub(group, map_svg())
    alt = "; ".join(f"{name}: {describe(v)}" for name, v in zip(names, views, strict=True))
    svg = svg.replace("><style>", f"><title>{escape(' | '.join(names))}</title><desc>{escape(alt)}</desc><style>", 1)
    return svg.replace("</svg>", _plates(views, names if len(views) > 1 else ("The end",), parting) + "</svg>")


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


def _lines(views: list[View], machine: str) -> list[str]:
    """The texts of a HEST source. Of two stories, those of the first that has one, and the notification of each."""
    both = [source(v, machine) for v in views]
    lines = next((one for one in both if len(one) > 1), both[0])
    notified = dict.fromkeys(one[1].split()[0] if len(one) > 1 else "none" for one in both)
    if len(notified) > 1:
        lines = [lines[0], " | ".join(notified), *lines[2:]]
    return [*lines, "", "", "", ""][:5]


def _tag(at: str, takes: list[MapMark | None], data: bool) -> str:
    """The numbers of a way's steps, and what is handed over there; of two stories, not what *data* they move."""
    pills = _by_story([take and ", ".join(map(str, take.numbers)) for take in takes])
    half = sum(10 + 8 * len(text) for _, text in pills) / 2
    x, drawn = -half, []
    for whose, text in pills:
        wide = 10 + 8 * len(text)
        number = f'<text class="number" text-anchor="middle" x="{x + wide / 2:g}" y="5">{text}</text>'
        drawn.append(f'<g class="{whose}"><rect x="{x:g}" y="-10" width="{wide}" height="20" rx="10"/>{number}</g>')
        x += wide
    left = float(at.split()[0]) > 900  # at the right edge there is room to the left alone
    beside = f'x="{-half - 4:g}" text-anchor="end"' if left else f'x="{half + 4:g}" text-anchor="start"'
    labels = [] if data and len(takes) > 1 else _by_story([take and take.label for take in takes])
    spans = " ".join(f'<tspan class="{whose}">{escape(text)}</tspan>' for whose, text in labels)
    drawn.append(f'<text class="label" y="5" {beside}>{spans}</text>')
    return f'<g class="tag" transform="translate({at})">{"".join(drawn)}</g>'


def _by_story(texts: list[str | None]) -> list[tuple[str, str]]:
    """What stories say of a way, and whose it is: once where they say the same."""
    if len(texts) > 1 and texts[0] == texts[1]:
        return [("both", texts[0])] if texts[0] else []
    return [("ab"[i], text) for i, text in enumerate(texts) if text]


def _fate(inner: str, words: list[str]) -> str:
    """How stories end, in a word or two below the name of the actor, whose group has *inner* in it."""
    x, y = re.findall(r'<text x="(\S+)" y="(\S+)"', inner)[0]
    line = " ".join(f"■ {word}" for word in dict.fromkeys(words) if word)
    return f'<text x="{x}" y="{float(y) + 9:g}" text-anchor="middle" class="fate">{line}</text>'


def _plates(views: list[View], names: tuple[str, ...], parting: str) -> str:
    """Beside the map, how each story ends, and that there is a place where they part."""
    (x, y), written = PLATE, []
    for whose, trace, name in zip("ab", views, names, strict=False):
        lines = [f"■ {name}", *re.findall(rf"(.{{1,{LETTERS}}})(?:\s|$)", end_of(trace))]
        texts = [f'<text x="{x}" y="{y + LINE * n}">{escape(line)}</text>' for n, line in enumerate(lines)]
        written.append(f'<g class="plate {whose}">{"".join(texts)}</g>')
        y += LINE * len(lines) + 6
    if parting:
        written.append(f'<text x="{x}" y="{y}" class="plate">◆ here they part</text>')
    return "\n".join([*written, ""])


def parts(a: View, b: View) -> str:
    """The last place that two stories share before they part, or nothing."""
    said = ([(place(s), s["does"]) for s in v["steps"]] for v in (a, b))
    shared = [one for one, other in takewhile(lambda pair: pair[0] == pair[1], zip(*said, strict=False))]
    return shared[-1][0] if shared and a["steps"] != b["steps"] else ""
