"""Events of a log that differ in addresses, places and times alone: some are read, the others are filled in by them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from ..formats.ghes import StatusBlock
from . import grammar, linux_arm
from .block import noted, read_lines
from .found import Found, Observation
from .log import Event

# names of numbers that decide nothing else, by how they are printed, and the fields of a section that they are
_HEX = {name: name for name in ("physical_address", "physical_address_mask", "requestor_id", "responder_id")}
_HEX |= {"target_id": "target_id"} | {f"{of} fault address": f"{of}_fault_address" for of in ("physical", "virtual")}
_DECIMAL = {name: name for name in ("node", "card", "module", "bank", "device", "row", "column", "bit_position")}
_DECIMAL |= {"rank": "rank_number"}
_NUMBER = re.compile(
    rf"(\b(?:{'|'.join(_HEX)}): ?0x(?=[0-9a-f]{{16}}\b)|\b(?:{'|'.join(_DECIMAL)}): ?(?=[0-9]{{1,5}}\b)"
    r"|\bprecise tstamp: (?=[0-9]{4}(?:-[0-9]{2}){2} [0-9]{2}(?::[0-9]{2}){2}$))"
    r"([0-9a-f]+(?:-[0-9-]{5} [0-9:]{8})?)",
    re.MULTILINE,
)
MOST = 1000  # shapes that are kept; events of further ones are read line by line


class Shape(NamedTuple):
    """One of the events: what it came to; where in its bytes each of those numbers begins and how long it is.

    *pages* are the numbers that are physical addresses: of each entry the first.
    """

    found: Found
    places: tuple[tuple[int, int], ...]
    pages: tuple[int, ...]


class Shapes:
    """What the events of one log come to, by their lines without those numbers.

    From the third event of a shape on, nothing is parsed. The bytes are those that the lines give when they are read
    one by one: tests/test_intake_shapes.py.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[str, ...], Shape | None] = {}

    def read(self, event: Event) -> Found:
        """As `block.read_event`."""
        texts = _NUMBER.split("\n".join(text for _, text in event.lines))
        numbers, key = texts[2::3], (event.release, *texts[::3], *texts[1::3])
        shape = self.seen.get(key)
        found = _filled(shape, numbers, event.observations) if shape else None
        if found is None:
            found = read_lines(event)
            if key in self.seen:
                self.seen[key] = shape or _shape(event, replace(found, shape=key))
            elif len(self.seen) < MOST:
                self.seen[key] = None
        return noted(event, found)


def _filled(shape: Shape, numbers: Sequence[str], observations: Sequence[Observation]) -> Found | None:
    """The first event with the *numbers* of another; None if one does not fit, or another driver's line has more."""
    if any(one.kind == "aer" or (one.kind == "edac" and "handle:" in one.text) for one in observations):
        return None
    data = bytearray(shape.found.data)
    for (start, size), number in zip(shape.places, numbers, strict=True):
        with suppress(OverflowError):
            data[start : start + size] = _bytes(number, size, data[start : start + size])
            continue
        return None
    addresses = tuple(int(numbers[i], 16) for i in shape.pages)
    return replace(shape.found, data=bytes(data), observations=tuple(observations), addresses=addresses)


def _bytes(number: str, size: int, before: Sequence[int]) -> bytes:
    """The field that *number* stands for: of a time stamp all eight bytes, of which the fourth stays as it was."""
    if "-" in number:
        digits = bytes.fromhex(re.sub("[^0-9]", "", number))[::-1]
        return digits[:3] + bytes(before[3:4]) + digits[3:]
    return int(number, 10 if size == 2 else 16).to_bytes(size, "little")


def _shape(event: Event, found: Found) -> Shape | None:
    """The shape that *event* is of; None if a line of it is odd, or a number is not where it should be."""
    if "line " in found.note:
        return None
    explained = StatusBlock.explain(found.data)
    spans, places, pages = {span.path: span for span in explained.spans}, list[tuple[int, int]](), dict[str, int]()
    for n, (path, number) in enumerate(_paths(event)):
        if explained.error or (span := spans.get(path)) is None:
            return None
        size = 8 if "-" in number else span.stop - span.start
        here = found.data[span.start : span.start + size]
        if _bytes(number, size, here) != here:
            return None
        places.append((span.start, size))
        if path.endswith((".physical_address", ".physical_fault_address")):
            pages.setdefault(path.partition(".")[0], n)
    return Shape(found, tuple(places), tuple(pages.values()))


def _paths(event: Event) -> Iterator[tuple[str, str]]:
    """The path of each number, and the number."""
    entry = error = -1
    for _, text in event.lines:
        if grammar.ENTRY.fullmatch(text):
            entry, error = entry + 1, -1
        error += text.startswith(linux_arm.ERROR.head)
        for prefix, number in _NUMBER.findall(text):
            name = prefix.partition(":")[0]
            if name == "precise tstamp":  # which stands before the entry that it is of
                yield f"entries[{entry + 1}].timestamp.seconds", number
            elif name.endswith("fault address"):
                yield f"entries[{entry}].section.error_information[{error}].{_HEX[name]}", number
            else:
                yield f"entries[{entry}].section.{_HEX.get(name) or _DECIMAL[name]}", number
