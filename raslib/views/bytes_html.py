"""A record's bytes and fields as plain HTML: what stands where the interactive view cannot, and in print."""

from html import escape
from typing import Any

from .table import Html, table
from .text import dump
from .theme import view
from .words import bit_range


def bytes_html(record: Any) -> str:
    """A heading, the hex dump and the table of fields, without scripts or styles; broken input says where it broke.

    *record* is a `record_view`, or has a `view()` that gives one.
    """
    record = view(record)
    ref = record["ref"].replace(f", {record['title']}", "")
    head = f"<p><strong>{escape(record['title'])}</strong> {escape(ref)}</p>"
    error = record["error"]
    alert = f"<p><strong>Reading stopped:</strong> {escape(error['message'])}</p>" if error else ""
    lines = dump(bytes.fromhex(record["hex"]), int(record["base"], 0), error["offset"] if error else None)
    shown = "\n".join(line for _, line in lines)
    return head + alert + f"<pre>{escape(shown)}</pre>" + fields_table(record)


def fields_table(record: Any) -> str:
    """One row per field of a `record_view`: where it lies, name, value, meaning, source.

    What is not valid says so in words; bits stand in brackets after the bytes that hold them, `92–99 [15:8]`.
    """
    return table(("Bytes", "Field", "Value", "Meaning", "Source"), map(_row, view(record)["fields"]))


def _row(field: dict[str, Any]) -> tuple[str, ...]:
    name = Html("&nbsp;" * 4 * field["depth"] + escape(field["name"]))
    what = [text for text in ("not valid" if field["valid"] is False else "", field["text"]) if text]
    return _where(field), name, Html(f"<code>{escape(str(field['value']))}</code>"), ", ".join(what), field["ref"]


def _where(field: dict[str, Any]) -> str:
    """`92–99`, or `92–99 [6]` for a bit and `92–99 [15:8]` for several."""
    first, last = field["start"], field["stop"] - 1
    where = str(first) if last <= first else f"{first}–{last}"
    return f"{where} [{bit_range(field['bits'])}]" if field["bits"] else where
