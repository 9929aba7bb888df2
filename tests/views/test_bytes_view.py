"""A record as the bytes view takes it."""

from raslib.formats.ghes import StatusBlock
from raslib.resources import samples
from raslib.views.bytes_view import bytes_view
from raslib.views.fields import record_view

MEMORY = samples("status_blocks/g_mem")


def test_a_base_moves_the_fields():
    moved = bytes_view(StatusBlock, MEMORY, base=0x13D_0000)
    assert moved.pop("terms").keys() == {"ACPI", "UEFI", "DIMM", "ECC", "RECOVERABLE"}
    assert moved == record_view(StatusBlock, MEMORY, base=0x13D_0000)
    assert moved["base"] == "0x13d0000"
