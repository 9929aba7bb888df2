"""What a text holds: decides which of the forms it is in, logs and traces first."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from uuid import UUID

from ..formats.ghes import DataEntry, StatusBlock
from ..formats.kinds import TABLES
from . import containers, digits, dumps, iasl, od, payload
from .binaries import binary, found_in
from .found import Found, Observation, facts
from .refusal import refusal
from .text import Raw, in_order, lines, plain


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
    rows = in_order(list(plain(rows)))
    joined = "\n".join(row.text for row in rows)
    if found:
        from .log import is_log

        if not is_log(joined):
            return
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
    if digits.is_alone(text):
        yield from _digits(text, (), kind)
        return
    from . import logs  # loads all formats, for the words that Linux has for them

    if kind in (None, "status-block") and (logged := logs.read(text, rows)):
        yield from logged
    elif payload.is_command(text):
        for n, one in payload.commands(text):
            yield found_in(one, f"injected by the command at line {n}", kind)
    elif payload.is_base64(text):
        yield found_in(payload.decode(text), "from base64", kind)
    else:
        yield from _digits(logs.bare(rows) if "[" in text else text, logs.observed(rows), kind)


def _digits(text: str, observed: Iterable[Observation], kind: str | None) -> Iterator[Found | ValueError]:
    """A dump, C, or hex digits; else what was *observed*, facts without a record."""
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
    elif observations := [*observed]:
        yield facts(observations)
    else:
        try:
            yield found_in(digits.hexadecimal(text), "from hex digits", kind)
        except ValueError as e:
            yield _among_words(text, kind) or refusal(text, e)


def _among_words(text: str, kind: str | None) -> Found | None:
    """What the lines hold that are digits alone, where those above and below them are words."""
    rows = text.split("\n")
    words = [n for n, row in enumerate(rows, 1) if row.strip() and not digits.is_alone(row)]
    with suppress(ValueError):
        data = digits.hexadecimal("\n".join(row for n, row in enumerate(rows, 1) if n not in words))
        one = found_in(data, f"from hex digits; not understood: line {', '.join(map(str, words[:5]))}", None)
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
        for one in binary(dump.data, kind, f"from a dump at line {dump.line}{skipped}"):
            yield ValueError(f"the dump at line {dump.line}: {one}") if isinstance(one, ValueError) else one
