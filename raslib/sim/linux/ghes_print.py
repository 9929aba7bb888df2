"""What APEI prints of a block, what it keeps quiet of, and what it has room for: ghes_print_estatus() and its cache."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from ...formats.arm import ArmProcessor
from ...formats.firmware import FirmwareReference
from ...formats.memory import PlatformMemory
from ...formats.pcie import Pcie
from ...formats.processor import GenericProcessor
from ...formats.sections import GUIDS
from ..model.choices import Stance
from ..model.scenario import Scenario
from ..model.trace import Place, Step, StepText
from .estatus import EstatusSection, since

# fmt: off
DROPPED = StepText("apei.dropped", "drops the block, and says that it has claimed the error",
    "The same record was printed less than 10 s ago, and what is in the cache is not queued again: neither is "
    "anything done for the error, nor is anybody else asked",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_cached"))
NO_ROOM = StepText("apei.no-room", "has no room for a copy of the block, and leaves it as it is",
    "-ENOMEM from ghes_estatus_pool: the error is not claimed, and the block stays filled and unacknowledged, so "
    "that firmware cannot use the source until something else makes the kernel read it",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_estatus_pool"))
SHORT = StepText("apei.short-section", 'warns "error section length is too small" in place of the section ({what})',
    "It has {bytes} bytes, its kind has {least} at least. Only the printer looks at that: what the section asks for "
    "is still read, at the offsets of its kind", ("linux.ghes_do_proc", "uefi.sections"))
# fmt: on
CXL_PROTOCOL = UUID("80b9efb4-52b5-4de3-a777-68784b771048")  # GUIDS[CxlProtocol], whose module is slow to import
# Bytes that the printer wants: of a memory section those of UEFI 2.1, of an ARM processor section what is fixed.
LEAST = {
    GUIDS[GenericProcessor]: 192,
    GUIDS[PlatformMemory]: 73,
    GUIDS[Pcie]: 208,
    GUIDS[ArmProcessor]: 40,
    GUIDS[FirmwareReference]: 16,
    CXL_PROTOCOL: 116,
}


def too_short(s: Scenario, machine: str, section: EstatusSection) -> bool:
    """Is it shorter than the printer wants its kind? Up to 6.1 an error of CXL's protocol is of no kind."""
    least = LEAST.get(section.type, 0)
    return section.length < least and (section.type != CXL_PROTOCOL or since(s, machine, "6.2"))


def warns(s: Scenario, apei: Place, sections: Iterable[EstatusSection]) -> Iterator[Step]:
    """What the printer says of *sections* in place of each that is too short."""
    for section in (section for section in sections if too_short(s, apei.machine, section)):
        yield apei(SHORT, what=section.name, bytes=section.length, least=LEAST[section.type])


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
