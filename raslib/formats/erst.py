"""ERST: how an operating system keeps error records over a reboot (ACPI 6.5 §18.5)."""

from typing import Any, cast

from construct import Int8ul, Int32ul

from ..records import Coded, Register, Sized, UntilEnd, bits, field, flag, named, raw, u32
from .acpi import AcpiTable
from .serialization import ENTRIES, INSTRUCTIONS, InstructionEntry


class ErstAction(Coded):
    """What is asked of the platform: `struct acpi_erst_entry` names it by number."""

    BEGIN_WRITE_OPERATION = 0x0, "a record is going to be written"
    BEGIN_READ_OPERATION = 0x1, "a record is going to be read"
    BEGIN_CLEAR_OPERATION = 0x2, "a record is going to be deleted"
    END_OPERATION = 0x3, "the operation is over"
    SET_RECORD_OFFSET = 0x4, "where in the error log address range the record is"
    EXECUTE_OPERATION = 0x5, "do it"
    CHECK_BUSY_STATUS = 0x6, "is it still being done? bit 0 of the result says so"
    GET_COMMAND_STATUS = 0x7, "how did it go? bits 8:1 of the result say so, see `ErstStatus`"
    GET_RECORD_IDENTIFIER = 0x8, "identifier of the record that would be read next"
    SET_RECORD_IDENTIFIER = 0x9, "which record is meant"
    GET_RECORD_COUNT = 0xA, "how many records are kept"
    BEGIN_DUMMY_WRITE_OPERATION = 0xB, "a write that only tests the way there is going to begin"
    RESERVED = 0xC, "reserved; shipping tables have it all the same"
    GET_ERROR_LOG_ADDRESS_RANGE = 0xD, "physical address of the range through which records pass"
    GET_ERROR_LOG_ADDRESS_RANGE_LENGTH = 0xE, "bytes of that range"
    GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES = 0xF, "what kind of memory that is, see `RangeAttributes`"
    GET_EXECUTE_OPERATION_TIMINGS = 0x10, "how long an operation takes, see `serialization.Timings`"


_STORE = {
    "LOAD_VAR1": (0x5, "read the register into variable 1"),
    "LOAD_VAR2": (0x6, "read the register into variable 2"),
    "STORE_VAR1": (0x7, "write variable 1 to the register"),
    "ADD": (0x8, "variable 1 becomes variable 1 + variable 2"),
    "SUBTRACT": (0x9, "variable 1 becomes variable 1 - variable 2"),
    "ADD_VALUE": (0xA, "add value to the register"),
    "SUBTRACT_VALUE": (0xB, "subtract value from the register"),
    "STALL": (0xC, "wait so many microseconds as value says"),
    "STALL_WHILE_TRUE": (0xD, "wait while the register equals value, variable 1 microseconds at a time"),
    "SKIP_NEXT_INSTRUCTION_IF_TRUE": (0xE, "if the register equals value, leave out the next step of this action"),
    "GOTO": (0xF, "go on with the step of this action whose index value is"),
    "SET_SRC_ADDRESS_BASE": (0x10, "the register holds the address that MOVE_DATA copies from"),
    "SET_DST_ADDRESS_BASE": (0x11, "the register holds the address that MOVE_DATA copies to"),
    "MOVE_DATA": (0x12, "copy variable 2 bytes; the register holds the offset in both"),
}
ErstInstruction = cast(Any, Coded)("ErstInstruction", INSTRUCTIONS | _STORE)


class ErstStatus(Coded):
    """How an operation went."""

    SUCCESS = 0, "done"
    NOT_ENOUGH_SPACE = 1, "the store is full"
    HARDWARE_NOT_AVAILABLE = 2, "the store cannot be reached"
    FAILED = 3, "it failed"
    RECORD_STORE_EMPTY = 4, "there is no record"
    RECORD_NOT_FOUND = 5, "there is no such record"


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
