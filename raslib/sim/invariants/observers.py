"""What each sentence of the argument looks like in a story: observers that object where one does not hold."""

from typing import Any, ClassVar, NamedTuple

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


def claims(mark: Mark) -> bool:
    """Somebody in the host's kernel takes the error as its own."""
    return mark.kind == "claimed" and mark.machine == "host"


def objection(step: Step) -> Objection:
    return Objection(step.text.key)


# --- who learns of what ----------------------------------------------------------------------------------------------


class NothingButSignals(Observer):
    """User space of the host is handed signals, and nothing else that it has not asked for."""

    first = Begin.ERROR

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return value if axis == "begin" else state

    def step(self, state: Any, step: Step) -> Any:
        if state is not Begin.ERROR or step.to is None or step.to.lane != "host.EL0" or step.actor == "QEMU":
            return state
        return state if step.carries is None or isinstance(step.carries, Sigbus) else objection(step)


class SilentUntilTheSignal(NothingButSignals):
    """QEMU does nothing, and is told nothing, before a first SIGBUS."""

    def step(self, state: Any, step: Step) -> Any:
        if state is not Begin.ERROR:
            return state
        if (isinstance(step.carries, Sigbus) and reaches_qemu(step)) or kills_qemu(step):
            return "signalled"  # who is killed learns nothing
        return objection(step) if step.actor == "QEMU" or reaches_qemu(step) else state


class SignalsComeFromTheKernel(Observer):
    """No signal comes from EL3 past the operating system."""

    def step(self, state: Any, step: Step) -> Any:
        if isinstance(step.carries, Sigbus) and step.machine == "host":
            return objection(step) if step.el in ("HW", "EL3", "EL0") else state
        return state


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


class ClaimedMeansUntouched(Observer):
    """Once somebody has claimed the error KVM leaves the guest as it was, until user space asks."""

    first = "open"

    def mark(self, state: Any, mark: Mark) -> Any:
        return "claimed" if claims(mark) and state == "open" else state

    def step(self, state: Any, step: Step) -> Any:
        if step.actor == "QEMU":
            return "user space"
        if state != "claimed" or step.actor != "KVM":
            return state
        touches = any(name.startswith("guest ") or name == "VSESR_EL2" for name, _ in step.sets)
        return objection(step) if touches or step.text in INJECTS else state


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


class OwnErrorsSayNothing(Observer):
    """User space asks for a virtual SError with a syndrome; KVM's own has an IMPLEMENTATION DEFINED one."""

    first = False  # user space has asked

    def step(self, state: Any, step: Step) -> Any:
        carried = step.carries
        if step.actor == "KVM" and isinstance(carried, ArmException) and carried.kind == "virtual SError":
            return state if state or carried.esr & IMPLEMENTATION_DEFINED else objection(step)
        return state or step.actor in ("QEMU", "VMM")


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


class EndOfKvm(Observer):
    """After a claim, KVM checks for work before entry, takes stage 2 faults, and does what user space asks."""

    first = False
    ALLOWED: ClassVar[set[StepText]] = {
        *(vcpu_run.TO_USER_SPACE, vcpu_run.STAGE_2_FAULT, vcpu_run.DOES_AS_ASKED, vcpu_run.PENDS_AS_ASKED),
        apei.SDEI_AS_IRQ,
    }

    def mark(self, state: Any, mark: Mark) -> Any:
        return state or claims(mark)

    def step(self, state: Any, step: Step) -> Any:
        return objection(step) if state and step.actor == "KVM" and step.text not in self.ALLOWED else state


class NoInstructionInBetween(Observer):
    """From the signal for a vCPU's thread to KVM_RUN's return, nothing of the guest runs."""

    first = False

    def step(self, state: Any, step: Step) -> Any:
        if step.text is vcpu_run.TO_USER_SPACE:
            return False
        if state and step.machine == "guest":
            return objection(step)
        return state or (step.text in (memory_failure.SIGNALS_AR, vcpu_run.STAGE_2_FAULT) and step.to is None)


class OnlyAGuestIsLeft(Observer):
    """KVM leaves a guest only if one was running."""

    first = False

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return value is not Running.GUEST if axis == "cpu.running" else state

    def step(self, state: Any, step: Step) -> Any:
        return objection(step) if state and step.text is vcpu_run.EXITS else state


# --- QEMU and its guest ----------------------------------------------------------------------------------------------


class ToldAfterASymptom(Observer):
    """QEMU tells its guest because of a signal, or because somebody asked it to."""

    first = False

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return state or (axis == "begin" and value is not Begin.ERROR)

    def step(self, state: Any, step: Step) -> Any:
        if step.text in TELLS_GUEST | TELLS_BY_RECORD | {
            qemu.WRITES,
            qemu.GIVEN,
            qemu.RECORDS,
        }:
            return state or objection(step)
        return state or (isinstance(step.carries, Sigbus) and reaches_qemu(step))


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


class InMemoryOfItsOwn(Observer):
    """The block that QEMU writes lies where no source of the host looks, and is written before the guest is told."""

    first = False

    def step(self, state: Any, step: Step) -> Any:
        if step.actor == "QEMU" and isinstance(step.carries, CperBytes):
            ours = range(platform.HOST_REGISTERS, platform.HOST_REGISTERS + platform.HOST_BLOCK * 2)
            starts = (force(machine, step.carries.address) for machine in MACHINES)  # which alone decides about it
            apart = all(start + platform.GUEST_BLOCK <= ours.start or ours.stop <= start for start in starts)
            return apart or objection(step)
        return objection(step) if step.text in TELLS_GUEST and not state else state


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


class ByItself(Observer):
    """What somebody asks of QEMU leaves no trace in the host's hardware and firmware, nor in its kernel's RAS code."""

    first = False

    def choice(self, state: Any, axis: str, value: Any) -> Any:
        return state or (axis == "begin" and value is Begin.QMP)

    def step(self, state: Any, step: Step) -> Any:
        inside = step.machine == "host" and step.actor not in ("QEMU", "KVM", "somebody")
        return objection(step) if state and inside else state


class MaskedMeansWaiting(Observer):
    """An SError that is masked is not taken, no abort ever waits, and a virtual SError is taken to EL1 alone."""

    first = ""

    def step(self, state: Any, step: Step) -> Any:
        if step.text is exception_entry.PENDS:
            return "waits"
        carried = step.carries
        if isinstance(carried, ArmException) and carried.kind == "virtual SError" and carried.target != "EL1":
            return objection(step)
        return objection(step) if state == "waits" and exception(step) else state
