"""What real kernels answered when they were asked new questions: each kind of answer, predicted aspect by aspect.

The machine of the questions had RAM from 1 GiB on and an NVDIMM without struct pages; the page of the process that is
hit is VICTIM. Each row is an answer of Linux 6.1.192 (or the release that it names) to a block.
"""

from typing import Any, NamedTuple

import pytest

from raslib.formats.arm import ArmProcessor
from raslib.formats.cper import Severity
from raslib.formats.firmware import FirmwareReference
from raslib.formats.framing import block_of
from raslib.formats.ghes import DataEntry, EntryFlags
from raslib.formats.hest import GenericSourceV2, Hest, Notify
from raslib.formats.memory import PlatformMemory
from raslib.formats.more.cxl import CxlProtocol
from raslib.formats.more.cxl_events import CxlDram, CxlGeneralMedia, CxlMemoryModule
from raslib.formats.pcie import DeviceId, Pcie, PcieValid
from raslib.formats.processor import GenericProcessor
from raslib.formats.sections import GUIDS
from raslib.live.recording.blocks import arm, block, corrected, fatal, info, memory, recoverable, short_memory
from raslib.live.recording.question import KernelQuestion, own_case
from raslib.live.recording.reaction import PLACES
from raslib.sim.aspects import AspectRow, predicted
from raslib.sim.linux import estatus
from raslib.sim.model.choices import Page
from raslib.sim.model.platform import Ram
from raslib.sim.model.scenario import Scenario
from raslib.sim.walk import walk

VICTIM, FREE, TEXT, SLAB, GONE, HOLE = 0x7C00_0000, 0x567E_8000, 0x77F4_0000, 0x79F9_0000, 0x77F5_0000, 0x0B00_0000
RAM = Ram(
    (range(0x4000_0000, 0x8000_0000),),
    ((VICTIM, Page.ANONYMOUS), (FREE, Page.FREE), (TEXT, Page.KERNEL), (SLAB, Page.KERNEL), (GONE, Page.GONE)),
)
GPIO, SEA, SDEI, EARLY = "host.notify=GPIO", "host.notify=SEA", "host.notify=SDEI", "host.kill=early"
CACHE, BUS, TLB, MICRO = 2, 8, 4, 16
SIGBUS, RECOVERED = "Sending SIGBUS to", ("recovery action for",)
TOO_SMALL, FORCED = "error section length is too small", "synchronous unrecoverable error (SIGBUS)"
FAILED, BAD = "event 804 on CPU 0 failed with error: -2", "Invalid address in generic error data: "
AR = ("BUS_MCEERR_AR at its memory, lsb 12",)
KERNEL_SIG = ("SI_KERNEL at 0, lsb 0",)
BUDDY = "recovery action for free buddy page: Recovered"


def answer(data: bytes, *choices: str, linux: str = "6.1", touched: bool = True, **given: Any) -> dict[str, Any]:
    """What the simulator predicts of the host's kernel."""
    report = "SEA" if SEA in choices else "interrupt"
    usual = f"error.report={report} cpu.running=host-user host.owner=process guest.notify=none host.linux={linux}"
    s = Scenario.of(*usual.split(), f"error.touched_later={touched}".lower(), *filter(None, choices))
    return predicted(walk(s, block=data, ram=given.pop("ram", RAM), **given))


def pcie(device: DeviceId) -> Any:
    return Pcie(validation_bits=PcieValid(device_id=True, aer=True), device_id=device)


def unhandlable(kind: str) -> tuple[str, ...]:
    """What is said of a page of the kernel."""
    return f"recovery action for {kind} page: Ignored", "unhandlable page."


class Asked(NamedTuple):
    name: str  # of the question
    block: Any
    choices: tuple[str, ...]
    answer: dict[str, Any]
    linux: str = "6.1"
    touched: bool = True  # there is a process, and it goes on with its page


def cut(record: Any, size: int, body: bytes = b"") -> Any:
    """A section of this kind that has only *size* bytes."""
    return block(Severity.RECOVERABLE, body.ljust(size, b"\0"), section_type=GUIDS[record])


def raw(data: bytes, offset: int, length: int) -> bytes:
    """*data* that says so of its raw data."""
    return data[:4] + offset.to_bytes(4, "little") + length.to_bytes(4, "little") + data[12:]


CACHE_ERROR = arm(info(CACHE)).build()
NO_PROCESS, KEPT = False, {"page": "kept", "signals": ()}
ASKED = [
    # where there is no memory
    Asked("h04 a hole", recoverable(memory(HOLE)), (GPIO,), {"warnings": (f"{BAD}0xb000000",), "memory_failure": ()}),
    Asked("h05 beyond", recoverable(memory(1 << 33)), (GPIO,), {"warnings": (f"{BAD}0x200000000",), **KEPT}),
    Asked("h06 an NVDIMM", recoverable(memory(0x8010_0000)), (GPIO,), {"warnings": (f"{BAD}0x80100000",), **KEPT}),
    Asked("h11 a hole, by SEA", recoverable(memory(HOLE)), (SEA,),
          {"warnings": (f"{BAD}0xb000000", FORCED), "memory_failure": (), "page": "kept", "signals": KERNEL_SIG}),
    Asked("h17 a hole, too often", corrected(memory(HOLE), flags=EntryFlags(error_threshold_exceeded=True)), (GPIO,),
          {"warnings": (f"{BAD}0xb000000",), **KEPT}),
    Asked("s8 a hole, by SDEI", recoverable(memory(HOLE)), (SDEI,), {"warnings": (f"{BAD}0xb000000",), **KEPT}),
    Asked("h11 by 7.3", recoverable(memory(HOLE)), (SEA,),
          {"warnings": (SIGBUS,), "memory_failure": ("recovery action for non struct page pfn: Ignored",),
           "signals": KERNEL_SIG}, "7.3"),
    # pages that are nobody's
    Asked("h02 text of the kernel", recoverable(memory(TEXT)), (GPIO,), {"memory_failure": unhandlable("unknown")},
          "6.1", NO_PROCESS),
    Asked("h03 slab", recoverable(memory(SLAB)), (GPIO,), {"memory_failure": unhandlable("unknown"), "warnings": ()},
          "6.1", NO_PROCESS),
    Asked("slab by 6.12", recoverable(memory(SLAB)), (GPIO,), {"memory_failure": unhandlable("get hwpoison")},
          "6.12", NO_PROCESS),
    Asked("slab by 7.3", recoverable(memory(SLAB)), (GPIO,), {"memory_failure": unhandlable("reserved kernel")},
          "7.3", NO_PROCESS),
    Asked("h10 a free page, by SEA", recoverable(memory(FREE)), (SEA,), {"memory_failure": (BUDDY,), **KEPT}),
    Asked("h16 a poisoned page, too often", corrected(memory(GONE), flags=EntryFlags(error_threshold_exceeded=True)),
          (GPIO,), {"warnings": ("soft_offline_page: 0x77f50 page already poisoned",), "page": "kept"}),
    Asked("the same by 7.3", corrected(memory(GONE), flags=EntryFlags(error_threshold_exceeded=True)), (GPIO,),
          {"warnings": ("Soft offline: 0x77f50: page already poisoned",), "page": "kept"}, "7.3"),
    Asked("r107 a poisoned page, by SEA", recoverable(memory(GONE)), (SEA,),
          {"memory_failure": ("already hardware poisoned",), **KEPT}),
    Asked("r107 by 7.3", recoverable(memory(GONE)), (SEA,),
          {"memory_failure": ("recovery action for already poisoned page: Failed",), **KEPT}, "7.3"),
    # several errors in a section of a processor
    Asked("h20 bus and cache", recoverable(arm(info(BUS), info(CACHE))), (GPIO,),
          {"warnings": ("Unhandled processor error type 0x08",), "page": "gone", "signals": AR}),
    Asked("h21 two pages", recoverable(arm(info(CACHE), info(CACHE, FREE))), (GPIO,),
          {"memory_failure": (*RECOVERED, BUDDY), "page": "gone", "signals": AR}),
    Asked("h22 the last has no memory", recoverable(arm(info(CACHE), info(CACHE, 0xFFF0_0000_0000))), (SEA,),
          {"warnings": (f"{BAD}0xfff000000000", FORCED), "memory_failure": RECOVERED, "page": "gone",
           "signals": KERNEL_SIG}),
    Asked("h22 by 6.12.118", recoverable(arm(info(CACHE), info(CACHE, 0xFFF0_0000_0000))), (SEA,),
          {"warnings": (f"{BAD}0xfff000000000",), "page": "gone", "signals": AR}, "6.12.118"),
    Asked("h23 two that name no page", recoverable(arm(info(TLB), info(MICRO))), (GPIO,),
          {"warnings": ("Unhandled processor error type 0x04", "Unhandled processor error type 0x10"), **KEPT}),
    Asked("h31 an error of length 0", cut(ArmProcessor, 72, CACHE_ERROR[:41] + b"\0" + CACHE_ERROR[42:]), (GPIO,),
          {"memory_failure": RECOVERED, "page": "gone", "signals": AR}),
    # soft offline of what cannot be moved
    Asked("a page of the kernel, too often", corrected(memory(SLAB), flags=EntryFlags(error_threshold_exceeded=True)),
          (GPIO,), {"memory_failure": ("unhandlable page.",), "page": "kept"}),
    # several sections
    Asked("h40 two pages", recoverable(memory(), memory(FREE)), (GPIO,),
          {"memory_failure": (*RECOVERED, BUDDY), "page": "gone", "signals": AR}),
    Asked("the same page twice", recoverable(memory(), memory()), (GPIO,),
          {"memory_failure": ("recovery action for", "already hardware poisoned"), "page": "gone"}),
    Asked("h42 a corrected one behind", recoverable(memory(), memory(FREE)), (SEA,),
          {"warnings": (FORCED,), "page": "gone", "signals": KERNEL_SIG}),
    Asked("h42 by 7.3", recoverable(memory(), memory(FREE)), (SEA,),
          {"warnings": (), "page": "gone", "signals": AR}, "7.3"),
    Asked("r100 a free page and text of the kernel", recoverable(memory(FREE), arm(info(TLB, TEXT))), (SEA, EARLY),
          {"warnings": ("Unhandled processor error type 0x04", FORCED), "memory_failure": (BUDDY,), "page": "kept"}),
    Asked("text of the kernel, then the page, by 7.3", recoverable(memory(TEXT), memory()), (SEA,),
          {"warnings": (SIGBUS,), "memory_failure": (SIGBUS, *RECOVERED, *unhandlable("reserved kernel")),
           "page": "gone", "signals": AR}, "7.3"),
    Asked("the page, then text of the kernel, by 7.3", recoverable(memory(), memory(TEXT)), (SEA,),
          {"warnings": (SIGBUS,), "memory_failure": (SIGBUS, *RECOVERED, *unhandlable("reserved kernel")),
           "page": "gone", "signals": KERNEL_SIG}, "7.3"),
    # CXL: nothing before 6.12, then what is wrong with it
    Asked("a CXL event without a length", cut(CxlDram, 144), (GPIO,), {"warnings": ()}),
    Asked("the same by 6.12", cut(CxlDram, 144), (GPIO,),
          {"warnings": ("CXL CPER Invalid section length (0)",)}, "6.12"),
    Asked("an event without an event", cut(CxlGeneralMedia, 144, (144).to_bytes(4, "little")), (GPIO,),
          {"warnings": ("CXL CPER invalid event",)}, "7.3"),
    Asked("a good one", cut(CxlMemoryModule, 144, (144).to_bytes(4, "little") + b"\4"), (GPIO,),
          {"warnings": ()}, "7.3"),
    Asked("h48 a CXL protocol error", cut(CxlProtocol, 200), (GPIO,),
          {"warnings": ("CXL CPER invalid agent type",)}, "7.3"),
    Asked("with an agent", cut(CxlProtocol, 200, b"\2"), (GPIO,),
          {"warnings": ("CXL CPER invalid protocol error log",)}, "7.3"),
    Asked("which 6.12 does not know", cut(CxlProtocol, 200), (GPIO,), {"warnings": ()}, "6.12"),
    # short sections: a line each, where and when the kernel prints
    Asked("h51 a processor", cut(GenericProcessor, 100), (GPIO,), {"warnings": (TOO_SMALL,)}),
    Asked("h53 a reference", cut(FirmwareReference, 8), (GPIO,), {"warnings": (TOO_SMALL,)}),
    Asked("a reference of 16 bytes", cut(FirmwareReference, 16), (GPIO,), {"warnings": ()}),
    Asked("h57 no memory section at all, by SEA", cut(PlatformMemory, 0), (SEA,), {"warnings": (FORCED, TOO_SMALL)}),
    Asked("p7 a fatal one", fatal(b"", section_type=GUIDS[PlatformMemory]), (GPIO,),
          {"kernel": "panics", "warnings": (TOO_SMALL,)}),
    Asked("two of them",
          recoverable(short_memory(FREE, 40), short_memory(FREE, 30), section_type=GUIDS[PlatformMemory]), (GPIO,),
          {"warnings": (TOO_SMALL, TOO_SMALL)}),
    # lengths that wrap
    Asked("h62 data_length of all ones", recoverable(memory(), data_length=0xFFFF_FFFF), (GPIO,),
          {"warnings": ("Truncated error status block!",), "records": "0", **KEPT}),
    Asked("h63 the same by SEA", recoverable(memory(), data_length=0xFFFF_FFF0), (SEA,),
          {"warnings": ("Truncated error status block!",), "records": "0"}),
    Asked("h64 raw data that wraps", raw(recoverable(memory()), 0xFFFF_FFF0, 0x100), (GPIO,),
          {"warnings": (), "records": "1", "memory_failure": RECOVERED, "page": "gone", "signals": AR}),
    # PCI Express
    Asked("h45 no such device", block(Severity.RECOVERABLE, pcie(DeviceId(bus=9, device=3))),
          (GPIO, "host.pci_device=none"), {"warnings": ("no pci_dev for 0000:09:03.0",)}),
    Asked("h45 by 7.1", block(Severity.RECOVERABLE, pcie(DeviceId(bus=9, device=3))), (GPIO, "host.pci_device=none"),
          {"warnings": ("0000:09:03.0: no pci_dev found",)}, "7.1"),
    # a record that was seen before
    Asked("h85 again", recoverable(memory()), (GPIO, "host.repeated=true"), {"records": "0", "page": "gone"}),
    Asked("h87 again by SEA", recoverable(memory()), (SEA, "host.repeated=true"),
          {"records": "0", "memory_failure": (), **KEPT}),
    Asked("h87 by 7.3", recoverable(memory()), (SEA, "host.repeated=true"),
          {"records": "0", "memory_failure": (), "page": "kept", "signals": ("BUS_OBJERR at its memory, lsb 0",)},
          "7.3"),
    # SDEI events that fail
    Asked("s4 no block", bytes(20), (SDEI,), {"warnings": (FAILED,)}),
    Asked("s5 too long", recoverable(memory(), data_length=9000), (SDEI,),
          {"warnings": ("Invalid error status block length!", FAILED)}),
    Asked("s6 an entry that is longer", recoverable(memory(), error_data_length=4000), (SDEI,),
          {"warnings": ("Failed to read error status block!", FAILED)}),
]  # fmt: skip


def entry_severity(data: bytes, number: int, severity: Severity) -> bytes:
    """*data* with another severity in entry *number* of 152 bytes each."""
    at = 20 + 152 * number + 16
    return data[:at] + int(severity).to_bytes(4, "little") + data[at + 4 :]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_the_kernel_is_predicted(asked: Asked):
    data = asked.block
    if asked.name.startswith("h42"):
        data = entry_severity(data, 1, Severity.CORRECTED)
    found = answer(data, *asked.choices, linux=asked.linux, touched=asked.touched)
    assert (
        asked.answer.items() <= found.items()
        or {k: found[k] for k in asked.answer} == asked.answer
        or same(found, asked.answer)
    ), found


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Words of memory_failure() come in an order of their own."""
    return all(AspectRow("", aspect, value, found[aspect]).same for aspect, value in expected.items())


def test_h74_an_entry_whose_size_wraps_is_taken_for_64_bytes():
    """The second entry then begins in the first, and is one of an unknown kind or a short one."""
    whole = recoverable(memory(), memory(FREE))
    data = bytearray(whole)
    data[12:16] = (64 + 72 + 80).to_bytes(4, "little")
    data[44:48] = (0xFFFF_FFF8).to_bytes(4, "little")  # of the first entry: 72 bytes and that are 64
    second = whole[20 + 152 :]
    data[20 + 64 :] = second.ljust(len(data) - 84, b"\0")
    found = answer(bytes(data), GPIO)
    assert found["records"] == "1"
    assert "Failed to read error status block!" not in found["warnings"]


@pytest.mark.parametrize(
    ("device", "oops", "end"),
    [("plain-pci", "kills", "host_oops"), ("plain-pci", "panics", "host_panic"), ("express", "kills", "logged")],
)
def test_h46_a_plain_pci_device_costs_the_kernel_a_pointer(device: str, oops: str, end: str):
    s = Scenario.of(
        "error.report=interrupt", "cpu.running=host-user", "host.owner=process", GPIO, "cper.section=PCIe",
        f"host.pci_device={device}", f"host.oops={oops}",
    )  # fmt: skip
    assert walk(s).outcome["host"] == end
    corrected_ = s.choose(cper_severity="CORRECTED")
    assert walk(corrected_).outcome["host"] == "logged"  # what is corrected needs no recovery


def test_a_page_of_the_kernel_that_is_used_again_ends_in_an_oops():
    """Seen in the field: a report, memory_failure() in vain, and minutes later an abort in the kernel itself."""
    s = Scenario.of(
        "error.report=interrupt", "cpu.running=host-user", GPIO, "host.page=kernel", "error.touched_later=true"
    )
    trace = walk(s)
    assert [step.text.key for step in trace][-3:] == ["mm.fails", "mm.kernel-touches", "kernel.oops"]
    assert trace.outcome == {**trace.outcome, "end": "host_oops", "claimed": "APEI", "acked": "yes"}
    panics = walk(s.choose(host_linux="7.3", host_page_panics=True))
    assert [step.text.key for step in panics][-1] == "mm.unrecoverable"
    assert panics.outcome["end"] == "host_panic"
    assert walk(s.choose(host_linux="7.2", host_page_panics=True)).outcome["end"] == "host_oops"


@pytest.mark.parametrize(
    ("access", "width", "write", "preserve", "after"),
    [
        (3, 32, 0xF_0000_0001, 0, 0x1),  # h95: 32 bits of it
        (1, 8, 0x1FF, 0, 0xFF),
        (2, 16, 0x1_8001, 0, 0x8001),
        (4, 64, 0xF_0000_0001, 0, 0xF_0000_0001),
        (1, 32, 0xABCD_EF01, 0, 0xABCD_EF01),  # a common fault of firmware, which Linux mends
        (1, 64, 0x1_ABCD_EF01, 0, 0x1_ABCD_EF01),
    ],
)
def test_h95_a_read_ack_register_has_as_many_bits_as_are_written_at_once(access, width, write, preserve, after):
    [source] = Scenario.of(GPIO).host.hest().error_sources
    assert isinstance(source, GenericSourceV2)
    register = source.read_ack_register.replace(access_size=access, register_bit_width=width)
    changed = source.replace(read_ack_register=register, read_ack_write=write, read_ack_preserve=preserve)
    table = Hest(error_sources=(changed,))
    assert changed.notification.type == Notify.GPIO
    assert answer(recoverable(memory()), GPIO, hest=table)["read_ack"] == f"{after:#x}"


def test_without_a_word_on_its_ram_a_machine_has_memory_up_to_16_tib():
    data = recoverable(memory(HOLE))
    assert answer(data, GPIO, ram=Ram())["warnings"] == ()
    assert answer(recoverable(memory(1 << 44)), GPIO, ram=Ram())["warnings"] == (f"{BAD}0x100000000000",)


def test_a_processor_section_that_counts_too_many_errors_is_read_as_far_as_the_release_goes():
    """Up to 7.0 the count alone is believed; then the length; and 7.1 itself takes the head for 8 bytes of its 40."""
    data = recoverable(arm(info(CACHE), err_info_num=40))
    for linux, errors in (("6.1", 11), ("6.12", 11), ("6.12.118", 1), ("7.1", 11), ("7.2", 1), ("7.3", 1)):
        keys = [s.text.key for s in walk(Scenario.of(*chosen(linux)), block=data, ram=RAM)]
        assert keys.count("apei.to-memory-failure") + keys.count("apei.unhandled-core") == errors, linux


def chosen(linux: str) -> list[str]:
    return ["error.report=interrupt", "cpu.running=host-user", "host.owner=process", GPIO, f"host.linux={linux}"]


# --- asked later: a record again, a page twice, and what CXL's drivers refuse -----------------------------------------


def _words(kernel: str, question: KernelQuestion, aspect: str) -> tuple[str, ...]:
    return predicted(own_case(question, kernel).walk())[aspect]


@pytest.mark.parametrize(
    ("kernel", "says"),
    [("7.3.4", "recovery action for already poisoned page: Failed"), ("6.1.192", "already hardware poisoned")],
)
def test_a_page_that_was_lost_to_a_record_is_lost_when_it_comes_again(kernel, says):
    block = recoverable(memory(PLACES["free"]))
    assert _words(kernel, KernelQuestion(block, "gpio"), "memory_failure") == (
        "recovery action for free buddy page: Recovered",
    )
    assert _words(kernel, KernelQuestion(block, "gpio", repeated=True), "memory_failure") == (says,)


def test_a_consumer_is_signalled_for_each_time_that_its_page_is_named():
    """Since 6.17 the work is the consumer's own, and kill_accessing_process() finds it."""
    block = recoverable(memory(), memory())
    sends = "Sending SIGBUS to"
    assert _words("7.3.4", KernelQuestion(block, "sea", "late"), "memory_failure").count(sends) == 2
    assert _words("7.3.4", KernelQuestion(block, "sea", "late"), "signals") == ("BUS_MCEERR_AR at its memory, lsb 12",)
    assert _words("7.3.4", KernelQuestion(block, "gpio", "late"), "memory_failure").count(sends) == 0


@pytest.mark.parametrize(
    ("valid", "length", "says"),
    [
        (0x40, 88, ("CXL CPER invalid agent type",)),
        (0x02, 88, ("CXL CPER invalid protocol error log",)),
        (0x42, 87, ("CXL CPER invalid RAS Cap size (87)",)),
        (0x42, 88, ()),
    ],
)
def test_a_cxl_protocol_error_brings_its_registers_along(valid, length, says):
    section = bytearray(CxlProtocol().build().ljust(220, b"\0"))
    section[:8], section[110:112] = valid.to_bytes(8, "little"), length.to_bytes(2, "little")
    entry = DataEntry(error_severity=2, section=bytes(section), section_type=GUIDS[CxlProtocol])
    question = KernelQuestion(block_of(entry, error_severity=2).build(), "gpio")
    assert _words("7.3.4", question, "warnings") == says
    assert _words("6.1.192", question, "warnings") == ()
    case = own_case(question, "7.3.4")
    deaf = case._replace(scenario=case.scenario.choose("host.config=PCIe-AER"))
    assert predicted(deaf.walk())["warnings"] == ()


@pytest.mark.parametrize(("linux", "short"), [("6.1", False), ("6.12", True), ("7.3", True)])
def test_a_short_error_of_cxls_protocol_is_told_where_it_is_of_a_known_kind(linux, short):
    assert estatus.LEAST[CxlProtocol.title] == 116
    for length in (115, 116):
        entry = DataEntry(error_severity=2, section=bytes(length), section_type=GUIDS[CxlProtocol])
        words = _words(linux, KernelQuestion(block_of(entry, error_severity=2).build(), "gpio"), "warnings")
        assert (TOO_SMALL in words) == (short and length == 115)


@pytest.mark.parametrize("source", ["gpio", "sea", "sdei"])
def test_an_entry_of_no_bytes_hangs_the_processor(source):
    """As 6.1.192 and 7.3.4 did: nothing is printed, cleared or acknowledged, and nothing answers any more."""
    block = bytearray(recoverable(memory()))
    block[44:48] = (-72 % (1 << 32)).to_bytes(4, "little")
    trace = own_case(KernelQuestion(bytes(block), source, "late"), "6.1").walk()
    assert trace.steps[-1].text is estatus.HANGS
    assert (trace.outcome["host"], trace.outcome["acked"], trace.outcome["claimed"]) == ("lost", "no", "none")
    told = predicted(trace)
    assert (told["warnings"], told["signals"], told["block_status"]) == ((), (), "0x11")
