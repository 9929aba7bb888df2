"""Live views without a kernel: where RASLIB_SITE is set, a view is its static twin and the data of its model, as HTML.

One classic script, `script()`, brings all such islands of a page to life, from a server or from a disk. It is made of
the very modules that the widgets use, as many of them as the page needs. The map stands once in a page,
`map_template()`, as it is a third of all.
"""

import json
from html import escape
from typing import Any

from .theme import embedded, joined, map_svg

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


def script(*wanted: str) -> str:
    """The text of the script for a page with the views *wanted*, or with any: those, and start.js, which starts them.

    A stepper opens bytes in place, and so brings that view with it.
    """
    names = [v for v in MODULES if not wanted or v in wanted or (v == "bytes" and "stepper" in wanted)]
    used = dict.fromkeys(part for view in names for part in MODULES[view][:-1] if part != "map.svg")
    views = [f"const {view} = {expression(MODULES[view][-1])};" for view in names]
    views.append(f"const VIEWS = {{ {', '.join(names)} }}, LINKED = {json.dumps(LINKED)};")
    picture = f'const MAP = document.getElementById("{MAP}")?.innerHTML ?? "";'
    return "\n".join(["(() => {", picture, joined("dom.js", *used), *views, joined("start.js"), "})();", ""])


def expression(name: str) -> str:
    """The script of a view as an expression, so that each in a page has its `render`."""
    return f"(() => {{\n{joined(name)}\nreturn {{ render }};\n}})()"


def map_template() -> str:
    """The map as a template element, which a page needs that has a stepper or the what-if panel in it."""
    return f'<template id="{MAP}">{map_svg()}</template>'
