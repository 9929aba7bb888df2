"""Kernel and userland come through apt, here one that is made of a few lines of Python."""

import gzip
import hashlib
import json
import os
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from raslib.live import LiveError, available, cache, download, fetch
from raslib.live.run import chosen
from raslib.progress import Bar

from . import newc
from .conftest import KERNEL
from .test_archives import package

pytestmark = pytest.mark.skipif(os.name != "posix", reason="apt is there on Debian alone")
VERSION = "1:2.3-4"
CONTENTS = {
    "linux-image-6.1.0-9-arm64": {"boot/vmlinuz-6.1.0-9-arm64": KERNEL, "lib/modules/x/einj.ko": b"einj"},
    "busybox-static": {"bin/busybox": b"busybox", "usr/share/x/busybox": b"no program"},
    "python3.11-minimal": {"usr/bin/python3.11": b"python"},
    "libpython3.11-minimal": {"usr/lib/python3.11/os.py": b"os", "usr/lib/python3.11/test/a.py": b"test"},
    "libpython3.11-stdlib": {"usr/lib/python3.11/json/__init__.py": b"json"},
    "libc6": {"lib/aarch64-linux-gnu/libc.so.6": b"libc", "lib/aarch64-linux-gnu/libnss.so.2": b"nss"},
    "libffi8": {"usr/lib/aarch64-linux-gnu/libffi.so.8.1": b"libffi"},
    "zlib1g": {},
    "libexpat1": {},
}


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """A folder that the pretended apt takes packages from, and a note of what it was asked to download."""
    shelf, tools = tmp_path / "shelf", tmp_path / "bin"
    shelf.mkdir()
    tools.mkdir()
    lines = {}
    for name, files in CONTENTS.items():
        links = {"usr/lib/aarch64-linux-gnu/libffi.so.8": "libffi.so.8.1"} if name == "libffi8" else {}
        made = package(shelf / f"{name}_1%3a2.3-4_arm64.deb", files, links)
        sum_ = hashlib.sha256(made.read_bytes()).hexdigest()
        lines[name] = f"'http://mirror.example/{made.name}' {made.name} {made.stat().st_size} SHA256:{sum_}"
    lines["linux-image-arm64"] = "'http://x' linux-image-arm64_1_arm64.deb 10 SHA256:00"  # needs the kernel, has none
    lines["linux-base"] = "'http://x' linux-base_4_all.deb 10 SHA256:00"
    lines["libssl3"] = "'http://x' libssl3_3_arm64.deb 10 SHA256:00"  # no file of it is needed
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    code = f"""
        #!{sys.executable} -IS
        import json, pathlib, shutil, sys
        top = pathlib.Path({str(tmp_path)!r})
        lines, words = json.loads((top / "lines.json").read_text()), sys.argv[1:]
        with (top / "asked").open("a") as asked:
            asked.write(" ".join(words) + "\\n")
        if "install" in words:
            for name in words[words.index("--no-install-recommends") + 1 :]:
                if name not in lines and not name.startswith(("python3", "libpython3")):
                    sys.exit(f"E: Unable to locate package {{name}}")
            print("\\n".join(lines.values()))
        elif "indextargets" in words and (top / "suites").exists():
            print((top / "suites").read_text())
        elif "update" in words and (top / "offline").exists():
            print("W: Failed to fetch http://mirror.example/dists  Temporary failure resolving", file=sys.stderr)
        elif "download" in words:
            for name in (word.partition("=")[0] for word in words[words.index("download") + 1 :]):
                if (top / "broken").exists() and (top / "broken").read_text() == name:
                    sys.exit("W: a slow line\\n" * (20_000 if (top / "talks").exists() else 0) + "E: the line is down")
                shutil.copy(top / "shelf" / f"{{name}}_1%3a2.3-4_arm64.deb", ".")
    """
    (tools / "apt-get").write_text(textwrap.dedent(code).lstrip())
    (tools / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return tmp_path


def downloads(apt) -> list[str]:
    lines = (apt / "asked").read_text().splitlines()
    asked = [line.partition(" download ")[2].split() for line in lines]
    return [word.partition("=")[0] for words in asked for word in words]


def test_the_kernel_and_the_guests_files_are_put_together(apt):
    into = fetch(apt / "cache")
    assert sorted(path.name for path in into.iterdir()) == ["initrd.gz", "origin.json", "vmlinuz"]
    assert (into / "vmlinuz").read_bytes() == KERNEL
    tree = dict(newc.entries(gzip.decompress((into / "initrd.gz").read_bytes())))
    files = {name: node.data for name, node in tree.items() if node.data}
    assert files == {
        "bin/busybox": b"busybox",
        "bin/python3": b"python",
        "usr/lib/python3.11/os.py": b"os",
        "usr/lib/python3.11/json/__init__.py": b"json",
        "lib/libc.so.6": b"libc",
        "lib/libffi.so.8": b"libffi",
        "lib/mod/einj.ko": b"einj",
    }


def test_it_is_noted_where_they_come_from(apt):
    origin = cache.note(fetch(apt / "cache"))
    assert origin["kernel"] == f"Debian linux-image-6.1.0-9-arm64 {VERSION}"
    assert set(origin["packages"]) == set(CONTENTS)
    assert origin["sha256"]["vmlinuz"] == hashlib.sha256(KERNEL).hexdigest()


def test_what_is_there_is_not_fetched_again(apt):
    fetch(apt / "cache")
    (apt / "asked").unlink()
    fetch(apt / "cache")
    assert not (apt / "asked").exists()


def test_a_damaged_file_is_noticed_and_fetched_again(apt, monkeypatch):
    into = fetch(apt / "cache")
    (into / "vmlinuz").write_bytes(b"rotten")
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(into))
    with pytest.raises(LiveError, match="vmlinuz is not what was fetched"):
        cache.guest()
    fetch(into)
    assert cache.guest().kernel.read_bytes() == KERNEL


def test_an_apt_that_complains_of_more_than_a_pipe_holds_is_not_waited_for(apt):
    (apt / "broken").write_text("libc6")
    (apt / "talks").touch()
    with pytest.raises(LiveError, match=r"apt-get: (W: a slow line\s+){20000}E: the line is down"):
        fetch(apt / "cache")


def test_an_apt_that_does_not_end_is_not_waited_for(apt, monkeypatch):
    monkeypatch.setattr("raslib.live.download.SECONDS", -1)
    with pytest.raises(LiveError, match="apt-get did not end within -1 seconds"):
        fetch(apt / "cache")


def test_an_interrupted_fetch_goes_on_where_it_ended(apt):
    (apt / "broken").write_text("libc6")
    with pytest.raises(LiveError, match="apt-get: E: the line is down"):
        fetch(apt / "cache")
    assert not (apt / "cache" / "vmlinuz").exists()
    before = downloads(apt)
    (apt / "broken").unlink()
    fetch(apt / "cache")
    assert downloads(apt)[len(before) :] == ["libc6", "libffi8", "zlib1g", "libexpat1"]


def test_a_package_that_is_not_the_signed_one_is_refused(apt):
    (apt / "shelf" / "libc6_1%3a2.3-4_arm64.deb").write_bytes(b"something else")
    with pytest.raises(LiveError, match="damaged: its SHA-256 is not that of the signed package list"):
        fetch(apt / "cache")


def test_a_kernel_whose_package_is_empty_is_in_the_packages_that_it_needs(apt):
    """As Debian packs kernels since 7.0."""
    parts = {
        "linux-modules-7.3.4-arm64": {"usr/lib/modules/7.3.4-arm64/kernel/drivers/acpi/apei/einj.ko": b"einj 7"},
        "linux-binary-7.3.4-arm64": {"usr/lib/modules/7.3.4-arm64/vmlinuz": KERNEL},
        "linux-image-7.3.4-arm64": {},
    }
    lines = json.loads((apt / "lines.json").read_text())
    del lines["linux-image-6.1.0-9-arm64"]
    for name, files in parts.items():
        made = package(apt / "shelf" / f"{name}_1%3a2.3-4_arm64.deb", files, {})
        sum_ = hashlib.sha256(made.read_bytes()).hexdigest()
        lines[name] = f"'http://x' {made.name} {made.stat().st_size} SHA256:{sum_}"
    (apt / "lines.json").write_text(json.dumps(lines))
    into = fetch(apt / "cache")
    assert (into / "vmlinuz").read_bytes() == KERNEL
    tree = dict(newc.entries(gzip.decompress((into / "initrd.gz").read_bytes())))
    assert tree["lib/mod/einj.ko"].data == b"einj 7"
    assert set(parts) < set(cache.note(into)["packages"])


def test_a_suite_that_is_not_configured_is_told_with_how_to_have_it(apt):
    (apt / "suites").write_text("bookworm oldstable bookworm\n")
    with pytest.raises(LiveError, match=r"no configured package source has the suite trixie, but bookworm, oldstable"):
        fetch(apt / "cache", suite="trixie")
    assert fetch(apt / "cache", suite="bookworm")


def test_a_network_that_is_not_there_is_told_as_such(apt):
    (apt / "offline").touch()
    (apt / "lines.json").write_text("{}")
    with pytest.raises(
        LiveError, match=r"cannot be reached; is there a network\? apt-get says: Failed to fetch http://m"
    ):
        fetch(apt / "cache")


def test_a_damaged_note_is_told_and_fetched_again(apt, monkeypatch):
    into = fetch(apt / "cache")
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(into))
    (into / "origin.json").write_text("{half")
    with pytest.raises(LiveError, match=r"origin\.json is damaged; without it"):
        cache.guest()
    fetch(into)
    assert cache.note(cache.guest().kernel.parent)["kernel"].startswith("Debian linux-image-6.1.0-9")


def pe(size: int) -> bytes:
    """An arm64 image that is a PE file of one section, which ends at *size*."""
    section = (
        bytes(8) + (4096).to_bytes(4, "little") * 2 + (size - 4096).to_bytes(4, "little") + (4096).to_bytes(4, "little")
    )
    head = b"PE\0\0" + bytes(2) + (1).to_bytes(2, "little") + bytes(12) + bytes(4) + section.ljust(40, b"\0")
    return (bytes(56) + b"ARM\x64" + (64).to_bytes(4, "little") + head).ljust(size, b"\0")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is no arm64 kernel"),
        (b"MZ" + bytes(600), "is no arm64 kernel"),  # as of x86
        (gzip.compress(b"MZ" + bytes(600)), "is no arm64 kernel"),
        (gzip.compress(pe(8192))[:20], "cannot be read"),
        (pe(8192)[:8000], "is cut short: it has 8000 bytes of at least 8192"),
    ],
    ids=["empty", "foreign", "foreign, packed", "damaged, packed", "cut short"],
)
def test_a_kernel_that_cannot_be_one_is_refused_before_anything_is_booted(tmp_path, monkeypatch, data, why):
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    (tmp_path / "initrd.gz").write_bytes(b"files")
    (tmp_path / "vmlinuz").write_bytes(data)
    with pytest.raises(LiveError, match=why):
        cache.guest(tmp_path / "vmlinuz")
    for good in (pe(8192), gzip.compress(pe(8192))):
        (tmp_path / "vmlinuz").write_bytes(good)
        assert cache.guest(tmp_path / "vmlinuz").kernel == tmp_path / "vmlinuz"
    with pytest.raises(LiveError, match="there is no file nowhere"):
        cache.guest(Path("nowhere"))


def test_root_works_in_a_place_that_an_interruption_leaves_for_the_next_time(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.chown", lambda path, user: None)
    with pytest.raises(KeyboardInterrupt), download._workplace(tmp_path / "a") as (first, user):
        raise KeyboardInterrupt
    assert user == "_apt"
    with download._workplace(tmp_path / "b") as (other, _):
        assert other != first
    assert first.is_dir()
    with download._workplace(tmp_path / "a") as (again, _):
        assert again == first
    assert list((tmp_path / "system").iterdir()) == []


def test_sources_without_the_packages_are_told(apt):
    lines = json.loads((apt / "lines.json").read_text())
    del lines["busybox-static"]
    (apt / "lines.json").write_text(json.dumps(lines))
    why = r"apt-get: E: Unable to locate package busybox-static\s+Are the configured package sources Debian's\?"
    with pytest.raises(LiveError, match=why):
        fetch(apt / "cache")


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "apt-get names no package that linux-image-arm64 needs"),
        (["busybox-static"], "no package that linux-image-arm64 needs holds a kernel"),
    ],
)
def test_packages_without_a_kernel_are_told(apt, names, why):
    lines = json.loads((apt / "lines.json").read_text())
    roots = dict.fromkeys(("linux-image-arm64", "busybox-static"), "")
    (apt / "lines.json").write_text(json.dumps(roots | {name: lines[name] for name in names}))
    with pytest.raises(LiveError, match=why):
        fetch(apt / "cache")


def test_apt_works_on_folders_of_our_own(apt):
    """No list, cache or status of the system's is touched."""
    fetch(apt / "cache", suite="bookworm-backports")
    for line in (apt / "asked").read_text().splitlines():
        for name in ("Dir::State::Lists", "Dir::State::status", "Dir::Cache"):
            assert f"-o {name}={apt / 'cache' / 'apt'}/" in line
        assert "-o APT::Default-Release=bookworm-backports" in line


def test_without_apt_the_way_with_own_files_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LiveError, match="Boot files of your own instead"):
        fetch(tmp_path / "cache")


def test_what_is_missing_is_told_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    monkeypatch.setattr("raslib.tools.FIRMWARE", ())
    found = available()
    assert not found
    assert found.missing == (
        "qemu-system-aarch64",
        "UEFI firmware for QEMU's arm64 machine",
        f"vmlinuz in {tmp_path}",
        f"initrd.gz in {tmp_path}",
    )
    assert "Debian: apt-get install qemu-system-arm qemu-efi-aarch64" in found.hint
    assert "raslib live fetch" in found.hint


def test_files_of_ones_own_are_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    with pytest.raises(LiveError, match=r"there is no vmlinuz in .*; `raslib live fetch` gets it"):
        cache.guest()
    for name in ("vmlinuz", "initrd.gz"):
        (tmp_path / name).write_bytes(KERNEL)
    assert cache.guest() == cache.Guest(tmp_path / "vmlinuz", tmp_path / "initrd.gz")
    assert fetch() == tmp_path


def test_the_doctor_finds_the_lab_when_all_of_it_is_there(tmp_path, monkeypatch):
    from raslib.tools import TOOLS

    monkeypatch.setenv("RASLIB_LIVE_DIR", str(tmp_path))
    monkeypatch.setattr("raslib.tools.qemu", lambda: "/bin/qemu")
    assert TOOLS["live"].find() is None
    for name in ("vmlinuz", "initrd.gz"):
        (tmp_path / name).write_bytes(b"mine")
    assert TOOLS["live"].find() == str(tmp_path / "vmlinuz")


def test_the_cache_is_where_the_desktop_says(tmp_path, monkeypatch):
    from raslib.tools import live_folder

    monkeypatch.delenv("RASLIB_LIVE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert live_folder() == tmp_path / "raslib" / "live"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert live_folder() == tmp_path / ".cache" / "raslib" / "live"


def test_a_half_written_file_does_not_stay(tmp_path, monkeypatch):
    cache.write(tmp_path / "a", b"old")

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1_300_000))
    with pytest.raises(OSError, match="No space left on device: 0 bytes were written, 1,300,000 are free") as raised:
        cache.write(tmp_path / "a", bytes(2_500_000))
    assert raised.value.filename == str(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_progress_without_a_terminal_is_a_line_for_each_thing(capsys):
    with Bar() as bar:
        for done in range(3):
            bar("linux-image", done, 2)
        bar("unpacking", 0, 0)
    assert capsys.readouterr().err == "linux-image\nunpacking\n"


def test_progress_on_a_terminal_is_one_line(capsys):
    with Bar() as bar:
        bar.over = True
        bar("linux-image", 30_000_000, 60_000_000)
    assert capsys.readouterr().err == "\r\x1b[K[############            ] linux-image 30.0 of 60.0 MB\r\x1b[K"


def test_experiments_are_chosen_by_their_name_or_their_machines():
    assert {boot: [e.name for e in found] for boot, found in chosen(["gpio", "bert"]).items()} == {
        "notification": ["gpio"],
        "einj": ["bert"],
    }
    assert list(chosen(["sea"])) == ["sea"]
    with pytest.raises(ValueError, match="there is no experiment 'sae'; there are notification, blocks, sea, einj"):
        chosen(["sae"])
