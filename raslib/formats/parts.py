"""What several sections need: parts shaped by another field, records cut short, padding that may be missing."""

from collections.abc import Callable
from typing import Any

from construct import Container, Int24ul, Subconstruct

from ..records import At, Choice, Either, Named, Record, Times, broken, field, remaining, size


class FittingChoice(Choice):
    """The record that the table has, or all there is as bytes where that is less than the record needs.

    Where the table has a tuple of records, it is the first for which there is room; in JSON, that has all the fields.
    """

    def kinds(self, key: Any) -> tuple[type[Record], ...]:
        found = self.cases.get(key, ())
        return found if isinstance(found, tuple) else (found,)

    def pick_plain(self, plain: Any, at: At) -> Any:
        kinds = self.kinds(self.look_plain(plain, at))
        names = set(plain if isinstance(plain, dict) else ())
        fitting = (kind.con for kind in kinds if names <= set(kind.con.names))
        return next(fitting, kinds[0].con if kinds else self.unknown)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        kinds, room = self.kinds(self.look(context, stream)), remaining(stream)
        con = next((kind.con for kind in kinds if size(kind()) <= room), self.unknown)
        return con._parsereport(stream, context, path)


class WholeOrBytes(FittingChoice):
    """*record*, or all there is as bytes where that is less than the record needs."""

    def __init__(self, record: type[Record]) -> None:
        super().__init__(lambda context: None, {None: record})


class _Packed(Subconstruct):  # type: ignore[misc]
    """Structures without padding."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.subcon._parsereport(stream, Container(context, packed=True), path)


class _Clean(Subconstruct):  # type: ignore[misc]
    """Structures whose padding is zero. Other "padding" may be the head of the next, packed."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = self.subcon._parsereport(stream, context, path)
        if any(found.padding):
            raise broken("padding is not zero", path)
        return found


def padded(count: Callable[[Any], int], con: Any) -> Any:
    """*count* structures, each padded at its end as the document asks, or all packed as Linux steps through them."""
    return Either(Times(count, _Clean(con)), Either(Times(count, _Packed(con)), Times(count, con)))


def is_packed(context: Any) -> bool:
    """Whether a structure, of which *context* holds the fields, is read as one without padding."""
    return "packed" in context.get("_", ())


def u24(doc: str = "", **more: Any) -> Any:
    number: Any = int  # construct's 24-bit integers are not among those that know their JSON form
    return field(Named(Int24ul, number), doc, **more)
