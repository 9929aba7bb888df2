"""The kinds of bytes that can be read, by the names that the command line knows them by."""

from ..records import Record
from .cper import CperRecord
from .ghes import StatusBlock
from .hest import Hest

KINDS: dict[str, type[Record]] = {
    "status-block": StatusBlock,
    "record": CperRecord,
    "hest": Hest,
}
TITLES: dict[str, str] = {
    "status-block": "Generic Error Status Block",
    "record": "Common Platform Error Record",
    "hest": "Hardware Error Source Table",
}
