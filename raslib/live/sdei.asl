// Has the kernel load the ACPI table SDEI from the lab's memory (aml.py: SDEI).
DefinitionBlock ("", "SSDT", 2, "RASLIB", "RASSDEI", 1) {
  OperationRegion (\RSDT, SystemMemory, 0x801F0000, 36)
  Field (\RSDT, AnyAcc, NoLock, Preserve) { RSDF, 288 }
  Name (\RSDH, Zero)
  Load (\RSDT, \RSDH)
}
