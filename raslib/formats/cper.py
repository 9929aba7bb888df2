"""The common platform error record: header, section descriptors, bodies (UEFI 2.10 appendix N.2)."""

import datetime
from typing import Any, Self
from uuid import UUID

from construct import Construct, ConstructError, Container, GreedyBytes, Int8ul, Int32ul
from construct.core import stream_read

from ..plain import At, Coded, ParsedField
from ..records import Record, Register, bcd, field, flag, flags, guid, named, one, raw, rest, text, u16, u32, u64
from ..wire import Sized, Times, broken, build_at, from_plain, parse_at, remaining
from . import sections


class Severity(Coded):
    """How bad it is. The numbers are not in order of severity (see `rank`), and Linux's GHES_SEV_* are others."""

    RECOVERABLE = 0, "uncorrected, but not fatal: software may recover"
    FATAL = 1, "the system cannot go on"
    CORRECTED = 2, "hardware or firmware has put it right"
    INFORMATIONAL = 3, "nothing is wrong; a Generic Error Status Block calls it None"


def rank(severity: int) -> int:
    """Place in order of severity, from 0 informational to 3 fatal; one that nobody knows is worse, as in Linux."""
    return (2, 3, 1, 0)[severity] if severity in range(4) else 4


class Timestamp(Record, ref="UEFI 2.10 §N.2.1, Timestamp"):
    """When it happened: decimal digits, but for the byte in the middle; plain numbers where Windows wrote it."""

    # fmt: off
    seconds: int = bcd("of the minute")
    minutes: int = bcd("of the hour")
    hours:   int = bcd("of the day, 24 to the day")
    precise: int = field(Int8ul, "bit 0: this is the time of the event itself; the other bits are 0")
    day:     int = bcd("of the month, from 1")
    month:   int = bcd("of the year, from 1")
    year:    int = bcd("of the century")
    century: int = bcd("the first two digits of the year")
    # fmt: on

    @classmethod
    def of(cls, when: datetime.datetime, precise: bool = True) -> Self:
        clock = {"seconds": when.second, "minutes": when.minute, "hours": when.hour, "precise": int(precise)}
        return cls(**clock, day=when.day, month=when.month, year=when.year % 100, century=when.year // 100)

    @property
    def is_plain(self) -> bool:
        """Whether the bytes are plain numbers: the century is one of 19 to 21 so, and long past as digits."""
        return _byte(self.century) in (19, 20, 21)

    def numbers(self) -> dict[str, int | bytes]:
        """Each field as the number that is meant; a byte that is none stays a byte."""
        read = _byte if self.is_plain else lambda value: value
        return {name: read(getattr(self, name)) if name != "precise" else self.precise for name in self.con.names}


def _byte(digits: int | bytes) -> int:
    """The byte that two decimal digits are written as, or that is none."""
    return digits[0] if isinstance(digits, bytes) else digits // 10 << 4 | digits % 10


class SectionFlags(Register, ref="UEFI 2.10 §N.2.2, Section Descriptor, Flags", width=32):
    """What else firmware knows of a section. A generic error data entry has the low 8 bits only."""

    # fmt: off
    primary:                  bool = flag(0, "look at this section first; at most one has it")
    containment_warning:      bool = flag(1, "the error may have spread before it was reported")
    reset:                    bool = flag(2, "the component was reset")
    error_threshold_exceeded: bool = flag(3, "corrected errors came too often: the component may fail soon")
    resource_not_accessible:  bool = flag(4, "the operating system cannot ask the component")
    latent_error:             bool = flag(5, "action was taken, but the error is still there")
    propagated:               bool = flag(6, "the error came from elsewhere")
    overflow:                 bool = flag(7, "more errors happened than could be recorded")
    # fmt: on


class RecordValid(Register, ref="UEFI 2.10 §N.2.1, Validation Bits", width=32, each="{} is valid"):
    platform_id: bool = flag(0)
    timestamp: bool = flag(1)
    partition_id: bool = flag(2)


class RecordFlags(Register, ref="UEFI 2.10 §N.2.1, Flags", width=32):
    recovered: bool = flag(0, "HW_ERROR_FLAGS_RECOVERED: the error was qualified and recovered by the operating system")
    previous_error: bool = flag(1, "HW_ERROR_FLAGS_PREVERR: it happened before the last boot")
    simulated: bool = flag(2, "HW_ERROR_FLAGS_SIMULATED: it was injected")


class DescriptorValid(Register, ref="UEFI 2.10 §N.2.2, Validation Bits", width=8, each="{} is valid"):
    fru_id: bool = flag(0)
    fru_text: bool = flag(1)


# Who told the operating system (UEFI 2.10 §N.2.1, table of notification types). GPIO, GSIV and SDEI have none.
NOTIFICATIONS: dict[UUID, str] = {
    UUID("2dce8bb1-bdd7-450e-b9ad-9cf4ebd4f890"): "CMC, corrected machine check",
    UUID("4e292f96-d843-4a55-a8c2-d481f27ebeee"): "CPE, corrected platform error",
    UUID("e8f56ffe-919c-4cc5-ba88-65abe14913bb"): "MCE, machine check exception",
    UUID("cf93c01f-1a16-4dfc-b8bc-9c4daf67c104"): "PCIe, PCI Express error",
    UUID("cc5263e8-9308-454a-89d0-340bd39bc98e"): "INIT, Itanium INIT",
    UUID("5bad89ff-b7e6-42c9-814a-cf2485d6e98a"): "NMI, non-maskable interrupt",
    UUID("3d61a466-ab40-409a-a698-f362d464b38f"): "BOOT, error found at boot (BERT)",
    UUID("667dd791-c6b3-4c27-8a6b-0f8e722deb41"): "DMAr, DMA remapping error",
    UUID("9a78788a-bbe8-11e4-809e-67611e5d46b0"): "SEA, Armv8 synchronous external abort",
    UUID("5c284c81-b0ae-4e87-a322-b04c85624323"): "SEI, Armv8 SError interrupt",
    UUID("09a9d5ac-5204-4214-96e5-94992e752bcd"): "PEI, Arm platform error interrupt",
    UUID("69293bc9-41df-49a3-b4bd-4fb0db3041f6"): "CXL component",
}

# Who wrote a record into a store, as far as it is public (Linux drivers/acpi/apei/erst.c, drivers/ras/amd/fmpm.c).
CREATORS: dict[UUID, str] = {
    UUID("75a574e3-5052-4b29-8a8e-be2c6490b89d"): "Linux pstore",
    UUID("cd5c2993-f4b2-41b2-b5d4-f9c3a0330875"): "Linux FRU memory poison manager for AMD",
}
# Whose creator's name Windows (WHEA) has in the records that it logs, by public samples; they are written down nowhere.
WINDOWS = frozenset(
    map(UUID, ("cf07c4bd-b789-4e18-b3c4-1f732cb57131", "57217c8d-5e66-44fb-8033-9b74cacedf5b")),
)


class RecordHeader(Record, ref="UEFI 2.10 §N.2.1, Record Header"):
    """The first 128 bytes of a record (`struct cper_record_header`)."""

    # fmt: off
    signature_start:         str         = text(4, "the letters CPER", "CPER")
    revision:                int         = u16("1.0 is 0x0100, 1.1 is 0x0101; both are about", 0x0101)
    signature_end:           int         = u32("all ones", 0xFFFF_FFFF)
    section_count:           int         = u16("how many section descriptors follow")
    error_severity:          int         = named(Int32ul, Severity, "that of the most severe section")
    validation_bits:         RecordValid = flags(Int32ul, RecordValid, "which of the fields below to believe")
    record_length:           int         = u32("bytes of the whole record, with header, descriptors and bodies")
    timestamp:               Timestamp   = one(Timestamp, "when it happened", valid="timestamp")
    platform_id:             UUID        = guid("the machine, often its SMBIOS UUID", valid="platform_id")
    partition_id:            UUID        = guid("the software domain on it", valid="partition_id")
    creator_id:              UUID        = guid("who wrote the record; see `CREATORS`")
    notification_type:       UUID        = guid("how the operating system was told; see `NOTIFICATIONS`")
    record_id:               int         = u64("with the creator's, the key of the record in a store")
    flags:                   RecordFlags = flags(Int32ul, RecordFlags, "what became of the error, and how old it is")
    persistence_information: int         = u64("private to the store that keeps the record")
    reserved:                bytes       = raw(12)
    # fmt: on


class SectionDescriptor(Record, ref="UEFI 2.10 §N.2.2, Section Descriptor"):
    """Where a section lies and what it is (`struct cper_section_descriptor`). A generic error data entry differs."""

    # fmt: off
    section_offset:  int             = u32("of the body, from the start of the record")
    section_length:  int             = u32("bytes of the body")
    revision:        int             = u16("1.0", 0x0100)
    validation_bits: DescriptorValid = flags(Int8ul, DescriptorValid, "which fields to believe")
    reserved:        bytes           = raw(1)
    flags:           SectionFlags    = flags(Int32ul, SectionFlags, "what else is known")
    section_type:    UUID            = guid("what the body is")
    fru_id:          UUID            = guid("the field replaceable unit", valid="fru_id")
    error_severity:  int             = named(Int32ul, Severity, "of this section")
    fru_text:        str             = text(20, "the field replaceable unit in words", valid="fru_text")
    # fmt: on


HEADER, DESCRIPTOR = 128, 72  # bytes
OVERLAP = 8  # bodies may lie over each other, but not make more than so many times the record: it would take for ever
HOLE = 1 << 16  # bytes that neither a body nor a gap gives are built as zero, up to so many: more is a slip


class _Bodies(Construct):  # type: ignore[misc]
    """The bodies, each where its descriptor puts it, in the descriptors' order."""

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[Any, ...]:
        found: list[Any] = []
        end, start = stream.tell(), stream.tell() - _headers(context)
        size, read = _headers(context) + remaining(stream), 0
        for i, d in enumerate(context.section_descriptors):
            where = f"{path}[{i}]"
            _check_offset(context, i, path, start)
            if d.section_offset > size:
                raise _misplaced(i, path, start, f"{d.section_offset} lies past the {size} bytes that there are")
            if (read := read + d.section_length) > OVERLAP * size and len(found) >= OVERLAP:
                raise _misplaced(i, path, start, f"{OVERLAP} times the record lies in bodies that overlap")
            stream.seek(start + d.section_offset)
            body = Sized(lambda _, size=d.section_length: size, sections.BODY)
            found.append(parse_at(body, stream, Container(context, section_type=d.section_type), where))
            end = max(end, stream.tell())
        stream.seek(end)
        return tuple(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        end, start = stream.tell(), stream.tell() - _headers(context)
        if len(obj) != len(context.section_descriptors):
            raise broken(f"{len(context.section_descriptors)} descriptors need as many bodies, not {len(obj)}", path)
        room = HOLE + sum(len(data) for _, data in context.gaps)
        for i, d in sorted(enumerate(context.section_descriptors), key=lambda pair: pair[1].section_offset):
            _check_offset(context, i, path, start)
            if start + d.section_offset > end + room:
                raise _misplaced(i, path, start, f"{d.section_offset} is far from all that comes before it")
            stream.seek(start + d.section_offset)
            build_at(sections.BODY, obj[i], stream, context, f"{path}[{i}]")
            end = max(end, stream.tell())
        stream.seek(end)
        return obj

    def plain(self, value: Any) -> Any:
        return [sections.BODY.plain(body) for body in value]

    def unplain(self, plain: Any, at: At) -> tuple[Any, ...]:
        descriptors = at.siblings.get("section_descriptors", ())
        if not isinstance(plain, list | tuple) or len(plain) != len(descriptors):
            raise at.error(f"needs a list of {len(descriptors)} bodies, one for each descriptor")
        pairs = enumerate(zip(descriptors, plain, strict=True))
        return tuple(from_plain(sections.BODY, body, at.inner(f"[{i}]", descriptor)) for i, (descriptor, body) in pairs)


_GAP = GreedyBytes * "no section"


class _Gaps(Construct):  # type: ignore[misc]
    """What lies in the record and belongs to no body: (offset from the start of the record, bytes)."""

    def _parse(self, stream: Any, context: Any, path: str) -> tuple[tuple[int, bytes], ...]:
        taken = sorted((d.section_offset, d.section_offset + d.section_length) for d in context.section_descriptors)
        headers, last = _headers(context), max([_headers(context), *(stop for _, stop in taken)])
        start, found, here = stream.tell() - last, [], headers
        for begin, stop in [*taken, (max(last, context.header.record_length),) * 2]:
            if begin > here:
                stream.seek(start + here)
                found.append((here, stream_read(stream, begin - here, path)))
                if (places := context._params.get("places")) is not None:
                    places[f"{path}[{len(found) - 1}]"] = ParsedField(
                        start + here, start + begin, found[-1][1], _GAP, context
                    )
            here = max(here, stop)
        stream.seek(start + here)
        return tuple(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        end, stops = stream.tell(), (d.section_offset + d.section_length for d in context.section_descriptors)
        start = end - max([_headers(context), *stops])
        for i, (offset, data) in enumerate(obj):
            if not _headers(context) <= offset <= end - start + HOLE:
                raise broken(f"{offset} lies in the headers or far from all that comes before it", f"{path}[{i}]")
            stream.seek(start + offset)
            stream.write(data)
            end = max(end, stream.tell())
        stream.seek(end)
        return obj

    def plain(self, value: Any) -> Any:
        return [[offset, data.hex()] for offset, data in value]

    def unplain(self, plain: Any, at: At) -> tuple[Any, ...]:
        return tuple((from_plain(Int32ul, offset, at), bytes.fromhex(data)) for offset, data in plain)


def _headers(context: Any) -> int:
    return HEADER + DESCRIPTOR * len(context.section_descriptors)


def _check_offset(context: Any, i: int, path: str, start: int) -> None:
    offset = context.section_descriptors[i].section_offset
    if offset < _headers(context):
        raise _misplaced(i, path, start, f"{offset} lies in the headers, which are {_headers(context)} bytes")


def _misplaced(i: int, path: str, start: int, why: str) -> ConstructError:
    field = f"{path.removesuffix('sections')}section_descriptors[{i}].section_offset"
    return broken(why, field, start + HEADER + DESCRIPTOR * i)


_DESCRIPTORS = Times(lambda c: c.header.section_count, SectionDescriptor.con)


class CperRecord(Record, ref="UEFI 2.10 §N.2, Common Platform Error Record"):
    """A whole record, as ERST keeps it and Windows stores it (`struct cper_record_header` and what follows)."""

    header: RecordHeader = one(RecordHeader, "what the record is, and how much follows")
    section_descriptors: Any = field(_DESCRIPTORS, "where each body lies and what it is", ())
    sections: Any = field(_Bodies(), "the bodies, in the order of their descriptors", ())
    gaps: Any = field(_Gaps(), "bytes between them: (offset, bytes)", ())
    beyond: bytes = rest("bytes after the record")

    @classmethod
    def of(cls, *pairs: tuple[SectionDescriptor, Record | bytes], **header: Any) -> Self:
        """The record of these bodies, one after another behind their descriptors; *header* fills the header."""
        offset, descriptors = HEADER + DESCRIPTOR * len(pairs), []
        for descriptor, body in pairs:
            size = len(body if isinstance(body, bytes) else body.build())
            descriptors.append(descriptor.replace(section_offset=offset, section_length=size))
            offset += size
        worst = max((d.error_severity for d in descriptors), key=rank, default=Severity.INFORMATIONAL)
        known = {"error_severity": worst, "section_count": len(pairs), "record_length": offset, **header}
        bodies = tuple(body for _, body in pairs)
        return cls(header=RecordHeader(**known), section_descriptors=tuple(descriptors), sections=bodies)
