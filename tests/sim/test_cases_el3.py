"""Worked cases of the hardware and of EL3 firmware: a scenario, what becomes of it, and what is said on the way."""

from typing import Any, NamedTuple

import pytest
import yaml
from formats.acpi_checks import sample

from raslib.sim.cpu import exception_entry, hardware, syndromes
from raslib.sim.el3 import el3_entry, firmware, notification
from raslib.sim.explore.diagram import diagram
from raslib.sim.linux import kernel_first
from raslib.sim.model.choices import Begin, SErrorMoment, TfA
from raslib.sim.model.outcome import ENDS
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.sources import citations
from raslib.sim.model.trace import ArmException, RegisterContent, StepText
from raslib.sim.walk import BEGINNINGS, STAGES, walk


class Case(NamedTuple):
    number: int  # in the list of worked cases; 0 for our own
    what: str
    choices: str
    outcome: dict[str, str]  # whole, but for what is none
    says: tuple[str, ...] = ()  # parts of steps, in order
    never: str = ""  # no step says so


PROCESS, KERNEL = "cpu.running=host-user", "cpu.running=host-kernel"
FIRMWARE, HYP = "cpu.running=firmware", "cpu.running=hyp"
SERROR, FHI = "error.report=SError", "error.report=interrupt"
KFH, V2_15, MAIN, INTENT = "host.first=kernel", "host.tf_a=2.15", "host.tf_a=main", "stance=architecture"
SMC = f"{KERNEL} {SERROR} cpu.moment=smc"
WALK, WALK_2 = "error.access=walk", "error.access=stage-2-walk"
SDEI = f"{FHI} host.notify=SDEI"
RECORDS = "begin=record-read"
FW_PANIC = {"end": "fw_panic", "host": "fw_panic"}
PENDING = {"end": "pending", "host": "pending"}
HOST_PANIC = {"end": "host_panic", "host": "host_panic"}
GUEST_PANIC = {"end": "guest_panic", "guest": "guest_panic"}
CLAIMED = {"claimed": "APEI", "acked": "yes", "host": "recovered"}
AR = {**CLAIMED, "end": "sigbus_ar", "signal": "BUS_MCEERR_AR"}
AO = {**CLAIMED, "end": "sigbus_ao", "signal": "BUS_MCEERR_AO"}
UNREAD = {"end": "lost", "host": "lost", "acked": "no"}
PANIC = 'panics: "Asynchronous SError Interrupt"'
REFUSED = "logs that SDEI event 804 cannot be dispatched, and returns"
DISPATCHED = "notifies by SDEI: dispatches event 804"
UNHANDLED = 'panics: "Unhandled External Abort"'
STORM = {"end": "storm", "host": "storm"}

# fmt: off
CASES = [
    # what met the abort
    Case(0, "an instruction fetch is as a load", f"{PROCESS} error.access=fetch", AR, ("triages the error: UER",)),
    Case(0, "APEI claims an abort on a walk like any other", f"{PROCESS} {WALK}", AR, ("triages the error: UER",)),
    Case(21, "SET is UC on a walk: the handlers decide", f"{WALK} error.category=UC",
         {**HOST_PANIC, "claimed": "APEI", "acked": "yes"},
         ("triages the error: UC", "fatal", "notifies by SEA", "and panics: fatal"), "uncontainable"),
    Case(0, "SET is UC and DFSC is 0x10", "error.category=UC", FW_PANIC, ("panics: the error is uncontainable",)),
    Case(0, "a SEA has no code for UEU and says UC", "error.category=UEU", FW_PANIC,
         ("panics: the error is uncontainable",)),
    Case(0, "by the architecture nobody gives up before the triage", f"error.category=UC {INTENT}",
         {**HOST_PANIC, "claimed": "APEI", "acked": "yes"}, ("triages the error: UC",)),
    # TF-A 2.15
    Case(0, "2.15: every abort that is on no walk", f"{PROCESS} {V2_15}", FW_PANIC,
         ("takes every abort that is not on a translation table walk for uncontainable",)),
    Case(0, "2.15: a fetch too", f"{PROCESS} {V2_15} error.access=fetch", FW_PANIC,
         ("takes every abort that is not on a translation table walk for uncontainable",)),
    Case(0, "2.15: UC is uncontainable as it was", f"{V2_15} error.category=UC", FW_PANIC,
         ("panics: the error is uncontainable",)),
    Case(0, "2.15: and a walk if SET happens to read as UC", f"{V2_15} {WALK} error.category=UC", FW_PANIC,
         ("panics: it takes an abort on a translation table walk for uncontainable",)),
    Case(0, "2.15: a syndrome that only its maker knows", f"{V2_15} error.report=device-SError", FW_PANIC,
         ("panics: it reads a syndrome that only its maker knows",)),
    Case(0, "2.12: the same goes to the handlers, and none knows it", "error.report=device-SError", FW_PANIC,
         (UNHANDLED,)),
    Case(0, "main: an abort of the guest is injected into the guest", f"{MAIN} {WALK_2} guest.running=kernel",
         {"end": "guest_oops", "host": "lost", "acked": "no", "guest": "guest_oops"},
         ("injects the abort into EL1 of the guest, and not into KVM", "oopses"), "leaves the guest"),
    Case(0, "main: EL1 while TGE is 1 is no place to return to", f"{MAIN} {WALK} {PROCESS}",
         {**FW_PANIC, "acked": "no"}, ("panics: it returns to EL1 while HCR_EL2.TGE is 1",)),
    Case(0, "main: a host without VHE is at EL1, and gets it", f"{MAIN} {WALK} {PROCESS} host.vhe=false", AR,
         ("injects the abort into EL1", "reads 172 bytes")),
    Case(0, "main: so does a kernel at EL2", f"{MAIN} {WALK} {KERNEL}",
         {"end": "host_oops", "host": "host_oops", "acked": "no"}, ("injects the abort into EL2", "oopses")),
    Case(0, "main: also where the platform writes no CPER", f"{MAIN} {WALK} {KERNEL} host.reports=false",
         {"end": "host_oops", "host": "host_oops"},
         ("writes no CPER", "injects the abort into EL2", "oopses"), "tells nobody"),
    Case(0, "main: but not if it is built with SDEI", f"{MAIN} {WALK} {PROCESS} host.reports=false host.notify=SDEI",
         STORM, ("tells nobody", "is entered by the same abort again"), "injects"),
    # TF-A's state, and its handlers
    Case(23, "a handler took it, and no platform code tells anybody", "host.reports=false", STORM, ("tells nobody",)),
    Case(0, "the same for an interrupt: nothing runs into it again", f"{FHI} host.reports=false",
         {"end": "lost", "host": "lost"}, ("tells nobody",)),
    Case(0, "no handler knows the record", "el3.handler=false", FW_PANIC, (UNHANDLED,)),
    Case(0, "an SError without a handler", f"{SERROR} el3.handler=false", FW_PANIC, (UNHANDLED,)),
    Case(0, "a RAS interrupt that no table names", f"{FHI} el3.handler=false", FW_PANIC,
         ('panics: "RAS interrupt has no handler!"',)),
    Case(0, "by the architecture there is neither", f"{PROCESS} el3.handler=false el3.busy=true {INTENT}", AR),
    Case(25, "a second abort while the first is handled", "el3.busy=true", FW_PANIC,
         ("panics: a second External Abort before the first was dealt with",)),
    Case(0, "a second one that is an SError", f"el3.busy=true {SERROR}", FW_PANIC,
         ("panics: a second External Abort",)),
    Case(0, "uncontainable comes before double", "el3.busy=true error.category=UC", FW_PANIC,
         ("panics: the error is uncontainable",)),
    Case(0, "a RAS interrupt waits for its priority", f"el3.busy=true {FHI} host.notify=GSIV", AO,
         ("deals with the interrupt when it has done with the External Abort before it", "triages the error")),
    # at EL3
    Case(0, "EL3 meets a synchronous abort", FIRMWARE, FW_PANIC, ("from EL3 to EL3", "the External Abort is its own")),
    Case(0, "and an SError", f"{FIRMWARE} {SERROR}", FW_PANIC, ("an SError interrupt from EL3", "is its own")),
    Case(0, "which PSTATE.A masks there", f"{FIRMWARE} {SERROR} cpu.masked=true", PENDING, ("while EL3 executes",)),
    Case(0, "but not a synchronous abort", f"{FIRMWARE} cpu.masked=true", FW_PANIC, ("the External Abort is its own",)),
    Case(0, "kernel-first: EL3 takes no SError at all", f"{FIRMWARE} {SERROR} {KFH}", PENDING, ("while EL3 executes",)),
    Case(0, "kernel-first: but its own abort", f"{FIRMWARE} {KFH}", FW_PANIC, ("the External Abort is its own",)),
    Case(0, "an interrupt waits until EL3 has done", f"{FIRMWARE} {FHI} host.notify=GSIV", AO,
         ("pending until EL3 has done", "interrupts EL3")),
    Case(0, "kernel-first: likewise", f"{FIRMWARE} {FHI} {KFH}", {"end": "lost", "host": "lost"},
         ("pending until EL3 has done", "raises an interrupt that the kernel has not enabled")),
    # an SError pends as an SMC enters EL3
    Case(0, "firmware-first: nested, then the SMC", f"{SMC} host.notify=SDEI", AO,
         ("enters EL3 for an SMC", "handles the SError first", "triages the error: UER", DISPATCHED)),
    Case(0, "firmware-first: what PSTATE.A was does not matter", f"{SMC} host.notify=SDEI cpu.masked=true", AO,
         ("handles the SError first",)),
    Case(0, "firmware-first: nested, and uncontainable", f"{SMC} error.category=UC", FW_PANIC,
         ("handles the SError first", "panics: the error is uncontainable")),
    Case(29, "kernel-first: the SError goes back, the SMC comes again", f"{SMC} {KFH} host.vhe=false", HOST_PANIC,
         ("to the SMC instead of behind it", "from the kernel to EL1", PANIC)),
    Case(0, "the same, and the kernel can go on", f"{SMC} {KFH} error.category=UEO",
         {"end": "ignored", "host": "ignored"}, ("to the SMC instead of behind it", "returns to what was interrupted")),
    Case(0, "the same, masked where it came from", f"{SMC} {KFH} cpu.masked=true", FW_PANIC,
         ("to the SMC instead of behind it", "the same SMC has come 100 times")),
    Case(0, "2.15 does the same", f"{SMC} {KFH} cpu.masked=true {V2_15}", FW_PANIC, ("has come 100 times",)),
    Case(0, "by the architecture it just waits", f"{SMC} {KFH} cpu.masked=true {INTENT}", PENDING,
         ("does what the SMC asks for", "keeps the SError pending")),
    Case(0, "a SEA is never pending: the moment is not asked for", f"{KERNEL} cpu.moment=smc {KFH}",
         {"end": "host_oops", "host": "host_oops"}, never="SMC"),
    Case(0, "an application makes no SMC", f"{PROCESS} {SERROR} cpu.moment=smc {KFH}", HOST_PANIC, never="SMC"),
    # what no RAS node has detected
    Case(0, "ISS is 0: the handlers find nothing", "error.report=uncategorized-SError", FW_PANIC, (UNHANDLED,)),
    Case(0, "kernel-first: the host's kernel panics", f"{KERNEL} {KFH} error.report=uncategorized-SError", HOST_PANIC,
         (PANIC,)),
    Case(0, "kernel-first: also for a guest's", f"{KFH} error.report=uncategorized-SError", HOST_PANIC, (PANIC,)),
    Case(0, "by the architecture it is passed on, and spurious",
         f"{KERNEL} error.report=uncategorized-SError {INTENT}", HOST_PANIC,
         ("passes the SError on to EL2", "panics: nobody knows of this SError")),
    # without FEAT_RAS
    Case(0, "no FEAT_RAS, firmware-first: no record, no handler", "cpu.ras=false", FW_PANIC,
         ("records nothing", UNHANDLED)),
    Case(0, "2.15 does not look at SET then", f"cpu.ras=false {V2_15}", FW_PANIC, (UNHANDLED,)),
    Case(0, "no TEA: the guest takes its own aborts", f"cpu.ras=false {KFH} guest.notify=none",
         {"end": "sigbus_objerr", "guest": "sigbus_objerr"},
         ("from the guest to EL1 of the guest", "no SEA source has been advertised", "BUS_OBJERR"), "leaves the guest"),
    Case(0, "and oopses over them", f"cpu.ras=false {KFH} guest.running=kernel",
         {"end": "guest_oops", "guest": "guest_oops"}, ("to EL1 of the guest", "oopses")),
    Case(0, "but those of stage 2", f"cpu.ras=false {KFH} {WALK_2}", GUEST_PANIC,
         ("from the guest to EL2", "leaves the guest")),
    Case(0, "by the architecture EL3 passes on what it does not know", f"cpu.ras=false {INTENT} guest.notify=none",
         {"end": "sigbus_objerr", "guest": "sigbus_objerr"}, ("passes the SEA on to EL1 of the guest",)),
    Case(0, "an SError says nothing that the architecture knows", f"cpu.ras=false {KERNEL} {KFH} {SERROR}", HOST_PANIC,
         (PANIC,)),
    Case(0, "a node outside of the PE has its record all the same", f"cpu.ras=false {FHI} host.notify=GSIV", AO,
         ("and records it",)),
    # SDEI
    Case(0, "ready", SDEI, AO, (DISPATCHED,)),
    Case(0, "events are masked on the PE", f"{SDEI} el3.sdei=masked", UNREAD, (REFUSED,)),
    Case(0, "not registered", f"{SDEI} el3.sdei=unregistered", UNREAD, (REFUSED,)),
    Case(0, "not enabled", f"{SDEI} el3.sdei=disabled", UNREAD, (REFUSED,)),
    Case(0, "its own handler runs", f"{SDEI} el3.sdei=running", UNREAD, (REFUSED,)),
    Case(0, "its own handler runs, and it is critical", f"{SDEI} el3.sdei=running el3.priority=critical", UNREAD,
         (REFUSED,)),
    Case(0, "normal while normal", f"{SDEI} el3.sdei=normal-outstanding", UNREAD, (REFUSED,)),
    Case(27, "critical while normal", f"{SDEI} el3.sdei=normal-outstanding el3.priority=critical", AO,
         ("may dispatch although the handler of another event is running", DISPATCHED)),
    Case(0, "normal while critical", f"{SDEI} el3.sdei=critical-outstanding", UNREAD, (REFUSED,)),
    Case(0, "critical while critical", f"{SDEI} el3.sdei=critical-outstanding el3.priority=critical", UNREAD,
         (REFUSED,)),
    Case(0, "the manuals say the same", f"{SDEI} el3.sdei=critical-outstanding el3.priority=critical {INTENT}", UNREAD,
         (REFUSED,)),
    Case(0, "a consumer that nobody tells runs into it again", f"{PROCESS} host.notify=SDEI el3.sdei=masked",
         {**STORM, "acked": "no"}, (REFUSED, "is entered by the same abort again")),
    Case(0, "SDEI does not ask for PSTATE.A", f"{KERNEL} {SERROR} host.notify=SDEI cpu.masked=true", AO, (DISPATCHED,)),
    # other notifications
    Case(0, "SEA is for synchronous aborts", f"{PROCESS} {SERROR}", UNREAD, ("cannot notify by SEA",)),
    Case(0, "nor for interrupts", f"{PROCESS} {FHI}", UNREAD, ("cannot notify by SEA",)),
    Case(0, "SEI waits where it is masked", f"{KERNEL} {SERROR} host.notify=SEI cpu.masked=true",
         {**PENDING, "acked": "no"}, ("has to wait with its SError",)),
    Case(0, "a guest cannot mask it", f"{SERROR} host.notify=SEI cpu.masked=true", {**GUEST_PANIC, "acked": "no"},
         ("notifies by SEI: enters EL2", "leaves the guest")),
    # the block is not free
    Case(0, "nothing is written over what is unread", f"{FHI} el3.previous_read=false", {**PENDING, "acked": "no"},
         ("keeps what it knows, and tells nobody",), "writes a Generic Error Status Block"),
    Case(0, "neither of version 1", f"{FHI} el3.previous_read=false host.ghes=v1 host.notify=POLLED",
         {**PENDING, "acked": "no"}, ("keeps what it knows",), "writes a Generic Error Status Block"),
    Case(0, "a consumer meets the same abort again", "el3.previous_read=false", {**STORM, "acked": "no"},
         ("keeps what it knows", "is entered by the same abort again"), "writes a Generic Error Status Block"),
    Case(0, "nor by the architecture", f"{FHI} el3.previous_read=false {INTENT}", {**PENDING, "acked": "no"},
         ("keeps what it knows",), "writes a Generic Error Status Block"),
    # a kernel reads the record
    Case(0, "nobody wants to be asked", RECORDS, {"end": "read", "host": "read"}, ("gives it the record", "finds UER")),
    Case(31, "2.12 has no handler for the trap", f"{RECORDS} el3.traps_records=true",
         {"end": "host_oops", "host": "host_oops"},
         ("traps the read to EL3", "injects an UNDEFINED instruction", "oopses")),
    Case(0, "and a kernel that panics on oops panics", f"{RECORDS} el3.traps_records=true host.oops=panics", HOST_PANIC,
         ("injects an UNDEFINED instruction", "panics over an UNDEFINED instruction")),
    Case(31, "2.15 lets it read 0", f"{RECORDS} el3.traps_records=true {V2_15}",
         {"end": "no_record", "host": "no_record"},
         ("traps the read to EL3", "with 0 in its register", "finds no error recorded")),
    Case(113, "a guest sees no records", f"{RECORDS} ask.by_guest=true", {"end": "no_record", "guest": "no_record"},
         ("traps the read to EL2", "with 0 in its register", "finds no error recorded")),
    Case(0, "EL3 is not asked for a guest's read", f"{RECORDS} ask.by_guest=true el3.traps_records=true",
         {"end": "no_record", "guest": "no_record"}, ("traps the read to EL2",), "to EL3"),
    Case(0, "no FEAT_RAS, no register", f"{RECORDS} cpu.ras=false", {"end": "host_oops", "host": "host_oops"},
         ("takes the read as an UNDEFINED instruction, to EL2",)),
    Case(0, "nor in a guest", f"{RECORDS} cpu.ras=false ask.by_guest=true",
         {"end": "guest_oops", "guest": "guest_oops"}, ("takes the read as an UNDEFINED instruction, to EL1",)),
]
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number or 'own'}: {c.what}")
def test_what_becomes_of_it(case: Case):
    trace = walk(Scenario.of(*case.choices.split()))
    assert {name: said for name, said in trace.outcome.items() if said != "none"} == case.outcome
    told = [step.does for step in trace]
    left = iter(told)
    for part in case.says:
        assert any(part in does for does in left), f"{part!r} is not said, or not there"
    assert not case.never or not any(case.never in does for does in told)


def exceptions(*choices: str) -> list[ArmException]:
    return [c for c in walk(Scenario.of(*choices)).handed(ArmException) if c.target != "EL3"]


@pytest.mark.parametrize(
    ("choices", "esr", "vector"),
    [
        (f"{PROCESS}", 0x92000010, 0x400),
        (f"{PROCESS} error.access=fetch", 0x82000010, 0x400),
        (f"{PROCESS} {WALK}", 0x92000014, 0x400),
        (f"{PROCESS} {WALK_2}", 0x92000014, 0x400),  # the host is translated once
        (f"{PROCESS} error.category=UEO", 0x92001810, 0x400),
        (f"{KERNEL}", 0x96000010, 0x200),
        (f"{KERNEL} error.access=fetch", 0x86000010, 0x200),
        (WALK_2, 0x92000094, 0x400),
        ("error.access=fetch", 0x82000010, 0x400),
        (f"{SERROR}", 0xBE000C11, 0x580),
        (f"{KERNEL} {SERROR}", 0xBE000C11, 0x380),
        (f"{KERNEL} error.report=uncategorized-SError", 0xBE000000, 0x380),
        (f"{KERNEL} error.report=device-SError", 0xBF000011, 0x380),
        (f"{KERNEL} {SERROR} cpu.ras=false", 0xBF000000, 0x380),
        (f"{PROCESS} error.category=UC cpu.ras=false", 0x92000010, 0x400),  # no SET
    ],
)
def test_the_syndrome_is_the_same_from_hardware_and_from_firmware(choices: str, esr: int, vector: int):
    """As taken with SCR_EL3.EA = 0, and as EL3 imitates it by the architecture."""
    by_hardware = exceptions(KFH, *choices.split())[0]
    notify = "host.notify=SEI" if "SError" in choices else "host.notify=SEA"
    by_firmware = exceptions(INTENT, notify, *choices.split())[0]
    assert by_hardware == by_firmware
    assert (by_hardware.esr, by_hardware.vector) == (esr, vector)


def test_firmware_may_lose_what_a_kernel_has_not_saved():
    """An abort cannot be masked: that ELR and SPSR are lost is said where PSTATE.A tells that they may be needed."""

    def why(*choices: str) -> str:
        [step] = [s for s in walk(Scenario.of(*choices)) if s.text is notification.BY_SEA]
        return step.why

    assert "both are lost" in why(KERNEL, "cpu.masked=true")
    assert "lost" not in why(KERNEL)
    assert "lost" not in why(PROCESS, "cpu.masked=true")  # an application has nothing that is not saved


# --- what TF-A asks of a syndrome -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("esr", "v2_12", "v2_15"),
    [
        (0x92000010, False, True),  # SEA: UER
        (0x92001810, False, True),  # UEO
        (0x92001010, True, True),  # UC
        (0x82001010, True, True),  # the same, an instruction abort
        (0x82000010, False, True),
        (0x92001014, False, True),  # UC, on a walk
        (0x92000014, False, False),  # not UC, on a walk
        (0x92000017, False, False),
        (0xBE000011, True, True),  # SError: UC
        (0xBE000411, False, False),  # UEU
        (0xBE000C11, False, False),  # UER
        (0xBE000000, False, False),  # uncategorized: AET is not valid
        (0xBF000000, False, False),  # IDS
        (0xBF000011, False, True),  # IDS, and by chance what reads as UC
        (0xBF000C11, False, False),
        (0xBF000010, False, False),
        (0xBF001011, False, False),  # reserved AET
    ],
)
def test_what_is_uncontainable_to_tf_a(esr: int, v2_12: bool, v2_15: bool):
    assert el3_entry.uncontainable(esr, TfA.V2_12) is v2_12
    assert el3_entry.uncontainable(esr, TfA.V2_15) is v2_15
    assert not el3_entry.uncontainable(esr, TfA.V2_15, ras=False)  # is_feat_ras_supported()


def test_where_2_15_and_the_architecture_differ_about_the_target():
    """All states with EL1 or EL0 below an EL2: the injection is wrong wherever TEA, or EL0 with TGE, alone name EL2."""
    from raslib.sim.cpu.routing import State, route

    wrong = set()
    for el in (0, 1):
        for tea in (0, 1):
            for tge in (0, 1):
                right = route(State("sea", EL=el, HCR_EL2_TEA=tea, HCR_EL2_TGE=tge)).target
                if el3_entry.target_el_sync_ea(el, tea, tge) != right:
                    wrong.add((el, tea, tge))
    assert wrong == {(0, 0, 1), (0, 1, 0), (1, 1, 0), (1, 1, 1)}
    assert el3_entry.target_el_sync_ea(2, 0, 0) == 2


def test_from_level_changes_aborts_alone():
    assert syndromes.from_level(0x92000010, True) == 0x96000010
    assert syndromes.from_level(0x96000010, False) == 0x92000010
    assert syndromes.from_level(0x82000010, True) == 0x86000010
    for same in (True, False):
        assert syndromes.from_level(0xBE000C11, same) == 0xBE000C11


def test_what_a_handler_reads_of_an_abort():
    def told(esr: int) -> tuple[str, bool, bool, bool]:
        said = syndromes.read(esr)
        return said.state, said.on_walk, said.fetch, said.s1ptw

    assert told(0x92000010) == ("UER", False, False, False)
    assert told(0x82001810) == ("UEO", False, True, False)
    assert told(0x92000094) == ("", True, False, True)
    assert told(0x92001013) == ("", True, False, False)
    assert told(0x9200001B) == ("", True, False, False)  # parity, where there is no FEAT_RAS
    assert told(0x92000018) == ("", False, False, False)


# --- the record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["CE", "DE", "UEO", "UER", "UEU", "UC"])
def test_a_kernel_reads_what_was_recorded(category: str):
    trace = walk(Scenario.of(RECORDS, f"error.category={category}"))
    [read] = trace.handed(RegisterContent)
    assert read.name == "ERXSTATUS_EL1"
    assert syndromes.category_of(read.value).value == category


def test_every_way_to_read_a_record_as_zero_says_zero():
    for choices in (("el3.traps_records=true", V2_15), ("ask.by_guest=true",), ("el3.traps_records=true", INTENT)):
        [read] = walk(Scenario.of(RECORDS, *choices)).handed(RegisterContent)
        assert read.value == 0


# --- the whole space of these choices ---------------------------------------------------------------------------------


def choices_here() -> dict[str, Any]:
    """What other actors decide by is fixed, and so are beginnings and moments that are theirs."""
    free = ("error.", "cpu.", "el3.", "ask.by_guest", "stance", "host.first", "host.tf_a", "host.vhe", "host.notify")
    free += ("host.reports", "host.ghes", "host.oops", "guest.running", "guest.oops")
    return {name: axis.default for name, axis in AXES.items() if not name.startswith(free)}


READING_A_RECORD = {
    *("kernel.reads-record", "hardware.no-erxstatus", "hardware.erxstatus", "hardware.terr-el3", "hardware.terr-el2"),
    *("firmware.undef", "firmware.raz-wi", "kvm.raz-wi", "kernel.undef", "kernel.reads-zero", "kernel.reads-status"),
}


def test_every_text_is_said_and_every_source_is_there():
    modules = (el3_entry, firmware, hardware, notification, exception_entry)
    texts = {t for module in modules for t in vars(module).values() if isinstance(t, StepText)}
    texts |= {t for t in vars(kernel_first).values() if isinstance(t, StepText) and t.key in READING_A_RECORD}
    assert READING_A_RECORD <= {t.key for t in texts}
    said: set[StepText] = set()
    for begin, moment in (
        (Begin.ERROR, SErrorMoment.RUNNING),
        (Begin.ERROR, SErrorMoment.SMC),
        (Begin.RECORDS, SErrorMoment.RUNNING),
    ):
        for running in AXES["cpu.running"].values:
            if running.value == "hyp" and "hyp_panic" not in STAGES:
                continue
            fixed = choices_here() | {"begin": begin, "cpu.moment": moment, "cpu.running": running}
            said |= {step.text for step in diagram(fixed).steps}
    given = walk(Scenario(), block=bytes(172))  # bytes from elsewhere
    said |= {step.text for step in given}
    hyp = walk(Scenario.of("host.first=kernel", SERROR, HYP, "host.vhe=false"))  # which KVM does not hear of
    assert "HCR_EL2.TGE and HCR_EL2.AMO are 0" in hyp.steps[-1].why
    for source_alone in ("LOCAL", "GSIV", "POLLED"):
        said |= {step.text for step in walk(Scenario.of(f"host.notify={source_alone}", FHI, "host.apei=disabled"))}
    assert {t.key for t in texts - said} == set()
    assert {key for t in texts for key in t.cites} <= set(citations())


@pytest.mark.parametrize("stance", ["as-built", "architecture"])
@pytest.mark.parametrize("notify", ["SEA", "SEI", "SDEI", "GSIV", "POLLED", "LOCAL"])
def test_nothing_is_written_over_an_unread_block(stance: str, notify: str):
    """Whatever is reported, and however: not one block, not one notification."""
    for running in ("guest", "host-user", "host-kernel"):
        for report in ("SEA", "SError", "interrupt"):
            for ghes in ("v1", "v2"):
                s = Scenario.of(f"stance={stance}", f"host.notify={notify}", f"cpu.running={running}")
                trace = walk(s.choose(f"error.report={report}", f"host.ghes={ghes}", "el3.previous_read=false"))
                assert not any(step.text in (firmware.WRITES, firmware.GIVEN) for step in trace)
                assert trace.outcome["acked"] == "no"
                assert trace.outcome["end"] == ("storm" if report == "SEA" else "pending")


def test_every_beginning_names_a_stage():
    """Those that begin with a request are QEMU's and KVM's."""
    assert set(BEGINNINGS) == set(Begin)
    assert {BEGINNINGS[b] for b in (Begin.ERROR, Begin.RECORDS)} <= set(STAGES)
    assert next(iter(STAGES)) == "begin"


def test_our_cases_agree_with_the_list():
    """Wherever the list of worked cases says a word of ours."""
    listed = {case["id"]: case["expect"] for case in yaml.safe_load(sample("cases/scenarios.yaml"))}
    ours = {case.number: case for case in CASES if case.number and case.number != 31}
    assert ours.keys() >= {21, 23, 25, 27, 29}
    assert listed[25]["end"] == ours[25].outcome["end"] == "fw_panic"
    assert "repeats" in listed[23]["end"]
    assert ours[23].outcome["end"] == "storm"
    assert listed[27] == {"ret": 0, "end": "delivered"}
    assert ours[27].says[-1] == DISPATCHED
    assert listed[29]["elr"] == "-4"
    step = next(s for s in walk(Scenario.of(*ours[29].choices.split())) if s.text is el3_entry.REFLECTS)
    assert "ELR_EL3 back by 4" in step.why
    by_version = [case.outcome["end"] for case in CASES if case.number == 31]
    assert listed[31] == {"tfa_2_12": "UNDEF injected", "tfa_2_15": "reads 0"}
    assert by_version == ["host_oops", "no_record"]
    assert listed[113]["value"] == 0
    assert {word for case in CASES for name, word in case.outcome.items() if name in ("end", "host", "guest")} <= set(
        ENDS
    )
