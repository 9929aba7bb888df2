"""A machine that runs an unmodified arm64 Linux, to which errors can be reported.

`El3` (el3.py) plays the firmware of one, `Vmm` (vmm.py) is a monitor for virtual machines inside. Both build on what is
here: `Machine.load` gives the agent in the guest more commands (raslib/live/guest/agent.py says which names such code
finds), `Machine.ask` calls one, and the events that they send are found by `Machine.event`. A notification that is not
the lab's own is a function in `Machine.notify`, by its type.
"""

import contextlib
import mmap
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self, Unpack

from ..formats.hest import Hest, Notify
from ..sim.model.platform import GhesSource
from . import LiveError, Panicked, cache, cpio, qemu
from .console import System
from .qemu import Setup
from .recording import layout
from .recording.reaction import Reaction, Victim
from .watch import MachineWatch, Wait

RAM = 0x4000_0000  # where the guest's memory begins on QEMU's virt machine
GICD_ISPENDR = 0x0800_0200  # of that machine's interrupt controller: a bit for each interrupt, set to make it pending
HERE = Path(__file__).parent / "guest"
FIRMWARE_RUNS = r"^UEFI firmware|^EFI stub: "  # since 7.x the kernel's EFI stub prints nothing
BOOT_SECONDS = 150  # five times what a busy machine needs


class SharedMemory:
    """RASMEM: a file of ours that the guest has at a physical address, so that a write here is a write there.

    QEMU offers it as an NVDIMM whose driver never runs: it is not in the firmware's memory map, so Linux never
    allocates from it and maps it uncached, as it would map the memory that firmware keeps for itself.
    """

    def __init__(self, path: Path, base: int, size: int) -> None:
        self.base, self.size = base, size
        cache.write(path, bytes(size))  # a full disk is an error here, not a fault at a write
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)

    def close(self) -> None:
        self._map.close()

    def _at(self, address: int, size: int) -> slice:
        start = address - self.base
        if not 0 <= start <= start + size <= self.size:
            raise ValueError(f"{size} bytes at {address:#x} are not in the shared memory at {self.base:#x}")
        return slice(start, start + size)

    def read(self, address: int, size: int) -> bytes:
        return self._map[self._at(address, size)]

    def write(self, address: int, data: bytes) -> None:
        self._map[self._at(address, len(data))] = data

    def word(self, address: int, size: int = 8) -> int:
        return int.from_bytes(self.read(address, size), "little")

    def set_word(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(8, "little"))


class Machine(System):
    """An arm64 Linux under QEMU that has our tables and shares memory with us; use it in a `with` block.

    Booting takes seconds. Raises `LiveError` if QEMU, its firmware or the guest's files are missing, and if the guest
    does not come up; the message then has the console's last lines. Raises `OSError` for a full disk (`cache.write`).

    Where *setup* has a debugger's stub, the block begins when UEFI has begun, before the kernel, early enough to play
    EL3; `up` then waits for the rest, as `El3` does: `with Machine(hest, El3.SETUP) as m, El3(m) as firmware`.
    """

    def __init__(
        self,
        hest: Hest | None = None,
        setup: Setup | None = None,
        *,
        guest: cache.Guest | None = None,
        emulator: qemu.Program | None = None,
        seconds: float = BOOT_SECONDS,
    ) -> None:
        """*guest* is what is booted instead of what was fetched, *emulator* the QEMU instead of that on the PATH."""
        super().__init__()
        self.setup = setup = setup or Setup()
        self.base = RAM + -(-setup.mebibytes // 1024) * (1 << 30)
        self.slots = layout.slots(hest, self.base) if hest else {}
        self.tables = {"ssdt0": qemu.compiled("error_device"), "ssdt1": qemu.compiled("irq"), **setup.tables}
        if hest:  # the checksum is counted anew, and nothing else
            counted = {"length": hest.length, "error_source_count": hest.error_source_count}
            self.tables["hest"] = hest.replace(**counted).build()
        self.guest, self.program, self.seconds = guest or cache.guest(), emulator or qemu.program(), seconds
        self.notify: dict[int, Callable[[GhesSource], None]] = {
            Notify.POLLED: lambda slot: None,
            Notify.EXTERNAL: lambda slot: self.interrupt(slot.vector),
            **dict.fromkeys((Notify.SCI, Notify.GPIO, Notify.GSIV), lambda slot: self.interrupt(layout.HED_GSI)),
        }
        self.boot_seconds, self.booted = 0.0, 0  # how long it took, and how many lines the log had then

    # --- from power-on to power-off -----------------------------------------------------------------------------------

    def __exit__(self, *_: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        """Boot, and wait for the agent in the guest; with a debugger's stub, for UEFI alone."""
        self._began, folder = time.monotonic(), qemu.short_folder()
        try:
            self._boot(folder)
            if self.setup.debug:
                self.until(lambda: self.has(FIRMWARE_RUNS), self.seconds, "the firmware says nothing")
            else:
                self.up()
        except BaseException:
            self.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return self

    def up(self) -> None:
        """Wait for the agent in the guest."""
        system = self.event("hello", seconds=self.seconds).value
        self.kernel = release_of(system["release"], system["version"])
        if self.ask("peek", address=self.base + layout.MARK) != MAGIC:
            raise LiveError(f"the guest does not see the shared memory at {self.base:#x}")
        self.flush()
        if self.slots and not self.has("HEST: Table parsing has been initialized"):
            raise LiveError("the kernel does not use our HEST; it needs CONFIG_ACPI_TABLE_UPGRADE and CONFIG_ACPI_APEI")
        self.booted = len(self.console)
        self.boot_seconds = time.monotonic() - self._began

    def _boot(self, folder: Path) -> None:
        self.qemu = self.program.version()
        self.debug, self.qmp = folder / "debug", folder / "qmp"
        cache.write(folder / "initrd", self._initrd())
        self.memory = SharedMemory(folder / "rasmem", self.base, layout.SIZE)
        self._lay_out()
        self.command = qemu.command(folder, self.program, self.guest.kernel, self.setup)
        lines = ("console", "agent", *self.setup.channels)
        self._emulator = qemu.Emulator(folder, self.command, lines)

    def _initrd(self) -> bytes:
        """Our tables, which the kernel looks for first and uncompressed; Debian's files; then ours."""
        tables = {f"kernel/firmware/acpi/{name}.aml": cpio.file(table) for name, table in self.tables.items()}
        return cpio.archive(tables) + first_files(self.guest.userland, self.setup.files, self.setup.archive)

    def _lay_out(self) -> None:
        """What firmware does before it starts an operating system: each register names its block, all may be used."""
        for slot in self.slots.values():
            self.memory.set_word(slot.status_address, slot.block_address)
            if slot.ack:
                self.memory.set_word(slot.ack.address, 1)
        for address, data in self.setup.fill.items():
            self.memory.write(address, data)
        self.memory.set_word(self.base + layout.MARK, MAGIC)

    def close(self) -> None:
        """End the machine: neither a process nor a file is left. It may be ended more than once."""
        if self._emulator:
            self._emulator.close()
        if memory := getattr(self, "memory", None):
            memory.close()

    def interrupt(self, number: int) -> None:
        """Make a shared peripheral interrupt pending, as a device that raises its line would."""
        with contextlib.suppress(Panicked):  # over what it has read
            self.ask("poke", address=GICD_ISPENDR + number // 32 * 4, value=1 << number % 32)

    # --- errors -------------------------------------------------------------------------------------------------------

    def put(self, source: int, block: bytes) -> None:
        """Fill a source's block as firmware does: take back the acknowledgement, and write the block status last."""
        slot = self.slots[source]
        at = slot.block_address
        if len(block) > slot.block_length:
            raise ValueError(f"{len(block)} bytes do not fit the {slot.block_length} of source {source}")
        if slot.ack:
            self.memory.set_word(slot.ack.address, 0)
        self.memory.write(at + 4, block[4:].ljust(slot.block_length - 4, b"\0"))  # nothing is left of the last
        self.memory.write(at, block[:4])

    def report(self, source: int, block: bytes | None, page: Victim | None = None, **wait: Unpack[Wait]) -> Reaction:
        """Put *block* into a source of our HEST, notify the kernel, and wait for what it does.

        *page* is the victim whose page the block names. A source that notifies by SEA needs a process that takes the
        abort: *page*, or a new one. *block* None writes nothing. *wait* says when the reaction is over (see `Wait`); a
        block that stays shows in `Reaction.block_status`.
        """
        slot = self.slots[source]
        if page is None and slot.notify == Notify.SEA:
            page = self.victim()
        watch = MachineWatch(self, page, source, block)
        if block is not None:
            self.put(source, block)
        watch.began = time.monotonic()
        if slot.notify == Notify.SEA:
            watch.reach(**wait)
        elif slot.notify in self.notify:
            self.notify[slot.notify](slot)
        else:
            raise LiveError(f"the lab cannot notify by {Notify(slot.notify).name}; see `Machine.notify`")
        return watch.over(**wait)

    def observe(
        self, act: Callable[[], str | None], page: Victim | None = None, source: int | None = None, **wait: Unpack[Wait]
    ) -> Reaction:
        """What the kernel does when *act* is called: as `report`, for what we do not report ourselves.

        What *act* gives is the reaction's `output`. *source* is the one whose block is filled meanwhile, if one is.
        """
        watch = MachineWatch(self, page, source)
        output = act()
        return replace(watch.over(**wait), output=output or "")

    def bind(self, source: int) -> None:
        """Have Linux take a source again that it refused while booting, because its interrupt was not mapped yet."""
        self.shell(f"echo GHES.{source} > /sys/bus/platform/drivers/GHES/bind")

    def block_status(self, source: int) -> int:
        """What stands in a source's block status: 0 if the block has been consumed."""
        return self.memory.word(self.slots[source].block_address, 4)

    def registers(self, source: int | None) -> tuple[int | None, int | None]:
        """Block status and read ack register of a source, as far as there are such."""
        if source is None:
            return None, None
        ack = self.slots[source].ack
        return self.block_status(source), self.memory.word(ack.address) if ack else None


MAGIC = int.from_bytes(b"RAS!", "little")


def first_files(userland: Path, more: Mapping[str, cpio.CpioEntry], archive: bytes = b"") -> bytes:
    """A guest's first file system: Debian's files, those of *archive*, then ours, the agent among them, and *more*."""
    ours = {"dev/console": cpio.CONSOLE, "init": cpio.file((HERE / "init").read_bytes(), True)}
    ours["raslib/agent.py"] = cpio.file((HERE / "agent.py").read_bytes())
    archives = (userland.read_bytes(), archive, cpio.archive({**ours, **more}))
    return b"".join(data + bytes(-len(data) % 4) for data in archives)


def release_of(release: str, version: str) -> str:
    """The kernel's release, and the distribution's version of it where it tells one."""
    debian = re.search(r"Debian (\S+)", version)
    return f"{release} (Debian {debian[1]})" if debian else release
