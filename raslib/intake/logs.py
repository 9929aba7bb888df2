"""Texts in Linux's own words: logs and traces as a whole, and what is taken from other texts by the same words."""

import mmap
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from . import containers, traces
from .block import Event, noted, read_lines
from .drivers import WORDS, release_in, seen
from .found import Found, Observation, facts
from .linux import ENTRY_BEFORE, EVENT_BEFORE, LINES, SOURCE, begins
from .messages import HARDWARE, PREFIX, Message, messages
from .text import Raw, decoded_line, lines, plain

CHUNK = 1 << 16  # bytes that are passed over at once if no word of ours is in them
REST = 5  # lines from one of the printer's on, in which it may go on if it is broken
_PREFIX = PREFIX.encode()
_WORDS = re.compile("|".join(map(re.escape, WORDS)).encode() + rb'|MESSAGE" ?: ?\[')
MOST = 1000  # lines of other drivers that are kept with one event
OPEN = 64  # events whose lines may be mixed
HERALDS = ("edac", "warning", "firmware", "apei")  # that may come before the event that they are of
EVENT = LINES["block"]["event"]
_WARNINGS = [line.head for line in LINES["warning"].values()]
_NEW = (LINES["block"]["harmless"].head, LINES["block"]["before"].head)


def read(text: str, rows: list[Raw]) -> Iterator[Found | ValueError]:
    """What the log or trace that *text* is comes to; nothing if it is neither. *rows* are its lines."""
    logged, traced = is_log(text), traces.is_trace(text)
    if logged:
        yield from _log(rows, PREFIX in text)
    if traced:
        yield from traces.read_events(text)
    if traced and not logged and (others := [one for one in observed(rows) if not traces.is_trace(one.text)]):
        yield facts(others)


def observed(rows: Iterable[Raw]) -> Iterator[Observation]:
    """The lines that tell something, but hold no record."""
    return (one for message in messages(rows) if (one := seen(message)))


def bare(rows: Iterable[Raw]) -> str:
    """The lines without stamps and prefixes, one for one: of a log, whose dump may be all there is."""
    return "\n".join(next((m.text for m in reversed([*messages([row])])), "") for row in rows)


def _log(rows: Iterable[Raw], prefixed: bool) -> Iterator[Found | ValueError]:
    """A block for each event of a log, or why it is none."""
    events, shapes, some = Events(prefixed), Shapes(), False
    for event in events.events(messages(plain(rows))):
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


# --- the events of a log ----------------------------------------------------------------------------------------------


def is_log(text: str) -> bool:
    """Has *text* what Linux logs of a hardware error? Its dumped bytes alone are not enough."""
    return EVENT.head in text or (PREFIX in text and any(begins(m.text) for m in _sample(text)))


def _sample(text: str) -> Iterator[Message]:
    rows = (Raw(n, line) for n, line in enumerate(text.split("\n"), 1) if HARDWARE.search(line))
    return messages(rows)


class Events:
    """A log that is read once, from its first message to its last; `events` gives what it comes to.

    *prefixed*: do the printer's lines carry "[Hardware Error]"? If not, any line may be one of an event that has begun.
    """

    def __init__(self, prefixed: bool) -> None:
        self.prefixed = prefixed
        self.open: list[Event] = []
        self.latest: dict[tuple[str, str, str], Event] = {}
        self.last: dict[str, Event] = {}  # of a machine
        self.release: dict[str, str] = {}
        self.before = Event()  # what was seen before the first event
        self.stray: list[tuple[int, str]] = []  # lines of the printer's that are of no event

    def events(self, log: Iterable[Message]) -> Iterator[Event]:
        """The events in the order of their first lines; lines of several may be mixed if they have numbers."""
        for message in log:
            self._take(message)
            while len(self.open) > OPEN:
                yield (closed := self.open.pop(0))
                self.latest = {key: event for key, event in self.latest.items() if event is not closed}
        yield from self.open

    def _take(self, message: Message) -> None:
        observation = seen(message)
        observations = self.last.get(message.host, self.before).observations
        if observation and len(observations) < MOST:
            observations.append(observation)
        if release := release_in(message.text):
            self.release[message.host] = release
        if observation and observation.kind != "warning":
            return
        if message.event is None and self.prefixed:
            warning = next((w for w in _WARNINGS if w in message.text), None)
            if warning and (event := self.last.get(message.host)):
                event.lines.append((message.number, warning))  # these have no prefix of their own
        elif message.text:
            self._line(message)

    def _line(self, message: Message) -> None:
        text = message.text
        key = self._key(message)
        event, source = self.latest.get(key), SOURCE.match(text)
        severity = EVENT.is_in(text) or EVENT_BEFORE.fullmatch(text)
        new = source or severity or text in _NEW
        if new and (event is None or event.begun or (source and event.source)):
            event = self._new(key, message)
        elif event is None and begins(text) and (self.prefixed or text.startswith("section_type:")):
            event = self._new(key, message)
            event.begun = True
        if event is None:
            self.stray += [(message.number, text)] * (self.prefixed and len(self.stray) < MOST)
            return
        event.begun = event.begun or bool(severity or ENTRY_BEFORE.fullmatch(text))
        if source:
            event.source = source[1]
        else:
            event.lines.append((message.number, text))

    def _key(self, message: Message) -> tuple[str, str, str]:
        """The machine, and the event by its number or who printed it; a line that names no machine is of the last."""
        number = message.event or ""
        key = (message.host, number, "" if number else message.caller)
        if key in self.latest or not number:
            return key
        others = [k for k in reversed(self.latest) if k[1] == number and "" in (k[0], message.host)]
        return others[0] if others else key

    def _new(self, key: tuple[str, str, str], first: Message) -> Event:
        event = Event(key[1], host=key[0], time=first.time, release=self.release.get(key[0], ""))
        last = self.last.get(key[0], self.before)
        event.observations = _heralds(last, first.number) if last.lines else last.observations
        last.observations = [one for one in last.observations if one not in event.observations]
        self.latest.pop(key, None)
        self.latest[key] = self.last[key[0]] = event
        self.open.append(event)
        return event


def _heralds(last: Event, number: int) -> list[Observation]:
    """What drivers wrote of the event that begins at line *number*: right before it, and later than the *last* one."""
    found: list[Observation] = []
    for one in reversed(last.observations):
        if one.kind not in HERALDS or one.line != number - 1 - len(found) or one.line < last.lines[-1][0]:
            break
        found.insert(0, one)
    return found


# --- events that are alike --------------------------------------------------------------------------------------------

# lines whose numbers decide nothing else
_NAMES = (
    "physical_address|physical_address_mask|physical fault address|virtual fault address|node|card|module|rank|bank"
)
_NAMES += "|device|row|column|bit_position|requestor_id|responder_id|target_id"
_NUMBER = re.compile(
    rf"(\b(?:{_NAMES}): ?(?:0x(?=[0-9a-f]{{16}}\b)|(?=[0-9]{{1,5}}\b))"
    r"|\bprecise tstamp: (?=[0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2}$))"
    r"([0-9a-f]+(?:-[0-9-]{5} [0-9:]{8})?)",
    re.MULTILINE,
)
SHAPES = 1000  # shapes that are kept; events of further ones are read line by line


class Template(NamedTuple):
    """One of the events: what it came to, and where in its bytes each of those numbers begins."""

    found: Found
    places: tuple[int, ...]


class Shapes:
    """What the events of one log come to, by their lines without those numbers.

    From the third event of a shape on, nothing is parsed. That the bytes are those that the lines give when they are
    read one by one is tested for random records.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[str, ...], Template | None] = {}

    def read(self, event: Event) -> Found:
        """The block of an event, as its lines give it one by one. Raises ValueError naming the line that cannot be."""
        texts = _NUMBER.split("\n".join(text for _, text in event.lines))
        key = (event.release, *texts[::3], *texts[1::3])
        template = self.seen.get(key)
        found = _filled(template, texts, event) if template else None
        if found is None:
            found = read_lines(event)
            if key in self.seen:
                self.seen[key] = template or _template(event, texts, replace(found, shape=key))
            elif len(self.seen) < SHAPES:
                self.seen[key] = None
        return noted(event, found)


def _filled(template: Template, texts: Sequence[str], event: Event) -> Found | None:
    """The template with the numbers of *event*; None if one does not fit, or another driver's line tells more."""
    if any(one.kind == "aer" or (one.kind == "edac" and "handle:" in one.text) for one in event.observations):
        return None
    data = bytearray(template.found.data)
    with suppress(OverflowError):
        for start, number in zip(template.places, map(_bytes, texts[2::3]), strict=True):
            data[start : start + len(number)] = number
        addresses = tuple(_addresses(texts))
        return replace(template.found, data=bytes(data), observations=tuple(event.observations), addresses=addresses)
    return None


def _bytes(number: str) -> bytes:
    """The field that *number* stands for: a time stamp, 64 bits in hex, or 16 in decimal digits."""
    if "-" in number:
        digits = bytes.fromhex(re.sub("[^0-9]", "", number))[::-1]
        return digits[:3] + b"\1" + digits[3:]
    return int(number, 16).to_bytes(8, "little") if len(number) == 16 else int(number).to_bytes(2, "little")


def _addresses(texts: Sequence[str]) -> Iterator[int]:
    """The physical addresses among the numbers: of each section the first."""
    first = True
    for before, name, number in zip(texts[::3], texts[1::3], texts[2::3], strict=False):
        first = first or "section_type:" in before
        if first and name.startswith(("physical_address:", "physical fault address:")):
            yield int(number, 16)
            first = False


def _template(event: Event, texts: Sequence[str], found: Found) -> Template | None:
    """What *event* is a template of; None if a line of it is odd, or a number is not at one place in the bytes.

    Where a number goes is seen in the bytes of the same event with another number, which nothing else in it has.
    """
    others = [_other(number, i) for i, number in enumerate(texts[2::3])]
    marked = [*texts]
    marked[2::3] = others
    numbers = (number for number, _ in event.lines)
    try:
        data = read_lines(replace(event, lines=[*zip(numbers, "".join(marked).split("\n"), strict=True)])).data
    except ValueError:
        return None
    template = Template(found, tuple(data.find(_bytes(other)) for other in others))
    single = all(data.count(_bytes(other)) == 1 for other in others) and "line " not in found.note
    same = single and len(data) == len(found.data) and _filled(template, texts, event)
    return template if same and same.data == found.data else None


def _other(number: str, i: int) -> str:
    """A number of the same form that hardly any record has, another for each *i*."""
    if "-" in number:
        return f"93{i:02}-93-93 93:93:93"
    return f"{0xA55A_A55A_A55A_0000 + i:016x}" if len(number) == 16 else str(0x5AA5 + i)
