"""The lines of Linux's printer as one grammar: is a text one of them, whole or cut off, and of which section?"""

import re
from uuid import UUID

from . import linux, linux_arm, linux_cxl, linux_x86
from .dumps import row
from .lines import Line

SOURCE = re.compile(r"Hardware error from APEI Generic Hardware Error Source: (\d{1,10})")
TIME = re.compile(r"(im)?precise tstamp: (\d{4,6})-(\d{2,3})-(\d{2,3}) (\d{2,3}):(\d{2,3}):(\d{2,3})")
ENTRY = re.compile(r"Error (\d{1,10}), type:(.*)")
# as Linux up to 3.12 began a block and its entries
EVENT_BEFORE = re.compile(r"severity: (\d{1,10}), ([a-z]+)")
ENTRY_BEFORE = re.compile(r"section: (\d{1,10}), severity: (\d{1,10}), ([a-z]+)")
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NAMES = "|".join(map(re.escape, linux.SECTIONS.values()))
_BEFORE_GUID = f"section type: unknown,|fru_id:|{linux.FIRMWARE_GUID}"
_NAMED = re.compile(rf"section_type: *(?:{_NAMES})|(?:{_BEFORE_GUID}) *{_GUID}")
_PATTERNS = (SOURCE, TIME, re.compile(r"Error \d+, type: \w+"), EVENT_BEFORE, ENTRY_BEFORE, _NAMED)
_WHOLE = {linux.HARMLESS, linux.BEFORE, linux_x86.CPUID, linux_x86.ARRAY, linux_cxl.DVSEC, linux_cxl.LOG}
_WHOLE |= {*linux_arm.FLAGS.values(), linux_arm.INCORRECT, linux_arm.TOO_SMALL, linux_arm.TOO_BIG, linux_cxl.HEADER_LOG}
_FREE = ("fru_text:", "DIMM location:", linux_x86.TYPE, *linux_arm.DETAILS)
_CUT = (
    *("Hardware error from APEI", "It has been corrected by h/w", "precise tstamp", "imprecise tstamp"),
    *("section_type:", "section type:", "fru_id:", linux.FIRMWARE_GUID),
)
# which lines stand in which section; where a line stands in several, the first here is taken
OF_SECTION: dict[UUID, tuple[Line, ...]] = {
    linux.KIND["memory error"]: (linux.STATUS, linux.STATUS_BEFORE, *linux.ADDRESS, linux.MEMORY_TYPE, linux.DIMM),
    linux.KIND["ARM processor error"]: (linux_arm.MIDR, *linux_arm.SECTION, linux_arm.ERROR, linux_arm.INFORMATION),
    linux.KIND["PCIe error"]: (*linux.PCIE, linux.AER_CORRECTABLE, *linux.AER),
    linux.KIND["general processor error"]: linux.PROCESSOR,
    linux.KIND["IA32/X64 processor error"]: (linux_x86.ID, linux_x86.ERROR, linux_x86.CHECK),
    linux.KIND["Firmware Error Record Reference"]: linux.FIRMWARE,
    linux.KIND["CXL Protocol Error"]: (linux_cxl.AGENT, linux_cxl.RCRB, *linux_cxl.DEVICE, *linux_cxl.REGISTERS),
}
_MORE = (
    *(linux.EVENT, linux.UNKNOWN_LENGTH, linux.FIRMWARE_ID, linux.FLAGS_BEFORE, *linux_arm.TYPE.values()),
    *(linux_arm.COUNT, *linux_arm.ADDRESSES, linux_arm.CONTEXT, linux_arm.CONTEXT_TYPE, linux_arm.VENDOR),
    *(*linux_x86.ADDRESSES, linux_x86.CONTEXT, linux_x86.CONTEXT_TYPE, linux_x86.ARRAY_SIZE),
    *(*linux_x86.ARRAY_ADDRESS.values(), linux_cxl.SERIAL, linux_cxl.DVSEC_LENGTH, linux_cxl.LOG_LENGTH),
)
LOCATED = {line.head.rstrip(":0x"): line for line in linux.LOCATION}


def _first(text: str) -> str:
    return re.split(r"[ :,]", text, maxsplit=1)[0]


_BY_WORD: dict[str, list[Line]] = {}
for _line in (*(one for lines in OF_SECTION.values() for one in lines), *_MORE):
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
    return next((kind for kind, lines in OF_SECTION.items() if any(_reads(line, text) for line in lines)), None)


def begins(text: str) -> bool:
    """Can an excerpt begin with such a line?"""
    heads = ("section_type:", "section type:", "fru_")
    return bool(ENTRY.fullmatch(text) or text.startswith(heads) or section_of(text))
