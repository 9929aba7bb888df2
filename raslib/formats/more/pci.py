"""Errors of conventional PCI and PCI-X: of a bus (UEFI 2.10 §N.2.8) and of a component on it (§N.2.9)."""

from typing import Any

from construct import Int16ul, Int24ul, Int32ul, Int64ul

from ...records import Coded, OpenRecord, Record, Register, bits, field, flag, flags, named, one, raw, u8, u16, u64
from ...wire import Times
from ..memory import ErrorStatus
from ..pcie_config import ClassCode

# --- bus --------------------------------------------------------------------------------------------------------------


class PciErrorType(Coded):
    """What went wrong on the bus."""

    UNKNOWN = 0, "unknown, or the platform's own"
    DATA_PARITY = 1, "data parity error"
    SYSTEM = 2, "system error (SERR)"
    MASTER_ABORT = 3, "master abort"
    TIMEOUT = 4, "bus timeout, or nobody answered"
    MASTER_DATA_PARITY = 5, "master data parity error"
    ADDRESS_PARITY = 6, "address parity error"
    COMMAND_PARITY = 7, "command parity error"


class BusId(Register, ref="UEFI 2.10 §N.2.8, Bus Id", width=16):
    bus: int = bits(7, 0, "bus number")
    segment: int = bits(15, 8, "segment, of 8 bits here")


class BusCommand(Register, ref="UEFI 2.10 §N.2.8, Bus Command"):
    operation: int = bits(55, 0, "command or operation on the bus")
    pci_x: bool = flag(56, "the command is one of PCI-X")


class PciBusValid(Register, ref="UEFI 2.10 §N.2.8, Validation Bits",
                  valid="error_status error_type bus_id bus_address bus_data bus_command requestor_id "
                        "completer_id target_id"):  # fmt: skip
    """Which fields to believe."""


class PciBus(OpenRecord, ref="UEFI 2.10 §N.2.8, PCI/PCI-X Bus Error Section",
             guid="c5753963-3b84-4095-bf78-eddad3f9c9dd", title="PCI/PCI-X Bus"):  # fmt: skip
    """An error on a PCI or PCI-X bus. Linux prints it as bytes."""

    # fmt: off
    validation_bits: PciBusValid = flags(Int64ul, PciBusValid, "which fields to believe")
    error_status:    ErrorStatus = flags(Int64ul, ErrorStatus, "what failed", valid="error_status")
    error_type:              int = named(Int16ul, PciErrorType, "what went wrong", valid="error_type")
    bus_id:                BusId = flags(Int16ul, BusId, "which bus", valid="bus_id")
    reserved:              bytes = raw(4)
    bus_address:             int = u64("memory or I/O address on the bus", valid="bus_address")
    bus_data:                int = u64("data on the bus", valid="bus_data")
    bus_command:      BusCommand = flags(Int64ul, BusCommand, "what was being done", valid="bus_command")
    requestor_id:            int = u64("who asked", valid="requestor_id")
    completer_id:            int = u64("who answered", valid="completer_id")
    target_id:               int = u64("whom it was for", valid="target_id")
    # fmt: on


# --- component --------------------------------------------------------------------------------------------------------


class PciComponentValid(Register, ref="UEFI 2.10 §N.2.9, Validation Bits",
                        valid="error_status id_info memory_number io_number register_data_pairs"):  # fmt: skip
    """Which fields to believe."""


class IdInfo(Record, ref="UEFI 2.10 §N.2.9, Id Info"):
    """Which function it is. Its segment has 8 bits; that of a PCI Express section has 16, and another place."""

    # fmt: off
    vendor_id:        int = u16("who made it")
    device_id:        int = u16("which model")
    class_code: ClassCode = flags(Int24ul, ClassCode, "what it is for")
    function:         int = u8("function number")
    device:           int = u8("device number")
    bus:              int = u8("bus number")
    segment:          int = u8("segment")
    reserved:       bytes = raw(5)
    # fmt: on


class RegisterPair(Record, ref="UEFI 2.10 §N.2.9, Register Data Pairs"):
    address: int = u64("of the register")
    value: int = u64("2 to 8 bytes of data")


class PciComponent(OpenRecord, ref="UEFI 2.10 §N.2.9, PCI/PCI-X Component Error Section",
                   guid="eb5e4685-ca66-4769-b6a2-26068b001326", title="PCI Component/Device"):  # fmt: skip
    """An error of a PCI or PCI-X device, with registers of it. Linux prints it as bytes.

    Which registers stand first the document does not say; here, as in its counts, those in memory do.
    """

    # fmt: off
    validation_bits: PciComponentValid = flags(Int64ul, PciComponentValid, "which fields to believe")
    error_status: ErrorStatus = flags(Int64ul, ErrorStatus, "what failed", valid="error_status")
    id_info:           IdInfo = one(IdInfo, "which function", valid="id_info")
    memory_number:        int = field(Int32ul, "how many registers are in memory", valid="memory_number",
                                      count=lambda r: len(r.memory_registers))
    io_number:            int = field(Int32ul, "how many registers are in I/O space", valid="io_number",
                                      count=lambda r: len(r.io_registers))
    memory_registers:     Any = field(Times(lambda c: c.memory_number, RegisterPair.con), "registers in memory", (),
                                      valid="register_data_pairs")
    io_registers:         Any = field(Times(lambda c: c.io_number, RegisterPair.con), "registers in I/O space", (),
                                      valid="register_data_pairs")
    # fmt: on
