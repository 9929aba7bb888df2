"""QMP, inject-ghes-v2-error: somebody gives QEMU a block for its guest, and no error has happened."""

from ...formats.cper import Severity
from ...formats.hest import Notify
from ..el3.blocks import block_of
from ..el3.firmware import put
from ..model.choices import MachineType, Stance
from ..model.lazy import lazy
from ..model.messages import GUEST_KERNEL, Arrival, Start, Told, Who
from ..model.outcome import acked, ended
from ..model.platform import GUEST_PHYSICAL_ADDRESS
from ..model.scenario import Scenario
from ..model.trace import Stage, StepText
from .qemu_ghes import KINDS, QEMU, offered, why_unusable

# fmt: off
ASKED = StepText("qmp.asked", "is asked by QMP to give its guest a block of {bytes} bytes: inject-ghes-v2-error",
    "The host has no part in it: there is no error, no signal, and the guest cannot see the difference",
    ("qemu.inject_ghes", "mail.user-space-decides"))
NOWHERE = StepText("qmp.nowhere", "does nothing, and answers that it is done",
    "{because}; acpi_ghes_get_state() finds nothing, and the command returns without an error", ("qemu.inject_ghes",))
TOO_BIG = StepText("qmp.too-big", 'answers with an error: "GHES CPER record is too big"',
    "A block has room for {room} bytes", ("qemu.inject_ghes", "qemu.ghes_record"))
UNACKED = StepText("qmp.unacked", 'answers with an error: "OSPM does not acknowledge previous error"',
    "The read ack register is 0, so the block may not be written. The virtual machine goes on unharmed",
    ("qemu.inject_ghes", "qemu.ghes_record", "acpi.ghesv2"))
WRITES = StepText("qmp.writes", "writes the block as it was given",
    "HEST source {source_id} of the guest names this memory. It stays untouched until the guest has {freed}",
    ("qemu.ghes_record", "acpi.status-block"))
NO_SUCH_SOURCE = StepText("qmp.no-such-source", "raises the error event, but has written the block of the SEA source",
    "Machine types before virt-10.2 have this source alone, and do not look for another. At the next SIGBUS AR the "
    "block will not be acknowledged, and QEMU will abort", ("qemu.ghes_record", "qemu.hest"))
NOT_MINE = StepText("guest.hed-finds-none", "asks every source that is told by SCI, GPIO or GSIV, and there is none",
    "ghes_notify_hed(): a source that notifies by SEA is looked at in an abort only", ("linux.ghes_notify_hed",))
# fmt: on


def given_block(s: Scenario) -> bytes:
    """What is asked for by the choices of `cper`, as EL3 firmware would write it, of an error in the guest's memory.

    No hardware has met an error, so a severity by category is recoverable.
    """
    severity = Severity.RECOVERABLE if s.cper.severity is None else s.cper.severity
    return block_of(s, severity, GUEST_PHYSICAL_ADDRESS)


def qmp_inject_ghes_v2_error(s: Scenario, m: Start) -> Stage:
    """Is there a block, is it large enough, is it free? qmp_inject_ghes_v2_error(), ghes_record_cper_errors()"""
    block: bytes = lazy(s, given_block) if m.block is None else m.block
    length = lazy(s, _bytes, block)
    yield QEMU(ASKED, bytes=length)
    if because := why_unusable(s):
        yield QEMU(NOWHERE, because=because)
        return ended("guest", "lost")
    notify, lost = s.guest.notify or Notify.SEA, False
    if notify in (Notify.SEA, Notify.GPIO):
        lost = s.stance is Stance.AS_BUILT and s.guest.machine is MachineType.V10_1
        notify = Notify.SEA if lost else Notify.GPIO
    source = offered(s, notify)
    if m.block is not None and len(m.block) > source.block_length:
        yield QEMU(TOO_BIG, room=source.block_length)
        return ended("vm", "api_error")
    if not s.guest.acked:
        return (yield from _refused())
    yield put(s, QEMU, "guest", WRITES, source, block)
    yield acked("guest", False)
    if s.ask.twice:
        yield QEMU(ASKED, bytes=length)
        return (yield from _refused())
    if lost:
        yield QEMU(NO_SUCH_SOURCE, to=GUEST_KERNEL.by("APEI"))
        yield GUEST_KERNEL.by("APEI")(NOT_MINE)
        return ended("guest", "lost")
    kind = KINDS.get(notify, "interrupt")
    return "tell_guest", Told(Arrival(GUEST_KERNEL, Who(False, True), kind, source=source, memory=block), False)


def _bytes(_: Scenario, block: bytes) -> int:
    return len(block)


def _refused() -> Stage:
    yield acked("guest", False)
    yield QEMU(UNACKED)
    return ended("vm", "api_error")
