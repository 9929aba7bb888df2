"""A trace, a record, or all stories as one HTML file that works from a disk, without any server."""

import base64
import hashlib
from html import escape
from typing import Any

from .bytes_html import fields_table
from .swimlane import swimlane, trace_table
from .theme import embedded, esm, style, view

POLICY = "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(trace: Any, step: int = 0) -> str:
    """The stepper for a trace as HTML text, at *step* (from 0); a step's bytes open in the bytes view."""
    trace = view(trace)
    data = {"trace": trace, "svg": swimlane(trace), "step": step}
    start = "stepper.render({ model: pageModel({ ...data, bytes }, ['step', 'tab']), el })"
    return _html(trace["title"], data, start, _all("All steps as a table", trace_table(trace)), "stepper", "bytes")


def whatif_page(*given: str) -> str:
    """A switch for every choice that is not *given*, and the story that follows, as HTML text."""
    from .whatif import stories  # the whole space: no page of a record waits for it

    data = {**stories(*given), "choices": {}}
    start = "whatif.render({ model: pageModel(data, ['choices']), el })"
    return _html("What if?", data, start, "", "whatif")


def record_page(record: Any, *, before: str = "", selected: str = "") -> str:
    """The bytes view for a record as HTML text; bytes that differ from *before* (hex) are marked."""
    record = view(record)
    data = {"record": record, "before": before, "selected": selected}
    start = "bytes.render({ model: localModel(data), el })"
    return _html(record["title"], data, start, _all("All fields as a table", fields_table(record)), "bytes")


def table_page(title: str, table: str) -> str:
    """A table of HTML by itself, as HTML text."""
    return _html(title, {}, "", table)


def _all(title: str, table: str) -> str:
    return f'<details class="all"><summary>{title}</summary>{table}</details>'


def _html(title: str, data: dict[str, Any], start: str, below: str, *modules: str) -> str:
    """A page that the expression *start* begins, with dom.js and these *modules*; *below* stands under it.

    Its policy lets run the one script that stands in it, and load nothing. Styles may stand anywhere: a picture has its
    own with it, so that it can be saved.
    """
    sources = "".join(f"const {name} = {_expression(*MODULES[name])};\n" for name in modules)
    script = f"""
{esm("dom.js")}
{sources}const data = JSON.parse(document.getElementById("data").textContent);
const el = document.getElementById("view");
{start};
"""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; {POLICY}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{style("page", "theme", "svg", "table", "views", *(["whatif"] if "whatif" in modules else []))}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<div id="view"></div>
{below}
</main>
<script type="application/json" id="data">{embedded(data)}</script>
<script type="module">{script}</script>
</body>
</html>
"""


MODULES = {
    "stepper": ("ask.js", "map.svg", "map.js", "stepper.js"),
    "bytes": ("bytes.js",),
    "whatif": ("automaton.js", "map.svg", "map.js", "whatif.js"),
}


def _expression(*names: str) -> str:
    """Modules, the last of which has a default export, as an expression: from a disk, a page cannot import a file."""
    source = esm(*names)
    before, found, exported = source.rpartition("export default ")
    if not found or "</script" in source:
        raise ValueError(f"{names[-1]} must end in one default export and must not end a script element")
    return f"(() => {{\n{before}return {exported}}})()"
