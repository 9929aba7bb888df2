"""A host, its guest and a process of the guest, all real: one write to the host's memory ends the process.

The lab's machine is the host: its Linux runs Debian's own QEMU with KVM and `ras=on`. In that runs the guest, a Linux
with the same agent, and in the guest a process that loses a page. One emulator here stands for the hardware of all,
and so the guest takes a minute or more to boot.
"""

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from .. import tools
from . import LiveError, cache, cpio
from .console import AgentEvent, System
from .machine import Machine, first_files, release_of
from .qemu import Setup, SocketLines
from .recording.reaction import Reaction, Victim, on_page_of
from .recording.steps import LOST
from .watch import MachineWatch

CHANNELS = "guest-console", "guest-agent"  # the host's serial lines 1 and 2, which it gives to its guest
BOOT_SECONDS, SECONDS, LOG_SECONDS = 900, 120, 10  # ten times what an idle machine needs
MONITOR = "/run/monitor"
SOURCE = Path(__file__).parent / "guest" / "monitor.py"
QEMU = (
    "qemu-system-aarch64 -M virt,ras=on,gic-version=host -accel kvm -cpu host -smp 1 -m 512M -nodefaults -display none "
    "-no-reboot -bios /guest/firmware -kernel /guest/vmlinuz -initrd /guest/initrd "
    "-append 'console=ttyAMA0 acpi=force panic=-1 loglevel=8 printk.devkmsg=on' "
    "-chardev serial,id=console,path=/dev/ttyS1 -serial chardev:console "
    "-chardev serial,id=agent,path=/dev/ttyS2 -device pci-serial,chardev=agent "
    f"-monitor unix:{MONITOR},server=on,wait=off </dev/null >/run/qemu.log 2>&1 & echo $!"
)
Log = Callable[[str], None]


def setup() -> Setup:
    """What a machine has that is to be a host. Raises `LiveError` if something of it is missing."""
    guest, firmware = cache.guest(), tools.firmware()
    if not firmware:
        raise LiveError(f"there is no UEFI firmware for the guest\n{cache.available().hint}")
    files = {
        "guest/vmlinuz": cpio.file(guest.kernel.read_bytes()),
        "guest/initrd": cpio.file(first_files(guest.userland, {})),
        "guest/firmware": cpio.file(Path(firmware).read_bytes()),
    }
    return Setup(files=files, archive=cache.fetched(tools.live_folder(), cache.CHAIN).read_bytes(), channels=CHANNELS)


class Struck(NamedTuple):
    """What one write to the host's memory has led to, in the host and in its guest."""

    host: Reaction  # its victim is QEMU
    guest: Reaction
    seconds: float  # from the write to the end of the process in the guest

    def __str__(self) -> str:
        process, qemu = self.guest.victim, self.host.victim
        assert process
        assert qemu
        page = (
            f"The page at {process.va:#x} of the process is at {process.pa:#x} of the guest, "
            f"at {qemu.va:#x} of QEMU, and at {qemu.pa:#x} of the host."
        )
        parts = [page, "", "-- the host", str(self.host), "", "-- its guest", str(self.guest)]
        return "\n".join([*parts, "", f"{self.seconds:.1f} s from the write to the end of the process"])


class NestedGuest(System):
    """The guest of a running host, with which it ends; *log* gets lines on how far it is while it boots."""

    patience = SECONDS

    def __init__(self, host: Machine, log: Log = lambda line: None) -> None:
        super().__init__()
        self.host, self.log, self._emulator = host, log, host.emulator
        self.boot_seconds, self._pid = 0.0, 0

    def lines(self, channel: str = "console") -> SocketLines:
        """A serial line of the guest's, which is one of its host's."""
        return self.host.lines(f"guest-{channel}")

    def boot(self) -> Self:
        """Have the host start it, and wait for its agent. Raises `LiveError` if it does not come up."""
        began = time.monotonic()
        self.host.load(SOURCE.read_text(encoding="utf-8"), SOURCE.name)
        for line in ("/dev/ttyS1", "/dev/ttyS2"):
            self.host.shell(f"stty -F {line} raw -echo clocal")
        self._pid = int(self.host.shell(QEMU))
        hello = self._hello(began)
        self.kernel = release_of(hello.value["release"], hello.value["version"])
        self.qemu = cache.note(tools.live_folder(), cache.CHAIN).get("qemu", "")
        self.boot_seconds = time.monotonic() - began
        return self

    def _hello(self, began: float) -> AgentEvent:
        """Wait until the guest has booted, and log from time to time how far it is."""
        while True:
            with contextlib.suppress(LiveError):
                return self.event("hello", seconds=LOG_SECONDS)
            seconds = time.monotonic() - began
            runs = self.host.shell(f"cat /proc/{self._pid}/cmdline 2>/dev/null || true")
            if not runs or seconds > BOOT_SECONDS:
                why = f"not within {BOOT_SECONDS} seconds" if runs else "its QEMU has ended"
                output = self.host.shell("cat /run/qemu.log")
                raise LiveError(f"the guest does not boot: {why}\n{self.tail()}\n{output}")
            last = next((line.text for line in reversed(self.console) if line.text.strip()), "nothing is heard yet")
            self.log(f"{seconds:4.0f} s: {last}")

    # --- the error ----------------------------------------------------------------------------------------------------

    def where(self, address: int) -> Victim:
        """What QEMU, a process of the host, has for an address of the guest: its own address, and the host's."""
        addresses = []
        for command in ("gpa2hva", "gpa2hpa"):
            answer = self.host.ask("monitor", path=MONITOR, line=f"{command} {address:#x}")
            at = re.search(r"is (0x[0-9a-f]+)", answer)
            if at is None:
                raise LiveError(f"QEMU in the host does not know where {address:#x} is: {answer}")
            addresses.append(int(at[1], 16))
        return Victim(self._pid, addresses[0], addresses[1])

    def strike(self) -> Struck:
        """Report an error in the page of a process in the guest to the host, have it touched, and wait for the end."""
        process = self.victim()
        qemu = self.where(process.pa)
        self.flush()
        watch = MachineWatch(self, process)
        block, until = on_page_of(qemu, LOST), "Memory failure: 0x"
        host = self.host.report(0, block, qemu, touch=False, until=until, seconds=SECONDS)
        guest = watch.over(quiet=0, seconds=SECONDS)
        return Struck(host, guest, self.events[-1].at - watch.began)
