"""A walk: from the error to its last consequence, one step at a time."""

from collections.abc import Callable, Generator
from typing import Any

from ..formats.hest import Hest
from . import (
    apei,
    begin,
    consumer,
    el3_entry,
    firmware,
    hardware,
    kernel,
    kernel_first,
    kvm,
    memory_failure,
    notification,
    qemu,
    qemu_ghes,
    qmp,
    records_read,
    rejected,
    sections,
    taking,
    vcpu_ioctl,
    vcpu_run,
    world_switch,
)
from .messages import Start
from .outcome import Mark, Outcome
from .platform import source_of
from .scenario import Scenario
from .trace import Next, Stage, Step, Trace

# Everything that can happen, in the order of the story.
STAGES: dict[str, Callable[[Scenario, Any], Stage]] = {
    stage.__name__: stage
    for stage in (
        begin.begin,
        hardware.meet,
        hardware.pend,
        taking.take,
        taking.take_at_el3,
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


def run(s: Scenario, stage: str, message: Any) -> Generator[Step, None, Outcome]:
    """The steps from *stage* on; what it returns is how it ended."""
    found: Next = (stage, message)
    marks: list[Mark] = []
    while found:
        name, message = found
        running = STAGES[name](s, message)
        while True:
            try:
                said = next(running)
            except StopIteration as end:
                found = end.value
                break
            if isinstance(said, Mark):
                marks.append(said)
            else:
                yield said
    return Outcome().after(*marks)


def steps(s: Scenario, *, hest: Hest | None = None, block: bytes | None = None) -> Generator[Step, None, Outcome]:
    """The steps of *s* from the first: `next()` takes one.

    *hest* takes the place of the table that the host's firmware would advertise: its source that notifies by
    `s.host.notify`, or else its first. *block* takes the place of the bytes that firmware would write; what memory it
    names is taken to be the memory that went wrong. Raises ValueError if *hest* has no source.
    """
    source = source_of(hest, s.host.notify) if hest else None
    return run(s, FIRST, Start(source, block))


def walk(s: Scenario, *, hest: Hest | None = None, block: bytes | None = None) -> Trace:
    """Everything that happens in *s*; `hest` and `block` as for `steps`."""
    found, ended = [], steps(s, hest=hest, block=block)
    while True:
        try:
            found.append(next(ended))
        except StopIteration as end:
            return Trace(s, tuple(found), end.value._asdict())


def outcome(s: Scenario, *, hest: Hest | None = None, block: bytes | None = None) -> dict[str, str]:
    """How *s* ends, in words of `trace.ENDS`."""
    return walk(s, hest=hest, block=block).outcome
