"""The simulator is held to a real kernel: every recorded reaction is what was predicted, or differs as is known."""

from dataclasses import replace

import pytest

from raslib import live
from raslib.formats.arm import Dialect
from raslib.formats.hest import Notify
from raslib.live import recordings, replay
from raslib.live.recording import differences, question
from raslib.live.recording.comparison import CHOICES, MADE, cases
from raslib.live.recording.differences import DIFFERENCES, NOT_COVERED, WHY, explained
from raslib.live.recording.experiments import EXPERIMENTS, BootLog, SetVcpuEvents
from raslib.live.recording.observed import trace_of
from raslib.live.recording.question import linux
from raslib.live.recording.reaction import HOLE_VA, NORMAL
from raslib.live.recording.session import releases
from raslib.sim.aspects import ASPECTS, AspectRow, held, signal
from raslib.sim.model.choices import Linux
from raslib.sim.model.trace import Sigbus
from raslib.views.kernel_log import kernel_log

RECORDED = recordings()
every_recording = pytest.mark.parametrize("name", RECORDED)

# --- what is compared -------------------------------------------------------------------------------------------------


@every_recording
def test_the_kernel_did_what_was_predicted_or_differs_as_is_known(name):
    assert live.compare(name).unknown is None


@pytest.mark.parametrize("release", ["6.12", "7.3"])
def test_so_did_later_kernels(release):
    unknown = {name: live.compare(name, release=release).unknown for name in recordings(release)}
    assert {name: row for name, row in unknown.items() if row} == {}
    assert set(unknown) == set(RECORDED)


def test_what_is_not_compared_has_a_reason():
    assert set(NOT_COVERED) == {
        ("external", 0),
        ("threshold", 1),
        ("bert", 0),
        ("einj-types", 0),
        ("sdei-boot", 0),
        ("sdei-boot", 1),
        ("vhe-capabilities", 0),
        ("nvhe-capabilities", 0),
        ("chain", 0),
    }
    assert all(why.endswith(".") for why in NOT_COVERED.values())


@every_recording
def test_every_other_step_is_compared(name):
    found = live.compare(name)
    silent = {title for title, _ in found.silent}
    for number, reaction in enumerate(RECORDED[name]):
        covered = (name, number) not in NOT_COVERED
        walks = not isinstance(EXPERIMENTS[name].steps[number], BootLog | SetVcpuEvents)
        assert covered == (any(row.asked == reaction.title for row in found.rows)), reaction.title
        assert covered != (reaction.title in silent)
        assert bool(cases(name, number, reaction)) == (covered and walks)


def test_what_is_seen_is_compared():
    """An aspect that a recording tells of is never passed over."""
    aspects = {row.aspect for name in RECORDED for row in live.compare(name).rows}
    assert aspects == set(ASPECTS)
    rows = live.compare("recoverable-early").rows
    assert [(row.aspect, row.predicted, row.real) for row in rows] == [
        ("kernel", "goes on", "goes on"),
        ("records", "1", "1"),
        ("warnings", (), ()),
        (
            "memory_failure",
            ("Sending SIGBUS to", "recovery action for"),
            (
                "Memory failure: 0x7c000: Sending SIGBUS to python3:100 due to hardware memory corruption",
                "Memory failure: 0x7c000: recovery action for dirty LRU page: Recovered",
            ),
        ),
        ("page", "gone", "gone"),
        (
            "signals",
            ("BUS_MCEERR_AO at its memory, lsb 12", "BUS_MCEERR_AR at its memory, lsb 12"),
            ("BUS_MCEERR_AO at its memory, lsb 12", "BUS_MCEERR_AR at its memory, lsb 12"),
        ),
        ("block_status", "0x0", "0x0"),
        ("read_ack", "0x1", "0x1"),
    ]


# --- what differs -----------------------------------------------------------------------------------------------------


def test_these_are_all_differences():
    differ = [(name, row.asked, row.aspect) for name in RECORDED for row in live.compare(name).rows if not row.same]
    assert sorted(differ) == [
        ("guest-sea-recoverable", "memory error", "guest"),
        ("guest-sea-recoverable", "memory error", "memory_failure"),
        ("notification-types", "source 3", "sources"),
        ("notification-types", "source 6", "sources"),
        ("nvhe-both", "an SError and an external abort at once", "guest"),
        ("nvhe-ext-dabt", "an external abort", "guest"),
        ("sea-arm-cache", "cache error", "memory_failure"),
        ("sea-arm-cache", "cache error", "signals"),
        ("sea-recoverable", "memory error", "memory_failure"),
        ("sea-recoverable", "memory error", "signals"),
        ("throttled", "five in a row", "records"),
        ("throttled", "one later", "warnings"),
        ("vhe-both", "an SError and an external abort at once", "guest"),
        ("vhe-ext-dabt", "an external abort", "guest"),
    ]


def test_no_difference_is_known_that_is_not_there():
    rows = {
        (name, release): live.compare(name, release=release).rows
        for release in releases()
        for name in recordings(release)
    }
    for entry in DIFFERENCES:
        for kernel in entry.kernels:
            found = {name: rows[name, kernel] for name in entry.names}
            assert any(entry.explains(name, row, kernel) for name in found for row in found[name]), (entry, kernel)
        for name in entry.names:
            assert any(entry.explains(name, row, k) for k in entry.kernels for row in rows[name, k]), (name, entry)


def test_a_known_difference_explains_itself_alone():
    row = next(row for row in live.compare("sea-recoverable").rows if row.aspect == "signals")
    assert row.known.startswith("The lab cannot make a page of RAM abort")
    assert explained("sea-fatal", row._replace(known=""), "6.1").known == ""
    assert explained("sea-recoverable", row._replace(known="", real=("SI_KERNEL at 0, lsb 0",)), "6.1").known == ""


# --- what is wrong is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "choices", "aspect"),
    [
        ("recoverable-late", {"host_kill": "early"}, "memory_failure"),
        ("recoverable-late", {"error_touched_later": False}, "signals"),
        ("recoverable-late", {"host_page": "hugetlb"}, "signals"),
        ("recoverable-late", {"host_page": "kernel"}, "kernel"),
        ("gpio", {"host_repeated": True}, "records"),
        ("gpio", {"el3_previous_read": False}, "records"),
        ("gpio", {"host_apei": "disabled"}, "records"),
        ("recoverable-late", {"host_recovery": False}, "kernel"),
        ("sea-unclaimed", {"cpu_running": "host-kernel"}, "kernel"),
        ("sea-arm-bus", {"host_linux": "5.4"}, "warnings"),
        ("sdei-normal", {"host_vhe": False}, "records"),
        ("sdei-critical", {"el3_sdei": "masked"}, "records"),
    ],
)
def test_a_wrong_prediction_is_found(name, choices, aspect, monkeypatch):
    monkeypatch.setitem(CHOICES, (name, 0), choices)
    assert live.compare(name).unknown.aspect == aspect


@pytest.mark.parametrize(
    ("change", "aspect"),
    [
        ({"panicked": True}, "kernel"),
        ({"log": ()}, "records"),
        ({"log": (*RECORDED["recoverable-late"].reactions[0].log, "a new line")}, "warnings"),
        ({"log": RECORDED["recoverable-late"].reactions[0].log[:-1]}, "memory_failure"),
        ({"page": "kept"}, "page"),
        ({"signals": (Sigbus("BUS_MCEERR_AR", NORMAL.va, 21),)}, "signals"),
        ({"signals": (Sigbus("BUS_MCEERR_AR", 0, 12),)}, "signals"),
        ({"block_status": 0x10}, "block_status"),
        ({"ack": 0}, "read_ack"),
    ],
)
def test_another_reality_is_found(change, aspect):
    found = replay("recoverable-late")
    other = replace(found, reactions=(replace(found.reactions[0], **change),))
    assert live.compare(other).unknown.aspect == aspect


@pytest.mark.parametrize(
    ("name", "esr", "aspect"),
    [
        ("serror-ce", 0xBE000011, "kernel"),
        ("serror-uer", 0xBE001811, "kernel"),
        ("guest-serror-ce", 0xBE000C11, "guest"),
        ("guest-serror-uer", 0xBE000000, "kernel"),
        ("guest-serror-uc", 0xBF000123, "kernel"),
    ],
)
def test_another_syndrome_would_have_done_something_else(name, esr, aspect, monkeypatch):
    experiment = EXPERIMENTS[name]
    monkeypatch.setitem(EXPERIMENTS, name, replace(experiment, steps=(replace(experiment.steps[0], esr=esr),)))
    assert live.compare(name).unknown.aspect == aspect


@pytest.mark.parametrize(
    ("old", "new", "aspect"),
    [
        ("serror_esr 0xc0: done", "serror_esr 0xc0: EINVAL", "asked"),
        ("VCPU_EVENTS: serror_pending 0x1", "VCPU_EVENTS: serror_pending 0x0", "pending"),
        ("vector 0x380", "vector 0x780", "guest"),
        ("0xbe0000c0", "0xbe0000c1", "guest"),
        ("the virtual machine is at", "nothing is known of", "guest"),
    ],
)
def test_another_answer_of_kvm_is_found(old, new, aspect):
    found = replay("vhe-serror-esr")
    assert old in found.reactions[0].output
    other = replace(found.reactions[0], output=found.reactions[0].output.replace(old, new))
    assert live.compare(replace(found, reactions=(other,))).unknown.aspect == aspect


def test_a_source_that_is_taken_by_surprise_is_found():
    found = replay("notification-types")
    log = tuple(line for line in found.reactions[0].log if "GHES.9 " not in line and "source: 9" not in line)
    other = live.compare(replace(found, reactions=(replace(found.reactions[0], log=log),)))
    assert other.unknown[:4] == (
        "source 9",
        "sources",
        "refused: GHES: Generic hardware error source: 9 notified via local interrupt is not supported!",
        "used",
    )


def test_words_of_the_kernel_are_found_in_its_lines():
    assert AspectRow("", "warnings", ("b",), ("a b c",)).same
    assert not AspectRow("", "warnings", ("b",), ("a c",)).same
    assert not AspectRow("", "warnings", ("b",), ("b", "b")).same
    assert not AspectRow("", "warnings", (), ("b",)).same
    assert not AspectRow("", "page", "kept", "kept elsewhere").same
    assert list(held("x", {"page": "kept"}, {"signals": ()})) == []


def test_an_address_is_one_of_the_process_or_none():
    assert [signal(Sigbus("BUS_OBJERR", at, 0)) for at in (HOLE_VA, NORMAL.va, 0)] == [
        "BUS_OBJERR at its memory, lsb 0",
        "BUS_OBJERR at its memory, lsb 0",
        "BUS_OBJERR at 0, lsb 0",
    ]


# --- the mapping ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", MADE, ids=lambda key: key[0])
def test_a_block_that_is_not_recorded_is_made_as_the_kernel_printed_it(key):
    reaction = RECORDED[key[0]].reactions[key[1]]
    lines = [line.removeprefix("{1}[Hardware Error]: ") for line in reaction.log if line.startswith("{1}")]
    assert lines[1:] == kernel_log(MADE[key], "6.1", Dialect.UEFI_2_10).splitlines()


@pytest.mark.parametrize(
    ("release", "does_as"),
    [
        ("4.19.1", Linux.V5_4),
        ("5.7", Linux.V5_4),
        ("5.8", Linux.V5_10),
        ("6.1.0-56-arm64 (Debian 6.1.192-2)", Linux.V6_1),
        ("6.16.3", Linux.V6_12),
        ("6.17", Linux.V6_18),
        ("6.19.2", Linux.V6_19),
        ("7.0", Linux.V6_19),
        ("7.1", Linux.V7_1),
        ("8.2", Linux.V7_3),
    ],
)
def test_a_release_does_as_the_last_that_changed_something(release, does_as):
    assert linux(release) is does_as


def test_a_step_is_told_as_a_scenario():
    (case,) = cases("recoverable-early", 0, RECORDED["recoverable-early"].reactions[0])
    assert case.scenario.chosen() == {
        "error.report": "interrupt",
        "error.touched_later": "true",
        "cpu.running": "host-user",
        "host.notify": "GPIO",
        "host.vhe": "false",
        "host.owner": "process",
        "host.kill": "early",
        "host.linux": "6.1",
        "guest.notify": "none",
    }
    assert [s.source_id for s in case.hest.error_sources] == [4]
    assert case.block == RECORDED["recoverable-early"].reactions[0].block


# --- a recording as a trace -------------------------------------------------------------------------------------------

EVERY_TRACE = [
    pytest.param(name, number, id=f"{name}-{number}")
    for name, transcript in RECORDED.items()
    for number, reaction in enumerate(transcript)
    if cases(name, number, reaction)
]


@pytest.mark.parametrize(("name", "number"), EVERY_TRACE)
def test_a_recorded_run_is_a_trace_that_has_every_line_of_the_log(name, number):
    reaction = RECORDED[name].reactions[number]
    found = trace_of(reaction, cases(name, number, reaction)[-1])
    text = " ".join(f"{step.does} {step.why}" for step in found)
    for line in reaction.log:
        assert line.partition("[Hardware Error]: ")[2].strip() in text or line in text
    assert found.handed(Sigbus) == reaction.signals
    assert all(step.place.machine == "host" or step.text.key == "live.meets" for step in found)


@pytest.mark.parametrize(("name", "number"), EVERY_TRACE)
def test_a_recorded_run_ends_as_the_simulated_one_does(name, number):
    """For the host, but where a difference is known; of what was not printed no log knows that it was read."""
    reaction = RECORDED[name].reactions[number]
    case = cases(name, number, reaction)[-1]
    told = trace_of(reaction, case)
    ends = [{part: trace.outcome[part] for part in ("host", "signal")} for trace in (case.walk(), told)]
    if name in ("sea-recoverable", "sea-arm-cache"):
        assert [end["signal"] for end in ends] == ["BUS_MCEERR_AR", "BUS_OBJERR"]
    elif (name, number) == ("repeated", 1):
        assert [end["host"] for end in ends] == ["logged", "lost"]
    else:
        assert ends[0] == ends[1]


def test_a_recorded_run_is_read_as_a_story():
    said = [f"{step.el} {step.actor} {step.does}" for step in live.compare("sea-fatal").realities[0]]
    assert said == [
        "EL3 EL3 firmware writes 172 bytes into the block of source 1",
        "HW hardware takes a synchronous External Abort from an application of the host",
        "EL1 APEI prints the record",
        "EL1 APEI has given the block back",
        "EL1 kernel panics: Kernel panic - not syncing: GHES: Fatal hardware error",
    ]


# --- questions of one's own -------------------------------------------------------------------------------------------


def test_a_block_of_ones_own_is_predicted_and_found_if_it_is_recorded():
    reaction = RECORDED["sea-recoverable"].reactions[0]
    found = live.recorded(reaction.block, "sea", "late")
    assert found == reaction
    predicted = live.predict(reaction.block, "sea", "late")
    assert predicted.scenario.host.notify is Notify.SEA
    assert predicted.outcome["signal"] == "BUS_MCEERR_AR"
    assert live.recorded(reaction.block, "gpio", "late") == RECORDED["recoverable-late"].reactions[0]
    assert live.recorded(reaction.block, "gpio", "early") == RECORDED["recoverable-early"].reactions[0]
    assert live.recorded(reaction.block, "polled-v1", "late") is None
    assert live.recorded(reaction.block, "gpio") is None
    assert live.recorded(bytes(20)) is None


def test_a_block_is_found_again_whatever_page_the_victim_had():
    block = question.aimed(RECORDED["sea-recoverable"].reactions[0].block, 0x4321_0000)
    assert live.recorded(block, "sea", "late") == RECORDED["sea-recoverable"].reactions[0]


def test_what_was_printed_before_is_not_the_answer():
    assert live.recorded(RECORDED["repeated"].reactions[0].block, "gpio").log != ()


def test_a_fresh_reaction_is_compared_by_its_source():
    fresh = replace(RECORDED["sea-corrected"].reactions[0], title="by sea", source=0)
    found = live.compare(fresh, "sea")
    assert found.first is None
    assert [step.text.key for step in found.realities[0]][:2] == ["live.writes", "live.aborts"]
    assert live.compare(replace(fresh, signals=()), "sea").unknown.aspect == "signals"


def test_a_block_longer_than_any_may_be_is_not_predicted():
    with pytest.raises(ValueError, match="Linux reads 65536 at most"):
        live.predict(bytes(0x10001))


def test_a_comparison_is_read_as_a_text():
    assert str(live.compare("throttled")).splitlines()[1:5] == [
        "  five in a row",
        "    kernel         goes on",
        "  ! records        predicted: 5",
        "                   real:      2",
    ]
    assert live.compare("bert").verdict == "Nothing was predicted."
    assert live.compare("gpio").verdict == "The kernel did what was predicted, in 6 aspects."
    wrong = live.compare("gpio")
    wrong = wrong._replace(rows=(wrong.rows[0]._replace(real="panics"),))
    assert wrong.verdict == "First difference: GPIO, kernel. Nobody knows why."


def test_reasons_name_who_is_special():
    assert {entry.who for entry in DIFFERENCES} == {"Linux", "the lab", "the machine", "the simulator"}
    reasons = {entry.why for entry in DIFFERENCES} | {why for *_, why in differences.KINDS}
    assert reasons | set(differences.OF_THE_LAB.values()) == set(WHY)
