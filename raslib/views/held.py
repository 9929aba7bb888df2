"""A prediction beside what a real kernel did: an HTML table, aspect by aspect, with a mark where they differ."""

from html import escape
from itertools import groupby

from ..sim.aspects import ASPECTS, AspectRow, Held, Value, written

# The class stands twice where JupyterLab's own rules for tables, which align to the right, would win otherwise.
STYLE = """
.ras-held { border-collapse: collapse; font-size: 13px; width: 100%; --ras-warn: #b34700 }
.ras-held caption { text-align: left; padding: 4px 10px; font-weight: 600 }
.ras-held.ras-held tr > * { padding: 4px 10px; text-align: left; vertical-align: top; border: 0; white-space: normal }
.ras-held.ras-held thead tr > th { border-bottom: 1px solid color-mix(in srgb, currentColor 40%, transparent) }
.ras-held.ras-held tr.asked > th { padding-top: 10px; font-weight: 600 }
.ras-held.ras-held tbody th[scope="row"] { font-weight: normal; white-space: nowrap }
.ras-held.ras-held tr.other > :first-child { border-left: 3px solid var(--ras-warn) }
.ras-held.ras-held tr > td.why { opacity: .85; padding-bottom: 8px }
.ras-held td { overflow-wrap: anywhere }
.ras-held .sign { color: var(--ras-warn); font-weight: 600 }
.ras-held ul { margin: 0; padding-left: 1.1em }
[data-jp-theme-light="false"] .ras-held { --ras-warn: #f0a35e }
@media (prefers-color-scheme: dark) { :root:not(:has([data-jp-theme-light])) .ras-held { --ras-warn: #f0a35e } }
"""


def held_table(found: Held) -> str:
    """What was predicted and what was done, in columns of their own; a difference has its reason below it."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("", "The simulator", "The kernel", ""))
    body = []
    for asked, rows in groupby(found.rows, lambda row: row.asked):
        body.append(f'<tr class="asked"><th colspan="4" scope="rowgroup">{escape(asked)}</th></tr>')
        body += map(_row, rows)
    for asked, why in found.silent:
        body.append(f'<tr class="asked"><th colspan="4" scope="rowgroup">{escape(asked)}</th></tr>')
        body.append(f'<tr><td></td><td class="why" colspan="3">No prediction. {escape(why)}</td></tr>')
    caption = f"<caption>{escape(found.title)} ({escape(found.by)})</caption>"
    head, rest = f"<thead><tr>{heads}</tr></thead>", f"<tbody>{''.join(body)}</tbody>"
    foot = f'<tfoot><tr><td colspan="4"><b>{escape(found.verdict)}</b></td></tr></tfoot>'
    return f'<style>{STYLE}</style><table class="ras-held">{caption}{head}{rest}{foot}</table>'


def _row(row: AspectRow) -> str:
    name = f'<th scope="row" title="{escape(ASPECTS[row.aspect])}">{escape(row.aspect)}</th>'
    cells = f"{name}<td>{_cell(row.predicted)}</td><td>{_cell(row.real)}</td>"
    if row.same:
        return f"<tr>{cells}<td>as predicted</td></tr>"
    why = f'<tr><td></td><td class="why" colspan="3">{escape(row.known or "Nobody knows why.")}</td></tr>'
    return f'<tr class="other">{cells}<td class="sign">differs</td></tr>{why}'


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return escape(value)
    if not value[1:]:
        return escape(written(value))
    return f"<ul>{''.join(f'<li>{escape(word)}</li>' for word in value)}</ul>"
