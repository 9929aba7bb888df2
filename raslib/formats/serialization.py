"""The instruction entry that ERST and EINJ share: an action is a list of register accesses (ACPI 6.5 §18.5, §18.6)."""

from construct import Int8ul

from ..records import Record, Register, bits, flag, flags, one, raw, u8, u64
from .acpi import HEADER, GenericAddress

# what both tables can ask for; ERST knows more (`erst.Instruction`), EINJ one more (`einj.Instruction`)
INSTRUCTIONS = {
    "READ_REGISTER": (0, "read the register; the result is what the mask leaves of it"),
    "READ_REGISTER_VALUE": (1, "read the register; the result is whether that equals value"),
    "WRITE_REGISTER": (2, "write what the action was given to the register"),
    "WRITE_REGISTER_VALUE": (3, "write value to the register"),
    "NOOP": (4, "nothing"),
}


class InstructionFlags(Register, ref="ACPI 6.5 §18.5.1.2, Serialization Instruction Entries, Flags", width=8):
    preserve_register: bool = flag(0, "a write keeps the bits of the register that the mask does not name")


class InstructionEntry(Record, ref="ACPI 6.5 §18.5.1.2, Serialization Instruction Entries"):
    """One step of an action (`struct acpi_whea_header`). The steps of an action are done in the table's order.

    Value and mask count from the register's bit offset: a read gives (register >> offset) & mask.
    """

    # fmt: off
    action:           int = u8("to which action this step belongs")
    instruction:      int = u8("what is done")
    flags:     InstructionFlags = flags(Int8ul, InstructionFlags, "how it is done")
    reserved:       bytes = raw(1)
    register_region: GenericAddress = one(GenericAddress, "the register; a step may lead beside its address")
    value:            int = u64("to write, or to compare with")
    mask:             int = u64("which bits of the register count", 0xFFFF_FFFF_FFFF_FFFF)
    # fmt: on


class Timings(Register, ref="ACPI 6.5 §18.5.1.1, GET_EXECUTE_OPERATION_TIMINGS"):
    """How long EXECUTE_OPERATION takes."""

    maximum: int = bits(63, 32, "microseconds at most")
    nominal: int = bits(31, 0, "microseconds as a rule")


ENTRIES = HEADER + 12  # where the entries of both tables begin, whatever their header size says
ENTRY = 32  # bytes of one
