"""HEST as Linux takes it at boot: which sources it will listen to, which not, and what it says of them."""

from collections.abc import Collection
from typing import NamedTuple

from ...formats.ghes import HEADER
from ...formats.hest import GenericSource, Hest, Notify
from ...records import Record
from ..model.choices import Apei, Config, Stance
from ..model.lazy import force
from ..model.messages import Kernel
from ..model.platform import GhesSource, assists
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
    if kernel.machine == "host" and (because := _without_hest(s, source.notify)) is not None:
        return because
    if force(s, source.shares_id):
        return _SHARED_ID
    if source.assists and since(s, kernel.machine, "6.8"):
        return _ASSISTS
    if source.block_length < HEADER:
        return _SHORT
    interval = force(s, source.poll_interval)
    refusal_ = refusal(s, kernel.machine, source.notify, source.vector, interval, source.source_id)
    return refusal_.why if refusal_ else ""


def _without_hest(s: Scenario, notify: int) -> str | None:
    """Why the host's kernel hears nothing by HEST, or empty if it hears without one; None: it has one."""
    if s.host.apei is Apei.DISABLED:
        return _DISABLED
    if s.host.apei is Apei.DEVICETREE:
        return "" if notify in _INTERRUPTS else "The proposed binding arm,ras-cper tells by an interrupt alone"
    return None


def refusal(s: Scenario, machine: str, notify: int, vector: int, poll_interval: int, source_id: int) -> Refusal | None:
    """Why a source that notifies so is of no use to the kernel of *machine*; None if it is. ghes_probe()"""
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
        case Notify.POLLED if not poll_interval:
            words = f"{_WARN}GHES: Poll interval is 0 {of}, disabled."
            return Refusal("A polled source with a poll interval of 0 is disabled", words)
        case Notify.POLLED | Notify.EXTERNAL | Notify.SCI | Notify.GPIO | Notify.SEA | Notify.GSIV:
            return None
        case Notify.SDEI:
            return _sdei_refusal(s, machine, vector)
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
        return tuple(Probed(source, False, _DISABLED) for source in hest.error_sources)
    if (fault := _fault(hest, skips := since(s, machine, "6.8"))) is not None:
        words = (f"{_WARN}HEST: Duplicated hardware error source ID: {fault.source_id}.",)
        return tuple(Probed(source, False, _SHARED_ID, words * (source is fault)) for source in hest.error_sources)
    return tuple(_probe(hest, s, machine, source, skips) for source in hest.error_sources)


def _fault(hest: Hest, skips: bool) -> GenericSource | None:
    """Where Linux gives up the table: the second of two enabled sources with one id. hest_parse_ghes(): -EIO

    It *skips* sources that only assist, or does not know of them.
    """
    ids = set()
    for source in hest.error_sources:
        if not isinstance(source, GenericSource) or not source.enabled or (skips and assists(hest, source)):
            continue
        if source.source_id in ids:
            return source
        ids.add(source.source_id)
    return None


def _probe(hest: Hest, s: Scenario, machine: str, source: Record, skips: bool) -> Probed:
    if not isinstance(source, GenericSource):
        return Probed(source, False, "It is not a generic source, and no driver on arm64 reads it")
    if not source.enabled:
        return Probed(source, False, "It is not enabled")
    if skips and assists(hest, source):
        return Probed(source, False, _ASSISTS)
    length, n = source.error_status_block_length, source.notification
    if because := refusal(s, machine, n.type, n.vector, n.poll_interval, source.source_id):
        return Probed(source, False, because.why, tuple(filter(None, (because.words,))))
    of = f"for generic hardware error source: {source.source_id}"
    if length < HEADER:
        words = f"{_BUG}GHES: Invalid error block length: {length} {of}"
        return Probed(source, False, _SHORT, (words,))
    how = f"{Notify(n.type).means}; the block is read once at boot, too"
    if length > LONGEST:
        words = f"{_WARN}GHES: Error status block length is too long: {length} {of}."
        return Probed(source, True, f"{how}; Linux reads no more than {LONGEST} bytes of it", (words,))
    return Probed(source, True, how)
