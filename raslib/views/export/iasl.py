"""An ACPI table as source in the data table language of `iasl`, ACPICA's compiler.

iasl checks each label, of which `iasl.toml` is the table, and fills in what is its own: length, checksum and the
creator. Where it has no word for what the bytes say, this says so rather than let it lose them.
"""

from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from ... import resources
from ...formats.acpi import AcpiTable, GenericAddress
from ...formats.aest import Aest, GenericResource
from ...formats.hest import Notification, SelfSized
from ...records import Coded, Record, Register

_TABLE = resources.table(__file__)
LABELS: dict[str, dict[str, str]] = _TABLE["labels"]  # class -> field -> iasl's label of it
BITS: dict[str, dict[str, str]] = _TABLE["bits"]  # class -> bit of its flags -> iasl's label of it
_TEXTS = ("Signature", "Oem ID", "Oem Table ID", "Asl Compiler ID")
_PARTS = ("data", "interface", "resource")  # of an AEST node, without which iasl stops
_GROUPS = {GenericAddress: "[Generic Address Structure]", Notification: "[Hardware Error Notification Structure]"}


def iasl(table: Record) -> str:
    """Source that iasl compiles to the bytes of *table*, but for checksum and creator.

    An AEST needs iasl of 2021 or later; Debian 12's knows none. Raises ValueError for what is no table, and for what
    iasl has no word for.
    """
    if not isinstance(table, AcpiTable):
        raise ValueError(f"iasl compiles ACPI tables, not a {type(table).__name__}")
    if table.signature != type(table)().signature:
        raise ValueError(f"iasl knows a table by its signature, and this one has {table.signature!r}")
    if "length" in table.as_found() or any(getattr(table, "beyond", b"")):
        raise ValueError("iasl counts the length of a table itself, and this table has another")
    if isinstance(table, Aest) and any(path.endswith(("].length", "_offset")) for path in table.as_found()):
        raise ValueError("iasl counts lengths and offsets of nodes itself, and this table has others")
    return "\n".join(_lines(table)) + "\n"


def _lines(record: Record | bytes) -> Iterator[str]:
    if isinstance(record, bytes):
        raise ValueError(f"iasl has no word for the source at {record[:4].hex(' ')}...: no document knows its type")
    if isinstance(record, GenericResource | SelfSized):
        raise ValueError(f"iasl has no word for a {type(record).__name__}")
    classes = [kind.__name__ for kind in type(record).__mro__]
    labels = ChainMap(*(LABELS.get(name, {}) for name in classes))
    for row in record.table():
        value, label = getattr(record, row.name), labels.get(row.name, row.name.replace("_", " ").title())
        if isinstance(value, tuple):
            yield from (line for item in value for line in ("", *_lines(item)))
        elif type(value) in _GROUPS:
            yield from ("", _line(label, _GROUPS[type(value)]), *_lines(value), "")
        elif isinstance(value, Record):
            yield from ("", *_lines(value))
        elif row.name in _PARTS and not value:
            raise ValueError(f"iasl asks for the {row.name} of a {type(record).__name__}, and here is none")
        elif row.name in (*_PARTS, "beyond", "gap"):
            if value and not isinstance(record, AcpiTable):
                raise ValueError(f"iasl has no word for the {len(value)} bytes of {type(record).__name__}.{row.name}")
        elif row.name == "flags" and isinstance(value, Register):
            yield from _decoded(label, value, next((BITS[name] for name in classes if name in BITS), {}))
        else:
            yield _line(label, _value(label, value, row.size or 0))


def _line(label: str, value: str) -> str:
    return f"{label:>36} : {value}"


def _value(label: str, value: Any, size: int) -> str:
    """Text in quotes, long fields byte by byte, the rest as digits of a number; a name says what a code means."""
    if label in _TEXTS and isinstance(value, str | bytes):
        if isinstance(value, bytes) or {'"', "\\"} & set(value):
            raise ValueError(f"iasl cannot take {value!r} as text for {label}")
        return f'"{value}"'
    if isinstance(value, bytes) and size > 8:
        return value.hex(" ").upper()
    number = value.build() if isinstance(value, Register) else _number(value)
    if number and label.startswith("Reserved"):
        raise ValueError(f"iasl writes zero where a document has {label}, and here is {number:#x}")
    means = f"    [{value.means}]" if isinstance(value, Coded) else ""
    return f"{number:0{2 * size}X}{means}"


def _number(value: int | bytes | str) -> int:
    raw = value.encode() if isinstance(value, str) else value
    return int.from_bytes(raw, "little") if isinstance(raw, bytes) else raw


def _decoded(label: str, value: Register, bits: dict[str, str]) -> Iterator[str]:
    lost = value.replace(**{name: 0 for name in bits if name}).build()
    if lost and bits is not BITS["_InterfaceV2"]:
        raise ValueError(f"iasl has no word for the bits {lost:#x} of flags")
    yield _line(label, f"{value.build():0{value.width // 4}X}")
    yield from (_line(word, str(int(getattr(value, name, 0)))) for name, word in bits.items())
