"""What is known of a machine holds for its errors: cores, configuration, KVM's mode; a guest is no host."""

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest

from raslib import diagnose
from raslib.cli import main
from raslib.diagnosis.evidence import WHOLE, constraints
from raslib.diagnosis.gather import gather
from raslib.formats.arm import ArmProcessor, ErrorInformation
from raslib.formats.cper import CperRecord, RecordHeader, SectionDescriptor
from raslib.formats.ghes import DataEntry, StatusBlock
from raslib.formats.memory import PlatformMemory
from raslib.formats.pcie import Pcie
from raslib.formats.sections import GUIDS
from raslib.sim.model.choices import Config, SectionKind

MEMORY = """\
[   75.514270] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
[   75.531858] {1}[Hardware Error]: event severity: recoverable
[   75.535095] {1}[Hardware Error]:  Error 0, type: recoverable
[   75.539223] {1}[Hardware Error]:   section_type: memory error
[   75.543878] {1}[Hardware Error]:   physical_address: 0x00000000400a1000
"""
CPUINFO = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n"


def allowed(axis, *inputs):
    """What inputs leave of an axis for the first event in them, and the words of each constraint that does."""
    found = gather(inputs)
    constrained = constraints(found.events[0], found)
    return [(c.says, c.ways[0][axis]) for c in constrained if c.ways and axis in c.ways[0]]


def text(found, *about):
    return [s.text for s in found.sentences if s.about in about]


# --- cores ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says", "ras"),
    [
        ("Booting Linux on physical CPU 0x0000000000 [0x413fd0c1]", "the core is Neoverse-N1, with FEAT_RAS", True),
        (
            "CPU5: Booted secondary processor 0x0000000500 [0x410fd083]",
            "the core is Cortex-A72, without FEAT_RAS",
            False,
        ),
        ("CPU features: detected: RAS Extension Support", "the kernel found FEAT_RAS", True),
    ],
)
def test_a_boot_line_tells_the_core(line, says, ras):
    log = f"[    0.000000] {line}\n{MEMORY}"
    assert allowed("cpu.ras", log) == [(says, {ras})]
    assert [(f.kind, f.text) for f in gather([log]).facts] == [("core", line)]


def test_so_does_cpuinfo_and_of_alike_cores_one_is_told():
    inputs = ("log", MEMORY), ("cpuinfo", CPUINFO * 64)
    assert allowed("cpu.ras", *inputs) == [("the core is Cortex-A72, without FEAT_RAS", {False})]
    assert [f.text.split() for f in gather(inputs).facts] == [
        ["CPU", "implementer", ":", "0x41"],
        ["CPU", "part", ":", "0xd08"],
    ]
    assert diagnose(CPUINFO).text().startswith("No hardware error is reported here. There is: CPU implementer")


def test_cores_that_differ_and_unknown_ones_tell_nothing():
    both = CPUINFO + CPUINFO.replace("0xd08", "0xd0c")
    assert allowed("cpu.ras", ("log", MEMORY), ("cpuinfo", both)) == []
    unknown = CPUINFO.replace("0xd08", "0xfff")
    assert allowed("cpu.ras", ("log", MEMORY), ("cpuinfo", unknown)) == []
    assert allowed("cpu.ras", ("log", MEMORY), ("cpuinfo", CPUINFO + unknown)) == []


def test_a_processor_section_names_its_core():
    section = ArmProcessor(error_information=(ErrorInformation(),), midr_el1=0x481FD010)
    assert allowed("cpu.ras", block_of(section)) == [("the core is TSV110, with FEAT_RAS", {True})]


def test_a_core_without_ras_contradicts_a_syndrome_that_has_a_state():
    serror = "[1.0] SError Interrupt on CPU5, code 0x00000000be000411 -- SError\n"
    found = diagnose("[0.0] Booting Linux on physical CPU 0x0000000000 [0x410fd083]\n" + serror)
    assert found.scenario is None
    assert {"the core is Cortex-A72, without FEAT_RAS"} < {c.says for c in found.agreeing.conflict}


@pytest.mark.parametrize(("mode", "vhe"), [("VHE", True), ("Hyp", False), ("Protected nVHE", False)])
def test_kvm_says_at_which_level_the_kernel_runs(mode, vhe):
    log = f"[    0.1] kvm [1]: {mode} mode initialized successfully\n{MEMORY}"
    assert [values for _, values in allowed("host.vhe", log)] == [{vhe}]
    assert gather([log]).events[0].found.host == ""


# --- configuration ----------------------------------------------------------------------------------------------------

FULL = "".join(f"{c.option}=y\n" for c in Config if c is not Config.ALL)


@pytest.mark.parametrize(
    ("config", "left"),
    [
        (FULL, {Config.ALL}),
        (FULL.replace("CONFIG_MEMORY_FAILURE=y", "# CONFIG_MEMORY_FAILURE is not set"), {Config.NO_MEMORY_FAILURE}),
        (FULL.replace("CONFIG_ACPI_APEI_SEA=y", "CONFIG_ACPI_APEI_SEA=n"), {Config.NO_SEA}),
        (FULL.replace("CONFIG_ARM_SDE_INTERFACE=y\n", ""), {Config.ALL, Config.NO_SDEI}),
    ],
)
def test_a_configuration_tells_what_the_kernel_is_built_without(config, left):
    """Of an option that is not there nothing is known."""
    head = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/arm64 6.12.3 Configuration\nCONFIG_64BIT=y\n"
    given = ("config.gz", gzip.compress((head + config).encode()))
    assert [values for _, values in allowed("host.config", ("dmesg", MEMORY), given)] == [left]


# --- whose log it is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "DMI: QEMU KVM Virtual Machine, BIOS 0.0.0 02/06/2015",
        "Machine model: linux,dummy-virt",
        "DMI: Amazon EC2 m6g.xlarge/, BIOS 1.0 11/1/2018",
        "Hypervisor detected: KVM",
        "systemd[1]: Detected virtualization kvm.",
        "Booting paravirtualized kernel on KVM",
    ],
)
def test_a_guest_is_known_by_its_machine(line):
    found = gather([f"[    0.000000] {line}\n{MEMORY}"])
    guest = found.guest(found.events[0])
    assert guest is not None
    assert guest.text == line
    assert "it is a guest: its kernel runs at EL1, and no guest under it" in [
        c.says for c in constraints(found.events[0], found)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "DMI: Amazon EC2 c6g.metal/Not Specified, BIOS 1.0 10/16/2017",
        "Booting paravirtualized kernel on bare hardware",
        "DMI: WIWYNN Mt.Jade Server System B81.03001.0005/Mt.Jade Motherboard, BIOS 2.06.20220308",
    ],
)
def test_a_machine_is_no_guest(line):
    found = gather([f"[    0.000000] {line}\n{MEMORY}"])
    assert [f.text for f in found.facts] == [line]
    assert found.guest(found.events[0]) is None


def test_a_guest_that_has_guests_of_its_own_may_run_at_el2():
    log = f"[0.0] DMI: QEMU Virtual Machine, BIOS 0\n[0.1] kvm [1]: VHE mode initialized successfully\n{MEMORY}"
    assert [values for _, values in allowed("host.vhe", log)] == [{True}]
    assert allowed("cpu.running", log) == []


def test_a_guests_log_is_told_as_one():
    line = "Machine model: linux,dummy-virt"
    found = diagnose(f"[    0.000000] {line}\n{MEMORY}")
    story = text(found, "story")
    assert "Virtual firmware, by HEST source 1, reported a recoverable error" in story[0]
    assert story[1].startswith(f"It is a guest's log ({line})")
    assert story[1].endswith("What the host did is not in it.")
    assert "the guest's kernel panicked" in " ".join(text(found, "story", "agrees"))
    assert "the host's kernel" not in found.text().replace("\n    ", " ")
    assert not [s for s in text(found, "did") if "EL3" in s or "hardware" in s or "KVM" in s]
    assert [s for s in text(found, "did") if s.startswith("* EL1 APEI reads the block of source 1")]


def test_the_logs_of_a_host_and_of_its_guest_keep_their_facts():
    host = "[0.0] Linux version 6.12.1 (a@b)\n[0.0] DMI: WIWYNN Mt.Jade, BIOS 2\n" + MEMORY
    guest = "[0.0] Linux version 5.10.9 (a@b)\n[0.0] DMI: QEMU Virtual Machine, BIOS 0\n" + MEMORY
    found = gather([("host.log", host), ("guest.log", guest)])
    says = [[c.says for c in constraints(event, found)] for event in found.events]
    assert [each[0] for each in says] == ["the kernel is Linux 6.12.1", "the kernel is Linux 5.10.9"]
    assert [any(one.startswith("it is a guest") for one in each) for each in says] == [False, True]


def test_of_a_record_by_windows_linux_is_what_would_be():
    made = CperRecord.of((SectionDescriptor(section_type=GUIDS[PlatformMemory]), PlatformMemory(node=3))).build()
    creator = UUID("cf07c4bd-b789-4e18-b3c4-1f732cb57131").bytes_le
    at = next(span for span in RecordHeader.explain(made[:128]).spans if span.path == "creator_id").start
    found = diagnose(made[:at] + creator + made[at + 16 :])
    assert text(found, "story")[1].startswith("Windows wrote the record: what its kernel did is not told.")
    assert text(found, "did") == []
    raw = f"<EventData><Data Name='RawData'>{made.hex()}</Data></EventData>"
    event = gather([f"<Event><System><EventID>1</EventID></System>{raw}</Event>"]).events[0]
    assert event.by_windows
    assert not gather([made]).events[0].by_windows


# --- several sections, and what is not there --------------------------------------------------------------------------


def block_of(*sections):
    entries = (DataEntry(section_type=GUIDS[type(one)], error_severity=2, section=one) for one in sections)
    return StatusBlock(error_severity=2, entries=tuple(entries)).build()


def test_sections_that_no_scenario_has_are_said_to_be_left_out():
    address = PlatformMemory(validation_bits=PlatformMemory().validation_bits.replace(physical_address=True))
    core = ArmProcessor(error_information=(ErrorInformation(),))
    ((says, kinds),) = allowed("cper.section", block_of(Pcie(), address, Pcie()))
    assert says.endswith("(of which the scenarios have section 1 alone: what is done for the other 2 is open)")
    assert kinds == {SectionKind.MEMORY, SectionKind.BAD_ADDRESS}
    assert allowed("cper.section", block_of(address, core)) == [
        ("it has a section: Platform Memory and ARM Processor", {SectionKind.BOTH})
    ]
    ((says, _),) = allowed("cper.section", block_of(address, core, core))
    assert "section 0 alone: what is done for the other 2 is open" in says


def test_each_way_to_end_says_what_it_would_have_logged():
    """Every end that agrees but is not in the log: in its witness's walk those lines are printed."""
    found = diagnose("[0.0] Linux version 6.12.1 (a@b)\n" + MEMORY)
    lacking = [w for w in found.agreeing.witnesses if w.lacks]
    assert {line for w in lacking for line in w.lacks} >= {'a line "Memory failure: ... recovery action"'}
    said = [s for s in text(found, "agrees") if "It would have logged what is not here: " in s]
    assert said
    assert all(w.lacks == () for w in found.agreeing.witnesses if w.end == "logged")


def test_in_a_log_that_goes_on_what_it_lacks_counts_against_a_scenario():
    """Of a log from boot on and past the error, the first way to end is one that would have logged no more."""
    later = MEMORY.replace("[   75", "[  975").replace("{1}", "{2}").replace("recoverable", "corrected")
    boot = "[    0.000000] Linux version 6.12.1 (a@b)\n"
    whole, cut = diagnose(boot + MEMORY + later), diagnose(MEMORY + later, release="6.12.1")
    assert WHOLE in [c.says for c in whole.cases[0].constraints]
    assert whole.agreeing.witnesses[0].lacks == ()
    lacks = [len(w.lacks) for w in whole.agreeing.witnesses]
    assert lacks == sorted(lacks)
    assert lacks[-1] > 0
    assert WHOLE not in [c.says for c in cut.cases[0].constraints]
    assert whole.agreeing.ends.keys() == cut.agreeing.ends.keys()


# --- pipes ------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="pipes have other names there")
def test_a_log_may_come_through_a_pipe(tmp_path, capsys):
    """As `cat dmesg | raslib diagnose -`, and as `raslib diagnose <(...)`, whose name is a pipe's."""
    ran = subprocess.run(
        [sys.executable, "-m", "raslib", "diagnose", "-"], input=MEMORY, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith("75.514270: Firmware, by HEST source 1, reported a recoverable error")
    assert "[standard input, lines 2-5]" in ran.stdout
    fifo: Path = tmp_path / "pipe"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(MEMORY,))
    writer.start()
    assert main(["diagnose", str(fifo)]) == 0
    writer.join()
    assert "[pipe, lines 2-5]" in capsys.readouterr().out
