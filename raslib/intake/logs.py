"""Texts in Linux's own words: logs and traces as a whole, and what is taken from other texts by the same words."""

import mmap
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from . import containers, traces
from .block import read_event
from .drivers import WORDS, seen
from .found import Found, Observation, facts
from .grammar import form
from .log import Events, is_log
from .messages import PREFIX, messages
from .text import Raw, lines, plain

CHUNK = 1 << 16  # bytes that are passed over at once if no word of ours is in them
REST = 4  # lines behind, in which a broken one may go on
_WORDS = tuple(word.encode() for word in WORDS)


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
        yield facts(events.before.observations)
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
