"""Rules for a status block whose lengths contradict each other, of its bytes as they stand: nothing else can be read.

Linux adds lengths in 32 bits. What wraps there may pass its checks, and is acted on.
"""

from collections.abc import Iterator
from functools import partial

from ..formats.acpi import HEADER as TABLE
from ..formats.acpi import AcpiTable
from ..formats.ghes import HEADER, DataEntry, StatusBlock
from ..records import Record
from .finding import Finding, FindingLevel

_LENGTH = "Linux 7.1 drivers/acpi/apei/apei-internal.h: cper_estatus_len()"
_HEADER = "Linux 7.1 drivers/firmware/efi/cper.c: cper_estatus_check_header()"
_ENTRIES = "Linux 7.1 drivers/firmware/efi/cper.c: cper_estatus_check()"
_LOUD = "Linux adds in 32 bits: it accepts the block as that long, and acts on it"
_error = partial(Finding, FindingLevel.ERROR)
_ENDLESS = "Linux goes on by the entry's size, 0, for ever: the processor hangs"
_MISSING = "what it counts is cut off, or is no part of this table"
_WRAP = 1 << 32
_UNDATED, _DATED = 64, 72  # bytes of an entry before its section
_AT = {row.name: row.offset or 0 for kind in (StatusBlock, DataEntry) for row in kind.table() if row.offset is not None}


def lengths(kind: type[Record], data: bytes) -> Iterator[Finding]:
    """What the lengths of *data* do that no reading survives, each with the rule that Linux has for it."""
    if issubclass(kind, AcpiTable) and (length := int.from_bytes(data[4:8], "little")) > len(data) >= TABLE:
        yield _error("length", 4, f"length is {length}, and there are {len(data)} bytes", _MISSING, kind.ref)
    if kind is not StatusBlock or len(data) < HEADER:
        return
    raw_offset, raw_length = _u32(data, "raw_data_offset"), _u32(data, "raw_data_length")
    length = _u32(data, "data_length")
    end = HEADER + length
    if raw_length and raw_offset < end:
        says = f"raw data begins at byte {raw_offset}, among the entries, which end at byte {end}"
        yield _error("raw_data_offset", _AT["raw_data_offset"], says, "Linux refuses the block: -EINVAL", _HEADER)
    elif raw_length and raw_offset + raw_length >= _WRAP:
        says = f"{raw_offset:#x} and {raw_length:#x} bytes wrap to {(raw_offset + raw_length) % _WRAP:#x}"
        yield _error("raw_data_length", _AT["raw_data_length"], says, _LOUD, _LENGTH)
    elif not raw_length and end >= _WRAP:
        says = f"{length:#x} bytes after a header of {HEADER} wrap to {end % _WRAP:#x}"
        why = "Linux adds in 32 bits: it takes the block for that long, and for truncated"
        yield _error("data_length", _AT["data_length"], says, why, _LENGTH)
    yield from _entries(data, min(end, len(data)))


def _entries(data: bytes, end: int) -> Iterator[Finding]:
    at, i = HEADER, 0
    while at + _UNDATED <= end:
        header = _DATED if data[at + _AT["revision"] + 1] >= 3 else _UNDATED
        length = _u32(data, "error_data_length", at)
        if header + length >= _WRAP:
            says = f"{length:#x} bytes after a header of {header} wrap to {(header + length) % _WRAP:#x}"
            where = at + _AT["error_data_length"]
            why = _LOUD.replace("block", "entry") if (header + length) % _WRAP else _ENDLESS
            yield _error(f"entries[{i}].error_data_length", where, says, why, _ENTRIES)
            return
        at, i = at + header + length, i + 1


def _u32(data: bytes, name: str, at: int = 0) -> int:
    return int.from_bytes(data[at + _AT[name] :][:4], "little")
