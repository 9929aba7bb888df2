"""A record as Python that makes it: imports, and one nested constructor call with the names of things."""

import json
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from ...formats.cper import CperRecord
from ...formats.sections import RECORDS
from ...records import Record, Register
from ..fields import GUID_NAMES

WIDTH = 100  # characters of a line, where its words allow it
ROW = 32  # bytes on a line of hex digits


class Call(NamedTuple):
    """`head(name=value, ...)`; a tuple if *head* is empty. Text that goes on from line to line has no *comma*."""

    head: str
    arguments: tuple["Argument", ...] = ()
    comma: str = ","


class Argument(NamedTuple):
    """A value, the name that it is given by, and a comment for the end of its line."""

    value: "str | Call"
    name: str = ""
    comment: str = ""


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

    def kind(self, kind: type) -> str:
        """A class of ours, which stands in its module under its name."""
        return self.name(kind.__module__, kind.__name__)

    def value(self, value: Any) -> str | Call:
        match value:
            case Record():
                return self.record(value)
            case Register():
                shown = {name: getattr(value, name) for name, *_ in value.layout} | {"reserved": value.reserved}
                said = tuple(Argument(self.value(v), name) for name, v in shown.items() if v)
                return Call(self.kind(type(value)), said)
            case IntEnum():
                return f"{self.kind(type(value))}.{value.name}"
            case tuple():
                return Call("", tuple(Argument(self.value(item)) for item in value))
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

    def record(self, record: Record) -> Call:
        if isinstance(record, CperRecord) and (placed := self.placed(record)):
            return placed
        return Call(self.kind(type(record)), tuple(self.arguments(record)))

    def arguments(self, record: Record, *left_out: str) -> Iterator[Argument]:
        """The fields that the constructor would not fill with the same value."""
        for name in record.con.names:
            value = getattr(record, name)
            if name not in left_out and not _would_be(record, name, value):
                known = isinstance(value, UUID) and value not in RECORDS
                yield Argument(self.value(value), name, GUID_NAMES.get(value, "") if known else "")

    def placed(self, record: CperRecord) -> Call | None:
        """By `CperRecord.of`, which places the bodies one after another; None if they lie in another way."""
        pairs = tuple(zip(record.section_descriptors, record.sections, strict=True))
        counted = ("section_count", "record_length", "error_severity")
        header = {name: getattr(record.header, name) for name in record.header.con.names if name not in counted}
        worst = CperRecord.of(*pairs, **header)
        if worst.replace(header=worst.header.replace(error_severity=record.header.error_severity)) != record:
            return None
        said = [self.pair(descriptor, body) for descriptor, body in pairs]
        said += self.arguments(record.header, *counted)
        if worst != record:
            said.append(Argument(self.value(record.header.error_severity), "error_severity"))
        return Call(f"{self.kind(CperRecord)}.of", tuple(said))

    def pair(self, descriptor: Record, body: Record | bytes) -> Argument:
        said = tuple(self.arguments(descriptor, "section_offset", "section_length"))
        return Argument(Call("", (Argument(Call(self.kind(type(descriptor)), said)), Argument(self.value(body)))))


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
    return Call("bytes.fromhex", tuple(Argument(f'"{row}"') for row in rows), comma="")


# --- how it is set on lines ------------------------------------------------------------------------------------------


def _flat(value: str | Call) -> str:
    if isinstance(value, str):
        return value
    said = f"{value.comma} ".join(f"{a.name}={_flat(a.value)}" if a.name else _flat(a.value) for a in value.arguments)
    return f"{value.head}({said}{',' if not value.head and len(value.arguments) == 1 else ''})"


def _remarked(value: str | Call) -> bool:
    return isinstance(value, Call) and any(a.comment or _remarked(a.value) for a in value.arguments)


def _lines(before: str, value: str | Call, indent: str, after: str) -> Iterator[str]:
    """One line where it fits and no comment stands inside, else a line for each part."""
    line = f"{indent}{before}{_flat(value)}{after}"
    if isinstance(value, str) or (len(line) <= WIDTH and not _remarked(value)):
        yield line
        return
    yield f"{indent}{before}{value.head}("
    for a in value.arguments:
        comment = f"  # {a.comment}" if a.comment else ""
        yield from _lines(f"{a.name}=" if a.name else "", a.value, indent + "    ", f"{value.comma}{comment}")
    yield f"{indent}){after}"
