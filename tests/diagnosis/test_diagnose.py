"""What is given is told: kinds of sentences and of evidence, exact counts, contradictions, and nothing private."""

import json
import re
from itertools import product
from pathlib import Path

import pytest
from diagnosis.logs import agrees, logged

from raslib import Scenario, diagnose, samples, show
from raslib.cli import main
from raslib.diagnosis.agree import OF, _diagram, agreement
from raslib.diagnosis.evidence import AGAIN, LOOK, PRINTED, SHOWN, SIGNS, TAKEN, Constraint, constraints, way
from raslib.diagnosis.gather import gather
from raslib.diagnosis.report import HEADS
from raslib.sim.model.choices import Category, Linux, Page, ReportedBy, Running
from raslib.sim.model.scenario import AXES

MEMORY = """\
[   75.514270] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
[   75.531858] {1}[Hardware Error]: event severity: recoverable
[   75.535095] {1}[Hardware Error]:  Error 0, type: recoverable
[   75.539223] {1}[Hardware Error]:  fru_text: DIMM A4
[   75.539223] {1}[Hardware Error]:   section_type: memory error
[   75.543878] {1}[Hardware Error]:   physical_address: 0x00000000400a1000
[   75.544000] {1}[Hardware Error]:   node:0 card:1 module:2
"""
TAKES = "[   75.6] Memory failure: 0x400a1: recovery action for dirty LRU page: Recovered\n"
SIGNALS = "[   75.6] Memory failure: 0x400a1: Sending SIGBUS to app:12 due to hardware memory corruption\n"
CORRECTED = MEMORY.replace("recoverable", "corrected")


def about(found, *kinds):
    return [s.text for s in found.sentences if s.about in kinds]


# --- the story --------------------------------------------------------------------------------------------------------


def test_the_first_five_lines_are_the_story():
    found = diagnose(MEMORY + SIGNALS + TAKES, release="6.18")
    story = about(found, "story")
    assert story[0] == (
        "75.514270: Firmware, by HEST source 1, reported a recoverable error: Platform Memory at 0x400a1000."
    )
    assert story[1].startswith("Then: Memory failure: 0x400a1: Sending SIGBUS to app:12")
    assert "BUS_MCEERR" in story[2]
    assert story[3].startswith("Ask next: ")
    assert story[4].startswith("Do next: page 0x400a1000 is out of use until the next boot")
    assert found.text().startswith("75.514270: Firmware")


def test_what_is_said_has_a_source():
    """A line, a document, a function, or a command; but for counts, which rest on all of it."""
    found = diagnose(MEMORY + TAKES)
    assert [s.text for s in found.sentences if s.about in ("event", "did", "next", "silent") and not s.source] == []
    assert {s.about for s in found.sentences} <= HEADS.keys()
    assert any("lines 2-7" in s.source for s in found.sentences)
    assert any("mm/memory-failure.c: memory_failure()" in s.source for s in found.sentences if s.about == "did")


def test_the_steps_that_the_log_shows_are_marked():
    """The page that was taken is; what EL3 did is not. The address is the log's."""
    did = about(diagnose(MEMORY + TAKES, release="7.1"), "did")
    assert [text for text in did if text.startswith("* ") and "isolates the page at 0x400a1000" in text]
    assert [text for text in did if text.startswith("EL3 firmware writes a Generic Error Status Block")]
    assert not [text for text in did if "0x840001000" in text]


def test_events_that_are_alike_are_one_with_a_count():
    many = "\n".join(CORRECTED.replace("75.", f"{100 + n}.").replace("{1}", f"{{{n + 1}}}") for n in range(5))
    found = diagnose(many)
    assert [(event.count, event.last) for event in found.events] == [(5, "104.514270")]
    assert found.sentences[0].text.endswith("5 times alike, until 104.514270.")
    assert any("echo 0x400a1000 > /sys/devices/system/memory/soft_offline_page" in t for t in about(found, "next"))


def test_tables_are_facts_and_linted():
    found = diagnose(samples("hest/qemu-7.2"), MEMORY)
    assert [f.text for f in found.facts if f.kind == "table"] == ["HEST, 132 bytes"]
    broken = bytearray(samples("hest/qemu-7.2"))
    broken[9] ^= 1
    assert any("checksum" in text for text in about(diagnose(bytes(broken)), "lint"))
    assert diagnose(bytes(broken)).text().startswith("No hardware error is reported here. There is: HEST, 132 bytes.")


def test_the_release_and_the_table_of_a_machine_hold_for_its_events():
    hest = Scenario.of("host.notify=SDEI").host.hest().build()
    log = "Linux version 6.12.30-arm64 (a@b)\n" + MEMORY.replace("Source: 1", "Source: 0")
    found = diagnose(hest, log)
    says = [c.says for c in found.cases[0].constraints]
    assert says[:2] == ["the kernel is Linux 6.12.30-arm64", "source 0 notifies by SDEI"]
    assert (found.scenario["host.linux"], found.scenario["host.notify"].name) == (Linux.V6_12, "SDEI")


def test_why_something_was_not_logged_is_said():
    """Of a corrected error no page is taken: the step that says so, with its source. A record must be printed."""
    silent = [s for s in diagnose(CORRECTED).sentences if s.about == "silent"]
    assert silent[0].text.startswith('a line "Memory failure: ... recovery action" is there in none')
    assert "drivers/acpi/apei/ghes.c: ghes_do_proc()" in silent[0].source
    orphan = diagnose("[9.0] Memory failure: 0x400a1: recovery action for free buddy page: Recovered\n")
    assert "the record, printed by APEI must have followed" in " ".join(about(orphan, "silent"))


def test_a_panic_without_a_record():
    log = "[1.0] SError Interrupt on CPU5, code 0x00000000be000011 -- SError\n[1.1] Kernel panic - not syncing: "
    found = diagnose(log + "Asynchronous SError Interrupt\n")
    assert list(found.agreeing.ends) == ["host_panic"]
    assert found.scenario["error.report"] is ReportedBy.SERROR
    assert found.scenario["error.category"] is Category.UC
    assert "No record was logged of it" in found.text()


@pytest.mark.parametrize(
    ("pstate", "running", "vhe"),
    [
        ("60400005 (nZCv daif +PAN)", {Running.KERNEL}, [{False}]),
        ("204000c9 (nzCv daIF)", {Running.KERNEL, Running.HYP}, [{True}]),
        ("80001000 (Nzcv daif)", {Running.USER, Running.THREAD}, []),
    ],
)
def test_registers_say_whose_code_an_serror_met(pstate, running, vhe):
    """KVM prints none of a guest's SError, so a guest it cannot have been."""
    log = f"[1.0] SError Interrupt on CPU5, code 0x00000000be000000 -- SError\n[1.1] pstate: {pstate}\n"
    found = diagnose(log + "[1.2] Kernel panic - not syncing: Asynchronous SError Interrupt\n")
    axes = [way["cpu.running"] for c in found.cases[0].constraints for way in c.ways if "cpu.running" in way]
    assert axes == [running]
    assert [way["host.vhe"] for c in found.cases[0].constraints for way in c.ways if "host.vhe" in way] == vhe
    assert found.scenario["cpu.running"] in running


def test_registers_of_a_warning_say_nothing_of_an_error():
    found = diagnose(MEMORY + "[ 76.0] WARNING: CPU: 1 PID: 7\n[ 76.1] pstate: 60400005 (nZCv daif +PAN)\n")
    assert not [way for c in found.cases[0].constraints for way in c.ways if "cpu.running" in way]


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_every_sign_names_steps_that_there_are():
    keys = {step.text.key for step in _diagram().steps}
    wanted = frozenset().union(*(sign.keys for sign in SIGNS), *SHOWN.values(), PRINTED, TAKEN, AGAIN)
    assert wanted - keys == frozenset()
    assert LOOK.keys() - AXES.keys() == set()


LINES = {
    "Kernel panic - not syncing: GHES: Fatal hardware error": "apei.fatal",
    "Kernel panic - not syncing: Asynchronous SError Interrupt": "kernel.serror-fatal",
    "Kernel panic - not syncing: Memory failure on page 400a1": "mm.no-recovery",
    "Kernel panic - not syncing: Memory failure: 0x400a1: unrecoverable page": "mm.unrecoverable",
    "Kernel panic - not syncing: synchronous external abort: Fatal exception": "kernel.oops-panics",
    "Internal error: synchronous external abort: 0000000096000410 [#1] SMP": "kernel.oops",
    "Memory failure: 0x400a1: recovery action for free buddy page: Recovered": "mm.free",
    "Memory failure: 0x400a1: recovery action for non struct page pfn: Ignored": "mm.no-page",
    "Memory failure: 0x400a1: recovery action for already poisoned page: Failed": "mm.already",
    "Memory failure: 0x400a1: already hardware poisoned": "mm.already",
    "Memory failure: 0x400a1: recovery action for huge page: Recovered": "mm.huge",
    "Memory failure: 0x400a1: recovery action for reserved kernel page: Ignored": "mm.fails",
    "Memory failure: 0x400a1: recovery action for get hwpoison page: Ignored": "mm.fails",
    "Memory failure: 0x400a1: recovery action for clean LRU page: Recovered": "mm.drops",
    "Memory failure: 0x400a1: recovery action for dirty LRU page: Recovered": "mm.by-worker",
    "Memory failure: 0x400a1: Sending SIGBUS to app:12 due to hardware memory corruption": "mm.signals-ar",
    "soft_offline_page: 0x400a1 page already poisoned": "apei.soft-offline-poisoned",
    "GHES: Invalid address in generic error data: 0x400a1000": "apei.bad-address",
    "[Firmware Warn]: GHES: Unhandled processor error type 0x02: cache error": "apei.unhandled-core",
    "[Firmware Warn]: GHES: Truncated error status block!": "apei.unreadable",
    "[Firmware Warn]: GHES: Invalid error status block length!": "apei.too-long",
    "[Firmware Warn]: GHES: Invalid CPER header!": "apei.unreadable",
    "[Firmware Warn]: GHES: Failed to read error status block!": "apei.unreadable",
    "sdei: event 804 on CPU 0 failed with error: -2": "apei.sdei-failed",
    "ERROR:   Unhandled External Abort received on 0x80000000 from EL2": "firmware.unhandled",
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_shows_its_step(line):
    """As a line of its own, with a stamp."""
    gathered = gather([f"[    9.000000] {line}\n"])
    (event,) = gathered.events
    assert LINES[line] in frozenset().union(*(c.keys for c in constraints(event, gathered)))


ESRS = {
    0xBE000000: ("error.report", {ReportedBy.UNCATEGORIZED}),
    0xBE000011: ("error.category", {Category.UC}),
    0xBE000C11: ("error.category", {Category.UER}),
    0x96000410: ("cpu.running", {Running.KERNEL, Running.HYP}),
    0x92000410: ("cpu.running", {Running.USER, Running.THREAD, Running.GUEST}),
}


@pytest.mark.parametrize("esr", ESRS, ids=hex)
def test_a_syndrome_is_evidence(esr):
    axis, values = ESRS[esr]
    gathered = gather([f"[    9.000000] SError Interrupt on CPU5, code 0x{esr:016x} -- SError\n"])
    found = constraints(gathered.events[0], gathered)
    assert [c.ways[0][axis] for c in found if c.ways] == [values]


def test_what_was_logged_later_says_that_the_machine_went_on():
    """A panic is ruled out of the first event, not of the last."""
    found = diagnose(CORRECTED + MEMORY.replace("{1}", "{2}").replace("75.", "99."))
    by_time = {c.event.found.time: [x.says for x in c.constraints] for c in found.cases}
    assert "the machine went on to log more" in by_time["75.514270"]
    assert "the machine went on to log more" not in by_time["99.514270"]


def test_an_oops_much_later_is_not_of_the_event():
    late = "[  975.577156] Internal error: synchronous external abort: 0000000096000410 [#1] SMP\n"
    says = [c.says for c in diagnose(MEMORY + late).cases[0].constraints]
    assert "the kernel's own code died of an external abort" not in says


# --- counts -----------------------------------------------------------------------------------------------------------

OPEN = ("host.kill", "host.page", "error.touched_later", "host.repeated")


def test_the_count_is_exact():
    """Against every scenario of a space that is small: all but four choices are given."""
    start = Scenario.of("cpu.running=host-user", "host.owner=process", "error.report=interrupt", "host.notify=GPIO")
    fixed = tuple(
        Constraint("given", "here", ({name: frozenset({start[name]})},))
        for name in AXES
        if name not in OPEN and name not in ("stance", "begin") and not name.startswith(("guest.", "ask."))
    )
    shown = Constraint("a page was taken", "here", (way(host__page={Page.ANONYMOUS, Page.HUGETLB}),), SIGNS[12].keys)
    found = agreement((*fixed, shown))
    every = [
        start.choose(**{axis.replace(".", "_"): value for axis, value in zip(OPEN, values, strict=True)})
        for values in product(*(AXES[axis].values for axis in OPEN))
    ]
    assert found.agree == sum(agrees(s, (*fixed, shown)) for s in every) > 4
    assert found.agree == sum(found.ends.values()) < len(every) < OF


def test_without_evidence_everything_agrees():
    assert agreement((Constraint("something was seen", "here"),), ask=False).agree == OF


def test_every_witness_agrees_and_ends_as_it_says():
    found = diagnose(MEMORY + TAKES)
    for witness in found.agreeing.witnesses:
        assert agrees(witness.scenario, found.cases[0].constraints)
    assert sum(w.scenarios for w in found.agreeing.witnesses) == found.agreeing.agree


def test_a_scenario_that_did_otherwise_does_not_agree():
    log = logged(Scenario.of("cpu.running=host-user", "host.linux=6.18"))
    found = diagnose(log, release="6.18").cases[0].constraints
    assert agrees(Scenario.of("cpu.running=host-user", "host.linux=6.18"), found)
    assert not agrees(Scenario.of("cpu.running=host-user", "host.linux=6.18", "host.page=free"), found)
    assert not agrees(Scenario.of("cpu.running=host-user", "host.linux=7.1"), found)


def test_contradictions_are_named_by_their_lines_and_rules():
    """Of a corrected error no page of a process is isolated: only the two that exclude each other are named."""
    found = diagnose(CORRECTED + TAKES)
    assert (found.agreeing.agree, found.scenario) == (0, None)
    assert sorted(c.says for c in found.agreeing.conflict) == [
        "memory_failure() took a page of a process",
        "the block says corrected",
    ]
    conflict = [s for s in found.sentences if s.about == "conflict"]
    assert any("line 8" in s.text and "ghes_do_proc()" in s.source for s in conflict)
    assert found.text().split("\n\n")[0].count("exclude") == 1


# --- what may leave the house -----------------------------------------------------------------------------------------

PRIVATE = ("node17", "400a1000", "0x400a1", "469339635648", "0123456789", "4c4c4544", "192.168.7.9")


def test_redacted_it_names_no_address_host_or_serial():
    """In the text, the page and the JSON; the syndrome stays."""
    log = MEMORY.replace("[ ", "Nov  8 13:03:59 node17 kernel: [ ").replace("DIMM A4", "SN0123456789")
    log += "Nov  8 13:03:59 node17 kernel: [   75.6] EDAC MC0: 1 UE x on DIMM (addr 469339635648 serial 0123456789)\n"
    log += (
        "Nov  8 13:03:59 node17 kernel: [   75.6] DMI: A B/C, uuid 4c4c4544-0042-3510-8056-c4c04f595331 192.168.7.9\n"
    )
    log += (
        "Nov  8 13:03:59 node17 kernel: [   75.7] Internal error: synchronous external abort: 0000000096000410 [#1]\n"
    )
    found = diagnose(("node17.log", log))
    assert [word for word in PRIVATE if word in found.text()] != []
    plain = found.redacted()
    for text in (plain.text(), json.dumps(plain.to_json()), plain._repr_html_(), repr(plain.facts), repr(plain.events)):
        assert [word for word in PRIVATE if word in text] == []
    assert "96000410" in plain.text()
    assert plain.agreeing.agree == found.agreeing.agree


# --- doors ------------------------------------------------------------------------------------------------------------


def test_markup_and_escapes_of_the_input_reach_nobody(tmp_path, capsys):
    log = (
        MEMORY.replace("DIMM A4", "<b>x</b>")
        + "[ 75.9] Kernel panic - not syncing: \x1b[31m<script>alert(1)</script>\n"
    )
    path = tmp_path / "a.log"
    path.write_text(log)
    assert main(["diagnose", str(path), "--as", "html"]) == 0
    page = capsys.readouterr().out
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert "Content-Security-Policy" in page
    assert main(["diagnose", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_command_writes_text_json_and_a_page(tmp_path, capsys):
    log = tmp_path / "dmesg.txt"
    log.write_text(MEMORY + TAKES)
    assert main(["diagnose", str(log), "--release", "6.6.30", "--as", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["events"][0]["sections"] == ["Platform Memory"]
    assert found["cases"][0]["witnesses"][0]["choices"]["host.linux"] == "6.1"
    assert found["sentences"][0]["source"] == "dmesg.txt, lines 2-7"
    out = tmp_path / "page.html"
    assert main(["diagnose", str(log), "--as", "html", "--redact", "-o", str(out)]) == 0
    assert "400a1000" not in re.sub(r"<svg.*?</svg>", "", out.read_text(), flags=re.S)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02\xff" * 300, b"GET / HTTP/1.1\n200 OK\n", "Привет, мир\n".encode()]
)
def test_what_holds_nothing_is_refused_in_a_sentence(data, tmp_path, capsys):
    path = tmp_path / "x"
    path.write_bytes(data)
    assert main(["diagnose", str(path)]) == 1
    assert re.fullmatch(r"raslib: .+\n", capsys.readouterr().err)


def test_a_folder_of_tables_is_read_and_an_empty_one_refused(tmp_path, capsys):
    (tmp_path / "HEST").write_bytes(samples("hest/qemu-7.2"))
    assert main(["diagnose", str(tmp_path)]) == 0
    assert "HEST, 132 bytes" in capsys.readouterr().out
    (tmp_path / "none").mkdir()
    assert main(["diagnose", str(tmp_path / "none")]) == 1
    assert "an empty folder" in capsys.readouterr().err
    assert main(["diagnose", str(tmp_path / "missing")]) == 1


def test_one_bad_input_does_not_take_the_others_along():
    found = diagnose(MEMORY, ("junk", b"\x00\x01\x02\xff" * 300))
    assert [f.kind for f in found.facts] == ["unread"]
    assert found.scenario is not None
    with pytest.raises(ValueError, match="nothing was given"):
        diagnose()


def test_it_is_shown_in_a_notebook():
    found = diagnose(MEMORY)
    assert show(found).text == found.text()
    assert "<svg" in found._repr_html_()
    assert str(found) == found.text()


def test_a_file_is_a_path(tmp_path):
    path = tmp_path / "dmesg"
    path.write_text(MEMORY)
    assert diagnose(Path(path)).events[0].file == "dmesg"
