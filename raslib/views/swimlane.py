"""A trace as a picture: one column per exception level, one row per step; and the same steps as an HTML table.

This is the only layout of the picture. The interactive view (`static/stepper.js`) takes the SVG as it is and moves the
classes `past`, `now` and `future` over its rows, so that nothing is laid out anew while a learner steps.
"""

from html import escape
from itertools import groupby
from typing import Any

from .table import Html, table
from .theme import link, picture, svg, text_width, view, wrap

View = dict[str, Any]

EDGE = 12  # free space inside the frame of a machine, and around the picture
TOP = 92  # height of the heads of the columns
GAP = 18  # between the machines
NUMBER, WORDS = 28, 48  # how far right of the lanes the numbers and the sentences stand
TEXT = 270  # width of the column of sentences
LINE = 17  # one line of text


def swimlane(trace: Any) -> str:
    """The picture as SVG text, always the same for the same trace.

    *trace* is a `Trace` or its view: `title`, `lanes` (id, label, sub, machine), `steps` (lane, to, actor, el, machine,
    does, why, cites, carries, sets) and `outcome`, as `Trace.view` has them. Raises TypeError for what is no trace,
    KeyError for a step in a lane that is not there.
    """
    trace = view(trace)
    at, frames, right = _columns(trace["lanes"])
    width = right + WORDS + TEXT + EDGE
    rows, top, left = list[str](), TOP, None
    for i, step in enumerate(trace["steps"]):
        # A bold line is up to 13 % wider than the same line is otherwise; the present step is bold.
        lines = wrap(sentence(step), TEXT * 0.88, 13, 4)
        height = 15 + LINE * (len(lines) + bool(step["carries"]))
        x, to, y = at[step["lane"]], at[step["to"] or step["lane"]], top + 17  # beside the first line
        rows += [
            f'<g class="step" data-step="{i}">',
            f'<rect class="row" x="0" y="{top}" width="{width}" height="{height}" rx="6"/>',
            f'<rect class="bar" x="0" y="{top}" width="3" height="{height}" rx="1.5"/>',
            f'<path class="rule" d="M{right + WORDS} {top}H{width}"/>',
            *([_arrival(*left, x, y, top)] if left else []),
            *([_arrow(x, to, y)] if to != x else []),
            f'<circle class="node" cx="{x}" cy="{y}" r="4.5"/>',
            f'<circle class="disc" cx="{right + NUMBER}" cy="{y}" r="11"/>',
            f'<text class="number" x="{right + NUMBER}" y="{y + 4.5}" text-anchor="middle">{i + 1}</text>',
            _words(step, lines, right + WORDS, y + 4.5) + "</g>",
        ]
        left, top = (to, y), top + height
    bottom = top + EDGE
    heads = [*(_machine(*frame, bottom) for frame in frames)]
    heads += [_head(lane, at[lane["id"]], bottom) for lane in trace["lanes"]]
    body, more = "\n".join([*heads, *rows, ""]), f'data-head="{TOP - 6}" '
    return svg(trace["title"], describe(trace), body, width, bottom, look="lanes", more=more)


def trace_table(trace: Any) -> str:
    """All steps with their reasons and sources, and the outcome, as an HTML table without scripts or styles.

    *trace* is as for `swimlane`. A source is a link only to http or https.
    """
    trace = view(trace)
    ends = trace.get("ends", {})  # sentences, where the view has them
    outcome = "; ".join(escape(f"{name}: {ends.get(value, value)}") for name, value in trace["outcome"].items())
    heads = ("Step", "Where", "What happens", "Why", "Handed over", "Changes", "Sources")
    rows = (_cells(i, step) for i, step in enumerate(trace["steps"], 1))
    steps = table(heads, rows, caption=trace["title"], numbers=(0,))
    return f"{steps}<p><strong>Outcome</strong> {outcome}</p>"


def _cells(number: int, step: View) -> tuple[str, ...]:
    changes = "<br/>".join(escape(f"{name} = {value}") for name, value in step["sets"].items())
    sources = "<br/>".join(map(link, step["cites"]))
    carried = "{kind}: {label}".format_map(step["carries"]) if step["carries"] else ""
    where = f"{step['machine']} {step['el']}"
    return str(number), where, sentence(step), step["why"], carried, Html(changes), Html(sources)


def still(trace: View) -> str:
    """HTML of a trace's picture and table, where nothing is live."""
    return picture(swimlane(trace), describe(trace)) + trace_table(trace)


def describe(trace: View) -> str:
    """The picture in a sentence or two, for those who do not see it."""
    lanes = ", ".join(f"{lane['machine']} {lane['label']} ({lane['sub']})" for lane in trace["lanes"])
    ends = ", ".join(f"{name} {trace.get('ends', {}).get(value, value)}" for name, value in trace["outcome"].items())
    return f"{len(trace['steps'])} steps over the levels {lanes}. Outcome: {ends}."


def sentence(step: View) -> str:
    """Who does what."""
    return f"{step['actor']} {step['does']}"


def _columns(lanes: list[View]) -> tuple[dict[str, int], list[tuple[str, int, int]], int]:
    """Where each lane's line is, the frame (name, left, width) of each machine, and the right end of all."""
    at: dict[str, int] = {}
    frames: list[tuple[str, int, int]] = []
    left = 4
    for machine, own in groupby(lanes, key=lambda lane: lane["machine"]):
        x = left + 4
        for lane in own:
            words = [*wrap(lane["sub"], 84, 12, 2), lane["label"]]
            half = round(max(26, *(text_width(word, 12) / 2 + 6 for word in words)))
            at[lane["id"]] = x + half
            x += 2 * half
        frames.append((machine, left, x + 4 - left))
        left = x + 4 + GAP
    return at, frames, left - GAP


def _machine(name: str, left: int, wide: int, bottom: int) -> str:
    """The frame around the lanes of one machine, and its name."""
    return (
        f'<rect class="frame" x="{left}" y="4" width="{wide}" height="{bottom - 8}" rx="8"/>'
        f'<text x="{left + EDGE}" y="26" font-weight="600">{escape(name[:1].upper() + name[1:])}</text>'
    )


def _head(lane: View, x: int, bottom: int) -> str:
    """A lane's line, and above it the exception level and who runs there."""
    below = "".join(
        f'<text class="dim" x="{x}" y="{68 + 13 * i}" font-size="12">{escape(part)}</text>'
        for i, part in enumerate(wrap(lane["sub"], 84, 12, 2))
    )
    return (
        f'<g class="head" data-lane="{escape(lane["id"])}" text-anchor="middle">'
        f'<text x="{x}" y="52" font-weight="600">{escape(lane["label"])}</text>{below}'
        f'<path class="lane" d="M{x} {TOP - 4}V{bottom - EDGE}"/></g>'
    )


def _words(step: View, lines: list[str], x: int, y: float) -> str:
    """The sentence of a step, its actor set off, and below it what is handed over."""
    spans = "".join(f'<tspan x="{x}" y="{y + LINE * i}">{escape(line)}</tspan>' for i, line in enumerate(lines))
    actor = escape(step["actor"])
    if lines[0].startswith(step["actor"]):
        spans = spans.replace(f">{actor}", f'><tspan font-weight="600">{actor}</tspan>', 1)
    found = f'<text class="does">{spans}</text>'
    if step["carries"]:
        kind, label = step["carries"]["kind"], step["carries"]["label"]
        (short, *_) = wrap(label, TEXT * 0.85 - text_width(kind, 12), 12, 1)  # fonts differ in width
        found += (
            f'<text class="dim" x="{x}" y="{y + LINE * len(lines)}" font-size="12">'
            f'<tspan font-weight="600">{escape(kind)}</tspan> {escape(short)}</text>'
        )
    return found


def _arrival(x0: int, y0: int, x: int, y: int, top: int) -> str:
    """How control came here: down its own lane, or, where nothing hands over, by a dotted leap at the rows' border."""
    if x0 == x:
        return f'<path class="thread" d="M{x} {y0}V{y}"/>'
    return f'<path class="jump" d="M{x0} {y0 + 8}V{top}H{x}V{y - 8}"/>'


def _arrow(x0: int, x1: int, y: int) -> str:
    """A hand-over from lane to lane. The head is drawn, not a marker: marker ids of several pictures would clash."""
    way = 1 if x1 > x0 else -1
    tip = x1 - way * 1.5
    return f'<path class="thread" d="M{x0} {y}H{tip - way * 7}"/><path class="tip" d="M{tip} {y}l{-way * 9} -5v10z"/>'
