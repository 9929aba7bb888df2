"""A section that is too short for its kind: not printed, but read."""

from raslib.formats import ghes
from raslib.formats.arm import ArmProcessor
from raslib.formats.cper import Severity
from raslib.formats.firmware import FirmwareReference
from raslib.formats.memory import PlatformMemory
from raslib.formats.more.cxl import CxlProtocol
from raslib.formats.pcie import Pcie
from raslib.formats.sections import GUIDS, NAMES
from raslib.live import replay
from raslib.live.recording.blocks import arm, block, info, memory, pcie, short_memory
from raslib.sim.linux.estatus import LEAST
from raslib.sim.model.scenario import Scenario
from raslib.sim.model.trace import Trace
from raslib.sim.walk import walk

ADDRESS = 0x5000_A000
TOO_SHORT = 'warns "error section length is too small" in place of the section ({}'


def of_apei(scenario: str, data: bytes) -> list[str]:
    return [s.does for s in walked(scenario, data) if s.actor in ("APEI", "memory_failure")]


def walked(scenario: str, data: bytes) -> Trace:
    chosen = "error.report=interrupt cpu.running=host-user host.owner=process host.notify=GPIO"
    return walk(Scenario.of(*chosen.split(), *scenario.split()), block=data)


def cut(section_type: type, body: bytes, severity: Severity = Severity.RECOVERABLE) -> bytes:
    return block(severity, body, section_type=GUIDS[section_type])


def test_a_short_memory_section_is_not_printed_and_still_isolates_its_page():
    said = of_apei("", cut(PlatformMemory, short_memory(ADDRESS, 40)))
    assert said[1:4] == [
        TOO_SHORT.format("Platform Memory)"),
        f"asks memory_failure() to isolate {ADDRESS:#x}",
        "clears the block and acknowledges it",
    ]


def test_of_a_corrected_one_the_real_kernel_says_the_same():
    reaction = replay("memory-40").reactions[0]
    assert "[Firmware Warn]: error section length is too small" in reaction.log
    assert reaction.block
    assert TOO_SHORT.format("Platform Memory)") in of_apei("", reaction.block)


def test_one_that_was_seen_before_is_not_printed_and_so_not_warned_of():
    data = cut(PlatformMemory, short_memory(ADDRESS, 40))
    assert not [said for said in of_apei("host.repeated=true", data) if said.startswith("warns")]


def test_what_the_printer_wants_is_said_of_sections_that_have_these_names():
    names = set(NAMES.values())
    assert set(LEAST) == {name for name in LEAST if name in names}
    assert LEAST[NAMES[GUIDS[FirmwareReference]]] == 16
    data = block(Severity.RECOVERABLE, bytes(115), section_type=GUIDS[CxlProtocol])
    assert of_apei("", data)[1] == TOO_SHORT.format("CXL Protocol Error)")
    assert not [said for said in of_apei("host.linux=6.1", data) if "warns" in said]  # of no kind that 6.1 knows


def test_a_memory_section_of_uefi_2_1_is_long_enough():
    assert not [said for said in of_apei("", cut(PlatformMemory, short_memory(ADDRESS, 73))) if "warns" in said]


def test_an_arm_section_that_counts_more_errors_than_it_has_is_read_as_far_as_it_goes():
    data = block(Severity.RECOVERABLE, arm(info(2, ADDRESS), err_info_num=3))
    assert f"asks memory_failure() to isolate {ADDRESS:#x}" in of_apei("", data)
    logged = of_apei("", replay("arm-count").reactions[0].block or b"")
    assert "logs the section (ARM Processor) and does nothing for it" in logged


def test_what_is_left_of_an_arm_section_that_lacks_its_fixed_part_names_nothing():
    data = cut(ArmProcessor, arm(info(2, ADDRESS)).build()[:39])
    assert of_apei("host.linux=6.1", data)[1:3] == [
        TOO_SHORT.format("ARM Processor)"),
        'warns "Unhandled processor error type 0x00", and does nothing for the section (ARM Processor)',
    ]  # it counts one error, and behind it there are zeros
    lines = '"arm error length: 39", "length is too small", "firmware-generated error record is incorrect"'
    assert of_apei("host.linux=7.1", data)[1:3] == [TOO_SHORT.format("ARM Processor)"), f"warns {lines}"]


def test_a_short_pcie_section_keeps_its_name():
    data = cut(Pcie, pcie().build()[:100])
    assert of_apei("", data)[1:3] == [
        TOO_SHORT.format("PCIe)"),
        "logs the section (PCIe) and does nothing for it",
    ]


def test_the_block_itself_stays_broken_for_every_other_reader():
    data = cut(PlatformMemory, memory(ADDRESS).build()[:40])
    assert ghes.StatusBlock.explain(data).error
