"""Which kind of bytes these are, by what is in them: never by a file's name."""

import re

from .. import resources
from ..formats.acpi import HEADER as TABLE_HEADER
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.kinds import TABLES
from ..formats.sections import NAMES
from ..records import RecordError
from .fields import BLOCK, UNDATED, Values, entries


def kind_of(data: bytes) -> str:
    """One of `KINDS`. Raises ValueError that says what was looked at.

    A table is known by its signature, a record by the letters CPER; a status block by entries that fill its data length
    exactly, or by a first entry whose section type is known; without entries, by status and severity words.
    """
    if not data:
        raise ValueError("there is nothing in it")
    signature = data[:4].decode("latin-1")
    if signature.lower() in TABLES and signature.isupper():
        if len(data) < TABLE_HEADER:
            raise ValueError(f"{signature}, but {len(data)} bytes are no table: its header takes {TABLE_HEADER}")
        return signature.lower()
    if signature == "CPER":
        return "record"
    try:
        if entries(data) or _empty(data):
            return "status-block"
        why = "no entries, and no status and severity as an empty block has them"
    except RecordError as e:
        if _known(data):
            return "status-block"
        why = str(e)
    if known := other("bytes", data[:512].decode("latin-1")):
        raise ValueError(f"it begins as {known}")
    tables = ", ".join(TABLES).upper()
    raise ValueError(f"the first 4 bytes are none of {tables}, CPER; and no status block: {why}")


def table_length(data: bytes) -> int:
    """The length that a table's header gives; 0 if the bytes begin with no table of ours."""
    is_table = data[:4].decode("latin-1") in {name.upper() for name in TABLES}
    return int.from_bytes(data[4:8], "little") if is_table else 0


def _known(data: bytes) -> bool:
    return Values(DataEntry, data[BLOCK : BLOCK + UNDATED])["section_type"] in NAMES


def _empty(data: bytes) -> bool:
    block = Values(StatusBlock, data[:BLOCK])
    return not block["block_status"].reserved and block.number("error_severity") <= 3


def other(sort: str, text: str) -> str:
    """What *text* looks like of the other kinds in `kinds.toml`, and what would help; empty if nothing is known."""

    table = resources.table(__file__)
    return next((row["what"] for row in table[sort] if re.search(row["looks"], text)), "")
