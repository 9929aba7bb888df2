"""Our own ACPI code, compiled once and kept as bytes; it goes to the guest as SSDTs, by its first file system.

Each names the file that it is compiled of; iasl, where it is there, makes the same bytes of it.
"""

# raslib/reproductions/error_device.asl: the error device PNP0C33, and a generic event device that notifies it when an
# interrupt comes, `layout.HED_GSI`. It serves every source that notifies by SCI, GPIO or GSIV (ACPI 6.5 §18.3.2.7.2,
# §5.6.9).
HED = bytes.fromhex(
    "535344549000000002385241534c4942524153484544000001000000494e544c"
    "25092020104b065c5f53425f5b821f52484544085f4849440c41d00c33085f55"
    "49440014095f53544100a40a0f5b82410452474544085f4849440d4143504930"
    "30313300085f5549440d52415300085f435253110e0a0b8906000301c9000000"
    "7900140d5f4556540986524845440a80"
)
# irq.asl: a device of no use but its interrupt, `layout.IRQ_GSI`: Linux maps it, so that a source may be bound later
IRQ = bytes.fromhex(
    "535344545b000000020c5241534c4942524153495251000001000000494e544c"
    "2509202010365c5f53425f5b822e52495251085f4849440d5241534c30303031"
    "00085f55494400085f435253110e0a0b8906000b01ca0000007900"
)
# sdei.asl: has the kernel load the ACPI table SDEI from `BASE + TABLES` of `layout`. Linux takes only tables of known
# signatures from its first file system, and SDEI is none of them.
SDEI = bytes.fromhex(
    "535344545500000002775241534c4942524153534445490001000000494e544c"
    "250920205b805c52534454000c00001f800a245b810d5c525344540052534446"
    "4012085c52534448005b205c525344545c52534448"
)
