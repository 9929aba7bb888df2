"""A guest's guest: QEMU for it comes through apt, with the libraries that it needs."""

import gzip
import hashlib
import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from raslib.cli import main
from raslib.live import LiveError, cache, chain, fetch
from raslib.live.console import System
from raslib.live.download import Apt, Package
from raslib.live.qemu import SocketLines
from raslib.live.recording.reaction import Victim
from raslib.live.run import chosen

from . import newc
from .conftest import KERNEL
from .test_archives import package

# --- packages ---------------------------------------------------------------------------------------------------------

LIB = "usr/lib/aarch64-linux-gnu"
CONTENTS = {
    "qemu-system-arm": {"usr/bin/qemu-system-aarch64": b"QEMU", "usr/bin/qemu-system-arm": b"another"},
    "libone1": {f"{LIB}/libone.so.1.2": b"one", f"{LIB}/one/plugin.so.1": b"plugin"},
    "libtwo2": {f"{LIB}/libtwo.so.2t64": b"two", "usr/share/doc/libtwo/README.so.2": b"words"},
    "libc6": {"lib/aarch64-linux-gnu/libc.so.6": b"libc", "lib/ld-linux-aarch64.so.1": b"loader"},
}
LINKS = {"libone1": {f"{LIB}/libone.so.1": "libone.so.1.2"}}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of packages, which are what apt brings; and a folder for what is kept of them."""
    (tmp_path / "debs").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "vmlinuz").write_bytes(KERNEL)
    (tmp_path / "cache" / "initrd.gz").write_bytes(b"files")
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path / "cache"))
    asked = []

    def bring(contents=CONTENTS):
        packages, paths = [], []
        for name, files in contents.items():
            made = package(tmp_path / "debs" / f"{name}_1_arm64.deb", files, LINKS.get(name, {}))
            sum_ = hashlib.sha256(made.read_bytes()).hexdigest()
            paths.append(made)
            packages.append(Package(name, "1", made.name, made.stat().st_size, sum_))

        @contextmanager
        def downloaded(folder, suite, part, said):
            asked.append(suite)
            yield packages, paths

        monkeypatch.setattr("raslib.live.download.downloaded", downloaded)
        return asked

    return bring


def test_the_program_and_all_that_it_needs_are_put_together(shelf):
    shelf()
    path = fetch(chain=True) / "chain.cpio.gz"
    tree = dict(newc.entries(gzip.decompress(path.read_bytes())))
    assert {name: node.data for name, node in tree.items() if node.data} == {
        "bin/qemu-system-aarch64": b"QEMU",
        "lib/libone.so.1": b"one",
        "lib/libtwo.so.2t64": b"two",
        "lib/libc.so.6": b"libc",
        "lib/ld-linux-aarch64.so.1": b"loader",
    }
    assert tree["bin/qemu-system-aarch64"].mode & 0o111
    assert cache.note(path.parent, "chain.cpio.gz")["qemu"] == "Debian qemu-system-arm 1"


def test_what_is_there_and_sound_is_not_fetched_again(shelf):
    asked = shelf()
    path = fetch(chain=True) / "chain.cpio.gz"
    fetch(chain=True)
    assert asked == [None]
    path.write_bytes(b"rotten")
    with pytest.raises(LiveError, match=r"is not what was fetched .*; `raslib live fetch --chain` gets it again"):
        cache.fetched(path.parent, path.name)
    fetch(chain=True)
    assert asked == [None, None]
    assert cache.fetched(path.parent, path.name) == path


def test_a_note_of_another_form_is_damaged(shelf):
    asked = shelf()
    path = fetch(chain=True) / "chain.cpio.gz"
    (path.parent / "chain.json").write_text('{"sha256": "aa"}')
    with pytest.raises(LiveError, match=r"chain.json is damaged; without it `raslib live fetch` fetches all again"):
        cache.fetched(path.parent, path.name)
    fetch(chain=True)
    assert asked == [None, None]


def test_a_chain_without_its_files_is_not_set_up(shelf):
    shelf()
    with pytest.raises(LiveError, match="there is no chain.cpio.gz in .*; `raslib live fetch --chain` gets it"):
        chain.setup()


def test_a_package_without_the_program_is_told(shelf):
    shelf({name: files for name, files in CONTENTS.items() if name != "qemu-system-arm"})
    with pytest.raises(LiveError, match="qemu-system-arm holds no usr/bin/qemu-system-aarch64"):
        fetch(chain=True)


def test_what_apt_would_install_is_read_from_its_addresses(tmp_path, monkeypatch):
    """Of packages for arm64; what is for every machine holds no libraries."""
    said = (
        "'http://x/debian/pool/l/libc6_2.36-9_arm64.deb' libc6_2.36-9_arm64.deb 2324660 SHA256:0a\n"
        "'http://x/debian/pool/q/qemu_data_all.deb' qemu-system-data_1%3a7.2_all.deb 1297476 SHA256:0b\n"
        "'http://x/debian/pool/q/qemu_arm64.deb' qemu-system-arm_1%3a7.2+b3_arm64.deb 8210376 SHA256:0c\n"
    )
    monkeypatch.setattr(Apt, "_run", lambda self, *words: (said, ""))
    assert Apt(tmp_path, None).needed("qemu-system-arm") == [
        Package("libc6", "2.36-9", "libc6_2.36-9_arm64.deb", 2324660, "0a"),
        Package("qemu-system-arm", "1:7.2+b3", "qemu-system-arm_1%3a7.2+b3_arm64.deb", 8210376, "0c"),
    ]


# --- the chain --------------------------------------------------------------------------------------------------------


def test_without_its_files_the_chain_says_how_to_get_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    (tmp_path / "vmlinuz").write_bytes(KERNEL)
    (tmp_path / "initrd.gz").write_bytes(b"files")
    monkeypatch.setattr("raslib.tools.FIRMWARE", (str(tmp_path / "vmlinuz"),))
    assert main(["live", "chain"]) == 1
    assert "`raslib live fetch --chain` gets it" in capsys.readouterr().err


class Host(System):
    """A host whose QEMU has ended at once; *logs* is what it has printed."""

    def __init__(self, logs: str) -> None:
        super().__init__()
        self.printed, self.asked = logs, list[str]()
        self._emulator = SimpleNamespace(
            changed=threading.Condition(),
            ended=lambda: False,
            lines=dict.fromkeys(("guest-console", "guest-agent"), SimpleNamespace(all=[])),
        )

    def load(self, source: str, name: str) -> None:
        pass

    def shell(self, line: str) -> str:
        self.asked.append(line)
        return {chain.QEMU: "57\n", "cat /run/qemu.log": self.printed}.get(line, "")


def test_a_guest_whose_qemu_ends_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(chain, "LOG_SECONDS", 0.01)
    monkeypatch.setattr(chain, "BOOT_SECONDS", 2)
    host = Host("qemu-system-aarch64: kvm is not there")
    with pytest.raises(LiveError) as e:
        chain.NestedGuest(host).boot()
    assert str(e.value).splitlines() == [
        "the guest does not boot: its QEMU has ended",
        "  nothing came from the guest",
        "qemu-system-aarch64: kvm is not there",
    ]
    assert host.asked[-2:] == ["cat /proc/57/cmdline 2>/dev/null || true", "cat /run/qemu.log"]


def test_where_a_page_of_the_guest_is_the_monitor_of_its_qemu_says():
    ours, monitor = socket.socketpair()
    host = Host("")
    changed = host.emulator.changed
    host.emulator.lines["guest-monitor"] = SocketLines(ours, changed)
    with ours, monitor:
        monitor.sendall(
            b"QEMU 7.2.22 monitor - type 'help' for more information\r\n"
            b"(qemu) \x1b[K\x1b[Dgpa2hva 0x5c28c000\x1b[K\r\n"
            b"Host virtual address for 0x5c28c000 (mach-virt.ram) is 0xffff7c08c000\r\n"
            b"(qemu) gpa2hpa 0x5c28c000\r\nHost physical address for 0x5c28c000 (mach-virt.ram) is 0x4f28c000\r\n"
        )
        guest = chain.NestedGuest(host)
        assert guest.where(0x5C28_C000) == Victim(0, 0xFFFF_7C08_C000, 0x4F28_C000)
        assert monitor.recv(100) == b"gpa2hva 0x5c28c000\ngpa2hpa 0x5c28c000\n"


def test_a_page_that_the_monitor_does_not_know_is_told(monkeypatch):
    monkeypatch.setattr(chain, "SECONDS", 0.01)
    ours, monitor = socket.socketpair()
    host = Host("")
    host.emulator.lines["guest-monitor"] = SocketLines(ours, host.emulator.changed)
    with ours, monitor:
        monitor.sendall(b"(qemu) gpa2hva 0x0\r\nNo memory is mapped at address 0x0\r\n")
        with pytest.raises(LiveError, match="QEMU in the host does not know where 0x0 is"):
            chain.NestedGuest(host).where(0)


def test_it_is_only_run_if_it_is_named():
    assert "chain" not in chosen([])
    assert list(chosen(["chain"])) == ["chain"]
    assert [e.name for e in chosen(["chain"])["chain"]] == ["chain"]


def test_the_host_gets_the_guests_files(shelf, monkeypatch):
    shelf()
    folder = fetch(chain=True)
    monkeypatch.setattr("raslib.tools.FIRMWARE", (str(folder / "vmlinuz"),))
    setup = chain.setup()
    assert setup.channels == ("guest-console", "guest-agent", "guest-monitor")
    assert setup.files["guest/vmlinuz"].data == KERNEL
    assert setup.files["guest/initrd"].data.startswith(b"files" + bytes(3) + b"070701")
    assert setup.archive == (folder / "chain.cpio.gz").read_bytes()
