"""What APEI remembers of the last records, and what it has room for: ghes_estatus_caches and ghes_estatus_pool."""

from ..model.choices import Stance
from ..model.scenario import Scenario
from ..model.trace import StepText

DROPPED = StepText(
    "apei.dropped",
    "drops the block, and says that it has claimed the error",
    "The same record was printed less than 10 s ago, and what is in the cache is not queued again: neither is anything "
    "done for the error, nor is anybody else asked",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_cached"),
)
NO_ROOM = StepText(
    "apei.no-room",
    "has no room for a copy of the block, and leaves it as it is",
    "-ENOMEM from ghes_estatus_pool: the error is not claimed, and the block stays filled and unacknowledged, so that "
    "firmware cannot use the source until something else makes the kernel read it",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_pool"),
)


def cached(s: Scenario, machine: str) -> bool:
    """Is an identical record in the cache of this kernel? Four entries, each for 10 s; only what is printed enters."""
    return getattr(s, machine).repeated and s.stance is Stance.AS_BUILT


def has_room(s: Scenario, machine: str) -> bool:
    """Can a copy be made? Of a guest nothing else is chosen."""
    return machine != "host" or s.host.memory_left or s.stance is Stance.ARCHITECTURE


def printed(s: Scenario, machine: str) -> str:
    """What the kernel says of a block that it deals with at once."""
    if cached(s, machine):
        return "It does not print it: the same record was printed less than 10 s ago"
    return "It prints it, twice in 5 s at most"
