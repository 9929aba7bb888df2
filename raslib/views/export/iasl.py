"""An ACPI table as source in the data table language of `iasl`, ACPICA's compiler.

iasl checks each label and fills in what is its own: length, checksum and the creator. Where it has no word for what
the bytes say, this says so rather than let it lose them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...formats.acpi import GenericAddress, Table
from ...formats.aest import Aest
from ...formats.bert import Bert
from ...formats.einj import Einj
from ...formats.einj import Entry as EinjEntry
from ...formats.erst import Entry as ErstEntry
from ...formats.erst import Erst
from ...formats.hest import (
    AerBridge,
    AerDevice,
    AerRootPort,
    CorrectedMachineCheck,
    GenericSource,
    GenericSourceV2,
    Hest,
    MachineCheckBank,
    MachineCheckException,
    NonMaskableInterrupt,
    Notification,
)
from ...formats.sdei import Sdei
from ...records import Coded, Record, Register


class Decoded(NamedTuple):
    """A byte of flags, which iasl takes by its bits: the names of ours in its order, and its own."""

    bits: tuple[tuple[str, str], ...]
    label: str = "Flags (decoded below)"


# --- iasl's labels, in the order of our fields (ACPICA source/common/dmtbinfo*.c; as `iasl -d` prints them) ----------

_OF_HEADER = (
    "Signature", "Table Length", "Revision", "Checksum", "Oem ID", "Oem Table ID", "Oem Revision", "Asl Compiler ID",
    "Asl Compiler Revision",
)  # fmt: skip
_OF_SOURCE = ("Subtable Type", "Source Id")
_OF_COUNTED = ("Enabled", "Records To Preallocate", "Max Sections Per Record")
_FIRMWARE_FIRST = ("firmware_first", "Firmware First")
_ASSISTED = Decoded((_FIRMWARE_FIRST, ("ghes_assist", "GHES Assist")))
_GLOBAL = Decoded((_FIRMWARE_FIRST, ("global_", "Global")))
_OF_MACHINE_CHECK = (*_OF_SOURCE, "Reserved1", _ASSISTED, *_OF_COUNTED)
_OF_AER = (
    *_OF_SOURCE, "Reserved", _GLOBAL, *_OF_COUNTED, "Bus", "Device", "Function", "DeviceControl", "Reserved",
    "Uncorrectable Mask", "Uncorrectable Severity", "Correctable Mask", "Advanced Capabilities",
)  # fmt: skip
_OF_GENERIC = (
    *_OF_SOURCE, "Related Source Id", "Reserved", *_OF_COUNTED, "Max Raw Data Length", "Error Status Address", "Notify",
    "Error Status Block Length",
)  # fmt: skip
_OF_ENTRY = (
    "Action", "Instruction", Decoded((("preserve_register", "Preserve Register Bits"),)), "Reserved", "Register Region",
    "Value", "Mask",
)  # fmt: skip
LABELS: dict[type[Record], tuple[str | Decoded, ...]] = {
    GenericAddress: ("Space ID", "Bit Width", "Bit Offset", "Encoded Access Width", "Address"),
    Notification: (
        "Notify Type", "Notify Length", "Configuration Write Enable", "PollInterval", "Vector",
        "Polling Threshold Value", "Polling Threshold Window", "Error Threshold Value", "Error Threshold Window",
    ),
    MachineCheckBank: (
        "Bank Number", "Clear Status On Init", "Status Format", "Reserved", "Control Register", "Control Data",
        "Status Register", "Address Register", "Misc Register",
    ),
    MachineCheckException: (
        *_OF_MACHINE_CHECK, "Global Capability Data", "Global Control Data", "Num Hardware Banks", "Reserved2", "",
    ),
    CorrectedMachineCheck: (*_OF_MACHINE_CHECK, "Notify", "Num Hardware Banks", "Reserved2", ""),
    NonMaskableInterrupt: (*_OF_SOURCE, "Reserved", *_OF_COUNTED[1:], "Max Raw Data Length"),
    AerDevice: _OF_AER,
    AerRootPort: (*_OF_AER, "Root Error Command"),
    AerBridge: (
        *_OF_AER, "2nd Uncorrectable Mask", "2nd Uncorrectable Severity", "2nd Advanced Capabilities",
    ),
    GenericSource: _OF_GENERIC,
    GenericSourceV2: (*_OF_GENERIC, "Read Ack Register", "Read Ack Preserve", "Read Ack Write"),
    ErstEntry: _OF_ENTRY,
    EinjEntry: _OF_ENTRY,
    Hest: (*_OF_HEADER, "Error Source Count", "", ""),
    Bert: (*_OF_HEADER, "Boot Error Region Length", "Boot Error Region Address", ""),
    Erst: (*_OF_HEADER, "Serialization Header Length", "Reserved", "Instruction Entry Count", "", ""),
    Einj: (*_OF_HEADER, "Injection Header Length", "Flags", "Reserved", "Injection Entry Count", "", ""),
    Sdei: (*_OF_HEADER, ""),
}  # fmt: skip
_GROUPS = {GenericAddress: "[Generic Address Structure]", Notification: "[Hardware Error Notification Structure]"}


def iasl(table: Record) -> str:
    """Source that iasl compiles to the bytes of *table*, but for checksum and creator.

    An AEST is given byte by byte with iasl's generic labels, which versions take that know no AEST (before 2021, as
    Debian 12 has). Raises ValueError for what is no table, and for what iasl has no word for.
    """
    if not isinstance(table, Table):
        raise ValueError(f"iasl compiles ACPI tables, not a {type(table).__name__}")
    if table.signature != type(table)().signature:
        raise ValueError(f"iasl knows a table by its signature, and this one has {table.signature!r}")
    if "length" in table.as_found() or any(getattr(table, "beyond", b"")):
        raise ValueError("iasl counts the length of a table itself, and this table has another")
    lines = _aest(table) if isinstance(table, Aest) else _lines(table)
    return "\n".join(lines) + "\n"


def _lines(record: Record) -> Iterator[str]:
    if type(record) not in LABELS:
        raise ValueError(f"iasl has no word for a {type(record).__name__}")
    sizes = {row.name: row.size for row in record.table()}
    for name, label in zip(record.con.names, LABELS[type(record)], strict=True):
        value = getattr(record, name)
        if isinstance(label, Decoded):
            yield from _decoded(label, value)
        elif isinstance(value, tuple):
            yield from (line for item in value for line in ("", *_lines(_known(item))))
        elif isinstance(value, Record):
            yield from ("", _line(label, _GROUPS[type(value)]), *_lines(value), "")
        elif label:
            yield _line(label, _value(label, value, sizes[name] or 0))


def _known(item: Any) -> Record:
    if isinstance(item, bytes):
        raise ValueError(f"iasl has no word for the source at {item[:4].hex(' ')}...: no document knows its type")
    return item  # type: ignore[no-any-return]


def _line(label: str, value: str) -> str:
    return f"{label:>36} : {value}"


def _value(label: str, value: Any, size: int) -> str:
    """Text in quotes, everything else as the digits of a little-endian number; a name says what a code means."""
    is_text = isinstance(value, str) or (isinstance(value, bytes) and label in _OF_HEADER)
    if is_text and (isinstance(value, bytes) or {'"', "\\"} & set(value)):
        raise ValueError(f"iasl cannot take {value!r} as text for {label}")
    if isinstance(value, str):
        return f'"{value}"'
    number = value.build() if isinstance(value, Register) else _number(value)
    if number and label.startswith("Reserved"):
        raise ValueError(f"iasl writes zero where a document has {label}, and here is {number:#x}")
    means = f"    [{value.means}]" if isinstance(value, Coded) else ""
    return f"{number:0{2 * size}X}{means}"


def _number(value: int | bytes) -> int:
    return int.from_bytes(value, "little") if isinstance(value, bytes) else int(value)


def _decoded(label: Decoded, value: Register) -> Iterator[str]:
    lost = value.replace(**{name: 0 for name, _ in label.bits}).build()
    if lost:
        raise ValueError(f"iasl has no word for the bits {lost:#x} of flags")
    yield _line(label.label, f"{value.build():02X}")
    yield from (_line(said, str(int(getattr(value, name)))) for name, said in label.bits)


# --- without words ---------------------------------------------------------------------------------------------------

_GENERIC = {1: "UINT8", 2: "UINT16", 4: "UINT32", 8: "UINT64"}


def _aest(table: Aest) -> Iterator[str]:
    """The header with its labels, the nodes by size alone with our names in comments."""
    sizes = {row.name: row.size for row in table.table()}
    for name, label in zip(table.con.names, _OF_HEADER, strict=False):
        yield _line(label, _value(label, getattr(table, name), sizes[name] or 0))
    data = table.build()
    for s in type(table).spans(data):
        if s.path.startswith("nodes[") and not s.group and not s.bits:
            yield from _generic(s.path, data[s.start : s.stop])


def _generic(path: str, data: bytes) -> Iterator[str]:
    if len(data) in _GENERIC:
        digits = f"{int.from_bytes(data, 'little'):0{2 * len(data)}X}"
        yield f"{_line(_GENERIC[len(data)], digits):<56}  /* {path} */"
        return
    for at in range(0, len(data), 16):
        yield f"{_line('Buffer', data[at : at + 16].hex(' ').upper())}" + (f"  /* {path} */" if not at else "")
