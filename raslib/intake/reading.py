"""From a file, a folder, bytes or a text to what it holds: which of the forms is it in? Logs and traces come first."""

import dataclasses
import mmap
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from uuid import UUID

from ..formats.acpi import HEADER
from ..formats.ghes import DataEntry, StatusBlock
from ..formats.kinds import KINDS, TABLES
from . import containers, digits, dumps
from .fields import BLOCK
from .found import OBSERVATIONS, Found, Observation, facts
from .kinds import kind_of, other, table_length
from .text import SAMPLE, Raw, decoded, in_order, is_text, lines, plain

Progress = Callable[[int, int], None]  # bytes done, and of how many
SQLITE = b"SQLite format 3\0"
LARGE = 1 << 23  # bytes of a text above which it is a log, and is read as it comes


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
    if len(pstore := [path for path in paths if path.name.startswith("dmesg-")]) > 1:  # parts of a panic, a file each
        paths = [path for path in paths if path not in pstore]
        yield from _in(b"\n".join(containers.unpacked(path.read_bytes()) for path in pstore), kind, None)
    for path in paths:
        name = path.relative_to(folder)
        try:
            for one in _file(path, kind, None):
                yield dataclasses.replace(one, note=f"{name}: {one.note}")
        except (ValueError, OSError) as e:
            yield ValueError(f"{name}: {e}")


def _in(data: bytes | str | mmap.mmap, kind: str | None, progress: Progress | None) -> Iterator[Found | ValueError]:
    if isinstance(data, bytes):
        data = containers.unpacked(data)
    if isinstance(data, str):
        yield from _text(data, kind)
    elif data[:16] == SQLITE:
        from .traces import read_database

        yield from read_database(bytes(data))
    elif not is_text(data[:SAMPLE]):
        yield from _binary(bytes(data), kind, "binary")
    elif len(data) > LARGE and b"\0" not in data[:SAMPLE]:
        from .logs import large

        yield from large(data, progress)
    else:
        yield from _text(decoded(bytes(data)), kind)


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
        yield _found_in(data, note, kind)
    except ValueError as e:
        yield e


def _found_in(data: bytes, note: str, kind: str | None) -> Found:
    kind = kind or kind_of(data)
    whole = BLOCK + int.from_bytes(data[12:16], "little") if kind == "status-block" else 0
    cut = f"; its length says {whole} bytes, {len(data)} are here" if whole > len(data) >= BLOCK else ""
    return Found(kind, data, note + cut)


# --- texts ------------------------------------------------------------------------------------------------------------


def _text(given: str, kind: str | None) -> Iterator[Found | ValueError]:
    """The things in a text, by the first form that it has; of a container, in each of its parts."""
    parts = containers.parts(given)
    rows: list[Raw] = []
    for part in parts:
        if isinstance(part.content, str):
            rows += [Raw(part.line, row.text, part.host) for row in lines(part.content)]
        elif part.section:
            yield _alone(part.section, part.content, part.note)
        else:
            yield from _binary(part.content, kind, part.note)
    rows = in_order(list(plain(rows if parts else lines(given))))
    joined = "\n".join(row.text for row in rows)
    if any(isinstance(part.content, bytes) for part in parts):
        from .logs import is_log

        if not is_log(joined):
            return
    yield from _plain(joined, rows, kind)


def _alone(section: UUID, data: bytes, note: str) -> Found:
    """A section as the only one of a block, whose severity nobody gives."""
    entry = DataEntry(section_type=section, error_severity=0xFFFF, section=data)
    block = StatusBlock(error_severity=0xFFFF, entries=(entry,))
    unknown = ("block_status", "error_severity", "entries[0].error_severity", "entries[0].validation_bits")
    return Found("status-block", block.build(), f"{note}, a section alone", unknown)


def _plain(text: str, rows: list[Raw], kind: str | None) -> Iterator[Found | ValueError]:
    if digits.is_alone(text):
        yield from _digits(text, (), kind)
        return
    from . import logs  # loads all formats, for the words that Linux has for them

    if kind in (None, "status-block") and (logged := [*logs.read(text, rows)]):
        yield from logged
    elif injected := digits.injected(text):
        yield from (_found_in(one, f"injected by the command at line {n}", kind) for n, one in injected)
    elif digits.is_base64(text):
        yield _found_in(digits.base64_bytes(text), "from base64", kind)
    else:
        yield from _digits(logs.bare(rows) if "[" in text else text, logs.observed(rows), kind)


def _digits(text: str, observed: Iterable[Observation], kind: str | None) -> Iterator[Found | ValueError]:
    """A dump, C, or hex digits; else what was *observed*, facts without a record."""
    text = dumps.in_hex(text)
    if dumps.is_dump(text):
        yield from _dumped(dumps.dumps(text), kind)
    elif digits.is_listing(text):
        yield from _binary(digits.listed_table(text), kind, "from the fields that iasl lists")
    elif digits.is_c(text):
        yield from chain.from_iterable(_binary(one, kind, "from C") for one in digits.c_arrays(text))
    elif records := digits.embedded(text):
        yield from chain.from_iterable(_binary(one, kind, f"from hex digits at line {n}") for n, one in records)
    elif observations := [*observed]:
        yield facts(observations)
    else:
        try:
            yield _found_in(digits.hexadecimal(text), "from hex digits", kind)
        except ValueError as e:
            yield _among_words(text, kind) or _refusal(text, e)


def _among_words(text: str, kind: str | None) -> Found | None:
    """What the lines hold that are digits alone, where those above and below them are words."""
    rows = text.split("\n")
    words = [n for n, row in enumerate(rows, 1) if row.strip() and not digits.is_alone(row)]
    with suppress(ValueError):
        data = digits.hexadecimal("\n".join(row for n, row in enumerate(rows, 1) if n not in words))
        one = _found_in(data, f"from hex digits; not understood: line {', '.join(map(str, words[:5]))}", None)
        return one if kind in (None, one.kind) else None
    return None


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


_REGISTER = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{1,16})\s*")


def _refusal(text: str, error: ValueError) -> ValueError:
    """*error* in words that help."""
    if not text.strip():
        return ValueError(f"there is nothing in it: {error}")
    if found := _REGISTER.fullmatch(text):
        return ValueError(f"a number alone: if it is a syndrome, `raslib esr 0x{found[1]}` explains it ({error})")
    if found := re.search(r"(?i)esr.{0,20}?0x([0-9a-f]{8,16})\b", text):
        return ValueError(f"a syndrome: `raslib esr 0x{found[1]}` explains it ({error})")
    return ValueError(f"{what} ({error})") if (what := other("text", text)) else error
