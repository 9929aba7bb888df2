"""A status block as the QMP command that makes QEMU give it to its guest (QEMU 10.2, qapi/acpi-hest.json).

The command is experimental. QEMU writes the block for source 1, which notifies by GPIO, if the guest has acknowledged
the one before; on a machine without `ras=on` the command does nothing.
"""

import base64
import json

from ...formats.cper import CperRecord
from ...formats.framing import to_status_block
from ...formats.ghes import StatusBlock
from ...records import Record

MOST = 1024  # bytes of a block in QEMU (hw/acpi/ghes.c: ACPI_GHES_MAX_RAW_DATA_LENGTH)


def qmp(record: Record) -> str:
    """The command on one line, as QMP takes it once `qmp_capabilities` was sent.

    The sections of a CPER record go as a status block. Raises ValueError for anything else, and for a block that QEMU
    has no room for.
    """
    if isinstance(record, CperRecord):
        record = to_status_block(record)
    if not isinstance(record, StatusBlock):
        raise ValueError(f"QEMU injects status blocks, not a {type(record).__name__}")
    return command(record.build())


def command(block: bytes) -> str:
    """The same for bytes that need not be a block. Raises ValueError if QEMU has no room for them."""
    if len(block) > MOST:
        raise ValueError(f"the block is {len(block)} bytes long, QEMU 10.2 has room for {MOST}")
    cper = base64.b64encode(block).decode("ascii")
    return json.dumps({"execute": "inject-ghes-v2-error", "arguments": {"cper": cper}}) + "\n"
