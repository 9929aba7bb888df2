"""What all ACPI tables share: the header with its checksum, and generic addresses (ACPI 6.5 §5.2.3.2, §5.2.6)."""

import dataclasses
from typing import Any

from construct import Int8ul, Int32ul

from ..records import Coded, Record, field, named, rest, text, u8, u32, u64


class AddressSpace(Coded):
    """Where a register lives. APEI's registers are in memory or I/O space; Linux refuses the others there."""

    SYSTEM_MEMORY = 0, "system memory"
    SYSTEM_IO = 1, "system I/O"
    PCI_CONFIG = 2, "PCI configuration space"
    EMBEDDED_CONTROLLER = 3, "embedded controller"
    SMBUS = 4, "SMBus"
    PCC = 0x0A, "platform communications channel"
    FUNCTIONAL_FIXED_HARDWARE = 0x7F, "functional fixed hardware"


class AccessSize(Coded):
    """How a register is to be read and written: in accesses of how many bytes. Linux refuses what is above 4."""

    UNDEFINED = 0, "undefined: legacy"
    BYTE = 1, "1 byte"
    WORD = 2, "2 bytes"
    DWORD = 3, "4 bytes"
    QWORD = 4, "8 bytes"


class GenericAddress(Record, ref="ACPI 6.5 §5.2.3.2, Generic Address Structure"):
    """A register, wherever it may be ("GAS", `struct acpi_generic_address`). Need not be aligned in its table."""

    # fmt: off
    address_space_id:    int = named(Int8ul, AddressSpace, "where the register lives")
    register_bit_width:  int = u8("bits of the register")
    register_bit_offset: int = u8("its first bit at the address")
    access_size:         int = named(Int8ul, AccessSize, "how to read and write it")
    address:             int = u64("where it is in its space")
    # fmt: on


def checksum(table: bytes) -> int:
    """The byte that makes all *table* sum to 0 modulo 256, where that byte is 0 now (ACPI 6.5 §5.2.6).

    >>> checksum(bytes([1, 2, 0xFF]))
    254
    """
    return -sum(table) & 0xFF


def _build(table: Any, **given: int) -> bytes:
    """The bytes of *table* where length and checksum are zero but for what is *given*."""
    return dataclasses.replace(table, **{"length": 0, "checksum": 0, **given}).build()  # type: ignore[no-any-return]


def _length(table: Any) -> int:
    return len(_build(table)) - len(table.beyond)


def _checksum(table: Any) -> int:
    return checksum(_build(table, length=table.length)[: table.length])


class AcpiTable(Record, ref="ACPI 6.5 §5.2.6, System Description Table Header"):
    """The 36 bytes that every table begins with (`struct acpi_table_header`).

    `length` bounds the table and what its checksum covers, not the file's size: what lies behind is `beyond` in each
    table. Both are counted where they are left out, and kept as they were found where bytes are parsed. A table is
    declared as a subclass, whose name in capitals is its `signature`.
    """

    # fmt: off
    signature:        str = text(4, "which table it is")
    length:           int = field(Int32ul, "bytes of the table, header included", count=_length)
    revision:         int = u8("of the table's layout", 1)
    checksum:         int = field(Int8ul, "makes the bytes of the table sum to 0", count=_checksum)
    oem_id:           str = text(6, "who made the machine", "RASLIB")
    oem_table_id:     str = text(8, "who made the table", "RASLIB")
    oem_revision:     int = u32("of the maker's", 1)
    creator_id:       str = text(4, "who compiled it", "RAS")
    creator_revision: int = u32("of the compiler", 1)
    # fmt: on

    def __init_subclass__(cls, **more: Any) -> None:
        cls.__annotations__ |= {"signature": str, "beyond": bytes}
        cls.signature = text(4, "which table it is", cls.__name__.upper())
        cls.beyond = rest("bytes after the table")  # type: ignore[attr-defined]
        super().__init_subclass__(**more)


HEADER = 36  # bytes
