"""PCI Express errors, with copies of the device's own capabilities (UEFI 2.10 §N.2.7)."""

from construct import Bytes, Int16ul, Int24ul, Int32ul, Int64ul

from ..records import Bcd, OpenRecord, Record, Register, bits, field, flag, flags, named, one, raw, u8, u16, u64
from .pcie_config import AerCapability, BridgeControl, ClassCode, Command, PcieCapability, PciStatus, PortType


class PcieValid(Register, ref="UEFI 2.10 §N.2.7, Validation Bits", each="{} is valid"):
    # fmt: off
    port_type:      bool = flag(0)
    version:        bool = flag(1)
    command_status: bool = flag(2)
    device_id:      bool = flag(3)
    serial_number:  bool = flag(4)
    bridge:         bool = flag(5)
    capability:     bool = flag(6)
    aer:            bool = flag(7)
    # fmt: on


class Slot(Register, ref="UEFI 2.10 §N.2.7, Device ID, bytes 13-14", width=16):
    number: int = bits(15, 3, "of the slot")


class DeviceId(Record, ref="UEFI 2.10 §N.2.7, Device ID"):
    """Which function it is. Function stands before device, and the segment is not aligned."""

    # fmt: off
    vendor_id:     int = u16("who made it")
    device_id:     int = u16("which model")
    class_code: ClassCode = flags(Int24ul, ClassCode, "what it is for")
    function:      int = u8("function number")
    device:        int = u8("device number")
    segment:       int = u16("segment, which Linux calls domain")
    bus:           int = u8("bus; of a root port or bridge, the primary one")
    secondary_bus: int = u8("bus below a root port or bridge")
    slot:         Slot = flags(Int16ul, Slot, "slot in bits 15:3")
    reserved:    bytes = raw(1)
    # fmt: on

    def __str__(self) -> str:
        return f"{self.segment:04x}:{self.bus:02x}:{self.device:02x}.{self.function:x}"


class Pcie(OpenRecord, ref="UEFI 2.10 §N.2.7, PCI Express Error Section", guid="d995e954-bbc1-430f-ad91-b44dcb3c6f35",
           title="PCIe"):  # fmt: skip
    """An error of a PCI Express device, port or bridge (`struct cper_sec_pcie`)."""

    # fmt: off
    validation_bits: PcieValid = flags(Int64ul, PcieValid, "which fields to believe")
    port_type:         int = named(Int32ul, PortType, "what kind of function or port", valid="port_type")
    version_minor:     int = field(Bcd(Bytes(1)), "of PCI Express, as the platform supports it", valid="version")
    version_major:     int = field(Bcd(Bytes(1)), "of PCI Express, as the platform supports it", valid="version")
    reserved0:       bytes = raw(2)
    command:       Command = flags(Int16ul, Command, "PCI command register", valid="command_status")
    status:         PciStatus = flags(Int16ul, PciStatus, "PCI status register", valid="command_status")
    reserved1:       bytes = raw(4)
    device_id:    DeviceId = one(DeviceId, "which function", valid="device_id")
    serial_number:     int = u64("of the device; the lower word comes first", valid="serial_number")
    secondary_status: PciStatus = flags(Int16ul, PciStatus, "of a bridge, what it saw below", valid="bridge")
    bridge_control: BridgeControl = flags(Int16ul, BridgeControl, "of a bridge", valid="bridge")
    capability: PcieCapability = one(PcieCapability, "copy of the capability", valid="capability")
    aer:     AerCapability = one(AerCapability, "copy of advanced error reporting", valid="aer")
    # fmt: on
