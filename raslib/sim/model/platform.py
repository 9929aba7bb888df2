"""What a machine promises its kernel: a HEST, and the memory it names. EL3 does so for the host, QEMU for the guest.

All addresses are physical, but for those of processes; lengths are in bytes. The constants are one machine's: where its
error is (`PHYSICAL_ADDRESS`), and the same place as QEMU, its guest and the processes see it.
"""

from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from ...formats import hest as structures
from ...formats.acpi import AccessSize, GenericAddress
from ...formats.hest import GenericSource, GenericSourceV2, Hest, Notification, Notify, ReadAck
from .choices import Page, PciDevice

HOST_REGISTERS = 0xF810_0000  # where EL3 firmware keeps what its HEST names
GUEST_REGISTERS = 0x43DA_0000  # etc/hardware_errors in the guest's memory, as QEMU's own test data has it
HOST_BLOCK, GUEST_BLOCK = 0x1000, 0x400  # bytes of an error status block

# The memory that goes wrong, as each side sees it.
PHYSICAL_ADDRESS = 0x8_4000_1000  # the host's physical memory
SECOND_ADDRESS = PHYSICAL_ADDRESS + 0x40  # the next line of the same page, where error.again is met
MEMORY_END = 1 << 44  # above this no machine has memory
GUEST_PHYSICAL_ADDRESS = 0x4000_1000  # the same, where it is the guest's
GUEST_RAM = range(0x4000_0000, 0x8000_0000)
QEMU_RAM_OFFSET = 0xFFFF_0000_0000  # QEMU maps the guest's memory at its physical address plus this
QEMU_HEAP_ADDRESS = 0xAAAA_F001_2000
PROCESS_ADDRESS = 0xAAAA_C000_1000  # in an ordinary process
GUEST_PROCESS_ADDRESS = 0xAAAA_D000_1000  # in a process of the guest

SDEI_EVENT, GSI, POLL_MILLISECONDS = 804, 137, 1000

_ASSISTED = (structures.MachineCheckException, structures.CorrectedMachineCheck)  # source types 0, 1 and 11


SECTION = 1 << 27  # bytes of memory that Linux describes as one, with pages of 4 KiB

HEARD = -1  # in place of a type of notification, when how a source has notified no longer matters


class Ram(NamedTuple):
    """What memory a machine has, what its kernel uses single pages for, and its PCI devices, as far as that is known.

    ranges: of physical addresses that have memory
    pages: the address of a page of 4 KiB, and what it is; of all others `host.page` says it
    pci_devices: the address of each, 0000:00:01.0, and what it is; if none is known `host.pci_device` says it
    reserved: ranges of memory that nobody ever gets, firmware's own say: to the kernel like pages of its own

    >>> from raslib.sim.model.choices import Page
    >>> Ram((range(0x4000_0000, 0x8000_0000),), ((0x7C00_0000, Page.FREE),)).page(0x7C00_0123)
    <Page.FREE: 'free'>
    """

    ranges: tuple[range, ...] = (range(MEMORY_END),)
    pages: tuple[tuple[int, Page], ...] = ()
    pci_devices: tuple[tuple[str, PciDevice], ...] = ()
    reserved: tuple[range, ...] = ()

    def has(self, address: int) -> bool:
        """Is there memory at *address*?"""
        return any(address in there for there in self.ranges)

    def near(self, address: int) -> bool:
        """Is there memory in the section of 128 MiB that *address* is in?

        Then Linux on arm64 has room for its `struct page`, and takes it for valid: pfn_valid(), since 5.14.
        """
        start = address // SECTION * SECTION
        return any(there.start < start + SECTION and start < there.stop for there in self.ranges)

    def page(self, address: int) -> Page | None:
        """What the page with *address* is, where that is known here."""
        reserved = Page.KERNEL if any(address in there for there in self.reserved) else None
        return dict(self.pages).get(address & ~0xFFF, reserved)


class GhesSource(NamedTuple):
    """A generic hardware error source, as far as a walk needs to know it (ACPI 6.5 §18.3.2.7, §18.3.2.8).

    notify: type of its notification, a code of `Notify` or any other number; HEARD: it has notified
    vector: GSI of an interrupt, or number of an SDEI event
    poll_interval: milliseconds
    status_address: of the register that holds the block's address
    block_address, block_length: where the block is, and for how many bytes there is room
    ack: how the block is acknowledged; None for GHES version 1
    shares_id: two sources of its table that Linux would use have one id
    assists: it only adds to what a machine check tells: GHES_ASSIST
    """

    source_id: int
    notify: int  # HEARD: it has notified
    vector: int
    poll_interval: int  # milliseconds
    status_address: int  # of the register that holds the block's address
    block_address: int
    block_length: int
    ack: ReadAck | None  # None for GHES version 1
    shares_id: bool = False  # two sources of its table that Linux would use have one id
    assists: bool = False  # it only adds to what a machine check tells: GHES_ASSIST

    def heard(self) -> "GhesSource":
        """This source once it has notified: all that is left of it is its memory."""
        return self._replace(notify=HEARD, vector=0, poll_interval=0)


@cache
def host_table(notify: Notify, v2: bool, poll_interval: int = POLL_MILLISECONDS, twice: bool = False) -> Hest:
    """The HEST of a firmware-first host with one source.

    *notify* is the type of its notification, *v2* whether it is a GHES of version 2, *poll_interval* milliseconds. With
    *twice* the source stands there twice, with the same id: a fault for which Linux gives up the table.
    """
    sources = _sources(HOST_REGISTERS, HOST_BLOCK, v2, _notification(notify, poll_interval))
    return Hest(revision=2, error_sources=sources * (1 + twice))


@cache
def guest_table(notify: Notify | None, both: bool = True) -> Hest:
    """The HEST that QEMU gives a guest.

    SEA and GPIO are what QEMU has: *both* since machine type virt-10.2, SEA alone before. A source of any other type
    stands alone, as a VMM might offer it.
    """
    if notify is None:
        return Hest()
    offered: tuple[Notify, ...] = (notify,)
    if notify in (Notify.SEA, Notify.GPIO):
        offered = (Notify.SEA, Notify.GPIO) if both else (Notify.SEA,)
    sources = _sources(GUEST_REGISTERS, GUEST_BLOCK, True, *map(_notification, offered))
    return Hest(oem_id="BOCHS ", oem_table_id="BXPC    ", creator_id="BXPC", error_sources=sources)


def _notification(notify: Notify, poll_interval: int = POLL_MILLISECONDS) -> Notification:
    vector = {Notify.EXTERNAL: GSI, Notify.GSIV: GSI, Notify.SDEI: SDEI_EVENT}.get(notify, 0)
    return Notification(type=notify, vector=vector, poll_interval=poll_interval if notify is Notify.POLLED else 0)


def _sources(base: int, length: int, v2: bool, *by: Notification) -> tuple[GenericSource, ...]:
    """Sources whose registers stand as in QEMU: all block addresses, then all read acks, 8 bytes each."""
    acks = base + 8 * len(by)
    return tuple(generic_source(base + 8 * i, acks + 8 * i if v2 else 0, length, i, n) for i, n in enumerate(by))


def generic_source(address: int, ack: int, length: int, source_id: int, notification: Notification) -> GenericSource:
    """A source whose registers have 64 bits; without *ack*, the address of its read ack register, of version 1."""
    common: dict[str, Any] = {
        "source_id": source_id,
        "max_raw_data_length": length,
        "error_status_address": _register(address),
        "notification": notification,
        "error_status_block_length": length,
    }
    if not ack:
        return GenericSource(**common)
    keep_rest = 0xFFFF_FFFF_FFFF_FFFE
    return GenericSourceV2(**common, read_ack_register=_register(ack), read_ack_preserve=keep_rest, read_ack_write=1)


def _register(address: int) -> GenericAddress:
    """A register of 64 bits in memory."""
    return GenericAddress(register_bit_width=64, access_size=AccessSize.QWORD, address=address)


@cache
def advertised_by(hest: Hest) -> tuple[GhesSource, ...]:
    """The enabled generic sources of a table, in its order.

    A table says where the register is that holds a block's address, not what is in it: firmware may put the block
    anywhere. Here the blocks follow the last register at a multiple of 16, one behind the other, as in QEMU.
    """
    enabled = [s for s in hest.error_sources if isinstance(s, GenericSource) and s.enabled]
    ids = [s.source_id for s in enabled if not assists(hest, s)]
    block = -(-max((address + 8 for s in enabled for address in _registers(s)), default=0) // 16) * 16
    sources = []
    for s in enabled:
        told_by = s.source_id, s.notification.type, s.notification.vector, s.notification.poll_interval
        where = s.error_status_address.address, block, s.error_status_block_length
        ack, only_adds = s.read_ack if isinstance(s, GenericSourceV2) else None, assists(hest, s)
        sources.append(GhesSource(*told_by, *where, ack, len(ids) > len(set(ids)), only_adds))
        block += s.error_status_block_length
    return tuple(sources)


def assists(hest: Hest, source: GenericSource) -> bool:
    """Does *source* only add to what a machine check source tells, one with the flag GHES_ASSIST? ACPI 6.5 §18.3.2"""
    related = [s for s in hest.error_sources if isinstance(s, _ASSISTED) and s.source_id == source.related_source_id]
    return any(s.flags.ghes_assist for s in related)


def _registers(source: GenericSource) -> list[int]:
    """Where the registers of *source* are, as far as they lie together."""
    here = source.error_status_address.address
    ack = getattr(source, "read_ack_register", None)
    return [here, ack.address] if ack and 0 <= ack.address - here < 0x1000 else [here]


@cache
def host_source(notify: Notify, v2: bool) -> GhesSource:
    """The source of `host_table`."""
    return source_of(host_table(notify, v2))


@cache
def guest_source(offered: Notify, notify: Notify, both: bool = True) -> GhesSource:
    """The source of `guest_table(offered, both)` that notifies by *notify*.

    Before virt-10.2 (not *both*) QEMU has one place for a block, by whatever it tells: get_hw_error_offsets().
    """
    return source_of(guest_table(offered, both), notify if both else None)


def source_of(hest: Hest, notify: int | None = None, source_id: int | None = None) -> GhesSource:
    """The first source of *hest* that notifies by *notify*, a code of `Notify`, and is called *source_id*; None: any.

    Raises ValueError if the table has no enabled generic source, or none that notifies so: it says by what they do.
    """
    sources = advertised_by(hest)
    if not sources:
        raise ValueError("this HEST advertises no generic hardware error source that is enabled")
    alike = [s for s in sources if notify in (None, s.notify)]
    found = next((s for s in alike if source_id in (None, s.source_id)), None)
    if found is None:
        which_ = f", and is source {source_id}" if alike else ""
        by = f"notifies by {name_of(notify)}{which_}"
        raise ValueError(f"no source of this HEST that is enabled {by}: {_offers(sources)}")
    return found


def name_of(notify: int | None) -> str:
    """What a notification is called: the name of a code of `Notify`, or its number."""
    return Notify(notify).name if notify in set(Notify) else f"type {notify}"


def _offers(sources: tuple[GhesSource, ...]) -> str:
    """By what these sources notify, and the choice that asks for it."""
    ids: dict[int, list[str]] = {}
    for source in sources:
        ids.setdefault(source.notify, []).append(str(source.source_id))
    have = [f"{name_of(n)} (source{'s' * (len(of) > 1)} {', '.join(of)})" for n, of in ids.items()]
    choices = " or ".join(f"host.notify={name_of(n)}" for n in ids if n in set(Notify))
    return f"it has {' and '.join(have)}" + (f"; choose {choices}" if choices else "")


def which(hest: Hest, source: GhesSource) -> str:
    """Which source of *hest* speaks, and that others notify likewise: `source 0 of its HEST, the first of 6 by SCI`."""
    alike = [one for one in advertised_by(hest) if one.notify == source.notify]
    place = "the first" if source == alike[0] else "one"
    others = f", {place} of {len(alike)} by {name_of(source.notify)}" if len(alike) > 1 else ""
    return f"source {source.source_id} of its HEST{others}"


def table_mark(hest: Hest, source_id: int | None = None) -> str:
    """What a token of a story with this table ends in: the first 8 hex digits of its SHA-256, and a source's id.

    A token has no room for a table: it says by this which one it is of.
    """
    return f"~{sha256(hest.build()).hexdigest()[:8]}" + ("" if source_id is None else f".{source_id}")
