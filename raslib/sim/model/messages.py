"""What one stage tells the next: small values, and all that the next may know.

A message is a named tuple, equal to every other with the same values, so that stories which have come to the same point
go on as one (`explore.diagram`). What a message does not have, the next actor cannot know: a guest is not told by which
notification its host heard. Addresses are in bytes, syndromes and registers are their values as integers.
"""

from typing import NamedTuple

from .choices import Owner
from .platform import GhesSource, Ram
from .trace import ArmException, Interrupt, Place, Sigbus


class Who(NamedTuple):
    """Whose code was interrupted, as the kernel that is told sees it. What a guest executes, the host does not ask.

    guest: a guest's code; then *user* is true, whatever the guest executes
    user: an application's code; else the kernel's own, or firmware's that the kernel has called
    thread: the application is QEMU, on a thread that is no vCPU
    """

    guest: bool
    user: bool  # an application; of a guest always true
    thread: bool = False  # that application is QEMU, on a thread that is no vCPU

    @property
    def qemu(self) -> bool:
        """Does a signal to whoever was interrupted go to QEMU?"""
        return self.guest or self.thread

    def __str__(self) -> str:
        if self.thread:
            return "a thread of QEMU"
        return "the guest" if self.guest else "an application" if self.user else "the kernel"


ANYBODY = Who(False, True)  # in place of who was interrupted, when it consumed nothing and so does not matter


class Kernel(NamedTuple):
    """A kernel where it runs: the host's at EL2 (VHE) or EL1, a guest's at EL1.

    machine: host or guest
    el: EL1 or EL2; lazy where it is not known whether the host has VHE
    """

    machine: str
    el: str

    def by(self, actor: str) -> Place:
        """The place of a part of this kernel, say APEI: called with a text, it makes a step."""
        return Place(self.machine, self.el, actor)


GUEST_KERNEL = Kernel("guest", "EL1")


class Start(NamedTuple):
    """What is given from outside, in place of what the scenario's firmware would advertise and write.

    source: of the table that was given; None: the scenario's own
    block: the bytes that lie in its memory; None: what the scenario's firmware writes
    ram: what memory the host has
    """

    source: GhesSource | None = None
    block: bytes | None = None
    ram: Ram = Ram()  # what memory the machine has


class HardwareError(NamedTuple):
    """An error as hardware tells of it: by an exception or an interrupt, and by the record that it leaves.

    kind: SEA, SError or interrupt
    status: ERR<n>STATUS; 0: no error record knows of it
    esr: ESR_ELx, as of an exception that is taken from a lower level; 0 for an interrupt
    """

    kind: str  # SEA, SError or interrupt
    status: int  # ERR<n>STATUS; 0: no error record knows of it
    who: Who
    start: Start
    esr: int = 0  # ESR_ELx, as of an exception from a lower level; 0 for an interrupt

    @property
    def consumed(self) -> bool:
        """Will the interrupted code execute the same access again if it is resumed?"""
        return self.kind == "SEA"


class Reported(NamedTuple):
    """A block is written; the kernel is yet to be told. What the record said of the error is cleared.

    block: its bytes, a Generic Error Status Block as firmware left it, whole or spoilt
    """

    error: HardwareError
    block: bytes


class Notifying(NamedTuple):
    """The kernel is told, by the mechanics of the source's type (ACPI 6.5 §18.3.2.9).

    error: with the syndrome that the kernel is shown, if it is told by an exception
    source: the source whose memory has the block
    """

    error: HardwareError  # with the syndrome that the kernel is shown, if it is told by an exception
    source: GhesSource
    block: bytes


class Arrival(NamedTuple):
    """Something reaches a kernel. What lies in the memory that its source names, it has to read itself.

    kind: SEA, SError, SDEI, interrupt or poll
    esr: the syndrome of an exception; else 0
    consumed: what was interrupted will execute the same access again
    status: ERR<n>STATUS as this kernel would read it; 0: no record
    source, memory: the source that is asked, if any, and the bytes at its block's address
    deaf: the default follows whatever APEI answers (Linux before 5.8)
    """

    kernel: Kernel
    who: Who
    kind: str  # SEA, SError, SDEI, interrupt or poll
    esr: int = 0  # of an exception; else 0
    consumed: bool = False
    status: int = 0  # ERR<n>STATUS as this kernel would read it
    source: GhesSource | None = None
    memory: bytes = b""
    ram: Ram = Ram()
    deaf: bool = False  # the default follows whatever APEI answers (Linux before 5.8)

    @property
    def told_by(self) -> GhesSource:
        """The source that is asked, where one is; an `AssertionError` if there is none is a fault of a stage."""
        assert self.source, "only a source that is there can be asked"
        return self.source


class Unclaimed(NamedTuple):
    """Nobody claimed what interrupted a guest, and KVM gives the guest an SError; *because* says why, in a sentence."""

    kernel: Kernel
    because: str


class Claimed(NamedTuple):
    """APEI has read a block and taken the error as its own; what the block asks for is yet to be done.

    sync: notified by SEA: the consumer waits for what is done
    owed: the block is yet to be acknowledged
    source: as far as its memory matters still
    then: what follows all the same (Linux before 5.8)
    """

    kernel: Kernel
    who: Who
    consumed: bool
    sync: bool  # notified by SEA: the consumer waits for what is done
    owed: bool  # the block is yet to be acknowledged
    source: GhesSource
    memory: bytes
    ram: Ram = Ram()
    then: Arrival | None = None  # the default follows all the same (Linux before 5.8)


class Work(NamedTuple):
    """Pages to be isolated: memory_failure() is asked for each.

    addresses: physical, in the order in which the block names them
    action_required: MF_ACTION_REQUIRED: the consumer waits
    then: the stage that follows all the same, with its message: a signal is pending
    """

    kernel: Kernel
    who: Who
    consumed: bool
    addresses: tuple[int, ...]  # physical; of each the page is meant
    action_required: bool
    then: "tuple[str, Arrival | Dying] | None" = None
    ram: Ram = Ram()


class Dying(NamedTuple):
    """The consumer has a signal that it cannot survive; *pending*: it is yet to be handed over."""

    kernel: Kernel
    who: Who
    sigbus: Sigbus
    pending: bool = False  # it is yet to be handed over


class Touch(NamedTuple):
    """The page is isolated; its owner may touch it again.

    consumed: it will, for that is how the error was met
    lsb: how much is isolated: 2 to the power of that many bytes (si_addr_lsb)
    vcpu: by way of the guest; else by a thread of QEMU that is no vCPU
    """

    kernel: Kernel
    owner: Owner
    consumed: bool  # it will, for that is how the error was met
    lsb: int = 12  # how much is isolated: 2 to the power of that many bytes
    vcpu: bool = True  # by way of the guest; else a thread of QEMU that is no vCPU


class Pending(NamedTuple):
    """A vCPU's thread has this signal pending, and KVM is about to enter the guest."""

    kernel: Kernel
    sigbus: Sigbus


class Signalled(NamedTuple):
    """QEMU gets a signal: this is all it knows.

    after: what goes on if nothing comes of it; None for a signal that has to be dealt with
    vcpu: an AR comes to the thread that consumed the error, of a vCPU or not
    """

    sigbus: Sigbus
    after: Touch | None
    vcpu: bool = True  # an AR comes to the thread that consumed the error, of a vCPU or not


class Telling(NamedTuple):
    """QEMU is about to write a block for its guest, of an error at *address*, a guest physical one.

    source: of the guest's HEST
    consumed: the vCPU will execute the same access again
    action_required: the signal was AR
    """

    address: int
    source: GhesSource
    consumed: bool  # the vCPU will execute the same access again
    action_required: bool


class Emulating(NamedTuple):
    """QEMU is about to fill an error record for its guest, of an error at a guest physical address."""

    address: int
    consumed: bool  # the vCPU will execute the same access again


class Told(NamedTuple):
    """The block is written; the guest is yet to meet what *arrival* will be."""

    arrival: Arrival
    action_required: bool


class KvmRequest(NamedTuple):
    """QEMU has asked KVM, through *api*, to let the guest meet an exception or an interrupt."""

    arrival: Arrival
    meets: ArmException | Interrupt
    api: str
