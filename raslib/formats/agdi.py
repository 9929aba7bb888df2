"""AGDI: how a management controller makes the operating system dump and reset itself (DEN0093 1.1)."""

from construct import Int8ul

from ..records import Register, flag, flags, raw, u32
from .acpi import AcpiTable


class AgdiFlags(Register, ref="DEN0093 1.1, AGDI table, Flags", width=8):
    interrupt: bool = flag(0, "signalled by an interrupt; if not, by an SDEI event")


class Agdi(
    AcpiTable, ref="DEN0093 1.1, AGDI table", title="Arm Generic Diagnostic Dump and Reset Device Interface Table"
):
    """One event or interrupt, at which Linux panics (`struct acpi_table_agdi`, drivers/acpi/arm64/agdi.c)."""

    # fmt: off
    flags:  AgdiFlags = flags(Int8ul, AgdiFlags, "how it is signalled")
    reserved:   bytes = raw(3)
    sdei_event:   int = u32("number of the event, if it is signalled so")
    gsiv:         int = u32("number of the interrupt, if it is signalled so")
    # fmt: on
