"""Our own ACPI code, compiled once and kept as bytes: devices by which a guest hears of an error.

Each function's docstring has the source (ASL) of its bytes, or names its file; iasl, where it is there, makes the same
bytes of it (tests/live/test_tables.py). They go to the guest as SSDTs, by its first file system.
"""

_HED = bytes.fromhex(
    "535344549000000002385241534c4942524153484544000001000000494e544c"
    "25092020104b065c5f53425f5b821f52484544085f4849440c41d00c33085f55"
    "49440014095f53544100a40a0f5b82410452474544085f4849440d4143504930"
    "30313300085f5549440d52415300085f435253110e0a0b8906000301c9000000"
    "7900140d5f4556540986524845440a80"
)
_IRQ = bytes.fromhex(
    "535344545b000000020c5241534c4942524153495251000001000000494e544c"
    "2509202010365c5f53425f5b822e52495251085f4849440d5241534c30303031"
    "00085f55494400085f435253110e0a0b8906000b01ca0000007900"
)


def hed() -> bytes:
    r"""The error device PNP0C33, and a generic event device that notifies it when an interrupt comes, `layout.HED_GSI`.

    It serves every source that notifies by SCI, GPIO or GSIV (ACPI 6.5 §18.3.2.7.2, §5.6.9). The source of its bytes is
    raslib/reproductions/error_device.asl, which is also part of what `raslib reproduce --as acpi` writes.
    """
    return _HED


def irq() -> bytes:
    r"""A device of no use but its interrupt: Linux maps `layout.IRQ_GSI` for it, so that a source may be bound later.

    DefinitionBlock ("", "SSDT", 2, "RASLIB", "RASIRQ", 1) {
      Scope (\_SB) {
        Device (RIRQ) {
          Name (_HID, "RASL0001")
          Name (_UID, Zero)
          Name (_CRS, ResourceTemplate () { Interrupt (ResourceConsumer, Edge, ActiveHigh, Shared) { 202 } })
        }
      }
    }
    """
    return _IRQ
