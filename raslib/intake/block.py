"""A Generic Error Status Block from the lines that Linux logged of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from uuid import UUID

from ..formats.cper import Severity
from ..formats.ghes import BlockStatus, DataEntry, StatusBlock
from ..formats.sections import GUIDS
from ..records import RecordError
from . import linux
from .draft import Draft, Log, guid
from .fields import BLOCK, DATED
from .found import Found, Observation
from .lines import LineValue
from .linux import LINES
from .processors import X86, Arm
from .sections import Cxl, Firmware, MemorySection, PcieSection, ProcessorSection, Section, Unknown

_SECTIONS: tuple[type[Section], ...] = (ProcessorSection, MemorySection, PcieSection, Arm, X86, Firmware, Cxl)
SECTIONS = {GUIDS[type(section.record)]: section for section in _SECTIONS}
EVENT, HARMLESS, BEFORE = (LINES["block"][name] for name in ("event", "harmless", "before"))
FLAGS, UNKNOWN_TYPE = LINES["data"]["flags"], LINES["data"]["unknown_type"].head
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
UNNAMED = 0xFFFF  # a severity that Linux calls "unknown", or that nobody gave
MINOR = {"revision", "flags", "raw_data_offset", "raw_data_length", "data_length", "error_data_length"}
MINOR |= {"length", "section_length", "version", "padding"}
# that most logs tell, be it by having no line of it
ALWAYS = {"fru_id", "fru_text", "timestamp"}
ALWAYS |= {f"validation_bits.{name}" for name in ("fru_id", "fru_text", "timestamp")}
MANY = 3  # fields that are named one by one where others beside them are known


class EntryDraft(Draft):
    """One entry in the making; of its *kind*, and with the section that its lines come to."""

    def __init__(self, log: Log, severity: int | None, time: Iterable[LineValue] = ()) -> None:
        super().__init__(DataEntry(revision=0x0300, error_severity=UNNAMED), (), log)
        self.given = dict.fromkeys(ALWAYS, 0)
        self.kind: UUID | None = None
        self.section = Section(log)
        if severity is not None:
            self.give(0, "error_severity", severity)
        if time:
            self.put(0, time, "timestamp")

    def whole(self) -> DataEntry:
        entry: DataEntry = self.record
        return entry.replace(section_type=self.kind or UUID(int=0), section=self.section.body())

    def paths(self) -> set[str]:
        """What the lines give, from the entry on."""
        given = {*self.given} | ({"section_type"} if self.kind else set())
        given |= {"error_data_length"} if self.section.sized else set()
        return given | {f"section.{path}" for path in self.section.paths()}


class Reader:
    """Reads the lines of one event in their order."""

    def __init__(self) -> None:
        self.log = Log()
        self.severity: int | None = None
        self.entries: list[EntryDraft] = []
        self.time: list[LineValue] = []
        self.before = False  # in the words of Linux up to 3.12

    def take(self, number: int, text: str) -> None:
        if text in (HARMLESS.head, BEFORE.head):
            self.before = self.before or text == BEFORE.head
        elif not (self._block(number, text) or self._entry(number, text)):
            self.log.missed.append((number, text))

    def _block(self, number: int, text: str) -> bool:
        if EVENT.is_in(text):
            self.severity = self._severity(number, text.removeprefix(EVENT.head))
        elif found := linux.EVENT_BEFORE.fullmatch(text):
            self.severity = int(found[1])
        elif linux.TIME.fullmatch(text.rstrip()):
            self.time = _time(number, text.rstrip())
        elif found := linux.ENTRY.fullmatch(text):
            self._begin(number, int(found[1]), self._severity(number, found[2]))
        elif found := linux.ENTRY_BEFORE.fullmatch(text):
            self._begin(number, int(found[1]), int(found[2]))
        else:
            return False
        return True

    def _begin(self, number: int, index: int, severity: int) -> None:
        if index != len(self.entries):
            self.log.note(f"line {number} is of entry {index}; of the ones before it {len(self.entries)} are here")
        self.entries.append(EntryDraft(self.log, severity, self.time))
        self.time = []

    def _severity(self, number: int, text: str) -> int:
        name = text.strip()
        if name not in EVENT.numbers:
            self.log.note(f"line {number} does not tell the severity: {UNNAMED:#x} here, which Linux has no word for")
        return EVENT.numbers.get(name, UNNAMED)

    def _entry(self, number: int, text: str) -> bool:
        if not self.entries:
            if not linux.begins(text):
                return False
            self.log.note(f"the lines before line {number} are not there: the severity is open")
            self.entries.append(EntryDraft(self.log, None))
        entry = self.entries[-1]
        head, _, rest = text.partition(":")
        match head:
            case "fru_id" if not entry.kind:
                entry.give(number, "fru_id", guid(number, rest.strip()), "fru_id")
            case "fru_text" if not entry.kind:
                entry.give(number, "fru_text", _fru_text(number, rest.removeprefix(" ")), "fru_text")
            case "flags" if not entry.kind and self.before and (found := FLAGS.read(text)):
                entry.put(number, found)
            case "section_type" if not entry.kind:
                self._typed(entry, linux.KIND.get(rest.strip()), number)
            case "section type" if not entry.kind and text.startswith(UNKNOWN_TYPE):
                entry.kind = guid(number, text.removeprefix(UNKNOWN_TYPE).strip())
                entry.section = Unknown(self.log)
            case "[Firmware Warn]" if text == LINES["warning"]["short"].head:
                entry.section = Section(self.log)
                self.log.note(f"line {number}: a section is too short: how short, and what it held, is open")
            case _:
                return self._in_section(entry, number, text)
        return True

    def _in_section(self, entry: EntryDraft, number: int, text: str) -> bool:
        if not entry.kind:
            if self.before and {*text.rstrip().split(", ")} <= {*FLAGS.words.values()}:
                return True
            if kind := linux.section_of(text):
                self.log.note(f"line {number}: its words give the section type, which no line names")
                self._typed(entry, kind, number)
        return entry.section.take(number, text)

    def _typed(self, entry: EntryDraft, kind: UUID | None, number: int) -> None:
        entry.kind = kind
        if kind is None:
            self.log.note(f"line {number}: no section type is known by that name")
        elif kind in SECTIONS:
            entry.section = SECTIONS[kind](self.log)
            entry.section.corrected = entry.record.error_severity == Severity.CORRECTED
        else:
            self.log.note(f"line {number}: Linux tells no more of such a section than its name: it is empty here")

    def block(self) -> StatusBlock:
        """The block; its status is what Linux must have read there, as it prints no block whose status is zero."""
        severities = [self.severity, *(e.record.error_severity for e in self.entries)]
        severity = next((s for s in severities if s is not None), UNNAMED)
        uncorrectable, correctable = severity in (Severity.FATAL, Severity.RECOVERABLE), severity == Severity.CORRECTED
        status = BlockStatus(uncorrectable=uncorrectable, correctable=correctable, entry_count=len(self.entries))
        entries = tuple(entry.whole() for entry in self.entries)
        return StatusBlock(block_status=status, error_severity=severity, entries=entries)

    def given(self) -> set[str]:
        """The paths that the lines give, the block's status among them, which follows from their being there."""
        inner = {f"entries[{i}].{path}" for i, entry in enumerate(self.entries) for path in entry.paths()}
        return inner | {"block_status"} if self.severity is None else {"block_status", "error_severity"} | inner

    def kernel(self, release: str) -> str:
        """The *release* that a line names, if its words are these; else the earliest that any section asks for."""
        older = min((e.section.kernel for e in self.entries if e.section.kernel), default=None)
        if release and (older is None or tuple(map(int, release.split("."))) < (6, 19)):
            return release
        return ".".join(map(str, older or (7, 3)))


def _time(number: int, text: str) -> list[LineValue]:
    """The time stamp's bytes."""
    found = LINES["time"]["stamp"].read(text)
    if found is None:
        raise ValueError(f"line {number}: no bytes of a time stamp give {text!r}")
    return found


def _fru_text(number: int, text: str) -> bytes:
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1", "replace")
    if len(raw) > 20:
        raw = raw.rstrip(b" ")
    if len(raw) > 20:
        raise ValueError(f"line {number}: {len(raw)} characters, a FRU text has at most 20")
    return raw.ljust(20, b"\0")


@dataclass
class Event:
    """The lines of one event by their numbers, the *number* that Linux gave it in braces, and its error source."""

    number: str = ""
    source: str = ""
    host: str = ""
    time: str = ""
    release: str = ""  # of the Linux that logged it, if a line says so
    lines: list[tuple[int, str]] = field(default_factory=list)
    begun: bool = False  # its severity or its first entry is there
    observations: list[Observation] = field(default_factory=list)


def read_lines(event: Event) -> Found:
    """The block of an event, and what its lines do not give; `noted` adds what differs between events that are alike.

    Raises ValueError naming the line that cannot be.
    """
    reader = Reader()
    for number, text in event.lines:
        reader.take(number, text)
    for one in event.observations:
        for entry in reader.entries:
            if paths := entry.section.complete(one):
                reader.log.note(f"line {one.line} ({one.kind}) gives {', '.join(paths)}")
    return found_in(reader, release=event.release, observations=tuple(event.observations))


def noted(event: Event, found: Found) -> Found:
    """What the lines of *event* come to, with its place, number, source and time."""
    first, last = (event.lines[i][0] for i in (0, -1))
    notes = [f"from a kernel log, lines {first} to {last}"]
    notes += [f"on {event.host}"] if event.host else []
    notes += [f"event {{{event.number}}}"] if event.number else []
    notes += [f"error source {event.source}"] if event.source else []
    note = "; ".join([*notes, *filter(None, [found.note])])
    return replace(found, note=note, lines=(first, last), source=event.source, host=event.host, time=event.time)


def found_in(
    reader: Reader, *notes: str, release: str | None = None, observations: tuple[Observation, ...] = ()
) -> Found:
    """The block that the lines come to, with what they do not give. Raises ValueError for values that cannot be."""
    block = reader.block()
    data = block.build()
    unknown, broken = _unknown(block, data, reader)
    note = "; ".join([*notes, *reader.log.remarks(), *broken])
    kernel = "" if release is None else reader.kernel(release)
    return Found("status-block", data, note, unknown, kernel, reader.log.dump, observations)


def _unknown(block: StatusBlock, data: bytes, reader: Reader) -> tuple[tuple[str, ...], list[str]]:
    """Paths of fields that were not given; not those that are invalid anyway, and a register whole or by its bits."""
    found, given = StatusBlock.explain(data), reader.given()
    sections, at = list[tuple[int, int]](), BLOCK
    for entry, built in zip(reader.entries, block.entries, strict=True):
        at += DATED
        sections.append((at, at + entry.section.dumped()))
        at += built.error_data_length
    error: RecordError | None = found.error
    registers = {path.rpartition(".")[0] for path in given}
    paths: list[str] = []
    fields: list[str] = []
    for s in found.spans:
        whole = s.path.rpartition(".")[0] if s.bits else s.path
        if s.group or s.valid is False or (whole in registers) != bool(s.bits):
            continue  # of a register some bits of which were given, the bits; of another, the register
        fields.append(s.path)
        dumped = any(start <= s.start and s.stop <= stop for start, stop in sections)
        if not (dumped or s.path in given or not given.isdisjoint(_parents(s.path))):
            paths.append(s.path)
    return _grouped(tuple(paths), tuple(fields)), [f"not readable as a block: {error}"] if error else []


@lru_cache(256)  # a log has few kinds of events, and very many of each
def _grouped(paths: tuple[str, ...], fields: tuple[str, ...]) -> tuple[str, ...]:
    """The *paths*, those that matter first; `a.b` for all fields of it, and `a.b.*` for many of them."""
    missing, kept = set(paths), list[str]()
    inside: dict[str, list[str]] = {}
    for path in fields:
        for parent in _parents(path):
            inside.setdefault(parent, []).append(path)
    for path in paths:
        parents = [p for p in _parents(path) if p.count(".") and len(inside[p]) > 1]
        whole = next((p for p in parents if missing.issuperset(inside[p])), "")
        direct = path.rpartition(".")[0]
        many = sum(1 for p in inside.get(direct, ()) if p in missing and p.rpartition(".")[0] == direct) > MANY
        kept.append(whole or (f"{direct}.*" if many and direct.count(".") > 1 else path))
    return tuple(sorted(dict.fromkeys(kept), key=lambda path: (_is_minor(path), len(path))))


def _is_minor(path: str) -> bool:
    name = path.rpartition(".")[2]
    return name in MINOR or name.startswith("reserved") or ".validation_bits" in path or path.endswith("_valid")


@lru_cache(1 << 12)
def _parents(path: str) -> list[str]:
    """What holds the field, from the outermost: `a`, `a[0]`, `a[0].b` of `a[0].b.c`."""
    parts = re.split(r"(?=[.\[])", path)
    return ["".join(parts[: i + 1]) for i in range(len(parts) - 1)]
