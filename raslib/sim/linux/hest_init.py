"""HEST as Linux takes it at boot: which sources it will listen to, which not, and what it says of them."""

from collections.abc import Collection
from typing import NamedTuple

from ...formats.ghes import HEADER
from ...formats.hest import GenericSource, Hest, Notify
from ...records import Record
from ..model.choices import Apei, Config, Stance
from ..model.lazy import force
from ..model.messages import Kernel
from ..model.platform import GhesSource, advertised_by
from ..model.scenario import Scenario
from .estatus import LONGEST, since

_WARN, _BUG = "[Firmware Warn]: ", "[Firmware Bug]: "
_NO_INTERRUPT = {Notify.LOCAL: "local interrupt", Notify.NMI: "NMI interrupt"}

_INTERRUPTS = (Notify.EXTERNAL, Notify.SCI, Notify.GPIO, Notify.GSIV)


# what a kernel is built without -> the notifications that it does not hear, and its word for them
_DEAF: dict[Config, tuple[Collection[Notify], str]] = {
    Config.NO_GHES: (tuple(Notify), ""),
    Config.NO_SEA: ((Notify.SEA,), "SEA"),
    Config.NO_SDEI: ((Notify.SDEI,), "SDE Interface"),
}

_DISABLED = "The kernel does not use its HEST"
_SHARED_ID = "Two sources have the same id, and so Linux gave up the whole table"
_SHORT = "Its blocks are shorter than a block's header"
_NOT_GENERIC = "It is not a generic source, and no driver on arm64 reads it"
_ASSISTS = "It only adds to a machine check source (GHES_ASSIST), and Linux skips it since 6.8"


class Refusal(NamedTuple):
    """Why a source is of no use, and the kernel's own words for it; empty where it says nothing."""

    why: str
    words: str = ""


class Probed(NamedTuple):
    """What becomes of one structure of the table."""

    source: Record
    used: bool
    why: str  # it is not used, or how it is listened to
    words: tuple[str, ...] = ()  # what the kernel's log says

    def __str__(self) -> str:
        number = getattr(self.source, "source_id", None)
        what = "structure" if number is None else f"source {number}"
        return f"{what}: {'used' if self.used else 'not used'}. {self.why}"


# --- one source ------------------------------------------------------------------------------------------------------


def refused(s: Scenario, kernel: Kernel, source: GhesSource) -> str:
    """Why this kernel does not use *source*; empty if it does."""
    apei = s.host.apei if kernel.machine == "host" else Apei.ENABLED
    if apei is Apei.DISABLED:
        return _DISABLED
    if apei is Apei.DEVICETREE:
        return "" if source.notify in _INTERRUPTS else "The proposed binding arm,ras-cper tells by an interrupt alone"
    if force(s, source.shares_id):
        return _SHARED_ID
    refusal = _refusal(s, kernel.machine, source)
    return refusal.why if refusal else ""


def _refusal(s: Scenario, machine: str, source: GhesSource) -> Refusal | None:
    """Why *source*, of a table that the kernel of *machine* takes, is of no use to it; None if it is. ghes_probe()"""
    if source.assists and since(s, machine, "6.8"):
        return Refusal(_ASSISTS)
    if refusal := _deaf_to(s, machine, source):
        return refusal
    if source.block_length < HEADER:
        of = f"for generic hardware error source: {source.source_id}"
        return Refusal(_SHORT, f"{_BUG}GHES: Invalid error block length: {source.block_length} {of}")
    return None


def _deaf_to(s: Scenario, machine: str, source: GhesSource) -> Refusal | None:
    """Why the kernel of *machine* cannot hear by how *source* notifies."""
    notify, source_id, interval = source.notify, source.source_id, force(s, source.poll_interval)
    of = f"for generic hardware error source: {source_id}"
    unheard, by = _DEAF.get(s.host.config, ((), "")) if machine == "host" else ((), "")
    if notify in unheard:
        words = f"GHES: Generic hardware error source: {source_id} notified via {by} is not supported"
        return Refusal(f"The kernel is built without {s.host.config.option}", words if by else "")
    match notify:
        case Notify.LOCAL | Notify.NMI:
            by = _NO_INTERRUPT[Notify(notify)]
            words = f"GHES: Generic hardware error source: {source_id} notified via {by} is not supported!"
            return Refusal(f"Notification by {Notify(notify).name} does not exist on arm64", words)
        case Notify.POLLED if not interval:
            words = f"{_WARN}GHES: Poll interval is 0 {of}, disabled."
            return Refusal("A polled source with a poll interval of 0 is disabled", words)
        case Notify.POLLED | Notify.EXTERNAL | Notify.SCI | Notify.GPIO | Notify.SEA | Notify.GSIV:
            return None
        case Notify.SDEI:
            return _sdei_refusal(s, machine, source.vector)
        case Notify.SEI if s.stance is Stance.ARCHITECTURE:
            return None
    words = f"{_WARN}GHES: Unknown notification type: {int(notify)} {of}"
    if notify in (Notify.CMCI, Notify.MCE):
        return Refusal(f"Notification by {Notify(notify).name} does not exist on arm64", words)
    name = f" ({Notify(notify).name})" if isinstance(notify, Notify) else ""
    return Refusal(f"Linux knows no notification of type {int(notify)}{name}", words)


def _sdei_refusal(s: Scenario, machine: str, vector: int) -> Refusal | None:
    """Can the event be registered? sdei_register_ghes(), sdei_arch_get_entry_point()"""
    if not vector:
        return Refusal("Its vector is 0, and no SDEI event has that number that a source could have: -EINVAL")
    if machine == "host" and s.stance is Stance.AS_BUILT and not s.host.vhe:
        why = "Linux booted at EL2 and runs at EL1: it has no SDEI entry point for that"
        return Refusal(why, "sdei: Not supported on this hardware/boot configuration")
    return None


# --- the whole table -------------------------------------------------------------------------------------------------


def probe(hest: Hest, s: Scenario, machine: str) -> tuple[Probed, ...]:
    """What Linux on *machine* (host or guest) of *s* does with each structure of *hest*, in the table's order.

    acpi_hest_init() goes through the whole table first and gives it up at the first fault; then ghes_probe() takes the
    sources one by one, and reads each once, whatever it notifies by. What _OSC says, and the flags FIRMWARE_FIRST and
    GLOBAL, change nothing for generic sources.
    """
    if machine == "host" and s.host.apei is Apei.DISABLED:
        return tuple(Probed(structure, False, _DISABLED) for structure in hest.error_sources)
    skips, ids, advertised = since(s, machine, "6.8"), set[int](), iter(advertised_by(hest))
    found = []
    for structure in hest.error_sources:
        source = next(advertised) if isinstance(structure, GenericSource) and structure.enabled else None
        if source and not (skips and source.assists):
            if source.source_id in ids:  # the second of two: hest_parse_ghes() returns -EIO
                words = (f"{_WARN}HEST: Duplicated hardware error source ID: {source.source_id}.",)
                return tuple(Probed(one, False, _SHARED_ID, words * (one is structure)) for one in hest.error_sources)
            ids.add(source.source_id)
        found.append(_probe(s, machine, structure, source))
    return tuple(found)


def _probe(s: Scenario, machine: str, structure: Record, source: GhesSource | None) -> Probed:
    """What becomes of a structure, and of the *source* that it advertises, if it does."""
    if source is None:
        generic = isinstance(structure, GenericSource)
        return Probed(structure, False, "It is not enabled" if generic else _NOT_GENERIC)
    if refusal := _refusal(s, machine, source):
        return Probed(structure, False, refusal.why, tuple(filter(None, (refusal.words,))))
    how = f"{Notify(source.notify).means}; the block is read once at boot, too"
    if (length := source.block_length) > LONGEST:
        of = f"for generic hardware error source: {source.source_id}"
        words = (f"{_WARN}GHES: Error status block length is too long: {length} {of}.",)
        return Probed(structure, True, f"{how}; Linux reads no more than {LONGEST} bytes of it", words)
    return Probed(structure, True, how)
