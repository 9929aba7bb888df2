"""A record as the bytes view takes it: its fields, and of two records those that differ."""

from contextlib import suppress
from typing import Any

from ..formats.arm import Dialect
from ..formats.ghes import StatusBlock
from ..formats.kinds import KINDS
from ..intake.kinds import kind_of
from ..learn.terms import card_lines
from ..records import Record
from .bytes_html import bytes_html
from .fields import record_view
from .theme import Shown, live


def bytes_view(kind: type[Record], data: bytes, *, base: int = 0, dialect: Dialect | None = None) -> dict[str, Any]:
    """`record_view`, and as `terms` the cards of the words of its fields.

    *base* is the address of the first byte, *dialect* is as for `explained_view`.
    """
    view = record_view(kind, data, base=base, dialect=dialect)
    return view | {"terms": card_lines(str(view["fields"]))}


def shown(record: bytes | Record, other: bytes | Record | None = None, base: int = 0, **how: Any) -> Any:
    """Bytes and fields, linked; of two records those of the second. What differs is marked, and says what it was.

    Bytes are what `raslib decode` takes them for, else a status block that breaks off; *base* is where they lie.
    """
    kind, data = _known(record)
    was: dict[str | None, str | None] = {}
    if other is not None:
        (before, one), (kind, data) = (kind, data), _known(other)
        how["before"] = one.hex()
        was = {row["path"]: row["a"] for row in differences(kind, one, data)} if before is kind else {}
    view = bytes_view(kind, data, base=base)
    for field in view["fields"]:
        if field["path"] in was:
            field["text"] = "; ".join(filter(None, (field["text"], f"was {was[field['path']] or 'not there'}")))
    return live("Bytes", view, **how) or Shown(bytes_html(view), view["title"])


def differences(kind: type[Record], one: bytes, other: bytes) -> list[dict[str, str | None]]:
    """The fields that two records of a *kind* have otherwise: `path`, and what `a` and `b` say there, None for nothing.

    Fields that hold others are left out, as those say it.
    """
    views = [[f for f in record_view(kind, data)["fields"] if f["edit"]] for data in (one, other)]
    a, b = ({f["path"]: f"{f['value']} {f['text']}".strip() for f in fields} for fields in views)
    both = [{"path": path, "a": a.get(path), "b": b.get(path)} for path in a | b]
    return [row for row in both if row["a"] != row["b"]]


def _known(record: bytes | Record) -> tuple[type[Record], bytes]:
    if isinstance(record, Record):
        return type(record), record.build()
    with suppress(ValueError):
        return KINDS[kind_of(record)], record
    return StatusBlock, record
