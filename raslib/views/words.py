"""What a value says to a reader, by itself: names for what has names, hex for words, bytes in hex.

Loads neither records nor construct, so that a register is explained without waiting for them; `fields` knows more.
"""

from collections.abc import Sequence
from typing import Any

from ..plain import Coded
from ..registers import Fields, Register


def value_text(value: Any, size: int = 0) -> str:
    """*value* as a reader wants it; a number of *size* 8 bytes in hex. Nothing for what holds other values."""
    match value:
        case Coded():
            return value.name
        case bool():
            return "yes" if value else "no"
        case Register():
            return f"{value.build():#x}"
        case Fields() | tuple() | None:
            return ""
        case bytes():
            return value.hex(" ", -4) if len(value) <= 16 else f"{len(value)} bytes"
        case str():
            return f'"{value}"'
        case int() if size == 8:
            return f"{value:#018x}"
    return str(value)


def bit_range(bits: Sequence[int]) -> str:
    """Bits from the highest to the lowest: `24`, or `12:10`."""
    high, low = bits
    return str(high) if high == low else f"{high}:{low}"


def meaning(value: Any) -> str:
    """What *value* says, in words; nothing where it speaks for itself."""
    match value:
        case Coded():
            return f"{int(value)}: {value.means}"
        case Register():
            names = [name for name, *_ in value.layout if getattr(value, name) is True]
            return ", ".join(name.replace("_", " ") for name in names)
        case bytes() if value and not any(value):
            return "all zero"
    return ""
