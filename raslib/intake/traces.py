"""Trace events of Linux that carry records, as text and in rasdaemon's database.

The events are in include/ras/ras_event.h: `non_standard_event` has a whole section, `arm_event` the parts of an ARM
processor section, `mc_event` what EDAC took from a memory section. Their text is that of trace-cmd or trace_pipe, of
rasdaemon (0.8.5, ras-*-handler.c) or of ras-mc-ctl. None has the block around it.
"""

import dataclasses
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any
from uuid import UUID

from ..formats.arm import ArmProcessor, ContextInformation, ErrorInformation
from ..formats.cper import Severity
from ..formats.memory import PlatformMemory
from ..formats.sections import GUIDS
from . import linux
from .block import EntryDraft, Reader, found_in
from .draft import LARGEST, DumpedBytes, Log, guid, length
from .dumps import row
from .fields import fixed, whole
from .found import OBSERVATIONS, Found, Observation
from .messages import HARDWARE, head
from .sections import MemorySection, Section, Unknown
from .text import shown

_DAEMON = re.compile(r"rasdaemon(?:\[\d{1,9}\])?: ?")
_WORDS = "Informational|Corrected|Recoverable|Fatal|info|corrected|recoverable|fatal"
_GUID = "[0-9a-fA-F-]{36}"
_SECTION = re.compile(
    rf"(?:severity: )?({_WORDS}|\d);? {{1,2}}sec(?:tion)? type: ?(Ampere Specific Error|{_GUID});?"
    rf" (?:fru text: (.{{0,40}}?) ?fru id: ({_GUID}) {{1,2}}length: (\d{{1,6}})"
    rf"|FRU: ({_GUID}) (.{{0,40}}?); data len: ?(\d{{1,6}}))"
)
_ARM = re.compile(
    r"affinity(?: level)?[:=] ?(-?\d{1,3})[;,]? (?:MPIDR|mpidr)[:=] ?(?:0x)?([0-9a-f]{1,16})[;,]?"
    r"(?: (?:MIDR|midr)[:=] ?(?:0x)?([0-9a-f]{1,16})[;,]?)?"
    r" running[_ ]state[:=] ?(-?\d{1,10})[;,]? (?:psci_|PSCI )state[:=] ?(-?\d{1,10})"
)
_PARTS = ("ARM Processor Err Info", "ARM Processor Err Context Info", "Vendor Specific Err Info")
_PART = re.compile(rf"({'|'.join(_PARTS)}) data len: (\d{{1,6}})")
_RAW = re.compile(rf"(?:({'|'.join(_PARTS)}) )?raw data: ?([^;]*)")
_MEMORY = re.compile(
    r"\b(\d{1,9}) (Corrected|Uncorrected|Fatal|Deferred|Info) errors?(?:\(s\))?:? ?(.{0,200}?) (?:on|at) (.{0,200}?),?"
    r" \(?(mc: ?\d+ )?location: ?([\d:-]{1,40})(.*)"
)
_SEVERITIES = {"Corrected": Severity.CORRECTED, "Uncorrected": Severity.RECOVERABLE, "Deferred": Severity.RECOVERABLE}
_SEVERITIES |= {"Fatal": Severity.FATAL, "Info": Severity.INFORMATIONAL}
# what EDAC calls the items of a location, and Linux's printer
_ITEMS = {"col": "column", "bit_pos": "bit_position", "requestorID": "requestor_id", "responderID": "responder_id"}
_ITEMS |= {"targetID": "target_id", "chipID": "chip_id"}
_SEVERITY = re.compile(r"^ ?severity: (Informational|Corrected|Recoverable|Fatal)$")
_NO_WORDS = re.compile(r"\s*[0-9a-f]{8}: *")  # the row that begins where the bytes end
TIME = frozenset({"validation_bits.timestamp"})
FRU = frozenset({"validation_bits.fru_id", "validation_bits.fru_text"})
HEAD = fixed(ArmProcessor, "error_information")
ROWS = 100_000  # of a table that are read


def is_trace(text: str) -> bool:
    """Has *text* an event whose record can be had?"""
    return any(pattern.search(text) for pattern in (_PART, *_BEGIN))


class Whole(Unknown):
    """A section of which the bytes were printed, but for up to three that make no word of four."""

    sized = True

    def take(self, number: int, said: str) -> bool:
        if found := _RAW.fullmatch(said.strip()):
            self.bytes.data = _raw(number, found[2])
            return True
        return super().take(number, said) or bool(_NO_WORDS.fullmatch(said))


class ArmEvent(Section):
    """An ARM processor section by its parts. How many contexts there are follows from their sizes."""

    record, sized = ArmProcessor(), True
    follows = frozenset(f"validation_bits.{name}" for name in ("mpidr", "error_affinity_level", "running_state"))

    def __init__(self, log: Log, number: int, found: re.Match[str]) -> None:
        super().__init__(log)
        affinity, mpidr, running, psci = int(found[1]), int(found[2], 16), int(found[4]), int(found[5])
        if mpidr:
            self.draft.give(number, "mpidr_el1", mpidr, "mpidr")
        if found[3]:
            self.draft.give(number, "midr_el1", int(found[3], 16))
        if 0 <= affinity < 255:
            self.draft.give(number, "error_affinity_level", affinity, "error_affinity_level")
        if running >= 0:
            self.draft.give(number, "running_state", running & 0xFFFF_FFFF, "running_state")
            self.draft.give(number, "psci_state", psci & 0xFFFF_FFFF)
        self.printed: dict[str, DumpedBytes] = {}

    def take(self, number: int, said: str) -> bool:
        if found := _RAW.fullmatch(said.strip()):
            name = found[1] or next(reversed(self.printed), _PARTS[0])
            self.printed.setdefault(name, DumpedBytes(self.log)).data = _raw(number, found[2])
            return True
        if found := _PART.fullmatch(said.strip()):
            self.printed[found[1]] = DumpedBytes(self.log, length(number, int(found[2])))
            return True
        last = next(reversed(self.printed.values()), None)
        return last is not None and (last.take(number, said) or bool(_NO_WORDS.fullmatch(said)))

    def body(self) -> bytes:
        errors, contexts, vendor = (self.printed[name].whole() if name in self.printed else b"" for name in _PARTS)
        head = self.draft.whole()
        data: bytes = head.replace(
            validation_bits=head.validation_bits.replace(vendor_specific=bool(vendor)),
            err_info_num=_errors(errors),
            context_info_num=_contexts(contexts, self.log),
            section_length=HEAD + len(errors) + len(contexts) + len(vendor),
        ).build()
        return data + errors + contexts + vendor

    def paths(self) -> set[str]:
        if not self.printed:  # an event of Linux before 6.17 has no more than this
            return super().paths()
        counts = {"err_info_num", "context_info_num", "section_length", "validation_bits.vendor_specific"}
        return super().paths() | counts | {"error_information", "context_information", "vendor_specific"}


def _errors(data: bytes) -> int:
    """How many errors lie one behind the other, each as long as its second byte says."""
    count, at = 0, 0
    while at < len(data):
        count, at = count + 1, at + max(data[at + 1] if at + 1 < len(data) else 0, whole(ErrorInformation))
    return count


def _contexts(data: bytes, log: Log) -> int:
    """How many contexts fill *data*, each padded to 16 bytes as the document has it or, as older releases, not."""
    for alignment in (16, 1):
        count, at = 0, 0
        while at + fixed(ContextInformation, "registers") <= len(data):
            at += fixed(ContextInformation, "registers") + int.from_bytes(data[at + 4 : at + 8], "little")
            count, at = count + 1, at + -at % alignment
        if at == len(data):
            return count
    log.note("the contexts do not fill their bytes: how many there are is a guess")
    return count


def _raw(number: int, text: str) -> bytes:
    """The bytes that __print_hex gives: two digits each, with blanks or not."""
    digits = text.strip("{}").replace("0x", "").replace(",", " ")
    try:
        return bytes.fromhex(digits)[:LARGEST]
    except ValueError:
        raise ValueError(f"line {number}: {text[:40]!r} is not hex digits of whole bytes") from None


# --- the lines --------------------------------------------------------------------------------------------------------


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines without what a journal puts before them; what a trace has on one line, piece by piece."""
    for number, line in enumerate(text.split("\n"), 1):
        said = line.rstrip("\r")
        if found := _DAEMON.search(said):
            said = said[found.end() :]
        starts = next((p for p in (_SECTION, _ARM) if p.search(said)), None)
        if starts and (found := starts.search(said)):
            yield number, found[0]
            said = said[found.end() :]
        found = _PART.search(said)
        if found and "raw data" not in said and ";" not in said:
            yield from ((number, piece) for piece in (said[: found.start()], said[found.start() :]) if piece.strip())
        elif found or "raw data:" in said:
            yield from ((number, piece.strip()) for piece in said.split(";") if piece.strip())
        elif said.strip():
            yield number, said


def read_events(text: str) -> Iterator[Found | ValueError]:
    """A block for each event, or why there is none."""
    events: list[list[tuple[int, str]]] = []
    for number, line in _lines(text):
        if any(pattern.search(line) for pattern in _BEGIN):
            events.append([])
        if events:
            events[-1].append((number, line))
    if not events:
        yield ValueError("no line begins a trace event")
    for lines in events:
        try:
            yield _read(lines)
        except ValueError as e:
            yield e


def _read(lines: list[tuple[int, str]]) -> Found:
    """The block of the event that these lines are of."""
    (first, begins), *more = lines
    reader = next(begun(first, found) for pattern, begun in _BEGIN.items() if (found := pattern.search(begins)))
    for number, line in more:
        _take(reader, number, line)
    return found_in(reader, f"from a trace event, lines {first} to {lines[-1][0]}")


def _section(number: int, found: re.Match[str]) -> Reader:
    """A section whose bytes follow, or stand behind."""
    word, size = found[1].upper(), length(number, int(found[5] or found[8]))
    severity = Severity(int(word)) if word.isdigit() else next(s for s in Severity if s.name.startswith(word))
    text, fru = (found[3] or found[7] or "")[:20], guid(number, found[4] or found[6])
    kind = linux.GUID["Ampere RAS"] if found[2].startswith("Ampere") else guid(number, found[2])
    reader = _around(kind, severity, partial(Whole, size=size), TIME)
    for name, value in (("fru_text", text), ("fru_id", fru)):
        if value not in ("", UUID(int=0)):
            reader.entries[0].give(number, name, value, name)
    return reader


def _arm(number: int, found: re.Match[str]) -> Reader:
    return _around(GUIDS[ArmProcessor], None, partial(ArmEvent, number=number, found=found))


def _around(
    kind: UUID, severity: Severity | None, section: Callable[[Log], Section], silent: frozenset[str] = TIME | FRU
) -> Reader:
    """A block of one entry; whether that has what is *silent*, nobody says: the time on a line is the daemon's own."""
    reader = Reader()
    entry = EntryDraft(reader.log, severity)
    entry.kind, entry.section = kind, section(reader.log)
    entry.given = {path: line for path, line in entry.given.items() if path not in silent}
    reader.severity = severity
    reader.entries.append(entry)
    return reader


def _memory(number: int, found: re.Match[str]) -> Reader:
    """A memory section from what EDAC says of it: the address, the items of its location, the error in words."""
    reader = _around(GUIDS[PlatformMemory], _SEVERITIES[found[2]], MemorySection)
    for line in _memory_lines(found):
        _take(reader, number, line)
    reader.log.note(f"line {number} names the DIMM {found[4]!r} and location {found[6]} of EDAC's")
    return reader


def _memory_lines(found: re.Match[str]) -> Iterator[str]:
    """What Linux's printer would have logged."""
    more = found[7]
    address = re.search(r"\baddr(?:ess)?:? ?(0x[0-9a-f]{1,16}|\d{1,20})", more)
    if address and int(address[1], 0):
        yield f"physical_address: {int(address[1], 0):#018x}"
    pairs = re.findall(r"\b(\w+): ?(0x[0-9a-f]{1,16}|\d{1,10})\b", more.partition("APEI location:")[2])
    items = {_ITEMS.get(name, name): value for name, value in pairs}
    yield from (f"{name}:{value}" for name, value in items.items() if name in linux.LOCATED)
    if "handle" in items:
        yield f"DIMM location: not present. DMI handle: {items['handle']}"
    types = {word.lower(): n for n, word in linux.LINES["memory"]["type"].words.items()}
    if (name := found[3].lower()) in types:
        yield f"error_type: {types[name]}, {name}"


# how an event begins, and what it comes to
_BEGIN = {_SECTION: _section, _ARM: _arm, _MEMORY: _memory}


def _take(reader: Reader, number: int, said: str) -> None:
    (entry,) = reader.entries
    text = head(said)[1] if not HARDWARE.search(said) else HARDWARE.split(said)[-1]
    if found := _SEVERITY.match(text):
        reader.severity = Severity[found[1].upper()]
        entry.give(number, "error_severity", reader.severity)
    elif not entry.section.take(number, said) and row(said):
        reader.log.missed.append((number, said))


# --- the database -----------------------------------------------------------------------------------------------------


def read_database(data: bytes) -> Iterator[Found | ValueError]:
    """What rasdaemon's database (ras-record.c) holds: a block for each event with a record, a line for each other."""
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            base.deserialize(data)
            base.row_factory = sqlite3.Row
            names = [r[0] for r in base.execute("select name from sqlite_schema where type = 'table' order by name")]
            for name in names:
                if name.endswith(("_event", "_record", "_errors")):
                    for line in base.execute(f'select * from "{name}" limit {ROWS}'):
                        yield from _of_row(name, dict(line))
        except sqlite3.Error as e:
            yield ValueError(f"a database that cannot be read: {e}")


def _of_row(table: str, values: Mapping[str, Any]) -> Iterator[Found | ValueError]:
    """A row as the trace event that it was made from; one that no record can be had of, as an observation."""
    where = f"from rasdaemon's database, {table} {values.get('id', '?')}, {values.get('timestamp', 'no time')}"
    if table in _WRITTEN:
        try:
            text = _WRITTEN[table](values)
        except (ValueError, KeyError, TypeError) as e:
            yield ValueError(f"{where}: {e!r}")
            return
        for one in read_events(text):
            yield dataclasses.replace(one, note=where) if isinstance(one, Found) else ValueError(f"{where}: {one}")
        return
    text = ", ".join(f"{k} {v}" for k, v in values.items() if isinstance(v, int | str) and v != "")
    number = int(values.get("id") or 0)
    line = Observation(number, "trace", shown(f"{table}: {text}"[:2000]))
    yield Found(OBSERVATIONS, b"", where, observations=(line,))


def _section_event(values: Mapping[str, Any]) -> str:
    kind, fru = (UUID(bytes_le=bytes(values[name])) for name in ("sec_type", "fru_id"))
    data = bytes(values["error"])
    text = " ".join((values["fru_text"] or "").split())
    head = f"{values['severity']}; sec type:{kind}; FRU: {fru} {text}"
    return f"severity: {head}; data len:{len(data)}; raw data:{data.hex(' ')}"


def _arm_event(values: Mapping[str, Any]) -> str:
    mpidr, midr = (int(values.get(name) or 0) % (1 << 64) for name in ("mpidr", "midr"))
    text = f"affinity: {values['affinity']} MPIDR: {mpidr:x}{f' MIDR: {midr:x}' if midr else ''}"
    text += f" running_state: {values['running_state']} psci_state: {values['psci_state']}"
    for name, column in zip(_PARTS, ("err_info", "context_info", "vendor_info"), strict=True):
        data = bytes(values.get(column) or b"")
        text += f"; {name} data len: {len(data)}; {name} raw data: {data.hex(' ')}" if data else ""
    return text


def _memory_event(values: Mapping[str, Any]) -> str:
    places = ":".join(str(values[f"{layer}_layer"]) for layer in ("top", "middle", "lower"))
    text = f"{values['err_count']} {values['err_type']} error(s): {values['err_msg']} at {values['label'] or '?'}"
    address = int(values["address"] or 0) % (1 << 64)
    return f"{text} location: {places}, addr {address} {values['driver_detail'] or ''}"


_WRITTEN = {"non_standard_event": _section_event, "arm_event": _arm_event, "mc_event": _memory_event}
