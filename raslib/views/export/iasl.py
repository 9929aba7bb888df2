"""An ACPI table as source in the data table language of `iasl`, ACPICA's compiler.

iasl checks each label and fills in what is its own: length, checksum and the creator. Where it has no word for what
the bytes say, this says so rather than let it lose them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...formats import aest
from ...formats.acpi import AcpiTable, GenericAddress
from ...formats.aest import Aest
from ...formats.agdi import Agdi
from ...formats.bert import Bert
from ...formats.einj import Einj, EinjEntry
from ...formats.erst import Erst, ErstEntry
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
from ...formats.ras2 import Channel, Ras2
from ...formats.rasf import Rasf
from ...formats.sdei import Sdei
from ...records import Coded, Record, Register


class Decoded(NamedTuple):
    """Flags, which iasl takes by their bits: the names of ours in its order, and its own.

    Of bits that it has no label for it keeps none, unless *kept*: there it starts from the number.
    """

    bits: tuple[tuple[str, str], ...]
    label: str = "Flags (decoded below)"
    kept: bool = False


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
_OF_NODE = (
    "Subtable Type", "Length", "Reserved", "Node Specific Offset", "Node Interface Offset",
    "Node Interrupt Array Offset", "Node Interrupt Array Count", "Timestamp Rate", "Reserved", "Error Injection Rate",
    "", "", "", "", "",
)  # fmt: skip
_SHARED = (("shared", "Shared Interface"), ("clear_misc_registers", "Clear MISCx Registers"))
_OF_RECORDS = ("Address", "Error Record Index", "Error Record Count")
_OF_BITMAPS = ("Error Record Implemented", "Error Status Reporting", "Addressing Mode", "")
_OF_INTERFACE = (
    "Interface Type", "Group Format", "Reserved",
    Decoded((
        *_SHARED, ("error_node_device_valid", "Error Node Device Valid"), ("processor_affinity_valid", "Affinity Type"),
        ("error_group_register_base_valid", "Error group Address Valid"),
        ("fault_injection_register_base_valid", "Fault Injection Address Valid"),
        ("", "Interrupt Config Address valid"),  # its bit 7; the document's is 6, which the number has
    ), kept=True),
    *_OF_RECORDS, *_OF_BITMAPS, "",
)  # fmt: skip
_OF_INTERRUPT = ("Interrupt Type", "Reserved", Decoded((("level_triggered", "Level Triggered"),)), "Gsiv")
_OF_AEST: dict[type[Record], tuple[str | Decoded, ...]] = {
    aest.NodeV1: _OF_NODE,
    aest.NodeV2: _OF_NODE,
    aest.Processor: (
        "Processor ID", "Resource Type", "Reserved",
        Decoded((("global_", "Global"), ("shared", "Shared")), "Flags (decoded Below)"), "Revision",
        "Processor Affinity Structure", "",
    ),
    aest.CacheResource: ("Cache Reference", "Reserved", ""),
    aest.TlbResource: ("TLB Level", "Reserved", ""),
    aest.Memory: ("Srat Proximity Domain", ""),
    aest.Smmu: ("Iort Node Reference", "Subcomponent Reference", ""),
    aest.Vendor: ("ACPI HID", "ACPI UID", "Vendor Specific Data", ""),
    aest.VendorV2: ("ACPI HID", "ACPI UID", "Vendor Specific Data", ""),
    aest.Gic: ("GIC Interface Type", "Instance ID", ""),
    aest.PcieRootComplex: ("Iort Node Reference", ""),
    aest.Proxy: ("Proxy Node Address", ""),
    aest.InterfaceV1: ("Interface Type", "Reserved", Decoded(_SHARED), *_OF_RECORDS, *_OF_BITMAPS),
    aest.Interface4K: _OF_INTERFACE,
    aest.Interface16K: _OF_INTERFACE,
    aest.Interface64K: _OF_INTERFACE,
    aest.InterfaceCommon: (
        "Arm Error Node Device", "Processor Affinity", "Err-Group Register Addr", "Err-Inject Register Addr",
        "IRQ-Config Register Addr",
    ),
    aest.InterruptV1: (*_OF_INTERRUPT, "IortId", "Reserved"),
    aest.InterruptV2: (*_OF_INTERRUPT, "Reserved"),
}  # fmt: skip
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
    Aest: (*_OF_HEADER, "", ""),
    Ras2: (*_OF_HEADER, "Reserved", "Number of PCC Descriptors", "", ""),
    Channel: ("Channel ID", "Reserved", "Feature Type", "Instance"),
    Rasf: (*_OF_HEADER, "Channel ID", ""),
    Agdi: (*_OF_HEADER, Decoded((("interrupt", "Signalling mode"),)), "Reserved", "SdeiEvent", "Gsiv", ""),
    **_OF_AEST,
}  # fmt: skip
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
        elif isinstance(value, Record) and not label:
            yield from ("", *_lines(value))
        elif isinstance(value, Record):
            yield from ("", _line(label, _GROUPS[type(value)]), *_lines(value), "")
        elif label:
            yield _line(label, _value(label, value, sizes[name] or 0))
        elif name in _PARTS and not value:
            raise ValueError(f"iasl asks for the {name} of a {type(record).__name__}, and here is none")
        elif value and not isinstance(record, AcpiTable):
            raise ValueError(f"iasl has no word for the {len(value)} bytes of {type(record).__name__}.{name}")


def _known(item: Any) -> Record:
    if isinstance(item, bytes):
        raise ValueError(f"iasl has no word for the source at {item[:4].hex(' ')}...: no document knows its type")
    return item  # type: ignore[no-any-return]


def _line(label: str, value: str) -> str:
    return f"{label:>36} : {value}"


def _value(label: str, value: Any, size: int) -> str:
    """Text in quotes, long fields byte by byte, the rest as digits of a number; a name says what a code means."""
    if label in _OF_HEADER and isinstance(value, str | bytes):
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


def _decoded(label: Decoded, value: Register) -> Iterator[str]:
    lost = value.replace(**{name: 0 for name, _ in label.bits if name}).build()
    if lost and not label.kept:
        raise ValueError(f"iasl has no word for the bits {lost:#x} of flags")
    yield _line(label.label, f"{value.build():0{value.width // 4}X}")
    yield from (_line(word, str(int(getattr(value, name, 0)))) for name, word in label.bits)
