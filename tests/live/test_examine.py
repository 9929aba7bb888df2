"""Questions made by a seed are of every kind and the same again, and a kernel's answers are held to predictions."""

import json
import os
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest

from raslib import live
from raslib.formats.ghes import EntryFlags, StatusBlock
from raslib.formats.hest import Hest
from raslib.formats.memory import PlatformMemory
from raslib.formats.sections import GUIDS
from raslib.live import LiveError, replay, run, sources
from raslib.live.machine import Machine
from raslib.live.qemu import SocketLine
from raslib.live.recording import blocks, examination
from raslib.live.recording.comparison import _expected, compare_case
from raslib.live.recording.differences import WHY, in_the_lab, of_bytes_behind
from raslib.live.recording.examination import agreement, invent, load, path
from raslib.live.recording.layout import BASE, adopted, slots
from raslib.live.recording.observed import observed
from raslib.live.recording.question import LAB, LONGEST, PAGES, PLAIN, SDEI, aimed, own_case, own_question
from raslib.live.recording.reaction import NORMAL, PLACES, Reaction, Victim, moved, normal_log, places_of
from raslib.live.recording.session import releases
from raslib.live.run import pace
from raslib.sim.aspects import predicted
from raslib.sim.model.choices import Page
from raslib.sim.model.platform import Ram

QUESTIONS = [invent(7, number) for number in range(400)]


def test_a_seed_and_a_number_give_the_same_question_again():
    assert QUESTIONS[:20] == [invent(7, number) for number in range(20)]
    assert not {q.block for q in QUESTIONS} & {invent(8, n).block for n in range(400)} - {
        q.block for q in QUESTIONS if len(q.block) == 20
    }


def test_the_questions_are_of_every_kind():
    words = " ".join(q.words for q in QUESTIONS)
    for kind in ("memory", "arm", "pcie", "other", "short", "threshold exceeded", "again", "revision 0x201", "AER"):
        assert kind in words
    for name in examination.WRONG:
        assert name in words
    assert {q.source for q in QUESTIONS} == set(PLAIN | SDEI)
    assert {q.victim for q in QUESTIONS} == {"", "late", "early"}
    assert {place for q in QUESTIONS for place in places_of(q.block)} == set(PLACES)
    assert "reserved" in words
    assert " at 0x0" in words
    severities = Counter(int.from_bytes(q.block[16:20], "little") for q in QUESTIONS)
    assert set(range(4)) <= set(severities)


def test_what_names_the_victims_page_has_a_victim():
    named = [q for q in QUESTIONS if "victim" in places_of(q.block)]
    assert named
    assert all(q.victim for q in named)


@pytest.mark.parametrize("firmware", ["", "el3"])
def test_the_machine_has_room_for_every_block(firmware):
    """And all that are asked in one boot are asked of one table."""
    questions = [q for q in QUESTIONS if q.firmware == firmware]
    (table,) = {q.reported_by()[0] for q in questions}
    longest = max(len(q.block) for q in questions)
    assert all(slot.block_length >= longest for slot in slots(table).values())


@pytest.mark.parametrize(("source", "length"), [("gpio", 9000), ("ack-32", LONGEST), ("sdei-critical", LONGEST)])
def test_a_long_block_has_room_in_its_source(source, length):
    table, source_id = own_question(bytes(length), source, "").reported_by()
    assert slots(table)[source_id].block_length == -(-length // 4096) * 4096


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_every_question_is_predicted(kernel):
    for one in QUESTIONS[:150]:
        case = own_case(one, kernel)
        assert case.walk().outcome["host"]
        assert case.ram._replace(pages=()) == LAB
        assert case.ram.pages == tuple((PLACES[name], PAGES[name]) for name in places_of(one.block))


# what the simulator still says otherwise, by release and number
UNEXPLAINED: dict[str, set[int]] = {"6.1": set(), "6.12": set(), "7.3": set()}


@pytest.mark.parametrize("release", releases())
def test_a_hundred_recorded_answers_are_as_predicted(release):
    answers = load(path(release))
    assert len(answers) >= 99
    assert {answer.question.number for answer in answers if answer.unexplained} == UNEXPLAINED[release]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_an_address_moves_with_its_page_wherever_it_stands():
    block = bytes(3) + (PLACES["text"] + 0xFFF).to_bytes(8, "little") + NORMAL.pa.to_bytes(8, "little")
    assert places_of(block) == ("text", "victim")
    there = moved(block, {PLACES["text"]: 0x7_7F40_0000, NORMAL.pa: 0x4321_0000})
    assert there == bytes(3) + (0x7_7F40_0FFF).to_bytes(8, "little") + (0x4321_0000).to_bytes(8, "little")
    assert places_of(there) == ()


def test_a_length_is_not_taken_for_an_address():
    """A section of 124 bytes: revision, validation bits, flags and length read together as 0x7c000203."""
    block = blocks.corrected(bytes(124), section_type=blocks.UNKNOWN, fru="x")
    assert (0x7C000203).to_bytes(8, "little") in block
    assert places_of(block) == ()
    assert moved(block, {NORMAL.pa: 0x4321_0000}) == block


def test_a_reaction_has_every_page_where_questions_have_it():
    log = ("Memory failure: 0x77f40: unhandlable page.", "  physical_address: 0x0000000077f40fff", "python3:77 dies")
    fresh = Reaction(log=log, victim=Victim(77, 0x1000, 0x4321_0000), pages={"text": 0x77F4_0000})
    assert fresh.normal().log == (
        "Memory failure: 0x7c400: unhandlable page.",
        "  physical_address: 0x000000007c400fff",
        "python3:100 dies",
    )
    assert fresh.normal() == fresh.normal().normal()


def test_a_malformed_block_is_aimed_as_far_as_it_can_be_read():
    whole = blocks.recoverable(blocks.memory(0x1000), blocks.memory(0x2000))
    broken = whole[:12] + (9000).to_bytes(4, "little") + whole[16:]
    with pytest.raises(ValueError, match="9000"):
        StatusBlock.parse(broken)
    assert aimed(broken, 0x7000).count((0x7000).to_bytes(8, "little")) == 2
    assert aimed(bytes(20), 0x7000) == bytes(20)
    assert aimed(b"short", 0x7000) == b"short"


def test_a_prediction_can_be_told_of_a_page_of_the_memory_and_of_a_repeat():
    block = blocks.recoverable(blocks.memory(0x1000, kind=3))
    assert live.predict(block, "gpio", "late").outcome["signal"] == "BUS_MCEERR_AR"
    assert live.predict(block, "gpio", "late", page="text").outcome["signal"] == "none"
    nowhere = live.predict(block, "gpio", ram=Ram((range(0x8000_0000, 0x9000_0000),)))
    assert "apei.bad-address" in [step.text.key for step in nowhere]
    question = own_question(block, "gpio", "late", "slab", repeated=True)
    case = own_case(question, "6.1")
    assert case.ram.pages == ((PLACES["slab"], Page.GONE),)  # by the first: it is poisoned, if nothing came of that
    once = own_case(question._replace(repeated=False), "6.1")
    assert once.ram.pages == ((PLACES["slab"], Page.KERNEL),)
    assert case.scenario.host.repeated


# --- a table of somebody's own ----------------------------------------------------------------------------------------


def test_a_table_of_another_machine_is_moved_into_the_labs_memory():
    dump = sources(*PLAIN.values(), base=0xF810_0000)
    with pytest.raises(ValueError, match=f"is not in the page at {BASE:#x}"):
        slots(dump)
    table, notes = adopted(dump)
    assert len(slots(table)) == len(PLAIN)
    assert notes[0] == "source 0: error_status_address, read_ack_register changed for the lab"
    assert notes[1] == "source 1: error_status_address changed for the lab"
    back = Hest.parse(table.build())
    assert [s.notification for s in back.error_sources] == [s.notification for s in dump.error_sources]
    assert adopted(table) == (table, ())


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(given, monkeypatch):
    """Asks the pretended kernel, which consumes any block and says one thing that no real one says."""
    monkeypatch.setattr(run, "Machine", partial(Machine, **given))
    monkeypatch.setattr(Machine, "bind", lambda self, source: None)
    monkeypatch.setattr("raslib.live.run.find_pages", lambda m, question: {})
    lines: list[str] = []

    def ask(*questions):
        return list(run.examine(questions, log=lines.append)), sum(": up in " in line for line in lines)

    return ask


GPIO = [q for q in QUESTIONS if q.source == "gpio" and not q.repeated][:3]
posix = pytest.mark.skipif(os.name != "posix", reason="QEMU is asked through Unix sockets")


@posix
def test_many_questions_are_asked_in_one_boot_and_held_to_their_predictions(asked, tmp_path):
    answers, boots = asked(*GPIO)
    assert boots == 1
    assert [answer.question for answer in answers] == GPIO
    assert {row.aspect for row in answers[0].held.rows} >= {"kernel", "records", "block_status"}
    assert f"{answers[0].question.seed}.{answers[0].question.number}  " in str(answers[0])
    assert answers[0].plain()["block"] == GPIO[0].block.hex()
    recorded = tmp_path / "7.jsonl"
    recorded.write_text("".join(f"{json.dumps(answer.plain())}\n" for answer in answers), encoding="utf-8")
    again = load(recorded)
    assert [a.question for a in again] == GPIO
    assert not [line for a, b in zip(again, answers, strict=True) for line in a.reaction.differences(b.reaction)]
    assert agreement(again) == agreement(answers)
    recorded.write_text(recorded.read_text().replace('"source"', '"sauce"', 1))
    with pytest.raises(ValueError, match=r"7\.jsonl, line 1, holds no answer: KeyError\('source'\)"):
        load(recorded)


@posix
def test_after_a_panic_the_rest_is_asked_on_a_fresh_machine(asked, monkeypatch):
    monkeypatch.setenv("PRETEND", "panic")
    answers, boots = asked(*GPIO)
    assert boots == 3
    assert {row.real for answer in answers for row in answer.held.rows if row.aspect == "kernel"} == {"panics"}


@posix
@pytest.mark.parametrize(("times", "trouble"), [(1, ""), (2, "the abort has no end: not within 20 seconds")])
def test_a_guest_that_dies_is_asked_once_more_and_the_rest_on_a_fresh_machine(asked, monkeypatch, times, trouble):
    dies, usual = iter([True] * times), run.put

    def put(m, *question):
        if next(dies, False):
            raise LiveError("the abort has no end: not within 20 seconds")
        return usual(m, *question)

    monkeypatch.setattr(run, "put", put)
    answers, boots = asked(*GPIO)
    assert boots == 1 + times
    assert [answer.question for answer in answers] == GPIO
    assert [answer.trouble for answer in answers] == [trouble, "", ""]
    assert answers[0].unexplained or not trouble
    assert "3 questions" in agreement(answers)


def test_an_oops_is_no_panic_and_its_registers_are_left_out():
    log = normal_log(["[1.0] Unable to handle kernel NULL pointer dereference at 0000000000000028", "[1.0] x0 : 00"])
    reaction = Reaction(log=("before", *log))
    assert reaction.oops == "Unable to handle kernel NULL pointer dereference at 0000000000000028"
    assert reaction.calm == ("before",)
    assert observed(reaction)["kernel"] == "oopses"
    assert observed(reaction)["warnings"] == ("before",)


SEA = blocks.recoverable(blocks.memory(NORMAL.pa, kind=3))


@pytest.mark.parametrize(
    ("kernel", "victim", "mine", "signals"),
    [
        ("6.1", "late", "", ("BUS_OBJERR at its memory, lsb 0",)),
        ("6.1", "early", "", ("BUS_MCEERR_AO at its memory, lsb 12",)),
        ("7.1", "late", "", ("BUS_MCEERR_AR at its memory, lsb 12",)),
        ("6.1", "late", "free", ("BUS_OBJERR at its memory, lsb 0",)),
    ],
)
def test_by_sea_the_lab_reads_a_hole_again_and_has_one_processor(kernel, victim, mine, signals):
    case = own_case(own_question(SEA, "sea", victim, mine), kernel)
    assert in_the_lab(case, predicted(case.walk()))["signals"] == signals
    by_gpio = own_case(own_question(SEA, "gpio", victim, mine), kernel)
    assert in_the_lab(by_gpio, predicted(by_gpio.walk())) == predicted(by_gpio.walk())


def test_by_sea_the_lab_is_a_reason_for_a_difference_and_for_no_other():
    real = replay("sea-recoverable").reactions[0]
    case = own_case(own_question(SEA, "sea", "late"), "6.1")
    rows = compare_case(replace(real, block=SEA), case).rows
    assert {row.aspect: row.known[:14] for row in rows if not row.same} == {
        "memory_failure": "Before 6.17 a ",
        "signals": "The lab cannot",
    }
    assert compare_case(replace(real, block=SEA), case, lab=True).first is None
    assert compare_case(replace(real, block=SEA, signals=()), case).unknown.aspect == "signals"


def test_agreement_is_counted_by_question_and_by_aspect():
    text = agreement([]).splitlines()
    assert text[0].split() == ["aspect", "asked", "equal", "known"]
    assert text[-2:] == [
        "0 of 0 questions equal in every aspect (nothing), 0 differ for known reasons alone",
        "0 were predicted by a fact of the lab's machine",
    ]


@pytest.mark.parametrize(
    ("address", "kernel", "says"),
    [
        (0x0, "6.1", ("memory outside kernel control",)),
        (0x3FF_F000, "7.3", ("memory outside kernel control",)),
        (0x400_0000, "6.1", ("recovery action for unknown page: Ignored", "unhandlable page.")),
        (0x7FF_F000, "6.12", ("recovery action for get hwpoison page: Ignored", "unhandlable page.")),
        (0x7FFF_F000, "6.1", ("recovery action for unknown page: Ignored", "unhandlable page.")),
        (0x7FC0_0FFF, "7.3", ("recovery action for reserved kernel page: Ignored", "unhandlable page.")),
        (0x800_0000, "6.1", ()),
        (0x3FFF_F000, "6.12", ()),
        (0x0, "5.10", ()),
    ],
)
def test_the_lab_knows_what_firmware_keeps_of_its_memory_and_where_none_is(address, kernel, says):
    """As 6.1.192, 6.12.118 and 7.3.4 answered; up to 5.13 memory had to be there, not near."""
    block = blocks.recoverable(blocks.memory(address, kind=3))
    told = predicted(own_case(own_question(block, "gpio", ""), kernel).walk())
    assert told["memory_failure"] == says
    assert told["warnings"] == (() if says else (f"Invalid address in generic error data: {address:#x}",))


def test_a_page_that_nobody_has_chosen_is_a_kind_of_question_that_is_known():
    """Of RAM that the lab has not looked at nobody can say what it is used for."""
    log = ("Memory failure: 0x40200: recovery action for unknown page: Ignored", "Memory failure: 0x40200: unhandlable")
    for address, known in ((0x4020_0000, WHY["any-use"]), (PLACES["free"], ""), (0x7FFF_0000, "")):
        block = blocks.recoverable(blocks.memory(address, kind=3))
        question = own_question(block, "gpio", "")
        real = Reaction(log=(*log, "Memory failure: and more"), block=block, kernel="6.1.192-3")
        rows = compare_case(real, own_case(question, "6.1"), lab=True).rows
        assert {row.known for row in rows if row.aspect == "memory_failure"} == {known}
        assert {row.known for row in rows if row.aspect == "kernel"} == {""}


def test_what_only_the_labs_machine_makes_so_says_it():
    """Equal as it is, and not what Linux does anywhere: a reader is told which sentence is which."""
    real = replace(replay("sea-recoverable").reactions[0], block=SEA)
    found = compare_case(real, own_case(own_question(SEA, "sea", "late"), "6.1"), lab=True)
    assert {row.aspect for row in found.rows if row.same and row.known} == {"memory_failure", "signals"}
    assert "The lab cannot make a page of RAM abort" in str(found)


@pytest.mark.parametrize(
    ("victim", "place", "flags", "page", "words"),
    [
        ("late", "victim", False, "gone", ("recovery action for already poisoned page: Failed",)),
        ("", "free", False, "kept", ("recovery action for already poisoned page: Failed",)),
        ("late", "victim", True, "moved", ()),
        ("", "free", True, "kept", ()),
        ("", "slab", True, "kept", ("unhandlable page.",)),
    ],
)
def test_a_record_that_comes_again_finds_what_the_first_has_left(victim, place, flags, page, words):
    """As 7.3.4 answered: a page that was moved away is poisoned, one of the kernel's stays in use."""
    kind = blocks.corrected if flags else blocks.recoverable
    block = kind(blocks.memory(PLACES[place]), flags=EntryFlags(error_threshold_exceeded=flags))
    case = own_case(own_question(block, "gpio", victim, repeated=True), "7.3.4")
    told = _expected((case,))
    assert (told["page"], told["memory_failure"]) == (page, words)
    frame = PLACES[place] >> 12
    assert told["warnings"] == ((f"Soft offline: {frame:#x}: page already poisoned",) if flags and not words else ())


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({}, False),
        ({"raw_data_offset": 0xFFFF_FFF0, "raw_data_length": 0x24}, True),  # wraps to 20: no entry is copied
        ({"raw_data_offset": 0xFFFF_FFF0, "raw_data_length": 0x14}, False),  # wraps to 4: truncated, nothing is read
    ],
)
def test_what_the_kernel_reads_behind_a_block_is_a_kind_of_question_that_is_known(change, known):
    block = bytearray(blocks.recoverable(blocks.memory(NORMAL.pa)))
    for name, value in change.items():
        block[examination.WRONG[name] : examination.WRONG[name] + 4] = value.to_bytes(4, "little")
    case = own_case(own_question(bytes(block), "gpio", "late"), "6.1")
    assert of_bytes_behind(case, case.walk()) == known


@pytest.mark.parametrize(("size", "known"), [(16, True), (23, True), (24, False), (73, False)])
def test_a_memory_section_that_ends_before_its_address_is_such_a_question(size, known):
    section = blocks.memory(NORMAL.pa).build()[:size]
    block = blocks.recoverable(section, section_type=GUIDS[PlatformMemory])
    case = own_case(own_question(block, "gpio", "late"), "6.1")
    assert of_bytes_behind(case, case.walk()) == known


@pytest.mark.parametrize(("source", "signals"), [("sdei", ("BUS_MCEERR_AR at its memory, lsb 12",)), ("sea", ())])
def test_a_process_that_touches_what_the_first_record_took_is_signalled(source, signals):
    """Also where the second is dropped; by SEA it is a hole that the lab has it read, not its page."""
    block = blocks.recoverable(blocks.memory(NORMAL.pa))
    case = own_case(own_question(block, source, "late", repeated=True), "6.1")
    assert _expected((case,))["signals"] == signals


@pytest.mark.parametrize(
    "line", ["[Firmware Warn]: GHES: Unhandled processor error type 0x04", "AER: 0: no pci_dev found"]
)
def test_a_question_waits_until_the_kernel_prints_again_what_it_prints_ten_of(line):
    """In five seconds, by all records together: else its own lines would be missing."""
    ready = []
    for age in (0, 6):
        console = [SocketLine(time.monotonic() - age, line)]
        pace(SimpleNamespace(console=console, until=lambda calm, seconds, what: ready.append(calm())), None, 1)
    assert ready == [False, True]
