"""Worked cases: a scenario, what is known to become of it, and where that is known from."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml
from formats.acpi_checks import sample

from raslib.formats import arm, ghes
from raslib.formats.cper import Severity
from raslib.formats.hest import Hest
from raslib.formats.memory import MemoryValid, PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.sim.cpu import syndromes
from raslib.sim.cpu.hardware import EL3
from raslib.sim.model.choices import Category
from raslib.sim.model.messages import HardwareError, Start, Who
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import Scenario
from raslib.sim.model.trace import Step
from raslib.sim.walk import events_from, walk

Given = Callable[[], dict[str, Any]]
RECOVERABLE, FATAL = Severity.RECOVERABLE, Severity.FATAL


def entry(section: Any, severity: Severity = RECOVERABLE) -> ghes.DataEntry:
    return ghes.DataEntry(section_type=GUIDS[type(section)], error_severity=severity, section=section)


def block(*entries: ghes.DataEntry, **fields: Any) -> Given:
    """Firmware writes these entries."""
    status = ghes.BlockStatus(uncorrectable=True)
    made = ghes.StatusBlock(**{"block_status": status, "error_severity": RECOVERABLE, "entries": entries, **fields})
    return lambda: {"block": made.build()}


def table(change: Callable[[Hest], Hest]) -> Given:
    """Firmware advertises a changed table."""
    return lambda: {"hest": change(Scenario.of("host.notify=GSIV").host.hest())}


def shorter(hest: Hest) -> Hest:
    """The source has no room for the block that firmware writes."""
    return hest.replace(error_sources=(hest.error_sources[0].replace(error_status_block_length=100),))


def twins(hest: Hest) -> Hest:
    """Two sources, SEA and GPIO, with the same id."""
    both = Scenario().guest.hest().error_sources
    return hest.replace(error_sources=tuple(source.replace(source_id=3) for source in both))


MEMORY = PlatformMemory(validation_bits=MemoryValid(physical_address=True), physical_address=0x8_4000_1000)
CORE = arm.ArmProcessor(error_information=(arm.ErrorInformation(type=arm.type_byte(arm.Kind.BUS)),))


class Case(NamedTuple):
    number: int  # in the list of worked cases; 0 for those that others there build upon, and our own
    what: str
    choices: str
    outcome: dict[str, str]  # whole, but for what is none
    given: Given = dict
    says: tuple[str, ...] = ()  # parts of steps, in order


PROCESS = "cpu.running=host-user"
KERNEL = "cpu.running=host-kernel"
CLAIMED = {"claimed": "APEI", "acked": "yes"}
TO_QEMU = {**CLAIMED, "host": "recovered", "signal": "BUS_MCEERR_AR"}
IN_THE_GUEST = {**TO_QEMU, "end": "sigbus_ar", "guest": "sigbus_ar", "guest_acked": "yes"}
AO = "BUS_MCEERR_AO"
AO_AR = "BUS_MCEERR_AO, BUS_MCEERR_AR"

# fmt: off
CASES = [
    # EL3 firmware
    Case(23, "a handler took the abort, and no platform code tells anybody", "host.reports=false",
         {"end": "storm", "host": "storm"},
         says=("returns to what was interrupted, and tells nobody", "is entered by the same abort again")),
    Case(0, "TF-A 2.15 takes every abort for uncontainable", "host.tf_a=2.15", {"end": "fw_panic", "host": "fw_panic"}),
    Case(0, "an SError that is uncontainable", "error.report=SError error.category=UC",
         {"end": "fw_panic", "host": "fw_panic"}, says=("panics: the error is uncontainable",)),
    # Linux, no guest
    Case(0, "a process consumes an error in its own memory", PROCESS,
         {**CLAIMED, "end": "sigbus_ar", "host": "recovered", "signal": "BUS_MCEERR_AR"}),
    Case(41, "the same in a clean page of the page cache", f"{PROCESS} host.page=file-clean",
         {**CLAIMED, "end": "recovered", "host": "recovered"}, says=("drops the page",)),
    Case(43, "an abort with a corrected record kills the task", f"{PROCESS} cper.severity=CORRECTED",
         {**CLAIMED, "end": "sigbus_kernel", "host": "sigbus_kernel", "signal": "SI_KERNEL"}),
    Case(45, "a source is there, its block is empty", PROCESS,
         {"end": "sigbus_objerr", "host": "sigbus_objerr", "signal": "BUS_OBJERR", "acked": "no"},
         lambda: {"block": bytes(172)}, ("sees at a glance that no SEA source has a block",)),
    Case(47, "the kernel consumes it: APEI is not asked, the record waits", KERNEL,
         {"end": "host_oops", "host": "host_oops", "acked": "no"}, says=("does not ask APEI", "oopses")),
    Case(49, "SDEI, nothing consumed, a process that wants to know late", "error.report=interrupt host.notify=SDEI "
         "host.owner=process error.touched_later=true",
         {**CLAIMED, "end": "sigbus_ar", "host": "recovered", "signal": "BUS_MCEERR_AR"},
         says=("asks memory_failure()", "signals nobody", "when the isolated page is touched")),
    Case(51, "corrected errors that come too often", "error.report=interrupt error.category=CE host.notify=GSIV "
         "cper.threshold_exceeded=true", {**CLAIMED, "end": "logged", "host": "logged"}, says=("soft offline",)),
    Case(53, "a source by SEI is refused, and the SError panics", f"{KERNEL} error.report=SError host.notify=SEI",
         {"end": "host_panic", "host": "host_panic", "acked": "no"}, says=('panics: "Asynchronous SError Interrupt"',)),
    Case(55, "a restartable SError is not even logged", f"{KERNEL} error.report=SError error.category=UEO "
         "host.first=kernel", {"end": "ignored", "host": "ignored"}),
    Case(57, "an SError of a device", f"{KERNEL} error.report=device-SError host.first=kernel",
         {"end": "host_panic", "host": "host_panic"}),
    Case(59, "two sources share an id: as if there were no source", PROCESS,
         {"end": "sigbus_objerr", "host": "sigbus_objerr", "signal": "BUS_OBJERR", "acked": "no"}, table(twins),
         ("it did not take the source when it booted",)),
    Case(61, "the block is longer than its source says", "error.report=interrupt host.notify=GSIV",
         {"end": "lost", "host": "lost", "acked": "yes"}, table(shorter), ("Invalid error status block length",)),
    Case(63, "memory and processor sections: the last one decides", PROCESS,
         {**CLAIMED, "end": "sigbus_kernel", "host": "recovered", "signal": "SI_KERNEL"},
         block(entry(MEMORY), entry(CORE)),
         ("asks memory_failure()", "processor error type 0x08", "forces SIGBUS", "isolates the page")),
    Case(65, "a fatal section in a recoverable block", "error.report=interrupt host.notify=GSIV",
         {**CLAIMED, "end": "logged", "host": "logged"}, block(entry(MEMORY, FATAL))),
    Case(67, "kernel-first: nobody reads the record", f"{PROCESS} host.first=kernel",
         {"end": "sigbus_objerr", "host": "sigbus_objerr", "signal": "BUS_OBJERR"},
         says=("leaves ERR<n>STATUS unread",)),
    Case(0, "kernel-first: no corrected error is counted", "error.report=interrupt error.category=CE host.first=kernel",
         {"end": "lost", "host": "lost"}),
    Case(0, "SDEI on a host without VHE", "error.report=interrupt host.notify=SDEI host.vhe=false",
         {"end": "lost", "host": "lost", "acked": "no"}, says=("logs that SDEI event 804 cannot be dispatched",)),
    Case(0, "Linux 5.4 does not listen to APEI", f"{PROCESS} host.linux=5.4",
         {**CLAIMED, "end": "sigbus_objerr", "host": "recovered", "signal": "BUS_OBJERR"},
         says=("calls APEI, and does not look at its answer", "isolates the page", "forces SIGBUS, BUS_OBJERR")),
    # KVM and QEMU
    Case(0, "80: the default story", "", IN_THE_GUEST),
    Case(81, "the same with ras=off", "guest.notify=none", {**TO_QEMU, "end": "vm_exit", "vm": "vm_exit"},
         says=('ends itself: "Hardware memory error!"',)),
    Case(0, "82: the guest's kernel consumes it, and does not acknowledge", "guest.running=kernel",
         {**TO_QEMU, "end": "guest_oops", "guest": "guest_oops", "guest_acked": "no"}),
    Case(83, "the next one, QEMU 10.2", "guest.acked=false",
         {**TO_QEMU, "end": "vm_abort", "vm": "vm_abort", "guest_acked": "no"}),
    Case(83, "the next one, QEMU 11.0", "guest.acked=false guest.qemu=11.0",
         {**TO_QEMU, "end": "vm_exit", "vm": "vm_exit", "guest_acked": "no"}),
    Case(0, "84: nobody claims the guest's abort", "host.first=kernel", {"end": "guest_panic", "guest": "guest_panic"}),
    Case(85, "the same, and the VMM has asked for such aborts", "host.first=kernel guest.sea_to_user=true",
         {"end": "vmm_decides", "vm": "vmm_decides"}, says=("KVM_EXIT_ARM_SEA",)),
    Case(0, "before 6.19 it could not ask", "host.first=kernel guest.sea_to_user=true host.linux=6.18",
         {"end": "guest_panic", "guest": "guest_panic"}),
    Case(87, "it has asked, but APEI claims", "guest.sea_to_user=true", IN_THE_GUEST),
    Case(89, "a recoverable SError of the guest", "host.first=kernel error.report=SError",
         {"end": "guest_panic", "guest": "guest_panic"}, says=("leaves the guest", "kvm_inject_serror()", "panics")),
    Case(91, "a device raises an SError in the guest", "host.first=kernel error.report=device-SError",
         {"end": "guest_panic", "guest": "guest_panic"}),
    Case(0, "94: nothing consumed: QEMU knows, the guest does not", "error.report=interrupt host.notify=GSIV",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": AO}, says=("does not tell the guest",)),
    Case(95, "then the guest touches the page", "error.report=interrupt host.notify=GSIV error.touched_later=true",
         {**IN_THE_GUEST, "signal": AO_AR}, says=("takes a stage 2 fault", "on the thread of a vCPU")),
    Case(97, "the memory is QEMU's own", "error.report=interrupt host.notify=GSIV error.touched_later=true "
         "host.owner=QEMU", {**CLAIMED, "end": "vm_exit", "vm": "vm_exit", "host": "recovered", "signal": AO_AR}),
    Case(0, "a SIGBUS without an address kills QEMU", "cper.severity=CORRECTED",
         {**CLAIMED, "end": "vm_abort", "vm": "vm_abort", "host": "sigbus_kernel", "signal": "SI_KERNEL"}),
    *(Case(115, f"a guest that consumes, on a host told by {notify}", f"host.notify={notify}",
           {**IN_THE_GUEST, "signal": signal})
      for notify, signal in {"SEA": "BUS_MCEERR_AR", "SDEI": AO_AR, "GSIV": AO_AR, "POLLED": AO_AR}.items()),
]
# fmt: on
cases = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number or 'own'}: {c.what}")


@cases
def test_what_becomes_of_it(case: Case):
    trace = walk(Scenario.of(*case.choices.split()), **case.given())
    assert {name: said for name, said in trace.outcome.items() if said != "none"} == case.outcome
    left = iter([step.does for step in trace])
    for part in case.says:
        assert any(part in does for does in left), f"{part!r} is not said, or not there"


def test_case_21_an_abort_on_a_table_walk_is_for_the_handlers_to_decide():
    """TF-A 2.12: SET is UC, but the fault status is not 0x10, and so SET does not count."""
    on_walk = syndromes.sea(Category.UC, same_el=False) & ~0x3F | 0x14
    error = HardwareError("SEA", syndromes.recorded(Category.UER, True), Who(True, True), Start(), on_walk)
    for tf_a in ("2.12", "2.15"):
        said = events_from(Scenario.of(f"host.tf_a={tf_a}"), "triage", error)
        assert next(one.does for one in said if isinstance(one, Step) and one.place == EL3) == "triages the error: UER"


def test_case_53_the_source_is_refused_by_its_type():
    """Whoever sends an SError by such a source, nobody looks at its block; asked of a kernel that would ask."""
    from raslib.sim.linux.hest_init import refused
    from raslib.sim.model.messages import Kernel
    from raslib.sim.model.platform import host_source

    by_sei = host_source(Scenario.of("host.notify=SEI").host.notify, True)
    assert refused(Scenario(), Kernel("host", "EL2"), by_sei) == "Linux knows no notification of type 9 (SEI)"
    assert refused(Scenario.of("stance=architecture"), Kernel("host", "EL2"), by_sei) == ""


@pytest.mark.parametrize("notify", ["LOCAL", "NMI", "CMCI", "MCE"])
def test_types_that_arm64_does_not_have(notify: str):
    for stance in ("as-built", "architecture"):
        trace = walk(Scenario.of(f"host.notify={notify}", "error.report=interrupt", f"stance={stance}"))
        assert trace.outcome["end"] == "lost"
        assert trace.steps[-1].does == f"cannot notify by {notify}, and returns"


@pytest.mark.parametrize(
    ("category", "as_built", "in_a_guest"),
    [
        ("CE", "ignored", "ignored"),
        ("UEO", "ignored", "ignored"),
        ("UER", "host_panic", "guest_panic"),
        ("UEU", "host_panic", "guest_panic"),
        ("UC", "host_panic", "host_panic"),
    ],
)
def test_an_serror_is_judged_by_its_syndrome_alone(category: str, as_built: str, in_a_guest: str):
    for kernel in (PROCESS, KERNEL):
        s = Scenario.of("host.first=kernel", "error.report=SError", f"error.category={category}", kernel)
        assert walk(s).outcome["end"] == as_built
    assert walk(s.choose("cpu.running=guest")).outcome["end"] == in_a_guest


def test_a_spurious_ras_serror_means_panic_by_the_mail():
    """What Linux does for a guest is the exception: the mail wants the host to panic."""
    s = Scenario.of("error.report=SError", "host.notify=SEI", "host.apei=disabled")
    assert walk(s).outcome["end"] == "guest_panic"
    told = walk(s.choose("stance=architecture"))
    assert told.outcome["end"] == "host_panic"
    assert told.steps[-1].does == "panics: nobody knows of this SError"


def test_a_plain_serror_of_the_guest_stays_the_guests_in_both_stances():
    for stance in ("as-built", "architecture"):
        s = Scenario.of("error.report=device-SError", "host.first=kernel", f"stance={stance}")
        assert walk(s).outcome["end"] == "guest_panic"


# --- the list that others keep ---------------------------------------------------------------------------------------


def test_our_cases_agree_with_the_list():
    """Wherever the list of worked cases says a plain word, ours says the same."""
    listed = {case["id"]: case["expect"] for case in yaml.safe_load(sample("cases/scenarios.yaml"))}
    compared = 0
    for case in CASES:
        expect = listed.get(case.number, {}) if case.number != 83 else {}
        for said, ours in (("end", "end"), ("guest_end", "end"), ("guest_end_all", "end"), ("host_end", "host")):
            if (word := expect.get(said)) in ENDS:
                assert case.outcome.get(ours, "none") == word, case
                compared += 1
        if "ack" in expect:
            assert case.outcome.get("acked") == ("yes" if expect["ack"] else "no"), case
            compared += 1
        if expect.get("signal") == "none":
            assert "signal" not in case.outcome, case
        if codes := expect.get("qemu_codes"):
            notify = case.choices.split("=")[1].capitalize() if "POLLED" in case.choices else case.choices.split("=")[1]
            assert case.outcome["signal"] == ", ".join(f"BUS_MCEERR_{code}" for code in codes[notify])
    assert listed[53]["serror_uer_at_el1"] == "host_panic"
    assert [c.outcome["end"] for c in CASES if c.number == 83] == [listed[83]["qemu_10_2"], listed[83]["qemu_11_0"]]
    assert compared >= 20
