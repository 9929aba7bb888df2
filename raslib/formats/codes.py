"""Code lists as the documents have them: what each number is called and what it means, in `codes.toml`.

Lists that our own code decides by, severities for example, are classes in their modules.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, cast

from ..plain import Coded


@cache
def _tables() -> dict[str, dict[str, dict[str, Any]]]:
    """The lists by module and name."""
    return tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))


def code_lists(module: str) -> dict[str, Any]:
    """The lists of *module*, which is its `__name__`: a `Coded` by the name of each.

    Raises KeyError for a module or a list that is not there, ValueError for a code that is anything but a number and
    its meaning.
    """
    return {name: _coded(module, name, table) for name, table in _tables()[module.rpartition(".")[2]].items()}


def _coded(module: str, name: str, table: dict[str, Any]) -> Any:
    codes = dict(table)
    doc, (shared, _, base) = codes.pop("doc", None), codes.pop("like", "").partition(".")
    if shared:
        codes = _tables()[shared][base] | codes
    for code, row in codes.items():
        if not isinstance(row, list) or [*map(type, row)] != [int, str]:
            raise ValueError(f"codes.toml: {code} of {name} is no [number, meaning]")
    kind = cast(Any, Coded)(name, {code: tuple(row) for code, row in codes.items()}, module=module)
    kind.__doc__ = doc
    return kind
