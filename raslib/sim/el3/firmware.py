"""Firmware: triage and the block that tells of the error. EL3 writes it for the host, QEMU writes one for its guest."""

from typing import Any

from ...formats.cper import Severity
from ...formats.hest import Notify, ReadAck
from ..cpu import syndromes
from ..cpu.hardware import EL3
from ..model.choices import Apei, Category, Corruption, Ghes, Stance
from ..model.lazy import lazy
from ..model.messages import HardwareError, Reported
from ..model.outcome import acked
from ..model.platform import GhesSource, host_source
from ..model.scenario import Scenario
from ..model.trace import CperBytes, Place, Stage, Step, StepText
from .blocks import block_of
from .el3_entry import enter, inject_sync_ea, injects, panic, unheard

# fmt: off
TRIAGES = StepText("firmware.triages", "triages the error: {category}",
    "ERR<n>STATUS says so: {means}. The record is cleared, and nobody else will find it",
    ("tf-a.ras_ea_handler", "arm.err-status"))
UNHANDLED = StepText("firmware.unhandled", 'panics: "Unhandled External Abort"',
    "{because}, so nobody took the abort", ("tf-a.plat_ea_handler", "tf-a.ras_ea_handler"))
NOT_MINE = StepText("firmware.not-mine", "passes the {kind} on to {target}: no error record is valid",
    "An abort that is not a RAS error belongs to the software it interrupted", ("mail.plain-serror",))
TELLS_NOBODY = StepText("firmware.tells-nobody", "returns to what was interrupted, and tells nobody",
    "TF-A's handlers read and clear the record; to write CPER and to notify is the platform's to add",
    ("tf-a.plat_ea_handler", "tf-a.ras_ea_handler"))
WRITES_NOTHING = StepText("firmware.writes-nothing", "writes no CPER",
    "To write CPER is the platform's to add; to give the abort back is what TF-A's main branch does by itself, and "
    "no release yet", ("tf-a.plat_ea_handler", "tf-a-2.15.sea"))
WRITES = StepText("firmware.writes", "writes a Generic Error Status Block: {severity}, {section}{spoilt}",
    "HEST source {source_id} names this memory; on Arm's reference platforms a secure partition writes it. The "
    "block has to be complete before the kernel is told, and stays untouched until the kernel has {freed}",
    ("acpi.status-block", "acpi.ghesv2", "tf-a.nrd"))
KEEPS = StepText("firmware.keeps", "keeps what it knows, and tells nobody: the block before it is still unread",
    "It must not be written again before the kernel has {freed}; until then there is room for one more error in "
    "firmware's own memory, and none for a third", ("acpi.ghesv2", "acpi.status-block"))
GIVEN = StepText("firmware.given", "writes the Generic Error Status Block that it was given",
    "HEST source {source_id} names this memory; whatever is in it, the kernel will read", ("acpi.status-block",))
# fmt: on
SEVERITY_OF: dict[Category | None, Severity] = {  # what firmware makes of the state of an error
    Category.CE: Severity.CORRECTED,
    # the data of a deferred error is lost; that nobody has used it leaves time to take the page away
    **dict.fromkeys((Category.DE, Category.UEO, Category.UER), Severity.RECOVERABLE),
    **dict.fromkeys((Category.UEU, Category.UC), Severity.FATAL),
}


def triage(s: Scenario, m: HardwareError) -> Stage:
    """What is it, and who is to hear of it? plat_ea_handler(), ras_ea_handler()"""
    category, as_built = syndromes.category_of(m.status), s.stance is Stance.AS_BUILT
    if as_built and (category is None or (m.kind != "interrupt" and not s.el3.handler)):
        yield EL3(UNHANDLED, because="No error record is valid" if category is None else "No handler knows the record")
        return panic()
    if category is None:
        return (yield from enter(s, m, m.kind, None, NOT_MINE))
    yield EL3(TRIAGES, sets={"ERR<n>STATUS": "0x0"}, category=category.value, means=category.means)
    if as_built and not s.host.reports:
        # a platform that reports by SDEI is built for it, and TF-A then without injection
        if injects(s, m) and source_of_error(s, m).notify != Notify.SDEI:
            yield EL3(WRITES_NOTHING)
            return (yield from inject_sync_ea(s, m, None))
        yield EL3(TELLS_NOBODY)
        return (yield from unheard(m))
    return "write_cper", m


def source_of_error(s: Scenario, m: HardwareError) -> GhesSource:
    """The source that the error is reported through."""
    return m.start.source or advertised(s)


def advertised(s: Scenario) -> GhesSource:
    """The source that the host's HEST advertises. All but how it notifies matters to others, later."""
    source = host_source(s.host.notify, True)
    interval = lazy(s, _poll_interval) if source.notify == Notify.POLLED else 0
    return source._replace(ack=lazy(s, _read_ack), shares_id=lazy(s, _shares_id), poll_interval=interval)


def _poll_interval(s: Scenario) -> int:
    return int(s.host.poll.value)


def _shares_id(s: Scenario) -> bool:
    return s.host.apei is Apei.DUPLICATE


def _read_ack(s: Scenario) -> ReadAck | None:
    return host_source(s.host.notify, s.host.ghes is Ghes.V2).ack


def write_cper(s: Scenario, m: HardwareError) -> Stage:
    """The block goes where the HEST source says, before anybody is told; if it is free."""
    start, where = m.start, memory(s, m)
    if not s.el3.previous_read:  # never written over what nobody has read
        yield EL3(KEEPS, freed=lazy(s, _freed, where.ack))
        yield acked("host", False)
        return (yield from unheard(m, "pending"))
    if start.block is not None:
        yield put(s, EL3, "host", GIVEN, where, start.block)
        yield acked("host", False)
        return "notify", Reported(m, start.block)
    severity = lazy(s, _severity, SEVERITY_OF[syndromes.category_of(m.status)])
    block = lazy(s, block_of, severity)
    words = {"severity": lazy(s, _severity_said, severity), "section": lazy(s, _section_said)}
    yield put(s, EL3, "host", WRITES, where, block, spoilt=lazy(s, _bytes_said), **words)
    yield acked("host", False)
    return "notify", Reported(m, block)


def memory(s: Scenario, m: HardwareError) -> GhesSource:
    """The source as far as its memory is concerned: where that lies does not depend on how the source notifies."""
    return m.start.source or host_source(Notify.POLLED, True).heard()._replace(ack=lazy(s, _read_ack))


def _severity(s: Scenario, by_category: Severity) -> Severity:
    """The severity that firmware reports; *by_category* is that of the error itself."""
    return by_category if s.cper.severity is None else s.cper.severity


def usual_block(s: Scenario) -> bytes:
    """The block that firmware writes of the error of *s*, if it is asked to write one."""
    return block_of(s, _severity(s, SEVERITY_OF[s.error.category]))


def _severity_said(_: Scenario, severity: Severity) -> str:
    return severity.name.lower()


def _section_said(s: Scenario) -> str:
    return s.cper.section.means


def _bytes_said(s: Scenario) -> str:
    return "" if s.cper.bytes is Corruption.WHOLE else f"; but {s.cper.bytes.means}"


def put(s: Scenario, place: Place, machine: str, text: StepText, source: GhesSource, block: bytes, **args: Any) -> Step:
    """The step that leaves *block* where *source* of *machine* says. EL3 does so for the host, QEMU for its guest."""
    status, ack = lazy(s, _block_status, block), lazy(s, _taken_back, source.ack)
    sets = {f"{machine} block_status": status, f"{machine} read_ack": ack}
    carries, freed = CperBytes(source.block_address, block), lazy(s, _freed, source.ack)
    return place(text, carries=carries, sets=sets, source_id=source.source_id, freed=freed, **args)


def _block_status(_: Scenario, block: bytes) -> str:
    return f"{int.from_bytes(block[:4], 'little'):#x}"


def _taken_back(_: Scenario, ack: ReadAck | None) -> str | None:
    return "0x0" if ack else None


def _freed(_: Scenario, ack: ReadAck | None) -> str:
    return "written the read ack register" if ack else "written 0 to its status"
