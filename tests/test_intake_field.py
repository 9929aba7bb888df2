"""What people in the field had, and what is read from it; and what a log says happened next, by the simulator."""

import os
import re
from pathlib import Path

import pytest

from raslib import Scenario, walk
from raslib.formats.ghes import StatusBlock
from raslib.intake import OBSERVATIONS, Found, read, read_all
from raslib.views.kernel_log import kernel_log

SHARED = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[2] / "shared") / "samples"
needs_samples = pytest.mark.skipif(not SHARED.is_dir(), reason="RASKIT_SHARED names no folder with samples")


def found_in(name: str) -> tuple[Found, ...]:
    return read_all(SHARED / "field" / name)


def printed(found: Found) -> str:
    return re.sub(r"\s+", " ", kernel_log(found))


# file -> what Linux would print of it, piece by piece
LOGS = {
    "l01-dell-c4140-qp.txt": ("aer_uncor_status: 0x00100000, aer_uncor_mask: 0x00018000", "0000:05:00.1"),
    "l03-mail-wrapped.txt": (
        "aer_uncor_status: 0x00100000, aer_uncor_mask: 0x00010000",
        "TLP Header: 40000001 0000020f 90028090 00000000",
    ),
    "l06-bert-tigerlake-wrapped.txt": (
        "SOC Firmware Error Record Type2",
        "8f87f311-c998-4d9e-a0c4-6065518c4f6d",
        "00000000: 0100a306 00000280 ca5824d3 000003ab .........$X.....",
    ),
    "l18-mail-reflowed.txt": (
        "device_id: 0000:40:03.1",
        "slot: 16",
        "vendor_id: 0x1022, device_id: 0x1453",
        "class_code: 060400",
        "secondary_status: 0x2000, control: 0x0012",
    ),
    "l20-dell-rhel-escaped.txt": ("fru_text: A4", "physical_address: 0x0000000e9d227900", "2, single-bit ECC"),
    "l22-ascend-kbox-nocolon.txt": ("event severity: recoverable", "physical_address: 0x0000101efe36d3c0", "card: 259"),
    "l25-tx2-error4-partial.txt": ("physical_address: 0x000000bd0db44000", "bank: 256", "DMI handle: 0x0052"),
    "l27-kunpeng920-icache-sea-quoted-interleaved.txt": ("0, cache error", "the error has been corrected"),
    "j01-journal-json.txt": ("event severity: fatal", "physical_address: 0x0000000000001000", "node:0 card:1 module:2"),
    "j02-json-msg-escaped.txt": ("event severity: fatal", "physical_address: 0x0000000000001000"),
    "t03-rasdaemon-mc-event.txt": ("physical_address: 0x0000000080000000", "row:8192", "2, single-bit ECC"),
    "l33-openstreetmap-rasmcctl.txt": ("event severity: corrected", "physical_address: 0x0000006d46d27fc0"),
    "d01-qemu-xp.txt": (),
    "h03-fence-only.txt": ("SOC Firmware Error Record Type2", "7e07a301 000000d0"),
    "h04-quoted-dump.txt": ("SOC Firmware Error Record Type2", "7e07a301 000000d0"),
}


@needs_samples
@pytest.mark.parametrize("name", LOGS)
def test_logs_of_the_field_are_read_as_they_were_logged(name):
    (found,) = found_in(name)
    assert found.kind == "status-block"
    for piece in LOGS[name]:
        assert piece in printed(found)
    assert "not understood" not in found.note
    assert len(found.unknown) < 16


@needs_samples
def test_other_forms_of_the_field_hold_what_they_hold():
    assert [f.kind for f in found_in("c02-phytium-bert-iasl.txt")] == ["bert"]
    for name in ("c02b-raw-rows.txt", "c02c-raw-rows-nocomment.txt"):
        assert found_in(name)[0].data == found_in("c02-phytium-bert-iasl.txt")[0].data
    assert [len(f.data) for f in found_in("h02-markdown-two-instances.txt")] == [1100, 1100]
    assert [f.kind for f in found_in("intel-dummy.bert")] == ["bert", "status-block"]
    assert found_in("w01-whea-storport-console.txt")[0].data == found_in("w02-whea-event.xml")[0].data
    assert len(found_in("w02-whea-event.xml")[0].data) == 298
    section = StatusBlock.parse(found_in("l09-cxl-gmer-unknown-elided.txt")[0].data).entries[0].section
    assert section.build()[:32].hex() == "9000000007000000000000008680930d00001000000000000000040000000000"
    nodes = found_in("l15-hpe-console.txt")
    assert [re.search(r"on (\w+)", f.note)[1] for f in nodes] == ["x4115c7s4b0n0", "x4010c1s4b0n0", "x4205c3s6b0n0"]
    assert "fru_text: Card02, ChnD, DIMM0" in printed(nodes[2])
    arm = StatusBlock.parse(found_in("t02-trace-arm-event-ampere.txt")[0].data).entries[0].section
    assert (arm.midr_el1, arm.error_information[0].length, arm.build()[-48:-40].hex()) == (
        0x413FD0C1,
        80,
        "000100000700004e",
    )
    assert [f.kind for f in found_in("t04-ras-mc-ctl-errors.txt")] == ["status-block", "status-block"]


@needs_samples
@pytest.mark.parametrize(
    ("name", "esr", "level"),
    [
        ("p01-serror-panic.txt", 0xBE000000, "EL1 or EL2"),
        ("p02-sea-esr.txt", 0x96000210, "EL1 or EL2"),
        ("p03-tfa-dump.txt", 0x92000210, "EL3"),
        ("p04-mem-abort-info.txt", 0x8600000E, "EL1 or EL2"),
    ],
)
def test_panics_of_the_field_are_observed(name, esr, level):
    (found,) = found_in(name)
    assert found.kind == OBSERVATIONS
    assert {("esr", esr), ("level", level)} <= {value for one in found.observations for value in one.values}
    assert f"`raslib esr {esr:#x}`" in found.note


@needs_samples
@pytest.mark.parametrize("name", ["q01-qmp-arm-inject.txt", "e01-einj-session.txt"])
def test_commands_of_the_field_hold_no_bytes_and_are_said_to(name):
    assert "hold no bytes of the record" in found_in(name)[0].note


@needs_samples
@pytest.mark.parametrize("form", ["ansi.txt", "journal.json", "latin1.txt", "nul.txt"])
def test_a_log_that_was_broken_is_the_plain_one(form):
    assert read(SHARED / "broken" / f"log-{form}").data == read(SHARED / "broken" / "log-plain.txt").data


# log -> the scenario that its lines tell, and how it ends: what the log says happened next
STORIES = {
    "ampere-altra-its-boot": ("cpu.running=host-kernel error.report=interrupt host.notify=POLLED", "logged"),
    "hisi-2026-el3-sea-devmem": ("cpu.running=host-user", "sigbus_kernel"),
    "kunpeng920-2019-sea": ("cpu.running=host-user", "sigbus_kernel"),
    "phytium-s5000c-einj": ("cpu.running=host-kernel error.report=interrupt host.notify=GSIV", "logged"),
    "qemu-guest-2019-sea-mem": ("cpu.running=host-kernel host.linux=5.4", "host_oops"),
    "sgi575-dmc620-sdei": ("cpu.running=host-kernel error.report=interrupt host.notify=SDEI", "logged"),
}


@needs_samples
@pytest.mark.parametrize("name", STORIES)
def test_the_blocks_of_the_public_logs_are_claimed_as_those_kernels_did(name):
    choices, end = STORIES[name]
    blocks = [found for found in read_all(SHARED / "logs" / f"{name}.txt") if found.kind == "status-block"]
    for found in blocks:
        outcome = walk(Scenario.of(*choices.split()), block=found.data).outcome
        assert (outcome["claimed"], outcome["end"]) == ("APEI", end)


def test_a_block_of_a_log_is_no_empty_one():
    """Linux printed it, and so its status was not zero: the error is claimed, the page isolated."""
    log = "[Hardware Error]: event severity: {}\n[Hardware Error]:  Error 0, type: {}\n"
    log += "[Hardware Error]:   section_type: memory error\n[Hardware Error]:   physical_address: 0x00000000400a1000\n"
    for severity, status in (("recoverable", 0x11), ("fatal", 0x11), ("corrected", 0x12), ("info", 0x10)):
        found = read(log.format(severity, severity))
        assert StatusBlock.parse(found.data).block_status.build() == status
        assert "block_status" not in found.unknown
    outcome = walk(
        Scenario.of("cpu.running=host-user"), block=read(log.format("recoverable", "recoverable")).data
    ).outcome
    assert (outcome["end"], outcome["claimed"]) == ("sigbus_ar", "APEI")
