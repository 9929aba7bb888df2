"""A walk: from the error to its last consequence, one step at a time."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from ..formats.hest import Hest
from .cpu import begin, exception_entry, hardware
from .el3 import el3_entry, firmware, notification
from .kvm import kvm, rejected, vcpu_ioctl, vcpu_run, world_switch
from .linux import apei, consumer, kernel, kernel_first, memory_failure, records_read, sections
from .model.late import is_open, now
from .model.messages import Start
from .model.outcome import Mark, Outcome
from .model.platform import source_of
from .model.scenario import Scenario
from .model.trace import Next, Stage, Step, Trace
from .qemu import qemu, qemu_ghes, qmp
from .remembered import Remembered

# Everything that can happen, in the order of the story.
STAGES: dict[str, Callable[[Scenario, Any], Stage]] = {
    stage.__name__: stage
    for stage in (
        begin.begin,
        hardware.meet,
        hardware.pend,
        exception_entry.take,
        exception_entry.take_at_el3,
        hardware.interrupt,
        el3_entry.sync_and_handle_pending_serror,
        el3_entry.delegate_ea,
        el3_entry.ea_proceed,
        el3_entry.plat_handle_el3_ea,
        el3_entry.ras_interrupt_handler,
        firmware.triage,
        firmware.write_cper,
        notification.notify,
        records_read.read_erxstatus,
        world_switch.guest_enter,
        world_switch.guest_exit_esb,
        world_switch.guest_exit,
        world_switch.hyp_panic,
        kvm.kvm_handle_guest_sea,
        kvm.kvm_sea_default,
        kvm.kvm_handle_guest_serror,
        kvm.kvm_serror_default,
        kvm.kvm_inject_serror,
        rejected.handle_guest_sei,
        kernel.do_sea,
        kernel.do_sea_default,
        consumer.get_signal,
        kernel.do_serror,
        kernel.do_serror_default,
        kernel.handle_irq,
        apei.apei_claim_sea,
        apei.apei_claim_sei,
        apei.ghes_sdei,
        apei.ghes_in_nmi_queue_one_entry,
        apei.ghes_proc,
        sections.ghes_do_proc,
        kernel_first.kernel_first,
        memory_failure.memory_failure,
        memory_failure.touch,
        vcpu_run.user_mem_abort,
        vcpu_run.xfer_to_guest_mode_handle_work,
        qemu.sigbus_handler,
        qemu.kvm_arch_on_sigbus_vcpu,
        qemu_ghes.acpi_ghes_memory_errors,
        qmp.qmp_inject_ghes_v2_error,
        qemu_ghes.tell_guest,
        vcpu_run.kvm_ioctl,
        vcpu_ioctl.kvm_vcpu_ioctl,
        vcpu_ioctl.kvm_arm_vcpu_set_events,
        vcpu_ioctl.kvm_arm_vcpu_get_events,
        vcpu_ioctl.kvm_put_vcpu_events,
        vcpu_ioctl.kvm_arch_vcpu_ioctl_run,
    )
}

FIRST = next(iter(STAGES))  # where every scenario begins
Said: TypeAlias = tuple[Step | Mark, ...]


def played(stage: str, message: Any, s: Any) -> tuple[Said, Next]:
    """What one stage says, all of it, and what it returns. *s* is a scenario, or stands in for one."""
    said, running = [], STAGES[stage](s, message)
    while True:
        try:
            said.append(next(running))
        except StopIteration as end:
            return tuple(said), end.value


def events_from(s: Scenario, stage: str, message: Any) -> Iterator[Step | Mark]:
    """Everything from *stage* on: its steps and marks, and those of the stages that follow."""
    found: Next = (stage, message)
    while found:
        name, message = found
        found = yield from STAGES[name](s, message)


def events(s: Scenario, hest: Hest | None = None, block: bytes | None = None) -> Iterator[Step | Mark]:
    """Everything that happens in *s*, steps and marks; *hest* and *block* as for `steps`."""
    return events_from(s, FIRST, Start(source_of(hest, s.host.notify) if hest else None, block))


def steps(s: Scenario, *, hest: Hest | None = None, block: bytes | None = None) -> Iterator[Step]:
    """The steps of *s* from the first: `next()` takes one.

    *hest* takes the place of the table that the host's firmware would advertise: its source that notifies by
    `s.host.notify`, or else its first. *block* takes the place of the bytes that firmware would write; what memory it
    names is taken to be the memory that went wrong. Raises ValueError if *hest* has no source.
    """
    return (said for said in events(s, hest, block) if isinstance(said, Step))


def walk(s: Scenario, *, hest: Hest | None = None, block: bytes | None = None) -> Trace:
    """Everything that happens in *s*; *hest* and *block* as for `steps`."""
    if hest or block is not None:
        return Trace.of(s, events(s, hest, block))
    steps, marks = list[Step](), list[Mark]()
    for told, noted, _ in _course(s):
        steps += [one(s) if isinstance(one, Remembered) else one for one in told]
        marks += noted
    return Trace(s, tuple(steps), Outcome().after(*marks)._asdict())


def outcome(s: Scenario) -> dict[str, str]:
    """How *s* ends, in words of `outcome.ENDS`."""
    return Outcome().after(*(mark for played in _course(s) for mark in played.noted))._asdict()


# --- stages are pure: what one has said once, it says again ----------------------------------------------------------


class _Played(NamedTuple):
    """What a stage said and noted, and what follows. A step that shows more choices than were read looks at them."""

    told: tuple[Step | Remembered[Step], ...]
    noted: tuple[Mark, ...]
    then: "Remembered[_Played] | None"


def _course(s: Scenario) -> Iterator[_Played]:
    """What the stages have to say of *s*, one after the other."""
    then: Remembered[_Played] | None = _known(FIRST, Start())
    while then:
        played = then(s)
        yield played
        then = played.then


@cache
def _known(stage: str, message: Any) -> Remembered[_Played]:
    """A *stage* that has got this *message*. There are some ten thousands of these in all."""

    def play(s: Scenario) -> _Played:
        said, found = played(stage, message, s)
        told = [_known_step(one) if is_open(one) else one for one in said if isinstance(one, Step)]
        marks = [one for one in said if isinstance(one, Mark)]
        return _Played(tuple(told), tuple(marks), _known(*found) if found else None)

    return Remembered(play)


@cache
def _known_step(step: Step) -> Remembered[Step]:
    return Remembered(lambda s: shown(s, step))


def shown(s: Scenario, step: Step) -> Step:
    """*step* with all that it shows looked at, as it is in *s*; what is None was never there."""
    looked = now(s, step)
    return looked._replace(sets=tuple([pair for pair in looked.sets if pair[1] is not None]))
