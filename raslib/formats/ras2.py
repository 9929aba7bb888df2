"""RAS2: over which channels a platform offers RAS features, such as patrol scrub (ACPI 6.5 §5.2.21)."""

from typing import Any

from construct import Int8ul, Int16ul

from ..records import Coded, Record, Times, field, named, raw, u8, u32
from .acpi import AcpiTable


class Feature(Coded):
    """What a channel is for."""

    MEMORY = 0x00, "memory: patrol scrub, translation of logical addresses"


class Channel(Record, ref="ACPI 6.5 §5.2.21, RAS2 PCC Descriptor"):
    """A platform communications channel for one feature (`struct acpi_ras2_pcc_desc`)."""

    # fmt: off
    channel_id:   int = u8("which platform communications channel, as in the PCCT")
    reserved:   bytes = raw(2)
    feature_type: int = named(Int8ul, Feature, "what it is for; from 0x80 on the vendor's own")
    instance:     int = u32("which of its kind; of memory, the proximity domain")
    # fmt: on


class Ras2(AcpiTable, ref="ACPI 6.5 §5.2.21, ACPI RAS2 Feature Table", title="ACPI RAS2 Feature Table"):
    """The channels, a descriptor each (`struct acpi_table_ras2`). Linux up to 7.3 has no driver for it."""

    # fmt: off
    reserved: bytes = raw(2)
    channel_count: int = field(Int16ul, "how many channels", count=lambda t: len(t.channels))
    channels:  Any = field(Times(lambda t: t.channel_count, Channel.con), "one after another", ())
    # fmt: on
