"""A Generic Error Status Block from the lines that Linux logged of it."""

import re
from collections.abc import Callable, Iterator
from uuid import UUID

from ..formats.arm import ArmProcessor
from ..formats.firmware import FirmwareReference
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.memory import PlatformMemory
from ..formats.more.cxl import CxlProtocol
from ..formats.more.x86 import X86Processor
from ..formats.pcie import Pcie
from ..formats.processor import GenericProcessor
from ..formats.sections import GUIDS
from ..records import RecordError
from . import linux
from .arm import Arm
from .cxl import Cxl
from .draft import Log
from .fields import entries
from .found import Found
from .log import Event
from .parts import Firmware, Lines, Memory, Section, Unknown, guid
from .x86 import X86

_BITS = {*linux.KINDS.values(), *linux.PROCESSOR_FLAGS.values()}
SECTIONS: dict[UUID, Callable[[Log], Section]] = {
    GUIDS[GenericProcessor]: lambda log: Lines(log, GenericProcessor(), linux.PROCESSOR, _BITS),
    GUIDS[PlatformMemory]: Memory,
    GUIDS[Pcie]: lambda log: Lines(log, Pcie(), (*linux.PCIE, linux.AER_CORRECTABLE, *linux.AER)),
    GUIDS[ArmProcessor]: Arm,
    GUIDS[X86Processor]: X86,
    GUIDS[FirmwareReference]: Firmware,
    GUIDS[CxlProtocol]: Cxl,
}
_BY_NAME = {said: kind for kind, said in linux.SECTIONS.items()}
_TIME = re.compile(r"(im)?precise tstamp: (\d{4,6})-(\d{2,3})-(\d{2,3}) (\d{2,3}):(\d{2,3}):(\d{2,3})")
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
UNNAMED = 0xFFFF  # a severity that Linux calls "unknown"


class Entry:
    """One entry in the making."""

    def __init__(self, severity: int, time: dict[str, bytes | int] | None) -> None:
        self.fields: dict[str, object] = {"error_severity": severity, "revision": 0x0300}
        self.flags = {"timestamp": time is not None, "fru_id": False, "fru_text": False}
        self.time = time or {}
        self.kind: UUID | None = None
        self.section: Section | None = None
        self.short = False
        self.silent: frozenset[str] = frozenset()  # paths of which the lines say nothing, though most logs do

    def record(self) -> DataEntry:
        empty = DataEntry(**self.fields)  # type: ignore[arg-type]
        return empty.replace(
            section_type=self.kind or UUID(int=0),
            validation_bits=empty.validation_bits.replace(**self.flags),
            timestamp=empty.timestamp.replace(**self.time) if empty.timestamp else None,
            section=b"" if self.short or not self.section else self.section.body(),
        )

    def told(self) -> Iterator[str]:
        said = [
            "error_severity",
            "fru_id",
            "fru_text",
            "timestamp",
            *(f"validation_bits.{flag}" for flag in self.flags),
        ]
        yield from (path for path in said if path not in self.silent)
        if self.kind:
            yield "section_type"
        if self.section and not self.short:
            yield from ["error_data_length"] if self.section.sized else []
            yield from (f"section.{path}" for path in self.section.told())


class Reader:
    """Reads the lines of one event in their order."""

    def __init__(self) -> None:
        self.log = Log()
        self.severity: int | None = None
        self.entries: list[Entry] = []
        self.time: dict[str, bytes | int] | None = None

    def take(self, number: int, said: str) -> None:
        if said == linux.HARMLESS:
            return
        if not (self._block(number, said) or self._entry(number, said)):
            self.log.missed.append(number)

    def _block(self, number: int, said: str) -> bool:
        if linux.EVENT.is_in(said):
            self.severity = self._severity(number, said.removeprefix(linux.EVENT.head))
        elif found := _TIME.fullmatch(said.rstrip()):
            self.time = _time(number, found)
        elif found := re.fullmatch(r"Error \d{1,10}, type:(.*)", said):
            self.entries.append(Entry(self._severity(number, found[1]), self.time))
            self.time = None
        else:
            return False
        return True

    def _severity(self, number: int, said: str) -> int:
        name = said.strip()
        if name not in linux.EVENT.numbers:
            self.log.note(f"line {number} does not tell the severity: {UNNAMED:#x} here, which Linux has no word for")
        return linux.EVENT.numbers.get(name, UNNAMED)

    def _entry(self, number: int, said: str) -> bool:
        if not self.entries:
            return False
        entry = self.entries[-1]
        head, _, rest = said.partition(":")
        match head:
            case "fru_id" if not entry.kind:
                entry.fields["fru_id"], entry.flags["fru_id"] = guid(number, rest.strip()), True
            case "fru_text" if not entry.kind:
                entry.fields["fru_text"], entry.flags["fru_text"] = _fru_text(number, rest.removeprefix(" ")), True
            case "section_type" if not entry.kind:
                self._typed(entry, _BY_NAME.get(rest.strip()), number)
            case "section type" if not entry.kind and said.startswith(linux.UNKNOWN_TYPE):
                entry.kind = guid(number, said.removeprefix(linux.UNKNOWN_TYPE).strip())
                entry.section = Unknown(self.log)
            case "[Firmware Warn]" if said == linux.SHORT:
                entry.short = True
                self.log.note(f"line {number}: a section is too short: how short, and what it held, is open")
            case _:
                return entry.section is not None and entry.section.take(number, said)
        return True

    def _typed(self, entry: Entry, kind: UUID | None, number: int) -> None:
        entry.kind = kind
        if kind is None:
            self.log.note(f"line {number}: no section type is known by that name")
        elif kind in SECTIONS:
            entry.section = SECTIONS[kind](self.log)
        else:
            self.log.note(f"line {number}: Linux tells no more of such a section than its name: it is empty here")

    def block(self) -> StatusBlock:
        return StatusBlock(error_severity=self.severity or 0, entries=tuple(entry.record() for entry in self.entries))

    def told(self) -> set[str]:
        inner = {f"entries[{i}].{path}" for i, entry in enumerate(self.entries) for path in entry.told()}
        return inner if self.severity is None else {"error_severity"} | inner

    def kernel(self) -> str:
        """A release that words the log so: the earliest that any section asks for, else the newest known."""
        older = [entry.section.kernel for entry in self.entries if entry.section and entry.section.kernel]
        return ".".join(map(str, min(older, default=(7, 3))))


def _time(number: int, found: re.Match[str]) -> dict[str, bytes | int]:
    """The time stamp's bytes. Linux prints a byte that is not two digits as a number up to 165."""
    year = found[2]
    split = next((n for n in (2, 3) if all(_is_byte(part) for part in (year[:n], year[n:]))), None)
    parts = [year[: split or 2], year[split or 2 :], *(found[i] for i in range(3, 8))]
    if not all(map(_is_byte, parts)):
        raise ValueError(f"line {number}: no bytes of a time stamp give {found[0]!r}")
    names = ("century", "year", "month", "day", "hours", "minutes", "seconds")
    stamp: dict[str, bytes | int] = {name: _byte(part) for name, part in zip(names, parts, strict=True)}
    return stamp | {"precise": 0 if found[1] else 1}


def _is_byte(said: str) -> bool:
    return 2 <= len(said) <= 3 and f"{int(said):02}" == said and int(said) <= 165


def _byte(said: str) -> bytes | int:
    value = int(said)
    tens = min(value // 10, 15)
    return value if value < 100 else bytes([tens << 4 | value - 10 * tens])


def _fru_text(number: int, said: str) -> bytes:
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), said).encode("latin-1", "replace")
    if len(raw) > 20:
        raise ValueError(f"line {number}: {len(raw)} characters, a FRU text has at most 20")
    return raw.ljust(20, b"\0")


def read_event(event: Event) -> Found:
    """The status block of one event. Raises ValueError naming the line whose value cannot be."""
    reader = Reader()
    for number, said in event.lines:
        reader.take(number, said)
    where = f"from a kernel log, lines {event.lines[0][0]} to {event.lines[-1][0]}"
    which = [f"event {{{event.number}}}"] if event.number else []
    source = [f"error source {event.source}"] if event.source else []
    return found_in(reader, where, *which, *source, kernel=reader.kernel())


def found_in(reader: Reader, *notes: str, kernel: str = "") -> Found:
    """The block that the lines came to, with what they do not tell. Raises ValueError for values that cannot be."""
    data = reader.block().build()
    unknown, broken = _unknown(data, reader)
    return Found(
        "status-block", data, "; ".join([*notes, *reader.log.said(), *broken]), unknown, kernel, reader.log.dump
    )


def _unknown(data: bytes, reader: Reader) -> tuple[tuple[str, ...], list[str]]:
    """Paths of fields that were not told; not those that are invalid anyway, and a register whole or by its bits."""
    found, told = StatusBlock.explain(data), reader.told()
    both = zip(reader.entries, entries(data), strict=True)
    sections = [(where.at, where.at + entry.section.dumped()) for entry, where in both if entry.section]
    error: RecordError | None = found.error
    paths: list[str] = []
    for s in found.spans:
        dumped = any(start <= s.start and s.stop <= stop for start, stop in sections)
        if s.group or s.valid is False or dumped or _covered(s.path, told):
            continue
        whole = s.path.rpartition(".")[0] if s.bits else s.path
        inside = any(path.startswith(f"{whole}.") for path in told)
        if inside == bool(s.bits):  # the bits of a register of which some were told; of another, the register
            paths.append(s.path)
    return tuple(paths), [f"not readable as a block: {error}"] if error else []


def _covered(path: str, told: set[str]) -> bool:
    """Was it told itself, or with something that holds it?"""
    parts = re.split(r"(?=[.\[])", path)
    return any("".join(parts[: i + 1]) in told for i in range(len(parts)))
