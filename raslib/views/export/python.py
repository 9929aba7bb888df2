"""A record as Python that makes it: imports, and one nested constructor call with the names of things."""

import json
from collections.abc import Iterator
from enum import IntEnum
from typing import Any
from uuid import UUID

from ...formats.sections import RECORDS
from ...records import Record, Register

WIDTH = 100  # characters of a line, where its words allow it
ROW = 32  # bytes on a line of hex digits
INDENT = "    "


def python(record: Record) -> str:
    """Source that sets `record` to a record of the same bytes; what is counted is left out, unless it is as found."""
    spelling = _Spelling()
    lines = spelling.lines(record, "record = ", WIDTH)
    return "\n".join([*spelling.imports(), "", *lines]) + "\n"


class _Spelling:
    """Spells values, and keeps account of what has to be imported for them."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}  # a name -> the module that has it; no two of ours are alike

    def imports(self) -> Iterator[str]:
        """One line per module, the standard library's first."""
        if "UUID" in self.used:
            yield from ("from uuid import UUID", "")
        for module in sorted({*self.used.values()} - {"uuid"}):
            names = sorted(name for name, of in self.used.items() if of == module)
            line = f"from {module} import {', '.join(names)}"
            wrapped = (f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")")
            yield from (line,) if len(line) <= WIDTH else wrapped

    def name(self, module: str, name: str) -> str:
        """*name*, which is to be imported from *module*."""
        self.used[name] = module
        return name

    def kind(self, kind: type) -> str:
        """The name of a class, which stands in its module under it."""
        return self.name(kind.__module__, kind.__name__)

    def lines(self, value: Any, before: str, room: int) -> list[str]:
        """The lines of *value*, *before* standing on the first; one line, if it has less than *room* characters."""
        match value:
            case Record():
                given = {name: getattr(value, name) for name in value.con.names}
                given = {name: v for name, v in given.items() if not _would_be(value, name, v)}
            case Register():
                given = {name: v for name in value.defaults if (v := getattr(value, name))}
            case tuple():
                return _call(before, "", [self.lines(item, "", room - len(INDENT)) for item in value], room)
            case bytes() if any(value) and not _is_text(value):
                rows = [[f'"{value[at : at + ROW].hex()}"'] for at in range(0, len(value), ROW)]
                return _call(before, "bytes.fromhex", rows, room, comma="")
            case _:
                return [before + self.word(value)]
        parts = [self.lines(v, f"{name}=", room - len(INDENT)) for name, v in given.items()]
        return _call(before, self.kind(type(value)), parts, room)

    def word(self, value: Any) -> str:
        """A value that is not made of others."""
        match value:
            case IntEnum():
                return f"{self.kind(type(value))}.{value.name}"
            case UUID() if value in RECORDS:
                return f"{self.name('raslib.formats.sections', 'GUIDS')}[{self.kind(RECORDS[value])}]"
            case UUID():
                return f'{self.name("uuid", "UUID")}("{value}")' if value.int else self.name("raslib.records", "NIL")
            case bytes():
                return f"b{json.dumps(value.decode('ascii'))}" if _is_text(value) else f"bytes({len(value)})"
            case str():
                return json.dumps(value)
            case int() if not isinstance(value, bool) and value > 255:
                return f"{value:#x}"
        return repr(value)


def _would_be(record: Record, name: str, value: Any) -> bool:
    """Whether the field *name* comes out as *value* where the constructor is not given it."""
    if name in record.placed and not record.placed[name](record):
        return True
    if name in record.filled:
        return bool(value == record.filled[name](record))
    return bool(value == record.defaults[name])


def _is_text(data: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in data)


def _call(before: str, head: str, parts: list[list[str]], room: int, comma: str = ",") -> list[str]:
    """The lines of `head(part, ...)`, a tuple if *head* is empty, after *before*.

    Each of *parts* is lines; they stand on one together where that has less than *room* characters. Text that goes on
    from line to line has no *comma*.
    """
    end = ",)" if not head and len(parts) == 1 else ")"
    line = f"{before}{head}({f'{comma} '.join(part[0] for part in parts)}{end}"
    if len(line) < room and all(len(part) == 1 for part in parts):
        return [line]
    inner = (line for *first, last in parts for line in (*first, last + comma))
    return [f"{before}{head}(", *(INDENT + line for line in inner), ")"]
