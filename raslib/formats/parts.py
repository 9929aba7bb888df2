"""What several sections need: parts shaped by another field, records cut short, padding that may be missing."""

from contextlib import suppress
from typing import Any

from construct import ConstructError, Container, Int24ul

from ..records import At, Choice, Named, Record, Times, field, remaining, size

OPERATIONS = {  # of processors whose cache, TLB or bus met an error, in the sections of Arm and x86
    "GENERIC_ERROR": (0, "generic error, of a kind that cannot be told"),
    "GENERIC_READ": (1, "generic read, of an instruction or of data"),
    "GENERIC_WRITE": (2, "generic write, of an instruction or of data"),
    "DATA_READ": (3, "data read"),
    "DATA_WRITE": (4, "data write"),
    "INSTRUCTION_FETCH": (5, "instruction fetch"),
    "PREFETCH": (6, "prefetch"),
}


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


class Padded(Times):
    """*count* structures, each padded at its end as the document asks, or all packed as Linux steps through them.

    Padding that is not zero may be the head of the next structure, packed. Where they cannot be read so either, it is
    padding after all.
    """

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[Any, ...]:
        start, places = stream.tell(), context._params.get("places", {})
        before = len(places)
        for packed in (False, True):
            with suppress(ConstructError):
                found = super()._parse(stream, Container(context, packed=True) if packed else context, path)
                if packed or not any(any(one.padding) for one in found):
                    return found
            for stale in [*places][before:]:
                del places[stale]
            stream.seek(start)
        return super()._parse(stream, context, path)


def is_packed(context: Any) -> bool:
    """Whether a structure, of which *context* holds the fields, is read as one without padding."""
    return "packed" in context.get("_", ())


def u24(doc: str = "", **more: Any) -> Any:
    number: Any = int  # construct's 24-bit integers are not among those that know their JSON form
    return field(Named(Int24ul, number), doc, **more)
