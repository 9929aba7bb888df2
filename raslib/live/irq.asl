// A device of no use but its interrupt: Linux maps it, so that a source may be bound later (aml.py: IRQ).
DefinitionBlock ("", "SSDT", 2, "RASLIB", "RASIRQ", 1) {
  Scope (\_SB) {
    Device (RIRQ) {
      Name (_HID, "RASL0001")
      Name (_UID, Zero)
      Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Edge, ActiveHigh, Shared) { 202 } })
    }
  }
}
