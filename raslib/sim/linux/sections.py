"""What APEI does for the sections of a block, one after the other: to memory_failure, to other drivers, or nothing."""

from typing import NamedTuple

from ...formats import arm
from ...formats.cper import Severity
from ...formats.ghes import DataEntry, StatusBlock
from ...formats.memory import PlatformMemory
from ...formats.pcie import Pcie
from ...formats.sections import NAMES
from ..model.choices import Stance
from ..model.lazy import force, ignoring
from ..model.messages import Claimed, Work
from ..model.outcome import acked, ended
from ..model.platform import MEMORY_END
from ..model.scenario import Scenario
from ..model.trace import END, Place, Stage, Step, StepText
from .apei import ACKS
from .estatus import cleared, read_estatus, severity, since
from .ghes_cache import cached
from .short_section import LEAST, WARNS, is_short
from .victim import CANNOT_REPEAT, force_sigbus, panicked

TO_MEMORY_FAILURE = StepText(
    "apei.to-memory-failure",
    "asks memory_failure() to isolate {address:#x}",
    "{what}: the block and the section are recoverable, and the address is valid. Flags: {flags}",
    ("linux.ghes_do_proc", "linux.ghes_handle_memory_failure", "uefi.memory-section"),
)
SOFT_OFFLINE = StepText(
    "apei.soft-offline",
    "logs a corrected error, and asks for soft offline of {address:#x}",
    "The section says that its threshold is exceeded: the page is moved elsewhere while it can still be read",
    ("linux.ghes_handle_memory_failure", "uefi.section-flags"),
)
BAD_ADDRESS = StepText(
    "apei.bad-address",
    'warns "Invalid address in generic error data: {address:#x}", and does nothing for the section',
    "No memory is at that address, so there is no page to isolate",
    ("linux.ghes_handle_memory_failure",),
)
UNHANDLED_CORE = StepText(
    "apei.unhandled-core",
    'warns "Unhandled processor error type {type:#04x}", and does nothing for the section ({what})',
    "Only a cache error with a valid physical address names a page. The type is read as bits, as UEFI 2.10 has it: "
    "here {kinds}. Before 2.9A it was a number, and a cache error had none of its bits",
    ("linux.ghes_handle_memory_failure", "uefi.arm-section"),
)
ONLY_TRACES = StepText(
    "apei.only-traces",
    "traces the section ({what}) and does nothing for it",
    "Linux 5.4 looks for no address in an ARM processor error section; later releases do",
    ("linux.ghes_do_proc_5_4",),
)
HANDS_ON = StepText(
    "apei.hands-on",
    "hands the section ({what}) to {whom}",
    "It names no page: nothing is isolated, and it does not count as handled for whoever consumed the error",
    ("linux.ghes_do_proc", "linux.ghes_handle_aer", "uefi.sections"),
)
LOGS = StepText(
    "apei.logs",
    "logs the section ({what}) and does nothing for it",
    "{because}",
    ("linux.ghes_do_proc", "uefi.sections"),
)
KILLS = StepText(
    "apei.kills",
    'forces SIGBUS on the task that consumed the error: "synchronous unrecoverable error (SIGBUS)"',
    "It is a SEA of which no section was queued, or not the last. Linux takes the task for lost, even if the error was "
    "corrected",
    ("linux.ghes_do_proc",),
)
_SEVERITY = ("cper.section_severity", "cper.threshold_exceeded")


class Handled(NamedTuple):
    """What came of a section: whether work is queued (None: it has no say), and the page to isolate."""

    step: Step
    queued: bool | None = False
    page: int | None = None


class BlockContext(NamedTuple):
    """What all sections of a block have in common."""

    s: Scenario
    by: Place
    recoverable: bool  # the block is
    required: bool  # the consumer waits


def ghes_do_proc(s: Scenario, m: Claimed) -> Stage:
    """Section by section, by what the bytes say."""
    apei, machine = m.kernel.by("APEI"), m.kernel.machine
    block = _looked_at(s, m)
    recoverable = severity(block) is Severity.RECOVERABLE
    report = BlockContext(s, apei, recoverable, m.sync and not m.then)
    pages, queued = [], False
    for entry in block.entries:
        if is_short(entry) and not cached(s, machine):
            least = LEAST[entry.section_type]
            yield apei(WARNS, what=_name(entry), bytes=entry.error_data_length, least=least)
        handled = handle(report, entry)
        yield handled.step
        pages += [] if handled.page is None else [handled.page]
        queued = queued if handled.queued is None else handled.queued  # the last section that can queue decides
    if m.owed:
        yield apei(ACKS, sets=cleared(s, m.kernel, m.source))
        yield acked(machine)
    return (yield from _then(s, m, recoverable, pages, queued))


def _looked_at(s: Scenario, m: Claimed) -> StatusBlock:
    """The block. How severe its sections are is of interest where they may name a page."""
    room = m.source.block_length
    block = read_estatus(force(ignoring(s, *_SEVERITY), m.memory), room).block
    return read_estatus(force(s, m.memory), room).block if any(map(_may_name_a_page, block.entries)) else block


def _may_name_a_page(entry: DataEntry) -> bool:
    match entry.section:
        case PlatformMemory() as memory:
            return memory.validation_bits.physical_address
    return isinstance(entry.section, arm.ArmProcessor)


def _then(s: Scenario, m: Claimed, recoverable: bool, pages: list[int], queued: bool) -> Stage:
    """All sections are dealt with: what becomes of whoever waits, and of the pages?"""
    apei = m.kernel.by("APEI")
    intended = m.sync and s.stance is Stance.ARCHITECTURE
    if intended and recoverable and not m.who.user:
        yield m.kernel.by("kernel")(CANNOT_REPEAT)
        return (yield from panicked(m.kernel))
    lost = (recoverable and not pages) if intended else not queued and not m.then
    then = ("do_sea_default", m.then) if m.then else END
    if m.sync and lost:
        then = yield from force_sigbus(apei, KILLS, m.kernel, m.who, pending=bool(pages))
    if pages:  # even if the consumer has its signal already
        return "memory_failure", Work(m.kernel, m.who, m.consumed, pages[0], m.sync, then)
    if not m.sync or not lost:
        yield ended(m.kernel.machine, "logged")
    return then


# --- one section -----------------------------------------------------------------------------------------------------


def handle(report: BlockContext, entry: DataEntry) -> Handled:
    """By the kind of the section."""
    match entry.section:
        case PlatformMemory() as memory:
            return _memory(report, entry, memory)
        case arm.ArmProcessor() as core:
            return _core(report, entry, core)
        case Pcie() as pcie:
            return _pcie(report, entry, pcie)
    whom = "the drivers of CXL" if _name(entry).startswith("CXL") else "drivers of its maker, and traces it"
    return Handled(report.by(HANDS_ON, what=_name(entry), whom=whom), None)


def _memory(report: BlockContext, entry: DataEntry, memory: PlatformMemory) -> Handled:
    """ghes_handle_memory_failure()"""
    if not memory.validation_bits.physical_address:
        return _logs(report, entry, "Its physical address is not valid")
    address = memory.physical_address
    if entry.error_severity == Severity.CORRECTED and entry.flags.error_threshold_exceeded:
        if address >= MEMORY_END:
            return Handled(report.by(BAD_ADDRESS, address=address))
        return Handled(report.by(SOFT_OFFLINE, address=address), True)
    if not _to_act(report, entry):
        return _logs(report, entry, "Only a recoverable section of a recoverable block asks for more")
    return _page(report, entry, address)


def _core(report: BlockContext, entry: DataEntry, core: arm.ArmProcessor) -> Handled:
    """ghes_handle_arm_hw_error()"""
    if not _to_act(report, entry):
        return _logs(report, entry, "Only a recoverable section of a recoverable block asks for more")
    if not since(report.s, report.by.machine, "5.14"):
        return Handled(report.by(ONLY_TRACES, what=_name(entry)), None)
    addresses = [i.physical_fault_address for i in core.error_information if _cache_error(i)]
    if addresses:
        return _page(report, entry, addresses[0])
    if not core.error_information:
        return _logs(report, entry, "There is no error information in it")
    byte = core.error_information[0].type
    kinds = ", ".join(k.value for k in arm.read_type(byte, arm.Dialect.UEFI_2_10).kinds) or "none that it knows"
    return Handled(report.by(UNHANDLED_CORE, type=byte, what=_name(entry), kinds=kinds))


def _cache_error(information: arm.ErrorInformation) -> bool:
    """Linux reads the type byte as UEFI 2.10 has it."""
    kinds = arm.read_type(information.type, arm.Dialect.UEFI_2_10).kinds
    return arm.Kind.CACHE in kinds and information.validation_bits.physical_fault_address


def _page(report: BlockContext, entry: DataEntry, address: int) -> Handled:
    """ghes_do_memory_failure()"""
    if address >= MEMORY_END:
        return Handled(report.by(BAD_ADDRESS, address=address))
    required = "MF_ACTION_REQUIRED, for the notification is synchronous"
    flags = required if report.required else "0, for nobody is waiting"
    step = report.by(TO_MEMORY_FAILURE, address=address, what=_name(entry), flags=flags)
    return Handled(step, True, address)


def _pcie(report: BlockContext, entry: DataEntry, pcie: Pcie) -> Handled:
    """ghes_handle_aer()"""
    if not (pcie.validation_bits.device_id and pcie.validation_bits.aer):
        return _logs(report, entry, "Which function it is, or its AER registers, are not valid", None)
    whom = "the driver of AER: corrected as correctable, recoverable as non-fatal, after a reset of the device as fatal"
    return Handled(report.by(HANDS_ON, what=_name(entry), whom=whom), None)


def _to_act(report: BlockContext, entry: DataEntry) -> bool:
    return report.recoverable and entry.error_severity == Severity.RECOVERABLE


def _logs(report: BlockContext, entry: DataEntry, because: str, queued: bool | None = False) -> Handled:
    return Handled(report.by(LOGS, what=_name(entry), because=because), queued)


def _name(entry: DataEntry) -> str:
    return NAMES.get(entry.section_type) or str(entry.section_type)
