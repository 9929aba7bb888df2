"""A host, its guest and a process of the guest, all real: one write to the host's memory ends the process.

The lab's machine is the host: its Linux runs Debian's own QEMU with KVM and `ras=on`. In that runs the guest, a Linux
with the same agent, and in the guest a process that loses a page. One emulator here stands for the hardware of all,
and so the guest takes a minute or more to boot.
"""

import contextlib
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Self

from .. import tools
from . import LiveError, cache, cpio
from .console import AgentEvent, System
from .machine import Machine, first_files, release_of
from .qemu import Setup, SocketLines
from .recording.experiments import LOST
from .recording.reaction import NORMAL, Reaction, Victim, moved, on_page_of
from .watch import MachineWatch

CHANNELS = "guest-console", "guest-agent", "guest-monitor"  # the host's serial lines 1 to 3, which its QEMU has
HOST_PAGE = 0x4C00_0000  # in recordings: the page in the host; in the guest it is where every victim's is
BOOT_SECONDS, SECONDS, LOG_SECONDS = 900, 120, 10  # ten times what an idle machine needs
QEMU = (
    "qemu-system-aarch64 -M virt,ras=on,gic-version=host -accel kvm -cpu host -smp 1 -m 512M -nodefaults -display none "
    "-no-reboot -bios /guest/firmware -kernel /guest/vmlinuz -initrd /guest/initrd "
    "-append 'console=ttyAMA0 acpi=force panic=-1 loglevel=8 printk.devkmsg=on' "
    "-chardev serial,id=console,path=/dev/ttyS1 -serial chardev:console "
    "-chardev serial,id=agent,path=/dev/ttyS2 -device pci-serial,chardev=agent "
    "-chardev serial,id=monitor,path=/dev/ttyS3 -monitor chardev:monitor </dev/null >/run/qemu.log 2>&1 & echo $!"
)


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


class NestedGuest(System):
    """The guest of a running host, with which it ends; the host's `log` gets lines on how far it is while it boots."""

    patience = SECONDS

    def __init__(self, host: Machine) -> None:
        super().__init__()
        self.host, self.log, self._emulator = host, host.log, host.emulator
        self._pid = 0

    def lines(self, channel: str = "console") -> SocketLines:
        """A serial line of the guest's, which is one of its host's."""
        return self.host.lines(f"guest-{channel}")

    def boot(self) -> Self:
        """Have the host start it, and wait for its agent. Raises `LiveError` if it does not come up."""
        began = time.monotonic()
        for line in range(1, 1 + len(CHANNELS)):
            self.host.shell(f"stty -F /dev/ttyS{line} raw -echo clocal")
        self._pid = int(self.host.shell(QEMU))
        hello = self._hello(began)
        self.kernel = release_of(hello.value["release"], hello.value["version"])
        self.qemu = cache.note(tools.live_folder(), cache.CHAIN).get("qemu", "")
        self.log(f"the guest is up in {time.monotonic() - began:.0f} s")
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
        monitor = self.lines("monitor")
        monitor.link.sendall(f"gpa2hva {address:#x}\ngpa2hpa {address:#x}\n".encode())

        def answers() -> list[int]:
            found = (re.search(r" is (0x[0-9a-f]+)", line.text) for line in monitor.all)
            return [int(at[1], 16) for at in found if at][-2:]

        self.until(lambda: len(answers()) == 2, SECONDS, f"QEMU in the host does not know where {address:#x} is")
        virtual, physical = answers()
        return Victim(self._pid, virtual, physical)

    def strike(self) -> Reaction:
        """Report an error in the page of a process in the guest to the host, have it touched, and wait for the end.

        The log has the lines of both, each with who logged it; process, page and signals are the guest's.
        """
        process = self.victim()
        qemu = self.where(process.pa)
        self.log(
            f"the page at {process.va:#x} of the process is at {process.pa:#x} of the guest, at {qemu.va:#x} of QEMU, "
            f"and at {qemu.pa:#x} of the host"
        )
        self.flush()
        watch = MachineWatch(self, process)
        block, until = on_page_of(qemu, LOST), "Memory failure: 0x"
        host = self.host.report(0, block, qemu, touch=False, until=until, seconds=SECONDS).normal()
        guest = watch.over(quiet=0, seconds=SECONDS).normal()
        self.log(f"{self.events[-1].at - watch.began:.1f} s from the write to the end of the process")
        assert host.block
        return replace(
            host,
            log=(*(f"host: {_of_host(line)}" for line in host.log), *(f"guest: {line}" for line in guest.log)),
            block=moved(host.block, {NORMAL.pa: HOST_PAGE}),
            signals=guest.signals,
            page=guest.page,
            victim=guest.victim,
        )


def _of_host(line: str) -> str:
    """A line of the host's log in its normal form, with the page's address in the host."""
    numbered = line.replace(f"{NORMAL.pa:016x}", f"{HOST_PAGE:016x}")
    return numbered.replace(f"{NORMAL.pa >> 12:#x}:", f"{HOST_PAGE >> 12:#x}:")
