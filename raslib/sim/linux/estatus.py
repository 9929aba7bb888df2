"""A status block as a kernel reads it: what it makes of the bytes at a source's address, and what it prints."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from struct import unpack_from
from typing import Any, NamedTuple
from uuid import UUID

from ...formats.cper import Severity
from ...formats.ghes import HEADER
from ...formats.hest import ReadAck
from ...formats.sections import NAMES
from ..model.choices import Config, Stance
from ..model.lazy import force, ignoring, lazy
from ..model.messages import Arrival, Kernel
from ..model.platform import GhesSource
from ..model.scenario import Scenario
from ..model.trace import Place, Step, StepText

# fmt: off
EMPTY = StepText("apei.empty", "{finds}",
    "The block status is zero: -ENOENT, the error is not claimed, and there is nothing to acknowledge{glance}",
    ("linux.ghes_in_nmi_queue_one_entry", "linux.ghes_notify_sea", "acpi.status-block"))
TRUNCATED = StepText("apei.truncated", 'warns "Truncated error status block!", clears the block and acknowledges it',
    "By its own lengths the block ends within its header: {problem}. It is lost", ("linux.ghes_check_estatus",))
TOO_LONG = StepText("apei.too-long",
    'warns "Invalid error status block length!", clears the block and acknowledges it',
    "By its own lengths the block is longer than error_status_block_length, {room} bytes: {problem}. It is lost",
    ("linux.ghes_check_estatus",))
BAD_HEADER = StepText("apei.bad-header", 'warns "Invalid CPER header!", clears the block and acknowledges it',
    "An entry has 64 bytes at least, and raw data lies behind the entries: {problem}. It is lost",
    ("linux.ghes_check_estatus",))
UNREADABLE = StepText("apei.unreadable",
    'warns "Failed to read error status block!", clears the block and acknowledges it',
    "Its entries do not fill data_length exactly: {problem}. It is lost", ("linux.ghes_check_estatus",))
HANGS = StepText("apei.hangs", "never comes to an end with the block",
    "It goes from entry to entry by their sizes: {problem}. The block stays as it is, and so does the processor",
    ("linux.ghes_check_estatus",))
SHORT = StepText("apei.short-section", 'warns "error section length is too small" in place of the section ({what})',
    "It has {bytes} bytes, its kind has {least} at least. Only the printer looks at that: what the section asks for "
    "is still read, at the offsets of its kind", ("linux.ghes_do_proc", "uefi.sections"))
# fmt: on


class EstatusSection(NamedTuple):
    """A section as apei_estatus_for_each_section() comes upon it. All that Linux checks is that lengths fit."""

    type: UUID
    severity: int
    threshold_exceeded: bool
    reset: bool
    length: int  # error_data_length, in bytes, whatever it says
    data: bytes  # from the section's first byte to the end of memory: code may read past `length`

    @property
    def name(self) -> str:
        return NAMES.get(self.type) or str(self.type)


class Estatus(NamedTuple):
    """What a kernel makes of the bytes at a source's address."""

    severity: int = 0  # as the block says it, known or not
    sections: tuple[EstatusSection, ...] = ()
    length: int = 0
    problem: StepText | None = None
    why: str = ""

    @property
    def peeked(self) -> bool:
        """Does the header show the problem, before anything is copied?"""
        return self.problem in (EMPTY, TRUNCATED, TOO_LONG, BAD_HEADER)

    @property
    def rank(self) -> Severity:
        """As Linux ranks it: a number that it does not know is fatal."""
        return severity(self.severity)


LONGEST = 0x10000  # Linux copies no more, whatever the source says
_ENTRY, _ENTRY_DATED = 64, 72  # bytes of an entry before its section: up to revision 2.1, and since 3.0
_U32 = 0xFFFF_FFFF
_BEHIND = 0x1000  # bytes behind a block that code may read, taken for zero
# How severe a block is, is the same whatever is in its sections; whether it can be read, whatever its severity.
_INSIDE = ("cper.section", "cper.section_severity", "cper.threshold_exceeded")


def peek(s: Scenario, m: Arrival) -> Estatus:
    """Can the block at the source's address be used? Neither its severity nor its sections are looked at."""
    return read_estatus(force(ignoring(s, *_INSIDE, "cper.severity"), m.memory), m.told_by.block_length)


def look(s: Scenario, m: Arrival) -> Estatus:
    """The block that `peek` has found usable, with its severity; what is in its sections is not looked at."""
    estatus = peek(s, m)
    if estatus.severity not in set(Severity):  # no choice of a severity is left
        return estatus
    return read_estatus(force(ignoring(s, *_INSIDE), m.memory), m.told_by.block_length)


@lru_cache(maxsize=8192)
def read_estatus(memory: bytes, room: int) -> Estatus:
    """The block in *memory*, of which the source says that it has *room* bytes. Sums are of 32 bits, and wrap.

    Linux 7.1 drivers/acpi/apei/ghes.c: __ghes_check_estatus(); drivers/firmware/efi/cper.c: cper_estatus_check()
    """
    room = min(room, LONGEST)
    memory = memory.ljust(max(room, HEADER) + _BEHIND, b"\0")
    status, raw_offset, raw, entries, severity = unpack_from("<5I", memory)
    length = (raw_offset + raw if raw else HEADER + entries) & _U32
    if not status:
        return Estatus(problem=EMPTY)
    if length < HEADER:
        return Estatus(severity, (), length, TRUNCATED, f"it says {length} bytes")
    if length > room:
        return Estatus(severity, (), length, TOO_LONG, f"it says {length}")
    if 0 < entries < _ENTRY:
        return Estatus(severity, (), length, BAD_HEADER, f"data_length says {entries} bytes of entries")
    if raw and raw_offset < HEADER + entries:  # this sum does not wrap
        why = f"raw_data_offset says {raw_offset}, entries end at {HEADER + entries}"
        return Estatus(severity, (), length, BAD_HEADER, why)
    sections, problem, why = _sections(memory, entries)
    return Estatus(severity, sections, length, problem, why)


def _sections(memory: bytes, left: int) -> tuple[tuple[EstatusSection, ...], StepText | None, str]:
    """The sections of *left* bytes of entries, or why the kernel does not take them. cper_estatus_check()"""
    sections: list[EstatusSection] = []
    at = HEADER
    while left:
        entry = f"entries[{len(sections)}]"
        revision, flags, length = unpack_from("<HxBI", memory.ljust(at + _ENTRY, b"\0"), at + 20)
        head = _ENTRY_DATED if revision >> 8 >= 3 else _ENTRY
        size = (head + length) & _U32
        if head > left:
            return (), UNREADABLE, f"{entry}: {left} bytes are left for it, and it has {head} before its section"
        if size > left:
            return (), UNREADABLE, f"{entry}.error_data_length: {length} bytes, and {left - head} are left"
        if not size:
            return (), HANGS, f"{entry}.error_data_length is {length}, and with its head the entry has 0 bytes"
        kind, severity = UUID(bytes_le=memory[at : at + 16]), unpack_from("<I", memory, at + 16)[0]
        sections.append(EstatusSection(kind, severity, bool(flags & 8), bool(flags & 4), length, memory[at + head :]))
        at, left = at + size, left - size
    return tuple(sections), None, ""


def problem(s: Scenario, apei: Place, m: Arrival, estatus: Estatus) -> Step:
    """The step for a block that cannot be used."""
    assert estatus.problem, "it is asked for blocks that have one"
    room = m.told_by.block_length
    if estatus.problem is EMPTY:
        finds = lazy(s, _finds, m.kernel.machine, m.kind, m.told_by.block_address)
        return apei(EMPTY, finds=finds, glance=lazy(s, _glance, m.kernel.machine, m.kind))
    sets = {} if estatus.problem is HANGS else cleared(s, m.kernel, m.told_by)
    return apei(estatus.problem, sets=sets, room=room, problem=lazy(s, _of, m.memory, room, "why"))


def _finds(s: Scenario, machine: str, kind: str, address: int) -> str:
    if _glance(s, machine, kind):
        return "sees at a glance that no SEA source has a block"
    return f"finds no block at {address:#x}"


def _glance(s: Scenario, machine: str, kind: str) -> str:
    """How that was found: where much depends on time, before anything is locked or mapped."""
    if kind == "SEA" and s.stance is Stance.AS_BUILT and since(s, machine, "7.1"):
        return ". Since 7.1 the status of each source is read before any lock is taken"
    return ""


def _of(_: Scenario, memory: bytes, room: int, part: str) -> Any:
    """A *part* of the block in *memory*."""
    return getattr(read_estatus(memory, room), part)


def reads(s: Scenario, apei: Place, text: StepText, m: Arrival, estatus: Estatus, **args: Any) -> Step:
    """The step for a block that can be used."""
    source = m.told_by
    length = lazy(s, _of, m.memory, source.block_length, "length")
    fields: dict[str, Any] = {"bytes": length, "address": source.block_address, "source_id": source.source_id}
    return apei(text, **fields, severity=said(estatus), **args)


def severity(number: int) -> Severity:
    """How Linux ranks a severity: one that it does not know is fatal. ghes_severity()"""
    return Severity(number) if number in set(Severity) else Severity.FATAL


def said(estatus: Estatus) -> str:
    known = estatus.severity in set(Severity)
    return estatus.rank.name.lower() if known else f"severity {estatus.severity}, which is taken for fatal"


def cleared(s: Scenario, kernel: Kernel, source: GhesSource) -> dict[str, str | None]:
    """What the memory holds when the kernel has given the block back. ghes_clear_estatus()"""
    machine = kernel.machine
    return {f"{machine} block_status": "0x0", f"{machine} read_ack": lazy(s, _given_back, source.ack)}


def _given_back(_: Scenario, ack: ReadAck | None) -> str | None:
    return f"{ack.after(0):#x}" if ack else None


def since(s: Scenario, machine: str, version: str, stable: str = "") -> bool:
    """Is the kernel of *machine* at least that new, or a stable update from *stable* on? By the architecture it is."""
    return s.stance is Stance.ARCHITECTURE or getattr(s, machine).linux.since(version, stable)


def host_lacks(s: Scenario, machine: str, option: Config) -> bool:
    """Of a guest's kernel nothing is chosen; by the architecture a kernel has what it needs."""
    return machine == "host" and s.stance is Stance.AS_BUILT and s.host.config is option


# --- what APEI prints of a block, and what it keeps quiet of: ghes_print_estatus() and its cache ----------------------


LEAST = {  # name of a section -> the bytes below which Linux prints "error section length is too small" in place of it
    "Processor Generic": 192,
    "Platform Memory": 73,  # those of UEFI 2.1
    "PCIe": 208,
    "ARM Processor": 40,  # what is fixed of it
    "Firmware Error Record Reference": 16,
    "CXL Protocol Error": 116,
}


def too_short(s: Scenario, machine: str, section: EstatusSection) -> bool:
    """Is it shorter than the printer wants its kind? Up to 6.1 an error of CXL's protocol is of no kind."""
    short = section.length < LEAST.get(section.name, 0)
    return short and (section.name != "CXL Protocol Error" or since(s, machine, "6.2"))


def warns(s: Scenario, apei: Place, sections: Iterable[EstatusSection]) -> Iterator[Step]:
    """What the printer says of *sections* in place of each that is too short."""
    for section in (section for section in sections if too_short(s, apei.machine, section)):
        yield apei(SHORT, what=section.name, bytes=section.length, least=LEAST[section.name])


def cached(s: Scenario, machine: str) -> bool:
    """Is an identical record in the cache of this kernel? Four entries, each for 10 s; only what is printed enters."""
    return getattr(s, machine).repeated and s.stance is Stance.AS_BUILT
