"""The emulator as a process: its command line, its private sockets, and its end."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .. import tools
from . import LiveError, cache, cpio
from .recording import layout

LONGEST = 80  # bytes of a folder's path, so that the paths of sockets in it stay below the system's 108
WATCHDOG = Path(__file__).with_name("watchdog.py")
END_SECONDS = 10
QMP_SECONDS = 20  # for an answer to a command
COMMAND_LINE = "console=ttyAMA0 acpi=force panic=-1 loglevel=8 acpi_no_memhotplug iomem=relaxed printk.devkmsg=on"


def short_folder() -> Path:
    """A new folder that nobody else can look into, with a path short enough for sockets."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="raslib-", dir=usual if len(os.fsencode(usual)) < LONGEST else "/tmp"))


class Program(NamedTuple):
    """QEMU for arm64, and the UEFI firmware that it runs first."""

    path: str
    firmware: str

    def version(self) -> str:
        """QEMU's version, for example 7.2.22."""
        done = subprocess.run([self.path, "--version"], capture_output=True, text=True, timeout=20, check=True)
        number = re.search(r"version (\S+)", done.stdout)
        return number[1] if number else done.stdout.strip()


def program() -> Program:
    """The QEMU on the PATH. Raises `LiveError` if it or its firmware is missing."""
    path, firmware = tools.qemu(), tools.firmware()
    if not path or not firmware:
        raise LiveError(f"QEMU for arm64 or its UEFI firmware is missing\n{cache.available().hint}")
    return Program(path, firmware)


@dataclass(frozen=True)
class Setup:
    """What a machine has, beside its HEST, when it is switched on."""

    kvm: bool = False  # EL2, and so its Linux has KVM
    mebibytes: int = 1024
    append: str = ""  # to the kernel's command line
    tables: Mapping[str, bytes] = field(default_factory=dict)  # more ACPI tables by name, such as "einj" or "ssdt2"
    fill: Mapping[int, bytes] = field(default_factory=dict)  # what RASMEM holds from the start, by address
    files: Mapping[str, cpio.CpioEntry] = field(default_factory=dict)  # more files of the guest's first file system
    archive: bytes = b""  # the same as an archive (see `cpio`), compressed or not
    channels: tuple[str, ...] = ()  # more serial lines: /dev/ttyS1 and on in the guest, `Machine.lines(name)` here
    ras: bool = False  # QEMU's own HEST, and a QMP socket at `Machine.qmp`; see `execute`
    debug: bool = False  # a debugger's stub at the socket `Machine.debug`, and the kernel waits for `Machine.up`


def compiled(name: str) -> bytes:
    """A table of our own ACPI code, an SSDT, as iasl has compiled it; each names its source.

    error_device (raslib/reproductions/error_device.asl): the error device PNP0C33, and a generic event device that
    notifies it when an interrupt comes, `layout.HED_GSI`. It serves every source that notifies by SCI, GPIO or GSIV
    (ACPI 6.5 §18.3.2.7.2, §5.6.9).
    irq (irq.asl): a device of no use but its interrupt, `layout.IRQ_GSI`: Linux maps it, so that a source may be bound
    later.
    sdei (sdei.asl): has the kernel load the ACPI table SDEI from `BASE + TABLES` of `layout`. Linux takes only tables
    of known signatures from its first file system, and SDEI is none of them.
    """
    return Path(__file__).with_name(f"{name}.aml").read_bytes()


def command(folder: Path, program: Program, kernel: Path, setup: Setup) -> list[str]:
    """The command that runs the lab's machine.

    No network, no display, no disk; one processor of the kind that is fastest to emulate of those that have RAS and
    VHE (`max` is five times slower). The kernel's log is alone on the first serial line; the agent has a PCI serial
    line, as has each of the channels; `Emulator` connects them. RASMEM is an NVDIMM.
    """
    machine = "virt,nvdimm=on,gic-version=3" + (",virtualization=on" if setup.kvm else "")
    machine += ",ras=on" if setup.ras else ""
    words = [program.path, "-M", machine, "-accel", "tcg,thread=multi", "-cpu", "neoverse-n1", "-smp", "1"]
    words += ["-m", f"{setup.mebibytes},slots=1,maxmem={setup.mebibytes + 2048}M"]
    backend = f"memory-backend-file,id=rasmem,share=on,mem-path={folder / 'rasmem'},size={layout.SIZE}"
    words += ["-object", backend, "-device", "nvdimm,memdev=rasmem,id=nvdimm"]
    words += ["-nodefaults", "-display", "none", "-no-reboot", "-bios", program.firmware]
    words += ["-serial", "chardev:console"]
    for name in ("agent", *setup.channels):
        words += ["-device", f"pci-serial,chardev={name}"]
    if setup.ras:
        words += ["-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"]
    if setup.debug:
        stub = f"socket,id=debug,path={folder / 'debug'},server=on,wait=off"
        words += ["-chardev", stub, "-gdb", "chardev:debug"]
    append = f"{COMMAND_LINE} {setup.append}".strip()
    return [*words, "-kernel", str(kernel), "-initrd", str(folder / "initrd"), "-append", append]


_ESCAPES = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")


class SocketLine(NamedTuple):
    """A line without its end, and when it came (seconds of time.monotonic)."""

    at: float
    text: str


class SocketLines:
    """Everything that came over a socket, line by line; `changed` is notified of each line and of the end."""

    def __init__(self, link: socket.socket, changed: threading.Condition) -> None:
        self.link, self.changed, self.open = link, changed, True
        self.all: list[SocketLine] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError), self.link.makefile("rb") as lines:
            for raw in lines:
                line = SocketLine(time.monotonic(), _ESCAPES.sub("", raw.decode("utf-8", "replace")).strip("\r\n"))
                with self.changed:
                    self.all.append(line)
                    self.changed.notify_all()
        with self.changed:
            self.open = False
            self.changed.notify_all()


class Emulator:
    """A running QEMU, in a process group of its own, that ends when this object is closed or this process ends."""

    def __init__(self, folder: Path, command: Sequence[str], lines: Sequence[str]) -> None:
        """*lines* are names of QEMU's character devices: each gets one end of a pair of sockets, we have the other."""
        self.folder, self.changed = folder, threading.Condition()
        self._output = (folder / "output").open("w+b")
        pairs = {name: socket.socketpair() for name in lines}
        ends = {name: end.fileno() for name, (_, end) in pairs.items()}
        for name, number in ends.items():
            command = [*command, "-chardev", f"socket,id={name},fd={number}"]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(WATCHDOG), str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            pass_fds=tuple(ends.values()),
            start_new_session=True,  # an interrupt typed at the terminal is for us, not for the guest
        )
        self.lines: Mapping[str, SocketLines] = {name: SocketLines(us, self.changed) for name, (us, _) in pairs.items()}
        for _, end in pairs.values():
            end.close()

    def alive(self) -> bool:
        return self.process.poll() is None

    def ended(self) -> bool:
        """Whether QEMU has ended, and all that it has sent is in `lines`."""
        return not self.alive() and not any(lines.open for lines in self.lines.values())

    def output(self) -> str:
        """What QEMU itself has printed: its complaints. Nothing once it is closed."""
        if self._output.closed:
            return ""
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End QEMU; when this returns it has ended, and its folder is gone."""
        assert self.process.stdin
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # the watchdog sees it
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for lines in self.lines.values():
            lines.link.close()
        self._output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def execute(path: Path, command: str, **arguments: Any) -> Any:
    """What QEMU answers to a *command* of QMP at the socket *path*. Raises `LiveError` for an error, or if it ends."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(QMP_SECONDS)
            link.connect(str(path))
            with link.makefile("r", encoding="utf-8") as lines:
                lines.readline()  # the greeting
                for one, given in (("qmp_capabilities", {}), (command, arguments)):
                    link.sendall(json.dumps({"execute": one, "arguments": given}).encode() + b"\n")
                    answer = next(said for said in map(json.loads, lines) if "event" not in said)
                    if "error" in answer:
                        raise LiveError(f"QEMU answers to {one}: {answer['error']['desc']}")
    except (OSError, StopIteration, json.JSONDecodeError) as e:  # the last is half a line
        raise LiveError(f"QEMU does not answer to {command}: {str(e) or 'it has ended'}") from e
    return answer["return"]
