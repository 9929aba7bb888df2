"""Tables of how many scenarios end how: as text, and as an HTML table in which a greater share has a deeper shade."""

from collections import Counter
from html import escape

from ..sim.explore import OutcomeTable
from ..sim.model.outcome import ENDS

# The class twice: JupyterLab's own rule for the cells of a table weighs as much as two classes. There are many ends, so
# their words stand upright. In the dark the shades stay darker than the accent: the numbers on them are light.
STYLE = """
.ras-sweep { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums }
.ras-sweep.ras-sweep :is(th, td) { padding: 3px 5px; text-align: right; border: 0; white-space: nowrap }
.ras-sweep.ras-sweep :is(th[scope=row], caption, .by) { padding-right: 12px; text-align: left; font-weight: 400 }
.ras-sweep caption { font-style: normal; padding-bottom: 4px }
.ras-sweep tbody tr { background: none !important }
.ras-sweep.ras-sweep thead th { font-weight: 600; vertical-align: bottom }
.ras-sweep .end { writing-mode: sideways-lr; min-width: 2.3em }
@supports not (writing-mode: sideways-lr) { .ras-sweep .end { writing-mode: vertical-rl; rotate: 180deg } }
.ras-sweep { --ras-accent: #0072b2; --ras-most: 1 }
.ras-sweep td { background: color-mix(in srgb, var(--ras-accent) calc(var(--share) * var(--ras-most)), transparent) }
[data-jp-theme-light="false"] .ras-sweep { --ras-accent: #56b4e9; --ras-most: .65 }
@media (prefers-color-scheme: dark) {
  :root:not(:has([data-jp-theme-light])) .ras-sweep { --ras-accent: #56b4e9; --ras-most: .65 }
}
"""


def share(n: int, of: int) -> str:
    """*n* of *of* in per cent; what is little is not nothing, and what is nearly all is not all."""
    if not n:
        return "·"
    percent = 100 * n / of
    if percent < 0.1:
        return "<0.1"
    return f"{percent:.1f}" if n == of or percent < 99.95 else ">99.9"


def table(found: OutcomeTable) -> str:
    """To read in a terminal: a row for each combination, a column for each end, shares in per cent."""
    rows = [[*found.axes, *found.ends, "scenarios"]]
    for words, counts in found.rows.items():
        rows.append([*words, *_shares(found, counts), f"{counts.total():.4g}"])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = len(found.axes)
    lines = [
        "  ".join(
            cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    given = ", ".join(f"{name} = {word}" for name, word in found.given.items()) or "nothing"
    return "\n".join([f"per cent of scenarios by {found.of}; given: {given}", *(line.rstrip() for line in lines)])


def heat_map(found: OutcomeTable) -> str:
    """The same as an HTML table; exact counts and the meaning of each end are in the titles."""
    heads = "".join(f'<th class="by" scope="col">{escape(name)}</th>' for name in found.axes)
    for end in found.ends:
        means = escape(ENDS.get(end, ""))
        heads += f'<th scope="col" title="{means}"><span class="end">{escape(end)}</span></th>'
    body = "".join(f"<tr>{_row(found, words, counts)}</tr>" for words, counts in found.rows.items())
    given = ", ".join(f"{name} = {word}" for name, word in found.given.items())
    said = f"Per cent of scenarios by {found.of}" + (f", where {given}" if given else "")
    return (
        f'<style>{STYLE}</style><table class="ras-sweep"><caption>{escape(said)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(found: OutcomeTable, words: tuple[str, ...], counts: Counter[str]) -> str:
    cells = "".join(f'<th scope="row">{escape(word)}</th>' for word in words)
    total = counts.total()
    for end, said in zip(found.ends, _shares(found, counts), strict=True):
        depth = round(70 * counts[end] / total) if total else 0
        cells += f'<td style="--share:{depth}%" title="{counts[end]:,} of {total:,}">{escape(said)}</td>'
    return cells


def _shares(found: OutcomeTable, counts: Counter[str]) -> list[str]:
    return [share(counts[end], counts.total()) for end in found.ends]
