"""What came of the invariants: as text, and as an HTML table with a witness for every exception."""

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import fill

from ..sim.invariants import Exception_, Verdict
from ..sim.invariants.relations import Learned
from ..sim.model.sources import label

# The class twice: JupyterLab's own rule for the cells of a table weighs as much as two classes, and aligns them right.
STYLE = """
.ras-verdicts { border-collapse: collapse; font-size: 13px; width: 100%; table-layout: fixed }
.ras-verdicts.ras-verdicts :is(th, td) { padding: 5px 10px; text-align: left; vertical-align: top; border: 0;
  white-space: normal; overflow-wrap: anywhere }
.ras-verdicts thead th:nth-child(1) { width: 2.2em }
.ras-verdicts thead th:nth-child(2) { width: 30% }
.ras-verdicts thead th:nth-child(3) { width: 18% }
.ras-verdicts tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent) }
.ras-verdicts ul { margin: 0; padding-left: 1.1em }
.ras-verdicts li + li { margin-top: 5px }
.ras-verdicts .why { display: block; font-size: 12px; opacity: .8 }
"""


def table(verdicts: Sequence[Verdict]) -> str:
    """To read in a terminal."""
    return "\n".join(line for verdict in verdicts for line in _lines(verdict))


def _lines(v: Verdict) -> Iterator[str]:
    yield fill(f"{v.invariant.name:4} {v.invariant.says}.", 110, subsequent_indent="     ")
    yield f"     by the architecture: {_intended(v)}"
    for e in v.exceptions:
        yield fill(f"     as built: {_said(e)}", 110, subsequent_indent="               ")
    if not v.exceptions:
        yield "     as built: without exception"
    for x in v.examples:
        yield fill(f"     shown: {_shown(x)}", 110, subsequent_indent="            ")


def _intended(v: Verdict) -> str:
    if not v.broken:
        return f"holds in all {v.scenarios:.3g} {v.invariant.of}"
    return "; ".join(f"BROKEN ({f.what}) in {f.scenarios:.3g}, {_choices(f.witness.chosen())}" for f in v.broken)


def _said(e: Exception_) -> str:
    why = e.excuse.why if e.excuse else f"UNEXPLAINED ({e.what})"
    return f"not in {e.scenarios:.3g} scenarios: {why} (say {_choices(e.witness.chosen())})"


def _shown(x: Learned) -> str:
    tells = f"{x.what} tells QEMU in {x.scenarios:.3g} scenarios, say {_choices(x.a.chosen())}"
    return f"{tells}; not so {_choices(x.b.chosen())}"


def _choices(chosen: dict[str, str]) -> str:
    return ", ".join(f"{axis}={word}" for axis, word in chosen.items()) or "the default scenario"


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """The same as an HTML table."""
    rows = "".join(
        f'<tr><th scope="row">{escape(v.invariant.name)}</th><td>{escape(v.invariant.says)}</td>'
        f"<td>{escape(_intended(v))}</td><td>{_exceptions(v)}</td></tr>"
        for v in verdicts
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("", "Sentence", "By the architecture", "As built"))
    head, body = f"<thead><tr>{heads}</tr></thead>", f"<tbody>{rows}</tbody>"
    return f'<style>{STYLE}</style><table class="ras-verdicts">{head}{body}</table>'


def _exceptions(v: Verdict) -> str:
    if not v.exceptions and not v.examples:
        return "without exception"
    items = [f"<li>shown: {escape(_shown(x))}</li>" for x in v.examples]
    for e in v.exceptions:
        cites = ", ".join(map(label, e.excuse.cites)) if e.excuse else ""
        items.append(f'<li>{escape(_said(e))} <span class="why">{escape(cites)}</span></li>')
    return f"<ul>{''.join(items)}</ul>"
