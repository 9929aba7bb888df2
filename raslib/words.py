"""Fields of fixed size: how their values are made of what stands on the wire."""

from enum import IntEnum
from typing import Any
from uuid import UUID

from construct import Adapter

from .plain import At, known, member, number
from .wire import broken


class Word(Adapter):  # type: ignore[misc]
    """Base of fields whose bytes alone say what they mean; looking at nothing else, they are read as columns too.

    `_decode` makes the value of a number or of bytes, as they stand on the wire, and refuses none if `takes_any` is
    true. `_encode` turns it back; it raises an error of `broken`, or any of a wrong type's, for a value that no word
    means. `plain` and `unplain` are the value's form in JSON.
    """

    takes_any = False


class Named(Word):
    """A number as a member of *kind*, a `Coded`; one that has no name stays a number. In JSON, its name."""

    takes_any = True

    def __init__(self, con: Any, kind: type[IntEnum]) -> None:
        super().__init__(con)
        self.kind = kind

    def _decode(self, obj: int, context: Any, path: str) -> Any:
        return known(self.kind, obj)

    def _encode(self, obj: int, context: Any, path: str) -> int:
        return int(obj)

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

    def _decode(self, obj: int, context: Any, path: str) -> Any:
        return self.kind.parse(obj)

    def _encode(self, obj: Any, context: Any, path: str) -> int:
        return int(obj if isinstance(obj, int) else obj.build())

    def plain(self, value: Any) -> Any:
        return value.to_json()

    def unplain(self, plain: Any, at: At) -> Any:
        return self.kind.from_json(plain, at)


class Guid(Word):
    """16 bytes as a `UUID`, the first three groups little-endian (UEFI 2.10 appendix A)."""

    takes_any = True

    def _decode(self, obj: bytes, context: Any, path: str) -> UUID:
        return UUID(bytes_le=obj)

    def _encode(self, obj: UUID, context: Any, path: str) -> bytes:
        return obj.bytes_le

    def plain(self, value: UUID) -> str:
        return str(value)

    def unplain(self, plain: Any, at: At) -> UUID:
        return UUID(plain)


class Text(Word):
    """ASCII padded with NUL as text; bytes that are anything else stay bytes, in JSON `{"hex": "..."}`."""

    takes_any = True

    def _decode(self, obj: bytes, context: Any, path: str) -> str | bytes:
        shown = obj.rstrip(b"\0")
        return shown.decode("ascii") if all(0x20 <= c < 0x7F for c in shown) else obj

    def _encode(self, obj: str | bytes, context: Any, path: str) -> bytes:
        try:
            return obj if isinstance(obj, bytes) else obj.encode("ascii").ljust(self.subcon.length, b"\0")
        except UnicodeEncodeError as e:
            raise broken("only ASCII fits here") from e

    def plain(self, value: str | bytes) -> Any:
        return {"hex": value.hex()} if isinstance(value, bytes) else value

    def unplain(self, plain: Any, at: At) -> str | bytes:
        return plain if isinstance(plain, str) else bytes.fromhex(plain["hex"])


class Bcd(Word):
    """A byte of two decimal digits as the number they say; a byte that is none stays a byte, in JSON its hex."""

    takes_any = True

    def _decode(self, obj: bytes, context: Any, path: str) -> int | bytes:
        return int(obj.hex()) if obj.hex().isdecimal() else obj

    def _encode(self, obj: int | bytes, context: Any, path: str) -> bytes:
        if isinstance(obj, bytes):
            return obj
        if not 0 <= obj <= 99:
            raise broken(f"{obj} has more than two decimal digits")
        return bytes.fromhex(f"{obj:02}")

    def plain(self, value: int | bytes) -> Any:
        return value.hex() if isinstance(value, bytes) else value

    def unplain(self, plain: Any, at: At) -> int | bytes:
        return bytes.fromhex(plain) if isinstance(plain, str) else number(plain, at)
