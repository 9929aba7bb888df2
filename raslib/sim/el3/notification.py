"""How EL3 tells the kernel that a block is filled: the mechanics of each notification type, and when they fail."""

from collections.abc import Callable

from ...formats.hest import Notify
from ..cpu import syndromes
from ..cpu.hardware import EL3, arrive, kernel_of
from ..linux.hest_init import refused
from ..model.choices import Priority, SdeiState
from ..model.messages import HardwareError, Notifying, Reported
from ..model.platform import GhesSource
from ..model.scenario import Scenario
from ..model.trace import Interrupt, Stage, StepText
from .el3_entry import REPEATS, enter, inject_sync_ea, injects, reported_as, unheard
from .firmware import source_of_error
from .sdei import DispatchRefusal, Pe, SdeiEvent, sdei_dispatch_event

# fmt: off
BY_SEA = StepText("firmware.sea", "notifies by SEA: enters {target} as if it had taken the abort itself",
    "The source's type is 8. EL3 was entered by this very abort, so it may hand it down; the target is the one that "
    "the routing rules name with SCR_EL3.EA = 0{lost}", ("acpi.notification", "arm.sea-routing", "tf-a-2.15.sea"))
NO_SEA = StepText("firmware.no-sea", "cannot notify by SEA",
    "EL3 was not entered by a synchronous abort: an exception made up now would overwrite ELR and SPSR of code that "
    "does not expect one", ("acpi.notification",))
BY_SEI = StepText("firmware.sei", "notifies by SEI: enters {target} as if it had taken an SError",
    "The source's type is 9. It is legal, for SErrors are not masked there. TF-A has no such code; a platform may",
    ("acpi.notification", "arm.serror-routing"))
BY_SDEI = StepText("firmware.sdei", "notifies by SDEI: dispatches event {vector}",
    "The kernel has registered and enabled it. It does not ask for PSTATE.{{D,A,I,F}}, and is asynchronous to what "
    "was interrupted", ("acpi.notification", "tf-a.sdei_dispatch_event"))
SDEI_REFUSED = StepText("firmware.sdei-refused", "logs that SDEI event {vector} cannot be dispatched, and returns",
    "sdei_dispatch_event() returns -1: {because}. The block stays unread, and nothing tries again",
    ("tf-a.sdei_dispatch_event", "tf-a.nrd"))
SDEI_PREEMPTS = StepText("firmware.sdei-preempts", "may dispatch although the handler of another event is running",
    "The event is critical and the other is not: of each priority one may be outstanding",
    ("tf-a.sdei_dispatch_event",))
BY_INTERRUPT = StepText("firmware.interrupt", "notifies by {notify}: makes an interrupt pending, and returns",
    "{means}. The kernel takes it when it has interrupts unmasked", ("acpi.notification",))
BY_POLL = StepText("firmware.poll", "notifies nobody, and returns",
    "The source is polled: the kernel looks every {milliseconds} ms", ("acpi.notification",))
NOT_ON_ARM64 = StepText("firmware.not-on-arm64", "cannot notify by {notify}, and returns",
    "{means}: nothing on arm64 works so, and Linux refuses such a source", ("acpi.notification", "linux.ghes_probe"))
UNREAD = StepText("firmware.unread", "leaves its block unread",
    "Nobody looks at this source: {because}", ("linux.ghes_probe",))
# fmt: on


def notify(s: Scenario, m: Reported) -> Stage:
    """By the mechanics of the source's type."""
    source = source_of_error(s, m.error)
    notifying = Notifying(m.error._replace(status=0, esr=_syndrome(m.error, source)), source, m.block)
    return (yield from _MECHANICS.get(source.notify, _not_on_arm64)(s, notifying))


def _syndrome(m: HardwareError, source: GhesSource) -> int:
    """ESR_ELx for a kernel that is told by an exception; for any other the syndrome has done its work."""
    category = syndromes.category_of(m.status)
    if source.notify == Notify.SEA:
        return m.esr
    if source.notify == Notify.SEI and category:
        return m.esr if m.kind == "SError" else syndromes.serror(syndromes.serror_iss(category))
    return 0


def _poll(s: Scenario, m: Notifying) -> Stage:
    yield EL3(BY_POLL, milliseconds=m.source.poll_interval)
    if because := refused(s, kernel_of(s), m.source):
        yield EL3(UNREAD, because=because)
        return (yield from unheard(m.error))
    if m.error.consumed:
        yield EL3(REPEATS)
    return "ghes_proc", reported_as(s, m._replace(source=m.source.heard()), "poll")


def _interrupt(s: Scenario, m: Notifying) -> Stage:
    kernel, name = kernel_of(s), Notify(m.source.notify)
    because = refused(s, kernel, m.source)
    to = None if because else kernel.by("kernel")
    means = _sentence(name.means)
    yield EL3(BY_INTERRUPT, to=to, carries=Interrupt(name.name), notify=name.name, means=means)
    if because:
        yield EL3(UNREAD, because=because)
        return (yield from unheard(m.error))
    return arrive(s, reported_as(s, m, "interrupt"))


def _not_on_arm64(s: Scenario, m: Notifying) -> Stage:
    kind = m.source.notify if isinstance(m.source.notify, Notify) else None
    name, means = (kind.name, kind.means) if kind else (f"type {m.source.notify}", "no document names it")
    yield EL3(NOT_ON_ARM64, notify=name, means=_sentence(means))
    return (yield from unheard(m.error))


def _sentence(means: str) -> str:
    return f"{means[0].upper()}{means[1:]}"


def _sea(s: Scenario, m: Notifying) -> Stage:
    if m.error.kind != "SEA":
        yield EL3(NO_SEA)
        return (yield from unheard(m.error))
    if injects(s, m.error):
        return (yield from inject_sync_ea(s, m.error, m))
    return (yield from enter(s, m.error, "SEA", m, BY_SEA))


def _sei(s: Scenario, m: Notifying) -> Stage:
    return (yield from enter(s, m.error, "SError", m, BY_SEI))


def _sdei(s: Scenario, m: Notifying) -> Stage:
    kernel = kernel_of(s)
    because = refused(s, kernel, m.source)
    state = SdeiState.UNREGISTERED if because else s.el3.sdei
    priority = s.el3.priority if state is SdeiState.NORMAL else Priority.NORMAL  # of other states no matter
    dispatched = sdei_dispatch_event(*standing(state, priority, m.source.vector))
    if isinstance(dispatched, DispatchRefusal):
        why = f"the kernel has not registered it. {because}" if because else _refusal(state, dispatched)
        yield EL3(SDEI_REFUSED, vector=m.source.vector, because=why)
        return (yield from unheard(m.error))
    if state is SdeiState.NORMAL:
        yield EL3(SDEI_PREEMPTS)
    event = Interrupt(f"SDEI event {m.source.vector}")
    yield EL3(BY_SDEI, to=kernel.by("APEI"), carries=event, sets={"PE": kernel.el}, vector=m.source.vector)
    return "ghes_sdei", reported_as(s, m, "SDEI")


def standing(state: SdeiState, priority: Priority, number: int) -> tuple[Pe, SdeiEvent]:
    """The PE, and the event *number* of this *priority*, as the choice *state* has them."""
    registered, running = state is not SdeiState.UNREGISTERED, state is SdeiState.RUNNING
    enabled = registered and state is not SdeiState.DISABLED
    event = SdeiEvent(number, priority is Priority.CRITICAL, registered, enabled, running)
    other = SdeiEvent(number + 1, state is SdeiState.CRITICAL, registered=True, enabled=True, running=True)
    outstanding = {SdeiState.RUNNING: (event,), SdeiState.NORMAL: (other,), SdeiState.CRITICAL: (other,)}
    return Pe(state is SdeiState.MASKED, outstanding.get(state, ())), event


def _refusal(state: SdeiState, refusal: DispatchRefusal) -> str:
    """What firmware would say if it were asked why."""
    return state.means if refusal is DispatchRefusal.STATE or state is SdeiState.RUNNING else refusal.value


_MECHANICS: dict[int, Callable[[Scenario, Notifying], Stage]] = {  # of other types: none that arm64 has
    **dict.fromkeys((Notify.EXTERNAL, Notify.SCI, Notify.GPIO, Notify.GSIV), _interrupt),
    **{Notify.POLLED: _poll, Notify.SEA: _sea, Notify.SEI: _sei, Notify.SDEI: _sdei},
}
