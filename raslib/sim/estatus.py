"""A status block as a kernel reads it: what it makes of the bytes at a source's address, good or broken."""

from functools import lru_cache
from typing import NamedTuple

from ..formats.cper import Severity
from ..formats.ghes import HEADER, StatusBlock
from ..records import RecordError
from .late import late
from .messages import Arrival
from .platform import ReadAck
from .scenario import Scenario, Stance
from .trace import Place, Step, Text

EMPTY = Text(
    "apei.empty",
    "finds no block at {address:#x}",
    "The block status is zero: -ENOENT, the error is not claimed, and there is nothing to acknowledge",
    ("linux.ghes_in_nmi_queue_one_entry", "acpi.status-block"),
)
EMPTY_AT_A_GLANCE = Text(
    "apei.empty-7.1",
    "sees at a glance that no SEA source has a block",
    "Since 7.1 it reads the block status of each source before it takes a lock: -ENOENT",
    ("linux.ghes_notify_sea",),
)
TOO_LONG = Text(
    "apei.too-long",
    'warns "Invalid error status block length", clears the block and acknowledges it',
    "By its own lengths the block is longer than error_status_block_length, {room} bytes: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)
UNREADABLE = Text(
    "apei.unreadable",
    'warns "Failed to read error status block", clears the block and acknowledges it',
    "Its entries do not fill data_length exactly: {problem}. It is lost",
    ("linux.ghes_check_estatus",),
)


class Estatus(NamedTuple):
    """What a kernel makes of the bytes at a source's address."""

    block: StatusBlock
    length: int
    problem: Text | None = None
    why: str = ""


@lru_cache(maxsize=1024)
def read_estatus(memory: bytes, room: int) -> Estatus:
    """The block in *memory*, of which the source says that it has *room* bytes. ghes_read_estatus()"""
    memory = memory.ljust(max(room, HEADER), b"\0")
    block, why = _parse(memory)
    if not int.from_bytes(memory[:4], "little"):
        return Estatus(block, 0, EMPTY)
    length = block.raw_data_offset + block.raw_data_length if block.raw_data_length else HEADER + block.data_length
    if length > room:
        return Estatus(block, length, TOO_LONG, f"it says {length}")
    return Estatus(block, length, UNREADABLE if why else None, why)


def _parse(memory: bytes) -> tuple[StatusBlock, str]:
    """*memory* as a block, and what is wrong with it; of a broken one, its header.

    A section that is too short for its kind does not break the block: it stays bytes, its type becomes zero.
    """
    try:
        return StatusBlock.parse(memory), ""
    except RecordError as e:
        spans = {span.path: span for span in StatusBlock.explain(memory).spans}
        entry, _, inner = e.path.partition(".section.")
        if inner and (kind := spans.get(f"{entry}.section_type")) and kind.value.int:
            return _parse(memory[: kind.start] + bytes(16) + memory[kind.stop :])
        known = {
            name: spans[name].value for name in ("raw_data_offset", "raw_data_length", "data_length") if name in spans
        }
        return StatusBlock(**known), f"{e.path}: {e.why}"


def problem(s: Scenario, apei: Place, m: Arrival, found: Estatus) -> Step:
    """The step for a block that cannot be used."""
    assert found.problem, "it is asked for blocks that have one"
    text, sets = found.problem, {} if found.problem is EMPTY else cleared(s, m)
    if text is EMPTY and m.kind == "SEA" and s.stance is Stance.AS_BUILT and since(s, m.kernel.machine, "7.1"):
        text = EMPTY_AT_A_GLANCE
    room, address = m.told_by.block_length, m.told_by.block_address
    return apei(text, sets=sets, room=room, address=address, problem=found.why)


def severity(block: StatusBlock) -> Severity:
    """As Linux ranks it: a number that it does not know is fatal."""
    return block.error_severity if isinstance(block.error_severity, Severity) else Severity.FATAL


def said(block: StatusBlock) -> str:
    known = isinstance(block.error_severity, Severity)
    return severity(block).name.lower() if known else f"severity {block.error_severity}, which is taken for fatal"


def cleared(s: Scenario, m: Arrival) -> dict[str, str | None]:
    """What the memory holds when the kernel has given the block back. ghes_clear_estatus()"""
    machine = m.kernel.machine
    return {f"{machine} block_status": "0x0", f"{machine} read_ack": late(s, _given_back, m.told_by.ack)}


def _given_back(_: Scenario, ack: ReadAck | None) -> str | None:
    return f"{ack.after(0):#x}" if ack else None


def since(s: Scenario, machine: str, version: str) -> bool:
    """Is the kernel of *machine* at least that new? By the architecture's intent it is."""
    return s.stance is Stance.ARCHITECTURE or getattr(s, machine).linux.since(version)
