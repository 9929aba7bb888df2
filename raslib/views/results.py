"""What the simulator finds out, as text and as HTML tables: how scenarios end, verdicts, sources, predictions held."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING, Any

from ..sim.aspects import ASPECTS, AspectRow, Held, Value, written
from ..sim.every_source import RELEASES, SourceRow, SourceTable
from ..sim.model.outcome import ENDS
from ..sim.model.sources import label
from .table import Html, cell, columns, row, table
from .theme import Shown

if TYPE_CHECKING:  # the space of scenarios and the proofs over it, for which no other table waits
    from ..sim.explore import OutcomeTable
    from ..sim.explore.monitor import CounterExample
    from ..sim.invariants import InvariantVerdict

# --- how many scenarios end how: in HTML a greater share has a deeper shade -------------------------------------------


def share(n: int, of: int) -> str:
    """*n* of *of* in per cent; what is little is not nothing, and what is nearly all is not all."""
    if not n:
        return "·"
    percent = 100 * n / of
    if percent < 0.1:
        return "<0.1"
    return f"{percent:.1f}" if n == of or percent < 99.95 else ">99.9"


def outcomes_text(shares: "OutcomeTable") -> str:
    """To read in a terminal: a row for each combination, a column for each end, shares in per cent."""
    rows = [[*shares.axes, *shares.ends, "scenarios"]]
    for words, counts in shares.rows.items():
        total = counts.total()
        rows.append([*words, *(share(counts[end], total) for end in shares.ends), power(total)])
    lines = columns(rows, range(len(shares.axes), len(rows[0])))
    head = f"per cent of scenarios by {shares.of}; given: {_given(shares) or 'nothing'}"
    return "\n".join([head, *lines, "", *_meanings(shares.ends)]).rstrip()


def _given(shares: "OutcomeTable") -> str:
    return ", ".join(f"{name} = {word}" for name, word in shares.given.items())


def _meanings(ends: Iterable[str]) -> Iterator[str]:
    """The sentence of each end that has one."""
    return (f"{end}: {ENDS[end]}" for end in ends if end in ENDS)


def power(n: int) -> str:
    """*n* as a reader wants it: all digits up to a million, else a power of ten."""
    if n < 1_000_000:
        return str(n)
    digits, _, exponent = f"{n:.1e}".partition("e+")
    return f"{digits} × 10{exponent.lstrip('0').translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def heat_map(shares: "OutcomeTable") -> str:
    """The same as an HTML table, with the counts and the meaning of each end in the titles.

    Ends that are nowhere more than one in a thousand share the last column. Where the table is wider than the page, its
    box scrolls, by keys too.
    """
    ends = [end for end in shares.ends if any(counts[end] * 1000 >= counts.total() for counts in shares.rows.values())]
    rare = [end for end in shares.ends if end not in ends]
    columns = {end: [end] for end in ends} | ({"rarer": rare} if rare else {})
    heads = [*shares.axes]
    for name in columns:
        word = Html(f'<span class="end">{escape(name)}</span>')
        heads.append(cell(word, tag="th", scope="col", title=ENDS.get(name) or ", ".join(rare)))
    caption = f"Per cent of scenarios by {shares.of}" + (f", where {_given(shares)}" if shares.given else "")
    rows = (_shares(words, counts, columns) for words, counts in shares.rows.items())
    shades = table(heads, rows, look="ras-shares", caption=caption)
    return f'<div class="ras-wide" role="region" tabindex="0" aria-label="{escape(caption)}">{shades}</div>'


def _shares(words: tuple[str, ...], counts: Counter[str], columns: dict[str, list[str]]) -> Iterator[Html]:
    yield from (cell(word, tag="th", scope="row") for word in words)
    total = counts.total()
    for ends in columns.values():
        number = sum(counts[end] for end in ends)
        depth = round(70 * number / total) if total else 0
        title = f"{power(number)} of {power(total)}"
        yield cell(share(number, total), "num", style=f"--share:{depth}%", title=title)


# --- what came of the invariants, with a witness for every exception --------------------------------------------------


def verdicts_text(verdicts: Sequence["InvariantVerdict"]) -> str:
    """To read in a terminal."""
    return "\n".join(line for verdict in verdicts for line in _verdict(verdict))


def _verdict(v: "InvariantVerdict") -> Iterator[str]:
    yield fill(f"{v.invariant.name:4} {v.invariant.says}.", 110, subsequent_indent="     ")
    yield f"     by the architecture: {_intended(v)}"
    for e in v.exceptions:
        yield fill(f"     as built: {_exception(v, e)}", 110, subsequent_indent="               ")
    if not v.exceptions:
        yield "     as built: without exception"
    for x in v.examples:
        yield fill(f"     shown: {_example(x)}", 110, subsequent_indent="            ")


def _intended(v: "InvariantVerdict") -> str:
    if not v.broken:
        return f"holds in all {v.scenarios:.3g} {v.invariant.of}"
    return "; ".join(f"BROKEN ({f.what}) in {f.scenarios:.3g}, {_choices(f.witness.chosen())}" for f in v.broken)


def _exception(v: "InvariantVerdict", e: "CounterExample") -> str:
    excuse = v.invariant.excuses.get(e.what)
    why = excuse.why if excuse else f"UNEXPLAINED ({e.what})"
    return f"not in {e.scenarios:.3g} scenarios: {why} (say {_choices(e.witness.chosen())})"


def _example(x: "CounterExample") -> str:
    tells = f"{x.what} tells QEMU in {x.scenarios:.3g} scenarios, say {_choices(x.witness.chosen())}"
    return f"{tells}; not so {_choices(x.beside.chosen() if x.beside else {})}"


def _choices(chosen: dict[str, str]) -> str:
    return ", ".join(f"{axis}={word}" for axis, word in chosen.items()) or "the default scenario"


def verdict_table(verdicts: Sequence["InvariantVerdict"]) -> str:
    """The same as an HTML table."""
    heads = ("", "Sentence", "By the architecture", "As built")
    rows = ((cell(v.invariant.name, tag="th", scope="row"), v.invariant.says, _intended(v), _exceptions(v))
            for v in verdicts)  # fmt: skip
    return table(heads, rows, look="ras-verdicts")


def _exceptions(v: "InvariantVerdict") -> Html:
    if not v.exceptions and not v.examples:
        return Html("without exception")
    items = [f"<li>shown: {escape(_example(x))}</li>" for x in v.examples]
    for e in v.exceptions:
        excuse = v.invariant.excuses.get(e.what)
        cites = ", ".join(map(label, excuse.cites)) if excuse else ""
        items.append(f'<li>{escape(_exception(v, e))} <span class="why">{escape(cites)}</span></li>')
    return Html(f"<ul>{''.join(items)}</ul>")


# --- every source of a HEST for one error; the sentences of all ends stand below --------------------------------------

HEADS = ("source", "notifies by", "heard by")
NO_REPORT = "-"  # where firmware cannot report by a structure


def sources_text(found: SourceTable) -> str:
    """To read in a terminal: a row for each source, then how each is heard of, and what the ends mean."""
    rows = [[*HEADS, *(release.value for release in RELEASES)]]
    rows += [[_id(row), row.notifies, row.heard_by, *_ends(row)] for row in found.rows]
    how: dict[str, list[str]] = {}
    for source in found.rows:
        how.setdefault(source.how, []).append(_id(source))
    told = (f"source{'s' * (len(ids) > 1)} {', '.join(ids)}: {sentence}" for sentence, ids in how.items())
    return "\n".join([found.title, "", *columns(rows), "", *told, "", *_meanings(_all_ends(found))]).rstrip()


def sources_html(found: SourceTable) -> str:
    """The same as an HTML table; *how* stands in the column of who hears."""
    heads = [*HEADS, *(release.value for release in RELEASES)]
    ends = (end for end in _all_ends(found) if end in ENDS)
    foot = "".join(f"<p><b>{escape(end)}</b>: {escape(ENDS[end])}</p>" for end in ends)
    return table(heads, map(_source, found.rows), caption=found.title) + foot


def _source(row: SourceRow) -> Iterator[str]:
    yield cell(_id(row), tag="th", scope="row")
    yield row.notifies
    yield Html(f"<b>{row.heard_by}</b>. {escape(row.how)}")
    yield from (cell(end, title=ENDS.get(end, "")) for end in _ends(row))


def _id(row: SourceRow) -> str:
    return "?" if row.source_id is None else str(row.source_id)


def _ends(row: SourceRow) -> list[str]:
    """The end by each release."""
    return [row.outcomes[r.value]["end"] if row.outcomes else NO_REPORT for r in RELEASES]


def _all_ends(found: SourceTable) -> Iterable[str]:
    return dict.fromkeys(end for row in found.rows for end in _ends(row))


# --- a prediction beside what a real kernel did, aspect by aspect -----------------------------------------------------


def prediction_table(comparison: Held) -> str:
    """What was predicted and what was done, in columns of their own; a difference has its reason below it."""
    body: list[Html] = []
    for question, rows in groupby(comparison.rows, lambda row: row.asked):
        body += [_question(question), *(line for one in rows for line in _aspect(one))]
    for question, why in comparison.silent:
        body += [_question(question), row(["", cell(f"No prediction. {why}", "why", colspan=3)])]
    verdict = row([cell(Html(f"<b>{escape(comparison.verdict)}</b>"), colspan=4)])
    heads = ("", "The simulator", "The kernel", "")
    return table(heads, body, look="ras-prediction", caption=f"{comparison.title} ({comparison.by})", foot=verdict)


def _question(asked: str) -> Html:
    return row([cell(asked, tag="th", colspan=4, scope="rowgroup")], "asked")


def _aspect(one: AspectRow) -> Iterator[Html]:
    name = cell(one.aspect, tag="th", scope="row", title=ASPECTS[one.aspect])
    cells = [name, _values(one.predicted), _values(one.real)]
    if one.same:
        yield row([*cells, "as predicted"])
        return
    yield row([*cells, cell("differs", "sign")], "other")
    yield row(["", cell(one.known or "Nobody knows why.", "why", colspan=3)])


def _values(value: Value) -> str:
    if isinstance(value, str):
        return value
    if not value[1:]:
        return written(value)
    return Html(f"<ul>{''.join(f'<li>{escape(word)}</li>' for word in value)}</ul>")


_DRAWS: dict[str, Any] = {  # class -> its HTML and its text
    "OutcomeTable": (heat_map, outcomes_text),
    "InvariantVerdict": (verdict_table, verdicts_text),
    "SourceTable": (sources_html, sources_text),
    "Held": (prediction_table, str),
}


def shown(found: Any) -> Shown:
    """What `show` makes of the table of a space, verdicts of `prove`, every source of a HEST, or a prediction held."""
    html, text = _DRAWS[type(found[0] if type(found) in (list, tuple) else found).__name__]
    return Shown(html(found), text(found))
