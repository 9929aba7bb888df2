"""Sections from the lines of a log: memory, generic processor, PCI Express, references to firmware, unknown ones."""

from collections.abc import Iterable
from uuid import UUID

from ..formats.firmware import FirmwareReference
from ..formats.memory import PlatformMemory
from ..records import Record
from . import linux
from .draft import Bytes, Draft, Log, length
from .fields import fixed
from .lines import Line


class Section:
    """A section in the making. Lines are offered to `take` in their order; `body` is what they come to.

    *told* are the paths, from the section on, that the lines tell; *kernel* is an older release, if the words are its;
    *sized*: do the lines tell how long the section is?
    """

    kernel: tuple[int, ...] = ()
    sized = False

    def __init__(self, log: Log) -> None:
        self.log = log

    def take(self, number: int, said: str) -> bool:
        return False

    def body(self) -> bytes:
        return b""

    def told(self) -> set[str]:
        return set()

    def dumped(self) -> int:
        """How many bytes from its start on the log has, whatever they mean."""
        return 0


class Lines(Section):
    """A section whose fields all stand on lines of their own; *again* are words that repeat what a number says."""

    def __init__(self, log: Log, record: Record, lines: tuple[Line, ...], again: Iterable[str] = ()) -> None:
        super().__init__(log)
        self.draft, self.again = Draft(record, lines, log), frozenset(again)

    def take(self, number: int, said: str) -> bool:
        return self.draft.take(number, said) is not None or self.again.issuperset(said.rstrip().split(", "))

    def body(self) -> bytes:
        return self.draft.whole().build()  # type: ignore[no-any-return]

    def told(self) -> set[str]:
        return {*self.draft.told} | self.draft.flags()


class Memory(Lines):
    """A memory error. Whether it has 80 bytes or 73, the log does not say; 80 is what there is since UEFI 2.3."""

    def __init__(self, log: Log) -> None:
        lines = (linux.STATUS, linux.STATUS_BEFORE, *linux.ADDRESS, linux.MEMORY_TYPE, linux.DIMM)
        super().__init__(log, PlatformMemory(), lines)
        self.located = {line.head.rstrip(":0x"): line for line in linux.LOCATION}
        self.beyond = False

    def take(self, number: int, said: str) -> bool:
        if said == linux.BEYOND:
            self.beyond = True
            self.draft.give(number, "validation_bits", 1 << 15)
            self.draft.told.clear()
            self.log.note(
                f"line {number}: one of validation bits 15 to 63 is set in a section of 73 bytes; which, is open"
            )
            return True
        if said.startswith("DIMM location: ") and not linux.DIMM.is_in(said):
            self.draft.cut.add("module_handle")
            self.log.note(f"line {number} names a DIMM, whose handle it does not tell")
            return True
        items = said.replace(": ", ":").split()
        if items and all(item.partition(":")[0] in self.located for item in items):
            self.kernel = (5, 10) if ": " in said else self.kernel
            for item in items:
                self._locate(number, item)
            return True
        line = self.draft.take(number, said)
        self.kernel = (5, 10) if line is linux.STATUS_BEFORE else self.kernel
        return line is not None

    def _locate(self, number: int, item: str) -> None:
        line = self.located[item.partition(":")[0]]
        found = line.read(item)
        if found is None:
            self.draft.cut.add(line.valid)
            self.log.note(f"line {number} is cut off in {item.partition(':')[0]}")
        elif line.valid != "any_row":
            self.draft.put(number, found, line.valid)
        elif (row := found[0].value) <= 0xFFFF:
            self.draft.give(number, "row", row, "row")
        else:
            self.draft.give(number, "extended.row", row >> 16, "extended_row")
            self.draft.give(number, "row", row & 0xFFFF)

    def body(self) -> bytes:
        data = super().body()
        return data[: fixed(PlatformMemory, "extended")] if self.beyond else data

    def told(self) -> set[str]:
        rows = {"validation_bits.row", "validation_bits.extended_row"}
        flags = {f"validation_bits.{line.valid}" for line in linux.LOCATION if line.valid not in self.draft.cut}
        return set() if self.beyond else super().told() | flags | rows


LEAST = len(FirmwareReference(revision=0).build())  # bytes of a reference that Linux prints


class Firmware(Section):
    """A reference to a firmware record, and the record's own bytes behind it."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.draft = Draft(FirmwareReference(record_id_guid=UUID(int=0), record_id=0), linux.FIRMWARE, log)
        self.guid = UUID(int=0)
        self.dump, self.length = Bytes(log), 0

    def take(self, number: int, said: str) -> bool:
        if linux.FIRMWARE_SHORT.is_in(said) and (found := linux.FIRMWARE_SHORT.read(said)) is not None:
            self.length = length(number, found, "error_data_length")
            return True
        name = said.removeprefix(linux.FIRMWARE_GUID).strip()
        if said.startswith(linux.FIRMWARE_GUID) and "-" in name:
            self.guid = guid(number, name)
            self.draft.told["record_id_guid"] = number
            return True
        if linux.FIRMWARE_ID.is_in(said) and (found := linux.FIRMWARE_ID.read(said)) is not None:
            self.draft.put(number, found)
            return True
        return self.dump.take(number, said) or self.draft.take(number, said) is not None

    def body(self) -> bytes:
        said = self.draft.whole()
        kind = said.record_type if "record_type" in self.draft.told else 0xFF  # Linux says "unknown" of that too
        fields = {"record_type": kind, "revision": said.revision, "beyond": self.dump.data}
        if said.revision != 1:
            fields["record_id"] = said.record_id
        if said.revision >= 2:
            fields["record_id_guid"] = self.guid
        data = FirmwareReference(**fields).build()
        if len(data) < LEAST:
            self.log.note(f"of a reference, the last {LEAST - len(data)} bytes are not in the log: 0 here")
        return data[: self.length] if self.length else data.ljust(LEAST, b"\0")

    def told(self) -> set[str]:
        return {*self.draft.told} | {"beyond"}


class Unknown(Section):
    """A section that Linux does not print but dump."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.dump = Bytes(log)

    def take(self, number: int, said: str) -> bool:
        if self.dump.take(number, said):
            return True
        found = linux.UNKNOWN_LENGTH.read(said)
        if found is not None:
            self.dump.length, self.sized = length(number, found, "error_data_length"), True
        return found is not None

    def body(self) -> bytes:
        return self.dump.whole()

    def dumped(self) -> int:
        return len(self.dump.data)


def guid(number: int, said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise ValueError(f"line {number}: {said[:40]!r} is not a GUID") from None
