"""Two scenarios side by side: an HTML table of both stories, with a line where they part."""

from html import escape

from ..sim.compare import Comparison
from ..sim.model.trace import Step

# The class twice: JupyterLab's own rule for the cells of a table weighs as much as two classes, and aligns them right.
STYLE = """
.ras-beside { border-collapse: collapse; font-size: 13px; width: 100%; table-layout: fixed }
.ras-beside.ras-beside :is(th, td) { padding: 4px 10px; text-align: left; vertical-align: top; border: 0;
  white-space: normal }
.ras-beside tr.same td { opacity: .8 }
.ras-beside tr.same .el { opacity: 1 }
.ras-beside tr.parts td { border-top: 2px solid var(--ras-accent, #0072b2); font-weight: 600 }
.ras-beside .el { font-size: 11px; opacity: .75; margin-right: .6em }
[data-jp-theme-light="false"] .ras-beside { --ras-accent: #56b4e9 }
@media (prefers-color-scheme: dark) { :root:not(:has([data-jp-theme-light])) .ras-beside { --ras-accent: #56b4e9 } }
"""


def side_by_side(found: Comparison) -> str:
    """What both do over both columns, what each does in its own; the choices that differ head the columns."""
    heads = ["; ".join(f"{axis} = {words[i]}" for axis, words in found.differ.items()) or "the same" for i in (0, 1)]
    rows = []
    for i, row in enumerate(found.rows):
        if i == found.first:
            by = f"Here they part, by {found.parts}" if found.parts else "Here they part"
            rows.append(f'<tr class="parts"><td colspan="2">{escape(by)}</td></tr>')
        if row.same:
            rows.append(f'<tr class="same"><td colspan="2">{_cell(row.a)}</td></tr>')
        else:
            rows.append(f"<tr><td>{_cell(row.a)}</td><td>{_cell(row.b)}</td></tr>")
    ends = [
        ", ".join(f"{part} {word}" for part, word in trace.outcome.items() if word != "none")
        for trace in (found.a, found.b)
    ]
    head = "".join(f'<th scope="col">{escape(said)}</th>' for said in heads)
    foot = "".join(f"<td><b>{escape(end)}</b></td>" for end in ends)
    return (
        f'<style>{STYLE}</style><table class="ras-beside"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody><tfoot><tr>{foot}</tr></tfoot></table>"
    )


def _cell(step: Step | None) -> str:
    if step is None:
        return ""
    return f'<span class="el">{escape(f"{step.machine} {step.el}")}</span>{escape(f"{step.actor} {step.does}")}'
