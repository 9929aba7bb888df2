"""Sections from the lines of a log: memory, processor, PCI Express, CXL, references to firmware, unknown ones."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from ..formats.firmware import FirmwareReference
from ..formats.memory import PlatformMemory
from ..formats.more.cxl import CxlAgent, CxlProtocol, CxlRasCapability, RcrbAddress
from ..formats.pcie import Pcie
from ..formats.pcie_config import PcieCapability
from ..formats.processor import GenericProcessor
from ..records import Record
from .draft import Draft, DumpedBytes, Log, guid, length
from .fields import fixed, whole
from .found import Observation
from .lines import Line
from .linux import LINES, LOCATED, location


class Structure(NamedTuple):
    """A structure of which a section may have several: its lines, of which the first begins one, and in which field.

    It is read into a *kind* of record; *again* is how lines begin that repeat what its numbers say, and *follows* are
    paths in it that are known once it has begun. If it is *dumped*, rows of a dump are its own.
    """

    lines: Mapping[str, Line]
    field: str
    kind: type[Record]
    again: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    dumped: bool = False


class Section:
    """A section in the making; empty if its type is open. Lines are offered to `take`; `body` is what they come to.

    The fields of *record* stand on *lines* of their own, those of its *parts* on lines behind the one that begins each.
    Rows of a hex dump go to *dump*, if there is one. *follows* are paths that are known without a line.

    *kernel* is an older release, if the words are its; *sized*: do the lines tell how long the section is?
    """

    record: Any = None
    lines: Iterable[Line] = ()
    parts: tuple[Structure, ...] = ()
    follows: frozenset[str] = frozenset()
    kernel: tuple[int, ...] = ()
    sized = False
    corrected = False  # the entry's severity

    def __init__(self, log: Log) -> None:
        self.log, self.draft = log, Draft(self.record, self.lines, log)
        self.inner: dict[str, list[Draft]] = {part.field: [] for part in self.parts}
        self.dump: DumpedBytes | None = None

    def take(self, number: int, text: str) -> bool:
        """Is *text*, line *number*, one of this section? Then it is read. Raises ValueError for what cannot be."""
        for part in self.parts:
            begin, *lines = part.lines.values()
            if begin.read(text) is not None:
                begun = Draft(part.kind(), lines, self.log)
                self.inner[part.field].append(begun)
                self.dump = begun.dump if part.dumped else self.dump
                return True
        if self.dump and self.dump.take(number, text):
            return True
        for part in reversed(self.parts):
            if self.inner[part.field]:
                return self.read(self.inner[part.field][-1], number, text) or text.startswith(part.again)
        return self.read(self.draft, number, text)

    def read(self, draft: Draft, number: int, text: str) -> bool:
        """Is *text* a line of *draft*, that of the section or of the structure that began last? Then it is read."""
        line = draft.take(number, text)
        if line and line.release:
            self.kernel = tuple(line.release)
        return line is not None

    def body(self) -> bytes:
        return self.draft.whole().build() if self.record else b""

    def paths(self) -> set[str]:
        """The paths, from the section on, that the lines tell."""
        given = self.draft.paths() | self.follows
        for part in self.parts:
            for i, draft in enumerate(self.inner[part.field]):
                given |= {f"{part.field}[{i}].{path}" for path in draft.paths().union(part.follows)}
        return given

    def dumped(self) -> int:
        """How many bytes from its start on the log has, whatever they mean."""
        return 0

    def complete(self, one: Observation) -> list[str]:
        """The paths that another driver's line gives and the section's own lines do not; they are read into it."""
        values = self.completed(one)
        for path, value in values.items():
            self.draft.give(one.line, path, value, path.partition(".")[0])
            self.draft.cut.discard(path)
        return list(values)

    def completed(self, one: Observation) -> dict[str, int]:
        """The values of those paths."""
        return {}


class ProcessorSection(Section):
    """An error of any processor; the bits of its type and flags stand in words too."""

    record, lines = GenericProcessor(), LINES["processor"].values()
    again = frozenset(word for name in ("error_bits", "flag_bits") for word in LINES["processor"][name].words.values())

    def take(self, number: int, text: str) -> bool:
        return super().take(number, text) or self.again.issuperset(text.rstrip().split(", "))


class MemorySection(Section):
    """A memory error. Whether it has 80 bytes or 73, the log does not say; 80 is what there is since UEFI 2.3."""

    record, lines = PlatformMemory(), LINES["memory"].values()
    beyond = False

    def take(self, number: int, text: str) -> bool:
        if text == LINES["warning"]["beyond"].head:
            self.beyond = True
            self.draft.give(number, "validation_bits", 1 << 15)
            self.draft.given.clear()
            self.log.note(f"line {number}: one of validation bits 15 to 63 is set in 73 bytes; which, is open")
            return True
        if text.startswith("DIMM location: ") and not LINES["memory"]["dimm"].is_in(text):
            self.draft.cut.add("module_handle")
            self.log.note(f"line {number} names a DIMM, whose handle it does not tell")
            return True
        if items := location(text):
            self.kernel = (5, 10) if ": " in text else self.kernel
            for item in items:
                self._locate(number, item)
            return True
        return super().take(number, text)

    def _locate(self, number: int, item: str) -> None:
        name, _, value = item.partition(":")
        line = LOCATED[name]
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

    def completed(self, one: Observation) -> dict[str, int]:
        """What EDAC says of the same page: the address, and the handle of the DIMM that is named."""
        page, rest, handle = (re.search(rf"\b{name}:0x([0-9a-f]+)", one.text) for name in ("page", "offset", "handle"))
        if one.kind != "edac" or not (page and rest):
            return {}
        address = int(page[1], 16) << 12 | int(rest[1], 16)
        known = "physical_address" in self.draft.given
        if known and address >> 12 != self.draft.record.physical_address >> 12:
            return {}
        paths = {} if known or not address else {"physical_address": address}
        if handle and "module_handle" not in self.draft.given:
            paths["module_handle"] = int(handle[1], 16)
        return paths

    def body(self) -> bytes:
        data = super().body()
        return data[: fixed(PlatformMemory, "extended")] if self.beyond else data

    def paths(self) -> set[str]:
        valid = {line.valid for line in LINES["location"].values()} - self.draft.cut | {"row", "extended_row"}
        return set() if self.beyond else super().paths() | {f"validation_bits.{flag}" for flag in valid}


class PcieSection(Section):
    """A PCI Express error. Up to Linux 5.3 the class code stood as its bytes lie in memory."""

    record, lines = Pcie(), (*LINES["pcie"].values(), *LINES["aer"].values())

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

    def completed(self, one: Observation) -> dict[str, int]:
        """What the AER driver says of the same device: status and mask."""
        values = dict(one.values)
        at = self.draft.record.device_id
        name = f"{at.segment:04x}:{at.bus:02x}:{at.device:02x}.{at.function:x}"
        if one.kind != "aer" or "status" not in values or not str(values.get("device", "")).endswith(name):
            return {}
        if any(path.startswith("aer.") for path in self.draft.given):
            return {}
        which = "correctable" if "severity=Corr" in one.text or self.corrected else "uncorrectable"
        return {f"aer.{which}_{part}": int(values[part]) for part in ("status", "mask")}


DUMPS = LINES["cxl_dumps"]


class Cxl(Section):
    """A dump belongs to what was named last; the first is that of the PCI Express capability, which has no name."""

    record = CxlProtocol()
    lines = (LINES["cxl"]["agent"], *LINES["cxl_device"].values(), LINES["cxl"]["serial"])
    follows = frozenset(
        {"capability", "dvsec", "error_log.header_log"}
        | {f"validation_bits.{flag}" for flag in ("capability", "agent_address", "dvsec", "error_log")}
    )

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.port = Draft(CxlProtocol(agent_address=RcrbAddress()), (LINES["cxl"]["rcrb"],), log)
        self.registers = Draft(CxlRasCapability(), LINES["cxl_registers"].values(), log)
        self.dvsec = DumpedBytes(log)
        self.dump = self.draft.dump
        self.log_length: int | None = None  # if there is a log

    def take(self, number: int, text: str) -> bool:
        if (found := DUMPS["dvsec_length"].read(text)) is not None:
            self.dvsec.length = length(number, found[-1].value)
            self.draft.give(number, "validation_bits.dvsec", 1)
        elif (found := DUMPS["log_length"].read(text)) is not None:
            self.log_length = length(number, found[-1].value)
            self.draft.give(number, "validation_bits.error_log", 1)
        elif text == DUMPS["dvsec"].head:
            self.dump = self.dvsec
        elif text == DUMPS["header_log"].head:
            self.dump = self.registers.dump
        elif text != DUMPS["log"].head:
            return super().take(number, text) or any(one.take(number, text) for one in (self.port, self.registers))
        return True

    def body(self) -> bytes:
        record, dumped = self.draft.whole(), self.draft.dump.data
        valid = record.validation_bits.replace(capability=bool(dumped))
        agent, address = record.agent_type, record.agent_address
        if self.port.given:  # only that agent has such an address
            agent, address = CxlAgent.RCH_DOWNSTREAM_PORT, self.port.whole().agent_address
            valid = valid.replace(agent_address=True)
        room = fixed(CxlRasCapability, "beyond") - fixed(CxlRasCapability, "header_log")
        log = self.registers.whole().replace(header_log=self.registers.dump.data[:room].ljust(room, b"\0"))
        size = whole(PcieCapability)
        capability = PcieCapability.parse(dumped[:size].ljust(size, b"\0"))
        record = record.replace(validation_bits=valid, agent_type=agent, agent_address=address, capability=capability)
        record = record.replace(dvsec=self.dvsec.whole(), error_log=b"" if self.log_length is None else log)
        data: bytes = record.replace(error_log_length=self.log_length).build()
        return data

    def paths(self) -> set[str]:
        return super().paths().union(self.port.given, (f"error_log.{path}" for path in self.registers.given))


LEAST = len(FirmwareReference(revision=0).build())  # bytes of a reference that Linux prints


class Firmware(Section):
    """A reference to a firmware record, and the record's own bytes behind it."""

    record, lines = FirmwareReference(record_id_guid=UUID(int=0), record_id=0), LINES["firmware"].values()
    follows = frozenset({"beyond"})

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.dump, self.length = self.draft.dump, 0

    def take(self, number: int, text: str) -> bool:
        before = LINES["reference"]["guid"].head
        name = text.removeprefix(before).strip()
        if (found := LINES["reference"]["short"].read(text)) is not None:
            self.length = length(number, found[-1].value)
        elif text.startswith(before) and "-" in name:
            self.draft.give(number, "record_id_guid", guid(number, name))
        else:
            return super().take(number, text)
        return True

    def body(self) -> bytes:
        record = self.draft.whole()
        kind = record.record_type if "record_type" in self.draft.given else 0xFF  # Linux says "unknown" of that too
        data: bytes = record.replace(record_type=kind, beyond=self.draft.dump.data).build()
        if len(data) < LEAST:
            self.log.note(f"of a reference, the last {LEAST - len(data)} bytes are not in the log: 0 here")
        return data[: self.length] if self.length else data.ljust(LEAST, b"\0")


class Unknown(Section):
    """A section that Linux does not print but dump; of *size* bytes, if that is known before its lines."""

    def __init__(self, log: Log, size: int = 0) -> None:
        super().__init__(log)
        self.dump = self.bytes = DumpedBytes(log, size)

    def take(self, number: int, text: str) -> bool:
        found = LINES["data"]["unknown_length"].read(text)
        if found is not None:
            self.bytes.length, self.sized = length(number, found[-1].value), True
        return found is not None or super().take(number, text)

    def body(self) -> bytes:
        return self.bytes.whole()

    def dumped(self) -> int:
        return self.bytes.known()
