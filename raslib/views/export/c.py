"""Bytes as a C array, with a comment at each field that says where it is, what it is and what stands in it."""

from collections.abc import Iterator
from typing import Any

from ...formats.kinds import KINDS
from ...records import Record
from ..fields import record_view

ROW = 8  # bytes on a line
NAMES = {kind: name.replace("-", "_") for name, kind in KINDS.items()}


def c(kind: type[Record], data: bytes) -> str:
    """`static const unsigned char record[] = {...};` of *data* read as *kind*; what cannot be read has no comments."""
    view = record_view(kind, data, title=kind.title if kind in NAMES else "")
    head = f"/* {_safe(view['title'])}, {_safe(view['ref'].partition(',')[0])}: {len(data)} bytes */"
    opened = f"static const unsigned char {NAMES.get(kind, 'record')}[] = {{"
    return "\n".join([head, opened, *_rows(view["fields"], data), "};", ""])


def _rows(fields: list[dict[str, Any]], data: bytes) -> Iterator[str]:
    """Every byte once, by the innermost fields; one that lies in another's bytes has what is left of its own."""
    here = 0
    for f in (f for f in fields if not f["group"] and not f["bits"]):
        yield from _run(data[here : f["start"]], "")
        here = max(here, f["start"])
        if f["stop"] > here:
            yield from _run(data[here : f["stop"]], f"{here:#06x} {f['path']}{_said(f)}")
            here = f["stop"]
    yield from _run(data[here:], "")


def _run(data: bytes, comment: str) -> Iterator[str]:
    """Lines of bytes, the first with the comment; zeros that go on and on are no less bytes."""
    for at in range(0, len(data), ROW):
        row = "".join(f" 0x{byte:02x}," for byte in data[at : at + ROW])
        yield f"   {row:<{6 * ROW}}  /* {_safe(comment)} */" if comment and not at else f"   {row}"


def _said(f: dict[str, Any]) -> str:
    value = f["value"] + (f" ({f['text']})" if f["text"] and len(f["text"]) <= 40 else "")
    return f" = {value}" if f["stop"] - f["start"] <= 2 * ROW and value else ""


def _safe(text: str) -> str:
    """*text* as it may stand in a comment of C, in ASCII."""
    plain = text.replace("§", "section ").encode("ascii", "replace").decode("ascii")
    return plain.replace("*/", "* /").replace("/*", "/ *")
