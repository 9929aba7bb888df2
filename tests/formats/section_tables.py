"""The tables of the documents, written down apart from the declarations: where each field lies, what each bit governs.

A layout is offset, size and name of each field; "-" where the bytes themselves decide.
"""

from raslib.formats import firmware, memory, pcie, processor
from raslib.formats import pcie_config as config
from raslib.formats.more import arm_ras, ccix, cxl, cxl_events, dmar, memory2, nvidia, pci, poison, vendor, x86
from raslib.records import Record, Register

Layout = list[tuple[str, int | None, int | None]]


def layout(text: str) -> Layout:
    """The fields of *text* as (name, offset, size)."""
    rows = (field.split() for field in text.replace("\n", ",").split(",") if field.strip())
    return [(name, None if at == "-" else int(at), None if size == "-" else int(size)) for at, size, name in rows]


HISI_MISC = ", ".join(f"{20 + 4 * n} 4 err_misc_{n}" for n in range(33))
EVENT = """
0 1 length
1 3 flags
4 2 handle
6 2 related_handle
8 8 timestamp
16 1 maintenance_operation_class
17 1 maintenance_operation_subclass
18 2 ld_id
20 1 head_id
21 11 reserved
"""
COMPONENT = """
0 4 length, 4 8 validation_bits, 12 12 device_id, 24 8 serial_number, 32 - event_log, - - beyond
"""

LAYOUTS: dict[type[Record], str] = {
    memory.PlatformMemory: """
        0 8 validation_bits, 8 8 error_status, 16 8 physical_address, 24 8 physical_address_mask, 32 2 node,
        34 2 card, 36 2 module, 38 2 bank, 40 2 device, 42 2 row, 44 2 column, 46 2 bit_position,
        48 8 requestor_id, 56 8 responder_id, 64 8 target_id, 72 1 memory_error_type, 73 - extended,
        - - rank_number, - - card_handle, - - module_handle, - - beyond
    """,
    processor.GenericProcessor: """
        0 8 validation_bits, 8 1 processor_type, 9 1 processor_isa, 10 1 processor_error_type, 11 1 operation,
        12 1 flags, 13 1 level, 14 2 reserved, 16 8 cpu_version, 24 128 cpu_brand, 152 8 processor_id,
        160 8 target_address, 168 8 requestor_id, 176 8 responder_id, 184 8 instruction_ip, 192 - beyond
    """,
    x86.X86Processor: """
        0 8 validation_bits, 8 8 local_apic_id, 16 48 cpuid, 64 - error_information, - - context_information,
        - - beyond
    """,
    x86.Cpuid: """
        0 8 eax, 8 8 ebx, 16 8 ecx, 24 8 edx, 32 16 reserved
    """,
    x86.X86ErrorInformation: """
        0 16 structure_type, 16 8 validation_bits, 24 8 check_information, 32 8 target_id, 40 8 requestor_id,
        48 8 responder_id, 56 8 instruction_pointer
    """,
    x86.X86ContextInformation: """
        0 2 register_context_type, 2 2 register_array_size, 4 4 msr_address, 8 8 memory_address, 16 - registers,
        - - padding
    """,
    x86.Ia32State: """
        0 4 EAX, 4 4 EBX, 8 4 ECX, 12 4 EDX, 16 4 ESI, 20 4 EDI, 24 4 EBP, 28 4 ESP, 32 2 CS, 34 2 DS, 36 2 SS,
        38 2 ES, 40 2 FS, 42 2 GS, 44 4 EFLAGS, 48 4 EIP, 52 4 CR0, 56 4 CR1, 60 4 CR2, 64 4 CR3, 68 4 CR4,
        72 8 GDTR, 80 8 IDTR, 88 2 LDTR, 90 2 TR, 92 - beyond
    """,
    x86.X64State: """
        0 8 RAX, 8 8 RBX, 16 8 RCX, 24 8 RDX, 32 8 RSI, 40 8 RDI, 48 8 RBP, 56 8 RSP, 64 8 R8, 72 8 R9, 80 8 R10,
        88 8 R11, 96 8 R12, 104 8 R13, 112 8 R14, 120 8 R15, 128 2 CS, 130 2 DS, 132 2 SS, 134 2 ES, 136 2 FS,
        138 2 GS, 140 4 reserved, 144 8 RFLAGS, 152 8 RIP, 160 8 CR0, 168 8 CR1, 176 8 CR2, 184 8 CR3, 192 8 CR4,
        200 8 CR8, 208 16 GDTR, 224 16 IDTR, 240 2 LDTR, 242 2 TR, 244 - beyond
    """,
    memory2.PlatformMemory2: """
        0 8 validation_bits, 8 8 error_status, 16 8 physical_address, 24 8 physical_address_mask, 32 2 node,
        34 2 card, 36 2 module, 38 2 bank, 40 4 device, 44 4 row, 48 4 column, 52 4 rank, 56 4 bit_position,
        60 1 chip_identification, 61 1 memory_error_type, 62 1 status, 63 1 reserved, 64 8 requestor_id,
        72 8 responder_id, 80 8 target_id, 88 4 card_handle, 92 4 module_handle, 96 - beyond
    """,
    pcie.Pcie: """
        0 8 validation_bits, 8 4 port_type, 12 1 version_minor, 13 1 version_major, 14 2 reserved0, 16 2 command,
        18 2 status, 20 4 reserved1, 24 16 device_id, 40 8 serial_number, 48 2 secondary_status,
        50 2 bridge_control, 52 60 capability, 112 96 aer, 208 - beyond
    """,
    pcie.DeviceId: """
        0 2 vendor_id, 2 2 device_id, 4 3 class_code, 7 1 function, 8 1 device, 9 2 segment, 11 1 bus,
        12 1 secondary_bus, 13 2 slot, 15 1 reserved
    """,
    config.PcieCapability: """
        0 1 capability_id, 1 1 next_capability, 2 2 capabilities, 4 4 device_capabilities, 8 2 device_control,
        10 2 device_status, 12 4 link_capabilities, 16 2 link_control, 18 2 link_status, 20 4 slot_capabilities,
        24 2 slot_control, 26 2 slot_status, 28 2 root_control, 30 2 root_capabilities, 32 4 root_status,
        36 4 device_capabilities_2, 40 2 device_control_2, 42 2 device_status_2, 44 4 link_capabilities_2,
        48 2 link_control_2, 50 2 link_status_2, 52 4 slot_capabilities_2, 56 2 slot_control_2,
        58 2 slot_status_2
    """,
    config.AerCapability: """
        0 4 header, 4 4 uncorrectable_status, 8 4 uncorrectable_mask, 12 4 uncorrectable_severity,
        16 4 correctable_status, 20 4 correctable_mask, 24 4 control, 28 16 header_log, 44 4 root_error_command,
        48 4 root_error_status, 52 2 correctable_source_id, 54 2 uncorrectable_source_id, 56 16 tlp_prefix_log,
        72 24 more_header_log
    """,
    firmware.FirmwareReference: """
        0 1 record_type, 1 1 revision, 2 6 reserved, 8 - record_id, - - record_id_guid, - - beyond
    """,
    pci.PciBus: """
        0 8 validation_bits, 8 8 error_status, 16 2 error_type, 18 2 bus_id, 20 4 reserved, 24 8 bus_address,
        32 8 bus_data, 40 8 bus_command, 48 8 requestor_id, 56 8 completer_id, 64 8 target_id, 72 - beyond
    """,
    pci.PciComponent: """
        0 8 validation_bits, 8 8 error_status, 16 16 id_info, 32 4 memory_number, 36 4 io_number,
        40 - memory_registers, - - io_registers, - - beyond
    """,
    pci.IdInfo: """
        0 2 vendor_id, 2 2 device_id, 4 3 class_code, 7 1 function, 8 1 device, 9 1 bus, 10 1 segment,
        11 5 reserved
    """,
    dmar.DmarGeneric: """
        0 2 requester_id, 2 2 segment_number, 4 1 fault_reason, 5 1 access_type, 6 1 address_type,
        7 1 architecture_type, 8 8 device_address, 16 16 reserved, 32 - beyond
    """,
    dmar.DmarVtd: """
        0 1 version, 1 1 revision, 2 6 oem_id, 8 8 capability, 16 8 extended_capability, 24 4 global_command,
        28 4 global_status, 32 4 fault_status, 36 12 reserved, 48 16 fault_record, 64 16 root_entry,
        80 16 context_entry, 96 8 page_table_entry_6, 104 8 page_table_entry_5, 112 8 page_table_entry_4,
        120 8 page_table_entry_3, 128 8 page_table_entry_2, 136 8 page_table_entry_1, 144 - beyond
    """,
    dmar.DmarIommu: """
        0 1 revision, 1 7 reserved0, 8 8 control, 16 8 status, 24 8 reserved1, 32 16 event_log_entry,
        48 16 reserved2, 64 32 device_table_entry, 96 8 page_table_entry_6, 104 8 page_table_entry_5,
        112 8 page_table_entry_4, 120 8 page_table_entry_3, 128 8 page_table_entry_2, 136 8 page_table_entry_1,
        144 - beyond
    """,
    ccix.CcixPer: """
        0 4 length, 4 8 validation_bits, 12 1 source_id, 13 1 port_id, 14 2 reserved, 16 - per_log, - - beyond
    """,
    cxl.CxlProtocol: """
        0 8 validation_bits, 8 1 agent_type, 9 7 reserved0, 16 8 agent_address, 24 16 device_id,
        40 8 serial_number, 48 60 capability, 108 2 dvsec_length, 110 2 error_log_length, 112 4 reserved1,
        116 - dvsec, - - error_log, - - beyond
    """,
    cxl.AgentAddress: """
        0 1 function, 1 1 device, 2 1 bus, 3 2 segment, 5 3 reserved
    """,
    cxl.CxlDeviceId: """
        0 2 vendor_id, 2 2 device_id, 4 2 subsystem_vendor_id, 6 2 subsystem_id, 8 2 class_code, 10 2 slot,
        12 4 reserved
    """,
    cxl.CxlRasCapability: """
        0 4 uncorrectable_status, 4 4 uncorrectable_mask, 8 4 uncorrectable_severity, 12 4 correctable_status,
        16 4 correctable_mask, 20 4 capabilities_and_control, 24 64 header_log, 88 - beyond
    """,
    cxl_events.CxlGeneralMedia: COMPONENT,
    cxl_events.CxlDram: COMPONENT,
    cxl_events.CxlMemoryModule: COMPONENT,
    cxl_events.CxlMemorySparing: COMPONENT,
    cxl_events.CxlPhysicalSwitch: COMPONENT,
    cxl_events.CxlVirtualSwitch: COMPONENT,
    cxl_events.CxlMldPort: COMPONENT,
    cxl_events.ComponentId: """
        0 2 vendor_id, 2 2 device_id, 4 1 function, 5 1 device, 6 1 bus, 7 2 segment, 9 2 slot, 11 1 reserved
    """,
    cxl_events.GeneralMediaEvent: EVENT
    + """
        32 8 physical_address, 40 1 memory_event_descriptor, 41 1 memory_event_type, 42 1 transaction_type,
        43 2 validation_bits, 45 1 channel, 46 1 rank, 47 3 device, 50 16 component_id, 66 1 cme_flags,
        67 3 cme_count, 70 1 memory_event_subtype, 71 41 reserved1, 112 - beyond
    """,
    cxl_events.DramEvent: EVENT
    + """
        32 8 physical_address, 40 1 memory_event_descriptor, 41 1 memory_event_type, 42 1 transaction_type,
        43 2 validation_bits, 45 1 channel, 46 1 rank, 47 3 nibble_mask, 50 1 bank_group, 51 1 bank, 52 3 row,
        55 2 column, 57 32 correction_mask, 89 16 component_id, 105 1 sub_channel, 106 1 cme_flags,
        107 3 cvme_count, 110 1 memory_event_subtype, 111 1 reserved1, 112 - beyond
    """,
    cxl_events.MemoryModuleEvent: EVENT
    + """
        32 1 device_event_type, 33 18 health, 51 2 validation_bits, 53 16 component_id,
        69 1 device_event_subtype, 70 42 reserved1, 112 - beyond
    """,
    cxl_events.MemorySparingEvent: EVENT
    + """
        32 1 operation_class, 33 1 operation_subclass, 34 1 sparing_flags, 35 1 result, 36 2 validation_bits,
        38 6 reserved1, 44 2 spare_resources, 46 1 channel, 47 1 rank, 48 3 nibble_mask, 51 1 bank_group, 52 1 bank,
        53 3 row, 56 2 column, 58 16 component_id, 74 1 sub_channel, 75 37 reserved2, 112 - beyond
    """,
    cxl_events.HealthInformation: """
        0 1 health_status, 1 1 media_status, 2 1 additional_status, 3 1 life_used, 4 2 temperature,
        6 4 dirty_shutdown_count, 10 4 corrected_volatile_errors, 14 4 corrected_persistent_errors
    """,
    cxl_events.OtherEvent: EVENT
    + """
        32 80 data, 112 - beyond
    """,
    poison.FruMemoryPoison: """
        0 4 checksum, 4 8 validation_bits, 12 4 architecture_type, 16 8 architecture, 24 4 identifier_type,
        28 8 identifier, 36 4 entry_count, 40 - entries, - - beyond
    """,
    poison.PoisonDescriptor: """
        0 8 timestamp, 8 4 hardware_identifier_type, 12 8 hardware_identifier, 20 4 address_type, 24 8 address
    """,
    arm_ras.ArmRas: """
        0 4 revision, 4 1 component_type, 5 3 reserved0, 8 4 record_count, 12 2 record_offset,
        14 2 auxiliary_offset, 16 1 instance_format, 17 1 type_format, 18 6 reserved1, 24 16 instance,
        40 24 ip_type, 64 16 user_data, 80 - gap0, - - error_records, - - gap1, - - auxiliary, - - beyond
    """,
    arm_ras.ErrorDescriptor: """
        0 4 index, 4 1 ras_revision, 5 3 reserved, 8 8 err_fr, 16 8 err_ctlr, 24 8 err_status, 32 8 err_addr,
        40 8 err_misc0, 48 8 err_misc1, 56 8 err_misc2, 64 8 err_misc3
    """,
    arm_ras.AuxiliaryData: """
        0 1 version, 1 1 reserved0, 2 2 context_count, 4 4 length, 8 4 key_value_offset, 12 2 key_value_count,
        14 2 reserved1, 16 - contexts, - - gap, - - key_values, - - beyond
    """,
    arm_ras.AuxiliaryContext: """
        0 4 length, 4 1 flags, 5 1 reserved0, 6 2 register_count, 8 2 address_space_id, 10 6 reserved1,
        16 - registers, - - beyond
    """,
    arm_ras.KeyValue: """
        0 16 key, 16 8 value
    """,
    nvidia.Nvidia: """
        0 16 signature, 16 2 error_type, 18 2 error_instance, 20 1 severity, 21 1 socket, 22 1 register_count,
        23 1 reserved, 24 8 instance_base, 32 - registers, - - beyond
    """,
    nvidia.NvidiaEvent: """
        0 1 event_version, 1 1 context_count, 2 1 source_device, 3 1 reserved, 4 2 event_type, 6 2 event_subtype,
        8 8 trace_id, 16 16 signature, 32 2 info_version, 34 1 info_size, 35 - info, - - contexts, - - beyond
    """,
    nvidia.NvidiaCpuInfo: """
        0 1 socket, 1 4 architecture, 5 16 ecid, 21 8 instance_base, 29 - beyond
    """,
    nvidia.NvidiaGpuInfo: """
        0 1 originator, 1 1 module, 2 1 chiplet, 3 1 mig_attribution, 4 1 scope, 5 8 pdi, 13 - beyond
    """,
    nvidia.NvidiaContext: """
        0 4 context_size, 4 2 version, 6 2 reserved, 8 2 data_format, 10 2 data_format_version, 12 4 data_size,
        16 - data, - - padding
    """,
    vendor.Ampere: """
        0 2 type, 2 2 subtype, 4 4 instance, 8 - data
    """,
    vendor.AmpereRas: """
        0 1 kind, 1 1 subtype, 2 2 instance, 4 - payload, - - beyond
    """,
    vendor.AmpereErrorRecord: """
        0 4 err_status, 4 8 err_addr, 12 8 err_misc0, 20 8 err_misc1, 28 8 err_misc2, 36 8 err_misc3
    """,
    vendor.AmperePcieAer: """
        0 4 uncorrectable_status, 4 4 uncorrectable_mask, 8 4 uncorrectable_severity, 12 4 correctable_status,
        16 4 correctable_mask, 20 4 root_error_command, 24 4 root_error_status, 28 2 correctable_source_id,
        30 2 uncorrectable_source_id, 32 12 reserved
    """,
    vendor.AmperePcieRasdp: """
        0 4 corrected_register, 4 4 corrected_location, 8 4 corrected_address, 12 4 uncorrected_register,
        16 4 uncorrected_location, 20 4 uncorrected_address, 24 20 reserved
    """,
    vendor.AmpereFirmware: """
        0 4 data0, 4 8 data1, 12 8 data2, 20 8 data3, 28 8 data4, 36 8 data5
    """,
    vendor.HisiPcie: f"""
        0 8 validation_bits, 8 1 version, 9 1 soc_id, 10 1 socket_id, 11 1 nimbus_id, 12 1 sub_module_id,
        13 1 core_id, 14 1 port_id, 15 1 severity, 16 2 error_type, 18 2 reserved, {HISI_MISC}, 152 - beyond
    """,
}

# sizes of the fixed parts, as the list of section types gives them
SIZES: dict[type[Record], int] = {
    processor.GenericProcessor: 192,
    x86.X86Processor: 64,
    memory.PlatformMemory: 80,
    memory2.PlatformMemory2: 96,
    pcie.Pcie: 208,
    firmware.FirmwareReference: 32,
    pci.PciBus: 72,
    pci.PciComponent: 40,
    dmar.DmarGeneric: 32,
    dmar.DmarVtd: 144,
    dmar.DmarIommu: 144,
    ccix.CcixPer: 16,
    cxl.CxlProtocol: 116,
    cxl_events.CxlGeneralMedia: 32 + 112,
    cxl_events.CxlDram: 32 + 112,
    cxl_events.CxlMemoryModule: 32 + 112,
    cxl_events.CxlMemorySparing: 32 + 112,
    cxl_events.CxlPhysicalSwitch: 32 + 112,
    cxl_events.CxlVirtualSwitch: 32 + 112,
    cxl_events.CxlMldPort: 32 + 112,
    poison.FruMemoryPoison: 40,
    arm_ras.ArmRas: 80,
    nvidia.Nvidia: 32,
    nvidia.NvidiaEvent: 35,
    vendor.Ampere: 8,
    vendor.AmpereRas: 48,
    vendor.HisiPcie: 152,
}

# what every validation bit governs, by its number; a bit that governs none but says how to read one stands in HOW
_MEMORY = "error_status physical_address physical_address_mask node card module bank device row column"
GOVERNED: dict[type[Record], str] = {
    memory.PlatformMemory: (
        f"{_MEMORY} bit_position requestor_id responder_id target_id memory_error_type rank_number card_handle "
        "module_handle row,extended bank bank extended"
    ),
    processor.GenericProcessor: (
        "processor_type processor_isa processor_error_type operation flags level cpu_version cpu_brand processor_id "
        "target_address requestor_id responder_id instruction_ip"
    ),
    x86.X86Processor: "local_apic_id cpuid",
    x86.X86ErrorInformation: "check_information target_id requestor_id responder_id instruction_pointer",
    memory2.PlatformMemory2: (
        f"{_MEMORY} rank bit_position chip_identification memory_error_type status requestor_id responder_id target_id "
        "card_handle module_handle bank bank"
    ),
    pcie.Pcie: (
        "port_type version_minor,version_major command,status device_id serial_number secondary_status,bridge_control "
        "capability aer"
    ),
    pci.PciBus: ("error_status error_type bus_id bus_address bus_data bus_command requestor_id completer_id target_id"),
    pci.PciComponent: "error_status id_info memory_number io_number memory_registers,io_registers",
    ccix.CcixPer: "source_id port_id per_log",
    cxl.CxlProtocol: "agent_type agent_address device_id serial_number capability dvsec error_log",
    cxl_events.CxlGeneralMedia: "device_id serial_number event_log",
    cxl_events.GeneralMediaEvent: "channel rank device component_id",
    cxl_events.DramEvent: (
        "channel rank nibble_mask bank_group bank row column correction_mask component_id - sub_channel"
    ),
    cxl_events.MemoryModuleEvent: "component_id",
    cxl_events.MemorySparingEvent: "channel rank nibble_mask bank_group bank row column component_id - sub_channel",
    poison.FruMemoryPoison: ("architecture_type architecture identifier_type identifier entry_count entries"),
    vendor.HisiPcie: "version soc_id socket_id nimbus_id sub_module_id core_id port_id error_type severity "
    + " ".join(f"err_misc_{n}" for n in range(33)),
}
HOW: dict[type[Record], dict[int, str]] = {
    cxl_events.GeneralMediaEvent: {4: "component_id_format"},
    cxl_events.DramEvent: {9: "component_id_format"},
    cxl_events.MemoryModuleEvent: {1: "component_id_format"},
    cxl_events.MemorySparingEvent: {8: "component_id_format"},
}

# check information and other words: where each field lies, (high, low)
_CHECK = {
    "transaction_type_valid": (0, 0),
    "operation_valid": (1, 1),
    "level_valid": (2, 2),
    "context_corrupt_valid": (3, 3),
    "uncorrected_valid": (4, 4),
    "precise_ip_valid": (5, 5),
    "restartable_ip_valid": (6, 6),
    "overflow_valid": (7, 7),
    "transaction_type": (17, 16),
    "operation": (21, 18),
    "level": (24, 22),
    "context_corrupt": (25, 25),
    "uncorrected": (26, 26),
    "precise_ip": (27, 27),
    "restartable_ip": (28, 28),
    "overflow": (29, 29),
}


def _ones(text: str) -> dict[str, tuple[int, int]]:
    """Flags from `bit name` pairs."""
    words = text.split()
    return {name: (int(bit), int(bit)) for bit, name in zip(words[::2], words[1::2], strict=True)}


WORDS: dict[type[Register], dict[str, tuple[int, int]]] = {
    x86.CacheCheck: _CHECK,
    x86.TlbCheck: _CHECK,
    x86.BusCheck: _CHECK
    | _ones("8 participation_valid 9 timed_out_valid 10 address_space_valid 32 timed_out")
    | {"participation": (31, 30), "address_space": (34, 33)},
    x86.MicroArchitecturalCheck: _ones(
        "0 error_type_valid 1 context_corrupt_valid 2 uncorrected_valid 3 precise_ip_valid 4 restartable_ip_valid "
        "5 overflow_valid 19 context_corrupt 20 uncorrected 21 precise_ip 22 restartable_ip 23 overflow"
    )
    | {"error_type": (18, 16)},
    x86.X86Valid: _ones("0 local_apic_id 1 cpuid") | {"error_info_num": (7, 2), "context_info_num": (13, 8)},
    processor.ProcessorErrorType: _ones("0 cache 1 tlb 2 bus 3 micro_architectural"),
    processor.ProcessorFlags: _ones("0 restartable 1 precise_ip 2 overflow 3 corrected"),
    memory2.Memory2Status: _ones("0 uncorrected"),
    pcie.Slot: {"number": (15, 3)},
    pci.BusId: {"bus": (7, 0), "segment": (15, 8)},
    pci.BusCommand: {"operation": (55, 0), "pci_x": (56, 56)},
    config.ClassCode: {"programming_interface": (7, 0), "subclass": (15, 8), "base_class": (23, 16)},
    config.UncorrectableErrors: _ones(
        "0 training 4 data_link_protocol 5 surprise_down 12 poisoned_tlp 13 flow_control_protocol "
        "14 completion_timeout 15 completer_abort 16 unexpected_completion 17 receiver_overflow 18 malformed_tlp "
        "19 ecrc 20 unsupported_request 21 acs_violation 22 internal 23 mc_blocked_tlp 24 atomicop_egress_blocked "
        "25 tlp_prefix_blocked 26 poisoned_tlp_egress_blocked 27 dmwr_egress_blocked 28 ide_check_failed "
        "29 misrouted_ide_tlp 30 pcrc_check_failed 31 tlp_translation_egress_blocked"
    ),
    config.CorrectableErrors: _ones(
        "0 receiver 6 bad_tlp 7 bad_dllp 8 replay_num_rollover 12 replay_timer 13 advisory_non_fatal 14 internal "
        "15 header_log_overflow"
    ),
    config.RootErrorCommand: _ones("0 correctable 1 non_fatal 2 fatal"),
    config.RootErrorStatus: _ones(
        "0 correctable 1 multiple_correctable 2 uncorrectable 3 multiple_uncorrectable 4 first_fatal 5 non_fatal "
        "6 fatal"
    )
    | {"correctable_subclass": (8, 7), "interrupt_message": (31, 27)},
    config.DeviceStatus: _ones(
        "0 correctable_error 1 non_fatal_error 2 fatal_error 3 unsupported_request 4 aux_power 5 transactions_pending "
        "6 emergency_power_reduction"
    ),
    config.RootStatus: _ones("16 pme 17 pme_pending") | {"pme_requester_id": (15, 0)},
    cxl.CxlUncorrectable: _ones(
        "0 cache_data_parity 1 cache_address_parity 2 cache_byte_enable_parity 3 cache_data_ecc 4 memory_data_parity "
        "5 memory_address_parity 6 memory_byte_enable_parity 7 memory_data_ecc 8 reinit_threshold 9 reserved_encoding "
        "10 poison_received 11 receiver_overflow 14 internal 15 ide_transmit 16 ide_receive"
    ),
    cxl.CxlCorrectable: _ones(
        "0 cache_data_ecc 1 memory_data_ecc 2 crc_threshold 3 retry_threshold 4 cache_poison_received "
        "5 memory_poison_received 6 physical_layer"
    ),
    cxl_events.EventFlags: _ones(
        "2 permanent 3 maintenance_needed 4 performance_degraded 5 replacement_needed 6 maintenance_operation_subclass "
        "7 ld_id 8 head_id"
    )
    | {"severity": (1, 0)},
    cxl_events.EventDescriptor: _ones("0 uncorrectable 1 threshold 2 poison_list_overflow"),
    cxl_events.DevicePhysicalAddress: _ones("0 volatile 1 not_repairable") | {"line": (63, 6)},
    arm_ras.RasRevision: {"archver": (3, 0), "revision": (7, 4)},
    vendor.AmpereKind: {"block": (5, 0), "payload": (7, 6)},
    vendor.AmpereInstance: {"number": (13, 0), "socket": (15, 14)},
}
