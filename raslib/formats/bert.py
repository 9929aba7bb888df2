"""BERT: errors that the last boot left for this one (ACPI 6.5 §18.3.1)."""

from typing import Any

from construct import ConstructError

from ..records import Record, Sized, Times, broken, field, remaining, rest, text, u32, u64
from .acpi import AcpiTable
from .ghes import HEADER, StatusBlock


class Bert(AcpiTable, ref="ACPI 6.5 §18.3.1, Boot Error Record Table"):
    """Where firmware left what it found (`struct acpi_table_bert`). Unlike in HEST, no pointer lies between."""

    # fmt: off
    signature:                str = text(4, "which table it is", "BERT")
    boot_error_region_length: int = u32("bytes of the region")
    boot_error_region:        int = u64("physical address of the region itself, see `BootErrorRegion`")
    beyond:                 bytes = rest("bytes after the table")
    # fmt: on


def _length(context: Any) -> int:
    """Bytes of the block that begins here, by its own header."""
    stream = context._io
    here = stream.tell()
    words = [int.from_bytes(stream.read(4), "little") for _ in range(4)]
    stream.seek(here)
    _, raw_data_offset, raw_data_length, data_length = words
    return raw_data_offset + raw_data_length if raw_data_length else HEADER + data_length


class _Block(Sized):
    """A status block of its own length."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start, needs, left = stream.tell(), self.length(context), remaining(stream)
        try:
            return super()._parse(stream, context, path)
        except ConstructError as e:
            raise (broken(f"needs {needs} bytes, {left} are left", path, start) if needs > left else e) from e


class _Blocks(Times):
    """Status blocks, as long as there is one."""

    def __init__(self) -> None:
        super().__init__(None, _Block(_length, StatusBlock.con))

    def _more(self, found: int, stream: Any, context: Any) -> bool:
        here = stream.tell()
        status = stream.read(4)
        stream.seek(here)
        return any(status) and remaining(stream) >= HEADER


class BootErrorRegion(Record, ref="ACPI 6.5 §18.3.1, Boot Error Region"):
    """The memory that BERT points at: status blocks one after another, then nothing (`struct acpi_bert_region`).

    A block whose block status is zero ends them; an operating system writes that zero when it has read a block. Linux
    and EDK II disagree whether more than one may stand there: Linux reads them all.
    """

    blocks: Any = field(_Blocks(), "one after another", ())
    beyond: bytes = rest("the unused part of the region")
