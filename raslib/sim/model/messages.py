"""What one stage tells the next: small values, and all that the next may know."""

from typing import NamedTuple

from ...formats.cper import Severity
from .choices import Owner
from .platform import GhesSource
from .trace import ArmException, Interrupt, Place, Sigbus


class Who(NamedTuple):
    """Whose code was interrupted, as the kernel that is told sees it. What a guest executes, the host does not ask."""

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
    """A kernel where it runs: the host's at EL2 (VHE) or EL1, a guest's at EL1."""

    machine: str
    el: str

    def by(self, actor: str) -> Place:
        return Place(self.machine, self.el, actor)


GUEST_KERNEL = Kernel("guest", "EL1")


class Start(NamedTuple):
    """What is given from outside, in place of what the scenario's firmware would advertise and write."""

    source: GhesSource | None = None
    block: bytes | None = None


class HardwareError(NamedTuple):
    """An error as hardware tells of it."""

    kind: str  # SEA, SError or interrupt
    status: int  # ERR<n>STATUS; 0: no error record knows of it
    who: Who
    start: Start
    esr: int = 0  # ESR_ELx, as of an exception from a lower level; 0 for an interrupt

    @property
    def consumed(self) -> bool:
        """Will the interrupted code execute the same access again if it is resumed?"""
        return self.kind == "SEA"


class Triaged(NamedTuple):
    """What EL3 makes of an error."""

    error: HardwareError
    severity: Severity


class Reported(NamedTuple):
    """A block is written; the kernel is yet to be told. What the record said of the error is cleared."""

    error: HardwareError
    block: bytes


class Notifying(NamedTuple):
    """The kernel is told, by the mechanics of the source's type."""

    error: HardwareError  # with the syndrome that the kernel is shown, if it is told by an exception
    source: GhesSource
    block: bytes


class Arrival(NamedTuple):
    """Something reaches a kernel. What lies in the memory that its source names, it has to read itself."""

    kernel: Kernel
    who: Who
    kind: str  # SEA, SError, SDEI, interrupt or poll
    esr: int  # of an exception; else 0
    consumed: bool
    status: int  # ERR<n>STATUS as this kernel would read it
    source: GhesSource | None
    memory: bytes
    deaf: bool = False  # the default follows whatever APEI answers (Linux before 5.8)

    @property
    def told_by(self) -> GhesSource:
        """The source that is asked, where one is."""
        assert self.source, "only a source that is there can be asked"
        return self.source


class Unclaimed(NamedTuple):
    """Nobody claimed what interrupted a guest, and KVM gives the guest an SError."""

    kernel: Kernel
    because: str


class Claimed(NamedTuple):
    """APEI has read a block and taken the error as its own; what the block asks for is yet to be done."""

    kernel: Kernel
    who: Who
    consumed: bool
    sync: bool  # notified by SEA: the consumer waits for what is done
    owed: bool  # the block is yet to be acknowledged
    source: GhesSource
    memory: bytes
    then: Arrival | None = None  # the default follows all the same (Linux before 5.8)


class Work(NamedTuple):
    """A page to be isolated. *then* is the stage that follows all the same, with its message: a signal is pending."""

    kernel: Kernel
    who: Who
    consumed: bool
    address: int  # physical
    action_required: bool
    then: "tuple[str, Arrival | Dying] | None" = None


class Dying(NamedTuple):
    """The consumer has a signal that it cannot survive."""

    kernel: Kernel
    who: Who
    sigbus: Sigbus
    pending: bool = False  # it is yet to be handed over


class Touch(NamedTuple):
    """The page is isolated; its owner may touch it again."""

    kernel: Kernel
    owner: Owner
    consumed: bool  # it will, for that is how the error was met
    lsb: int = 12  # how much is isolated: 2 to the power of that many bytes
    vcpu: bool = True  # by way of the guest; else a thread of QEMU that is no vCPU


class Pending(NamedTuple):
    """A vCPU's thread has a signal pending, and KVM is about to enter the guest."""

    kernel: Kernel
    sigbus: Sigbus


class Signalled(NamedTuple):
    """QEMU gets a signal: this is all it knows. *after* goes on if nothing comes of it."""

    sigbus: Sigbus
    after: Touch | None
    vcpu: bool = True  # an AR comes to the thread that consumed the error, of a vCPU or not


class Telling(NamedTuple):
    """QEMU is about to write a block for its guest, of an error at a guest physical address."""

    address: int
    source: GhesSource
    consumed: bool  # the vCPU will execute the same access again
    action_required: bool


class Told(NamedTuple):
    """The block is written; the guest is yet to meet something."""

    arrival: Arrival
    action_required: bool


class KvmRequest(NamedTuple):
    """QEMU has asked KVM to let the guest meet something."""

    arrival: Arrival
    meets: ArmException | Interrupt
    api: str
