"""Bytes written in letters: hex text with comments, C arrays, C strings of escapes, base64, fields that iasl lists."""

import base64
import re
from collections.abc import Iterator
from itertools import takewhile

_BYTE = re.compile(r"0[xX]([0-9a-fA-F]{1,2})[uU]?|([0-9]{1,3})")
_ALONE = re.compile(r"[0-9A-Fa-fxX\s,;:]*")
_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})*")


def is_alone(text: str) -> bool:
    """Is *text* nothing but hex digits, in groups or as a dump without text beside them, and comments?"""
    bare = [line.partition("#")[0].partition("//")[0] for line in text.split("\n")]
    return any(map(str.strip, bare)) and all(map(_ALONE.fullmatch, bare))


def hexadecimal(text: str) -> bytes:
    """Hex digits in groups of whole bytes, with `0x`, commas, colons, semicolons, and comments from `#` or `//` on.

    Raises ValueError naming the line that is something else.
    """
    found = bytearray()
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.partition("#")[0].partition("//")[0]
        try:
            found += bytes.fromhex(bare)
        except ValueError:
            for word in re.split(r"[\s,;:]+", bare.strip()):
                found += _group(word, number)
    if not found:
        raise ValueError("there are no hex digits")
    return bytes(found)


def _group(word: str, number: int) -> bytes:
    digits = word[2:] if word[:2] in ("0x", "0X") else word
    if word != digits and len(digits) == 1:
        digits = f"0{digits}"
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError(f"line {number}: {word[:40]!r} is not hex digits of whole bytes") from None


_ARRAY = re.compile(r"\{\s*(?:0[xX][0-9a-fA-F]{1,2}|\d{1,3})[uU]?\s*[,}]")
# the letters "CPER" and the tables' signatures in hex, as a record begins
_SIGNED = re.compile(r"\b(?:43504552|48455354|42455254|45525354|45494E4A|41455354|53444549)(?:[0-9A-F]{2})+\b", re.I)


def is_c(text: str) -> bool:
    """Is this an array of numbers, or a string of `\\x` escapes, in C?"""
    return '"\\x' in text or ("{" in text and bool(_ARRAY.search(_without_comments(text))))


def embedded(text: str) -> list[tuple[int, bytes]]:
    """Records and tables as hex digits among other words, over as many lines as are digits alone; with their lines."""
    found, end = [], 0
    for start in _SIGNED.finditer(text):
        if start.start() < end:
            continue
        digits, end = [start[0]], start.end()
        while more := re.compile(r"\s+((?:[0-9A-Fa-f]{2})+)(?=\s|$)").match(text, end):
            digits.append(more[1])
            end = more.end()
        found.append((text.count("\n", 0, start.start()) + 1, bytes.fromhex("".join(digits))))
    return found


def c_arrays(text: str) -> list[bytes]:
    """The bytes of each array, or of all strings together. Raises ValueError naming the line of anything else."""
    bare = _without_comments(text)
    if "{" not in bare:
        return [b"".join(_strings(bare))]
    found, line, at = [], 1, 0
    for one in _BRACES.finditer(bare):
        line, at = line + bare.count("\n", at, one.start(1)), one.start(1)
        found.append(bytes(_array(one[1], line)))
    if not found:
        raise ValueError("an array was begun, but none is whole")
    return found


_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_BRACES = re.compile(r"\{([^{}]*)\}")


def _without_comments(text: str) -> str:
    """*text* with nothing for comments, line for line."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def _array(inside: str, line: int) -> Iterator[int]:
    for number, row in enumerate(inside.split("\n"), line):
        for word in re.findall(r"[^\s,]+", row):
            found = _BYTE.fullmatch(word)
            value = int(found[1], 16) if found and found[1] else int(found[2]) if found else 256
            if value > 255:
                raise ValueError(f"line {number}: {word[:40]!r} is not a byte (the order of words is not told)")
            yield value


def _strings(text: str) -> Iterator[bytes]:
    for number, row in enumerate(text.split("\n"), 1):
        for said in row.split('"')[1::2]:
            if not _ESCAPED.fullmatch(said):
                raise ValueError(f"line {number}: {said[:40]!r} is not escapes of the form \\x00")
            yield bytes.fromhex(said.replace("\\x", ""))


# --- base64 -----------------------------------------------------------------------------------------------------------

# QEMU 10.2: inject-ghes-v2-error; its earlier proposals had other names. As JSON, `containers` reads it.
COMMANDS = ("inject-ghes-v2-error", "inject-ghes-error")
_ARGUMENT = re.compile(r"""\binject-ghes(?:-v2)?-error\s+cper=["']?([A-Za-z0-9+/=]*)""")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+")
LEAST = 20  # bytes of the smallest thing that raslib knows, an empty status block


def injected(text: str) -> list[tuple[int, bytes]]:
    """The records that commands tell QEMU to inject, by the numbers of their lines. Raises ValueError for no base64."""
    found, line, at = [], 1, 0
    for one in _ARGUMENT.finditer(text):
        line, at = line + text.count("\n", at, one.start()), one.start()
        try:
            found.append((line, base64_bytes(one[1])))
        except ValueError as e:
            raise ValueError(f"line {line}: {e}") from None
    return found


def is_base64(text: str) -> bool:
    """Is *text* nothing but base64 of enough bytes? Hex digits alone are hex."""
    said = "".join(text.split())
    return len(said) * 3 // 4 >= LEAST and bool(_BASE64.fullmatch(said)) and not _HEX.fullmatch(said)


def base64_bytes(text: str) -> bytes:
    """The bytes of base64, in either of its alphabets. Raises ValueError."""
    said = "".join(text.split()).replace("-", "+").replace("_", "/")
    if not said:
        raise ValueError("there is no base64")
    try:
        return base64.b64decode(said, validate=True)
    except ValueError as e:
        raise ValueError(f"{said[:40]!r} is not base64: {e}") from None


# --- a table from the fields that `iasl -d` writes of it, where its raw bytes do not stand behind them ----------------

_FIELD = re.compile(r"\[([0-9A-F]{3,5})h \d{4,6} +(?:0x)?([0-9A-F]+)h?\] +(.{0,80}?) : ?(.*)")
_OCTETS = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_QUOTED = re.compile(r'"(.*?)"')


def is_listing(text: str) -> bool:
    """Has *text* lines as iasl writes them?"""
    return any(_FIELD.match(line.strip()) for line in text.split("\n", 200)[:200])


def listed_table(text: str) -> bytes:
    """The bytes. Raises ValueError naming the line whose value does not fit, or if bytes are left out."""
    data: dict[int, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not (found := _FIELD.match(line.strip())):
            continue
        at, value = int(found[1], 16), found[4]
        size = int(found[2], 16 if "h]" in line else 10)
        if value.startswith("[") or size > 1 << 16 or at > 1 << 20:
            continue  # the name of a structure, whose fields follow
        piece = _listed(value, size)
        if len(piece) != size:
            raise ValueError(f"line {number}: {value[:40]!r} is not {size} bytes")
        data |= enumerate(piece, at)
    for at in range(max(data, default=-1) + 1):
        if at not in data:
            raise ValueError(f"no line has the byte at {at:#x} of the table: it is not whole")
    return bytes(byte for _, byte in sorted(data.items()))


def _listed(value: str, size: int) -> bytes:
    if text := _QUOTED.match(value):
        return text[1].encode("latin-1", "replace").ljust(size, b"\0" if len(text[1]) < 4 else b" ")
    digits = list(takewhile(_OCTETS.fullmatch, value.split()))  # before what explains them
    if len(digits) == 1 and len(digits[0]) == 2 * size:
        return bytes.fromhex(digits[0])[::-1]
    return b"".join(bytes.fromhex(d) for d in digits) if all(len(d) == 2 for d in digits) else b""
