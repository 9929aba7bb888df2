"""Firmware: triage and the block that tells of the error. EL3 writes it for the host, QEMU writes one for its guest."""

from functools import cache
from typing import Any

from ..formats import ghes
from ..formats.cper import Severity
from ..formats.hest import Notify
from ..formats.memory import MemoryValid, PlatformMemory
from ..formats.sections import GUIDS
from . import syndromes
from .blocks import host_block
from .hardware import EL3
from .late import late
from .messages import Error, Reported, Triaged
from .notification import enter, unheard
from .outcome import acked, ended
from .platform import ReadAck, Source, host_source
from .scenario import Apei, Bytes, Category, Ghes, Scenario, Stance, TfA
from .trace import END, Cper, Place, Stage, Step, Text

TRIAGES = Text(
    "firmware.triages",
    "triages the error: {category}",
    "ERR<n>STATUS says so: {means}. The record is cleared, and nobody else will find it",
    ("tf-a.ras_ea_handler", "arm.err-status"),
)
UNCONTAINABLE = Text(
    "firmware.uncontainable",
    "panics: the error is uncontainable",
    "ESR_EL3 says {state}: plat_handle_uncontainable_ea() does not return, and the kernel never hears",
    ("tf-a.delegate", "tf-a.uncontainable"),
)
UNCONTAINABLE_2_15 = Text(
    "firmware.uncontainable-2.15",
    "panics: it takes every abort that is not on a translation table walk for uncontainable",
    "2.12 asked whether SET is UC and DFSC is 0x10; 2.15 asks whether one of both holds, and DFSC is 0x10 here",
    ("tf-a-2.15.runtime_svc", "tf-a.delegate"),
)
UNHANDLED = Text(
    "firmware.unhandled",
    'panics: "Unhandled External Abort"',
    "No error record that it knows is valid, so no handler took the abort",
    ("tf-a.plat_ea_handler",),
)
NOT_MINE = Text(
    "firmware.not-mine",
    "passes the SError on to {target}: no error record is valid",
    "An abort that is not a RAS error belongs to the software it interrupted",
    ("mail.plain-serror",),
)
TELLS_NOBODY = Text(
    "firmware.tells-nobody",
    "returns to what was interrupted, and tells nobody",
    "TF-A's handlers read and clear the record; to write CPER and to notify is the platform's to add",
    ("tf-a.plat_ea_handler", "tf-a.ras_ea_handler"),
)
WRITES = Text(
    "firmware.writes",
    "writes a Generic Error Status Block: {severity}, {section}{spoilt}",
    "HEST source {source_id} names this memory. The block has to be complete before the kernel is told, and stays "
    "untouched until the kernel has {freed}",
    ("acpi.status-block", "acpi.ghesv2", "tf-a.nrd"),
)
GIVEN = Text(
    "firmware.given",
    "writes the Generic Error Status Block that it was given",
    "HEST source {source_id} names this memory; whatever is in it, the kernel will read",
    ("acpi.status-block",),
)
_SEVERITY = {
    Category.CE: Severity.CORRECTED,
    Category.DE: Severity.RECOVERABLE,  # the data is lost; that nobody has used it leaves time to take the page away
    Category.UEO: Severity.RECOVERABLE,
    Category.UER: Severity.RECOVERABLE,
    Category.UEU: Severity.FATAL,
    Category.UC: Severity.FATAL,
}


def triage(s: Scenario, m: Error) -> Stage:
    """EL3 has been entered: what is it, and who is to hear of it?"""
    found = syndromes.category_of(m.status)
    if s.stance is Stance.AS_BUILT:
        if text := _uncontainable(s, m):
            yield EL3(text, state=syndromes.read(m.esr).state)
            yield ended("host", "fw_panic")
            return END
        if found is None:
            yield EL3(UNHANDLED)
            yield ended("host", "fw_panic")
            return END
    if found is None:
        return (yield from enter(s, m, "SError", None, NOT_MINE))
    yield EL3(TRIAGES, sets={"ERR<n>STATUS": "0x0"}, category=found.value, means=found.means)
    if s.stance is Stance.AS_BUILT and not s.host.reports:
        yield EL3(TELLS_NOBODY)
        return (yield from unheard(m))
    source = m.start.source or advertised(s)
    syndrome = m.status if source.notify in (Notify.SEA, Notify.SEI) else 0  # for the others it has done its work
    return "write_cper", Triaged(m._replace(status=syndrome, esr=0), source, late(s, _severity, _SEVERITY[found]))


def advertised(s: Scenario) -> Source:
    """The source that the host's HEST advertises. All but how it notifies matters to others, later."""
    source = host_source(s.host.notify, True)
    interval = late(s, _poll_interval) if source.notify == Notify.POLLED else 0
    return source._replace(ack=late(s, _read_ack), shares_id=late(s, _shares_id), poll_interval=interval)


def _poll_interval(s: Scenario) -> int:
    return int(s.host.poll.value)


def _shares_id(s: Scenario) -> bool:
    return s.host.apei is Apei.DUPLICATE


def _read_ack(s: Scenario) -> ReadAck | None:
    return host_source(s.host.notify, s.host.ghes is Ghes.V2).ack


def _uncontainable(s: Scenario, m: Error) -> Text | None:
    """Why TF-A gives up before it asks any handler. delegate_sync_ea(), delegate_async_ea()"""
    if m.kind == "interrupt":
        return None
    told = syndromes.read(m.esr)
    if told.kind == "SEA" and s.host.tf_a is TfA.V2_15 and not told.on_walk:
        return UNCONTAINABLE_2_15
    return UNCONTAINABLE if told.state == "UC" else None


def write_cper(s: Scenario, m: Triaged) -> Stage:
    """The block goes where the HEST source says, before anybody is told."""
    if (block := m.error.start.block) is not None:
        yield put(s, EL3, "host", GIVEN, m.source, block)
        yield acked("host", False)
        return "notify", Reported(m.error, m.source, block)
    block = late(s, host_block, m.severity)
    said = {"severity": late(s, _severity_said, m.severity), "section": late(s, _section_said)}
    yield put(s, EL3, "host", WRITES, m.source, block, spoilt=late(s, _bytes_said), **said)
    yield acked("host", False)
    return "notify", Reported(m.error, m.source, block)


def _severity(s: Scenario, by_category: Severity) -> Severity:
    """The severity that firmware reports; *by_category* is that of the error itself."""
    return by_category if s.cper.severity is None else s.cper.severity


def _severity_said(_: Scenario, severity: Severity) -> str:
    return severity.name.lower()


def _section_said(s: Scenario) -> str:
    return s.cper.section.means


def _bytes_said(s: Scenario) -> str:
    return "" if s.cper.bytes is Bytes.WHOLE else f"; but {s.cper.bytes.means}"


def put(s: Scenario, place: Place, machine: str, text: Text, source: Source, block: bytes, **args: Any) -> Step:
    """The step that leaves *block* where *source* of *machine* says. EL3 does so for the host, QEMU for its guest."""
    sets = {
        f"{machine} block_status": late(s, _block_status, block),
        f"{machine} read_ack": late(s, _taken_back, source.ack),
    }
    carries, freed = Cper(source.block_address, block), late(s, _freed, source.ack)
    return place(text, carries=carries, sets=sets, source_id=source.source_id, freed=freed, **args)


def _block_status(_: Scenario, block: bytes) -> str:
    return f"{int.from_bytes(block[:4], 'little'):#x}"


def _taken_back(_: Scenario, ack: ReadAck | None) -> str | None:
    return "0x0" if ack else None


def _freed(_: Scenario, ack: ReadAck | None) -> str:
    return "written the read ack register" if ack else "written 0 to its status"


# --- bytes -----------------------------------------------------------------------------------------------------------


@cache
def qemu_block(address: int) -> bytes:
    """What QEMU writes for its guest: a memory error of which only the physical address is known, recoverable."""
    valid = MemoryValid(physical_address=True, memory_error_type=True)
    section = PlatformMemory(validation_bits=valid, physical_address=address)
    entry = ghes.DataEntry(section_type=GUIDS[PlatformMemory], error_severity=Severity.RECOVERABLE, section=section)
    status = ghes.BlockStatus(uncorrectable=True)  # it leaves the count of entries 0
    return ghes.StatusBlock(block_status=status, error_severity=Severity.RECOVERABLE, entries=(entry,)).build()
