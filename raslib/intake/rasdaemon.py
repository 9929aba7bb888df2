"""What rasdaemon prints of a section that it has no words for: a line of facts, and the bytes as Linux dumps them.

Two of Linux's trace events carry such bytes: `non_standard_event` a whole section, `arm_event` the parts of an ARM
processor section (rasdaemon 0.8.5, ras-non-standard-handler.c and ras-arm-handler.c). Neither has the block around it.
"""

import re
from collections.abc import Iterator
from uuid import UUID

from ..formats.arm import ArmProcessor, ArmValid, ContextInformation, ErrorInformation
from ..formats.cper import Severity
from ..formats.sections import GUIDS, NAMES
from .block import Entry, Reader, found_in
from .draft import LARGEST, Bytes, Log
from .dumps import row
from .fields import fixed, whole
from .found import Found
from .log import bare
from .parts import Section, guid

_DAEMON = re.compile(r"rasdaemon(?:\[\d{1,9}\])?: ?")
_SECTION = re.compile(
    r"(Informational|Corrected|Recoverable|Fatal) {1,2}section type: (Ampere Specific Error|[0-9a-fA-F-]{36})"
    r" fru text: (.{0,40}?) ?fru id: ([0-9a-fA-F-]{36}) {1,2}length: (\d{1,6})"
)
_ARM = re.compile(
    r"affinity: (-?\d{1,3}) MPIDR: 0x([0-9a-f]{1,16}) MIDR: 0x([0-9a-f]{1,16})"
    r" running_state: (-?\d{1,10}) psci_state: (-?\d{1,10})"
)
_PART = re.compile(
    r"(ARM Processor Err Info|ARM Processor Err Context Info|Vendor Specific Err Info) data len: (\d{1,6})"
)
_SEVERITY = re.compile(r"^ ?severity: (Informational|Corrected|Recoverable|Fatal)$")
_NO_WORDS = re.compile(r"\s*[0-9a-f]{8}: *")  # the row that begins where the bytes end
_AMPERE = next(guid for guid, name in NAMES.items() if name == "Ampere RAS")
_PARTS = ("ARM Processor Err Info", "ARM Processor Err Context Info", "Vendor Specific Err Info")
FRU = frozenset({"validation_bits.fru_id", "validation_bits.fru_text"})
HEAD = fixed(ArmProcessor, "error_information")


def is_rasdaemon(text: str) -> bool:
    """Has *text* an event whose bytes rasdaemon printed?"""
    return bool(_SECTION.search(text) or _PART.search(text))


class Whole(Section):
    """A section of which the bytes were printed, but for up to three that make no word of four."""

    sized = True

    def __init__(self, log: Log, size: int) -> None:
        super().__init__(log)
        self.bytes = Bytes(log, size)

    def take(self, number: int, said: str) -> bool:
        return self.bytes.take(number, said) or bool(_NO_WORDS.fullmatch(said))

    def body(self) -> bytes:
        return self.bytes.whole()

    def dumped(self) -> int:
        return len(self.bytes.data)


class Arm(Section):
    """An ARM processor section by its parts. How many contexts there are follows from their sizes."""

    sized = True

    def __init__(self, log: Log, found: re.Match[str]) -> None:
        super().__init__(log)
        affinity, running, psci = int(found[1]), int(found[4]), int(found[5])
        valid = ArmValid(
            mpidr=int(found[2], 16) != 0, error_affinity_level=0 <= affinity < 255, running_state=running >= 0
        )
        self.head = ArmProcessor(
            validation_bits=valid,
            error_affinity_level=affinity & 0xFF if valid.error_affinity_level else 0,
            mpidr_el1=int(found[2], 16),
            midr_el1=int(found[3], 16),
        ).replace(psci_state=psci & 0xFFFF_FFFF if valid.running_state else 0)
        if valid.running_state:
            self.head = self.head.replace(running_state=self.head.running_state.parse(running & 0xFFFF_FFFF))
        self.parts: dict[str, Bytes] = {}

    def take(self, number: int, said: str) -> bool:
        if found := _PART.fullmatch(said.strip()):
            self.parts[found[1]] = Bytes(self.log, _size(number, found[2]))
            return True
        last = next(reversed(self.parts.values()), None)
        return last is not None and (last.take(number, said) or bool(_NO_WORDS.fullmatch(said)))

    def _part(self, name: str) -> bytes:
        return self.parts[name].whole() if name in self.parts else b""

    def body(self) -> bytes:
        errors, contexts, vendor = map(self._part, _PARTS)
        counted = self.head.replace(
            validation_bits=self.head.validation_bits.replace(vendor_specific=bool(vendor)),
            err_info_num=_count(errors, ErrorInformation),
            context_info_num=_contexts(contexts, self.log),
            section_length=HEAD + len(errors) + len(contexts) + len(vendor),
        )
        return counted.build() + errors + contexts + vendor

    def told(self) -> set[str]:
        bits = {
            f"validation_bits.{name}" for name in ("mpidr", "error_affinity_level", "running_state", "vendor_specific")
        }
        fields = {"error_affinity_level", "mpidr_el1", "midr_el1", "running_state", "psci_state"}
        counts = {"err_info_num", "context_info_num", "section_length"}
        parts = {"error_information", "context_information", "vendor_specific"}
        return bits | fields | counts | parts


def _count(data: bytes, kind: type[ErrorInformation]) -> int:
    """How many structures lie one behind the other, each as long as its second byte says."""
    count, at = 0, 0
    while at < len(data):
        count, at = count + 1, at + max(data[at + 1] if at + 1 < len(data) else 0, whole(kind))
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


def _size(number: int, said: str) -> int:
    if int(said) > LARGEST:
        raise ValueError(f"line {number}: {said} bytes, more than the {LARGEST} that a section has at most")
    return int(said)


# --- the lines --------------------------------------------------------------------------------------------------------


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines without what a journal puts before them; a part's head, which ends a row, stands on its own."""
    for number, line in enumerate(text.split("\n"), 1):
        said = line.rstrip("\r")
        if found := _DAEMON.search(said):
            said = said[found.end() :]
        if found := _PART.search(said):
            yield from ((number, piece) for piece in (said[: found.start()], said[found.start() :]) if piece.strip())
        elif said.strip():
            yield number, said


def read_events(text: str) -> tuple[Found, ...]:
    """A block for each event. Raises ValueError naming the line whose value cannot be."""
    readers: list[tuple[int, Reader]] = []
    last = 0
    for number, said in _lines(text):
        if entry := _begun(number, said):
            readers.append((number, entry))
        elif readers:
            _take(readers[-1][1], number, said)
        last = number
    if not readers:
        raise ValueError("no line begins an event of rasdaemon's")
    ends = [number for number, _ in readers[1:]] + [last + 1]
    return tuple(
        found_in(reader, f"from rasdaemon, lines {start} to {end - 1}")
        for (start, reader), end in zip(readers, ends, strict=True)
    )


def _begun(number: int, said: str) -> Reader | None:
    """The block of an event that begins here."""
    reader = Reader()
    if found := _SECTION.search(said):
        reader.severity = Severity[found[1].upper()]
        entry = Entry(reader.severity, None)
        entry.kind = _AMPERE if found[2].startswith("Ampere") else guid(number, found[2])
        text, fru = found[3], guid(number, found[4])
        entry.fields["fru_text"], entry.flags["fru_text"] = text[:20], bool(text)
        entry.fields["fru_id"], entry.flags["fru_id"] = fru, fru != UUID(int=0)
        entry.section = Whole(reader.log, _size(number, found[5]))
    elif found := _ARM.search(said):
        entry = Entry(0, None)
        entry.kind, entry.section = GUIDS[ArmProcessor], Arm(reader.log, found)
        entry.silent = FRU | {"error_severity"}
    else:
        return None
    entry.silent |= {"validation_bits.timestamp"}  # the time on the line is rasdaemon's own
    reader.entries.append(entry)
    return reader


def _take(reader: Reader, number: int, said: str) -> None:
    (entry,) = reader.entries
    if found := _SEVERITY.match(bare(said)):
        reader.severity = Severity[found[1].upper()]
        entry.fields["error_severity"], entry.silent = reader.severity, entry.silent - {"error_severity"}
    elif entry.section and not entry.section.take(number, said) and row(said):
        reader.log.missed.append(number)
