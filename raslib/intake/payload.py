"""Bytes as base64: alone, or as the argument of the command of QEMU's shell that injects an error."""

import base64
import re

# QEMU 10.2: inject-ghes-v2-error; its earlier proposals had other names. As JSON, `containers` reads it.
COMMANDS = ("inject-ghes-v2-error", "inject-ghes-error")
_ARGUMENT = re.compile(r"""\binject-ghes(?:-v2)?-error\s+cper=["']?([A-Za-z0-9+/=]*)""")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+")
LEAST = 20  # bytes of the smallest thing that raslib knows, an empty status block


def is_command(text: str) -> bool:
    """Does *text* tell QEMU to inject an error record?"""
    return bool(_ARGUMENT.search(text))


def commands(text: str) -> list[tuple[int, bytes]]:
    """What each command injects, with the number of its line. Raises ValueError for what is no base64."""
    found, line, at = [], 1, 0
    for one in _ARGUMENT.finditer(text):
        line, at = line + text.count("\n", at, one.start()), one.start()
        try:
            found.append((line, decode(one[1])))
        except ValueError as e:
            raise ValueError(f"line {line}: {e}") from None
    return found


def is_base64(text: str) -> bool:
    """Is *text* nothing but base64 of enough bytes? Hex digits alone are hex."""
    said = "".join(text.split())
    return len(said) * 3 // 4 >= LEAST and bool(_BASE64.fullmatch(said)) and not _HEX.fullmatch(said)


def decode(text: str) -> bytes:
    """The bytes of base64, in either of its alphabets. Raises ValueError."""
    said = "".join(text.split()).replace("-", "+").replace("_", "/")
    if not said:
        raise ValueError("there is no base64")
    try:
        return base64.b64decode(said, validate=True)
    except ValueError as e:
        raise ValueError(f"{said[:40]!r} is not base64: {e}") from None
