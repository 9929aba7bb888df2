"""A real kernel, now: it does what the recordings say, and the lab's doors open."""

import contextlib
import io
import socket
from statistics import median

import pytest

from raslib import tools
from raslib.cli import main
from raslib.formats.ghes import StatusBlock
from raslib.formats.hest import Notify
from raslib.live import LiveError, Machine, Setup, ask, cache, cpio, gdbstub, sources
from raslib.live.qemu import program
from raslib.live.recording import blocks
from raslib.live.recording.examination import agreement, invent
from raslib.live.recording.experiments import BOOTS, EXPERIMENTS
from raslib.live.recording.session import Session, recordings
from raslib.live.run import examine, run
from raslib.resources import folder, samples
from raslib.views.kernel_log import kernel_log

pytestmark = pytest.mark.live
RECORDED = recordings()
USUAL = [name for name, experiment in EXPERIMENTS.items() if not BOOTS[experiment.boot].alone]


@pytest.fixture(scope="module")
def fresh() -> dict[str, Session]:
    """All experiments, done once: a boot for each machine."""
    return run()


@pytest.mark.parametrize("name", USUAL)
def test_the_kernel_does_what_is_recorded(name, fresh):
    session = fresh[EXPERIMENTS[name].boot]
    differences = list(RECORDED[name].differences(session.experiments[name]))
    recorded = RECORDED[name].reactions[0]
    assert differences == [], (
        f"recorded from Linux {recorded.kernel}, QEMU {recorded.qemu}; this is Linux {session.kernel}, "
        f"QEMU {session.qemu}. If the kernel is a new one: raslib live record"
    )


def test_an_interrupt_is_heard_sooner_than_a_poll(fresh, capsys):
    """And how soon each kind of notification is heard, for whoever reads the output."""
    steps = [reaction for session in fresh.values() for found in session.experiments.values() for reaction in found]
    took = {
        name: [r.latency for r in fresh["notification"].experiments[name] if r.latency is not None]
        for name in ("polled-v1", "polled-v2", "gpio", "sci", "gsiv", "external")
    }
    took["sea"] = [r.latency for r in fresh["sea"].experiments["sea-recoverable"]]
    with capsys.disabled():
        print(f"\nfrom the write to the first line of the log ({len(steps)} steps in all):")
        for name, seconds in took.items():
            print(f"  {name:<10} {1000 * median(seconds):6.0f} ms")
    assert all(took.values())


@pytest.fixture(scope="module")
def machine():
    """One machine with all that others build on: KVM, a debugger's stub, serial lines, files, more commands."""

    setup = Setup(kvm=True, debug=True, files={"raslib/note": cpio.file(b"from the host")}, channels=("second",))
    with Machine(sources(Notify.POLLED, Notify.GPIO), setup) as m:
        with socket.socket(socket.AF_UNIX) as link:  # ask why the machine stands still, as a debugger does
            link.settimeout(20)
            link.connect(str(m.debug))
            link.sendall(b"$?#3f")
            answer = b""
            while gdbstub.unframe(answer)[0] is None:
                answer += link.recv(100)
            link.sendall(b"+$D#44")  # and let it go on
            link.recv(100)
        m.up()
        yield m, answer


def test_it_boots_to_its_agent(machine, capsys):
    m, _ = machine
    with capsys.disabled():
        print(f"\nfrom power-on to the agent, with KVM: {m.boot_seconds:.1f} s")
    assert m.kernel.startswith("6.1.0-")


def test_a_debugger_can_attach(machine):
    _, answer = machine
    assert b"$T" in answer


def test_kvm_is_there(machine):
    m, _ = machine
    assert m.shell("ls /dev/kvm") == "/dev/kvm\n"


def test_files_are_handed_over(machine):
    m, _ = machine
    assert m.shell("cat /raslib/note") == "from the host"


def test_there_are_more_serial_lines(machine):
    m, _ = machine
    m.shell("stty -F /dev/ttyS1 raw -echo clocal; echo hello > /dev/ttyS1")
    m.until(
        lambda: any("hello" in line.text for line in m.lines("second").all), 20, "nothing came over the second line"
    )


def test_the_agent_learns_more(machine):
    m, _ = machine
    m.load("@command\ndef double(number):\n    tell('doubled', number=number)\n    return 2 * number\n")
    start = len(m.events)
    assert m.ask("double", number=21) == 42
    assert m.event("doubled", start=start).value == {"number": 21}


def test_what_fails_in_the_guest_is_told(machine):
    m, _ = machine
    with pytest.raises(LiveError, match="cat: can't open '/none': No such file or directory"):
        m.shell("cat /none")


def raslib(*arguments: object) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main([str(argument) for argument in arguments])
    return status, out.getvalue()


def test_a_block_of_ones_own_is_reported():
    """A sample of this kit, through GSIV: Linux logs what our printer prints."""
    status, said = raslib("live", "report", folder("data") / "status_blocks" / "g_mem.hex", "--source", "gsiv")
    log = [line.removeprefix("{1}[Hardware Error]: ") for line in said.splitlines() if line.startswith("{1}")]
    block = StatusBlock.parse(samples("status_blocks/g_mem"))
    assert status == 0
    assert log[1:] == kernel_log(block, "6.1").splitlines()
    assert "block_status 0x0, read_ack_register 0x1" in said


def test_thirty_new_questions_are_answered_as_predicted(capsys):
    """And how many of each aspect, for whoever reads the output."""
    answers = list(examine(invent(2026, number) for number in range(30)))
    with capsys.disabled():
        print(f"\n{agreement(answers)}")
    assert [str(answer) for answer in answers if answer.unexplained] == []


def test_qemu_reports_an_error_by_itself():
    """Where the QEMU on the PATH can: by QMP, with its own HEST."""
    try:
        reaction = ask(blocks.recoverable(blocks.memory(kind=3)), "qmp", "late")
    except LiveError as e:
        if "has not been found" in str(e):
            pytest.skip(f"QEMU {program().version()} has no inject-ghes-v2-error")
        raise
    assert reaction.signals[-1].code == "BUS_MCEERR_AR"


def test_the_whole_chain_does_what_is_recorded(deep):
    """A host, its guest and a process in the guest; this one takes minutes."""
    if not deep or not (tools.live_folder() / cache.CHAIN).is_file():
        pytest.skip("the chain of two kernels takes minutes: raslib live fetch --chain, then pytest --deep")
    fresh = run(["chain"])["chain"].experiments["chain"]
    assert list(RECORDED["chain"].differences(fresh)) == []
