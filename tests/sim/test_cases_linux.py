"""Worked cases of the Linux kernel, as host and as guest: what it makes of an exception and of what firmware wrote."""

from typing import Any, NamedTuple

import pytest

from raslib.formats import arm, ghes
from raslib.formats.cper import Severity
from raslib.formats.more.cxl_events import CxlDram
from raslib.formats.pcie import Pcie
from raslib.formats.sections import GUIDS
from raslib.records import Record
from raslib.sim.cpu import syndromes
from raslib.sim.model.choices import Category
from raslib.sim.model.messages import Arrival, Kernel, Start, Who
from raslib.sim.model.outcome import Mark
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import RegisterContent, Sigbus, Trace
from raslib.sim.walk import FIRST, STAGES, events_from, walk


class Case(NamedTuple):
    number: int  # in the list of worked cases; 0: our own
    what: str
    choices: str
    outcome: dict[str, str]  # whole, but for what is none
    says: tuple[str, ...] = ()  # parts of steps, in order


USER = "cpu.running=host-user "
KERNEL = "cpu.running=host-kernel "
THREAD = "cpu.running=qemu-thread "
FOUND = "error.report=interrupt host.owner=process "  # nothing has consumed it, and it is a process' memory
BY_IRQ = FOUND + "host.notify=GSIV "
BY_SDEI = FOUND + "host.notify=SDEI "
SERROR = "error.report=SError host.first=kernel "

CLAIMED = {"claimed": "APEI", "acked": "yes"}
AR = {**CLAIMED, "end": "sigbus_ar", "host": "recovered", "signal": "BUS_MCEERR_AR"}
KILLED = {**CLAIMED, "end": "sigbus_kernel", "host": "sigbus_kernel", "signal": "SI_KERNEL"}
PANIC = {"end": "host_panic", "host": "host_panic"}
OBJERR = {"end": "sigbus_objerr", "host": "sigbus_objerr", "signal": "BUS_OBJERR"}
LOGGED = {**CLAIMED, "end": "logged", "host": "logged"}
LOST = {"end": "lost", "host": "lost"}
STORM = {"end": "storm", "host": "storm"}
IGNORED = {"end": "ignored", "host": "ignored"}
RECOVERED = {**CLAIMED, "end": "recovered", "host": "recovered"}
VM_ABORT = {"end": "vm_abort", "vm": "vm_abort"}
IN_THE_GUEST = {**AR, "guest": "sigbus_ar", "guest_acked": "yes"}

# fmt: off
CASES = [
    # --- exception entry ---
    Case(40, "a process consumes an error in its own memory", USER, AR,
         ("asks APEI", "reads 172 bytes", "clears the block and acknowledges it", "queues a copy",
          "asks memory_failure()", "isolates the page", "sends the process SIGBUS, BUS_MCEERR_AR")),
    Case(44, "no source at all", USER + "host.first=kernel", OBJERR,
         ("no SEA source has been advertised", "forces SIGBUS, BUS_OBJERR")),
    Case(44, "the kernel does not use its HEST", USER + "host.apei=disabled", {**OBJERR, "acked": "no"},
         ("it did not take the source when it booted",)),
    Case(47, "the kernel consumes it, and an oops is a panic", KERNEL + "host.oops=panics", {**PANIC, "acked": "no"},
         ("does not ask APEI", "oopses, and panics")),
    Case(0, "before 5.8 APEI is called for the kernel, too, and it oopses all the same", KERNEL + "host.linux=5.4",
         {**CLAIMED, "end": "host_oops", "host": "host_oops"},
         ("calls APEI, and does not look at its answer", "oopses, and kills")),
    Case(54, "a recoverable SError in the kernel", KERNEL + SERROR, PANIC,
         ('panics: "Asynchronous SError Interrupt"',)),
    Case(54, "a recoverable SError in an application is as bad", USER + SERROR, PANIC),
    Case(56, "a corrected SError is ignored", KERNEL + SERROR + "error.category=CE", IGNORED),
    Case(0, "an unrecoverable SError", KERNEL + SERROR + "error.category=UEU", PANIC),
    Case(0, "an uncontainable SError", KERNEL + SERROR + "error.category=UC", PANIC),
    Case(0, "no FEAT_RAS: any SError is a panic", KERNEL + SERROR + "error.category=CE cpu.ras=false", PANIC,
         ('panics: "Asynchronous SError Interrupt"',)),

    # --- the NMI-like path ---
    Case(46, "the same record within 10 s: claimed, dropped, and met again", USER + "host.repeated=true",
         {**CLAIMED, **STORM}, ("clears the block and acknowledges it", "drops the block", "meets the same error")),
    Case(46, "the same while a guest runs", "host.repeated=true", {**CLAIMED, **STORM}, ("drops the block",)),
    Case(46, "the same in a guest: QEMU's records are all alike", "guest.repeated=true",
         {**AR, "end": "storm", "guest": "storm", "guest_acked": "yes"}, ("drops the block", "meets the same")),
    Case(0, "the same by SDEI is forgotten", BY_SDEI + "host.repeated=true", {**CLAIMED, **IGNORED},
         ("drops the block",)),
    Case(0, "before 5.8 the drop does not keep the signal away", USER + "host.repeated=true host.linux=5.4",
         {**CLAIMED, **OBJERR}, ("drops the block", "forces SIGBUS, BUS_OBJERR")),
    Case(52, "a fatal block: acknowledged, then panic", USER + "cper.severity=FATAL", {**CLAIMED, **PANIC},
         ("prints the block, clears it, acknowledges it, and panics",)),
    Case(66, "a severity that nobody knows is fatal", USER + "cper.bytes=severity", {**CLAIMED, **PANIC},
         ("and panics: severity 9, which is taken for fatal",)),
    Case(45, "an empty block", USER + "cper.bytes=empty", {**OBJERR, "acked": "no"},
         ("sees at a glance that no SEA source has a block",)),
    Case(45, "an empty block, before there was a glance", USER + "cper.bytes=empty host.linux=6.19",
         {**OBJERR, "acked": "no"}, ("finds no block",)),
    Case(0, "data_length one byte short", USER + "cper.bytes=short", {**OBJERR, "acked": "yes"},
         ('warns "Failed to read error status block!"', "forces SIGBUS, BUS_OBJERR")),
    Case(0, "data_length too long", USER + "cper.bytes=long", {**OBJERR, "acked": "yes"},
         ('warns "Invalid error status block length!"',)),
    Case(0, "an entry beyond the end", USER + "cper.bytes=entry", {**OBJERR, "acked": "yes"},
         ('warns "Failed to read error status block!"',)),
    Case(69, "no room for a copy: the block stays, unacknowledged", USER + "host.memory_left=false",
         {**OBJERR, "acked": "no"}, ("has no room for a copy of the block",)),
    Case(69, "room is asked for before the entries are read", USER + "host.memory_left=false cper.bytes=short",
         {**OBJERR, "acked": "no"}, ("has no room",)),
    Case(69, "but after the header", USER + "host.memory_left=false cper.bytes=long", {**OBJERR, "acked": "yes"},
         ("Invalid error status block length!",)),
    Case(0, "SDEI without room", BY_SDEI + "host.memory_left=false", {**LOST, "acked": "no"},
         ("has no room", "and tells firmware so: SDEI_EV_FAILED")),
    Case(0, "SDEI without a block that can be read", BY_SDEI + "cper.bytes=entry", {**LOST, "acked": "yes"},
         ("and tells firmware so: SDEI_EV_FAILED",)),
    Case(48, "SDEI, a process that wants to know early", BY_SDEI + "host.kill=early",
         {**CLAIMED, "end": "sigbus_ao", "host": "recovered", "signal": "BUS_MCEERR_AO"},
         ("sends the process SIGBUS, BUS_MCEERR_AO",)),
    Case(0, "SDEI on code of the kernel that has interrupts masked", KERNEL + BY_SDEI + "cpu.masked=true",
         RECOVERED, ("goes on with what the event interrupted",)),
    Case(0, "SDEI on other code of the kernel", KERNEL + BY_SDEI, RECOVERED,
         ("goes on at EL2's vector 0x280, as if an interrupt had come",)),
    Case(0, "SDEI on an application", USER + BY_SDEI, RECOVERED,
         ("goes on at EL2's vector 0x480",)),
    Case(58, "SDEI without VHE is not there", BY_SDEI + "host.vhe=false", {**LOST, "acked": "no"}),

    # --- the IRQ-like path ---
    Case(50, "polled, nothing consumed", FOUND + "host.notify=POLLED", RECOVERED,
         ("reads 172 bytes", "asks memory_failure()", "clears the block and acknowledges it", "signals nobody")),
    Case(60, "polled, never", FOUND + "host.notify=POLLED host.poll=0", {**LOST, "acked": "no"}, ("leaves its block",)),
    Case(0, "an interrupt does not care for the cache", BY_IRQ + "host.repeated=true",
         RECOVERED),
    Case(0, "nor for the pool", BY_IRQ + "host.memory_left=false", RECOVERED),
    Case(52, "a fatal block by interrupt", BY_IRQ + "cper.severity=FATAL", {**CLAIMED, **PANIC}),
    Case(61, "too long, by interrupt: acknowledged and lost", BY_IRQ + "cper.bytes=long", {**LOST, "acked": "yes"},
         ("Invalid error status block length!",)),
    Case(0, "one too short", BY_IRQ + "cper.bytes=short", {**LOST, "acked": "yes"}),
    Case(0, "nothing there", BY_IRQ + "cper.bytes=empty", {**LOST, "acked": "no"}),

    # --- sections ---
    Case(42, "a processor's cache error with its address", USER + "cper.section=ARM-processor", AR,
         ("asks memory_failure() to isolate 0x840001000",)),
    Case(43, "a corrected abort", USER + "cper.severity=CORRECTED", KILLED),
    Case(43, "an informational one", USER + "cper.severity=INFORMATIONAL", KILLED),
    Case(0, "a corrected abort beyond its threshold is queued, and so no reason to kill",
         USER + "cper.severity=CORRECTED cper.threshold_exceeded=true", LOGGED, ("asks for soft offline",)),
    Case(62, "a section of a type nobody knows", USER + "cper.section=vendor", KILLED,
         ("hands the section (7c0f2a61-5d1e-4b5c-9a55-2f6d1a3e9b40) to drivers of its maker", "forces SIGBUS")),
    Case(62, "the same by interrupt", BY_IRQ + "cper.section=vendor", LOGGED),
    Case(63, "two sections: the last decides, the page goes too", USER + "cper.section=two-sections",
         {**KILLED, "host": "recovered"},
         ("asks memory_failure()", "Unhandled processor error type", "forces SIGBUS", "isolates the page")),
    Case(63, "by interrupt the first counts as well", BY_IRQ + "cper.section=two-sections", RECOVERED),
    Case(63, "the page is the kernel's", USER + "cper.section=two-sections host.page=kernel",
         {**KILLED, "host": "logged"},
         ("forces SIGBUS", "cannot isolate")),
    Case(63, "no recovery: the panic comes before the signal is taken", "cper.section=two-sections host.recovery=false",
         {**CLAIMED, **PANIC}, ("forces SIGBUS", "Memory failure on page")),
    Case(63, "and QEMU's, for its guest", "cper.section=two-sections", {**KILLED, **VM_ABORT, "host": "recovered"}),
    Case(64, "PCI Express alone under an abort", USER + "cper.section=PCIe", KILLED,
         ("the driver of AER", "forces")),
    Case(0, "a kernel without AER", USER + "cper.section=PCIe host.config=PCIe-AER", KILLED,
         ("hands the section (PCIe) to nobody: the kernel is built without CONFIG_ACPI_APEI_PCIEAER", "forces")),
    Case(0, "a plain PCI device ends a kernel", BY_IRQ + "cper.section=PCIe host.pci_device=plain-pci",
         {**CLAIMED, "end": "host_oops", "host": "host_oops"}, ("oopses: it takes a NULL pointer",)),
    Case(0, "but not one without AER", BY_IRQ + "cper.section=PCIe host.pci_device=plain-pci host.config=PCIe-AER",
         LOGGED),
    Case(65, "a fatal section in a recoverable block", BY_IRQ + "cper.section_severity=FATAL", LOGGED),
    Case(65, "a recoverable section in a corrected block",
         BY_IRQ + "cper.severity=CORRECTED cper.section_severity=RECOVERABLE", LOGGED),
    Case(0, "a fatal section under an abort: nothing queued", USER + "cper.section_severity=FATAL", KILLED),
    Case(0, "no address", USER + "cper.section=memory-no-address", KILLED, ("logs the section (Platform Memory)",)),
    Case(0, "an address without memory", USER + "cper.section=memory-bad-address host.linux=6.18", KILLED,
         ('warns "Invalid address in generic error data: 0x100000000000"', "forces SIGBUS")),
    Case(0, "since 6.19 memory_failure() is asked all the same", USER + "cper.section=memory-bad-address", KILLED,
         ('finds no memory of its own at 0x100000000000: "recovery action for non struct page pfn: Ignored"',
          'says "Sending SIGBUS to" the task')),
    Case(0, "nor is it taken offline", BY_IRQ + "cper.section=memory-bad-address cper.severity=CORRECTED "
         "cper.threshold_exceeded=true host.linux=6.18", LOGGED, ('warns "Invalid address',)),
    Case(0, "a processor's bus error", USER + "cper.section=ARM-processor-bus", KILLED),
    Case(0, "Linux 5.4 takes no address from a processor", BY_IRQ + "cper.section=ARM-processor host.linux=5.4", LOGGED,
         ("traces the section (ARM Processor)",)),
    Case(0, "a task of QEMU's is killed: QEMU", "cper.section=vendor", {**KILLED, **VM_ABORT}),

    # --- memory_failure ---
    Case(68, "no recovery", USER + "host.recovery=false", {**CLAIMED, **PANIC}, ('panics: "Memory failure on page"',)),
    Case(68, "no recovery in the guest", "guest.recovery=false",
         {**AR, "end": "guest_panic", "guest": "guest_panic", "guest_acked": "yes"}),
    Case(0, "a dirty page of a file", USER + "host.page=file-dirty", AR, ("notes an I/O error", "BUS_MCEERR_AR")),
    Case(0, "a huge page", USER + "host.page=hugetlb", AR, ("takes the whole huge page of 2 MiB", "BUS_MCEERR_AR")),
    Case(0, "a page that is the kernel's", USER + "host.page=kernel", KILLED,
         ("cannot isolate", 'says "Sending SIGBUS to" the task')),
    Case(0, "before 6.17 nobody is killed for it", USER + "host.page=kernel host.linux=6.12", {**CLAIMED, **STORM}),
    Case(0, "the same, found early", BY_IRQ + "host.page=kernel", LOGGED),
    Case(0, "a page that is out of use already", USER + "host.page=poisoned",
         {**CLAIMED, "end": "sigbus_ar", "host": "sigbus_ar", "signal": "BUS_MCEERR_AR"},
         ("is already isolated", "sends the process SIGBUS, BUS_MCEERR_AR")),
    Case(0, "the same, found early", BY_IRQ + "host.page=poisoned", LOGGED),
    Case(0, "and touched", BY_IRQ + "host.page=poisoned error.touched_later=true",
         {**CLAIMED, "end": "sigbus_ar", "host": "logged", "signal": "BUS_MCEERR_AR"}),
    Case(0, "6.12: the consumer runs what is left of the queue", USER + "host.linux=6.12", AR),
    Case(0, "polled: the process meets it until the page is gone", USER + "host.notify=POLLED", AR,
         ("is entered by the same abort again", "when the isolated page is touched")),

    # --- a thread of QEMU that is no vCPU ---
    Case(0, "nobody claims: QEMU dies", THREAD + "host.first=kernel", {**OBJERR, **VM_ABORT}),
    Case(0, "no page: QEMU dies", THREAD + "cper.section=vendor", {**KILLED, **VM_ABORT}),
    Case(0, "a clean page is read again", THREAD + "host.page=file-clean", RECOVERED),

    # --- the same kernel in a guest ---
    Case(0, "a huge page", "guest.page=hugetlb", IN_THE_GUEST),
    Case(0, "a clean page of a file", "guest.page=file-clean",
         {**AR, "end": "recovered", "guest": "recovered", "guest_acked": "yes"}),
    Case(0, "a dirty one", "guest.page=file-dirty", IN_THE_GUEST),
    Case(0, "one that is out of use already", "guest.page=poisoned", IN_THE_GUEST),
    Case(0, "one of its kernel's", "guest.page=kernel",
         {**AR, "end": "sigbus_kernel", "guest": "sigbus_kernel", "guest_acked": "yes"}),
    Case(0, "its kernel consumes it, and an oops is a panic", "guest.running=kernel guest.oops=panics",
         {**AR, "end": "guest_panic", "guest": "guest_panic", "guest_acked": "no"}),
]
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number or 'own'}: {c.what}, {c.choices}")
def test_what_becomes_of_it(case: Case):
    trace = walk(Scenario.of(*case.choices.split()))
    assert ends(trace) == case.outcome
    left = iter([step.does for step in trace])
    for part in case.says:
        assert any(part in does for does in left), f"{part!r} is not said, or not there"


def ends(trace: Trace) -> dict[str, str]:
    return {name: said for name, said in trace.outcome.items() if said != "none"}


# --- exception entry -------------------------------------------------------------------------------------------------


def met(esr: int, who: Who, *choices: str) -> list[str]:
    """What the host's kernel does with an abort that nobody claims."""
    arrival = Arrival(Kernel("host", "EL2"), who, "SEA", esr, True, 0, None, b"")
    s = Scenario.of(*choices)
    return [step.does for step in Trace.of(s, events_from(s, "do_sea_default", arrival))]


def test_an_abort_on_a_table_walk_kills_and_nobody_can_catch_it():
    esr = syndromes.sea(Category.UER, same_el=False)
    on_walk = esr & ~0x3F | 0x14
    process, qemu = Who(False, True), Who(False, True, True)
    assert met(on_walk, process) == ["kills the process: SIGKILL, SI_KERNEL", "is killed: SIGKILL"]
    assert met(esr, process) == ["forces SIGBUS, BUS_OBJERR, on the process", "takes SIGBUS, BUS_OBJERR"]
    arrival = Arrival(Kernel("host", "EL2"), qemu, "SEA", on_walk, True, 0, None, b"")
    outcome = Trace.of(Scenario(), events_from(Scenario(), "do_sea_default", arrival)).outcome
    parts = "host", "signal", "vm", "end"
    assert [outcome[part] for part in parts] == ["sigkill", "SIGKILL", "vm_abort", "vm_abort"]


def test_an_address_that_is_not_valid_is_not_given():
    """si_addr is FAR, as far as FAR is valid: FnV."""
    for fnv, address in ((False, 0xAAAA_C000_1000), (True, 0)):
        esr = syndromes.sea(Category.UER, same_el=False, fnv=fnv)
        arrival = Arrival(Kernel("host", "EL2"), Who(False, True), "SEA", esr, True, 0, None, b"")
        trace = Trace.of(Scenario(), events_from(Scenario(), "do_sea_default", arrival))
        assert trace.handed(Sigbus)[0] == Sigbus("BUS_OBJERR", address, 0)


def test_a_huge_page_says_so_in_si_addr_lsb():
    for page, lsb in (("anonymous", 12), ("hugetlb", 21)):
        for choices in (USER, "", FOUND + "host.owner=guest host.notify=SDEI error.touched_later=true"):
            s = Scenario.of(*choices.split(), f"host.page={page}")
            told = [step.carries for step in walk(s) if isinstance(step.carries, Sigbus) and step.machine == "host"]
            assert told
            assert {sigbus.lsb for sigbus in told} == {lsb}


def test_a_signal_to_another_thread_of_qemu_says_which_thread():
    """What QEMU does with it is QEMU's business; the kernel's message does not call it a vCPU's."""
    for choices in (THREAD, THREAD + "host.notify=SDEI"):
        told = [m for stage, m in messages(Scenario.of(*choices.split())) if stage == "sigbus_handler"]
        assert [m.vcpu for m in told if m.sigbus.code == "BUS_MCEERR_AR"] == [False]
        assert {m.sigbus.address for m in told} == {0xFFFF_4000_1000}
    told = [m for stage, m in messages(Scenario()) if stage == "sigbus_handler"]
    assert [m.vcpu for m in told] == [True]


def messages(s: Scenario) -> list[tuple[str, Any]]:
    """Every stage that is entered, with its message."""
    found, entered = (FIRST, Start()), []
    while found and not isinstance(found, Mark):
        entered.append(found)
        stage = STAGES[found[0]](s, found[1])
        while True:
            try:
                next(stage)
            except StopIteration as end:
                found = end.value
                break
    return entered


def test_kernel_first_writes_ones_to_what_it_has_read():
    """By the architecture: ERR<n>STATUS is cleared with the bits that were set, and is zero but for what cannot be."""
    trace = walk(Scenario.of("host.first=kernel", "stance=architecture", *USER.split()))
    recorded, written = trace.handed(RegisterContent)
    [claims] = [step for step in trace if step.actor == "kernel-first" and isinstance(step.carries, RegisterContent)]
    left = int(dict(claims.sets)["ERR<n>STATUS"], 16)
    assert written.value & 0xFF == 0  # SERR is written as zero
    assert left == 0
    assert recorded.value & ~0xFF & ~written.value == 0


# --- bytes from elsewhere --------------------------------------------------------------------------------------------


def given(*sections: Record, **fields: object) -> bytes:
    made = [
        ghes.DataEntry(section_type=GUIDS[type(x)], error_severity=Severity.RECOVERABLE, section=x) for x in sections
    ]
    common = {"block_status": ghes.BlockStatus(uncorrectable=True), "error_severity": Severity.RECOVERABLE}
    return ghes.StatusBlock(**{**common, "entries": tuple(made), **fields}).build()


def core(byte: int) -> arm.ArmProcessor:
    valid = arm.ErrorInformationValid(physical_fault_address=True)
    information = arm.ErrorInformation(validation_bits=valid, type=byte, physical_fault_address=0x8_4000_1000)
    return arm.ArmProcessor(error_information=(information,))


@pytest.mark.parametrize(
    ("byte", "end", "says"),
    [
        (0b10, "sigbus_ar", "asks memory_failure() to isolate 0x840001000"),
        (0b1010, "sigbus_ar", "asks memory_failure() to isolate 0x840001000"),  # a bus error as well
        (0, "sigbus_kernel", 'warns "Unhandled processor error type 0x00"'),  # a cache error up to UEFI 2.9
        (1, "sigbus_kernel", 'warns "Unhandled processor error type 0x01"'),  # a cache error in libcper's edition
        (0b1000, "sigbus_kernel", 'warns "Unhandled processor error type 0x08"'),
    ],
)
def test_a_cache_error_is_known_by_bit_1_of_its_type(byte: int, end: str, says: str):
    """The same byte means another thing in another edition of UEFI; firmware that goes by another one is not heard."""
    trace = walk(Scenario.of(*USER.split()), block=given(core(byte)))
    assert trace.outcome["end"] == end
    assert any(step.does.startswith(says) for step in trace)


def test_sections_for_other_drivers():
    """AER needs to know the function; CXL has drivers of its own, and a look at what they are given."""
    by_irq = Scenario.of(*BY_IRQ.split())
    good = CxlDram.parse((144).to_bytes(4, "little") + (4).to_bytes(8, "little") + CxlDram().build()[12:])
    for section, says in (
        (Pcie(), "logs the section (PCIe) and does nothing for it"),
        (good, "hands the section (CXL DRAM Event) to the drivers of CXL"),
        (CxlDram(), 'says "CXL CPER invalid event", and drops the section'),
        (arm.ArmProcessor(), "logs the section (ARM Processor) and does nothing for it"),
    ):
        trace = walk(by_irq, block=given(section))
        assert says in [step.does for step in trace]
        assert trace.outcome["end"] == "logged"


def test_the_block_that_has_no_section_kills_its_consumer():
    assert walk(Scenario.of(*USER.split()), block=given()).outcome["end"] == "sigbus_kernel"


# --- the two stances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "as_built", "intended"),
    [
        (USER + "host.repeated=true", "storm", "sigbus_ar"),  # who claims an error has to deal with it
        (USER + "host.memory_left=false", "sigbus_objerr", "sigbus_ar"),
        (USER + "cper.severity=CORRECTED", "sigbus_kernel", "logged"),  # a corrected error is no reason to kill
        (USER + "cper.section=two-sections", "sigbus_kernel", "sigbus_ar"),  # each section counts
        (USER + "host.first=kernel", "sigbus_objerr", "sigbus_ar"),
        (KERNEL, "host_oops", "host_panic"),  # handle it, or panic
        (USER + "host.linux=5.4", "sigbus_objerr", "sigbus_ar"),
        (USER + "host.recovery=false", "host_panic", "host_panic"),
    ],
)
def test_what_is_built_is_not_all_that_is_intended(choices: str, as_built: str, intended: str):
    s = Scenario.of(*choices.split())
    assert walk(s).outcome["end"] == as_built
    assert walk(s.choose("stance=architecture")).outcome["end"] == intended


def test_every_release_claims_reads_and_isolates_alike_for_an_interrupt():
    """What differs between releases is what an abort meets."""
    told = set()
    for linux in AXES["host.linux"].values:
        trace = walk(Scenario.of(*BY_IRQ.split(), host_linux=linux))
        told.add((tuple(step.does for step in trace), trace.outcome["end"]))
    assert len(told) == 1
