"""What a real kernel did, replayed: the recordings are whole, and the rest of the kit agrees with them."""

import json
import re
from dataclasses import replace

import pytest

from raslib.formats.hest import Hest
from raslib.live import Reaction, recordings, replay
from raslib.live.recording.experiments import BOOTS, EXPERIMENTS, GuestError, Strike
from raslib.live.recording.reaction import HOLE_VA, NORMAL, Victim
from raslib.live.recording.session import Recording, Session, as_json, home, load, plain, release_of, releases, sessions
from raslib.sim.model.trace import Sigbus
from raslib.views.kernel_log import kernel_log

RECORDED = recordings()
BARE = re.compile(r"^\{1\}\[Hardware Error\]: ")


def test_every_experiment_is_recorded_on_its_machine():
    assert {name: list(session.experiments) for name, session in sessions().items()} == {
        boot: [e.name for e in EXPERIMENTS.values() if e.boot == boot] for boot in sorted(BOOTS)
    }


@pytest.mark.parametrize("boot", BOOTS)
def test_what_ends_a_machine_stands_last_on_it(boot):
    """After a panic comes a new boot, so that everything else is done before the first."""
    panicked = [found.reactions[-1].panicked for found in sessions()[boot].experiments.values()]
    assert panicked == sorted(panicked)


def test_recordings_are_small():
    assert sum(path.stat().st_size for path in home().rglob("*.json*")) < 1_000_000


def test_there_are_recordings_of_three_releases_by_the_same_experiments():
    assert releases() == ("6.1", "6.12", "7.3")
    for release in ("6.12", "7.3"):
        assert list(recordings(release)) == list(RECORDED)
        assert {release_of(session.kernel) for session in sessions(release).values()} == {release}
    with pytest.raises(ValueError, match="no recordings of Linux 5.4; there are those of 6.1, 6.12, 7.3"):
        replay("gpio", "5.4")


@pytest.mark.parametrize("boot", BOOTS)
def test_a_recording_is_of_the_machine_that_the_list_describes(boot):
    session = sessions()[boot]
    assert session.tables["hest"] == BOOTS[boot].hest.build()
    assert Hest.parse(session.tables["hest"]).build() == session.tables["hest"]
    assert release_of(session.kernel) == "6.1"
    assert session.arguments[session.arguments.index("-cpu") + 1] == "neoverse-n1"
    assert not [word for word in session.arguments if word.startswith("/") and not word.startswith("/usr/share/")]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_recording_has_the_steps_and_the_blocks_that_the_list_describes(name):
    steps, found = EXPERIMENTS[name].steps, RECORDED[name].reactions
    assert [r.title for r in found] == [s.title for s in steps]
    for step, reaction in zip(steps, found, strict=True):
        if block := getattr(step, "block", None):
            assert reaction.block == block
        monitored = isinstance(step, GuestError | Strike)  # a process loses its page in each
        assert (reaction.victim is not None) == bool(monitored or getattr(step, "victim", ""))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_replay_is_what_was_saved(name, tmp_path):
    found = replay(name)
    session = Session("x", found.reactions[0].kernel, found.reactions[0].qemu, ("qemu",), {"hest": b"H"}, {name: found})
    (tmp_path / "x.json").write_text(as_json(session), encoding="utf-8")
    assert load(tmp_path / "x.json") == session
    assert list(found.differences(load(tmp_path / "x.json").experiments[name])) == []
    assert all(r == r.normal() for r in found)


def one(name: str, step: int = 0) -> Reaction:
    return replay(name).reactions[step]


# --- what Linux says and our printer says -----------------------------------------------------------------------------

LOGGED = [
    pytest.param(reaction, id=f"{name}-{number}")
    for name, found in RECORDED.items()
    for number, reaction in enumerate(found)
    if reaction.block and any(BARE.match(line) for line in reaction.log)
    if name != "throttled"  # has several records
]


@pytest.mark.parametrize("reaction", LOGGED)
def test_linux_logged_what_our_printer_prints(reaction):
    """The same block through `kernel_log`, but for the first line, which names the source."""
    end = "|".join(("Memory failure", "Kernel panic", "Call trace", " ", "GHES:", r"\[Firmware Warn\]: GHES"))
    lines = [BARE.sub("", line) for line in reaction.log if not re.match(end, line)]
    assert lines[0] == f"Hardware error from APEI Generic Hardware Error Source: {reaction.source}"
    assert lines[1:] == kernel_log(reaction.block, "6.1.192").splitlines()


def test_an_arm_section_that_counts_wrong_is_not_printed_further():
    """6.1 prints both lengths since 6.1.165, as later releases do."""
    assert [BARE.sub("", line) for line in one("arm-count").log[3:]] == [
        " Error 0, type: corrected",
        "  section_type: ARM processor error",
        "  MIDR: 0x00000000410fd0c1",
        "  section length: 72, CPER size: 72",
        "  section length is too small",
        "  firmware-generated error record is incorrect",
        "  ERR_INFO_NUM is 3",
    ]


# --- what Linux does --------------------------------------------------------------------------------------------------


def test_which_notifications_linux_takes():
    """It refuses the local interrupt, NMI, CMCI, MCE and SEI, and SDEI without firmware; the rest works."""
    refused = [line for line in one("notification-types").log if "failed with error" not in line and "HEST" not in line]
    assert refused == [
        "GHES: Failed to map GSI to IRQ for generic hardware error source: 3",
        "[Firmware Warn]: GHES: Unknown notification type: 9 for generic hardware error source: 5",
        "GHES: Generic hardware error source: 7 notified via NMI interrupt is not supported!",
        "GHES: Generic hardware error source: 9 notified via local interrupt is not supported!",
        "[Firmware Warn]: GHES: Unknown notification type: 5 for generic hardware error source: 11",
        "[Firmware Warn]: GHES: Unknown notification type: 6 for generic hardware error source: 12",
        "GHES: Failed to enable APEI firmware first mode.",
    ]
    assert "GHES: probe of GHES.6 failed with error -5" in one("notification-types").log


def test_a_block_is_cleared_and_acknowledged_be_it_good_or_bad():
    for name in ("polled-v2", "gpio", "sci", "gsiv", "fatal", "long-block", "long-section", "arm-count", "memory-40"):
        assert (one(name).block_status, one(name).ack) == (0, 1), name
    for name in ("polled-v1", "long-block-v1"):
        assert (one(name).block_status, one(name).ack) == (0, None), name


def test_who_gets_which_signal():
    late, early, hole = (Sigbus("BUS_MCEERR_AR", NORMAL.va), Sigbus("BUS_MCEERR_AO", NORMAL.va), HOLE_VA)
    assert {name: found.reactions[0].signals for name, found in RECORDED.items() if found.reactions[0].signals} == {
        "recoverable-late": (late,),
        "recoverable-early": (early, late),
        "arm-cache": (late,),
        "einj-recoverable": (late,),
        "sea-unclaimed": (Sigbus("BUS_OBJERR", hole, 0),),
        "sea-recoverable": (Sigbus("BUS_OBJERR", hole, 0),),
        "sea-arm-cache": (Sigbus("BUS_OBJERR", hole, 0),),
        "sea-corrected": (Sigbus("SI_KERNEL", 0, 0),),
        "sea-arm-bus": (Sigbus("SI_KERNEL", 0, 0),),
        "sea-bad-address": (Sigbus("SI_KERNEL", 0, 0),),
        "sdei-recoverable-late": (late,),
        "sdei-recoverable-early": (early, late),
        "guest-sea-recoverable": (late,),
        **{f"{mode}-lost-late": (late,) for mode in ("vhe", "nvhe")},
        **{f"{mode}-lost-early": (early, late) for mode in ("vhe", "nvhe")},
        "chain": (late,),
    }


def test_what_becomes_of_the_page():
    gone = {
        "recoverable-late",
        "recoverable-early",
        "arm-cache",
        "einj-recoverable",
        "sea-recoverable",
        "sea-arm-cache",
        "sdei-recoverable-late",
        "sdei-recoverable-early",
        "guest-sea-recoverable",
        "vhe-lost-late",
        "vhe-lost-early",
        "nvhe-lost-late",
        "nvhe-lost-early",
        "chain",
    }
    assert {name for name, found in RECORDED.items() if found.reactions[0].page == "gone"} == gone
    assert one("threshold").page == "moved"
    assert one("threshold", 1).output == "HardwareCorrupted:     4 kB\n"


def test_what_panics():
    serrors = {f"serror-{name}" for name in ("uer", "ueu", "uc", "ids", "dfsc0")}
    guests = {"guest-serror-dfsc0", "guest-serror-uc", "guest-sea-fatal"}
    assert {name for name, found in RECORDED.items() if any(r.panicked for r in found)} == {
        *("fatal", "sea-fatal", "sdei-fatal"),
        *serrors,
        *guests,
    }
    assert one("fatal").log[-5:] == ("Call trace:", " panic", " __ghes_panic", " ghes_proc", " ghes_poll_func")
    assert one("sea-fatal").log[-6:] == (
        " ghes_in_nmi_queue_one_entry",
        " ghes_notify_sea",
        " apei_claim_sea",
        " do_sea",
        " do_mem_abort",
        " el0_da",
    )


def test_linux_passes_over_what_it_has_seen_and_over_too_much():
    assert one("repeated", 1).log == ()
    assert [line for line in one("throttled").log if "event severity" in line] == [
        "{1}[Hardware Error]: event severity: corrected",
        "{2}[Hardware Error]: event severity: corrected",
    ]
    assert one("throttled", 1).log[0] == "ghes_print_estatus: 3 callbacks suppressed"


def test_what_the_last_boot_left_is_read():
    assert one("bert").log == (
        "BERT: Error records from previous boot:",
        "[Hardware Error]: event severity: fatal",
        "[Hardware Error]:  Error 0, type: fatal",
        "[Hardware Error]:  fru_text: DIMM_B2",
        "[Hardware Error]:   section_type: memory error",
        "[Hardware Error]:   physical_address: 0x0000000048000000",
        "[Hardware Error]:   node:1 module:2 ",
        "[Hardware Error]:   error_type: 3, multi-bit ECC",
        "BERT: Total records found: 1",
        "EINJ: Error INJection is initialized.",
    )


# --- the files --------------------------------------------------------------------------------------------------------


def test_a_name_without_a_recording_is_told_those_that_have_one():
    with pytest.raises(ValueError, match=r"there is no recording of 'gpi0'; there are .*gpio"):
        replay("gpi0")


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"boot": "x"}))
    with pytest.raises(ValueError, match=r"x\.json is no recording"):
        load(tmp_path / "x.json")


def test_a_saved_reaction_says_only_what_is_not_as_usual():
    assert plain(Reaction(title="t", log=("a",), block_status=0, latency=0.0126)) == {
        "title": "t",
        "log": ["a"],
        "block_status": "0x0",
        "milliseconds": 13,
    }


def test_a_transcript_tells_how_another_run_differs():
    mine = Recording("x", "t", (Reaction(title="a"), Reaction(title="b", victim=Victim(1, 2, 3))))
    other = Recording("x", "t", (Reaction(title="a", log=("new",)),))
    assert list(mine.differences(other)) == ["2 steps are now 1", "a: + new"]
    assert list(mine.differences(replace(mine, title="else"))) == []


def test_a_transcript_is_read_as_a_text():
    lines = str(replay("sea-unclaimed")).splitlines()
    assert lines[:4] == ["sea-unclaimed: no firmware says anything", "", "-- no block", "(nothing in the log)"]
