"""PCI Express configuration space, as far as error records carry copies of it (PCI Express Base Specification)."""

from construct import Int16ul, Int32ul

from ..records import Coded, Record, Register, bits, flag, flags, one, raw, u8, u16, u32
from . import pcie_words as words

# --- what every PCI function has --------------------------------------------------------------------------------------


class PortType(Coded):
    """What kind of function or port this is; the PCI Express capability uses the same codes."""

    ENDPOINT = 0, "PCI Express endpoint"
    LEGACY_ENDPOINT = 1, "legacy PCI Express endpoint"
    ROOT_PORT = 4, "root port"
    UPSTREAM_SWITCH_PORT = 5, "upstream port of a switch"
    DOWNSTREAM_SWITCH_PORT = 6, "downstream port of a switch"
    PCIE_TO_PCI_BRIDGE = 7, "bridge from PCI Express to PCI or PCI-X"
    PCI_TO_PCIE_BRIDGE = 8, "bridge from PCI or PCI-X to PCI Express"
    RC_INTEGRATED_ENDPOINT = 9, "endpoint inside the root complex"
    RC_EVENT_COLLECTOR = 10, "event collector of the root complex"


class Command(Register, ref="PCI Express Base 5.0 §7.5.1.1, Command Register", width=16):
    """What the function may do, and what it reports."""

    # fmt: off
    io_space:              bool = flag(0, "answers to I/O addresses")
    memory_space:          bool = flag(1, "answers to memory addresses")
    bus_master:            bool = flag(2, "may begin requests")
    special_cycles:        bool = flag(3, "conventional PCI alone")
    memory_write_and_invalidate: bool = flag(4, "conventional PCI alone")
    vga_palette_snoop:     bool = flag(5, "conventional PCI alone")
    parity_error_response: bool = flag(6, "sets status bit 8 for poisoned data")
    idsel_stepping:        bool = flag(7, "conventional PCI alone")
    serr_enable:           bool = flag(8, "reports non-fatal and fatal errors")
    fast_back_to_back:     bool = flag(9, "conventional PCI alone")
    interrupt_disable:     bool = flag(10, "may not assert INTx")
    # fmt: on


class PciStatus(Register, ref="PCI Express Base 5.0 §7.5.1.1, Status Register", width=16):
    """What the function saw, of its own side or, in a bridge's secondary status, of the side below."""

    # fmt: off
    immediate_readiness:      bool = flag(0, "needs no wait after a reset")
    interrupt:                bool = flag(3, "INTx is pending")
    capabilities_list:        bool = flag(4, "has capabilities")
    capable_66_mhz:           bool = flag(5, "conventional PCI alone")
    fast_back_to_back:        bool = flag(7, "conventional PCI alone")
    master_data_parity_error: bool = flag(8, "sent or received poisoned data")
    devsel_timing:            int  = bits(10, 9, "conventional PCI alone")
    signaled_target_abort:    bool = flag(11, "answered Completer Abort")
    received_target_abort:    bool = flag(12, "was answered Completer Abort")
    received_master_abort:    bool = flag(13, "was answered Unsupported Request")
    system_error:             bool = flag(14, "sent ERR_FATAL or ERR_NONFATAL; as secondary status: received one")
    detected_parity_error:    bool = flag(15, "received poisoned data")
    # fmt: on


class BridgeControl(Register, ref="PCI Express Base 5.0 §7.5.1.3, Bridge Control Register", width=16):
    # fmt: off
    parity_error_response: bool = flag(0, "answers poisoned data on the side below")
    serr_enable:           bool = flag(1, "passes errors from below on")
    isa_enable:            bool = flag(2, "leaves I/O addresses of ISA alone")
    vga_enable:            bool = flag(3, "passes VGA accesses on")
    vga_16_bit_decode:     bool = flag(4, "looks at all 16 bits of VGA I/O addresses")
    master_abort_mode:     bool = flag(5, "conventional PCI alone")
    secondary_bus_reset:   bool = flag(6, "holds the side below in reset")
    fast_back_to_back:     bool = flag(7, "conventional PCI alone")
    primary_discard_timer: bool = flag(8, "conventional PCI alone")
    secondary_discard_timer: bool = flag(9, "conventional PCI alone")
    discard_timer_status:  bool = flag(10, "conventional PCI alone")
    discard_timer_serr_enable: bool = flag(11, "conventional PCI alone")
    # fmt: on


class ClassCode(Register, ref="PCI Code and ID Assignment, class codes", width=24):
    """What a function is for; the lowest byte comes first."""

    programming_interface: int = bits(7, 0, "how it is programmed")
    subclass: int = bits(15, 8, "what it does, more precisely")
    base_class: int = bits(23, 16, "what it does: 2 network, 3 display, 6 bridge, ...")


# --- the PCI Express capability ---------------------------------------------------------------------------------------


class CapabilitiesRegister(Register, ref="PCI Express Base 5.0 §7.5.3, PCI Express Capabilities Register", width=16):
    # fmt: off
    version:           int  = bits(3, 0, "1: ends after root status, at 36 bytes; 2: 60 bytes")
    port_type:         int  = bits(7, 4, "what kind of function or port", kind=PortType)
    slot_implemented:  bool = flag(8, "the link leads to a slot")
    interrupt_message: int  = bits(13, 9, "which MSI or MSI-X message")
    flit_mode:         bool = flag(15, "flit mode is supported (since 6.0)")
    # fmt: on


class DeviceControl(Register, ref="PCI Express Base 5.0 §7.5.3, Device Control Register", width=16):
    # fmt: off
    correctable_reporting:  bool = flag(0, "sends ERR_COR")
    non_fatal_reporting:    bool = flag(1, "sends ERR_NONFATAL")
    fatal_reporting:        bool = flag(2, "sends ERR_FATAL")
    unsupported_request_reporting: bool = flag(3, "an unsupported request counts as an error")
    relaxed_ordering:       bool = flag(4, "may mark requests as relaxed")
    max_payload_size:       int  = bits(7, 5, "128 bytes shifted left by this")
    extended_tag:           bool = flag(8, "numbers its requests with 8 bits")
    phantom_functions:      bool = flag(9, "uses unused function numbers as more tags")
    aux_power:              bool = flag(10, "may draw auxiliary power")
    no_snoop:               bool = flag(11, "may mark requests as not to be snooped")
    max_read_request_size:  int  = bits(14, 12, "128 bytes shifted left by this")
    function_level_reset:   bool = flag(15, "reset; of a bridge to PCI: answer retries")
    # fmt: on


class DeviceStatus(Register, ref="PCI Express Base 5.0 §7.5.3, Device Status Register", width=16):
    """What a device without AER can tell of its errors."""

    # fmt: off
    correctable_error:    bool = flag(0, "detected")
    non_fatal_error:      bool = flag(1, "detected")
    fatal_error:          bool = flag(2, "detected")
    unsupported_request:  bool = flag(3, "received")
    aux_power:            bool = flag(4, "detected")
    transactions_pending: bool = flag(5, "requests of its own are not answered yet")
    emergency_power_reduction: bool = flag(6, "was asked for")
    # fmt: on


class LinkStatus(Register, ref="PCI Express Base 5.0 §7.5.3, Link Status Register", width=16):
    # fmt: off
    speed:                int  = bits(3, 0, "1 is 2.5 GT/s, 2 is 5, 3 is 8, 4 is 16, 5 is 32, 6 is 64")
    lanes:                int  = bits(9, 4, "how wide the link came up")
    training:             bool = flag(11, "the link trains")
    slot_clock:           bool = flag(12, "uses the clock of the slot")
    active:               bool = flag(13, "the data link layer is up")
    bandwidth_management: bool = flag(14, "the link was retrained or changed its speed or width")
    autonomous_bandwidth: bool = flag(15, "hardware changed the speed or width, not for a fault")
    # fmt: on


class SlotStatus(Register, ref="PCI Express Base 5.0 §7.5.3, Slot Status Register", width=16):
    # fmt: off
    attention_button:      bool = flag(0, "was pressed")
    power_fault:           bool = flag(1, "was detected")
    mrl_sensor_changed:    bool = flag(2, "the retention latch was opened or closed")
    presence_changed:      bool = flag(3, "a card was put in or taken out")
    command_completed:     bool = flag(4, "ready for the next hot-plug command")
    mrl_open:              bool = flag(5, "the retention latch is open")
    present:               bool = flag(6, "a card is in the slot")
    interlock_engaged:     bool = flag(7, "the card is held by its lock")
    link_state_changed:    bool = flag(8, "the data link layer came up or went down")
    # fmt: on


class RootControl(Register, ref="PCI Express Base 5.0 §7.5.3, Root Control Register", width=16):
    # fmt: off
    system_error_on_correctable: bool = flag(0, "for ERR_COR from below")
    system_error_on_non_fatal:   bool = flag(1, "for ERR_NONFATAL from below")
    system_error_on_fatal:       bool = flag(2, "for ERR_FATAL from below")
    pme_interrupt:               bool = flag(3, "interrupt when a device asks for power")
    crs_software_visibility:     bool = flag(4, "software sees that a device is not ready yet")
    no_nfm_subtree:              bool = flag(5, "no device below is out of flit mode (since 6.0)")
    # fmt: on


class RootStatus(Register, ref="PCI Express Base 5.0 §7.5.3, Root Status Register", width=32):
    pme_requester_id: int = bits(15, 0, "who asked for power")
    pme: bool = flag(16, "a device asked for power")
    pme_pending: bool = flag(17, "and another did")


class PcieCapability(Record, ref="PCI Express Base 5.0 §7.5.3, PCI Express Capability Structure"):
    """A copy of the capability, 60 bytes; of version 1 the first 36 count. Which fields mean something depends on
    the port type, and `next_capability` never does.
    """

    # fmt: off
    capability_id:     int = u8("0x10", 0x10)
    next_capability:   int = u8("without meaning in a copy")
    capabilities: CapabilitiesRegister = flags(Int16ul, CapabilitiesRegister, "version and kind of port")
    device_capabilities: words.DeviceCapabilities = flags(Int32ul, words.DeviceCapabilities, "what the function can do")
    device_control:    DeviceControl = flags(Int16ul, DeviceControl, "which errors are reported")
    device_status:     DeviceStatus  = flags(Int16ul, DeviceStatus, "which kinds of error happened")
    link_capabilities: words.LinkCapabilities = flags(Int32ul, words.LinkCapabilities, "what the link can do")
    link_control:      words.LinkControl   = flags(Int16ul, words.LinkControl, "what the link is to do")
    link_status:       LinkStatus    = flags(Int16ul, LinkStatus, "how the link is")
    slot_capabilities: words.SlotCapabilities = flags(Int32ul, words.SlotCapabilities, "what the slot has")
    slot_control:      words.SlotControl   = flags(Int16ul, words.SlotControl, "what the slot is to do")
    slot_status:       SlotStatus    = flags(Int16ul, SlotStatus, "how the slot is")
    root_control:      RootControl   = flags(Int16ul, RootControl, "which errors become system errors")
    root_capabilities: words.RootCapabilities = flags(Int16ul, words.RootCapabilities, "what the root port can do")
    root_status:       RootStatus    = flags(Int32ul, RootStatus, "who asked for power")
    device_capabilities_2: words.DeviceCapabilities2 = flags(Int32ul, words.DeviceCapabilities2, "from version 2 on")
    device_control_2:  words.DeviceControl2 = flags(Int16ul, words.DeviceControl2, "from version 2 on")
    device_status_2:     int = u16("from version 2 on; no bit is defined")
    link_capabilities_2: words.LinkCapabilities2 = flags(Int32ul, words.LinkCapabilities2, "from version 2 on")
    link_control_2:    words.LinkControl2  = flags(Int16ul, words.LinkControl2, "from version 2 on")
    link_status_2:     words.LinkStatus2   = flags(Int16ul, words.LinkStatus2, "from version 2 on")
    slot_capabilities_2: int = u32("from version 2 on; no bit is defined")
    slot_control_2:      int = u16("from version 2 on; no bit is defined")
    slot_status_2:       int = u16("from version 2 on; no bit is defined")
    # fmt: on


# --- advanced error reporting -----------------------------------------------------------------------------------------


class ExtendedHeader(Register, ref="PCI Express Base 5.0 §7.6.3, Extended Capability Header", width=32):
    capability_id: int = bits(15, 0, "1 is advanced error reporting")
    version: int = bits(19, 16, "of the capability")
    next_capability: int = bits(31, 20, "without meaning in a copy")


class UncorrectableErrors(Register, ref="PCI Express Base 6.0 §7.8.4, Uncorrectable Error Status Register", width=32):
    """One bit per kind of error, alike in status, mask (1: not reported) and severity (1: fatal)."""

    # fmt: off
    training:                 bool = flag(0, "link training failed; undefined since PCI Express 1.1")
    data_link_protocol:       bool = flag(4, "data link protocol error")
    surprise_down:            bool = flag(5, "the link went down unasked")
    poisoned_tlp:             bool = flag(12, "data marked as corrupted was received")
    flow_control_protocol:    bool = flag(13, "flow control protocol error")
    completion_timeout:       bool = flag(14, "a request was not answered in time")
    completer_abort:          bool = flag(15, "a request could not be answered")
    unexpected_completion:    bool = flag(16, "an answer to no request")
    receiver_overflow:        bool = flag(17, "more data than there was room granted")
    malformed_tlp:            bool = flag(18, "a packet against the rules")
    ecrc:                     bool = flag(19, "end-to-end CRC is wrong")
    unsupported_request:      bool = flag(20, "a request that this function does not know")
    acs_violation:            bool = flag(21, "access control forbids the request")
    internal:                 bool = flag(22, "uncorrectable error inside the device")
    mc_blocked_tlp:           bool = flag(23, "a multicast packet was blocked")
    atomicop_egress_blocked:  bool = flag(24, "an atomic operation was blocked")
    tlp_prefix_blocked:       bool = flag(25, "a packet with prefixes was blocked")
    poisoned_tlp_egress_blocked: bool = flag(26, "poisoned data was kept from leaving")
    dmwr_egress_blocked:      bool = flag(27, "a deferrable write was blocked")
    ide_check_failed:         bool = flag(28, "integrity check failed")
    misrouted_ide_tlp:        bool = flag(29, "a protected packet came the wrong way")
    pcrc_check_failed:        bool = flag(30, "plaintext CRC is wrong")
    tlp_translation_egress_blocked: bool = flag(31, "a packet could not be translated between modes")
    # fmt: on


class CorrectableErrors(Register, ref="PCI Express Base 5.0 §7.8.4, Correctable Error Status Register", width=32):
    """One bit per kind of error, alike in status and mask (1: not reported)."""

    # fmt: off
    receiver:            bool = flag(0, "physical layer")
    bad_tlp:             bool = flag(6, "a packet with a wrong CRC")
    bad_dllp:            bool = flag(7, "a link packet with a wrong CRC")
    replay_num_rollover: bool = flag(8, "a packet was sent again four times")
    replay_timer:        bool = flag(12, "a packet was not acknowledged in time")
    advisory_non_fatal:  bool = flag(13, "an uncorrectable error that is somebody else's to report")
    internal:            bool = flag(14, "corrected error inside the device")
    header_log_overflow: bool = flag(15, "more headers than could be kept")
    # fmt: on


class AerControl(Register, ref="PCI Express Base 6.0 §7.8.4, Capabilities and Control Register", width=32):
    # fmt: off
    first_error_pointer:     int  = bits(4, 0, "bit of the uncorrectable status whose header is logged")
    ecrc_generation_capable: bool = flag(5, "can add an end-to-end CRC")
    ecrc_generation_enable:  bool = flag(6, "adds it")
    ecrc_check_capable:      bool = flag(7, "can check an end-to-end CRC")
    ecrc_check_enable:       bool = flag(8, "checks it")
    multiple_header_capable: bool = flag(9, "can keep several headers")
    multiple_header_enable:  bool = flag(10, "keeps them")
    tlp_prefix_log_present:  bool = flag(11, "the prefix log belongs to the header log")
    completion_timeout_log_capable: bool = flag(12, "can log the request that was not answered")
    header_log_size:         int  = bits(17, 13, "of the header log in 32-bit words (since 6.0)")
    logged_in_flit_mode:     bool = flag(18, "the header log goes on where the prefix log is (since 6.0)")
    logged_size:             int  = bits(23, 19, "of the logged packet in 32-bit words, in flit mode (since 6.0)")
    # fmt: on


class HeaderLog(Record, ref="PCI Express Base 5.0 §7.8.4, Header Log Register"):
    """Four words of the packet that met the error, as a host reads them from configuration space."""

    # fmt: off
    dw0: int = u32("format, type and length")
    dw1: int = u32("requester, tag and byte enables, by the type")
    dw2: int = u32("address, or completion, by the type")
    dw3: int = u32("the rest of a 64-bit address")
    # fmt: on


class RootErrorCommand(Register, ref="PCI Express Base 5.0 §7.8.4, Root Error Command Register", width=32):
    correctable: bool = flag(0, "interrupt for ERR_COR")
    non_fatal: bool = flag(1, "interrupt for ERR_NONFATAL")
    fatal: bool = flag(2, "interrupt for ERR_FATAL")


class RootErrorStatus(Register, ref="PCI Express Base 5.0 §7.8.4, Root Error Status Register", width=32):
    # fmt: off
    correctable:          bool = flag(0, "ERR_COR came")
    multiple_correctable: bool = flag(1, "and another before the first was cleared")
    uncorrectable:        bool = flag(2, "ERR_NONFATAL or ERR_FATAL came")
    multiple_uncorrectable: bool = flag(3, "and another before the first was cleared")
    first_fatal:          bool = flag(4, "the first of them was fatal")
    non_fatal:            bool = flag(5, "ERR_NONFATAL came")
    fatal:                bool = flag(6, "ERR_FATAL came")
    correctable_subclass: int  = bits(8, 7, "what an ERR_COR was for (since 5.0)")
    interrupt_message:    int  = bits(31, 27, "which MSI or MSI-X message")
    # fmt: on


class AerCapability(Record, ref="PCI Express Base 5.0 §7.8.4, Advanced Error Reporting Extended Capability"):
    """A copy of the capability (`struct aer_capability_regs`), 96 bytes with what it may grow to in flit mode.

    Everything from `root_error_command` to the source ids is of root ports and event collectors alone.
    """

    # fmt: off
    header:                 ExtendedHeader      = flags(Int32ul, ExtendedHeader, "which capability it is")
    uncorrectable_status:   UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which happened")
    uncorrectable_mask:     UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which are not reported")
    uncorrectable_severity: UncorrectableErrors = flags(Int32ul, UncorrectableErrors, "which are fatal")
    correctable_status:     CorrectableErrors   = flags(Int32ul, CorrectableErrors, "which happened")
    correctable_mask:       CorrectableErrors   = flags(Int32ul, CorrectableErrors, "which are not reported")
    control:                AerControl          = flags(Int32ul, AerControl, "capabilities and control")
    header_log:             HeaderLog           = one(HeaderLog, "the packet that met the first error")
    root_error_command:     RootErrorCommand    = flags(Int32ul, RootErrorCommand, "which messages interrupt")
    root_error_status:      RootErrorStatus     = flags(Int32ul, RootErrorStatus, "which messages came")
    correctable_source_id:   int = u16("bus, device and function that sent the first ERR_COR")
    uncorrectable_source_id: int = u16("bus, device and function that sent the first of the others")
    tlp_prefix_log:         HeaderLog           = one(HeaderLog, "prefixes; in flit mode, more of the header")
    more_header_log:       bytes = raw(24, "in flit mode, more of the header; else reserved")
    # fmt: on
