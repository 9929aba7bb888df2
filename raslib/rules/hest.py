"""Rules for HEST: its sources, how each of them notifies and is acknowledged, and what their registers share."""

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from ..formats import hest
from ..formats.acpi import AddressSpace, GenericAddress
from ..formats.ghes import HEADER
from ..formats.hest import GenericSource, GenericSourceV2, Hest, Notification, Notify
from ..records import Record
from .finding import Finding, error, note, warning
from .record import MOST
from .tables import address

_PARSE = "Linux 7.1 drivers/acpi/apei/hest.c: apei_hest_parse()"
_PROBE = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_probe()"
_READ = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_new()"
ENTRY = 72  # bytes of a data entry before its section

# --- the table -------------------------------------------------------------------------------------------------------


def sources_are_counted(table: Hest) -> Iterator[Finding]:
    if table.error_source_count != len(table.error_sources):
        says = f"error source count is {table.error_source_count}, there are {len(table.error_sources)}"
        why = "Linux reads as many as are counted, or stops at the table's end"
        yield error("error_source_count", says, why, "ACPI 6.5 §18.3.2; Linux drivers/acpi/apei/hest.c")


def sources_are_known(table: Hest) -> Iterator[Finding]:
    for i, source in enumerate(table.error_sources):
        if isinstance(source, bytes):
            says, why = "is of a type that no document knows", "Linux stops here and registers no source at all"
            if (kind := int.from_bytes(source[:2], "little")) >= hest.SELF_SIZED and table.revision < hest.SORTED:
                says = f"is of type {kind}, and only since revision 2 of the table do such sources say their length"
            yield error(f"error_sources[{i}]", f"this {says}; so its size, and what follows, is not known", why, _PARSE)


def sources_have_their_own_id(table: Hest) -> Iterator[Finding]:
    first: dict[int, tuple[int, Any]] = {}
    for i, source in _with_id(table):
        j, before = first.setdefault(source.source_id, (i, source))
        says = f"source id {source.source_id} is that of source {j} too"
        if i != j and isinstance(source, GenericSource) and isinstance(before, GenericSource):
            cite = "Linux 7.1 drivers/acpi/apei/hest.c: hest_parse_ghes()"
            yield error(f"error_sources[{i}].source_id", says, "Linux disables the whole HEST over it", cite)
        elif i != j:
            why = "a source is named by its id alone; Linux looks at generic sources only"
            yield warning(f"error_sources[{i}].source_id", says, why)


def _with_id(table: Hest) -> Iterator[tuple[int, Any]]:
    return ((i, s) for i, s in enumerate(table.error_sources) if hasattr(s, "source_id"))


def sources_are_sorted(table: Hest) -> Iterator[Finding]:
    kinds = [s.type for s in table.error_sources if isinstance(s, Record)]  # type: ignore[attr-defined]
    for i, (before, kind) in enumerate(pairwise(kinds), 1):
        if kind < before and table.revision >= 2:
            says = f"type {int(kind)} comes after type {int(before)}"
            why = "since revision 2 sources stand in order of their types; EDK II's AcpiView warns"
            yield warning(f"error_sources[{i}].type", says, why)


def related_sources_are_there(table: Hest) -> Iterator[Finding]:
    sources = {source.source_id: source for _, source in _with_id(table)}
    for i, source in _with_id(table):
        where = f"error_sources[{i}].related_source_id"
        if not isinstance(source, GenericSource) or source.related_source_id == hest.NO_RELATED_SOURCE:
            continue
        related = sources.get(source.related_source_id)
        if related is None:
            says = f"there is no source {source.related_source_id}"
            yield warning(where, says, "it is 0xFFFF where there is none", source.ref)
        elif isinstance(related, hest.MachineCheckException | hest.CorrectedMachineCheck) and related.flags.ghes_assist:
            says = f"this source assists source {source.related_source_id}"
            cite = "Linux 7.1 drivers/acpi/apei/hest.c: is_ghes_assist_struct()"
            yield note(where, says, "Linux does not register such a source", cite)


# --- one source ------------------------------------------------------------------------------------------------------


_Counted = hest.MachineCheckException | hest.CorrectedMachineCheck | hest.AerDevice


def something_is_preallocated(source: _Counted | hest.NonMaskableInterrupt | GenericSource) -> Iterator[Finding]:
    for name in ("records_to_preallocate", "max_sections_per_record"):
        if getattr(source, name) == 0:
            yield warning(name, "0, and at least 1 is asked for", "a reader may keep no room for records")


def enabled_is_yes_or_no(source: _Counted | GenericSource) -> Iterator[Finding]:
    if source.enabled > 1:
        yield warning("enabled", f"enabled is {source.enabled}, neither 0 nor 1", "Linux takes any value but 0 for yes")


def flags_agree(source: _Counted) -> Iterator[Finding]:
    if source.flags.firmware_first and source.flags.ghes_assist:
        says = "FIRMWARE_FIRST and GHES_ASSIST are both set"
        yield error("flags", says, "they exclude each other: who handles the error first?")
    if source.flags.ghes_assist and not isinstance(source, hest.MachineCheckException | hest.CorrectedMachineCheck):
        says = f"GHES_ASSIST is set for type {int(source.type)}"
        yield warning("flags", says, "only types 0, 1 and 11 can be assisted")
    if source.flags.global_ and isinstance(source, hest.MachineCheckException | hest.CorrectedMachineCheck):
        yield warning("flags", "GLOBAL is set", "only PCI Express sources can stand for all")
    if source.flags.firmware_first and source.enabled == 0:
        yield note("enabled", "enabled is 0, but FIRMWARE_FIRST is set", "enabled does not count then")


# --- generic sources -------------------------------------------------------------------------------------------------

# why Linux refuses a source, by how it notifies: on every machine, and on one of an architecture
_UNKNOWN = "Linux refuses the source (unknown notification type)"
REFUSED = {
    "every": {
        "LOCAL": "Linux has no local interrupts and refuses the source",
        "CMCI": "Linux refuses the source: a corrected machine check interrupt is heard by the machine check driver",
        "MCE": "Linux refuses the source: a machine check exception is heard by the machine check driver",
        "SEI": f"{_UNKNOWN}: it never asks APEI about an SError",
        "SSE": f"{_UNKNOWN}: it is of RISC-V",
    },
    "arm64": {"NMI": "Linux refuses the source on arm64: it has no such notification there"},
    "x86": {
        "SEA": "Linux refuses the source on x86: a synchronous external abort is of Arm",
        "SDEI": "Linux refuses the source on x86: SDEI is of Arm",
    },
}


def architecture(table: Hest) -> str:
    """Whose machine this table is of, as far as its sources tell: "x86" or "arm64", which also stands for any other."""
    x86 = (hest.MachineCheckException, hest.CorrectedMachineCheck, hest.NonMaskableInterrupt)
    return "x86" if any(isinstance(source, x86) for source in table.error_sources) else "arm64"


def notifications_are_taken(table: Hest) -> Iterator[Finding]:
    """Linux refuses a source by how it notifies, on some machines; what decides is the machine that the table is of."""
    refused = REFUSED["every"] | REFUSED[architecture(table)]
    for i, source in enumerate(table.error_sources):
        if isinstance(source, GenericSource):
            yield from _notification(f"error_sources[{i}].notification", source.notification, refused)


def _notification(where: str, notification: Notification, refused: Mapping[str, str]) -> Iterator[Finding]:
    kind = notification.type
    if not isinstance(kind, Notify):
        yield error(f"{where}.type", f"notification type {kind} is reserved", "Linux refuses the source", _PROBE)
    elif kind.name in refused:
        yield error(f"{where}.type", f"notification type {int(kind)}, {kind.name}", refused[kind.name], _PROBE)
    if kind == Notify.POLLED and not notification.poll_interval:
        says = "the poll interval of a polled source is 0"
        yield error(f"{where}.poll_interval", says, "Linux disables the source", f"{_PROBE}, ghes_add_timer()")
    if kind == Notify.SDEI and not notification.vector:
        says = "the event number is 0"
        why = "event 0 is the one that software signals; Linux refuses the source"
        yield error(f"{where}.vector", says, why, "Linux 7.1 drivers/firmware/arm_sdei.c: sdei_register_ghes()")
    if kind in (Notify.EXTERNAL, Notify.GSIV) and not notification.vector:
        why = "on Arm that is a software generated interrupt of a core"
        yield warning(f"{where}.vector", "the interrupt is 0", why, notification.ref)


def notification_has_its_length(told: Notification) -> Iterator[Finding]:
    size = len(Notification().build())
    if told.length != size:
        says = f"length is {told.length:#x}, not {size}"
        yield warning("length", says, "a reader that steps by it finds the next field elsewhere")


def block_has_room(source: GenericSource) -> Iterator[Finding]:
    size = source.error_status_block_length
    where = "error_status_block_length"
    if size < HEADER:
        says = f"a block may have {size} bytes, its header alone has {HEADER}"
        yield error(where, says, "Linux refuses the source", _PROBE)
    elif size < HEADER + ENTRY:
        says = f"a block may have {size} bytes, which is too small for one entry"
        yield warning(where, says, "no error can be reported")
    elif size > MOST:
        yield warning(where, f"a block may have {size} bytes", f"Linux reads no more than {MOST} of them", _READ)
    if source.max_raw_data_length > size:
        says = f"raw data may have {source.max_raw_data_length} bytes, the whole block has {size}"
        yield warning("max_raw_data_length", says, "raw data of that length cannot be reported")


def status_address_is_there(source: GenericSource) -> Iterator[Finding]:
    register, where = source.error_status_address, "error_status_address"
    yield from address(where, register)
    if register.register_bit_width not in (0, 32, 64):
        says = f"the register has {register.register_bit_width} bits"
        yield warning(f"{where}.register_bit_width", says, "an address has 32 or 64")


def acknowledge_works(source: GenericSourceV2) -> Iterator[Finding]:
    register, where = source.read_ack_register, "read_ack_register"
    yield from address(where, register)
    if not source.read_ack_write:
        says = "an acknowledge sets no bit"
        yield warning("read_ack_write", says, "firmware that waits for a bit never writes the next error")
    if both := source.read_ack_write & source.read_ack_preserve:
        says = f"bits {both:#x} are both written and preserved"
        yield warning("read_ack_preserve", says, "a bit that must be kept as it is cannot be set")
    room = (1 << register.register_bit_width) - 1
    if lost := source.read_ack_write & ~room:
        says = f"bits {lost:#x} lie outside of a register of {register.register_bit_width} bits"
        yield warning("read_ack_write", says, "they are not written")


# --- what two registers share, by the bytes that an access takes ------------------------------------------------------


_ACK = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_ack_error()"
_REGISTERS = {"error_status_address": "status register", "read_ack_register": "read ack register"}


class RegisterPlace(NamedTuple):
    """A register of source *number*: the field that holds it, its space, and the bytes [start, stop) that it takes.

    *written* are the bits that an acknowledge writes there, 0 for a register that is read.
    """

    number: int
    field: str
    space: int
    start: int
    stop: int
    written: int = 0


def registers_are_apart(table: Hest) -> Iterator[Finding]:
    """No byte belongs to two registers; acknowledges may share a whole register and use different bits of it."""
    places = [place for i, source in enumerate(table.error_sources) for place in _places(i, source)]
    for before, place in combinations(places, 2):
        if before.space != place.space or before.stop <= place.start or place.stop <= before.start:
            continue
        where = f"error_sources[{place.number}].{place.field}.address"
        name, apart = _REGISTERS[before.field], before.number != place.number
        of = f"of source {before.number}" if apart else "of this source"
        if before.start != place.start:
            says = f"bytes {place.start:#x} to {place.stop - 1:#x} overlap the {name} {of} at {before.start:#x}"
            why, cite = "what is written to one changes the other", _ACK
            if before.field == place.field == "error_status_address":
                why, cite = "one holds a part of the other's address", _READ
            yield warning(where, says, why, cite)
        elif before.field != place.field:
            says = f"this is the {name} {of}" if apart else "this is the register that holds the block's address"
            yield error(where, says, "an acknowledge changes where the next block is read", _ACK)
        elif place.field == "error_status_address":
            says = f"this is the status address {of} too"
            yield warning(where, says, "one source's error overwrites the other's, or is read twice", _READ)
        elif before.written == place.written:
            says = f"this is the read ack register {of} too"
            yield warning(where, says, "an acknowledge of one frees the block of the other too", _ACK)


def _places(number: int, source: Any) -> Iterator[RegisterPlace]:
    if not isinstance(source, GenericSource):
        return
    for name in _REGISTERS:
        register: GenericAddress | None = getattr(source, name, None)
        if register is not None and register.address and register.register_bit_width:
            bits = register.register_bit_offset + register.register_bit_width
            written = source.read_ack_write << register.register_bit_offset if name == "read_ack_register" else 0  # type: ignore[attr-defined]
            stop = register.address + (bits + 7) // 8
            yield RegisterPlace(number, name, int(register.address_space_id), register.address, stop, written)


def registers_are_in_memory(table: Hest) -> Iterator[Finding]:
    """Linux takes registers in I/O ports too, which Arm has none of."""
    places = (place for i, source in enumerate(table.error_sources) for place in _places(i, source))
    for place in places if architecture(table) == "arm64" else ():
        if place.space == AddressSpace.SYSTEM_IO:
            where = f"error_sources[{place.number}].{place.field}.address_space_id"
            yield warning(where, "system I/O", "arm64 has no I/O ports: what is there is not the register", _READ)
