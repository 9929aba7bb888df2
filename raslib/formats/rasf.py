"""RASF: over which channel a platform offers RAS features, as before RAS2 (ACPI 6.5 §5.2.20)."""

from ..records import raw
from .acpi import AcpiTable


class Rasf(AcpiTable, ref="ACPI 6.5 §5.2.20, ACPI RAS Feature Table", title="ACPI RAS Feature Table"):
    """A header and the name of one channel (`struct acpi_table_rasf`), in whose memory the features stand."""

    # fmt: off
    channel_id: bytes = raw(12, "which platform communications channel")
    # fmt: on
