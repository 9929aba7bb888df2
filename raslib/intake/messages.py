"""What a kernel printed, line by line, whatever carried it: consoles, journals, dmesg, grep, mail.

A message is what one call of printk gave. A physical line may hold several of them, or a part of one: where a line has
no stamp or prefix of its own, and what was before it is no whole line of Linux's printer without it, it is its rest.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .linux import form
from .text import Raw

HARDWARE = re.compile(r"(?:\{(\d{1,10})\})?\[Hardware +Error\]:?")
PREFIX = "Hardware Error]"
_DATE = r"(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,:+Z-]*)"
_BEFORE = (  # what stands before a message
    rf"<\d{{1,3}}>1 (?:{_DATE}|-) (?P<origin>[\w.-]+) \S+ \S+ \S+ (?:-|\[[^\]]{{0,200}}\])(?= )",  # RFC 5424
    r"<\d{1,3}>",  # dmesg -r, pstore
    r"kern *: ?\w+ *:",  # dmesg -x
    r"(?P<up>\[ *\d{1,12}\.\d{1,9}\])",
    r"\[(?P<when>[A-Z][a-z]{2} [A-Z][a-z]{2} +\d.{11,20}?)\]",  # dmesg -T
    r"\[ *(?P<caller>[CT]\d{1,9})(?:@\w{1,9})?\]",
    rf"(?P<date>{_DATE}) (?:(?P<host>[\w.-]+) )?(?=[\w./()-]+(?:\[\d+\])?:)",  # syslog, journalctl
    r"(?:(?P<node>[\w.-]{1,64}) )?(?:kernel|rasdaemon|systemd-pstore)(?:\[\d{1,9}\])?:",
    r"MESSAGE=",  # journalctl -o export
    r"(?P<place>[\w./-]{1,200})(?::\d{1,9})?[: ](?=\d{0,9}\[ *[\dA-Z])",  # grep, console servers
)
_HEAD = re.compile(rf"\s*(?:{'|'.join(_BEFORE)})")
_CLOCK = r"\[ *\d{1,12}\.\d{1,9}\]"
_NEXT = rf"{_DATE}(?:\s+[\w.-]+)?(?:\s+kernel:)?(?:\s+\[[ \d.]*\]?)?"  # a stamp, or as much of it as is on the line
_TAIL = re.compile(rf"\s+(?:{_NEXT}|{_CLOCK}|kernel:)(?:\s*\[ *[CT]\d*\]?)?\s*$")
_CLOCK_LAST = re.compile(rf"\s*{_CLOCK}\s*$")
_MARKS = re.compile(r"""(?:<br ?/?>|</\w{1,9}>|[`"']|\\n|\s)+$""")
STAMP = 120  # characters of a stamp at most
LONG = 60  # characters after which mail and terminals break a line


class Message(NamedTuple):
    """One message: the number of its line, the machine and the CPU or task that printed it, and when.

    *event* is the number in braces, None if there is no "[Hardware Error]"; *text* is without what stands before.
    """

    number: int
    text: str
    event: str | None = None
    host: str = ""
    caller: str = ""
    time: str = ""
    stamped: bool = False
    width: int = 0  # of the physical line
    leads: bool = False  # stands before a prefix: the rest of another message, or a stamp that we do not know


def messages(rows: Iterable[Raw]) -> Iterator[Message]:
    """The messages of a log."""
    last: Message | None = None
    for row in rows:
        for here in _split(row):
            if last and not here.stamped and (text := _joined(last, here)):
                last = last._replace(text=text, width=here.width)
            elif here.text or here.event is not None:
                if last:
                    yield last
                last = here
        if last and not row.text.strip():
            yield last
            last = None
    if last:
        yield last


def _joined(last: Message, rest: Message) -> str:
    """The two as one text, if they are one message."""
    before, alone = form(last.text), form(rest.text)
    if not last.stamped or not rest.text or (rest.leads and before != "begun"):
        return ""
    far = last.width >= LONG or before == "begun"
    spaced = f"{last.text.rstrip()} {rest.text}"
    ways = {both: form(both) for both in (spaced, last.text + rest.text)}
    for both, made in ways.items():
        again = alone == before == "begun"  # what goes on looks like the beginning of another line
        if (made == "whole" and (not alone or again)) or (made == "items" and (not alone or "items" in before)):
            return both
    if "items" in before and "items" in ways[spaced]:
        return spaced
    for both, made in ways.items():
        free = far and (made == "free" or (not made and last.event is None))  # a text, or another driver's line
        if not alone and (free or (made == "begun" and before != "whole")):
            return both
    return ""


def head(text: str) -> tuple[dict[str, str], str]:
    """What stands before a message, by name, and the message."""
    found: dict[str, str] = {}
    while (part := _HEAD.match(text)) and part.end() and not (part["place"] and "up" in found):
        found |= {name: value for name, value in part.groupdict().items() if value} or {"": part[0]}
        text = text[part.end() :]
    return found, text


def _split(row: Raw) -> Iterator[Message]:
    """The messages of one physical line, and what of the one before it stands there."""
    starts = list(HARDWARE.finditer(row.text)) if PREFIX in row.text else []
    parts, text = head(row.text[: starts[0].start()] if starts else row.text)
    host = row.host or next((parts[k] for k in ("host", "origin", "node", "place") if k in parts), "")
    time = (parts.get("up") or parts.get("when") or parts.get("date", "")).strip("[] ")
    caller, width = parts.get("caller", ""), len(row.text)
    if not starts:
        words = text.lstrip(" ") if parts else _without_tail(text.lstrip(" "))
        yield Message(row.number, words, None, host, caller, time, bool(parts), width)
        return
    before = text.strip() if parts else _without_tail(f" {text}").strip()
    mce = before.endswith("mce:")
    if before and not parts and not mce:
        yield Message(row.number, before, None, host, caller, time, False, width, leads=True)
    for i, start in enumerate(starts):
        stop = starts[i + 1].start() if i + 1 < len(starts) else len(row.text)
        words = _without_tail(row.text[start.end() : stop].lstrip(" \t"))
        event = None if mce else start[1] or ""
        yield Message(row.number, f"mce: {words}" if mce else words, event, host, caller, time, True, width)


@lru_cache(1 << 12)  # most lines are of few kinds
def _without_tail(text: str) -> str:
    """*text* without what stands behind a message: the stamp of the next, a mark of HTML, a quote sign."""
    start = max(0, len(text) - STAMP)
    if not any(p.search(text, start) for p in (_MARKS, _CLOCK_LAST, _TAIL)) or form(text) == "whole":
        return text
    for pattern in (_MARKS, _CLOCK_LAST):
        tail = pattern.search(text, start)
        made = form(text[: tail.start()]) if tail else ""
        if tail and (made in ("whole", "items") or (made == "free" and tail[0].strip()[:1] in ("<", "["))):
            text = text[: tail.start()]
    tail = None if form(text) == "whole" else _TAIL.search(text, start)
    return text[: tail.start()] if tail else text
