"""What records and registers share: named numbers, where a value lies, what breaks, and its form in JSON.

Knows nothing of construct, so that what reads registers alone does not wait for it.
"""

import json
import re
from contextlib import suppress
from enum import IntEnum
from reprlib import Repr
from typing import Any, NamedTuple, Self


class Coded(IntEnum):
    """Base of codes: numbers that have a name and a meaning.

    >>> class Fruit(Coded):
    ...     APPLE = 1, "grows on trees"
    >>> Fruit(1).name, Fruit.APPLE.means, Fruit.APPLE == 1
    ('APPLE', 'grows on trees', True)
    """

    means: str

    def __new__(cls, value: int, means: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_, member.means = value, means
        return member


class ErrorValue(Exception):
    """Base of errors that are values, too: equal, as after a way to another process, where all is that they say."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (str(self), vars(self)) == (str(other), vars(other))

    def __hash__(self) -> int:
        return hash((type(self), str(self)))


class RecordError(ErrorValue, ValueError):
    """These bytes, or these values, are not the record that they are read as.

    record
        The name of its class.
    path
        The field, `entries[0].section.card` for example; empty is the record itself.
    offset
        The byte at which the field begins, from the start of the data; None where there are no bytes.
    why
        What is wrong with it.

    It pickles and copies, so it may cross to another process.
    """

    def __init__(self, record: str, path: str, offset: int | None, why: str) -> None:
        self.record, self.path, self.offset, self.why = record, path, offset, why
        at = "" if offset is None else f" at byte {offset} ({offset:#x})"
        super().__init__(f"{record}{'.' if path else ''}{path}{at}: {why}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.record, self.path, self.offset, self.why)


class Span(NamedTuple):
    """One field where it lies: bytes [start, stop), and bits [high:low] of that little-endian word if it is smaller.

    *path* is the field's, as in a `RecordError`; *doc* and *ref* are what its declaration says of it.
    """

    path: str
    start: int
    stop: int
    value: Any
    doc: str = ""
    ref: str = ""
    bits: tuple[int, int] | None = None
    valid: bool | None = None  # what its validation bit says; None: no validation bit governs it
    group: bool = False  # it holds other fields
    unnamed: bool = False  # values of it have names, this one has none


class ParsedField(NamedTuple):
    """A field or element that was read: bytes [start, stop), its *value*, and what read it.

    *con* is its `Field`, or the construct of an element; *context* holds the fields before it.
    """

    start: int
    stop: int
    value: Any
    con: Any
    context: Any


class At(NamedTuple):
    """Where in the JSON of a record a value stands, for `from_plain`.

    *record* is the name of the record's class, *as_found* the paths of counted fields that stay as they are given,
    *step* the way from the place *outer* to this one, *siblings* the fields read before it, or before the list that it
    stands in. The path is put together when it is asked for, because only errors need it.
    """

    record: str
    as_found: frozenset[str] = frozenset()
    outer: "At | None" = None
    step: str = ""
    siblings: Any = None

    def inner(self, more: str, siblings: Any = None) -> "At":
        """The place *more* (`.name` or `[3]`) within this one."""
        return At(self.record, self.as_found, self, more, siblings)

    @property
    def path(self) -> str:
        """The place as it stands in a `RecordError`, `entries[0].section` for example."""
        return f"{self.outer.path}{self.step}".strip(".") if self.outer else ""

    def error(self, why: str) -> RecordError:
        """The error that *why* is at this place."""
        return RecordError(self.record, self.path, None, why)


class _Short(Repr):
    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= 256 else f"a number of {x.bit_length()} bits"


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def short(value: Any) -> str:
    """*value* for an error's sentence: of long and of deeply nested values, the beginning.

    >>> short("x" * 100)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    >>> short([[[[[]]]]])
    '[[[[...]]]]'
    """
    return _SHORT.repr(value)


def printable(text: str) -> str:
    """*text* in one line that does nothing to a terminal: a letter that is not printed stands as its code, `\\x1b`.

    So does a byte of a file's name that is no letter in this system's encoding.
    """
    return text if text.isprintable() else "".join(map(_letter, text))


def _letter(one: str) -> str:
    if one.isprintable():
        return one
    byte = ord(one) - 0xDC00  # what Python makes of a byte that cannot be decoded
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else one.encode("unicode_escape").decode()


def number(plain: Any, at: At) -> int:
    """A whole number, or the text of one in any base ("12", "0xc").

    Raises `RecordError` at the place *at* for anything else, and for a number that is far larger than any field.
    """
    if isinstance(plain, str):
        with suppress(ValueError):
            plain = int(plain, 0)
    if isinstance(plain, int) and plain.bit_length() > 256:
        raise at.error(f"{short(plain)} fits no field")
    if isinstance(plain, int):
        return int(plain)
    raise at.error(f"{short(plain)} is not a whole number")


def member(kind: Any, plain: Any, at: At) -> Any:
    """A member of *kind*, a `Coded` or bool, by its name or number; of bool, by "yes" and "no" too.

    A number that has no name stays an int. Raises `RecordError` at the place *at* for a name that is none.
    """
    if kind is bool and plain in ("yes", "no"):
        return plain == "yes"
    if isinstance(plain, str) and issubclass(kind, IntEnum) and not plain[:1].isdigit():
        if plain not in kind.__members__:
            raise at.error(f"{short(plain)} is none of {', '.join(kind.__members__)}")
        return kind[plain]
    value = number(plain, at)
    if kind is bool and value not in (0, 1):
        raise at.error(f"{short(plain)} is neither true nor false")
    return known(kind, value)


def known(kind: Any, value: int) -> Any:
    """*value* as a member of *kind*, or as it is if that has none: what nobody has named is kept."""
    try:
        return kind(value)
    except ValueError:
        return value


def only(names: Any, obj: Any, at: At) -> None:
    """Raises `RecordError` for the first key of *obj* that is none of *names*, or if it has no keys."""
    if not isinstance(obj, dict):
        raise at.error("needs an object with fields")
    if not obj.keys() - names:
        return
    for key in obj:
        if key not in names:
            raise at.inner(f".{key}").error(f"no such field; there are {', '.join(names)}")


DEPTH = 100  # of lists and objects in JSON; a record with everything in it has less than 20
DIGITS = 400  # of a number; Python reads no more than 4300, and gives up in a way of its own
_NUMBER = re.compile(rf"\d{{{DIGITS}}}")
_PARTS = re.compile(rf'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{{}}]|{_NUMBER.pattern}', re.DOTALL)


def check_json(text: str) -> None:
    """Raises `json.JSONDecodeError` for JSON that is nested more than `DEPTH` deep or has numbers of `DIGITS` digits.

    The interpreter's stack has an end: in a browser, deeper JSON ends the whole interpreter before `json` can object.
    """
    if text.count("[") + text.count("{") <= DEPTH and not _NUMBER.search(text):
        return
    depth = 0
    for part in _PARTS.finditer(text):
        depth += (part[0] in "[{") - (part[0] in "]}")
        if depth > DEPTH:
            raise json.JSONDecodeError(f"nested more than {DEPTH} deep", text, part.start())
        if part[0][0].isdigit():
            raise json.JSONDecodeError(f"a number of more than {DIGITS} digits", text, part.start())


def load_json(text: str) -> Any:
    """The value that foreign *text* is in JSON. Raises `json.JSONDecodeError`, a ValueError; see `check_json`."""
    check_json(text)
    return json.loads(text)
