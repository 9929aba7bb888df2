"""The fields of a record as plain values that every view draws: where, what, what it means, and whether to believe it.

`record_view` makes the dict that the tree, the hex view, the page and the widget share. It reads what can be read, and
says where it broke.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from ..formats import arm, cper, sections
from ..records import Explained, Record, Register, Span, depth
from . import words
from .words import value_text

_NAMES: Any = (cper.NOTIFICATIONS, cper.CREATORS, sections.NAMES, sections.PARTS)  # each is looked into if need be
GUID_NAMES: Mapping[UUID, str] = ChainMap(*_NAMES)


def record_view(
    kind: type[Record], data: bytes, *, title: str = "", base: int = 0, dialect: arm.Dialect | None = None
) -> dict[str, Any]:
    """As `explained_view`, of *data* read as *kind*."""
    return explained_view(kind.explain(data), title=title, base=base, dialect=dialect)


def explained_view(
    read: Explained, *, title: str = "", base: int = 0, dialect: arm.Dialect | None = None
) -> dict[str, Any]:
    """The fields of what was read, outermost first, as plain values that `json` takes.

    `title`, `ref`, `hex` (all bytes), `base` (the address of the first byte, in hex), `error` (None, or `message`,
    `path` and `offset` of where reading broke off), and `fields`, each with `path`, `name`, `depth`, `start` and `stop`
    (bytes from the first, the last not included), `bits` ([high, low] or None), `group` (has fields of its own),
    `value` and `text` (what it means), `doc`, `ref`, `valid` (False: its validation bit is clear), `inside` (of a group
    that is not valid) and `edit`. *dialect* is how to read the type byte of ARM processor errors (UEFI 2.10 N.2.4.4.1,
    and other editions); None picks by evidence and says so. Raises nothing for broken bytes.
    """
    kind, data = read.kind, read.data
    groups = [("", read.record), *((s.path, s.value) for s in read.spans if s.group)]
    remarks = dict(_remarks(groups, dialect))
    spans = [*read.spans, *_words(read.spans, remarks)]
    spans.sort(key=lambda s: (s.start, -s.stop, depth(s.path), -(s.bits or (64, 0))[0]))
    broke = read.error
    error = broke and {"message": str(broke), "path": broke.path, "offset": broke.offset}
    return {
        "title": title or kind.ref.partition(", ")[2] or kind.__name__,
        "ref": kind.ref,
        "hex": data.hex(),
        "base": f"{base:#x}",
        "fields": list(_fields(spans, remarks, data)),
        "error": error,
    }


def meaning(value: Any) -> str:
    """What *value* says, in words, GUIDs and time stamps too; nothing where it speaks for itself."""
    match value:
        case UUID():
            return GUID_NAMES.get(value, "known to nobody here") if value.int else ""
        case cper.Timestamp():
            return when(value)
    return words.meaning(value)


def when(stamp: cper.Timestamp) -> str:
    """A time stamp as text; digits that are none stay as they were."""
    numbers = stamp.numbers()
    p = [v.hex() if isinstance(v, bytes) else f"{v:02}" for v in (numbers[n] for n in _CLOCK)]
    more = ("" if stamp.precise & 1 else ", not precise") + (", in plain numbers" if stamp.is_plain else "")
    return f"{p[0]}{p[1]}-{p[2]}-{p[3]} {p[4]}:{p[5]}:{p[6]}{more}"


_CLOCK = ("century", "year", "month", "day", "hours", "minutes", "seconds")


def readings(byte: int, dialect: arm.Dialect) -> str:
    """What an ARM error type byte says in *dialect*, and beside it what the other editions would read."""
    said = {d: _reading(arm.read_type(byte, d)) for d in arm.Dialect}
    others = [f"{d.value}: {text}" for d, text in said.items() if text != said[dialect]]
    return f"{said[dialect]}, by {dialect.value}" + (f" ({'; '.join(others)})" if others else "")


def _reading(reading: arm.Reading) -> str:
    words = " and ".join(kind.value for kind in reading.kinds) or "no meaning"
    return words + (f" with reserved {reading.reserved:#x}" if reading.reserved else "")


def _remarks(values: list[tuple[str, Any]], dialect: arm.Dialect | None) -> Iterator[tuple[str, Any]]:
    """What needs more than one field to say: path -> words, or path -> the layout of a word."""
    for path, value in values:
        if isinstance(value, arm.ArmProcessor):
            chosen, evidence = _dialect_of(value, dialect)
            yield path, f"error types read by {chosen.value}: {evidence}"
            for i, info in enumerate(value.error_information):
                here = f"{path}.error_information[{i}]".lstrip(".")
                yield f"{here}.type", readings(info.type, chosen)
                if layout := arm.layout(arm.read_type(info.type, chosen)):
                    yield f"{here}.error_information", layout


def _dialect_of(section: arm.ArmProcessor, dialect: arm.Dialect | None) -> tuple[arm.Dialect, str]:
    return (dialect, "chosen by hand") if dialect else arm.guess(section)


def dialects(explained: Explained, dialect: arm.Dialect | None = None) -> list[dict[str, Any]]:
    """For each ARM processor section read: its dialect, why it is that, and what its error types are in it."""
    answers = []
    for path, section in ((s.path, s.value) for s in explained.spans):
        if isinstance(section, arm.ArmProcessor):
            chosen, evidence = _dialect_of(section, dialect)
            types = [_reading(arm.read_type(info.type, chosen)) for info in section.error_information]
            answers.append({"path": path, "dialect": chosen.value, "evidence": evidence, "error_types": types})
    return answers


def _words(spans: tuple[Span, ...], remarks: dict[str, Any]) -> Iterator[Span]:
    """The bits of words whose layout another field decides. A bit that says "valid" governs its namesake."""
    for s in spans:
        layout = remarks.get(s.path)
        if isinstance(layout, type) and issubclass(layout, Register):
            word = layout.parse(s.value)
            for b in layout.spans(s.value):
                if b.path != "reserved" or b.value:
                    valid = False if s.valid is False else getattr(word, f"{b.path}_valid", None)
                    yield b._replace(path=f"{s.path}.{b.path}", start=s.start, stop=s.stop, valid=valid)


def _value(s: Span, name: str) -> str:
    """The value as text; of bits that have no field in hex: which are set says more than the number that they make."""
    if s.bits and name == "reserved":
        return f"{s.value:#x}"
    return value_text(s.value, s.stop - s.start if s.bits is None else 0)


def _meaning(s: Span, valid: bool | None, data: bytes) -> str:
    """What the value says, or a number of decimal digits in hex, if the bytes hold it so; and that it has no name."""
    said = meaning(s.value)
    plain = type(s.value) is int and s.value > 9 and s.stop - s.start < 8 and not s.bits
    if not said and plain and int.from_bytes(data[s.start : s.stop], "little") == s.value:
        said = f"{s.value:#x}"
    return "; ".join(filter(None, (said, "no name for it here" if s.unnamed and valid is not False else "")))


def _fields(spans: Any, remarks: dict[str, Any], data: bytes) -> Iterator[dict[str, Any]]:
    doubted: set[str] = set()
    words = {s.path for s in spans if isinstance(s.value, Register)}
    for s in spans:
        above, _, name = s.path.rpartition(".")
        inside = above in doubted  # of a group that is not valid, so not valid itself
        valid = False if inside else s.valid
        if valid is False:
            doubted.add(s.path)
        remark = remarks.get(s.path, "")
        yield {
            "path": s.path,
            "name": name,
            "depth": depth(s.path),
            "start": s.start,
            "stop": s.stop,
            "bits": list(s.bits) if s.bits else None,
            "group": s.group,
            "value": _value(s, name),
            "text": remark if isinstance(remark, str) and remark else _meaning(s, valid, data),
            "doc": s.doc,
            "ref": s.ref,
            "valid": valid,
            "inside": inside,
            "edit": not s.group and s.path not in words and (not s.bits or (above in words and name != "reserved")),
        }
