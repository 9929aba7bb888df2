"""BERT: errors that the last boot left for this one (ACPI 6.5 §18.3.1)."""

from typing import Any

from ..records import Record, Sized, Times, field, peek, remaining, rest, u32, u64
from .acpi import AcpiTable
from .ghes import HEADER, StatusBlock


class Bert(AcpiTable, ref="ACPI 6.5 §18.3.1, Boot Error Record Table"):
    """Where firmware left what it found (`struct acpi_table_bert`). Unlike in HEST, no pointer lies between."""

    # fmt: off
    boot_error_region_length: int = u32("bytes of the region")
    boot_error_region:        int = u64("physical address of the region itself, see `BootErrorRegion`")
    # fmt: on


def _length(context: Any) -> int:
    """Bytes of the block that begins here, by its own header."""
    header = peek(context._io, HEADER)
    raw_data_offset, raw_data_length, data_length = (int.from_bytes(header[i : i + 4], "little") for i in (4, 8, 12))
    return raw_data_offset + raw_data_length if raw_data_length else HEADER + data_length


class _Blocks(Times):
    """Status blocks, as long as there is one."""

    def __init__(self) -> None:
        super().__init__(None, Sized(_length, StatusBlock.con))

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        return any(peek(stream, 4)) and remaining(stream) >= HEADER


class BootErrorRegion(Record, ref="ACPI 6.5 §18.3.1, Boot Error Region"):
    """The memory that BERT points at: status blocks one after another, then nothing (`struct acpi_bert_region`).

    A block whose block status is zero ends them; an operating system writes that zero when it has read a block. Linux
    and EDK II disagree whether more than one may stand there: Linux reads them all.
    """

    blocks: Any = field(_Blocks(), "one after another", ())
    beyond: bytes = rest("the unused part of the region")
