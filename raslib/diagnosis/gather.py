"""What inputs hold, sorted: facts about the machine, events in their order, and what followed each of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ..formats.cper import HEADER, WINDOWS, CperRecord, RecordHeader, Severity
from ..formats.framing import to_status_block
from ..formats.ghes import StatusBlock
from ..formats.kinds import KINDS, TABLES
from ..formats.sections import NAMES
from ..intake import OBSERVATIONS, Found, Observation, stream
from ..intake.drivers import KINDS as KINDS_OF_LINES
from ..records import RecordError

Input: TypeAlias = "str | bytes | Path | tuple[str, str | bytes | Path]"
Progress: TypeAlias = Callable[[int, int], None]

KINDS_OF_EVENTS = 200  # that are told apart; further ones are counted
PAGES = 1000  # of events that are alike, that are counted one by one
FACTS = ("release", "machine", "core", "config", "injection")
CONSEQUENCES = frozenset(KINDS_OF_LINES) - {*FACTS, "trace"}
WITHIN = 60  # seconds after a record in which a panic or an oops is taken to be of it
_DEADLY = ("panic", "oops", "sea", "serror", "esr")
_OUTCOME = re.compile(r"recovery action for|already hardware poisoned")
GUEST = re.compile(
    r"QEMU(?!.*SBSA)|KVM|dummy-virt|Virtual Machine|Virtualization|VMware|Google Compute Engine|Alibaba Cloud ECS"
    r"|Amazon EC2 (?!\S*metal)|paravirtualized kernel on (?!bare)|Hypervisor detected|etected virtualization (?!none)"
)
X86 = re.compile(r"\bmce: |EDAC (?:skx|i10nm|sbridge|amd64|pnd2|ie31200|igen6|x38|e3)\b|cpuid=0x")
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+")


class Fact(NamedTuple):
    """Something that holds for the machine. *kind* is one of `FACTS`, or table, or unread."""

    kind: str
    text: str
    where: str
    value: Any = None  # the record of a table; of a line, its values by name

    @property
    def file(self) -> str:
        """The input that it is from."""
        return self.where.partition(", line ")[0]


@dataclass
class Incident:
    """One error, or several that are alike: the first of them, how many, and when the last was.

    *file* is the name of the input. *goes_on*: the machine has logged something later, so it had not stopped.
    """

    file: str
    found: Found
    observations: tuple[Observation, ...] = ()
    count: int = 1
    last: str = ""
    goes_on: bool = False
    printed: bool = True
    met_again: bool = False
    addresses: dict[int, int] = field(default_factory=dict)

    @cached_property
    def block(self) -> StatusBlock | None:
        """What was reported, a CPER record as a status block; None: only consequences were, or the bytes break off."""
        data = self.found.data
        with suppress(ValueError):
            return StatusBlock.parse(data) if self.found.kind != "record" else to_status_block(CperRecord.parse(data))
        return None

    @property
    def at(self) -> Iterable[int]:
        """The physical addresses that it names."""
        return self.found.addresses if self.found.shape else physical_addresses(self.block)

    @property
    def severity(self) -> Severity | None:
        """As the block says it; None where nobody does."""
        number = None if self.block is None else int(self.block.error_severity)
        return Severity(number) if number in set(Severity) else None

    @property
    def titles(self) -> tuple[str, ...]:
        """What the sections of the block are called."""
        return tuple(NAMES.get(e.section_type) or str(e.section_type) for e in self.block.entries) if self.block else ()

    @property
    def before_boot(self) -> bool:
        """Was the record kept over a reset, and logged by a kernel that had nothing to do with the error?"""
        logged = any("BERT" in one.text and "previous boot" in one.text for one in self.observations)
        return logged or "behind the table" in self.found.note

    @property
    def by_windows(self) -> bool:
        """Did Windows write the record?"""
        is_record = self.found.kind == "record" and self.block is not None
        creator = RecordHeader.parse(self.found.data[:HEADER]).creator_id if is_record else None
        return creator in WINDOWS or "of Windows" in self.found.note

    @property
    def by_x86(self) -> bool:
        """Does a section, or a line of a driver, tell that the machine is no Arm machine?"""
        return "IA32/X64 Processor" in self.titles or any(X86.search(one.text) for one in self.observations)

    @property
    def of_memory(self) -> bool:
        """Is it an error of memory or of a core, as the simulator has them? So too where no section says."""
        return not self.titles or any(re.search("Memory|Processor|Arm RAS", title) for title in self.titles)

    @property
    def traced(self) -> bool:
        """Was it read from trace events, or from what rasdaemon kept of them?"""
        return self.found.note.startswith(("from a trace event", "from rasdaemon"))

    @property
    def logged(self) -> bool:
        """Does any line of a log tell of it, or of what followed?"""
        return bool(self.found.lines[0] or self.observations)

    def where(self, line: int = 0) -> str:
        """The place in the input, for a reader."""
        lines = self.found.lines if self.found.lines[0] else [o.line for o in self.observations] or (0, 0)
        first, last = (line, line) if line else (lines[0], lines[-1])
        span = f"line {first}" if first == last else f"lines {first}-{last}"
        return f"{self.file}, {span}" if first else self.file


@dataclass
class Gathered:
    """Everything that was found; `take` adds to it."""

    facts: list[Fact] = field(default_factory=list)
    events: list[Incident] = field(default_factory=list)
    more: int = 0  # events of kinds beyond those that are told apart
    kinds: dict[Any, Incident] = field(default_factory=dict)  # by what is the same in events that are told as one
    reported: dict[tuple[str, ...], Any] = field(default_factory=dict)  # the part of it that is of the block, by shape

    def facts_of(self, event: Incident) -> list[Fact]:
        """Those of the input that *event* is from, and of inputs that have no event: a table, a configuration."""
        others = {one.file for one in self.events} - {event.file}
        return [fact for fact in self.facts if fact.file not in others]

    def guest(self, event: Incident) -> Fact | None:
        """What says that the log of *event* is that of a virtual machine's kernel."""
        return next((f for f in self.facts_of(event) if f.kind == "machine" and GUEST.search(f.text)), None)

    def take(self, name: str, one: Found) -> None:
        """Adds a thing to the facts or to the events."""
        for seen in one.observations:
            fact = Fact(seen.kind, seen.text, f"{name}, line {seen.line}", dict(seen.values))
            if seen.kind in FACTS and not any(f[::3] == fact[::3] and f.file == name for f in self.facts):
                self.facts.append(fact)
        if one.kind in TABLES:
            self.facts.append(_table(name, one))
        elif one.kind != OBSERVATIONS:
            self._reported(name, one)
        elif observations := [o for o in one.observations if o.kind in CONSEQUENCES]:
            self._event(Incident(name, one, tuple(observations)))
        elif not one.observations:
            self.facts.append(Fact("unread", one.note, name))
        elif traced := [o for o in one.observations if o.kind == "trace"]:
            text = f"events of other kinds that rasdaemon kept, {len(traced)} in all, the first: {traced[0].text[:200]}"
            self.facts.append(Fact("trace", text, f"{name}, line {traced[0].line}"))

    def _reported(self, name: str, one: Found) -> None:
        """Adds an error, and once more each time that its page was met again."""
        first = Incident(name, one)
        if not one.shape and first.block is None and not one.observations:
            self.facts.append(Fact("unread", f"a {one.kind} that breaks off: {one.note}", name))
            return
        first.observations, *later = _passes(_followed(one), Counter(address >> 12 for address in first.at))
        first.met_again = bool(later)
        self._event(first)
        for lines in later:
            again = replace(one, lines=(lines[0].line, lines[-1].line), time=lines[0].time)
            self._event(Incident(name, again, lines, printed=False))

    def _event(self, event: Incident) -> None:
        """Adds an event, or counts it with those that are alike."""
        for earlier in self.events[-1:]:
            same = (earlier.found.host, earlier.file) == (event.found.host, event.file) and not event.before_boot
            later = 0 < _seconds(earlier.found.time) <= _seconds(event.found.time)  # else of another boot
            earlier.goes_on = earlier.goes_on or (same and later)
        key = self._alike(event)
        if known := self.kinds.get(key):
            known.count, known.last = known.count + 1, event.found.time
            known.goes_on = known.goes_on or event.goes_on
        elif len(self.kinds) < KINDS_OF_EVENTS:
            known = self.kinds[key] = event
            self.events.append(event)
        else:
            self.more += 1
            return
        for page in (address & ~0xFFF for address in event.at):
            if page in known.addresses or len(known.addresses) < PAGES:
                known.addresses[page] = known.addresses.get(page, 0) + 1

    def _alike(self, event: Incident) -> Any:
        """What is the same in events that are told as one: who reported what, and what followed."""
        shape = event.found.shape
        reported = self.reported.get(shape) or _of_block(event.block)
        if shape:
            self.reported[shape] = reported
        followed = {(o.kind, _NUMBER.sub("#", o.text)[:80]) for o in event.observations}
        return event.file, event.found.host, event.found.source, reported, frozenset(followed)


def gather(inputs: Iterable[Input], progress: Progress | None = None) -> Gathered:
    """Reads all *inputs*. One that cannot be read is a fact of kind "unread"; ValueError if none can, or OSError."""
    gathered, errors, read = Gathered(), list[ValueError | OSError](), 0
    for n, source in enumerate(inputs, 1):
        name, content = source if isinstance(source, tuple) else (getattr(source, "name", f"input {n}"), source)
        try:
            for one in stream(content, progress=progress):
                gathered.take(name, one)
            read += 1
        except (ValueError, OSError) as e:
            errors.append(ValueError(f"{name}: {e}") if isinstance(e, ValueError) else e)
            gathered.facts.append(Fact("unread", f"not read: {e}", name))
    if errors and not read:
        raise errors[0]
    return gathered


def _of_block(block: StatusBlock | None) -> Any:
    """Of a block, what events that are told as one have in common."""
    if block is None:
        return None
    entries = tuple((e.section_type, int(e.error_severity), _address(e) is not None) for e in block.entries)
    return int(block.error_severity), entries


def _table(name: str, one: Found) -> Fact:
    kind: Any = KINDS[one.kind]
    try:
        return Fact("table", f"{one.kind.upper()}, {len(one.data)} bytes", name, kind.parse(one.data))
    except RecordError as e:
        return Fact("table", f"{one.kind.upper()}, which breaks off: {e}", name)


def _followed(one: Found) -> tuple[Observation, ...]:
    """What the lines of others say of this event: of what stops a machine, only what came soon after."""
    until = _seconds(one.time) + WITHIN if one.time else 0
    lines = [seen for seen in one.observations if seen.kind in CONSEQUENCES]
    return tuple(seen for seen in lines if not (seen.kind in _DEADLY and _seconds(seen.time) > until > 0))


def _passes(lines: Iterable[Observation], pages: Mapping[int, int]) -> Iterator[tuple[Observation, ...]]:
    """The lines by passes of memory_failure(): of a page that a block names once, it says once what became of it."""
    begun, seen = list[Observation](), Counter[Any]()
    for one in lines:
        page = dict(one.values).get("pfn") if _OUTCOME.search(one.text) else None
        if page is not None and seen[page] >= pages.get(int(page), 1):
            yield tuple(begun)
            begun, seen = [], Counter()
        seen[page] += 1
        begun.append(one)
    yield tuple(begun)


def _seconds(time: str) -> float:
    """A time stamp of the kernel's; 0 for one in another form."""
    with suppress(ValueError):
        return float(time)
    return 0.0


def physical_addresses(block: StatusBlock | None) -> Iterator[int]:
    """The addresses of memory that the sections of *block* give."""
    for entry in block.entries if block else ():
        if (address := _address(entry)) is not None:
            yield address


def _address(entry: Any) -> int | None:
    """Of a memory section, or of the first error of an ARM processor section that has one."""
    section = entry.section
    valid = getattr(section, "validation_bits", None)
    if getattr(valid, "physical_address", False):
        return int(section.physical_address)
    for error in getattr(section, "error_information", ()):
        if error.validation_bits.physical_fault_address:
            return int(error.physical_fault_address)
    return None
