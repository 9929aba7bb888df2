"""What others than Linux's printer log of an error, drivers, panics, firmware, QEMU: facts, by `drivers.toml`."""

import re
from typing import Any, NamedTuple

from .. import resources
from .found import Observation
from .messages import Message

LONGEST = 1000  # characters of a line that are looked at


class Rule(NamedTuple):
    """A kind of line: a pattern, names for its groups, and the exception level whose syndrome an ESR in it is."""

    kind: str
    pattern: re.Pattern[str]
    names: list[str]
    level: str


def rule(kind: str, pattern: str, names: list[str], level: str = "") -> Rule:
    """A line of the table. Raises ValueError if *names* are not those of the pattern's groups."""
    compiled = re.compile(pattern)
    if compiled.groups != len(names):
        raise ValueError(f"drivers.toml: {compiled.groups} groups in {pattern!r}, {len(names)} names")
    return Rule(kind, compiled, names, level)


_FILE: dict[str, list[Any]] = resources.table(__file__)
RULES, WORDS = [rule(**row) for row in _FILE["lines"]], _FILE["words"]
KINDS = tuple(dict.fromkeys(one.kind for one in RULES))
_WORDS = re.compile("|".join(map(re.escape, WORDS)))


def seen(message: Message) -> Observation | None:
    """What a message tells, if it is one of these."""
    text = message.text[:LONGEST]
    if (message.event is not None and "achine check" not in text) or not _WORDS.search(text):
        return None
    for one in RULES:
        if found := one.pattern.search(text):
            groups = zip(one.names, found.groups(), strict=True)
            values = tuple((name.lstrip("!#"), _value(name, group)) for name, group in groups if group is not None)
            level = (("level", one.level),) if one.level else ()
            return Observation(message.number, one.kind, text, values + level, message.host, message.time)
    return None


def _value(name: str, group: str) -> int | str:
    base = {"!": 16, "#": 10}.get(name[0])
    return int(group, base) if base else group


def release_in(text: str) -> str:
    """The release in the first line of a boot, or in that of an oops."""
    found = re.search(r"Linux version (\d+\.\d+(?:\.\d+)?)", text) if "Linux version" in text else None
    return found[1] if found else ""
