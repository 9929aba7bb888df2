"""Events that components of Compute Express Link report (UEFI 2.10 §N.2.14; CXL 3.1 §8.2.9.2.1)."""

from typing import Any

from construct import Bytes, Int8ul, Int16sl, Int16ul, Int24ul, Int32ul, Int64ul

from ...records import Coded, OpenRecord, Record, field, flags, named, one, raw, rest, u8, u16, u32, u64
from ...registers import Register, bits, flag
from ...wire import Choice, Sized, remaining, size
from ..parts import WholeOrBytes, u24
from ..pcie import Slot

# --- what all events have ---------------------------------------------------------------------------------------------


class EventSeverity(Coded):
    INFORMATIONAL = 0, "informational"
    WARNING = 1, "warning"
    FAILURE = 2, "failure"
    FATAL = 3, "fatal"


class EventFlags(Register, ref="CXL 3.1 §8.2.9.2.1, Event Record Flags", width=24):
    # fmt: off
    severity:             int  = bits(1, 0, "how bad it is", kind=EventSeverity)
    permanent:            bool = flag(2, "the condition stays")
    maintenance_needed:   bool = flag(3, "the device asks for maintenance")
    performance_degraded: bool = flag(4, "the device is slower than it should be")
    replacement_needed:   bool = flag(5, "the device is to be replaced")
    maintenance_operation_subclass: bool = flag(6, "that field is valid")
    ld_id:                bool = flag(7, "that field is valid")
    head_id:              bool = flag(8, "that field is valid")
    # fmt: on


class CxlEvent(Record, ref="CXL 3.1 §8.2.9.2.1, Common Event Record Format"):
    """What every event begins with (`struct cxl_event_record_hdr`), but for its identifier, the section type."""

    # fmt: off
    length:                         int = u8("bytes of the event with its identifier: 128", 128)
    flags:                   EventFlags = flags(Int24ul, EventFlags, "what else is known")
    handle:                         int = u16("of the event in the device's log")
    related_handle:                 int = u16("of an event that belongs to it, or 0")
    timestamp:                      int = u64("nanoseconds since 1970, or 0")
    maintenance_operation_class:    int = u8("which maintenance is asked for")
    maintenance_operation_subclass: int = u8("which maintenance is asked for")
    ld_id:                          int = u16("logical device that reports it")
    head_id:                        int = u8("head of the device that reports it")
    reserved:                     bytes = raw(11)
    # fmt: on


class PldmComponentId(Record, ref="CXL 3.1 §8.2.9.2.1, Component Identifier"):
    """A component named as in PLDM."""

    # fmt: off
    valid:         int = u8("bit 0: the entity is valid, bit 1: the resource is")
    entity_id:   bytes = raw(6, "PLDM entity")
    resource_id:   int = u32("PLDM resource")
    reserved:    bytes = raw(5)
    # fmt: on


def _component_id() -> Any:
    shape = Choice(lambda c: c.validation_bits.component_id_format, {True: PldmComponentId}, Bytes(16))
    return field(shape, "component, in the device's own form or as in PLDM", bytes(16), valid="component_id")


# --- memory events ----------------------------------------------------------------------------------------------------


class DevicePhysicalAddress(Register, ref="CXL 3.1 §8.2.9.2.1.1, Physical Address"):
    volatile: bool = flag(0, "the memory is volatile")
    not_repairable: bool = flag(1, "post package repair will not help")
    line: int = bits(63, 6, "address in the device, in units of 64 bytes")


class EventDescriptor(Register, ref="CXL 3.1 §8.2.9.2.1.1, Memory Event Descriptor", width=8):
    uncorrectable: bool = flag(0, "the error was not corrected")
    threshold: bool = flag(1, "corrected errors came too often")
    poison_list_overflow: bool = flag(2, "more addresses are poisoned than the list holds")


class MediaEventType(Coded):
    """What happened to general media. A DRAM event has other numbers for the same."""

    ECC = 0, "media ECC error"
    INVALID_ADDRESS = 1, "invalid address"
    DATA_PATH = 2, "data path error"
    TE_STATE_VIOLATION = 3, "violation of the trusted state"
    SCRUB_MEDIA_ECC = 4, "media ECC error found by scrubbing"
    CME_COUNTER_EXPIRATION = 5, "advanced programmable counter of corrected errors expired"
    CKID_VIOLATION = 6, "violation of the context key identifier"


class DramEventType(Coded):
    """What happened to DRAM. A general media event has other numbers for the same."""

    ECC = 0, "media ECC error"
    SCRUB_MEDIA_ECC = 1, "media ECC error found by scrubbing"
    INVALID_ADDRESS = 2, "invalid address"
    DATA_PATH = 3, "data path error"
    TE_STATE_VIOLATION = 4, "violation of the trusted state"
    CME_COUNTER_EXPIRATION = 5, "advanced programmable counter of corrected errors expired"
    CKID_VIOLATION = 6, "violation of the context key identifier"


class EventSubtype(Coded):
    NOT_REPORTED = 0, "not reported"
    INTERNAL_DATAPATH = 1, "internal datapath error"
    COMMAND_TRAINING = 2, "media link command training error"
    CONTROL_TRAINING = 3, "media link control training error"
    DATA_TRAINING = 4, "media link data training error"
    LINK_CRC = 5, "media link CRC error"


class EventTransaction(Coded):
    """What was being done."""

    UNKNOWN = 0, "unknown"
    HOST_READ = 1, "read by the host"
    HOST_WRITE = 2, "write by the host"
    SCAN_MEDIA = 3, "scan of the media for the host"
    INJECT_POISON = 4, "injection of poison by the host"
    SCRUB = 5, "scrubbing by the device"
    MANAGEMENT = 6, "media management by the device"
    ERROR_CHECK_SCRUB = 7, "error check scrub by the media"
    INITIALIZATION = 8, "media initialization"


class CmeFlags(Register, ref="CXL 3.1 §8.2.9.2.1.1, Advanced Programmable Threshold Event Flags", width=8):
    multiple_media: bool = flag(0, "the corrected errors were in several media components")
    exceeded: bool = flag(1, "the programmable threshold was exceeded")


class GeneralMediaValid(Register, ref="CXL 3.1 §8.2.9.2.1.1, Validity Flags", width=16,
                        valid="channel rank device component_id"):  # fmt: skip
    """Which fields to believe."""

    component_id_format: bool = flag(4, "`component_id` is as in PLDM")


class GeneralMediaEvent(CxlEvent, OpenRecord, ref="CXL 3.1 §8.2.9.2.1.1, General Media Event Record"):
    """Something happened to memory of any kind (`struct cxl_event_gen_media`)."""

    # fmt: off
    physical_address: DevicePhysicalAddress = flags(Int64ul, DevicePhysicalAddress, "where in the device")
    memory_event_descriptor: EventDescriptor = flags(Int8ul, EventDescriptor, "how bad it is")
    memory_event_type:           int = named(Int8ul, MediaEventType, "what happened")
    transaction_type:            int = named(Int8ul, EventTransaction, "what was being done")
    validation_bits: GeneralMediaValid = flags(Int16ul, GeneralMediaValid, "which fields to believe")
    channel:                     int = u8("channel", valid="channel")
    rank:                        int = u8("rank", valid="rank")
    device:                      int = u24("one bit per chip", valid="device")
    component_id:                Any = _component_id()
    cme_flags:              CmeFlags = flags(Int8ul, CmeFlags, "about the threshold of corrected errors")
    cme_count:                   int = u24("corrected errors at the threshold")
    memory_event_subtype:        int = named(Int8ul, EventSubtype, "what happened, more precisely")
    reserved1:                 bytes = raw(41)
    # fmt: on


class DramValid(Register, ref="CXL 3.1 §8.2.9.2.1.2, Validity Flags", width=16,
                valid="channel rank nibble_mask bank_group bank row column correction_mask component_id"):  # fmt: skip
    """Which fields to believe."""

    component_id_format: bool = flag(9, "`component_id` is as in PLDM")
    sub_channel: bool = flag(10)


class DramEvent(CxlEvent, OpenRecord, ref="CXL 3.1 §8.2.9.2.1.2, DRAM Event Record"):
    """Something happened to DRAM (`struct cxl_event_dram`)."""

    # fmt: off
    physical_address: DevicePhysicalAddress = flags(Int64ul, DevicePhysicalAddress, "where in the device")
    memory_event_descriptor: EventDescriptor = flags(Int8ul, EventDescriptor, "how bad it is")
    memory_event_type:           int = named(Int8ul, DramEventType, "what happened")
    transaction_type:            int = named(Int8ul, EventTransaction, "what was being done")
    validation_bits:       DramValid = flags(Int16ul, DramValid, "which fields to believe")
    channel:                     int = u8("channel", valid="channel")
    rank:                        int = u8("rank", valid="rank")
    nibble_mask:                 int = u24("one bit per nibble in error on the bus", valid="nibble_mask")
    bank_group:                  int = u8("bank group", valid="bank_group")
    bank:                        int = u8("bank", valid="bank")
    row:                         int = u24("row", valid="row")
    column:                      int = u16("column", valid="column")
    correction_mask:           bytes = raw(32, "which bits were corrected, by nibble", valid="correction_mask")
    component_id:                Any = _component_id()
    sub_channel:                 int = u8("sub-channel", valid="sub_channel")
    cme_flags:              CmeFlags = flags(Int8ul, CmeFlags, "about the threshold of corrected errors")
    cvme_count:                  int = u24("corrected errors of volatile memory at the threshold")
    memory_event_subtype:        int = named(Int8ul, EventSubtype, "what happened, more precisely")
    reserved1:                 bytes = raw(1)
    # fmt: on


# --- events of a memory module ----------------------------------------------------------------------------------------


class ModuleEventType(Coded):
    """What happened to the device."""

    HEALTH_STATUS_CHANGE = 0, "health status changed"
    MEDIA_STATUS_CHANGE = 1, "media status changed"
    LIFE_USED_CHANGE = 2, "life used changed"
    TEMPERATURE_CHANGE = 3, "temperature changed"
    DATA_PATH = 4, "data path error"
    LSA = 5, "error in the label storage area"
    SIDEBAND_BUS = 6, "unrecoverable error of the internal sideband bus"
    MEDIA_FRU = 7, "error of a replaceable part of the media"
    POWER_MANAGEMENT = 8, "power management fault"


class ModuleEventSubtype(Coded):
    NOT_REPORTED = 0, "not reported"
    INVALID_CONFIGURATION = 1, "invalid configuration data"
    UNSUPPORTED_CONFIGURATION = 2, "unsupported configuration data"
    UNSUPPORTED_MEDIA_FRU = 3, "unsupported replaceable part of the media"


class HealthStatus(Register, ref="CXL 3.1 §8.2.9.9.3.1, Health Status", width=8):
    maintenance_needed: bool = flag(0, "the device asks for maintenance")
    performance_degraded: bool = flag(1, "the device is slower than it should be")
    replacement_needed: bool = flag(2, "the device is to be replaced")
    capacity_degraded: bool = flag(3, "less memory can be used than there should be")


class MediaStatus(Coded):
    """What may be done with the media."""

    NORMAL = 0, "normal"
    NOT_READY = 1, "not ready"
    PERSISTENCY_LOST = 2, "writes do not persist"
    ALL_DATA_LOST = 3, "all data is lost"
    PERSISTENCY_LOSS_ON_POWER_LOSS = 4, "writes will not persist a loss of power"
    PERSISTENCY_LOSS_ON_SHUTDOWN = 5, "writes will not persist a shutdown"
    PERSISTENCY_LOSS_IMMINENT = 6, "writes will soon not persist"
    DATA_LOSS_ON_POWER_LOSS = 7, "a loss of power will lose all data"
    DATA_LOSS_ON_SHUTDOWN = 8, "a shutdown will lose all data"
    DATA_LOSS_IMMINENT = 9, "all data will soon be lost"


class Wear(Coded):
    NORMAL = 0, "normal"
    WARNING = 1, "warning"
    CRITICAL = 2, "critical"


class AdditionalStatus(Register, ref="CXL 3.1 §8.2.9.9.3.1, Additional Status", width=8):
    # fmt: off
    life_used:            int  = bits(1, 0, "is it too much", kind=Wear)
    temperature:          int  = bits(3, 2, "is it too high or low", kind=Wear)
    corrected_volatile:   bool = flag(4, "too many corrected errors of volatile memory")
    corrected_persistent: bool = flag(5, "too many corrected errors of persistent memory")
    # fmt: on


class HealthInformation(Record, ref="CXL 3.1 §8.2.9.9.3.1, Get Health Info Output Payload"):
    """How the device is (`struct cxl_get_health_info`)."""

    # fmt: off
    health_status:          HealthStatus = flags(Int8ul, HealthStatus, "what is wrong")
    media_status:                    int = named(Int8ul, MediaStatus, "what may be done with the media")
    additional_status:  AdditionalStatus = flags(Int8ul, AdditionalStatus, "which of the following is too much")
    life_used:                       int = u8("percent")
    temperature:                     int = field(Int16sl, "degrees Celsius")
    dirty_shutdown_count:            int = u32("shutdowns that may have lost data")
    corrected_volatile_errors:       int = u32("corrected errors of volatile memory")
    corrected_persistent_errors:     int = u32("corrected errors of persistent memory")
    # fmt: on


class MemoryModuleValid(Register, ref="CXL 3.1 §8.2.9.2.1.3, Validity Flags", width=16, each="{} is valid"):
    component_id: bool = flag(0)
    component_id_format: bool = flag(1, "`component_id` is as in PLDM")


class MemoryModuleEvent(CxlEvent, OpenRecord, ref="CXL 3.1 §8.2.9.2.1.3, Memory Module Event Record"):
    """Something happened to a device as a whole (`struct cxl_event_mem_module`)."""

    # fmt: off
    device_event_type:                int = named(Int8ul, ModuleEventType, "what happened")
    health:             HealthInformation = one(HealthInformation, "how the device is")
    validation_bits:    MemoryModuleValid = flags(Int16ul, MemoryModuleValid, "which fields to believe")
    component_id:                     Any = _component_id()
    device_event_subtype:             int = named(Int8ul, ModuleEventSubtype, "what happened, more precisely")
    reserved1:                      bytes = raw(42)
    # fmt: on


# --- memory sparing ---------------------------------------------------------------------------------------------------


class SparingFlags(Register, ref="CXL 3.2 §8.2.10.2.1.4, Flags", width=8):
    query: bool = flag(0, "answers a question for spare memory; nothing was replaced")
    hard: bool = flag(1, "lasts over a loss of power")
    by_device: bool = flag(2, "the device began it")


class SparingValid(Register, ref="CXL 3.2 §8.2.10.2.1.4, Validity Flags", width=16,
                   valid="channel rank nibble_mask bank_group bank row column component_id"):  # fmt: skip
    """Which fields to believe."""

    component_id_format: bool = flag(8, "`component_id` is as in PLDM")
    sub_channel: bool = flag(9)


class MemorySparingEvent(CxlEvent, OpenRecord, ref="CXL 3.2 §8.2.10.2.1.4, Memory Sparing Event Record"):
    """Memory was replaced by spare memory, or could be (`struct cxl_event_mem_sparing`)."""

    # fmt: off
    operation_class:         int = u8("which maintenance, again")
    operation_subclass:      int = u8("which maintenance, again")
    sparing_flags:  SparingFlags = flags(Int8ul, SparingFlags, "what was done")
    result:                  int = u8("0: it was done")
    validation_bits: SparingValid = flags(Int16ul, SparingValid, "which fields to believe")
    reserved1:             bytes = raw(6)
    spare_resources:         int = u16("how many replacements are left for such memory")
    channel:                 int = u8("channel", valid="channel")
    rank:                    int = u8("rank", valid="rank")
    nibble_mask:             int = u24("one bit per nibble on the bus", valid="nibble_mask")
    bank_group:              int = u8("bank group", valid="bank_group")
    bank:                    int = u8("bank", valid="bank")
    row:                     int = u24("row", valid="row")
    column:                  int = u16("column", valid="column")
    component_id:            Any = _component_id()
    sub_channel:             int = u8("sub-channel", valid="sub_channel")
    reserved2:             bytes = raw(37)
    # fmt: on


class OtherEvent(CxlEvent, OpenRecord, ref="CXL 3.1 §8.2.9.2.1, Common Event Record Format"):
    """An event whose data only the CXL specification lays out: those of switches and ports."""

    data: bytes = raw(80, "as the CXL specification has it")


# --- the sections -----------------------------------------------------------------------------------------------------


class ComponentValid(Register, ref="UEFI 2.10 §N.2.14, Validation Bits", valid="device_id serial_number event_log"):
    """Which fields to believe."""


class ComponentId(Record, ref="UEFI 2.10 §N.2.14, Device ID"):
    """Which component it is. As in a PCI Express section, function stands before device."""

    # fmt: off
    vendor_id:  int = u16("who made it")
    device_id:  int = u16("which model")
    function:   int = u8("function number")
    device:     int = u8("device number")
    bus:        int = u8("bus number")
    segment:    int = u16("segment")
    slot:      Slot = flags(Int16ul, Slot, "slot in bits 15:3")
    reserved: bytes = raw(1)
    # fmt: on

    def __str__(self) -> str:
        return f"{self.segment:04x}:{self.bus:02x}:{self.device:02x}.{self.function:x}"


def _log(event: type[Record]) -> Any:
    room = Sized(lambda c: max(0, min(c.length - 32, remaining(c._io))), WholeOrBytes(event))
    return field(room, "the event", event(), valid="event_log")


class _Component(Record, ref="UEFI 2.10 §N.2.14, CXL Component Event Log Record"):
    """The head of all component events (`struct cxl_cper_event_rec`). The validation bits are not aligned."""

    # fmt: off
    length:                     int = field(Int32ul, "bytes of this structure", count=lambda r: 32 + size(r.event_log))
    validation_bits: ComponentValid = flags(Int64ul, ComponentValid, "which fields to believe")
    device_id:          ComponentId = one(ComponentId, "which component", valid="device_id")
    serial_number:              int = u64("of the device; the lower word comes first", valid="serial_number")
    event_log:                  Any = _log(OtherEvent)
    beyond:                   bytes = rest("bytes past `length`")
    # fmt: on


class CxlGeneralMedia(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1 §8.2.9.2.1.1, General Media Event Record",
                      guid="fbcd0a77-c260-417f-85a9-088b1621eba6", title="CXL General Media Event"):  # fmt: skip
    """An event of memory of any kind."""

    event_log: Any = _log(GeneralMediaEvent)


class CxlDram(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1 §8.2.9.2.1.2, DRAM Event Record",
              guid="601dcbb3-9c06-4eab-b8af-4e9bfb5c9624", title="CXL DRAM Event"):  # fmt: skip
    """An event of DRAM."""

    event_log: Any = _log(DramEvent)


class CxlMemoryModule(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1 §8.2.9.2.1.3, Memory Module Event Record",
                      guid="fe927475-dd59-4339-a586-79bab113b774", title="CXL Memory Module Event"):  # fmt: skip
    """An event of a memory device as a whole."""

    event_log: Any = _log(MemoryModuleEvent)


class CxlMemorySparing(_Component, ref="UEFI 2.11 §N.2.14; CXL 3.2 §8.2.10.2.1.4, Memory Sparing Event Record",
                       guid="e71f3a40-2d29-4092-8a39-4d1c966c7c65", title="CXL Memory Sparing Event"):  # fmt: skip
    """Memory of a device was replaced by spare memory."""

    event_log: Any = _log(MemorySparingEvent)


class CxlPhysicalSwitch(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1, Physical Switch Event Record",
                        guid="77cf9271-9c02-470b-9fe4-bc7b75f2da97", title="CXL Physical Switch Event"):  # fmt: skip
    """An event of a physical switch."""


class CxlVirtualSwitch(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1, Virtual CXL Switch Event Record",
                       guid="40d26425-3396-4c4d-a5da-3d47263af425", title="CXL Virtual Switch Event"):  # fmt: skip
    """An event of a virtual switch."""


class CxlMldPort(_Component, ref="UEFI 2.10 §N.2.14; CXL 3.1, MLD Port Event Record",
                 guid="8dc44363-0c96-4710-b7bf-04bb99534c3f", title="CXL MLD Port Event"):  # fmt: skip
    """An event of a port of a multi-logical device."""
