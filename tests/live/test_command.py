"""`raslib live` as others rely on it, and runs of several machines; QEMU is pretended."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from raslib import live
from raslib.cli import main
from raslib.formats.cper import CperRecord
from raslib.formats.framing import to_record
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Notify
from raslib.live import replay, run, sources
from raslib.live.machine import Machine
from raslib.live.recording import blocks, question
from raslib.live.recording.experiments import Boot, Experiment, Report
from raslib.live.recording.reaction import PLACES
from raslib.live.recording.session import Session, load, sessions
from raslib.resources import folder

from .conftest import left, wait

pytestmark = pytest.mark.skipif(os.name != "posix", reason="QEMU is asked through Unix sockets")
TOP = Path(__file__).parents[2]
BLOCK = folder("data") / "status_blocks" / "g_mem.hex"
HEST = folder("data") / "hest" / "qemu-7.2.hex"


class Said(NamedTuple):
    status: int
    out: str
    err: str


def raslib(*arguments: object) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(["live", *map(str, arguments)])
        except SystemExit as e:
            status = int(e.code or 0)
    return Said(status, out.getvalue(), err.getvalue())


@pytest.fixture
def pretended(given, monkeypatch, tmp_path):
    """The pretended QEMU is the one on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    monkeypatch.setattr("raslib.tools.FIRMWARE", (str(tmp_path / "vmlinuz"),))
    return tmp_path


def test_a_block_is_reported_and_the_reaction_printed(pretended):
    said = raslib("report", BLOCK, "--source", "gpio")
    lines = said.out.splitlines()
    assert (said.status, said.err) == (0, "")
    assert lines[0].startswith("{1}[Hardware Error]: block_status ")
    assert lines[1] == "block_status 0x0, read_ack_register 0x1"
    assert lines[2].startswith("[Linux 6.1.0 (Debian 6.1.9-2), QEMU 0.1.2, ")
    assert "asked: 172 bytes, by gpio (Linux 6.1.0 (Debian 6.1.9-2), QEMU 0.1.2)" in lines
    assert "  ! records        predicted: 1" in lines
    assert left(pretended) == []


def test_the_reaction_can_be_had_as_json(pretended):
    said = json.loads(raslib("report", BLOCK, "--source", "gpio", "--victim", "late", "--as", "json").out)
    assert (said["block_status"], said["read_ack"], said["page"], said["victim"]) == ("0x0", "0x1", "gone", "late")
    assert (said["kernel"], said["qemu"]) == ("6.1.0 (Debian 6.1.9-2)", "0.1.2")
    assert {row["aspect"]: row["real"] for row in said["compared"]}["read_ack"] == "0x1"
    assert said["signals"] == [{"code": "BUS_MCEERR_AR", "address": "0xffffa0000000", "lsb": 12}]


def test_a_malformed_block_that_names_a_page_of_the_kernel_is_reported_at_such_a_page(pretended):
    whole = blocks.recoverable(blocks.memory(PLACES["text"]))
    (pretended / "bad.bin").write_bytes(whole[:12] + (9000).to_bytes(4, "little") + whole[16:])
    arguments = ["report", pretended / "bad.bin", "--source", "gpio", "--as", "json"]
    said = json.loads(raslib(*arguments).out)
    assert said["pages"] == ["text"]
    assert PLACES["text"].to_bytes(8, "little").hex() in said["block"]


def test_a_table_of_another_machine_is_used_and_what_is_changed_is_said(pretended):
    (pretended / "hest.bin").write_bytes(sources(Notify.SEA, Notify.GPIO, base=0xF810_0000).build())
    said = raslib("report", BLOCK, "--source", "gpio", "--hest", pretended / "hest.bin")
    assert said.err.splitlines() == [
        "source 0: error_status_address, read_ack_register changed for the lab",
        "source 1: error_status_address, read_ack_register changed for the lab",
    ]
    assert "block_status 0x0, read_ack_register 0x1" in said.out
    said = raslib("report", BLOCK, "--source", "polled", "--hest", pretended / "hest.bin")
    assert said.err.splitlines()[-1] == (
        "raslib: no source of this HEST that is enabled notifies by POLLED: it has SEA (source 0) and GPIO (source 1); "
        "choose host.notify=SEA or host.notify=GPIO"
    )


def test_a_record_is_reported_as_a_block(pretended):
    block = StatusBlock.parse(blocks.recoverable(blocks.memory(0x1000)))
    (pretended / "a.cper").write_bytes(to_record(block).build())
    said = json.loads(raslib("report", pretended / "a.cper", "--source", "gpio", "--as", "json").out)
    assert StatusBlock.parse(bytes.fromhex(said["block"])).entries == block.entries


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (
            ["report", folder("data") / "hest" / "qemu-7.2.hex"],
            1,
            "firmware reports status blocks and records, not hest",
        ),
        (["report", "nowhere"], 1, "nowhere: No such file or directory"),
        (["report", BLOCK, "--source", "nmi"], 2, "invalid choice: 'nmi'"),
        (["check", "sae"], 1, "there is no experiment 'sae'; there are notification,"),
        (["compare", "sae"], 1, "there is no recording of 'sae'; there are repeated,"),
        ([], 2, "the following arguments are required: WHAT"),
    ],
)
def test_what_cannot_be_done_is_told(arguments, status, complaint):
    said = raslib(*arguments)
    assert said.status == status
    assert complaint in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_an_interruption_is_one_line_and_leaves_nothing(pretended, monkeypatch, number):
    monkeypatch.setenv("PRETEND", "silent")
    command = [sys.executable, "-c", "import sys; from raslib.cli import main; sys.exit(main())"]
    code = f"import raslib.tools, sys; raslib.tools.FIRMWARE = ({str(pretended / 'vmlinuz')!r},); "
    command[2] = code + command[2].removeprefix("import sys; ")
    environment = os.environ | {"TMPDIR": str(pretended)}
    done = subprocess.Popen([*command, "live", "report", str(BLOCK)], env=environment, cwd=TOP, stderr=subprocess.PIPE)
    wait(lambda: left(pretended), done)
    done.send_signal(number)
    said = done.communicate(timeout=60)[1]
    assert (said, done.returncode) == (b"raslib: interrupted\n", 128 + number)
    assert left(pretended) == []


def test_a_guest_that_is_missing_is_told_with_how_to_get_it(pretended):
    (pretended / "initrd.gz").unlink()
    said = raslib("report", BLOCK)
    assert said == Said(1, "", f"raslib: there is no initrd.gz in {pretended}; `raslib live fetch` gets it\n")


def fresh(**changes: Any) -> dict[str, Session]:
    """A run of the SEA machine that gave what is recorded, but for *changes* of one reaction."""
    session = sessions()["sea"]
    mine = session.experiments["sea-unclaimed"]
    other = replace(mine, reactions=(replace(mine.reactions[0], **changes),))
    return {"sea": replace(session, experiments={"sea-unclaimed": other})}


def test_a_check_says_what_differs(monkeypatch):
    by = "(Linux 6.1.0-56-arm64 (Debian 6.1.192-2), QEMU 7.2.22)"
    monkeypatch.setattr(run, "run", lambda names, log: fresh())
    assert raslib("check", "sea-unclaimed") == Said(0, f"sea-unclaimed: as recorded {by}\n", "")
    monkeypatch.setattr(run, "run", lambda names, log: fresh(log=("new",)))
    assert raslib("check", "sea-unclaimed") == Said(1, f"sea-unclaimed: differs {by}\n    no block: + new\n", "")


def test_predictions_are_printed_beside_what_was_recorded():
    said = raslib("compare", "gpio", "throttled")
    assert said == (0, f"{live.compare('gpio')}\n\n{live.compare('throttled')}\n\n", "")
    assert "First difference: five in a row, records." in said.out


def test_a_difference_that_nobody_knows_is_an_exit_status(monkeypatch):
    assert raslib("compare").status == 0
    monkeypatch.setattr("raslib.live.recording.differences.DIFFERENCES", ())
    assert raslib("compare", "gpio").status == 0
    said = raslib("compare", "throttled", "gpio")
    assert said.status == 1
    assert "First difference: five in a row, records. Nobody knows why." in said.out


def test_a_recording_is_written_for_whole_machines(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(run, "run", lambda names, log: asked.append(list(names)) or fresh())
    said = raslib("record", "sea-unclaimed", "--into", tmp_path)
    assert asked == [["sea"]]
    assert said.out == f"{tmp_path}/sea.json: 1 experiments, Linux {sessions()['sea'].kernel}, QEMU 7.2.22\n"
    assert load(tmp_path / "sea.json") == fresh()["sea"]


def test_every_name_at_the_door_is_there():
    assert {name for name in live.__all__ if not callable(getattr(live, name))} == set()
    with pytest.raises(AttributeError, match=r"raslib\.live has no 'Kernel'; it has Availability, El3, LiveError"):
        live.Kernel  # noqa: B018


def test_fetching_needs_nothing_but_python(tmp_path):
    """It is done before anything is installed, in CI for one."""
    for name in ("vmlinuz", "initrd.gz"):
        (tmp_path / name).write_bytes(b"mine")
    code = "import sys; sys.modules['construct'] = None; from raslib.cli import main; main(['live', 'fetch'])"
    environment = os.environ | {"RASLIB_LIVE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=TOP, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{tmp_path}: files of your own\n", "")


def test_a_block_is_aimed_at_a_page():
    two = blocks.recoverable(blocks.memory(0x1000), blocks.arm(blocks.info(2, 0x2000)))
    first, second = StatusBlock.parse(question.aimed(two, 0x7000)).entries
    assert first.section.physical_address == 0x7000
    assert second == StatusBlock.parse(two).entries[1]


def test_a_block_longer_than_any_may_be_is_refused():
    with pytest.raises(ValueError, match="the block has 65537 bytes, and Linux reads 65536 at most"):
        run.ask(bytes(65537))


def test_a_run_gives_what_each_experiment_did(given, monkeypatch):
    step = Report("told", 0, blocks.corrected(blocks.memory(0x1000)))
    monkeypatch.setattr(run, "Machine", partial(Machine, **given))
    monkeypatch.setattr(run, "BOOTS", {"a": Boot("a", "", sources(Notify.GPIO), ready="say")})
    monkeypatch.setattr(run, "EXPERIMENTS", {"x": Experiment("x", "a", "what?", (step, step))})
    found = run.run()["a"]
    assert [(r.title, r.block_status) for r in found.experiments["x"]] == [("told", 0), ("told", 0)]
    assert found.arguments[0] == "qemu-system-aarch64"
    assert not [word for word in found.arguments if str(given["guest"].kernel.parent) in word]


def test_replayed_blocks_are_read_by_the_rest_of_the_kit():
    (reaction,) = replay("sea-recoverable")
    (entry,) = StatusBlock.parse(reaction.block).entries
    assert f"{entry.section.physical_address:#018x}" in "".join(reaction.log)
    assert CperRecord.parse(to_record(StatusBlock.parse(reaction.block)).build()).sections
