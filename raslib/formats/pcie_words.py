"""The words of the PCI Express capability that say what a function, link and slot can do (Base 6.0 §7.5.3)."""

from ..records import Register, bits, flag

_OF = "PCI Express Base 6.0 §7.5.3, "


class DeviceCapabilities(Register, ref=_OF + "Device Capabilities Register", width=32):
    # fmt: off
    max_payload_size:       int  = bits(2, 0, "at most 128 bytes shifted left by this")
    phantom_functions:      int  = bits(4, 3, "bits of the function number that may be used as more tags")
    extended_tag:           bool = flag(5, "can number its requests with 8 bits")
    l0s_acceptable_latency: int  = bits(8, 6, "of an endpoint: 64 ns shifted left by this; 7 any")
    l1_acceptable_latency:  int  = bits(11, 9, "of an endpoint: 1 us shifted left by this; 7 any")
    role_based_reporting:   bool = flag(15, "errors are reported by who has to deal with them; set since 1.1")
    err_cor_subclass:       bool = flag(16, "says what an ERR_COR is for")
    rx_mps_fixed:           bool = flag(17, "receives the largest payload whatever is set")
    slot_power_limit:       int  = bits(25, 18, "of an upstream port, in units of the scale")
    slot_power_scale:       int  = bits(27, 26, "0 1 W, 1 0.1 W, 2 0.01 W, 3 0.001 W")
    function_level_reset:   bool = flag(28, "can be reset by itself")
    mixed_mps:              bool = flag(29, "may have another payload size than others")
    tee_io:                 bool = flag(30, "can be assigned to a trusted machine")
    # fmt: on


class LinkCapabilities(Register, ref=_OF + "Link Capabilities Register", width=32):
    # fmt: off
    max_speed:              int  = bits(3, 0, "1 is 2.5 GT/s, 2 is 5, 3 is 8, 4 is 16, 5 is 32, 6 is 64")
    max_lanes:              int  = bits(9, 4, "how wide the link may come up")
    aspm:                   int  = bits(11, 10, "sleep states that it has: 1 L0s, 2 L1, 3 both")
    l0s_exit_latency:       int  = bits(14, 12, "up to 64 ns shifted left by this; 7 more than 4 us")
    l1_exit_latency:        int  = bits(17, 15, "up to 1 us shifted left by this; 7 more than 64 us")
    clock_power_management: bool = flag(18, "the reference clock may stop")
    surprise_down_reporting: bool = flag(19, "a link that goes down unasked is an error")
    active_reporting:       bool = flag(20, "says when the data link layer is up")
    bandwidth_notification: bool = flag(21, "says when speed or width change")
    aspm_optional:          bool = flag(22, "sleep states are optional")
    port_number:            int  = bits(31, 24, "of the port")
    # fmt: on


class LinkControl(Register, ref=_OF + "Link Control Register", width=16):
    # fmt: off
    aspm:                     int  = bits(1, 0, "sleep states that are enabled: 1 L0s, 2 L1, 3 both")
    ptm_delay_interpretation: bool = flag(2, "how propagation delays of time stamps are read")
    read_completion_boundary: bool = flag(3, "1: 128 bytes, 0: 64")
    disable:                  bool = flag(4, "the link is off")
    retrain:                  bool = flag(5, "train again; reads as 0")
    common_clock:             bool = flag(6, "both ends have the same reference clock")
    extended_synch:           bool = flag(7, "longer training, for analysers")
    clock_power_management:   bool = flag(8, "the reference clock may stop")
    autonomous_width_disable: bool = flag(9, "hardware may not change the width")
    bandwidth_management_interrupt: bool = flag(10, "interrupt when the link was retrained or changed")
    autonomous_bandwidth_interrupt: bool = flag(11, "interrupt when hardware changed the link")
    sris_clocking:            bool = flag(12, "both ends have own clocks with spread spectrum")
    flit_mode_disable:        bool = flag(13, "no flit mode")
    drs_signaling:            int  = bits(15, 14, "what a device that is ready does: 0 nothing, 1 interrupt, 2 message")
    # fmt: on


class SlotCapabilities(Register, ref=_OF + "Slot Capabilities Register", width=32):
    # fmt: off
    attention_button:    bool = flag(0, "there is one")
    power_controller:    bool = flag(1, "there is one")
    mrl_sensor:          bool = flag(2, "the retention latch is watched")
    attention_indicator: bool = flag(3, "there is a light")
    power_indicator:     bool = flag(4, "there is a light")
    hot_plug_surprise:   bool = flag(5, "a card may be taken out unasked")
    hot_plug:            bool = flag(6, "cards may come and go")
    power_limit:         int  = bits(14, 7, "in units of the scale")
    power_scale:         int  = bits(16, 15, "0 1 W, 1 0.1 W, 2 0.01 W, 3 0.001 W")
    interlock:           bool = flag(17, "a lock holds the card")
    no_command_completed: bool = flag(18, "takes commands without a pause")
    physical_slot:       int  = bits(31, 19, "number on the chassis; 0: soldered")
    # fmt: on


class SlotControl(Register, ref=_OF + "Slot Control Register", width=16):
    # fmt: off
    attention_button_enable:  bool = flag(0, "tell when it is pressed")
    power_fault_enable:       bool = flag(1, "tell when power fails")
    mrl_sensor_enable:        bool = flag(2, "tell when the latch moves")
    presence_enable:          bool = flag(3, "tell when a card comes or goes")
    command_completed_enable: bool = flag(4, "interrupt when a command is done")
    hot_plug_interrupt:       bool = flag(5, "interrupt for what is told")
    attention_indicator:      int  = bits(7, 6, "1 on, 2 blinking, 3 off")
    power_indicator:          int  = bits(9, 8, "1 on, 2 blinking, 3 off")
    power_off:                bool = flag(10, "1: no power for the slot")
    interlock:                bool = flag(11, "1: move the lock; reads as 0")
    link_state_enable:        bool = flag(12, "tell when the data link layer comes up or goes down")
    auto_power_limit_disable: bool = flag(13, "no power limit is sent when the link comes up")
    in_band_presence_disable: bool = flag(14, "a link that is up does not count as a card")
    # fmt: on


class RootCapabilities(Register, ref=_OF + "Root Capabilities Register", width=16):
    crs_software_visibility: bool = flag(0, "software can see that a device is not ready yet")


class DeviceCapabilities2(Register, ref=_OF + "Device Capabilities 2 Register", width=32):
    # fmt: off
    completion_timeout_ranges: int = bits(3, 0, "that may be set, a bit each: from 50 us to 64 s")
    completion_timeout_disable: bool = flag(4, "the time-out can be off")
    ari_forwarding:         bool = flag(5, "forwards to functions beyond 7")
    atomicop_routing:       bool = flag(6, "forwards atomic operations")
    atomicop_32:            bool = flag(7, "completes those of 32 bits")
    atomicop_64:            bool = flag(8, "completes those of 64 bits")
    cas_128:                bool = flag(9, "completes compare-and-swap of 128 bits")
    no_relaxed_passing:     bool = flag(10, "relaxed writes do not pass each other")
    ltr:                    bool = flag(11, "can say what latency it tolerates")
    tph_completer:          int  = bits(13, 12, "takes hints where data is used: 1 yes, 3 extended ones too")
    completer_10_bit_tag:   bool = flag(16, "answers requests with tags of 10 bits")
    requester_10_bit_tag:   bool = flag(17, "can send them")
    obff:                   int  = bits(19, 18, "hears when the system is awake: 1 by message, 2 by signal, 3 both")
    extended_fmt:           bool = flag(20, "takes packets whose format has 3 bits")
    end_end_prefix:         bool = flag(21, "takes packets with end-to-end prefixes")
    max_end_end_prefixes:   int  = bits(23, 22, "how many, 0 is 4")
    emergency_power:        int  = bits(25, 24, "ways to reduce power in an emergency")
    emergency_power_init:   bool = flag(26, "has to be initialised again afterwards")
    dmwr_completer:         bool = flag(28, "completes deferrable writes")
    dmwr_length:            int  = bits(30, 29, "of at most: 0 64 bytes, 1 128")
    frs:                    bool = flag(31, "says when a function is ready")
    # fmt: on


class DeviceControl2(Register, ref=_OF + "Device Control 2 Register", width=16):
    # fmt: off
    completion_timeout:         int  = bits(3, 0, "how long a request waits for its answer, by range")
    completion_timeout_disable: bool = flag(4, "it waits for ever")
    ari_forwarding:             bool = flag(5, "forwards to functions beyond 7")
    atomicop_requester:         bool = flag(6, "may send atomic operations")
    atomicop_egress_blocking:   bool = flag(7, "lets none out here")
    ido_request:                bool = flag(8, "may mark requests as ordered by requester alone")
    ido_completion:             bool = flag(9, "may mark answers so")
    ltr:                        bool = flag(10, "says what latency it tolerates")
    emergency_power_request:    bool = flag(11, "asks for less power")
    requester_10_bit_tag:       bool = flag(12, "sends tags of 10 bits")
    obff:                       int  = bits(14, 13, "how it hears when the system is awake")
    end_end_prefix_blocking:    bool = flag(15, "lets no end-to-end prefix out here")
    # fmt: on


class LinkCapabilities2(Register, ref=_OF + "Link Capabilities 2 Register", width=32):
    # fmt: off
    speeds:              int  = bits(7, 1, "a bit each: 0 2.5 GT/s, 1 5, 2 8, 3 16, 4 32, 5 64")
    crosslink:           bool = flag(8, "two ports of one kind can be connected")
    lower_skp_generation: int = bits(15, 9, "speeds at which it can send fewer SKP, as in `speeds`")
    lower_skp_reception: int  = bits(22, 16, "speeds at which it can receive fewer SKP")
    retimer_presence:    bool = flag(23, "can tell that there is a retimer")
    two_retimers_presence: bool = flag(24, "can tell that there are two")
    drs:                 bool = flag(31, "can say when the device below is ready")
    # fmt: on


class LinkControl2(Register, ref=_OF + "Link Control 2 Register", width=16):
    # fmt: off
    target_speed:           int  = bits(3, 0, "at most, coded as the speed of a link")
    enter_compliance:       bool = flag(4, "for measurements")
    autonomous_speed_disable: bool = flag(5, "hardware may not change the speed")
    selectable_de_emphasis: bool = flag(6, "at 5 GT/s: 1 -3.5 dB, 0 -6 dB")
    transmit_margin:        int  = bits(9, 7, "for measurements")
    enter_modified_compliance: bool = flag(10, "for measurements")
    compliance_sos:         bool = flag(11, "for measurements")
    compliance_preset:      int  = bits(15, 12, "for measurements")
    # fmt: on


class LinkStatus2(Register, ref=_OF + "Link Status 2 Register", width=16):
    # fmt: off
    de_emphasis:            bool = flag(0, "at 5 GT/s: 1 -3.5 dB, 0 -6 dB")
    equalization_complete:  bool = flag(1, "at 8 GT/s")
    equalization_phase_1:   bool = flag(2, "went well")
    equalization_phase_2:   bool = flag(3, "went well")
    equalization_phase_3:   bool = flag(4, "went well")
    equalization_request:   bool = flag(5, "hardware asks for another")
    retimer:                bool = flag(6, "there is one")
    two_retimers:           bool = flag(7, "there are two")
    crosslink:              int  = bits(9, 8, "which end this is: 1 upstream, 2 downstream, 3 not settled")
    flit_mode:              bool = flag(10, "the link is in flit mode")
    downstream_presence:    int  = bits(14, 12, "what is below: link down or up, a device there or not")
    drs_received:           bool = flag(15, "the device below said that it is ready")
    # fmt: on
