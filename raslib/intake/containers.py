"""What holds bytes or a log inside something else: JSON, XML, mail, SQLite, archives; read by Python's own parsers."""

import base64
import csv
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple
from uuid import UUID

from ..plain import check_json
from .digits import COMMANDS, base64_bytes

LARGEST = 1 << 28  # bytes of what was compressed
_MESSAGES = ("MESSAGE", "_raw", "Line", "_msg", "message", "Message", "msg", "log", "text", "line")
_HOSTS = ("_HOSTNAME", "host", "hostname", "Computer")
_BASE64 = ("DiagnosticData", "cper", "CPERData")


class Part(NamedTuple):
    """One thing inside: bytes, or a text; the line where it stands, the machine, and what names it.

    *section*: the bytes are a section alone, of that type.
    """

    line: int
    content: bytes | str
    host: str = ""
    note: str = ""
    section: UUID | None = None


_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
# what compressed data begins with: the module and its class that reads it, loaded if they are wanted
_COMPRESSED: dict[bytes, tuple[Any, ...]] = {
    b"\x1f\x8b": ("zlib", "decompressobj", 31),
    b"BZh": ("bz2", "BZ2Decompressor"),
    b"\xfd7zXZ\0": ("lzma", "LZMADecompressor"),
    **dict.fromkeys(_ZLIB, ("zlib", "decompressobj")),
}


def unpacked(data: bytes) -> bytes:
    """*data*, or what it is compressed of: gzip, bzip2, xz, or zlib's as pstore does. ValueError for what is broken."""
    magic = next(filter(data.startswith, _COMPRESSED), b"")
    module, name, *how = _COMPRESSED.get(magic, ("", ""))
    try:
        return getattr(import_module(module), name)(*how).decompress(data, LARGEST) if magic else data
    except Exception as e:  # of each module another
        if magic in _ZLIB:
            return data
        raise ValueError(f"compressed data that is broken: {e}") from None


_EVENT = re.compile("<Event[ >]")


def parts(text: str) -> list[Part]:
    """What JSON, XML or mail in *text* holds; nothing if it is none of them, or holds nothing of ours."""
    start = text.lstrip()[:200]
    if (begun := _EVENT.search(text)) and text.rfind("</Event>") > begun.start():
        return list(_xml(text, begun.start()))
    names = [name.strip(' "') for name in text.lstrip()[:1000].partition("\n")[0].split(",")]
    if len(names) > 1 and set(_MESSAGES) & {*names} and all(re.fullmatch(r"[\w@. ]+", name) for name in names):
        return list(_csv(text.lstrip()))
    if '"' in text and (start[:1] in ("{", "[", '"') or any(f'"{name}"' in text for name in COMMANDS)):
        return list(_json(text))
    head = text.lstrip()[:8192].lower()
    if "content-transfer-encoding:" in head or "content-type: multipart/" in head:
        return list(_mail(text))
    return []


# --- JSON -------------------------------------------------------------------------------------------------------------


_VALUE = re.compile(r'\{\s*"|\[\s*[\[{"]')  # where one may begin


def _json(text: str) -> Iterator[Part]:
    """The values of a document, or of one on each line, or of one in a command; lines between them as they are."""
    check_json(text)
    decoder, at, line = json.JSONDecoder(), 0, 1
    some, between = False, list[Part]()
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        begun = _VALUE.search(text, at, min(len(text), stop + 1000))
        start = begun.start() if begun and begun.start() < stop else at
        try:
            value, end = decoder.raw_decode(text, start) if begun or text[at] == '"' else (None, 0)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict | list | str):
            some = True
            between += _inside(value, line)
            stop = end
        else:
            between.append(Part(line, text[at:stop]))
        line += text.count("\n", at, stop + 1)
        at = stop + 1 if text[stop : stop + 1] in ("\n", "") else stop
    return iter(between if some else ())


def _inside(value: Any, line: int, host: str = "", key: str = "") -> Iterator[Part]:
    """The texts and bytes in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("execute"), str):
            yield Part(line, json.dumps(value), host)  # a command of QMP
        host = next((str(value[name]) for name in _HOSTS if isinstance(value.get(name), str)), host)
        for name, inner in value.items():
            if name == "DiagnosticData" and isinstance(inner, str):
                yield _diagnostic(value, line, host)
            elif name in _MESSAGES and isinstance(inner, list) and all(isinstance(c, int) for c in inner):
                yield Part(line, bytes(c & 255 for c in inner).decode("utf-8", "backslashreplace"), host)
            else:
                yield from _inside(inner, line, host, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner, line, host, key)
    elif isinstance(value, str):
        if key in _BASE64:
            note = f"injected by the command at line {line}" if key == "cper" else f"{key} at line {line}"
            yield Part(line, base64_bytes(value), host, note)
        elif key in ("RawData", "rawData", "raw_data"):
            yield Part(line, _raw(value, line), host, f"{key} at line {line}")
        elif not key or key in _MESSAGES or "Hardware Error" in value:
            yield Part(line, value, host)


def _diagnostic(entry: dict[str, Any], line: int, host: str) -> Part:
    """A record in a log entry of Redfish (DSP0268, LogEntry): whole, or one section of the type that stands beside."""
    data, kind, cper = entry["DiagnosticData"], entry.get("DiagnosticDataType", ""), entry.get("CPER")
    note = f"DiagnosticData at line {line}"
    try:
        section = UUID(cper["SectionType"]) if str(kind).endswith("Section") and isinstance(cper, dict) else None
        return Part(line, base64.b64decode("".join(data.split()), validate=True), host, note, section)
    except (KeyError, ValueError, TypeError, AttributeError) as e:
        raise ValueError(f"line {line}: DiagnosticData of a log entry cannot be read: {e}") from None


def _raw(value: str, line: int) -> bytes:
    """Raw data in hex digits, as Windows has it, or in base64, as makers of BMCs do."""
    for read in (bytes.fromhex, base64_bytes):
        with suppress(ValueError):
            return read(value)
    raise ValueError(f"line {line}: raw data that is not hex digits of whole bytes, nor base64")


# --- XML, CSV and mail ------------------------------------------------------------------------------------------------


def _xml(text: str, start: int) -> Iterator[Part]:
    """The raw data of events of Windows from *start* on (Microsoft-Windows-WHEA-Logger, Kernel-WHEA), by element."""
    from xml.etree import ElementTree  # which hex digits need not wait for

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("XML with a document type: no event of ours has one")
    try:
        events = text[start : text.rindex("</Event>") + len("</Event>")].replace("\0", "")
        tree = ElementTree.fromstring(f"<all>{events}</all>")
    except ElementTree.ParseError as e:
        raise ValueError(f"line {e.position[0]}: XML that cannot be read: {e}") from None
    for event in tree.iter():
        if event.tag.rpartition("}")[2] != "Event":
            continue
        tagged = ((e.tag.rpartition("}")[2], e) for e in event.iter())
        named = {e.get("Name", "") if tag == "Data" else tag: e.text or "" for tag, e in tagged}
        raw = next((named[name] for name in ("RawData", "Binary") if named.get(name)), "")
        where = f"event {named.get('EventID', '?')} of Windows"
        host = named.get("Computer", "")
        if raw:
            yield Part(1, _raw(raw, 1), host, where)
        else:
            fields = "; ".join(f"{k}: {v}" for k, v in named.items() if k and v.strip())
            yield Part(1, f"{where}, which has no raw data: {fields}", host)


def _csv(text: str) -> Iterator[Part]:
    """The messages of a table that a log server exports, by the names in its first line."""
    rows = csv.DictReader(text.split("\n"))
    try:
        for row in rows:
            host, message = (next((row[n] for n in names if row.get(n)), "") for names in (_HOSTS, _MESSAGES))
            yield Part(rows.line_num, message, host)
    except csv.Error as e:
        raise ValueError(f"line {rows.line_num}: a table that cannot be read: {e}") from None


def _mail(text: str) -> Iterator[Part]:
    """The texts and files of a mail."""
    import email.policy

    mail = email.message_from_string(text.lstrip(), policy=email.policy.default)
    for part in mail.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            is_text = part.get_content_maintype() == "text"
            yield Part(1, content.decode("utf-8", "backslashreplace") if is_text else content, "", "from a mail")
