"""A trace as a picture: one column per exception level, one row per step; and the same steps as an HTML table.

This is the only layout of the picture. The interactive view (`static/stepper.js`) takes the SVG as it is and moves the
classes `past`, `now` and `future` over its rows, so that nothing is laid out anew while a learner steps.
"""

from html import escape
from typing import Any, NamedTuple

from .table import Html, table
from .theme import link, picture, svg, text_width, view, wrap

View = dict[str, Any]

EDGE = 12  # free space inside the frame of a machine, and around the picture
TOP = 92  # height of the heads of the columns
GAP = 18  # between the machines
NUMBER, WORDS = 28, 48  # how far right of the lanes the numbers and the sentences stand
TEXT = 270  # width of the column of sentences
LINE = 17  # one line of text


class _Row(NamedTuple):
    """A step as it is laid out: the lines of its sentence, what it carries, where it begins and how high it is."""

    actor: str
    lines: list[str]
    carries: View | None
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Where the step's dot is: beside the first line of its sentence."""
        return self.top + 17


def swimlane(trace: Any) -> str:
    """The picture as SVG text, always the same for the same trace.

    *trace* is a `Trace` or its view: `title`, `lanes` (id, label, sub, machine), `steps` (lane, to, actor, el, machine,
    does, why, cites, carries, sets) and `outcome`, as `Trace.view` has them. Raises TypeError for what is no trace,
    KeyError for a step in a lane that is not there.
    """
    trace = view(trace)
    at, frames, right = _columns(trace["lanes"])
    rows = _rows(trace["steps"])
    width = round(right + WORDS + TEXT + EDGE)
    bottom = (rows[-1].top + rows[-1].height if rows else TOP) + EDGE
    out = [
        *(_machine(name, left, wide, bottom) for name, left, wide in frames),
        *(_head(lane, at[lane["id"]], bottom) for lane in trace["lanes"]),
    ]
    for i, (this, row) in enumerate(zip(trace["steps"], rows, strict=True)):
        x, y = at[this["lane"]], _n(row.middle)
        number = f'cx="{_n(right + NUMBER)}" cy="{y}"'
        out += [
            f'<g class="step" data-step="{i}">',
            f'<rect class="row" x="0" y="{_n(row.top)}" width="{width}" height="{_n(row.height)}" rx="6"/>',
            f'<rect class="bar" x="0" y="{_n(row.top)}" width="3" height="{_n(row.height)}" rx="1.5"/>',
            f'<path class="rule" d="M{_n(right + WORDS)} {_n(row.top)}H{width}"/>',
            *([_arrival(trace["steps"][i - 1], rows[i - 1], at, x, row)] if i else []),
            *([_arrow(x, at[this["to"]], row.middle)] if this["to"] not in (None, this["lane"]) else []),
            f'<circle class="node" cx="{_n(x)}" cy="{y}" r="4.5"/><circle class="disc" {number} r="11"/>',
            f'<text class="number" x="{_n(right + NUMBER)}" y="{_n(row.middle + 4.5)}" text-anchor="middle">',
            f"{i + 1}</text>",
            _words(row, right + WORDS) + "</g>",
        ]
    more = f'data-head="{TOP - 6}" '
    return svg(trace["title"], describe(trace), "\n".join([*out, ""]), width, bottom, look="lanes", more=more)


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


def _columns(lanes: list[View]) -> tuple[dict[str, float], list[tuple[str, float, float]], float]:
    """Where each lane's line is, the frame (name, left, width) of each machine, and the right end of all."""
    at: dict[str, float] = {}
    frames: list[tuple[str, float, float]] = []
    x = 4.0
    machines = list(dict.fromkeys(lane["machine"] for lane in lanes))
    for machine in machines:
        left = x
        x += 4
        for lane in (lane for lane in lanes if lane["machine"] == machine):
            words = [*wrap(lane["sub"], 84, 12, 2), lane["label"]]
            wide = max(52.0, *(text_width(word, 12) + 12 for word in words))
            at[lane["id"]] = x + wide / 2
            x += wide
        x += 4
        frames.append((machine, left, x - left))
        x += GAP
    return at, frames, x - GAP


def _rows(steps: list[View]) -> list[_Row]:
    rows, top = [], float(TOP)
    for step in steps:
        # A bold line is up to 13 % wider than the same line is otherwise; the present step is bold.
        lines = wrap(sentence(step), TEXT * 0.88, 13, 4)
        height = 15 + LINE * (len(lines) + bool(step["carries"]))
        rows.append(_Row(step["actor"], lines, step["carries"], top, height))
        top += height
    return rows


def _machine(name: str, left: float, wide: float, bottom: float) -> str:
    """The frame around the lanes of one machine, and its name."""
    return (
        f'<rect class="frame" x="{_n(left)}" y="4" width="{_n(wide)}" height="{_n(bottom - 8)}" rx="8"/>'
        f'<text x="{_n(left + EDGE)}" y="26" font-weight="600">{escape(name[:1].upper() + name[1:])}</text>'
    )


def _head(lane: View, at: float, bottom: float) -> str:
    """A lane's line, and above it the exception level and who runs there."""
    x = _n(at)
    below = "".join(
        f'<text class="dim" x="{x}" y="{68 + 13 * i}" font-size="12">{escape(part)}</text>'
        for i, part in enumerate(wrap(lane["sub"], 84, 12, 2))
    )
    return (
        f'<g class="head" data-lane="{escape(lane["id"])}" text-anchor="middle">'
        f'<text x="{x}" y="52" font-weight="600">{escape(lane["label"])}</text>{below}'
        f'<path class="lane" d="M{x} {TOP - 4}V{_n(bottom - EDGE)}"/></g>'
    )


def _words(row: _Row, x: float) -> str:
    """The sentence, its actor set off, and below it what is handed over."""
    base = row.middle + 4.5
    lines = "".join(
        f'<tspan x="{_n(x)}" y="{_n(base + LINE * i)}">{escape(line)}</tspan>' for i, line in enumerate(row.lines)
    )
    actor = escape(row.actor)
    if escape(row.lines[0]).startswith(actor):
        lines = lines.replace(f">{actor}", f'><tspan font-weight="600">{actor}</tspan>', 1)
    found = f'<text class="does">{lines}</text>'
    if row.carries:
        kind, label = row.carries["kind"], row.carries["label"]
        y = base + LINE * len(row.lines)
        (short, *_) = wrap(label, TEXT * 0.85 - text_width(kind, 12), 12, 1)  # fonts differ in width
        found += (
            f'<text class="dim" x="{_n(x)}" y="{_n(y)}" font-size="12">'
            f'<tspan font-weight="600">{escape(kind)}</tspan> {escape(short)}</text>'
        )
    return found


def _arrival(last: View, before: _Row, at: dict[str, float], x: float, row: _Row) -> str:
    """How control came here: down its own lane, or, where nothing hands over, by a dotted leap at the rows' border."""
    x0 = at[last["to"] or last["lane"]]
    if x0 == x:
        return f'<path class="thread" d="M{_n(x0)} {_n(before.middle)}V{_n(row.middle)}"/>'
    return f'<path class="jump" d="M{_n(x0)} {_n(before.middle + 8)}V{_n(row.top)}H{_n(x)}V{_n(row.middle - 8)}"/>'


def _arrow(x0: float, x1: float, y: float) -> str:
    """A hand-over from lane to lane. The head is drawn, not a marker: marker ids of several pictures would clash."""
    way = 1 if x1 > x0 else -1
    tip = x1 - way * 1.5
    return (
        f'<path class="thread" d="M{_n(x0)} {_n(y)}H{_n(tip - way * 7)}"/>'
        f'<path class="tip" d="M{_n(tip)} {_n(y)}l{-way * 9} -5v10z"/>'
    )


def _n(number: float) -> str:
    """A coordinate, short and the same everywhere."""
    return f"{number:.1f}".removesuffix(".0")
