"""The lines of Linux's printer as one grammar: is a text one of them, whole or cut off, and of which section?"""

import re
from uuid import UUID

from . import linux
from .dumps import row
from .lines import Line
from .linux import LINES

SOURCE = re.compile(r"Hardware error from APEI Generic Hardware Error Source: (\d{1,10})")
TIME = re.compile(r"(im)?precise tstamp: (\d{4,6})-(\d{2,3})-(\d{2,3}) (\d{2,3}):(\d{2,3}):(\d{2,3})")
ENTRY = re.compile(r"Error (\d{1,10}), type:(.*)")
# as Linux up to 3.12 began a block and its entries
EVENT_BEFORE = re.compile(r"severity: (\d{1,10}), ([a-z]+)")
ENTRY_BEFORE = re.compile(r"section: (\d{1,10}), severity: (\d{1,10}), ([a-z]+)")
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NAMES = "|".join(map(re.escape, linux.KIND))
_BEFORE_GUID = f"{LINES['data']['unknown_type'].head.strip()}|fru_id:|{LINES['reference']['guid'].head.strip()}"
_NAMED = re.compile(rf"section_type: *(?:{_NAMES})|(?:{_BEFORE_GUID}) *{_GUID}")
_PATTERNS = (SOURCE, TIME, re.compile(r"Error \d+, type: \w+"), EVENT_BEFORE, ENTRY_BEFORE, _NAMED)
# read elsewhere: what begins an entry, times, warnings, items of a location, and what says again what a word says
_APART = {"entry", "time", "warning", "location", "arm_details", "x86_check"}
_LINES = [line for table in LINES.keys() - _APART for line in LINES[table].values()]
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
for _line in (*_LINES, *linux.ARM_TYPE.values()):
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
        return linux.KIND["memory error"]
    return next((kind for kind, lines in linux.OF_SECTION.items() if any(_reads(line, text) for line in lines)), None)


def begins(text: str) -> bool:
    """Can an excerpt begin with such a line?"""
    heads = ("section_type:", "section type:", "fru_")
    return bool(ENTRY.fullmatch(text) or text.startswith(heads) or section_of(text))
