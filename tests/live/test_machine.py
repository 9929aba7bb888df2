"""The machine as a Python object, with a pretended QEMU: what it asks and tells, and that it always ends."""

import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from raslib.formats.hest import Hest, Notify
from raslib.live import LiveError, Panicked, cpio, qemu
from raslib.live.console import System
from raslib.live.machine import Machine, SharedMemory
from raslib.live.qemu import Setup, execute
from raslib.live.recording import blocks, layout
from raslib.live.recording.layout import Wanted, sources
from raslib.live.recording.reaction import Victim
from raslib.live.watch import MachineWatch
from raslib.sim.model.trace import Sigbus

from . import newc
from .conftest import left, wait

pytestmark = pytest.mark.skipif(os.name != "posix", reason="QEMU is asked through Unix sockets")
TOP = Path(__file__).parents[2]
BLOCK = blocks.corrected(blocks.memory(0x5000_0000))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_report_gives_the_kernels_reaction(given, tmp_path):
    with Machine(sources(Notify.GPIO), **given) as m:
        found = m.report(0, BLOCK)
        assert found.log == ("{1}[Hardware Error]: block_status 12000000",)
        assert (found.block_status, found.ack, found.panicked, found.signals) == (0, 1, False, ())
        assert (found.block, found.source) == (BLOCK, 0)
        assert (found.kernel, found.qemu) == ("6.1.0 (Debian 6.1.9-2)", "0.1.2")
        assert 0 < found.latency < 5
    assert left(tmp_path) == []


def test_a_victim_is_told_to_touch_its_page(given):
    with Machine(sources(Notify.GPIO), **given) as m:
        found = m.report(0, BLOCK, m.victim())
        assert found.signals == (Sigbus("BUS_MCEERR_AR", 0xFFFF90000000, 12),)
        assert found.page == "gone"


def test_a_victim_that_has_ended_is_not_waited_for(given):
    with Machine(sources(Notify.GPIO, Notify.SEA), **given) as m:
        page = m.victim()
        m.report(0, BLOCK, page)
        again, by_sea = m.report(0, BLOCK, page), m.report(1, None, page)
        assert [(r.block_status, r.signals, r.page, r.reached) for r in (again, by_sea)] == [(0, (), "", 0)] * 2


def test_a_process_that_cannot_begin_says_why(given, monkeypatch):
    monkeypatch.setenv("PRETEND", "poor")
    with Machine(sources(Notify.GPIO), **given) as m, pytest.raises(LiveError, match=r"process 42 .*: MemoryError\(\)"):
        m.victim()


class Ended(qemu.Emulator):
    """A QEMU whose process has ended; *lines* are what it may still have sent."""

    def __init__(self, **lines: socket.socket) -> None:
        self.changed = threading.Condition()
        self.lines = {name: qemu.SocketLines(link, self.changed) for name, link in lines.items()}

    def alive(self) -> bool:
        return False

    def output(self) -> str:
        return "it has ended"


@pytest.fixture
def ended():
    """A system whose QEMU has ended, the console read to its end, and the agent's line, in which more may stand."""
    (console, kernel), (link, agent) = socket.socketpair(), socket.socketpair()
    kernel.sendall(b"[    1.000000] Kernel panic - not syncing: it is over\n")
    kernel.close()
    system = System()
    system._emulator = emulator = Ended(console=console, agent=link)
    with emulator.changed:
        assert emulator.changed.wait_for(lambda: not emulator.lines["console"].open, 20)
    yield system, agent
    for one in (console, link, agent):
        one.close()


def test_qemu_has_ended_when_each_of_its_lines_is_read(ended):
    system, agent = ended
    looks = []

    def ready():
        looks.append("")
        if len(looks) == 3:
            agent.sendall(b"(0, 'hello', {'pid': 1})\n")
            agent.close()
        return system.events

    assert [event.value for event in system.until(ready, 20, "no word")] == [{"pid": 1}]
    with pytest.raises(LiveError, match="no more: QEMU ended: it has ended"):
        system.until(lambda: False, 20, "no more")


def test_what_a_process_said_before_a_panic_is_in_the_reaction(ended, monkeypatch):
    system, agent = ended
    watch = MachineWatch(system, Victim(42, 0x9000, 0x4_2000))
    watch.line = 0  # the panic came after
    until = system.until

    def wait(ready, seconds, what):
        if what == "the panic has no end":
            agent.sendall(b"(0, 'signal', {'pid': 42, 'code': 4, 'address': 0x9000, 'lsb': 12, 'pa': 0})\n")
            agent.close()
        return until(ready, seconds, what)

    monkeypatch.setattr(system, "until", wait)
    found = watch.over(quiet=0)
    assert (found.panicked, found.page) == (True, "gone")
    assert found.signals == (Sigbus("BUS_MCEERR_AR", 0x9000, 12),)


def test_what_is_asked_of_a_machine_that_somebody_closes_is_not_an_error_of_a_socket(ended):
    system, _ = ended
    system.lines("agent").link.close()
    with pytest.raises(Panicked, match="the guest's kernel panicked before it answered to shell"):
        system.shell("say")


def test_a_qemu_that_has_ended_already_is_read(monkeypatch, tmp_path):
    """It says something and ends, all before anybody looks."""
    code = """
        import re, socket, sys
        socket.socket(fileno=int(re.search(r"fd=(\\d+)", sys.argv[-1])[1])).sendall(b"so long")
    """
    folder = tmp_path / "raslib-x"
    folder.mkdir()
    command = [sys.executable, "-c", textwrap.dedent(code)]
    monkeypatch.setattr(qemu.Emulator, "alive", lambda self: self.process.wait(20) < 0)
    system = System()
    system._emulator = qemu.Emulator(folder, command, ["console"])
    with closing(system.emulator):
        system.emulator.lines["agent"] = system.emulator.lines["console"]
        with pytest.raises(LiveError, match=r"no word: QEMU ended: \n  \| so long"):
            system.until(lambda: None, 20, "no word")


def test_a_panic_ends_the_reaction(given, monkeypatch):
    monkeypatch.setenv("PRETEND", "panic")
    with Machine(sources(Notify.GPIO), **given) as m:
        found = m.report(0, BLOCK)
        assert found.panicked
        assert found.block_status == 0x12
        assert found.log[-1] == "Kernel panic - not syncing: GHES: Fatal hardware error"
        with pytest.raises(LiveError, match="the guest's kernel panicked before it answered to shell"):
            m.shell("say")


def test_a_block_that_stays_is_told(given, monkeypatch):
    monkeypatch.setenv("PRETEND", "deaf")
    with Machine(sources(Notify.GPIO), **given) as m:
        found = m.report(0, BLOCK, seconds=0.3)
        assert (found.log, found.block_status, found.ack, found.latency) == ((), 0x12, 0, None)


def test_commands_that_fail_in_the_guest_fail_here(given):
    with Machine(sources(Notify.GPIO), **given) as m:
        assert m.shell("say") == "said\n"
        with pytest.raises(LiveError, match="'sulk' in the guest ends with status 127: not found"):
            m.shell("sulk")
        with pytest.raises(LiveError, match="load in the guest: SyntaxError: no"):
            m.load("def")


def test_what_cannot_be_reported_is_refused(given):
    with Machine(sources(Notify.SDEI), **given) as m:
        with pytest.raises(LiveError, match="the lab cannot notify by SDEI"):
            m.report(0, None)
        with pytest.raises(ValueError, match="4097 bytes do not fit the 4096 of source 0"):
            m.put(0, bytes(4097))


def test_another_notification_is_a_function(given):
    seen = []
    with Machine(sources(Notify.SDEI), **given) as m:
        m.notify[Notify.SDEI] = seen.append
        m.report(0, None)
        assert [slot.vector for slot in seen] == [804]


def test_a_debugger_comes_when_the_firmware_runs_and_then_the_rest_is_waited_for(given):
    with Machine(sources(Notify.GPIO), Setup(debug=True), **given) as m:
        assert (m.kernel, m.boot_seconds) == ("", 0)
        assert m.console
        assert f"socket,id=debug,path={m.debug},server=on,wait=off" in m.command
        m.up()
        assert m.kernel == "6.1.0 (Debian 6.1.9-2)"
        assert m.boot_seconds > 0


def test_the_guests_files_hold_our_tables_first_and_our_agent_last(given):
    more = Setup(tables={"einj": b"EINJ"}, files={"x": cpio.file(b"y")}, archive=b"archive")
    first, _, rest = Machine(sources(Notify.GPIO), more, **given)._initrd().partition(b"files")
    _, _, last = rest.partition(b"archive")
    assert dict(newc.entries(first))["kernel/firmware/acpi/einj.aml"].data == b"EINJ"
    tree = dict(newc.entries(last.lstrip(b"\0")))
    assert {"init", "raslib/agent.py", "dev/console", "x"} <= set(tree)
    assert tree["init"].mode & 0o111


def test_a_guest_that_does_not_come_up_is_ended_and_its_last_words_are_shown(given, monkeypatch, tmp_path):
    monkeypatch.setenv("PRETEND", "silent")
    started = time.monotonic()
    with pytest.raises(LiveError) as e, Machine(sources(Notify.GPIO), **given | {"seconds": 2}):
        pass
    assert str(e.value).splitlines() == [
        "nothing was heard of hello: not within 2 seconds",
        "  | UEFI firmware, as it were",
        "  | [    0.000001] Booting",
        "  | [    0.000002] HEST: Table parsing has been initialized.",
    ]
    assert time.monotonic() - started < 10
    assert left(tmp_path) == []


def test_a_qemu_that_refuses_says_why(given, monkeypatch, tmp_path):
    monkeypatch.setenv("PRETEND", "refuse")
    with pytest.raises(LiveError, match="nothing was heard of hello: QEMU ended: no such machine"), Machine(**given):
        pass
    assert left(tmp_path) == []


def test_a_qemu_that_never_says_a_word_is_ended(given, monkeypatch, tmp_path):
    monkeypatch.setenv("PRETEND", "lame")
    monkeypatch.setenv("PRETEND_PID", str(tmp_path / "pid"))
    with pytest.raises(LiveError, match=r"not within 3 seconds\n  nothing came from the guest") as e:
        Machine(**given | {"seconds": 3}).__enter__()
    assert e.value.__traceback__  # which keeps everything alive that could still hold the process
    assert not is_running(int((tmp_path / "pid").read_text()))
    assert left(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a program with its starter")
def test_where_the_watchdog_is_killed_the_guest_dies_too(given, monkeypatch, tmp_path):
    monkeypatch.setenv("PRETEND_PID", str(tmp_path / "pid"))
    with Machine(sources(Notify.GPIO), **given) as m:
        os.kill(m.emulator.process.pid, signal.SIGKILL)
        wait(lambda: not m.emulator.alive())
        with pytest.raises(LiveError, match="QEMU ended"):
            m.shell("say")
        wait(lambda: not is_running(int((tmp_path / "pid").read_text())))
    assert left(tmp_path) == []


def test_a_program_whose_watchdog_was_killed_before_it_began_does_not_run():
    code = "from raslib.live.watchdog import _end_with_us; _end_with_us(0); print('runs')"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_kernel_that_does_not_use_our_table_is_told(given, monkeypatch):
    monkeypatch.setenv("PRETEND", "plain")
    with pytest.raises(LiveError, match="the kernel does not use our HEST; it needs CONFIG_ACPI_TABLE_UPGRADE"):
        Machine(sources(Notify.GPIO), **given).__enter__()


def test_a_table_that_was_changed_has_its_checksum_put_right(given):
    stale = dataclasses.replace(Hest.parse(sources(Notify.GPIO).build()), oem_revision=7)
    assert sum(Machine(stale, **given).tables["hest"]) % 256 == 0


def test_a_guest_that_dies_is_noticed(given, tmp_path):
    with Machine(sources(Notify.GPIO), **given) as m:
        os.killpg(m.emulator.process.pid, signal.SIGKILL)
        with pytest.raises(LiveError, match=r"no answer to shell: QEMU ended"):
            m.shell("say")
    assert left(tmp_path) == []


def test_an_exception_ends_the_machine(given, monkeypatch, tmp_path):
    monkeypatch.setenv("PRETEND_PID", str(tmp_path / "pid"))
    with pytest.raises(KeyboardInterrupt), Machine(sources(Notify.GPIO), **given):
        raise KeyboardInterrupt
    assert not is_running(int((tmp_path / "pid").read_text()))
    assert left(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT], ids=lambda n: n.name)
@pytest.mark.parametrize("how", ["", "silent"], ids=["running", "booting"])
def test_whatever_ends_the_session_ends_the_machine(given, monkeypatch, tmp_path, number, how):
    monkeypatch.setenv("PRETEND_PID", str(tmp_path / "pid"))
    monkeypatch.setenv("PRETEND", how)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = f"""
        import time
        from pathlib import Path, PosixPath
        from raslib.live.cache import Guest
        from raslib.live.machine import Machine
        from raslib.live.qemu import Program
        with Machine(**{given!r}):
            time.sleep(60)
    """
    session = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=TOP, stderr=subprocess.DEVNULL)
    wait(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), session)
    session.send_signal(number)
    session.wait(20)
    pid = int((tmp_path / "pid").read_text())
    wait(lambda: not is_running(pid) and not left(tmp_path))


def test_machines_do_not_meet(given):
    with Machine(sources(Notify.GPIO), **given) as a, Machine(sources(Notify.GPIO), **given) as b:
        assert a.debug.parent != b.debug.parent
        a.put(0, BLOCK)
        assert (a.block_status(0), b.block_status(0)) == (0x12, 0)


def test_nobody_else_can_look_into_a_machines_folder(given):
    with Machine(sources(Notify.GPIO), **given) as m:
        assert m.debug.parent.stat().st_mode & 0o777 == 0o700
        assert not [word for word in m.command if "tcp" in word or "telnet" in word or "user," in word]


def test_a_deep_temporary_folder_is_not_used_for_sockets(monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    folder = qemu.short_folder()
    try:
        assert len(str(folder / "console")) < 100
    finally:
        folder.rmdir()


@pytest.mark.parametrize("name", ["initrd", "rasmem"])
def test_a_full_disk_leaves_nothing(given, monkeypatch, tmp_path, name):
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if len(data) == layout.SIZE or name == "initrd":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1_300_000))
    full_disk = pytest.raises(OSError, match="No space left on device: 0 bytes were written, 1,300,000 are free")
    with full_disk as raised, Machine(sources(Notify.GPIO), **given):
        pass
    assert re.fullmatch(rf"{tmp_path}/raslib-\w+/{name}", raised.value.filename)
    assert left(tmp_path) == []


def test_the_shared_memory_is_a_file_and_has_bounds(tmp_path):
    with closing(SharedMemory(tmp_path / "ram", 0x8000_0000, 4096)) as memory:
        memory.set_word(0x8000_0008, 0x1122334455667788)
        assert (tmp_path / "ram").read_bytes()[8:16].hex() == "8877665544332211"
        assert memory.word(0x8000_0008, 2) == 0x7788
        for address in (0x7FFF_FFFF, 0x8000_0FFC):
            with pytest.raises(ValueError, match=f"8 bytes at {address:#x} are not in the shared memory"):
                memory.read(address, 8)


def test_a_machine_is_not_asked_before_it_runs(given):
    with pytest.raises(LiveError, match="the machine is not running"):
        Machine(sources(Wanted(0, Notify.POLLED)), **given).shell("say")


def test_the_cpu_is_one_that_is_quick_to_emulate(given):
    with Machine(sources(Notify.GPIO), Setup(kvm=True), **given) as m:
        at = m.command.index
        assert m.command[at("-cpu") + 1] == "neoverse-n1"
        assert m.command[at("-M") + 1] == "virt,nvdimm=on,gic-version=3,virtualization=on"


@pytest.fixture
def qmp(tmp_path):
    """A socket that answers as QEMU's QMP does, with an event between; what it was asked."""
    asked: list[dict] = []
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(tmp_path / "qmp"))
    door.listen(1)

    def answer():
        link, _ = door.accept()
        with link, link.makefile("rw") as lines:
            lines.write('{"QMP": {"version": {}, "capabilities": []}}\n')
            lines.flush()
            for line in lines:
                asked.append(json.loads(line))
                if asked[-1]["execute"] == "quit":
                    lines.write('{"return"')
                    return
                good = asked[-1]["execute"] != "no-such"
                says = {"return": {}} if good else {"error": {"class": "CommandNotFound", "desc": "has not been found"}}
                lines.write('{"event": "RTC_CHANGE"}\n' + json.dumps(says) + "\n")
                lines.flush()

    threading.Thread(target=answer, daemon=True).start()
    yield tmp_path / "qmp", asked
    door.close()


def test_qemu_is_asked_by_qmp(qmp):
    path, asked = qmp
    assert execute(path, "inject-ghes-v2-error", cper="AAAA") == {}
    assert asked == [
        {"execute": "qmp_capabilities", "arguments": {}},
        {"execute": "inject-ghes-v2-error", "arguments": {"cper": "AAAA"}},
    ]


def test_a_qemu_that_ends_instead_of_an_answer_is_told(qmp):
    with pytest.raises(LiveError, match="QEMU does not answer to quit: "):
        execute(qmp[0], "quit")


def test_a_qemu_that_is_not_there_any_more_is_told(tmp_path):
    with pytest.raises(LiveError, match="QEMU does not answer to query-status: .*No such file"):
        execute(tmp_path / "qmp", "query-status")


def test_what_qemu_refuses_by_qmp_is_told(qmp):
    with pytest.raises(LiveError, match="QEMU answers to no-such: has not been found"):
        execute(qmp[0], "no-such")
