"""Where error sources have their registers and blocks in RASMEM, the memory that host and guest share."""

from dataclasses import replace
from typing import Any, NamedTuple

from ...formats.acpi import AccessSize, GenericAddress
from ...formats.hest import GenericSource, GenericSourceV2, Hest, Notification, Notify
from ...sim.model.platform import GhesSource, advertised_by, generic_source

# RASMEM begins where the guest's RAM ends, rounded up to 1 GiB: BASE for a guest of up to 1 GiB, CHAIN_BASE for
# the host of the chain, which has 2 GiB.
BASE, CHAIN_BASE, SIZE = 0x8000_0000, 0xC000_0000, 0x20_0000
PAGE = 0x1000
# offsets: registers of the sources, 16 bytes each (address of the block, read ack), then their blocks, a page each
REGISTERS, BLOCKS = 0, PAGE
EINJ, BERT, TABLES = 0x10_0000, 0x14_0000, 0x1F_0000  # what else may be put there; TABLES for tables that AML loads
MARK = SIZE - 8  # a word by which the guest proves that it sees this memory

HED_GSI, IRQ_GSI = 201, 202  # shared peripheral interrupts that QEMU's virt machine leaves free
NORMAL, CRITICAL = 804, 805  # SDEI events: anything but 0, which is the one for software to signal
POLL_MILLISECONDS = 500
_VECTORS = {Notify.EXTERNAL: IRQ_GSI, Notify.GSIV: HED_GSI, Notify.SDEI: NORMAL}


class Wanted(NamedTuple):
    """A source to be laid out."""

    source_id: int
    notify: int
    v2: bool = True
    vector: int | None = None  # default: what the lab has for this kind of notification
    block_length: int = PAGE
    ack_preserve: int = 0xFFFF_FFFF_FFFF_FFFE
    ack_write: int = 1
    ack_offset: int = 0  # bits, within the register
    ack_width: int = 64  # bits of the register


def sources(*wanted: Notify | Wanted, base: int = BASE) -> Hest:
    """A HEST of these sources, its registers in RASMEM at *base*; a bare `Notify` gets its place as its source id.

    sources(Notify.POLLED, Notify.SEA, Wanted(7, Notify.GPIO, v2=False))
    """
    rows = [Wanted(i, w) if isinstance(w, Notify) else w for i, w in enumerate(wanted)]
    if len(rows) > PAGE // 16:
        raise ValueError(f"{len(rows)} sources, but there are registers for {PAGE // 16}")
    return Hest(oem_table_id="RASLAB  ", error_sources=tuple(_source(w, base + 16 * i) for i, w in enumerate(rows)))


def _source(wanted: Wanted, register: int) -> GenericSource:
    vector = _VECTORS.get(Notify(wanted.notify), 0) if wanted.vector is None else wanted.vector
    polled = POLL_MILLISECONDS if wanted.notify == Notify.POLLED else 0
    notification = Notification(type=wanted.notify, vector=vector, poll_interval=polled)
    ack = register + 8 if wanted.v2 else 0
    source = generic_source(register, ack, wanted.block_length, wanted.source_id, notification)
    if not isinstance(source, GenericSourceV2):
        return source
    return replace(
        source,
        read_ack_register=_register(ack, wanted.ack_width, wanted.ack_offset),
        read_ack_preserve=wanted.ack_preserve,
        read_ack_write=wanted.ack_write,
    )


def _register(address: int, width: int, offset: int) -> GenericAddress:
    size = AccessSize((width + offset - 1).bit_length() - 2)  # the smallest access that has all of it
    return GenericAddress(register_bit_width=width, register_bit_offset=offset, access_size=size, address=address)


def adopted(hest: Hest) -> tuple[Hest, tuple[str, ...]]:
    """*hest*, which may be another machine's, for a machine of the lab, and a sentence for each thing that was changed.

    The registers of its generic sources move to RASMEM, blocks are as long as there is room for, and a vector
    becomes the one that the lab serves. Raises ValueError for more sources than there are registers for.
    """
    generic = [source for source in hest.error_sources if isinstance(source, GenericSource)]
    if len(generic) > PAGE // 16:
        raise ValueError(f"{len(generic)} sources, but there are registers for {PAGE // 16}")
    room = (EINJ - BLOCKS) // max(len(generic), 1) // PAGE * PAGE
    registers, notes, moved = iter(range(BASE, BASE + PAGE, 16)), list[str](), list[Any]()
    for source in hest.error_sources:
        moved.append(_adopted(source, next(registers), room) if isinstance(source, GenericSource) else source)
        old, new = vars(source), vars(moved[-1])
        if changed := [name for name in old if old[name] != new[name]]:
            notes.append(f"source {source.source_id}: {', '.join(changed)} changed for the lab")
    return replace(hest, error_sources=tuple(moved)), tuple(notes)


def _adopted(source: GenericSource, address: int, room: int) -> GenericSource:
    notification = source.notification
    vector = _VECTORS.get(Notify(notification.type), notification.vector)
    changes: dict[str, Any] = {
        "error_status_address": replace(source.error_status_address, address=address),
        "error_status_block_length": min(source.error_status_block_length, room),
        "notification": replace(notification, vector=vector),
    }
    if isinstance(source, GenericSourceV2):
        changes["read_ack_register"] = replace(source.read_ack_register, address=address + 8)
    return replace(source, **changes)


def slots(hest: Hest, base: int = BASE) -> dict[int, GhesSource]:
    """Each enabled generic source of *hest* with a block for it in RASMEM at *base*, by its id.

    Raises ValueError for registers outside RASMEM, and for more or longer blocks than it has room for.
    """
    found, block = dict[int, GhesSource](), base + BLOCKS
    for source in advertised_by(hest):
        registers = {"error status address": source.status_address}
        registers |= {"read ack register": source.ack.address} if source.ack else {}
        for name, address in registers.items():
            if not base <= address <= base + BLOCKS - 8:
                raise ValueError(f"source {source.source_id}: its {name} {address:#x} is not in the page at {base:#x}")
        found[source.source_id] = source._replace(block_address=block)
        block += -(-source.block_length // PAGE) * PAGE
        if block > base + EINJ:
            raise ValueError(f"source {source.source_id}: no room for its block of {source.block_length} bytes")
    return found
