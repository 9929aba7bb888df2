"""What a text holds: decides which of the forms it is in, logs and traces first."""

import mmap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from uuid import UUID

from ..formats.ghes import DataEntry, StatusBlock
from ..formats.kinds import TABLES
from . import containers, digits, dumps, iasl, od, payload, traces
from .binaries import binary, found_in
from .block import read_event
from .drivers import WORDS, seen
from .found import OBSERVATIONS, Found, Observation
from .grammar import form
from .log import Events, is_log
from .messages import PREFIX, messages
from .refusal import refusal
from .text import Raw, lines, plain

CHUNK = 1 << 16  # bytes that are passed over at once if no word of ours is in them
REST = 4  # lines behind, in which a broken one may go on
_WORDS = tuple(word.encode() for word in WORDS)


def text(given: str, kind: str | None) -> Iterator[Found | ValueError]:
    """The things in a text, by the first form that it has; of a container, in each of its parts."""
    parts = containers.parts(given)
    rows: list[Raw] = []
    found = False
    for part in parts:
        if isinstance(part.content, bytes):
            found = True
            yield from _part(part, kind)
        else:
            rows += [Raw(part.line, row.text, part.host) for row in lines(part.content)]
    if not parts:
        rows = list(lines(given))
    rows = list(plain(rows))
    joined = "\n".join(row.text for row in rows)
    if not found or is_log(joined):
        yield from _plain(joined, rows, kind)


def _part(part: containers.Part, kind: str | None) -> Iterator[Found | ValueError]:
    data = bytes(part.content) if isinstance(part.content, bytes) else b""
    if part.section:
        yield _alone(part.section, data, part.note)
    else:
        yield from binary(data, kind, part.note)


def _alone(section: UUID, data: bytes, note: str) -> Found:
    """A section as the only one of a block, whose severity nobody gives."""
    entry = DataEntry(section_type=section, error_severity=0xFFFF, section=data)
    block = StatusBlock(error_severity=0xFFFF, entries=(entry,))
    unknown = ("block_status", "error_severity", "entries[0].error_severity", "entries[0].validation_bits")
    return Found("status-block", block.build(), f"{note}, a section alone", unknown)


def _plain(text: str, rows: list[Raw], kind: str | None) -> Iterator[Found | ValueError]:
    logged, traced = is_log(text), traces.is_trace(text)
    if kind in (None, "status-block") and (logged or traced):
        if logged:
            yield from _log(rows, PREFIX in text)
        if traced:
            yield from traces.read_events(text)
        others = [] if logged else [o for m in messages(rows, form) if (o := seen(m)) and not traces.is_trace(o.text)]
        if others:
            yield _facts(others)
        return
    forms: tuple[tuple[bool, Callable[[], Iterable[Found | ValueError]]], ...] = (
        (payload.is_command(text), lambda: _injected(text, kind)),
        (payload.is_base64(text), lambda: (found_in(payload.decode(text), "from base64", kind),)),
    )
    for is_it, read_it in forms:
        if is_it:
            yield from read_it()
            return
    yield from _digits(text, rows, kind)


def _injected(text: str, kind: str | None) -> Iterator[Found]:
    yield from (found_in(one, f"injected by the command at line {n}", kind) for n, one in payload.commands(text))


def _digits(text: str, rows: list[Raw], kind: str | None) -> Iterator[Found | ValueError]:
    """A dump, C, or hex digits; else facts without a record."""
    if "[" in text:  # the dump lines of a log
        text = "\n".join(m.text for m in _each(rows))
    if base := od.base_of(text):
        text = od.in_hex(text, base)
    if dumps.is_dump(text):
        yield from _dumped(dumps.dumps(text), kind)
    elif iasl.is_listing(text):
        yield from binary(iasl.table(text), kind, "from the fields that iasl lists")
    elif digits.is_c(text):
        yield from chain.from_iterable(binary(one, kind, "from C") for one in digits.c_arrays(text))
    elif records := digits.embedded(text):
        yield from chain.from_iterable(binary(one, kind, f"from hex digits at line {n}") for n, one in records)
    elif observations := [one for m in messages(rows, form) if (one := seen(m))]:
        yield _facts(observations)
    else:
        try:
            yield found_in(digits.hexadecimal(text), "from hex digits", kind)
        except ValueError as e:
            yield refusal(text, e)


def _each(rows: list[Raw]) -> Iterator[Raw]:
    """The lines without stamps and prefixes, one for one."""
    for row in rows:
        found = list(messages([row], form))
        yield row._replace(text=found[-1].text if found else "")


def _dumped(found: list[dumps.Dump], kind: str | None) -> Iterator[Found | ValueError]:
    """What each dump holds. Of acpidump's tables, those of other kinds are left out."""
    wanted = ("", *TABLES) if kind is None else ("", kind)
    kept = [dump for dump in found if dump.name.lower() in wanted]
    if not kept:
        names = ", ".join(dump.name for dump in found)
        yield ValueError(f"of the tables {names}, none is one of {', '.join(wanted[1:]).upper()}")
    for dump in kept:
        skipped = f"; not understood: line {', '.join(map(str, dump.skipped[:5]))}" if dump.skipped else ""
        for one in binary(dump.data, kind, f"from a dump at line {dump.line}{skipped}"):
            yield ValueError(f"the dump at line {dump.line}: {one}") if isinstance(one, ValueError) else one


def _facts(observations: list[Observation]) -> Found:
    """A text without a record: how many lines of which kind it has, and what explains them."""
    kinds = Counter(one.kind for one in observations)
    note = "no record; lines of: " + ", ".join(f"{kind} {n}" for kind, n in kinds.items())
    esr = [(value, one.line) for one in observations for name, value in one.values if name == "esr"]
    more = [
        f"`raslib esr {value:#x}` explains the syndrome at line {line}" for value, line in dict(reversed(esr)).items()
    ]
    if "injection" in kinds:
        more.append("commands that inject an error hold no bytes of the record that comes of it")
    return Found(OBSERVATIONS, b"", "; ".join([note, *more[:5]]), observations=tuple(observations))


# --- logs -------------------------------------------------------------------------------------------------------------


def _log(rows: Iterable[Raw], prefixed: bool) -> Iterator[Found | ValueError]:
    """A block for each event of a log, or why it is none."""
    events = Events(prefixed)
    some = False
    for event in events.events(messages(plain(rows), form)):
        if not event.begun or not event.lines:
            continue
        some = True
        try:
            yield read_event(event)
        except ValueError as e:
            yield e
    if events.before.observations:
        yield _facts(events.before.observations)
    elif not some:
        yield ValueError("no line is of a hardware error that Linux logs")


def large(data: bytes | mmap.mmap, progress: Callable[[int, int], None] | None) -> Iterator[Found | ValueError]:
    """The events of a log that is too large to look for anything else in it."""
    yield from _log(_kept(data, progress), data.find(PREFIX.encode()) >= 0)


def _kept(data: bytes | mmap.mmap, progress: Callable[[int, int], None] | None) -> Iterator[Raw]:
    """The lines of a large log that can matter: of a part without any word of ours, none."""
    number, at, more = 0, 0, False
    while at < len(data):
        end = data.find(b"\n", min(at + CHUNK, len(data)))
        end = len(data) if end < 0 else end + 1
        chunk = data[at:end]
        some = any(word in chunk for word in _WORDS)
        if some or more:
            rows = lines(chunk[:-1] if chunk.endswith(b"\n") else chunk)
            for row in rows if some else islice(rows, REST):
                yield from _of_journal(row._replace(number=number + row.number))
        number, at, more = number + chunk.count(b"\n"), end, some
        if progress:
            progress(at, len(data))


def _of_journal(row: Raw) -> Iterator[Raw]:
    """The messages of a line of JSON; any other line as it is."""
    if not row.text.startswith('{"'):
        yield row
        return
    for part in containers.parts(row.text):
        if isinstance(part.content, str):
            yield from (Raw(row.number, line.text, part.host) for line in lines(part.content))
