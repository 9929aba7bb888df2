"""A kernel-first guest: error records are emulated for it, where a firmware-first one would be given a HEST.

By the architecture and the mail's intent: user space alone decides which of the two its guest gets, and the guest
cannot tell what the host is. No release of QEMU or KVM emulates records: as built, nobody tells such a guest.
"""

from ..cpu import syndromes
from ..model.choices import Category, Mode
from ..model.messages import GUEST_KERNEL, Arrival, Emulating, Who
from ..model.scenario import Scenario
from ..model.trace import Interrupt, RegisterContent, Stage, StepText
from .qemu_ghes import QEMU, RAISES_LINE, abort, ask

# fmt: off
RECORDS = StepText("qemu.records", "fills an error record for its guest: {category}, memory at {address:#x}",
    "The guest's AEST names the node, and reads of ERXSTATUS_EL1 trap to KVM, which gives it what QEMU has put "
    "there. The host does not know of this record, nor the guest of the host's",
    ("mail.either-or", "mail.user-space-decides", "arm.aest"))
BY_ABORT = StepText("qemu.abort", "lets the vCPU meet a synchronous External Abort",
    "Kernel-first: the abort is all the notification there is, and the record tells the rest",
    ("mail.either-or", "mail.trigger"))
BY_FHI = StepText("qemu.fhi", "raises the fault handling interrupt of the guest's node",
    "Kernel-first, and nothing was consumed: the node's own interrupt, which AEST names", ("mail.either-or", "arm.fhi"))
# fmt: on


def emulate_record(s: Scenario, m: Emulating) -> Stage:
    """QEMU as hardware: first the record, then an abort for who consumed the error, or an interrupt."""
    category = Category.UER if m.consumed else Category.DE
    status = syndromes.recorded(category, m.consumed)
    carries = RegisterContent("ERR<n>STATUS", status)
    yield QEMU(RECORDS, carries=carries, category=category.value, address=m.address)
    if not m.consumed:
        arrival = Arrival(GUEST_KERNEL, Who(False, True), "interrupt", status=status)
        return (yield from ask(s, BY_FHI, RAISES_LINE, arrival, Interrupt("fault handling interrupt")))
    who = Who(False, s.guest.running is Mode.USER)
    return (yield from abort(s, BY_ABORT, Arrival(GUEST_KERNEL, who, "SEA", consumed=True, status=status)))
