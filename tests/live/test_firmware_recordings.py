"""What Linux did when Python played its firmware, and what KVM did when its monitor asked, replayed."""

import pytest

from raslib.live import recordings
from raslib.live.recording.experiments import EXPERIMENTS, SERRORS
from raslib.live.recording.reaction import Reaction
from raslib.sim.cpu.syndromes import read

RECORDED = recordings()
ABORT = "ESR_EL1 0x96000010, FAR_EL1 0x40200000"  # DABT from the same level, synchronous external abort
ON = "the virtual machine goes on and reads 0x600dda7a"
NO_SYNDROME = "the virtual machine is at vector 0x380: ESR_EL1 0xbf000000"


def one(name: str, step: int = 0) -> Reaction:
    return RECORDED[name].reactions[step]


def frames(name: str) -> list[str]:
    """Where the kernel was when it panicked, the innermost first."""
    log = one(name).log
    return [line.strip() for line in log[log.index("Call trace:") + 1 :]]


# --- SDEI -------------------------------------------------------------------------------------------------------------


def test_the_kernel_asks_firmware_for_its_version_and_registers_both_events():
    assert "sdei: SDEIv1.0 (0x0) detected in firmware." in one("sdei-boot").log
    assert one("sdei-boot", 1).output.splitlines() == [
        "SDEI_VERSION() = 0x1000000000000",
        "SDEI_PRIVATE_RESET() = SUCCESS",
        "SDEI_SHARED_RESET() = SUCCESS",
        "SDEI_PE_UNMASK() = SUCCESS",
        "SDEI_EVENT_GET_INFO(0x324, 0x2) = 0x0",
        "SDEI_EVENT_GET_INFO(0x324, 0x2) = 0x0",
        "SDEI_EVENT_GET_INFO(0x324, 0x0) = 0x1",
        "SDEI_EVENT_REGISTER(0x324, (an address), (an address), 0x0, 0x0) = SUCCESS",
        "SDEI_EVENT_ENABLE(0x324) = SUCCESS",
        "SDEI_EVENT_GET_INFO(0x325, 0x2) = 0x1",
        "SDEI_EVENT_GET_INFO(0x325, 0x2) = 0x1",
        "SDEI_EVENT_GET_INFO(0x325, 0x0) = 0x1",
        "SDEI_EVENT_REGISTER(0x325, (an address), (an address), 0x0, 0x0) = SUCCESS",
        "SDEI_EVENT_ENABLE(0x325) = SUCCESS",
    ]


def test_the_error_of_an_event_is_logged_with_the_source_of_that_event():
    heads = {name: one(name).log[0].rpartition(": ")[2] for name in ("sdei-normal", "sdei-critical", "sdei-vhe")}
    assert heads == {"sdei-normal": "0", "sdei-critical": "1", "sdei-vhe": "0"}
    assert all((one(name).block_status, one(name).ack) == (0, 1) for name in heads)


def test_a_kernel_that_works_for_a_process_returns_as_from_an_interrupt():
    """So that the process gets its signals first (Linux arch/arm64/kernel/sdei.c: do_sdei_event())."""
    assert one("sdei-busy").output == "SDEI_EVENT_COMPLETE_AND_RESUME((an address))"
    assert one("sdei-busy").log[0].endswith("Error Source: 0")


def test_a_kernel_at_el2_reports_an_event_as_one_at_el1_does():
    assert one("sdei-vhe").log == one("sdei-normal").log


def test_a_fatal_error_panics_in_the_handler_of_the_event():
    assert frames("sdei-fatal") == [
        "panic",
        "__ghes_panic",
        "ghes_in_nmi_queue_one_entry",
        "ghes_sdei_critical_callback",
        "sdei_event_handler",
        "do_sdei_event",
        "__sdei_handler",
        "__sdei_asm_handler",
    ]


# --- SErrors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "esr"), [(name, esr) for name, esr, _ in SERRORS])
def test_an_serror_that_left_the_processor_whole_is_passed_over_and_any_other_panics(name, esr):
    reaction = one(f"serror-{name}")
    whole = read(esr).state in ("CE", "UEO")
    assert reaction.panicked != whole
    if whole:
        assert (reaction.log, reaction.output) == ((), "still there: yes\n")
    else:
        assert reaction.log[:2] == (
            f"SError Interrupt on CPU0, code 0x00000000{esr:08x} -- SError",
            "Kernel panic - not syncing: Asynchronous SError Interrupt",
        )
        assert frames(f"serror-{name}") == ["panic", "nmi_panic", "arm64_serror_panic", "do_serror"]


def test_an_serror_while_a_guest_runs_is_passed_over_given_to_the_guest_or_ends_the_host():
    """The guest is never given the host's syndrome; without a state it counts as uncontainable, IDS excepted."""
    found = {name: "panic" if (r := one(f"guest-serror-{name}")).panicked else r.output for name, _, _ in SERRORS}
    assert found == {
        "ce": ON,
        "ueo": ON,
        "uer": NO_SYNDROME,
        "ueu": NO_SYNDROME,
        "ids": NO_SYNDROME,
        "dfsc0": "panic",
        "uc": "panic",
    }


@pytest.mark.parametrize("name", ["dfsc0", "uc"])
def test_the_host_ends_where_kvm_reads_the_syndrome(name):
    assert frames(f"guest-serror-{name}")[2:6] == [
        "arm64_serror_panic",
        "arm64_is_fatal_ras_serror",
        "kvm_handle_guest_serror",
        "handle_exit_early",
    ]


# --- aborts while a guest runs ----------------------------------------------------------------------------------------


def test_an_abort_that_nobody_claims_becomes_an_serror_of_the_guest():
    assert one("guest-sea-unclaimed").output == NO_SYNDROME
    assert one("guest-sea-unclaimed").log == ()


def test_an_abort_that_is_claimed_is_the_memorys_and_its_reader_is_signalled():
    reaction = one("guest-sea-recoverable")
    assert reaction.log[-1] == "Memory failure: 0x7c000: recovery action for dirty LRU page: Recovered"
    assert [signal.code for signal in reaction.signals] == ["BUS_MCEERR_AR"]
    assert reaction.output == f"the virtual machine is at vector 0x200: {ABORT}"


def test_a_fatal_block_ends_the_host_where_kvm_handles_the_abort():
    assert frames("guest-sea-fatal") == [
        "panic",
        "__ghes_panic",
        "ghes_in_nmi_queue_one_entry",
        "ghes_notify_sea",
        "apei_claim_sea",
        "kvm_handle_guest_abort",
        "handle_exit",
        "kvm_arch_vcpu_ioctl_run",
        "kvm_vcpu_ioctl",
    ]


# --- what user space asks of KVM --------------------------------------------------------------------------------------

SEEN = {  # what the virtual machine sees in the end
    "plain": ON,
    "serror-esr": "the virtual machine is at vector 0x380: ESR_EL1 0xbe0000c0",
    "serror-uer": "the virtual machine is at vector 0x380: ESR_EL1 0xbe000c11",
    "serror-bad-esr": ON,
    "serror-no-esr": NO_SYNDROME,
    # Linux 6.1 keeps the syndrome in 32 bits with a sign, and extends it: later kernels give 0x96000010
    "ext-dabt": "the virtual machine is at vector 0x200: ESR_EL1 0xffffffff96000010, FAR_EL1 0x9000000",
    "both": "the virtual machine is at vector 0x200: ESR_EL1 0xffffffff96000010, FAR_EL1 0x9000000",
    "lost-late": f"the virtual machine is at vector 0x200: {ABORT}",
    "lost-early": f"the virtual machine is at vector 0x200: {ABORT}",
}


@pytest.mark.parametrize("name", SEEN)
def test_what_a_virtual_machine_sees(name):
    assert one(f"vhe-{name}").output.splitlines()[-1] == SEEN[name]


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name.startswith("vhe-")])
def test_it_is_the_same_with_and_without_vhe(name):
    mine, other = one(name), one(f"n{name}")
    assert (mine.output, mine.log, mine.signals) == (other.output, other.log, other.signals)


def test_kvm_refuses_bits_that_are_no_syndrome_and_makes_nothing_pending():
    asked, then, _ = one("vhe-serror-bad-esr").output.splitlines()
    assert asked.endswith("serror_esr 0x2000000: EINVAL")
    assert then == "KVM_GET_VCPU_EVENTS: serror_pending 0x0, serror_has_esr 0x1, ext_dabt_pending 0x0, serror_esr 0x0"


# --- the chain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["6.1", "6.12", "7.3"])
def test_one_write_to_the_hosts_memory_ends_a_process_of_its_guest(release):
    [reaction] = recordings(release)["chain"].reactions
    host = [line.removeprefix("host: ") for line in reaction.log if line.startswith("host: ")]
    guest = [line.removeprefix("guest: ") for line in reaction.log if line.startswith("guest: ")]
    assert host[0] == "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0"
    assert host[-2:] == [
        "Memory failure: 0x4c000: Sending SIGBUS to qemu-system-aar:100 due to hardware memory corruption",
        "Memory failure: 0x4c000: recovery action for dirty LRU page: Recovered",
    ]
    assert guest[0] == "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0"
    sent = "Memory failure: 0x7c000: Sending SIGBUS to python3:100 due to hardware memory corruption"
    assert [line for line in guest if "SIGBUS" in line] == ([sent] if release == "7.3" else [])  # see WHY["worker"]
    assert guest[-1] == "Memory failure: 0x7c000: recovery action for dirty LRU page: Recovered"
    assert [signal.code for signal in reaction.signals] == ["BUS_MCEERR_AR"]
