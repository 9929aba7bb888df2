"""Rules for ACPI tables: what all share, generic addresses, and BERT."""

from collections.abc import Iterator

from ..formats.acpi import AcpiTable, AddressSpace, GenericAddress
from ..formats.agdi import Agdi
from ..formats.bert import Bert
from ..formats.ghes import HEADER
from ..formats.rasf import Rasf
from ..formats.sdei import Sdei
from .finding import Finding, error, warning

REVISIONS = {"HEST": (1, 2), "BERT": (1,), "ERST": (1,), "EINJ": (1, 2), "AEST": (1, 2), "SDEI": (1,)}
REVISIONS |= {"RAS2": (1,), "RASF": (1,), "AGDI": (0, 1)}
_MAP = "Linux 7.1 drivers/acpi/apei/apei-base.c: apei_map_generic_address()"
_GAR = "Linux 7.1 drivers/acpi/apei/apei-base.c: apei_check_gar()"


def checksum_holds(table: AcpiTable) -> Iterator[Finding]:
    if left := sum(table.build()[: table.length]) & 0xFF:
        right = table.checksum - left & 0xFF
        says = f"checksum is {table.checksum:#04x}, {right:#04x} would make the table sum to 0 (it sums to {left:#04x})"
        yield error("checksum", says, "an operating system may refuse the table", AcpiTable.ref)
    if any(table.beyond):  # type: ignore[attr-defined]
        says = "bytes follow the table, and they are not zero"
        yield error("beyond", says, "the table's length does not cover them", AcpiTable.ref)


def table_is_what_it_says(table: AcpiTable) -> Iterator[Finding]:
    plain = type(table)()
    if table.signature != plain.signature:
        says = f"signature is {table.signature!r}, not {plain.signature}"
        yield error("signature", says, "an operating system looks for the signature")
    known = REVISIONS[plain.signature]
    if table.revision not in known:
        says = f"revision {table.revision} is none of {', '.join(map(str, known))}"
        yield warning("revision", says, "what the fields mean may have changed")


def length_holds(table: Bert | Sdei | Rasf | Agdi) -> Iterator[Finding]:
    """Of tables of one size; of others the length decides what is read."""
    size = len(type(table)().build())
    says = f"length is {table.length}, a table of this kind has {size} bytes"
    if table.length < size:
        yield error("length", says, "Linux refuses a table that is too short")
    elif table.length > size:
        yield warning("length", says, "readers skip what the document does not define")


def address(where: str, register: GenericAddress) -> Iterator[Finding]:
    """What Linux refuses a register for, before it looks at it."""
    why, access = "Linux refuses the register", _access(register)
    end = register.register_bit_offset + register.register_bit_width
    if not register.address:
        yield error(f"{where}.address", "address is 0", why, _GAR)
    if register.address_space_id not in (AddressSpace.SYSTEM_MEMORY, AddressSpace.SYSTEM_IO):
        says = f"address space {int(register.address_space_id)} is neither system memory nor system I/O"
        yield error(f"{where}.address_space_id", says, why, _GAR)
    if not 1 <= register.access_size <= 4:
        yield error(f"{where}.access_size", f"access size {int(register.access_size)} is none of 1 to 4", why, _GAR)
    elif end > access:
        yield error(f"{where}.register_bit_width", f"bits up to {end} do not lie in an access of {access}", why, _GAR)
    elif register.address % (access // 8):
        says = f"{register.address:#x} is no multiple of {access // 8}, the bytes of an access"
        yield warning(f"{where}.address", says, "of device memory arm64 takes such an access for a fault", _GAR)
    if not register.register_bit_width:
        says = "the register has no bits"
        yield error(f"{where}.register_bit_width", says, "Linux can map nothing there and refuses the register", _MAP)


def _access(register: GenericAddress) -> int:
    """Bits of an access, as Linux mends it: aligned registers of 32 and 64 bits are accessed whole."""
    said, width = 4 << register.access_size, register.register_bit_width
    whole = width in (32, 64) and not register.register_bit_offset and register.address % (width // 8) == 0
    return max(said, width) if whole else said


def region_is_there(table: Bert) -> Iterator[Finding]:
    if table.boot_error_region_length < HEADER:
        says = f"the region has {table.boot_error_region_length} bytes, a status block's header alone takes {HEADER}"
        why = "Linux takes the table for invalid and reads no boot errors"
        yield error("boot_error_region_length", says, why, "Linux 7.1 drivers/acpi/apei/bert.c: bert_check_table()")
    if not table.boot_error_region:
        yield error("boot_error_region", "the address of the region is 0", "there is nothing to read")
