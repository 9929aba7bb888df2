"""Rules for every record, from its declaration alone: reserved bits, validation bits, codes, counts, left-overs."""

from collections.abc import Iterator
from typing import Any

from ..formats.cper import SectionDescriptor
from ..formats.ghes import DataEntry
from ..records import Coded, Named, Record, Register
from .finding import Finding, note, warning

# what has a rule of its own, which says it better; by name, so that a table is checked without loading the others
_WHOLE = {"StatusBlock", "CperRecord", "AcpiTable"}  # what lies beyond them
_NODES = {"NodeV1", "NodeV2"}
_OF_ARM = {"ArmProcessor", "ContextInformation", "ErrorInformation"}
_COUNTED = {"StatusBlock", "Hest", "Erst", "Einj", "FruMemoryPoison"} | _OF_ARM | _NODES
_CODES = {"Notification", "InstructionEntry", "GenericAddress", "ContextInformation", "Processor"}
_NAMES = ("error_severity", "type")


def _is(record: Record, names: set[str]) -> bool:
    return any(kind.__name__ in names for kind in type(record).__mro__)


def reserved_is_zero(record: Record) -> Iterator[Finding]:
    for name in record.con.names:
        value = getattr(record, name)
        if name.startswith("reserved") and isinstance(value, bytes) and any(value):
            says = f"reserved bytes are {value.hex(' ', -4)}, not zero"
            yield note(name, says, "a later edition may give them a meaning")
        elif isinstance(value, Register) and value.reserved:
            says = f"bits {value.reserved:#x} are set, which no document names"
            if name == "validation_bits":
                yield warning(name, says, "a reader of a later edition takes fields for valid that are not", value.ref)
            else:
                yield note(name, says, "a later edition may give them a meaning", value.ref)


def invalid_is_zero(record: Record) -> Iterator[Finding]:
    plain = type(record)()
    for f in record.con.fields:
        value = getattr(record, f.name)
        unset = value is None or value == getattr(plain, f.name) or not _is_set(value)
        if f.valid and not unset and not getattr(record.validation_bits, f.valid):  # type: ignore[attr-defined]
            says = f"a value stands here, but validation bit {f.valid} is clear"
            yield note(f.name, says, "readers do not look at it, or show it as not valid", f.ref)


def _is_set(value: Any) -> bool:
    if isinstance(value, Record | Register):
        value = value.build()
    if isinstance(value, bytes):
        return any(value)
    return bool(value if isinstance(value, tuple | str) else int(value))


def codes_are_known(record: Record) -> Iterator[Finding]:
    if _is(record, _CODES):
        return
    for f in record.con.fields:
        value = getattr(record, f.name)
        if not _has_names(f) or f.name in _NAMES or value is None or isinstance(value, Coded):
            continue
        if not f.valid or getattr(record.validation_bits, f.valid):  # type: ignore[attr-defined]
            yield note(f.name, f"{value:#x} is none of the values that have a name", "readers show a number", f.ref)


def _has_names(con: Any) -> bool:
    while con is not None and not isinstance(con, Named):
        con = getattr(con, "subcon", None)
    return con is not None and issubclass(con.kind, Coded)


def counts_hold(record: Record) -> Iterator[Finding]:
    if _is(record, _COUNTED):
        return
    for name, count in record.counted.items():
        value, right = getattr(record, name), count(record)
        if value != right and not (_is(record, {"AcpiTable"}) and name in ("length", "checksum")):
            says = f"{_plain(value)} stands here, what there is makes {_plain(right)}"
            yield warning(name, says, "readers of the one and of the other see different records")


def _plain(value: Any) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else f"{value:#x}"


def nothing_is_left_over(record: Record) -> Iterator[Finding]:
    beyond = getattr(record, "beyond", b"")
    if not _is(record, _WHOLE | _NODES | {"ErrorInformation"}) and isinstance(beyond, bytes) and any(beyond):
        says = f"{len(beyond)} bytes follow that the document does not define"
        yield note("beyond", says, "readers skip them; a later edition may have put them there")


def text_is_text(record: DataEntry | SectionDescriptor) -> Iterator[Finding]:
    """Of the field replaceable unit, where it is said to be valid."""
    text: Any = record.fru_text
    if isinstance(text, bytes) and record.validation_bits.fru_text:
        says = "the text is not printable ASCII padded with zeros"
        yield warning("fru_text", says, "a log shows something else, or nothing")
