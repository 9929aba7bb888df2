"""What Linux's printer says of a CXL protocol error section (drivers/firmware/efi/cper_cxl.c)."""

from ..formats.more.cxl import CxlAgent
from .lines import Line
from .linux import listed

# fmt: off
AGENT = Line("agent_type: {agent_type}, {agent_type!}", "agent_type", listed(
    "Restricted CXL Device", "Restricted CXL Host Downstream Port", "CXL Device", "CXL Logical Device",
    "CXL Fabric Manager managed Logical Device", "CXL Root Port", "CXL Downstream Switch Port",
    "CXL Upstream Switch Port"))
# fmt: on
# an agent has an address of PCI Express, and what goes with it, or is a port of a restricted host; none other has more
ON_PCIE = frozenset(CxlAgent) - {CxlAgent.RCH_DOWNSTREAM_PORT}
NUMBERED = frozenset((CxlAgent.RCD, CxlAgent.DEVICE, CxlAgent.LOGICAL_DEVICE, CxlAgent.MANAGED_LOGICAL_DEVICE))
RCRB = Line("rcrb_base_address: 0x{agent_address.rcrb_base:016x}", "agent_address")
# fmt: off
DEVICE = (
    Line("agent_address: {agent_address.segment:04x}:{agent_address.bus:02x}:{agent_address.device:02x}."
         "{agent_address.function:x}", "agent_address"),
    Line("slot: {device_id.slot[15:3]}", "device_id"),
    Line("vendor_id: 0x{device_id.vendor_id:04x}, device_id: 0x{device_id.device_id:04x}", "device_id"),
    Line("sub_vendor_id: 0x{device_id.subsystem_vendor_id:04x}, sub_device_id: 0x{device_id.subsystem_id:04x}",
         "device_id"),
    Line("class_code: {device_id.class_code:04x}", "device_id"),
)
# fmt: on
SERIAL = Line("lower_dw: 0x{serial_number[31:0]:08x}, upper_dw: 0x{serial_number[63:32]:08x}", "serial_number")
DVSEC_LENGTH = Line("DVSEC length: 0x{dvsec_length:04x}", "dvsec")
DVSEC = "CXL DVSEC:"
LOG_LENGTH = Line("Error log length: 0x{error_log_length:04x}", "error_log")
LOG = "CXL Error Log:"
REGISTERS = (
    Line("cxl_ras_uncor_status: 0x{uncorrectable_status:08x}"),
    Line("cxl_ras_uncor_mask: 0x{uncorrectable_mask:08x}"),
    Line("cxl_ras_uncor_severity: 0x{uncorrectable_severity:08x}"),
    Line("cxl_ras_cor_status: 0x{correctable_status:08x}"),
    Line("cxl_ras_cor_mask: 0x{correctable_mask:08x}"),
    Line("cap_control: 0x{capabilities_and_control:08x}"),
)
HEADER_LOG = "Header Log Registers:"
