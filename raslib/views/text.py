"""Plain text of a record, for terminals, tests and screen readers."""

from collections.abc import Iterator
from typing import Any

from .words import bit_range


def tree(view: dict[str, Any]) -> str:
    """Fields on a line each: where, name, value, and what it means. *view* is a `record_view`.

    Left out: flags that are clear, and what a group holds that is not valid.
    """
    rows = [_row(f) for f in view["fields"] if not _quiet(f)]
    width = min(44, max((len(name) for _, name, _ in rows), default=0))
    lines = [f"{where:>11}  {name:<{width}}  {meaning}".rstrip() for where, name, meaning in rows]
    return "\n".join([f"{view['title']}  [{view['ref']}]", *lines, *_broken(view)]) + "\n"


def _quiet(f: dict[str, Any]) -> bool:
    return (bool(f["bits"]) and f["value"] == "no") or (f["valid"] is False and f["inside"])


def _row(f: dict[str, Any]) -> tuple[str, str, str]:
    where = f"[{bit_range(f['bits'])}]" if f["bits"] else f"{f['start']:#06x}+{f['stop'] - f['start']}"
    meaning = "  ".join(part for part in (f["value"], f"({f['text']})" if f["text"] else "") if part)
    if f["valid"] is False:
        meaning = f"{meaning}  -- not valid".strip()
    return where, "  " * f["depth"] + f["name"], meaning


def hexdump(view: dict[str, Any]) -> str:
    """Sixteen bytes on a line, and under them the fields that begin there; *view* is a `record_view`.

    What could not be read is bytes all the same, and the last line says where reading broke off.
    """
    whole = [f for f in view["fields"] if not f["bits"] and not f["group"]]
    lines = [f"{view['title']}  [{view['ref']}]"]
    for at, line in dump(bytes.fromhex(view["hex"]), int(view["base"], 16)):
        lines += [line, *(_under(f) for f in whole if at <= f["start"] < at + 16)]
    return "\n".join([*lines, *_broken(view)]) + "\n"


def dump(data: bytes, base: int = 0, broken: int | None = None) -> Iterator[tuple[int, str]]:
    """Lines of sixteen bytes, each with its offset: the address from *base* on, the bytes, and the letters among them.

    `>` stands before the byte at offset *broken*, or at the end if the bytes end before it.
    """
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        cells = [f"{'>' if at + i == broken else ' '}{byte:02x}" for i, byte in enumerate(row)]
        letters = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in row)
        yield at, f"{base + at:08x} {''.join(cells[:8]):<24} {''.join(cells[8:]):<24}  |{letters}|"
    if broken is not None and broken >= len(data):
        yield len(data), f"{base + broken:08x} > the bytes end here"


def _under(f: dict[str, Any]) -> str:
    _, _, meaning = _row(f)
    return f"{'':10}+{f['start'] % 16:<2} {f['path']} = {meaning}"


def _broken(view: dict[str, Any]) -> Iterator[str]:
    if view["error"]:
        yield f"--- it breaks here: {view['error']['message']}"
