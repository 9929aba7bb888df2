"""Events of a log that differ in addresses, places and times alone: some are read, the others are filled in by them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from ..formats.ghes import StatusBlock
from . import grammar, linux, linux_arm
from .block import noted, read_lines
from .found import Found
from .lines import Hole
from .log import Event

# numbers that decide nothing else: how a line names them, and the field that they are
_LINES = (*linux.ADDRESS, *linux.LOCATION, *linux_arm.ADDRESSES)
FIELDS = {
    line.head.rstrip(":0x "): hole.path
    for line in _LINES
    for hole in line.parts
    if isinstance(hole, Hole) and hole.width is None
}
TIME = "precise tstamp"
_NUMBER = re.compile(
    rf"(\b(?:{'|'.join(FIELDS)}): ?(?:0x(?=[0-9a-f]{{16}}\b)|(?=[0-9]{{1,5}}\b))"
    rf"|\b{TIME}: (?=[0-9]{{4}}(?:-[0-9]{{2}}){{2}} [0-9]{{2}}(?::[0-9]{{2}}){{2}}$))"
    r"([0-9a-f]+(?:-[0-9-]{5} [0-9:]{8})?)",
    re.MULTILINE,
)
MOST = 1000  # shapes that are kept; events of further ones are read line by line


class Template(NamedTuple):
    """One of the events: what it came to; of each of those numbers the path, where its bytes begin, and how many."""

    found: Found
    places: tuple[tuple[str, int, int], ...]


class Shapes:
    """What the events of one log come to, by their lines without those numbers.

    From the third event of a shape on, nothing is parsed. That the bytes are those that the lines give when they are
    read one by one is tested for random records.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[str, ...], Template | None] = {}

    def read(self, event: Event) -> Found:
        """As `block.read_event`."""
        texts = _NUMBER.split("\n".join(text for _, text in event.lines))
        key = (event.release, *texts[::3], *texts[1::3])
        template = self.seen.get(key)
        found = _filled(template, texts[2::3], event) if template else None
        if found is None:
            found = read_lines(event)
            if key in self.seen:
                self.seen[key] = template or _template(event, replace(found, shape=key))
            elif len(self.seen) < MOST:
                self.seen[key] = None
        return noted(event, found)


def _filled(template: Template, numbers: Sequence[str], event: Event) -> Found | None:
    """The template with the *numbers* of *event*; None if one does not fit, or another driver's line tells more."""
    if any(one.kind == "aer" or (one.kind == "edac" and "handle:" in one.text) for one in event.observations):
        return None
    data, pages = bytearray(template.found.data), dict[str, int]()
    for (path, start, size), number in zip(template.places, numbers, strict=True):
        with suppress(OverflowError):
            data[start : start + size] = _bytes(number, size, data[start : start + size])
            if path.endswith((".physical_address", ".physical_fault_address")):
                pages.setdefault(path.partition(".")[0], int(number, 16))
            continue
        return None
    observations, addresses = tuple(event.observations), tuple(pages.values())
    return replace(template.found, data=bytes(data), observations=observations, addresses=addresses)


def _bytes(number: str, size: int, before: Sequence[int]) -> bytes:
    """The field that *number* stands for: of a time stamp all eight bytes, of which the fourth stays as it was."""
    if "-" in number:
        digits = bytes.fromhex(re.sub("[^0-9]", "", number))[::-1]
        return digits[:3] + bytes(before[3:4]) + digits[3:]
    return int(number, 10 if size == 2 else 16).to_bytes(size, "little")


def _template(event: Event, found: Found) -> Template | None:
    """What *event* is a template of; None if a line of it is odd, or a number is not where it should be."""
    explained = StatusBlock.explain(found.data)
    spans, places = {span.path: span for span in explained.spans}, list[tuple[str, int, int]]()
    if "line " in found.note or explained.error:
        return None
    for path, number in _paths(event):
        if (span := spans.get(path)) is None:
            return None
        start, size = span.start, 8 if "-" in number else span.stop - span.start
        here = found.data[start : start + size]
        if _bytes(number, size, here) != here:
            return None
        places.append((path, start, size))
    return Template(found, tuple(places))


def _paths(event: Event) -> Iterator[tuple[str, str]]:
    """The path of each number, and the number."""
    entry = error = -1
    for _, text in event.lines:
        if grammar.ENTRY.fullmatch(text):
            entry, error = entry + 1, -1
        error += text.startswith(linux_arm.ERROR.head)
        for name, number in _NUMBER.findall(text):
            if name.startswith(TIME):  # which stands before the entry that it is of
                yield f"entries[{entry + 1}].timestamp.seconds", number
                continue
            field = FIELDS[name.partition(":")[0]]
            of_error = f"error_information[{error}]." if field.endswith("fault_address") else ""
            yield f"entries[{entry}].section.{of_error}{field}", number
