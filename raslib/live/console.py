"""The consoles of a guest: the kernel's log, the agent's events and answers, and waiting for any of them."""

import ast
import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from . import LiveError, Panicked
from .qemu import Emulator, SocketLine, SocketLines
from .recording.reaction import MARK, Victim

T = TypeVar("T")
Log = Callable[[str], None]
ANSWER_SECONDS = 30  # five times what a busy machine needs
SHOWN = 16  # last lines of the console in a message


class AgentEvent(NamedTuple):
    """What the agent has sent without being asked."""

    at: float
    name: str
    value: dict[str, Any]


class System:
    """A running system, by its serial lines: the console's and the agent's."""

    patience: float = ANSWER_SECONDS  # with the guest, unless another is asked for

    def __init__(self) -> None:
        self.kernel = self.qemu = ""  # versions, known once the guest is up
        self.log: Log = lambda line: None  # gets a line for what takes long
        self.events: list[AgentEvent] = []
        self.over = ""  # why the machine is to end, if it is
        self._emulator: Emulator | None = None
        self._answers: dict[int, tuple[str, Any]] = {}
        self._asked = self._read = self._marks = 0

    # --- what comes from the guest ------------------------------------------------------------------------------------

    @property
    def emulator(self) -> Emulator:
        if self._emulator is None:
            raise LiveError("the machine is not running: use it in a `with` block")
        return self._emulator

    def lines(self, channel: str = "console") -> SocketLines:
        """A serial line, by default the kernel's log."""
        return self.emulator.lines[channel]

    @property
    def console(self) -> list[SocketLine]:
        """Every line of the kernel's log so far."""
        return self.lines().all

    @property
    def panicked(self) -> bool:
        return self.has("Kernel panic - not syncing")

    def until(self, ready: Callable[[], T | None], seconds: float, what: str) -> T:
        """Wait until *ready* gives something, and give it. It is asked at what comes from the guest, and every few ms.

        Raises `LiveError` that says *what* did not come, with the console's last lines, when the time is over or QEMU
        has ended.
        """
        deadline = time.monotonic() + seconds
        while True:
            over, dead = time.monotonic() > deadline, self.emulator.ended()  # before the last look
            with self.emulator.changed:
                self._take_in()
                if found := ready():
                    return found
                self.emulator.changed.wait(0.005)
            if self.over:
                raise LiveError(f"{what}: {self.over}")
            if over or dead:
                why = f"QEMU ended: {self.emulator.output()}" if dead else f"not within {seconds:g} seconds"
                raise LiveError(f"{what}: {why}\n{self.tail()}")

    def _take_in(self) -> None:
        """Sort the agent's lines into answers and events."""
        lines = self.lines("agent").all
        for at, line in lines[self._read :]:
            try:
                number, name, value = ast.literal_eval(line)
            except (ValueError, SyntaxError):
                continue  # not the agent's
            if number:
                self._answers[number] = name, value
            else:
                self.events.append(AgentEvent(at, name, value))
        self._read = len(lines)

    def registers(self, source: int | None) -> tuple[int | None, int | None]:
        """Block status and read ack register of a source, where there are such."""
        return None, None

    def tail(self) -> str:
        """The last lines of the console, for a message."""
        last = [f"  | {line.text}" for line in self.console[-SHOWN:]]
        return "\n".join(last or ["  nothing came from the guest"])

    def has(self, pattern: str, start: int = 0) -> bool:
        """Whether a line of the kernel's log has *pattern*, from place *start* in `console` on."""
        search = re.compile(pattern).search
        return any(search(line.text) for line in self.console[start:])

    def event(self, *names: str, start: int = 0, pid: int | None = None, seconds: float | None = None) -> AgentEvent:
        """Wait for an event of one of these names, from place *start* in `events` on, of process *pid* if given.

        Raises `LiveError` if that process has ended before, or says why it cannot go on.
        """
        last = () if pid is None else ("trouble", "ended")

        def found() -> AgentEvent | None:
            new = self.events[start:]
            return next((e for e in new if e.name in names + last and pid in (None, e.value.get("pid"))), None)

        event = self.until(found, seconds or self.patience, f"nothing was heard of {' or '.join(names)}")
        if event.name not in names:
            raise LiveError(f"process {pid} in the guest: {event.value.get('said', 'it has ended')}\n{self.tail()}")
        return event

    # --- what the guest is asked --------------------------------------------------------------------------------------

    def ask(self, command: str, *, seconds: float | None = None, **arguments: Any) -> Any:
        """Have the agent do something, and give its answer; `LiveError` says what went wrong there.

        Raises `Panicked` if the guest's kernel panics before it answers.
        """
        self._asked = number = self._asked + 1
        with contextlib.suppress(OSError):  # `until` says why
            self.lines("agent").link.sendall((repr((number, command, arguments)) + "\n").encode())
        self.until(
            lambda: number in self._answers or self.panicked, seconds or self.patience, f"no answer to {command}"
        )
        if number not in self._answers:
            raise Panicked(f"the guest's kernel panicked before it answered to {command}\n{self.tail()}")
        how, value = self._answers.pop(number)
        if how == "failed":
            raise LiveError(f"{command} in the guest: {value}")
        return value

    def shell(self, line: str, seconds: float | None = None) -> str:
        """The output of a line of shell in the guest; `LiveError` if it fails."""
        status, output = self.ask("shell", line=line, seconds=seconds)
        if status:
            raise LiveError(f"{line!r} in the guest ends with status {status}: {output.strip()}")
        return str(output)

    def load(self, source: str, name: str = "loaded") -> None:
        """Give the agent more commands: Python source with functions marked `@command`."""
        self.ask("load", source=source, name=name)

    def flush(self) -> None:
        """Wait until all that the kernel has logged so far is in `console`; `Panicked` if it panics meanwhile."""
        self._marks += 1
        self.ask("mark", text=f"{MARK} {self._marks}.")
        wanted = rf"{MARK} {self._marks}\.$"
        self.until(lambda: self.has(wanted) or self.panicked, self.patience, "the log stands still")
        if not self.has(wanted):
            raise Panicked(f"the guest's kernel panicked\n{self.tail()}")

    def victim(self, early: bool = False) -> Victim:
        """A new process with a page to lose; *early* asks for a signal before it touches the page again."""
        pid = self.ask("victim", early=early)
        process = self.event("victim", pid=pid).value
        return Victim(pid, process["va"], process["pa"], early)
