"""A machine that runs an unmodified arm64 Linux, to which errors can be reported.

For others to build on: a debugger's stub (`debug=True`) is at the socket `Machine.debug`; `attach` is called with the
machine when the firmware hands over to the kernel, early enough to play EL3. `Machine.load` gives the agent in the
guest more commands (raslib/live/guest/agent.py says which names such code finds), `Machine.ask` calls one, and what
they `tell` is found by `Machine.event`. `files` adds files to the guest's first file system, `extra` arguments to QEMU,
`channels` serial lines (`/dev/ttyS1` and on in the guest, `Machine.lines(name)` here). A notification that is not the
lab's own is a function in `Machine.notify`, by its type.
"""

import ast
import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from .. import tools
from ..formats.hest import Hest, Notify
from ..sim.trace import Sigbus
from . import LiveError, aml, cpio, kept, layout, qemu
from .lines import Line, Lines
from .memory import Memory
from .reaction import CODES, MARK, Reaction, Victim, normal_log, text

RAM = 0x4000_0000  # where the guest's memory begins on QEMU's virt machine
HOLE = 0x0B00_0000  # an address of that machine at which there is nothing: an access to it is an external abort
GICD_ISPENDR = 0x0800_0200  # of that machine's interrupt controller: a bit for each interrupt, set to make it pending
COMMAND_LINE = "console=ttyAMA0 acpi=force panic=-1 loglevel=8 acpi_no_memhotplug iomem=relaxed printk.devkmsg=on"
HERE = Path(__file__).parent / "guest"
BOOT_SECONDS, ANSWER_SECONDS, REACT_SECONDS = 150, 30, 20  # five times what a busy machine needs
SHOWN = 16  # last lines of the console in a message


class Panicked(LiveError):
    """The guest's kernel has stopped, and the agent with it."""


class Event(NamedTuple):
    """What the agent told without being asked."""

    at: float
    name: str
    value: dict[str, Any]


class Machine:
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
        seconds: float = BOOT_SECONDS,
    ) -> None:
        """*tables* are ACPI tables by name, and *fill* bytes by address that RASMEM holds from the start.

        *cpu* is the fastest to emulate of those that have RAS and VHE; `max` is five times slower.
        """
        self.base = RAM + -(-mebibytes // 1024) * (1 << 30)
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
        self.kernel = self.qemu = ""  # versions, known once the guest is up
        self.events: list[Event] = []
        self.boot_seconds, self.booted = 0.0, 0  # how long it took, and how many lines the log had then
        self._answers: dict[int, tuple[str, Any]] = {}
        self._asked = self._read = self._marks = 0
        self._emulator: qemu.Emulator | None = None

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
            self.kernel = _release(found.value["release"], found.value["version"])
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
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if self.attach:
            self.line("Exiting boot services", seconds=self.seconds)
            self.attach(self)

    def _initrd(self) -> bytes:
        """Our tables, which the kernel looks for first and uncompressed; Debian's files; then ours."""
        tables = {f"kernel/firmware/acpi/{name}.aml": cpio.file(table) for name, table in self.tables.items()}
        ours = {"dev/console": cpio.CONSOLE, "init": cpio.file((HERE / "init").read_bytes(), True)}
        ours["raslib/agent.py"] = cpio.file((HERE / "agent.py").read_bytes())
        userland = self.guest.userland.read_bytes()
        return b"".join([cpio.archive(tables), userland, bytes(-len(userland) % 4), cpio.archive(ours | self.files)])

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
        """End the machine; nothing of it is left, neither a process nor a file."""
        if self._emulator:
            self._emulator.close()
        if memory := getattr(self, "memory", None):
            memory.close()

    # --- what the guest says ------------------------------------------------------------------------------------------

    @property
    def emulator(self) -> qemu.Emulator:
        if self._emulator is None:
            raise LiveError("the machine is not running: use it in a `with` block, or start() it")
        return self._emulator

    def lines(self, channel: str = "console") -> Lines:
        """A serial line, by default the kernel's log."""
        return self.emulator.lines[channel]

    @property
    def console(self) -> list[Line]:
        """Every line of the kernel's log so far."""
        return self.lines().all

    @property
    def panicked(self) -> bool:
        return self.lines().find(r"Kernel panic - not syncing") is not None

    def until(self, ready: Callable[[], object], seconds: float, what: str) -> None:
        """Wait until *ready*, which is asked whenever the guest has said something, and every few milliseconds.

        Raises `LiveError` that says *what* did not come, with the console's last lines, when the time is over or QEMU
        has ended.
        """
        deadline = time.monotonic() + seconds
        while not self._ready(ready):
            over, dead = time.monotonic() > deadline, not self.emulator.alive()
            if (over or dead) and not self._ready(ready):
                why = f"QEMU ended: {self.emulator.said()}" if dead else f"not within {seconds:g} seconds"
                raise LiveError(f"{what}: {why}\n{self.tail()}")

    def _ready(self, ready: Callable[[], object]) -> bool:
        with self.emulator.changed:
            self._take_in()
            if not (found := bool(ready())):
                self.emulator.changed.wait(0.005)
        return found

    def _take_in(self) -> None:
        """Sort what the agent has said into answers and events."""
        said = self.lines("agent").all
        for at, line in said[self._read :]:
            try:
                number, name, value = ast.literal_eval(line)
            except (ValueError, SyntaxError):
                continue  # not the agent's
            if number:
                self._answers[number] = name, value
            else:
                self.events.append(Event(at, name, value))
        self._read = len(said)

    def tail(self) -> str:
        """The last lines of the console, for a message."""
        last = [f"  | {line.text}" for line in self.console[-SHOWN:]]
        return "\n".join(last or ["  the guest has said nothing"])

    def line(self, pattern: str, start: int = 0, seconds: float = ANSWER_SECONDS) -> int:
        """Wait for a line of the kernel's log that has *pattern*; its place in `console`."""
        self.until(lambda: self.lines().find(pattern, start) is not None, seconds, f"no line with {pattern!r}")
        found = self.lines().find(pattern, start)
        assert found is not None
        return found

    def event(self, *names: str, start: int = 0, pid: int | None = None, seconds: float = ANSWER_SECONDS) -> Event:
        """Wait for an event of one of these names, from place *start* in `events` on, of process *pid* if given."""

        def found() -> Event | None:
            new = self.events[start:]
            return next((e for e in new if e.name in names and pid in (None, e.value.get("pid"))), None)

        self.until(found, seconds, f"nothing was heard of {' or '.join(names)}")
        event = found()
        assert event
        return event

    # --- what the guest is asked --------------------------------------------------------------------------------------

    def ask(self, command: str, *, seconds: float = ANSWER_SECONDS, **arguments: Any) -> Any:
        """Have the agent do something, and give its answer; `LiveError` says what went wrong there.

        Raises `Panicked` if the guest's kernel panics before it answers.
        """
        self._asked = number = self._asked + 1
        with contextlib.suppress(BrokenPipeError):  # `until` says why
            self.emulator.send("agent", (repr((number, command, arguments)) + "\n").encode())
        self.until(lambda: number in self._answers or self.panicked, seconds, f"no answer to {command}")
        if number not in self._answers:
            raise Panicked(f"the guest's kernel panicked before it answered to {command}\n{self.tail()}")
        how, value = self._answers.pop(number)
        if how == "failed":
            raise LiveError(f"{command} in the guest: {value}")
        return value

    def shell(self, line: str, seconds: float = ANSWER_SECONDS) -> str:
        """The output of a line of shell in the guest; `LiveError` if it fails."""
        status, said = self.ask("shell", line=line, seconds=seconds)
        if status:
            raise LiveError(f"{line!r} in the guest ends with status {status}: {said.strip()}")
        return str(said)

    def load(self, source: str, name: str = "loaded") -> None:
        """Give the agent more commands: Python source with functions marked `@command`."""
        self.ask("load", source=source, name=name)

    def flush(self) -> None:
        """Wait until all that the kernel has logged so far is in `console`."""
        self._marks += 1
        self.ask("mark", text=f"{MARK} {self._marks}.")
        self.line(rf"{MARK} {self._marks}\.$")

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
        watch = Watch(self, slot, block, page)
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
        watch = Watch(self, None if source is None else self.slots[source], None, page)
        act()
        return watch.over(True, until, quiet, seconds)

    def bind(self, source: int) -> None:
        """Have Linux take a source again that it refused while booting, because its interrupt was not mapped yet."""
        self.shell(f"echo GHES.{source} > /sys/bus/platform/drivers/GHES/bind")

    def block_status(self, source: int) -> int:
        """What stands in a source's block status: 0 if the block has been consumed."""
        return self.memory.word(self.slots[source].block, 4)


MAGIC = int.from_bytes(b"RASLIVE!", "little")


class Watch:
    """What is looked at from an error's report on until all is quiet again."""

    def __init__(self, machine: Machine, slot: layout.Slot | None, block: bytes | None, page: Victim | None) -> None:
        self.machine, self.slot, self.block = machine, slot, block
        self.page, self.reached, self.fate = page, 0, ""
        self.line, self.event = len(machine.console), len(machine.events)
        self.began = time.monotonic()

    def reach(self, seconds: float) -> None:
        """Have the victim read where there is nothing, and wait for what becomes of it."""
        assert self.page
        with contextlib.suppress(Panicked):
            self.machine.ask("order", pid=self.page.pid, what=f"reach {HOLE:#x}")
        self.machine.until(lambda: self._has("ended", "read") or self._panicked(), seconds, "the abort has no end")
        self.reached = next((e.value["address"] for e in self._new() if e.name == "reaching"), 0)

    def over(self, touch: bool, until: str, quiet: float, seconds: float) -> Reaction:
        """Wait for the end, and say what happened."""
        m = self.machine
        deadline = time.monotonic() + seconds
        m.until(lambda: self._consumed() or self._panicked() or time.monotonic() > deadline, seconds + 5, "no end")
        if until and not self._panicked():
            m.until(lambda: m.lines().find(until, self.line) or self._panicked(), seconds, f"no line with {until!r}")
        self._quiet(quiet)
        if self.page and touch and not self.reached and not self._panicked() and not self._has("ended"):
            m.ask("order", pid=self.page.pid, what="touch")
            m.until(lambda: self._has("ended", "read"), seconds, "the page was touched, and nothing happened")
        if self._panicked():
            m.until(lambda: not m.lines().open, seconds, "the panic has no end")  # panic=-1: a reset, which ends QEMU
        else:
            m.flush()
        return self._reaction()

    def _quiet(self, seconds: float) -> None:
        """Wait until neither the kernel nor the agent has said anything for so long."""

        def silent() -> bool:
            lines, events = self.machine.console[-1:], self.machine.events[-1:]
            last = [said.at for said in lines] + [said.at for said in events]
            return time.monotonic() - max(self.began, *last) > seconds

        self.machine.until(lambda: silent() or self._panicked(), REACT_SECONDS, "the guest does not come to rest")

    def _new(self) -> list[Event]:
        """What was told since, by the victim if there is one."""
        new = self.machine.events[self.event :]
        return [e for e in new if self.page is None or e.value.get("pid") == self.page.pid]

    def _has(self, *names: str) -> bool:
        return any(e.name in names for e in self._new())

    def _panicked(self) -> bool:
        return self.machine.lines().find(r"Kernel panic - not syncing", self.line) is not None

    def _consumed(self) -> bool:
        return not self.slot or self.machine.memory.word(self.slot.block, 4) == 0

    def _reaction(self) -> Reaction:
        m, slot, page = self.machine, self.slot, self.page
        lines = [line for line in m.console[self.line :] if text(line.text)]
        first = next((line.at for line in lines if normal_log([line.text])), None)
        signals = [e.value for e in self._new() if e.name == "signal"]
        seen = [e.value["pa"] for e in self._new() if e.name in ("signal", "read")]
        fate = ("gone" if not seen[-1] else "kept" if seen[-1] == page.pa else "moved") if seen and page else ""
        return Reaction(
            log=normal_log(line.text for line in lines),
            raw=tuple(line.text for line in lines),
            block=self.block,
            block_status=m.memory.word(slot.block, 4) if slot else None,
            ack=m.memory.word(slot.ack) if slot and slot.ack is not None else None,
            signals=tuple(Sigbus(CODES.get(s["code"], str(s["code"])), s["address"], s["lsb"]) for s in signals),
            page=fate,
            panicked=self._panicked(),
            latency=None if first is None else first - self.began,
            victim=page,
            reached=self.reached,
            kernel=m.kernel,
            qemu=m.qemu,
            source=slot.source_id if slot else None,
        )


def _release(release: str, version: str) -> str:
    """The kernel's release, and the distribution's version of it where it tells one."""
    found = re.search(r"Debian (\S+)", version)
    return f"{release} (Debian {found[1]})" if found else release


def _version(program: str) -> str:
    """QEMU's version, for example 7.2.22."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
    found = re.search(r"version (\S+)", done.stdout)
    return found[1] if found else done.stdout.strip()
