"""A page of all public names, made from their docstrings."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from .. import DOOR


def page() -> str:
    """Markdown: a part for each room, in it what `from raslib import ...` gives, with signature and docstring."""
    return "\n\n".join(["# The public names", "Each can be had by `from raslib import NAME`.", *_rooms()]) + "\n"


def _rooms() -> Iterator[str]:
    for room, names in DOOR.items():
        module = import_module(f"raslib.{room}")
        yield f"## `raslib.{room}`"
        yield text(inspect.getdoc(module) or "")
        for name in names:
            yield from _name(name, getattr(module, name))


def _name(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}"
    if inspect.isclass(value) or inspect.isfunction(value):
        yield f"```python\n{name}{inspect.signature(value)}\n```"
        yield text(inspect.getdoc(value) or "")
    else:
        yield f"A value: {type(value).__name__} with {len(value)} entries."


def text(docstring: str) -> str:
    """A docstring as Markdown: examples and what is indented are code, a number sign begins no heading."""
    blocks = []
    for block in docstring.split("\n\n"):
        code = block.startswith((">>>", "    ", "...")) or "\n    " in block
        blocks.append(f"```text\n{block}\n```" if code else block.replace("#", "\\#").replace("<", "&lt;"))
    return "\n\n".join(blocks)
