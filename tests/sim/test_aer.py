"""What real kernels print of a PCI device that a section names, bit by bit and release by release."""

import struct

import pytest

from raslib.formats.cper import Severity
from raslib.formats.framing import block_of
from raslib.formats.ghes import DataEntry
from raslib.formats.pcie import DeviceId, Pcie, PcieValid
from raslib.formats.pcie_config import AerCapability
from raslib.live.recording.blocks import recoverable
from raslib.live.recording.question import KernelQuestion, own_case
from raslib.sim.aspects import Value, predicted

COR, REC, FAT = Severity.CORRECTED, Severity.RECOVERABLE, Severity.FATAL

LINE = "0000:00:01.0"  # the serial line of the lab, a plain PCI device
BEFORE_7_2, SINCE_7_2 = "6.1.192-3", "6.12.118-1"
AER_LINES = [
    (BEFORE_7_2, COR, [0, 0, 0, 0, 1], ["AER: aer_status: 0x00000001, aer_mask: 0x00000000",
     "   [ 0] RxErr                  (First)", "AER: aer_layer=Physical Layer, aer_agent=Receiver ID"]),
    (BEFORE_7_2, REC, [0, 1 << 20 | 1 << 12 | 3, 1, 1 << 20, 0, 0, 20, 1, 0xDEAD_BEEF, 3, 4, 5],
     ["AER: aer_status: 0x00101003, aer_mask: 0x00000001", "   [ 1] Unknown Error Bit", "   [12] TLP",
      "   [20] UnsupReq               (First)", "AER: aer_layer=Transaction Layer, aer_agent=Requester ID",
      "AER: aer_uncor_severity: 0x00100000", "AER:   TLP Header: 00000001 deadbeef 00000003 00000004"]),
    (BEFORE_7_2, REC, [0, 1 << 20, 1 << 20], ["AER: aer_status: 0x00100000, aer_mask: 0x00100000",
     "AER: aer_layer=Transaction Layer, aer_agent=Requester ID", "AER: aer_uncor_severity: 0x00000000",
     "AER:   TLP Header: 00000000 00000000 00000000 00000000"]),
    (SINCE_7_2, REC, [0, 1 << 20, 1 << 20], ["AER: aer_status: 0x00100000, aer_mask: 0x00100000",
     "AER: aer_layer=Transaction Layer, aer_agent=Receiver ID", "AER: aer_uncor_severity: 0x00000000"]),
    ("7.2", REC, [0, 1 << 5], ["aer_status: 0x00000020, aer_mask: 0x00000000", "   [ 5] SDES",
     "aer_layer=Data Link Layer, aer_agent=Component ID", "aer_uncor_severity: 0x00000000"]),
    ("7.3.4", REC, [0, 0x19, 9, 0x11], ["aer_uncor_status: 0x00000019, aer_uncor_mask: 0x00000009",
     "  [ 4] DLP               | Receiver    | Data Link Layer", "aer_uncor_severity: 0x00000011"]),
    ("7.3.4", COR, [0, 1 << 20 | 1 << 12 | 1 << 4, 0, 1 << 12, 1 << 13, 0, 20, 1, 2, 3, 4, 5, 6],
     ["aer_cor_status: 0x00002000, aer_cor_mask: 0x00000000", "  [13] NonFatalErr       |             |",
      "aer_uncor_status: 0x00100000, aer_uncor_mask: 0x00000000",
      "  [20] UnsupReq          | Receiver    | Transaction Layer (First)", "aer_uncor_severity: 0x00001000",
      "AER:   TLP Header: 0x00000001 0x00000002 0x00000003 0x00000004"]),
    ("7.3.4", COR, [0, 1 << 20, 0, 0, 1 << 13, 1 << 13], ["aer_cor_status: 0x00002000, aer_cor_mask: 0x00002000"]),
    ("7.3.4", FAT, [0, 1 << 14, 0, 0, 0, 0, 1 << 12, 1, 2, 3, 4],
     ["aer_uncor_status: 0x00004000, aer_uncor_mask: 0x00000000",
      "  [14] CmpltTO           | Requester   | Transaction Layer", "aer_uncor_severity: 0x00000000",
      "AER:   TLP Header: 0x00000001 0x00000002 0x00000003 0x00000004"]),
]  # fmt: skip


def answer(linux: str, aspect: str, *sections: Pcie, severity: int = REC) -> Value:
    """What is predicted of a block of these sections, by GPIO."""
    entries = [DataEntry(error_severity=severity, section=section) for section in sections]
    block = block_of(*entries, error_severity=COR if severity == COR else REC).build()
    return predicted(own_case(KernelQuestion(block, "gpio"), linux).walk())[aspect]


def pcie(*registers: int, bus: int = 0, device: int = 1) -> Pcie:
    """A section with a copy of the capability that begins with these words."""
    capability = AerCapability.parse(struct.pack(f"<{len(registers)}I", *registers).ljust(96, b"\0"))
    valid, where = PcieValid(device_id=True, aer=True), DeviceId(bus=bus, device=device)
    return Pcie(validation_bits=valid, device_id=where, aer=capability)


@pytest.mark.parametrize(("linux", "severity", "registers", "says"), AER_LINES)
def test_a_pci_device_that_is_there_has_its_registers_printed(linux, severity, registers, says):
    """Those of the section: which, in which words and after which prefix is each release's own."""
    words = answer(linux, "warnings", pcie(*registers), severity=severity)
    assert words == tuple(f"{LINE}: {line}" for line in says)


@pytest.mark.parametrize(
    ("linux", "status", "mask", "kernel"),
    [
        (BEFORE_7_2, 0, 0, "oopses"),
        ("7.2", 1 << 20, 1 << 20, "oopses"),
        ("7.3.4", 1 << 20, 0, "oopses"),
        ("7.3.4", 1 << 20, 1 << 20, "goes on"),
        ("7.3.4", 0, 0, "goes on"),
    ],
)
def test_a_device_without_an_error_that_is_not_masked_is_left_alone_since_7_3(linux, status, mask, kernel):
    assert answer(linux, "kernel", pcie(0, status, mask)) == kernel


def test_each_device_of_a_block_is_looked_for():
    words = answer("6.1", "warnings", pcie(), pcie(bus=7), pcie(device=0), severity=COR)
    bridge = "0000:00:00.0"
    assert [word.split(": AER:")[0] for word in words] == [LINE, LINE, "no pci_dev for 0000:07:01.0", bridge, bridge]


def test_under_an_abort_the_consumer_has_its_signal_whatever_becomes_of_the_worker():
    """The driver is asked later, by a worker: an oops is the worker's end, a panic everybody's."""
    case = own_case(KernelQuestion(recoverable(pcie()), "sea", "late"), "6.1")
    told = predicted(case.walk())
    assert (told["kernel"], told["signals"]) == ("oopses", ("SI_KERNEL at 0, lsb 0",))
    assert told["warnings"][:2] == (
        "synchronous unrecoverable error (SIGBUS)",
        f"{LINE}: AER: aer_status: 0x00000000, aer_mask: 0x00000000",
    )
    ends = predicted(case._replace(scenario=case.scenario.choose("host.oops=panics")).walk())
    assert (ends["kernel"], ends["signals"]) == ("panics", ())


@pytest.mark.parametrize(
    ("linux", "flit", "begins"),
    [
        ("6.12", 1, "AER:   TLP Header: 0"),
        ("7.3", 0xD8, "AER:   TLP Header: 0x"),
        ("7.3", 1, "AER:   TLP Header (Flit): 0x"),
    ],
)
def test_linux_finds_flit_mode_where_a_section_has_something_else(linux, flit, begins):
    """As 7.3.4 did: of 0xc0, 0x56 and 0xd8 it made nothing, of odd numbers flit mode."""
    registers = [0, 1 << 20, 0, *[0] * 18, flit << 8]
    assert answer(linux, "warnings", pcie(*registers), severity=REC)[-1].startswith(f"{LINE}: {begins}")


@pytest.mark.parametrize(("linux", "lines"), [("6.12", 12), ("6.18", 10), ("7.3", 10)])
def test_since_6_18_ten_devices_that_are_not_there_are_told(linux, lines):
    assert len(answer(linux, "warnings", *(pcie(bus=5, device=i) for i in range(12)), severity=COR)) == lines
