"""What differs between releases, and what is proposed and in none: each difference on both sides of its release."""

import pytest
from sim.spaces import texts

from raslib.sim.explore import Space
from raslib.sim.model.scenario import AXES, Scenario
from raslib.sim.model.trace import ArmException, Trace
from raslib.sim.walk import walk

USER = "cpu.running=host-user host.owner=process"
FHI = f"{USER} host.first=kernel error.report=interrupt"


def walked(choices: str, **more: str) -> Trace:
    return walk(Scenario.of(*choices.split(), **more))


# scenario, a part of the outcome, and its word by release of the host's kernel
BY_RELEASE = [
    ("a record seen before is claimed for a SEA, until it is denied", "host.repeated=true", "claimed",
     {"5.10": "APEI", "6.12": "APEI", "6.12.118": "none", "6.18": "APEI", "7.2": "APEI", "7.3": "none"}),
    ("and acknowledged in any case", "host.repeated=true", "acked", {"6.12": "yes", "6.12.118": "yes", "7.3": "yes"}),
    ("a guest then meets KVM's default, not the same abort for ever", "host.repeated=true", "end",
     {"7.2": "storm", "7.3": "guest_panic"}),
    ("a process its signal", f"{USER} host.repeated=true", "end", {"7.2": "storm", "7.3": "sigbus_objerr"}),
    ("but an interrupt has no consumer", f"{USER} host.repeated=true host.notify=GSIV error.report=interrupt", "end",
     {"7.2": "recovered", "7.3": "recovered"}),
    ("the last of two sections decides, until any does", "cper.section=two-sections", "end",
     {"6.1": "vm_abort", "6.12": "vm_abort", "6.12.118": "sigbus_ar", "6.18": "vm_abort", "7.2": "vm_abort",
      "7.3": "sigbus_ar"}),
    ("a consumer for whom nothing was queued goes on, or is killed", f"{USER} cper.section=memory-no-address", "end",
     {"5.10": "storm", "6.1": "sigbus_kernel", "7.3": "sigbus_kernel"}),
    ("an address without memory is refused, or asked about", f"{USER} cper.section=memory-bad-address", "host",
     {"6.18": "sigbus_kernel", "6.19": "sigbus_kernel"}),
    ("a page of the kernel may stop the machine", f"{USER} host.page=kernel host.page_panics=true", "end",
     {"7.2": "sigbus_kernel", "7.3": "host_panic"}),
    ("a processor's address is taken", f"{USER} cper.section=ARM-processor", "host",
     {"5.4": "logged", "5.10": "recovered", "7.3": "recovered"}),
]  # fmt: skip


@pytest.mark.parametrize(("says", "choices", "part", "words"), BY_RELEASE, ids=[row[0] for row in BY_RELEASE])
def test_a_release_does_otherwise(says: str, choices: str, part: str, words: dict[str, str]):
    assert {release: walked(choices, host_linux=release).outcome[part] for release in words} == words


@pytest.mark.parametrize(("release", "esr"), [("6.12", 0xBF00_0000), ("6.18", 0xBD00_0000), ("7.1", 0xBD00_0000),
                                              ("7.2", 0xBF00_0000), ("7.3", 0xBF00_0000)])  # fmt: skip
def test_an_serror_that_kvm_makes_up_has_il_since_7_2(release: str, esr: int):
    """Before 6.17 the PE takes it, which sets IL; then KVM enters the vector itself, and forgot it until 7.2."""
    trace = walked("host.apei=disabled", host_linux=release)
    assert [e.esr for e in trace.handed(ArmException) if e.kind == "virtual SError"] == [esr]
    asked = walked("begin=vcpu-events", host_linux=release)
    assert asked.handed(ArmException)[-1].esr == esr - 0x0100_0000 + 0xC11


def test_of_two_releases_the_later_has_what_the_earlier_had():
    """Where a choice is between releases, the newest of all is the last of its axis."""
    for name in ("host.linux", "guest.linux", "host.tf_a", "guest.qemu", "guest.machine"):
        numbers = [value.numbers for value in AXES[name].values]
        assert numbers == sorted(numbers), name


# --- proposed code ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "end", "flags"),
    [("CE", "logged", None), ("DE", "recovered", "0"), ("UEO", "recovered", "0"), ("UER", "recovered", "0"),
     ("UEU", "host_panic", None), ("UC", "host_panic", None)],
)  # fmt: skip
def test_the_proposed_aest_driver_hears_of_interrupts(category: str, end: str, flags: str | None):
    trace = walked(f"{FHI} host.aest=v6", error_category=category)
    assert trace.outcome["end"] == end
    assert trace.outcome["claimed"] == "kernel-first"
    [driver] = [step for step in trace if step.text.key == "kernel.aest-driver"]
    assert "proposed" in driver.does
    asked = [step.why for step in trace if step.text.key == "kernel.kernel-first-isolates"]
    assert [why.partition("Flags: ")[2][:1] for why in asked] == ([flags] if flags else [])


@pytest.mark.parametrize("report", ["SEA", "SError"])
def test_and_of_nothing_else(report: str):
    """An abort or an SError goes on as if there were no driver."""
    s = Scenario.of(*f"{USER} host.first=kernel".split(), error_report=report)
    assert walk(s.choose(host_aest="v6")).outcome == walk(s).outcome
    assert walk(s).outcome["claimed"] == "none"


@pytest.mark.parametrize(
    ("notify", "claimed"), [("GSIV", "APEI"), ("EXTERNAL", "APEI"), ("SDEI", "none"), ("POLLED", "none")]
)
def test_the_proposed_binding_without_acpi_has_an_interrupt_alone(notify: str, claimed: str):
    trace = walked(f"{USER} error.report=interrupt host.apei=ras-cper", host_notify=notify)
    assert trace.outcome["claimed"] == claimed
    assert any("proposed" in step.does + step.why for step in trace)
    assert trace.scenario.host.hest().error_sources == ()


def test_what_is_proposed_says_so_in_its_choice_and_in_its_steps():
    for name, word in (("host.aest", "v6"), ("host.apei", "ras-cper")):
        assert AXES[name].value(word).means.startswith("proposed, not merged: ")
    proposed = {
        t.key for t in texts(Space.of()) if any(key in ("linux.aest-v6", "linux.ras-cper-v6") for key in t.cites)
    }
    assert proposed == {"kernel.aest-driver", "kernel.ras-cper"}


# --- what a kernel is built without -----------------------------------------------------------------------------------

BUILT_WITHOUT = [
    ("GHES", USER, "sigbus_objerr", "CONFIG_ACPI_APEI_GHES"),
    ("SEA", USER, "sigbus_objerr", "CONFIG_ACPI_APEI_SEA"),
    ("SEA", f"{USER} host.notify=SDEI", "sigbus_ar", ""),
    ("SDEI", f"{USER} host.notify=SDEI", "storm", "CONFIG_ARM_SDE_INTERFACE"),
    ("SDEI", USER, "sigbus_ar", ""),
    ("memory-failure", USER, "sigbus_kernel", "CONFIG_MEMORY_FAILURE"),
    ("memory-failure", f"{USER} error.report=interrupt host.notify=GSIV", "logged", "CONFIG_MEMORY_FAILURE"),
]


@pytest.mark.parametrize(("without", "choices", "end", "option"), BUILT_WITHOUT)
def test_a_kernel_that_is_built_without_an_option_is_deaf_or_has_no_hand(without, choices, end, option):
    trace = walked(choices, host_config=without)
    assert trace.outcome["end"] == end
    assert any(option in step.does + step.why for step in trace)
    if option:
        assert not any(option in step.does + step.why for step in walked(choices))
