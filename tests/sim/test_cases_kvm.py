"""Worked cases of KVM and QEMU: what leaves a guest and what enters it, signals, QMP, events, the rejected design."""

import pytest
import yaml
from formats.acpi_checks import sample
from sim.test_cases import AO, AO_AR, CLAIMED, IN_THE_GUEST, TO_QEMU, Case

from raslib.formats.ghes import StatusBlock
from raslib.sim.cpu import syndromes
from raslib.sim.kvm.kvm import exit_arm_sea
from raslib.sim.kvm.vcpu_run import deferred, disr_to_esr
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.platform import advertised_by
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import ArmException, CperBytes, Ioctl, RegisterContent, Sigbus
from raslib.sim.qemu import qemu
from raslib.sim.walk import walk

SERROR = "host.first=kernel error.report=SError"
LATER = "error.report=interrupt host.notify=GSIV"
TOUCHED = f"{LATER} error.touched_later=true"
EVENTS = "begin=vcpu-events"
GUEST_PANIC = {"end": "guest_panic", "guest": "guest_panic"}
HOST_PANIC = {"end": "host_panic", "host": "host_panic"}
DECIDES = {"end": "l1_decides", "guest": "l1_decides"}
PENDING = {"end": "pending", "guest": "pending"}
REFUSED = {"end": "api_error", "vm": "api_error"}

# fmt: off
CASES = [
    # between the worlds
    Case(92, "an SError pends when the guest is left", f"{SERROR} cpu.moment=leaving-guest", GUEST_PANIC,
         says=("begins with an ESB", "puts the exit aside", "kvm_inject_serror()", "panics")),
    Case(0, "the same on an nVHE host", f"{SERROR} cpu.moment=leaving-guest host.vhe=false", GUEST_PANIC,
         says=("begins with an ESB", "puts the exit aside", "returns to EL1", "kvm_inject_serror()")),
    Case(0, "the same without FEAT_RAS", f"{SERROR} cpu.moment=leaving-guest cpu.ras=false", GUEST_PANIC,
         says=("unmasks it for one instruction", "puts the exit aside", "kvm_inject_serror()")),
    Case(0, "a device's SError at that moment", "host.first=kernel error.report=device-SError cpu.moment=leaving-guest",
         GUEST_PANIC, says=("begins with an ESB",)),
    Case(0, "a restartable one at that moment", f"{SERROR} error.category=UEO cpu.moment=leaving-guest",
         {"end": "ignored", "host": "ignored"}, says=("begins with an ESB", "resumes the guest")),
    Case(0, "an uncontainable one at that moment", f"{SERROR} error.category=UC cpu.moment=leaving-guest", HOST_PANIC),
    Case(93, "an SError pends when the guest is to be entered", f"{SERROR} cpu.moment=entering-guest", HOST_PANIC,
         says=("does not enter the guest", "from the kernel to EL2", "panics")),
    Case(0, "the same on an nVHE host", f"{SERROR} cpu.moment=entering-guest host.vhe=false", HOST_PANIC,
         says=("does not enter the guest", "from the kernel to EL1", "panics")),
    Case(0, "a restartable one before the entry", f"{SERROR} error.category=UEO cpu.moment=entering-guest",
         {"end": "ignored", "host": "ignored"}),
    Case(0, "KVM's own code meets an SError", f"{SERROR} cpu.running=hyp", HOST_PANIC,
         says=("from KVM itself to EL2", "panics: its own code at EL2 was interrupted")),
    Case(0, "without VHE EL2 keeps it pending", f"{SERROR} cpu.running=hyp host.vhe=false",
         {"end": "pending", "host": "pending"}),
    Case(0, "KVM's own code consumes an error", "host.first=kernel cpu.running=hyp host.vhe=false", HOST_PANIC,
         says=("from KVM itself to EL2", "panics: its own code")),
    Case(0, "the same, told by firmware", "cpu.running=hyp", {**HOST_PANIC, "acked": "no"},
         says=("enters EL2", "panics: its own code")),
    # decisions
    Case(88, "an uncontainable SError of the guest", f"{SERROR} error.category=UC", HOST_PANIC),
    *(Case(90, f"an SError of the guest: {c}", f"{SERROR} error.category={c}", {"end": "ignored", "host": "ignored"},
           says=("resumes the guest, without a word",)) for c in ("CE", "UEO")),
    Case(0, "an SError of the guest: UEU", f"{SERROR} error.category=UEU", GUEST_PANIC),
    Case(0, "before 6.17 it is made pending", f"{SERROR} host.linux=6.12", GUEST_PANIC, says=("kvm_inject_vabt()",)),
    *(Case(0, f"the guest masks it, Linux {v}", f"{SERROR} host.linux={v} guest.masked=true", PENDING,
           says=("makes a virtual SError pending", "the virtual SError waits")) for v in ("5.4", "6.18", "7.1")),
    Case(0, "by the mail the guest masks it as well", "host.first=kernel error.report=device-SError guest.masked=true "
         "stance=architecture", PENDING),
    Case(0, "before 5.9 a fetch that nobody claims is an address without memory", "host.first=kernel host.linux=5.4 "
         "error.access=fetch", REFUSED, says=("returns -EFAULT from KVM_RUN",)),
    Case(0, "a load is not", "host.first=kernel host.linux=5.4", GUEST_PANIC, says=("kvm_inject_vabt()",)),
    Case(0, "since then neither", "host.first=kernel host.linux=6.12 error.access=fetch", GUEST_PANIC),
    Case(0, "the tables of stage 2 are not the VMM's", "host.first=kernel guest.sea_to_user=true "
         "error.access=stage-2-walk", GUEST_PANIC, says=("kvm_inject_serror()",)),
    Case(0, "those of stage 1 are the guest's", "host.first=kernel guest.sea_to_user=true error.access=walk",
         {"end": "vmm_decides", "vm": "vmm_decides"}),
    # the guest has a hypervisor and a guest of its own
    Case(0, "the guest's hypervisor asks for SErrors", "host.first=kernel guest.nested=AMO", DECIDES,
         says=("kvm_inject_nested_serror()",)),
    Case(0, "the same, and its guest masks them", f"{SERROR} guest.nested=AMO guest.masked=true", DECIDES),
    Case(0, "a hypervisor asks for masked ones", f"{SERROR} guest.nested=TMEA guest.masked=true", DECIDES,
         says=("kvm_inject_nested_serror()",)),
    Case(0, "its guest does not mask them", f"{SERROR} guest.nested=TMEA",
         {"end": "nested_panic", "guest": "nested_panic"}, says=("of the guest's own guest: kvm_inject_serror()",)),
    Case(0, "the architecture asks for no release", "stance=architecture host.first=kernel guest.nested=AMO "
         "error.report=device-SError host.linux=6.12", DECIDES),
    Case(0, "before 6.17 KVM takes no part in that", "host.first=kernel guest.nested=AMO host.linux=6.12", GUEST_PANIC),
    Case(0, "APEI claims: nothing is made up", "guest.nested=TMEA guest.masked=true", IN_THE_GUEST),
    # signals
    Case(0, "a second signal before the first is dealt with", "guest.stashed=true",
         {**TO_QEMU, "end": "vm_abort", "vm": "vm_abort"}, says=("on the thread of a vCPU", "still stashed")),
    Case(98, "the same after a touch", f"{TOUCHED} guest.stashed=true",
         {**CLAIMED, "end": "vm_abort", "vm": "vm_abort", "host": "recovered", "signal": AO_AR}),
    Case(0, "AO comes to the main thread, which stashes nothing", f"{LATER} guest.stashed=true",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": AO}),
    Case(99, "another thread of QEMU consumes it", "cpu.running=qemu-thread",
         {**TO_QEMU, "end": "vm_abort", "vm": "vm_abort"}, says=("on a thread that is no vCPU", "aborts: an")),
    Case(0, "the same on a host that hears later", "cpu.running=qemu-thread host.notify=SDEI",
         {**CLAIMED, "end": "vm_abort", "vm": "vm_abort", "host": "recovered", "signal": AO_AR},
         says=("on its main thread", "when the isolated page is touched", "on a thread that is no vCPU")),
    Case(96, "ras=off, and nothing consumed", f"{LATER} guest.notify=none",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": AO}, says=("goes on",)),
    Case(97, "an optional signal about memory of QEMU itself", f"{LATER} host.owner=QEMU",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": AO},
         says=("memory used by QEMU itself instead of guest system",)),
    Case(101, "the guest's firmware has not run", "guest.booted=false", {**TO_QEMU, "end": "vm_exit", "vm": "vm_exit"},
         says=('ends itself: "Hardware memory error!"',)),
    Case(0, "the same, and nothing consumed", f"{LATER} guest.booted=false",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": AO}, says=("goes on",)),
    Case(0, "an older machine type tells by SEA as well", "guest.machine=10.1", IN_THE_GUEST,
         says=("reads 172 bytes at 0x43da0010, the block of source 0",)),
    Case(0, "a fetch is told to the guest as a load", "error.access=fetch", IN_THE_GUEST),
    # QMP
    Case(102, "a block by QMP", "begin=qmp cper.section=vendor",
         {"end": "logged", "guest": "logged", "guest_acked": "yes"},
         says=("inject-ghes-v2-error", "raises the error event", "takes the interrupt", "the block of source 1",
               "acknowledges it")),
    Case(0, "by itself one that names memory of the guest", "begin=qmp",
         {"end": "recovered", "guest": "recovered", "guest_acked": "yes"},
         says=("inject-ghes-v2-error", "isolate 0x40001000", "isolates the page")),
    Case(0, "QMP may ask for any block: a fatal one", "begin=qmp cper.severity=FATAL",
         {"end": "guest_panic", "guest": "guest_panic", "guest_acked": "yes"}, says=("and panics: fatal",)),
    Case(0, "QMP may ask for any block: a spoilt one", "begin=qmp cper.bytes=long",
         {"end": "lost", "guest": "lost", "guest_acked": "yes"}, says=("Invalid error status block length!",)),
    Case(0, "QMP may ask for any block: of memory without an address", "begin=qmp cper.section=memory-no-address",
         {"end": "logged", "guest": "logged", "guest_acked": "yes"}, says=("logs the section (Platform Memory)",)),
    Case(0, "a kernel-first guest has no block", "begin=qmp guest.first=kernel", {"end": "lost", "guest": "lost"},
         says=("does nothing, and answers that it is done",)),
    Case(103, "asked twice", "begin=qmp ask.twice=true", {**REFUSED, "guest_acked": "no"},
         says=("inject-ghes-v2-error", "writes the block", "inject-ghes-v2-error", "does not acknowledge")),
    Case(103, "an error before is not acknowledged", "begin=qmp guest.acked=false", {**REFUSED, "guest_acked": "no"}),
    Case(104, "no GHES", "begin=qmp guest.notify=none", {"end": "lost", "guest": "lost"},
         says=("does nothing, and answers that it is done",)),
    Case(104, "not yet", "begin=qmp guest.booted=false", {"end": "lost", "guest": "lost"}),
    Case(105, "a machine type with one source", "begin=qmp guest.machine=10.1",
         {"end": "lost", "guest": "lost", "guest_acked": "no"},
         says=("has written the block of the SEA source", "there is none")),
    Case(105, "and the next error there", "guest.machine=10.1 guest.acked=false",
         {**TO_QEMU, "end": "vm_abort", "vm": "vm_abort", "guest_acked": "no"}),
    Case(0, "a block that is too big", "begin=qmp", REFUSED, lambda: {"block": bytes(1025)}, ("too big",)),
    Case(0, "a block without anything in it", "begin=qmp", {"end": "lost", "guest": "lost", "guest_acked": "no"},
         lambda: {"block": bytes(20)}, ("finds no block",)),
    Case(0, "by the mail a guest with SDEI is told so", "begin=qmp guest.notify=SDEI stance=architecture",
         {"end": "recovered", "guest": "recovered", "guest_acked": "yes"}, says=("notifies by SDEI",)),
    # events
    Case(106, "bits outside the ISS", f"{EVENTS} ask.serror=with-bad-syndrome", REFUSED, says=("refuses it: -EINVAL",)),
    Case(107, "a syndrome on a host without FEAT_RAS", f"{EVENTS} cpu.ras=false", REFUSED,
         says=("refuses it: -EINVAL",)),
    Case(0, "without a syndrome that host takes it", f"{EVENTS} cpu.ras=false ask.serror=plain", GUEST_PANIC),
    Case(108, "the guest does not mask it", EVENTS, GUEST_PANIC, says=("enters the guest's vector itself", "reads")),
    Case(109, "the same before 6.17", f"{EVENTS} host.linux=6.12", GUEST_PANIC,
         says=("makes a virtual SError pending", "reads what is pending", "takes the virtual SError")),
    Case(110, "it is pending, and the machine moves", f"{EVENTS} guest.masked=true ask.migration=to-RAS",
         {**PENDING, "vm": "migrated"},
         says=("makes a virtual SError pending", "to a host with FEAT_RAS", "waits")),
    Case(111, "to a host without FEAT_RAS", f"{EVENTS} guest.masked=true ask.migration=to-no-RAS",
         {**PENDING, "vm": "syndrome_lost"},
         says=("to a host without FEAT_RAS", "waits")),
    Case(0, "it is not cancelled", f"{EVENTS} guest.masked=true ask.serror=cancel", PENDING,
         says=("leaves what is pending as it is", "waits")),
    Case(0, "not if an abort is asked for, either", f"{EVENTS} ask.abort=true ask.serror=cancel", GUEST_PANIC,
         says=("vector itself: SEA", "leaves what is pending as it is", "takes the virtual SError")),
    Case(0, "a masked abort is met by the kernel, and the SError waits on",
         f"{EVENTS} ask.abort=true guest.masked=true", {"end": "guest_oops", "guest": "guest_oops"},
         says=("vector itself: SEA", "makes a virtual SError pending", "oopses")),
    Case(0, "an abort alone", f"{EVENTS} ask.serror=no ask.abort=true",
         {"end": "sigbus_objerr", "guest": "sigbus_objerr", "guest_acked": "no"},
         says=("enters the guest's vector itself: SEA", "no SEA source has a block", "BUS_OBJERR")),
    Case(0, "an abort, and an SError behind it", f"{EVENTS} ask.abort=true", GUEST_PANIC,
         says=("vector itself: SEA", "makes a virtual SError pending", "takes the virtual SError", "panics")),
    Case(0, "an abort, and a syndrome refused after it", f"{EVENTS} ask.abort=true ask.serror=with-bad-syndrome",
         {"end": "sigbus_objerr", "guest": "sigbus_objerr", "guest_acked": "no", "vm": "api_error"},
         says=("vector itself: SEA", "refuses the SError: -EINVAL")),
    Case(0, "before 6.17 the refusal comes first", f"{EVENTS} ask.abort=true ask.serror=with-bad-syndrome "
         "host.linux=6.12", REFUSED, says=("refuses it: -EINVAL",)),
    Case(0, "nothing is asked", f"{EVENTS} ask.serror=no", {"end": "ignored", "guest": "ignored"}),
    # large pages
    Case(117, "a huge page of the host", "host.page=hugetlb", IN_THE_GUEST),
    # the design that was rejected
    Case(0, "QEMU hears of the SError before any signal", f"{SERROR} host.kvm=v8-7", GUEST_PANIC,
         says=("KVM_EXIT_EXCEPTION", "asks KVM for a virtual SError with the same AET", "panics")),
    Case(0, "and the guest may mask it", f"{SERROR} host.kvm=v8-7 guest.masked=true", PENDING),
    Case(0, "others it leaves to the guest", f"{SERROR} host.kvm=v8-7 error.category=UEU", GUEST_PANIC,
         says=("kvm_inject_serror()",)),
]
# fmt: on
cases = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number or 'own'}: {c.what} ({c.choices})")


@cases
def test_what_becomes_of_it(case: Case):
    trace = walk(Scenario.of(*case.choices.split()), **case.given())
    assert {name: said for name, said in trace.outcome.items() if said != "none"} == case.outcome
    left = iter([step.does for step in trace])
    for part in case.says:
        assert any(part in does for does in left), f"{part!r} is not said, or not there"


def test_our_cases_agree_with_the_list():
    """Wherever the list of worked cases says a plain word, ours says the same."""
    listed = {case["id"]: case["expect"] for case in yaml.safe_load(sample("cases/scenarios.yaml"))}
    compared = 0
    for case in CASES:
        word = listed.get(case.number, {}).get("end")
        if word in ENDS and (case.number, case.choices) != (97, f"{LATER} host.owner=QEMU"):
            assert case.outcome["end"] == word, case
            compared += 1
    assert compared >= 6


# --- between the worlds ----------------------------------------------------------------------------------------------


def test_what_an_esb_has_deferred_becomes_a_syndrome_with_il_clear():
    recoverable = syndromes.serror_iss(Scenario().error.category)
    assert deferred(recoverable) == 0x8000_0C11
    assert disr_to_esr(0x8000_0C11) == 0xBC00_0C11
    assert disr_to_esr(deferred(1 << 24 | 0x1234)) == 0xBD00_1234, "a maker's own syndrome is kept whole"
    assert disr_to_esr(0x8000_0000 | 1 << 13 | 0xC11) == 0xBC00_0C11, "IESB is not kept"


def test_the_boundary_hands_disr_on_and_not_esr():
    trace = walk(Scenario.of(*SERROR.split(), "cpu.moment=leaving-guest"))
    assert RegisterContent("DISR_EL1", 0x8000_0C11) in trace.handed(RegisterContent)
    assert [e.kind for e in trace.handed(ArmException)] == ["virtual SError"]


@pytest.mark.parametrize("moment", ["entering-guest", "leaving-guest"])
def test_with_scr_ea_the_moment_does_not_matter(moment: str):
    """EL3 takes every SError at once: none pends for the ESB, none for the look at ISR_EL1."""
    s = Scenario.of("error.report=SError", "host.notify=SDEI")
    assert walk(s.choose(cpu_moment=moment)).steps == walk(s).steps


# --- what user space is given ----------------------------------------------------------------------------------------


def test_the_vmm_gets_a_syndrome_without_what_is_the_hosts():
    """Only EC, IL, SET, FnV, EA, CM, WnR and the fault status; and an address if there is one."""
    everything, fnv = 0x24 << 26 | (1 << 26) - 1, 1 << 10
    assert exit_arm_sea(Scenario(), everything) == Ioctl("KVM_RUN", "returns KVM_EXIT_ARM_SEA, ESR 0x92001f7f")
    assert (
        exit_arm_sea(Scenario(), everything ^ fnv).asks
        == "returns KVM_EXIT_ARM_SEA, ESR 0x92001b7f, GVA 0xaaaad0001000"
    )


@pytest.mark.parametrize(("page", "lsb"), [("anonymous", 12), ("hugetlb", 21)])
def test_a_fault_of_stage_2_says_how_large_the_page_is(page: str, lsb: int):
    trace = walk(Scenario.of(*TOUCHED.split(), f"host.page={page}"))
    assert trace.handed(Sigbus)[-2] == Sigbus("BUS_MCEERR_AR", 0xFFFF_4000_1000, lsb)
    assert len([c for c in trace.handed(CperBytes) if c.address < 0x8000_0000]) == 1


def test_the_guests_table_is_that_of_the_machine_type():
    old, new = (advertised_by(Scenario.of(f"guest.machine={m}").guest.hest()) for m in ("10.1", "10.2"))
    assert [(s.source_id, s.notify, s.block_address) for s in old] == [(0, 8, 0x43DA_0010)]
    assert [(s.source_id, s.notify, s.block_address) for s in new] == [(0, 8, 0x43DA_0020), (1, 7, 0x43DA_0420)]


@pytest.mark.parametrize("section", AXES["cper.section"].values)
def test_what_qmp_asks_for_fits_and_names_memory_of_the_guest(section):
    block = qemu.given_block(Scenario.of(cper_section=section))
    parsed = StatusBlock.parse(block)
    assert len(parsed.entries) == parsed.block_status.entry_count
    assert len(block) <= 1024
    assert 0x8_4000_1000.to_bytes(8, "little") not in block  # the host's address


def test_qmp_has_no_part_on_the_host():
    trace = walk(Scenario.of("begin=qmp"))
    assert {(s.machine, s.actor) for s in trace if s.machine == "host"} == {("host", "QEMU"), ("host", "KVM")}
    assert trace.outcome["host"] == trace.outcome["signal"] == "none"


# --- events ----------------------------------------------------------------------------------------------------------


def asked(*choices: str) -> list[str]:
    trace = walk(Scenario.of("begin=vcpu-events", *choices))
    return [c.asks for c in trace.handed(Ioctl)]


PENDS = "serror_pending = 1, serror_has_esr = 1, serror_esr = 0xc11"


def test_case_108_since_6_17_nothing_is_pending_afterwards():
    assert asked() == [PENDS, "serror_pending = 0, serror_has_esr = 1"]
    trace = walk(Scenario.of("begin=vcpu-events"))
    assert trace.handed(ArmException) == (ArmException("virtual SError", "EL1", 0xBC00_0C11, 0x580),)


def test_case_109_before_it_is_pending_until_the_guest_runs():
    assert asked("host.linux=6.12") == [PENDS, PENDS]
    trace = walk(Scenario.of("begin=vcpu-events", "host.linux=6.12"))
    assert trace.handed(ArmException) == (ArmException("virtual SError", "EL1", 0xBE00_0C11, 0x580),)


def test_cases_110_and_111_the_syndrome_goes_along_where_it_can():
    assert asked("guest.masked=true", "ask.migration=to-RAS") == [PENDS] * 3
    assert asked("guest.masked=true", "ask.migration=to-no-RAS")[-1] == "serror_pending = 1, serror_has_esr = 0"
    old = ("host.linux=6.12", "ask.migration=to-no-RAS")
    trace = walk(Scenario.of("begin=vcpu-events", *old))
    assert trace.handed(ArmException)[0].esr == 0xBF00_0000, "the maker's own; the guest meets it all the same"


# --- the rejected design ---------------------------------------------------------------------------------------------


def before_any_signal(s: Scenario) -> list[object]:
    """What QEMU is handed, up to the first signal."""
    given: list[object] = []
    for step in walk(s):
        if step.to and step.to.actor == "QEMU":
            if isinstance(step.carries, Sigbus):
                break
            given.append(step.carries)
    return given


HOSTS = [
    "host.first=kernel",
    "host.notify=SEI",
    "host.notify=SDEI",
    "host.notify=GSIV",
    "host.notify=POLLED",
]


def test_the_rejected_design_lets_qemu_tell_hosts_apart():
    """The same error in the same guest: a host that lets the SError through says so, one told by SDEI does not."""
    told = [before_any_signal(Scenario.of("error.report=SError", "host.kvm=v8-7", host)) for host in HOSTS]
    verdict = Ioctl("KVM_RUN", "returns KVM_EXIT_EXCEPTION, exception 0x2f, error code: recoverable")
    assert told == [[verdict], [verdict], [], [], []]


def test_as_merged_no_host_can_be_told_from_another():
    assert [before_any_signal(Scenario.of("error.report=SError", host)) for host in HOSTS] == [[]] * len(HOSTS)


def test_by_the_mail_it_was_never_there():
    s = Scenario.of("error.report=SError", "host.notify=SEI", "stance=architecture")
    assert walk(s).steps == walk(s.choose(host_kvm="v8-7")).steps


def test_no_other_process_hears_by_that_way():
    s = Scenario.of(*SERROR.split(), "cpu.running=host-user")
    assert walk(s).steps == walk(s.choose(host_kvm="v8-7")).steps
