"""A kernel log taken apart: which lines Linux's printer wrote for which event, without what stands before them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import linux

_HARDWARE = re.compile(r"(?:\{(\d{1,10})\})?\[Hardware Error\]:")
# what a console, dmesg or journal puts before a line: <level>, [seconds], [task or CPU]
_STAMPS = tuple(map(re.compile, (r"<\d{1,3}>", r"\[ *\d{1,12}\.\d{1,9}\]", r"\[ *[CT]\d{1,9}\]")))
_SOURCE = re.compile(r"Hardware error from APEI Generic Hardware Error Source: (\d{1,10})")
_WARNINGS = (linux.SHORT, linux.BEYOND)


@dataclass
class Event:
    """The lines of one event by their numbers, the *number* that Linux gave it in braces, and its error source."""

    number: str = ""
    source: str = ""
    lines: list[tuple[int, str]] = field(default_factory=list)
    begun: bool = False  # its severity was said


def is_log(text: str) -> bool:
    """Has *text* what Linux logs of a hardware error? Its dumped bytes alone are not enough."""
    return linux.EVENT.head in text


def bare(line: str) -> str:
    """*line* without time stamps and prefixes."""
    line = line.rstrip("\r")
    if found := _HARDWARE.search(line):
        return line[found.end() :].lstrip(" ")
    for stamp in _STAMPS:
        line = line.lstrip(" ")
        if found := stamp.match(line):
            line = line[found.end() :]
    return line.lstrip(" ")


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, event number and words, of the lines that can be Linux's printer's: all, if none has its prefix."""
    prefixed = bool(_HARDWARE.search(text))
    for number, line in enumerate(text.split("\n"), 1):
        found = _HARDWARE.search(line)
        said = bare(line)
        if found:
            yield number, found[1] or "", said
        elif not prefixed and said:
            yield number, "", said
        elif prefixed and (warning := next((w for w in _WARNINGS if w in line), None)):
            yield number, "last", warning  # these have no prefix of their own


def events(text: str) -> list[Event]:
    """The events of a log in the order of their first lines; lines of several may be mixed if they have numbers.

    Raises ValueError if there is none.
    """
    found: list[Event] = []
    latest: dict[str, Event] = {}
    last = ""
    for number, which, said in _lines(text):
        which = last = last if which == "last" else which
        source = _SOURCE.match(said)
        event, is_event = latest.get(which), linux.EVENT.is_in(said)
        if source or said == linux.HARMLESS or is_event:
            if event is None or event.begun or source:
                event = latest[which] = Event(which)
                found.append(event)
            event.begun = event.begun or is_event
        if source and event:
            event.source = source[1]
        elif event:
            event.lines.append((number, said))
    found = [event for event in found if event.begun]
    if not found:
        raise ValueError(f"no line says {linux.EVENT.head!r} of a hardware error")
    return found
