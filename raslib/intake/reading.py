"""From a file, a folder, bytes or a text to what it holds: decides which of the forms it is in."""

import mmap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from uuid import UUID

from ..formats.acpi import HEADER
from ..formats.ghes import DataEntry, StatusBlock
from . import containers, digits, dumps, iasl, od, payload, traces
from .block import read_event
from .drivers import WORDS, seen
from .fields import BLOCK
from .found import OBSERVATIONS, Found, Observation
from .grammar import form
from .kinds import KINDS, TABLES, kind_of, table_length
from .log import Events, is_log
from .messages import PREFIX, messages
from .refusal import refusal
from .text import Raw, is_text, lines, plain

Progress = Callable[[int, int], None]  # bytes done, and of how many
LARGE = 1 << 23  # bytes of a text above which it is a log, and is read as it comes
CHUNK = 1 << 16  # bytes that are passed over at once if no word of ours is in them
REST = 4  # lines behind, in which a broken one may go on
_WORDS = tuple(word.encode() for word in WORDS)


def read(source: bytes | str | Path, kind: str | None = None) -> Found:
    """The one thing that *source* holds; else as `read_all`. Raises ValueError if there are several."""
    found = read_all(source, kind)
    if len(found) > 1:
        raise ValueError(f"there are {len(found)}, not one: " + "; ".join(f"{f.kind}, {f.note}" for f in found[:5]))
    return found[0]


def read_all(
    source: bytes | str | Path, kind: str | None = None, progress: Progress | None = None
) -> tuple[Found, ...]:
    """Everything that *source* holds, at least one thing; of *kind*, or what `kind_of` says of the bytes.

    *source* is a file, a folder (its files in order), bytes, or a text. A text is a log of Linux (each event is one
    status block), trace events, a container (JSON, XML, mail), a dump, base64, C or hex digits. Of what cannot be read
    among others, and of a text that has facts and no record, a `Found` of the kind "observations" tells. *progress* is
    called with the bytes done and all bytes. Raises ValueError if nothing can be read: for a text with the line's
    number, and with the command that would take it, if there is one.
    """
    return tuple(stream(source, kind, progress))


def stream(source: bytes | str | Path, kind: str | None = None, progress: Progress | None = None) -> Iterator[Found]:
    """As `read_all`, one after another as they are found, in memory that does not grow with the file."""
    if kind not in (None, *KINDS):
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    if not isinstance(source, Path):
        yield from _several(_in(source, kind, progress))
    elif source.is_dir():
        yield from _several(_folder(source, kind))
    else:
        yield from _file(source, kind, progress)


def _several(found: Iterable[Found | ValueError]) -> Iterator[Found]:
    """What could be read, then a word on what could not. Raises the first error if that is all there is."""
    errors: list[ValueError] = []
    some = False
    for one in found:
        if isinstance(one, ValueError):
            errors.append(one)
        else:
            some = True
            yield one
    if not some:
        raise errors[0] if errors else ValueError("there is nothing of ours in it")
    yield from (Found(OBSERVATIONS, b"", f"not read: {e}") for e in errors[:100])


def _file(path: Path, kind: str | None, progress: Progress | None) -> Iterator[Found]:
    with path.open("rb") as file:
        if path.is_file() and path.stat().st_size > LARGE:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from _several(_in(data, kind, progress))
        else:
            yield from _several(_in(file.read(), kind, progress))


def _folder(folder: Path, kind: str | None) -> Iterator[Found | ValueError]:
    """Of the files in it that are of a known kind; pstore's parts of one panic have the last first."""
    paths = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: (p.parent, p.name))
    if not paths:
        yield ValueError("an empty folder")
    for path in paths:
        name = path.relative_to(folder)
        try:
            for one in _file(path, kind, None):
                yield Found(**{**vars(one), "note": f"{name}: {one.note}"})
        except (ValueError, OSError) as e:
            yield ValueError(f"{name}: {e}")


def _in(data: bytes | str | mmap.mmap, kind: str | None, progress: Progress | None) -> Iterator[Found | ValueError]:
    if isinstance(data, bytes):
        data = containers.unpacked(data)
    if isinstance(data, str):
        yield from _text(data, kind)
    elif data[:16] == b"SQLite format 3\0":
        yield from traces.read_database(bytes(data))
    elif not is_text(data[: 1 << 16]):
        yield from _binary(bytes(data), kind, "binary")
    elif len(data) > LARGE:
        yield from _log(_kept(data, progress), data.find(PREFIX.encode()) >= 0)
    else:
        yield from _text("\n".join(row.text for row in lines(bytes(data))), kind)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _binary(data: bytes, kind: str | None, note: str) -> Iterator[Found | ValueError]:
    """One thing, or tables one behind the other, or a BERT and the region that it tells of."""
    length = table_length(data)
    if kind is None and HEADER <= length < len(data) and any(data[length:]):
        rest = f"{note}, behind the table of {length} bytes"
        with suppress(ValueError):
            behind = list(_binary(data[length:], None, rest))
            if behind and all(isinstance(one, Found) for one in behind):
                yield Found(kind_of(data), data[:length], note)
                yield from behind
                return
    try:
        yield _found(data, note, kind)
    except ValueError as e:
        yield e


def _found(data: bytes, note: str, kind: str | None) -> Found:
    kind = kind or kind_of(data)
    whole = BLOCK + int.from_bytes(data[12:16], "little") if kind == "status-block" else 0
    cut = f"; its length says {whole} bytes, {len(data)} are here" if whole > len(data) >= BLOCK else ""
    return Found(kind, data, note + cut)


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


# --- text -------------------------------------------------------------------------------------------------------------


def _text(text: str, kind: str | None) -> Iterator[Found | ValueError]:
    """The things in a text, by the first form that it has; of a container, in each of its parts."""
    parts = containers.parts(text)
    rows: list[Raw] = []
    found = False
    for part in parts:
        if isinstance(part.content, bytes):
            found = True
            yield from _part(part, kind)
        else:
            rows += [Raw(part.line, row.text, part.host) for row in lines(part.content)]
    if not parts:
        rows = list(lines(text))
    rows = list(plain(rows))
    text = "\n".join(row.text for row in rows)
    if found and not is_log(text):
        return
    yield from _plain(text, rows, kind)


def _part(part: containers.Part, kind: str | None) -> Iterator[Found | ValueError]:
    data = bytes(part.content) if isinstance(part.content, bytes) else b""
    if part.section:
        yield _alone(part.section, data, part.note)
    else:
        yield from _binary(data, kind, part.note)


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
        return
    forms: tuple[tuple[bool, Callable[[], Iterable[Found | ValueError]]], ...] = (
        (payload.is_command(text), lambda: _injected(text, kind)),
        (payload.is_base64(text), lambda: (_found(payload.decode(text), "from base64", kind),)),
    )
    for is_it, read_it in forms:
        if is_it:
            yield from read_it()
            return
    yield from _digits(text, rows, kind)


def _injected(text: str, kind: str | None) -> Iterator[Found]:
    yield from (_found(one, f"injected by the command at line {n}", kind) for n, one in payload.commands(text))


def _digits(text: str, rows: list[Raw], kind: str | None) -> Iterator[Found | ValueError]:
    """A dump, C, or hex digits; else facts without a record."""
    if "[" in text:  # the dump lines of a log
        text = "\n".join(m.text for m in _each(rows))
    if base := od.base_of(text):
        text = od.in_hex(text, base)
    if dumps.is_dump(text):
        yield from _dumped(dumps.dumps(text), kind)
    elif iasl.is_listing(text):
        yield from _binary(iasl.table(text), kind, "from the fields that iasl lists")
    elif digits.is_c(text):
        yield from chain.from_iterable(_binary(one, kind, "from C") for one in digits.c_arrays(text))
    elif records := digits.embedded(text):
        yield from chain.from_iterable(_binary(one, kind, f"from hex digits at line {n}") for n, one in records)
    elif observations := [one for m in messages(rows, form) if (one := seen(m))]:
        yield _facts(observations)
    else:
        try:
            yield _found(digits.hexadecimal(text), "from hex digits", kind)
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
        for one in _binary(dump.data, kind, f"from a dump at line {dump.line}{skipped}"):
            yield ValueError(f"the dump at line {dump.line}: {one}") if isinstance(one, ValueError) else one


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


def _kept(data: bytes | mmap.mmap, progress: Progress | None) -> Iterator[Raw]:
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
