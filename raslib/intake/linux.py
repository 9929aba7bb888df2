"""What Linux's CPER printer says, by `linux.toml`: `views.kernel_log` writes its lines, this room reads them.

As a grammar: is a text one of its lines, whole or cut off, and of which section?
"""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from ..formats.arm import Dialect, read_type
from ..formats.more.x86 import CHECKS
from ..formats.sections import NAMES
from .dumps import row
from .lines import Line

REFUSED = "refused: -EINVAL"  # not a line of the log: Linux says nothing of a block that it refuses
PAST = "here Linux reads past the end of the block, and prints whatever lies there"  # no line of the log either


def _words(given: Any, words: dict[str, Any]) -> dict[int, str]:
    """Words by number, as a line of the file has them: from 0 on, by number, or the name of some of *words*."""
    found = words[given] if isinstance(given, str) else given
    return dict(enumerate(found)) if isinstance(found, list) else {int(n): word for n, word in found.items()}


def catalogue(text: str) -> tuple[dict[str, Any], dict[str, dict[str, Line]]]:
    """What *text*, of the form of `linux.toml`, says of releases and sections; and its lines, by table and name.

    Raises ValueError naming the line that is wrong, and what of it.
    """
    file = tomllib.loads(text)
    lines: dict[str, dict[str, Line]] = {}
    for table, rows in file["lines"].items():
        for name, given in rows.items():
            try:
                given = {"text": given} if isinstance(given, str) else dict(given)
                words = _words(given.pop("words", []), file["words"])
                words |= enumerate(given.pop("more", []), len(words))
                lines.setdefault(table, {})[name] = Line(**given, words=words)
            except (KeyError, TypeError, ValueError) as e:
                raise ValueError(f"linux.toml, lines.{table}.{name}: {e}") from None
    return file, lines


_FILE, LINES = catalogue(Path(__file__).with_name("linux.toml").read_text(encoding="utf-8"))
_RELEASES = {name: [tuple(map(int, one.split("."))) for one in since] for name, since in _FILE["releases"].items()}


def says(change: str, release: tuple[int, ...]) -> bool:
    """Whether *release* says it as since that *change*; a release of two numbers is the first of its branch."""
    first, *stable = _RELEASES[change]
    return release[:2] >= first or any(one[:2] == release[:2] and one <= release for one in stable)


class Named(NamedTuple):
    """What Linux prints by a name: the *section*, its tables of *lines*, and since which of the releases' changes."""

    section: str
    lines: list[str]
    since: str = "always"


GUID = {name: guid for guid, name in NAMES.items()}
_NAMED = {name: Named(**row) for name, row in _FILE["sections"].items()}
KIND = {name: GUID[row.section] for name, row in _NAMED.items()}
SECTIONS = {kind: name for name, kind in KIND.items()}
SINCE = {name: row.since for name, row in _NAMED.items()}
# which lines stand in which section alone, and in no part of it that another line begins
OF_SECTION = {
    KIND[name]: [line for table in row.lines for line in LINES[table].values() if line.tells]
    for name, row in _NAMED.items()
}
# the kind of error that a GUID of an IA32/X64 processor section names
CHECKED = dict(zip(CHECKS, _FILE["words"]["kinds"], strict=True))


def _type_words(dialect: Dialect) -> dict[int, str]:
    """What is said of each type byte: its kinds, and whether it has bits without meaning."""
    readings = {byte: read_type(byte, dialect) for byte in range(256)}
    kinds = {byte: "|".join(kind.value for kind in reading.kinds) for byte, reading in readings.items()}
    return {byte: kinds[byte] + (" with reserved bit(s)" if readings[byte].reserved else "") for byte in kinds}


# Linux reads the type byte as UEFI 2.10 has it, and before 6.19 as UEFI up to 2.9 has it
ARM_TYPE = {Dialect.UEFI_2_9: LINES["arm_error"]["type_before"]} | {
    dialect: Line("error_type: 0x{type:02x}: {type!}", words=_type_words(dialect))
    for dialect in (Dialect.UEFI_2_10, Dialect.UEFI_2_11)
}

# --- the grammar ------------------------------------------------------------------------------------------------------

SOURCE = re.compile(r"Hardware error from APEI Generic Hardware Error Source: (\d{1,10})")
TIME = re.compile(r"(im)?precise tstamp: (\d{4,6})-(\d{2,3})-(\d{2,3}) (\d{2,3}):(\d{2,3}):(\d{2,3})")
ENTRY = re.compile(r"Error (\d{1,10}), type:(.*)")
# as Linux up to 3.12 began a block and its entries
EVENT_BEFORE = re.compile(r"severity: (\d{1,10}), ([a-z]+)")
ENTRY_BEFORE = re.compile(r"section: (\d{1,10}), severity: (\d{1,10}), ([a-z]+)")
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NAMES = "|".join(map(re.escape, KIND))
_BEFORE_GUID = f"{LINES['data']['unknown_type'].head.strip()}|fru_id:|{LINES['reference']['guid'].head.strip()}"
_WITH_NAME = re.compile(rf"section_type: *(?:{_NAMES})|(?:{_BEFORE_GUID}) *{_GUID}")
_PATTERNS = (SOURCE, TIME, re.compile(r"Error \d+, type: \w+"), EVENT_BEFORE, ENTRY_BEFORE, _WITH_NAME)
# read elsewhere: what begins an entry, times, warnings, items of a location, and what says again what a word says
_APART = {"entry", "time", "warning", "location", "arm_details", "x86_check"}
_LINES = [line for table, lines in LINES.items() if table not in _APART for line in lines.values()]
_WHOLE = {line.head for line in _LINES if not (line.holes or line.head.endswith(" "))}
ARM_DETAILS = tuple(start for line in LINES["arm_details"].values() for start in line.starts())
_FREE = ("fru_text:", "DIMM location:", LINES["x86_named"]["type"].head, *ARM_DETAILS)
_CUT = (
    *("Hardware error from APEI", "It has been corrected by h/w", "precise tstamp", "imprecise tstamp"),
    *("section_type:", "section type:", "fru_id:", LINES["reference"]["guid"].head),
)
LOCATED = {line.head.rstrip(":0x"): line for line in LINES["location"].values()}


def _first(text: str) -> str:
    return re.split(r"[ :,]", text, maxsplit=1)[0]


_BY_WORD: dict[str, list[Line]] = {}
for _line in (*_LINES, *ARM_TYPE.values()):
    if _line.holes:
        _BY_WORD.setdefault(_first(_line.head), []).append(_line)


def form(text: str) -> str:
    """What *text* is of the printer's: "whole", "items" or "cut items" of a location, "free" text, "begun", or ""."""
    lines = _BY_WORD.get(_first(text), ())
    if text in _WHOLE or any(p.fullmatch(text) for p in _PATTERNS) or any(_reads(line, text) for line in lines):
        return "whole"
    if items := location(text):
        return "items" if all(LOCATED[item.partition(":")[0]].read(item) for item in items) else "cut items"
    here = row(text)
    if here and here.colon:
        return "whole"
    if text.startswith(_FREE):
        return "free"
    if text.startswith(_CUT) or any(line.is_in(text) for line in lines):
        return "begun"
    return "begun" if len(text) > 8 and any(whole.startswith(text) for whole in (*_WHOLE, *_FREE)) else ""


def _reads(line: Line, text: str) -> bool:
    """Is it this line to its end, in the printer's words?"""
    if not line.is_in(text):
        return False
    try:
        return (found := line.read(text)) is not None and (not line.words or line.written(found) in ("", text.rstrip()))
    except ValueError:
        return True


def location(text: str) -> list[str]:
    """The items of a memory error's location, if *text* is nothing else."""
    items = re.sub(r": +", ":", text).split()
    return items if items and all(item.partition(":")[0] in LOCATED for item in items) else []


def section_of(text: str) -> UUID | None:
    """The section type in which alone such a line stands, of an excerpt that does not name it."""
    if location(text) or text.startswith("DIMM location:"):
        return KIND["memory error"]
    return next((kind for kind, lines in OF_SECTION.items() if any(_reads(line, text) for line in lines)), None)


def begins(text: str) -> bool:
    """Can an excerpt begin with such a line?"""
    heads = ("section_type:", "section type:", "fru_")
    return bool(ENTRY.fullmatch(text) or text.startswith(heads) or section_of(text))
