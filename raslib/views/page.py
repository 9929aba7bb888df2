"""A trace, a record, or all stories as one HTML file that works from a disk, without any server."""

from html import escape
from typing import Any

from .bytes_html import fields_table
from .ink import STATIC, embedded, view
from .stories import esm, stories
from .swimlane import swimlane, trace_table

PAGE_STYLE = """
:root { color-scheme: light dark; --jp-layout-color0: #fff; --jp-content-font-color1: #1f2328 }
@media (prefers-color-scheme: dark) { :root { --jp-layout-color0: #111; --jp-content-font-color1: #e4e6e8 } }
body { max-width: 1180px; margin: 0 auto; padding: 28px 24px 48px;
  background: var(--jp-layout-color0); color: var(--jp-content-font-color1);
  font: 14px/1.5 "Segoe UI", Roboto, "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif }
h1 { margin: 0 0 16px; font-size: 21px; font-weight: 600; line-height: 1.3 }
#view { margin-inline: -4px }
.all { margin-top: 36px; overflow-x: auto }
.all > summary { cursor: pointer }
.all table { width: 100%; margin: 12px 0; border-collapse: collapse; font-size: 13px }
.all caption { display: none }
.all :is(th, td) { padding: 5px 14px 5px 0; border-top: 1px solid #8883; text-align: left; vertical-align: top }
.all td:last-child { min-width: 8em; overflow-wrap: anywhere }
@media print { body { padding: 0 } .all::details-content { content-visibility: visible; block-size: auto } }
"""


def page(trace: Any, step: int = 0) -> str:
    """The stepper for a trace as HTML text, at *step* (from 0); a step's bytes open in the bytes view."""
    trace = view(trace)
    data = {"trace": trace, "svg": swimlane(trace), "step": step}
    start = "stepper.render({ model: localModel({ ...data, bytes }), el })"
    return _html(trace["title"], data, start, _all("All steps as a table", trace_table(trace)), "stepper", "bytes")


def stories_page(*given: str) -> str:
    """A switch for every choice that is not *given*, and the story that follows, as HTML text."""
    data = {**stories(*given), "choices": {}}
    start = "whatif.render({ model: localModel(data), el })"
    return _html("What if?", data, start, "", "whatif")


def record_page(record: Any, *, before: str = "", selected: str = "") -> str:
    """The bytes view for a record as HTML text; bytes that differ from *before* (hex) are marked."""
    record = view(record)
    data = {"record": record, "before": before, "selected": selected}
    start = "bytes.render({ model: localModel(data), el })"
    return _html(record["title"], data, start, _all("All fields as a table", fields_table(record)), "bytes")


def _all(title: str, table: str) -> str:
    return f'<details class="all"><summary>{title}</summary>{table}</details>'


def _html(title: str, data: dict[str, Any], start: str, below: str, *modules: str) -> str:
    """A page that the expression *start* begins, with dom.js and these *modules*; *below* stands under it."""
    sources = "".join(f"const {name} = {_expression(*MODULES[name])};\n" for name in modules)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{PAGE_STYLE}{(STATIC / "views.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<div id="view"></div>
{below}
</main>
<script type="application/json" id="data">{embedded(data)}</script>
<script type="module">
{(STATIC / "dom.js").read_text(encoding="utf-8")}
{sources}const data = JSON.parse(document.getElementById("data").textContent);
const el = document.getElementById("view");
{start};
</script>
</body>
</html>
"""


MODULES = {"stepper": ("stepper.js",), "bytes": ("bytes.js",), "whatif": ("automaton.js", "whatif.js")}


def _expression(*names: str) -> str:
    """Modules, the last of which has a default export, as an expression: from a disk, a page cannot import a file."""
    source = esm(*names)
    before, found, exported = source.rpartition("export default ")
    if not found or "</script" in source:
        raise ValueError(f"{names[-1]} must end in one default export and must not end a script element")
    return f"(() => {{\n{before}return {exported}}})()"
