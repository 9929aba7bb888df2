"""An ACPI table as source in the data table language of `iasl`, ACPICA's compiler.

iasl checks each label and fills in what is its own: length, checksum and the creator. Where it has no word for what
the bytes say, this says so rather than let it lose them.
"""

from collections.abc import Iterator
from typing import Any

from ...formats.acpi import AcpiTable, GenericAddress
from ...formats.aest import Aest, GenericResource
from ...formats.hest import Notification, SelfSized
from ...records import Coded, Record, Register

# iasl's label of a field (of a class, and of those that stand on it), where it is not the field's name in capitals
# (ACPICA source/common/dmtbinfo*.c; as `iasl -d` prints them)
LABELS = {
    "AcpiTable.length": "Table Length", "oem_id": "Oem ID", "oem_table_id": "Oem Table ID",
    "creator_id": "Asl Compiler ID", "creator_revision": "Asl Compiler Revision",
    "address_space_id": "Space ID", "register_bit_width": "Bit Width", "register_bit_offset": "Bit Offset",
    "access_size": "Encoded Access Width", "type": "Subtable Type",
    "flags": "Flags (decoded below)", "reserved0": "Reserved", "reserved1": "Reserved",
    # HEST
    "Notification.type": "Notify Type", "Notification.length": "Notify Length", "poll_interval": "PollInterval",
    "switch_to_polling_threshold_value": "Polling Threshold Value",
    "switch_to_polling_threshold_window": "Polling Threshold Window",
    "MachineCheckException.reserved0": "Reserved1", "MachineCheckException.reserved": "Reserved2",
    "CorrectedMachineCheck.reserved0": "Reserved1", "CorrectedMachineCheck.reserved": "Reserved2",
    "global_capability_init_data": "Global Capability Data", "global_control_init_data": "Global Control Data",
    "number_of_hardware_banks": "Num Hardware Banks", "clear_status_on_initialization": "Clear Status On Init",
    "status_data_format": "Status Format", "control_register_msr_address": "Control Register",
    "control_init_data": "Control Data", "status_register_msr_address": "Status Register",
    "address_register_msr_address": "Address Register", "misc_register_msr_address": "Misc Register",
    "device_control": "DeviceControl", "uncorrectable_error_mask": "Uncorrectable Mask",
    "uncorrectable_error_severity": "Uncorrectable Severity", "correctable_error_mask": "Correctable Mask",
    "advanced_error_capabilities_and_control": "Advanced Capabilities",
    "secondary_uncorrectable_error_mask": "2nd Uncorrectable Mask",
    "secondary_uncorrectable_error_severity": "2nd Uncorrectable Severity",
    "secondary_advanced_error_capabilities_and_control": "2nd Advanced Capabilities",
    "GenericSource.flags": "Reserved", "notification": "Notify",
    # BERT, ERST, EINJ, RAS2, RASF, AGDI
    "boot_error_region": "Boot Error Region Address", "serialization_header_size": "Serialization Header Length",
    "injection_header_size": "Injection Header Length", "injection_flags": "Flags",
    "channel_count": "Number of PCC Descriptors", "channel_id": "Channel ID", "sdei_event": "SdeiEvent",
    # AEST
    "_Node.length": "Length", "node_data_offset": "Node Specific Offset",
    "node_interrupt_offset": "Node Interrupt Array Offset", "node_interrupt_count": "Node Interrupt Array Count",
    "error_injection_countdown_rate": "Error Injection Rate", "acpi_processor_id": "Processor ID",
    "Processor.flags": "Flags (decoded Below)", "Processor.processor_affinity": "Processor Affinity Structure",
    "tlb_level": "TLB Level", "proximity_domain": "Srat Proximity Domain", "hardware_id": "ACPI HID",
    "hardware_id_text": "ACPI HID", "unique_id": "ACPI UID", "vendor_data": "Vendor Specific Data",
    "interface_type": "GIC Interface Type", "instance_id": "Instance ID", "node_address": "Proxy Node Address",
    "_Interface.type": "Interface Type", "base_address": "Address", "start_error_record_index": "Error Record Index",
    "number_of_error_records": "Error Record Count", "error_records_implemented": "Error Record Implemented",
    "error_node_device": "Arm Error Node Device", "error_group_register_base": "Err-Group Register Addr",
    "fault_injection_register_base": "Err-Inject Register Addr",
    "interrupt_config_register_base": "IRQ-Config Register Addr", "InterruptV1.type": "Interrupt Type",
    "InterruptV2.type": "Interrupt Type", "its_group_reference": "IortId",
}  # fmt: skip
_TEXTS = ("Signature", "Oem ID", "Oem Table ID", "Asl Compiler ID")
_PARTS = ("data", "interface", "resource")  # of an AEST node, without which iasl stops
_GROUPS = {GenericAddress: "[Generic Address Structure]", Notification: "[Hardware Error Notification Structure]"}
_FIRMWARE_FIRST = ("firmware_first", "Firmware First")
_SHARED = (("shared", "Shared Interface"), ("clear_misc_registers", "Clear MISCx Registers"))
# the bits of flags that iasl has labels for, in its order; of others it keeps none
BITS: dict[str, tuple[tuple[str, str], ...]] = {
    "MachineCheckException": (_FIRMWARE_FIRST, ("ghes_assist", "GHES Assist")),
    "CorrectedMachineCheck": (_FIRMWARE_FIRST, ("ghes_assist", "GHES Assist")),
    "AerDevice": (_FIRMWARE_FIRST, ("global_", "Global")),
    "ErstEntry": (("preserve_register", "Preserve Register Bits"),),
    "EinjEntry": (("preserve_register", "Preserve Register Bits"),),
    "Agdi": (("interrupt", "Signalling mode"),),
    "Processor": (("global_", "Global"), ("shared", "Shared")),
    "InterfaceV1": _SHARED,
    "_InterfaceV2": (  # which keeps all, as it starts from the number
        *_SHARED,
        ("error_node_device_valid", "Error Node Device Valid"),
        ("processor_affinity_valid", "Affinity Type"),
        ("error_group_register_base_valid", "Error group Address Valid"),
        ("fault_injection_register_base_valid", "Fault Injection Address Valid"),
        ("", "Interrupt Config Address valid"),  # its bit 7; the document's is 6, which the number has
    ),
    "InterruptV1": (("level_triggered", "Level Triggered"),),
    "InterruptV2": (("level_triggered", "Level Triggered"),),
}


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
    if isinstance(record, GenericResource | SelfSized):
        raise ValueError(f"iasl has no word for a {type(record).__name__}")
    for row in record.table():
        value = getattr(record, row.name)
        label = _of(LABELS, record, f".{row.name}") or LABELS.get(row.name) or row.name.replace("_", " ").title()
        if isinstance(value, tuple):
            yield from (line for item in value for line in ("", *_lines(_known(item))))
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
            yield from _decoded(label, value, _of(BITS, record) or ())
        else:
            yield _line(label, _value(label, value, row.size or 0))


def _of(table: dict[str, Any], record: Record, name: str = "") -> Any:
    """What *table* has for the class of *record*, or for one that this stands on; None if it has nothing."""
    return next((table[key] for kind in type(record).__mro__ if (key := kind.__name__ + name) in table), None)


def _known(item: Any) -> Record:
    if isinstance(item, bytes):
        raise ValueError(f"iasl has no word for the source at {item[:4].hex(' ')}...: no document knows its type")
    return item  # type: ignore[no-any-return]


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


def _decoded(label: str, value: Register, bits: tuple[tuple[str, str], ...]) -> Iterator[str]:
    lost = value.replace(**{name: 0 for name, _ in bits if name}).build()
    if lost and bits is not BITS["_InterfaceV2"]:
        raise ValueError(f"iasl has no word for the bits {lost:#x} of flags")
    yield _line(label, f"{value.build():0{value.width // 4}X}")
    yield from (_line(word, str(int(getattr(value, name, 0)))) for name, word in bits)
