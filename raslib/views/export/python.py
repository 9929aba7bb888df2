"""A record as Python that makes it: imports, and one nested constructor call with the names of things."""

import json
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from ...formats.sections import RECORDS
from ...records import Record, Register

WIDTH = 100  # characters of a line, where its words allow it
ROW = 32  # bytes on a line of hex digits


class Call(NamedTuple):
    """`head(name=value, ...)`; a tuple if *head* is empty. Text that goes on from line to line has no *comma*.

    Each of *arguments* is what stands before a value, `name=` or nothing, and the value.
    """

    head: str
    arguments: tuple[tuple[str, "str | Call"], ...] = ()
    comma: str = ","


def python(record: Record) -> str:
    """Source that sets `record` to a record of the same bytes; what is counted is left out, unless it is as found."""
    names = _Names()
    lines = list(_lines("record = ", names.value(record), "", ""))
    return "\n".join([*names.imports(), "", *lines]) + "\n"


# --- what is said ----------------------------------------------------------------------------------------------------


class _Names:
    """Spells values, and keeps account of what has to be imported for them."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}  # a name -> the module that has it; no two of ours are alike

    def imports(self) -> Iterator[str]:
        """One line per module, the standard library's first."""
        modules: dict[str, list[str]] = {}
        for name, module in sorted(self.used.items()):
            modules.setdefault(module, []).append(name)
        if uuid := modules.pop("uuid", None):
            yield from (f"from uuid import {', '.join(uuid)}", "")
        for module, names in sorted(modules.items()):
            line = f"from {module} import {', '.join(names)}"
            short = len(line) <= WIDTH
            yield from (line,) if short else (f"from {module} import (", *(f"    {name}," for name in names), ")")

    def name(self, module: str, name: str) -> str:
        """*name*, which is to be imported from *module*."""
        self.used[name] = module
        return name

    def call(self, value: Record | Register, given: dict[str, Any]) -> Call:
        """The constructor of *value*, a class that stands in its module under its name, with the fields *given*."""
        return Call(self.kind(type(value)), tuple((f"{name}=", self.value(v)) for name, v in given.items()))

    def kind(self, kind: type) -> str:
        return self.name(kind.__module__, kind.__name__)

    def value(self, value: Any) -> str | Call:
        match value:
            case Record():
                fields = {name: getattr(value, name) for name in value.con.names}
                return self.call(value, {name: v for name, v in fields.items() if not _would_be(value, name, v)})
            case Register():
                fields = {name: getattr(value, name) for name, *_ in value.layout} | {"reserved": value.reserved}
                return self.call(value, {name: v for name, v in fields.items() if v})
            case IntEnum():
                return f"{self.kind(type(value))}.{value.name}"
            case tuple():
                return Call("", tuple(("", self.value(item)) for item in value))
            case UUID():
                return self.guid(value)
            case bytes():
                return _bytes(value)
            case str():
                return json.dumps(value)
            case int() if not isinstance(value, bool) and value > 255:
                return f"{value:#x}"
        return repr(value)

    def guid(self, value: UUID) -> str:
        if value in RECORDS:
            return f"{self.name('raslib.formats.sections', 'GUIDS')}[{self.kind(RECORDS[value])}]"
        return f'{self.name("uuid", "UUID")}("{value}")' if value.int else self.name("raslib.records", "NIL")


def _would_be(record: Record, name: str, value: Any) -> bool:
    """Whether the field *name* comes out as *value* where the constructor is not given it."""
    if name in record.placed and not record.placed[name](record):
        return True
    if name in record.filled:
        return bool(value == record.filled[name](record))
    return bool(value == record.__dataclass_fields__[name].default)  # type: ignore[attr-defined]


def _bytes(data: bytes) -> str | Call:
    if data and not any(data):
        return f"bytes({len(data)})"
    if all(0x20 <= byte < 0x7F for byte in data):
        return f"b{json.dumps(data.decode('ascii'))}"
    rows = (data[at : at + ROW].hex() for at in range(0, len(data), ROW))
    return Call("bytes.fromhex", tuple(("", f'"{row}"') for row in rows), comma="")


# --- how it is set on lines ------------------------------------------------------------------------------------------


def _flat(value: str | Call) -> str:
    if isinstance(value, str):
        return value
    said = f"{value.comma} ".join(name + _flat(inner) for name, inner in value.arguments)
    return f"{value.head}({said}{',' if not value.head and len(value.arguments) == 1 else ''})"


def _lines(before: str, value: str | Call, indent: str, after: str) -> Iterator[str]:
    """One line where it fits, else a line for each part."""
    line = f"{indent}{before}{_flat(value)}{after}"
    if isinstance(value, str) or len(line) <= WIDTH:
        yield line
        return
    yield f"{indent}{before}{value.head}("
    for name, inner in value.arguments:
        yield from _lines(name, inner, indent + "    ", value.comma)
    yield f"{indent}){after}"
