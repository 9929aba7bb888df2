"""What APEI does for the sections of a block, one after the other: to memory_failure, to other drivers, or nothing."""

from collections.abc import Callable, Generator, Iterator
from struct import unpack_from
from typing import NamedTuple, TypeAlias
from uuid import UUID

from ...formats import arm
from ...formats.cper import Severity
from ...formats.memory import PlatformMemory
from ...formats.pcie import Pcie
from ...formats.sections import GUIDS
from ..model.choices import Config, Oops, Page, Stance
from ..model.lazy import force, lazy
from ..model.messages import Claimed, Work
from ..model.outcome import acked, ended
from ..model.scenario import Scenario
from ..model.trace import END, Stage, Step, StepText
from .aer import BYTES as AER_BYTES
from .aer import RATE_LIMIT, AerReport, aer_recover_work_func
from .apei import ACKS
from .estatus import EstatusSection, cached, cleared, host_lacks, read_estatus, severity, since, too_short, warns
from .kernel import CANNOT_REPEAT, force_sigbus, met_again, panicked
from .memory_failure import CANNOT_MOVE, page_of

# fmt: off
TO_MEMORY_FAILURE = StepText("apei.to-memory-failure", "asks memory_failure() to isolate {address:#x}",
    "{what}: the block and the section are recoverable, and the address is valid. Flags: {flags}",
    ("linux.ghes_do_proc", "linux.ghes_handle_memory_failure", "uefi.memory-section"))
SOFT_OFFLINE = StepText("apei.soft-offline", "logs a corrected error, and asks for soft offline of {address:#x}",
    "The section says that its threshold is exceeded: the page is moved elsewhere while it can still be read",
    ("linux.ghes_handle_memory_failure", "uefi.section-flags"))
BAD_ADDRESS = StepText("apei.bad-address",
    'warns "Invalid address in generic error data: {address:#x}", and does nothing for the section',
    "No memory is at that address, so there is no page to isolate", ("linux.ghes_handle_memory_failure",))
UNHANDLED_CORE = StepText("apei.unhandled-core",
    'warns "Unhandled processor error type {type:#04x}", and does nothing for the section ({what})',
    "Only a cache error with a valid physical address names a page. The type is read as bits, as UEFI 2.10 has it: "
    "here {kinds}. Before 2.9A it was a number, and a cache error had none of its bits",
    ("linux.ghes_handle_memory_failure", "uefi.arm-section"))
ONLY_TRACES = StepText("apei.only-traces", "traces the section ({what}) and does nothing for it",
    "Linux 5.4 looks for no address in an ARM processor error section; later releases do", ("linux.ghes_do_proc_5_4",))
HANDS_ON = StepText("apei.hands-on", "hands the section ({what}) to {whom}",
    "It names no page: nothing is isolated, and it does not count as handled for whoever consumed the error",
    ("linux.ghes_do_proc", "linux.ghes_handle_aer", "uefi.sections"))
LOGS = StepText("apei.logs", "logs the section ({what}) and does nothing for it",
    "{because}", ("linux.ghes_do_proc", "uefi.sections"))
NO_MEMORY_FAILURE = StepText("apei.no-memory-failure",
    "has nobody to ask: the kernel is built without CONFIG_MEMORY_FAILURE",
    "No page is isolated or moved, and nothing counts as queued", ("linux.ghes_handle_memory_failure",))
KILLS = StepText("apei.kills",
    'forces SIGBUS on the task that consumed the error: "synchronous unrecoverable error (SIGBUS)"',
    "It is a SEA of which no section was queued; before 7.3 the last one that can be alone decides. Linux takes the "
    "task for lost, even if the error was corrected", ("linux.ghes_do_proc",))
POISONED_BEFORE = StepText("apei.soft-offline-poisoned", 'says "{words}"',
    "What is out of use cannot be moved", ("linux.memory_failure",))
COUNTS_MORE = StepText("apei.counts-more",
    'warns "section length: {length}", "section length is too small", "firmware-generated error record is incorrect"',
    "Its errors and contexts, as it counts them, need more. Since 6.18 that is said when the section is traced",
    ("linux.log_arm_hw_error", "uefi.arm-section"))
REFUSES_CXL = StepText("apei.refuses-cxl", 'says "{words}", and drops the section',
    "What the drivers of CXL are to be given is looked at first: its length, and what it says to be valid",
    ("linux.cxl_cper_post_event",))
SHORT_CORE = StepText("apei.short-core",
    'warns "arm error length: {bytes}", "length is too small", "firmware-generated error record is incorrect"',
    "The fixed part of an ARM processor section has 40 bytes. Since 7.1 the kernel does nothing for a shorter one",
    ("linux.ghes_handle_memory_failure", "uefi.arm-section"))
# fmt: on
_ASKS_NOTHING = "Only a recoverable section of a recoverable block asks for more"
_ARM_HEAD, _ARM_INFO, _PCIE, _CXL_HEAD, _CXL_MOST = 40, 32, 208, 32, 144  # bytes of what the code reads
_CXL_REGISTERS = 88  # bytes of the RAS capability that a protocol error is to bring along


class Handled(NamedTuple):
    """What came of one section, or of all of a block."""

    last: bool | None = None  # was work queued for the last section that can queue any? None: there was none
    any: bool = False  # was it for any of them?
    pages: tuple[int, ...] = ()  # addresses to isolate
    aer: tuple[AerReport, ...] = ()  # devices that the driver of AER is to look for

    def then(self, after: "Handled") -> "Handled":
        """This, and *after* it."""
        last = self.last if after.last is None else after.last
        return Handled(last, self.any or after.any, self.pages + after.pages, self.aer + after.aer)


Handling: TypeAlias = Generator[Step, None, Handled]  # *acts*: block and section are recoverable, so the kernel acts
NOT_QUEUED = Handled(False)


def ghes_do_proc(s: Scenario, m: Claimed) -> Stage:
    """Section by section, by what the bytes say."""
    apei, estatus = m.kernel.by("APEI"), read_estatus(force(s, m.memory), m.source.block_length)
    recoverable = estatus.rank is Severity.RECOVERABLE
    short = tuple(section for section in estatus.sections if too_short(s, m.kernel.machine, section))
    if short and cached(s, m.kernel.machine):
        short = ()  # what was printed a moment ago is not printed again
    if m.owed:
        yield from warns(s, apei, short)
    all_handled = Handled()
    for section in estatus.sections:
        acts = recoverable and severity(section.severity) is Severity.RECOVERABLE
        handled = yield from _HANDLERS.get(section.type, _other)(s, m, section, acts)
        all_handled = all_handled.then(handled)
    if m.owed:
        yield apei(ACKS, sets=cleared(s, m.kernel, m.source))
        yield acked(m.kernel.machine)
    return "ghes_proc_done", Processed(m, recoverable, all_handled, () if m.owed else short)


class Processed(NamedTuple):
    """All sections of a block are dealt with."""

    claimed: Claimed
    recoverable: bool
    handled: Handled
    short: tuple[EstatusSection, ...]  # sections that the printer will find too short


def ghes_proc_done(s: Scenario, done: Processed) -> Stage:
    """What becomes of whoever waits, and of the pages? The end of ghes_do_proc(), then the printer's words."""
    m, apei, (last, any_, pages, aer) = done.claimed, done.claimed.kernel.by("APEI"), done.handled
    intended = m.sync and s.stance is Stance.ARCHITECTURE
    if intended and done.recoverable and not m.who.user:
        yield m.kernel.by("kernel")(CANNOT_REPEAT)
        return panicked(m.kernel)
    if any_ and host_lacks(s, m.kernel.machine, Config.NO_MEMORY_FAILURE):
        yield apei(NO_MEMORY_FAILURE)
        last, any_, pages = False, False, ()
    queued = last or (any_ and since(s, m.kernel.machine, "7.3", stable="6.12.118"))
    unhandled = m.sync and ((done.recoverable and not pages) if intended else not queued and not m.then)
    killed = unhandled and (intended or since(s, m.kernel.machine, "6.1"))
    then = ("do_sea_default", m.then) if m.then else END
    if killed:
        then = yield from force_sigbus(apei, KILLS, m.kernel, m.who, pending=bool(pages or aer))
    yield from warns(s, apei, done.short)
    for i, report in enumerate(aer):
        if (yield from aer_recover_work_func(s, m, report, i)):
            if s.host.oops is Oops.PANICS or not m.sync:
                return END
            break  # a consumer does its own work
    if pages:  # even if the consumer has its signal already
        return "memory_failure", Work(m.kernel, m.who, m.consumed, pages, m.sync, then, m.ram)
    if not killed:
        yield ended(m.kernel.machine, "logged")
    return (yield from met_again(m.kernel, m.who)) if unhandled and not killed else then


# --- one section -----------------------------------------------------------------------------------------------------


def _other(s: Scenario, m: Claimed, section: EstatusSection, acts: bool) -> Handling:
    """To the drivers of CXL, of events since 6.12 and of protocol errors since 6.18, or to those of its maker."""
    from ...formats.more import cxl, cxl_events  # which a walk without such a section need not wait for

    events = (cxl_events.CxlGeneralMedia, cxl_events.CxlDram, cxl_events.CxlMemoryModule)
    protocol = section.type == GUIDS[cxl.CxlProtocol]
    first = "6.18" if protocol else "6.12" if section.type in map(GUIDS.get, events) else ""
    apei, whom, words = m.kernel.by("APEI"), "drivers of its maker, and traces it", ""
    if protocol and host_lacks(s, m.kernel.machine, Config.NO_AER):
        whom = "nobody: the kernel is built without CONFIG_ACPI_APEI_PCIEAER"
    elif first and since(s, m.kernel.machine, first):
        whom, words = "the drivers of CXL", _wrong_with_cxl(section, protocol)
    yield apei(REFUSES_CXL, words=words) if words else apei(HANDS_ON, what=section.name, whom=whom)
    return Handled()


def _wrong_with_cxl(section: EstatusSection, protocol: bool) -> str:
    """Why a CXL section is not handed on, in the kernel's words; empty if it is."""
    if protocol:
        valid, length = unpack_from("<Q102xH", section.data)
        wrong = "agent type" if not valid & 1 << 1 else "protocol error log" if not valid & 1 << 6 else ""
        wrong = wrong or (f"RAS Cap size ({length})" if length != _CXL_REGISTERS else "")
        return f"CXL CPER invalid {wrong}" if wrong else ""
    length, valid = unpack_from("<IQ", section.data)
    if not _CXL_HEAD < length <= _CXL_MOST:
        return f"CXL CPER Invalid section length ({length})"
    return "" if valid & 1 << 2 else "CXL CPER invalid event"


def memory_address(section: EstatusSection) -> int | None:
    """The physical address of a memory section, if the section says that it is valid. UEFI 2.10 §N.2.5"""
    validation, address = unpack_from("<Q8xQ", section.data.ljust(24, b"\0"))
    return address if validation & 2 else None


def _memory(s: Scenario, m: Claimed, section: EstatusSection, acts: bool) -> Handling:
    """ghes_handle_memory_failure()"""
    address = memory_address(section)
    if address is None:
        yield m.kernel.by("APEI")(LOGS, what=section.name, because="Its physical address is not valid")
        return NOT_QUEUED
    if severity(section.severity) is Severity.CORRECTED and section.threshold_exceeded:
        if not (yield from _is_memory(s, m, address)):
            return NOT_QUEUED
        yield from _soft_offline(s, m, address)
        return Handled(True, True)
    if not acts:
        yield m.kernel.by("APEI")(LOGS, what=section.name, because=_ASKS_NOTHING)
        return NOT_QUEUED
    return (yield from _page(s, m, section, address))


def _soft_offline(s: Scenario, m: Claimed, address: int) -> Iterator[Step]:
    """The page is moved while it can be read; not one that is the kernel's, free or gone."""
    machine = m.kernel.machine
    page = page_of(s, m.kernel, m.ram, address)
    moved = "moved" if page and page.of_a_process else None
    yield m.kernel.by("APEI")(SOFT_OFFLINE, address=address, sets={f"{machine} page": moved})
    if page is Page.KERNEL and since(s, machine, "6.1"):
        yield m.kernel.by("memory_failure")(CANNOT_MOVE, address=address, log='"unhandlable page."')
    if page in (Page.POISONED, Page.GONE):
        before = "Soft offline: {:#x}:" if since(s, machine, "6.12") else "soft_offline_page: {:#x}"
        yield m.kernel.by("APEI")(POISONED_BEFORE, words=f"{before.format(address >> 12)} page already poisoned")


def _core(s: Scenario, m: Claimed, section: EstatusSection, acts: bool) -> Handling:
    """ghes_handle_arm_hw_error(): each error in the section by its type, a cache error by its address."""
    if section.length < _ARM_HEAD and _checks_lengths(s, m):
        yield m.kernel.by("APEI")(SHORT_CORE, bytes=section.length)
        return NOT_QUEUED
    (stated,) = unpack_from("<I", section.data, 8)
    if _counts_more(section.data, stated) and since(s, m.kernel.machine, "6.18", stable="6.12.118"):
        yield m.kernel.by("APEI")(COUNTS_MORE, length=stated)
    if not acts:
        yield m.kernel.by("APEI")(LOGS, what=section.name, because=_ASKS_NOTHING)
        return NOT_QUEUED
    if not since(s, m.kernel.machine, "5.10"):
        yield m.kernel.by("APEI")(ONLY_TRACES, what=section.name)
        return Handled()
    all_handled, warned = Handled(), 0
    for at in _errors(s, m, section):
        kinds, address = _error(section.data[at : at + _ARM_INFO])
        if address is not None:
            handled = yield from _page(s, m, section, address)
            all_handled = all_handled.then(handled)
        elif (warned := warned + 1) <= RATE_LIMIT:
            yield m.kernel.by("APEI")(UNHANDLED_CORE, type=section.data[at + 4], what=section.name, kinds=kinds)
    if all_handled.last is None and not warned:
        yield m.kernel.by("APEI")(LOGS, what=section.name, because="There is no error information in it")
    return NOT_QUEUED.then(all_handled)


def _counts_more(data: bytes, stated: int) -> bool:
    """Do an ARM processor section's own counts need more bytes than it says that it has? log_arm_hw_error()"""
    errors, contexts = unpack_from("<HH", data, 4)
    at: int = _ARM_HEAD + _ARM_INFO * errors
    for _ in range(min(contexts, len(data))):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + (size if 8 + at >= stated else 0)  # the size of a context counts only where it is too late
    return at > stated


def _errors(s: Scenario, m: Claimed, section: EstatusSection) -> Iterator[int]:
    """Where the errors of an ARM processor section begin: as many as it counts, each as long as it says.

    Since 7.1 no further than the section goes; but before 7.2 the kernel takes 8 bytes for its head, which has 40.
    """
    (count,) = unpack_from("<H", section.data, 4)
    at = _ARM_HEAD
    for _ in range(count):
        whole = at + _ARM_INFO <= len(section.data)
        end = at + max(_ARM_INFO, section.data[at + 1]) if whole else len(section.data) + 1
        if end > section.length and _checks_lengths(s, m):
            spare = 0 if since(s, m.kernel.machine, "7.2", stable="6.12.118") else _ARM_HEAD - 8
            if end > section.length + spare:
                return
        if end > len(section.data):
            return
        yield at
        at += section.data[at + 1]


def _checks_lengths(s: Scenario, m: Claimed) -> bool:
    return since(s, m.kernel.machine, "7.1", stable="6.12.118")


def _error(data: bytes) -> tuple[str, int | None]:
    """Of one error its kinds, read as UEFI 2.10 has the type byte; and the address of a cache error, if it is valid."""
    validation, kind = unpack_from("<HB", data, 2)
    read = arm.read_type(kind, arm.Dialect.UEFI_2_10)
    (address,) = unpack_from("<Q", data, 24)
    has_page = arm.Kind.CACHE in read.kinds and validation & 1 << 4
    return ", ".join(k.value for k in read.kinds) or "none that it knows", address if has_page else None


def _page(s: Scenario, m: Claimed, section: EstatusSection, address: int) -> Handling:
    """ghes_do_memory_failure()"""
    if not (yield from _is_memory(s, m, address)):
        return NOT_QUEUED
    required = "MF_ACTION_REQUIRED, for the notification is synchronous"
    flags = required if m.sync and not m.then else "0, for nobody is waiting"
    yield m.kernel.by("APEI")(TO_MEMORY_FAILURE, address=address, what=section.name, flags=flags)
    return Handled(True, True, (address,))


def _is_memory(s: Scenario, m: Claimed, address: int) -> Generator[Step, None, bool]:
    """Is there memory at *address*, or since 5.14 near it? Since 6.19 memory_failure() is asked whatever there is."""
    ram, machine = m.ram, m.kernel.machine
    if ram.has(address) or (ram.near(address) and since(s, machine, "5.14")) or since(s, machine, "6.19"):
        return True
    yield m.kernel.by("APEI")(BAD_ADDRESS, address=address)
    return False


def _pcie(s: Scenario, m: Claimed, section: EstatusSection, acts: bool) -> Handling:
    """ghes_handle_aer()"""
    data = section.data[:_PCIE].ljust(_PCIE, b"\0")
    pcie, apei = Pcie.parse(data), m.kernel.by("APEI")
    if not (pcie.validation_bits.device_id and pcie.validation_bits.aer):
        yield apei(LOGS, what=section.name, because="Which function it is, or its AER registers, are not valid")
        return Handled()
    yield apei(HANDS_ON, what=section.name, whom=lazy(s, _driver_of_aer, m.kernel.machine))
    correctable = not section.reset and section.severity not in (Severity.RECOVERABLE, Severity.FATAL)
    return Handled(aer=(AerReport(str(pcie.device_id), correctable, data[-AER_BYTES:]),))


def _driver_of_aer(s: Scenario, machine: str) -> str:
    if host_lacks(s, machine, Config.NO_AER):
        return "nobody: the kernel is built without CONFIG_ACPI_APEI_PCIEAER"
    return "the driver of AER: corrected as correctable, recoverable as non-fatal, after a reset of the device as fatal"


_HANDLERS: dict[UUID, Callable[[Scenario, Claimed, EstatusSection, bool], Handling]] = {  # of other kinds: `_other`
    GUIDS[PlatformMemory]: _memory,
    GUIDS[arm.ArmProcessor]: _core,
    GUIDS[Pcie]: _pcie,
}
