"""What each sentence of the argument looks like in a story: observers that object where one does not hold."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar, NamedTuple, TypeAlias

from ..cpu import exception_entry
from ..cpu.syndromes import IMPLEMENTATION_DEFINED
from ..el3 import el3_entry, firmware, notification
from ..explore.monitor import Objection, Observer
from ..kvm import kvm, vcpu_run
from ..linux import apei, kernel, kernel_first, memory_failure
from ..model import platform
from ..model.choices import Begin, First, GuestFirst, MachineType, Running
from ..model.lazy import force
from ..model.outcome import Mark
from ..model.scenario import Scenario
from ..model.trace import ArmException, CperBytes, Sigbus, Step, StepText
from ..qemu import qemu

ASKS = {kvm.ASKS, kvm.ASKS_FOR_SERROR, kernel.ASKS, kernel.ASKS_AND_IGNORES, kernel.ASKS_FOR_SERROR}
KERNEL_FIRST = {kernel_first.NO_DRIVER, kernel_first.NO_RECORD, kernel_first.KERNEL_FIRST}
INJECTS = {kvm.INJECTS, kvm.INJECTS_NOW, kvm.INJECTS_NESTED, kvm.INJECTS_BELOW}
KVM_DEFAULTS = {*INJECTS, kvm.TO_USER, kvm.BAD_ADDRESS, kvm.SPURIOUS}
BY_TYPE = {qemu.BY_SEA: 8, qemu.BY_SEI: 9, qemu.BY_SDEI: 11, qemu.BY_POLL: 0}  # ACPI 6.5 §18.3.2.9
TELLS_GUEST = {*BY_TYPE, qemu.BY_GED, qemu.BY_INTERRUPT}
TELLS_BY_RECORD = {qemu.BY_ABORT, qemu.BY_FHI}  # a guest that is kernel-first
MACHINES = [Scenario().choose(guest_machine=m) for m in MachineType]
OOPSES = {kernel.OOPS, kernel.OOPS_PANICS}
DEFAULTS = {*KVM_DEFAULTS, *OOPSES, kernel.BUS_OBJERR, kernel.KILLS, kernel.SPURIOUS, kernel.PLAIN_SERROR}
KVM_MAY = {  # once somebody has claimed the error
    *(vcpu_run.TO_USER_SPACE, vcpu_run.STAGE_2_FAULT, vcpu_run.DOES_AS_ASKED, vcpu_run.PENDS_AS_ASKED),
    apei.SDEI_AS_IRQ,
}
NOTIFIES = {
    *(notification.BY_SEA, notification.BY_SEI, notification.BY_SDEI, el3_entry.BY_INJECTION),
    *(notification.BY_INTERRUPT, notification.BY_POLL),
}


def of_host(step: Step) -> bool:
    """Something that the host's hardware, firmware or kernel does."""
    return step.machine == "host" and step.actor != "QEMU"


def exception(step: Step) -> ArmException | None:
    """An exception that is taken to the host's kernel."""
    taken = step.carries if isinstance(step.carries, ArmException) and of_host(step) else None
    return taken if taken and taken.target != "EL3" and taken.kind != "virtual SError" else None


def reaches_qemu(step: Step) -> bool:
    return step.to is not None and step.to.actor == "QEMU"


def kills_qemu(step: Step) -> bool:
    return of_host(step) and ("QEMU signal", "SIGKILL") in step.sets


def signals_qemu(step: Step) -> bool:
    return isinstance(step.carries, Sigbus) and reaches_qemu(step)


def writes_block(step: Step) -> bool:
    """QEMU writes a CPER."""
    return step.actor == "QEMU" and isinstance(step.carries, CperBytes)


def claims(mark: Mark) -> bool:
    """Somebody in the host's kernel takes the error as its own."""
    return mark.kind == "claimed" and mark.machine == "host"


def nothing(_: Step) -> bool:
    return False


def objection(step: Step) -> Objection:
    return Objection(step.text.key)


# --- what may never be done ------------------------------------------------------------------------------------------

Choices: TypeAlias = Collection[tuple[str, Any]]  # axes, each with a value
Does: TypeAlias = Callable[[Step], object]  # is it a step that does this?


class Never(Observer):
    """Objects to steps that are *wrong*, to all of them or to some.

    where: choices, of which the story has one
    claimed: only once somebody in the host's kernel has claimed the error
    after: only from this step on
    until: not from this step on, unless it is once more as above
    """

    def __init__(
        self, wrong: Does, where: Choices = (), claimed: bool = False, after: Does = nothing, until: Does = nothing
    ) -> None:
        self.wrong, self.where, self.claimed, self.after, self.until = wrong, where, claimed, after, until
        self.first = not where and not claimed and after is nothing

    def choice(self, state: bool, axis: str, value: Any) -> bool:
        return state or (axis, value) in self.where

    def mark(self, state: bool, mark: Mark) -> bool:
        return state or (self.claimed and claims(mark))

    def step(self, state: bool, step: Step) -> bool | Objection:
        if self.until(step):
            return False
        return objection(step) if state and self.wrong(step) else state or bool(self.after(step))


def hands_to_user(step: Step) -> bool:
    """User space of the host is handed something that is no signal, and that it has not asked for."""
    to_user = step.to is not None and step.to.lane == "host.EL0" and step.actor != "QEMU"
    return to_user and step.carries is not None and not isinstance(step.carries, Sigbus)


def signals_past_the_kernel(step: Step) -> bool:
    return isinstance(step.carries, Sigbus) and step.machine == "host" and step.el in ("HW", "EL3", "EL0")


def touches_guest(step: Step) -> bool:
    """KVM sets a register of the guest, or injects."""
    sets = any(name.startswith("guest ") or name == "VSESR_EL2" for name, _ in step.sets)
    return step.actor == "KVM" and (sets or step.text in INJECTS)


def of_virtual_serror(step: Step) -> ArmException | None:
    return step.carries if isinstance(step.carries, ArmException) and step.carries.kind == "virtual SError" else None


def injects_syndrome(step: Step) -> bool:
    """KVM injects a virtual SError whose syndrome is not IMPLEMENTATION DEFINED."""
    injected = of_virtual_serror(step)
    return step.actor == "KVM" and injected is not None and not injected.esr & IMPLEMENTATION_DEFINED


def leaves_el1(step: Step) -> bool:
    """A virtual SError is taken elsewhere than to EL1."""
    taken = of_virtual_serror(step)
    return taken is not None and taken.target != "EL1"


def signals_thread(step: Step) -> bool:
    """A signal is pending for the thread of a vCPU."""
    return step.text in (memory_failure.SIGNALS_AR, vcpu_run.STAGE_2_FAULT) and step.to is None


def tells_guest(step: Step) -> bool:
    """QEMU writes a CPER or a record, or notifies its guest."""
    return step.text in {*TELLS_GUEST, *TELLS_BY_RECORD, qemu.WRITES, qemu.GIVEN, qemu.RECORDS}


def writes_where_the_host_looks(step: Step) -> bool:
    """QEMU writes a CPER over what a source of the host has."""
    if not isinstance(step.carries, CperBytes) or step.actor != "QEMU":
        return False
    hosts = range(platform.HOST_REGISTERS, platform.HOST_REGISTERS + platform.HOST_BLOCK * 2)
    starts = (force(machine, step.carries.address) for machine in MACHINES)  # which alone decides about it
    return any(start + platform.GUEST_BLOCK > hosts.start and start < hosts.stop for start in starts)


class EndsSomewhere(Observer):
    """Whatever is taken to the host's kernel is claimed, ignored, answered by a default, or a panic."""

    first = (False, False)  # taken, answered

    def step(self, state: Any, step: Step) -> Any:
        taken, answered = state
        return (taken or exception(step) is not None, answered or step.text in DEFAULTS)

    def mark(self, state: Any, mark: Mark) -> Any:
        return (state[0], True) if mark.kind != "acked" else state

    def end(self, state: Any) -> Objection | None:
        return Objection("unanswered") if state == (True, False) else None


# --- claims and defaults ---------------------------------------------------------------------------------------------


class _Serror(NamedTuple):
    taken: bool = False  # a RAS SError was taken to the host's kernel
    claimed: bool = False
    ended: str = ""


class SpuriousMeansPanic(Observer):
    """A RAS SError that neither CPER nor an error record explains stops the machine."""

    first = _Serror()

    def step(self, state: Any, step: Step) -> Any:
        carried = exception(step)
        of_ras = carried and carried.kind == "SError" and not carried.esr & IMPLEMENTATION_DEFINED
        return state._replace(taken=True) if of_ras else state

    def mark(self, state: Any, mark: Mark) -> Any:
        if claims(mark):
            return state._replace(claimed=True)
        return state._replace(ended=mark.word) if mark.kind == "ended" else state

    def end(self, state: Any) -> Objection | None:
        taken, claimed, ended = state
        return Objection(ended) if taken and not claimed and ended != "host_panic" else None


class OneAfterTheOther(Observer):
    """APEI is asked first, then kernel-first, then the default follows; the first who claims is the last asked."""

    first = (0, False)  # how far the host has got, and whether it has been claimed

    def step(self, state: Any, step: Step) -> Any:
        if not of_host(step):
            return state
        far, claimed = state
        if exception(step):
            far, claimed = 0, False
        at = 1 if step.text in ASKS else 2 if step.text in KERNEL_FIRST else 3 if step.text in DEFAULTS else 0
        if at and (at < far or (at == far and step.text not in KERNEL_FIRST) or (claimed and at > 1)):
            return objection(step)
        return max(far, at), claimed

    def mark(self, state: Any, mark: Mark) -> Any:
        return (state[0], True) if claims(mark) else state


class DefaultOnlyIfDenied(Observer):
    """The default follows only where APEI has denied, and kernel-first after it."""

    first = False  # APEI has been asked, which asks kernel-first next

    def step(self, state: Any, step: Step) -> Any:
        if not of_host(step):
            return state
        if exception(step):
            return False
        return objection(step) if step.text in DEFAULTS and not state else state or step.actor == "APEI"


# --- the order of things ---------------------------------------------------------------------------------------------


class FromTheTopDown(Observer):
    """EL3 triages, writes, notifies; then KVM leaves the guest; then the kernel asks. Or EL3 does none of it."""

    first = (0, False)  # how far it has come, and whether the host is kernel-first
    ORDER: ClassVar[tuple[set[StepText], ...]] = (
        *({firmware.TRIAGES}, {firmware.WRITES, firmware.GIVEN}, NOTIFIES),
        *({vcpu_run.EXITS}, {vcpu_run.WORLD_SWITCH}, ASKS),
    )
    LEAVES_PENDING: ClassVar[set[StepText]] = {el3_entry.REFLECTS, el3_entry.RETURNS}

    def step(self, state: Any, step: Step) -> Any:
        far, kernel_first = state
        taken = isinstance(step.carries, ArmException) and step.carries.target == "EL3"
        if kernel_first and (taken or (step.el == "EL3" and step.text not in self.LEAVES_PENDING)):
            return objection(step)
        if step.machine == "guest" or step.actor == "QEMU":
            return -1, kernel_first  # the host's part is over
        at = next((i for i, texts in enumerate(self.ORDER) if step.text in texts), far)
        return objection(step) if 0 <= at < far else (at if far >= 0 else far, kernel_first)

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return (state[0], True) if axis == "host.first" and value is First.KERNEL else state


# --- QEMU and its guest ----------------------------------------------------------------------------------------------


class AsAdvertised(Observer):
    """QEMU writes and notifies as the HEST says that it gave its guest; without one it does neither.

    A guest that is kernel-first has no HEST: QEMU fills an error record for it, and for no other.
    """

    first = (GuestFirst.FIRMWARE, "unread")

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        first, notify = state
        return value if axis == "guest.first" else first, value if axis == "guest.notify" else notify

    def step(self, state: Any, step: Step) -> Any:
        first, notify = state
        if step.text in TELLS_BY_RECORD | {qemu.RECORDS}:
            return state if first is GuestFirst.KERNEL else objection(step)
        if step.actor != "QEMU" or not (step.text in TELLS_GUEST or isinstance(step.carries, CperBytes)):
            return state
        if first is GuestFirst.KERNEL or notify in ("unread", None):
            return objection(step)
        offered = {source.notify for source in platform.advertised_by(platform.guest_table(notify))}
        kind = BY_TYPE.get(step.text)
        return state if offered and kind in (None, *offered) else objection(step)


class NotOverwritten(Observer):
    """Between a write and its acknowledge nothing is written to the same block."""

    first = frozenset[str]()  # machines whose block waits to be acknowledged

    def step(self, state: Any, step: Step) -> Any:
        if not isinstance(step.carries, CperBytes):
            return state
        machine = "guest" if step.actor == "QEMU" else step.machine
        return objection(step) if machine in state else state | {machine}

    def mark(self, state: Any, mark: Mark) -> Any:
        return state - {mark.machine} if mark.kind == "acked" and mark.word == "yes" else state


# --- each sentence ---------------------------------------------------------------------------------------------------

BEGINS, ASKED = {("begin", Begin.ERROR)}, {("begin", Begin.QMP)}
NO_GUEST = {("cpu.running", running) for running in Running if running is not Running.GUEST}
# fmt: off
WATCHED: dict[str, tuple[Observer, ...]] = {
    "I1": (Never(hands_to_user, BEGINS), EndsSomewhere()),
    "I2": (Never(lambda step: step.actor == "QEMU" or reaches_qemu(step), BEGINS,
                 until=lambda step: signals_qemu(step) or kills_qemu(step)),),  # who is killed learns nothing
    "I3": (Never(signals_past_the_kernel),),
    "I4": (SpuriousMeansPanic(),),
    "I6": (Never(touches_guest, claimed=True, until=lambda step: step.actor == "QEMU"),),
    "I7": (OneAfterTheOther(),),
    "I8": (Never(tells_guest, BEGINS, until=signals_qemu),),
    "I10": (AsAdvertised(),),
    "I11": (Never(injects_syndrome, until=lambda step: step.actor in ("QEMU", "VMM")),),
    "I13": (DefaultOnlyIfDenied(),),
    "I14": (FromTheTopDown(),),
    "I15": (Never(lambda step: step.actor == "KVM" and step.text not in KVM_MAY, claimed=True),),
    "I16": (Never(lambda step: step.machine == "guest", after=signals_thread,
                  until=lambda step: step.text is vcpu_run.TO_USER_SPACE),),
    "I17": (Never(writes_where_the_host_looks), Never(lambda step: step.text in TELLS_GUEST, until=writes_block)),
    "I18": (Never(lambda step: step.text is vcpu_run.EXITS, NO_GUEST),),
    "I19": (Never(lambda step: step.machine == "host" and step.actor not in ("QEMU", "KVM", "somebody"), ASKED),),
    "I23": (NotOverwritten(),),
    "I24": (Never(exception, after=lambda step: step.text is exception_entry.PENDS), Never(leaves_el1)),
}
# fmt: on
