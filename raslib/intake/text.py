"""A file's bytes as numbered lines of text, without what mail, chats and terminals put around them.

Encodings are recognised line by line: UTF-8, UTF-16, and of anything else each byte as `\\xe9`. Quotes, fences and soft
line breaks are taken off; the number stays that of the line in the file.
"""

import html
import quopri
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")  # what no text has, but for a bad byte here and there
SAMPLE = 1 << 16  # bytes that are looked at to tell a text
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_SHOWN = {c: f"\\x{c:02x}" for c in (*range(32), *range(0x7F, 0xA0)) if c not in b"\t"} | {0xFEFF: ""}
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ufeff]")
_QUOTE = re.compile(r"(?:[ \t]{0,4}[>|](?=[ \t>|]))+[ \t]?|>+ ?")
_FENCE = re.compile(r"\s*(?:```|~~~)[\w-]*\s*")
_ESCAPED = re.compile(r"\\\[(?:Hardware| *\d+\.\d+\\\])")  # as markdown has a bracket
_MARKED = re.compile(r"\\([\[\]_{}*#])")
_ROW = re.compile(r"[0-9a-f]{8}: (?:[0-9a-f]{2,16} )+ +\S")  # of a dump, whose text may end in any sign
_MAILED = re.compile(r"(?<![a-z])=20$|=3D")
_NEW = re.compile(r"[\[{<]|.*Hardware Error\]|\s*[0-9a-f]{8}: ")  # what goes on with no line before it
SOFT = range(60, 86)  # characters of a line that mail breaks with "=", quotes and all


class Raw(NamedTuple):
    """A line by its number, and the machine that a journal says it is from."""

    number: int
    text: str
    host: str = ""


def is_text(data: bytes) -> bool:
    """Are these bytes a text, though some of them may be bad?"""
    head = bytes(data[:SAMPLE])
    if not head or head[:2] in _UTF16:
        return bool(head)
    if head.count(b"\0") > len(head) // 4:
        return any(not any(head[i::2]) and not _BINARY.search(head[1 - i :: 2]) for i in (0, 1))  # of UTF-16 in ASCII
    letters = head.decode("utf-8", "surrogateescape")
    bad = len(_BINARY.findall(head)) + sum("\udc80" <= c <= "\udcff" for c in letters)
    return bad <= len(head) // 20 + 1 and len(_BINARY.findall(head[:16])) < 2


def decoded(data: bytes) -> str:
    """The text of a file, line by line; control characters stand as `\\x07`, colours are left out."""
    if data[:2] in _UTF16:
        return "\n".join(row.text for row in lines(data[2:].decode(_UTF16[data[:2]], "backslashreplace")))
    return "\n".join(map(decoded_line, data.split(b"\n" if b"\n" in data else b"\r")))


def decoded_line(line: bytes) -> str:
    """One line. NULs between its letters are those of UTF-16."""
    if line.count(b"\0") * 3 > len(line):
        line = line.replace(b"\0", b"")
    return shown(line.decode("utf-8", "backslashreplace"))


def lines(text: str) -> Iterator[Raw]:
    """The lines of a text with their numbers; old terminals end lines in CR alone."""
    return (Raw(n, shown(line)) for n, line in enumerate(text.split("\n" if "\n" in text else "\r"), 1))


def shown(line: str) -> str:
    """*line* with nothing in it that a terminal obeys."""
    line = line.rstrip("\r")
    if not _CONTROL.search(line):
        return line
    return _ESCAPES.sub("", line).translate(_SHOWN)


def plain(rows: Iterable[Raw]) -> Iterator[Raw]:
    """The lines without quotes, fences, escaped brackets and soft breaks; a broken prefix is put together."""
    begun: Raw | None = None
    soft = False
    for row in rows:
        bare = _bare(row.text)
        here = row if bare == row.text else Raw(row.number, bare, row.host)
        if begun and soft and _NEW.match(here.text):
            yield begun._replace(text=begun.text + "=")  # what came to be at the end of a whole line
            begun = None
        if begun:
            here = begun._replace(text=begun.text + here.text)
        soft = here.text.endswith("=") and len(row.text) in SOFT and " " in here.text and not _ROW.search(here.text)
        if soft or here.text.endswith(("[Hardware", "[Hardware ")):
            begun = here._replace(text=here.text[:-1] if soft else here.text.rstrip() + " ")
            continue
        yield here._replace(text=_unquoted(here.text)) if begun or _MAILED.search(here.text) else here
        begun = None
    if begun:
        yield begun._replace(text=begun.text + ("=" if soft else ""))


_PART = re.compile(r"\w{3,20}#(\d{1,9}) Part ?(\d{1,9})")


def in_order(rows: list[Raw]) -> list[Raw]:
    """*rows* with the parts that pstore has of a panic in the order in which they were logged: Part1 is the last."""
    heads = [(n, found) for n, row in enumerate(rows) if (found := _PART.fullmatch(row.text.strip()))]
    stops = [n for n, _ in heads[1:]] + [len(rows)]
    panics = {found[1]: n for n, found in reversed(heads)}  # where the first part of each stands
    parts = [(panics[head[1]], -int(head[2]), rows[n:stop]) for (n, head), stop in zip(heads, stops, strict=False)]
    before = rows[: heads[0][0]] if heads else rows
    return [*before, *(row for *_, part in sorted(parts, key=lambda part: part[:2]) for row in part)]


def _bare(line: str) -> str:
    if not line or (line[0] in "<[{" and "\\" not in line and "&" not in line):
        return line
    if found := _QUOTE.match(line):
        line = line[found.end() :]
    if "&" in line:
        line = html.unescape(line)
    if "\\" in line and _ESCAPED.search(line):
        line = _MARKED.sub(r"\1", line)
    return "" if _FENCE.fullmatch(line) else line


def _unquoted(line: str) -> str:
    """A line that mail broke, with its "=3D" as signs."""
    return quopri.decodestring(line.encode()).decode("utf-8", "backslashreplace")
