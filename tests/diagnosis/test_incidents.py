"""Real incidents as they were reported: what each log says happened next is what the diagnosis comes to."""

import os
from pathlib import Path

import pytest

from raslib import diagnose

SAMPLES = Path(os.environ.get("RASKIT_SHARED") or Path(__file__).parents[3] / "shared") / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="RASKIT_SHARED names no folder with samples")

# file -> ends of the host that the log leaves, the most of them first; words that the story has
INCIDENTS = {
    # "... (SEA storm) ..." stands in the log itself
    "logs/hisi-2026-el3-sea-devmem.txt": (["storm"], ["HEST source 9", "0x1000093c00", "free buddy page"]),
    # the guest's kernel died of the abort, although the record was printed: releases before 5.8 look at no answer
    "logs/qemu-guest-2019-sea-mem.txt": (["host_oops", "host_panic"], ["recoverable", "0x400a1000", "96000410"]),
    "logs/sgi575-dmc620-sdei.txt": (["logged"], ["HEST source 1", "0x1f03fedcd"]),
    "logs/ampere-altra-its-boot.txt": (["logged"], ["Ampere RAS", "worst of 2 events"]),
    "logs/kunpeng920-2019-sea.txt": (["logged"], ["ARM Processor at 0x27caf50770"]),
    "logs/phytium-s5000c-einj.txt": (["logged"], ["corrected", "worst of 2 events"]),
    "field/l01-dell-c4140-qp.txt": (["host_panic"], ["fatal", "PCIe", "lspci -vvv -s 0000:05:00.1"]),
    "field/l03-mail-wrapped.txt": (["host_panic"], ["fatal", "PCIe", "lspci -vvv -s 0000:01:00.1"]),
    "field/j01-journal-json.txt": (["host_panic"], ["fatal", "Platform Memory at 0x1000", "node 0, card 1, module 2"]),
    "field/j02-json-msg-escaped.txt": (["host_panic"], ["fatal", "0x1000"]),
    "field/l18-mail-reflowed.txt": (["logged"], ["corrected", "lspci -vvv -s 0000:40:03.1"]),
    "field/l20-dell-rhel-escaped.txt": (["logged"], ["corrected", "0xe9d227900"]),
    "field/l25-tx2-error4-partial.txt": (["logged"], ["0xbd0db44000", "N1 DIMM_L0"]),
    # what rasdaemon has was read by a kernel that went on
    "field/l33-openstreetmap-rasmcctl.txt": (["logged"], ["corrected", "0x6d46d27fc0"]),
    "field/t03-rasdaemon-mc-event.txt": (["logged"], ["corrected", "0x80000000"]),
    "field/t04-ras-mc-ctl-errors.txt": (["logged"], ["recoverable", "rank 0, bank 2, device 28"]),
    "field/p01-serror-panic.txt": (["host_panic"], ["SError", "Asynchronous SError Interrupt"]),
    "field/p02-sea-esr.txt": (["host_oops", "host_panic"], ["synchronous external abort"]),
    "field/p03-tfa-dump.txt": (["fw_panic"], ["Unhandled External Abort", "EL3"]),
}


@needs_samples
@pytest.mark.parametrize("name", INCIDENTS)
def test_a_real_incident_is_told_as_it_ended(name):
    ends, words = INCIDENTS[name]
    found = diagnose(SAMPLES / name)
    assert found.agreeing is not None
    assert list(found.agreeing.ends)[: len(ends)] == ends
    story = found.text().split("\n\n")[0].replace("\n    ", " ")
    assert [word for word in words if word not in story] == []
    assert found.scenario is not None


@needs_samples
def test_a_fault_of_software_is_no_hardware_error():
    """An execute fault of the kernel's own, with its ESR."""
    found = diagnose(SAMPLES / "field" / "p04-mem-abort-info.txt")
    assert (found.cases, found.scenario) == ((), None)
    assert found.text().startswith("No hardware error is reported here.")
    assert "raslib esr 0x8600000e" in found.text()


@needs_samples
def test_a_storm_is_told_by_the_passes_of_memory_failure():
    """The first takes the page, the second finds it gone, the third signals who touched it."""
    found = diagnose(SAMPLES / "logs" / "hisi-2026-el3-sea-devmem.txt")
    assert [(event.printed, event.met_again) for event in found.events] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    assert list(found.cases[2].agreeing.ends) == ["sigbus_ar, BUS_MCEERR_AR"]
    assert found.cases[2].agreeing.witnesses[0].assumed["cpu.running"] == "host-user"


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("field/*")), ids=lambda path: path.name)
def test_every_input_of_the_field_has_a_story_or_a_reason(path):
    """None is a fault of ours; of a block that breaks off, the refusal says so."""
    if path.name == "d01-qemu-xp.txt":
        with pytest.raises(ValueError, match=f"; {path.name}: a status-block that breaks off: "):
            diagnose(path)
    else:
        assert diagnose(path).sentences[0].about == "story"


@needs_samples
def test_a_log_with_its_table_knows_how_the_source_notifies():
    """Ampere Altra: sources 0 and 3 of its HEST notify by SCI, and no abort was anybody's."""
    log = SAMPLES / "logs" / "ampere-altra-its-boot.txt"
    found = diagnose(log, SAMPLES / "hest" / "ampere-altra.aml")
    assert [c.says for c in found.cases[0].constraints if "notifies" in c.says] == ["source 0 notifies by SCI"]
    assert list(found.agreeing.ends) == ["logged"]
    assert any(s.about == "fact" and s.text.startswith("HEST, ") for s in found.sentences)
