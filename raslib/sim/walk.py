"""A walk: one scenario from the error to its last consequence, one step at a time.

`STAGES` is the whole machinery: a stage is a function of a scenario and a message that yields steps and marks (events),
and returns the name of the next stage with its message, or the mark that ends it. `walk` runs them one after the other.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from ..formats.hest import Hest
from .cpu import exception_entry, hardware
from .el3 import el3_entry, firmware, notification
from .kvm import kvm, vcpu_events, vcpu_run
from .linux import apei, kernel, kernel_first, memory_failure, sections
from .model.choices import Begin, Ghes
from .model.lazy import Partial
from .model.messages import Start
from .model.outcome import Mark, Outcome
from .model.platform import Ram
from .model.scenario import AXES, Scenario
from .model.trace import END, Next, Stage, Step, Trace
from .qemu import qemu

BEGINNINGS: dict[Begin, str] = {  # -> the first stage
    Begin.ERROR: "meet",
    Begin.QMP: "qmp_inject_ghes_v2_error",
    Begin.EVENTS: "kvm_vcpu_ioctl",
    Begin.RECORDS: "read_erxstatus",
}


def begin(s: Scenario, m: Start) -> Stage:
    """Nothing has happened yet."""
    yield from ()
    return BEGINNINGS[s.begin], m


# Everything that can happen, in the order of the story.
# fmt: off
STAGES: dict[str, Callable[[Scenario, Any], Stage]] = {stage.__name__: stage for stage in (
    begin,
    hardware.meet, hardware.pend, exception_entry.take, exception_entry.take_at_el3, hardware.interrupt,
    el3_entry.sync_and_handle_pending_serror, el3_entry.delegate_ea, el3_entry.ea_proceed,
    el3_entry.plat_handle_el3_ea, el3_entry.ras_interrupt_handler,
    firmware.triage, firmware.write_cper, notification.notify,
    kernel_first.read_erxstatus,
    vcpu_run.guest_enter, vcpu_run.guest_exit_esb, vcpu_run.guest_exit, vcpu_run.hyp_panic,
    kvm.kvm_handle_guest_sea, kvm.kvm_sea_default,
    kvm.kvm_handle_guest_serror, kvm.kvm_serror_default, kvm.kvm_inject_serror, kvm.handle_guest_sei,
    kernel.do_sea, kernel.do_sea_default, kernel.get_signal,
    kernel.do_serror, kernel.do_serror_default, kernel.handle_irq,
    apei.apei_claim_sea, apei.apei_claim_sei, apei.ghes_sdei, apei.ghes_in_nmi_queue_one_entry, apei.ghes_proc,
    sections.ghes_do_proc, sections.ghes_proc_done,
    kernel_first.kernel_first,
    memory_failure.memory_failure, memory_failure.touch,
    vcpu_run.user_mem_abort, vcpu_run.xfer_to_guest_mode_handle_work,
    qemu.sigbus_handler, qemu.kvm_arch_on_sigbus_vcpu, qemu.acpi_ghes_memory_errors, qemu.emulate_record,
    qemu.qmp_inject_ghes_v2_error, qemu.tell_guest,
    vcpu_run.kvm_ioctl,
    vcpu_events.kvm_vcpu_ioctl, vcpu_events.kvm_arm_vcpu_set_events, vcpu_events.kvm_arm_vcpu_get_events,
    vcpu_events.kvm_put_vcpu_events, vcpu_events.kvm_arch_vcpu_ioctl_run,
)}
# fmt: on

FIRST = next(iter(STAGES))  # where every scenario begins
Events: TypeAlias = tuple[Step | Mark, ...]


def run_stage(stage: str, message: Any, s: Any) -> tuple[Events, Next]:
    """All events of one stage, and what it returns: the next stage with its message, or END.

    *s* is a scenario, or stands in for one (`model.lazy`); then raises what reading an unknown choice raises.
    """
    events, running = [], STAGES[stage](s, message)
    while True:
        try:
            events.append(next(running))
        except StopIteration as end:
            return ((*events, end.value), END) if isinstance(end.value, Mark) else (tuple(events), end.value)


def events_from(s: Scenario, stage: str, message: Any) -> Iterator[Step | Mark]:
    """Everything from *stage* on, entered with *message*: its steps and marks, and those of the stages that follow."""
    following: Next | Mark = (stage, message)
    while following and not isinstance(following, Mark):
        stage, message = following
        following = yield from STAGES[stage](s, message)
    if following:
        yield following


def events(
    s: Scenario, hest: Hest | None = None, block: bytes | None = None, ram: Ram | None = None, source: int | None = None
) -> Iterator[Step | Mark]:
    """Everything that happens in *s*, steps and marks in their order; the rest is as for `walk`."""
    return events_from(s, FIRST, Start(None if hest is None else s.source(hest, source), block, ram or Ram()))


def steps(
    s: Scenario, *, hest: Hest | None = None, block: bytes | None = None, ram: Ram | None = None
) -> Iterator[Step]:
    """The steps of *s* from the first: `next()` takes one. The arguments, and what is raised, are as for `walk`."""
    return (event for event in events(s, hest, block, ram) if isinstance(event, Step))


def walk(
    s: Scenario,
    *,
    hest: Hest | None = None,
    source: int | None = None,
    block: bytes | None = None,
    ram: Ram | None = None,
) -> Trace:
    """The trace of *s*: all its steps, and the outcome.

    *hest* takes the place of the table that the host's firmware would advertise: its first source that notifies by
    `s.host.notify` speaks, or that of them with the id *source*, and the trace's scenario has its version as
    `host.ghes`. *block* takes the place of the bytes that firmware would write, a Generic Error Status Block (ACPI 6.5
    §18.3.2.7.1) as long as they are; what memory it names is taken to be the memory that went wrong. *ram* says where
    the host has memory, and what single pages of it are; of other pages the scenario says it.
    Raises ValueError if *hest* has no such source: it names by what those that it has notify.

    >>> from raslib import Scenario, walk
    >>> walk(Scenario.of("error.report=SError")).outcome["host"]
    'lost'
    """
    if hest is not None and (speaks := s.source(hest, source)):
        s = s.choose(host_ghes=Ghes.V2 if speaks.ack else Ghes.V1)
    return Trace.of(s, events(s, hest, block, ram, source), hest, source)


def outcome(s: Scenario, *, hest: Hest | None = None, source: int | None = None) -> dict[str, str]:
    """How *s* ends: each part of an `Outcome` with its word: an end of `ENDS`, yes, no, a signal or none.

    *hest*, *source*, and what is raised, are as for `walk`.
    """
    marks = (event for event in events(s, hest, source=source) if isinstance(event, Mark))
    return Outcome().after(*marks)._asdict()


def decided_by(s: Scenario) -> dict[str, int]:
    """The axes that stages read on their way through *s*, in order: what is only shown is none of them.

    Each with the number of the steps that were taken before the stage that first reads it.
    """
    choices, read, taken = {name: s[name] for name in AXES}, dict[str, int](), 0
    following: Next = (FIRST, Start())
    while following:
        here: list[str] = []
        events, following = run_stage(*following, Partial(choices, here))
        read |= {axis: taken for axis in here if axis not in read}
        taken += sum(isinstance(event, Step) for event in events)
    return read
