"""Rules for the registers of a HEST's generic sources: what two of them share, by the bytes that an access takes."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from ..formats.acpi import AddressSpace, GenericAddress
from ..formats.hest import GenericSource, Hest
from .finding import Broken, error, warning
from .hest import architecture

_READ = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_new()"
_ACK = "Linux 7.1 drivers/acpi/apei/ghes.c: ghes_ack_error()"


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

    @property
    def is_ack(self) -> bool:
        return self.field == "read_ack_register"

    @property
    def says(self) -> str:
        return "read ack register" if self.is_ack else "status register"


def registers_are_apart(table: Hest) -> Iterator[Broken]:
    """No byte belongs to two registers; acknowledges may share a whole register and use different bits of it."""
    places = [place for i, source in enumerate(table.error_sources) for place in _places(i, source)]
    for before, place in combinations(places, 2):
        if before.space != place.space or before.stop <= place.start or place.stop <= before.start:
            continue
        where = f"error_sources[{place.number}].{place.field}.address"
        of = f"of source {before.number}" if before.number != place.number else "of this source"
        if before.start != place.start:
            says = f"bytes {place.start:#x} to {place.stop - 1:#x} overlap the {before.says} {of} at {before.start:#x}"
            why, cite = "what is written to one changes the other", _ACK
            if not before.is_ack and not place.is_ack:
                why, cite = "one holds a part of the other's address", _READ
            yield warning(where, says, why, cite)
        elif before.number == place.number:
            says = "this is the register that holds the block's address"
            yield error(where, says, "an acknowledge changes where the next block is read", _ACK)
        elif before.is_ack != place.is_ack:
            says = f"this is the {before.says} {of}"
            yield error(where, says, "an acknowledge changes where the next block is read", _ACK)
        elif place.is_ack and before.written == place.written:
            says = f"this is the read ack register {of} too"
            yield warning(where, says, "an acknowledge of one frees the block of the other too", _ACK)
        elif not place.is_ack:
            says = f"this is the status address {of} too"
            yield warning(where, says, "one source's error overwrites the other's, or is read twice", _READ)


def _places(number: int, source: Any) -> Iterator[RegisterPlace]:
    if not isinstance(source, GenericSource):
        return
    for name in ("error_status_address", "read_ack_register"):
        register: GenericAddress | None = getattr(source, name, None)
        if register is not None and register.address and register.register_bit_width:
            bits = register.register_bit_offset + register.register_bit_width
            written = source.read_ack_write << register.register_bit_offset if name == "read_ack_register" else 0  # type: ignore[attr-defined]
            stop = register.address + (bits + 7) // 8
            yield RegisterPlace(number, name, int(register.address_space_id), register.address, stop, written)


def registers_are_in_memory(table: Hest) -> Iterator[Broken]:
    """Linux takes registers in I/O ports too, which Arm has none of."""
    places = (place for i, source in enumerate(table.error_sources) for place in _places(i, source))
    for place in places if architecture(table) == "arm64" else ():
        if place.space == AddressSpace.SYSTEM_IO:
            where = f"error_sources[{place.number}].{place.field}.address_space_id"
            yield warning(where, "system I/O", "arm64 has no I/O ports: what is there is not the register", _READ)
