"""ERST: how an operating system keeps error records over a reboot (ACPI 6.5 §18.5)."""

from typing import Any

from construct import Int8ul, Int32ul

from ..records import Register, Sized, UntilEnd, bits, field, flag, named, raw, u32
from .acpi import AcpiTable
from .codes import code_lists
from .serialization import ENTRIES, InstructionEntry

CODES = code_lists(__name__)

ErstAction = CODES["ErstAction"]
ErstInstruction = CODES["ErstInstruction"]
ErstStatus = CODES["ErstStatus"]


class ErstResult(Register, ref="ACPI 6.5 §18.5.1.1, CHECK_BUSY_STATUS and GET_COMMAND_STATUS"):
    """What the platform answers. Shipping tables read it with mask 0x1FE, so that busy does not show in the status.

    Linux takes what GET_COMMAND_STATUS gives for the code itself, without a shift (drivers/acpi/apei/erst.c).
    """

    busy: bool = flag(0, "the operation is still being done")
    status: int = bits(8, 1, "how it went", kind=ErstStatus)


class RangeAttributes(Register, ref="ACPI 6.5 §18.5.1.1, Error Log Address Range Attributes"):
    """Bit 0 is reserved."""

    non_volatile: bool = flag(1, "the range itself is the store")
    slow: bool = flag(2, "the range is slow to read and write")


class ErstEntry(InstructionEntry, ref="ACPI 6.5 §18.5.1.2, Serialization Instruction Entries"):
    action: int = named(Int8ul, ErstAction, "to which action this step belongs")
    instruction: int = named(Int8ul, ErstInstruction, "what is done")


class Erst(AcpiTable, ref="ACPI 6.5 §18.5.1, Error Record Serialization Table"):
    """How to reach the store of error records, as register accesses (`struct acpi_table_erst`).

    The entries begin at byte 48, be the header size 12 (the header alone, as EDK II has it) or 48 (all before them).
    """

    # fmt: off
    serialization_header_size: int = u32("12 or 48; Linux takes either and refuses the rest", 48)
    reserved:                bytes = raw(4)
    instruction_entry_count:   int = field(Int32ul, "how many entries follow", count=lambda t: len(t.entries))
    entries:                   Any = field(Sized(lambda t: t.length - ENTRIES, UntilEnd(ErstEntry.con)),
                                           "of 32 bytes", ())
    # fmt: on
