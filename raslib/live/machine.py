"""A machine that runs an unmodified arm64 Linux, to which errors can be reported.

`Machine(el3=True).el3` is firmware that Python plays, `Machine(kvm=True).vmm` a monitor for virtual machines inside.

For others to build on: a debugger's stub (`debug=True`) is at the socket `Machine.debug`; `attach` is called with the
machine when the firmware hands over to the kernel, early enough to play EL3. `Machine.load` gives the agent in the
guest more commands (raslib/live/guest/agent.py says which names such code finds), `Machine.ask` calls one, and what
they `tell` is found by `Machine.event`. `files` adds files to the guest's first file system, `extra` arguments to QEMU,
`channels` serial lines (`/dev/ttyS1` and on in the guest, `Machine.lines(name)` here). A notification that is not the
lab's own is a function in `Machine.notify`, by its type.
"""

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .. import tools
from ..formats.hest import Hest, Notify
from . import LiveError, Panicked, aml, cpio, kept, layout, qemu, sdei
from .el3 import APPEND, El3
from .memory import Memory
from .reaction import Reaction, Victim
from .talk import Talk
from .vmm import Vmm
from .watch import Watch

RAM = 0x4000_0000  # where the guest's memory begins on QEMU's virt machine
GICD_ISPENDR = 0x0800_0200  # of that machine's interrupt controller: a bit for each interrupt, set to make it pending
COMMAND_LINE = "console=ttyAMA0 acpi=force panic=-1 loglevel=8 acpi_no_memhotplug iomem=relaxed printk.devkmsg=on"
HERE = Path(__file__).parent / "guest"
BOOT_SECONDS, REACT_SECONDS = 150, 20  # five times what a busy machine needs


class Machine(Talk):
    """An arm64 Linux under QEMU that has our tables and shares memory with us; use it in a `with` block.

    Booting takes seconds. Raises `LiveError` if QEMU, its firmware or the guest's files are missing, and if the guest
    does not come up; the message then has the console's last lines.
    """

    def __init__(
        self,
        hest: Hest | None = None,
        *,
        ssdt: Sequence[bytes] = (aml.hed(), aml.irq()),
        tables: Mapping[str, bytes] | None = None,
        fill: Mapping[int, bytes] | None = None,
        kernel: Path | None = None,
        userland: Path | None = None,
        append: str = "",
        kvm: bool = False,
        cpu: str = "neoverse-n1",
        processors: int = 1,
        mebibytes: int = 1024,
        program: str = "qemu-system-aarch64",
        firmware: str | None = None,
        files: Mapping[str, cpio.Node] | None = None,
        channels: Sequence[str] = (),
        extra: Sequence[str] = (),
        debug: bool = False,
        attach: Callable[["Machine"], None] | None = None,
        el3: bool = False,
        seconds: float = BOOT_SECONDS,
    ) -> None:
        """*tables* are ACPI tables by name, and *fill* bytes by address that RASMEM holds from the start.

        *cpu* is the fastest to emulate of those that have RAS and VHE; `max` is five times slower. With *el3*, Python
        plays the firmware of a machine with one processor (see raslib/live/el3.py).
        """
        super().__init__()
        self.base = RAM + -(-mebibytes // 1024) * (1 << 30)
        if el3:
            debug, processors, append = True, 1, f"{APPEND} {append}"
            ssdt = [*ssdt, sdei.loader(self.base + layout.TABLES)]
            fill = {self.base + layout.TABLES: sdei.ACPI_TABLE, **(fill or {})}
        self._has_el3 = el3
        self._el3: El3 | None = None
        self.slots = layout.slots(hest, self.base) if hest else {}
        self.tables = {"hest": hest.build()} if hest else {}
        self.tables |= {f"ssdt{i}": table for i, table in enumerate(ssdt)} | dict(tables or {})
        self.fill, self.files, self.guest = dict(fill or {}), dict(files or {}), kept.guest(kernel, userland)
        self.append, self.attach, self.seconds, self.channels = append, attach, seconds, tuple(channels)
        self.program, self.extra = shutil.which(program) or "", tuple(extra)
        self.shape: dict[str, Any] = {"cpu": cpu, "processors": processors, "mebibytes": mebibytes, "kvm": kvm}
        self.shape |= {"debug": debug, "firmware": firmware or tools.firmware()}
        if not self.program or not self.shape["firmware"]:
            raise LiveError(f"QEMU for arm64 or its UEFI firmware is missing\n{kept.available().hint}")
        self.notify: dict[int, Callable[[layout.Slot], None]] = {
            Notify.POLLED: lambda slot: None,
            Notify.EXTERNAL: lambda slot: self.interrupt(slot.vector),
            **dict.fromkeys((Notify.SCI, Notify.GPIO, Notify.GSIV), lambda slot: self.interrupt(aml.HED_GSI)),
        }
        self.boot_seconds, self.booted = 0.0, 0  # how long it took, and how many lines the log had then

    # --- from power-on to power-off -----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> Self:
        """Boot, and wait for the agent in the guest."""
        began = time.monotonic()
        try:
            self._boot()
            found = self.event("hello", seconds=self.seconds)
            self.kernel = release_of(found.value["release"], found.value["version"])
            if self.ask("peek", address=self.base + layout.MARK, size=8) != MAGIC:
                raise LiveError(f"the guest does not see the shared memory at {self.base:#x}")
            self.flush()
            self.booted = len(self.console)
        except BaseException:
            self.close()
            raise
        self.boot_seconds = time.monotonic() - began
        return self

    def _boot(self) -> None:
        self.qemu = _version(self.program)
        folder = qemu.short_folder()
        self.debug = folder / "debug"
        try:
            (folder / "initrd").write_bytes(self._initrd())
            self.memory = Memory(folder / "rasmem", self.base, layout.SIZE)
            self._lay_out()
            append = f"{COMMAND_LINE} {self.append}".strip()
            self.shape |= {"kernel": self.guest.kernel, "append": append, "channels": self.channels}
            given = [*qemu.arguments(folder, shared=layout.SIZE, **self.shape), *self.extra]
            lines = ("console", "agent", *self.channels)
            self.command = [self.program, *given]
            self._emulator = qemu.Emulator(folder, self.command, lines, self.seconds)
            if self.over:
                raise LiveError("the machine was ended before it began")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if self._has_el3 or self.attach:
            self.line("Exiting boot services", seconds=self.seconds)
        if self._has_el3:
            self._el3 = El3(self)
            self.notify[Notify.SDEI] = lambda slot: self.el3.deliver(slot.vector)
        if self.attach:
            self.attach(self)

    def _initrd(self) -> bytes:
        """Our tables, which the kernel looks for first and uncompressed; Debian's files; then ours."""
        tables = {f"kernel/firmware/acpi/{name}.aml": cpio.file(table) for name, table in self.tables.items()}
        return cpio.archive(tables) + first_files(self.guest.userland, self.files)

    def _lay_out(self) -> None:
        """What firmware does before it starts an operating system: each register names its block, all may be used."""
        for slot in self.slots.values():
            self.memory.set_word(slot.pointer, slot.block)
            if slot.ack is not None:
                self.memory.set_word(slot.ack, 1)
        for address, data in self.fill.items():
            self.memory.write(address, data)
        self.memory.set_word(self.base + layout.MARK, MAGIC)

    def close(self) -> None:
        """End the machine: neither a process nor a file is left. Any thread may do so, and more than once."""
        self.over = True
        if self._emulator:
            self._emulator.close()
        if memory := getattr(self, "memory", None):
            memory.close()

    @property
    def el3(self) -> El3:
        """The firmware that Python plays."""
        if self._el3 is None:
            raise LiveError("nobody plays the firmware of this machine; Machine(el3=True) has one")
        return self._el3

    @cached_property
    def vmm(self) -> Vmm:
        """A monitor for virtual machines inside this one, which must have KVM."""
        return Vmm(self)

    def interrupt(self, number: int) -> None:
        """Make a shared peripheral interrupt pending, as a device that raises its line would."""
        with contextlib.suppress(Panicked):  # over what the interrupt told it
            self.ask("poke", address=GICD_ISPENDR + number // 32 * 4, value=1 << number % 32)

    def victim(self, early: bool = False) -> Victim:
        """A new process with a page to lose; *early* asks for a signal before it touches the page again."""
        start = len(self.events)
        self.ask("victim", early=early)
        found = self.event("victim", start=start).value
        return Victim(found["pid"], found["va"], found["pa"], early)

    # --- errors -------------------------------------------------------------------------------------------------------

    def put(self, source: int, block: bytes) -> None:
        """Fill a source's block as firmware does: take back the acknowledgement, and write the block status last."""
        slot = self.slots[source]
        if len(block) > slot.block_length:
            raise ValueError(f"{len(block)} bytes do not fit the {slot.block_length} of source {source}")
        if slot.ack is not None:
            self.memory.set_word(slot.ack, 0)
        self.memory.write(slot.block + 4, block[4:])
        self.memory.write(slot.block, block[:4])

    def report(
        self,
        source: int,
        block: bytes | None,
        page: Victim | None = None,
        *,
        touch: bool = True,
        until: str = "",
        quiet: float = 0.25,
        seconds: float = REACT_SECONDS,
    ) -> Reaction:
        """Put *block* into a source of our HEST, notify the kernel, and wait for what it does.

        *page* is the victim whose page the block names: it is told to touch the page afterwards, unless *touch* is
        false. A source that notifies by SEA needs a process that takes the abort: *page*, or a new one. *block* None
        writes nothing. The reaction is over when the block is consumed, a line with *until* has come (if given), and
        the guest has been *quiet* for so many seconds; a block that stays is told by `Reaction.block_status`.
        """
        slot = self.slots[source]
        if page is None and slot.notify == Notify.SEA:
            page = self.victim()
        watch = Watch(self, page, slot, block, self.memory)
        if block is not None:
            self.put(source, block)
        watch.began = time.monotonic()
        if slot.notify == Notify.SEA:
            watch.reach(seconds)
        elif slot.notify in self.notify:
            self.notify[slot.notify](slot)
        else:
            raise LiveError(f"the lab cannot notify by {Notify(slot.notify).name}; see `Machine.notify`")
        return watch.over(touch, until, quiet, seconds)

    def observe(
        self,
        act: Callable[[], object],
        page: Victim | None = None,
        *,
        source: int | None = None,
        until: str = "",
        quiet: float = 0.25,
        seconds: float = REACT_SECONDS,
    ) -> Reaction:
        """What the kernel does when *act* is called: as `report`, for what we do not report ourselves.

        *source* is the one whose block is filled meanwhile, if one is.
        """
        watch = Watch(self, page, None if source is None else self.slots[source], None, self.memory)
        act()
        return watch.over(True, until, quiet, seconds)

    def bind(self, source: int) -> None:
        """Have Linux take a source again that it refused while booting, because its interrupt was not mapped yet."""
        self.shell(f"echo GHES.{source} > /sys/bus/platform/drivers/GHES/bind")

    def block_status(self, source: int) -> int:
        """What stands in a source's block status: 0 if the block has been consumed."""
        return self.memory.word(self.slots[source].block, 4)


MAGIC = int.from_bytes(b"RASLIVE!", "little")


def first_files(userland: Path, more: Mapping[str, cpio.Node] | None = None) -> bytes:
    """A guest's first file system: Debian's files, then ours, the agent among them, and *more*."""
    ours = {"dev/console": cpio.CONSOLE, "init": cpio.file((HERE / "init").read_bytes(), True)}
    ours["raslib/agent.py"] = cpio.file((HERE / "agent.py").read_bytes())
    theirs = userland.read_bytes()
    return b"".join([theirs, bytes(-len(theirs) % 4), cpio.archive({**ours, **(more or {})})])


def release_of(release: str, version: str) -> str:
    """The kernel's release, and the distribution's version of it where it tells one."""
    found = re.search(r"Debian (\S+)", version)
    return f"{release} (Debian {found[1]})" if found else release


def _version(program: str) -> str:
    """QEMU's version, for example 7.2.22."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
    found = re.search(r"version (\S+)", done.stdout)
    return found[1] if found else done.stdout.strip()
