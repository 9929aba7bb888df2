"""Texts in Linux's own words: logs and traces as a whole, and what is taken from other texts by the same words."""

import mmap
import re
from collections.abc import Callable, Iterable, Iterator

from . import containers, traces
from .drivers import WORDS, seen
from .found import Found, Observation, facts
from .grammar import form
from .log import Events, is_log
from .messages import PREFIX, messages
from .shapes import Shapes
from .text import Raw, decoded_line, lines, plain

CHUNK = 1 << 16  # bytes that are passed over at once if no word of ours is in them
REST = 5  # lines from one of the printer's on, in which it may go on if it is broken
_PREFIX = PREFIX.encode()
_WORDS = re.compile("|".join(map(re.escape, WORDS)).encode() + rb'|MESSAGE" ?: ?\[')


def read(text: str, rows: list[Raw]) -> Iterator[Found | ValueError] | None:
    """What the log or trace that *text* is comes to; None if it is neither. *rows* are its lines."""
    logged, traced = is_log(text), traces.is_trace(text)
    return _read(text, rows, logged, traced) if logged or traced else None


def _read(text: str, rows: list[Raw], logged: bool, traced: bool) -> Iterator[Found | ValueError]:
    if logged:
        yield from _log(rows, PREFIX in text)
    if traced:
        yield from traces.read_events(text)
    if not logged and (others := [one for one in observed(rows) if not traces.is_trace(one.text)]):
        yield facts(others)


def observed(rows: Iterable[Raw]) -> Iterator[Observation]:
    """The lines that tell something, but hold no record."""
    return (one for message in messages(rows, form) if (one := seen(message)))


def bare(rows: Iterable[Raw]) -> str:
    """The lines without stamps and prefixes, one for one: of a log, whose dump may be all there is."""
    return "\n".join(next((m.text for m in reversed([*messages([row], form)])), "") for row in rows)


def _log(rows: Iterable[Raw], prefixed: bool) -> Iterator[Found | ValueError]:
    """A block for each event of a log, or why it is none."""
    events, shapes, some = Events(prefixed), Shapes(), False
    for event in events.events(messages(plain(rows), form)):
        if not event.begun:
            events.stray += event.lines
        if not event.begun or not event.lines:
            continue
        some = True
        try:
            yield shapes.read(event)
        except ValueError as e:
            yield e
    if events.before.observations:
        yield facts(events.before.observations)
    elif not some:
        yield ValueError("no line is of a hardware error that Linux logs")
    if events.stray:
        first, text = events.stray[0]
        where = f"{first} and {len(events.stray) - 1} more" if len(events.stray) > 1 else first
        yield ValueError(f"line {where}: hardware errors in no words of APEI's, {text!r}")


def large(data: bytes | mmap.mmap, progress: Callable[[int, int], None] | None) -> Iterator[Found | ValueError]:
    """The events of a log that is too large to look for anything else in it."""
    prefixed = data.find(_PREFIX) >= 0
    yield from _log(_kept(data, prefixed, progress), prefixed)


def _kept(data: bytes | mmap.mmap, prefixed: bool, progress: Callable[[int, int], None] | None) -> Iterator[Raw]:
    """The lines of a large log that can matter: those with a word of ours, and a few behind, in which one may go on.

    Of a log without Linux's prefix all lines of a part with such a word.
    """
    number, at, left = 1, 0, 0
    while at < len(data):
        end = data.find(b"\n", min(at + CHUNK, len(data)))
        end = len(data) if end < 0 else end + 1
        rows = data[at:end].removesuffix(b"\n").split(b"\n")
        every = not prefixed and bool(_WORDS.search(data, at, end))
        for row in rows:
            left = REST if _PREFIX in row else max(left - 1, int(every or bool(_WORDS.search(row))))
            if left > 0:
                yield from _of_journal(Raw(number, decoded_line(row)))
            number += 1
        at = end
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
