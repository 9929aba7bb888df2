"""A trace, a record, or all stories as one HTML file that works from a disk, without any server."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import Any

from ..records import Record
from . import bits
from .bytes_html import fields_table
from .island import MODULES, island, map_template, script
from .swimlane import swimlane, trace_table
from .table import table
from .theme import style, view


def page(trace: Any, step: int = 0) -> str:
    """The stepper for a trace as the text of one HTML file, which needs no network and no server.

    *trace* is a `Trace`, a `trace_view` or the like of it (`views.theme.view`); with a `trace_view` a step's bytes open
    in the bytes view, the map has its HEST sources, and it ends in a sentence. *step*, from 0, is where it opens,
    unless the address says `#step=5` (from 1) or `#tab=map`. Raises TypeError for what is no trace.
    """
    trace = view(trace)
    data = {"trace": trace, "svg": swimlane(trace), "step": step}
    return _html(trace["title"], "stepper", data, _all("All steps as a table", trace_table(trace)))


def whatif_page(*given: str, hest: Any = None) -> str:
    """The panel of switches and the story that follows, as the text of one HTML file.

    *given* are choices without a switch, `"begin=error"`: each makes the file smaller (`views.whatif.SLICE`: 270 kB).
    *hest* is a host's table, of which each source can be chosen; another can be built in the page.
    The address holds what is chosen: `#choices=host.notify=SDEI,guest.notify=none`. Raises ValueError for a choice that
    there is not.
    """
    from ..sim.model.scenario import Scenario  # and the whole space: no page of a record waits for it
    from .whatif import whatif_view

    return _html("What if?", "whatif", whatif_view(Scenario.of(*given), *given, hest=hest), "")


def record_page(record: Any, *, before: str = "", selected: str = "", title: str = "", above: str = "") -> str:
    """The bytes view for a record as the text of one HTML file.

    *record* is a `record_view` or a `bytes_view`; *before* are the bytes of another version as hex digits, of which
    those that differ are marked; *selected* is the path of the field that is shown at first, `entries[0].section`.
    *title* is another than the record's; *above* is HTML between it and the view.
    """
    record = view(record)
    data = {"record": record, "before": before, "selected": selected}
    below = _all("All fields as a table", fields_table(record))
    return _html(title or record["title"], "bytes", data, below, above)


def differences_page(kind: type[Record], one: bytes, other: bytes, names: Sequence[str]) -> str:
    """Two records of a *kind* as the text of one HTML file: each field that differs, as both have it, then the second.

    *names* are what the two are called. In the bytes view of the second, what differs from the first is marked.
    """
    from .bytes_view import bytes_view, differences

    rows = [[text or "\N{EN DASH}" for text in row.values()] for row in differences(kind, one, other)]
    said = table(("field", *names), rows) if rows else "<p>No field differs.</p>"
    above = f'<div class="differ" tabindex="0" role="region" aria-label="Fields that differ">{said}</div>'
    return record_page(bytes_view(kind, other), before=one.hex(), title=" | ".join(names), above=above)


def register_page(syndrome: Any) -> str:
    """A register whose bits can be turned, as the text of one HTML file; *syndrome* is what `explain` gives.

    The address holds what is shown: `#register=ESR_ELx&value=0x96000010`.
    """
    below = _all("The bits as a picture and a table", bits.still(syndrome))
    return _html(syndrome.name, "registers", bits.register_view(syndrome), below)


def comparison_page(comparison: Any) -> str:
    """Two scenarios stepped side by side, as the text of one HTML file; *comparison* is what `compare` gives.

    The address holds the row: `#row=12`.
    """
    from .comparison import comparison_view, side_by_side  # and the simulator, for which no other page waits

    below = _all("Both as a table", side_by_side(comparison))
    data = comparison_view(comparison)
    return _html(" | ".join(data["names"]), "compare", data, below)


def table_page(title: str, rows: str) -> str:
    """A table of HTML by itself, as HTML text; a caption that says what *title* says is left out."""
    return _html(title, "", {}, rows.replace(f"<caption>{escape(title)}</caption>", ""))


def _all(title: str, rows: str) -> str:
    return f'<details class="all"><summary>{title}</summary>{rows}</details>'


def _html(title: str, view: str, data: dict[str, Any], below: str, above: str = "") -> str:
    """A page with one *view* of `MODULES` and its model's *data*, or none, between what stands *above* and *below*."""
    parts = MODULES[view] if view else ()
    code = script(view) if view else ""
    looks = {"ask": "ask.js" in parts, "panels": view == "registers", "whatif": view == "whatif"}
    look = style("page", "theme", "svg", "table", "views", *(part for part, used in looks.items() if used))
    for spaced in ("\n  ", ": ", "; ", "{ ", " {", " }"):
        look = look.replace(spaced, spaced.strip(" "))
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{look}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{above}<div id="view">{island(view, data) if view else ""}</div>
{below}
</main>
{map_template() if "map.svg" in parts else ""}
<script type="module">{code}</script>
</body>
</html>
"""
    return guarded(html, policy(code))


def policy(*scripts: str, own: str = "") -> str:
    """The Content-Security-Policy of a page: nothing from elsewhere, and no script that stands in it but *scripts*.

    *own*, as `"'self' "`, lets it load files beside it, and send a form there. Styles may stand anywhere: a picture has
    its own with it, so that it can be saved.
    """
    hashes = (f"'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in scripts)
    allowed = f"script-src {own}{' '.join(hashes)}; style-src {own}'unsafe-inline'; img-src {own}data:"
    target = own.strip() or "'none'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action {target}"


def guarded(html: str, policy: str) -> str:
    """*html* with its *policy* as the first thing in its head."""
    return html.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
