"""How EL3 tells the kernel that a block is filled: the mechanics of each notification type, and when they fail."""

from collections.abc import Callable

from ..formats.hest import Notify
from .hardware import EL3, arrive, kernel_of, syndrome, taken
from .hest_init import refused
from .messages import Arrival, Error, Reported
from .outcome import ended
from .scenario import Scenario
from .trace import END, ArmException, Interrupt, Place, Stage, Text

BY_SEA = Text(
    "firmware.sea",
    "notifies by SEA: enters {target} as if it had taken the abort itself",
    "The source's type is 8. EL3 was entered by this very abort, so it may hand it down; the target is the one that "
    "the routing rules name with SCR_EL3.EA = 0",
    ("acpi.notification", "arm.sea-routing", "tf-a-2.15.sea"),
)
NO_SEA = Text(
    "firmware.no-sea",
    "cannot notify by SEA",
    "EL3 was not entered by a synchronous abort: an exception made up now would overwrite ELR and SPSR of code that "
    "does not expect one",
    ("acpi.notification",),
)
BY_SEI = Text(
    "firmware.sei",
    "notifies by SEI: enters {target} as if it had taken an SError",
    "The source's type is 9. It is legal, for SErrors are not masked there. TF-A has no such code; a platform may",
    ("acpi.notification", "arm.serror-routing"),
)
SEI_MASKED = Text(
    "firmware.sei-masked",
    "has to wait with its SError",
    "PSTATE.A is 1 where it would go, and without FEAT_E3DSE EL3 cannot make an SError pending for a lower level",
    ("arm.serror-masking", "arm.e3dse"),
)
BY_SDEI = Text(
    "firmware.sdei",
    "notifies by SDEI: dispatches event {vector}",
    "The kernel has registered and enabled it. It does not ask for PSTATE.{{D,A,I,F}}, and is asynchronous to what was "
    "interrupted",
    ("acpi.notification", "tf-a.sdei_dispatch_event"),
)
SDEI_REFUSED = Text(
    "firmware.sdei-refused",
    "logs that SDEI event {vector} cannot be dispatched, and returns",
    "The kernel never registered it: {because}. Nothing tries again",
    ("tf-a.sdei_dispatch_event", "tf-a.nrd"),
)
BY_INTERRUPT = Text(
    "firmware.interrupt",
    "notifies by {notify}: makes an interrupt pending, and returns",
    "{means}. The kernel takes it when it has interrupts unmasked",
    ("acpi.notification",),
)
BY_POLL = Text(
    "firmware.poll",
    "notifies nobody, and returns",
    "The source is polled: the kernel looks every {milliseconds} ms",
    ("acpi.notification",),
)
NOT_ON_ARM64 = Text(
    "firmware.not-on-arm64",
    "cannot notify by {notify}, and returns",
    "{means}: nothing on arm64 works so, and Linux refuses such a source",
    ("acpi.notification", "linux.ghes_probe"),
)
UNREAD = Text(
    "firmware.unread",
    "leaves its block unread",
    "Nobody looks at this source: {because}",
    ("linux.ghes_probe",),
)
REPEATS = Text(
    "firmware.repeats",
    "is entered by the same abort again",
    "It returned to the instruction that consumed the error, and nothing there has changed",
    ("arm.reporting",),
)


def notify(s: Scenario, m: Reported) -> Stage:
    """By the mechanics of the source's type."""
    return (yield from _MECHANICS.get(m.source.notify, _not_on_arm64)(s, m))


def _poll(s: Scenario, m: Reported) -> Stage:
    yield EL3(BY_POLL, milliseconds=m.source.poll_interval)
    if because := refused(s, kernel_of(s), m.source):
        yield EL3(UNREAD, because=because)
        return (yield from unheard(m.error))
    if m.error.consumed:
        yield EL3(REPEATS)
    return "ghes_proc", _arrival(s, m._replace(source=m.source.heard()), "poll")


def _interrupt(s: Scenario, m: Reported) -> Stage:
    kernel, name = kernel_of(s), Notify(m.source.notify)
    because = refused(s, kernel, m.source)
    to = None if because else kernel.by("kernel")
    means = name.means.capitalize()
    yield EL3(BY_INTERRUPT, to=to, carries=Interrupt(name.name), notify=name.name, means=means)
    if because:
        yield EL3(UNREAD, because=because)
        return (yield from unheard(m.error))
    return arrive(_arrival(s, m, "interrupt"))


def _not_on_arm64(s: Scenario, m: Reported) -> Stage:
    known = m.source.notify if isinstance(m.source.notify, Notify) else None
    name, means = (known.name, known.means) if known else (f"type {m.source.notify}", "no document names it")
    yield EL3(NOT_ON_ARM64, notify=name, means=means.capitalize())
    return (yield from unheard(m.error))


def _sea(s: Scenario, m: Reported) -> Stage:
    if m.error.kind != "SEA":
        yield EL3(NO_SEA)
        return (yield from unheard(m.error))
    return (yield from enter(s, m.error, "SEA", m, BY_SEA))


def _sei(s: Scenario, m: Reported) -> Stage:
    return (yield from enter(s, m.error, "SError", m, BY_SEI))


def _sdei(s: Scenario, m: Reported) -> Stage:
    kernel = kernel_of(s)
    if because := refused(s, kernel, m.source):
        yield EL3(SDEI_REFUSED, vector=m.source.vector, because=because)
        return (yield from unheard(m.error))
    event = Interrupt(f"SDEI event {m.source.vector}")
    yield EL3(BY_SDEI, to=kernel.by("APEI"), carries=event, sets={"PE": kernel.el}, vector=m.source.vector)
    return "ghes_sdei", _arrival(s, m, "SDEI")


_MECHANICS: dict[int, Callable[[Scenario, Reported], Stage]] = {
    Notify.POLLED: _poll,
    Notify.EXTERNAL: _interrupt,
    Notify.LOCAL: _not_on_arm64,
    Notify.SCI: _interrupt,
    Notify.NMI: _not_on_arm64,
    Notify.CMCI: _not_on_arm64,
    Notify.MCE: _not_on_arm64,
    Notify.GPIO: _interrupt,
    Notify.SEA: _sea,
    Notify.SEI: _sei,
    Notify.GSIV: _interrupt,
    Notify.SDEI: _sdei,
}


def enter(s: Scenario, m: Error, kind: str, reported: Reported | None, text: Text) -> Stage:
    """EL3 enters a lower level's vector as the PE would have done with SCR_EL3.EA = 0."""
    went = taken(s, m.who, kind, to_el3=False)
    if went.target is None:
        yield EL3(SEI_MASKED)
        yield ended("host", "pending")
        return END
    kernel, target = kernel_of(s), f"EL{went.target}"
    esr = syndrome(m._replace(kind=kind), same_el=went.from_el == went.target)
    yield EL3(
        text,
        to=Place("host", target, "KVM") if m.who.guest else kernel.by("kernel"),
        carries=ArmException(kind, target, esr, went.vector),
        sets={"PE": target, f"ESR_{target}": f"{esr:#x}"},
        target=target,
    )
    if reported:
        return arrive(_arrival(s, reported, kind, esr))
    return arrive(Arrival(kernel, m.who, kind, esr, m.consumed, 0, None, b""))


def _arrival(s: Scenario, m: Reported, kind: str, esr: int = 0) -> Arrival:
    """What the kernel meets: the record is cleared, the block is written."""
    e = m.error
    return Arrival(kernel_of(s), e.who, kind, esr, e.consumed, 0, m.source, m.block)


def unheard(m: Error) -> Stage:
    """EL3 has returned, and no kernel knows."""
    if m.consumed:
        yield EL3(REPEATS)
    yield ended("host", "storm" if m.consumed else "lost")
    return END
