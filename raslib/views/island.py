"""Live views without a kernel: where RASLIB_SITE is set, a view is its static twin and the data of its model, as HTML.

One classic script, `script()`, brings all such islands of a page to life, from a server or from a disk. It is made of
the very modules that the widgets use, as many of them as the page needs. The map stands once in a page,
`map_template()`, as it is a third of all.
"""

import json
from html import escape
from typing import Any

from .theme import STATIC, dressed, embedded, esm

MODULES = {
    "stepper": ("ask.js", "map.svg", "map.js", "stepper.js"),
    "bytes": ("bytes.js",),
    "whatif": ("automaton.js", "map.svg", "map.js", "hest.js", "whatif.js"),
    "quiz": ("ask.js", "quiz.js"),
    "compare": ("map.svg", "map.js", "compare.js"),
    "registers": ("reading.js", "registers.js"),
}
# what the address of a page may say of a view
LINKED = {"stepper": ("step", "tab"), "whatif": ("choices",), "registers": ("register", "value"), "compare": ("row",)}
SHARED = ("ask.js", "map.svg", "map.js")  # what several views stand on; in the script once
MAP = "ras-map"  # the id of the template with the map


def island(view: str, data: dict[str, Any], twin: str = "") -> str:
    """HTML of a live view: *view* is a name of `MODULES`, *data* its model's, *twin* what is shown without script.

    Raises ValueError for another name.
    """
    if view not in MODULES:
        raise ValueError(f"no view is called {view!r}; there are {', '.join(MODULES)}")
    return (
        f'<div class="ras-island" data-view="{escape(view)}"><script type="application/json">{embedded(data)}</script>'
        f'<div class="ras-still">{twin}</div></div>'
    )


def bundle(view: str, data: dict[str, Any], twin: str) -> dict[str, str]:
    """An island as one output of a cell."""
    return {"text/html": island(view, data, twin), "text/plain": "(a picture and a table)"}


def script(*wanted: str) -> str:
    """The text of the script for a page with the views *wanted*, or with any: those, and start.js, which starts them.

    A stepper opens bytes in place, and so brings that view with it.
    """
    names = [v for v in MODULES if not wanted or v in wanted or (v == "bytes" and "stepper" in wanted)]
    used = [part for part in SHARED if any(part in MODULES[view] for view in names)]
    own = {view: [part for part in MODULES[view] if part not in SHARED] for view in names}
    views = [f"const {view} = {expression(*parts)};" for view, parts in own.items()]
    views.append(f"const VIEWS = {{ {', '.join(names)} }}, LINKED = {json.dumps(LINKED)};")
    shared = esm("dom.js", *(part for part in used if part != "map.svg"))
    picture = f'const MAP = document.getElementById("{MAP}")?.innerHTML ?? "";'
    return "\n".join(["(() => {", picture, shared, *views, esm("start.js"), "})();", ""])


def expression(*names: str) -> str:
    """Modules, the last of which has a default export, as an expression: from a disk, a page cannot import a file."""
    source = esm(*names)
    before, found, exported = source.rpartition("export default ")
    if not found or "</script" in source:
        raise ValueError(f"{names[-1]} must end in one default export and must not end a script element")
    return f"(() => {{\n{before}return {exported}}})()"


def map_template() -> str:
    """The map as a template element, which a page needs that has a stepper or the what-if panel in it."""
    svg = (STATIC / "map.svg").read_text(encoding="utf-8")
    return f'<template id="{MAP}">{dressed("map.svg", svg)}</template>'
