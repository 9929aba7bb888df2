"""A status block as a kernel reads it: what it makes of the bytes at a source's address, good or broken."""

from functools import lru_cache
from typing import Any, NamedTuple

from ...formats.cper import Severity
from ...formats.ghes import HEADER, StatusBlock
from ...formats.hest import ReadAck
from ...records import RecordError
from ..model.choices import Stance
from ..model.lazy import force, ignoring, lazy
from ..model.messages import Arrival, Kernel
from ..model.platform import GhesSource
from ..model.scenario import Scenario
from ..model.trace import Place, Step, StepText
from .short_section import restored

EMPTY = StepText(
    "apei.empty",
    "{finds}",
    "The block status is zero: -ENOENT, the error is not claimed, and there is nothing to acknowledge{glance}",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_notify_sea", "acpi.status-block"),
)
TRUNCATED = StepText(
    "apei.truncated",
    'warns "Truncated error status block!", clears the block and acknowledges it',
    "By its own lengths the block ends within its header: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)
TOO_LONG = StepText(
    "apei.too-long",
    'warns "Invalid error status block length!", clears the block and acknowledges it',
    "By its own lengths the block is longer than error_status_block_length, {room} bytes: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)
BAD_HEADER = StepText(
    "apei.bad-header",
    'warns "Invalid CPER header!", clears the block and acknowledges it',
    "An entry has 64 bytes at least, and raw data lies behind the entries: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)
UNREADABLE = StepText(
    "apei.unreadable",
    'warns "Failed to read error status block!", clears the block and acknowledges it',
    "Its entries do not fill data_length exactly: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)


class Estatus(NamedTuple):
    """What a kernel makes of the bytes at a source's address."""

    block: StatusBlock  # an empty one if there is a problem
    length: int
    problem: StepText | None = None
    why: str = ""

    @property
    def peeked(self) -> bool:
        """Does the header show the problem, before anything is copied?"""
        return self.problem in (EMPTY, TRUNCATED, TOO_LONG, BAD_HEADER)


LONGEST = 0x10000  # Linux copies no more, whatever the source says
SHORTEST_ENTRY = 64
# How severe a block is, is the same whatever is in its sections; whether it can be read, whatever its severity.
_INSIDE = ("cper.section", "cper.section_severity", "cper.threshold_exceeded")


def peek(s: Scenario, m: Arrival) -> Estatus:
    """Can the block at the source's address be used? Neither its severity nor its sections are looked at."""
    return read_estatus(force(ignoring(s, *_INSIDE, "cper.severity"), m.memory), m.told_by.block_length)


def look(s: Scenario, m: Arrival) -> Estatus:
    """The block that `peek` has found usable, with its severity; what is in its sections is not looked at."""
    estatus = peek(s, m)
    if not isinstance(estatus.block.error_severity, Severity):  # no choice of a severity is left
        return estatus
    return read_estatus(force(ignoring(s, *_INSIDE), m.memory), m.told_by.block_length)


@lru_cache(maxsize=8192)
def read_estatus(memory: bytes, room: int) -> Estatus:
    """The block in *memory*, of which the source says that it has *room* bytes. ghes_read_estatus()"""
    room = min(room, LONGEST)
    memory = memory.ljust(max(room, HEADER), b"\0")
    status, raw_offset, raw, entries = (int.from_bytes(memory[at : at + 4], "little") for at in range(0, 16, 4))
    entries_end = HEADER + entries
    length = raw_offset + raw if raw else entries_end
    if not status:
        return Estatus(StatusBlock(), 0, EMPTY)
    if length < HEADER:
        return Estatus(StatusBlock(), length, TRUNCATED, f"it says {length} bytes")
    if length > room:
        return Estatus(StatusBlock(), length, TOO_LONG, f"it says {length}")
    if 0 < entries < SHORTEST_ENTRY:
        return Estatus(StatusBlock(), length, BAD_HEADER, f"data_length says {entries} bytes of entries")
    if raw and raw_offset < entries_end:
        why = f"raw_data_offset says {raw_offset}, entries end at {entries_end}"
        return Estatus(StatusBlock(), length, BAD_HEADER, why)
    block, why = _parse(memory)
    return Estatus(block, length, UNREADABLE if why else None, why)


def _parse(memory: bytes) -> tuple[StatusBlock, str]:
    """*memory* as a block, or what is wrong with it. A section that is too short for its kind does not break it."""
    try:
        return StatusBlock.parse(memory), ""
    except RecordError as e:
        entry, _, inner = e.path.partition(".section.")
        spans = {span.path: span for span in StatusBlock.explain(memory).spans} if inner else {}
        if (kind := spans.get(f"{entry}.section_type")) and kind.value.int:
            block, why = _parse(memory[: kind.start] + bytes(16) + memory[kind.stop :])
            at = int(entry.removeprefix("entries[").removesuffix("]"))
            return (block if why else restored(block, at, kind.value)), why
        return StatusBlock(), f"{e.path}: {e.why}"


def problem(s: Scenario, apei: Place, m: Arrival, estatus: Estatus) -> Step:
    """The step for a block that cannot be used."""
    assert estatus.problem, "it is asked for blocks that have one"
    room = m.told_by.block_length
    if estatus.problem is EMPTY:
        finds = lazy(s, _finds, m.kernel.machine, m.kind, m.told_by.block_address)
        return apei(EMPTY, finds=finds, glance=lazy(s, _glance, m.kernel.machine, m.kind))
    sets = cleared(s, m.kernel, m.told_by)
    return apei(estatus.problem, sets=sets, room=room, problem=lazy(s, _why, m.memory, room))


def _finds(s: Scenario, machine: str, kind: str, address: int) -> str:
    if _glance(s, machine, kind):
        return "sees at a glance that no SEA source has a block"
    return f"finds no block at {address:#x}"


def _glance(s: Scenario, machine: str, kind: str) -> str:
    """How that was found: where much depends on time, before anything is locked or mapped."""
    if kind == "SEA" and s.stance is Stance.AS_BUILT and since(s, machine, "7.1"):
        return ". Since 7.1 the status of each source is read before any lock is taken"
    return ""


def _why(_: Scenario, memory: bytes, room: int) -> str:
    return read_estatus(memory, room).why


def reads(s: Scenario, apei: Place, text: StepText, m: Arrival, estatus: Estatus, **args: Any) -> Step:
    """The step for a block that can be used."""
    source = m.told_by
    length = lazy(s, _length, m.memory, source.block_length)
    fields: dict[str, Any] = {"bytes": length, "address": source.block_address, "source_id": source.source_id}
    return apei(text, **fields, severity=said(estatus.block), **args)


def _length(_: Scenario, memory: bytes, room: int) -> int:
    return read_estatus(memory, room).length


def severity(block: StatusBlock) -> Severity:
    """As Linux ranks it: a number that it does not know is fatal."""
    return block.error_severity if isinstance(block.error_severity, Severity) else Severity.FATAL


def said(block: StatusBlock) -> str:
    known = isinstance(block.error_severity, Severity)
    return severity(block).name.lower() if known else f"severity {block.error_severity}, which is taken for fatal"


def cleared(s: Scenario, kernel: Kernel, source: GhesSource) -> dict[str, str | None]:
    """What the memory holds when the kernel has given the block back. ghes_clear_estatus()"""
    machine = kernel.machine
    return {f"{machine} block_status": "0x0", f"{machine} read_ack": lazy(s, _given_back, source.ack)}


def _given_back(_: Scenario, ack: ReadAck | None) -> str | None:
    return f"{ack.after(0):#x}" if ack else None


def since(s: Scenario, machine: str, version: str) -> bool:
    """Is the kernel of *machine* at least that new? By the architecture's intent it is."""
    return s.stance is Stance.ARCHITECTURE or getattr(s, machine).linux.since(version)
