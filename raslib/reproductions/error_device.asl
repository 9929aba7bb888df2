// The error device PNP0C33, and a generic event device that notifies it when its interrupt comes. It serves every source
// that notifies by SCI, GPIO or GSIV (ACPI 6.5 section 18.3.2.7.2 and 5.6.9).
DefinitionBlock ("", "SSDT", 2, "RASLIB", "RASHED", 1) {
  Scope (\_SB) {
    Device (RHED) {
      Name (_HID, EisaId ("PNP0C33"))
      Name (_UID, Zero)
      Method (_STA) { Return (0x0F) }
    }
    Device (RGED) {
      Name (_HID, "ACPI0013")
      Name (_UID, "RAS")
      Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 201 } })
      Method (_EVT, 1, Serialized) { Notify (RHED, 0x80) }
    }
  }
}
