"""A record's bytes and fields as plain HTML: what stands where the interactive view cannot, and in print."""

from html import escape
from typing import Any

from .ink import view


def bytes_html(record: Any) -> str:
    """A heading, the hex dump and the table of fields, without scripts or styles; broken input says where it broke."""
    record = view(record)
    ref = record["ref"].replace(f", {record['title']}", "")
    head = f"<p><strong>{escape(record['title'])}</strong> {escape(ref)}</p>"
    error = record["error"]
    alert = f"<p><strong>Reading stopped:</strong> {escape(error['message'])}</p>" if error else ""
    return head + alert + f"<pre>{escape(hexdump(record))}</pre>" + fields_table(record)


def fields_table(record: Any) -> str:
    """One row per field: where it lies, name, value, meaning, source. What is not valid says so in words."""
    rows = []
    for field in view(record)["fields"]:
        indent = "&nbsp;" * 4 * field["depth"]
        what = [text for text in ("not valid" if field["valid"] is False else "", field["text"]) if text]
        rows.append(
            f"<tr><td>{_where(field)}</td><td>{indent}{escape(field['name'])}</td>"
            f"<td><code>{escape(str(field['value']))}</code></td><td>{escape(', '.join(what))}</td>"
            f"<td>{escape(field['ref'])}</td></tr>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Bytes", "Field", "Value", "Meaning", "Source"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def hexdump(record: Any) -> str:
    """Rows of sixteen bytes with their addresses; `>` stands before the byte at which reading broken input stopped."""
    record = view(record)
    data, base = bytes.fromhex(record["hex"]), int(record["base"], 0)
    broken = record["error"]["offset"] if record["error"] else None
    width = max(4, len(f"{base + len(data):x}"))
    rows = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        cells = "".join(f"{'>' if start + i == broken else ' '}{byte:02x}" for i, byte in enumerate(row))
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        rows.append(f"{base + start:0{width}x} {cells:48}  {text}")
    if broken is not None and broken >= len(data):
        rows.append(f"{base + broken:0{width}x}  > the bytes end here")
    return "\n".join(rows)


def _where(field: dict[str, Any]) -> str:
    """`92–99`, or `92–99 [6]` for a bit and `92–99 [15:8]` for several."""
    first, last = field["start"], field["stop"] - 1
    where = str(first) if last <= first else f"{first}–{last}"
    if field["bits"]:
        high, low = field["bits"]
        where += f" [{high}]" if high == low else f" [{high}:{low}]"
    return where
