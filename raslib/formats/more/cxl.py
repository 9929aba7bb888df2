"""Errors of Compute Express Link's protocols (UEFI 2.10 §N.2.13), with a copy of the agent's RAS capability."""

from typing import Any

from construct import Bytes, Int8ul, Int16ul, Int32ul, Int64ul

from ...records import Coded, OpenRecord, Record, Register, field, flag, flags, named, one, raw, u8, u16, u32, u64
from ...wire import Choice, Sized, size
from ..parts import WholeOrBytes
from ..pcie import Slot
from ..pcie_config import PcieCapability


class CxlAgent(Coded):
    """Who detected the error, in the words of UEFI 2.11; 2.10 speaks of CXL 1.1 and 2.0 devices and ports."""

    RCD = 0, "restricted CXL device, an endpoint in the root complex (2.10: CXL 1.1 device)"
    RCH_DOWNSTREAM_PORT = 1, "downstream port of a restricted CXL host (2.10: CXL 1.1 host downstream port)"
    DEVICE = 2, "endpoint device (2.10: CXL 2.0 device)"
    LOGICAL_DEVICE = 3, "logical device (2.10: CXL 2.0 logical device)"
    MANAGED_LOGICAL_DEVICE = 4, "logical device that a fabric manager manages"
    ROOT_PORT = 5, "root port"
    DOWNSTREAM_SWITCH_PORT = 6, "downstream port of a switch"
    UPSTREAM_SWITCH_PORT = 7, "upstream port of a switch"


class AgentAddress(Record, ref="UEFI 2.10 §N.2.13, CXL Agent Address"):
    """Where an agent is that has an address of PCI Express: all but the downstream port of a restricted host."""

    # fmt: off
    function:   int = u8("function number")
    device:     int = u8("device number")
    bus:        int = u8("bus number")
    segment:    int = u16("segment")
    reserved: bytes = raw(3)
    # fmt: on

    def __str__(self) -> str:
        return f"{self.segment:04x}:{self.bus:02x}:{self.device:02x}.{self.function:x}"


class RcrbAddress(Record, ref="UEFI 2.10 §N.2.13, CXL Agent Address"):
    """Where the downstream port of a restricted host is."""

    rcrb_base: int = u64("address of the port's root complex register block")


class CxlDeviceId(Record, ref="UEFI 2.10 §N.2.13, Device ID"):
    # fmt: off
    vendor_id:           int = u16("who made it")
    device_id:           int = u16("which model")
    subsystem_vendor_id: int = u16("who made the board")
    subsystem_id:        int = u16("which board")
    class_code:          int = u16("what it is for")
    slot:               Slot = flags(Int16ul, Slot, "slot in bits 15:3")
    reserved:          bytes = raw(4)
    # fmt: on


class CxlUncorrectable(Register, ref="CXL 3.0 §8.2.4.16, Uncorrectable Error Status Register", width=32):
    """One bit per kind of error, alike in status, mask (1: not reported) and severity (1: fatal)."""

    # fmt: off
    cache_data_parity:      bool = flag(0, "CXL.cache, data")
    cache_address_parity:   bool = flag(1, "CXL.cache, address")
    cache_byte_enable_parity: bool = flag(2, "CXL.cache, byte enables")
    cache_data_ecc:         bool = flag(3, "CXL.cache, data")
    memory_data_parity:     bool = flag(4, "CXL.mem, data")
    memory_address_parity:  bool = flag(5, "CXL.mem, address")
    memory_byte_enable_parity: bool = flag(6, "CXL.mem, byte enables")
    memory_data_ecc:        bool = flag(7, "CXL.mem, data")
    reinit_threshold:       bool = flag(8, "the link was initialised again too often")
    reserved_encoding:      bool = flag(9, "an encoding that is not recognised was received")
    poison_received:        bool = flag(10, "the peer sent corrupted data, marked as such")
    receiver_overflow:      bool = flag(11, "more data than there was room granted")
    internal:               bool = flag(14, "the component's own")
    ide_transmit:           bool = flag(15, "integrity or encryption, sending")
    ide_receive:            bool = flag(16, "integrity or encryption, receiving")
    # fmt: on


class CxlCorrectable(Register, ref="CXL 3.0 §8.2.4.16, Correctable Error Status Register", width=32):
    """One bit per kind of error, alike in status and mask (1: not reported)."""

    # fmt: off
    cache_data_ecc:         bool = flag(0, "CXL.cache, data")
    memory_data_ecc:        bool = flag(1, "CXL.mem, data")
    crc_threshold:          bool = flag(2, "too many wrong CRCs")
    retry_threshold:        bool = flag(3, "too many retries")
    cache_poison_received:  bool = flag(4, "CXL.cache, corrupted data from the peer, marked as such")
    memory_poison_received: bool = flag(5, "CXL.mem, corrupted data from the peer, marked as such")
    physical_layer:         bool = flag(6, "reported by the physical layer")
    # fmt: on


class CxlRasCapability(OpenRecord, ref="CXL 3.0 §8.2.4.16, CXL RAS Capability Structure"):
    """A copy of what the agent logged (`struct cxl_ras_capability_regs`)."""

    # fmt: off
    uncorrectable_status:   CxlUncorrectable = flags(Int32ul, CxlUncorrectable, "which happened")
    uncorrectable_mask:     CxlUncorrectable = flags(Int32ul, CxlUncorrectable, "which are not reported")
    uncorrectable_severity: CxlUncorrectable = flags(Int32ul, CxlUncorrectable, "which are fatal")
    correctable_status:       CxlCorrectable = flags(Int32ul, CxlCorrectable, "which happened")
    correctable_mask:         CxlCorrectable = flags(Int32ul, CxlCorrectable, "which are not reported")
    capabilities_and_control:            int = u32("as the CXL specification has it")
    header_log:                        bytes = raw(64, "what was on the link when the first error happened")
    # fmt: on


class CxlProtocolValid(Register, ref="UEFI 2.10 §N.2.13, Validation Bits",
                       valid="agent_type agent_address device_id serial_number capability dvsec "
                             "error_log"):  # fmt: skip
    """Which fields to believe."""


_ADDRESSES: dict[CxlAgent, type[Record]] = dict.fromkeys(CxlAgent, AgentAddress)
_ADDRESSES[CxlAgent.RCH_DOWNSTREAM_PORT] = RcrbAddress


class CxlProtocol(OpenRecord, ref="UEFI 2.10 §N.2.13, CXL Protocol Error Section",
                  guid="80b9efb4-52b5-4de3-a777-68784b771048", title="CXL Protocol Error"):  # fmt: skip
    """An error of CXL.cache, CXL.mem or the link (`struct cxl_cper_sec_prot_err`)."""

    # fmt: off
    validation_bits: CxlProtocolValid = flags(Int64ul, CxlProtocolValid, "which fields to believe")
    agent_type:           int = named(Int8ul, CxlAgent, "who detected it", valid="agent_type")
    reserved0:          bytes = raw(7)
    agent_address:        Any = field(Choice(lambda c: c.agent_type, _ADDRESSES, Bytes(8)), "where that agent is",
                                      AgentAddress(), valid="agent_address")
    device_id:    CxlDeviceId = one(CxlDeviceId, "what that agent is", valid="device_id")
    serial_number:        int = u64("of the device; the lower word comes first", valid="serial_number")
    capability: PcieCapability = one(PcieCapability, "copy of the PCI Express capability", valid="capability")
    dvsec_length:         int = field(Int16ul, "bytes of the DVSEC", count=lambda r: len(r.dvsec))
    error_log_length:     int = field(Int16ul, "bytes of the log", count=lambda r: size(r.error_log))
    reserved1:          bytes = raw(4)
    dvsec:              bytes = field(Bytes(lambda c: c.dvsec_length),
                                      "copy of the Flex Bus capability of the device or port", b"", valid="dvsec")
    error_log:            Any = field(Sized(lambda c: c.error_log_length, WholeOrBytes(CxlRasCapability)),
                                      "copy of the RAS capability", b"", valid="error_log")
    # fmt: on
