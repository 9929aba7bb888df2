"""Sections from the lines of a log: memory, generic processor, PCI Express, references to firmware, unknown ones."""

import re
from collections.abc import Iterable
from uuid import UUID

from ..formats.firmware import FirmwareReference
from ..formats.memory import PlatformMemory
from ..formats.pcie import Pcie
from ..records import Record
from . import grammar, linux
from .draft import Draft, DumpedBytes, Log, length
from .fields import fixed
from .found import Observation
from .lines import Line


class Section:
    """A section in the making. Lines are offered to `take` in their order; `body` is what they come to.

    *given* are the paths, from the section on, that the lines tell; *kernel* is an older release, if the words are its;
    *sized*: do the lines tell how long the section is?
    """

    kernel: tuple[int, ...] = ()
    sized = False
    corrected = False  # the entry's severity

    def __init__(self, log: Log) -> None:
        self.log = log

    def take(self, number: int, text: str) -> bool:
        return False

    def body(self) -> bytes:
        return b""

    def given(self) -> set[str]:
        return set()

    def dumped(self) -> int:
        """How many bytes from its start on the log has, whatever they mean."""
        return 0

    def complete(self, one: Observation) -> list[str]:
        """The paths that another driver's line gives and the section's own lines do not; they are read into it."""
        return []


class Lines(Section):
    """A section whose fields all stand on lines of their own; *again* are words that repeat what a number says."""

    def __init__(self, log: Log, record: Record, lines: tuple[Line, ...], again: Iterable[str] = ()) -> None:
        super().__init__(log)
        self.draft, self.again = Draft(record, lines, log), frozenset(again)

    def take(self, number: int, text: str) -> bool:
        return self.draft.take(number, text) is not None or self.again.issuperset(text.rstrip().split(", "))

    def body(self) -> bytes:
        return self.draft.whole().build()  # type: ignore[no-any-return]

    def given(self) -> set[str]:
        return self.draft.paths()


class MemoryLines(Lines):
    """A memory error. Whether it has 80 bytes or 73, the log does not say; 80 is what there is since UEFI 2.3."""

    def __init__(self, log: Log) -> None:
        lines = (linux.STATUS, linux.STATUS_BEFORE, *linux.ADDRESS, linux.MEMORY_TYPE, linux.DIMM)
        super().__init__(log, PlatformMemory(), lines)
        self.beyond = False

    def take(self, number: int, text: str) -> bool:
        if text == linux.BEYOND:
            self.beyond = True
            self.draft.give(number, "validation_bits", 1 << 15)
            self.draft.given.clear()
            self.log.note(f"line {number}: one of validation bits 15 to 63 is set in 73 bytes; which, is open")
            return True
        if text.startswith("DIMM location: ") and not linux.DIMM.is_in(text):
            self.draft.cut.add("module_handle")
            self.log.note(f"line {number} names a DIMM, whose handle it does not tell")
            return True
        if items := grammar.location(text):
            self.kernel = (5, 10) if ": " in text else self.kernel
            for item in items:
                self._locate(number, item)
            return True
        line = self.draft.take(number, text)
        self.kernel = (5, 10) if line is linux.STATUS_BEFORE else self.kernel
        return line is not None

    def _locate(self, number: int, item: str) -> None:
        name, _, value = item.partition(":")
        line = grammar.LOCATED[name]
        found = line.read(item)
        if found is None and re.fullmatch("0x[0-9a-f]{1,8}", value):
            found = line.read(f"{name}:{int(value, 16)}")
            if found:
                self.log.note(f"line {number} has {name} in hex, as Linux does not print it")
        if found is None:
            self.draft.cut.add(line.valid)
            self.log.note(f"line {number} is cut off in {name}")
        elif line.valid != "any_row":
            self.draft.put(number, found, line.valid)
        elif (row := found[0].value) <= 0xFFFF:
            self.draft.give(number, "row", row, "row")
        else:
            self.draft.give(number, "extended.row", row >> 16, "extended_row")
            self.draft.give(number, "row", row & 0xFFFF)

    def complete(self, one: Observation) -> list[str]:
        """What EDAC says of the same page: the address, and the handle of the DIMM that is named."""
        page, rest, handle = (re.search(rf"\b{name}:0x([0-9a-f]+)", one.text) for name in ("page", "offset", "handle"))
        if one.kind != "edac" or not (page and rest):
            return []
        address = int(page[1], 16) << 12 | int(rest[1], 16)
        known = "physical_address" in self.draft.given
        if known and address >> 12 != self.draft.record.physical_address >> 12:
            return []
        paths = {} if known or not address else {"physical_address": address}
        if handle and "module_handle" not in self.draft.given:
            paths["module_handle"] = int(handle[1], 16)
        for path, value in paths.items():
            self.draft.give(one.line, path, value, path)
            self.draft.cut.discard(path)
        return list(paths)

    def body(self) -> bytes:
        data = super().body()
        return data[: fixed(PlatformMemory, "extended")] if self.beyond else data

    def given(self) -> set[str]:
        rows = {"validation_bits.row", "validation_bits.extended_row"}
        flags = {f"validation_bits.{line.valid}" for line in linux.LOCATION if line.valid not in self.draft.cut}
        return set() if self.beyond else super().given() | flags | rows


class PcieLines(Lines):
    """A PCI Express error. Up to Linux 5.3 the class code stood as its bytes lie in memory."""

    def __init__(self, log: Log) -> None:
        super().__init__(log, Pcie(), (*linux.PCIE, linux.AER_CORRECTABLE, *linux.AER))

    def take(self, number: int, text: str) -> bool:
        found = re.fullmatch(r"class_code: ([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", text.strip())
        if found and found[1] == "00" and 0 < int(found[3], 16) < 0x20:
            self.log.note(f"line {number}: the class code stands as before Linux 5.4, the base class last")
            self.kernel = (5, 3)
            text = f"class_code: {found[3]}{found[2]}{found[1]}"
        return super().take(number, text)

    def body(self) -> bytes:
        if "aer.uncorrectable_status" in self.draft.given and "aer.correctable_status" not in self.draft.given:
            self.kernel = self.kernel or (6, 6)  # which prints no others
        return super().body()

    def complete(self, one: Observation) -> list[str]:
        """What the AER driver says of the same device: status and mask."""
        values = dict(one.values)
        at = self.draft.record.device_id
        name = f"{at.segment:04x}:{at.bus:02x}:{at.device:02x}.{at.function:x}"
        if one.kind != "aer" or "status" not in values or not str(values.get("device", "")).endswith(name):
            return []
        if any(path.startswith("aer.") for path in self.draft.given):
            return []
        which = "correctable" if "severity=Corr" in one.text or self.corrected else "uncorrectable"
        paths = {f"aer.{which}_{part}": int(values[part]) for part in ("status", "mask")}
        for path, value in paths.items():
            self.draft.give(one.line, path, value, "aer")
        return list(paths)


LEAST = len(FirmwareReference(revision=0).build())  # bytes of a reference that Linux prints


class Firmware(Section):
    """A reference to a firmware record, and the record's own bytes behind it."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.draft = Draft(FirmwareReference(record_id_guid=UUID(int=0), record_id=0), linux.FIRMWARE, log)
        self.guid = UUID(int=0)
        self.dump, self.length = DumpedBytes(log), 0

    def take(self, number: int, text: str) -> bool:
        if (found := linux.FIRMWARE_SHORT.read(text)) is not None:
            self.length = length(number, found[-1].value)
            return True
        name = text.removeprefix(linux.FIRMWARE_GUID).strip()
        if text.startswith(linux.FIRMWARE_GUID) and "-" in name:
            self.guid = guid(number, name)
            self.draft.given["record_id_guid"] = number
            return True
        if (found := linux.FIRMWARE_ID.read(text)) is not None:
            self.draft.put(number, found)
            return True
        return self.dump.take(number, text) or self.draft.take(number, text) is not None

    def body(self) -> bytes:
        record = self.draft.whole()
        kind = record.record_type if "record_type" in self.draft.given else 0xFF  # Linux says "unknown" of that too
        fields = {"record_type": kind, "revision": record.revision, "beyond": self.dump.data}
        if record.revision != 1:
            fields["record_id"] = record.record_id
        if record.revision >= 2:
            fields["record_id_guid"] = self.guid
        data = FirmwareReference(**fields).build()
        if len(data) < LEAST:
            self.log.note(f"of a reference, the last {LEAST - len(data)} bytes are not in the log: 0 here")
        return data[: self.length] if self.length else data.ljust(LEAST, b"\0")

    def given(self) -> set[str]:
        return {*self.draft.given} | {"beyond"}


class Dumped(Section):
    """A section of which the bytes are dumped, *size* of them."""

    def __init__(self, log: Log, size: int = 0) -> None:
        super().__init__(log)
        self.dump = DumpedBytes(log, size)

    def body(self) -> bytes:
        return self.dump.whole()

    def dumped(self) -> int:
        return self.dump.known()


class Unknown(Dumped):
    """A section that Linux does not print but dump."""

    def take(self, number: int, text: str) -> bool:
        if self.dump.take(number, text):
            return True
        found = linux.UNKNOWN_LENGTH.read(text)
        if found is not None:
            self.dump.length, self.sized = length(number, found[-1].value), True
        return found is not None


class ProcessorLines(Section):
    """The errors and contexts of a processor, each begun by a line of its own; a row of a dump is of what has one last.

    *error* and *context* are the line that begins one, what it is read into, and by which lines; *details* is how lines
    begin that say again what an error's information says.
    """

    error: tuple[Line, type[Record], tuple[Line, ...]]
    context: tuple[Line, type[Record], tuple[Line, ...]]
    details: tuple[str, ...]

    def __init__(self, log: Log, head: Record, lines: tuple[Line, ...]) -> None:
        super().__init__(log)
        self.head = Draft(head, lines, log)
        self.errors: list[Draft] = []
        self.contexts: list[tuple[Draft, DumpedBytes]] = []
        self.dump: DumpedBytes | None = None

    def take(self, number: int, text: str) -> bool:
        if self.error[0].read(text) is not None:
            self.errors.append(Draft(self.error[1](), self.error[2], self.log))
        elif self.context[0].read(text) is not None:
            self.dump = DumpedBytes(self.log)
            self.contexts.append((Draft(self.context[1](), self.context[2], self.log), self.dump))
        elif not (self.dump and self.dump.take(number, text)):
            if self.errors and not self.contexts:
                return self.of_error(self.errors[-1], number, text) or text.startswith(self.details)
            draft = self.contexts[-1][0] if self.contexts else self.head
            return draft.take(number, text) is not None
        return True

    def of_error(self, error: Draft, number: int, text: str) -> bool:
        return error.take(number, text) is not None

    def given(self) -> set[str]:
        errors = {f"error_information[{i}].{path}" for i, error in enumerate(self.errors) for path in error.paths()}
        contexts = {
            f"context_information[{i}].{path}"
            for i, (draft, _) in enumerate(self.contexts)
            for path in {*draft.given, "register_array_size", "registers"}
        }
        return self.head.paths() | errors | contexts


def guid(number: int, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"line {number}: {text[:40]!r} is not a GUID") from None
