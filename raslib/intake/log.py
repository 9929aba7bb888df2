"""A kernel log taken apart: which lines Linux's printer wrote for which event, and what other drivers wrote."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .drivers import release_in, seen
from .found import Observation
from .grammar import ENTRY_BEFORE, EVENT_BEFORE, SOURCE, begins
from .linux import LINES
from .messages import HARDWARE, PREFIX, Message, messages
from .text import Raw

OPEN = 64  # events whose lines may be mixed
MOST = 1000  # lines of other drivers that are kept with one event
HERALDS = ("edac", "warning", "firmware", "apei")  # that may come before the event that they are of
EVENT = LINES["block"]["event"]
_WARNINGS = [line.head for line in LINES["warning"].values()]
_NEW = (LINES["block"]["harmless"].head, LINES["block"]["before"].head)


@dataclass
class Event:
    """The lines of one event by their numbers, the *number* that Linux gave it in braces, and its error source."""

    number: str = ""
    source: str = ""
    host: str = ""
    time: str = ""
    release: str = ""  # of the Linux that logged it, if a line says so
    lines: list[tuple[int, str]] = field(default_factory=list)
    begun: bool = False  # its severity or its first entry is there
    observations: list[Observation] = field(default_factory=list)

    def observe(self, one: Observation | None) -> None:
        if one and len(self.observations) < MOST:
            self.observations.append(one)


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
        self.last.get(message.host, self.before).observe(observation)
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
