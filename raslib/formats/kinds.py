"""The kinds of bytes that can be read, by the names that the command line knows them by."""

from ..records import Record
from .aest import Aest
from .bert import Bert
from .cper import CperRecord
from .einj import Einj
from .erst import Erst
from .ghes import StatusBlock
from .hest import Hest
from .sdei import Sdei

KINDS: dict[str, type[Record]] = {
    "status-block": StatusBlock,
    "record": CperRecord,
    "hest": Hest,
    "bert": Bert,
    "erst": Erst,
    "einj": Einj,
    "aest": Aest,
    "sdei": Sdei,
}
TITLES: dict[str, str] = {
    "status-block": "Generic Error Status Block",
    "record": "Common Platform Error Record",
    "hest": "Hardware Error Source Table",
    "bert": "Boot Error Record Table",
    "erst": "Error Record Serialization Table",
    "einj": "Error Injection Table",
    "aest": "Arm Error Source Table",
    "sdei": "Software Delegated Exception Interface Table",
}
