"""Fields of fixed size: how their values are made of what stands on the wire, one by one or many at once.

A record of thirty words that stand side by side is one call of `struct` instead of thirty constructs. Where bytes are
missing or a value does not fit, `Run` gives nothing, and its fields go one by one after all: the same error comes from
the same place.
"""

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from construct import Adapter, Bytes, ConstructError, FormatField

from .plain import At, known, member, number
from .wire import broken


class Word(Adapter):  # type: ignore[misc]
    """Base of fields whose bytes alone say what they mean: what `value` makes of a word, `word` turns back.

    Looking at nothing else, they are read one by one or many at once (`Run`), and as columns. `plain` and `unplain`
    are the value's form in JSON. `takes_any` says that `value` refuses no word.
    """

    takes_any = False

    def value(self, word: Any) -> Any:
        """What *word*, a number or bytes as they stand on the wire, means. Never raises."""
        raise NotImplementedError

    def word(self, value: Any) -> Any:
        """The word that means *value*.

        Raises an error of `broken`, or any of a wrong type's, for a value that no word means.
        """
        raise NotImplementedError

    def _decode(self, obj: Any, context: Any, path: str) -> Any:
        return self.value(obj)

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        return self.word(obj)


class Named(Word):
    """A number as a member of *kind*, a `Coded`; one that has no name stays a number. In JSON, its name."""

    takes_any = True

    def __init__(self, con: Any, kind: type[IntEnum]) -> None:
        super().__init__(con)
        self.kind = kind

    def value(self, word: int) -> Any:
        return known(self.kind, word)

    def word(self, value: int) -> int:
        return int(value)

    def plain(self, value: Any) -> Any:
        return value.name if isinstance(value, IntEnum) else value

    def unplain(self, plain: Any, at: At) -> Any:
        return member(self.kind, plain, at)


class Bits(Word):
    """A number as the `Register` *kind*; in JSON, its fields that are not zero.

    (construct's BitStruct counts bits from the other end, its FlagsEnum drops those that it does not know.)
    """

    def __init__(self, con: Any, kind: Any) -> None:
        super().__init__(con)
        self.kind, self.takes_any = kind, kind.width >= 8 * con.sizeof()

    def value(self, word: int) -> Any:
        return self.kind.parse(word)

    def word(self, value: Any) -> int:
        return int(value if isinstance(value, int) else value.build())

    def plain(self, value: Any) -> Any:
        return value.to_json()

    def unplain(self, plain: Any, at: At) -> Any:
        return self.kind.from_json(plain, at)


class Guid(Word):
    """16 bytes as a `UUID`, the first three groups little-endian (UEFI 2.10 appendix A)."""

    takes_any = True

    def value(self, word: bytes) -> UUID:
        return UUID(bytes_le=word)

    def word(self, value: UUID) -> bytes:
        return value.bytes_le

    def plain(self, value: UUID) -> str:
        return str(value)

    def unplain(self, plain: Any, at: At) -> UUID:
        return UUID(plain)


class Text(Word):
    """ASCII padded with NUL as text; bytes that are anything else stay bytes, in JSON `{"hex": "..."}`."""

    takes_any = True

    def value(self, word: bytes) -> str | bytes:
        shown = word.rstrip(b"\0")
        return shown.decode("ascii") if all(0x20 <= c < 0x7F for c in shown) else word

    def word(self, value: str | bytes) -> bytes:
        try:
            return value if isinstance(value, bytes) else value.encode("ascii").ljust(self.subcon.length, b"\0")
        except UnicodeEncodeError as e:
            raise broken("only ASCII fits here") from e

    def plain(self, value: str | bytes) -> Any:
        return {"hex": value.hex()} if isinstance(value, bytes) else value

    def unplain(self, plain: Any, at: At) -> str | bytes:
        return plain if isinstance(plain, str) else bytes.fromhex(plain["hex"])


class Bcd(Word):
    """A byte of two decimal digits as the number they say; a byte that is none stays a byte, in JSON its hex."""

    takes_any = True

    def value(self, word: bytes) -> int | bytes:
        return int(word.hex()) if word.hex().isdecimal() else word

    def word(self, value: int | bytes) -> bytes:
        if isinstance(value, bytes):
            return value
        if not 0 <= value <= 99:
            raise broken(f"{value} has more than two decimal digits")
        return bytes.fromhex(f"{value:02}")

    def plain(self, value: int | bytes) -> Any:
        return value.hex() if isinstance(value, bytes) else value

    def unplain(self, plain: Any, at: At) -> int | bytes:
        return bytes.fromhex(plain) if isinstance(plain, str) else number(plain, at)


_MISFITS = (ConstructError, struct.error, AttributeError, TypeError, ValueError)


class Run:
    """Some *fields* of fixed size, one behind the other, as one layout of `struct`.

    Each is a number or bytes, with any `Word`s around it.
    """

    def __init__(self, fields: Iterable[Any]) -> None:
        parts = [(field.name, *_inside(field.subcon)) for field in fields]
        self.names = [name for name, _, _ in parts]
        self.layout = struct.Struct("<" + "".join(_code(word) for _, _, word in parts))
        self.adapted = [(i, adapters) for i, (_, adapters, _) in enumerate(parts) if adapters]
        self.raw = [(i, word.length) for i, (_, _, word) in enumerate(parts) if type(word) is Bytes]

    def read(self, stream: Any) -> list[Any] | None:
        """Their values, in order; None, and the stream as it was, if it holds too few bytes."""
        data = stream.read(self.layout.size)
        if len(data) < self.layout.size:
            stream.seek(stream.tell() - len(data))
            return None
        values = list(self.layout.unpack(data))
        for i, adapters in self.adapted:
            for word in adapters:
                values[i] = word.value(values[i])
        return values

    def write(self, values: Iterable[Any]) -> bytes | None:
        """The bytes of their *values*, in order; None if one does not fit, for whatever reason."""
        words = list(values)
        try:
            for i, adapters in self.adapted:
                for word in reversed(adapters):
                    words[i] = word.word(words[i])
            if any(type(words[i]) is not bytes or len(words[i]) != length for i, length in self.raw):
                return None  # `struct` would cut it, or fill it up
            return self.layout.pack(*words)
        except _MISFITS:
            return None


def steps(fields: Iterable[Any]) -> Iterator[tuple[Run | None, list[Any]]]:
    """How to go through *fields*: as many as possible at once, the others one by one.

    Each step is a run of the fields, or None, and the fields themselves.
    """
    for fixed, side_by_side in groupby(fields, lambda field: _code(_inside(field.subcon)[1]) != ""):
        some = list(side_by_side)
        yield Run(some) if fixed else None, some


def _inside(con: Any) -> tuple[list[Any], Any]:
    """The adapters in *con*, innermost first, and what they adapt."""
    if not isinstance(con, Word):
        return [], con
    adapters, word = _inside(con.subcon)
    return [*adapters, con], word


def _code(con: Any) -> str:
    """What `struct` calls *con*; nothing if it is no little-endian number and no fixed number of bytes."""
    if type(con) is FormatField and con.fmtstr[0] == "<":
        return str(con.fmtstr[1:])
    return f"{con.length}s" if type(con) is Bytes and isinstance(con.length, int) else ""
