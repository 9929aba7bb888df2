"""Live views without a kernel: where RASLIB_SITE is set, a view is its static twin and the data of its model, as HTML.

One classic script, `script()`, brings all such islands of a page to life, from a server or from a disk. It is made of
the very modules that the widgets use, as many of them as the page needs. The map stands once in a page,
`map_template()`, as it is a third of all.
"""

import json
from html import escape
from typing import Any

from .page import LINKED, MODULES, expression
from .theme import STATIC, dressed, embedded, esm, tables_style

SHARED = ("dom.js", "ask.js", "map.svg", "map.js")  # what several views stand on; in the script once
MAP = "ras-map"  # the id of the template with the map


def island(view: str, data: dict[str, Any], twin: str) -> str:
    """HTML of a live view: *view* is a name of `page.MODULES`, *data* its model's, *twin* what is shown without script.

    Raises ValueError for another name.
    """
    if view not in MODULES:
        raise ValueError(f"no view is called {view!r}; there are {', '.join(MODULES)}")
    return (
        f'<div class="ras-island" data-view="{escape(view)}"><script type="application/json">{embedded(data)}</script>'
        f'<div class="ras-still">{tables_style()}{twin}</div></div>'
    )


def bundle(view: str, data: dict[str, Any], twin: str) -> dict[str, str]:
    """An island as one output of a cell."""
    return {"text/html": island(view, data, twin), "text/plain": "(a picture and a table)"}


def script(*wanted: str) -> str:
    """The text of the script for a page with the views *wanted*, or with any: those, and start.js, which starts them.

    A stepper opens bytes in place, and so brings that view with it.
    """
    names = [v for v in MODULES if not wanted or v in wanted or (v == "bytes" and "stepper" in wanted)]
    own = {view: [part for part in MODULES[view] if part not in SHARED] for view in names}
    views = [f"const {view} = {expression(*parts)};" for view, parts in own.items()]
    views.append(f"const VIEWS = {{ {', '.join(names)} }}, LINKED = {json.dumps(LINKED)};")
    shared = esm(*(name for name in SHARED if not name.endswith(".svg")))
    picture = f'const MAP = document.getElementById("{MAP}")?.innerHTML ?? "";'
    return "\n".join(["(() => {", picture, shared, *views, esm("start.js"), "})();", ""])


def map_template() -> str:
    """The map as a template element, which a page needs that has a stepper or the what-if panel in it."""
    svg = (STATIC / "map.svg").read_text(encoding="utf-8")
    return f'<template id="{MAP}">{dressed("map.svg", svg)}</template>'
