"""What Linux's CPER printer says, as tables: `views.kernel_log` writes by them, this room reads by them.

Linux 7.3: drivers/firmware/efi/cper.c; the larger sections are in `linux_arm`, `linux_x86` and `linux_cxl`. The words
are Linux's, the tables are ours; where Linux says what a declaration's meaning says, the declaration is asked. What
earlier releases said otherwise stands beside it with the release that changed it.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from ..formats.arm import ArmProcessor, Kind
from ..formats.cper import Severity
from ..formats.firmware import FirmwareReference
from ..formats.memory import MemoryErrorType, PlatformMemory
from ..formats.more.cxl import CxlProtocol
from ..formats.more.x86 import X86Processor
from ..formats.pcie import Pcie
from ..formats.processor import GenericProcessor, ProcessorOperation
from ..formats.sections import GUIDS, NAMES
from .lines import Line

# --- releases that changed a wording ----------------------------------------------------------------------------------


class Change(NamedTuple):
    """The release of Linux since which something is said otherwise, and the update of *stable* branches since which."""

    release: tuple[int, int]
    stable: Mapping[tuple[int, ...], int] = MappingProxyType({})

    def is_in(self, release: tuple[int, ...]) -> bool:
        """Whether *release* says it the later way; one of two numbers is the first of its branch."""
        branch, update = release[:2], release[2] if len(release) > 2 else 0
        return branch >= self.release or update >= self.stable.get(branch, update + 1)


ALWAYS = Change((0, 0))
MEMORY_IN_WORDS = Change((5, 19))  # error status in words; locations without a space, "node:0"
AER_ALWAYS = Change((6, 12))  # AER registers for every severity, and the correctable ones too
PADDED_CONTEXTS = Change((6, 14))  # the next processor context starts at a multiple of 16
# CXL: no word before, then protocol errors, then the names of the events too. Linux 6.1.192 has neither, 6.12.118 both;
# between them, cper_cxl.c came with 6.2, and the names by "cxl/cper: Fix errant CPER prints for CXL events" with 6.8.
CXL_PROTOCOL, CXL_EVENTS = Change((6, 2)), Change((6, 8))
# The ARM error type is a set of bits; before, a number ("efi/cper: align ARM CPER type with UEFI 2.9A/2.10 specs"). Of
# the stable branches, by the changelogs of Debian's linux 5.10.249-1, 6.1.162-1 and 6.12.63-1 and the announcement of
# 5.15.198; 6.18.15 was read to have it.
ARM_TYPE_BITS = Change((6, 19), MappingProxyType({(5, 10): 248, (5, 15): 198, (6, 1): 160, (6, 12): 63, (6, 18): 15}))
# A section that is said to be longer than it is, is refused ("EFI/CPER: don't go past the ARM processor CPER record
# buffer", "EFI/CPER: don't dump the entire memory region"). Of the stable branches, by the changelogs of Debian's linux
# 5.10.257-1, 6.1.170-1 and 6.12.85-1; 6.18.15 was read to be without.
CHECKED_LENGTHS = Change((7, 0), MappingProxyType({(5, 10): 252, (6, 1): 165, (6, 12): 75}))


def means(kind: type[IntEnum], **otherwise: str) -> dict[int, str]:
    return {int(member): otherwise.get(member.name, getattr(member, "means", "")) for member in kind}


def listed(*words: str) -> dict[int, str]:
    return dict(enumerate(words))


# --- the block and its entries ----------------------------------------------------------------------------------------

REFUSED = "refused: -EINVAL"  # not a line of the log: Linux says nothing of a block that it refuses
PAST = "here Linux reads past the end of the block, and prints whatever lies there"  # no line of the log either
SEVERITIES = {int(s): s.name.lower() for s in Severity} | {int(Severity.INFORMATIONAL): "info"}
HARMLESS = "It has been corrected by h/w and requires no further action"  # over a corrected event
BEFORE = "APEI generic hardware error status"  # over a block, up to Linux 3.12; then its severity in number and word
FLAGS_BEFORE = Line("flags: 0x{flags:02x}")  # of an entry, and on the next lines their names
FLAG_NAMES = listed(
    *("primary", "containment warning", "reset", "error threshold exceeded", "resource not accessible", "latent error")
)
EVENT = Line("event severity: {error_severity!}", words=SEVERITIES)
ENTRY = Line("Error {index}, type: {error_severity!}", words=SEVERITIES)
UNKNOWN_TYPE = "section type: unknown, "
UNKNOWN_LENGTH = Line("section length: 0x{error_data_length:x}")
SHORT = "[Firmware Warn]: error section length is too small"
BEYOND = "[Firmware Warn]: valid bits set for fields beyond structure"


GUID = {name: guid for guid, name in NAMES.items()}
SECTIONS = {
    GUIDS[GenericProcessor]: "general processor error",
    GUIDS[PlatformMemory]: "memory error",
    GUIDS[Pcie]: "PCIe error",
    GUIDS[ArmProcessor]: "ARM processor error",
    GUIDS[X86Processor]: "IA32/X64 processor error",
    GUIDS[FirmwareReference]: "Firmware Error Record Reference",
    GUIDS[CxlProtocol]: "CXL Protocol Error",
    **{GUID[name]: name for name in ("CXL General Media Event", "CXL DRAM Event", "CXL Memory Module Event")},
}
KIND = {name: kind for kind, name in SECTIONS.items()}
SECTIONS_SINCE = {kind: CXL_EVENTS for kind, name in SECTIONS.items() if name.endswith(" Event")}
SECTIONS_SINCE |= {GUIDS[CxlProtocol]: CXL_PROTOCOL}

# --- memory -----------------------------------------------------------------------------------------------------------

ERROR_STATUS = {
    1: "Error detected internal to the component",
    4: "Storage error in DRAM memory",
    5: "Storage error in TLB",
    6: "Storage error in cache",
    7: "Error in one or more functional units",
    8: "Component failed self test",
    9: "Overflow or undervalue of internal queue",
    16: "Error detected in the bus",
    17: "Virtual address not found on IO-TLB or IO-PDIR",
    18: "Improper access error",
    19: "Access to a memory address which is not mapped to any component",
    20: "Loss of Lockstep",
    21: "Response not associated with a request",
    22: "Bus parity error - must also set the A, C, or D Bits",
    23: "Detection of a protocol error",
    24: "Detection of a PATH_ERROR",
    25: "Bus operation timeout",
    26: "A read was issued to data that has been poisoned",
}
_STATUS = " error_status: {error_status.error_type!} (0x{error_status:016x})"
STATUS = Line(_STATUS, "error_status", ERROR_STATUS, "Reserved")
STATUS_BEFORE = Line("error_status: 0x{error_status:016x}", "error_status")
ADDRESS = (
    Line("physical_address: 0x{physical_address:016x}", "physical_address"),
    Line("physical_address_mask: 0x{physical_address_mask:016x}", "physical_address_mask"),
)
_MEMORY_TYPES = means(MemoryErrorType, MIRROR_BROKEN="mirror Broken")
MEMORY_TYPE = Line("error_type: {memory_error_type}, {memory_error_type!}", "memory_error_type", _MEMORY_TYPES)
DIMM = Line("DIMM location: not present. DMI handle: 0x{module_handle:04x} ", "module_handle")
# the location, on a line of its own: items "name:value ", 64-bit ones in hex
LOCATION = (
    Line("node:{node} ", "node"),
    Line("card:{card} ", "card"),
    Line("module:{module} ", "module"),
    Line("rank:{rank_number} ", "rank_number"),
    Line("bank:{bank} ", "bank"),
    Line("bank_group:{bank[15:8]} ", "bank_group"),
    Line("bank_address:{bank[7:0]} ", "bank_address"),
    Line("device:{device} ", "device"),
    Line("row:{row} ", "any_row"),
    Line("column:{column} ", "column"),
    Line("bit_position:{bit_position} ", "bit_position"),
    Line("requestor_id:0x{requestor_id:016x} ", "requestor_id"),
    Line("responder_id:0x{responder_id:016x} ", "responder_id"),
    Line("target_id:0x{target_id:016x} ", "target_id"),
    Line("chip_id:{extended[7:5]} ", "chip_identification"),
)

# --- PCI Express, generic processor, firmware -------------------------------------------------------------------------

PORTS = {
    0: "PCIe end point",
    1: "legacy PCI end point",
    4: "root port",
    5: "upstream switch port",
    6: "downstream switch port",
    7: "PCIe to PCI/PCI-X bridge",
    8: "PCI/PCI-X to PCIe bridge",
    9: "root complex integrated endpoint device",
    10: "root complex event collector",
}
_FUNCTION = "{device_id.segment:04x}:{device_id.bus:02x}:{device_id.device:02x}.{device_id.function:x}"
PCIE = (
    Line("port_type: {port_type:s32}, {port_type!}", "port_type", PORTS),
    Line("version: {version_major:byte}.{version_minor:byte}", "version"),
    Line("command: 0x{command:04x}, status: 0x{status:04x}", "command_status"),
    Line(f"device_id: {_FUNCTION}", "device_id"),
    Line("slot: {device_id.slot[15:3]}", "device_id"),
    Line("secondary_bus: 0x{device_id.secondary_bus:02x}", "device_id"),
    Line("vendor_id: 0x{device_id.vendor_id:04x}, device_id: 0x{device_id.device_id:04x}", "device_id"),
    Line("class_code: {device_id.class_code:06x}", "device_id"),
    Line("serial number: 0x{serial_number[31:0]:04x}, 0x{serial_number[63:32]:04x}", "serial_number"),
    Line("bridge: secondary_status: 0x{secondary_status:04x}, control: 0x{bridge_control:04x}", "bridge"),
)
_CORRECTABLE = "aer_cor_status: 0x{aer.correctable_status:08x}, aer_cor_mask: 0x{aer.correctable_mask:08x}"
AER_CORRECTABLE = Line(_CORRECTABLE, "aer")
AER = (
    Line("aer_uncor_status: 0x{aer.uncorrectable_status:08x}, aer_uncor_mask: 0x{aer.uncorrectable_mask:08x}", "aer"),
    Line("aer_uncor_severity: 0x{aer.uncorrectable_severity:08x}", "aer"),
    Line("TLP Header: " + " ".join(f"{{aer.header_log.dw{n}:08x}}" for n in range(4)), "aer"),
)

KINDS = listed(*(kind.value for kind in Kind))  # by bit, in a generic processor section and in an ARM one
PROCESSOR_FLAGS = listed("restartable", "precise IP", "overflow", "corrected")
_ISAS = listed("IA32", "IA64", "X64", "ARM A32/T32", "ARM A64")
ERROR_BITS = Line("error_type: 0x{processor_error_type:02x}", "processor_error_type", KINDS)
FLAG_BITS = Line("flags: 0x{flags:02x}", "flags", PROCESSOR_FLAGS)
PROCESSOR = (
    Line("processor_type: {processor_type}, {processor_type!}", "processor_type", listed("IA32/X64", "IA64", "ARM")),
    Line("processor_isa: {processor_isa}, {processor_isa!}", "processor_isa", _ISAS),
    ERROR_BITS,
    Line("operation: {operation}, {operation!}", "operation", means(ProcessorOperation)),
    FLAG_BITS,
    Line("level: {level}", "level"),
    Line("version_info: 0x{cpu_version:016x}", "cpu_version"),
    Line("processor_id: 0x{processor_id:016x}", "processor_id"),
    Line("target_address: 0x{target_address:016x}", "target_address"),
    Line("requestor_id: 0x{requestor_id:016x}", "requestor_id"),
    Line("responder_id: 0x{responder_id:016x}", "responder_id"),
    Line("IP: 0x{instruction_ip:016x}", "instruction_ip"),
)

_CRASH = "SOC Firmware Error Record Type1 (Legacy CrashLog Support)"
_REFERENCES = listed("IPF SAL Error Record", _CRASH, "SOC Firmware Error Record Type2")
FIRMWARE = (Line("Firmware Error Record Type: {record_type!}", words=_REFERENCES), Line("Revision: {revision}"))
FIRMWARE_ID = Line("Record Identifier: {record_id:08x}")
FIRMWARE_GUID = "Record Identifier: "
FIRMWARE_SHORT = Line("error section length is too small: offset={offset}, length={error_data_length}")
