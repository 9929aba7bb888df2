"""HEST: which errors the operating system may hear of, and how (ACPI 6.5 §18.3.2)."""

from typing import Any, NamedTuple

from construct import Bytes, Int8ul, Int16ul, Int32ul

from ..records import Coded, Named, Record, Register, field, flag, flags, named, one, raw, u8, u16, u32, u64
from ..wire import Sized, Tagged, Times, UntilEnd
from .acpi import HEADER, AcpiTable, GenericAddress


class SourceType(Coded):
    """What kind of error source a structure describes."""

    IA32_MACHINE_CHECK_EXCEPTION = 0, "IA-32 machine check exception"
    IA32_CORRECTED_MACHINE_CHECK = 1, "IA-32 corrected machine check"
    IA32_NMI = 2, "IA-32 non-maskable interrupt"
    PCIE_ROOT_PORT_AER = 6, "PCI Express root port AER"
    PCIE_DEVICE_AER = 7, "PCI Express device AER"
    PCIE_BRIDGE_AER = 8, "PCI Express/PCI-X bridge AER"
    GENERIC = 9, "generic hardware error source (GHES)"
    GENERIC_V2 = 10, "generic hardware error source version 2 (GHESv2)"
    IA32_DEFERRED_MACHINE_CHECK = 11, "IA-32 deferred machine check"


class Notify(Coded):
    """How a source tells the operating system that a status block is filled."""

    POLLED = 0, "the operating system looks every poll interval"
    EXTERNAL = 1, "external interrupt; vector is a GSI"
    LOCAL = 2, "local interrupt"
    SCI = 3, "system control interrupt"
    NMI = 4, "non-maskable interrupt"
    CMCI = 5, "corrected machine check interrupt"
    MCE = 6, "machine check exception"
    GPIO = 7, "GPIO signal, through the error device PNP0C33"
    SEA = 8, "Armv8 synchronous external abort"
    SEI = 9, "Armv8 SError interrupt"
    GSIV = 10, "external interrupt GSIV, through the error device PNP0C33"
    SDEI = 11, "software delegated exception; vector is the event number"
    SSE = 12, "supervisor software event of RISC-V; vector is the event number"


class WriteEnable(Register, ref="ACPI 6.5 §18.3.2.9, Configuration Write Enable", width=16):
    """Which parameters the operating system may change."""

    # fmt: off
    type:                              bool = flag(0, "by what it notifies")
    poll_interval:                     bool = flag(1, "how often to look")
    switch_to_polling_threshold_value: bool = flag(2, "how many notifications are too many")
    switch_to_polling_threshold_window: bool = flag(3, "in what time they are")
    error_threshold_value:             bool = flag(4, "how many errors make a notification")
    error_threshold_window:            bool = flag(5, "in what time they do")
    # fmt: on


class Notification(Record, ref="ACPI 6.5 §18.3.2.9, Hardware Error Notification"):
    """How a source notifies (`struct acpi_hest_notify`)."""

    # fmt: off
    type:                               int = named(Int8ul, Notify, "by what")
    length:                             int = u8("bytes of this structure: 28", 28)
    configuration_write_enable: WriteEnable = flags(Int16ul, WriteEnable, "what the operating system may change")
    poll_interval:                      int = u32("milliseconds between looks; Linux refuses 0 for a polled source")
    vector:                             int = u32("interrupt, or SDEI event number, by the type")
    switch_to_polling_threshold_value:  int = u32("so many notifications in the window: poll instead")
    switch_to_polling_threshold_window: int = u32("milliseconds")
    error_threshold_value:              int = u32("so many errors before a notification")
    error_threshold_window:             int = u32("milliseconds")
    # fmt: on


class SourceFlags(Register, ref="ACPI 6.5 §18.3.2, error source flags", width=8):
    firmware_first: bool = flag(0, "firmware handles it first; then `enabled` does not count")
    global_: bool = flag(1, "stands for all such devices; bus, device and function do not count")
    ghes_assist: bool = flag(2, "a generic source only adds data to this one; excludes bit 0")


NO_RELATED_SOURCE = 0xFFFF


class _Source(Record, ref="ACPI 6.5 §18.3.2"):
    type: int = named(Int16ul, SourceType, "what kind of source this is")
    source_id: int = u16("unique in the table; Linux gives up the whole table over a duplicate")


class _Counted(_Source, ref="ACPI 6.5 §18.3.2"):
    # fmt: off
    reserved0:                 bytes = raw(2)
    flags:               SourceFlags = flags(Int8ul, SourceFlags, "who handles its errors, and whose they are")
    enabled:                     int = u8("1: the operating system is to use it", 1)
    records_to_preallocate:      int = u32("at least 1", 1)
    max_sections_per_record:     int = u32("at least 1", 1)
    # fmt: on


class StatusDataFormat(Coded):
    """How a bank's status register is laid out."""

    IA32 = 0, "IA-32"
    INTEL_64 = 1, "Intel 64"
    AMD64 = 2, "AMD64"


class MachineCheckBank(Record, ref="ACPI 6.5 §18.3.2.1.1, IA-32 Machine Check Bank"):
    # fmt: off
    bank_number:                     int = u8("which bank, from 0")
    clear_status_on_initialization:  int = u8("whether to clear the status register at start: 0 clear it, 1 leave it")
    status_data_format:              int = named(Int8ul, StatusDataFormat, "how the status register is laid out")
    reserved:                      bytes = raw(1)
    control_register_msr_address:    int = u32("number of the bank's control register, IA32_MCi_CTL")
    control_init_data:               int = u64("what to write there at start")
    status_register_msr_address:     int = u32("number of the bank's status register, IA32_MCi_STATUS")
    address_register_msr_address:    int = u32("number of the bank's address register, IA32_MCi_ADDR")
    misc_register_msr_address:       int = u32("number of the bank's other register, IA32_MCi_MISC")
    # fmt: on


_BANKS = Times(lambda c: c.number_of_hardware_banks, MachineCheckBank.con)


class MachineCheckException(_Counted, ref="ACPI 6.5 §18.3.2.1, IA-32 Architecture Machine Check Exception"):
    # fmt: off
    global_capability_init_data: int = u64("what to write into IA32_MCG_CAP at start")
    global_control_init_data:    int = u64("what to write into IA32_MCG_CTL at start")
    number_of_hardware_banks:    int = field(Int8ul, "machine check banks", count=lambda r: len(r.banks))
    reserved:                  bytes = raw(7)
    banks:                       Any = field(_BANKS, "one after another", ())
    # fmt: on


class CorrectedMachineCheck(_Counted, ref="ACPI 6.5 §18.3.2.2, IA-32 Architecture Corrected Machine Check"):
    """Type 1; a deferred machine check, type 11 (§18.3.2.10), has the same fields."""

    # fmt: off
    notification:     Notification = one(Notification, "how the operating system is told")
    number_of_hardware_banks:  int = field(Int8ul, "machine check banks", count=lambda r: len(r.banks))
    reserved:                bytes = raw(3)
    banks:                     Any = field(_BANKS, "one after another", ())
    # fmt: on


class NonMaskableInterrupt(_Source, ref="ACPI 6.5 §18.3.2.3, IA-32 Architecture Non-Maskable Interrupt"):
    # fmt: off
    reserved:                bytes = raw(4)
    records_to_preallocate:    int = u32("at least 1", 1)
    max_sections_per_record:   int = u32("at least 1", 1)
    max_raw_data_length:       int = u32("bytes")
    # fmt: on


class AerDevice(_Counted, ref="ACPI 6.5 §18.3.2.5, PCI Express Device AER"):
    """Advanced error reporting of endpoints; what root ports and bridges have more follows."""

    # fmt: off
    bus:                                  int = u32("bits 7:0 bus, 23:8 segment")
    device:                               int = u16("device number on that bus")
    function:                             int = u16("function number of that device")
    device_control:                       int = u16("what to write into the device control register")
    reserved:                           bytes = raw(2)
    uncorrectable_error_mask:             int = u32("what to write into the mask of uncorrectable errors")
    uncorrectable_error_severity:         int = u32("what to write into the severity of uncorrectable errors")
    correctable_error_mask:               int = u32("what to write into the mask of correctable errors")
    advanced_error_capabilities_and_control: int = u32("what to write into the capabilities and control register")
    # fmt: on


class AerRootPort(AerDevice, ref="ACPI 6.5 §18.3.2.4, PCI Express Root Port AER"):
    root_error_command: int = u32("what to write into the root error command register")


class AerBridge(AerDevice, ref="ACPI 6.5 §18.3.2.6, PCI Express/PCI-X Bridge AER"):
    # fmt: off
    secondary_uncorrectable_error_mask:     int = u32("what to write into that mask of the secondary bus")
    secondary_uncorrectable_error_severity: int = u32("what to write into that severity of the secondary bus")
    secondary_advanced_error_capabilities_and_control: int = u32("what to write into that register of the second bus")
    # fmt: on


class GenericSource(_Source, ref="ACPI 6.5 §18.3.2.7, Generic Hardware Error Source"):
    """A place where firmware leaves status blocks, and how it tells (`struct acpi_hest_generic`, "GHES").

    `error_status_address` names a register that holds the address of the block: it points at a pointer.
    """

    # fmt: off
    type:                      int = named(Int16ul, SourceType, "9", SourceType.GENERIC)
    related_source_id:         int = u16("source it reports for, or 0xFFFF", NO_RELATED_SOURCE)
    flags:                     int = u8("reserved")
    enabled:                   int = u8("1: the operating system is to use it", 1)
    records_to_preallocate:    int = u32("at least 1", 1)
    max_sections_per_record:   int = u32("at least 1", 1)
    max_raw_data_length:       int = u32("bytes")
    error_status_address: GenericAddress = one(GenericAddress, "register that holds the block's address")
    notification:   Notification = one(Notification, "how the operating system is told")
    error_status_block_length: int = u32("bytes that a block may have")
    # fmt: on


class ReadAck(NamedTuple):
    """How a block is acknowledged: what is written to the register at *address* (ACPI 6.5 §18.3.2.8)."""

    address: int
    preserve: int  # which bits to keep
    write: int  # which bits to set
    bits: int = 64  # that are read and written at once

    def after(self, old: int) -> int:
        """What the register holds after an acknowledge, if it held *old*."""
        return (old & self.preserve | self.write) & (1 << self.bits) - 1


class GenericSourceV2(GenericSource, ref="ACPI 6.5 §18.3.2.8, Generic Hardware Error Source version 2"):
    """A generic source whose block may not be written again before it is acknowledged.

    `struct acpi_hest_generic_v2`, "GHESv2".
    """

    # fmt: off
    type:                  int = named(Int16ul, SourceType, "10", SourceType.GENERIC_V2)
    read_ack_register: GenericAddress = one(GenericAddress, "written when the block has been read")
    read_ack_preserve:     int = u64("bits of the register to keep, before the shift by its bit offset")
    read_ack_write:        int = u64("bits to set, before the shift")
    # fmt: on

    @property
    def read_ack(self) -> ReadAck:
        """How to acknowledge; the masks are counted from the register's bit offset."""
        register, most = self.read_ack_register, 0xFFFF_FFFF_FFFF_FFFF
        preserve, write = (
            mask << register.register_bit_offset for mask in (self.read_ack_preserve, self.read_ack_write)
        )
        return ReadAck(register.address, preserve & most, write & most, self._bits())

    def _bits(self) -> int:
        """How many bits of the register Linux accesses at once: the access size, but all of an aligned register.

        Linux 7.1 drivers/acpi/apei/apei-base.c: apei_check_gar(); it refuses an access size that is not 1 to 4.
        """
        register = self.read_ack_register
        bits = 4 << int(register.access_size) if 1 <= register.access_size <= 4 else 64
        width = register.register_bit_width
        whole = register.register_bit_offset == 0 and width in (32, 64) and register.address % (width // 8) == 0
        return max(bits, width) if whole else bits


class SelfSized(Record, ref="ACPI 6.5 §18.3.2, error source structures from type 12"):
    """A source of a type that no document defines yet: since 6.5 such say their own length."""

    type: int = u16("12 or more")
    length: int = field(Int16ul, "bytes of this structure", count=lambda r: 4 + len(r.data))
    data: bytes = field(Bytes(lambda c: c.length - 4), "all the rest", b"")


SOURCES: dict[int, type[Record]] = {
    SourceType.IA32_MACHINE_CHECK_EXCEPTION: MachineCheckException,
    SourceType.IA32_CORRECTED_MACHINE_CHECK: CorrectedMachineCheck,
    SourceType.IA32_NMI: NonMaskableInterrupt,
    SourceType.PCIE_ROOT_PORT_AER: AerRootPort,
    SourceType.PCIE_DEVICE_AER: AerDevice,
    SourceType.PCIE_BRIDGE_AER: AerBridge,
    SourceType.GENERIC: GenericSource,
    SourceType.GENERIC_V2: GenericSourceV2,
    SourceType.IA32_DEFERRED_MACHINE_CHECK: CorrectedMachineCheck,
}
SELF_SIZED = 12  # the first type whose structures say their own length
SORTED = 2  # the first revision of the table that has such types, and its sources in order of type


def _untabled(code: int, table: Any) -> Any:
    """What a source is whose type `SOURCES` does not know: since revision 2, one that says its own length."""
    return SelfSized if code >= SELF_SIZED and table.get("revision", 1) >= SORTED else None


_SOURCE = Tagged("type", Named(Int16ul, SourceType), SOURCES, _untabled)


class Hest(AcpiTable, ref="ACPI 6.5 §18.3.2, Hardware Error Source Table"):
    """All error sources of a machine (`struct acpi_table_hest`).

    Revision 1 up to ACPI 6.4, 2 since; from 2 on sources are sorted by type, and those of type 12 or more say their own
    length. Any other source of a type that no document knows ends the reading: it and what follows stay bytes.
    """

    # fmt: off
    error_source_count: int = field(Int32ul, "how many sources follow", count=lambda t: len(t.error_sources))
    error_sources:      Any = field(Sized(lambda t: t.length - HEADER - 4, UntilEnd(_SOURCE)),
                                    "one after another; since revision 2 in order of type", ())
    # fmt: on
