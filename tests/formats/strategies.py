"""Records made from their declarations alone: every construct says which values it can carry.

`records(kind)` is a hypothesis strategy, which finds small counterexamples; `generate(kind, seed)` is the same from a
seed and about ten times as fast, for many thousands. What a declaration counts is left to be counted, so that the
bytes fit together; everything else is arbitrary, reserved bits, unknown codes and bytes past the structure included.
"""

import dataclasses
import io
import random
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from construct import Bytes, BytesInteger, Container, FormatField, GreedyBytes
from hypothesis import strategies as st

from raslib.formats.bert import BootErrorRegion
from raslib.formats.cper import CperRecord, RecordHeader, SectionDescriptor
from raslib.formats.ghes import BlockStatus, DataEntry, StatusBlock
from raslib.formats.hest import Hest, SelfSized
from raslib.formats.parts import FittingChoice, WholeOrBytes
from raslib.formats.sections import RECORDS
from raslib.records import (
    AtMost,
    Bcd,
    Bits,
    Choice,
    Coded,
    Guid,
    Named,
    Record,
    RecordError,
    Sized,
    Tagged,
    Text,
    Times,
    UntilEnd,
    When,
    size,
)

LOOSE = object()  # bytes whose number is counted in the end
MOST = 3  # elements of a list that declares no number of its own
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz0123456789_-"


class Source(Protocol):
    """Where the choices come from."""

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""

    def data(self, n: int) -> bytes:
        """n bytes."""


class Seeded:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        random_ = random.Random(seed)
        self.below: Callable[[int], int] = random_.randrange
        self.data: Callable[[int], bytes] = random_.randbytes


class Drawn:
    """Choices that hypothesis makes, and makes smaller."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def below(self, n: int) -> int:
        return int(self.draw(st.integers(0, n - 1)))

    def data(self, n: int) -> bytes:
        return bytes(self.draw(st.binary(min_size=n, max_size=n)))


def generate(kind: type[Record], seed: int) -> bytes:
    """Bytes of some record of *kind*."""
    return record(kind, Seeded(seed)).build()


def records(kind: type[Record]) -> st.SearchStrategy[bytes]:
    """Bytes of records of *kind*."""

    @st.composite
    def some(draw: Any) -> bytes:
        return record(kind, Drawn(draw)).build()

    return some()


def record(kind: Any, source: Source, **given: Any) -> Any:
    """Some record of *kind* with the fields *given*."""
    if kind in SHAPED and not given:
        return SHAPED[kind](source)
    room, loose = Room(source), []
    for f in kind.con.fields:
        if f.name in given:
            room[f.name] = given[f.name]
        elif f.name not in kind.counted:
            value = of(f.subcon, source, room)
            if value is LOOSE and f.name not in kind.filled:
                loose.append(f.name)
                room[f.name] = some_bytes(source, room)
            elif value is not LOOSE and not (value is None and f.name in kind.filled):
                room[f.name] = value
    made = kind(**{name: value for name, value in room.items() if name != "_io"})
    filled = {name: getattr(made, name) for name in kind.filled}
    noise = {name: source.data(len(v)) for name, v in filled.items() if isinstance(v, bytes) and source.below(2)}
    made = dataclasses.replace(made, **noise) if noise else made
    if loose:
        try:
            made.build()
        except RecordError:  # bytes stand where this record has none
            made = made.replace(**dict.fromkeys(loose, b""))
    return made


class Room(Container):  # type: ignore[misc]
    """The fields made so far, as the constructs of a declaration look at them, and whether there is room for more.

    What a later edition added may be missing, from some field on; then nothing can follow either.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(_io=io.BytesIO(bytes(1 << 12)))
        self.__dict__["may_end"] = source.below(4) == 0

    def end(self, source: Source) -> None:
        if self.__dict__["may_end"] and source.below(4) == 0:
            self._io = io.BytesIO(b"")

    @property
    def ended(self) -> bool:
        return not self._io.getvalue()


Maker = Callable[[Any, Source, Room], Any]


def asked(question: Callable[[Any], Any], room: Room) -> Any:
    """The answer from the fields made so far, or None where it depends on one that is counted in the end."""
    try:
        return question(room)
    except (AttributeError, KeyError, TypeError):
        return None


def some_bytes(source: Source, room: Room) -> bytes:
    return b"" if room.ended or source.below(3) else source.data(source.below(20))


def number(source: Source, bits: int) -> int:
    """0, all ones, one bit, or anything."""
    full = (1 << bits) - 1
    match source.below(5):
        case 0:
            return 0
        case 1:
            return full
        case 2:
            return 1 << source.below(bits)
    return source.below(full + 1)


def of(con: Any, source: Source, room: Room) -> Any:
    """Some value that *con* can carry; None where the field is absent or cannot be chosen before others are counted."""
    if make := maker(type(con)):
        return make(con, source, room)
    if hasattr(con, "cls"):
        return record(con.cls, source)
    if con is GreedyBytes:
        return some_bytes(source, room)
    return of(con.subcon, source, room)  # what only says where or how


@cache
def maker(kind: type) -> Maker | None:
    """What makes values of constructs of *kind*."""
    return next((make for kinds, make in MAKERS.items() if issubclass(kind, kinds)), None)


def _named(con: Any, source: Source, room: Room) -> Any:
    members = list(con.kind) if issubclass(con.kind, Coded) else []
    if members and source.below(4):
        return members[source.below(len(members))]
    return of(con.subcon, source, room)


def _guid(con: Any, source: Source, room: Room) -> Any:
    return con._decode(source.data(16), None, "")


def _text(con: Any, source: Source, room: Room) -> Any:
    length = con.subcon.length
    if not source.below(4):
        return source.data(length)
    return bytes(LETTERS[byte % len(LETTERS)] for byte in source.data(source.below(length + 1))).decode()


def _integer(con: Any, source: Source, room: Room) -> int:
    value = number(source, 8 * con.length)
    signed = isinstance(con, FormatField) and con.fmtstr[-1].islower()
    return value - (1 << 8 * con.length) if signed and value >> 8 * con.length - 1 else value


def _bytes(con: Any, source: Source, room: Room) -> Any:
    length = asked(con.length, room) if callable(con.length) else con.length
    return LOOSE if length is None else source.data(length)


def _times(con: Any, source: Source, room: Room) -> Any:
    return tuple(of(con.subcon, source, room) for _ in range(source.below(MOST + 1)))


def _when(con: Any, source: Source, room: Room) -> Any:
    room.end(source)
    return of(con.subcon, source, room) if asked(con.condition, room) else None


def _choice(con: Any, source: Source, room: Room) -> Any:
    key = asked(lambda fields: con.look(fields, fields._io), room)
    if isinstance(con, FittingChoice):
        kinds = con.kinds(key)
        return record(kinds[0], source) if kinds else some_bytes(source, room)
    return of(con.pick(key, room), source, room)


def _tagged(con: Any, source: Source, room: Room) -> Any:
    tags = list(con.cases)
    tag = tags[source.below(len(tags))]
    return record(con.cases[tag], source, **{con.tag: tag})


# --- records of which a declaration does not say alone what goes together ---------------------------------------------


def _section(source: Source) -> tuple[UUID, Any]:
    """A section type and a body of it; sometimes a type that nobody knows, or a body that is bytes."""
    kinds = list(RECORDS)
    guid = kinds[source.below(len(kinds))]
    return (guid, record(RECORDS[guid], source)) if source.below(6) else _unknown_section(source)


def _unknown_section(source: Source) -> tuple[UUID, bytes]:
    return UUID(bytes=source.data(16)), source.data(source.below(30))


def _entry(source: Source) -> DataEntry:
    guid, section = _section(source)
    made: DataEntry = record(DataEntry, source, section_type=guid, section=section)
    return made


def _region(source: Source) -> BootErrorRegion:
    """A block whose status is zero would end the region, and so do the bytes behind the last one."""
    blocks = tuple(record(StatusBlock, source).replace(beyond=b"") for _ in range(source.below(MOST + 1)))
    full = tuple(b if b.block_status.build() else b.replace(block_status=BlockStatus(correctable=True)) for b in blocks)
    return BootErrorRegion(blocks=full, beyond=bytes(4) + source.data(source.below(20)) if source.below(2) else b"")


def _cper(source: Source) -> CperRecord:
    """Bodies in an order of their own, with bytes between and behind them that belong to none."""
    count = source.below(MOST + 1)
    drafts = [(record(SectionDescriptor, source), *_section(source)) for _ in range(count)]
    here, gaps, placed = 128 + 72 * count, [], {}
    for i in sorted(range(count), key=lambda _: source.below(100)):
        descriptor, guid, body = drafts[i]
        if not source.below(3):
            gaps.append((here, source.data(1 + source.below(20))))
            here += len(gaps[-1][1])
        length = size(body)
        placed[i] = descriptor.replace(section_offset=here, section_length=length, section_type=guid)
        here += length
    header = record(RecordHeader, source).replace(section_count=count, record_length=here)
    return CperRecord(
        header=header,
        section_descriptors=tuple(placed[i] for i in range(count)),
        sections=tuple(body for _, _, body in drafts),
        gaps=tuple(gaps),
        beyond=source.data(source.below(20)) if not source.below(3) else b"",
    )


def _hest(source: Source) -> Hest:
    """Since revision 2, sources whose type says that they tell their own length."""
    made: Hest = record(Hest, source, beyond=b"")
    if made.revision < 2:
        return made
    own = SelfSized(type=12 + source.below(0xFFF0), data=source.data(source.below(30)))
    return made.replace(error_sources=(*made.error_sources, own))


SHAPED: dict[Any, Callable[[Source], Any]] = {
    DataEntry: _entry,
    BootErrorRegion: _region,
    CperRecord: _cper,
    Hest: _hest,
}


def _whole(con: Any, source: Source, room: Room) -> Any:
    kind = con.cases[None]
    return source.data(source.below(size(kind()))) if source.below(4) == 0 else record(kind, source)


MAKERS: dict[Any, Maker] = {
    Named: _named,
    Bits: lambda con, source, room: con.kind.parse(number(source, con.kind.width)),
    Guid: _guid,
    Text: _text,
    Bcd: lambda con, source, room: source.below(100) if source.below(4) else source.data(1),
    (FormatField, BytesInteger): _integer,
    (Bytes, AtMost): _bytes,
    (Times, UntilEnd): _times,
    When: _when,
    WholeOrBytes: _whole,
    Tagged: _tagged,
    Choice: _choice,
    Sized: lambda con, source, room: of(con.subcon, source, room),
}
