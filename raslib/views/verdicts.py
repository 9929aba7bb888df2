"""What came of the invariants: as text, and as an HTML table with a witness for every exception."""

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import fill

from ..sim.explore.monitor import CounterExample
from ..sim.invariants import InvariantVerdict
from ..sim.model.sources import label
from . import table as tables
from .theme import Shown


def table(verdicts: Sequence[InvariantVerdict]) -> str:
    """To read in a terminal."""
    return "\n".join(line for verdict in verdicts for line in _lines(verdict))


def _lines(v: InvariantVerdict) -> Iterator[str]:
    yield fill(f"{v.invariant.name:4} {v.invariant.says}.", 110, subsequent_indent="     ")
    yield f"     by the architecture: {_intended(v)}"
    for e in v.exceptions:
        yield fill(f"     as built: {_said(v, e)}", 110, subsequent_indent="               ")
    if not v.exceptions:
        yield "     as built: without exception"
    for x in v.examples:
        yield fill(f"     shown: {_shown(x)}", 110, subsequent_indent="            ")


def _intended(v: InvariantVerdict) -> str:
    if not v.broken:
        return f"holds in all {v.scenarios:.3g} {v.invariant.of}"
    return "; ".join(f"BROKEN ({f.what}) in {f.scenarios:.3g}, {_choices(f.witness.chosen())}" for f in v.broken)


def _said(v: InvariantVerdict, e: CounterExample) -> str:
    excuse = v.invariant.excuses.get(e.what)
    why = excuse.why if excuse else f"UNEXPLAINED ({e.what})"
    return f"not in {e.scenarios:.3g} scenarios: {why} (say {_choices(e.witness.chosen())})"


def _shown(x: CounterExample) -> str:
    tells = f"{x.what} tells QEMU in {x.scenarios:.3g} scenarios, say {_choices(x.witness.chosen())}"
    return f"{tells}; not so {_choices(x.beside.chosen() if x.beside else {})}"


def _choices(chosen: dict[str, str]) -> str:
    return ", ".join(f"{axis}={word}" for axis, word in chosen.items()) or "the default scenario"


def verdict_table(verdicts: Sequence[InvariantVerdict]) -> str:
    """The same as an HTML table."""
    heads = ("", "Sentence", "By the architecture", "As built")
    rows = ((tables.cell(v.invariant.name, tag="th", scope="row"), v.invariant.says, _intended(v), _exceptions(v))
            for v in verdicts)  # fmt: skip
    return tables.table(heads, rows, look="ras-verdicts")


def shown(verdicts: Sequence[InvariantVerdict]) -> Shown:
    """What `show` makes of the verdicts of `prove`: a table, and the same as text."""
    return Shown(verdict_table(verdicts), table(verdicts))


def _exceptions(v: InvariantVerdict) -> tables.Html:
    if not v.exceptions and not v.examples:
        return tables.Html("without exception")
    items = [f"<li>shown: {escape(_shown(x))}</li>" for x in v.examples]
    for e in v.exceptions:
        excuse = v.invariant.excuses.get(e.what)
        cites = ", ".join(map(label, excuse.cites)) if excuse else ""
        items.append(f'<li>{escape(_said(v, e))} <span class="why">{escape(cites)}</span></li>')
    return tables.Html(f"<ul>{''.join(items)}</ul>")
