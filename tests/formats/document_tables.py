"""What the documents say, written down apart from the declarations: records, registers, codes and GUIDs.

A line is one structure. Of a record: offset, size and name of each field, "-" where the bytes themselves decide. Of a
register: its width, and bit or high:low and name of each field. Of codes: number and name. What sections are made of
stands in `section_tables`.
"""

RECORDS = """
acpi.GenericAddress = 0 1 address_space_id, 1 1 register_bit_width, 2 1 register_bit_offset, 3 1 access_size,
    4 8 address
acpi.AcpiTable = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision
ras2.Channel = 0 1 channel_id, 1 2 reserved, 3 1 feature_type, 4 4 instance
aest.CacheResource = 0 4 cache_reference, 4 4 reserved, 8 - beyond
aest.TlbResource = 0 4 tlb_level, 4 4 reserved, 8 - beyond
aest.GenericResource = 0 4 data, 4 - beyond
aest.Processor = 0 4 acpi_processor_id, 4 1 resource_type, 5 1 reserved, 6 1 flags, 7 1 revision,
    8 8 processor_affinity, 16 - resource
aest.Memory = 0 4 proximity_domain, 4 - beyond
aest.Smmu = 0 4 iort_node_reference, 4 4 subcomponent_reference, 8 - beyond
aest.Vendor = 0 4 hardware_id, 4 4 unique_id, 8 16 vendor_data, 24 - beyond
aest.VendorV2 = 0 8 hardware_id_text, 8 4 unique_id, 12 16 vendor_data, 28 - beyond
aest.Gic = 0 4 interface_type, 4 4 instance_id, 8 - beyond
aest.PcieRootComplex = 0 4 iort_node_reference, 4 - beyond
aest.Proxy = 0 8 node_address, 8 - beyond
aest.InterfaceV1 = 0 1 type, 1 3 reserved, 4 4 flags, 8 8 base_address, 16 4 start_error_record_index,
    20 4 number_of_error_records, 24 8 error_records_implemented, 32 8 error_status_reporting, 40 8 addressing_mode,
    48 - beyond
aest.InterfaceCommon = 0 4 error_node_device, 4 4 processor_affinity, 8 8 error_group_register_base,
    16 8 fault_injection_register_base, 24 8 interrupt_config_register_base
aest.Interface4K = 0 1 type, 1 1 group_format, 2 2 reserved, 4 4 flags, 8 8 base_address,
    16 4 start_error_record_index, 20 4 number_of_error_records, 24 8 error_records_implemented,
    32 8 error_status_reporting, 40 8 addressing_mode, 48 32 common, 80 - beyond
aest.Interface16K = 0 1 type, 1 1 group_format, 2 2 reserved, 4 4 flags, 8 8 base_address,
    16 4 start_error_record_index, 20 4 number_of_error_records, 24 32 error_records_implemented,
    56 32 error_status_reporting, 88 32 addressing_mode, 120 32 common, 152 - beyond
aest.Interface64K = 0 1 type, 1 1 group_format, 2 2 reserved, 4 4 flags, 8 8 base_address,
    16 4 start_error_record_index, 20 4 number_of_error_records, 24 112 error_records_implemented,
    136 112 error_status_reporting, 248 112 addressing_mode, 360 32 common, 392 - beyond
aest.InterruptV1 = 0 1 type, 1 2 reserved, 3 1 flags, 4 4 gsiv, 8 1 its_group_reference, 9 3 reserved1
aest.InterruptV2 = 0 1 type, 1 2 reserved, 3 1 flags, 4 4 gsiv, 8 4 reserved1
aest.NodeV1 = 0 1 type, 1 2 length, 3 1 reserved, 4 4 node_data_offset, 8 4 node_interface_offset,
    12 4 node_interrupt_offset, 16 4 node_interrupt_count, 20 8 timestamp_rate, 28 8 reserved1,
    36 8 error_injection_countdown_rate, 44 - gap, - - data, - - interface, - - interrupts, - - beyond
aest.NodeV2 = 0 1 type, 1 2 length, 3 1 reserved, 4 4 node_data_offset, 8 4 node_interface_offset,
    12 4 node_interrupt_offset, 16 4 node_interrupt_count, 20 8 timestamp_rate, 28 8 reserved1,
    36 8 error_injection_countdown_rate, 44 - gap, - - data, - - interface, - - interrupts, - - beyond
aest.Aest = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 - nodes, - - beyond
arm.ErrorInformation = 0 1 version, 1 1 length, 2 2 validation_bits, 4 1 type, 5 2 multiple_error, 7 1 flags,
    8 8 error_information, 16 8 virtual_fault_address, 24 8 physical_fault_address, 32 - beyond
arm.MiscRegister = 0 2 encoding, 2 8 value
arm.Misc = 0 - registers, - - beyond
arm.ContextInformation = 0 2 version, 2 2 register_context_type, 4 4 register_array_size, 8 - registers, - - padding
arm.ArmProcessor = 0 4 validation_bits, 4 2 err_info_num, 6 2 context_info_num, 8 4 section_length,
    12 1 error_affinity_level, 13 3 reserved, 16 8 mpidr_el1, 24 8 midr_el1, 32 4 running_state, 36 4 psci_state,
    40 - error_information, - - context_information, - - vendor_specific, - - beyond
arm_ras.PeInstance = 0 8 mpidr_el1, 8 8 reserved
arm_ras.SystemAddress = 0 8 address, 8 8 reserved
arm_ras.LocalAddress = 0 8 address_space, 8 8 base_address
arm_ras.PeType = 0 8 midr_el1, 8 8 revidr_el1, 16 8 aidr_el1
arm_ras.IidrType = 0 4 iidr, 4 4 aidr, 8 16 reserved
arm_ras.PidrType = 0 1 pidr3, 1 1 pidr2, 2 1 pidr1, 3 1 pidr0, 4 1 pidr7, 5 1 pidr6, 6 1 pidr5, 7 1 pidr4,
    8 16 reserved
arm_ras.MappedRegister = 0 8 address, 8 8 value
bert.Bert = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 4 boot_error_region_length,
    40 8 boot_error_region, 48 - beyond
bert.BootErrorRegion = 0 - blocks, - - beyond
cper.Timestamp = 0 1 seconds, 1 1 minutes, 2 1 hours, 3 1 precise, 4 1 day, 5 1 month, 6 1 year, 7 1 century
cper.RecordHeader = 0 4 signature_start, 4 2 revision, 6 4 signature_end, 10 2 section_count, 12 4 error_severity,
    16 4 validation_bits, 20 4 record_length, 24 8 timestamp, 32 16 platform_id, 48 16 partition_id,
    64 16 creator_id, 80 16 notification_type, 96 8 record_id, 104 4 flags, 108 8 persistence_information,
    116 12 reserved
cper.SectionDescriptor = 0 4 section_offset, 4 4 section_length, 8 2 revision, 10 1 validation_bits, 11 1 reserved,
    12 4 flags, 16 16 section_type, 32 16 fru_id, 48 4 error_severity, 52 20 fru_text
cper.CperRecord = 0 128 header, 128 - section_descriptors, - - sections, - - gaps, - - beyond
cxl.RcrbAddress = 0 8 rcrb_base
cxl_events.CxlEvent = 0 1 length, 1 3 flags, 4 2 handle, 6 2 related_handle, 8 8 timestamp,
    16 1 maintenance_operation_class, 17 1 maintenance_operation_subclass, 18 2 ld_id, 20 1 head_id, 21 11 reserved
cxl_events.PldmComponentId = 0 1 valid, 1 6 entity_id, 7 4 resource_id, 11 5 reserved
einj.Component = 0 16 component_id, 16 16 component_syndrome
einj.Extension = 0 4 length, 4 2 revision, 6 2 component_array_count, 8 - components, - - unused
einj.ErrorWithAddress = 0 4 error_type, 4 4 vendor_error_type_extension_structure_offset, 8 4 flags,
    12 4 processor_identification, 16 8 memory_address, 24 8 memory_address_range, 32 4 pcie_sbdf, 36 - einjv2,
    - - beyond
einj.VendorErrorType = 0 4 length, 4 4 sbdf, 8 2 vendor_id, 10 2 device_id, 12 1 revision_id, 13 3 reserved,
    16 - oem_data, - - beyond
einj.EinjEntry = 0 1 action, 1 1 instruction, 2 1 flags, 3 1 reserved, 4 12 register_region, 16 8 value, 24 8 mask
einj.TriggerTable = 0 4 header_size, 4 4 revision, 8 4 table_size, 12 4 entry_count, 16 - entries, - - beyond
einj.Einj = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 4 injection_header_size, 40 1 injection_flags,
    41 3 reserved, 44 4 injection_entry_count, 48 - entries, - - beyond
errnode.ErrorRecord = 0 8 FR, 8 8 CTLR, 16 8 STATUS, 24 8 ADDR, 32 8 MISC0, 40 8 MISC1, 48 8 MISC2, 56 8 MISC3
erst.ErstEntry = 0 1 action, 1 1 instruction, 2 1 flags, 3 1 reserved, 4 12 register_region, 16 8 value, 24 8 mask
erst.Erst = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 4 serialization_header_size, 40 4 reserved,
    44 4 instruction_entry_count, 48 - entries, - - beyond
ghes.DataEntry = 0 16 section_type, 16 4 error_severity, 20 2 revision, 22 1 validation_bits, 23 1 flags,
    24 4 error_data_length, 28 16 fru_id, 44 20 fru_text, 64 - timestamp, - - section
ghes.StatusBlock = 0 4 block_status, 4 4 raw_data_offset, 8 4 raw_data_length, 12 4 data_length,
    16 4 error_severity, 20 - entries, - - gap, - - raw_data, - - beyond
hest.Notification = 0 1 type, 1 1 length, 2 2 configuration_write_enable, 4 4 poll_interval, 8 4 vector,
    12 4 switch_to_polling_threshold_value, 16 4 switch_to_polling_threshold_window, 20 4 error_threshold_value,
    24 4 error_threshold_window
hest.MachineCheckBank = 0 1 bank_number, 1 1 clear_status_on_initialization, 2 1 status_data_format, 3 1 reserved,
    4 4 control_register_msr_address, 8 8 control_init_data, 16 4 status_register_msr_address,
    20 4 address_register_msr_address, 24 4 misc_register_msr_address
hest.MachineCheckException = 0 2 type, 2 2 source_id, 4 2 reserved0, 6 1 flags, 7 1 enabled,
    8 4 records_to_preallocate, 12 4 max_sections_per_record, 16 8 global_capability_init_data,
    24 8 global_control_init_data, 32 1 number_of_hardware_banks, 33 7 reserved, 40 - banks
hest.CorrectedMachineCheck = 0 2 type, 2 2 source_id, 4 2 reserved0, 6 1 flags, 7 1 enabled,
    8 4 records_to_preallocate, 12 4 max_sections_per_record, 16 28 notification, 44 1 number_of_hardware_banks,
    45 3 reserved, 48 - banks
hest.NonMaskableInterrupt = 0 2 type, 2 2 source_id, 4 4 reserved, 8 4 records_to_preallocate,
    12 4 max_sections_per_record, 16 4 max_raw_data_length
hest.AerDevice = 0 2 type, 2 2 source_id, 4 2 reserved0, 6 1 flags, 7 1 enabled, 8 4 records_to_preallocate,
    12 4 max_sections_per_record, 16 4 bus, 20 2 device, 22 2 function, 24 2 device_control, 26 2 reserved,
    28 4 uncorrectable_error_mask, 32 4 uncorrectable_error_severity, 36 4 correctable_error_mask,
    40 4 advanced_error_capabilities_and_control
hest.AerRootPort = 0 2 type, 2 2 source_id, 4 2 reserved0, 6 1 flags, 7 1 enabled, 8 4 records_to_preallocate,
    12 4 max_sections_per_record, 16 4 bus, 20 2 device, 22 2 function, 24 2 device_control, 26 2 reserved,
    28 4 uncorrectable_error_mask, 32 4 uncorrectable_error_severity, 36 4 correctable_error_mask,
    40 4 advanced_error_capabilities_and_control, 44 4 root_error_command
hest.AerBridge = 0 2 type, 2 2 source_id, 4 2 reserved0, 6 1 flags, 7 1 enabled, 8 4 records_to_preallocate,
    12 4 max_sections_per_record, 16 4 bus, 20 2 device, 22 2 function, 24 2 device_control, 26 2 reserved,
    28 4 uncorrectable_error_mask, 32 4 uncorrectable_error_severity, 36 4 correctable_error_mask,
    40 4 advanced_error_capabilities_and_control, 44 4 secondary_uncorrectable_error_mask,
    48 4 secondary_uncorrectable_error_severity, 52 4 secondary_advanced_error_capabilities_and_control
hest.GenericSource = 0 2 type, 2 2 source_id, 4 2 related_source_id, 6 1 flags, 7 1 enabled,
    8 4 records_to_preallocate, 12 4 max_sections_per_record, 16 4 max_raw_data_length, 20 12 error_status_address,
    32 28 notification, 60 4 error_status_block_length
hest.GenericSourceV2 = 0 2 type, 2 2 source_id, 4 2 related_source_id, 6 1 flags, 7 1 enabled,
    8 4 records_to_preallocate, 12 4 max_sections_per_record, 16 4 max_raw_data_length, 20 12 error_status_address,
    32 28 notification, 60 4 error_status_block_length, 64 12 read_ack_register, 76 8 read_ack_preserve,
    84 8 read_ack_write
hest.SelfSized = 0 2 type, 2 2 length, 4 - data
hest.Hest = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 4 error_source_count, 40 - error_sources,
    - - beyond
nvidia.AddressValue = 0 8 address, 8 8 value
nvidia.Pair64 = 0 8 key, 8 8 value
nvidia.Pair32 = 0 4 key, 4 4 value
nvidia.Value64 = 0 8 value
nvidia.Value32 = 0 4 value
pci.RegisterPair = 0 8 address, 8 8 value
dmar.VtdFaultRecord = 0 8 information, 8 8 cause
pcie_config.HeaderLog = 0 4 dw0, 4 4 dw1, 8 4 dw2, 12 4 dw3
ras2.Ras2 = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 2 reserved, 38 2 channel_count,
    40 - channels, - - beyond
rasf.Rasf = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 12 channel_id, 48 - beyond
agdi.Agdi = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 1 flags, 37 3 reserved,
    40 4 sdei_event, 44 4 gsiv, 48 - beyond
sdei.Sdei = 0 4 signature, 4 4 length, 8 1 revision, 9 1 checksum, 10 6 oem_id, 16 8 oem_table_id,
    24 4 oem_revision, 28 4 creator_id, 32 4 creator_revision, 36 - beyond
serialization.InstructionEntry = 0 1 action, 1 1 instruction, 2 1 flags, 3 1 reserved, 4 12 register_region,
    16 8 value, 24 8 mask
x86.RegisterValue = 0 8 value
x86.RegisterValues = 0 - registers, - - beyond
"""

REGISTERS = """
aest.AestProcessorFlags = 8: 0 global_, 1 shared
aest.InterfaceFlags = 32: 0 shared, 1 clear_misc_registers, 2 error_node_device_valid, 3 processor_affinity_valid,
    4 error_group_register_base_valid, 5 fault_injection_register_base_valid, 6 interrupt_config_register_base_valid
aest.InterruptFlags = 8: 0 level_triggered
arm.CacheError = 64: 0 transaction_type_valid, 1 operation_valid, 2 level_valid, 3 context_corrupt_valid,
    4 corrected_valid, 5 precise_pc_valid, 6 restartable_pc_valid, 17:16 transaction_type, 21:18 operation,
    24:22 level, 25 context_corrupt, 26 corrected, 27 precise_pc, 28 restartable_pc
arm.TlbError = 64: 0 transaction_type_valid, 1 operation_valid, 2 level_valid, 3 context_corrupt_valid,
    4 corrected_valid, 5 precise_pc_valid, 6 restartable_pc_valid, 17:16 transaction_type, 21:18 operation,
    24:22 level, 25 context_corrupt, 26 corrected, 27 precise_pc, 28 restartable_pc
arm.BusError = 64: 0 transaction_type_valid, 1 operation_valid, 2 level_valid, 3 context_corrupt_valid,
    4 corrected_valid, 5 precise_pc_valid, 6 restartable_pc_valid, 17:16 transaction_type, 21:18 operation,
    24:22 level, 25 context_corrupt, 26 corrected, 27 precise_pc, 28 restartable_pc, 7 participation_valid,
    8 timed_out_valid, 9 address_space_valid, 10 memory_attributes_valid, 11 access_mode_valid, 30:29 participation,
    31 timed_out, 33:32 address_space, 42:34 memory_attributes, 43 access_mode
arm.MicroArchitecturalError = 64: 63:0 vendor
arm.ErrorInformationValid = 16: 0 multiple_error, 1 flags, 2 error_information, 3 virtual_fault_address,
    4 physical_fault_address
arm.ErrorInformationFlags = 8: 0 first_error_captured, 1 last_error_captured, 2 propagated, 3 overflow
arm.MrsEncoding = 16: 2:0 Op2, 6:3 CRm, 10:7 CRn, 13:11 Op1, 15:14 Op0
arm.ArmValid = 32: 0 mpidr, 1 error_affinity_level, 2 running_state, 3 vendor_specific
arm.RunningState = 32: 0 running
arm_ras.ContextFlags = 8: 0 local
ccix.CcixValid = 64: 0 source_id, 1 port_id, 2 per_log
cper.SectionFlags = 32: 0 primary, 1 containment_warning, 2 reset, 3 error_threshold_exceeded,
    4 resource_not_accessible, 5 latent_error, 6 propagated, 7 overflow
cper.RecordValid = 32: 0 platform_id, 1 timestamp, 2 partition_id
cper.RecordFlags = 32: 0 recovered, 1 previous_error, 2 simulated
cper.DescriptorValid = 8: 0 fru_id, 1 fru_text
cxl.CxlProtocolValid = 64: 0 agent_type, 1 agent_address, 2 device_id, 3 serial_number, 4 capability, 5 dvsec,
    6 error_log
cxl_events.CmeFlags = 8: 0 multiple_media, 1 exceeded
cxl_events.GeneralMediaValid = 16: 0 channel, 1 rank, 2 device, 3 component_id, 4 component_id_format
cxl_events.DramValid = 16: 0 channel, 1 rank, 2 nibble_mask, 3 bank_group, 4 bank, 5 row, 6 column,
    7 correction_mask, 8 component_id, 9 component_id_format, 10 sub_channel
cxl_events.HealthStatus = 8: 0 maintenance_needed, 1 performance_degraded, 2 replacement_needed, 3 capacity_degraded
cxl_events.AdditionalStatus = 8: 1:0 life_used, 3:2 temperature, 4 corrected_volatile, 5 corrected_persistent
cxl_events.MemoryModuleValid = 16: 0 component_id, 1 component_id_format
cxl_events.ComponentValid = 64: 0 device_id, 1 serial_number, 2 event_log
einj.EinjResult = 64: 0 busy, 8:1 status
einj.EinjErrorType = 32: 0 processor_correctable, 1 processor_uncorrectable_non_fatal, 2 processor_uncorrectable_fatal,
    3 memory_correctable, 4 memory_uncorrectable_non_fatal, 5 memory_uncorrectable_fatal, 6 pcie_correctable,
    7 pcie_uncorrectable_non_fatal, 8 pcie_uncorrectable_fatal, 9 platform_correctable,
    10 platform_uncorrectable_non_fatal, 11 platform_uncorrectable_fatal, 12 cxl_cache_correctable,
    13 cxl_cache_uncorrectable_non_fatal, 14 cxl_cache_uncorrectable_fatal, 15 cxl_memory_correctable,
    16 cxl_memory_uncorrectable_non_fatal, 17 cxl_memory_uncorrectable_fatal, 30 einjv2_supported, 31 vendor_defined
einj.ErrorTypeV2 = 32: 0 processor, 1 memory, 2 pcie
einj.AddressFlags = 32: 0 processor_identification_valid, 1 memory_address_valid, 2 pcie_sbdf_valid, 3 einjv2_valid
einj.Sbdf = 32: 31:24 segment, 23:16 bus, 15:11 device, 10:8 function
errnode.Pfr0Ras = 64: 31:28 RAS
errnode.ErrGsr = 64: 63:0 S
errnode.ErrStatusV1 = 64: 31 AV, 30 V, 29 UE, 28 ER, 27 OF, 26 MV, 25:24 CE, 23 DE, 22 PN, 21:20 UET, 15:8 IERR,
    7:0 SERR
errnode.ErrStatus = 64: 31 AV, 30 V, 29 UE, 28 ER, 27 OF, 26 MV, 25:24 CE, 23 DE, 22 PN, 21:20 UET, 15:8 IERR,
    7:0 SERR, 19 CI, 18 RV, 17 RV2
errnode.ErrFr = 64: 47:32 IMPDEF, 1:0 ED, 3:2 ERT, 5:4 UI, 7:6 FI, 9:8 UE, 11:10 CFI, 14:12 CEC, 15 RP, 17:16 DUI,
    19:18 CEO, 21:20 INJ, 23:22 CI, 25:24 TS, 27:26 DFI, 28 RV, 29 SRV, 30 CED, 31 FRX, 48 UC, 49 UEU, 50 UER,
    51 UEO, 52 DE, 54:53 CE, 55 NCE
errnode.ErrCtlr = 64: 63:32 IMPDEF_HIGH, 0 ED, 1 IMPDEF, 2 UI, 3 FI, 4 UE, 5 WUI, 6 WFI, 7 WUE, 8 CFI, 9 WCFI,
    10 DUI, 11 WDUI, 12 CED, 13 CI, 14 DFI, 15 WDFI
errnode.ErrAddr = 64: 63 NS, 62 SI, 61 AI, 60 VA, 59 NSE, 55:0 PADDR
errnode.ErrMisc = 64: 63:0 IMPDEF
errnode.ErrMisc0Count8 = 64: 63:40 IMPDEF_HIGH, 39 OF, 38:32 CEC, 31:0 IMPDEF
errnode.ErrMisc0Count16 = 64: 63:48 IMPDEF_HIGH, 47 OF, 46:32 CEC, 31:0 IMPDEF
errnode.ErrMisc0Pair8 = 64: 63:48 IMPDEF_HIGH, 47 OFO, 46:40 CECO, 39 OFR, 38:32 CECR, 31:0 IMPDEF
errnode.ErrMisc0Pair16 = 64: 63 OFO, 62:48 CECO, 47 OFR, 46:32 CECR, 31:0 IMPDEF
errnode.ErrMisc3TimeStamp = 64: 63:0 TS
errnode.ErrPfgCtl = 64: 31 CDNEN, 30 R, 12 MV, 11 AV, 10 PN, 9 ER, 8 CI, 7:6 CE, 5 DE, 4 UEO, 3 UER, 2 UEU, 1 UC,
    0 OF
erst.ErstResult = 64: 0 busy, 8:1 status
erst.RangeAttributes = 64: 1 non_volatile, 2 slow
esr.Esr = 64: 55:32 ISS2, 31:26 EC, 25 IL, 24:0 ISS
esr.SErrorIss = 25: 24 IDS, 17:16 WU, 13 IESB, 12:10 AET, 9 EA, 7 WnRV, 6 WnR, 5:0 DFSC
esr.SErrorImplementationDefinedIss = 25: 24 IDS, 23:0 SYNDROME
esr.DataAbortIss = 25: 24 ISV, 23:22 SAS, 21 SSE, 20:16 SRT, 15 SF, 14 AR, 13 VNCR, 12:11 SET, 10 FnV, 9 EA, 8 CM,
    7 S1PTW, 6 WnR, 5:0 DFSC
esr.InstructionAbortIss = 25: 12:11 SET, 10 FnV, 9 EA, 7 S1PTW, 5:0 IFSC
esr.Disr = 64: 31 A, 24 IDS, 17:16 WU, 12:10 AET, 9 EA, 7 WnRV, 6 WnR, 5:0 DFSC
esr.DisrImplementationDefined = 64: 31 A, 24 IDS, 23:0 SYNDROME
esr.Vsesr = 64: 24 IDS, 23:0 ISS
esr.Vdisr = 64: 31 A, 24 IDS, 23:0 ISS
ghes.BlockStatus = 32: 0 uncorrectable, 1 correctable, 2 multiple_uncorrectable, 3 multiple_correctable,
    13:4 entry_count
ghes.EntryValid = 8: 0 fru_id, 1 fru_text, 2 timestamp
ghes.EntryFlags = 8: 0 primary, 1 containment_warning, 2 reset, 3 error_threshold_exceeded,
    4 resource_not_accessible, 5 latent_error, 6 propagated, 7 overflow
hest.WriteEnable = 16: 0 type, 1 poll_interval, 2 switch_to_polling_threshold_value,
    3 switch_to_polling_threshold_window, 4 error_threshold_value, 5 error_threshold_window
hest.SourceFlags = 8: 0 firmware_first, 1 global_, 2 ghes_assist
memory.ErrorStatus = 64: 15:8 error_type, 16 address, 17 control, 18 data, 19 responder, 20 requester,
    21 first_error, 22 overflow
memory.MemoryValid = 64: 0 error_status, 1 physical_address, 2 physical_address_mask, 3 node, 4 card, 5 module,
    6 bank, 7 device, 8 row, 9 column, 10 bit_position, 11 requestor_id, 12 responder_id, 13 target_id,
    14 memory_error_type, 15 rank_number, 16 card_handle, 17 module_handle, 18 extended_row, 19 bank_group,
    20 bank_address, 21 chip_identification
memory.Extended = 8: 1:0 row, 7:5 chip_identification
memory2.Memory2Valid = 64: 0 error_status, 1 physical_address, 2 physical_address_mask, 3 node, 4 card, 5 module,
    6 bank, 7 device, 8 row, 9 column, 10 rank, 11 bit_position, 12 chip_identification, 13 memory_error_type,
    14 status, 15 requestor_id, 16 responder_id, 17 target_id, 18 card_handle, 19 module_handle, 20 bank_group,
    21 bank_address
pci.PciBusValid = 64: 0 error_status, 1 error_type, 2 bus_id, 3 bus_address, 4 bus_data, 5 bus_command,
    6 requestor_id, 7 completer_id, 8 target_id
pci.PciComponentValid = 64: 0 error_status, 1 id_info, 2 memory_number, 3 io_number, 4 register_data_pairs
pcie.PcieValid = 64: 0 port_type, 1 version, 2 command_status, 3 device_id, 4 serial_number, 5 bridge, 6 capability,
    7 aer
pcie_config.Command = 16: 0 io_space, 1 memory_space, 2 bus_master, 3 special_cycles, 4 memory_write_and_invalidate,
    5 vga_palette_snoop, 6 parity_error_response, 7 idsel_stepping, 8 serr_enable, 9 fast_back_to_back,
    10 interrupt_disable
pcie_config.PciStatus = 16: 0 immediate_readiness, 3 interrupt, 4 capabilities_list, 5 capable_66_mhz,
    7 fast_back_to_back, 8 master_data_parity_error, 10:9 devsel_timing, 11 signaled_target_abort,
    12 received_target_abort, 13 received_master_abort, 14 system_error, 15 detected_parity_error
pcie_config.BridgeControl = 16: 0 parity_error_response, 1 serr_enable, 2 isa_enable, 3 vga_enable,
    4 vga_16_bit_decode, 5 master_abort_mode, 6 secondary_bus_reset, 7 fast_back_to_back, 8 primary_discard_timer,
    9 secondary_discard_timer, 10 discard_timer_status, 11 discard_timer_serr_enable
dmar.VtdFaultInformation = 64: 63:12 page
dmar.VtdFaultCause = 64: 15:0 source_id, 28 type_2, 29 privileged, 30 execute, 31 pasid_present, 39:32 reason,
    59:40 pasid, 61:60 address_type, 62 type_1, 63 fault
pcie_config.CapabilitiesRegister = 16: 3:0 version, 7:4 port_type, 8 slot_implemented, 13:9 interrupt_message,
    15 flit_mode
pcie_config.DeviceControl = 16: 0 correctable_reporting, 1 non_fatal_reporting, 2 fatal_reporting,
    3 unsupported_request_reporting, 4 relaxed_ordering, 7:5 max_payload_size, 8 extended_tag, 9 phantom_functions,
    10 aux_power, 11 no_snoop, 14:12 max_read_request_size, 15 function_level_reset
pcie_config.LinkStatus = 16: 3:0 speed, 9:4 lanes, 11 training, 12 slot_clock, 13 active, 14 bandwidth_management,
    15 autonomous_bandwidth
pcie_config.SlotStatus = 16: 0 attention_button, 1 power_fault, 2 mrl_sensor_changed, 3 presence_changed,
    4 command_completed, 5 mrl_open, 6 present, 7 interlock_engaged, 8 link_state_changed
pcie_config.RootControl = 16: 0 system_error_on_correctable, 1 system_error_on_non_fatal, 2 system_error_on_fatal,
    3 pme_interrupt, 4 crs_software_visibility, 5 no_nfm_subtree
pcie_config.ExtendedHeader = 32: 15:0 capability_id, 19:16 version, 31:20 next_capability
pcie_config.AerControl = 32: 4:0 first_error_pointer, 5 ecrc_generation_capable, 6 ecrc_generation_enable,
    7 ecrc_check_capable, 8 ecrc_check_enable, 9 multiple_header_capable, 10 multiple_header_enable,
    11 tlp_prefix_log_present, 12 completion_timeout_log_capable, 17:13 header_log_size,
    18 logged_in_flit_mode, 23:19 logged_size
agdi.AgdiFlags = 8: 0 interrupt
cxl_events.SparingFlags = 8: 0 query, 1 hard, 2 by_device
cxl_events.SparingValid = 16: 0 channel, 1 rank, 2 nibble_mask, 3 bank_group, 4 bank, 5 row, 6 column, 7 component_id,
    8 component_id_format, 9 sub_channel
pcie_words.DeviceCapabilities = 32: 2:0 max_payload_size, 4:3 phantom_functions, 5 extended_tag,
    8:6 l0s_acceptable_latency, 11:9 l1_acceptable_latency, 15 role_based_reporting, 16 err_cor_subclass,
    17 rx_mps_fixed, 25:18 slot_power_limit, 27:26 slot_power_scale, 28 function_level_reset, 29 mixed_mps,
    30 tee_io
pcie_words.LinkCapabilities = 32: 3:0 max_speed, 9:4 max_lanes, 11:10 aspm, 14:12 l0s_exit_latency,
    17:15 l1_exit_latency, 18 clock_power_management, 19 surprise_down_reporting, 20 active_reporting,
    21 bandwidth_notification, 22 aspm_optional, 31:24 port_number
pcie_words.LinkControl = 16: 1:0 aspm, 2 ptm_delay_interpretation, 3 read_completion_boundary, 4 disable, 5 retrain,
    6 common_clock, 7 extended_synch, 8 clock_power_management, 9 autonomous_width_disable,
    10 bandwidth_management_interrupt, 11 autonomous_bandwidth_interrupt, 12 sris_clocking, 13 flit_mode_disable,
    15:14 drs_signaling
pcie_words.SlotCapabilities = 32: 0 attention_button, 1 power_controller, 2 mrl_sensor, 3 attention_indicator,
    4 power_indicator, 5 hot_plug_surprise, 6 hot_plug, 14:7 power_limit, 16:15 power_scale, 17 interlock,
    18 no_command_completed, 31:19 physical_slot
pcie_words.SlotControl = 16: 0 attention_button_enable, 1 power_fault_enable, 2 mrl_sensor_enable,
    3 presence_enable, 4 command_completed_enable, 5 hot_plug_interrupt, 7:6 attention_indicator,
    9:8 power_indicator, 10 power_off, 11 interlock, 12 link_state_enable, 13 auto_power_limit_disable,
    14 in_band_presence_disable
pcie_words.RootCapabilities = 16: 0 crs_software_visibility
pcie_words.DeviceCapabilities2 = 32: 3:0 completion_timeout_ranges, 4 completion_timeout_disable, 5 ari_forwarding,
    6 atomicop_routing, 7 atomicop_32, 8 atomicop_64, 9 cas_128, 10 no_relaxed_passing, 11 ltr, 13:12 tph_completer,
    16 completer_10_bit_tag, 17 requester_10_bit_tag, 19:18 obff, 20 extended_fmt, 21 end_end_prefix,
    23:22 max_end_end_prefixes, 25:24 emergency_power, 26 emergency_power_init, 28 dmwr_completer,
    30:29 dmwr_length, 31 frs
pcie_words.DeviceControl2 = 16: 3:0 completion_timeout, 4 completion_timeout_disable, 5 ari_forwarding,
    6 atomicop_requester, 7 atomicop_egress_blocking, 8 ido_request, 9 ido_completion, 10 ltr,
    11 emergency_power_request, 12 requester_10_bit_tag, 14:13 obff, 15 end_end_prefix_blocking
pcie_words.LinkCapabilities2 = 32: 7:1 speeds, 8 crosslink, 15:9 lower_skp_generation, 22:16 lower_skp_reception,
    23 retimer_presence, 24 two_retimers_presence, 31 drs
pcie_words.LinkControl2 = 16: 3:0 target_speed, 4 enter_compliance, 5 autonomous_speed_disable,
    6 selectable_de_emphasis, 9:7 transmit_margin, 10 enter_modified_compliance, 11 compliance_sos,
    15:12 compliance_preset
pcie_words.LinkStatus2 = 16: 0 de_emphasis, 1 equalization_complete, 2 equalization_phase_1, 3 equalization_phase_2,
    4 equalization_phase_3, 5 equalization_request, 6 retimer, 7 two_retimers, 9:8 crosslink, 10 flit_mode,
    14:12 downstream_presence, 15 drs_received
poison.PoisonValid = 64: 0 architecture_type, 1 architecture, 2 identifier_type, 3 identifier, 4 entry_count,
    5 entries
processor.ProcessorValid = 64: 0 processor_type, 1 processor_isa, 2 processor_error_type, 3 operation, 4 flags,
    5 level, 6 cpu_version, 7 cpu_brand, 8 processor_id, 9 target_address, 10 requestor_id, 11 responder_id,
    12 instruction_ip
serialization.InstructionFlags = 8: 0 preserve_register
serialization.Timings = 64: 63:32 maximum, 31:0 nominal
vendor.HisiPcieValid = 64: 0 version, 1 soc_id, 2 socket_id, 3 nimbus_id, 4 sub_module_id, 5 core_id, 6 port_id,
    7 error_type, 8 severity, 9 err_misc_0, 10 err_misc_1, 11 err_misc_2, 12 err_misc_3, 13 err_misc_4,
    14 err_misc_5, 15 err_misc_6, 16 err_misc_7, 17 err_misc_8, 18 err_misc_9, 19 err_misc_10, 20 err_misc_11,
    21 err_misc_12, 22 err_misc_13, 23 err_misc_14, 24 err_misc_15, 25 err_misc_16, 26 err_misc_17, 27 err_misc_18,
    28 err_misc_19, 29 err_misc_20, 30 err_misc_21, 31 err_misc_22, 32 err_misc_23, 33 err_misc_24, 34 err_misc_25,
    35 err_misc_26, 36 err_misc_27, 37 err_misc_28, 38 err_misc_29, 39 err_misc_30, 40 err_misc_31, 41 err_misc_32
x86.CheckValid = 64: 0 check_information, 1 target_id, 2 requestor_id, 3 responder_id, 4 instruction_pointer
"""

CODES = """
acpi.AddressSpace = 0 SYSTEM_MEMORY, 1 SYSTEM_IO, 2 PCI_CONFIG, 3 EMBEDDED_CONTROLLER, 4 SMBUS, 10 PCC,
    0x7f FUNCTIONAL_FIXED_HARDWARE
acpi.AccessSize = 0 UNDEFINED, 1 BYTE, 2 WORD, 3 DWORD, 4 QWORD
aest.NodeType = 0 PROCESSOR, 1 MEMORY, 2 SMMU, 3 VENDOR, 4 GIC, 5 PCIE_ROOT_COMPLEX, 6 PROXY
aest.ResourceType = 0 CACHE, 1 TLB, 2 GENERIC
aest.GicInterface = 0 GICC, 1 GICD, 2 GICR, 3 GITS
aest.InterfaceType = 0 SYSTEM_REGISTERS, 1 MEMORY_MAPPED, 2 MEMORY_MAPPED_SINGLE
aest.GroupFormat = 0 PAGE_4K, 1 PAGE_16K, 2 PAGE_64K
aest.InterruptType = 0 FAULT_HANDLING, 1 ERROR_RECOVERY
arm.Transaction = 0 INSTRUCTION, 1 DATA_ACCESS, 2 GENERIC
arm.Operation = 0 GENERIC_ERROR, 1 GENERIC_READ, 2 GENERIC_WRITE, 3 DATA_READ, 4 DATA_WRITE, 5 INSTRUCTION_FETCH,
    6 PREFETCH
arm.CacheOperation = 0 GENERIC_ERROR, 1 GENERIC_READ, 2 GENERIC_WRITE, 3 DATA_READ, 4 DATA_WRITE,
    5 INSTRUCTION_FETCH, 6 PREFETCH, 7 EVICTION, 8 SNOOPING, 9 SNOOPED, 10 MANAGEMENT
arm.TlbOperation = 0 GENERIC_ERROR, 1 GENERIC_READ, 2 GENERIC_WRITE, 3 DATA_READ, 4 DATA_WRITE, 5 INSTRUCTION_FETCH,
    6 PREFETCH, 7 LOCAL_MANAGEMENT, 8 EXTERNAL_MANAGEMENT
arm.Participation = 0 ORIGINATED, 1 RESPONDED, 2 OBSERVED, 3 GENERIC
arm.ErrorAddressSpace = 0 EXTERNAL_MEMORY, 1 INTERNAL_MEMORY, 2 UNKNOWN, 3 DEVICE
arm.AccessMode = 0 SECURE, 1 NORMAL
arm.ContextType = 0 AARCH32_GPR, 1 AARCH32_EL1, 2 AARCH32_EL2, 3 AARCH32_SECURE, 4 AARCH64_GPR, 5 AARCH64_EL1,
    6 AARCH64_EL2, 7 AARCH64_EL3, 8 MISC
arm_ras.ComponentType = 0 PROCESSOR, 1 MEMORY, 2 SMMU, 3 VENDOR, 4 GIC, 5 PCIE, 6 PROXY
arm_ras.InstanceFormat = 0 PE, 1 SYSTEM_ADDRESS, 2 LOCAL_ADDRESS, 3 SOC_SPECIFIC
arm_ras.TypeFormat = 0 PE, 1 SMMU_IIDR, 2 GIC_IIDR, 3 PIDR, 0xff INVALID
cper.Severity = 0 RECOVERABLE, 1 FATAL, 2 CORRECTED, 3 INFORMATIONAL
cxl.CxlAgent = 0 RCD, 1 RCH_DOWNSTREAM_PORT, 2 DEVICE, 3 LOGICAL_DEVICE, 4 MANAGED_LOGICAL_DEVICE, 5 ROOT_PORT,
    6 DOWNSTREAM_SWITCH_PORT, 7 UPSTREAM_SWITCH_PORT
cxl_events.EventSeverity = 0 INFORMATIONAL, 1 WARNING, 2 FAILURE, 3 FATAL
cxl_events.MediaEventType = 0 ECC, 1 INVALID_ADDRESS, 2 DATA_PATH, 3 TE_STATE_VIOLATION, 4 SCRUB_MEDIA_ECC,
    5 CME_COUNTER_EXPIRATION, 6 CKID_VIOLATION
cxl_events.DramEventType = 0 ECC, 1 SCRUB_MEDIA_ECC, 2 INVALID_ADDRESS, 3 DATA_PATH, 4 TE_STATE_VIOLATION,
    5 CME_COUNTER_EXPIRATION, 6 CKID_VIOLATION
cxl_events.EventSubtype = 0 NOT_REPORTED, 1 INTERNAL_DATAPATH, 2 COMMAND_TRAINING, 3 CONTROL_TRAINING,
    4 DATA_TRAINING, 5 LINK_CRC
cxl_events.EventTransaction = 0 UNKNOWN, 1 HOST_READ, 2 HOST_WRITE, 3 SCAN_MEDIA, 4 INJECT_POISON, 5 SCRUB,
    6 MANAGEMENT, 7 ERROR_CHECK_SCRUB, 8 INITIALIZATION
cxl_events.ModuleEventType = 0 HEALTH_STATUS_CHANGE, 1 MEDIA_STATUS_CHANGE, 2 LIFE_USED_CHANGE,
    3 TEMPERATURE_CHANGE, 4 DATA_PATH, 5 LSA, 6 SIDEBAND_BUS, 7 MEDIA_FRU, 8 POWER_MANAGEMENT
cxl_events.ModuleEventSubtype = 0 NOT_REPORTED, 1 INVALID_CONFIGURATION, 2 UNSUPPORTED_CONFIGURATION,
    3 UNSUPPORTED_MEDIA_FRU
cxl_events.MediaStatus = 0 NORMAL, 1 NOT_READY, 2 PERSISTENCY_LOST, 3 ALL_DATA_LOST,
    4 PERSISTENCY_LOSS_ON_POWER_LOSS, 5 PERSISTENCY_LOSS_ON_SHUTDOWN, 6 PERSISTENCY_LOSS_IMMINENT,
    7 DATA_LOSS_ON_POWER_LOSS, 8 DATA_LOSS_ON_SHUTDOWN, 9 DATA_LOSS_IMMINENT
cxl_events.Wear = 0 NORMAL, 1 WARNING, 2 CRITICAL
dmar.FaultReason = 1 MAPPING_ENTRY_NOT_PRESENT, 2 MAPPING_ENTRY_INVALID, 3 MAPPING_TABLE_ACCESS,
    4 MAPPING_TABLE_RESERVED, 5 ADDRESS_OUT_OF_BOUNDS, 6 INVALID_ACCESS, 7 INVALID_REQUEST,
    8 TRANSLATION_TABLE_ACCESS, 9 TRANSLATION_TABLE_RESERVED, 10 ILLEGAL_COMMAND, 11 COMMAND_BUFFER_ACCESS
dmar.DmaAccess = 0 WRITE, 1 READ
dmar.DmaAddress = 0 UNTRANSLATED, 1 TRANSLATION
dmar.DmarArchitecture = 1 VT_D, 2 IOMMU
einj.EinjAction = 0 BEGIN_INJECTION_OPERATION, 1 GET_TRIGGER_ERROR_ACTION_TABLE, 2 SET_ERROR_TYPE, 3 GET_ERROR_TYPE,
    4 END_OPERATION, 5 EXECUTE_OPERATION, 6 CHECK_BUSY_STATUS, 7 GET_COMMAND_STATUS, 8 SET_ERROR_TYPE_WITH_ADDRESS,
    9 GET_EXECUTE_OPERATION_TIMINGS, 16 EINJV2_SET_ERROR_TYPE, 17 EINJV2_GET_ERROR_TYPE, 0xff TRIGGER_ERROR
einj.EinjInstruction = 0 READ_REGISTER, 1 READ_REGISTER_VALUE, 2 WRITE_REGISTER, 3 WRITE_REGISTER_VALUE, 4 NOOP,
    5 FLUSH_CACHELINE
einj.EinjStatus = 0 SUCCESS, 1 UNKNOWN_FAILURE, 2 INVALID_ACCESS
errnode.RasVersion = 0 NONE, 1 V1, 2 V1P1, 3 V2
errnode.ErrorState = 0 NONE, 1 CE, 2 DE, 3 UEO, 4 UER, 5 UEU, 6 UC
errnode.Ce = 0 NONE, 1 TRANSIENT, 2 UNSPECIFIED, 3 PERSISTENT
errnode.Uet = 0 UC, 1 UEU, 2 UEO, 3 UER
errnode.Serr = 0 NO_ERROR, 1 IMPLEMENTATION_DEFINED, 2 INTERNAL_MEMORY, 3 PIN, 4 ASSERTION, 5 INTERNAL_DATA_PATH,
    6 ASSOCIATIVE_MEMORY_DATA, 7 ASSOCIATIVE_MEMORY_ADDRESS, 8 TLB_DATA, 9 TLB_ADDRESS, 10 PRODUCER_DATA,
    11 PRODUCER_ADDRESS, 12 EXTERNAL_MEMORY, 13 ILLEGAL_ADDRESS, 14 ILLEGAL_ACCESS, 15 ILLEGAL_STATE,
    16 INTERNAL_DATA_REGISTER, 17 INTERNAL_CONTROL_REGISTER, 18 COMPLETER_RESPONSE, 19 EXTERNAL_TIMEOUT,
    20 INTERNAL_TIMEOUT, 21 DEFERRED_FROM_COMPLETER_TAKEN, 22 DEFERRED_FROM_REQUESTER_TAKEN,
    23 DEFERRED_FROM_COMPLETER_PASSED, 24 DEFERRED_FROM_REQUESTER_PASSED, 25 PCIE_LOGS, 26 OTHER_INTERNAL
errnode.Control = 0 ABSENT, 1 ALWAYS, 2 CONTROLLABLE, 3 READS_AND_WRITES
errnode.Ed = 0 NOT_FIRST, 1 ALWAYS, 2 CONTROLLABLE, 3 PROXY
errnode.Ert = 0 NORMAL, 1 CONTINUATION_OR_PROXY
errnode.Counter = 0 ABSENT, 2 BITS_8, 4 BITS_16
errnode.Overwrite = 0 KEEP, 1 UNTIL_OVERFLOW
errnode.TimeBase = 0 ABSENT, 1 GENERIC_TIMER, 2 IMPLEMENTATION_DEFINED
errnode.Recordable = 0 NONE, 1 SPECIFIC, 2 UNSPECIFIED, 3 ALL
errnode.PfgCe = 0 NONE, 1 UNSPECIFIED, 2 TRANSIENT, 3 PERSISTENT
erst.ErstAction = 0 BEGIN_WRITE_OPERATION, 1 BEGIN_READ_OPERATION, 2 BEGIN_CLEAR_OPERATION, 3 END_OPERATION,
    4 SET_RECORD_OFFSET, 5 EXECUTE_OPERATION, 6 CHECK_BUSY_STATUS, 7 GET_COMMAND_STATUS, 8 GET_RECORD_IDENTIFIER,
    9 SET_RECORD_IDENTIFIER, 10 GET_RECORD_COUNT, 11 BEGIN_DUMMY_WRITE_OPERATION, 12 RESERVED,
    13 GET_ERROR_LOG_ADDRESS_RANGE, 14 GET_ERROR_LOG_ADDRESS_RANGE_LENGTH,
    15 GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES, 16 GET_EXECUTE_OPERATION_TIMINGS
erst.ErstInstruction = 0 READ_REGISTER, 1 READ_REGISTER_VALUE, 2 WRITE_REGISTER, 3 WRITE_REGISTER_VALUE, 4 NOOP,
    5 LOAD_VAR1, 6 LOAD_VAR2, 7 STORE_VAR1, 8 ADD, 9 SUBTRACT, 10 ADD_VALUE, 11 SUBTRACT_VALUE, 12 STALL,
    13 STALL_WHILE_TRUE, 14 SKIP_NEXT_INSTRUCTION_IF_TRUE, 15 GOTO, 16 SET_SRC_ADDRESS_BASE,
    17 SET_DST_ADDRESS_BASE, 18 MOVE_DATA
erst.ErstStatus = 0 SUCCESS, 1 NOT_ENOUGH_SPACE, 2 HARDWARE_NOT_AVAILABLE, 3 FAILED, 4 RECORD_STORE_EMPTY,
    5 RECORD_NOT_FOUND
esr.ExceptionClass = 32 INSTRUCTION_ABORT_LOWER, 33 INSTRUCTION_ABORT_SAME, 36 DATA_ABORT_LOWER, 37 DATA_ABORT_SAME,
    0x2f SERROR
esr.Aet = 0 UC, 1 UEU, 2 UEO, 3 UER, 6 CE
esr.Set = 0 UER, 2 UC, 3 UEO
esr.Fsc = 16 EXTERNAL_ABORT, 18 EXTERNAL_ABORT_WALK_LEVEL_M2, 19 EXTERNAL_ABORT_WALK_LEVEL_M1,
    20 EXTERNAL_ABORT_WALK_LEVEL_0, 21 EXTERNAL_ABORT_WALK_LEVEL_1, 22 EXTERNAL_ABORT_WALK_LEVEL_2,
    23 EXTERNAL_ABORT_WALK_LEVEL_3, 24 PARITY, 27 PARITY_WALK_LEVEL_M1, 28 PARITY_WALK_LEVEL_0,
    29 PARITY_WALK_LEVEL_1, 30 PARITY_WALK_LEVEL_2, 31 PARITY_WALK_LEVEL_3
esr.SErrorFsc = 0 UNCATEGORIZED, 17 ASYNCHRONOUS_SERROR
esr.AbortAccessSize = 0 BYTE, 1 HALFWORD, 2 WORD, 3 DOUBLEWORD
firmware.FirmwareRecordType = 0 IPF_SAL, 1 SOC_TYPE_1, 2 SOC_TYPE_2
hest.SourceType = 0 IA32_MACHINE_CHECK_EXCEPTION, 1 IA32_CORRECTED_MACHINE_CHECK, 2 IA32_NMI, 6 PCIE_ROOT_PORT_AER,
    7 PCIE_DEVICE_AER, 8 PCIE_BRIDGE_AER, 9 GENERIC, 10 GENERIC_V2, 11 IA32_DEFERRED_MACHINE_CHECK
ras2.Feature = 0 MEMORY
hest.Notify = 0 POLLED, 1 EXTERNAL, 2 LOCAL, 3 SCI, 4 NMI, 5 CMCI, 6 MCE, 7 GPIO, 8 SEA, 9 SEI, 10 GSIV, 11 SDEI,
    12 SSE
hest.StatusDataFormat = 0 IA32, 1 INTEL_64, 2 AMD64
memory.ErrorType = 1 INTERNAL, 4 MEMORY, 5 TLB, 6 CACHE, 7 FUNCTION, 8 SELF_TEST, 9 QUEUE_FLOW, 16 BUS, 17 MAP,
    18 IMPROPER, 19 UNIMPLEMENTED, 20 LOSS_OF_LOCKSTEP, 21 RESPONSE, 22 BUS_PARITY, 23 PROTOCOL, 24 PATH,
    25 TIMEOUT, 26 POISON
memory.MemoryErrorType = 0 UNKNOWN, 1 NO_ERROR, 2 SINGLE_BIT_ECC, 3 MULTI_BIT_ECC, 4 SINGLE_SYMBOL_CHIPKILL_ECC,
    5 MULTI_SYMBOL_CHIPKILL_ECC, 6 MASTER_ABORT, 7 TARGET_ABORT, 8 PARITY, 9 WATCHDOG_TIMEOUT, 10 INVALID_ADDRESS,
    11 MIRROR_BROKEN, 12 MEMORY_SPARING, 13 SCRUB_CORRECTED, 14 SCRUB_UNCORRECTED, 15 PHYSICAL_MEMORY_MAP_OUT
nvidia.NvidiaDevice = 0 CPU, 1 GPU, 2 DPU, 3 NIC, 4 SWITCH, 5 BMC
nvidia.NvidiaFormat = 0 OPAQUE, 1 PAIRS_64, 2 PAIRS_32, 3 VALUES_64, 4 VALUES_32, 0x8000 GPU_METADATA,
    0x8001 GPU_XID, 0x8002 GPU_RECOMMENDED_ACTIONS
pci.PciErrorType = 0 UNKNOWN, 1 DATA_PARITY, 2 SYSTEM, 3 MASTER_ABORT, 4 TIMEOUT, 5 MASTER_DATA_PARITY,
    6 ADDRESS_PARITY, 7 COMMAND_PARITY
pcie_config.PortType = 0 ENDPOINT, 1 LEGACY_ENDPOINT, 4 ROOT_PORT, 5 UPSTREAM_SWITCH_PORT, 6 DOWNSTREAM_SWITCH_PORT,
    7 PCIE_TO_PCI_BRIDGE, 8 PCI_TO_PCIE_BRIDGE, 9 RC_INTEGRATED_ENDPOINT, 10 RC_EVENT_COLLECTOR
poison.FruArchitectureType = 0 X86_CPUID_1_EAX
poison.FruIdentifierType = 0 X86_PPIN
poison.HardwareIdentifierType = 0 MCA_IPID
poison.PoisonAddressType = 0 MCA_ADDR
processor.ProcessorType = 0 IA32_X64, 1 IA64, 2 ARM
processor.ProcessorIsa = 0 IA32, 1 IA64, 2 X64, 3 ARM_A32_T32, 4 ARM_A64
processor.ProcessorOperation = 0 UNKNOWN, 1 DATA_READ, 2 DATA_WRITE, 3 INSTRUCTION_EXECUTION
sdei.Function = 0xc4000020 SDEI_VERSION, 0xc4000021 SDEI_EVENT_REGISTER, 0xc4000022 SDEI_EVENT_ENABLE,
    0xc4000023 SDEI_EVENT_DISABLE, 0xc4000024 SDEI_EVENT_CONTEXT, 0xc4000025 SDEI_EVENT_COMPLETE,
    0xc4000026 SDEI_EVENT_COMPLETE_AND_RESUME, 0xc4000027 SDEI_EVENT_UNREGISTER, 0xc4000028 SDEI_EVENT_STATUS,
    0xc4000029 SDEI_EVENT_GET_INFO, 0xc400002a SDEI_EVENT_ROUTING_SET, 0xc400002b SDEI_PE_MASK,
    0xc400002c SDEI_PE_UNMASK, 0xc400002d SDEI_INTERRUPT_BIND, 0xc400002e SDEI_INTERRUPT_RELEASE,
    0xc4000031 SDEI_PRIVATE_RESET, 0xc4000032 SDEI_SHARED_RESET
sdei.SdeiResult = 0 SUCCESS, -1 NOT_SUPPORTED, -2 INVALID_PARAMETERS, -3 DENIED, -5 PENDING, -10 OUT_OF_RESOURCE
vendor.VendorSeverity = 0 RECOVERABLE, 1 FATAL, 2 CORRECTED, 3 NONE
vendor.AmpereBlock = 0 CPU, 1 MCU, 2 MESH, 3 LINK_2P_QS, 4 LINK_2P_MQ, 5 GIC, 6 SMMU, 7 PCIE_AER, 8 PCIE_RASDP,
    9 OCM, 10 SMPRO, 11 PMPRO, 12 ATF_FIRMWARE, 13 SMPRO_FIRMWARE, 14 PMPRO_FIRMWARE, 0x3f BERT
vendor.HisiSubModule = 0 AP, 1 TL, 2 MAC, 3 DL, 4 SDI
x86.CheckOperation = 0 GENERIC_ERROR, 1 GENERIC_READ, 2 GENERIC_WRITE, 3 DATA_READ, 4 DATA_WRITE,
    5 INSTRUCTION_FETCH, 6 PREFETCH
x86.CacheCheckOperation = 0 GENERIC_ERROR, 1 GENERIC_READ, 2 GENERIC_WRITE, 3 DATA_READ, 4 DATA_WRITE,
    5 INSTRUCTION_FETCH, 6 PREFETCH, 7 EVICTION, 8 SNOOP
x86.CheckAddressSpace = 0 MEMORY, 1 RESERVED, 2 IO, 3 OTHER
x86.MicroArchitecturalErrorType = 0 NO_ERROR, 1 UNCLASSIFIED, 2 MICROCODE_ROM_PARITY, 3 EXTERNAL, 4 FRC,
    5 INTERNAL_UNCLASSIFIED
x86.X86ContextType = 0 UNCLASSIFIED, 1 MSR, 2 IA32, 3 X64, 4 FXSAVE, 5 DEBUG_IA32, 6 DEBUG_X64, 7 MEMORY_MAPPED
"""

# name, canonical text, bytes in memory
GUIDS = """
2dce8bb1-bdd7-450e-b9ad-9cf4ebd4f890 = b18bce2dd7bd0e45b9ad9cf4ebd4f890 CMC
4e292f96-d843-4a55-a8c2-d481f27ebeee = 962f294e43d8554aa8c2d481f27ebeee CPE
e8f56ffe-919c-4cc5-ba88-65abe14913bb = fe6ff5e89c91c54cba8865abe14913bb MCE
cf93c01f-1a16-4dfc-b8bc-9c4daf67c104 = 1fc093cf161afc4db8bc9c4daf67c104 PCIe
cc5263e8-9308-454a-89d0-340bd39bc98e = e86352cc08934a4589d0340bd39bc98e INIT
5bad89ff-b7e6-42c9-814a-cf2485d6e98a = ff89ad5be6b7c942814acf2485d6e98a NMI
3d61a466-ab40-409a-a698-f362d464b38f = 66a4613d40ab9a40a698f362d464b38f BOOT
667dd791-c6b3-4c27-8a6b-0f8e722deb41 = 91d77d66b3c6274c8a6b0f8e722deb41 DMAr
9a78788a-bbe8-11e4-809e-67611e5d46b0 = 8a78789ae8bbe411809e67611e5d46b0 SEA
5c284c81-b0ae-4e87-a322-b04c85624323 = 814c285caeb0874ea322b04c85624323 SEI
09a9d5ac-5204-4214-96e5-94992e752bcd = acd5a9090452144296e594992e752bcd PEI
69293bc9-41df-49a3-b4bd-4fb0db3041f6 = c93b2969df41a349b4bd4fb0db3041f6 CXL Component
9876ccad-47b4-4bdb-b65e-16f193c4f3db = adcc7698b447db4bb65e16f193c4f3db Processor Generic
dc3ea0b0-a144-4797-b95b-53fa242b6e1d = b0a03edc44a19747b95b53fa242b6e1d IA32/X64 processor
e429faf1-3cb7-11d4-bca7-0080c73c8881 = f1fa29e4b73cd411bca70080c73c8881 IPF (Itanium)
e19e3d16-bc11-11e4-9caa-c2051d5d46b0 = 163d9ee111bce4119caac2051d5d46b0 ARM processor
a5bc1114-6f64-4ede-b863-3e83ed7c83b1 = 1411bca5646fde4eb8633e83ed7c83b1 Platform Memory
61ec04fc-48e6-d813-25c9-8daa44750b12 = fc04ec61e64813d825c98daa44750b12 Platform Memory 2
d995e954-bbc1-430f-ad91-b44dcb3c6f35 = 54e995d9c1bb0f43ad91b44dcb3c6f35 PCIe
81212a96-09ed-4996-9471-8d729c8e69ed = 962a2181ed09964994718d729c8e69ed Firmware Error Record Reference
c5753963-3b84-4095-bf78-eddad3f9c9dd = 633975c5843b9540bf78eddad3f9c9dd PCI/PCI-X Bus
eb5e4685-ca66-4769-b6a2-26068b001326 = 85465eeb66ca6947b6a226068b001326 PCI Component/Device
5b51fef7-c79d-4434-8f1b-aa62de3e2c64 = f7fe515b9dc734448f1baa62de3e2c64 DMAr Generic
71761d37-32b2-45cd-a7d0-b0fedd93e8cf = 371d7671b232cd45a7d0b0fedd93e8cf Intel VT-d DMAr
036f84e1-7f37-428c-a79e-575fdfaa84ec = e1846f03377f8c42a79e575fdfaa84ec IOMMU DMAr (AMD)
91335ef6-ebfb-4478-a6a6-88b728cf75d7 = f65e3391fbeb7844a6a688b728cf75d7 CCIX PER Log
80b9efb4-52b5-4de3-a777-68784b771048 = b4efb980b552e34da77768784b771048 CXL Protocol Error
fbcd0a77-c260-417f-85a9-088b1621eba6 = 770acdfb60c27f4185a9088b1621eba6 CXL evt: General Media
e71f3a40-2d29-4092-8a39-4d1c966c7c65 = 403a1fe7292d92408a394d1c966c7c65 CXL evt: Memory Sparing
601dcbb3-9c06-4eab-b8af-4e9bfb5c9624 = b3cb1d60069cab4eb8af4e9bfb5c9624 CXL evt: DRAM
fe927475-dd59-4339-a586-79bab113b774 = 757492fe59dd3943a58679bab113b774 CXL evt: Memory Module
77cf9271-9c02-470b-9fe4-bc7b75f2da97 = 7192cf77029c0b479fe4bc7b75f2da97 CXL evt: Physical Switch
40d26425-3396-4c4d-a5da-3d47263af425 = 2564d24096334d4ca5da3d47263af425 CXL evt: Virtual Switch
8dc44363-0c96-4710-b7bf-04bb99534c3f = 6343c48d960c1047b7bf04bb99534c3f CXL evt: MLD Port
5e4706c1-5356-48c6-930b-52f2120a4458 = c106475e5653c648930b52f2120a4458 FRU Memory Poison (new in UEFI 2.11)
bf32d4d5-b427-4025-8495-8a9e5d4030e4 = d5d432bf27b4254084958a9e5d4030e4 Arm RAS (DEN0085)
6d5244f2-2712-11ec-bea7-cb3fdb95c786 = f244526d1227ec11bea7cb3fdb95c786 NVIDIA (Grace)
9068e568-6ca0-11f0-aeaf-159343591eac = 68e56890a06cf011aeaf159343591eac NVIDIA events (Vera)
2826cc9f-448c-4c2b-86b6-a95394b7ef33 = 9fcc26288c442b4c86b6a95394b7ef33 Ampere (as in libcper)
e8ed898d-df16-43cc-8ecc-54f060ef157f = 8d89ede816dfcc438ecc54f060ef157f Ampere (as in rasdaemon)
1f8161e1-55d6-41e6-bd10-7afd1dc5f7c5 = e161811fd655e641bd107afd1dc5f7c5 HiSilicon OEM type 1
45534ea6-ce23-4115-8535-e07ab3aef91d = a64e534523ce15418535e07ab3aef91d HiSilicon OEM type 2
b2889fc9-e7d7-4f9d-a867-af42e98be772 = c99f88b2d7e79d4fa867af42e98be772 HiSilicon PCIe local
c8b328a8-9917-4af6-9a13-2e08ab2e7586 = a828b3c81799f64a9a132e08ab2e7586 HiSilicon common
a6980811-16ea-4e4d-b936-fb00a23ff29c = 110898a6ea164d4eb936fb00a23ff29c Alibaba Yitian DDR
82d78ba3-fa14-407a-ba0e-f3ba8170013c = a38bd78214fa7a40ba0ef3ba8170013c JaguarMicro 1
f9723053-2558-49b1-b58a-1c1a82492a62 = 533072f95825b149b58a1c1a82492a62 JaguarMicro 2
2d31de54-3037-4f24-a283-f69ca1ec0b9a = 54de312d3730244fa283f69ca1ec0b9a JaguarMicro 3
dac80d69-0a72-4eba-8114-148ee344af06 = 690dc8da720aba4e8114148ee344af06 JaguarMicro 4
746f06fe-405e-451f-8d09-02e802ed984a = fe066f745e401f458d0902e802ed984a JaguarMicro 5
c197e04e-d545-4a70-9c17-a5549419eb12 = 4ee097c145d5704a9c17a5549419eb12 Linux pstore dmesg
4f118707-04dd-4055-b5dd-956d34ddfac6 = 0787114fdd045540b5dd956d34ddfac6 Linux pstore dmesg (compressed)
fe08ffbe-95e4-4be7-bc73-4096044a38fc = beff08fee495e74bbc734096044a38fc Linux MCE in ERST
75a574e3-5052-4b29-8a8e-be2c6490b89d = e374a5755250294b8a8ebe2c6490b89d Linux pstore, as a creator
cd5c2993-f4b2-41b2-b5d4-f9c3a0330875 = 93295ccdb2f4b241b5d4f9c3a0330875 AMD FRU memory poison manager, as a creator
a55701f5-e3ef-43de-ac72-249b573fad2c = f50157a5efe3de43ac72249b573fad2c x86 cache check
fc06b535-5e1f-4562-9f25-0a3b9adb63c3 = 35b506fc1f5e62459f250a3b9adb63c3 x86 TLB check
1cf3f8b3-c5b1-49a2-aa59-5eef92ffa63c = b3f8f31cb1c5a249aa595eef92ffa63c x86 bus check
48ab7f57-dc34-4f6c-a7d3-b0b5b0a74314 = 577fab4834dc6c4fa7d3b0b5b0a74314 x86 micro-architecture check
ebb45182-fb03-4bf9-9aca-8613709fd789 = 8251b4eb03fbf94b9aca8613709fd789 Arm RAS aux KVP: MPAM PARTID
"""
