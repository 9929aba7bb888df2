"""The hex files of `data/status_blocks`: what each line's comment says lies there, and which declarations they show."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from formats import acpi_checks as checks

from raslib.formats.ghes import StatusBlock
from raslib.records import Coded, Record, Register
from raslib.resources import folder, samples

FILES = sorted((folder("data") / "status_blocks").glob("*.hex"))


def lines(path: Path) -> list[tuple[int, str]]:
    """The comments of a hex file that are an offset and a field's path: `#   12  data_length`."""
    found = re.findall(r"^[0-9a-f ]+#\s+(\d+)\s+([\w.\[\]]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [(int(offset), field) for offset, field in found]


@cache
def shown() -> frozenset[type]:
    """Every record and register that a hex file holds, field by field, and the codes that their fields name."""
    kinds: set[type] = set()
    for path in FILES:
        if lines(path):
            explained = StatusBlock.explain(samples(f"status_blocks/{path.stem}"))
            kinds |= {type(part) for part in _parts(explained.record)}
    uses = (use for module in checks.MODULES for use in checks.uses(module))
    return frozenset(kinds | {code for owner, _, code in uses if owner in kinds})


def _parts(value: Any) -> Iterator[Record | Register]:
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, Record | Register):
        yield value
        if isinstance(value, Record):
            for name in value.con.names:
                yield from _parts(getattr(value, name))


def unseen(kind: type[Record] | type[Register] | type[Coded]) -> set[str]:
    """What is declared of *kind* and stands in no hex file, by module and class."""
    declared = [cls for module in checks.MODULES for cls in checks.classes(module, kind)]
    return {f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}" for cls in declared if cls not in shown()}
