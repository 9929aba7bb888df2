"""From a file's bytes or a text to what it holds: decides which of the forms it is in."""

from ..formats.kinds import KINDS, TABLES
from . import digits, dumps, od, payload
from .found import Found
from .kinds import kind_of

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = frozenset(range(32)) - set(b"\t\n\r\f\x1b")  # that no text has


def read(data: bytes | str, kind: str | None = None) -> Found:
    """The one thing that *data* holds; else as `read_all`. Raises ValueError if there are several."""
    found = read_all(data, kind)
    if len(found) > 1:
        raise ValueError(f"there are {len(found)}, not one: " + "; ".join(f"{f.kind}, {f.note}" for f in found[:5]))
    return found[0]


def read_all(data: bytes | str, kind: str | None = None) -> tuple[Found, ...]:
    """Everything that *data* holds, at least one thing; of *kind*, or what `kind_of` says of the bytes.

    Bytes are a text if they decode as one without a NUL. A text is a log of Linux or of rasdaemon (each event is one
    status block), a command that injects an error into QEMU, base64, acpidump or another hex dump, C, or hex digits.
    Raises ValueError, for a text with the line's number.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    text = _text(data) if isinstance(data, bytes) else data
    if text is None:
        assert isinstance(data, bytes)
        return (_found(data, "binary", kind),)
    from . import rasdaemon  # these load all formats, for the words that Linux has for them
    from .block import read_event
    from .log import bare, events, is_log

    if is_log(text) and kind in (None, "status-block"):
        return tuple(map(read_event, events(text)))
    if rasdaemon.is_rasdaemon(text) and kind in (None, "status-block"):
        return rasdaemon.read_events(text)
    if payload.is_command(text):
        return tuple(_found(one, f"injected by the command at line {n}", kind) for n, one in payload.commands(text))
    if payload.is_base64(text):
        return (_found(payload.decode(text), "from base64", kind),)
    if "[" in text:  # the dump lines of a log
        text = "\n".join(map(bare, text.split("\n")))
    if base := od.base_of(text):
        text = od.in_hex(text, base)
    if dumps.is_dump(text):
        return _dumped(dumps.dumps(text), kind)
    if digits.is_c(text):
        return tuple(_found(one, "from C", kind) for one in digits.c_arrays(text))
    return (_found(digits.hexadecimal(text), "from hex digits", kind),)


def _found(data: bytes, note: str, kind: str | None) -> Found:
    return Found(kind or kind_of(data), data, note)


def _text(data: bytes) -> str | None:
    """*data* as text; None if it is none."""
    if data.startswith(_UTF16):
        encoding = "utf-16"
    elif not data or _CONTROL.intersection(data):
        return None
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.intersection(map(ord, text)) else text


def _dumped(found: list[dumps.Dump], kind: str | None) -> tuple[Found, ...]:
    """What each dump holds. Of acpidump's tables, those of other kinds are left out."""
    wanted = ("", *TABLES) if kind is None else ("", kind)
    kept = [dump for dump in found if dump.name.lower() in wanted]
    if not kept:
        names = ", ".join(dump.name for dump in found)
        raise ValueError(f"of the tables {names}, none is one of {', '.join(wanted[1:]).upper()}")
    return tuple(_of(dump, kind) for dump in kept)


def _of(dump: dumps.Dump, kind: str | None) -> Found:
    try:
        return _found(dump.data, f"from a dump at line {dump.line}", kind)
    except ValueError as e:
        raise ValueError(f"the dump at line {dump.line}: {e}") from None
